"""The working store: DuckDB as a picture of vault and journal.

A run computes in temporary tables, puts its results into the vault as Parquet, and writes its journal line; only then are they applied
here. Rebuilding applies the same lines to an empty database, so that store and record cannot differ, and nothing is computed again. A store that was
made by a program with other tables is made anew when it is opened.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from claims.database import Database, connect, scratch_database, sql_literal
from claims.errors import RecordBroken, StatementFailed, StoreUnopened
from claims.policy.compiler import CompiledPolicy
from claims.policy.model import POLICY_FILES, Policy, read_policy
from claims.policy.traced import TRACED
from claims.record.circumstances import settings_of
from claims.record.journal import FORMAT, Entry
from claims.resources import sql_text
from claims.settings import LetterSettings, Settings
from claims.workspace import Workspace

SQL_TYPES = {
    "money": "bigint", "area": "bigint", "unit_price": "bigint", "percent": "bigint", "number": "bigint", "count": "bigint", "score": "bigint",
    "year": "integer", "date": "date",
}
PARQUET = "format parquet, compression zstd, compression_level 1, dictionary_size_limit 1000, write_bloom_filter false"
"""How results are written. To look for values that repeat among very many, and to make filters by which single ones are found, takes a sixth of the
time and saves a tenth of the bytes; nobody looks for single values in them."""
DIGESTS_AT_ONCE = 65_536


def open_store(workspace: Workspace, incoming: Path | None = None) -> Database:
    """Open the working store and apply what the journal has and the store has not (after a crash, or when it was deleted).

    `incoming` is a folder that is to be worked on besides what is recorded.
    """
    works_on = [workspace.vault.root, *([incoming] if incoming else [])]
    try:
        database = _connected(workspace, works_on)
    except StoreUnopened:
        # a disk that failed leaves a file that is no database: it is a picture only, and made anew from the record
        workspace.remove_store()
        database = _connected(workspace, works_on)
    if not _has_these_tables(database):
        database.close()
        workspace.remove_store()
        database = _connected(workspace, works_on)
    try:
        database.run("schema/functions.sql")
        _apply_missing(database, workspace)
    except BaseException:
        database.close()
        raise
    return database


def _connected(workspace: Workspace, works_on: list[Path]) -> Database:
    return connect(workspace.database, reaches=workspace.reached, works_on=works_on)


@contextmanager
def store_beside(workspace: Workspace) -> Iterator[Database]:
    """A store made from the record for the time of a question, outside of the workspace: for a reader while another process holds that."""
    with scratch_database(workspace.vault.root) as database:
        _apply_missing(database, workspace)
        yield database


def _apply_missing(database: Database, workspace: Workspace) -> None:
    database.run("schema/store.sql", schema_sha256=schema_sha256())
    entries = workspace.journal.entries()
    require_events_of(database, workspace, entries)
    applied = database.rows("select coalesce(max(sequence), 0) from store.applied")[0][0]
    for entry in entries[applied:]:
        if is_applied(entry):
            apply_entry(database, workspace, entry)


def is_applied(entry: Entry) -> bool:
    """Whether an event has rows in the store."""
    return entry.kind == "run" or "tables" in entry.body


def require_events_of(database: Database, workspace: Workspace, entries: Sequence[Entry]) -> None:
    """See that a store holds the events of the journal and no others: on others nothing may be built. Raises RecordBroken."""
    if _has_these_tables(database) and (strange := strange_event(database, entries)):
        raise RecordBroken(
            f"{workspace.database}: it holds line {strange} of a journal, which {workspace.journal.path} has not, or has otherwise: the journal was set back, or the store is "
            "that of another workspace. Nothing was changed. Restore the whole workspace from its latest backup. Only where the office has decided that the "
            "journal stands as it is: claims rebuild"
        )


def strange_event(database: Database, entries: Sequence[Entry], catalog: str | None = None) -> int | None:
    """The latest event that a store holds, by its line, where the journal has none there, or another one; None where it holds the first ones of the journal."""
    store = f"{catalog}.store" if catalog else "store"
    [[held, sha256]] = database.rows(f"select (select coalesce(max(sequence), 0) from {store}.applied), applied_sha256 from {store}.made_by")
    return held if held and (held > len(entries) or entries[held - 1].sha256 != sha256) else None


@functools.cache
def schema_sha256() -> str:
    """What tells a store of this program from one of a program with other tables."""
    made_of = [sql_text(name) for name in ("schema/store.sql", "schema/office.sql", "schema/policy.sql", "adjust/latest_adjusted.sql")]
    return hashlib.sha256(json.dumps([FORMAT, SQL_TYPES, made_of], sort_keys=True).encode()).hexdigest()


def _has_these_tables(database: Database) -> bool:
    """Whether a store is empty yet, or was made by a program with the same tables."""
    names = {name for (name,) in database.rows("select table_name from duckdb_tables() where schema_name = 'store'")}
    return not names or "made_by" in names and database.rows("select schema_sha256 from store.made_by") == [(schema_sha256(),)]


def relations_of(database: Database, catalog: str) -> dict[tuple[str, str], tuple[str, str]]:
    """Kind and definition of every table and view of a store, by schema and name."""
    rows = database.rows(database.render("record/relation.sql"), {"catalog": catalog})
    return {(schema, name): (kind, sql) for schema, name, kind, sql in rows}


def table_digests(database: Database) -> dict[str, tuple[int, str]]:
    """Rows and SHA-256 of every table of the store, by "schema.table"; the same rows in another order give the same."""
    [(catalog,)] = database.rows("select current_database()")
    tables = [name for name, (kind, _) in relations_of(database, catalog).items() if kind == "table"]
    return {
        f"{schema}.{table}": rows_digest(database, f'{catalog}."{schema}"."{table}"')
        for schema, table in tables
    }


def policy_of(workspace: Workspace, entry: Entry, settings: Settings | None = None) -> Policy:
    """The policy that a run, or another event that names one, used, from the vault, with the texts for letters that settings put in
    place of its own: those of then by default."""
    files = {name: workspace.vault.read(entry.body["policy"]["files"][name]) for name in POLICY_FILES}
    recorded = read_policy(Path(f"{entry.body['policy']['id']} of {entry.kind} {entry.body.get('label', entry.sequence)}"), files)
    return with_own_texts(recorded, (settings or settings_of(workspace, entry)).letters)


def with_own_texts(policy: Policy, letters: LetterSettings) -> Policy:
    """A policy whose letters go out under the texts of a workspace."""
    own, commendation = letters.text.given, letters.commendation.given
    return _with_texts(policy, own, commendation) if own or commendation else policy


@functools.lru_cache(maxsize=8)
def _with_texts(policy: Policy, own: tuple[tuple[str, str], ...], commendation: tuple[tuple[str, str], ...]) -> Policy:
    return policy.with_texts(dict(own), dict(commendation))


def enter_policy(database: Database, policy: Policy, schema: str | None = None) -> None:
    """Make the tables of a policy where they are missing, or lack what this version of it has more, and let unqualified names mean them.

    `schema` is the policy's id by default.
    """
    name = schema or policy.id
    database.execute(f'create schema if not exists "{name}"')
    database.execute(f'use "{name}"')
    known = set(database.rows(
        "select table_name, column_name from duckdb_columns() where database_name = current_database() and schema_name = ?", [name]))
    lacking = [*_lacking_columns(policy, known)]
    # what schema/policy.sql makes last, and what each policy has of its own
    if not lacking and known >= {("decided_net", "run"), *((table.name, "run") for table in policy.reference_tables)}:
        return
    if lacking:
        of_record = database.rows("select 1 from duckdb_tables() where schema_name = 'store' and table_name = 'made_by'")
        database.run("schema/wider.sql", columns=lacking, of_record=bool(of_record))
    database.run("schema/office.sql")
    database.run(
        "schema/policy.sql", claims=policy.claims, reference_tables=policy.reference_tables, treasuries=policy.treasury_ids,
        sql_type=lambda field: SQL_TYPES.get(field.type, "varchar"),
    )


def _lacking_columns(policy: Policy, known: set[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Table, name and type of every column, or field of a struct, that tables of an earlier version of a policy lack; `known` are the columns that there are."""

    def is_new(table: str, column: str) -> bool:
        return (table, "run") in known and (table, column) not in known

    for table in policy.reference_tables:
        for field in table.field:
            if is_new(table.name, field.column):
                yield from ((table.name, field.column, SQL_TYPES.get(field.type, "varchar")), (table.name, f"raw.{field.name}", "varchar"))
    for field in policy.claims.field:
        if is_new("decided", field.column):
            yield from ((table, field.column, SQL_TYPES.get(field.type, "varchar")) for table in ("decided", "adjusted"))
            yield from ((table, f"cell.{field.name}", "varchar") for table in ("adjusted", "held"))
            if field.type == "place":
                yield "held", f"place.{field.name}", "varchar"
    for treasury in policy.treasury_ids:
        if is_new("decided", f"{treasury}_fen"):
            yield from ((table, f"{treasury}_fen", "bigint default 0") for table in ("decided", "adjusted"))


