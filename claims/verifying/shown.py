"""Files that the program shows compared with those that the record gives, byte for byte; where they differ, the first value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from claims.comparison import first_difference
from claims.files import sha256_of


def difference(recorded: Path, found: Path) -> str:
    """Where a file differs from what the record gives, and how; '' where it does not."""
    sums = [sha256_of(path) for path in (recorded, found)]
    if sums[0] == sums[1]:
        return ""
    with suppress(ValueError):
        if differing := first_difference(recorded, found):
            return differing.told_in_english()
    return "its bytes differ from what the record gives (SHA-256 {}, here {})".format(*sums)


def changed_files(folder: Path, sha256_by_name: dict[str, str]) -> Iterator[tuple[str, bool]]:
    """The files of a folder that are missing or not what was recorded, and whether they are there."""
    for name, sha256 in sha256_by_name.items():
        is_there = (folder / name).is_file()
        if not is_there or sha256_of(folder / name) != sha256:
            yield name, is_there


def strangers(folder: Path, known: Iterable[Path]) -> list[Path]:
    """The files below a folder that are none of some; a link to a folder is one, since nothing behind it is looked at."""
    expected = set(known)
    found = (path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    return sorted(path for path in found if path not in expected) if folder.is_dir() else []
