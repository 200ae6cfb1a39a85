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


def test_a_database_that_another_program_holds_is_reported_as_busy(db, tmp_path):
    other = run_python("import pathlib, sys; from claims.database import connect; connect(pathlib.Path(sys.argv[1]))", tmp_path / "claims.duckdb")
    assert WorkspaceBusy.__name__ in other.stderr


def test_frames_and_failures_leave_no_stray_line_on_standard_error(tmp_path):
    done = run_python(FRAME_AND_FAIL, tmp_path)
    assert (done.stdout, done.stderr) == ("[(1, 'x')]\nrefused\nrefused\n", "")
