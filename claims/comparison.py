"""Two files compared by what they say: the first value that differs, and where it stands. Bytes are compared by their SHA-256, elsewhere.

A file is read as a row of (place, value): a table by its cells, JSON by its paths, a PDF or any other text by its lines. Values are shown with
persons' numbers masked.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from claims.database import Database, sql_literal
from claims.errors import InputRefused
from claims.privacy import account_end, masked_party, masked_text
from claims.workbooks import read_cells

Values = Iterator[tuple[str, str]]
LONGEST = 120
ACCOUNT = re.compile(r"(?<![0-9a-zA-Z])[0-9]{12,}(?![0-9a-zA-Z])")
"""What may be a bank account."""
ABSENT = ("", "（无）")


@dataclass(frozen=True)
class Difference:
    """The first value that differs: where, what is recorded, what was computed again."""

    place: str
    recorded: str
    again: str

    def told(self) -> str:
        return f"{self.place}：原为“{self.recorded}”，重算为“{self.again}”"


def first_difference(recorded: Path, again: Path, ignored: Callable[[str], bool] = lambda place: False) -> Difference | None:
    """The first value that differs between two files of one kind; places that are `ignored` are left out. None where every value is equal.

    Raises ValueError where one of them cannot be read as what its name says.
    """
    from pypdf.errors import PyPdfError

    try:
        return _first(_values(recorded), _values(again), ignored)
    except (csv.Error, InputRefused, PyPdfError) as error:
        raise ValueError(str(error)) from error


def first_difference_of_data(recorded: Any, again: Any, ignored: Callable[[str], bool] = lambda place: False) -> Difference | None:
    """The same of two values as JSON has them."""
    return _first(_paths("", recorded), _paths("", again), ignored)


def have_same_rows(database: Database, recorded: Path, again: Path) -> bool:
    """Whether two result relations have the same columns and the same rows, as often and in whatever order."""
    one, other = (f"from read_parquet({sql_literal(str(path))})" for path in (recorded, again))
    differing = f"select count(*) from (({one} except all {other}) union all ({other} except all {one}))"
    return database.rows(f"describe {one}") == database.rows(f"describe {other}") and database.rows(differing) == [(0,)]


def first_difference_of_relations(database: Database, recorded: Path, again: Path) -> Difference | None:
    """The same of two result relations, as the vault keeps them."""
    return _first(_relation(database, recorded), _relation(database, again), lambda place: False)


def _first(recorded: Values, again: Values, ignored: Callable[[str], bool]) -> Difference | None:
    pairs = (filter(lambda found: not ignored(found[0]), values) for values in (recorded, again))
    for (place, was), (other, now) in zip_longest(*pairs, fillvalue=ABSENT):
        if (place, was) != (other, now):
            shown_was, shown_now = (was, now) if place == other else (f"{place} {was}", f"{other} {now}")
            return Difference(place or other, _shown(shown_was), _shown(shown_now))
    return None


def _shown(value: str) -> str:
    text = ACCOUNT.sub(lambda found: account_end(found.group()), masked_text(masked_party(value)))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


# ---------------------------------------------------------------- files as places and values


def _values(path: Path) -> Values:
    return {".csv": _csv, ".xlsx": _workbook, ".json": _json, ".pdf": _pdf}.get(path.suffix, _lines)(path)


def _csv(path: Path) -> Values:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        yield "表头", ",".join(header)
        for row in rows:
            for number, cell in enumerate(row):
                yield f"第{rows.line_num}行 {header[number] if number < len(header) else number + 1}", cell


def _workbook(path: Path) -> Values:
    for sheet, rows in read_cells(path).items():
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row, 1):
                yield f"工作表“{sheet}”第{number}行第{column}列", cell


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
        yield place, str(value)


def _pdf(path: Path) -> Values:
    from pypdf import PdfReader

    for number, sheet in enumerate(PdfReader(path).pages, 1):
        for line, text in enumerate(sheet.extract_text().splitlines(), 1):
            yield f"第{number}页第{line}行", text


def _lines(path: Path) -> Values:
    for number, line in enumerate(path.read_bytes().decode(errors="backslashreplace").splitlines(), 1):
        yield f"第{number}行", line


def _relation(database: Database, path: Path) -> Values:
    source = f"read_parquet({sql_literal(str(path))})"
    names = [name for name, *_ in database.rows(f"describe from {source}")]
    for number, row in enumerate(database.rows(f"from {source}"), 1):
        for name, value in zip(names, row):
            yield f"第{number}行 {name}", str(value)
