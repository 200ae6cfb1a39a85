"""`claims verify` names whatever was changed behind the program's back; the head outside shows a workspace that was set back; every release's workspace
is opened."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl
import pytest

from claims import __version__
from claims.doctor import examine
from claims.errors import InputRefused, RecordBroken, UsageError
from claims.explanation import HeldClaim, held_claims
from claims.letters.workers import workers
from claims.months import notice
from claims.policy.model import DEFAULT_POLICY, POLICY_FILES, SHIPPED
from claims.record import journal, store
from claims.record.circumstances import changed_text
from claims.record.store import check_vault, open_store, policy_of, table_digests
from claims.resources import template_dir
from claims.workspace import SHOWN, OpenRun, Workspace
from pipelines.audit import check_export, export_claim, export_month
from pipelines.desk import desk
from pipelines.letters import record_letters
from pipelines.judged import DIFFERENT, EQUAL, NOT_COMPARED, SAME_VALUES
from pipelines.next_steps import next_steps
from pipelines.progress import Progress
from pipelines.queries import rebuild_store, render_letters_of, status_of_claim, status_table
from pipelines.replay import Replayed, replay
from pipelines.running_lists import FROM_ALL_ACTS
from pipelines.verify import Compared, verify
from pipelines.whatif import history_of
from tests.all_acts import CLAIMS, MAY, everything_once, unpacked
from tests.commands import few_claims, given
from tests.filling import edited, with_cells
from tests.settle import settle, without_great_expectations
from tests.test_interrupted import flip_a_bit, tree
from tests.test_proof import chained, forge

LOOKS_AT_REPORTS = True
RELEASES = sorted((Path(__file__).parent / "workspaces").glob("*.tar.xz"))


@pytest.fixture(scope="module")
def untouched(tmp_path_factory) -> Path:
    return everything_once(tmp_path_factory.mktemp("everything"))


@pytest.fixture
def root(untouched, tmp_path) -> Path:
    return shutil.copytree(untouched, tmp_path / "workspace")


def verified(root: Path, deep: bool = False) -> str:
    return verify(root, deep, Progress())


@pytest.fixture
def record_alone(monkeypatch) -> None:
    """What people are shown is not looked at: other tests do, and it takes most of an examination."""
    monkeypatch.setattr("pipelines.verify._look_at_documents", lambda *_: Compared())
    monkeypatch.setattr("pipelines.verify._look_at_strangers", lambda *_: [])


@pytest.fixture
def journal_alone(record_alone, monkeypatch) -> None:
    """Nor is the store: of the head outside it tells nothing."""
    monkeypatch.setattr("pipelines.verify._look_at_store", lambda *_: None)


def told(root: Path, deep: bool = False) -> str:
    """What is said of a workspace that is not what its record says."""
    with pytest.raises(RecordBroken) as broken:
        verified(root, deep)
    assert broken.value.exit_code == 5
    return str(broken.value)


# ---------------------------------------------------------------- what verify finds


def test_a_workspace_with_all_kinds_of_acts_is_what_its_record_says_and_is_left_as_it_is(untouched, monkeypatch):
    """A public notice that counts as long is drawn again in a process of its own, to the bytes of the one that was drawn in the command's."""
    drawing = []
    monkeypatch.setattr(notice, "ROWS_IN_PROCESS", 0)
    monkeypatch.setattr(notice, "workers", lambda count: drawing.append(count) or workers(count))
    before = tree(untouched, {"lock"})
    said = verified(untouched, deep=True)
    assert "nothing differs" in said and "drawn again" in said and drawing == [1, 1]
    assert "Cover of 2024-05" in said and Workspace(untouched).journal.head() in said
    assert tree(untouched, {"lock"}) == before


DOCUMENTS = (
    "out/may/decisions.csv", "out/may/exceptions.csv", "out/may/line_fates.csv", "out/may/gates.html", "out/may/gates.json", "out/may/manifest.json",
    "out/may/report.html", "out/may/explain/1.1-cap-1.html", f"months/2024-05/{DEFAULT_POLICY}/explain/1.1-cap-1.html",
    "out/may/letters/1.1-cap-1.pdf", "out/may/letters/print/001.pdf", "out/may/letters/held.csv", "out/may/letters/manifest.json",
    f"months/2024-05/{DEFAULT_POLICY}/joint_signature.xlsx", f"months/2024-05/{DEFAULT_POLICY}/awards.xlsx", f"months/2024-05/{DEFAULT_POLICY}/notice.pdf",
    f"months/2024-06/{DEFAULT_POLICY}/notice.html", f"months/2024-06/{DEFAULT_POLICY}/letters/1.1-cap-1+2.pdf",
    f"payments/{DEFAULT_POLICY}/exceptions.xlsx", f"payments/{DEFAULT_POLICY}/set_off.csv", f"payments/{DEFAULT_POLICY}/waiting.xlsx",
    f"months/2024-05/{DEFAULT_POLICY}/delivered.xlsx", "commendations/2023/ranking.csv",
    f"adjustments/{DEFAULT_POLICY}/1.1-cap-1-2/1.1-cap-1+2.pdf",
)


def test_one_flipped_bit_in_each_kind_of_document_is_named(root):
    lists, reviews = sorted((root / "payments").glob("*/*/*.*")), sorted((root / "reviews").rglob("*.*"))
    others = [*lists[:3], next(one for one in reviews if one.name == "补正清单.xlsx"), next(one for one in reviews if one.suffix == ".pdf"),
              next((root / "commendations").rglob("*.pdf"))]
    changed = [*(root / name for name in DOCUMENTS), *others]
    for path in changed:
        flip_a_bit(path)
    register = root / "months" / "2024-06" / DEFAULT_POLICY / "register.csv"
    changed_csv(register, lambda rows: [rows[0], rows[1][:4] + ["9.00"] + rows[1][5:], *rows[1:]])  # the last row of a letter is as it was
    changed.append(register)
    said = told(root)
    assert [path for path in changed if f"{path}: " not in said] == []
    assert said.count(str(root)) == len(changed)


