"""Intake: from a folder of CSV files to typed tables, with a fate for every line and all defects of all files at once."""

import csv
import datetime as dt
import hashlib
import io
import re
from collections import deque
from decimal import Decimal, localcontext

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.database import connect
from claims.errors import InputRefused
from claims.intake import InputFile, Notice, list_folder, reading, typed_relation_sql
from claims.policy.model import CodesFile, CoverageFile, FactsFile, Policy, ReadingsFile
from tests.intake_support import POLICY, USCC, Desk, award, claim, csv_text, desk, institution, typed  # noqa: F401

FEW = settings(max_examples=40, deadline=None)


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    """Types texts as cells of a field."""
    scratch = tmp_path_factory.mktemp("cells")
    with connect(scratch / "cells.duckdb") as database:
        yield lambda field, texts, table="claims", wan=False: typed(database, scratch, table, field, texts, wan)


# Headers, encodings, line ends


@pytest.mark.parametrize("header", ["field", "header"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_file_reads_the_same_in_either_language_and_every_encoding(desk, header, encoding):
    row = claim("A-1", clause="2.1", tenure="租赁", premises="文明大道１号", rent_paid_yuan="1,234.50", rent_from="2021/1/1")
    desk.put("claims.csv", csv_text("claims", row, header=header), encoding)
    desk.take_in()
    assert desk.claims("claim_id, claimant, clause, claim_year, tenure, premises, rent_paid_fen, rent_from, file, line") == [
        ("A-1", USCC, "2.1", 2021, "rent", "文明大道1号", 123450, dt.date(2021, 1, 1), "claims.csv", 2)
    ]
    assert desk.claims("raw.premises, raw.tenure, raw.amount_claimed_yuan") == [("文明大道１号", "租赁", None)]


def test_the_language_of_headers_the_order_of_columns_and_the_money_unit_do_not_change_the_content(desk):
    row = claim("A-1", fund_size_yuan="200000000.10")
    desk.put("claims1.csv", csv_text("claims", row))
    columns = list(reversed(csv_text("claims", row | {"fund_size_yuan": "20000.00001"}, header="header").split("\n")[0].split(",")))
    names = {field.header: field.name for field in POLICY.claims.field}
    cells = [(row | {"fund_size_yuan": " 20,000.000010 "}).get(names[column], "") for column in columns]
    text = ",".join(columns).replace("基金规模（元）", " 基金规模(万元) ") + "\n" + ",".join(f'"{cell}"' for cell in cells) + "\n"
    desk.put("claims2.csv", text, "gb18030")
    desk.take_in()
    assert desk.claims("fund_size_fen, wan") == [(20000000010, [])]
    assert desk.fates()[-1] == ("claims2.csv", 2, "duplicate", "A-1", "与claims1.csv第2行内容相同")


def test_a_header_in_ten_thousands_is_kept_with_the_line_so_that_it_can_be_typed_again(desk):
    desk.put("claims.csv", csv_text("claims", claim("A-1", fund_size_yuan="1.5"), header="header").replace("基金规模（元）", "基金规模（万元）"))
    desk.take_in()
    assert desk.claims("wan, raw.fund_size_yuan, fund_size_fen") == [(["fund_size_yuan"], "1.5", 1500000)]


def test_a_column_without_header_is_fine_while_it_is_empty(desk):
    header, row = csv_text("claims", claim("A-1")).split()
    desk.put("claims.csv", f"{header},,\n{row},,x\n")
    problems = desk.refusal()
    desk.put("claims.csv", f"{header},,\n{row},, \n")
    desk.take_in()
    assert desk.claims("claim_id") == [("A-1",)]
    assert problems == ("claims.csv:2: “x” stands in column 21, which has no header: name the column in line 1 or empty it",)


def test_optional_columns_may_be_absent(desk):
    desk.put("claims.csv", csv_text("claims", claim("A-1"), skip=("amount_claimed_yuan",)))
    desk.take_in()
    assert desk.claims("amount_claimed_fen, raw.amount_claimed_yuan") == [(None, None)]


def test_titles_totals_and_blank_lines_are_ignored_and_keep_their_numbers(desk):
    text = csv_text("claims", claim("A-1"), claim("合 计", uscc="x"), claim("", uscc=" 总计"), claim("合计公司"), header="header")
    desk.put("claims.csv", "驻马店市申报表,,\n\n单位：元\n" + text + " ,\u3000\n小计\n")
    result = desk.take_in()
    assert [(line, fate, reason) for _, line, fate, _, reason in desk.fates()] == [
        (1, "ignored", "标题行"), (2, "ignored", "空行"), (3, "ignored", "标题行"), (4, "ignored", "表头"), (5, "loaded", None),
        (6, "ignored", "合计行"), (7, "ignored", "合计行"), (8, "rejected", "申报编号不合规：合计公司"), (9, "ignored", "空行"), (10, "ignored", "合计行"),
    ]
    assert result.fates == {"ignored": 8, "loaded": 1, "rejected": 1}


@pytest.mark.parametrize("titles", [5, 6])
def test_five_title_lines_are_recognised_and_a_sixth_is_too_many(desk, titles):
    desk.put("claims.csv", "标题\n" * titles + csv_text("claims", claim("A-1")))
    if titles == 5:
        assert desk.take_in().fates == {"ignored": 6, "loaded": 1}
    else:
        assert [problem[:26] for problem in desk.refusal()] == ["claims.csv:1: no header ro"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_counts_one_line(desk, end):
    desk.put("claims.csv", csv_text("claims", claim("A-1"), claim("A-2"), end=end).removesuffix(end))
    desk.take_in()
    assert desk.claims("claim_id, line") == [("A-1", 2), ("A-2", 3)]


def test_a_record_with_quoted_line_breaks_has_the_number_of_its_first_line(desk):
    rows = [claim("A-1", premises='文明大道\r\n1号\n"东"楼'), claim("A-2")]
    desk.put("claims.csv", csv_text("claims", *rows, end="\r\n"))
    result = desk.take_in()
    assert desk.claims("claim_id, line, premises, raw.premises") == [
        ("A-1", 2, '文明大道1号"东"楼', '文明大道\r\n1号\n"东"楼'), ("A-2", 5, None, None),
    ]
    assert [line for _, line, *_ in desk.fates()] == [1, 2, 5]
    assert result.files[0].lines == 3


def test_a_file_with_a_header_alone_is_taken_in(desk):
    desk.put("claims.csv", csv_text("claims"))
    result = desk.take_in()
    assert result.fates == {"ignored": 1}
    assert desk.claims("claim_id") == []


# Cells


@pytest.mark.parametrize(("text", "fen"), [
    ("0", 0), ("-0", 0), ("-5", -500), ("1234.5", 123450), ("1,234,567.89", 123456789), ("１，２３４．５０", 123450), ("－５", -500), ("007", 700),
    ("1.500", 150), ("999999999999999.99", 99999999999999999), ("000000000000000000000000000000000000001", 100),
    ("1000000000000000", None), ("+5", None), ("1e3", None), ("1.005", None), ("1.2万元", None), ("12%", None), ("1,23", None), ("1234,567", None),
    (".5", None), ("5.", None), ("--5", None), ("1 000", None), ("1_000", None), ("٣", None), ("0x10", None), ("nan", None), ("inf", None),
    ("¥5", None), ("5元", None), ("", None),
])
def test_money_is_read_to_the_fen_or_not_at_all(cells, text, fen):
    assert cells("vat_retained_yuan", [text], "retained_tax") == [fen]


def test_the_limit_of_fifteen_digits_holds_after_the_conversion_from_ten_thousands(cells):
    texts = ["99999999999.999999", "100000000000", "0.000001", "0.0000001", "1.0000010"]
    assert cells("vat_retained_yuan", texts, "retained_tax", wan=True) == [99999999999999999, None, 1, None, 1000001]


def decimal_fen(text: str, wan: bool) -> int | None:
    """The same rule, told again with Decimal."""
    if not re.fullmatch(r"-?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?", text):
        return None
    with localcontext() as context:
        context.prec = 200
        yuan = Decimal(text.replace(",", "")) * (10_000 if wan else 1)
        fen = yuan * 100
        return int(fen) if fen == fen.to_integral_value() and abs(yuan) < 10**15 else None


AMOUNTS = st.one_of(
    st.text("0123456789,.-+e", max_size=12),
    st.decimals(-(10**17), 10**17, allow_nan=False, places=None).map(str),
    st.decimals(-(10**12), 10**12, places=6).map("{:,f}".format),
    st.decimals(-(10**16), 10**16, places=2).map(lambda number: f"{number:f}00"),
)


@FEW
@given(st.lists(AMOUNTS, min_size=30, max_size=60), st.booleans())
def test_money_in_yuan_and_in_ten_thousands_equals_decimal_arithmetic(cells, texts, wan):
    assert cells("vat_retained_yuan", texts, "retained_tax", wan) == [decimal_fen(text, wan) for text in texts]


@pytest.mark.parametrize(("text", "date"), [
    ("2021-03-05", dt.date(2021, 3, 5)), ("2021-3-5", dt.date(2021, 3, 5)), ("2021/3/5", dt.date(2021, 3, 5)), ("2021.3.5", dt.date(2021, 3, 5)),
    ("20210305", dt.date(2021, 3, 5)), ("2021年3月5日", dt.date(2021, 3, 5)), ("２０２１－０３－０５", dt.date(2021, 3, 5)),
    ("2021-03-05 00:00:00", dt.date(2021, 3, 5)), ("2021/3/5 0:00", dt.date(2021, 3, 5)), ("20210305 00:00:00.000", dt.date(2021, 3, 5)),
    ("2021-03-05T00:00:00", dt.date(2021, 3, 5)), ("2021年3月5日　00：00", dt.date(2021, 3, 5)), ("2021/12/31", dt.date(2021, 12, 31)),
    ("2024-02-29", dt.date(2024, 2, 29)), ("2023-02-29", None), ("2021-13-01", None), ("2021-03-05 08:00:00", None), ("2021-3/5", None),
    ("21-03-05", None), ("2021-03", None), ("202135", None), ("0000-01-01", None), ("infinity", None), ("epoch", None), ("44260", None),
    ("2021-03-05 (BC)", None), ("05/03/2021", None), ("2021-03-050", None),
])
def test_dates_are_read_in_the_forms_that_offices_write(cells, text, date):
    assert cells("purchased_on", [text]) == [date]


@pytest.mark.parametrize(("field", "table", "text", "value"), [
    ("clause", "claims", "3.0", "3"), ("clause", "claims", "3.00", "3"), ("clause", "claims", "２．１", "2.1"), ("clause", "claims", "2.10", None),
    ("clause", "claims", "4", None), ("clause", "claims", "3.", None),
    ("claim_year", "claims", "2021.0", 2021), ("claim_year", "claims", "2,021", 2021), ("claim_year", "claims", "2021.5", None),
    ("claim_year", "claims", "1999", None), ("claim_year", "claims", "2000", 2000), ("claim_year", "claims", "2101", None),
    ("claim_year", "claims", "99999999999", None), ("claim_year", "claims", "2021年", None),
    ("uscc", "claims", "９１411701ma0000001p", USCC), ("uscc", "claims", "1.005", "1.005"),
    ("tenure", "claims", "RENT", "rent"), ("tenure", "claims", "租赁", "rent"), ("tenure", "claims", "ｒｅｎｔ", "rent"), ("tenure", "claims", "租", None),
    ("city_share_pct", "institutions", "33.33%", 3333), ("city_share_pct", "institutions", "33.3％", 3330),
    ("city_share_pct", "institutions", "100", 10000), ("city_share_pct", "institutions", "100.01", None), ("city_share_pct", "institutions", "-1", None), ("city_share_pct", "institutions", "1%%", None),
    ("floor_area_m2", "claims", "0.01", 1), ("floor_area_m2", "claims", "0", None), ("floor_area_m2", "claims", "12㎡", None),
    ("rent_paid_yuan", "claims", "-5", None), ("invested_yuan", "claims", "0", 0), ("name", "institutions", "示例'机构", "示例'机构"),
    ("claim_id", "claims", "Ａ-1", None), ("claim_id", "claims", "a" * 64, "a" * 64), ("claim_id", "claims", "a" * 65, None),
])
def test_other_cells_are_read_as_the_contract_says(cells, field, table, text, value):
    assert cells(field, [text], table) == [value]


def test_white_space_of_every_kind_is_trimmed_around_a_cell(desk):
    desk.put("claims.csv", csv_text("claims", claim("\u3000A-1\u00a0", premises="\ufeff 文明\u3000大道 １\u00a0号\t", tenure="\u2003")))
    desk.take_in()
    assert desk.claims("claim_id, raw.premises, premises, place.premises, raw.tenure") == [("A-1", "文明\u3000大道 １\u00a0号", "文明大道1号", "文明大道1号", None)]


def test_an_unreadable_or_out_of_range_cell_does_not_reject_a_claim_and_its_raw_text_is_kept(desk):
    desk.put("claims.csv", csv_text("claims", claim("A-1", rent_paid_yuan="1e3", claim_year="1999", tenure="借", submitted_on="2021-02-30")))
    desk.take_in()
    assert desk.claims("rent_paid_fen, raw.rent_paid_yuan, claim_year, raw.claim_year, tenure, raw.tenure, submitted_on") == [
        (None, "1e3", None, "1999", None, "借", None)
    ]


def test_a_held_claim_is_typed_again_from_its_raw_line(desk):
    row = claim("A-1", clause="2.1", premises="Ａ 座", fund_size_yuan="3")
    desk.put("claims.csv", csv_text("claims", row, header="header").replace("基金规模（元）", "基金规模（万元）"))
    desk.take_in()
    kept = "(select file, file_sha256, file_order, line, wan, raw as cell, place, claim_id, content from incoming_claim)"
    again = typed_relation_sql(POLICY, POLICY.claims, kept)
    assert desk.rows(f"select * from ({again})") == desk.claims("* exclude (content, doubled, changed)")


# The two ways of splitting a file


PIECES = [",", "\n", "\r\n", "a", "合计", " ", "\u3000", "\u2028", "\x0b", "\x1c", "\ufeff", "\x01", "\t", "'", "\\", "#", "x,y"]
HOSTILE = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


def measured(text: str, width: int) -> list[tuple]:
    """What the csv module says of a text, in the shape of `blocks`."""
    rows, line = [], 1
    csv.field_size_limit(reading.LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    for cells in reader:
        padded = [*cells[:width], *[None] * (width - len(cells))]
        rows.append((line, any(cell.strip(reading.WHITE_SPACE) for cell in cells[width:]), len(cells), padded))
        line = reader.line_num + 1
    return rows


def split(text: str, width: int) -> list[tuple]:
    frames = list(reading.blocks(text.encode(), width))
    names = reading.cell_columns(width)
    return [(row["line"], row["more"], row["width"], [row[name] for name in names]) for frame in frames for row in frame.rows(named=True)]


def told_alike(rows: list[tuple]) -> list[tuple]:
    """An empty line is one empty cell or none at all, and white space around cells is trimmed later: both make no difference."""
    return [
        (line, more, width if any(cells) or more or width > 1 else 0, [(cell or "").strip(reading.WHITE_SPACE) for cell in cells])
        for line, more, width, cells in rows
    ]


@settings(max_examples=300, deadline=None)
@given(HOSTILE, st.integers(1, 4), st.sampled_from([8, 1 << 20]))
def test_splitting_set_wise_and_reading_record_by_record_give_the_same(text, width, block_bytes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "BLOCK_BYTES", block_bytes)
        assert told_alike(split(text, width)) == told_alike(measured(text, width))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.one_of(HOSTILE, st.sampled_from(['"a\nb"', '"a\r""b"', '""', '"1,2"', '"x""y"', '"', "\r", "申" * 41, " " * 41, "a" * 40])), max_size=8).map(",".join),
    st.integers(1, 4), st.sampled_from([8, 1 << 20]))
def test_text_with_quotes_lone_carriage_returns_or_long_cells_gives_the_records_and_the_defect_that_csv_tells(text, width, block_bytes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "BLOCK_RECORDS", 3)
        patch.setattr(reading, "BLOCK_BYTES", block_bytes)
        patch.setattr(reading, "LONGEST_CELL", 40)
        try:
            expected = measured(text, width)
        except csv.Error:
            with pytest.raises(reading.FileDefect) as one_by_one:
                deque(reading.records(text.encode()), maxlen=0)
            with pytest.raises(reading.FileDefect) as in_blocks:
                split(text, width)
            assert in_blocks.value.problems == one_by_one.value.problems
        else:
            assert told_alike(split(text, width)) == told_alike(expected)


CELLS = st.sampled_from(["", "1.2", "2021", "2021-12-01", "1e3", "-5", " 7 ", "１２", "1,234", "=1+1", "'", "\u3000", "x" * 41, "2024-02-30", "合计", "\u202e", "é"])
ROWS = st.tuples(st.sampled_from(["A-1", "A-2", "A-3", "a-1", " A-1", ""]), st.lists(CELLS, min_size=18, max_size=18)).map(lambda row: ",".join([row[0], *row[1]]) + "\n")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(ROWS, ROWS, HOSTILE), min_size=1, max_size=8).map("".join))
def test_both_ways_of_reading_give_the_same_fates_cells_and_refusals_whatever_the_file(tmp_path_factory, text):
    told = []
    for has_plain_lines in (reading._has_plain_lines, lambda text: False):
        desk = Desk(tmp_path_factory.mktemp("desk"))
        desk.put("claims.csv", csv_text("claims", claim("A-1"), claim("A-2", rent_paid_yuan="100.00")) + text)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reading, "_has_plain_lines", has_plain_lines)
            try:
                desk.take_in()
                told.append((desk.fates(), desk.rows("select * from incoming_claim order by line")))
            except InputRefused as refused:
                told.append(refused.problems)
        desk.database.close()
    assert told[0] == told[1]


