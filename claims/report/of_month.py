"""The report of a closed month: what it froze, beside the month closed before it and the year's budget; what came in, and what waits at its end.

    report.html              figures, pictures and lists
    explain/CLAIM_ID.html    a short explain sheet for each claim that a list names
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cached_property

from claims.casefile import HELD, date_text
from claims.money import yuan_text
from claims.months.closes import month_text, seen_months
from claims.months.documents import MonthPapers, adjustment_title
from claims.months.notice import notice_span
from claims.pages import page
from claims.people import person_text
from claims.privacy import masked_text
from claims.report.basis import LONGEST, Basis
from claims.report.cards import Against, Figures, before, closed_months, last_run, runs_of_month
from claims.report.charts import CLAIMS, LINES
from claims.report.of_run import FATES
from claims.report.parts import Card, Link, Report, Section, Table
from claims.report.sections import (
    Step, award_sections, bounded_text, count_text, course_section, decided_parts, limits_section, lines_as_claims, list_sections, waiting_section,
    way_section,
)
from claims.report.sheets import Letters, sheets_of


def month_report_files(papers: MonthPapers, letter_of: Callable[[str], str | None]) -> dict[str, bytes]:
    """The report of a month and the sheets that it links to, by their paths in the month's folder; `letter_of` gives the path there of a letter."""
    basis = _basis(papers)
    sheets, letters = sheets_of(basis), _letters(papers, letter_of)
    report = _MonthReport(papers, basis).report(list_sections(basis, sheets, letters, "joint_signature.xlsx", _held_in(basis)), letters)
    return {"report.html": page("report.html", report=report)} | sheets.pages(letters)


def _letters(papers: MonthPapers, letter_of: Callable[[str], str | None]) -> Letters:
    """The letters of a month: there are none until it is approved."""
    if papers.close.approval is None:
        return Letters(letter_of, "本月尚未批准，还没有通知书；批准时编号印发，本页名单随之附上链接。", "本月批准时印发", False)
    missing = any(letter_of(row["letter_id"]) is None for row in papers.rows if not row["left_out"])
    told = "通知书已随批准编号印发，见各行链接和发文登记簿。" + ("未能生成的见letters/held.csv。" if missing else "")
    return Letters(letter_of, told, "未能生成，见letters/held.csv", False)


def _basis(papers: MonthPapers) -> Basis:
    """The month's own sources; what waits at its end is what the last run up to then held, of those that the close could see."""
    papers.database.run("figures/of_month.sql", month=papers.close.month, treasuries=papers.policy.treasury_ids)
    used = {row["run"] for row in papers.rows}
    return Basis(
        papers.database, papers.workspace, papers.policy, [entry for entry in papers.runs if entry.sequence in used], last_run(papers.runs, papers.close))


def _held_in(basis: Basis) -> str:
    return f"批次{basis.latest.body['label']}的exceptions.csv" if basis.latest else ""


