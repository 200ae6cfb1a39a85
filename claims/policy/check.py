"""Looks a policy over before it counts: names that lead nowhere, units that do not fit, bands and ways that overlap or leave gaps,
missing citations. Findings are values, all reported at once, each with the place where it stands."""

from __future__ import annotations

import ast
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from types import SimpleNamespace
from typing import Any

from claims.errors import InputRefused
from claims.policy.change import ChangeMisplaced, changed_policy
from claims.policy.compiler import (
    LIMIT_WORDS, CompiledPolicy, NameScope, RuleCompiler, awards_column, eligible_sql, joined_column, placeholders,
)
from claims.policy.expression import SCALE_OF_UNIT, ExpressionError, names_in
from claims.policy.known import gaps
from claims.policy.model import (
    SHIPPED, Bands, Bound, Clause, Code, Commendation, Field, Figure, Join, Lookup, Policy, Pool, Table, Way, find_policy, load_policy, name_suffix, stored_name,
)
from claims.policy.names import relation_names, why_taken
from claims.policy.outline import Place, left_out, places, whole, written
from claims.settings import NUMBER_MARKS

DETECTORS = {
    "needed_empty": "exception", "unreadable": "exception", "unknown_value": "exception", "changed": "exception", "doubled": "exception",
    "nothing_due": "refusal", "not_in_force": "refusal", "waived": "waiver", "refused_on_review": "refusal", "withdrawn": "refusal",
}
"""What one code of each policy detects, and the kind of that code."""
NEVER_WAIVABLE = ("needed_empty", "unreadable", "unknown_value", "changed")
"""Their claims lack a value to compute with, or are decided already."""
COMPARED_AS = {"id": "text", "uscc": "text", "party": "text"}
"""Types whose values are compared as they stand."""
ONE_FORM = str.maketrans("（）", "()")
MISSING = {
    "field": "`{name}` may be empty, and nothing is said of that: add it to `needs`",
    "join": "`{name}` may be missing (no row of `{join}`, or an empty cell in it), and nothing is said of that: give a code a case, "
            "`each_empty = [\"{name}\"]`, or refuse `unless` it is there",
    "lookup": "`{name}` may not be found, and nothing is said of that: refuse `unless` a condition of it holds, or give a code a case with `empty({name})`",
}
OWN_PREFIXES = ("claim", "given", "first", "other")
ROLES = ("claim_id", "claimant", "clause", "claim_year", "submitted_on")


@dataclass(frozen=True)
class Finding:
    """Something wrong in a policy: the file, the place in it, and what is wrong."""

    file: str
    place: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file}: {self.place}: {self.problem}"


def load_sound_policy(name_or_path: str | None) -> Policy:
    """A policy that can be used or shown. Raises InputRefused with every finding."""
    policy = load_policy(find_policy(name_or_path))
    require_sound(policy)
    return policy


def require_sound(policy: Policy) -> None:
    """Raises InputRefused with every finding of a policy that is not shipped."""
    findings = [] if policy.source.parent == SHIPPED else check_policy(policy)
    if findings:
        raise InputRefused([*map(str, findings), f"{policy.source}: mend these first; `claims policy check {policy.source}` shows them again"])


def check_policy(policy: Policy) -> list[Finding]:
    """Every finding of a policy; an empty list when it can be used. Its other readings are looked at once it is sound itself."""
    return _findings(policy) or [*(list(_gaps(policy)) or _payees(policy)), *_alternatives(policy)]


def _findings(policy: Policy) -> list[Finding]:
    """Names are looked at once the tables are sound, expressions once all names lead somewhere, what they say together once each can be read."""
    findings = [*_tables(policy)] or [
        *_codes(policy), *_named(policy), *_names(policy), *_doubled(policy), *_hidden(policy), *_citations(policy), *_fundings(policy), *_bands(policy),
        *_instalments(policy), *_statuses(policy), *_coverage(policy), *_commendation(policy),
    ]
    return findings or [*_pools(policy), *_carries(policy), *_expressions(policy)] or [*_ways(policy), *_unused(policy)]


def _of_policy(place: str, problem: str) -> Finding:
    return Finding("policy.toml", place, problem)


def _gaps(policy: Policy) -> Iterator[Finding]:
    """A fact that an award is made of must be there, or somebody must notice. A changed policy is only tried, and what it lacks is told then."""
    for gap in gaps(policy) if policy.files else ():
        yield _of_policy(f"clause {gap.clause}", MISSING[gap.kind].format(name=gap.name, join=gap.name.partition(".")[0]))


