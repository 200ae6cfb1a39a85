"""What a change does, as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from claims.casefile import date_text
from claims.impact import BoundClaims, ChangedClaim, Report, Sums, shift_text
from claims.money import yuan_text
from claims.text_table import text_table


def impact_text(report: Report, most: int) -> str:
    """The report with at most so many of the claims that change."""
    return "\n".join(_lines(report, most))


def difference_text(fen: int) -> str:
    """A difference with its sign: '+1,000.00', '-0.01', '0.00'."""
    return f"{'+' if fen > 0 else ''}{yuan_text(fen)}"


def _lines(report: Report, most: int) -> Iterator[str]:
    impact, word = report.impact, report.currency
    yield f"试算　{report.policy_title}（{report.policy_document_no}）"
    yield f"批次：{report.runs}个（结算日期{date_text(report.first_day)}至{date_text(report.last_day)}），自第一个批次起按改动重新核定"
    yield from (f"改动：{words}" for words in report.words)
    yield ""
    yield f"有变化的申报：{impact.claims:,}件，涉及{impact.claimants:,}家申报单位"
    yield (f"核定金额：{yuan_text(impact.before_fen)}{word} → {yuan_text(impact.after_fen)}{word}，差额{difference_text(impact.difference_fen)}{word}"
           f"（多{yuan_text(impact.more_fen)}{word}，少{yuan_text(impact.less_fen)}{word}）")
    yield from report.notes
    parts = report.parts
    for title, sums in (("条款", parts.clauses), ("承担", parts.treasuries), ("月份", parts.months)):
        yield f"\n{_sums_table(title, sums, word)}"
    if parts.limits:
        yield f"\n{_limits_table(parts.limits)}"
    if report.claims:
        yield f"\n{_claims_table(report.claims[:most], word)}"
    if impact.listed > most:
        yield f"以上为变化最大的{most}件，全部{impact.listed:,}件见 --csv 写出的文件"


def _sums_table(title: str, sums: Sequence[Sums], word: str) -> str:
    rows = [(one.title, f"{one.claims:,}", yuan_text(one.before_fen), yuan_text(one.after_fen), difference_text(one.difference_fen)) for one in sums]
    return text_table([(title, "变化件数", f"原核定（{word}）", f"试算（{word}）", f"差额（{word}）"), *rows], right=range(1, 5))


def _limits_table(limits: Sequence[BoundClaims]) -> str:
    rows = [(one.title, f"{one.before:,}", f"{one.after:,}", f"{one.newly:,}") for one in limits]
    return text_table([("生效的限额", "原件数", "试算件数", "其中新生效"), *rows], right=range(1, 4))


def _claims_table(claims: Sequence[ChangedClaim], word: str) -> str:
    header = ("申报编号", "申报单位", "条款", "月份", "原结果", f"原核定（{word}）", "试算结果", f"试算（{word}）", f"差额（{word}）", "现在生效的限额",
              "承担变化")
    rows = [
        (claim.claim_id, claim.name or claim.claimant, claim.clause, claim.month, claim.before.words, claim.before.amount, claim.after.words,
         claim.after.amount, "—" if claim.difference_fen is None else difference_text(claim.difference_fen), claim.after.limits or "—",
         shift_text(claim.moved, word) or "—")
        for claim in claims
    ]
    return text_table([header, *rows], right=(5, 7, 8))