class _MonthReport:
    """Puts the report of a month together."""

    def __init__(self, papers: MonthPapers, basis: Basis):
        self.papers, self.basis, self.policy, self.close = papers, basis, papers.policy, papers.close
        self.year = int(self.close.month[:4])
        self.months = closed_months(papers.database, self.policy, f"{self.year}-01", self.close.month)
        self.runs = runs_of_month(papers.runs, self.close)
        self.received = basis.received(self.runs)

    def report(self, lists: list[Section], letters: Letters) -> Report:
        head, close, against = self.policy.head, self.close, self._against()
        approval = f"{date_text(close.approval.approved_on)}，{close.approval.minutes}" if close.approval else "尚未批准"
        register = [("register.xlsx", "发文登记簿")] if close.approval else []
        papers = [("joint_signature.xlsx", "会签表"), ("awards.xlsx", "奖补清单"), ("notice.pdf", "公示"), *register]
        return Report(
            title=f"{month_text(close.month)}审核报告", subtitle=f"《{head.title}》（{head.document_no}）",
            about=[("封账", f"{date_text(close.closed_on)}，{person_text(self.papers.closing)}"), ("公示期", notice_span(close)), ("批准", approval)],
            cards=[*self._cards(against)], against=against.note(), sections=[*self._sections()], lists=[*lists, *self._corrected(letters)], letters=letters.told,
            sources=[Link(f"{name} {title}", name) for name, title in papers],
            notes=["本页数字取自封账的记录，与会签表、奖补清单一致；金额含更正，因异议未列入的不计。",
                   f"收到的行和新收的申报为本月各批次合计（{count_text(len(self.runs))}个批次）；待人工处理为月末批次的情况。"],
        )

    @cached_property
    def _left_out(self) -> int:
        return sum(1 for row in self.papers.rows if row["left_out"] and not row["number"])

    # ------------------------------------------------ figures on top

    def _against(self) -> Against:
        close, total = self.close, self.basis.total
        sequence = close.approval.sequence if close.approval else close.sequence
        return Against(
            self.basis, Figures(self.received[1], total.claims, self.basis.held, total.award_fen, total.shares_fen),
            before(self.basis, self.papers.runs, seen_months(self.papers.database).get(self.papers.before), close.month),
            [sum(shares[place] for _, _, shares in self.months.values()) for place in range(len(total.shares_fen))],
            self.basis.budgets(self.year, sequence, "figures/borne_until_month.sql", first=f"{self.year}-01", month=close.month),
        )

    def _cards(self, against: Against) -> Iterator[Card]:
        latest = self.basis.latest
        received = Card("新收申报", count_text(self.received[1]), "件", [f"本月{count_text(len(self.runs))}个批次"])
        left_out = [f"另有{count_text(self._left_out)}件因异议未列入"] if self._left_out else []
        return against.cards(received, {"decided": left_out, "held": [f"截至批次{latest.body['label']}" if latest else "没有批次"]})

    # ------------------------------------------------ sections and lists

    def _corrected(self, letters: Letters) -> Iterator[Section]:
        """The corrections of the month, each with its letter; of a decision that was made before, the sheet is in that month."""
        corrected = [row for row in self.papers.rows if row["number"] and not row["left_out"]]
        rows = [
            [row["letter_id"], masked_text(row["claimant_name"] or "未登记"), self.papers.clause_text(row["clause"]), adjustment_title(row),
             yuan_text(row["award_fen"]), letters.links(row["letter_id"])]
            for row in corrected[:LONGEST]
        ]
        if rows:
            table = Table(["编号", "申报单位", "条款", "更正", "金额（元）", "文件"], [4], rows)
            says = bounded_text(len(rows), len(corrected), "joint_signature.xlsx") + "金额为与此前核定之差。"
            yield Section("list-corrected", "更正", says, table)

    def _sections(self) -> Iterator[Section]:
        adjusted = sum(1 for row in self.papers.rows if row["number"] and not row["left_out"])
        yield self._way()
        yield from award_sections(self.basis)
        yield limits_section(self.basis, f"本表只列决定，不含更正{count_text(adjusted)}项。" if adjusted else "")
        yield waiting_section(self.basis)
        year = [(int(month[5:]), *counts) for month, counts in self.months.items()]
        says = f"截至本月，本年封账共核定{yuan_text(sum(month[2] for month in year))}元。"
        yield course_section(self.policy, self.year, says, year, "没有封账", "月份为封账月份，金额含更正。")

    def _way(self) -> Section:
        total, held = self.basis.total, self.basis.held
        fates = sum((Counter(entry.body["counts"]["fates"]) for entry in self.runs), Counter())
        lines, claims, others = self.received
        loaded, *left = [(word, fates[fate]) for fate, word in FATES.items()]
        steps = [
            Step("收到的行", LINES, [loaded], left),
            Step("载入的行", LINES, [("申报", lines)], aside=[("基础数据", others)]),
            Step("月末", CLAIMS, [("已决定", total.claims + self._left_out)], [(HELD, held)]),
            Step("封账", CLAIMS, [("列入", total.claims)], [("异议未列入", self._left_out)]),
            Step("列入的决定", CLAIMS, *decided_parts(total)),
        ]
        says = (f"本月收到{count_text(fates.total())}行；封账{count_text(total.claims)}件，其中{count_text(total.approved + total.reduced)}件获得奖补，"
                f"{count_text(held)}件转入下月。")
        carried = "月末的申报，含以前月份收到、本月决定或者仍待人工处理的。" if total.claims + self._left_out + held > claims else ""
        return way_section("way", "本月申报的去向", says, steps, lines_as_claims(lines, claims) + carried)
