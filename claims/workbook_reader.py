"""Reads a workbook in a process of its own: whatever its bytes promise, this process alone runs out of memory or of time, and is ended for it.

Run as a program it gets the bytes on standard input and answers in JSON: the cells of every sheet, or why there are none. It imports nothing of
the project, so that it can be run by its path.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import resource
import sys
import zipfile
from decimal import Decimal
from typing import Any


def answer(data: bytes, unpacked_at_most: int) -> dict[str, Any]:
    """`sheets`, pairs of a name and the rows, or `problem`."""
    import python_calamine

    unpacked = _unpacked_size(data)
    if unpacked > unpacked_at_most:
        return {"problem": f"unpacked it has {unpacked:,} bytes, more than {unpacked_at_most:,}"}
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheets = [(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in book.sheet_names]
    return {"sheets": [(name, _without_empty_end([[cell_text(cell) for cell in row] for row in rows])) for name, rows in sheets]}


def cell_text(value: Any) -> str:
    """A cell's value as text, on one line; what was written as a text and what an office program made of it read the same."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (float, Decimal)):
        return format(Decimal(str(value)).normalize(), "f")
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    return " ".join(str(value).split())


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
    """Answer within so many bytes of memory, seconds of computing and unpacked bytes, as the arguments say."""
    memory, seconds, unpacked_at_most = map(int, sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    data = sys.stdin.buffer.read()
    try:
        told = answer(data, unpacked_at_most)
    except MemoryError:
        sys.exit(1)
    except BaseException as error:  # the library panics on some files, which is no Exception
        told = {"problem": f"{type(error).__name__}: {error}" if str(error) else type(error).__name__}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
