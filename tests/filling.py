"""Helpers for tests that fill in a workbook as an office program does: in its cells, the rest of the file as it stands."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

from claims.review.workbook import ACTION_COLUMN, AMOUNT_COLUMN, EXCEPTIONS, REASON_COLUMN
from claims.workbooks import read_cells

Edit = Callable[[str], str]


def place_of(column: int, row: int) -> str:
    """The name of a cell, both counted from 1, for up to 26 columns."""
    return f"{chr(ord('A') + column - 1)}{row}"


def rows_of(workbook: Path) -> dict[tuple[str, str], tuple[int, dict[str, str]]]:
    """The rows of an exceptions workbook by claim and code: their numbers in the sheet, and their cells by heading."""
    rows = read_cells(workbook)[EXCEPTIONS]
    start = next(number for number, row in enumerate(rows) if REASON_COLUMN in row)
    named = [(number, dict(zip(rows[start], row))) for number, row in enumerate(rows[start + 1:], start + 2)]
    return {(row["申报编号"], row["代码"].split(" ")[0]): (number, row) for number, row in named}


def filled(workbook: Path, target: Path, rulings: dict[tuple[str, str], tuple[str, ...]]) -> Path:
    """A copy with 处理 and 理由 of some rows filled in, and what else stands there to be filled in."""
    headings = next(row for row in read_cells(workbook)[EXCEPTIONS] if REASON_COLUMN in row)
    amounts = [heading for heading in headings if heading.startswith(f"{AMOUNT_COLUMN}（")]
    columns = [headings.index(name) + 1 for name in (ACTION_COLUMN, REASON_COLUMN, *amounts)]
    known = rows_of(workbook)
    cells = {place_of(column, known[key][0]): text for key, texts in rulings.items() for column, text in zip(columns, texts)}
    return with_cells(workbook, target, cells)


def delivered(line: str, day: str, way: str, receipt: str) -> str:
    """A line of a register as CSV, of which no cell has a comma, with its delivery filled in."""
    cells = line.split(",")
    assert cells[7:10] == [""] * 3, line
    return ",".join([*cells[:7], day, way, receipt, *cells[10:]])


def with_cells(workbook: Path, target: Path, cells: dict[str, str], sheet: int = 1) -> Path:
    """A copy with texts in some cells that are there already."""
    def put(content: str) -> str:
        for place, text in cells.items():
            told = f'<is><t xml:space="preserve">{escape(text)}</t></is>'
            content, found = re.subn(
                rf'<c r="{place}"( s="\d+")?( t="\w+")?(/>|>.*?</c>)', lambda match: f'<c r="{place}"{match.group(1) or ""} t="inlineStr">{told}</c>', content,
            )
            assert found == 1, place
        return content
    return edited(workbook, target, put, sheet)


def edited(workbook: Path, target: Path, edit: Edit, sheet: int = 1) -> Path:
    """A copy with the text of one sheet edited."""
    with zipfile.ZipFile(workbook) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, edit(content.decode()).encode() if name == f"xl/worksheets/sheet{sheet}.xml" else content)
    return target
