"""A command that is only watched: what the shim sees of it, beside what the kernel sees.

    python -m tests.crash.watched FOLDER ACTS WORD…

gives the command in FOLDER and writes each durable act that the shim saw into the file ACTS.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.crash import shim
from tests.crash.shim import Fault

TRACED = {
    "open": ("open", "openat", "openat2", "creat"),
    "write": ("write", "pwrite64", "writev", "pwritev", "pwritev2", "sendfile", "copy_file_range", "splice"),
    "sync": ("fsync", "fdatasync", "sync_file_range", "msync"), "truncate": ("ftruncate", "truncate"), "allocate": ("fallocate",),
    "rename": ("rename", "renameat", "renameat2"), "link": ("link", "linkat", "symlink", "symlinkat"),
    "unlink": ("unlink", "unlinkat", "rmdir"), "mkdir": ("mkdir", "mkdirat"), "unseen": ("io_uring_setup", "mmap"),
}
"""The calls of the kernel by what they are to the shim. Writing by a shared map or a ring it does not see: there must be none."""
_CALL = re.compile(r"\d+ +(\w+)\((.*)")
_DESCRIPTOR = re.compile(r"^(?:AT_FDCWD|\d+)<([^>]*)>")
_NAME = re.compile(r'"((?:[^"\\]|\\.)*)"')
_BY_NAME = {"open", "openat", "openat2", "creat", "truncate", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat",
            "rmdir", "mkdir", "mkdirat"}


def strace(target: Path) -> list[str]:
    """The beginning of a command line that has the kernel's calls written into a file."""
    return ["strace", "-f", "-y", "-s", "4096", "-e", "signal=none", "-e", "trace=" + ",".join(call for calls in TRACED.values() for call in calls), "-o", str(target)]


def acts_of_kernel(trace: Path, folder: Path) -> list[str]:
    """The durable acts below a folder that strace wrote down, told as the shim tells them."""
    acts, last_written = [], None
    for act, path in _calls(trace, folder):
        if not path.startswith(f"{folder}/"):
            continue
        if act != "write" or path != last_written:
            acts.append(f"{act}\t{path[len(str(folder)) + 1:]}")
        last_written = path if act == "write" else None
    return acts


def _calls(trace: Path, folder: Path) -> Iterator[tuple[str, str]]:
    kinds = {call: act for act, calls in TRACED.items() for call in calls}
    for line in trace.read_text(encoding="utf-8").splitlines():
        found = _CALL.match(line)
        if not found or found[1] not in kinds:
            continue
        call, arguments = found[1], found[2].rpartition(") = ")[0] or found[2]
        if call in ("open", "openat", "creat") and not re.search(r"O_(WRONLY|RDWR|CREAT|TRUNC)", arguments) and call != "creat":
            continue
        if call == "mmap" and not ("MAP_SHARED" in arguments and "PROT_WRITE" in arguments):
            continue
        yield kinds[call], _path(call, arguments, folder)


def _path(call: str, arguments: str, folder: Path) -> str:
    """The path that a call acts on: of two names the new one."""
    if call not in _BY_NAME:
        parts = arguments.split(", ")
        place = {"mmap": 4, "copy_file_range": 2}.get(call, 0)
        found = _DESCRIPTOR.match(parts[place]) if len(parts) > place else None
        return _text(found[1]) if found else ""
    name = _text(_NAME.findall(arguments)[-1])
    before = re.findall(r"(?:AT_FDCWD|\d+)<([^>]*)>", arguments)
    return name if name.startswith("/") else f"{_text(before[-1]) if before else folder}/{name}"


def _text(escaped: str) -> str:
    """What strace wrote with octal escapes."""
    return escaped.encode("latin-1", "backslashreplace").decode("unicode_escape").encode("latin-1").decode("utf-8")


if __name__ == "__main__":
    place, acts, *words = sys.argv[1:]
    from pipelines.cli import main

    report = os.open(acts, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    os.chdir(place)
    sys.argv = ["claims", *words]
    shim.arm(Path(place), Fault.none, 0, report, 0)
    main()
