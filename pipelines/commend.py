"""The job of a year's commendation: read the scores, rank, record, show. It stands beside the runs: it decides no claim and moves no money.

As in a run, nothing counts before the journal line is written; after it, the same command finishes what is shown, from the record.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from claims.commendation import Evaluation, Ranked, evaluate, ranking_json, read_ranking
from claims.commendation_outputs import letters_held, publish_commendation
from claims.database import Database
from claims.errors import InputRefused, RecordBroken, UsageError
from claims.intake import Listing, list_of
from claims.people import acting_person
from claims.policy.check import load_sound_policy
from claims.policy.model import Policy
from claims.record.acts import acts_of, files_again
from claims.record.circumstances import calendar_then, circumstances, settings_of
from claims.record.journal import Entry
from claims.record.store import enter_policy, policy_of
from claims.settings import Settings, load_settings
from claims.workdays import Calendar, calendar_of
from claims.workspace import Workspace
from pipelines.queries import existing, opened

KIND = "commendation"


@dataclass(frozen=True)
class Request:
    """What a commendation is asked of: a file of scores or a folder with some, and the year that they are of."""

    source: Path
    year: int
    actor: str | None
    policy_name: str | None = None


@dataclass(frozen=True)
class _Asked:
    """What the record says of what a commendation was asked of, by whom, under what. `source` is where the scores lay."""

    policy: Policy
    year: int
    source: str
    person: str
    settings: Settings
    calendar: Calendar


@dataclass(frozen=True)
class Commended:
    """A recorded commendation. `repeated` tells that nothing new was recorded, `replaced` is the list of the year that it replaces."""

    entry: Entry
    folder: Path
    ranking: list[Ranked]
    repeated: bool
    replaced: Entry | None
    not_read: tuple[str, ...]
    letters_held: int


def commend(root: Path, request: Request) -> Commended:
    """Rank a year's scores. Raises InputRefused with every problem when nothing was changed, UsageError for a policy without a commendation."""
    existing(root)
    policy = load_sound_policy(request.policy_name)
    listing = _listing(policy, request.source)
    with opened(root, f"claims commend {request.source}") as (workspace, database, _):
        return _commend(workspace, database, policy, request, listing)


def commend_again(workspace: Workspace, database: Database, entry: Entry) -> None:
    """Rank a year's scores again from the files that were read, and record and show it, in a workspace whose record ends before it."""
    settings, body = settings_of(workspace, entry), entry.body
    policy = policy_of(workspace, entry, settings)
    if policy.body.commendation is None:
        raise RecordBroken(f"line {entry.sequence} of the journal is a commendation under a policy that has none")
    table = policy.score_tables[policy.body.commendation.table]
    listing = Listing(files_again(workspace, entry), [(item["file"], table) for item in body["inputs"]], [])
    asked = _Asked(policy, body["year"], body["source"], entry.actor, settings, calendar_then(workspace, entry))
    evaluation = _evaluated(workspace, database, policy, listing, body["year"])
    publish_commendation(workspace, _record(workspace, asked, listing, evaluation, latest_of(workspace, policy, body["year"])))


def _commend(workspace: Workspace, database: Database, policy: Policy, request: Request, listing: Listing) -> Commended:
    evaluation = _evaluated(workspace, database, policy, listing, request.year)
    latest = latest_of(workspace, policy, request.year)
    repeated = latest is not None and _says_the_same(latest, policy, evaluation)
    entry = latest if repeated else _record(workspace, _asked_now(workspace, policy, request), listing, evaluation, latest)
    folder = publish_commendation(workspace, entry)
    return Commended(
        entry, folder, read_ranking(workspace.vault.read(entry.body["results"]["ranking"]["sha256"])), repeated,
        None if repeated else latest, tuple(listing.not_read), letters_held(folder),
    )


