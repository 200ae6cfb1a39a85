"""The record: durable files, vault, journal, and the workspace's lock and open run."""

import datetime as dt
import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec
import pytest

from claims import files
from claims.errors import RecordBroken, WorkspaceBusy
from claims.file_names import PathWithin
from claims.months.documents import folder_of
from claims.policy.model import DEFAULT_POLICY, find_policy, load_policy
from claims.record.journal import NO_PREVIOUS, Journal
from claims.record.vault import Vault
from claims.report.sheets import sheet_of
from claims.workspace import Kept, OpenRun, Workspace

DURABLE_STEPS = ("fsync", "rename", "replace")


class Crash(BaseException):
    """Stands for the end of the process: nothing in the program may catch it."""


@contextmanager
def crash_at_step(monkeypatch, step: int):
    """Crash instead of the given durable step (from 0). Gives a list with one element per step reached."""
    reached = []

    def guarded(name):
        real = getattr(os, name)

        def call(*args, **kwargs):
            reached.append(name)
            if len(reached) > step:
                raise Crash
            return real(*args, **kwargs)

        return call

    with monkeypatch.context() as patch:
        for name in DURABLE_STEPS:
            patch.setattr(os, name, guarded(name))
        yield reached


def crash_at_every_step(monkeypatch, prepare, act, check):
    """Prepare, act and crash at step 0, 1, 2 … until the act runs through; check after each crash, then act again and check."""
    for step in range(1000):
        prepare()
        with crash_at_step(monkeypatch, step) as reached:
            try:
                act()
            except Crash:
                pass
        check()
        if len(reached) <= step:
            return step
    raise AssertionError("the act never came to its end")


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture
def closed_umask():
    before = os.umask(0o077)
    yield
    os.umask(before)


# Durable files


def test_a_crash_at_any_step_of_writing_a_file_leaves_the_old_bytes_or_the_new(tmp_path, monkeypatch):
    path = tmp_path / "open-run.json"

    def check():
        assert path.read_bytes() in (b"old", b"new")
        files.write_atomically(path, b"newer")
        assert path.read_bytes() == b"newer" and os.listdir(tmp_path) == [path.name]

    steps = crash_at_every_step(
        monkeypatch, lambda: path.write_bytes(b"old"), lambda: files.write_atomically(path, b"new"), check
    )
    assert steps == 3


def test_a_crash_at_any_step_of_publishing_a_folder_leaves_nothing_or_everything(tmp_path, monkeypatch):
    partial, final = tmp_path / "work" / "2021-03", tmp_path / "out" / "2021-03"
    content = {"decisions.csv": b"a\n", "letters/C-1.pdf": b"%PDF", "letters/merged/1.pdf": b"%PDF"}

    def prepare():
        for folder in (partial, final):
            subprocess.run(["rm", "-rf", str(folder)], check=True)
        for name, data in content.items():
            (partial / name).parent.mkdir(parents=True, exist_ok=True)
            (partial / name).write_bytes(data)

    def check():
        if not final.exists():
            files.publish_folder(partial, final)
        published = {str(path.relative_to(final)): path.read_bytes() for path in final.rglob("*") if path.is_file()}
        assert published == content

    steps = crash_at_every_step(monkeypatch, prepare, lambda: files.publish_folder(partial, final), check)
    assert steps >= len(content) + 3


def test_a_folder_is_never_published_over_another(tmp_path):
    for name in ("partial", "final"):
        (tmp_path / name).mkdir()
    with pytest.raises(FileExistsError):
        files.publish_folder(tmp_path / "partial", tmp_path / "final")


def test_modes_do_not_depend_on_the_umask(tmp_path, closed_umask):
    partial, final = tmp_path / "partial", tmp_path / "out" / "label"
    (partial / "letters").mkdir(parents=True)
    (partial / "letters" / "C-1.pdf").write_bytes(b"%PDF")
    files.publish_folder(partial, final)
    files.write_atomically(tmp_path / "file", b"")
    assert [mode_of(path) for path in (final.parent, final, final / "letters")] == [0o750] * 3
    assert [mode_of(path) for path in (final / "letters" / "C-1.pdf", tmp_path / "file")] == [0o640] * 2


# Vault


