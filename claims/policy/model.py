"""The typed policy: what the TOML files of a policy folder say, and nothing else.

`load_policy` reads policy.toml (clauses), facts.toml (tables and fields), codes.toml, readings.toml and coverage.toml with a closed schema: an
unknown or misplaced key is an error that names its place. Numbers are read as integers or Decimals, never as floats.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from claims.errors import InputRefused
from claims.limits import LARGEST_TOML, read_limited
from claims.toml import SYNTAX_ERRORS, Model, parse, read_as

POLICY_FILES = ("policy.toml", "facts.toml", "codes.toml", "readings.toml", "coverage.toml")
SHIPPED = Path(__file__).parent / "shipped"
STARTER = Path(__file__).parent / "starter"
DEFAULT_POLICY = "zhumadian-2020-36"

Name = Annotated[str, msgspec.Meta(pattern=r"^\w[\w.-]{0,63}\Z")]
"""What something is called in SQL, in folders and in files: nothing that could end a quoted name or lead out of a folder. The check is stricter."""
DOTTED_NAME = re.compile(r"\b([^\W\d]\w*)\s*\.\s*([^\W\d]\w*)")
FieldType = Literal[
    "text", "place", "id", "uscc", "party", "clause", "year", "date", "money", "area", "unit_price", "percent", "number", "count", "score", "choice",
]
Role = Literal["claim_id", "claimant", "clause", "claim_year", "submitted_on", "award"]
CHECKED_BY = {"uscc": "valid_uscc", "party": "valid_party"}
"""Types whose values carry a check character, and the SQL function that tells whether it fits."""
UNIT_OF_TYPE = {
    "money": "yuan", "area": "m2", "unit_price": "yuan/m2", "percent": "pct", "number": "number", "count": "count", "year": "year", "score": "point",
}
STORED_SUFFIX = {"yuan": "fen", "m2": "dm2", "yuan/m2": "fen_m2", "pct": "bp", "point": "hundredths", "number": "millionths"}
"""Amounts are stored as integers of a hundredth: yuan as fen, m2 as dm2, per cent as basis points, points of a score; plain numbers as millionths."""


def stored_name(name: str, unit: str | None) -> str:
    """The column that stores a value: its name with the unit that is stored, e.g. price_yuan -> price_fen."""
    suffix = STORED_SUFFIX.get(unit or "")
    return f"{name.removesuffix(name_suffix(unit))}_{suffix}" if suffix else name


def name_suffix(unit: str) -> str:
    """How the name of a value in a unit ends: _yuan, _m2, _yuan_m2, _pct."""
    return "_" + unit.replace("/", "_")


class Range(Model):
    """Bounds of a cell's value, in the unit of its header; a value outside is treated as unreadable."""

    at_least: int | None = None
    above: int | None = None
    at_most: int | None = None


class Field(Model):
    """One column of an input table. `choices` maps the code of a choice to its Chinese word. `note` tells whoever fills the column in what its header
    does not say, in Chinese."""

    name: Name
    header: str
    type: FieldType
    title: str | None = None
    role: Role | None = None
    optional: bool = False
    range: Range = Range()
    choices: dict[str, str] = {}
    note: str = ""

    @property
    def unit(self) -> str | None:
        return UNIT_OF_TYPE.get(self.type)

    @property
    def checked_by(self) -> str | None:
        return CHECKED_BY.get(self.type)

    @property
    def column(self) -> str:
        """Where the typed value is stored: a role's column has one name in every policy."""
        if self.role == "award":
            return "awarded_fen"
        return self.role or stored_name(self.name, self.unit)

    @property
    def plain_title(self) -> str:
        """The header without its unit, as sentences use it."""
        return self.title or self.header.split("（")[0]

    @property
    def count_word(self) -> str:
        """The word behind a count: what the header ends in, in brackets."""
        return self.header.rpartition("（")[2].removesuffix("）") if self.header.endswith("）") else ""


