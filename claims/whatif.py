"""What a past run would have decided under a changed policy: its claims assessed again, by the statements of a run, on what it had."""

from __future__ import annotations

from dataclasses import dataclass

from claims.assessment import ProgramDefect, defects, lacking_cells, settle
from claims.policy.compiler import Cell, CompiledPolicy
from claims.policy.model import Policy
from claims.recall import Past


@dataclass(frozen=True)
class Decision:
    """What a claim gets: `award_fen`, and what each treasury bears of it, in the policy's order; reason codes sorted."""

    outcome: str
    award_fen: int
    treasuries_fen: tuple[int, ...]
    payee: str | None
    reason_codes: tuple[str, ...]


@dataclass(frozen=True)
class Reassessment:
    """The decisions by claim id; none where something that the policy must know of a claim is not known: these cells are `unknown`."""

    decisions: dict[str, Decision]
    unknown: tuple[Cell, ...] = ()


def reassessed(past: Past, policy: Policy) -> Reassessment:
    """The recalled claims under a policy. What earlier runs decided stays as it was. Raises ProgramDefect as a run does."""
    database, compiled = past.database, CompiledPolicy(policy, past.clauses())
    past.prepare(compiled)
    settle(database, compiled)
    unknown = lacking_cells(database, compiled)
    if unknown:
        return Reassessment({}, tuple(unknown))
    found = defects(database, compiled)
    if found:
        raise ProgramDefect(f"the results do not hold together: {found}")
    return Reassessment(decisions_in(past, "decision"))


def recorded(past: Past) -> dict[str, Decision]:
    """What the run decided, by claim id, as it is recorded."""
    return decisions_in(past, past.decided)


def decisions_in(past: Past, source: str) -> dict[str, Decision]:
    """The decisions of a relation, by claim id."""
    shares = ", ".join(f"{treasury}_fen" for treasury in past.policy.treasury_ids)
    rows = past.database.rows(f"select claim_id, outcome, award_fen, payee, reason_codes, {shares} from {source}")
    return {
        claim_id: Decision(outcome, award, tuple(shares), payee, tuple(filter(None, codes.split(";"))))
        for claim_id, outcome, award, payee, codes, *shares in rows
    }
