"""The codes of a policy as a page of the Chinese guide: what each means, who does what about it, and what follows."""

from __future__ import annotations

from collections.abc import Iterator

from claims.policy.model import Case, Code, Policy

KINDS = {
    "exception": ("待人工处理", "机器不应决定的申报，须由人处理；在此之前不核定、不付款。"),
    "refusal": ("不予支持", "按规定不能给予奖补；通知书写明理由，随月份批准编号发出。"),
    "reduction": ("核减", "核定金额少于计算金额，或者只算了一部分；通知书写明核减的原因和算式。"),
    "waiver": ("复核放行", "列在核定结果旁，不影响金额。"),
}
"""What the codes of a kind are called, and what they mean for a claim."""
REFUSED = "无须再办；申报单位有异议的，在公示期内提出，发文以后依法申请行政复议或者提起行政诉讼"
DETECTED = {
    "changed": "原决定不变。财政部门用 `claims adjust` 更正，或者 `--set-aside` 维持，另一人同意；不在复核工作簿中处理",
    "doubled": "申报单位或经办人保留正确的一行，用原编号重新报送；或者由复核人员放行",
    "unknown_value": "经办人按所列单元格核对申报和有关表格，补充或者更正后报送，下一批次自动再试；复核人员可以退回补正或者不予支持，不能放行",
    "waived": "无须再办；发现不应放行的，用 `claims adjust 申报编号 --withdraw-waiver 代码` 撤销，另一人同意",
    "refused_on_review": REFUSED,
    "withdrawn": "申报单位可以用新的编号重新申报；补正通知书所写的期限已过",
}
"""What is done about codes that the engine or people bring, where it is not what is done about others of their kind."""


def code_list(policy: Policy) -> str:
    """All codes as Markdown, by kind, in the policy's order."""
    head = policy.head
    lines = [f"# 代码：{head.title}（{head.document_no}）", "", f"由 `claims policy codes` 按政策 `{policy.id}` 的 `codes.toml` 生成。", ""]
    for kind, (title, meaning) in KINDS.items():
        codes = [code for code in policy.codes.values() if code.kind == kind]
        if codes:
            lines += [f"## {title}", "", meaning, ""]
            lines += [line for code in codes for line in _code_lines(policy, code)]
    return "\n".join(lines)


def _code_lines(policy: Policy, code: Code) -> Iterator[str]:
    found, _, asks = code.message_zh.partition("。")
    yield f"### {code.id} {code.title}"
    yield ""
    yield f"- 含义：{found.replace('：{cells}', '').replace('{cells}', '有关单元格')}。"
    clauses = list(dict.fromkeys(clause for case in code.case for clause in case.clauses or ()))
    if clauses:
        yield f"- 条款：{'、'.join(clauses)}"
    if asks:
        yield f"- 要求：{asks.replace('{article}', code.article or '有关条文')}"
    yield f"- 谁做什么：{_who(policy, code)}。"
    if code.kind == "exception":
        yield f"- 可否放行：{'可以' if code.waivable else '不可以'}"
    yield ""


def _who(policy: Policy, code: Code) -> str:
    if code.detect in DETECTED:
        return DETECTED[code.detect]
    if code.kind != "exception":
        return REFUSED if code.kind == "refusal" else "无须再办；申报单位有异议的，在公示期内提出"
    if code.determines:
        return "主管部门在复核工作簿的“处理”中选“核定”，填核定金额；下一批次按此计算"
    review = "放行、退回补正或者不予支持" if code.waivable else "退回补正或者不予支持，不能放行"
    return f"{_mends(policy, code)}；复核人员可以{review}"


def _mends(policy: Policy, code: Code) -> str:
    """Who mends what an exception is about: the office, where it is about a table that the office keeps, else whoever sent the claim."""
    again = "申报单位（经办人转告）用原编号重新报送更正后的行"
    if code.sticky:
        return f"{again}（补充其他表格不会自动消除）"
    if any("working_day_known(" in case.when for case in code.case):
        return "经办人在工作区的 `calendar.toml` 补充节假日安排，下一批次自动再试"
    joins = [join for join in policy.joins.values() if any(_asks(case, join.name) for case in code.case)]
    tables = "、".join(dict.fromkeys(f"“{policy.tables[join.table].title}”" for join in joins))
    if joins and all(any(_asks(case, join.name) for join in joins) for case in code.case):
        return f"经办人取得{tables}表中应有的行并报送，下一批次自动再试；申报填错的，{again}"
    return f"{again}，下一批次自动再试" + (f"；{tables}表有误的，由经办人取得更正的行并报送" if joins else "")


def _asks(case: Case, join: str) -> bool:
    """Whether a situation is about a row that is looked up."""
    return f"found({join})" in case.when or any(name.startswith(f"{join}.") for name in (*case.cells, *case.each_empty))
