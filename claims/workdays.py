"""The calendar of days off, as data: from the package chinesecalendar, for the years that it covers."""

from __future__ import annotations

import datetime as dt
import importlib.metadata

from claims.database import Database


def calendar_version() -> str:
    """Which calendar of days off is used, for the record."""
    return "chinesecalendar " + importlib.metadata.version("chinesecalendar")


def load_calendar(database: Database) -> None:
    """Fill the temporary table `calendar_day` (grain: one row per day that the calendar covers)."""
    from chinese_calendar import constants

    first_day = dt.date(min(day.year for day in constants.holidays), 1, 1)
    last_day = dt.date(max(day.year for day in constants.holidays), 12, 31)
    days = (first_day + dt.timedelta(n) for n in range((last_day - first_day).days + 1))
    days_off = [day for day in days if day in constants.holidays or (day.isoweekday() > 5 and day not in constants.workdays)]
    statement = database.render("assess/calendar_day.sql", first_day=first_day, last_day=last_day)
    database.execute(statement, {"days_off": days_off}, name="assess/calendar_day.sql")
