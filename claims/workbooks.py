"""Workbooks: tables for people to read, print and fill in, and the rows of those that come back.

Texts are written as texts, so that a name which begins with = is no formula and an account of 18 digits stays whole. Amounts are written in exact
decimals, and sums are formulas that carry their value. The same tables give the same bytes.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from claims.money import plain_yuan

_CREATED = dt.datetime(2020, 1, 1)
_FORMULA_SIGNS = ("=", "+", "-", "@")
TOTAL = "合计"


@dataclass(frozen=True)
class Column:
    """A column: its heading, its width in characters, and whether it holds amounts in fen, which are shown in yuan and summed up."""

    title: str
    width: int
    money: bool = False


@dataclass(frozen=True)
class Sheet:
    """A table for people. `above` are lines over the header row, five at most, so that the workbook can be read in again; `foot` is printed below."""

    title: str
    above: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Any]]
    foot: str = ""


def write_sheet(path: Path, sheet: Sheet) -> None:
    """Write a table as a workbook: header row frozen and repeated on every printed page, a row of sums where a column holds amounts."""
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"title": sheet.title, "created": _CREATED})
        page = book.add_worksheet(sheet.title)
        formats = _formats(book)
        for number, line in enumerate(sheet.above):
            page.write_string(number, 0, line, formats["title" if number == 0 else "plain"])
        header = len(sheet.above)
        for place, column in enumerate(sheet.columns):
            page.set_column(place, place, column.width)
            page.write_string(header, place, column.title, formats["header"])
        for number, row in enumerate(sheet.rows, start=header + 1):
            for place, (column, value) in enumerate(zip(sheet.columns, row, strict=True)):
                _write_cell(page, number, place, column, value, formats)
        last = _write_sums(page, sheet, header, formats)
        _set_up_print(page, sheet, header, last)


def write_csv(path: Path, titles: Iterable[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows as CSV in UTF-8; amounts are given as text. A cell that a workbook would take for a formula gets a leading apostrophe."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(titles)
        writer.writerows([_guarded(_shown(value)) for value in row] for row in rows)


def sheet_rows(path: Path) -> list[list[str]]:
    """The cells of a workbook's only filled sheet as text, row by row from the first; a line break within a cell is a space.

    Raises ValueError saying what is wrong with the workbook as a whole.
    """
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_path(path)
        sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except (python_calamine.CalamineError, OSError) as error:
        raise ValueError(f"it cannot be read as a workbook ({error}): save it again as .xlsx or .csv, without a password") from error
    filled = {name: rows for name, rows in sheets.items() if any(cell != "" for row in rows for cell in row)}
    if len(filled) != 1:
        found = f"{len(filled)} sheets hold data ({'、'.join(filled)})" if filled else "no sheet holds data"
        raise ValueError(f"{found}: leave the one that is meant")
    return [[_cell_text(cell) for cell in row] for row in next(iter(filled.values()))]


def _formats(book: Any) -> dict[str, Any]:
    cell = {"border": 1, "valign": "vcenter"}
    return {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "plain": book.add_format({}),
        "header": book.add_format(cell | {"bold": True, "align": "center", "text_wrap": True}),
        "text": book.add_format(cell | {"num_format": "@", "text_wrap": True}),
        "number": book.add_format(cell | {"num_format": "0"}),
        "money": book.add_format(cell | {"num_format": "#,##0.00"}),
    }


def _write_cell(page: Any, row: int, place: int, column: Column, value: Any, formats: dict[str, Any]) -> None:
    if column.money and value is not None:
        page.write_number(row, place, _yuan(value), formats["money"])
    elif isinstance(value, int):
        page.write_number(row, place, value, formats["number"])
    else:
        page.write_string(row, place, _shown(value), formats["text"])


def _write_sums(page: Any, sheet: Sheet, header: int, formats: dict[str, Any]) -> int:
    """The row of sums, if a column holds amounts. Returns the last row that is filled."""
    from xlsxwriter.utility import xl_range

    last = header + len(sheet.rows)
    if not any(column.money for column in sheet.columns):
        return last
    for place, column in enumerate(sheet.columns):
        if column.money and sheet.rows:
            total = sum(row[place] for row in sheet.rows if row[place] is not None)
            page.write_formula(last + 1, place, f"=SUM({xl_range(header + 1, place, last, place)})", formats["money"], _yuan(total))
        else:
            page.write_string(last + 1, place, TOTAL if place == 0 else "", formats["text"])
    return last + 1


def _set_up_print(page: Any, sheet: Sheet, header: int, last: int) -> None:
    page.freeze_panes(header + 1, 0)
    page.repeat_rows(header)
    page.print_area(0, 0, last, len(sheet.columns) - 1)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_footer(f"{sheet.foot}&R第&P页，共&N页")


def _yuan(fen: int) -> Decimal:
    return Decimal(plain_yuan(fen))


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


def _guarded(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text


def _cell_text(cell: Any) -> str:
    """A cell as it would be typed into a CSV file."""
    if isinstance(cell, float):
        return _number_text(cell)
    return " ".join(str(cell).splitlines())


def _number_text(value: float) -> str:
    """The decimal that was typed: a workbook keeps 15 digits of it. What needs more is written with an exponent, which no amount may have."""
    text = f"{value:.15g}"
    return text if float(text) == value else f"{value:.16e}"
