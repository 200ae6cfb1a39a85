"""Empty input forms of a policy's tables, for claimants and offices to fill in: as CSV, and as workbooks with notes and drop-downs.

A filled workbook is read as it is (see claims/intake/sheets.py): its cells are texts, so that no program makes another number of what was typed.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from claims.intake.sheets import CHOICES, NOTES
from claims.policy.dictionary import NO_NEED, Need, needs_of
from claims.policy.model import Field, FieldType, Policy, Table
from claims.workbooks import Choice, Column, Sheet, workbook

ROWS, LINED = 300, 20
"""Rows with drop-downs, and those of them with lines, which an empty form prints; below them the cells are texts as well."""
LONGEST_LIST = 255
"""Characters that the words of a drop-down may come to, commas included, before they need a sheet of their own."""


@dataclass(frozen=True)
class _Form:
    """How cells of a type are written, and one of them."""

    written: str
    example: str


FORMS: dict[FieldType, _Form] = {
    "text": _Form("文字", "示例"),
    "place": _Form("文字，全称", "示例路1号"),
    "id": _Form("字母、数字、点、下划线、连字符，至多64位", "SP-2024-0001"),
    "uscc": _Form("18位统一社会信用代码", "91411702MA00000029"),
    "party": _Form("18位统一社会信用代码，或者18位居民身份号码", "91411702MA00000029"),
    "clause": _Form("条款号，从下拉列表选", ""),
    "year": _Form("四位公历年份", "2024"),
    "date": _Form("年-月-日", "2024-03-05"),
    "money": _Form("以元计的数字，至多两位小数，可以有千位分隔符，不写单位", "1234567.89"),
    "area": _Form("以平方米计的数字，至多两位小数，不写单位", "1200.50"),
    "unit_price": _Form("以每平方米计的数字，至多两位小数，不写单位", "35.50"),
    "percent": _Form("百分数，至多两位小数", "33.33"),
    "number": _Form("数字，至多六位小数", "0.85"),
    "count": _Form("整数，不写单位", "240"),
    "score": _Form("数字，至多两位小数", "95.50"),
    "choice": _Form("从下拉列表选", ""),
}
NOTE_COLUMNS = (
    Column("列名", 24, least=16), Column("含义", 44, least=26), Column("是否必填", 26, least=14), Column("怎样填写", 34, least=24), Column("示例", 23, least=22),
    Column("用于条款", 26, least=16), Column("依据", 40, least=20), Column("可选内容", 60, least=26),
)
RULES = (
    "每行填一件（一户），从表头下一行开始，不要改动表头，不要合并单元格；“合计”“总计”“小计”行不计入。",
    "所有单元格已设为文本格式，请直接输入，不要改为数值、日期格式，不要写公式：数值单元格会丢失位数，系统不予识别。从别处粘贴时选“只粘贴文本”。",
    "金额以表头所写单位计；以万元计的，把表头末尾的（元）改为（万元），整列都以万元填写。",
    "保存为 .xlsx，文件名开头不要改动（如 {name}），后面可以加单位、月份；也可以填同名的 .csv。",
)
"""What holds of every form; `name` is how the names of its files begin."""


def forms_of(policy: Policy) -> dict[str, bytes]:
    """The forms by file name: a CSV file and a workbook for each table."""
    needs = needs_of(policy)
    files = {}
    for table in (*policy.tables.values(), *policy.score_tables.values()):
        name = f"{table.name}-{table.title}"
        files[f"{name}.csv"] = _csv(table)
        files[f"{name}.xlsx"] = workbook([_form(policy, table), _notes(policy, table, needs), *_choices(policy, table)])
    return files


def _csv(table: Table) -> bytes:
    """The header row; the byte order mark tells office programs that the text is UTF-8."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(field.header for field in table.field)
    return text.getvalue().encode("utf-8-sig")


