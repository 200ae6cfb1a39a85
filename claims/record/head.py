"""The head of the journal, kept outside the workspace: a line for each event in a file elsewhere, so that a workspace that was set back is noticed.

The chain of the journal shows every change in it but one: a whole workspace that was replaced by an older copy of itself. What is outside shows that,
as long as who sets back the workspace cannot write there, too.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import stat
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from claims import files
from claims.errors import RecordBroken
from claims.record.journal import Entry, Journal

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Head:
    """One line of the file: the journal whose first line has the hash `first` had a line `sequence` with the hash `sha256`, written `at`; it lay at
    `workspace` then."""

    first: str
    sequence: Annotated[int, msgspec.Meta(ge=1)]
    sha256: str
    at: str
    workspace: str


class OutsideHead:
    """The file of heads of a workspace; `path` is None where none is configured. Several workspaces may share a file."""

    def __init__(self, path: Path | None, root: Path):
        self.path = path
        self.here = str(root.resolve())
        self._begun = ""
        """What is to be told of a file that was begun anew with a journal that had lines before."""

    def compare(self, journal: Journal) -> list[Entry]:
        """The events of the journal, which has every line that is known outside. Raises RecordBroken; a file that cannot be reached is told by `keep`.

        What is outside is read first: a line that another command adds meanwhile is in the journal before it is there.
        """
        try:
            heads = self._heads()
        except OSError:
            heads = []
        entries = journal.entries()
        for head in self._of(entries, heads):
            if head.sequence > len(entries) or entries[head.sequence - 1].sha256 != head.sha256:
                raise RecordBroken(_broken_text(self.path, self.here, head, entries))
        return entries

    def keep(self, entries: list[Entry]) -> None:
        """Add the latest line, unless it is known. What cannot be written is told and not lost: whoever comes next adds the latest line then.

        A file that knows nothing of a journal with earlier lines is begun anew, and told: it may have been deleted to hide that those were replaced.
        """
        try:
            if self._lag(entries):
                begun = _begun_text(self.path, entries) if self._knows_nothing(entries) else ""
                _append(self.path, _head_of(entries, self.here))
                if begun:
                    self._begun = begun
                    log.warning("claims: %s", begun)
        except OSError as error:
            log.warning("claims: %s", _unreached_text(self.path, error))

    def note(self, entries: list[Entry]) -> str:
        """What is to be told where the head outside lags behind, knows nothing, cannot be reached, or was begun anew by this command; '' where all is well,
        or none is configured."""
        try:
            return _begun_text(self.path, entries) if self._knows_nothing(entries) else self._lag(entries) or self._begun
        except OSError as error:
            return _unreached_text(self.path, error)

    def gap(self, entries: list[Entry]) -> str:
        """Which lines of the journal came before all that is known outside, so that nothing bears them out; '' where there are none, or no file is there."""
        try:
            if self.path is None or not entries:
                return ""
            if self._knows_nothing(entries):
                return _begun_text(self.path, entries)
            first = min(self._known(entries), key=lambda head: head.sequence, default=None)
            return _gap_text(self.path, first) if first and first.sequence > 1 else ""
        except OSError:
            return ""

    def _knows_nothing(self, entries: list[Entry]) -> bool:
        """Whether the file has no line of a journal with more lines than the one that every file begins with. Raises OSError."""
        return self.path is not None and len(entries) > 1 and not self._known(entries)

    def _lag(self, entries: list[Entry]) -> str:
        if self.path is None or not entries:
            return ""
        known = max((head.sequence for head in self._known(entries)), default=0)
        return f"{self.path} knows the journal up to line {known} of {len(entries)}" if known < len(entries) else ""

    def _known(self, entries: list[Entry]) -> list[Head]:
        """The heads of this journal, wherever it lay, and of whatever journal lay here. Raises OSError."""
        return self._of(entries, self._heads())

    def _of(self, entries: list[Entry], heads: list[Head]) -> list[Head]:
        first = entries[0].sha256 if entries else None
        return [head for head in heads if head.first == first or head.workspace == self.here]

    def _heads(self) -> list[Head]:
        """All that the file has; a line that was torn, or that no program wrote, is none. Raises OSError."""
        if self.path is None:
            return []
        if not self.path.exists() and self.path.parent.is_dir():
            return []
        with open(_opened(self.path, os.O_RDONLY), "rb") as file:
            return [*filter(None, map(_read_head, file.read().split(b"\n")))]


def _head_of(entries: list[Entry], here: str) -> Head:
    latest = entries[-1]
    return Head(entries[0].sha256, latest.sequence, latest.sha256, latest.at, here)


def _read_head(line: bytes) -> Head | None:
    try:
        return msgspec.json.decode(line, type=Head)
    except (ValueError, RecursionError):
        return None


def _opened(path: Path, flags: int) -> int:
    """The descriptor of an ordinary file. Raises OSError, also for a pipe, which might never open or end."""
    descriptor = os.open(path, flags | os.O_NONBLOCK, files.FILE_MODE)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no ordinary file", str(path))
    return descriptor


def _append(path: Path, head: Head) -> None:
    """One write of a whole line, synced; what a crash tore before it is ended first, so that it spoils no line but itself."""
    is_new = not path.exists()
    descriptor = _opened(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
    try:
        size = os.fstat(descriptor).st_size
        torn = size and os.pread(descriptor, 1, size - 1) != b"\n"
        line = json.dumps(asdict(head), ensure_ascii=False, sort_keys=True).encode()
        os.write(descriptor, (b"\n" if torn else b"") + line + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if is_new:
        files.sync_folder(path.parent)


def _broken_text(path: Path, here: str, head: Head, entries: list[Entry]) -> str:
    if entries and head.first != entries[0].sha256:
        found = f"the journal that lay here, at {here}, was another one: its line {head.sequence} was written at {head.at}"
    elif head.sequence > len(entries):
        found = f"the journal had a line {head.sequence} at {head.at} and ends with line {len(entries)} now: the workspace was set back"
    else:
        found = f"line {head.sequence} of the journal had the SHA-256 {head.sha256} at {head.at}, it is {entries[head.sequence - 1].sha256} now"
    return (
        f"{path}: {found}. Nothing was changed. Restore the workspace from the latest backup that has that line. Only where none has it, and the office "
        "has decided to go on from here: keep that file under another name, and say in the minutes what was lost. docs/operations.md, The head outside."
    )


LOOK_AFTER_IT = (
    "That is as it should be where head_file was configured, or its place could be reached, only then. If not, the file was deleted or replaced: put its "
    "latest backup back, and compare the hashes that `claims verify` prints for the months with those on the covers. docs/operations.md, The head outside"
)


def _begun_text(path: Path, entries: list[Entry]) -> str:
    return f"{path} knew nothing of this journal, which has {len(entries)} lines since {entries[0].at}; it begins with the latest. {LOOK_AFTER_IT}"


def _gap_text(path: Path, first: Head) -> str:
    return f"{path} knows the journal only from line {first.sequence} of {first.at} on; nothing outside bears out the lines before. {LOOK_AFTER_IT}"


def _unreached_text(path: Path, error: OSError) -> str:
    return (f"the head of the journal could not be kept in {path} ({error.strerror or error}). What was done counts; until a command can write there, "
            "nobody would notice that the workspace was set back to before it. See that the place can be reached; `claims status` tells when it is kept again")