def _payees(policy: Policy) -> Iterator[Finding]:
    """Nobody may be paid whom nobody has listed."""
    payment = policy.body.payment
    for clause in policy.body.clause:
        if clause.payee in (None, policy.claims.with_role("claimant").name):
            continue
        joins = {join.name for join in policy.body.join if join.table == payment.table and clause.payee in join.on.values()}
        asked = {name.partition(".")[0] for code in policy.codes.values() if code.kind == "exception" for case in code.case
                 if case.clauses is None or clause.id in case.clauses for name in names_in(case.when)}
        if not joins & asked:
            yield _of_policy(f"clause {clause.id}", f"nothing looks whether the payee is listed: join {payment.table} by {clause.payee}, "
                             f"and give a code a case with `filled({clause.payee}) and not found(…)`")


def _alternatives(policy: Policy) -> Iterator[Finding]:
    """Each other reading must make a policy that holds together as this one does."""
    for name, count in Counter(alternative.id for alternative in policy.alternatives).items():
        if count > 1:
            yield Finding("readings.toml", name, f"it is declared {count} times")
    for alternative in policy.alternatives:
        try:
            findings = _findings(changed_policy(policy, alternative.changes)) if alternative.changes else []
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
    for table in (*policy.tables.values(), *policy.score_tables.values()):
        for name in table.key:
            if name not in table.fields:
                yield Finding("facts.toml", f"table {table.name}", f"its key names {name}, which is no field of it")
        for header, count in Counter(field.header for field in table.field).items():
            if count > 1:
                yield Finding("facts.toml", f"table {table.name}", f"the header {header} stands {count} times")
        for field in table.field:
            if (field.type == "choice") != bool(field.choices):
                yield Finding("facts.toml", f"{table.name}.{field.name}", "a choice, and only a choice, lists its choices")
            if field.type == "money" and not field.header.translate(ONE_FORM).endswith(f"({policy.head.currency.word})"):
                yield Finding("facts.toml", f"{table.name}.{field.name}", f"the header of a sum of money ends in （{policy.head.currency.word}）, {field.header} does not; files may count ten thousands")
            if field.unit in ("yuan", "m2", "yuan/m2", "pct") and not field.name.endswith(name_suffix(field.unit)):
                yield Finding("facts.toml", f"{table.name}.{field.name}", f"a value in {field.unit} has a name that ends in {name_suffix(field.unit)}")
    for role in ROLES:
        if not any(field.role == role for table in policy.tables.values() if table.holds == "claims" for field in table.field):
            yield Finding("facts.toml", "table claims", f"no field has the role {role}")


def _codes(policy: Policy) -> Iterator[Finding]:
    for what, kind in DETECTORS.items():
        found = [code for code in policy.codes.values() if code.detect == what]
        if len(found) != 1:
            yield Finding("codes.toml", "code", f"one code must detect {what}, there are {len(found)}")
        for code in found:
            if code.kind != kind:
                yield Finding("codes.toml", code.id, f"a code that detects {what} is of the kind {kind}")
    for code in policy.codes.values():
        if code.kind == "exception" and not ("{cells}" in code.message_zh and "{article}" in code.message_zh and "{cells}" in code.message_en):
            yield Finding("codes.toml", code.id, "the message of an exception names {cells} and {article}")
        if code.waivable and (code.kind != "exception" or code.detect in NEVER_WAIVABLE):
            yield Finding("codes.toml", code.id, "only an exception whose claims have an amount all the same can be waived")
        if code.determines:
            yield from _determines(policy, code)
        if code.kind == "exception" and not code.detect and not code.case:
            yield Finding("codes.toml", code.id, "an exception has a case that says when it applies")
        for case in code.case:
            yield from _unknown("codes.toml", code.id, "clause", case.clauses or [], policy.clauses)
        yield from _unknown("codes.toml", code.id, "code", code.not_with, policy.codes)


def _determines(policy: Policy, code: Code) -> Iterator[Finding]:
    """A reviewer who sets an amount fills a row: the claim's id, the amount, who set it, and the day."""
    join, claim_id = policy.joins.get(code.determines), policy.claims.with_role("claim_id").name
    if join is None:
        yield Finding("codes.toml", code.id, f"`determines` names a join, there is none named {code.determines}")
    elif [*join.on.values()] != [claim_id] or policy.tables[join.table].key != [*join.on]:
        yield Finding("codes.toml", code.id, f"what a reviewer determines is a row of its own for each claim: {code.determines} is joined by {claim_id}, the key of its table")
    elif sorted(field.type for field in policy.tables[join.table].field if not field.optional and field.name not in join.on) != ["date", "money", "text"]:
        yield Finding("codes.toml", code.id, f"of {join.table} a reviewer fills one sum of money, one text (who set it) and one date; its other fields are optional")
    elif code.kind != "exception" or code.detect:
        yield Finding("codes.toml", code.id, "an exception with cases asks for an amount")


# ---------------------------------------------------------------- names that must lead somewhere

def _unknown(file: str, place: str, what: str, names: Iterable[str], known: Iterable[str]) -> Iterator[Finding]:
    for name in names:
        if name not in known:
            yield Finding(file, place, f"there is no {what} {name}")


