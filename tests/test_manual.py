"""The Chinese manual is held to the program: its commands run in their order, its codes are the policies', its site builds without a warning."""

from __future__ import annotations

import csv
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

import click
import pytest

from claims.policy.code_list import code_list
from claims.policy.model import SHIPPED, load_policy
from pipelines.cli import cli
from tests.commands import ROOT, lines_to_type, type_in, words_of
from tests.office_desk import CLAIM, set_up, type_as_people_do
from tests.payables import paying_workspace

DOCS = ROOT / "docs"
MANUAL = DOCS / "使用手册"
COURSE = ("填报", "一天", "复核", "文书", "一个月", "付款", "更正", "一年", "政策", "疑难")
"""The pages with commands, in the order in which an office meets them."""
ELSEWHERE = {"operations.md": "test_docs.py", "policy-guide": "test_policy_guide.py", "scaling.md": "test_docs.py"}
"""Who gives the commands of other pages."""
JUNE = "2024-06-30"
MAY_END_WITH_3 = ["claims", "doctor"]
"""Ends so where the machine of the test is not as it should be."""


def text_of(page: str) -> str:
    return (MANUAL / f"{page}.md").read_text(encoding="utf-8")


ONLY_LOOK = ("claims backup ", "claims replay ", "claims what-if ")
"""Commands that change nothing, and take a third of the course: here they look at a workspace of one claim, with the long tests at that of the office."""