# ---------------------------------------------------------------- what replay computes again


def replayed_months(root: Path, place: Path, *months: str) -> list[Replayed]:
    with without_great_expectations():
        return [replay(root, month, place / month, Progress()) for month in months]


def results(*replayed: Replayed) -> dict[str, str]:
    return {finding.name: finding.result for one in replayed for finding in one.findings}


def shown(root: Path) -> set[str]:
    """Every file that people are shown."""
    return {path.relative_to(root).as_posix() for name in SHOWN for path in (root / name).rglob("*") if path.is_file()}


def test_a_month_of_every_kind_of_act_comes_out_again(untouched, tmp_path):
    before = tree(untouched, {"lock"})
    [june] = replayed_months(untouched, tmp_path, "2024-06")
    assert {name: result for name, result in results(june).items() if result != EQUAL} == ABANDONED
    assert {event.kind for event in june.events} == {"run", "review", "close", "approve", "deliver", "budget", "plan", "confirm", "adjust", "abandon"}
    assert JUNE < set(results(june))
    assert tree(untouched, {"lock"}) == before


@pytest.mark.long
def test_a_month_of_every_kind_of_act_comes_out_again_from_its_export_as_it_does_here(untouched, tmp_path):
    with without_great_expectations():
        june = export_month(untouched, "2024-06", tmp_path / "june.zip", Progress())
        _, elsewhere = check_export(tmp_path / "june.zip", Progress())
    assert elsewhere == list(june.findings) and JUNE < set(results(june))


@pytest.mark.long
def test_every_event_and_every_file_that_people_are_shown_comes_out_again_with_its_month(untouched, tmp_path):
    entries = Workspace(untouched).journal.entries()
    found = results(*replayed_months(untouched, tmp_path, "2024-05", "2024-06", "2024-07", entries[-1].at[:7]))
    assert {name: result for name, result in found.items() if result != EQUAL} == ABANDONED
    assert {number for number in range(1, len(entries) + 1) if not any(f"第{number}行" in name for name in found)} == set()
    assert {name for name in found if (untouched / name).is_file()} == shown(untouched)


ABANDONED = {"放弃批次gone（第5行）": NOT_COMPARED}
"""What computes nothing, and is taken as it was recorded."""
JUNE = {
    "reviews/3/register.csv", "reviews/3/补正清单.xlsx", "reviews/3/letters/v04-check.pdf", f"payments/{DEFAULT_POLICY}/2024-06-17-0014/manifest.json",
    f"payments/{DEFAULT_POLICY}/2024-06-17-0014/01-市级财政.csv", f"payments/{DEFAULT_POLICY}/2024-06-22-0022/01-市级财政.xlsx",
    f"payments/{DEFAULT_POLICY}/exceptions.xlsx", f"payments/{DEFAULT_POLICY}/set_off.csv", f"payments/{DEFAULT_POLICY}/waiting.csv",
    f"adjustments/{DEFAULT_POLICY}/1.1-cap-1-2/1.1-cap-1+2.pdf",
    f"months/2024-05/{DEFAULT_POLICY}/delivered.xlsx", "out/june/decisions.csv", f"months/2024-06/{DEFAULT_POLICY}/awards.xlsx",
}
"""A document of each kind that an event of June wrote."""


@pytest.mark.long
def test_a_changed_byte_of_each_kind_of_document_is_named_by_replaying_its_month(root, tmp_path):
    for name in JUNE:
        flip_a_bit(root / name)
    flip_a_bit(root / "commendations/2023/ranking.html")
    june, commended = replayed_months(root, tmp_path, "2024-06", Workspace(root).journal.entries()[-1].at[:7])
    assert {finding.name for finding in june.findings if finding.is_different} == JUNE
    assert [finding.name for finding in commended.findings if finding.is_different] == ["commendations/2023/ranking.html"]


@pytest.mark.long
def test_a_planning_that_pays_nothing_comes_out_again_with_what_waits(root, tmp_path):
    given(root, "丁", "2024-07-11", "pay", "plan")
    given(root, "丁", "2024-07-12", "pay", "plan")
    with desk(root, "test", "丁", None) as at:
        planning = at.acts("plan")[-1]
    assert planning.body["on"] == "2024-07-12" and planning.body["results"]["payment"]["rows"] == 0
    [july] = replayed_months(root, tmp_path, "2024-07")
    found = results(july)
    assert set(found.values()) == {EQUAL} and {f"payments/{DEFAULT_POLICY}/waiting.csv", f"支付清单2024-07-12（{DEFAULT_POLICY}，第{planning.sequence}行）　结果waiting"} < set(found)


def test_a_list_over_all_acts_stands_as_the_latest_act_left_it_whatever_a_treasury_is_called_since(root, tmp_path, monkeypatch):
    def fails(*_):
        raise OSError(28, "No space left on device")

    returned = ("pay", "returned", "P2024-000001", "--reason", "户名不符")
    with monkeypatch.context() as patch, pytest.raises(OSError):
        patch.setitem(FROM_ALL_ACTS, "set_off", fails)
        given(root, "丁", "2024-07-11", *returned)
    listed = root / "payments" / DEFAULT_POLICY / "set_off.csv"
    assert f"{listed}: " in told(root)
    assert "未作改动" in given(root, "丁", "2024-07-11", *returned), "the same command completes it"
    renamed = shutil.copytree(SHIPPED / DEFAULT_POLICY, tmp_path / "renamed")
    words = (renamed / "policy.toml").read_text(encoding="utf-8")
    (renamed / "policy.toml").write_text(words.replace('"市级财政"', '"市本级财政"'), encoding="utf-8")
    settle(root, few_claims(tmp_path / "july", "v07-a"), "july", dt.date(2024, 7, 12), policy=str(renamed))
    before = listed.read_bytes()
    assert "未作改动" in given(root, "丁", "2024-07-13", *returned) and listed.read_bytes() == before and "市级财政".encode() in before
    assert "nothing differs" in verified(root)
    for path in listed.parent.glob("set_off.*"):
        path.unlink()
    assert f"{listed.parent}: missing are set_off.csv, set_off.xlsx" in verified(root)


