"""A changed policy: edits, of another reading or given one by one, made to the content of its files and read by the same closed schema.

What stands at the top of policy.toml, codes.toml and facts.toml has different names, so that the first step of an edit tells the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from claims.errors import UsageError
from claims.policy.model import Alternative, Change, CodesFile, FactsFile, Policy, PolicyFile, Reading, ReadingsFile
from claims.toml import SYNTAX_ERRORS, parse, read_as

CHANGEABLE = {"policy.toml": PolicyFile, "facts.toml": FactsFile, "codes.toml": CodesFile}
NAMES = ("id", "name", "code")
"""The keys by which the tables of a list are told apart."""


class ChangeMisplaced(Exception):
    """An edit that leads nowhere, or to something that the schema does not know; the message says where."""


def changed_policy(policy: Policy, changes: Iterable[Change]) -> Policy:
    """The policy as it would be after some edits, made one after the other. It has no files of its own, so no run can be recorded under it.

    Raises ChangeMisplaced.
    """
    content = _content(policy)
    for change in changes:
        _apply(change, content)
    try:
        body, facts, codes = (read_as(_part(content, shape), shape) for shape in CHANGEABLE.values())
    except msgspec.ValidationError as error:
        raise ChangeMisplaced(str(error)) from error
    _check_tables(policy, facts)
    # the edits are made for the policy as it stands: under one of them the others mean nothing
    readings = [msgspec.structs.replace(reading, alternative=[]) for reading in policy.readings.values()]
    return Policy(policy.source, {}, (body, facts, codes, ReadingsFile(readings), policy.parts[-1]))


def _content(policy: Policy) -> dict[str, Any]:
    """What stands at the top of the files that may be changed."""
    return {key: value for name in CHANGEABLE for key, value in parse(policy.files[name]).items()}


def _part(content: dict[str, Any], shape: type) -> dict[str, Any]:
    """The part of one file; what no file knows is left to the policy's, which refuses it."""
    others = {key for other in CHANGEABLE.values() if other is not shape for key in other.__struct_encode_fields__}
    own = set(shape.__struct_encode_fields__)
    return {key: value for key, value in content.items() if key in own or (shape is PolicyFile and key not in others)}


def _check_tables(policy: Policy, facts: FactsFile) -> None:
    """Cells were read by the tables as they stand: only what these are called may change."""
    if [table.as_read for table in facts.table] != [table.as_read for table in policy.parts[1].table]:
        raise ChangeMisplaced("of the tables only a `title` may be changed: the cells were read as the tables stand")


def alternative_named(policy: Policy, text: str) -> tuple[Reading, Alternative]:
    """The alternative that "A1=A1.lower" or "A1=lower" names, with its reading. Raises UsageError where there is none to compute by."""
    name, _, wanted = text.partition("=")
    if name not in policy.readings:
        raise UsageError(f"{policy.id} has no reading {name}; it has {', '.join(policy.readings)}")
    reading = policy.readings[name]
    found = next((one for one in reading.alternative if wanted in (one.id, one.id.removeprefix(f"{name}."))), None)
    if found is None:
        raise UsageError(f"the reading {name} has no alternative {wanted}; it has {', '.join(one.id for one in reading.alternative)}")
    if not found.changes:
        reason = f"it needs a fact that is not collected: {found.needs}" if found.needs else found.beyond
        raise UsageError(f"the alternative {found.id} cannot be computed: {reason}")
    return reading, found


def edit(policy: Policy, text: str) -> Change:
    """The edit that "CLAUSE.PATH=VALUE" means: a path from a clause, or from the top where its first step is no clause, to a key of a table.

    In a list a step is an id, a name, a code, or a place from 1; the value is written as in TOML. Raises UsageError.
    """
    path, equals, written = text.partition("=")
    if not equals:
        raise UsageError(f"{text}: a path and a value are wanted, such as CLAUSE.figure.NAME.value=123")
    try:
        value = parse(f"value = {written}".encode())["value"]
    except SYNTAX_ERRORS:
        raise UsageError(f"{written} is no value of TOML: numbers and days stand as they are, texts in quotation marks") from None
    clause = max((one for one in policy.clauses if path.startswith(f"{one}.")), key=len, default=None)
    steps = path.removeprefix(f"{clause}.").split(".") if clause else path.split(".")
    *way, key = [int(step) if step.isdecimal() else step for step in steps]
    return Change(at=[*(["clause", clause] if clause else []), *way], set={str(key): value})


def value_at(policy: Policy, change: Change, key: str) -> Any:
    """What the policy has where a change sets a key; None where it has nothing. Raises ChangeMisplaced."""
    return _wanted(_place(change, _content(policy)), dict, change).get(key)


def _apply(change: Change, content: dict[str, Any]) -> None:
    place = _place(change, content)
    for name in change.drop:
        del place[_position(place, name)]
    if change.set:
        _wanted(place, dict, change).update(change.set)
    if change.add:
        _wanted(place, list, change).extend(change.add)


def _place(change: Change, content: dict[str, Any]) -> Any:
    """The table or list that a change leads to."""
    place: Any = content
    for step in change.at:
        place = place[_position(place, step)]
    return place


def _wanted(place: Any, kind: type, change: Change) -> Any:
    if not isinstance(place, kind):
        raise ChangeMisplaced(f"{change.at} is no {'table' if kind is dict else 'list'}")
    return place


def _position(place: Any, step: str | int) -> str | int:
    """The key of a table, or the index of the one member of a list, that a step leads to."""
    if isinstance(place, dict):
        found = [step] if step in place else []
    elif isinstance(place, list):
        found = [index for index, member in enumerate(place) if _leads_to(step, index, member)]
    else:
        found = []
    if len(found) != 1:
        known = ", ".join(map(str, _steps_from(place)))
        raise ChangeMisplaced(f"`{step}` leads to {len(found)} places, it must lead to one; from there lead: {known or 'nothing'}")
    return found[0]


def _steps_from(place: Any) -> list[Any]:
    """What leads on from a table, or from a list."""
    if isinstance(place, dict):
        return list(place)
    members = place if isinstance(place, list) else []
    return [next((member[name] for name in NAMES if name in member), number) if isinstance(member, dict) else member for number, member in enumerate(members, 1)]


def _leads_to(step: str | int, index: int, member: Any) -> bool:
    if isinstance(step, int):
        return step == index + 1
    return step == member or (isinstance(member, dict) and step in [member.get(name) for name in NAMES])
