"""How a sheet comes out on paper: A4 across, every column on one page's width where it can be read so, else on several pages beside each other.

Everything is in points, at the size of the screen; what is printed is made smaller by one scale. Offices draw the same sheet with other programs and
other fonts: what is computed here leaves them a little room, so that nothing is cut off and no page holds more than was meant.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

FONT_POINTS = 10
LEAST_POINTS, LEAST_SIGNED_POINTS = 8, 9
"""How large a text must come out on paper at least; larger where people sign below it."""
PAGE_WIDTH, PAGE_HEIGHT = 841.9, 595.3
SIDE_MARGIN, END_MARGIN, FOOT_MARGIN = 0.4, 0.6, 0.3
"""Inches: left and right, above and below, and from the foot line to the edge."""
NARROW = 8
"""Up to this width the texts of a column stand in its middle, wider ones a little away from its left line."""
_ROOM_WIDTH, _ROOM_HEIGHT = (PAGE_WIDTH - 144 * SIDE_MARGIN) * 0.99, (PAGE_HEIGHT - 144 * END_MARGIN) * 0.93
"""What is filled of a page, so that programs which draw wider or higher still need no other."""
LINE_HEIGHT, LEAST_ROW, HIGHEST_ROW = 14.5, 20, 409
"""Points of a line, and of the lowest and the highest row that there can be."""
_OPENING, _CLOSING = "（《〈〔【「“‘", "）》〉〕】」”’，。；：、！？％"
_LETTER = r"[^\s\u2e80-\uffef]"
_PIECE = re.compile(rf"(?:[{_OPENING}]*{_LETTER}+[〕）](?={_LETTER}))*[{_OPENING}]*(?:{_LETTER}+元?|.)[{_CLOSING}]*", re.DOTALL)
"""What stays together at the end of a line: a word or an amount, or one Chinese character; with the marks that begin or end no line, and a number
with that in brackets before it, such as 〔2024〕5."""
_EDGES = 1.5
"""Digits of a column in which no text stands: before and behind it, with what programs that count whole pixels have less."""


@dataclass(frozen=True)
class Width:
    """How wide a column wishes to be, in digits, and how narrow it may become so that the sheet fits on a page's width."""

    wished: float
    least: float


@dataclass(frozen=True)
class Layout:
    """How the columns of a sheet are printed: their widths in digits, on how many pages beside each other, at which scale in percent, and how many of them
    are on the first."""

    widths: tuple[float, ...]
    pages_across: int
    scale: int
    first: int

    @property
    def points(self) -> float:
        """How large its texts come out."""
        return FONT_POINTS * self.scale / 100


def column_points(width: float) -> float:
    """A column's width: its digits in the workbook's font, and its edges. Programs that count whole pixels, seven for a digit, have it a little narrower."""
    return 5.56 * (width + 0.71)


def arrange(columns: Sequence[Width], repeated: int, least_points: float) -> Layout:
    """The largest scale at which the columns need the fewest pages across that their texts can be read on; the first `repeated` stand on each of them."""
    least = math.ceil(100 * least_points / FONT_POINTS)
    widths = _given_way(columns, _ROOM_WIDTH * 100 / least)
    across = len(_pages(widths, repeated, least))
    scale = max(scale for scale in range(least, 101) if len(_pages(widths, repeated, scale)) <= across)
    return Layout(tuple(widths), across, scale, _pages(widths, repeated, scale)[0])


def _given_way(columns: Sequence[Width], room: float) -> list[float]:
    """The widths, narrower where that brings all of them on one page, as little as it takes; each gives way by the same part of what it can give."""
    excess = sum(column_points(column.wished) for column in columns) - room
    can_give = sum(column_points(column.wished) - column_points(column.least) for column in columns)
    part = excess / can_give if 0 < excess <= can_give else 0
    return [column.wished - math.ceil(100 * part * (column.wished - column.least)) / 100 for column in columns]


def _pages(widths: Sequence[float], repeated: int, scale: int) -> list[int]:
    """How many new columns each page across holds at a scale."""
    room = _ROOM_WIDTH * 100 / scale
    before = sum(map(column_points, widths[:repeated]))
    pages, left = [0], room
    for place, width in enumerate(widths):
        if left < column_points(width) and pages[-1]:
            pages.append(0)
            left = room - before
        pages[-1] += 1
        left -= column_points(width)
    return pages


def breaks(heights: Sequence[float], above: float, repeated: float, kept: int, scale: int) -> list[int]:
    """Before which rows a page begins. The last `kept` rows stay together, fewer where they need more than a page.

    `above` is what stands above the rows on the first page, `repeated` on each later one.
    """
    room, kept, found, used = _ROOM_HEIGHT * 100 / scale, min(kept, len(heights)), [], above
    while kept and (above if kept == len(heights) else repeated) + sum(heights[-kept:]) > room:
        kept -= 1
    together = len(heights) - kept
    for row, height in enumerate([*heights[:together], *([sum(heights[together:])] if kept else [])]):
        if used + height > room and row:
            found.append(row)
            used = repeated
        used += height
    return found


def row_height(texts: Sequence[tuple[str, float]]) -> float:
    """The height of a row in which some texts, each with the width of its column, are seen whole: not every office program fits it by itself."""
    return min(max(LINE_HEIGHT * max((lines(text, width) for text, width in texts), default=1) + 3, LEAST_ROW), HIGHEST_ROW)


def lines(text: str, width: float) -> int:
    """How many lines a text takes in a column."""
    room = max(2, width - (1 if width <= NARROW else _EDGES))
    return sum(_wrapped(line, room) for line in text.split("\n"))


def _wrapped(line: str, room: float) -> int:
    count, used = 1, 0.0
    for piece in _PIECE.findall(line):
        width = text_width(piece)
        if used and used + width > room:
            count, used = count + 1, 0.0
        count += math.ceil(width / room) - 1 if width > room else 0
        used = used + width if width <= room else width % room
    return count


def text_width(text: str) -> float:
    """The width of a text in digits: a Chinese character takes that of two, and some fonts have wide letters, capitals above all."""
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1.4 if char.isupper() else 1.15 for char in text)


def number_width(shown: str) -> float:
    """The width of a number in digits, with the little space behind it. Numbers stand in a font narrower than the one widths are counted in: no program
    shows #### in their place."""
    return sum(1 if char.isdigit() else 0.5 for char in shown) + 0.5
