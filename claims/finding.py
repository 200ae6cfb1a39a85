"""Claims by what people have in hand: the number of a letter, or the name of an institution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from claims.casefile import HELD, OUTCOMES
from claims.database import Database
from claims.policy.model import Policy
from claims.privacy import masked_text
from claims.record.store import enter_policy
from claims.text_table import text_table


@dataclass(frozen=True)
class FoundClaim:
    """A claim that was asked for otherwise than by its id; `outcome` is that of OUTCOMES, or held."""

    claim_id: str
    name: str
    clause: str
    claim_year: int | None
    outcome: str


def claims_meant(database: Database, policies: Sequence[Policy], asked: str) -> list[FoundClaim]:
    """The claims that a document number means, or a name or a part of one, under each policy in order of their ids."""
    return [found for policy in policies for found in _of_policy(database, policy, asked)] if asked.strip() else []


def found_text(found: Sequence[FoundClaim], asked: str) -> str:
    """Several claims, of which one has to be named by its id."""
    rows = [
        (one.claim_id, masked_text(one.name), one.clause, str(one.claim_year or ""), OUTCOMES.get(one.outcome, HELD))
        for one in found
    ]
    return f"“{asked}”有{len(found)}件申报，请写明申报编号：\n" + text_table([("申报编号", "申报单位", "条款", "所属年度", "结论"), *rows])


def _of_policy(database: Database, policy: Policy, asked: str) -> Iterator[FoundClaim]:
    enter_policy(database, policy)
    payment = policy.body.payment
    query = database.render("report/found_claim.sql", payment=payment, key=policy.tables[payment.table].key[0],
                            claimant=policy.claims.with_role("claimant").name, clause=policy.claims.with_role("clause").name)
    return (FoundClaim(*row) for row in database.rows(query, {"asked": asked}))
