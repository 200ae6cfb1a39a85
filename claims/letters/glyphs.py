"""Which characters no font of the letters can draw. A letter with such a character is held, never printed with an empty box.

The page layout ends every stack of fonts in the same complete fonts, so a character that any of the fonts has is drawn.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable
from pathlib import Path

_NOT_PRINTED = frozenset(" \n")


def undrawable(texts: Iterable[str], fonts: tuple[Path, ...]) -> list[str]:
    """The characters of the texts that none of the font files has, in code point order.

    A private-use character counts as one that no font has: what a font draws there is no character that anyone agreed on.
    """
    wanted = set().union(*texts) - _NOT_PRINTED
    private = {char for char in wanted if unicodedata.category(char) == "Co"}
    lacking = wanted - private
    for file in fonts:
        if lacking:  # a font takes a while to read, and one often has all
            lacking -= _characters(file)
    return sorted(lacking | private)


@functools.cache
def _characters(file: Path) -> frozenset[str]:
    """What a font file has; of a collection, what each of its fonts has."""
    from fontTools.ttLib import TTCollection, TTFont

    is_collection = file.suffix.lower() in (".ttc", ".otc")
    # closed at once: the warning of a file that is closed late adds a name to whatever module runs then, and one that reads its own names while it is
    # imported (pygal) fails of it
    with (TTCollection if is_collection else TTFont)(file, lazy=True) as opened:
        codes = set.intersection(*(set(font.getBestCmap()) for font in (opened.fonts if is_collection else [opened])))
    return frozenset(map(chr, codes))
