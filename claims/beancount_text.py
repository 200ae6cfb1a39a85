"""The ledger as beancount text: plain text that other programs read, and that `bean-check` adds up by itself.

One transaction for each posting; at the end an assertion for each account that says what it must hold, without tolerance. Treasuries and accounts
have names of letters and digits, and their Chinese titles beside them.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from claims.database import Database
from claims.ledger import ACCOUNTS
from claims.money import plain_yuan
from claims.policy.model import Policy
from claims.treasuries import Treasuries

ROOTS = {
    "granted": "Equity", "appropriation": "Assets", "reserved": "Assets", "awarded": "Expenses", "payable": "Liabilities", "paid": "Assets",
    "receivable": "Assets",
}


@dataclass(frozen=True)
class _Posting:
    """A row of sql/ledger/posting.sql."""

    sequence: int
    posted_on: dt.date
    treasury: str
    place: str
    place_number: int
    year: int
    debit: str
    credit: str
    amount_fen: int
    claim_id: str | None
    payment_id: str | None
    says: str

    def name(self, account: str) -> str:
        """E.g. Assets:City:Appropriation:Y2024, or Liabilities:County:P2:Payable."""
        parts = [ROOTS[account], _word(self.treasury), f"P{self.place_number}" if self.place_number else None, account.capitalize()]
        return ":".join(filter(None, [*parts, f"Y{self.year}" if ACCOUNTS[account].yearly else None]))


def beancount_text(database: Database, policy: Policy) -> str:
    """The whole ledger of the policy that was entered."""
    postings = [_Posting(*row) for row in database.rows(database.render("ledger/posting.sql"))]
    return "\n".join([
        f'option "title" {_quoted(f"{policy.head.title}（{policy.head.document_no}）")}', 'option "operating_currency" "CNY"', "",
        *_openings(postings, Treasuries(policy)), *_transactions(postings), *_assertions(postings), "",
    ])


def _openings(postings: Iterable[_Posting], names: Treasuries) -> Iterator[str]:
    opened = set()
    for one in postings:
        for account in (one.debit, one.credit):
            if (name := one.name(account)) not in opened:
                opened.add(name)
                yield f"{one.posted_on} open {name} CNY"
                yield f"  treasury: {_quoted(names.title(one.treasury, one.place))}"
                yield f"  title: {_quoted(ACCOUNTS[account].title)}"
    yield ""


def _transactions(postings: Iterable[_Posting]) -> Iterator[str]:
    for one in postings:
        yield f"{one.posted_on} * {_quoted(one.says)}"
        yield f"  sequence: {one.sequence}"
        yield from (f"  {key}: {_quoted(value)}" for key, value in (("claim", one.claim_id), ("payment", one.payment_id)) if value)
        yield f"  {one.name(one.debit)}  {plain_yuan(one.amount_fen)} CNY"
        yield f"  {one.name(one.credit)}  {plain_yuan(-one.amount_fen)} CNY"
        yield ""


def _assertions(postings: list[_Posting]) -> Iterator[str]:
    """A balance holds at the beginning of its day: that after the last posting."""
    balances: dict[str, int] = defaultdict(int)
    for one in postings:
        balances[one.name(one.debit)] += one.amount_fen
        balances[one.name(one.credit)] -= one.amount_fen
    for name, balance_fen in sorted(balances.items()):
        yield f"{postings[-1].posted_on + dt.timedelta(days=1)} balance {name}  {plain_yuan(balance_fen)} ~ 0.00 CNY"


def _word(identifier: str) -> str:
    return "".join(part.capitalize() for part in identifier.split("_"))


def _quoted(text: str) -> str:
    """A string of beancount, on one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{" ".join(escaped.split())}"'
