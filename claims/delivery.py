"""The delivery of letters: read from a register whose columns of delivery people have filled in, and shown with the last days for objection that follow."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from claims.database import Database, sql_literal
from claims.errors import InputRefused
from claims.intake.reading import FileDefect, decode, records
from claims.limits import LARGEST_TABLE, read_limited
from claims.policy.model import Policy
from claims.privacy import masked_text
from claims.quoting import quoted
from claims.register import REGISTER_COLUMNS, Registered
from claims.remedies import NOT_BEGUN, UNCERTAIN, Remedies
from claims.workbooks import Column, Sheet, read_cells, workbook

_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|(\d\d)(\d\d)|年(\d{1,2})月(\d{1,2})日)")
DELIVERED_COLUMNS = [
    Column("文号", 24, least=20), Column("申报编号", 16), Column("申报单位", 34, least=20), Column("发文日期", 14), Column("送达日期", 14),
    Column("送达方式", 12, least=10), Column("回执", 20, least=14), Column("可申请行政复议至", 18, least=14), Column("可提起行政诉讼至", 18, least=14),
    Column("说明", 40, least=24),
]
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
    tables = read_cells(path).items() if path.suffix.lower() == ".xlsx" else [("", _csv_rows(path))]
    for name, rows in tables:
        for number, cells in enumerate(rows):
            columns = _columns(cells)
            if set(_NEEDED) <= set(columns):
                return [*_rows(f"{path.name}{name and f', sheet {name}'}", rows, number + 1, columns)]
    wanted = ", ".join(f"{REGISTER_COLUMNS[name].title} ({name})" for name in _NEEDED)
    raise InputRefused([f"{path.name}: no row of headings with {wanted}: fill in the register as it was written, without changing its headings"])


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


def delivered_file(database: Database, policy: Policy, remedies: Remedies, subject: str, letters: Sequence[Registered]) -> bytes:
    """The letters of one act as a workbook: which are delivered, and until when the decisions that they tell can be objected to."""
    numbers = [letter.issue.document_no for letter in letters]
    rows = database.rows(
        "select document_no, kind, delivered_on, way, receipt from issued_letter left join delivery using (document_no) where document_no in $numbers",
        {"numbers": numbers})
    told = {number: rest for number, *rest in rows}
    cells = [[*_letter_cells(letter), *_delivery_cells(remedies, *told[letter.issue.document_no])] for letter in letters]
    title = f"{policy.body.letter.issuer}送达登记簿（{subject}）"
    return workbook([Sheet("送达登记簿", title, DELIVERED_COLUMNS, cells, sums=False)])


def _letter_cells(letter: Registered) -> list[str]:
    return [letter.issue.document_no, letter.claim_id, masked_text(letter.claimant_name or ""), letter.issue.issued_on.isoformat()]


def _delivery_cells(remedies: Remedies, kind: str, delivered_on: dt.date | None, way: str | None, receipt: str | None) -> list[str]:
    """What is known of a delivery; a letter that decides nothing begins no period for objection."""
    delivery = [delivered_on.isoformat() if delivered_on else "", way or "", receipt or ""]
    if kind == "supplement":
        return [*delivery, "", "", "不是决定，答复期限见通知书"]
    if delivered_on is None:
        return [*delivery, "", "", NOT_BEGUN]
    last_days = (remedies.reconsideration(delivered_on), remedies.action(delivered_on))
    return [*delivery, *(last.day.isoformat() for last in last_days), "" if all(last.is_certain for last in last_days) else UNCERTAIN]


def _problems(row: RegisterRow, letters: dict[str, tuple[str, dt.date]], today: dt.date) -> Iterator[str]:
    number, told_day = row.cells["number"], row.cells["delivered_on"]
    for name in _FILLED_IN:
        if not row.cells[name]:
            yield f"{REGISTER_COLUMNS[name].title} is empty: fill in day, way and receipt of a letter that was delivered, or none of them"
    if number not in letters:
        yield f"no letter {quoted(number) or 'without a number'} was issued: keep the register's numbers as they are"
        return
    claim_id, issued_on = letters[number]
    if row.cells.get("claim_id", claim_id) != claim_id:
        yield f"{number} is the letter of {claim_id}, not of {quoted(row.cells['claim_id'])}"
    if told_day:
        day = _day(told_day)
        if day is None:
            yield f"{REGISTER_COLUMNS['delivered_on'].title} “{quoted(told_day)}” is no day: write it like 2021-03-05"
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
        for line, cells in records(decode(read_limited(path, LARGEST_TABLE))):
            rows += [[]] * (line - 1 - len(rows)) + [[cell.strip() for cell in cells]]
        return rows
    except FileDefect as defect:
        raise InputRefused([f"{path.name}:{line}: {found}" for line, found in defect.problems]) from defect


def _columns(cells: list[str]) -> dict[str, int]:
    """Where each column stands, by its English or its Chinese heading."""
    names = {heading: name for name, column in REGISTER_COLUMNS.items() for heading in (name, column.title)}
    return {names[cell]: place for place, cell in enumerate(cells) if cell in names}


def _rows(file: str, rows: list[list[str]], first: int, columns: dict[str, int]) -> Iterator[RegisterRow]:
    for number, cells in enumerate(rows[first:], start=first + 1):
        yield RegisterRow(f"{file}, row {number}", {name: cells[place] if place < len(cells) else "" for name, place in columns.items()})
