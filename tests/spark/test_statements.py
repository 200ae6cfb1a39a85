"""What statements mean on Spark, beside what they mean in DuckDB; and that what a worker does not bring back ends the run."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from claims import database
from claims.errors import ClaimsError, StatementFailed
from claims.spark.database import SparkDatabase
from tests.commands import give
from tests.settle import CASES

pytestmark = pytest.mark.spark

GROUND = """
    create temp table number as
        select * from (values (null::bigint), (0), (1), (2), (3), (31), (99), (36500), (999999999999999999)) as a(a)
        cross join (values (null::bigint), (1), (2), (7), (100000000000000000)) as b(b);
    create temp table day as
        select * from (values (null::date), (date '1999-12-31'), (date '2020-01-31'), (date '2020-02-29'), (date '2023-08-30'), (date '0999-01-01')) as d(d)
        cross join (values (null::date), (date '2020-02-28'), (date '1988-04-10'), (date '2024-12-31')) as e(e) cross join (values (0), (1), (6), (36), (1200)) as n(n);
    create temp table word as
        select * from (values
            (null), (''), ('a'), ('a;b'), ('b;a;b'), ('驻马店'), ('𠀀'), ('ﾀ'), ('91411700MA3X1A2B3C'), ('91110000600037341L'), ('9111000060003734IL'),
            ('11010519491231002X'), ('110105194912310021'), ('110105194913310028'), ('91110000600037341L' || chr(10)), ('a.b')
        ) as t(t) cross join (values (null), ('a'), ('ﾀ'), ('a;b')) as u(u);
