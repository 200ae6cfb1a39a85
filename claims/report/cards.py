"""The figures on top of a report: a batch's or a month's, beside the month closed before it and the year's budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from claims.casefile import HELD
from claims.database import Database
from claims.money import yuan_text
from claims.months.closes import Close, month_text
from claims.policy.model import Policy, Treasury
from claims.record.journal import Entry
from claims.report.basis import Basis, Budget
from claims.report.parts import Card
from claims.report.sections import count_text, decided_words, share_text
from claims.trace import field_of


@dataclass(frozen=True)
class Figures:
    """What stands on top, of a whole month or of one so far: claims that came in and that were decided, those that wait at its end, and what was awarded and
    what each treasury of the policy bears of it, in fen."""

    received: int
    decided: int
    held: int
    award_fen: int
    shares_fen: Sequence[int]


@dataclass(frozen=True)
class Before:
    """The month closed before the one that a report is about, e.g. 2024-05, and what it is called beside that one."""

    month: str
    word: str
    figures: Figures


def closed_months(database: Database, policy: Policy, first: str, last: str) -> dict[str, tuple[int, int, tuple[int, ...]]]:
    """What the closes of some months froze, as `look_at_months` found them: decisions, award, and the treasuries' shares in fen."""
    select = database.render("figures/closed_month.sql", treasuries=policy.treasury_ids)
    return {row[0]: (row[1], row[2], row[3:]) for row in database.rows(select, {"first": first, "month": last})}


def runs_of_month(runs: Sequence[Entry], close: Close) -> list[Entry]:
    """The runs of a month that its close could see."""
    return [run for run in _seen_by(runs, close) if run.body["as_of"][:7] == close.month]


def last_run(runs: Sequence[Entry], close: Close) -> Entry | None:
    """The run whose held claims wait at the end of a month, None where there was none until then."""
    return next(reversed(_seen_by(runs, close)), None)


def _seen_by(runs: Sequence[Entry], close: Close) -> list[Entry]:
    return [run for run in runs if run.sequence < close.sequence and run.body["as_of"][:7] <= close.month]


def before(basis: Basis, runs: Sequence[Entry], close: Close | None, month: str) -> Before | None:
    """The month closed before another one, None where none was."""
    if close is None:
        return None
    decided, award_fen, shares_fen = closed_months(basis.database, basis.policy, close.month, close.month).get(
        close.month, (0, 0, (0,) * len(basis.policy.treasury_ids)))
    latest = last_run(runs, close)
    held = latest.body["counts"]["outcomes"].get("exception", 0) if latest else 0
    _, received, _ = basis.received(runs_of_month(runs, close))
    is_last = close.month == _month_before(month)
    return Before(close.month, "上月" if is_last else month_text(close.month), Figures(received, decided, held, award_fen, shares_fen))


def _month_before(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year}-{number - 1:02d}" if number > 1 else f"{year - 1}-12"


