"""Believable invented claims in any number, the same for the same seed.

    python benchmarks/generate.py FOLDER --institutions 20000 --claims 100000 --seed 1 [--damage 0.02]

writes institutions.csv, retained_tax.csv, prior_awards.csv, claims-1.csv and so on. Every name, address, account and code is
invented and marked: names hold 示例, credit codes stand under a registration authority that does not exist, accounts begin with
zeros. A claim is made sound first; a slip from the table SLIPS then spoils some. The as-of date to run with is 2024-06-30.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import count, islice, pairwise
from pathlib import Path
from typing import NamedTuple

FACTS = Path(__file__).parents[1] / "claims/policy/shipped/zhumadian-2020-36/facts.toml"
TABLES = {table["name"]: table["field"] for table in tomllib.loads(FACTS.read_text("utf-8"))["table"]}

POLICY_DAY = date(2020, 12, 16)
LAST_OPENING = date(2023, 12, 31)
FIRST_SUBMISSION = date(2024, 1, 2)
LAST_SUBMISSION = date(2024, 6, 28)
ROUNDS = 6
LAST_PERIOD_END = date(2024, 3, 31)
FIRST_YEAR, LAST_YEAR, LAST_FULL_YEAR = 2021, 2024, 2023

OPENED_EARLIER = 0.03  # share of institutions opened before the policy
BUYERS = 0.25  # share of institutions that buy their offices
TAX_MISSING = 0.004  # share of years that the tax bureau has not certified
REFUND_YEARS = 0.04
LARGEST_OFFICE = 4  # times a branch's
INSTITUTION_SLIPS_SHARE = 0.03
MISTAKES = 0.06  # share of claims with a mistake other than an unreadable cell, which is --damage
REFUSALS = 0.06  # share of claims that are made to miss a condition
LINES_PER_FILE = 250_000

Row = dict[str, str]


class Dice:
    """Random choices from random() alone: its sequence for a seed is the same in every version of Python."""

    def __init__(self, seed: int):
        self.random = random.Random(seed).random

    def pick(self, options):
        return options[int(self.random() * len(options))]

    def between(self, low: int, high: int) -> int:
        return low + int(self.random() * (high - low + 1))

    def day(self, first: date, last: date) -> date:
        return date.fromordinal(self.between(first.toordinal(), last.toordinal()))

    def chance(self, share: float) -> bool:
        return self.random() < share

    def amount(self, low: int, high: int, step: int) -> int:
        """Whole steps between low and high, the small ones more often."""
        return low + int((high - low) * self.random() ** 2) // step * step


# ------------------------------------------------------------------------------------------------ who there is


class Profile(NamedTuple):
    """A kind of institution, how many of a hundred there are, and the clauses that it applies under."""

    sector: str
    level: str
    share: int
    name: str
    once: str  # the clause it applies under once; for a fund: each time
    office: str
    yearly: str
    size: int


# Not every clause here suits its sector and level: some institutions ask for what they do not get.
PROFILES = (
    Profile("bank", "national_hq", 2, "示例{}银行股份有限公司", "1.1", "2.1", "3", 8),
    Profile("bank", "business_hq", 2, "示例{}银行股份有限公司信用卡中心", "1.1", "2.1", "3", 5),
    Profile("bank", "regional_hq", 2, "示例{}银行股份有限公司中原区域总部", "1.1", "2.1", "3", 5),
    Profile("bank", "provincial", 4, "示例{}银行股份有限公司河南省分行", "1.1", "2.1", "", 6),
    Profile("bank", "city_branch", 17, "示例{}银行股份有限公司驻马店分行", "1.2", "2.2", "3", 1),
    Profile("bank", "foreign_city_branch", 3, "示例{}银行（中国）有限公司驻马店分行", "1.2", "2.2", "3", 1),
    Profile("bank", "none", 2, "驻马店示例{}农村商业银行股份有限公司", "1.2", "2.2", "3", 1),
    Profile("insurance", "national_hq", 2, "示例{}人寿保险股份有限公司", "1.1", "2.1", "3", 6),
    Profile("insurance", "regional_hq", 2, "示例{}养老保险股份有限公司中部总部", "1.1", "2.1", "3", 5),
    Profile("insurance", "provincial", 3, "示例{}健康保险股份有限公司河南分公司", "1.1", "2.1", "3", 4),
    Profile("insurance", "city_branch", 15, "示例{}财产保险股份有限公司驻马店中心支公司", "1.3", "2.3", "3", 1),
    Profile("securities", "business_hq", 2, "示例{}证券股份有限公司资产管理总部", "1.1", "2.1", "3", 5),
    Profile("securities", "provincial", 2, "示例{}证券股份有限公司河南分公司", "1.1", "2.1", "", 4),
    Profile("securities", "city_branch", 9, "示例{}证券股份有限公司驻马店分公司", "1.3", "2.3", "3", 1),
    Profile("securities", "foreign_city_branch", 1, "示例{}证券（中国）有限公司驻马店分公司", "1.3", "2.3", "3", 1),
    Profile("other_financial", "national_hq", 2, "示例{}金融租赁股份有限公司", "1.1", "", "3", 4),
    Profile("other_financial", "business_hq", 2, "示例{}消费金融有限公司营运总部", "1.1", "2.1", "3", 4),
    Profile("local_financial", "provincial", 6, "河南示例{}融资担保有限公司", "", "2.4", "", 6),
    Profile("local_financial", "national_hq", 3, "示例{}商业保理有限公司", "", "2.4", "", 6),
    Profile("local_financial", "city_branch", 1, "驻马店示例{}小额贷款有限公司", "", "2.4", "", 6),
    Profile("fund_company", "none", 9, "驻马店示例{}产业投资基金有限公司", "1.4", "", "", 1),
    Profile("fund_partnership", "none", 9, "驻马店示例{}股权投资基金合伙企业（有限合伙）", "1.5", "", "", 1),
)
MANAGER = Profile("fund_manager", "none", 0, "示例{}私募基金管理有限公司", "", "", "", 1)
SPREAD = [profile for profile in PROFILES for _ in range(profile.share)]

SYLLABLES = "安邦诚达德丰富广瀚恒宏华汇嘉金景聚凯康利联隆茂民明宁平启融瑞尚盛泰天通旺祥信兴旭盈永裕元远泽正中众"
COUNTIES = ("驿城区", "西平县", "遂平县", "上蔡县", "汝南县", "平舆县", "新蔡县", "正阳县", "确山县", "泌阳县")
STREETS = ("示例大道", "示例东路", "示例金融街", "示例湖路", "示例中路")
BUILDINGS = ("示例大厦", "示例金融中心", "示例国际广场", "示例商务楼")
CITY_SHARES = ("100", "60", "50", "40", "70", "33.33", "65.5")
CAPITALS = (50_000_000, 60_000_000, 80_000_000, 99_990_000, 100_000_000, 150_000_000, 200_000_000, 300_000_000, 500_000_000)
PAID_ONCE = {"1.1": 3_000_000, "1.2": 2_000_000, "1.3": 500_000}
FUND_SIZES = {
    "1.4": (200_000_000, 260_000_000, 500_000_000, 1_000_000_000, 1_200_000_000, 2_000_000_000, 2_500_000_000),
    "1.5": (500_000_000, 620_000_000, 800_000_000, 1_000_000_000, 1_800_000_000, 3_000_000_000, 3_600_000_000),
}


@dataclass
class Institution:
    """One row of institutions.csv, and what its claims are made from: its real opening day, even where the row has a slip."""

    row: Row
    profile: Profile
    opened_on: date
    size_yuan: int  # paid-in capital or fund size
    buys: bool
    periods: list[tuple[date, date]]  # of rent, the one in which it opened included
    manager: str

    @property
    def uscc(self) -> str:
        return self.row["uscc"]


def uscc(number: int) -> str:
    """A credit code with its check character (GB 32100), under the registration authority 411799, which does not exist."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = f"91411799MA{number * 7_654_321 % 10_000_000:07d}"
    total = sum(alphabet.index(character) * pow(3, place, 31) for place, character in enumerate(body))
    return body + alphabet[-total % 31]


