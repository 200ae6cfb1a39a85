"""Workbooks in LibreOffice: it adds up the totals anew to the same sums, and prints each sheet on the width of a page, large
enough to read."""

from __future__ import annotations

import itertools
import math
import re
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from pypdf import PdfReader

from claims.forms import forms_of
from claims.policy.model import SHIPPED, load_policy
from claims.workbooks import Column, Sheet, read_cells, workbook
from tests.desktop.tools import boxes, converted
from tests.office_books import office_books
from tests.test_workbooks import KINDS, MAIN, SIGNED, column_of, pages_of, printed_columns, sheets

pytestmark = pytest.mark.desktop


@pytest.fixture(scope="module")
def books(tmp_path_factory) -> dict[str, Path]:
    return office_books(tmp_path_factory.mktemp("books"))


@pytest.mark.parametrize("kind", KINDS)
def test_an_office_suite_adds_up_to_the_same_and_reads_the_same_texts(books, kind, tmp_path):
    # by way of a format that keeps no computed values, so that the totals are computed anew
    saved = converted(converted(without_values(books[kind], tmp_path), "ods", tmp_path), "xlsx", tmp_path)
    assert read_cells(saved) == read_cells(books[kind])


def without_values(book: Path, folder: Path) -> Path:
    """A copy in which formulas have no values."""
    target = folder / book.name
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", content) if name.startswith("xl/worksheets/") else content)
    return target


@pytest.fixture(scope="module")
def papers(books, tmp_path_factory) -> dict[str, Path]:
    """The workbooks as they come out of the printer."""
    return {kind: converted(book, "pdf", tmp_path_factory.mktemp("printed")) for kind, book in books.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_each_sheet_prints_on_landscape_pages_with_nothing_cut_off_and_hidden_sheets_do_not(books, papers, kind):
    sizes, words = boxes(papers[kind])
    assert {(round(width), round(height)) for width, height in sizes} == {(842, 595)}, "A4 across"
    assert all(left >= 0 and top >= 0 and right <= sizes[page - 1][0] and bottom <= sizes[page - 1][1] for page, left, top, right, bottom, _ in words)
    told = "".join(text for *_, text in words)
    assert "请勿改动" not in told and "###" not in told
    shown = Counter(char for sheet in sheets(books[kind]) for place, cell in sheet.cells.items() if column_of(place) in printed_columns(sheet)
                    for char in cell[0] if cell[1] == "s" and not char.isspace())
    assert not shown - Counter(told)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_printed_is_large_enough_to_read(papers, kind):
    for page in PdfReader(papers[kind]).pages:
        assert smallest(page) >= (9 if kind in SIGNED else 8)


@pytest.mark.parametrize("kind", KINDS)
def test_each_page_begins_with_title_or_headings_and_says_its_number_and_its_lines_are_seen_whole(books, papers, kind):
    pages = [(sheet, rows) for sheet in sheets(books[kind]) for rows in pages_of(sheet)]
    sizes, words = boxes(papers[kind])
    assert len(sizes) == len(pages)
    for number, (sheet, rows) in enumerate(pages, 1):
        on_page = [word for word in words if word[0] == number]
        told = "".join(text for *_, text in on_page)
        assert f"第{number}页，共{len(pages)}页" in told and "".join(sheet.cells[f"A{sheet.head}"][0].split()) in told
        assert not [word for word in on_page if crossed(word, lines_between(sheet, rows, PdfReader(papers[kind]).pages[number - 1]))]


LONG = (
    "扣除此前已核定780,000.00元，不属于核减", "核减后核准（R01、R02、R03）\n部分期间不在享受期内\n补助总额上限：核减2,704,200.00元", "不予支持（E02、E03、E09）",
    "1.5 合伙制股权投资基金落户奖励（给予受托管理企业） 2023年度", "2.3 保险、证券机构市级分支机构营业场所补助 2022年度", "SP-2024-0296", "1.1-once-b",
    "驻马店示例旺民股权投资基金合伙企业（有限合伙） 91411799MA25925943", "示例佛山（中国）证券、保险股份有限公司“营运”总部 91411799MA9506173R",
    "收款单位：示例旭兴私募基金管理有限公司", "institutions-2024-06.csv:16，retained_tax-2024-06.csv:128", "驻财金〔2024〕1234号、驻财金〔2024〕1235号",
)
"""What is hard to break into lines: amounts, codes, and marks that begin or end no line."""


def test_texts_of_every_width_are_seen_whole(tmp_path):
    widths = (10, 13, 17, 22, 23, 25, 32)
    rows = [[text if place == column else "" for column in range(len(widths))] for text in LONG for place in range(len(widths))]
    (tmp_path / "book.xlsx").write_bytes(workbook([Sheet("表", "题", [Column("列", width) for width in widths], rows)]))
    [sheet] = sheets(tmp_path / "book.xlsx")
    printed = converted(tmp_path / "book.xlsx", "pdf", tmp_path)
    pages, (sizes, words) = PdfReader(printed).pages, boxes(printed)
    assert len(sizes) == len(pages_of(sheet))
    for number, rows in enumerate(pages_of(sheet), 1):
        lines = lines_between(sheet, rows, pages[number - 1])
        assert not [word for word in words if word[0] == number and crossed(word, lines)]


def smallest(page) -> float:
    """The size of the smallest text of a page, in points."""
    sizes = []
    page.extract_text(visitor_text=lambda text, matrix, text_matrix, _, size: text.strip() and sizes.append(
        size * math.hypot(*text_matrix[2:4]) * math.hypot(*matrix[2:4])))
    return round(min(sizes), 2)


def lines_between(sheet, rows: range, page) -> list[float]:
    """Where the lines between the rows of a page lie, in points from its upper edge."""
    scale, heights = smallest(page) / 10, {int(row.attrib["r"]): float(row.attrib.get("ht", 0)) for row in sheet.xml.iter(f"{MAIN}row")}
    shown = [*([] if sheet.head in rows else [sheet.head]), *rows]
    return list(itertools.accumulate((heights[row] * scale for row in shown), initial=0.6 * 72))


def crossed(word: tuple, lines: list[float]) -> bool:
    """Whether a word stands on a line between rows; boxes are a little higher than what is seen of a word."""
    _, _, top, _, bottom, _ = word
    edge = (bottom - top) / 4
    return any(top + edge < line < bottom - edge for line in lines)


@pytest.mark.parametrize("policy", sorted(SHIPPED.iterdir()), ids=lambda folder: folder.name)
def test_an_empty_form_prints_a_page_of_lines_and_notes_large_enough_to_read(policy, tmp_path):
    name, form = max(forms_of(load_policy(policy)).items(), key=lambda file: len(file[1]))
    (tmp_path / "form.xlsx").write_bytes(form)
    [lined, notes] = sheets(tmp_path / "form.xlsx")[:2]
    pages = PdfReader(converted(tmp_path / "form.xlsx", "pdf", tmp_path)).pages
    across = int(lined.xml.find(f"{MAIN}pageSetup").attrib.get("fitToWidth", 1))
    assert len(pages) == across + len(pages_of(notes)) and min(map(smallest, pages)) >= 8, name
