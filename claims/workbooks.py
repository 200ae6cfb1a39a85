"""Workbooks for offices: sheets of plain cells, without macros, that show every text as it is.

Texts are written as texts, whatever they begin with and however many digits they have; amounts as numbers, their sums as formulas. The same
sheets give the same bytes.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

CREATED = dt.datetime(2000, 1, 1)
"""The day that every workbook says it was made on: the clock would make other bytes each time."""
FONT = {"font_name": "宋体", "font_size": 10, "valign": "vcenter"}


@dataclass(frozen=True)
class Column:
    """One column: its heading, its width in characters, and what its cells are: a text, an amount in fen, or a count. Sums stand below the
    amounts and counts of a sheet with `sums`."""

    title: str
    width: int
    kind: Literal["text", "yuan", "count"] = "text"


@dataclass(frozen=True)
class Sheet:
    """One sheet: a title, lines below it, a table, and lines below that. A cell that is None stays empty."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    subtitle: Sequence[str] = ()
    closing: Sequence[str] = ()
    sums: bool = True


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
        "text": book.add_format(boxed | {"text_wrap": True, "num_format": "@"}),
        "yuan": book.add_format(boxed | {"num_format": "#,##0.00"}),
        "count": book.add_format(boxed | {"num_format": "0"}),
        "sum": book.add_format(boxed | {"bold": True, "align": "center"}),
        "yuan_sum": book.add_format(boxed | {"num_format": "#,##0.00", "bold": True}),
        "count_sum": book.add_format(boxed | {"num_format": "0", "bold": True}),
    }


def _write(page: Any, sheet: Sheet, formats: dict[str, Any]) -> None:
    last_column = len(sheet.columns) - 1
    for place, column in enumerate(sheet.columns):
        page.set_column(place, place, column.width)
    page.merge_range(0, 0, 0, last_column, "", formats["title"])
    page.write_string(0, 0, sheet.title, formats["title"])
    page.set_row(0, 30)
    for row, line in enumerate(sheet.subtitle, start=1):
        page.write_string(row, 0, line, formats["line"])
    head = 1 + len(sheet.subtitle)
    for place, column in enumerate(sheet.columns):
        page.write_string(head, place, column.title, formats["heading"])
    page.set_row(head, 30)
    for row, cells in enumerate(sheet.rows, start=head + 1):
        for place, (cell, column) in enumerate(zip(cells, sheet.columns, strict=True)):
            _write_cell(page, row, place, cell, column.kind, formats[column.kind])
    end = head + len(sheet.rows)
    if sheet.sums and sheet.rows:
        _write_sums(page, sheet, head + 1, end, formats)
        end += 1
    for row, line in enumerate(sheet.closing, start=end + 2):
        page.write_string(row, 0, line, formats["line"])
    _set_up_print(page, head, max(end, end + 1 + len(sheet.closing)), last_column)


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

    for place, column in enumerate(sheet.columns):
        if column.kind == "text":
            page.write_string(last + 1, place, "合计" if place == 0 else "", formats["sum"])
        else:
            total = _number(sum(row[place] or 0 for row in sheet.rows), column.kind)
            span = f"{xl_rowcol_to_cell(first, place)}:{xl_rowcol_to_cell(last, place)}"
            page.write_formula(last + 1, place, f"=SUM({span})", formats[f"{column.kind}_sum"], total)


def _set_up_print(page: Any, head: int, last: int, last_column: int) -> None:
    page.freeze_panes(head + 1, 0)
    page.repeat_rows(head)
    page.print_area(0, 0, last, last_column)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    page.set_footer("&C第&P页，共&N页")
