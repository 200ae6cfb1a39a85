"""A policy in print: its contents, a clause with figures, rules and readings, or the SQL that a clause compiles to."""

from __future__ import annotations

from collections.abc import Iterator

from claims.database import Database
from claims.policy.compiler import CompiledPolicy, NameScope
from claims.policy.model import Alternative, Ceiling, Clause, Commendation, Places, Policy, Reading, Way
from claims.trace import band_text, printed_figure, result_text, status_text, title_of, unit_word

ROUNDING_WORDS = {"half_up": "四舍五入到", "down": "向下取至", "up": "向上取至"}


def show_contents(policy: Policy) -> str:
    """The policy's table of contents."""
    head = policy.head
    lines = [f"{head.title}（{head.document_no}）　{head.issued_on} 印发，自 {head.effective_from} 起施行", ""]
    lines += [f"{clause.id:>4}  {clause.title}（{clause.article}）" for clause in policy.body.clause]
    if commendation := policy.body.commendation:
        lines.append(f"{commendation.id:>4}  {commendation.honour.title}（{commendation.article}）　表彰，没有金额")
    return "\n".join(lines)


def show_commendation(policy: Policy, commendation: Commendation) -> str:
    """A commendation for a person: who is ranked by what, the two lists, the letters' sender, readings."""
    return "\n".join(_commendation_lines(policy, commendation))


def _commendation_lines(policy: Policy, commendation: Commendation) -> Iterator[str]:
    table = policy.score_tables[commendation.table]
    yield f"{commendation.id}　{commendation.honour.title}"
    yield f"依据：《{policy.head.title}》{commendation.article}"
    yield f"\n排名：{commendation.evaluation}，表{table.title}（{table.name}），按{table.fields[commendation.score].header}从高到低，得分相同的名次相同"
    yield f"参加排名：{commendation.eligible_title}　[{commendation.eligible}]"
    for title, places in (("表彰", commendation.honour), ("优先", commendation.priority)):
        yield from _listed(title, [places.title, places_text(places), places.says])
    yield from _listed("信函", [f"{commendation.letter.mark}　{commendation.letter.issuer}　{commendation.letter.number_pattern}"])
    yield from _listed("所用解读", [line for name in commendation.readings for line in _reading_lines(policy.readings[name])])


def places_text(places: Places) -> str:
    """How one gets on a list: '90分（含）以上，名额5家，末位得分相同的一并列入'."""
    ties = {"in": "一并列入", "out": "均不列入"}[places.ties]
    return f"{places.from_}分（含）以上，名额{places.at_most}家，末位得分相同的{ties}"


def show_clause(policy: Policy, clause: Clause) -> str:
    """A clause for a person: figures, conditions, computation, ceilings, payee, split, readings."""
    return "\n".join(_clause_lines(policy, clause))


def _clause_lines(policy: Policy, clause: Clause) -> Iterator[str]:
    yield f"{clause.id}　{clause.title}"
    yield f"依据：《{policy.head.title}》{clause.article}"
    yield from _listed("数值", [f"{figure.title}：{printed_figure(figure)}{unit_word(figure.unit, policy.head.currency)}　[{name}]" for name, figure in clause.figure.items()])
    yield from _listed("档次", list(_band_lines(policy, clause)))
    yield from _listed("必填", [policy.claims.fields[name].header for name in [*policy.head.needs, *clause.needs]])
    yield from _listed("不予支持的情形", [
        f"{policy.codes[refusal.code].id} {policy.codes[refusal.code].message_zh}　[{'when ' + refusal.when if refusal.when else 'unless ' + refusal.unless}]"
        for refusal in [*policy.body.refuse, *clause.refuse]
    ])
    if clause.once:
        yield from _listed("只给予一次", [f"{clause.once.code} {policy.pools[clause.once.pool].title}"])
    for way in policy.ways_of(clause):
        yield from _listed(f"计算（{way.title}）", list(_way_lines(policy, clause, way)))
    if clause.cumulative:
        yield from _listed("扣除", [clause.cumulative.says])
    yield from _listed("限额（依次）", [_ceiling_line(policy, policy.ceilings[name]) for name in clause.ceilings])
    if clause.highest:
        yield from _listed("只享受最高一项", [f"{clause.highest.code} {clause.highest.says}（{policy.pools[clause.highest.among].title}）"])
    yield from _listed("分期拨付", [f"第{number}期：{part.share or '其余部分'}，不迟于 {part.due}" for number, part in enumerate(clause.instalment, 1)])
    yield from _listed("承诺", [f"{one.title}（{one.article}）：至 {one.until}；违反的退回 {one.repay}　[{one.says}]" for one in clause.obligation])
    if clause.payee:
        yield from _listed("收款单位", [policy.claims.fields[clause.payee].header])
    funding = policy.fundings[clause.funding]
    yield from _listed("资金", [f"{funding.says}（{funding.article}）"])
    yield from _listed("效力", [status_text(status) for status in policy.status_of(clause)])
    yield from _listed("所用解读", [line for name in clause.readings for line in _reading_lines(policy.readings[name])])