def test_a_quoted_line_break_changes_the_way_of_reading_and_nothing_else(desk, monkeypatch):
    by_record = []
    monkeypatch.setattr(reading, "frames_of", lambda *given, read=reading.frames_of: by_record.append(given) or read(*given))
    rows = [claim("A-1"), claim("合计"), claim(""), claim("A/2"), claim("A-1"), claim("A-4", rent_paid_yuan="1e3")]
    plain = csv_text("claims", *rows) + "\n , \n,小计,\nA-3,x,y\n"
    desk.put("claims.csv", plain)
    desk.take_in()
    fates, content = desk.fates(), desk.claims("claim_id, line, content")
    assert by_record == []
    desk.put("claims.csv", plain + '"跨\n行"\n')
    desk.take_in()
    assert len(by_record) == 1 and (desk.fates()[:-1], desk.claims("claim_id, line, content")) == (fates, content)


# Fates


def test_every_line_of_every_file_has_one_fate(desk):
    desk.put("claims1.csv", "标题\n" + csv_text("claims", claim("A-1"), claim("A-1"), claim(""), claim("#1"), claim("A-2")) + "a,b\n\n")
    desk.put("claims2.csv", csv_text("claims", claim("A-1"), claim("A-2", clause="3")))
    desk.put("claims3.csv", (desk.folder / "claims2.csv").read_bytes())
    desk.put("institutions.csv", csv_text("institutions", institution(), institution(uscc="")))
    result = desk.take_in()
    lines = {"claims1.csv": 9, "claims2.csv": 3, "claims3.csv": 3, "institutions.csv": 3}
    assert [fate[:2] for fate in desk.fates()] == [(name, line + 1) for name, count in lines.items() for line in range(count)]
    assert [file.lines for file in result.files] == [9, 3, 3, 3]
    assert sum(result.fates.values()) == 18
    assert desk.rows("select file_order, file, table_name, lines, no_op from input_file order by file_order") == [
        (0, "claims1.csv", "claims", 9, False), (1, "claims2.csv", "claims", 3, False), (2, "claims3.csv", "claims", 3, True),
        (3, "institutions.csv", "institutions", 3, False),
    ]


