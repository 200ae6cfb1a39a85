"""What happens in the city, month by month: who opens, what is claimed, what goes wrong, and what is put right later.

The first month brings what had gathered over the years, and every slip of the tables once at least; the later ones bring what falls due,
a few slips each, and what was held: mended claims, late certificates, institutions that were not listed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from sample_data.certified import certified_years, prior_awards
from sample_data.dice import Dice
from sample_data.institutions import PROFILES, ROW_SLIPS, Institution, Row, found_city, open_another
from sample_data.slips import SLIPS, Occasion, Slip, with_slip
from sample_data.sound_claims import agenda, claim, submission_days

INSTITUTIONS = 114
LATEST_OPENING_DAYS = 90  # before the first month: from then on newcomers are followed one by one
BACKLOG = 3  # claims that an institution sends in the first month, at most
CLAIMS_A_MONTH = 0.4  # share of institutions that send a claim in a later month

TWICE = tuple(slip for slip in SLIPS if slip.code not in ("V01", "V02"))
FIRST_SLIPS = SLIPS + TWICE
SLIPS_A_MONTH = 8
TAX_NOT_CERTIFIED = 3
PAID_UP = (("2.1", "2860000.00"), ("2.2", "940000.00"), ("2.3", "465000.00"), ("2.3", "500000.00"))

# Who opens each month: a head office, a fund and two branches. The last one claims before it is listed.
NEWCOMERS = [
    next(profile for profile in PROFILES if (profile.sector, profile.level) == kind)
    for kind in (("bank", "national_hq"), ("fund_company", "none"), ("securities", "city_branch"), ("bank", "city_branch"))
]

# Names that try a letter's fonts and layout, for the first ones of a kind.
UNUSUAL_NAMES = (
    ("bank", "city_branch", "示例昇喆银行股份有限公司驻马店分行"),
    ("bank", "city_branch", "示例龘靐银行股份有限公司驻马店分行"),
    ("insurance", "city_branch", "示例犇鑫堃财产保险股份有限公司驻马店中心支公司"),
    ("insurance", "city_branch", "示例中原农业现代化与乡村振兴及县域普惠金融综合服务（河南自由贸易试验区）互助合作财产保险股份有限公司驻马店市驿城区中心支公司"),
    ("securities", "city_branch", "示例淏燚&翀（H&C）证券股份有限公司驻马店分公司"),
    ("local_financial", "provincial", "河南示例䶮玥融资担保有限公司"),
    ("fund_company", "none", "驻马店示例#1·“新质”产业投资基金有限公司"),
)


@dataclass
class Sent:
    """A claim as it is sent, and by whom."""

    claimant: Institution
    row: Row


@dataclass
class Month:
    """What the offices send in a month; `resent` are claims of earlier months, `late` institutions that are listed late or anew."""

    last_day: date
    listed: list[Row] = field(default_factory=list)
    late: list[Row] = field(default_factory=list)
    retained_tax: list[Row] = field(default_factory=list)
    prior_awards: list[Row] = field(default_factory=list)
    claims: list[Sent] = field(default_factory=list)
    resent: list[Row] = field(default_factory=list)


class City:
    """One city. Each call of `month` is a month later."""

    def __init__(self, first_day: date, seed: int):
        self.dice = Dice(seed)
        self.first_day = first_day
        self.claimants, self.managers = found_city(INSTITUTIONS, first_day - timedelta(days=LATEST_OPENING_DAYS), self.dice)
        self.count = 0  # months that have gone by
        self.claim_count = 0
        self.claimed: dict[str, int] = {}  # how much of its agenda an institution has claimed
        self.certified: dict[str, date] = {}  # up to when its tax is certified
        self.unlisted: list[Row] = []  # to be listed, or listed anew, in the next month
        self.staged: set[str] = set()  # claims that show something already: no slip happens to them
        self.held: list[Row] = []  # sound rows of claims that were sent with a slip
        self.decided: list[Row] = []  # claims that are certainly decided
        _rename(self.claimants)

    @property
    def is_first(self) -> bool:
        return self.count == 0

    def month(self) -> Month:
        """What happens in the next month."""
        month = Month(_month_end(self.first_day))
        month.late, self.unlisted = self.unlisted, []
        month.late += self._newcomers()
        sound = self._sound_claims(month)
        if self.is_first:
            month.listed = self._listed(sound)
            month.prior_awards = self._prior_awards(sound)
        else:
            month.late += self._changed_accounts()
            month.resent = self._resent()
        month.retained_tax = self._retained_tax(sound)
        month.claims = self._with_slips(sound, month)
        self.count += 1
        self.first_day = month.last_day + timedelta(days=1)
        return month

    # ------------------------------------------------------------------------------------------------ who is there

    def _newcomers(self) -> list[Row]:
        """Institutions that opened in the month before. All but the last are listed at once."""
        opened = []
        for profile in NEWCOMERS:
            opened_on = self.dice.day(self.first_day - timedelta(days=30), self.first_day - timedelta(days=2))
            number = len(self.managers) + len(self.claimants) + 1
            newcomer = open_another(number, opened_on, profile, self.managers, self.dice)
            self.claimants.append(newcomer)
            opened.append(newcomer.row)
        self.unlisted.append(opened[-1])
        return opened[:-1]

    def _changed_accounts(self) -> list[Row]:
        """Two that are paid elsewhere from now on."""
        changed = [self.dice.pick(self.claimants[: INSTITUTIONS // 2]).row for _ in range(2)]
        for row in changed:
            row |= {"bank_name": f"示例银行{row['county']}示例新区支行", "bank_account": f"00000000{self.dice.between(1, 10**10):011d}"}
        return changed

    def _listed(self, sound: list[Sent]) -> list[Row]:
        """All that opened before the first month. A claim shows each slip; a row that holds claims is listed anew a month later."""
        listed = {one.uscc: one.row for one in self.managers + self.claimants if one.number <= INSTITUTIONS}
        fit = [one for one in sound if one.claimant.uscc in listed]
        for slip in ROW_SLIPS:
            shown = self.dice.pick([one for one in fit if one.row["clause"] in slip.clauses])
            fit = [one for one in fit if one.claimant is not shown.claimant]
            self.staged.add(shown.row["claim_id"])
            row = shown.claimant.row
            spoiled = row | slip.change(row)
            listed[row["uscc"]] = spoiled
            if slip.code[0] == "V":
                self.unlisted.append(row)
            else:
                shown.claimant.row = spoiled
        return list(listed.values())

    # ------------------------------------------------------------------------------------------------ what is certified

    def _retained_tax(self, sound: list[Sent]) -> list[Row]:
        """Up to the last quarter, for all whose certificates end earlier. Some years that are claimed for are left out for a month."""
        quarter_end = _quarter_end(self.first_day)
        rows = []
        for claimant in self.claimants:
            if self.certified.get(claimant.uscc) != quarter_end:
                self.certified[claimant.uscc] = quarter_end
                rows += certified_years(claimant, quarter_end)
        claimed = {(one.row["uscc"], one.row["claim_year"]) for one in sound if one.row.get("tenure")}
        for number, row in enumerate([row for row in rows if (row["uscc"], row["year"]) in claimed][:TAX_NOT_CERTIFIED]):
            self.certified.pop(row["uscc"], None)
            if number % 2:
                row["cit_retained_yuan"] = "待核定"
            else:
                rows.remove(row)
        return rows

    def _prior_awards(self, sound: list[Sent]) -> list[Row]:
        """What was paid in the year before: to some by chance, and so much to four that their next claim meets the ceiling of all years."""
        last_year = self.first_day.year - 1
        rows = [row for one in self.claimants for row in prior_awards(one, last_year, self.dice)]
        paid = {row["uscc"] for row in rows}
        for number, (clause, yuan) in enumerate(PAID_UP, 1):
            earlier = (one.row for one in sound if one.row["clause"] == clause and one.row["claim_year"] < str(last_year))
            row = next(row for row in earlier if row["uscc"] not in paid)
            paid.add(row["uscc"])
            self.staged.add(row["claim_id"])
            award = {"uscc": row["uscc"], "clause": clause, "claim_year": str(last_year), "awarded_yuan": yuan}
            rows.append(award | {"awarded_on": f"{last_year}-11-30", "voucher_no": f"示例凭证-年终{number:02d}"})
        return rows

    # ------------------------------------------------------------------------------------------------ what is claimed

    def _sound_claims(self, month: Month) -> list[Sent]:
        """What is sent of what has fallen due: in the first month by all, in three rounds; later by newcomers and some others."""
        first_day, last_day = self.first_day + timedelta(days=2), month.last_day - timedelta(days=2)
        rounds = BACKLOG if self.is_first else 1
        found = []
        for number in range(rounds):
            days = submission_days(number, first_day, last_day, rounds)
            for claimant in self.claimants:
                if self.is_first or claimant.number > INSTITUTIONS or self.dice.chance(CLAIMS_A_MONTH):
                    found += self._next_claim(claimant, self.dice.day(*days))
        return found

    def _next_claim(self, claimant: Institution, submitted_on: date) -> list[Sent]:
        """The next claim of an institution's agenda, if one has fallen due."""
        claimed = self.claimed.get(claimant.uscc, 0)
        due = agenda(claimant, self.first_day - timedelta(days=1))[claimed : claimed + 1]
        self.claimed[claimant.uscc] = claimed + len(due)
        return [Sent(claimant, claim(self._next_id(), claimant, one, submitted_on, self.dice)) for one in due]

    def _next_id(self) -> str:
        self.claim_count += 1
        return f"SP-{self.first_day.year}-{self.claim_count:04d}"

    def _slips(self) -> Iterable[Slip]:
        """All in the first month; then a few, each month the next ones."""
        if self.is_first:
            return FIRST_SLIPS
        return [SLIPS[(self.count * SLIPS_A_MONTH + number) % len(SLIPS)] for number in range(SLIPS_A_MONTH)]

    def _with_slips(self, sound: list[Sent], month: Month) -> list[Sent]:
        """Each slip happens to a claim that had none, if there is one that it fits; what is sent again gets the next numbers."""
        staged = [one for one in sound if one.row["claim_id"] in self.staged]
        untouched, spoiled = [one for one in sound if one not in staged], []
        for slip in self._slips():
            fitting = [one for one in untouched if slip.fits(one.row, one.claimant)]
            if fitting:
                one = self.dice.pick(fitting)
                untouched.remove(one)
                occasion = Occasion(one.claimant, month.last_day - timedelta(days=2), self.dice)
                spoiled += [Sent(one.claimant, row) for row in with_slip(one.row, slip, occasion, self._next_id)]
                if slip.code[0] == "V" and slip.again != "another id":
                    self.held.append(one.row)
        self.decided += [one.row for one in untouched if one.row["clause"] in ("1.2", "1.3") and one.claimant.number <= INSTITUTIONS // 2]
        return sorted(untouched + spoiled + staged, key=lambda one: one.row["claim_id"])

    def _resent(self) -> list[Row]:
        """Held claims mended, three of four; a decided one as it was, and one with another amount."""
        mended = [row for number, row in enumerate(self.held) if number % 4 != 3]
        self.held = []
        unchanged, changed = self.dice.pick(self.decided), self.dice.pick(self.decided)
        return [*mended, unchanged, changed | {"amount_claimed_yuan": "1000000"}]


def _rename(claimants: list[Institution]) -> None:
    renamed: set[str] = set()
    for sector, level, name in UNUSUAL_NAMES:
        row = next(one.row for one in claimants if (one.profile.sector, one.profile.level) == (sector, level) and one.uscc not in renamed)
        renamed.add(row["uscc"])
        row["name"] = name


def _month_end(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1) - timedelta(days=1)


def _quarter_end(day: date) -> date:
    """The end of the last quarter that was over before a day."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1) - timedelta(days=1)
