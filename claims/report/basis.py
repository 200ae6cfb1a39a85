"""What a report is made from: the relations of the record that decisions.csv and the papers of a month are written from, summed up by group.

Every sum is taken where the rows are, so that a report of a million claims costs a few scans; lists are bounded.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from claims.database import Database, sql_literal
from claims.policy.model import Policy
from claims.record.journal import Entry
from claims.record.store import result_source, step_source
from claims.workspace import Workspace

LONGEST = 500
"""How many claims a list of a report shows: all of a usual month, so that each leads to its sheet and its letter."""
AGES = ("当日收到", "1至30天", "31至90天", "90天以上")
"""How long claims wait, by the days since their content was taken in."""


@dataclass(frozen=True)
class Group:
    """The decisions of a group by outcome, and what was awarded by each treasury of the policy, in fen."""

    grouped: str
    claims: int
    approved: int
    reduced: int
    rejected: int
    award_fen: int
    shares_fen: tuple[int, ...]


@dataclass(frozen=True)
class LimitStep:
    """What steps of a kind and name come to over the decisions of a clause: kind computed, carried, or that of a limit and what it cut, in fen."""

    clause: str
    kind: str
    name: str
    claims: int
    amount_fen: int

    @property
    def is_limit(self) -> bool:
        """Whether it cut what may be given; what was given before is taken off as the clause computes, and reduces nothing."""
        return self.kind not in ("computed", "carried", "cumulative")


@dataclass(frozen=True)
class Waiting:
    """The claims that a code holds, by AGES; code is None for all held claims."""

    code: str | None
    ages: tuple[int, ...]
    claims: int


@dataclass(frozen=True)
class Listed:
    """A claim of a list: its run, and what limits cut of it, in fen; `whole` claims would be on the list if it were not cut short."""

    list: str
    claim_id: str
    run: int
    outcome: str
    award_fen: int
    cut_fen: int
    whole: int


@dataclass(frozen=True)
class Budget:
    """A treasury's budget of a year: how many of its places have one, what it is in all, and what these places bear of the year so far, in fen."""

    places: int
    amount_fen: int
    borne_fen: int


@dataclass(frozen=True)
class Basis:
    """A report's sources: the temporary view `reported` has been made; `used` are the runs that decided what is in it, `latest` the run whose held
    claims still wait, None where there is none."""

    database: Database
    workspace: Workspace
    policy: Policy
    used: Sequence[Entry]
    latest: Entry | None

    def groups(self, expression: str) -> list[Group]:
        """The sums by a column of `reported`, or by an expression over its columns."""
        rows = self.database.rows(self.database.render("figures/settled_group.sql", group=expression, treasuries=self.policy.treasury_ids))
        return [Group(*row[:6], tuple(row[6:])) for row in rows]

    @cached_property
    def total(self) -> Group:
        """The sums over everything."""
        found = self.groups("''")
        return found[0] if found else Group("", 0, 0, 0, 0, 0, (0,) * len(self.policy.treasury_ids))

    def received(self, runs: Sequence[Entry]) -> tuple[int, int, int]:
        """The lines of claims that runs loaded, the claims that they are of, and the lines of other tables."""
        return self.database.rows(self.database.render("figures/received.sql", line_fates=self._sources("line_fate", runs)))[0]

    @cached_property
    def limit_steps(self) -> list[LimitStep]:
        """What was computed and what limits cut, by clause."""
        return [LimitStep(*row) for row in self.database.rows(self.database.render("figures/limit_cut.sql", steps=self._steps))]

    @cached_property
    def reduced(self) -> dict[str, int]:
        """How many of the decisions that give less than was asked for have each code of a reduction."""
        counts = self.database.rows(self.database.render("figures/reduced.sql"))
        return {code: claims for code, claims in counts if code in self.policy.codes and self.policy.codes[code].kind == "reduction"}

    @cached_property
    def waiting(self) -> list[Waiting]:
        """What holds claims in the latest run, by code, all of them last."""
        if self.latest is None:
            return []
        self._receive()
        select = self.database.render("figures/waiting.sql", as_of=self.latest.body["as_of"], **self._of_latest("held", "exception"))
        return [Waiting(row[0], row[1:5], row[5]) for row in self.database.rows(select)]

    @property
    def held(self) -> int:
        """How many claims wait for a person."""
        return self.waiting[-1].claims if self.waiting else 0

    @cached_property
    def oldest_held(self) -> list[tuple[str, dt.date]]:
        """The claims that wait the longest, with the day on which their content was taken in."""
        if self.latest is None:
            return []
        self._receive()
        select = self.database.render("figures/oldest_held.sql", as_of=self.latest.body["as_of"], longest=LONGEST, **self._of_latest("held"))
        return self.database.rows(select)

    @cached_property
    def listed(self) -> list[Listed]:
        """The claims of the lists `awarded`, `cut` and `rejected`, each in its order."""
        select = self.database.render("figures/listed.sql", steps=self._steps, longest=LONGEST)
        return [Listed(*row) for row in self.database.rows(select)]

    def list_of(self, name: str) -> list[Listed]:
        """The claims of one list."""
        return [one for one in self.listed if one.list == name]

    def budgets(self, year: int, before: int, borne: str, **until: object) -> dict[str, Budget]:
        """The budget of each treasury that has one for a year, as it stood before an event; `borne` is the statement of what places bear, `until` its values."""
        select = self.database.render("figures/budget.sql", borne=borne, treasuries=self.policy.treasury_ids)
        return {row[0]: Budget(*row[1:]) for row in self.database.rows(select, {"year": year, "before": before, **until})}

    @cached_property
    def _steps(self) -> list[str]:
        return [step_source(self.database, self.workspace, entry) for entry in self.used]

    def _sources(self, relation: str, runs: Sequence[Entry]) -> list[str]:
        return [result_source(self.workspace, entry, relation) for entry in runs]

    def _of_latest(self, *relations: str) -> dict[str, str]:
        return {relation: result_source(self.workspace, self.latest, relation) for relation in relations}

    def _receive(self) -> None:
        self.database.run("figures/received_content.sql", run=self.latest.sequence)


def some_of(source: str, claim_ids: Sequence[str]) -> str:
    """The rows of some claims of a relation, as a source itself."""
    listed = ", ".join(map(sql_literal, claim_ids)) or "null"
    return f"(select * from {source} where claim_id in ({listed}))"
