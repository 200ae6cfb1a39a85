"""Where the months of a policy stand, from the acts that there are."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass

from claims.database import Database
from claims.errors import UsageError

NOW = 2**31 - 1
"""A sequence after that of every act."""


@dataclass(frozen=True)
class Approval:
    """The approval of a month. `minutes` is the number of the minutes that decided it."""

    sequence: int
    minutes: str
    person: str
    approved_on: dt.date


@dataclass(frozen=True)
class Close:
    """The close of a month that counts: its latest one. `notice_from` and `notice_to` are the first and the last of the
    `notice_days` working days of the public notice."""

    sequence: int
    month: str
    closed_on: dt.date
    person: str
    notice_from: dt.date
    notice_to: dt.date
    notice_days: int
    until: int
    """The sequence of the last act that bears on the documents of the month: its approval, or the latest objection to what it froze, or itself."""
    approval: Approval | None


def month_of(text: str) -> str:
    """A month as it was given, like 2021-03. Raises UsageError."""
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", text):
        raise UsageError(f"{text}: a month is written like 2021-03")
    return text


def last_day_of(month: str) -> dt.date:
    """2021-02 -> 2021-02-28."""
    year, number = map(int, month.split("-"))
    return dt.date(year, number, calendar.monthrange(year, number)[1])


def month_text(month: str) -> str:
    """2021-03 -> 2021年3月."""
    year, number = map(int, month.split("-"))
    return f"{year}年{number}月"


def look_at_months(database: Database, until: int = NOW, before: str | None = None) -> dict[str, Close]:
    """Fill `current_close` and `covered` as months stood after an act, and give the closes by month, oldest first; of a month that is named in `before`
    only the one closed before it."""
    database.run("month/current_close.sql", until=until, before=before)
    database.run("month/covered.sql", until=until)
    return seen_months(database)


def seen_months(database: Database) -> dict[str, Close]:
    """The closes by month, oldest first, as `look_at_months` found them."""
    rows = database.rows("""
        select sequence, month, closed_on, person, notice_from, notice_to, notice_days, bearing, approved, minutes, approver, approved_on
        from current_close order by month""")
    return {row[1]: Close(*row[:8], Approval(*row[8:]) if row[8] else None) for row in rows}
