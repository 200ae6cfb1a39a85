"""Progress: a line that moves on a terminal, plain lines with times in the run's log. Standard output stays free for results."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from claims.files import naming
from claims.quoting import plain_lines


class Progress:
    """Tells which stage runs. `log` is the file that keeps the plain lines, None for none."""

    def __init__(self, log: Path | None = None):
        self.log = log
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._show(f"{name} …")
        started = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = time.monotonic() - started
            self._show("")
        self.note(f"{name}: {self.seconds[name]:.2f} s")

    def count(self, name: str, done: int) -> None:
        """Show how many of something are done, on the moving line only."""
        self._show(f"{name} … {done:,}")

    def _show(self, text: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\x1b[2K{text}", end="", file=sys.stderr, flush=True)

    def note(self, text: str) -> None:
        """Keep a text in the log, each of its lines with the time."""
        if self.log:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            with naming(self.log), self.log.open("a", encoding="utf-8") as file:
                file.writelines(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}\n" for line in plain_lines(text).splitlines())
