"""The commands that read what the record holds: letters of a run, explain, status, rebuild."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from claims.casefile import CaseFile
from claims.database import Database
from claims.errors import UsageError
from claims.money import capital_words, yuan_text
from claims.outputs import publish_outputs
from claims.record.journal import Entry
from claims.record.store import enter_policy, open_store, policy_of, result_source
from claims.trace import case_files
from claims.workspace import Workspace
from pipelines.letters import publish_letters
from pipelines.progress import Progress


@contextmanager
def _opened(root: Path, command: str) -> Iterator[tuple[Workspace, Database, list[Entry]]]:
    """An existing workspace with its store and its runs."""
    if not root.is_dir():
        raise UsageError(f"{root}: there is no such workspace; name it with --workspace")
    workspace = Workspace(root)
    with workspace.locked(command):
        database = open_store(workspace)
        try:
            yield workspace, database, [entry for entry in workspace.journal.entries() if entry.kind == "run"]
        finally:
            database.close()
            workspace.clear_scratch()


def render_letters_of(root: Path, label: str, progress: Progress) -> str:
    """Draft the letters of a finished run."""
    with _opened(root, f"claims letters render {label}") as (workspace, database, entries):
        entry = next((entry for entry in entries if entry.body["label"] == label), None)
        if entry is None:
            raise UsageError(f"there is no finished run {label}; there are: {', '.join(entry.body['label'] for entry in entries) or 'none'}")
        publish_outputs(database, workspace, entry)
        held = publish_letters(database, workspace, entry, progress)
        return f"Letters: {(workspace.out / label / 'letters').resolve()}\nHeld back: {held}"


def rebuild_store(root: Path) -> str:
    """Make the working store anew from vault and journal."""
    workspace = Workspace(root)
    if not root.is_dir():
        raise UsageError(f"{root}: there is no such workspace; name it with --workspace")
    with workspace.locked("claims rebuild"):
        workspace.remove_store()
        database = open_store(workspace)
        runs = database.rows("select count(*) from store.applied")[0][0]
        database.close()
    return f"{workspace.database}: made anew from {runs} runs"


# ---------------------------------------------------------------- status

def status_table(root: Path) -> str:
    """Decided and held claims by label and clause, with what was awarded; sums at the end."""
    with _opened(root, "claims status") as (workspace, database, entries):
        rows = [row for policy in _policies(workspace, entries) for row in _status_rows(database, policy)]
    header = ("label", "clause", "approved", "reduced", "rejected", "held", "awarded (yuan)")
    total = ("all", "", *(sum(row[column] for row in rows) for column in range(2, 7)))
    printed = [(*row[:2], *(str(count) for count in row[2:6]), yuan_text(row[6])) for row in (*rows, total)]
    widths = [max(len(row[column]) for row in (header, *printed)) for column in range(7)]
    return "\n".join("  ".join(cell.ljust(width) if column < 2 else cell.rjust(width) for column, (cell, width) in enumerate(zip(row, widths)))
                     for row in (header, *printed))


def _policies(workspace: Workspace, entries: list[Entry]) -> list:
    """The policies of a workspace's runs, each as its latest run used it."""
    return list({policy.id: policy for policy in (policy_of(workspace, entry) for entry in entries)}.values())


def _status_rows(database: Database, policy) -> list[tuple]:
    enter_policy(database, policy)
    return database.rows(database.render("report/status.sql", clause_field=policy.claims.with_role("clause").name))


# ---------------------------------------------------------------- explain

def explain_claim(root: Path, claim_id: str) -> str:
    """How a claim was decided, or why it is held, as text for a person."""
    with _opened(root, f"claims explain {claim_id}") as (workspace, database, entries):
        for policy in _policies(workspace, entries):
            enter_policy(database, policy)
            text = _explained(workspace, database, entries, claim_id)
            if text:
                return text
    raise UsageError(f"there is no claim {claim_id} in {root}")


def _explained(workspace: Workspace, database: Database, entries: list[Entry], claim_id: str) -> str:
    by_run = {entry.sequence: entry for entry in entries}
    parts = []
    for (run,) in database.rows("select run from decided where claim_id = $claim_id", {"claim_id": claim_id}):
        parts += [decided_text(case) for case in case_files(database, workspace, by_run[run], claim_id)]
        letter = workspace.out / by_run[run].body["label"] / "letters" / f"{claim_id}.pdf"
        parts[-1] += f"\n通知书（草稿）：{letter.resolve() if letter.exists() else '未生成'}"
    for (run,) in database.rows("select run from held where claim_id = $claim_id", {"claim_id": claim_id}):
        parts.append(held_text(database, workspace, by_run[run], claim_id))
    return "\n\n".join(parts)


def decided_text(case: CaseFile) -> str:
    """The explanation of a decided claim."""
    outcome = {"approved": "核准", "reduced": "核减后核准", "rejected": "不予支持"}[case.outcome]
    lines = [
        f"申报编号：{case.claim_id}　{case.claimant_name or ''}（{case.claimant_id}）",
        f"条款：{case.clause} {case.clause_title}（{case.article}）　所属年度：{case.claim_year}",
        f"结论：{outcome}，{yuan_text(case.award_fen)}元（{capital_words(case.award_fen)}）　批次：{case.label}",
        "", "事实：", *(f"  {fact.title}：{fact.text}" + (f"　[{fact.file} 第{fact.line}行]" if fact.file else "") for fact in case.facts),
        "", "计算：", *(_step_text(number, step) for number, step in enumerate(case.steps, 1)),
    ]
    if case.reasons:
        lines += ["", "理由：", *(f"  {reason.code} {reason.text}（{reason.article}）" for reason in case.reasons)]
    if case.shares:
        lines += ["", "资金：", *(f"  {share.title}：{yuan_text(share.award_fen)}元" for share in case.shares)]
    if case.payee:
        lines += [f"  收款单位：{case.payee.name or ''}（{case.payee.id}）　{case.payee.bank or '开户行未登记'}　{case.payee.account or '账号未登记'}"]
    lines += ["", "所用解读：", *(f"  {reading.id} {reading.question}——{reading.answer}" for reading in case.readings)]
    return "\n".join(lines)


def _step_text(number: int, step) -> str:
    bound = "　※此项限额生效" if step.kind == "ceiling" and step.bound else ""
    result = f" → {step.result}" if step.result and step.result not in step.text else ""
    return f"  {number}. {step.title}：{step.text}{result}（{step.article}）{bound}" + (f"；{step.next_limit}" if step.next_limit else "")


def held_text(database: Database, workspace: Workspace, entry: Entry, claim_id: str) -> str:
    """Why a claim is held: each code with its cells and what to do."""
    rows = database.rows(
        f"select code, message_zh, file, line from {result_source(workspace, entry, 'exception')} where claim_id = $claim_id order by code",
        {"claim_id": claim_id},
    )
    return "\n".join([f"申报编号：{claim_id}　待人工处理（批次：{entry.body['label']}）",
                      *(f"  {code} {message}　[{file} 第{line}行]" for code, message, file, line in rows)])