def test_putting_the_same_bytes_twice_is_a_no_op(tmp_path):
    vault = Vault(tmp_path / "vault")
    source = tmp_path / "claims.csv"
    source.write_bytes("申报编号\r\n".encode("gb18030"))
    sha256 = vault.put_file(source)
    before = vault.path(sha256).stat()
    assert vault.put_file(source) == vault.put_bytes(source.read_bytes()) == sha256 == files.sha256_of(source)
    assert vault.path(sha256).stat() == before
    assert [path for path in vault.root.rglob("*") if path.is_file()] == [vault.root / sha256[:2] / sha256]


def test_a_kept_file_has_its_bytes_unchanged_and_is_read_only(tmp_path):
    vault = Vault(tmp_path / "vault")
    sha256 = vault.put_bytes(b"\xef\xbb\xbfa\r\n\x00")
    assert vault.read(sha256) == b"\xef\xbb\xbfa\r\n\x00"
    assert mode_of(vault.path(sha256)) == 0o440


@pytest.mark.parametrize("damaged", [b"who", b"wh0le"])
@pytest.mark.parametrize("put", ["put_bytes", "put_file"])
def test_a_damaged_file_is_told_and_written_again_by_whoever_puts_its_bytes(tmp_path, put, damaged, caplog):
    vault = Vault(tmp_path / "vault")
    source = tmp_path / "source"
    source.write_bytes(b"whole")
    place = vault.path(vault.put_file(source))
    place.chmod(0o644)
    place.write_bytes(damaged)
    sha256 = vault.put_bytes(b"whole") if put == "put_bytes" else vault.put_file(source)
    assert vault.read(sha256) == b"whole" and mode_of(place) == 0o440
    assert f"{place} was damaged and is written again" in caplog.text


def test_a_missing_or_changed_kept_file_breaks_the_record_and_is_named(tmp_path):
    vault = Vault(tmp_path / "vault")
    with pytest.raises(RecordBroken, match="ab" * 32):
        vault.path("ab" * 32)
    place = vault.path(vault.put_bytes(b"as it was"))
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RecordBroken, match=f"{place.name} is a link"):
        vault.read(place.name)
    place.unlink()
    place.write_bytes(b"as it is!")
    with pytest.raises(RecordBroken, match=place.name):
        vault.read(place.name)


# Journal


@pytest.fixture
def journal(tmp_path) -> Journal:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append("note", "陈晓", {"label": "2021-03", "outputs": {"decisions.csv": "ab"}})
    journal.append("note", "li", {"label": "2021-04", "counts": [1, 2], "note": "换行\n与引号\""})
    return journal


def test_each_line_is_canonical_and_carries_the_hash_of_the_line_before(journal):
    first, second = journal.entries()
    lines = journal.path.read_bytes().splitlines()
    assert lines == [first.line(), second.line()]
    assert (first.sequence, first.previous) == (1, NO_PREVIOUS)
    assert (second.sequence, second.previous) == (2, hashlib.sha256(lines[0]).hexdigest())
    assert journal.head() == hashlib.sha256(lines[1]).hexdigest()
    assert '"actor":"陈晓","at":"' in lines[0].decode()


@pytest.mark.parametrize("bits", [1, pytest.param(8, marks=pytest.mark.long)])
def test_any_single_flipped_bit_in_the_journal_is_found(journal, bits):
    """Of each byte a bit, another one than of the byte before; with the long checks all of them."""
    whole = journal.path.read_bytes()
    for place in range(len(whole)):
        for bit in (number % 8 for number in range(place, place + bits)):
            journal.path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
            with pytest.raises(RecordBroken, match=r"journal.jsonl, line \d"):
                journal.entries()


def test_lines_that_are_missing_doubled_or_swapped_are_found(journal):
    journal.append("note", "li", {"label": "2021-05"})
    a, b, c = journal.path.read_bytes().splitlines(keepends=True)
    for lines in ([b, c], [a, c], [a, a, b, c], [a, c, b], [a, b, c, b"\n"]):
        journal.path.write_bytes(b"".join(lines))
        with pytest.raises(RecordBroken):
            journal.entries()


