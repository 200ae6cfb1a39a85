"""The sections that the reports of a batch and of a month share: awards by group, what limits cut, what waits, and the lists of claims."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from claims.casefile import HELD, OUTCOMES, date_text
from claims.money import ten_thousands_text, yuan_text
from claims.policy.model import Policy
from claims.report.basis import AGES, Basis, Group, LimitStep, Waiting
from claims.report.charts import AMOUNTS, CLAIMS, Bar, Picture, Scale, bars
from claims.report.parts import Link, Section, Table
from claims.report.sheets import Letters, Sheets, sheet_of
from claims.trace import field_of

CUT_NOTE = "一件可受几项限额核减；核减后没有余额的，结论为不予支持，不在核减后核准的件数里。"
WAITING_NOTE = "一件申报可有几个代码，末行按件计。天数自收到现有内容的批次起算。已决定的申报又报来不同内容的，只在收到的批次列出。"


def count_text(number: int) -> str:
    """A count as people write it: 12345 -> '12,345'."""
    return f"{number:,}"


def share_text(part: int, whole: int) -> str:
    """A share of a whole in per cent, half up to one decimal; a dash where there is no whole to have a share of."""
    if whole <= 0:
        return "—"
    tenths = (2 * abs(part) * 10**3 + whole) // (2 * whole)
    return f"{'-' if part < 0 else ''}{tenths // 10}.{tenths % 10}%"


def clause_text(policy: Policy, clause: str) -> str:
    """A clause with its title; what a claim names instead where it is none."""
    known = policy.clauses.get(clause)
    return f"{clause} {known.title}" if known else clause or "条款未填"


def clause_place(policy: Policy, clause: str) -> tuple[int, str]:
    """By what clauses are put in order: as the policy has them, others behind."""
    known = list(policy.clauses)
    return (known.index(clause) if clause in known else len(known), clause)


def decided_words(group: Group) -> str:
    """The decisions of a group by outcome, in words."""
    awarding, refused = decided_parts(group)
    return "、".join(f"{word}{count_text(number)}" for word, number in (*awarding, *refused))


def decided_parts(group: Group) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """The decisions of a group by outcome: those that award, and those that do not."""
    awarding = [(OUTCOMES["approved"], group.approved), (OUTCOMES["reduced"], group.reduced)]
    return awarding, [(OUTCOMES["rejected"], group.rejected)]


@dataclass(frozen=True)
class Step:
    """A step of the way: what is there at it, in the unit of a scale, and its parts by where they go: `on` to the next step, `out` of it, or `aside`, which
    is needed and not decided."""

    title: str
    scale: Scale
    on: Sequence[tuple[str, int]]
    out: Sequence[tuple[str, int]] = ()
    aside: Sequence[tuple[str, int]] = ()

    @property
    def parts(self) -> list[tuple[str, int]]:
        return [*self.on, *self.aside, *self.out]


GOES = ("进入下一步", "到此为止或待处理", "基础数据，供核对，不单独办理")
"""Where the parts of a step go: on, out, aside."""
COUNTED = {"行": "各行的去向", "件": "各件申报的去向"}
"""What a picture of the way shows, by the unit that it counts in."""


def lines_as_claims(lines: int, claims: int) -> str:
    """Why there are fewer claims than lines of claims; nothing where there are not."""
    return f"载入的申报{count_text(lines)}行为{count_text(claims)}件，同一编号的几行按一件办理。" if lines != claims else ""


def way_section(id: str, title: str, says: str, steps: Sequence[Step], note: str) -> Section:
    """How many went on at each step, and how many fell out where: a picture for each unit that is counted in, so that lengths can be compared."""
    pictures = []
    for scale in dict.fromkeys(step.scale for step in steps):
        counted = [step for step in steps if step.scale == scale]
        key = GOES if any(step.aside for step in counted) else GOES[:2]
        drawn = [_step_bar(step, len(key)) for step in counted]
        pictures.append(bars(f"{id}-{len(pictures)}", COUNTED[scale.unit], scale, drawn, key))
    rows = []
    for step in steps:
        whole = sum(number for _, number in step.parts)
        rows += [[step.title, name, f"{count_text(number)}{step.scale.unit}", share_text(number, whole)] for name, number in step.parts]
    return Section(id, title, says, Table(["环节", "去向", "数量", "占本环节"], [2, 3], rows), pictures, note)


def _step_bar(step: Step, depth: int) -> Bar:
    whole = sum(number for _, number in step.parts)
    told = "、".join(f"{name}{count_text(number)}" for name, number in step.parts)
    sums = [sum(number for _, number in parts) for parts in (step.on, step.out, step.aside)]
    return Bar(f"{step.title}{count_text(whole)}{step.scale.unit}", told, sums[:depth])


def award_sections(basis: Basis) -> Iterator[Section]:
    """What was awarded by clause, and by each breakdown of the policy."""
    policy = basis.policy
    yield _group_section(
        policy, "clauses", "各条款核定金额", "条款", sorted(basis.groups("clause"), key=lambda group: clause_place(policy, group.grouped)), basis.total,
        lambda clause: clause_text(policy, clause))
    for number, breakdown in enumerate(policy.body.breakdown, start=1):
        choices, title = field_of(policy, breakdown.by).choices, breakdown.title
        yield _group_section(
            policy, f"group-{number}", f"按{title}的核定金额", title, basis.groups(f"breakdowns[{number}]"), basis.total,
            lambda value, choices=choices, title=title: choices.get(value, value) or f"{title}未登记")


def _group_section(policy: Policy, id: str, title: str, heading: str, groups: Sequence[Group], total: Group, text: Callable[[str], str]) -> Section:
    """What was awarded by clause, or by a breakdown of the policy; the picture has the largest first."""
    ranked = sorted(groups, key=lambda group: -group.award_fen)
    drawn = [_amount_bar(text(group.grouped), group.award_fen) for group in ranked if group.award_fen > 0]
    first = f"{text(ranked[0].grouped)}最多，{yuan_text(ranked[0].award_fen)}元，占{share_text(ranked[0].award_fen, total.award_fen)}。" if drawn else ""
    headings = [heading, "决定（件）", "获奖补（件）", "核定奖补（元）", *(f"{treasury.title}（元）" for treasury in policy.body.treasury)]
    rows = [[text(group.grouped), *_group_cells(group)] for group in groups]
    table = Table(headings, list(range(1, len(headings))), rows, ["合计", *_group_cells(total)], "没有决定。")
    return Section(id, title, first, table, [bars(id, title, AMOUNTS, drawn)] if drawn else [])


def _amount_bar(title: str, fen: int) -> Bar:
    return Bar(title, f"{ten_thousands_text(fen)}万元", [fen])


def _group_cells(group: Group) -> list[str]:
    return [count_text(group.claims), count_text(group.approved + group.reduced), *map(yuan_text, (group.award_fen, *group.shares_fen))]


CUT_HEADINGS = ("限额前计算（元）", "以前年度结转（元）", "扣除此前已核定（元）", "限额核减（元）", "核定奖补（元）")
RARE = (1, 2)
"""Those of them that a report leaves out where all of it is nothing: what few policies know."""


@dataclass(frozen=True)
class _Cut:
    """What was computed for a clause, carried to it from earlier years, given before and therefore taken off, and cut by limits, in fen."""

    title: str
    computed_fen: int
    carried_fen: int
    given_fen: int
    cut_fen: int

    @property
    def award_fen(self) -> int:
        return self.computed_fen + self.carried_fen - self.given_fen - self.cut_fen

    @property
    def amounts(self) -> tuple[int, ...]:
        """As CUT_HEADINGS names them."""
        return self.computed_fen, self.carried_fen, self.given_fen, self.cut_fen, self.award_fen


def limits_section(basis: Basis, note: str = "") -> Section:
    """What was computed and what limits cut of it until the award, by clause and by limit; beside it what was given before."""
    clauses = _cut_by_clause(basis)
    limits = _cut_by_limit(basis)
    amounts = zip(*((one.computed_fen, one.carried_fen, one.given_fen, one.cut_fen) for one in clauses))
    total = _Cut("合计", *(sum(values) for values in amounts)) if clauses else None
    says = f"各项限额共核减{yuan_text(total.cut_fen)}元，涉及{count_text(sum(claims for _, claims, _ in limits))}件次。" if limits else "没有因限额核减。"
    if given := sum(step.claims for step in basis.limit_steps if step.kind == "cumulative"):
        says += f"另按规定扣除此前已核定{yuan_text(total.given_fen)}元，涉及{count_text(given)}件，不属于核减。"
    parts = "；".join(f"{title}核减{yuan_text(fen)}元（{count_text(claims)}件）" for title, claims, fen in limits)
    table = _cut_table(clauses, total)
    pictures = [_cut_picture([one for one in clauses if one.cut_fen]), _limit_picture(limits)] if limits else []
    return Section("limits", "限额核减", says, table, pictures, (f"其中：{parts}。{CUT_NOTE}" if parts else "") + _reduced_text(basis) + note)


def _reduced_text(basis: Basis) -> str:
    """What the decisions that give less than was asked for are reduced by, limits and parts alike: their count is not that of the limits."""
    if not basis.reduced:
        return ""
    codes = basis.policy.codes
    by_code = "、".join(f"{codes[code].title}{count_text(claims)}件" for code, claims in basis.reduced.items())
    parts = "、".join(codes[code].title for code in basis.reduced if code in basis.policy.part_codes)
    told = f"{parts}的，计算金额即为部分金额，没有限额核减。" if parts else ""
    return f"{OUTCOMES['reduced']}{count_text(basis.total.reduced)}件，按原因：{by_code}，一件可有几项。{told}"


def _cut_table(clauses: Sequence[_Cut], total: _Cut | None) -> Table:
    places = [place for place in range(len(CUT_HEADINGS)) if place not in RARE or any(one.amounts[place] for one in clauses)]
    rows = [[one.title, *(yuan_text(one.amounts[place]) for place in places)] for one in (*clauses, *([total] if total else []))]
    headings = ["条款", *(CUT_HEADINGS[place] for place in places)]
    return Table(headings, list(range(1, len(headings))), rows[:len(clauses)], rows[-1] if total else None, "没有计算金额。")


def _cut_picture(clauses: Sequence[_Cut]) -> Picture:
    drawn = [
        Bar(one.title, f"核定{ten_thousands_text(one.award_fen)}万元、核减{ten_thousands_text(one.cut_fen)}万元", [one.award_fen, one.cut_fen])
        for one in clauses]
    return bars("limits", "有核减的条款：核定与核减", AMOUNTS, drawn, ["核定", "限额核减"])


def _limit_picture(limits: Sequence[tuple[str, int, int]]) -> Picture:
    return bars("limit-names", "各项限额的核减", AMOUNTS, [_amount_bar(title, fen) for title, _, fen in limits])


def _cut_by_clause(basis: Basis) -> list[_Cut]:
    policy, steps = basis.policy, basis.limit_steps
    clauses = sorted({step.clause for step in steps}, key=lambda clause: clause_place(policy, clause))
    return [_cut_of(clause_text(policy, clause), [step for step in steps if step.clause == clause]) for clause in clauses]


def _cut_of(title: str, steps: Sequence[LimitStep]) -> _Cut:
    computed, carried, given = (sum(step.amount_fen for step in steps if step.kind == kind) for kind in ("computed", "carried", "cumulative"))
    return _Cut(title, computed, carried, given, sum(step.amount_fen for step in steps if step.is_limit))


def _cut_by_limit(basis: Basis) -> list[tuple[str, int, int]]:
    """Each limit that cut: its title, its claims and what it cut over all clauses in fen, the largest first."""
    found: dict[str, tuple[int, int]] = {}
    for step in basis.limit_steps:
        if step.is_limit:
            title = limit_title(basis.policy, step.kind, step.name)
            claims, fen = found.get(title, (0, 0))
            found[title] = claims + step.claims, fen + step.amount_fen
    return sorted(((title, *sums) for title, sums in found.items()), key=lambda one: (-one[2], one[0]))


def limit_title(policy: Policy, kind: str, name: str) -> str:
    """What a limit is called."""
    titled = (policy.ceilings if kind == "ceiling" else policy.codes).get(name)
    return titled.title if titled else name


def waiting_section(basis: Basis) -> Section:
    """What holds claims, by code and by how long they wait."""
    policy = basis.policy
    by_code, total = [one for one in basis.waiting if one.code], next((one for one in basis.waiting if not one.code), None)
    ranked = sorted(by_code, key=lambda one: -one.claims)
    is_mixed = sum(any(one.ages[place] for one in ranked) for place in range(len(AGES))) > 1
    drawn = [Bar(policy.code_text(one.code), _ages_text(one) if is_mixed else f"{count_text(one.claims)}件", one.ages) for one in ranked]
    pictures = [bars("waiting", "待人工处理的申报，按异常代码和等待天数", CLAIMS, drawn, AGES)] if drawn else []
    rows = [[policy.code_text(one.code), *map(count_text, (*one.ages, one.claims))] for one in by_code]
    sums = ["申报件数", *map(count_text, (*total.ages, total.claims))] if by_code else None
    long = sum(total.ages[2:]) if total else 0
    says = f"{count_text(basis.held)}件等待人工处理" + (f"，其中{count_text(long)}件已超过30天。" if long else "。")
    table = Table(["异常代码", *AGES, "合计（件）"], [1, 2, 3, 4, 5], rows, sums, "没有等待处理的申报。")
    return Section("waiting", HELD, says, table, pictures, WAITING_NOTE if by_code else "")


def _ages_text(waiting: Waiting) -> str:
    """How many claims wait, and how many of them how long."""
    ages = "、".join(f"{age}{count_text(number)}" for age, number in zip(AGES, waiting.ages) if number)
    return f"{count_text(waiting.claims)}件（{ages}）"


def course_section(
    policy: Policy, year: int, says: str, months: Sequence[tuple[int, int, int, tuple[int, ...]]], without: str, note: str,
) -> Section:
    """The months of a year so far: (number, decisions, award, shares of the treasuries), the amounts in fen; `without` tells of one that is not there."""
    treasuries = [treasury.title for treasury in policy.body.treasury]
    there = {month[0]: _month_bar(treasuries, *month) for month in months}
    drawn = [there.get(number) or Bar(f"{number}月", without, [0] * len(treasuries)) for number in range(1, max(there, default=0) + 1)]
    rows = [[f"{number}月", count_text(claims), *map(yuan_text, (award, *shares))] for number, claims, award, shares in months]
    sums = [sum(month[1] for month in months), sum(month[2] for month in months), *(sum(month[3][place] for month in months) for place in range(len(treasuries)))]
    headings = ["月份", "决定（件）", "核定奖补（元）", *(f"{treasury}（元）" for treasury in treasuries)]
    table = Table(headings, list(range(1, len(headings))), rows, ["累计", count_text(sums[0]), *map(yuan_text, sums[1:])])
    pictures = [bars("course", f"{year}年各月核定金额", AMOUNTS, drawn, treasuries)] if drawn else []
    return Section("course", f"{year}年各月", says, table, pictures, note)


def _month_bar(treasuries: Sequence[str], number: int, _: int, award_fen: int, shares_fen: Sequence[int]) -> Bar:
    """What was awarded in a month, and by whom; what corrections take off a treasury on balance has no length."""
    shares = "、".join(f"{treasury}{ten_thousands_text(share)}" for treasury, share in zip(treasuries, shares_fen))
    return Bar(f"{number}月", f"{ten_thousands_text(award_fen)}万元（{shares}）", [max(share, 0) for share in shares_fen])


def list_sections(basis: Basis, sheets: Sheets, letters: Letters, decided_in: str, held_in: str) -> list[Section]:
    """The lists of claims, each with links to its sheet and its letter; the last two say where the others are."""
    wanted = [("awarded", "核定金额最大的申报", "核定奖补（元）"), ("cut", "核减最多的申报", "核减（元）"), ("rejected", "不予支持的申报", "理由")]
    sections = [_decided_list(basis, sheets, letters, *one, decided_in) for one in wanted]
    return [*sections, _held_list(basis, sheets, held_in)]


def _decided_list(basis: Basis, sheets: Sheets, letters: Letters, name: str, title: str, last: str, all_of: str) -> Section:
    rows, listed = [], basis.list_of(name)
    for one in listed:
        case = sheets.decided[one.claim_id]
        told = {"awarded": yuan_text(one.award_fen), "cut": yuan_text(one.cut_fen),
                "rejected": "；".join(f"{reason.code} {reason.text}" for reason in case.reasons)}[name]
        links = [Link("说明", sheet_of(one.claim_id)), *letters.links(one.claim_id)]
        outcome = [] if name == "rejected" else [OUTCOMES[one.outcome]]
        rows.append([one.claim_id, case.claimant_name or case.claimant_id, clause_text(basis.policy, case.clause), *outcome, told, links])
    headings = ["申报编号", "申报单位", "条款", *([] if name == "rejected" else ["结果"]), last, "文件"]
    table = Table(headings, [] if name == "rejected" else [4], rows)
    return Section(f"list-{name}", title, bounded_text(len(rows), listed[0].whole if listed else 0, all_of), table)


def _held_list(basis: Basis, sheets: Sheets, all_of: str) -> Section:
    rows = []
    for claim_id, day in basis.oldest_held:
        held = sheets.held[claim_id]
        codes = "；".join(f"{code.code} {code.title}" for code in held.codes)
        clause = clause_text(basis.policy, held.clause)
        rows.append([claim_id, held.claimant_name or held.claimant_id or "未填", clause, codes, date_text(day), [Link("说明", sheet_of(claim_id))]])
    table = Table(["申报编号", "申报单位", "条款", "待处理事项", "收到", "文件"], [], rows)
    return Section("list-held", "等待最久的申报", bounded_text(len(rows), basis.held, all_of), table)


def bounded_text(shown: int, whole: int, all_of: str) -> str:
    """What a list leaves out."""
    return f"共{count_text(whole)}件。" if shown >= whole else f"列出{shown}件，另有{count_text(whole - shown)}件见{all_of}。"
