"""The command of an auditor: every output of a month computed again in a fresh folder, and compared with what is recorded and shown.

Each event of the month is given again as it was, on the record as it stood before it, from the bytes, the policy, the settings and the calendar of then;
what came before is taken as recorded. No lock is taken and nothing of the workspace is written; where something differs and a command was at work beside,
that is told instead.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from claims import __version__
from claims.comparison import first_difference_of_data, first_difference_of_relations
from claims.database import Database
from claims.errors import ClaimsError, UsageError, WorkspaceBusy
from claims.files import make_folder, sha256_of, write_atomically
from claims.outputs import publish_outputs
from claims.record.journal import CLOCK, Entry
from claims.record.retold import Retold
from claims.record.store import ends_with, is_applied, kept_files, open_store
from claims.workspace import Workspace
from pipelines.acts_again import ACTS, give_again
from pipelines.commend import KIND as COMMENDATION, commend_again
from pipelines.judged import DIFFERENT, EQUAL, NOT_COMPARED, Finding, ignored, is_ours, judged
from pipelines.letters import LETTERS, letters_recorded, publish_letters
from pipelines.progress import Progress
from pipelines.queries import existing
from pipelines.report import publish_report
from pipelines.run import run_again
from pipelines.shown_again import OF_MONTHS, compared_places, shown_again

REPORT = "report.txt"
SHOWN_MAX = 50
"""How many findings the terminal shows; the report has all."""
AS_RECORDED = "没有可以重新计算的内容，以登记为准"
STEPS = {"propose": "提出", "agree": "同意", "drop": "撤回", "raise": "提出", "uphold": "成立", "dismiss": "不成立"}


@dataclass(frozen=True)
class Replayed:
    """A month computed again: what it was made of, what was compared, the folder of what was computed, the files of the vault that were needed.

    `places` are where documents were compared, in a workspace; `versions` the recorded versions of the program other than this one.
    """

    name: str
    events: tuple[Entry, ...]
    findings: tuple[Finding, ...]
    folder: Path
    places: tuple[Path, ...]
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
    """Compute a month, or one run, again into a folder, which is absent or empty, and compare. Raises UsageError.

    Raises WorkspaceBusy where somebody holds the workspace, or what differs may be what other commands were writing meanwhile.
    """
    workspace = existing(root)
    entries = workspace.compared()
    events = events_of(entries, name)
    _require_fresh(workspace, folder)
    workspace.require_still(entries)
    make_folder(folder)
    retold = Retold(workspace, folder)
    findings = []
    for event in events:
        with progress.stage(title_of(event)):
            findings += _Again(retold, event, progress).findings()
    with progress.stage("outputs"):
        shown = shown_again(retold, events)
        findings += [*_compared_letters(retold, events), *compared_places(retold, shown)]
    if any(finding.is_different for finding in findings):
        _require_still(workspace, entries, folder)
    shutil.rmtree(retold.aside, ignore_errors=True)
    kept = kept_files(events).keys()
    versions = tuple(sorted({event.body["program_version"] for event in events if event.kind in COMPUTED and not is_ours(event)}))
    replayed = Replayed(name, events, tuple(findings), folder, tuple(one.place for one in shown), frozenset(retold.borrowed | kept), versions)
    write_atomically(folder / REPORT, f"{replayed.told()}\n".encode())
    return replayed


def events_of(entries: list[Entry], name: str) -> tuple[Entry, ...]:
    """What makes up a month, oldest first: every event of it, and the runs of that label. Letters belong to the event that they follow from.

    Raises UsageError where there is nothing of that name.
    """
    found = [entry for entry in entries if entry.kind != LETTERS and name in (month_of(entry), entry.kind == "run" and entry.body["label"])]
    if not found:
        labels = [entry.body["label"] for entry in entries if entry.kind == "run"]
        raise UsageError(f"{name}: nothing is recorded of such a month (2024-06), and no run has that label; finished runs are: {', '.join(labels) or 'none'}")
    return tuple(found)


def month_of(event: Entry) -> str:
    """The month that an event belongs to: the one that it names (a close, an objection, an approval), else that of its day: of a run the day as of which
    it is, of an act the office's day. What has no day of an office (a commendation, a statement about the clock) has that of its line, in UTC."""
    body = event.body
    if event.kind in OF_MONTHS:
        return body["month"]
    return (body["as_of"] if event.kind in ("run", "abandon") else body["on"] if event.kind in ACTS else event.at)[:7]


def title_of(event: Entry) -> str:
    """What an event is called in the report."""
    body = event.body
    if event.kind == "run":
        return f"批次{body['label']}"
    known = {
        "close": "封账{month}", "approve": "批准{month}", "object": "异议{claim_id}{step}", "review": "复核{on}", "deliver": "送达{on}", "budget": "预算{on}",
        "plan": "支付清单{on}", "confirm": "银行回单{on}" if body.get("inputs") else "银行退回{on}", "recover": "退款{on}", "adjust": "更正{claim_id}{step}",
        COMMENDATION: "表彰{year}", "abandon": "放弃批次{label}", CLOCK: "时钟更正",
    }
    title = known[event.kind].format_map(body | {"step": STEPS.get(body.get("action"), "")}) if event.kind in known else ascii(event.kind)
    return f"{title}（{body['policy']['id']}，第{event.sequence}行）" if "policy" in body else f"{title}（第{event.sequence}行）"


