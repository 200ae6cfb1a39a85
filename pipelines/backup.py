"""The commands that carry a workspace to another place: backup, and restore. The command line ends both with what `claims verify` says of it.

A record that is not whole is neither backed up nor restored. Where only what is shown differs from a whole record, the file, or the workspace, is made
all the same: a page that somebody changed must not cost an office its record.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from claims.backup import read_backup, require_free, write_backup
from claims.errors import UsageError
from claims.files import sha256_of
from claims.quoting import quoted
from claims.record.store import check_vault
from claims.settings import failure_command
from claims.workspace import Workspace
from pipelines.queries import existing


def back_up(root: Path, target: Path) -> str:
    """Write a backup into a file, or into a folder under a name that tells how far the record went. Raises RecordBroken where journal or vault is not whole."""
    workspace = existing(root)
    if target.resolve().is_relative_to(root.resolve()):
        raise UsageError(f"{target} lies in the workspace: a backup belongs to another place, best on another machine")
    with workspace.locked(f"claims backup {target}"):
        path = target / f"{root.resolve().name}-{len(workspace.journal.entries()):06d}-{workspace.journal.head()[:12]}.zip" if target.is_dir() else target
        if not path.parent.is_dir():
            raise UsageError(f"{path.parent}: there is no such folder")
        check_vault(workspace)
        about = write_backup(workspace, path)
    return (f"Backup: {path.resolve()}\nSHA-256: {sha256_of(path)}\nRecord: {about['lines']} lines, head {about['head']}\n"
            "Every file was read back and is as it was written. Keep it on another machine; `claims restore` brings it back. Now the workspace is verified:")


def restore(path: Path, root: Path) -> str:
    """Make a workspace from a backup. Raises UsageError where there is something already, RecordBroken where the backup is not as it was written, WorkspaceBusy
    where another process restores to the same place."""
    require_free(root)
    if not root.resolve().parent.is_dir():
        raise UsageError(f"{root.resolve().parent}: there is no such folder")
    about = read_backup(path, root.resolve(), check_vault)
    command = failure_command(Workspace(root).settings)
    told = f"Its claims.toml lets `claims nightly` give a command after a failed night; see that it is yours: {quoted(shlex.join(command))}\n" if command else ""
    return (f"Workspace: {root.resolve()}\nRecord: {about['lines']} lines, head {about['head']}\n{told}"
            "Every file is as it was when the backup was made; the working store was made anew. Work goes on here; the old workspace must not be used beside it.\n"
            "Now it is verified, which `claims verify` does again:")
