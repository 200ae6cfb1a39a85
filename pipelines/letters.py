"""Letters drawn from the record, shown whole or not at all: the drafts of a run or of a review, the issued ones of a month."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from claims.casefile import CaseFile, Supplement
from claims.database import Database
from claims.files import publish_folder, sha256_of
from claims.record.journal import Entry
from claims.workspace import Workspace
from pipelines.progress import Progress


def publish_letters(database: Database, workspace: Workspace, entry: Entry, progress: Progress) -> int:
    """Draft the letters of a run unless they are there as they were drafted. Returns how many are held back."""
    from claims.trace import case_files

    return publish_drafts(workspace, workspace.out / entry.body["label"] / "letters", lambda: case_files(database, workspace, entry), progress)


def publish_drafts(workspace: Workspace, final: Path, cases: Callable[[], Iterable[CaseFile | Supplement]], progress: Progress) -> int:
    """Draft the letters of some cases into a folder, unless they are there as they were drafted. Returns how many are held back."""
    if not are_whole(final):
        draw_letters(workspace, final, cases, progress)
    return held_back(final)


def draw_letters(workspace: Workspace, final: Path, cases: Callable[[], Iterable[CaseFile | Supplement]], progress: Progress) -> None:
    """Draw the letters of some cases, and put them in place of what the folder held."""
    # imported here: typst and the fonts are wanted only where letters are drawn
    from claims.letters import render_letters

    scratch = workspace.fresh_scratch("letters")
    with progress.stage("letters"):
        render_letters(cases(), scratch, on_progress=lambda done: progress.count("letters", done))
        shutil.rmtree(final, ignore_errors=True)
        publish_folder(scratch, final)


def held_back(folder: Path) -> int:
    """How many letters could not be drawn."""
    return json.loads((folder / "manifest.json").read_bytes())["counts"]["held"]


def are_whole(folder: Path) -> bool:
    """Whether every letter that the manifest lists is there as it was drawn."""
    try:
        files = json.loads((folder / "manifest.json").read_bytes())["files"]
        return all(sha256_of(folder / name) == file["sha256"] for name, file in files.items())
    except (OSError, ValueError, KeyError, TypeError):
        return False