class Table(Model):
    """One input table. Files whose name begins with `name` hold its rows.

    holds: `claims` (what is decided), `reference` (a later row of the same key replaces, history kept), `awards` (paid before), or `scores`
    (what a commendation ranks; no run reads them).
    unreadable: `load` keeps a row whose cell cannot be read, `refuse` refuses the run.
    """

    name: Name
    title: str
    holds: Literal["claims", "reference", "awards", "scores"]
    key: list[str]
    field: list[Field]
    unreadable: Literal["load", "refuse"] = "load"

    @cached_property
    def fields(self) -> dict[str, Field]:
        return {field.name: field for field in self.field}

    @cached_property
    def as_read(self) -> Table:
        """How the table's files are read: everything but what the table and its fields are called in sentences."""
        return msgspec.structs.replace(self, title="", field=[msgspec.structs.replace(field, title=None, note="") for field in self.field])

    def with_role(self, role: Role) -> Field:
        return next(field for field in self.field if field.role == role)


class Join(Model):
    """A row of a reference table looked up for each claim: `on` maps the table's fields to the claim's fields.

    `back` takes so many years off a year of the claim: { year = 1 } looks up the row of the year before. `title` is whose facts these are,
    where another join takes the same table's.
    """

    name: Name
    table: str
    on: dict[str, str]
    back: dict[str, int] = {}
    title: str | None = None


class Lookup(Model):
    """What the rows of a reference table that belong to the claim and satisfy `when` give together: the smallest or largest value of a field,
    the sum of its values, how many rows there are, or what is left to set off: the `deficit` of a sum of fields, added up in the order of the field
    `by`, where what is below zero is set off against what comes later, and a surplus against nothing.

    `on` is as a join's. In `when` the row's fields stand as they are, the claim's behind "claim.". Without a row there is no value, and a
    count or deficit of 0. A sum, a count or a deficit is not known where a row's cells do not tell whether it belongs to it, or by how much.
    """

    name: Name
    title: str
    table: str
    on: dict[str, str]
    article: str
    smallest: str | None = None
    largest: str | None = None
    sum: str | None = None
    count: bool = False
    deficit: list[str] = []
    by: str | None = None
    when: str = "True"

    def __post_init__(self) -> None:
        if sum(map(bool, (self.smallest, self.largest, self.sum, self.count, self.deficit))) != 1:
            raise ValueError("a lookup has either `smallest`, or `largest`, or `sum`, or `count = true`, or `deficit`")
        if bool(self.deficit) != bool(self.by):
            raise ValueError("a lookup of a `deficit`, and only that, says `by` which field its rows follow each other")

    @property
    def takes(self) -> str:
        """What it takes, by the name of its key."""
        return next(name for name in ("smallest", "largest", "sum", "count", "deficit") if getattr(self, name))

    @property
    def field(self) -> str | None:
        """The field of its table that it takes, of a deficit the first; none where it counts rows."""
        return self.smallest or self.largest or self.sum or next(iter(self.deficit), None)

    @property
    def fields(self) -> list[str]:
        """All fields of its table that it takes."""
        return [*self.deficit, self.by] if self.by else [self.field] if self.field else []


class Figure(Model):
    """A figure of the policy, in the unit that its text uses: a whole number, a decimal, or a date."""

    value: Any
    unit: Literal["yuan", "yuan/m2", "m2", "pct", "number", "count", "point", "month", "year", "day", "date"]
    title: str
    article: str | None = None

    def __post_init__(self) -> None:
        wanted = (dt.date,) if self.unit == "date" else (int, Decimal)
        if not isinstance(self.value, wanted) or isinstance(self.value, bool):
            raise ValueError(f"a figure in {self.unit} is no {type(self.value).__name__}")


Rounding = Literal["half_up", "down", "up"]


class Amount(Model):
    """An amount: an expression, how it is rounded to the fen, or to whole ones of the figure `round_to`, and the sentence that says it."""

    value: str
    round: Rounding
    says: str
    round_to: str | None = None