"""
MEANT = {
    "number": [
        "a // nullif(b, 0)", "(2 * a // 31 + 7) // (2 * 7)", "cast(try_cast((2 * cast(a as hugeint) * b + nullif(cast(b as hugeint), 0)) // (2 * nullif(cast(b as hugeint), 0)) as decimal(18, 0)) as bigint)",
        "cast(try_cast(cast(a as hugeint) * b // 3 as decimal(18, 0)) as bigint)", "cast(try_cast(cast(a as hugeint) * b as decimal(18, 0)) as bigint)",
        "bounded(cast(a as hugeint) * b)", "bounded(-cast(a as hugeint) * b)", "unbounded(bounded(cast(a as hugeint) * b))", "a % 31", "least(a, b)", "greatest(0, a, b)",
        "a - b - 1", "a - (b - 1) * 2", "cast(list_sum([a, b]) as bigint)", "list_filter([a, b], lambda one, place: place > 1)", "flatten([[a], null, [b]])",
        "a is distinct from b", "(a > b) is true", "(a > b) is not true", "case when a is null or b is null then null else greatest(a, b) end", "cast(a as varchar)",
    ],
    "day": [
        "greatest(0, date_diff('day', d, e) + 1)", "cast(d + cast(n as integer) * interval '1' month as date)", "cast(d - interval '1' day as date)", "d + 1", "d - n",
        "cast(d - cast(n as integer) * interval '1' month as date)",
        "year(d)", "month(d)", "make_date(cast(n + 1 as integer), 12, 31)", "cast(d as varchar)", "d < e", "d is null or d >= date '2020-02-29'",
    ],
    "word": [
        "valid_uscc(t)", "valid_resident_id(t)", "valid_party(t)", "concat_ws(';', null, t, u)", "nullif(concat_ws(';', null, t), '')", "position(';' in t)",
        "array_to_string(list_sort(list_distinct(string_split(t, ';'))), ';')", "len(list_distinct(list_concat([t, u], null::varchar[])))",
        "len(list_filter(list_distinct(list_concat(null::varchar[], [t, u])), lambda value: value <> t))", "list_min([t, u])", "t < u", "t || chr(0) || u",
        "list_filter([t, u], lambda one: one is not null)[1:1]", "substring(t, position(';' in t) - 1, 2)", "substring(t, 2, 3)", "chr(0) || t",
    ],
}


@pytest.fixture
def beside(tmp_path, session):
    """DuckDB with the ground, and Spark over it."""
    with database.connect(tmp_path / "ground.duckdb") as duckdb:
        duckdb.run("schema/functions.sql")
        duckdb.execute(GROUND)
        yield duckdb, SparkDatabase(session, duckdb, tmp_path / "spark")


@pytest.mark.parametrize("table", MEANT)
def test_an_expression_gives_what_duckdb_gives(beside, table):
    query = f"select {', '.join(f'{sql} as c{number}' for number, sql in enumerate(MEANT[table]))} from {table}"
    here, there = (sorted(database.rows(query), key=repr) for database in beside)
    assert len(here) > 40
    columns = dict(zip(MEANT[table], zip(zip(*here), zip(*there))))
    assert {sql for sql, (one, other) in columns.items() if sorted(one, key=repr) != sorted(other, key=repr)} == set()
    assert here == there


@pytest.mark.parametrize("sql", ["select a * b from number", "select sum(cast(a as bigint) * 10) from number", "select cast(a as integer) from number"])
def test_what_is_too_large_fails_on_both(beside, sql):
    for one in beside:
        with pytest.raises(StatementFailed):
            one.rows(sql)


def test_what_has_no_place_comes_last_in_a_list(beside):
    for one in beside:
        [(letters,)] = one.rows("select list(x order by y) from (values ('a', 2), ('b', null), ('c', 1), (null, 0)) as t(x, y)")
        assert letters == [None, "c", "a", "b"]


@pytest.mark.parametrize("sql", [
    "select d - e from day",
    "select a // 3 from (select sum(a) * 10 as a from number) as added",
    "select cast(try_cast(t as decimal(18, 0)) as bigint) from word",
])
def test_what_a_statement_does_not_tell_fails_before_it_means_something_else(beside, sql):
    duckdb, spark = beside
    assert duckdb.rows(sql)
    with pytest.raises(StatementFailed):
        spark.rows(sql)


@pytest.mark.parametrize(("type_", "there"), [("hugeint", "double"), ("decimal(18, 2)", r"decimal\(18,2\)"), ("timestamp[]", "timestamp_ntz")])
def test_a_column_of_which_statements_mean_something_else_is_not_taken_over(beside, type_, there):
    duckdb, spark = beside
    duckdb.execute(f"create temp table odd as select null::{type_} as a, 1 as b")
    with pytest.raises(ClaimsError, match=f"odd cannot be carried over to Spark: the type of its column a is {there} there"):
        spark.rows("select b from odd")


def test_what_fails_in_java_without_a_word_of_spark_is_told_as_a_statement_that_failed(beside):
    from py4j.protocol import Py4JError

    _, spark = beside
    spark.folder.write_text("a file where Java wants a folder")
    with pytest.raises(StatementFailed, match="Parent path is not a directory") as told:
        spark.execute("create or replace temp table taken as select 1 as a")
    assert isinstance(told.value.__cause__, Py4JError)


def test_java_that_is_gone_is_told_as_that(beside, monkeypatch):
    _, spark = beside

    def refused(_query: str) -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(spark, "session", SimpleNamespace(sql=refused))
    with pytest.raises(StatementFailed, match=r"Spark's Java has ended \(Connection refused\)"):
        spark.rows("select 1 as a")


def test_rows_that_lie_where_the_driver_does_not_see_them_end_the_run(beside, monkeypatch):
    _, spark = beside
    shown = SparkDatabase._show

    def show_without_a_part(self, relation: str, place: Path, frame) -> None:
        shown(self, relation, place, frame)
        for part in place.glob("part-*.parquet"):
            part.unlink()

    monkeypatch.setattr(SparkDatabase, "_show", show_without_a_part)
    with pytest.raises(ClaimsError, match="Spark computed 45 rows of seen, and 0 of them are in .*must reach the workspace"):
        spark.execute("create or replace temp table seen as select * from number")


def test_a_relation_replaces_itself_and_leaves_no_parquet_of_before(beside, tmp_path):
    duckdb, spark = beside
    for _ in range(3):
        spark.execute("create or replace temp table number as select * from number where a > 1")
    spark.give_back("number", "a, b")
    assert duckdb.rows("select min(a), count(*) from number") == [(2, 30)]
    assert sorted(path.name.partition("-")[2] for path in (tmp_path / "spark").iterdir()) == ["number"]


def test_a_master_that_is_none_is_told_before_anything_begins(tmp_path):
    done = give("run", CASES / "boundaries" / "in", "--workspace", tmp_path / "workspace", "--engine", "spark", "--master", "nowhere", cwd=tmp_path)
    assert done.returncode == 2 and "Spark cannot be started at the master 'nowhere'" in done.stderr and "Traceback" not in done.stderr
    assert [path.name for path in (tmp_path / "workspace").iterdir()] == ["logs"]
