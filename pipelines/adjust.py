"""The command that corrects what was decided: it shows the difference to what the facts give now, and records what two people agree on.

A proposal records what was shown, with its trace. Agreeing assesses again and refuses where anything has changed since, so that what counts is
what both people saw.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from claims.adjustment_text import adjustment_line, correction_text, out_of_line_line
from claims.adjustments import (
    AWARD, FACTS, SET_ASIDE, WITHDRAWAL, Adjustment, Correction, DecidedClaim, Standing, Withdrawal, correction, decided_claim, has_changed_since,
    letter_case, standing_of, standing_waivers, withdrawal_sql,
)
from claims.casefile import CaseFile
from claims.errors import UsageError
from claims.out_of_line import OutOfLine, out_of_line
from claims.people import require_other_person
from claims.record.circumstances import settings_of
from claims.workspace import Workspace
from pipelines.desk import Desk, desk
from pipelines.letters import draw_letters, record_letters
from pipelines.progress import Progress


@dataclass(frozen=True)
class Who:
    """Who acts and when, in which workspace and under which policy, as the command was given them."""

    root: Path
    actor: str | None
    day: dt.date | None
    policy_name: str | None

    def desk(self, claim_id: str) -> AbstractContextManager[Desk]:
        """The workspace, opened for this person."""
        return desk(self.root, f"claims adjust {claim_id}", self.actor, self.day, self.policy_name)


@dataclass(frozen=True)
class Proposal:
    """What is proposed: what the facts give, or an award in fen that a person sets, or that the waiver of a code is withdrawn, or that a changed
    row is set aside; and why."""

    reason: str
    award_fen: int | None = None
    withdrawn: str | None = None
    set_aside: bool = False

    @property
    def basis(self) -> str:
        return SET_ASIDE if self.set_aside else WITHDRAWAL if self.withdrawn else FACTS if self.award_fen is None else AWARD


def show_difference(who: Who, claim_id: str) -> str:
    """What a claim was awarded in all, what the facts give now, and the difference. Nothing is changed."""
    with who.desk(claim_id) as at:
        claim = _claim(at, claim_id)
        return correction_text(claim, _correction(at, claim, FACTS))


def propose(who: Who, claim_id: str, proposal: Proposal) -> str:
    """Record a proposal, for another person to agree. Raises UsageError where there is nothing to adjust."""
    with who.desk(claim_id) as at:
        return propose_at(at, claim_id, proposal)


def propose_at(at: Desk, claim_id: str, proposal: Proposal) -> str:
    """The same at a desk."""
    claim = _claim(at, claim_id)
    if claim.open:
        if _says_the_same(at, claim, proposal):
            return _line(at, claim.open)
        raise UsageError(f"{claim_id}: adjustment {claim.open.number} of {claim.open.proposed.actor} is open; agree to it with --agree, or --drop it")
    if proposal.set_aside:
        return _propose_to_set_aside(at, claim, proposal)
    withdrawal = _withdrawal(at, claim, proposal.withdrawn, proposal.reason, at.actor, at.day) if proposal.withdrawn else None
    found = _correction(at, claim, proposal.basis, proposal.award_fen, withdrawal)
    _require_sound(claim, found, proposal)
    settles = claim.changed.content if claim.changed and proposal.basis == FACTS else None
    _record(at, claim, "propose", claim.number, _step_of(proposal, found, settles), {
        "adjustment_share": at.database.render(
            "adjust/changed_share.sql", claim_id=claim_id, number=claim.number, shares=found.shares),
        "adjusted": "from adjusted_now", "adjusted_step": "select * from adjusted_step_now order by ordinal, name",
    })
    return _told(at, claim_id, correction_text(claim, found, proposal.basis))


def agree(who: Who, claim_id: str) -> str:
    """Let an open proposal count, and tell which other claims would now come out otherwise. Raises UsageError for the person who made it, and where the
    facts have changed since."""
    with who.desk(claim_id) as at:
        claim = _claim(at, claim_id)
        told = agree_at(at, claim_id)
        return "\n".join([told, *(_others_lines(at, claim) if claim.open else ())])


def agree_at(at: Desk, claim_id: str) -> str:
    """The same at a desk, of this claim alone."""
    claim = _claim(at, claim_id)
    if not claim.open:
        return "\n".join([_nothing_open(at, claim, "agreed"), *see_to_draft(at, claim_id)])
    one = claim.open
    require_other_person(at.settings, at.actor, at.account, one.proposed, f"proposed adjustment {one.number} of {claim_id}")
    if at.day < dt.date.fromisoformat(one.proposed.body["on"]):
        raise UsageError(f"--on {at.day}: adjustment {one.number} of {claim_id} was proposed on {one.proposed.body['on']}; it is agreed to on that day or later")
    _require_unchanged(at, claim, one)
    withdrawal = _withdrawal_of(at, claim, one)
    _record(at, claim, "agree", one.number, _step_again(one), {"ruling": withdrawal_sql(at.database, claim, withdrawal)} if withdrawal else {})
    return "\n".join([_told(at, claim_id), *see_to_draft(at, claim_id)])


def list_open(who: Who) -> str:
    """Everything that waits to be adjusted: open proposals, changed rows, and decided claims that would now come out otherwise."""
    with who.desk("--list") as at:
        waiting = at.database.rows(at.database.render("adjust/waiting.sql"))
        proposed = [f"{claim_id}　{_line(at, _claim(at, claim_id).open)}" for claim_id, is_proposed in waiting if is_proposed]
        changed = [claim_id for claim_id, is_proposed in waiting if not is_proposed]
        differing = [_differing_line(at, one) for one in out_of_line(at.database, at.workspace, at.calendar, at.runs)]
    parts = (("待另一人同意的更正", proposed), ("决定后内容有变、待处理的申报", changed), ("按现有事实和其他申报的现核定，结果会不同的已决定申报", differing))
    return "\n".join(line for title, lines in parts for line in (f"{title}：{len(lines)}件", *(f"  {line}" for line in lines)))


def drop(who: Who, claim_id: str) -> str:
    """Withdraw an open proposal; it stays on record."""
    with who.desk(claim_id) as at:
        return drop_at(at, claim_id)


def drop_at(at: Desk, claim_id: str) -> str:
    """The same at a desk."""
    claim = _claim(at, claim_id)
    if not claim.open:
        return _nothing_open(at, claim, "dropped")
    _record(at, claim, "drop", claim.open.number, _step_again(claim.open), {})
    return _told(at, claim_id)


# ---------------------------------------------------------------- what may be proposed, and agreed


def _claim(at: Desk, claim_id: str) -> DecidedClaim:
    return decided_claim(at.database, at.workspace, at.runs, claim_id)


def _correction(at: Desk, claim: DecidedClaim, basis: str, award_fen: int | None = None, withdrawal: Withdrawal | None = None) -> Correction:
    """Only what rests on the facts takes a changed row in; anything else leaves it waiting."""
    return correction(at.database, at.workspace, at.calendar, claim, basis == FACTS, award_fen, withdrawal)


def _withdrawal(at: Desk, claim: DecidedClaim, code: str, reason: str, person: str, day: dt.date) -> Withdrawal:
    """The ruling that withdraws the waiver of a code. Raises UsageError where none stands."""
    waived = standing_waivers(at.database, claim.claim_id)
    if code not in waived:
        raise UsageError(f"{claim.claim_id}: no waiver of {code} stands that could be withdrawn; waived are: {', '.join(waived) or 'none'}")
    return Withdrawal(code, waived[code], reason, person, day)


def _withdrawal_of(at: Desk, claim: DecidedClaim, one: Adjustment) -> Withdrawal | None:
    """The withdrawal that an adjustment proposes: it is the ruling of who proposed it, on that day."""
    if not one.code:
        return None
    return _withdrawal(at, claim, one.code, one.reason, one.proposed.actor, dt.date.fromisoformat(one.proposed.body["on"]))


def _says_the_same(at: Desk, claim: DecidedClaim, proposal: Proposal) -> bool:
    one = claim.open
    proposed = (one.basis, one.reason, one.code, one.proposed.actor, _award_set(at, claim, one))
    return proposed == (proposal.basis, proposal.reason, proposal.withdrawn, at.actor, proposal.award_fen)


def _require_sound(claim: DecidedClaim, found: Correction, proposal: Proposal) -> None:
    """Whether there is a difference, and one that is of amounts alone."""
    name = claim.claim_id
    if found.held:
        raise UsageError(f"{name} would be held by the facts as they are now ({', '.join(found.held)}): mend them, or set the award with --award")
    before, after, stands, would_stand = found.before, found.after, found.stands, found.would_stand
    if before.award_fen and (stands.claimant != would_stand.claimant or (would_stand.payee and stands.payee != would_stand.payee)):
        raise UsageError(
            f"{name}: what was awarded is another's by the facts as they are now ({_who(before)}, now {_who(after)}): "
            "recover it first, with --award 0, and then adjust again"
        )
    if not found.moves_money and not (claim.changed and proposal.basis == FACTS):
        raise UsageError(f"{name}: there is nothing to adjust, every share stays as it is")


def _who(case: CaseFile) -> str:
    return f"{case.claimant_id}, paid to {case.payee.id}" if case.payee else case.claimant_id


def _propose_to_set_aside(at: Desk, claim: DecidedClaim, proposal: Proposal) -> str:
    if not claim.changed:
        raise UsageError(f"{claim.claim_id}: no changed row waits that could be set aside")
    step = _step(proposal, claim.changed.content, 0, 0, standing_of(at.database, claim.claim_id))
    _record(at, claim, "propose", claim.number, step, {})
    return _told(at, claim.claim_id)


def _require_unchanged(at: Desk, claim: DecidedClaim, one: Adjustment) -> None:
    """What two people agree on is what both saw: the same row waits, and the facts give the same."""
    waits = claim.changed and claim.changed.content
    same = waits == one.settles if one.basis in (FACTS, SET_ASIDE) else True
    if same and one.basis != SET_ASIDE:
        found = _correction(at, claim, one.basis, _award_set(at, claim, one), _withdrawal_of(at, claim, one))
        same = not found.held and not has_changed_since(at.database, claim, one.number)
    if not same:
        raise UsageError(
            f"{claim.claim_id}: the facts have changed since adjustment {one.number} was proposed on {one.proposed.body['on']}; "
            "see what they give now, --drop it, and propose it anew"
        )


def _award_set(at: Desk, claim: DecidedClaim, one: Adjustment) -> int | None:
    """What a person set; None where the award follows from something else."""
    if one.basis != AWARD:
        return None
    [(award_fen,)] = at.database.rows(
        "select award_fen from adjusted where claim_id = $claim_id and number = $number", {"claim_id": claim.claim_id, "number": one.number})
    return award_fen


def _nothing_open(at: Desk, claim: DecidedClaim, done: str) -> str:
    """Given again for what was done, the command tells so. Raises UsageError where nothing was."""
    latest = claim.adjustments[-1] if claim.adjustments else None
    if latest and latest.state == done:
        return _line(at, latest)
    raise UsageError(f"{claim.claim_id}: no adjustment is open; propose one with --reason")


# ---------------------------------------------------------------- the record


def _step_of(proposal: Proposal, found: Correction, settles: str | None) -> dict:
    """What a proposal records. Who was paid before pays back where nobody is paid now."""
    computed_fen = found.after.computed_fen - found.before.computed_fen
    after = replace(found.would_stand, payee=found.would_stand.payee or found.stands.payee)
    return _step(proposal, settles, found.award_fen, computed_fen, after)


def _step(proposal: Proposal, settles: str | None, award_fen: int, computed_fen: int, after: Standing) -> dict:
    """What a step of an adjustment says of it."""
    return {
        "basis": proposal.basis, "code": proposal.withdrawn, "settles": settles, "reason": proposal.reason, "award_fen": award_fen,
        "computed_fen": computed_fen, "outcome": after.outcome, "reason_codes": after.reason_codes, "payee": after.payee,
    }


def _step_again(one: Adjustment) -> dict:
    return {name: getattr(one, name) for name in
            ("basis", "code", "settles", "reason", "award_fen", "computed_fen", "outcome", "reason_codes", "payee")}


def _record(at: Desk, claim: DecidedClaim, action: str, number: int, step: dict, relations: dict[str, str]) -> None:
    adjustment = at.database.render(
        "adjust/adjustment.sql", claim_id=claim.claim_id, number=number, action=action, person=at.actor, day=at.day, **step)
    at.record("adjust", {"claim_id": claim.claim_id, "number": number, "action": action}, {"adjustment": adjustment, **relations})


def _others_lines(at: Desk, claim: DecidedClaim) -> Iterator[str]:
    """The claims settled at the same time or later that would now come out otherwise: a person adjusts them, too."""
    later = [entry for entry in at.runs if entry.sequence >= claim.entry.sequence]
    claimant = standing_of(at.database, claim.claim_id).claimant if claim.policy.counts_per_claimant else None
    found = [one for one in out_of_line(at.database, at.workspace, at.calendar, later, claimant) if one.claim_id != claim.claim_id]
    if found:
        yield "下列已决定的申报现在结果会不同，请逐一核对并更正（claims adjust 编号）："
        yield from (f"  {_differing_line(at, one)}" for one in found)


# ---------------------------------------------------------------- documents


def see_to_draft(at: Desk, claim_id: str) -> Iterator[str]:
    """Draft the letter of the adjustment of a claim that was agreed last, and say where it is; there is none where no money moves."""
    claim = _claim(at, claim_id)
    one = claim.agreed[-1]
    if not at.database.rows("select 1 from adjustment_share where claim_id = $claim_id and number = $number limit 1",
                            {"claim_id": claim.claim_id, "number": one.number}):
        return
    final = draft_folder(at.workspace, at.policy.id, claim_id, one.number)
    settings = settings_of(at.workspace, one.acted)
    result = draw_letters(at.workspace, one.acted, final, lambda: [letter_case(at.database, at.workspace, settings, claim, one.number)], Progress())
    record_letters(at.workspace, one.acted, at.actor, final)
    yield from (f"通知书（草稿）未能生成：{letter.reason_zh}" for letter in result.held)
    if not result.held:
        yield f"通知书（草稿）：{(final / f'{claim.claim_id}+{one.number}.pdf').resolve()}"


def draft_folder(workspace: Workspace, policy_id: str, claim_id: str, number: int) -> Path:
    """Where the draft of the letter of an adjustment lies."""
    return workspace.adjustments / policy_id / f"{claim_id}-{number}"


def _told(at: Desk, claim_id: str, shown: str = "") -> str:
    """What was shown, and the adjustment as it is on record now."""
    return "\n".join(filter(None, [shown, _line(at, _claim(at, claim_id).adjustments[-1])]))


def _line(at: Desk, one: Adjustment) -> str:
    return adjustment_line(one, at.policy.head.currency.word)


def _differing_line(at: Desk, one: OutOfLine) -> str:
    return out_of_line_line(one, at.policy.head.currency.word)
