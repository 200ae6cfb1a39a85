"""What the body of each kind of event must hold. A line whose hashes fit and that no program wrote is told as such, before anything reads it.

The readers of a body take its keys as given; that they are there, of their type, and lead nowhere else as parts of a path, is seen to here alone. A body
may hold more. Whatever its kind, one that fills tables is an act, and one that says what changed is under circumstances; files of the vault are read of any.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from claims.file_names import Digest, FileName, PathWithin, why_unfit
from claims.policy.model import POLICY_FILES

if TYPE_CHECKING:
    from claims.record.journal import Entry


class Kept(msgspec.Struct):
    """A file in the vault."""

    sha256: Digest


class Input(Kept):
    """A file that was read."""

    file: PathWithin


class Result(Kept):
    """A relation, or the manifest of a folder of letters."""

    rows: int


class PolicyOf(msgspec.Struct):
    """The policy that an event happened under, with all its files."""

    id: FileName
    sha256: str
    files: dict[FileName, Digest]

    def __post_init__(self) -> None:
        if lacking := {*POLICY_FILES} - self.files.keys():
            raise ValueError(f"`files` lacks {min(lacking)}")


class Change(msgspec.Struct):
    """What of the circumstances is other than before."""

    what: str
    before: str | None = msgspec.field(name="from")
    to: str


class Body(msgspec.Struct, kw_only=True):
    """What is read of a line of any kind, where it is there: what the journal counts on in the vault."""

    configuration_sha256: Digest | UnsetType = UNSET
    calendar_sha256: Digest | None | UnsetType = UNSET
    policy: PolicyOf | UnsetType = UNSET
    inputs: list[Input] = []
    results: dict[FileName, Result] = {}
    fonts: dict[FileName, Digest] = {}


class Statement(Body):
    """What every line of a kind that is named here says."""

    program_version: str
    configuration_sha256: Digest


class Clock(Statement):
    """A clock was set right."""

    reason: str


class Abandoned(Statement):
    """A run that had begun was given up."""

    label: str
    as_of: dt.date
    folder: str
    policy_sha256: str
    reason: str


class Made(Statement):
    """What was made of something under a policy."""

    calendar_version: str
    calendar_sha256: Digest | None
    policy: PolicyOf
    inputs: list[Input]
    results: dict[FileName, Result]


class Letters(Made):
    """Letters were drawn that follow from the line `of`."""

    of: int
    folder: PathWithin


class Event(Made):
    """What is under circumstances of its own."""

    fonts: dict[FileName, Digest]
    changed: list[Change]


class RunCounts(msgspec.Struct):
    """What a run counted and awarded."""

    fates: dict[str, int]
    outcomes: dict[str, int]
    codes: dict[str, int]
    awarded_fen: int
    treasuries_fen: dict[str, int]
    clauses_fen: dict[str, int]


class Run(Event):
    """Claims were decided."""

    label: FileName
    as_of: dt.date
    folder: str
    policy_source: str
    accepted_gates: dict[str, str]
    counts: RunCounts


class CommendationCounts(msgspec.Struct):
    """What a commendation counted."""

    ranked: int
    commended: int
    priority: int


class Commendation(Event):
    """A year's scores were ranked, in place of the list of the line `replaces`."""

    year: int
    commendation: str
    source: str
    counts: CommendationCounts
    replaces: int | None


class Act(Event):
    """An office did something on a day; its results fill `tables`."""

    on: dt.date
    names_bound: bool
    tables: list[str]


class Review(Act):
    """Rulings were taken in."""

    label: str


class Close(Act):
    """A month was closed."""

    month: FileName


class Approval(Close):
    """A month was approved."""

    minutes: str


class Objection(Close):
    """An objection was raised, or ended."""

    claim_id: str
    action: Literal["raise", "dismiss", "uphold"]
    reason: str
    person: str


class Delivery(Act):
    """A register of delivered letters was taken in."""

    register: str


class Adjustment(Act):
    """A decided claim was adjusted, a step of it."""

    claim_id: FileName
    number: int
    action: str


SHAPES = {
    "run": Run, "letters": Letters, "commendation": Commendation, "abandon": Abandoned, "clock": Clock, "review": Review, "close": Close,
    "object": Objection, "approve": Approval, "deliver": Delivery, "adjust": Adjustment, "budget": Act, "plan": Act, "confirm": Act, "recover": Act,
}
MARKS = {"tables": Act, "changed": Event}
"""What a line is besides, whatever its kind, by what it holds."""
NEEDED = {"run": {"decided", "gates"}, "letters": {"manifest"}, "commendation": {"ranking"}}
"""The results that a kind always has; an act has those of its tables."""


FOLLOWS = {"of": ("run", "review", "approve", "adjust"), "replaces": ("commendation",)}
"""The kinds of the lines that a field may name: those that letters follow from; those that a list takes the place of."""


def require_shape(kind: str, body: dict[str, Any], before: Sequence[Entry]) -> None:
    """Raises ValueError saying what the body of an event lacks or has otherwise; an event may follow only from one of those before it."""
    try:
        for mark in (mark for mark in MARKS if mark in body):
            msgspec.convert(body, MARKS[mark])
        event = msgspec.convert(body, SHAPES.get(kind, Body))
    except msgspec.ValidationError as error:
        raise ValueError(f"it is not an event of the kind {kind} ({why_unfit(error)})") from error
    lacking = {*NEEDED.get(kind, ()), *body.get("tables", ())} - {*event.results}
    if lacking:
        raise ValueError(f"it is not an event of the kind {kind} (it has no result {ascii(min(lacking))[:80]})")
    for field, kinds in FOLLOWS.items():
        line = getattr(event, field, None)
        if line is not None and not 0 < line <= len(before):
            raise ValueError(f"it is not an event of the kind {kind} (`{field}` is {line}, which is no line before it)")
        if line is not None and before[line - 1].kind not in kinds:
            raise ValueError(f"it is not an event of the kind {kind} (`{field}` is {line}, a line of the kind {before[line - 1].kind}, not {' or '.join(kinds)})")
