"""`claims` alone: the next sensible step for a workspace, a command to copy, and what waits beside it, from what is recorded.

One step is the next, so that nobody thinks that all must be done. Their order is that of a finance office, by what a delay costs and what else it holds up:

1. a run that was interrupted: nothing else may run before it is complete; then an act of which letters or lists were not completed: it counts already;
2. new files and rulings: they change what every later step works on;
3. money under way: the bank's answers, since what it returned has not reached its owner and binds the budget;
4. money owed and due: the budget that it waits for, then the plan that pays it;
5. corrections that somebody has begun: a month cannot be approved over a proposal, and a close is void once one is agreed;
6. the month: its approval, for which the notice has run and letters and payments wait, then the next close;
7. an objection: it keeps a single claim out of a month, the others go on;
8. what is held: the bureau's work, which takes days, and of which nothing is owed yet.

Last stands what waits for a day or for others: a notice that still runs, answers to a list of today, money that a claimant owes back, and deliveries, of
which nothing waits but periods.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
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
from claims.unfinished import unfinished_acts
from claims.workspace import OpenRun, Workspace
from pipelines.queries import opened, policies_of


NIGHT = "claims nightly"
Line = tuple[str, str]
"""A whole command, and why."""


class Turn(IntEnum):
    """In which order steps come; see above."""

    UNFINISHED = 1
    INTAKE = 2
    BANK = 3
    PAYMENT = 4
    CORRECTION = 5
    MONTH = 6
    OBJECTION = 7
    REVIEW = 8
    OTHERS = 9


@dataclass(frozen=True)
class Step:
    """A command, without what names the workspace, and why it comes next."""

    turn: Turn
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
    at_bank_since: dt.date | None
    owing: str | None


def next_steps(root: Path, where: str, today: dt.date) -> str:
    """The next command with its reason, what waits beside it, and where all commands stand. `where` is how a command names the workspace, '' where it need not."""
    workspace = Workspace(root)
    if not workspace.exists:
        parts = _beginning(root, where, today)
    elif run := workspace.incomplete_run():
        parts = {"Next": [_open_run_line(workspace, run, where)]}
    else:
        parts = _recorded(root, where, today)
    return "\n\n".join([*(_part(title, lines) for title, lines in parts.items() if lines), "Every command: claims --help"])


def _part(title: str, lines: list[Line]) -> str:
    width = max(len(command) for command, _ in lines)
    return "\n".join([f"{title}:", *(f"  {command:{width}}   # {why}" for command, why in lines)])


def _beginning(root: Path, where: str, today: dt.date) -> dict[str, list[Line]]:
    """Where there is no workspace yet."""
    return {
        "Next": [(f"claims run FOLDER --as-of {today}{where}", f"settle the files of a folder; this makes the workspace {root}")],
        "Before that, if you like": [
            ("claims demo", "see a sample month settled, in a workspace of its own"),
            ("claims template forms", "empty forms for claimants to fill in"),
        ],
    }


def _open_run_line(workspace: Workspace, run: OpenRun, where: str) -> Line:
    """A run that is open is at work, or was interrupted: then nobody holds the workspace. The head outside must fit."""
    workspace.compared()
    if holder := workspace.holder():
        return "claims" + where, f"run {run.label} is not complete, and the workspace is held by {holder}; ask again when that is done"
    return run.same_command + where, f"run {run.label} was interrupted; the same command completes it"


def _recorded(root: Path, where: str, today: dt.date) -> dict[str, list[Line]]:
    with opened(root, "claims") as (workspace, database, runs):
        policies = policies_of(workspace, runs)
        night = load_policy(find_policy(load_settings(workspace.settings).nightly.policy))
        steps = _new_files(workspace, database, policies, night)
        unfinished = [*unfinished_acts(workspace)]
        for policy in policies:
            named = f" --policy {policy.id}" if len(policies) > 1 else ""
            lacking = [one for one in unfinished if one.act.body["policy"]["id"] == policy.id]
            steps += [_of_policy(step, named) for step in (
                *(Step(Turn.UNFINISHED, one.command, one.why) for one in lacking),
                *_steps_of(workspace, database, policy, night, today, [one.act.sequence for one in lacking]),
            )]
    steps.sort(key=lambda step: step.turn)
    ready, waiting = ([(step.command + where, step.why) for step in steps if (step.turn is Turn.OTHERS) == others] for others in (False, True))
    first, *others = ready or [(f"claims run FOLDER --as-of {today}{where}", "nothing waits for you; settle the next files")]
    return {"Next": [first], "Also waits for you": others, "Waits for a day, or for others": waiting}


def _of_policy(step: Step, named: str) -> Step:
    """The step with the policy that it is of, which the night takes from the settings."""
    return step if step.command == NIGHT else Step(step.turn, step.command + named, step.why)


def _new_files(workspace: Workspace, database: Database, policies: Sequence[Policy], night: Policy) -> list[Step]:
    """The night, where the inbox has a file that no run took in yet under its policy."""
    if not workspace.inbox.is_dir():
        return []
    known = set()
    for used in policies:
        if used.id == night.id:
            enter_policy(database, used)
            known = known_files(database)
    names = (name for name, _ in list_tree(night, workspace.inbox).readable)
    new = next((name for name in names if sha256_of(workspace.inbox / name) not in known), None)
    return [Step(Turn.INTAKE, NIGHT, f"{new} in the inbox was not taken in yet")] if new else []


def _steps_of(
    workspace: Workspace, database: Database, policy: Policy, night: Policy, today: dt.date, unfinished: Sequence[int],
) -> Iterator[Step]:
    """What waits under a policy, of which some acts are to be finished first."""
    enter_policy(database, policy)
    closes = look_at_months(database)
    month = _last_ended(today)
    choose_open(database, month)
    plan_payments(database, policy, today, 1)
    work = _Work(*database.rows(database.render("report/waiting_work.sql", unfinished=unfinished))[0])
    if work.ruled:
        command = NIGHT if policy.id == night.id else f"claims run FOLDER --as-of {today}"
        yield Step(Turn.INTAKE, command, f"ruled on since the last run: {work.ruled}; the next one acts on it")
    yield from _payment_steps(work, today)
    yield from _correction_steps(work)
    yield from _month_steps(database, closes, work, month, today)
    if work.objected:
        yield Step(Turn.OBJECTION, f'claims object {work.objected} --dismiss --reason "…" --actor NAME', "an objection is open; --uphold where it is right")
    if work.held:
        yield Step(
            Turn.REVIEW, "claims review export", f"held: {work.held}; the bureau fills the workbook in, `claims review import` takes it back")
    if work.undelivered:
        register = _register_of(workspace, policy, closes, work.issued_by)
        yield Step(
            Turn.OTHERS, f"claims letters delivered {register} --actor NAME",
            f"letters not delivered: {work.undelivered}, the oldest in this register; fill in its 送达日期, 送达方式 and 回执 first")


def _payment_steps(work: _Work, today: dt.date) -> Iterator[Step]:
    """What is at the bank, what is due, and what is to come back. A bank answers a list of today tomorrow at the earliest."""
    if work.at_bank:
        turn = Turn.BANK if work.at_bank_since < today else Turn.OTHERS
        yield Step(turn, "claims pay confirm FILE", f"payments at the bank: {work.at_bank}, since {work.at_bank_since}; FILE has its answers")
    if work.uncovered:
        yield Step(Turn.PAYMENT, "claims budget import FILE", f"payments due that no budget of {today.year} covers: {work.uncovered}")
    if work.payable:
        returned = f"; the bank returned before: {work.returned}" if work.returned else ""
        yield Step(Turn.PAYMENT, "claims pay plan", f"payments due and covered: {work.payable}{returned}")
    if work.owing:
        yield Step(Turn.OTHERS, f"claims pay recovered {work.owing} --amount YUAN --voucher NO", "when the money has come back")


def _correction_steps(work: _Work) -> Iterator[Step]:
    """A correction that waits for a second person, and changed rows of decided claims."""
    if work.proposed:
        others = f"; so do {work.proposed - 1} more, see claims adjust --list" if work.proposed > 1 else ""
        yield Step(
            Turn.CORRECTION, f"claims adjust {work.proposal} --agree --actor NAME",
            f"its correction waits for another person than {work.proposer}{others}")
    if work.changed:
        yield Step(Turn.CORRECTION, "claims adjust --list", f"changed rows of decided claims: {work.changed}")


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
        turn, why = (Turn.MONTH, f"its notice ran until {waiting.notice_to}") if begins <= today else (
            Turn.OTHERS, f"from {begins} on: its notice runs until {waiting.notice_to}")
        if proposed:
            why += f"; the correction of {proposed[0]} must be agreed to or dropped first"
        yield Step(turn, f"claims approve {waiting.month} --minutes NO --actor NAME", f"{why}; another person than {waiting.person}")
    last = max(closes, default="")
    if work.unclosed and last < ended:
        first = work.unclosed_from if work.unclosed_from and work.unclosed_from > last else ended
        yield Step(Turn.MONTH, f"claims close {first} --actor NAME", f"decisions and corrections that are in no close yet: {work.unclosed}")


def _register_of(workspace: Workspace, policy: Policy, closes: dict[str, Close], issued_by: int | None) -> Path:
    """The register of the letters that an act issued."""
    month = next((close.month for close in closes.values() if close.approval and close.approval.sequence == issued_by), None)
    return (folder_of(workspace, policy, month) if month else supplement_folder(workspace, issued_by)) / "register.xlsx"
