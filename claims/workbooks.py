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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from claims import workbook_reader
from claims.errors import InputRefused
from claims.limits import (
    HOW_TO_MEND, LARGEST_UNPACKED, LARGEST_WORKBOOK, LONGEST_CELL, MOST_COLUMNS, WORKBOOK_MEMORY, WORKBOOK_SECONDS, read_limited,
)
from claims.printing import (
    END_MARGIN, FONT_POINTS, FOOT_MARGIN, LEAST_POINTS, LEAST_ROW, LEAST_SIGNED_POINTS, NARROW, SIDE_MARGIN, Layout, Width, arrange, breaks,
    number_width, row_height,
)
from claims.quoting import quoted
from claims.workbook_reader import cell_text

CREATED = dt.datetime(2000, 1, 1)
"""The day that every workbook says it was made on: the clock would make other bytes each time."""
FONT = {"font_name": "宋体", "font_size": FONT_POINTS, "valign": "vcenter"}
NUMBER = FONT | {"font_name": "Times New Roman"}
COUNTED = {"font_name": "Arial", "font_size": FONT_POINTS}
"""The font of the workbook, in whose digits office programs count the widths of columns. It and that of numbers, or ones of the same widths, are on every
machine with an office program, Chinese ones are not: so columns are as wide everywhere as is reckoned here."""
TITLE_POINTS, FOOT_POINTS = 16, 10
AMOUNT, COUNT = "#,##0.00_ ", "#,##0_ "
"""The formats of numbers; what stands behind keeps them off the line to the right."""
OPEN = {"locked": False, "bg_color": "#FFF9E5"}
"""The look of a cell that is to be filled in."""
A4 = 9
SIGNING_ROW = 32
"""Points of a line on which people sign or put a seal."""
MOST_BREAKS = 1000
"""Page breaks that office programs take in one sheet are few more; of a longer list those at its end are set."""
LONGEST_FOOT = 200
"""Characters of the texts at the foot of a page: programs take 255, with the marks between them."""
SIGNED = "制表："
"""How the line begins at the foot of a list on which those who answer for it sign."""
_OLE = b"\xd0\xcf\x11\xe0"
"""How old workbooks begin, and new ones with a password."""


