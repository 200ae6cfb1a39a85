"""Registers of letters, in which people fill in three columns: the others must be what the record gives."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path

from claims.delivery import RegisterRow, read_register
from claims.errors import InputRefused
from claims.register import REGISTER_COLUMNS
from claims.verifying import shown_value


def register_difference(ours: Path, theirs: Path, differ: Callable[[str, str], bool] = operator.ne, left_out: Collection[str] = ()) -> str:
    """Where a register that people filled in differs in a column that is not theirs, nor `left_out`; '' where it does not."""
    try:
        here, of_record = read_register(theirs), read_register(ours)
    except InputRefused as refused:
        return str(refused)
    found, recorded = ({row.cells["number"]: row for row in rows if row.cells["number"]} for rows in (here, of_record))
    fixed = [name for name, column in REGISTER_COLUMNS.items() if not column.is_open and name not in left_out]
    for number, row in recorded.items():
        if number not in found:
            return f"the row of {number} is missing"
        for name in fixed:
            was, is_now = row.cells.get(name, ""), found[number].cells.get(name, "")
            if differ(was, is_now):
                return f"{number}, {REGISTER_COLUMNS[name].title}: {shown_value(was)} in the record, {shown_value(is_now)} here"
    if surplus := found.keys() - recorded.keys():
        return f"the row of {min(surplus)} is not of the record"
    if unnumbered := _unnumbered(here, fixed) - _unnumbered(of_record, fixed):
        return f"a row without a number is not of the record: {shown_value(' '.join(filter(None, min(unnumbered))))}"
    counts, wanted = (Counter(number for row in rows if (number := row.cells["number"])) for rows in (here, of_record))
    doubled = counts - wanted
    return f"the row of {min(doubled)} stands there more than once" if doubled else ""


def _unnumbered(rows: list[RegisterRow], fixed: list[str]) -> Counter[tuple[str, ...]]:
    """The cells of rows that name no letter and hold something in a column that people do not fill in."""
    return Counter(cells for row in rows if not row.cells["number"] and any(cells := tuple(row.cells.get(name, "") for name in fixed)))