def apply_entry(database: Database, workspace: Workspace, entry: Entry) -> None:
    """Load the results of a run, or of an act of an office, from the vault, in one transaction."""
    database.execute("begin transaction")
    try:
        (_apply_run if entry.kind == "run" else _apply_act)(database, workspace, entry)
        database.execute("insert into store.applied values (?)", [entry.sequence])
        ends_with(database, entry)
        database.execute("commit")
    except BaseException:
        # where the disk failed it is no transaction any more, or no database: what says so is the first error
        with suppress(StatementFailed):
            database.execute("rollback")
        raise


def ends_with(database: Database, entry: Entry) -> None:
    """Note the line that the latest event of a store is: the one that was applied, or another one of the same results."""
    database.execute("update store.made_by set applied_sha256 = ?", [entry.sha256])


def _apply_run(database: Database, workspace: Workspace, entry: Entry) -> None:
    policy = policy_of(workspace, entry)
    enter_policy(database, policy)
    _load_results(database, workspace, entry, policy)
    database.execute("insert into run values (?, ?, ?, ?)", [entry.sequence, entry.body["label"], entry.body["as_of"], entry.body["folder"]])
    database.execute("update store.made_by set schema_sha256 = ?", [schema_sha256()])


def _apply_act(database: Database, workspace: Workspace, entry: Entry) -> None:
    database.execute(f'use "{_plain(entry.body["policy"]["id"])}"')
    load_act(database, workspace, entry)


