"""The door to DuckDB."""

import subprocess
import sys
from pathlib import Path

import pytest

from claims import database
from claims.errors import StatementFailed, WorkspaceBusy

FRAME_AND_FAIL = """
import pathlib, sys
from claims.database import connect
from claims.errors import StatementFailed

def main():
    with connect(pathlib.Path(sys.argv[1]) / "claims.duckdb") as db:
        print(db.frame("select 1 as n, 'x' as t where 1 = ?", [1]).rows())
        for sql in ("from absent", "select error('late') from range(300000)"):
            try:
                db.frame(sql)
            except StatementFailed:
                print("refused")

main()
"""


def run_python(code: str, *args: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, args)], cwd=Path(__file__).parents[1], capture_output=True, text=True
    )


@pytest.fixture
def db(tmp_path):
    with database.connect(tmp_path / "claims.duckdb", threads=1) as db:
        yield db


@pytest.fixture
def statement(monkeypatch):
    """A stand-in for sql/: `statement["assess/award.sql"] = text` puts a file there."""
    texts = {}
    monkeypatch.setattr(database, "sql_text", texts.__getitem__)
    monkeypatch.setattr(database, "_templates", database._templates.__wrapped__)
    return texts


def test_a_statement_of_sql_is_filled_from_its_context_and_run(db, statement):
    statement["macros.sql"] = "{% macro doubled(column) %}2 * {{ column }}{% endmacro %}"
    statement["assess/award.sql"] = """
        {% import "macros.sql" as m %}
        create table award as select {{ m.doubled(column) }} as fen from (values (3), (4)) as t(n);
        insert into award values (1);
    """
    db.run("assess/award.sql", column="n")
    assert db.rows("select fen from award order by fen") == [(1,), (6,), (8,)]


def test_a_failing_statement_is_named_with_its_text(db, statement):
    statement["assess/award.sql"] = "select {{ column }} from absent"
    with pytest.raises(StatementFailed, match="sql/assess/award.sql failed") as failed:
        db.run("assess/award.sql", column="n")
    assert (failed.value.statement, failed.value.exit_code) == ("select n from absent", 1)


def test_a_name_that_the_context_lacks_is_an_error(db, statement):
    statement["assess/award.sql"] = "select {{ column }}"
    with pytest.raises(StatementFailed, match="'column' is undefined"):
        db.run("assess/award.sql")


def test_no_extension_can_be_fetched_and_scratch_stays_in_the_workspace(db, tmp_path):
    settings = dict(db.rows("select name, value from duckdb_settings()"))
    assert settings["autoinstall_known_extensions"] == settings["autoload_known_extensions"] == "false"
    assert settings["temp_directory"] == str(tmp_path / "work" / "duckdb")


OUTSIDE = [
    "attach '{outside}/other.duckdb'", "select * from read_csv('{outside}/text.csv')", "select * from read_text('{outside}/text.csv')",
    "select * from '{outside}/text.csv'", "select * from glob('{outside}/*')", "select * from read_parquet('{inside}/../outside/x.parquet')",
    "select * from read_text('{inside}/link/text.csv')", "copy (select 1) to '{outside}/copy.csv'", "copy (select 1) to '{inside}/link/copy.csv'",
    "export database '{outside}/export'", "install httpfs", "install httpfs from '{inside}'", "load httpfs", "load '{inside}/x.duckdb_extension'",
    "select * from read_csv('https://example.com/x.csv')", "create persistent secret s (type s3)",
    "set enable_external_access = true", "set allowed_directories = ['/']", "set lock_configuration = false", "reset enable_external_access",
    "pragma enable_external_access = true", "set memory_limit = '1TB'", "set temp_directory = '{outside}'", "set extension_directory = '{inside}'",
]


def test_no_statement_leaves_the_workspace_or_changes_what_is_allowed(tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (outside / "text.csv").write_text("secret\n1\n")
    (inside / "link").symlink_to(outside)
    with database.connect(inside / "claims.duckdb", threads=1) as db:
        for statement in OUTSIDE:
            with pytest.raises(StatementFailed):
                db.execute(statement.format(inside=inside, outside=outside))
    assert [path.name for path in outside.iterdir()] == ["text.csv"]


def test_a_workspace_reaches_a_vault_that_lies_on_another_disk(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace" / "vault").symlink_to(tmp_path / "disk")
    with database.connect(tmp_path / "workspace" / "claims.duckdb", threads=1, reaches=[tmp_path / "workspace" / "vault"]) as db:
        db.execute(f"copy (select 7 as n) to '{tmp_path}/workspace/vault/n.parquet'")
        assert db.rows(f"select n from read_parquet('{tmp_path}/workspace/vault/n.parquet')") == [(7,)]


def test_what_may_be_held_in_memory_follows_the_files_that_are_worked_on(tmp_path, monkeypatch):
    for name, size in (("few", 1), ("many", 600 << 20), ("more than memory", 1 << 40)):
        (tmp_path / name / "ab").mkdir(parents=True)
        with open(tmp_path / name / "ab" / "file", "wb") as file:
            file.truncate(size)

    def held(*folders: str) -> int:
        works_on = [tmp_path / folder for folder in folders]
        with database.connect(tmp_path / "store.duckdb", works_on=works_on) as db:
            return db.rows("select value from duckdb_settings() where name = 'memory_limit'")[0][0]

    monkeypatch.setattr("claims.database.os.sysconf", lambda name: {"SC_PHYS_PAGES": 4 << 20, "SC_PAGE_SIZE": 4096}[name])
    assert [held(), held("few"), held("few", "many"), held("more than memory", "absent")] == ["1.1 GiB", "1.1 GiB", "1.7 GiB", "8.0 GiB"]


def test_a_database_that_another_program_holds_is_reported_as_busy(db, tmp_path):
    other = run_python("import pathlib, sys; from claims.database import connect; connect(pathlib.Path(sys.argv[1]))", tmp_path / "claims.duckdb")
    assert WorkspaceBusy.__name__ in other.stderr


def test_frames_and_failures_leave_no_stray_line_on_standard_error(tmp_path):
    done = run_python(FRAME_AND_FAIL, tmp_path)
    assert (done.stdout, done.stderr) == ("[(1, 'x')]\nrefused\nrefused\n", "")
