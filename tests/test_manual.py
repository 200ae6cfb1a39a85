"""The Chinese manual is held to the program: its commands run in their order, its codes are the policies', its site builds without a warning."""

from __future__ import annotations

import csv
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from claims.policy.code_list import code_list
from claims.policy.model import SHIPPED, load_policy
from claims.workbooks import Column, Sheet, read_cells, workbook
from pipelines.cli import cli
from tests.commands import ROOT, few_claims
from tests.filling import filled, place_of, with_cells
from tests.settle import without_great_expectations

MANUAL = ROOT / "docs" / "使用手册"
COURSE = ("填报", "一天", "一个月", "一年", "疑难")
"""The pages with commands, in the order in which an office meets them."""
CLAIM = "SP-2024-0007"
MAY_END_WITH_3 = ["doctor"]
"""Ends so where the machine of the test is not as it should be."""


def text_of(page: str) -> str:
    return (MANUAL / f"{page}.md").read_text(encoding="utf-8")


def commands_of(page: str) -> list[list[str]]:
    """The commands in the blocks of a page, word by word, without `claims`."""
    lines = [line for block in re.findall(r"^```\n(.*?)^```", text_of(page), re.DOTALL | re.MULTILINE) for line in block.splitlines()]
    assert all(line == "claims" or line.startswith("claims ") for line in lines)
    return [shlex.split(line)[1:] for line in lines]


# ---------------------------------------------------------------- what people do between the commands


def table(path: Path, header: list[str], *rows: list[str]) -> None:
    path.write_bytes(workbook([Sheet("表", path.stem, [Column(title, 20) for title in header], rows, sums=False)]))


def rule_on_what_is_held(desk: Path) -> None:
    filled(desk / "exceptions.xlsx", desk / "filled.xlsx", {("v01-empty", "V01"): ("不予支持", "材料不全")})
    (desk / "filled.xlsx").replace(desk / "exceptions.xlsx")


def fill_in_the_register(desk: Path) -> None:
    [register] = (desk / "workspace" / "months" / "2024-06").rglob("register.xlsx")
    [rows] = read_cells(register).values()
    head = next(number for number, row in enumerate(rows) if "送达日期" in row)
    first = rows[head].index("送达日期") + 1
    cells = {place_of(first + at, head + 2): text for at, text in enumerate(("2024-07-12", "直接送达", "回执1号"))}
    with_cells(register, desk / "register.xlsx", cells).replace(register)


def let_the_bank_answer(desk: Path) -> None:
    rows = [row for path in sorted((desk / "workspace" / "payments").rglob("0*.csv")) for row in csv.DictReader(path.open(encoding="utf-8-sig"))]
    assert rows
    table(desk / "银行回单.xlsx", ["付款编号", "金额（元）", "状态"], *([row["付款编号"], row["金额（元）"], "成功"] for row in rows))


