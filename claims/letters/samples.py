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

DATED = dt.date(2023, 4, 16)
ARTICLE = "第二条第（三）款第1项"
INSTITUTION = "样例冷链仓储银行股份有限公司"
FACTS = (
    Fact("storage_area_m2", "仓储面积", "1,234.50平方米", "claims.csv", 7),
    Fact("opened_on", "开仓日期", "2021年3月5日", "depots.csv", 12),
    Fact("retained_yuan", "年度留成", "777,777.78元", "taxes.csv", 3),
)
COMPUTED = Step(
    "computed", "grant", "仓储补贴", "每平方米321.09元 × 1,234.50平方米 = 396,385.61元", "396,385.61元", ARTICLE, False, None
)
CEILING = Step(
    "ceiling", "year_limit", "年度限额", "不超过年度留成777,777.78元的45%，即349,999.99元（舍去不足一分的部分）", "349,999.99元", "第二条末段", True,
    "如无此项限额，可给予396,385.61元",
)
BANDS = (
    Band("2,000平方米（含）至5,000平方米（不含）", "每一单位321.09元", False), Band("5,000平方米（含）以上", "每一单位432.10元", False),
    Band("低于最低一档", "不予支持", True, "E77"),
)
SPLIT = (Share("upper", "市级财政", 20_999_999), Share("lower", "县级财政", 14_000_000))


# ---------------------------------------------------------------- case files


def approved(style: LetterStyle, claim_id: str = "C-001", **changes: Any) -> CaseFile:
    """A claim granted in full: 396,385.61 yuan, shared by two treasuries."""
    case = CaseFile(
        claim_id=claim_id, claimant_id="91410000SAMPLE0001", claimant_name=INSTITUTION, clause="Z.9", clause_title="冷链仓储设施补贴", article=ARTICLE,
        claim_year=2022, submitted_on=dt.date(2022, 11, 8), outcome="approved", computed_fen=39_638_561, award_fen=39_638_561, facts=FACTS, bands=(),
        steps=(COMPUTED,), limits=(), reasons=(), readings=(Reading("Q1", "面积按什么计算", "按产权证记载的面积", "产权证是法定的登记"),),
        shares=(Share("upper", "市级财政", 23_783_137), Share("lower", "县级财政", 15_855_424)),
        payee=Payee("91410000SAMPLE0001", INSTITUTION, "样例银行样例支行", "6222000012345678901"), policy_title="样例市冷链仓储发展若干措施",
        policy_document_no="样政〔2019〕8号", decided_on=DATED, label="2023-04", style=style, currency_word="元", currency_name="人民币",
    )
    return dataclasses.replace(case, **changes)


def reduced(style: LetterStyle, claim_id: str = "C-002", **changes: Any) -> CaseFile:
    """The same claim cut by a yearly limit to 349,999.99 yuan, borne by one treasury, without a registered account."""
    cut = {
        "outcome": "reduced", "award_fen": 34_999_999, "steps": (COMPUTED, CEILING),
        "reasons": (Reason("R77", "当年补贴超过年度留成限额，超过部分不予补贴。", "第二条末段"),),
        "shares": (Share("upper", "市级财政", 34_999_999), Share("lower", "县级财政", 0)),
        "payee": Payee("91410000SAMPLE0001", INSTITUTION, None, None),
    }
    return approved(style, claim_id, **(cut | changes))


def rejected(style: LetterStyle, claim_id: str = "C-003", **changes: Any) -> CaseFile:
    """The same claim refused for two reasons, with nothing computed."""
    refusal = {
        "outcome": "rejected", "computed_fen": 0, "award_fen": 0, "bands": BANDS, "steps": (), "shares": (), "payee": None,
        "reasons": (
            Reason("E77", "仓储面积低于最低档2,000.00平方米", "第二条第（三）款"),
            Reason("E78", "开仓日期2021年3月5日早于政策施行之日2021年6月1日", "第九条"),
        ),
    }
    return approved(style, claim_id, **(refusal | changes))


def withdrawn(style: LetterStyle) -> CaseFile:
    """The same claim, which was not supplemented in time."""
    late = Reason("E79", "逾期未补正，视为撤回：2023年3月1日退回补正，补正期限为2023年3月16日，至本次结算未收到补正后的申报", "")
    return rejected(style, bands=(), reasons=(late,), is_closed=True, withdrawn=True)


def supplement(style: LetterStyle, answer_days: int) -> Supplement:
    """The same claim, returned with two defects."""
    return Supplement(
        claim_id="C-004", claimant_name=INSTITUTION, clause_title="冷链仓储设施补贴", article=ARTICLE, facts=FACTS[:2],
        defects=(
            Defect("V77", "金额不一致", "年度留成（元）", "777777.78", "claims.csv 第7行", "申报的年度留成与税务登记的不一致", "请核对后报送更正的年度留成", ""),
            Defect("V78", "缺少证明", "产权证号", "", "claims.csv 第7行", "产权证号为空", "请补填产权证号并附复印件", "复印件需加盖公章"),
        ),
        policy_title="样例市冷链仓储发展若干措施", policy_document_no="样政〔2019〕8号", answer_by=DATED + dt.timedelta(answer_days), style=style,
        issue=Issue(_number(style, 2), DATED),
    )


def adjusted(case: CaseFile, before: tuple[int, int], settings: Settings) -> CaseFile:
    """A claim that an adjustment left as it is; `before` is what each of the two treasuries had borne, in fen."""
    now = {share.treasury: share.award_fen for share in case.shares}
    shares = tuple(
        ChangedShare(treasury, "", title, was, now.get(treasury, 0)) for (treasury, title), was in zip((("upper", "市级财政"), ("lower", "县级财政")), before))
    change = Change("仓储面积", "1,090.05平方米", "1,234.50平方米")
    return dataclasses.replace(case, adjustment=AdjustedFrom(
        1, "经复核，原认定的仓储面积与产权证不符", False, sum(before), case.award_fen - sum(before), (change,), shares,
        _number(case.style, 1), settings.recovery.days, settings.recovery.pay_to))


# ---------------------------------------------------------------- letters


_CASES: dict[str, Callable[[LetterStyle, Settings], CaseFile | Supplement]] = {
    "approved": lambda style, _: approved(style),
    "reduced": lambda style, _: reduced(style),
    "rejected": lambda style, _: rejected(style),
    "supplement": lambda style, settings: supplement(style, settings.review.answer_days),
    "withdrawn": lambda style, _: withdrawn(style),
    "supplementary": lambda style, settings: adjusted(approved(style), (20_999_999, 14_000_000), settings),
    "corrected": lambda style, settings: adjusted(approved(style), (19_819_280, 19_819_281), settings),
    "recovery": lambda style, settings: adjusted(reduced(style, shares=SPLIT), (23_783_137, 15_855_424), settings),
    "revoked": lambda style, settings: adjusted(rejected(style), (23_783_137, 15_855_424), settings),
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
