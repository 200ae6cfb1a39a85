"""The explain sheets of the claims that a report lists, short ones: what a claim's case file tells, or why it is held."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from claims.casefile import CaseFile
from claims.explanation import HeldClaim, LetterPlace, held_claims, short_explanation
from claims.explanation_text import explanation_page
from claims.file_names import recorded_name
from claims.record.store import policy_of
from claims.report.basis import Basis, some_of
from claims.report.parts import Link
from claims.trace import cases_in, told_by

FOLDER = "explain"


@dataclass(frozen=True)
class Letters:
    """The letters of a report's claims: `path_of` gives the path of one beside the report, None where there is none; `told` says of all of them what they are,
    or why there is none yet, `without` of one that is missing."""

    path_of: Callable[[str], str | None]
    told: str
    without: str
    are_drafts: bool

    def links(self, letter_id: str) -> list[Link]:
        """What leads from the report to a letter, if there is one."""
        path = self.path_of(letter_id)
        return [Link("通知书草稿" if self.are_drafts else "通知书", path)] if path else []

    def place_of(self, claim_id: str) -> LetterPlace:
        """Where the letter of a claim is, from the claim's sheet."""
        if path := self.path_of(claim_id):
            return LetterPlace(PurePosixPath(path).name, f"../{path}", self.are_drafts)
        return LetterPlace(self.without, None, self.are_drafts)


@dataclass(frozen=True)
class Sheets:
    """What the listed claims are, decided or held, by claim id."""

    decided: dict[str, CaseFile]
    held: dict[str, HeldClaim]

    def pages(self, letters: Letters) -> dict[str, bytes]:
        """The sheets by their paths beside the report."""
        found = {}
        for claim_id in sorted({*self.decided, *self.held}):
            decided = [short_explanation(self.decided[claim_id], letters.place_of(claim_id))] if claim_id in self.decided else []
            held = [self.held[claim_id]] if claim_id in self.held else []
            found[sheet_of(claim_id)] = explanation_page(claim_id, decided, held, "../report.html")
        return found


def sheet_of(claim_id: str) -> str:
    """The path of a claim's sheet beside the report."""
    return f"{FOLDER}/{recorded_name(claim_id)}.html"


def sheets_of(basis: Basis) -> Sheets:
    """What a report's lists tell of each claim on them."""
    by_run = defaultdict(list)
    for one in basis.listed:
        by_run[one.run].append(one.claim_id)
    decided = {}
    for entry in basis.used:
        if ids := by_run.get(entry.sequence):
            sources = [some_of(source, ids) for source in told_by(basis.database, basis.workspace, entry)]
            cases = cases_in(basis.database, policy_of(basis.workspace, entry), entry, *sources, entry.sequence)
            decided |= {case.claim_id: case for case in cases}
    held_ids = [claim_id for claim_id, _ in basis.oldest_held]
    held = held_claims(basis.database, basis.workspace, basis.policy, basis.latest, held_ids) if held_ids else []
    return Sheets(decided, {one.claim_id: one for one in held})
