"""Adjustments: what a decided claim was awarded in all so far, what the facts give now, and the difference.

A claim is assessed again by the statements of a run, alone: its content and the reference rows as they are now, the policy that decided it, and
before it what stands of the claims that were settled before it. What later claims were awarded is not taken from it; where they would now come
out otherwise they have adjustments of their own. Nothing decided is changed: `decided_net` (sql/schema/policy.sql) is the decision with what the
agreed adjustments made of it, and it is what later runs count and compare.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from claims.assessment import ProgramDefect, decide, defects, join_facts, look_up_references, settle, settle_all, trace_sql
from claims.casefile import AdjustedFrom, CaseFile, ChangedShare, Issue, SetOff
from claims.changes import changed_facts
from claims.database import Database, sql_literal
from claims.errors import UsageError
from claims.intake import typed_relation_sql
from claims.policy.compiler import CompiledPolicy
from claims.policy.model import Policy
from claims.record.acts import as_if_recorded
from claims.record.journal import Entry
from claims.record.results import result_sql
from claims.record.store import policy_of, result_source
from claims.settings import Settings
from claims.trace import cases_in, told_by
from claims.validation import validate
from claims.workdays import Calendar, load_calendar
from claims.workspace import Workspace

FACTS, AWARD, WITHDRAWAL, SET_ASIDE = "facts", "award", "withdrawal", "set-aside"
"""What an adjustment rests on: the facts as they are now, an award that a person sets, the waiver of a code that is withdrawn, or the decision that
stays in spite of a changed row."""


@dataclass(frozen=True)
class Adjustment:
    """One adjustment as it was proposed; amounts are differences, in fen. `code` is that whose waiver is withdrawn, None where none is. `state` is
    proposed, agreed or dropped, `acted` by whom and when."""

    number: int
    basis: str
    code: str | None
    settles: str | None
    reason: str
    award_fen: int
    computed_fen: int
    outcome: str
    reason_codes: str
    payee: str | None
    proposed: Entry
    state: str
    acted: Entry


@dataclass(frozen=True)
class ChangedRow:
    """A changed row of a decided claim that waits: its content, and the run that holds it."""

    content: str
    entry: Entry


@dataclass(frozen=True)
class DecidedClaim:
    """A decided claim: the run that decided it, its policy, its adjustments, and the changed row that waits, if any."""

    claim_id: str
    entry: Entry
    policy: Policy
    adjustments: tuple[Adjustment, ...]
    changed: ChangedRow | None

    @property
    def open(self) -> Adjustment | None:
        """The adjustment that waits for another person; a claim has one at most."""
        return next((one for one in self.adjustments if one.state == "proposed"), None)

    @property
    def agreed(self) -> tuple[Adjustment, ...]:
        return tuple(one for one in self.adjustments if one.state == "agreed")

    @property
    def number(self) -> int:
        """The number of the adjustment in question: the open one, or the next."""
        return self.open.number if self.open else len(self.adjustments) + 1

    def stands_by(self, before: int | None = None) -> int | None:
        """The number of the adjustment by which the claim stands, or stood before one; None where it stands as it was decided."""
        changing = [one.number for one in self.agreed if one.basis != SET_ASIDE and (before is None or one.number < before)]
        return max(changing, default=None)


@dataclass(frozen=True)
class Withdrawal:
    """A waiver that is withdrawn: of which code, on what the claim says as it stands, why, by whom and when."""

    code: str
    content: str
    reason: str
    person: str
    day: dt.date


@dataclass(frozen=True)
class Standing:
    """What a claim is by its row. Claimant and payee have their whole numbers here, which case files mask where they are a person's."""

    claimant: str | None
    payee: str | None
    outcome: str
    reason_codes: str


@dataclass(frozen=True)
class Correction:
    """A claim as it stands and as it would be. `held` are the codes for which it would wait for a person now: then there is no `after`.

    `stands` and `would_stand` are the rows of both.
    """

    before: CaseFile
    stands: Standing
    after: CaseFile | None = None
    would_stand: Standing | None = None
    held: tuple[str, ...] = ()
    shares: tuple[ChangedShare, ...] = ()

    @property
    def award_fen(self) -> int:
        """The difference in fen."""
        return self.after.award_fen - self.before.award_fen

    @property
    def moves_money(self) -> bool:
        return any(share.difference_fen for share in self.shares)


