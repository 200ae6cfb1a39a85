"""Filled forms: the rows of a workbook's sheet as records, numbered as in the sheet, so that all that follows takes them like those of a CSV file.

Every cell of a form is a text. A number, a date or a formula is what an office program made of it, with digits lost or shown otherwise than
they are; such a cell is told by a mark that no field can read, with its name and its content behind it.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from claims.errors import InputRefused
from claims.intake.reading import FileDefect, frames_of
from claims.policy.model import Table
from claims.workbooks import sheets_as_typed

WORKBOOKS = (".xlsx", ".xls")
"""What a file of a table may end in besides .csv; what is no .xlsx is refused with how to mend it."""
NOTES, CHOICES = "填表说明", "选项"
"""The sheets that a form has besides the one to be filled in."""


class FilledForm:
    """The content of a workbook as records. `others` are the sheets that hold something and are not read. Raises FileDefect for what is no form."""

    def __init__(self, table: Table, data: bytes):
        try:
            sheets = {name: rows for name, rows in sheets_as_typed(data).items() if rows}
        except InputRefused as error:
            raise FileDefect(*((1, problem) for problem in error.problems)) from error
        self.sheet = _sheet_of(table, list(sheets))
        self.others = tuple(name for name in sheets if name not in (self.sheet, NOTES, CHOICES))
        rows = sheets.get(self.sheet, [])
        width = max(map(len, rows), default=0)
        self._rows = [row + [""] * (width - len(row)) for row in rows]

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """The rows, each with its number; all are as wide as the sheet is filled."""
        return enumerate(self._rows, start=1)

    def blocks(self, width: int) -> Iterator[pl.DataFrame]:
        """The rows in frames; see `claims.intake.reading.blocks`."""
        return frames_of(self.records(), width)

    def told(self, found: str) -> str:
        """A problem, with the sheet that has it."""
        return f"sheet “{self.sheet}”: {found}"


def _sheet_of(table: Table, filled: list[str]) -> str:
    """The sheet to read: the one of the form's name, or the only one that holds anything."""
    for name in (table.title, table.name):
        if name in filled:
            return name
    possible = [name for name in filled if name not in (NOTES, CHOICES)]
    if len(possible) > 1:
        raise FileDefect((1, f"{len(possible)} sheets hold data ({'、'.join(possible)}): name the one that is meant “{table.title}”, or leave it alone"))
    return possible[0] if possible else table.title
