"""What may vary in a trial claim: the facts that a rule uses, and what the situations of its codes ask, each with the values that are worth a trial."""

from __future__ import annotations

import ast
import datetime as dt
from calendar import isleap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from claims.cases.atoms import texts_of_award
from claims.cases.places import ORDERED, PLACES_OF_ONE, ordinal, text_of
from claims.cases.world import CARRIED_AMOUNT, CARRIED_YEARS, GIVEN, HOW_MANY, OTHER, field_apart, rows_of
from claims.policy.compiler import CLAIM, NameScope, Rule, given_pools
from claims.policy.expression import names_in
from claims.policy.model import CHECKED_BY, Bands, Case, Clause, Field, FieldType, Lookup, Policy, Range
from claims.trace import title_of

CREDIT_CODES = ("91000000MA0000001R", "91000000MA0000002W")
"""Credit codes of nobody, whose check characters fit: the claimant's, and everybody else's."""
IDENTITY_NUMBER = "110101190001010014"
"""An identity number of nobody, whose check character fits."""
WORDS = ("text", "place", "id", "uscc", "party")
"""Types whose values are words that only compare as equal or not."""
MONEY = [*sorted((digit * 10**power for power in range(11) for digit in (1, 2, 5)), key=lambda yuan: (abs(len(str(yuan)) - 7), str(yuan)[0] != "1")), 0]
AREAS = [0, 1, 10, 50, 100, 500, 1000, 2000, 5000, 10**4, 10**5]
PERCENTS = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
COUNTS = [0, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 50, 100, 200, 500, 1000, 10**4]
NUMBERS = [1, 0, 2, 5, 7, 10, 100]
LARGEST = {"money": 10**13, "area": 10**9, "unit_price": 10**9, "percent": 10**6, "number": 10**11, "count": 10**5}
LARGEST_TRIED = 10**15 + 1
"""The largest place that is tried where a range goes beyond the largest of its type."""
MOST_AWARDS_BEFORE, MOST_ROWS = 200, 60
"""How many earlier awards a trial may have, and how many rows may be alike: each is a line."""
ROWS = [1, 2, 3, 4, 5, 6, 8, 10, 12]
FIRST_YEAR, LAST_YEAR = 1995, 2110
DAYS = ((3, 1), (4, 1), (6, 30), (9, 30), (1, 1), (12, 31), (10, 31), (8, 31))
"""Days of a year that are worth a trial, the plainest first; the last one has no like in half of the months."""
LAST_DAYS = ((12, 31), (1, 1), (10, 31), (9, 30), (6, 30), (4, 1), (3, 1))
"""The same for the day of a claim, which comes after the days that it rests on."""


@dataclass(frozen=True)
class Variable:
    """A fact that may vary: its name among the facts of a trial, what it is called, its type, and the values worth a trial, the plainest first.

    `needed` tells that the search gives it to every claim; `range` is that of its field, if it is one.
    """

    name: str
    title: str
    type: FieldType
    values: tuple[str, ...]
    needed: bool
    choices: tuple[tuple[str, str], ...] = ()
    range: Range | None = None

    @property
    def below_zero(self) -> bool:
        """Whether it may be less than nothing."""
        return self.range is not None and self.range.at_least is None and self.range.above is None

    @property
    def ordered(self) -> bool:
        return self.type in ORDERED

    @property
    def options(self) -> tuple[str, ...]:
        """The values that are tried one by one: choices, and the words of a text that is compared with some."""
        if self.choices:
            return tuple(choice for choice, _ in self.choices)
        return self.values if not self.ordered and len(self.values) > 1 and not self.name.startswith(OTHER) else ()

    @property
    def moves(self) -> bool:
        """Whether there is another value to move it to."""
        return self.ordered or bool(self.options)

    @property
    def lowest(self) -> int:
        """The least place that is tried: where nothing is below zero, the one before it, which shows that it is not."""
        if self.type in LARGEST:
            return 0 if self.name.startswith(GIVEN) or self.name.endswith(HOW_MANY) else -LARGEST[self.type] if self.below_zero else -1
        return FIRST_YEAR if self.type == "year" else dt.date(FIRST_YEAR, 1, 1).toordinal()

    @property
    def highest(self) -> int:
        """The greatest place that is tried."""
        if self.type == "count" and self.name.startswith(GIVEN):
            return MOST_AWARDS_BEFORE
        if self.name.endswith(HOW_MANY):
            return max(map(int, self.values))
        if self.type == "date":
            return dt.date(LAST_YEAR, 12, 31).toordinal()
        largest = LAST_YEAR if self.type == "year" else LARGEST[self.type]
        out_of_range = ordinal(self.type, str(self.range.at_most)) + 1 if self.range and self.range.at_most is not None else 0
        return max(out_of_range, largest) if out_of_range <= LARGEST_TRIED else largest

    def ends(self) -> list[tuple[str, int]]:
        """The ends of its range, each in words and with the first place at or after which another side begins."""
        if self.range is None or not self.ordered or self.type == "date":
            return []
        ends = ((">=", self.range.at_least, 0), (">", self.range.above, 1), ("<=", self.range.at_most, 1))
        return [(f"{self.name} {sign} {bound}", ordinal(self.type, str(bound)) + after) for sign, bound, after in ends if bound is not None]


