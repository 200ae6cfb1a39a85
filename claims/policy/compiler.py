"""Policy to SQL: every clause becomes rules, every code becomes cases, as fragments that the statements of sql/ put in place.

The compiled policy speaks of one wide relation `fact` (grain: one row per claim of the batch): the claim's own columns by their stored
names, a joined row's columns as `<join>__<column>`, `<join>__found`, lookups by their names, and `as_of`. A rule (one way of one clause)
adds its named values one layer at a time, each a column of its own, so that the trace can show it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

import msgspec

from claims.policy.expression import (
    LARGEST_RESULT, SCALE_OF_UNIT, ExpressionError, Scope, Term, branch_names, compile_condition, compile_expression, constant_number, dimension_of,
    names_in, stored_number, to_stored,
)
from claims.policy.model import (
    Amount, Bands, BandStep, Bound, Clause, Commendation, Field, Figure, Join, Let, Lookup, Policy, Pool, Refusal, Table, Way, stored_name,
)

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
LIMIT_WORDS = {"value", "limit", "used", "left", "before", "until"}
"""Words that the own sentence of a limit, a value or an obligation may use besides the names in scope."""
GIVEN, FIRST, CLAIM = "given.", "first.", "claim."
HISTORY = {
    "awards": "bounded(sum(award_fen))", "entitled": "bounded(sum(entitled_fen))",
    "computed": "bounded(sum(computed_fen) filter (award_fen <> 0))", "claims": "count(*) filter (award_fen > 0)",
    "decided": "count(rule)", "years": "0", "distinct": "0",
}
"""What counts in a pool from before a run, by what the pool counts."""


@dataclass(frozen=True)
class Cell:
    """A cell that a message names: where it stands and how it is called. `field` is None for a value that no cell holds."""

    name: str
    header: str
    join: str | None
    field: str | None


@dataclass(frozen=True)
class CodeCase:
    """One situation of a code: its SQL condition over `fact`; `peer` is its condition over `fact` and `other` where claims are compared."""

    number: int
    code: str
    condition: str
    cells: tuple[Cell, ...]
    peer: str | None = None

    @property
    def by_itself(self) -> bool:
        """Whether the claim's own row of `fact` tells that the situation holds: no other claim and no calendar is asked."""
        return self.peer is None and "(select " not in self.condition


@dataclass(frozen=True)
class Wanted:
    """What must be known of a claim, or it is held: `cell` says what it is, `lacks` is the SQL that tells where it is not known."""

    cell: Cell
    lacks: str
    is_fact: bool = False


@dataclass(frozen=True)
class Layer:
    """A named value of a rule: the column that holds it, its SQL over the layers below, and what kind of value it is. The trace calls it a
    `value`, or a `band` where it is the number of one."""

    name: str
    column: str
    sql: str
    kind: str
    unit: str | None
    traced_as: str = "value"


@dataclass(frozen=True)
class FactColumn:
    """A fact that a rule uses: its name in the policy, its column in `fact`, and the join or lookup that it came by."""

    name: str
    column: str
    kind: str
    join: str | None


@dataclass(frozen=True)
class Limit:
    """What earlier awards do to a rule's amount. kind: once, cumulative, ceiling or highest, for which `own` is the account of its item, and
    `counted` where they do nothing but count; `limit_sql` of a ceiling is in the unit that its pool `counts`: fen, or pieces; `counted_sql` is the
    claim's own value where the pool counts different ones."""

    ordinal: int
    kind: str
    name: str
    code: str | None
    pool: str
    counts: str
    key_sql: str
    limit_sql: str | None
    counted_sql: str = "null::varchar"
    carry_years: int = 0
    carry_key_sql: str = "null::varchar"


@dataclass(frozen=True)
class Follow:
    """What follows from an award: an instalment or an obligation. `amount_sql` in fen, None for what the others leave; `day_sql` a date."""

    kind: str
    name: str
    amount_sql: str | None
    day_sql: str


@dataclass(frozen=True)
class CompiledPool:
    """A pool: the clauses whose awards count in it, the SQL of its key, and of what counts in it from before; `carrying` are the clauses that carry
    what is over a ceiling on it to later years."""

    id: str
    counts: str
    members: list[str]
    key_sql: str
    history_sql: str
    history_values_sql: str
    carrying: list[str]


@dataclass(frozen=True)
class Rule:
    """One way of one clause, compiled. `condition` selects its claims from `fact`."""

    number: int
    id: str
    clause: str
    condition: str
    facts: tuple[FactColumn, ...]
    layers: tuple[Layer, ...]
    refusals: tuple[tuple[str, str], ...]
    reductions: tuple[tuple[str, str], ...]
    computed_sql: str
    limits: tuple[Limit, ...]
    payee_column: str
    shares: tuple[tuple[str, str | None], ...]
    follows: tuple[Follow, ...]
    wanted: tuple[Wanted, ...]
    wanted_of_award: tuple[Wanted, ...]
    read: tuple[Wanted, ...]
    asks: bool
    """Whether it is made of what its own pools gave before the claim, so that it is computed again as awards are settled."""

    @property
    def table(self) -> str:
        return f"rule_{self.number}"


