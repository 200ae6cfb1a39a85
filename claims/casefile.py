"""The case file: everything that a document may say of one decided claim.

Grain: one `CaseFile` per decided claim. It is made from the trace of the run that decided (never computed again), and it is all
that letters and explanations see, so no document can hold a figure that is not in the trace. Texts are ready to print, in Chinese, identity
numbers masked (see privacy.py); amounts stay integers in fen, so that a template chooses how to write them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


OUTCOMES = {"approved": "核准", "reduced": "核减后核准", "rejected": "不予支持"}
"""What was decided, in the words of every document and list."""
HELD = "待人工处理"
"""What a claim is that was not decided."""


def date_text(day: dt.date) -> str:
    """A day as Chinese documents write it: 2021-03-05 -> '2021年3月5日'."""
    return f"{day.year}年{day.month}月{day.day}日"


ACTIONS = {"waive": "放行", "determine": "核定", "return": "退回补正", "refuse": "不予支持"}
"""What a reviewer may rule on a held claim, and its word."""
RULINGS = ACTIONS | {"withdraw": "撤销放行"}
"""All that may be ruled: a waiver of a decided claim is withdrawn by an adjustment."""


@dataclass(frozen=True)
class Fact:
    """One value that the decision rests on, with the cell that it came from. `file` and `line` are None for a fact of the run."""

    name: str
    title: str
    text: str
    file: str | None
    line: int | None


@dataclass(frozen=True)
class Step:
    """One computing step in words and figures, e.g. title 合规租金, text '…… = 520,000.00元', article '第二部分…'.

    `kind` is one of derived, computed, entitlement, once, ceiling, share. `bound` tells that a ceiling cut the amount here.
    `result` is the value after the step, printed with its unit.
    """

    kind: str
    name: str
    title: str
    text: str
    result: str
    article: str
    bound: bool
    next_limit: str | None


@dataclass(frozen=True)
class Band:
    """One band of a clause, e.g. text '1,000.00元（含）以上', result '奖励200.00元'. `applied` marks the one that the claim lies in; `code` is that of a band that
    refuses, for those who work with codes."""

    text: str
    result: str
    applied: bool
    code: str | None = None


@dataclass(frozen=True)
class Limit:
    """One limit of a claim, in the order in which they work: what it grants at most, what was used of it by earlier awards, what was
    left of it before this claim and is left after it, all printed. `bound` tells that it cut the amount, or refused it."""

    title: str
    most: str
    used: str
    left_before: str
    left_after: str
    bound: bool


@dataclass(frozen=True)
class Reason:
    """Why a claim was refused (E…) or reduced (R…), or what was waived of it (W…): the policy's code, its sentence and its article."""

    code: str
    text: str
    article: str


@dataclass(frozen=True)
class Ruling:
    """What a reviewer ruled on one exception code of the claim. action: waive, return, refuse or withdraw; `answer_by` of what was returned is the
    last day to answer, None otherwise."""

    code: str
    title: str
    action: str
    reason: str
    person: str
    ruled_on: dt.date
    answer_by: dt.date | None


@dataclass(frozen=True)
class Share:
    """What one treasury bears, in fen."""

    treasury: str
    title: str
    award_fen: int


@dataclass(frozen=True)
class Change:
    """Something that an adjustment changes: what it is called, what it was and what it is, with file and line of its cells where it has any."""

    title: str
    before: str
    after: str
    before_place: str = ""
    after_place: str = ""


@dataclass(frozen=True)
class ChangedShare:
    """What a treasury of a place bears before an adjustment and after it, in fen; place is '' where the kind has one treasury only."""

    treasury: str
    place: str
    title: str
    before_fen: int
    after_fen: int

    @property
    def difference_fen(self) -> int:
        return self.after_fen - self.before_fen


@dataclass(frozen=True)
class SetOff:
    """What of a share that rose was not paid but set off against what was to be paid back of it, `left_fen` being what is to be paid back still.
    `recovery_nos` are the numbers of the letters that asked for it."""

    title: str
    amount_fen: int
    left_fen: int
    recovery_nos: tuple[str, ...]


@dataclass(frozen=True)
class AdjustedFrom:
    """What an adjustment changed: `before_fen` was awarded, and `difference_fen` is added to it. `decided_no` is the number of the letter
    that told the award before, where one was issued; `pay_back_days` count from the receipt of the letter, `pay_back_to` says where to. What is set
    off is known with the approval: a draft has none."""

    number: int
    reason: str
    set_by_person: bool
    before_fen: int
    difference_fen: int
    facts: tuple[Change, ...]
    shares: tuple[ChangedShare, ...]
    decided_no: str | None
    pay_back_days: int
    pay_back_to: str
    set_off: tuple[SetOff, ...] = ()

    @property
    def due_fen(self) -> int:
        """What treasuries pay of it, those that bear more: what rose, but for what was set off."""
        return sum(max(share.difference_fen, 0) for share in self.shares) - sum(one.amount_fen for one in self.set_off)


