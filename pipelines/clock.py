"""The statement that a clock is right now, after lines of the journal were written by one that was ahead."""

from __future__ import annotations

from pathlib import Path

from claims import __version__
from claims.errors import ClockSetBack, UsageError
from claims.people import acting_person
from claims.record.journal import CLOCK
from claims.settings import load_settings
from pipelines.queries import existing


def state_clock(root: Path, actor: str | None, reason: str) -> str:
    """Record it, so that the journal goes on from now. Raises UsageError where the clock does not lie before the last line."""
    if not reason.strip():
        raise UsageError("--reason: say why earlier times of the journal lie ahead")
    workspace = existing(root)
    with workspace.locked("claims clock"):
        try:
            workspace.journal.check_clock()
        except ClockSetBack:
            settings = load_settings(workspace.settings)
            under = {"program_version": __version__, "configuration_sha256": workspace.vault.put_bytes(settings.recorded())}
            entry = workspace.record(CLOCK, acting_person(settings, actor), under | {"reason": reason})
            return f"Recorded: the clock is right at {entry.at}"
    raise UsageError(f"{root}: the clock does not lie before the journal's last line; there is nothing to state")
