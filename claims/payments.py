"""Payments: which payables are paid now and which wait, and what the bank's answers mean.

Everything is computed in temporary tables; the caller records what they hold.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from claims.database import Database
from claims.intake.office import read_office_file
from claims.policy.model import Field, Policy, Table
from claims.treasuries import Treasuries

PLAN_RELATIONS = {"payment": "from new_payment", "posting": "from new_posting"}
RESULT_RELATIONS = {
    "payment_result": "from new_result", "payable_reduction": "select * exclude (payment_id, payee) from new_reduction", "posting": "from new_posting",
}
CONFIRM_RELATIONS = RESULT_RELATIONS | {"payment_exception": "from new_exception"}
RECOVERED_RELATIONS = {"recovered": "from new_recovered", "posting": "from new_posting"}
"""The rows of each act by table."""

RESULT_WORDS = {"paid": ("成功", "支付成功", "已支付", "paid"), "returned": ("退回", "退票", "失败", "支付失败", "returned")}
"""What a bank writes, by result."""

BANK_TABLE = Table(
    name="bank", title="银行回单", holds="reference", key=["payment_id"],
    field=[
        Field(name="payment_id", header="付款编号", type="text"),
        Field(name="amount_yuan", header="金额（元）", type="money"),
        Field(name="result", header="状态", type="text"),
        Field(name="resulted_on", header="日期", type="date", optional=True),
        Field(name="reason", header="原因", type="text", optional=True),
        # the other columns of a payment list, so that the list itself can be sent back with the bank's answers
        Field(name="replaces", header="替代付款编号", type="text", optional=True),
        Field(name="payee", header="收款人", type="text", optional=True),
        Field(name="payee_bank", header="开户银行", type="text", optional=True),
        Field(name="payee_account", header="收款账号", type="text", optional=True),
        Field(name="amount_words", header="金额大写", type="text", optional=True),
        Field(name="purpose", header="用途", type="text", optional=True),
    ],
)


def plan_payments(database: Database, policy: Policy, day: dt.date, first_number: int) -> None:
    """Fill `plan` (every due payable, planned or waiting), new_payment and new_posting for a day; numbers of payments begin with `first_number`."""
    payment = policy.body.payment
    database.run("pay/due.sql", day=day.isoformat(), payment=payment, key=policy.tables[payment.table].key[0], placed=Treasuries(policy).placed)
    database.run("pay/plan.sql", year=day.year)
    database.run("pay/new_payment.sql", year=day.year, day=day.isoformat(), first_number=first_number, treasuries=policy.treasury_ids)
    database.run("pay/plan_posting.sql")


def read_answers(database: Database, policy: Policy, path: Path, scratch: Path, day: dt.date) -> None:
    """Read a bank's file into bank_row (every row, with what became of it), new_result, new_exception, new_reduction and new_posting.

    A row that fits no open payment stops none of the others. Raises InputRefused for a file that cannot be read as a whole.
    """
    file = read_office_file(policy, BANK_TABLE, path, scratch)
    database.run("pay/bank_row.sql", file=file, words=RESULT_WORDS, day=day.isoformat())
    database.run("pay/new_result.sql")
    database.run("pay/new_exception.sql", file=file.name)
    _post_results(database, day)


def give_back(database: Database, payment_id: str, day: dt.date, reason: str) -> None:
    """Fill new_result, new_reduction and new_posting for a payment that the bank returned outside of its files."""
    database.run("pay/one_result.sql")
    database.execute("insert into new_result values (?, 'returned', ?, ?)", [payment_id, day, reason])
    _post_results(database, day)


def _post_results(database: Database, day: dt.date) -> None:
    """Fill new_reduction and new_posting: what is returned is due again, but for what its payee has to pay back of that share."""
    database.run("pay/new_reduction.sql")
    database.run("pay/result_posting.sql", day=day.isoformat())


@dataclass(frozen=True)
class Debt:
    """What a payee of a claim still has to pay back to a treasury and place, in fen; `since` is the day on which that was first posted."""

    treasury: tuple[str, str]
    payee: str
    owed_fen: int
    since: dt.date


def debts_of(database: Database, claim_id: str) -> list[Debt]:
    """What is still to be paid back of a claim."""
    rows = database.rows(database.render("pay/owed_back.sql"))
    return [Debt((treasury, place), *rest) for claimed, treasury, place, *rest in rows if claimed == claim_id]


def take_back(database: Database, claim_id: str, debt: Debt, amount_fen: int, voucher: str, day: dt.date) -> None:
    """Fill new_recovered and new_posting for money that came back of a debt."""
    treasury, place = debt.treasury
    database.run(
        "pay/new_recovered.sql", claim_id=claim_id, treasury=treasury, place=place, payee=debt.payee, amount_fen=amount_fen, voucher=voucher,
        day=day.isoformat(),
    )
    database.run("pay/recovered_posting.sql")
