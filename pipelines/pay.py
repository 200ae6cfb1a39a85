"""Budgets and payments: the order of steps of each command, and what it tells."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from claims.budgets import read_budget, unheard_of
from claims.ledger import require_sound_ledger
from claims.money import yuan_text
from claims.record.journal import Entry
from claims.text_table import text_table
from claims.treasuries import Treasuries
from pipelines.desk import Desk, desk


def import_budget(root: Path, file: Path, actor: str | None, day: dt.date | None, policy_name: str | None) -> str:
    """Take in a budget file; one that changes nothing is not recorded."""
    with desk(root, "claims budget import", actor, day, policy_name) as at:
        read_budget(at.database, at.policy, file, at.workspace.fresh_scratch("budget"), at.day.isoformat())
        names = Treasuries(at.policy)
        changed = at.database.rows("select treasury, place, year, before_fen, amount_fen, left_fen + change_fen from budget_change order by all")
        notes = [f"请核对名称：尚无申报涉及“{names.title(*one)}”" for one in unheard_of(at.database, at.policy)]
        if changed:
            _record(at, "budget", {}, {"budget": "select treasury, place, year, amount_fen from budget_change", "posting": "from new_posting"}, [file])
    rows = [(names.title(row[0], row[1]), str(row[2]), *map(yuan_text, row[3:])) for row in changed]
    told = text_table([("财政", "年度", "原预算（元）", "现预算（元）", "尚可安排（元）"), *rows], right=(2, 3, 4)) if rows else "预算没有变化，未作登记"
    return "\n".join([told, *notes])


def _record(at: Desk, kind: str, body: dict, relations: dict[str, str], inputs: list[Path] | None = None) -> Entry:
    """Record an act, unless the books would not hold with it."""
    require_sound_ledger(at.database, at.policy.id, relations)
    return at.record(kind, body, relations, inputs)
