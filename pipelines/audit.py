"""The commands of an audit: what belongs to a month, or to a claim, as one file, and the check of such a file on another machine."""

from __future__ import annotations

import tempfile
from pathlib import Path

from claims import __version__
from claims.audit import COVER, MONTH, read_export, record_members, unpacked_workspace
from claims.audit_text import month_cover
from claims.bundle import write_bundle
from claims.errors import UsageError
from claims.record.journal import Entry, head_of
from claims.workspace import Workspace
from pipelines.progress import Progress
from pipelines.queries import existing
from pipelines.replay import Replayed, replay, title_of


def export_month(root: Path, name: str, path: Path, progress: Progress) -> Replayed:
    """Write everything that computing a month again needs, with its outputs, into one file. Gives what computing it again found now."""
    workspace = existing(root)
    _require_place(workspace, path)
    with tempfile.TemporaryDirectory(prefix="claims-audit-") as scratch:
        replayed = replay(root, name, Path(scratch) / "again", progress)
    entries = workspace.journal.entries()
    folders = [workspace.root / place for place in dict.fromkeys(_places(replayed))]
    cover = month_cover(name, path.name, len(entries), head_of(entries), [title_of(event) for event in replayed.events], replayed.told(0))
    write_bundle(path, _about(MONTH, name, entries), record_members(workspace, entries, replayed.needed, folders) | {COVER: cover.encode()})
    return replayed


def check_export(path: Path, progress: Progress) -> tuple[str, Replayed]:
    """Check an export by itself: its files, the chain of the journal, and what it tells computed again. Gives what is said of it, and what was found."""
    bundle = read_export(path)
    with tempfile.TemporaryDirectory(prefix="claims-audit-") as scratch:
        workspace = unpacked_workspace(bundle, Path(scratch) / "workspace")
        replayed = replay(workspace.root, bundle.about["name"], Path(scratch) / "again", progress)
    return _checked_text(path, len(bundle.files), bundle.about), replayed


def _about(kind: str, name: str, entries: list[Entry]) -> dict:
    return {"kind": kind, "name": name, "program_version": __version__, "lines": len(entries), "head": head_of(entries)}


def _checked_text(path: Path, count: int, about: dict) -> str:
    return "\n".join([
        f"{path.name}：包内{count}个文件的SHA-256全部相符", f"日志：共{about['lines']}行，哈希链完整，最后一行的哈希值为{about['head']}",
    ])


def _places(replayed: Replayed) -> list[Path]:
    """The output folders of what a month is made of."""
    return [
        Path("out", event.body["label"]) if event.kind == "run" else Path("months", event.body["month"], event.body["policy"]["id"])
        for event in replayed.events
    ]


def _require_place(workspace: Workspace, path: Path) -> None:
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent}: there is no such folder")
    if path.resolve().is_relative_to(workspace.root.resolve()):
        raise UsageError(f"{path} lies in the workspace, in which nothing is changed: name a file outside with --into")
