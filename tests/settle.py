"""Helpers for tests that run the job: a workspace, a folder, a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from claims.explanation import OtherReading, UsedReading
from claims.gates import Gate
from claims.workspace import Workspace
from pipelines.progress import Progress
from pipelines.run import Finished, Request, run_folder

AS_OF = dt.date(2024, 6, 30)
OF_PEOPLE = ("waived", "refused_on_review", "withdrawn")
"""What the codes detect that no run brings by itself."""
CASES = Path(__file__).parent / "cases"


def settle(
    workspace: Path, folder: Path, label: str = "night", as_of: dt.date = AS_OF, policy: str | None = None, letters: bool = False,
    accepted_gates: dict[str, str] | None = None, report: bool = False,
) -> Finished:
    """Run a folder as the command would, without letters and report unless asked, and without Great Expectations."""
    with without_great_expectations(), pytest.MonkeyPatch.context() as patch:
        if not report:  # it takes a fifth of a small run
            patch.setattr("pipelines.run.publish_report", lambda *_: None)
        return settle_with_great_expectations(workspace, folder, label, as_of, policy, letters, accepted_gates)


@contextmanager
def without_great_expectations() -> Iterator[None]:
    """Within it the counts of a run are compared with their bounds in Python.

    Great Expectations takes a fifth of a small run for that, and seconds to import. The tests of gates and of commands run it, and one of them
    sees that both find the same.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("claims.gates._validated", keeps_its_bounds)
        yield


@contextmanager
def without_other_readings() -> Iterator[None]:
    """Within it an explanation tells what another reading would be and not what it would give, for which the claim is decided again each time.

    That takes most of an explanation; test_explain.py sees what they give.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("claims.explanation._used_readings", lambda past, case: (
            UsedReading(reading, tuple(OtherReading(one.answer, "未测算", False) for one in past.policy.readings[reading.id].alternative))
            for reading in case.readings))
        yield


def settle_with_great_expectations(
    workspace: Path, folder: Path, label: str = "night", as_of: dt.date = AS_OF, policy: str | None = None, letters: bool = False,
    accepted_gates: dict[str, str] | None = None,
) -> Finished:
    """The same as the command does it."""
    request = Request(folder, "测试", label, as_of, policy, letters, accepted_gates or {})
    return run_folder(Workspace(workspace), request, Progress())


def keeps_its_bounds(values: dict[str, int | None], gates: list[Gate]) -> dict[str, bool]:
    """Whether each gate with bounds is met, by name; what could not be counted is, as Great Expectations has it."""
    return {
        gate.name: gate.value is None
        or (gate.min is None or Decimal(gate.min) <= Decimal(gate.value)) and (gate.max is None or Decimal(gate.value) <= Decimal(gate.max))
        for gate in gates if gate.action != "none"
    }


def decisions(finished: Finished) -> bytes:
    return (finished.folder / "decisions.csv").read_bytes()
