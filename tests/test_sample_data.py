"""The sample month and the generator of believable claims, judged by the oracle and not by the engine."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from benchmarks import generate
from benchmarks.sample_month import FUNDS, FUNDS_TITLE, SAMPLE_DATA, write_month
from tests.oracle import CLAUSES, Night, Oracle, check_character_holds, decode, read_table, records, select_files

AS_OF = date(2024, 6, 30)
OUTCOMES = {"approved", "reduced", "rejected", "exception"}
NOT_IN_ONE_NIGHT = {"V12"}
EXPECTED_CODES = (
    {f"V{number:02d}" for number in range(1, 17)} | {f"E{number:02d}" for number in range(1, 14)} | {"R01", "R02", "R03"}
) - {"E08"} - NOT_IN_ONE_NIGHT


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.csv")}


def decisions(night: Night) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(night.decisions)))


def codes(rows: list[dict[str, str]]) -> set[str]:
    return {code for row in rows for code in row["reason_codes"].split(";") if code}


def rows_of(folder: Path, table: str) -> list[dict[str, str]]:
    found = []
    for name, its_table in select_files(folder):
        if its_table == table:
            _, rows = read_table(name, table, records(name, decode(name, (folder / name).read_bytes())))
            found += [{field: cell.raw for field, cell in row.cells.items()} for row in rows]
    return found


@pytest.fixture(scope="module")
def sample_night() -> Night:
    return Oracle().run(SAMPLE_DATA, AS_OF)


@pytest.fixture(scope="module")
def sample_decisions(sample_night) -> list[dict[str, str]]:
    return decisions(sample_night)


def test_the_sample_month_is_what_its_script_writes_to_the_byte(tmp_path):
    write_month(tmp_path)
    assert files(tmp_path) == files(SAMPLE_DATA)


def test_about_240_of_300_sample_claims_are_decided_and_60_held(sample_decisions):
    held = sum(row["outcome"] == "exception" for row in sample_decisions)
    assert len(sample_decisions) == 300
    assert 50 <= held <= 70
    assert {row["outcome"] for row in sample_decisions} == OUTCOMES


def test_every_clause_is_approved_rejected_and_held_in_the_sample_month(sample_decisions):
    seen = Counter((row["clause"], row["outcome"]) for row in sample_decisions)
    assert [(clause, outcome) for clause in CLAUSES for outcome in OUTCOMES - {"reduced"} if not seen[clause, outcome]] == []


def test_the_sample_month_shows_every_code_that_one_night_can_show(sample_decisions):
    assert codes(sample_decisions) == EXPECTED_CODES


def test_a_line_that_stands_twice_and_one_without_number_have_their_fates(sample_night):
    fates = Counter(fate for _, _, fate, _ in sample_night.fates)
    assert fates["duplicate"] == 1
    assert fates["rejected"] == 1


def test_one_sample_file_is_gb18030_in_wan_with_title_blank_row_and_total():
    data = (SAMPLE_DATA / FUNDS).read_bytes()
    with pytest.raises(UnicodeDecodeError):
        data.decode("utf-8")
    title, blank, header, *_, total = data.decode("gb18030").splitlines()
    assert title.startswith(FUNDS_TITLE)
    assert blank.strip(",") == ""
    assert "基金规模（万元）" in header
    assert total.startswith("合计,")


def test_everything_with_a_name_in_the_sample_month_is_marked_as_a_sample():
    institutions = rows_of(SAMPLE_DATA, "institutions")
    assert 110 <= len(institutions) <= 130
    for row in institutions:
        assert "示例" in row["name"]
        assert "示例" in row["bank_name"] or row["bank_name"] == row["bank_account"] == ""
        assert row["bank_account"].startswith("00000000") or row["bank_account"] == ""
        assert row["uscc"].startswith("91411799") and check_character_holds(row["uscc"])
    assert any(row["bank_account"] == "" for row in institutions)
    assert all("示例" in row["premises"] for row in rows_of(SAMPLE_DATA, "claims") if row["premises"])


def generated(folder: Path, seed: int) -> Path:
    generate.generate(folder, institution_count=70, claim_count=250, seed=seed, damage=0.02)
    return folder


def test_the_same_seed_generates_the_same_bytes_and_another_seed_others(tmp_path):
    first = files(generated(tmp_path / "first", 7))
    assert files(generated(tmp_path / "again", 7)) == first
    assert files(generated(tmp_path / "other", 8)) != first


def test_250_generated_claims_have_every_clause_and_outcome_and_about_a_tenth_exceptions(tmp_path):
    rows = decisions(Oracle().run(generated(tmp_path, 1), AS_OF))
    assert {row["clause"] for row in rows} >= set(CLAUSES)
    assert {row["outcome"] for row in rows} == OUTCOMES
    assert 0.05 < sum(row["outcome"] == "exception" for row in rows) / len(rows) < 0.15


def test_no_damage_leaves_no_cell_that_cannot_be_read(tmp_path):
    generate.generate(tmp_path, institution_count=40, claim_count=100, seed=3, damage=0.0)
    assert "V02" not in codes(decisions(Oracle().run(tmp_path, AS_OF)))


def test_claims_are_numbered_through_all_files(tmp_path, monkeypatch):
    monkeypatch.setattr(generate, "LINES_PER_FILE", 40)
    generate.generate(tmp_path, institution_count=20, claim_count=100, seed=1, damage=0.02)
    assert sorted(path.name for path in tmp_path.glob("claims*")) == ["claims-1.csv", "claims-2.csv", "claims-3.csv"]
    assert len(rows_of(tmp_path, "claims")) == 100
