"""The command line: its help, exit codes, and what is said where. What the pages tell to type is typed in by test_manual.py and test_docs.py."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from pipelines.cli import cli, main
from tests.commands import ROOT, few_claims
from tests.settle import CASES, settle

JUNE = "2024-06-30"
BOUNDARIES = CASES / "boundaries" / "in"


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


def test_a_claim_or_a_run_that_the_workspace_lacks_is_wrong_usage(answer, tmp_path):
    settle(tmp_path / "workspace", few_claims(tmp_path / "in", "1.1-cap-1"))
    for arguments in (["explain", "absent"], ["letters", "render", "absent"]):
        code, message = answer(*arguments)
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


@pytest.mark.long
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
