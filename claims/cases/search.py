"""The search for sound claims: by trial, seeded, the same every time. For each rule it finds a plain claim that gets its award, and claims that fare
otherwise, from which bounds that the plain one does not meet can be reached."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from claims.cases.bench import Bench, Result
from claims.cases.variables import Variable
from claims.cases.world import OTHER, Trial

SAMPLES = 300
BEST, CHILDREN = 16, 24
ROUNDS_TO_SOUND, ROUNDS_AROUND = 12, 2
SAMPLES_AROUND = 600
POLISHINGS, MODELS = 3, 5
ALIKE = 12
"""How much plainness two equal days or numbers cost: a claim that lies on a bound by chance shows nothing."""
SEED = 1


@dataclass
class Ground:
    """What is searched for one rule: its clause, what may vary, the plain claim once it is found, and a claim for each way to fare that was met."""

    rule: str
    clause: str
    variables: tuple[Variable, ...]
    plain: Trial | None = None
    result: Result | None = None
    met: dict[tuple, tuple[Trial, Result]] = field(default_factory=dict)
    seen: dict[tuple, tuple[Trial, Result]] = field(default_factory=dict)
    """The same, and one more for each way in which comparisons before the rule and in lookups turned out."""

    def meet(self, trial: Trial, result: Result) -> None:
        """Keep a trial that fares as none before it with the same facts of another claim."""
        self.met.setdefault(_fared(trial, result), (trial, result))
        self.see(trial, result)

    def see(self, trial: Trial, result: Result) -> None:
        """Keep a trial for what it shows before the rule, and of lookups."""
        self.seen.setdefault((*_fared(trial, result), result.asked, result.rows), (trial, result))

    def distance(self, result: Result) -> tuple[int, int]:
        """How far a trial is from getting an award in full by this rule."""
        if result.rule is None:
            return 3, len(result.cases)
        if result.rule != self.rule or result.outcome == "unknown":
            return 2, 0
        return int(result.award_fen == 0), len(result.codes.split(";")) if result.codes else 0

    def distance_by_goals(self, result: Result) -> tuple[int, int, int]:
        """The same, and how many of the conditions of its refusals it does not meet: a way to go where one code stands for several."""
        far, codes = self.distance(result)
        return far, result.goals.count(False), codes

    @property
    def needed(self) -> list[Variable]:
        """What the plain claim has."""
        return [variable for variable in self.variables if variable.needed]

    @property
    def optional(self) -> list[Variable]:
        """What it may do without, its comparison with another claim aside."""
        return [variable for variable in self.variables if not variable.needed and not variable.name.startswith(OTHER)]

    @property
    def others(self) -> list[Variable]:
        """What another claim has otherwise."""
        return [variable for variable in self.variables if variable.name.startswith(OTHER)]


def _fared(trial: Trial, result: Result) -> tuple:
    others = frozenset(name for name in trial.facts if name.startswith(OTHER))
    return others, result.rule, result.codes, result.cases, result.limits, result.carried, result.atoms


Distance = Callable[[Ground, Result], tuple[int, ...]]


def search(bench: Bench, grounds: Sequence[Ground]) -> None:
    """Find each ground's plain claim, where there is one, and meet as many ways to fare as the trials bring."""
    chance = random.Random(SEED)
    _first_steps(bench, grounds, chance, Ground.distance)
    left = [ground for ground in grounds if not ground.plain]
    if left:
        _first_steps(bench, left, random.Random(SEED), Ground.distance_by_goals)
    found = [ground for ground in grounds if ground.plain]
    _polish(bench, found)
    _look_around(bench, found, chance)
    _look_without(bench, found)


# ---------------------------------------------------------------- towards a sound claim


def _first_steps(bench: Bench, grounds: Sequence[Ground], chance: random.Random, distance: Distance) -> None:
    """Find the nearest trial of each rule by rounds of change, until every rule has a sound one; where it is sound, it is the plain claim to be."""
    best: dict[str, list[tuple[Trial, Result]]] = {ground.rule: [] for ground in grounds}
    asked = [(ground, _sample(ground, chance)) for ground in grounds for _ in range(SAMPLES)]
    for _ in range(ROUNDS_TO_SOUND):
        _select(best, _tried(bench, asked), distance)
        open_grounds = [ground for ground in grounds if ground.distance(best[ground.rule][0][1]) > (0, 0)]
        if not open_grounds:
            break
        asked = [(ground, _changed(ground, trial, chance)) for ground in open_grounds for trial, _ in best[ground.rule] for _ in range(CHILDREN)]
    for ground in grounds:
        nearest = min(best[ground.rule], key=lambda one: ground.distance(one[1]))
        if ground.distance(nearest[1])[0] == 0:
            ground.plain, ground.result = nearest


