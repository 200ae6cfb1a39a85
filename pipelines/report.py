"""The reports of a run and of a month, put beside their papers: made anew from the record each time, written where they differ from what is there."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from claims.database import Database
from claims.files import make_folder, publish_folder, write_atomically
from claims.record.acts import acts_of
from claims.record.journal import Entry
from claims.record.store import policy_of
from claims.workspace import Workspace
from pipelines.letters import letters_recorded, manifest_files

if TYPE_CHECKING:
    from claims.months.documents import MonthPapers


def publish_report(database: Database, workspace: Workspace, entry: Entry) -> None:
    """Write the report of a run and its sheets; letters that were drawn are linked, so it comes after them."""
    # imported here: pages and pictures are wanted only where a report is written
    from claims.report.of_run import run_report_files

    folder = workspace.out / entry.body["label"]
    policy = policy_of(workspace, entry)
    runs = [run for run in acts_of(workspace, policy.id, "run") if run.sequence <= entry.sequence]
    write_report(workspace, folder, run_report_files(database, workspace, policy, entry, runs, drawn_letters(workspace, folder)))


def publish_month_report(workspace: Workspace, folder: Path, papers: MonthPapers) -> None:
    """Write the report of a month and its sheets; letters that were issued are linked, so it comes after them."""
    from claims.report.of_month import month_report_files

    write_report(workspace, folder, month_report_files(papers, drawn_letters(workspace, folder)))


def drawn_letters(workspace: Workspace, folder: Path) -> Callable[[str], str | None]:
    """What gives the path of a letter within a folder; None where the record has none drawn."""
    line = letters_recorded(workspace.journal.entries()).get((folder / "letters").relative_to(workspace.root).as_posix())
    drawn = manifest_files(workspace, line) if line else {}

    def path_of(letter_id: str) -> str | None:
        return f"letters/{letter_id}.pdf" if f"{letter_id}.pdf" in drawn else None

    return path_of


def write_report(workspace: Workspace, folder: Path, files: dict[str, bytes]) -> None:
    """Write a report, and the folder of its sheets whole, where they differ from what is there."""
    from claims.report.sheets import FOLDER

    sheets = {name.removeprefix(f"{FOLDER}/"): content for name, content in files.items() if name.startswith(f"{FOLDER}/")}
    if _contents(folder / FOLDER) != sheets:
        partial = workspace.fresh_scratch("report")
        for name, content in sheets.items():
            (partial / name).write_bytes(content)
        make_folder(folder)
        shutil.rmtree(folder / FOLDER, ignore_errors=True)
        publish_folder(partial, folder / FOLDER)
    path, content = folder / "report.html", files["report.html"]
    if not path.exists() or path.read_bytes() != content:
        write_atomically(path, content)


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else {}
