"""The shipped month and the generators of believable claims, judged by the oracle and not by the engine; then the months in the engine."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from claims.policy.model import DEFAULT_POLICY, SHIPPED, load_policy
from sample_data import SHIPPED_MONTH, SHIPPED_MONTH_END, SHIPPED_SCORES, SHIPPED_SEED, many
from sample_data.many import write_claims
from sample_data.months import BANKS, COPY, FUNDS, INSURERS, MENDED, write_months
from sample_data.scores import write_scores
from tests.commands import give_here
from tests.oracle import CLAUSES, Night, Oracle, check_character_holds, decode, read_table, records, select_files
from tests.settle import OF_PEOPLE, settle

OUTCOMES = {"approved", "reduced", "rejected", "exception"}
SHIPPED_CODES = load_policy(SHIPPED / DEFAULT_POLICY).codes.values()
# no clause is suspended as shipped, and what people decide comes by review
ALL_CODES = {code.id for code in SHIPPED_CODES if code.detect not in ("not_in_force", "unknown_value", *OF_PEOPLE)}
NOT_IN_ONE_MONTH = {"V12"}


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows_in(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def decisions(night: Night) -> list[dict[str, str]]:
    return rows_in(night.decisions)


def codes(rows: list[dict[str, str]]) -> set[str]:
    return {code for row in rows for code in row["reason_codes"].split(";") if code}


def rows_of(folder: Path, table: str) -> list[dict[str, str]]:
    found = []
    for name, its_table in select_files(folder):
        if its_table == table:
            _, rows = read_table(name, table, records(name, decode(name, (folder / name).read_bytes())))
            found += [{field: cell.raw for field, cell in row.cells.items()} for row in rows if row.cells]
    return found


# ---------------------------------------------------------------- the shipped month


@pytest.fixture(scope="module")
def shipped_night() -> Night:
    return Oracle().run(SHIPPED_MONTH, SHIPPED_MONTH_END)


@pytest.fixture(scope="module")
def shipped_decisions(shipped_night) -> list[dict[str, str]]:
    return decisions(shipped_night)


def test_the_shipped_month_is_what_the_generator_writes_to_the_byte(tmp_path):
    write_months(tmp_path, 1, SHIPPED_SEED, SHIPPED_MONTH_END.replace(day=1))
    assert files(tmp_path) == {f"{SHIPPED_MONTH.name}/{name}": data for name, data in files(SHIPPED_MONTH).items()}


def test_the_shipped_scores_are_what_the_generator_writes_to_the_byte(tmp_path):
    write_scores(tmp_path)
    assert files(tmp_path) == files(SHIPPED_SCORES) and len(files(tmp_path)) == 1


def test_about_240_of_300_shipped_claims_are_decided_and_60_held(shipped_decisions):
    held = sum(row["outcome"] == "exception" for row in shipped_decisions)
    assert 295 <= len(shipped_decisions) <= 310
    assert 50 <= held <= 70
    assert {row["outcome"] for row in shipped_decisions} == OUTCOMES


def test_every_clause_is_approved_rejected_and_held_in_the_shipped_month(shipped_decisions):
    seen = Counter((row["clause"], row["outcome"]) for row in shipped_decisions)
    assert [(clause, outcome) for clause in CLAUSES for outcome in OUTCOMES - {"reduced"} if not seen[clause, outcome]] == []


def test_the_shipped_month_shows_every_code_that_one_month_can_show(shipped_decisions):
    assert codes(shipped_decisions) == ALL_CODES - NOT_IN_ONE_MONTH


def test_a_line_that_stands_twice_and_two_without_use_have_their_fates(shipped_night):
    fates = Counter(fate for _, _, fate, _ in shipped_night.fates)
    assert fates["duplicate"] == 1
    assert fates["rejected"] == 2


def test_one_shipped_file_is_gb18030_in_wan_with_title_blank_row_and_total():
    data = (SHIPPED_MONTH / FUNDS).read_bytes()
    with pytest.raises(UnicodeDecodeError):
        data.decode("utf-8")
    title, blank, header, *_, total = data.decode("gb18030").splitlines()
    assert title.startswith("驻马店市金融机构奖补资金申报汇总表（2024年6月，示例）,")
    assert blank.strip(",") == ""
    assert "基金规模（万元）" in header
    assert total.startswith("合计,")


def marked_as_samples(folder: Path) -> int:
    """Looks at everything with a name, and gives the number of institutions."""
    institutions = rows_of(folder, "institutions")
    for row in institutions:
        assert "示例" in row["name"]
        assert "示例" in row["bank_name"] or row["bank_name"] == row["bank_account"] == ""
        assert row["bank_account"].startswith("00000000") or row["bank_account"] == ""
        assert row["uscc"].startswith("91411799") and check_character_holds(row["uscc"])
    assert all("示例" in row["premises"] for row in rows_of(folder, "claims") if row["premises"])
    return len(institutions)


def test_everything_with_a_name_in_the_shipped_month_is_marked_as_a_sample():
    assert 110 <= marked_as_samples(SHIPPED_MONTH) <= 130
    assert any(row["bank_account"] == "" for row in rows_of(SHIPPED_MONTH, "institutions"))


# ---------------------------------------------------------------- months of one city


SIX = pytest.param(6, marks=pytest.mark.long)


@pytest.fixture(scope="module", params=[1, SIX])
def months(request, tmp_path_factory) -> dict[Path, date]:
    """Some months, and their last days."""
    return write_months(tmp_path_factory.mktemp("months"), request.param, seed=1)


@pytest.fixture(scope="module")
def settled(months, tmp_path_factory) -> list[Path]:
    """What the engine left of each of the months, settled one after the other."""
    workspace = tmp_path_factory.mktemp("settled") / "workspace"
    return [settle(workspace, folder, folder.name, last_day).folder for folder, last_day in months.items()]


@pytest.fixture(scope="module")
def outputs(settled) -> list[dict[str, list[dict[str, str]]]]:
    """Their decisions and line fates."""
    return [{name: rows_in((folder / f"{name}.csv").read_text("utf-8")) for name in ("decisions", "line_fates")} for folder in settled]


def test_engine_and_oracle_agree_on_every_month_to_the_byte(months, settled):
    oracle = Oracle()
    for (folder, last_day), out in zip(months.items(), settled, strict=True):
        assert (out / "decisions.csv").read_text("utf-8") == oracle.run(folder, last_day).decisions


@pytest.mark.parametrize("months", [SIX], indirect=True)
def test_six_months_show_every_code_of_the_policy(outputs):
    assert codes([row for output in outputs for row in output["decisions"]]) == ALL_CODES


def test_every_line_of_every_month_has_one_fate(months, outputs):
    for folder, output in zip(months, outputs, strict=True):
        fates = output["line_fates"]
        names = {name for name, _ in select_files(folder)}
        lines = {(name, line) for name in names for line, _ in records(name, decode(name, (folder / name).read_bytes()))}
        assert len(fates) == len(lines)
        assert {(row["file"], int(row["line"])) for row in fates} == lines
        assert {row["fate"] for row in fates} == {"loaded", "duplicate", "rejected", "ignored"}


@pytest.mark.parametrize("months", [SIX], indirect=True)
def test_claims_that_a_month_holds_are_decided_in_later_ones_by_mended_cells_late_tax_and_late_listing(months, outputs):
    held: dict[str, str] = {}
    cleared: dict[str, set[str]] = {}
    for folder, output in zip(months, outputs, strict=True):
        sent = {row["claim_id"] for row in rows_of(folder, "claims")}
        outcomes = {row["claim_id"]: row for row in output["decisions"]}
        for claim_id in [claim_id for claim_id in outcomes if claim_id in held and outcomes[claim_id]["outcome"] != "exception"]:
            way = "sent again" if claim_id in sent else "tried again"
            cleared.setdefault(way, set()).update(held[claim_id].split(";"))
        held |= {claim_id: row["reason_codes"] for claim_id, row in outcomes.items() if row["outcome"] == "exception"}
    assert cleared["sent again"] >= {"V01", "V02", "V03", "V04", "V08", "V09", "V11", "V13", "V15"}
    assert cleared["tried again"] >= {"V03", "V06", "V14", "V16"}


def awarded(outputs: list, clauses: set[str]) -> dict[str, list[tuple[int, dict[str, str]]]]:
    """Per claimant the claims of some clauses that got money, with the number of their month."""
    found: dict[str, list[tuple[int, dict[str, str]]]] = {}
    for number, output in enumerate(outputs):
        for row in output["decisions"]:
            if row["clause"] in clauses and row["outcome"] in ("approved", "reduced"):
                found.setdefault(row["uscc"], []).append((number, row))
    return found


@pytest.mark.parametrize("months", [SIX], indirect=True)
def test_funds_are_awarded_again_in_later_months_as_they_invest_and_grow(months, outputs):
    sizes: dict[str, set[str]] = {}
    for folder in months:
        for row in rows_of(folder, "claims"):
            sizes.setdefault(row["uscc"], set()).add(row["fund_size_yuan"])
    again = {uscc for uscc, claims in awarded(outputs, {"1.4", "1.5"}).items() if len({number for number, _ in claims}) > 1}
    assert len(again) >= 10
    assert any(len(sizes[uscc]) > 1 for uscc in again)


@pytest.mark.parametrize("months", [SIX], indirect=True)
def test_leases_are_claimed_year_by_year_and_reach_their_ceilings_through_awards_of_earlier_months(months, outputs):
    paid_before = {row["uscc"] for folder in months for row in rows_of(folder, "prior_awards")}
    leases = awarded(outputs, {"2.1", "2.2", "2.3", "2.4"})
    years = {uscc: {row["claim_year"] for _, row in claims} for uscc, claims in leases.items()}
    at_ceiling = [
        uscc for uscc, claims in leases.items() if uscc not in paid_before
        for number, row in claims if "R01" in row["reason_codes"] and any(earlier < number for earlier, _ in claims)
    ]
    assert sum(len(found) >= 2 for found in years.values()) >= 20
    assert any(len(found) >= 3 for found in years.values())
    assert at_ceiling


@pytest.mark.parametrize("months", [3], indirect=True)
def test_the_months_come_in_every_encoding_language_and_line_end(months):
    first, second, third = [*months][:3]
    assert (first / BANKS).read_bytes().startswith(b"claim_id,uscc")
    assert (first / INSURERS).read_bytes().count(b"\r") == 0
    assert (first / FUNDS).read_bytes().decode("gb18030").count("\r\n") > 10
    assert (first / "institutions_补报.csv").read_bytes().startswith(codecs.BOM_UTF8 + "统一社会信用代码".encode())
    assert (second / MENDED).read_bytes().startswith(codecs.BOM_UTF16_LE + "申报编号".encode("utf-16-le"))
    assert (third / COPY).read_bytes() == (second / BANKS).read_bytes()


def test_the_same_seed_writes_the_same_months_and_another_seed_others(months, tmp_path):
    first = files([*months][0].parent)
    assert len({name.partition("/")[0] for name in first}) == len(months)
    write_months(tmp_path / "again", len(months), seed=1)
    write_months(tmp_path / "other", len(months), seed=2)
    assert files(tmp_path / "again") == first
    assert files(tmp_path / "other") != first


def test_later_months_go_on_for_years_and_stay_marked_as_samples(tmp_path):
    written = write_months(tmp_path, 36, seed=3)
    assert [*written.values()][-1] == date(2026, 12, 31)
    assert sum(marked_as_samples(folder) for folder in written) > 200


def test_the_command_writes_months_and_leaves_a_folder_that_holds_something_alone(tmp_path):
    done = give_here("sample", "--months", 2, "--seed", 5, "city", cwd=tmp_path)
    assert done.stdout.splitlines()[1:] == ["claims run city/2024-01 --as-of 2024-01-31", "claims run city/2024-02 --as-of 2024-02-29"]
    written = files(tmp_path)
    refused = give_here("sample", "city", cwd=tmp_path)
    assert (refused.returncode, files(tmp_path)) == (2, written)
    assert "city is not empty" in refused.stderr


# ---------------------------------------------------------------- claims in any number

AS_OF = many.AS_OF


def written(folder: Path, seed: int) -> Path:
    folder.mkdir(exist_ok=True)
    write_claims(folder, institutions=70, claims=250, seed=seed)
    return folder


def test_the_same_seed_gives_the_same_claims_and_another_seed_others(tmp_path):
    first = files(written(tmp_path / "first", 7))
    assert files(written(tmp_path / "again", 7)) == first
    assert files(written(tmp_path / "other", 8)) != first


def test_250_claims_have_every_clause_and_outcome_and_about_a_tenth_exceptions(tmp_path):
    rows = decisions(Oracle().run(written(tmp_path, 1), AS_OF))
    assert {row["clause"] for row in rows} >= set(CLAUSES)
    assert {row["outcome"] for row in rows} == OUTCOMES
    assert 0.05 < sum(row["outcome"] == "exception" for row in rows) / len(rows) < 0.15


def test_no_damage_leaves_no_cell_that_cannot_be_read(tmp_path):
    write_claims(tmp_path, institutions=40, claims=100, seed=3, damage=0.0)
    assert "V02" not in codes(decisions(Oracle().run(tmp_path, AS_OF)))


@pytest.mark.long
def test_sound_claims_are_all_decided_however_often_an_institution_claims(tmp_path):
    write_claims(tmp_path, institutions=60, claims=900, damage=0.0, sound=True)
    rows = decisions(Oracle().run(tmp_path, AS_OF))
    assert len(rows) == 900 and "exception" not in {row["outcome"] for row in rows}
    assert {row["clause"] for row in rows} >= set(CLAUSES)


def test_claims_are_numbered_through_all_files(tmp_path, monkeypatch):
    monkeypatch.setattr(many, "LINES_PER_FILE", 40)
    write_claims(tmp_path, institutions=20, claims=100)
    assert sorted(path.name for path in tmp_path.glob("claims*")) == ["claims-1.csv", "claims-2.csv", "claims-3.csv"]
    rows = rows_of(tmp_path, "claims")
    assert len(rows) == 100
    assert len({row["claim_id"] for row in rows}) > 95
