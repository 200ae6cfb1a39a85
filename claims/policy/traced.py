"""The steps of a trace: what a settled claim is told by, where each step stands, and the SQL of what it says.

A run keeps what its steps say in one row for each claim, as lists of numbers and texts, and apart from that, once for each rule, what stands where. So a
trace costs little to write, and can be read without the program that wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from claims.policy.compiler import CompiledPolicy, Rule
from claims.policy.model import Policy

TRACED = ("traced", "step_name", "limit_traced")
"""The relations that a trace is made of, in sql/assess/."""
FIRST_VALUE, COMPUTED, CARRIED, FIRST_SHARE, FIRST_FOLLOW = 101, 200, 299, 401, 451
"""Where the kinds of steps begin; limits stand between carried amounts and shares (sql/assess/step.sql)."""
OWN_LINE = 1
"""The place of the claim's own line among the lines that a rule's facts come from; those of joined rows follow."""


@dataclass(frozen=True)
class Step:
    """A step of a rule's trace. `number_sql` and `text_sql` are over the rule's table and `settled`, the claim's decision; `line` is the place of the line
    that it comes from. An `optional` step of which neither is known is none."""

    ordinal: int
    kind: str
    name: str
    number_sql: str | None = None
    text_sql: str | None = None
    line: int | None = None
    optional: bool = False


@dataclass(frozen=True)
class Trace:
    """The steps of one rule's claims, and the joins whose rows they come from, in the order of their places. Without a rule: of claims that people closed."""

    rule: Rule | None
    steps: tuple[Step, ...]
    joins: tuple[str, ...] = ()

    @property
    def numbers(self) -> list[str]:
        """The SQL of the numbers, in the order of their places."""
        return [step.number_sql for step in self.steps if step.number_sql]

    @property
    def texts(self) -> list[str]:
        """The SQL of the texts, in the order of their places."""
        return [step.text_sql for step in self.steps if step.text_sql]

    def places(self) -> Iterator[tuple[Step, int | None, int | None]]:
        """Each step with the places of its number and its text, counted from 1."""
        numbers = texts = 0
        for step in self.steps:
            numbers += step.number_sql is not None
            texts += step.text_sql is not None
            yield step, numbers if step.number_sql else None, texts if step.text_sql else None


def traces_of(compiled: CompiledPolicy) -> list[Trace]:
    """The traces of a policy's rules, and last that of closed claims."""
    return [*(_trace_of(compiled.policy, rule) for rule in compiled.rules), Trace(None, tuple(_cells(compiled.policy)))]


def _trace_of(policy: Policy, rule: Rule) -> Trace:
    joins = tuple(dict.fromkeys(fact.join for fact in rule.facts if fact.join))
    return Trace(rule, (*_facts(policy, rule, joins), *_values(rule), *_amounts(policy, rule), *_follows(rule)), joins)


def _facts(policy: Policy, rule: Rule, joins: tuple[str, ...]) -> Iterator[Step]:
    for ordinal, fact in enumerate((fact for fact in rule.facts if fact.kind != "bool"), start=1):
        line = joins.index(fact.join) + OWN_LINE + 1 if fact.join else OWN_LINE if fact.name in policy.claims.fields else None
        yield Step(ordinal, "fact", fact.name, *_told(fact.column, fact.kind), line)


def _values(rule: Rule) -> Iterator[Step]:
    for ordinal, layer in enumerate(rule.layers, start=FIRST_VALUE):
        yield Step(ordinal, layer.traced_as, layer.name, *_told(layer.column, layer.kind))


def _amounts(policy: Policy, rule: Rule) -> Iterator[Step]:
    yield Step(COMPUTED, "computed", "computed", "case when refusals is null then computed_fen end", optional=True)
    if any(limit.carry_years for limit in rule.limits):
        yield Step(CARRIED, "carried", "carried", "case when settled.outcome <> 'rejected' then nullif(settled.carried_fen, 0) end", optional=True)
    for ordinal, treasury in enumerate(policy.treasury_ids, start=FIRST_SHARE):
        yield Step(ordinal, "share", treasury, f"case when settled.award_fen > 0 then settled.{treasury}_fen end", optional=True)


def _follows(rule: Rule) -> Iterator[Step]:
    for ordinal, follow in enumerate(rule.follows, start=FIRST_FOLLOW):
        others = "".join(f" - {one.amount_sql}" for one in rule.follows if one.kind == follow.kind and one.amount_sql)
        amount, day = (f"case when settled.award_fen > 0 then {sql} end" for sql in (follow.amount_sql or f"award_fen{others}", follow.day_sql))
        yield Step(ordinal, follow.kind, follow.name, f"cast({amount} as bigint)", f"cast({day} as varchar)", optional=True)


def _told(column: str, kind: str) -> tuple[str | None, str | None]:
    return (f"cast({column} as bigint)", None) if kind == "number" else (None, f"cast({column} as varchar)")


def _cells(policy: Policy) -> Iterator[Step]:
    """A closed claim is told by its cells as they were received, since nothing of it was computed."""
    for ordinal, field in enumerate(policy.claims.field, start=1):
        in_ten_thousands = f"case when list_contains(wan, '{field.name}') then '（万元）' else '' end"
        yield Step(ordinal, "cell", field.name, text_sql=f"raw.{field.name} || {in_ten_thousands}", line=OWN_LINE, optional=True)
