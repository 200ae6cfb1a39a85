"""The job of one folder: take in, validate, assess, hold the gates, record, show, draft the letters.

Its order makes a run one transaction: nothing counts before the journal line is written; after it, everything follows from the record
and can be finished by the same command, however the run was interrupted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from claims import __version__
from claims.assessment import assess, of_batch, prepare_facts
from claims.database import Database
from claims.errors import InputRefused, UsageError
from claims.files import sha256_of
from claims.gates import Before, Gate, breached, gates_json, hold_gates, read_gates
from claims.intake import Intake, Listing, Notice, emptied_cells, list_folder, list_tree, take_in
from claims.outputs import publish_outputs
from claims.people import acting_person
from claims.policy.check import require_sound
from claims.policy.compiler import CompiledPolicy
from claims.policy.model import POLICY_FILES, Policy, find_policy, load_policy, read_policy
from claims.record.acts import acts_of
from claims.record.circumstances import circumstances
from claims.record.journal import Entry
from claims.record.results import RECORDED_FROM, codes_changed, counted, keep_results, let_go
from claims.record.store import apply_entry, enter_policy, known_files, open_store, result_source
from claims.settings import Settings, load_settings, recorded_settings
from claims.spark.assessment import assess_on_spark
from claims.validation import find_others, tell_exceptions, validate
from claims.workdays import Calendar, calendar_of, load_calendar, read_calendar
from claims.workspace import ABANDON, Kept, OpenRun, Workspace
from pipelines.letters import publish_letters
from pipelines.progress import Progress
from pipelines.queries import runs_of
from pipelines.report import publish_report

if TYPE_CHECKING:
    from claims.spark.session import SparkSession


@dataclass(frozen=True)
class Request:
    """What a run is asked to do, and who asks: None is whoever the account belongs to. `label` and `as_of` are today's, `policy_name` the shipped one, where None.

    `accepted_gates` are reasons by the name of a gate that may be passed. `whole_tree`: the folders within are read too, without the files
    of earlier runs; such a run does nothing when no file is new and no held claim would fare otherwise. With a session of `spark`
    the claims are assessed there.
    """

    folder: Path
    actor: str | None
    label: str | None = None
    as_of: dt.date | None = None
    policy_name: str | None = None
    letters: bool = True
    accepted_gates: dict[str, str] = field(default_factory=dict)
    whole_tree: bool = False
    spark: SparkSession | None = None


@dataclass(frozen=True)
class Finished:
    """A finished run. `repeated` tells that it had been finished before, `not_read` lists what the folder holds besides, `doubts` what speaks for a
    wrong day or folder, `head_note` what is to be told of the head outside."""

    entry: Entry
    folder: Path
    repeated: bool
    not_read: tuple[str, ...]
    notices: tuple[str, ...]
    doubts: tuple[str, ...]
    breaches: tuple[str, ...]
    letters_held: int | None
    open_exceptions: int
    head_note: str


@dataclass(frozen=True)
class Idle:
    """A request for a whole tree that found nothing to do; `not_read` lists what the folder holds besides."""

    not_read: tuple[str, ...]


@dataclass(frozen=True)
class Settled:
    """What a run that has just been recorded tells besides its journal line."""

    entry: Entry
    listing: Listing
    intake: Intake
    doubts: tuple[str, ...]


def run_folder(workspace: Workspace, request: Request, progress: Progress) -> Finished:
    """Settle the claims of a folder. Raises InputRefused when nothing was changed, WorkspaceBusy when another run holds the place."""
    if not request.folder.is_dir() and not workspace.open_run.exists():
        raise UsageError(f"{request.folder}: there is no such folder")
    with workspace.locked(f"claims run {request.folder}"):
        database = open_store(workspace, request.folder)
        try:
            return run_opened(workspace, database, request, progress)
        finally:
            database.close()
            workspace.clear_scratch()


def open_run_of(workspace: Workspace) -> OpenRun | None:
    """The run that is open. One of which nothing is kept, and whose folder is gone, had not begun, and one that a line gives up is none: they are dropped."""
    open_run = OpenRun.load(workspace.open_run)
    had_not_begun = open_run and not open_run.kept and not Path(open_run.folder).is_dir()
    if had_not_begun or open_run and open_run.is_given_up(workspace.journal.entries()):
        OpenRun.clear(workspace.open_run)
        return None
    return open_run


def run_opened(workspace: Workspace, database: Database, request: Request, progress: Progress) -> Finished | Idle:
    """The same in a workspace that is held already. Idle when a request for a whole tree found nothing to do."""
    open_run = open_run_of(workspace)
    if open_run is None and not request.folder.is_dir():
        raise UsageError(f"{request.folder}: there is no such folder")
    if open_run:
        _check_same_run(workspace, open_run, request)
    policy = _policy_for(workspace, open_run, request.policy_name)
    if not open_run:
        _check_sound(workspace, policy)
    actor = acting_person(load_settings(workspace.settings), request.actor)
    run = _continued(open_run, request) if open_run else _new_run(request, actor, policy)
    entry = entry_of(workspace, run.label)
    repeated = entry is not None and open_run is None
    settled = None
    if repeated:
        _check_same_input(entry, run, policy)
    if entry is None:
        settled = _settle(workspace, database, policy, run, progress, request.spark)
        if isinstance(settled, Idle):
            return settled
        entry = settled.entry
    with progress.stage("outputs"):
        out = publish_outputs(database, workspace, entry)
    held = publish_letters(database, workspace, entry, run.actor, progress) if request.letters else None
    with progress.stage("report"):
        publish_report(database, workspace, entry)
    OpenRun.clear(workspace.open_run)
    enter_policy(database, policy)
    waiting = database.rows("select count(*) from held")[0][0]
    return Finished(
        entry, out, repeated, tuple(_not_read(settled)) if settled else (), tuple(map(_told, settled.intake.notices)) if settled else (),
        settled.doubts if settled else (), tuple(gate.told() for gate in breached(_gates_of(workspace, entry))), held, waiting, workspace.outside_head.note(workspace.journal.entries()),
    )


def _settle(
    workspace: Workspace, database: Database, policy: Policy, run: OpenRun, progress: Progress, spark: SparkSession | None = None,
) -> Settled | Idle:
    """Everything up to the journal line, and its results in the store; Idle when there is nothing to do.

    Until the inputs are kept nothing is changed: whatever refuses the run ends it as if it had not begun.
    """
    workspace.journal.check_clock()
    _check_order(workspace, run)
    sequence = workspace.journal.next_sequence()
    run = replace(run, began=run.began or sequence)
    run.save(workspace.open_run)
    enter_policy(database, policy)
    scratch = workspace.fresh_scratch(f"run-{sequence}")
    compiled = CompiledPolicy(policy)
    try:
        settings, calendar = _configuration(workspace, run)
        load_calendar(database, calendar)
        with progress.stage("intake"):
            listing = _listing(workspace, database, policy, run, scratch)
            intake = take_in(database, policy, listing, scratch, known_files(database))
            intake = replace(intake, notices=[*intake.notices, *emptied_cells(database, policy)])
        with progress.stage("facts"):
            prepare_facts(database, compiled, sequence, run.as_of)
            compiled = of_batch(database, compiled)
        with progress.stage("validation"):
            validate(database, compiled)
            doubts = tuple(_doubts(database, intake, run))
        before = _run_before(workspace, policy)
        with progress.stage("assessment"):
            if spark:
                assess_on_spark(spark, scratch / "spark", database, compiled)
            else:
                assess(database, compiled)
            find_others(database, compiled, before and result_source(workspace, before, "exception"))
            tell_exceptions(database, compiled)
        if run.whole_tree and not listing.readable and not (before and codes_changed(database, workspace, before)):
            OpenRun.clear(workspace.open_run)
            return Idle(tuple(listing.not_read))
        with progress.stage("gates"):
            gates = hold_gates(database, compiled, settings.gate, _counts_before(before), run.accepted_gates)
        if not run.kept:
            run = _keep(workspace, policy, run, listing, intake, settings, calendar)
    except InputRefused:
        OpenRun.clear(workspace.open_run)
        raise
    with progress.stage("record"):
        body = _body(database, workspace, compiled, run, sequence, intake, settings, calendar, gates, scratch)
        looked_up = (f"{prefix}_{table.name}" for table in policy.reference_tables for prefix in ("typed", "current"))
        let_go(database, [*RECORDED_FROM, *looked_up])
        entry = workspace.record("run", run.actor, body)
        apply_entry(database, workspace, entry)
    return Settled(entry, listing, intake, doubts)


def run_again(workspace: Workspace, database: Database, entry: Entry, progress: Progress) -> Entry:
    """Compute a finished run again from what it began with, and record it, in a workspace whose record ends before it."""
    body = entry.body
    kept = Kept(
        inputs=[(item["file"], item["sha256"]) for item in body["inputs"]],
        policy_files=[(name, body["policy"]["files"][name]) for name in POLICY_FILES],
        settings_sha256=body["configuration_sha256"], calendar_sha256=body["calendar_sha256"],
    )
    run = OpenRun(
        label=body["label"], as_of=dt.date.fromisoformat(body["as_of"]), policy_sha256=body["policy"]["sha256"], policy_source=body["policy_source"],
        folder=body["folder"], whole_tree=False, accepted_gates=body["accepted_gates"], actor=entry.actor, kept=kept,
    )
    return _settle(workspace, database, _policy_for(workspace, run, None), run, progress).entry


def _new_run(request: Request, actor: str, policy: Policy) -> OpenRun:
    day = request.as_of or dt.date.today()
    return OpenRun(
        label=request.label or day.isoformat(), as_of=day, policy_sha256=policy.sha256, policy_source=str(policy.source),
        folder=str(request.folder.resolve()), whole_tree=request.whole_tree, accepted_gates=request.accepted_gates, actor=actor,
    )


def _continued(open_run: OpenRun, request: Request) -> OpenRun:
    """An open run; as long as nothing of it is kept, more gates may be accepted."""
    return open_run if open_run.kept else replace(open_run, accepted_gates=open_run.accepted_gates | request.accepted_gates)


def _policy_for(workspace: Workspace, open_run: OpenRun | None, policy_name: str | None) -> Policy:
    """The policy named by the command; an open run goes on with the very files that it began with."""
    if open_run and open_run.kept:
        return read_policy(Path(open_run.policy_source), {name: workspace.vault.read(sha) for name, sha in open_run.kept.policy_files})
    return load_policy(find_policy(policy_name or (open_run.policy_source if open_run else None)))


def _check_sound(workspace: Workspace, policy: Policy) -> None:
    """A policy in which the check finds something decides nothing. One that is shipped, or that a run used, was looked over before."""
    used = {entry.body["policy"]["sha256"] for entry in runs_of(workspace)}
    if policy.sha256 not in used:
        require_sound(policy)


def _check_same_run(workspace: Workspace, open_run: OpenRun, request: Request) -> None:
    differs = [
        what for what, same in (
            ("folder", open_run.folder == str(request.folder.resolve())),
            ("label", request.label in (None, open_run.label)),
            ("as-of date", request.as_of in (None, open_run.as_of)),
            ("policy", request.policy_name is None or _is_policy_of(open_run, find_policy(request.policy_name))),
        ) if not same
    ]
    if differs:
        raise InputRefused([
            f"run {open_run.label} of {open_run.folder} (as of {open_run.as_of}) was interrupted and is not complete; "
            f"another {' and '.join(differs)} cannot start before it. Complete it first: claims run {open_run.folder} --label {open_run.label} --workspace {workspace.root.resolve()}; "
            f"if it fails again and again, give it up: claims abandon --reason TEXT --workspace {workspace.root.resolve()}"
        ])


def _is_policy_of(open_run: OpenRun, folder: Path) -> bool:
    """Whether a policy folder is the one that a run began with, whatever became of it since, or holds the same."""
    return str(folder) == open_run.policy_source or load_policy(folder).sha256 == open_run.policy_sha256


def _check_order(workspace: Workspace, run: OpenRun) -> None:
    latest = max(runs_of(workspace), key=lambda entry: entry.sequence, default=None)
    if latest and run.as_of < dt.date.fromisoformat(latest.body["as_of"]):
        raise InputRefused([
            f"the as-of date {run.as_of} is before that of the latest run {latest.body['label']} ({latest.body['as_of']}); "
            f"use --as-of {latest.body['as_of']} or later"
        ])


def _check_same_input(entry: Entry, run: OpenRun, policy: Policy) -> None:
    """A finished label may be run again with the same input only."""
    now = [(name, sha256_of(Path(run.folder, name))) for name, _ in list_folder(policy, Path(run.folder)).readable]
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


def abandon_run(workspace: Workspace, actor: str | None, reason: str) -> str:
    """Give up the open run: it has decided nothing, and its files can be taken in by another run. Raises UsageError where there is none."""
    if not reason.strip():
        raise UsageError("--reason: say why the run is given up")
    with workspace.locked("claims abandon"):
        open_run = OpenRun.load(workspace.open_run)
        if open_run is None:
            raise UsageError(f"{workspace.root}: no run is open")
        if entry_of(workspace, open_run.label):
            raise UsageError(f"run {open_run.label} counts already, only its outputs are not complete: claims run {open_run.folder} --label {open_run.label}")
        if not open_run.is_given_up(workspace.journal.entries()):
            _record_abandon(workspace, open_run, actor, reason)
        OpenRun.clear(workspace.open_run)
    return f"Run {open_run.label} of {open_run.folder} is given up; nothing of it counts"


def _record_abandon(workspace: Workspace, open_run: OpenRun, actor: str | None, reason: str) -> None:
    settings = load_settings(workspace.settings)
    person = acting_person(settings, actor)
    told = {
        "label": open_run.label, "as_of": open_run.as_of.isoformat(), "folder": open_run.folder, "policy_sha256": open_run.policy_sha256,
        "program_version": __version__, "configuration_sha256": workspace.vault.put_bytes(settings.recorded()),
    }
    workspace.record(ABANDON, person, told | {"reason": reason})


def entry_of(workspace: Workspace, label: str) -> Entry | None:
    """The journal line of a finished run."""
    return next((entry for entry in runs_of(workspace) if entry.body["label"] == label), None)


def _run_before(workspace: Workspace, policy: Policy) -> Entry | None:
    """The latest run of this policy."""
    return next(reversed(acts_of(workspace, policy.id, "run")), None)


def _counts_before(before: Entry | None) -> Before | None:
    if before is None:
        return None
    fates, outcomes = before.body["counts"]["fates"], before.body["counts"]["outcomes"]
    return Before(lines=sum(fates.values()), claims=sum(outcomes.values()), held=outcomes.get("exception", 0))


def _gates_of(workspace: Workspace, entry: Entry) -> list[Gate]:
    return read_gates(workspace.vault.read(entry.body["results"]["gates"]["sha256"]))


def _not_read(settled: Settled) -> Iterator[str]:
    """The files that are no table's, and the sheets of workbooks that are not the form's."""
    yield from settled.listing.not_read
    yield from (f"{file.name}, sheet “{sheet}”" for file in settled.intake.files for sheet in file.not_read)


def _doubts(database: Database, intake: Intake, run: OpenRun) -> Iterator[str]:
    """What is sound row by row, and yet speaks for a mistake of whoever gave the command: claims that come after the as-of day, and nothing new."""
    [(later, latest)] = database.rows("select count(*), max(submitted_on) from fact where submitted_on > as_of")
    if later:
        yield (f"{later:,} claims were submitted after the as-of day {run.as_of}, the latest on {latest}, and are held until a run as of their day; "
               f"if the day is a mistake, run again with --as-of {latest} or later")
    if intake.files and not intake.fates.get("loaded"):
        yield f"no row of {run.folder} is new: all were taken in before, or are none; if that is not meant, look whether it is the right folder"


def _told(notice: Notice) -> str:
    place = f"{notice.file}:{notice.line}: "
    if notice.raw is None:
        return f"{place}“{notice.header}” is empty, and takes the place of a value that was known; if that is not meant, send the whole row again"
    return f"{place}“{notice.raw}” under “{notice.header}” cannot be read; claims that need it are held"


def _configuration(workspace: Workspace, run: OpenRun) -> tuple[Settings, Calendar]:
    """Settings and calendar of the workspace; those that an open run began with, once they are in the vault."""
    if run.kept:
        extension = workspace.vault.read(run.kept.calendar_sha256) if run.kept.calendar_sha256 else None
        return recorded_settings(workspace.vault.read(run.kept.settings_sha256)), read_calendar(workspace.calendar, extension)
    return load_settings(workspace.settings), calendar_of(workspace.calendar)


def _listing(workspace: Workspace, database: Database, policy: Policy, run: OpenRun, scratch: Path) -> Listing:
    """The files to read: the clerk's, or, once they are in the vault, copies of them as they were then."""
    if run.kept:
        return list_tree(policy, workspace.vault.copied(run.kept.inputs, scratch / "input"))
    folder = Path(run.folder)
    if run.whole_tree:
        known, listing = known_files(database), list_tree(policy, folder)
        return replace(listing, readable=[one for one in listing.readable if _sha256_in(folder, one[0]) not in known])
    listing = list_folder(policy, folder)
    if not listing.readable:
        names = ", ".join(f"{name}*.csv, {name}*.xlsx" for name in policy.tables)
        raise InputRefused([f"{folder}: no file to read: its names must begin with a table's name ({names})"])
    return listing


