"""Bundles: zip files that leave the machine, whose last member lists every other with its SHA-256. Backups and audit exports are bundles.

The same members give the same bytes: no time, no order of a folder, no account goes in. A bundle has its name only once it is whole, on the disk and
read back. What is read is not trusted: names must stay inside, lengths are bounded by what is listed, and whatever differs is named.
"""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Annotated, Any, TypedDict

import msgspec

from claims import files
from claims.errors import ClaimsError, RecordBroken, UsageError
from claims.file_names import why_unfit

LIST = "bundle.json"
PIECE = 1 << 20
PACKED = (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED)
"""Members are read if packed so. What is packed otherwise zipfile unpacks at once, whatever it comes to."""
LIST_ROOM, LIST_ROOM_OF_FILE = 1 << 16, 1 << 8
"""Bytes that a list may take, and for each file in it besides six for each character of its name: more than are written."""
DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, OverflowError, ValueError, KeyError, TypeError,
           AttributeError, MemoryError)
"""What reading a zip file raises that is not what was written."""
Told = str | int | float | bool | msgspec.UnsetType | None


class Listed(TypedDict):
    """What a list says of one member."""

    sha256: str
    bytes: Annotated[int, msgspec.Meta(ge=0)]


class _Files(msgspec.Struct):
    """A list as far as it lists. What else stands there is skipped and takes no memory, here as below."""

    files: dict[str, Listed]


class _About(msgspec.Struct):
    """A list as far as it says of what it is, in the words of backups and exports."""

    kind: Told = msgspec.UNSET
    name: Told = msgspec.UNSET
    workspace: Told = msgspec.UNSET
    program_version: Told = msgspec.UNSET
    lines: Told = msgspec.UNSET
    head: Told = msgspec.UNSET


def write_bundle(path: Path, about: dict[str, Any], members: Mapping[str, Path | bytes], see_replaceable: Callable[[Path], None] = lambda path: None) -> None:
    """Write a bundle of files and texts, by their names within; `about` says of what it is. Replaces what had its name once it is whole, else leaves nothing.

    `see_replaceable` raises where that may not be replaced; it is asked again when the bundle is whole, since another process may have written one meanwhile.
    """
    see_replaceable(path)
    partial = files.own_partial(path)
    try:
        _write(partial, about, members)
        Bundle(partial).check()
        see_replaceable(path)
        files.replace_durably(partial, path)
    except (ClaimsError, OSError):
        partial.unlink(missing_ok=True)
        raise