@dataclass(frozen=True)
class Column:
    """One column: its heading, its width in characters, and what its cells are: a text, an amount in fen, or a count. Sums stand below the
    amounts and counts of a sheet with `sums`. `is_open`: a protected sheet lets people fill it in, and its cells are texts.

    A text may come down to the width `least` where the sheet fits on a page by that; 0: it keeps its width. Numbers get the width that they need.
    """

    title: str
    width: int
    kind: Literal["text", "yuan", "count"] = "text"
    is_open: bool = False
    least: int = 0

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
    """One sheet: a title, lines below it, a table, and lines below that, on which people sign. A cell that is None stays empty.

    `protected` locks all cells but those of open columns; `frozen_columns` stay in view beside the headings. In a sheet that is `endless` the cells below
    its rows are texts, too, so that nothing typed there becomes a number, and what is typed there is printed. `beside` columns at the end are for the
    screen and not printed. Each page says at its foot the title and the `mark`, which tells the sheet from others of the same title.
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
    frozen_columns: int = 0
    endless: bool = False
    beside: int = 0
    mark: str = ""

    @property
    def head(self) -> int:
        """The row of the headings, counted from 0."""
        return 1 + len(self.subtitle)

    @cached_property
    def layout(self) -> Layout:
        """How its columns are printed."""
        printed = [self._wanted(place, column) for place, column in enumerate(self.columns[:len(self.columns) - self.beside])]
        return arrange(printed, self.frozen_columns, LEAST_SIGNED_POINTS if self.closing else LEAST_POINTS)

    @property
    def widths(self) -> list[float]:
        """The width of each column."""
        return [*self.layout.widths, *(column.width for column in self.columns[len(self.columns) - self.beside:])]

    def _wanted(self, place: int, column: Column) -> Width:
        if column.kind == "text":
            return Width(column.width, column.least or column.width)
        amounts = [row[place] for row in self.rows if row[place] is not None]
        form = ",.2f" if column.kind == "yuan" else ","
        needed = max(column.width, *(number_width(format(_number(amount, column.kind), form)) for amount in (*amounts, sum(amounts))))
        return Width(needed, needed)


def workbook(sheets: Sequence[Sheet]) -> bytes:
    """A workbook of some sheets, as a file. Raises TypeError for an amount that is no integer of fen."""
    import xlsxwriter

    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "default_format_properties": dict(COUNTED)}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"created": CREATED})
        formats = _formats(book)
        for sheet in sheets:
            _write(book.add_worksheet(sheet.name), sheet, formats)
    return file.getvalue()


def _formats(book: Any) -> dict[str, Any]:
    boxed, number = FONT | {"border": 1}, NUMBER | {"border": 1}
    return {
        "title": book.add_format(FONT | {"font_name": "黑体", "font_size": TITLE_POINTS, "align": "center", "text_wrap": True}),
        "line": book.add_format(FONT | {"text_wrap": True}),
        "heading": book.add_format(boxed | {"font_name": "黑体", "align": "center", "text_wrap": True, "bg_color": "#E7E6E6"}),
        "text": book.add_format(boxed | {"text_wrap": True, "num_format": "@", "indent": 1}),
        "narrow": book.add_format(boxed | {"text_wrap": True, "num_format": "@", "align": "center"}),
        "open": book.add_format(boxed | {"text_wrap": True, "num_format": "@", "indent": 1} | OPEN),
        "open_text": book.add_format(FONT | {"num_format": "@", "locked": False}),
        "yuan": book.add_format(number | {"num_format": AMOUNT}),
        "count": book.add_format(number | {"num_format": COUNT}),
        "sum": book.add_format(boxed | {"bold": True, "align": "center"}),
        "yuan_sum": book.add_format(number | {"num_format": AMOUNT, "bold": True}),
        "count_sum": book.add_format(number | {"num_format": COUNT, "bold": True}),
    }


def _write(page: Any, sheet: Sheet, formats: dict[str, Any]) -> None:
    for place, width in enumerate(sheet.widths):
        page.set_column(place, place, width, formats["open_text"] if sheet.endless else None)
    above = [_write_across(page, sheet, 0, sheet.title, formats["title"], 30)]
    above += [_write_across(page, sheet, row, line, formats["line"], LEAST_ROW) for row, line in enumerate(sheet.subtitle, start=1)]
    head = sheet.head
    for place, column in enumerate(sheet.columns):
        page.write_string(head, place, column.title, formats["heading"])
    heading = max(30, row_height([(column.title, width) for column, width in zip(sheet.columns, sheet.widths)]))
    page.set_row(head, heading)
    below = [_write_row(page, sheet, row, cells, formats) for row, cells in enumerate(sheet.rows, start=head + 1)]
    if sheet.sums and sheet.rows:
        below.append(_write_sums(page, sheet, head + 1, head + len(sheet.rows), formats))
    if sheet.closing:
        below.append(LEAST_ROW)
        page.set_row(head + len(below), LEAST_ROW)
    for line in sheet.closing:
        below.append(_write_across(page, sheet, head + len(below) + 1, line, formats["line"], SIGNING_ROW))
    _set_up_print(page, sheet, head + len(below))
    if not sheet.endless:
        kept = min(2, len(sheet.rows)) + len(below) - len(sheet.rows)
        rows = breaks(below, sum(above) + heading, heading, kept, sheet.layout.scale)
        page.set_h_pagebreaks([head + 1 + row for row in rows][-MOST_BREAKS:])
    _set_up_filling(page, sheet)


def _write_across(page: Any, sheet: Sheet, row: int, text: str, style: Any, least: float) -> float:
    """Write a line over the columns of the first printed page. Gives its height."""
    last, size = sheet.layout.first - 1, style.font_size / FONT_POINTS
    height = max(least, size * row_height([(text, sum(sheet.widths[:last + 1]) / size)]))
    if last:
        page.merge_range(row, 0, row, last, "", style)
    page.write_string(row, 0, text, style)
    page.set_row(row, height)
    return height


def _write_row(page: Any, sheet: Sheet, row: int, cells: Sequence[Any], formats: dict[str, Any]) -> float:
    """Write a row of the table. Gives its height."""
    height = row_height([(cell, width) for cell, width in zip(cells, sheet.widths) if isinstance(cell, str)])
    if not sheet.hidden:
        page.set_row(row, height)
    for place, (cell, column) in enumerate(zip(cells, sheet.columns, strict=True)):
        _write_cell(page, row, place, cell, column.kind, formats[column.style])
    return height


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


def _write_sums(page: Any, sheet: Sheet, first: int, last: int, formats: dict[str, Any]) -> float:
    """Below the table: 合计, and for each amount the formula of its sum with the value that it has. Gives the row's height."""
    from xlsxwriter.utility import xl_rowcol_to_cell

    page.set_row(last + 1, LEAST_ROW)
    for place, column in enumerate(sheet.columns):
        if column.kind == "text":
            page.write_string(last + 1, place, "合计" if place == 0 else "", formats["sum"])
        else:
            total = _number(sum(row[place] or 0 for row in sheet.rows), column.kind)
            span = f"{xl_rowcol_to_cell(first, place)}:{xl_rowcol_to_cell(last, place)}"
            page.write_formula(last + 1, place, f"=SUM({span})", formats[f"{column.kind}_sum"], total)
    return LEAST_ROW


def _set_up_print(page: Any, sheet: Sheet, last: int) -> None:
    page.freeze_panes(sheet.head + 1, sheet.frozen_columns)
    page.repeat_rows(sheet.head)
    if sheet.layout.pages_across > 1 and sheet.frozen_columns:
        page.repeat_columns(0, sheet.frozen_columns - 1)
        page.print_across()
    if sheet.hidden:
        page.print_area(0, len(sheet.columns), 0, len(sheet.columns))  # an empty cell: some programs print hidden sheets, but no empty pages
    elif not sheet.endless:
        page.print_area(0, 0, last, len(sheet.layout.widths) - 1)
    page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})  # codes and accounts are texts on purpose
    page.center_horizontally()
    page.set_landscape()
    page.set_paper(A4)
    page.fit_to_pages(sheet.layout.pages_across, 0)
    page.set_margins(left=SIDE_MARGIN, right=SIDE_MARGIN, top=END_MARGIN, bottom=END_MARGIN)
    if not sheet.hidden:
        page.set_footer(_foot(sheet), {"margin": FOOT_MARGIN, "scale_with_doc": False})


def _foot(sheet: Sheet) -> str:
    """At the foot of each page: the title, which page of how many, and the mark."""
    font = f'&"宋体,Regular"&{FOOT_POINTS} '
    title, mark = (text.replace("&", "&&") for text in (sheet.title[:LONGEST_FOOT - len(sheet.mark)], sheet.mark))
    return f"&L{font}{title}&C{font}第&P页，共&N页&R{font}{mark}"


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
        raise InputRefused([f"{path.name}: {problem}" for problem in error.problems]) from None


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
