"""Budgets and payments: the order of steps of each command, and what it tells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from claims.beancount_text import beancount_text
from claims.budgets import read_budget, unheard_of
from claims.errors import UsageError
from claims.files import write_atomically
from claims.ledger import require_sound_ledger, trial_balance_text
from claims.money import fen_of, yuan_text
from claims.payment_lists import WAITING, WHY, PaymentList, has_lists, lists_of, publish_lists, tells_what_waits, unpaid_sheets, waiting_rows
from claims.payments import (
    CONFIRM_RELATIONS, PLAN_RELATIONS, RECOVERED_RELATIONS, RESULT_RELATIONS, Debt, debts_of, give_back, plan_payments, read_answers, take_back,
)
from claims.people import one_spelling
from claims.privacy import masked_numbers, masked_party
from claims.quoting import quoted
from claims.record.journal import Entry
from claims.record.store import enter_policy, policy_of
from claims.text_table import text_table
from claims.treasuries import Treasuries
from claims.workbooks import Sheet, workbook
from pipelines.desk import Desk
from pipelines.queries import read, runs_of_one_policy
from pipelines.running_lists import see_to_list


def import_budget(at: Desk, file: Path) -> str:
    """Take in a budget file; one that changes nothing is not recorded."""
    file = at.own_copy(file)
    read_budget(at.database, at.policy, file, at.workspace.fresh_scratch("budget"), at.day.isoformat())
    names = Treasuries(at.policy)
    changed = at.database.rows("select treasury, place, year, before_fen, amount_fen, left_fen + change_fen from budget_change order by all")
    notes = [f"请核对名称：尚无申报涉及“{names.title(*one)}”" for one in unheard_of(at.database, at.policy)]
    if changed:
        _record(at, "budget", {"budget": "select treasury, place, year, amount_fen from budget_change", "posting": "from new_posting"}, [file])
    rows = [(names.title(row[0], row[1]), str(row[2]), *map(yuan_text, row[3:])) for row in changed]
    told = text_table([("财政", "年度", "原预算（元）", "现预算（元）", "尚可安排（元）"), *rows], right=(2, 3, 4)) if rows else "预算没有变化，未作登记"
    return "\n".join([told, *notes])


def plan(at: Desk) -> str:
    """List what is due and covered, and see to the documents of every plan so far."""
    earlier = [act for act in at.acts("plan") if has_lists(act)]
    told = plan_at(at)
    for act in earlier:
        publish_lists(at.database, at.workspace, at.under(act).policy, act)
    return told


def plan_at(at: Desk) -> str:
    """The same without the documents of earlier plans."""
    _refuse_going_back(at)
    plan_payments(at.database, at.policy, at.day, _next_number(at))
    looked_at = at.database.rows(at.database.render("pay/plan_note.sql"))
    waits = at.database.render("pay/waiting.sql", treasuries=at.policy.treasury_ids)
    same = _same_planning(at, waits)
    planning = same or _record(at, "plan", PLAN_RELATIONS, shown={WAITING: waits})
    told = "没有新的款项可列入支付清单"
    if not same and has_lists(planning):
        publish_lists(at.database, at.workspace, at.policy, planning)
        told = _lists_text(lists_of(at.database, at.workspace, at.policy, planning))
    listed = see_to_list(at, WAITING)
    see_to_list(at, "set_off")
    notes = [f"注意：{payment_id} {note}" for payment_id, note in looked_at]
    return "\n".join([told, *notes, *_waiting_text(at, listed)])


def _same_planning(at: Desk, waits: str) -> Entry | None:
    """The latest planning, where it was on this day, nothing is to be paid since, and the same waits: then there is nothing to record."""
    latest = next(reversed(at.acts("plan")), None)
    if latest is None or not tells_what_waits(latest) or latest.body["on"] != at.day.isoformat() or at.database.rows("select 1 from new_payment limit 1"):
        return None
    return latest if at.database.rows(waits) == waiting_rows(at.database, at.workspace, latest) else None


def confirm(at: Desk, file: Path) -> str:
    """Take in a bank's file; one that was taken in before, or says nothing new, is not recorded again."""
    file = at.own_copy(file)
    before = at.taken_in("confirm", file)
    if before is None:
        read_answers(at.database, at.policy, file, at.workspace.fresh_scratch("bank"), at.day)
        told = "\n".join([_answers_text(at), *_set_off_text(at)])
        if at.database.rows("select 1 from bank_row where fate <> 'known' limit 1"):
            _record(at, "confirm", CONFIRM_RELATIONS, [file])
    else:
        told = f"该文件已于{before.body['on']}登记，未作改动"
    listed = see_to_list(at, "exceptions")
    see_to_list(at, "set_off")
    return f"{told}\n历次回单异常：{listed.resolve()}" if listed else told


