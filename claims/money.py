"""Amounts as a document writes them: integers in fen (0.01 yuan) in, text out. Anything but an int is refused."""

from __future__ import annotations

import re

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_WORDS_LIMIT_FEN = 10**18
_UNIT = re.compile(r"([（(])([^（()）万]*)([）)])$")
_YUAN = re.compile(r"([0-9]{1,15}|[0-9]{1,3}(,[0-9]{3}){1,4})(\.[0-9]{1,2})?")


def yuan_text(fen: int) -> str:
    """Yuan for reading: 123456 -> '1,234.56'. Raises TypeError for anything but an int."""
    return _decimal(fen, ",")


def plain_yuan(fen: int) -> str:
    """Yuan for files: 123456 -> '1234.56'. Raises TypeError for anything but an int."""
    return _decimal(fen, "")


def ten_thousands_text(fen: int) -> str:
    """Ten thousands of yuan for pictures, half up to two decimals: 123456789 -> '123.46'. Raises TypeError for anything but an int."""
    _require_int(fen)
    hundredths, rest = divmod(abs(fen), 10_000)
    return _decimal((hundredths + (2 * rest >= 10_000)) * (-1 if fen < 0 else 1), ",")


def in_ten_thousands(header: str) -> str:
    """The header of a column of money that counts ten thousands of its unit: '金额（元）' -> '金额（万元）'."""
    return _UNIT.sub(r"\1万\2\3", header)


def fen_of(text: str) -> int | None:
    """Yuan as people write them, to the fen: '1,234.56' -> 123456; None for anything but digits with at most two decimals."""
    if not _YUAN.fullmatch(text):
        return None
    yuan, _, cents = text.replace(",", "").partition(".")
    return int(yuan) * 100 + int(cents.ljust(2, "0"))


def capital_words(fen: int, currency: str = "人民币") -> str:
    """The amount in capital words: 123456 -> '人民币壹仟贰佰叁拾肆元伍角陆分'; whole yuan and whole jiao end in 整.

    Raises TypeError for anything but an int, ValueError for an amount below zero or of 10^16 yuan and more.
    """
    _require_int(fen)
    if not 0 <= fen < _WORDS_LIMIT_FEN:
        raise ValueError(f"{fen} fen cannot be written in words: it must be at least 0 and below {_WORDS_LIMIT_FEN}")
    yuan, cents = divmod(fen, 100)
    if not cents:
        return currency + (_whole_words(yuan) if yuan else "零") + "元整"
    if not yuan:
        return currency + _cents_words(cents, gap="")
    return currency + _whole_words(yuan) + "元" + _cents_words(cents, gap="零")


def _require_int(fen: int) -> None:
    if type(fen) is not int:
        raise TypeError(f"an amount is an int of fen, not {type(fen).__name__}")


def _decimal(fen: int, separator: str) -> str:
    _require_int(fen)
    yuan, cents = divmod(abs(fen), 100)
    digits = f"{yuan:,}".replace(",", separator)
    return f"{'-' if fen < 0 else ''}{digits}.{cents:02d}"


def _cents_words(cents: int, gap: str) -> str:
    """0 < cents < 100; `gap` stands for a missing jiao (零 between yuan and fen, nothing where no yuan precede)."""
    jiao, fen = divmod(cents, 10)
    tenths = _DIGITS[jiao] + "角" if jiao else gap
    return tenths + (_DIGITS[fen] + "分" if fen else "整")


def _whole_words(number: int) -> str:
    """0 < number < 10^16, read in groups of eight and of four digits, as Chinese numbers are spoken."""
    for size, unit in ((10**8, "亿"), (10**4, "万")):
        high, low = divmod(number, size)
        if high:
            gap = "零" if 0 < low < size // 10 else ""
            return _whole_words(high) + unit + gap + (_whole_words(low) if low else "")
    return _group_words(number)


def _group_words(number: int) -> str:
    """0 < number < 10^4; any run of zeros inside is one 零, zeros at either end are silent."""
    words = ""
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            words += _DIGITS[digit] + _PLACES[place]
        elif words and not words.endswith("零"):
            words += "零"
    return words.rstrip("零")
