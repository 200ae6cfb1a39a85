"""Policies for tests, written as an author would: a clause and the fields that it needs, on the ground of the starter policy."""

from __future__ import annotations

import csv
import datetime as dt
import json
import random
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

from claims.policy.check import check_policy
from claims.policy.model import POLICY_FILES, STARTER, Policy, load_policy
from tests.random_claims import uscc
from tests.settle import settle

AS_OF = dt.date(2026, 6, 30)
CODE = uscc(random.Random(7))
OTHER_CODE = uscc(random.Random(8))
OWN_CLAUSES = "# ---------------------------------------------------------------- what is counted together"
RENT_FIELD = '  { name = "rent_paid_yuan", header = "已付租金（元）", type = "money", range = { above = 0 } },\n'
BANK_FIELD, AWARD_FIELD = '  { name = "bank_name"', '  { name = "awarded_yuan"'
"""Places of the starter: its clauses from here on and their field, which give way; and fields before which others are put."""
ARTICLES = [f"第{number}条" for number in ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三", "十四")]


class Edit(TypedDict):
    """Words of one of the starter's files, and what is written instead of them."""

    file: str
    instead_of: str
    write: str


def write_policy(
    folder: Path, clauses: str, claim_fields: str = "", codes: str = "", *, claimant_fields: str = "", award_fields: str = "",
    tables: str = "", readings: str = "", coverage: str = "", edits: Iterable[Edit] = (), checked: bool = True,
) -> Policy:
    """A policy folder: the starter's head with `clauses` in place of its own, and what they need besides. Unless `coverage` is given, each
    clause places its own article, of a text of 14 articles.

    `edits` change a few words of the starter's files. Raises AssertionError when the policy check finds something, if it is to be `checked`.
    """
    texts = {name: (STARTER / name).read_text(encoding="utf-8") for name in POLICY_FILES}
    for edit in edits:
        texts[edit["file"]] = texts[edit["file"]].replace(edit["instead_of"], edit["write"])
    fields = {RENT_FIELD: claim_fields, BANK_FIELD: claimant_fields + BANK_FIELD, AWARD_FIELD: award_fields + AWARD_FIELD}
    for own, written in fields.items():
        texts["facts.toml"] = texts["facts.toml"].replace(own, written)
    texts["policy.toml"] = texts["policy.toml"].partition(OWN_CLAUSES)[0] + clauses
    texts["facts.toml"] += tables
    texts["codes.toml"] += codes
    texts["readings.toml"] += readings
    texts["coverage.toml"] = coverage or _coverage(tomllib.loads(clauses)["clause"])
    folder.mkdir(parents=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    policy = load_policy(folder)
    findings = check_policy(policy) if checked else []
    if findings:
        raise AssertionError("\n".join(map(str, findings)))
    return policy


def settled(
    tmp_path: Path, policy: Policy, *rows: dict, label: str = "one", claimant: dict | None = None, files: dict[str, str] | None = None,
    report: bool = False,
) -> dict[str, dict[str, str]]:
    """The decisions of claims, by claim_id, in the workspace of `tmp_path`. What a row does not say is claim n of CODE in 2025.

    `files` are the texts of other tables, or of the claimants in place of CODE and OTHER_CODE.
    """
    folder = tmp_path / f"in-{label}"
    folder.mkdir(exist_ok=True)
    listed = [{"uscc": code, "name": "示例公司", "opened_on": "2024-03-01"} | (claimant or {}) for code in (CODE, OTHER_CODE)]
    _write(folder / "claimants.csv", listed)
    for name, text in (files or {}).items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    base = {"uscc": CODE, "clause": policy.body.clause[0].id, "claim_year": "2025", "submitted_on": "2026-01-10"}
    _write(folder / "claims.csv", [base | {"claim_id": f"{label}-{number}"} | row for number, row in enumerate(rows, 1)], policy)
    finished = settle(tmp_path / "workspace", folder, label, AS_OF, str(policy.source), report=report)
    with (finished.folder / "decisions.csv").open(encoding="utf-8", newline="") as file:
        return {row["claim_id"]: row for row in csv.DictReader(file)}


def awards(decisions: dict[str, dict[str, str]]) -> list[str]:
    """Award and codes of each decision in the order of the claims: "1000.00" or "0.00 E01"."""
    return [f"{row['award_yuan']} {row['reason_codes']}".strip() for row in decisions.values()]


def clauses_of(texts: Iterable[str]) -> str:
    """Texts of the clause 1 of 第三条 as clauses of one policy, numbered from 1, each with an article of its own."""
    return "".join(text.replace('id = "1"', f'id = "{number}"', 1).replace("第三条", article, 1) for number, (text, article) in enumerate(zip(texts, ARTICLES), 1))


def of_each_clause(clauses: int, rows: Iterable[dict]) -> list[dict]:
    """The same claims under each of so many clauses, with ids in this order: 01-1, 01-2, … 02-1."""
    rows = list(rows)
    return [{"claim_id": f"{clause:02}-{number}", "clause": str(clause)} | row for clause in range(1, clauses + 1) for number, row in enumerate(rows, 1)]


def _coverage(clauses: list[dict]) -> str:
    """coverage.toml of a text of ARTICLES: each clause computes its own, the others are without money."""
    computed = {clause["article"]: f'title = "{clause["title"]}"\nclauses = ["{clause["id"]}"]\n' for clause in clauses}
    others = {article: 'title = "其他"\nno_money = "其他"\n' for article in ARTICLES if not any(own.startswith(article) for own in computed)}
    items = "".join(f'[[item]]\narticle = "{article}"\n{placed}' for article, placed in (computed | others).items())
    return f"text = {json.dumps([*computed, *others], ensure_ascii=False)}\n{items}"


def _write(path: Path, rows: list[dict], policy: Policy | None = None) -> None:
    columns = list(policy.claims.fields) if policy else list(rows[0])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
