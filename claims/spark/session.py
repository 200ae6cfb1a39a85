"""A session of Spark: what it needs is looked for first, so that what lacks is told before anything begins."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from claims import files
from claims.errors import UsageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LOCAL = "local[*]"
"""The master of a run that names none: this machine, one task on each core."""
JAVA = "Java 17 or newer (Debian, Ubuntu: apt install openjdk-17-jre-headless)"
SETTINGS = {
    # what does not fit into a type fails, as in DuckDB
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    # days are those of the proleptic calendar, as DuckDB writes and reads them
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    # a file that lacks or is damaged fails, and its rows are not passed over
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.files.ignoreCorruptFiles": "false",
    # a backslash in a pattern is written twice
    "spark.sql.parser.escapedStringLiterals": "false",
    # what is carried over from year to year is a chain of any length
    "spark.sql.cteRecursionLevelLimit": "-1",
    "spark.sql.cteRecursionRowLimit": "-1",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.ui.showConsoleProgress": "false",
}
"""What the result depends on, whatever a site's spark-defaults.conf says, and what keeps the terminal quiet."""
LOCAL_SETTINGS = {
    "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false", "spark.driver.memory": "4g",
    "spark.sql.shuffle.partitions": "32",
}
"""Besides, where Spark is this machine alone: it listens to nobody else. Of 2 GiB a million claims once left a sort without the 64 KiB that it asked for."""


@contextmanager
def spark_session(master: str, log: Path) -> Iterator[SparkSession]:
    """A session at a master (`local[*]`, `spark://host:7077`, `yarn`, …), for the time of a run. What Spark says goes into `log`.

    Raises UsageError where pyspark, sqlglot or Java is missing, or the master cannot be reached.
    """
    _require()
    session = _started(master, log)
    try:
        yield session
    finally:
        with suppress(ConnectionError):  # Java that is gone needs no end
            session.stop()


def _require() -> None:
    missing = [name for name in ("pyspark", "sqlglot") if find_spec(name) is None]
    if missing:
        raise UsageError(f"--engine spark needs {' and '.join(missing)}: {sys.executable} -m pip install -r requirements-spark.lock, or pip install 'incentive-claims[spark]'")
    java = Path(os.environ["JAVA_HOME"], "bin", "java") if os.environ.get("JAVA_HOME") else "java"
    if shutil.which(java) is None:
        where = f"there is none in JAVA_HOME ({os.environ['JAVA_HOME']})" if os.environ.get("JAVA_HOME") else "none was found"
        raise UsageError(f"--engine spark needs {JAVA}: {where}")


def _started(master: str, log: Path) -> SparkSession:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(master).appName("claims")
    for name, value in (SETTINGS | (LOCAL_SETTINGS if master.startswith("local") else {})).items():
        builder = builder.config(name, value)
    try:
        with _standard_error_into(log):
            return builder.getOrCreate()
    except (PySparkException, Py4JError, RuntimeError) as error:
        raise UsageError(
            f"Spark cannot be started at the master {master!r}: {first_line(error)}\n"
            f"--master is local[*], spark://HOST:PORT, yarn or k8s://…, and the machine needs {JAVA}; what Spark says is in {log}"
        ) from error


@contextmanager
def _standard_error_into(log: Path) -> Iterator[None]:
    """What is started within has the log as its standard error, for as long as it runs."""
    files.make_folder(log.parent)
    before = os.dup(2)
    try:
        with log.open("ab") as file:
            os.dup2(file.fileno(), 2)
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)


def first_line(error: Exception) -> str:
    """What an error of Spark says, without the trace of its Java."""
    java = getattr(error, "java_exception", None)
    text = str(java.getMessage() if java is not None else error)
    return text.strip().splitlines()[0] if text.strip() else type(error).__name__
