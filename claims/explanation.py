"""The explanation of a claim: its case file, the raw cells that it rests on, and what each other reading would give.

Grain: one `Explanation` per decided claim, one `HeldClaim` per claim that waits for a person. Both terminal and page are made from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from claims.adjustments import Adjustment, decided_claim
from claims.casefile import CaseFile, Fact, Reading
from claims.database import Database
from claims.money import yuan_text
from claims.policy.change import changed_policy
from claims.policy.compiler import CompiledPolicy
from claims.policy.model import Alternative, Policy
from claims.privacy import masked_party, masked_text
from claims.recall import Past, recalled
from claims.record.journal import Entry
from claims.record.store import policy_of, result_source
from claims.trace import case_files, cell_title, field_of, shown_cell
from claims.whatif import Decision, reassessed, recorded
from claims.workspace import Workspace


@dataclass(frozen=True)
class SourcedFact:
    """A fact beside its cell as it stood in the file; `raw` is None for a fact that no single cell holds."""

    fact: Fact
    raw: str | None


@dataclass(frozen=True)
class OtherReading:
    """What else the text could mean, and what the claim would get then, or why that is not computed.

    `differs` tells that the claim would be decided otherwise.
    """

    answer: str
    result: str
    differs: bool


@dataclass(frozen=True)
class UsedReading:
    """A reading that the decision used, beside its alternatives."""

    reading: Reading
    others: tuple[OtherReading, ...]


@dataclass(frozen=True)
class LetterPlace:
    """Where the letter of a claim is: in words, and from the page that tells of it, None where nothing leads there."""

    told: str = "未生成"
    href: str | None = None
    is_draft: bool = True

    @property
    def title(self) -> str:
        return "通知书（草稿）" if self.is_draft else "通知书"


@dataclass(frozen=True)
class Explanation:
    """Everything that led to a decision. A short one has neither raw cells nor what other readings give."""

    case: CaseFile
    facts: tuple[SourcedFact, ...]
    readings: tuple[UsedReading, ...]
    letter: LetterPlace
    adjustments: tuple[Adjustment, ...]
    is_short: bool = False


@dataclass(frozen=True)
class HeldCode:
    """Why a claim is held, and what to do: the cells concerned by their headers, as they stand in the file, and where the first is."""

    code: str
    title: str
    cells: str
    raw: str
    file: str
    line: int
    message: str


@dataclass(frozen=True)
class HeldClaim:
    """A claim that waits for a person, with every code that holds it; blank where its own cells are, the clause's title where it is unknown."""

    claim_id: str
    claimant_id: str
    claimant_name: str
    clause: str
    clause_title: str
    label: str
    codes: tuple[HeldCode, ...]


def explain_decided(database: Database, workspace: Workspace, entry: Entry, claim_id: str) -> Explanation:
    """The explanation of a claim that a run decided, whose policy must have been entered."""
    [case] = case_files(database, workspace, entry, claim_id)
    alone = policy_of(workspace, entry).counts_per_claimant
    with recalled(database, workspace, entry, claim_id if alone else None) as past:
        facts = tuple(_sourced(past, case))
        readings = tuple(_used_readings(past, case))
    letter = workspace.out / case.label / "letters" / f"{claim_id}.pdf"
    adjustments = decided_claim(database, workspace, [entry], claim_id).adjustments
    return Explanation(case, facts, readings, LetterPlace(str(letter.resolve())) if letter.exists() else LetterPlace(), adjustments)


def short_explanation(case: CaseFile, letter: LetterPlace) -> Explanation:
    """The explanation that a case file alone gives."""
    facts = tuple(SourcedFact(fact, None) for fact in case.facts)
    return Explanation(case, facts, tuple(UsedReading(reading, ()) for reading in case.readings), letter, (), is_short=True)


def explain_held(database: Database, workspace: Workspace, entry: Entry, claim_id: str) -> HeldClaim:
    """Why a run held a claim."""
    [held] = held_claims(database, workspace, policy_of(workspace, entry), entry, [claim_id])
    return held


def held_claims(database: Database, workspace: Workspace, policy: Policy, entry: Entry, claim_ids: Sequence[str]) -> list[HeldClaim]:
    """Why a run, whose policy this is, held some claims, by claim id."""
    source = result_source(workspace, entry, "exception")
    columns = "claim_id, claimant, name, clause, code, field, headers, shown, file, line, message_zh"
    rows = database.rows(f"select {columns} from {source} where list_contains($claim_ids, claim_id) order by claim_id, code", {"claim_ids": claim_ids})
    return [_held_claim(policy, entry, claim_id, list(codes)) for claim_id, codes in groupby(rows, key=lambda row: row[0])]


