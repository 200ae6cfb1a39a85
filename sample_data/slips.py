"""Mistakes that people make in claims: which code each should bring, where it can happen, and the cells that change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from sample_data.dice import Dice
from sample_data.institutions import Institution, Row, unlisted_uscc


class Occasion(NamedTuple):
    """When a slip happens: the claimant, the last day of submission, and chance."""

    claimant: Institution
    last_day: date
    dice: Dice


class Slip(NamedTuple):
    """A mistake. It can happen where `field` is filled and `where` holds.

    again: it is sent beside the sound claim, under "another id" or the "same id"; empty: in its place.
    """

    code: str
    field: str
    change: Callable[[Row, Occasion], Row]
    again: str = ""
    where: Callable[[Row, Institution], bool] = lambda row, claimant: True

    def fits(self, row: Row, claimant: Institution) -> bool:
        return bool(row.get(self.field)) and self.where(row, claimant)


def with_slip(row: Row, slip: Slip, occasion: Occasion, next_id: Callable[[], str]) -> list[Row]:
    """The claim as it is sent: spoiled, or sound and sent a second time."""
    spoiled = row | slip.change(row, occasion)
    if slip.again == "another id":
        spoiled["claim_id"] = next_id()
    return [row, spoiled] if slip.again else [spoiled]


def shifted(day: str, days: int) -> str:
    """A day so many days later."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def _in_wan(yuan: str) -> str:
    """12300.00 yuan as people write it: 1.23万元."""
    whole, rest = divmod(int(yuan.partition(".")[0]), 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + "万元"


def _emptied(field: str) -> Callable[[Row, Occasion], Row]:
    return lambda row, at: {field: ""}


def _sent_late(row: Row, at: Occasion) -> Row:
    return {"submitted_on": at.last_day.isoformat()}


def _other_amount(row: Row, at: Occasion) -> Row:
    return _sent_late(row, at) | {"amount_claimed_yuan": str(int(row.get("amount_claimed_yuan") or 100_000) + 5_000)}


def _years_off(row: Row, field: str, years: int) -> Row:
    return {field: str(int(row[field][:4]) + years) + row[field][4:]}


def _next_year(row: Row, at: Occasion) -> Row:
    return _sent_late(row, at) | _years_off(row, "claim_year", 1)


def _other_tenure(row: Row, at: Occasion) -> Row:
    bought = {"tenure": "purchase", "floor_area_m2": "268.50", "purchased_on": row["rent_to"]}
    return _sent_late(row, at) | bought | {"rent_paid_yuan": "", "rent_from": "", "rent_to": ""}


def _smaller_fund(row: Row, at: Occasion) -> Row:
    return {"fund_size_yuan": "180000000", "invested_yuan": "126000000", "invested_local_yuan": "108000000"}


def _rent_before_opening(row: Row, at: Occasion) -> Row:
    opened_on = at.claimant.opened_on
    return {"rent_from": f"{opened_on.year}-01-01", "rent_to": shifted(opened_on.isoformat(), -1)}


def _opened_within_the_year(row: Row, claimant: Institution) -> bool:
    return row["claim_year"] == str(claimant.opened_on.year) and claimant.opened_on.month > 1


def _is_given_once(row: Row, claimant: Institution) -> bool:
    return row["clause"] in ("1.1", "1.2", "1.3")


SLIPS = (
    # an empty cell
    Slip("V01", "uscc", _emptied("uscc")),
    Slip("V01", "capital_verified_on", _emptied("capital_verified_on")),
    Slip("V01", "premises", _emptied("premises")),
    Slip("V01", "rent_to", _emptied("rent_to")),
    Slip("V01", "invested_local_yuan", _emptied("invested_local_yuan")),
    # a cell that cannot be read
    Slip("V02", "rent_paid_yuan", lambda row, at: {"rent_paid_yuan": _in_wan(row["rent_paid_yuan"])}),
    Slip("V02", "paid_in_capital_yuan", lambda row, at: {"paid_in_capital_yuan": _in_wan(row["paid_in_capital_yuan"])}),
    Slip("V02", "fund_size_yuan", lambda row, at: {"fund_size_yuan": "约" + _in_wan(row["fund_size_yuan"])}),
    Slip("V02", "rent_from", lambda row, at: {"rent_from": row["rent_from"][:4] + "-02-30"}),
    Slip("V02", "floor_area_m2", lambda row, at: {"floor_area_m2": row["floor_area_m2"] + "平方米"}),
    Slip("V02", "tenure", lambda row, at: {"tenure": "租用"}),
    Slip("V02", "claim_year", lambda row, at: {"claim_year": row["claim_year"] + "年度"}),
    Slip("V02", "claim_year", lambda row, at: {"claim_year": "2" + row["claim_year"][2] + "0" + row["claim_year"][3]}),
    Slip("V02", "clause", lambda row, at: {"clause": f"第{row['clause']}条"}),
    # a code of nobody, a code with a typing error
    Slip("V03", "uscc", lambda row, at: {"uscc": unlisted_uscc(at.dice)}),
    Slip("V04", "uscc", lambda row, at: {"uscc": row["uscc"][:8] + "AM" + row["uscc"][10:]}),
    # the same thing again
    Slip("V05", "uscc", _sent_late, again="another id"),
    Slip("V07", "rent_from", lambda row, at: _sent_late(row, at) | {"rent_from": shifted(row["rent_from"], 31)}, again="another id"),
    Slip("V10", "rent_from", _other_tenure, again="another id"),
    Slip("V15", "uscc", _other_amount, again="same id"),
    # figures and days that contradict each other
    Slip("V08", "invested_local_yuan", lambda row, at: {"invested_local_yuan": row["invested_local_yuan"] + "0"}),
    Slip("V08", "invested_yuan", lambda row, at: {"invested_yuan": row["fund_size_yuan"] + "0"}),
    Slip("V09", "submitted_on", lambda row, at: _years_off(row, "submitted_on", -10)),
    Slip("V09", "submitted_on", lambda row, at: _years_off(row, "submitted_on", 1)),
    Slip("V09", "capital_verified_on", lambda row, at: {"capital_verified_on": shifted(row["submitted_on"], 6)}),
    Slip("V09", "rent_from", lambda row, at: {"rent_from": row["rent_to"], "rent_to": row["rent_from"]}),
    Slip("V11", "rent_from", lambda row, at: {"rent_from": shifted(row["rent_from"][:4] + "-01-01", -31)}),
    Slip("V11", "purchased_on", lambda row, at: {"purchased_on": shifted(row["purchased_on"][:4] + "-01-01", -20)}),
    Slip("V13", "manager_uscc", lambda row, at: {"manager_uscc": row["uscc"]}),
    Slip("V13", "manager_uscc", lambda row, at: {"manager_uscc": unlisted_uscc(at.dice)}),
    # readable, and refused
    Slip("E01", "manager_uscc", lambda row, at: {"clause": "1.4"}),
    Slip("E04", "capital_verified_on", lambda row, at: {"capital_verified_on": shifted(at.claimant.opened_on.isoformat(), 205)},
         where=lambda row, claimant: shifted(claimant.opened_on.isoformat(), 205) <= row["submitted_on"]),
    Slip("E05", "paid_in_capital_yuan", lambda row, at: {"paid_in_capital_yuan": "49999999.99"}),
    Slip("E05", "fund_size_yuan", _smaller_fund),
    Slip("E06", "claim_year", _next_year, again="another id", where=_is_given_once),
    Slip("E07", "invested_local_yuan", lambda row, at: {"invested_local_yuan": str(int(row["fund_size_yuan"]) * 3 // 10)}),
    Slip("E09", "rent_from", _rent_before_opening, where=_opened_within_the_year),
    Slip("E13", "invested_yuan", _next_year, again="another id"),
)