def _write(partial: Path, about: dict[str, Any], members: Mapping[str, Path | bytes]) -> None:
    listed = {}
    with files.naming(partial), open(partial, "wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in sorted(members):
                listed[name] = _add(archive, name, members[name])
            _add(archive, LIST, (json.dumps(about | {"files": listed}, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode())
        files.finish_file(file, files.FILE_MODE)


def _add(archive: zipfile.ZipFile, name: str, content: Path | bytes) -> dict[str, Any]:
    """Add one member. Gives its digest and length, of the bytes that went in."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{ascii(name)}: the file's name is no UTF-8 text: rename it") from None
    member = zipfile.ZipInfo(name)
    member.compress_type, member.create_system, member.external_attr = zipfile.ZIP_DEFLATED, 3, files.FILE_MODE << 16
    digest, size_bytes = hashlib.sha256(), 0
    with archive.open(member, "w", force_zip64=True) as target:
        for piece in _pieces(content):
            digest.update(piece)
            size_bytes += len(piece)
            target.write(piece)
    return {"sha256": digest.hexdigest(), "bytes": size_bytes}


def _pieces(content: Path | bytes) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with files.naming(content), open(content, "rb") as source:
        while piece := source.read(PIECE):
            yield piece


class Bundle:
    """A bundle to be read: `about` is what its list says of it, `files` are the digest and the length of each member by its name.

    Raises RecordBroken where it is not whole, or its list and its members do not fit each other, UsageError for what is no file, such as a pipe, which may
    never end.
    """

    def __init__(self, path: Path):
        if not path.is_file():
            raise UsageError(f"{path}: it is no ordinary file")
        self.path = path
        with self._opened() as archive:
            names = archive.namelist()
            if LIST not in names:
                raise RecordBroken(f"{path}: it is not whole, or no backup or export of this program: it has no {LIST}")
            for member in archive.infolist():
                if member.compress_type not in PACKED:
                    raise ValueError(f"{member.filename} is packed in another way")
            with archive.open(LIST) as source:
                listed = _read_list(source, names)
            self.about: dict[str, Any] = msgspec.to_builtins(msgspec.json.decode(listed, type=_About))
            self.files = msgspec.json.decode(listed, type=_Files).files
            several = [name for name, count in Counter(names).items() if count > 1]
            folders = folders_of(names)
            strange = sorted({LIST, *self.files} ^ set(names)) or several or [name for name in names if not stays_inside(name) or name in folders]
        if strange:
            raise RecordBroken(f"{path}: the file {strange[0]} is not as its list says. Take another copy of it.")

    @contextmanager
    def reading(self, name: str) -> Iterator[None]:
        """What is read within it is of the member `name`. Raises RecordBroken where that is not what this program writes there."""
        try:
            yield
        except ValueError as error:  # those of msgspec among them
            raise RecordBroken(f"{self.path}: the file {name} in it is not as this program writes it ({why_unfit(error)}). Take another copy of it.") from error

    def check(self) -> None:
        """Read every member against its digest. Raises RecordBroken naming the first that differs."""
        with self._opened() as archive:
            for name in self.files:
                self._copy(archive, name, lambda piece: None)

    def unpack(self, folder: Path, mode_of: Callable[[str], int], below: str = "") -> None:
        """Write the members whose names begin with `below` into a folder, without that, each to the disk and checked.

        Raises RecordBroken, and ClaimsError, before anything is written, where the disk has no room for them.
        """
        names = [name for name in self.files if name.startswith(below)]
        files.make_folder(folder)
        self._require_room(folder, sum(self.files[name]["bytes"] for name in names))
        with self._opened() as archive:
            for name in names:
                place = folder / name.removeprefix(below)
                files.make_folder(place.parent)
                with files.naming(place), open(place, "xb") as target:
                    self._copy(archive, name, target.write)
                    files.finish_file(target, mode_of(name))
        for inner in sorted({path.parent for path in folder.rglob("*")}):
            files.sync_folder(inner)

    def _require_room(self, folder: Path, size_bytes: int) -> None:
        free_bytes = shutil.disk_usage(folder).free
        if size_bytes > free_bytes:
            raise ClaimsError(
                f"{self.path}: the files in it come to {size_bytes:,} bytes, and the disk of {folder} has {free_bytes:,} bytes free. Make room there.")

    def _copy(self, archive: zipfile.ZipFile, name: str, write: Callable[[bytes], Any]) -> None:
        listed, digest, size_bytes = self.files[name], hashlib.sha256(), 0
        try:
            for piece in self._read(archive, name):
                digest.update(piece)
                size_bytes += len(piece)
                if size_bytes > listed["bytes"]:
                    break
                write(piece)
            differs = digest.hexdigest() != listed["sha256"]
        except DAMAGED as error:
            raise RecordBroken(f"{self.path}: the file {name} in it is damaged ({error}). Take another copy of it.") from error
        if differs:
            raise RecordBroken(f"{self.path}: the file {name} in it is not what was written: its SHA-256 is {digest.hexdigest()}. Take another copy of it.")

    def _read(self, archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
        with files.naming(self.path), archive.open(name) as source:
            while piece := source.read(PIECE):
                yield piece

    @contextmanager
    def _opened(self) -> Iterator[zipfile.ZipFile]:
        try:
            with zipfile.ZipFile(self.path) as archive:
                yield archive
        except (*DAMAGED, OSError) as error:
            if isinstance(error, OSError) and error.errno != errno.EINVAL:  # what is sought at a place that there cannot be is damage, too
                raise
            raise RecordBroken(f"{self.path}: it is not whole, or no backup or export of this program ({error}). Take another copy of it.") from error


def _read_list(source: IO[bytes], names: list[str]) -> bytes:
    """The bytes of a list, no more than a list of these files can have, whatever it would unpack to. Raises ValueError."""
    room = LIST_ROOM + sum(LIST_ROOM_OF_FILE + 6 * len(name) for name in names)
    listed = source.read(room + 1)
    if len(listed) > room:
        raise ValueError(f"{LIST} is longer than the {room:,} bytes that a list of the files in it can take")
    return listed


def stays_inside(name: str) -> bool:
    """Whether a member's name is a plain path below the folder that it is unpacked in."""
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and str(path) == name and "\\" not in name and "\0" not in name


def folders_of(names: Iterable[str]) -> set[str]:
    """Every folder that members lie in, at any depth."""
    folders: set[str] = set()
    for name in names:
        while (name := name.rpartition("/")[0]) and name not in folders:
            folders.add(name)
    return folders
