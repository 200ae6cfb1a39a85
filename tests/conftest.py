"""How the tests are shared out: each worker has a stretch of them, so that what a module sets up is set up once, and takes over what others have not begun.
The files that take longest come first: one that is begun last would keep one worker while the others have nothing left. A worker has a core, so its
databases have one thread."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from claims import database
from sample_data import SHIPPED_MONTH_END, SHIPPED_PATENTS
from tests.settle import CASES, settle
from tests.shared import made_once

LONGEST = (
    "test_verify", "test_proof", "test_months", "test_constructs", "test_manual", "test_adjust", "test_report", "test_office", "test_interrupted",
    "test_edge_cases", "test_pay", "test_review", "test_gates", "test_properties", "test_patent_policy", "test_docs", "test_explain",
    "test_policy_guide", "test_intake",
)
"""The files that take ten seconds of a processor or more, the longest first."""


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    if config.option.numprocesses and config.option.dist == "no":
        config.option.dist = "worksteal"
    config.option.loadscopereorder = False  # whole files are given out as they are ordered here, and not by how many tests they have


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        database.THREADS = 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONGEST)))


@pytest.fixture(autouse=True, scope="session")
def nothing_waits_for_the_disk() -> Iterator[None]:
    """A test ends before power fails, so this process brings nothing to the disk: a small run would wait two hundred times for it. Processes that tests start do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(scope="session")
def known_edges(tmp_path_factory) -> Path:
    """A workspace with every known claim at an edge. Whoever needs it copies it."""
    return made_once(tmp_path_factory, "known-edges", lambda root: settle(root, CASES / "boundaries" / "in"))


@pytest.fixture(scope="session")
def known_first_night(tmp_path_factory) -> Path:
    """A workspace with the first of the two known nights, to be copied as well."""
    return made_once(tmp_path_factory, "known-first-night", lambda root: settle(root, CASES / "two-nights" / "night1", "night1"))


@pytest.fixture(scope="session")
def known_nights(known_first_night, tmp_path_factory) -> Path:
    """The same after the second, with held, repeated and changed claims."""
    return made_once(
        tmp_path_factory, "known-nights", lambda root: settle(shutil.copytree(known_first_night, root), CASES / "two-nights" / "night2", "night2"))


@pytest.fixture(scope="session")
def known_patents(tmp_path_factory) -> Path:
    """A workspace with the sample under the policy for patents and its letters, to be copied as well."""
    return made_once(
        tmp_path_factory, "known-patents", lambda root: settle(root, SHIPPED_PATENTS, "sample", SHIPPED_MONTH_END, "zhumadian-2020-53", letters=True))


@pytest.fixture(autouse=True, scope="module")
def month_reports(request: pytest.FixtureRequest) -> Iterator[None]:
    """The report of a month takes as long as a small close: only modules that say LOOKS_AT_REPORTS have it written."""
    with pytest.MonkeyPatch.context() as patch:
        if not getattr(request.module, "LOOKS_AT_REPORTS", False):
            patch.setattr("pipelines.months.publish_month_report", lambda *_: None)
        yield
