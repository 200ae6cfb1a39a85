"""A record retold: events of a workspace made again in another place, each on the record as it stood before it, and nothing of the workspace changed.

What an event began with is read from the workspace's own vault; what it brings about is kept apart. A retold event has time and account of the
recorded one, since documents may name them, and everything else by its own computing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from claims.record.journal import Entry, Journal
from claims.record.vault import Vault
from claims.workspace import Workspace


class Retold(Workspace):
    """A workspace that retells another one in a folder: outputs stand where a workspace has them, the rest in `aside`, to be deleted at the end.

    `borrowed` are the files of the other one's vault, by SHA-256, that were needed so far.
    """

    def __init__(self, recorded: Workspace, folder: Path):
        super().__init__(folder)
        self.aside = folder / "work"
        beside = Workspace(self.aside)
        self.database, self.work, self.open_run = beside.database, beside.work, beside.open_run
        self.recorded = recorded
        self.borrowed: set[str] = set()
        self.vault = _BorrowingVault(beside.vault.root, recorded.vault, self.borrowed)
        self.journal = _RetoldJournal(recorded.journal)
        self._stood_before = 0

    @property
    def reached(self) -> tuple[Path, ...]:
        return *super().reached, self.recorded.vault.root

    def stand_before(self, sequence: int) -> None:
        """Let the record end before an event; what was retold so far is no part of it, where it came out otherwise."""
        if sequence < self._stood_before:
            self.remove_store()
        self._stood_before = sequence
        self.journal.stand_before(sequence)

    def stand_at_the_end(self) -> None:
        """Let the record be the whole one."""
        self.stand_before(len(self.journal.recorded) + 1)


class _BorrowingVault(Vault):
    """A vault that keeps by itself what is put in, and finds in another one what it has not."""

    def __init__(self, root: Path, lender: Vault, borrowed: set[str]):
        super().__init__(root)
        self.lender, self.borrowed = lender, borrowed

    def path(self, sha256: str) -> Path:
        if self._place(sha256).is_file():
            return super().path(sha256)
        self.borrowed.add(sha256)
        return self.lender.path(sha256)


class _RetoldJournal(Journal):
    """The first events of a recorded journal, and what is retold after them; nothing of it is on the disk."""

    def __init__(self, journal: Journal):
        super().__init__(journal.path)
        self.recorded = journal.entries()
        self.told: list[Entry] = []

    def stand_before(self, sequence: int) -> None:
        self.told = self.recorded[: sequence - 1]

    def entries(self) -> list[Entry]:
        return list(self.told)

    def check_clock(self) -> None:
        """What is retold has its own time."""

    def append(self, kind: str, actor: str, body: dict[str, Any]) -> Entry:
        recorded = self.recorded[min(len(self.told), len(self.recorded) - 1)]
        self.told.append(Entry(len(self.told) + 1, kind, recorded.at, actor, recorded.os_account, body, recorded.previous))
        return self.told[-1]
