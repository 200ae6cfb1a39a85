"""`claims` alone: at each point of a month's course it tells one command that comes next, and what waits beside it, as they can be copied."""

from __future__ import annotations

import datetime as dt
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from claims.doctor import examine
from claims.workbooks import Column, Sheet, workbook
from claims.workspace import OpenRun, Workspace
from pipelines.cli import cli
from pipelines.next_steps import next_steps
from pipelines.progress import Progress
from pipelines.queries import opened
from pipelines.verify import verify
from tests.commands import few_claims
from tests.filling import filled, rows_of
from tests.payables import bank_file, budget_file, paying_workspace
from tests.settle import settle, without_great_expectations

CLOSED, APPROVED = dt.date(2024, 7, 1), dt.date(2024, 7, 9)


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def settled(place, tmp_path_factory) -> Path:
    """The place with a workspace in which the claim of June is decided."""
    shutil.copytree(paying_workspace(tmp_path_factory), place / "workspace")
    return place


def told(on: dt.date = CLOSED, root: str = "workspace") -> list[list[str]]:
    """The commands without their reasons: the next one alone, then those beside it, part by part."""
    *parts, hint = next_steps(Path(root), "", on).split("\n\n")
    assert hint == "Every command: claims --help" and parts[0].startswith("Next:\n") and parts[0].count("\n") == 1
    lines = [line for part in parts for line in part.splitlines()[1:]]
    assert all(line.startswith("  claims") and "   # " in line for line in lines)
    return [[line.split("   # ")[0].strip() for line in part.splitlines()[1:]] for part in parts]


def given(*words: str) -> None:
    done = CliRunner().invoke(cli, list(words), standalone_mode=False, catch_exceptions=True)
    assert done.exit_code == 0, (words, done.output, done.exception)


def test_where_there_is_no_workspace_the_beginnings_are_told_and_nothing_is_made(place):
    assert told() == [[f"claims run FOLDER --as-of {CLOSED}"], ["claims demo", "claims template forms"]]
    assert list(place.iterdir()) == []


def test_each_step_of_a_month_is_told_when_its_turn_has_come(place):
    settle(Path("workspace"), few_claims(place / "june", "1.1-cap-1", "v01-empty"), "june")
    Workspace(Path("workspace")).settings.write_text("[nightly]\nletters = false\n", encoding="utf-8")
    assert told(dt.date(2024, 6, 29)) == [["claims review export"]]
    assert told() == [["claims close 2024-06 --actor NAME"], ["claims review export"]]

    given("review", "export", "-o", "held.xlsx", "--actor", "丙")
    rulings = {key: ("不予支持", "重复") for key in rows_of(Path("held.xlsx"))}
    given("review", "import", str(filled(Path("held.xlsx"), Path("ruled.xlsx"), rulings)), "--actor", "丙", "--on", "2024-06-30")
    assert told() == [["claims nightly"], ["claims close 2024-06 --actor NAME"]]
    Workspace(Path("workspace")).settings.write_text('[nightly]\npolicy = "zhumadian-2020-53"\n', encoding="utf-8")
    assert told()[0] == [f"claims run FOLDER --as-of {CLOSED}"], "the night would run another policy"
    Workspace(Path("workspace")).settings.write_text("[nightly]\nletters = false\n", encoding="utf-8")
    with without_great_expectations():
        given("nightly", "--as-of", "2024-06-30")
    assert told() == [["claims close 2024-06 --actor NAME"]]

    given("close", "2024-06", "--actor", "甲", "--on", str(CLOSED))
    approve = ["claims approve 2024-06 --minutes NO --actor NAME"]
    assert told() == [[f"claims run FOLDER --as-of {CLOSED}"], approve]
    assert "from 2024-07-09 on: its notice runs until 2024-07-08; another person than 甲" in next_steps(Path("workspace"), "", CLOSED)
    given("object", "1.1-cap-1", "--reason", "查", "--actor", "丙", "--on", str(CLOSED))
    assert told(APPROVED) == [approve, ['claims object 1.1-cap-1 --dismiss --reason "…" --actor NAME']]
    given("object", "1.1-cap-1", "--dismiss", "--reason", "无据", "--actor", "丙", "--on", str(CLOSED))
    assert told(APPROVED) == [approve]

    given("approve", "2024-06", "--minutes", "1", "--actor", "乙", "--on", str(APPROVED))
    register = "workspace/months/2024-06/zhumadian-2020-36/register.xlsx"
    deliver = f"claims letters delivered {register} --actor NAME"
    assert told(APPROVED) == [["claims budget import FILE"], [deliver]]
    budget = Sheet("预算", "预算", [Column(title, 20) for title in ("财政", "年度", "金额（元）")],
                   [["市级财政", "2024", "90000000"], ["西平县", "2024", "90000000"]], sums=False)
    Path("budget.xlsx").write_bytes(workbook([budget]))
    given("budget", "import", "budget.xlsx", "--actor", "甲", "--on", str(APPROVED))
    assert told(APPROVED) == [["claims pay plan"], [deliver]]
    given("pay", "plan", "--actor", "甲", "--on", str(APPROVED))
    assert told(APPROVED) == [[f"claims run FOLDER --as-of {APPROVED}"], ["claims pay confirm FILE", deliver]], "no bank answers on the same day"
    assert told(APPROVED + dt.timedelta(1)) == [["claims pay confirm FILE"], [deliver]]

    with opened(Path("workspace"), "test") as (_, database, _):
        paid = database.rows('select payment_id, amount_fen from "zhumadian-2020-36".payment order by payment_id')
    answers = bank_file(Path("answers.csv"), *((payment_id, f"{fen / 100:.2f}", "退回", str(APPROVED)) for payment_id, fen in paid))
    given("pay", "confirm", str(answers), "--actor", "甲", "--on", str(APPROVED))
    assert told(APPROVED) == [["claims pay plan"], [deliver]]
    assert f"   # payments due and covered: {len(paid)}; the bank returned before: {len(paid)}\n" in next_steps(Path("workspace"), "", APPROVED)
    given("adjust", "1.1-cap-1", "--award", "5", "--reason", "查实", "--actor", "甲", "--on", str(APPROVED))
    assert told(APPROVED) == [["claims adjust 1.1-cap-1 --agree --actor NAME"], [deliver]], "what is owed of the claim waits for its correction"
    assert "its correction waits for another person than 甲\n" in next_steps(Path("workspace"), "", APPROVED)


