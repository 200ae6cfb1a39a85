"""What computing a recorded event again finds: of each thing that was compared the result, in the words of the report.

Under the program that recorded an event bytes are compared, under another one values.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from claims import __version__
from claims.comparison import Difference, Ignored
from claims.record.journal import Entry
from claims.workdays import read_calendar

EQUAL, SAME_VALUES, FILLED_IN, DIFFERENT, NOT_COMPARED = "相符", "数值相符", "相符", "不符", "未核对"
OF_VERSIONS = ("sha256", "program_version", "calendar_version")
"""What another version of the program records otherwise though every value is equal; the digests of a table and of its rows are compared as rows."""


@dataclass(frozen=True)
class Finding:
    """One thing that was compared: what it is called, the result, and what differs or why it was not compared."""

    name: str
    result: str
    why: str = ""

    @property
    def is_different(self) -> bool:
        return self.result == DIFFERENT

    def told(self) -> str:
        return f"  {self.result}　{self.name}{f'　{self.why}' if self.why else ''}"


def is_ours(event: Entry) -> bool:
    """Whether this program, with this calendar of days off, recorded an event."""
    calendar = read_calendar(Path(), None).version
    return event.body["program_version"] == __version__ and event.body["calendar_version"].split(",")[0] == calendar


def ignored(event: Entry) -> Ignored:
    """The places that another version of the program may fill otherwise."""
    return (lambda place: False) if is_ours(event) else (lambda place: place.path.endswith(OF_VERSIONS) or place.path.startswith("changed["))


def judged(name: str, event: Entry, differing: Difference | None) -> Finding:
    """What two things with other bytes are, after their values were compared."""
    if differing:
        return Finding(name, DIFFERENT, differing.told())
    return Finding(name, DIFFERENT, "字节不同，读出的数值都相同") if is_ours(event) else Finding(name, SAME_VALUES)