class Let(Model):
    """A named intermediate value. Without `round` its value must be exact in its unit; a sum in yuan may be rounded to the figure `round_to`.
    `count_word` is printed behind a count.
    """

    name: Name
    title: str
    value: str
    unit: Literal["yuan", "yuan/m2", "m2", "pct", "number", "count", "month", "year", "day", "date"]
    says: str
    article: str | None = None
    round: Rounding | None = None
    round_to: str | None = None
    count_word: str = ""

    def __post_init__(self) -> None:
        if self.count_word and self.unit != "count":
            raise ValueError(f"a count_word stands behind counts, a value in {self.unit} has a word of its own")


Bound = int | Decimal | dt.date


class BandStep(Model):
    """One band: its lower bound (`from` includes it, `over` excludes it), its result, and optionally its upper bound.

    The result is a sum in yuan (`award`, or of marginal bands for `each` piece), a rate in per cent (`rate`) with or without a cap in yuan of its
    own, or a refusal (`code`).
    Only the first band may lack a lower bound.
    """

    award: int | Decimal | None = None
    each: int | Decimal | None = None
    rate: int | Decimal | None = None
    cap: int | Decimal | None = None
    code: str | None = None
    from_: Any = msgspec.field(default=None, name="from")
    over: Any = None
    below: Any = None
    to: Any = None

    def __post_init__(self) -> None:
        for bound in (self.from_, self.over, self.below, self.to):
            if bound is not None and (not isinstance(bound, Bound) or isinstance(bound, bool)):
                raise ValueError(f"a bound is a number or a day, {bound!r} is neither")

    @property
    def lower(self) -> Bound | None:
        return self.from_ if self.from_ is not None else self.over


class Bands(Model):
    """Bands of a number or a day. What the band gives is a value named `name`, its cap one named `cap`; below the first one the claim is
    refused with `code`.

    marginal: each part of the number has the rate of the band it lies in, or each piece its sum, and the value is the sum of these in yuan, rounded
    as `round` says.
    """

    name: Name
    title: str
    of: str
    says: str
    step: list[BandStep]
    code: str | None = None
    cap: Name | None = None
    marginal: bool = False
    round: Literal["half_up", "down"] | None = None

    @property
    def unit(self) -> Literal["yuan", "pct"]:
        return "pct" if not self.marginal and any(step.rate is not None for step in self.step) else "yuan"

    @property
    def codes(self) -> list[str]:
        """The refusals that a band may bring."""
        return list(filter(None, [self.code, *(step.code for step in self.step)]))

    @property
    def band_name(self) -> str:
        """The value that tells which band applies, counted from 1; 0 below the first."""
        return f"{self.name}__band"


class Refusal(Model):
    """Refuses with `code` where `when` holds, or where `unless` does not (an unknown value refuses, too).

    `not_if` names codes beside which it is not listed; `says` tells the claimant why with the claim's own values.
    """

    code: str
    when: str | None = None
    unless: str | None = None
    not_if: list[str] = []
    says: str | None = None


class Reduction(Model):
    """Lists `code` where `when` holds: the computed amount is itself only a part. `says` tells the claimant of what, with the claim's own values."""

    code: str
    when: str
    says: str | None = None


class Pool(Model):
    """What is counted together over the clauses that draw on the pool, for claims that agree in the fields of `per`.

    counts: `awards`, `entitled` and `computed` are sums in yuan (what was awarded, what would have been but for a `highest`, or what was computed
    before any limit), `claims` are awarded claims, `decided` are claims that a rule decided whatever they got, `years` are the years for which something was awarded, `distinct` the different values of the
    field `of` for which it was. `count_word` is printed behind what is counted; behind claims 件 and years 年 if left out.
    """

    id: Name
    title: str
    per: list[str]
    counts: Literal["awards", "entitled", "computed", "claims", "decided", "years", "distinct"] = "awards"
    of: str | None = None
    count_word: str = ""

    def __post_init__(self) -> None:
        if (self.counts == "distinct") != (self.of is not None):
            raise ValueError("a pool that counts `distinct` values, and only that, says `of` which field")
        if self.count_word and self.unit == "yuan":
            raise ValueError(f"a count_word stands behind claims or years, this pool counts {self.counts}")

    @property
    def unit(self) -> Literal["yuan", "count"]:
        return "yuan" if self.counts in ("awards", "entitled", "computed") else "count"

    @property
    def unit_word(self) -> str:
        """What is printed behind its numbers where they are no sums."""
        return self.count_word or {"claims": "件", "decided": "件", "years": "年"}.get(self.counts, "")


