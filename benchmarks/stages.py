"""Seconds per stage of the whole job without letters, beside a bare typed DuckDB load of the same files in the same run.

    python -m benchmarks.stages --claims 1000000 [--institutions 100000] [--seed 1]

Claims are generated first (sample_data/many.py). Each measurement is a process of its own, so that peak memory is its own, too.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
DUCKDB_TYPES = {"money": "DECIMAL(17, 2)", "area": "DECIMAL(17, 2)", "percent": "VARCHAR", "year": "INTEGER", "date": "DATE"}


def bare_load(folder: Path) -> dict:
    """DuckDB's own reader into typed tables of a file database, with its default settings; rows that it cannot type are skipped."""
    import duckdb

    connection = duckdb.connect(str(folder / "bare.duckdb"))
    statements = [*_load_statements(folder)]
    started = time.perf_counter()
    for statement in statements:
        connection.execute(statement)
    seconds = time.perf_counter() - started
    [threads] = connection.execute("select current_setting('threads')").fetchone()
    return {"seconds": seconds, "statements": statements, "threads": threads}


def _load_statements(folder: Path) -> Iterator[str]:
    """One per table, with the columns in the order of the generated files' header."""
    from claims.policy.model import find_policy, load_policy

    for table in load_policy(find_policy(None)).tables.values():
        header = next(folder.glob(f"{table.name}*.csv")).open(encoding="utf-8").readline().strip().split(",")
        columns = ", ".join(f"'{name}': '{DUCKDB_TYPES.get(table.fields[name].type, 'VARCHAR')}'" for name in header)
        yield (
            f"create table {table.name} as from read_csv('{folder}/{table.name}*.csv', header = true, auto_detect = false, delim = ',', "
            f"quote = '\"', escape = '\"', columns = {{{columns}}}, ignore_errors = true)"
        )


def whole_job(folder: Path) -> dict:
    """The job of one folder without letters, in a workspace of its own."""
    from claims.workspace import Workspace
    from pipelines.progress import Progress
    from pipelines.run import Request, run_folder
    from sample_data.many import AS_OF

    progress = Progress()
    started = time.perf_counter()
    finished = run_folder(Workspace(folder / "workspace"), Request(folder, "bench", label="bench", as_of=AS_OF, letters=False), progress)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "stages": progress.seconds, "claims": sum(finished.entry.body["counts"]["outcomes"].values())}


def _measured(what: str, folder: Path) -> dict:
    command = [sys.executable, "-m", "benchmarks.stages", "--measure", what, "--folder", str(folder)]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def _print_report(bare: dict, job: dict) -> None:
    print(f"The bare load, on {bare['threads']} threads as the job:")
    for statement in bare["statements"]:
        print(f"  {statement}")
    print(f"\n{'bare load':>12}  {bare['seconds']:8.2f} s  peak {bare['peak_mib']:6.0f} MiB\n")
    for stage, seconds in job["stages"].items():
        print(f"{stage:>12}  {seconds:8.2f} s")
    print(f"{'whole job':>12}  {job['seconds']:8.2f} s  peak {job['peak_mib']:6.0f} MiB")
    print(f"\n{job['claims']:,} claims: {job['claims'] / job['seconds']:,.0f} claims/s; job / bare load = {job['seconds'] / bare['seconds']:.1f}")


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--institutions", type=int, help="one for ten claims by default")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--measure", choices=["bare", "job"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measured = (bare_load if options.measure == "bare" else whole_job)(options.folder)
        print(json.dumps(measured | {"peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
        return
    with tempfile.TemporaryDirectory() as scratch:
        institutions = options.institutions or max(100, options.claims // 10)
        write = f"from sample_data.many import *; write_claims(Path({scratch!r}), institutions={institutions}, claims={options.claims}, seed={options.seed})"
        subprocess.run([sys.executable, "-c", write], cwd=ROOT, check=True)
        _print_report(_measured("bare", Path(scratch)), _measured("job", Path(scratch)))


if __name__ == "__main__":
    main()
