"""Looks a policy over before it counts: names that lead nowhere, units that do not fit, bands and ways that overlap or leave gaps,
missing citations. Findings are values, all reported at once, each with the place where it stands."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from claims.policy.change import ChangeMisplaced, changed_policy
from claims.policy.compiler import CompiledPolicy, RuleCompiler, placeholders
from claims.policy.expression import ExpressionError, names_in
from claims.policy.model import Bands, Clause, Policy, Way

DETECTORS = ("needed_empty", "unreadable", "changed", "doubled", "nothing_due")
ROLES = ("claim_id", "claimant", "clause", "claim_year", "submitted_on")


@dataclass(frozen=True)
class Finding:
    """Something wrong in a policy: the file, the place in it, and what is wrong."""

    file: str
    place: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file}: {self.place}: {self.problem}"


def check_policy(policy: Policy) -> list[Finding]:
    """Every finding of a policy; an empty list when it can be used. Its other readings are looked at once it is sound itself."""
    return _findings(policy) or [*_alternatives(policy)]


def _findings(policy: Policy) -> list[Finding]:
    """Expressions are looked at once all names lead somewhere."""
    findings = [*_tables(policy), *_codes(policy), *_names(policy), *_doubled(policy), *_citations(policy), *_fundings(policy), *_bands(policy)]
    return findings or [*_expressions(policy), *_ways(policy), *_unused(policy)]


def _of_policy(place: str, problem: str) -> Finding:
    return Finding("policy.toml", place, problem)


def _alternatives(policy: Policy) -> Iterator[Finding]:
    """Each other reading must make a policy that holds together as this one does."""
    for name, count in Counter(alternative.id for alternative in policy.alternatives).items():
        if count > 1:
            yield Finding("readings.toml", name, f"it is declared {count} times")
    for alternative in policy.alternatives:
        try:
            findings = _findings(changed_policy(policy, alternative)) if alternative.changes else []
        except ChangeMisplaced as misplaced:
            yield Finding("readings.toml", alternative.id, str(misplaced))
            continue
        for finding in findings:
            yield Finding("readings.toml", alternative.id, f"under it {finding}")


# ---------------------------------------------------------------- tables and codes

def _tables(policy: Policy) -> Iterator[Finding]:
    for holds in ("claims", "awards"):
        count = sum(table.holds == holds for table in policy.tables.values())
        if count != 1:
            yield Finding("facts.toml", "table", f"one table must hold the {holds}, there are {count}")
    for table in policy.tables.values():
        for name in table.key:
            if name not in table.fields:
                yield Finding("facts.toml", f"table {table.name}", f"its key names {name}, which is no field of it")
        for header, count in Counter(field.header for field in table.field).items():
            if count > 1:
                yield Finding("facts.toml", f"table {table.name}", f"the header {header} stands {count} times")
        for field in table.field:
            if (field.type == "choice") != bool(field.choices):
                yield Finding("facts.toml", f"{table.name}.{field.name}", "a choice, and only a choice, lists its choices")
            if field.unit in ("yuan", "m2", "pct") and not field.name.endswith("_" + field.unit):
                yield Finding("facts.toml", f"{table.name}.{field.name}", f"a value in {field.unit} has a name that ends in _{field.unit}")
    for role in ROLES:
        if not any(field.role == role for table in policy.tables.values() if table.holds == "claims" for field in table.field):
            yield Finding("facts.toml", "table claims", f"no field has the role {role}")


def _codes(policy: Policy) -> Iterator[Finding]:
    for what in DETECTORS:
        count = sum(code.detect == what for code in policy.codes.values())
        if count != 1:
            yield Finding("codes.toml", "code", f"one code must detect {what}, there are {count}")
    for code in policy.codes.values():
        if code.kind == "exception" and not ("{cells}" in code.message_zh and "{article}" in code.message_zh and "{cells}" in code.message_en):
            yield Finding("codes.toml", code.id, "the message of an exception names {cells} and {article}")
        if code.kind == "exception" and not code.detect and not code.case:
            yield Finding("codes.toml", code.id, "an exception has a case that says when it applies")
        for case in code.case:
            yield from _unknown("codes.toml", code.id, "clause", case.clauses or [], policy.clauses)
        yield from _unknown("codes.toml", code.id, "code", code.not_with, policy.codes)


# ---------------------------------------------------------------- names that must lead somewhere

def _unknown(file: str, place: str, what: str, names: Iterable[str], known: Iterable[str]) -> Iterator[Finding]:
    for name in names:
        if name not in known:
            yield Finding(file, place, f"there is no {what} {name}")


def _names(policy: Policy) -> Iterator[Finding]:
    body, fields = policy.body, policy.claims.fields
    shared_ways = [way.id for way in body.way]
    yield from _unknown("policy.toml", "policy.needs", "field", body.policy.needs, fields)
    yield from _unknown("policy.toml", "payment", "table", [body.payment.table], policy.tables)
    for item in [*body.join, *body.lookup]:
        yield from _unknown("policy.toml", item.name, "table", [item.table], policy.tables)
        if item.table in policy.tables:
            yield from _unknown("policy.toml", item.name, f"field of {item.table}", item.on, policy.tables[item.table].fields)
        yield from _unknown("policy.toml", item.name, "field of the claims", item.on.values(), fields)
    for ceiling in body.ceiling:
        yield from _unknown("policy.toml", f"ceiling {ceiling.id}", "pool", [ceiling.pool], policy.pools)
        yield from _code_of_kind(policy, f"ceiling {ceiling.id}", [ceiling.code], "reduction")
    for funding in body.funding:
        yield from _unknown("policy.toml", f"funding {funding.id}", "treasury", [share.treasury for share in funding.share], policy.treasury_ids)
    for clause in body.clause:
        place = f"clause {clause.id}"
        yield from _unknown("policy.toml", place, "funding", [clause.funding], policy.fundings)
        yield from _unknown("policy.toml", place, "reading", clause.readings, policy.readings)
        yield from _unknown("policy.toml", place, "ceiling", clause.ceilings, policy.ceilings)
        yield from _unknown("policy.toml", place, "way", [way for way in clause.way if isinstance(way, str)], shared_ways)
        yield from _unknown("policy.toml", place, "pool", [part.pool for part in (clause.once, clause.cumulative) if part], policy.pools)
        yield from _unknown("policy.toml", place, "field", [*clause.needs, *filter(None, [clause.payee])], fields)
        yield from _code_of_kind(policy, place, [refusal.code for refusal in clause.refuse], "refusal")
        yield from _code_of_kind(policy, place, [part.code for part in (clause.once, clause.bands) if part], "refusal")
    for way in [*body.way, *(way for clause in body.clause for way in clause.way if not isinstance(way, str))]:
        yield from _unknown("policy.toml", f"way {way.id}", "field", way.needs, fields)
        yield from _code_of_kind(policy, f"way {way.id}", [refusal.code for refusal in way.refuse], "refusal")
        yield from _code_of_kind(policy, f"way {way.id}", [reduction.code for reduction in way.reduce], "reduction")
    yield from _code_of_kind(policy, "refuse", [refusal.code for refusal in body.refuse], "refusal")


def _code_of_kind(policy: Policy, place: str, names: list[str], kind: str) -> Iterator[Finding]:
    for name in names:
        if name not in policy.codes or policy.codes[name].kind != kind:
            yield _of_policy(place, f"there is no {kind} code {name}")


def _doubled(policy: Policy) -> Iterator[Finding]:
    body = policy.body
    for what, names in (
        ("clause", [clause.id for clause in body.clause]), ("way", [way.id for way in body.way]), ("pool", [pool.id for pool in body.pool]),
        ("ceiling", [ceiling.id for ceiling in body.ceiling]), ("funding", [funding.id for funding in body.funding]),
        ("named value", [let.name for let in body.let]), ("join", [join.name for join in body.join]),
    ):
        for name, count in Counter(names).items():
            if count > 1:
                yield _of_policy(f"{what} {name}", f"it is declared {count} times")
    for clause in body.clause:
        for name in clause.figure:
            if name in body.figure:
                yield _of_policy(f"clause {clause.id}", f"the figure {name} is declared for the whole policy, too")


def _citations(policy: Policy) -> Iterator[Finding]:
    cited = [(f"clause {clause.id}", clause.article) for clause in policy.body.clause]
    cited += [(f"funding {funding.id}", funding.article) for funding in policy.body.funding]
    cited += [(f"lookup {lookup.name}", lookup.article) for lookup in policy.body.lookup]
    cited += [(f"figure {name}", figure.article or "") for name, figure in policy.body.figure.items()]
    for place, article in cited:
        if not article.strip():
            yield _of_policy(place, "the article is missing")


def _fundings(policy: Policy) -> Iterator[Finding]:
    for funding in policy.body.funding:
        remainders = sum(share.remainder for share in funding.share)
        if remainders != 1:
            yield _of_policy(f"funding {funding.id}", f"one treasury must bear the remainder, {remainders} do")
        for share in funding.share:
            if share.remainder == bool(share.share):
                yield _of_policy(f"funding {funding.id}", f"{share.treasury} bears a share or the remainder")


# ---------------------------------------------------------------- bands

def _bands(policy: Policy) -> Iterator[Finding]:
    for clause in policy.body.clause:
        if clause.bands:
            yield from _bands_of(clause.id, clause.bands)


def _bands_of(clause: str, bands: Bands) -> Iterator[Finding]:
    place = f"clause {clause}, bands {bands.name}"
    for number, step in enumerate(bands.step, 1):
        if (step.from_ is None) == (step.over is None):
            yield _of_policy(f"{place}, band {number}", "a band has one lower bound: `from` includes it, `over` excludes it")
            return
    for number, (step, following) in enumerate(zip(bands.step, bands.step[1:]), 1):
        yield from _bound(f"{place}, band {number}", step, following)
    last = bands.step[-1]
    if last.below is not None or last.to is not None:
        yield _of_policy(f"{place}, band {len(bands.step)}", "there is a gap above the last band: leave its upper bound out")


def _bound(place: str, step, following) -> Iterator[Finding]:
    if not step.lower < following.lower:
        yield _of_policy(place, f"overlap: the next band begins at {following.lower:,}, not above {step.lower:,}")
        return
    upper = step.below if step.below is not None else step.to
    if upper is None:
        return
    if upper < following.lower or (upper == following.lower and step.to is None and following.from_ is None):
        yield _of_policy(place, f"gap: it ends at {upper:,}, and the next band begins at {following.lower:,}")
    elif upper > following.lower or (step.to is not None and following.from_ is not None):
        yield _of_policy(place, f"overlap: it ends at {upper:,}, and the next band begins at {following.lower:,}")


# ---------------------------------------------------------------- expressions, ways, what nothing uses

def _expressions(policy: Policy) -> Iterator[Finding]:
    compiled = CompiledPolicy(policy)
    for clause in policy.body.clause:
        for way in policy.ways_of(clause):
            yield from _tried("policy.toml", f"clause {clause.id}", lambda: RuleCompiler(policy, clause, way).compile(0))
    yield from _tried("policy.toml", "lookup", lambda: compiled.lookups)
    for code in policy.codes.values():
        if code.kind == "exception":
            yield from _tried("codes.toml", code.id, lambda: compiled.cases_of(code))


def _tried(file: str, place: str, compile_it) -> Iterator[Finding]:
    try:
        compile_it()
    except ExpressionError as error:
        yield Finding(file, place, str(error))


def _ways(policy: Policy) -> Iterator[Finding]:
    """Of a clause's ways, one and only one must fit each combination of the choices that they ask for."""
    for clause in policy.body.clause:
        ways = policy.ways_of(clause)
        if len(ways) == 1 and ways[0].when is None:
            continue
        choices = _choices_asked(policy, clause, ways)
        if choices is None:
            yield _of_policy(f"clause {clause.id}", "the ways of a clause are told apart by choices of the claim only")
            continue
        for combination in product(*choices.values()):
            fitting = [way.id for way in ways if _holds(policy, way, dict(zip(choices, combination)))]
            if len(fitting) != 1:
                problem = "overlap" if fitting else "gap"
                yield _of_policy(f"clause {clause.id}", f"{problem}: {', '.join(combination)} fits {' and '.join(fitting) or 'no way'}")


