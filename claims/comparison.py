"""Two files compared by what they say: the first value that differs, and where it stands. Bytes are compared by their SHA-256, elsewhere.

A file is read as a row of (place, value): a table by its cells, JSON by its paths, a PDF or any other text by its lines. Values are shown with
long numbers masked; a difference is told in Chinese to auditors, in English on the command line.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from claims.database import Database, sql_literal
from claims.errors import InputRefused
from claims.privacy import masked_numbers
from claims.workbooks import read_cells

LONGEST = 120
MISSING = "（无此列）"
"""What a relation tells in a column that it has not."""


class Place(NamedTuple):
    """Where a value stands: at a path of JSON; or on a sheet or page, in a line (or row) and column, by number from 1, as far as there are such."""

    path: str = ""
    sheet: str = ""
    page: int = 0
    line: int = 0
    column: int = 0
    title: str = ""
    """Of the column, where it has one."""

    @property
    def told(self) -> str:
        column = f" {self.title}" if self.title else f"第{self.column}列" if self.column else ""
        of = f"工作表“{self.sheet}”" if self.sheet else f"第{self.page}页" if self.page else ""
        return self.path or f"{of}第{self.line}行{column}"

    @property
    def told_in_english(self) -> str:
        of = f"sheet {self.sheet}, row" if self.sheet else f"page {self.page}, line" if self.page else "line"
        return self.path or f"{of} {self.line}" + (f", column {self.column}" if self.column else "")


Values = Iterator[tuple[Place, str]]
Ignored = Callable[[Place], bool]


@dataclass(frozen=True)
class Difference:
    """The first value that differs: where, and what, in the one that is recorded and in the other; None for no value."""

    place: Place
    recorded: str | None
    other_place: Place
    other: str | None

    def told(self) -> str:
        """For a report of what was computed again."""
        was, now = ("（无）" if value is None else _shown(value) for value in (self.recorded, self.other))
        if self.place != self.other_place and None not in (self.recorded, self.other):
            was, now = f"{self.place.told} {was}", f"{self.other_place.told} {now}"
        return f"{self._first_place.told}：原为“{was}”，重算为“{now}”"

    def told_in_english(self) -> str:
        """For a message about what lies in a workspace."""
        was, now = ("nothing" if value is None else _shown(value) for value in (self.recorded, self.other))
        if self.place != self.other_place and None not in (self.recorded, self.other):
            now = f"{self.other_place.told_in_english} {now}"
        return f"{self._first_place.told_in_english}: {was} in the record, {now} here"

    @property
    def _first_place(self) -> Place:
        return self.other_place if self.recorded is None else self.place


def first_difference(recorded: Path, again: Path, ignored: Ignored = lambda place: False) -> Difference | None:
    """The first value that differs between two files of one kind; places that are `ignored` are left out. None where every value is equal.

    Raises ValueError where one of them cannot be read as what its name says.
    """
    from pypdf.errors import PyPdfError

    try:
        return _first(values_of(recorded), values_of(again), ignored)
    except (csv.Error, InputRefused, PyPdfError) as error:
        raise ValueError(str(error)) from error


def first_difference_of_data(recorded: Any, again: Any, ignored: Ignored = lambda place: False) -> Difference | None:
    """The same of two values as JSON has them."""
    return _first(_paths("", recorded), _paths("", again), ignored)


def first_difference_of_relations(database: Database, recorded: Path, again: Path) -> Difference | None:
    """The same of two result relations, as the vault keeps them, by the columns that the recorded one has: a later format may tell more."""
    return _first(*(_relation(database, path, _columns(database, recorded)) for path in (recorded, again)), lambda place: False)


def _first(recorded: Values, again: Values, ignored: Ignored) -> Difference | None:
    pairs = (filter(lambda found: not ignored(found[0]), values) for values in (recorded, again))
    for (place, was), (other, now) in zip_longest(*pairs, fillvalue=(Place(), None)):
        if (place, was) != (other, now):
            return Difference(place, was, other, now)
    return None


def _shown(value: str) -> str:
    text = masked_numbers(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


# ---------------------------------------------------------------- files as places and values


def values_of(path: Path) -> Values:
    """Every value of a file, each with its place. Raises what reading a file of its kind raises."""
    return {".csv": _csv, ".xlsx": _workbook, ".json": _json, ".pdf": _pdf}.get(path.suffix, _lines)(path)


def _csv(path: Path) -> Values:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        yield from ((Place(line=1, column=number), cell) for number, cell in enumerate(header, 1))
        for row in rows:
            for number, (cell, title) in enumerate(zip_longest(row, header[:len(row)], fillvalue=""), 1):
                yield Place(line=rows.line_num, column=number, title=title), cell


def _workbook(path: Path) -> Values:
    for sheet, rows in read_cells(path).items():
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row, 1):
                yield Place(sheet=sheet, line=number, column=column), cell


def _json(path: Path) -> Values:
    return _paths("", json.loads(path.read_bytes()))


def _paths(place: str, value: Any) -> Values:
    if isinstance(value, dict):
        for name in sorted(value):
            yield from _paths(f"{place}.{name}" if place else name, value[name])
    elif isinstance(value, list):
        for number, item in enumerate(value, 1):
            yield from _paths(f"{place}[{number}]", item)
    else:
        yield Place(place), str(value)


def _pdf(path: Path) -> Values:
    from pypdf import PdfReader

    for number, sheet in enumerate(PdfReader(path).pages, 1):
        for line, text in enumerate(sheet.extract_text().splitlines(), 1):
            yield Place(page=number, line=line), text


def _lines(path: Path) -> Values:
    for number, line in enumerate(path.read_bytes().decode(errors="backslashreplace").splitlines(), 1):
        yield Place(line=number), line


def _relation(database: Database, path: Path, names: list[str]) -> Values:
    has = _columns(database, path)
    for number, row in enumerate(database.rows(f"from {_parquet(path)}"), 1):
        told = dict(zip(has, row))
        for column, name in enumerate(names, 1):
            yield Place(line=number, column=column, title=name), str(told.get(name, MISSING))


def _columns(database: Database, path: Path) -> list[str]:
    return [name for name, *_ in database.rows(f"describe from {_parquet(path)}")]


def _parquet(path: Path) -> str:
    return f"read_parquet({sql_literal(str(path))})"