@pytest.mark.long
def test_what_another_version_wrote_is_told_by_replay_as_words_or_as_figures(root, tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.judged.__version__", "9.0.0")
    month = root / "months" / "2024-06" / DEFAULT_POLICY
    signed, awards, page = month / "joint_signature.xlsx", month / "awards.xlsx", month / "report.html"
    with_cells(signed, root / "words.xlsx", {"A1": "会签表"}).replace(signed)
    with_cells(awards, root / "figure.xlsx", {"F4": "1.00"}).replace(awards)
    page.write_bytes(page.read_bytes() + b"<!-- -->")
    [june] = replayed_months(root, tmp_path, "2024-06")
    found = {finding.name: finding.result for finding in june.findings}
    assert [found[path.relative_to(root).as_posix()] for path in (signed, awards, page)] == [SAME_VALUES, DIFFERENT, NOT_COMPARED]


def test_a_forged_result_of_a_payment_or_of_a_recovery_is_named_though_vault_and_chain_were_made_to_fit(root, tmp_path):
    forge(root, "recover", "posting", lambda rows: rows.with_columns(pl.col("amount_fen") + 1))
    [july] = replayed_months(root, tmp_path, "2024-07")
    [posting] = [finding for finding in july.findings if finding.is_different]
    assert posting.name.endswith("　结果posting") and "amount_fen：原为“100001”，重算为“100000”" in posting.why


@pytest.mark.long
def test_a_register_may_be_filled_in_and_nothing_else(root):
    register = root / "months" / "2024-06" / DEFAULT_POLICY / "register.xlsx"
    filled = with_cells(register, root / "filled.xlsx", {"H4": "2024-07-10", "I4": "邮寄"})
    filled.replace(register)
    assert "nothing differs" in verified(root)
    kept, written = register.read_bytes(), "".join(f'<c r="{column}9" t="inlineStr"><is><t>{text}</t></is></c>' for column, text in zip("BC", ("核准通知书", "forged")))
    forged = edited(register, root / "filled.xlsx", lambda page: re.sub('(<row r="9"[^>]*)/>', rf"\1>{written}</row>", page))
    forged.replace(register)
    assert "a row without a number is not of the record: 核准通知书 forged" in told(root)
    register.write_bytes(kept)
    with_cells(register, root / "filled.xlsx", {"C4": "other"}).replace(register)
    assert "申报编号: " in told(root)


@pytest.mark.long
def test_a_cell_of_a_list_is_named_without_the_account(root):
    [listed] = (root / "payments").glob("*/2024-06-22-*/01-*.csv")
    lines = listed.read_text(encoding="utf-8").splitlines(keepends=True)
    account = lines[1].split(",")[3]
    listed.write_text(lines[0] + lines[1].replace(account, account[:-1] + "x") + "".join(lines[2:]), encoding="utf-8")
    said = told(root)
    assert "line 2, column 4: " in said and account not in said and account[-4:] in said


@pytest.mark.long
def test_a_letter_that_was_exchanged_and_recorded_is_found_by_drawing_it_again(root):
    place = root / "months" / "2024-06" / DEFAULT_POLICY / "letters"
    workspace = Workspace(root)
    manifest = json.loads((place / "manifest.json").read_bytes())
    other = (place / "2.4-year-1.pdf").read_bytes()
    (place / "1.1-cap-1+2.pdf").write_bytes(other)
    manifest["files"]["1.1-cap-1+2.pdf"]["sha256"] = manifest["files"]["2.4-year-1.pdf"]["sha256"]
    (place / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    approval = [entry for entry in workspace.journal.entries() if entry.kind == "approve"][-1]
    record_letters(workspace, approval, "forger", place)
    assert "1.1-cap-1+2.pdf" not in told(root)  # the register alone shows it
    assert "1.1-cap-1+2.pdf: drawn again, 1 letters come out otherwise" in told(root, deep=True)
    recorded = workspace.journal.entries()[-1]
    workspace.record("letters", "forger", recorded.body | {"of": 1})  # as if these were the drafts of a run
    assert f"line {recorded.sequence + 1}: the letters of line 1 lie in {root / 'out' / 'may' / 'letters'}, it names {place}" in told(root)


@pytest.mark.long
def test_a_letter_drawn_again_looks_as_it_did_whatever_the_settings_and_fonts_are_now(tmp_path):
    root, fonts = tmp_path / "workspace", tmp_path / "workspace" / "fonts"
    fonts.mkdir(parents=True)
    shutil.copyfile(template_dir() / "fonts" / "gkai00mp.ttf", fonts / "kai.ttf")
    own = '[letters]\nword_copies = true\n[letters.fonts]\nfolder = "fonts"\nfangsong = "AR PL KaitiM GB"\n[letters.text]\ncontact = "联系人：示例甲"\n'
    (root / "claims.toml").write_text(own, encoding="utf-8")
    settle(root, few_claims(tmp_path / "in", "1.1-cap-1"), letters=True)
    drawn = {path.relative_to(root): path.read_bytes() for path in (root / "out").glob("*/letters/**/*.*")}
    assert {path.suffix for path in drawn} == {".pdf", ".docx", ".csv", ".json"}
    (root / "claims.toml").write_text('[letters.text]\ncontact = "联系人：示例乙"\n', encoding="utf-8")
    shutil.rmtree(fonts)
    assert "nothing differs" in verified(root, deep=True)
    shutil.rmtree(root / "out" / "night" / "letters")
    render_letters_of(root, "night", Progress())
    assert {path: (root / path).read_bytes() for path in drawn} == drawn


def test_what_is_missing_is_told_as_missing_and_the_files_of_others_as_theirs(root):
    shutil.rmtree(root / "out" / "june")
    (root / "months" / "2024-06" / DEFAULT_POLICY / "letters" / "1.1-cap-1+2.pdf").unlink()
    (root / "out" / "may" / "便条.txt").write_text("核对过")
    (root / "out" / "july").symlink_to(root.parent)
    (root / "claims.duckdb").unlink()
    OpenRun("july", MAY, "", "", "in", False, {}, "甲").save(root / "open-run.json")
    said = verified(root)
    assert f"open-run.json: run july as of {MAY} was begun by 甲" in said
    assert "out/june: missing are decisions.csv" in said and "1 files are missing (1.1-cap-1+2.pdf first)" in said
    assert "2 files are not of the record" in said and "claims.duckdb is missing" in said and "nothing differs" in said


@pytest.mark.long
def test_only_documents_that_are_there_count_as_compared(root):
    files, letters = counted_by_verify(root)
    gone = [*(root / "out" / "june").glob("*.*"), *(root / "out" / "june" / "explain").glob("*.*")]
    for path in gone:
        path.unlink()
    assert len(gone) > 5 and counted_by_verify(root) == (f"{int(files.split()[0]) - len(gone)} documents ({len(gone)} more are missing)", letters)
    for name in SHOWN:
        shutil.rmtree(root / name, ignore_errors=True)
    files, letters = counted_by_verify(root)
    assert files.startswith("0 documents (") and letters.startswith("0 files of letters by their digests (")


def counted_by_verify(root: Path) -> tuple[str, str]:
    """What the last line says of documents and of letters."""
    return re.search(r", ([\d,]+ documents[^,;]*), ([^;]*); nothing differs", verified(root)).groups()


@contextmanager
def behind_the_back(root: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(root / "claims.duckdb")) as connection:
        connection.execute(f'use "{DEFAULT_POLICY}"')
        yield connection


def changed_csv(path: Path, change) -> None:
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("".join(",".join(row) + "\n" for row in change(rows)), encoding="utf-8")


def test_of_a_document_that_another_version_wrote_words_may_differ_and_figures_and_rows_may_not(root, monkeypatch):
    month, out = root / "months" / "2024-06" / DEFAULT_POLICY, root / "out" / "may"
    for module in ("verify", "judged"):
        monkeypatch.setattr(f"pipelines.{module}.__version__", "9.0.0")
    exceptions, signed, page = out / "exceptions.csv", month / "joint_signature.xlsx", out / "report.html"
    exceptions.write_bytes(exceptions.read_bytes().replace("申报".encode(), "申请".encode()))
    with_cells(signed, root / "words.xlsx", {"A1": "会签表"}).replace(signed)
    page.write_bytes(page.read_bytes() + b"<!-- -->")
    awards = month / "awards.xlsx"
    exceptional = root / "payments" / DEFAULT_POLICY / "exceptions.csv"
    exceptional.write_bytes(exceptional.read_bytes().replace("问题".encode(), "异常".encode()))
    with monkeypatch.context() as patch:
        patch.setattr("claims.record.circumstances.__version__", "9.0.0")
        given(root, "丁", "2024-07-11", "pay", "plan")
    decisions, fates, gates = out / "decisions.csv", out / "line_fates.csv", out / "gates.json"
    decisions.write_bytes(decisions.read_bytes().replace(b"3000000.00", b"3000000.01", 1))
    changed_csv(fates, lambda rows: [*rows[:3], *rows[4:]])
    changed_csv(root / "out" / "june" / "line_fates.csv", lambda rows: [*rows, rows[-1]])
    gates.write_bytes(re.sub(rb'("value": "?)(\d)', rb"\g<1>9\2", gates.read_bytes(), count=1))
    with_cells(awards, root / "figure.xlsx", {"F4": "1.00"}).replace(awards)
    said = told(root)
    notes = [line for line in said.splitlines() if line.startswith("Note: ") and f"version {__version__} wrote it" in line]
    assert [path for path in (exceptions, signed, page, exceptional) if not any(str(path) in note for note in notes)] == [] and len(notes) == 4
    assert [path for path in (exceptions, signed, page) if said.count(str(path)) > 1] == [], "nothing else is told of them"
    assert "decisions.csv: row " in said and "3000000.00 in the record, 3000000.01 here" in said
    assert re.search(r"may/line_fates.csv: row 4: .* is missing; ", said) and re.search(r"june/line_fates.csv: row \d+: .* is not of the record; ", said)
    assert re.search(r"gates.json: .*value: \S+ in the record, 9\S* here", said)
    assert re.search(r"awards.xlsx: sheet \S+, row 4, column \S+: .+ in the record, 1.00 here", said) and said.count("no version tells that otherwise") == 5
    assert f"1 files not compared, since they tell what held when they were written (months/2024-05/{DEFAULT_POLICY}/delivered.xlsx first)" in said


TAMPERED = {
    "update decided set award_fen = award_fen + 1 where claim_id = '2.2-rent-1'":
        r"decided: the row .*claim_id 2.2-rent-1.*award_fen is \d+ in the record, \d+ in the store",
    "delete from payment where payment_id = 'P2024-000001'": "payment: the row .*P2024-000001.* is missing",
    "insert into budget values (99, 'city', '', 2024, 5)": "budget: the row sequence 99, .* is not of the record",
    "insert into posting from (from posting order by all limit 1)": "posting: the row .* is not of the record",
    "create table notes (a integer)": f"{DEFAULT_POLICY}.notes: it is not of the record",
    "create or replace view payable_net as select * from payable where false": "payable_net: the row .* is missing",
    "create macro sum(a) as 0": f"{DEFAULT_POLICY}.sum: it is not of the record \\(function\\)",
    "create index of_claims on decided (claim_id)": "of_claims: it is not of the record \\(index\\)",
    "alter table delivery drop column receipt": "delivery: it is defined otherwise",
}


@pytest.mark.usefixtures("record_alone")
def test_whatever_differs_in_the_store_is_named_down_to_the_row_and_a_rebuild_mends_it(root):
    with behind_the_back(root) as connection:
        for statement in TAMPERED:
            connection.execute(statement)
    said = told(root)
    assert [message for message in TAMPERED.values() if not re.search(message, said)] == []
    with behind_the_back(root) as connection:
        connection.execute("insert into store.applied values (99)")
    assert "store.applied: it holds line 99 of a journal, which this journal has not, or has otherwise" in told(root)
    with behind_the_back(root) as connection:
        connection.execute("delete from store.applied where sequence in (99, (select min(sequence) from store.applied))")
    assert "store.applied: it says that it holds the events" in told(root)
    rebuild_store(root)
    assert "nothing differs" in verified(root)


@pytest.mark.long
def test_a_store_with_a_broken_block_is_told(root):
    data = (root / "claims.duckdb").read_bytes()
    place = data.index(b"EMS1")
    (root / "claims.duckdb").write_bytes(data[:place] + b"EMS2" + data[place + 4:])
    assert "claims.duckdb: it cannot be read" in told(root)


def test_a_line_that_lacks_a_key_of_its_kind_is_refused_by_its_number_though_the_chain_was_made_to_fit(untouched, tmp_path):
    entries = Workspace(untouched).journal.entries()
    without_letters = {entry.kind: entry.sequence for entry in entries if entry.kind not in ("run", "review", "approve", "adjust")}
    kinds = {entry.kind: set.intersection(*(set(one.body) for one in entries if one.kind == entry.kind)) for entry in entries}
    forged = Workspace(tmp_path / "forged")
    forged.root.mkdir()
    forged.vault.root.symlink_to(untouched / "vault")
    for number, entry in enumerate(entries, 1):
        strange = [{name: value for name, value in entry.body.items() if name != key} for key in sorted(kinds[entry.kind])]
        if entry.kind == "letters":
            strange += [entry.body | {"of": line} for line in (99, number, 0, *without_letters.values())]
        if "policy" in entry.body:
            strange += [entry.body | {"policy": entry.body["policy"] | {"files": dict.fromkeys(POLICY_FILES[1:], "ab" * 32)}}]
        for body in strange:
            forged.journal.path.write_bytes(chained([*entries[: number - 1], replace(entry, body=body), *entries[number:]]))
            assert f"journal.jsonl, line {number}: it is not an event of the kind {entry.kind}" in told(forged.root)


NAMES_OF_PLACES = {
    "run": ["label"], "close": ["month"], "object": ["month"], "approve": ["month"], "adjust": ["claim_id"], "letters": ["folder"],
}


def test_a_line_that_names_a_place_elsewhere_is_refused_by_its_number_though_the_chain_was_made_to_fit(untouched, tmp_path):
    entries = Workspace(untouched).journal.entries()
    journal, seen = Workspace(tmp_path).journal, set()
    for number, entry in enumerate(entries, 1):
        if entry.kind in seen:
            continue
        seen.add(entry.kind)
        strange = [entry.body | {field: place} for field in NAMES_OF_PLACES.get(entry.kind, ()) for place in (str(tmp_path), "../x")]
        strange += [entry.body | {"policy": entry.body["policy"] | {"id": "../x"}}] if "policy" in entry.body else []
        strange += [entry.body | {"inputs": [entry.body["inputs"][0] | {"file": "../../x"}]}] if entry.body.get("inputs") else []
        for body in strange:
            journal.path.write_bytes(chained([*entries[: number - 1], replace(entry, body=body), *entries[number:]]))
            with pytest.raises(RecordBroken, match=f"journal.jsonl, line {number}: it is not an event of the kind {entry.kind} .a name that leads elsewhere"):
                journal.entries()
    assert seen >= {*NAMES_OF_PLACES, "commendation"}


def test_a_run_without_a_result_that_its_tables_are_filled_with_is_refused_by_its_number(root):
    workspace = Workspace(root)
    entries = workspace.journal.entries()
    del entries[0].body["results"]["held"]
    workspace.journal.path.write_bytes(chained(entries))
    assert "journal.jsonl, line 1: it has no result held" in told(root)


@pytest.mark.parametrize("which", ["journal", "policy.toml", "decided", "posting", "claims.csv", "manifest"])
def test_one_flipped_bit_in_the_record_is_named(root, which):
    workspace = Workspace(root)
    kept = {what.split(" of line")[0]: sha256 for sha256, what in store.kept_files(workspace.journal.entries()).items()}
    path = workspace.journal.path if which == "journal" else workspace.vault.path(kept[which])
    flip_a_bit(path)
    assert path.name in told(root)


# ---------------------------------------------------------------- the head outside


@pytest.fixture(scope="module")
def guarded_place(tmp_path_factory) -> Path:
    """A workspace with one run, whose head is kept in another folder."""
    place = tmp_path_factory.mktemp("guarded")
    (place / "workspace").mkdir()
    (place / "share").mkdir()
    (place / "workspace" / "claims.toml").write_text('[record]\nhead_file = "../share/heads.jsonl"\n', encoding="utf-8")
    settle(place / "workspace", few_claims(place / "in", "1.1-cap-1"), "may", MAY)
    return place


@pytest.fixture
def guarded(guarded_place, tmp_path) -> Path:
    return shutil.copytree(guarded_place, tmp_path, dirs_exist_ok=True) / "workspace"


def heads(root: Path) -> list[dict]:
    return [json.loads(line) for line in (root.parent / "share" / "heads.jsonl").read_bytes().splitlines()]


def act(root: Path) -> None:
    with desk(root, "test", "甲", MAY) as at:
        at.record("budget", {}, {})


@pytest.mark.usefixtures("journal_alone")
def test_every_event_adds_the_head_of_the_journal_to_the_file_outside(guarded):
    act(guarded)
    act(guarded)
    entries = Workspace(guarded).journal.entries()
    assert [(head["sequence"], head["sha256"]) for head in heads(guarded)] == [(entry.sequence, entry.sha256) for entry in entries]
    assert "nothing differs" in verified(guarded)


def set_back(root: Path) -> None:
    """Put a workspace in place of itself as it was before an act."""
    older = shutil.copytree(root, root.with_name("older"))
    act(root)
    shutil.rmtree(root)
    older.rename(root)


def test_a_workspace_that_was_set_back_is_noticed_by_every_command(guarded):
    set_back(guarded)
    assert "the journal had a line 2 at" in told(guarded)
    for command in (status_table, rebuild_store, act):
        with pytest.raises(RecordBroken, match="the workspace was set back"):
            command(guarded)


def test_a_workspace_that_was_set_back_is_noticed_by_commands_that_take_no_lock_and_write_nothing(guarded, tmp_path):
    set_back(guarded)
    before = tree(tmp_path)
    for reads in (
        lambda: replay(guarded, "may", tmp_path / "again", Progress()), lambda: export_month(guarded, "may", tmp_path / "may.zip", Progress()),
        lambda: history_of(guarded, None),
    ):
        with pytest.raises(RecordBroken, match="the workspace was set back"):
            reads()
    [*_, workspace] = examine(Workspace(guarded), MAY)
    assert workspace.broken and "the workspace was set back" in workspace.findings[0].found
    assert tree(tmp_path) == before
    with Workspace(guarded).held_still("another command"), pytest.raises(RecordBroken, match="the workspace was set back"):
        status_table(guarded)
    OpenRun("june", MAY, "", "", "in", False, {}).save(guarded / "open-run.json")
    with pytest.raises(RecordBroken, match="the workspace was set back"):
        next_steps(guarded, "", MAY)


def test_a_line_that_is_added_while_somebody_reads_does_not_look_like_a_workspace_that_was_set_back(guarded, monkeypatch):
    reader = Workspace(guarded)
    read = reader.journal.entries
    monkeypatch.setattr(reader.journal, "entries", lambda: (read(), act(guarded))[0])
    assert [entry.kind for entry in reader.outside_head.compare(reader.journal)] == ["run"]
    assert [head["sequence"] for head in heads(guarded)] == [1, 2]


def test_a_journal_that_lost_its_last_line_is_noticed_by_the_head_outside_alone(guarded):
    act(guarded)
    journal_file = guarded / "journal.jsonl"
    journal_file.write_bytes(b"".join(journal_file.read_bytes().splitlines(keepends=True)[:-1]))
    (guarded / "claims.duckdb").unlink()
    assert "ends with line 1 now" in told(guarded)
    journal_file.unlink()
    assert "ends with line 0 now" in told(guarded)


def test_another_journal_in_the_same_place_is_noticed_and_a_moved_workspace_goes_on(guarded, tmp_path):
    act(guarded)  # its line tells where the workspace lies
    moved = tmp_path / "moved"
    guarded.rename(moved)
    act(moved)
    settings = moved / "claims.toml"
    guarded.mkdir()
    shutil.copy(settings, guarded / "claims.toml")
    with pytest.raises(RecordBroken, match="the workspace was set back"):
        settle(guarded, tmp_path / "in", "may", MAY)


@pytest.mark.usefixtures("journal_alone")
def test_a_head_that_cannot_be_kept_is_told_and_loses_nothing(guarded, caplog):
    share = guarded.parent / "share"
    share.rename(guarded.parent / "unmounted")
    act(guarded)
    assert "the head of the journal could not be kept" in caplog.text
    assert "could not be kept" in status_table(guarded)
    assert "could not be kept" in verified(guarded)
    (guarded.parent / "unmounted").rename(share)
    assert [head["sequence"] for head in heads(guarded)] == [1]
    assert "Warning" not in status_table(guarded)
    assert [head["sequence"] for head in heads(guarded)] == [1, 2]


@pytest.mark.usefixtures("journal_alone")
def test_a_head_file_that_was_deleted_is_begun_anew_with_a_warning_and_verify_goes_on_telling_it(guarded, caplog):
    act(guarded)
    act(guarded)
    assert "knew nothing" not in caplog.text
    (guarded.parent / "share" / "heads.jsonl").unlink()
    assert "knew nothing of this journal, which has 3 lines" in (said := verified(guarded)) and "up to line" not in said
    assert "Warning: " in (said := status_table(guarded)) and "knew nothing of this journal, which has 3 lines" in said
    assert caplog.text.count("knew nothing") == 1
    act(guarded)
    assert "Warning" not in status_table(guarded)
    said = verified(guarded)
    assert "knows the journal only from line 3 of " in said and "it is configured since line 1" in said


@pytest.mark.usefixtures("journal_alone")
def test_settings_that_lost_the_place_of_the_head_are_noticed_by_what_the_record_says(guarded):
    assert "the head was kept" not in verified(guarded)
    (guarded / "claims.toml").unlink()
    said = verified(guarded)
    assert "line 1 of " in said and "was written while the head was kept in " in said and "names none now" in said
    act(guarded)
    assert "line 1 of " in verified(guarded)


@pytest.mark.usefixtures("journal_alone")
def test_a_head_that_is_kept_from_some_day_on_is_told_as_that(tmp_path):
    root = tmp_path / "workspace"
    settle(root, few_claims(tmp_path / "in", "1.1-cap-1"), "may", MAY)
    act(root)
    assert "kept nowhere outside: compare the covers" in (said := verified(root)) and "Note: " not in said
    (root / "claims.toml").write_text('[record]\nhead_file = "../heads.jsonl"\n', encoding="utf-8")
    assert "By the settings on record it never was before" in verified(root)


@pytest.mark.parametrize("inside", ["journal.jsonl", "claims.toml", "heads/heads.jsonl", "../workspace/heads.jsonl"])
def test_a_head_that_would_be_kept_in_the_workspace_is_refused_and_nothing_is_written(guarded, inside):
    (guarded / "claims.toml").write_text(f'[record]\nhead_file = "{inside}"\n', encoding="utf-8")
    before = {path: path.read_bytes() for path in guarded.rglob("*.*") if path.is_file()}
    for command in (status_table, verified, act):
        with pytest.raises(InputRefused, match="lies in the workspace; name a file outside of it"):
            command(guarded)
    assert {path: path.read_bytes() for path in guarded.rglob("*.*") if path.is_file()} == before


def test_a_head_file_that_is_a_pipe_stops_nothing_and_is_told(guarded, caplog):
    (guarded.parent / "share" / "heads.jsonl").unlink()
    os.mkfifo(guarded.parent / "share" / "heads.jsonl")
    act(guarded)
    assert "could not be kept" in caplog.text and "it is no ordinary file" in caplog.text


def test_a_torn_line_of_the_head_file_spoils_no_other(guarded):
    file = guarded.parent / "share" / "heads.jsonl"
    act(guarded)
    file.write_bytes(file.read_bytes()[:-20])
    act(guarded)
    act(guarded)
    known = [line for line in file.read_bytes().splitlines() if line.endswith(b"}")]
    assert [json.loads(line)["sequence"] for line in known] == [1, 2, 3, 4]


@pytest.mark.parametrize("strange", [
    '"sequence": "3"', '"sequence": null', '"sequence": 0', '"sequence": -1', '"sequence": 1.5', '"sequence": ' + "[" * 100_000, '"a": ' + "[" * 100_000,
], ids=lambda strange: strange[:15])
def test_a_line_of_the_head_file_that_no_program_wrote_is_none(tmp_path, strange):
    record = Workspace(tmp_path / "workspace")
    record.root.mkdir()
    record.settings.write_text('[record]\nhead_file = "../heads.jsonl"\n', encoding="utf-8")
    record.record("note", "甲", {})
    record.record("note", "甲", {})
    path = tmp_path / "heads.jsonl"
    first, second = path.read_text(encoding="utf-8").splitlines()
    path.write_text(f"{first}\n{first[:-1]}, {strange}}}\n{second}\n", encoding="utf-8")
    entries = record.outside_head.compare(record.journal)
    assert len(entries) == 2 and record.outside_head.note(entries) == "" == record.outside_head.gap(entries)


# ---------------------------------------------------------------- a journal that was set back under its store and its documents


def assert_nothing_can_be_built_on_it(root: Path, why: str) -> None:
    """Readers and acts are refused before a line is written; verify and doctor name it."""
    lines = Workspace(root).journal.entries()
    for command in (status_table, act, lambda root: next_steps(root, "", MAY)):
        with pytest.raises(RecordBroken, match=why):
            command(root)
    assert Workspace(root).journal.entries() == lines
    assert "which this journal has not" in told(root)
    assert [finding for area in examine(Workspace(root), MAY) for finding in area.findings if re.search(why, finding.found)] != []


@pytest.mark.usefixtures("record_alone")
def test_on_a_store_that_is_ahead_of_its_journal_nothing_is_built_until_the_office_decides(root):
    journal = root / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:13]))
    assert_nothing_can_be_built_on_it(root, "it holds line 26 of a journal, which .* has not")
    rebuild_store(root)
    act(root)
    assert Workspace(root).journal.entries()[-1].sequence == 14


