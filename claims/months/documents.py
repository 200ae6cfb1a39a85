"""What a closed month shows: the assessment table that offices sign, the lists of awards, and the public notice. All of it from the record.

    joint_signature.xlsx     one row per decision or adjustment, with signature lines
    awards.xlsx              the awards one by one and summed up by clause and by each breakdown of the policy, and beside the month before
    notice.pdf, notice.html  the public notice: what a claim is awarded in all with the month, where it is above zero, without accounts
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from typing import Any

from claims.casefile import OUTCOMES, date_text
from claims.database import Database
from claims.file_names import recorded_name
from claims.files import make_folder, write_atomically
from claims.letters.look import look_of
from claims.money import yuan_text
from claims.months.notice import notice_files, notice_span
from claims.months.closes import Close, look_at_months, month_text
from claims.policy.model import Policy
from claims.privacy import masked_party, masked_text
from claims.record.acts import acts_of
from claims.record.circumstances import settings_of
from claims.record.journal import Entry
from claims.record.store import step_source
from claims.trace import field_of, title_of
from claims.workbooks import Column, Sheet, workbook
from claims.workspace import Workspace

SIGNING_LINE = "{office}　　　　　　　　　　　经办人：　　　　　　　　　负责人：　　　　　　　　　日期：　　　　年　　月　　日"


@dataclass(frozen=True)
class MonthPapers:
    """The closed month that documents are made of. `look_at_months` has filled `covered` as of the month's last act."""

    database: Database
    workspace: Workspace
    policy: Policy
    runs: tuple[Entry, ...]
    close: Close
    before: str
    """The month that was closed before this one; '' where none was."""

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The frozen decisions and adjustments, by the names of their letters."""
        select = self.database.render("month/assessed.sql", month=self.close.month, treasuries=self.policy.treasury_ids)
        return self.database.frame(select).rows(named=True)

    @cached_property
    def closing(self) -> Entry:
        """The line of the journal that closed the month."""
        return next(act for act in acts_of(self.workspace, self.policy.id, "close") if act.sequence == self.close.sequence)

    @cached_property
    def awards(self) -> list[dict[str, Any]]:
        """The awards, and what adjustments add to an award or take from it, that no objection keeps out."""
        return [row for row in self.rows if row["award_fen"] and not row["left_out"]]

    @cached_property
    def published(self) -> list[dict[str, Any]]:
        """Each claim with all that is awarded to it with this month, where that is above zero; its other columns are those of the latest row."""
        in_all: dict[str, dict[str, Any]] = {}
        for row in sorted(self.awards, key=lambda row: (row["claim_id"], row["number"])):
            before = in_all.get(row["claim_id"])
            in_all[row["claim_id"]] = row | {"award_fen": row["award_fen"] + (before["award_fen"] if before else 0)}
        return [row for row in in_all.values() if row["award_fen"] > 0]

    @cached_property
    def computed(self) -> dict[str, int]:
        """What was computed for a decision before any limit, in fen, by claim id; a claim that was refused before has none."""
        return {claim_id: fen for claim_id, kind, _, fen in self._computing_steps if kind == "computed"}

    @cached_property
    def limits(self) -> dict[str, list[str]]:
        """The limits that cut a decision and what was given before it, in words, by claim id."""
        found = defaultdict(list)
        for claim_id, kind, name, fen in self._computing_steps:
            if kind != "computed":
                found[claim_id].append(self._limit_text(kind, name, fen))
        return found

    @cached_property
    def _computing_steps(self) -> list[tuple[str, str, str, int]]:
        return [(claim_id, kind, name, fen) for claim_id, _, kind, name, fen in self._traced("month/computing_step.sql")]

    @cached_property
    def outdated(self) -> dict[str, list[str]]:
        """The facts of a decision that stood otherwise when the month was closed, in words, by claim id."""
        found = defaultdict(list)
        for claim_id, _, name in self._traced("month/outdated.sql"):
            found[claim_id].append(title_of(self.policy, name))
        return found

    def _traced(self, statement: str) -> list[tuple]:
        """The rows of a statement over the recorded steps of the decisions."""
        used = {row["run"] for row in self.rows}
        steps = [step_source(self.database, self.workspace, entry) for entry in self.runs if entry.sequence in used]
        return self.database.rows(self.database.render(statement, month=self.close.month, steps=steps))

    def _limit_text(self, kind: str, name: str, cut_fen: int) -> str:
        if kind == "cumulative":
            return f"扣除此前已核定{yuan_text(cut_fen)}元，不属于核减"
        titled = (self.policy.ceilings if kind == "ceiling" else self.policy.codes)[name]
        return f"{titled.title}：核减{yuan_text(cut_fen)}元"

    def reductions(self, row: dict[str, Any]) -> list[str]:
        """Why a decision gives less than was asked for, in words: why it was refused, that only a part was computed, what limits cut, what was given before."""
        limits, is_refused = self.limits.get(row["claim_id"], []), row["outcome"] == "rejected"
        told = [self.policy.codes[code].title for code in filter(None, row["reason_codes"].split(";")) if is_refused or code in self.policy.part_codes]
        return [*(title for title in told if not any(limit.startswith(title) for limit in limits)), *limits]

    def group_text(self, number: int, value: str | None) -> str:
        """A value of a breakdown as people write it; empty or None where the decision has none."""
        breakdown = self.policy.body.breakdown[number]
        return field_of(self.policy, breakdown.by).choices.get(value or "", value) or f"{breakdown.title}未登记"

    def group_texts(self, row: dict[str, Any]) -> list[str]:
        """What each breakdown says of a decision."""
        places = range(len(self.policy.body.breakdown))
        return [self.group_text(place, value) for place, value in zip_longest(places, row["breakdowns"][:len(places)])]

    def clause_title(self, clause: str) -> str:
        """What a clause grants; the clause itself where the policy has it no more."""
        known = self.policy.clauses.get(clause)
        return known.title if known else clause

    def clause_text(self, clause: str) -> str:
        """A clause with its title."""
        return f"{clause} {self.clause_title(clause)}" if clause in self.policy.clauses else clause


def publish_documents(
    database: Database, workspace: Workspace, policy: Policy, runs: tuple[Entry, ...], close: Close,
) -> tuple[Path, MonthPapers]:
    """Write the documents of a closed month; gives their folder and what they were made of."""
    months = look_at_months(database, close.until)
    before = max((month for month in months if month < close.month), default="")
    papers = MonthPapers(database, workspace, policy, runs, months[close.month], before)
    folder = folder_of(workspace, policy, close.month)
    make_folder(folder)
    files = {"joint_signature.xlsx": workbook([_signature_sheet(papers)]), "awards.xlsx": workbook([*_award_sheets(papers)])} | notice_files(
        papers, look_of(workspace, settings_of(workspace, papers.closing)))
    for name, content in files.items():
        write_atomically(folder / name, content)
    return folder, papers


def folder_of(workspace: Workspace, policy: Policy, month: str) -> Path:
    """Where everything lies that belongs to a month of a policy."""
    return workspace.months / recorded_name(month) / policy.id


# ---------------------------------------------------------------- the assessment table for joint signature


def _signature_sheet(papers: MonthPapers) -> Sheet:
    policy, close = papers.policy, papers.close
    treasuries = policy.body.treasury
    columns = [
        Column("序号", 5), Column("申报编号", 12), Column("申报单位和代码", 37, least=27), Column("条款和所属年度", 28, least=22),
        Column("审核结果和事由", 24, least=18), Column("限额前计算金额（元）", 11, "yuan"), Column("核定奖补（元）", 11, "yuan"),
        *(Column(f"{treasury.title}（元）", 11, "yuan") for treasury in treasuries),
    ]
    rows = [_signature_row(papers, number, row) for number, row in enumerate(papers.rows, start=1)]
    offices = policy.body.close.signed_by or [policy.body.letter.issuer]
    longest = max(map(len, offices)) + len("（盖章）：")
    return Sheet(
        "会签表", f"《{policy.head.title}》{month_text(close.month)}审核会签表", columns, rows,
        subtitle=[
            f"依据：{policy.head.document_no}　　封账：{date_text(close.closed_on)}，{papers.closing.actor}　　公示期：{notice_span(close)}　　单位：元"
            "　　收款单位除注明的外为申报单位，账户见支付清单",
            _articles(papers),
            f"封账记录：第{papers.closing.sequence}条，SHA-256 {papers.closing.sha256}（本条及此前全部记录的校验码，凭此可核对记录有无改动）",
        ],
        closing=[SIGNING_LINE.format(office=f"{office}（盖章）：".ljust(longest, "　")) for office in offices], frozen_columns=3,
    )


def _signature_row(papers: MonthPapers, number: int, row: dict[str, Any]) -> list[Any]:
    year = row["claim_year"] and f"{row['claim_year']}年度"
    return [
        str(number), row["letter_id"], _together(masked_text(row["claimant_name"] or "未登记"), masked_party(row["claimant"] or "")),
        _together(papers.clause_text(row["clause"]), year), "\n".join([_result_text(row), *_reasons(papers, row), *_remarks(papers, row)]),
        # of a correction the letter tells what it was computed from: it is a difference of awards, and none of amounts before limits
        None if row["number"] else papers.computed.get(row["claim_id"]), row["award_fen"],
        *(row[f"{treasury}_fen"] for treasury in papers.policy.treasury_ids),
    ]


def _articles(papers: MonthPapers) -> str:
    """On which article each clause of the table rests: told once above it, for the rows that it has are many."""
    used = sorted({row["clause"] for row in papers.rows} & {*papers.policy.clauses})
    return f"条款依据：{'；'.join(f'{clause} {papers.policy.clauses[clause].article}' for clause in used) or '无'}"


def _together(*parts: str | None) -> str:
    """What one cell tells, one part behind the other, so that a row takes few lines."""
    return " ".join(filter(None, parts))


def _result_text(row: dict[str, Any]) -> str:
    result = adjustment_title(row) if row["number"] else OUTCOMES[row["outcome"]]
    return f"{result}（{row['reason_codes'].replace(';', '、')}）" if row["reason_codes"] else result


def _reasons(papers: MonthPapers, row: dict[str, Any]) -> list[str]:
    """Why a decision gives less than was asked for; of a correction the letter tells it."""
    return [] if row["number"] else papers.reductions(row)


def adjustment_title(row: dict[str, Any]) -> str:
    """What an adjustment brings."""
    return "更正补发" if row["award_fen"] > 0 else "更正追回" if row["award_fen"] < 0 else "更正分担"


def _remarks(papers: MonthPapers, row: dict[str, Any]) -> Iterator[str]:
    if row["award_fen"] and (row["payee"] != row["claimant"] or not row["payee_name"]):
        yield f"收款单位：{masked_text(row['payee_name'] or '未登记')}"
    if row["award_fen"] and not (row["bank"] and row["account"]):
        yield "收款账户未登记"
    if row["left_out"]:
        yield "异议处理中，不列入公示" if row["objection"] == "raise" else "异议成立，不列入公示"
    for treasury in papers.policy.body.treasury:
        if lacks_place(treasury, row):
            yield f"{treasury.title}未登记"
    if row["has_changed_claim"]:
        yield "申报内容有变，待更正"
    if not row["number"] and row["claim_id"] in papers.outdated:
        yield f"作出决定后数据有变：{'、'.join(papers.outdated[row['claim_id']])}"


def lacks_place(treasury: Any, row: dict[str, Any]) -> bool:
    """Whether it is not known which of the treasuries of one kind bears a share."""
    return treasury.by is not None and row[f"{treasury.id}_fen"] > 0 and not row[f"{treasury.id}_place"]


# ---------------------------------------------------------------- the lists of awards


def _award_sheets(papers: MonthPapers) -> Iterator[Sheet]:
    yield _list_sheet(papers)
    yield _group_sheet(papers, "条款", "clause", papers.clause_text)
    for number, breakdown in enumerate(papers.policy.body.breakdown):
        yield _group_sheet(papers, breakdown.title, f"breakdowns[{number + 1}]", lambda value, number=number: papers.group_text(number, value))
    yield _comparison_sheet(papers)


def _list_sheet(papers: MonthPapers) -> Sheet:
    policy = papers.policy
    columns = [
        Column("序号", 5), Column("条款", 28, least=18), *(Column(breakdown.title, 14, least=10) for breakdown in policy.body.breakdown), Column("申报编号", 15),
        Column("申报单位", 34, least=20), Column("所属年度", 8), Column("核定奖补（元）", 15, "yuan"),
        *(Column(f"{treasury.title}（元）", 15, "yuan") for treasury in policy.body.treasury),
    ]
    order = sorted(papers.awards, key=lambda row: (row["clause"], papers.group_texts(row), row["letter_id"]))
    rows = [
        [str(number), papers.clause_text(row["clause"]), *papers.group_texts(row), row["letter_id"], masked_text(row["claimant_name"] or "未登记"),
         str(row["claim_year"] or ""), row["award_fen"], *(row[f"{treasury}_fen"] for treasury in policy.treasury_ids)]
        for number, row in enumerate(order, start=1)
    ]
    return Sheet("奖补清单", f"{month_text(papers.close.month)}奖补清单", columns, rows, subtitle=[_basis(papers)])


def _group_sheet(papers: MonthPapers, title: str, group: str, text: Any) -> Sheet:
    month, before = papers.close.month, papers.before
    select = papers.database.render("month/award_group.sql", group=group)
    found = papers.database.rows(select, {"month": month, "before": before, "first": f"{month[:4]}-01"})
    last = f"（{month_text(before)}）" if before else "（无）"
    columns = [
        Column(title, 40, least=20), Column("本月件数", 10, "count"), Column("本月金额（元）", 16, "yuan"), Column(f"上期件数\n{last}", 13, "count"),
        Column(f"上期金额（元）\n{last}", 16, "yuan"), Column("较上期增减（元）", 16, "yuan"), Column("本年累计件数", 12, "count"), Column("本年累计金额（元）", 16, "yuan"),
    ]
    rows = [[text(value), *counts[:4], counts[1] - counts[3], *counts[4:]] for value, *counts in found]
    return Sheet(f"按{title}", f"{month_text(month)}奖补资金（按{title}）", columns, rows, subtitle=[_basis(papers)])


def _comparison_sheet(papers: MonthPapers) -> Sheet:
    month, before = papers.close.month, papers.before
    rows = papers.database.frame(papers.database.render("month/comparison.sql"), {"month": month, "before": before}).rows(named=True)
    columns = [
        Column("变化", 8), Column("条款", 28, least=18), Column("申报单位", 34, least=20), Column("上期金额（元）", 16, "yuan"), Column("本月金额（元）", 16, "yuan"),
        Column("增减（元）", 16, "yuan"), Column("原因", 70, least=34),
    ]
    cells = [
        [_kind(row), papers.clause_text(row["clause"]), masked_text(row["claimant_name"] or "未登记"), row["before_fen"], row["award_fen"],
         row["award_fen"] - row["before_fen"], _why(papers.policy, row)]
        for row in rows
    ]
    title = f"{month_text(month)}与{month_text(before)}比较" if before else f"{month_text(month)}（此前没有封账的月份，全部为新增）"
    return Sheet("与上期比较", title, columns, cells, subtitle=[_basis(papers)])


def _kind(row: dict[str, Any]) -> str:
    return "新增" if row["before_fen"] == 0 else "退出" if row["award_fen"] == 0 else "变动"


def _why(policy: Policy, row: dict[str, Any]) -> str:
    return f"本月：{_claims_text(policy, row['claims_now'])}。上期：{_claims_text(policy, row['claims_before'])}"


def _claims_text(policy: Policy, claims: list[dict[str, Any]] | None) -> str:
    return "；".join(_claim_text(policy, claim) for claim in claims) if claims else "没有封账的申报"


def _claim_text(policy: Policy, claim: dict[str, Any]) -> str:
    """One claim with its amount, or why it has none here."""
    title = adjustment_title(claim) if claim["number"] else "" if claim["award_fen"] else OUTCOMES["rejected"]
    result = "异议未了结或成立，未列入" if claim["left_out"] else title + (f"{yuan_text(abs(claim['award_fen']))}元" if claim["award_fen"] else "")
    codes = f"（{'、'.join(map(policy.code_text, claim['reason_codes'].split(';')))}）" if claim["reason_codes"] else ""
    return f"{claim['claim_id']}（{claim['claim_year']}年）{result}{codes}"


def _basis(papers: MonthPapers) -> str:
    return f"依据：{papers.policy.head.document_no}《{papers.policy.head.title}》　　封账：{date_text(papers.close.closed_on)}　　本年累计：{papers.close.month[:4]}年1月至本月"
