"""Workbooks as they are written: every kind shows, prints and adds up as offices need it, and what is a code stays a code."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings, strategies as st

from claims.printing import HIGHEST_ROW, Width, arrange, breaks
from claims.workbooks import Column, Sheet, read_cells, workbook
from tests.office_books import office_books

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
PRINTED_WIDTH = 841.9 - 2 * 0.4 * 72
SIGNED = ("joint signature", "payment list", "register", "supplement register")
KINDS = ("joint signature", "awards", "register", "delivered", "payment list", "waiting", "bank exceptions", "set off", "unpaid", "review", "supplements", "supplement register")


@dataclass
class Written:
    """A sheet as it stands in its file: its XML, its cells by name (value, type, formula, number format), and its names for printing."""

    name: str
    xml: ElementTree.Element
    cells: dict[str, tuple[str, str, str, str]]
    print_area: str
    print_titles: str

    @property
    def head(self) -> int:
        """The row of the headings, counted from 1: what is above the first row that scrolls."""
        return int(self.xml.find(f".//{MAIN}pane").attrib["ySplit"])


@pytest.fixture(scope="module")
def books(tmp_path_factory) -> dict[str, Path]:
    return office_books(tmp_path_factory.mktemp("books"))


def sheets(path: Path) -> list[Written]:
    """The visible sheets of a workbook."""
    with zipfile.ZipFile(path) as file:
        book = ElementTree.fromstring(file.read("xl/workbook.xml"))
        texts = ["".join(part.text or "" for part in one.iter(f"{MAIN}t")) for one in ElementTree.fromstring(file.read("xl/sharedStrings.xml"))]
        formats = _formats(ElementTree.fromstring(file.read("xl/styles.xml")))
        names = {(one.attrib["name"], one.attrib["localSheetId"]): one.text for one in book.iter(f"{MAIN}definedName")}
        found = []
        for number, sheet in enumerate(book.iter(f"{MAIN}sheet")):
            if sheet.attrib.get("state") == "hidden":
                continue
            xml = ElementTree.fromstring(file.read(f"xl/worksheets/sheet{number + 1}.xml"))
            cells = {cell.attrib["r"]: _cell(cell, texts, formats) for cell in xml.iter(f"{MAIN}c")}
            print_names = [names.get((f"_xlnm.{name}", str(number)), "") for name in ("Print_Area", "Print_Titles")]
            found.append(Written(sheet.attrib["name"], xml, cells, *print_names))
    return found


def _formats(styles: ElementTree.Element) -> list[str]:
    """The number format of each style."""
    own = {one.attrib["numFmtId"]: one.attrib["formatCode"] for one in styles.iter(f"{MAIN}numFmt")} | {"0": "General", "49": "@"}
    return [own[one.attrib["numFmtId"]] for one in styles.find(f"{MAIN}cellXfs")]


def _cell(cell: ElementTree.Element, texts: list[str], formats: list[str]) -> tuple[str, str, str, str]:
    value, kind = cell.findtext(f"{MAIN}v", ""), cell.attrib.get("t", "n")
    shown = texts[int(value)] if kind == "s" else value
    return shown, kind, cell.findtext(f"{MAIN}f", ""), formats[int(cell.attrib.get("s", 0))]


def column_of(place: str) -> str:
    return re.sub(r"\d", "", place)


def points_on_paper(sheet: Written) -> float:
    """How large texts of ten points come out: on A4 across less the margins, a column taking 5.56 points for each of its digits."""
    return 10 * min(1.0, PRINTED_WIDTH / sum(width * 5.56 for width in widths(sheet)[:len(printed_columns(sheet))]))


def widths(sheet: Written) -> list[float]:
    return [float(one.attrib["width"]) for one in sheet.xml.iter(f"{MAIN}col") for _ in range(int(one.attrib["min"]), int(one.attrib["max"]) + 1)]


def printed_columns(sheet: Written) -> list[str]:
    """The columns of the print area, which begins with the first and holds every row."""
    last = re.fullmatch(r".+!\$A\$1:\$([A-Z]+)\$(\d+)", sheet.print_area)
    assert last and int(last[2]) >= max(int(re.sub(r"\D", "", place)) for place in sheet.cells)
    columns = sorted({column_of(place) for place in sheet.cells}, key=lambda name: (len(name), name))
    return columns[:columns.index(last[1]) + 1]


@pytest.mark.parametrize("kind", KINDS)
def test_each_sheet_keeps_its_headings_in_view_and_prints_on_the_width_of_a_page_large_enough_to_read(books, kind):
    for sheet in sheets(books[kind]):
        pane, page = sheet.xml.find(f".//{MAIN}pane").attrib, sheet.xml.find(f"{MAIN}pageSetup").attrib
        assert pane["state"] == "frozen" and sheet.head >= 2
        assert sheet.xml.find(f"{MAIN}sheetPr/{MAIN}pageSetUpPr").attrib == {"fitToPage": "1"}
        assert page == page | {"orientation": "landscape", "paperSize": "9", "fitToHeight": "0"} and page.get("fitToWidth", "1") == "1"
        assert sheet.print_titles.endswith(f"!${sheet.head}:${sheet.head}")
        beside = [sheet.cells[f"{name}{sheet.head}"][0] for name in {column_of(place) for place in sheet.cells} - set(printed_columns(sheet))]
        assert set(beside) <= {"文件", "SHA-256", "条文规定和要求", "单元格", "原文", "文件和行号", "挂起日期", "受益县区"}
        assert points_on_paper(sheet) >= (9 if kind in SIGNED else 8) and min(widths(sheet)) >= 5
        foot = sheet.xml.find(f"{MAIN}headerFooter/{MAIN}oddFooter").text
        assert "第&P页，共&N页" in foot and sheet.cells["A1"][0] in foot


@pytest.mark.parametrize(("kind", "told"), [
    ("joint signature", "2024年5月"), ("register", "2024年5月"), ("delivered", "2024年5月"), ("awards", "2024年5月"), ("payment list", "清单2024-07-01-"),
    ("waiting", "截至2024年7月1日"), ("unpaid", "截至2024年7月1日"), ("review", "2024年7月1日导出"), ("supplement register", "2024-07-01"),
])
def test_the_foot_of_a_page_tells_the_month_or_the_day(books, kind, told):
    assert told in sheets(books[kind])[0].xml.find(f"{MAIN}headerFooter/{MAIN}oddFooter").text


def test_a_hidden_sheet_has_nothing_to_print(books):
    with zipfile.ZipFile(books["review"]) as file:
        area = re.search(r'localSheetId="3"[^>]*>\W*校验\W*!\$([A-Z]+)\$1', file.read("xl/workbook.xml").decode())
        assert area and f'r="{area[1]}1"' not in file.read("xl/worksheets/sheet4.xml").decode()


@pytest.mark.parametrize("kind", KINDS)
def test_amounts_are_numbers_with_two_decimals_whose_totals_are_formulas_and_all_else_is_text(books, kind):
    for sheet in sheets(books[kind]):
        for place, (value, cell_kind, formula, number_format) in sheet.cells.items():
            row, heading = int(re.sub(r"\D", "", place)), sheet.cells[f"{column_of(place)}{sheet.head}"][0]
            if row <= sheet.head or not value:
                continue
            if cell_kind == "n":
                assert number_format == ("#,##0.00_ " if "元" in heading else "#,##0_ "), (sheet.name, place)
            else:
                assert cell_kind == "s" and not formula
        totals = [int(re.sub(r"\D", "", place)) for place, cell in sheet.cells.items() if cell[0] == "合计" and column_of(place) == "A"]
        for place, cell in sheet.cells.items():
            if cell[1] == "n" and cell[0] and int(re.sub(r"\D", "", place)) in totals:
                column = column_of(place)
                assert cell[2] == f"SUM({column}{sheet.head + 1}:{column}{totals[0] - 1})"
                summed = sum(Decimal(sheet.cells[f"{column}{row}"][0] or 0) for row in range(sheet.head + 1, totals[0]))
                assert summed == Decimal(cell[0])


def test_the_joint_table_names_a_payee_that_is_another_than_the_claimant_and_tells_on_what_each_clause_rests_once(books):
    [sheet] = sheets(books["joint signature"])
    told = [cell[0] for place, cell in sheet.cells.items() if column_of(place) == "E"]
    assert [text for text in told if "收款单位" in text] == ["核准\n收款单位：示例19"]
    assert sheet.cells["A3"][0] == "条款依据：1.1 第一部分第（一）条第1项；1.2 第一部分第（一）条第2项；1.5 第一部分第（一）条第5项；2.1 第一部分第（二）条第1项"


def test_totals_stand_below_what_offices_add_up(books):
    for kind in ("joint signature", "awards", "register", "payment list", "waiting"):
        assert any(cell[2].startswith("SUM(") for cell in sheets(books[kind])[0].cells.values()), kind


def test_accounts_and_codes_stay_texts_of_all_their_digits(tmp_path):
    digits = ["620000000000000123", "000000000000000001", "411702199001011234", "=1+1", "1E5", "2024-06-30"]
    path = tmp_path / "book.xlsx"
    path.write_bytes(workbook([Sheet("表", "题", [Column("收款账号", 22)], [[one] for one in digits])]))
    [sheet] = sheets(path)
    assert [sheet.cells[f"A{row}"] for row in range(3, 3 + len(digits))] == [(one, "s", "", "@") for one in digits]
    assert [row[0] for row in read_cells(path)["表"][2:-1]] == digits


def test_the_accounts_of_a_payment_list_are_those_of_the_payees(books):
    [sheet] = sheets(books["payment list"])
    column = next(column_of(place) for place, cell in sheet.cells.items() if cell[0] == "收款账号")
    accounts = [cell for place, cell in sheet.cells.items() if column_of(place) == column and re.fullmatch(r"\d+", cell[0])]
    assert accounts and all(cell[1] == "s" and cell[3] == "@" and len(cell[0]) == 16 for cell in accounts)


def test_what_is_signed_has_lines_to_sign_on(books):
    signed = [cell[0] for cell in sheets(books["joint signature"])[0].cells.values() if "经办人：" in cell[0]]
    assert len(signed) == 2 and all("盖章" in line and "负责人：" in line and "日期：" in line for line in signed)
    assert len({line.index("经办人：") for line in signed}) == 1, "one below the other"
    for book, people in (("payment list", "制表：复核：审批：日期："), ("register", "制表：复核：负责人：日期：")):
        foot = [cell[0].replace("　", "") for cell in sheets(books[book])[0].cells.values() if cell[0]]
        assert foot[-1] == people and "合计" in foot[:-1], "at the foot, below the sums"


def pages_of(sheet: Written) -> list[range]:
    """The rows of each page, counted from 1, by the page breaks."""
    last = max(int(re.sub(r"\D", "", place)) for place in sheet.cells)
    starts = [1, *(int(one.attrib["id"]) + 1 for one in sheet.xml.iter(f"{MAIN}brk")), last + 1]
    return [range(*page) for page in zip(starts, starts[1:])]


@pytest.mark.parametrize("rows", [17, 18, 19, 20, 21, 37, 2500])
def test_people_sign_below_the_last_rows_and_the_total_and_never_on_a_page_alone(tmp_path, rows):
    listed = [[str(number), "示例", 100] for number in range(rows)]
    sheet = Sheet("表", "题", [Column("序号", 6), Column("单位", 30), Column("金额（元）", 16, "yuan")], listed, closing=["制表：", "审批："])
    (tmp_path / "book.xlsx").write_bytes(workbook([sheet]))
    [written] = sheets(tmp_path / "book.xlsx")
    heights = {int(row.attrib["r"]): float(row.attrib["ht"]) for row in written.xml.iter(f"{MAIN}row")}
    pages = pages_of(written)
    for number, page in enumerate(pages):
        assert sum(heights[row] for row in page) + (heights[written.head] if number else 0) < 595 - 2 * 0.6 * 72
    assert {rows + 2 + more for more in range(-1, 5)} <= {*pages[-1]}, "two rows, the total, a gap and the lines"
    assert len(pages) <= 2 + rows // 20


@given(st.lists(st.floats(20, HIGHEST_ROW), min_size=1, max_size=60), st.integers(0, 6), st.integers(80, 100))
@settings(max_examples=100, deadline=None)
def test_no_page_holds_more_than_goes_on_it_and_the_end_stays_together_where_it_can(heights, kept, scale):
    above, repeated, room = 80.0, 30.0, (595.3 - 2 * 0.6 * 72) * 100 / scale
    starts = [0, *breaks(heights, above, repeated, kept, scale), len(heights)]
    assert starts == sorted(set(starts))
    for start, end in zip(starts, starts[1:]):
        used = sum(heights[start:end]) + (repeated if start else above)
        assert used < room or end - start == 1
    kept = min(kept, len(heights))
    if kept and (above if kept == len(heights) else repeated) + sum(heights[-kept:]) < 0.92 * room:
        assert starts[-2] <= len(heights) - kept


@given(st.lists(st.tuples(st.integers(5, 60), st.floats(0.5, 1)), min_size=1, max_size=30), st.integers(0, 2), st.sampled_from([8, 9]))
@settings(max_examples=100, deadline=None)
def test_columns_are_printed_large_enough_whatever_there_are(columns, repeated, least):
    found = arrange([Width(width, width * part) for width, part in columns], repeated, least)
    assert least <= found.points <= 10 and all(width * part <= got + 0.01 and got <= width for got, (width, part) in zip(found.widths, columns))
    assert 1 <= found.first <= len(columns) and (found.pages_across == 1) == (found.first == len(columns))
    if found.pages_across == 1:
        assert sum(5.56 * (width + 0.71) for width in found.widths) * found.scale / 100 <= PRINTED_WIDTH


def test_a_sum_of_any_size_is_shown_in_digits(tmp_path):
    amount = 100_000_000_000_000_00
    (tmp_path / "book.xlsx").write_bytes(workbook([Sheet("表", "题", [Column("单位", 30), Column("金额（元）", 13, "yuan")], [["甲", amount], ["乙", amount]])]))
    [sheet] = sheets(tmp_path / "book.xlsx")
    assert widths(sheet)[1] >= len("200000000000000") + 2 + len(",,,,.") / 2 + 0.5, "as wide in the font of the workbook, with the space behind"
