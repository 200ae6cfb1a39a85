"""Assessment: the compiled policy over the batch, from facts to decisions and the steps that led to them.

Everything happens in temporary tables of the run; nothing is kept before the record has it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

from claims.database import Database
from claims.intake import typed_relation_sql
from claims.policy.compiler import Cell, CompiledPolicy, Limit, Rule
from claims.policy.model import Policy, Table
from claims.policy.traced import TRACED, traces_of


class ProgramDefect(Exception):
    """A check of the program's own results failed; nothing may be decided."""


def prepare_facts(database: Database, compiled: CompiledPolicy, run: int, as_of: dt.date) -> None:
    """Fill `batch` and `fact` (grain: one row per claim of the batch)."""
    policy = compiled.policy
    database.run("assess/batch.sql", typed_held=typed_relation_sql(policy, policy.claims, "held"))
    look_up_references(database, policy, run, compiled.asked_by)
    join_facts(database, compiled, as_of)


def look_up_references(database: Database, policy: Policy, run: int, asked_by: dict[str, list] | None = None) -> None:
    """Fill `current_<table>` (grain: one row per key) for every table but the claims; of the tables that are `asked_by` the batch alone, with the
    keys that it asks for."""
    for table in policy.reference_tables:
        look_up_reference(database, table, run, (asked_by or {}).get(table.name, ()))


def look_up_reference(database: Database, table: Table, run: int, asked_by: Sequence[list[tuple[str, str]]] = ()) -> None:
    """Fill `current_<table>` (grain: one row per key), with the keys that the batch asks for where `asked_by` says by which columns."""
    database.run("assess/current_reference.sql", table=table, run=run, asked_by=asked_by)


def join_facts(database: Database, compiled: CompiledPolicy, as_of: dt.date, order_by: str = "batch") -> None:
    """Fill `fact` from `batch`, which is used up, and what its claims look up. `order_by` is a relation whose rows of these claims tell their order."""
    database.run("assess/settling_order.sql", turns=compiled.turns, claims=order_by)
    database.run("assess/fact.sql", as_of=as_of, joins=compiled.joins, lookups=compiled.lookups)


def of_batch(database: Database, compiled: CompiledPolicy) -> CompiledPolicy:
    """The policy for the claims in `fact`: to plan the rules of clauses without a claim costs more than to settle a few claims."""
    clauses = [clause for (clause,) in database.rows("select distinct clause from fact where clause is not null")]
    return compiled.among(clauses) if clauses else compiled


def assess(database: Database, compiled: CompiledPolicy) -> None:
    """Fill `decision` and `limit_step` for every claim of the batch that is not held; the trace is a query over them and the rules.

    A claim of which something that must be known is not is held, too: `case_hit` and `held_code` say so. Raises ProgramDefect when the results
    do not hold together.
    """
    settle(database, compiled)
    check_results(database, compiled)


def check_results(database: Database, compiled: CompiledPolicy) -> None:
    """Raise ProgramDefect when what `settle` filled does not hold together."""
    found = defects(database, compiled)
    if found:
        raise ProgramDefect("the results do not hold together: " + "; ".join(f"{claim_id}: {defect}" for defect, claim_id in found))


def settle(database: Database, compiled: CompiledPolicy) -> None:
    """The same without the check of what came out. What a held claim would have got is free for others, so all is settled again without it."""
    settle_all(database, compiled)
    while _hold_lacking(database, compiled):
        settle_all(database, compiled)


def _hold_lacking(database: Database, compiled: CompiledPolicy) -> bool:
    """Hold the settled claims of which something that must be known is not; whether there were any."""
    if not any_lacks(database, compiled):
        return False
    code = {"code": compiled.policy.detected("unknown_value").id}
    database.execute("insert into case_hit by name select seq, case_number, $code as code from lacking", code)
    database.execute("insert into held_code by name select distinct seq, $code as code from lacking", code)
    return True


def any_lacks(database: Database, compiled: CompiledPolicy) -> bool:
    """Fill `lacking` (grain: settled claim and thing that must be known of it and is not); whether there is any."""
    database.run("assess/lacking.sql", rules=compiled.rules, ways=compiled.wanted_of_ways, number=compiled.unknown_cases,
                 treasuries=compiled.policy.treasury_ids)
    return database.rows("select count(*) from lacking") != [(0,)]


def lacking_cells(database: Database, compiled: CompiledPolicy) -> list[Cell]:
    """What is not known of claims that `settle` held, by name."""
    numbers = database.rows("select distinct case_number from case_hit where code = $code", {"code": compiled.policy.detected("unknown_value").id})
    return sorted((cell for cell, number in compiled.unknown_cases.items() if (number,) in numbers), key=lambda cell: cell.name)


def settle_all(database: Database, compiled: CompiledPolicy) -> None:
    """Settle every claim that is not held, be something of it known or not."""
    for rules in compute_by_turn(database, compiled):
        _settle_limits(database, compiled, rules)
    conclude(database, compiled)


