"""A run is one transaction of the world: interrupted anywhere, the same command completes it with the same bytes; refused, nothing changed."""

from __future__ import annotations

import datetime as dt
import errno
import os
import random
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import duckdb
import pytest

from claims.database import Database
from claims.errors import InputRefused, RecordBroken
from claims.policy.model import DEFAULT_POLICY, SHIPPED
from claims.workspace import OpenRun, Workspace
from pipelines import run as job
from pipelines.months import close_month
from pipelines.progress import Progress
from pipelines.queries import rebuild_store, render_letters_of, status_table
from tests.commands import few_claims, give, start
from tests.settle import AS_OF, CASES, settle

BOUNDARIES = CASES / "boundaries" / "in"
LETTERED = ("1.1-cap-1", "2.1-limit", "1.1-before", "v01-empty")
RECORD = {"journal.jsonl", "vault", "claims.duckdb", "lock", "logs"}
"""What lies in a workspace beside its results: it tells when, by whom and at which try something happened, too."""


# ---------------------------------------------------------------- what is compared


def tree(root: Path, without: set[str] = frozenset()) -> dict[str, bytes | None]:
    """Everything below a folder, folders too."""
    below = ((path, path.relative_to(root)) for path in sorted(root.rglob("*")))
    return {str(name): path.read_bytes() if path.is_file() else None for path, name in below if name.parts[0] not in without}


def results(root: Path) -> dict[str, bytes | None]:
    """The outputs of a workspace, and whatever is open or left over in it."""
    return tree(root, RECORD) | {str(path): None for path in root.rglob("*.partial")}


def tables(root: Path) -> dict[str, list[str]]:
    """All rows of all tables of the store; not the hash of the latest line, which tells of its time, too."""
    with duckdb.connect(str(root / "claims.duckdb"), read_only=True) as store:
        names = store.execute("select table_schema, table_name from information_schema.tables order by all").fetchall()
        told = {name: "* exclude (applied_sha256)" if name == "made_by" else "*" for _, name in names}
        return {f"{schema}.{name}": sorted(map(str, store.execute(f'select {told[name]} from "{schema}"."{name}"').fetchall())) for schema, name in names}


def run_labels(root: Path) -> list[str]:
    return [entry.body["label"] for entry in Workspace(root).journal.entries() if entry.kind == "run"]


# ---------------------------------------------------------------- stopping a run at a chosen step


class Stop(BaseException):
    """Stands for whatever ends a run: nothing in the program may take it for an error that it knows."""


DURABLE_STEPS = ((os, "fsync"), (os, "write"), (os, "replace"), (os, "rename"), (Path, "unlink"), (Database, "execute"))


@contextmanager
def stopping(step: int | None, name: str | None = None, by: BaseException | type[BaseException] = Stop) -> Iterator[list[str]]:
    """Raise Stop, or another error, instead of the durable step of that number, or the first of that name, and of all after it.

    Gives the names of the steps that were reached; of the statements to the database only `commit` is one.
    """
    reached: list[str] = []

    def guarded(what, real):
        def call(*args, **kwargs):
            if what != "execute" or args[1] == "commit":
                reached.append("commit" if what == "execute" else what)
                if name in reached or (step is not None and len(reached) > step):
                    raise by
            return real(*args, **kwargs)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for place, what in DURABLE_STEPS:
            patch.setattr(place, what, guarded(what, getattr(place, what)))
        yield reached


def stopped(workspace: Path, folder: Path, step: int | None = None, name: str | None = None, **options) -> None:
    with stopping(step, name), pytest.raises(Stop):
        settle(workspace, folder, **options)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> SimpleNamespace:
    """A run that nothing disturbed, and the durable steps that it took."""
    root = tmp_path_factory.mktemp("undisturbed")
    with stopping(None) as steps:
        settle(root, BOUNDARIES)
    return SimpleNamespace(root=root, results=results(root), tables=tables(root), steps=list(steps))


def turning(steps: list[str]) -> list[int]:
    """The first step of each kind that changes what counts or shows."""
    return [*map(steps.index, ("write", "commit", "rename"))]


def spread(steps: list[str]) -> list[int]:
    """Steps from all over the run, and the last."""
    return [*range(0, len(steps), 180), len(steps) - 1]


def check_every(steps: Iterable[int], undisturbed: SimpleNamespace, tmp_path: Path) -> None:
    for step in steps:
        workspace = tmp_path / str(step)
        stopped(workspace, BOUNDARIES, step)
        settle(workspace, BOUNDARIES)
        assert results(workspace) == undisturbed.results, f"stopped before step {step}, {undisturbed.steps[step]}"
        assert (tables(workspace), run_labels(workspace)) == (undisturbed.tables, ["night"])


