"""Files that the program shows compared with those that the record gives, byte for byte; where they differ, the first line, row and cell."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from claims.errors import InputRefused
from claims.files import sha256_of
from claims.verifying import shown_value
from claims.workbooks import read_cells


def difference(recorded: Path, found: Path) -> str:
    """Where a file differs from what the record gives, and how; '' where it does not."""
    ours, theirs = recorded.read_bytes(), found.read_bytes()
    if ours == theirs:
        return ""
    try:
        told = _place_of_difference(recorded, found, ours, theirs)
    except (InputRefused, UnicodeDecodeError, csv.Error):
        told = ""
    return told or f"its bytes differ from what the record gives (SHA-256 {sha256_of(recorded)}, here {sha256_of(found)})"


def _place_of_difference(recorded: Path, found: Path, ours: bytes, theirs: bytes) -> str:
    if recorded.suffix == ".xlsx":
        return _differing_sheet(read_cells(recorded), read_cells(found))
    if recorded.suffix == ".csv":
        return _differing_cell("line", *(list(csv.reader(io.StringIO(data.decode(), newline=""))) for data in (ours, theirs)))
    if recorded.suffix in (".json", ".html"):
        return next(
            (f"line {number} differs from what the record gives" for number, (line, other) in enumerate(zip_longest(
                ours.decode().splitlines(), theirs.decode().splitlines()), start=1) if line != other), "")
    return ""


def _differing_sheet(ours: dict[str, list], theirs: dict[str, list]) -> str:
    if list(ours) != list(theirs):
        return f"its sheets are {', '.join(theirs)} instead of {', '.join(ours)}"
    found = ((name, _differing_cell("row", ours[name], theirs[name])) for name in ours)
    return next((f"sheet {name}, {cell}" for name, cell in found if cell), "")


def _differing_cell(unit: str, ours: Sequence[Sequence[str]], theirs: Sequence[Sequence[str]]) -> str:
    for number, (row, other) in enumerate(zip_longest(ours, theirs), start=1):
        if row is None or other is None:
            return f"{unit} {number} is " + ("not of the record" if row is None else "missing")
        for column, (cell, found) in enumerate(zip_longest(row, other), start=1):
            if cell != found:
                return f"{unit} {number}, column {column}: {shown_value(cell)} in the record, {shown_value(found)} here"
    return ""


def changed_files(folder: Path, sha256_by_name: dict[str, str]) -> Iterator[tuple[str, bool]]:
    """The files of a folder that are missing or not what was recorded, and whether they are there."""
    for name, sha256 in sha256_by_name.items():
        is_there = (folder / name).is_file()
        if not is_there or sha256_of(folder / name) != sha256:
            yield name, is_there


def strangers(folder: Path, known: Iterable[Path]) -> list[Path]:
    """The files below a folder that are none of some."""
    expected = set(known)
    return sorted(path for path in folder.rglob("*") if path.is_file() and path not in expected) if folder.is_dir() else []
