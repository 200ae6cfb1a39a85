"""Every case with a known answer, assessed on Spark: those of both shipped policies, and those of constructs that no shipped policy uses.

They are the tests that DuckDB passes, called with runs that are assessed on Spark.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

import pytest

import tests.settle
from claims.cases.file import read_cases
from claims.database import Database
from claims.policy.compiler import CompiledPolicy
from claims.policy.model import SHIPPED, load_policy
from claims.spark.assessment import settle_on_spark
from claims.spark.carrying import Statement
from claims.spark.database import SparkDatabase
from pipelines.progress import Progress
from pipelines.replay import replay
from pipelines.run import Finished, Request
from tests import test_cases, test_constructs, test_edge_cases, test_patent_policy, test_unknown_values
from tests.settle import CASES, decisions, settle, without_great_expectations

pytestmark = pytest.mark.spark


# ---------------------------------------------------------------- the claims at the edges, once


@dataclass(frozen=True)
class Edges:
    """A run on Spark, its workspace, and how Spark planned each statement, by the relation that it fills."""

    finished: Finished
    workspace: Path
    plans: dict[str, str]


@pytest.fixture(scope="module")
def edges(session, tmp_path_factory) -> Edges:
    workspace, plans, fill = tmp_path_factory.mktemp("edges") / "workspace", {}, SparkDatabase._fill

    def fill_and_tell(self: SparkDatabase, statement: Statement, *rest) -> None:
        plans[statement.relation] = self.session.sql(f"explain {statement.query}").collect()[0][0]
        fill(self, statement, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SparkDatabase, "_fill", fill_and_tell)
        patch.setattr(tests.settle, "Request", partial(Request, spark=session))
        return Edges(settle(workspace, CASES / "boundaries" / "in", report=True), workspace, plans)


def test_every_claim_at_an_edge_gets_the_known_decision_to_the_byte(edges):
    assert decisions(edges.finished) == (CASES / "boundaries" / "decisions.csv").read_bytes()


def test_what_a_run_keeps_is_the_same_and_an_auditor_computes_it_again_without_spark(edges, tmp_path):
    here = settle(tmp_path / "here", CASES / "boundaries" / "in")
    assert edges.finished.entry.body["results"] == here.entry.body["results"]
    with without_great_expectations():
        findings = replay(edges.workspace, "night", tmp_path / "again", Progress()).findings
    assert len(findings) > 20 and [finding for finding in findings if finding.is_different] == []


def test_no_statement_brings_all_rows_into_one_partition_and_what_accounts_gave_is_added_up_where_an_account_is_whole(edges):
    assert {"claim_limit", "limit_use", "award_next", "unsettled", "decision", "lacking"} <= edges.plans.keys()
    assert {relation for relation, plan in edges.plans.items() if "SinglePartition" in plan} == set()
    [window] = re.findall(r"Window \[sum.*\n(?:.*\n)*?.*Exchange (\w+)\((\w+)", edges.plans["limit_use"])
    assert window == ("hashpartitioning", "account")


# ---------------------------------------------------------------- the others


@pytest.mark.usefixtures("on_spark")
def test_two_nights_with_held_repeated_and_changed_claims_get_the_known_decisions_to_the_byte(tmp_path):
    for night in test_cases.NIGHTS:
        settle(tmp_path, CASES / "two-nights" / night, label=night)
    nights = test_cases.nights_of(tmp_path)
    test_cases.test_two_nights_with_held_repeated_and_changed_claims_get_the_known_decisions_to_the_byte(nights)


@pytest.mark.usefixtures("on_spark")
def test_the_articles_of_the_patent_policy_give_what_was_worked_out_by_hand_over_two_nights(tmp_path):
    nights = test_patent_policy.settled_nights(tmp_path)
    claims = [one for case in test_patent_policy.CASES.values() for one in case]
    assert [test_patent_policy.told(nights[one.night][one.claim_id]) for one in claims] == [one.expected for one in claims]


@pytest.mark.parametrize("folder", sorted(SHIPPED.iterdir()), ids=lambda folder: folder.name)
def test_every_edge_case_that_is_shipped_with_a_policy_comes_out_the_same(session, monkeypatch, folder):
    batches = count(1)

    def settle_there(database: Database, compiled: CompiledPolicy) -> None:
        [(path,)] = database.rows("select path from duckdb_databases() where path is not null")
        settle_on_spark(session, Path(path).parent / f"spark-{next(batches)}", database, compiled)

    monkeypatch.setattr("claims.cases.bench.settle", settle_there)
    assert read_cases(folder).count > 300
    assert test_edge_cases.case_findings(load_policy(folder)) == []
    assert next(batches) > 1


@pytest.mark.parametrize(("test", "asked"), [
    (test_constructs.test_a_rule_may_ask_what_its_own_pools_gave_before_the_claim_over_any_runs, {"runs": [3, 3]}),
    (test_constructs.test_of_several_items_only_the_highest_is_given_whatever_the_order_and_over_any_runs, {"runs": [2, 3, 2]}),
    (test_constructs.test_what_is_over_a_years_ceiling_is_carried_so_many_years_the_oldest_first_and_told_over_any_runs, {"runs": [2, 3, 2]}),
    (test_constructs.test_what_is_carried_of_a_cumulative_entitlement_comes_back_once_and_for_so_many_years_only, {"runs": [4]}),
    (test_constructs.test_an_add_on_is_a_share_of_what_another_clause_was_awarded_in_this_run_and_before, {}),
    (test_constructs.test_a_ceiling_on_different_values_counts_each_once_over_runs_and_awards_paid_before, {}),
    (test_constructs.test_a_ceiling_on_years_counts_a_year_once, {}),
    (test_unknown_values.test_what_a_held_claim_would_have_got_is_left_for_the_claims_after_it, {}),
    (test_unknown_values.test_sums_of_awards_beyond_any_number_still_tell_whether_a_limit_is_reached, {}),
    (test_unknown_values.test_the_largest_cells_are_decided_under_the_shipped_policy, {}),
], ids=lambda value: getattr(value, "__name__", ""))
@pytest.mark.usefixtures("on_spark")
def test_on_spark_too(tmp_path, monkeypatch, test, asked):
    # some policies hold what slips through the check, as in tests/test_unknown_values.py
    monkeypatch.setattr("claims.policy.check.check_policy", lambda _: [])
    test(tmp_path, **asked)
