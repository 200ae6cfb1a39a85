"""Validation: the policy's exception codes over the batch. A claim with a code is held for a person, with every code that applies and that no
reviewer has waived; one that a reviewer refused, or that was not supplemented in time, is closed."""

from __future__ import annotations

from collections.abc import Iterator

from claims.database import Database
from claims.money import in_ten_thousands
from claims.policy.compiler import Cell, CompiledPolicy
from claims.policy.model import Code, Policy

MOST_NAMED = 5
"""Of other claims that a code is about, how many its message names."""


TOLD_AT_ONCE = 1 << 20
"""Of how many claims those that are held are told at once: words of all cells of very many do not fit into memory together, and do not go to the disk."""


def find_others(database: Database, compiled: CompiledPolicy, recorded: str | None) -> None:
    """Fill `other_claim` (grain: held claim, code and other claim or line): what the codes are about that compare. `recorded` is the source of the
    exceptions of the run before, where a code that was kept from then has what it is about."""
    database.run("validate/other_claim.sql", cases=compiled.cases, doubled=compiled.policy.detected("doubled").id, recorded=recorded, most=MOST_NAMED)


def tell_exceptions(database: Database, compiled: CompiledPolicy) -> None:
    """Fill `exception` (grain: claim and code): `held_code` with cells and messages, which name what is in `other_claim`."""
    policy = compiled.policy
    [(latest,)] = database.rows("select coalesce(max(seq), 0) from held_code")
    for first in range(0, latest + 1, TOLD_AT_ONCE):
        database.run(
            "validate/exception.sql", cases=compiled.cases, cells=_cells(compiled), joins=compiled.joins, first=first, last=first + TOLD_AT_ONCE - 1,
            codes=_exception_codes(policy), clauses=policy.body.clause, first_cases=_first_cases(compiled), claimant_name=_claimant_name(compiled),
            claimant=policy.claims.with_role("claimant"), clause_field=policy.claims.with_role("clause").name, policy_title=policy.head.title,
            most=MOST_NAMED, choices=list(_choices(compiled)), in_ten_thousands=in_ten_thousands,
        )


def validate(database: Database, compiled: CompiledPolicy, rulings: str = "ruling") -> None:
    """Fill `held_code` (grain: claim and code) and `closed` (grain: claim), without words for a person: which claims are held, which people closed.

    `rulings` is the source of what reviewers ruled, by default all that the store has.
    """
    policy = compiled.policy
    find_rulings(database, compiled, rulings)
    database.run("validate/peer.sql", columns=compiled.compared_columns, across_claimants=compiled.compares_across_claimants)
    find_codes(database, compiled)
    find_closed(database, policy)


def find_codes(database: Database, compiled: CompiledPolicy) -> None:
    """Fill `held_code` (grain: claim and code) for what is in `fact`, compared with what is in `peer`, less what is waived in `standing_ruling`."""
    database.run("validate/case_hit.sql", cases=compiled.cases)
    not_with = [(code.id, other) for code in _exception_codes(compiled.policy) for other in code.not_with]
    database.run("validate/held_code.sql", not_with=not_with)


def find_closed(database: Database, policy: Policy) -> None:
    """Fill `closed` (grain: claim) by what was ruled on the batch, and take what is closed out of `held_code`."""
    database.run("validate/closed.sql", refused=policy.detected("refused_on_review").id, withdrawn=policy.detected("withdrawn").id)


def find_rulings(database: Database, compiled: CompiledPolicy, rulings: str) -> None:
    """Fill `standing_ruling` (grain: claim and code): what reviewers ruled on the batch as it is now."""
    database.run("validate/standing_ruling.sql", source=rulings, waivable=waivable_codes(compiled.policy))


def waivable_codes(policy: Policy) -> str:
    """The exceptions that a reviewer may waive, as a list of SQL."""
    return ", ".join(f"'{code.id}'" for code in policy.codes.values() if code.waivable) or "''"


def _exception_codes(policy: Policy) -> list[Code]:
    return [code for code in policy.codes.values() if code.kind == "exception"]


def _cells(compiled: CompiledPolicy) -> list[Cell]:
    """Every cell of a file that some situation names, once."""
    return list(dict.fromkeys(cell for case in compiled.cases for cell in case.cells if cell.field))


def _choices(compiled: CompiledPolicy) -> Iterator[tuple[Cell, str, str]]:
    """Each code of a choice, and its word, that may stand in a cell which some situation names."""
    policy = compiled.policy
    for cell in _cells(compiled):
        table = policy.tables[policy.joins[cell.join].table] if cell.join else policy.claims
        yield from ((cell, code, word) for code, word in table.fields[cell.field].choices.items())


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
