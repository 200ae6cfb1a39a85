"""Workbooks as they are written: every kind shows, prints and adds up as offices need it, and what is a code stays a code."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest

from claims.workbooks import Column, Sheet, read_cells, workbook
from tests.office_books import office_books

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
KINDS = ("joint signature", "awards", "register", "delivered", "payment list", "waiting", "bank exceptions", "review", "supplements", "supplement register")


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


@pytest.mark.parametrize("kind", KINDS)
def test_each_sheet_keeps_its_headings_in_view_and_prints_whole_on_the_width_of_a_page(books, kind):
    for sheet in sheets(books[kind]):
        pane, page = sheet.xml.find(f".//{MAIN}pane").attrib, sheet.xml.find(f"{MAIN}pageSetup").attrib
        assert pane["state"] == "frozen" and sheet.head >= 2
        assert sheet.xml.find(f"{MAIN}sheetPr/{MAIN}pageSetUpPr").attrib == {"fitToPage": "1"} and page["fitToHeight"] == "0"
        assert page["orientation"] == "landscape" and page["paperSize"] in ("8", "9")
        rows, columns = [int(re.sub(r"\D", "", place)) for place in sheet.cells], {column_of(place) for place in sheet.cells}
        last = re.fullmatch(r".+!\$A\$1:\$([A-Z]+)\$(\d+)", sheet.print_area)
        assert last and last[1] == max(columns, key=lambda name: (len(name), name)) and int(last[2]) >= max(rows)
        assert sheet.print_titles.endswith(f"!${sheet.head}:${sheet.head}")
        widths = [float(one.attrib["width"]) for one in sheet.xml.iter(f"{MAIN}col") for _ in range(int(one.attrib["min"]), int(one.attrib["max"]) + 1)]
        assert len(widths) == len(columns) and min(widths) >= 5
        assert sheet.xml.find(f"{MAIN}headerFooter/{MAIN}oddFooter").text == "&C第&P页，共&N页"


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
        foot = [cell[0].replace("　", "") for cell in sheets(books[book])[0].cells.values()]
        assert foot[-1] == people and "合计" in foot[:-1], "at the foot, below the sums"
