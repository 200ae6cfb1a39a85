"""The world of a trial claim: its facts as lines of the policy's tables, and the policy that keeps the worlds apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import msgspec

from claims.cases.places import ORDERED, ordinal, text_of
from claims.policy.expression import names_in
from claims.policy.model import CodesFile, FactsFile, Field, Join, Lookup, Policy, Pool

Facts = Mapping[str, str]
"""What a trial claim has, by name, as cells of a file have it: FIELD of the claim, JOIN.FIELD or LOOKUP.FIELD of a row that it looks up, LOOKUP.#
how many such rows there are (of lookups with one table and condition the first one is named), given.POOL what was awarded from a pool before, carried.amount_yuan and carried.years what an earlier year carries over and how many years ago,
other.FIELD what the claimant's claim before it has otherwise."""

WORLD = "case__world"
"""The field that every table has more than the author's."""
GIVEN, OTHER = "given.", "other."
HOW_MANY = ".#"
CARRIED_AMOUNT, CARRIED_YEARS = "carried.amount_yuan", "carried.years"
FIRST = {"date": "2000-01-01", "year": "2000"}
CLAIM, BEFORE = "CASE", "BEFORE"
"""How the ids of the trial claims begin, and of the claims that stand before them: in the order of settling the latter come first."""


@dataclass(frozen=True)
class Trial:
    """A claim under a clause with its facts."""

    clause: str
    facts: Facts

    def having(self, changes: Mapping[str, str | None]) -> Trial:
        """The same with some facts otherwise; None takes one away."""
        facts = {**self.facts, **changes}
        return Trial(self.clause, {name: value for name, value in facts.items() if value is not None})


def claim_name(number: int) -> str:
    """The id of a trial claim, by its place."""
    return f"{CLAIM}{number:08d}"


def kept_apart(policy: Policy) -> Policy:
    """The policy with one field more in every table, within which rows are joined, awards counted and claims compared."""
    replace = msgspec.structs.replace
    body, _, codes, readings, coverage = policy.parts
    world = Field(name=WORLD, header="试算", type="id")
    body = replace(
        body,
        pool=[replace(pool, per=[WORLD, *pool.per]) for pool in body.pool],
        join=[replace(join, on={WORLD: WORLD, **join.on}) for join in body.join],
        lookup=[replace(lookup, on={WORLD: WORLD, **lookup.on}) for lookup in body.lookup],
    )
    facts = FactsFile([replace(table, key=[WORLD, *table.key], field=[world, *table.field]) for table in policy.tables.values()])
    codes = CodesFile([replace(code, case=[
        replace(case, peer=case.peer and replace(case.peer, same=[WORLD, *case.peer.same])) for case in code.case
    ]) for code in codes.code])
    return Policy(policy.source, {}, (body, facts, codes, readings, coverage))


def rows_of(policy: Policy, lookup: Lookup) -> str:
    """The first lookup over the same rows: those of one table under one condition."""
    return next(other.name for other in policy.body.lookup if (other.table, other.on, other.when) == (lookup.table, lookup.on, lookup.when))


def field_apart(policy: Policy, lookup: Lookup) -> Field | None:
    """The field of the key by which several rows of a lookup are told apart: one that its condition does not ask, where there is one."""
    table, asked = policy.tables[lookup.table], names_in(lookup.when)
    fields = [table.fields[name] for name in table.key if name not in lookup.on]
    return next((field for field in fields if field.name not in asked), fields[-1] if fields else None)


def _nth(field: Field, first: str | None, number: int) -> str:
    """The value of a field in one of several rows: from the first one on backwards, so that what lies within a time does so in all of them."""
    if field.choices:
        choices = list(field.choices)
        return choices[(choices.index(first) if first else 0) - number]
    if field.type not in ORDERED:
        return first if first and not number else f"A{number + 1}"
    if first is not None:
        return text_of(field.type, ordinal(field.type, first) - number)
    return text_of(field.type, ordinal(field.type, FIRST.get(field.type) or _least(field)) + number)


def _least(field: Field) -> str:
    """The least value that a field of numbers takes, or zero."""
    bounds = field.range
    place = 1 if bounds.above is not None else 0
    return text_of(field.type, ordinal(field.type, str(bounds.at_least or bounds.above or 0)) + place)