CIRCUMSTANCES = {"program_version": "0.2.0", "configuration_sha256": "ab" * 32, "reason": "校准"}
STRANGE = [
    {"kind": 7}, {"actor": None}, {"body": []}, {"at": "yesterday"}, {"at": "2024-06-30T10:00:00+08:00"}, {"at": "2099-02-30T10:00:00Z"},
    {"format": "2"}, {"format": 99, "body": None},
    *({"body": body} for body in (
        {"results": [1]}, {"inputs": "ab"}, {"inputs": [{"file": "a", "sha256": "ab"}]}, {"policy": "x"}, {"policy": None}, {"fonts": {"a": "../b"}},
        {"results": {"x": {"sha256": "../../../../etc/passwd", "rows": 1}}}, {"configuration_sha256": None}, {"calendar_sha256": "../b"},
        {"tables": ["x"]}, {"changed": []},
    )),
    {"kind": "clock", "body": CIRCUMSTANCES | {"inputs": "ab"}}, {"kind": "clock", "body": CIRCUMSTANCES | {"tables": []}},
]


@pytest.mark.parametrize("strange", STRANGE, ids=str)
def test_a_line_whose_hashes_fit_and_that_no_program_wrote_is_refused(journal, strange):
    first, second = journal.entries()
    journal.path.write_bytes(first.line() + b"\n" + replace(second, **strange).line() + b"\n")
    with pytest.raises(RecordBroken, match="journal.jsonl, line 2: it is not an event"):
        journal.entries()


def test_a_line_that_goes_back_in_time_or_format_is_refused_unless_it_sets_the_clock_right(journal):
    first, second = journal.entries()
    for back, said in ({"at": "2020-01-01T00:00:00Z"}, "it was written at 2020-01-01T00:00:00Z"), ({"format": 1}, "its format is 1"):
        journal.path.write_bytes(first.line() + b"\n" + replace(second, **back).line() + b"\n")
        with pytest.raises(RecordBroken, match=f"journal.jsonl, line 2: {said}, but") as broken:
            journal.entries()
        assert broken.value.exit_code == 5
    clock = replace(second, kind="clock", at="2020-01-01T00:00:00Z", body=CIRCUMSTANCES)
    journal.path.write_bytes(first.line() + b"\n" + clock.line() + b"\n")
    assert journal.append("note", "li", {}).previous == clock.sha256


