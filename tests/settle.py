"""Helpers for tests that run the job: a workspace, a folder, a day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from claims.workspace import Workspace
from pipelines.progress import Progress
from pipelines.run import Finished, Request, run_folder

AS_OF = dt.date(2024, 6, 30)
OF_PEOPLE = ("waived", "refused_on_review", "withdrawn")
"""What the codes detect that no run brings by itself."""
CASES = Path(__file__).parent / "cases"


def settle(
    workspace: Path, folder: Path, label: str = "night", as_of: dt.date = AS_OF, policy: str | None = None, letters: bool = False,
    accepted_gates: dict[str, str] | None = None,
) -> Finished:
    """Run a folder as the command would, without letters unless asked."""
    request = Request(folder, "测试", label, as_of, policy, letters, accepted_gates or {})
    return run_folder(Workspace(workspace), request, Progress())


def decisions(finished: Finished) -> bytes:
    return (finished.folder / "decisions.csv").read_bytes()
