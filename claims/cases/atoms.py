"""The atoms of a policy: every comparison that it makes, every choice between two numbers or days, every band and every day of a status, as SQL over
its claims. Where an atom turns, there is a bound of the policy."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from claims.cases.world import rows_of
from claims.policy.compiler import AwardScope, CompiledPolicy, NameScope, RowScope, RuleCompiler, bands_at_work
from claims.policy.expression import ExpressionError, compile_condition, compile_expression, names_in
from claims.policy.model import Bands, Case, Clause, Code, Policy, Refusal, Way
from claims.trace import band_text, status_text

PIECES = (1, 2)
"""How many of the pieces that `whole` counts are looked at."""


@dataclass(frozen=True)
class Atom:
    """One comparison: its text for people, its SQL over the rule's table, and the article that it stands in. `special` marks what is no bound by
    itself but moves one: a day that is put off to a working day, or a month that is too short. `jumps` tells that what a claim gets, or what follows
    from it, may be another where it turns; of two values that are alike there it does not matter which is taken. `names` are the values that it rests on."""

    text: str
    sql: str
    article: str
    special: bool
    jumps: bool
    names: frozenset[str]


@dataclass(frozen=True)
class Asked:
    """One comparison that is made of a claim before any rule is at work: its text, its SQL over `fact`, its article, the names in it, and where it
    stands. kind: `case` in situations of a code, `way` in what tells the ways of a clause apart; `place` is the code or the clause, `numbers` are
    the situations, `clauses` those concerned (None for all). `side` tells that it chooses between two values: how it turns out is not asked, but
    that the situation turns where it turns out so."""

    kind: str
    place: str
    text: str
    sql: str
    article: str
    names: frozenset[str]
    clauses: tuple[str, ...] | None
    numbers: frozenset[int] = frozenset()
    side: bool | None = None


@dataclass(frozen=True)
class RowAtom:
    """One comparison in the condition of a lookup: its text, its SQL over `reference`, a row of the table, and `claim`, and the facts of rows in it."""

    lookup: str
    text: str
    sql: str
    article: str
    names: frozenset[str]


@dataclass(frozen=True)
class Goal:
    """What a claim must fulfil so that a refusal of its rule leaves it alone: its code, its text, and its SQL over the rule's table."""

    code: str
    text: str
    sql: str


@dataclass(frozen=True)
class Watched:
    """What is looked at in each trial: the atoms and goals of each rule, the comparisons before any rule, and those of lookups."""

    atoms: dict[str, list[Atom]]
    goals: dict[str, list[Goal]]
    asked: list[Asked]
    rows: list[RowAtom]


def watched(policy: Policy, compiled: CompiledPolicy) -> Watched:
    """Everything that is to be looked at under a policy."""
    rules = [rule.id for rule in compiled.rules]
    return Watched({rule: atoms_of(policy, rule) for rule in rules}, {rule: goals_of(policy, rule) for rule in rules},
                   [*_asked_by_codes(policy, compiled), *_asked_by_ways(policy)], [*_row_atoms(policy)])


# ---------------------------------------------------------------- of rules


def atoms_of(policy: Policy, rule: str) -> list[Atom]:
    """The atoms of a rule in the order of the policy."""
    clause, way = policy.parts_of_rule(rule)
    compiler = RuleCompiler(policy, clause, way)
    compiler.compile(0)
    found = {}
    for atom in AtomFinder(compiler, way).atoms():
        found.setdefault(atom.text, atom)
    return list(found.values())


def texts_of_award(policy: Policy, clause: Clause) -> list[str]:
    """The expressions that say what becomes of an award: who bears it, when it is paid, and what is owed in return."""
    shares = [share.share for share in policy.fundings[clause.funding].share if share.share]
    instalments = [text for instalment in clause.instalment for text in (instalment.share, instalment.due) if text]
    return [*shares, *instalments, *(text for one in clause.obligation for text in (one.until, one.repay))]