@pytest.mark.usefixtures("record_alone")
def test_on_the_store_of_another_workspace_nothing_is_built(guarded_place, tmp_path):
    place = Path(shutil.copytree(guarded_place, tmp_path / "one"))
    other = tmp_path / "other"
    settle(other, few_claims(tmp_path / "in", "1.1-cap-2"), "may", MAY)
    shutil.copy(other / "claims.duckdb", place / "workspace" / "claims.duckdb")
    assert_nothing_can_be_built_on_it(place / "workspace", "it holds line 1 of a journal, which .* has otherwise")


@pytest.mark.parametrize("lost", [["journal.jsonl", "claims.duckdb"], ["journal.jsonl"]])
def test_documents_without_a_line_say_that_the_journal_was_lost(guarded_place, tmp_path, lost):
    root = Path(shutil.copytree(guarded_place, tmp_path / "place")) / "workspace"
    (root / "claims.toml").unlink()
    for name in lost:
        (root / name).unlink()
    assert "it has no line, but" in told(root)
    for command in (status_table, act):
        with pytest.raises(RecordBroken, match="the journal was deleted or cut off"):
            command(root)
    assert not (root / "journal.jsonl").exists()


# ---------------------------------------------------------------- circumstances, formats, releases


@pytest.mark.long
def test_a_line_says_what_changed_since_the_events_before(tmp_path):
    folder, root = few_claims(tmp_path / "in", "1.1-cap-1"), tmp_path / "workspace"
    first = settle(root, folder, "may", MAY).entry.body
    assert [change["from"] for change in first["changed"]] == [None] * 4 and changed_text(settle(root, folder, "may", MAY).entry) == ""
    policy = shutil.copytree(SHIPPED / DEFAULT_POLICY, tmp_path / "policy")
    (policy / "readings.toml").write_bytes((policy / "readings.toml").read_bytes() + b"\n")
    (root / "claims.toml").write_text("[notice]\nworking_days = 6\n", encoding="utf-8")
    other = few_claims(tmp_path / "june", "1.2-ok")
    entry = settle(root, other, "june", MAY, policy=str(policy)).entry
    settings, changed = entry.body["changed"]
    assert (settings["what"], settings["from"], settings["to"]) == ("settings", first["configuration_sha256"], entry.body["configuration_sha256"])
    assert changed == {
        "what": "policy", "id": DEFAULT_POLICY, "files": ["readings.toml"], "from": first["policy"]["sha256"], "to": entry.body["policy"]["sha256"]}
    assert changed_text(entry) == f"Changed since the last event: settings, policy {DEFAULT_POLICY} (readings.toml)"


