"""What was tried: a line for each point in a file for each command, so that a run that was broken off goes on where it was."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from tests.commands import ROOT

PROGRAM = ("claims", "pipelines", "sql", "templates", "tests/crash")


@dataclass(frozen=True)
class Point:
    """A durable act at which a command was failed; `said` is what it ended with, `defect` what was wrong afterwards, "" for nothing."""

    command: str
    fault: str
    number: int
    act: str
    path: str
    said: str
    defect: str


def progress_folder() -> Path:
    """Where the progress of this very program is kept."""
    digest = hashlib.sha256()
    for path in sorted(path for folder in PROGRAM for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".c", ".sql", ".toml", ".typ", ".j2", ".html")):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return ROOT / "build" / "crash" / digest.hexdigest()[:12]


def progress_file(folder: Path, command: str) -> Path:
    return folder / f"{command.replace(' ', '-')}.jsonl"


def tried(path: Path) -> list[Point]:
    """The points of a file of progress; a torn last line is none."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
    return [Point(**json.loads(line)) for line in lines if line.endswith("\n")]


def note(point: Point, file: TextIO) -> None:
    """Add a point to its file."""
    print(json.dumps(asdict(point), ensure_ascii=False), file=file, flush=True)