def test_rejected_lines_say_why(desk):
    text = csv_text("claims", claim(""), claim("-x"), claim("A-1"))
    desk.put("claims.csv", text + "A-2,x\n" + "A-3" + "," * 19 + "\n")
    desk.put("retained_tax.csv", csv_text("retained_tax", {"uscc": USCC}, {"year": "2021"}))
    desk.take_in()
    assert [fate[1:] for fate in desk.fates() if fate[2] == "rejected"] == [
        (2, "rejected", None, "申报编号为空"), (3, "rejected", None, "申报编号不合规：-x"), (5, "rejected", None, "列数不符：应为19列，实为2列"),
        (6, "rejected", None, "列数不符：应为19列，实为20列"), (2, "rejected", None, "年度为空"), (3, "rejected", None, "统一社会信用代码为空"),
    ]


def test_a_file_taken_in_before_or_standing_twice_is_a_duplicate_as_a_whole(desk):
    first = desk.put("claims1.csv", csv_text("claims", claim("A-1")))
    desk.put("claims2.csv", first.read_bytes())
    desk.put("institutions.csv", csv_text("institutions", institution()))
    sha256 = hashlib.sha256((desk.folder / "institutions.csv").read_bytes()).hexdigest()
    result = desk.take_in({sha256})
    assert [fate for fate in desk.fates() if fate[0] != "claims1.csv"] == [
        ("claims2.csv", 1, "duplicate", None, "与文件claims1.csv相同"), ("claims2.csv", 2, "duplicate", None, "与文件claims1.csv相同"),
        ("institutions.csv", 1, "duplicate", None, "该文件此前已接收"), ("institutions.csv", 2, "duplicate", None, "该文件此前已接收"),
    ]
    assert desk.rows("select count(*) from typed_institutions") == [(0,)]
    assert result.files[2] == InputFile("institutions.csv", sha256, "institutions", 2, True)


