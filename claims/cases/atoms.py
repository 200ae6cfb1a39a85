"""The atoms of a rule: every comparison that it makes, every choice between two numbers or days, every band and every day of a status, as SQL over
its claims. Where an atom turns, there is a bound of the policy."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from claims.policy.compiler import RuleCompiler, bands_at_work
from claims.policy.expression import ExpressionError, compile_condition, compile_expression, names_in
from claims.policy.model import Bands, Policy, Way
from claims.trace import band_text, status_text

PIECES = (1, 2)
"""How many of the pieces that `whole` counts are looked at."""


@dataclass(frozen=True)
class Atom:
    """One comparison: its text for people, its SQL over the rule's table, and the article that it stands in. `special` marks what is no bound by
    itself but moves one: a day that is put off to a working day, or a month that is too short. `names` are the values that it rests on."""

    text: str
    sql: str
    article: str
    special: bool
    names: frozenset[str]


def atoms_of(policy: Policy, rule: str) -> list[Atom]:
    """The atoms of a rule in the order of the policy."""
    clause, way = policy.parts_of_rule(rule)
    compiler = RuleCompiler(policy, clause, way)
    compiler.compile(0)
    found = {}
    for atom in AtomFinder(compiler, way).atoms():
        found.setdefault(atom.text, atom)
    return list(found.values())


@dataclass
class AtomFinder:
    """Takes a compiled rule apart."""

    compiler: RuleCompiler
    way: Way

    @property
    def policy(self) -> Policy:
        return self.compiler.policy

    def atoms(self) -> Iterator[Atom]:
        for text, article in self._expressions():
            yield from self._of_expression(ast.parse(text, mode="eval").body, article)
        for bands in bands_at_work(self.policy, self.compiler.clause, self.way):
            yield from self._of_bands(bands)
        yield from self._of_status()

    # ------------------------------------------------ where comparisons stand

    def _expressions(self) -> Iterator[tuple[str, str]]:
        """Each expression of the rule with its article."""
        clause = self.compiler.clause
        for refusal in [*self.policy.body.refuse, *clause.refuse, *self.way.refuse]:
            yield refusal.when or refusal.unless, self._article(refusal.code)
        for name in self.compiler.scope.layers:
            let = self.compiler.scope.let(name)
            if let:
                yield let.value, let.article or clause.article
        for bands in bands_at_work(self.policy, clause, self.way):
            yield bands.of, clause.article
        yield self.way.amount.value, clause.article
        for reduction in self.way.reduce:
            yield reduction.when, self._article(reduction.code)
        for ceiling in (self.policy.ceilings[name] for name in clause.ceilings):
            yield ceiling.value, self._article(ceiling.code)
        for obligation in clause.obligation:
            yield obligation.until, obligation.article

    def _article(self, code: str) -> str:
        return self.policy.codes[code].article or self.compiler.clause.article

    # ------------------------------------------------ what they are made of

    def _of_expression(self, tree: ast.AST, article: str) -> Iterator[Atom]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare):
                yield from self._condition(ast.unparse(node), article)
            elif isinstance(node, ast.IfExp) and isinstance(node.orelse, ast.IfExp):
                yield from self._condition(_last_branch(node), article)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield from self._of_call(node, node.func.id, article)

    def _of_call(self, node: ast.Call, function: str, article: str) -> Iterator[Atom]:
        text, arguments = ast.unparse(node), [ast.unparse(argument) for argument in node.args]
        if function in ("min", "max"):
            for left, right in combinations(arguments, 2):
                yield from self._condition(f"{left} <= {right}", article)
        elif function == "days":
            yield from self._condition(f"{arguments[0]} <= {arguments[1]}", article)
        elif function == "whole":
            for pieces in PIECES:
                yield from self._measured(text, lambda sql, pieces=pieces: f"{sql} >= {pieces}", f"{text} >= {pieces}", article)
        elif function == "working_day":
            yield from self._condition(f"{text} > {arguments[0]}", article, special=True)
        elif function == "months_after":
            day = self._sql(arguments[0])
            yield from self._measured(text, lambda sql: f"day({sql}) <> day({day})", f"{text} in a short month", article, special=True)

    def _condition(self, text: str, article: str, special: bool = False) -> Iterator[Atom]:
        try:
            sql = compile_condition(text, self.compiler.scope)
        except ExpressionError:  # two numbers of which one is a quotient: they are not compared in SQL either
            return
        yield Atom(text, sql, article, special, self._names(text))

    def _measured(self, text: str, test, shown: str, article: str, special: bool = False) -> Iterator[Atom]:
        yield Atom(shown, test(self._sql(text)), article, special, self._names(text))

    def _sql(self, text: str) -> str:
        return compile_expression(text, self.compiler.scope).sql

    def _names(self, text: str) -> frozenset[str]:
        """The names that an expression rests on, through all named values."""
        open_names, found = names_in(text), set()
        while open_names:
            name = open_names.pop()
            if name not in found:
                found.add(name)
                let, bands = self.compiler.scope.let(name), self.compiler.scope.bands(name)
                open_names += names_in(let.value) if let else names_in(bands.of) if bands else []
        return frozenset(found)

    def _of_bands(self, bands: Bands) -> Iterator[Atom]:
        """Whether each band is reached, and so the next one of a marginal sum."""
        column = self.compiler.scope.layers[bands.band_name][0].column
        for number, step in enumerate(bands.step, 1):
            if step.lower is not None:
                title = f"{bands.title}：{band_text(bands, number - 1, '')}"
                yield Atom(title, f"{column} >= {number}", self.compiler.clause.article, False, self._names(bands.of))

    def _of_status(self) -> Iterator[Atom]:
        """Whether each day on which the clause's status changes is reached."""
        if not self.compiler.out_of_force():
            return
        name = self.policy.head.status_on
        day = self._sql(name)
        for status in self.policy.status_of(self.compiler.clause):
            yield Atom(status_text(status), f"{day} >= date '{status.from_}'", self.compiler.clause.article, False, frozenset([name]))


def _last_branch(choice: ast.IfExp) -> str:
    """When the last of several branches is taken: no comparison of its own tells."""
    tests, node = [], choice
    while isinstance(node, ast.IfExp):
        tests.append(f"not ({ast.unparse(node.test)})")
        node = node.orelse
    return " and ".join(tests)
