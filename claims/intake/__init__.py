"""Intake: from a folder of CSV files and filled forms to typed tables, with a fate for every line.

First all files are read and checked, and every problem of every file is reported at once; only then do tables come into being.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from claims.database import Database, sql_literal
from claims.errors import InputRefused
from claims.intake.cells import compared_relation_sql, typed_relation_sql
from claims.intake.lines import Source, all_lines, keep_lines, open_lines, parquet, prepare, write_parquet
from claims.intake.reading import CsvText, FileDefect
from claims.intake.sheets import WORKBOOKS, FilledForm
from claims.limits import HOW_TO_MEND, LARGEST_TABLE, LARGEST_WORKBOOK
from claims.policy.compiler import awards_column
from claims.policy.model import Policy, Table
from claims.privacy import masked_text
from claims.quoting import is_plain, plain_lines, quoted

__all__ = ["InputFile", "Intake", "Listing", "Notice", "emptied_cells", "list_folder", "list_of", "list_tree", "read_whole", "take_in", "typed_relation_sql"]


@dataclass(frozen=True)
class Listing:
    """Which files of a folder are to be read, with their tables, in byte order of their names, and the names of everything else.

    A name is the path from the folder, with slashes.
    """

    folder: Path
    readable: list[tuple[str, Table]]
    not_read: list[str]


@dataclass(frozen=True)
class InputFile:
    """A file that was read. `no_op`: its very bytes were taken in before, or stand in the folder twice. `not_read` are other sheets of a workbook."""

    name: str
    sha256: str
    table: str
    lines: int
    no_op: bool
    not_read: tuple[str, ...] = ()


@dataclass(frozen=True)
class Notice:
    """A cell of a loaded reference row that cannot be read, or, without `raw`, that is empty where a value was known; what depends on it will be held."""

    file: str
    line: int
    header: str
    raw: str | None


@dataclass(frozen=True)
class Intake:
    """What was read. `fates` counts lines by fate."""

    files: list[InputFile]
    fates: dict[str, int]
    notices: list[Notice]


def take_in(database: Database, policy: Policy, listing: Listing, scratch: Path, known_files: set[str]) -> Intake:
    """Read the listed files into temporary tables: input_file, line_fate, incoming_claim, and typed_<table> for every other table.

    `known_files` are the sha256 of files of earlier runs; `scratch` is a folder for files that may be deleted after the run. The tables
    `decided_net` and `held` must exist. Raises InputRefused with all problems of all files before anything is created in the database.
    """
    for table in policy.tables.values():
        prepare(scratch, table)
    files, problems = _read_all(listing, scratch, known_files)
    problems += _unfit_cells(database, policy, policy.tables.values(), scratch)
    if problems:
        raise InputRefused(problems)
    _fill(database, policy, scratch, files)
    fates = dict(database.rows("select fate, count(*) from line_fate group by fate order by fate"))
    return Intake(files, fates, _notices(database, policy))


def read_whole(database: Database, policy: Policy, table: Table, listing: Listing, scratch: Path) -> tuple[list[InputFile], list[str], str]:
    """Read the listed files of one table, of which no row may be left out, apart from any run.

    Returns the files, every problem of them, and a SELECT of their typed lines (see typed_relation_sql); where there are problems, it
    lacks the files that cannot be read, and has NULL for cells that cannot be.
    """
    prepare(scratch, table)
    files, problems = _read_all(listing, scratch, set())
    problems += _unfit_cells(database, policy, [table], scratch)
    return files, problems, typed_relation_sql(policy, table, open_lines(scratch, table))


def list_folder(policy: Policy, folder: Path) -> Listing:
    """The files that stand in the folder itself; subfolders are not read."""
    return list_of(policy.tables.values(), folder)


def list_of(tables: Iterable[Table], folder: Path) -> Listing:
    """The same for some tables: what belongs to others is not read."""
    return _listing(tables, folder, (path.name for path in folder.iterdir()))


def list_tree(policy: Policy, folder: Path) -> Listing:
    """The files of the folder and of all folders within; a link to a folder is not followed, but listed.

    Raises InputRefused for a folder that cannot be looked into.
    """
    return _listing(policy.tables.values(), folder, _names_within(folder))


def _names_within(folder: Path) -> Iterator[str]:
    unreadable: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=unreadable.append):
        links = [name for name in folders if Path(place, name).is_symlink()]
        yield from (Path(place, name).relative_to(folder).as_posix() for name in (*names, *links))
    if unreadable:
        raise InputRefused([
            f"{error.filename}: the folder cannot be looked into ({error.strerror}): let the account that runs this job read it" for error in unreadable
        ])


def _listing(tables: Iterable[Table], folder: Path, names: Iterable[str]) -> Listing:
    readable, not_read = [], []
    for name in sorted(names, key=os.fsencode):
        table = _table_of(tables, name.rpartition("/")[2])
        if table and (folder / name).is_file():
            readable.append((name, table))
        else:
            not_read.append(_shown(name))
    return Listing(folder, readable, not_read)


def _table_of(tables: Iterable[Table], name: str) -> Table | None:
    fitting = [table for table in tables if name.startswith(table.name) and name.endswith((".csv", *WORKBOOKS))]
    return max(fitting, key=lambda table: len(table.name), default=None)


def _read_all(listing: Listing, scratch: Path, known_files: set[str]) -> tuple[list[InputFile], list[str]]:
    twins = dict.fromkeys(known_files, "该文件此前已接收")
    files, problems = [], []
    for order, (name, table) in enumerate(listing.readable):
        try:
            data = _bytes(listing.folder, name)
            sha256 = hashlib.sha256(data).hexdigest()
            source = Source(order, name, sha256, table, twins.get(sha256))
            content = FilledForm(table, data) if _is_workbook(name) else CsvText(data)
            lines = keep_lines(source, content, scratch)
        except FileDefect as defect:
            problems += [f"{plain_lines(_shown(name))}:{line}: {masked_text(found)}" for line, found in defect.problems]
            continue
        others = content.others if isinstance(content, FilledForm) else ()
        files.append(InputFile(name, sha256, table.name, lines, source.twin is not None, others))
        twins.setdefault(sha256, f"与文件{name}相同")
    return files, problems


def _is_workbook(name: str) -> bool:
    return name.lower().endswith(WORKBOOKS)


def _bytes(folder: Path, name: str) -> bytes:
    if _shown(name) != name:
        raise FileDefect((1, "the file's name is no UTF-8 text: rename it"))
    if not is_plain(name):
        raise FileDefect((1, f"the file's name ({quoted(name)}) holds characters that nobody sees: rename it"))
    at_most = LARGEST_WORKBOOK if _is_workbook(name) else LARGEST_TABLE
    try:
        with open(folder / name, "rb") as file:
            data = file.read(at_most + 1)
    except OSError as error:
        raise FileDefect((1, f"the file cannot be opened ({error.strerror}): let the account that runs this job read it")) from error
    if len(data) > at_most:
        raise FileDefect((1, f"the file is larger than {at_most:,} bytes; {HOW_TO_MEND}"))
    return data


def _shown(name: str) -> str:
    """A file name as UTF-8 text, whatever bytes it has."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _unfit_cells(database: Database, policy: Policy, tables: Iterable[Table], scratch: Path) -> list[str]:
    """The cells that refuse the input: unreadable or empty ones in tables that must be read whole."""
    problems = []
    for table in tables:
        if table.unreadable == "refuse":
            typed = typed_relation_sql(policy, table, open_lines(scratch, table))
            query = database.render("intake/unfit_cell.sql", typed=typed, table=table, **_wanted_by(policy, table))
            for file, line, header, raw in database.rows(query):
                found = f"“{quoted(raw)}” under “{header}” cannot be read" if raw else f"“{header}” is empty"
                problems.append(f"{file}:{line}: {found}: correct the row, none of this table may be left out")
    return problems


