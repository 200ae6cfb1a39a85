"""What the approval of a month brings about: numbered letters, the register of them, and what treasuries owe from then on."""

from __future__ import annotations

import csv
import datetime as dt
import heapq
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from claims.adjustments import approve_adjustments, decided_claim, letter_case
from claims.assessment import ProgramDefect
from claims.casefile import CaseFile, Issue
from claims.database import Database, sql_literal
from claims.letters import is_drawable
from claims.money import plain_yuan
from claims.months.closes import NOW, Close
from claims.policy.model import Policy
from claims.privacy import masked_text
from claims.record.journal import Entry
from claims.record.store import result_source
from claims.settings import Settings
from claims.trace import case_files
from claims.workbooks import Column, Sheet, workbook
from claims.workspace import Workspace


def approval_relations(
    database: Database, workspace: Workspace, policy: Policy, runs: tuple[Entry, ...], close: Close, minutes: str, person: str, day: dt.date,
) -> dict[str, str]:
    """The rows that an approval records, as queries by relation; `look_at_months` goes before. Raises ProgramDefect where sums do not agree."""
    used = {run for (run,) in database.rows("select distinct run from covered where month = ?", [close.month])}
    steps = [result_source(workspace, entry, "step") for entry in runs if entry.sequence in used]
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
        "issued_letter": render(
            "month/issued_letter.sql", month=month, issued_on=day, pattern=policy.body.letter.number_pattern, withdrawn=policy.detected("withdrawn").id,
        ),
        "payable": f"select * from owed union all by name ({adjusted['payable']})", "payable_reduction": adjusted["payable_reduction"],
        "posting": f"({posting}) union all by name ({adjusted['posting']})",
    }


@dataclass(frozen=True)
class IssuedLetter:
    """One letter that an approval issued, with the claim that it is about. `number` is that of an adjustment, or 0; `award_fen` of one is a difference,
    of which `set_off_fen` is not paid, since it was to be paid back."""

    claim_id: str
    number: int
    letter_id: str
    run: int
    claimant_name: str | None
    award_fen: int
    set_off_fen: int
    issue: Issue


def issued_letters(database: Database, close: Close) -> list[IssuedLetter]:
    """The letters that the approval of a month issued, in the order of their numbers; `look_at_months` goes before."""
    rows = database.rows("""
        select letter.claim_id, letter.number, covered.letter_id, covered.run, covered.claimant_name, covered.award_fen,
            coalesce(off.amount_fen, 0)::bigint, letter.document_no, letter.issued_on
        from issued_letter as letter
        join covered on covered.claim_id = letter.claim_id and covered.number = letter.number and covered.month = ?
        left join (
            select sequence, claim_id, number, sum(amount_fen) as amount_fen from payable_reduction where credit = 'receivable' group by all
        ) as off on off.sequence = letter.sequence and off.claim_id = letter.claim_id and off.number = letter.number
        where letter.sequence = ?
        order by letter.document_number""", [close.month, close.approval.sequence])
    return [IssuedLetter(*row[:7], Issue(*row[7:])) for row in rows]


def issued_cases(database: Database, workspace: Workspace, settings: Settings, runs: tuple[Entry, ...], close: Close) -> Iterator[CaseFile]:
    """The case files of the letters of a month, by their names, with names and accounts as the close froze them.

    Where a letter cannot be drawn so, what stands now is taken: a name that no font could draw may have been mended since.
    """
    letters = issued_letters(database, close)
    decisions = _issued_decisions(database, workspace, runs, close, {letter.claim_id: letter for letter in letters if not letter.number})
    adjustments = _issued_adjustments(database, workspace, settings, runs, close, [letter for letter in letters if letter.number])
    yield from heapq.merge(decisions, adjustments, key=lambda case: case.letter_id)


def _issued_decisions(
    database: Database, workspace: Workspace, runs: tuple[Entry, ...], close: Close, letters: dict[str, IssuedLetter],
) -> Iterator[CaseFile]:
    entries = {entry.sequence: entry for entry in runs if entry.sequence in {letter.run for letter in letters.values()}}
    by_run = [case_files(database, workspace, entry, particulars_of=close.sequence) for entry in entries.values()]
    for case in heapq.merge(*by_run, key=lambda case: case.claim_id):
        if letter := letters.get(case.claim_id):
            issued = replace(case, issue=letter.issue)
            yield issued if is_drawable(issued) else replace(
                next(case_files(database, workspace, entries[letter.run], case.claim_id, NOW)), issue=letter.issue)


def _issued_adjustments(
    database: Database, workspace: Workspace, settings: Settings, runs: tuple[Entry, ...], close: Close, letters: list[IssuedLetter],
) -> Iterator[CaseFile]:
    for letter in letters:
        claim = decided_claim(database, workspace, runs, letter.claim_id)
        issued = letter_case(database, workspace, settings, claim, letter.number, letter.issue, close.sequence)
        yield issued if is_drawable(issued) else letter_case(database, workspace, settings, claim, letter.number, letter.issue, NOW)


# ---------------------------------------------------------------- the register of letters


REGISTER_COLUMNS = dict(
    number=Column("文号", 24), claim_id=Column("申报编号", 16), institution=Column("申报单位", 40), amount_yuan=Column("金额（元）", 16, "yuan"),
    set_off_yuan=Column("其中抵扣（元）", 16, "yuan"), pages=Column("页数", 6, "count"), file=Column("文件", 24), sha256=Column("SHA-256", 34),
    delivered_on=Column("送达日期", 12, is_open=True), way=Column("送达方式", 12, is_open=True), receipt=Column("回执", 20, is_open=True),
)
"""The columns of the register: their English names, and how its workbook shows them. The last three are filled in when letters are delivered."""


def register_files(database: Database, policy: Policy, close: Close, folder: Path) -> dict[str, bytes]:
    """The register of a month's letters as CSV and as a workbook; `folder` holds the letters as they were drawn.

    A letter that could not be drawn has its number, but neither pages nor file.
    """
    drawn = json.loads((folder / "manifest.json").read_bytes())["files"]
    rows = []
    for letter in issued_letters(database, close):
        file = drawn.get(f"{letter.letter_id}.pdf", {})
        rows.append([
            letter.issue.document_no, letter.claim_id, masked_text(letter.claimant_name or ""), letter.award_fen, letter.set_off_fen,
            file.get("pages"), f"letters/{letter.letter_id}.pdf" if file else "", file.get("sha256", ""), "", "", "",
        ])
    sheet = Sheet("文件登记簿", f"{policy.body.letter.issuer}发文登记簿（{close.month}）", list(REGISTER_COLUMNS.values()), rows)
    return {"register.csv": _csv(rows), "register.xlsx": workbook([sheet])}


def _csv(rows: list[list]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(REGISTER_COLUMNS)
    for row in rows:
        writer.writerow([*row[:3], *map(plain_yuan, row[3:5]), "" if row[5] is None else row[5], *row[6:]])
    return text.getvalue().encode()
