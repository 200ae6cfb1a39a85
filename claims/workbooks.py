"""Workbooks for offices: sheets of plain cells, without macros, that show every text as it is; and the cells of one that comes back.

Texts are written as texts, whatever they begin with and however many digits they have; amounts as numbers, their sums as formulas. The same
sheets give the same bytes.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from claims import workbook_reader
from claims.errors import InputRefused
from claims.limits import (
    HOW_TO_MEND, LARGEST_UNPACKED, LARGEST_WORKBOOK, LONGEST_CELL, MOST_COLUMNS, WORKBOOK_MEMORY, WORKBOOK_SECONDS, read_limited,
)
from claims.quoting import quoted
from claims.workbook_reader import cell_text

CREATED = dt.datetime(2000, 1, 1)
"""The day that every workbook says it was made on: the clock would make other bytes each time."""
FONT = {"font_name": "宋体", "font_size": 10, "valign": "vcenter"}
AMOUNT, COUNT = "#,##0.00_ ", "#,##0_ "
"""The formats of numbers; what stands behind keeps them off the line to the right."""
OPEN = {"locked": False, "bg_color": "#FFF9E5"}
"""The look of a cell that is to be filled in."""
A4, A3 = 9, 8
LINE_HEIGHT, LEAST_ROW, HIGHEST_ROW = 14.5, 20, 409
"""Points of a line, and of the lowest and the highest row that there can be."""
NARROW = 8
"""Up to this width the texts of a column stand in its middle, wider ones a little away from its left line."""
SIGNED = "制表："
"""How the line begins at the foot of a list on which those who answer for it sign."""
_OLE = b"\xd0\xcf\x11\xe0"
"""How old workbooks begin, and new ones with a password."""


@dataclass(frozen=True)
class Column:
    """One column: its heading, its width in characters, and what its cells are: a text, an amount in fen, or a count. Sums stand below the
    amounts and counts of a sheet with `sums`. `is_open`: a protected sheet lets people fill it in, and its cells are texts."""

    title: str
    width: int
    kind: Literal["text", "yuan", "count"] = "text"
    is_open: bool = False

    @property
    def style(self) -> str:
        """The name of the format of its cells."""
        return "open" if self.is_open else "narrow" if self.kind == "text" and self.width <= NARROW else self.kind


@dataclass(frozen=True)
class Choice:
    """The words that a drop-down offers in one column of some rows; both are counted from 0, rows from the first of the table. Where they come to more
    than 255 characters, `words` is the formula of the cells of another sheet that hold them."""

    column: int
    rows: Sequence[int]
    words: Sequence[str] | str


@dataclass(frozen=True)
class Sheet:
    """One sheet: a title, lines below it, a table, and lines below that. A cell that is None stays empty.

    `protected` locks all cells but those of open columns; `frozen_columns` stay in view beside the headings. In a sheet that is `endless` the cells below
    its rows are texts, too, so that nothing typed there becomes a number.
    """

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    subtitle: Sequence[str] = ()
    closing: Sequence[str] = ()
    sums: bool = True
    choices: Sequence[Choice] = ()
    protected: bool = False
    hidden: bool = False
    paper: int = A4
    frozen_columns: int = 0
    endless: bool = False

    @property
    def head(self) -> int:
        """The row of the headings, counted from 0."""
        return 1 + len(self.subtitle)


def workbook(sheets: Sequence[Sheet]) -> bytes:
    """A workbook of some sheets, as a file. Raises TypeError for an amount that is no integer of fen."""
    import xlsxwriter

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": CREATED})
        formats = _formats(book)
        for sheet in sheets:
            _write(book.add_worksheet(sheet.name), sheet, formats)
    return file.getvalue()


def _formats(book: Any) -> dict[str, Any]:
    boxed = FONT | {"border": 1}
    return {
        "title": book.add_format(FONT | {"font_name": "黑体", "font_size": 16, "align": "center"}),
        "line": book.add_format(FONT),
        "heading": book.add_format(boxed | {"font_name": "黑体", "align": "center", "text_wrap": True, "bg_color": "#E7E6E6"}),
        "text": book.add_format(boxed | {"text_wrap": True, "num_format": "@", "indent": 1}),
        "narrow": book.add_format(boxed | {"text_wrap": True, "num_format": "@", "align": "center"}),
        "open": book.add_format(boxed | {"text_wrap": True, "num_format": "@", "indent": 1} | OPEN),
        "open_text": book.add_format(FONT | {"num_format": "@", "locked": False}),
        "yuan": book.add_format(boxed | {"num_format": AMOUNT}),
        "count": book.add_format(boxed | {"num_format": COUNT}),
        "sum": book.add_format(boxed | {"bold": True, "align": "center"}),
        "yuan_sum": book.add_format(boxed | {"num_format": AMOUNT, "bold": True}),
        "count_sum": book.add_format(boxed | {"num_format": COUNT, "bold": True}),
    }


def _write(page: Any, sheet: Sheet, formats: dict[str, Any]) -> None:
    last_column = len(sheet.columns) - 1
    for place, column in enumerate(sheet.columns):
        page.set_column(place, place, column.width, formats["open_text"] if sheet.endless else None)
    if last_column:
        page.merge_range(0, 0, 0, last_column, "", formats["title"])
    page.write_string(0, 0, sheet.title, formats["title"])
    page.set_row(0, 30)
    for row, line in enumerate(sheet.subtitle, start=1):
        page.write_string(row, 0, line, formats["line"])
    head = sheet.head
    for place, column in enumerate(sheet.columns):
        page.write_string(head, place, column.title, formats["heading"])
    page.set_row(head, max(30, _height([column.title for column in sheet.columns], sheet.columns)))
    for row, cells in enumerate(sheet.rows, start=head + 1):
        if not sheet.hidden:
            page.set_row(row, _height(cells, sheet.columns))
        for place, (cell, column) in enumerate(zip(cells, sheet.columns, strict=True)):
            _write_cell(page, row, place, cell, column.kind, formats[column.style])
    end = head + len(sheet.rows)
    if sheet.sums and sheet.rows:
        _write_sums(page, sheet, head + 1, end, formats)
        end += 1
    for row, line in enumerate(sheet.closing, start=end + 2):
        page.write_string(row, 0, line, formats["line"])
        page.set_row(row, LEAST_ROW)
    _set_up_print(page, sheet, max(end, end + 1 + len(sheet.closing)))
    _set_up_filling(page, sheet)


def _set_up_filling(page: Any, sheet: Sheet) -> None:
    """Drop-downs, one for each stretch of rows that follow each other, and the lock."""
    for choice in sheet.choices:
        for first, last in _stretches(choice.rows):
            page.data_validation(sheet.head + 1 + first, choice.column, sheet.head + 1 + last, choice.column, {
                "validate": "list", "source": choice.words, "error_title": "请从列表中选择",
                "error_message": "表内所列之外的写法无法识别" if isinstance(choice.words, str) else "、".join(choice.words),
            })
    if sheet.protected:
        page.protect("", {"format_columns": True, "format_rows": True, "autofilter": True})
    if sheet.hidden:
        page.hide()


def _stretches(rows: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of each stretch without a gap."""
    stretches = (list(group) for _, group in groupby(enumerate(rows), key=lambda one: one[1] - one[0]))
    return [(stretch[0][1], stretch[-1][1]) for stretch in stretches]


