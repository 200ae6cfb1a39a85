"""The report of a batch: what came in, what was decided, held and awarded, beside the months before and the year's budget.

    report.html              figures, pictures and lists
    explain/CLAIM_ID.html    a short explain sheet for each claim that a list names
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from claims.casefile import HELD, OUTCOMES, date_text
from claims.database import Database
from claims.money import yuan_text
from claims.months.closes import look_at_months
from claims.pages import page
from claims.policy.model import Policy
from claims.record.journal import Entry
from claims.record.store import enter_policy, result_source
from claims.report.basis import Basis
from claims.report.cards import Against, Figures, before
from claims.report.charts import CLAIMS, LINES
from claims.report.parts import Card, Link, Report, Section
from claims.report.sections import (
    Step, award_sections, count_text, course_section, decided_parts, limits_section, lines_as_claims, list_sections, share_text, waiting_section,
    way_section,
)
from claims.report.sheets import Letters, sheets_of
from claims.workspace import Workspace

FATES = {"loaded": "载入", "duplicate": "重复", "rejected": "退回", "ignored": "不计"}
"""What became of the lines of files."""
SOURCES = (("decisions.csv", "每件结果"), ("exceptions.csv", "待处理事项"), ("line_fates.csv", "每行去向"), ("gates.html", "质量检查"), ("manifest.json", "校验值"))
"""The files beside the report that its figures can be found in."""


def run_report_files(
    database: Database, workspace: Workspace, policy: Policy, entry: Entry, runs: Sequence[Entry], letter_of: Callable[[str], str | None],
) -> dict[str, bytes]:
    """The report of a run and the sheets that it links to, by their paths in the run's folder.

    `policy` is the run's, `runs` are those of its policy up to it, `letter_of` gives the path there of a claim's letter, None where it has none.
    """
    enter_policy(database, policy)
    decided = result_source(workspace, entry, "decided")
    database.run("figures/of_run.sql", run=entry.sequence, decided=decided, treasuries=policy.treasury_ids)
    basis = Basis(database, workspace, policy, [entry], entry)
    sheets, letters = sheets_of(basis), _letters(basis, entry, letter_of)
    report = _RunReport(basis, entry, runs).report(list_sections(basis, sheets, letters, "decisions.csv", "exceptions.csv"), letters)
    return {"report.html": page("report.html", report=report)} | sheets.pages(letters)


def _letters(basis: Basis, entry: Entry, letter_of: Callable[[str], str | None]) -> Letters:
    """The drafts of a run, if any were drawn."""
    drawn = [letter_of(one.claim_id) is not None for one in basis.listed]
    if not any(drawn):
        return Letters(letter_of, f"没有通知书草稿；claims letters render {entry.body['label']} 可以生成。", "未生成", True)
    missing = "" if all(drawn) else "未能生成的见letters/held.csv。"
    return Letters(letter_of, f"通知书是草稿，供核对；封账、公示、批准后才编号印发。{missing}", "未能生成，见letters/held.csv", True)


class _RunReport:
    """Puts the report of a run together."""

    def __init__(self, basis: Basis, entry: Entry, runs: Sequence[Entry]):
        self.basis, self.policy, self.entry, self.runs = basis, basis.policy, entry, runs
        self.day = dt.date.fromisoformat(entry.body["as_of"])
        self.counts = entry.body["counts"]
        self.months = _by_month(runs, self.policy.treasury_ids)
        self.received = basis.received([entry])

    def report(self, lists: list[Section], letters: Letters) -> Report:
        body, head, against = self.entry.body, self.policy.head, self._against()
        return Report(
            title=f"{date_text(self.day)}批次审核报告", subtitle=f"《{head.title}》（{head.document_no}）",
            about=[("批次", body["label"]), ("结算日期", date_text(self.day)), ("输入文件", f"{count_text(len(body['inputs']))}个")],
            cards=[*self._cards(against)], against=against.note(), sections=[*self._sections()], lists=lists, letters=letters.told,
            sources=[Link(f"{name} {title}", name) for name, title in SOURCES],
            notes=["本页数字取自本批次的记录，与decisions.csv一致；批次审核结果经封账、公示、核定后才发文、支付。",
                   "本月累计和本年累计为各批次的决定合计，不含其后的更正；封账的数字含更正，不含因异议未列入的。"],
        )

    # ------------------------------------------------ figures on top

    def _against(self) -> Against:
        """The figures of the month so far, from its runs up to this one, beside the month that was closed before it until then."""
        month, place = self.entry.body["as_of"][:7], (self.day.year, self.day.month)
        decided, award_fen, shares_fen = self.months[place]
        _, received, _ = self.basis.received([run for run in self.runs if run.body["as_of"][:7] == month])
        closed = look_at_months(self.basis.database, self.entry.sequence, before=month)
        return Against(
            self.basis, Figures(received, decided, self.basis.held, award_fen, shares_fen),
            before(self.basis, self.runs, next(iter(closed.values()), None), month),
            [sum(month[3][place] for month in self._year) for place in range(len(shares_fen))],
            self.basis.budgets(self.day.year, self.entry.sequence, "figures/borne_until_run.sql", run=self.entry.sequence), "本月累计",
        )

    def _cards(self, against: Against) -> Iterator[Card]:
        total, held = self.basis.total, self.basis.held
        batch = total.claims + held
        _, claims, _ = self.received
        received = Card("收到申报", count_text(batch), "件", [f"新收{count_text(claims)}件，再审{count_text(batch - claims)}件"])
        return against.cards(received, {"decided": [f"占本批{share_text(total.claims, batch)}"], "held": [f"占本批{share_text(held, batch)}"]})

    # ------------------------------------------------ sections

    def _sections(self) -> Iterator[Section]:
        policy, basis = self.policy, self.basis
        yield self._way()
        yield from award_sections(basis)
        yield limits_section(basis)
        yield waiting_section(basis)
        year_fen = sum(month[2] for month in self._year)
        yield course_section(
            policy, self.day.year, f"截至本批，本年各批次共核定{yuan_text(year_fen)}元。", self._year, "没有批次", "月份按批次的结算日期。")

    def _way(self) -> Section:
        total, held, fates = self.basis.total, self.basis.held, self.counts["fates"]
        lines, claims, others = self.received
        batch = total.claims + held
        loaded, *left = [(word, fates.get(fate, 0)) for fate, word in FATES.items()]
        steps = [
            Step("收到的行", LINES, [loaded], left),
            Step("载入的行", LINES, [("申报", lines)], aside=[("基础数据", others)]),
            Step("本批申报", CLAIMS, [("新收", claims), ("再审", batch - claims)]),
            Step("办理", CLAIMS, [("已决定", total.claims)], [(HELD, held)]),
            Step("决定", CLAIMS, *decided_parts(total)),
        ]
        says = (f"收到{count_text(sum(fates.values()))}行，载入{count_text(fates.get('loaded', 0))}行；办理{count_text(batch)}件，"
                f"决定{count_text(total.claims)}件，其中{count_text(total.approved + total.reduced)}件获得奖补。")
        return way_section("way", "本批申报的去向", says, steps, lines_as_claims(lines, claims))

    @property
    def _year(self) -> list[tuple[int, int, int, tuple[int, ...]]]:
        """The months of the year until the run: number, decisions, award, shares."""
        return [(month, *self.months[year, month]) for year, month in sorted(self.months) if year == self.day.year]


def _by_month(runs: Sequence[Entry], treasuries: Sequence[str]) -> dict[tuple[int, int], tuple[int, int, tuple[int, ...]]]:
    """What the runs of each month decided: decisions, award, and the treasuries' shares in fen."""
    decided, awarded, shares = Counter(), Counter(), Counter()
    for entry in runs:
        day, counts = dt.date.fromisoformat(entry.body["as_of"]), entry.body["counts"]
        month = day.year, day.month
        decided[month] += sum(number for outcome, number in counts["outcomes"].items() if outcome in OUTCOMES)
        awarded[month] += counts["awarded_fen"]
        for treasury in treasuries:
            shares[month, treasury] += counts["treasuries_fen"].get(treasury, 0)
    return {month: (decided[month], awarded[month], tuple(shares[month, treasury] for treasury in treasuries)) for month in decided}

