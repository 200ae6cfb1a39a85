"""Payment lists, what waits, and what the bank's files said that fits nothing: workbooks for people, the same as CSV.

A list holds the payments of one plan from one treasury. Its file is named by a number and the treasury, so that no place's name can lead elsewhere.
"""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from claims.casefile import date_text
from claims.database import Database
from claims.files import make_folder, replace_files, sha256_of
from claims.money import capital_words, plain_yuan, yuan_text
from claims.outputs import publish_whole
from claims.policy.model import Policy
from claims.privacy import masked_numbers, masked_party, masked_text
from claims.quoting import inert
from claims.record.journal import Entry
from claims.record.store import result_source
from claims.treasuries import Treasuries
from claims.workbooks import SIGNED, Column, Sheet, workbook
from claims.workspace import Workspace

SIGNATURES = f"{SIGNED}　　　　　　　　复核：　　　　　　　　审批：　　　　　　　　日期："
LIST_COLUMNS = (
    Column("付款编号", 15), Column("收款人", 24, least=16), Column("开户银行", 20, least=14), Column("收款账号", 24), Column("金额（元）", 16, "yuan"),
    Column("金额大写", 26, least=18), Column("用途", 30, least=20), Column("替代付款编号", 15),
)
WAITING_COLUMNS = (
    Column("财政", 22, least=16), Column("申报编号", 18), Column("期次", 6), Column("收款人", 28, least=20), Column("可付日期", 14), Column("金额（元）", 16, "yuan"),
    Column("原因", 50, least=34), Column("被退回的付款编号", 18),
)
EXCEPTION_COLUMNS = (Column("文件", 28), Column("行", 6), Column("付款编号", 16), Column("问题", 70))
UNPAID_COLUMNS = (
    Column("财政", 22), Column("申报编号", 18), Column("期次", 6), Column("收款人", 28), Column("可付日期", 14), Column("金额（元）", 16, "yuan"),
    Column("办到哪一步", 40),
)
OWED_COLUMNS = (Column("财政", 22), Column("申报编号", 18), Column("收款单位代码", 24), Column("欠款起始日", 12), Column("尚应退回（元）", 16, "yuan"))
SET_OFF_COLUMNS = (
    Column("日期", 12), Column("财政", 22), Column("申报编号", 18), Column("抵扣金额（元）", 16, "yuan"), Column("抵扣的应付款", 34),
    Column("抵扣后尚应退还（元）", 20),
)
WHY = {
    "correction": "更正未批准，批准后再列",
    "place": "承担财政的名称未登记，请补登后再列",
    "payee": "收款人未登记，请补登后再列",
    "account": "收款人的银行账户未登记，请补登后再列",
    "budget": "本年度预算未下达",
    "uncovered": "预算余额不足",
    "behind": "排在前面的一笔预算余额不足，依次等待",
}
"""Why a payable waits, by state; the first four do not hold up those behind."""
WAITING = "waiting"
"""What waited at a planning: the name of its result, and of the list that people see."""


@dataclass(frozen=True)
class PaymentList:
    """The payments of one plan from one treasury: who pays, where the list lies, how many payments, their sum in fen."""

    title: str
    path: Path
    count: int
    total_fen: int


def payments_folder(workspace: Workspace, policy_id: str) -> Path:
    """Where the lists of a policy lie."""
    return workspace.root / "payments" / policy_id


def lists_folder(workspace: Workspace, plan: Entry) -> Path:
    """Where the lists of a plan lie."""
    return payments_folder(workspace, plan.body["policy"]["id"]) / f"{plan.body['on']}-{plan.sequence:04d}"


def publish_lists(database: Database, workspace: Workspace, policy: Policy, entry: Entry) -> Path:
    """Write the lists of a plan, a workbook and a CSV file for each treasury, where they are missing or changed. Gives their folder."""
    final = lists_folder(workspace, entry)
    publish_whole(
        workspace, final, f"payments-{entry.sequence}", lambda folder: _write_lists(folder, policy, entry, _lists(database, policy, entry, final)))
    return final


def lists_of(database: Database, workspace: Workspace, policy: Policy, entry: Entry) -> list[PaymentList]:
    """The lists of a plan."""
    return [found for found, _ in _lists(database, policy, entry, lists_folder(workspace, entry))]


