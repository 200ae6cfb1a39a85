"""Helpers for tests that give commands as a user does, in a process of their own or in this one, on folders of a few claims."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from pipelines.cli import cli
from tests.settle import CASES

ROOT = Path(__file__).parents[1]
COMMAND = (sys.executable, "-c", "from pipelines.cli import main; main()")


def start(*arguments: object, cwd: Path) -> subprocess.Popen:
    """Give a command and let it run."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)], cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )


def give(*arguments: object, cwd: Path) -> subprocess.CompletedProcess:
    """Give a command and wait for its answer."""
    process = start(*arguments, cwd=cwd)
    out, err = process.communicate()
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def answer(root: Path, *words: object) -> str:
    """What a command about a workspace answers, given in this process; what it raises comes out."""
    arguments = [*map(str, words), "--workspace", str(root)]
    return CliRunner().invoke(cli, arguments, standalone_mode=False, catch_exceptions=False).output


def given(root: Path, actor: str, on: dt.date | str, *words: object) -> str:
    """The same of an act of an office: who acts, on which day."""
    return answer(root, *words, "--actor", actor, "--on", on)


def few_claims(folder: Path, *claim_ids: str) -> Path:
    """A folder with some claims of the known cases, and everything that they may refer to."""
    shutil.copytree(CASES / "boundaries" / "in", folder)
    header, *lines = (folder / "claims.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    chosen = [line for line in lines if line.split(",")[0] in claim_ids]
    assert len(chosen) == len(claim_ids)
    (folder / "claims.csv").write_text(header + "".join(chosen), encoding="utf-8")
    return folder
