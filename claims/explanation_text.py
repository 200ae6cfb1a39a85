"""The explanation of a claim as text for the terminal, and the words that the page shares with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from claims.adjustment_text import adjustment_line, net_text
from claims.casefile import OUTCOMES, RULINGS, Band, CaseFile, Limit, Payee, Reason, Ruling, Step, date_text
from claims.explanation import Explanation, HeldClaim, SourcedFact, UsedReading
from claims.money import capital_words, yuan_text
from claims.pages import page
from claims.privacy import account_end, masked_numbers


def outcome_text(case: CaseFile) -> str:
    """What was decided, e.g. '核准，100.00元（人民币壹佰元整）'."""
    return f"{OUTCOMES[case.outcome]}，{yuan_text(case.award_fen)}{case.currency_word}（{capital_words(case.award_fen, case.currency_name)}）"


def explanation_page(claim_id: str, decided: Sequence[Explanation], held: Sequence[HeldClaim], report: str | None = None) -> bytes:
    """The explanation of a claim as a page: each decision on it, and why it is held; `report` is the way from there to the report that lists the claim."""
    words = {
        "outcome_text": outcome_text, "account_text": account_text, "ruling_text": ruling_text, "adjustment_line": adjustment_line, "net_text": net_text,
    }
    return page("explain.html", claim_id=claim_id, decided=decided, held=held, report=report, **words)


def decided_text(told: Explanation) -> str:
    """The explanation of a decided claim."""
    case = told.case
    lines = [
        f"申报编号：{case.claim_id}　{case.claimant_name or ''}（{case.claimant_id}）",
        f"条款：{case.clause or '未填'} {case.clause_title}（《{case.policy_title}》{case.article}）　所属年度：{case.claim_year or '未填'}",
        f"结论：{outcome_text(case)}　批次：{case.label}",
        *_section("事实", map(_fact_text, told.facts)),
        *_section("档次", map(_band_line, case.bands)),
        *_section("计算", (f"{number}. {_step_text(step)}" for number, step in enumerate(case.steps, 1))),
        *_section("限额（依次）", map(_limit_text, case.limits)),
        *_section("理由", map(_reason_text, (*case.reasons, *case.waivers))),
        *_section("人工复核", map(ruling_text, case.rulings)),
        *_section("资金", _money_lines(case)),
        *_section(f"更正（现核定{net_text(case.award_fen, told.adjustments, case.currency_word)}）",
                  (adjustment_line(one, case.currency_word) for one in told.adjustments)),
        *_section("所用解读", (line for used in told.readings for line in _reading_lines(used))),
        "", f"{told.letter.title}：{told.letter.told}",
    ]
    return "\n".join(lines)


def held_text(held: HeldClaim) -> str:
    """Why a claim is held: each code with its cells and what to do."""
    return "\n".join([
        f"申报编号：{held.claim_id}　{held.claimant_name or '名称未登记'}（{held.claimant_id}）　待人工处理（批次：{held.label}）",
        f"条款：{held.clause or '未填'}　{held.clause_title}".rstrip(),
        *(f"  {code.code} {code.message}　[{code.file} 第{code.line}行]" for code in held.codes),
    ])


def _section(title: str, lines: Iterable[str]) -> list[str]:
    found = [f"  {line}" for line in lines]
    return ["", f"{title}：", *found] if found else []


def _fact_text(sourced: SourcedFact) -> str:
    fact = sourced.fact
    raw = f"　原文「{sourced.raw}」" if sourced.raw is not None else ""
    return f"{fact.title}：{fact.text}{raw}" + (f"　[{fact.file} 第{fact.line}行]" if fact.file else "")


def _band_line(band: Band) -> str:
    return f"{'→' if band.applied else '　'} {band.text}：{band.result}{f'（{band.code}）' if band.code else ''}"


def _step_text(step: Step) -> str:
    bound = "　※此项限额生效" if step.kind in ("ceiling", "highest") and step.bound else ""
    result = f" → {step.result}" if step.result and step.result not in step.text else ""
    return f"{step.title}：{step.text}{result}（{step.article}）{bound}" + (f"；{step.next_limit}" if step.next_limit else "")


def _limit_text(limit: Limit) -> str:
    parts = (limit.most, f"此前已核定{limit.used}", f"本次之前：{limit.left_before}", f"本次之后：{limit.left_after}")
    return f"{limit.title}：{'；'.join(parts)}" + ("　※生效" if limit.bound else "")


def _reason_text(reason: Reason) -> str:
    return f"{reason.code} {reason.text}" + (f"（{reason.article}）" if reason.article else "")


def ruling_text(ruling: Ruling) -> str:
    """A ruling in words, with who made it."""
    until = f"，限{date_text(ruling.answer_by)}前答复" if ruling.answer_by else ""
    return f"{ruling.code} {ruling.title}：{RULINGS[ruling.action]}{until}（{ruling.person}，{date_text(ruling.ruled_on)}；理由：{masked_numbers(ruling.reason)}）"


def _money_lines(case: CaseFile) -> Iterator[str]:
    for share in case.shares:
        yield f"{share.title}：{yuan_text(share.award_fen)}{case.currency_word}"
    if case.payee:
        yield f"收款单位：{case.payee.name or ''}（{case.payee.id}）　{account_text(case.payee)}"


def account_text(payee: Payee) -> str:
    """The bank and the end of the account, e.g. '示例银行　尾号6789'; the whole number stands in the letter."""
    return f"{payee.bank or '开户行未登记'}　{account_end(payee.account) if payee.account else '账号未登记'}"


def _reading_lines(used: UsedReading) -> Iterator[str]:
    yield f"{used.reading.id} {used.reading.question}——{used.reading.answer}（{used.reading.why}）"
    for other in used.others:
        yield f"    若：{other.answer} → {other.result}"