def _names(policy: Policy) -> Iterator[Finding]:
    body, fields = policy.body, policy.claims.fields
    shared_ways = [way.id for way in body.way]
    yield from _unknown("policy.toml", "policy.needs", "field", body.policy.needs, fields)
    for role in ROLES[1:]:  # a line without claim_id is no claim
        name = policy.claims.with_role(role).name
        if name not in body.policy.needs:
            yield _of_policy("policy.needs", f"every claim needs its {role}: it lacks {name}")
    yield from _unknown("policy.toml", "payment", "table", [body.payment.table], policy.tables)
    for mark in NUMBER_MARKS:
        if mark not in body.letter.number_pattern:
            yield _of_policy("letter", f"`number_pattern` lacks {mark}: two letters would have one number")
    for item in [*body.join, *body.lookup]:
        yield from _unknown("policy.toml", item.name, "table", [item.table], policy.tables)
        if item.table in policy.tables:
            yield from _unknown("policy.toml", item.name, f"field of {item.table}", item.on, policy.tables[item.table].fields)
        yield from _unknown("policy.toml", item.name, "field of the claims", item.on.values(), fields)
        yield from _matches(policy, item)
    for lookup in body.lookup:
        if lookup.table in policy.tables:
            yield from _unknown("policy.toml", lookup.name, f"field of {lookup.table}", lookup.fields, policy.tables[lookup.table].fields)
    for join in body.join:
        if join.name in OWN_PREFIXES:
            yield _of_policy(f"join {join.name}", f"`{join.name}.` means something else already, take another name")
        for name in join.back:
            if name not in join.on or fields[join.on[name]].type != "year":
                yield _of_policy(join.name, f"`back` takes years off a year of the claim that `on` names, {name} is none")
    for pool in body.pool:
        yield from _unknown("policy.toml", f"pool {pool.id}", "field of the claims", [*pool.per, *filter(None, [pool.of])], fields)
    for ceiling in body.ceiling:
        yield from _unknown("policy.toml", f"ceiling {ceiling.id}", "pool", [ceiling.pool], policy.pools)
        yield from _code_of_kind(policy, f"ceiling {ceiling.id}", [ceiling.code], "reduction")
    for funding in body.funding:
        yield from _unknown("policy.toml", f"funding {funding.id}", "treasury", [share.treasury for share in funding.share], policy.treasury_ids)
    for place, name in [*((f"treasury {one.id}", one.by) for one in body.treasury if one.by), *(("breakdown", one.by) for one in body.breakdown)]:
        if joined_column(policy, name) is None:
            yield _of_policy(place, f"{name} is no fact of a text or choice that a join looks up")
    for clause in body.clause:
        place = f"clause {clause.id}"
        yield from _unknown("policy.toml", place, "funding", [clause.funding], policy.fundings)
        yield from _unknown("policy.toml", place, "reading", clause.readings, policy.readings)
        yield from _unknown("policy.toml", place, "ceiling", clause.ceilings, policy.ceilings)
        yield from _unknown("policy.toml", place, "way", [way for way in clause.way if isinstance(way, str)], shared_ways)
        yield from _unknown("policy.toml", place, "pool", policy.pools_named(clause), policy.pools)
        yield from _unknown("policy.toml", place, "field", [*clause.needs, *filter(None, [clause.payee])], fields)
        yield from _code_of_kind(policy, place, [refusal.code for refusal in clause.refuse], "refusal")
        yield from _code_of_kind(policy, place, [clause.highest.code] if clause.highest else [], "reduction")
        yield from _code_of_kind(policy, place, [*([clause.once.code] if clause.once else []), *(code for bands in clause.bands for code in bands.codes)], "refusal")
    for way in [*body.way, *(way for clause in body.clause for way in clause.way if not isinstance(way, str))]:
        yield from _unknown("policy.toml", f"way {way.id}", "field", way.needs, fields)
        yield from _code_of_kind(policy, f"way {way.id}", [refusal.code for refusal in way.refuse], "refusal")
        yield from _code_of_kind(policy, f"way {way.id}", [reduction.code for reduction in way.reduce], "reduction")
    yield from _code_of_kind(policy, "refuse", [refusal.code for refusal in body.refuse], "refusal")


def _matches(policy: Policy, item: Join | Lookup) -> Iterator[Finding]:
    """What is compared must be of one kind, or it would never be found."""
    theirs, ours = policy.tables[item.table].fields if item.table in policy.tables else {}, policy.claims.fields
    for their_name, our_name in item.on.items():
        their, our = theirs.get(their_name), ours.get(our_name)
        if their and our and (COMPARED_AS.get(their.type, their.type) != COMPARED_AS.get(our.type, our.type) or (their.choices and not their.choices.keys() & our.choices.keys())):
            yield _of_policy(item.name, f"{item.table}.{their_name} is a {their.type}, {our_name} of the claims a {our.type}: only values of one kind are ever equal")


