"""The working store: DuckDB as a picture of vault and journal.

A run computes in temporary tables, puts its results into the vault as Parquet, and writes its journal line; only then are they applied
here. Rebuilding applies the same lines to an empty database, so that store and record cannot differ, and nothing is computed again.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from claims.database import Database, connect, sql_literal
from claims.policy.model import POLICY_FILES, Policy, read_policy
from claims.record.journal import Entry
from claims.settings import LetterSettings, load_settings
from claims.workspace import Workspace

SQL_TYPES = {
    "money": "bigint", "area": "bigint", "unit_price": "bigint", "percent": "bigint", "number": "bigint", "count": "bigint", "score": "bigint",
    "year": "integer", "date": "date",
}


def open_store(workspace: Workspace) -> Database:
    """Open the working store and apply what the journal has and the store has not (after a crash, or when it was deleted)."""
    database = connect(workspace.database)
    database.run("schema/functions.sql")
    database.run("schema/store.sql")
    for entry in workspace.journal.entries():
        if (entry.kind == "run" or "tables" in entry.body) and entry.sequence > applied_through(database):
            apply_entry(database, workspace, entry)
    return database


def applied_through(database: Database) -> int:
    """The journal sequence of the last run that the store holds; 0 for none."""
    return database.rows("select coalesce(max(sequence), 0) from store.applied")[0][0]


def policy_of(workspace: Workspace, entry: Entry) -> Policy:
    """The policy that a run, or another event that names one, used, from the vault; letters go out under the workspace's own texts where it has any."""
    files = {name: workspace.vault.read(entry.body["policy"]["files"][name]) for name in POLICY_FILES}
    recorded = read_policy(Path(f"{entry.body['policy']['id']} of {entry.kind} {entry.body.get('label', entry.sequence)}"), files)
    return with_own_texts(recorded, load_settings(workspace.settings).letters)


def with_own_texts(policy: Policy, letters: LetterSettings) -> Policy:
    """A policy whose letters go out under the texts of a workspace."""
    own, commendation = letters.text.given, letters.commendation.given
    return _with_texts(policy, own, commendation) if own or commendation else policy


@lru_cache(maxsize=8)
def _with_texts(policy: Policy, own: tuple[tuple[str, str], ...], commendation: tuple[tuple[str, str], ...]) -> Policy:
    return policy.with_texts(dict(own), dict(commendation))


def enter_policy(database: Database, policy: Policy, schema: str | None = None) -> None:
    """Make the tables of a policy where they are missing, and let unqualified names mean them. `schema` is the policy's id by default."""
    name = schema or policy.id
    database.execute(f'create schema if not exists "{name}"')
    database.execute(f'use "{name}"')
    database.run("schema/office.sql")
    database.run(
        "schema/policy.sql", claims=policy.claims, reference_tables=policy.reference_tables, treasuries=policy.treasury_ids,
        sql_type=lambda field: SQL_TYPES.get(field.type, "varchar"),
    )


def apply_entry(database: Database, workspace: Workspace, entry: Entry) -> None:
    """Load the results of a run, or of an act of an office, from the vault, in one transaction."""
    database.execute("begin transaction")
    try:
        (_apply_run if entry.kind == "run" else _apply_act)(database, workspace, entry)
        database.execute("insert into store.applied values (?)", [entry.sequence])
        database.execute("commit")
    except BaseException:
        database.execute("rollback")
        raise


def _apply_run(database: Database, workspace: Workspace, entry: Entry) -> None:
    policy = policy_of(workspace, entry)
    enter_policy(database, policy)
    _load_results(database, workspace, entry, policy)
    database.execute("insert into run values (?, ?, ?, ?)", [entry.sequence, entry.body["label"], entry.body["as_of"], entry.body["folder"]])


def _apply_act(database: Database, workspace: Workspace, entry: Entry) -> None:
    database.execute(f'use "{entry.body["policy"]["id"]}"')
    load_act(database, workspace, entry)


def load_act(database: Database, workspace: Workspace, entry: Entry) -> None:
    """Load an act into the tables of the policy that was entered: its relations are rows of tables of the same names."""
    for relation in entry.body["tables"]:
        database.execute(f"insert into {relation} by name select * from {result_source(workspace, entry, relation)}")
    database.run("record/settled_change.sql")


def _load_results(database: Database, workspace: Workspace, entry: Entry, policy: Policy) -> None:
    loaded = ("received_file", "decided", "held", *(table.name for table in policy.reference_tables))
    sources = {relation: result_source(workspace, entry, relation) for relation in loaded}
    for relation in ("decided", "held"):
        database.execute(f"delete from held where claim_id in (select claim_id from {sources[relation]})")
    for relation, source in sources.items():
        database.execute(f"insert into {relation} by name select * from {source}")


def check_vault(workspace: Workspace) -> int:
    """Read every file that the journal counts on against its SHA-256. Returns how many. Raises RecordBroken naming the first that differs."""
    kept = {sha256 for entry in workspace.journal.entries() for sha256 in _kept_by(entry)}
    for sha256 in sorted(kept):
        workspace.vault.path(sha256)
    return len(kept)


def _kept_by(entry: Entry) -> Iterator[str]:
    """The files in the vault that an event's line names."""
    body = entry.body
    yield from (item["sha256"] for item in body.get("inputs", []))
    yield from body.get("policy", {}).get("files", {}).values()
    yield from (result["sha256"] for result in body.get("results", {}).values())
    yield from filter(None, (body.get("configuration_sha256"), body.get("calendar_sha256")))


def known_files(database: Database) -> set[str]:
    """The SHA-256 of every file that was taken in under the policy that was entered."""
    return {sha256 for (sha256,) in database.rows("select file_sha256 from received_file")}


def keep_relation(database: Database, workspace: Workspace, path: Path, select: str) -> dict:
    """Put what a query gives into the vault, by way of a file at `path`. Returns its sha256 and rows."""
    place = sql_literal(str(path))
    database.execute(f"copy ({select}) to {place} (format parquet, compression zstd)")
    rows = database.rows(f"select count(*) from read_parquet({place})")[0][0]
    return {"sha256": workspace.vault.put_file(path), "rows": rows}


def result_source(workspace: Workspace, entry: Entry, relation: str) -> str:
    """The SQL source that reads a result relation of a run from the vault."""
    return f"read_parquet({sql_literal(str(workspace.vault.path(entry.body['results'][relation]['sha256'])))})"