def test_an_act_that_was_interrupted_before_its_letters_or_lists_comes_first_with_the_command_that_completes_it(settled, monkeypatch):
    root = Path("workspace")

    def interrupted(name: str, *words: str) -> None:
        def fails(*_: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(name, fails)
            assert isinstance(CliRunner().invoke(cli, [*words, "--on", str(APPROVED)], standalone_mode=False).exception, OSError)

    given("close", "2024-06", "--actor", "甲", "--on", str(CLOSED))
    interrupted("pipelines.months.publish_issued", "approve", "2024-06", "--minutes", "纪要 1", "--actor", "乙")
    approve = "claims approve 2024-06 --minutes '纪要 1' --actor NAME"
    assert told(APPROVED)[:2] == [[approve], ["claims budget import FILE"]] and "letters not delivered" not in next_steps(root, "", APPROVED)
    assert f"interrupted before its letters were drawn; the same command completes it: `{approve}`" in verify(root, False, Progress())
    [*_, area] = examine(Workspace(root), APPROVED)
    assert [finding.mend for finding in area.findings] == [f"{approve} --workspace workspace"]

    given(*shlex.split(approve.replace("NAME", "乙"))[1:], "--on", str(APPROVED))
    budget = budget_file(settled / "budget.csv", ("市级财政", 2024, "90000000"), ("西平县", 2024, "90000000"))
    given("budget", "import", str(budget), "--actor", "甲", "--on", str(APPROVED))
    interrupted("pipelines.pay.publish_lists", "pay", "plan", "--actor", "丁")
    assert told(APPROVED)[0] == ["claims pay plan"] and "interrupted before its lists of payments were written" in next_steps(root, "", APPROVED)
    given("pay", "plan", "--actor", "丁", "--on", str(APPROVED))
    assert told(APPROVED)[0] == [f"claims run FOLDER --as-of {APPROVED}"]
    assert "nothing differs" in verify(root, False, Progress())


def test_an_interrupted_run_comes_before_all_else_with_its_own_command(settled):
    OpenRun("july", CLOSED, "", "", str(settled / "july"), False, {}).save(Workspace(Path("workspace")).open_run)
    assert told() == [[f"claims run {settled / 'july'} --label july"]]
    OpenRun("night", CLOSED, "", "", str(settled / "workspace" / "inbox"), True, {}).save(Workspace(Path("workspace")).open_run)
    assert told() == [["claims nightly"]]


def test_a_run_that_is_at_work_is_told_apart_from_one_that_was_interrupted(settled):
    workspace = Workspace(Path("workspace"))
    OpenRun("july", CLOSED, "", "", str(settled / "july"), False, {}).save(workspace.open_run)
    with workspace.held_still("claims run july"):
        assert told() == [["claims"]] and "held by `claims run july`" in next_steps(Path("workspace"), "", CLOSED)


def test_new_files_of_the_inbox_are_told_and_known_ones_are_not(settled):
    few_claims(settled / "workspace" / "inbox" / "again", "1.1-cap-1")
    assert told() == [["claims close 2024-06 --actor NAME"]]
    (settled / "workspace" / "inbox" / "claims-july.csv").write_text("申报编号\n", encoding="utf-8")
    assert told()[0] == ["claims nightly"]
    Workspace(Path("workspace")).settings.write_text('[nightly]\npolicy = "zhumadian-2020-53"\n', encoding="utf-8")
    Path("workspace/inbox/claims-july.csv").unlink()
    assert told()[0] == ["claims nightly"], "under the policy of the night, no run took the files in"


def test_commands_name_the_workspace_where_they_would_take_another(place, monkeypatch):
    def answer(*words: str) -> str:
        return CliRunner().invoke(cli, list(words)).output

    assert "claims run FOLDER" in answer() and "--workspace" not in answer()
    assert "--workspace office" in answer("--workspace", "office")
    monkeypatch.setenv("CLAIMS_WORKSPACE", "office")
    assert "makes the workspace office" in answer() and "--workspace" not in answer()
    assert "--workspace stands behind the command: claims status" in answer("--workspace", "office", "status")
    assert "office: there is no workspace" in str(CliRunner().invoke(cli, ["status"]).exception)
