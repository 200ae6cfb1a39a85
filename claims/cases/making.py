"""Makes the edge cases of a policy, and compares those on file with what the policy gives now."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

from claims.cases.atoms import atoms_of
from claims.cases.bench import Bench
from claims.cases.bounds import BoundFinder, Line, Turn
from claims.cases.file import CASES_FILE, Bound, Case, Cases, RuleCases
from claims.cases.search import Ground, search
from claims.cases.variables import Values, VariablesOfRule
from claims.cases.words import NOTE, bound_article, bound_title, case_of, unturned_text
from claims.cases.world import CARRIED_AMOUNT, CARRIED_YEARS, GIVEN, OTHER, Trial, kept_apart
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
    days = [policy.head.effective_from, *(status.from_ for status in statuses), *(figure.value for figure in figures if figure.unit == "date"),
            *(bound for bound in bounds if isinstance(bound, dt.date))]
    longest = max((math.ceil(figure.value / (12 if figure.unit == "month" else 1)) for figure in figures if figure.unit in ("month", "year")), default=0)
    return dt.date(max(days).year + longest + YEARS_AFTER, 12, 31)


def make_cases(database: Database, policy: Policy) -> Cases:
    """Generate the edge cases of a policy that the check accepts. The database is scratch. The same policy gives the same cases."""
    as_of = day_of_cases(policy)
    rules, values, apart = CompiledPolicy(policy).rules, Values(policy, as_of), kept_apart(policy)
    bench = Bench(database, policy, as_of, {rule.id: atoms_of(apart, rule.id) for rule in rules})
    grounds = [Ground(rule.id, rule.clause, tuple(VariablesOfRule(policy, rule, values).variables())) for rule in rules]
    search(bench, grounds)
    finder = BoundFinder(bench, policy, grounds)
    turns, unturned = finder.find()
    unshown = [f"{ground.rule}：没有找到可以核准的申报，本项没有算例" for ground in grounds if not ground.plain]
    unshown += [unturned_text(policy, finder, one) for one in unturned]
    return Cases(policy=policy.id, as_of=as_of, signed_by="", signed_on="", note=NOTE, unturned=unshown, rule=list(_rules(finder, turns)))


def _rules(finder: BoundFinder, turns: list[Turn]) -> Iterator[RuleCases]:
    """The cases rule by rule, all told in one batch."""
    lines = [*_settled(finder.bench, turns)]
    trials = [ground.plain for ground in finder.grounds]
    trials += [turn.trial.having({turn.variable.name: value}) for turn, values in lines for value in values]
    told = iter(finder.bench.told(trials))
    results = {ground.rule: case_of(next(told), "") for ground in finder.grounds}
    bounds: dict[str, list[Bound]] = {ground.rule: [] for ground in finder.grounds}
    for turn, values in lines:
        cases = [case_of(next(told), value) for value in values]
        bounds[turn.ground.rule].append(Bound(bound_title(turn, finder.policy.head.currency), bound_article(finder, turn), turn.variable.name, cases, _differing(turn)))
    for ground in finder.grounds:
        clause, way = finder.policy.parts_of_rule(ground.rule)
        yield RuleCases(ground.rule, clause.id, f"{clause.title}（{way.title}）", clause.article, dict(ground.plain.facts), results[ground.rule],
                        bounds[ground.rule])


def _settled(bench: Bench, turns: list[Turn]) -> Iterator[tuple[Turn, list[str]]]:
    """The values to show for each turn, but those with which no run could settle the claim."""
    asked = [(turn, value) for turn in turns for value in _values(turn)]
    results = iter(bench.results([turn.trial.having({turn.variable.name: value}) for turn, value in asked]))
    for turn in turns:
        yield turn, [value for value, result in [(value, next(results)) for value in _values(turn)] if result.outcome != "unknown"]


def _values(turn: Turn) -> list[str]:
    """The values to show: the last before the bound, the first at it, and the one after; of a choice the one that turns."""
    if not turn.variable.ordered:
        return [turn.value]
    line = Line(turn.ground, turn.trial, turn.variable)
    return [line.text(place) for place in line.around(turn.value)]


def _differing(turn: Turn) -> dict[str, str]:
    """The facts that the claims of a bound have otherwise than the rule's own; empty for one that they do without."""
    plain, names = turn.ground.plain.facts, [variable.name for variable in turn.ground.variables]
    return {name: turn.trial.facts.get(name, "") for name in names if name != turn.variable.name and turn.trial.facts.get(name) != plain.get(name)}


# ---------------------------------------------------------------- cases on file


def differences(database: Database, policy: Policy, cases: Cases) -> list[Finding]:
    """Every case on file that the policy decides otherwise now, or that does not fit it any more."""
    misfits = [*_misfits(policy, cases)]
    if misfits:
        return misfits
    listed = [*_listed(cases)]
    told = Bench(database, policy, cases.as_of).told([trial for _, trial, _ in listed])
    return [
        _finding(place, f"the file says {_shown(case)}; the policy gives {_shown(now)} now")
        for (place, _, case), now in zip(listed, (case_of(one, case.value) for one, (_, _, case) in zip(told, listed))) if now != case
    ]


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
        *(GIVEN + pool for pool in policy.pools), *(OTHER + field for field in policy.claims.fields), CARRIED_AMOUNT, CARRIED_YEARS,
    }


def _finding(place: str, problem: str) -> Finding:
    return Finding(CASES_FILE, place, f"{problem}: make the cases anew (claims policy cases PATH) and let them be signed, or mend the policy")


def _shown(case: Case) -> str:
    return " ".join(filter(None, [case.outcome, case.award_yuan, case.codes])) + f" ({case.says})"
