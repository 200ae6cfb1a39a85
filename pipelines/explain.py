"""The command that explains one claim, in the terminal or as a page."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from claims.database import Database
from claims.errors import UsageError
from claims.explanation import Explanation, HeldClaim, LetterPlace, explain_decided, explain_held
from claims.explanation_text import decided_text, explanation_page, held_text
from claims.files import write_atomically
from claims.finding import claims_meant, found_text
from claims.policy.model import Policy
from claims.record.journal import Entry
from claims.record.store import enter_policy
from claims.workspace import Workspace
from pipelines.queries import policies_of, read


def explain_claim(root: Path, asked: str) -> str:
    """How a claim was decided, or why it is held, as text for a person; of several that a name or a document number means, which they are."""
    told = _told(root, asked)
    return told if isinstance(told, str) else "\n\n".join([*map(decided_text, told[0]), *map(held_text, told[1])])


def write_explanation(root: Path, asked: str, path: Path) -> str:
    """The same as a page. Returns where it is."""
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent}: there is no such folder")
    told = _told(root, asked)
    if isinstance(told, str):
        return told
    decided, held = told
    decided = [replace(one, letter=_seen_from(path, root, one.letter)) for one in decided]
    write_atomically(path, explanation_page((decided[0].case if decided else held[0]).claim_id, decided, held))
    return f"Page: {path.resolve()}"


def _seen_from(page: Path, root: Path, letter: LetterPlace) -> LetterPlace:
    """A letter as a page may tell of it that goes to others: by its place in the workspace, with a link only from within."""
    if letter == LetterPlace():
        return letter
    workspace, drawn = root.resolve(), Path(letter.told)
    is_within = page.resolve().is_relative_to(workspace)
    return replace(letter, told=f"工作区{drawn.relative_to(workspace).as_posix()}", href=os.path.relpath(drawn, page.resolve().parent) if is_within else None)


def _told(root: Path, asked: str) -> tuple[list[Explanation], list[HeldClaim]] | str:
    """The decisions on a claim, and why it is held: one decided may wait with other content, too. Raises UsageError."""
    with read(root, f"claims explain {asked}") as (workspace, database, entries):
        policies = policies_of(workspace, entries)
        if told := _of_claim(workspace, database, entries, policies, asked):
            return told
        found = claims_meant(database, policies, asked)
        if len(found) > 1:
            return found_text(found, asked)
        if found:
            return _of_claim(workspace, database, entries, policies, found[0].claim_id)
    raise UsageError(f"there is no claim {asked} in {root}, no letter has that number, and no institution that name")


def _of_claim(
    workspace: Workspace, database: Database, entries: list[Entry], policies: Sequence[Policy], claim_id: str,
) -> tuple[list[Explanation], list[HeldClaim]] | None:
    by_run = {entry.sequence: entry for entry in entries}
    for policy in policies:
        enter_policy(database, policy)
        decided = [explain_decided(database, workspace, entry, claim_id) for entry in _runs(database, "decided", claim_id, by_run)]
        held = [explain_held(database, workspace, entry, claim_id) for entry in _runs(database, "held", claim_id, by_run)]
        if decided or held:
            return decided, held
    return None


def _runs(database: Database, relation: str, claim_id: str, by_run: dict[int, Entry]) -> Iterator[Entry]:
    """The runs that decided a claim, or that hold it."""
    rows = database.rows(f"select run from {relation} where claim_id = $claim_id order by run", {"claim_id": claim_id})
    return (by_run[run] for (run,) in rows)
