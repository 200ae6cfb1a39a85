"""The command that tries a change out: the whole history of a workspace under it, beside what was recorded. It writes nothing there.

Only the record is read, which is never changed, so that neither the lock nor the working store is needed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from claims.changed_history import assess_under
from claims.database import Database, scratch_database
from claims.errors import UsageError
from claims.files import write_atomically
from claims.impact import AFTER, BEFORE, Report, broken_down, changed_claims, changed_claims_csv, compare
from claims.impact_text import impact_text
from claims.pages import page
from claims.policy.change import ChangeMisplaced, alternative_named, changed_policy, edit, value_at
from claims.policy.check import check_policy
from claims.policy.compiler import CompiledPolicy
from claims.policy.model import Change, Policy, find_policy, load_policy
from claims.replay import History, Versions, assess_as_recorded
from claims.workspace import Workspace
from pipelines.progress import Progress
from pipelines.queries import runs_of, runs_of_one_policy

SHOWN_IN_TERMINAL, SHOWN_ON_PAGE = 20, 200


@dataclass(frozen=True)
class Asked:
    """A change as the command names it: a policy in place of the recorded one, then readings, then single edits, each in their order."""

    policy_name: str | None = None
    readings: tuple[str, ...] = ()
    edits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trial:
    """A change to be tried: the policies that take the place of the recorded ones, the latest of them, and the change in words."""

    versions: Versions
    policy: Policy
    words: tuple[str, ...]


def try_change(root: Path, asked: Asked, page_path: Path | None, csv_path: Path | None) -> str:
    """Assess the workspace's history under a change; write what is asked for. Returns the text for the terminal."""
    for path in filter(None, (page_path, csv_path)):
        if not path.parent.is_dir():
            raise UsageError(f"{path.parent}: there is no such folder")
    history = history_of(root, asked.policy_name)
    trial = trial_of(history, asked)
    progress = Progress()
    with scratch_database(history.workspace.vault.root) as database:
        with progress.stage("as recorded"):
            assess_as_recorded(database, history, BEFORE)
        with progress.stage("under the change"):
            assess_under(database, history, trial.versions, BEFORE, AFTER)
        report = _report(database, history, trial)
        if csv_path:
            write_atomically(csv_path, changed_claims_csv(database, trial.policy))
    if page_path:
        write_atomically(page_path, page("what_if.html", report=report))
    written = [f"{what}: {path.resolve()}" for what, path in (("Page", page_path), ("CSV", csv_path)) if path]
    return "\n".join([impact_text(report, SHOWN_IN_TERMINAL), *written])


def _report(database: Database, history: History, trial: Trial) -> Report:
    head, days = trial.policy.head, [dt.date.fromisoformat(entry.body["as_of"]) for entry in history.entries]
    return Report(
        policy_title=head.title, policy_document_no=head.document_no, runs=len(days), first_day=days[0], last_day=days[-1], words=trial.words,
        adjusted=len({act.body["claim_id"] for act in history.adjustments if act.body["action"] == "agree"}),
        impact=compare(database, trial.policy), parts=broken_down(database, trial.policy),
        claims=tuple(changed_claims(database, trial.policy, SHOWN_ON_PAGE)),
        currency=head.currency.word,
    )


def history_of(root: Path, policy_name: str | None) -> History:
    """The finished runs of a workspace's policy: the only one that it has, or the one that has the id of the policy named.

    Raises UsageError, RecordBroken where the journal is not what the head outside says.
    """
    if not root.is_dir():
        raise UsageError(f"{root}: there is no such workspace; name it with --workspace")
    workspace = Workspace(root)
    workspace.compared()
    return History(workspace, runs_of_one_policy(root, runs_of(workspace), policy_name))


# ---------------------------------------------------------------- the change


def trial_of(history: History, asked: Asked) -> Trial:
    """The change that was asked for, for every version of the policy. Raises UsageError with everything found in it."""
    if asked == Asked():
        raise UsageError("say what to change: --policy PATH, --reading ID=ALTERNATIVE or --set CLAUSE.PATH=VALUE")
    other = load_policy(find_policy(asked.policy_name)) if asked.policy_name else None
    policy = other or history.latest
    readings = [alternative_named(policy, text) for text in asked.readings]
    edits = [edit(policy, text) for text in asked.edits]
    changes = [change for _, alternative in readings for change in alternative.changes] + edits
    same = other is not None and history.policies.keys() == {other.sha256}
    words = [f"改用政策文件夹：{other.source}"] if other and not same else []
    words += [f"解读{reading.id}改为：{alternative.answer}（{reading.question}；现为：{reading.answer}）" for reading, alternative in readings]
    words += [_edit_words(policy, change, text) for change, text in zip(edits, asked.edits)]
    versions = changed_versions(history, changes, other)
    return Trial(versions, versions[history.latest.sha256].policy, tuple(words or ["无，指定的政策就是各批次所用的"]))


def _edit_words(policy: Policy, change: Change, text: str) -> str:
    path = text.partition("=")[0]
    [(key, value)] = change.set.items()
    try:
        before = value_at(policy, change, key)
    except ChangeMisplaced as misplaced:
        raise UsageError(f"{path}: {misplaced}") from misplaced
    return f"{path}：{_as_written(before)} → {_as_written(value)}"


def _as_written(value: object) -> str:
    return "（无）" if value is None else f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def changed_versions(history: History, changes: Sequence[Change], other: Policy | None = None) -> Versions:
    """Each version of the policy, or another one in its place, after some edits. Raises UsageError where that makes no sound policy."""
    return {sha256: _compiled(other or recorded, changes, recorded) for sha256, recorded in history.policies.items()}


def _compiled(policy: Policy, changes: Sequence[Change], recorded: Policy) -> CompiledPolicy:
    try:
        changed = changed_policy(policy, changes) if changes else policy
    except ChangeMisplaced as misplaced:
        raise UsageError(f"the change does not fit the policy {policy.source}: {misplaced}") from misplaced
    problems = [str(finding) for finding in check_policy(changed)] or [*_not_comparable(recorded, changed)]
    if problems:
        raise UsageError("\n".join([f"the change makes no policy that can be tried on these claims: {len(problems)} findings", *problems]))
    return CompiledPolicy(changed)


def _not_comparable(recorded: Policy, changed: Policy) -> Iterator[str]:
    """What the recorded claims cannot be read by, or not be compared in."""
    for name in dict.fromkeys([*recorded.tables, *changed.tables]):
        tables = [policy.tables.get(name) for policy in (recorded, changed)]
        if None in tables or tables[0].as_read != tables[1].as_read:
            yield f"facts.toml: the table {name} is not the one that the recorded runs read: its key or its fields differ"
    for clause in recorded.clauses:
        if clause not in changed.clauses:
            yield f"policy.toml: there is no clause {clause}, under which claims may have been decided; give it a status instead"
    if changed.treasury_ids != recorded.treasury_ids:
        yield "policy.toml: the treasuries are not those of the recorded runs"
