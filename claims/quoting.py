"""Texts of others where something could take them for more than text: in a message or a log, on a terminal, in a cell of a workbook.

A name may hold characters that nobody sees: they begin a command of the terminal, end a line of a log, or let a name read backwards.
"""

from __future__ import annotations

import unicodedata

from claims.errors import ClaimsError, StatementFailed, StoreUnopened
from claims.privacy import masked_numbers

INVISIBLE = r"[\p{Cf}\p{Zl}\p{Zp}\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x{9F}]"
"""Characters that nobody sees, but for tab and line ends, as a pattern of polars and DuckDB: of control, of format (such as direction), line parters."""
_INVISIBLE_CATEGORIES = ("Cc", "Cf", "Cs", "Zl", "Zp")
LONGEST_QUOTE = 60
"""Characters of a cell that a message shows; where it stands is said beside."""
_READ_AHEAD = 200
"""So many characters are looked through for numbers, so that the cut goes through none that would be masked."""


def quoted(cell: str) -> str:
    """A cell as a message shows it: on one line, numbers of persons and accounts masked, unseen characters by their code points, a long one cut."""
    shown = _told(masked_numbers(cell[:_READ_AHEAD]), keep="")
    return shown if len(cell) <= LONGEST_QUOTE and len(shown) <= _READ_AHEAD else f"{shown[:LONGEST_QUOTE]}… ({len(cell):,} characters)"


def told_error(error: Exception) -> str:
    """What is told of an error, on a terminal as in a log or a notice: where the database or a library speaks, which quote cells, long numbers are masked."""
    speaks_itself = isinstance(error, (ClaimsError, OSError)) and not isinstance(error, (StatementFailed, StoreUnopened))
    return str(error) if speaks_itself else masked_numbers(str(error))


def plain_lines(text: str) -> str:
    """A text of several lines in which nothing but its line ends commands a terminal."""
    return _told(text, keep="\n\t")


def is_plain(text: str) -> bool:
    """Whether a text is one line of characters that are seen, or are spaces."""
    return text.isprintable() or not any(map(_is_unseen, text))


def _is_unseen(char: str) -> bool:
    return unicodedata.category(char) in _INVISIBLE_CATEGORIES


def _told(text: str, keep: str) -> str:
    if text.isprintable():
        return text
    return "".join(f"<U+{ord(char):04X}>" if char not in keep and _is_unseen(char) else char for char in text)


def inert(cell: str) -> str:
    """A cell of a CSV file as a workbook does not execute it, which it would if the cell began like a formula."""
    return "'" + cell if cell.startswith(("=", "+", "-", "@")) else cell