def _require_fresh(workspace: Workspace, folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: there is something already; name a folder with --into that is absent or empty")
    if folder.resolve().is_relative_to(workspace.root.resolve()):
        raise UsageError(f"{folder} lies in the workspace, in which nothing is changed: name a folder outside with --into")


def _require_still(workspace: Workspace, entries: list[Entry], folder: Path) -> None:
    """Nothing stays of what is refused, so that the same command can be given again."""
    try:
        workspace.require_still(entries)
    except WorkspaceBusy:
        shutil.rmtree(folder)
        raise


# ---------------------------------------------------------------- one event made again


class _Again:
    """One event, given again on the record as it stood before it."""

    def __init__(self, retold: Retold, event: Entry, progress: Progress):
        self.retold, self.event, self.progress = retold, event, progress

    def findings(self) -> Iterator[Finding]:
        """Make it again, with its outputs; compare its line and its results."""
        if self.event.kind not in COMPUTED:
            yield Finding(title_of(self.event), NOT_COMPARED, AS_RECORDED)
            return
        try:
            again = self._made()
        except ClaimsError as error:
            self.retold.remove_store()
            yield Finding(f"{title_of(self.event)}", DIFFERENT, f"不能重算：{error}")
            return
        if again is None:
            yield Finding(title_of(self.event), DIFFERENT, "重算没有可登记的内容")
            return
        yield self._line(again)
        yield from (self._result(again, name) for name in self.event.body["results"])
        if not self._same_results(again):  # the next event is made on what is recorded
            self.retold.remove_store()

    def _made(self) -> Entry | None:
        """The event as it comes out now, with its outputs written; None where nothing comes out that would be recorded."""
        self.retold.stand_before(self.event.sequence)
        make_folder(self.retold.aside)
        with open_store(self.retold) as database:
            COMPUTED[self.event.kind](self.retold, database, self.event, self.progress)
            made = self.retold.journal.entries()[self.event.sequence - 1:]
            again = next((entry for entry in made if entry.kind == self.event.kind), None)
            if again and is_applied(again) and self._same_results(again):
                ends_with(database, self.event)  # on the record, which the next event is made on, its line may name another version
            return again

    def _same_results(self, again: Entry) -> bool:
        return again.body["results"] == self.event.body["results"]

    def _line(self, again: Entry) -> Finding:
        """What the journal says of it, but for the results, which are compared one by one."""
        said = [{name: value for name, value in entry.body.items() if name != "results"} for entry in (self.event, again)]
        differing = first_difference_of_data(*said, ignored=ignored(self.event))
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
            return judged(title, self.event, first_difference_of_data(*(path.read_text(encoding="utf-8").splitlines() for path in paths)))
        with open_store(self.retold) as database:
            return judged(title, self.event, first_difference_of_relations(database, *paths))


def _run(retold: Retold, database: Database, event: Entry, progress: Progress) -> None:
    """A run, with its outputs, its drafts and its report."""
    entry = run_again(retold, database, event, progress)
    publish_outputs(database, retold, entry)
    place = Path("out", entry.body["label"], "letters")
    # drawn once, they are compared, also where somebody took them away
    if place.as_posix() in letters_recorded(retold.journal.recorded) or (retold.recorded.root / place).is_dir():
        publish_letters(database, retold, entry, entry.actor, progress)
    publish_report(database, retold, entry)


def _commend(retold: Retold, database: Database, event: Entry, progress: Progress) -> None:
    commend_again(retold, database, event)


COMPUTED: dict[str, Callable[[Retold, Database, Entry, Progress], None]] = {"run": _run, COMMENDATION: _commend, **dict.fromkeys(ACTS, give_again)}
"""How each kind of event is made again; other kinds (a run that was given up, a statement about the clock) compute nothing and write nothing."""


def _compared_letters(retold: Retold, events: Sequence[Entry]) -> Iterator[Finding]:
    """The lists of letters that were recorded when they were drawn, beside those that were drawn again."""
    known = {event.sequence: event for event in events}
    for place, line in letters_recorded(retold.journal.recorded).items():
        if line.body["of"] in known:
            yield _compared_list(retold, line, known[line.body["of"]], retold.root / place / "manifest.json")


def _compared_list(retold: Retold, line: Entry, event: Entry, drawn: Path) -> Finding:
    title = f"{title_of(event)}　通知书登记（journal.jsonl第{line.sequence}行）"
    sha256 = line.body["results"]["manifest"]["sha256"]
    if not drawn.exists():
        return Finding(title, DIFFERENT, "重算没有这些通知书")
    if sha256_of(drawn) == sha256:
        return Finding(title, EQUAL)
    recorded, again = (json.loads(content) for content in (retold.vault.read(sha256), drawn.read_bytes()))
    return judged(title, line, first_difference_of_data(recorded, again, ignored(line)))