def decided_claim(database: Database, workspace: Workspace, runs: Sequence[Entry], claim_id: str) -> DecidedClaim:
    """A claim of the policy that was entered, which `runs` decided. Raises UsageError where it is not decided."""
    by_sequence = {entry.sequence: entry for entry in workspace.journal.entries()}
    rows = database.rows("select run from decided where claim_id = $claim_id", {"claim_id": claim_id})
    waiting = database.rows("select content, run, changed from held where claim_id = $claim_id", {"claim_id": claim_id})
    if not rows:
        raise UsageError(f"{claim_id} is not decided: " + ("it waits for a person, and is settled by a run" if waiting else "there is no such claim"))
    entry = next(entry for entry in runs if entry.sequence == rows[0][0])
    changed = next((ChangedRow(content, by_sequence[run]) for content, run, is_changed in waiting if is_changed), None)
    return DecidedClaim(claim_id, entry, policy_of(workspace, entry), tuple(_adjustments(database, by_sequence, claim_id)), changed)


def _adjustments(database: Database, by_sequence: dict[int, Entry], claim_id: str) -> Iterator[Adjustment]:
    states = {"propose": "proposed", "agree": "agreed", "drop": "dropped"}
    rows = database.rows(database.render("adjust/adjustment_state.sql"), {"claim_id": claim_id})
    for *values, proposed, action, acted in rows:
        yield Adjustment(*values, by_sequence[proposed], states[action], by_sequence[acted])


# ---------------------------------------------------------------- assessed again


def correction(
    database: Database, workspace: Workspace, calendar: Calendar, claim: DecidedClaim, changed: bool, award_fen: int | None = None,
    withdrawal: Withdrawal | None = None,
) -> Correction:
    """The claim assessed again, with its changed row where one waits and `changed` says so, and with an award that a person sets, or without a
    waiver that is withdrawn, where one is given.

    `adjusted_now` and `adjusted_step_now` hold what it would be (grain: one row; one row per step), and nothing where it would be held.
    Raises UsageError where an award cannot be split.
    """
    with as_if_recorded(database, claim.policy.id, {"ruling": withdrawal_sql(database, claim, withdrawal)} if withdrawal else {}):
        held = _assess(database, workspace, calendar, claim, changed, award_fen)
    before, stands = case_before(database, workspace, claim, claim.number), standing_of(database, claim.claim_id)
    if held:
        return Correction(before, stands, held=held)
    [after] = cases_in(
        database, claim.policy, claim.entry, "adjusted_now", "adjusted_step_now", "standing_ruling", workspace.journal.next_sequence(), claim.claim_id)
    shares = shares_between(database, workspace, claim, claim.number, "adjusted_now")
    return Correction(before, stands, after, standing_of(database, claim.claim_id, "adjusted_now"), shares=shares)


def standing_waivers(database: Database, claim_id: str) -> dict[str, str]:
    """The codes of a decided claim that are waived, each with the content that its waiver is bound to: what the claim says as it stands."""
    return dict(database.rows(database.render("adjust/waived.sql"), {"claim_id": claim_id}))


def withdrawal_sql(database: Database, claim: DecidedClaim, withdrawal: Withdrawal) -> str:
    """The ruling that a withdrawal is, as a row of the relation `ruling`."""
    return database.render("adjust/withdrawal.sql", claim_id=claim.claim_id, code=withdrawal.code, content=withdrawal.content,
                           reason=withdrawal.reason, person=withdrawal.person, day=withdrawal.day)


def standing_of(database: Database, claim_id: str, relation: str = "decided_net") -> Standing:
    """What a claim is by its row in a relation, by default as it stands."""
    rows = database.rows(f"select claimant, payee, outcome, reason_codes from {relation} where claim_id = $claim_id", {"claim_id": claim_id})
    return Standing(*rows[0])


def case_before(database: Database, workspace: Workspace, claim: DecidedClaim, number: int) -> CaseFile:
    """The claim as it stood before an adjustment."""
    earlier = claim.stands_by(before=number)
    return case_decided(database, workspace, claim) if earlier is None else case_adjusted(database, claim, earlier)


def case_decided(database: Database, workspace: Workspace, claim: DecidedClaim) -> CaseFile:
    """The claim as its run decided it."""
    [case] = cases_in(database, claim.policy, claim.entry, *told_by(database, workspace, claim.entry), claim.entry.sequence, claim.claim_id)
    return case


def case_adjusted(database: Database, claim: DecidedClaim, number: int, particulars_of: int | None = None) -> CaseFile:
    """The claim as an adjustment makes it. Names and accounts are those that stood when it was proposed, or at a sequence that is given."""
    proposed = next(one.proposed for one in claim.adjustments if one.number == number)
    sources = (f"(select * from {relation} where number = {number})" for relation in ("adjusted", "adjusted_step"))
    rulings = database.render("adjust/standing_ruling.sql", claim_id=claim.claim_id, number=number)
    [case] = cases_in(database, claim.policy, claim.entry, *sources, f"({rulings})", particulars_of or proposed.sequence, claim.claim_id)
    return case