def test_a_workspace_of_a_later_program_is_refused_in_plain_words(guarded, monkeypatch):
    before = tree(guarded, {"lock"})
    monkeypatch.setattr(journal, "FORMAT", 0)
    for command in (status_table, verified, rebuild_store):
        with pytest.raises(UsageError, match=r"written by a later program .*format \d+; this is .* format 0.*Nothing was changed"):
            command(guarded)
    assert tree(guarded, {"lock"}) == before


@pytest.mark.usefixtures("record_alone")
def test_a_store_of_a_program_with_other_tables_is_made_anew_when_it_is_opened(guarded, monkeypatch):
    before = rebuild_store(guarded).splitlines()
    with behind_the_back(guarded) as connection:
        connection.execute("update store.made_by set schema_sha256 = 'other'; alter table decided drop column payee")
    assert "made by a program with other tables" in verified(guarded)
    status_table(guarded)
    assert rebuild_store(guarded).splitlines() == before


@pytest.mark.long
def test_a_version_of_the_policy_with_more_fields_widens_the_tables_and_counts_with_its_run_alone(guarded, tmp_path):
    wider = shutil.copytree(SHIPPED / DEFAULT_POLICY, tmp_path / "wider")
    facts = (wider / "facts.toml").read_text(encoding="utf-8")
    for header, name in (("账号", "note"), ("申请金额（元）", "claim_note")):
        line = next(line for line in facts.splitlines(keepends=True) if f'header = "{header}"' in line)
        facts = facts.replace(line, line + f'  {{ name = "{name}", header = "附注", type = "text", optional = true }},\n')
    (wider / "facts.toml").write_text(facts, encoding="utf-8")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "claims.csv").write_text("申报编号,惊喜\n1,2\n", encoding="utf-8")
    before = rebuild_store(guarded)
    with pytest.raises(InputRefused):
        settle(guarded, tmp_path / "bad", "june", MAY, policy=str(wider))
    assert "the next command makes it anew" in verified(guarded)
    assert before in rebuild_store(guarded)
    settle(guarded, few_claims(tmp_path / "june", "1.2-ok", "v01-empty"), "june", MAY, policy=str(wider))
    settle(guarded, few_claims(tmp_path / "july", "1.1-before", "v08"), "july", MAY)
    with open_store(Workspace(guarded)) as database:
        digests = table_digests(database)
        assert database.rows(f'select run, note, raw.note is null from "{DEFAULT_POLICY}".institutions group by all') != []
    rebuild_store(guarded)
    with open_store(Workspace(guarded)) as database:
        assert table_digests(database) == digests
    assert "nothing differs" in verified(guarded)