BEFORE: dict[tuple[str, ...], Callable[[Path], None]] = {
    ("review", "import"): rule_on_what_is_held, ("letters", "delivered"): fill_in_the_register, ("pay", "confirm"): let_the_bank_answer,
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Path:
    """An office's folder: two months of files, of which the second corrects a tax figure of CLAIM downwards, scores, and a budget."""
    desk = tmp_path_factory.mktemp("office")
    june = few_claims(desk / "收件" / "2024-06", "1.5-manager", "2.1-limit", "1.1-before", "v06-no-tax", "v01-empty")
    claims = (june / "claims.csv").read_text(encoding="utf-8").replace("\n2.1-limit,", f"\n{CLAIM},")
    (june / "claims.csv").write_text(claims, encoding="utf-8")
    claim = next(row for row in csv.DictReader(claims.splitlines()) if row["claim_id"] == CLAIM)
    july = few_claims(desk / "收件" / "2024-07", "1.2-ok")
    header = "uscc,year,vat_retained_yuan,cit_retained_yuan,total_tax_paid_yuan"
    (july / "retained_tax-late.csv").write_text(f"{header}\n{claim['uscc']},{claim['claim_year']},1000,0,\n", encoding="utf-8")
    bank = next(row["uscc"] for row in csv.DictReader((july / "claims.csv").read_text(encoding="utf-8").splitlines()))
    (desk / "收件" / "2023年考核").mkdir()
    (desk / "收件" / "2023年考核" / "evaluations.csv").write_text(f"uscc,year,score,parent_name\n{bank},2023,95.5,示例银行总行\n", encoding="utf-8")
    table(desk / "2024年预算.xlsx", ["财政", "年度", "金额（元）"], ["市级财政", "2024", "100000000"], *([county, "2024", "9000000"] for county in (
        "平舆县", "西平县", "驿城区")))
    return desk


@pytest.fixture(scope="module")
def answers(desk) -> list[tuple[str, list[str], Result]]:
    """Every command of the course, with its page and what it answered."""
    given = []
    with pytest.MonkeyPatch.context() as patch, without_great_expectations():
        patch.chdir(desk)
        for page in COURSE:
            for command in commands_of(page):
                BEFORE.get(tuple(command[:2]), lambda _: None)(desk)
                given.append((page, command, CliRunner().invoke(cli, command)))
    return given


def test_every_command_of_the_manual_runs_in_its_order(answers):
    failed = [(page, shlex.join(command), done.exception, done.output) for page, command, done in answers
              if done.exit_code and not (command[:1] == MAY_END_WITH_3 and done.exception.exit_code == 3)]
    assert len(answers) > 30 and failed == []


def test_the_course_comes_to_what_the_manual_says(answers, desk):
    told = {shlex.join(command): done.output for _, command, done in answers}
    assert "限额" in told[f"explain {CLAIM}"] and "Deliveries recorded: 1" in next(text for command, text in told.items() if command.startswith("letters delivered"))
    assert "追回" in told[f"adjust {CLAIM}"] and "已向" in next(text for command, text in told.items() if command.startswith("pay recovered"))
    assert (desk / "空表" / "claims-申报.xlsx").is_file() and (desk / "试算.html").is_file()


def test_every_file_that_the_manual_names_is_there_when_the_course_is_over(answers, desk):
    written = {path.name for path in desk.rglob("*")}
    documents = {name for name in re.findall(r"`([\w-]+\.(?:csv|xlsx|html|pdf|json))`", text_of("文书"))}
    assert len(documents) > 12 and documents - written == set()


def test_commands_in_running_text_are_commands_that_there_are():
    for page in sorted(MANUAL.glob("*.md")):
        for words in re.findall(r"`claims ([^`]+)`", page.read_text(encoding="utf-8")):
            name = words.split()[0]
            assert name in cli.commands, (page.name, words)


@pytest.mark.parametrize("policy", [load_policy(folder) for folder in sorted(SHIPPED.iterdir())], ids=lambda policy: policy.id)
def test_the_pages_of_codes_are_what_the_policies_say(policy):
    page = text_of(f"codes-{policy.id}")
    assert page == code_list(policy), f"claims policy codes {policy.id} > docs/使用手册/codes-{policy.id}.md"
    assert all(f"### {code.id} {code.title}\n" in page for code in policy.codes.values())


def test_the_messages_that_troubleshooting_explains_are_messages_of_the_program():
    source = "\n".join(path.read_text(encoding="utf-8") for room in ("claims", "pipelines") for path in (ROOT / room).rglob("*.py"))
    rows = re.search(r"## 一、屏幕上的话\n(.*?)\n## ", text_of("疑难"), re.DOTALL).group(1).splitlines()[3:]
    messages = [message for row in rows for message in re.findall(r"`([^`]+)`", row.split("|")[1])]
    parts = {part.strip(" “”") for message in messages for part in message.split("…")} - {""}
    assert len(messages) > 30 and [part for part in sorted(parts) if part not in source] == []


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    site = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-n", "-d", site / "trees", ROOT / "docs", site / "html"],
        capture_output=True, text=True)
    shutil.rmtree(site / "trees", ignore_errors=True)
    assert (done.returncode, done.stderr) == (0, "")
    return site / "html"


def test_the_site_is_built_without_a_warning_and_loads_nothing_from_elsewhere(site):
    remote = re.compile(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"'](?:https?:)?//|url\([\"']?(?:https?:)?//|@import")
    pages = [path for path in site.rglob("*") if path.suffix in (".html", ".css", ".js")]
    assert len([path for path in pages if path.suffix == ".html"]) > 50
    assert [str(path.relative_to(site)) for path in pages if remote.search(path.read_text(encoding="utf-8"))] == []