def _held_claim(policy: Policy, entry: Entry, claim_id: str, rows: list[tuple]) -> HeldClaim:
    claimant, name, clause = rows[0][1:4]
    known = policy.clauses.get(clause)
    title = f"{known.title}（《{policy.head.title}》{known.article}）" if known else ""
    codes = tuple(_held_code(policy, *row[4:]) for row in rows)
    return HeldClaim(claim_id, masked_party(claimant), masked_text(name), clause, title, entry.body["label"], codes)


def _held_code(policy: Policy, code: str, names: str, headers: str, raw: str, file: str, line: int, message: str) -> HeldCode:
    """One exception as it is shown; names and cells of several fields or values are joined by ` | `, the message quotes the cells."""
    fields = {field.name: field for table in policy.tables.values() for field in table.field}
    listed = names.split(" | ")
    cells = raw.split(" | ", len(listed) - 1)
    shown = [shown_cell(fields[name], cell) if name in fields else cell for name, cell in zip(listed, cells)]
    for cell, instead in zip(cells, shown):
        message = message.replace(f"「{cell}」", f"「{instead}」")
    return HeldCode(code, policy.codes[code].title, headers, " | ".join(shown), file, line, message)


# ---------------------------------------------------------------- cells


def _sourced(past: Past, case: CaseFile) -> Iterator[SourcedFact]:
    raw = _raw_cells(past, case)
    for fact in case.facts:
        yield SourcedFact(fact, raw.get(fact.name))


def _raw_cells(past: Past, case: CaseFile) -> dict[str, str]:
    """The cells of a claim's facts by their names; a sum under a header in 万元 is told by that unit."""
    compiled = CompiledPolicy(past.policy)
    past.prepare(compiled)
    cells = [(fact.name, compiled.cell(fact.name)) for fact in case.facts if fact.file and fact.name not in past.policy.lookups]
    rows = past.database.rows(past.database.render("recall/cell.sql", joins=compiled.joins, cells=cells), {"claim_id": case.claim_id})
    return {name: shown_cell(field_of(past.policy, name), raw) + ("（万元）" if in_ten_thousands else "") for name, raw, in_ten_thousands in rows}


# ---------------------------------------------------------------- other readings


def _used_readings(past: Past, case: CaseFile) -> Iterator[UsedReading]:
    if not case.readings:  # people closed it
        return
    as_recorded = recorded(past)
    repeatable = reassessed(past, past.policy).decisions == as_recorded
    for reading in case.readings:
        yield UsedReading(reading, tuple(
            _other(past, alternative, as_recorded[case.claim_id], case.claim_id, repeatable)
            for alternative in past.policy.readings[reading.id].alternative
        ))


def _other(past: Past, alternative: Alternative, decided: Decision, claim_id: str, repeatable: bool) -> OtherReading:
    """What an alternative gives, beside what was decided."""
    reason = _not_computed(alternative, repeatable)
    if reason:
        return OtherReading(alternative.answer, reason, False)
    changed = changed_policy(past.policy, alternative.changes)
    found = reassessed(past, changed)
    if found.unknown:
        return OtherReading(alternative.answer, f"不能测算，缺少事实：{'、'.join(cell_title(changed, cell) for cell in found.unknown)}", False)
    otherwise = found.decisions[claim_id]
    return OtherReading(alternative.answer, compared(changed, decided, otherwise), otherwise != decided)


def _not_computed(alternative: Alternative, repeatable: bool) -> str | None:
    if alternative.needs:
        return f"不能测算，缺少事实：{alternative.needs}"
    if alternative.beyond:
        return f"不作测算：{alternative.beyond}"
    return None if repeatable else "不作测算：本版程序不能重现原决定"


def compared(policy: Policy, decided: Decision, otherwise: Decision) -> str:
    """Another decision of a claim in words, beside the one that it got: '2,600,000.00元（多600,000.00元）'."""
    word = policy.head.currency.word
    if otherwise == decided:
        return "结果相同"
    if otherwise.award_fen != decided.award_fen:
        more = otherwise.award_fen - decided.award_fen
        difference = f"{'多' if more > 0 else '少'}{yuan_text(abs(more))}{word}"
        if otherwise.award_fen == 0:
            return f"不予支持（{difference}）"
        return f"{yuan_text(otherwise.award_fen)}{word}（{difference}）"
    if otherwise.treasuries_fen != decided.treasuries_fen:
        shares = zip(policy.body.treasury, otherwise.treasuries_fen)
        return "金额相同，分担为：" + "、".join(f"{treasury.title}{yuan_text(share)}{word}" for treasury, share in shares if share)
    if otherwise.payee != decided.payee:
        return f"金额相同，收款单位为{masked_party(otherwise.payee)}"
    reasons = "、".join(policy.codes[code].title for code in otherwise.reason_codes)
    return f"金额相同，理由为：{reasons}" if reasons else "金额相同，全额核准"
