"""Review of exceptions: the workbook that goes out to be filled in, and what comes back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from claims.casefile import ACTIONS, Supplement
from claims.database import Database
from claims.errors import InputRefused, UsageError
from claims.files import sha256_of, write_atomically
from claims.intake import unread_amounts
from claims.quoting import quoted
from claims.record.acts import as_if_recorded
from claims.record.journal import Entry
from claims.register import Registered, issued_letter_sql
from claims.review.exceptions import OpenException, open_exceptions
from claims.review.filled import FilledBook, FilledRow, read_filled, unfit_rows
from claims.review.supplement import supplement_folder, supplements
from claims.review.workbook import AMOUNT_COLUMN, exceptions_workbook
from claims.workbooks import Column, Sheet, workbook
from claims.workdays import load_calendar
from pipelines.desk import Desk, desk
from pipelines.letters import are_issued, blank_to_fill, publish_issued
from pipelines.progress import Progress

LIST = "补正清单.xlsx"


@dataclass(frozen=True)
class Asked:
    """Where an act takes place, who acts, on which day, under which policy; None is the default of each."""

    root: Path
    actor: str | None = None
    day: dt.date | None = None
    policy_name: str | None = None


# ---------------------------------------------------------------- export

def export_exceptions(asked: Asked, label: str | None, path: Path) -> str:
    """Write the workbook of what is held now; of one run, of what it held and is held still. Raises UsageError."""
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent}: there is no such folder")
    with desk(asked.root, "claims review export", asked.actor, asked.day, asked.policy_name) as at:
        if label and label not in [run.body["label"] for run in at.runs]:
            raise UsageError(f"there is no finished run {label} of this policy; there are: {', '.join(run.body['label'] for run in at.runs)}")
        exceptions = _open(at, label)
        content = exceptions_workbook(at.policy, exceptions, at.day, label)
    _check_replaceable(path, content)
    write_atomically(path, content)
    claims = len({one.claim_id for one in exceptions})
    return f"Workbook: {path.resolve()}\nHeld: {claims:,} claims, {len(exceptions):,} rows; to be filled in are 处理 and 理由"


def _open(at: Desk, label: str | None = None) -> list[OpenException]:
    load_calendar(at.database, at.calendar)
    return open_exceptions(at.database, at.workspace, at.policy, at.runs, at.day, label)


def _check_replaceable(path: Path, content: bytes) -> None:
    """What somebody filled in is not written over."""
    if not path.exists() or path.read_bytes() == content:
        return
    try:
        filled = len(read_filled(path).rows)
    except InputRefused:
        raise UsageError(f"{path}: there is another file already; name another one with --output") from None
    if filled:
        raise UsageError(f"{path}: {filled} rows of it are filled in; take it in first (claims review import {path}), or name another file with --output")


# ---------------------------------------------------------------- import

def import_rulings(asked: Asked, path: Path, progress: Progress) -> str:
    """Take a filled workbook in, and issue the letters of what it returns. Raises InputRefused with everything that is wrong in it."""
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file")
    with desk(asked.root, f"claims review import {path}", asked.actor, asked.day, asked.policy_name) as at:
        act, told = review_at(at, at.own_copy(path), progress)
        _see_to_others(at, act, progress)
    return told


def review_at(at: Desk, path: Path, progress: Progress) -> tuple[Entry | None, str]:
    """The same at a desk, of a copy that nobody changes. Gives the act, if any of it is on record, and what is said of it."""
    book = read_filled(path)
    if book.policy_id != at.policy.id:
        raise UsageError(f"{path.name} holds exceptions of {book.policy_id}, this is {at.policy.id}: say with --policy which policy is meant")
    known = at.taken_in("review", path)
    act, said = (known, "it was taken in before; nothing changed") if known else _take_in(at, path, book)
    letters = [*_publish_supplements(at.under(act), act, progress)] if act else []
    return act, "\n".join([f"{path.name}: {said}", *letters])


def _take_in(at: Desk, path: Path, book: FilledBook) -> tuple[Entry | None, str]:
    """Record what a workbook rules and was not ruled before in the same words. Gives the act, and what is said of it."""
    if not book.rows:
        return None, "no row is filled in; nothing changed"
    latest = _latest_words(at.database)
    fresh = [row for row in book.rows if latest.get((*row.key, row.seal.content)) != (row.ruled, row.reason, row.amount)]
    if not fresh:
        return None, f"its {len(book.rows):,} rows were taken in before; nothing changed"
    answer_by = at.calendar.working_day_from(at.day + dt.timedelta(at.settings.review.answer_days))
    now, rulings = _open(at), _rulings(at, path, fresh, answer_by)
    problems = unfit_rows(path, fresh, now) or _unfit_amounts(at, path, fresh, now, rulings)
    if problems:
        raise InputRefused(problems)
    letters = issued_letter_sql(at.database, at.policy, at.database.render("review/letter.sql"), at.day)
    act = at.record("review", {"label": book.label}, {"ruling": rulings, "issued_letter": letters}, [path])
    return act, _taken_text(fresh, len(book.rows) - len(fresh), answer_by)


def _latest_words(database: Database) -> dict[tuple[str, str, str], tuple[str, str, str]]:
    """The latest ruling on each claim, code and content, in its words."""
    rows = database.rows("select claim_id, code, content, action, reason, coalesce(amount, '') from ruling order by sequence")
    return {row[:3]: row[3:] for row in rows}


def _rulings(at: Desk, path: Path, rows: Sequence[FilledRow], answer_by: dt.date) -> str:
    """The query for what is ruled."""
    at.database.execute(
        "create or replace temp table filled_row (claim_id varchar, code varchar, content varchar, action varchar, reason varchar, amount varchar, line integer)")
    for row in rows:
        at.database.execute("insert into filled_row values (?, ?, ?, ?, ?, ?, ?)", [*row.key, row.seal.content, row.ruled, row.reason, row.amount, row.line])
    return at.database.render(
        "review/ruling.sql", person=at.actor, day=at.day, answer_by=answer_by, file=path.name, sha256=sha256_of(path))


def _unfit_amounts(at: Desk, path: Path, rows: Sequence[FilledRow], now: Sequence[OpenException], rulings: str) -> list[str]:
    """The amounts that cannot be read, or with which a claim would be held by another code, such as one of more than the article allows."""
    determined = [row for row in rows if row.ruled == "determine"]
    if not determined:
        return []
    before = {one.claim_id: one.trial for one in now}
    with as_if_recorded(at.database, at.policy.id, {"ruling": rulings}):
        after = {one.claim_id: one.trial for one in _open(at)}
        unread = unread_amounts(at.database, at.policy)
    problems = []
    for row in determined:
        codes = [at.policy.codes[code] for code in after[row.seal.claim_id].blocking if code not in before[row.seal.claim_id].blocking]
        told = "it cannot be read as an amount" if row.seal.claim_id in unread else "、".join(f"{code.id} {code.title}" for code in codes)
        if told:
            problems.append(f"{path.name}, row {row.line} (claim {row.seal.claim_id}, {row.seal.code}): {AMOUNT_COLUMN} {quoted(row.amount)}: {told}; correct the amount")
    return problems


def _taken_text(rows: Sequence[FilledRow], known: int, answer_by: dt.date) -> str:
    counts = {word: sum(row.ruled == action for row in rows) for action, word in ACTIONS.items()}
    parts = " + ".join(f"{count:,} {word}" for word, count in counts.items() if count or word != ACTIONS["determine"])
    until = f"; to be answered by {answer_by}" if counts[ACTIONS["return"]] else ""
    before = f"; {known:,} more were taken in before" if known else ""
    return f"{len(rows):,} rows taken in = {parts}{until}{before}; the next run counts them (claims nightly, or claims run FOLDER)"


# ---------------------------------------------------------------- letters that ask for a supplement

def _see_to_others(at: Desk, act: Entry | None, progress: Progress) -> None:
    """Draw what is missing of the letters of all other reviews that returned something."""
    for review in at.acts("review"):
        folder = supplement_folder(at.workspace, review.sequence)
        if review != act and review.body["results"]["issued_letter"]["rows"] and not (are_issued(folder) and (folder / LIST).exists()):
            list(_publish_supplements(at.under(review), review, progress))


def _publish_supplements(at: Desk, review: Entry, progress: Progress) -> Iterator[str]:
    """Draw the letters of a review, with their register and a list of what is asked for, where they are missing. Says where they are, if any are."""
    returned = returned_by(at, review)
    if not returned:
        return
    folder, subject, letters = letters_of_review(at, review, returned)
    held = publish_issued(at.workspace, at.policy, review, at.actor, folder, subject, letters, lambda: returned, progress)
    content = list_of_returned(returned)
    if not (folder / LIST).exists() or (folder / LIST).read_bytes() != content:
        write_atomically(folder / LIST, content)
    yield f"Supplement letters: {len(letters)}, {letters[0].issue.document_no} to {letters[-1].issue.document_no}: {folder.resolve()}"
    yield from blank_to_fill(at.policy)
    yield f"Register: {(folder / 'register.xlsx').resolve()}"
    if held:
        yield f"Not drawn, with their numbers kept: {', '.join(held)}; letters/held.csv says why. Write these by hand, under their numbers"
    yield "Next: deliver the letters, fill in the register's 送达日期, 送达方式 and 回执, then: claims letters delivered REGISTER --actor NAME"


def returned_by(at: Desk, review: Entry) -> list[Supplement]:
    """What a review returned, by claim_id."""
    return list(supplements(at.database, at.workspace, at.policy, at.runs, review))


def letters_of_review(at: Desk, review: Entry, returned: Sequence[Supplement]) -> tuple[Path, str, list[Registered]]:
    """Where the letters of what a review returned lie, whose they are, and which there are."""
    letters = [Registered(one.claim_id, one.letter_id, one.claimant_name, None, None, "supplement", one.issue) for one in returned]
    return supplement_folder(at.workspace, review.sequence), f"退回补正，{review.body['on']}", letters


def list_of_returned(returned: Sequence[Supplement]) -> bytes:
    """The workbook that lists what a review returned."""
    columns = [Column("文号", 24), Column("申报编号", 18), Column("申报单位", 30), Column("条款", 34), Column("需要补正的代码", 24), Column("答复期限", 13)]
    rows = [
        [one.issue.document_no, one.claim_id, one.claimant_name, one.clause_title, "、".join(defect.code for defect in one.defects), one.answer_by.isoformat()]
        for one in returned
    ]
    return workbook([Sheet("补正清单", "退回补正清单", columns, rows, sums=False)])
