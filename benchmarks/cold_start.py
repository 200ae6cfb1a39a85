"""Seconds from cold start: 100 claims to their decisions, with and without letters, beside bare imports of what they work with; and `claims --help`.

    python -m benchmarks.cold_start [--rounds 7]

Each measurement is a fresh process; that of the job has a fresh workspace and leaves its decisions.csv. The gate stage, which imports Great
Expectations, is told by the run's own log. The bare import of the other packages, which the job takes besides its work, tells the pace of the machine.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.measuring import CLAIMS, Measured, circumstances, cpu_seconds_of, emptied, in_turns, markdown, measured, seconds_of, spread, write_folder
from sample_data.many import AS_OF

COUNT = 100
IMPORT, PACKAGES = "import great_expectations", "import click, duckdb, jinja2, msgspec, polars, pygal"
JOB, LETTERS, HELP = f"claims run, {COUNT} claims, no letters", f"claims run, {COUNT} claims, letters", "claims --help"


def _job(folder: Path, workspace: Path, *options: str) -> Measured:
    """The job in a fresh workspace, until its decisions are there; `told` has the seconds of the gate stage."""
    one = measured([*CLAIMS, "run", folder, "--workspace", emptied(workspace), "--as-of", AS_OF.isoformat(), *options])
    assert (workspace / "out" / AS_OF.isoformat() / "decisions.csv").exists()
    [gates] = re.findall(r" gates: ([\d.]+) s", (workspace / "logs" / "runs.log").read_text(encoding="utf-8"))
    return replace(one, told={"gates": float(gates)})


def targets(rounds: dict[str, list[Measured]]) -> str:
    """Grain: one row per target, with what is asked and what was measured, round by round."""
    above = {kind: [*zip(rounds[kind], rounds[IMPORT])] for kind in (JOB, LETTERS)}
    return markdown(["target", "asked, s", "seconds", "processor seconds"], [
        [f"{JOB}, without the gate stage", "≤ 2", spread([one.seconds - one.told["gates"] for one in rounds[JOB]]), ""],
        *([f"{kind}, above a bare import", asked, spread([one.seconds - bare.seconds for one, bare in above[kind]]),
           spread([one.cpu_seconds - bare.cpu_seconds for one, bare in above[kind]])] for kind, asked in ((JOB, "≤ 1.5"), (LETTERS, "≤ 4.5"))),
        [HELP, "≤ 0.3", seconds_of(rounds[HELP]), cpu_seconds_of(rounds[HELP])],
    ])


def main() -> None:
    """Measure in turns, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as scratch:
        folder, workspace = write_folder(Path(scratch) / "claims", COUNT, seed=1), Path(scratch) / "workspace"
        measures = in_turns({
            **{bare: partial(measured, [sys.executable, "-c", bare]) for bare in (PACKAGES, IMPORT)},
            JOB: lambda: _job(folder, workspace, "--no-letters"),
            LETTERS: lambda: _job(folder, workspace),
            HELP: lambda: measured([*CLAIMS, "--help"]),
        }, rounds)
    print(f"{rounds} rounds, kinds in turn; median (least to most). {circumstances()}\n")
    print(markdown(["", "seconds", "processor seconds"], [[kind, seconds_of(all_of), cpu_seconds_of(all_of)] for kind, all_of in measures.items()]))
    print(f"\n{targets(measures)}")


if __name__ == "__main__":
    main()
