"""The peer that needs nothing: csv.DictReader, a function for one claim in exact integers of fen, csv.writer. See asked.py and terms.py."""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Iterator
from datetime import date

from benchmarks.peers.asked import Asked, asked, tell

DECIMAL = re.compile(r"(\d+)(?:\.(\d{1,2}))?")


def read(asked: Asked) -> list[tuple[dict, dict]]:
    """The claims of the clauses asked, each with its institution, empty where it is not listed."""
    institutions = {row["uscc"]: row for path in asked.institutions for row in _rows(path)}
    return [(row, institutions.get(row["uscc"], {})) for path in asked.claims for row in _rows(path) if row["clause"] in asked.terms["clauses"]]


def _rows(path) -> Iterator[dict]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def award_fen(claim: dict, institution: dict, terms: dict) -> int:
    """What a claim gets. Raises ValueError or KeyError where something that is needed cannot be read."""
    clause = terms["clauses"][claim["clause"]]
    established_on = date.fromisoformat(institution["established_on"])
    if (
        established_on < date.fromisoformat(terms["effective_from"]) or institution["sector"] not in clause["sectors"]
        or institution["level"] not in clause["levels"] or clause["origins"] is not None and institution["origin"] not in clause["origins"]
    ):
        return 0
    if "bands" in clause:
        capital = hundredths(claim["paid_in_capital_yuan"])
        return 100 * max((award for lower, award in clause["bands"] if capital >= 100 * lower), default=0)
    if "flat_yuan" in clause:
        return 100 * clause["flat_yuan"]
    if claim["tenure"] == "purchase":
        return half_up(clause["price_yuan"] * 100 * hundredths(claim["floor_area_m2"]), 100)
    return rent_share_fen(claim, established_on, terms["benefit_months"], clause["rent_pct"])


def rent_share_fen(claim: dict, established_on: date, months: int, percent: int) -> int:
    first, last = date.fromisoformat(claim["rent_from"]), date.fromisoformat(claim["rent_to"])
    benefit_ends = months_after(established_on, months)  # the first day without benefit
    benefit_days = max(0, min(last.toordinal() + 1, benefit_ends.toordinal()) - max(first, established_on).toordinal())
    eligible = half_up(hundredths(claim["rent_paid_yuan"]) * benefit_days, (last - first).days + 1)
    return half_up(eligible * percent, 100)


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last one."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for number in range(day.day, 27, -1):
        try:
            return date(year, month + 1, number)
        except ValueError:
            continue
    return date(year, month + 1, day.day)


def hundredths(cell: str) -> int:
    if not (read := DECIMAL.fullmatch(cell)):
        raise ValueError(cell)
    return int(read[1]) * 100 + int((read[2] or "").ljust(2, "0"))


def half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def answer(claim: dict, institution: dict, terms: dict) -> int | None:
    try:
        return award_fen(claim, institution, terms)
    except (ValueError, KeyError, ZeroDivisionError):
        return None


def main() -> None:
    given = asked()
    pairs = read(given)
    started = time.perf_counter()
    answers = [(claim["claim_id"], answer(claim, institution, given.terms)) for claim, institution in pairs]
    seconds = time.perf_counter() - started
    with given.answers.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["claim_id", "award_fen"])
        writer.writerows(answers)
    tell(seconds)


if __name__ == "__main__":
    main()
