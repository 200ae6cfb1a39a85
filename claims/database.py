"""The one door to DuckDB. Whoever needs data asks a `Database`; whatever fails in it names its statement.

A database reaches the folders that it is opened for and nothing else: no other file, no other database, no extension, no network; and no statement
can change that, whatever got into it.

DuckDB, polars and jinja2 are imported where they are first needed, because `claims --help` must answer at once.
"""

from __future__ import annotations

import functools
import glob
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claims import files
from claims.errors import ClaimsError, StatementFailed, StoreUnopened, WorkspaceBusy
from claims.resources import sql_text

if TYPE_CHECKING:
    import duckdb
    import jinja2
    import polars as pl

INLINE = "An inline SQL statement"


LEAST_MEMORY_BYTES = 1152 << 20
"""What DuckDB may hold in memory; the rest goes to the disk. A run of a million claims keeps below 2 GiB in all with it."""
MEMORY_OF_A_BYTE = 3
"""And how many bytes for each byte of the files that it works on, where that is more: not everything can go to the disk."""
THREADS: int | None = None
"""How many threads DuckDB uses; None for one on each core."""


def connect(path: Path, threads: int | None = None, reaches: Sequence[Path] = (), is_trial: bool = False, works_on: Sequence[Path] = ()) -> Database:
    """Open a workspace's database, creating it when absent. What does not fit into memory goes to `work/` beside it.

    It reaches the folder that it lies in, and those of `reaches`. In a trial a division by zero is unknown and spoils no other claim.
    How much memory it may hold follows from the files in the folders that it `works_on`.
    Raises WorkspaceBusy when a foreign program has it open, StoreUnopened when it cannot be read or made.
    """
    import duckdb

    threads = threads or THREADS
    spill = path.parent / "work" / "duckdb"
    files.make_folder(spill.parent)
    config = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": True,
        "memory_limit": f"{_memory_bytes(works_on)}B",
        "temp_directory": str(spill),
    }
    try:
        connection = duckdb.connect(str(path), config=config | ({"threads": threads} if threads else {}))
        _confine(connection, [path.parent, *reaches], is_trial)
        path.chmod(files.FILE_MODE)
    except duckdb.Error as error:
        raise _unopened(path, str(error)) from error
    return Database(connection)


def _memory_bytes(works_on: Sequence[Path]) -> int:
    """Never more than half of the machine's memory, unless that is too little for anything."""
    half = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    return max(LEAST_MEMORY_BYTES, min(half, MEMORY_OF_A_BYTE * sum(map(files.bytes_below, works_on))))


def _confine(connection: duckdb.DuckDBPyConnection, folders: Sequence[Path], is_trial: bool) -> None:
    """Settings that only a connection can have; after the last one nothing can be set any more."""
    # a folder is also reached by the pattern that means its name
    reached = ", ".join(sql_literal(text) for folder in folders for text in dict.fromkeys((str(folder), glob.escape(str(folder)))))
    for setting in (
        "enable_progress_bar = false",
        f"error_on_division_by_zero = {not is_trial}",
        f"allowed_directories = [{reached}]",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"set {setting}")


def connect_to_read(path: Path) -> Database:
    """Open a workspace's database as it is, to read it only. Raises WorkspaceBusy or StoreUnopened as `connect` does."""
    import duckdb

    try:
        connection = duckdb.connect(str(path), read_only=True)
        _confine(connection, [path.parent], is_trial=False)
    except duckdb.Error as error:
        raise _unopened(path, str(error)) from error
    return Database(connection)


@contextmanager
def scratch_database(*reaches: Path) -> Iterator[Database]:
    """A database outside of every workspace, for the time of a trial; it reads what lies in the folders that it `reaches`."""
    with tempfile.TemporaryDirectory(prefix="claims-trial-") as folder, connect(
        Path(folder) / "trial.duckdb", reaches=reaches, is_trial=True, works_on=reaches,
    ) as database:
        database.run("schema/functions.sql")
        yield database


class Database:
    """A connection. A statement of sql/ is named by its path there, e.g. "assess/award.sql". What fails raises StatementFailed."""

    def __init__(self, connection: duckdb.DuckDBPyConnection):
        self.connection = connection

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.connection.close()

    def execute(self, sql: str, params: Sequence[Any] | dict[str, Any] | None = None, name: str = INLINE) -> None:
        """Run one or several statements for what they do. `name` says in an error where they come from."""
        self._send(sql, params, name)

    def rows(self, sql: str, params: Sequence[Any] | dict[str, Any] | None = None) -> list[tuple]:
        """All rows of a query."""
        return self._send(sql, params, INLINE).fetchall()

    def frame(self, sql: str, params: Sequence[Any] | dict[str, Any] | None = None) -> pl.DataFrame:
        """All rows of a query as a polars frame. A sum that is not cast to BIGINT arrives as Decimal(38, 0)."""
        import duckdb
        import polars as pl

        try:
            return pl.DataFrame(_ArrowStream(self.connection.sql(sql, params=params)))
        except (duckdb.Error, pl.exceptions.ComputeError) as error:
            raise StatementFailed(INLINE, sql, str(error)) from error

    @staticmethod
    def render(name: str, **context: Any) -> str:
        """The text of a statement of sql/, its Jinja2 marks filled from the context. A name that the context lacks is an error."""
        import jinja2

        try:
            return _templates().get_template(name).render(context)
        except jinja2.TemplateError as error:
            raise StatementFailed(f"sql/{name}", sql_text(name), str(error)) from error

    def run(self, name: str, **context: Any) -> None:
        """Render and execute a statement of sql/."""
        self.execute(self.render(name, **context), name=f"sql/{name}")

    def _send(self, sql: str, params: Any, name: str) -> duckdb.DuckDBPyConnection:
        import duckdb

        try:
            return self.connection.execute(sql, params)
        except duckdb.Error as error:
            raise StatementFailed(name, sql, str(error)) from error


@functools.cache
def _templates() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(sql_text),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["sql"] = sql_literal
    return environment


def sql_literal(text: str | None) -> str:
    """A text as a literal of SQL; None is NULL."""
    return "null" if text is None else "'" + text.replace("'", "''") + "'"


class _ArrowStream:
    """A query result that shows polars nothing but its Arrow stream.

    Polars remembers the class of all it is given until the process ends; given DuckDB's own, DuckDB reports leaks on standard error then.
    """

    def __init__(self, relation: duckdb.DuckDBPyRelation):
        self.relation = relation

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.relation.__arrow_c_stream__(requested_schema)


def _unopened(path: Path, reason: str) -> ClaimsError:
    if "Could not set lock" in reason:
        return WorkspaceBusy(f"Another program has {path} open ({reason}).")
    return StoreUnopened(f"{path} cannot be opened: {reason}")