def _tried(bench: Bench, asked: Sequence[tuple[Ground, Trial]]) -> list[tuple[Ground, Trial, Result]]:
    """The trials with what became of them, which their grounds have met."""
    results = bench.results([trial for _, trial in asked])
    for (ground, trial), result in zip(asked, results):
        ground.meet(trial, result)
    return [(ground, trial, result) for (ground, trial), result in zip(asked, results)]


def _select(best: dict[str, list[tuple[Trial, Result]]], tried: Iterable[tuple[Ground, Trial, Result]], distance: Distance) -> None:
    by_rule: dict[str, list[tuple[Trial, Result]]] = {}
    grounds: dict[str, Ground] = {}
    for ground, trial, result in tried:
        by_rule.setdefault(ground.rule, []).append((trial, result))
        grounds[ground.rule] = ground
    for rule, found in by_rule.items():
        ranked = sorted([*best[rule], *found], key=lambda one: distance(grounds[rule], one[1]))
        apart = {(result.rule, result.codes, result.cases, *_of_goals(result, distance)): (trial, result) for trial, result in reversed(ranked)}
        best[rule] = sorted(apart.values(), key=lambda one: distance(grounds[rule], one[1]))[:BEST]


def _of_goals(result: Result, distance: Distance) -> tuple[bool, ...]:
    return result.goals if distance is Ground.distance_by_goals else ()


def _sample(ground: Ground, chance: random.Random) -> Trial:
    """A claim at random whose years and days tend to agree."""
    years = next((variable.values for variable in ground.needed if variable.type == "year"), ("",))
    year = chance.choice(years)
    return Trial(ground.clause, {variable.name: _value(variable, year, chance) for variable in ground.needed})


def _value(variable: Variable, year: str, chance: random.Random) -> str:
    if variable.type in ("date", "year") and chance.random() < 0.7:
        fitting = [value for value in variable.values if value[:4] == year]
        return chance.choice(fitting or variable.values)
    if variable.type == "choice" and chance.random() < 0.3:
        return variable.values[0]
    return chance.choice(variable.values)


def _changed(ground: Ground, trial: Trial, chance: random.Random) -> Trial:
    """The trial with one to three facts otherwise, with all its years and days moved together, or with several facts of a type made alike."""
    if chance.random() < 0.15:
        return _moved(ground, trial, chance)
    if chance.random() < 0.2:
        return _levelled(ground, trial, chance)
    changed = chance.sample(ground.needed, min(chance.choice((1, 1, 2, 3)), len(ground.needed)))
    year = next((trial.facts.get(variable.name, "") for variable in ground.needed if variable.type == "year"), "")
    return trial.having({variable.name: _value(variable, year, chance) for variable in changed})


def _moved(ground: Ground, trial: Trial, chance: random.Random) -> Trial:
    """The years and days of the claim itself in another year; what it looks up stays."""
    years = next((variable.values for variable in ground.needed if variable.type == "year"), None)
    return trial if years is None else trial.having(_in_year(ground, trial, chance.choice(years)))


def _in_year(ground: Ground, trial: Trial, year: str) -> dict[str, str]:
    days = (variable.name for variable in ground.needed if variable.type in ("date", "year") and "." not in variable.name)
    return {name: year + trial.facts[name][4:] for name in days if name in trial.facts and not trial.facts[name].endswith("02-29")}


def _levelled(ground: Ground, trial: Trial, chance: random.Random) -> Trial:
    """Several amounts, days or counts at one value: what must not be above another then is not."""
    if not ground.needed:
        return trial
    model = chance.choice(ground.needed)
    alike = [variable for variable in ground.needed if variable.type == model.type and variable.ordered]
    value = chance.choice(model.values)
    return trial.having({variable.name: value for variable in chance.sample(alike, chance.randint(0, len(alike)))})