def _sha256_in(folder: Path, name: str) -> str:
    try:
        return sha256_of(folder / name)
    except OSError as error:
        raise InputRefused([f"{name}: the file cannot be opened ({error.strerror}): let the account that runs this job read it"]) from error


def _keep(
    workspace: Workspace, policy: Policy, run: OpenRun, listing: Listing, intake: Intake, settings: Settings, calendar: Calendar,
) -> OpenRun:
    """Put all that the run began with into the vault and note it, so that an interrupted run goes on with the same bytes."""
    vault = workspace.vault
    for file in intake.files:
        if vault.put_file(listing.folder / file.name) != file.sha256:
            raise InputRefused([f"{file.name}: the file was changed while it was being read; run the command again when it is complete"])
    kept = Kept(
        inputs=[(file.name, file.sha256) for file in intake.files],
        policy_files=[(name, vault.put_bytes(policy.files[name])) for name in POLICY_FILES],
        settings_sha256=vault.put_bytes(settings.recorded()),
        calendar_sha256=None if calendar.extension is None else vault.put_bytes(calendar.extension),
    )
    run = replace(run, kept=kept)
    run.save(workspace.open_run)
    return run


def _body(database, workspace, compiled, run, sequence, intake, settings, calendar, gates, scratch) -> dict:
    policy = compiled.policy
    results = keep_results(database, workspace, compiled, sequence, scratch)
    return circumstances(workspace, policy, settings, calendar) | {
        "label": run.label, "as_of": run.as_of.isoformat(), "folder": run.folder, "policy_source": str(policy.source),
        "inputs": [{"file": file.name, "sha256": file.sha256, "table": file.table, "lines": file.lines} for file in intake.files],
        "counts": counted(database, policy),
        "accepted_gates": {gate.name: gate.accepted for gate in gates if gate.accepted is not None},
        "results": results | {"gates": {"sha256": workspace.vault.put_bytes(gates_json(gates)), "rows": len(gates)}},
    }
