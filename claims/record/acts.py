"""Acts of offices: events of the journal other than runs, such as a review taken in, a month closed, a payment confirmed.

Like a run, an act puts its results into the vault, writes its line, and only then counts; its relations are rows of the tables of
sql/schema/office.sql, which carry its sequence. Documents are made from the tables afterwards, and again whenever they are missing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from claims.database import Database
from claims.record.journal import Entry
from claims.record.store import apply_entry, keep_relation
from claims.workspace import Workspace


def record_act(
    database: Database, workspace: Workspace, under: dict[str, Any], kind: str, actor: str, day: dt.date, body: dict[str, Any],
    relations: dict[str, str], inputs: list[Path] | None = None, shown: dict[str, str] | None = None,
) -> Entry:
    """Record an act, and load its relations into the store of its policy.

    `under` are its circumstances; `relations` are queries by the name of the table that their rows belong to; each row gets the act's sequence besides. `inputs` are files that
    were read, kept as they are. `shown` are queries of what documents show of the act and no table holds, by the name of the result. `day` is the
    office's day, which is not always the clock's.
    """
    workspace.journal.check_clock()
    sequence = workspace.journal.next_sequence()
    scratch = workspace.fresh_scratch(f"act-{sequence}")
    kept = [{"file": path.name, "sha256": workspace.vault.put_file(path)} for path in inputs or []]
    rows = {name: f"select {sequence}::integer as sequence, * from ({query})" for name, query in relations.items()}
    results = {name: keep_relation(database, workspace, scratch / f"{name}.parquet", query) for name, query in (rows | (shown or {})).items()}
    entry = workspace.record(kind, actor, body | under | {
        "on": day.isoformat(), "inputs": kept, "results": results, "tables": list(relations),
    })
    apply_entry(database, workspace, entry)
    return entry


def acts_of(workspace: Workspace, policy_id: str, *kinds: str) -> list[Entry]:
    """The acts of some kinds under a policy, or its runs, oldest first."""
    return [entry for entry in workspace.journal.entries() if entry.kind in kinds and entry.body["policy"]["id"] == policy_id]


def files_again(workspace: Workspace, act: Entry) -> Path:
    """A scratch folder with copies of the files that an event took in, under their names, to be read again."""
    return workspace.vault.copied(((item["file"], item["sha256"]) for item in act.body["inputs"]), workspace.fresh_scratch("given"))


@contextmanager
def as_if_recorded(database: Database, policy_id: str, relations: dict[str, str]) -> Iterator[None]:
    """Within it the tables show the rows of an act, too, under a sequence after all others. `relations` are its queries by table, which must not
    read these tables."""
    laid = []
    try:
        for table, query in relations.items():
            database.run("record/as_if_recorded.sql", policy=policy_id, table=table, query=query)
            laid.append(table)
        yield
    finally:
        for table in laid:
            database.execute(f"drop view temp.{table}")
