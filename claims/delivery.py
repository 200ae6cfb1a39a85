"""The delivery of letters, read from a register whose last columns people have filled in."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

from claims.database import Database, sql_literal
from claims.errors import InputRefused
from claims.intake.reading import FileDefect, decode, records
from claims.register import REGISTER_COLUMNS
from claims.workbooks import read_cells

_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|(\d\d)(\d\d)|年(\d{1,2})月(\d{1,2})日)")
_FILLED_IN = ("delivered_on", "way", "receipt")
_NEEDED = ("number", *_FILLED_IN)


@dataclass(frozen=True)
class Delivery:
    """The delivery of one letter."""

    document_no: str
    delivered_on: dt.date
    way: str
    receipt: str


@dataclass(frozen=True)
class RegisterRow:
    """One row of a register: where it stands, and its cells by the names of the columns."""

    place: str
    cells: dict[str, str]


def read_register(path: Path) -> list[RegisterRow]:
    """The rows of a register, a workbook or CSV. Raises InputRefused for what is none."""
    if not path.is_file():
        raise InputRefused([f"{path}: there is no such file; a register lies beside the folder of its letters"])
    tables = read_cells(path).items() if path.suffix.lower() == ".xlsx" else [("", _csv_rows(path))]
    for name, rows in tables:
        for number, cells in enumerate(rows):
            columns = _columns(cells)
            if set(_NEEDED) <= set(columns):
                return [*_rows(f"{path}{name and f', sheet {name}'}", rows, number + 1, columns)]
    wanted = ", ".join(f"{REGISTER_COLUMNS[name].title} ({name})" for name in _NEEDED)
    raise InputRefused([f"{path}: no row of headings with {wanted}: fill in the register as it was written, without changing its headings"])


def new_deliveries(database: Database, rows: list[RegisterRow], today: dt.date) -> list[Delivery]:
    """The deliveries that rows tell of and that are not recorded yet. Raises InputRefused with every problem of every row."""
    letters = {number: (claim_id, issued_on) for number, claim_id, issued_on in database.rows("select document_no, claim_id, issued_on from issued_letter")}
    known = {row[0]: Delivery(*row) for row in database.rows("select document_no, delivered_on, way, receipt from delivery order by sequence")}
    problems, told = [], {}
    for row in rows:
        if not any(row.cells[name] for name in _FILLED_IN):
            continue
        found = [*_problems(row, letters, today)]
        if not found:
            delivery = Delivery(row.cells["number"], _day(row.cells["delivered_on"]), row.cells["way"], row.cells["receipt"])
            earlier = known.get(delivery.document_no) or told.get(delivery.document_no)
            if earlier and earlier != delivery:
                found = [f"{delivery.document_no} was delivered on {earlier.delivered_on} ({earlier.way}, {earlier.receipt}); "
                         f"what is recorded stays: give the same, or leave the row out"]
            told[delivery.document_no] = delivery
        problems += [f"{row.place}: {problem}" for problem in found]
    if problems:
        raise InputRefused(problems)
    return [delivery for number, delivery in told.items() if number not in known]


def delivery_sql(deliveries: list[Delivery]) -> str:
    """The rows of the relation `delivery`."""
    rows = ", ".join(f"({sql_literal(number)}, date '{day}', {sql_literal(way)}, {sql_literal(receipt)})" for number, day, way, receipt in map(astuple, deliveries))
    return f"select * from (values {rows}) as told (document_no, delivered_on, way, receipt)"


def _problems(row: RegisterRow, letters: dict[str, tuple[str, dt.date]], today: dt.date) -> Iterator[str]:
    number, told_day = row.cells["number"], row.cells["delivered_on"]
    for name in _FILLED_IN:
        if not row.cells[name]:
            yield f"{REGISTER_COLUMNS[name].title} is empty: fill in day, way and receipt of a letter that was delivered, or none of them"
    if number not in letters:
        yield f"no letter {number or 'without a number'} was issued: keep the register's numbers as they are"
        return
    claim_id, issued_on = letters[number]
    if row.cells.get("claim_id", claim_id) != claim_id:
        yield f"{number} is the letter of {claim_id}, not of {row.cells['claim_id']}"
    if told_day:
        day = _day(told_day)
        if day is None:
            yield f"{REGISTER_COLUMNS['delivered_on'].title} “{told_day}” is no day: write it like 2021-03-05"
        elif not issued_on <= day <= today:
            yield f"{number} was issued on {issued_on} and today is {today}: {day} cannot be its day of delivery"


def _day(text: str) -> dt.date | None:
    found = _DAY.fullmatch(text)
    try:
        return dt.date(*(int(part) for part in found.groups() if part)) if found else None
    except ValueError:
        return None


def _csv_rows(path: Path) -> list[list[str]]:
    """The records of a file, each at the place of its line."""
    try:
        rows: list[list[str]] = []
        for line, cells in records(decode(path.read_bytes())):
            rows += [[]] * (line - 1 - len(rows)) + [[cell.strip() for cell in cells]]
        return rows
    except FileDefect as defect:
        raise InputRefused([f"{path}:{line}: {found}" for line, found in defect.problems]) from defect


def _columns(cells: list[str]) -> dict[str, int]:
    """Where each column stands, by its English or its Chinese heading."""
    names = {heading: name for name, column in REGISTER_COLUMNS.items() for heading in (name, column.title)}
    return {names[cell]: place for place, cell in enumerate(cells) if cell in names}


def _rows(file: str, rows: list[list[str]], first: int, columns: dict[str, int]) -> Iterator[RegisterRow]:
    for number, cells in enumerate(rows[first:], start=first + 1):
        yield RegisterRow(f"{file}, row {number}", {name: cells[place] if place < len(cells) else "" for name, place in columns.items()})
