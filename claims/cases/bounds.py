"""The bounds of a policy, found by moving one fact of a claim at a time: where the claim begins to fare otherwise, to the fen, the unit, the day.

What a fact may turn is told by marks: an atom of the rule, a limit that binds, the way that fits, a situation of a code. A mark that the plain claim
does not turn is looked for around claims that the search has met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from claims.cases.atoms import Atom
from claims.cases.bench import Bench, Result
from claims.cases.search import Ground, Witness, cost, reduce
from claims.cases.variables import Variable, ordinal, text_of
from claims.cases.world import GIVEN, OTHER, Trial
from claims.policy.expression import names_in
from claims.policy.model import Policy

PIECES_AT_MOST, TRIALS_A_ROUND = 64, 12_000
WITNESSES = 4
"""In how many years a mark is looked for that the plain claim does not turn."""


@dataclass(frozen=True)
class Mark:
    """Something that a bound may turn. kind: atom, limit, way, carried, case, result; `name` tells which of its kind, within `place`: a rule, or the
    clauses that a code's situation concerns."""

    kind: str
    place: str
    name: str


@dataclass(frozen=True)
class Turn:
    """Where a claim begins to fare otherwise: the fact, the first value that does, and the marks turned. `trial` holds the other facts; `paid`
    tells that the claim gets an award on one side at least."""

    ground: Ground
    trial: Trial
    variable: Variable
    value: str
    marks: frozenset[Mark]
    paid: bool


@dataclass(frozen=True)
class Unturned:
    """A mark that no fact turned. `held` tells that it turns only in claims which are held for something else."""

    rule: str
    mark: Mark
    held: bool


@dataclass(frozen=True)
class Situation:
    """A situation of a code as far as bounds go: its code, the clauses concerned (None for all), what it says, and the sort: `bound` where it
    compares, `peer` where it compares with another claim, `range` where a cell is out of range, `other` for the rest."""

    code: str
    clauses: tuple[str, ...] | None
    text: str
    sort: str


def situations_of(policy: Policy, bench: Bench) -> dict[int, Situation]:
    """What each numbered situation of a code is."""
    found: list[Situation] = []
    for code in policy.codes.values():
        if code.kind != "exception":
            continue
        if code.detect:
            fields = [case.cells[0].name if case.cells else "" for case in bench.compiled.cases_of(code)]
            found += [Situation(code.id, None, field, "range" if code.detect == "unreadable" else "other") for field in fields]
            continue
        for case in code.case:
            text = case.peer.when if case.peer else case.when
            compares = any(sign in text for sign in ("<", ">", "=", " in "))
            sort = ("peer" if case.peer else "bound") if compares and not case.each_empty and not (case.peer and text == "True") else "other"
            found += [Situation(code.id, case.clauses and tuple(case.clauses), text, sort)] * (len(case.each_empty) or 1)
    return dict(enumerate(found, 1))


