"""The edge cases as a page for the bureau to go through and sign: a table for each way of a clause."""

from __future__ import annotations

from dataclasses import dataclass

from claims.cases.file import Case, Cases, RuleCases
from claims.cases.variables import Values, Variable, VariablesOfRule, ordinal
from claims.cases.words import value_text
from claims.money import yuan_text
from claims.pages import page
from claims.policy.compiler import CompiledPolicy
from claims.policy.model import Policy


@dataclass(frozen=True)
class Row:
    """One claim of the table; amounts and values are printed."""

    value: str
    outcome: str
    award: str
    codes: str
    says: str


@dataclass(frozen=True)
class Group:
    """The claims around one bound, and what else they have otherwise."""

    title: str
    article: str
    otherwise: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Part:
    """The cases of one way of a clause."""

    title: str
    article: str
    facts: tuple[tuple[str, str], ...]
    result: Row
    groups: tuple[Group, ...]


def cases_page(policy: Policy, cases: Cases) -> bytes:
    """The page of a policy's cases."""
    known = _variables(policy, cases)
    return page("cases.html", policy=policy, cases=cases, parts=[_part(known, rule) for rule in cases.rule])


def _variables(policy: Policy, cases: Cases) -> dict[str, Variable]:
    """What varies in the cases, by name."""
    values = Values(policy, cases.as_of)
    return {variable.name: variable for rule in CompiledPolicy(policy).rules for variable in VariablesOfRule(policy, rule, values).variables()}


def _part(known: dict[str, Variable], rule: RuleCases) -> Part:
    groups = tuple(
        Group(bound.title, bound.article, "，".join(f"{title}：{value}" for title, value in _facts(known, bound.facts)),
              tuple(_row(case, _value(known, bound.fact, case.value)) for case in bound.case))
        for bound in rule.bound
    )
    return Part(f"{rule.clause}　{rule.title}", rule.article, tuple(_facts(known, rule.facts)), _row(rule.result, ""), groups)


def _facts(known: dict[str, Variable], facts: dict[str, str]) -> list[tuple[str, str]]:
    return [(known[name].title if name in known else name, _value(known, name, value)) for name, value in facts.items()]


def _value(known: dict[str, Variable], name: str, value: str) -> str:
    return "（无）" if value == "" else value_text(known[name], value) if name in known else value


def _row(case: Case, value: str) -> Row:
    award = yuan_text(ordinal("money", case.award_yuan)) if case.award_yuan else "—"
    return Row(value, case.outcome, award, case.codes.replace(";", "、"), case.says)
