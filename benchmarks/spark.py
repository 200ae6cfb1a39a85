"""The whole job without letters, assessed by DuckDB and on Spark in local mode, by stage, and whether both gave the same; as Markdown.

    python -m benchmarks.spark --claims 1000000 [--institutions 100000] [--seed 1] [--master 'local[*]']

Needs the extra `spark` and Java. Each engine has a process of its own; of Spark's is told, besides, what its Python (with DuckDB) and its Java used, each
from its start on. Their peaks need not fall together.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

from benchmarks.measuring import Measured, circumstances, markdown, measured, python, used_so_far
from claims.spark.session import LOCAL

ENGINES = ("duckdb", "spark")
PARTS = {"python": "Python", "java": "Java"}


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
        seconds, (own, of_java) = time.perf_counter() - ready, used_so_far(os.getpid())
    results = {name: result.get("rows_sha256", result["rows"]) for name, result in finished.entry.body["results"].items()}
    return {"start": ready - started, "seconds": seconds, "python": own, "java": of_java, "stages": progress.seconds, "results": results}


def report(claims: int, of: dict[str, Measured], is_same: bool) -> str:
    """Grain: one row per stage, of seconds by the clock; then what the whole came to."""
    told = [one.told for one in of.values()]
    rows = [["start of Spark", *(f"{one['start']:.2f}" for one in told)]]
    rows += [[stage, *(f"{one['stages'][stage]:.2f}" for one in told)] for stage in told[0]["stages"]]
    rows.append(["whole job", *(f"{one['seconds']:.2f}" for one in told)])
    rows.append(["whole job, processor seconds", *(f"{one['python']['cpu_seconds'] + one['java']['cpu_seconds']:.2f}" for one in told)])
    rows += [[f"of these {name}", *(f"{one[part]['cpu_seconds']:.2f}" for one in told)] for part, name in PARTS.items()]
    rows.append(["peak MiB", *(f"{one.peak_mib:,.0f}" for one in of.values())])
    rows += [[f"peak MiB of {name} alone", *(f"{one[part]['peak_mib']:,.0f}" for one in told)] for part, name in PARTS.items()]
    verdict = "Every result has the same rows, and `decisions.csv` is the same to the byte." if is_same else "**THE RESULTS DIFFER.**"
    return f"{claims:,} claims, seconds. {circumstances()}\n\n{markdown([f'{claims:,} claims', 'DuckDB', 'Spark'], rows)}\n\n{verdict}"


def main() -> None:
    """Generate claims, measure both engines, print the report; with --measure one of them, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--institutions", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--master", default=LOCAL)
    parser.add_argument("--measure", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(job(options.folder, options.measure, options.master)))
        return
    from sample_data.many import write_claims

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_claims(folder, institutions=options.institutions or max(2, options.claims // 10), claims=options.claims, seed=options.seed)
        of = {engine: measured(python("spark", "--measure", engine, "--folder", folder, "--master", options.master)) for engine in ENGINES}
        decisions = {(folder / engine / "out" / "bench" / "decisions.csv").read_bytes() for engine in ENGINES}
        is_same = len(decisions) == 1 and of["duckdb"].told["results"] == of["spark"].told["results"]
        print(report(options.claims, of, is_same))


if __name__ == "__main__":
    main()