class Values:
    """The values that a policy suggests for facts of each type."""

    def __init__(self, policy: Policy, as_of: dt.date):
        self.policy, self.as_of = policy, as_of

    @cached_property
    def years(self) -> list[int]:
        first = min([self.policy.head.effective_from.year, *(day.year for day in self._days_named)]) - 1
        near = self.policy.head.effective_from.year + 1
        return sorted(range(max(first, FIRST_YEAR), self.as_of.year + 2), key=lambda year: (abs(year - near), year))

    @cached_property
    def _figures(self) -> list:
        body = self.policy.body
        return [figure for part in (body, *body.clause) for figure in part.figure.values()]

    @cached_property
    def _bands(self) -> list[tuple[Clause, Bands]]:
        return [(clause, bands) for clause in self.policy.body.clause for bands in clause.bands]

    @cached_property
    def _days_named(self) -> list[dt.date]:
        statuses = [*self.policy.body.status, *(status for clause in self.policy.body.clause for status in clause.status)]
        return [figure.value for figure in self._figures if figure.unit == "date"] + [status.from_ for status in statuses] + [
            step.lower for _, bands in self._bands for step in bands.step if isinstance(step.lower, dt.date)
        ]

    def _numbers(self, unit: str) -> Iterator[Fraction]:
        """The policy's numbers in a unit."""
        yield from (Fraction(figure.value) for figure in self._figures if figure.unit == unit)
        for clause, bands in self._bands:
            of = NameScope(self.policy, clause).unit(bands.of) if bands.of.replace(".", "_").isidentifier() else None
            for step in bands.step:
                if of in (unit, None) and step.lower is not None and not isinstance(step.lower, dt.date):
                    yield Fraction(step.lower)
                if unit == "yuan":
                    yield from (Fraction(amount) for amount in (step.award, step.cap) if amount is not None)

    def of(self, field: Field) -> list[str]:
        """The values worth a trial for a field, the plainest first."""
        match field.type:
            case "choice":
                return list(field.choices)
            case "year":
                return [str(year) for year in self.years]
            case "date":
                return [day.isoformat() for day in (self._last_days if field.role == "submitted_on" else self._days)]
            case "money":
                return self._cells(field, MONEY, "yuan")
            case "area":
                return self._cells(field, [1000, *AREAS], "m2")
            case "unit_price":
                return self._cells(field, [100, *AREAS], "yuan/m2")
            case "number":
                return self._cells(field, NUMBERS, "number")
            case "percent":
                return self._cells(field, [60, *PERCENTS], "pct")
            case "count":
                return self._cells(field, [10, *COUNTS], "count")
            case "uscc" | "party":
                return [CREDIT_CODES[0 if field.role == "claimant" else 1]]
            case "clause":
                return [next(iter(self.policy.clauses))]
        return ["A1"]

    def _cells(self, field: Field, numbers: Iterable[int], unit: str) -> list[str]:
        """Plain numbers first, then what the policy names and what lies beside it, as far as the field takes them."""
        places = PLACES_OF_ONE[field.type]
        step = Fraction(1, places)
        named = sorted({number + shift for number in self._numbers(unit) for shift in (-step, 0, step)})
        found = dict.fromkeys([*map(Fraction, numbers), *named])
        return [text_of(field.type, int(number * places)) for number in found if self._takes(field, number)]

    def of_rows(self, apart: Field) -> tuple[str, ...]:
        """How many rows are worth a trial, as far as the field that tells them apart has so many values."""
        named = {int(number) + shift for number in self._numbers("count") for shift in (-1, 0, 1)}
        bounds = apart.range.at_least, apart.range.at_most
        most = min(MOST_ROWS, len(apart.choices) or MOST_ROWS, bounds[1] - bounds[0] + 1 if None not in bounds else MOST_ROWS)
        return tuple(str(number) for number in dict.fromkeys([*ROWS, *sorted(named)]) if 0 < number <= most)

    def _takes(self, field: Field, number: Fraction) -> bool:
        bounds = field.range
        return not (bounds.at_least is not None and number < bounds.at_least or bounds.above is not None and number <= bounds.above
                    or bounds.at_most is not None and number > bounds.at_most)

    @cached_property
    def _days(self) -> list[dt.date]:
        return self._days_from(DAYS)

    @cached_property
    def _last_days(self) -> list[dt.date]:
        return self._days_from(LAST_DAYS)

    def _days_from(self, days: Sequence[tuple[int, int]]) -> list[dt.date]:
        """Days of the nearest year, the plainest first, and of the other years; then the days that the policy names with their neighbours."""
        named = [self.policy.head.effective_from, *self._days_named]
        beside = [day + dt.timedelta(shift) for day in named for shift in (0, -1, 1)]
        leap = [dt.date(year, 2, 29) for year in self.years if isleap(year)]
        return list(dict.fromkeys([*(dt.date(year, month, day) for year in self.years for month, day in days), *beside, *leap, self.as_of]))