def returned(at: Desk, payment_id: str, reason: str) -> str:
    """Record a return that no file of the bank told."""
    found = at.database.rows(at.database.render("pay/one_payment.sql", payment_id=payment_id))
    if not found:
        raise UsageError(f"{payment_id}: there is no such payment under {at.policy.id}; numbers stand in the payment lists")
    state, latest_day, amount_fen = found[0]
    if state == "returned":
        see_to_list(at, "set_off")
        return f"{payment_id}已于{latest_day}登记为退回，未作改动"
    if not reason.strip():
        raise UsageError("--reason: say why the bank returned it")
    if at.day < latest_day:
        raise UsageError(f"--on {at.day}: the payment was {'reported as paid' if state == 'paid' else 'planned'} on {latest_day}; it was returned later")
    give_back(at.database, payment_id, at.day, reason)
    _record(at, "confirm", RESULT_RELATIONS)
    see_to_list(at, "set_off")
    told = [f"{payment_id}（{yuan_text(amount_fen)}元）已登记为退回；应付的部分下次 claims pay plan 以新的编号重付", *_set_off_text(at)]
    return "\n".join(told)


def recovered(at: Desk, claim_id: str, amount: str, voucher: str, treasury_name: str | None, payee: str | None) -> str:
    """Record money that was paid back to one treasury; the same voucher again is a no-op."""
    names, amount_fen = Treasuries(at.policy), fen_of(amount)
    if not amount_fen:
        raise UsageError(f"--amount {amount}: write yuan, such as 12000.50")
    voucher = one_spelling(voucher)
    if not voucher:
        raise UsageError("--voucher: name the receipt by which the money came back")
    treasury = treasury_name and _treasury_of(names, treasury_name)
    before = at.database.rows("select treasury, place, amount_fen, recovered_on, payee from recovered where claim_id = ? and voucher = ?", [claim_id, voucher])
    if before:
        return _reported_before(names, before[0], treasury, payee, amount_fen, voucher)
    return recovered_at(at, claim_id, amount_fen, voucher, treasury, payee)


def recovered_at(at: Desk, claim_id: str, amount_fen: int, voucher: str, treasury: tuple[str, str] | None, payee: str | None) -> str:
    """The same of a voucher that is not on record; treasury and payee are wanted where several are owed."""
    names = Treasuries(at.policy)
    debt = _only_debt(names, claim_id, [
        one for one in debts_of(at.database, claim_id) if treasury in (None, one.treasury) and payee in (None, one.payee)])
    left_fen = debt.owed_fen - amount_fen
    if at.day < debt.since:
        raise UsageError(f"--on {at.day}: the recovery was approved on {debt.since}; money comes back on that day or later")
    if left_fen < 0:
        raise UsageError(f"{claim_id} owes {names.title(*debt.treasury)} {yuan_text(debt.owed_fen)} yuan, less than {yuan_text(amount_fen)}")
    take_back(at.database, claim_id, debt, amount_fen, voucher, at.day)
    _record(at, "recover", RECOVERED_RELATIONS)
    return f"{claim_id}已向{names.title(*debt.treasury)}退还{yuan_text(amount_fen)}元，尚欠{yuan_text(left_fen)}元"


def show_unpaid(root: Path, policy_name: str | None, day: dt.date, into: Path | None) -> str:
    """What is approved and not paid, and what is to be paid back; as a workbook, too, where a file is named for it. Nothing is planned."""
    with read(root, "claims pay open") as (workspace, database, runs):
        policy = policy_of(workspace, runs_of_one_policy(root, runs, policy_name)[-1])
        enter_policy(database, policy)
        sheets = unpaid_sheets(database, policy, day)
    if into:
        write_atomically(into, workbook(sheets))
    return "\n\n".join([*map(_sheet_text, sheets), *([f"工作簿：{into.resolve()}"] if into else [])])


def _sheet_text(sheet: Sheet) -> str:
    amount = next(place for place, column in enumerate(sheet.columns) if column.kind == "yuan")
    told = f"{sheet.title}：{len(sheet.rows)}笔，{yuan_text(sum(row[amount] for row in sheet.rows))}元"
    rows = [tuple(yuan_text(cell) if place == amount else cell for place, cell in enumerate(row)) for row in sheet.rows]
    return "\n".join([told, *([text_table([tuple(column.title for column in sheet.columns), *rows], right=(amount,))] if rows else [])])


def show_ledger(root: Path, policy_name: str | None, beancount: Path | None) -> str:
    """The trial balance, and the ledger as beancount text where a file is named for it."""
    with read(root, "claims ledger") as (workspace, database, runs):
        policy = policy_of(workspace, runs_of_one_policy(root, runs, policy_name)[-1])
        enter_policy(database, policy)
        told = trial_balance_text(database, policy)
        if beancount is None:
            return told
        write_atomically(beancount, beancount_text(database, policy).encode())
        return f"{told}\n\nbeancount：{beancount.resolve()}"