class NameScope:
    """The names that an expression may use, and the SQL of each. `own` prefixes the claim's columns."""

    def __init__(self, policy: Policy, clause: Clause | None = None, own: str = "", other: str | None = None):
        self.policy, self.clause, self.own, self.other = policy, clause, own, other
        self.inlining: list[str] = []

    def __call__(self, name: str) -> Term:
        for finder in (self._value, self._figure, self._set, self._claim_field, self._joined, self._lookup, self._special):
            term = finder(name)
            if term is not None:
                return term
        raise ExpressionError(f"there is no fact, figure, value or set named `{name}`")

    def _value(self, name: str) -> Term | None:
        """A named value is put in place where there are no layers to hold it."""
        let = self.let(name)
        if let is None:
            return None
        if name in self.inlining:
            raise ExpressionError(f"`{name}` is defined by itself")
        self.inlining.append(name)
        try:
            term = value_term(let, self)
        finally:
            self.inlining.pop()
        return replace(term, sql=f"({term.sql})")

    def let(self, name: str) -> Let | None:
        own = self.clause.let if self.clause else []
        return next((let for let in [*own, *self.policy.body.let] if let.name == name), None)

    def figure(self, name: str) -> Figure | None:
        """The clause's figure of a name, or the policy's; the day from which the policy is in force is one of its figures."""
        own = self.clause.figure if self.clause else {}
        if name == "effective_from":
            return Figure(value=self.policy.head.effective_from, unit="date", title="政策施行之日")
        return own.get(name) or self.policy.body.figure.get(name)

    def bands(self, name: str) -> Bands | None:
        """The bands of the clause that give a value of this name."""
        own = self.clause.bands if self.clause else []
        return next((bands for bands in own if name in (bands.name, bands.cap)), None)

    def field(self, name: str) -> Field | None:
        """The field of the claims, or of a joined row, that a name means."""
        prefix, _, rest = name.partition(".")
        if prefix in self.policy.joins:
            return self.policy.tables[self.policy.joins[prefix].table].fields.get(rest)
        return self.policy.claims.fields.get(name)

    def unit(self, name: str) -> str | None:
        """The unit of a named value or of a field, None for anything else."""
        let, field = self.let(name), self.field(name)
        return let.unit if let else field.unit if field else None

    def _figure(self, name: str) -> Term | None:
        figure = self.figure(name)
        if figure is None:
            return None
        if figure.unit == "date":
            return Term("date", f"date '{figure.value.isoformat()}'")
        return constant_number(Fraction(figure.value), figure.unit)

    def _set(self, name: str) -> Term | None:
        members = self.policy.body.set.get(name)
        if members is None:
            return None
        return Term("set", "(" + ", ".join(f"'{member}'" for member in members) + ")", choices=frozenset(members))

    def _claim_field(self, name: str) -> Term | None:
        column = self.policy.claims.fields.get(name)
        return column and field_term(column, self.own + column.column)

    def _joined(self, name: str) -> Term | None:
        prefix, _, rest = name.partition(".")
        if prefix == "other" and self.other and rest in self.policy.claims.fields:
            column = self.policy.claims.fields[rest]
            return field_term(column, f"{self.other}{column.column}")
        join = self.policy.joins.get(prefix)
        if join is None:
            return None
        if not rest:
            return Term("bool", f"{self.own}{prefix}__found")
        column = self.policy.tables[join.table].fields.get(rest)
        return column and field_term(column, f"{self.own}{prefix}__{column.column}")

    def _lookup(self, name: str) -> Term | None:
        lookup = self.policy.lookups.get(name)
        if lookup is None:
            return None
        sql = self.own + lookup.name
        if lookup.count:
            return stored_number(sql, "count", True)
        term = field_term(self.policy.tables[lookup.table].fields[lookup.field], sql)
        if lookup.deficit:
            return replace(stored_number(sql, "yuan", True), largest=LARGEST_RESULT)
        return replace(term, largest=LARGEST_RESULT) if lookup.sum else term

    def _special(self, name: str) -> Term | None:
        return Term("date", f"{self.own}as_of") if name == "as_of" else None


class RuleScope(NameScope):
    """The scope of a rule: its named values are columns of the layers below."""

    def __init__(self, policy: Policy, clause: Clause):
        super().__init__(policy, clause)
        self.layers: dict[str, tuple[Layer, Term]] = {}

    def _value(self, name: str) -> Term | None:
        if self.let(name) is None and self.bands(name) is None and asked_pool(name) is None:
            return None
        return self.layers[name][1]


class AwardScope(NameScope):
    """The scope of what follows from an award, such as a treasury's share: the award, and the facts of the claim."""

    def _special(self, name: str) -> Term | None:
        return stored_number("award_fen", "yuan", True) if name == "award" else None


class RowScope(NameScope):
    """The scope of a lookup's condition: the fields of its table, those of the claim as claim.FIELD, and the policy's figures and sets."""

    def __init__(self, policy: Policy, table: Table):
        super().__init__(policy)
        self.table = table

    def __call__(self, name: str) -> Term:
        for finder in (self._row_field, self._claims_field, self._figure, self._set):
            term = finder(name)
            if term is not None:
                return term
        raise ExpressionError(f"`{name}` is no field of {self.table.name}, no {CLAIM}FIELD of the claims, and no figure or set of the policy")

    def _row_field(self, name: str) -> Term | None:
        column = self.table.fields.get(name)
        return column and field_term(column, f"reference.{column.column}")

    def _claims_field(self, name: str) -> Term | None:
        column = self.policy.claims.fields.get(name.removeprefix(CLAIM)) if name.startswith(CLAIM) else None
        return column and field_term(column, f"{CLAIM}{column.column}")


def eligible_sql(policy: Policy, commendation: Commendation) -> str:
    """The SQL condition, over a row of the table that payments name, that its party may be ranked. Raises ExpressionError."""
    return compile_condition(commendation.eligible, RowScope(policy, policy.tables[policy.body.payment.table]))


def field_term(column: Field, sql: str) -> Term:
    """The term of a field's column."""
    if column.unit:
        floor = column.range.at_least if column.range.at_least is not None else column.range.above
        never_negative = column.unit == "year" or (floor is not None and floor >= 0)
        term = stored_number(sql, column.unit, never_negative)
        most = column.range.at_most
        return replace(term, largest=most * SCALE_OF_UNIT.get(column.unit, 1)) if never_negative and most is not None else term
    if column.type == "date":
        return Term("date", sql)
    return Term("text", sql, choices=frozenset(column.choices) or None)


def value_term(let: Let, scope: Scope) -> Term:
    """The term of a named value, stored in its declared unit."""
    term = compile_expression(let.value, scope)
    if let.unit == "date":
        if term.kind != "date":
            raise ExpressionError(f"a date is wanted, this is a {term.kind}")
        return term
    return to_stored(term, let.unit, let.round, rounding_step(let, scope, let.unit))


def rounding_step(part: Amount | Let, scope: Scope, unit: str) -> int:
    """Of how many integers of its unit an amount or a value is to be a multiple."""
    if part.round_to is None:
        return 1
    step = scope(part.round_to)
    if unit != "yuan" or part.round is None or step.constant is None or step.dimension != dimension_of("yuan") or step.constant <= 0:
        raise ExpressionError(f"`round_to` names a figure in yuan, and rounds a sum in yuan that has `round`: `{part.round_to}`")
    return stored(step.constant, "yuan")


def stored(value: int | Decimal, unit: str) -> int:
    """A sum or a rate of the policy file in the integers of its unit; refuses what is finer."""
    amount = Fraction(value) * SCALE_OF_UNIT[unit]
    if amount.denominator != 1:
        raise ExpressionError(f"{value} {unit} has more than two decimals")
    return int(amount)


def given_pool(name: str) -> str | None:
    """The pool of a name like given.POOL, which means what was awarded from the pool before."""
    return name.removeprefix(GIVEN) if name.startswith(GIVEN) else None


def asked_pool(name: str) -> str | None:
    """The pool of a name like given.POOL, or like first.POOL, which means the first year for which something was awarded from it."""
    return name.removeprefix(FIRST) if name.startswith(FIRST) else given_pool(name)


def placeholders(text: str) -> list[str]:
    """The names that a sentence of the policy prints."""
    return PLACEHOLDER.findall(text)


class Asked(NamedTuple):
    """Joins and lookups that facts are made with, as the fact statement needs them."""

    joins: list[dict]
    lookups: list[dict]

    @property
    def tables(self) -> set[str]:
        return {one["table"] for one in [*self.joins, *self.lookups]}

    @property
    def columns(self) -> list[str]:
        """The columns of a fact that come by them."""
        of_joins = [f"{join['name']}__{part}" for join in self.joins for part in ("found", "file", "line")]
        of_cells = [f"{join['name']}__{column}{part}" for join in self.joins for column, _ in join["columns"] for part in ("", "__unread")]
        of_lookups = [f"{lookup['name']}{part}" for lookup in self.lookups for part in ("", "__unread", "__file", "__line")]
        return of_joins + of_cells + of_lookups


