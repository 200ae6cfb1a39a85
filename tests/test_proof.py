"""What an auditor relies on: a month computed again to the byte, exports that are checked elsewhere, and backups that come back whole."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import os
import re
import resource
import shutil
import subprocess
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given as cases, settings, strategies as st

from claims import __version__
from claims.bundle import LIST, Bundle, write_bundle
from claims.errors import ClaimsError, RecordBroken, UsageError, WorkspaceBusy
from claims.policy.model import DEFAULT_POLICY
from claims.record.journal import NO_PREVIOUS, Entry, Journal
from claims.workbooks import read_cells
from claims.workspace import Workspace
from pipelines.audit import check_export, export_claim, export_month
from pipelines.backup import back_up, restore
from pipelines.cli import cli
from pipelines.judged import DIFFERENT, EQUAL, FILLED_IN, NOT_COMPARED, SAME_VALUES
from pipelines.progress import Progress
from pipelines.replay import Replayed, replay
from pipelines.shown_again import compared_places
from sample_data.months import write_months
from tests.commands import few_claims, given
from tests.filling import filled, with_cells
from tests.payables import budget_file
from tests.settle import settle as settle_without_report, without_great_expectations

LOOKS_AT_REPORTS = True
MAY, JUNE = dt.date(2024, 5, 31), dt.date(2024, 6, 30)
CLAIM = "1.5-manager"
"""A claim that is paid to another institution than its claimant."""
MAY_CLAIMS = ("1.1-cap-1", "1.1-before", CLAIM, "v08")


settle = partial(settle_without_report, report=True)


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    with without_great_expectations():
        yield


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A workspace: a run with letters, a review, a close, its approval, a run that takes the review up, a payment, a close without approval."""
    place = tmp_path_factory.mktemp("proof")
    root = place / "workspace"
    settle(root, few_claims(place / "may", *MAY_CLAIMS), "may", MAY, letters=True)
    given(root, "丙", "2024-06-01", "review", "export", "--output", str(place / "held.xlsx"))
    filled(place / "held.xlsx", place / "ruled.xlsx", {("v08", "V08"): ("放行", "验资报告已核对")})
    given(root, "丙", "2024-06-01", "review", "import", str(place / "ruled.xlsx"))
    given(root, "甲", "2024-06-03", "close", "2024-05")
    given(root, "乙", "2024-06-12", "approve", "2024-05", "--minutes", "纪要1")
    settle(root, few_claims(place / "june", "1.2-ok"), "june", JUNE)
    given(root, "甲", "2024-07-01", "budget", "import", str(budget_file(place / "budget.csv", ("市级财政", 2024, "100000000"))))
    given(root, "甲", "2024-07-01", "pay", "plan")
    given(root, "甲", "2024-07-02", "close", "2024-06")
    return place


@pytest.fixture(scope="module")
def original(place) -> Path:
    return place / "workspace"


@pytest.fixture
def root(original, tmp_path) -> Path:
    """A copy to change."""
    return shutil.copytree(original, tmp_path / "workspace")


def again(root: Path, tmp_path: Path, name: str = "2024-05") -> Replayed:
    return replay(root, name, tmp_path / f"again-{name}", Progress())


def results(replayed: Replayed) -> dict[str, str]:
    return {finding.name: finding.result for finding in replayed.findings}


def different(replayed: Replayed) -> dict[str, str]:
    return {finding.name: finding.why for finding in replayed.findings if finding.is_different}


def tree(root: Path, without: tuple[str, ...] = ()) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*")) if path.is_file() and path.relative_to(root).as_posix() not in without
    }


def rewrite(path: Path, before: bytes, after: bytes) -> None:
    assert before in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(before, after, 1))


# ---------------------------------------------------------------- replay


def test_documents_that_a_command_writes_meanwhile_are_not_accused_and_the_same_replay_can_be_given_again(root, tmp_path, monkeypatch):
    def at_work(retold, shown):
        (root / "out" / "june" / "decisions.csv").rename(root / "work.csv")
        Workspace(root).record("note", "丙", {})
        return compared_places(retold, shown)

    with monkeypatch.context() as patch, pytest.raises(WorkspaceBusy, match="Other commands changed the workspace .* meanwhile. Nothing was changed"):
        patch.setattr("pipelines.replay.compared_places", at_work)
        again(root, tmp_path, "june")
    (root / "work.csv").rename(root / "out" / "june" / "decisions.csv")
    assert set(results(again(root, tmp_path, "june")).values()) == {EQUAL}


def test_an_export_of_what_a_command_changed_meanwhile_is_none(root, tmp_path, monkeypatch):
    def at_work(*given):
        write_bundle(*given)
        Workspace(root).record("note", "丙", {})

    monkeypatch.setattr("pipelines.audit.write_bundle", at_work)
    with pytest.raises(WorkspaceBusy, match="Other commands changed the workspace"):
        export_month(root, "june", tmp_path / "june.zip", Progress())
    assert not (tmp_path / "june.zip").exists()