def goals_of(policy: Policy, rule: str) -> list[Goal]:
    """What a claim must fulfil so that no refusal of the rule takes it."""
    clause, way = policy.parts_of_rule(rule)
    compiler = RuleCompiler(policy, clause, way)
    compiler.compile(0)
    refusals = [*policy.body.refuse, *clause.refuse, *way.refuse]
    return [Goal(refusal.code, text, f"({compile_condition(text, compiler.scope)}) is true") for refusal in refusals for text in _goals(refusal)]


def _goals(refusal: Refusal) -> Iterator[str]:
    """The parts of a refusal, each as what must hold: those that `unless` joins by `and`, the contrary of those that `when` joins by `or`."""
    tree = ast.parse(refusal.when or refusal.unless, mode="eval").body
    joint = ast.Or if refusal.when else ast.And
    parts = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, joint) else [tree]
    yield from (f"not ({ast.unparse(part)})" if refusal.when else ast.unparse(part) for part in parts)


# ---------------------------------------------------------------- of codes, ways, and lookups


def _asked_by_codes(policy: Policy, compiled: CompiledPolicy) -> Iterator[Asked]:
    """The comparisons of each situation that makes more than one."""
    number = 1
    for code in policy.exceptions_by_number:
        if code.detect:
            number += len(compiled.cases_of(code))
        for case in code.case:
            numbers = frozenset(range(number, number + (len(case.each_empty) or 1)))
            yield from _of_situation(policy, code, case, numbers)
            number += len(numbers)


def _of_situation(policy: Policy, code: Code, case: Case, numbers: frozenset[int]) -> Iterator[Asked]:
    clause = policy.clauses[case.clauses[0]] if case.clauses and len(case.clauses) == 1 else None
    scope = NameScope(policy, clause, "fact.", "other." if case.peer else None)
    clauses = case.clauses and tuple(case.clauses)
    whole = [case.peer.when if case.peer else case.when] if not case.each_empty else []
    for text in [case.when, *([case.peer.when] if case.peer else [])]:
        for comparison, chooses in comparisons(text, scope):
            if comparison not in whole:
                sql = compile_condition(comparison, scope)
                names = _names_through(scope, comparison)
                for side in (True, False) if chooses else (None,):
                    yield Asked("case", code.id, comparison, _of_other(policy, sql) if any(name.startswith("other.") for name in names) else sql,
                                code.article or (clause.article if clause else ""), names, clauses, numbers, side)


def _of_other(policy: Policy, sql: str) -> str:
    """A comparison with the claim that stands before a trial; what keeps the trials apart is the first field of their key."""
    [world, *_] = policy.claims.key
    return f"(select bool_or({sql}) from peer as other where other.{world} = fact.{world} and other.claim_id <> fact.claim_id)"


def _asked_by_ways(policy: Policy) -> Iterator[Asked]:
    for clause in policy.body.clause:
        scope, seen = NameScope(policy, clause, "fact."), set()
        for way in policy.ways_of(clause):
            for text, _ in comparisons(way.when or "True", scope):
                if text not in seen:
                    seen.add(text)
                    yield Asked("way", clause.id, text, compile_condition(text, scope), clause.article, _names_through(scope, text), (clause.id,))


def _row_atoms(policy: Policy) -> Iterator[RowAtom]:
    for lookup in policy.body.lookup:
        scope = RowScope(policy, policy.tables[lookup.table])
        for node in ast.walk(ast.parse(lookup.when, mode="eval")):
            if isinstance(node, ast.Compare):
                text, rows = ast.unparse(node), rows_of(policy, lookup)
                names = frozenset(f"{rows}.{name}" for name in names_in(text) if name in scope.table.fields)
                yield RowAtom(lookup.name, text, compile_condition(text, scope), lookup.article, names)


def _names_through(scope: NameScope, text: str) -> frozenset[str]:
    """The names that an expression rests on, through named values and bands; of a lookup that of the rows that it looks over, too."""
    open_names, found = names_in(text), set()
    while open_names:
        name = open_names.pop()
        if name not in found:
            let, bands, lookup = scope.let(name), scope.bands(name), scope.policy.lookups.get(name)
            found |= {name, rows_of(scope.policy, lookup)} if lookup else {name}
            open_names += names_in(let.value if let else bands.of) if let or bands else []
    return frozenset(found)


