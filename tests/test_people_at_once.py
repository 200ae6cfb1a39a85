"""People at once: whoever comes second works on the last finished state, or is told who holds the workspace; what a dead process left is taken over."""

from __future__ import annotations

import datetime as dt
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from claims.errors import ClockSetBack, InputRefused, UsageError, WorkspaceBusy
from claims.record import journal
from claims.workspace import OpenRun, Workspace
from pipelines.backup import back_up, restore
from pipelines.cli import cli
from tests.commands import few_claims, start
from tests.settle import AS_OF, settle

DECIDED, HELD = "1.1-cap-1", "v01-empty"
ASK_THE_STORE = (("status",), ("status", DECIDED), ("explain", HELD), ("ledger",))
READERS = (*ASK_THE_STORE, ("what-if", "--set", "2.1.figure.office_cap.value=4000000"))


def given(place: Path, *words: str) -> SimpleNamespace:
    """A command given in this process: what it said on either stream."""
    answer = CliRunner().invoke(cli, [*words, "--workspace", str(place / "workspace")], standalone_mode=False, catch_exceptions=False)
    return SimpleNamespace(out=answer.stdout, err=answer.stderr)


@pytest.fixture(scope="module")
def busy(tmp_path_factory) -> Iterator[SimpleNamespace]:
    """A workspace with a finished run, while another process stands in the middle of the next one; what readers were told before."""
    place = tmp_path_factory.mktemp("busy")
    settle(place / "workspace", few_claims(place / "in", DECIDED, HELD))
    given(place, "review", "export", "--output", str(place / "exceptions.xlsx"))
    told = {words: given(place, *words).out for words in READERS}
    next_run = start("run", few_claims(place / "next", "1.1-before"), "--as-of", AS_OF, "--label", "next", "--workspace", place / "workspace", cwd=place)
    while not (place / "workspace" / "open-run.json").exists():
        assert next_run.poll() is None, next_run.communicate()
        time.sleep(0.01)
    next_run.send_signal(signal.SIGSTOP)
    yield SimpleNamespace(place=place, root=place / "workspace", run=next_run, told=told)
    next_run.kill()
    next_run.communicate()



@pytest.mark.parametrize("words", READERS, ids=" ".join)
def test_who_reads_beside_a_run_is_told_what_was_finished_before(busy, words):
    answer = given(busy.place, *words)
    assert answer.out == busy.told[words]
    if words in ASK_THE_STORE:
        assert f"held by `claims run {busy.place / 'next'}` (process {busy.run.pid}, " in answer.err and "what was finished before" in answer.err


@pytest.mark.parametrize("words", [
    ("run", "in", "--label", "third"), ("nightly",), ("review", "import", "exceptions.xlsx"), ("review", "export"), ("close", "2024-06"),
    ("approve", "2024-06", "--minutes", "1"), ("letters", "render", "night"), ("pay", "plan"), ("adjust", DECIDED), ("rebuild",), ("abandon", "--reason", "错"),
    ("verify",), ("replay", "night"), ("audit", "export", "--month", "night"),
], ids=" ".join)
def test_who_would_change_or_compare_something_beside_a_run_is_told_who_holds_the_workspace(busy, words, monkeypatch):
    monkeypatch.chdir(busy.place)
    before = (busy.root / "journal.jsonl").read_bytes()
    with pytest.raises(WorkspaceBusy, match=f"held by `claims run .*/next` .process {busy.run.pid}, account .*Nothing was changed. Wait until it is done") as held:
        given(busy.place, *words)
    assert held.value.exit_code == 4
    assert (busy.root / "journal.jsonl").read_bytes() == before


def test_what_a_killed_run_left_is_taken_over(busy):
    busy.run.kill()
    busy.run.communicate()
    assert OpenRun.load(busy.root / "open-run.json").label == "next"
    assert given(busy.place, "status").err == ""
    with pytest.raises(InputRefused, match="run next of .* was interrupted and is not complete; another folder and label cannot start before it"):
        settle(busy.root, busy.place / "in", "third")
    assert settle(busy.root, busy.place / "next", "next").entry.body["label"] == "next"
    assert not (busy.root / "open-run.json").exists()


