"""Validation: the policy's exception codes over the batch. A claim with a code is held for a person, with every code that applies."""

from __future__ import annotations

from claims.database import Database
from claims.policy.compiler import CompiledPolicy
from claims.policy.model import Code, Policy


def tell_exceptions(database: Database, compiled: CompiledPolicy) -> None:
    """Fill `exception` (grain: claim and code): `held_code` with cells and messages."""
    policy = compiled.policy
    database.run(
        "validate/exception.sql", cases=compiled.cases, joins=compiled.joins, codes=_exception_codes(policy), clauses=policy.body.clause,
        first_cases=_first_cases(compiled), claimant_name=_claimant_name(compiled),
        claimant=policy.claims.with_role("claimant"), clause_field=policy.claims.with_role("clause").name, policy_title=policy.head.title,
    )


def validate(database: Database, compiled: CompiledPolicy) -> None:
    """Fill `held_code` (grain: claim and code): which claims are held, without words for a person."""
    database.run("validate/peer.sql", claims=compiled.policy.claims, across_claimants=compiled.compares_across_claimants)
    database.run("validate/case_hit.sql", cases=compiled.cases)
    database.run("validate/held_code.sql", not_with=[(code.id, other) for code in _exception_codes(compiled.policy) for other in code.not_with])


def _exception_codes(policy: Policy) -> list[Code]:
    return [code for code in policy.codes.values() if code.kind == "exception"]


def _first_cases(compiled: CompiledPolicy) -> list[tuple[str, int]]:
    """The number of each code's first situation."""
    first: dict[str, int] = {}
    for case in compiled.cases:
        first.setdefault(case.code, case.number)
    return list(first.items())


def _claimant_name(compiled: CompiledPolicy) -> str:
    """The column of `fact` that holds the claimant's name: from the join over the claimant to the table of payment particulars."""
    payment, claimant = compiled.policy.body.payment, compiled.policy.claims.with_role("claimant").name
    join = next(join for join in compiled.policy.body.join if join.table == payment.table and claimant in join.on.values())
    return f"{join.name}__{payment.name}"