def _code_of_kind(policy: Policy, place: str, names: list[str], kind: str) -> Iterator[Finding]:
    for name in names:
        if name not in policy.codes or policy.codes[name].kind != kind:
            yield _of_policy(place, f"there is no {kind} code {name}")


def _pools(policy: Policy) -> Iterator[Finding]:
    """What a pool is kept by must be known of every claim and award that counts in it, or a limit would not see it."""
    for clause in policy.body.clause:
        for part in filter(None, (clause.once, clause.cumulative)):
            if policy.pools[part.pool].counts not in ("awards", "entitled"):
                yield _of_policy(f"clause {clause.id}", f"what was given before is told by a pool that counts awards, {part.pool} does not")
        if clause.highest:
            yield from _highest(policy, clause)
    for pool in policy.body.pool:
        for name in [*pool.per, *filter(None, [pool.of])]:
            field, does = policy.claims.fields[name], "is kept by" if name in pool.per else "counts"
            for clause in policy.body.clause:
                needed = {*policy.head.needs, *clause.needs}
                if pool.id in policy.pools_of(clause) and name not in needed:
                    yield _of_policy(f"pool {pool.id}", f"it {does} {name}, which clause {clause.id} does not need: add it to its `needs`")
            if awards_column(policy, field) is None and not _by_claim(policy, pool):
                yield Finding("facts.toml", f"table {policy.awards.name}", f"it lacks the field {name}, which pool {pool.id} {does}")


def _highest(policy: Policy, clause: Clause) -> Iterator[Finding]:
    """What an item would come to by itself is told by pools that leave out what only the highest of several items takes."""
    own, among = policy.pools[clause.highest.own], policy.pools[clause.highest.among]
    members = {name: policy.members_of(name) for name in policy.pools_of(clause)}
    for name in members:
        if policy.pools[name].counts == "awards" and {*members[name]} <= {*members[own.id]} and name not in (own.id, among.id):
            yield _of_policy(f"pool {name}", f"what clause {clause.id} would give if not only the highest of several items were given draws on this pool: "
                             "set its `counts` to \"entitled\"")
    if own.counts != "entitled" or among.counts != "awards":
        yield _of_policy(f"clause {clause.id}", "of `highest` the pool `own` counts what was `entitled`, and `among` counts `awards`")
    if own.per != among.per:
        yield _of_policy(f"clause {clause.id}", f"of `highest` both pools are kept by the same fields, {own.id} and {among.id} are not")
    for other in members[own.id]:
        if other not in members[among.id]:
            yield _of_policy(f"clause {other}", f"its awards count in {own.id}, an item of which only the highest is given, and not in {among.id}, which counts all items")


def _carries(policy: Policy) -> Iterator[Finding]:
    for ceiling in policy.body.ceiling:
        pool = policy.pools[ceiling.pool]
        if ceiling.carry_years and (pool.unit != "yuan" or not any(field.role == "claim_year" for field in policy.pool_fields(pool))):
            yield _of_policy(f"ceiling {ceiling.id}", "what is over it is carried to later years: its pool counts sums and is kept by the year")
    for clause in policy.body.clause:
        carrying = [name for name in clause.ceilings if policy.ceilings[name].carry_years]
        if len(carrying) > 1:
            yield _of_policy(f"clause {clause.id}", "one ceiling of a clause may carry, not several")


def _by_claim(policy: Policy, pool: Pool) -> bool:
    """Nothing paid before counts in a pool of a single claim."""
    return any(field.role == "claim_id" for field in policy.pool_fields(pool))


def _doubled(policy: Policy) -> Iterator[Finding]:
    body = policy.body
    for what, names in (
        ("clause", [clause.id for clause in body.clause]), ("way", [way.id for way in body.way]), ("pool", [pool.id for pool in body.pool]),
        ("ceiling", [ceiling.id for ceiling in body.ceiling]), ("funding", [funding.id for funding in body.funding]),
        ("named value", [let.name for let in body.let]), ("join or lookup", [item.name for item in (*body.join, *body.lookup)]),
        ("treasury", policy.treasury_ids),
    ):
        for name, count in Counter(names).items():
            if count > 1:
                yield _of_policy(f"{what} {name}", f"it is declared {count} times")
    _, facts, codes, readings, _ = policy.parts
    for file, what, names in (
        ("facts.toml", "table", [table.name for table in facts.table]), ("codes.toml", "code", [code.id for code in codes.code]),
        ("readings.toml", "reading", [reading.id for reading in readings.reading]),
        *(("facts.toml", f"field of {table.name}", [field.name for field in table.field]) for table in facts.table),
        *(("policy.toml", f"clause {clause.id}, value", [item.name for item in (*clause.let, *clause.bands)]) for clause in body.clause),
        *(("policy.toml", f"clause {clause.id}, way", [way.id for way in policy.ways_of(clause)]) for clause in body.clause),
    ):
        for name, count in Counter(names).items():
            if count > 1:
                yield Finding(file, f"{what} {name}", f"it is declared {count} times")
    named = [("join", join.name) for join in body.join] + [("figure", name) for part in (body, *body.clause) for name in part.figure]
    for what, name in [*named, *(("field", name) for name in policy.claims.fields)]:
        if name in LIMIT_WORDS:
            yield _of_policy(f"{what} {name}", "sentences use this word for something else, take another name")
    for clause in body.clause:
        for name in clause.figure:
            if name in body.figure:
                yield _of_policy(f"clause {clause.id}", f"the figure {name} is declared for the whole policy, too")


