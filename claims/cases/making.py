"""Makes the edge cases of a policy, and compares those on file with what the policy gives now."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

from claims.cases.bench import Bench, Result
from claims.cases.bounds import BoundFinder, Line, Turn
from claims.cases.file import CASES_FILE, Bound, Case, Cases, RuleCases
from claims.cases.marks import Mark, Marks
from claims.cases.search import Ground, search
from claims.cases.unshown import BoundResults, Reasons, listed, shown, unshown
from claims.cases.variables import FIRST_YEAR, LAST_YEAR, Values, VariablesOfRule
from claims.cases.words import NOTE, bound_article, bound_title, case_of
from claims.cases.world import CARRIED_AMOUNT, CARRIED_YEARS, GIVEN, HOW_MANY, OTHER, Trial
from claims.database import Database
from claims.policy.check import Finding
from claims.policy.compiler import CompiledPolicy
from claims.policy.model import Policy

YEARS_AFTER = 2
"""How many years the cases look beyond the longest window of a policy."""


def day_of_cases(policy: Policy) -> dt.date:
    """The day as of which the cases are settled: told by the policy alone, late enough for its windows to end and its dates to pass."""
    body = policy.body
    figures = [figure for part in (body, *body.clause) for figure in part.figure.values()]
    statuses = [*body.status, *(status for clause in body.clause for status in clause.status)]
    bounds = [step.lower for clause in body.clause for bands in clause.bands for step in bands.step]
    named = [dt.date(int(figure.value), 12, 31) for figure in figures if figure.unit == "year" and FIRST_YEAR <= figure.value <= LAST_YEAR]
    days = [policy.head.effective_from, *(status.from_ for status in statuses), *(figure.value for figure in figures if figure.unit == "date"),
            *(bound for bound in bounds if isinstance(bound, dt.date)), *named]
    spans = [math.ceil(figure.value / (12 if figure.unit == "month" else 1)) for figure in figures if figure.unit in ("month", "year")]
    longest = max((span for span in spans if span < FIRST_YEAR), default=0)  # a figure above is no span but the name of a year
    return dt.date(max(days).year + longest + YEARS_AFTER, 12, 31)


def make_cases(database: Database, policy: Policy) -> Cases:
    """Generate the edge cases of a policy that the check accepts. The database is scratch. The same policy gives the same cases."""
    as_of = day_of_cases(policy)
    marks, grounds = Marks(Bench(database, policy, as_of), policy), grounds_of(policy, as_of)
    search(marks.bench, grounds)
    finder = BoundFinder(marks, grounds)
    rules, seen = _rules(finder, finder.find())
    missing = unshown(marks, grounds, {rule.id for rule in rules}, seen)
    reasons = Reasons(marks, missing)
    return Cases(policy=policy.id, as_of=as_of, signed_by="", signed_on="", note=NOTE, unturned=[f"{one.line}（{reasons.of(one)}）" for one in missing],
                 rule=rules)


def grounds_of(policy: Policy, as_of: dt.date) -> list[Ground]:
    """What is searched for each rule, before any search."""
    values = Values(policy, as_of)
    return [Ground(rule.id, rule.clause, tuple(VariablesOfRule(policy, rule, values).variables())) for rule in CompiledPolicy(policy).rules]


def _rules(finder: BoundFinder, turns: list[Turn]) -> tuple[list[RuleCases], set[tuple[str, Mark]]]:
    """The cases rule by rule, all told in one batch, and what they show."""
    lines = [*_settled(finder.bench, turns)]
    trials = [ground.plain for ground in finder.grounds]
    trials += [turn.trial.having({turn.variable.name: value}) for turn, values in lines for value in values]
    told = iter(finder.bench.told(trials))
    plain = {ground.rule: next(told) for ground in finder.grounds}
    bounds: dict[str, list[Bound]] = {ground.rule: [] for ground in finder.grounds}
    results: dict[str, list[BoundResults]] = {ground.rule: [] for ground in finder.grounds}
    for turn, values in lines:
        found, facts = [(value, next(told)) for value in values], _differing(turn)
        bounds[turn.ground.rule].append(Bound(bound_title(turn, finder.marks.policy.head.currency), bound_article(finder.marks, turn),
                                              turn.variable.name, [case_of(one, value) for value, one in found], facts))
        results[turn.ground.rule].append(BoundResults(turn.variable.name, bool(facts), tuple((value, one.result) for value, one in found)))
    rules, seen = [], set()
    for ground in finder.grounds:
        clause, way = finder.marks.policy.parts_of_rule(ground.rule)
        rules.append(RuleCases(ground.rule, clause.id, f"{clause.title}（{way.title}）", clause.article, dict(ground.plain.facts),
                               case_of(plain[ground.rule], ""), bounds[ground.rule]))
        seen |= shown(finder.marks, ground, ground.plain.facts, plain[ground.rule].result, results[ground.rule])
    return rules, seen


def _settled(bench: Bench, turns: list[Turn]) -> Iterator[tuple[Turn, list[str]]]:
    """The values to show for each turn, but those with which no run could settle the claim."""
    asked = [(turn, value) for turn in turns for value in _values(turn)]
    results = iter(bench.results([turn.trial.having({turn.variable.name: value}) for turn, value in asked]))
    for turn in turns:
        yield turn, [value for value, result in [(value, next(results)) for value in _values(turn)] if result.outcome != "unknown"]


def _values(turn: Turn) -> list[str]:
    """The values to show: the last before the bound, the first at it, and the one after; of a choice the one that turns, after the claim's own where
    that is not the rule's."""
    if not turn.variable.ordered:
        own = turn.trial.facts.get(turn.variable.name)
        return [own, turn.value] if own not in (None, turn.value) and _differing(turn) else [turn.value]
    line = Line(turn.ground, turn.trial, turn.variable)
    return [line.text(place) for place in line.around(turn.value)]


