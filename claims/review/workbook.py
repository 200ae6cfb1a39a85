"""The exceptions workbook: what waits for a person, to be filled in; what each code means; counts; and, hidden, the seals of it all.

The seals tell whoever takes the workbook back what every row stood for and what its locked cells held, so that a row which was changed, added or
removed, or whose claim has changed since, is noticed and named.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from claims.casefile import ACTIONS, date_text
from claims.policy.model import Code, Policy
from claims.privacy import masked_party, masked_text
from claims.review.exceptions import OpenException, ruling_note
from claims.workbooks import Choice, Column, Sheet, cell_text, workbook, written_text

EXCEPTIONS, CODES, SUMMARY, SEALS = "待处理申报", "代码说明", "汇总", "校验"
ACTION_COLUMN, AMOUNT_COLUMN, REASON_COLUMN = "处理", "核定金额", "理由"
FORMAT = "exceptions-1"
"""What the seals begin with; another number, when they hold something else."""
SEAL_WIDTH = 7
YES, NO = "可以", "不可以"


def exceptions_workbook(policy: Policy, exceptions: Sequence[OpenException], day: dt.date, label: str | None) -> bytes:
    """The workbook of some exceptions, in their order. The same record gives the same bytes."""
    sheets = [_exceptions_sheet(policy, exceptions, day, label), _codes_sheet(policy), _summary_sheet(policy, exceptions)]
    return workbook([*sheets, _seals_sheet(policy, exceptions, day, label, sheets)])


# ---------------------------------------------------------------- what is filled in


def exception_columns(policy: Policy) -> list[Column]:
    """The columns of the first sheet, those that are printed before `_beside`. The first tells the rows apart; two are filled in, or three where amounts
    are set."""
    amounts = [Column(f"{AMOUNT_COLUMN}（{policy.head.currency.word}）", 13, is_open=True)] if policy.determined else []
    printed = [
        Column("序号", 5, "count"), Column("申报编号", 15, least=14), Column("申报单位", 24, least=23), Column("条款", 20, least=13),
        Column("代码", 14, least=10), Column("发现的问题", 42, least=22), Column("放行后的核定金额（元）", 13, "yuan"), Column("放行后的结论", 20, least=11),
        Column("可否放行", 6), Column("此前的处理", 18, least=10), Column(ACTION_COLUMN, 10, is_open=True), *amounts,
        Column(REASON_COLUMN, 28, is_open=True, least=14),
    ]
    return [*printed, *_beside(policy)]


def _beside(policy: Policy) -> list[Column]:
    """The columns for the screen: the sheet of codes tells on paper what the articles say, the question which cells it is about."""
    breakdowns = [Column(breakdown.title, 10) for breakdown in policy.body.breakdown[:1]]
    return [Column("条文规定和要求", 36), Column("单元格", 15), Column("原文", 15), Column("文件和行号", 22), Column("挂起日期", 12), *breakdowns]


def _exceptions_sheet(policy: Policy, exceptions: Sequence[OpenException], day: dt.date, label: str | None) -> Sheet:
    columns = exception_columns(policy)
    claims = len({one.claim_id for one in exceptions})
    amount = [f"“{AMOUNT_COLUMN}”只在处理为“{ACTIONS['determine']}”的行填写；金额须在条文规定的限度以内，下次批次按此核定。"] if policy.determined else []
    return Sheet(
        EXCEPTIONS, "待处理申报复核表", columns, [_row(policy, number, one) for number, one in enumerate(exceptions, 1)],
        subtitle=[
            f"《{policy.head.title}》（{policy.head.document_no}）　{f'批次{label}的待处理申报' if label else '全部待处理申报'}　"
            f"{claims}件、{len(exceptions)}行　{date_text(day)}导出",
            "只填“处理”和“理由”两列，两列须同时填写；不办的行留空，可以分多次交回。排列：挂起最早的在前，同日的金额大的在前。",
            "“放行后的”金额和结论，是全部可放行的申报都放行时由系统按序核定的结果；金额无法计算的代码不可放行。", *amount,
        ],
        sums=False, protected=True, frozen_columns=3, choices=_choices(columns, exceptions), beside=len(_beside(policy)), mark=f"{date_text(day)}导出",
    )


def _row(policy: Policy, number: int, one: OpenException) -> list[Any]:
    return [
        number, one.claim_id, f"{masked_text(one.name or '名称未登记')}\n{masked_party(one.claimant)}",
        f"{one.clause or '未填'} {one.clause_title}".rstrip(), f"{one.code.id} {one.code.title}", masked_text(one.found), one.trial.award_fen, one.trial.text,
        YES if one.waivable else NO, ruling_note(one.ruling), *([None] * (3 if policy.determined else 2)),
        one.asks, one.cells, masked_text(one.raw), f"{one.file}\n第{one.line}行", one.held_since.isoformat(), *one.trial.breakdowns[:1],
    ]


def _choices(columns: list[Column], exceptions: Sequence[OpenException]) -> list[Choice]:
    place = next(place for place, column in enumerate(columns) if column.title == ACTION_COLUMN)
    rows: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row, one in enumerate(exceptions):
        if one.actions:
            rows[one.actions].append(row)
    return [Choice(place, numbers, [ACTIONS[action] for action in actions]) for actions, numbers in rows.items()]


# ---------------------------------------------------------------- what is read


def _codes_sheet(policy: Policy) -> Sheet:
    """What each exception code means, what is to be done, and whether it may be let pass."""
    columns = [
        Column("代码", 7), Column("代码名称", 22), Column("含义", 46, least=36), Column("条文规定和要求", 60, least=46), Column("可否放行", 9),
        Column("数据补齐后自动消除", 12),
    ]
    codes = [code for code in policy.codes.values() if code.kind == "exception"]
    return Sheet(CODES, "待处理代码说明", columns, [_code_row(code) for code in codes], sums=False, protected=True, subtitle=[
        f"{ACTIONS['waive']}：疑点不影响核定，按规定计算，复核人和理由写入核定过程和通知书。",
        f"{ACTIONS['return']}：一次告知全部问题和答复期限；逾期未补正的，视为撤回申报。{ACTIONS['refuse']}：按所填理由不予支持。",
        *_determining(policy),
    ])


def _determining(policy: Policy) -> list[str]:
    """What setting an amount means, where the policy leaves one to people."""
    codes = "、".join(code for asking in policy.determined.values() for code in asking)
    return [f"{ACTIONS['determine']}：代码{codes}的申报由主管部门确定金额，填写“{AMOUNT_COLUMN}”，复核人为核定人，处理日为核定日期。"] if codes else []


def _code_row(code: Code) -> list[str]:
    message = code.message_zh.replace("{article}", code.article or "所报条款").replace("：{cells}", "").replace("{cells}", "所涉单元格")
    found, _, asks = message.partition("。")
    return [code.id, code.title, found, asks, YES if code.waivable else NO, "不会" if code.sticky else "会"]


def _summary_sheet(policy: Policy, exceptions: Sequence[OpenException]) -> Sheet:
    """Counts by code, clause and each breakdown. A claim counts once in each line, and with its award if it could pass."""
    columns = [Column("分类", 14), Column("项目", 52), Column("行数", 9, "count"), Column("申报件数", 10, "count"), Column("放行后的核定金额（元）", 20, "yuan")]
    parts: list[tuple[str, Callable[[OpenException], str]]] = [
        ("代码", lambda one: f"{one.code.id} {one.code.title}"), ("条款", lambda one: f"{one.clause or '未填'} {one.clause_title}".rstrip()),
        *((breakdown.title, lambda one, place=place: one.trial.breakdowns[place]) for place, breakdown in enumerate(policy.body.breakdown)),
    ]
    rows = [row for title, told in parts for row in _counted(title, told, exceptions)]
    return Sheet(SUMMARY, "待处理申报汇总", columns, rows, sums=False, protected=True,
                 subtitle=["同一件申报有几个代码的，在各代码下分别计数，金额不可跨代码相加。"])


def _counted(title: str, told: Callable[[OpenException], str], exceptions: Sequence[OpenException]) -> list[list[Any]]:
    groups: dict[str, list[OpenException]] = defaultdict(list)
    for one in exceptions:
        groups[told(one)].append(one)
    return [_count_row(title, name, groups[name]) for name in sorted(groups)] + [_count_row(title, "合计", exceptions)]


def _count_row(title: str, name: str, group: Sequence[OpenException]) -> list[Any]:
    awards = {one.claim_id: one.trial.award_fen or 0 for one in group}
    return [title, name, len(group), len(awards), sum(awards.values())]


# ---------------------------------------------------------------- seals


def _seals_sheet(policy: Policy, exceptions: Sequence[OpenException], day: dt.date, label: str | None, sheets: Sequence[Sheet]) -> Sheet:
    lines = [["book", FORMAT, policy.id, label or "", day.isoformat()]]
    lines.append(["sheet", sheets[0].name, sheet_seal(_texts(sheets[0])[: sheets[0].head + 1])])
    lines += [["sheet", sheet.name, sheet_seal(_texts(sheet))] for sheet in sheets[1:]]
    lines += [
        ["row", one.claim_id, one.code.id, one.content, one.state, str(one.ruled_by or ""), cell_seals(_locked_texts(sheets[0], row))]
        for one, row in zip(exceptions, sheets[0].rows)
    ]
    lines.append(["all", seal(sealed_text(lines))])
    padded = [[*line, *[""] * (SEAL_WIDTH - len(line))] for line in lines]
    return Sheet(SEALS, "请勿改动", [Column("", 12)] * SEAL_WIDTH, padded, sums=False, protected=True, hidden=True)


def sealed_text(lines: Sequence[Sequence[str]]) -> str:
    """All lines of the seals as one text, whatever empty cells stand at their ends."""
    return "\n".join("\t".join(line).rstrip("\t") for line in lines)


def seal(text: str) -> str:
    """A digest of a text, long enough to notice a change."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def cell_seals(texts: Sequence[str]) -> str:
    """A digest of each cell of a row, so that the one that was changed can be named."""
    return " ".join(seal(text) for text in texts)


def sheet_seal(rows: Sequence[Sequence[str]]) -> str:
    """A digest of what a sheet tells, whatever empty cells stand around it."""
    return seal(sealed_text(rows))


def _texts(sheet: Sheet) -> list[list[str]]:
    """The cells of a sheet as they are read back."""
    heads = [[cell_text(text)] for text in (sheet.title, *sheet.subtitle)]
    return [*heads, [cell_text(column.title) for column in sheet.columns], *(_row_texts(sheet, row) for row in sheet.rows)]


def _locked_texts(sheet: Sheet, row: Sequence[Any]) -> list[str]:
    return [text for text, column in zip(_row_texts(sheet, row), sheet.columns) if not column.is_open]


def _row_texts(sheet: Sheet, row: Sequence[Any]) -> list[str]:
    return [written_text(cell, column) for cell, column in zip(row, sheet.columns)]
