"""Docs are held to the program: every command, setting, code, exit code and log line is documented, and what they tell to type works."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from claims.errors import ClaimsError
from claims.policy.model import find_policy, load_policy
from claims.settings import GateSetting, NightlySettings, load_settings
from pipelines.cli import cli
from pipelines.reports import EXIT_CODES_ZH
from tests.commands import ROOT, lines_to_type, type_in, words_of
from tests.office_desk import set_up, type_as_people_do

DOCS = ROOT / "docs"
OPERATIONS = (DOCS / "operations.md").read_text(encoding="utf-8")


def commands(group: click.Group = cli, path: str = "claims") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def section(text: str, title: str) -> str:
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE).group(1)


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_every_command_stands_in_the_table_of_commands(name):
    assert f"| `{name}" in section(OPERATIONS, "Commands")


def test_every_setting_stands_in_the_docs_with_its_default():
    told = section(OPERATIONS, "Configure")
    nightly = load_settings(Path("none")).nightly
    for name in NightlySettings.__struct_fields__:
        default = getattr(nightly, name)
        shown = default if isinstance(default, str) else json.dumps(default)
        assert f"| `nightly.{name}` | `{shown}` |" in told
    letters = load_settings(Path("none")).letters
    assert f"| `letters.sealed` | `{json.dumps(letters.sealed)}` |" in told and f"| `letters.word_copies` | `{json.dumps(letters.word_copies)}` |" in told
    assert all(f"`{name}`" in told for name in (*letters.text.__struct_fields__, *(part for part in letters.fonts if part != "folder")))
    assert all(f"gate.NAME.{name}" in told for name in GateSetting.__struct_fields__)
    assert all(f"`{name}`" in told for name in load_settings(Path("none")).gate)


def test_every_code_stands_in_the_contract():
    contract = (DOCS / "contract.md").read_text(encoding="utf-8")
    assert [code for code in load_policy(find_policy(None)).codes if code not in contract] == []


def test_every_exit_code_stands_in_the_docs():
    codes = {0, *EXIT_CODES_ZH}
    assert codes == {0, 1, 2, 3, 4, 5} >= {error.exit_code for error in ClaimsError.__subclasses__()}
    assert all(f"| {code} |" in section(OPERATIONS, "Exit codes") for code in codes)


def test_the_examples_for_cron_and_systemd_give_a_command_that_there_is():
    crontab, service = ((DOCS / "examples" / name).read_text(encoding="utf-8") for name in ("crontab", "claims-nightly.service"))
    scheduled = next(line for line in crontab.splitlines() if not line.startswith("#") and "claims" in line and "=" not in line)
    for line in (scheduled.split(maxsplit=5)[5], re.search("^ExecStart=(.*)$", service, re.MULTILINE).group(1)):
        program, command, *arguments = shlex.split(line)
        assert program.endswith(".venv/bin/claims")
        assert cli.commands[command].make_context(command, arguments).params["workspace"] == Path("/srv/incentives")
    assert (DOCS / "examples" / "claims-nightly.timer").read_text(encoding="utf-8").count("OnCalendar=") == 1


# ---------------------------------------------------------------- what operations.md tells to type


OF_THE_READERS = {"/mnt/backups": "backups", "incentives-000012-0a1b2c3d4e5f.zip": "{backup}"}
"""What stands in a command for something of the reader's own, and what it is here: the share for backups, and the name that the backup has got."""


def here(line: str, desk: Path) -> str:
    for told, ours in OF_THE_READERS.items():
        line = line.replace(told, ours)
    return line.format(backup=next((file.name for file in (desk / "backups").iterdir()), None))


def shape_of(line: str) -> tuple[tuple[str, ...], set[str]]:
    """The command that a line gives, and the options that it gives it, but for the workspace, which the manual's office has where it is looked for."""
    group, names, words = cli, (), words_of(line)[1:]
    while isinstance(group, click.Group) and words and words[0] in group.commands:
        group, names, words = group.commands[words[0]], (*names, words[0]), words[1:]
    return names, {word for word in words if word.startswith("-")} - {"--workspace"}


NEEDED = (("run",), ("review",), ("nightly",), ("backup",))
"""Commands of which a backup, a restored workspace and every kind of log line come."""


def not_in_the_manual(lines: list[str]) -> list[str]:
    """Without those whose command test_manual.py gives with the same options and more, unless something of the rest needs what it does here."""
    shapes = [shape_of(line) for page in (DOCS / "使用手册").glob("*.md") for line in lines_to_type(page)]

    def is_given(line: str) -> bool:
        command, options = shape_of(line)
        return command[:1] not in NEEDED and any(command == theirs and options <= more for theirs, more in shapes)

    return [line for line in lines if not is_given(line)]


@dataclass(frozen=True)
class Course:
    """What the lines of the page answered in their order, in which folder, and the counts before the workspace is lost and after it is restored."""

    desk: Path
    answers: list[tuple[str, subprocess.CompletedProcess]]
    before: str
    after: str


@pytest.fixture(scope="module", params=["what the manual does not give", pytest.param("all", marks=pytest.mark.long)])
def course(request, tmp_path_factory) -> Course:
    desk, answers, before = set_up(tmp_path_factory.mktemp("office"), "inbox", "scores-2023"), [], ""
    (desk / "backups").mkdir()
    counts = "claims status --workspace incentives"
    lines = lines_to_type(DOCS / "operations.md")
    assert len(lines) > 20
    for line in lines if request.param == "all" else not_in_the_manual(lines):
        if line.startswith("claims review import"):
            (desk / "incentives" / "inbox" / "报送说明.txt").write_text("no table", encoding="utf-8")
        if line.startswith("claims restore"):
            before = type_in(counts, desk).stdout
            shutil.rmtree(desk / "incentives")
        answers.append((line, type_as_people_do(here(line, desk), desk)))
    return Course(desk, answers, before, type_in(counts, desk).stdout)


def test_every_command_of_operations_runs_in_its_order(course):
    failed = [(line, done.stdout, done.stderr) for line, done in course.answers if done.returncode or done.stderr]
    assert len(course.answers) > 5 and failed == []


def test_a_backup_made_and_restored_as_the_docs_tell_has_the_same_claims(course):
    [made] = (course.desk / "backups").iterdir()
    assert re.fullmatch(r"incentives-\d{6}-[0-9a-f]{12}\.zip", made.name)
    assert course.before == course.after and "1.5" in course.after


def test_every_kind_of_log_line_is_told(course):
    told, logs = section(OPERATIONS, "Log lines"), course.desk / "incentives" / "logs"
    lines = (logs / "2024-06-30-2.log").read_text(encoding="utf-8").splitlines()
    beginnings = {re.match(r"[\d-]+ [\d:]+ (\w+(?: \(yuan\)| exceptions)?)", line).group(1) for line in lines}
    assert {"intake", "gates", "letters", "Not", "Warning", "Run", "Claims", "Open exceptions"} <= beginnings
    assert not [beginning for beginning in beginnings if f"`{beginning}" not in told]


def test_the_commands_for_spark_are_commands_that_there_are():
    """What they do needs what `make install-spark` adds: tests/spark assesses with it."""
    for line in lines_to_type(DOCS / "scaling.md"):
        program, *words = words_of(line)
        if program == "make":
            assert type_in(line, ROOT).returncode == 0
        else:
            command = cli.commands[words[0]]
            assert command.make_context(words[0], words[1:]).params["engine"] == "spark"