def _listing(policy: Policy, source: Path) -> Listing:
    """The file, whatever its name, or the files of the folder that are named after the table of scores."""
    if policy.body.commendation is None:
        raise UsageError(f"{policy.id} commends nobody: its policy.toml has no [commendation]")
    table = policy.score_tables[policy.body.commendation.table]
    if source.is_file():
        return Listing(source.parent, [(source.name, table)], [])
    if not source.is_dir():
        raise UsageError(f"{source}: there is no such file or folder")
    listing = list_of([table], source)
    if not listing.readable:
        raise InputRefused([f"{source}: no file to read: its name must begin with the table's name ({table.name}*.csv), or name the file itself"])
    return listing


def latest_of(workspace: Workspace, policy: Policy, year: int) -> Entry | None:
    """The journal line of the list of a year that counts: the latest one."""
    return next((entry for entry in reversed(acts_of(workspace, policy.id, KIND)) if entry.body["year"] == year), None)


def _says_the_same(entry: Entry, policy: Policy, evaluation: Evaluation) -> bool:
    """Whether a recorded list was made from the same bytes under the same policy, and the names are still what they were."""
    return (
        {item["sha256"] for item in entry.body["inputs"]} == {file.sha256 for file in evaluation.files}
        and entry.body["policy"]["sha256"] == policy.sha256
        and entry.body["results"]["ranking"]["sha256"] == hashlib.sha256(ranking_json(evaluation.ranking)).hexdigest()
    )


def _evaluated(workspace: Workspace, database: Database, policy: Policy, listing: Listing, year: int) -> Evaluation:
    """The ranking of a year. Raises InputRefused with every problem of its scores."""
    enter_policy(database, policy)
    evaluation = evaluate(database, policy, listing, year, workspace.fresh_scratch("commend"))
    if evaluation.problems:
        raise InputRefused(evaluation.problems)
    return evaluation


def _asked_now(workspace: Workspace, policy: Policy, request: Request) -> _Asked:
    settings = load_settings(workspace.settings)
    person = acting_person(settings, request.actor)
    return _Asked(policy, request.year, str(request.source.resolve()), person, settings, calendar_of(workspace.calendar))


def _record(workspace: Workspace, asked: _Asked, listing: Listing, evaluation: Evaluation, replaced: Entry | None) -> Entry:
    """Everything into the vault, then the journal line: from here the list counts."""
    workspace.journal.check_clock()
    vault, ranking = workspace.vault, evaluation.ranking
    for file in evaluation.files:
        if vault.put_file(listing.folder / file.name) != file.sha256:
            raise InputRefused([f"{file.name}: the file was changed while it was being read; give the command again when it is complete"])
    body = circumstances(workspace, asked.policy, asked.settings, asked.calendar) | {
        "year": asked.year, "commendation": asked.policy.body.commendation.id, "source": asked.source,
        "inputs": [{"file": file.name, "sha256": file.sha256, "table": file.table, "lines": file.lines} for file in evaluation.files],
        "counts": {"ranked": len(ranking), "commended": sum(one.commended for one in ranking), "priority": sum(one.prioritised for one in ranking)},
        "results": {"ranking": {"sha256": vault.put_bytes(ranking_json(ranking)), "rows": len(ranking)}},
        "replaces": replaced.sequence if replaced else None,
    }
    return workspace.record(KIND, asked.person, body)


def commendation_summary(done: Commended) -> str:
    """What the command prints."""
    body, counts = done.entry.body, done.entry.body["counts"]
    if done.repeated:
        state = f"unchanged since {done.entry.at}; nothing new is recorded"
    else:
        state = f"recorded, in place of the list of {done.replaced.at}" if done.replaced else "recorded"
    letters = 2 * counts["commended"]
    lines = [
        f"Commendation of {body['year']} under {body['policy']['id']}: {state}",
        f"Ranked: {counts['ranked']}, commended: {counts['commended']}, on the priority list: {counts['priority']}",
        f"Letters: {letters} = {letters - done.letters_held} drafted + {done.letters_held} held back",
        f"Results: {done.folder.resolve()}",
        *(f"Not read: {name}" for name in done.not_read),
    ]
    return "\n".join(lines)