def test_an_id_with_different_contents_shows_its_last_line_and_names_it_at_the_earlier_ones(desk):
    desk.put("claims1.csv", csv_text("claims", claim("A-1", clause="1.1"), claim("A-1", clause="1.2")))
    desk.put("claims2.csv", csv_text("claims", claim("A-1", clause="1.1"), claim("A-1", clause="1.3"), claim("A-1", clause="1.2"), claim("B-1")))
    desk.take_in()
    assert desk.claims("claim_id, clause, file, line, doubled, changed") == [
        ("A-1", "1.3", "claims2.csv", 3, True, False), ("B-1", "1.2", "claims2.csv", 5, False, False),
    ]
    assert [fate for fate in desk.fates() if fate[2] != "ignored"] == [
        ("claims1.csv", 2, "loaded", "A-1", "编号重复，以claims2.csv第3行为准"), ("claims1.csv", 3, "loaded", "A-1", "编号重复，以claims2.csv第3行为准"),
        ("claims2.csv", 2, "duplicate", "A-1", "与claims1.csv第2行内容相同"), ("claims2.csv", 3, "loaded", "A-1", None),
        ("claims2.csv", 4, "duplicate", "A-1", "与claims1.csv第3行内容相同"), ("claims2.csv", 5, "loaded", "B-1", None),
    ]