class World:
    """The lines of one trial. A fact that no line can hold, because its row has no key, is left out: the engine sees it as missing."""

    def __init__(self, policy: Policy, trial: Trial, claim_id: str):
        self.policy, self.trial, self.claim_id = policy, trial, claim_id
        self.prefixed: dict[str, dict[str, str]] = {}
        for name, value in trial.facts.items():
            prefix, _, rest = name.rpartition(".")
            self.prefixed.setdefault(prefix, {})[rest] = value

    @cached_property
    def claim(self) -> dict[str, str]:
        """The claim's own line."""
        claims = self.policy.claims
        return {**self.prefixed.get("", {}), WORLD: self.claim_id, claims.with_role("claim_id").name: self.claim_id,
                claims.with_role("clause").name: self.trial.clause}

    def lines(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Each line with its table."""
        yield self.policy.claims.name, self.claim
        others = self.prefixed.get(OTHER.rstrip("."), {})
        if others:
            other_id = {self.policy.claims.with_role("claim_id").name: BEFORE + self.claim_id}
            yield self.policy.claims.name, {**self.claim, **others, **other_id}
        yield from self._looked_up()
        for pool in self.policy.body.pool:
            given = self.trial.facts.get(GIVEN + pool.id)
            if given is not None:
                yield from ((self.policy.awards.name, line) for line in self._awards(pool, given))

    def carried(self) -> dict[str, str] | None:
        """The claim of the earlier year that carries an amount to this one."""
        years, year_field = self.trial.facts.get(CARRIED_YEARS), self.policy.claims.with_role("claim_year").name
        if CARRIED_AMOUNT not in self.trial.facts or years is None or year_field not in self.claim:
            return None
        return {**self.claim, year_field: str(int(self.claim[year_field]) - int(years))}

    def _looked_up(self) -> Iterator[tuple[str, dict[str, str]]]:
        """The rows that joins and lookups find; what several of them find under one key is one row."""
        rows: dict[tuple, dict[str, str]] = {}
        for found in [*self.policy.body.join, *self.policy.body.lookup]:
            held = self.prefixed.get(found.name)
            keys = held and self._key(found.on, getattr(found, "back", {}))
            if keys is None or held is None:
                continue
            for row in self._rows({**held, **keys}, found):
                key = (found.table, *(row.get(name) for name in self.policy.tables[found.table].key))
                rows[key] = {**row, **rows.get(key, {})}
        yield from ((table, row) for (table, *_), row in rows.items())

    def _rows(self, first: dict[str, str], found: Join | Lookup) -> Iterator[dict[str, str]]:
        """The rows of a lookup: as many as there are to be, told apart by a field of their key. What is only summed up lies in the first one."""
        how_many = first.pop(HOW_MANY[1:], None)
        if how_many is None:
            yield first
            return
        apart, table, asked = field_apart(self.policy, found), self.policy.tables[found.table], names_in(found.when)
        rest = {field.name: _least(field) for field in table.field if field.unit and field.name not in (*asked, *table.key) and field.name in first}
        for number in range(int(how_many)):
            yield {**first, **(rest if number else {}), apart.name: _nth(apart, first.get(apart.name), number)}

    def _key(self, on: Mapping[str, str], back: Mapping[str, int]) -> dict[str, str] | None:
        """The key that the claim looks a row up by; None where the claim lacks a part of it."""
        keys = {theirs: self.claim.get(ours) for theirs, ours in on.items()}
        if None in keys.values():
            return None
        return {name: str(int(value) - back[name]) if name in back else value for name, value in keys.items()}

    def _awards(self, pool: Pool, given: str) -> Iterator[dict[str, str]]:
        """What was awarded from the pool before: a sum, or as many claims or years of one yuan each. It lies in another year where it may."""
        table, year = self.policy.awards, self._year()
        line = {field.name: self.claim[own.name] for own in self.policy.pool_fields(pool) for field in table.field
                if own.name in self.claim and (field.name == own.name or field.role and field.role == own.role)}
        line[table.with_role("clause").name] = self._member(pool)
        year_field, award_field = table.with_role("claim_year").name, table.with_role("award").name
        by_year = any(field.role == "claim_year" for field in self.policy.pool_fields(pool))
        counted = pool.of if pool.counts == "distinct" else None
        if pool.unit == "yuan":
            yield {**line, year_field: str(year if by_year else year - 1), award_field: given}
            return
        for number in range(1, int(given) + 1):
            years_back = number if pool.counts == "years" else 0 if by_year else 1
            value = {counted: f"B{number}"} if counted else {}
            yield {**line, **value, year_field: str(year - years_back), award_field: "1"}

    def _member(self, pool: Pool) -> str:
        """A clause whose awards count in the pool, and in as few other pools of the claim as may be; the claim's own before others."""
        own = {*self.policy.pools_of(self.policy.clauses[self.trial.clause])}
        members = [self.policy.clauses[clause] for clause in self.policy.members_of(pool.id)]
        ranked = sorted(members, key=lambda clause: (len(own & {*self.policy.pools_of(clause)}), clause.id != self.trial.clause))
        return ranked[0].id if ranked else self.trial.clause

    def _year(self) -> int:
        return int(self.claim.get(self.policy.claims.with_role("claim_year").name, "0"))
