"""The report of a batch and of a month: every figure adds up to the files beside it, the same record gives the same bytes, and the page is sound."""

from __future__ import annotations

import csv
import datetime as dt
import html
import re
import shutil
from collections import Counter, defaultdict
from decimal import Decimal
from functools import partial
from pathlib import Path
from urllib.parse import unquote

import pytest

from claims.money import ten_thousands_text
from claims.report import basis, charts
from claims.report.sections import share_text
from claims.workbooks import read_cells
from pipelines.adjust import Proposal, Who, agree, propose
from pipelines.desk import desk
from pipelines.explain import write_explanation
from pipelines.months import approve_month, close_month
from pipelines.pay import import_budget
from pipelines.progress import Progress
from pipelines.queries import render_letters_of
from tests.commands import few_claims
from tests.pages import Element, number, read_page, tables_of
from tests.payables import budget_file
from tests.policy_kit import RENT_FIELD, settled, write_policy
from tests.settle import CASES, settle as settle_without_report, without_other_readings
from tests.test_constructs import HIGHEST, OF_ITEMS, R03

LOOKS_AT_REPORTS = True
POLICY = "zhumadian-2020-36"
FEW = ("1.1-cap-1", "1.1-before", "1.5-manager", "2.1-limit", "1.2-ok")
MAY = dt.date(2024, 5, 31)


settle = partial(settle_without_report, report=True)


@pytest.fixture(scope="module")
def folder(known_edges, tmp_path_factory) -> Path:
    """The outputs of a run of every known case, without letters."""
    return reported(known_edges, tmp_path_factory.mktemp("report"))


def reported(known_edges: Path, place: Path) -> Path:
    """The outputs of that run when its command is given again, which adds the report."""
    return settle(shutil.copytree(known_edges, place / "workspace"), CASES / "boundaries" / "in").folder


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


@pytest.mark.long
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
    [picture] = (svg.text for svg in pictures_of(report(finished.folder)[0]) if svg.attributes["aria-labelledby"] == "waiting-title")
    assert "1件（90天以上1）" in picture and "1件（31至90天1）" in picture
    assert [row[0] for row in report(finished.folder)[1]["list-held"][1:]] == ["v03-unknown", "v06-no-tax"]


def test_the_figures_of_a_month_are_those_of_its_awards(month):
    lists = read_cells(papers(month) / "awards.xlsx")
    _, tables = report(papers(month))
    by_clause = {row[0]: Decimal(row[2]) for row in lists["按条款"][3:]}
    assert {row[0]: number(row[3]) for row in tables["clauses"][1:] if number(row[3])} == by_clause
    assert [row[0] for row in tables["course"][1:]] == ["5月", "累计"] and number(tables["course"][1][2]) == by_clause["合计"]


def test_what_is_signed_has_what_was_computed_and_cut_as_the_report_of_the_month_has_it(closed):
    head, *signed = read_cells(closed / "joint_signature.xlsx")["会签表"][4:]
    signed = [dict(zip(head, cells)) for cells in signed if len(cells) == len(head) and cells[0].isdigit()]
    limits = report(closed)[1]["limits"]
    assert sum(Decimal(row["限额前计算金额（元）"] or 0) for row in signed) == number(limits[-1][1])
    told = {row["申报编号"]: row["审核结果和事由"].partition(" ")[2] for row in signed}
    given, cut = (sum(number(amount) for text in told.values() for amount in re.findall(f"{word}([0-9,.]+)元", text)) for word in ("扣除此前已核定", "：核减"))
    assert given == number(limits[-1][2]) > 0 and cut == number(limits[-1][3]) > 0
    assert all(told[row["申报编号"]] for row in signed if row["审核结果和事由"].startswith("核减后核准"))
    refused = {row["申报编号"]: row["限额前计算金额（元）"] for row in signed if row["审核结果和事由"].startswith("不予支持")}
    assert refused["1.1-halfyear-late"] == "" and told["1.1-halfyear-late"] == "实收资本逾期到位" and refused["1.1-once-b"] == "8000000"
    assert all(told[claim_id] for claim_id in refused), "who signs a refusal reads its reason in words, not its code alone"
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