class BoundFinder:
    """Finds the bounds of all grounds together, in few rounds."""

    def __init__(self, bench: Bench, policy: Policy, grounds: Sequence[Ground]):
        self.bench, self.policy = bench, policy
        self.grounds = [ground for ground in grounds if ground.plain]
        self.situations = situations_of(policy, bench)

    # ------------------------------------------------ marks

    def atoms(self, rule: str) -> Sequence[Atom]:
        return self.bench.atoms[rule]

    def wanted(self, ground: Ground) -> list[Mark]:
        """The marks that should be turned for a rule."""
        rule = next(rule for rule in self.bench.compiled.rules if rule.id == ground.rule)
        found = [Mark("atom", ground.rule, atom.text) for atom in self.atoms(ground.rule) if not atom.special]
        found += [Mark("limit", ground.rule, limit.name) for limit in rule.limits if self._reachable(ground, limit.pool)]
        found += [Mark("carried", ground.rule, "")] if any(limit.carry_years for limit in rule.limits) else []
        found += [Mark("way", ground.clause, "")] if self._ways_by_measure(ground) else []
        for number, situation in self.situations.items():
            if situation.sort in ("bound", "peer") and ground.clause in (situation.clauses or [ground.clause]):
                found.append(self._of_case(number))
        return found

    def _ways_by_measure(self, ground: Ground) -> bool:
        """Whether a number or a day tells the ways of a clause apart; where choices do, each way has its own plain claim."""
        ordered = {variable.name for variable in ground.variables if variable.ordered}
        return any(ordered & set(names_in(way.when or "True")) for way in self.policy.ways_of(self.policy.clauses[ground.clause]))

    def _reachable(self, ground: Ground, pool: str) -> bool:
        """A pool of single claims is never drawn on by two; its ceiling may bind all the same."""
        return any(variable.name == GIVEN + pool for variable in ground.variables) or pool in {
            ceiling.pool for ceiling in self.policy.body.ceiling}

    def _of_case(self, number: int) -> Mark:
        situation = self.situations[number]
        return Mark("case", ",".join(situation.clauses or ()), str(number))

    def turned(self, ground: Ground, one: Result, other: Result) -> frozenset[Mark]:
        """The marks in which two results differ, as far as both show them; between claims that are held, or unknown, nothing turns."""
        if "unknown" in (one.outcome, other.outcome) or one.rule is None and other.rule is None:
            return frozenset()
        if one.rule is None or other.rule is None:
            return frozenset(self._of_case(number) for number in set(one.cases) ^ set(other.cases))
        if one.rule != other.rule:
            return frozenset([Mark("way", ground.clause, "")])
        atoms = self.atoms(one.rule)
        marks = {Mark("atom", one.rule, atom.text) for atom, before, after in zip(atoms, one.atoms, other.atoms)
                 if bool(before) != bool(after) and not atom.special}  # what cannot be told yet, as below a first band, does not hold yet
        marks |= {Mark("limit", one.rule, name) for name in set(one.limits) ^ set(other.limits)}
        if one.carried != other.carried:
            marks.add(Mark("carried", one.rule, ""))
        if not marks and (one.outcome, one.codes) != (other.outcome, other.codes):
            marks.add(Mark("result", one.rule, ""))
        return frozenset(marks)

    # ------------------------------------------------ moving one fact

    def turns(self, lines: Sequence[Line]) -> list[Turn]:
        """Where each line turns, in the order of the lines and of the values."""
        self._walk(lines)
        return [turn for line in lines for turn in line.turns(self)]

    def _walk(self, lines: Sequence[Line]) -> None:
        """Try the values worth a trial, then close in on every place between two of them where something turns."""
        asked = [(line, place) for line in lines for place in line.first_places()]
        while asked:
            results = self.bench.results([line.at(place) for line, place in asked])
            for (line, place), result in zip(asked, results):
                line.results[place] = result
            gaps = [(line, low, high) for line in lines for low, high in line.gaps(self)]
            pieces = max(3, min(PIECES_AT_MOST, TRIALS_A_ROUND // max(1, len(gaps))))
            asked = [(line, place) for line, low, high in gaps for place in _between(low, high, pieces)]

    # ------------------------------------------------ the whole search

    def find(self) -> tuple[list[Turn], list[Unturned]]:
        """The turns that show every bound, and the marks that nothing turned."""
        found, shown = [], set()
        for turn in self.turns([line for ground in self.grounds for line in self._lines_of_plain(ground)]):
            new = {(self._scope(turn.ground, mark), turn.variable.name, mark) for mark in turn.marks} - shown
            if new:
                found.append(turn)
                shown |= new
        found = self._mended(found)
        found += self._mended(self._from_witnesses(found))
        paid = _seen(turn for turn in found if turn.paid)
        found = [turn for turn in found if turn.paid or not _seen([turn]) <= paid]
        return found + self._special(), self._explained(self._missing(_seen(found)))

    def _from_witnesses(self, found: Sequence[Turn]) -> list[Turn]:
        """Turns of the marks that the plain claims do not turn, or not where one side gets an award."""
        missing = self._missing(_seen(turn for turn in found if turn.paid))
        witnesses = [(witness, mark) for ground, mark in missing for witness in self._witness(ground, mark)]
        reduce(self.bench, [witness for witness, _ in witnesses])
        turns = [*self.turns(list(self._lines_of_witnesses([witness for witness, _ in witnesses]))), *self._compared(witnesses)]
        wanted, further = {(ground.rule, mark) for ground, mark in missing}, []
        for turn in sorted(turns, key=lambda turn: not turn.paid):
            if _seen([turn]) & wanted - _seen([*further, *(() if turn.paid else found)]):
                further.append(turn)
        return further

    def _mended(self, turns: Sequence[Turn]) -> list[Turn]:
        """Where neither side of a turn gets an award, other facts of the same type are given values with which one does, if there are such."""
        asked = [(number, trial) for number, turn in enumerate(turns) if not turn.paid and turn.variable.ordered for trial in _beside(turn)]
        sides = [(turns[number], trial) for number, trial in asked]
        results = self.bench.results([trial.having({turn.variable.name: value}) for turn, trial in sides for value in _sides(turn)]) if sides else []
        best: dict[int, tuple[tuple[int, int, int], Turn]] = {}
        for (number, trial), below, at in zip(asked, results[::2], results[1::2]):
            turn = turns[number]
            marks, paid = self.turned(turn.ground, below, at), (below.award_fen > 0) + (at.award_fen > 0)
            if paid and turn.marks <= marks:
                rank = -paid, _differing(turn.ground, trial), cost(turn.ground, trial)
                if number not in best or rank < best[number][0]:
                    best[number] = rank, replace(turn, trial=trial, marks=marks, paid=True)
        return [best[number][1] if number in best else turn for number, turn in enumerate(turns)]

    def _scope(self, ground: Ground, mark: Mark) -> str:
        """Where a bound is shown once: a situation of a code for a clause, or for the whole policy where it concerns all; else the rule's own."""
        if mark.kind != "case":
            return ground.rule
        return ground.clause if self.situations[int(mark.name)].clauses else ""

    def _missing(self, seen: set[tuple[str, Mark]]) -> list[tuple[Ground, Mark]]:
        """What is wanted and not seen: a rule's own marks for each rule, a situation once for all rules that it concerns."""
        anywhere = {mark for _, mark in seen}
        missing, named = [], set()
        for ground in self.grounds:
            for mark in self.wanted(ground):
                shared = mark.kind in ("case", "way")
                if not ((ground.rule, mark) in seen or shared and (mark in anywhere or mark in named and not self._met(ground, mark))):
                    missing.append((ground, mark))
                    named.add(mark)
        return missing

    def _explained(self, missing: Sequence[tuple[Ground, Mark]]) -> list[Unturned]:
        """Why a mark was not turned, as far as trials tell: claims that would turn it are held for something else before."""
        grounds = {ground.rule: ground for ground, _ in missing}
        trials = [(ground, trial) for ground in grounds.values() for trial, _ in ground.met.values()]
        values: dict[tuple[str, str], set[bool]] = {}
        for (ground, _), result in zip(trials, self.bench.results([trial for _, trial in trials], held=False) if trials else []):
            for atom, holds in zip(self.atoms(ground.rule), result.atoms if result.rule == ground.rule else ()):
                if holds is not None:
                    values.setdefault((ground.rule, atom.text), set()).add(holds)
        found, named = [], set()
        for ground, mark in missing:
            if mark.kind not in ("case", "way") or mark not in named:
                found.append(Unturned(ground.rule, mark, len(values.get((ground.rule, mark.name), ())) > 1))
                named.add(mark)
        return found

    def _lines_of_plain(self, ground: Ground) -> Iterator[Line]:
        for variable in ground.variables:
            if (variable.name in ground.plain.facts or variable.name.startswith(GIVEN)) and (variable.ordered or variable.type == "choice"):
                yield Line(ground, ground.plain, variable)

    def _lines_of_witnesses(self, witnesses: Sequence[Witness]) -> Iterator[Line]:
        for witness in witnesses:
            for variable in witness.ground.variables:
                if variable.name in witness.differing and variable.name in witness.trial.facts and (variable.ordered or variable.type == "choice"):
                    yield Line(witness.ground, witness.trial, variable)

    def _compared(self, witnesses: Sequence[tuple[Witness, Mark]]) -> Iterator[Turn]:
        """Claims that another claim of the claimant holds, whatever it has: there is no value at which that begins, but that it stands there."""
        for witness, mark in witnesses:
            others = [variable for variable in witness.ground.others if variable.name in witness.trial.facts]
            if mark.kind == "case" and self.situations[int(mark.name)].sort == "peer" and others and others[-1].type == "choice":
                yield Turn(witness.ground, witness.trial, others[-1], witness.trial.facts[others[-1].name], frozenset([mark]), True)

    def _witness(self, ground: Ground, mark: Mark) -> Iterator[Witness]:
        """The claims met that turn a mark and are nearest to the plain one, sound where there are: one for each of the nearest years."""
        by_year: dict[tuple[str | None, ...], Witness] = {}
        years = [variable.name for variable in ground.variables if variable.type == "year"]
        for trial, result in self._met(ground, mark):
            year = tuple(trial.facts.get(name) for name in years)
            if year not in by_year and len(by_year) < WITNESSES:
                by_year[year] = Witness(ground, trial, self._still_turns(ground, mark, result))
        yield from by_year.values()

    def _still_turns(self, ground: Ground, mark: Mark, met: Result) -> Callable[[Result], bool]:
        """Whether another claim turns the mark as well, gets an award where that one does, and has no further code where it does not."""
        codes = {*met.codes.split(";")}
        return lambda result: self._turns(ground, mark, result) and (
            result.award_fen > 0 or met.award_fen == 0 and {*result.codes.split(";")} <= codes)

    def _met(self, ground: Ground, mark: Mark) -> list[tuple[Trial, Result]]:
        """The claims met that turn a mark, the best first."""
        met = [(trial, result) for trial, result in ground.met.values() if self._turns(ground, mark, result) and self._to_the_point(mark, trial)]
        return sorted(met, key=lambda one: (
            one[1].award_fen == 0, len(one[1].cases), len(one[1].codes), _differing(ground, one[0]), -one[1].award_fen))

    def _to_the_point(self, mark: Mark, trial: Trial) -> bool:
        """Another claim should differ in nothing but what the situation compares."""
        if mark.kind != "case" or self.situations[int(mark.name)].sort != "peer":
            return True
        return {name for name in trial.facts if name.startswith(OTHER)} <= set(names_in(self.situations[int(mark.name)].text))

    def _turns(self, ground: Ground, mark: Mark, result: Result) -> bool:
        return mark in self.turned(ground, ground.result, result)

    # ------------------------------------------------ what moves a bound

    def _special(self) -> list[Turn]:
        """Turns of the atoms that rest on a day which was put off, or fell into a short month: from sound claims where it was."""
        witnesses = [(witness, atom) for ground in self.grounds for number, atom in enumerate(self.atoms(ground.rule))
                     for witness in self._special_witness(ground, number, atom)]
        reduce(self.bench, [witness for witness, _ in witnesses])
        lines, resting = [], {}
        for witness, atom in witnesses:
            marks = {Mark("atom", witness.ground.rule, other.text) for other in self.atoms(witness.ground.rule)
                     if not other.special and atom.names & other.names}
            for variable in witness.ground.needed:
                if variable.ordered and variable.name in witness.trial.facts and variable.name not in atom.names:
                    lines.append(Line(witness.ground, witness.trial, variable))
                    resting[id(lines[-1])] = marks
        self._walk(lines)
        return [turn for line in lines for turn in line.turns(self) if turn.paid and turn.marks & resting[id(line)]]

    def _special_witness(self, ground: Ground, number: int, atom: Atom) -> Iterator[Witness]:
        if not atom.special or ground.result.atoms[number]:
            return
        met = [trial for trial, result in ground.met.values() if result.rule == ground.rule and result.award_fen > 0 and result.atoms[number]]
        if met:
            trial = min(met, key=lambda one: _differing(ground, one))
            yield Witness(ground, trial, lambda other: other.rule == ground.rule and other.award_fen > 0 and bool(other.atoms[number]))


def _seen(turns: Iterable[Turn]) -> set[tuple[str, Mark]]:
    """The marks that turns show, each with the rule."""
    return {(turn.ground.rule, mark) for turn in turns for mark in turn.marks}


def _differing(ground: Ground, trial: Trial) -> int:
    return sum(trial.facts.get(variable.name) != ground.plain.facts.get(variable.name) for variable in ground.variables)


def _sides(turn: Turn) -> tuple[str, str]:
    """The last value before a turn, and the first at it."""
    return text_of(turn.variable.type, ordinal(turn.variable.type, turn.value) - 1), turn.value


def _beside(turn: Turn) -> Iterator[Trial]:
    """The claim of a turn with other facts of its type at other values: one of them, or all alike."""
    others = [variable for variable in turn.ground.needed if variable.type == turn.variable.type and variable.name != turn.variable.name]
    for names in [*([variable.name] for variable in others), [variable.name for variable in others]][:len(others) + (len(others) > 1)]:
        for value in [*others[0].values, *_sides(turn)]:
            yield turn.trial.having(dict.fromkeys(names, value))


def _between(low: int, high: int, pieces: int) -> list[int]:
    """Places that part the way from one to the other, both left out."""
    return sorted({low + (high - low) * piece // pieces for piece in range(1, pieces)} - {low, high})


@dataclass
class Line:
    """One fact of a trial moved over its values. `results` are by the place of the value: of a choice its number, else its ordinal."""

    ground: Ground
    trial: Trial
    variable: Variable

    def __post_init__(self) -> None:
        self.results: dict[int, Result] = {}

    @cached_property
    def choices(self) -> list[str]:
        return [choice for choice, _ in self.variable.choices]

    def text(self, place: int) -> str:
        """The cell of the value at a place."""
        return self.choices[place] if self.variable.type == "choice" else text_of(self.variable.type, place)

    def at(self, place: int) -> Trial:
        """The trial with the fact at a place."""
        return self.trial.having({self.variable.name: self.text(place)})

    def first_places(self) -> list[int]:
        variable = self.variable
        if variable.type == "choice":
            return list(range(len(self.choices)))
        own = [*variable.values, *filter(None, [self.trial.facts.get(variable.name)])]
        places = {ordinal(variable.type, value) for value in own}
        if variable.type not in ("date", "year"):
            places |= {-1, 0, 1}
        if variable.below_zero:
            places |= {-place for place in places}
        return sorted(place for place in {*places, variable.lowest, variable.highest} if variable.lowest <= place <= variable.highest)

    def around(self, value: str) -> list[int]:
        """The places before, at and after a value, as far as they are tried."""
        place = ordinal(self.variable.type, value)
        return [near for near in (place - 1, place, place + 1) if self.variable.lowest <= near <= self.variable.highest]

    def gaps(self, finder: BoundFinder) -> Iterator[tuple[int, int]]:
        """Neighbouring places that fare otherwise and have others between them."""
        if self.variable.type == "choice":
            return
        places = sorted(self.results)
        for low, high in zip(places, places[1:]):
            if high - low > 1 and finder.turned(self.ground, self.results[low], self.results[high]):
                yield low, high

    def turns(self, finder: BoundFinder) -> Iterator[Turn]:
        if self.variable.type == "choice":
            yield from self._turns_of_choice(finder)
            return
        places = sorted(self.results)
        for low, high in zip(places, places[1:]):
            marks = finder.turned(self.ground, self.results[low], self.results[high])
            if marks:
                paid = self.results[low].award_fen > 0 or self.results[high].award_fen > 0
                yield Turn(self.ground, self.trial, self.variable, self.text(high), marks, paid)

    def _turns_of_choice(self, finder: BoundFinder) -> Iterator[Turn]:
        """The first choice for each way to fare otherwise than the trial does."""
        own = self.results[self.choices.index(self.trial.facts[self.variable.name])]
        seen: set[frozenset[Mark]] = set()
        for place, result in sorted(self.results.items()):
            marks = finder.turned(self.ground, own, result)
            if marks and marks not in seen:
                seen.add(marks)
                yield Turn(self.ground, self.trial, self.variable, self.text(place), marks, own.award_fen > 0 or result.award_fen > 0)
