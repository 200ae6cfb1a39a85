"""The sample of a year's evaluation: a sheet of scores of the shipped month's banks that were open in that year, as an office sends it.

Two banks tie for the last place of the honour, so that the sheet shows what the policy's reading of ties does.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

from claims.policy.model import DEFAULT_POLICY, SHIPPED, load_policy
from sample_data import SHIPPED_MONTH
from sample_data.files import office_sheet, save
from sample_data.institutions import Row

SCORED_YEAR = 2023
FIELDS = next(iter(load_policy(SHIPPED / DEFAULT_POLICY).score_tables.values())).field
HIGHEST, STEP = 9_750, 83  # hundredths of a point
TIED_PLACE = 5
TITLE = f"驻马店市银行机构{SCORED_YEAR}年度考核得分表（示例）"


def write_scores(folder: Path) -> None:
    """Write the sheet into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    save(folder / "evaluations-年度考核.csv", office_sheet(FIELDS, sorted(_scored(), key=lambda row: row["uscc"]), TITLE), "gb18030", "\r\n")


def _scored() -> list[Row]:
    """One row per bank, the highest score first."""
    with (SHIPPED_MONTH / "institutions.csv").open(encoding="utf-8", newline="") as file:
        banks = [row for row in csv.DictReader(file) if row["sector"] == "bank" and row["established_on"] <= f"{SCORED_YEAR}-12-31"]
    scores = [HIGHEST - STEP * (place - (place == TIED_PLACE)) for place in range(len(banks))]
    return [
        {"uscc": bank["uscc"], "year": str(SCORED_YEAR), "score": f"{score // 100}.{score % 100:02d}", "parent_name": _parent(bank["name"])}
        for bank, score in zip(banks, scores)
    ]


def _parent(name: str) -> str:
    """The head office of a branch; a rural bank belongs to a bank of the province, a head office to nobody."""
    head = re.match("(示例.*?(股份有限公司|有限公司)).+", name)
    return head.group(1) if head else "河南省示例农村商业联合银行股份有限公司" if "农村" in name else ""
