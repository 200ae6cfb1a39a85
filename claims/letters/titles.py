"""The title of a document in sense lines (词意完整): no line ends within a word, the lines form a trapezoid or a lozenge, as few of them as fit.

A title comes in parts between which it may break. A part that is longer than a line may break behind the words for those who are given something,
and before a bracket; only what has no such place is cut anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

TITLE_LINE_LENGTH = 20
"""Characters of size two in one line."""

_INNER_BREAK = re.compile(r"(?<=机构)(?!、)|(?<=企业)|(?<=基金)|(?<=银行)|(?<=公司)|(?<=单位)|(?<=组织)|(?<=项目)|(?<!^)(?=（)")
_NOT_FIRST = ("的", "、", "，", "。", "）", "》", "”", "和", "及")
"""What no line begins with."""


def sense_lines(parts: Sequence[str]) -> list[str]:
    """The lines of a title that comes in parts."""
    pieces, is_inner = _pieces(parts)
    return min(_settings(pieces, is_inner), key=lambda setting: setting[0])[1]


def _pieces(parts: Sequence[str]) -> tuple[list[str], list[bool]]:
    """What stays whole, none of it longer than a line, and of each piece whether it goes on from within a part."""
    whole: list[tuple[str, bool]] = []
    for part in parts:
        for place, piece in enumerate(filter(None, _INNER_BREAK.split(part))):
            if whole and piece.startswith(_NOT_FIRST):
                whole[-1] = (whole[-1][0] + piece, whole[-1][1])
            else:
                whole.append((piece, place > 0))
    cut = [(piece, is_inner or place > 0) for text, is_inner in whole for place, piece in enumerate(_cut(text))]
    return [piece for piece, _ in cut], [is_inner for _, is_inner in cut]


def _cut(text: str) -> list[str]:
    """The text in as few parts as fit, of nearly equal length, so that no line holds a lone character."""
    count = -(-len(text) // TITLE_LINE_LENGTH)
    length = -(-len(text) // count)
    return [text[start : start + length] for start in range(0, len(text), length)]


def _settings(pieces: list[str], is_inner: list[bool]) -> Iterator[tuple[tuple, list[str]]]:
    """Every way to set the pieces in the fewest lines that hold them, with what speaks against it."""
    for breaks in range(len(pieces)):
        fitting = []
        for places in combinations(range(1, len(pieces)), breaks):
            lines = ["".join(pieces[start:end]) for start, end in zip((0, *places), (*places, len(pieces)))]
            lengths = [len(line) for line in lines]
            if max(lengths) <= TITLE_LINE_LENGTH:
                against = (sum(is_inner[place] for place in places), _is_waisted(lengths), max(lengths) - min(lengths), lengths)
                fitting.append((against, lines))
        if fitting:
            yield from fitting
            return


def _is_waisted(lengths: list[int]) -> bool:
    """Whether a line is shorter than one above it and one below it: neither a trapezoid nor a lozenge."""
    return any(max(lengths[:place]) > length < max(lengths[place + 1 :]) for place, length in enumerate(lengths[1:-1], start=1))
