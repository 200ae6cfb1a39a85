"""The demonstration: the whole job on the sample month."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

from claims.errors import InputRefused
from claims.resources import sample_data_dir
from claims.workspace import Workspace
from pipelines.run import Finished, Request, run_folder
from pipelines.progress import Progress

LABEL = "demo"
AS_OF = dt.date(2024, 6, 30)
"""The sample month's last day."""


def run_demo(root: Path, actor: str, progress: Progress) -> Finished:
    """Run the sample month in a workspace of its own; one that an older program or sample filled is made anew."""
    try:
        return _run(root, actor, progress)
    except InputRefused:
        if not _is_demo(root):
            raise
        shutil.rmtree(root)
        return _run(root, actor, progress)


def _is_demo(root: Path) -> bool:
    """Whether nothing but the demonstration was ever run in a workspace: no other record may be deleted."""
    labels = {entry.body.get("label") for entry in Workspace(root).journal.entries()}
    return labels == {LABEL}


def _run(root: Path, actor: str, progress: Progress) -> Finished:
    return run_folder(Workspace(root), Request(sample_data_dir(), actor, label=LABEL, as_of=AS_OF), progress)
