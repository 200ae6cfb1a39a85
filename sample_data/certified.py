"""What others certify of an institution: retained tax by year, and what was paid to it before the system."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sample_data.dice import Dice
from sample_data.institutions import Institution, Row

PAID_ONCE = {"1.1": 3_000_000, "1.2": 2_000_000, "1.3": 500_000}
PAID_BEFORE = 0.15  # share of institutions


def retained_tax(claimant: Institution, year: int, quarters: int) -> Row:
    """One row: a whole year, or its first quarters. It is drawn from number and year alone, so that later rows fit earlier ones."""
    key = claimant.number * 37 + year * 53
    whole = claimant.year_tax_yuan * (60 + key % 81) * quarters // 400
    is_refund = key % 26 == 0
    vat = -whole if is_refund else whole * (40 + key % 21) // 100
    return {
        "uscc": claimant.uscc,
        "year": str(year),
        "vat_retained_yuan": f"{vat}.{key % 100:02d}",
        "cit_retained_yuan": f"{0 if is_refund else whole - vat}.{key * 7 % 100:02d}",
        "total_tax_paid_yuan": "" if key % 11 == 0 else str(whole * (25 + key % 20) // 10),
    }


def certified_years(claimant: Institution, quarter_end: date) -> Iterator[Row]:
    """Rows from the opening to the end of a quarter; the last one may be of a part of its year."""
    for year in range(claimant.opened_on.year, quarter_end.year + 1):
        yield retained_tax(claimant, year, quarter_end.month // 3 if year == quarter_end.year else 4)


def prior_awards(claimant: Institution, last_year: int, dice: Dice) -> Iterator[Row]:
    """For some: an award that was paid in a year, and seldom a recovery of a part of it."""
    clause = claimant.profile.once if dice.chance(0.3) else claimant.profile.office
    if not clause or claimant.opened_on.year >= last_year or not dice.chance(PAID_BEFORE):
        return
    paid = PAID_ONCE.get(clause) or dice.amount(40_000, 400_000, 1_000) * min(claimant.profile.size, 2)
    row = {"uscc": claimant.uscc, "clause": clause, "claim_year": str(claimant.opened_on.year)}
    voucher = f"示例凭证{dice.between(1, 99_999):05d}"
    paid_on = dice.day(date(last_year, 1, 9), date(last_year, 12, 20))
    yield row | {"awarded_yuan": f"{paid}.00", "awarded_on": paid_on.isoformat(), "voucher_no": voucher}
    if dice.chance(0.1):
        yield row | {"awarded_yuan": f"-{paid // 5}.00", "awarded_on": f"{last_year}-12-29", "voucher_no": f"{voucher}-追回"}
