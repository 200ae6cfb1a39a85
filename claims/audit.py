"""Audit exports: one file that an auditor checks on another machine, without the workspace that it came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from claims import files
from claims.bundle import LIST, Bundle
from claims.errors import RecordBroken, UsageError
from claims.extract import Extract
from claims.file_names import Digest, FileName
from claims.record.journal import Entry, head_of
from claims.workspace import Workspace

MONTH, CLAIM = "audit-month", "audit-claim"
COVER = "说明.txt"
PLACE = "workspace/"
"""Below it a bundle has what lay in the workspace, at the same places."""


class About(msgspec.Struct):
    """What the list of an export says of it: which month or claim, and the record that it was written from."""

    name: FileName
    lines: int
    head: Digest


def record_members(
    workspace: Workspace, entries: Iterable[Entry], needed: Iterable[str], documents: Iterable[Path],
) -> dict[str, Path | bytes]:
    """Events of the journal, files of the vault by their SHA-256, and documents with all that is below folders, by their names in a bundle."""
    paths = [*map(workspace.vault.path, needed), *(path for place in documents for path in _files_of(place))]
    members: dict[str, Path | bytes] = {PLACE + path.relative_to(workspace.root).as_posix(): path for path in paths}
    journal = b"".join(entry.line() + b"\n" for entry in entries)
    return members | {PLACE + workspace.journal.path.name: journal}


def unpacked_workspace(bundle: Bundle, folder: Path) -> Workspace:
    """The part of a workspace that a bundle holds, unpacked and checked. Raises RecordBroken."""
    bundle.check()
    bundle.unpack(folder, lambda name: files.FILE_MODE, PLACE)
    workspace = Workspace(folder)
    entries = workspace.journal.entries()
    if (len(entries), head_of(entries)) != (bundle.about["lines"], bundle.about["head"]):
        raise RecordBroken(f"{bundle.path}: its journal is not the one that its list tells of")
    return workspace


def read_export(path: Path) -> Bundle:
    """An export to be checked. Raises UsageError for another bundle, RecordBroken for what is none."""
    bundle = Bundle(path)
    if bundle.about.get("kind") not in (MONTH, CLAIM):
        raise UsageError(f"{path}: it is no audit export")
    with bundle.reading(LIST):
        msgspec.convert(bundle.about, About)
    return bundle


def extract_name(entry: Entry, relation: str) -> str:
    """What an extract is called in a bundle."""
    return f"rows/{entry.sequence:06d}-{entry.kind}/{relation}.jsonl"


def recorded_extracts(bundle: Bundle, workspace: Workspace) -> Iterator[Extract]:
    """The extracts of a bundle beside the events that they are of, unpacked below its workspace's folder. Raises RecordBroken for one of no event, or of no lines."""
    folder = workspace.root.with_name("rows")
    bundle.unpack(folder, lambda name: files.FILE_MODE, "rows/")
    known = {
        extract_name(entry, relation): (entry, relation)
        for entry in workspace.journal.entries() for relation, result in entry.body.get("results", {}).items() if "rows_sha256" in result
    }
    for name in sorted(name for name in bundle.files if name.startswith("rows/")):
        if name not in known:
            raise RecordBroken(f"{bundle.path}: the journal has nothing of which {name} could be")
        with bundle.reading(name):
            columns, *lines = (folder / name.removeprefix("rows/")).read_text(encoding="utf-8").split("\n")[:-1]
            extract = Extract(*known[name], msgspec.json.decode(columns, type=tuple[str, ...]), tuple(lines))
        yield extract


def _files_of(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    yield from (path for path in place.rglob("*") if path.is_file() and not path.name.endswith(".partial"))