def test_who_restores_where_another_restore_is_at_work_is_told_so_and_takes_over_when_that_was_killed(tmp_path):
    settle(tmp_path / "workspace", few_claims(tmp_path / "in", DECIDED))
    back_up(tmp_path / "workspace", tmp_path / "backup.zip")
    place, lock = tmp_path / "restored", tmp_path / ".restored.partial" / "lock"
    first = start("restore", tmp_path / "backup.zip", "--workspace", place, cwd=tmp_path)
    while not (lock.exists() and lock.read_bytes()):
        assert first.poll() is None, first.communicate()
        time.sleep(0.001)
    first.send_signal(signal.SIGSTOP)
    try:
        before = sorted(lock.parent.rglob("*"))
        with pytest.raises(WorkspaceBusy, match=f"held by `claims restore .*/backup.zip .*/restored` .process {first.pid}, .*Nothing was changed. Wait") as held:
            restore(tmp_path / "backup.zip", place)
        assert held.value.exit_code == 4 and sorted(lock.parent.rglob("*")) == before and not place.exists()
    finally:
        first.kill()
        first.communicate()
    (lock.parent / "vault").mkdir(exist_ok=True)
    (lock.parent / "vault" / "torn").touch()
    restore(tmp_path / "backup.zip", place)
    assert {path.name for path in tmp_path.iterdir()} == {"in", "workspace", "backup.zip", "restored"} and not (place / "vault" / "torn").exists()
    assert Workspace(place).journal.head() == Workspace(tmp_path / "workspace").journal.head()


def test_who_opened_a_lock_that_was_put_in_its_place_meanwhile_does_not_hold_what_is_there(tmp_path, monkeypatch):
    beside = Workspace(tmp_path / ".restored.partial")

    def late(descriptor, operation):
        if (tmp_path / "restored").exists():
            return None
        return beside.root.rename(tmp_path / "restored")

    monkeypatch.setattr("claims.workspace.fcntl.flock", late)
    with pytest.raises(WorkspaceBusy, match="has just finished"), beside.held_still("claims restore"):
        raise AssertionError("it holds what another one made")
    assert (tmp_path / "restored" / "lock").read_bytes() == b"" and not beside.root.exists()


# ---------------------------------------------------------------- the clock


@pytest.fixture
def clock(monkeypatch):
    """Set the clock that the journal reads."""
    def set_to(told: str) -> None:
        class Clock(dt.datetime):
            @classmethod
            def now(cls, zone: dt.tzinfo | None = None) -> dt.datetime:
                return dt.datetime.fromisoformat(told)
        monkeypatch.setattr(journal, "dt", SimpleNamespace(datetime=Clock, timezone=dt.timezone, timedelta=dt.timedelta))
    return set_to


def test_under_a_clock_that_was_set_back_nothing_is_recorded_until_it_is_right_or_stated_to_be(tmp_path, clock):
    place = tmp_path
    clock("2031-01-01T08:00:00Z")
    settle(place / "workspace", few_claims(place / "in", DECIDED), as_of=dt.date(2024, 5, 31))
    record = Workspace(place / "workspace").journal
    before = record.path.read_bytes()
    clock("2030-12-31T23:59:00Z")
    with pytest.raises(ClockSetBack):
        given(place, "close", "2024-05", "--actor", "甲")
    with pytest.raises(ClockSetBack, match="says 2030-12-31T23:59:00Z, .* written at 2031-01-01T08:00:00Z. Nothing was changed. .* claims clock --reason"):
        settle(place / "workspace", place / "in", "second")
    assert record.path.read_bytes() == before and not (place / "workspace" / "open-run.json").exists()
    given(place, "clock", "--reason", "时钟曾快", "--actor", "甲")
    given(place, "close", "2024-05", "--actor", "甲")
    assert [(entry.kind, entry.at) for entry in record.entries()][1:] == [("clock", "2030-12-31T23:59:00Z"), ("close", "2030-12-31T23:59:00Z")]
    assert {"program_version", "configuration_sha256"} <= record.entries()[1].body.keys()
    with pytest.raises(UsageError, match="there is nothing to state"):
        given(place, "clock", "--reason", "时钟曾快")


def test_under_a_clock_that_was_set_back_no_letter_is_drawn_that_could_not_be_recorded(tmp_path, clock):
    clock("2031-01-01T08:00:00Z")
    drawn = settle(tmp_path / "workspace", few_claims(tmp_path / "in", DECIDED), letters=True).folder / "letters"
    whole = {path.name for path in drawn.iterdir()}
    (drawn / f"{DECIDED}.pdf").unlink()
    left = {path.name: path.stat().st_mtime_ns for path in drawn.iterdir()}
    clock("2030-12-31T23:00:00Z")
    with pytest.raises(ClockSetBack, match="Nothing was changed"):
        given(tmp_path, "letters", "render", "night")
    assert {path.name: path.stat().st_mtime_ns for path in drawn.iterdir()} == left
    clock("2031-01-01T08:00:00Z")
    given(tmp_path, "letters", "render", "night")
    assert {path.name for path in drawn.iterdir()} == whole


def test_a_clock_that_was_set_back_by_little_does_not_date_a_line_before_the_one_before_it(tmp_path, clock):
    record = journal.Journal(tmp_path / "journal.jsonl")
    for told in ("2024-07-01T08:00:00Z", "2024-07-01T07:56:00Z", "2024-07-01T08:01:00Z"):
        clock(told)
        record.append("note", "甲", {})
    assert [entry.at for entry in record.entries()] == ["2024-07-01T08:00:00Z", "2024-07-01T08:00:00Z", "2024-07-01T08:01:00Z"]
