"""The documents of a month, each beside the one that was written again.

A place belongs to the event that wrote it: the folder of a run, of a month, of a review, of a plan, of a correction, of a year's commendation. A list over
all acts (what waits, what the bank's files said that fits nothing, what was set off, deliveries) belongs to the latest event that could change it.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from claims.comparison import Difference, Place, first_difference
from claims.database import scratch_database
from claims.files import sha256_of
from claims.payment_lists import WAITING, has_lists, lists_folder, tells_what_waits
from claims.record.journal import Entry
from claims.record.retold import Retold
from claims.record.store import open_store, result_source
from claims.register import REGISTER_COLUMNS
from claims.verifying.figures import TABLES, figure_difference, figures_differ
from claims.verifying.registers import register_difference
from pipelines.adjust import draft_folder, see_to_draft
from pipelines.commend import KIND as COMMENDATION
from pipelines.delivery import DELIVERED, publish_delivered
from pipelines.desk import desk_again
from pipelines.judged import DIFFERENT, EQUAL, FILLED_IN, NOT_COMPARED, SAME_VALUES, Finding, ignored, is_ours, judged
from pipelines.letters import letters_recorded
from pipelines.months import see_to_documents
from pipelines.running_lists import ACTS as RUNNING
from pipelines.running_lists import last_changed, see_to_list

BY_HAND = "送达日期、送达方式、回执三栏由经办人填写，其余相符"
NOT_OURS = "不是程序在这一月份写出的文件"
WITHOUT_LINE = "当时的版本不登记没有列出款项的 claims pay plan，而这种执行也改写等待清单"
IN_WORDS = "由另一版本写出，文字或者版式不同；金额以登记的结果为准"
IN_WORDS_ALONE = "由另一版本写出，只有文字或者版式不同"
OPEN_COLUMNS = {number for number, column in enumerate(REGISTER_COLUMNS.values(), 1) if column.is_open}
REGISTER = "register"
OF_LETTERS = ("pages", "sha256")
"""What a register tells of the letters as they were drawn."""
OF_MONTHS = ("close", "object", "approve")
"""The acts whose documents are those of the month that they name."""
ISSUING = ("approve", "review")
"""The acts that issue letters, of which deliveries are told."""


@dataclass(frozen=True)
class Shown:
    """Where documents of an event lie in a workspace: a folder, or one file."""

    event: Entry
    place: Path


def shown_again(retold: Retold, events: Sequence[Entry]) -> list[Shown]:
    """Every place with documents of some events, each once, after what later events left there was written, too."""
    found = [*_running_lists(retold, events)]
    found += (Shown(event, place) for event in events for place in _own_places(retold, event))
    for event in _last_of_months(events):
        _see_to_later(retold, event)
        found.append(Shown(event, _month_place(event)))
    for event in events:
        if event.kind in ISSUING:
            _see_to_deliveries(retold, event)
    return [*found, *_deliveries_elsewhere(retold, events, {one.place for one in found})]


def compared_places(retold: Retold, shown: Sequence[Shown]) -> Iterator[Finding]:
    """Every file of these places, beside the one that was written again; what stands there besides is named."""
    for one in shown:
        roots = (retold.recorded.root, retold.root)
        for name in sorted({path.relative_to(root) for root in roots for path in _files_of(root / one.place)}):
            yield _compared_at(one.event, name, *(root / name for root in roots))


# ---------------------------------------------------------------- which places there are


def _own_places(retold: Retold, event: Entry) -> Iterator[Path]:
    """The folder that an event alone writes, as it stands now."""
    body = event.body
    if event.kind == "run":
        yield Path("out", body["label"])
    elif event.kind == "review" and body["results"]["issued_letter"]["rows"]:
        yield _review_place(event)
    elif event.kind == "plan" and has_lists(event):
        yield lists_folder(retold, event).relative_to(retold.root)
    elif event.kind == "adjust" and body["action"] == "agree":
        yield from _draft_place(retold, event)
    elif event.kind == COMMENDATION and event == _latest_of_year(retold, event):
        yield Path("commendations", str(body["year"]))


def _review_place(review: Entry) -> Path:
    return Path("reviews", str(review.sequence))


def _month_place(act: Entry) -> Path:
    return Path("months", act.body["month"], act.body["policy"]["id"])


def _latest_of_year(retold: Retold, event: Entry) -> Entry:
    return [entry for entry in retold.journal.recorded if entry.kind == COMMENDATION and entry.body["year"] == event.body["year"]][-1]


def _draft_place(retold: Retold, agreed: Entry) -> Iterator[Path]:
    """The draft of a correction, if there is one. It tells what had been issued when it was drawn: one that was drawn again later is written so."""
    body = agreed.body
    folder = draft_folder(retold, body["policy"]["id"], body["claim_id"], body["number"])
    place = folder.relative_to(retold.root)
    line = letters_recorded(retold.journal.recorded).get(place.as_posix())
    if line and line.body["of"] == agreed.sequence < line.sequence - 1:
        shutil.rmtree(folder, ignore_errors=True)
        retold.stand_before(line.sequence)
        with open_store(retold) as database:
            list(see_to_draft(desk_again(retold, database, agreed), body["claim_id"]))
    if line or folder.exists():
        yield place


def _running_lists(retold: Retold, events: Collection[Entry]) -> Iterator[Shown]:
    """The lists over all acts of which the latest act that could change them is one of some events."""
    acts: dict[str, list[Entry]] = {}
    for entry in retold.journal.recorded:
        if entry.kind in RUNNING:
            acts.setdefault(entry.body["policy"]["id"], []).append(entry)
    latest = [(policy_id, name, entry) for policy_id, of_policy in acts.items() for name, entry in last_changed(of_policy).items()]
    for policy_id, name, entry in latest:
        if entry in events:
            with open_store(retold) as database:
                see_to_list(desk_again(retold, database, entry), name)
            yield from (Shown(entry, Path("payments", policy_id, f"{name}{suffix}")) for suffix in (".csv", ".xlsx"))


def _last_of_months(events: Sequence[Entry]) -> Iterator[Entry]:
    """Of each month and policy the approval, or the last act before there is one."""
    last: dict[Path, Entry] = {}
    for event in events:
        if event.kind in OF_MONTHS and (event.kind == "approve" or not _is_approved(last.get(_month_place(event)))):
            last[_month_place(event)] = event
    yield from last.values()


def _is_approved(act: Entry | None) -> bool:
    return act is not None and act.kind == "approve"


# ---------------------------------------------------------------- what later events left


def _see_to_later(retold: Retold, act: Entry) -> None:
    """Write what followed later events: the documents of a month that is not approved, letters that could not be drawn at first."""
    held = retold.root / _month_place(act) / "letters" / "held.csv"
    if not _is_approved(act) or held.exists() and len(held.read_bytes().splitlines()) > 1:
        retold.stand_at_the_end()
        with open_store(retold) as database:
            see_to_documents(desk_again(retold, database, act), act.body["month"])


def _see_to_deliveries(retold: Retold, issuing: Entry) -> None:
    """Write the list of deliveries of the letters that an act issued, as the latest that was recorded left it."""
    for act, numbers in _latest_delivery(retold, issuing):
        retold.stand_before(act.sequence + 1)
        with open_store(retold) as database:
            list(publish_delivered(desk_again(retold, database, act), numbers))


def _latest_delivery(retold: Retold, issuing: Entry) -> Iterator[tuple[Entry, list[str]]]:
    """The latest act that recorded deliveries of letters that an act issued, with their numbers, if there is one."""
    acts = [entry for entry in retold.journal.recorded if entry.kind == "deliver" and entry.body["policy"]["id"] == issuing.body["policy"]["id"]]
    with scratch_database(*retold.reached) as database:
        for act in reversed(acts):
            sources = {name: result_source(retold, entry, name) for name, entry in (("issued_letter", issuing), ("delivery", act))}
            numbers = [number for (number,) in database.rows(database.render("audit/delivered_number.sql", **sources))]
            if numbers:
                yield act, numbers
                return


def _deliveries_elsewhere(retold: Retold, events: Collection[Entry], places: Collection[Path]) -> Iterator[Shown]:
    """The lists of deliveries of letters that other months issued, where the latest delivery of these is one of some events."""
    issuing = {
        _month_place(entry) if entry.kind == "approve" else _review_place(entry): entry
        for entry in retold.journal.recorded if entry.kind in ISSUING
    }
    for path in sorted(path for pattern in ("months/*/*", "reviews/*") for path in retold.root.glob(f"{pattern}/{DELIVERED}")):
        folder = path.parent.relative_to(retold.root)
        latest = [act for act, _ in _latest_delivery(retold, issuing[folder])] if folder not in places and folder in issuing else []
        yield from (Shown(act, folder / DELIVERED) for act in latest if act in events)


# ---------------------------------------------------------------- files beside each other


def _files_of(place: Path) -> Iterator[Path]:
    """A file, or all that is below a folder."""
    yield from [place] if place.is_file() else (path for path in place.rglob("*") if path.is_file())


def _compared_at(event: Entry, name: Path, recorded: Path, again: Path) -> Finding:
    if not again.exists():
        return Finding(name.as_posix(), NOT_COMPARED, NOT_OURS)
    if not recorded.exists():
        return Finding(name.as_posix(), DIFFERENT, "工作区没有这个文件")
    return _compared_file(name.as_posix(), event, recorded, again)


def _compared_file(title: str, event: Entry, recorded: Path, again: Path) -> Finding:
    if sha256_of(recorded) == sha256_of(again):
        return Finding(title, EQUAL)
    try:
        differing = first_difference(recorded, again, ignored(event))
        if differing and recorded.stem == REGISTER and not first_difference(recorded, again, _is_open_cell):
            return Finding(title, FILLED_IN, BY_HAND)
    except ValueError as error:
        return Finding(title, DIFFERENT, f"文件不能按其格式读出（{error}）")
    if differing and recorded.stem == WAITING and not tells_what_waits(event):
        return Finding(title, NOT_COMPARED, f"{differing.told()}；{WITHOUT_LINE}")
    return judged(title, event, differing) if is_ours(event) or not differing else _of_another_version(title, differing, recorded, again)


def _of_another_version(title: str, differing: Difference, recorded: Path, again: Path) -> Finding:
    """A document in which a version tells something otherwise than the one that wrote it: figures, ids and rows of tables it may not."""
    if recorded.suffix not in TABLES:
        return Finding(title, NOT_COMPARED, f"{differing.told()}；{IN_WORDS}")
    is_register = recorded.stem == REGISTER
    if register_difference(again, recorded, figures_differ, OF_LETTERS) if is_register else figure_difference(again, recorded):
        return Finding(title, DIFFERENT, differing.told())
    return Finding(title, SAME_VALUES, f"{differing.told()}；{IN_WORDS_ALONE}")


def _is_open_cell(place: Place) -> bool:
    """Whether a cell of the register is one that people fill in."""
    return place.column in OPEN_COLUMNS
