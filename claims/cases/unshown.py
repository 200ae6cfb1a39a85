"""What no case of a policy shows: every comparison, limit and figure that is wanted and that no two claims of the file turn, with why.

What is shown is told by the claims of the file alone, so that whoever has the file can tell it again without a search.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from claims.cases.atoms import texts_of_award
from claims.cases.bench import Result
from claims.cases.marks import Mark, Marks
from claims.cases.search import Ground
from claims.cases.world import CARRIED_AMOUNT, OTHER
from claims.policy.compiler import NameScope
from claims.policy.expression import names_in
from claims.policy.model import Clause, Way

WHOLE = "本项没有算例"


@dataclass(frozen=True)
class BoundResults:
    """The claims of a bound: the fact that is moved, whether others are otherwise than the rule's own, and each value with what became of it, in order."""

    fact: str
    differs: bool
    results: tuple[tuple[str, Result], ...]


@dataclass(frozen=True)
class Unshown:
    """Something that no case shows: its rule, its mark (None for the rule as a whole, and for figures), what it is in words, and why where the policy
    alone tells it."""

    ground: Ground
    mark: Mark | None
    what: str
    why: str = ""

    @property
    def line(self) -> str:
        """How its line begins; why follows in brackets."""
        return f"{self.ground.rule}：{self.what}"


def listed(line: str) -> str:
    """What a line lists, without why."""
    return line.rpartition("（")[0]


def shown(marks: Marks, ground: Ground, facts: Mapping[str, str], plain: Result, bounds: Iterable[BoundResults]) -> set[tuple[str, Mark]]:
    """What the claims of a rule show, each mark with the rule: of those of a bound each with the next; and a choice with the rule's own claim, where only
    this is otherwise, or another claim stands before it."""
    found: set[tuple[str, Mark]] = set()
    variables = {variable.name: variable for variable in ground.variables}
    for bound in bounds:
        if bound.fact not in variables:
            continue
        from_plain = bound.results if not variables[bound.fact].ordered and (bound.fact.startswith(OTHER) or not bound.differs) else ()
        for (before, one), (after, other) in [*pairwise(bound.results), *(((facts.get(bound.fact, ""), plain), case) for case in from_plain)]:
            turned = marks.told_by(variables[bound.fact], (before, after), marks.turned(ground, one, other))
            found |= {(one.rule or other.rule or ground.rule, mark) for mark in turned | marks.rested(one, other, turned)}
            found |= {(ground.rule, mark) for mark in turned if marks.shared(mark)}
    return found


def unshown(marks: Marks, grounds: Sequence[Ground], with_cases: set[str], seen: set[tuple[str, Mark]]) -> list[Unshown]:
    """What no case shows, rule by rule; `with_cases` are the rules that have some."""
    found = [Unshown(ground, None, WHOLE) for ground in grounds if ground.rule not in with_cases]
    found += [Unshown(ground, mark, _words(marks, ground, mark)) for ground, mark in marks.missing(grounds, seen)]
    return list({one.line: one for one in [*found, *_figures(marks, grounds, with_cases)]}.values())


def _words(marks: Marks, ground: Ground, mark: Mark) -> str:
    """What a mark is, in the words of the policy."""
    policy, clause = marks.policy, marks.policy.clauses[ground.clause]
    if mark.kind == "case":
        situation = marks.situations[int(mark.name)]
        return f"{situation.code} {situation.text}"
    if mark.kind == "asked":
        asked = marks.asked(mark)
        side = {None: "", True: "，成立时", False: "，不成立时"}[asked.side]
        return f"{'适用哪种计算方式' if asked.kind == 'way' else asked.place} {asked.text}{side}"
    if mark.kind == "row":
        return f"{policy.lookups[marks.row(mark).lookup].title}：{marks.row(mark).text}"
    if mark.kind == "limit":
        return policy.ceilings[mark.name].title if mark.name in policy.ceilings else f"{clause.title}：{mark.name}"
    if mark.kind == "effect":
        return f"{mark.name}，结果因此不同"
    if mark.kind == "carried":
        return "以前年度结转的金额" if mark.name == CARRIED_AMOUNT else "以前年度结转的年数"
    return "适用哪种计算方式" if mark.kind == "way" else mark.name


# ---------------------------------------------------------------- figures


def _figures(marks: Marks, grounds: Sequence[Ground], with_cases: set[str]) -> Iterator[Unshown]:
    """The figures of rules without cases."""
    for ground in grounds:
        if ground.rule not in with_cases:
            clause, way = marks.policy.parts_of_rule(ground.rule)
            scope = NameScope(marks.policy, clause)
            for name in _figures_in(scope, [*_texts_read(marks, clause, way), *texts_of_award(marks.policy, clause)]):
                yield Unshown(ground, None, f"{scope.figure(name).title} {name}", WHOLE)


