"""The vault: every file that was taken in and every result that was decided, unchanged, under its SHA-256.

One writer at a time; the workspace's lock sees to that.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from claims import files
from claims.errors import InputRefused, RecordBroken

log = logging.getLogger(__name__)


class Vault:
    """A folder of read-only files: the bytes with SHA-256 `abcdef...` lie at `ab/abcdef...`."""

    def __init__(self, root: Path):
        self.root = root

    def put_bytes(self, data: bytes) -> str:
        """Keep some bytes; those that are kept already stay as they are, unless the file was damaged. Gives their SHA-256."""
        sha256 = hashlib.sha256(data).hexdigest()
        if not self._holds(sha256):
            files.make_folder(self._place(sha256).parent)
            files.write_atomically(self._place(sha256), data, files.READ_ONLY_MODE)
        return sha256

    def put_file(self, path: Path) -> str:
        """Keep a copy of a file of any size; one that is kept already stays as it is, unless it was damaged. Gives its SHA-256.

        The file is read once, so what is kept is what was hashed, even if someone changes the file meanwhile.
        """
        files.make_folder(self.root)
        partial = self.root / ".incoming.partial"
        with files.naming(partial), open(path, "rb") as source, open(partial, "wb") as target:
            hashing = _HashingWriter(target)
            shutil.copyfileobj(source, hashing, 1 << 20)
            files.finish_file(target, files.READ_ONLY_MODE)
        return self._adopt(partial, hashing.sha256.hexdigest())

    def keep(self, sha256: str, path: Path) -> None:
        """Keep a copy of a file whose SHA-256 is known, unless it is kept already. Raises InputRefused where the file has become another."""
        with suppress(RecordBroken):
            self.path(sha256)
            return
        if self.put_file(path) != sha256:
            raise InputRefused([f"{path}: the file was changed while it was being read; give the command again when it is complete"])

    def path(self, sha256: str) -> Path:
        """Where a kept file lies. Raises RecordBroken when it is missing or is not what was kept."""
        place = self._place(sha256)
        if not place.is_file():
            raise RecordBroken(
                f"The vault lacks the file {sha256} ({place}), which the journal counts on. Restore it from a backup of the workspace."
            )
        if place.is_symlink() or place.parent.is_symlink():
            raise RecordBroken(f"The vault's file {place} is a link to somewhere else. Put the file itself there, or restore it from a backup of the workspace.")
        found = files.sha256_of(place)
        if found != sha256:
            raise RecordBroken(
                f"The vault's file {place} was changed: its SHA-256 is {found} now. Restore it from a backup of the workspace."
            )
        return place

    def read(self, sha256: str) -> bytes:
        """The bytes of a kept file. Raises RecordBroken when it is missing or is not what was kept."""
        return self.path(sha256).read_bytes()

    def copied(self, kept: Iterable[tuple[str, str]], folder: Path) -> Path:
        """A folder with copies of kept files, given as (path within it, SHA-256), as they lay once; where there are none it is empty."""
        files.make_folder(folder)
        for name, sha256 in kept:
            files.make_folder((folder / name).parent)
            shutil.copyfile(self.path(sha256), folder / name)
        return folder

    def _adopt(self, partial: Path, sha256: str) -> str:
        if self._holds(sha256):
            files.remove_durably(partial)
        else:
            files.make_folder(self._place(sha256).parent)
            files.replace_durably(partial, self._place(sha256))
        return sha256

    def _holds(self, sha256: str) -> bool:
        """Whether a file is kept as it was; one that is not is told, and whoever has its bytes puts them in its place."""
        place = self._place(sha256)
        if not place.is_file():
            return False
        is_whole = files.sha256_of(place) == sha256
        if not is_whole:
            log.warning("claims: the vault's file %s was damaged and is written again; look after the disk, and see what else `claims verify` finds", place)
        return is_whole

    def _place(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256


class _HashingWriter:
    """A file to write to that hashes what passes through."""

    def __init__(self, target):
        self.target = target
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.sha256.update(data)
        return self.target.write(data)
