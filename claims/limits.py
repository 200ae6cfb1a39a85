"""What a file may hold. No honest file comes near these limits; they keep a broken or a hostile one from taking the machine's memory and time.

A file that passes one is refused as a whole, by name, and nothing is changed.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from claims.errors import InputRefused

LARGEST_TABLE = 64 << 20
"""Bytes of a CSV file: a year of a large city. Reading one takes up to twenty times as much memory."""
MOST_LINES = 2 << 20
"""Lines of a CSV file: each has a fate on record, blank ones, too."""
LONGEST_LINE = 1 << 20
"""Bytes of a line of a CSV file: thirty of the longest cells."""
MOST_COLUMNS = 256
"""Columns of a table: as many as a sheet of the old workbooks had; the widest table of a policy has some thirty."""
LONGEST_CELL = 32_767
"""Characters of a cell: the most that office programs keep in one."""

LARGEST_WORKBOOK = 32 << 20
"""Bytes of a workbook as it is stored, packed."""
LARGEST_UNPACKED = 256 << 20
"""Bytes that the parts of a workbook may come to when they are unpacked; a month of a large city has a tenth of that."""
WORKBOOK_MEMORY = 1 << 30
"""Bytes of memory that reading a workbook may take, whatever its format promises."""
WORKBOOK_SECONDS = 60
"""Seconds of computing that reading a workbook may take."""

LARGEST_TOML = 4 << 20
"""Bytes of a TOML file: the edge cases of a policy, its largest file, have a quarter of a million."""
LONGEST_TOML_LINE = 16_384
"""Bytes of its lines: reading takes the square of the parts that the names in one have."""
LONGEST_NUMBER = 40
"""Digits of a number in a TOML file, before the point and after it."""
DEEPEST_TOML = 32
"""Tables and lists within each other in a TOML file; a policy has six."""

LONGEST_EXPRESSION = 2_000
"""Characters of an expression of a policy; the shipped policies have 200 at most."""
MOST_PARTS = 400
"""Names, signs and calls of an expression."""
DEEPEST_EXPRESSION = 40
"""Of these, how many within each other."""
LONGEST_SQL = 1 << 17
"""Characters of what an expression is compiled to."""


def read_limited(path: Path, at_most: int) -> bytes:
    """The bytes of a file. Raises InputRefused for a larger one, and for what is no file, such as a device, which may never end."""
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            if not stat.S_ISREG(path.stat().st_mode):
                raise InputRefused([f"{path}: it is no ordinary file"])
            data = file.read(at_most + 1)
    except OSError as error:
        raise InputRefused([f"{path}: the file cannot be read ({error.strerror})"]) from error
    if len(data) > at_most:
        raise InputRefused([f"{path}: the file is larger than {at_most:,} bytes; {HOW_TO_MEND}"])
    return data


HOW_TO_MEND = "see that it is the right one, and divide it if it is"


def _open_without_waiting(path: str, flags: int) -> int:
    """A pipe that nobody writes to would never open."""
    return os.open(path, flags | os.O_NONBLOCK)
