"""A desk for tests of intake: a folder to put files in, a database with the tables that earlier nights left, and the shipped policy."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl
import pytest

from claims.database import Database, connect
from claims.errors import InputRefused
from claims.intake import Intake, list_folder, take_in, typed_relation_sql
from claims.policy.model import Policy, find_policy, load_policy

POLICY = load_policy(find_policy(None))
USCC = "91411701MA0000001P"


class Desk:
    """One folder and one database. `take_in` can be called again and again, as on several nights."""

    def __init__(self, root: Path, policy: Policy = POLICY):
        self.policy = policy
        self.folder, self.scratch = root / "in", root / "scratch"
        self.folder.mkdir()
        self.database: Database = connect(root / "desk.duckdb")
        self.database.execute("create table decided_net (claim_id varchar, content varchar)")
        self.database.execute("create table held (claim_id varchar, content varchar, changed boolean)")

    def put(self, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    def clear(self) -> None:
        for path in self.folder.iterdir():
            path.unlink()

    def take_in(self, known_files: set[str] = frozenset()) -> Intake:
        return take_in(self.database, self.policy, list_folder(self.policy, self.folder), self.scratch, set(known_files))

    def refusal(self) -> tuple[str, ...]:
        """The problems for which the folder is refused; nothing may have been created."""
        with pytest.raises(InputRefused) as refused:
            self.take_in()
        assert self.rows("select table_name from duckdb_tables() where temporary") == []
        return refused.value.problems

    def rows(self, sql: str) -> list[tuple]:
        return self.database.rows(sql)

    def fates(self) -> list[tuple]:
        """(file, line, fate, claim_id, reason) of every line, in order."""
        return self.rows("select file, line, fate, claim_id, reason from line_fate order by file_order, line")

    def claims(self, columns: str) -> list[tuple]:
        return self.rows(f"select {columns} from incoming_claim order by claim_id")

    def decide(self, claim_id: str) -> None:
        """Let an incoming claim be decided."""
        self.database.execute("insert into decided_net select claim_id, content from incoming_claim where claim_id = ?", [claim_id])

    def hold(self, claim_id: str, changed: bool = False) -> None:
        self.database.execute("insert into held select claim_id, content, ? from incoming_claim where claim_id = ?", [changed, claim_id])


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def csv_text(table: str, *rows: dict, header: str = "field", skip: tuple[str, ...] = (), end: str = "\n") -> str:
    """A CSV file of a table: `header` is "field" (English) or "header" (Chinese). Cells that a row does not name are empty."""
    fields = [field for field in POLICY.tables[table].field if field.name not in skip]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=end)
    writer.writerow(field.name if header == "field" else field.header for field in fields)
    writer.writerows([row.get(field.name, "") for field in fields] for row in rows)
    return text.getvalue()


def claim(claim_id: str, **cells: str) -> dict:
    return {"claim_id": claim_id, "uscc": USCC, "clause": "1.2", "claim_year": "2021", "submitted_on": "2021-12-01"} | cells


def award(**cells: str) -> dict:
    return {"uscc": USCC, "clause": "1.2", "claim_year": "2021", "awarded_yuan": "2000000", "awarded_on": "2021-12-30"} | cells


def institution(**cells: str) -> dict:
    return {
        "uscc": USCC, "name": "示例机构", "sector": "bank", "level": "provincial", "origin": "new", "established_on": "2021-03-01",
        "regulator_approved": "yes", "city_share_pct": "33.33", "county": "西平县",
    } | cells


def typed(database: Database, scratch: Path, table: str, field: str, texts: list[str], wan: bool = False) -> list:
    """What each text means as a cell of a field, by the same SQL that types claims held in earlier nights."""
    chosen = POLICY.tables[table]
    cells = pl.struct(pl.lit(None, pl.String).alias(name) if name != field else pl.col("text").alias(name) for name in chosen.fields)
    frame = pl.DataFrame({"line": range(len(texts)), "text": texts}, {"line": pl.Int64, "text": pl.String}).select(
        pl.lit("t.csv").alias("file"), pl.lit("").alias("file_sha256"), pl.lit(0).alias("file_order"), "line",
        pl.lit([field] if wan else [], pl.List(pl.String)).alias("wan"), cells.alias("cell"),
        pl.struct(pl.lit(None, pl.String).alias(name) for name in ("premises",)).alias("place"),
    )
    frame.write_parquet(scratch / "typed.parquet")
    select = typed_relation_sql(POLICY, chosen, f"read_parquet('{scratch / 'typed.parquet'}')")
    return [value for value, in database.rows(f"select {chosen.fields[field].column} from ({select}) order by line")]
