"""Tables as text for a terminal, where a Chinese character takes two columns."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from unicodedata import east_asian_width


def text_table(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> str:
    """Rows of cells under each other, two spaces apart; the columns named by number in `right` are flush right."""
    widths = [max(map(_width, column)) for column in zip(*rows)]
    return "\n".join(
        "  ".join(_padded(cell, width, number in right) for number, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in rows
    )


def _width(text: str) -> int:
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def _padded(text: str, width: int, right: bool) -> str:
    blanks = " " * (width - _width(text))
    return blanks + text if right else text + blanks
