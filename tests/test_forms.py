"""Input forms: what they hold for each policy, and that a filled workbook is taken in like a CSV file of the same rows, cell by cell."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings, strategies as st

from claims.database import Database, scratch_database
from claims.errors import InputRefused
from claims.forms import forms_of
from claims.intake import Intake, list_folder, take_in
from claims.intake.sheets import NOTES, FilledForm
from claims.intake.reading import FileDefect
from claims.policy.model import SHIPPED, STARTER, Policy, find_policy, load_policy
from claims.record.store import enter_policy
from claims.workbook_reader import NO_TEXT
from claims.workbooks import sheets_as_typed
from tests.commands import few_claims, give_here
from tests.settle import CASES, decisions, settle

POLICIES = [load_policy(folder) for folder in (*sorted(SHIPPED.iterdir()), STARTER)]
BOUNDARIES = CASES / "boundaries" / "in"
CLAIMS = load_policy(find_policy(None)).claims


def as_workbook(rows: list[list[object]], name: str = "申报", others: dict[str, list[list[object]]] | None = None) -> bytes:
    """A workbook whose sheets hold some rows: texts as texts, what begins with = as a formula, anything else as it is."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        for title, cells in ({name: rows} | (others or {})).items():
            page = book.add_worksheet(title)
            for row, line in enumerate(cells):
                for place, cell in enumerate(line):
                    (page.write_string if isinstance(cell, str) else page.write)(row, place, cell)
    return file.getvalue()


