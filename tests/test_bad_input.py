"""Files that are damaged, or far more than any file should be: refused with a place, in bounded time and memory. `make fuzz` tries at random and for longer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from claims import intake, limits
from claims.errors import InputRefused
from claims.intake import reading
from claims.intake.office import read_office_file
from claims.limits import LONGEST_CELL, LONGEST_LINE, LONGEST_TOML_LINE, MOST_COLUMNS, read_limited
from claims.payments import BANK_TABLE
from claims.settings import load_settings
from claims.workbooks import Column, Sheet, cells_of, read_cells, workbook
from tests.commands import ROOT
from tests.intake_support import POLICY, claim, csv_text, desk, institution  # noqa: F401 (desk is a fixture)
from tests.mutations import _bomb, _packed, _parts

HEADER = "claim_id,uscc,clause,claim_year,submitted_on"
ROW = "C-1,91411701MA0000001P,1.2,2021,2021-12-01"


# ---------------------------------------------------------------- tables


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_cell_of_megabytes_is_refused_with_its_line(desk, quote):
    longest = csv_text("claims", claim("C-1", premises="x" * LONGEST_CELL)).replace("x" * LONGEST_CELL, f"{quote}{'x' * LONGEST_CELL}{quote}")
    for more in (1, 500_000):
        desk.put("claims.csv", longest.replace("xx", "x" * (more + 2), 1))
        [problem] = desk.refusal()
        assert problem.startswith("claims.csv:2: a cell of more than 32,767 characters")
    desk.put("claims.csv", longest)
    assert desk.take_in().fates["loaded"] == 1


@pytest.mark.parametrize("columns", [MOST_COLUMNS + 1, 100_000])
def test_a_table_of_a_hundred_thousand_columns_is_refused_in_one_sentence(desk, columns):
    extra = columns - HEADER.count(",") - 1
    desk.put("claims.csv", f"{HEADER}{''.join(f',c{number}' for number in range(extra))}\n{ROW}\n")
    assert desk.refusal() == (f"claims.csv:1: {columns:,} columns, more than {MOST_COLUMNS}; {limits.HOW_TO_MEND}",)


def test_a_row_of_a_hundred_thousand_cells_is_rejected_alone(desk):
    desk.put("claims.csv", csv_text("claims", claim("C-1")) + "C-2" + "," * 100_000 + "\n")
    desk.take_in()
    assert [fate[2] for fate in desk.fates()] == ["ignored", "loaded", "rejected"]


def test_a_line_without_end_is_refused_with_its_number(desk):
    desk.put("claims.csv", csv_text("claims", claim("C-1")) + "," * (LONGEST_LINE + 1) + "\n")
    assert desk.refusal()[0].startswith("claims.csv:3: a line of more than")


def test_too_many_lines_and_too_large_a_file_are_refused(desk, monkeypatch):
    text = csv_text("claims", *(claim(f"C-{number}") for number in range(20)))
    desk.put("claims.csv", text)
    monkeypatch.setattr(reading, "MOST_LINES", 10)
    assert desk.refusal()[0].startswith("claims.csv:10: more than 10 lines")
    monkeypatch.setattr(intake, "LARGEST_TABLE", 100)
    assert desk.refusal()[0].startswith("claims.csv:1: the file is larger than 100 bytes")


def test_a_million_blank_lines_take_little_memory_at_a_time(monkeypatch):
    monkeypatch.setattr(reading, "BLOCK_CELLS", 5_000)
    frames = [*reading.blocks(b"a,b,c\n" + b"\n" * 20_000, 4)]
    assert sum(map(len, frames)) == 20_001 and max(map(len, frames)) <= 2_000
    assert [frame["line"][0] for frame in frames[:2]] == [1, 1 + len(frames[0])]


@pytest.mark.parametrize("unseen", ["\u202e", "\u200b", "\u2066", "\x1b", "\x7f", "\x85", "\u2028", "\u00ad"])
def test_a_character_that_nobody_sees_makes_a_text_unreadable(desk, unseen):
    desk.put("claims.csv", csv_text("claims", claim("C-1", premises=f"乐山{unseen}路1号"), claim("C-2", premises="乐山路\t1号")))
    desk.put("institutions.csv", csv_text("institutions", institution(name=f"示例{unseen}机构"), institution(uscc="91411702MA00000029", name="㐂\ue000é")))
    [notice] = desk.take_in().notices
    assert (notice.file, notice.line, notice.raw) == ("institutions.csv", 2, f"示例<U+{ord(unseen):04X}>机构")
    premises = "乐山路1号" if unseen.isspace() else None  # white space does not count in a place
    assert desk.claims("claim_id, premises") == [("C-1", premises), ("C-2", "乐山路1号")]
    assert desk.rows("select name from typed_institutions order by 1 nulls first") == [(None,), ("㐂\ue000é",)]


def test_a_file_whose_name_commands_a_terminal_is_refused_and_shown_harmlessly(desk):
    desk.put("claims\x1b[2J.csv", csv_text("claims", claim("C-1")))
    desk.put("claims　（六月）.csv", csv_text("claims", claim("C-2")))
    [problem] = desk.refusal()
    assert problem.startswith("claims<U+001B>[2J.csv:1: the file's name")


# ---------------------------------------------------------------- files that are none


def test_a_device_and_a_pipe_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (Path(os.devnull), tmp_path / "pipe.csv", tmp_path):
        with pytest.raises(InputRefused, match="no ordinary file|cannot be read"):
            read_limited(path, 100)
    (tmp_path / "large").write_bytes(b"x" * 101)
    with pytest.raises(InputRefused, match="large: the file is larger than 100 bytes"):
        read_limited(tmp_path / "large", 100)


# ---------------------------------------------------------------- workbooks


def book(*rows: tuple[str, ...]) -> bytes:
    return workbook([Sheet("表", "表", [Column("付款编号", 10), Column("金额（元）", 10), Column("状态", 10)], rows)])


SHEET = "xl/worksheets/sheet1.xml"
BOMBS = {
    "a cell in the last place": {SHEET: lambda sheet: sheet.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')},
    "gigabytes of text": {"xl/sharedStrings.xml": lambda _: b"<sst><si><t>" + b"a" * (300 << 20) + b"</t></si></sst>"},
    "millions of cells": {SHEET: lambda sheet: sheet.replace(b"<sheetData>", b"<sheetData><row>" + b"<c><v>1</v></c>" * (8 << 20) + b"</row>")},
}


@pytest.mark.parametrize("parts", BOMBS.values(), ids=BOMBS)
def test_a_workbook_that_would_take_all_memory_is_refused_by_name(parts):
    packed = _parts(book(("P1", "1", "成功")))
    data = _packed(packed | {name: change(packed[name]) for name, change in parts.items()})
    assert len(data) < 1 << 20
    with pytest.raises(InputRefused, match="^银行回单.xlsx: "):
        cells_of(Path("银行回单.xlsx"), data)


def test_entities_of_xml_are_not_unfolded():
    class Last:  # the choice that the mutation makes
        choice = staticmethod(lambda choices: choices[7])

    try:
        cells = cells_of(Path("x.xlsx"), _bomb(book(("P1", "1", "成功")), Last))
    except InputRefused as refused:
        assert refused.problems[0].startswith("x.xlsx: ")
    else:
        assert max(len(cell) for row in cells["表"] for cell in row) < 100


def test_a_workbook_is_read_as_it_was_written_and_one_that_is_none_is_refused(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(book(("=1+1", "-2", "@x")))
    assert read_cells(tmp_path / "a.xlsx")["表"][2] == ["=1+1", "-2", "@x"]
    for data in (b"", b"PK", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), b"x" * 1000):
        (tmp_path / "b.xlsx").write_bytes(data)
        with pytest.raises(InputRefused, match="b.xlsx: it cannot be read as a workbook"):
            read_cells(tmp_path / "b.xlsx")


@pytest.mark.parametrize("row, said", [
    (b'<row r="9"><c r="ZZ9"><v>1</v></c></row>', "more than 256 columns"),
    (b'<row r="9"><c r="A9" t="inlineStr"><is><t>' + b"a" * (LONGEST_CELL + 1) + b"</t></is></c></row>", "a cell of more than 32,767 characters"),
    (b'<row r="9"><c r="A9" t="inlineStr"><is><t>' + b"a" * LONGEST_CELL + b"</t></is></c></row>", None),
], ids=["too wide", "too long a cell", "the longest cell"])
def test_a_sheet_too_wide_or_with_too_long_a_cell_is_refused_with_its_row(row, said):
    parts = _parts(book(("P1", "1", "成功")))
    data = _packed(parts | {SHEET: parts[SHEET].replace(b"</sheetData>", row + b"</sheetData>")})
    if said is None:
        assert cells_of(Path("a.xlsx"), data)["表"][8][0] == "a" * LONGEST_CELL
    else:
        with pytest.raises(InputRefused, match=f"a.xlsx: sheet 表, row 9: {said}"):
            cells_of(Path("a.xlsx"), data)


def test_no_module_of_the_folder_where_a_command_is_given_is_run(tmp_path, monkeypatch):
    (tmp_path / "python_calamine.py").write_text("raise SystemExit('taken')")
    (tmp_path / "a.xlsx").write_bytes(book(("P1", "1", "成功")))
    monkeypatch.chdir(tmp_path)
    assert read_cells(Path("a.xlsx"))["表"][2] == ["P1", "1", "成功"]


def test_an_unreadable_cell_of_an_office_file_does_not_show_an_account(desk, tmp_path):
    from claims.intake.office import unfit_cells
    from claims.budgets import BUDGET_TABLE

    (tmp_path / "budget.csv").write_text("财政,年度,金额（元）\n市级财政,2024,6222021234567890123\n", encoding="utf-8")
    [problem] = unfit_cells(desk.database, read_office_file(POLICY, BUDGET_TABLE, tmp_path / "budget.csv", tmp_path / "scratch"))
    assert problem.startswith("budget.csv:2: “***************0123” under “金额（元）” cannot be read")
    assert BANK_TABLE.fields["payee_account"].optional


# ---------------------------------------------------------------- TOML


@pytest.mark.parametrize("text, said", [
    ("x = " + "[" * 5000, "within each other"), ("x = " + "[" * 50 + "]" * 50, "within each other"), ("x = " + "{a=" * 2000 + "1" + "}" * 2000, "within each other"),
    ("[" + ".".join(["a"] * 20_000) + "]", f"line 1 is longer than {LONGEST_TOML_LINE:,} characters"), ("[nightly]\nx = " + "9" * 5000, "digits"),
    ("[notice]\nworking_days = 1e999999999", "digits"), ("[notice]\nworking_days = nan", "digits"), ("[notice]\nworking_days = " + "9" * 41, "digits"),
    ('[recovery]\npay_to = "\\u202e"', "“<U+202E>” holds characters that nobody sees"), ("x = 0000-00-00", "line 1"), ("\xff", ""), ("x = 1\0", ""),
    ("# " + "x" * (5 << 20), "larger than"), ("[notice]\nworking_days = 100000000000", "working_days"), ("[review]\nanswer_days = -1", "answer_days"),
    ("[remedies]\naction_months = 1000000", "action_months"), ("[recovery]\ndays = 9999999", "days"), ("[notice]\nworking_days = 5.5", "working_days"),
])
def test_settings_that_no_settings_are_are_refused_by_their_place(tmp_path, text, said):
    (tmp_path / "claims.toml").write_text(text, encoding="latin-1" if text == "\xff" else "utf-8")
    with pytest.raises(InputRefused) as refused:
        load_settings(tmp_path / "claims.toml")
    assert str(refused.value).startswith(f"{tmp_path}/claims.toml: ") and said in str(refused.value) and len(str(refused.value)) < 500


# ---------------------------------------------------------------- at random


@pytest.mark.long
def test_a_sample_of_the_fuzzer_finds_nothing(tmp_path):
    command = [sys.executable, "-m", "tests.fuzz", "--seed", "1", "--rounds", "1", "--readers", "--keep", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "125 inputs, 0 failures" in done.stdout