class CompiledPolicy:
    """A policy as SQL fragments. Raises ExpressionError, which names the place, when it is first used and cannot be compiled.

    `clauses` leaves the rules of the other clauses out, where no claim is made under them.
    """

    def __init__(self, policy: Policy, clauses: Collection[str] | None = None):
        self.policy = policy
        self.clauses = policy.clauses if clauses is None else clauses
        self.whole = self

    def among(self, clauses: Collection[str]) -> CompiledPolicy:
        """The same for claims under some clauses alone: statements leave the rules of the others out. Rules and situations keep their numbers; what is
        kept of every rule comes from the `whole`, this one."""
        fewer = CompiledPolicy(self.policy, self.with_bases(clauses))
        fewer.whole, fewer.cases = self, self.cases
        fewer.rules = [rule for rule in self.rules if rule.clause in fewer.clauses]
        return fewer

    @cached_property
    def rules(self) -> list[Rule]:
        pairs = [(clause, way) for clause in self.policy.body.clause if clause.id in self.clauses for way in self.policy.ways_of(clause)]
        return [RuleCompiler(self.policy, clause, way).compile(number) for number, (clause, way) in enumerate(pairs, 1)]

    @cached_property
    def turns(self) -> dict[str, int]:
        """When each clause is settled: in turn 0, or one turn after the clauses whose awards it builds on."""
        turns: dict[str, int] = {}
        while len(turns) < len(self.policy.clauses):
            ready = [clause for clause, bases in self._bases.items() if clause not in turns and bases <= turns.keys()]
            if not ready:
                raise ExpressionError(_circle(sorted(self._bases.keys() - turns.keys())))
            turns |= {clause: max((turns[base] + 1 for base in self._bases[clause]), default=0) for clause in ready}
        return turns

    @cached_property
    def _bases(self) -> dict[str, set[str]]:
        """The clauses whose awards each clause builds on. What its own pools gave before a claim, claim after claim tells."""
        return {
            clause.id: {member for pool in given_pools(self.policy, clause) - {*self.policy.pools_of(clause)} for member in self.policy.members_of(pool)}
            for clause in self.policy.body.clause
        }

    def with_bases(self, clauses: Collection[str]) -> frozenset[str]:
        """Some clauses with those whose awards they build on, directly or not."""
        found = frozenset(clauses).union(*(self._bases[clause] for clause in clauses))
        return found if found == frozenset(clauses) else self.with_bases(found)

    def rules_by_turn(self) -> list[list[Rule]]:
        """The rules in the order in which they are settled."""
        return [[rule for rule in self.rules if self.turns[rule.clause] == turn] for turn in sorted(set(self.turns.values()))]

    def rules_of(self, clause: str) -> list[Rule]:
        return [rule for rule in self.rules if rule.clause == clause]

    @cached_property
    def lookups(self) -> list[dict]:
        """What the fact statement needs of each lookup: table, what is taken of which column, its condition, what tells that a cell it reads
        cannot be read, the columns to match, and the claim's columns that the condition asks for, alone and with those."""
        return [self._lookup(lookup) for lookup in self.policy.body.lookup]

    def _lookup(self, lookup: Lookup) -> dict:
        table = self.policy.tables[lookup.table]
        if lookup.sum and table.fields[lookup.sum].unit not in ("yuan", "m2", "pct", "count"):
            raise ExpressionError(f"{lookup.name}: {lookup.sum} cannot be summed up, it is no amount and no count")
        if lookup.by and table.fields[lookup.by].type not in ("year", "date") or any(table.fields[name].unit != "yuan" for name in lookup.deficit):
            raise ExpressionError(f"{lookup.name}: a deficit is of sums of money, `by` a year or a day")
        when = compile_condition(lookup.when, RowScope(self.policy, table))
        asked = self._columns([name.removeprefix(CLAIM) for name in names_in(lookup.when) if name.startswith(CLAIM)])
        on = self.matches(table, lookup.on, {})
        read = [table.fields[name] for name in dict.fromkeys([*names_in(lookup.when), *lookup.fields]) if name in table.fields]
        return {
            "name": lookup.name, "table": lookup.table, "on": on, "when": when, "asked": asked,
            "unread": " or ".join(unread_sql("reference", column) for column in read) or "false",
            "claim_columns": list(dict.fromkeys([*(ours for _, ours in on), *asked])),
            "takes": lookup.takes, "column": table.fields[lookup.field].column if lookup.field else None,
            "columns": [table.fields[name].column for name in lookup.deficit], "by": table.fields[lookup.by].column if lookup.by else None,
        }

    @cached_property
    def joins(self) -> list[dict]:
        """What the fact statement needs of each join: table, columns to take, each with what tells that it cannot be read, and the columns to match."""
        return [
            {"name": join.name, "table": join.table, "on": self.matches(self.policy.tables[join.table], join.on, join.back),
             "columns": [(column.column, unread_sql(join.name, column)) for column in self.policy.tables[join.table].field if self._is_asked(join, column)]}
            for join in self.policy.body.join
        ]

    def asked_besides(self, other: CompiledPolicy) -> Asked:
        """What the facts of this policy lack where they were joined for another one."""
        theirs = {join["name"]: join for join in other.joins}
        return Asked(
            [join for join in self.joins if join["name"] not in theirs or not _covers(theirs[join["name"]], join)],
            [lookup for lookup in self.lookups if lookup not in other.lookups],
        )

    def _is_asked(self, join: Join, column: Field) -> bool:
        """Whether anything asks for a field of a joined row: a text of the policy, or a message that names whom the row is about."""
        payment = self.policy.body.payment
        return f"{join.name}.{column.name}" in self.policy.dotted_names or (join.table == payment.table and column.name == payment.name)

    @cached_property
    def asked_by(self) -> dict[str, list[list[tuple[str, str]]]]:
        """For each table that only joins and lookups ask, and by columns of the claim, the columns by which each of them finds its rows (see `matches`)."""
        asking = [*self.joins, *self.lookups]
        asked_by = {name: [one["on"] for one in asking if one["table"] == name] for name in self.policy.tables}
        return {name: matched for name, matched in asked_by.items() if all(matched) and name != self.policy.awards.name}

    def matches(self, table: Table, on: dict[str, str], back: dict[str, int]) -> list[tuple[str, str]]:
        """The columns of a table, each with the claim's that it must equal."""
        ours = {theirs: self.policy.claims.fields[name].column for theirs, name in on.items()}
        return [(table.fields[theirs].column, f"{column} - {back[theirs]}" if theirs in back else column) for theirs, column in ours.items()]

    @cached_property
    def pools(self) -> list[CompiledPool]:
        """The pools that some clause draws on."""
        pools = [(pool, self.policy.members_of(pool.id)) for pool in self.policy.body.pool]
        return [
            CompiledPool(pool.id, pool.counts, members, pool_key(self.policy, pool), HISTORY[pool.counts], self._history_values(pool), self._carrying(pool.id))
            for pool, members in pools if members
        ]

    def _history_values(self, pool: Pool) -> str:
        """The different values that count in a pool from before."""
        values = counted_sql(self.policy, pool)
        return f"list(distinct {values}) filter (award_fen > 0)" if self.policy.counted_field(pool) else "null::varchar[]"

    def _carrying(self, pool: str) -> list[str]:
        ceilings = {ceiling.id for ceiling in self.policy.body.ceiling if ceiling.pool == pool and ceiling.carry_years}
        return [clause.id for clause in self.policy.body.clause if ceilings & {*clause.ceilings}]

    @cached_property
    def carries(self) -> list[tuple[str, int, list[str]]]:
        """For each pool with a ceiling that carries: the SQL of its key without the year, for how many years, and its clauses."""
        years = {ceiling.pool: ceiling.carry_years for ceiling in self.policy.body.ceiling if ceiling.carry_years}
        return [(carry_key_of(self.policy, self.policy.pools[pool]), carried, self.policy.members_of(pool)) for pool, carried in years.items()]

    @cached_property
    def pool_columns(self) -> list[tuple[str, str | None]]:
        """The columns of the claims that pools look at, each with the column of the awards paid before that means the same, if any."""
        fields = {field.name: field for pool in self.policy.body.pool for field in self.policy.pool_fields(pool)}
        fields |= {field.name: field for field in filter(None, map(self.policy.counted_field, self.policy.body.pool))}
        fields |= {field.name: field for field in map(self.policy.claims.with_role, ("clause", "claim_year"))}
        return [(field.column, awards_column(self.policy, field)) for field in fields.values()]

    @cached_property
    def wanted_of_ways(self) -> list[tuple[str, tuple[Wanted, ...]]]:
        """For each clause what tells its ways apart: where it lacks, no way fits. `lacks` is over `fact`."""
        clauses = [clause for clause in self.policy.body.clause if clause.id in self.clauses and any(way.when for way in self.policy.ways_of(clause))]
        return [(clause.id, tuple(self._asked_by_ways(clause))) for clause in clauses]

    def _asked_by_ways(self, clause: Clause) -> Iterator[Wanted]:
        scope = NameScope(self.policy, clause)
        for name in dict.fromkeys(name for way in self.policy.ways_of(clause) for name in names_in(way.when or "True")):
            if scope.field(name):
                yield Wanted(self.cell(name), f"{scope(name).sql} is null", True)

    @cached_property
    def unknown_cases(self) -> dict[Cell, int]:
        """The number of the situation in which each thing that must be known is not."""
        return {case.cells[0]: case.number for case in self.cases if case.code == self.policy.detected("unknown_value").id}

    @cached_property
    def cases(self) -> list[CodeCase]:
        """Every situation of every exception code, numbered; conditions are over `fact`."""
        drafts = [draft for code in self.policy.exceptions_by_number for draft in self.cases_of(code)]
        return [replace(draft, number=number) for number, draft in enumerate(drafts, 1)]

    @cached_property
    def compares_across_claimants(self) -> bool:
        """Whether some code compares a claim with those of other claimants."""
        claimant = self.policy.claims.with_role("claimant").name
        peers = [case.peer for code in self.policy.codes.values() for case in code.case if case.peer]
        return any(claimant not in peer.same for peer in peers)

    @cached_property
    def compared_columns(self) -> list[str]:
        """The key of the claims, and the columns of another claim that a claim is compared by."""
        asked = {column for case in self.cases if case.peer for column in re.findall(r"\bother\.(\w+)", f"{case.peer} {case.condition}")}
        keys = {*self.policy.claims.key, self.policy.claims.with_role("claim_id").name}
        return [field.column for field in self.policy.claims.field if field.column in asked or field.name in keys]

    def cases_of(self, code) -> list[CodeCase]:
        detectors = {"needed_empty": self._needed_empty, "unreadable": self._unreadable, "changed": self._flag, "doubled": self._flag,
                     "unknown_value": self._unknown_value}
        if code.detect:
            return detectors[code.detect](code)
        return [compiled for case in code.case for compiled in self._case(code, case)]

    def _needed_empty(self, code) -> list[CodeCase]:
        """One case per field: empty, and needed by the claim's clause and way."""
        cases = []
        for name, column in self.policy.claims.fields.items():
            needed = self.needed_where(name)
            if needed:
                cases.append(CodeCase(0, code.id, f"(fact.raw.{name} is null and ({needed}))", (self.cell(name),)))
        return cases

    def needed_where(self, name: str) -> str | None:
        if name in self.policy.head.needs:
            return "true"
        always = [clause.id for clause in self.policy.body.clause if name in clause.needs]
        conditions = [clause_condition(always)] if always else []
        for clause in self.policy.body.clause:
            for way in self.policy.ways_of(clause):
                if name in way.needs:
                    when = compile_condition(way.when, NameScope(self.policy, clause, "fact.")) if way.when else "true"
                    conditions.append(f"({clause_condition([clause.id])} and {when})")
        return " or ".join(conditions) or None

    def _unreadable(self, code) -> list[CodeCase]:
        return [
            CodeCase(0, code.id, f"(fact.raw.{name} is not null and fact.{column.column} is null)", (self.cell(name),))
            for name, column in self.policy.claims.fields.items()
        ]

    def _unknown_value(self, code) -> list[CodeCase]:
        """One case per thing that a rule must know. What a claim shows does not tell them: they are found where the rules are at work."""
        wanted = [*(one for rule in self.rules for one in (*rule.read, *rule.wanted, *rule.wanted_of_award)), *(one for _, ways in self.wanted_of_ways for one in ways)]
        return [CodeCase(0, code.id, "false", (cell,)) for cell in dict.fromkeys(one.cell for one in wanted)]

    def _flag(self, code) -> list[CodeCase]:
        return [CodeCase(0, code.id, f"fact.{code.detect}", tuple(self.cell(name) for name in code.cells))]

    def _case(self, code, case) -> list[CodeCase]:
        clause = self.policy.clauses[case.clauses[0]] if case.clauses and len(case.clauses) == 1 else None
        scope = NameScope(self.policy, clause, "fact.", "other." if case.peer else None)
        conditions = [clause_condition(case.clauses)] if case.clauses else []
        conditions.append(compile_condition(case.when, scope))
        if case.each_empty:
            return [
                CodeCase(0, code.id, " and ".join([*conditions, f"{scope(name).sql} is null"]), (self.cell(name),))
                for name in case.each_empty
            ]
        peer = None
        if case.peer:
            conditions += [f"{scope(name).sql} is not null" for name in case.peer.filled]
            peer = self._peer_condition(case, scope)
        return [CodeCase(0, code.id, " and ".join(conditions), tuple(self.cell(name) for name in case.cells), peer)]

    def _peer_condition(self, case, scope: NameScope) -> str:
        same = [f"other.{column} is not distinct from fact.{column}" for column in self._columns(case.peer.same)]
        others = [clause_condition(case.clauses, "other.")] if case.clauses else []
        return " and ".join([*same, *others, compile_condition(case.peer.when, scope)])

    def _columns(self, names: list[str]) -> list[str]:
        return [self.policy.claims.fields[name].column for name in names]

    def cell(self, name: str) -> Cell:
        """The cell of a field, by its name in the policy."""
        return cell_of(self.policy, name)


