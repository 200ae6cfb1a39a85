"""The figures of the matrix, from its files of progress: points tried per command and component, and failures.

    python -m tests.crash.figures

prints those of this very program as the table of docs/reliability.md.
"""

from __future__ import annotations

from collections import Counter

from tests.crash.history import TRIED
from tests.crash.progress import Point, progress_file, progress_folder, tried

COMPONENTS = ("journal", "vault", "store", "outputs", "letters", "scratch", "lock and notes")
SHOWN = ("out", "months", "reviews", "payments", "adjustments", "commendations")


def component(path: str) -> str:
    """What a path of the place belongs to."""
    within = path.replace(".workspace.partial/", "workspace/").partition("workspace/")[2]
    first = within.partition("/")[0]
    if "/letters" in within:
        return "letters"
    if first.startswith("claims.duckdb"):
        return "store"
    if first in ("vault", "journal.jsonl"):
        return first.partition(".")[0]
    return "outputs" if first in SHOWN else "scratch" if first == "work" or path.startswith("tmp") else "lock and notes"


def table(points: list[Point]) -> str:
    """A row for each command: points by component, by fault, and how many failed."""
    faults = ("kill", "io_error", "full_disk")
    rows = [["command", *COMPONENTS, "points", "kill -9", "I/O error", "full disk", "failures"]]
    for command in (*(command for command in TRIED if any(point.command == command for point in points)), None):
        of_it = [point for point in points if command in (None, point.command)]
        by_component, by_fault = Counter(component(point.path) for point in of_it), Counter(point.fault for point in of_it)
        counts = [*(by_component[name] for name in COMPONENTS), len(of_it), *(by_fault[name] for name in faults), sum(bool(point.defect) for point in of_it)]
        rows.append([f"`{command}`" if command else "all", *(f"{count:,}" for count in counts)])
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], f"|---|{'---:|' * (len(rows[0]) - 1)}", *lines[1:]])


if __name__ == "__main__":
    print(table([point for command in TRIED for point in tried(progress_file(progress_folder(), command))]))
