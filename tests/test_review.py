"""Review of exceptions: out as a workbook, back with rulings, into the next run, its letters, and every way of looking back."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import re
import shutil
import zipfile
from pathlib import Path

import pypdf
import pytest

from claims.errors import InputRefused, UsageError
from claims.policy.check import check_policy
from claims.review.filled import read_filled
from claims.workbooks import read_cells
from claims.workspace import Workspace
from pipelines.explain import explain_claim
from pipelines.nightly import run_nightly
from pipelines.progress import Progress
from pipelines.queries import opened, rebuild_store, status_of_claim
from pipelines.review import Asked, export_exceptions, import_rulings
from pipelines.run import Finished
from pipelines.whatif import Asked as Change
from pipelines.whatif import try_change
from tests.commands import few_claims, give_here, given
from tests.filling import edited, filled, place_of, rows_of, with_cells
from tests.policy_kit import OTHER_CODE, settled, write_policy
from tests.settle import AS_OF, CASES, settle, without_great_expectations, without_other_readings

DAY = AS_OF + dt.timedelta(1)
LAST_DAY = dt.date(2024, 7, 16)
"""Fifteen days after DAY."""
LATE_TAX = "uscc,year,vat_retained_yuan,cit_retained_yuan,total_tax_paid_yuan\n91411705MA00000351,2022,10000,10000,30000\n"
"""What one returned claim had lacked."""
RULINGS = {
    ("v08", "V08"): ("放行", "验资报告已核对"), ("v07-b", "V07"): ("放行", "  不是同一间房屋 "), ("v11", "V11"): ("不予支持", "租期跨年度，未拆分"),
    ("v01-empty", "V01"): ("不予支持", "长期未补"), ("v04-check", "V03"): ("退回补正", "先登记机构"), ("v02-sci", "V02"): ("退回补正", "金额写成数字"),
    ("v06-no-tax", "V06"): ("退回补正", "请税务部门核定"),
}


@pytest.fixture(scope="module")
def held(known_edges, tmp_path_factory):
    """A workspace with every kind of exception, and its workbook."""
    folder = tmp_path_factory.mktemp("held")
    shutil.copytree(known_edges, folder / "workspace")
    Workspace(folder / "workspace").settings.write_text("[nightly]\nletters = false\n", encoding="utf-8")
    export_exceptions(Asked(folder / "workspace", day=DAY), None, folder / "exceptions.xlsx")
    return folder


@pytest.fixture(scope="module")
def reviewed(held, tmp_path_factory):
    """The same with rulings taken in, after the next run, which drew its letters, and after the one that closes what was not answered."""
    folder = tmp_path_factory.mktemp("reviewed")
    shutil.copytree(held, folder, dirs_exist_ok=True)
    take_in(folder, RULINGS)
    root = folder / "workspace"
    Workspace(root).settings.write_text("[nightly]\nletters = true\n", encoding="utf-8")
    night(root, DAY + dt.timedelta(1))
    assert night(root, LAST_DAY) == []
    (root / "inbox" / "retained_tax-late.csv").write_text(LATE_TAX, encoding="utf-8")
    night(root, LAST_DAY + dt.timedelta(1))
    return folder


@pytest.fixture
def office(held, tmp_path):
    """A copy to act in."""
    return shutil.copytree(held, tmp_path / "office")


def take_in(folder: Path, rulings: dict, name: str = "filled.xlsx", actor: str = "张敏", day: dt.date = DAY) -> str:
    return take_in_file(folder, filled(folder / "exceptions.xlsx", folder / name, rulings), actor, day)


def take_in_file(folder: Path, path: Path, actor: str = "张敏", day: dt.date = DAY) -> str:
    return import_rulings(Asked(folder / "workspace", actor, day), path, Progress())


def refusal(folder: Path, path: Path) -> str:
    """Why a file is refused; nothing of it may have been taken in."""
    before = Workspace(folder / "workspace").journal.head()
    with pytest.raises(InputRefused) as refused:
        take_in_file(folder, path)
    assert Workspace(folder / "workspace").journal.head() == before
    return "\n".join(refused.value.problems)


def night(root: Path, day: dt.date) -> list[Finished]:
    Workspace(root).inbox.mkdir(exist_ok=True)
    with without_great_expectations():
        return [run for run in run_nightly(Workspace(root), day, "夜间", {}) if isinstance(run, Finished)]


def decisions(root: Path, label: str) -> dict[str, dict[str, str]]:
    with (root / "out" / label / "decisions.csv").open(encoding="utf-8") as file:
        return {row["claim_id"]: row for row in csv.DictReader(file)}


def letter(path: Path) -> str:
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pypdf.PdfReader(path).pages))


def cell(folder: Path, key: tuple[str, str], heading: str) -> str:
    return rows_of(folder / "exceptions.xlsx")[key][1][heading]


# ---------------------------------------------------------------- the workbook


def test_the_workbook_tells_of_every_code_what_was_found_what_the_article_says_and_what_the_award_would_be(held):
    with (held / "workspace" / "out" / "night" / "exceptions.csv").open(encoding="utf-8") as file:
        recorded = {(row["claim_id"], row["code"]): row for row in csv.DictReader(file)}
    rows = rows_of(held / "exceptions.xlsx")
    assert rows.keys() == recorded.keys() and len(rows) > 10
    for key, (_, row) in rows.items():
        assert row["发现的问题"] + row["条文规定和要求"] == recorded[key]["message_zh"]
        assert row["文件和行号"] == f"{recorded[key]['file']} 第{recorded[key]['line']}行"
        assert row["挂起日期"] == AS_OF.isoformat() and row["处理"] == row["理由"] == ""
    assert cell(held, ("v08", "V08"), "放行后的核定金额（元）") == "1000000"
    assert cell(held, ("2.2-buy-too", "V10"), "放行后的结论").startswith("不予支持：R01")
    assert cell(held, ("v01-empty", "V01"), "放行后的核定金额（元）") == ""
    assert cell(held, ("v01-empty", "V01"), "放行后的结论") == "金额无法计算：V01必填项为空"


@pytest.mark.long
def test_the_oldest_and_of_these_the_largest_award_come_first(office):
    night_folder = office / "more"
    shutil.copytree(CASES / "boundaries" / "in", night_folder)
    header, *lines = (night_folder / "claims.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    large = next(line for line in lines if line.startswith("v08,")).replace("v08,", "v08-later,").replace("2022-06-01", "2024-07-20")
    (night_folder / "claims.csv").write_text(header + large, encoding="utf-8")
    settle(office / "workspace", night_folder, "later", DAY)
    export_exceptions(Asked(office / "workspace", day=DAY), None, office / "two.xlsx")
    rows = [row for _, row in rows_of(office / "two.xlsx").values()]
    assert [row["挂起日期"] for row in rows] == sorted(row["挂起日期"] for row in rows)
    assert rows[-1]["申报编号"] == "v08-later" and rows[-1]["挂起日期"] == DAY.isoformat()
    awards = [float(row["放行后的核定金额（元）"] or -1) for row in rows if row["挂起日期"] == AS_OF.isoformat()]
    assert awards == sorted(awards, reverse=True) and awards[0] > awards[-1]
    export_exceptions(Asked(office / "workspace", day=DAY), "night", office / "of-a-run.xlsx")
    assert rows_of(office / "of-a-run.xlsx").keys() == {key for key in rows_of(office / "two.xlsx") if key[0] != "v08-later"}


def test_only_two_columns_are_open_the_drop_down_lists_what_is_possible_and_there_is_no_macro(held):
    with zipfile.ZipFile(held / "exceptions.xlsx") as book:
        names, sheet = book.namelist(), book.read("xl/worksheets/sheet1.xml").decode()
        styles = book.read("xl/styles.xml").decode()
    assert not [name for name in names if "vba" in name.lower()] and "<sheetProtection " in sheet and "conditionalFormatting" not in sheet
    assert set(re.findall(r'<dataValidation type="(\w+)"', sheet)) == {"list"}
    assert set(re.findall(r"<formula1>\"(.*?)\"</formula1>", sheet)) == {"放行,退回补正,不予支持", "退回补正,不予支持"}
    formats = re.findall(r"<xf [^>]*?(?:/>|>.*?</xf>)", styles.split("<cellXfs")[1].split("</cellXfs>")[0], re.DOTALL)
    unlocked = {number for number, text in enumerate(formats) if 'locked="0"' in text}
    open_cells = {re.match(r"[A-Z]+", place).group() for place, style in re.findall(r'<c r="(\w+)" s="(\d+)"', sheet) if int(style) in unlocked}
    assert open_cells == {"K", "L"}


def test_the_summary_counts_by_code_clause_and_county_and_a_sheet_explains_each_code(held):
    sheets = read_cells(held / "exceptions.xlsx")
    counts = {(row[0], row[1]): row[2:4] for row in sheets["汇总"]}
    assert counts["代码", "V03 申报单位未登记"] == ["2", "2"] and counts["代码", "合计"] == counts["受益县区", "合计"] == ["16", "15"]
    assert counts["受益县区", "未登记"] == ["3", "2"] and counts["条款", "3 运营补助"] == ["1", "1"]
    waivable = {row[0]: row[4] for row in sheets["代码说明"] if re.fullmatch(r"V\d\d", row[0])}
    assert len(waivable) >= 16 and (waivable["V01"], waivable["V05"]) == ("不可以", "可以")


def test_the_same_record_gives_the_same_workbook_and_what_is_filled_in_is_not_written_over(office):
    before = (office / "exceptions.xlsx").read_bytes()
    export_exceptions(Asked(office / "workspace", day=DAY), None, office / "exceptions.xlsx")
    assert (office / "exceptions.xlsx").read_bytes() == before
    path = filled(office / "exceptions.xlsx", office / "filled.xlsx", {("v08", "V08"): ("放行", "")})
    with pytest.raises(UsageError, match="1 rows of it are filled in"):
        export_exceptions(Asked(office / "workspace", day=DAY), None, path)
    with pytest.raises(UsageError, match="no finished run nowhere"):
        export_exceptions(Asked(office / "workspace", day=DAY), "nowhere", office / "other.xlsx")


# ---------------------------------------------------------------- taken back


@pytest.mark.long
def test_partial_files_are_taken_in_one_after_the_other_and_the_same_one_twice_changes_nothing(office):
    first = {("v08", "V08"): ("放行", "已核对")}
    assert "1 rows taken in = 1 放行 + 0 退回补正 + 0 不予支持" in take_in(office, first)
    head = Workspace(office / "workspace").journal.head()
    assert "taken in before; nothing changed" in take_in_file(office, office / "filled.xlsx")
    assert "no row is filled in" in take_in(office, {}, "empty.xlsx")
    assert Workspace(office / "workspace").journal.head() == head
    both = first | {("v11", "V11"): ("不予支持", "跨年度")}
    assert "1 rows taken in = 0 放行 + 0 退回补正 + 1 不予支持; 1 more were taken in before" in take_in(office, both, "more.xlsx", actor="李伟")
    night(office / "workspace", DAY)
    assert "taken in before" in take_in_file(office, office / "more.xlsx")
    more = both | {("v07-b", "V07"): ("放行", "不同房屋")}
    assert "1 rows taken in" in take_in(office, more, "third.xlsx"), "rows that were taken in and decided since do not hinder the others"


def test_a_workbook_saved_again_while_it_is_taken_in_is_kept_as_it_was_ruled_from(office, monkeypatch):
    path = filled(office / "exceptions.xlsx", office / "filled.xlsx", {("v08", "V08"): ("放行", "已核对")})
    other = filled(office / "exceptions.xlsx", office / "other.xlsx", {("v08", "V08"): ("不予支持", "不实")})
    ruled_from = path.read_bytes()
    monkeypatch.setattr("pipelines.review.read_filled", lambda copy: (read_filled(copy), shutil.copyfile(other, path))[0])
    assert "1 放行" in take_in_file(office, path)
    workspace = Workspace(office / "workspace")
    [kept] = workspace.journal.entries()[-1].body["inputs"]
    assert kept["file"] == "filled.xlsx" and workspace.vault.read(kept["sha256"]) == ruled_from != path.read_bytes()


def test_every_row_that_cannot_be_taken_in_is_named_and_none_is_taken_in(office):
    path = filled(office / "exceptions.xlsx", office / "filled.xlsx", {
        ("v08", "V08"): ("放行", " 　"), ("v07-b", "V07"): ("", "理由在此"), ("v11", "V11"): ("同意", "可以"), ("v01-empty", "V01"): ("放行", "通融"),
        ("v09-future", "V09"): ("放行", "没有问题"), ("v04-check", "V03"): ("退回补正", "补"), ("v04-check", "V04"): ("不予支持", "不符"),
    })
    problems = refusal(office, path).splitlines()
    rows = rows_of(path)
    assert {line.split(": ", 1)[0].split("row ")[1].split(" ")[0] for line in problems} == {
        str(rows[key][0]) for key in (("v08", "V08"), ("v07-b", "V07"), ("v11", "V11"), ("v01-empty", "V01"), ("v04-check", "V03"))
    }
    told = "\n".join(problems)
    assert told.count("half filled") == 2 and "“同意”; it is one of 放行、退回补正、不予支持" in told
    assert "放行 is not possible with V01" in told and "choose 退回补正、不予支持" in told and "choose one of both" in told


def test_a_row_that_was_changed_added_or_removed_is_named(office):
    source, number = office / "exceptions.xlsx", rows_of(office / "exceptions.xlsx")["v08", "V08"][0]
    told = refusal(office, with_cells(source, office / "changed.xlsx", {place_of(10, number): "5000000"}))
    assert f"row {number} (claim v08, V08): “原文”" in told or "was changed to “5000000”" in told
    removed = edited(source, office / "removed.xlsx", lambda text: re.sub(rf'<row r="{number}" .*?</row>', "", text))
    assert "(claim v08, V08) was removed" in refusal(office, removed)
    last = max(number for number, _ in rows_of(source).values())
    row = f'<row r="{last + 1}"><c r="A{last + 1}"><v>99</v></c><c r="C{last + 1}" t="inlineStr"><is><t>v08</t></is></c></row>'
    added = edited(source, office / "added.xlsx", lambda text: text.replace("</sheetData>", row + "</sheetData>"))
    assert f"row {last + 1}: it was not exported" in refusal(office, added)
    beside = edited(source, office / "beside.xlsx", lambda text: re.sub(
        rf'(<row r="{number}" .*?)</row>', rf'\1<c r="T{number}" t="inlineStr"><is><t>另注</t></is></c></row>', text))
    assert "“另注” stands in column 20" in refusal(office, beside)
    assert "sheet 汇总: its cells were changed" in refusal(office, with_cells(source, office / "summary.xlsx", {"C4": "100"}, sheet=3))
    assert "hidden sheet 校验 was changed" in refusal(office, with_cells(source, office / "seals.xlsx", {"B8": "v09"}, sheet=4))
    (office / "note.xlsx").write_text("没有表格", encoding="utf-8")
    assert "cannot be read as a workbook" in refusal(office, office / "note.xlsx")


@pytest.mark.long
def test_a_row_whose_claim_has_changed_or_was_ruled_on_since_is_stale(office):
    first = filled(office / "exceptions.xlsx", office / "first.xlsx", {("v08", "V08"): ("放行", "已核对")})
    take_in(office, {("v08", "V08"): ("不予支持", "不实")}, "other.xlsx", actor="李伟")
    assert "it is stale: 李伟 ruled on it on 2024-07-01 (不予支持)" in refusal(office, first)
    header, *lines = (CASES / "boundaries" / "in" / "claims.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    again = next(line for line in lines if line.startswith("v11,")).replace("2023-01-31", "2023-02-01")
    Workspace(office / "workspace").inbox.mkdir()
    (Workspace(office / "workspace").inbox / "claims-again.csv").write_text(header + again, encoding="utf-8")
    night(office / "workspace", DAY)
    stale = filled(office / "exceptions.xlsx", office / "stale.xlsx", {("v11", "V11"): ("放行", "可以"), ("v08", "V08"): ("放行", "可以")})
    told = refusal(office, stale)
    assert "(claim v11, V11): it is stale: the claim was sent again" in told and "(claim v08, V08): it is stale: the claim is not held" in told


@pytest.mark.long
def test_a_claim_that_was_sent_again_with_other_content_bears_no_ruling_and_may_be_ruled_on_anew(office):
    take_in(office, {("v11", "V11"): ("退回补正", "拆分"), ("v07-b", "V07"): ("退回补正", "核对")})
    export_exceptions(Asked(office / "workspace", day=DAY), None, office / "exceptions.xlsx")
    assert cell(office, ("v11", "V11"), "此前的处理") == "2024年7月1日张敏退回补正，限2024年7月16日前答复：拆分"
    assert "1 rows taken in = 1 放行" in take_in(office, {("v07-b", "V07"): ("放行", "书面说明已收到")}, "anew.xlsx")
    header, *lines = (CASES / "boundaries" / "in" / "claims.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    again = next(line for line in lines if line.startswith("v11,")).replace("2023-01-31", "2023-02-01")
    Workspace(office / "workspace").inbox.mkdir()
    (Workspace(office / "workspace").inbox / "claims-again.csv").write_text(header + again, encoding="utf-8")
    night(office / "workspace", LAST_DAY + dt.timedelta(1))
    decided = decisions(office / "workspace", "2024-07-17")
    assert (decided["v11"]["outcome"], decided["v11"]["reason_codes"]) == ("exception", "V11")
    assert decided["v07-b"]["reason_codes"] == "W01"


# ---------------------------------------------------------------- what the next run makes of it


def test_what_is_waived_is_computed_what_is_refused_is_closed_and_what_is_returned_waits(reviewed):
    root = reviewed / "workspace"
    first, last = decisions(root, "2024-07-02"), decisions(root, "2024-07-17")
    told = {claim: (row["outcome"], row["award_yuan"], row["reason_codes"]) for claim, row in first.items()}
    assert told["v08"] == ("approved", "1000000.00", "W01") and told["v07-b"] == ("approved", "200.00", "W01")
    assert told["v11"] == told["v01-empty"] == ("rejected", "0.00", "E90")
    assert told["v04-check"] == ("exception", "", "V03;V04") and told["v02-sci"] == ("exception", "", "V02")
    assert told["v09-future"][2] == "", "a claim that nobody ruled on, whose day had come"
    assert {claim: (row["outcome"], row["reason_codes"]) for claim, row in last.items() if row["outcome"] != "exception"} == {
        "v04-check": ("rejected", "E91"), "v02-sci": ("rejected", "E91"),
        "v06-no-tax": ("reduced", "R02"),  # what it was returned for holds no more: it is computed, also past the day
    }
    with opened(root, "test") as (_, database, _runs):
        assert database.rows('select count(*) from "zhumadian-2020-36".held')[0][0] == len(last) - 3


@pytest.mark.long
def test_a_waived_contradiction_of_investments_gives_no_more_than_the_ceiling(tmp_path):
    """A fund that is said to have invested ten times its size: progress ends at the whole of it."""
    folder, root = few_claims(tmp_path / "in", "v08"), tmp_path / "workspace"
    text = (folder / "claims.csv").read_text(encoding="utf-8")
    assert ",200000000,200000000.01,200000000.01," in text
    (folder / "claims.csv").write_text(text.replace(",200000000,200000000.01,200000000.01,", ",200000000,2000000000,200000000,"), encoding="utf-8")
    settle(root, folder)
    export_exceptions(Asked(root, day=DAY), None, tmp_path / "exceptions.xlsx")
    take_in(tmp_path, {("v08", "V08"): ("放行", "验资报告已核对")})
    [run] = night(root, DAY + dt.timedelta(1))
    [decision] = decisions(root, run.entry.body["label"]).values()
    assert (decision["outcome"], decision["award_yuan"]) == ("approved", "1000000.00")


def test_a_waiver_is_told_with_its_reason_and_to_the_office_with_code_and_name_and_a_refusal_gives_the_reviewers_reason(reviewed):
    root = reviewed / "workspace"
    with without_other_readings():
        told, closed = explain_claim(root, "v08"), explain_claim(root, "v01-empty")
    assert "W01 投资额前后矛盾，所列疑点经人工复核，予以放行（2024年7月1日；理由：验资报告已核对）" in told and "V08 投资额前后矛盾：放行（张敏，" in told
    passed = letter(root / "out" / "2024-07-02" / "letters" / "v08.pdf")
    assert "予以放行（2024年7月1日；理由：验资报告已核对）" in passed and "张敏" not in passed and "V08" not in passed
    refused = letter(root / "out" / "2024-07-02" / "letters" / "v11.pdf")
    assert "不予支持" in refused and "租期跨年度，未拆分" in refused and "张敏" not in refused
    assert "不予支持（张敏，2024年7月1日；理由：长期未补）" in closed
    withdrawn = letter(root / "out" / "2024-07-17" / "letters" / "v02-sci.pdf")
    assert "视为撤回" in withdrawn and "补正期限为2024年7月16日" in withdrawn and "1e8" in withdrawn
    assert "代码为91411709MA9999999X的申报人" in letter(root / "out" / "2024-07-17" / "letters" / "v04-check.pdf")


@pytest.mark.long
def test_choices_and_amounts_in_ten_thousands_are_shown_as_people_read_them(tmp_path):
    files = few_claims(tmp_path / "in", "v07-a", "v07-b", "v08")
    text = (files / "claims.csv").read_text(encoding="utf-8")
    (files / "claims.csv").write_text(text.replace("invested_yuan", "累计投资额（万元）", 1), encoding="utf-8")
    settle(tmp_path / "workspace", files)
    export_exceptions(Asked(tmp_path / "workspace", day=DAY), None, tmp_path / "exceptions.xlsx")
    rows = rows_of(tmp_path / "exceptions.xlsx")
    invested, tenure = rows["v08", "V08"][1], rows["v07-b", "V07"][1]
    assert invested["原文"].startswith("200000000.01 | 200000000") and invested["单元格"].startswith("累计投资额（万元） | 基金规模（元）")
    assert "累计投资额（万元）「200000000.01」" in invested["发现的问题"]
    assert "租赁" in tenure["原文"] and "「租赁」" in tenure["发现的问题"] and "rent" not in tenure["发现的问题"]
    with (tmp_path / "workspace" / "out" / "night" / "exceptions.csv").open(encoding="utf-8") as file:
        assert {row["raw_value"].split(" | ")[0] for row in csv.DictReader(file) if row["code"] == "V08"} == {"200000000.01"}, "as it was received"


def test_a_letter_of_a_part_of_the_period_tells_the_whole_and_what_of_it_counts(tmp_path):
    settle(tmp_path, few_claims(tmp_path / "in", "2.3-window", "3-year-2024"), letters=True)
    rent, year = (letter(tmp_path / "out" / "night" / "letters" / f"{claim_id}.pdf") for claim_id in ("2.3-window", "3-year-2024"))
    assert "共91天，其中60天在享受期（2021年3月1日至2024年2月29日）内，按天数计算；按全部租期计算为20,000.00元" in rent and "核定金额为13,186.81元" in rent
    assert "2024年度共366天，其中91天在享受期内" in year and "按全年计算为750,000.01元" in year and "186,475.41元" in year
    assert "按全年计算的补助" not in year, "what the whole would have come to is no step to the amount"


def test_a_supplement_letter_names_every_defect_of_the_claim_and_the_last_day_under_a_number_of_the_office(reviewed):
    [folder] = (reviewed / "workspace" / "reviews").iterdir()
    assert {path.name for path in (folder / "letters").glob("*.pdf")} == {"v02-sci.pdf", "v04-check.pdf", "v06-no-tax.pdf"}
    text = letter(folder / "letters" / "v04-check.pdf")
    assert "（一）申报单位未登记" in text and "（二）信用代码校验不符" in text and "审查意见：先登记机构" in text
    assert "请于2024年7月16日前（含当日）" in text and "视为撤回申报" in text
    assert "草稿" not in text and "驻财金〔2024〕2号" in text and "2024年7月1日" in text
    listed = read_cells(folder / "补正清单.xlsx")["补正清单"]
    assert [row[1] for row in listed[2:]] == ["v02-sci", "v04-check", "v06-no-tax"] and listed[3][4:6] == ["V03、V04", "2024-07-16"]
    with (folder / "register.csv").open(encoding="utf-8") as file:
        registered = {row["claim_id"]: row for row in csv.DictReader(file)}
    numbers = {"v02-sci": "驻财金〔2024〕1号", "v04-check": "驻财金〔2024〕2号", "v06-no-tax": "驻财金〔2024〕3号"}
    assert {claim: row["number"] for claim, row in registered.items()} == {row[1]: row[0] for row in listed[2:]} == numbers
    assert {row["kind"] for row in registered.values()} == {"补正通知书"}
    told = registered["v06-no-tax"]
    assert told["file"] == "letters/v06-no-tax.pdf" and told["amount_yuan"] == told["delivered_on"] == ""
    assert told["sha256"] == hashlib.sha256((folder / told["file"]).read_bytes()).hexdigest()


@pytest.mark.long
def test_a_code_that_nobody_ruled_on_still_holds_the_claim(office):
    take_in(office, {("v04-check", "V04"): ("放行", "执照已核对")})
    night(office / "workspace", DAY)
    assert decisions(office / "workspace", DAY.isoformat())["v04-check"]["reason_codes"] == "V03"
    export_exceptions(Asked(office / "workspace", day=DAY), None, office / "exceptions.xlsx")
    assert [code for claim, code in rows_of(office / "exceptions.xlsx") if claim == "v04-check"] == ["V03"]


@pytest.mark.long
def test_what_if_replays_a_history_with_rulings_and_a_rebuilt_store_is_the_same(reviewed, tmp_path):
    root = shutil.copytree(reviewed / "workspace", tmp_path / "workspace")
    assert "涉及3家申报单位" in try_change(root, Change(None, ("A1=lower",), ()), None, None)

    def tables():
        with opened(root, "test") as (_, database, _runs):
            database.execute('use "zhumadian-2020-36"')
            return [sorted(map(str, database.rows(f"select * from {table}"))) for table in ("decided", "held", "ruling")]

    before = tables()
    rebuild_store(root)
    assert tables() == before and len(before[2]) == len(RULINGS)
    assert night(root, LAST_DAY + dt.timedelta(2)) == []


def test_letters_of_a_review_that_was_cut_short_after_its_line_are_drawn_by_the_same_command(office, monkeypatch):
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("pipelines.review.publish_issued", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        take_in(office, {("v02-sci", "V02"): ("退回补正", "金额写成数字")})
    assert not (office / "workspace" / "reviews").exists()
    again = take_in_file(office, office / "filled.xlsx")
    assert "taken in before" in again and "Supplement letters: 1, 驻财金〔2024〕1号 to 驻财金〔2024〕1号" in again
    assert [path.name for path in (office / "workspace" / "reviews" / "2" / "letters").glob("*.pdf")] == ["v02-sci.pdf"]


@pytest.mark.long
def test_letters_of_reviews_and_of_months_count_in_one_series_and_are_delivered_by_their_registers(tmp_path):
    """What is returned, refused and withdrawn is told by letter: the first at once, the others with the approval of their month."""
    root = tmp_path / "workspace"
    settle(root, few_claims(tmp_path / "in", "v02-sci", "v11", "v01-empty", "1.1-before"))
    Workspace(root).settings.write_text("[nightly]\nletters = false\n", encoding="utf-8")
    export_exceptions(Asked(root, day=DAY), None, tmp_path / "exceptions.xlsx")
    take_in(tmp_path, {("v02-sci", "V02"): ("退回补正", "金额写成数字"), ("v11", "V11"): ("不予支持", "租期跨年度，未拆分")})
    night(root, LAST_DAY + dt.timedelta(1))

    given(root, "甲", "2024-07-31", "close", "2024-06")
    given(root, "甲", "2024-07-31", "close", "2024-07")
    for month in ("2024-06", "2024-07"):
        given(root, "乙", "2024-08-20", "approve", month, "--minutes", "纪要")
    export_exceptions(Asked(root, day=dt.date(2024, 8, 21)), None, tmp_path / "exceptions.xlsx")
    take_in(tmp_path, {("v01-empty", "V01"): ("退回补正", "补资本")}, "later.xlsx", day=dt.date(2024, 8, 21))
    with opened(root, "test") as (_, database, _runs):
        database.execute('use "zhumadian-2020-36"')
        issued = database.rows("select document_no, claim_id, kind from issued_letter order by document_number")
    assert issued == [(f"驻财金〔2024〕{number}号", claim, kind) for number, (claim, kind) in enumerate([
        ("v02-sci", "supplement"), ("1.1-before", "rejected"), ("v02-sci", "withdrawn"), ("v11", "rejected"), ("v01-empty", "supplement")], 1)]
    month = root / "months" / "2024-07" / "zhumadian-2020-36" / "letters"
    assert "视为撤回" in letter(month / "v02-sci.pdf") and "租期跨年度，未拆分" in letter(month / "v11.pdf") and "草稿" not in letter(month / "v11.pdf")

    folder = root / "reviews" / "2"
    told = (folder / "register.csv").read_text(encoding="utf-8").replace(",,,,letters/", ",2024-07-03,邮寄,EMS-1,letters/")
    (tmp_path / "送达.csv").write_text(told, encoding="utf-8")
    assert "Deliveries recorded: 1" in given(root, "甲", "2024-08-22", "letters", "delivered", tmp_path / "送达.csv")
    status = status_of_claim(root, "v02-sci")
    assert "补正通知书：驻财金〔2024〕1号" in status and str(folder / "letters" / "v02-sci.pdf") in status and "驻财金〔2024〕1号送达（邮寄，EMS-1）" in status
    assert "行政复议" not in status and "驻财金〔2024〕3号：尚未登记送达，复议和诉讼期限没有开始" in status
    assert read_cells(folder / "delivered.xlsx")["送达登记簿"][2][9] == "不是决定，答复期限见通知书"


@pytest.mark.long
def test_the_difference_of_a_decided_claim_is_shown_and_cannot_be_ruled_on(office):
    header, *lines = (CASES / "boundaries" / "in" / "claims.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    cells = dict(zip(header.split(","), next(line for line in lines if line.startswith("2.1-limit,")).split(",")))
    root = office / "workspace"
    Workspace(root).inbox.mkdir()
    changed = ",".join((cells | {"submitted_on": "2024-06-02"}).values())
    (Workspace(root).inbox / "claims-changed.csv").write_text(header + changed, encoding="utf-8")
    night(root, DAY)
    export_exceptions(Asked(root, day=DAY), None, office / "exceptions.xlsx")
    assert cell(office, ("2.1-limit", "V12"), "放行后的结论").startswith("原决定不变")
    refused = filled(office / "exceptions.xlsx", office / "refused.xlsx", {("2.1-limit", "V12"): ("不予支持", "不变")})
    assert "what was decided stands until it is adjusted" in refusal(office, refused)


@pytest.mark.long
def test_the_commands_say_what_they_did(office):
    done = give_here("review", "export", "--workspace", "workspace", "--on", DAY, "-o", "复核.xlsx", cwd=office)
    assert done.returncode == 0 and "Held: 15 claims, 16 rows" in done.stdout
    filled(office / "复核.xlsx", office / "b.xlsx", {("v08", "V08"): ("放行", "")})
    refused = give_here("review", "import", "b.xlsx", "--actor", "张敏", "--on", DAY, "--workspace", "workspace", cwd=office)
    assert refused.returncode == 3 and "half filled" in refused.stderr


# ---------------------------------------------------------------- amounts that the policy leaves to people


DETERMINED = '''
[[join]]
name = "determination"
table = "determinations"
on = { claim_id = "claim_id" }
[figure]
most = { value = 500_000, unit = "yuan", title = "最高金额", article = "第九条" }
[[clause]]
id = "1"
article = "第九条"
title = "重大项目支持"
readings = []
funding = "city_only"
[[clause.way]]
id = "only"
title = "按研究确定的金额"
amount = { value = "min(most, determination.determined_yuan)", round = "half_up", says = "{determination.decided_by}于{determination.decided_on}确定{value}元" }
'''
DETERMINATIONS = '''
[[table]]
name = "determinations"
title = "研究确定的金额"
holds = "reference"
key = ["claim_id"]
field = [
  { name = "claim_id", header = "申报编号", type = "id" },
  { name = "determined_yuan", header = "确定金额（元）", type = "money", range = { above = 0 } },
  { name = "decided_by", header = "确定机构", type = "text" },
  { name = "decided_on", header = "确定日期", type = "date" },
  { name = "minutes", header = "会议纪要", type = "text", optional = true },
]
'''
DETERMINING = "".join(f'''
[[code]]
id = "{code}"
kind = "exception"
title = "{title}"
determines = "determination"
message_zh = "{title}：{{cells}}。依据{{article}}确定金额。"
message_en = "{title}: {{cells}}. {{article}}"
case = [{{ clauses = ["1"], {case} }}]
''' for code, title, case in (
    ("V21", "金额尚待确定", 'each_empty = ["determination.determined_yuan", "determination.decided_by", "determination.decided_on"]'),
    ("V22", "金额超过规定", 'when = "determination.determined_yuan > most", cells = ["determination.determined_yuan"]'),
))


SET_ON = dt.date(2026, 7, 1)


@pytest.fixture(scope="module")
def undetermined(tmp_path_factory):
    """A workspace with two claims whose amounts people set, and its workbook."""
    folder = tmp_path_factory.mktemp("undetermined")
    policy = write_policy(folder / "policy", DETERMINED, tables=DETERMINATIONS, codes=DETERMINING)
    settled(folder, policy, {}, {}, {"uscc": OTHER_CODE})
    Workspace(folder / "workspace").settings.write_text(f'[nightly]\nletters = false\npolicy = "{policy.source}"\n', encoding="utf-8")
    export_exceptions(Asked(folder / "workspace", day=SET_ON), None, folder / "exceptions.xlsx")
    return folder


def test_an_amount_that_a_reviewer_sets_is_the_fact_of_the_next_run_with_name_day_and_place(undetermined, tmp_path):
    folder = shutil.copytree(undetermined, tmp_path / "office")
    said = take_in(folder, {("one-1", "V21"): ("核定", "局务会议研究", "80,000.5"), ("one-2", "V21"): ("核定", "局务会议研究", "500000")}, day=SET_ON)
    assert "2 rows taken in = 0 放行 + 2 核定" in said and "taken in before" in take_in_file(folder, folder / "filled.xlsx", day=SET_ON)
    [run] = night(folder / "workspace", SET_ON)
    decided = decisions(folder / "workspace", run.entry.body["label"])
    assert {claim_id: (row["outcome"], row["award_yuan"]) for claim_id, row in decided.items()} == {
        "one-1": ("approved", "80000.50"), "one-2": ("approved", "500000.00"), "one-3": ("exception", "")}
    told = explain_claim(folder / "workspace", "one-1")
    assert f"张敏于2026年7月1日确定80,000.50元" in told and "原文「80,000.5」　[filled.xlsx 第" in told
    rebuild_store(folder / "workspace")
    assert explain_claim(folder / "workspace", "one-1") == told and night(folder / "workspace", SET_ON) == []


@pytest.mark.parametrize("rulings", [
    {("核定", "研究", "八万"): "核定金额 八万: it cannot be read as an amount", ("核定", "研究", "0"): "核定金额 0: it cannot be read as an amount"},
    {("核定", "研究"): "an amount belongs to 核定", ("不予支持", "研究", "80000"): "an amount belongs to 核定"},
    {("核定", "研究", "500000.01"): "核定金额 500000.01: V22 金额超过规定"},
], ids=["unreadable", "without, or with another ruling", "held by another code"])
def test_an_amount_that_cannot_be_read_or_that_another_code_would_hold_is_refused(undetermined, tmp_path, rulings):
    folder = shutil.copytree(undetermined, tmp_path / "office")
    ruled = {(f"one-{number}", "V21"): ruling for number, ruling in enumerate(rulings, 1)}
    problems = refusal(folder, filled(folder / "exceptions.xlsx", folder / "filled.xlsx", ruled)).splitlines()
    assert all(why in problem for why, problem in zip(rulings.values(), problems, strict=True)), problems


def test_an_amount_set_for_a_claim_that_was_sent_again_since_is_asked_for_anew(undetermined, tmp_path):
    folder = shutil.copytree(undetermined, tmp_path / "office")
    take_in(folder, {("one-1", "V21"): ("核定", "局务会议研究", "80000")}, day=SET_ON)
    claims = (folder / "in-one" / "claims.csv").read_text(encoding="utf-8").replace("2026-01-10", "2026-01-11")
    (folder / "workspace" / "inbox").mkdir()
    (folder / "workspace" / "inbox" / "claims.csv").write_text(claims, encoding="utf-8")
    [run] = night(folder / "workspace", SET_ON)
    assert decisions(folder / "workspace", run.entry.body["label"])["one-1"]["reason_codes"].startswith("V21")


@pytest.mark.parametrize(("instead_of", "write", "finding"), [
    ('determines = "determination"', 'determines = "decision"', "there is none named decision"),
    ('"V21"\nkind = "exception"', '"V21"\nkind = "refusal"', "an exception with cases asks for an amount"),
    (', optional = true },', ' },', "of determinations a reviewer fills one sum of money, one text (who set it) and one date"),
    ('on = { claim_id = "claim_id" }', 'on = { claim_id = "uscc" }', "is joined by claim_id, the key of its table"),
])
def test_the_check_names_what_keeps_a_reviewer_from_setting_an_amount(tmp_path, instead_of, write, finding):
    texts = [text.replace(instead_of, write) for text in (DETERMINED, DETERMINATIONS, DETERMINING)]
    policy = write_policy(tmp_path / "policy", texts[0], tables=texts[1], codes=texts[2], checked=False)
    assert any(finding in str(found) for found in check_policy(policy))