@pytest.mark.parametrize("chosen", [turning, pytest.param(spread, marks=pytest.mark.long)])
def test_a_run_stopped_before_a_durable_step_is_completed_with_the_same_bytes(undisturbed, tmp_path, chosen):
    check_every(chosen(undisturbed.steps), undisturbed, tmp_path)


@pytest.mark.torture
def test_a_run_stopped_before_any_durable_step_is_completed_with_the_same_bytes(undisturbed, tmp_path):
    check_every(range(len(undisturbed.steps)), undisturbed, tmp_path)


@pytest.mark.long
def test_a_run_whose_journal_line_was_torn_had_not_happened_and_is_completed_with_the_same_bytes(undisturbed, tmp_path):
    stopped(tmp_path, BOUNDARIES, name="commit")
    journal = tmp_path / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-9])
    settle(tmp_path, BOUNDARIES)
    assert (results(tmp_path), tables(tmp_path), run_labels(tmp_path)) == (undisturbed.results, undisturbed.tables, ["night"])


@pytest.fixture(scope="module")
def decided(tmp_path_factory) -> SimpleNamespace:
    """A workspace whose month may be closed, what an undisturbed close makes of it, and the durable steps that this takes."""
    root = tmp_path_factory.mktemp("decided") / "workspace"
    settle(root, few_claims(root.parent / "in", *LETTERED), as_of=dt.date(2024, 5, 31))
    closed = shutil.copytree(root, root.parent / "closed")
    with stopping(None) as steps:
        close(closed)
    return SimpleNamespace(root=root, steps=list(steps), results=results(closed), tables=tables(closed))


def close(root: Path) -> None:
    """The clock stands still, because the line of a close stands on its table for joint signature."""
    with patch("claims.record.journal._now", return_value="2099-01-01T00:00:00Z"):
        close_month(root, "2024-05", "甲", dt.date(2024, 6, 3), None)


@pytest.mark.parametrize("part", [*(pytest.param(part, marks=pytest.mark.long) for part in range(3)), 3])
def test_an_act_under_which_the_disk_fills_up_is_completed_by_the_same_command(decided, tmp_path, part):
    step = part * (len(decided.steps) - 1) // 3
    root = shutil.copytree(decided.root, tmp_path / "workspace")
    with stopping(step, by=OSError(errno.ENOSPC, "No space left on device")), pytest.raises(OSError):
        close(root)
    close(root)
    assert (results(root), tables(root)) == (decided.results, decided.tables), f"failed at step {step}, {decided.steps[step]}"
    assert [entry.kind for entry in Workspace(root).journal.entries()] == ["run", "close"]


def test_letters_asked_for_before_an_interrupted_run_is_complete_do_not_cost_its_other_outputs(undisturbed, tmp_path):
    stopped(tmp_path, few_claims(tmp_path / "in", *LETTERED[:1]), name="rename")
    render_letters_of(tmp_path, "night", Progress())
    settle(tmp_path, tmp_path / "in", letters=True, report=True)
    assert {path.name for path in (tmp_path / "out" / "night").iterdir()} == {
        "decisions.csv", "exceptions.csv", "gates.html", "gates.json", "line_fates.csv", "manifest.json", "letters", "report.html", "explain",
    }


# ---------------------------------------------------------------- killing a run at any moment


