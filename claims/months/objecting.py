"""Objections to what a month froze: raised, they take a claim out of the notice; dismissed, they let it go on; upheld, they stop it until two people
have corrected it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from claims.database import Database
from claims.errors import UsageError
from claims.months.closes import Close


@dataclass(frozen=True)
class Objection:
    """The latest act in an objection to a decision; action: raise, uphold or dismiss."""

    month: str
    number: int
    action: str
    reason: str
    acted_on: dt.date


def latest_objection(database: Database, claim_id: str) -> Objection | None:
    """The latest act in an objection to a claim's decision."""
    rows = database.rows("select month, number, action, reason, acted_on from objection where claim_id = ? order by sequence desc limit 1", [claim_id])
    return Objection(*rows[0]) if rows else None


def is_stopped(database: Database, claim_id: str, latest: Objection | None) -> bool:
    """Whether an upheld objection keeps a claim back, which no close has taken in again since; `look_at_months` goes before."""
    again = database.rows("select 1 from covered where claim_id = ? and not is_approved and not left_out", [claim_id])
    return latest is not None and latest.action == "uphold" and not again


def frozen_in(database: Database, closes: dict[str, Close], claim_id: str) -> tuple[Close, int]:
    """The close that froze a decision of a claim and is not approved yet, and the highest number of the claim in it; `look_at_months` goes before.

    Raises UsageError saying why there is none.
    """
    found = database.rows("select month, number from covered where claim_id = ? and not is_approved order by number desc limit 1", [claim_id])
    if not found:
        raise UsageError(_why_not(database, claim_id))
    return closes[found[0][0]], found[0][1]


def _why_not(database: Database, claim_id: str) -> str:
    letters = database.rows("select document_no from issued_letter where claim_id = ? and kind <> 'supplement' order by sequence", [claim_id])
    if letters:
        return f"{claim_id}: its letter {letters[-1][0]} is issued, an objection comes too late for the notice; `claims adjust {claim_id}` corrects what is wrong"
    if database.rows("select 1 from decided where claim_id = ?", [claim_id]):
        return f"{claim_id}: it is in no notice; the close of a month brings it there, and an objection can be raised then"
    return f"{claim_id}: there is no decided claim of this number"
