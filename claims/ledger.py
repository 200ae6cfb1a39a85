"""The ledger: postings between the accounts of each treasury, what they add up to, and what must hold of them whatever was done.

Books balance by the form of a posting: one amount from one account to another. Amounts are fen; a balance is debit less credit.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from claims.database import Database
from claims.errors import ClaimsError
from claims.money import yuan_text
from claims.policy.model import Policy
from claims.record.acts import as_if_recorded
from claims.text_table import text_table
from claims.treasuries import Treasuries


@dataclass(frozen=True)
class Account:
    """An account: what it is called, and whether it belongs to a year's budget instead of running on."""

    title: str
    yearly: bool = False


ACCOUNTS = {
    "granted": Account("下达预算", yearly=True),
    "appropriation": Account("可用预算", yearly=True),
    "reserved": Account("已列清单", yearly=True),
    "awarded": Account("核定奖补"),
    "payable": Account("应付奖补"),
    "paid": Account("支付款项"),
    "receivable": Account("应追回款"),
}


@dataclass(frozen=True)
class Balance:
    """One account of a treasury in a year."""

    treasury: str
    place: str
    year: int
    account: str
    opening_fen: int
    debit_fen: int
    credit_fen: int

    @property
    def closing_fen(self) -> int:
        return self.opening_fen + self.debit_fen - self.credit_fen


def trial_balance(database: Database) -> list[Balance]:
    """Every account that was moved or has a balance, by treasury, place and year, in the order of ACCOUNTS."""
    yearly = [name for name, account in ACCOUNTS.items() if account.yearly]
    balances = [Balance(*row) for row in database.rows(database.render("ledger/trial_balance.sql", yearly=yearly))]
    order = list(ACCOUNTS)
    return sorted(balances, key=lambda balance: (balance.treasury, balance.place, balance.year, order.index(balance.account)))


def trial_balance_text(database: Database, policy: Policy) -> str:
    """The trial balance as a table, with the sums of each treasury and year: opening and closing balances add up to zero, debits to credits."""
    names = Treasuries(policy)
    rows = [("财政", "年度", "科目", "年初余额", "借方", "贷方", "余额")]
    for (treasury, place, year), group in itertools.groupby(trial_balance(database), key=lambda one: (one.treasury, one.place, one.year)):
        balances = list(group)
        parts = [(ACCOUNTS[one.account].title, (one.opening_fen, one.debit_fen, one.credit_fen, one.closing_fen)) for one in balances]
        total = ("合计", tuple(map(sum, zip(*(amounts for _, amounts in parts)))))
        rows += [(names.title(treasury, place), str(year), title, *map(yuan_text, amounts)) for title, amounts in [*parts, total]]
    return text_table(rows, right=(3, 4, 5, 6)) if len(rows) > 1 else "尚无记账"


def ledger_defects(database: Database) -> list[tuple]:
    """What does not hold in the books of the policy that was entered: (defect, treasury, place, year); nothing, unless the program is wrong."""
    return database.rows(database.render("check/ledger.sql"))


def require_sound_ledger(database: Database, policy_id: str, relations: dict[str, str]) -> None:
    """Refuse an act whose rows would break the books. `relations` are its queries by table, which must not read these tables. Raises ClaimsError."""
    with as_if_recorded(database, policy_id, relations):
        defects = ledger_defects(database)
    if defects:
        listed = "; ".join(" ".join(map(str, defect)) for defect in defects)
        raise ClaimsError(f"the books would not hold, nothing was recorded: {listed}. This is a defect of the program: report it.")