def _wanted_by(policy: Policy, table: Table) -> dict[str, object]:
    """For each field of the awards paid before the clauses whose limits count by it: without it a limit would not see the award."""
    clauses: dict[str, list[str]] = {field.name: [] for field in table.field}
    for clause in policy.body.clause if table is policy.awards else ():
        columns = {awards_column(policy, field) for pool in policy.pools_of(clause) for field in policy.pool_fields(policy.pools[pool])}
        for field in table.field:
            if field.column in columns:
                clauses[field.name].append(sql_literal(clause.id))
    return {"wanted_by": {name: ", ".join(ids) for name, ids in clauses.items()}, "clause": next((field.column for field in table.field if field.role == "clause"), "null")}


def _fill(database: Database, policy: Policy, scratch: Path, files: list[InputFile]) -> None:
    _fill_files(database, scratch, files)
    _fill_claims(database, policy, scratch)
    for table in policy.reference_tables:
        compared = compared_relation_sql(policy, table, open_lines(scratch, table))
        _run(database, "reference_line", compared=compared)
        _run(database, "typed_reference", table=table)
        _run(database, "repeated_reference")
        if table.name in policy.determined:
            database.execute(f"insert into typed_{table.name} by name select * exclude (place) from ({determined_sql(database, policy, table)})")
    _run(database, "line_fate", sources=[all_lines(scratch, table) for table in policy.tables.values()])