def test_claims_decided_or_held_before_are_duplicates_until_their_content_differs(desk):
    desk.put("claims1.csv", csv_text("claims", claim("A-1"), claim("A-2"), claim("A-3")))
    desk.take_in()
    desk.decide("A-1")
    desk.decide("A-2")
    desk.hold("A-3")
    desk.clear()
    rows = [claim("A-1", submitted_on="2021年12月1日"), claim("A-2", clause="1.3"), claim("A-3"), claim("A-3", clause="3")]
    desk.put("claims2.csv", csv_text("claims", *rows))
    desk.take_in()
    assert [fate[1:] for fate in desk.fates()] == [
        (1, "ignored", None, "表头"), (2, "duplicate", "A-1", "与已决定的申报内容相同"), (3, "loaded", "A-2", None),
        (4, "duplicate", "A-3", "与待处理的申报内容相同"), (5, "loaded", "A-3", None),
    ]
    assert desk.claims("claim_id, changed, doubled") == [("A-2", True, False), ("A-3", False, False)]
    desk.hold("A-2", changed=True)
    desk.put("claims2.csv", csv_text("claims", claim("A-2", clause="1.3"), claim("A-2", clause="1.2"), claim("A-2", clause="1.1")))
    desk.take_in()
    assert [fate[2:5] for fate in desk.fates()][1:] == [
        ("duplicate", "A-2", "与待处理的申报内容相同"), ("duplicate", "A-2", "与已决定的申报内容相同"), ("loaded", "A-2", None),
    ]
    assert desk.claims("claim_id, clause, changed, doubled") == [("A-2", "1.1", True, False)]


