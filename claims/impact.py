"""What a change does: the history as recorded beside the one under the change, by clause, treasury, month and limit, and claim by claim.

The two histories lie in the schemas `before` and `after` of one database (see replay.py). Amounts are fen.
Sums are of the claims that both decide. What waits for a person in one of them has no amount there: it is counted beside the sums, never as zero
in them, which would pass for money lost or won.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from claims.casefile import HELD, OUTCOMES
from claims.database import Database
from claims.money import yuan_text
from claims.policy.model import Policy
from claims.privacy import masked_party, masked_text

BEFORE, AFTER = "before", "after"
CSV_HEADER = (
    "claim_id,{claimant},name,clause,month_before,month_after,outcome_before,outcome_after,award_before_yuan,award_after_yuan,difference_yuan,"
    "{shares},codes_before,codes_after,limits_before,limits_after"
)
OUTCOME_WORDS = {**OUTCOMES, "exception": HELD}


@dataclass(frozen=True)
class Sums:
    """Awards of one clause, treasury or month, and the claims that change in it; of the claims that both histories decide."""

    title: str
    claims: int
    before_fen: int
    after_fen: int

    @property
    def difference_fen(self) -> int:
        return self.after_fen - self.before_fen


@dataclass(frozen=True)
class BoundClaims:
    """How many of the claims that both histories decide a limit binds, and how many of them it did not bind before."""

    title: str
    before: int
    after: int
    newly: int


@dataclass(frozen=True)
class Shift:
    """What a treasury bears more and less of claims of which another one bears less or more."""

    title: str
    more_fen: int
    less_fen: int

    def text(self, word: str) -> str:
        """'市级财政少100.00元'"""
        return self.title + "、".join(f"{what}{yuan_text(fen)}{word}" for what, fen in (("多", self.more_fen), ("少", self.less_fen)) if fen)


def shift_text(shifts: Sequence[Shift], word: str) -> str:
    """'市级财政少100.00元，县级财政多100.00元'; empty where nothing moves."""
    return "，".join(shift.text(word) for shift in shifts if shift.more_fen or shift.less_fen)


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
    """A claim that the change decides otherwise. `difference_fen` is None where only one history decides it; `moved` is what its treasuries bear
    otherwise, where one bears more and another less."""

    claim_id: str
    claimant: str
    name: str
    clause: str
    difference_fen: int | None
    moved: tuple[Shift, ...]
    before: Side
    after: Side

    @property
    def month(self) -> str:
        """The month of the as-of date; both, where they differ."""
        return " → ".join(dict.fromkeys(month or "未决定" for month in (self.before.month, self.after.month)))


@dataclass(frozen=True)
class Impact:
    """What a change does to all claims: `claims` of so many `claimants` that both histories decide, and otherwise; the sums are of those that both
    decide. Of `shifted` claims one treasury bears more and another less: `shifts`, by treasury.

    `held` are claims that wait for a person in both histories. `newly_held` are decided as recorded and wait under the change, `released` the
    other way round; what the other history awards them stands beside them, and in no other sum.
    """

    claims: int
    claimants: int
    before_fen: int
    after_fen: int
    more_fen: int
    less_fen: int
    shifted: int
    held: int
    newly_held: int
    newly_held_fen: int
    released: int
    released_fen: int
    shifts: tuple[Shift, ...]

    @property
    def difference_fen(self) -> int:
        return self.after_fen - self.before_fen

    @property
    def listed(self) -> int:
        """How many claims change, with those that only one history decides: the lines of the CSV file."""
        return self.claims + self.newly_held + self.released

    def beside(self, word: str) -> list[str]:
        """What the sums do not tell: what moves between treasuries, and claims that only one history decides."""
        told = [
            (self.shifted, f"其中{self.shifted:,}件有金额在财政之间移动：{shift_text(self.shifts, word)}"),
            (self.newly_held, f"另有{self.newly_held:,}件已决定的申报按此将待人工处理，其原核定金额{yuan_text(self.newly_held_fen)}{word}不计入"),
            (self.released, f"另有{self.released:,}件待人工处理的申报按此可以决定，其试算金额{yuan_text(self.released_fen)}{word}不计入"),
        ]
        return [words for count, words in told if count]


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
        """What the sums do not tell, and which claims have no part in them."""
        told = [
            (self.impact.held, "件申报在两种情形下都待人工处理，未参加比较"),
            (self.adjusted, "件申报经更正，按原决定参加比较；更正不随试算改变，其后各批次的限额按更正后的金额计算"),
        ]
        return self.impact.beside(self.currency) + [f"另有{count:,}{what}" for count, what in told if count]

    @property
    def bar_unit_fen(self) -> int:
        """The sum that the longest bar of the chart stands for; never zero."""
        return max([1, *(fen for clause in self.parts.clauses for fen in (clause.before_fen, clause.after_fen))])


def compare(database: Database, policy: Policy) -> Impact:
    """Compare the two histories. `policy` is the one under the change; the relation `compared` stays for the functions below."""
    payment = policy.body.payment
    database.run("impact/compared.sql", treasuries=policy.treasury_ids, payment=payment, key=policy.tables[payment.table].key[0])
    [row] = _rows(database, "total")
    titles = policy.treasury_titles
    return Impact(*row, tuple(Shift(titles[treasury], *sums) for treasury, *sums in _rows(database, "shift", treasuries=policy.treasury_ids)))


def broken_down(database: Database, policy: Policy) -> Breakdown:
    """The impact by clause, treasury, month and limit."""
    treasuries = policy.treasury_titles
    clauses = [Sums(f"{clause}　{policy.clauses[clause].title}", *sums) for clause, *sums in _rows(database, "by_clause")]
    borne = [Sums(treasuries[treasury], *sums) for treasury, *sums in _rows(database, "by_treasury", treasuries=policy.treasury_ids)]
    months = [Sums(*row) for row in _rows(database, "by_month")]
    limits = [BoundClaims(*row) for row in _rows(database, "by_limit")]
    return Breakdown(tuple(clauses), tuple(borne), tuple(months), tuple(limits))


def changed_claims(database: Database, policy: Policy, most: int) -> list[ChangedClaim]:
    """The claims that change, those with the greatest difference of any share first; last those that only one history decides."""
    titles = policy.treasury_titles.values()
    return [
        ChangedClaim(
            claim_id, masked_party(claimant), masked_text(name), clause, difference_fen,
            tuple(Shift(title, max(fen, 0), max(-fen, 0)) for title, fen in zip(titles, moved)), Side(*sides[:5]), Side(*sides[5:]),
        )
        for claim_id, claimant, name, clause, difference_fen, moved, *sides in _rows(database, "change", most=most, treasuries=policy.treasury_ids)
    ]


def changed_claims_csv(database: Database, policy: Policy) -> bytes:
    """All claims that change as a CSV file, by claim_id; claimants by their whole numbers, as in decisions.csv, which it is matched with."""
    shares = ",".join(f"{treasury}_{side}_yuan" for treasury in policy.treasury_ids for side in (BEFORE, AFTER))
    header = CSV_HEADER.format(claimant=policy.claims.with_role("claimant").name, shares=shares)
    lines = database.frame(database.render("impact/change_csv.sql", treasuries=policy.treasury_ids))
    return header.encode() + b"\n" + lines.write_csv(include_header=False, quote_style="never").encode()


def _rows(database: Database, name: str, **context: object) -> list[tuple]:
    return database.rows(database.render(f"impact/{name}.sql", **context))