def _named(policy: Policy) -> Iterator[Finding]:
    """Names that mean something else already."""
    body, claims = policy.body, policy.claims
    named = [("facts.toml", f"table {table.name}", table.name, None) for table in policy.tables.values()]
    named += [("facts.toml", f"{table.name}.{field.name}", field.name, None if field.role else field.column) for table in policy.tables.values() for field in table.field]
    named += [("policy.toml", f"{what} {name}", name, None) for what, names in (
        ("join", policy.joins), ("set", body.set), ("figure", body.figure), *((f"clause {clause.id}, figure", clause.figure) for clause in body.clause),
    ) for name in names]
    named += [("policy.toml", f"lookup {lookup.name}", lookup.name, lookup.name) for lookup in body.lookup]
    named += [("policy.toml", f"treasury {treasury.id}", treasury.id, f"{treasury.id}_fen") for treasury in body.treasury]
    named += [("policy.toml", f"named value {let.name}", let.name, stored_name(let.name, let.unit)) for part in (body, *body.clause) for let in part.let]
    named += [("policy.toml", f"bands {name}", name, stored_name(name, unit)) for clause in body.clause for bands in clause.bands
              for name, unit in ((bands.name, bands.unit), (bands.cap, "yuan")) if name]
    for file, place, name, column in named:
        reason = why_taken(name, column)
        if reason:
            yield Finding(file, place, reason)
    for table in policy.tables.values():
        if table.name in relation_names():
            yield Finding("facts.toml", f"table {table.name}", "the program keeps a table of this name, take another one")
    for name in [*body.figure, *(name for clause in body.clause for name in clause.figure), *(let.name for part in (body, *body.clause) for let in part.let)]:
        if name in claims.fields or name in policy.joins or name in policy.lookups:
            yield _of_policy(name, "a field of the claims, a join or a lookup has this name, too: one would hide the other")


def _hidden(policy: Policy) -> Iterator[Finding]:
    """Names whose values are stored in one column: expressions would take one for the other."""
    body = policy.body
    for table in policy.tables.values():
        if table is not policy.claims:
            yield from _of_one_column("facts.toml", table.name, [], [(field.name, field.column) for field in table.field])
    everywhere = [(name, field.column) for name, field in policy.claims.fields.items()]
    everywhere += [(f"{treasury}_fen", f"{treasury}_fen") for treasury in policy.treasury_ids] + [(lookup.name, lookup.name) for lookup in body.lookup]
    everywhere += [(let.name, stored_name(let.name, let.unit)) for let in body.let]
    yield from _of_one_column("policy.toml", "whole policy", [], everywhere)
    for clause in body.clause:
        values = [(let.name, let.unit) for let in clause.let]
        values += [(name, unit) for bands in clause.bands for name, unit in ((bands.name, bands.unit), (bands.cap, "yuan")) if name]
        yield from _of_one_column("policy.toml", f"clause {clause.id}", everywhere, [(name, stored_name(name, unit)) for name, unit in values])


def _of_one_column(file: str, place: str, known: list[tuple[str, str]], added: list[tuple[str, str]]) -> Iterator[Finding]:
    """The names of `added` that are stored like another one of them, or like one that is known."""
    names = {column: name for name, column in known}
    for name, column in added:
        other = names.setdefault(column, name)
        if other != name:
            yield Finding(file, place, f"{name} is stored under the same name as {other}, and one would be taken for the other: give {name} another name")


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


def _statuses(policy: Policy) -> Iterator[Finding]:
    for place, statuses in (("status", policy.body.status), *((f"clause {clause.id}, status", clause.status) for clause in policy.body.clause)):
        for status, following in zip(statuses, statuses[1:]):
            if following.from_ <= status.from_:
                yield _of_policy(place, f"{following.from_} does not come after {status.from_}: list the changes from the oldest to the newest")
        for status in statuses:
            if not status.document.strip():
                yield _of_policy(place, f"the document that brought the status of {status.from_} is missing")