@pytest.fixture(scope="module")
def lettered(tmp_path_factory) -> SimpleNamespace:
    """The command of a run with letters, the seconds that it takes, and what it leaves undisturbed."""
    place = tmp_path_factory.mktemp("lettered")
    command = ("run", few_claims(place / "in", *LETTERED), "--as-of", AS_OF, "--workspace")
    started = time.monotonic()
    assert give(*command, place / "workspace", cwd=place).returncode == 0
    return SimpleNamespace(command=command, seconds=time.monotonic() - started, results=results(place / "workspace"))


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(80))
def test_a_run_killed_at_random_moments_is_completed_by_the_same_command_with_the_same_bytes(lettered, tmp_path, seed):
    moments = random.Random(seed)
    for _ in range(2):
        process = start(*lettered.command, tmp_path / "workspace", cwd=tmp_path)
        time.sleep(moments.uniform(0.3, 1) * lettered.seconds)
        process.kill()
        process.communicate()
    done = give(*lettered.command, tmp_path / "workspace", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert results(tmp_path / "workspace") == lettered.results
    assert run_labels(tmp_path / "workspace") == [AS_OF.isoformat()]


# ---------------------------------------------------------------- an open run keeps what it began with


def on_day(day: dt.date, workspace: Path, folder: Path) -> str:
    """Run a folder on a day without naming label or day. Gives the label of the run that was completed."""
    clock = SimpleNamespace(date=SimpleNamespace(today=lambda: day, fromisoformat=dt.date.fromisoformat))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(job, "dt", clock)
        return settle(workspace, folder, label=None, as_of=None).entry.body["label"]


@pytest.mark.long
def test_a_run_that_is_completed_after_midnight_keeps_its_day(tmp_path):
    folder = few_claims(tmp_path / "in", *LETTERED)
    with stopping(None, "write"), pytest.raises(Stop):
        on_day(AS_OF, tmp_path, folder)
    assert on_day(AS_OF + dt.timedelta(1), tmp_path, folder) == AS_OF.isoformat()
    assert run_labels(tmp_path) == [AS_OF.isoformat()]


@pytest.mark.long
def test_what_changes_in_folder_and_policy_after_they_were_taken_in_does_not_count(undisturbed, tmp_path):
    folder = shutil.copytree(BOUNDARIES, tmp_path / "in")
    policy = shutil.copytree(SHIPPED / DEFAULT_POLICY, tmp_path / "policy")
    stopped(tmp_path / "workspace", folder, name="write", policy=str(policy))
    (folder / "claims.csv").write_bytes((folder / "claims.csv").read_bytes()[:-300])
    (folder / "retained_tax.csv").unlink()
    (folder / "claims-2.csv").write_text("nonsense\n")
    (policy / "policy.toml").unlink()
    settle(tmp_path / "workspace", folder, policy=str(policy))
    assert results(tmp_path / "workspace") == undisturbed.results


def test_a_file_that_changes_while_it_is_read_refuses_the_run_and_leaves_none_open(tmp_path, monkeypatch):
    folder = few_claims(tmp_path / "in", *LETTERED)
    taken_in = job.take_in

    def slowly(*args):
        try:
            return taken_in(*args)
        finally:
            (folder / "claims.csv").write_bytes(b"claim_id\n")

    monkeypatch.setattr(job, "take_in", slowly)
    with pytest.raises(InputRefused, match="claims.csv: the file was changed while it was being read"):
        settle(tmp_path / "workspace", folder)
    assert OpenRun.load(tmp_path / "workspace" / "open-run.json") is None


# ---------------------------------------------------------------- a refusal changes nothing


@pytest.fixture(scope="module")
def refusing(undisturbed, tmp_path_factory) -> SimpleNamespace:
    """A workspace with a finished run, one with an open run besides, and folders that differ."""
    place = tmp_path_factory.mktemp("refusing")
    bad = few_claims(place / "bad", *LETTERED)
    (bad / "claims-bad.csv").write_text("申报编号,申报条款,惊喜\n1,2,3\n", encoding="utf-8")
    shutil.copytree(undisturbed.root, place / "finished")
    shutil.copytree(undisturbed.root, place / "open")
    other = few_claims(place / "other", *LETTERED)
    stopped(place / "open", other, name="write", label="next")
    (place / "empty").mkdir()
    (place / "empty" / "budget.csv").write_text("x")
    return SimpleNamespace(finished=place / "finished", open=place / "open", bad=bad, other=other, empty=place / "empty")


REFUSED = {
    "a folder that holds nothing to read": ("finished", "empty", {"label": "next"}, "empty: no file to read"),
    "a file that cannot be read": ("finished", "bad", {"label": "next"}, "claims-bad.csv:1: .*惊喜"),
    "other files under a finished label": ("finished", "other", {}, "label night was finished with other files"),
    "another day under a finished label": ("finished", None, {"as_of": AS_OF + dt.timedelta(1)}, "label night was finished with other as-of date"),
    "a day before the latest run's": ("finished", "other", {"label": "next", "as_of": AS_OF - dt.timedelta(1)}, "latest run night .2024-06-30"),
    "another folder while a run is open": ("open", "bad", {"label": "next"}, "run next of .*other .* another folder cannot start"),
    "another label while a run is open": ("open", "other", {"label": "later"}, "run next of .* another label cannot start"),
    "another day while a run is open": ("open", "other", {"label": "next", "as_of": AS_OF + dt.timedelta(1)}, "run next .* another as-of date"),
}


@pytest.mark.parametrize("workspace, folder, options, message", REFUSED.values(), ids=REFUSED)
def test_a_refused_run_says_why_and_changes_nothing(refusing, workspace, folder, options, message):
    root = getattr(refusing, workspace)
    before = tree(root, {"lock", "logs"})
    with pytest.raises(InputRefused, match=message) as refused:
        settle(root, getattr(refusing, folder) if folder else BOUNDARIES, **options)
    assert refused.value.exit_code == 3
    assert tree(root, {"lock", "logs"}) == before


def test_a_finished_run_given_again_changes_nothing(undisturbed):
    before = tree(undisturbed.root, {"lock", "claims.duckdb"})
    assert settle(undisturbed.root, BOUNDARIES).repeated
    assert tree(undisturbed.root, {"lock", "claims.duckdb"}) == before
    assert tables(undisturbed.root) == undisturbed.tables


# ---------------------------------------------------------------- the store is a picture of the record


@pytest.fixture(scope="module")
def two_nights(known_nights, tmp_path_factory) -> Path:
    return shutil.copytree(known_nights, tmp_path_factory.mktemp("two-nights") / "workspace")


def test_rebuilding_gives_the_same_tables_and_computes_nothing(two_nights, monkeypatch):
    before, statements, run = tables(two_nights), [], Database.run
    assert len(before["zhumadian-2020-36.decided"]) > 300 and before["zhumadian-2020-36.held"]
    monkeypatch.setattr(Database, "run", lambda self, name, **context: (statements.append(name), run(self, name, **context)))
    rebuild_store(two_nights)
    assert tables(two_nights) == before
    assert set(statements) == {"schema/functions.sql", "schema/store.sql", "schema/policy.sql", "schema/office.sql"}


def test_a_store_that_was_deleted_is_made_anew_by_the_next_command(two_nights):
    before, shown = tables(two_nights), status_table(two_nights)
    (two_nights / "claims.duckdb").unlink()
    assert status_table(two_nights) == shown
    assert tables(two_nights) == before


@pytest.mark.parametrize("left", [0, 3000, -5000])
def test_a_store_that_is_no_database_any_more_is_made_anew_by_the_next_command(two_nights, left):
    before, store = tables(two_nights), two_nights / "claims.duckdb"
    store.write_bytes(store.read_bytes()[:left])
    assert "all" in status_table(two_nights)
    assert tables(two_nights) == before


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)