def cell_of(policy: Policy, name: str) -> Cell:
    """The cell of a field of the claims or of a joined row. Raises ExpressionError."""
    if name in policy.claims.fields:
        return Cell(name, policy.claims.fields[name].header, None, name)
    prefix, _, rest = name.partition(".")
    join = policy.joins.get(prefix)
    if join is None or rest not in policy.tables[join.table].fields:
        raise ExpressionError(f"there is no cell named `{name}`")
    return Cell(rest, policy.tables[join.table].fields[rest].header, prefix, rest)


def clause_condition(clauses: list[str], prefix: str = "fact.") -> str:
    """The SQL condition that a claim is made under one of the clauses."""
    return f"{prefix}clause in ({', '.join(repr(clause) for clause in clauses)})"


@dataclass
class RuleCompiler:
    """Compiles one way of one clause."""

    policy: Policy
    clause: Clause
    way: Way
    facts: dict[str, FactColumn] = field(default_factory=dict)
    values: dict[str, None] = field(default_factory=dict)
    """The names whose values the award and its sentences are made of; none that only conditions use, or only a branch that may not be taken."""
    branches: list[tuple[str, str]] = field(default_factory=list)
    """Names that a value may do without, each with the SQL that tells where the value is unknown."""

    @property
    def id(self) -> str:
        return f"{self.clause.id}.{self.way.id}"

    @cached_property
    def scope(self) -> RuleScope:
        return RuleScope(self.policy, self.clause)

    def compile(self, number: int) -> Rule:
        """Raises ExpressionError whose message begins with the rule's id and the part that is wrong."""
        for name in [*self.clause.needs, *self.way.needs]:
            self._use(name)
            self.values[name] = None
        conditions = [clause_condition([self.clause.id], "")]
        if self.way.when:
            for name in self._part("when", lambda: names_in(self.way.when)):
                self._use(name)
            conditions.append(self._part("when", lambda: compile_condition(self.way.when, self.scope)))
        refusals = self._refusals()
        computed = self._part("amount", lambda: self._amount())
        limits = list(self._limits())
        reductions = self._reductions()
        shares, follows = self._shares(), tuple(self._follows())
        limits = (*limits, *self._counted(limits))
        return Rule(number, self.id, self.clause.id, " and ".join(conditions), tuple(self.facts.values()),
                    tuple(layer for layer, _ in self.scope.layers.values()), refusals, reductions, computed, limits,
                    self._payee(), shares, follows, tuple(self._wanted(limits)), tuple(self._wanted_of_award(shares, follows)), tuple(self._read()),
                    bool(self.asked))

    def _part(self, part: str, compiled):
        try:
            return compiled()
        except ExpressionError as error:
            raise ExpressionError(f"{self.id}, {part}: {error}") from None

    def _condition(self, text: str) -> str:
        for name in self._part(text, lambda: names_in(text)):
            self._use(name)
        return self._part(text, lambda: compile_condition(text, self.scope))

    def _reductions(self) -> tuple[tuple[str, str], ...]:
        for reduction in self.way.reduce:
            for name in placeholders(reduction.says or ""):
                self._use(name)
        return tuple(sorted((reduction.code, self._condition(reduction.when)) for reduction in self.way.reduce))

    def _refusals(self) -> tuple[tuple[str, str], ...]:
        """SQL per code, sorted by code; an entry with `not_if` gives way to the codes named."""
        entries: dict[str, list[tuple[Refusal | None, str]]] = {}
        for refusal in [*self.policy.body.refuse, *self.clause.refuse, *self.way.refuse]:
            for name in placeholders(refusal.says or ""):
                self._use(name)
            sql = f"({self._condition(refusal.when)}) is true" if refusal.when else f"({self._condition(refusal.unless)}) is not true"
            entries.setdefault(refusal.code, []).append((refusal, sql))
        for bands in bands_at_work(self.policy, self.clause, self.way):
            self._use_all(bands.name)
            for number, code in enumerate([bands.code, *(step.code for step in bands.step)]):
                if code:
                    entries.setdefault(code, []).append((None, f"{bands.band_name} = {number}"))
        out_of_force = self.out_of_force()
        if out_of_force:
            entries.setdefault(self.policy.detected("not_in_force").id, []).append((None, out_of_force))
        plain = {code: " or ".join(f"({sql})" for _, sql in found) for code, found in entries.items()}
        for code, found in entries.items():
            giving_way = [other for refusal, _ in found if refusal for other in refusal.not_if if other in plain]
            if giving_way:
                plain[code] = f"({plain[code]})" + "".join(f" and not ({plain[other]})" for other in giving_way)
        return tuple(sorted(plain.items()))

    def out_of_force(self) -> str:
        """Whether the clause is suspended or repealed on the claim's day; empty where it never is."""
        statuses = self.policy.status_of(self.clause)
        ends = [*(status.from_ for status in statuses[1:]), dt.date.max]
        periods = [(status.from_, end) for status, end in zip(statuses, ends) if status.state != "in_force"]
        if not periods:
            return ""
        name = self.policy.head.status_on
        self._use(name)
        day = self._part("status", lambda: self.scope(name)).sql
        return " or ".join(f"({day} >= date '{start}' and {day} < date '{end}')" for start, end in periods)

    def _amount(self) -> str:
        amount = self.way.amount
        self._use_all(amount.value, amount.says, "computed_fen is null")
        return to_stored(compile_expression(amount.value, self.scope), "yuan", amount.round, rounding_step(amount, self.scope, "yuan")).sql

    def _limits(self):
        """once first, then what is taken off, then the ceilings in their order, then the highest."""
        if self.clause.once:
            once = self.clause.once
            yield self._limit(0, "once", once.code, once.code, once.pool, None)
        if self.clause.cumulative:
            self._use_all(says=self.clause.cumulative.says)
            pool = self.clause.cumulative.pool
            yield self._limit(1, "cumulative", pool, None, pool, None)
        for ordinal, name in enumerate(self.clause.ceilings, 2):
            ceiling = self.policy.ceilings[name]
            self._use_all(ceiling.value, ceiling.says, f"limit_{ordinal} is null")
            unit = self.policy.pools[ceiling.pool].unit
            value = self._part(f"ceiling {name}", lambda: to_stored(compile_expression(ceiling.value, self.scope), unit, ceiling.round).sql)
            limit = self._limit(ordinal, "ceiling", name, ceiling.code, ceiling.pool, value)
            carry_key = carry_key_of(self.policy, self.policy.pools[ceiling.pool])
            yield replace(limit, carry_years=ceiling.carry_years, carry_key_sql=carry_key) if ceiling.carry_years else limit
        following = 2 + len(self.clause.ceilings)
        if self.clause.highest:
            highest = self.clause.highest
            self._use_all(says=highest.says)
            yield self._limit(following, "highest", highest.code, highest.code, highest.among, None)
            yield self._limit(following + 1, "own", highest.own, None, highest.own, None)

    def _counted(self, limits: list[Limit]) -> Iterator[Limit]:
        """The pools that only count: those that the clause names, and its own that it asks what they gave before."""
        for ordinal, pool in enumerate(dict.fromkeys([*self.clause.counts_in, *self.asked]), max((limit.ordinal for limit in limits), default=1) + 1):
            yield self._limit(ordinal, "counted", pool, None, pool, None)

    @property
    def asked(self) -> list[str]:
        """The clause's own pools that the rule asks what they gave before; once compiled."""
        return [pool for pool in map(asked_pool, self.scope.layers) if pool in self.policy.pools_of(self.clause)]

    def _limit(self, ordinal: int, kind: str, name: str, code: str | None, pool_id: str, limit_sql: str | None) -> Limit:
        pool = self.policy.pools[pool_id]
        self._use_key(pool)
        return Limit(ordinal, kind, name, code, pool.id, pool.counts, pool_key(self.policy, pool), limit_sql, counted_sql(self.policy, pool))

    def _shares(self) -> tuple[tuple[str, str | None], ...]:
        """Each treasury with the SQL of its share in fen, None for the remainder."""
        funding = self.policy.fundings[self.clause.funding]
        self._use_all(says=funding.says)
        return tuple((share.treasury, self._of_award(f"share of {share.treasury}", share.share, share.round)) for share in funding.share)

    def _follows(self) -> Iterator[Follow]:
        for number, instalment in enumerate(self.clause.instalment, 1):
            amount = self._of_award(f"instalment {number}", instalment.share, instalment.round)
            yield Follow("instalment", str(number), amount, self._day(f"instalment {number}", instalment.due))
        for obligation in self.clause.obligation:
            place = f"obligation {obligation.id}"
            self._use_all(says=obligation.says)
            yield Follow("obligation", obligation.id, self._of_award(place, obligation.repay, obligation.round), self._day(place, obligation.until))

    def _of_award(self, place: str, text: str | None, rounding: str | None) -> str | None:
        """An amount that is told by the award, as SQL over `award_fen` and the facts."""
        if text is None:
            return None
        for name in self._part(place, lambda: names_in(text)):
            if name != "award":
                self._use(name)
                self.values[name] = None
        scope = AwardScope(self.policy, self.clause)
        return self._part(place, lambda: to_stored(compile_expression(text, scope), "yuan", rounding).sql)

    def _day(self, place: str, text: str) -> str:
        self._use_all(text)
        term = self._part(place, lambda: compile_expression(text, self.scope))
        if term.kind != "date":
            raise ExpressionError(f"{self.id}, {place}: a day is wanted, this is a {term.kind}")
        return term.sql

    def _payee(self) -> str:
        return self.policy.claims.fields[self.clause.payee].column if self.clause.payee else "claimant"

    # ------------------------------------------------ which facts and values the rule uses

    def _use_all(self, expression: str = "0", says: str = "", unknown: str = "true") -> None:
        """Note the names of an expression and its sentence; `unknown` is the SQL that tells where the expression's value is not known."""
        spared = self._part(expression, lambda: branch_names(expression)) - {*placeholders(says)}
        for name in [*self._part(expression, lambda: names_in(expression)), *placeholders(says)]:
            if name not in LIMIT_WORDS or self.scope.let(name):
                self._use(name)
                if name in spared:
                    self.branches.append((name, unknown))
                else:
                    self.values[name] = None

    def _use(self, name: str) -> None:
        """Note a fact, or build the layer of a named value after those that it uses."""
        if name in self.facts or name in self.scope.layers or self.scope.figure(name) or name in self.policy.body.set or name == "as_of":
            return
        let, bands = self.scope.let(name), self.scope.bands(name)
        if given_pool(name):
            self._add_given(name)
        elif asked_pool(name):
            self._add_first(name)
        elif let:
            self._add_layer(let)
        elif bands:
            self._add_bands(bands)
        else:
            term = self._part(name, lambda: self.scope(name))
            join = name.partition(".")[0] if "." in name or name in self.policy.lookups else None
            self.facts[name] = FactColumn(name, term.sql, term.kind, join)

    def _add_layer(self, let: Let) -> None:
        if let.name in self.scope.inlining:
            raise ExpressionError(f"{self.id}: `{let.name}` is defined by itself")
        self.scope.inlining.append(let.name)
        for name in self._made_of(let.name):
            self._use(name)
        self.scope.inlining.pop()
        term = self._part(let.name, lambda: value_term(let, self.scope))
        unit = None if let.unit == "date" else let.unit
        layer = Layer(let.name, stored_name(let.name, unit), term.sql, term.kind, unit)
        self.scope.layers[let.name] = (layer, replace(term, sql=layer.column))

    def _add_given(self, name: str) -> None:
        """What a pool gave before: of the clause's own pools by earlier runs and by the claims before this one, in the unit that it counts; of others,
        which count awards, by earlier runs and by the clauses of the turns before."""
        pool = self.policy.pools.get(given_pool(name))
        if pool is None or (pool.counts != "awards" and pool.id not in self.policy.pools_of(self.clause)):
            raise ExpressionError(f"{self.id}: `{name}` names no pool that counts awards, and none that the clause draws on itself")
        self._use_key(pool)
        if pool.id in self.policy.pools_of(self.clause):
            found = f"select max(given.used) from asked as given where given.asked_seq = seq and given.pool_id = '{pool.id}'"
        else:
            key = pool_key(self.policy, pool)
            found = f"select max(given.given_fen) from pool_given as given where given.pool_id = '{pool.id}' and given.pool_key = {key}"
        column = stored_name(f"given__{pool.id}", pool.unit)
        never_negative = pool.unit == "count"
        layer = Layer(name, column, f"unbounded(coalesce(({found}), 0))", "number", pool.unit)
        self.scope.layers[name] = (layer, stored_number(column, pool.unit, never_negative))

    def _add_first(self, name: str) -> None:
        """The first year for which one of the clause's own pools gave something before the claim; unknown where there is none."""
        pool = self.policy.pools.get(asked_pool(name))
        if pool is None or pool.counts != "years" or pool.id not in self.policy.pools_of(self.clause):
            raise ExpressionError(f"{self.id}: `{name}` names no pool that counts years and that the clause draws on itself")
        self._use_key(pool)
        column = f"first__{pool.id}"
        found = f"(select max(given.first_year) from asked as given where given.asked_seq = seq and given.pool_id = '{pool.id}')"
        self.scope.layers[name] = (Layer(name, column, found, "number", "year"), stored_number(column, "year", True))

    def _use_key(self, pool: Pool) -> None:
        for key_field in [*self.policy.pool_fields(pool), self.policy.counted_field(pool)]:
            if key_field and not key_field.role:  # the others are columns of every rule
                self._use(key_field.name)

    def _add_bands(self, bands: Bands) -> None:
        """One layer for the number of the band, and one for each value that it gives."""
        for name in self._made_of(bands.name):
            self._use(name)
        compiled = BandsCompiler(bands, self.scope)
        for name, unit, sql in self._part(f"bands {bands.name}", lambda: list(compiled.layers())):
            column = stored_name(name, unit)
            largest = max([1, *(amount for step in bands.step for amount in (stored(step.award or 0, "yuan"), stored(step.cap or 0, "yuan")))])
            term = stored_number(column, unit, True)
            term = replace(term, largest=largest) if unit == "yuan" and not bands.marginal else term
            self.scope.layers[name] = (Layer(name, column, sql, "number", unit, "band" if name == bands.band_name else "value"), term)

    def _spared(self, name: str) -> set[str]:
        """The names that a named value or bands may do without."""
        if asked_pool(name):
            return set()
        let, bands = self.scope.let(name), self.scope.bands(name)
        return branch_names(let.value if let else bands.of) - {*placeholders((let or bands).says)}

    def _made_of(self, name: str) -> list[str]:
        """The names that a named value or bands, and their sentence, are made of."""
        let, bands = self.scope.let(name), self.scope.bands(name)
        text = let.value if let else bands.of
        names = [*self._part(name, lambda: names_in(text)), *placeholders((let or bands).says)]
        return [one for one in names if one not in LIMIT_WORDS or self.scope.let(one)]

    # ------------------------------------------------ what must be known

    def _wanted(self, limits: tuple[Limit, ...]) -> Iterator[Wanted]:
        """What must be known unless the claim is refused: the facts and values of the award, and whatever keeps a condition from being told."""
        valued = self.valued
        for name in valued:
            yield from self._wanted_name(name)
        spared = [(name, f"{self.scope.layers[value][0].column} is null") for value in valued if value in self.scope.layers for name in self._spared(value)]
        for one, unknown in [*spared, *self.branches]:
            for name in self._closure([one]):
                if name not in valued:
                    yield from self._wanted_name(name, f"{unknown} and ")
        for text, code in self.conditions():
            unknown = f"({compile_condition(text, self.scope)}) is null"
            for name in self._closure(names_in(text)):
                if name not in valued:
                    yield from self._wanted_name(name, f"{unknown} and ")
            yield Wanted(Cell(code, self.policy.codes[code].title, None, None), unknown)
        yield Wanted(Cell("amount", "计算金额", None, None), "computed_fen is null")
        if self.clause.payee:
            yield Wanted(cell_of(self.policy, self.clause.payee), "payee is null", True)
        for limit in limits:
            if limit.limit_sql:
                yield Wanted(Cell(limit.name, self.policy.ceilings[limit.name].title, None, None), f"limit_{limit.ordinal} is null")

    def _read(self) -> Iterator[Wanted]:
        """What is looked up and may hold a cell that cannot be read: no condition takes it for an empty one. `lacks` is over `fact`."""
        asked = [name for way in self.policy.ways_of(self.clause) for name in names_in(way.when or "True")]
        for name in dict.fromkeys([*self.facts, *asked]):
            if name in self.policy.lookups or ("." in name and self.scope.field(name)):
                yield Wanted(self._fact_cell(name), f"{self.scope(name).sql}__unread", True)

    @property
    def valued(self) -> list[str]:
        """The facts and values that the award and its sentences are made of, each after those that it is made of; once compiled."""
        return list(self._closure(self.values))

    def _wanted_name(self, name: str, where: str = "") -> Iterator[Wanted]:
        if name in self.scope.layers:
            layer, title = self.scope.layers[name][0], self._title(name)
            yield Wanted(Cell(name, title, None, None), f"{where}{layer.column} is null")
        elif name in self.facts and self.facts[name].kind != "bool":
            yield Wanted(self._fact_cell(name), f"{where}{self.facts[name].column} is null", True)

    def _closure(self, names: Iterable[str]) -> Iterator[str]:
        """The facts and values of some names, each after those that it is made of."""
        found: dict[str, None] = {}
        visited: set[str] = set()

        def visit(name: str) -> None:
            if name in visited:
                return
            visited.add(name)
            if name in self.scope.layers and not asked_pool(name):
                spared = self._spared(name)
                for other in self._made_of(name):
                    if other not in spared:
                        visit(other)
            if name in self.scope.layers or name in self.facts:
                found[name] = None

        for name in names:
            visit(name)
        yield from found

    def _title(self, name: str) -> str:
        named = self.scope.let(name) or self.scope.bands(name) or self.policy.pools[asked_pool(name)]
        return named.title

    def _fact_cell(self, name: str) -> Cell:
        if name in self.policy.lookups:
            return Cell(name, self.policy.lookups[name].title, None, None)
        return cell_of(self.policy, name)

    def conditions(self) -> Iterator[tuple[str, str]]:
        """The conditions that must be told, each with its code; what an `unless` does not tell refuses."""
        for refusal in [*self.policy.body.refuse, *self.clause.refuse, *self.way.refuse]:
            if refusal.when:
                yield refusal.when, refusal.code
        for reduction in self.way.reduce:
            yield reduction.when, reduction.code

    def _wanted_of_award(self, shares: tuple[tuple[str, str | None], ...], follows: tuple[Follow, ...]) -> Iterator[Wanted]:
        """What must be known, and not be below zero, of an award that is given."""
        for treasury, _ in shares:
            yield Wanted(Cell(treasury, self.policy.treasury_titles[treasury], None, None), f"coalesce({treasury}_fen, -1) < 0")
        for follow in follows:
            parts = " - ".join(["award_fen", *(f"({other.amount_sql})" for other in follows if other.kind == follow.kind and other.amount_sql)])
            title = f"第{follow.name}期拨付" if follow.kind == "instalment" else next(one.title for one in self.clause.obligation if one.id == follow.name)
            yield Wanted(Cell(follow.name, title, None, None), f"({follow.day_sql}) is null or coalesce({follow.amount_sql or parts}, -1) < 0")


