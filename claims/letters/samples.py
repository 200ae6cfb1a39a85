"""One letter of each kind about an invented grant, under the sender's texts of a policy: to look at, never to send.

No figure or clause of a policy stands here; what a sample tells is made up, and it is marked as one.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

from claims.casefile import AdjustedFrom, Band, CaseFile, Change, ChangedShare, Defect, Fact, Issue, LetterStyle, Payee, Reading, Reason, Share, Step, Supplement
from claims.commendation import Ranked
from claims.errors import UsageError
from claims.letters.commending import commendation_letters
from claims.letters.wording import SAMPLE, letter_of
from claims.policy.model import Policy
from claims.settings import Settings
from claims.trace import letter_style

DATED = dt.date(2023, 4, 10)
ARTICLE = "第二条第（三）款第1项"
LIMIT_ARTICLE = "第二条末段"
INSTITUTION = "样例冷链仓储银行股份有限公司"
AREA = Fact("storage_area_m2", "仓储面积", "1,234.50平方米", "claims.csv", 7)
OPENED = Fact("opened_on", "开仓日期", "2021年3月5日", "depots.csv", 12)
RETAINED = Fact("retained_yuan", "年度留成", "1,234,567.89元", "taxes.csv", 3)
PART = Fact("upper_pct", "市级受益比例", "60%", "depots.csv", 12)
FACTS = (AREA, OPENED, RETAINED, PART)
SMALLER_AREA, SMALLEST_AREA = "1,034.50平方米", "734.50平方米"
SMALLER_RETAINED = "777,777.77元"
COMPUTED = Step(
    "computed", "grant", "仓储补贴", "每平方米321.09元 × 1,234.50平方米 = 396,385.61元", "396,385.61元", ARTICLE, False, None
)
COMPUTED_SMALLER = dataclasses.replace(COMPUTED, text="每平方米321.09元 × 1,034.50平方米 = 332,167.61元", result="332,167.61元")
WITHIN = Step(
    "ceiling", "year_limit", "年度限额", "不超过年度留成1,234,567.89元的45%，即555,555.55元（舍去不足一分的部分）", "396,385.61元", LIMIT_ARTICLE, False, None
)
WITHIN_SMALLER = dataclasses.replace(WITHIN, result="332,167.61元")
CEILING = Step(
    "ceiling", "year_limit", "年度限额", "不超过年度留成777,777.77元的45%，即349,999.99元（舍去不足一分的部分）", "349,999.99元", LIMIT_ARTICLE, True,
    "如无此项限额，可给予396,385.61元",
)
SPLIT = Step("share", "shared", "资金分担", "由受益财政按受益比例分担，下级财政的部分舍去不足一分的部分，余数由上级财政承担", "", "第三条", False, None)
BANDS = (
    Band("1,000平方米（含）至5,000平方米（不含）", "每一单位321.09元", True), Band("5,000平方米（含）以上", "每一单位432.10元", False),
    Band("低于最低一档", "不予支持", False, "E77"),
)
BELOW = (*(dataclasses.replace(band, applied=False) for band in BANDS[:2]), dataclasses.replace(BANDS[2], applied=True))
TOO_SMALL = Reason("E77", "仓储面积734.50平方米低于最低一档1,000平方米", "第二条第（三）款")


# ---------------------------------------------------------------- case files


def approved(style: LetterStyle, claim_id: str = "C-001", **changes: Any) -> CaseFile:
    """A claim granted in full: 396,385.61 yuan, shared by two treasuries, 60% to 40%."""
    case = CaseFile(
        claim_id=claim_id, claimant_id="91410000SAMPLE0001", claimant_name=INSTITUTION, clause="Z.9", clause_title="冷链仓储设施补贴", article=ARTICLE,
        claim_year=2022, submitted_on=dt.date(2022, 11, 8), outcome="approved", computed_fen=39_638_561, award_fen=39_638_561, facts=FACTS, bands=BANDS,
        steps=(COMPUTED, WITHIN, SPLIT), limits=(), reasons=(), readings=(Reading("Q1", "面积按什么计算", "按产权证记载的面积", "产权证是法定的登记"),),
        shares=_shares(23_783_137, 15_855_424),
        payee=Payee("91410000SAMPLE0001", INSTITUTION, "样例银行样例支行", "6222000012345678901"), policy_title="样例市冷链仓储发展若干措施",
        policy_document_no="样政〔2020〕8号", decided_on=DATED, label="2023-04", style=style, currency_word="元", currency_name="人民币",
    )
    return dataclasses.replace(case, **changes)


def reduced(style: LetterStyle, claim_id: str = "C-002", **changes: Any) -> CaseFile:
    """A claim as large, cut by a yearly limit to 349,999.99 yuan, borne by one treasury, without a registered account."""
    cut = {
        "outcome": "reduced", "award_fen": 34_999_999, "steps": (COMPUTED, CEILING, SPLIT), "facts": _facts(retained_yuan=SMALLER_RETAINED, upper_pct="100%"),
        "reasons": (Reason("R77", "当年补贴超过年度留成限额，超过部分不予补贴。", LIMIT_ARTICLE),),
        "shares": _shares(34_999_999, 0),
        "payee": Payee("91410000SAMPLE0001", INSTITUTION, None, None),
    }
    return approved(style, claim_id, **(cut | changes))


def rejected(style: LetterStyle, claim_id: str = "C-003", **changes: Any) -> CaseFile:
    """A claim refused for two reasons, with nothing computed."""
    refusal = {
        "outcome": "rejected", "computed_fen": 0, "award_fen": 0, "facts": _facts(storage_area_m2=SMALLEST_AREA, opened_on="2020年3月5日"), "bands": BELOW, "steps": (),
        "shares": (), "payee": None,
        "reasons": (TOO_SMALL, Reason("E78", "开仓日期2020年3月5日早于政策施行之日2020年6月1日", "第九条")),
    }
    return approved(style, claim_id, **(refusal | changes))


def withdrawn(style: LetterStyle) -> CaseFile:
    """A claim that was not supplemented in time."""
    late = Reason("E79", "逾期未补正，视为撤回：2023年3月1日退回补正，补正期限为2023年3月16日，至本次结算未收到补正后的申报", "")
    return rejected(style, facts=FACTS[:3], bands=(), reasons=(late,), readings=(), is_closed=True, withdrawn=True)


def supplement(style: LetterStyle, answer_days: int) -> Supplement:
    """A claim returned with two defects."""
    return Supplement(
        claim_id="C-004", claimant_name=INSTITUTION, clause_title="冷链仓储设施补贴", article=ARTICLE, facts=FACTS[:3],
        defects=(
            Defect("V77", "金额不一致", "年度留成（元）", "1234567.89", "claims.csv 第7行", "申报的年度留成与税务登记的不一致", "请核对后报送更正的年度留成", ""),
            Defect("V78", "缺少证明", "产权证号", "", "claims.csv 第7行", "产权证号为空", "请补填产权证号并附复印件", "复印件需加盖公章"),
        ),
        policy_title="样例市冷链仓储发展若干措施", policy_document_no="样政〔2020〕8号", answer_by=DATED + dt.timedelta(answer_days), style=style,
        issue=Issue(_number(style, 2), DATED),
    )


def supplementary(style: LetterStyle, settings: Settings) -> CaseFile:
    """The approved claim, of which a smaller area was taken at first: 332,167.61 yuan."""
    return _adjusted(approved(style), (19_930_057, 13_286_704), Change("仓储面积", SMALLER_AREA, AREA.text), "产权证记载的仓储面积大于原认定的面积", settings)


def corrected(style: LetterStyle, settings: Settings) -> CaseFile:
    """The approved claim, which the two treasuries had borne half and half."""
    return _adjusted(approved(style), (19_819_281, 19_819_280), Change("市级受益比例", "50%", PART.text), "市级受益比例登记有误", settings)


def recovery(style: LetterStyle, settings: Settings) -> CaseFile:
    """The approved claim, whose area was in fact smaller: 332,167.61 yuan are due."""
    smaller = approved(
        style, computed_fen=33_216_761, award_fen=33_216_761, facts=_facts(storage_area_m2=SMALLER_AREA), steps=(COMPUTED_SMALLER, WITHIN_SMALLER, SPLIT),
        shares=_shares(19_930_057, 13_286_704))
    return _adjusted(smaller, (23_783_137, 15_855_424), Change("仓储面积", AREA.text, SMALLER_AREA), "产权证记载的仓储面积小于原认定的面积", settings)


def revoked(style: LetterStyle, settings: Settings) -> CaseFile:
    """The approved claim, whose area was in fact too small."""
    too_small = rejected(style, "C-001", facts=_facts(storage_area_m2=SMALLEST_AREA), reasons=(TOO_SMALL,))
    return _adjusted(too_small, (23_783_137, 15_855_424), Change("仓储面积", AREA.text, SMALLEST_AREA), "产权证记载的仓储面积低于最低一档", settings)


def _facts(**texts: str) -> tuple[Fact, ...]:
    """The facts of the approved claim, some of them, by name, with other texts."""
    return tuple(dataclasses.replace(fact, text=texts.get(fact.name, fact.text)) for fact in FACTS)


def _shares(upper_fen: int, lower_fen: int) -> tuple[Share, ...]:
    return Share("upper", "市级财政", upper_fen), Share("lower", "县级财政", lower_fen)


def _adjusted(case: CaseFile, before: tuple[int, int], change: Change, found: str, settings: Settings) -> CaseFile:
    """A claim that an adjustment left as it is; `before` is what each of the two treasuries had borne, in fen."""
    now = {share.treasury: share.award_fen for share in case.shares}
    shares = tuple(
        ChangedShare(share.treasury, "", share.title, share.award_fen, now.get(share.treasury, 0)) for share in _shares(*before))
    return dataclasses.replace(case, adjustment=AdjustedFrom(
        1, f"经复核，{found}", False, sum(before), case.award_fen - sum(before), (change,), shares,
        _number(case.style, 1), settings.recovery.days, settings.recovery.pay_to))


# ---------------------------------------------------------------- letters


_CASES: dict[str, Callable[[LetterStyle, Settings], CaseFile | Supplement]] = {
    "approved": lambda style, _: approved(style),
    "reduced": lambda style, _: reduced(style),
    "rejected": lambda style, _: rejected(style),
    "supplement": lambda style, settings: supplement(style, settings.review.answer_days),
    "withdrawn": lambda style, _: withdrawn(style),
    "supplementary": supplementary,
    "corrected": corrected,
    "recovery": recovery,
    "revoked": revoked,
}
KINDS = (*_CASES, "commended", "thanks")
"""Every kind of letter that there is."""


def sample_letter(kind: str, policy: Policy, settings: Settings, templates: Path) -> dict[str, Any]:
    """A letter of a kind (see wording), marked as a sample. Raises UsageError where there is no such kind, or the policy has no such letters."""
    if kind not in KINDS:
        raise UsageError(f"there is no letter {kind}; the kinds are {', '.join(KINDS)}")
    letter = _commending(kind, policy, templates) if kind in ("commended", "thanks") else _of_claim(kind, letter_style(policy), settings, templates)
    return letter | {"stamp": SAMPLE}


def _of_claim(kind: str, style: LetterStyle, settings: Settings, templates: Path) -> dict[str, Any]:
    case = _CASES[kind](style, settings)
    return letter_of(dataclasses.replace(case, issue=Issue(_number(style, 2), DATED)), templates)


def _commending(kind: str, policy: Policy, templates: Path) -> dict[str, Any]:
    if not policy.body.commendation:
        raise UsageError(f"the policy {policy.id} commends nobody; name one that does with --policy")
    ranked = Ranked(1, False, "91410000SAMPLE0001", INSTITUTION, "样例冷链仓储银行总行", 9_650, "listed", "listed", "", 1)
    letters = dict(commendation_letters(policy, DATED.year, [ranked], templates))
    return letters[f"{kind}-{ranked.party}"]()


def _number(style: LetterStyle, number: int) -> str:
    return style.number_pattern.replace("{year}", str(DATED.year)).replace("{number}", str(number))
