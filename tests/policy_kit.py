"""Policies for tests, written as an author would: a clause and the fields that it needs, on the ground of the starter policy."""

from __future__ import annotations

import csv
import datetime as dt
import random
import tomllib
from collections.abc import Callable, Iterable
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
"""What a policy of its own takes the place of in the starter: all from here on, and the field of its only clause."""


class Edit(TypedDict):
    """Words of one of the starter's files, and what is written instead of them."""

    file: str
    instead_of: str
    write: str


def write_policy(
    folder: Path, clauses: str, claim_fields: str = "", codes: str = "", *, claimant_fields: str = "", award_fields: str = "", tables: str = "",
    readings: str = "", coverage: str = "", edits: Iterable[Edit] = (),
) -> Policy:
    """A policy folder: the starter's head with `clauses` in place of its own, and the fields, tables, codes and readings that they need besides.

    `edits` change a few words of the starter's files. Raises AssertionError when the policy check finds something.
    """
    folder.mkdir(parents=True)
    for name in POLICY_FILES:
        text = (STARTER / name).read_text(encoding="utf-8")
        for edit in edits:
            text = text.replace(edit["instead_of"], edit["write"]) if edit["file"] == name else text
        (folder / name).write_text(text, encoding="utf-8")
    _change(folder / "policy.toml", lambda text: text.partition(OWN_CLAUSES)[0] + clauses)
    _change(folder / "facts.toml", lambda text: text.replace(RENT_FIELD, claim_fields).replace('  { name = "bank_name"', claimant_fields + '  { name = "bank_name"')
            .replace('  { name = "awarded_yuan"', award_fields + '  { name = "awarded_yuan"') + tables)
    _change(folder / "codes.toml", lambda text: text + codes)
    _change(folder / "readings.toml", lambda text: text + readings)
    placed = [f'[[item]]\narticle = "{clause["article"]}"\ntitle = "{clause["title"]}"\nclauses = ["{clause["id"]}"]\n' for clause in tomllib.loads(clauses)["clause"]]
    (folder / "coverage.toml").write_text(coverage or "".join(placed), encoding="utf-8")
    policy = load_policy(folder)
    findings = check_policy(policy)
    if findings:
        raise AssertionError("\n".join(map(str, findings)))
    return policy


def settled(
    tmp_path: Path, policy: Policy, *rows: dict, label: str = "one", claimant: dict | None = None, files: dict[str, str] | None = None,
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
    finished = settle(tmp_path / "workspace", folder, label, AS_OF, str(policy.source))
    with (finished.folder / "decisions.csv").open(encoding="utf-8", newline="") as file:
        return {row["claim_id"]: row for row in csv.DictReader(file)}


def awards(decisions: dict[str, dict[str, str]]) -> list[str]:
    """Award and codes of each decision in the order of the claims: "1000.00" or "0.00 E01"."""
    return [f"{row['award_yuan']} {row['reason_codes']}".strip() for row in decisions.values()]


def _change(path: Path, changed: Callable[[str], str]) -> None:
    path.write_text(changed(path.read_text(encoding="utf-8")), encoding="utf-8")


def _write(path: Path, rows: list[dict], policy: Policy | None = None) -> None:
    columns = list(policy.claims.fields) if policy else list(rows[0])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
