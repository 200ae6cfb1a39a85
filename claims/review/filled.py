"""The filled workbook taken back: what was ruled in it, or everything that is wrong with it, row by row as its reader counts them.

Office programs may write the file anew; what counts are the texts of its cells. Nothing is taken from a file of which one row cannot be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from claims.casefile import ACTIONS, RULINGS
from claims.errors import InputRefused
from claims.quoting import quoted
from claims.review.exceptions import OpenException
from claims.review.workbook import ACTION_COLUMN, AMOUNT_COLUMN, EXCEPTIONS, FORMAT, REASON_COLUMN, SEAL_WIDTH, SEALS, seal, sealed_text, sheet_seal
from claims.workbooks import read_cells

NOT_OURS = "this is not the workbook as it was exported; export it again (claims review export) and fill that in"


@dataclass(frozen=True)
class Seal:
    """What a row stood for when it was exported; `ruled_by` is the sequence of the ruling that it showed, None for none."""

    number: int
    claim_id: str
    code: str
    content: str
    state: str
    ruled_by: int | None
    cells: str


@dataclass(frozen=True)
class FilledRow:
    """A row in which something was filled in; `line` is its number in the sheet. `action`, `amount` and `reason` are as they were written, '' for
    nothing."""

    line: int
    seal: Seal
    action: str
    amount: str
    reason: str

    @property
    def key(self) -> tuple[str, str]:
        return self.seal.claim_id, self.seal.code

    @property
    def ruled(self) -> str | None:
        """The action that its word means; None for a word that the drop-down does not have."""
        return next((action for action, word in ACTIONS.items() if word == self.action), None)


@dataclass(frozen=True)
class FilledBook:
    """A workbook that came back whole. `rows` are those with something filled in."""

    policy_id: str
    label: str
    rows: tuple[FilledRow, ...]


def read_filled(path: Path) -> FilledBook:
    """Read a filled workbook. Raises InputRefused with every row that was changed, added or removed."""
    sheets = read_cells(path)
    if SEALS not in sheets or EXCEPTIONS not in sheets:
        raise InputRefused([f"{path.name}: the sheets {EXCEPTIONS} and {SEALS} (hidden) are wanted, not both are there; {NOT_OURS}"])
    book, sheet_seals, seals = _seals(path, sheets[SEALS])
    problems = [
        f"{path.name}: sheet {name}: its {'headings were' if name == EXCEPTIONS else 'cells were'} changed; {NOT_OURS}"
        for name, expected in sheet_seals.items() if sheet_seal(_sealed_part(name, sheets.get(name, []))) != expected
    ]
    if problems:
        raise InputRefused(problems)
    rows, problems = _rows(path, sheets[EXCEPTIONS], seals)
    if problems:
        raise InputRefused(problems)
    return FilledBook(book[2], book[3], tuple(rows))


# ---------------------------------------------------------------- whether it is whole


def _seals(path: Path, rows: list[list[str]]) -> tuple[list[str], dict[str, str], dict[str, Seal]]:
    """What the workbook says of itself: the line of the book, the seals of its sheets, and those of its rows by their numbers."""
    *lines, last = [[*row, *[""] * SEAL_WIDTH][:SEAL_WIDTH] for row in rows[2:]] or [[""]]
    if not lines or last[:2] != ["all", seal(sealed_text(lines))] or lines[0][1] != FORMAT:
        raise InputRefused([f"{path.name}: the hidden sheet {SEALS} was changed; {NOT_OURS}"])
    sheets = {name: digest for kind, name, digest, *_ in lines if kind == "sheet"}
    told = [line[1:] for line in lines if line[0] == "row"]
    seals = [
        Seal(number, claim_id, code, content, state, int(ruled_by) if ruled_by.isdecimal() else None, cells)
        for number, (claim_id, code, content, state, ruled_by, cells) in enumerate(told, 1)
    ]
    return lines[0], sheets, {str(one.number): one for one in seals}


def _sealed_part(name: str, rows: list[list[str]]) -> list[list[str]]:
    """Of the sheet that is filled in, everything down to its headings."""
    return rows[: _heading_row(rows) + 1] if name == EXCEPTIONS else rows


def _heading_row(rows: list[list[str]]) -> int:
    """Where the headings stand: above the row that is numbered 1, or at the end of a sheet without rows."""
    return next((place - 1 for place, row in enumerate(rows) if row[0] == "1"), len(rows) - 1)


def _rows(path: Path, rows: list[list[str]], seals: dict[str, Seal]) -> tuple[list[FilledRow], list[str]]:
    """The rows with something filled in, and what is wrong with any of them."""
    start = _heading_row(rows) + 1
    headings, filled, problems, seen = rows[start - 1], [], [], set()
    width = len([heading for heading in headings if heading])
    for line, row in enumerate(rows[start:], start=start + 1):
        known = seals.get(row[0])
        if not any(row):
            continue
        if known is None or known.number in seen:
            problems.append(f"{path.name}, row {line}: it was not exported, or stands there twice; delete it")
            continue
        seen.add(known.number)
        problems += [f"{path.name}, row {line} (claim {known.claim_id}, {known.code}): {found}" for found in _changed(headings, row, width, known)]
        written = dict(zip(headings, row))
        amount = next((text for heading, text in written.items() if heading.startswith(f"{AMOUNT_COLUMN}（")), "")
        if written[ACTION_COLUMN] or amount or written[REASON_COLUMN]:
            filled.append(FilledRow(line, known, written[ACTION_COLUMN], amount, written[REASON_COLUMN]))
    problems += [
        f"{path.name}: the row numbered {one.number} (claim {one.claim_id}, {one.code}) was removed; rows that are not dealt with stay, left empty"
        for one in seals.values() if one.number not in seen
    ]
    return filled, problems


def _changed(headings: list[str], row: list[str], width: int, known: Seal) -> Iterator[str]:
    locked = [(heading, text) for heading, text in zip(headings, row) if not _is_filled_in(heading)]
    for (heading, text), digest in zip(locked, known.cells.split(" ")):
        if seal(text) != digest:
            yield f"“{quoted(heading)}” was changed to “{quoted(text)}”; {NOT_OURS}"
    for place, text in enumerate(row[width:], start=width + 1):
        if text:
            yield f"“{quoted(text)}” stands in column {place}, where nothing belongs; delete it, what is to be said belongs under {REASON_COLUMN}"


def _is_filled_in(heading: str) -> bool:
    return heading in (ACTION_COLUMN, REASON_COLUMN) or heading.startswith(f"{AMOUNT_COLUMN}（")


# ---------------------------------------------------------------- whether it can be taken in


def unfit_rows(path: Path, rows: Iterable[FilledRow], now: Sequence[OpenException]) -> list[str]:
    """Why rows cannot be taken in, each with how to mend it."""
    rows = list(rows)
    current = {(one.claim_id, one.code.id): one for one in now}
    problems = [(row, problem) for row in rows for problem in _unfit(row, current.get(row.key))]
    problems += _contradictions(rows, now)
    return [f"{path.name}, row {row.line} (claim {row.seal.claim_id}, {row.seal.code}): {problem}" for row, problem in problems]


def _unfit(row: FilledRow, now: OpenException | None) -> Iterator[str]:
    if not row.action or not row.reason:
        yield "it is half filled: fill in 处理 and 理由, or neither"
    elif row.ruled is None:
        yield f"处理 is “{quoted(row.action)}”; it is one of {'、'.join(ACTIONS[action] for action in (now.actions if now else ACTIONS))}"
    elif now is None:
        yield f"it is stale: the claim is not held by this code any more; {NOT_OURS}"
    elif now.state != row.seal.state:
        yield f"it is stale: the claim was sent again or something else was found in it since; {NOT_OURS}"
    elif now.ruled_by != row.seal.ruled_by:
        yield f"it is stale: {now.ruling.person} ruled on it on {now.ruling.ruled_on} ({RULINGS[now.ruling.action]}); {NOT_OURS}"
    elif not now.actions:
        yield f"{now.code.id} ({now.code.title}) is not ruled on here: what was decided stands until it is adjusted (claims adjust); empty both cells"
    elif row.ruled not in now.actions:
        allowed = "、".join(ACTIONS[action] for action in now.actions)
        why = "no amount could be computed then" if row.ruled == "waive" else "no amount is asked for"
        yield f"{row.action} is not possible with {now.code.id} ({now.code.title}): {why}; choose {allowed}"
    elif bool(row.amount) != (row.ruled == "determine"):
        yield f"an amount belongs to {ACTIONS['determine']}, and to nothing else: fill in both, or neither"


def _contradictions(rows: list[FilledRow], now: Sequence[OpenException]) -> Iterator[tuple[FilledRow, str]]:
    """One claim cannot be refused and sent back at once."""
    ruled = {row.key for row in rows}
    refused = {one.claim_id: "before" for one in now if one.ruling and one.ruling.action == "refuse" and (one.claim_id, one.code.id) not in ruled}
    refused |= {row.seal.claim_id: f"in row {row.line}" for row in rows if row.ruled == "refuse"}
    for row in rows:
        if row.ruled == "return" and row.seal.claim_id in refused:
            yield row, f"the claim is refused {refused[row.seal.claim_id]} and returned here; choose one of both"
