"""Workbooks for offices: sheets of plain cells, without macros, that show every text as it is; and the cells of one that comes back.

Texts are written as texts, whatever they begin with and however many digits they have; amounts as numbers, their sums as formulas. The same
sheets give the same bytes.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree

from claims.errors import InputRefused

CREATED = dt.datetime(2000, 1, 1)
"""The day that every workbook says it was made on: the clock would make other bytes each time."""
FONT = {"font_name": "宋体", "font_size": 10, "valign": "vcenter"}
OPEN = {"locked": False, "bg_color": "#FFF9E5"}
"""The look of a cell that is to be filled in."""
A4, A3 = 9, 8
NO_TEXT = "〔非文本单元格"
"""What the cell of a filled form begins with that held no text; no field reads a text that begins so."""
_OLE = b"\xd0\xcf\x11\xe0"
"""How old workbooks begin, and new ones with a password."""
_ERROR_OR_FORMULA = re.compile(rb"""<(\w+:)?f[\s/>]|\st=["']e["']""")
LINE_HEIGHT, HIGHEST_ROW = 13.5, 409
"""Points of a line, and of the highest row that there can be."""


@dataclass(frozen=True)
class Column:
    """One column: its heading, its width in characters, and what its cells are: a text, an amount in fen, or a count. Sums stand below the
    amounts and counts of a sheet with `sums`. `is_open`: a protected sheet lets people fill it in, and its cells are texts."""

    title: str
    width: int
    kind: Literal["text", "yuan", "count"] = "text"
    is_open: bool = False


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
        "text": book.add_format(boxed | {"text_wrap": True, "num_format": "@"}),
        "open": book.add_format(boxed | {"text_wrap": True, "num_format": "@"} | OPEN),
        "open_text": book.add_format(FONT | {"num_format": "@", "locked": False}),
        "yuan": book.add_format(boxed | {"num_format": "#,##0.00"}),
        "count": book.add_format(boxed | {"num_format": "0"}),
        "sum": book.add_format(boxed | {"bold": True, "align": "center"}),
        "yuan_sum": book.add_format(boxed | {"num_format": "#,##0.00", "bold": True}),
        "count_sum": book.add_format(boxed | {"num_format": "0", "bold": True}),
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
    page.set_row(head, 30)
    for row, cells in enumerate(sheet.rows, start=head + 1):
        if not sheet.hidden:
            page.set_row(row, _height(cells, sheet.columns))
        for place, (cell, column) in enumerate(zip(cells, sheet.columns, strict=True)):
            _write_cell(page, row, place, cell, column.kind, formats["open" if column.is_open else column.kind])
    end = head + len(sheet.rows)
    if sheet.sums and sheet.rows:
        _write_sums(page, sheet, head + 1, end, formats)
        end += 1
    for row, line in enumerate(sheet.closing, start=end + 2):
        page.write_string(row, 0, line, formats["line"])
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
    return min(LINE_HEIGHT * lines + 4, HIGHEST_ROW)


def _lines(text: str, width: int) -> int:
    """How many lines a text takes in a column; a wide character takes the room of two digits."""
    room = max(1, width - 1)
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
    page.set_landscape()
    page.set_paper(sheet.paper)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    page.set_footer("&C第&P页，共&N页")


def read_cells(path: Path) -> dict[str, list[list[str]]]:
    """The cells of every sheet as text, row by row from the first; white space around them and empty rows at the end are left out.

    Office programs turn texts into numbers and days as they like: a whole number is told without a point, a day like 2024-06-30.
    Raises InputRefused for what is no workbook.
    """
    try:
        sheets = _cells(path.read_bytes())
    except (InputRefused, OSError) as error:
        raise InputRefused([f"{path}: it cannot be read as a workbook ({error}); save it as .xlsx"]) from error
    return {name: _without_empty_end([[cell_text(cell) for cell in row] for row in rows]) for name, rows in sheets.items()}


def sheets_as_typed(data: bytes) -> dict[str, list[list[str]]]:
    """The cells of every sheet of an .xlsx file as they were typed, row by row from the first; empty rows at the end are left out.

    Texts are told as they stand. Whatever else a cell holds, such as a number, is told behind `NO_TEXT`, with the name and kind of the cell and how to mend
    it, and so is a text that a formula gives. Raises InputRefused for what is no .xlsx file, or one with a password.
    """
    if data.startswith(_OLE):
        raise InputRefused(["it is an old workbook (.xls) or has a password: save it as .xlsx, without a password"])
    if not data.startswith(b"PK"):
        raise InputRefused(["it is no .xlsx workbook: save it as .xlsx"])
    marked = _errors_and_formulas(data)
    sheets = {}
    for name, rows in _cells(data).items():
        told = [[_as_typed(cell, row, place) for place, cell in enumerate(cells)] for row, cells in enumerate(rows)]
        for (row, place), (kind, text) in marked.get(name, {}).items():
            _put(told, row, place, _no_text(row, place, kind, text))
        sheets[name] = _without_empty_end(told)
    return sheets


def _cells(data: bytes) -> dict[str, list[list[Any]]]:
    """The cells of every sheet, row by row from the first: the one door through which a workbook is opened. Raises InputRefused."""
    import python_calamine

    try:
        with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except python_calamine.CalamineError as error:
        raise InputRefused([f"it cannot be read as a workbook ({error})"]) from error


def _as_typed(cell: Any, row: int, place: int) -> str:
    return cell if isinstance(cell, str) else _no_text(row, place, _kind_of(cell), cell_text(cell))


def _kind_of(cell: Any) -> str:
    return "逻辑值" if isinstance(cell, bool) else "数值" if isinstance(cell, (int, float)) else "日期或时间"


def _no_text(row: int, place: int, kind: str, text: str) -> str:
    from xlsxwriter.utility import xl_rowcol_to_cell

    return f"{NO_TEXT}{xl_rowcol_to_cell(row, place)}（{kind}），请设为文本格式后重新填写〕{text}"


def _put(rows: list[list[str]], row: int, place: int, text: str) -> None:
    """Set a cell, which may lie beyond those that are filled."""
    rows += [[] for _ in range(row + 1 - len(rows))]
    rows[row] += [""] * (place + 1 - len(rows[row]))
    rows[row][place] = text


def _errors_and_formulas(data: bytes) -> dict[str, dict[tuple[int, int], tuple[str, str]]]:
    """Kind and shown text of the cells that hold an error or a formula, by sheet, row and column: the library tells an error as an empty cell, and of a
    formula only what it gave last."""
    found: dict[str, dict[tuple[int, int], tuple[str, str]]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for name, part in _parts_of(packed).items():
                content = packed.read(part)
                if _ERROR_OR_FORMULA.search(content):
                    found[name] = dict(_marked_in(content))
    except (zipfile.BadZipFile, ElementTree.ParseError, KeyError, ValueError) as error:
        raise InputRefused([f"it cannot be read as a workbook ({error}): save it as .xlsx"]) from error
    return found


def _parts_of(packed: zipfile.ZipFile) -> dict[str, str]:
    """The part of the file in which each sheet lies, by the sheet's name."""
    links = {link.get("Id"): link.get("Target", "") for link in ElementTree.fromstring(packed.read("xl/_rels/workbook.xml.rels"))}
    parts = {}
    for sheet in ElementTree.fromstring(packed.read("xl/workbook.xml")).iter():
        if _tag(sheet) == "sheet":
            link = next(value for name, value in sheet.attrib.items() if name.rpartition("}")[2] == "id")
            parts[sheet.get("name", "")] = links[link].lstrip("/") if links[link].startswith("/") else f"xl/{links[link]}"
    return parts


def _marked_in(content: bytes) -> Iterator[tuple[tuple[int, int], tuple[str, str]]]:
    from xlsxwriter.utility import xl_cell_to_rowcol

    for _, cell in ElementTree.iterparse(io.BytesIO(content)):
        if _tag(cell) == "c":
            inner = {_tag(part): part.text or "" for part in cell}
            kind = "公式" if "f" in inner else "错误值" if cell.get("t") == "e" else None
            if kind:
                yield xl_cell_to_rowcol(cell.get("r", "")), (kind, inner.get("v", "") if cell.get("t") in ("str", "e", None, "n") else "")
        elif _tag(cell) == "row":
            cell.clear()


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def cell_text(value: Any) -> str:
    """A cell's value as text, on one line; what was written as a text and what an office program made of it read the same."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (float, Decimal)):
        return format(Decimal(str(value)).normalize(), "f")
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    return " ".join(str(value).split())


def written_text(cell: Any, column: Column) -> str:
    """What `read_cells` gives of a cell that a sheet was written with."""
    if cell is None:
        return ""
    return cell_text(cell if column.kind == "text" else Decimal(_number(cell, column.kind)))


def _without_empty_end(rows: list[list[str]]) -> list[list[str]]:
    filled = [number for number, row in enumerate(rows, 1) if any(row)]
    return rows[: filled[-1]] if filled else []
