"""The report in a browser: at the width of a desk and of a phone, and on paper."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from pathlib import Path

import pytest

from pipelines.months import approve_month, close_month
from tests.commands import few_claims
from tests.desktop.tools import boxes, look, printed, require_chinese_font
from tests.pages import read_page
from tests.settle import CASES, settle

pytestmark = pytest.mark.desktop
LOOKS_AT_REPORTS = True
A4 = (595, 842)


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, Path]:
    """The reports of a run and of a month, a sheet of a decided claim and one of a held claim."""
    require_chinese_font()
    place = tmp_path_factory.mktemp("pages")
    run = settle(place / "workspace", CASES / "boundaries" / "in", report=True).folder
    settle(place / "closed", few_claims(place / "may", "1.1-cap-1", "1.1-before", "1.5-manager", "2.1-limit", "1.2-ok"), "may", dt.date(2024, 5, 31), letters=True)
    close_month(place / "closed", "2024-05", "甲", dt.date(2024, 6, 3), None)
    approve_month(place / "closed", "2024-05", "纪要1", "乙", dt.date(2024, 6, 12), None)
    month = next((place / "closed" / "months").rglob("report.html"))
    return {"run": run / "report.html", "month": month, "gates": run / "gates.html", "notice": month.with_name("notice.html"), "decided": month.parent / "explain" / "2.1-limit.html", "held": run / "explain" / "v03-unknown.html"}


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["run", "month", "gates", "notice", "decided", "held"])
def test_a_page_fits_its_window_can_be_read_and_asks_for_nothing(pages, name, width, tmp_path):
    seen = look(pages[name], width, tmp_path)
    assert seen["width"] == width and seen["scrolls"] <= width and seen["outside"] == []
    assert seen["faint"] == [] and seen["unseen"] == []
    assert seen["console"] == []
    assert name not in ("run", "month") or seen["focusable"] > 20 and seen["lowest"] >= 9


@pytest.mark.parametrize("name", ["run", "month"])
def test_a_report_prints_on_a4_with_all_that_it_says(pages, name, tmp_path):
    sizes, words = boxes(printed(pages[name], tmp_path))
    assert sizes and all(abs(width - A4[0]) < 2 and abs(height - A4[1]) < 2 for width, height in sizes)
    assert all(left >= 20 and top >= 20 and right <= A4[0] - 20 and bottom <= A4[1] - 10 for _, left, top, right, bottom, _ in words)
    text = re.sub(r"\s", "", "".join(word for *_, word in words))
    cells = {re.sub(r"\s", "", cell.text) for table in read_page(pages[name]).all("table") for cell in table.all("th", "td")}
    missing = {cell for cell in cells if re.fullmatch(r"[\d,.]+|[\w.-]+", cell, re.ASCII) and cell not in text}
    assert len(cells) > 50 and missing == set()


@pytest.mark.parametrize("name", ["run", "month"])
def test_no_printed_page_of_a_report_is_almost_empty_or_ends_with_a_heading(pages, name, tmp_path):
    sizes, words = boxes(printed(pages[name], tmp_path))
    headings = {re.sub(r"\s", "", heading.text) for heading in read_page(pages[name]).all("h2", "h3", "figcaption")}
    for page in range(1, len(sizes) + 1):
        lines = defaultdict(str)
        for number, _, top, _, _, word in words:
            if number == page and top < A4[1] - 50:
                lines[round(top)] += word
        told = [lines[top] for top in sorted(lines)]
        assert len(told) > 3, (page, told)
        assert page == len(sizes) or max(lines) > A4[1] / 2 and not headings & set(told[-3:]), (page, max(lines), told[-3:])


def test_each_printed_page_of_a_report_bears_its_number(pages, tmp_path):
    sizes, words = boxes(printed(pages["run"], tmp_path))
    feet = ["".join(word for number, _, top, _, _, word in words if number == page and top > A4[1] - 50) for page in range(1, len(sizes) + 1)]
    assert len(sizes) > 2 and feet == [f"{page}/{len(sizes)}" for page in range(1, len(sizes) + 1)]
