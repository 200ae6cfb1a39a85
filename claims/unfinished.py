"""Acts that were recorded and whose documents were not completed, because the command ended in between. The same command completes them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from claims.payment_lists import has_lists, lists_folder
from claims.record.journal import Entry
from claims.workspace import Workspace


@dataclass(frozen=True)
class Unfinished:
    """An act, the command that completes it, without what names the workspace, and what is lacking."""

    act: Entry
    command: str
    lacks: str

    @property
    def why(self) -> str:
        return f"it was recorded (line {self.act.sequence}) and interrupted before {self.lacks}; the same command completes it"


def unfinished_acts(workspace: Workspace) -> Iterator[Unfinished]:
    """Letters with numbers that were never drawn, and the latest lists of payments of a policy where they are not there."""
    entries = workspace.journal.entries()
    drawn = {entry.body["of"] for entry in entries if entry.kind == "letters"}
    for act in entries:
        if act.sequence not in drawn and (command := _drawing(act)):
            yield Unfinished(act, command, "its letters were drawn")
    plans = {act.body["policy"]["id"]: act for act in entries if act.kind == "plan" and has_lists(act)}
    for plan in plans.values():
        if not lists_folder(workspace, plan).exists():
            yield Unfinished(plan, "claims pay plan", "its lists of payments were written")


def _drawing(act: Entry) -> str | None:
    """The command of an act that issues letters."""
    body = act.body
    if act.kind == "approve":
        return f"claims approve {body['month']} --minutes {shlex.quote(body['minutes'])} --actor NAME"
    if act.kind == "review" and body["results"]["issued_letter"]["rows"]:
        return f"claims review import {shlex.quote(body['inputs'][0]['file'])} --actor NAME"
    return None