def _figures_in(scope: NameScope, texts: Sequence[str]) -> list[str]:
    """The figures that expressions use, through named values."""
    open_names, found = [name for text in texts for name in names_in(text)], {}
    while open_names:
        name = open_names.pop(0)
        if name not in found:
            let = scope.let(name)
            found[name] = let is None and name != "effective_from" and scope.figure(name) is not None
            open_names += names_in(let.value) if let else []
    return [name for name, is_figure in found.items() if is_figure]


def _texts_read(marks: Marks, clause: Clause, way: Way) -> list[str]:
    """The expressions that decide an award."""
    body = marks.policy.body
    refusals = [*body.refuse, *clause.refuse, *way.refuse]
    return [way.when or "True", way.amount.value, way.amount.round_to or "True", *(refusal.when or refusal.unless for refusal in refusals),
            *(reduction.when for reduction in way.reduce), *(bands.of for bands in clause.bands),
            *(marks.policy.ceilings[name].value for name in clause.ceilings)]


# ---------------------------------------------------------------- why


class Reasons:
    """Why each thing is not shown, as far as the trials of the search tell."""

    def __init__(self, marks: Marks, missing: Sequence[Unshown]):
        self.marks = marks
        grounds = {one.ground.rule: one.ground for one in missing if one.mark}
        self.free: dict[str, list[tuple[Result, Result]]] = {rule: [] for rule in grounds}
        """Of each rule what became of the trials, and what would if no code held them."""
        held = []
        for rule, (trial, result) in ((rule, one) for rule, ground in grounds.items() for one in ground.met.values()):
            if result.rule is None:
                held.append((rule, trial, result))
            else:
                self.free[rule].append((result, result))
        results = marks.bench.results([trial for _, trial, _ in held], held=False) if held else []
        for (rule, _, result), free in zip(held, results):
            self.free[rule].append((result, free))

    def of(self, one: Unshown) -> str:
        """Why, in words."""
        if one.why:
            return one.why
        if one.mark is None:
            return "没有找到可以核准的申报，" + self._of_rule(one.ground)
        return self._of_mark(one.ground, one.mark)

    def _of_rule(self, ground: Ground) -> str:
        """What stopped every trial of a rule, or else what stopped the nearest."""
        results = [result for _, result in ground.seen.values()]
        settled = [result for result in results if result.rule == ground.rule]
        held = [result for result in results if result.rule is None and result.codes]
        if not settled and not held:
            return "试过的申报都用不到这种计算方式，或者无法计算"
        if not settled:
            always = _common(set(result.codes.split(";")) for result in held)
            nearest = min(held, key=ground.distance)
            return f"试过的申报{'都' if always else '有的'}因{'、'.join(always or nearest.codes.split(';'))}先转人工处理"
        goals = self.marks.bench.watched.goals[ground.rule]
        never = [goal for number, goal in enumerate(goals) if not any(result.goals[number] for result in settled)]
        if never:
            return "以下条件在试过的申报中从未满足：" + "、".join(f"{goal.code} {goal.text}" for goal in never)
        always = _common(set(result.codes.split(";")) - {""} for result in settled)
        if always:
            return f"试过的申报都因{'、'.join(always)}没有金额"
        nearest = min(settled, key=lambda result: (sum(not met for met in result.goals), result.codes.count(";")))
        return f"最接近的一件因{nearest.codes.replace(';', '、') or '计算结果为零'}没有金额"

    def _of_mark(self, ground: Ground, mark: Mark) -> str:
        trials, seen = self.free[ground.rule], [result for _, result in ground.seen.values()]
        if mark.kind == "atom":
            number = next(number for number, atom in enumerate(self.marks.atoms(ground.rule)) if atom.text == mark.name)
            told = [(result, free.atoms[number]) for result, free in trials if free.rule == ground.rule]
            return self._of_values([(result, value) for result, value in told if value is not None])
        if mark.kind == "asked" and self.marks.asked(mark).side is None:
            told = [(result, result.asked[int(mark.name)]) for result in seen if result.asked]
            return self._of_values([(result, value) for result, value in told if value is not None])
        if mark.kind == "effect":
            return "没有找到金额或代码因此不同的申报"
        if mark.kind == "row":
            told = [result.rows[int(mark.name)] > 0 for result in seen if result.rows]
            return "查找到的行中从未有一行使它成立" if not any(told) else "没有找到会改变它的申报"
        return "没有找到会改变它的申报"

    def _of_values(self, told: Sequence[tuple[Result, bool]]) -> str:
        """Why a comparison is not shown that turned out so in claims with these results."""
        values = {value for _, value in told}
        if not values:
            return "没有试过能够判断它的申报"
        if len(values) == 1:
            return f"在试过的申报中始终{'成立' if values == {True} else '不成立'}"
        free = {value for result, value in told if result.rule is not None}
        held = [set(result.codes.split(";")) for result, value in told if result.rule is None and value not in free]
        if not held:
            return "没有找到会改变它的申报"
        return "会改变它的申报都因其他原因先转人工处理：" + "、".join(_common(held) or sorted(set().union(*held)))


def _common(sets: Iterable[set[str]]) -> list[str]:
    sets = list(sets)
    return sorted(set.intersection(*sets)) if sets else []