def comparisons(text: str, scope: NameScope) -> Iterator[tuple[str, bool]]:
    """Each comparison of an expression, through named values, with whether it only chooses between two values."""
    open_texts, seen = [text], set()
    while open_texts:
        text = open_texts.pop(0)
        for node in ast.walk(ast.parse(text, mode="eval")):
            if isinstance(node, ast.Compare) and ast.unparse(node) not in seen:
                yield ast.unparse(node), False
            elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("min", "max"):
                pairs = combinations([ast.unparse(argument) for argument in node.args], 2)
                yield from ((pair, True) for pair in (f"{left} <= {right}" for left, right in pairs) if pair not in seen)
            seen.add(ast.unparse(node))
        lets = [scope.let(name) for name in names_in(text)]
        open_texts += [let.value for let in lets if let and let.value not in seen]
        seen |= {let.value for let in lets if let}


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
        for text in texts_of_award(self.policy, clause):
            yield text, clause.article

    def _article(self, code: str) -> str:
        return self.policy.codes[code].article or self.compiler.clause.article

    # ------------------------------------------------ what they are made of

    def _of_expression(self, tree: ast.AST, article: str) -> Iterator[Atom]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare):
                yield from self._condition(ast.unparse(node), article, jumps=True)
            elif isinstance(node, ast.IfExp):
                for question in _questions(node.test):
                    yield from self._condition(ast.unparse(question), article, jumps=True)
                if isinstance(node.orelse, ast.IfExp):
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
            yield from self._measured(text, lambda sql: f"day({sql}) <> day({day})", f"{text}，该月没有这一天", article, special=True)

    def _condition(self, text: str, article: str, special: bool = False, jumps: bool = False) -> Iterator[Atom]:
        try:
            sql = compile_condition(text, self._scope(text))
        except ExpressionError:  # two numbers of which one is a quotient: they are not compared in SQL either
            return
        yield Atom(text, sql, article, special, jumps, _names_through(self.compiler.scope, text))

    def _measured(self, text: str, test, shown: str, article: str, special: bool = False) -> Iterator[Atom]:
        yield Atom(shown, test(self._sql(text)), article, special, False, _names_through(self.compiler.scope, text))

    def _sql(self, text: str) -> str:
        return compile_expression(text, self._scope(text)).sql

    def _scope(self, text: str) -> NameScope:
        """The scope of the rule; what asks for the award has that of what follows from it."""
        return AwardScope(self.policy, self.compiler.clause) if "award" in names_in(text) else self.compiler.scope

    def _of_bands(self, bands: Bands) -> Iterator[Atom]:
        """Whether each band is reached, and so the next one of a marginal sum."""
        column = self.compiler.scope.layers[bands.band_name][0].column
        for number, step in enumerate(bands.step, 1):
            if step.lower is not None:
                title = f"{bands.title}：{band_text(bands, number - 1, '')}"
                yield Atom(title, f"{column} >= {number}", self.compiler.clause.article, False, not bands.marginal, _names_through(self.compiler.scope, bands.of))

    def _of_status(self) -> Iterator[Atom]:
        """Whether each day on which the clause's status changes is reached."""
        if not self.compiler.out_of_force():
            return
        name = self.policy.head.status_on
        day = self._sql(name)
        for status in self.policy.status_of(self.compiler.clause):
            yield Atom(status_text(status), f"{day} >= date '{status.from_}'", self.compiler.clause.article, False, True, frozenset([name]))


def _questions(test: ast.AST) -> Iterator[ast.AST]:
    """What a condition asks besides its comparisons, such as whether a row is found."""
    if isinstance(test, ast.BoolOp):
        for value in test.values:
            yield from _questions(value)
    elif isinstance(test, ast.UnaryOp):
        yield from _questions(test.operand)
    elif not isinstance(test, (ast.Compare, ast.Constant)):
        yield test


def _last_branch(choice: ast.IfExp) -> str:
    """When the last of several branches is taken: no comparison of its own tells."""
    tests, node = [], choice
    while isinstance(node, ast.IfExp):
        tests.append(f"not ({ast.unparse(node.test)})")
        node = node.orelse
    return " and ".join(tests)
