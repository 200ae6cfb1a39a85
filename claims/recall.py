"""A past run recalled: the claims that it decided, with everything that they were decided on, as it stood at that run.

Nothing is seen that came later. What is recalled lies in the temporary tables that a run works in, so that its statements work here, too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from claims.assessment import join_facts, look_up_references
from claims.database import Database, sql_literal
from claims.policy.compiler import CompiledPolicy
from claims.policy.model import Policy
from claims.record.journal import Entry
from claims.record.store import policy_of, result_source
from claims.validation import find_rulings
from claims.workdays import load_calendar, read_calendar
from claims.workspace import Workspace


class Past:
    """A run as it stood. `only_beside` leaves out the claims of all claimants but that of this claim, which is right where every limit counts
    per claimant."""

    def __init__(self, database: Database, workspace: Workspace, entry: Entry, only_beside: str | None = None):
        self.database, self.entry = database, entry
        self.policy: Policy = policy_of(workspace, entry)
        decided = result_source(workspace, entry, "decided")
        where = f"where claimant = (select claimant from {decided} where claim_id = {sql_literal(only_beside)})" if only_beside else ""
        self.decided = f"(select * from {decided} {where})"
        self.cell = result_source(workspace, entry, "cell")
        self.rulings = result_source(workspace, entry, "standing_ruling")

    def prepare(self, compiled: CompiledPolicy) -> None:
        """Fill `fact` (grain: one row per recalled claim) for the run's policy, or for one with other rules, and what people had ruled by then."""
        self.database.run("recall/batch.sql", claims=self.policy.claims, decided=self.decided, cell=self.cell)
        join_facts(self.database, compiled, dt.date.fromisoformat(self.entry.body["as_of"]))
        find_rulings(self.database, compiled, self.rulings)
        self.database.run("recall/closed.sql", decided=self.decided)

    def clauses(self) -> set[str]:
        """The clauses of the recalled claims."""
        rows = self.database.rows(f"select distinct clause from {self.decided}")
        return {clause for (clause,) in rows}


@contextmanager
def recalled(database: Database, workspace: Workspace, entry: Entry, only_beside: str | None = None) -> Iterator[Past]:
    """Within it the store shows what it held before a run, whose policy must have been entered, and `current_<table>` what it looked up."""
    past = Past(database, workspace, entry, only_beside)
    policy, run = past.policy, entry.sequence
    extension = entry.body["calendar_sha256"]
    load_calendar(database, read_calendar(workspace.calendar, extension and workspace.vault.read(extension)))
    store = [("decided", "run"), ("adjusted", "sequence"), ("adjustment", "sequence"), *((table.name, "run") for table in policy.reference_tables)]
    database.run("recall/store_before.sql", tables=store, policy=policy.id, run=run)
    for table in policy.reference_tables:
        database.run("recall/typed_reference.sql", table=table, policy=policy.id, run=run)
    try:
        look_up_references(database, policy, run)
        yield past
    finally:
        for name, _ in store:
            database.execute(f"drop view temp.{name}")
