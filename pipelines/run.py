"""The nightly job: take in a folder, validate, assess, record, show, draft the letters.

Its order makes a run one transaction: nothing counts before the journal line is written; after it, everything follows from the record
and can be finished by the same command, however the run was interrupted.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from claims import __version__
from claims.assessment import assess, prepare_facts
from claims.database import Database
from claims.errors import InputRefused, UsageError
from claims.files import sha256_of
from claims.intake import Intake, Notice, listed_files, take_in
from claims.outputs import publish_outputs
from claims.policy.compiler import CompiledPolicy
from claims.policy.model import POLICY_FILES, Policy, find_policy, load_policy, read_policy
from claims.record.journal import Entry
from claims.record.results import counted, keep_results
from claims.record.store import apply_run, enter_policy, open_store
from claims.validation import validate
from claims.workdays import calendar_version, load_calendar
from claims.workspace import OpenRun, Workspace
from pipelines.letters import publish_letters
from pipelines.progress import Progress

CONFIGURATION_SHA256 = hashlib.sha256(b"{}").hexdigest()
"""Of the configuration's settings as canonical JSON: there are none yet that bear on results."""


@dataclass(frozen=True)
class Finished:
    """A finished run. `repeated` tells that it had been finished before, `not_read` lists what the folder holds besides."""

    entry: Entry
    folder: Path
    repeated: bool
    not_read: tuple[str, ...]
    notices: tuple[str, ...]
    letters_held: int | None
    open_exceptions: int


def run_folder(
    workspace: Workspace, folder: Path, *, label: str | None, as_of: dt.date | None, policy_name: str | None, letters: bool,
    actor: str, progress: Progress,
) -> Finished:
    """Settle the claims of a folder. Raises InputRefused when nothing was changed, WorkspaceBusy when another run holds the place."""
    # an interrupted run goes on with the bytes in the vault, even when its folder is gone
    if not folder.is_dir() and not workspace.open_run.exists():
        raise UsageError(f"{folder}: there is no such folder")
    with workspace.locked(f"claims run {folder}"):
        database = open_store(workspace)
        try:
            return _run_locked(workspace, database, folder, label, as_of, policy_name, letters, actor, progress)
        finally:
            database.close()
            workspace.clear_scratch()


def _run_locked(workspace, database, folder, label, as_of, policy_name, letters, actor, progress) -> Finished:
    open_run = OpenRun.load(workspace.open_run)
    if open_run:
        _check_same_run(open_run, folder, label, as_of, policy_name)
    policy = _policy_for(workspace, open_run, policy_name)
    run = open_run or _new_run(folder, label, as_of, policy, actor)
    entry = _entry_of(workspace, run.label)
    repeated = entry is not None and open_run is None
    not_read, notices = (), ()
    if repeated:
        _check_same_input(entry, run, policy)
    if entry is None:
        entry, intake = _settle(workspace, database, policy, run, progress)
        not_read, notices = tuple(intake.not_read), tuple(_told(notice) for notice in intake.notices)
    with progress.stage("outputs"):
        out = publish_outputs(database, workspace, entry)
    held = publish_letters(database, workspace, entry, progress) if letters else None
    OpenRun.clear(workspace.open_run)
    enter_policy(database, policy)
    waiting = database.rows("select count(*) from held")[0][0]
    return Finished(entry, out, repeated, not_read, notices, held, waiting)


def _settle(workspace: Workspace, database: Database, policy: Policy, run: OpenRun, progress: Progress) -> tuple[Entry, Intake]:
    """Everything up to the journal line, and its results in the store."""
    _check_order(workspace, run)
    sequence = workspace.journal.next_sequence()
    run.save(workspace.open_run)
    enter_policy(database, policy)
    scratch = workspace.fresh_scratch(f"run-{sequence}")
    try:
        with progress.stage("intake"):
            source = _input_folder(workspace, run, scratch)
            intake = take_in(database, policy, source, scratch, _known_files(database))
        _keep_inputs(workspace, policy, run, source, intake)
    except InputRefused:
        OpenRun.clear(workspace.open_run)
        raise
    compiled = CompiledPolicy(policy)
    load_calendar(database)
    with progress.stage("facts"):
        prepare_facts(database, compiled, sequence, run.as_of)
    with progress.stage("validation"):
        validate(database, compiled)
    with progress.stage("assessment"):
        assess(database, compiled)
    with progress.stage("record"):
        body = _body(database, workspace, compiled, run, sequence, intake, scratch)
        entry = workspace.journal.append("run", run.actor, body)
        apply_run(database, workspace, entry)
    return entry, intake


def _new_run(folder: Path, label: str | None, as_of: dt.date | None, policy: Policy, actor: str) -> OpenRun:
    day = as_of or dt.date.today()
    return OpenRun(label=label or day.isoformat(), as_of=day, policy_sha256=policy.sha256, policy_source=str(policy.source),
                   folder=str(folder.resolve()), inputs=[], policy_files=[], actor=actor)


