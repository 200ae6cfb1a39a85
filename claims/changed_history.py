"""The history of a policy under a change: many runs settled at once where nothing but awards can differ, one after the other where more can.

At once is exact. A claim's award depends on its facts, on what people ruled on it, and on the awards before it in its pools, in the order of runs and
within a run; and facts and rulings are those that the recorded policy was assessed on. Whether a claim is held can differ only where its own codes read
otherwise, where something must be known of it that is not, or where it is compared with a claim of an earlier run that is awarded something in one history
only; then the runs are assessed one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from claims.assessment import any_lacks, defects, look_up_reference, settle_all
from claims.database import Database
from claims.policy.compiler import CompiledPolicy
from claims.record.journal import Entry
from claims.record.results import result_sql
from claims.record.store import enter_policy, result_source
from claims.replay import History, Versions, assess_run_by_run, limit_titles, load_calendar_of, take_adjustments

SETTLED_FROM = ("fact", "held_code", "closed", "standing_ruling")
"""What a run is settled from: views over those of many runs here."""


def assess_under(database: Database, history: History, versions: Versions, before: str, after: str) -> None:
    """Fill the schema `after` with the history under other policies; `before` holds it as assess_as_recorded left it. Raises FactUnknown.

    `current_<table>` of payment particulars is left with the latest of every claimant, for what tells of claims to name them.
    """
    if not (_awards_alone_differ(history, versions) and _settled_at_once(database, history, versions, before, after)):
        assess_run_by_run(database, history, versions, after, facts_kept=True)
    look_up_reference(database, history.latest.tables[history.latest.body.payment.table], history.entries[-1].sequence)


def _awards_alone_differ(history: History, versions: Versions) -> bool:
    """Whether the change reads the facts and holds the claims of each run as the policy of then did, and awards paid before lie in one table."""
    pairs = [(recorded, versions[sha256]) for sha256, recorded in history.versions.items()]
    return {recorded.policy.awards == history.latest.awards for recorded, _ in pairs} == {True} and all(
        recorded.policy.codes == changed.policy.codes and recorded.policy.clauses.keys() == changed.policy.clauses.keys()
        and not changed.asked_besides(recorded).tables and recorded.cases == changed.cases
        and {*recorded.turns.values(), *changed.turns.values()} == {0}
        for recorded, changed in pairs
    )


def _settled_at_once(database: Database, history: History, versions: Versions, before: str, after: str) -> bool:
    """Settle the clauses that the change can reach. False where a claim may be held otherwise, or cannot be assessed."""
    clauses = reached([(recorded, versions[sha256]) for sha256, recorded in history.versions.items()])
    database.execute(f'drop schema if exists "{after}" cascade')
    enter_policy(database, versions[history.entries[-1].body["policy"]["sha256"]].policy, after)
    database.run("replay/history.sql")
    for table in SETTLED_FROM:  # what the last run of a history left takes no part
        database.execute(f"drop table if exists temp.{table}")
    taken = 0
    try:
        for stretch in _stretches(history):
            take_adjustments(database, history, taken, stretch[0].sequence)
            if not _stretch_settled(database, history, stretch, versions[stretch[0].body["policy"]["sha256"]], clauses, before):
                return False
            taken = stretch[-1].sequence
        database.run("replay/unreached.sql", before=before, clauses=clauses)
        return True
    finally:
        for view in (*SETTLED_FROM, "run_fact"):
            database.execute(f"drop view if exists temp.{view}")


def _stretch_settled(database: Database, history: History, stretch: list[Entry], changed: CompiledPolicy, clauses: list[str], before: str) -> bool:
    """Settle runs that can be settled at once. False where a claim of them may be held otherwise, or cannot be assessed."""
    runs = [entry.sequence for entry in stretch]
    compiled = changed.among([clause for clause in clauses if clause in changed.policy.clauses])
    load_calendar_of(database, history.workspace, stretch[0])
    _look_up_paid_before(database, history, stretch[0])
    database.run("replay/stretch.sql", runs=runs, clauses=clauses)
    settle_all(database, compiled)
    if any_lacks(database, compiled) or defects(database, compiled):
        return False
    database.run("replay/bound_limit.sql", limit_titles=limit_titles(changed.policy))
    database.execute(f"insert into decided by name {result_sql(database, changed.policy, 'fact.run', 'decided', in_order=False)}")
    return not database.rows(database.render("replay/compared_anew.sql", before=before, cases=compiled.cases))


def _stretches(history: History) -> Iterator[list[Entry]]:
    """The runs in parts that can be settled at once: under one policy and one calendar, without an adjustment between them. Awards paid before count from
    the run on that they came with."""
    table, stretch = history.latest.awards.name, []
    for entry in history.entries:
        if stretch and (
            entry.body["results"][table]["rows"] or _circumstances(entry) != _circumstances(stretch[-1])
            or any(stretch[-1].sequence < step.sequence < entry.sequence for step in history.adjustments)
        ):
            yield stretch
            stretch = []
        stretch.append(entry)
    yield stretch


def _circumstances(entry: Entry) -> tuple[str, str | None]:
    return entry.body["policy"]["sha256"], entry.body["calendar_sha256"]


def _look_up_paid_before(database: Database, history: History, at: Entry) -> None:
    """Fill `current_<table>` with the awards paid before as they stood at a run."""
    table = history.latest.awards
    sources = [result_source(history.workspace, entry, table.name) for entry in history.entries if entry.sequence <= at.sequence]
    database.run("replay/reference.sql", table=table, source=sources[-1], earlier=sources[:-1])
    look_up_reference(database, table, at.sequence)


def reached(versions: Sequence[tuple[CompiledPolicy, CompiledPolicy]]) -> list[str]:
    """The clauses whose awards a change may alter, of versions as recorded and as changed: those that are computed otherwise, and all that share pools with
    them, in any number of steps; where there are none, all."""
    policies = [policy.policy for pair in versions for policy in pair]
    clauses = dict.fromkeys(clause for policy in policies for clause in policy.clauses)
    pools = {clause: {pool for policy in policies if clause in policy.clauses for pool in policy.pools_of(policy.clauses[clause])} for clause in clauses}
    found = {
        clause for recorded, changed in versions for clause in recorded.policy.clauses
        if [*_decided_by(recorded, clause)] != [*_decided_by(changed, clause)]
    }
    while more := {clause for clause in pools if clause not in found and any(pools[clause] & pools[other] for other in found)}:
        found |= more
    return sorted(found) or [*clauses]


def _decided_by(compiled: CompiledPolicy, clause: str) -> Iterator[object]:
    """All that decides the claims of a clause, and what its limits are called."""
    for rule in compiled.rules_of(clause):
        yield replace(rule, number=0)
    for ceiling in compiled.policy.clauses[clause].ceilings:
        yield compiled.policy.ceilings[ceiling].title
