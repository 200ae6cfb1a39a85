"""The command that tells whether a workspace is what its record says. It trusts journal and vault alone, as far as their own hashes bear them out.

While it holds the workspace it copies the journal and the store, no more. Then it makes a second workspace of that journal and the same vault, with a
store and documents of its own, and compares. What is only missing is told beside: the next command writes it again.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from claims import __version__
from claims.casefile import CaseFile, Supplement
from claims.commendation_outputs import publish_commendation
from claims.database import Database, connect
from claims.errors import RecordBroken, StatementFailed
from claims.files import make_folder
from claims.ledger import ledger_defects
from claims.months.closes import look_at_months, month_text
from claims.months.issuing import issued_cases, issued_letters
from claims.outputs import publish_outputs
from claims.payment_lists import has_lists, publish_lists
from claims.record.circumstances import settings_of
from claims.record.journal import Entry, os_account
from claims.record.store import enter_policy, kept_files, open_store, policy_of, table_digests
from claims.register import Registered, register_files
from claims.report.sheets import FOLDER as SHEETS
from claims.trace import case_files
from claims.unfinished import unfinished_acts
from claims.verifying import Findings
from claims.verifying.figures import figure_difference, figures_differ
from claims.verifying.registers import register_difference
from claims.verifying.shown import changed_files, difference, strangers
from claims.verifying.store import attach_both, differences, planted, unfit_store
from claims.workdays import calendar_of
from claims.workspace import SHOWN, Workspace
from pipelines.commend import KIND as COMMENDATION
from pipelines.delivery import DELIVERED, delivered_of, latest_delivery
from pipelines.desk import Desk
from pipelines.judged import is_ours
from pipelines.letters import folder_of_letters, letters_recorded, manifest_files
from pipelines.months import latest_act, papers_of
from pipelines.progress import Progress
from pipelines.queries import existing
from pipelines.report import publish_month_report, publish_report
from pipelines.review import LIST, letters_of_review, list_of_returned, returned_by
from pipelines.running_lists import ACTS, last_changed, see_to_list

FILLED_IN = ("register.xlsx", "register.csv")
"""What people write into: compared in the columns that are not theirs."""
OF_LETTERS = (DELIVERED, "register-earlier.xlsx", "register-earlier.csv")
NOT_COMPARED = {"months": OF_LETTERS, "reviews": OF_LETTERS, "payments": ("waiting.xlsx", "waiting.csv")}
"""What was put aside, or tells what no line of the journal says (a list without a delivery, or of an earlier version), by the folder that it lies in."""
TOLD_AT_MOST = 50


@dataclass(frozen=True)
class Examined:
    """A workspace that is examined. `again` is the one that is made of its record: its journal as it was, `entries`, and its vault; `store` is a copy
    of its store, which may be missing."""

    real: Workspace
    again: Workspace
    entries: list[Entry]
    store: Path

    def acts(self, kind: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.kind == kind]


@dataclass(frozen=True)
class Compared:
    """How many files were compared with what the record gives, and how many were not, since they are missing."""

    files: int = 0
    missing: int = 0

    def __add__(self, other: Compared) -> Compared:
        return Compared(self.files + other.files, self.missing + other.missing)

    def told(self, what: str) -> str:
        return f"{self.files:,} {what}{f' ({self.missing:,} more are missing)' if self.missing else ''}"


def verify(root: Path, deep: bool, progress: Progress) -> str:
    """Examine a workspace; `deep` draws every letter again. Returns what was checked; raises RecordBroken with everything that differs.

    Raises WorkspaceBusy instead where other commands may have changed it meanwhile.
    """
    real = existing(root)
    with tempfile.TemporaryDirectory(prefix="claims-verify-") as folder:
        findings = Findings()
        examined = _taken(real, Path(folder), findings)
        checked = [*_checked(examined, deep, findings, progress)]
    if findings.differs:
        real.require_still(examined.entries)
    notes = [f"Note: {note}" for note in findings.notes]
    covers = [f"Cover of {entry.body['month']} ({entry.body['policy']['id']}): line {entry.sequence}, {entry.sha256}" for entry in examined.acts("close")]
    if findings.differs:
        more = len(findings.differs) - TOLD_AT_MOST
        listed = [*findings.differs[:TOLD_AT_MOST], *([f"… and {more:,} more"] if more > 0 else [])]
        raise RecordBroken("\n".join(["this differs from the record:", *listed, *notes, f"Checked: {', '.join(checked)}", WHAT_TO_DO]))
    return "\n".join([*notes, *covers, f"Verified: {', '.join(checked)}; nothing differs"])


WHAT_TO_DO = (
    "Journal and vault: restore the workspace from a backup. Store: `claims rebuild`. Other files: a command that was interrupted after its line leaves them "
    "as they were before; give the latest command again, then verify again. Else move them aside, give the command that writes them again, or take them from "
    "the folder of `claims replay MONTH`, and find out who changed them."
)


def _taken(real: Workspace, folder: Path, findings: Findings) -> Examined:
    """Copy what other commands might change, and see that journal and head outside fit. Raises RecordBroken where the chain is broken."""
    again = Workspace(folder / "again")
    make_folder(again.root)
    with real.held_still("claims verify"):
        entries = real.journal.entries()
        if real.journal.is_torn():
            findings.notes.append(f"{real.journal.path}: a crash tore its last line, which counts for nothing; the next command cuts it off")
        for path in real.store_files:
            if path.exists():
                shutil.copyfile(path, folder / path.name)
        head = real.outside_head
        try:
            real.compared()
            # one that knows nothing is told with what the record says of it
            findings.notes += [note for note in [head.note(entries)] if note and note != head.gap(entries)]
            if run := real.incomplete_run():
                findings.notes.append(f"{real.open_run}: run {run.label} as of {run.as_of} was begun by {run.actor} and is not complete: `{run.same_command}`")
        except RecordBroken as broken:
            findings.differs.append(str(broken))
    again.journal.path.write_bytes(b"".join(entry.line() + b"\n" for entry in entries))
    again.vault.root.symlink_to(real.vault.root.resolve())
    return Examined(real, again, entries, folder / real.database.name)


def _checked(examined: Examined, deep: bool, findings: Findings, progress: Progress) -> Iterator[str]:
    """Go through all parts; says of each what was checked."""
    outside = examined.real.outside_head.path
    yield (f"{len(examined.entries):,} lines of the journal (head {examined.entries[-1].sha256 if examined.entries else 'none'}, "
           f"{f'kept in {outside}' if outside else 'kept nowhere outside: compare the covers with those on paper'})")
    with progress.stage("vault"):
        kept = _look_at_vault(examined, findings)
    findings.notes += (f"{one.act.kind}: {one.why}: `{one.command}`" for one in unfinished_acts(examined.real))
    yield f"{kept:,} files of the vault"
    if findings.differs:
        return
    findings.notes += _outside_by_the_record(examined)
    with progress.stage("record"):
        database = open_store(examined.again)
        digests = table_digests(database)
    try:
        desks = _desks(examined, database)
        with progress.stage("ledger"):
            _look_at_ledgers(desks, findings)
        yield f"{len(desks)} ledgers"
        with progress.stage("documents"):
            written = _look_at_documents(examined, database, desks, findings)
        with progress.stage("letters"):
            letters = _look_at_letters(examined, database, desks, deep, findings)
        uncompared = _look_at_strangers(examined, findings)
    finally:
        database.close()
    with progress.stage("store"):
        _look_at_store(examined, findings)
    yield f"{len(digests):,} tables with {sum(rows for rows, _ in digests.values()):,} rows"
    yield written.told("documents")
    yield letters.told(f"files of letters {'drawn again' if deep else 'by their digests'}")
    if uncompared:
        yield f"{len(uncompared):,} files not compared, since they tell what held when they were written ({uncompared[0]} first)"


# ---------------------------------------------------------------- the record and the store


def _look_at_vault(examined: Examined, findings: Findings) -> int:
    """Read every file that the journal counts on."""
    kept = kept_files(examined.entries)
    for sha256, what in kept.items():
        try:
            examined.real.vault.path(sha256)
        except RecordBroken as broken:
            findings.differs.append(f"{what}: {broken}")
    return len(kept)


def _outside_by_the_record(examined: Examined) -> Iterator[str]:
    """What the record says otherwise of the head outside: that it was kept in another place, or before the file there begins."""
    head, entries = examined.real.outside_head, examined.entries
    under = {entry.body["configuration_sha256"]: entry for entry in entries if "configuration_sha256" in entry.body}
    places = {sha256: settings_of(examined.again, entry).record.head_file for sha256, entry in under.items()}
    named = [(entry, examined.real.root / place) for entry in entries if (place := places.get(entry.body.get("configuration_sha256")))]
    if named and named[-1][1] != head.path:
        entry, place = named[-1]
        yield (f"line {entry.sequence} of {entry.at} was written while the head was kept in {place}; {examined.real.settings} names {head.path or 'none'} now, "
               "so nothing was compared with that file. Name it again and repeat this, unless the office decided otherwise")
    if gap := head.gap(entries):
        yield f"{gap}. By the settings on record {f'it is configured since line {named[0][0].sequence}' if named else 'it never was before'}"


def _look_at_store(examined: Examined, findings: Findings) -> None:
    name = examined.real.database
    if not examined.store.exists():
        findings.notes.append(f"{name} is missing; the next command makes it anew")
        return
    with connect(examined.store.with_name("compared.duckdb"), works_on=[examined.real.vault.root]) as database:
        try:
            attach_both(database, examined.again.database, examined.store)
            unfit, by_hand = unfit_store(database, examined.entries)
            if unfit:
                (findings.differs if by_hand else findings.notes).append(f"{name}: {unfit}")
            else:
                findings.differs += (f"{name}, {place}" for place in [*differences(database), *planted(database)])
        except StatementFailed as failure:
            findings.differs.append(f"{name}: it cannot be read: {str(failure).splitlines()[0]}")


def _desks(examined: Examined, database: Database) -> list[Desk]:
    """A desk in the workspace made anew for each policy, under that of its latest run."""
    runs: dict[str, list[Entry]] = {}
    for run in examined.acts("run"):
        runs.setdefault(run.body["policy"]["id"], []).append(run)
    return [
        Desk(
            examined.again, database, policy_of(examined.again, of_policy[-1]), tuple(of_policy), settings_of(examined.again, of_policy[-1]),
            calendar_of(examined.again.calendar), "", dt.date.today(), os_account(),
        ) for of_policy in runs.values()
    ]


def _look_at_ledgers(desks: Iterable[Desk], findings: Findings) -> None:
    for at in desks:
        enter_policy(at.database, at.policy)
        findings.differs += (f"ledger of {at.policy.id}: {' '.join(map(str, defect))}" for defect in ledger_defects(at.database))


# ---------------------------------------------------------------- documents


def _look_at_documents(examined: Examined, database: Database, desks: Iterable[Desk], findings: Findings) -> Compared:
    """Write every document again, and compare."""
    compared = Compared()
    for run in examined.acts("run"):
        folder = publish_outputs(database, examined.again, run)
        publish_report(database, examined.again, run)
        compared += _compare_folder(examined, folder, run, findings)
    for list_of_year in {entry.body["year"]: entry for entry in examined.acts(COMMENDATION)}.values():
        compared += _compare_folder(examined, publish_commendation(examined.again, list_of_year), list_of_year, findings)
    for at in desks:
        enter_policy(database, at.policy)
        for folder, act in [*_months_again(at), *_plans_again(at), *_reviews_again(at)]:
            compared += _compare_folder(examined, folder, act, findings)
        for listed, act in _running_lists_again(at):
            compared += _compare(examined, listed.parent, [listed.with_suffix(".csv"), listed], act, findings)
        for listed, act in _deliveries_again(at):
            compared += _compare(examined, listed.parent, [listed], act, findings)
    return compared


def _months_again(at: Desk) -> Iterator[tuple[Path, Entry]]:
    for close in look_at_months(at.database).values():
        act = latest_act(at, close)
        folder, papers = papers_of(at, close)
        publish_month_report(at.workspace, folder, papers)
        if close.approval:
            _register_again(at.under(act), folder, month_text(close.month), issued_letters(at.database, close))
        yield folder, act


def _plans_again(at: Desk) -> Iterator[tuple[Path, Entry]]:
    for plan in filter(has_lists, at.acts("plan")):
        yield publish_lists(at.database, at.workspace, at.under(plan).policy, plan), plan


def _running_lists_again(at: Desk) -> Iterator[tuple[Path, Entry]]:
    """Each list that every act goes on with, and the latest act that could change it."""
    for name, act in last_changed(at.acts(*ACTS)).items():
        if listed := see_to_list(at, name):
            yield listed, act


def _deliveries_again(at: Desk) -> Iterator[tuple[Path, Entry]]:
    """Each list of deliveries, and the latest act that recorded one in it. Another version wrote its lists by settings and calendar of any later day."""
    for issuing in at.acts("approve", "review"):
        latest = latest_delivery(at, issuing.sequence)
        if latest and is_ours(latest):
            folder, content = delivered_of(at, issuing.sequence)
            make_folder(folder)
            (folder / DELIVERED).write_bytes(content)
            yield folder / DELIVERED, latest


def _reviews_again(at: Desk) -> Iterator[tuple[Path, Entry]]:
    for review in at.acts("review"):
        then = at.under(review)
        if returned := returned_by(then, review):
            folder, subject, letters = letters_of_review(then, review, returned)
            make_folder(folder)
            (folder / LIST).write_bytes(list_of_returned(returned))
            _register_again(then, folder, subject, letters)
            yield folder, review


def _register_again(at: Desk, folder: Path, subject: str, letters: list[Registered]) -> None:
    """The register of letters as it was written when they were drawn; none where they were not."""
    drawn = letters_recorded(at.workspace.journal.entries()).get(_place(at.workspace, folder / "letters"))
    if drawn is None:
        return
    make_folder(folder / "letters")
    (folder / "letters" / "manifest.json").write_bytes(at.workspace.vault.read(drawn.body["results"]["manifest"]["sha256"]))
    for name, content in register_files(at.policy, subject, letters, folder / "letters").items():
        (folder / name).write_bytes(content)


def _compare_folder(examined: Examined, folder: Path, act: Entry, findings: Findings) -> Compared:
    """Compare the files of one folder with those in the workspace."""
    # the letters of runs and acts are compared by their digests, those of a commendation are written with its other files
    paths = folder.rglob("*") if act.kind == COMMENDATION else (*folder.iterdir(), *(folder / SHEETS).glob("*"))
    return _compare(examined, folder, sorted(path for path in paths if path.is_file()), act, findings)


def _compare(examined: Examined, folder: Path, files: Sequence[Path], act: Entry, findings: Findings) -> Compared:
    """Compare files in a folder that an act wrote with those in the workspace."""
    found = examined.real.root / _place(examined.again, folder)
    missing = []
    for ours in files:
        name = ours.relative_to(folder)
        theirs = found / name
        if not theirs.is_file():
            missing.append(name.as_posix())
        elif told := register_difference(ours, theirs) if ours.name in FILLED_IN else difference(ours, theirs):
            version = act.body["program_version"]
            if version == __version__:
                findings.differs.append(f"{theirs}: {told}")
            elif figure := register_difference(ours, theirs, figures_differ) if ours.name in FILLED_IN else figure_difference(ours, theirs):
                findings.differs.append(f"{theirs}: {figure}; version {version} wrote it, but no version tells that otherwise")
            else:
                findings.notes.append(f"{theirs}: {told}; whether that is a fault is not told: version {version} wrote it. `claims replay` under it does")
    if missing:
        findings.notes.append(f"{found}: missing are {', '.join(missing)}; the command that wrote them writes them again, `claims replay MONTH` all of a month, into a folder of its own")
    return Compared(len(files) - len(missing), len(missing))


# ---------------------------------------------------------------- letters


def _look_at_letters(examined: Examined, database: Database, desks: Iterable[Desk], deep: bool, findings: Findings) -> Compared:
    """Compare every letter with its digest in the record, and where `deep` says so with one that is drawn again."""
    compared = Compared()
    for place, line in letters_recorded(examined.entries).items():
        folder, recorded = examined.real.root / place, manifest_files(examined.again, line)
        expected = folder_of_letters(examined.real, examined.entries[line.body["of"] - 1])
        if folder != expected:
            findings.differs.append(f"{examined.real.journal.path}, line {line.sequence}: the letters of line {line.body['of']} lie in {expected}, it names {folder}")
        changed = [*changed_files(folder, recorded)]
        findings.differs += (f"{folder / name}: it is not the letter that was recorded (line {line.sequence})" for name, is_there in changed if is_there)
        missing = [name for name, is_there in changed if not is_there]
        compared += Compared(len(recorded) - len(missing), len(missing))
        if missing:
            findings.notes.append(f"{folder}: {len(missing):,} files are missing ({missing[0]} first); the command that drew them draws them again")
        if deep:
            _draw_again(examined, database, desks, place, line, recorded, findings)
    return compared


def _draw_again(
    examined: Examined, database: Database, desks: Iterable[Desk], place: str, line: Entry, recorded: dict[str, str], findings: Findings,
) -> None:
    # imported here: typst and the fonts are wanted only where letters are drawn
    from claims.letters import render_letters
    from claims.letters.look import look_of

    event = examined.entries[line.body["of"] - 1]
    if line.body["program_version"] != __version__:
        findings.notes.append(f"{place}: not drawn again, version {line.body['program_version']} drew it")
        return
    at = next(at for at in desks if at.policy.id == event.body["policy"]["id"]).under(event)
    enter_policy(database, at.policy)
    cases = _cases_of(at, event)
    if cases is None:
        findings.notes.append(f"{place}: compared by digest alone: a draft of a correction tells what had been issued when it was drawn")
        return
    folder = examined.again.fresh_scratch("letters")
    result = render_letters(cases, folder, look=look_of(at.workspace, at.settings))
    drawn = {file.name: file.sha256 for file in result.files}
    differing = [name for name in recorded if name.endswith((".pdf", ".docx")) and drawn.get(name) != recorded[name]]
    if differing:
        findings.differs.append(f"{examined.real.root / place / differing[0]}: drawn again, {len(differing)} letters come out otherwise, this one first")


def _cases_of(at: Desk, event: Entry) -> Iterable[CaseFile | Supplement] | None:
    """What the letters that follow from an event are made of; None where that cannot be told any more."""
    if event.kind == "run":
        return case_files(at.database, at.workspace, event)
    if event.kind == "review":
        return returned_by(at, event)
    if event.kind == "approve":
        return issued_cases(at.database, at.workspace, at.settings, at.runs, look_at_months(at.database)[event.body["month"]])
    return None


# ---------------------------------------------------------------- what is not of the record


def _look_at_strangers(examined: Examined, findings: Findings) -> list[str]:
    """Note the files in the folders of documents that no command wrote; people may keep things there. Gives those that are not compared."""
    known = {examined.real.root / _place(examined.again, path) for name in SHOWN for path in (examined.again.root / name).rglob("*") if path.is_file()}
    for place, line in letters_recorded(examined.entries).items():
        folder = examined.real.root / place
        known |= {folder / name for name in manifest_files(examined.again, line)}
    uncompared = []
    for name in SHOWN:
        others = strangers(examined.real.root / name, known)
        found = [path for path in others if path.name not in NOT_COMPARED.get(name, ())]
        uncompared += [_place(examined.real, path) for path in others if path not in found]
        if found:
            findings.notes.append(f"{examined.real.root / name}: {len(found):,} files are not of the record, {found[0]} first")
    return uncompared


def _place(workspace: Workspace, path: Path) -> str:
    return path.relative_to(workspace.root).as_posix()
