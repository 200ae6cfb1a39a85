"""The header row of a file: which column holds which field, in either language."""

from __future__ import annotations

import difflib
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from claims.intake.reading import WHITE_SPACE, FileDefect
from claims.limits import HOW_TO_MEND, MOST_COLUMNS
from claims.money import in_ten_thousands
from claims.policy.model import Field, Table
from claims.quoting import quoted

LONGEST_COMPARED = 60
"""Characters of a header that are compared with those known, to find which one was meant."""
ROWS_SEARCHED = 6
"""Up to five title lines may stand above the header row."""
_ONE_FORM = str.maketrans("（）", "()")


@dataclass(frozen=True)
class Header:
    """A header row. `fields` has one entry per column, None where the header is empty; `wan` lists fields counted in 10,000 yuan."""

    line: int
    fields: list[str | None]
    wan: list[str]

    @property
    def width(self) -> int:
        return len(self.fields)


@dataclass(frozen=True)
class _Known:
    field: Field
    in_ten_thousands: bool = False


def read_header(table: Table, records: Iterable[tuple[int, list[str]]]) -> Header:
    """Find the header row among the first filled rows and match its columns with the table's fields.

    Raises FileDefect with every problem: no header row, unknown headers, two headers for one field, required fields that are missing.
    """
    known = _known_headers(table)
    line, texts = _find_row(table, known, records)
    if len(texts) > MOST_COLUMNS:
        raise FileDefect((line, f"{len(texts):,} columns, more than {MOST_COLUMNS}; {HOW_TO_MEND}"))
    problems = [*_unknown(texts, known), *_doubled(texts, known), *_missing(table, texts, known)]
    if problems:
        raise FileDefect(*((line, problem) for problem in problems))
    matched = [known.get(_one_form(text)) for text in texts]
    return Header(
        line,
        [match.field.name if match else None for match in matched],
        [match.field.name for match in matched if match and match.in_ten_thousands],
    )


def _known_headers(table: Table) -> dict[str, _Known]:
    known: dict[str, _Known] = {}
    for field in table.field:
        header = _one_form(field.header)
        known |= {field.name: _Known(field), header: _Known(field)}
        if field.type == "money":
            known[in_ten_thousands(header)] = _Known(field, in_ten_thousands=True)
    return known


def _one_form(header: str) -> str:
    return header.strip(WHITE_SPACE).translate(_ONE_FORM)


def _find_row(table: Table, known: dict[str, _Known], records: Iterable[tuple[int, list[str]]]) -> tuple[int, list[str]]:
    enough = min(2, len(table.field))
    for line, cells in itertools.islice(_filled(records), ROWS_SEARCHED):
        if sum(_one_form(cell) in known for cell in cells) >= enough:
            return line, [cell.strip(WHITE_SPACE) for cell in cells]
    names = "、".join(field.header for field in table.field if not field.optional)
    raise FileDefect((1, f"no header row among the first {ROWS_SEARCHED} filled rows: put the column names {names} above the data"))


def _filled(records: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    return (record for record in records if any(cell.strip(WHITE_SPACE) for cell in record[1]))


def _unknown(texts: list[str], known: dict[str, _Known]) -> Iterator[str]:
    for column, text in enumerate(texts, start=1):
        if text and _one_form(text) not in known:
            near = difflib.get_close_matches(_one_form(text)[:LONGEST_COMPARED], known, n=1)
            advice = f"rename it to “{near[0]}”, if that is meant, or remove the column" if near else "correct the name or remove the column"
            yield f"unknown header “{quoted(text)}” in column {column}: {advice}"


def _doubled(texts: list[str], known: dict[str, _Known]) -> Iterator[str]:
    columns: dict[str, list[str]] = defaultdict(list)
    for column, text in enumerate(texts, start=1):
        if match := known.get(_one_form(text)):
            columns[match.field.header].append(f"“{text}” (column {column})")
    for header, found in columns.items():
        if len(found) > 1:
            yield f"{' and '.join(found)} are headers of the same field {header}: keep one of these columns"


def _missing(table: Table, texts: list[str], known: dict[str, _Known]) -> Iterator[str]:
    present = {match.field.name for text in texts if (match := known.get(_one_form(text)))}
    for field in table.field:
        if field.name not in present and not field.optional:
            yield f"the column “{field.header}” ({field.name}) is missing: add it, with empty cells where nothing is known"