class Ceiling(Model):
    """A ceiling on a pool, in the pool's unit. What is over it lapses and `code` is listed; once as many claims or years are awarded as
    there may be, nothing more is. Ceilings apply in the order that a clause lists them.

    carry_years: what is over the ceiling of a year does not lapse: so many years long it is added to what claims of later years get, as far as
    their ceiling leaves room, the oldest first.
    """

    id: Name
    title: str
    code: str
    pool: str
    value: str
    round: Literal["down"]
    says: str
    carry_years: int = 0


class Once(Model):
    """An award is given once per pool; later claims are refused with `code`."""

    code: str
    pool: str


class Cumulative(Model):
    """The amount is what is due in all; what the pool was awarded so far is taken off."""

    pool: str
    says: str


class Highest(Model):
    """Of several items, of which this clause's claims are one, only the highest is given: an award is what its item, `own`, has come to with it, less
    what all items of `among` together were awarded so far. `own` counts what was `entitled`, `among` awards; `code` is listed where it takes something.
    """

    own: str
    among: str
    code: str
    says: str


class Way(Model):
    """One way of computing a clause, for the claims where `when` holds; clauses that differ in figures share it."""

    id: Name
    title: str
    amount: Amount
    when: str | None = None
    needs: list[str] = []
    refuse: list[Refusal] = []
    reduce: list[Reduction] = []


class Instalment(Model):
    """A part of an award and the day on which it is due: a sum in yuan (an expression over `award`), or what remains in the last one."""

    due: str
    share: str | None = None
    round: Literal["half_up", "down"] | None = None
    remainder: bool = False


class Obligation(Model):
    """What the claimant owes in return until a day, and what is to be paid back if it is broken: an expression over `award` in yuan."""

    id: Name
    title: str
    article: str
    until: str
    repay: str
    round: Literal["half_up", "down"]
    says: str


class Status(Model):
    """From a day on, and until the next status, a clause is in force or not, by a document."""

    state: Literal["in_force", "suspended", "repealed", "expired"]
    from_: dt.date = msgspec.field(name="from")
    document: str


class Clause(Model):
    """One clause of the policy that grants money. Its awards count in the pools of its limits, and in those of `counts_in`. `status` takes the place of the policy's; before its first day a clause is in force."""

    id: Name
    article: str
    title: str
    funding: str
    readings: list[str]
    way: list[str | Way]
    needs: list[str] = []
    figure: dict[Name, Figure] = {}
    let: list[Let] = []
    bands: list[Bands] = []
    refuse: list[Refusal] = []
    once: Once | None = None
    cumulative: Cumulative | None = None
    ceilings: list[str] = []
    highest: Highest | None = None
    counts_in: list[str] = []
    payee: str | None = None
    instalment: list[Instalment] = []
    obligation: list[Obligation] = []
    status: list[Status] = []


class TreasuryShare(Model):
    """What a treasury bears of an award: a rounded share, or the remainder."""

    treasury: str
    share: str | None = None
    round: Literal["half_up", "down"] | None = None
    remainder: bool = False


class Funding(Model):
    """Which treasuries bear an award, and the sentence that says it."""

    id: Name
    article: str
    says: str
    share: list[TreasuryShare]


class Treasury(Model):
    """One treasury, by the name that columns of results carry.

    `by` names a fact of a text that tells several apart, each of which pays its own share, such as the treasury of the claimant's district.
    """

    id: Name
    title: str
    by: str | None = None


class Breakdown(Model):
    """A fact of a text, such as a district, by which lists of a month are summed up."""

    title: str
    by: str


