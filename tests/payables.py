"""Helpers for tests of payments: a workspace to pay from, budgets, payables as an approval leaves them, and the bank's answers."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from claims.adjustments import approve_adjustments
from claims.ledger import require_sound_ledger
from claims.policy.model import DEFAULT_POLICY
from pipelines.desk import Desk
from tests.commands import few_claims
from tests.settle import settle
from tests.shared import made_once

PAYEE, OTHER_PAYEE, WITHOUT_ACCOUNT = "91411701MA0000001P", "91411702MA00000029", "91411700MA000000XX"
CITY, PINGYU, XIPING, XINCAI = ("city", ""), ("county", "平舆县"), ("county", "西平县"), ("county", "../新蔡县")
DAY = dt.date(2024, 7, 1)


@dataclass(frozen=True)
class Owed:
    """What is owed on a claim by a treasury and place, in fen."""

    claim_id: str
    amount_fen: int
    treasury: tuple[str, str] = CITY
    due_on: dt.date = DAY
    payee: str = PAYEE
    instalment: int = 1
    number: int = 0


def paying_workspace(factory: pytest.TempPathFactory) -> Path:
    """A workspace, to be copied, with one claim decided and the report of that, whose institutions may be paid, but for one that has no account."""
    return made_once(factory, "paying", _settled) / "workspace"


def _settled(folder: Path) -> None:
    files = few_claims(folder / "in", "1.1-cap-1")
    rows = list(csv.DictReader((files / "institutions.csv").open(encoding="utf-8")))
    bare = {name: cell for name, cell in rows[0].items() if not name.startswith("bank_")} | {"uscc": WITHOUT_ACCOUNT, "name": "=无账户"}
    (files / "institutions_bare.csv").write_text(f"{','.join(bare)}\n{','.join(bare.values())}\n", encoding="utf-8")
    settle(folder / "workspace", files, report=True)


def owe(at: Desk, *owed: Owed) -> None:
    """Record payables and their postings as the approval of a month does."""
    at.database.execute("""
        create or replace temp table owed (
            claim_id varchar, number integer, instalment integer, treasury varchar, place varchar, payee varchar, due_on date, amount_fen bigint
        )""")
    for one in owed:
        at.database.execute(
            "insert into owed values (?, 0, ?, ?, ?, ?, ?, ?)", [one.claim_id, one.instalment, *one.treasury, one.payee, one.due_on, one.amount_fen]
        )
    at.record("approve", {"month": f"{at.day:%Y-%m}", "minutes": ""}, {"payable": "from owed", "posting": f"""
        select date '{at.day}' as posted_on, treasury, place, {at.day.year} as year, 'awarded' as debit, 'payable' as credit, amount_fen, claim_id,
            cast(null as varchar) as payment_id, '核定' as says
        from owed"""})


def adjust(at: Desk, claim_id: str, number: int, *shares: tuple[tuple[str, str], int], payee: str = PAYEE) -> None:
    """Let shares of a claim, by treasury and place, rise or fall by some fen: an adjustment, agreed, and approved with its letter, on one day."""
    at.record("adjust", {"claim_id": claim_id, "number": number, "action": "agree"}, {
        "adjustment": f"""
            select '{claim_id}' as claim_id, {number} as number, 'agree' as action, 'award' as basis, '更正' as reason, '甲' as person,
                date '{at.day}' as acted_on, {sum(fen for _, fen in shares)} as award_fen, 0 as computed_fen, 'reduced' as outcome, '' as reason_codes,
                '{payee}' as payee""",
        "adjustment_share": " union all ".join(
            f"select '{claim_id}' as claim_id, {number} as number, '{treasury}' as treasury, '{place}' as place, {fen} as share_fen"
            for (treasury, place), fen in shares),
    })
    relations = approve_adjustments(at.database, f"select '{claim_id}' as claim_id, {number} as number", at.day, at.day)
    require_sound_ledger(at.database, at.policy.id, relations)
    letter = f"""
        select '{claim_id}' as claim_id, {number} as number, 'supplementary' as kind, {at.day.year} as document_year, {number} as document_number,
            '{claim_id}+{number}' as document_no, date '{at.day}' as issued_on"""
    at.record("approve", {"month": f"{at.day:%Y-%m}", "minutes": ""}, relations | {"issued_letter": letter})


def budget_file(path: Path, *budgets: tuple[str, int, str]) -> Path:
    """A file of budgets: treasury, year and yuan as they are written."""
    return _written(path, "财政,年度,金额（元）", budgets)


def bank_file(path: Path, *answers: tuple) -> Path:
    """A bank's file: number of the payment, yuan, status, day."""
    return _written(path, "付款编号,金额（元）,状态,日期", answers)


def _written(path: Path, header: str, rows: Iterable[tuple]) -> Path:
    path.write_text("\n".join([header, *(",".join(f'"{cell}"' for cell in row) for row in rows)]) + "\n", encoding="utf-8")
    return path


def list_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a list written as CSV."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def payments_of(root: Path) -> Path:
    """The folder of payment lists."""
    return root / "payments" / DEFAULT_POLICY
