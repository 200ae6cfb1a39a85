"""The working store compared with one that is made anew from the record: its events, its tables and views, and every row of every table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from claims.database import Database, sql_literal
from claims.record.journal import Entry
from claims.record.store import is_applied, relations_of, schema_sha256, strange_event
from claims.verifying import shown_value

RECORD, FOUND = "record", "found"
"""The catalogs under which the store of the record and the one that is looked at are attached."""
CANDIDATES = 1000
"""Among how many rows that are too many the one is looked for that a missing row became."""


def attach_both(database: Database, recorded: Path, found: Path) -> None:
    """Attach the store of the record, and a copy of the one that is looked at, which a crash may have left with a log to be worked in."""
    for path, catalog in ((recorded, RECORD), (found, FOUND)):
        database.execute(f"attach {sql_literal(str(path))} as {catalog}")


def unfit_store(database: Database, entries: Sequence[Entry]) -> tuple[str, bool]:
    """Why a store that was attached can be compared with nothing, '' where it can; and whether a hand did that.

    One of a program with other tables, or one that lacks the latest events, is made whole by the next command.
    """
    tables = {name for schema, name in relations_of(database, FOUND) if schema == "store"}
    if tables != {"applied", "made_by"}:
        return "it lacks the tables that say what it was made of" if tables else "it is empty; the next command makes it anew", bool(tables)
    if database.rows(f"select schema_sha256 from {FOUND}.store.made_by") != [(schema_sha256(),)]:
        return "it was made by a program with other tables; the next command makes it anew", False
    if strange := strange_event(database, entries, FOUND):
        return f"store.applied: it holds line {strange} of a journal, which this journal has not, or has otherwise", True
    applied = [sequence for (sequence,) in database.rows(f"select sequence from {FOUND}.store.applied order by sequence")]
    wanted = [entry.sequence for entry in entries if is_applied(entry)]
    if applied != wanted[:len(applied)]:
        return f"store.applied: it says that it holds the events {applied}, of the journal these are {wanted}", True
    if applied != wanted:
        return f"it lacks the events from line {wanted[len(applied)]} on; the next command loads them", False
    return "", False


def differences(database: Database) -> Iterator[str]:
    """What differs between the store that was attached and the one of the record, table by table; of each table the first row.

    Views are compared by what they show: DuckDB words their definitions otherwise from one opening to the next.
    """
    recorded, found = (relations_of(database, one) for one in (RECORD, FOUND))
    for schema, name in sorted({*recorded, *found}):
        place, ours, theirs = f"{schema}.{name}", recorded.get((schema, name)), found.get((schema, name))
        if ours is None or theirs is None:
            yield f"{place}: " + ("it is not of the record" if ours is None else "it is missing")
        elif ours[0] != theirs[0] or ours[0] == "table" and ours != theirs:
            yield f"{place}: it is defined otherwise"
        elif row := _first_difference(database, schema, name):
            yield f"{place}: {row}"


def planted(database: Database) -> Iterator[str]:
    """What the store that was attached holds besides tables and views and the one of the record does not: a function of such a store would take the place
    of DuckDB's own of the same name, `sum` too."""
    recorded, found = (database.rows(database.render("record/planted.sql"), {"catalog": catalog}) for catalog in (RECORD, FOUND))
    for schema, name, kind in found:
        if (schema, name, kind) not in recorded:
            yield f"{schema}.{name}: it is not of the record ({kind})"


def _first_difference(database: Database, schema: str, table: str) -> str | None:
    def only_in(one: str, other: str, limit: int) -> tuple[list[str], list[tuple]]:
        frame = database.frame(database.render("record/only_in.sql", catalog=one, other=other, schema=schema, table=table, limit=limit))
        return frame.columns, frame.rows()

    columns, missing = only_in(RECORD, FOUND, 1)
    _, surplus = only_in(FOUND, RECORD, CANDIDATES)
    if missing and surplus:
        return _changed_text(columns, missing[0], min(surplus, key=lambda row: len(_differing(missing[0], row))))
    if missing:
        return f"the row {_row_text(columns, missing[0])} is missing"
    return f"the row {_row_text(columns, surplus[0])} is not of the record" if surplus else None


def _changed_text(columns: Sequence[str], recorded: tuple, found: tuple) -> str:
    places = _differing(recorded, found)
    told = "; ".join(f"{columns[place]} is {shown_value(recorded[place])} in the record, {shown_value(found[place])} in the store" for place in places)
    same = [place for place in range(len(columns)) if place not in places]
    return f"the row {_row_text([columns[place] for place in same], [recorded[place] for place in same])}: {told}"


def _row_text(columns: Sequence[str], row: Sequence[object]) -> str:
    """The first filled cells of a row, which tell it from others."""
    filled = [(column, cell) for column, cell in zip(columns, row) if cell is not None]
    return ", ".join(f"{column} {shown_value(cell)}" for column, cell in filled[:5])


def _differing(one: tuple, other: tuple) -> list[int]:
    return [place for place, (ours, theirs) in enumerate(zip(one, other)) if ours != theirs]