class Payment(Model):
    """Where a payee's particulars stand: a reference table and its fields."""

    table: str
    name: Name
    bank: str
    account: str


class LetterTexts(Model):
    """The sender's side of a letter, and how it addresses the claimant. `paid_within` is the period in which awards are paid, as letters promise it."""

    issuer: str
    mark: str
    number_pattern: str
    contact: str
    objection: str
    copies_to: str
    print_office: str
    addressed_as: str = "你单位"
    paid_within: str = ""


class Currency(Model):
    """What amounts are called: the word behind a sum, and the name before it in capital words. A hundredth of it is the smallest part."""

    word: str
    name: str


class Places(Model):
    """A list that the ranked get on in the order of their ranks: `at_most` so many of them, and only with a score of `from` or more.

    ties: those who share a rank that reaches past the last place are on the list (`in`) or are not (`out`), all of them alike. `says` is
    what being on the list means, as a clause with the listed party as its subject.
    """

    title: str
    at_most: int
    from_: int | Decimal = msgspec.field(name="from")
    ties: Literal["in", "out"]
    says: str


class CommendationLetter(Model):
    """The sender's side of the letters to those who are commended and to the parent of each, and how both are addressed."""

    issuer: str
    mark: str
    number_pattern: str
    contact: str
    copies_to: str
    print_office: str
    addressed_as: str


class Commendation(Model):
    """What those who rank high in a year's evaluation get, and it is no money: an honour, and priority.

    `evaluation` is its name in the text. `table` holds its scores; `ranked` (who), `year`, `score` and `parent` (the parent institution's
    name, if it has one) are fields of it. `eligible` tells who may be ranked, over the party's row in the table that
    `payment` names; `eligible_title` says it in words.
    """

    id: Name
    article: str
    evaluation: str
    readings: list[str]
    table: str
    ranked: str
    year: str
    score: str
    parent: str
    eligible: str
    eligible_title: str
    honour: Places
    priority: Places
    letter: CommendationLetter


class CloseTexts(Model):
    """How the papers of a closed month are worded. `signed_by` are the offices that sign the assessment table, by default whoever issues letters."""

    signed_by: list[str] = []


class Head(Model):
    """What the policy is. `needs` lists the fields that every claim needs, `status_on` names the day that tells which status counts."""

    id: Name
    title: str
    document_no: str
    issued_on: dt.date
    effective_from: dt.date
    needs: list[str]
    status_on: str = "submitted_on"
    currency: Currency = Currency("元", "人民币")


class PolicyFile(Model):
    """policy.toml: what is granted, on which conditions, by which computation, within which limits."""

    policy: Head
    letter: LetterTexts
    payment: Payment
    clause: list[Clause]
    treasury: list[Treasury]
    funding: list[Funding]
    breakdown: list[Breakdown] = []
    close: CloseTexts = CloseTexts()
    pool: list[Pool] = []
    ceiling: list[Ceiling] = []
    set: dict[Name, list[str]] = {}
    figure: dict[Name, Figure] = {}
    join: list[Join] = []
    lookup: list[Lookup] = []
    let: list[Let] = []
    way: list[Way] = []
    refuse: list[Refusal] = []
    status: list[Status] = []
    commendation: Commendation | None = None


class FactsFile(Model):
    """facts.toml: the input tables."""

    table: list[Table]


class Peer(Model):
    """Another claim that stands earlier in the batch, or was awarded in an earlier run: equal in `same`, and `when` holds."""

    same: list[str]
    when: str = "True"
    filled: list[str] = []


class Case(Model):
    """One situation that a code covers. `cells` are the cells to look at; `each_empty` lists cells of which some are empty."""

    clauses: list[str] | None = None
    when: str = "True"
    peer: Peer | None = None
    cells: list[str] = []
    each_empty: list[str] = []