@dataclass
class BandsCompiler:
    """Compiles the bands of a clause."""

    bands: Bands
    scope: NameScope

    def layers(self) -> Iterator[tuple[str, str, str]]:
        """Name, unit and SQL of each value, the number of the band first. Raises ExpressionError."""
        bands, number = self.bands, self.bands.band_name
        yield number, "count", self._number_sql()
        if bands.marginal:
            yield bands.name, "yuan", self._marginal_sql()
        else:
            yield bands.name, bands.unit, _by_number(number, [step.award if step.rate is None else step.rate for step in bands.step], bands.unit)
        if bands.cap:
            yield bands.cap, "yuan", _by_number(number, [step.cap for step in bands.step], "yuan")

    @cached_property
    def subject(self) -> Term:
        term = compile_expression(self.bands.of, self.scope)
        per_cent = term.dimension == () and term.divisor > 1 and self.scope.unit(self.bands.of) is None
        if term.kind not in ("number", "date") or term.divisor_sql or per_cent:
            raise ExpressionError(f"`{self.bands.of}` is no exact number and no day: bands of a percentage or a quotient are of a fact or a named value")
        return term

    def _number_sql(self) -> str:
        """The highest band whose lower bound is reached; 0 below the first, NULL where the subject is unknown."""
        lines = [f"when {self.subject.sql} is null then null"]
        for number, step in reversed([*enumerate(self.bands.step, 1)]):
            lines.append(f"when {self.subject.sql} {'>=' if step.from_ is not None else '>'} {self._bound(step.lower)} then {number}"
                         if step.lower is not None else f"when true then {number}")
        return "case " + " ".join(lines) + " else 0 end"

    def _bound(self, bound: Bound) -> str:
        if (self.subject.kind == "date") != isinstance(bound, dt.date):
            raise ExpressionError(f"the bound {bound} is no {self.subject.kind}, as `{self.bands.of}` is")
        if isinstance(bound, dt.date):
            return f"date '{bound}'"
        stored_bound = Fraction(bound) * self.subject.divisor / (100 if self.scope.unit(self.bands.of) == "pct" else 1)
        if stored_bound.denominator != 1:
            raise ExpressionError(f"the bound {bound} has more places than `{self.bands.of}`")
        return str(stored_bound)

    def _marginal_sql(self) -> str:
        """The sum of the parts, each by its own rate, or by its own sum for each piece."""
        pieces = self.bands.step[0].each is not None
        if pieces and (self.subject.kind != "number" or self.subject.divisor != 1):
            raise ExpressionError(f"`{self.bands.of}` is no whole number: bands that give a sum for `each` piece are of pieces, months or days")
        subject, unit = (replace(self.subject, dimension=()), "count") if pieces else (self.subject, "yuan")
        lowers = [self._marginal_bound(step, pieces) for step in self.bands.step]
        parts = [
            self._part_of(subject, unit, lower, upper, constant_number(Fraction(step.each), "yuan") if pieces else constant_number(Fraction(step.rate) / 100, "factor"))
            for step, lower, upper in zip(self.bands.step, lowers, [*lowers[1:], None])
        ]
        names = {f"part_{number}": part for number, part in enumerate(parts)}
        total = compile_expression(" + ".join(names), names.__getitem__)
        return to_stored(total, "yuan", self.bands.round).sql

    def _marginal_bound(self, step: BandStep, pieces: bool) -> Fraction:
        """What of the number lies below a band: of pieces those before the first that it includes."""
        before_first = 1 if pieces and step.from_ is not None else 0
        return max(Fraction(0), Fraction(step.lower or 0) - before_first)

    def _part_of(self, subject: Term, unit: str, lower: Fraction, upper: Fraction | None, times: Term) -> Term:
        names = {"subject": subject, "lower": constant_number(lower, unit), "times": times, "upper": constant_number(upper or Fraction(0), unit)}
        capped = "subject" if upper is None else "min(subject, upper)"
        return compile_expression(f"times * max(0, {capped} - lower)", names.__getitem__)


