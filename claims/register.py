"""Letters that are issued: their numbers, and the register of those that one act issued, which is filled in when they are delivered."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from claims.casefile import Issue
from claims.database import Database
from claims.money import plain_yuan
from claims.policy.model import Policy
from claims.privacy import masked_text
from claims.quoting import inert
from claims.workbooks import SIGNED, Column, Sheet, workbook

REGISTER_COLUMNS = dict(
    number=Column("文号", 24, least=20), kind=Column("种类", 18, least=10), claim_id=Column("申报编号", 16), institution=Column("申报单位", 34, least=20), amount_yuan=Column("金额（元）", 15, "yuan"),
    set_off_yuan=Column("其中抵扣（元）", 15, "yuan"), pages=Column("页数", 6, "count"), delivered_on=Column("送达日期", 14, is_open=True),
    way=Column("送达方式", 14, is_open=True, least=10), receipt=Column("回执", 20, is_open=True, least=14), file=Column("文件", 34), sha256=Column("SHA-256", 72),
)
"""The columns of the register: their English names, and how its workbook shows them. Those that are filled in when letters are delivered are printed
last; file and digest are for the screen."""

LETTERS = {
    "approved": "核准通知书", "reduced": "部分核准通知书", "rejected": "不予支持通知书", "supplement": "补正通知书", "withdrawn": "视为撤回通知书",
    "supplementary": "补发通知书", "corrected": "更正通知书", "recovery": "追回通知书", "revoked": "撤销核准通知书",
}
"""What a letter is called, by its kind."""

SIGNATURES = f"{SIGNED}　　　　　　　　复核：　　　　　　　　负责人：　　　　　　　　日期："


@dataclass(frozen=True)
class Registered:
    """One letter of a register. `letter_id` is the name of its file, `kind` one of LETTERS; `award_fen` is None where it tells of no amount, and `set_off_fen` of it is
    not paid, since it was to be paid back."""

    claim_id: str
    letter_id: str
    claimant_name: str | None
    award_fen: int | None
    set_off_fen: int | None
    kind: str
    issue: Issue


def issued_letter_sql(database: Database, policy: Policy, letters: str, day: dt.date) -> str:
    """The rows of the relation `issued_letter` for the letters of a query (claim_id, number, letter_id, kind), under the next numbers of the year."""
    policies = [name for (name,) in database.rows("select distinct schema_name from duckdb_tables() where table_name = 'issued_letter' order by all")]
    return database.render("letters/issued_letter.sql", letters=letters, issued_on=day, pattern=policy.body.letter.number_pattern, policies=policies)


def register_files(policy: Policy, subject: str, letters: Sequence[Registered], folder: Path) -> dict[str, bytes]:
    """The register of some letters as CSV and as a workbook; `folder` holds the letters as they were drawn, `subject` says whose letters they are.

    A letter that could not be drawn has its number, but neither pages nor file.
    """
    drawn = json.loads((folder / "manifest.json").read_bytes())["files"]
    rows = []
    for letter in letters:
        file = drawn.get(f"{letter.letter_id}.pdf", {})
        rows.append([
            letter.issue.document_no, LETTERS[letter.kind], letter.claim_id, masked_text(letter.claimant_name or ""), letter.award_fen, letter.set_off_fen,
            file.get("pages"), "", "", "", f"{folder.name}/{letter.letter_id}.pdf" if file else "", file.get("sha256", ""),
        ])
    sheet = Sheet(
        "文件登记簿", f"{policy.body.letter.issuer}发文登记簿（{subject}）", list(REGISTER_COLUMNS.values()), rows, closing=[SIGNATURES], beside=2, frozen_columns=2)
    return {"register.csv": _csv(rows), "register.xlsx": workbook([sheet])}


def _csv(rows: list[list]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(REGISTER_COLUMNS)
    for row in rows:
        amounts = ["" if amount is None else plain_yuan(amount) for amount in row[4:6]]
        writer.writerow([*map(inert, row[:4]), *amounts, "" if row[6] is None else row[6], *row[7:]])
    return text.getvalue().encode()