def _treasury_of(names: Treasuries, name: str) -> tuple[str, str]:
    found = names.find(name)
    if found is None:
        raise UsageError(f"--treasury {name}: this policy has {names.how_to_name()}")
    return found


def _only_debt(names: Treasuries, claim_id: str, debts: list[Debt]) -> Debt:
    """The debt that money came back of, which is told as far as it was said: the only one."""
    if len(debts) != 1:
        listed = ", ".join(f"{names.title(*one.treasury)} {yuan_text(one.owed_fen)} yuan ({masked_party(one.payee)})" for one in debts)
        raise UsageError(f"{claim_id} owes {listed}: say with --treasury and --payee which of them was paid" if debts else
                         f"{claim_id} owes nothing back; a recovery is owed from the day on which its month is approved, until it is paid back")
    return debts[0]


def _reported_before(names: Treasuries, before: tuple, treasury: tuple[str, str] | None, payee: str | None, amount_fen: int, voucher: str) -> str:
    *place, known_fen, known_on, payer = before
    if amount_fen != known_fen or treasury not in (None, tuple(place)) or payee not in (None, payer):
        raise UsageError(
            f"--voucher {quoted(voucher)}: recorded on {known_on} with {yuan_text(known_fen)} yuan to {names.title(*place)} from {masked_party(payer)}; another sum has another voucher"
        )
    return f"凭证{voucher}已于{known_on}登记，未作改动"


def _refuse_going_back(at: Desk) -> None:
    """Numbers and balances follow the days: a plan stands at the end."""
    latest = at.database.rows("select greatest((select max(planned_on) from payment), (select max(resulted_on) from payment_result))")[0][0]
    if latest and at.day < latest:
        raise UsageError(f"--on {at.day}: payments were listed or answered on {latest}; plan on that day or later")


def _next_number(at: Desk) -> int:
    """The number of the year's next payment. They run through all policies of a workspace, so that a bank's file cannot mean another's payment."""
    plans = (entry for entry in at.workspace.journal.entries() if entry.kind == "plan" and entry.body["on"].startswith(f"{at.day.year}-"))
    return 1 + sum(entry.body["results"]["payment"]["rows"] for entry in plans)


def _lists_text(lists: list[PaymentList]) -> str:
    rows = [(found.title, str(found.count), yuan_text(found.total_fen), str(found.path.resolve())) for found in lists]
    total = ("合计", str(sum(found.count for found in lists)), yuan_text(sum(found.total_fen for found in lists)), "")
    return text_table([("支付清单", "笔数", "金额（元）", "文件"), *rows, total], right=(1, 2))


def _waiting_text(at: Desk, listed: Path) -> list[str]:
    """What waits, by treasury and cause."""
    names = Treasuries(at.policy)
    rows = at.database.rows("""
        select treasury, place, state, count(*), sum(amount_fen)::bigint from plan where state <> 'planned' group by all order by all""")
    if not rows:
        return ["没有等待支付的款项"]
    told = [(names.title(treasury, place), WHY[state], str(count), yuan_text(total_fen)) for treasury, place, state, count, total_fen in rows]
    return ["", text_table([("等待支付", "原因", "笔数", "金额（元）"), *told], right=(2, 3)), f"逐笔列在：{listed.resolve()}"]


def _answers_text(at: Desk) -> str:
    """What a bank's file said; every row is counted once."""
    counts = dict(at.database.rows("select case fate when 'taken' then result else fate end, count(*) from bank_row group by all"))
    told = [f"{title}{counts.get(part, 0)}行" for part, title in (("paid", "已支付"), ("returned", "已退回"), ("known", "此前已登记"), ("problem", "异常"))]
    problems = at.database.rows("select line, payment_id, problem from bank_row where fate = 'problem' order by line")
    return "\n".join([
        f"回单{sum(counts.values())}行 = {' + '.join(told)}", *(f"异常：第{line}行 {quoted(payment_id)} {masked_numbers(problem)}" for line, payment_id, problem in problems),
    ])


def _set_off_text(at: Desk) -> Iterator[str]:
    """What of the returned payments is not paid again, since their payee had to pay it back."""
    names = Treasuries(at.policy)
    for claim_id, treasury, place, payment_id, fen, left_fen in at.database.rows("""
        select claim_id, treasury, place, payment_id, new_reduction.amount_fen, payment.amount_fen - new_reduction.amount_fen
        from new_reduction join payment using (claim_id, treasury, place, payment_id) order by payment_id"""):
        yield f"抵扣：{payment_id} {claim_id} {names.title(treasury, place)}{yuan_text(fen)}元抵扣应追回款，不再重付；尚应付{yuan_text(left_fen)}元"


def _record(at: Desk, kind: str, relations: dict[str, str], inputs: list[Path] | None = None, shown: dict[str, str] | None = None) -> Entry:
    """Record an act, unless the books would not hold with it."""
    require_sound_ledger(at.database, at.policy.id, relations)
    return at.record(kind, {}, relations, inputs, shown)