# ---------------------------------------------------------------- the plain claim


def _polish(bench: Bench, grounds: Sequence[Ground]) -> None:
    """Replace each fact of the plain claims by the plainest value that leaves them sound."""
    open_grounds = list(grounds)
    for _ in range(POLISHINGS):
        better = _better_steps(bench, open_grounds)
        open_grounds = [ground for ground in open_grounds if better[ground.rule]]
        if not open_grounds:
            return
        _take(bench, open_grounds, better)


def cost(ground: Ground, trial: Trial) -> int:
    """How far the facts are from plain, and from lying apart."""
    ordered = [(variable.type, trial.facts.get(variable.name)) for variable in ground.needed if variable.ordered and variable.type != "year"]
    ordered = [(type_, value) for type_, value in ordered if value is not None]
    return sum(_place(variable, trial) for variable in ground.needed) + ALIKE * (len(ordered) - len(set(ordered)))


def _place(variable: Variable, trial: Trial) -> int:
    """How far a fact is from its plainest value; plainest of all is one that the claim does without."""
    value = trial.facts.get(variable.name)
    return 0 if value is None else variable.values.index(value) + 1 if value in variable.values else len(variable.values) + 1


def _better_steps(bench: Bench, grounds: Sequence[Ground]) -> dict[str, list[dict[str, str | None]]]:
    """Steps that make a claim plainer and leave it as sound as it is, what helps most first; for each set of facts the best."""
    asked = []
    for ground in grounds:
        before = cost(ground, ground.plain)
        trials = ((step, ground.plain.having(step)) for step in _steps(ground))
        asked += [(ground, trial, step) for step, trial in trials if cost(ground, trial) < before]
    tried = _tried(bench, [(ground, trial) for ground, trial, _ in asked])
    kept: dict[str, dict[tuple[str, ...], tuple[int, dict[str, str | None]]]] = {ground.rule: {} for ground in grounds}
    for (ground, trial, step), (_, _, result) in zip(asked, tried):
        if ground.distance(result) <= ground.distance(ground.result):
            now, facts = cost(ground, trial), tuple(step)
            if facts not in kept[ground.rule] or now < kept[ground.rule][facts][0]:
                kept[ground.rule][facts] = now, step
    return {rule: [step for _, step in sorted(found.values(), key=lambda one: one[0])] for rule, found in kept.items()}


def _steps(ground: Ground) -> Iterator[dict[str, str | None]]:
    """One fact less, or otherwise; all facts that have one value, at another; or the claim's years and days in another year."""
    facts = ground.plain.facts
    yield from ({variable.name: None} for variable in ground.needed)
    for variable in ground.needed:
        alike = [other.name for other in ground.needed
                 if variable.ordered and other.type == variable.type and facts.get(other.name) == facts.get(variable.name)]
        for value in variable.values:
            yield {variable.name: value}
            if len(alike) > 1 and alike[0] == variable.name:
                yield dict.fromkeys(alike, value)
    for year in next((variable.values for variable in ground.needed if variable.type == "year"), ()):
        yield _in_year(ground, ground.plain, year)


def _take(bench: Bench, grounds: Sequence[Ground], steps: Mapping[str, Sequence[Mapping[str, str | None]]]) -> None:
    """Take as many of the steps together as leave the claim sound; one of them may be left out."""
    asked = []
    for ground in grounds:
        found = steps[ground.rule]
        for number in range(len(found), 0, -1):
            for chosen in (found[:number], [*found[:number - 1], *found[number:]]):
                asked.append((ground, ground.plain.having({name: value for step in reversed(chosen) for name, value in step.items()})))
    best: dict[str, tuple[int, Trial, Result]] = {}
    for ground, trial, result in _tried(bench, asked):
        now = cost(ground, trial)
        if ground.distance(result) <= ground.distance(ground.result) and now < best.get(ground.rule, (cost(ground, ground.plain),))[0]:
            best[ground.rule] = now, trial, result
    for ground in grounds:
        if ground.rule in best:
            _, ground.plain, ground.result = best[ground.rule]


# ---------------------------------------------------------------- around it


