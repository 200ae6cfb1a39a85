"""The assessment of a run on Spark: what DuckDB has of a batch goes over, is settled there, and what came out goes back into the tables of the run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from claims import assessment
from claims.database import Database
from claims.policy.compiler import CompiledPolicy
from claims.spark.database import SparkDatabase

if TYPE_CHECKING:
    from claims.spark.session import SparkSession


def assess_on_spark(session: SparkSession, folder: Path, database: Database, compiled: CompiledPolicy) -> None:
    """The same as `claims.assessment.assess`, on a session; Parquet lies in `folder`, which all workers must reach. The check of what came out is
    DuckDB's."""
    settle_on_spark(session, folder, database, compiled)
    assessment.check_results(database, compiled)


def settle_on_spark(session: SparkSession, folder: Path, database: Database, compiled: CompiledPolicy) -> None:
    """The same without that check. What a run keeps and shows of the results is then in DuckDB, and what settling added to what holds claims."""
    spark = SparkDatabase(session, database, folder)
    assessment.settle(spark, compiled)
    for relation in (*(rule.table for rule in compiled.rules), "award_next", "decision"):
        spark.give_back(relation, "seq")
    spark.give_back("limit_step", "seq, ordinal")
    if "held_code" in spark.filled:
        spark.give_back("case_hit", "seq, case_number")
        spark.give_back("held_code", "seq, code")
