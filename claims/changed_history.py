"""The history of a policy under a change: many runs settled at once where nothing but awards can differ, one after the other where more can.

At once is exact. A claim's award depends on its facts and on the awards before it in its pools, in the order of runs and within a run; and
the facts are those that the recorded policy was assessed on. Whether a claim is held can differ only where its own codes read otherwise, or
where it is compared with a claim of an earlier run that is awarded something in one history only; then the runs are assessed one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from claims.assessment import defects, settle
from claims.database import Database
from claims.policy.compiler import CompiledPolicy
from claims.record.journal import Entry
from claims.record.results import result_sql
from claims.record.store import enter_policy, result_source
from claims.replay import History, Versions, assess_run_by_run, limit_titles


def assess_under(database: Database, history: History, versions: Versions, before: str, after: str) -> None:
    """Fill the schema `after` with the history under other policies; `before` holds it as assess_as_recorded left it. Raises FactUnknown."""
    if not (_awards_alone_differ(history, versions) and _settled_at_once(database, history, versions, before, after)):
        assess_run_by_run(database, history, versions, after)


def _awards_alone_differ(history: History, versions: Versions) -> bool:
    """Whether all runs used one policy, one calendar and no ruling of a reviewer, nothing was adjusted, and the change reads the facts and holds
    the claims as that policy did."""
    ruled = any(entry.body["results"]["standing_ruling"]["rows"] for entry in history.entries)
    if ruled or history.adjustments or len(versions) > 1 or len({entry.body["calendar_sha256"] for entry in history.entries}) > 1:
        return False
    [recorded], [changed] = history.versions.values(), versions.values()
    return (
        recorded.policy.codes == changed.policy.codes and recorded.policy.clauses.keys() == changed.policy.clauses.keys()
        and (recorded.joins, recorded.lookups, recorded.cases) == (changed.joins, changed.lookups, changed.cases)
        and {*recorded.turns.values(), *changed.turns.values()} == {0}
    )


def _settled_at_once(database: Database, history: History, versions: Versions, before: str, after: str) -> bool:
    """Settle the clauses that the change can reach. False where a claim may be held otherwise, or cannot be assessed."""
    [recorded], [changed] = history.versions.values(), versions.values()
    clauses = reached(recorded, changed) or [*recorded.policy.clauses]
    compiled, runs = CompiledPolicy(changed.policy, clauses), [entry.sequence for entry in history.entries]
    database.execute(f'drop schema if exists "{after}" cascade')
    enter_policy(database, changed.policy, after)
    database.run("replay/history.sql")
    database.run("replay/all_facts.sql", runs=runs)
    try:
        for stretch in _stretches(history):
            _look_up_paid_before(database, history, stretch[0])
            database.run("replay/reached_fact.sql", first=stretch[0].sequence, last=stretch[-1].sequence, clauses=clauses)
            settle(database, compiled)
            if defects(database, compiled):
                return False
            database.run("replay/bound_limit.sql", limit_titles=limit_titles(changed.policy))
            database.execute(f"insert into decided by name {result_sql(database, changed.policy, 'fact.run', 'decided', in_order=False)}")
        database.run("replay/unreached.sql", before=before, clauses=clauses)
        return len(runs) == 1 or not database.rows(database.render("replay/compared_anew.sql", before=before, cases=compiled.cases))
    finally:
        for view in ("fact", "run_fact", "held_code"):
            database.execute(f"drop view if exists temp.{view}")


def _stretches(history: History) -> Iterator[list[Entry]]:
    """The runs in parts that can be settled at once: awards paid before count from the run on that they came with."""
    table, stretch = history.latest.awards.name, []
    for entry in history.entries:
        if stretch and entry.body["results"][table]["rows"]:
            yield stretch
            stretch = []
        stretch.append(entry)
    yield stretch


def _look_up_paid_before(database: Database, history: History, at: Entry) -> None:
    """Fill `current_<table>` with the awards paid before as they stood at a run."""
    table = history.latest.awards
    sources = [result_source(history.workspace, entry, table.name) for entry in history.entries if entry.sequence <= at.sequence]
    database.run("replay/reference.sql", table=table, source=sources[-1], earlier=sources[:-1])
    database.run("assess/current_reference.sql", table=table, run=at.sequence, asked_by=[])


def reached(recorded: CompiledPolicy, changed: CompiledPolicy) -> list[str]:
    """The clauses whose awards a change may alter: those that are computed otherwise, and all that share pools with them, in any number of steps."""
    policies = (recorded.policy, changed.policy)
    pools = {clause: {pool for policy in policies for pool in policy.pools_of(policy.clauses[clause])} for clause in recorded.policy.clauses}
    found = {clause for clause in pools if [*_decided_by(recorded, clause)] != [*_decided_by(changed, clause)]}
    while more := {clause for clause in pools if clause not in found and any(pools[clause] & pools[other] for other in found)}:
        found |= more
    return sorted(found)


def _decided_by(compiled: CompiledPolicy, clause: str) -> Iterator[object]:
    """All that decides the claims of a clause, and what its limits are called."""
    for rule in compiled.rules_of(clause):
        yield replace(rule, number=0)
    for ceiling in compiled.policy.clauses[clause].ceilings:
        yield compiled.policy.ceilings[ceiling].title