class Code(Model):
    """A code of an exception, refusal, reduction or review.

    detect: found by the engine itself: `needed_empty`, `unreadable`, `unknown_value`, `changed`, `doubled`, `nothing_due`, or `not_in_force`; or
    brought by people: `waived` stands beside the outcome of a claim of which an exception was waived, `refused_on_review` and `withdrawn` (not
    answered in time) refuse it. sticky: a claim that was held keeps it when it is tried again. `not_with`: not listed beside these codes.
    waivable: a reviewer may let the claim pass, because its amount can be computed all the same. determines: the join whose row a reviewer may fill by
    setting the amount.
    """

    id: Name
    kind: Literal["exception", "refusal", "reduction", "waiver"]
    title: str
    message_zh: str
    message_en: str
    article: str | None = None
    detect: Literal[
        "needed_empty", "unreadable", "unknown_value", "changed", "doubled", "nothing_due", "not_in_force", "waived", "refused_on_review",
        "withdrawn",
    ] | None = None
    sticky: bool = False
    waivable: bool = False
    determines: str | None = None
    not_with: list[str] = []
    case: list[Case] = []
    cells: list[str] = []


class CodesFile(Model):
    """codes.toml: exceptions, refusals and reductions."""

    code: list[Code]


class Change(Model):
    """One edit of the content of policy.toml, of codes.toml (`at` begins with "code"), or of a title in facts.toml (with "table").

    `at` leads from the top to a table or a list: by keys, and in a list of tables by a member's id, name or code, or its place from 1.
    `set` gives keys of that table their new values, `drop` takes keys of it or members of that list away, `add` appends to that list.
    """

    at: list[str | int]
    set: dict[str, Any] = {}
    drop: list[str | int] = []
    add: list[Any] = []


class Alternative(Model):
    """What else the text could mean: the edits that make it the policy (`changes`), or why no amount can be computed by it.

    `needs` names what fact is missing; `beyond` says why the format cannot express it, or why it has no bearing on an amount.
    """

    id: Name
    answer: str
    changes: list[Change] = []
    needs: str | None = None
    beyond: str | None = None

    def __post_init__(self) -> None:
        if sum(map(bool, (self.changes, self.needs, self.beyond))) != 1:
            raise ValueError("an alternative has either `changes`, or `needs`, or `beyond`")


class Reading(Model):
    """A question that the policy's text leaves open, the answer taken, why, and what else the text could mean."""

    id: Name
    question: str
    answer: str
    why: str
    alternative: list[Alternative]


class ReadingsFile(Model):
    """readings.toml: what the text leaves open."""

    reading: list[Reading] = []


class CoveredItem(Model):
    """An article or item of the official text, and where it is placed: computed by clauses, decided by a person, or without money.

    `decided_by` says who decides, `no_money` what the item is about. `proposed_by` names the commendation whose ranking is put before who
    decides.
    """

    article: str
    title: str
    clauses: list[str] = []
    decided_by: str | None = None
    proposed_by: str | None = None
    no_money: str | None = None


class CoverageFile(Model):
    """coverage.toml: every article and item of the official text, in its order.

    `text` lists the places of the text as they stand there, typed from it and not from the items: what it has and no item places is forgotten.
    """

    text: list[str] = []
    item: list[CoveredItem] = []