@pytest.fixture(scope="module", params=["一件", pytest.param("workspace", marks=pytest.mark.long)])
def looked_at(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def desk(looked_at, tmp_path_factory) -> Path:
    desk = set_up(tmp_path_factory.mktemp("office"), "收件", "2023年考核")
    shutil.copytree(paying_workspace(tmp_path_factory), desk / "一件")
    return desk


@pytest.fixture(scope="module")
def answers(looked_at, desk) -> list[tuple[str, str, subprocess.CompletedProcess]]:
    """Every command of the course, with its page and what it answered."""
    def typed(line: str) -> subprocess.CompletedProcess:
        with pytest.MonkeyPatch.context() as patch:
            if line.startswith(ONLY_LOOK):
                patch.setenv("CLAIMS_WORKSPACE", looked_at)
            return type_as_people_do(line, desk)
    return [(page, line, typed(line)) for page in COURSE for line in lines_to_type(MANUAL / f"{page}.md")]


def answer_to(answers: list[tuple[str, str, subprocess.CompletedProcess]], start: str) -> str:
    return next(done.stdout for _, line, done in answers if line.startswith(f"claims {start}"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def yuan(text: str) -> Decimal:
    return Decimal(text.replace(",", "") or "0")


def test_every_command_of_the_manual_runs_in_its_order_and_says_nothing_on_standard_error(answers):
    failed = [(page, line, done.returncode, done.stdout, done.stderr) for page, line, done in answers
              if (done.returncode or done.stderr) and not (words_of(line)[:2] == MAY_END_WITH_3 and done.returncode == 3)]
    assert len(answers) > 60 and failed == []


def test_the_commands_of_the_readme_are_the_manuals_in_its_order():
    of_the_manual = iter([words_of(line) for page in COURSE for line in lines_to_type(MANUAL / f"{page}.md")])
    made, daily = ([line for line in lines_to_type(ROOT / "README.md") if line.startswith(program)] for program in ("make", "claims"))
    assert len(daily) > 20 and [line for line in daily if words_of(line) not in of_the_manual] == []
    assert made and [line for line in made if type_in(line, ROOT).returncode] == []


def test_every_page_that_tells_to_type_something_is_typed_in_by_a_test():
    pages = {page.relative_to(DOCS) for page in DOCS.rglob("*.md") if lines_to_type(page)}
    assert {page.stem for page in pages if page.parts[0] == MANUAL.name} == {*COURSE}
    assert {page.parts[0] for page in pages} - {MANUAL.name} == {*ELSEWHERE}
    for name, module in ELSEWHERE.items():
        assert "lines_to_type(" in (ROOT / "tests" / module).read_text(encoding="utf-8"), name


def test_the_last_lines_of_a_run_add_up_and_are_what_the_files_say(answers, desk):
    lines = dict(line.split(": ", 1) for line in answer_to(answers, "run").splitlines()[-5:])
    for title in ("Lines in", "Claims", "Awarded (yuan)", "Letters"):
        total, parts = lines[title].split(" = ")
        assert yuan(total) == sum(yuan(part.split()[0]) for part in parts.split(" + "))
    decided, fates = (rows(desk / "workspace" / "out" / JUNE / name) for name in ("decisions.csv", "line_fates.csv"))
    assert lines["Claims"] == "6 = 1 approved + 1 reduced + 1 rejected + 3 exception"
    assert yuan(lines["Awarded (yuan)"].split(" = ")[0]) == sum(yuan(row["award_yuan"]) for row in decided) > 0
    assert int(lines["Lines in"].split(" = ")[0]) == len(fates)
    assert lines["Letters"].split(" = ")[0] == "3" and lines["Open exceptions"] == "3"


def test_status_counts_what_the_decisions_say(answers, desk):
    decided = rows(desk / "workspace" / "out" / JUNE / "decisions.csv")
    counted, awarded = Counter((row["clause"], row["outcome"]) for row in decided), Counter()
    for row in decided:
        awarded[row["clause"]] += yuan(row["award_yuan"])
    [status] = [done.stdout for _, line, done in answers if line == "claims status"]
    *shown, total = [line.split() for line in status.splitlines()[1:]]
    for label, clause, *counts, amount, adjusted in shown:
        assert counts == [str(counted.pop((clause, outcome), 0)) for outcome in ("approved", "reduced", "rejected", "exception")]
        assert label == JUNE and yuan(amount) == awarded[clause] and yuan(adjusted) == 0
    assert not counted and yuan(total[-2]) == awarded.total()


def test_an_explanation_shows_the_figures_of_the_decision_and_the_line_of_every_cell(answers, desk):
    text = answer_to(answers, "explain")
    [decision] = [row for row in rows(desk / "workspace" / "out" / JUNE / "decisions.csv") if row["claim_id"] == CLAIM]
    assert f"结论：核减后核准，{yuan(decision['award_yuan']):,}元" in text and f"市级财政：{yuan(decision['city_yuan']):,}元" in text
    assert f"（{decision['payee_uscc']}）" in text and decision["reason_codes"] in text
    assert (desk / "workspace" / "out" / JUNE / "letters" / f"{CLAIM}.pdf").is_file() and f"letters/{CLAIM}.pdf" in text
    places = set(re.findall(r"\[(\S+) 第(\d+)行\]", text))
    assert {file for file, _ in places} == {"claims.csv", "institutions.csv", "retained_tax.csv"}
    for file, line in places:
        named = CLAIM if file == "claims.csv" else decision["uscc"]
        assert (desk / "收件" / "2024-06" / file).read_text(encoding="utf-8").splitlines()[int(line) - 1].startswith(f"{named},")


def test_the_course_comes_to_what_the_manual_says(answers, desk):
    assert "限额" in answer_to(answers, f"explain {CLAIM}") and "Deliveries recorded: 1" in answer_to(answers, "letters delivered")
    assert "追回" in answer_to(answers, f"adjust {CLAIM}") and "已向" in answer_to(answers, "pay recovered")
    assert (desk / "空表" / "claims-申报.xlsx").is_file() and (desk / "试算.html").is_file() and (desk / "算例.html").is_file()


def test_every_file_that_the_manual_names_is_there_when_the_course_is_over(answers, desk):
    written = {path.name for path in desk.rglob("*")}
    documents = {name for name in re.findall(r"`([\w-]+\.(?:csv|xlsx|html|pdf|json))`", text_of("文书"))}
    assert len(documents) > 12 and documents - written == set()


def test_commands_in_running_text_are_commands_that_there_are_with_options_that_they_have():
    for page in sorted(MANUAL.glob("*.md")):
        for text in re.findall(r"`claims ([^`]+)`", page.read_text(encoding="utf-8")):
            command, words = cli, shlex.split(text)
            while isinstance(command, click.Group):
                assert words and words[0] in command.commands, (page.name, text)
                command = command.commands[words.pop(0)]
            options = {option for parameter in command.params for option in parameter.opts}
            assert {word for word in words if word.startswith("-")} <= options, (page.name, text)


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
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-n", "-d", site / "trees", DOCS, site / "html"],
        capture_output=True, text=True)
    shutil.rmtree(site / "trees", ignore_errors=True)
    assert (done.returncode, done.stderr) == (0, "")
    return site / "html"


def test_the_site_is_built_without_a_warning_and_loads_nothing_from_elsewhere(site):
    remote = re.compile(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"'](?:https?:)?//|url\([\"']?(?:https?:)?//|@import")
    pages = [path for path in site.rglob("*") if path.suffix in (".html", ".css", ".js")]
    assert len([path for path in pages if path.suffix == ".html"]) > 50
    assert [str(path.relative_to(site)) for path in pages if remote.search(path.read_text(encoding="utf-8"))] == []
