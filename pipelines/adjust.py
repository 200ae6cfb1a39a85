"""The command that corrects what was decided: it shows the difference to what the facts give now, and records what two people agree on.

A proposal records what was shown, with its trace. Agreeing assesses again and refuses where anything has changed since, so that what counts is
what both people saw.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from claims.adjustment_text import adjustment_line, correction_text, out_of_line_line
from claims.adjustments import (
    AWARD, FACTS, SET_ASIDE, Adjustment, Correction, DecidedClaim, Standing, correction, decided_claim, has_changed_since, letter_case, standing_of,
)
from claims.casefile import CaseFile
from claims.errors import UsageError
from claims.files import publish_folder
from claims.out_of_line import out_of_line
from claims.people import require_other_person
from pipelines.desk import Desk, desk


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
    """What is proposed: what the facts give, or an award in fen that a person sets, or that a changed row is set aside; and why."""

    reason: str
    award_fen: int | None = None
    set_aside: bool = False

    @property
    def basis(self) -> str:
        return SET_ASIDE if self.set_aside else FACTS if self.award_fen is None else AWARD


def show_difference(who: Who, claim_id: str) -> str:
    """What a claim was awarded in all, what the facts give now, and the difference. Nothing is changed."""
    with who.desk(claim_id) as at:
        claim = _claim(at, claim_id)
        return correction_text(claim, _correction(at, claim, FACTS, None))


def propose(who: Who, claim_id: str, proposal: Proposal) -> str:
    """Record a proposal, for another person to agree. Raises UsageError where there is nothing to adjust."""
    with who.desk(claim_id) as at:
        claim = _claim(at, claim_id)
        if claim.open:
            if _says_the_same(claim.open, proposal, at.actor):
                return adjustment_line(claim.open)
            raise UsageError(f"{claim_id}: adjustment {claim.open.number} of {claim.open.proposed.actor} is open; agree to it with --agree, or --drop it")
        if proposal.set_aside:
            return _propose_to_set_aside(at, claim, proposal)
        found = _correction(at, claim, proposal.basis, proposal.award_fen)
        _require_sound(claim, found, proposal)
        settles = claim.changed.content if claim.changed and proposal.basis == FACTS else None
        _record(at, claim, "propose", claim.number, _step_of(proposal, found, settles), {
            "adjustment_share": at.database.render(
                "adjust/changed_share.sql", claim_id=claim_id, number=claim.number, shares=found.shares),
            "adjusted": "from adjusted_now", "adjusted_step": "select * from adjusted_step_now order by ordinal, name",
        })
        return _told(at, claim_id, correction_text(claim, found, proposal.basis))


def agree(who: Who, claim_id: str) -> str:
    """Let an open proposal count. Raises UsageError for the person who made it, and where the facts have changed since."""
    with who.desk(claim_id) as at:
        claim = _claim(at, claim_id)
        if not claim.open:
            return "\n".join([_nothing_open(claim, "agreed"), *_letter_lines(at, claim)])
        one = claim.open
        require_other_person(at.settings, at.actor, one.proposed, f"proposed adjustment {one.number} of {claim_id}")
        _require_unchanged(at, claim, one)
        _record(at, claim, "agree", one.number, _step_again(one), {})
        return "\n".join([_told(at, claim_id), *_letter_lines(at, _claim(at, claim_id)), *_others_lines(at, claim)])


def list_open(who: Who) -> str:
    """Everything that waits to be adjusted: open proposals, changed rows, and decided claims that would now come out otherwise."""
    with who.desk("--list") as at:
        waiting = at.database.rows(at.database.render("adjust/waiting.sql"))
        proposed = [f"{claim_id}　{adjustment_line(_claim(at, claim_id).open)}" for claim_id, is_proposed in waiting if is_proposed]
        changed = [claim_id for claim_id, is_proposed in waiting if not is_proposed]
        differing = [*map(out_of_line_line, out_of_line(at.database, at.workspace, at.calendar, at.runs))]
    parts = (("待另一人同意的更正", proposed), ("决定后内容有变、待处理的申报", changed), ("按现有事实和其他申报的现核定，结果会不同的已决定申报", differing))
    return "\n".join(line for title, lines in parts for line in (f"{title}：{len(lines)}件", *(f"  {line}" for line in lines)))


def drop(who: Who, claim_id: str) -> str:
    """Withdraw an open proposal; it stays on record."""
    with who.desk(claim_id) as at:
        claim = _claim(at, claim_id)
        if not claim.open:
            return _nothing_open(claim, "dropped")
        _record(at, claim, "drop", claim.open.number, _step_again(claim.open), {})
        return _told(at, claim_id)


# ---------------------------------------------------------------- what may be proposed, and agreed


def _claim(at: Desk, claim_id: str) -> DecidedClaim:
    return decided_claim(at.database, at.workspace, at.runs, claim_id)


def _correction(at: Desk, claim: DecidedClaim, basis: str, award_fen: int | None) -> Correction:
    """An award that a person sets leaves a changed row waiting."""
    return correction(at.database, at.workspace, at.calendar, claim, changed=basis == FACTS, award_fen=award_fen)


def _says_the_same(one: Adjustment, proposal: Proposal, actor: str) -> bool:
    return (one.basis, one.reason, one.proposed.actor) == (proposal.basis, proposal.reason, actor)


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
    step = _step(proposal.basis, claim.changed.content, proposal.reason, 0, 0, standing_of(at.database, claim.claim_id))
    _record(at, claim, "propose", claim.number, step, {})
    return _told(at, claim.claim_id)


def _require_unchanged(at: Desk, claim: DecidedClaim, one: Adjustment) -> None:
    """What two people agree on is what both saw: the same row waits, and the facts give the same."""
    waits = claim.changed and claim.changed.content
    same = waits == one.settles if one.basis != AWARD else True
    if same and one.basis != SET_ASIDE:
        found = _correction(at, claim, one.basis, _award_set(at, claim, one))
        same = not found.held and not has_changed_since(at.database, claim, one.number)
    if not same:
        raise UsageError(
            f"{claim.claim_id}: the facts have changed since adjustment {one.number} was proposed on {one.proposed.body['on']}; "
            "see what they give now, --drop it, and propose it anew"
        )


def _award_set(at: Desk, claim: DecidedClaim, one: Adjustment) -> int | None:
    if one.basis == FACTS:
        return None
    [(award_fen,)] = at.database.rows(
        "select award_fen from adjusted where claim_id = $claim_id and number = $number", {"claim_id": claim.claim_id, "number": one.number})
    return award_fen


def _nothing_open(claim: DecidedClaim, done: str) -> str:
    """Given again for what was done, the command tells so. Raises UsageError where nothing was."""
    latest = claim.adjustments[-1] if claim.adjustments else None
    if latest and latest.state == done:
        return adjustment_line(latest)
    raise UsageError(f"{claim.claim_id}: no adjustment is open; propose one with --reason")


# ---------------------------------------------------------------- the record


def _step_of(proposal: Proposal, found: Correction, settles: str | None) -> dict:
    """What a proposal records. Who was paid before pays back where nobody is paid now."""
    computed_fen = found.after.computed_fen - found.before.computed_fen
    after = replace(found.would_stand, payee=found.would_stand.payee or found.stands.payee)
    return _step(proposal.basis, settles, proposal.reason, found.award_fen, computed_fen, after)


def _step(basis: str, settles: str | None, reason: str, award_fen: int, computed_fen: int, after: Standing) -> dict:
    """What a step of an adjustment says of it."""
    return {
        "basis": basis, "settles": settles, "reason": reason, "award_fen": award_fen, "computed_fen": computed_fen, "outcome": after.outcome,
        "reason_codes": after.reason_codes, "payee": after.payee,
    }


def _step_again(one: Adjustment) -> dict:
    return {name: getattr(one, name) for name in
            ("basis", "settles", "reason", "award_fen", "computed_fen", "outcome", "reason_codes", "payee")}


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
        yield from (f"  {out_of_line_line(one)}" for one in found)


# ---------------------------------------------------------------- documents


def _letter_lines(at: Desk, claim: DecidedClaim) -> Iterator[str]:
    """Draft the letter of the adjustment that was agreed last, and say where it is; there is none where no money moves."""
    one = claim.agreed[-1]
    if not at.database.rows("select 1 from adjustment_share where claim_id = $claim_id and number = $number limit 1",
                            {"claim_id": claim.claim_id, "number": one.number}):
        return
    # imported here: typst and the fonts are wanted only where letters are drafted
    from claims.letters import render_letters

    final = at.workspace.adjustments / at.policy.id / f"{claim.claim_id}-{one.number}"
    scratch = at.workspace.fresh_scratch("adjustment-letter")
    result = render_letters([letter_case(at.database, at.workspace, at.settings, claim, one.number)], scratch, processes=1)
    shutil.rmtree(final, ignore_errors=True)
    publish_folder(scratch, final)
    yield from (f"通知书（草稿）未能生成：{letter.reason_zh}" for letter in result.held)
    if not result.held:
        yield f"通知书（草稿）：{(final / f'{claim.claim_id}+{one.number}.pdf').resolve()}"


def _told(at: Desk, claim_id: str, shown: str = "") -> str:
    """What was shown, and the adjustment as it is on record now."""
    return "\n".join(filter(None, [shown, adjustment_line(_claim(at, claim_id).adjustments[-1])]))
