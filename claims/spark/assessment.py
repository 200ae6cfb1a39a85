"""The assessment of a run on Spark: what DuckDB has of a batch goes over, is settled there, and what came out goes back into the tables of the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from claims import assessment
from claims.database import Database
from claims.policy.compiler import CompiledPolicy
from claims.spark.database import SparkDatabase
from claims.spark.session import spark_session
from claims.workspace import Workspace


@contextmanager
def assessed_on_spark(workspace: Workspace, master: str) -> Iterator[Callable[[Database, CompiledPolicy], None]]:
    """What assesses a batch at a master, in place of `claims.assessment.assess`, for the time of a run."""
    with spark_session(master, workspace.logs / "spark.log") as session:

        def assess(database: Database, compiled: CompiledPolicy) -> None:
            spark = SparkDatabase(session, database, workspace.fresh_scratch("spark"))
            assessment.settle(spark, compiled)
            give_back(spark, compiled)
            assessment.check_results(database, compiled)

        yield assess


def give_back(spark: SparkDatabase, compiled: CompiledPolicy) -> None:
    """Put into DuckDB what a run keeps and shows of the results, in the order in which DuckDB itself would have filled the tables."""
    numbers = ", ".join(f"when '{rule.id}' then {rule.number}" for rule in compiled.rules)
    by_claim = "join fact using (seq) order by"
    for rule in compiled.rules:
        spark.give_back(rule.table, f"{by_claim} fact.rowid")
    spark.give_back("award_next", f"{by_claim} fact.rowid")
    spark.give_back("limit_step", f"{by_claim} limit_number, fact.rowid")
    spark.give_back("decision", f"{by_claim} case decision.rule {numbers.replace(', ', ' ')} end nulls last, fact.rowid")
    for relation in ("case_hit", "held_code"):
        if relation in spark.filled:
            spark.give_back(relation, "")
