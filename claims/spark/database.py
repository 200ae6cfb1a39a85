"""A database on Spark, with what `claims/assessment.py` asks of one: each relation is Parquet in a folder, which all workers must reach.

What a statement reads and Spark does not have comes from DuckDB, as Parquet that DuckDB writes; what a statement fills is computed at once and kept as
Parquet, so that memory is bounded and no plan grows with the rounds of settling.
"""

from __future__ import annotations

import glob
import logging
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claims import files
from claims.database import INLINE, Database, sql_literal
from claims.errors import ClaimsError, StatementFailed
from claims.spark.session import first_line

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from claims.spark.carrying import Statement
    from claims.spark.session import SparkSession

RECEIVED = ("raw", "wan", "place")
"""Columns of cells as they were received, for people to look at: no amount is made of them, so they stay."""
TAKEN = r"long|integer|string|date|boolean"
FILLED = rf"{TAKEN}|decimal\(\d+,0\)|void"
"""Types of columns, as Spark's schemas name them. Of a DECIMAL that DuckDB has the statements mean something else; HUGEINT comes as a double.
A column that holds NULL alone is void."""


class SparkDatabase(Database):
    """Statements on a session, over the relations of a DuckDB `database`; Parquet lies in `folder`. It runs statements that fill relations, and queries.
    What fails raises StatementFailed."""

    def __init__(self, session: SparkSession, database: Database, folder: Path):
        self.session, self.database, self.folder = session, database, folder
        self.parts: dict[str, Path] = {}
        """Where the Parquet of each relation lies."""
        self.filled: dict[str, None] = {}
        """The relations that statements filled."""
        self.written = 0
        logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)  # what fails is raised

    def execute(self, sql: str, params: Mapping[str, Any] | None = None, name: str = INLINE) -> None:
        """Run one or several statements, each of which fills a relation."""
        for statement in _carried_over(sql, params, name):
            self._fill(statement, self._query(statement, name), name)

    def rows(self, sql: str, params: Mapping[str, Any] | None = None) -> list[tuple]:
        """All rows of a query."""
        [statement] = _carried_over(sql, params, INLINE)
        with _failing_as(INLINE, statement):
            return [tuple(row) for row in self._query(statement, INLINE).collect()]

    def give_back(self, relation: str, order_by: str) -> None:
        """Put a relation into DuckDB, as a temporary table in an order: Spark's own is another one each time."""
        source = f"read_parquet({sql_literal(self._pattern(relation))})"
        self.database.execute(f"create or replace temp table {relation} as select * from {source} order by {order_by}")

    def _query(self, statement: Statement, name: str) -> DataFrame:
        with _failing_as(name, statement):
            for relation in statement.reads:
                if relation not in self.parts:
                    self._take(relation)
            frame = self.session.sql(statement.query)
        _check_types(statement.relation or "a query", frame, FILLED)
        return frame

    def _take(self, relation: str) -> None:
        """Bring a relation of DuckDB over."""
        place = self._place(relation)
        files.make_folder(place)
        columns = [column for column, *_ in self.database.rows(f"describe {relation}") if column not in RECEIVED]
        self.database.execute(f"copy (select {', '.join(columns)} from {relation}) to {sql_literal(str(place / 'all.parquet'))} (format parquet)")
        frame = self.session.read.parquet(_uri(place, as_pattern=True))
        _check_types(relation, frame, TAKEN)
        self._show(relation, place, frame)

    def _fill(self, statement: Statement, frame: DataFrame, name: str) -> None:
        """Compute a relation and keep it; the Parquet that it had before goes."""
        from pyspark.sql import Observation
        from pyspark.sql.functions import count, lit

        relation, before = statement.relation, self.parts.get(statement.relation)
        place, seen = self._place(relation), Observation()
        with _failing_as(name, statement):
            frame.observe(seen, count(lit(1)).alias("rows")).write.parquet(_uri(place))
            self._show(relation, place, self.session.read.schema(frame.schema).parquet(_uri(place, as_pattern=True)))
        self._check_whole(relation, seen.get["rows"])
        self.filled[relation] = None
        if before:
            shutil.rmtree(before)

    def _check_whole(self, relation: str, rows: int) -> None:
        """Where a worker writes into a folder of its own, what it computed lacks here, and nothing else would tell."""
        kept = 0
        if any(self.parts[relation].glob("*.parquet")):
            kept = self.database.rows(f"select sum(num_rows)::bigint from parquet_file_metadata({sql_literal(self._pattern(relation))})")[0][0]
        if kept != rows:
            raise ClaimsError(
                f"Spark computed {rows:,} rows of {relation}, and {kept:,} of them are in {self.parts[relation]}: "
                f"every worker must reach the workspace under the same path, as a shared folder; nothing was decided"
            )

    def _show(self, relation: str, place: Path, frame: DataFrame) -> None:
        frame.createOrReplaceTempView(relation)
        self.parts[relation] = place

    def _place(self, relation: str) -> Path:
        self.written += 1
        return self.folder / f"{self.written:04}-{relation}"

    def _pattern(self, relation: str) -> str:
        """The files of a relation, as DuckDB reads them."""
        return glob.escape(str(self.parts[relation])) + "/*.parquet"


def _check_types(relation: str, frame: DataFrame, known: str) -> None:
    """What a statement cannot tell by itself: that it works on nothing, and gives nothing, of which the two mean different things."""
    for column in frame.schema.jsonValue()["fields"]:
        if unknown := [type_ for type_ in _types(column["type"]) if not re.fullmatch(known, type_)]:
            raise ClaimsError(f"{relation} cannot be carried over to Spark: the type of its column {column['name']} is {unknown[0]} there; nothing was decided")


def _types(type_: str | dict) -> Iterator[str]:
    """The types that one is made of, as Spark's schema tells it in JSON."""
    if isinstance(type_, str):
        yield type_
    elif type_["type"] == "array":
        yield from _types(type_["elementType"])
    else:
        for field in type_["fields"]:
            yield from _types(field["type"])


@contextmanager
def _failing_as(name: str, statement: Statement) -> Iterator[None]:
    """What fails in Spark, or in its Java without a word of Spark (it may want memory), raises StatementFailed; so does Java that is gone."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise StatementFailed(name, statement.query, first_line(error)) from error
    except ConnectionError as error:
        raise StatementFailed(name, statement.query, f"Spark's Java has ended ({error.strerror or error}); its log in logs/ may say why") from error


def _carried_over(sql: str, params: Mapping[str, Any] | None, name: str) -> list[Statement]:
    from claims.spark.carrying import NotCarriedOver, carried_over

    try:
        return carried_over(sql, params)
    except NotCarriedOver as error:
        raise StatementFailed(name, sql, f"it cannot be carried over to Spark: {error}") from error


def _uri(folder: Path, as_pattern: bool = False) -> str:
    """A folder as Spark names it; where it reads, a path is a pattern."""
    path = str(folder.resolve())
    return "file://" + (re.sub(r"([\\{}\[\]*?])", r"\\\1", path) if as_pattern else path)
