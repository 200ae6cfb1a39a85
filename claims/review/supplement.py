"""Letters that ask for a supplement, made from the record: of each claim that a review returned, every defect that it had then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from claims.casefile import Defect, Fact, Issue, Supplement
from claims.database import Database
from claims.money import in_ten_thousands
from claims.policy.model import Policy
from claims.privacy import masked_party, masked_text
from claims.record.journal import Entry
from claims.record.store import result_source
from claims.review.exceptions import message_parts
from claims.trace import cell_in_words, letter_style, unnamed_claimant
from claims.workspace import Workspace


def supplement_folder(workspace: Workspace, review: int) -> Path:
    """Where the letters of a review lie, with their register; `review` is the sequence of its act."""
    return workspace.reviews / str(review)


def supplements(database: Database, workspace: Workspace, policy: Policy, runs: Sequence[Entry], review: Entry) -> Iterator[Supplement]:
    """What a review returned, by claim_id, each with the number that its letter was issued under. `runs` are those of the policy."""
    rows = database.rows("select claim_id, document_no, issued_on from issued_letter where sequence = $sequence", {"sequence": review.sequence})
    issues = {claim_id: Issue(*issue) for claim_id, *issue in rows}
    sources = [
        (run.sequence, result_source(workspace, run, "exception"), result_source(workspace, run, "held"))
        for run in runs if run.sequence < review.sequence
    ]
    frame = database.frame(database.render("review/returned.sql", runs=sources, sequence=review.sequence))
    for claim_id, rows in groupby(frame.iter_rows(named=True), key=lambda row: row["claim_id"]):
        yield _supplement(policy, issues[claim_id], list(rows))


def _supplement(policy: Policy, issue: Issue, rows: list[dict]) -> Supplement:
    first = rows[0]
    clause = policy.clauses.get(first["clause"])
    return Supplement(
        claim_id=first["claim_id"], claimant_name=masked_text(first["name"]) or unnamed_claimant(first["claim_id"], masked_party(first["claimant"])),
        clause_title=clause.title if clause else "", article=clause.article if clause else "",
        defects=tuple(_defect(policy, row) for row in rows), facts=tuple(_cells(policy, first)), policy_title=policy.head.title,
        policy_document_no=policy.head.document_no, answer_by=first["answer_by"], style=letter_style(policy), issue=issue,
    )


def _defect(policy: Policy, row: dict) -> Defect:
    code = policy.codes[row["code"]]
    found, asks = message_parts(policy, code, row["clause"], row["message_zh"])
    return Defect(code.id, code.title, row["headers"], masked_text(row["shown"]), f"{row['file']} 第{row['line']}行",
                  masked_text(found), asks,
                  row["reason"] or "")


def _cells(policy: Policy, row: dict) -> Iterator[Fact]:
    """The claim's cells as they were received; those that are empty are left out."""
    for field in policy.claims.field:
        text = row["cell"][field.name]
        if text is not None:
            header = in_ten_thousands(field.header) if field.name in row["wan"] else field.header
            yield Fact(field.name, header, cell_in_words(field, text), None, None)
