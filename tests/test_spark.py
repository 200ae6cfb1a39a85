"""What of assessing on Spark needs no Java: the statements of the assessment hold what can be carried over to it, and nothing else; what an
installation lacks is told before a run begins. What Spark gives: tests/spark."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from claims import assessment
from claims.database import Database
from claims.errors import UsageError
from claims.policy.compiler import CompiledPolicy
from claims.policy.model import SHIPPED, Policy, load_policy
from claims.spark import session
from claims.spark.carrying import NotCarriedOver, carried_over
from pipelines.cli import cli
from tests.policy_kit import RENT_FIELD, write_policy
from tests.test_constructs import ADD_ON, ASKING, CARRY, POOL, policy_with

CODE = {"code": "V99"}


class Told(Database):
    """A database that only tells what it was asked, and in which nothing is unsettled after one more round."""

    def __init__(self):
        self.statements: list[str] = []

    def execute(self, sql, params=None, name=""):
        self.statements.append(sql)

    def rows(self, sql, params=None):
        self.statements.append(sql)
        return [(0,)] if self.statements.count(sql) > 1 else [(1,)]


def statements_of(policy: Policy) -> list[str]:
    """Every statement that settling a batch of a policy takes, rounds and claims of which something lacks included."""
    told = Told()
    assessment.settle(told, CompiledPolicy(policy))
    return list(dict.fromkeys(told.statements))


def carried(policy: Policy) -> dict[str | None, str]:
    """The queries for Spark, by the relation that each fills."""
    return {one.relation: one.query for sql in statements_of(policy) for one in carried_over(sql, CODE)}


@pytest.mark.parametrize("folder", sorted(SHIPPED.iterdir()), ids=lambda folder: folder.name)
def test_every_statement_that_settles_a_shipped_policy_is_carried_over(folder: Path):
    policy = load_policy(folder)
    filled = carried(policy)
    rules = {rule.table for rule in CompiledPolicy(policy).rules}
    assert filled.keys() >= rules | {"pool_history", "claim_limit", "limit_use", "award_next", "award", "unsettled", "limit_step", "decision", "lacking", "held_code"}


@pytest.mark.parametrize(("relation", "clauses"), [("asked", ASKING), ("pool_given", ADD_ON), ("carried", CARRY)], ids=lambda value: value.strip()[:10])
def test_and_those_of_policies_that_ask_build_on_others_and_carry(tmp_path, relation, clauses):
    assert relation in carried(write_policy(tmp_path / "policy", clauses, RENT_FIELD))


def test_and_those_of_a_pool_that_counts_different_values(tmp_path):
    assert "array_compact(array_distinct(" in carried(policy_with(tmp_path, "years", 2, "count"))["limit_use"].lower()


@pytest.mark.parametrize("sql", [
    "select a.x from a asof join b on a.day >= b.day",
    "select sum(x) over () from a",
    "select avg(x) from a",
    "select a / 2 from a",
    "select a::double from a",
    "select row_number() over () from a",
    "select date_diff('month', x, y) from a",
    "select list(x order by y desc) from a",
    "select x from a order by y limit 1",
    "select soundex(x) from a",
    "drop table a",
    # numbers that are not exact, which DuckDB rounds and Spark cuts
    "select 1.5::integer from a",
    "select 1e0 from a",
    "select $inexact from a",
    "select x::decimal(18, 2)::bigint from a",
    "select x::decimal::bigint from a",
    "select x::decimal(18, 0) // 2 from a",
    "select try_cast(x as decimal(18, 0)) // 2 from a",
    # texts that only one of them reads as a number or a day
    "select '1.5'::bigint from a",
    "select try_cast('1_000' as integer) from a",
    "select try_cast(x as bigint) from a",
    "select try_cast(x as date) from a",
    "select try_cast('1_000' as decimal(18, 0))::bigint from a",
    "select '2020'::date from a",
    "select 1 as x union all select '01'",
    "select x, 'a' as y from a union all select y, 2::bigint from b",
    "select try_strptime(x, '%Y%m%d') is null from a",
    # days and times
    "select day + interval '1' day from a",
    "select cast(day + interval '1' hour as date) from a",
    "select cast(day as date) from a where day + interval '1' month > today",
    # places and characters
    "select substring(x, 2) from a",
    "select substring(x, 2, -1) from a",
    "select substring(x, 2, y) from a",
    "select chr(256) from a",
    "select chr(x) from a",
    "select string_split(x, '') from a",
    r"select string_split(x, '\E') from a",
    "select string_split(x, y) from a",
    "select regexp_full_match(x, 'a.') from a",
    r"select regexp_full_match(x, '\s') from a",
    "select regexp_full_match(x, 'a', 'i') from a",
    # parts of lists
    "select x[0:2] from a",
    "select x[-3:2] from a",
    "select x[1:4:2] from a",
    "select list(x order by y nulls first) from a",
    "select sum(x) over (partition by y order by z rows between unbounded preceding and current row exclude current row) from a",
])
def test_what_is_not_known_to_mean_the_same_is_refused(sql):
    with pytest.raises(NotCarriedOver):
        carried_over(sql, {"inexact": 1.5})


@pytest.mark.parametrize(("sql", "there"), [
    ("x - y - z", "x + -(y) + -(z)"),
    ("cast(day - 3 * interval '1' month as date)", "CAST(day + -(3 * INTERVAL '1' MONTH) AS DATE)"),
    ("cast(try_cast(x as decimal(18, 0)) as bigint)", "CAST(TRY_CAST(CAST(x AS DECIMAL(38, 0)) AS DECIMAL(18, 0)) AS BIGINT)"),
    ("cast('2020-11-30' as date)", "CAST('2020-11-30' AS DATE)"),
    ("substring(x, 7, 8)", "SUBSTRING(x, 7, 8)"),
    ("substring(x, y, 8)", "SUBSTRING(x, y, 8 - CAST((y) = 0 AS INT))"),
    ("flatten(x)", "FLATTEN(ARRAY_COMPACT(x))"),
    ("list_filter(x, lambda one, place: place > 1)", "FILTER(x, (one, place) -> (place + 1) > 1)"),
    ("list(x order by y)", "TRANSFORM(ARRAY_SORT(COLLECT_LIST(STRUCT(y IS NULL, y, x AS value))), pair -> pair.value)"),
    ("list_sum(x)", "AGGREGATE(x, CAST(NULL AS DECIMAL(38, 0)), (sum, one) -> "
                    "COALESCE(sum + CAST(one AS DECIMAL(38, 0)), sum, CAST(one AS DECIMAL(38, 0))))"),
])
def test_what_means_something_else_there_is_written_otherwise(sql, there):
    [statement] = carried_over(f"select {sql} from a")
    assert statement.query == f"SELECT {there} FROM a"


def test_what_is_wide_is_never_divided_by_the_division_that_wraps():
    [wide] = carried_over("select cast(x as hugeint) * y // z from a")
    assert " DIV " not in wide.query and "TRY_DIVIDE" in wide.query
    [narrow] = carried_over("select x // 2 from a")
    assert narrow.query == "SELECT CAST(x AS BIGINT) DIV 2 FROM a"


def test_amounts_are_added_up_in_38_digits_and_a_bound_is_put_in_place_of_its_name():
    [statement] = carried_over("select bounded(sum(x)) as y from a")
    assert "SUM(CAST(x AS DECIMAL(28, 0)))" in statement.query and "bounded" not in statement.query.lower()


def test_a_statement_tells_what_it_fills_and_reads():
    [one, other] = carried_over("create or replace temp table x as with b as (select * from a) select * from b join c using (d); insert into x by name select e from f")
    assert (one.relation, sorted(one.reads), other.relation, sorted(other.reads)) == ("x", ["a", "c"], "x", ["f", "x"])


def test_what_is_added_by_name_finds_its_columns_by_name():
    [statement] = carried_over("insert into x by name select b, 1 as a from y")
    assert statement.query == "SELECT b, a FROM x UNION ALL SELECT b, 1 AS a FROM y"


# ---------------------------------------------------------------- what an installation may lack


def started(tmp_path: Path) -> None:
    with session.spark_session("local[1]", tmp_path / "spark.log"):
        raise AssertionError("it must not begin")


def test_without_pyspark_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(session, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="needs pyspark and sqlglot: .* -r requirements-spark.lock"):
        started(tmp_path)


@pytest.mark.parametrize(("java_home", "told"), [("/nowhere", "there is none in JAVA_HOME"), ("", "none was found")])
def test_without_java_the_message_says_which_one_to_install(tmp_path, monkeypatch, java_home, told):
    monkeypatch.setattr(session, "find_spec", lambda name: name)
    monkeypatch.setenv("JAVA_HOME", java_home)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=f"needs Java 17 or newer .*openjdk-17.*{told}"):
        started(tmp_path)


def test_a_master_without_spark_is_wrong_usage(tmp_path):
    done = CliRunner().invoke(cli, ["run", str(tmp_path), "--master", "local[1]", "--workspace", str(tmp_path / "workspace")])
    assert done.exit_code == 2 and "--master goes with --engine spark" in done.output