def _form(policy: Policy, table: Table) -> Sheet:
    columns = [Column(field.header, _width(field), is_open=True) for field in table.field]
    drop_downs = [Choice(place, range(ROWS), _offered(policy, table, field)) for place, field in enumerate(table.field) if _words(policy, field)]
    title = f"{table.title}表（{policy.head.document_no}）"
    return Sheet(table.title, title, columns, [[None] * len(columns)] * LINED, sums=False, choices=drop_downs, frozen_columns=1, endless=True)


def _width(field: Field) -> int:
    """Wide enough for the header on two lines, and for what is usually typed."""
    usual = {"text": 26, "place": 32, "uscc": 22, "party": 22, "money": 18, "choice": 18, "id": 18}.get(field.type, 13)
    return max(usual, len(field.header) + 3)


def _words(policy: Policy, field: Field) -> list[str]:
    """What a drop-down of a field offers."""
    return list(policy.clauses) if field.type == "clause" else list(field.choices.values())


def _is_long(words: list[str]) -> bool:
    return len(",".join(words)) > LONGEST_LIST


def _offered(policy: Policy, table: Table, field: Field) -> list[str] | str:
    """The words, or where they stand in the sheet of choices."""
    words = _words(policy, field)
    if not _is_long(words):
        return words
    from xlsxwriter.utility import xl_range_abs

    place, first = _long(policy, table).index(field), 2
    return f"='{CHOICES}'!{xl_range_abs(first, place, first + len(words) - 1, place)}"


def _long(policy: Policy, table: Table) -> list[Field]:
    return [field for field in table.field if _is_long(_words(policy, field))]


def _choices(policy: Policy, table: Table) -> Iterator[Sheet]:
    """The sheet of those choices that are too many for a drop-down by themselves, a column each."""
    fields = _long(policy, table)
    if fields:
        words = [_words(policy, field) for field in fields]
        rows = [[column[row] if row < len(column) else None for column in words] for row in range(max(map(len, words)))]
        yield Sheet(CHOICES, CHOICES, [Column(field.header, 20) for field in fields], rows, sums=False, hidden=True)


# ---------------------------------------------------------------- notes


def _notes(policy: Policy, table: Table, needs: dict[tuple[str, str], Need]) -> Sheet:
    rows = [_note(policy, table, field, needs.get((table.name, field.name), NO_NEED)) for field in table.field]
    rules = [f"{number}. {rule.format(name=table.name)}" for number, rule in enumerate(RULES, 1)]
    return Sheet(NOTES, f"{table.title}表填表说明", NOTE_COLUMNS, rows, subtitle=rules, sums=False)


def _note(policy: Policy, table: Table, field: Field, need: Need) -> list[str]:
    words, form = _words(policy, field), FORMS[field.type]
    articles = dict.fromkeys(policy.clauses[clause].article for clause in need.clauses)
    used_by = re.sub(r"（`[^`]+` ", "（", need.text.partition(" / ")[0])  # of a way its title, not the id that authors know it by
    return [
        field.header, "。".join(filter(None, [field.plain_title, field.note])), _required(policy, table, field, need),
        "，".join(filter(None, [form.written, _range_text(field)])), form.example or words[0], used_by,
        policy.head.document_no if len(articles) == len({clause.article for clause in policy.body.clause}) else "；".join(articles), "、".join(words),
    ]


def _required(policy: Policy, table: Table, field: Field, need: Need) -> str:
    """Whether a cell must be filled in; a claim's cell that only some clauses need may be empty for the others."""
    if field.name in table.key and not field.optional or table is policy.claims and field.name in policy.head.needs:
        return "必填"
    if table is policy.claims:
        return "“用于条款”所列的必填，其他留空" if need.clauses else "可以不填"
    return "可以不填" if field.optional else "应填，没有的留空" if table.unreadable == "load" else "必填"


def _range_text(field: Field) -> str:
    words = {"不小于": field.range.at_least, "大于": field.range.above, "不大于": field.range.at_most}
    return "，".join(f"{word}{bound}" for word, bound in words.items() if bound is not None)
