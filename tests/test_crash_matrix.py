"""The crash matrix: each command, failed at each of its durable acts by a kill, an I/O error or a full disk, is completed by the same command.

It needs a C compiler and strace, and fails where they are missing. docs/reliability.md tells what it promises.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import ROOT, few_claims
from tests.crash.history import TRIED
from tests.crash.progress import progress_folder
from tests.crash.shim import compiled
from tests.crash.watched import acts_of_kernel, strace

pytestmark = pytest.mark.torture


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> dict[str, str]:
    """The environment of a process that the shim sees, which computes in one thread."""
    shim = compiled(tmp_path_factory.mktemp("shim"))
    return os.environ | {"LD_PRELOAD": str(shim), "PYTHONPATH": str(ROOT), "POLARS_MAX_THREADS": "1", "RAYON_NUM_THREADS": "1"}


@pytest.mark.parametrize("command", TRIED)
def test_a_command_that_failed_at_any_durable_act_is_completed_with_the_same_bytes(command, environment):
    progress = progress_folder()
    progress.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([sys.executable, "-m", "tests.crash.matrix", command, progress], cwd=ROOT, env=environment, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_shim_sees_every_durable_act_that_the_kernel_sees(environment, tmp_path):
    few_claims(tmp_path / "in", "1.1-cap-1", "1.1-before", "v01-empty")
    words = ("run", "in", "--as-of", "2024-05-31")
    trace, acts = tmp_path.parent / f"{tmp_path.name}-trace", tmp_path.parent / f"{tmp_path.name}-acts"
    done = subprocess.run(
        [*strace(trace), sys.executable, "-m", "tests.crash.watched", tmp_path, acts, *words], cwd=ROOT, env=environment, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    seen = [line for line in Path(acts).read_text(encoding="utf-8").splitlines() if not line.startswith("<")]
    assert seen == acts_of_kernel(trace, tmp_path)
    assert len(seen) > 300
