"""`claims template`: the empty forms of a policy, written into a folder."""

from __future__ import annotations

from pathlib import Path

from claims.errors import UsageError
from claims.files import make_folder, write_atomically
from claims.forms import forms_of
from claims.policy.check import load_sound_policy


def write_forms(folder: Path, policy_name: str | None) -> str:
    """Write the forms of every table. Raises UsageError where a file of that name holds something else: it may have been filled in."""
    policy = load_sound_policy(policy_name)
    files = forms_of(policy)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: it is a file; name a folder")
    filled = [name for name, content in files.items() if (folder / name).exists() and (folder / name).read_bytes() != content]
    if filled:
        raise UsageError(f"{folder}: {'、'.join(filled)} hold something else already; name a folder of its own")
    make_folder(folder)
    for name, content in files.items():
        write_atomically(folder / name, content)
    lines = [f"Forms of {policy.id} ({policy.head.document_no}): {folder.resolve()}", *(f"  {name}" for name in files)]
    return "\n".join([*lines, "Fill in the workbooks or the CSV files, put them into one folder, then: claims run FOLDER"])
