"""Budgets: what each treasury may pay in a year under a policy. A later file replaces the amount of the same treasury and year."""

from __future__ import annotations

from pathlib import Path

from claims.database import Database
from claims.errors import InputRefused
from claims.intake.office import OfficeFile, read_office_file, unfit_cells
from claims.money import yuan_text
from claims.policy.model import Field, Policy, Range, Table
from claims.quoting import quoted
from claims.treasuries import Treasuries

BUDGET_TABLE = Table(
    name="budget", title="预算", holds="reference", key=["treasury", "year"], unreadable="refuse",
    field=[
        Field(name="treasury", header="财政", type="text"),
        Field(name="year", header="年度", type="year", range=Range(at_least=2000, at_most=2100)),
        Field(name="amount_yuan", header="金额（元）", type="money", range=Range(at_least=0)),
    ],
)


def read_budget(database: Database, policy: Policy, path: Path, scratch: Path, day: str) -> None:
    """Read a budget file into the temporary tables new_budget, budget_change (what differs from the budget so far) and new_posting.

    Raises InputRefused with every row that cannot be taken, and where less would be left than is reserved or paid already.
    """
    file = read_office_file(policy, BUDGET_TABLE, path, scratch)
    problems = unfit_cells(database, file) or _fill(database, Treasuries(policy), file)
    if problems:
        raise InputRefused(problems)
    database.run("pay/budget_change.sql")
    problems = _below_what_is_bound(database, Treasuries(policy), path.name)
    if problems:
        raise InputRefused(problems)
    database.run("pay/budget_posting.sql", day=day)


def _fill(database: Database, treasuries: Treasuries, file: OfficeFile) -> list[str]:
    database.run("pay/new_budget.sql")
    problems, seen = [], {}
    rows = database.rows(f"select line, treasury, year, amount_fen from ({file.typed}) order by line")
    for line, name, year, amount_fen in rows:
        found = treasuries.find(name)
        if found is None:
            problems.append(f"{file.name}:{line}: “{quoted(name)}” is no treasury of this policy: write {treasuries.how_to_name()}")
        elif first := seen.get((found, year)):
            problems.append(f"{file.name}:{line}: {quoted(name)} {year} stands in line {first} already: keep one of them")
        else:
            seen[found, year] = line
            database.execute("insert into new_budget values (?, ?, ?, ?)", [*found, year, amount_fen])
    return problems if rows else [f"{file.name}: no row below the header: write a treasury, a year and an amount"]


def _below_what_is_bound(database: Database, treasuries: Treasuries, name: str) -> list[str]:
    rows = database.rows("select treasury, place, year, amount_fen, before_fen - left_fen from budget_change where left_fen + change_fen < 0 order by all")
    return [
        f"{name}: {treasuries.title(treasury, place)} {year}: {yuan_text(amount_fen)} yuan is less than the {yuan_text(bound_fen)} yuan "
        "that are reserved or paid already: leave at least these"
        for treasury, place, year, amount_fen, bound_fen in rows
    ]


def unheard_of(database: Database, policy: Policy) -> list[tuple[str, str]]:
    """The treasuries with a place that a budget names and nothing that was decided does: a misspelt place, perhaps."""
    return database.rows(database.render("pay/unheard_of.sql", treasuries=policy.treasury_ids))
