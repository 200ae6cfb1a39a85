"""The command that corrects what was decided: it shows the difference to what the facts give now, and records what two people agree on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from claims.adjustment_text import correction_text
from claims.adjustments import correction, decided_claim
from pipelines.desk import Desk, desk


@dataclass(frozen=True)
class Who:
    """Who acts and when, in which workspace and under which policy, as the command was given them."""

    root: Path
    actor: str | None
    day: dt.date | None
    policy_name: str | None

    def desk(self, claim_id: str):
        """The workspace, opened for this person."""
        return desk(self.root, f"claims adjust {claim_id}", self.actor, self.day, self.policy_name)


def show_difference(who: Who, claim_id: str) -> str:
    """What a claim was awarded in all, what the facts give now, and the difference. Nothing is changed."""
    with who.desk(claim_id) as at:
        claim = _claim(at, claim_id)
        return correction_text(claim, correction(at.database, at.workspace, at.calendar, claim, changed=True))


def _claim(at: Desk, claim_id: str):
    return decided_claim(at.database, at.workspace, at.runs, claim_id)
