"""Case files of an invented policy, for tests of documents: no figure or clause of a shipped policy stands here."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from claims.casefile import CaseFile, Fact, LetterStyle, Payee, Reading, Reason, Share, Step

ARTICLE = "第二条第（三）款第1项"

STYLE = LetterStyle(
    issuer="样例市财政局",
    mark="样例市财政局文件",
    number_pattern="样财金〔{year}〕{number}号",
    contact="联系人：样例科室，联系电话：0000-1234567",
    objection="如对本决定有异议，可以自收到本通知之日起六十日内依法申请行政复议。",
    copies_to="样例市审计局，样例市税务局。",
    print_office="样例市财政局办公室",
    addressed_as="你单位",
)

FACTS = (
    Fact("storage_area_m2", "仓储面积", "1,234.50平方米", "claims.csv", 7),
    Fact("opened_on", "开仓日期", "2021年3月5日", "institutions.csv", 12),
    Fact("retained_yuan", "年度留成", "777,777.78元", "retained_tax.csv", 3),
)

COMPUTED = Step(
    "computed", "grant", "仓储补贴", "每平方米321.09元 × 1,234.50平方米 = 396,385.61元", "396,385.61元", ARTICLE, False, None
)
CEILING = Step(
    "ceiling",
    "year_limit",
    "年度限额",
    "不超过年度留成777,777.78元的45%，即349,999.99元（舍去不足一分的部分）",
    "349,999.99元",
    "第二条末段",
    True,
    "如无此项限额，可给予396,385.61元",
)


def approved(claim_id: str = "C-001", **changes: Any) -> CaseFile:
    """A claim of an invented storage grant, granted in full: 396,385.61 yuan, shared by two treasuries."""
    case = CaseFile(
        claim_id=claim_id,
        claimant_id="91410000SAMPLE0001",
        claimant_name="样例冷链仓储银行股份有限公司",
        clause="Z.9",
        clause_title="冷链仓储设施补贴",
        article=ARTICLE,
        claim_year=2022,
        submitted_on=dt.date(2022, 11, 8),
        outcome="approved",
        computed_fen=39_638_561,
        award_fen=39_638_561,
        facts=FACTS,
        bands=(),
        steps=(COMPUTED,),
        limits=(),
        reasons=(),
        readings=(Reading("Q1", "面积按什么计算", "按产权证记载的面积", "产权证是法定的登记"),),
        shares=(Share("upper", "市级财政", 23_783_137), Share("lower", "县级财政", 15_855_424)),
        payee=Payee("91410000SAMPLE0001", "样例冷链仓储银行股份有限公司", "样例银行样例支行", "6222000012345678901"),
        policy_title="样例市冷链仓储发展若干措施",
        policy_document_no="样政〔2019〕8号",
        decided_on=dt.date(2023, 4, 16),
        label="2023-04",
        style=STYLE,
        currency_word="元",
        currency_name="人民币",
    )
    return dataclasses.replace(case, **changes)


def reduced(claim_id: str = "C-002", **changes: Any) -> CaseFile:
    """The same claim cut by a yearly limit to 349,999.99 yuan, borne by one treasury, without a registered account."""
    cut = {
        "outcome": "reduced",
        "award_fen": 34_999_999,
        "steps": (COMPUTED, CEILING),
        "reasons": (Reason("R77", "当年补贴超过年度留成限额，超过部分不予补贴。", "第二条末段"),),
        "shares": (Share("upper", "市级财政", 34_999_999), Share("lower", "县级财政", 0)),
        "payee": Payee("91410000SAMPLE0001", "样例冷链仓储银行股份有限公司", None, None),
    }
    return dataclasses.replace(approved(claim_id), **(cut | changes))


def rejected(claim_id: str = "C-003", **changes: Any) -> CaseFile:
    """The same claim refused for two reasons, with nothing computed."""
    refusal = {
        "outcome": "rejected",
        "computed_fen": 0,
        "award_fen": 0,
        "steps": (),
        "reasons": (
            Reason("E77", "仓储面积低于最低档2,000.00平方米", "第二条第（三）款"),
            Reason("E78", "开仓日期2021年3月5日早于政策施行之日2021年6月1日", "第九条"),
        ),
        "shares": (),
        "payee": None,
    }
    return dataclasses.replace(approved(claim_id), **(refusal | changes))
