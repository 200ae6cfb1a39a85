"""The desk: a workspace opened for an act of an office under one policy, by a person who may act, on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from claims.database import Database
from claims.errors import InputRefused, RecordBroken, UsageError
from claims.files import sha256_of
from claims.limits import LARGEST_TABLE, read_limited
from claims.people import acting_person
from claims.policy.model import Policy
from claims.quoting import is_plain, quoted
from claims.record.acts import acts_of, record_act
from claims.record.circumstances import calendar_then, circumstances, settings_of
from claims.record.journal import Entry, os_account
from claims.record.store import enter_policy, policy_of
from claims.settings import Settings, load_settings
from claims.workdays import Calendar, calendar_of
from claims.workspace import Workspace
from pipelines.queries import opened, runs_of_one_policy


@dataclass(frozen=True)
class Desk:
    """What an act works with. `policy` is the one that its latest run used, whose tables are entered; `runs` are the runs of that policy.

    `account` is that of the operating system under which it happens.
    """

    workspace: Workspace
    database: Database
    policy: Policy
    runs: tuple[Entry, ...]
    settings: Settings
    calendar: Calendar
    actor: str
    day: dt.date
    account: str

    def under(self, act: Entry) -> Desk:
        """The desk as it was for an act: with its policy, its settings and its calendar. What is made from the record of an act is made by these, whenever
        it is made."""
        settings = settings_of(self.workspace, act)
        is_same = act.body["policy"]["sha256"] == self.policy.sha256 and settings.letters == self.settings.letters
        policy = self.policy if is_same else policy_of(self.workspace, act, settings)
        return replace(self, policy=policy, settings=settings, calendar=calendar_then(self.workspace, act))

    def acts(self, *kinds: str) -> list[Entry]:
        """The acts of some kinds so far, oldest first."""
        return acts_of(self.workspace, self.policy.id, *kinds)

    def own_copy(self, file: Path) -> Path:
        """A copy of a file that came, under its name: what is read is what is kept, even if somebody saves the file again meanwhile.

        Raises InputRefused for a file that cannot be read or is too large, and for a name that holds characters that nobody sees.
        """
        if not is_plain(file.name):
            raise InputRefused([f"{quoted(file.name)}: the file's name holds characters that nobody sees: rename it"])
        copy = self.workspace.fresh_scratch("received") / file.name
        copy.write_bytes(read_limited(file, LARGEST_TABLE))
        return copy

    def taken_in(self, kind: str, path: Path) -> Entry | None:
        """The act of a kind that took in the very bytes of a file, if one did."""
        sha256 = sha256_of(path)
        return next((act for act in self.acts(kind) if any(kept["sha256"] == sha256 for kept in act.body["inputs"])), None)

    def record(
        self, kind: str, body: dict, relations: dict[str, str], inputs: list[Path] | None = None, shown: dict[str, str] | None = None,
    ) -> Entry:
        """Record an act of this person on this day; see `record_act`."""
        under = circumstances(self.workspace, self.policy, self.settings, self.calendar)
        return record_act(
            self.database, self.workspace, under, kind, self.actor, self.day, body | {"names_bound": bool(self.settings.actor)}, relations, inputs,
            shown)


@contextmanager
def desk(root: Path, command: str, actor: str | None, day: dt.date | None, policy_name: str | None = None) -> Iterator[Desk]:
    """Open an existing workspace for an act. `policy_name` is wanted where it has runs of several policies. Raises UsageError."""
    with opened(root, command) as (workspace, database, runs):
        settings = load_settings(workspace.settings)
        person = acting_person(settings, actor)
        chosen = runs_of_one_policy(root, runs, policy_name)
        policy = policy_of(workspace, chosen[-1], settings)
        if day and day < policy.head.effective_from:
            raise UsageError(f"--on {day}: {policy.id} is in force from {policy.head.effective_from}: give the day on which this was done")
        enter_policy(database, policy)
        calendar = calendar_of(workspace.calendar)
        yield Desk(workspace, database, policy, chosen, settings, calendar, person, day or dt.date.today(), os_account())


def desk_again(workspace: Workspace, database: Database, act: Entry) -> Desk:
    """The desk as it was for an act that is to be made again, in a workspace whose record ends before it."""
    runs = tuple(acts_of(workspace, act.body["policy"]["id"], "run"))
    if not runs:
        raise RecordBroken(f"line {act.sequence} of the journal is an act under {act.body['policy']['id']}, of which no run is finished before it")
    settings = settings_of(workspace, act)
    policy = policy_of(workspace, runs[-1], settings)
    enter_policy(database, policy)
    return Desk(
        workspace, database, policy, runs, settings, calendar_then(workspace, act), act.actor, dt.date.fromisoformat(act.body["on"]), act.os_account)
