"""Workbooks in LibreOffice: it adds up the totals anew to the same sums, and prints each sheet on the width of a page."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from claims.workbooks import read_cells
from tests.desktop.tools import boxes, converted
from tests.office_books import office_books
from tests.test_workbooks import KINDS

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


@pytest.mark.parametrize("kind", KINDS)
def test_each_sheet_prints_on_landscape_pages_with_nothing_cut_off(books, kind, tmp_path):
    sizes, words = boxes(converted(books[kind], "pdf", tmp_path))
    assert sizes and all(width > height for width, height in sizes)
    assert all(left >= 0 and top >= 0 and right <= sizes[page - 1][0] and bottom <= sizes[page - 1][1] for page, left, top, right, bottom, _ in words)
