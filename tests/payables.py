"""Helpers for tests of payments: an empty desk to pay from, and payables as an approval leaves them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipelines.desk import Desk, desk
from tests.commands import few_claims
from tests.settle import settle

POLICY = "zhumadian-2020-36"


@dataclass(frozen=True)
class Owed:
    """A payable. `payee` is one of the institutions of the known cases."""

    claim_id: str
    amount_fen: int
    payee: str
    treasury: str = "city"
    place: str = ""
    due_on: dt.date = dt.date(2024, 7, 1)
    instalment: int = 1
    number: int = 0


def paying_workspace(folder: Path) -> Path:
    """A workspace with one tiny run, whose institutions may be paid."""
    settle(folder / "workspace", few_claims(folder / "in", "1.1-cap-1"))
    return folder / "workspace"


def approve(root: Path, day: dt.date, *owed: Owed) -> None:
    """Owe as the approval of a month does."""
    with desk(root, "test", "批准人", day) as at:
        approve_at(at, owed)


def approve_at(at: Desk, owed: Iterable[Owed]) -> None:
    """The same at a desk that is open."""
    at.database.execute("""
        create or replace temp table owed (
            claim_id varchar, number integer, instalment integer, treasury varchar, place varchar, payee varchar, due_on date, amount_fen bigint
        )""")
    for one in owed:
        at.database.execute("insert into owed values (?, ?, ?, ?, ?, ?, ?, ?)", [
            one.claim_id, one.number, one.instalment, one.treasury, one.place, one.payee, one.due_on, one.amount_fen,
        ])
    at.record("approve", {}, {"payable": "from owed", "posting": f"""
        select date '{at.day}' as posted_on, treasury, place, {at.day.year} as year, 'awarded' as debit, 'payable' as credit, amount_fen, claim_id,
            cast(null as varchar) as payment_id, '核定' as says from owed"""})
