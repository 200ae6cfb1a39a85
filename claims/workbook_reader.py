"""Reads a workbook in a process of its own: whatever its bytes promise, this process alone runs out of memory or of time, and is ended for it.

Run as a program it gets the bytes on standard input and answers in JSON: the cells of every sheet, or why there are none. It imports nothing of
the project, so that it can be run by its path.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

NO_TEXT = "〔非文本单元格"
"""What the cell of a filled form begins with that held no text; no field reads a text that begins so."""
_ERROR_OR_FORMULA = re.compile(rb"""<(\w+:)?f[\s/>]|\st=["']e["']""")

Cells = list[list[Any]]


def answer(data: bytes, told_as: str, unpacked_at_most: int) -> dict[str, Any]:
    """`sheets`, pairs of a name and the rows, or `problem`. `told_as`: cells as they are shown, or as they were typed."""
    import python_calamine

    unpacked = _unpacked_size(data)
    if unpacked > unpacked_at_most:
        return {"problem": f"unpacked it has {unpacked:,} bytes, more than {unpacked_at_most:,}"}
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    told = _as_typed(data, sheets) if told_as == "typed" else {name: [[cell_text(cell) for cell in row] for row in rows] for name, rows in sheets.items()}
    return {"sheets": [(name, _without_empty_end(rows)) for name, rows in told.items()]}


def cell_text(value: Any) -> str:
    """A cell's value as text, on one line; what was written as a text and what an office program made of it read the same."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (float, Decimal)):
        return format(Decimal(str(value)).normalize(), "f")
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    return " ".join(str(value).split())


def _as_typed(data: bytes, sheets: dict[str, Cells]) -> dict[str, list[list[str]]]:
    """Texts as they stand, and anything else behind NO_TEXT; so is what a formula gave, and an error."""
    told = {name: [[_typed(cell, row, place) for place, cell in enumerate(cells)] for row, cells in enumerate(rows)] for name, rows in sheets.items()}
    for name, part in _parts_of(data).items():
        if _ERROR_OR_FORMULA.search(part):
            for row, place, kind, text in _errors_and_formulas(part):
                _put(told[name], row, place, _no_text(row, place, kind, text))
    return told


def _typed(cell: Any, row: int, place: int) -> str:
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


def _parts_of(data: bytes) -> dict[str, bytes]:
    """The XML of each sheet, by the sheet's name."""
    parts = {}
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        links = {link.get("Id"): link.get("Target", "") for link in ElementTree.fromstring(packed.read("xl/_rels/workbook.xml.rels"))}
        for sheet in ElementTree.fromstring(packed.read("xl/workbook.xml")).iter():
            if _tag(sheet) == "sheet":
                link = links[next(value for name, value in sheet.attrib.items() if name.rpartition("}")[2] == "id")]
                parts[sheet.get("name", "")] = packed.read(link.lstrip("/") if link.startswith("/") else f"xl/{link}")
    return parts


def _errors_and_formulas(part: bytes) -> Iterator[tuple[int, int, str, str]]:
    """Row, column, kind and shown text of the cells of a sheet that hold an error or a formula: the library tells an error as an empty cell, and of a
    formula only what it gave last."""
    from xlsxwriter.utility import xl_cell_to_rowcol

    for _, cell in ElementTree.iterparse(io.BytesIO(part)):
        if _tag(cell) == "c":
            inner = {_tag(child): child.text or "" for child in cell}
            kind = "公式" if "f" in inner else "错误值" if cell.get("t") == "e" else None
            if kind:
                yield *xl_cell_to_rowcol(cell.get("r", "")), kind, inner.get("v", "") if cell.get("t") in ("str", "e", None, "n") else ""
        elif _tag(cell) == "row":
            cell.clear()


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _unpacked_size(data: bytes) -> int:
    """What the directory of a packed workbook says; one that lies runs into the limit of memory."""
    if not data.startswith(b"PK"):
        return 0
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return sum(part.file_size for part in packed.infolist())


def _without_empty_end(rows: list[list[str]]) -> list[list[str]]:
    filled = [number for number, row in enumerate(rows, 1) if any(row)]
    return rows[: filled[-1]] if filled else []


def main() -> None:
    """Answer within so many bytes of memory, seconds of computing and unpacked bytes, as the arguments behind the first one say."""
    told_as, *limits = sys.argv[1:]
    memory, seconds, unpacked_at_most = map(int, limits)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    data = sys.stdin.buffer.read()
    try:
        told = answer(data, told_as, unpacked_at_most)
    except MemoryError:
        sys.exit(1)
    except BaseException as error:  # the library panics on some files, which is no Exception
        told = {"problem": f"{type(error).__name__}: {error}" if str(error) else type(error).__name__}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