def test_the_workspace_of_the_first_release_is_kept():
    assert [path.name for path in RELEASES][:1] == ["0.1.0.tar.xz"] and RELEASES[0].stat().st_size < 400_000


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_the_workspace_of_every_release_is_opened_and_gives_the_tables_that_it_had(release, tmp_path):
    root, digests = unpacked(release, tmp_path)
    workspace = Workspace(root)
    assert check_vault(workspace) > 50
    kinds = {entry.kind for entry in workspace.journal.entries()}
    assert kinds >= {"run", "review", "close", "object", "approve", "deliver", "budget", "plan", "confirm", "adjust", "recover", "abandon", "letters", "commendation"}
    status_table(root)
    with open_store(workspace) as database:
        opened = {name: list(digest) for name, digest in table_digests(database).items()}
    assert {name: digest for name, digest in opened.items() if name != "store.made_by"} == {
        name: digest for name, digest in digests.items() if name != "store.made_by"}
    rebuilt = rebuild_store(root)
    assert all(opened[name][1] in rebuilt for name in opened if opened[name][0])
    assert "nothing differs" in verified(root)


def test_a_workspace_of_the_first_format_tells_of_held_claims_what_one_of_the_present_format_tells(untouched, tmp_path):
    root, _ = unpacked(RELEASES[0], tmp_path)
    assert {entry.format for entry in Workspace(root).journal.entries()} == {1} and journal.FORMAT > 1
    assert held_in_may(root) == held_in_may(untouched)