def _look_around(bench: Bench, grounds: Sequence[Ground], chance: random.Random) -> None:
    """Meet further ways to fare: from sound claims, by a few facts, amounts given before and other claims."""
    for number in range(ROUNDS_AROUND):
        asked = [(ground, trial) for ground in grounds for trial in _in_other_years(ground)] if number == 0 else []
        for ground in grounds:
            sound = [trial for trial, result in ground.met.values() if ground.distance(result)[0] == 0]
            for _ in range(SAMPLES_AROUND):
                trial = ground.plain if chance.random() < 0.4 or not sound else chance.choice(sound)
                asked.append((ground, _strayed(ground, trial, chance)))
        _tried(bench, asked)


def _look_without(bench: Bench, grounds: Sequence[Ground]) -> None:
    """See how claims fare that lack one of the facts."""
    asked = []
    for ground in grounds:
        sound = [trial for trial, result in ground.met.values() if ground.distance(result)[0] == 0]
        asked += [(ground, trial.having({variable.name: None})) for trial in [ground.plain, *sound[:MODELS]] for variable in ground.needed]
    for (ground, trial), result in zip(asked, bench.results([trial for _, trial in asked])):
        ground.see(trial, result)


def _in_other_years(ground: Ground) -> Iterator[Trial]:
    """The plain claim moved to each year worth a trial."""
    for year in next((variable.values for variable in ground.needed if variable.type == "year"), ()):
        yield ground.plain.having(_in_year(ground, ground.plain, year))


def _strayed(ground: Ground, trial: Trial, chance: random.Random) -> Trial:
    strayed = _changed(ground, trial, chance)
    if ground.optional and chance.random() < 0.5:
        variable = chance.choice(ground.optional)
        strayed = strayed.having({variable.name: chance.choice(variable.values)})
        if variable.name.startswith("carried."):
            strayed = strayed.having({other.name: chance.choice(other.values) for other in ground.optional if other.name.startswith("carried.")})
    if ground.others and chance.random() < 0.3:
        others = chance.sample(ground.others, min(chance.choice((1, 1, 2, 3)), len(ground.others)))
        strayed = strayed.having({other.name: chance.choice(other.values) for other in others})
    return strayed


# ---------------------------------------------------------------- the least that makes a difference


@dataclass
class Witness:
    """A trial in which something holds that does not hold for the plain claim."""

    ground: Ground
    trial: Trial
    holds: Callable[[Result], bool]
    kept: frozenset[str] = frozenset()
    """Facts that it keeps whatever the plain claim has."""

    @property
    def differing(self) -> list[str]:
        """The facts that it has otherwise than the plain claim."""
        names = dict.fromkeys([*(variable.name for variable in self.ground.variables)])
        return [name for name in names if self.trial.facts.get(name) != self.ground.plain.facts.get(name)]

    @property
    def free(self) -> list[str]:
        """The facts that may become the plain claim's."""
        return [name for name in self.differing if name not in self.kept]


def reduce(bench: Bench, witnesses: Sequence[Witness]) -> None:
    """Give each witness as many facts of the plain claim as leave what it shows."""
    open_witnesses = list(witnesses)
    while open_witnesses:
        resets = [(witness, name) for witness in open_witnesses for name in witness.free]
        if not resets:
            return
        results = bench.results([_reset(witness, [name]) for witness, name in resets])
        free: dict[int, list[str]] = {id(witness): [] for witness in open_witnesses}
        for (witness, name), result in zip(resets, results):
            if witness.holds(result):
                free[id(witness)].append(name)
        open_witnesses = [witness for witness in open_witnesses if free[id(witness)]]
        if open_witnesses:
            _reset_together(bench, open_witnesses, free)


def _reset(witness: Witness, names: Sequence[str]) -> Trial:
    return witness.trial.having({name: witness.ground.plain.facts.get(name) for name in names})


def _reset_together(bench: Bench, witnesses: Sequence[Witness], free: Mapping[int, Sequence[str]]) -> None:
    asked = [(witness, number) for witness in witnesses for number in range(len(free[id(witness)]), 0, -1)]
    results = bench.results([_reset(witness, free[id(witness)][:number]) for witness, number in asked])
    done: dict[int, Trial] = {}
    for (witness, number), result in zip(asked, results):
        if id(witness) not in done and witness.holds(result):
            done[id(witness)] = _reset(witness, free[id(witness)][:number])
    for witness in witnesses:
        witness.trial = done[id(witness)]
