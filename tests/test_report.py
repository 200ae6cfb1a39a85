"""The report of a batch and of a month: every figure adds up to the files beside it, the same record gives the same bytes, and the page is sound."""

from __future__ import annotations

import csv
import datetime as dt
import re
import shutil
from collections import Counter, defaultdict
from decimal import Decimal
from functools import partial
from pathlib import Path
from urllib.parse import unquote

import pytest

from claims.money import ten_thousands_text
from claims.report import basis
from claims.report.sections import share_text
from claims.workbooks import read_cells
from pipelines.desk import desk
from pipelines.months import approve_month, close_month
from pipelines.pay import import_budget
from pipelines.progress import Progress
from pipelines.queries import render_letters_of
from tests.commands import few_claims
from tests.pages import Element, number, read_page, tables_of
from tests.payables import budget_file
from tests.policy_kit import RENT_FIELD, settled, write_policy
from tests.settle import CASES, settle as settle_without_report
from tests.test_constructs import HIGHEST, OF_ITEMS, R03

LOOKS_AT_REPORTS = True
POLICY = "zhumadian-2020-36"
FEW = ("1.1-cap-1", "1.1-before", "1.5-manager", "2.1-limit", "1.2-ok")
MAY = dt.date(2024, 5, 31)


settle = partial(settle_without_report, report=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The outputs of a run of every known case, without letters."""
    return settle(tmp_path_factory.mktemp("report") / "workspace", CASES / "boundaries" / "in").folder


@pytest.fixture(scope="module")
def month(tmp_path_factory) -> Path:
    """A workspace in which a month was closed and approved, with its letters."""
    place = tmp_path_factory.mktemp("month")
    settle(place / "workspace", few_claims(place / "may", *FEW), "may", MAY)
    close_month(place / "workspace", "2024-05", "甲", dt.date(2024, 6, 3), None)
    approve_month(place / "workspace", "2024-05", "纪要1", "乙", dt.date(2024, 6, 12), None)
    return place / "workspace"


@pytest.fixture(scope="module")
def closed(folder, tmp_path_factory) -> Path:
    """The papers of the month that froze the decisions of every known case."""
    root = shutil.copytree(folder.parents[1], tmp_path_factory.mktemp("closed") / "workspace")
    with desk(root, "test", "出纳", MAY) as at:
        import_budget(at, budget_file(root / "预算.csv", ("西平县", 2024, "50000000")))
    close_month(root, "2024-06", "甲", dt.date(2024, 7, 3), None)
    return root / "months" / "2024-06" / POLICY


def papers(workspace: Path) -> Path:
    return workspace / "months" / "2024-05" / POLICY


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def report(folder: Path) -> tuple[Element, dict[str, list[list[str]]]]:
    page = read_page(folder / "report.html")
    return page, tables_of(page)


def sums(table: list[list[str]], first: int = 1) -> list[Decimal]:
    """The sums of the columns of a table's rows but for its last, which is their total."""
    return [sum(map(number, column)) for column in list(zip(*table[1:-1]))[first:]]


def written(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in [folder / "report.html", *sorted((folder / "explain").iterdir())]}


# ---------------------------------------------------------------- figures


def test_the_way_of_a_batch_counts_its_lines_and_claims_as_its_files_do(folder):
    fates = Counter(row["fate"] for row in rows(folder / "line_fates.csv"))
    outcomes = Counter(row["outcome"] for row in rows(folder / "decisions.csv"))
    lines = [row for row in rows(folder / "line_fates.csv") if row["fate"] == "loaded"]
    steps, step = defaultdict(dict), ""
    for title, part, count, _ in report(folder)[1]["way"][1:]:
        step = title or step
        steps[step][part] = int(number(count))
    assert steps["收到的行"] == {"载入": fates["loaded"], "重复": fates["duplicate"], "退回": fates["rejected"], "不计": fates["ignored"]}
    assert steps["载入的行"] == {"申报": sum(bool(row["claim_id"]) for row in lines), "基础数据": sum(not row["claim_id"] for row in lines)}
    assert sum(steps["本批申报"].values()) == sum(outcomes.values())
    assert steps["办理"] == {"已决定": sum(outcomes.values()) - outcomes["exception"], "待人工处理": outcomes["exception"]}
    assert steps["决定"] == {"核准": outcomes["approved"], "核减后核准": outcomes["reduced"], "不予支持": outcomes["rejected"]}


@pytest.mark.parametrize("section", ["clauses", "group-1", "group-2"])
def test_awards_by_group_add_up_to_the_decisions(folder, section):
    decided = [row for row in rows(folder / "decisions.csv") if row["outcome"] != "exception"]
    amounts = [sum(Decimal(row[name]) for row in decided) for name in ("award_yuan", "city_yuan", "county_yuan")]
    table = report(folder)[1][section]
    awarded = sum(row["outcome"] in ("approved", "reduced") for row in decided)
    assert sums(table) == [number(cell) for cell in table[-1][1:]] == [len(decided), awarded, *amounts]


def test_each_clause_has_what_its_decisions_award_and_computed_less_cut_is_awarded(folder):
    by_clause = defaultdict(Decimal)
    for row in rows(folder / "decisions.csv"):
        by_clause[row["clause"]] += Decimal(row["award_yuan"] or 0)
    page, tables = report(folder)
    for title, *cells in tables["clauses"][1:-1]:
        assert number(cells[2]) == by_clause[title.split(" ")[0]]
    limits = tables["limits"]
    assert sums(limits) == [number(cell) for cell in limits[-1][1:]]
    assert limits[0] == ["条款", "限额前计算（元）", "扣除此前已核定（元）", "限额核减（元）", "核定奖补（元）"]
    for title, computed, given, cut, award in limits[1:-1]:
        assert number(computed) - number(given) - number(cut) == number(award) == by_clause[title.split(" ")[0]]
        assert title.split(" ")[0] in ("1.4", "1.5") or not number(given), "only a fund's award is less what it got"
    assert number(limits[-1][2]) and number(limits[-1][3]) and "扣除此前已核定" in " ".join(paragraph.text for paragraph in page.all("p"))


def test_what_only_the_highest_item_takes_counts_as_cut(tmp_path):
    policy, awarded = write_policy(tmp_path / "policy", HIGHEST, RENT_FIELD, R03), defaultdict(Decimal)
    for row in settled(tmp_path, policy, *({"clause": clause, "rent_paid_yuan": yuan} for clause, yuan, _ in OF_ITEMS), report=True).values():
        awarded[row["clause"]] += Decimal(row["award_yuan"])
    page, tables = report(tmp_path / "workspace" / "out" / "one")
    for title, computed, cut, award in tables["limits"][1:-1]:
        assert number(computed) - number(cut) == number(award) == awarded[title.split(" ")[0]]
    assert any("只享受最高一项核减" in paragraph.text for paragraph in page.all("p"))


def test_what_waits_is_counted_by_code_as_the_exceptions_are(folder):
    exceptions = rows(folder / "exceptions.csv")
    table = report(folder)[1]["waiting"]
    assert {row[0].split(" ")[0]: int(row[-1]) for row in table[1:-1]} == Counter(row["code"] for row in exceptions)
    assert int(table[-1][-1]) == len({row["claim_id"] for row in exceptions})
    assert all(sum(map(int, row[1:-1])) == int(row[-1]) for row in table[1:])


def test_claims_that_wait_are_as_old_as_what_was_received_of_them(tmp_path):
    nights = [("may", MAY, "v03-unknown"), ("june", dt.date(2024, 6, 20), "v06-no-tax"), ("september", dt.date(2024, 9, 1), "1.2-ok")]
    for label, day, claim_id in nights:
        finished = settle(tmp_path / "workspace", few_claims(tmp_path / label, claim_id), label, day)
        ages = {row[0].split(" ")[0]: [*map(int, row[1:])] for row in report(finished.folder)[1]["waiting"][1:]}
        assert ages == {
            "may": {"V03": [1, 0, 0, 0, 1], "申报件数": [1, 0, 0, 0, 1]},
            "june": {"V03": [0, 1, 0, 0, 1], "V06": [1, 0, 0, 0, 1], "申报件数": [1, 1, 0, 0, 2]},
            "september": {"V03": [0, 0, 0, 1, 1], "V06": [0, 0, 1, 0, 1], "申报件数": [0, 0, 1, 1, 2]},
        }[label]
    assert [row[0] for row in report(finished.folder)[1]["list-held"][1:]] == ["v03-unknown", "v06-no-tax"]


def test_the_figures_of_a_month_are_those_of_its_awards(month):
    lists = read_cells(papers(month) / "awards.xlsx")
    _, tables = report(papers(month))
    by_clause = {row[0]: Decimal(row[2]) for row in lists["按条款"][3:]}
    assert {row[0]: number(row[3]) for row in tables["clauses"][1:] if number(row[3])} == by_clause
    assert [row[0] for row in tables["course"][1:]] == ["5月", "累计"] and number(tables["course"][1][2]) == by_clause["合计"]


def test_what_is_signed_has_what_was_computed_and_cut_as_the_report_of_the_month_has_it(closed):
    head, *signed = read_cells(closed / "joint_signature.xlsx")["会签表"][3:]
    signed = [dict(zip(head, cells)) for cells in signed if len(cells) == len(head) and cells[0].isdigit()]
    limits = report(closed)[1]["limits"]
    assert sum(Decimal(row["限额前计算金额（元）"] or 0) for row in signed) == number(limits[-1][1])
    told = {row["申报编号"]: row["审核结果和事由"].partition(" ")[2] for row in signed}
    given, cut = (sum(number(amount) for text in told.values() for amount in re.findall(f"{word}([0-9,.]+)元", text)) for word in ("扣除此前已核定", "：核减"))
    assert given == number(limits[-1][2]) > 0 and cut == number(limits[-1][3]) > 0
    assert all(told[row["申报编号"]] for row in signed if row["审核结果和事由"].startswith("核减后核准"))
    refused = {row["申报编号"]: row["限额前计算金额（元）"] for row in signed if row["审核结果和事由"].startswith("不予支持")}
    assert refused["1.1-halfyear-late"] == "" and told["1.1-halfyear-late"] == "" and refused["1.1-once-b"] == "8000000"
    assert told["1.1-once-b"] == "已享受过该项奖补：核减8,000,000.00元" and told["2.3-window"] == "部分期间不在享受期内"
    assert told["1.4-grow-b"] == "扣除此前已核定1,000,000.00元，不属于核减"


def test_only_places_that_have_a_budget_stand_beside_it_in_the_report_of_a_month(closed):
    head, *awards = read_cells(closed / "awards.xlsx")["奖补清单"][2:]
    borne = sum(Decimal(row["受益县区财政（元）"]) for cells in awards if (row := dict(zip(head, cells)))["受益县区"] == "西平县")
    text = read_page(closed / "report.html").text
    assert f"其中1个受益县区已下达年度预算50,000,000.00元，其本年累计{borne:,.2f}元，为预算的" in text
    assert text.count("元，未下达年度预算") == 1, "the city has none"


def test_reductions_are_counted_by_code_those_of_a_part_beside_those_of_limits(folder):
    reduced = [row["reason_codes"].split(";") for row in rows(folder / "decisions.csv") if row["outcome"] == "reduced"]
    counts = Counter(code for codes in reduced for code in codes)
    assert set(counts) >= {"R02", "R03"}
    text = read_page(folder / "report.html").text
    assert f"核减后核准{len(reduced)}件，按原因：" in text
    assert f"超过当年留成限额{counts['R02']}件、部分期间不在享受期内{counts['R03']}件，一件可有几项。" in text


def test_figures_stand_beside_the_month_before_and_the_budget_that_was_granted_until_then(tmp_path):
    root, june = tmp_path / "workspace", dt.date(2024, 6, 30)
    settle(root, few_claims(tmp_path / "may", "1.1-cap-1"), "may", MAY)
    with desk(root, "test", "出纳", MAY) as at:
        import_budget(at, budget_file(tmp_path / "预算.csv", ("市级财政", 2024, "8000000"), ("西平县", 2024, "4000000")))
    institutions = few_claims(tmp_path / "june", "1.2-ok", "1.1-before") / "institutions.csv"
    lines = institutions.read_text(encoding="utf-8").splitlines(keepends=True)
    institutions.write_text("".join(line.replace("西平县", "驿城区") if "91411704MA0000014D" in line else line for line in lines), encoding="utf-8")
    finished = settle(root, tmp_path / "june", "june", june)
    with desk(root, "test", "出纳", june) as at:
        import_budget(at, budget_file(tmp_path / "又一次.csv", ("市级财政", 2024, "9000000")))
    settle(root, tmp_path / "june", "june", june)
    text = read_page(finished.folder / "report.html").text
    assert "本月累计2,000,000.00元" in text and "上月3,000,000.00元，减少1,000,000.00元" in text
    assert "本年累计2,199,900.00元，已下达年度预算8,000,000.00元，为预算的27.5%" in text
    assert "本年累计2,800,100.00元，其中1个受益县区已下达年度预算4,000,000.00元，其本年累计2,000,100.00元，为预算的50.0%；其他未下达年度预算" in text
    assert [row[:3] for row in report(finished.folder)[1]["course"][1:]] == [
        ["5月", "1", "3,000,000.00"], ["6月", "2", "2,000,000.00"], ["累计", "3", "5,000,000.00"]]


# ---------------------------------------------------------------- the record, and nothing else


def test_the_same_record_gives_the_same_bytes_also_after_later_runs(tmp_path):
    first = settle(tmp_path / "one", few_claims(tmp_path / "may", *FEW), "may", MAY)
    before = written(first.folder)
    other = settle(tmp_path / "two", tmp_path / "may", "may", MAY)
    assert written(other.folder) == before
    settle(tmp_path / "one", few_claims(tmp_path / "june", "v08"), "june", dt.date(2024, 6, 30))
    shutil.rmtree(first.folder / "explain")
    (first.folder / "report.html").write_text("changed")
    settle(tmp_path / "one", tmp_path / "may", "may", MAY)
    assert written(first.folder) == before


def test_letters_that_are_drawn_later_are_linked_and_every_link_leads_somewhere(tmp_path):
    finished = settle(tmp_path / "workspace", few_claims(tmp_path / "may", *FEW), "may", MAY)
    assert not [link for link in links(finished.folder) if link.startswith("letters/")]
    render_letters_of(tmp_path / "workspace", "may", Progress())
    assert f"letters/{FEW[0]}.pdf" in links(finished.folder)
    for place in (finished.folder, finished.folder / "explain"):
        for page in place.glob("*.html"):
            assert all((place / link).exists() for link in links(place, page.name) if not link.startswith("#"))


def test_the_links_of_a_month_lead_to_its_letters_and_sheets(month):
    found = links(papers(month))
    assert {f"letters/{FEW[0]}.pdf", f"explain/{FEW[0]}.html", "register.xlsx"} <= set(found)
    assert all((papers(month) / link).exists() for link in found if not link.startswith("#"))


def links(folder: Path, name: str = "report.html") -> list[str]:
    return [unquote(link.attributes["href"]) for link in read_page(folder / name).all("a")]


# ---------------------------------------------------------------- the page


def test_lists_are_bounded_and_say_what_they_leave_out(tmp_path, monkeypatch):
    monkeypatch.setattr(basis, "LONGEST", 2)
    finished = settle(tmp_path / "workspace", CASES / "boundaries" / "in")
    page, tables = report(finished.folder)
    outcomes = Counter(row["outcome"] for row in rows(finished.folder / "decisions.csv"))
    assert len(tables["list-rejected"]) == 3 and len(list((finished.folder / "explain").iterdir())) <= 8
    assert f"列出2件，另有{outcomes['rejected'] - 2}件见decisions.csv。" in page.text
    assert f"列出2件，另有{outcomes['exception'] - 2}件见exceptions.csv。" in page.text


def test_a_report_has_one_first_heading_then_headings_in_order_and_a_text_for_each_picture(folder, month):
    for place in (folder, papers(month)):
        page = read_page(place / "report.html")
        levels = [int(heading.tag[1]) for heading in page.all("h1", "h2", "h3", "h4")]
        assert levels.count(1) == 1 and levels[0] == 1 and all(after <= before + 1 for before, after in zip(levels, levels[1:]))
        ids = [element.attributes["id"] for element in page.all("main", "h2", "h3", "pattern") if "id" in element.attributes]
        assert len(ids) == len(set(ids))
        pictures = [svg for figure in page.all("figure") for svg in figure.all("svg") if svg.attributes.get("aria-hidden") != "true"]
        assert len(pictures) >= 6 and all(svg.attributes["role"] == "img" and svg.attributes["aria-label"] for svg in pictures)
        assert page.all("html")[0].attributes["lang"] == "zh-CN" and page.all("a")[0].attributes["href"] == "#content"


def test_a_report_loads_nothing_and_runs_nothing(folder):
    page = read_page(folder / "report.html")
    assert not page.all("script", "link", "img", "iframe", "object", "embed")
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert "Content-Security-Policy" in text and "default-src 'none'" in text
    assert "url(http" not in text and "@import" not in text and "//" not in text.replace("http://www.w3.org", "")


def test_what_a_file_says_stays_text(tmp_path):
    folder = few_claims(tmp_path / "may", *FEW)
    text = (folder / "institutions.csv").read_text(encoding="utf-8")
    claimant = next(row["uscc"] for row in rows(folder / "claims.csv") if row["claim_id"] == FEW[0])
    name = next(row["name"] for row in rows(folder / "institutions.csv") if row["uscc"] == claimant)
    (folder / "institutions.csv").write_text(text.replace(name, "<script>alert(1)</script>"), encoding="utf-8")
    finished = settle(tmp_path / "workspace", folder, "may", MAY)
    pages = [finished.folder / "report.html", *(finished.folder / "explain").iterdir()]
    assert not any(read_page(page).all("script") for page in pages)
    assert any("<script>alert(1)" in read_page(page).text for page in pages)


# ---------------------------------------------------------------- words


def test_shares_and_tens_of_thousands_are_rounded_half_up_without_floats():
    assert [share_text(1, 8), share_text(1, 3), share_text(2, 3), share_text(1, 2000), share_text(0, 5), share_text(-1, 8), share_text(1, 0), share_text(1, -1)] == [
        "12.5%", "33.3%", "66.7%", "0.1%", "0.0%", "-12.5%", "—", "—"]
    assert [ten_thousands_text(fen) for fen in (0, 4999, 5000, 123456789, -5000, 10**15)] == [
        "0.00", "0.00", "0.01", "123.46", "-0.01", "1,000,000,000.00"]
