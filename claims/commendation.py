"""A year's commendation: from files of scores to the ranking and its two lists, as the policy declares them. No money is in it.

The ranking is all that the record keeps of it; table, page and letters are made from the ranking and the policy's words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import msgspec

from claims.database import Database
from claims.intake import InputFile, Listing, read_whole
from claims.policy.compiler import eligible_sql
from claims.policy.expression import SCALE_OF_UNIT
from claims.policy.model import Commendation, Places, Policy
from claims.quoting import quoted

LISTS = ("honour", "priority")
ON_THE_LIST = ("listed", "tied_in")
STANDINGS = {
    "listed": "达到{score}分，在{places}个名额之内，列入",
    "tied_in": "达到{score}分，末位得分相同，一并列入（名额{places}个）",
    "tied_out": "达到{score}分，但末位得分相同、{places}个名额不够，均不列入",
    "beyond": "达到{score}分，但{places}个名额已满，不列入",
    "below": "低于{score}分，不列入",
}
"""How one stands to a list, in words."""


@dataclass(frozen=True)
class Ranked:
    """Grain: one ranked party. `score` is in hundredths of a point, `honour` and `priority` are keys of STANDINGS.

    `shared` tells that others have the same rank, `parent` is None for a party without one; `file_sha256` and `line` are where the score stands.
    """

    rank: int
    shared: bool
    party: str
    party_name: str
    parent: str | None
    score: int
    honour: str
    priority: str
    file_sha256: str
    line: int

    @property
    def commended(self) -> bool:
        return self.honour in ON_THE_LIST

    @property
    def prioritised(self) -> bool:
        return self.priority in ON_THE_LIST


@dataclass(frozen=True)
class Evaluation:
    """What was read of a year's scores: the files, and either every problem of them or the ranking."""

    files: list[InputFile]
    problems: list[str]
    ranking: list[Ranked]


def evaluate(database: Database, policy: Policy, listing: Listing, year: int, scratch: Path) -> Evaluation:
    """Read the scores of a year and rank them; ranks depend on every score, so one problem leaves the ranking empty.

    The policy must be entered and have a commendation; names come from the rows that runs have registered.
    """
    commendation = policy.body.commendation
    fields = policy.score_tables[commendation.table].fields
    files, problems, typed = read_whole(database, policy, policy.score_tables[commendation.table], listing, scratch)
    payment = policy.body.payment
    key = policy.tables[payment.table].fields[policy.tables[payment.table].key[0]]
    columns = {part: fields[getattr(commendation, part)].column for part in ("ranked", "year", "score", "parent")}
    database.run("commend/scored.sql", typed=typed, **columns)
    database.run("commend/registered.sql", payment=payment, key=key.column, eligible=eligible_sql(policy, commendation))
    found = database.rows(database.render("commend/problem.sql", for_year=year, checked_by=fields[commendation.ranked].checked_by))
    problems += [f"{file}:{line}: {_told(policy, year, kind, cell, named)}" for file, line, kind, cell, named in found]
    if not problems and not database.rows("select 1 from scored limit 1"):
        problems.append(f"{listing.folder}: no file holds a score; give the file, or its folder")
    return Evaluation(files, problems, [] if problems else _ranking(database, commendation))


def _ranking(database: Database, commendation: Commendation) -> list[Ranked]:
    places = {name: getattr(commendation, name) for name in LISTS}
    lists = [(name, {"from_score": hundredths(one.from_), "at_most": one.at_most, "ties": one.ties}) for name, one in places.items()]
    return [Ranked(**row) for row in database.frame(database.render("commend/ranking.sql", lists=lists)).iter_rows(named=True)]


def _told(policy: Policy, year: int, kind: str, cell: str, named: str) -> str:
    """A problem in words, with how to mend it."""
    commendation, table = policy.body.commendation, policy.tables[policy.body.payment.table]
    fields = policy.score_tables[commendation.table].fields
    under = f"“{quoted(cell)}” under “{fields[commendation.year if kind == 'other_year' else commendation.ranked].header}”"
    return {
        "other_year": f"{under} is not {year}: correct it, or keep rows of other years in files of their own",
        "doubled": f"{under} stands at {named} already: keep one of the two lines",
        "misspelt": f"{under} fails its check character: correct it from the licence",
        "unknown": f"{under} is not registered: correct it, or settle its row of {table.name}*.csv ({table.title}) with `claims run` first",
        "not_eligible": f"{under} ({named}) may not be ranked, only {commendation.eligible_title} may ({commendation.eligible}): "
                        f"take the line out, or have its row of {table.name}*.csv corrected and settled first",
        "nameless": f"{under} is registered without a name: have its row of {table.name}*.csv completed and settled first",
    }[kind]


# ---------------------------------------------------------------- numbers and words


def hundredths(score: int | Decimal) -> int:
    """A score of the policy file in the integers that are stored."""
    return int(Fraction(score) * SCALE_OF_UNIT["point"])


def score_text(score: int) -> str:
    """A stored score as tables and letters write it: 9250 -> '92.50'."""
    return f"{score // 100}.{score % 100:02d}"


def standing_text(places: Places, outcome: str) -> str:
    """How one stands to a list, with its title: '先进单位：低于90.00分，不列入'."""
    return f"{places.title}：" + STANDINGS[outcome].format(score=score_text(hundredths(places.from_)), places=places.at_most)


def why(commendation: Commendation, ranked: Ranked) -> str:
    """How a ranked party stands to both lists."""
    return "；".join(standing_text(getattr(commendation, name), getattr(ranked, name)) for name in LISTS)


# ---------------------------------------------------------------- as the record keeps it


def ranking_json(ranking: Iterable[Ranked]) -> bytes:
    """The ranking as a file of the record: the same ranking gives the same bytes."""
    return msgspec.json.format(msgspec.json.encode(list(ranking), order="sorted"), indent=1) + b"\n"


def read_ranking(data: bytes) -> list[Ranked]:
    """What `ranking_json` wrote."""
    return msgspec.json.decode(data, type=list[Ranked])
