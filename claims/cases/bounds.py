"""The bounds of a policy, found by moving one fact of a claim at a time: where the claim begins to fare otherwise, to the fen, the unit, the day.

What a fact may turn is told by marks. A mark that the plain claim does not turn is looked for around claims that the search has met.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from claims.cases.atoms import Atom
from claims.cases.bench import Result
from claims.cases.marks import Mark, Marks
from claims.cases.places import ordinal, text_of
from claims.cases.search import Ground, Witness, cost, reduce
from claims.cases.variables import Variable
from claims.cases.world import GIVEN, HOW_MANY, OTHER, Trial
from claims.policy.expression import names_in

PIECES_AT_MOST, TRIALS_A_ROUND = 64, 12_000
WITNESSES, RULES_ASKED, MODELS = 4, 2, 12
"""In how many years a mark is looked for that the plain claim does not turn; under how many rules a comparison before any of them; and from how many
claims an atom that changes nothing for the plain one."""


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


class BoundFinder:
    """Finds the bounds of all grounds together, in few rounds."""

    def __init__(self, marks: Marks, grounds: Sequence[Ground]):
        self.marks, self.bench = marks, marks.bench
        self.grounds = [ground for ground in grounds if ground.plain]

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
                if result.rule is None:
                    line.ground.see(line.at(place), result)  # the search does not go as far as a line, and may not have met what holds it
            gaps = [(line, low, high) for line in lines for low, high in line.gaps(self)]
            pieces = max(3, min(PIECES_AT_MOST, TRIALS_A_ROUND // max(1, len(gaps))))
            asked = [(line, place) for line, low, high in gaps for place in _between(low, high, pieces)]

    # ------------------------------------------------ the whole search

    def find(self) -> list[Turn]:
        """The turns that show every bound that was found."""
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
        found += self._with_effect(_seen(found))
        found += self._ends({mark for _, mark in _seen(found)})
        return found + self._special()

    def _from_witnesses(self, found: Sequence[Turn]) -> list[Turn]:
        """Turns of the marks that the plain claims do not turn, or not where one side gets an award."""
        missing = self._missing(_seen(turn for turn in found if turn.paid))
        witnesses = [(witness, mark) for ground, mark in missing for witness in self._witness(ground, mark)]
        reduce(self.bench, [witness for witness, _ in witnesses])
        turns = [*self.turns(list(self._lines_of_witnesses([witness for witness, _ in witnesses]))), *self._compared(witnesses)]
        wanted, further = {_once(ground.rule, mark) for ground, mark in missing}, []
        for turn in sorted(turns, key=lambda turn: not turn.paid):
            seen = {_once(rule, mark) for rule, mark in _seen([*further, *(() if turn.paid else found)])}
            if {_once(rule, mark) for rule, mark in _seen([turn])} & wanted - seen:
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
            marks, paid = self.marks.turned(turn.ground, below, at), (below.award_fen > 0) + (at.award_fen > 0)
            if paid and turn.marks <= marks:
                rank = -paid, _differing(turn.ground, trial), cost(turn.ground, trial)
                if number not in best or rank < best[number][0]:
                    best[number] = rank, replace(turn, trial=trial, marks=marks | turn.marks, paid=True)
        return [best[number][1] if number in best else turn for number, turn in enumerate(turns)]

    def _scope(self, ground: Ground, mark: Mark) -> str:
        """Where a bound is shown once: what a code asks for a clause, or for the whole policy where it concerns all; else the rule's own."""
        if mark.kind not in ("case", "asked", "range"):
            return ground.rule
        return ground.clause if mark.place else ""

    def _missing(self, seen: set[tuple[str, Mark]]) -> list[tuple[Ground, Mark]]:
        """What is wanted and not seen: a rule's own marks for each rule, the others for one of the rules that they concern, and all that met it."""
        anywhere = {mark for _, mark in seen}
        missing, named = [], Counter()
        for ground in self.grounds:
            for mark in self.marks.wanted(ground):
                if mark.kind in ("special", "range", "effect") or (ground.rule, mark) in seen or self.marks.shared(mark) and mark in anywhere:
                    continue
                if mark.kind == "asked" and (named[mark] == RULES_ASKED or not self._met(ground, mark)):
                    continue
                if not self.marks.shared(mark) or not named[mark] or self._met(ground, mark):
                    missing.append((ground, mark))
                    named[mark] += 1
        return missing

    def _lines_of_plain(self, ground: Ground) -> Iterator[Line]:
        for variable in ground.variables:
            if variable.moves and (variable.name in ground.plain.facts or variable.name.startswith(GIVEN) or _counts_rows(variable, ground.plain)):
                yield Line(ground, ground.plain, variable)

    def _lines_of_witnesses(self, witnesses: Sequence[Witness]) -> Iterator[Line]:
        for witness in witnesses:
            for variable in witness.ground.variables:
                if variable.name in {*witness.differing, *witness.kept} and variable.name in witness.trial.facts and variable.moves:
                    yield Line(witness.ground, witness.trial, variable)

    def _compared(self, witnesses: Sequence[tuple[Witness, Mark]]) -> Iterator[Turn]:
        """Claims that another claim of the claimant holds, whatever it has: there is no value at which that begins, but that it stands there."""
        for witness, mark in witnesses:
            others = [variable for variable in witness.ground.others if variable.name in witness.trial.facts]
            if mark.kind == "case" and self.marks.situations[int(mark.name)].sort == "peer" and others and others[-1].type == "choice":
                yield Turn(witness.ground, witness.trial, others[-1], witness.trial.facts[others[-1].name], frozenset([mark]), True)

    def _witness(self, ground: Ground, mark: Mark) -> Iterator[Witness]:
        """The claims met that turn a mark and are nearest to the plain one, sound where there are: one for each of the nearest years."""
        by_year: dict[tuple[str | None, ...], Witness] = {}
        years = [variable.name for variable in ground.variables if variable.type == "year"]
        for trial, result in self._met(ground, mark):
            year = tuple(trial.facts.get(name) for name in years)
            if year not in by_year and len(by_year) < WITNESSES:
                by_year[year] = Witness(ground, trial, self._still_turns(ground, mark, trial, result), self._compared_by(ground, mark))
        yield from by_year.values()

    def _still_turns(self, ground: Ground, mark: Mark, trial: Trial, met: Result) -> Callable[[Result], bool]:
        """Whether another claim turns the mark as well, gets an award where that one does, and has no further code where it does not."""
        codes = {*met.codes.split(";")}
        shows = self._turns if self._turns(ground, mark, met) else self.marks.decides
        return lambda result: shows(ground, mark, result) and (
            result.award_fen > 0 or met.award_fen == 0 and {*result.codes.split(";")} <= codes)

    def _met(self, ground: Ground, mark: Mark) -> list[tuple[Trial, Result]]:
        """The claims met that turn a mark, the best first; of a comparison before the rule or in a lookup else those for which what it stands in comes
        out otherwise than for the plain claim, so that moving what it compares may turn it."""
        known = ground.seen if mark.kind in ("asked", "row") else ground.met
        met = [(trial, result) for trial, result in known.values() if self._turns(ground, mark, result) and self._to_the_point(mark, trial)]
        if not met and mark.kind in ("asked", "row"):
            compared = self._compared_by(ground, mark)
            met = [(trial, result) for trial, result in known.values() if self.marks.decides(ground, mark, result) and compared & trial.facts.keys() and (
                mark.kind == "asked" or compared <= trial.facts.keys())]
        return sorted(met, key=lambda one: (
            one[1].award_fen == 0, len(one[1].cases), len(one[1].codes), _differing(ground, one[0]), -one[1].award_fen))

    def _compared_by(self, ground: Ground, mark: Mark) -> frozenset[str]:
        """The facts that a comparison before the rule, or in a lookup, compares; of the latter those of the rows."""
        if mark.kind not in ("asked", "row"):
            return frozenset()
        names = self.marks.asked(mark).names if mark.kind == "asked" else self.marks.row(mark).names
        return frozenset(variable.name for variable in _resting_on(ground, names))

    def _to_the_point(self, mark: Mark, trial: Trial) -> bool:
        """Another claim should differ in nothing but what the situation compares."""
        if mark.kind != "case" or self.marks.situations[int(mark.name)].sort != "peer":
            return True
        return {name for name in trial.facts if name.startswith(OTHER)} <= set(names_in(self.marks.situations[int(mark.name)].text))

    def _turns(self, ground: Ground, mark: Mark, result: Result) -> bool:
        return mark in self.marks.turned(ground, ground.result, result)

    def _ends(self, seen: set[Mark]) -> Iterator[Turn]:
        """Turns at ends of ranges at which the plain claims are held on both sides: with other facts of the same type at other values."""
        turns = [Turn(ground, ground.plain, variable, text_of(variable.type, place), frozenset([Mark("range", "", text)]), False)
                 for ground in self.grounds for variable in ground.needed for text, place in variable.ends()
                 if Mark("range", "", text) not in seen and variable.name in ground.plain.facts and variable.lowest < place <= variable.highest]
        sides = [(turn, trial) for turn in turns for trial in _beside(turn)]
        results = self.bench.results([trial.having({turn.variable.name: value}) for turn, trial in sides for value in _sides(turn)]) if sides else []
        for (turn, trial), below, at in zip(sides, results[::2], results[1::2]):
            marks = self.marks.told_by(turn.variable, _sides(turn), self.marks.turned(turn.ground, below, at))
            if turn.marks <= marks and not turn.marks <= seen:
                seen |= marks
                yield replace(turn, trial=trial, marks=marks, paid=below.award_fen + at.award_fen > 0)

    # ------------------------------------------------ what makes a bound matter

    def _with_effect(self, seen: set[tuple[str, Mark]]) -> list[Turn]:
        """Turns of atoms that so far leave the award as it is: in claims that fare otherwise, for which they may not."""
        wanted = {(ground.rule, mark) for ground in self.grounds for mark in self.marks.wanted(ground) if mark.kind == "effect"} - seen
        names = {ground.rule: [atom.names for atom in self.marks.atoms(ground.rule) if (ground.rule, Mark("effect", ground.rule, atom.text)) in wanted]
                 for ground in self.grounds}
        witnesses = [witness for ground in self.grounds if names[ground.rule] for witness in self._models(ground)]
        reduce(self.bench, witnesses)
        lines = [Line(witness.ground, witness.trial, variable) for witness in witnesses
                 for variable in _resting_on(witness.ground, frozenset().union(*names[witness.ground.rule])) if variable.name in witness.trial.facts]
        found: list[Turn] = []
        for turn in sorted(self.turns(lines), key=lambda turn: not turn.paid):
            if _seen([turn]) & wanted - _seen(found):
                found.append(turn)
        return found

    def _models(self, ground: Ground) -> Iterator[Witness]:
        """Claims that get an award otherwise than the plain one: under other limits, or with other atoms."""
        met = [(trial, result) for trial, result in ground.met.values() if result.rule == ground.rule and result.award_fen > 0]
        ranked = sorted(met, key=lambda one: (one[1].limits == ground.result.limits, _differing(ground, one[0])))
        yield Witness(ground, ground.plain, lambda other: False)
        for variable in ground.needed:  # a comparison may matter only beside another choice
            for option in variable.options if variable.name in ground.plain.facts else ():
                yield Witness(ground, ground.plain.having({variable.name: option}), lambda other: False)
        for trial, result in ranked[:MODELS]:
            yield Witness(ground, trial, lambda other, like=result: other.award_fen > 0 and (other.limits, other.atoms) == (like.limits, like.atoms))

    # ------------------------------------------------ what moves a bound

    def _special(self) -> list[Turn]:
        """Turns of the atoms that rest on a day which was put off, or fell into a short month: from sound claims where it was."""
        witnesses = [(witness, atom) for ground in self.grounds for number, atom in enumerate(self.marks.atoms(ground.rule))
                     for witness in self._special_witness(ground, number, atom)]
        reduce(self.bench, [witness for witness, _ in witnesses])
        lines, resting = [], {}
        for witness, atom in witnesses:
            marks = {Mark("atom", witness.ground.rule, other.text) for other in self.marks.atoms(witness.ground.rule)
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
        met = _with_atom(ground, number) or self._as_elsewhere(ground, number, atom)
        if met:
            trial = min(met, key=lambda one: _differing(ground, one))
            yield Witness(ground, trial, lambda other: other.rule == ground.rule and other.award_fen > 0 and bool(other.atoms[number]))

    def _as_elsewhere(self, ground: Ground, number: int, atom: Atom) -> list[Trial]:
        """The plain claim with the days and years with which the same was met under another rule, where it is so with them, too."""
        donors = [
            min(found, key=lambda trial: _differing(other, trial)) for other in self.grounds
            for place, same in enumerate(self.marks.atoms(other.rule)) if same.text == atom.text and (found := _with_atom(other, place))
        ]
        days = [variable.name for variable in ground.variables if variable.type in ("date", "year") and variable.name in ground.plain.facts]
        trials = [ground.plain.having({name: donor.facts[name] for name in days if name in donor.facts}) for donor in donors]
        results = self.bench.results(trials) if trials else []
        return [trial for trial, result in zip(trials, results) if result.rule == ground.rule and result.award_fen > 0 and result.atoms[number]]


def _with_atom(ground: Ground, number: int) -> list[Trial]:
    """The claims met of a rule that get an award and of which one of its atoms holds."""
    return [trial for trial, result in ground.met.values() if result.rule == ground.rule and result.award_fen > 0 and result.atoms[number]]


def _seen(turns: Iterable[Turn]) -> set[tuple[str, Mark]]:
    """The marks that turns show, each with the rule."""
    return {(turn.ground.rule, mark) for turn in turns for mark in turn.marks}


def _resting_on(ground: Ground, names: frozenset[str]) -> list[Variable]:
    """The facts of a rule among some names, and those of the rows that these look up."""
    return [variable for variable in ground.variables if variable.moves and {variable.name, variable.name.partition(".")[0]} & names]


def _counts_rows(variable: Variable, trial: Trial) -> bool:
    """Whether a fact is how many of some rows there are which the trial has."""
    rows = variable.name.removesuffix(HOW_MANY)
    return rows != variable.name and any(name.startswith(f"{rows}.") for name in trial.facts)


def _once(rule: str, mark: Mark) -> tuple[str, Mark]:
    """A comparison before any rule is shown by one of its rules."""
    return "" if mark.kind == "asked" else rule, mark


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

    def text(self, place: int) -> str:
        """The cell of the value at a place."""
        return self.variable.options[place] if self.variable.options else text_of(self.variable.type, place)

    def at(self, place: int) -> Trial:
        """The trial with the fact at a place."""
        return self.trial.having({self.variable.name: self.text(place)})

    def first_places(self) -> list[int]:
        variable = self.variable
        if variable.options:
            return list(range(len(self.variable.options)))
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
        if self.variable.options:
            return
        places = sorted(self.results)
        for low, high in zip(places, places[1:]):
            if high - low > 1 and finder.marks.turned(self.ground, self.results[low], self.results[high]):
                yield low, high

    def turns(self, finder: BoundFinder) -> Iterator[Turn]:
        if self.variable.options:
            yield from self._turns_of_choice(finder)
            return
        places = sorted(self.results)
        for low, high in zip(places, places[1:]):
            marks = finder.marks.turned(self.ground, self.results[low], self.results[high])
            if marks:
                paid = self.results[low].award_fen > 0 or self.results[high].award_fen > 0
                shown = finder.marks.told_by(self.variable, (self.text(low), self.text(high)), marks)
                yield Turn(self.ground, self.trial, self.variable, self.text(high), shown, paid)

    def _turns_of_choice(self, finder: BoundFinder) -> Iterator[Turn]:
        """The first choice for each way to fare otherwise than the trial does."""
        own = self.results[self.variable.options.index(self.trial.facts[self.variable.name])]
        seen: set[frozenset[Mark]] = set()
        for place, result in sorted(self.results.items()):
            marks = finder.marks.turned(self.ground, own, result)
            if marks and marks not in seen:
                seen.add(marks)
                yield Turn(self.ground, self.trial, self.variable, self.text(place), marks, own.award_fen > 0 or result.award_fen > 0)
