"""The desk: a workspace opened for an act of an office under one policy, by a person who may act, on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from claims.database import Database
from claims.files import sha256_of
from claims.letters.look import look_of
from claims.people import acting_person
from claims.policy.model import Policy
from claims.record.acts import acts_of, record_act
from claims.record.journal import Entry
from claims.record.store import enter_policy, policy_of
from claims.settings import Settings, load_settings
from claims.workdays import Calendar, calendar_of
from claims.workspace import Workspace
from pipelines.queries import opened, runs_of_one_policy


@dataclass(frozen=True)
class Desk:
    """What an act works with. `policy` is the one that its latest run used, whose tables are entered; `runs` are the runs of that policy."""

    workspace: Workspace
    database: Database
    policy: Policy
    runs: tuple[Entry, ...]
    settings: Settings
    calendar: Calendar
    actor: str
    day: dt.date

    def acts(self, *kinds: str) -> list[Entry]:
        """The acts of some kinds so far, oldest first."""
        return acts_of(self.workspace, self.policy.id, *kinds)

    def taken_in(self, kind: str, path: Path) -> Entry | None:
        """The act of a kind that took in the very bytes of a file, if one did."""
        sha256 = sha256_of(path)
        return next((act for act in self.acts(kind) if any(kept["sha256"] == sha256 for kept in act.body["inputs"])), None)

    def record(self, kind: str, body: dict, relations: dict[str, str], inputs: list[Path] | None = None) -> Entry:
        """Record an act of this person on this day; see `record_act`."""
        return record_act(
            self.database, self.workspace, self.policy.id, kind, self.actor, self.day, body | {"names_bound": bool(self.settings.actor)}, relations, inputs)


@contextmanager
def desk(root: Path, command: str, actor: str | None, day: dt.date | None, policy_name: str | None = None) -> Iterator[Desk]:
    """Open an existing workspace for an act. `policy_name` is wanted where it has runs of several policies. Raises UsageError."""
    with opened(root, command) as (workspace, database, runs):
        settings = load_settings(workspace.settings)
        look_of(workspace)
        person = acting_person(settings, actor)
        chosen = runs_of_one_policy(root, runs, policy_name)
        policy = policy_of(workspace, chosen[-1])
        enter_policy(database, policy)
        yield Desk(workspace, database, policy, chosen, settings, calendar_of(workspace.calendar), person, day or dt.date.today())