def test_content_counts_an_unreadable_cell_by_its_text_and_an_out_of_range_one_by_its_value(desk):
    pairs = [("1e3", "1e3"), ("1e3", "1E3"), ("-5", "-5.00"), ("-5", "-6"), ("5", "5.0"), ("5", "")]
    rows = [claim(f"A-{number}", rent_paid_yuan=text) for number, pair in enumerate(pairs) for text in pair]
    desk.put("claims.csv", csv_text("claims", *rows))
    desk.take_in()
    assert desk.claims("doubled") == [(False,), (True,), (False,), (True,), (False,), (True,)]


def test_content_keeps_cells_apart(desk):
    rows = [claim("A-1", tenure="a", premises="b"), claim("A-1", tenure="ab"), claim("A-1", premises="ab")]
    desk.put("claims.csv", csv_text("claims", *rows))
    assert desk.take_in().fates == {"ignored": 1, "loaded": 3}


def test_content_is_a_digest_that_later_versions_must_keep(desk):
    desk.put("claims.csv", csv_text("claims", claim("A-1", rent_paid_yuan="12.5", tenure="借")))
    desk.take_in()
    told = ["claim_id=A-1", "claim_year=2021", "clause=1.2", "rent_paid_yuan=1250", "submitted_on=2021-12-01", "tenure?借", f"uscc={USCC}"]
    assert desk.claims("content") == [(hashlib.sha256("\0".join(told).encode()).hexdigest(),)]


def test_a_reference_row_that_says_what_the_row_before_said_is_a_duplicate_and_a_return_to_older_content_is_not(desk):
    names = ["甲", "甲", "乙", "甲", "甲"]
    desk.put("institutions1.csv", csv_text("institutions", *(institution(name=name) for name in names[:4])))
    desk.put("institutions2.csv", csv_text("institutions", institution(name="甲", city_share_pct="33.330%"), institution(uscc="X", name="甲")))
    desk.take_in()
    assert desk.rows("select file, line, name from typed_institutions order by file_order, line") == [
        ("institutions1.csv", 2, "甲"), ("institutions1.csv", 4, "乙"), ("institutions1.csv", 5, "甲"), ("institutions2.csv", 3, "甲"),
    ]
    assert [fate[:3] + fate[4:] for fate in desk.fates() if fate[2] == "duplicate"] == [
        ("institutions1.csv", 3, "duplicate", "与第2行内容相同"), ("institutions2.csv", 2, "duplicate", "与institutions1.csv第5行内容相同"),
    ]


