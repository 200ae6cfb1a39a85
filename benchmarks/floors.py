"""What nothing that reads these files can be faster than: their bytes read, and DuckDB's own reader into typed tables.

    python -m benchmarks.floors bytes FOLDER
    python -m benchmarks.floors load FOLDER DATABASE

Each prints JSON. The typed load is what targets are told in: one `read_csv` a table with its columns and types given, nothing guessed, default
settings, into a database file. Rows that it cannot type it skips.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

READ_AT_ONCE = 2**20
DUCKDB_TYPES = {"money": "DECIMAL(17, 2)", "area": "DECIMAL(17, 2)", "percent": "VARCHAR", "year": "INTEGER", "date": "DATE"}


def read_bytes(folder: Path) -> dict:
    """Every file of the folder, from its first byte to its last."""
    count = 0
    for path in sorted(folder.glob("*.csv")):
        with path.open("rb", buffering=0) as file:
            while part := file.read(READ_AT_ONCE):
                count += len(part)
    return {"bytes": count}


def typed_load(folder: Path, database: Path) -> dict:
    """DuckDB's reader into typed tables of a new database file."""
    import duckdb

    database.unlink(missing_ok=True)
    connection = duckdb.connect(str(database))
    statements = [*load_statements(folder)]
    for statement in statements:
        connection.execute(statement)
    [threads] = connection.execute("select current_setting('threads')").fetchone()
    [rows] = connection.execute("select count(*) from claims").fetchone()
    connection.close()
    return {"statements": statements, "threads": threads, "claims": rows}


def load_statements(folder: Path) -> Iterator[str]:
    """One per table, with the columns in the order of the generated files' header."""
    from claims.policy.model import find_policy, load_policy

    for table in load_policy(find_policy(None)).tables.values():
        header = next(folder.glob(f"{table.name}*.csv")).open(encoding="utf-8").readline().strip().split(",")
        columns = ", ".join(f"'{name}': '{DUCKDB_TYPES.get(table.fields[name].type, 'VARCHAR')}'" for name in header)
        yield (
            f"create table {table.name} as from read_csv('{folder}/{table.name}*.csv', header = true, auto_detect = false, delim = ',', "
            f"quote = '\"', escape = '\"', columns = {{{columns}}}, ignore_errors = true)"
        )


def main() -> None:
    what, *paths = sys.argv[1:]
    print(json.dumps((read_bytes if what == "bytes" else typed_load)(*map(Path, paths))))


if __name__ == "__main__":
    main()
