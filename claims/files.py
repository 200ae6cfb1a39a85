"""Durable files: what these functions have returned from is on the disk, and a crash leaves the old state or the new one.

Temporary names are fixed, not random, so that a crash leaves at most one and the next try overwrites it. That rests on the
workspace's lock: there is one writer. Outside of it each process has a name of its own (`own_partial`). Modes are set explicitly,
so that results do not depend on the umask: what is written holds names, amounts and accounts, and is for its owner and group only.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

FILE_MODE = 0o640
FOLDER_MODE = 0o750
READ_ONLY_MODE = 0o440
UMASK = 0o027
"""The same for what other programs write within a command, such as DuckDB."""


def write_atomically(path: Path, data: bytes, mode: int = FILE_MODE) -> None:
    """Write a whole file, or leave what was there. The folder must exist."""
    partial = path.with_name(f".{path.name}.partial")
    with naming(partial), open(partial, "wb") as file:
        file.write(data)
        finish_file(file, mode)
    replace_durably(partial, path)


def own_partial(path: Path) -> Path:
    """A name beside a file under which no other process writes it. What processes of this machine left under theirs, and are dead, is deleted."""
    host = os.uname().nodename
    theirs = re.compile(rf"\.{re.escape(path.name)}\.{re.escape(host)}\.([0-9]{{1,7}})\.partial")
    for found in filter(None, map(theirs.fullmatch, os.listdir(path.parent))):
        if not process_runs(int(found[1])):
            with suppress(OSError):  # another account's, which hinders nobody
                path.with_name(found[0]).unlink()
    return path.with_name(f".{path.name}.{host}.{os.getpid()}.partial")


def process_runs(process: int) -> bool:
    """Whether this machine has a process of that number, under whichever account."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it runs, under another account
    return True


def finish_file(file: BinaryIO, mode: int) -> None:
    """Bring an open file to the disk, with its mode."""
    with naming(Path(file.name)):
        file.flush()
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())


def replace_durably(partial: Path, final: Path) -> None:
    """Give a finished file its name, replacing what had it."""
    os.replace(partial, final)
    sync_folder(final.parent)


def remove_durably(path: Path) -> None:
    """Remove a file; one that is absent already is fine."""
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Create a folder and the parents that it lacks, durably; one that exists is left as it is."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir()
    path.chmod(FOLDER_MODE)
    sync_folder(path.parent)


def publish_folder(partial: Path, final: Path) -> None:
    """Show a finished folder under its final name: all of it, on the disk, or nothing.

    Both must be on one file system. Raises FileExistsError when `final` exists, even when it is empty.
    """
    if final.exists():
        raise FileExistsError(f"{final} exists already")
    for folder, _, names in os.walk(partial, topdown=False):
        for name in names:
            with open(Path(folder, name), "rb") as file:
                finish_file(file, FILE_MODE)
        os.chmod(folder, FOLDER_MODE)
        sync_folder(Path(folder))
    make_folder(final.parent)
    os.rename(partial, final)
    sync_folder(final.parent)
    sync_folder(partial.parent)


def replace_files(partial: Path, final: Path) -> None:
    """Give the files of a finished folder their places in one that exists; what else stands there stays."""
    for path in sorted(partial.iterdir()):
        with open(path, "rb") as file:
            finish_file(file, FILE_MODE)
        replace_durably(path, final / path.name)


def sync_folder(path: Path) -> None:
    """Bring a folder's list of names to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with naming(path):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """An error of the operating system within it names the file, as it does not by itself where it came by a descriptor."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def bytes_below(folder: Path) -> int:
    """What the files in a folder come to; of one that is absent, or that goes meanwhile, nothing."""
    found = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                found += os.stat(os.path.join(place, name)).st_size
    return found


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex, read in pieces."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
