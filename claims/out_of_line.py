"""Which decided claims would now come out otherwise: because a fact was corrected, or because the award of a claim before them was adjusted.

Run after run, all its claims are assessed at once, each by the facts as they are now and with what stands of the claims before it; so each gives
what `claims adjust` shows of it alone; of those that come out otherwise it is asked whether they would be held. Nothing is changed: a person adjusts what is named.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from claims.assessment import ask_again, compute_by_turn, conclude, join_facts, look_up_references, use_limits
from claims.database import Database
from claims.policy.compiler import CompiledPolicy
from claims.record.journal import Entry
from claims.record.store import policy_of, result_source
from claims.validation import find_closed, find_codes, find_rulings
from claims.workdays import Calendar, load_calendar
from claims.workspace import Workspace


@dataclass(frozen=True)
class OutOfLine:
    """A decided claim as it stands and as it would come out, in fen; `now_fen` is None where no rule settles it any more. `held` are the codes, with
    their titles, for which it would wait for a person: then it would come out in no way."""

    claim_id: str
    claimant: str
    clause: str
    award_fen: int
    now_fen: int | None
    held: tuple[str, ...]


def out_of_line(
    database: Database, workspace: Workspace, calendar: Calendar, runs: Sequence[Entry], claimant: str | None = None,
) -> Iterator[OutOfLine]:
    """The claims of some runs that would come out otherwise, run by run; of one claimant where it is named, which is right only where every limit
    counts per claimant. The policy of the runs must have been entered."""
    load_calendar(database, calendar)
    for entry in runs:
        if clauses := _clauses(database, entry, claimant):
            yield from _of_run(database, workspace, entry, CompiledPolicy(policy_of(workspace, entry), clauses), claimant)


def _clauses(database: Database, entry: Entry, claimant: str | None) -> set[str]:
    """The clauses of a run's decided claims, as they stand."""
    rows = database.rows("select distinct clause from decided_net where run = $run and claimant = coalesce($claimant, claimant)",
                         {"run": entry.sequence, "claimant": claimant})
    return {clause for (clause,) in rows}


def _of_run(database: Database, workspace: Workspace, entry: Entry, compiled: CompiledPolicy, claimant: str | None) -> list[OutOfLine]:
    policy, run = compiled.policy, entry.sequence
    cell = result_source(workspace, entry, "cell")
    database.run("adjust/run_batch.sql", claims=policy.claims, run=run, cell=cell, claimant=claimant)
    for table in policy.reference_tables:
        database.run("recall/typed_reference.sql", table=table, policy=policy.id, run=0)
    look_up_references(database, policy, 0)
    as_decided = f"(select * from decided where run = {run})"
    join_facts(database, compiled, dt.date.fromisoformat(entry.body["as_of"]), as_decided)
    find_rulings(database, compiled, "ruling")
    find_closed(database, policy)
    database.execute(f'create or replace temp view decided_net as select * from "{policy.id}".decided_net where run < {run}')
    try:
        _settle_each(database, compiled)
        rows = database.rows(database.render("adjust/out_of_line.sql", policy=policy.id, treasuries=policy.treasury_ids))
        held = _held(database, compiled, [claim_id for claim_id, *_ in rows]) if rows else {}
    finally:
        database.execute("drop view temp.decided_net")
    return [OutOfLine(*row, tuple(held.get(row[0], ()))) for row in rows]


def _held(database: Database, compiled: CompiledPolicy, claim_ids: Sequence[str]) -> dict[str, list[str]]:
    """For which codes each of some claims of the run would be held now, with their titles. `fact` holds no others afterwards."""
    policy = compiled.policy
    database.run("adjust/peer.sql", claims=policy.claims, policy=policy.id, claim_ids=claim_ids)
    find_codes(database, compiled)
    found: dict[str, list[str]] = {}
    for claim_id, code in database.rows("select distinct claim_id, code from held_code join fact using (seq) where seq not in (select seq from closed) order by all"):
        found.setdefault(claim_id, []).append(f"{code}{policy.codes[code].title}")
    return found


def _settle_each(database: Database, compiled: CompiledPolicy) -> None:
    """Fill `decision` for every claim of the run: like settling it, but every claim finds before it what stands, not what would be awarded now."""
    for rules in compute_by_turn(database, compiled):
        database.execute("create or replace temp table computed_now as select * from award")
        database.run("adjust/award_given.sql", policy=compiled.policy.id)
        if asking := ask_again(database, compiled, rules):
            database.run("assess/award_asked.sql", award="computed_now", rules=asking)
            database.run("adjust/award_given.sql", policy=compiled.policy.id)
    use_limits(database, compiled, whole=True)
    database.run("adjust/award_now.sql")
    database.run("assess/award_next.sql", carries=compiled.carries, whole=True)
    conclude(database, compiled)