def _height(cells: Sequence[Any], columns: Sequence[Column]) -> float:
    """The height of a row in points, so that its texts are seen whole: not every office program fits it by itself."""
    lines = max((_lines(cell, column.width) for cell, column in zip(cells, columns) if isinstance(cell, str)), default=1)
    return min(max(LINE_HEIGHT * lines + 4, LEAST_ROW), HIGHEST_ROW)


def _lines(text: str, width: int) -> int:
    """How many lines a text takes in a column; a wide character takes the room of two digits."""
    room = max(1, width - (1 if width <= NARROW else 3))
    return sum(max(1, -(-sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in line) // room)) for line in text.split("\n"))


def _write_cell(page: Any, row: int, place: int, cell: Any, kind: str, style: Any) -> None:
    if cell is None:
        page.write_blank(row, place, None, style)
    elif kind == "text":
        page.write_string(row, place, cell, style)
    else:
        page.write_number(row, place, _number(cell, kind), style)


def _number(value: Any, kind: str) -> Decimal | int:
    if type(value) is not int:
        raise TypeError(f"an amount or a count is an int, not {type(value).__name__}")
    return Decimal(value) / 100 if kind == "yuan" else value


def _write_sums(page: Any, sheet: Sheet, first: int, last: int, formats: dict[str, Any]) -> None:
    """Below the table: 合计, and for each amount the formula of its sum with the value that it has."""
    from xlsxwriter.utility import xl_rowcol_to_cell

    page.set_row(last + 1, LEAST_ROW)
    for place, column in enumerate(sheet.columns):
        if column.kind == "text":
            page.write_string(last + 1, place, "合计" if place == 0 else "", formats["sum"])
        else:
            total = _number(sum(row[place] or 0 for row in sheet.rows), column.kind)
            span = f"{xl_rowcol_to_cell(first, place)}:{xl_rowcol_to_cell(last, place)}"
            page.write_formula(last + 1, place, f"=SUM({span})", formats[f"{column.kind}_sum"], total)


def _set_up_print(page: Any, sheet: Sheet, last: int) -> None:
    page.freeze_panes(sheet.head + 1, sheet.frozen_columns)
    page.repeat_rows(sheet.head)
    page.print_area(0, 0, *((0, 0) if sheet.hidden else (last, len(sheet.columns) - 1)))
    page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})  # codes and accounts are texts on purpose
    page.center_horizontally()
    page.set_landscape()
    page.set_paper(sheet.paper)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    page.set_footer("&C第&P页，共&N页")