@pytest.mark.long
def test_every_output_of_a_month_comes_out_again_to_the_byte_and_nothing_in_the_workspace_changes(original, tmp_path):
    before = tree(original)
    replayed = again(original, tmp_path)
    assert set(results(replayed).values()) == {EQUAL} and replayed.versions == ()
    shown = {f"{place}/{name}" for place in ("out/may", f"months/2024-05/{DEFAULT_POLICY}") for name in tree(original / place)}
    assert shown < set(results(replayed)) and f"out/may/letters/{CLAIM}.pdf" in shown
    fresh = tree(tmp_path / "again-2024-05", without=("report.txt",))
    assert fresh == {name: content for name, content in before.items() if name in shown}
    assert tree(original) == before


@pytest.mark.long
def test_a_month_that_took_up_a_review_and_is_closed_but_not_approved_comes_out_again_too(original, tmp_path):
    found = results(again(original, tmp_path, "2024-06"))
    assert set(found.values()) == {EQUAL} and f"months/2024-06/{DEFAULT_POLICY}/notice.pdf" in found and "批次june　结果standing_ruling" in found


@pytest.mark.long
def test_outputs_that_were_changed_or_taken_away_are_found_with_the_first_value_that_differs(root, tmp_path):
    month, letter = f"months/2024-05/{DEFAULT_POLICY}", f"out/may/letters/{CLAIM}.pdf"
    rewrite(root / "out/may/decisions.csv", b"3000000.00", b"3000000.01")
    rewrite(root / "out/may/manifest.json", b'"rejected": 1', b'"rejected": 2')
    rewrite(root / month / "notice.html", "公示".encode(), "告示".encode())
    rewrite(root / letter, b"%PDF", b"%PDf")
    with_cells(root / month / "awards.xlsx", tmp_path / "changed.xlsx", {"E5": "账号6222020000000000123"})
    shutil.copyfile(tmp_path / "changed.xlsx", root / month / "awards.xlsx")
    (root / "out/may/exceptions.csv").unlink()
    (root / "out/may/notes.txt").write_text("x")
    replayed = again(root, tmp_path)
    found = different(replayed)
    assert found.pop("out/may/decisions.csv") == "第3行 award_yuan：原为“3000000.01”，重算为“3000000.00”"
    assert found.pop("out/may/manifest.json") == "outcomes.rejected：原为“2”，重算为“1”"
    assert found.pop(f"{month}/awards.xlsx") == f"工作表“奖补清单”第5行第5列：原为“账号***************0123”，重算为“{CLAIM}”"
    assert "告示" in found.pop(f"{month}/notice.html") and found.pop(letter) and "没有" in found.pop("out/may/exceptions.csv") and not found
    assert results(replayed)["out/may/notes.txt"] == NOT_COMPARED


def test_letters_that_were_drawn_and_taken_away_are_told_one_by_one(root, tmp_path):
    shutil.rmtree(root / "out/may/letters")
    found = different(again(root, tmp_path, "may"))
    assert f"out/may/letters/{CLAIM}.pdf" in found and {name.rpartition("letters/")[0] for name in found} == {"out/may/"}


