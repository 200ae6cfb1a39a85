"""The edge cases as a page for the bureau to go through and sign: a table for each way of a clause."""

from __future__ import annotations

from dataclasses import dataclass

from claims.cases.file import Case, Cases, RuleCases
from claims.cases.places import ordinal
from claims.cases.variables import Values, Variable, VariablesOfRule
from claims.cases.words import value_text
from claims.money import yuan_text
from claims.pages import page
from claims.policy.compiler import CompiledPolicy
from claims.policy.model import Currency, Policy


@dataclass(frozen=True)
class Row:
    """One claim of the table; amounts and values are printed."""

    value: str
    outcome: str
    award: str
    codes: str
    says: str
    follows: str


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


@dataclass(frozen=True)
class _Words:
    """What facts and their values are called."""

    known: dict[str, Variable]
    currency: Currency

    def facts(self, facts: dict[str, str]) -> list[tuple[str, str]]:
        return [(self.known[name].title if name in self.known else name, self.value(name, value)) for name, value in facts.items()]

    def value(self, name: str, value: str) -> str:
        return "（无）" if value == "" else value_text(self.known[name], value, self.currency) if name in self.known else value


def cases_page(policy: Policy, cases: Cases) -> bytes:
    """The page of a policy's cases."""
    words = _Words(_variables(policy, cases), policy.head.currency)
    return page("cases.html", policy=policy, cases=cases, parts=[_part(words, rule) for rule in cases.rule])


def _variables(policy: Policy, cases: Cases) -> dict[str, Variable]:
    """What varies in the cases, by name."""
    values = Values(policy, cases.as_of)
    return {variable.name: variable for rule in CompiledPolicy(policy).rules for variable in VariablesOfRule(policy, rule, values).variables()}


def _part(words: _Words, rule: RuleCases) -> Part:
    groups = tuple(
        Group(bound.title, bound.article, "，".join(f"{title}：{value}" for title, value in words.facts(bound.facts)),
              tuple(_row(case, words.value(bound.fact, case.value)) for case in bound.case))
        for bound in rule.bound
    )
    return Part(f"{rule.clause}　{rule.title}", rule.article, tuple(words.facts(rule.facts)), _row(rule.result, ""), groups)


def _row(case: Case, value: str) -> Row:
    award = yuan_text(ordinal("money", case.award_yuan)) if case.award_yuan else "—"
    return Row(value, case.outcome, award, case.codes.replace(";", "、"), case.says, case.follows)
