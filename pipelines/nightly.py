"""The nightly job: what cron starts. It takes in what is new in the inbox, and tries held claims again when they would fare otherwise."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from contextlib import suppress
from itertools import count
from pathlib import Path

from claims.database import Database
from claims.errors import ClaimsError, UsageError
from claims.quoting import plain_lines, told_error
from claims.record.store import open_store
from claims.settings import failure_command, load_settings
from claims.workspace import Workspace
from pipelines.progress import Progress
from pipelines.queries import runs_of
from pipelines.reports import failure_notice, run_summary
from pipelines.run import Finished, Idle, Request, entry_of, open_run_of, run_opened

def run_nightly(workspace: Workspace, as_of: dt.date | None, actor: str | None, accepted_gates: dict[str, str]) -> list[Finished | Idle]:
    """Complete an interrupted run, then settle what is new, as of today, or of the latest run's day where that lies ahead.

    `accepted_gates` are reasons by the name of a gate that may be passed. Each run keeps a log. Whatever fails leaves the inbox as it was, is told to the configured command, and is raised.
    """
    if not workspace.root.is_dir():
        raise UsageError(f"{workspace.root}: there is no such folder; to begin a workspace there, make it with its inbox: mkdir -p {workspace.inbox}")
    progress = Progress()
    try:
        with workspace.locked("claims nightly"):
            as_of = as_of or max([dt.date.today(), *(dt.date.fromisoformat(entry.body["as_of"]) for entry in runs_of(workspace))])
            progress.log = workspace.logs / f"{_free_label(workspace, as_of)}.log"
            workspace.inbox.mkdir(exist_ok=True)
            database = open_store(workspace, workspace.inbox)
            try:
                return _runs(workspace, database, as_of, actor, accepted_gates, progress)
            finally:
                database.close()
                workspace.clear_scratch()
    except Exception as error:
        _tell(workspace, as_of or dt.date.today(), error, progress)
        raise


def _runs(
    workspace: Workspace, database: Database, as_of: dt.date, actor: str | None, accepted_gates: dict[str, str], progress: Progress,
) -> list[Finished | Idle]:
    nightly = load_settings(workspace.settings).nightly
    open_run = open_run_of(workspace)
    completed = []
    if open_run:
        request = Request(
            Path(open_run.folder), actor, open_run.label, open_run.as_of, letters=nightly.letters, accepted_gates=accepted_gates,
            whole_tree=open_run.whole_tree,
        )
        completed = [_logged(workspace, database, request, progress)]
    request = Request(workspace.inbox, actor, _free_label(workspace, as_of), as_of, nightly.policy, nightly.letters, accepted_gates, whole_tree=True)
    return [*completed, _logged(workspace, database, request, progress)]


def _logged(workspace: Workspace, database: Database, request: Request, progress: Progress) -> Finished | Idle:
    """One run with a log of its own; a request that found nothing to do leaves none."""
    progress.log = workspace.logs / f"{request.label}.log"
    began_empty = not progress.log.exists()
    finished = run_opened(workspace, database, request, progress)
    if isinstance(finished, Finished):
        progress.note(run_summary(finished))
    elif began_empty:
        progress.log.unlink(missing_ok=True)
    return finished


def _free_label(workspace: Workspace, as_of: dt.date) -> str:
    """The day, or the day with the first number from 2 that no run has."""
    labels = (as_of.isoformat() if number == 1 else f"{as_of}-{number}" for number in count(1))
    return next(label for label in labels if entry_of(workspace, label) is None)


def _tell(workspace: Workspace, as_of: dt.date, error: Exception, progress: Progress) -> None:
    """Hand the summary of a failure to the configured command, and note it in the log; where one of them fails, the other is still tried."""
    told = told_error(error)
    noted = [f"failed: {told}"]
    try:
        command = failure_command(workspace.settings)
        if command:
            exit_code = error.exit_code if isinstance(error, ClaimsError) else 1
            notice = failure_notice(workspace.root.resolve(), as_of, exit_code, told, progress.log)
            environment = os.environ | {"CLAIMS_EXIT_CODE": str(exit_code), "CLAIMS_WORKSPACE": str(workspace.root.resolve())}
            subprocess.run(command, input=plain_lines(notice).encode(), env=environment, check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as second:
        noted.append(f"the failure could not be told: {second}")
    with suppress(OSError):  # what fails may be the disk
        progress.note("\n".join(noted))