@dataclass(frozen=True)
class GivenBefore:
    """An award that the claimant had been given, because of which the claim is refused, in fen: that of a claim, with number and day of the letter that
    told it where one was issued, or one of the history from before this system, which has neither claim nor letter."""

    clause_title: str
    article: str
    claim_year: int | None
    award_fen: int
    claim_id: str | None
    document_no: str | None
    issued_on: dt.date | None


@dataclass(frozen=True)
class Payee:
    """Who is paid. `bank` and `account` are None when the institution has not registered them."""

    id: str
    name: str
    bank: str | None
    account: str | None


@dataclass(frozen=True)
class Reading:
    """A question that the policy's text leaves open, the answer taken, and why."""

    id: str
    question: str
    answer: str
    why: str


@dataclass(frozen=True)
class LetterStyle:
    """The sender's side of a letter, and how it addresses the claimant, from the policy's [letter] table; `paid_within` is '' where no period was promised."""

    issuer: str
    mark: str
    number_pattern: str
    contact: str
    objection: str
    copies_to: str
    print_office: str
    addressed_as: str
    paid_within: str = ""


@dataclass(frozen=True)
class Issue:
    """The number and the day under which a letter is issued."""

    document_no: str
    issued_on: dt.date


@dataclass(frozen=True)
class CaseFile:
    """Grain: one decided claim. `award_fen` and `computed_fen` are fen; `outcome` is approved, reduced or rejected. `currency_word` stands behind
    an amount in figures, `currency_name` before one in words. Without an `issue` its letter is a draft. With an `adjustment` it is the claim as
    the adjustment leaves it.

    `waivers` are the exceptions that a reviewer let pass, each with the reason; `rulings` all that was ruled on it. A claim that people closed has
    nothing computed: its facts are its cells as they were received, and what they do not tell is None or ''. `withdrawn`: it was not
    supplemented in time.
    """

    claim_id: str
    claimant_id: str
    claimant_name: str | None
    clause: str
    clause_title: str
    article: str
    claim_year: int | None
    submitted_on: dt.date | None
    outcome: str
    computed_fen: int
    award_fen: int
    facts: tuple[Fact, ...]
    bands: tuple[Band, ...]
    steps: tuple[Step, ...]
    limits: tuple[Limit, ...]
    reasons: tuple[Reason, ...]
    readings: tuple[Reading, ...]
    shares: tuple[Share, ...]
    payee: Payee | None
    policy_title: str
    policy_document_no: str
    decided_on: dt.date
    label: str
    style: LetterStyle
    currency_word: str
    currency_name: str
    waivers: tuple[Reason, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    given_before: tuple[GivenBefore, ...] = ()
    is_closed: bool = False
    withdrawn: bool = False
    adjustment: AdjustedFrom | None = None
    issue: Issue | None = None

    @property
    def letter(self) -> str:
        """Which letter tells it: that of a decision, or of an adjustment by what it does to the award."""
        if not self.adjustment:
            return "withdrawn" if self.withdrawn else self.outcome
        if self.adjustment.difference_fen < 0:
            return "revoked" if self.outcome == "rejected" else "recovery"
        return "supplementary" if self.adjustment.difference_fen else "corrected"

    @property
    def letter_id(self) -> str:
        """The name of its letter's file: no claim id holds a plus."""
        return f"{self.claim_id}+{self.adjustment.number}" if self.adjustment else self.claim_id

    @property
    def dated(self) -> dt.date:
        """The day that the letter bears."""
        return self.issue.issued_on if self.issue else self.decided_on


@dataclass(frozen=True)
class Defect:
    """One thing to mend in a returned claim: the cell as it was received, where it stands, what was found, what is asked for, and what the reviewer
    said to it, '' for nothing."""

    code: str
    title: str
    cells: str
    raw: str
    place: str
    found: str
    asks: str
    opinion: str


@dataclass(frozen=True)
class Supplement:
    """Grain: one claim that a review returned. Every defect is told at once; `answer_by` is the last day to answer, counted from the review, which is
    the day of issue.

    `clause_title` and `article` are '' where the claim does not tell its clause; `facts` are its cells as they were received.
    """

    claim_id: str
    claimant_name: str
    clause_title: str
    article: str
    defects: tuple[Defect, ...]
    facts: tuple[Fact, ...]
    policy_title: str
    policy_document_no: str
    answer_by: dt.date
    style: LetterStyle
    issue: Issue
    letter: str = "supplement"

    @property
    def letter_id(self) -> str:
        """The name of its letter's file."""
        return self.claim_id

    @property
    def dated(self) -> dt.date:
        """The day that the letter bears."""
        return self.issue.issued_on
