"""The whole job of one folder without letters, in a new workspace: `python -m benchmarks.job FOLDER WORKSPACE` prints seconds by stage as JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from claims.workspace import Workspace
from pipelines.progress import Progress
from pipelines.run import Request, run_folder
from sample_data.many import AS_OF

LABEL = "bench"


def whole_job(folder: Path, workspace: Path) -> dict:
    """Seconds from the first file read to the last output written, by stage, and how many claims were decided or held."""
    progress = Progress()
    started = time.perf_counter()
    finished = run_folder(Workspace(workspace), Request(folder, "bench", label=LABEL, as_of=AS_OF, letters=False), progress)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "stages": progress.seconds, "claims": sum(finished.entry.body["counts"]["outcomes"].values())}


def main() -> None:
    print(json.dumps(whole_job(*map(Path, sys.argv[1:]))))


if __name__ == "__main__":
    main()
