"""An office's folder, for tests that type in what the pages tell: files of two months, and what people do between the commands."""

from __future__ import annotations

import csv
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from claims.workbooks import Column, Sheet, read_cells, workbook
from tests.commands import ROOT, few_claims, type_in, words_of
from tests.filling import filled, place_of, with_cells
from tests.settle import without_other_readings

CLAIM, WAIVED = "SP-2024-0007", "SP-2024-0008"
"""The claim that the pages name, which is reduced and later corrected, and one that a reviewer lets pass."""


def set_up(desk: Path, inbox: str, scores: str) -> Path:
    """Files of two months, of which the second corrects a tax figure of CLAIM downwards; scores, a budget, and some claims under the other policy."""
    june = few_claims(desk / inbox / "2024-06", "1.5-manager", "2.1-limit", "1.1-before", "v06-no-tax", "v01-empty", "v08")
    claims = (june / "claims.csv").read_text(encoding="utf-8").replace("\n2.1-limit,", f"\n{CLAIM},").replace("\nv08,", f"\n{WAIVED},")
    (june / "claims.csv").write_text(claims, encoding="utf-8")
    corrected = next(row for row in csv.DictReader(claims.splitlines()) if row["claim_id"] == CLAIM)
    july = few_claims(desk / inbox / "2024-07", "1.2-ok")
    header = "uscc,year,vat_retained_yuan,cit_retained_yuan,total_tax_paid_yuan"
    (july / "retained_tax-late.csv").write_text(f"{header}\n{corrected['uscc']},{corrected['claim_year']},1000,0,\n", encoding="utf-8")
    bank = next(row["uscc"] for row in csv.DictReader((july / "claims.csv").read_text(encoding="utf-8").splitlines()))
    (desk / inbox / scores).mkdir()
    (desk / inbox / scores / "evaluations.csv").write_text(f"uscc,year,score,parent_name\n{bank},2023,95.5,示例银行总行\n", encoding="utf-8")
    counties = ("平舆县", "西平县", "驿城区")
    _table(desk / "2024年预算.xlsx", ["财政", "年度", "金额（元）"], ["市级财政", "2024", "100000000"], *([county, "2024", "9000000"] for county in counties))
    shutil.copytree(ROOT / "sample_data" / "2020-53", desk / inbox / "专利", ignore=shutil.ignore_patterns("claims-[专质]*"))
    rewards = desk / inbox / "专利" / "claims-奖励.csv"
    rewards.write_bytes(b"".join(rewards.read_bytes().splitlines(keepends=True)[:5]))
    return desk


def type_as_people_do(line: str, desk: Path) -> subprocess.CompletedProcess:
    """Give a line, after what people do before it: fill in a workbook or a register, or have the bank answer."""
    words = words_of(line)
    prepare = BEFORE.get(tuple(words[1:3]))
    if prepare:
        prepare(desk / words[3])
    with without_other_readings():
        return type_in(line, desk)


def _rule(workbook: Path) -> None:
    rulings = {("v01-empty", "V01"): ("不予支持", "材料不全"), (WAIVED, "V08"): ("放行", "验资报告已核对")}
    filled(workbook, workbook.with_name("filled.xlsx"), rulings).replace(workbook)


def _fill_in(register: Path) -> None:
    [rows] = read_cells(register).values()
    head = next(number for number, row in enumerate(rows) if "送达日期" in row)
    first = rows[head].index("送达日期") + 1
    cells = {place_of(first + at, head + 2): text for at, text in enumerate(("2024-07-12", "直接送达", "回执1号"))}
    with_cells(register, register.with_name("filled.xlsx"), cells).replace(register)


def _let_the_bank_answer(answers: Path) -> None:
    lists = sorted((answers.parent / "workspace" / "payments").rglob("0*.csv"))
    paid = [row for path in lists for row in csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines())]
    assert paid
    _table(answers, ["付款编号", "金额（元）", "状态"], *([row["付款编号"], row["金额（元）"], "成功"] for row in paid))


BEFORE: dict[tuple[str, ...], Callable[[Path], None]] = {
    ("review", "import"): _rule, ("letters", "delivered"): _fill_in, ("pay", "confirm"): _let_the_bank_answer,
}
"""By the command, with the file that it is given."""


def _table(path: Path, header: list[str], *rows: list[str]) -> None:
    path.write_bytes(workbook([Sheet("表", path.stem, [Column(title, 20) for title in header], rows, sums=False)]))