def test_each_figure_stands_beside_the_month_closed_before_and_the_budget_that_was_granted_until_then(tmp_path):
    root, june = tmp_path / "workspace", dt.date(2024, 6, 30)
    first = settle(root, few_claims(tmp_path / "may", "1.1-cap-1", "v03-unknown"), "may", MAY)
    assert cards(first.folder)["核定金额"][1:] == ["本月累计3,000,000.00元", "本年累计3,000,000.00元"]
    assert read_page(first.folder / "report.html").text.count("此前没有封账的月份，不与上月比较。未下达年度预算，不与预算比较。") == 1
    close_month(root, "2024-05", "甲", dt.date(2024, 6, 3), None)
    with desk(root, "test", "出纳", MAY) as at:
        import_budget(at, budget_file(tmp_path / "预算.csv", ("市级财政", 2024, "8000000"), ("西平县", 2024, "4000000")))
    institutions = few_claims(tmp_path / "june", "1.2-ok", "1.1-before") / "institutions.csv"
    lines = institutions.read_text(encoding="utf-8").splitlines(keepends=True)
    institutions.write_text("".join(line.replace("西平县", "驿城区") if "91411704MA0000014D" in line else line for line in lines), encoding="utf-8")
    finished = settle(root, tmp_path / "june", "june", june)
    with desk(root, "test", "出纳", june) as at:
        import_budget(at, budget_file(tmp_path / "又一次.csv", ("市级财政", 2024, "9000000")))
    settle(root, tmp_path / "june", "june", june)
    figures = cards(finished.folder)
    assert figures["收到申报"] == ["3件", "新收2件，再审1件", "本月累计新收2件", "上月新收2件，持平"]
    assert figures["已决定"][-2:] == ["本月累计2件", "上月1件，增加1件，增长100.0%"]
    assert figures["待人工处理"] == ["1件", "占本批33.3%", "上月末1件，持平"]
    assert figures["核定金额"] == [
        "2,000,000.00元", "本月累计2,000,000.00元", "上月3,000,000.00元，减少1,000,000.00元，下降33.3%",
        "本年累计5,000,000.00元，已下达年度预算合计12,000,000.00元，其本年累计4,200,000.00元，为预算的35.0%"]
    assert figures["市级财政承担"][2:] == [
        "本月累计1,200,000.00元", "上月999,900.00元，增加200,100.00元，增长20.0%", "本年累计2,199,900.00元，已下达年度预算8,000,000.00元，为预算的27.5%"]
    assert figures["受益县区财政承担"][2:] == [
        "本月累计800,000.00元", "上月2,000,100.00元，减少1,200,100.00元，下降60.0%",
        "本年累计2,800,100.00元，其中1个受益县区已下达年度预算4,000,000.00元，其本年累计2,000,100.00元，为预算的50.0%；其他未下达年度预算"]
    assert "上月为2024年5月，按封账的数字。" in read_page(finished.folder / "report.html").text
    assert [row[:3] for row in report(finished.folder)[1]["course"][1:]] == [
        ["5月", "1", "3,000,000.00"], ["6月", "2", "2,000,000.00"], ["累计", "3", "5,000,000.00"]]


def test_each_figure_of_a_month_stands_beside_the_month_closed_before_as_the_report_of_that_has_it(tmp_path):
    root, july = tmp_path / "workspace", dt.date(2024, 7, 31)
    settle(root, _with_a_claim_on_two_lines(few_claims(tmp_path / "may", "1.1-cap-1", "v03-unknown")), "may", MAY)
    close_month(root, "2024-05", "甲", dt.date(2024, 6, 3), None)
    settle(root, few_claims(tmp_path / "july", "1.2-ok", "1.1-before", "v06-no-tax"), "july", july)
    close_month(root, "2024-07", "甲", dt.date(2024, 8, 3), None)
    may, now = cards(papers(root)), cards(root / "months" / "2024-07" / POLICY)
    assert may["核定金额"][0] == "3,000,000.00元" and now["核定金额"][1].startswith("2024年5月3,000,000.00元，减少")
    for title, word in (("新收申报", "2024年5月新收"), ("已决定", "2024年5月"), ("待人工处理", "2024年5月末"), ("市级财政承担", "2024年5月")):
        assert any(note.startswith(f"{word}{may[title][0]}，") for note in now[title]), "July is not compared with a June that has none"
    was, told = (read_page(place / "report.html").text for place in (papers(root), root / "months" / "2024-07" / POLICY))
    assert "与最近封账的2024年5月比较。" in told
    assert "载入的申报3行为2件，同一编号的几行按一件办理。" in was and "同一编号的几行" not in told
    assert "含以前月份收到" in told and "含以前月份收到" not in was, "what was held in May is still held in July"