def _instalments(policy: Policy) -> Iterator[Finding]:
    for clause in policy.body.clause:
        remainders = [instalment.remainder for instalment in clause.instalment]
        if any(remainders) and remainders != [False] * (len(remainders) - 1) + [True] or (remainders and not any(remainders)):
            yield _of_policy(f"clause {clause.id}", "the last instalment, and only that, is the remainder")
        for number, instalment in enumerate(clause.instalment, 1):
            if instalment.remainder == bool(instalment.share):
                yield _of_policy(f"clause {clause.id}, instalment {number}", "an instalment is a share or the remainder")


def _coverage(policy: Policy) -> Iterator[Finding]:
    """Every item of the text is placed once, every clause computes some item, and what a commendation proposes is an item that people decide."""
    commendation = policy.body.commendation
    proposing = [commendation.id] if commendation else []
    for item in policy.coverage:
        if sum(map(bool, (item.clauses, item.decided_by, item.no_money))) != 1:
            yield Finding("coverage.toml", item.article, "nobody placed it: it has `clauses`, `decided_by` or `no_money`")
        yield from _unknown("coverage.toml", item.article, "clause", item.clauses, policy.clauses)
        yield from _unknown("coverage.toml", item.article, "commendation", filter(None, [item.proposed_by]), proposing)
        if item.proposed_by and not item.decided_by:
            yield Finding("coverage.toml", item.article, "a commendation proposes, `decided_by` says who decides")
    if commendation and not any(item.proposed_by == commendation.id for item in policy.coverage):
        yield Finding("coverage.toml", "item", f"no item is `proposed_by` the commendation {commendation.id}")
    placed = {clause for item in policy.coverage for clause in item.clauses}
    for clause in policy.clauses:
        if clause not in placed:
            yield Finding("coverage.toml", "item", f"no item is computed by clause {clause}")
    yield from _outline([place for article in policy.text for place in places(article)], [place for item in policy.coverage for place in places(item.article)])
    for article in (*policy.text, *(item.article for item in policy.coverage)):
        if not places(article):
            yield Finding("coverage.toml", article, "it names no place: write 第三条, 第三条第（一）项, or 第三条至第五条 for all from one to the other")


def _outline(text: list[Place], placed: list[Place]) -> Iterator[Finding]:
    """The text is numbered without a gap, and each of its places is placed once, by itself or with what it is a part of."""
    if not text:
        yield Finding("coverage.toml", "text", "it is missing: list all places of the official text, typed from the text itself and not from the items, "
                      "e.g. text = [\"第一条至第九条\", \"第十条第（一）项至第（三）项\", \"第十条末段\"]")
    for missing, place in left_out(text or placed):
        yield Finding("coverage.toml", written(place), f"{missing} is left out before it: the text is numbered without a gap, so give {missing} its item, "
                      "and name it in `text`")
    known = whole(text)
    for place, count in Counter(placed).items():
        around = next((place[:length] for length in range(1, len(place)) if place[:length] in placed), None)
        if count > 1:
            yield Finding("coverage.toml", written(place), f"it stands there {count} times")
        if around:
            yield Finding("coverage.toml", written(place), f"{written(around)}, which it is a part of, is placed as a whole: place either the whole, or each of its parts")
        if text and place not in known:
            yield Finding("coverage.toml", written(place), "`text` does not have it: look into the official text, and correct the item or `text`")
    for place in text:
        if not any(place[:length] in placed for length in range(1, len(place) + 1)):
            yield Finding("coverage.toml", written(place), "nobody placed it, and the text has it: give it an item with `clauses`, `decided_by` or `no_money`")


# ---------------------------------------------------------------- commendation

def _commendation(policy: Policy) -> Iterator[Finding]:
    commendation = policy.body.commendation
    for name in policy.score_tables:
        if commendation is None or commendation.table != name:
            yield Finding("facts.toml", f"table {name}", "it holds scores, and no commendation ranks them")
    if commendation is None:
        return
    place = f"commendation {commendation.id}"
    if commendation.id in policy.clauses:
        yield _of_policy(place, "a clause has the same id")
    for what, text in (("article", commendation.article), ("title of the honour", commendation.honour.title)):
        if not text.strip():
            yield _of_policy(place, f"the {what} is missing")
    yield from _unknown("policy.toml", place, "reading", commendation.readings, policy.readings)
    yield from _unknown("policy.toml", place, "table that holds scores and is named", [commendation.table], policy.score_tables)
    if policy.body.payment.table in policy.tables:
        yield from _eligible(policy, place, commendation)
        if commendation.table in policy.score_tables:
            yield from _score_table(policy, place, commendation, policy.score_tables[commendation.table])