def forge(root: Path, kind: str, relation: str, edit: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """Change a recorded result and everything that hangs on it: the file in the vault, its digest in the journal, and the chain from there on."""
    workspace = Workspace(root)
    entries = workspace.journal.entries()
    target = next(entry for entry in entries if entry.kind == kind)
    result = target.body["results"][relation]
    changed = io.BytesIO()
    edit(pl.read_parquet(workspace.vault.path(result["sha256"]))).write_parquet(changed)
    result["sha256"] = workspace.vault.put_bytes(changed.getvalue())
    workspace.journal.path.write_bytes(chained(entries))
    workspace.remove_store()


def chained(entries: list[Entry]) -> bytes:
    """A journal of some events, the chain made to fit."""
    previous, lines = NO_PREVIOUS, []
    for entry in entries:
        lines.append(replace(entry, previous=previous).line())
        previous = hashlib.sha256(lines[-1]).hexdigest()
    return b"".join(line + b"\n" for line in lines)


def test_a_forged_award_is_found_though_vault_and_chain_were_made_to_fit(root, tmp_path):
    forge(root, "run", "decided", lambda rows: rows.with_columns(pl.col("award_fen") * 2))
    assert Journal(root / "journal.jsonl").entries()
    assert different(again(root, tmp_path, "may"))["批次may　结果decided"] == "第2行 award_fen：原为“600000000”，重算为“300000000”"


@pytest.mark.long
def test_a_forged_payable_is_found_with_its_month(root, tmp_path):
    forge(root, "approve", "payable", lambda rows: rows.with_columns(pl.col("amount_fen") + 1))
    assert " amount_fen：原为“" in different(again(root, tmp_path))[f"批准2024-05（{DEFAULT_POLICY}，第5行）　结果payable"]


def test_a_changed_file_of_the_vault_is_refused_by_name(root, tmp_path):
    sha256 = next(item["sha256"] for item in Workspace(root).journal.entries()[0].body["inputs"] if item["table"] == "claims")
    path = root / "vault" / sha256[:2] / sha256
    path.chmod(0o644)
    rewrite(path, b"1.1-cap-1", b"1.1-cap-2")
    assert sha256 in different(again(root, tmp_path, "may"))["批次may"]


def test_another_version_of_the_program_compares_values_says_so_and_still_finds_a_changed_one(root, tmp_path):
    entries = Workspace(root).journal.entries()
    for entry in entries:
        entry.body["program_version"] = "0.0.9"
    (root / "journal.jsonl").write_bytes(chained(entries))
    rewrite(root / "out/may/manifest.json", f'"{__version__}"'.encode(), b'"0.0.9"')
    rewrite(root / "out/may/decisions.csv", b"3000000.00", b"3000000.01")
    assert not different(again(root, tmp_path, "2024-06")), "what follows an event is made on the record, under whichever version it came out"
    replayed = again(root, tmp_path, "may")
    found = results(replayed)
    assert not any(name.startswith("months/") for name in found), "a label names one run"
    assert list(different(replayed)) == ["out/may/decisions.csv"] and replayed.versions == ("0.0.9",)
    assert f"为{__version__}，登记时为0.0.9，按数值核对" in replayed.told()
    assert {name for name, result in found.items() if result == SAME_VALUES} == {"out/may/manifest.json"}


@pytest.mark.long
def test_a_register_that_was_filled_in_agrees_in_all_else_and_the_list_of_deliveries_comes_out_again(root, tmp_path):
    folder = root / "months" / "2024-05" / DEFAULT_POLICY
    cells = read_cells(folder / "register.xlsx")["文件登记簿"]
    row = next(number for number, line in enumerate(cells, 1) if CLAIM in line)
    with_cells(folder / "register.xlsx", tmp_path / "filled.xlsx", {f"H{row}": "2024-06-14", f"I{row}": "邮寄", f"J{row}": "回执1"})
    shutil.copyfile(tmp_path / "filled.xlsx", folder / "register.xlsx")
    given(root, "甲", "2024-06-14", "letters", "delivered", str(folder / "register.xlsx"))
    found = results(again(root, tmp_path))
    place = f"months/2024-05/{DEFAULT_POLICY}"
    assert found.pop(f"{place}/register.xlsx") == FILLED_IN and found[f"{place}/delivered.xlsx"] == EQUAL and set(found.values()) == {EQUAL}


@pytest.mark.long
def test_a_draft_that_was_drawn_again_later_and_a_close_that_became_void_come_out_again(tmp_path):
    root = tmp_path / "workspace"
    settle(root, few_claims(tmp_path / "may", "1.1-cap-1"), "may", MAY)
    given(root, "甲", "2024-06-03", "close", "2024-05")
    given(root, "甲", "2024-06-04", "adjust", "1.1-cap-1", "--award", "1000000.00", "--reason", "税务局更正")
    given(root, "乙", "2024-06-05", "adjust", "1.1-cap-1", "--agree")
    given(root, "甲", "2024-06-06", "close", "2024-05")
    given(root, "乙", "2024-06-20", "approve", "2024-05", "--minutes", "纪要1")
    shutil.rmtree(root / "adjustments")
    given(root, "乙", "2024-06-21", "adjust", "1.1-cap-1", "--agree")
    *_, drawn = Workspace(root).journal.entries()
    assert drawn.kind == "letters" and drawn.body["of"] == 4, "the draft tells the letter that was issued meanwhile"
    replayed = [again(root, tmp_path, month) for month in ("2024-05", "2024-06")]
    assert [set(results(one).values()) for one in replayed] == [{EQUAL}, {EQUAL}]
    assert [event.kind for one in replayed for event in one.events] == ["run", "close", "close", "approve", "adjust", "adjust"]
    assert f"更正1.1-cap-1同意（{DEFAULT_POLICY}，第4行）　通知书登记（journal.jsonl第{drawn.sequence}行）" in results(replayed[1])


def test_what_cannot_be_computed_again_or_has_no_place_is_wrong_usage(original, tmp_path):
    with pytest.raises(UsageError, match="finished runs are: may, june"):
        again(original, tmp_path, "2023-01")
    with pytest.raises(UsageError, match="lies in the workspace"):
        replay(original, "may", original / "again", Progress())
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(UsageError, match="absent or empty"):
        replay(original, "may", tmp_path / "full", Progress())


def settled_months(place: Path, months: int) -> Path:
    """A workspace in which sample months were settled with their letters, closed and approved."""
    for folder, last_day in write_months(place / "sample", months, 1).items():
        settle(place / "workspace", folder, folder.name, last_day, letters=True)
        given(place / "workspace", "甲", f"{last_day + dt.timedelta(1)}", "close", folder.name)
        given(place / "workspace", "乙", f"{last_day + dt.timedelta(21)}", "approve", folder.name, "--minutes", folder.name)
    return place / "workspace"


@pytest.mark.torture
def test_every_month_of_half_a_year_comes_out_again_with_one_thread_and_its_exports_check(tmp_path, monkeypatch):
    root = settled_months(tmp_path, 6)
    monkeypatch.setattr("claims.database.THREADS", 1)
    for month in sorted(path.name for path in (root / "months").iterdir()):
        assert not different(export_month(root, month, tmp_path / f"{month}.zip", Progress()))
        assert not [finding for finding in check_export(tmp_path / f"{month}.zip", Progress())[1] if finding.is_different]


# ---------------------------------------------------------------- audit


@pytest.fixture(scope="module")
def month_export(original, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("export") / "may.zip"
    export_month(original, "2024-05", path, Progress())
    return path


@pytest.fixture(scope="module")
def claim_export(original, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("export") / "claim.zip"
    export_claim(original, CLAIM, path)
    return path


def taken_apart(path: Path) -> tuple[dict, dict[str, bytes]]:
    """What a bundle says of itself, and its members, to be made one again as somebody would who knows how bundles are made."""
    with zipfile.ZipFile(path) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    about = json.loads(members.pop(LIST))
    del about["files"]
    return about, members


def changed(path: Path, target: Path, name: str, edit: Callable[[bytes], bytes]) -> Path:
    """A copy of a bundle with one member changed and listed so."""
    about, members = taken_apart(path)
    after = edit(members[name])
    assert after != members[name]
    write_bundle(target, about, members | {name: after})
    return target


@pytest.mark.long
def test_the_export_of_a_month_has_the_same_bytes_each_time(original, month_export, tmp_path):
    export_month(original, "2024-05", tmp_path / "may.zip", Progress())
    assert (tmp_path / "may.zip").read_bytes() == month_export.read_bytes()


def test_the_export_of_a_month_checks_on_its_own_in_another_place(month_export, tmp_path, monkeypatch):
    shutil.copyfile(month_export, tmp_path / "may.zip")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli, ["audit", "check", "may.zip"], catch_exceptions=False)
    assert (done.exit_code, done.stderr) == (0, "") and "不符" not in done.stdout and "哈希链完整" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["may.zip"]


def test_the_export_of_a_month_holds_what_is_needed_and_not_the_whole_vault(original, month_export):
    held = {Path(name).name for name in Bundle(month_export).files if "/vault/" in name}
    kept = {path.name for path in (original / "vault").rglob("*") if path.is_file()}
    later = {result["sha256"] for entry in Workspace(original).journal.entries() if entry.sequence > 5 for result in entry.body["results"].values()}
    assert held < kept and later - held


@pytest.mark.long
def test_a_changed_output_in_an_export_is_found_though_its_list_was_made_to_fit(month_export, tmp_path):
    forged = changed(month_export, tmp_path / "forged.zip", "workspace/out/may/decisions.csv", lambda data: data.replace(b"3000000.00", b"3000000.01", 1))
    done = CliRunner().invoke(cli, ["audit", "check", str(forged)], standalone_mode=False)
    assert isinstance(done.exception, RecordBroken) and "第3行 award_yuan" in str(done.exception) and done.exception.exit_code == 5


def test_a_claim_goes_out_with_its_rows_proved_by_the_journal(claim_export, original, tmp_path):
    _, findings = check_export(claim_export, Progress())
    proved = {finding.name.rpartition("　")[2]: finding.result for finding in findings}
    assert set(proved.values()) == {EQUAL}
    assert {"cell", "decided", "traced", "limit_traced", "step_name", "manifest", "institutions", "month_claim", "issued_letter", "payable", "payment"} <= set(proved)
    assert {f"documents/out/may/letters/{CLAIM}.pdf", f"documents/months/2024-05/{DEFAULT_POLICY}/letters/{CLAIM}.pdf"} <= set(proved)
    export_claim(original, CLAIM, tmp_path / "claim.zip")
    assert (tmp_path / "claim.zip").read_bytes() == claim_export.read_bytes()


def others(original: Path) -> set[str]:
    """What the files say of institutions that the claim has nothing to do with: codes, names and accounts."""
    with (original.parent / "may" / "institutions.csv").open(encoding="utf-8", newline="") as file:
        institutions = list(csv.DictReader(file))
    with (original / "out/may/decisions.csv").open(encoding="utf-8", newline="") as file:
        own = next(row for row in csv.DictReader(file) if row["claim_id"] == CLAIM)
    strange = [row for row in institutions if row["uscc"] not in (own["uscc"], own["payee_uscc"])]
    kept = {row[name] for row in institutions if row not in strange for name in ("uscc", "name", "bank_account")}
    return {row[name] for row in strange for name in ("uscc", "bank_account") if row[name]} - kept


def test_nothing_of_other_claimants_goes_out_with_a_claim(claim_export, original):
    texts = others(original)
    assert len(texts) > 20
    with zipfile.ZipFile(claim_export) as archive:
        members = {name: archive.read(name).decode(errors="replace") for name in archive.namelist()}
    assert {(name, text) for name, content in members.items() for text in texts if text in content} == set()
    assert str(original) not in "".join(content for name, content in members.items() if not name.endswith(".jsonl"))


@pytest.mark.parametrize("member, edit, found", [
    ("rows/000001-run/decided.jsonl", lambda data: data.replace(b"666666667", b"666666668", 1), "日志第1行（run）　decided"),
    ("rows/000001-run/decided.jsonl", lambda data: b"".join(line for place, line in enumerate(data.splitlines(keepends=True)) if place != 1), "日志第1行（run）　decided"),
    ("rows/000001-run/decided.jsonl", lambda data: data + data.splitlines(keepends=True)[-1], "日志第1行（run）　decided"),
    ("rows/000001-run/traced.jsonl", lambda data: data.replace(b"666666667", b"666666668", 1), "日志第1行（run）　traced"),
    (f"documents/out/may/letters/{CLAIM}.pdf", lambda data: data.replace(b"%PDF", b"%PDf"), f"documents/out/may/letters/{CLAIM}.pdf"),
], ids=["a changed row", "a row left out", "a row added", "a changed step", "a changed letter"])
def test_rows_and_letters_that_are_not_those_of_the_record_are_found(claim_export, tmp_path, member, edit, found):
    forged = changed(claim_export, tmp_path / "forged.zip", member, edit)
    assert [finding.name for finding in check_export(forged, Progress())[1] if finding.result == DIFFERENT] == [found]


def test_a_line_that_names_the_claim_and_was_taken_out_of_its_export_or_made_digests_is_named(root, tmp_path):
    given(root, "甲", "2024-07-03", "adjust", "1.1-cap-1", "--award", "1000000.00", "--reason", "税务局更正")
    export_claim(root, "1.1-cap-1", tmp_path / "whole.zip")
    about, members = taken_apart(tmp_path / "whole.zip")
    [share] = [name for name in members if name.endswith("adjust/adjustment_share.jsonl")]
    columns, *rows = members[share].splitlines()
    without = {name: content for name, content in members.items() if "-adjust/" not in name or name == share}
    digests = b"".join(b'"%s"\n' % hashlib.sha256(row).hexdigest().encode() for row in rows)
    write_bundle(tmp_path / "forged.zip", about, without | {share: columns + b"\n" + digests})
    assert {finding.result for finding in check_export(tmp_path / "whole.zip", Progress())[1]} == {EQUAL}
    assert [finding.told().strip() for finding in check_export(tmp_path / "forged.zip", Progress())[1] if finding.is_different] == [
        f"不符　日志第{int(share[5:11])}行（adjust）　这一行是本申报的，包内没有示出它的全部记录：adjusted、adjusted_step、adjustment、adjustment_share"]


def test_a_journal_with_a_changed_line_is_refused(claim_export, tmp_path):
    forged = changed(claim_export, tmp_path / "forged.zip", "workspace/journal.jsonl", lambda data: data.replace("纪要1".encode(), "纪要2".encode(), 1))
    with pytest.raises(RecordBroken, match=r"journal.jsonl, line \d: its content"):
        check_export(forged, Progress())


@pytest.mark.parametrize("member, content", [
    ("rows/000001-run/decided.jsonl", b""), ("rows/000001-run/decided.jsonl", b"\xff\n"), ("rows/000001-run/decided.jsonl", b"{}\n"),
    ("rows/000002-letters/manifest.jsonl", b'["file","sha256"]\n{\n'), ("rows/000002-letters/manifest.jsonl", b'["file","sha256"]\n[{}]\n'),
], ids=["nothing", "no text", "no columns", "no JSON", "no letter"])
def test_rows_that_are_none_are_refused_by_their_file(claim_export, tmp_path, member, content):
    forged = changed(claim_export, tmp_path / "forged.zip", member, lambda data: content)
    with pytest.raises(RecordBroken, match=f"the file {member} in it is not as this program writes it"):
        check_export(forged, Progress())


@pytest.mark.parametrize("lacking", ["name", "lines", "head"])
def test_a_list_that_lacks_what_it_says_of_the_bundle_is_refused_by_what_it_lacks(claim_export, backup, original, tmp_path, lacking):
    for path, name in ((claim_export, "export.zip"), (backup, "backup.zip")):
        about, members = taken_apart(path)
        write_bundle(tmp_path / name, {key: value for key, value in about.items() if key != lacking}, members)
    with pytest.raises(RecordBroken, match=f"{LIST} in it is not as this program writes it .*`{lacking}`"):
        check_export(tmp_path / "export.zip", Progress())
    if lacking != "name":
        with pytest.raises(UsageError, match=f"a damaged backup: name another one. .*`{lacking}`"):
            back_up(original, tmp_path / "backup.zip")


def test_a_list_that_tells_of_more_lines_than_the_journal_has_is_refused(claim_export, tmp_path):
    about, members = taken_apart(claim_export)
    write_bundle(tmp_path / "longer.zip", about | {"lines": about["lines"] + 1}, members)
    with pytest.raises(RecordBroken, match="its journal is not the one that its list tells of"):
        check_export(tmp_path / "longer.zip", Progress())


def lead_outside(body: dict) -> None:
    for item in body["inputs"]:
        item["file"] = f"../../../{item['file']}"


def speak_sql(body: dict) -> None:
    body["tables"] = [spoken := "ruling select 1; drop table run; --"]
    body["results"][spoken] = next(iter(body["results"].values()))


@pytest.mark.parametrize("edit", [lead_outside, speak_sql])
def test_an_export_whose_journal_names_a_place_outside_or_a_statement_is_refused(original, month_export, tmp_path, edit):
    about, members = taken_apart(month_export)
    entries = Workspace(original).journal.entries()
    for entry in entries:
        edit(entry.body)
    journal = chained(entries)
    about |= {"head": hashlib.sha256(journal.splitlines()[-1]).hexdigest()}
    write_bundle(tmp_path / "hostile.zip", about, members | {"workspace/journal.jsonl": journal})
    try:
        told = "".join(finding.why for finding in check_export(tmp_path / "hostile.zip", Progress())[1] if finding.is_different)
    except RecordBroken as refused:
        told = str(refused)
    assert re.search("the journal names|line 1: it is not an event of the kind run", told) and [path.name for path in tmp_path.iterdir()] == ["hostile.zip"]


def test_a_claim_that_there_is_not_is_wrong_usage(original, tmp_path):
    with pytest.raises(UsageError, match="nothing is recorded of a claim absent"):
        export_claim(original, "absent", tmp_path / "x.zip")


# ---------------------------------------------------------------- backup and restore

ANEW = ("claims.duckdb", "lock")


@pytest.fixture(scope="module")
def backup(original, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("backup")
    back_up(original, folder)
    [path] = folder.iterdir()
    return path


def test_a_restored_workspace_has_every_file_and_a_second_backup_the_same_bytes(original, backup, tmp_path):
    restore(backup, tmp_path / "restored")
    assert tree(tmp_path / "restored", ANEW) == tree(original, ANEW)
    back_up(original, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == backup.read_bytes()


def test_a_restored_workspace_goes_on_to_the_same_bytes_with_an_interrupted_run_first(root, tmp_path, monkeypatch):
    folder = few_claims(tmp_path / "july", "1.3-ok")
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.run.counted", lambda *_: (_ for _ in ()).throw(OSError("power cut")))
        with pytest.raises(OSError):
            settle(root, folder, "july", dt.date(2024, 7, 31))
    back_up(root, tmp_path / "backup.zip")
    restore(tmp_path / "backup.zip", tmp_path / "restored")
    shutil.rmtree(folder)
    finished = [settle(one, folder, "july", dt.date(2024, 7, 31)).folder for one in (root, tmp_path / "restored")]
    assert tree(finished[0]) == tree(finished[1]) and not (tmp_path / "restored" / "open-run.json").exists()


def test_a_damaged_record_is_not_backed_up_and_a_backup_never_replaces_what_it_does_not_go_on_from(root, original, backup, tmp_path):
    longer = shutil.copyfile(backup, tmp_path / "longer.zip")
    lines = (root / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (root / "journal.jsonl").write_bytes(b"".join(lines[:-1]))
    with pytest.raises(RecordBroken, match="was set back, or is another one"):
        back_up(root, longer)
    (tmp_path / "notes.zip").write_text("x")
    with pytest.raises(UsageError, match="another file"):
        back_up(root, tmp_path / "notes.zip")
    assert longer.read_bytes() == backup.read_bytes() and (tmp_path / "notes.zip").read_text() == "x"
    next(path for path in (root / "vault").rglob("*") if path.is_file()).unlink()
    with pytest.raises(RecordBroken, match="The vault lacks"):
        back_up(root, tmp_path / "new.zip")
    assert not (tmp_path / "new.zip").exists()


@pytest.mark.long
def test_a_changed_document_is_told_by_backup_and_restore_and_costs_neither(root, tmp_path):
    rewrite(root / "out/may/decisions.csv", b"3000000.00", b"3000000.01")
    commands = {"Backup: ": ("backup", tmp_path / "b.zip", "--workspace", root), "Workspace: ": ("restore", tmp_path / "b.zip", "--workspace", tmp_path / "w")}
    for done, words in commands.items():
        said = CliRunner().invoke(cli, [*map(str, words)], standalone_mode=False)
        assert said.output.startswith(done) and said.exception.exit_code == 5
        assert "decisions.csv: line 3, column 6: 3000000.00 in the record, 3000000.01 here" in str(said.exception)
    assert tree(tmp_path / "w", ANEW) == tree(root, ANEW)


def test_a_backup_has_its_place_outside_and_a_restore_needs_an_empty_one(original, backup, tmp_path):
    with pytest.raises(UsageError, match="another place"):
        back_up(original, original / "backup.zip")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(UsageError, match="absent or empty"):
        restore(backup, tmp_path / "full")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["x"]


def test_a_restore_tells_the_command_that_a_failed_night_would_give(backup, tmp_path):
    about, members = taken_apart(backup)
    write_bundle(tmp_path / "other.zip", about, members | {"claims.toml": b'[nightly]\non_failure = ["sh", "-c", "curl example.org"]\n'})
    assert "see that it is yours: sh -c 'curl example.org'\n" in restore(tmp_path / "other.zip", tmp_path / "restored")
    assert "see that it is yours" not in restore(backup, tmp_path / "plain")


def test_a_damaged_backup_is_refused_naming_the_file_and_leaves_nothing(backup, tmp_path):
    with zipfile.ZipFile(backup) as archive:
        member = next(info for info in archive.infolist() if info.filename.startswith("vault/"))
    data = bytearray(backup.read_bytes())
    data[member.header_offset + 30 + len(member.filename) + 40] ^= 1
    (tmp_path / "damaged.zip").write_bytes(data)
    with pytest.raises(RecordBroken, match=member.filename):
        restore(tmp_path / "damaged.zip", tmp_path / "restored")
    assert [path.name for path in tmp_path.iterdir()] == ["damaged.zip"]


def test_a_pipe_is_no_backup_and_no_export_and_stays_where_one_was_to_be_written(original, tmp_path):
    os.mkfifo(pipe := tmp_path / "pipe.zip")
    for give in (lambda: check_export(pipe, Progress()), lambda: restore(pipe, tmp_path / "restored"), lambda: back_up(original, pipe)):
        with pytest.raises(UsageError, match="pipe.zip: it is no ordinary file"):
            give()
    assert [*tmp_path.iterdir()] == [pipe]


@pytest.mark.parametrize("name", ["claims.duckdb", "claims.duckdb.wal", "lock", "work/x"])
def test_a_backup_with_what_a_workspace_makes_anew_is_refused_by_its_name_and_leaves_nothing(original, backup, tmp_path, name):
    about, members = taken_apart(backup)
    write_bundle(tmp_path / "planted.zip", about, members | {name: (original / "claims.duckdb").read_bytes()})
    with pytest.raises(RecordBroken, match=f"the file {name} in it is in no backup"):
        restore(tmp_path / "planted.zip", tmp_path / "restored")
    assert [path.name for path in tmp_path.iterdir()] == ["planted.zip"]


MEMBERS = {"a.txt": b"one", "b/c.txt": b"2" * 500, "b/d.txt": bytes(range(256))}


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("small") / "small.zip"
    write_bundle(path, {"kind": "x"}, MEMBERS)
    return path.read_bytes()


@settings(max_examples=150, deadline=None)
@cases(data=st.data())
def test_a_bundle_with_any_byte_changed_or_any_end_cut_off_is_refused_or_says_the_same(small, tmp_path_factory, data):
    place = data.draw(st.integers(0, len(small) - 1))
    flip = data.draw(st.integers(0, 255))
    damaged = small[:place] + (bytes([small[place] ^ flip]) + small[place + 1:] if flip else b"")
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "x.zip").write_bytes(damaged)
    try:
        bundle = Bundle(folder / "x.zip")
        bundle.check()
    except RecordBroken:
        return
    listed = {name: (hashlib.sha256(content).hexdigest(), len(content)) for name, content in MEMBERS.items()}
    assert {name: (file["sha256"], file["bytes"]) for name, file in bundle.files.items()} == listed and bundle.about == {"kind": "x"}


@pytest.mark.parametrize("name", ["../out.txt", "/out.txt", "a/../../out.txt", "a\\..\\out.txt", "./out.txt", "a//out.txt", "."])
def test_a_name_that_would_lead_outside_is_refused(tmp_path, name):
    with pytest.raises(ClaimsError):
        write_bundle(tmp_path / "x.zip", {}, {name: b"x"})
        Bundle(tmp_path / "x.zip").unpack(tmp_path / "out", lambda name: 0o644)
    assert not (tmp_path / "out.txt").exists()


def test_a_file_and_a_folder_of_one_name_are_refused_by_it(tmp_path):
    with pytest.raises(RecordBroken, match="the file out/x is not as its list says"):
        write_bundle(tmp_path / "x.zip", {}, {"out/x": b"1", "out/x.y": b"2", "out/x/y/z": b"3"})
    assert not [*tmp_path.iterdir()]


def listing(path: Path, listed: str, members: dict[str, bytes], packed: int = zipfile.ZIP_DEFLATED) -> Path:
    """A bundle with a list as somebody wrote it."""
    with zipfile.ZipFile(path, "w", packed) as archive:
        for name, content in (members | {LIST: listed.encode()}).items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("packed, why", [
    (zipfile.ZIP_DEFLATED, "is longer than the .* bytes that a list of the files in it can take"), (zipfile.ZIP_STORED, "is longer than"),
    (zipfile.ZIP_BZIP2, "is packed in another way"), (zipfile.ZIP_LZMA, "is packed in another way"),
], ids=["deflated", "stored", "bzip2", "lzma"])
def test_a_list_of_whatever_length_takes_no_more_memory_than_its_files_give_reason_for(tmp_path, packed, why):
    path = listing(tmp_path / "x.zip", '{"kind": "backup", "x": [' + "[]," * (4 << 20) + '[]], "files": {}}', {}, packed)
    tracemalloc.start()
    try:
        for read in (lambda: check_export(path, Progress()), lambda: restore(path, tmp_path / "restored")):
            with pytest.raises(RecordBroken, match=f"x.zip: it is not whole, or no backup or export of this program .{LIST} {why}"):
                read()
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()
    assert [*tmp_path.iterdir()] == [path]


def test_what_a_list_says_besides_is_skipped_and_what_it_says_in_another_shape_is_refused(tmp_path):
    assert Bundle(listing(tmp_path / "x.zip", '{"kind": "x", "y": ' + "[" * 500 + "]" * 500 + ', "files": {}}', {})).about == {"kind": "x"}
    for strange in ('{"kind": [], "files": {}}', '{"files": []}', '{"files": {"a": {"sha256": "", "bytes": -1}}}', "[" * 60_000, "{}", ""):
        with pytest.raises(RecordBroken, match="x.zip: it is not whole, or no backup or export of this program"):
            Bundle(listing(tmp_path / "x.zip", strange, {}))


def test_a_member_that_is_longer_than_its_list_says_is_refused_and_not_written_beyond_that(tmp_path):
    content, told = b"x" * (5 << 20), (1 << 20) + 1
    listed = {"files": {"a": {"sha256": hashlib.sha256(content).hexdigest(), "bytes": told}}}
    bundle = Bundle(listing(tmp_path / "x.zip", json.dumps(listed), {"a": content}))
    with pytest.raises(RecordBroken, match="the file a in it is not what was written"):
        bundle.unpack(tmp_path / "out", lambda name: 0o644)
    assert (tmp_path / "out" / "a").stat().st_size <= told


def test_what_asks_for_more_memory_than_there_is_counts_as_damaged(small, tmp_path, monkeypatch):
    (tmp_path / "x.zip").write_bytes(small)
    bundle = Bundle(tmp_path / "x.zip")
    monkeypatch.setattr("zipfile.ZipExtFile.read", lambda *_: (_ for _ in ()).throw(MemoryError))
    for read in (bundle.check, lambda: Bundle(tmp_path / "x.zip")):
        with pytest.raises(RecordBroken, match="Take another copy of it"):
            read()


def test_what_the_disk_has_no_room_for_is_refused_by_both_figures_before_anything_is_written(backup, month_export, tmp_path, monkeypatch):
    def come_to(path: Path, below: str) -> str:
        return f"{sum(listed['bytes'] for name, listed in Bundle(path).files.items() if name.startswith(below)):,}"

    monkeypatch.setattr("claims.bundle.shutil.disk_usage", lambda _: shutil._ntuple_diskusage(9000, 7766, 1234))
    monkeypatch.setattr("claims.bundle.Bundle._copy", lambda *_: pytest.fail("something was written"))
    with pytest.raises(ClaimsError, match=f"come to {come_to(backup, '')} bytes, and the disk of {tmp_path}/.* has 1,234 bytes free") as refused:
        restore(backup, tmp_path / "restored")
    assert refused.value.exit_code == 1 and not [*tmp_path.iterdir()]
    monkeypatch.setattr("claims.bundle.Bundle.check", lambda _: None)
    with pytest.raises(ClaimsError, match=f"come to {come_to(month_export, 'workspace/')} bytes, and the disk of .* has 1,234 bytes free"):
        check_export(month_export, Progress())


def test_two_who_write_one_file_at_once_each_write_it_whole_and_what_a_dead_one_left_is_deleted(tmp_path, monkeypatch):
    path, check, host = tmp_path / "x.zip", Bundle.check, os.uname().nodename
    dead = subprocess.Popen(["true"])
    dead.wait()
    (tmp_path / f".x.zip.{host}.{dead.pid}.partial").touch()

    def beside(bundle: Bundle) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(Bundle, "check", check)
            patch.setattr(os, "getpid", os.getppid)
            write_bundle(path, {"kind": "other"}, {"other": b"2"})
        assert Bundle(path).about == {"kind": "other"}
        check(bundle)

    with monkeypatch.context() as patch:
        patch.setattr(Bundle, "check", beside)
        write_bundle(path, {"kind": "x"}, MEMBERS)
    Bundle(path).check()
    assert Bundle(path).about == {"kind": "x"} and [*tmp_path.iterdir()] == [path]


def test_a_backup_replaces_nothing_that_somebody_wrote_there_meanwhile(original, tmp_path, monkeypatch):
    monkeypatch.setattr("claims.bundle.Bundle.check", lambda _: (tmp_path / "backup.zip").write_text("x"))
    with pytest.raises(UsageError, match="there is another file"):
        back_up(original, tmp_path / "backup.zip")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("backup.zip", "x")]


@contextmanager
def no_file_larger_than(size_bytes: int) -> Iterator[None]:
    """Writing beyond fails as it does where the disk is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_where_the_disk_takes_no_more_backup_and_restore_name_the_file_and_leave_nothing(original, backup, tmp_path):
    with no_file_larger_than(4096):
        with pytest.raises(OSError) as of_backup:
            back_up(original, tmp_path / "backup.zip")
        with pytest.raises(OSError) as of_restore:
            restore(backup, tmp_path / "restored")
    assert of_backup.value.filename == str(tmp_path / f".backup.zip.{os.uname().nodename}.{os.getpid()}.partial")
    assert of_restore.value.filename.startswith(f"{tmp_path}/.restored.partial/") and not [*tmp_path.iterdir()]


def test_an_interrupted_backup_is_never_taken_for_a_whole_one(original, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("claims.bundle.Bundle.check", lambda self: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError):
            back_up(original, tmp_path / "backup.zip")
    assert not (tmp_path / "backup.zip").exists()
    back_up(original, tmp_path / "backup.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["backup.zip"]