def _with_a_claim_on_two_lines(folder: Path) -> Path:
    """The folder, with its last claim on a second line that says another day."""
    claims = folder / "claims.csv"
    *_, last = claims.read_text(encoding="utf-8").splitlines(keepends=True)
    with claims.open("a", encoding="utf-8") as file:
        file.write(last.replace("2021-12-01", "2021-12-02"))
    return folder


def cards(folder: Path) -> dict[str, list[str]]:
    """The figures on top, each with its notes, by title."""
    items = [item for card in read_page(folder / "report.html").all("ul") if card.attributes.get("class") == "cards" for item in card.all("li")]
    texts = ([paragraph.text for paragraph in item.all("p")] for item in items)
    return {title: [value, *notes] for title, value, *notes in texts}


# ---------------------------------------------------------------- the record, and nothing else


@pytest.mark.long
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
    assert "没有通知书草稿；claims letters render may 可以生成。" in read_page(finished.folder / "report.html").text
    render_letters_of(tmp_path / "workspace", "may", Progress())
    assert f"letters/{FEW[0]}.pdf" in links(finished.folder) and "通知书是草稿，供核对" in read_page(finished.folder / "report.html").text
    for place in (finished.folder, finished.folder / "explain"):
        for page in place.glob("*.html"):
            assert all((place / link).exists() for link in links(place, page.name) if not link.startswith("#"))


    _sheets_of_explain_lead_to_it(tmp_path, finished.folder / "letters" / f"{FEW[0]}.pdf")


def _sheets_of_explain_lead_to_it(place: Path, letter: Path) -> None:
    """A page that is written within the workspace leads to the letter; elsewhere it names its place there, and no folder of the machine."""
    for page in (place / "sheet.html", place / "workspace" / "sheet.html"):
        with without_other_readings():
            write_explanation(place / "workspace", FEW[0], page)
        assert str(place) not in page.read_text(encoding="utf-8") and f"工作区out/may/letters/{FEW[0]}.pdf" in read_page(page).text
    assert links(place, "sheet.html") == []
    assert [(place / "workspace" / link).resolve() for link in links(place / "workspace", "sheet.html")] == [letter.resolve()]


def test_letters_of_a_month_follow_its_approval_and_its_report_says_so_before(closed, month):
    text, sheet = read_page(closed / "report.html").text, read_page(closed / "explain" / "1.2-ok.html").text
    assert "本月尚未批准，还没有通知书；批准时编号印发，本页名单随之附上链接。" in text and "通知书本月批准时印发" in sheet
    assert not [link for link in links(closed) if link.startswith("letters/")]
    text, sheet = read_page(papers(month) / "report.html").text, read_page(papers(month) / "explain" / "1.2-ok.html")
    assert "通知书已随批准编号印发" in text and "held.csv" not in text and "草稿" not in text + sheet.text
    assert [unquote(link.attributes["href"]) for link in sheet.all("a")] == ["../report.html", "../letters/1.2-ok.pdf"]


def test_the_links_of_a_month_lead_to_its_letters_and_sheets(month):
    found = links(papers(month))
    assert {f"letters/{FEW[0]}.pdf", f"explain/{FEW[0]}.html", "register.xlsx"} <= set(found)
    assert all((papers(month) / link).exists() for link in found if not link.startswith("#"))


@pytest.mark.long
def test_corrections_of_a_month_are_listed_with_their_letters(tmp_path):
    root, claim_id = tmp_path / "workspace", "1.1-cap-1"
    settle_without_report(root, few_claims(tmp_path / "may", claim_id, "1.2-ok"), "may", MAY)
    propose(Who(root, "甲", MAY, None), claim_id, Proposal("复核", 250_000_000))
    agree(Who(root, "乙", MAY, None), claim_id)
    close_month(root, "2024-05", "甲", dt.date(2024, 6, 3), None)
    assert report(papers(root))[1]["list-corrected"][1][0::3] == [f"{claim_id}+1", "更正追回"] and f"letters/{claim_id}+1.pdf" not in links(papers(root))
    approve_month(root, "2024-05", "纪要1", "乙", dt.date(2024, 6, 12), None)
    assert report(papers(root))[1]["list-corrected"][1][4:] == ["-500,000.00", "通知书"]
    assert f"letters/{claim_id}+1.pdf" in links(papers(root)) and (papers(root) / f"letters/{claim_id}+1.pdf").exists()


