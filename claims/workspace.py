"""One workspace: a folder, where everything in it lies, who holds it, and which run is open in it."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from claims import files
from claims.errors import RecordBroken, WorkspaceBusy
from claims.file_names import Digest, FileName, PathWithin, why_unfit
from claims.privacy import masked_numbers
from claims.record.head import OutsideHead
from claims.record.journal import Entry, Journal, os_account
from claims.record.vault import Vault
from claims.settings import head_file

ABANDON = "abandon"
"""The event of a run that was given up."""
SHOWN = ("out", "months", "payments", "reviews", "commendations", "adjustments")
"""The folders of what is written for people, each after the line that it follows from."""


class Workspace:
    """The places of a workspace. Making one touches nothing on the disk."""

    def __init__(self, root: Path):
        self.root = root
        self.database = root / "claims.duckdb"
        self.vault = Vault(root / "vault")
        self.journal = Journal(root / "journal.jsonl")
        self.out = root / "out"
        self.months = root / "months"
        self.adjustments = root / "adjustments"
        self.commendations = root / "commendations"
        self.reviews = root / "reviews"
        self.work = root / "work"
        """Scratch: may be deleted whenever nobody holds the workspace."""
        self.inbox = root / "inbox"
        self.logs = root / "logs"
        self.settings = root / "claims.toml"
        self.calendar = root / "calendar.toml"
        self.open_run = root / "open-run.json"
        self._lock = root / "lock"

    @property
    def reached(self) -> tuple[Path, ...]:
        """The folders that the store reads and writes besides its own: either may be a link to another disk."""
        return self.vault.root, self.work

    @property
    def exists(self) -> bool:
        """Whether a command has made a workspace here before."""
        return self._lock.exists() or self.journal.path.exists()

    @contextmanager
    def locked(self, command: str) -> Iterator[None]:
        """Hold the workspace, creating it when absent, and mend what a crash tore in its journal. The head of the journal outside of it must fit.

        `command` tells others who holds it. The operating system releases the lock when this process ends, however it ends; a child
        made by fork would keep it, so worker processes are spawned. Raises WorkspaceBusy, naming the holder, when another process has it, RecordBroken
        where the journal is not what the head outside says.
        """
        with self.held_still(command):
            self.take_up()
            yield

    def take_up(self) -> None:
        """Mend what a crash tore in the journal of a workspace that is held; the head outside must fit. Raises RecordBroken where it does not."""
        self.journal.repair_tail()
        self.outside_head.keep(self.compared())

    @contextmanager
    def held_still(self, command: str) -> Iterator[None]:
        """Hold the workspace, mending and comparing nothing: what is in it stays as it is."""
        files.make_folder(self.root)
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, files.FILE_MODE)
        try:
            self._acquire(descriptor, command)
            yield
        finally:
            os.close(descriptor)

    @cached_property
    def outside_head(self) -> OutsideHead:
        """Where the head of the journal is kept outside, by the settings as they are when it is first asked for."""
        named = head_file(self.settings)
        return OutsideHead(self.root / named if named else None, self.root)

    def compared(self) -> list[Entry]:
        """The events of the journal, which has every line that is known outside of it, by its head or by documents. Raises RecordBroken."""
        entries = self.outside_head.compare(self.journal)
        if not entries and self.vault.root.is_dir() and (documents := next(filter(_has_files, (self.root / name for name in SHOWN)), None)):
            raise RecordBroken(
                f"{self.journal.path}: it has no line, but {documents} has documents, which are written after their lines: the journal was deleted or cut off. "
                "Nothing was changed. Restore the whole workspace from its latest backup."
            )
        return entries

    def record(self, kind: str, actor: str, body: dict[str, Any]) -> Entry:
        """Write an event into the journal, then its head outside; see `Journal.append`. It counts when this returns, also where the head could not be kept."""
        entry = self.journal.append(kind, actor, body)
        self.outside_head.keep(self.journal.entries())
        return entry

    def holder(self) -> str | None:
        """Who holds the workspace; None where nobody does."""
        if not self._lock.exists():
            return None
        descriptor = os.open(self._lock, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
        except BlockingIOError:
            return _holder_text(os.pread(descriptor, 4096, 0))
        finally:
            os.close(descriptor)

    def require_still(self, entries: list[Entry]) -> None:
        """See that no command changes what was compared with the events that were read: a line is recorded before what follows from it is written.

        Raises WorkspaceBusy where somebody holds the workspace, or where the journal has other events by now.
        """
        if holder := self.holder():
            raise self._held_by(holder)
        if self.journal.entries() != entries:
            raise WorkspaceBusy(f"Other commands changed the workspace {self.root} meanwhile.")

    def fresh_scratch(self, name: str) -> Path:
        """An empty scratch folder; what an interrupted command left there is gone."""
        folder = self.work / name
        shutil.rmtree(folder, ignore_errors=True)
        files.make_folder(folder)
        return folder

    def incomplete_run(self) -> OpenRun | None:
        """The run that is open, unless a line gives it up. Raises RecordBroken."""
        run = OpenRun.load(self.open_run)
        return None if run and run.is_given_up(self.journal.entries()) else run

    def empty(self) -> None:
        """Delete all that is in it but the lock, which its holder has, as far as the disk lets it go."""
        for path in self.root.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            elif path != self._lock:
                with suppress(OSError):
                    path.unlink()

    def clear_scratch(self) -> None:
        """Delete the scratch, when its holder is done."""
        shutil.rmtree(self.work, ignore_errors=True)

    @property
    def store_files(self) -> tuple[Path, Path]:
        """The working store: the database, and what it has not taken up yet."""
        return self.database, self.database.with_name(self.database.name + ".wal")

    @property
    def anew(self) -> tuple[Path, ...]:
        """What is no part of the record and of its documents: it is made anew."""
        return (*self.store_files, self.work, self._lock)

    def remove_store(self) -> None:
        """Delete the working store; it is made anew from the record when it is opened."""
        for path in self.store_files:
            files.remove_durably(path)

    def _acquire(self, descriptor: int, command: str) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise self._held_by(_holder_text(os.pread(descriptor, 4096, 0))) from None
        if not self._lock.exists() or not os.path.samestat(os.fstat(descriptor), os.stat(self._lock)):
            # Who held it has put the folder in its place, or deleted it, since the lock was opened.
            raise WorkspaceBusy(f"Another command has just finished at {self.root}.")
        holder = _holder(command)
        # Written over the old text before the rest of that is cut off: a reader never finds the file empty.
        with files.naming(self._lock):
            os.pwrite(descriptor, holder, 0)
            os.ftruncate(descriptor, len(holder))

    def _held_by(self, holder: str) -> WorkspaceBusy:
        return WorkspaceBusy(f"The workspace {self.root} is held by {holder}.")


@dataclass(frozen=True)
class Kept:
    """What a run began with, in the vault: files taken in and files of the policy as (name, SHA-256), settings, the calendar's file if any."""

    inputs: list[tuple[PathWithin, Digest]]
    policy_files: list[tuple[FileName, Digest]]
    settings_sha256: Digest
    calendar_sha256: Digest | None


