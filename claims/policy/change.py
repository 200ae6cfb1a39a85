"""A policy under another reading: the edits of an alternative, made to the content of policy.toml and read by the same closed schema."""

from __future__ import annotations

from typing import Any

import msgspec

from claims.policy.model import Alternative, Change, Policy, PolicyFile, ReadingsFile
from claims.toml import parse, read_as

NAMES = ("id", "name", "code")
"""The keys by which the tables of a list are told apart."""


class ChangeMisplaced(Exception):
    """An edit that leads nowhere, or to something that the schema does not know; the message says where."""


def changed_policy(policy: Policy, alternative: Alternative) -> Policy:
    """The policy as it would be under an alternative. It has no files of its own, so no run can be recorded under it.

    Raises ChangeMisplaced.
    """
    content = parse(policy.files["policy.toml"])
    for change in alternative.changes:
        _apply(change, content)
    try:
        body = read_as(content, PolicyFile)
    except msgspec.ValidationError as error:
        raise ChangeMisplaced(str(error)) from error
    # the edits are made for the policy as it stands: under one of them the others mean nothing
    readings = [msgspec.structs.replace(reading, alternative=[]) for reading in policy.readings.values()]
    _, facts, codes, _, coverage = policy.parts
    return Policy(policy.source, {}, (body, facts, codes, ReadingsFile(readings), coverage))


def _apply(change: Change, content: dict[str, Any]) -> None:
    place: Any = content
    for step in change.at:
        place = place[_position(place, step)]
    for name in change.drop:
        del place[_position(place, name)]
    if change.set:
        _wanted(place, dict, change).update(change.set)
    if change.add:
        _wanted(place, list, change).extend(change.add)


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
        raise ChangeMisplaced(f"`{step}` leads to {len(found)} places, it must lead to one")
    return found[0]


def _leads_to(step: str | int, index: int, member: Any) -> bool:
    if isinstance(step, int):
        return step == index + 1
    return step == member or (isinstance(member, dict) and step in [member.get(name) for name in NAMES])
