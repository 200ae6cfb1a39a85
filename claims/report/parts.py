"""What a report is made of: figures on top, sections with pictures and the tables behind them, and lists of claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from claims.report.charts import Picture


@dataclass(frozen=True)
class Link:
    """A text that leads to a file beside the report."""

    text: str
    href: str


@dataclass(frozen=True)
class Card:
    """A figure that matters, in its unit, with what it is to be seen against."""

    title: str
    value: str
    unit: str
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Table:
    """A table: headings, of which those of `numbers` stand above numbers, rows, and their total. An empty one tells `empty` instead."""

    headings: Sequence[str]
    numbers: Sequence[int]
    rows: Sequence[Sequence[str | Link | Sequence[Link]]]
    total: Sequence[str] | None = None
    empty: str = "没有。"


@dataclass(frozen=True)
class Section:
    """A part of the report under its own heading: a sentence that tells the most of it, pictures, and the table behind them."""

    id: str
    title: str
    says: str
    table: Table
    pictures: Sequence[Picture] = ()
    note: str = ""


@dataclass(frozen=True)
class Report:
    """A whole report. `about` are lines of label and text below the title, `against` is what holds for
    all figures on top, `letters` what holds for the letters
    of all listed claims, `sources` are the files that the figures can be found in."""

    title: str
    subtitle: str
    about: Sequence[tuple[str, str]]
    cards: Sequence[Card]
    against: str
    sections: Sequence[Section]
    lists: Sequence[Section]
    letters: str
    sources: Sequence[Link]
    notes: Sequence[str]
