"""Helpers for tests that give commands as a user does, in a process of their own or in this one, on folders of a few claims."""

from __future__ import annotations

import datetime as dt
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from click.testing import CliRunner

from claims.errors import ClaimsError
from pipelines.cli import cli, main
from tests.settle import CASES, without_great_expectations

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


def give_here(*arguments: object, cwd: Path) -> subprocess.CompletedProcess:
    """The same in this process, which spares the half second in which one begins. How the command ends is not left out."""
    out, err, umask = io.StringIO(), io.StringIO(), os.umask(0)
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        patch.chdir(cwd)
        patch.setattr(sys, "argv", ["claims", *map(str, arguments)])
        patch.setattr(os, "_exit", sys.exit)
        main()
    os.umask(umask)
    return subprocess.CompletedProcess(arguments, ended.value.code, out.getvalue(), err.getvalue())


def answer(root: Path, *words: object) -> str:
    """What a command about a workspace answers, given in this process; what it raises comes out."""
    arguments = [*map(str, words), "--workspace", str(root)]
    return CliRunner().invoke(cli, arguments, standalone_mode=False, catch_exceptions=False).output


def given(root: Path, actor: str, on: dt.date | str, *words: object) -> str:
    """The same of an act of an office: who acts, on which day."""
    return answer(root, *words, "--actor", actor, "--on", on)


BLOCK = re.compile(r"^```(.*)\n((?:.*\n)*?)```$", re.MULTILINE)
"""A fenced block of a page: what stands behind the fence, and the content."""


def lines_to_type(page: Path) -> list[str]:
    """What the code blocks of a page tell to type, line by line as it stands."""
    blocks = [content.splitlines() for info, content in BLOCK.findall(page.read_text(encoding="utf-8")) if info in ("", "sh")]
    return [line for block in blocks if re.match(r"(claims|make|mkdir)( |$)", block[0]) for line in block]


def words_of(line: str) -> list[str]:
    """A line as a shell takes it, without the comment behind it."""
    return shlex.split(line, comments=True)


def type_in(line: str, folder: Path) -> subprocess.CompletedProcess:
    """Give a line in a folder as it stands: `claims` in this process, anything else in a shell. What `make` would do is only asked, since it installs."""
    words = words_of(line)
    if words[0] != "claims":
        command, place = (f"make --dry-run {shlex.join(words[1:])}", ROOT) if words[0] == "make" else (line, folder)
        return subprocess.run(command, shell=True, cwd=place, capture_output=True, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, without_great_expectations():
        patch.chdir(folder)
        done = CliRunner().invoke(cli, words[1:], prog_name="claims")
    if isinstance(done.exception, ClaimsError):
        return subprocess.CompletedProcess(words, done.exception.exit_code, done.stdout, str(done.exception))
    return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr + (repr(done.exception) if done.exit_code else ""))


def few_claims(folder: Path, *claim_ids: str) -> Path:
    """A folder with some claims of the known cases, and everything that they may refer to."""
    shutil.copytree(CASES / "boundaries" / "in", folder)
    header, *lines = (folder / "claims.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    chosen = [line for line in lines if line.split(",")[0] in claim_ids]
    assert len(chosen) == len(claim_ids)
    (folder / "claims.csv").write_text(header + "".join(chosen), encoding="utf-8")
    return folder