def _by_number(number: str, values: list[int | Decimal | None], unit: str) -> str:
    """The value of each band by its number; NULL where a band gives none."""
    lines = [f"when {place} then {stored(value, unit)}" for place, value in enumerate(values, 1) if value is not None]
    return f"cast(case {number} {' '.join(lines)} end as bigint)"


def _covers(theirs: dict, ours: dict) -> bool:
    """Whether a join brings all columns that another one of its name does, of the same rows."""
    return (theirs["table"], theirs["on"]) == (ours["table"], ours["on"]) and {*ours["columns"]} <= {*theirs["columns"]}


def _circle(clauses: list[str]) -> str:
    return f"clauses {', '.join(clauses)} build on each other's awards"


def pool_key(policy: Policy, pool: Pool) -> str:
    """The SQL of a pool's key. No cell holds U+0000, so that it parts the fields beyond doubt."""
    parts = [f"cast({field.column} as varchar)" for field in policy.pool_fields(pool)]
    return " || chr(0) || ".join(parts) or "''"


def counted_sql(policy: Policy, pool: Pool) -> str:
    """The SQL of the value whose different ones a pool counts."""
    counted = policy.counted_field(pool)
    return f"cast({counted.column} as varchar)" if counted else "null::varchar"


def carry_key_of(policy: Policy, pool: Pool) -> str:
    """The SQL of what carried amounts are kept by: the pool and its key without the year."""
    per = [field.name for field in policy.pool_fields(pool) if field.role != "claim_year"]
    return f"'{pool.id}' || chr(0) || " + pool_key(policy, msgspec.structs.replace(pool, per=per))