def compute_by_turn(database: Database, compiled: CompiledPolicy) -> Iterator[list[Rule]]:
    """Compute the rules turn after turn, into `award` before any limit; yields those that there are so far. After each turn the caller puts there
    what the next one builds on."""
    database.run("assess/pool_history.sql", awards=compiled.policy.awards, pools=compiled.pools, columns=compiled.pool_columns)
    if compiled.carries:
        database.run("assess/carry_history.sql", carries=compiled.carries)
    if any(rule.asks for rule in compiled.rules):
        database.execute("""create or replace temp table asked as
            select null::bigint as asked_seq, null::varchar as pool_id, null::bigint as used, null::integer as first_year where false""")
    settled: list[Rule] = []
    for rules in compiled.rules_by_turn():
        if settled:
            database.run("assess/pool_given.sql", pools=compiled.pools)
        for rule in rules:
            database.run("assess/rule.sql", rule=rule)
        settled += rules
        database.run("assess/claim_limit.sql", limits=_limits(settled))
        database.run("assess/award_first.sql", rules=settled)
        yield settled


def _limits(rules: Iterable[Rule]) -> list[tuple[Rule, Limit]]:
    return [(rule, limit) for rule in rules for limit in rule.limits]


def conclude(database: Database, compiled: CompiledPolicy) -> None:
    """Fill `limit_step` and `decision` from the awards as they are."""
    database.run("assess/limit_step.sql", limits=_limits(compiled.rules))
    decide(database, compiled)


def decide(database: Database, compiled: CompiledPolicy) -> None:
    """Fill `decision` from what the rules computed, the limits, and the awards that they left."""
    policy = compiled.policy
    database.run("assess/decision.sql", rules=compiled.rules, treasuries=policy.treasury_ids, nothing_due=policy.detected("nothing_due").id,
                 waived=policy.detected("waived").id)


def _settle_limits(database: Database, compiled: CompiledPolicy, rules: list[Rule]) -> None:
    """Let awards and what their pools gave before them agree.

    A claim's limits depend on the awards of the claims before it, and on nothing else. So each round makes at least the next claim
    of every account final, and when nothing is unsettled any more, each award is what settling one claim after the other would give.
    A last round over all claims leaves what the trace shows; the check sees that it changes nothing.
    """
    _settle_round(database, compiled, rules, whole=True)
    database.run("assess/award_settled.sql", carries=compiled.carries)
    while database.rows("select count(*) from unsettled") != [(0,)]:
        _settle_round(database, compiled, rules, whole=False)
        database.run("assess/award_settled.sql", carries=compiled.carries)
    database.execute("create or replace temp table unsettled as select seq from award")
    _settle_round(database, compiled, rules, whole=True)


def _settle_round(database: Database, compiled: CompiledPolicy, rules: list[Rule], whole: bool) -> None:
    """What the unsettled claims are awarded, by the awards as they are; `whole` where these are all claims."""
    if asking := ask_again(database, compiled, rules):
        database.run("assess/award_asked.sql", award="award", rules=asking)
    use_limits(database, compiled, whole)
    database.run("assess/award_next.sql", carries=compiled.carries, whole=whole)


def ask_again(database: Database, compiled: CompiledPolicy, rules: list[Rule]) -> list[Rule]:
    """Compute those of some rules again that ask what their pools gave before the claim, by the awards as they are; which these are."""
    asking = [rule for rule in rules if rule.asks]
    if asking:
        use_limits(database, compiled)
        database.run("assess/asked.sql")
        for rule in asking:
            database.run("assess/rule.sql", rule=rule)
        database.run("assess/claim_limit.sql", limits=_limits(rules))
    return asking


def use_limits(database: Database, compiled: CompiledPolicy, whole: bool = False) -> None:
    """Fill `limit_use`, and `carried` where amounts are carried: what was given before each unsettled claim, by the awards as they are; `whole` where
    all claims are unsettled."""
    counts_values = any(compiled.policy.counted_field(pool) for pool in compiled.policy.body.pool)
    database.run("assess/limit_use.sql", counts_values=counts_values, carries=compiled.carries, whole=whole)
    if compiled.carries:
        database.run("assess/carried.sql")


def traced_sql(database: Database, compiled: CompiledPolicy, relation: str, in_order: bool = True) -> str:
    """The query for one of TRACED, over the temporary tables of the run; `in_order` where its bytes are kept."""
    traced = compiled.whole if relation == "step_name" else compiled
    return database.render(f"assess/{relation}.sql", traces=traces_of(traced), treasuries=compiled.policy.treasury_ids, in_order=in_order)


def trace_sql(database: Database, compiled: CompiledPolicy) -> str:
    """The query for the steps of all settled claims (grain: one row per claim and step)."""
    return database.render("assess/step.sql", **{relation: f"({traced_sql(database, compiled, relation, in_order=False)})" for relation in TRACED})


def defects(database: Database, compiled: CompiledPolicy) -> list[tuple[str, str]]:
    """What does not hold together in the results: (defect, claim id)."""
    policy = compiled.policy
    return database.rows(database.render(
        "check/decision.sql", rules=compiled.rules, treasuries=policy.treasury_ids, waived=policy.detected("waived").id))