def read_cells(path: Path) -> dict[str, list[list[str]]]:
    """The cells of every sheet as text, row by row from the first; white space around them and empty rows at the end are left out.

    Office programs turn texts into numbers and days as they like: a whole number is told without a point, a day like 2024-06-30.
    Raises InputRefused for what is no workbook, and for one that asks for more than `claims.limits` grants.
    """
    return cells_of(path, read_limited(path, LARGEST_WORKBOOK))


def cells_of(path: Path, data: bytes) -> dict[str, list[list[str]]]:
    """The same of the bytes of a workbook that was read; `path` is only named in messages."""
    try:
        return _sheets(data, "shown")
    except InputRefused as error:
        raise InputRefused([f"{path}: {problem}" for problem in error.problems]) from None


def sheets_as_typed(data: bytes) -> dict[str, list[list[str]]]:
    """The cells of every sheet of an .xlsx file as they were typed, row by row from the first; empty rows at the end are left out.

    Texts are told as they stand. Whatever else a cell holds, such as a number, is told behind `workbook_reader.NO_TEXT`, with the name and kind of the cell and how to mend
    it, and so is a text that a formula gives. Raises InputRefused for what is no .xlsx file, or one with a password, and for more than `claims.limits` grants.
    """
    if data.startswith(_OLE):
        raise InputRefused(["it is an old workbook (.xls) or has a password: save it as .xlsx, without a password"])
    if not data.startswith(b"PK"):
        raise InputRefused(["it is no .xlsx workbook: save it as .xlsx"])
    return _sheets(data, "typed")


def _sheets(data: bytes, told_as: Literal["shown", "typed"]) -> dict[str, list[list[str]]]:
    """The cells of every sheet: the one door through which a workbook is opened. Raises InputRefused."""
    limits = map(str, (WORKBOOK_MEMORY, WORKBOOK_SECONDS, LARGEST_UNPACKED))
    # -P: no module of the folder in which the command is given
    done = subprocess.run([sys.executable, "-P", workbook_reader.__file__, told_as, *limits], input=data, capture_output=True, check=False)
    if done.returncode:
        raise InputRefused([
            f"it takes more than {WORKBOOK_MEMORY:,} bytes of memory or {WORKBOOK_SECONDS} seconds to read; {HOW_TO_MEND}: "
            "a cell far out or a whole column filled in makes a sheet that large"
        ])
    told = json.loads(done.stdout)
    if "problem" in told:
        raise InputRefused([f"it cannot be read as a workbook ({quoted(told['problem'])}); save it as .xlsx"])
    sheets = dict(told["sheets"])
    problems = [problem for name, rows in sheets.items() for problem in _beyond(name, rows)]
    if problems:
        raise InputRefused(problems)
    return sheets


def _beyond(name: str, rows: list[list[str]]) -> Iterator[str]:
    for number, row in enumerate(rows, 1):
        if len(row) > MOST_COLUMNS and any(row[MOST_COLUMNS:]):
            yield f"sheet {quoted(name)}, row {number}: more than {MOST_COLUMNS} columns; {HOW_TO_MEND}"
            return
        if any(len(cell) > LONGEST_CELL for cell in row):
            yield f"sheet {quoted(name)}, row {number}: a cell of more than {LONGEST_CELL:,} characters: shorten it"


def written_text(cell: Any, column: Column) -> str:
    """What `read_cells` gives of a cell that a sheet was written with."""
    if cell is None:
        return ""
    return cell_text(cell if column.kind == "text" else Decimal(_number(cell, column.kind)))
