"""What no version of the program tells otherwise: the figures and ids of a table, and which rows it has. Words and their layout may change with it.

A figure or id is a cell of one word of digits, Latin letters and signs: an amount, a count, a percentage, a date, a code, an outcome. Two tables are
compared in the columns that have the same title in both, so that columns that were merged or added do not count; JSON where it has the same keys.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from claims.comparison import LONGEST, values_of
from claims.errors import InputRefused
from claims.verifying import shown_value
from claims.workbooks import read_cells

WORD = re.compile(r"[!-~]*[0-9A-Za-z][!-~]*")
FIGURE = re.compile(r"[!-~]*\d[!-~]*")
NUMBER = re.compile(r"[-+]?\d[\d,]*(\.\d+)?")
TABLES = (".csv", ".xlsx", ".json")
"""What is compared so; of pages and letters nothing is."""
OF_VERSIONS = ("sha256", "version")
"""How names of JSON end whose values follow from the bytes of other files, or tell the version itself."""
Rows = list[tuple[int, list[str]]]
"""Line and cells of rows."""


@dataclass(frozen=True)
class Table:
    """A sheet, or a CSV file, whose sheet is ''. `titles` tell columns with the same title apart by their count; `rows` follow the titles, by the
    line that they stand in."""

    sheet: str
    titles: list[tuple[str, int]]
    rows: dict[int, list[str]]

    def in_columns(self, titles: list[tuple[str, int]]) -> Rows:
        """The rows that hold a figure in some columns."""
        places = [self.titles.index(title) for title in titles]
        rows = ((line, [row[place] if place < len(row) else "" for place in places]) for line, row in self.rows.items())
        return [(line, row) for line, row in rows if any(map(is_figure, row))]


def figure_difference(recorded: Path, found: Path) -> str:
    """The first figure, id or row in which a CSV file, a workbook or JSON differs from what the record gives; '' where only words differ, or where places
    cannot be compared."""
    try:
        if recorded.suffix == ".json":
            return _of_data(recorded, found)
        if recorded.suffix in TABLES:
            theirs = {table.sheet: table for table in _tables(found)}
            return next(filter(None, (_of_tables(ours, theirs[ours.sheet]) for ours in _tables(recorded) if ours.sheet in theirs)), "")
    except (ValueError, csv.Error, InputRefused):
        pass
    return ""


def figures_differ(recorded: str, found: str) -> bool:
    """Whether two cells tell other figures, one of them being nothing else, or the words around them being equal; `1,000.00` and `1000` are the same,
    and so are `2024` and `2024年`."""
    same_words = FIGURE.sub("#", recorded) == FIGURE.sub("#", found)
    return (is_figure(recorded) or is_figure(found) or same_words) and _figures(recorded) != _figures(found)


def is_figure(cell: str) -> bool:
    """Whether a cell is one figure or id and nothing else."""
    return bool(WORD.fullmatch(cell))


def _figures(cell: str) -> list[str | Decimal]:
    return [Decimal(word.replace(",", "")) if NUMBER.fullmatch(word) else word for word in WORD.findall(cell)]


# ---------------------------------------------------------------- tables


def _tables(path: Path) -> Iterator[Table]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            yield _table("", list(csv.reader(file)), 0)
        return
    for sheet, rows in read_cells(path).items():
        filled = [sum(map(bool, row)) for row in rows]
        yield _table(sheet, rows, filled.index(max(filled, default=0)) if filled else 0)


def _table(sheet: str, rows: list[list[str]], header: int) -> Table:
    """A table of rows, whose titles stand in the first of the fullest rows; where they break is layout."""
    titles: list[tuple[str, int]] = []
    for title in ("".join(cell.split()) for cell in (rows[header] if rows else [])):
        titles.append((title, sum(title == known for known, _ in titles)))
    return Table(sheet, titles, dict(enumerate(rows[header + 1:], header + 2)))


def _of_tables(recorded: Table, found: Table) -> str:
    titles = [title for title in recorded.titles if title in found.titles and title[0]]
    ours, theirs = (table.in_columns(titles) for table in (recorded, found))
    place = f"sheet {recorded.sheet}, row" if recorded.sheet else "row"
    if len(ours) != len(theirs):
        line, row = _surplus(*sorted((theirs, ours), key=len))
        what = "missing" if len(ours) > len(theirs) else "not of the record"
        return f"{place} {line}: {_row_text(row)} is {what}; {len(ours):,} rows of figures in the record, {len(theirs):,} here"
    if [_of_row(row) for row in ours] != [_of_row(row) for row in theirs] and Counter(map(_of_row, ours)) == Counter(map(_of_row, theirs)):
        return ""  # they stand in another order
    for (_, row), (line, other) in zip(ours, theirs):
        for (title, _), was, is_now in zip(titles, row, other):
            if figures_differ(was, is_now):
                return f"{place} {line}, column {title}: {shown_value(was)} in the record, {shown_value(is_now)} here"
    return ""


def _surplus(fewer: Rows, more: Rows) -> tuple[int, list[str]]:
    """The first row of some that the others have not."""
    known = Counter(map(_of_row, fewer))
    for row in more:
        if not known[_of_row(row)]:
            return row
        known[_of_row(row)] -= 1
    return more[-1]


def _of_row(row: tuple[int, list[str]]) -> tuple:
    return tuple(tuple(_figures(cell)) if is_figure(cell) else None for cell in row[1])


def _row_text(row: list[str]) -> str:
    return ", ".join(shown_value(cell) for cell in row if cell)[:LONGEST]


# ---------------------------------------------------------------- data


def _of_data(recorded: Path, found: Path) -> str:
    ours, theirs = ({place.path: value for place, value in values_of(path) if not place.path.endswith(OF_VERSIONS)} for path in (recorded, found))
    if ours.keys() != theirs.keys():
        return ""
    differing = (path for path, value in ours.items() if figures_differ(value, theirs[path]))
    return next((f"{path}: {shown_value(ours[path])} in the record, {shown_value(theirs[path])} here" for path in differing), "")
