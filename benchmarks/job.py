"""The whole job of one folder without letters, in a new workspace.

`python -m benchmarks.job FOLDER WORKSPACE` prints seconds by stage, of the clock and of processors, as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from claims.workspace import Workspace
from pipelines.progress import Progress
from pipelines.run import Request, run_folder
from sample_data.many import AS_OF

LABEL = "bench"


class Stages(Progress):
    """Tells processor seconds of each stage, too."""

    def __init__(self):
        super().__init__()
        self.cpu_seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.process_time()
        with super().stage(name):
            yield
        self.cpu_seconds[name] = time.process_time() - started


def whole_job(folder: Path, workspace: Path) -> dict:
    """Seconds from the first file read to the last output written, by stage, and how many claims were decided or held."""
    progress = Stages()
    started = time.perf_counter()
    finished = run_folder(Workspace(workspace), Request(folder, "bench", label=LABEL, as_of=AS_OF, letters=False), progress)
    seconds = time.perf_counter() - started
    claims = sum(finished.entry.body["counts"]["outcomes"].values())
    return {"seconds": seconds, "stages": progress.seconds, "cpu_stages": progress.cpu_seconds, "claims": claims}


def main() -> None:
    print(json.dumps(whole_job(*map(Path, sys.argv[1:]))))


if __name__ == "__main__":
    main()