def of_field(name: str, title: str, field: Field, values: Iterable[str], needed: bool) -> Variable:
    """The variable of a field, whatever its name among the facts."""
    return Variable(name, title, field.type, tuple(values), needed, tuple(field.choices.items()), field.range)


def _asked_of_claim(lookup: Lookup) -> list[str]:
    """The claim's fields that a lookup's condition compares rows with."""
    return [name.removeprefix(CLAIM) for name in names_in(lookup.when) if name.startswith(CLAIM)]


class VariablesOfRule:
    """The variables of one rule."""

    def __init__(self, policy: Policy, rule: Rule, values: Values):
        self.policy, self.rule, self.values = policy, rule, values
        self.clause, self.way = policy.parts_of_rule(rule.id)
        self.scope = NameScope(policy, self.clause)

    def variables(self) -> list[Variable]:
        """All of them, those of the claim first."""
        found = {**self._of_facts(), **self._of_pools(), **self._of_carried(), **self._of_others()}
        return list(found.values())

    # ------------------------------------------------ facts

    def _of_facts(self) -> dict[str, Variable]:
        used, asked = self._names_used(), self._names_asked()
        head = self.policy.head.needs
        names = dict.fromkeys([*head, *used, *asked])
        roles = ("claim_id", "clause")
        found: dict[str, Variable] = {}
        for name in names:
            field = self.policy.claims.fields.get(name)
            if field is not None and field.role not in roles:
                needed = name in used or name in head
                found[name] = of_field(name, title_of(self.policy, name), field, self._narrowed(name, field), needed)
        for name in sorted(names, key=lambda name: name in self.policy.joins):
            found |= self._of_row(name, found)
        return found

    def _of_row(self, name: str, claim: dict[str, Variable]) -> dict[str, Variable]:
        """The fields of the row that a name looks up, and the claim's fields that the row is found by."""
        prefix, _, rest = name.partition(".")
        join, lookup = self.policy.joins.get(prefix), self.policy.lookups.get(name)
        if lookup:
            return self._of_claim([*lookup.on.values(), *_asked_of_claim(lookup)], claim) | self._of_rows(lookup)
        if join is None:
            return {}
        table = self.policy.tables[join.table]
        # where all that is asked is that there is a row, any of its fields tells it
        wanted = [rest] if rest else [] if any(known.startswith(f"{prefix}.") for known in claim) else [table.field[-1].name]
        found = self._of_claim(join.on.values(), claim)
        for theirs in wanted:
            if theirs in table.fields:
                field, full = table.fields[theirs], f"{join.name}.{theirs}"
                found[full] = of_field(full, title_of(self.policy, full), field, self._narrowed(full, field), True)
        return found

    def _of_claim(self, names: Iterable[str], known: dict[str, Variable]) -> dict[str, Variable]:
        """The claim's fields that a row is found by or compared with, as far as they are not known yet."""
        fields = {name: self.policy.claims.fields[name] for name in names if name not in known}
        return {name: of_field(name, title_of(self.policy, name), field, self._narrowed(name, field), True)
                for name, field in fields.items() if field.role not in ("claim_id", "clause")}

    def _of_rows(self, lookup: Lookup) -> dict[str, Variable]:
        """The fields of the rows that a lookup finds, and how many there are where that matters."""
        table, rows = self.policy.tables[lookup.table], rows_of(self.policy, lookup)
        found = {}
        for theirs in [*lookup.fields, *names_in(lookup.when)]:
            if theirs in table.fields and theirs not in lookup.on:
                field, full = table.fields[theirs], f"{rows}.{theirs}"
                title = lookup.title if [theirs] == lookup.fields else f"{lookup.title}：{field.plain_title}"
                found[full] = of_field(full, title, field, self._narrowed(full, field), True)
        apart = field_apart(self.policy, lookup)
        if apart and (lookup.count or lookup.sum):
            found[rows + HOW_MANY] = Variable(rows + HOW_MANY, f"{lookup.title}：行数", "count", self.values.of_rows(apart), True)
        return found

    def _narrowed(self, name: str, field: Field) -> tuple[str, ...]:
        """The values of a field: the choices that the rule's conditions name first, and the words that a text is compared with."""
        values = self.values.of(field)
        if field.type in WORDS:
            return tuple(dict.fromkeys([*values, *self._words(name, field)]))
        if field.type != "choice":
            return tuple(values)
        named = [choice for text in self._conditions() for choice in self._choices_beside(text, name) if choice in field.choices]
        return tuple(dict.fromkeys([*named, *values]))

    def _words(self, name: str, field: Field) -> Iterator[str]:
        """The words that conditions compare a text with, another one where they compare it with a fact, and numbers of persons where they tell these."""
        asked = self._checks.get(name, set())
        if field.type not in ("uscc", "party") and asked:
            yield CREDIT_CODES[1]
        if field.type != "uscc" and ("valid_uscc" in asked or asked and field.type != "party"):
            yield IDENTITY_NUMBER
        for other in self._compared.get(name, []):
            if isinstance(other, ast.Constant):
                yield other.value
            elif ast.unparse(other) in self.policy.body.set:
                yield from self.policy.body.set[ast.unparse(other)]
            else:
                yield from CREDIT_CODES if field.type in ("uscc", "party") else ["A2"]

    @cached_property
    def _compared(self) -> dict[str, list[ast.AST]]:
        """What each fact is compared with."""
        found: dict[str, list[ast.AST]] = {}
        for node, lookup in self._nodes():
            if isinstance(node, ast.Compare):
                sides = node.left, node.comparators[0]
                for one, other in (sides, sides[::-1]):
                    found.setdefault(self._full_name(one, lookup), []).append(other)
        return found

    @cached_property
    def _checks(self) -> dict[str, set[str]]:
        """By which functions the check character of each fact is asked."""
        found: dict[str, set[str]] = {}
        for node, lookup in self._nodes():
            if isinstance(node, ast.Call) and ast.unparse(node.func) in CHECKED_BY.values():
                found.setdefault(self._full_name(node.args[0], lookup), set()).add(ast.unparse(node.func))
        return found

    def _nodes(self) -> Iterator[tuple[ast.AST, Lookup | None]]:
        """Every part of every expression that concerns the rule; of a lookup's condition with the lookup."""
        for text in self._texts():
            yield from ((node, None) for node in ast.walk(ast.parse(text, mode="eval")))
        for lookup in self.policy.body.lookup:
            yield from ((node, lookup) for node in ast.walk(ast.parse(lookup.when, mode="eval")))

    def _texts(self) -> Iterator[str]:
        refusals = [*self.policy.body.refuse, *self.clause.refuse, *self.way.refuse]
        yield from (refusal.when or refusal.unless for refusal in refusals)
        yield from (way.when for way in self.policy.ways_of(self.clause) if way.when)
        yield from (reduction.when for reduction in self.way.reduce)
        yield from (let.value for let in [*self.policy.body.let, *self.clause.let])
        yield from (text for case in self.cases() for text in (case.when, case.peer.when if case.peer else "True"))
        yield from (self.way.amount.value, *(self.policy.ceilings[name].value for name in self.clause.ceilings))
        yield from texts_of_award(self.policy, self.clause)

    def _full_name(self, node: ast.AST, lookup: Lookup | None) -> str:
        """The name of a fact among those of a trial."""
        text = ast.unparse(node)
        if lookup and text in self.policy.tables[lookup.table].fields:
            return f"{rows_of(self.policy, lookup)}.{text}"
        return text.removeprefix(CLAIM) if lookup else text

    def _choices_beside(self, text: str, name: str) -> Iterator[str]:
        for node in ast.walk(ast.parse(text, mode="eval")):
            if isinstance(node, ast.Compare) and ast.unparse(node.left) == name and isinstance(node.ops[0], (ast.Eq, ast.In)):
                other = ast.unparse(node.comparators[0])
                yield from self.policy.body.set.get(other, [other.strip("'\"")])

    def _conditions(self) -> list[str]:
        refusals = [*self.policy.body.refuse, *self.clause.refuse, *self.way.refuse]
        return [*filter(None, [self.way.when]), *(refusal.unless for refusal in refusals if refusal.unless)]

    def _names_used(self) -> list[str]:
        """The facts of the rule and those that tell its way."""
        names = [fact.name for fact in self.rule.facts]
        names += [name for way in self.policy.ways_of(self.clause) for name in self._facts_in(way.when or "True")]
        return list(dict.fromkeys(names))

    def _names_asked(self) -> list[str]:
        """The facts that the situations of codes ask of claims under the clause."""
        names: list[str] = []
        for case in self.cases():
            names += [*self._facts_in(case.when), *case.each_empty, *(case.peer.filled if case.peer else [])]
        return list(dict.fromkeys(names))

    def cases(self) -> list[Case]:
        """The situations of codes that concern the clause."""
        return [case for code in self.policy.codes.values() for case in code.case if case.clauses is None or self.clause.id in case.clauses]

    def _facts_in(self, text: str) -> list[str]:
        """The facts that an expression asks, through named values."""
        open_names, found = names_in(text), {}
        seen: set[str] = set()
        while open_names:
            name = open_names.pop(0)
            let = self.scope.let(name)
            if let and name not in seen:
                open_names += names_in(let.value)
            elif not let:
                found[name] = None
            seen.add(name)
        return list(found)

    # ------------------------------------------------ awards before, carried amounts, other claims

    def _of_pools(self) -> dict[str, Variable]:
        built_on = given_pools(self.policy, self.clause)
        pools = dict.fromkeys([*self.policy.pools_of(self.clause), *sorted(built_on)])
        found = {}
        for pool in (self.policy.pools[name] for name in pools):
            if any(field.role == "claim_id" for field in self.policy.pool_fields(pool)):
                continue  # nothing awarded before counts in a pool of a single claim
            sort, what = ("money", "金额") if pool.unit == "yuan" else ("count", {"years": "年数", "distinct": "个数"}.get(pool.counts, "件数"))
            values = [value for value in self.values.of(Field(name="", header="", type=sort)) if sort == "money" or int(value) <= MOST_AWARDS_BEFORE]
            name = GIVEN + pool.id
            found[name] = Variable(name, f"此前已核定{what}（{pool.title}）", sort, tuple(values), pool.id in built_on)
        return found

    def _of_carried(self) -> dict[str, Variable]:
        years = max((self.policy.ceilings[name].carry_years for name in self.clause.ceilings), default=0)
        if not years:
            return {}
        amounts = self.values.of(Field(name="", header="", type="money"))
        return {
            CARRIED_AMOUNT: Variable(CARRIED_AMOUNT, "以前年度结转金额", "money", tuple(amounts), False),
            CARRIED_YEARS: Variable(CARRIED_YEARS, "结转自几年前", "count", tuple(map(str, range(1, years + 3))), False),
        }

    def _of_others(self) -> dict[str, Variable]:
        """What another claim of the claimant, with which this one is compared, has otherwise."""
        found = {}
        for case in self.cases():
            if case.peer is None:
                continue
            for name in [*names_in(case.peer.when), *(f"{OTHER}{same}" for same in case.peer.same)]:
                rest = name.removeprefix(OTHER)
                field = self.policy.claims.fields.get(rest)
                if name.startswith(OTHER) and field is not None and field.role not in ("claim_id", "claimant", "clause"):
                    values = self.values.of(field) if field.type != "place" else ["A1", "A2"]
                    found[name] = of_field(name, f"另一件申报的{field.plain_title}", field, values, False)
        return found
