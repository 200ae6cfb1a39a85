"""Edge cases in the words of the bureau: what a bound is called, what a value looks like, what a claim gets and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from claims.casefile import HELD, OUTCOMES, date_text
from claims.cases.bench import Told
from claims.cases.bounds import Turn
from claims.cases.file import Case
from claims.cases.marks import Marks
from claims.cases.places import ordinal
from claims.cases.variables import Variable
from claims.money import plain_yuan
from claims.policy.model import UNIT_OF_TYPE, Currency
from claims.trace import printed_number, unit_word

OUTCOME_WORDS = {**OUTCOMES, "exception": HELD, "unknown": "无法核定"}
KINDS = ("atom", "effect", "carried", "case", "limit", "result", "way", "asked", "row", "range", "special")
"""The kinds of marks in the order in which a bound names their articles."""
NOTE = """本文件由程序根据本政策自动生成，供业务科室逐项审核、签字，不是政策内容的一部分。
怎样读：每个 [[rule]] 是一个条款的一种计算方式，先列一件可以核准的申报（facts）及其结果（result）；
其下每个 [[rule.bound]] 是一处界限：只改动 fact 一项（另有改动的列在 facts），界限前、界限上、界限后各列一件，写明结论、金额、代码和理由；
follows 是随核定的金额而来的：由几级财政分担的各是多少，分期拨付的日期和金额，违反承诺的返还。
unturned 是没有算例能够显示的比较和数值及其原因，请人工核对。given. 开头的是此前已核定的金额（件数、年数），other. 开头的是同一单位在先的另一件申报。
怎样签：逐件核对结果与文件规定一致后，填写 signed_by（签字人）和 signed_on（日期）。结果有变时，重新生成会删去签字，须重新审核。
"""


def value_text(variable: Variable, value: str, currency: Currency) -> str:
    """A value as people write it, with its unit."""
    if variable.type == "choice":
        return dict(variable.choices).get(value, value)
    if variable.type == "date":
        return date_text(dt.date.fromisoformat(value))
    if not variable.ordered:
        return value
    unit = UNIT_OF_TYPE[variable.type]
    return (value if value.startswith("-") else printed_number(ordinal(variable.type, value), unit)) + unit_word(unit, currency)


def bound_title(turn: Turn, currency: Currency) -> str:
    """What a bound is called: 实收资本达到100.00元, 开业日期自2021年3月5日起, 机构类别为银行."""
    variable, value = turn.variable, value_text(turn.variable, turn.value, currency)
    if not variable.ordered:
        return f"{variable.title}为“{value}”"
    return f"{variable.title}自{value}起" if variable.type == "date" else f"{variable.title}达到{value}"


def bound_article(marks: Marks, turn: Turn) -> str:
    """The articles that a bound comes from."""
    ranked = sorted(turn.marks, key=lambda mark: (KINDS.index(mark.kind), mark.name))
    articles = [article for mark in ranked for article in marks.article(mark, turn.ground.clause)]
    return "；".join(dict.fromkeys(articles)) or marks.policy.clauses[turn.ground.clause].article


def case_of(told: Told, value: str) -> Case:
    """What a claim gets, with the sentences that decide it, and what follows from its award."""
    result = told.result
    return Case(value, OUTCOME_WORDS[result.outcome], plain_yuan(result.award_fen) if result.outcome in OUTCOMES else "", result.codes,
                "；".join(text.rstrip("。；") for text in _sentences(told)), "；".join(told.follows))


def _sentences(told: Told) -> Iterator[str]:
    """Why a claim is held or refused; of an award how it was computed, and what cut it."""
    yield from (message.partition("。")[0] for message in told.held)  # what is wrong; what to do about it is for claimants
    yield from (reason.text for reason in told.reasons)
    if told.result.outcome in ("approved", "reduced"):
        for step in told.steps:
            if step.kind in ("computed", "entitlement", "carried") or step.kind in ("ceiling", "highest") and step.bound:
                yield f"{step.title}：{step.text}"