def _choices_asked(policy: Policy, clause: Clause, ways: list[Way]) -> dict[str, list[str]] | None:
    asked = {name for way in ways for name in names_in(way.when or "True") if name not in policy.body.set}
    fields = policy.claims.fields
    if not all(name in fields and fields[name].choices for name in asked):
        return None
    return {name: list(fields[name].choices) for name in sorted(asked)}


def _holds(policy: Policy, way: Way, values: dict[str, str]) -> bool:
    """Whether a way's condition holds for given choices; the condition was compiled, so its nodes are known to be harmless."""
    names = {**policy.body.set, **values}
    return bool(eval(compile(ast.parse(way.when or "True", mode="eval"), "when", "eval"), {"__builtins__": {}}, names))


def _unused(policy: Policy) -> Iterator[Finding]:
    """A figure, value or set that nothing uses is most likely a slip of the pen."""
    used = set(_used_names(policy, policy.body.clause))
    for name in [*policy.body.figure, *policy.body.set, *(let.name for let in policy.body.let)]:
        if name not in used:
            yield _of_policy(name, "nothing uses it")
    for clause in policy.body.clause:
        used = set(_used_names(policy, [clause]))
        for name in [*clause.figure, *(let.name for let in clause.let)]:
            if name not in used:
                yield _of_policy(f"clause {clause.id}, {name}", "nothing uses it")


def _used_names(policy: Policy, clauses: list[Clause]) -> Iterator[str]:
    """The names that some clauses use, and those that what all clauses share uses."""
    body = policy.body
    lets = [*body.let, *(let for clause in clauses for let in clause.let)]
    ways = [way for clause in clauses for way in policy.ways_of(clause)]
    ceilings = [policy.ceilings[name] for clause in clauses for name in clause.ceilings]
    refusals = [*body.refuse, *(refusal for part in (*clauses, *ways) for refusal in part.refuse)]
    expressions = [*(let.value for let in lets), *(way.amount.value for way in ways), *(way.when for way in ways),
                   *(lookup.when for lookup in body.lookup), *(ceiling.value for ceiling in ceilings),
                   *(refusal.when or refusal.unless for refusal in refusals), *(reduction.when for way in ways for reduction in way.reduce),
                   *(clause.bands.of for clause in clauses if clause.bands),
                   *(case.when for code in policy.codes.values() for case in code.case)]
    for expression in filter(None, expressions):
        yield from names_in(expression)
    for sentence in [*(let.says for let in lets), *(way.amount.says for way in ways), *(ceiling.says for ceiling in ceilings)]:
        yield from placeholders(sentence)
