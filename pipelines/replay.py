"""The command of an auditor: every output of a month computed again in a fresh folder, and compared with what is recorded and shown.

Each run and act of the month is given again as it was, on the record as it stood before it, from the bytes, the policy, the settings and the calendar
of then; what came before is taken as recorded. Only what the record holds is read, which is never changed, so no lock is needed, and nothing of the
workspace is written.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from claims import __version__
from claims.bundle import stays_inside
from claims.comparison import Ignored, Place, first_difference, first_difference_of_data, first_difference_of_relations
from claims.database import Database, scratch_database
from claims.errors import ClaimsError, RecordBroken, UsageError
from claims.files import make_folder, sha256_of, write_atomically
from claims.outputs import publish_outputs
from claims.record.journal import Entry
from claims.record.retold import Retold
from claims.record.store import kept_files, open_store, result_source
from claims.register import REGISTER_COLUMNS
from claims.workdays import read_calendar
from claims.workspace import Workspace
from pipelines.delivery import publish_delivered
from pipelines.desk import desk_again
from pipelines.letters import letters_recorded, publish_letters
from pipelines.months import approve_at, close_at, see_to_documents
from pipelines.progress import Progress
from pipelines.report import publish_report
from pipelines.run import run_again

EQUAL, SAME_VALUES, FILLED_IN, DIFFERENT, NOT_COMPARED = "相符", "数值相符", "相符", "不符", "未核对"
REPORT = "report.txt"
SHOWN_MAX = 50
"""How many findings the terminal shows; the report has all."""
BY_HAND = "送达日期、送达方式、回执三栏由经办人填写，其余相符"
NOT_OURS = "不是程序在这一月份写出的文件"
OF_VERSIONS = ("sha256", "program_version", "calendar_version")
"""What another version of the program records otherwise though every value is equal; the digests of a table and of its rows are compared as rows."""
OPEN_COLUMNS = {number for number, column in enumerate(REGISTER_COLUMNS.values(), 1) if column.is_open}


@dataclass(frozen=True)
class Finding:
    """One thing that was compared: what it is called, the result, and what differs or why it was not compared."""

    name: str
    result: str
    why: str = ""

    @property
    def is_different(self) -> bool:
        return self.result == DIFFERENT

    def told(self) -> str:
        return f"  {self.result}　{self.name}{f'　{self.why}' if self.why else ''}"


@dataclass(frozen=True)
class Replayed:
    """A month computed again: what it was made of, what was compared, the folder of what was computed, the files of the vault that were needed.

    `versions` are the recorded versions of the program other than this one.
    """

    name: str
    events: tuple[Entry, ...]
    findings: tuple[Finding, ...]
    folder: Path
    needed: frozenset[str]
    versions: tuple[str, ...]

    def told(self, shown_max: int | None = None) -> str:
        """What was computed again, every comparison, and sums; with `shown_max` only so many of those that are not plainly equal."""
        counts = Counter(finding.result for finding in self.findings)
        by = f"与登记时相同（{__version__}），逐字节核对" if not self.versions else f"为{__version__}，登记时为{'、'.join(self.versions)}，按数值核对"
        listed = self.findings if shown_max is None else sorted(
            (finding for finding in self.findings if finding != Finding(finding.name, EQUAL)), key=lambda finding: not finding.is_different)[:shown_max]
        return "\n".join([
            f"重算{self.name}：{'、'.join(map(title_of, self.events))}；程序版本{by}", *(finding.told() for finding in listed),
            f"共核对{len(self.findings)}项 = {' + '.join(f'{result}{count}项' for result, count in counts.items())}",
        ])


def replay(root: Path, name: str, folder: Path, progress: Progress) -> Replayed:
    """Compute a month, or one run, again into a folder, which is absent or empty, and compare. Raises UsageError."""
    workspace = Workspace(root)
    if not workspace.journal.path.exists():
        raise UsageError(f"{root}: there is no workspace; name one with --workspace")
    events = events_of(workspace.journal.entries(), name)
    _require_fresh(workspace, folder)
    make_folder(folder)
    retold = Retold(workspace, folder)
    findings = []
    for event in events:
        with progress.stage(title_of(event)):
            findings += _Again(retold, event, progress).findings()
    findings += _compared_outputs(retold, events)
    shutil.rmtree(retold.aside)
    kept = kept_files(events).keys()
    versions = tuple(sorted({event.body["program_version"] for event in events if not _is_ours(event)}))
    replayed = Replayed(name, events, tuple(findings), folder, frozenset(retold.borrowed | kept), versions)
    write_atomically(folder / REPORT, f"{replayed.told()}\n".encode())
    return replayed


def events_of(entries: list[Entry], name: str) -> tuple[Entry, ...]:
    """What makes up a month, oldest first: the runs as of its days or of that label, and for each policy the close that counts and its approval.

    Raises UsageError where there is nothing of that name.
    """
    runs = [entry for entry in entries if entry.kind == "run" and (entry.body["label"] == name or entry.body["as_of"].startswith(f"{name}-"))]
    closes = {entry.body["policy"]["id"]: entry for entry in entries if entry.kind == "close" and entry.body["month"] == name}
    approvals = [entry for entry in entries if entry.kind == "approve" and entry.body["month"] == name]
    found = sorted([*runs, *closes.values(), *approvals], key=lambda entry: entry.sequence)
    if not found:
        labels = [entry.body["label"] for entry in entries if entry.kind == "run"]
        raise UsageError(f"{name}: there is neither a run of that label nor one of that month (2024-06); finished runs are: {', '.join(labels) or 'none'}")
    strange = [written for event in found for written in _places_written(event) if not stays_inside(written)]
    if strange:
        raise RecordBroken(f"the journal names {ascii(strange[0])[:80]}, which leads outside the folder that it belongs in")
    return tuple(found)


def _places_written(event: Entry) -> Iterator[str]:
    """The names of an event that become names of files: a journal may come from elsewhere."""
    yield event.body["policy"]["id"]
    yield event.body["label"] if event.kind == "run" else event.body["month"]
    yield from (item["file"] for item in event.body["inputs"])


def title_of(event: Entry) -> str:
    """What an event is called in the report."""
    if event.kind == "run":
        return f"批次{event.body['label']}"
    return {"close": "封账", "approve": "批准"}[event.kind] + f"{event.body['month']}（{event.body['policy']['id']}）"


def _require_fresh(workspace: Workspace, folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: there is something already; name a folder with --into that is absent or empty")
    if folder.resolve().is_relative_to(workspace.root.resolve()):
        raise UsageError(f"{folder} lies in the workspace, in which nothing is changed: name a folder outside with --into")


def _is_ours(event: Entry) -> bool:
    """Whether this program, with this calendar of days off, recorded an event."""
    calendar = read_calendar(Path(), None).version
    return event.body["program_version"] == __version__ and event.body["calendar_version"].split(",")[0] == calendar


# ---------------------------------------------------------------- one event made again


class _Again:
    """One event, given again on the record as it stood before it."""

    def __init__(self, retold: Retold, event: Entry, progress: Progress):
        self.retold, self.event, self.progress = retold, event, progress

    def findings(self) -> Iterator[Finding]:
        """Make it again, with its outputs; compare its line and its results."""
        try:
            again = self._made()
        except ClaimsError as error:
            self.retold.remove_store()
            yield Finding(f"{title_of(self.event)}", DIFFERENT, f"不能重算：{error}")
            return
        if again.body["results"] != self.event.body["results"]:
            self.retold.remove_store()
        yield self._line(again)
        yield from (self._result(again, name) for name in self.event.body["results"])

    def _made(self) -> Entry:
        self.retold.stand_before(self.event.sequence)
        make_folder(self.retold.aside)
        with open_store(self.retold) as database:
            make = {"run": self._run, "close": self._close, "approve": self._approve}[self.event.kind]
            make(database)
            return self.retold.journal.entries()[self.event.sequence - 1]

    def _run(self, database: Database) -> None:
        entry = run_again(self.retold, database, self.event, self.progress)
        publish_outputs(database, self.retold, entry)
        place = Path("out", entry.body["label"], "letters")
        # drawn once, they are compared, also where somebody took them away
        if place.as_posix() in letters_recorded(self.retold.journal.recorded) or (self.retold.recorded.root / place).is_dir():
            publish_letters(database, self.retold, entry, entry.actor, self.progress)
        publish_report(database, self.retold, entry)

    def _close(self, database: Database) -> None:
        close_at(desk_again(self.retold, database, self.event), self.event.body["month"])

    def _approve(self, database: Database) -> None:
        approve_at(desk_again(self.retold, database, self.event), self.event.body["month"], self.event.body["minutes"])

    def _line(self, again: Entry) -> Finding:
        """What the journal says of it, but for the results, which are compared one by one."""
        said = [{name: value for name, value in entry.body.items() if name != "results"} for entry in (self.event, again)]
        differing = first_difference_of_data(*said, ignored=_ignored(self.event))
        name = f"{title_of(self.event)}　登记内容（journal.jsonl第{self.event.sequence}行）"
        return Finding(name, DIFFERENT, differing.told()) if differing else Finding(name, EQUAL)

    def _result(self, again: Entry, name: str) -> Finding:
        """One result relation."""
        title = f"{title_of(self.event)}　结果{name}"
        recorded, now = (entry.body["results"].get(name) for entry in (self.event, again))
        if now is None:
            return Finding(title, DIFFERENT, "重算没有这项结果")
        if recorded["sha256"] == now["sha256"]:
            return Finding(title, EQUAL)
        paths = [vault.path(result["sha256"]) for vault, result in ((self.retold.recorded.vault, recorded), (self.retold.vault, now))]
        if paths[0].read_bytes()[:4] != b"PAR1":
            return _judged(title, self.event, first_difference_of_data(*(path.read_text(encoding="utf-8").splitlines() for path in paths)))
        with open_store(self.retold) as database:
            return _judged(title, self.event, first_difference_of_relations(database, *paths))


def _ignored(event: Entry) -> Ignored:
    """The places that another version of the program may fill otherwise."""
    return (lambda place: False) if _is_ours(event) else (lambda place: place.path.endswith(OF_VERSIONS) or place.path.startswith("changed["))


def _judged(name: str, event: Entry, differing) -> Finding:
    """What two things with other bytes are, after their values were compared."""
    if differing:
        return Finding(name, DIFFERENT, differing.told())
    return Finding(name, DIFFERENT, "字节不同，读出的数值都相同") if _is_ours(event) else Finding(name, SAME_VALUES)


# ---------------------------------------------------------------- outputs


def _compared_outputs(retold: Retold, events: tuple[Entry, ...]) -> Iterator[Finding]:
    """Every output folder of the month, beside the one that was computed again."""
    for event in events:
        if event.kind == "run":
            yield from _compared_folder(retold, event, Path("out", event.body["label"]))
    for event in {event.body["policy"]["id"]: event for event in events if event.kind != "run"}.values():
        _see_to_later(retold, event)
        yield from _compared_folder(retold, event, Path("months", event.body["month"], event.body["policy"]["id"]))


def _see_to_later(retold: Retold, event: Entry) -> None:
    """Write what followed later events: the documents of a month that is not approved, letters that could not be drawn at first, deliveries."""
    held = retold.months / event.body["month"] / event.body["policy"]["id"] / "letters" / "held.csv"
    if event.kind == "close" or held.exists() and len(held.read_bytes().splitlines()) > 1:
        retold.stand_at_the_end()
        with open_store(retold) as database:
            see_to_documents(desk_again(retold, database, event), event.body["month"])
    for act, numbers in _latest_delivery(retold, event):
        retold.stand_before(act.sequence + 1)
        with open_store(retold) as database:
            list(publish_delivered(desk_again(retold, database, act), numbers))


def _latest_delivery(retold: Retold, event: Entry) -> Iterator[tuple[Entry, list[str]]]:
    """The latest act that recorded deliveries of letters that an approval issued, with their numbers, if there is one."""
    acts = [entry for entry in retold.journal.recorded if entry.kind == "deliver" and entry.body["policy"]["id"] == event.body["policy"]["id"]]
    with scratch_database(*retold.reached) as database:
        for act in reversed(acts if event.kind == "approve" else []):
            sources = {name: result_source(retold, entry, name) for name, entry in (("issued_letter", event), ("delivery", act))}
            numbers = [number for (number,) in database.rows(database.render("audit/delivered_number.sql", **sources))]
            if numbers:
                yield act, numbers
                return


def _compared_folder(retold: Retold, event: Entry, place: Path) -> Iterator[Finding]:
    """Every file of an output folder; what stands there besides is named."""
    recorded, again = retold.recorded.root / place, retold.out.parent / place
    names = {path.relative_to(folder) for folder in (recorded, again) for path in folder.rglob("*") if path.is_file()}
    for name in sorted(names):
        title = (place / name).as_posix()
        if not (again / name).exists():
            yield Finding(title, NOT_COMPARED, NOT_OURS)
        elif not (recorded / name).exists():
            yield Finding(title, DIFFERENT, "工作区没有这个文件")
        else:
            yield _compared_file(title, event, recorded / name, again / name)


def _compared_file(title: str, event: Entry, recorded: Path, again: Path) -> Finding:
    if sha256_of(recorded) == sha256_of(again):
        return Finding(title, EQUAL)
    try:
        differing = first_difference(recorded, again, _ignored(event))
        if differing and recorded.stem == "register" and not first_difference(recorded, again, _is_open_cell):
            return Finding(title, FILLED_IN, BY_HAND)
        return _judged(title, event, differing)
    except ValueError as error:
        return Finding(title, DIFFERENT, f"文件不能按其格式读出（{error}）")


def _is_open_cell(place: Place) -> bool:
    """Whether a cell of the register is one that people fill in."""
    return place.column in OPEN_COLUMNS
