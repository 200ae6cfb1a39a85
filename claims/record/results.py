"""Results of a run: the relations that are kept in the vault as Parquet, and the journal line that makes them count."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from claims.assessment import traced_sql
from claims.database import Database
from claims.policy.compiler import CompiledPolicy, joined_column
from claims.policy.model import Policy
from claims.policy.traced import TRACED
from claims.record.journal import Entry
from claims.record.store import keep_relation, result_source
from claims.workspace import Workspace

SETTLED_BY = ("peer", "claim_limit", "account_draw", "limit_use", "award", "award_next", "unsettled", "limit_step")
"""What the results of a run were settled by, besides its rules; no result but the trace is made of it."""
RECORDED_FROM = ("fact", "decision", "held_code", "exception", "other_claim", "line_fate")
"""What the results of a run are made of, besides its rows of reference tables."""
KEPT_RELATIONS = ("decision", "decided", "cell", "held", "received_file", "exception", "line_fate", "standing_ruling")


def keep_results(database: Database, workspace: Workspace, compiled: CompiledPolicy, run: int, scratch: Path) -> dict[str, dict]:
    """Put every result relation of the run into the vault. Returns per relation what `keep_relation` says of it."""
    policy = compiled.policy

    def kept(name: str, select: str) -> dict:
        return keep_relation(database, workspace, scratch / f"{name}.parquet", select)

    traces = {name: kept(name, traced_sql(database, compiled, name)) for name in TRACED}
    let_go(database, [*SETTLED_BY, *(rule.table for rule in compiled.rules)])
    results = {name: kept(name, result_sql(database, policy, run, name)) for name in KEPT_RELATIONS}
    references = {table.name: kept(table.name, database.render("record/reference.sql", table=table, run=run)) for table in policy.reference_tables}
    return results | traces | references


def let_go(database: Database, tables: Iterable[str]) -> None:
    """Drop temporary tables that the run is done with, so that there is memory for what is still to be done."""
    database.run("record/let_go.sql", tables=tables)


def result_sql(database: Database, policy: Policy, run: int, relation: str, in_order: bool = True) -> str:
    """The query for one of KEPT_RELATIONS, over the temporary tables of the run; what is decided need not be `in_order` where no bytes are kept."""
    return database.render(
        f"record/{relation}.sql", run=run, in_order=in_order, claims=policy.claims, treasuries=policy.treasury_ids,
        claimant=policy.claims.with_role("claimant"), clause_field=policy.claims.with_role("clause").name,
        breakdowns=[joined_column(policy, breakdown.by) for breakdown in policy.body.breakdown],
        treasury_places=[treasury.by and joined_column(policy, treasury.by) for treasury in policy.body.treasury],
        sticky_codes=sticky_codes(policy),
    )


def sticky_codes(policy: Policy) -> str:
    """The codes that stay with a claim until it is changed or ruled on, as a list of SQL."""
    return ", ".join(f"'{code.id}'" for code in policy.codes.values() if code.sticky) or "''"


def codes_changed(database: Database, workspace: Workspace, before: Entry) -> bool:
    """Whether a claim of the batch has other exception codes than an earlier run recorded for it."""
    recorded = result_source(workspace, before, "exception")
    return bool(database.rows(database.render("record/changed_code.sql", recorded=recorded)))


def counted(database: Database, policy: Policy) -> dict:
    """What a run's journal line and manifest say in figures: lines and claims by fate and outcome, codes, and control totals in fen."""
    totals = ", ".join(f"coalesce(sum({treasury}_fen), 0)" for treasury in policy.treasury_ids)
    awarded, *shares = database.rows(f"select coalesce(sum(award_fen), 0), {totals} from decision")[0]
    return {
        "fates": dict(database.rows("select fate, count(*) from line_fate group by fate order by fate")),
        "outcomes": dict(database.rows("""
            select outcome, count(*) from (
                select outcome from decision union all select 'exception' from (select distinct seq from held_code)
            ) group by outcome order by outcome""")),
        "codes": dict(database.rows("""
            select code, count(*) from (
                select code from held_code union all select unnest(string_split(reason_codes, ';')) from decision where reason_codes <> ''
            ) group by code order by code""")),
        "awarded_fen": awarded,
        "treasuries_fen": dict(zip(policy.treasury_ids, shares)),
        "clauses_fen": dict(database.rows("select clause, sum(award_fen) from decision where rule is not null group by clause order by clause")),
    }