def _eligible(policy: Policy, place: str, commendation: Commendation) -> Iterator[Finding]:
    """The condition speaks of the party's own row; there is no claim whose facts it could use."""
    known = {*policy.tables[policy.body.payment.table].fields, *policy.body.set, *policy.body.figure}
    try:
        strange = [name for name in names_in(commendation.eligible) if name not in known]
        if strange:
            yield from _unknown("policy.toml", f"{place}, eligible", f"field of {policy.body.payment.table}, set or figure", strange, known)
        else:
            eligible_sql(policy, commendation)
    except ExpressionError as error:
        yield _of_policy(f"{place}, eligible", str(error))


def _score_table(policy: Policy, place: str, commendation: Commendation, table: Table) -> Iterator[Finding]:
    paid = policy.tables[policy.body.payment.table]
    party = paid.fields.get(paid.key[0])
    wanted = {"ranked": party.type if party else "uscc", "year": "year", "score": "score", "parent": "text"}
    for key, kind in wanted.items():
        name = getattr(commendation, key)
        yield from _unknown("policy.toml", place, f"field of {table.name}", [name], table.fields)
        if name in table.fields and (table.fields[name].type != kind or table.fields[name].optional != (key == "parent")):
            optional = "an optional" if key == "parent" else "no optional"
            yield _of_policy(place, f"`{key}` names {optional} field of the type {kind}, {name} is not like that")
    if table.unreadable != "refuse":
        yield Finding("facts.toml", f"table {table.name}", "a rank depends on every score: set `unreadable` to \"refuse\"")
    score = table.fields.get(commendation.score)
    if score is None:
        return
    least, most = score.range.at_least, score.range.at_most
    if least is None or least < 0 or most is None:
        yield Finding("facts.toml", f"{table.name}.{score.name}", "a score has a `range` with `at_least`, not below 0, and `at_most`")
        return
    for key, places in (("honour", commendation.honour), ("priority", commendation.priority)):
        if not least <= places.from_ <= most or Fraction(places.from_) * SCALE_OF_UNIT["point"] % 1:
            yield _of_policy(f"{place}, {key}", f"`from` is a score of {least} to {most} with two decimals at most, {places.from_} is none")
        if places.at_most < 1:
            yield _of_policy(f"{place}, {key}", "`at_most` is one place or more")


# ---------------------------------------------------------------- bands

def _bands(policy: Policy) -> Iterator[Finding]:
    for clause in policy.body.clause:
        for bands in clause.bands:
            place = f"clause {clause.id}, bands {bands.name}"
            yield from _results(place, bands)
            yield from _bounds(place, bands)


def _results(place: str, bands: Bands) -> Iterator[Finding]:
    """Each band gives one thing, and all of them the same."""
    for number, step in enumerate(bands.step, 1):
        if sum(result is not None for result in (step.award, step.rate, step.each, step.code)) != 1:
            yield _of_policy(f"{place}, band {number}", "a band gives an `award`, a `rate`, a sum for `each` piece or a `code`")
        if (step.cap is not None) != (bands.cap is not None and step.code is None):
            yield _of_policy(f"{place}, band {number}", "either every band has a `cap`, and `cap` of the bands names it, or none has")
    if len({step.award is None for step in bands.step if step.code is None}) > 1:
        yield _of_policy(place, "some bands give an award, others a rate")
    by_rate = all(step.rate is not None and step.from_ is not None for step in bands.step) and bands.round
    by_piece = all(step.each is not None and not isinstance(step.lower, dt.date) and Fraction(step.lower or 0) % 1 == 0 for step in bands.step)
    if bands.marginal and not (by_rate or by_piece):
        yield _of_policy(place, "marginal bands have a `rate` and `from` each, and `round` for their sum; or each a sum for `each` piece, and whole numbers as bounds")
    if not bands.marginal and any(step.each is not None for step in bands.step):
        yield _of_policy(place, "only `marginal` bands give a sum for `each` piece; where all pieces have that of the band reached, give it as `award` and multiply")


def _bounds(place: str, bands: Bands) -> Iterator[Finding]:
    first, last = bands.step[0], bands.step[-1]
    for number, step in enumerate(bands.step, 1):
        if step.from_ is not None and step.over is not None or (step.lower is None and step is not first):
            yield _of_policy(f"{place}, band {number}", "a band has one lower bound: `from` includes it, `over` excludes it")
            return
    if (first.lower is None) == (bands.code is not None):
        yield _of_policy(place, "what lies below the first band is refused by `code`; without a lower bound of the first band there is no such code")
    for number, (step, following) in enumerate(zip(bands.step, bands.step[1:]), 1):
        yield from _bound(f"{place}, band {number}", step, following)
    if last.below is not None or last.to is not None:
        yield _of_policy(f"{place}, band {len(bands.step)}", "there is a gap above the last band: leave its upper bound out")


