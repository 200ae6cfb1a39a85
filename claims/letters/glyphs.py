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
    return sorted(set().union(*texts) - _NOT_PRINTED - _drawable(fonts))


def _characters(file: Path) -> set[int]:
    """What a font file has; of a collection, what each of its fonts has."""
    from fontTools.ttLib import TTCollection, TTFont

    fonts = TTCollection(file, lazy=True).fonts if file.suffix.lower() in (".ttc", ".otc") else [TTFont(file, lazy=True)]
    return set.intersection(*(set(font.getBestCmap()) for font in fonts))


@functools.cache
def _drawable(fonts: tuple[Path, ...]) -> frozenset[str]:
    characters = (chr(code) for file in fonts for code in _characters(file))
    return frozenset(char for char in characters if unicodedata.category(char) != "Co")
