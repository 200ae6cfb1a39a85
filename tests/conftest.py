"""How the tests are shared out: each worker has a stretch of them, so that what a module sets up is set up once, and takes over what others have not begun.
A worker has a core, so its databases have one thread."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from claims import database


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    if config.option.numprocesses and config.option.dist == "no":
        config.option.dist = "worksteal"


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        database.THREADS = 1


@pytest.fixture(autouse=True, scope="session")
def nothing_waits_for_the_disk() -> Iterator[None]:
    """A test ends before power fails, so this process brings nothing to the disk: a small run would wait two hundred times for it. Processes that tests start do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(autouse=True, scope="module")
def month_reports(request: pytest.FixtureRequest) -> Iterator[None]:
    """The report of a month takes as long as a small close: only modules that say LOOKS_AT_REPORTS have it written."""
    with pytest.MonkeyPatch.context() as patch:
        if not getattr(request.module, "LOOKS_AT_REPORTS", False):
            patch.setattr("pipelines.months.publish_month_report", lambda *_: None)
        yield
