"""Random nights of claims for comparing engine and oracle: few institutions, so that claims meet, figures at edges, and damaged cells."""

from __future__ import annotations

import csv
import datetime as dt
import random
from pathlib import Path

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
SECTORS = ["bank", "insurance", "securities", "other_financial", "local_financial", "fund_company", "fund_partnership", "fund_manager"]
LEVELS = ["national_hq", "business_hq", "regional_hq", "provincial", "city_branch", "foreign_city_branch", "none"]
FITTING = {
    "bank": ["1.1", "1.2", "2.1", "2.2", "3"], "insurance": ["1.1", "1.3", "2.1", "2.3", "3"], "securities": ["1.1", "1.3", "2.1", "2.3", "3"],
    "other_financial": ["1.1", "3"], "local_financial": ["2.4"], "fund_company": ["1.4"], "fund_partnership": ["1.5"], "fund_manager": ["1.5"],
}
CLAUSES = ["1.1", "1.2", "1.3", "1.4", "1.5", "2.1", "2.2", "2.3", "2.4", "3"]
ESTABLISHED = ["2020-12-15", "2020-12-16", "2021-03-01", "2021-03-31", "2021-08-31", "2022-07-07", "2020-02-29"]
CAPITAL = ["49999999.99", "50000000", "99999999.99", "100000000", "299999999.99", "300000000", "800000000"]
FUND = ["199999999.99", "200000000", "500000000", "999999999.99", "1000000000", "3000000000", "2999999999.99"]
RENT = ["0.01", "100000", "333333.33", "1000000", "7654321.09", "2600000"]
TAX = ["0", "-5000000", "1000000.01", "900000", "5000000", "123456.78"]
TOTAL_TAX = ["", "9999999.99", "10000000", "8000000", "12000000"]
DAMAGE = ["", "1e8", "abc", "1.005", "-5", "0", "2021-02-30", "１２３", "1,000", "12%", "9.9", "2150", "=1+1", "3.0", " 2.1 "]
CLAIM_COLUMNS = ["claim_id", "uscc", "clause", "claim_year", "submitted_on", "paid_in_capital_yuan", "capital_verified_on", "tenure", "premises",
                 "floor_area_m2", "purchased_on", "rent_paid_yuan", "rent_from", "rent_to", "fund_size_yuan", "invested_yuan",
                 "invested_local_yuan", "manager_uscc", "amount_claimed_yuan"]


def uscc(rng: random.Random) -> str:
    body = "9141170" + rng.choice("0123456789") + "MA" + "".join(rng.choice(ALPHABET) for _ in range(7))
    total = sum(ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(body))
    return body + ALPHABET[-total % 31]


def day_in(rng: random.Random, year: int) -> dt.date:
    return dt.date(year, 1, 1) + dt.timedelta(days=rng.randrange(365))