def test_unreadable_cells_of_reference_rows_are_loaded_and_noticed(desk):
    desk.put("institutions.csv", csv_text("institutions", institution(sector="银 行", city_share_pct="101", established_on="")))
    desk.put("retained_tax.csv", csv_text("retained_tax", {"uscc": USCC, "year": "二〇二一", "vat_retained_yuan": "1"}))
    result = desk.take_in()
    assert result.notices == [
        Notice("institutions.csv", 2, "机构类别", "银 行"),
        Notice("institutions.csv", 2, "市级受益比例（%）", "101"),
        Notice("retained_tax.csv", 2, "年度", "二〇二一"),
    ]
    assert desk.rows("select sector, city_share_bp, raw.sector from typed_institutions") == [(None, None, "银 行")]


def test_awards_have_one_column_for_their_amount_and_may_be_negative(desk):
    desk.put("prior_awards.csv", csv_text("prior_awards", award(awarded_yuan="-1.50"), award(awarded_yuan="2", voucher_no="7")))
    desk.take_in()
    assert desk.rows("select claimant, clause, claim_year, awarded_fen, awarded_on, voucher_no from typed_prior_awards order by line") == [
        (USCC, "1.2", 2021, -150, dt.date(2021, 12, 30), None), (USCC, "1.2", 2021, 200, dt.date(2021, 12, 30), "7"),
    ]


def test_other_files_and_folders_are_named_and_not_read(desk):
    desk.put("claims.csv", csv_text("claims"))
    desk.put("budget.csv", b"\xff")
    desk.put("claims.pdf", b"")
    (desk.folder / "claims-old.csv").mkdir()
    listing = list_folder(POLICY, desk.folder)
    assert [name for name, _ in listing.readable] == ["claims.csv"]
    assert listing.not_read == ["budget.csv", "claims-old.csv", "claims.pdf"]


def test_the_next_night_starts_afresh(desk):
    desk.put("claims1.csv", csv_text("claims", claim("A-1")))
    desk.put("institutions.csv", csv_text("institutions", institution()))
    desk.take_in()
    desk.clear()
    desk.put("claims2.csv", csv_text("claims", claim("A-2")))
    desk.take_in()
    assert desk.claims("claim_id") == [("A-2",)]
    assert desk.rows("select count(*) from typed_institutions") == [(0,)]


def test_a_folder_whose_name_looks_like_a_pattern_is_only_a_folder(tmp_path):
    root = tmp_path / "2024[06]'*"
    root.mkdir()
    desk = Desk(root)
    desk.put("claims.csv", csv_text("claims", claim("A-1")))
    assert desk.take_in().fates == {"ignored": 1, "loaded": 1}


# Refusals


BAD_FILES = [
    (b"", "claims.csv:1: no header row"),
    (b"\xef\xbb\xbf\n \n", "claims.csv:1: no header row"),
    (b"a,b\nc,d\n", "claims.csv:1: no header row"),
    (csv_text("claims", claim("A-1")).encode() + b"A\0B\n", "claims.csv:3: a NUL character"),
    (csv_text("claims", claim("A-1")).encode("utf-16-le"), "claims.csv:1: a NUL character"),
    (csv_text("claims", claim("A-1", premises="驻马店市驿城区")).encode() + b"\xff\n", "claims.csv:3: byte 0xFF is no UTF-8 text"),
    (csv_text("claims", claim("A-1", premises="驻马店市驿城区")).encode().replace(b"\xe5\xba\x97", b"\xe5\xba"), "claims.csv:2: byte 0xE5 is no UTF-8 text"),
    (csv_text("claims", claim("A-1", premises="驻马店")).encode("gb18030") + b"\r\n\x80\n", "claims.csv:4: byte 0x80 is no GB18030 text"),
    (csv_text("claims").encode("utf-16")[:-1], "claims.csv:1: byte 0x0A is no UTF-16 text"),
    (csv_text("claims", claim("A-1")).encode() + b'A-2,"open\nA-3,x\n', 'claims.csv:3: a quoted cell that begins in this record is never closed'),
    (csv_text("claims", claim("A-1")).encode() + b'A-2,"x"y\n', "claims.csv:3: wrong quoting up to line 3"),
    (csv_text("claims").replace("uscc,", "usc,", 1).encode(), "claims.csv:1: unknown header “usc” in column 2: rename it to “uscc”"),
    (csv_text("claims").replace("clause", "§§", 1).encode(), "claims.csv:1: unknown header “§§” in column 3: correct the name or remove"),
    (csv_text("claims", skip=("clause",)).encode(), "claims.csv:1: the column “申报条款” (clause) is missing"),
    (csv_text("claims").replace("\n", ",申报条款\n").encode(), "claims.csv:1: “clause” (column 3) and “申报条款” (column 20) are headers of"),
    (csv_text("claims").replace("\n", ",基金规模(万元)\n").encode(), "claims.csv:1: “fund_size_yuan” (column 15) and “基金规模(万元)” (column 20)"),
]