def _ceiling_line(policy: Policy, ceiling: Ceiling) -> str:
    pool = policy.pools[ceiling.pool]
    per = "、".join(field.plain_title for field in policy.pool_fields(pool))
    return f"{ceiling.code} {ceiling.says}（{pool.title}：{f'按{per}分别累计' if per else '全部申报一并累计'}）　[{ceiling.value}]"


def _listed(title: str, items: list[str]) -> Iterator[str]:
    if items:
        yield f"\n{title}："
        yield from (f"  {item}" for item in items)


def _reading_lines(reading: Reading) -> Iterator[str]:
    yield f"{reading.id} {reading.question}——{reading.answer}（{reading.why}）"
    for alternative in reading.alternative:
        yield f"  另解：{alternative.answer}　[{alternative.id}{alternative_note(alternative)}]"


def alternative_note(alternative: Alternative) -> str:
    """Why no amount is computed by an alternative; nothing where one can be."""
    if alternative.needs:
        return f"，缺少事实：{alternative.needs}"
    return f"，{alternative.beyond}" if alternative.beyond else ""


def _band_lines(policy: Policy, clause: Clause) -> Iterator[str]:
    for bands in clause.bands:
        what = title_of(policy, bands.of) if NameScope(policy, clause).field(bands.of) else bands.title
        if bands.code:
            yield f"{what} 低于最低一档：{bands.code}"
        for number, step in enumerate(bands.step):
            yield f"{what} {band_text(bands, number, '')}：{result_text(step, policy.head.currency)}"


def _way_lines(policy: Policy, clause: Clause, way: Way) -> Iterator[str]:
    if way.when:
        yield f"适用：{way.when}"
    if way.needs:
        yield "必填：" + "、".join(policy.claims.fields[name].header for name in way.needs)
    for layer in next(rule for rule in CompiledPolicy(policy).rules_of(clause.id) if rule.id == f"{clause.id}.{way.id}").layers:
        let = next((let for let in [*clause.let, *policy.body.let] if let.name == layer.name), None)
        if let:
            yield f"{let.title}：{let.says}　[{let.name} = {let.value}]"
    for refusal in way.refuse:
        yield f"{refusal.code} {policy.codes[refusal.code].message_zh}　[{refusal.when or refusal.unless}]"
    for reduction in way.reduce:
        yield f"{reduction.code} {policy.codes[reduction.code].message_zh}　[{reduction.when}]"
    yield f"金额：{way.amount.says}　[{way.amount.value}，{_rounding_text(policy, clause, way)}]"


def _rounding_text(policy: Policy, clause: Clause, way: Way) -> str:
    figure = NameScope(policy, clause).figure(way.amount.round_to) if way.amount.round_to else None
    return f"{ROUNDING_WORDS[way.amount.round]}{printed_figure(figure) + '元' if figure else '分'}"


def show_coverage(policy: Policy) -> str:
    """Every article and item of the official text with its place: computed by clauses, decided by a person, or without money."""
    counts = {"计算": 0, "由人决定": 0, "不涉及金额": 0}
    lines = []
    for item in policy.coverage:
        kind = "计算" if item.clauses else "由人决定" if item.decided_by else "不涉及金额"
        counts[kind] += 1
        place = "条款" + "、".join(item.clauses) if item.clauses else item.decided_by or item.no_money
        proposed = f"；名单由“{item.proposed_by}”按得分提出" if item.proposed_by else ""
        lines.append(f"{item.article}　{item.title}　【{kind}】{place}{proposed}")
    total = "，".join(f"{kind}{count}项" for kind, count in counts.items())
    return "\n".join([f"{policy.head.title}（{policy.head.document_no}）各条款的落实", "", *lines, "", f"共{len(lines)}项：{total}"])


def show_sql(policy: Policy, clause: str) -> str:
    """The statements that a clause's rules compile to."""
    renderer = Database(None)
    return "\n".join(renderer.render("assess/rule.sql", rule=rule) for rule in CompiledPolicy(policy).rules_of(clause))
