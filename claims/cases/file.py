"""cases.toml: the edge cases of a policy beside its other files, for the bureau to go through and sign.

It is no part of the policy: its bytes do not enter the policy's SHA-256, and a folder without it is complete.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from claims.errors import InputRefused
from claims.limits import LARGEST_TOML, read_limited
from claims.toml import SYNTAX_ERRORS, Model, parse, read_as

CASES_FILE = "cases.toml"


class Case(Model):
    """One claim: the value of the fact that is moved (None where it has none), and what it gets. `says` is the deciding sentence; `follows` is who of
    several treasuries bears what of an award, its instalments and obligations."""

    value: str
    outcome: str
    award_yuan: str
    codes: str
    says: str
    follows: str = ""


class Bound(Model):
    """One bound: the fact that is moved, what other facts differ from the rule's own claim, and the claims on both sides."""

    title: str
    article: str
    fact: str
    case: list[Case]
    facts: dict[str, str] = {}


class RuleCases(Model):
    """The cases of one way of a clause: a claim that gets its award, and its bounds."""

    id: str
    clause: str
    title: str
    article: str
    facts: dict[str, str]
    result: Case
    bound: list[Bound] = []


class Cases(Model):
    """The whole file. `unturned` are the comparisons that no case shows, with why; whoever signs fills `signed_by` and `signed_on`."""

    policy: str
    as_of: dt.date
    signed_by: str
    signed_on: Any
    note: str
    unturned: list[str]
    rule: list[RuleCases] = []

    def __post_init__(self) -> None:
        if not isinstance(self.signed_on, str | dt.date):
            raise ValueError(f"signed_on is a day, {self.signed_on!r} is none")

    @property
    def signed(self) -> bool:
        return bool(self.signed_by.strip() or str(self.signed_on).strip())

    @property
    def count(self) -> int:
        """How many claims the file holds."""
        return sum(1 + sum(len(bound.case) for bound in rule.bound) for rule in self.rule)


def with_signature(cases: Cases, of: Cases) -> Cases:
    """The cases as signed in another file of the same content."""
    return msgspec.structs.replace(cases, signed_by=of.signed_by, signed_on=of.signed_on)


def same_content(one: Cases, other: Cases) -> bool:
    """Whether two files hold the same but for signatures."""
    return with_signature(one, other) == other


def read_cases(folder: Path) -> Cases | None:
    """The cases of a policy folder; None where it has none. Raises InputRefused naming the place that cannot be read."""
    path = folder / CASES_FILE
    if not path.is_file():
        return None
    try:
        return read_as(parse(read_limited(path, LARGEST_TOML)), Cases)
    except SYNTAX_ERRORS as error:
        raise InputRefused([f"{path}: {error}"]) from error


# ---------------------------------------------------------------- writing


def cases_toml(cases: Cases) -> str:
    """The text of the file: stable, so that two versions can be laid beside each other line by line."""
    return "\n".join(_lines(cases)) + "\n"


def _lines(cases: Cases) -> Iterator[str]:
    yield f"policy = {_text(cases.policy)}"
    yield f"as_of = {cases.as_of}"
    yield f"signed_by = {_text(cases.signed_by)}"
    yield f"signed_on = {cases.signed_on if isinstance(cases.signed_on, dt.date) else _text(cases.signed_on)}"
    yield f'note = """\n{cases.note}"""'
    yield from _list("unturned", [_text(line) for line in cases.unturned])
    for rule in cases.rule:
        yield from _rule_lines(rule)


def _rule_lines(rule: RuleCases) -> Iterator[str]:
    yield ""
    yield "[[rule]]"
    for name in ("id", "clause", "title", "article"):
        yield f"{name} = {_text(getattr(rule, name))}"
    yield f"result = {_case(rule.result)}"
    yield ""
    yield "[rule.facts]"
    yield from (f"{_key(name)} = {_text(value)}" for name, value in rule.facts.items())
    for bound in rule.bound:
        yield ""
        yield "[[rule.bound]]"
        yield f"title = {_text(bound.title)}"
        yield f"article = {_text(bound.article)}"
        yield f"fact = {_text(bound.fact)}"
        if bound.facts:
            yield f"facts = {_inline(bound.facts)}"
        yield from _list("case", [_case(case) for case in bound.case])


def _list(name: str, items: list[str]) -> Iterator[str]:
    yield f"{name} = [" + ("" if items else "]")
    yield from (f"  {item}," for item in items)
    if items:
        yield "]"


def _case(case: Case) -> str:
    parts = {name: value for name, value in msgspec.structs.asdict(case).items() if value or name != "follows"}
    return "{ " + ", ".join(f"{name} = {_text(value)}" for name, value in parts.items()) + " }"


def _inline(facts: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{_key(name)} = {_text(value)}" for name, value in facts.items()) + " }"


def _key(name: str) -> str:
    return _text(name) if "." in name else name


def _text(text: str) -> str:
    """A basic string of TOML, which is one of JSON but for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
