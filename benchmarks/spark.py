"""Seconds of the whole job without letters, assessed by DuckDB and on Spark in local mode, and whether both gave the same.

    python -m benchmarks.spark --claims 1000000 [--institutions 100000] [--seed 1] [--master 'local[*]']

Needs the extra `spark` and Java. Each engine has a process of its own, so that peak memory is its own, too; Spark's is that of its Java.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from claims.spark.session import LOCAL

ROOT = Path(__file__).parents[1]
ENGINES = ("duckdb", "spark")


def job(folder: Path, engine: str, master: str) -> dict:
    """The job of one folder, in a workspace of the engine's own. What Spark takes to start is told apart."""
    from contextlib import nullcontext

    from claims.spark.session import spark_session
    from claims.workspace import Workspace
    from pipelines.progress import Progress
    from pipelines.run import Request, run_folder
    from sample_data.many import AS_OF

    workspace, progress, started = Workspace(folder / engine), Progress(), time.perf_counter()
    with spark_session(master, folder / "spark.log") if engine == "spark" else nullcontext() as session:
        ready = time.perf_counter()
        finished = run_folder(workspace, Request(folder, "bench", label="bench", as_of=AS_OF, letters=False, spark=session), progress)
        seconds = time.perf_counter() - ready
    results = {name: result.get("rows_sha256", result["rows"]) for name, result in finished.entry.body["results"].items()}
    return {"start": ready - started, "seconds": seconds, "stages": progress.seconds, "results": results}


def _measured(folder: Path, engine: str, master: str) -> dict:
    command = [sys.executable, "-m", "benchmarks.spark", "--measure", engine, "--folder", str(folder), "--master", master]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def _print_report(measured: dict[str, dict]) -> None:
    print(f"{'':>12}" + "".join(f"{engine:>12}" for engine in measured))
    print(f"{'start':>12}" + "".join(f"{one['start']:>10.2f} s" for one in measured.values()))
    for stage in measured["duckdb"]["stages"]:
        print(f"{stage:>12}" + "".join(f"{one['stages'][stage]:>10.2f} s" for one in measured.values()))
    print(f"{'whole job':>12}" + "".join(f"{one['seconds']:>10.2f} s" for one in measured.values()))
    print(f"{'of processor':>12}" + "".join(f"{one['busy']:>10.2f} s" for one in measured.values()))
    print(f"{'peak':>12}" + "".join(f"{one['peak_mib']:>8.0f} MiB" for one in measured.values()))
    same = measured["duckdb"]["results"] == measured["spark"]["results"]
    print("\nEvery result has the same rows." if same else "\nTHE RESULTS DIFFER.")


def main() -> None:
    """Generate claims, measure both engines, print the report; with --measure one of them, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--institutions", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--master", default=LOCAL)
    parser.add_argument("--measure", choices=ENGINES)
    parser.add_argument("--folder", type=Path)
    args = parser.parse_args()
    if args.measure:
        measured = job(args.folder, args.measure, args.master)
        peak = max(resource.getrusage(whose).ru_maxrss for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        busy = sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
        print(json.dumps(measured | {"peak_mib": peak / 1024, "busy": busy}))
        return
    from sample_data.many import write_claims

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_claims(folder, institutions=args.institutions or max(2, args.claims // 10), claims=args.claims, seed=args.seed)
        measured = {engine: _measured(folder, engine, args.master) for engine in ENGINES}
        decisions = {(folder / engine / "out" / "bench" / "decisions.csv").read_bytes() for engine in ENGINES}
        _print_report(measured)
        print("decisions.csv is the same to the byte." if len(decisions) == 1 else "DECISIONS.CSV DIFFERS.")


if __name__ == "__main__":
    main()
