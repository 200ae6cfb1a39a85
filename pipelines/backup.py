"""The commands that carry a workspace to another place: backup, and restore. Both end with what `claims verify` says of it.

A record that is not whole is neither backed up nor restored. Where only what is shown differs from a whole record, the file, or the workspace, is made
all the same: a page that somebody changed must not cost an office its record. The command then ends as verifying does.
"""

from __future__ import annotations

from pathlib import Path

from claims.backup import read_backup, write_backup
from claims.errors import RecordBroken, UsageError
from claims.files import sha256_of
from claims.record.store import check_vault
from pipelines.progress import Progress
from pipelines.queries import existing
from pipelines.verify import verify


def back_up(root: Path, target: Path, progress: Progress) -> str:
    """Write a backup into a file, or into a folder under a name that tells how far the record went. The workspace is free again while it is verified.

    Raises RecordBroken where the workspace is not what its record says; what then stands in the backup, the message says.
    """
    workspace = existing(root)
    if target.resolve().is_relative_to(root.resolve()):
        raise UsageError(f"{target} lies in the workspace: a backup belongs to another place, best on another machine")
    with workspace.locked(f"claims backup {target}"):
        path = target / f"{root.resolve().name}-{len(workspace.journal.entries()):06d}-{workspace.journal.head()[:12]}.zip" if target.is_dir() else target
        if not path.parent.is_dir():
            raise UsageError(f"{path.parent}: there is no such folder")
        with progress.stage("vault"):
            check_vault(workspace)
        with progress.stage("backup"):
            about = write_backup(workspace, path)
    told = f"Backup: {path.resolve()}\nSHA-256: {sha256_of(path)}\nRecord: {about['lines']} lines, head {about['head']}"
    verified = _verified(root, progress, f"{told}\nIts record is whole, but the workspace is not what it says")
    return f"{told}\nEvery file was read back and is as it was written.\n{verified}\nNext: keep it on another machine; `claims restore` brings it back"


def restore(path: Path, root: Path, progress: Progress) -> str:
    """Make a workspace from a backup. Raises UsageError where there is something already, RecordBroken where it is not what its record says."""
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise UsageError(f"{root}: there is something already; a backup is restored into a folder that is absent or empty")
    if not root.resolve().parent.is_dir():
        raise UsageError(f"{root.resolve().parent}: there is no such folder")
    with progress.stage("restore"):
        about = read_backup(path, root.resolve(), check_vault)
    told = f"Workspace: {root.resolve()}\nRecord: {about['lines']} lines, head {about['head']}"
    verified = _verified(root, progress, f"{told}\nIt is as it was when the backup was made, and its record is whole, but it was not what that says")
    return (f"{told}\nEvery file is as it was when the backup was made; the working store was made anew.\n{verified}\n"
            "Work goes on here; the old workspace must not be used beside it")


def _verified(root: Path, progress: Progress, told: str) -> str:
    """What verifying says of a workspace. Raises RecordBroken where it differs from its record, after what was `told`."""
    try:
        return verify(root, deep=False, progress=progress)
    except RecordBroken as broken:
        raise RecordBroken(f"{told}; {broken}") from broken