@dataclass(frozen=True)
class Against:
    """What the figures on top are seen against: the month (so far) that they belong to beside the month closed before it, and the year's budgets.

    `so_far` is what each treasury bears in the year, in fen. `lead` is written before the month's own figure where the report is of a part of it."""

    basis: Basis
    month: Figures
    before: Before | None
    so_far: Sequence[int]
    budgets: dict[str, Budget]
    lead: str = ""

    def cards(self, received: Card, notes: dict[str, Sequence[str]]) -> Iterator[Card]:
        """The cards: claims that came in, decided, waiting, awarded, and by treasury; `notes` are those of a report's own, by what a card shows."""
        total, word = self.basis.total, self.basis.policy.head.currency.word
        yield Card(received.title, received.value, received.unit, [*received.notes, *self._counted("received", "新收")])
        yield Card("已决定", count_text(total.claims), "件", [decided_words(total), *notes["decided"], *self._counted("decided", "")])
        yield Card(HELD, count_text(self.basis.held), "件", [*notes["held"], *self._held()])
        yield Card("核定金额", yuan_text(total.award_fen), word, [*self._paid(lambda figures: figures.award_fen), *self._year()])
        for place, treasury in enumerate(self.basis.policy.body.treasury):
            share_fen = total.shares_fen[place]
            said = [f"占核定金额{share_text(share_fen, total.award_fen)}", *self._paid(lambda figures, place=place: figures.shares_fen[place])]
            yield Card(f"{treasury.title}承担", yuan_text(share_fen), word, [*said, *self._treasury_year(treasury, self.so_far[place])])

    def note(self) -> str:
        """What holds for all cards: which month they are compared with, or that there is none; that no budget is known."""
        if self.before:
            told = f"{self.before.word}为{month_text(self.before.month)}，按封账的数字。" if self.before.word == "上月" else f"与最近封账的{self.before.word}比较。"
        else:
            told = "此前没有封账的月份，不与上月比较。"
        return told + ("" if self.budgets else "未下达年度预算，不与预算比较。")

    # ------------------------------------------------ the month before

    def _counted(self, name: str, said: str) -> Iterator[str]:
        yield from self._compared(lambda figures: getattr(figures, name), _pieces, said)

    def _paid(self, figure: Callable[[Figures], int]) -> Iterator[str]:
        yield from self._compared(figure, lambda fen: f"{yuan_text(fen)}元")

    def _compared(self, figure: Callable[[Figures], int], text: Callable[[int], str], said: str = "") -> Iterator[str]:
        if self.lead:
            yield f"{self.lead}{said}{text(figure(self.month))}"
        if self.before:
            now, then = figure(self.month), figure(self.before.figures)
            yield f"{self.before.word}{said}{text(then)}，{change_text(now, then, text)}"

    def _held(self) -> Iterator[str]:
        """What waits is no sum over a month: it is compared with what waited at the end of the other one."""
        if self.before:
            then = self.before.figures.held
            yield f"{self.before.word}末{_pieces(then)}，{change_text(self.month.held, then, _pieces)}"

    # ------------------------------------------------ the year's budget

    def _year(self) -> Iterator[str]:
        """The award of the year beside all budgets that there are."""
        told = f"本年累计{yuan_text(sum(self.so_far))}元"
        if self.budgets:
            granted, borne = (sum(getattr(budget, name) for budget in self.budgets.values()) for name in ("amount_fen", "borne_fen"))
            is_all = borne == sum(self.so_far)
            told += f"，已下达年度预算合计{yuan_text(granted)}元，" + ("" if is_all else f"其本年累计{yuan_text(borne)}元，") + f"为预算的{share_text(borne, granted)}"
        yield told

    def _treasury_year(self, treasury: Treasury, year_fen: int) -> Iterator[str]:
        told = f"本年累计{yuan_text(year_fen)}元"
        yield f"{told}，{self._budget_text(treasury, year_fen)}" if self.budgets else told

    def _budget_text(self, treasury: Treasury, year_fen: int) -> str:
        """A budget, and what is used of it; of several places some may have none: what these bear is no share of it."""
        budget = self.budgets.get(treasury.id)
        if budget is None:
            return "未下达年度预算"
        granted, share = f"已下达年度预算{yuan_text(budget.amount_fen)}元", f"为预算的{share_text(budget.borne_fen, budget.amount_fen)}"
        if treasury.by is None:
            return f"{granted}，{share}"
        others = "；其他未下达年度预算" if budget.borne_fen != year_fen else ""
        place = field_of(self.basis.policy, treasury.by).plain_title
        return f"其中{budget.places}个{place}{granted}，其本年累计{yuan_text(budget.borne_fen)}元，{share}{others}"


def _pieces(count: int) -> str:
    return f"{count_text(count)}件"


def change_text(now: int, then: int, text: Callable[[int], str]) -> str:
    """A difference as offices write it, e.g. '增加56件，增长22.4%'; without a rate where there is nothing to be a part of."""
    if now == then:
        return "持平"
    verb, rate = ("增加", "增长") if now > then else ("减少", "下降")
    return f"{verb}{text(abs(now - then))}" + (f"，{rate}{share_text(abs(now - then), then)}" if then > 0 else "")
