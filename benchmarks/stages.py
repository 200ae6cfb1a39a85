"""Seconds per stage of the whole job without letters, beside a bare DuckDB load of the same files.

    python -m benchmarks.stages --claims 1000000 [--institutions 100000] [--seed 1]

Claims are generated first (benchmarks/generate.py). Each measurement is a process of its own, so that peak memory is its own, too.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[1]
AS_OF = date(2024, 6, 30)
DUCKDB_TYPES = {"money": "DECIMAL(17, 2)", "area": "DECIMAL(17, 2)", "percent": "VARCHAR", "year": "INTEGER", "date": "DATE"}


def bare_load(folder: Path) -> dict[str, float]:
    """DuckDB's own reader into typed tables of a file database; rows that it cannot type are skipped."""
    import duckdb

    from claims.policy.model import find_policy, load_policy

    connection = duckdb.connect(str(folder / "bare.duckdb"))
    started = time.perf_counter()
    for table in load_policy(find_policy(None)).tables.values():
        columns = ", ".join(f"'{field.name}': '{DUCKDB_TYPES.get(field.type, 'VARCHAR')}'" for field in _columns_of(table, folder))
        connection.execute(
            f"create table {table.name} as from read_csv('{folder}/{table.name}*.csv', header = true, auto_detect = false, delim = ',', "
            f"quote = '\"', escape = '\"', columns = {{{columns}}}, ignore_errors = true)"
        )
    return {"bare load": time.perf_counter() - started}


def _columns_of(table, folder: Path) -> list:
    """The table's fields in the order of the generated files' header."""
    header = next(folder.glob(f"{table.name}*.csv")).open(encoding="utf-8").readline().strip().split(",")
    return [table.fields[name] for name in header]


def whole_job(folder: Path) -> dict[str, float]:
    """The nightly job without letters, in a workspace of its own."""
    from claims.workspace import Workspace
    from pipelines.run import Request, run_folder
    from pipelines.progress import Progress

    progress = Progress()
    started = time.perf_counter()
    run_folder(Workspace(folder / "workspace"), Request(folder, "bench", label="bench", as_of=AS_OF, letters=False), progress)
    return progress.seconds | {"whole job": time.perf_counter() - started}


def _measured(what: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.stages", "--measure", what, "--folder", str(folder)]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--institutions", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--measure", choices=["bare", "job"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        seconds = (bare_load if options.measure == "bare" else whole_job)(options.folder)
        print(json.dumps(seconds | {"peak MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
        return
    with tempfile.TemporaryDirectory() as scratch:
        institutions = options.institutions or max(100, options.claims // 10)
        subprocess.run([sys.executable, ROOT / "benchmarks" / "generate.py", scratch, "--institutions", str(institutions),
                        "--claims", str(options.claims), "--seed", str(options.seed)], check=True, stdout=subprocess.DEVNULL)
        for what in ("bare", "job"):
            for name, value in _measured(what, Path(scratch)).items():
                print(f"{name:>12}  {value:10.2f}" + ("" if name == "peak MiB" else " s"))


if __name__ == "__main__":
    main()