@pytest.mark.parametrize(("content", "problem"), BAD_FILES, ids=[problem[:60] for _, problem in BAD_FILES])
def test_a_file_that_cannot_be_read_as_a_whole_refuses_the_run(desk, content, problem):
    desk.put("claims.csv", content)
    assert any(found.startswith(problem) for found in desk.refusal()), desk.refusal()


def test_all_problems_of_all_files_are_reported_at_once(desk):
    desk.put("claims.csv", csv_text("claims", skip=("clause", "uscc")) + '"open\n')
    desk.put("institutions.csv", b"\0")
    desk.put("prior_awards.csv", csv_text("prior_awards", award(awarded_yuan="1e3")) + "x\n")
    assert [problem.split(": ")[0] for problem in desk.refusal()] == [
        "claims.csv:1", "claims.csv:1", "claims.csv:2", "institutions.csv:1", "prior_awards.csv:3", "prior_awards.csv:2",
    ]


@pytest.mark.parametrize(("cells", "problem"), [
    ({"awarded_yuan": "1.005"}, "prior_awards.csv:2: “1.005” under “已兑现金额（元）” cannot be read"),
    ({"awarded_yuan": ""}, "prior_awards.csv:2: “已兑现金额（元）” is empty"),
    ({"uscc": " "}, "prior_awards.csv:2: “统一社会信用代码” is empty"),
    ({"clause": "9.9"}, "prior_awards.csv:2: “9.9” under “条款” cannot be read"),
    ({"awarded_on": "2021-02-30"}, "prior_awards.csv:2: “2021-02-30” under “兑现日期” cannot be read"),
    ({"claim_year": ""}, "prior_awards.csv:2: “所属年度” is empty"),
])
def test_a_prior_award_that_cannot_be_read_whole_refuses_the_run(desk, cells, problem):
    desk.put("prior_awards.csv", csv_text("prior_awards", award(**cells)))
    assert [found[: len(problem)] for found in desk.refusal()] == [problem]


def test_a_prior_award_with_a_wrong_number_of_cells_refuses_the_run(desk):
    desk.put("prior_awards.csv", csv_text("prior_awards", award()) + "合计,,,1\nx,y\n")
    assert desk.refusal() == ("prior_awards.csv:4: 2 cells instead of 6: correct the row, none of this table may be left out",)


# Another policy


OTHER = """
[[table]]
name = "rows"
title = "申请"
holds = "claims"
key = ["number"]
field = [
  { name = "number", header = "编号", type = "id", role = "claim_id" },
  { name = "sum_yuan", header = "金额（元）", type = "money", range = { at_least = 10 } },
]

[[table]]
name = "paid"
title = "已付"
holds = "awards"
key = ["who"]
unreadable = "refuse"
field = [
  { name = "who", header = "单位", type = "text", role = "claimant" },
  { name = "paid_yuan", header = "金额（元）", type = "money", role = "award" },
]
"""


def test_another_policys_tables_are_taken_in_without_a_change_of_the_program(tmp_path):
    other = Policy(tmp_path, {}, (msgspec.structs.replace(POLICY.body, clause=[]), msgspec.toml.decode(OTHER, type=FactsFile), CodesFile(code=[]), ReadingsFile(reading=[]), CoverageFile(item=[])))
    desk = Desk(tmp_path, other)
    desk.put("rows.csv", "编号,金额（万元）\nR1,0.001\nR2,0.0009\n")
    desk.put("paid.csv", "单位,金额（元）\n甲,5\n")
    desk.take_in()
    assert desk.claims("claim_id, sum_fen, raw.sum_yuan") == [("R1", 1000, "0.001"), ("R2", None, "0.0009")]
    assert desk.rows("select claimant, awarded_fen from typed_paid") == [("甲", 500)]