class Policy:
    """A whole policy. `sha256` is that of its files in fixed order; `files` holds their bytes by name."""

    def __init__(self, source: Path, files: dict[str, bytes], parts: tuple[PolicyFile, FactsFile, CodesFile, ReadingsFile, CoverageFile]):
        self.source = source
        self.files = files
        self.parts = parts
        self.body, facts, codes, readings, coverage = parts
        self.id = self.body.policy.id
        self.head = self.body.policy
        self.tables = {table.name: table for table in facts.table if table.holds != "scores"}
        self.score_tables = {table.name: table for table in facts.table if table.holds == "scores"}
        self.codes = {code.id: code for code in codes.code}
        self.readings = {reading.id: reading for reading in readings.reading}
        self.coverage = coverage.item
        self.text = coverage.text
        self.clauses = {clause.id: clause for clause in self.body.clause}
        self.ceilings = {ceiling.id: ceiling for ceiling in self.body.ceiling}
        self.pools = {pool.id: pool for pool in self.body.pool}
        self.fundings = {funding.id: funding for funding in self.body.funding}
        self.joins = {join.name: join for join in self.body.join}
        self.lookups = {lookup.name: lookup for lookup in self.body.lookup}

    def with_texts(self, letter: dict[str, str], commendation: dict[str, str]) -> Policy:
        """The policy with other texts for the sender's side of its letters; its files, and so what it decides, are the same."""
        own = {"letter": msgspec.structs.replace(self.body.letter, **letter)}
        if self.body.commendation:
            sender = msgspec.structs.replace(self.body.commendation.letter, **commendation)
            own["commendation"] = msgspec.structs.replace(self.body.commendation, letter=sender)
        return Policy(self.source, self.files, (msgspec.structs.replace(self.body, **own), *self.parts[1:]))

    @cached_property
    def sha256(self) -> str:
        digest = hashlib.sha256()
        for name in POLICY_FILES:
            digest.update(name.encode() + b"\0" + hashlib.sha256(self.files[name]).digest())
        return digest.hexdigest()

    @cached_property
    def claims(self) -> Table:
        return next(table for table in self.tables.values() if table.holds == "claims")

    @cached_property
    def awards(self) -> Table:
        return next(table for table in self.tables.values() if table.holds == "awards")

    @cached_property
    def reference_tables(self) -> list[Table]:
        """All tables that a run reads but the claims."""
        return [table for table in self.tables.values() if table.holds != "claims"]

    @cached_property
    def determined(self) -> dict[str, list[str]]:
        """The tables in which reviewers set amounts, each with the codes that ask for it."""
        codes = [code for code in self.codes.values() if code.determines]
        tables = {code.id: self.joins[code.determines].table for code in codes}
        return {table: [code for code in tables if tables[code] == table] for table in dict.fromkeys(tables.values())}

    @cached_property
    def dotted_names(self) -> set[str]:
        """Every name of two parts, such as JOIN.FIELD, in what the policy reckons with, holds claims by and says."""
        said = _texts_of(msgspec.to_builtins(self.parts[:3]))
        return {f"{prefix}.{rest}" for text in said for prefix, rest in DOTTED_NAME.findall(text)}

    @cached_property
    def treasury_ids(self) -> list[str]:
        """Who bears awards, in the order of the policy."""
        return [treasury.id for treasury in self.body.treasury]

    @cached_property
    def treasury_titles(self) -> dict[str, str]:
        """What treasuries are called, by their ids, in the order of the policy."""
        return {treasury.id: treasury.title for treasury in self.body.treasury}

    def treasury_title(self, treasury: str, place: str) -> str:
        """What a letter calls a treasury of a place; place is '' where there is one only, or where it is not known which it is."""
        return self.treasury_titles[treasury] + (f"（{place}）" if place else "")

    def ways_of(self, clause: Clause) -> list[Way]:
        """The ways of a clause, shared ones looked up by their id."""
        shared = {way.id: way for way in self.body.way}
        return [shared[way] if isinstance(way, str) else way for way in clause.way]

    def parts_of_rule(self, rule: str) -> tuple[Clause, Way]:
        """The clause and the way of a rule, which is named by both: 2.1.rent."""
        clause_id, _, way_id = rule.rpartition(".")
        clause = self.clauses[clause_id]
        return clause, next(way for way in self.ways_of(clause) if way.id == way_id)

    @cached_property
    def part_codes(self) -> set[str]:
        """The codes of reductions that no limit makes: the computed amount is itself only that of a part."""
        return {reduction.code for clause in self.body.clause for way in self.ways_of(clause) for reduction in way.reduce}

    @cached_property
    def counts_per_claimant(self) -> bool:
        """Whether no limit looks at the awards of other claimants."""
        return all(any(field.role == "claimant" for field in self.pool_fields(pool)) for pool in self.body.pool)

    def status_of(self, clause: Clause) -> list[Status]:
        """The changes of a clause's status, oldest first."""
        return clause.status or self.body.status

    def pool_fields(self, pool: Pool) -> list[Field]:
        """The fields of the claims that a pool is kept by."""
        return [self.claims.fields[name] for name in pool.per]

    def counted_field(self, pool: Pool) -> Field | None:
        """The field of the claims whose different values a pool counts."""
        return self.claims.fields[pool.of] if pool.of else self.claims.with_role("claim_year") if pool.counts == "years" else None

    def pools_of(self, clause: Clause) -> list[str]:
        """The pools that a clause's awards count in."""
        return list(dict.fromkeys([*self.pools_named(clause), *(self.ceilings[name].pool for name in clause.ceilings)]))

    def members_of(self, pool: str) -> list[str]:
        """The ids of the clauses whose awards count in a pool."""
        return [clause.id for clause in self.body.clause if pool in self.pools_of(clause)]

    def pools_named(self, clause: Clause) -> list[str]:
        """Those of them that the clause names itself, not by a ceiling."""
        limits = [part.pool for part in (clause.once, clause.cumulative) if part]
        return [*limits, *([clause.highest.own, clause.highest.among] if clause.highest else []), *clause.counts_in]

    @cached_property
    def alternatives(self) -> list[Alternative]:
        """Every other meaning of every reading."""
        return [alternative for reading in self.readings.values() for alternative in reading.alternative]

    @property
    def exceptions_by_number(self) -> list[Code]:
        """The codes that hold claims, in the order in which their situations are numbered: which values may be unknown depends on the rules at hand,
        so these situations come last, and the numbers of all others do not."""
        return sorted((code for code in self.codes.values() if code.kind == "exception"), key=lambda code: code.detect == "unknown_value")

    def code_text(self, code: str) -> str:
        """A code and its title; alone where this version does not know it."""
        known = self.codes.get(code)
        return f"{code} {known.title}" if known else code

    def detected(self, what: str) -> Code:
        """The code of what the engine finds by itself. Raises InputRefused where the policy has none."""
        found = next((code for code in self.codes.values() if code.detect == what), None)
        if found is None:
            raise InputRefused([f"{self.source / 'codes.toml'}: no code detects {what}: `claims policy check` tells what else is wrong"])
        return found


