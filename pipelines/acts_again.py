"""Acts of offices given again as they were: by the functions of their commands, at the desk of then, with what people gave.

What came as a file is read again from the vault. What was typed in (a reason, a number of a payment, a sum that came back) stands in the line or in
the act's own rows, and is given from there; everything that follows from it is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from claims.adjustments import AWARD, SET_ASIDE
from claims.database import Database
from claims.errors import RecordBroken
from claims.record.acts import files_again
from claims.record.journal import Entry
from claims.record.store import result_source
from claims.workspace import Workspace
from pipelines.adjust import Proposal, agree_at, drop_at, propose_at
from pipelines.delivery import deliver_at
from pipelines.desk import Desk, desk_again
from pipelines.months import approve_at, close_at, object_at
from pipelines.pay import confirm, import_budget, plan_at, recovered_at, returned
from pipelines.progress import Progress
from pipelines.review import review_at


def give_again(workspace: Workspace, database: Database, act: Entry, progress: Progress) -> None:
    """Give an act again, and write its documents, in a workspace whose record ends before it."""
    ACTS[act.kind](desk_again(workspace, database, act), act, progress)


def _review(at: Desk, act: Entry, progress: Progress) -> None:
    review_at(at, _file(at, act), progress)


def _close(at: Desk, act: Entry, progress: Progress) -> None:
    close_at(at, act.body["month"])


def _object(at: Desk, act: Entry, progress: Progress) -> None:
    action = act.body["action"]
    object_at(at, act.body["claim_id"], act.body["reason"], None if action == "raise" else action)


def _approve(at: Desk, act: Entry, progress: Progress) -> None:
    approve_at(at, act.body["month"], act.body["minutes"])


def _deliver(at: Desk, act: Entry, progress: Progress) -> None:
    deliver_at(at, _file(at, act))


def _budget(at: Desk, act: Entry, progress: Progress) -> None:
    import_budget(at, _file(at, act))


def _plan(at: Desk, act: Entry, progress: Progress) -> None:
    plan_at(at)


def _confirm(at: Desk, act: Entry, progress: Progress) -> None:
    if act.body["inputs"]:
        confirm(at, _file(at, act))
    else:
        returned(at, *_said(at, act, "payment_result", ("payment_id", "reason")))


def _recover(at: Desk, act: Entry, progress: Progress) -> None:
    *given, treasury, place, payee = _said(at, act, "recovered", ("claim_id", "amount_fen", "voucher", "treasury", "place", "payee"))
    recovered_at(at, *given, (treasury, place), payee)


def _adjust(at: Desk, act: Entry, progress: Progress) -> None:
    claim_id, action = act.body["claim_id"], act.body["action"]
    if action == "propose":
        propose_at(at, claim_id, _proposal(at, act))
    elif action in (ends := {"agree": agree_at, "drop": drop_at}):
        ends[action](at, claim_id)
    else:
        raise RecordBroken(f"line {act.sequence} of the journal is a step of an adjustment that this program does not know: {ascii(action)[:80]}")


def _proposal(at: Desk, act: Entry) -> Proposal:
    """What was proposed: of an award that a person set, that award; what follows from facts is left to them."""
    basis, code, reason = _said(at, act, "adjustment", ("basis", "code", "reason"))
    [award_fen] = _said(at, act, "adjusted", ("award_fen",)) if basis == AWARD else [None]
    return Proposal(reason, award_fen, code, basis == SET_ASIDE)


def _file(at: Desk, act: Entry) -> Path:
    """The file that an act took in, to be read again."""
    if len(act.body["inputs"]) != 1:
        raise RecordBroken(f"line {act.sequence} of the journal ({act.kind}) took in {len(act.body['inputs'])} files instead of one")
    return files_again(at.workspace, act) / act.body["inputs"][0]["file"]


def _said(at: Desk, act: Entry, relation: str, columns: Sequence[str]) -> tuple:
    """What a person said, in the only row of a result of an act."""
    rows = at.database.rows(at.database.render("audit/said.sql", columns=columns, source=result_source(at.workspace, act, relation)))
    if len(rows) != 1:
        raise RecordBroken(f"line {act.sequence} of the journal ({act.kind}): its result {relation} has {len(rows)} rows instead of one")
    return rows[0]


ACTS: dict[str, Callable[[Desk, Entry, Progress], None]] = {
    "review": _review, "close": _close, "object": _object, "approve": _approve, "deliver": _deliver, "budget": _budget, "plan": _plan,
    "confirm": _confirm, "recover": _recover, "adjust": _adjust,
}
"""The acts that are given again, by kind."""
