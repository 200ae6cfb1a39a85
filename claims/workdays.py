"""The calendar of days off in China, as dated data: from the package chinesecalendar, extended by a file of the workspace."""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.metadata
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import groupby
from pathlib import Path

from claims.database import Database
from claims.errors import InputRefused, UsageError
from claims.limits import LARGEST_TOML, read_limited
from claims.toml import SYNTAX_ERRORS, Model, parse, read_as

SATURDAY = 6


class CalendarYear(Model):
    """One whole year as the State Council announced it. `off` are days off besides Saturdays and Sundays, `work` weekend days worked."""

    year: int
    source: str
    off: list[dt.date] = []
    work: list[dt.date] = []

    def problems(self) -> Iterator[str]:
        if not 2000 <= self.year <= 2100:
            yield "write the year with four digits, 2000 to 2100"
        for day in (*self.off, *self.work):
            if day.year != self.year:
                yield f"{day} does not lie in {self.year}: put it under its own year"
        for day in self.work:
            if day.isoweekday() < SATURDAY:
                yield f"{day} is no Saturday or Sunday: only weekend days that are worked stand under `work`"
        for day in sorted({*self.off} & {*self.work}):
            yield f"{day} stands under `off` and under `work`: keep one"

    def is_off(self, day: dt.date) -> bool:
        return day in self.off or (day.isoweekday() >= SATURDAY and day not in self.work)


class CalendarFile(Model):
    """calendar.toml: years that chinesecalendar does not cover yet, or has otherwise than announced."""

    year: list[CalendarYear] = []


@dataclass(frozen=True)
class Calendar:
    """What is known of days off. `extension` are the bytes of calendar.toml, None when there is none."""

    extension: bytes | None
    years: tuple[CalendarYear, ...]

    @property
    def version(self) -> str:
        """Which calendar this is, for the record: the package's version and the SHA-256 of the file."""
        package = "chinesecalendar " + importlib.metadata.version("chinesecalendar")
        return package if self.extension is None else f"{package}, calendar.toml {hashlib.sha256(self.extension).hexdigest()}"

    def days(self) -> Iterator[tuple[dt.date, bool]]:
        """All days that are covered, oldest first, and whether they are off."""
        extended = {year.year: year for year in self.years}
        by_package = _days_of_package()
        for year in sorted({*by_package, *extended}):
            yield from ((day, extended[year].is_off(day)) for day in _days_of_year(year)) if year in extended else by_package[year]

    @cached_property
    def is_off(self) -> dict[dt.date, bool]:
        """Each day that is covered, and whether it is off."""
        return dict(self.days())

    def in_time_through(self, day: dt.date) -> tuple[dt.date, bool]:
        """Until which day something due on a day is in time: that day if it is worked, else the next one that is; and whether that is certain, which
        it is not where the calendar does not reach so far."""
        while self.is_off.get(day):
            day += dt.timedelta(1)
        return day, day in self.is_off

    def working_day_from(self, day: dt.date) -> dt.date:
        """The day itself if it is worked, else the next one that is. Raises UsageError where the calendar does not reach so far."""
        day, is_certain = self.in_time_through(day)
        if not is_certain:
            raise UsageError(f"the calendar of days off has no data for {day}: put {day.year} into calendar.toml of the workspace, as it was announced")
        return day


def calendar_of(path: Path) -> Calendar:
    """The calendar with the years that a file adds, if there is one. Raises InputRefused with everything wrong in it."""
    return read_calendar(path, read_limited(path, LARGEST_TOML) if path.exists() else None)


def read_calendar(source: Path, extension: bytes | None) -> Calendar:
    """The calendar with the years that a file adds; `source` names it in messages. Raises InputRefused with everything wrong in it."""
    try:
        years = read_as(parse(extension or b""), CalendarFile).year
    except SYNTAX_ERRORS as error:
        raise InputRefused([f"{source}: {error}"]) from error
    problems = [f"{source}: year {year.year}: {problem}" for year in years for problem in year.problems()]
    numbers = [year.year for year in years]
    problems += [f"{source}: year {number} stands there twice: keep one" for number in sorted({n for n in numbers if numbers.count(n) > 1})]
    if problems:
        raise InputRefused(problems)
    return Calendar(extension, tuple(years))


def load_calendar(database: Database, calendar: Calendar) -> None:
    """Fill the temporary table `calendar_day` (grain: one row per day that the calendar covers)."""
    days = list(calendar.days())
    statement = database.render("assess/calendar_day.sql", spans=_spans([day for day, _ in days]))
    database.execute(statement, {"days_off": [day for day, is_off in days if is_off]}, name="assess/calendar_day.sql")


def working_days_after(calendar: Calendar, day: dt.date, count: int) -> tuple[dt.date, dt.date]:
    """The first and the last of so many working days that follow a day. Raises UsageError where the calendar does not know them."""
    days = calendar.is_off
    found, following = [], day
    while len(found) < count:
        following += dt.timedelta(1)
        if following not in days:
            raise UsageError(f"the days off of {following.year} are not known, so that {count} working days after {day} cannot be counted: "
                             f"put {following.year} into calendar.toml of the workspace, as it was announced")
        if not days[following]:
            found.append(following)
    return found[0], found[-1]


def months_after(day: dt.date, months: int) -> dt.date:
    """The same day so many months later, or the last one of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@cache
def _days_of_package() -> dict[int, list[tuple[dt.date, bool]]]:
    """The days of each year that chinesecalendar covers, and whether they are off."""
    from chinese_calendar import constants

    def is_off(day: dt.date) -> bool:
        return day in constants.holidays or (day.isoweekday() >= SATURDAY and day not in constants.workdays)

    return {year: [(day, is_off(day)) for day in _days_of_year(year)] for year in {day.year for day in constants.holidays}}


def _days_of_year(year: int) -> list[dt.date]:
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    return [first + dt.timedelta(number) for number in range((last - first).days + 1)]


def _spans(days: list[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """First and last day of each stretch without a gap."""
    stretches = (list(group) for _, group in groupby(enumerate(days), key=lambda one: one[1].toordinal() - one[0]))
    return [(stretch[0][1], stretch[-1][1]) for stretch in stretches]