def _texts_of(part: Any) -> Iterator[str]:
    """Every text in a value of TOML."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        yield from (text for value in part.values() for text in _texts_of(value))
    elif isinstance(part, (list, tuple)):
        yield from (text for value in part for text in _texts_of(value))


def find_policy(name_or_path: str | None) -> Path:
    """The folder of a policy: a path, the id of a shipped one, or the default."""
    if name_or_path is None:
        return SHIPPED / DEFAULT_POLICY
    shipped = SHIPPED / name_or_path
    return shipped if shipped.parent == SHIPPED and shipped.is_dir() else Path(name_or_path)


def load_policy(folder: Path) -> Policy:
    """Read a policy folder.

    Raises InputRefused naming file and place for a missing file, TOML that cannot be read, or a key that the schema does not know.
    """
    missing = [name for name in POLICY_FILES if not (folder / name).is_file()]
    if missing:
        raise InputRefused([f"{folder}: not a policy folder, it lacks {', '.join(missing)}"])
    return read_policy(folder, {name: read_limited(folder / name, LARGEST_TOML) for name in POLICY_FILES})


def read_policy(source: Path, files: dict[str, bytes]) -> Policy:
    """Make a policy from the bytes of its files; `source` is only named in messages."""
    return _read(source, tuple(files[name] for name in POLICY_FILES))


@functools.lru_cache(maxsize=8)
def _read(source: Path, contents: tuple[bytes, ...]) -> Policy:
    files = dict(zip(POLICY_FILES, contents))
    shapes = (PolicyFile, FactsFile, CodesFile, ReadingsFile, CoverageFile)
    problems, parts = [], []
    for name, shape in zip(POLICY_FILES, shapes):
        try:
            parts.append(read_as(parse(files[name]), shape))
        except SYNTAX_ERRORS as error:
            problems.append(f"{source / name}: {error}")
    if problems:
        raise InputRefused(problems)
    return Policy(source, files, tuple(parts))