def test_a_workspace_of_an_earlier_format_is_computed_again_and_its_claims_are_told_and_proved(tmp_path):
    root, _ = unpacked(RELEASES[0], tmp_path)
    assert_same_values(root, tmp_path, "2024-05")
    assert "v01-empty" in status_of_claim(root, "v01-empty")  # one of its runs was abandoned, and is of no policy
    export_claim(root, "v01-empty", tmp_path / "claim.zip")
    _, findings = check_export(tmp_path / "claim.zip", Progress())
    assert [finding for finding in findings if finding.is_different] == [] and any(finding.name.endswith("exception") for finding in findings)


@pytest.mark.long
def test_every_act_of_the_first_release_comes_out_with_the_same_values(tmp_path):
    root, _ = unpacked(RELEASES[0], tmp_path)
    listed = f"payments/{DEFAULT_POLICY}/waiting.csv"
    (root / listed).parent.mkdir(parents=True)
    (root / listed).write_text("x")
    june, _ = assert_same_values(root, tmp_path, "2024-06", "2024-07")
    [waiting] = [finding for finding in june.findings if finding.name == listed]
    assert waiting.result == NOT_COMPARED and "claims pay plan" in waiting.why, "a planning that paid nothing wrote it, too, and no line"
    assert f"{listed} first" in verified(root)


def assert_same_values(root: Path, place: Path, *months: str) -> list[Replayed]:
    """Of a workspace that is kept without documents: those are missing."""
    found = replayed_months(root, place, *months)
    for replayed in found:
        assert replayed.versions == ("0.1.0",)
        assert [finding for finding in replayed.findings if finding.is_different and not finding.name.startswith(SHOWN)] == []
    return found


def held_in_may(root: Path) -> list[HeldClaim]:
    workspace = Workspace(root)
    [may, *_] = workspace.journal.entries()
    with open_store(workspace) as database:
        held = held_claims(database, workspace, policy_of(workspace, may), may, CLAIMS)
    assert all(code.cells for claim in held for code in claim.codes) and len(held) == 3
    return held
