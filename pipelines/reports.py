"""What the command line prints of a run: sums that add up, on the last lines."""

from __future__ import annotations

from claims.money import yuan_text
from pipelines.run import Finished

OUTCOMES = ("approved", "reduced", "rejected", "exception")
FATES = ("loaded", "duplicate", "rejected", "ignored")


def run_summary(finished: Finished) -> str:
    """The closing lines of a run. Every line is a sum whose parts it names."""
    body = finished.entry.body
    counts = body["counts"]
    lines = [f"Not read: {name}" for name in finished.not_read]
    lines += [f"Note: {notice}" for notice in finished.notices]
    lines += [
        f"Run {body['label']} as of {body['as_of']}" + (" was finished before; nothing changed" if finished.repeated else " is complete"),
        f"Results: {finished.folder.resolve()}",
        _sum("Lines in", counts["fates"], FATES),
        _sum("Claims", counts["outcomes"], OUTCOMES),
        _money(counts),
    ]
    if finished.letters_held is not None:
        decided = sum(counts["outcomes"].get(outcome, 0) for outcome in OUTCOMES[:3])
        lines.append(f"Letters: {decided} = {decided - finished.letters_held} drafted + {finished.letters_held} held back")
    lines.append(f"Open exceptions: {finished.open_exceptions}")
    return "\n".join(lines)


def _sum(title: str, counts: dict[str, int], parts: tuple[str, ...]) -> str:
    return f"{title}: {sum(counts.values()):,} = " + " + ".join(f"{counts.get(part, 0):,} {part}" for part in parts)


def _money(counts: dict) -> str:
    shares = " + ".join(f"{yuan_text(amount)} {treasury}" for treasury, amount in counts["treasuries_fen"].items())
    return f"Awarded (yuan): {yuan_text(counts['awarded_fen'])} = {shares}"
