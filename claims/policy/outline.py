"""How an official text is numbered: the places that words such as 第一部分第（二）条第1项至第4项 name, and the numbers left out between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from unicodedata import numeric

GOES_ON = "条"
"""Articles may be numbered on from one part or chapter to the next; every other unit begins with 1 again."""
NUMERAL = r"[（(]?(?:\d{1,3}|[零〇一二三四五六七八九十百]+)[）)]?"
STEP = re.compile(
    rf"第(?P<first>{NUMERAL})(?:至第?(?P<to>{NUMERAL}))?(?P<unit>部分|[编章节条款项目段句])(?!之)(?:至第?(?P<through>{NUMERAL})(?P=unit))?"
    r"|(?P<words>第[^第]*|[^第]+)"
)


@dataclass(frozen=True)
class Step:
    """One step on the way to a place: its unit and number, 条 and 2; or words without a number (末段, 前言), which are their own unit.

    `numeral` is how the text writes the number; （二）, 二 and 2 are the same.
    """

    unit: str
    number: int = 0
    numeral: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"第{self.numeral}{self.unit}" if self.number else self.unit

    def numbered(self, number: int) -> Step:
        """The step of the same unit to another number, written alike."""
        if number == self.number:
            return self
        digits = str(number) if number > 99 or re.search(r"\d", self.numeral) else ordinal_text(number)
        return replace(self, number=number, numeral=re.sub(r"[^（()）]+", digits, self.numeral))


Place = tuple[Step, ...]
"""The steps to a place from the outermost on."""


def places(article: str) -> list[Place]:
    """Every place that an article names, a range all of its places. None when it cannot be read: a range downwards, or from one unit to another."""
    steps = [_steps(match) for match in STEP.finditer(article)]
    if any(step.unit.startswith("至") for choice in steps for step in choice):
        return []
    return list(product(*steps)) if steps else []


def written(place: Place) -> str:
    """The place as the text writes it."""
    return "".join(map(str, place))


def whole(parts: Iterable[Place]) -> dict[Place, None]:
    """These places and all that they are parts of, in their order."""
    return dict.fromkeys(place[:length] for place in parts for length in range(1, len(place) + 1))


def left_out(text: Iterable[Place]) -> Iterator[tuple[Step, Place]]:
    """Each number that is left out, and the place before which it should stand."""
    siblings: dict[tuple[Place, str], dict[int, Place]] = {}
    for place in whole(text):
        if place[-1].number:
            siblings.setdefault((place[:-1], place[-1].unit), {}).setdefault(place[-1].number, place)
    gone_on = 0
    for (_, unit), numbered in siblings.items():
        before = gone_on if unit == GOES_ON and min(numbered) > gone_on else 0
        for number, place in sorted(numbered.items()):
            yield from ((place[-1].numbered(missing), place) for missing in range(before + 1, number))
            before = number
        gone_on = before if unit == GOES_ON else gone_on


def _steps(match: re.Match) -> list[Step]:
    if match["words"]:
        return [Step(match["words"].strip())]
    first, last = match["first"], match["to"] or match["through"] or match["first"]
    begin = Step(match["unit"], _number(first), first)
    return [begin.numbered(number) for number in range(begin.number, _number(last) + 1)]


def ordinal_text(number: int) -> str:
    """1 -> '一', 12 -> '十二', 20 -> '二十', for 1 to 99."""
    tens, ones = divmod(number, 10)
    digits = " 一二三四五六七八九"
    return ((digits[tens] if tens > 1 else "") + "十" if tens else "") + digits[ones].strip()


def _number(numeral: str) -> int:
    """第（十四）条 -> 14."""
    digits = numeral.strip("（()）")
    if digits.isdecimal():
        return int(digits)
    total = digit = 0
    for value in (int(numeric(character)) for character in digits):
        total, digit = (total + (digit or 1) * value, 0) if value >= 10 else (total, value)
    return total + digit
