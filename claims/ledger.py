"""The ledger: postings between the accounts of each treasury, what they add up to, and what must hold of them whatever was done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from claims.database import Database
from claims.errors import ClaimsError


def ledger_defects(database: Database) -> list[tuple]:
    """What does not hold in the books of the policy that was entered: (defect, treasury, place, year); nothing, unless the program is wrong."""
    return database.rows(database.render("check/ledger.sql"))


def require_sound_ledger(database: Database, policy_id: str, relations: dict[str, str]) -> None:
    """Refuse an act whose rows would break the books. `relations` are its queries by table, which must not read these tables. Raises ClaimsError."""
    with _as_if_recorded(database, policy_id, relations):
        defects = ledger_defects(database)
    if defects:
        listed = "; ".join(" ".join(map(str, defect)) for defect in defects)
        raise ClaimsError(f"the books would not hold, nothing was recorded: {listed}. This is a defect of the program: report it.")


@contextmanager
def _as_if_recorded(database: Database, policy_id: str, relations: dict[str, str]) -> Iterator[None]:
    """Within it the tables show the rows of an act, too, under a sequence after all others."""
    laid = []
    try:
        for table, query in relations.items():
            database.run("ledger/as_if_recorded.sql", policy=policy_id, table=table, query=query)
            laid.append(table)
        yield
    finally:
        for table in laid:
            database.execute(f"drop view temp.{table}")