@dataclass(frozen=True)
class OpenRun:
    """A run that has begun and is not complete. It keeps what it began with, so that the same command completes it, even on another day.

    `folder` is where the input lay; `whole_tree` tells that the folders within belong to it, without the files of earlier runs.
    `accepted_gates` are reasons by gate. `kept` is what the run goes on with, whatever becomes of the folder: None until it is in the vault.
    `began` is the sequence that the next line of the journal had when it began; None in one that 0.1.0 began.
    """

    label: FileName
    as_of: dt.date
    policy_sha256: str
    policy_source: str
    folder: str
    whole_tree: bool
    accepted_gates: dict[str, str]
    actor: str = field(default_factory=os_account)
    kept: Kept | None = None
    began: int | None = None

    def is_given_up(self, entries: Iterable[Entry]) -> bool:
        """Whether a line since it began gives it up: the command that wrote that ended before the run was cleared."""
        return self.began is not None and any(
            entry.sequence >= self.began and entry.kind == ABANDON and (entry.body["label"], entry.body["as_of"]) == (self.label, self.as_of.isoformat())
            for entry in entries)

    @property
    def same_command(self) -> str:
        """The command that completes the run, but for the workspace."""
        return "claims nightly" if self.whole_tree else f"claims run {self.folder} --label {self.label}"

    @classmethod
    def load(cls, path: Path) -> OpenRun | None:
        """The open run, or None when none is. Raises RecordBroken when the file is not what `save` wrote, or a name in it leads elsewhere."""
        if not path.exists():
            return None
        try:
            return msgspec.json.decode(path.read_bytes(), type=cls)
        except msgspec.DecodeError as error:
            raise RecordBroken(f"{path} does not describe an open run ({why_unfit(error)}). Restore it from a backup of the workspace.") from error

    def save(self, path: Path) -> None:
        files.write_atomically(path, msgspec.json.format(msgspec.json.encode(self, order="sorted"), indent=1) + b"\n")

    @staticmethod
    def clear(path: Path) -> None:
        """The run is complete: none is open."""
        files.remove_durably(path)


def _has_files(folder: Path) -> bool:
    return any(path.is_file() for path in folder.rglob("*"))


def _holder(command: str) -> bytes:
    since = dt.datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
    holder = {"command": masked_numbers(command), "host": os.uname().nodename, "os_account": os_account(), "pid": os.getpid(), "since": since}
    return json.dumps(holder, ensure_ascii=False).encode()


def _holder_text(holder: bytes) -> str:
    try:
        named = json.loads(holder)
        if named["host"] == os.uname().nodename and not files.process_runs(named["pid"]):
            return "another program, such as a backup"
        return "`{command}` (process {pid}, account {os_account} on {host}, since {since})".format(**named)
    except (ValueError, KeyError, TypeError):
        # The holder took the lock a moment ago and has not yet said who it is.
        return "another process"
