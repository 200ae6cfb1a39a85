"""The settings of a workspace: those of claims/settings.toml, changed by the workspace's own claims.toml."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec.structs import astuple, replace

from claims.errors import InputRefused, RecordBroken
from claims.file_names import Digest, FileName
from claims.files import sha256_of
from claims.limits import LARGEST_TOML, read_limited
from claims.quoting import quoted
from claims.toml import SYNTAX_ERRORS, Model, parse, read_as

NUMBER_MARKS = ("{year}", "{number}")
"""What a pattern of document numbers holds."""
SHIPPED = Path(__file__).with_suffix(".toml")
OF_THE_MACHINE = "nightly"
"""The table that bears on nothing that is recorded or shown."""


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


class OwnCommendationTexts(Model):
    """What a workspace says otherwise than its policies of who commends, by the names of the policy's table; '' leaves what the policy says."""

    issuer: str = ""
    mark: str = ""
    number_pattern: str = ""
    contact: str = ""
    copies_to: str = ""
    print_office: str = ""
    addressed_as: str = ""

    @property
    def given(self) -> tuple[tuple[str, str], ...]:
        """The texts that are said otherwise, by their names."""
        return tuple((name, text) for name, text in msgspec.structs.asdict(self).items() if text)


class OwnTexts(OwnCommendationTexts):
    """The same of who sends letters, with the ways to object, and the period in which awards are paid."""

    objection: str = ""
    paid_within: str = ""


class LetterSettings(Model):
    """How letters look: stamped or not, with a copy for Word or not; `fonts` are a folder and families in it by the part that they play; `text` stands in
    place of a policy's [letter], `commendation` of its [commendation.letter]."""

    sealed: bool
    word_copies: bool
    fonts: dict[Literal["folder", "fangsong", "xiaobiaosong", "kai", "hei", "song"], str]
    text: OwnTexts
    commendation: OwnCommendationTexts
    font_files: dict[FileName, Digest] = {}
    """SHA-256 of each file that holds one of the families, by its name: told when the settings are loaded, no setting itself."""

    @property
    def font_folder(self) -> str:
        return self.fonts["folder"]

    @property
    def families(self) -> dict[str, str]:
        """The families that are named, by their parts."""
        return {part: family for part, family in self.fonts.items() if part != "folder" and family}


class Settings(Model):
    """All settings. `gate` is keyed by the name of a measure, or by FAMILY.* for those of a family that are not named."""

    nightly: NightlySettings
    record: RecordSettings
    review: ReviewSettings
    notice: NoticeSettings
    remedies: RemedySettings
    recovery: RecoverySettings
    letters: LetterSettings
    gate: dict[str, GateSetting]
    actor: list[Actor] = []

    def recorded(self) -> bytes:
        """The settings that bear on what is recorded or shown, as canonical JSON: what the record keeps of an event's configuration.

        A place for the head outside is among them, so that a settings file that lost it is noticed.
        """
        content = msgspec.to_builtins(self, builtin_types=(Decimal,))
        del content[OF_THE_MACHINE]
        if not self.record.head_file:
            del content["record"]
        return json.dumps(content, sort_keys=True, separators=(",", ":"), default=str).encode()


def load_settings(path: Path) -> Settings:
    """The shipped settings with the changes of a file, if there is one. Raises InputRefused naming what is wrong in it."""
    try:
        changes = parse(read_limited(path, LARGEST_TOML)) if path.exists() else {}
        content = _merged(parse(SHIPPED.read_bytes()), changes)
        _check_gates(path, content["gate"])
        settings = read_as(content, Settings)
        _check_letters(path, settings.letters)
        _check_head_file(path, settings.record.head_file)
        return _with_font_files(path, settings)
    except SYNTAX_ERRORS as error:
        raise InputRefused([f"{path}: {error}; `claims settings` prints every setting"]) from error


def head_file(path: Path) -> str:
    """The file for the head of the journal, even where another setting of the file is wrong. Raises InputRefused where it cannot be told."""
    try:
        told = parse(read_limited(path, LARGEST_TOML)).get("record", {}) if path.exists() else {}
        named = read_as(parse(SHIPPED.read_bytes())["record"] | told, RecordSettings).head_file
        _check_head_file(path, named)
        return named
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


def _check_head_file(path: Path, named: str) -> None:
    """A head within the workspace would be set back with it, and any file of the record could be named."""
    if named and (path.parent / named).resolve().is_relative_to(path.parent.resolve()):
        raise InputRefused([f"{path}: [record] head_file names {quoted(named)}, which lies in the workspace; name a file outside of it"])


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


def _check_letters(path: Path, letters: LetterSettings) -> None:
    problems = [
        f"{path}: [letters.{table}]: `number_pattern` lacks {mark}: two letters would have one number"
        for table, texts in (("text", letters.text), ("commendation", letters.commendation)) for mark in NUMBER_MARKS
        if texts.number_pattern and mark not in texts.number_pattern
    ]
    if letters.font_files:
        problems.append(f"{path}: [letters]: unknown key `font_files`")
    if letters.families and not letters.font_folder:
        problems.append(f"{path}: [letters.fonts]: `folder` is empty; it says where the files of the fonts are")
    if problems:
        raise InputRefused(problems)


def _with_font_files(path: Path, settings: Settings) -> Settings:
    """The settings with the fonts that they name. Raises InputRefused where the folder does not hold one."""
    if not settings.letters.families:
        return settings
    # imported here: it is wanted only where a workspace has fonts of its own
    from claims.letters.look import made_look

    files = made_look(settings.letters, path.parent / settings.letters.font_folder).font_files
    return replace(settings, letters=replace(settings.letters, font_files={file.name: sha256_of(file) for file in files}))


def recorded_settings(recorded: bytes) -> Settings:
    """The settings that an event happened under, from what the record keeps of them; the others are as shipped. Raises RecordBroken where they are none."""
    try:
        return read_as(parse(SHIPPED.read_bytes()) | json.loads(recorded, parse_float=Decimal), Settings)
    except (*SYNTAX_ERRORS, TypeError) as error:
        raise RecordBroken(f"The settings that the record keeps of an event are none that this program wrote ({error}). Restore the workspace from a backup.") from error


def _merged(shipped: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Both, table by table; a value of the changes replaces the shipped one."""
    both = {name: _merged(value, changes[name]) for name, value in shipped.items() if isinstance(value, dict) and isinstance(changes.get(name), dict)}
    return shipped | changes | both