def _policy_for(workspace: Workspace, open_run: OpenRun | None, policy_name: str | None) -> Policy:
    """The policy named by the command; an open run goes on with the very files that it began with."""
    if open_run and open_run.policy_files:
        return read_policy(Path(open_run.policy_source), {name: workspace.vault.read(sha) for name, sha in open_run.policy_files})
    return load_policy(find_policy(policy_name or (open_run.policy_source if open_run else None)))


def _check_same_run(open_run: OpenRun, folder: Path, label: str | None, as_of: dt.date | None, policy_name: str | None) -> None:
    differs = [
        what for what, same in (
            ("folder", open_run.folder == str(folder.resolve())),
            ("label", label in (None, open_run.label)),
            ("as-of date", as_of in (None, open_run.as_of)),
            ("policy", policy_name is None or _is_policy_of(open_run, find_policy(policy_name))),
        ) if not same
    ]
    if differs:
        raise InputRefused([
            f"run {open_run.label} of {open_run.folder} (as of {open_run.as_of}) was interrupted and is not complete; "
            f"another {' and '.join(differs)} cannot start before it. Complete it first: claims run {open_run.folder} --label {open_run.label}"
        ])


def _is_policy_of(open_run: OpenRun, folder: Path) -> bool:
    """Whether a policy folder is the one that a run began with, whatever became of it since, or holds the same."""
    return str(folder) == open_run.policy_source or load_policy(folder).sha256 == open_run.policy_sha256


def _check_order(workspace: Workspace, run: OpenRun) -> None:
    latest = max((entry for entry in workspace.journal.entries() if entry.kind == "run"), key=lambda entry: entry.sequence, default=None)
    if latest and run.as_of < dt.date.fromisoformat(latest.body["as_of"]):
        raise InputRefused([
            f"the as-of date {run.as_of} is before that of the latest run {latest.body['label']} ({latest.body['as_of']}); "
            f"use --as-of {latest.body['as_of']} or later"
        ])


def _check_same_input(entry: Entry, run: OpenRun, policy: Policy) -> None:
    """A finished label may be run again with the same input only."""
    now = [(name, sha256_of(Path(run.folder, name))) for name, _ in listed_files(policy, Path(run.folder))[0]]
    before = [(item["file"], item["sha256"]) for item in entry.body["inputs"]]
    differs = [
        what for what, same in (
            ("files", now == before), ("as-of date", run.as_of.isoformat() == entry.body["as_of"]),
            ("policy", policy.sha256 == entry.body["policy"]["sha256"]),
        ) if not same
    ]
    if differs:
        raise InputRefused([
            f"label {run.label} was finished with other {' and '.join(differs)} (as of {entry.body['as_of']}, folder {entry.body['folder']}); "
            f"give this run a label of its own with --label"
        ])


def _entry_of(workspace: Workspace, label: str) -> Entry | None:
    return next((entry for entry in workspace.journal.entries() if entry.kind == "run" and entry.body["label"] == label), None)


def _known_files(database: Database) -> set[str]:
    return {sha256 for (sha256,) in database.rows("select file_sha256 from received_file")}


def _told(notice: Notice) -> str:
    return f"{notice.file}:{notice.line}: “{notice.raw}” under “{notice.header}” cannot be read; claims that need it are held"


def _input_folder(workspace: Workspace, run: OpenRun, scratch: Path) -> Path:
    """The folder to read: the clerk's, or, once the files are in the vault, a copy of them as they were then."""
    if not run.inputs:
        return Path(run.folder)
    copy = scratch / "input"
    copy.mkdir()
    for name, sha256 in run.inputs:
        shutil.copyfile(workspace.vault.path(sha256), copy / name)
    return copy


def _keep_inputs(workspace: Workspace, policy: Policy, run: OpenRun, source: Path, intake: Intake) -> None:
    """Put files and policy into the vault and note them, so that an interrupted run goes on with the same bytes."""
    for file in intake.files:
        kept = workspace.vault.put_file(source / file.name)
        if kept != file.sha256:
            raise InputRefused([f"{file.name}: the file was changed while it was being read; run the command again when it is complete"])
    policy_files = [(name, workspace.vault.put_bytes(policy.files[name])) for name in POLICY_FILES]
    replace(run, inputs=[(file.name, file.sha256) for file in intake.files], policy_files=policy_files).save(workspace.open_run)


def _body(database, workspace, compiled, run, sequence, intake, scratch) -> dict:
    policy = compiled.policy
    return {
        "label": run.label, "as_of": run.as_of.isoformat(), "folder": run.folder, "program_version": __version__,
        "calendar_version": calendar_version(), "configuration_sha256": CONFIGURATION_SHA256,
        "policy": {"id": policy.id, "sha256": policy.sha256, "source": str(policy.source),
                   "files": {name: hashlib.sha256(policy.files[name]).hexdigest() for name in POLICY_FILES}},
        "inputs": [{"file": file.name, "sha256": file.sha256, "table": file.table, "lines": file.lines} for file in intake.files],
        "counts": counted(database, policy),
        "results": keep_results(database, workspace, compiled, sequence, scratch),
    }
