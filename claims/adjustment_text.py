"""An adjustment as text for the terminal: what differs between a claim as it stands and as the facts give it now.

`word` is what stands behind an amount of the policy's currency.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from claims.adjustments import AWARD, FACTS, SET_ASIDE, WITHDRAWAL, Adjustment, Correction, DecidedClaim
from claims.casefile import OUTCOMES, RULINGS, CaseFile, Change
from claims.changes import NONE, changed_facts, changed_reasons, changed_steps
from claims.money import yuan_text
from claims.out_of_line import OutOfLine
from claims.privacy import masked_numbers, masked_party

STATES = {"proposed": "待另一人同意", "agreed": "已同意", "dropped": "已撤回"}
_RESTS_ON = {FACTS: "按现有事实", AWARD: "由人认定", WITHDRAWAL: RULINGS["withdraw"] + "后"}


def difference_text(fen: int, word: str) -> str:
    """A difference in words: 补发5.00元, 追回5.00元, 无."""
    return f"{'补发' if fen > 0 else '追回'}{yuan_text(abs(fen))}{word}" if fen else "无"


def out_of_line_line(one: OutOfLine, word: str) -> str:
    """A decided claim that would now come out otherwise."""
    if one.held:
        return f"{_stands(one, word)} → 须由人处理（{'、'.join(one.held)}）"
    now = "不能由系统核定" if one.now_fen is None else f"{yuan_text(one.now_fen)}{word}（{difference_text(one.now_fen - one.award_fen, word)}）"
    return f"{_stands(one, word)} → {now}"


def _stands(one: OutOfLine, word: str) -> str:
    return f"{one.claim_id}　{masked_party(one.claimant)}　条款{one.clause}：{yuan_text(one.award_fen)}{word}"


def correction_text(claim: DecidedClaim, found: Correction, basis: str = FACTS) -> str:
    """What stands, what the facts give now or a person sets, and the difference."""
    before, word = found.before, found.before.currency_word
    lines = [
        f"申报编号：{claim.claim_id}　{before.claimant_name or ''}（{before.claimant_id}）　条款：{before.clause} {before.clause_title}",
        f"现核定：{_outcome(before)}（批次：{before.label}{'，含已同意的更正' if claim.stands_by() else ''}）",
        *(f"  {adjustment_line(one, word)}" for one in claim.adjustments),
    ]
    if claim.changed and basis == FACTS:
        lines.append(f"另有一条内容不同的申报待处理（批次：{claim.changed.entry.body['label']}），以下按其内容核算")
    return "\n".join([*lines, *(_held_lines(claim, found.held) if found.held else _difference_lines(claim, found, basis))])


def net_text(award_fen: int, adjustments: Sequence[Adjustment], word: str) -> str:
    """What a claim is awarded after all that was agreed: '5.00元'."""
    return f"{yuan_text(award_fen + sum(one.award_fen for one in adjustments if one.state == 'agreed'))}{word}"


def adjustment_line(one: Adjustment, word: str) -> str:
    """One adjustment and how far it is."""
    withdrawn = f"，{one.code}{RULINGS['withdraw']}（{one.proposed.actor}）"
    basis = {AWARD: "，金额由人认定", WITHDRAWAL: withdrawn, SET_ASIDE: "，维持原决定"}.get(one.basis, "")
    return f"第{one.number}号更正：{difference_text(one.award_fen, word)}{basis}；{STATES[one.state]}（{one.acted.actor}）；事由：{masked_numbers(one.reason)}"


def _held_lines(claim: DecidedClaim, held: Sequence[str]) -> Iterator[str]:
    yield "按现有事实，该申报须由人处理，不能由系统核定："
    yield from (f"  {claim.policy.code_text(code)}" for code in held)
    yield "可以补正数据，或由人认定金额：claims adjust 编号 --award 金额 --reason 事由"


def _difference_lines(claim: DecidedClaim, found: Correction, basis: str) -> Iterator[str]:
    word = found.before.currency_word
    yield f"{_RESTS_ON[basis]}：{_outcome(found.after)}"
    yield f"差额：{difference_text(found.award_fen, word)}"
    for share in found.shares:
        sums = f"{yuan_text(share.before_fen)}{word} → {yuan_text(share.after_fen)}{word}"
        yield f"  {share.title}：{sums}（{difference_text(share.difference_fen, word)}）"
    for title, changes_of in _told_of(basis):
        if changes := changes_of(found.before, found.after):
            yield f"{title}："
            yield from (f"  {_change_line(change)}" for change in changes)


def _told_of(basis: str) -> tuple:
    """What led to the difference; no computing leads to an award that a person sets."""
    facts = ("变化的事实", changed_facts)
    return (facts,) if basis == AWARD else (facts, ("变化的计算", changed_steps), ("变化的理由", changed_reasons))


def _outcome(case: CaseFile) -> str:
    return f"{OUTCOMES[case.outcome]}，{yuan_text(case.award_fen)}{case.currency_word}"


def _change_line(change: Change) -> str:
    places = " → ".join(place or NONE for place in (change.before_place, change.after_place))
    return f"{change.title}：{change.before} → {change.after}" + (f"　[{places}]" if change.before_place or change.after_place else "")