def determined_sql(database: Database, policy: Policy, table: Table) -> str:
    """A SELECT of the rows of a table that reviewers filled since the last run (grain: one row per claim), typed as its lines are.

    `incoming_claim` must have been filled: a claim that was sent again with other content needs its amount set anew.
    """
    lines = database.render("intake/determined.sql", table=table, codes=policy.determined[table.name])
    return typed_relation_sql(policy, table, f"({lines})")


def unread_amounts(database: Database, policy: Policy) -> set[str]:
    """The ids of claims whose amount, as `take_in` took it from a reviewer, cannot be read or is out of range."""
    found = set()
    for name in policy.determined:
        [key], [amount] = policy.tables[name].key, [field for field in policy.tables[name].field if field.type == "money" and not field.optional]
        found |= {claim_id for (claim_id,) in database.rows(f"select raw.{key} from typed_{name} where {amount.column} is null")}
    return found


def _fill_files(database: Database, scratch: Path, files: list[InputFile]) -> None:
    rows = [(file.name, file.sha256, file.table, file.lines, file.no_op) for file in files]
    schema = {"file": pl.String, "file_sha256": pl.String, "table_name": pl.String, "lines": pl.Int64, "no_op": pl.Boolean}
    write_parquet(pl.DataFrame(rows, schema, orient="row").with_row_index("file_order"), scratch / "input_file.parquet")
    _run(database, "input_file", source=parquet(scratch, "input_file.parquet"))


def _fill_claims(database: Database, policy: Policy, scratch: Path) -> None:
    """Only lines whose id is known or stands twice are compared; the others need no typing for that."""
    lines = open_lines(scratch, policy.claims)
    _run(database, "repeated_id", lines=lines)
    any_repeated = bool(database.rows("select 1 from repeated_id limit 1"))
    repeated = f"(select * from {lines} semi join repeated_id using (claim_id))"
    _run(database, "repeated_line", compared=compared_relation_sql(policy, policy.claims, repeated) if any_repeated else None)
    shown = f"(select * from {lines} anti join (select * from repeated_line where not shown) as earlier using (file_order, line))"
    _run(database, "incoming_claim", compared=compared_relation_sql(policy, policy.claims, shown))


def _notices(database: Database, policy: Policy) -> list[Notice]:
    rows = database.rows(database.render("intake/notice.sql", tables=policy.reference_tables))
    return [Notice(file, line, header, quoted(raw)) for file, line, header, raw in rows]


def emptied_cells(database: Database, policy: Policy) -> list[Notice]:
    """The cells of the rows that `take_in` loaded that are empty where a value was known; the policy's tables must hold what is known."""
    return [Notice(*row, None) for row in database.rows(database.render("intake/emptied.sql", tables=policy.reference_tables))]


def _run(database: Database, relation: str, **context: object) -> None:
    database.run(f"intake/{relation}.sql", **context)