def has_lists(plan: Entry) -> bool:
    """Whether a planning made payments; one that made none tells what waits, no more."""
    return plan.body["results"]["payment"]["rows"] > 0


def tells_what_waits(plan: Entry) -> bool:
    """Whether what waited was recorded with a planning, as it is since 0.2.0."""
    return WAITING in plan.body["results"]


def waiting_rows(database: Database, workspace: Workspace, plan: Entry) -> list[tuple]:
    """What waited at a planning, as sql/pay/waiting.sql gave it."""
    return database.rows(f"from {result_source(workspace, plan, WAITING)} order by line")


def publish_waiting(database: Database, workspace: Workspace, policy: Policy, plan: Entry) -> Path:
    """Write what waited at a planning, in the order of paying."""
    names = Treasuries(policy)
    rows = [
        (names.title(treasury, place), claim_id, str(instalment), payee_name or payee, due_on.isoformat(), amount_fen, _why(state, left_fen), replaces)
        for _line, treasury, place, claim_id, _number, instalment, payee, payee_name, due_on, amount_fen, state, left_fen, replaces
        in waiting_rows(database, workspace, plan)
    ]
    until = f"截至{date_text(dt.date.fromisoformat(plan.body['on']))}"
    told = f"{until}，共{len(rows)}笔，按支付顺序"
    return _publish_sheet(workspace, policy, WAITING, Sheet("等待支付", "等待支付的款项", WAITING_COLUMNS, rows, (told,), mark=until))


def publish_exceptions(database: Database, workspace: Workspace, policy: Policy) -> Path:
    """Write every row of the bank's files that fitted no open payment, the latest file last."""
    found = database.rows("select file, line::varchar, payment_id, problem from payment_exception order by sequence, line")
    rows = [(file, line, masked_numbers(payment_id), masked_numbers(problem)) for file, line, payment_id, problem in found]
    return _publish_sheet(workspace, policy, "exceptions", Sheet("回单异常", "银行回单中不能登记的行", EXCEPTION_COLUMNS, rows))


def publish_set_off(database: Database, workspace: Workspace, policy: Policy) -> Path:
    """Write every amount that was set off against what was to be paid back, in the order of the record."""
    names = Treasuries(policy)
    rows = [
        (day.isoformat(), names.title(treasury, place), claim_id, fen, f"银行退回{payment_id}" if payment_id else f"补发{document_no}", plain_yuan(owed_fen))
        for day, treasury, place, claim_id, fen, payment_id, document_no, owed_fen in database.rows(database.render("pay/set_off.sql"))
    ]
    return _publish_sheet(workspace, policy, "set_off", Sheet("抵扣登记", "应追回款抵扣登记簿", SET_OFF_COLUMNS, rows))


def unpaid_sheets(database: Database, policy: Policy, day: dt.date) -> list[Sheet]:
    """What is approved and not paid, and what is to be paid back, as they stand on a day: two sheets, of which nothing is recorded."""
    names, payment = Treasuries(policy), policy.body.payment
    key = policy.tables[payment.table].key[0]
    unpaid = [
        (names.title(treasury, place), letter_id, str(instalment), masked_text(name), due_on.isoformat(), amount_fen,
         _how_far(state, payment_id, due_on, day))
        for treasury, place, letter_id, instalment, name, due_on, amount_fen, state, payment_id
        in database.rows(database.render("pay/unpaid.sql", payment=payment, key=key, treasuries=policy.treasury_ids))
    ]
    owed = [
        (names.title(treasury, place), claim_id, masked_party(payee), since.isoformat(), owed_fen)
        for claim_id, treasury, place, payee, owed_fen, since in database.rows(database.render("pay/owed_back.sql"))
    ]
    until = f"截至{date_text(day)}"
    told = f"依据：{policy.head.title}（{policy.head.document_no}）　　{until}"
    return [
        Sheet("应付未付", "已批准尚未支付的款项", UNPAID_COLUMNS, unpaid, (told,), mark=until),
        Sheet("应退未退", "应当退回尚未退回的款项", OWED_COLUMNS, owed, (told,), mark=until),
    ]


def _how_far(state: str | None, payment_id: str | None, due_on: dt.date, day: dt.date) -> str:
    if state == "open":
        return f"已列支付清单（{payment_id}），等待银行回单"
    if state == "returned":
        return f"银行退回（{payment_id}），待重新列清单"
    return "已到期，待列支付清单" if due_on <= day else "未到期"