def links(folder: Path, name: str = "report.html") -> list[str]:
    return [unquote(link.attributes["href"]) for link in read_page(folder / name).all("a")]


# ---------------------------------------------------------------- the page


def test_lists_are_bounded_and_say_what_they_leave_out(known_edges, tmp_path, monkeypatch):
    monkeypatch.setattr(basis, "LONGEST", 2)
    folder = reported(known_edges, tmp_path)
    page, tables = report(folder)
    outcomes = Counter(row["outcome"] for row in rows(folder / "decisions.csv"))
    assert len(tables["list-rejected"]) == 3 and len(list((folder / "explain").iterdir())) <= 8
    assert f"列出2件，另有{outcomes['rejected'] - 2}件见decisions.csv。" in page.text
    assert f"列出2件，另有{outcomes['exception'] - 2}件见exceptions.csv。" in page.text


def test_a_report_has_one_first_heading_then_headings_in_order_and_a_text_for_each_picture(folder, month):
    for place in (folder, papers(month)):
        page = read_page(place / "report.html")
        levels = [int(heading.tag[1]) for heading in page.all("h1", "h2", "h3", "h4")]
        assert levels.count(1) == 1 and levels[0] == 1 and all(after <= before + 1 for before, after in zip(levels, levels[1:]))
        named = [element for element in page.all("main", "h2", "h3", "pattern", "title", "desc") if "id" in element.attributes]
        ids = {element.attributes["id"]: element for element in named}
        assert len(ids) == len(named)
        pictures = pictures_of(page)
        assert len(pictures) >= 6 and all(svg.attributes["role"] == "img" for svg in pictures)
        assert all(ids[svg.attributes[part]].text for svg in pictures for part in ("aria-labelledby", "aria-describedby"))
        assert page.all("html")[0].attributes["lang"] == "zh-CN" and page.all("a")[0].attributes["href"] == "#content"


def pictures_of(page: Element) -> list[Element]:
    return [svg for figure in page.all("figure") for svg in figure.all("svg") if svg.attributes.get("aria-hidden") != "true"]


def test_a_picture_names_each_bar_in_full_with_its_value_its_unit_and_each_pattern(folder):
    page, tables = report(folder)
    pictures = {svg.attributes["aria-labelledby"].removesuffix("-title"): svg for svg in pictures_of(page)}
    for section, unit, value in (("clauses", "万元", 3), ("group-1", "万元", 3), ("group-2", "万元", 3), ("waiting", "件", 5)):
        written = [text.text for text in pictures[section].all("text")]
        for row in tables[section][1:-1]:
            amount = f"{ten_thousands_text(int(number(row[value]) * 100))}万元" if unit == "万元" else f"{row[value]}件"
            assert not number(row[value]) or row[0] in "".join(written) and amount in written
    assert "6月" in "".join(text.text for text in pictures["course"].all("text"))
    for figure in page.all("figure"):
        svg, key = figure.all("svg")[-1], figure.all("li")
        [title, unit] = re.fullmatch("(.+)（(万元|件|行)）", svg.all("title")[0].text).groups()
        assert title in figure.all("figcaption")[0].text and unit in [text.text for text in svg.all("text")] and "…" not in svg.text
        drawn = {part.attributes["class"].split(" ")[1] for part in svg.all("g") if "serie-" in part.attributes.get("class", "") and part.all("rect")}
        assert drawn <= {f"serie-{place}" for place in range(max(len(key), 1))} and all(word.text for word in key)


@pytest.mark.parametrize("title", ["名称很长" * 20, "2.2 银行市级分支机构营业场所补助（租赁、购买、自建）" * 3, "短"])
def test_a_title_of_a_bar_is_wrapped_and_not_cut(title):
    svg = charts.bars("one", "题", charts.AMOUNTS, [charts.Bar(title, "1.00万元（甲0.50、乙0.50）", [5 * 10**5, 5 * 10**5])], ["甲", "乙"]).svg
    lines = [html.unescape(text) for text in re.findall("<text x=.*?>(.*?)</text>", svg)]
    assert title in "".join(reversed(lines)) and max(map(len, lines)) * charts.LETTER <= charts.WIDTH


def test_nothing_at_all_can_be_drawn_as_bars():
    assert "没有" in charts.bars("none", "题", charts.AMOUNTS, [charts.Bar("1月", "没有", [0, 0])], ["甲", "乙"]).svg


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
