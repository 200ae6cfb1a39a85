"""`claims` alone: the next sensible steps for a workspace, each a command to copy, from what is recorded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from claims.database import Database
from claims.files import sha256_of
from claims.intake import list_tree
from claims.months.closes import Close, last_day_of, look_at_months
from claims.months.documents import folder_of
from claims.months.freezing import choose_open, open_proposals
from claims.payments import plan_payments
from claims.policy.model import Policy, find_policy, load_policy
from claims.record.store import enter_policy, known_files
from claims.review.supplement import supplement_folder
from claims.settings import load_settings
from claims.workspace import OpenRun, Workspace
from pipelines.queries import opened, policies_of

SHOWN = 3
"""How many steps are told; the rest comes when these are done."""


@dataclass(frozen=True)
class Step:
    """A command, without what names workspace and policy, and why it comes next."""

    command: str
    why: str


@dataclass(frozen=True)
class _Work:
    """What waits under a policy: counts, and the first of a kind by its name. See sql/report/waiting_work.sql."""

    held: int
    changed: int
    ruled: int
    proposed: int
    proposal: str | None
    proposer: str | None
    objected: str | None
    unclosed: int
    unclosed_from: str | None
    undelivered: int
    issued_by: int | None
    payable: int
    returned: int
    uncovered: int
    at_bank: int
    owing: str | None


def next_steps(root: Path, where: str, today: dt.date) -> str:
    """One to three commands with their reasons, and where all commands stand. `where` is how a command names the workspace, '' where it need not."""
    workspace = Workspace(root)
    if not workspace.exists:
        steps = _first_steps(root, where, today)
    elif run := OpenRun.load(workspace.open_run):
        steps = [_open_run_step(workspace, run, where)]
    else:
        steps = _recorded_steps(root, where, today)
    width = max(len(step.command) for step in steps)
    return "\n".join([*(f"{step.command:{width}}   # {step.why}" for step in steps), "", "Every command: claims --help"])


def _first_steps(root: Path, where: str, today: dt.date) -> list[Step]:
    """Where there is no workspace yet."""
    return [
        Step("claims demo", "see a sample month settled, in a workspace of its own"),
        Step("claims template forms", "empty forms for claimants to fill in"),
        Step(f"claims run FOLDER --as-of {today}{where}", f"settle the files of a folder; this makes the workspace {root}"),
    ]


def _open_run_step(workspace: Workspace, run: OpenRun, where: str) -> Step:
    """A run that is open is at work, or was interrupted: then nobody holds the workspace."""
    if holder := workspace.holder():
        return Step("claims" + where, f"run {run.label} is not complete, and the workspace is held by {holder}; ask again when that is done")
    return Step(run.same_command + where, f"run {run.label} was interrupted; the same command completes it")


def _recorded_steps(root: Path, where: str, today: dt.date) -> list[Step]:
    with opened(root, "claims") as (workspace, database, runs):
        policies = policies_of(workspace, runs)
        found = [
            Step(step.command + where + (f" --policy {policy.id}" if len(policies) > 1 else ""), step.why)
            for policy in policies for step in _steps_of(workspace, database, policy, today)
        ]
        sent = _new_files(workspace, database, policies)
    if sent:
        found.insert(0, Step("claims nightly" + where, f"{sent} in the inbox was not taken in yet"))
    return found[:SHOWN] or [Step(f"claims run FOLDER --as-of {today}{where}", "nothing waits; settle the next files")]


def _new_files(workspace: Workspace, database: Database, policies: Sequence[Policy]) -> str | None:
    """The first file of the inbox that the night would take in, if there is one: by the policy of the settings, under which no run took it in yet."""
    if not workspace.inbox.is_dir():
        return None
    policy, known = load_policy(find_policy(load_settings(workspace.settings).nightly.policy)), set()
    for used in policies:
        if used.id == policy.id:
            enter_policy(database, used)
            known = known_files(database)
    names = (name for name, _ in list_tree(policy, workspace.inbox).readable)
    return next((name for name in names if sha256_of(workspace.inbox / name) not in known), None)


def _steps_of(workspace: Workspace, database: Database, policy: Policy, today: dt.date) -> Iterator[Step]:
    """What comes next under a policy: first what other work waits for, last the deliveries, for which nothing waits but periods."""
    enter_policy(database, policy)
    closes = look_at_months(database)
    month = _last_ended(today)
    choose_open(database, month)
    plan_payments(database, policy, today, 1)
    work = _Work(*database.rows(database.render("report/waiting_work.sql"))[0])
    if work.ruled:
        yield Step("claims nightly", f"ruled on since the last run: {work.ruled}; the next one acts on it")
    if work.held:
        yield Step("claims review export", f"held: {work.held}; the bureau fills the workbook in, `claims review import` takes it back")
    if work.objected:
        yield Step(f'claims object {work.objected} --dismiss --reason "…" --actor NAME', "an objection is open; --uphold where it is right")
    if work.proposed:
        others = f"; so do {work.proposed - 1} more, see claims adjust --list" if work.proposed > 1 else ""
        yield Step(f"claims adjust {work.proposal} --agree --actor NAME", f"its correction waits for another person than {work.proposer}{others}")
    if work.changed:
        yield Step("claims adjust --list", f"changed rows of decided claims: {work.changed}")
    yield from _month_steps(database, closes, work, month, today)
    if work.uncovered:
        yield Step("claims budget import FILE", f"payments due that no budget covers: {work.uncovered}")
    if work.payable:
        yield Step("claims pay plan", f"payments due and covered: {work.payable}" + (f"; the bank returned before: {work.returned}" if work.returned else ""))
    if work.at_bank:
        yield Step("claims pay confirm FILE", f"payments at the bank: {work.at_bank}; FILE has its answers")
    if work.owing:
        yield Step(f"claims pay recovered {work.owing} --amount YUAN --voucher NO", "when the money has come back")
    if work.undelivered:
        register = _register_of(workspace, policy, closes, work.issued_by)
        yield Step(f"claims letters delivered {register} --actor NAME", f"letters not delivered: {work.undelivered}; fill in the last columns of the register first")


def _last_ended(today: dt.date) -> str:
    """The latest month whose last day has come."""
    this = f"{today:%Y-%m}"
    return this if last_day_of(this) == today else f"{today.replace(day=1) - dt.timedelta(1):%Y-%m}"


def _month_steps(database: Database, closes: dict[str, Close], work: _Work, ended: str, today: dt.date) -> Iterator[Step]:
    """The month to be approved, or until when its notice runs; and the month to be closed."""
    waiting = next((close for close in closes.values() if not close.approval), None)
    if waiting:
        proposed = open_proposals(database, waiting.month)
        begins = waiting.notice_to + dt.timedelta(1)
        why = f"its notice ran until {waiting.notice_to}" if begins <= today else f"from {begins} on: its notice runs until {waiting.notice_to}"
        if proposed:
            why += f"; the correction of {proposed[0]} must be agreed to or dropped first"
        yield Step(f"claims approve {waiting.month} --minutes NO --actor NAME", f"{why}; another person than {waiting.person}")
    last = max(closes, default="")
    if work.unclosed and last < ended:
        first = work.unclosed_from if work.unclosed_from and work.unclosed_from > last else ended
        yield Step(f"claims close {first} --actor NAME", f"decisions and corrections that are in no close yet: {work.unclosed}")


def _register_of(workspace: Workspace, policy: Policy, closes: dict[str, Close], issued_by: int | None) -> Path:
    """The register of the letters that an act issued."""
    month = next((close.month for close in closes.values() if close.approval and close.approval.sequence == issued_by), None)
    return (folder_of(workspace, policy, month) if month else supplement_folder(workspace, issued_by)) / "register.xlsx"