def _bound(place: str, step, following) -> Iterator[Finding]:
    if step.lower is not None and not step.lower < following.lower:
        yield _of_policy(place, f"overlap: the next band begins at {_number(following.lower)}, not above {_number(step.lower)}")
        return
    upper = step.below if step.below is not None else step.to
    if upper is None:
        return
    if upper < following.lower or (upper == following.lower and step.to is None and following.from_ is None):
        yield _of_policy(place, f"gap: it ends at {_number(upper)}, and the next band begins at {_number(following.lower)}")
    elif upper > following.lower or (step.to is not None and following.from_ is not None):
        yield _of_policy(place, f"overlap: it ends at {_number(upper)}, and the next band begins at {_number(following.lower)}")


def _number(bound: Bound) -> str:
    return str(bound) if isinstance(bound, dt.date) else f"{bound:,}"


# ---------------------------------------------------------------- expressions, ways, what nothing uses

def _expressions(policy: Policy) -> Iterator[Finding]:
    compiled = CompiledPolicy(policy)
    for clause in policy.body.clause:
        for way in policy.ways_of(clause):
            yield from _tried("policy.toml", f"clause {clause.id}", lambda: RuleCompiler(policy, clause, way).compile(0))
    yield from _tried("policy.toml", "clause", lambda: compiled.turns)
    yield from _tried("policy.toml", "lookup", lambda: compiled.lookups)
    for code in policy.codes.values():
        if code.kind == "exception" and code.detect != "unknown_value":  # what it finds is told with the rules
            yield from _tried("codes.toml", code.id, lambda: compiled.cases_of(code))


def _tried(file: str, place: str, compile_it) -> Iterator[Finding]:
    try:
        compile_it()
    except ExpressionError as error:
        yield Finding(file, place, str(error))


def _ways(policy: Policy) -> Iterator[Finding]:
    """Of a clause's ways, one and only one must fit whatever the facts that they ask for may be."""
    for clause in policy.body.clause:
        ways = policy.ways_of(clause)
        if len(ways) == 1 and ways[0].when is None:
            continue
        scope = NameScope(policy, clause)
        asked = list(dict.fromkeys(name for way in ways for name in names_in(way.when or "True") if name not in policy.body.set))
        figures = {name: scope.figure(name) for name in asked if scope.figure(name)}
        samples = {name: _samples(scope.field(name), figures.values()) for name in asked if name not in figures}
        if not all(samples.values()) or any(map(_calls, ways)):
            yield _of_policy(f"clause {clause.id}", "the ways of a clause are told apart by choices, and by days and numbers that are compared with figures")
            continue
        known = {**policy.body.set, **{name: figure.value for name, figure in figures.items()}}
        for combination in product(*samples.values()):
            fitting = [way.id for way in ways if _holds(way, known, dict(zip(samples, combination)))]
            if len(fitting) != 1:
                problem = "overlap" if fitting else "gap"
                shown = ", ".join(map(str, combination))
                yield _of_policy(f"clause {clause.id}", f"{problem}: {shown} fits {' and '.join(fitting) or 'no way'}")


def _calls(way: Way) -> bool:
    """Whether the condition of a way uses a function."""
    return any(isinstance(node, ast.Call) for node in ast.walk(ast.parse(way.when or "True", mode="eval")))


def _samples(field: Field | None, figures: Iterable[Figure]) -> list:
    """Values of a fact on both sides of every figure that it may be compared with, or all choices; none where it cannot be told."""
    if field is None:
        return []
    if field.choices:
        return list(field.choices)
    step = dt.timedelta(1) if field.type == "date" else Fraction(1, SCALE_OF_UNIT.get(field.unit, 1))
    bounds = [figure.value for figure in figures if figure.unit == (field.unit or field.type)]
    return [bound + shift * step for bound in bounds for shift in (-1, 0, 1)]


def _holds(way: Way, known: dict[str, Any], values: dict[str, Any]) -> bool:
    """Whether a way's condition holds for given facts; the condition was compiled, so its nodes are known to be harmless."""
    joined: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        prefix, _, rest = name.rpartition(".")
        joined.setdefault(prefix, {})[rest] = value
    names = {**known, **joined.pop("", {}), **{join: SimpleNamespace(**fields) for join, fields in joined.items()}}
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
                   *(bands.of for clause in clauses for bands in clause.bands),
                   *(share.share for funding in body.funding for share in funding.share),
                   *(text for clause in clauses for instalment in clause.instalment for text in (instalment.share, instalment.due)),
                   *(text for clause in clauses for obligation in clause.obligation for text in (obligation.repay, obligation.until)),
                   *(case.when for code in policy.codes.values() for case in code.case),
                   *([body.commendation.eligible] if body.commendation else [])]
    for expression in filter(None, expressions):
        yield from names_in(expression)
    yield from filter(None, [part.round_to for part in (*lets, *(way.amount for way in ways))])
    for sentence in [*(let.says for let in lets), *(way.amount.says for way in ways), *(ceiling.says for ceiling in ceilings),
                     *(reduction.says or "" for way in ways for reduction in way.reduce)]:
        yield from placeholders(sentence)
