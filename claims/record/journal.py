"""The journal: one line per event, appended and never changed, each carrying the hash of the line before.

A line is canonical JSON (sorted keys, no spaces, UTF-8 as it is), so that the same event always has the same bytes. `previous` chains
the lines; `content_sha256`, the hash of the line without that field, guards the last line too, to which nothing is chained yet.
An event counts once its line is whole, line end included, and on the disk. Each line says the version of the format that it is written in, so that
a program that does not know it yet says so instead of guessing.
"""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import json
import os
import pwd
import re
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from claims import __version__, files
from claims.errors import ClockSetBack, RecordBroken, UsageError
from claims.record.shapes import require_shape

NO_PREVIOUS = "0" * 64
CLOCK = "clock"
"""The event of a clock that was set right: the only one that may be dated before the line before it."""
CLOCK_TOLERANCE = dt.timedelta(minutes=5)
"""By how much a clock may be set back, as time services do; a line is never dated before the one before it."""
FORMAT = 2
"""The version of what a workspace keeps: of lines, of their bodies, and of the relations in the vault. docs/architecture.md tells how it is raised.

2: exceptions tell the headers of their cells, the cells as people read them, and the other claims that they are about."""

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
FIELD_TYPES = {"kind": str, "at": str, "actor": str, "os_account": str, "body": dict, "format": int}


@dataclass(frozen=True)
class Entry:
    """One event. `at` is UTC, ISO 8601 to the second; `actor` is who is said to act, `os_account` under whose account it happened."""

    sequence: int
    kind: str
    at: str
    actor: str
    os_account: str
    body: dict[str, Any]
    previous: str
    format: int = FORMAT

    def line(self) -> bytes:
        """The bytes that the journal holds for this event, without the line end."""
        content = {field.name: getattr(self, field.name) for field in fields(self)}
        return _canonical(content | {"content_sha256": _sha256(_canonical(content))})

    @cached_property
    def sha256(self) -> str:
        """The hash of the line, which stands for it and for every line before it."""
        return _sha256(self.line())


class Journal:
    """The file `journal.jsonl` of a workspace. Appending needs the workspace's lock; reading does not."""

    def __init__(self, path: Path):
        self.path = path
        self._read: tuple[list[bytes], list[Entry]] = ([], [])
        """The lines that were verified, and their events."""

    def entries(self) -> list[Entry]:
        """All events, oldest first; a torn last line is none. Raises RecordBroken naming the line that does not verify, and why.

        The file is read each time; lines whose bytes are those that were verified before are not verified again.
        """
        lines = self._lines()[:-1]
        known, verified = self._read
        entries = verified[:] if lines[:len(known)] == known else []
        for line in lines[len(entries):]:
            try:
                entries.append(_verified(line, entries))
            except ValueError as error:
                raise self._broken(len(entries) + 1, str(error)) from error
        self._read = lines, entries
        return entries[:]

    def append(self, kind: str, actor: str, body: dict[str, Any]) -> Entry:
        """Record an event; it is on the disk when this returns. `body` is JSON with text keys and no floats.

        Raises RecordBroken when the journal does not verify, ClockSetBack, ValueError when the body is not what JSON would give back.
        """
        entries = self.entries()
        at = _now() if kind == CLOCK else _now_after(entries)
        if self._lines()[-1]:
            raise self._broken(len(entries) + 1, "it is torn and was not repaired before another was appended")
        entry = Entry(
            sequence=len(entries) + 1,
            kind=kind,
            at=at,
            actor=actor,
            os_account=os_account(),
            body=body,
            previous=head_of(entries),
        )
        _verified(entry.line(), entries)
        self._append_line(entry.line() + b"\n")
        return entry

    def next_sequence(self) -> int:
        """The sequence that the next event will have."""
        return len(self.entries()) + 1

    def check_clock(self) -> None:
        """Raises ClockSetBack where the clock lies before the last line, so that nothing could be recorded now."""
        _now_after(self.entries())

    def head(self) -> str:
        """The hash of the last line, which stands for the whole journal; 64 zeros when there is none."""
        return head_of(self.entries())

    def is_torn(self) -> bool:
        """Whether a crash left a last line without its end."""
        return bool(self._lines()[-1])

    def repair_tail(self) -> None:
        """Cut off a last line that a crash left without its line end, and bring the others to the disk: a crash may have come before that.

        Raises RecordBroken when a crash cannot explain the tail.
        """
        torn = self._lines()[-1]
        if not self.path.exists():
            return
        with files.naming(self.path), open(self.path, "r+b") as file:
            if torn:
                file.truncate(self.path.stat().st_size - len(torn))
            os.fsync(file.fileno())
        files.sync_folder(self.path.parent)

    def _lines(self) -> list[bytes]:
        """The lines without their ends, and last what follows the last line end: nothing, or the torn part of a line."""
        data = self.path.read_bytes() if self.path.exists() else b""
        lines = data.split(b"\n")
        if _goes_on_after_its_end(lines[-1]):
            raise self._broken(len(lines), "its line end was changed")
        return lines

    def _append_line(self, line: bytes) -> None:
        """Write a line and bring it to the disk, or take it back: what could not be synced may not be there after the next crash, and does not count."""
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, files.FILE_MODE)
        try:
            before = os.fstat(descriptor).st_size
            with files.naming(self.path):
                os.fchmod(descriptor, files.FILE_MODE)
                try:
                    written = os.write(descriptor, line)
                    if written != len(line):
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                    os.fsync(descriptor)
                except OSError:
                    os.ftruncate(descriptor, before)
                    raise
        finally:
            os.close(descriptor)
        if not before:
            files.sync_folder(self.path.parent)

    def _broken(self, number: int, reason: str) -> RecordBroken:
        return RecordBroken(f"{self.path}, line {number}: {reason}. Restore the whole workspace from its latest backup.")


