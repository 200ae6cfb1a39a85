"""What the approval of a month brings about: numbered letters, and what treasuries owe from then on."""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace

from claims.adjustments import approve_adjustments, decided_claim, letter_case
from claims.assessment import ProgramDefect
from claims.casefile import CaseFile, Issue
from claims.database import Database, sql_literal
from claims.letters import is_drawable
from claims.letters.look import Look, look_of
from claims.months.closes import NOW, Close
from claims.policy.model import Policy
from claims.record.journal import Entry
from claims.record.store import step_source
from claims.register import Registered, issued_letter_sql
from claims.settings import Settings
from claims.trace import case_files
from claims.workspace import Workspace


def approval_relations(
    database: Database, workspace: Workspace, policy: Policy, runs: tuple[Entry, ...], close: Close, minutes: str, person: str, day: dt.date,
) -> dict[str, str]:
    """The rows that an approval records, as queries by relation; `look_at_months` goes before. Raises ProgramDefect where sums do not agree."""
    used = {run for (run,) in database.rows("select distinct run from covered where month = ?", [close.month])}
    steps = [step_source(database, workspace, entry) for entry in runs if entry.sequence in used]
    month, render = close.month, database.render
    database.run("month/payable.sql", month=month, steps=steps, treasuries=policy.treasury_ids, approved_on=day)
    wrong = database.rows(render("check/payable.sql", month=month))
    if wrong:
        raise ProgramDefect("what is owed is not what was awarded: " + "; ".join(f"{claim_id}, {treasury}" for claim_id, treasury in wrong))
    adjustments = f"select claim_id, number from covered where month = {sql_literal(month)} and not left_out and number > 0"
    adjusted = approve_adjustments(database, adjustments, day, day, "select * from owed")
    approved = (f"select {sql_literal(month)} as month, {sql_literal(minutes)} as minutes, {sql_literal(person)} as person, "
                f"date '{day}' as approved_on")
    posting = render("month/posting.sql", month=month, approved_on=day, says=f"核定入账（{month}，{minutes}）")
    return {
        "approval": approved,
        "issued_letter": issued_letter_sql(
            database, policy, render("month/letter.sql", month=month, withdrawn=policy.detected("withdrawn").id), day),
        "payable": f"select * from owed union all by name ({adjusted['payable']})", "payable_reduction": adjusted["payable_reduction"],
        "posting": f"({posting}) union all by name ({adjusted['posting']})",
    }


@dataclass(frozen=True)
class IssuedLetter(Registered):
    """One letter that an approval issued. `number` is that of an adjustment, or 0, `run` decided the claim; `award_fen` of an adjustment is a
    difference."""

    number: int
    run: int


def issued_letters(database: Database, close: Close) -> list[IssuedLetter]:
    """The letters that the approval of a month issued, in the order of their numbers; `look_at_months` goes before."""
    rows = database.rows("""
        select letter.claim_id, covered.letter_id, covered.claimant_name, covered.award_fen, coalesce(off.amount_fen, 0)::bigint,
            letter.kind, letter.document_no, letter.issued_on, letter.number, covered.run
        from issued_letter as letter
        join covered on covered.claim_id = letter.claim_id and covered.number = letter.number and covered.month = ?
        left join (
            select sequence, claim_id, number, sum(amount_fen) as amount_fen from payable_reduction where credit = 'receivable' group by all
        ) as off on off.sequence = letter.sequence and off.claim_id = letter.claim_id and off.number = letter.number
        where letter.sequence = ?
        order by letter.document_number""", [close.month, close.approval.sequence])
    return [IssuedLetter(*row[:6], Issue(*row[6:8]), *row[8:]) for row in rows]


def issued_cases(database: Database, workspace: Workspace, settings: Settings, runs: tuple[Entry, ...], close: Close) -> Iterator[CaseFile]:
    """The case files of the letters of a month, by their names, with names and accounts as the close froze them.

    Where a letter cannot be drawn so, what stands now is taken: a name that no font could draw may have been mended since.
    """
    letters = issued_letters(database, close)
    look = look_of(workspace, settings)
    decisions = _issued_decisions(database, workspace, runs, close, {letter.claim_id: letter for letter in letters if not letter.number}, look)
    adjustments = _issued_adjustments(database, workspace, settings, runs, close, [letter for letter in letters if letter.number], look)
    yield from heapq.merge(decisions, adjustments, key=lambda case: case.letter_id)


def _issued_decisions(
    database: Database, workspace: Workspace, runs: tuple[Entry, ...], close: Close, letters: dict[str, IssuedLetter], look: Look,
) -> Iterator[CaseFile]:
    entries = {entry.sequence: entry for entry in runs if entry.sequence in {letter.run for letter in letters.values()}}
    by_run = [case_files(database, workspace, entry, None, close.sequence, close.approval.sequence) for entry in entries.values()]
    for case in heapq.merge(*by_run, key=lambda case: case.claim_id):
        if letter := letters.get(case.claim_id):
            issued = replace(case, issue=letter.issue)
            yield issued if is_drawable(issued, look) else replace(
                next(case_files(database, workspace, entries[letter.run], case.claim_id, NOW, close.approval.sequence)), issue=letter.issue)


def _issued_adjustments(
    database: Database, workspace: Workspace, settings: Settings, runs: tuple[Entry, ...], close: Close, letters: list[IssuedLetter], look: Look,
) -> Iterator[CaseFile]:
    for letter in letters:
        claim = decided_claim(database, workspace, runs, letter.claim_id)
        issued = letter_case(database, workspace, settings, claim, letter.number, letter.issue, close.sequence)
        yield issued if is_drawable(issued, look) else letter_case(database, workspace, settings, claim, letter.number, letter.issue, NOW)