def test_a_line_of_brackets_by_the_thousand_is_refused(journal):
    with journal.path.open("ab") as file:
        file.write(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n")
    with pytest.raises(RecordBroken, match="journal.jsonl, line 3: it is not an event"):
        journal.entries()


def test_a_torn_last_line_is_no_event_and_is_cut_wherever_it_was_torn(journal):
    first, _ = journal.entries()
    whole = journal.path.read_bytes()
    start = len(first.line()) + 1
    for end in range(start, len(whole)):
        journal.path.write_bytes(whole[:end])
        assert journal.entries() == [first]
        journal.repair_tail()
        assert journal.path.read_bytes() == whole[:start]


def test_a_repaired_journal_goes_on_and_a_torn_one_does_not(journal):
    journal.path.write_bytes(journal.path.read_bytes()[:-9])
    with pytest.raises(RecordBroken, match="torn"):
        journal.append("note", "li", {})
    journal.repair_tail()
    journal.append("note", "li", {"label": "2021-04"})
    assert [entry.sequence for entry in journal.entries()] == [1, 2]


@pytest.mark.parametrize("fails", ["write", "fsync"])
def test_a_line_that_does_not_reach_the_disk_is_taken_back_and_the_file_is_named(journal, monkeypatch, fails):
    before = journal.path.read_bytes()

    def half_written(descriptor: int, data: bytes) -> int:
        return written(descriptor, data[: len(data) // 2])

    def unsynced(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    written = os.write
    monkeypatch.setattr(os, fails, half_written if fails == "write" else unsynced)
    with pytest.raises(OSError) as failed:
        journal.append("note", "li", {"label": "2021-05"})
    assert failed.value.filename == str(journal.path)
    assert journal.path.read_bytes() == before
    monkeypatch.undo()
    assert journal.append("note", "li", {"label": "2021-05"}).sequence == 3


@pytest.mark.parametrize("body", [{"share": 0.5}, {"share": float("nan")}, {2: "b", 10: "a"}, {"name": "\ud800"}])
def test_a_body_that_would_not_read_back_the_same_is_not_written(journal, body):
    before = journal.path.read_bytes()
    with pytest.raises(ValueError):
        journal.append("note", "li", body)
    assert journal.path.read_bytes() == before


# Workspace

HOLD = """
import pathlib, sys, time
from claims.workspace import Workspace
with Workspace(pathlib.Path(sys.argv[1])).locked("claims run 三月"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_process_is_told_who_holds_the_workspace_and_a_killed_holder_lets_go(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(workspace.root)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[1])
    try:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(WorkspaceBusy, match=f"claims run 三月.*process {holder.pid}, account") as busy, workspace.locked("claims status"):
            pass
        assert busy.value.exit_code == 4
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
    with workspace.locked("claims status"):
        pass


def test_taking_the_workspace_repairs_its_journal(tmp_path):
    workspace = Workspace(tmp_path)
    workspace.journal.append("note", "li", {"label": "2021-03"})
    whole = workspace.journal.path.read_bytes()
    workspace.journal.path.write_bytes(whole + whole[:50])
    with workspace.locked("claims run"):
        assert workspace.journal.path.read_bytes() == whole


def test_an_open_run_is_kept_until_it_is_cleared(tmp_path):
    workspace = Workspace(tmp_path)
    run = OpenRun(
        label="三月",
        as_of=dt.date(2021, 3, 31),
        policy_sha256="ab" * 32,
        policy_source="shipped",
        folder="input",
        whole_tree=False,
        accepted_gates={"held_pct": "已核对"},
        kept=Kept([("claims.csv", "cd" * 32)], [("policy.toml", "ef" * 32)], "01" * 32, None),
    )
    assert OpenRun.load(workspace.open_run) is None
    run.save(workspace.open_run)
    assert OpenRun.load(workspace.open_run) == run
    OpenRun.clear(workspace.open_run)
    OpenRun.clear(workspace.open_run)
    assert OpenRun.load(workspace.open_run) is None


def test_an_open_run_that_cannot_be_read_breaks_the_record(tmp_path):
    path = tmp_path / "open-run.json"
    for text in ("", "[]", '{"label": "x"}', '{"as_of": "2021-03-31", "inputs": [], "policy_files": [], "surprise": 1}'):
        path.write_text(text)
        with pytest.raises(RecordBroken, match="open-run.json"):
            OpenRun.load(path)


@pytest.mark.parametrize("strange", [
    {"label": "../x"}, {"label": "/srv/x"}, {"label": ".."}, {"label": ""}, *({"inputs": [[name, "cd" * 32]]} for name in (
        "../../srv/.profile", "/srv/.profile", "a/../../b.csv", "a/..", "./a.csv", "a//b.csv", "a\0b.csv", "")),
    {"inputs": [["claims.csv", "../../../etc/passwd"]]}, {"settings_sha256": "/etc/passwd"}], ids=str)
def test_an_open_run_that_names_a_place_elsewhere_breaks_the_record(tmp_path, strange):
    kept = {"inputs": [], "policy_files": [], "settings_sha256": "01" * 32, "calendar_sha256": None}
    run = {
        "label": "2021-03", "as_of": "2021-03-31", "policy_sha256": "ab" * 32, "policy_source": "shipped", "folder": "/srv/input", "whole_tree": True,
        "accepted_gates": {}, "actor": "li", "kept": kept,
    }
    path = tmp_path / "open-run.json"
    path.write_text(json.dumps(run))
    assert OpenRun.load(path).folder == "/srv/input"
    path.write_text(json.dumps({name: strange.get(name, value) for name, value in run.items()} | {"kept": {name: strange.get(name, value) for name, value in kept.items()}}))
    with pytest.raises(RecordBroken, match="open-run.json"):
        OpenRun.load(path)


@pytest.mark.parametrize("claim_id", ["../../x", "/srv/x", "a/b", "..", ""])
def test_an_id_of_a_result_that_leads_elsewhere_names_no_file(tmp_path, claim_id):
    for file_of in (sheet_of, partial(folder_of, Workspace(tmp_path), load_policy(find_policy(DEFAULT_POLICY)))):
        with pytest.raises(RecordBroken, match="leads outside"):
            file_of(claim_id)


@pytest.mark.parametrize("name", ["claims 6月（1）.csv", "a\\b.csv", "2024-06/..csv/claims..csv", ".hidden/claims.csv", "a\nb.csv", "..."])
def test_whatever_a_file_system_lets_a_file_be_called_is_a_name_of_the_record(name):
    assert msgspec.convert(name, PathWithin) == name
