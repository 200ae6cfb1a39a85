"""What a document does not tell of a person: an identity number is shown by its first six and last four characters, 411702********1234, as
public notices do it; a bank account, outside the letter that its owner gets, by its last four.

The machine files (decisions.csv, exceptions.csv, line_fates.csv, the CSV of a what-if) hold the numbers whole: they are matched by them.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable

_IN_TEXT = re.compile(r"(?<![0-9A-Za-z])[1-9]\d{16}[\dXx](?![0-9A-Za-z])", re.ASCII)
_BETWEEN_DIGITS = "[ .\u00a0\u3000-]"
_LONG_NUMBER = re.compile(
    rf"(?<![0-9A-Za-z])(?:FT[EFINU]|NRA|OSA)?[0-9０-９](?:{_BETWEEN_DIGITS}{{0,2}}[0-9０-９]){{11,}}[Xx]?(?![0-9A-Za-z])", re.IGNORECASE)
_DIGITS = re.compile(r"\d{14,}[\dX]", re.ASCII)
_CREDIT_CODE = re.compile(r"[0-9A-HJ-NP-RTUWXY]{18}")
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CHECK_CHARACTERS = "10X98765432"


def masked_text(text: str) -> str:
    """A text with the identity numbers in it masked: what has a day of birth and a check character that fits (GB 11643-1999)."""
    return _IN_TEXT.sub(lambda found: _masked(found.group()) if _is_identity_number(found.group().upper()) else found.group(), text)


def masked_numbers(text: str) -> str:
    """A text with identity numbers masked, and of any other long number, such as an account, also of a free trade zone or a non-resident, which begins with
    letters, all but its last four digits; credit codes stay whole."""
    return _LONG_NUMBER.sub(lambda found: _end_of_number(found.group()), masked_text(text))


def masked_where_given(text: str, given: Iterable[str]) -> str:
    """A text with the long numbers masked that stand in some words, whole or as a part of one. Others in it stay whole: it tells files and folders by their
    names, which may hold a day and a time, and what to type next."""
    known = {_bare(number) for word in given for number in _LONG_NUMBER.findall(word)}

    def shown(found: re.Match) -> str:
        number = _bare(found.group())
        return masked_numbers(found.group()) if any(number in one or one in number for one in known) else found.group()

    return _LONG_NUMBER.sub(shown, text)


def masked_party(code: str) -> str:
    """A cell that names a party: an organisation's credit code stays whole, a row of digits that is none is a person's number, also a wrong one."""
    bare = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", code)).upper()
    persons = _is_identity_number(bare) or (_DIGITS.fullmatch(bare) and not _is_credit_code(bare))
    return _masked(bare) if persons else code


def account_end(account: str) -> str:
    """The last four characters of a bank account: '尾号6789'."""
    return f"尾号{account[-4:]}"


def _end_of_number(written: str) -> str:
    digits = re.sub(_BETWEEN_DIGITS, "", written)
    return written if _is_credit_code(_bare(written)) else "*" * (len(digits) - 4) + digits[-4:]


def _bare(written: str) -> str:
    return re.sub(_BETWEEN_DIGITS, "", unicodedata.normalize("NFKC", written))


def _masked(number: str) -> str:
    return number[:6] + "*" * (len(number) - 10) + number[-4:]


def _is_identity_number(code: str) -> bool:
    return bool(_IN_TEXT.fullmatch(code)) and _is_day(code[6:14]) and _CHECK_CHARACTERS[_weighed(code) % 11] == code[17]


def _is_day(digits: str) -> bool:
    try:
        dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def _weighed(code: str) -> int:
    return sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(code[:17]))


def _is_credit_code(code: str) -> bool:
    """Whether the check character of a credit code fits (GB 32100-2015)."""
    if not _CREDIT_CODE.fullmatch(code):
        return False
    weighed = sum(_CREDIT_ALPHABET.index(char) * 3**place for place, char in enumerate(code[:17]))
    return (weighed + _CREDIT_ALPHABET.index(code[17])) % 31 == 0