def unlisted_uscc(dice: Dice) -> str:
    return uscc(dice.between(9_000_000, 9_999_999))


@cache
def rent_periods(months: int) -> list[tuple[date, date]]:
    """First and last day of the calendar periods of so many months."""
    starts = [date(year, month, 1) for year in range(FIRST_YEAR, LAST_YEAR + 1) for month in range(1, 13, months)]
    periods = [(start, after - timedelta(days=1)) for start, after in pairwise(starts)]
    return [(first, last) for first, last in periods if last <= LAST_PERIOD_END]


def invented_word(dice: Dice) -> str:
    """Two different syllables."""
    place = dice.between(0, len(SYLLABLES) - 1)
    step = dice.between(1, len(SYLLABLES) - 1)
    return SYLLABLES[place] + SYLLABLES[(place + step) % len(SYLLABLES)]


def institution(number: int, profile: Profile, managers: list[Institution], dice: Dice) -> Institution:
    """With a sound row; partnerships get one of the managers."""
    earlier = dice.chance(OPENED_EARLIER)
    opened_on = dice.day(date(2019, 6, 3), date(2020, 12, 15)) if earlier else dice.day(POLICY_DAY, LAST_OPENING)
    months = dice.pick((3, 6, 12))
    row = {
        "uscc": uscc(number),
        "name": profile.name.format(invented_word(dice)),
        "sector": profile.sector,
        "level": profile.level,
        "origin": "moved_in" if dice.chance(0.1) else "new",
        "established_on": opened_on.isoformat(),
        "regulator_approved": "yes",
        "city_share_pct": dice.pick(CITY_SHARES),
        "county": dice.pick(COUNTIES),
    }
    if dice.chance(0.96):
        row |= {"bank_name": f"示例银行{row['county']}示例支行", "bank_account": f"00000000{number:011d}"}
    return Institution(
        row=row,
        profile=profile,
        opened_on=opened_on,
        size_yuan=dice.pick(FUND_SIZES.get(profile.once, CAPITALS)),
        buys=dice.chance(BUYERS),
        periods=[period for period in rent_periods(months) if opened_on <= period[1]],
        manager=dice.pick(managers).uscc if managers else "",
    )


