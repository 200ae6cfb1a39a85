"""Sound claims: what an institution can claim, in the order in which it falls due, and the cells of such a claim."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from sample_data.certified import PAID_ONCE
from sample_data.dice import Dice
from sample_data.institutions import Institution, Row

CAPITAL_IN_PARTS_DAYS = 28
FIRST_INVESTMENT_DAYS = 60
INVESTMENT_DAYS = 120
OFFICES_BOUGHT = 2

STREETS = ("示例大道", "示例东路", "示例金融街", "示例湖路", "示例中路")
BUILDINGS = ("示例大厦", "示例金融中心", "示例国际广场", "示例商务楼", "“示例”科技园", '"示例"创业园A座,')


class Due(NamedTuple):
    """A claim that has fallen due: the how manieth of its kind, which of the institution's offices, and the period's first day."""

    day: date
    clause: str
    turn: int = 0
    office: int = 0
    first: date | None = None


def agenda(claimant: Institution, until: date) -> list[Due]:
    """All that an institution can claim until a day, oldest first; for a later day the same, and more behind it."""
    return sorted([*_once(claimant, until), *_offices(claimant, until), *_years(claimant, until)], key=lambda due: due.day)


def _once(claimant: Institution, until: date) -> Iterator[Due]:
    """The relocation award, twice when the capital comes in parts; a fund's as often as its investment has grown."""
    clause, opened_on = claimant.profile.once, claimant.opened_on
    if claimant.profile.is_fund:
        days = [opened_on + timedelta(days) for days in range(FIRST_INVESTMENT_DAYS, (until - opened_on).days + 1, INVESTMENT_DAYS)]
    else:
        days = [opened_on + timedelta(CAPITAL_IN_PARTS_DAYS * turn) for turn in range(len(claimant.sizes_yuan))] if clause else []
    return (Due(day, clause, turn) for turn, day in enumerate(days) if day <= until)


def _offices(claimant: Institution, until: date) -> list[Due]:
    """Each period of rent that is over; of those who buy, an office a year, and two of them."""
    clause = claimant.profile.office
    if not clause:
        return []
    periods = rent_periods(claimant.lease_from, 12 if claimant.buys else claimant.rent_months, until)
    if claimant.buys:
        return [Due(last, clause, turn, turn, first) for turn, (first, last) in enumerate(periods)][:OFFICES_BOUGHT]
    return [Due(last, clause, turn, 0, first) for turn, (first, last) in enumerate(periods)]


def rent_periods(lease_from: date, months: int, until: date) -> Iterator[tuple[date, date]]:
    """First and last day of each period of so many calendar months that is over, from the lease's first day on; none spans two years."""
    first = lease_from
    while (last := _period_end(first, months)) <= until:
        yield first, last
        first = last + timedelta(days=1)


def _period_end(first: date, months: int) -> date:
    after = (first.month - 1) // months * months + months
    return date(first.year + after // 12, after % 12 + 1, 1) - timedelta(days=1)


def _years(claimant: Institution, until: date) -> Iterator[Due]:
    clause, first_year = claimant.profile.yearly, claimant.opened_on.year
    if clause:
        for year in range(first_year, until.year + (until == date(until.year, 12, 31))):
            yield Due(date(year, 12, 31), clause, year - first_year)


def claim(claim_id: str, claimant: Institution, due: Due, submitted_on: date, dice: Dice) -> Row:
    """The cells of a sound claim."""
    head = {"claim_id": claim_id, "uscc": claimant.uscc, "clause": due.clause, "submitted_on": submitted_on.isoformat()}
    return head | _CELLS_OF_CLAUSE[due.clause](claimant, due, dice)


def _size(claimant: Institution, due: Due) -> int:
    return claimant.sizes_yuan[min(due.turn, len(claimant.sizes_yuan) - 1)]


def _capital_cells(claimant: Institution, due: Due, dice: Dice) -> Row:
    return {
        "claim_year": str(due.day.year),
        "paid_in_capital_yuan": str(_size(claimant, due)),
        "capital_verified_on": due.day.isoformat(),
    }


def _opening_cells(claimant: Institution, due: Due, dice: Dice) -> Row:
    return {"claim_year": str(due.day.year), "amount_claimed_yuan": str(PAID_ONCE[due.clause])}


def _fund_cells(claimant: Institution, due: Due, dice: Dice) -> Row:
    """The turns go on with the investment: about 60%, 80%, 87% and so on of the fund, nearly all of it here."""
    size = _size(claimant, due)
    invested = size - size * dice.between(35, 45) // (100 * (due.turn + 1))
    local = invested * dice.between(92, 100) // 100
    return {
        "claim_year": str(due.day.year),
        "fund_size_yuan": str(size),
        "invested_yuan": str(invested // 10_000 * 10_000),
        "invested_local_yuan": str(local // 10_000 * 10_000),
        "manager_uscc": claimant.manager if claimant.profile.sector == "fund_partnership" else "",
    }


def _office_cells(claimant: Institution, due: Due, dice: Dice) -> Row:
    number = claimant.number + due.office
    premises = (
        f"驻马店市{claimant.row['county']}{STREETS[number % len(STREETS)]}{number * 7 % 300 + 1}号"
        f"{BUILDINGS[number % len(BUILDINGS)]}{due.office // 20 + 3}层{301 + due.office}室"
    )
    cells = _bought_cells if claimant.buys else _rented_cells
    return {"claim_year": str(due.day.year), "premises": premises} | cells(claimant, due, dice)


def _bought_cells(claimant: Institution, due: Due, dice: Dice) -> Row:
    area = dice.amount(120, 900, 1) * min(claimant.profile.size, 4)
    return {
        "tenure": "purchase",
        "floor_area_m2": f"{area}.{dice.between(0, 99):02d}",
        "purchased_on": dice.day(max(due.first, min(claimant.opened_on, due.day)), due.day).isoformat(),
        "amount_claimed_yuan": str(area * 500),
    }


def _rented_cells(claimant: Institution, due: Due, dice: Dice) -> Row:
    rent = claimant.month_rent_yuan * (due.day.month - due.first.month + 1)
    return {
        "tenure": "rent",
        "rent_paid_yuan": f"{rent}.00",
        "rent_from": due.first.isoformat(),
        "rent_to": due.day.isoformat(),
        "amount_claimed_yuan": str(rent * (20 if due.clause in ("2.2", "2.3") else 30) // 100),
    }


def _operating_cells(claimant: Institution, due: Due, dice: Dice) -> Row:
    return {"claim_year": str(due.day.year)}


_CELLS_OF_CLAUSE: dict[str, Callable[[Institution, Due, Dice], Row]] = {
    "1.1": _capital_cells,
    "1.2": _opening_cells,
    "1.3": _opening_cells,
    "1.4": _fund_cells,
    "1.5": _fund_cells,
    "2.1": _office_cells,
    "2.2": _office_cells,
    "2.3": _office_cells,
    "2.4": _office_cells,
    "3": _operating_cells,
}


def submission_days(number: int, first: date, last: date, rounds: int) -> tuple[date, date]:
    """Between two days an institution's claims come in rounds, so that later ones are mostly submitted later."""
    length = ((last - first).days + 1) // rounds
    start = first + timedelta(days=length * min(number, rounds - 1))
    return start, start + timedelta(days=length - 1)