def _lists(database: Database, policy: Policy, entry: Entry, folder: Path) -> list[tuple[PaymentList, list[tuple]]]:
    """Each list with its rows, as LIST_COLUMNS; treasuries in the policy's order."""
    names = Treasuries(policy)
    items = database.rows(database.render("pay/list_item.sql", sequence=entry.sequence))
    lists = []
    for number, ((treasury, place), group) in enumerate(itertools.groupby(items, key=lambda item: item[4:6]), start=1):
        title = names.title(treasury, place)
        rows = [_list_row(policy, item) for item in group]
        path = folder / f"{number:02d}-{_file_name(title)}.xlsx"
        lists.append((PaymentList(title, path, len(rows), sum(row[4] for row in rows)), rows))
    return lists


def _list_row(policy: Policy, item: tuple) -> tuple:
    payment_id, replaces, claim_id, instalment, _, _, payee_name, bank, account, amount_fen, clause, document_no, set_off_fen = item
    known = policy.clauses.get(clause)
    several = f"第{instalment}期" if instalment > 1 or (known and known.instalment) else None
    set_off = f"（已抵扣应追回款{yuan_text(set_off_fen)}元）" if set_off_fen else None
    purpose = " ".join(filter(None, (policy.head.document_no, clause, known and known.title, several, claim_id, document_no, set_off)))
    return payment_id, payee_name, bank, account, amount_fen, capital_words(amount_fen), purpose, replaces


def _write_lists(folder: Path, policy: Policy, entry: Entry, lists: Sequence[tuple[PaymentList, list[tuple]]]) -> None:
    for found, rows in lists:
        number = found.path.parent.name
        subtitle = (
            f"依据：{policy.head.title}（{policy.head.document_no}）",
            f"清单：{number}　　列单日期：{date_text(dt.date.fromisoformat(entry.body['on']))}　　列单人：{entry.actor}",
            f"共{found.count}笔，合计{yuan_text(found.total_fen)}元（{capital_words(found.total_fen)}）",
        )
        title = f"{found.title}奖补资金支付清单"
        _write_both(folder / found.path.name, Sheet("支付清单", title, LIST_COLUMNS, rows, subtitle, [SIGNATURES], mark=f"清单{number}"))
    totals = [{"treasury": found.title, "file": found.path.name, "payments": found.count, "yuan": plain_yuan(found.total_fen)} for found, _ in lists]
    outputs = [{"file": path.name, "sha256": sha256_of(path)} for path in sorted(folder.iterdir())]
    manifest = {
        "policy": policy.id, "on": entry.body["on"], "sequence": entry.sequence, "outputs": outputs, "lists": totals,
        "control_totals": {"payments": sum(found.count for found, _ in lists), "yuan": plain_yuan(sum(found.total_fen for found, _ in lists))},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _write_both(path: Path, sheet: Sheet) -> None:
    """The workbook, and beside it the same rows as CSV; a cell that a workbook would take for a formula has a leading apostrophe there."""
    path.write_bytes(workbook([sheet]))
    with path.with_suffix(".csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(column.title for column in sheet.columns)
        writer.writerows([_csv_cell(cell, column) for cell, column in zip(row, sheet.columns)] for row in sheet.rows)


def _csv_cell(cell: str | int | None, column: Column) -> str:
    if cell is None:
        return ""
    return inert(plain_yuan(cell) if column.kind == "yuan" else cell)


def _publish_sheet(workspace: Workspace, policy: Policy, name: str, sheet: Sheet) -> Path:
    """Write a table that takes the place of its last one."""
    partial, final = workspace.fresh_scratch(f"payments-{name}"), payments_folder(workspace, policy.id)
    _write_both(partial / f"{name}.xlsx", sheet)
    make_folder(final)
    replace_files(partial, final)
    return final / f"{name}.xlsx"


def _why(state: str, left_fen: int | None) -> str:
    return WHY[state] + (f"（尚可安排{yuan_text(left_fen)}元）" if state in ("uncovered", "behind") else "")


def _file_name(title: str) -> str:
    """A name for a file, whatever the place is called; the number before it tells two of the same name apart."""
    return re.sub(r"[^\w.-]", "-", title)[:40]
