"""Until when decisions can be objected to, from the delivery of their letters."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from claims.letters.wording import ordinal_text
from claims.policy.model import SHIPPED, load_policy
from claims.remedies import UNCERTAIN, Remedies
from claims.settings import load_settings
from claims.workdays import read_calendar

PERIODS = load_settings(Path("absent")).remedies


@pytest.mark.parametrize(("delivered_on", "reconsideration", "action"), [
    ("2024-06-20", "2024-08-19", "2024-12-20"),  # the day of delivery is not counted
    ("2024-06-21", "2024-08-20", "2024-12-23"),  # 21 December is a Saturday
    ("2024-08-03", "2024-10-08", "2025-02-05"),  # 2 October and 3 February lie in holidays
    ("2024-08-31", "2024-10-30", "2025-02-28"),  # February has no 31st
])
def test_periods_are_of_the_calendar_and_a_last_day_that_is_off_moves_to_the_next_working_day(delivered_on, reconsideration, action):
    remedies = Remedies(read_calendar(Path(), None), PERIODS)
    last = [remedies.reconsideration(dt.date.fromisoformat(delivered_on)), remedies.action(dt.date.fromisoformat(delivered_on))]
    assert [str(one.day) for one in last] == [reconsideration, action] and all(one.is_certain for one in last)


def test_a_last_day_in_a_year_whose_days_off_are_not_known_is_told_as_uncertain():
    last = Remedies(read_calendar(Path(), None), PERIODS).action(dt.date(2040, 1, 15))
    assert last.day == dt.date(2040, 7, 15) and last.text == f"2040年7月15日（{UNCERTAIN}）"


@pytest.mark.parametrize("folder", [*sorted(SHIPPED.iterdir()), SHIPPED.parent / "starter"], ids=lambda folder: folder.name)
def test_the_letters_tell_the_periods_that_the_settings_count(folder):
    told = load_policy(folder).body.letter.objection
    assert f"{ordinal_text(PERIODS.reconsideration_days)}日内依法申请行政复议" in told
    assert f"{ordinal_text(PERIODS.action_months)}个月内依法向人民法院提起行政诉讼" in told
