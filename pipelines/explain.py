"""The command that explains one claim, in the terminal or as a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from claims.database import Database
from claims.errors import UsageError
from claims.explanation import Explanation, HeldClaim, explain_decided, explain_held
from claims.explanation_text import decided_text, explanation_page, held_text
from claims.files import write_atomically
from claims.record.journal import Entry
from claims.record.store import enter_policy
from pipelines.queries import policies_of, read


def explain_claim(root: Path, claim_id: str) -> str:
    """How a claim was decided, or why it is held, as text for a person."""
    decided, held = _told(root, claim_id)
    return "\n\n".join([*map(decided_text, decided), *map(held_text, held)])


def write_explanation(root: Path, claim_id: str, path: Path) -> str:
    """The same as a page. Returns where it is."""
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent}: there is no such folder")
    decided, held = _told(root, claim_id)
    write_atomically(path, explanation_page(claim_id, decided, held))
    return f"Page: {path.resolve()}"


def _told(root: Path, claim_id: str) -> tuple[list[Explanation], list[HeldClaim]]:
    """The decisions on a claim, and why it is held: one decided may wait with other content, too."""
    with read(root, f"claims explain {claim_id}") as (workspace, database, entries):
        by_run = {entry.sequence: entry for entry in entries}
        for policy in policies_of(workspace, entries):
            enter_policy(database, policy)
            decided = [explain_decided(database, workspace, entry, claim_id) for entry in _runs(database, "decided", claim_id, by_run)]
            held = [explain_held(database, workspace, entry, claim_id) for entry in _runs(database, "held", claim_id, by_run)]
            if decided or held:
                return decided, held
    raise UsageError(f"there is no claim {claim_id} in {root}")


def _runs(database: Database, relation: str, claim_id: str, by_run: dict[int, Entry]) -> Iterator[Entry]:
    """The runs that decided a claim, or that hold it."""
    rows = database.rows(f"select run from {relation} where claim_id = $claim_id order by run", {"claim_id": claim_id})
    return (by_run[run] for (run,) in rows)