def load_act(database: Database, workspace: Workspace, entry: Entry) -> None:
    """Load an act into the tables of the policy that was entered: its relations are rows of tables of the same names."""
    for relation in entry.body["tables"]:
        database.execute(f"insert into {_plain(relation)} by name select * from {result_source(workspace, entry, relation)}")
    database.run("record/settled_change.sql")


def _plain(name: str) -> str:
    """A name from the journal that becomes a part of a statement. Raises RecordBroken for one that no program wrote: a journal may come from elsewhere."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name, re.ASCII):
        raise RecordBroken(f"the journal names {ascii(name)[:80]}, which is no name that this program gives")
    return name


def _load_results(database: Database, workspace: Workspace, entry: Entry, policy: Policy) -> None:
    loaded = ("received_file", "decided", "held", *(table.name for table in policy.reference_tables))
    sources = {relation: result_source(workspace, entry, relation) for relation in loaded}
    for relation in ("decided", "held"):
        database.execute(f"delete from held where claim_id in (select claim_id from {sources[relation]})")
    for relation, source in sources.items():
        database.execute(f"insert into {_plain(relation)} by name select * from {source}")


def check_vault(workspace: Workspace) -> int:
    """Read every file that the journal counts on against its SHA-256. Returns how many. Raises RecordBroken naming the first that differs."""
    kept = kept_files(workspace.journal.entries())
    for sha256 in sorted(kept):
        workspace.vault.path(sha256)
    return len(kept)


def kept_files(entries: Iterable[Entry]) -> dict[str, str]:
    """Every file in the vault that the journal counts on, by SHA-256: what it is, and the first line that names it."""
    kept: dict[str, str] = {}
    for entry in entries:
        for name, sha256 in _kept_by(entry):
            kept.setdefault(sha256, f"{name} of line {entry.sequence} ({entry.kind})")
    return kept


def _kept_by(entry: Entry) -> Iterator[tuple[str, str]]:
    """The files in the vault that an event's line names, each with what it is there."""
    body = entry.body
    yield from ((item["file"], item["sha256"]) for item in body.get("inputs", []))
    yield from body.get("policy", {}).get("files", {}).items()
    yield from ((name, result["sha256"]) for name, result in body.get("results", {}).items())
    versions = (("settings", "configuration_sha256"), ("calendar.toml", "calendar_sha256"))
    yield from ((name, body[field]) for name, field in versions if body.get(field))
    yield from body.get("fonts", {}).items()