def csv_rows(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


@pytest.fixture(scope="module")
def database(tmp_path_factory) -> Iterator[Database]:
    with scratch_database(tmp_path_factory.getbasetemp()) as database:
        enter_policy(database, POLICIES[0])
        yield database


def taken_in(database: Database, folder: Path) -> Intake:
    return take_in(database, POLICIES[0], list_folder(POLICIES[0], folder), folder / "scratch", set())


# ---------------------------------------------------------------- empty forms


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_there_is_a_form_of_every_table_with_its_headers_notes_and_drop_downs_and_the_same_bytes_each_time(policy: Policy, tmp_path):
    files = forms_of(policy)
    tables = [*policy.tables.values(), *policy.score_tables.values()]
    assert len(files) == 2 * len(tables) and files == forms_of(policy)
    for table in tables:
        name = f"{table.name}-{table.title}"
        headers = [field.header for field in table.field]
        assert files[f"{name}.csv"] == ("\ufeff" + ",".join(headers) + "\r\n").encode()
        sheets = sheets_as_typed(files[f"{name}.xlsx"])
        assert sheets[table.title][1] == headers and len(sheets[table.title]) == 2
        notes = {row[0]: row for row in sheets[NOTES]}
        assert all(all(notes[field.header][:5]) for field in table.field)
        assert all(field.note in notes[field.header][1] for field in table.field)
        with zipfile.ZipFile(io.BytesIO(files[f"{name}.xlsx"])) as packed:
            page = packed.read("xl/worksheets/sheet1.xml").decode()
        assert page.count("<dataValidation ") == sum(field.type in ("choice", "clause") for field in table.field)


def test_the_notes_say_which_clauses_need_a_field_and_the_article_of_each():
    notes = {row[0]: row for row in sheets_as_typed(forms_of(POLICIES[0])["claims-申报.xlsx"])[NOTES]}
    assert notes["申报编号"][2] == "必填" and notes["申请金额（元）"][2] == "可以不填"
    assert notes["受托管理企业信用代码"][5:7] == ["1.5", "第一部分第（一）条第5项"]
    assert "购买、租赁" in notes["取得方式"][7] and "大于0" in notes["实收资本（元）"][3]


def test_the_notes_name_a_way_of_a_clause_by_its_title_alone():
    told = [row[5] for row in sheets_as_typed(forms_of(POLICIES[0])["claims-申报.xlsx"])[NOTES] if len(row) > 5]
    assert any("（购买办公用房）" in text for text in told) and not any(re.search("[a-z]", text) for text in told)


def test_the_forms_are_written_and_what_was_filled_in_is_not_written_over(tmp_path):
    assert give_here("template", cwd=tmp_path).returncode == 0
    assert give_here("template", "forms", cwd=tmp_path).returncode == 0
    (tmp_path / "forms" / "claims-申报.csv").write_text("filled", encoding="utf-8")
    done = give_here("template", "forms", cwd=tmp_path)
    assert done.returncode == 2 and "claims-申报.csv" in done.stderr and (tmp_path / "forms" / "claims-申报.csv").read_text() == "filled"


def test_empty_forms_are_taken_in_as_tables_without_rows(database, tmp_path):
    for name, content in forms_of(POLICIES[0]).items():
        (tmp_path / name).write_bytes(content)
    taken = taken_in(database, tmp_path)
    assert taken.fates == {"ignored": 12} and not any(file.not_read for file in taken.files)


# ---------------------------------------------------------------- filled forms


def test_a_month_of_forms_gives_the_same_decisions_as_the_same_month_of_csv_files(known_edges, tmp_path):
    forms, named = tmp_path / "forms", {table.name: table.title for table in POLICIES[0].tables.values()}
    forms.mkdir()
    for path in sorted(BOUNDARIES.glob("*.csv")):
        (forms / f"{path.stem}.xlsx").write_bytes(as_workbook(csv_rows(path), named[path.stem]))
    one, other = known_edges / "out" / "night", settle(tmp_path / "workspace", forms).folder
    for name in ("decisions.csv", "exceptions.csv", "line_fates.csv"):
        assert (one / name).read_text(encoding="utf-8").replace(".csv", ".xlsx") == (other / name).read_text(encoding="utf-8")


CELLS = st.sampled_from([
    "", " ", "1.1", "3.0", "9.9", "2021", "99", "2021-03-05", "20210305", "2021年3月5日 0:00", "５0000000", "50,000,000.00", "1e8", "-1", "0", "购买", "rent",
    "合计", "总 计", "A-1", "A-2", "=1+1", "+86", "@x", "91411702MA00000029", "多\n行", "a,b", 'say "so"', " 示例路 1号 ", "\u3000",
])
ROWS = st.lists(st.lists(CELLS, min_size=len(CLAIMS.field), max_size=len(CLAIMS.field)), min_size=1, max_size=6)


@given(title=st.lists(st.sampled_from(["申报表", "2024年6月"]), max_size=2), rows=ROWS, wan=st.booleans())
@settings(max_examples=6, deadline=None)
def test_any_rows_are_read_alike_from_a_csv_file_and_from_a_form(database, tmp_path_factory, title, rows, wan):
    headers = [field.header.replace("（元）", "（万元）") if wan else field.header for field in CLAIMS.field]
    table = [*([line] + [""] * (len(headers) - 1) for line in title), headers, *rows]
    folders = [tmp_path_factory.mktemp("read") for _ in range(2)]
    assert read_as(database, folders[0], table, ".csv") == read_as(database, folders[1], table, ".xlsx")


def read_as(database, folder: Path, table: list[list[str]], suffix: str) -> tuple[list[tuple], list[tuple]]:
    """The fates and the typed claims of a table, as a file of a kind; the lines of a CSV record are counted as rows are."""
    if suffix == ".csv":
        text = io.StringIO()
        csv.writer(text).writerows([[cell.replace("\n", "\u2028") for cell in row] for row in table])
        (folder / "claims.csv").write_text(text.getvalue(), encoding="utf-8", newline="")
    else:
        (folder / "claims.xlsx").write_bytes(as_workbook([[cell.replace("\n", "\u2028") for cell in row] for row in table]))
    taken_in(database, folder)
    last = max((number for number, row in enumerate(table, 1) if any(cell.strip() for cell in row)), default=0)
    fates = database.rows("select line, fate, claim_id, reason from line_fate where line <= ? order by line", [last])
    return fates, database.rows("select * exclude (file, file_sha256) from incoming_claim order by line")


NUMBERS = {"数值": 50000000, "日期或时间": dt.date(2021, 6, 1), "逻辑值": True}


def marked(place: str, kind: str, text: str) -> str:
    return f"{NO_TEXT}{place}（{kind}），请设为文本格式后重新填写〕{text}"


def test_a_cell_that_holds_no_text_is_told_with_its_name_and_kind():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        page = book.add_worksheet("申报")
        for row, cell in enumerate(NUMBERS.values(), 6):
            page.write(row, 1, cell, book.add_format({"num_format": "yyyy-mm-dd"}) if row == 7 else None)
        page.write_formula("A2", "=1+1", None, 2)
        page.write_formula("B2", '="甲"', None, "甲")
        page.write_formula("C2", "=NA()", None, "#N/A")
        page.write_formula("Z30", "=NA()", None, "#N/A")
    sheet = sheets_as_typed(file.getvalue())["申报"]
    assert [row[1] for row in sheet[6:9]] == [marked("B7", "数值", "50000000"), marked("B8", "日期或时间", "2021-06-01"), marked("B9", "逻辑值", "TRUE")]
    assert sheet[1][:3] == [marked("A2", "公式", "2"), marked("B2", "公式", "甲"), marked("C2", "公式", "#N/A")]
    assert sheet[29][25] == marked("Z30", "公式", "#N/A")


def test_an_error_value_that_was_typed_is_not_an_empty_cell():
    content = as_workbook([["x"], ["#N/A"]])
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, text.replace(b'<c r="A2" t="s"><v>1</v></c>', b'<c r="A2" t="e"><v>#N/A</v></c>') if name.endswith("sheet1.xml") else text)
    assert sheets_as_typed(file.getvalue()) == {"申报": [["x"], [marked("A2", "错误值", "#N/A")]]}


