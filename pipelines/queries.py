"""The commands that read what the record holds: letters of a run, status, rebuild."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from claims.database import Database
from claims.errors import UsageError, WorkspaceBusy
from claims.finding import claims_meant, found_text
from claims.money import yuan_text
from claims.policy.model import find_policy, load_policy
from claims.outputs import publish_outputs
from claims.record.journal import Entry, os_account
from claims.record.store import check_vault, enter_policy, open_store, policy_of, store_beside, table_digests
from claims.text_table import text_table
from claims.way import Way, way_of, way_text
from claims.workdays import calendar_of
from claims.workspace import Workspace
from pipelines.letters import publish_letters
from pipelines.progress import Progress
from pipelines.report import publish_report


def existing(root: Path) -> Workspace:
    """A workspace that there is. Raises UsageError."""
    workspace = Workspace(root)
    if not workspace.exists:
        raise UsageError(f"{root}: there is no workspace; name one with --workspace")
    return workspace


@contextmanager
def opened(root: Path, command: str) -> Iterator[tuple[Workspace, Database, list[Entry]]]:
    """An existing workspace with its store and its runs."""
    workspace = existing(root)
    with workspace.locked(command):
        database = open_store(workspace)
        try:
            yield workspace, database, runs_of(workspace)
        finally:
            database.close()
            workspace.clear_scratch()


@contextmanager
def read(root: Path, command: str) -> Iterator[tuple[Workspace, Database, list[Entry]]]:
    """The same for a command that only reads. While another process holds the workspace, it reads what is finished from the record, and says so."""
    with ExitStack() as stack:
        try:
            found = stack.enter_context(opened(root, command))
        except WorkspaceBusy as busy:
            print(f"claims: {busy.held} What follows is what was finished before.", file=sys.stderr)
            workspace = Workspace(root)
            workspace.compared()
            found = workspace, stack.enter_context(store_beside(workspace)), runs_of(workspace)
        yield found


def runs_of(workspace: Workspace) -> list[Entry]:
    """The journal lines of all finished runs, oldest first."""
    return [entry for entry in workspace.journal.entries() if entry.kind == "run"]


def runs_of_one_policy(root: Path, runs: list[Entry], policy_name: str | None) -> tuple[Entry, ...]:
    """The runs of the only policy that a workspace has runs of, or of the one that has the id of the policy named. Raises UsageError."""
    ids = list(dict.fromkeys(entry.body["policy"]["id"] for entry in runs))
    if not ids:
        raise UsageError(f"{root}: no run is finished here; `claims run FOLDER` makes one")
    wanted = ids[0] if len(ids) == 1 else policy_name if policy_name in ids else policy_name and load_policy(find_policy(policy_name)).id
    if wanted not in ids:
        raise UsageError(f"{root} has runs of several policies ({', '.join(ids)}): say with --policy which of them is meant")
    return tuple(entry for entry in runs if entry.body["policy"]["id"] == wanted)


def render_letters_of(root: Path, label: str, progress: Progress) -> str:
    """Draft the letters of a finished run."""
    with opened(root, f"claims letters render {label}") as (workspace, database, entries):
        entry = next((entry for entry in entries if entry.body["label"] == label), None)
        if entry is None:
            raise UsageError(f"there is no finished run {label}; there are: {', '.join(entry.body['label'] for entry in entries) or 'none'}")
        publish_outputs(database, workspace, entry)
        held = publish_letters(database, workspace, entry, os_account(), progress)
        publish_report(database, workspace, entry)
        return f"Letters: {(workspace.out / label / 'letters').resolve()}\nHeld back: {held}"


def rebuild_store(root: Path) -> str:
    """Make the working store anew from vault and journal, and tell the digest of every table."""
    workspace = existing(root)
    with workspace.locked("claims rebuild"):
        files = check_vault(workspace)
        workspace.remove_store()
        database = open_store(workspace)
        applied = database.rows("select count(*) from store.applied")[0][0]
        digests = table_digests(database)
        database.close()
        workspace.clear_scratch()
    made = f"{workspace.database}: made anew from {applied} events; all {files} files of the record are as they were kept"
    return "\n".join([made, digests_text(digests)])


def digests_text(digests: dict[str, tuple[int, str]]) -> str:
    """A line for each table that has rows, and one hash of them all."""
    rows = [(name, f"{count:,}", sha256) for name, (count, sha256) in sorted(digests.items()) if count]
    total = hashlib.sha256("".join(f"{name} {sha256}\n" for name, (_, sha256) in sorted(digests.items())).encode()).hexdigest()
    return text_table([("table", "rows", "SHA-256 of its rows"), *rows, ("all", f"{sum(count for count, _ in digests.values()):,}", total)], right=(1,))


# ---------------------------------------------------------------- status

def status_table(root: Path) -> str:
    """Decided and held claims by label and clause, with what was awarded and by how much that was adjusted since; sums at the end."""
    with read(root, "claims status") as (workspace, database, entries):
        rows = [row for policy in policies_of(workspace, entries) for row in _status_rows(database, policy)]
        note = workspace.outside_head.note(workspace.journal.entries())
    header = ("label", "clause", "approved", "reduced", "rejected", "held", "awarded (yuan)", "adjusted (yuan)")
    total = ("all", "", *(sum(row[column] for row in rows) for column in range(2, 8)))
    printed = [(*row[:2], *(str(count) for count in row[2:6]), *map(yuan_text, row[6:])) for row in (*rows, total)]
    return "\n".join(filter(None, [text_table([header, *printed], right=range(2, 8)), note and f"Warning: {note}"]))


def status_of_claim(root: Path, asked: str) -> str:
    """The way of a claim, from the line that was received on; of several that a name or a document number means, which they are. Raises UsageError."""
    with read(root, f"claims status {asked}") as (workspace, database, runs):
        ways = _ways(workspace, database, runs, asked)
        found = [] if ways else claims_meant(database, policies_of(workspace, runs), asked)
        if len(found) > 1:
            return found_text(found, asked)
        ways = ways or [way for one in found for way in _ways(workspace, database, runs, one.claim_id)]
    if not ways:
        raise UsageError(f"nothing is recorded of a claim {asked} in {root}, no letter has that number, and no institution that name")
    return "\n\n".join(map(way_text, ways))


def ways_of_claim(root: Path, command: str, claim_id: str) -> list[Way]:
    """The way of a claim under each policy that knows it, one at least. Raises UsageError."""
    with read(root, command) as (workspace, database, runs):
        found = _ways(workspace, database, runs, claim_id)
    if not found:
        raise UsageError(f"nothing is recorded of a claim {claim_id} in {root}")
    return found


def _ways(workspace: Workspace, database: Database, runs: list[Entry], claim_id: str) -> list[Way]:
    entries = workspace.journal.entries()
    calendar = calendar_of(workspace.calendar)
    ways = (way_of(database, workspace, policy, entries, calendar, claim_id) for policy in policies_of(workspace, runs))
    return [way for way in ways if way]


def policies_of(workspace: Workspace, entries: list[Entry]) -> list:
    """The policies of a workspace's runs, each as its latest run used it."""
    latest = {entry.body["policy"]["id"]: entry for entry in entries}
    return [policy_of(workspace, entry) for entry in latest.values()]


def _status_rows(database: Database, policy) -> list[tuple]:
    enter_policy(database, policy)
    return database.rows(database.render("report/status.sql", clause_field=policy.claims.with_role("clause").name))