def os_account() -> str:
    """The operating system's account, from the user id: the environment could say anything."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _now_after(entries: list[Entry]) -> str:
    """The time for a new line: now, or that of the last line where the clock was set back by little. Raises ClockSetBack where it was by more."""
    now, last = _now(), entries[-1].at if entries else ""
    if last and dt.datetime.fromisoformat(last) - dt.datetime.fromisoformat(now) > CLOCK_TOLERANCE:
        raise ClockSetBack(
            f"The clock of this machine says {now}, but the last line of the journal was written at {last}. Nothing was changed. Set the clock right, "
            "then give the same command again. If it is right now and was ahead then: claims clock --reason TEXT"
        )
    return max(now, last)


def _now() -> str:
    return dt.datetime.now(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def head_of(entries: list[Entry]) -> str:
    """The hash of the last of some events, which stands for all of them; 64 zeros when there is none."""
    return entries[-1].sha256 if entries else NO_PREVIOUS


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _verified(line: bytes, before: list[Entry]) -> Entry:
    """The event of one line, after those before it. Raises ValueError saying what differs, UsageError for a whole line of a later format."""
    try:
        cells = json.loads(line, parse_float=_refuse_float)
        claimed_sha256 = cells.pop("content_sha256")
        found_sha256 = _sha256(_canonical(cells))
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise ValueError(f"it is not an event ({error})") from error
    if found_sha256 != claimed_sha256:
        raise ValueError(f"its content has the SHA-256 {found_sha256}, but it says {claimed_sha256}")
    _require_known_format(cells)
    try:
        entry = Entry(**cells)
    except TypeError as error:
        raise ValueError(f"it is not an event ({error})") from error
    if entry.line() != line:
        raise ValueError("it is not written the way this program writes")
    strange = [name for name, kind in FIELD_TYPES.items() if not isinstance(getattr(entry, name), kind)]
    if strange or not _is_time(entry.at):
        raise ValueError(f"it is not an event ({strange[0] if strange else 'at'} is not what this program writes there)")
    if entry.sequence != len(before) + 1:
        raise ValueError(f"its sequence is {entry.sequence} instead of {len(before) + 1}")
    if entry.previous != head_of(before):
        raise ValueError(f"the line before has the SHA-256 {head_of(before)}, but it says {entry.previous}")
    if before:
        _require_order(before[-1], entry)
    require_shape(entry.kind, entry.body, before)
    return entry


def _require_order(last: Entry, entry: Entry) -> None:
    """No program dates a line before the one before it, unless it states that the clock is right now, or goes back to an earlier format."""
    if entry.at < last.at and entry.kind != CLOCK:
        raise ValueError(f"it was written at {entry.at}, but the line before at {last.at}")
    if entry.format < last.format:
        raise ValueError(f"its format is {entry.format}, but that of the line before {last.format}")


def _is_time(text: str) -> bool:
    with suppress(ValueError):
        return bool(TIME.fullmatch(text) and dt.datetime.fromisoformat(text))
    return False


def _require_known_format(cells: dict[str, Any]) -> None:
    written_in, body = cells.get("format"), cells.get("body")
    if isinstance(written_in, int) and written_in > FORMAT and isinstance(body, dict):
        program = f"version {body.get('program_version', 'not told')}"
        raise UsageError(
            f"this workspace was written by a later program ({program}, format {written_in}; this is {__version__}, format {FORMAT}). "
            "Nothing was changed. Install that version or a later one: docs/operations.md, Install."
        )


def _goes_on_after_its_end(tail: bytes) -> bool:
    """Whether a whole event is followed by something: a crash tears a line before its end, it never writes past it."""
    try:
        text = tail.decode(errors="replace")
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return end < len(text)


def _refuse_float(text: str) -> Any:
    raise ValueError(f"{text} is a float, which a record must not hold")
