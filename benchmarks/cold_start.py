"""Seconds of 100 claims from cold start, gates included, beside a bare import of great_expectations and `claims --help`.

    python -m benchmarks.cold_start [--rounds 7]

Each measurement is a fresh process; that of the job has a fresh workspace and leaves its decisions.csv. The kinds take turns, so that other
work on the machine bears on all of them.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sample_data.many import AS_OF, write_claims

CLAIMS = 100
COMMAND = [str(Path(sys.executable).with_name("claims"))]
IMPORT, JOB, HELP = "import great_expectations", f"claims run, {CLAIMS} claims", "claims --help"


def _seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def _job(folder: Path) -> float:
    """The nightly job in a fresh workspace, until its decisions are there."""
    with tempfile.TemporaryDirectory() as workspace:
        seconds = _seconds([*COMMAND, "run", str(folder), "--workspace", workspace, "--as-of", AS_OF.isoformat(), "--no-letters"])
        assert Path(workspace, "out", AS_OF.isoformat(), "decisions.csv").exists()
    return seconds


def main() -> None:
    """Measure in turns and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_claims(folder, institutions=CLAIMS // 2, claims=CLAIMS)
        kinds = {
            IMPORT: lambda: _seconds([sys.executable, "-c", IMPORT]),
            JOB: lambda: _job(folder),
            HELP: lambda: _seconds([*COMMAND, "--help"]),
        }
        measured = {kind: [] for kind in kinds}
        for _ in range(rounds):
            for kind, measure in kinds.items():
                measured[kind].append(measure())
    for kind, seconds in measured.items():
        print(f"{kind:>26}  median {statistics.median(seconds):5.2f} s  ({min(seconds):.2f} to {max(seconds):.2f})")
    difference = statistics.median(job - bare for job, bare in zip(measured[JOB], measured[IMPORT]))
    print(f"{'job - bare import':>26}  median {difference:5.2f} s")


if __name__ == "__main__":
    main()
