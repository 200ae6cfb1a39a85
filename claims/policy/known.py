"""Which facts of a clause may be missing when it is settled: what `claims policy check` asks an author to say something about.

A fact that an award is made of must be there: the claim `needs` it, or some code's case holds the claim, or a refusal refuses it, whenever it is
not. Each fact is taken away in turn and the conditions of cases and refusals are read with three values and a fourth for what cannot be told
here. Only a fact that certainly slips through is named; whatever else slips through is held when it comes (`unknown_value`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import product

from claims.policy.compiler import RuleCompiler, asked_pool
from claims.policy.expression import branch_names, names_in
from claims.policy.model import Case, Clause, Policy, Refusal, Way


class State(Enum):
    """What is known of a value; of a choice that is given, the choice itself is known."""

    KNOWN = "known"
    EMPTY = "empty"
    OPEN = "open"


Outcomes = frozenset[bool | None]
"""What a condition may come to; None where SQL has NULL."""
ANY: Outcomes = frozenset((True, False, None))
TOLD: Outcomes = frozenset((True, False))


@dataclass(frozen=True)
class Gap:
    """A fact that may be missing with nobody noticing: a field of the claims, a cell of a joined row, or a lookup."""

    clause: str
    name: str
    kind: str


def gaps(policy: Policy) -> list[Gap]:
    """The facts of each clause that certainly slip through where they are missing. The policy must compile."""
    found = (gap for clause in policy.body.clause for gap in _clause_gaps(policy, clause))
    return list(dict.fromkeys(found))


def _clause_gaps(policy: Policy, clause: Clause) -> Iterator[Gap]:
    ways = policy.ways_of(clause)
    asked = dict.fromkeys(name for way in ways for name in names_in(way.when or "True"))
    yield from _Facts(policy, clause, None).gaps(list(asked), [])
    for way in ways:
        compiler = RuleCompiler(policy, clause, way)
        compiler.compile(0)
        payee = [clause.payee] if clause.payee else []
        yield from _Facts(policy, clause, way).gaps([*compiler.valued, *payee], [text for text, _ in compiler.conditions()])


class _Facts:
    """The facts of a clause's way, or, without a way, those that tell the ways apart: there no refusal is at work yet."""

    def __init__(self, policy: Policy, clause: Clause, way: Way | None):
        self.policy, self.clause, self.way = policy, clause, way
        self.lets = {let.name: let for let in [*policy.body.let, *clause.let]}
        self.bands = {name: bands for bands in clause.bands for name in (bands.name, bands.cap)}
        self.lookups = {lookup.name for lookup in policy.body.lookup if not (lookup.count or lookup.deficit)}  # without a row these are known, too
        self.needed = {*policy.head.needs, *clause.needs, *(way.needs if way else []), policy.claims.with_role("claim_id").name}
        parts = (policy.body, clause, way) if way else ()
        self.refusals: list[Refusal] = [refusal for part in parts for refusal in part.refuse]
        self.cases = [
            case for code in policy.codes.values() if code.kind == "exception" for case in code.case
            if not case.peer and (case.clauses is None or clause.id in case.clauses)
        ]
        self.safe: set[str] = set()

    def gaps(self, values: list[str], conditions: list[str]) -> Iterator[Gap]:
        """What an award is made of, and what its conditions ask: where nothing at all would notice that it is missing."""
        valued = [name for name in values if self._may_lack(name)]
        asked = [(name, text) for text in conditions for name in self._facts_of(text) if self._may_lack(name) and name not in valued]
        while more := [name for name in {*valued, *(name for name, _ in asked)} - self.safe if self._always(name, self._noticed)]:
            self.safe.update(more)
        for name in valued:
            if name not in self.safe and not self._always(name, self._perhaps_noticed):
                yield self._gap(name)
        for name, text in asked:
            if name not in self.safe and not self._always(name, lambda known: self._perhaps_noticed(known) or self._outcomes(text, known) != {None}):
                yield self._gap(name)

    def _gap(self, name: str) -> Gap:
        return Gap(self.clause.id, name, "join" if "." in name else "lookup" if name in self.lookups else "field")

    def _facts_of(self, text: str) -> Iterator[str]:
        """The facts that an expression is made of, through named values and bands."""
        for name in names_in(text):
            if name in self.lets:
                yield from self._facts_of(self.lets[name].value)
            elif name in self.bands:
                yield from self._facts_of(self.bands[name].of)
            else:
                yield name

    def _may_lack(self, name: str) -> bool:
        if name in self.policy.claims.fields:
            return name not in self.needed
        return name in self.lookups or (name.partition(".")[0] in self.policy.joins and "." in name)

    # ------------------------------------------------ one fact taken away

    def _always(self, name: str, holds) -> bool:
        """Whether something holds however the fact comes to be missing, whatever the choices that lead to this way."""
        return all(holds(choices | missing) for choices in self._choices() for missing in self._missing(name))

    def _missing(self, name: str) -> Iterator[dict[str, object]]:
        join, _, cell = name.partition(".")
        if not cell:
            yield {name: State.EMPTY}
            return
        table = self.policy.tables[self.policy.joins[join].table]
        yield {join: False} | {f"{join}.{field}": State.EMPTY for field in table.fields}
        whole = table.unreadable == "refuse" and not table.fields[cell].optional  # such a row is read whole or the run is refused
        if cell not in self.policy.joins[join].on and not whole:
            yield {join: True, name: State.EMPTY}

    def _choices(self) -> Iterator[dict[str, object]]:
        """The choices under which this way is the one."""
        when = self.way.when if self.way and self.way.when else "True"
        fields = self.policy.claims.fields
        asked = [name for name in names_in(when) if name in fields and fields[name].choices]
        for combination in product(*(fields[name].choices for name in asked)):
            choices = dict(zip(asked, combination))
            if True in self._outcomes(when, choices):
                yield choices

    def _noticed(self, known: Mapping[str, object]) -> bool:
        return any(self._applies(case, known) == {True} for case in self.cases) or any(self._refuses(refusal, known) == {True} for refusal in self.refusals)

    def _perhaps_noticed(self, known: Mapping[str, object]) -> bool:
        """Whether a case or refusal that asks for what is missing may apply."""
        missing = {name for name, state in known.items() if state is State.EMPTY or state is False}
        cases = [case for case in self.cases if missing & {*self._facts_of(case.when), *case.each_empty}]
        refusals = [refusal for refusal in self.refusals if missing & {*self._facts_of(refusal.when or refusal.unless)}]
        return any(True in self._applies(case, known) for case in cases) or any(True in self._refuses(refusal, known) for refusal in refusals)

    def _applies(self, case: Case, known: Mapping[str, object]) -> Outcomes:
        outcomes = self._outcomes(case.when, known)
        if not case.each_empty:
            return outcomes
        states = [self._state(name, known) for name in case.each_empty]
        empty = frozenset((True,)) if State.EMPTY in states else TOLD if State.OPEN in states else frozenset((False,))
        return _both(outcomes, empty)

    def _refuses(self, refusal: Refusal, known: Mapping[str, object]) -> Outcomes:
        if refusal.when:
            return self._outcomes(refusal.when, known)
        return frozenset(outcome is not True for outcome in self._outcomes(refusal.unless, known))

    # ------------------------------------------------ conditions with what is known

    def _outcomes(self, text: str, known: Mapping[str, object]) -> Outcomes:
        return self._condition(ast.parse(text, mode="eval").body, known)

    def _condition(self, node: ast.AST, known: Mapping[str, object]) -> Outcomes:
        match node:
            case ast.Constant(value=bool(value)):
                return frozenset((value,))
            case ast.BoolOp(op=ast.And()):
                return _joined([self._condition(value, known) for value in node.values], _both)
            case ast.BoolOp():
                return _negated(_joined([_negated(self._condition(value, known)) for value in node.values], _both))
            case ast.UnaryOp(op=ast.Not()):
                return _negated(self._condition(node.operand, known))
            case ast.Compare():
                return self._compared(node, known)
            case ast.Call(func=ast.Name(id="found")):
                found = known.get(ast.unparse(node.args[0]))
                return TOLD if found is None else frozenset((found,))
            case ast.Call(func=ast.Name(id="filled" | "empty" as function)):
                state = self._value(node.args[0], known)
                outcomes = TOLD if state is State.OPEN else frozenset((state is not State.EMPTY,))
                return outcomes if function == "filled" else _negated(outcomes)
        states = {self._state(name, known) for name in names_in(ast.unparse(node))}
        return frozenset((None,)) if State.EMPTY in states else ANY if State.OPEN in states else TOLD

    def _compared(self, node: ast.Compare, known: Mapping[str, object]) -> Outcomes:
        left = self._value(node.left, known)
        right_node = node.comparators[0]
        members = self.policy.body.set.get(right_node.id) if isinstance(right_node, ast.Name) else None
        right = State.KNOWN if members is not None else self._value(right_node, known)
        if State.EMPTY in (left, right):
            return frozenset((None,))
        if State.OPEN in (left, right):
            return ANY
        if State.KNOWN in (left,) or (members is None and right is State.KNOWN):
            return TOLD
        same = left in members if members is not None else left == right
        return frozenset((same == isinstance(node.ops[0], (ast.Eq, ast.In)),))

    def _value(self, node: ast.AST, known: Mapping[str, object]) -> object:
        """A choice, or what is known of a value that is made of several."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self._state(ast.unparse(node), known)
        return self._made_of(ast.unparse(node), known)

    def _made_of(self, text: str, known: Mapping[str, object]) -> State:
        spared = branch_names(text)
        states = {name: self._state(name, known) for name in names_in(text)}
        if any(state is State.EMPTY and name not in spared for name, state in states.items()):
            return State.EMPTY
        return State.OPEN if {State.OPEN, State.EMPTY} & {*states.values()} else State.KNOWN

    def _state(self, name: str, known: Mapping[str, object]) -> object:
        if name in known:
            return known[name]
        if name in self.lets:
            return self._made_of(self.lets[name].value, known)
        if name in self.bands:
            return self._made_of(self.bands[name].of, known)
        return State.OPEN if self._may_lack(name) and name not in self.safe and not asked_pool(name) else State.KNOWN


def _both(left: Outcomes, right: Outcomes) -> Outcomes:
    """What `and` may come to."""
    return frozenset(False if False in (one, other) else None if None in (one, other) else True for one in left for other in right)


def _joined(parts: list[Outcomes], join) -> Outcomes:
    first, *rest = parts
    for part in rest:
        first = join(first, part)
    return first


def _negated(outcomes: Outcomes) -> Outcomes:
    return frozenset(None if outcome is None else not outcome for outcome in outcomes)
