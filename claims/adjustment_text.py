"""An adjustment in words: what differs between a claim as it stands and as the facts give it now. For the terminal, and for the letters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from claims.adjustments import AWARD, FACTS, SET_ASIDE, Adjustment, Correction, DecidedClaim, Share
from claims.casefile import CaseFile
from claims.explanation_text import OUTCOMES
from claims.money import yuan_text
from claims.policy.model import Policy

STATES = {"proposed": "待另一人同意", "agreed": "已同意", "dropped": "已撤回"}
NONE = "（无）"


@dataclass(frozen=True)
class Change:
    """Something that differs: what it is called, what it was and what it is, with file and line of its cells where it has any."""

    title: str
    before: str
    after: str
    before_place: str = ""
    after_place: str = ""


def changed_facts(before: CaseFile, after: CaseFile) -> tuple[Change, ...]:
    """The facts that differ, in their order; a fact that only one of them has is （无） in the other."""
    facts = [{fact.name: fact for fact in case.facts} for case in (before, after)]
    changes = []
    for name in dict.fromkeys(name for one in facts for name in one):
        old, new = (one.get(name) for one in facts)
        if (old and old.text) != (new and new.text):
            changes.append(Change((new or old).title, *(fact.text if fact else NONE for fact in (old, new)), *map(_place, (old, new))))
    return tuple(changes)


def changed_steps(before: CaseFile, after: CaseFile) -> tuple[Change, ...]:
    """The steps whose result differs, in their order: values, the computed amount, and what each limit left of it."""
    steps = [{(step.kind, step.name): step for step in case.steps} for case in (before, after)]
    changes = []
    for key in dict.fromkeys(key for one in steps for key in one):
        old, new = (one.get(key) for one in steps)
        if (old and old.text) != (new and new.text):
            changes.append(Change((new or old).title, *(step.text if step else NONE for step in (old, new))))
        elif old.result != new.result:
            changes.append(Change(new.title, old.result, new.result))
    return tuple(changes)


def changed_reasons(before: CaseFile, after: CaseFile) -> tuple[Change, ...]:
    """The reasons of the outcome where they differ."""
    told = ["；".join(f"{reason.code} {reason.text}" for reason in case.reasons) or NONE for case in (before, after)]
    return (Change("理由", *told),) if told[0] != told[1] else ()


def share_title(policy: Policy, share: Share) -> str:
    """Who bears a share: '县级财政（样例县）'."""
    title = next(treasury.title for treasury in policy.body.treasury if treasury.id == share.treasury)
    return title + (f"（{share.place}）" if share.place else "")


def difference_text(fen: int) -> str:
    """A difference in words: 补发5.00元, 追回5.00元, 无."""
    return f"{'补发' if fen > 0 else '追回'}{yuan_text(abs(fen))}元" if fen else "无"


def correction_text(claim: DecidedClaim, found: Correction, basis: str = FACTS) -> str:
    """What stands, what the facts give now or a person sets, and the difference."""
    before = found.before
    lines = [
        f"申报编号：{claim.claim_id}　{before.claimant_name or ''}（{before.claimant_id}）　条款：{before.clause} {before.clause_title}",
        f"现核定：{_outcome(before)}（批次：{before.label}{'，含已同意的更正' if claim.stands_by() else ''}）",
        *(f"  {adjustment_line(one)}" for one in claim.adjustments),
    ]
    if claim.changed and basis == FACTS:
        lines.append(f"另有一条内容不同的申报待处理（批次：{claim.changed.entry.body['label']}），以下按其内容核算")
    return "\n".join([*lines, *(_held_lines(claim, found.held) if found.held else _difference_lines(claim, found, basis))])


def adjustment_line(one: Adjustment) -> str:
    """One adjustment and how far it is."""
    basis = {AWARD: "，金额由人认定", SET_ASIDE: "，维持原决定"}.get(one.basis, "")
    return f"第{one.number}号更正：{difference_text(one.award_fen)}{basis}；{STATES[one.state]}（{one.acted.actor}）；事由：{one.reason}"


def _held_lines(claim: DecidedClaim, held: Sequence[str]) -> Iterator[str]:
    yield "按现有事实，该申报须由人处理，不能由系统核定："
    yield from (f"  {code} {claim.policy.codes[code].title}" for code in held)
    yield "可以补正数据，或由人认定金额：claims adjust 编号 --award 金额 --reason 事由"


def _difference_lines(claim: DecidedClaim, found: Correction, basis: str) -> Iterator[str]:
    yield f"{'由人认定' if basis == AWARD else '按现有事实'}：{_outcome(found.after)}"
    yield f"差额：{difference_text(found.award_fen)}"
    for share in found.shares:
        sums = f"{yuan_text(share.before_fen)}元 → {yuan_text(share.after_fen)}元"
        yield f"  {share_title(claim.policy, share)}：{sums}（{difference_text(share.difference_fen)}）"
    for title, changes_of in _told_of(basis):
        if changes := changes_of(found.before, found.after):
            yield f"{title}："
            yield from (f"  {_change_line(change)}" for change in changes)


def _told_of(basis: str) -> tuple:
    """What led to the difference; no computing leads to an award that a person sets."""
    facts = ("变化的事实", changed_facts)
    return (facts,) if basis == AWARD else (facts, ("变化的计算", changed_steps), ("变化的理由", changed_reasons))


def _outcome(case: CaseFile) -> str:
    return f"{OUTCOMES[case.outcome]}，{yuan_text(case.award_fen)}元"


def _change_line(change: Change) -> str:
    places = " → ".join(place or NONE for place in (change.before_place, change.after_place))
    return f"{change.title}：{change.before} → {change.after}" + (f"　[{places}]" if change.before_place or change.after_place else "")


def _place(fact) -> str:
    return f"{fact.file} 第{fact.line}行" if fact and fact.file else ""
