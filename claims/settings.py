"""The settings of a workspace: those of claims/settings.toml, changed by the workspace's own claims.toml."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec.structs import astuple

from claims.errors import InputRefused
from claims.limits import LARGEST_TOML, read_limited
from claims.toml import SYNTAX_ERRORS, Model, parse, read_as

SHIPPED = Path(__file__).with_suffix(".toml")
OF_THE_MACHINE = ("nightly", "record")
"""The tables that bear on nothing that is recorded or shown."""


Days = Annotated[int, msgspec.Meta(ge=1, le=3660)]
Months = Annotated[int, msgspec.Meta(ge=1, le=120)]
"""Periods: some, and not more than ten years."""


class NightlySettings(Model):
    """What `claims nightly` does unasked. `on_failure` is a command, word by word."""

    policy: str
    letters: bool
    on_failure: list[str]


class GateSetting(Model):
    """Bounds of a measure, both inclusive, in the measure's unit, and what a breach does; what is None is as for the family, or nothing."""

    min: int | Decimal | None = None
    max: int | Decimal | None = None
    action: Literal["warn", "stop", "off"] | None = None

    def over(self, family: GateSetting) -> GateSetting:
        """This setting, with the family's in what it does not say."""
        return GateSetting(*(ours if ours is not None else theirs for ours, theirs in zip(astuple(self), astuple(family))))


class Actor(Model):
    """A person who may act, and the account of the operating system from which alone this name may be used."""

    name: str
    role: str
    os_account: str


class ReviewSettings(Model):
    """What the review of exceptions keeps to."""

    answer_days: Days


class NoticeSettings(Model):
    """What the public notice of a month keeps to."""

    working_days: Days


class RemedySettings(Model):
    """Within which periods from the delivery of its letter a decision can be objected to, as the letters tell them."""

    reconsideration_days: Days
    action_months: Months


class RecoverySettings(Model):
    """What a letter says that asks for money back: within how many days of its receipt, and where to; '' where that is told otherwise."""

    days: Days
    pay_to: str


class RecordSettings(Model):
    """Where the head of the journal is kept outside the workspace: a file, '' for nowhere."""

    head_file: str


class Settings(Model):
    """All settings. `gate` is keyed by the name of a measure, or by FAMILY.* for those of a family that are not named."""

    nightly: NightlySettings
    record: RecordSettings
    review: ReviewSettings
    notice: NoticeSettings
    remedies: RemedySettings
    recovery: RecoverySettings
    gate: dict[str, GateSetting]
    actor: list[Actor] = []

    def recorded(self) -> bytes:
        """The settings that bear on what is recorded or shown, as canonical JSON: what the record keeps of an event's configuration."""
        content = msgspec.to_builtins(self, builtin_types=(Decimal,))
        for name in OF_THE_MACHINE:
            del content[name]
        return json.dumps(content, sort_keys=True, separators=(",", ":"), default=str).encode()


def load_settings(path: Path) -> Settings:
    """The shipped settings with the changes of a file, if there is one. Raises InputRefused naming what is wrong in it."""
    try:
        changes = parse(read_limited(path, LARGEST_TOML)) if path.exists() else {}
        content = _merged(parse(SHIPPED.read_bytes()), changes)
        _check_gates(path, content["gate"])
        return read_as(content, Settings)
    except SYNTAX_ERRORS as error:
        raise InputRefused([f"{path}: {error}; `claims settings` prints every setting"]) from error


def head_file(path: Path) -> str:
    """The file for the head of the journal, even where another setting of the file is wrong. Raises InputRefused where it cannot be told."""
    try:
        told = parse(path.read_bytes()).get("record", {}) if path.exists() else {}
        return read_as(parse(SHIPPED.read_bytes())["record"] | told, RecordSettings).head_file
    except (*SYNTAX_ERRORS, TypeError, AttributeError) as error:
        raise InputRefused([f"{path}: {error}; `claims settings` prints every setting"]) from error


def failure_command(path: Path) -> list[str]:
    """The command for failures, even where another setting of the file is wrong; none where the file tells nothing that can be read."""
    try:
        return load_settings(path).nightly.on_failure
    except InputRefused:
        pass
    try:
        return msgspec.convert(parse(read_limited(path, LARGEST_TOML))["nightly"]["on_failure"], list[str])
    except (*SYNTAX_ERRORS, InputRefused, KeyError, TypeError):
        return []


def _check_gates(path: Path, gates: Any) -> None:
    """Each gate by itself, so that a message names it."""
    problems = []
    for name, content in gates.items() if isinstance(gates, dict) else ():
        try:
            read_as(content, GateSetting)
        except SYNTAX_ERRORS as error:
            hint = f"; a name with a point stands in quotes: [gate.\"{name}.…\"]" if isinstance(content, dict) and any(
                isinstance(value, dict) for value in content.values()) else "; a gate has `min`, `max` and `action`"
            problems.append(f"{path}: gate “{name}”: {error}{hint}")
    if problems:
        raise InputRefused(problems)


def recorded_settings(recorded: bytes) -> Settings:
    """The settings that an event happened under, from what the record keeps of them; the others are as shipped."""
    return read_as(parse(SHIPPED.read_bytes()) | json.loads(recorded, parse_float=Decimal), Settings)


def _merged(shipped: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Both, table by table; a value of the changes replaces the shipped one."""
    both = {name: _merged(value, changes[name]) for name, value in shipped.items() if isinstance(value, dict) and isinstance(changes.get(name), dict)}
    return shipped | changes | both
