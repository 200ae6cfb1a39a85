"""What a close of a month freezes: decisions and their adjustments, and all that they and their payment rest on as it stands; and what has changed since a close."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from claims.assessment import join_facts, look_up_references
from claims.database import Database
from claims.months.closes import last_day_of
from claims.policy.compiler import CompiledPolicy, joined_column
from claims.policy.model import Policy
from claims.privacy import account_end, masked_party, masked_text
from claims.record.journal import Entry
from claims.record.store import policy_of
from claims.trace import field_of, printed_number, title_of
from claims.workspace import Workspace

_TITLES = {
    "decision:outcome": "结果", "decision:award_yuan": "核定金额", "decision:reason_codes": "原因代码", "decision:breakdowns": "分组",
    "decision:payee": "收款单位代码", "claimant:name": "申报单位名称", "claimant:paid_before_yuan": "以前已兑现金额", "claimant:changed_claim": "申报内容有变，待更正",
    "payee:name": "户名", "payee:bank": "开户银行", "payee:account": "银行账号", "claim:agreed_changes": "更正",
}


@dataclass(frozen=True)
class Change:
    """One item of a frozen decision or adjustment that differs now; `was` and `is_now` are ready to print."""

    letter_id: str
    title: str
    was: str
    is_now: str


def choose_open(database: Database, month: str) -> None:
    """Fill `chosen` with the decisions that the close of a month freezes, `chosen_adjustment` with the adjustments; `look_at_months` goes before."""
    last_day = last_day_of(month)
    database.run("month/kept_out.sql", month=month, last_day=last_day)
    database.run("month/open_decision.sql", last_day=last_day)
    database.run("month/open_adjustment.sql", last_day=last_day)


def choose_frozen(database: Database, month: str) -> None:
    """Fill `chosen` and `chosen_adjustment` with what the close of a month froze and no objection keeps out; `look_at_months` goes before."""
    database.run("month/frozen_decision.sql", month=month)


def freeze_chosen(database: Database, workspace: Workspace, runs: tuple[Entry, ...]) -> None:
    """Fill `frozen` (grain: one row per chosen decision or adjustment) with what these rest on, as it stands now.

    Which rows a decision looks up is told by the version of the policy that decided it. `runs` are those of the policy, at least one.
    """
    chosen = {run for (run,) in database.rows("select distinct run from chosen")}
    versions: dict[str, list[Entry]] = {}
    for entry in [entry for entry in runs if entry.sequence in chosen] or runs[-1:]:
        versions.setdefault(entry.body["policy"]["sha256"], []).append(entry)
    for number, entries in enumerate(versions.values()):
        compiled = CompiledPolicy(policy_of(workspace, entries[0]))
        _join_what_stands(database, compiled, [entry.sequence for entry in entries], workspace.journal.next_sequence())
        database.execute(("insert into frozen by name " if number else "create or replace temp table frozen as ") + _frozen_sql(database, compiled))
    database.execute(f"insert into frozen by name {_frozen_adjustment_sql(database, policy_of(workspace, runs[-1]))}")


def changes_since(database: Database, policy: Policy, month: str) -> list[Change]:
    """What differs between the latest close of a month and `frozen`, by claim."""
    rows = database.rows(database.render("month/changed.sql", month=month))
    return [Change(letter_id, *_told(policy, item, was, is_now)) for letter_id, item, was, is_now in rows]


def open_proposals(database: Database, month: str) -> list[str]:
    """The claims in the notice of a month that somebody proposed to correct, and nobody agreed to it yet; `look_at_months` goes before."""
    return [claim_id for (claim_id,) in database.rows(database.render("month/open_proposal.sql", month=month))]


def _join_what_stands(database: Database, compiled: CompiledPolicy, runs: list[int], after: int) -> None:
    """Fill `fact` with the chosen decisions of some runs and the rows that they look up now; no run has the sequence `after` yet."""
    policy = compiled.policy
    database.run("month/batch.sql", runs=runs)
    for table in policy.reference_tables:
        database.run("recall/typed_reference.sql", table=table, policy=policy.id, run=after)
    look_up_references(database, policy, after)
    join_facts(database, compiled, dt.date.min)


def _frozen_sql(database: Database, compiled: CompiledPolicy) -> str:
    policy = compiled.policy
    payment = policy.body.payment
    return database.render(
        "month/frozen.sql", rules=compiled.rules, treasuries=policy.treasury_ids, payment=payment,
        key=policy.tables[payment.table].key[0], awards=policy.awards.name, awards_claimant=policy.awards.with_role("claimant").column,
        breakdowns=[joined_column(policy, breakdown.by) for breakdown in policy.body.breakdown],
        places=[treasury.by and joined_column(policy, treasury.by) for treasury in policy.body.treasury],
    )


def _frozen_adjustment_sql(database: Database, policy: Policy) -> str:
    payment = policy.body.payment
    return database.render("month/frozen_adjustment.sql", payment=payment, key=policy.tables[payment.table].key[0])


def _told(policy: Policy, item: str, was: str | None, is_now: str | None) -> tuple[str, str, str]:
    """The name of an item, and both values, as people may read them."""
    title = _TITLES.get(item) or _treasury_title(policy, item) or title_of(policy, item)
    if item == "claimant:changed_claim":
        return title, "否" if was is None else "是", "否" if is_now is None else "是"
    return title, *(_printed(policy, item, value) for value in (was, is_now))


def _treasury_title(policy: Policy, item: str) -> str | None:
    kind, _, rest = item.partition(":")
    treasury, _, what = rest.rpartition("_")
    titles = policy.treasury_titles
    return titles[treasury] + ("承担" if what == "yuan" else "所属") if kind == "decision" and treasury in titles else None


def _printed(policy: Policy, item: str, value: str | None) -> str:
    if value is None or value == "":
        return "空"
    if item == "payee:account":
        return account_end(value)
    field = field_of(policy, item) if ":" not in item else None
    if field is None:
        return masked_text(value)
    if field.unit:
        return printed_number(int(value), field.unit)
    return field.choices.get(value) or masked_party(value)
