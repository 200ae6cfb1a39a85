"""The calendar of days off: chinesecalendar's years, those that a workspace adds, and what is not known."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import pytest
from chinese_calendar import is_workday

from claims.database import connect
from claims.errors import InputRefused, UsageError
from claims.workdays import load_calendar, read_calendar, working_days_after

SOURCE = Path("calendar.toml")
SPRING_2027 = """
[[year]]
year = 2027
source = "国务院办公厅通知（示例）"
off = [2027-01-01, 2027-02-05, 2027-02-08]
work = [2027-01-31]
"""


def in_time_through(tmp_path: Path, text: str | None) -> dict[dt.date, tuple[dt.date, bool]]:
    """Per covered day: until when something due on it is in time, and whether that is certain."""
    database = connect(tmp_path / "days.duckdb")
    load_calendar(database, read_calendar(SOURCE, text.encode() if text is not None else None))
    rows = database.rows("select day, in_time_through, is_certain from calendar_day")
    database.close()
    return {day: (through, certain) for day, through, certain in rows}


def test_what_is_due_on_a_day_off_is_in_time_through_the_next_working_day_of_the_package(tmp_path):
    days = in_time_through(tmp_path, None)
    for day, (through, certain) in days.items():
        if certain and day.year >= 2015:
            assert is_workday(through) and not any(is_workday(day + dt.timedelta(number)) for number in range((through - day).days))
    assert max(days) == dt.date(2026, 12, 31)


def test_a_year_of_the_workspace_joins_on_without_a_gap(tmp_path):
    alone, joined = in_time_through(tmp_path, None), in_time_through(tmp_path, SPRING_2027)
    new_year = dt.date(2027, 1, 1)  # a Friday
    assert new_year not in alone and joined[new_year] == (dt.date(2027, 1, 4), True)
    assert joined[dt.date(2027, 1, 30)] == (dt.date(2027, 1, 31), True)  # a Sunday that is worked
    assert joined[dt.date(2027, 2, 5)] == (dt.date(2027, 2, 9), True)
    assert {day: joined[day] for day in alone} == alone


def test_the_day_after_the_last_known_one_is_not_certain(tmp_path):
    days = in_time_through(tmp_path, SPRING_2027.replace("2027-02-08]", "2027-12-31]"))
    assert days[dt.date(2027, 12, 30)] == (dt.date(2027, 12, 30), True)
    assert days[dt.date(2027, 12, 31)] == (dt.date(2028, 1, 1), False)


def test_a_listed_year_takes_the_place_of_the_packages(tmp_path):
    announced_otherwise = SPRING_2027.replace("2027", "2024").replace("off = [2024-01-01, 2024-02-05, 2024-02-08]", "off = [2024-01-02]")
    days = in_time_through(tmp_path, announced_otherwise.replace("work = [2024-01-31]", ""))
    assert days[dt.date(2024, 1, 1)] == (dt.date(2024, 1, 1), True) and days[dt.date(2024, 1, 2)] == (dt.date(2024, 1, 3), True)


def test_the_version_names_the_package_and_the_bytes_of_the_file():
    plain, extended = read_calendar(SOURCE, None), read_calendar(SOURCE, SPRING_2027.encode())
    assert plain.version.startswith("chinesecalendar 1.")
    assert extended.version == f"{plain.version}, calendar.toml {hashlib.sha256(SPRING_2027.encode()).hexdigest()}"


@pytest.mark.parametrize(("before", "after", "message"), [
    ("2027-01-01, ", "2026-01-01, ", "year 2027: 2026-01-01 does not lie in 2027"),
    ("2027-01-31", "2027-02-01", "2027-02-01 is no Saturday or Sunday"),
    ("work = [2027-01-31]", "work = [2027-01-31]\n" + SPRING_2027.strip(), "year 2027 stands there twice"),
    ("off = [2027-01-01", "off = [2027-01-31", "2027-01-31 stands under `off` and under `work`"),
    ("source = ", "origin = ", "calendar.toml: .*origin"),
    ("year = 2027", "year = 2027\nyear = 2028", "calendar.toml: .*line 4"),
])
def test_a_calendar_that_cannot_be_right_is_refused_with_what_to_mend(before, after, message):
    with pytest.raises(InputRefused, match=message):
        read_calendar(SOURCE, SPRING_2027.replace(before, after).encode())


def test_working_days_of_a_notice_leave_out_days_off_and_count_weekends_worked():
    calendar = read_calendar(SOURCE, None)
    assert working_days_after(calendar, dt.date(2024, 2, 1), 5) == (dt.date(2024, 2, 2), dt.date(2024, 2, 7)), "Sunday the 4th was worked"
    assert working_days_after(calendar, dt.date(2024, 2, 9), 3) == (dt.date(2024, 2, 18), dt.date(2024, 2, 20)), "after the Spring Festival"


def test_working_days_that_no_calendar_knows_are_not_guessed():
    with pytest.raises(UsageError, match="the days off of 2027 are not known.*put 2027 into calendar.toml"):
        working_days_after(read_calendar(SOURCE, None), dt.date(2026, 12, 30), 5)
    assert working_days_after(read_calendar(SOURCE, SPRING_2027.encode()), dt.date(2026, 12, 31), 1) == (dt.date(2027, 1, 4), dt.date(2027, 1, 4))