def bands_at_work(policy: Policy, clause: Clause, way: Way) -> list[Bands]:
    """The bands whose refusals hold for a way: those that it uses, and those that none of the clause's ways uses, which stand for all."""
    used = {other.id: _names_used(policy, clause, _texts_of(policy, clause, other)) for other in policy.ways_of(clause)}
    return [
        bands for bands in clause.bands
        if {bands.name, bands.cap} & used[way.id] or not any({bands.name, bands.cap} & names for names in used.values())
    ]


def _texts_of(policy: Policy, clause: Clause, way: Way) -> list[str]:
    """The expressions that a way reckons with, its own and those that its clause gives all ways."""
    refusals = [*policy.body.refuse, *clause.refuse, *way.refuse]
    follows = [part.share for part in clause.instalment if part.share] + [one.repay for one in clause.obligation]
    return [way.amount.value, *(refusal.when or refusal.unless for refusal in refusals), *(reduction.when for reduction in way.reduce),
            *(policy.ceilings[name].value for name in clause.ceilings), *follows]


def _names_used(policy: Policy, clause: Clause, texts: list[str]) -> set[str]:
    """The names that some expressions use, through named values and bands."""
    lets = {let.name: let.value for let in [*policy.body.let, *clause.let]}
    made_of = lets | {name: bands.of for bands in clause.bands for name in (bands.name, bands.cap) if name}
    names: set[str] = set()
    while texts:
        found = set(names_in(texts[0])) - names
        names |= found
        texts = [*texts[1:], *(made_of[name] for name in found if name in made_of)]
    return names


def given_pools(policy: Policy, clause: Clause) -> set[str]:
    """The pools whose awards a clause builds on."""
    ways = policy.ways_of(clause)
    texts = [text for way in ways for text in (*_texts_of(policy, clause, way), way.when or "0")] + [bands.of for bands in clause.bands]
    return {pool for pool in map(given_pool, _names_used(policy, clause, texts)) if pool}


def awards_column(policy: Policy, field: Field) -> str | None:
    """The column of the awards paid before that means the same as a field of the claims."""
    same = [other for other in policy.awards.field if other.name == field.name or (field.role and other.role == field.role)]
    return same[0].column if same else None


def unread_sql(row: str, field: Field) -> str:
    """The SQL that tells that a cell of a row is given and cannot be read."""
    return f"({row}.{field.column} is null and {row}.raw.{field.name} is not null)"


def joined_column(policy: Policy, name: str) -> str | None:
    """The column of `fact` that holds a joined fact of a text; None where the name leads to none."""
    prefix, _, rest = name.partition(".")
    join = policy.joins.get(prefix)
    field = policy.tables[join.table].fields.get(rest) if join and join.table in policy.tables else None
    return f"{prefix}__{field.column}" if field and field.type in ("text", "choice", "place") else None