def shares_between(database: Database, workspace: Workspace, claim: DecidedClaim, number: int, after: str) -> tuple[ChangedShare, ...]:
    """What each treasury bears before an adjustment, and after it by a relation that holds the claim alone."""
    earlier = claim.stands_by(before=number)
    source, which = ("decided", "true") if earlier is None else ("adjusted", f"number = {earlier}")
    before = f"(select * from {source} where claim_id = $claim_id and {which})"
    query = database.render("adjust/share.sql", treasuries=claim.policy.treasury_ids, before=before, after=after)
    rows = database.rows(query, {"claim_id": claim.claim_id})
    return tuple(ChangedShare(treasury, place, claim.policy.treasury_title(treasury, place), *fen) for treasury, place, *fen in rows)


def letter_case(
    database: Database, workspace: Workspace, settings: Settings, claim: DecidedClaim, number: int, issue: Issue | None = None,
    particulars_of: int | None = None,
) -> CaseFile:
    """The case file of the letter that tells an agreed adjustment which moves money: a draft of the day on which it was agreed, or as it is issued.

    Names and accounts are those that stood when it was proposed, or at a sequence that is given.
    """
    one = next(adjustment for adjustment in claim.adjustments if adjustment.number == number)
    before, after = case_before(database, workspace, claim, number), case_adjusted(database, claim, number, particulars_of)
    shares = shares_between(database, workspace, claim, number, f"(select * from adjusted where claim_id = $claim_id and number = {number})")
    adjusted_from = AdjustedFrom(
        number, one.reason, one.basis == AWARD, before.award_fen, one.award_fen, changed_facts(before, after), shares,
        _latest_letter(database, claim, number), settings.recovery.days, settings.recovery.pay_to, _set_off(database, claim, number) if issue else (),
    )
    agreed_on = dt.date.fromisoformat(one.acted.body["on"])
    return replace(after, decided_on=agreed_on, adjustment=adjusted_from, issue=issue)


def _set_off(database: Database, claim: DecidedClaim, number: int) -> tuple[SetOff, ...]:
    """What the approval of an adjustment set off against what was to be paid back of the claim."""
    rows = database.rows(database.render("adjust/set_off.sql", claim_id=claim.claim_id, number=number))
    return tuple(
        SetOff(claim.policy.treasury_title(treasury, place), amount_fen, left_fen, tuple(recovery_nos))
        for treasury, place, amount_fen, left_fen, recovery_nos in rows)


def _latest_letter(database: Database, claim: DecidedClaim, before: int) -> str | None:
    """The number of the latest letter that told an award of the claim before an adjustment."""
    rows = database.rows(
        """
        select document_no from issued_letter
        where claim_id = $claim_id and number < $number and kind <> 'supplement'
        order by sequence desc, number desc
        limit 1""",
        {"claim_id": claim.claim_id, "number": before})
    return rows[0][0] if rows else None


def has_changed_since(database: Database, claim: DecidedClaim, number: int) -> bool:
    """Whether `adjusted_now` and its steps are others than those of a proposal."""
    return bool(database.rows(database.render("adjust/stale.sql", claim_id=claim.claim_id, number=number)))


def _assess(
    database: Database, workspace: Workspace, calendar: Calendar, claim: DecidedClaim, changed: bool, award_fen: int | None,
) -> tuple[str, ...]:
    """Fill `adjusted_now` and `adjusted_step_now`. Returns the codes for which the claim would be held, and then there are no such rows to use."""
    policy = claim.policy
    load_calendar(database, calendar)
    _see_what_stood_before(database, claim)
    try:
        compiled, as_of = _prepare(database, workspace, claim, changed)
        if award_fen is not None:
            _set_award(database, compiled, award_fen)
        elif held := _settle(database, compiled):
            return held
        database.run(
            "adjust/adjusted.sql", number=claim.number, as_of=as_of, set_by_person=award_fen is not None,
            decided=result_sql(database, policy, claim.entry.sequence, "decided"), step=trace_sql(database, compiled),
        )
        return ()
    finally:
        database.execute("drop view temp.decided_net")