def test_a_numeric_cell_of_a_claim_holds_it_whatever_the_field_and_the_message_names_the_cell(tmp_path):
    folder = few_claims(tmp_path / "in", "1.1-cap-1")
    header, row = csv_rows(folder / "claims.csv")
    (folder / "claims.csv").unlink()
    places = {"paid_in_capital_yuan": 50000000, "premises": 7, "uscc": 9.1411702e17}
    rows = [[*row] for _ in places]
    for number, (name, value) in enumerate(places.items()):
        rows[number][0], rows[number][header.index(name)] = f"N-{number}", value
    (folder / "claims.xlsx").write_bytes(as_workbook([header, *rows]))
    finished = settle(tmp_path / "workspace", folder)
    told = list(csv.DictReader((finished.folder / "exceptions.csv").open(encoding="utf-8")))
    unread = {line["claim_id"]: line for line in told if line["code"] == "V02"}
    assert list(unread) == ["N-0", "N-1", "N-2"]
    for number, name in enumerate(places):
        place = f"{'ABCDEFGHIJKLMNOPQRS'[header.index(name)]}{number + 2}"
        line = unread[f"N-{number}"]
        assert line["raw_value"].startswith(f"{NO_TEXT}{place}（数值）") and line["field"] == name and line["line"] == str(number + 2)


def test_a_row_with_a_numeric_cell_that_only_moved_is_the_same_row(database, tmp_path):
    header, row = ([*line] for line in csv_rows(BOUNDARIES / "claims.csv")[:2])
    row[header.index("paid_in_capital_yuan")] = 50000000
    (tmp_path / "claims.xlsx").write_bytes(as_workbook([header, row, [], row]))
    taken_in(database, tmp_path)
    fates = database.rows("select line, fate, reason from line_fate order by line")
    assert fates[1:] == [(2, "loaded", None), (3, "ignored", "空行"), (4, "duplicate", "与第2行内容相同")]


def test_where_no_row_may_be_left_out_a_numeric_cell_refuses_the_run_and_is_named(database, tmp_path):
    header, *rows = csv_rows(BOUNDARIES / "prior_awards.csv")
    rows[0][header.index("awarded_yuan")] = 1000.5
    (tmp_path / "prior_awards.xlsx").write_bytes(as_workbook([header, *rows], "以前年度兑现"))
    with pytest.raises(InputRefused, match=rf"prior_awards.xlsx:2: “{NO_TEXT}D2（数值）.*1000.5” under “已兑现金额（元）” cannot be read"):
        taken_in(database, tmp_path)


# ---------------------------------------------------------------- which sheet, and what is no form


def test_the_sheet_of_the_forms_name_is_read_and_other_filled_sheets_are_told(tmp_path):
    folder = few_claims(tmp_path / "in", "1.1-cap-1")
    rows = csv_rows(folder / "claims.csv")
    (folder / "claims.csv").unlink()
    (folder / "claims.xlsx").write_bytes(as_workbook([["草稿"]], "草稿", {"申报": rows, "空": [], NOTES: [["说明"]]}))
    finished = settle(tmp_path / "workspace", folder)
    assert finished.not_read == ("claims.xlsx, sheet “草稿”",) and len(decisions(finished).splitlines()) == 2


def test_the_only_filled_sheet_is_read_whatever_its_name_and_of_several_none():
    assert FilledForm(CLAIMS, as_workbook([["x"]], "Sheet1", {"Sheet2": []})).sheet == "Sheet1"
    with pytest.raises(FileDefect, match="2 sheets hold data .*name the one that is meant “申报”"):
        FilledForm(CLAIMS, as_workbook([["x"]], "Sheet1", {"Sheet2": [["y"]]}))


def test_problems_of_a_form_name_its_sheet_and_row(database, tmp_path):
    header = [field.header for field in CLAIMS.field]
    (tmp_path / "claims-1.xlsx").write_bytes(as_workbook([["申报表"], [*header[:-1], "惊喜"], ["x"] * (len(header) + 1)]))
    (tmp_path / "claims-2.xlsx").write_bytes(as_workbook([header, ["x"] * (len(header) + 1)]))
    with pytest.raises(InputRefused) as refused:
        taken_in(database, tmp_path)
    unknown, headless = refused.value.problems
    assert unknown.startswith("claims-1.xlsx:2: sheet “申报”: unknown header “惊喜” in column 19")
    assert headless.startswith("claims-2.xlsx:2: sheet “申报”: “x” stands in column 20, which has no header")


NO_FORMS = {
    "a text that is called so": b"\xe7\x94\xb3\xe6\x8a\xa5",
    "a packed file of another kind": as_workbook([["x"]])[:200],
    "an old workbook, or one with a password": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512,
    "nothing": b"",
}


@pytest.mark.parametrize("content", NO_FORMS.values(), ids=NO_FORMS)
@pytest.mark.parametrize("name", ["claims.xlsx", "claims.xls"])
def test_what_is_no_xlsx_workbook_is_refused_with_how_to_mend_it_and_not_passed_over(database, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputRefused, match=f"{name}:1: .*save it as .xlsx"):
        taken_in(database, tmp_path)
