"""Docs are held to the program: every command, setting, code, exit code and log line is documented, and what they tell to type works."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from claims.errors import ClaimsError
from claims.policy.model import find_policy, load_policy
from claims.settings import GateSetting, NightlySettings, load_settings
from claims.workspace import Workspace
from pipelines.cli import cli
from pipelines.nightly import run_nightly
from pipelines.reports import EXIT_CODES_ZH
from tests.commands import ROOT, few_claims, give
from tests.settle import AS_OF

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


def test_every_kind_of_log_line_is_told(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    few_claims(workspace.inbox, "1.1-cap-1", "v01-empty")
    (workspace.inbox / "notes.txt").write_text("no table")
    run_nightly(workspace, AS_OF, "夜间", {})
    told = section(OPERATIONS, "Log lines")
    lines = (workspace.logs / f"{AS_OF}.log").read_text(encoding="utf-8").splitlines()
    beginnings = {re.match(r"[\d-]+ [\d:]+ (\w+(?: \(yuan\)| exceptions)?)", line).group(1) for line in lines}
    assert {"intake", "gates", "letters", "Warning", "Run", "Claims", "Open exceptions"} <= beginnings
    assert not [beginning for beginning in beginnings if f"`{beginning}" not in told]


def test_the_examples_for_cron_and_systemd_give_a_command_that_there_is():
    crontab, service = ((DOCS / "examples" / name).read_text(encoding="utf-8") for name in ("crontab", "claims-nightly.service"))
    scheduled = next(line for line in crontab.splitlines() if not line.startswith("#") and "claims" in line and "=" not in line)
    for line in (scheduled.split(maxsplit=5)[5], re.search("^ExecStart=(.*)$", service, re.MULTILINE).group(1)):
        program, command, *arguments = shlex.split(line)
        assert program.endswith(".venv/bin/claims")
        assert cli.commands[command].make_context(command, arguments).params["workspace"] == Path("/srv/incentives")
    assert (DOCS / "examples" / "claims-nightly.timer").read_text(encoding="utf-8").count("OnCalendar=") == 1


def test_a_backup_made_and_restored_as_the_docs_tell_has_the_same_claims(tmp_path):
    backup, restore = (block.strip().splitlines() for block in re.findall(r"```\n(.*?)```", section(OPERATIONS, "Backup"), re.DOTALL))
    workspace = Workspace(tmp_path / "incentives")
    few_claims(workspace.inbox, "1.1-cap-1", "v01-empty")
    workspace.settings.write_text("[nightly]\nletters = false\n", encoding="utf-8")
    run_nightly(workspace, AS_OF, "夜间", {})
    status = give("status", "--workspace", "incentives", cwd=tmp_path).stdout
    (tmp_path / "backups").mkdir()
    in_place = [shlex.split(line.replace("/mnt/backups", "backups")) for line in (*backup, *restore)]
    assert give(*in_place[0][1:], cwd=tmp_path).returncode == 0
    shutil.rmtree(workspace.root)
    [made] = (tmp_path / "backups").iterdir()
    assert re.fullmatch(r"incentives-\d{6}-[0-9a-f]{12}\.zip", made.name) and Path(in_place[1][2]).parent.name == "backups"
    assert give("restore", made, *in_place[1][3:], cwd=tmp_path).returncode == 0
    assert give("status", "--workspace", "incentives", cwd=tmp_path).stdout == status and "1.1" in status
