"""What a change does: the history as recorded beside the one under the change, by clause, treasury, month and limit, and claim by claim.

The two histories lie in the schemas `before` and `after` of one database (see replay.py). Amounts are fen.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from claims.casefile import HELD, OUTCOMES
from claims.database import Database
from claims.money import yuan_text
from claims.policy.model import Policy
from claims.privacy import masked_party, masked_text

BEFORE, AFTER = "before", "after"
CSV_HEADER = (
    "claim_id,{claimant},name,clause,month_before,month_after,outcome_before,outcome_after,award_before_yuan,award_after_yuan,difference_yuan,"
    "codes_before,codes_after,limits_before,limits_after"
)
OUTCOME_WORDS = {**OUTCOMES, "exception": HELD}


@dataclass(frozen=True)
class Sums:
    """Awards of one clause, treasury or month, and the claims that change in it."""

    title: str
    claims: int
    before_fen: int
    after_fen: int

    @property
    def difference_fen(self) -> int:
        return self.after_fen - self.before_fen


@dataclass(frozen=True)
class BoundClaims:
    """How many claims a limit binds, and how many of them it did not bind before."""

    title: str
    before: int
    after: int
    newly: int


@dataclass(frozen=True)
class Side:
    """What one history makes of a claim; `month` and `award_fen` are None where it does not decide it."""

    month: str | None
    outcome: str
    award_fen: int | None
    codes: str
    limits: str

    @property
    def words(self) -> str:
        """The outcome, and the codes beside it."""
        return f"{OUTCOME_WORDS[self.outcome]} {self.codes}".strip()

    @property
    def amount(self) -> str:
        return "—" if self.award_fen is None else yuan_text(self.award_fen)


@dataclass(frozen=True)
class ChangedClaim:
    """A claim that the change decides otherwise."""

    claim_id: str
    claimant: str
    name: str
    clause: str
    difference_fen: int
    before: Side
    after: Side

    @property
    def month(self) -> str:
        """The month of the as-of date; both, where they differ."""
        return " → ".join(dict.fromkeys(month or "未决定" for month in (self.before.month, self.after.month)))


@dataclass(frozen=True)
class Impact:
    """What a change does to all claims. `held` are claims that wait for a person in both histories; they have no part in any sum.

    `newly_held` are decided as recorded and wait under the change, `released` the other way round; these count as nothing where they wait.
    """

    decided_before: int
    decided_after: int
    claims: int
    claimants: int
    before_fen: int
    after_fen: int
    more_fen: int
    less_fen: int
    held: int
    newly_held: int
    released: int

    @property
    def difference_fen(self) -> int:
        return self.after_fen - self.before_fen


@dataclass(frozen=True)
class Breakdown:
    """The parts of an impact; each of the first three adds up to its sums."""

    clauses: tuple[Sums, ...]
    treasuries: tuple[Sums, ...]
    months: tuple[Sums, ...]
    limits: tuple[BoundClaims, ...]


@dataclass(frozen=True)
class Report:
    """What is told of a change: `words` say what it is, `adjusted` counts the claims with agreed adjustments, `claims` are those with the greatest
    differences, `currency` is what sums are called."""

    policy_title: str
    policy_document_no: str
    runs: int
    first_day: dt.date
    last_day: dt.date
    words: tuple[str, ...]
    adjusted: int
    impact: Impact
    parts: Breakdown
    claims: tuple[ChangedClaim, ...]
    currency: str

    @property
    def notes(self) -> list[str]:
        """Which claims have no part in the sums, or only in one of them."""
        told = [
            (self.impact.held, "件申报在两种情形下都待人工处理，未参加比较"),
            (self.impact.newly_held, "件已决定的申报按改动待人工处理，试算金额计为零"),
            (self.impact.released, "件待人工处理的申报按改动可以决定，原核定金额计为零"),
            (self.adjusted, "件申报经更正，按原决定参加比较；更正不随试算改变，其后各批次的限额按更正后的金额计算"),
        ]
        return [f"另有{count:,}{what}" for count, what in told if count]

    @property
    def bar_unit_fen(self) -> int:
        """The sum that the longest bar of the chart stands for; never zero."""
        return max([1, *(fen for clause in self.parts.clauses for fen in (clause.before_fen, clause.after_fen))])


def compare(database: Database, policy: Policy) -> Impact:
    """Compare the two histories. `policy` is the one under the change; the relation `compared` stays for the functions below."""
    payment = policy.body.payment
    database.run("impact/compared.sql", treasuries=policy.treasury_ids, payment=payment, key=policy.tables[payment.table].key[0])
    [row] = database.rows(database.render("impact/total.sql"))
    return Impact(*row)


def broken_down(database: Database, policy: Policy) -> Breakdown:
    """The impact by clause, treasury, month and limit."""
    treasuries = {treasury.id: treasury.title for treasury in policy.body.treasury}
    clauses = [Sums(f"{clause}　{policy.clauses[clause].title}", *sums) for clause, *sums in _rows(database, "by_clause")]
    borne = [Sums(treasuries[treasury], *sums) for treasury, *sums in _rows(database, "by_treasury", treasuries=policy.treasury_ids)]
    months = [Sums(*row) for row in _rows(database, "by_month")]
    limits = [BoundClaims(*row) for row in _rows(database, "by_limit")]
    return Breakdown(tuple(clauses), tuple(borne), tuple(months), tuple(limits))


def changed_claims(database: Database, most: int) -> list[ChangedClaim]:
    """The claims that change, those with the greatest difference first."""
    return [
        ChangedClaim(claim_id, masked_party(claimant), masked_text(name), clause, difference_fen, Side(*sides[:5]), Side(*sides[5:]))
        for claim_id, claimant, name, clause, difference_fen, *sides in _rows(database, "change", most=most)
    ]


def changed_claims_csv(database: Database, policy: Policy) -> bytes:
    """All claims that change as a CSV file, by claim_id; claimants by their whole numbers, as in decisions.csv, which it is matched with."""
    header = CSV_HEADER.format(claimant=policy.claims.with_role("claimant").name)
    lines = database.frame(database.render("impact/change_csv.sql"))
    return header.encode() + b"\n" + lines.write_csv(include_header=False, quote_style="never").encode()


def _rows(database: Database, name: str, **context: object) -> list[tuple]:
    return database.rows(database.render(f"impact/{name}.sql", **context))
