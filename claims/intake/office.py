"""Files that come to an office besides the month's tables, such as a budget or a bank's answer: one table, as CSV or as a workbook.

Their encodings, headers and cells are read by the same rules as those of the month's tables.
"""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
from dataclasses import dataclass
from pathlib import Path

from claims.database import Database
from claims.errors import InputRefused
from claims.limits import LARGEST_TABLE, LARGEST_WORKBOOK, read_limited
from claims.intake.cells import typed_relation_sql
from claims.intake.lines import Source, all_lines, keep_lines, open_lines, prepare
from claims.intake.reading import CsvText, FileDefect
from claims.policy.model import Policy, Table
from claims.quoting import quoted
from claims.workbooks import SIGNED, cells_of

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
SHEETS_NAMED = 10
"""Sheets that a message names."""


@dataclass(frozen=True)
class OfficeFile:
    """A file that was read. `typed` is the query of its rows (see `typed_relation_sql`), `lines` the SQL source of all its lines with their fates."""

    name: str
    sha256: str
    table: Table
    lines: str
    typed: str


def read_office_file(policy: Policy, table: Table, path: Path, scratch: Path) -> OfficeFile:
    """Read a file of one table; rows are numbered as in the file. Raises InputRefused with every problem of the file as a whole."""
    prepare(scratch, table)
    is_workbook = path.suffix.lower() in WORKBOOKS
    data = read_limited(path, LARGEST_WORKBOOK if is_workbook else LARGEST_TABLE)
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        content = CsvText(_only_sheet(path, data) if is_workbook else data)
        keep_lines(Source(0, path.name, sha256, table, None), content, scratch)
    except FileDefect as defect:
        raise InputRefused([f"{path.name}:{line}: {found}" for line, found in defect.problems]) from None
    return OfficeFile(path.name, sha256, table, all_lines(scratch, table), typed_relation_sql(policy, table, open_lines(scratch, table)))


def unfit_cells(database: Database, file: OfficeFile) -> list[str]:
    """What is wrong with the cells of a table that must be read whole, with file, line and how to mend it."""
    rows = database.rows(database.render("intake/unfit_cell.sql", typed=file.typed, table=file.table))
    return [
        f"{name}:{line}: {f'“{quoted(raw)}” under “{header}” cannot be read' if raw else f'“{header}” is empty'}: correct the row, none may be left out"
        for name, line, header, raw in rows
    ]


def _only_sheet(path: Path, data: bytes) -> bytes:
    """The rows of a workbook's only filled sheet as CSV, one line each; a line to sign at the foot of a list that comes back is as good as empty."""
    filled = {name: rows for name, rows in cells_of(path, data).items() if rows}
    if len(filled) != 1:
        found = f"{len(filled)} sheets hold data ({'、'.join(map(quoted, itertools.islice(filled, SHEETS_NAMED)))})" if filled else "no sheet holds data"
        raise FileDefect((1, f"{found}: leave the one that is meant"))
    text = io.StringIO()
    rows = next(iter(filled.values()))
    csv.writer(text, lineterminator="\n").writerows([] if row and row[0].startswith(SIGNED) else row for row in rows)
    return text.getvalue().encode()
