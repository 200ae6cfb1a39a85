"""The command line: a month of daily use as the README tells it, exit codes, and what is said where."""

from __future__ import annotations

import csv
import datetime as dt
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from claims.policy.model import DEFAULT_POLICY, SHIPPED
from claims.workbooks import Column, Sheet, workbook
from pipelines.cli import cli, main
from tests.commands import ROOT, few_claims, give
from tests.settle import CASES, settle, without_great_expectations

EXPLAINED = "SP-2024-0007"
JUNE = "2024-06-30"
BOUNDARIES = CASES / "boundaries" / "in"


# ---------------------------------------------------------------- the README's daily use


COMPUTE_AGAIN = ("replay", "audit")
"""Commands that compute a month again: given in this process, they need not import Great Expectations each time."""


def readme_commands() -> list[list[str]]:
    block = re.search(r"## Daily use\s+```\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL).group(1)
    lines = [shlex.split(line, comments=True) for line in block.splitlines() if line.startswith("claims ")]
    return [line[1:] for line in lines]


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Path:
    """A clerk's folder: two months of claims, and a policy of one's own."""
    desk = tmp_path_factory.mktemp("desk")
    june = few_claims(desk / "inbox" / "2024-06", "1.5-manager", "2.1-limit", "1.1-before", "v06-no-tax", "v01-empty")
    few_claims(desk / "inbox" / "2024-07", "1.2-ok")
    rename(june / "claims.csv", "2.1-limit", EXPLAINED)
    late = "uscc,year,vat_retained_yuan,cit_retained_yuan,total_tax_paid_yuan\n" + f"{claimant(june, 'v06-no-tax')},2021,9000000,0,\n"
    (desk / "inbox" / "2024-07" / "retained_tax-late.csv").write_text(late, encoding="utf-8")
    (desk / "inbox" / "scores-2023").mkdir()
    scores = f"uscc,year,score,parent_name\n{claimant(desk / 'inbox' / '2024-07', '1.2-ok')},2023,95.5,示例银行总行\n"
    (desk / "inbox" / "scores-2023" / "evaluations.csv").write_text(scores, encoding="utf-8")
    shutil.copytree(SHIPPED / DEFAULT_POLICY, desk / "my-policy")
    write_table(desk / "2024年预算.xlsx", ("财政", "年度", "金额（元）"), ("市级财政", "2024", "10000000"))
    write_table(desk / "银行回单.xlsx", ("付款编号", "金额（元）", "状态"), ("P2024-000001", "1", "成功"))
    return desk


def write_table(path: Path, header: tuple[str, ...], row: tuple[str, ...]) -> None:
    path.write_bytes(workbook([Sheet("表", path.stem, [Column(title, 20) for title in header], [row])]))


def rename(claims: Path, before: str, after: str) -> None:
    claims.write_text(claims.read_text(encoding="utf-8").replace(f"\n{before},", f"\n{after},"), encoding="utf-8")


def claimant(folder: Path, claim_id: str) -> str:
    return next(row["uscc"] for row in rows(folder / "claims.csv") if row["claim_id"] == claim_id)


@pytest.fixture(scope="module")
def answers(desk) -> dict[str, subprocess.CompletedProcess]:
    """The README's commands, given in their order, and what each answered."""
    return {shlex.join(command): (given_here if {*command[:1]} & {*COMPUTE_AGAIN} else give)(*command, cwd=desk) for command in readme_commands()}


def given_here(*command: str, cwd: Path) -> subprocess.CompletedProcess:
    with pytest.MonkeyPatch.context() as patch, without_great_expectations():
        patch.chdir(cwd)
        done = CliRunner().invoke(cli, command)
    return subprocess.CompletedProcess(command, done.exit_code, done.stdout, done.stderr)


def answer_to(answers: dict[str, subprocess.CompletedProcess], start: str) -> str:
    return next(done.stdout for command, done in answers.items() if command.startswith(start))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def runs(desk: Path) -> dict[str, list[dict[str, str]]]:
    """The decisions of all runs, by label, oldest first."""
    return {folder.name: rows(folder / "decisions.csv") for folder in sorted((desk / "workspace" / "out").iterdir())}


def yuan(text: str) -> Decimal:
    return Decimal(text.replace(",", "") or "0")


def test_the_readmes_commands_run_as_they_stand_and_say_nothing_on_standard_error(answers):
    assert len(answers) >= 6
    assert {command: (done.returncode, done.stderr) for command, done in answers.items()} == dict.fromkeys(answers, (0, ""))


def test_the_last_lines_of_a_run_add_up_and_are_what_the_files_say(answers, desk):
    lines = dict(line.split(": ", 1) for line in answer_to(answers, "run inbox/2024-06").splitlines()[-5:])
    for title in ("Lines in", "Claims", "Awarded (yuan)", "Letters"):
        total, parts = lines[title].split(" = ")
        assert yuan(total) == sum(yuan(part.split()[0]) for part in parts.split(" + "))
    decided, fates = runs(desk)[JUNE], rows(desk / "workspace" / "out" / JUNE / "line_fates.csv")
    assert lines["Claims"] == "5 = 1 approved + 1 reduced + 1 rejected + 2 exception"
    assert yuan(lines["Awarded (yuan)"].split(" = ")[0]) == sum(yuan(row["award_yuan"]) for row in decided) > 0
    assert int(lines["Lines in"].split(" = ")[0]) == len(fates)
    assert lines["Letters"].split(" = ")[0] == "3" and lines["Open exceptions"] == "2"


def test_status_counts_what_the_decisions_of_all_runs_say(answers, desk):
    latest = {row["claim_id"]: (label, row) for label, decided in runs(desk).items() for row in decided}
    counted = Counter((label, row["clause"], row["outcome"]) for label, row in latest.values())
    awarded: Counter = Counter()
    for label, row in latest.values():
        awarded[label, row["clause"]] += yuan(row["award_yuan"])
    shown = [line.split() for line in give("status", cwd=desk).stdout.splitlines()[1:]]
    for label, clause, *counts, amount, adjusted in shown[:-1]:
        assert counts == [str(counted.pop((label, clause, outcome), 0)) for outcome in ("approved", "reduced", "rejected", "exception")]
        assert yuan(amount) == awarded[label, clause] and yuan(adjusted) == 0
    assert not counted and yuan(shown[-1][-2]) == awarded.total()


def test_an_explanation_shows_the_figures_of_the_decision_and_the_line_of_every_cell(answers, desk):
    text = answer_to(answers, "explain")
    [decision] = [row for row in runs(desk)[JUNE] if row["claim_id"] == EXPLAINED]
    assert f"结论：核减后核准，{yuan(decision['award_yuan']):,}元" in text and f"市级财政：{yuan(decision['city_yuan']):,}元" in text
    assert f"（{decision['payee_uscc']}）" in text and decision["reason_codes"] in text
    assert (desk / "workspace" / "out" / JUNE / "letters" / f"{EXPLAINED}.pdf").is_file() and f"letters/{EXPLAINED}.pdf" in text
    places = set(re.findall(r"\[(\S+) 第(\d+)行\]", text))
    assert {file for file, _ in places} == {"claims.csv", "institutions.csv", "retained_tax.csv"}
    for file, line in places:
        named = EXPLAINED if file == "claims.csv" else decision["uscc"]
        assert (desk / "inbox" / "2024-06" / file).read_text(encoding="utf-8").splitlines()[int(line) - 1].startswith(f"{named},")


def test_the_explanation_of_a_held_claim_names_code_cell_and_line(answers, desk):
    done = give("explain", "v01-empty", cwd=desk)
    [line] = [number for number, row in enumerate(rows(desk / "inbox" / "2024-06" / "claims.csv"), 2) if row["claim_id"] == "v01-empty"]
    assert re.search(rf"V01 .*实收资本.*\[claims.csv 第{line}行\]", done.stdout) and done.returncode == 0


# ---------------------------------------------------------------- help


def commands(group: click.Group = cli, path: str = "claims") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


@pytest.mark.parametrize("path, command", [pytest.param(*found, id=found[0]) for found in commands()])
def test_the_help_of_every_command_ends_with_an_example_of_it(path, command):
    last = command.get_help(click.Context(command, info_name=path)).splitlines()[-2:]
    assert last[0] == "Example:" and last[1].strip().startswith(path)


def test_help_answers_without_importing_what_takes_time():
    heavy = {"duckdb", "polars", "pandas", "great_expectations", "typst", "jinja2", "msgspec", "pypdf", "fontTools", "chinese_calendar", "numpy"}
    code = "import sys; from pipelines.cli import cli; cli(['--help'], standalone_mode=False); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "nightly" in done.stdout and not heavy & set(done.stderr.split())


# ---------------------------------------------------------------- exit codes


@pytest.fixture
def answer(capfd, monkeypatch, tmp_path):
    """answer(argument, …) -> exit code and what stood on standard error; standard output must be empty."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def give_here(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["claims", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        assert out == "" and "Traceback" not in err
        return ended.value.code, err

    return give_here


@pytest.mark.parametrize("label", ["", ".hidden", "two words", "a/b", "..", "六月", "x" * 65, "night\n"])
def test_a_label_that_could_not_name_a_folder_is_wrong_usage(answer, tmp_path, label):
    code, message = answer("run", BOUNDARIES, "--label", label)
    assert code == 2 and "letters, digits, dot, underscore and hyphen only" in message
    assert list(tmp_path.iterdir()) == []


WRONG = {
    "an unknown command": (["settle"], "settle"),
    "no folder": (["run"], "FOLDER"),
    "a folder that does not exist": (["run", "absent"], "absent"),
    "a day that does not exist": (["run", BOUNDARIES, "--as-of", "2024-02-30"], "2024-06-30"),
    "a workspace that does not exist": (["status", "--workspace", "absent"], "absent"),
    "a page in a folder that does not exist": (["explain", "C-1", "--html", "absent/page.html"], "absent: there is no such folder"),
    "a clause that the policy lacks": (["policy", "show", "9.9"], "has no clause 9.9"),
}


@pytest.mark.parametrize("arguments, message", WRONG.values(), ids=WRONG)
def test_wrong_usage_is_said_and_changes_nothing(answer, tmp_path, arguments, message):
    code, said = answer(*arguments)
    assert code == 2 and message in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["explain", "absent"], ["letters", "render", "absent"]])
def test_a_claim_or_a_run_that_the_workspace_lacks_is_wrong_usage(answer, desk, answers, arguments):
    code, message = answer(*arguments, "--workspace", desk / "workspace")
    assert code == 2 and "absent" in message


@pytest.mark.parametrize("arguments", [["run", BOUNDARIES, "--policy"], ["policy", "check"], ["policy", "show", "--policy"]])
def test_a_policy_that_does_not_exist_is_refused_by_its_name(answer, arguments):
    code, message = answer(*arguments, "no-such-policy")
    assert code == 3 and message.startswith("claims: no-such-policy: not a policy folder")


def test_refused_input_is_said_with_file_and_line(answer, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "claims.csv").write_text("申报编号,申报条款,惊喜\n", encoding="utf-8")
    code, message = answer("run", "in")
    assert code == 3 and re.match("claims: claims.csv:1: unknown header “惊喜”", message)


def test_a_record_that_does_not_verify_is_named(answer, tmp_path):
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace" / "journal.jsonl").write_text("{}\n")
    for arguments in (["status"], ["rebuild"], ["run", BOUNDARIES]):
        code, message = answer(*arguments)
        assert code == 5 and "journal.jsonl, line 1" in message


def test_what_the_disk_refuses_is_named_and_the_same_command_completes_the_run(answer, tmp_path):
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "out").write_text("in the way")
    code, message = answer("run", BOUNDARIES, "--as-of", JUNE, "--no-letters")
    assert code == 1 and message.startswith("claims: workspace/out: File exists. ")
    (workspace / "out").unlink()
    finished = settle(workspace, BOUNDARIES, label=JUNE)
    assert not finished.repeated and (finished.folder / "decisions.csv").is_file()


def test_an_unexpected_failure_is_one_message_with_its_details_in_a_file(answer, monkeypatch):
    monkeypatch.setattr("pipelines.queries.status_table", lambda *_: 1 / 0)
    code, message = answer("status")
    assert code == 1 and message.startswith("claims: unexpected failure: ZeroDivisionError")
    details = Path(re.search("^Details: (.*)$", message, re.MULTILINE).group(1))
    assert details.read_text(encoding="utf-8").startswith("Traceback")


def test_an_unexpected_failure_where_nothing_may_be_written_is_still_one_message(answer, monkeypatch):
    def full(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr("pipelines.queries.status_table", lambda *_: 1 / 0)
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", full)
    code, message = answer("status")
    assert code == 1 and "unexpected failure: ZeroDivisionError" in message


@pytest.mark.parametrize("command", [["status"], ["explain", "x"], ["rebuild"], ["letters", "render", "x"]])
def test_a_folder_that_is_no_workspace_is_left_as_it_is(answer, tmp_path, command):
    (tmp_path / "months").mkdir()
    code, message = answer(*command, "--workspace", "months")
    assert code == 2 and "months: there is no workspace" in message and not list((tmp_path / "months").iterdir())


@pytest.mark.parametrize("day", ["", "2024-W05-3", "20240630", "2199-06-30"])
def test_a_day_that_is_none_or_far_ahead_is_wrong_usage(answer, day):
    code, message = answer("run", BOUNDARIES, "--as-of", day)
    assert code == 2 and ("a day is written like" in message or "more than a year ahead" in message)


def test_an_act_is_of_no_day_to_come(answer):
    code, message = answer("close", "2024-06", "--on", str(dt.date.today() + dt.timedelta(1)))
    assert code == 2 and "has not come yet" in message