def known_files(database: Database) -> set[str]:
    """The SHA-256 of every file that was taken in under the policy that was entered."""
    return {sha256 for (sha256,) in database.rows("select file_sha256 from received_file")}


def keep_relation(database: Database, workspace: Workspace, path: Path, select: str) -> dict:
    """Put what a query gives into the vault, by way of a file at `path`. Returns its sha256 and rows, and the digest of its rows, by which some can be
    proved without the others."""
    place = sql_literal(str(path))
    [(rows,)] = database.rows(f"copy ({select}) to {place} ({PARQUET})")
    digest = rows_digest(database, f"read_parquet({place})")[1] if rows else rows_sha256([])
    return {"sha256": workspace.vault.put_file(path), "rows": rows, "rows_sha256": digest}


def rows_digest(database: Database, source: str) -> tuple[int, str]:
    """How many rows a relation has, and the SHA-256 of the digests of them all, sorted: the same whatever their order."""
    digests = database.frame(database.render("record/row_digest.sql", source=source)).sort("digest")
    whole = hashlib.sha256()
    for part in digests.iter_slices(DIGESTS_AT_ONCE):
        whole.update(part["digest"].str.join("").item().encode())
    return len(digests), whole.hexdigest()


def rows_sha256(rows: Iterable[str]) -> str:
    """The digest of rows that no relation of DuckDB holds, as `rows_digest` has it, from what they say."""
    return digest_of_all(hashlib.sha256(row.encode()).hexdigest() for row in rows)


def digest_of_all(digests: Iterable[str]) -> str:
    """The digest of the rows of a relation, from theirs."""
    return hashlib.sha256("".join(sorted(digests)).encode()).hexdigest()


def step_source(database: Database, workspace: Workspace, entry: Entry) -> str:
    """The SQL source of the steps that a run recorded (grain: one row per claim and step)."""
    return f"({database.render('assess/step.sql', **{relation: result_source(workspace, entry, relation) for relation in TRACED})})"


def recorded_source(workspace: Workspace, entry: Entry, relation: str) -> str:
    """The SQL source that reads a result relation of an event from the vault, as it was recorded and its digest has it. Raises RecordBroken where its line
    names none: which a run has depends on its policy, so the journal alone cannot tell."""
    if relation not in entry.body["results"]:
        raise RecordBroken(f"{workspace.journal.path}, line {entry.sequence}: it has no result {relation}. Restore the whole workspace from its latest backup.")
    return f"read_parquet({sql_literal(str(workspace.vault.path(entry.body['results'][relation]['sha256'])))})"


def result_source(workspace: Workspace, entry: Entry, relation: str) -> str:
    """The same as the present format has it."""
    source = recorded_source(workspace, entry, relation)
    if entry.format == 1 and relation == "exception":
        source = f"({Database.render('migrate/exception_1.sql', source=source, headers=_cell_headers(policy_of(workspace, entry)))})"
    return source


def _cell_headers(policy: Policy) -> list[tuple[str, str]]:
    """Field or value that an exception may name, and its Chinese header."""
    values = {cell.name: cell.header for cell in CompiledPolicy(policy).unknown_cases}
    return [*(values | {field.name: field.header for table in policy.tables.values() for field in table.field}).items()]
