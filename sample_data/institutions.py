"""Who there is: kinds of institutions, and invented ones of each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import NamedTuple

from claims.policy.model import DEFAULT_POLICY, SHIPPED, load_policy
from sample_data.dice import Dice

Row = dict[str, str]
FIELDS = {table.name: table.field for table in load_policy(SHIPPED / DEFAULT_POLICY).tables.values()}

POLICY_DAY = date(2020, 12, 16)
MOVED_IN = 0.1  # share of institutions that come from elsewhere
BUYERS = 0.25  # share of institutions that buy their offices
WITH_ACCOUNT = 0.96  # share of institutions whose account is known
FIRMS_PER_MANAGER = 20
LEASE_BEFORE_OPENING_DAYS = 120


class Profile(NamedTuple):
    """A kind of institution, how many of a hundred there are, and the clauses that it applies under."""

    sector: str
    level: str
    share: int
    name: str
    once: str  # the clause it applies under once; for a fund: each time its investment has grown
    office: str
    yearly: str
    size: int

    @property
    def is_fund(self) -> bool:
        return self.sector in ("fund_company", "fund_partnership")


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
    Profile("local_financial", "provincial", 4, "河南示例{}融资担保有限公司", "", "2.4", "", 6),
    Profile("local_financial", "provincial", 2, "河南示例{}典当有限公司", "", "2.4", "", 1),
    Profile("local_financial", "national_hq", 3, "示例{}商业保理有限公司", "", "2.4", "", 6),
    Profile("local_financial", "city_branch", 1, "驻马店示例{}小额贷款有限公司", "", "2.4", "", 6),
    Profile("fund_company", "none", 9, "驻马店示例{}产业投资基金有限公司", "1.4", "", "", 1),
    Profile("fund_partnership", "none", 9, "驻马店示例{}股权投资基金合伙企业（有限合伙）", "1.5", "", "", 1),
)
MANAGER = Profile("fund_manager", "none", 0, "示例{}私募基金管理有限公司", "", "", "", 1)
SPREAD = [profile for profile in PROFILES for _ in range(profile.share)]

SYLLABLES = "安邦诚达德丰富广瀚恒宏华汇嘉金景聚凯康利联隆茂民明宁平启融瑞尚盛泰天通旺祥信兴旭盈永裕元远泽正中众"
COUNTIES = ("驿城区", "西平县", "遂平县", "上蔡县", "汝南县", "平舆县", "新蔡县", "正阳县", "确山县", "泌阳县")
CITY_SHARES = ("100", "60", "50", "40", "70", "33.33", "65.5")
CAPITALS = (50_000_000, 60_000_000, 80_000_000, 99_990_000, 100_000_000, 150_000_000, 200_000_000, 300_000_000, 500_000_000)
FUND_SIZES = {
    "1.4": (200_000_000, 260_000_000, 500_000_000, 1_000_000_000, 1_200_000_000, 2_000_000_000, 2_500_000_000),
    "1.5": (500_000_000, 620_000_000, 800_000_000, 1_000_000_000, 1_800_000_000, 3_000_000_000, 3_600_000_000),
}


@dataclass
class Institution:
    """One row of institutions.csv, and what its claims are made from: its real opening day, even where the row has a slip."""

    number: int
    row: Row
    profile: Profile
    opened_on: date
    lease_from: date
    rent_months: int  # how many months of rent it pays at a time: 3 or 12
    month_rent_yuan: int
    buys: bool  # its offices, instead of renting them
    sizes_yuan: tuple[int, ...]  # its capital, or the fund's size, as it grows
    year_tax_yuan: int  # what the city and county retain in a usual year
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
    """A sound credit code that no institution has."""
    return uscc(dice.between(9_000_000, 9_999_999))


def found_city(number: int, last_opening: date, dice: Dice) -> tuple[list[Institution], list[Institution]]:
    """Claimants, and the fund managers, who claim nothing themselves: one in twenty. All opened between the policy's day and another."""
    managers = [_open(k, MANAGER, dice.day(POLICY_DAY, last_opening), [], dice) for k in range(1, max(1, number // FIRMS_PER_MANAGER) + 1)]
    claimants = (
        _open(k, profile, dice.day(POLICY_DAY, last_opening), managers, dice)
        for k, profile in zip(range(len(managers) + 1, number + 1), _profiles())
    )
    return list(claimants), managers


def open_another(number: int, opened_on: date, profile: Profile, managers: list[Institution], dice: Dice) -> Institution:
    """A newcomer. Of a head office the first part of the capital is paid in at the opening, the rest later."""
    newcomer = _open(number, profile, opened_on, managers, dice)
    if profile.once == "1.1":
        newcomer.sizes_yuan = (30_000_000, *newcomer.sizes_yuan)
    return newcomer


def _profiles() -> Iterator[Profile]:
    """All kinds by their shares, mixed: the same for every city."""
    return (SPREAD[k * 37 % len(SPREAD)] for k in count())


def _open(number: int, profile: Profile, opened_on: date, managers: list[Institution], dice: Dice) -> Institution:
    """With a sound row; partnerships get one of the managers."""
    row = {
        "uscc": uscc(number),
        "name": profile.name.format(_invented_word(dice)),
        "sector": profile.sector,
        "level": profile.level,
        "origin": "moved_in" if dice.chance(MOVED_IN) else "new",
        "established_on": opened_on.isoformat(),
        "regulator_approved": "yes",
        "city_share_pct": dice.pick(CITY_SHARES),
        "county": dice.pick(COUNTIES),
    }
    if dice.chance(WITH_ACCOUNT):
        row |= {"bank_name": f"示例银行{row['county']}示例支行", "bank_account": f"00000000{number:011d}"}
    return Institution(
        number=number,
        row=row,
        profile=profile,
        opened_on=opened_on,
        lease_from=max(opened_on - timedelta(days=dice.between(0, LEASE_BEFORE_OPENING_DAYS)), date(opened_on.year, 1, 1)),
        rent_months=dice.pick((3, 12, 12)),
        month_rent_yuan=dice.amount(15_000, 120_000, 50) * min(profile.size, 4),
        buys=dice.chance(BUYERS),
        sizes_yuan=_sizes(profile, dice),
        year_tax_yuan=dice.amount(60_000, 4_000_000, 100) * profile.size,
        manager=dice.pick(managers).uscc if managers else "",
    )


def _sizes(profile: Profile, dice: Dice) -> tuple[int, ...]:
    """Capital does not grow; half of the funds do, by one size after the other."""
    sizes = FUND_SIZES.get(profile.once)
    if sizes is None:
        return (dice.pick(CAPITALS),)
    first = dice.between(0, len(sizes) - 1)
    return sizes[first:] if dice.chance(0.5) else sizes[first : first + 1]


def _invented_word(dice: Dice) -> str:
    """Two different syllables."""
    place = dice.between(0, len(SYLLABLES) - 1)
    step = dice.between(1, len(SYLLABLES) - 1)
    return SYLLABLES[place] + SYLLABLES[(place + step) % len(SYLLABLES)]


class RowSlip(NamedTuple):
    """What stands in the way in the row of an institution: the code that its claims under some clauses get, and the cells that change."""

    code: str
    clauses: tuple[str, ...]
    change: Callable[[Row], Row]


ROW_SLIPS = (
    RowSlip("E11", ("3",), lambda row: {"regulator_approved": "no"}),
    RowSlip("E12", ("1.2", "1.3"), lambda row: {"origin": "moved_in"}),
    RowSlip("E03", ("1.1", "1.2", "1.3"), lambda row: {"established_on": "2020-12-15"}),
    RowSlip("V14", ("1.2", "1.3", "2.2", "2.3", "3"), lambda row: {"level": "市级机构"}),
    RowSlip("V14", ("1.4", "1.5"), lambda row: {"city_share_pct": ""}),
    RowSlip("V14", ("2.4",), lambda row: {"city_share_pct": "按比例"}),
    RowSlip("V14", ("2.1",), lambda row: {"established_on": row["established_on"][:7]}),
    RowSlip("V16", ("1.1",), lambda row: {"established_on": "2000" + row["established_on"][4:]}),
)
