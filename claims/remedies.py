"""Until when a decision can be objected to: administrative reconsideration (行政复议) and action (行政诉讼), counted from the delivery of its letter.

The letters tell the periods in the policy's words, the settings tell them in figures. Days and months are those of the calendar, the day of delivery
is not counted, and a last day that is off moves to the next working day (行政复议法第二十条、第八十八条，行政诉讼法第四十六条，民事诉讼法第八十五条).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from claims.casefile import date_text
from claims.settings import RemedySettings
from claims.workdays import Calendar, months_after

UNCERTAIN = "当年放假安排未知，末日遇休息日的顺延"
NOT_BEGUN = "尚未登记送达，复议和诉讼期限没有开始"


@dataclass(frozen=True)
class LastDay:
    """The last day of a period. It is not certain where the calendar of days off does not reach so far: then it may be a later one."""

    day: dt.date
    is_certain: bool

    @property
    def text(self) -> str:
        return date_text(self.day) + ("" if self.is_certain else f"（{UNCERTAIN}）")


@dataclass(frozen=True)
class Remedies:
    """What the periods rest on."""

    calendar: Calendar
    settings: RemedySettings

    def reconsideration(self, delivered_on: dt.date) -> LastDay:
        """Until when reconsideration of a decision can be applied for."""
        return LastDay(*self.calendar.in_time_through(delivered_on + dt.timedelta(self.settings.reconsideration_days)))

    def action(self, delivered_on: dt.date) -> LastDay:
        """Until when an action can be brought against a decision."""
        return LastDay(*self.calendar.in_time_through(months_after(delivered_on, self.settings.action_months)))

    def text(self, delivered_on: dt.date) -> str:
        """Both, in words."""
        return f"可申请行政复议至{self.reconsideration(delivered_on).text}，可提起行政诉讼至{self.action(delivered_on).text}"
