"""Marks: what a bound may turn under a policy, which of them are wanted of each rule, and which of them two claims turn that lie side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from claims.cases.atoms import Asked, Atom, RowAtom
from claims.cases.bench import Bench, Result
from claims.cases.places import ordinal
from claims.cases.search import Ground
from claims.cases.variables import Variable
from claims.cases.world import CARRIED_AMOUNT, CARRIED_YEARS, GIVEN
from claims.policy.expression import names_in
from claims.policy.model import Case, Policy

SHARED = ("case", "asked", "way", "range")
"""Kinds of marks that one rule shows for all that they concern."""


@dataclass(frozen=True)
class Mark:
    """Something that a bound may turn. kind: atom, effect (that what a claim gets, or what follows from it, is another where an atom turns), special,
    limit, way, carried, case, asked, row, range, result; `name` tells which of its kind, within `place`: a rule, or the clauses that a code's situation concerns. Of a comparison before
    any rule, and of one in a lookup, it is the number."""

    kind: str
    place: str
    name: str


@dataclass(frozen=True)
class Situation:
    """A situation of a code as far as bounds go: its code, the clauses concerned (None for all), what it says, and the sort: `bound` where it
    compares, `peer` where it compares with another claim, `other` for the rest."""

    code: str
    clauses: tuple[str, ...] | None
    text: str
    sort: str


def situations_of(policy: Policy, bench: Bench) -> dict[int, Situation]:
    """What each numbered situation of a code is."""
    found: list[Situation] = []
    for code in policy.exceptions_by_number:
        if code.detect:
            found += [Situation(code.id, None, case.cells[0].name if case.cells else "", "other") for case in bench.compiled.cases_of(code)]
            continue
        for case in code.case:
            text = case.peer.when if case.peer else case.when
            compares = any(sign in text for sign in ("<", ">", "=", " in ")) or any(_is_figure(policy, case, name) for name in names_in(text))
            sort = ("peer" if case.peer else "bound") if compares and not case.each_empty and not (case.peer and text == "True") else "other"
            found += [Situation(code.id, case.clauses and tuple(case.clauses), text, sort)] * (len(case.each_empty) or 1)
    return dict(enumerate(found, 1))


def _is_figure(policy: Policy, case: Case, name: str) -> bool:
    return name in policy.body.figure or any(name in policy.clauses[clause].figure for clause in case.clauses or [])


@dataclass(frozen=True)
class Marks:
    """The marks of a policy, as a bench sees them."""

    bench: Bench
    policy: Policy

    @cached_property
    def situations(self) -> dict[int, Situation]:
        return situations_of(self.policy, self.bench)

    def atoms(self, rule: str) -> Sequence[Atom]:
        return self.bench.watched.atoms[rule]

    def asked(self, mark: Mark) -> Asked:
        return self.bench.watched.asked[int(mark.name)]

    def row(self, mark: Mark) -> RowAtom:
        return self.bench.watched.rows[int(mark.name)]

    def article(self, mark: Mark, clause: str) -> Iterator[str]:
        """The articles that a mark comes from; `clause` is where its rule stands."""
        own = self.policy.clauses[clause].article
        if mark.kind in ("atom", "effect", "special"):
            yield from (atom.article for atom in self.atoms(mark.place) if atom.text == mark.name)
        elif mark.kind == "limit" and mark.name in self.policy.ceilings:
            yield self.policy.codes[self.policy.ceilings[mark.name].code].article or own
        elif mark.kind == "case":
            yield self.policy.codes[self.situations[int(mark.name)].code].article or own
        elif mark.kind == "asked":
            yield self.asked(mark).article or own
        else:
            yield self.row(mark).article if mark.kind == "row" else own

    # ------------------------------------------------ what is wanted

    def wanted(self, ground: Ground) -> list[Mark]:
        """The marks that should be turned for a rule."""
        rule = next(rule for rule in self.bench.compiled.rules if rule.id == ground.rule)
        found = [Mark("special" if atom.special else "atom", ground.rule, atom.text) for atom in self.atoms(ground.rule)]
        found += [Mark("effect", ground.rule, atom.text) for atom in self.atoms(ground.rule) if atom.jumps]
        found += [Mark("limit", ground.rule, limit.name) for limit in rule.limits if limit.kind not in ("own", "counted") and self._reachable(ground, limit.pool)]
        found += [Mark("carried", ground.rule, name) for name in (CARRIED_AMOUNT, CARRIED_YEARS) if any(limit.carry_years for limit in rule.limits)]
        found += [Mark("way", ground.clause, "")] if self._ways_by_measure(ground) else []
        for number, situation in self.situations.items():
            if situation.sort in ("bound", "peer") and ground.clause in (situation.clauses or [ground.clause]):
                found.append(self.of_case(number))
        return [*found, *self._asked_wanted(ground), *self._rows_wanted(ground), *self._ranges_wanted(ground)]

    def _ways_by_measure(self, ground: Ground) -> bool:
        """Whether a number or a day tells the ways of a clause apart; where choices do, each way has its own plain claim."""
        return any(_ordered(ground) & set(names_in(way.when or "True")) for way in self.policy.ways_of(self.policy.clauses[ground.clause]))

    def _reachable(self, ground: Ground, pool: str) -> bool:
        """A pool of single claims is never drawn on by two; its ceiling may bind all the same."""
        return any(variable.name == GIVEN + pool for variable in ground.variables) or pool in {
            ceiling.pool for ceiling in self.policy.body.ceiling}

    def _asked_wanted(self, ground: Ground) -> Iterator[Mark]:
        """What is asked of claims under the rule's clause; of ways what compares numbers and days that vary."""
        for number, asked in enumerate(self.bench.watched.asked):
            if ground.clause in (asked.clauses or [ground.clause]) and (asked.kind == "case" or asked.names & _ordered(ground)):
                yield self.of_asked(number)

    def _rows_wanted(self, ground: Ground) -> Iterator[Mark]:
        codes = [code for code in self.policy.exceptions_by_number for case in code.case if ground.clause in (case.clauses or [ground.clause])]
        asked = {name for code in codes for case in code.case for name in names_in(case.when)}
        for number, atom in enumerate(self.bench.watched.rows):
            place = self._place_of_lookup(atom.lookup, ground.rule)
            if place or atom.lookup in asked:
                yield Mark("row", place, str(number))

    def _ranges_wanted(self, ground: Ground) -> Iterator[Mark]:
        """The ends of ranges of the facts that the rule, or what a code asks under it, needs."""
        for variable in ground.needed:
            yield from (Mark("range", "", text) for text, _ in variable.ends())

    def _place_of_lookup(self, lookup: str, rule: str) -> str:
        """A lookup that a rule uses is shown for the rule; one that only codes ask, once."""
        return rule if lookup in self._lookups_used[rule] else ""

    @cached_property
    def _lookups_used(self) -> dict[str, set[str]]:
        return {rule.id: {fact.name for fact in rule.facts} for rule in self.bench.compiled.rules}

    def of_case(self, number: int) -> Mark:
        return Mark("case", ",".join(self.situations[number].clauses or ()), str(number))

    def of_asked(self, number: int) -> Mark:
        return Mark("asked", ",".join(self.bench.watched.asked[number].clauses or ()), str(number))

    def shared(self, mark: Mark) -> bool:
        """Whether one rule shows a mark for all that it concerns."""
        return mark.kind in SHARED or mark.kind == "row" and not mark.place

    # ------------------------------------------------ what two claims turn

    def turned(self, ground: Ground, one: Result, other: Result) -> frozenset[Mark]:
        """The marks in which two results differ, as far as both show them; between claims that are held, or unknown, nothing turns."""
        if "unknown" in (one.outcome, other.outcome) or one.rule is None and other.rule is None:
            return frozenset()
        marks = set(self._turned_before_rules(one, other))
        if one.rule is None or other.rule is None:
            marks |= {self.of_case(number) for number in set(one.cases) ^ set(other.cases)}
        elif one.rule != other.rule:
            marks.add(Mark("way", ground.clause, ""))
        else:
            marks |= self._turned_in_rule(one, other)
        marks |= set(self._turned_rows(ground, one, other))
        if not marks and (one.outcome, one.codes) != (other.outcome, other.codes):
            marks.add(Mark("result", one.rule, ""))
        return frozenset(marks)

    def _turned_in_rule(self, one: Result, other: Result) -> set[Mark]:
        marks = {Mark("atom", one.rule, atom.text) for atom, before, after in zip(self.atoms(one.rule), one.atoms, other.atoms)
                 if bool(before) != bool(after) and not atom.special}  # what cannot be told yet, as below a first band, does not hold yet
        if (one.award_fen, one.codes, one.follows) != (other.award_fen, other.codes, other.follows):
            marks |= {Mark("effect", mark.place, mark.name) for mark in marks if self._jumps(mark)}
        marks |= {Mark("limit", one.rule, name) for name in set(one.limits) ^ set(other.limits)}
        return marks | {Mark("carried", one.rule, name) for name in (CARRIED_AMOUNT, CARRIED_YEARS, "") if one.carried != other.carried}

    def _jumps(self, mark: Mark) -> bool:
        return any(atom.jumps for atom in self.atoms(mark.place) if atom.text == mark.name)

    def _turned_before_rules(self, one: Result, other: Result) -> Iterator[Mark]:
        """A comparison in a situation of a code turns where the situation does, one that tells ways apart where the way does."""
        cases, ways = set(one.cases) ^ set(other.cases), None not in (one.rule, other.rule) and one.rule != other.rule
        for number, (asked, before, after) in enumerate(zip(self.bench.watched.asked, one.asked, other.asked)):
            if ways if asked.kind == "way" else asked.numbers & cases:
                if bool(before) != bool(after) if asked.side is None else before is after is asked.side:
                    yield self.of_asked(number)

    def _turned_rows(self, ground: Ground, one: Result, other: Result) -> Iterator[Mark]:
        """A comparison in a lookup turns where it holds for more or fewer rows and the lookup gives something else."""
        changed = {lookup.name for lookup, before, after in zip(self.policy.body.lookup, one.found, other.found) if before != after}
        for number, (atom, before, after) in enumerate(zip(self.bench.watched.rows, one.rows, other.rows)):
            if before != after and atom.lookup in changed:
                yield Mark("row", self._place_of_lookup(atom.lookup, one.rule or other.rule or ground.rule), str(number))

    def decides(self, ground: Ground, mark: Mark, result: Result) -> bool:
        """Whether that in which a comparison stands, a situation, the condition of a way, or a lookup, comes out otherwise than for the plain claim."""
        if mark.kind == "row":
            place = [lookup.name for lookup in self.policy.body.lookup].index(self.row(mark).lookup)
            return result.rule == ground.rule and result.found[place] != ground.result.found[place]
        asked = self.asked(mark)
        if asked.kind == "way":
            return result.rule not in (None, ground.rule)
        return bool(asked.numbers & (set(result.cases) ^ set(ground.result.cases))) and (asked.side is None or result.asked[int(mark.name)] is asked.side)

    @staticmethod
    def told_by(variable: Variable, sides: tuple[str, str], turned: frozenset[Mark]) -> frozenset[Mark]:
        """The marks that moving a fact shows: how much is carried and from when are bounds of their own, and so are the ends of the fact's range."""
        marks = frozenset(mark for mark in turned if mark.kind != "carried" or mark.name in (variable.name, ""))
        if variable.name == CARRIED_YEARS and "0" in sides:  # from none at all on: the bound is where it is too many
            marks -= {mark for mark in marks if mark.name == CARRIED_YEARS}
        if not marks or "" in sides:
            return marks
        return marks | {Mark("range", "", text) for text, place in variable.ends()
                        if len({ordinal(variable.type, side) >= place for side in sides}) > 1}

    def rested(self, one: Result, other: Result, turned: frozenset[Mark]) -> set[Mark]:
        """The days put off, and the short months, on which a bound rests that two claims of a rule turn."""
        if one.rule is None or one.rule != other.rule:
            return set()
        atoms = self.atoms(one.rule)
        names = {name for atom in atoms if Mark("atom", one.rule, atom.text) in turned for name in atom.names}
        return {Mark("special", one.rule, atom.text) for atom, before, after in zip(atoms, one.atoms, other.atoms)
                if atom.special and before and after and atom.names & names}

    # ------------------------------------------------ what is missing

    def missing(self, grounds: Sequence[Ground], shown: set[tuple[str, Mark]]) -> list[tuple[Ground, Mark]]:
        """What is wanted and not shown: a rule's own marks for each rule, the others once for all rules that they concern."""
        anywhere, named, missing = {mark for _, mark in shown}, set(), []
        for ground in grounds:
            for mark in self.wanted(ground):
                atom_missing = mark.kind == "effect" and Mark("atom", mark.place, mark.name) in named
                if (ground.rule, mark) not in shown and not atom_missing and not (self.shared(mark) and mark in anywhere | named):
                    missing.append((ground, mark))
                    named.add(mark)
        return missing


def _ordered(ground: Ground) -> set[str]:
    return {variable.name for variable in ground.variables if variable.ordered}
