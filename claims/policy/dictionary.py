"""The data dictionary of a policy, in Chinese and English: every input table, its columns, and which clauses need them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from claims.policy.compiler import CompiledPolicy, Rule
from claims.policy.expression import names_in
from claims.policy.model import Field, Policy, Range, Table

HOLDS = {
    "claims": "申报，每行一件 / claims, one a row",
    "reference": "基础资料，同一主键以后来的行为准 / reference rows, a later row of the same key replaces",
    "awards": "此前的兑现，同一主键以后来的行为准 / what was paid before, a later row of the same key replaces",
    "scores": "一年的得分，由`claims commend`读取 / scores of an evaluation, read by `claims commend`",
}
UNREADABLE = {
    "load": "无法识别的单元格不影响该行载入 / a row with an unreadable cell is loaded",
    "refuse": "有无法识别的单元格时拒绝整批 / an unreadable cell refuses the run",
}
TYPES = {
    "text": "文本 / text", "place": "地点，比较时不计空白和全半角 / place, compared without white space and in one form",
    "id": "编号，字母、数字、点、下划线、连字符，至多64位 / identifier: letters, digits, dot, underscore, hyphen, 64 at most",
    "uscc": "18位信用代码 / credit code of 18 characters",
    "clause": "条款号 / id of a clause", "year": "公历年份 / calendar year",
    "date": "日期，如2021-03-05 / date", "money": "金额，至多两位小数 / amount, two decimals at most",
    "area": "面积，至多两位小数 / area, two decimals at most", "unit_price": "单价，每平方米，至多两位小数 / price of a square metre, two decimals at most",
    "number": "数，至多六位小数 / a plain number, six decimals at most", "percent": "百分比，至多两位小数 / percentage, two decimals at most",
    "choice": "选项 / choice", "score": "得分，至多两位小数 / score, two decimals at most",
    "party": "信用代码或居民身份号码 / credit code, or a resident's identity number", "count": "个数，整数 / a whole number",
}
UNITS = {
    "yuan": "元 / yuan", "m2": "平方米 / m²", "yuan/m2": "元/平方米 / yuan per m²", "pct": "%", "year": "年 / year", "count": "个 / pieces", "point": "分 / points",
}
ALL = "全部 / all"
COLUMNS = ("字段 field", "表头 header", "类型 type", "单位 unit", "范围 range", "选项 choices", "列可缺省 optional column", "需要的条款 needed by")


def dictionary(policy: Policy) -> str:
    """The whole dictionary as Markdown."""
    head = policy.head
    lines = [
        f"# 数据字典 / Data dictionary：{head.title}（{head.document_no}）", "",
        f"由 `claims policy dictionary` 按政策 `{policy.id}` 的表格定义生成。文件为CSV或xlsx，文件名以表名开头；表头可用英文字段名，也可用中文表头；",
        "金额的中文表头可以（万元）结尾，单元格即以万元计。未列条款的字段只作留存、显示，或供核对申报之用。", "",
        f"Made by `claims policy dictionary` from the tables of the policy `{policy.id}`. Files are CSV or xlsx, and begin with the table's name; a",
        "header is the English field name or the Chinese header; the Chinese header of an amount may end in （万元）, its cells then count",
        "10,000 yuan. A field that no clause is named for is kept and shown, or read by the checks on a claim alone.", "",
    ]
    needs = needs_of(policy)
    for table in (*policy.tables.values(), *policy.score_tables.values()):
        lines += _table_lines(policy, table, needs)
    return "\n".join(lines)


def _table_lines(policy: Policy, table: Table, needs: dict[tuple[str, str], Need]) -> Iterator[str]:
    yield f"## {table.title} / `{table.name}`"
    yield ""
    yield f"- 文件 files：`{table.name}*.csv`、`{table.name}*.xlsx`"
    yield "- 主键 key：" + "、".join(f"`{name}` {table.fields[name].header}" for name in table.key)
    yield f"- 内容 content：{HOLDS[table.holds]}"
    yield f"- 单元格 cells：{UNREADABLE[table.unreadable]}"
    yield ""
    yield _row(COLUMNS)
    yield _row(["---"] * len(COLUMNS))
    for field in table.field:
        yield _row([
            f"`{field.name}`", field.header, TYPES[field.type], UNITS.get(field.unit or "", ""), _range_text(field.range),
            "<br>".join(f"`{code}` {word}" for code, word in field.choices.items()), "是 / yes" if field.optional else "",
            needs.get((table.name, field.name), NO_NEED).text,
        ])
    yield ""


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _range_text(bounds: Range) -> str:
    signs = {"≥": bounds.at_least, ">": bounds.above, "≤": bounds.at_most}
    return "，".join(f"{sign} {bound}" for sign, bound in signs.items() if bound is not None)


# ---------------------------------------------------------------- which clauses need a field


@dataclass(frozen=True)
class Need:
    """What needs a field: in words, in both languages where they are no ids, and the ids of the clauses that do."""

    text: str
    clauses: tuple[str, ...] = ()


NO_NEED = Need("")


def needs_of(policy: Policy) -> dict[tuple[str, str], Need]:
    """What needs each field, by the names of table and field; a field of the claims that nothing needs has an empty need, others none."""
    return _paid(policy) | _looked_up(policy) | _claimed(policy) | _ranked(policy)


def _paid(policy: Policy) -> dict[tuple[str, str], Need]:
    """The particulars that payments and letters take."""
    payment = policy.body.payment
    return dict.fromkeys([(payment.table, name) for name in (payment.name, payment.bank, payment.account)], Need("付款和通知书 / payment and letters"))


def _ranked(policy: Policy) -> dict[tuple[str, str], Need]:
    """The fields that the commendation takes."""
    commendation = policy.body.commendation
    if commendation is None:
        return {}
    taken = (commendation.ranked, commendation.year, commendation.score, commendation.parent)
    return {(commendation.table, name): Need(commendation.id) for name in taken}


def _claimed(policy: Policy) -> dict[tuple[str, str], Need]:
    """The clauses that need each field of the claims; with the way where only one of a clause does."""
    return {(policy.claims.name, field.name): _claimed_by(policy, field) for field in policy.claims.field}


def _claimed_by(policy: Policy, field: Field) -> Need:
    if field.name in (*policy.claims.key, *policy.head.needs):
        return Need(ALL, tuple(policy.clauses))
    whole = [clause.id for clause in policy.body.clause if field.name in clause.needs]
    by_way: dict[str, list[str]] = {}
    for clause in policy.body.clause:
        for way in policy.ways_of(clause):
            if field.name in way.needs:
                by_way.setdefault(f"（`{way.id}` {way.title}）", []).append(clause.id)
    text = "、".join([*whole, *("、".join(clauses) + way for way, clauses in by_way.items())])
    return Need(text, tuple(dict.fromkeys([*whole, *(clause for clauses in by_way.values() for clause in clauses)])))


def _looked_up(policy: Policy) -> dict[tuple[str, str], Need]:
    """The clauses whose rules look a field of another table up, or find its row by it."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for rule in CompiledPolicy(policy).rules:
        for place in _places(policy, rule):
            found.setdefault(place, {})[rule.clause] = None
    return {
        place: Need(ALL if clauses.keys() == policy.clauses.keys() else "、".join(clauses), tuple(clauses)) for place, clauses in found.items()
    }


def _places(policy: Policy, rule: Rule) -> Iterator[tuple[str, str]]:
    """The (table, field) pairs that a rule looks up: by a join, by a lookup, and what they are found by."""
    for fact in rule.facts:
        prefix, _, rest = fact.name.partition(".")
        if rest:
            join = policy.joins[prefix]
            yield from ((join.table, name) for name in (rest, *join.on))
        elif fact.name in policy.lookups:
            lookup = policy.lookups[fact.name]
            fields = policy.tables[lookup.table].fields
            yield from ((lookup.table, name) for name in (*lookup.fields, *lookup.on, *names_in(lookup.when)) if name in fields)
    if rule.limits:
        yield from ((policy.awards.name, field.name) for field in policy.awards.field if field.role)