def institutions(number: int, dice: Dice) -> tuple[list[Institution], list[Institution]]:
    """Claimants, and fund managers, who claim nothing themselves: one in twenty."""
    managers = [institution(k, MANAGER, [], dice) for k in range(1, max(1, number // 20) + 1)]
    profiles = (SPREAD[k * 37 % len(SPREAD)] for k in count())
    return [institution(k, next(profiles), managers, dice) for k in range(len(managers) + 1, number + 1)], managers


# What stands in the way in the row of an institution: each gives the cells that change.
INSTITUTION_SLIPS: tuple[Callable[[Row], Row], ...] = (
    lambda row: {"regulator_approved": "no"},
    lambda row: {"level": "市级机构"},
    lambda row: {"city_share_pct": ""},
    lambda row: {"city_share_pct": "按比例"},
    lambda row: {"established_on": row["established_on"][:7]},
    lambda row: {"established_on": "200" + row["established_on"][3:]},
)


def with_slips(some: list[Institution], dice: Dice) -> None:
    for one in some:
        if dice.chance(INSTITUTION_SLIPS_SHARE):
            one.row |= dice.pick(INSTITUTION_SLIPS)(one.row)


# ---------------------------------------------------------------------------------- what was certified and paid before


def retained_tax(claimant: Institution, dice: Dice) -> Iterator[Row]:
    """A row a year since the opening; of the last year only the first quarter."""
    yearly = dice.amount(60_000, 4_000_000, 100) * claimant.profile.size
    for year in range(min(claimant.opened_on.year, FIRST_YEAR), LAST_YEAR + 1):
        if year < claimant.opened_on.year or dice.chance(TAX_MISSING):
            continue
        whole = yearly * dice.between(60, 140) // (100 if year <= LAST_FULL_YEAR else 400)
        vat = -whole if dice.chance(REFUND_YEARS) else whole * dice.between(40, 60) // 100
        yield {
            "uscc": claimant.uscc,
            "year": str(year),
            "vat_retained_yuan": f"{vat}.{dice.between(0, 99):02d}",
            "cit_retained_yuan": f"{whole - abs(vat)}.{dice.between(0, 99):02d}",
            "total_tax_paid_yuan": "" if dice.chance(0.1) else str(whole * dice.between(25, 45) // 10),
        }


def prior_awards(claimant: Institution, dice: Dice) -> Iterator[Row]:
    """For some: an award of 2022 or 2023, and seldom a recovery of a part of it."""
    clause = claimant.profile.once if dice.chance(0.3) else claimant.profile.office
    if not clause or claimant.opened_on.year >= LAST_FULL_YEAR or not dice.chance(0.15):
        return
    paid = PAID_ONCE.get(clause) or dice.amount(40_000, 400_000, 1_000) * min(claimant.profile.size, 2)
    row = {"uscc": claimant.uscc, "clause": clause, "claim_year": str(max(claimant.opened_on.year, FIRST_YEAR))}
    voucher = f"示例凭证{dice.between(1, 99_999):05d}"
    yield row | {"awarded_yuan": f"{paid}.00", "awarded_on": dice.day(date(2023, 1, 9), date(2023, 12, 20)).isoformat(), "voucher_no": voucher}
    if dice.chance(0.1):
        yield row | {"awarded_yuan": f"-{paid // 5}.00", "awarded_on": "2024-01-15", "voucher_no": f"{voucher}-追回"}


# ------------------------------------------------------------------------------------------------ sound claims


def capital_cells(claimant: Institution, turn: int, dice: Dice) -> Row:
    return {
        "claim_year": str(claimant.opened_on.year),
        "paid_in_capital_yuan": str(claimant.size_yuan),
        "capital_verified_on": (claimant.opened_on + timedelta(days=dice.between(0, 2))).isoformat(),
    }


def opening_cells(claimant: Institution, turn: int, dice: Dice) -> Row:
    return {"claim_year": str(claimant.opened_on.year), "amount_claimed_yuan": str(PAID_ONCE[claimant.profile.once])}


def fund_cells(claimant: Institution, turn: int, dice: Dice) -> Row:
    """The turns go on with the investment: about 60%, 80%, 87% and so on of the fund, nearly all of it here."""
    size = claimant.size_yuan
    invested = size - size * dice.between(35, 45) // (100 * (turn + 1))
    local = invested * dice.between(92, 100) // 100
    return {
        "claim_year": str(min(claimant.opened_on.year + turn, LAST_YEAR)),
        "fund_size_yuan": str(size),
        "invested_yuan": str(invested // 10_000 * 10_000),
        "invested_local_yuan": str(local // 10_000 * 10_000),
        "manager_uscc": claimant.manager if claimant.profile.once == "1.5" else "",
    }


def office_cells(claimant: Institution, turn: int, dice: Dice) -> Row:
    """Each turn another period, and another office when the periods are through."""
    place, period = divmod(turn, len(claimant.periods))
    first, last = claimant.periods[(period + claimant.size_yuan // 10_000_000) % len(claimant.periods)]
    number = place if not claimant.buys else turn
    premises = (
        f"驻马店市{claimant.row['county']}{STREETS[number % 5]}{int(claimant.uscc[10:14]) % 300 + 1}号"
        f"{BUILDINGS[number % 4]}{number // 20 + 3}层{301 + number}室"
    )
    office = {"claim_year": str(first.year), "premises": premises}
    if claimant.buys:
        return office | bought_cells(claimant, dice.day(max(first, claimant.opened_on), last), dice)
    return office | rented_cells(claimant, first, last, dice)


def bought_cells(claimant: Institution, bought_on: date, dice: Dice) -> Row:
    area = dice.amount(120, 900, 1) * min(claimant.profile.size, LARGEST_OFFICE)
    return {
        "tenure": "purchase",
        "floor_area_m2": f"{area}.{dice.between(0, 99):02d}",
        "purchased_on": bought_on.isoformat(),
        "amount_claimed_yuan": str(area * 500),
    }


def rented_cells(claimant: Institution, first: date, last: date, dice: Dice) -> Row:
    months = last.month - first.month + 1
    rent = dice.amount(15_000, 120_000, 50) * months * min(claimant.profile.size, LARGEST_OFFICE)
    return {
        "tenure": "rent",
        "rent_paid_yuan": f"{rent}.00",
        "rent_from": first.isoformat(),
        "rent_to": last.isoformat(),
        "amount_claimed_yuan": str(rent * (20 if claimant.profile.office in ("2.2", "2.3") else 30) // 100),
    }


def operating_cells(claimant: Institution, turn: int, dice: Dice) -> Row:
    return {"claim_year": str(max(claimant.opened_on.year, FIRST_YEAR) + turn)}


CELLS_OF_CLAUSE: dict[str, Callable[[Institution, int, Dice], Row]] = {
    "1.1": capital_cells,
    "1.2": opening_cells,
    "1.3": opening_cells,
    "1.4": fund_cells,
    "1.5": fund_cells,
    "2.1": office_cells,
    "2.2": office_cells,
    "2.3": office_cells,
    "2.4": office_cells,
    "3": operating_cells,
}


def clause_and_turn(claimant: Institution, number: int) -> tuple[str, int]:
    """Under which clause an institution's claim of this number is made, and its how manieth under that clause it is."""
    profile = claimant.profile
    if profile.once and (number == 0 or not (profile.office or profile.yearly)):
        return profile.once, number
    number -= bool(profile.once)
    turn, is_yearly = divmod(number, 2)
    years = LAST_FULL_YEAR - max(claimant.opened_on.year, FIRST_YEAR) + 1
    if profile.yearly and (is_yearly and turn < years or not profile.office):
        return profile.yearly, min(turn, years - 1)
    return profile.office, number


def submission_days(number: int, first: date, last: date, rounds: int) -> tuple[date, date]:
    """Between two days an institution's claims come in rounds, so that later ones are mostly submitted later."""
    length = ((last - first).days + 1) // rounds
    start = first + timedelta(days=length * min(number, rounds - 1))
    return start, start + timedelta(days=length - 1)


def claim(claim_id: str, claimant: Institution, number: int, submitted_on: date, dice: Dice) -> Row:
    clause, turn = clause_and_turn(claimant, number)
    head = {"claim_id": claim_id, "uscc": claimant.uscc, "clause": clause, "submitted_on": submitted_on.isoformat()}
    return head | CELLS_OF_CLAUSE[clause](claimant, turn, dice)


# ------------------------------------------------------------------------------------------------ slips


class Slip(NamedTuple):
    """A mistake that people make: which code it should bring, where it can happen (a filled field), and the cells that change."""

    code: str
    field: str
    change: Callable[[Row, Dice], Row]
    again: str = ""  # sent beside the sound claim, under another or the same claim_id


def shifted(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def in_wan(yuan: str) -> str:
    """12300.00 yuan as people write it: 1.23万元."""
    whole, rest = divmod(int(yuan.partition(".")[0]), 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + "万元"


def emptied(field: str) -> Callable[[Row, Dice], Row]:
    return lambda row, dice: {field: ""}


def sent_late(row: Row, dice: Dice) -> Row:
    return {"submitted_on": LAST_SUBMISSION.isoformat()}


def other_tenure(row: Row, dice: Dice) -> Row:
    bought = {"tenure": "purchase", "floor_area_m2": "268.50", "purchased_on": row["rent_to"]}
    return sent_late(row, dice) | bought | {"rent_paid_yuan": "", "rent_from": "", "rent_to": ""}


def smaller_fund(row: Row, dice: Dice) -> Row:
    return {"fund_size_yuan": "180000000", "invested_yuan": "126000000", "invested_local_yuan": "108000000"}


SLIPS = (
    # an empty cell
    Slip("V01", "uscc", emptied("uscc")),
    Slip("V01", "capital_verified_on", emptied("capital_verified_on")),
    Slip("V01", "premises", emptied("premises")),
    Slip("V01", "rent_to", emptied("rent_to")),
    Slip("V01", "invested_local_yuan", emptied("invested_local_yuan")),
    # a cell that cannot be read
    Slip("V02", "rent_paid_yuan", lambda row, dice: {"rent_paid_yuan": in_wan(row["rent_paid_yuan"])}),
    Slip("V02", "paid_in_capital_yuan", lambda row, dice: {"paid_in_capital_yuan": in_wan(row["paid_in_capital_yuan"])}),
    Slip("V02", "fund_size_yuan", lambda row, dice: {"fund_size_yuan": "约" + in_wan(row["fund_size_yuan"])}),
    Slip("V02", "rent_from", lambda row, dice: {"rent_from": row["rent_from"][:4] + "-02-30"}),
    Slip("V02", "floor_area_m2", lambda row, dice: {"floor_area_m2": row["floor_area_m2"] + "平方米"}),
    Slip("V02", "tenure", lambda row, dice: {"tenure": "租用"}),
    Slip("V02", "claim_year", lambda row, dice: {"claim_year": row["claim_year"] + "年度"}),
    Slip("V02", "claim_year", lambda row, dice: {"claim_year": "2" + row["claim_year"][2] + "0" + row["claim_year"][3]}),
    Slip("V02", "clause", lambda row, dice: {"clause": f"第{row['clause']}条"}),
    # a code of nobody, a code with a typing error
    Slip("V03", "uscc", lambda row, dice: {"uscc": unlisted_uscc(dice)}),
    Slip("V04", "uscc", lambda row, dice: {"uscc": row["uscc"][:8] + "AM" + row["uscc"][10:]}),
    # the same thing again
    Slip("V05", "uscc", sent_late, again="another id"),
    Slip("V07", "rent_from", lambda row, dice: sent_late(row, dice) | {"rent_from": shifted(row["rent_from"], 31)}, again="another id"),
    Slip("V10", "rent_from", other_tenure, again="another id"),
    Slip("V15", "uscc", sent_late, again="same id"),
    # figures and days that contradict each other
    Slip("V08", "invested_local_yuan", lambda row, dice: {"invested_local_yuan": row["invested_local_yuan"] + "0"}),
    Slip("V08", "invested_yuan", lambda row, dice: {"invested_yuan": row["fund_size_yuan"] + "0"}),
    Slip("V09", "submitted_on", lambda row, dice: {"submitted_on": row["submitted_on"].replace("2024", "2014")}),
    Slip("V09", "submitted_on", lambda row, dice: {"submitted_on": row["submitted_on"].replace("2024", "2025")}),
    Slip("V09", "capital_verified_on", lambda row, dice: {"capital_verified_on": shifted(row["submitted_on"], 6)}),
    Slip("V09", "rent_from", lambda row, dice: {"rent_from": row["rent_to"], "rent_to": row["rent_from"]}),
    Slip("V11", "rent_from", lambda row, dice: {"rent_from": shifted(row["rent_from"][:4] + "-01-01", -31)}),
    Slip("V11", "purchased_on", lambda row, dice: {"purchased_on": shifted(row["purchased_on"][:4] + "-01-01", -20)}),
    Slip("V13", "manager_uscc", lambda row, dice: {"manager_uscc": row["uscc"]}),
    Slip("V13", "manager_uscc", lambda row, dice: {"manager_uscc": unlisted_uscc(dice)}),
    # readable, and refused
    Slip("E04", "capital_verified_on", lambda row, dice: {"capital_verified_on": shifted(row["capital_verified_on"], 205)}),
    Slip("E05", "paid_in_capital_yuan", lambda row, dice: {"paid_in_capital_yuan": "49999999.99"}),
    Slip("E05", "fund_size_yuan", smaller_fund),
    Slip("E07", "invested_local_yuan", lambda row, dice: {"invested_local_yuan": str(int(row["fund_size_yuan"]) * 3 // 10)}),
)
DAMAGE = tuple(slip for slip in SLIPS if slip.code == "V02")
MISTAKEN = tuple(slip for slip in SLIPS if slip.code[0] == "V" and slip.code != "V02")
REFUSED = tuple(slip for slip in SLIPS if slip.code[0] == "E")


def slip_for(row: Row, damage: float, dice: Dice) -> Slip | None:
    """No slip for most claims. A condition is missed only where the clause has one that a slip can miss."""
    fate = dice.random()
    for share, slips in ((damage, DAMAGE), (MISTAKES, MISTAKEN), (REFUSALS, REFUSED)):
        if fate < share:
            possible = [slip for slip in slips if row.get(slip.field)]
            return dice.pick(possible) if possible else None
        fate -= share
    return None


def with_slip(row: Row, slip: Slip, next_id: Callable[[], str], dice: Dice) -> list[Row]:
    """The claim as it is sent: spoiled, or sound and sent a second time."""
    spoiled = row | slip.change(row, dice)
    if slip.again == "another id":
        spoiled["claim_id"] = next_id()
    return [row, spoiled] if slip.again else [spoiled]


def claims(claimants: list[Institution], damage: float, dice: Dice) -> Iterator[Row]:
    """Without end: the first claim of every institution, then the second of every one, and so on."""
    numbers = count(1)

    def next_id() -> str:
        return f"BM-{next(numbers):08d}"

    for number in count():
        days = submission_days(number, FIRST_SUBMISSION, LAST_SUBMISSION, ROUNDS)
        for claimant in claimants:
            row = claim(next_id(), claimant, number, dice.day(*days), dice)
            slip = slip_for(row, damage, dice)
            yield from [row] if slip is None else with_slip(row, slip, next_id, dice)


# ------------------------------------------------------------------------------------------------ files


def write(path: Path, table: str, rows: Iterable[Row]) -> None:
    """English headers, UTF-8."""
    fields = [field["name"] for field in TABLES[table]]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(fields)
        writer.writerows([row.get(field, "") for field in fields] for row in rows)


def generate(folder: Path, *, institution_count: int, claim_count: int, seed: int, damage: float) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    dice = Dice(seed)
    claimants, managers = institutions(institution_count, dice)
    with_slips(claimants, dice)
    write(folder / "institutions.csv", "institutions", (one.row for one in managers + claimants))
    write(folder / "retained_tax.csv", "retained_tax", (row for one in claimants for row in retained_tax(one, dice)))
    write(folder / "prior_awards.csv", "prior_awards", (row for one in claimants for row in prior_awards(one, dice)))
    rows = islice(claims(claimants, damage, dice), claim_count)
    for number in range(1, -(-claim_count // LINES_PER_FILE) + 1):
        write(folder / f"claims-{number}.csv", "claims", islice(rows, LINES_PER_FILE))


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description="Write believable invented claims, the same for the same seed.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--institutions", type=int, required=True, metavar="N", help="how many, at least 2 (1 in 20 manages funds)")
    parser.add_argument("--claims", type=int, required=True, metavar="N", help="how many claim lines")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    parser.add_argument("--damage", type=float, default=0.02, metavar="SHARE", help="share of claims with a cell that cannot be read")
    options = parser.parse_args(arguments)
    if options.institutions < 2:
        parser.error("--institutions: at least 2, a manager of funds and a claimant")
    generate(
        options.folder,
        institution_count=options.institutions,
        claim_count=options.claims,
        seed=options.seed,
        damage=options.damage,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