def _see_what_stood_before(database: Database, claim: DecidedClaim) -> None:
    """Within the assessment `decided_net` is what was settled before the claim."""
    decided = f"(select * from decided where run = {claim.entry.sequence})"
    database.run("assess/settling_order.sql", turns=CompiledPolicy(claim.policy).turns, claims=decided)
    database.run("adjust/decided_earlier.sql", claim_id=claim.claim_id, policy=claim.policy.id, run=claim.entry.sequence)


def _prepare(database: Database, workspace: Workspace, claim: DecidedClaim, changed: bool) -> tuple[CompiledPolicy, dt.date]:
    """Fill `fact` with the claim, and find its codes by what was ruled. Returns the policy, compiled for it, and the day by which it is settled."""
    policy, number = claim.policy, claim.stands_by()
    taken_from = "changed" if changed and claim.changed else "decided" if number is None else "adjusted"
    waiting = f"(select * from held where changed and claim_id = {sql_literal(claim.claim_id)})"
    database.run(
        "adjust/batch.sql", claims=policy.claims, claim_id=claim.claim_id, taken_from=taken_from, number=number,
        typed_held=typed_relation_sql(policy, policy.claims, waiting), cell=result_source(workspace, claim.entry, "cell"),
    )
    for table in policy.reference_tables:
        database.run("recall/typed_reference.sql", table=table, policy=policy.id, run=0)
    look_up_references(database, policy, 0)
    [(clause,)] = database.rows("select clause from incoming_claim")
    compiled = CompiledPolicy(policy, {clause} if clause else {case for (case,) in database.rows(
        "select clause from decided where claim_id = $claim_id", {"claim_id": claim.claim_id})})
    as_of = _settled_by(database, claim, taken_from)
    join_facts(database, compiled, as_of)
    validate(database, compiled)
    return compiled, as_of


def _settled_by(database: Database, claim: DecidedClaim, taken_from: str) -> dt.date:
    """The as-of date of the run that took the content in."""
    if taken_from == "adjusted":
        return database.rows(
            "select as_of from adjusted where claim_id = $claim_id and number = $number", {"claim_id": claim.claim_id, "number": claim.stands_by()},
        )[0][0]
    return dt.date.fromisoformat((claim.changed.entry if taken_from == "changed" else claim.entry).body["as_of"])


def _settle(database: Database, compiled: CompiledPolicy) -> tuple[str, ...]:
    """Settle the claim as a run does. Returns the codes for which it is held, be it that something of it is not known."""
    settle(database, compiled)
    if found := defects(database, compiled):
        raise ProgramDefect(f"the results do not hold together: {found}")
    return tuple(code for (code,) in database.rows("select distinct code from held_code order by code"))


def _set_award(database: Database, compiled: CompiledPolicy, award_fen: int) -> None:
    """Put an award in the place of what the policy gives, whatever is held, closed or not known, and split it as the policy does."""
    database.execute("delete from held_code")
    database.execute("delete from closed")
    settle_all(database, compiled)
    database.run("adjust/set_award.sql", award_fen=award_fen)
    decide(database, compiled)
    shares = " + ".join(f"{treasury}_fen" for treasury in compiled.policy.treasury_ids)
    if database.rows(f"select {shares} from decision") != [(award_fen,)]:
        raise UsageError("the award cannot be split among the treasuries: a fact that says who bears it is missing; complete it first")


# ---------------------------------------------------------------- approved with a month


def approve_adjustments(
    database: Database, adjustments: str, day: dt.date, due_on: dt.date, decided_payable: str = "select * from payable where false",
) -> dict[str, str]:
    """What the approval of adjustments brings about, as queries by relation: payable, payable_reduction and posting.

    `adjustments` is a query for claim_id and number; `decided_payable` one for the payables of the decisions that the same act approves. A share
    that rises is owed, less what its payee still has to pay back of it; one that falls is taken off what is still owed, and what of it is paid
    already is to be paid back. Raises ProgramDefect where more would be recovered than was awarded.
    """
    database.run("adjust/approved_share.sql", adjustments=adjustments, due_on=due_on, decided_payable=decided_payable)
    wrong = database.rows(database.render("check/recovered_share.sql", decided_payable=decided_payable))
    if wrong:
        raise ProgramDefect("more is recovered than was awarded: " + "; ".join(f"{claim_id}, {treasury}" for claim_id, treasury in wrong))
    database.run("adjust/taken_off.sql")
    return {
        "payable": "select * from supplementary_payable order by claim_id, number, treasury, place",
        "payable_reduction": "select * from taken_off order by claim_id, number, instalment, treasury, place, credit",
        "posting": database.render("adjust/posting.sql", day=day),
    }
