"""A workspace as one file, and back: everything in it but what is made anew from the record (the working store, scratch) and the lock."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal

import msgspec

from claims import __version__, files
from claims.bundle import LIST, Bundle, write_bundle
from claims.errors import ClaimsError, RecordBroken, UsageError
from claims.file_names import Digest
from claims.record.store import open_store
from claims.workspace import Workspace

KIND = "backup"


class About(msgspec.Struct):
    """What the list of a backup says of it: the record that it holds."""

    kind: Literal["backup"]
    lines: int
    head: Digest


def write_backup(workspace: Workspace, path: Path) -> dict[str, Any]:
    """Write everything that a workspace, which is held and was checked, cannot make anew into one file. Gives what the file says of itself.

    Raises RecordBroken where a backup that it would replace holds what the record has not.
    """
    about = _about(workspace)
    write_bundle(path, about, {name: workspace.root / name for name in _kept_names(workspace)}, partial(_check_replaceable, workspace))
    return about


def read_backup(path: Path, root: Path, check: Callable[[Workspace], Any]) -> dict[str, Any]:
    """Make the workspace of a backup in a folder, which is absent or empty: with its store made anew, whole or not at all. `check` sees to its record.

    It is held while it is made, beside its place; what a dead process left there is taken over. Gives what the file says of itself. Raises RecordBroken
    naming what is not as it was written, WorkspaceBusy, naming the holder, where another process restores to the same place.
    """
    bundle = Bundle(path)
    if bundle.about.get("kind") != KIND:
        raise UsageError(f"{path}: it is no backup of a workspace")
    workspace = Workspace(root.with_name(f".{root.name}.partial"))
    left_out = _left_out(workspace)
    planted = [name for name in bundle.files if name.split("/")[0] in left_out]
    if planted:
        raise RecordBroken(f"{path}: the file {planted[0]} in it is in no backup: a workspace makes it anew. Take another copy of it.")
    if workspace.root.is_symlink():  # no leftover of this program: what it leads to is not ours to empty
        workspace.root.unlink()
    with workspace.held_still(f"claims restore {path} --workspace {root}"):
        workspace.empty()
        try:
            require_free(root)
            _make_workspace(bundle, workspace, check)
        except (ClaimsError, OSError):
            workspace.empty()
            shutil.rmtree(workspace.root, ignore_errors=True)  # the lock last: until then nobody else begins here
            raise
        os.rename(workspace.root, root)
        files.sync_folder(root.parent)
    return bundle.about


def require_free(root: Path) -> None:
    """See that a workspace can be restored to a place. Raises UsageError where there is something already."""
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise UsageError(f"{root}: there is something already; a backup is restored into a folder that is absent or empty")


def _make_workspace(bundle: Bundle, workspace: Workspace, check: Callable[[Workspace], Any]) -> None:
    bundle.unpack(workspace.root, _mode_of)
    workspace.take_up()
    if _about(workspace) != bundle.about | {"workspace": workspace.root.name, "program_version": __version__}:
        raise RecordBroken(f"{bundle.path}: its journal is not the one that its list tells of. Take another copy of it.")
    open_store(workspace).close()
    check(workspace)
    workspace.clear_scratch()


def _about(workspace: Workspace) -> dict[str, Any]:
    entries = workspace.journal.entries()
    return {
        "kind": KIND, "workspace": workspace.root.resolve().name, "program_version": __version__, "lines": len(entries), "head": workspace.journal.head(),
    }


def _kept_names(workspace: Workspace) -> Iterator[str]:
    """The files that go in, as paths from the workspace. Raises UsageError for a link to a folder, except among what came in."""
    left_out = _left_out(workspace)
    for folder, folders, names in os.walk(workspace.root):
        place = Path(folder).relative_to(workspace.root)
        links = [path for path in (Path(folder, name) for name in folders) if path.is_symlink() and not path.is_relative_to(workspace.inbox)]
        if links:
            raise UsageError(f"{links[0]} is a link to another folder, which the backup would lack: put the folder itself in its place")
        folders[:] = [name for name in folders if (place / name).as_posix() not in left_out]
        for name in names:
            path = place / name
            if path.as_posix() not in left_out and not (name.startswith(".") and name.endswith(".partial")) and (workspace.root / path).is_file():
                yield path.as_posix()


def _left_out(workspace: Workspace) -> set[str]:
    return {path.relative_to(workspace.root).as_posix() for path in workspace.anew}


def _check_replaceable(workspace: Workspace, path: Path) -> None:
    """A backup takes the place of an earlier one of the same record, and of nothing else."""
    if not path.exists():
        return
    try:
        bundle = Bundle(path)
        with bundle.reading(LIST):
            before = msgspec.convert(bundle.about, About)
    except RecordBroken as error:
        raise UsageError(f"{path}: there is another file, or a damaged backup: name another one. ({error})") from error
    entries = workspace.journal.entries()
    heads = [entry.previous for entry in entries] + [workspace.journal.head()]
    if before.head not in heads:
        raise RecordBroken(
            f"{path} holds {before.lines} lines of a journal that {workspace.journal.path} with its {len(entries)} lines does not go on from: the workspace "
            "was set back, or is another one. The backup was left as it is. Restore it, or name another file."
        )


def _mode_of(name: str) -> int:
    return files.READ_ONLY_MODE if name.startswith("vault/") else files.FILE_MODE