def test_an_open_run_does_not_go_on_with_files_that_were_tampered_with(tmp_path):
    stopped(tmp_path, BOUNDARIES, name="write")
    inputs = dict(OpenRun.load(tmp_path / "open-run.json").kept.inputs)
    flip_a_bit(Workspace(tmp_path).vault.path(inputs["claims.csv"]))
    with pytest.raises(RecordBroken, match=inputs["claims.csv"]):
        settle(tmp_path, BOUNDARIES)


def test_a_record_of_which_any_file_was_tampered_with_is_not_rebuilt_from(undisturbed, tmp_path):
    workspace = Workspace(shutil.copytree(undisturbed.root, tmp_path / "workspace"))
    entry = workspace.journal.entries()[-1]
    counted = {item["sha256"] for item in entry.body["inputs"]} | set(entry.body["policy"]["files"].values())
    counted |= {result["sha256"] for result in entry.body["results"].values()} | {entry.body["configuration_sha256"]}
    for tampered in (workspace.journal.path, *map(workspace.vault._place, sorted(counted))):
        flip_a_bit(tampered)
        with pytest.raises(RecordBroken, match=tampered.name) as broken:
            rebuild_store(workspace.root)
        assert broken.value.exit_code == 5
        flip_a_bit(tampered)
    assert rebuild_store(workspace.root)


def test_outputs_and_letters_that_were_changed_or_removed_are_written_again(tmp_path):
    folder = few_claims(tmp_path / "in", *LETTERED)
    settle(tmp_path / "w", folder, letters=True, report=True)
    before = results(tmp_path / "w")
    out = tmp_path / "w" / "out" / "night"
    (out / "decisions.csv").write_text("changed")
    (out / "gates.html").unlink()
    (out / "report.html").unlink()
    (out / "letters" / f"{LETTERED[0]}.pdf").unlink()
    render_letters_of(tmp_path / "w", "night", Progress())
    assert results(tmp_path / "w") == before
    shutil.rmtree(out)
    out.mkdir()
    settle(tmp_path / "w", folder, letters=True, report=True)
    assert results(tmp_path / "w") == before
