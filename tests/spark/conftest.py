"""One session for all tests: to start it takes longer than to settle a night."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import pytest

from claims.spark.session import spark_session
from tests import settle

if TYPE_CHECKING:
    from claims.spark.session import SparkSession


@pytest.fixture(scope="session")
def session(tmp_path_factory) -> Iterator[SparkSession]:
    """Spark in local mode. Where pyspark or Java is missing this fails and says what to install: a test that is skipped would show nothing."""
    with pytest.MonkeyPatch.context() as patch:
        # for some hundred claims Java would translate longer than it computes
        patch.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        with spark_session("local[2]", tmp_path_factory.mktemp("spark") / "spark.log") as session:
            session.conf.set("spark.sql.shuffle.partitions", "4")
            yield session


@pytest.fixture
def on_spark(session, monkeypatch) -> None:
    """Within a test every run is assessed on Spark."""
    monkeypatch.setattr(settle, "Request", partial(settle.Request, spark=session))