def _differing(turn: Turn) -> dict[str, str]:
    """The facts that the claims of a bound have otherwise than the rule's own; empty for one that they do without."""
    plain, names = turn.ground.plain.facts, [variable.name for variable in turn.ground.variables]
    return {name: turn.trial.facts.get(name, "") for name in names if name != turn.variable.name and turn.trial.facts.get(name) != plain.get(name)}


# ---------------------------------------------------------------- cases on file


def differences(database: Database, policy: Policy, cases: Cases) -> list[Finding]:
    """Every case on file that the policy decides otherwise now, or that does not fit it any more; and what no case shows and the file does not list."""
    misfits = [*_misfits(policy, cases)]
    if misfits:
        return misfits
    listing = [*_listed(cases)]
    marks = Marks(Bench(database, policy, cases.as_of), policy)
    told = marks.bench.told([trial for _, trial, _ in listing])
    changed = [
        _finding(place, f"the file says {_shown(case)}; the policy gives {_shown(now)} now")
        for (place, _, case), now in zip(listing, (case_of(one, case.value) for one, (_, _, case) in zip(told, listing))) if now != case
    ]
    return changed or [*_unlisted(marks, cases, [one.result for one in told])]


def _unlisted(marks: Marks, cases: Cases, results: list[Result]) -> Iterator[Finding]:
    """What no case on file shows and is not listed, and what is listed and is shown, or is no part of the policy."""
    grounds, left, seen = grounds_of(marks.policy, cases.as_of), iter(results), set()
    by_rule = {ground.rule: ground for ground in grounds}
    for rule in cases.rule:
        plain = next(left)
        bounds = [BoundResults(bound.fact, bool(bound.facts), tuple((case.value, next(left)) for case in bound.case)) for bound in rule.bound]
        if rule.id in by_rule:
            seen |= shown(marks, by_rule[rule.id], rule.facts, plain, bounds)
    now, on_file = {one.line for one in unshown(marks, grounds, {rule.id for rule in cases.rule}, seen)}, {*map(listed, cases.unturned)}
    yield from (_finding("unturned", f"no case shows this, and the file does not say so: {line}") for line in sorted(now - on_file))
    yield from (_finding("unturned", f"the file says that no case shows this, which the policy does not have, or a case shows: {line}")
                for line in sorted(on_file - now))


def _listed(cases: Cases) -> Iterator[tuple[str, Trial, Case]]:
    """Each case with its place and its claim."""
    for rule in cases.rule:
        plain = Trial(rule.clause, rule.facts)
        yield rule.id, plain, rule.result
        for bound in rule.bound:
            for case in bound.case:
                changes = {name: value or None for name, value in bound.facts.items()}
                yield f"{rule.id}, {bound.title}, {bound.fact} {case.value}", plain.having({**changes, bound.fact: case.value}), case


def _misfits(policy: Policy, cases: Cases) -> Iterator[Finding]:
    if cases.policy != policy.id:
        yield _finding("policy", f"the cases are those of {cases.policy}, the policy is {policy.id}")
    known = known_facts(policy)
    for rule in cases.rule:
        if rule.clause not in policy.clauses:
            yield _finding(rule.id, f"there is no clause {rule.clause}")
        named = {*rule.facts, *(bound.fact for bound in rule.bound), *(name for bound in rule.bound for name in bound.facts)}
        for name in sorted(named - known):
            yield _finding(rule.id, f"there is no fact {name}")


def known_facts(policy: Policy) -> set[str]:
    """The names that facts of a case may have."""
    tables = [(found.name, found.table) for found in (*policy.body.join, *policy.body.lookup)]
    return {
        *policy.claims.fields, *(f"{prefix}.{field}" for prefix, table in tables for field in policy.tables[table].fields),
        *(lookup.name + HOW_MANY for lookup in policy.body.lookup),
        *(GIVEN + pool for pool in policy.pools), *(OTHER + field for field in policy.claims.fields), CARRIED_AMOUNT, CARRIED_YEARS,
    }


def _finding(place: str, problem: str) -> Finding:
    return Finding(CASES_FILE, place, f"{problem}: make the cases anew (claims policy cases PATH) and let them be signed, or mend the policy")


def _shown(case: Case) -> str:
    return " ".join(filter(None, [case.outcome, case.award_yuan, case.codes])) + f" ({case.says})"