def write_nights(root: Path, rng: random.Random, nights: int = 3, institutions: int = 25, claims: int = 120) -> list[Path]:
    """Write the folders of some nights: new claims, claims sent again unchanged and changed, later rows for institutions and taxes."""
    people = [(uscc(rng), rng.choice(SECTORS)) for _ in range(institutions)]
    sent: list[dict] = []
    folders = []
    for night in range(nights):
        folder = root / f"night{night}"
        folder.mkdir(parents=True)
        chosen = people if night == 0 else rng.sample(people, 8)
        _write(folder / "institutions.csv", [_institution(rng, code, sector) for code, sector in chosen])
        _write(folder / "retained_tax.csv", [_tax(rng, code, year) for code, _ in chosen for year in range(2020, 2025) if rng.random() < 0.85])
        _write(folder / "prior_awards.csv", [_prior(rng, *rng.choice(people)) for _ in range(4)])
        rows = [_claim(rng, f"C{night}-{number:04d}", people) for number in range(claims)]
        rows += [_sent_again(rng, row) for row in rng.sample(sent, min(len(sent), 30))]
        rows += [_sent_again(rng, row) for row in rng.sample(rows, 6)]
        rng.shuffle(rows)
        _write(folder / "claims-a.csv", rows[: len(rows) // 2], CLAIM_COLUMNS)
        _write(folder / "claims-b.csv", rows[len(rows) // 2:], CLAIM_COLUMNS)
        sent += rows
        folders.append(folder)
    return folders


def _write(path: Path, rows: list[dict], columns: list[str] | None = None) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns or list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _institution(rng: random.Random, code: str, sector: str) -> dict:
    return {
        "uscc": code, "name": f"测试{code[-5:]}", "sector": sector if rng.random() < 0.95 else rng.choice(SECTORS + ["", "x"]),
        "level": rng.choice(LEVELS), "origin": rng.choice(["new", "new", "new", "moved_in"]), "established_on": rng.choice(ESTABLISHED),
        "regulator_approved": rng.choice(["yes", "yes", "yes", "no"]), "city_share_pct": rng.choice(["0", "100", "33.33", "60", "66.67", "60%"]),
        "county": "西平县",
    }


def _tax(rng: random.Random, code: str, year: int) -> dict:
    return {"uscc": code, "year": year, "vat_retained_yuan": rng.choice(TAX), "cit_retained_yuan": rng.choice(TAX + ["", "x"]),
            "total_tax_paid_yuan": rng.choice(TOTAL_TAX)}


def _prior(rng: random.Random, code: str, sector: str) -> dict:
    return {"uscc": code, "clause": rng.choice(FITTING[sector]), "claim_year": rng.choice([2021, 2022, 2023]),
            "awarded_yuan": rng.choice(["100000", "480000.55", "-50000", "2000000"]), "awarded_on": day_in(rng, 2023).isoformat()}


def _claim(rng: random.Random, claim_id: str, people: list[tuple[str, str]]) -> dict:
    code, sector = rng.choice(people)
    clause = rng.choice(FITTING[sector] if rng.random() < 0.85 else CLAUSES)
    year = rng.choice([2020, 2021, 2022, 2023, 2024])
    row = dict.fromkeys(CLAIM_COLUMNS, "") | {"claim_id": claim_id, "uscc": code, "clause": clause, "claim_year": str(year),
                                              "submitted_on": day_in(rng, rng.choice([2022, 2023, 2024])).isoformat()}
    if clause == "1.1":
        row |= {"paid_in_capital_yuan": rng.choice(CAPITAL), "capital_verified_on": day_in(rng, 2021).isoformat()}
    elif clause in ("1.4", "1.5"):
        size = rng.choice(FUND)
        row |= {"fund_size_yuan": size, "invested_yuan": rng.choice([size, "100000000", "133333333.33"]),
                "invested_local_yuan": rng.choice(["100000000", "99999999.99", size]), "manager_uscc": rng.choice(people)[0]}
    elif clause.startswith("2"):
        row |= _office(rng, year)
    if rng.random() < 0.12:
        row[rng.choice(CLAIM_COLUMNS[1:])] = rng.choice(DAMAGE)
    return row


def _office(rng: random.Random, year: int) -> dict:
    start, end = sorted((day_in(rng, year), day_in(rng, year if rng.random() < 0.95 else year + 1)))
    shared = {"premises": rng.choice(["示例路1号", "示例路2号", "示例路 1 号", "示例路１号"])}
    if rng.random() < 0.3:
        return shared | {"tenure": "purchase", "floor_area_m2": rng.choice(["100", "6000.01", "0.01", "2500.5"]), "purchased_on": start.isoformat()}
    return shared | {"tenure": "rent", "rent_paid_yuan": rng.choice(RENT), "rent_from": start.isoformat(), "rent_to": end.isoformat()}


def _sent_again(rng: random.Random, row: dict) -> dict:
    """The row as it was, or with one cell changed."""
    if rng.random() < 0.5:
        return dict(row)
    column = rng.choice(["amount_claimed_yuan", "claim_year", "submitted_on", "rent_paid_yuan"])
    return row | {column: {"amount_claimed_yuan": "12345", "claim_year": "2022", "submitted_on": "2024-01-05", "rent_paid_yuan": "777.77"}[column]}
