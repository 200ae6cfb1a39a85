"""The sample month: about 120 institutions and 300 claims of June 2024, with mistakes chosen on purpose.

    python -m benchmarks.sample_month [FOLDER]

writes it into FOLDER, by default sample_data/, always the same bytes. It is made of the parts of benchmarks/generate.py: every
slip of its tables happens here, most of them twice; unreadable and empty cells once. The files are written as different offices would send them.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import islice
from pathlib import Path

from benchmarks.generate import (
    INSTITUTION_SLIPS,
    SLIPS,
    TABLES,
    Dice,
    Institution,
    Row,
    claim,
    institutions,
    prior_awards,
    retained_tax,
    submission_days,
    with_slip,
    write,
)

SAMPLE_DATA = Path(__file__).parents[1] / "sample_data"
SEED = 202411
INSTITUTIONS = 120
CLAIMS = 294
FIRST_DAY, LAST_DAY, ROUNDS = date(2024, 6, 3), date(2024, 6, 26), 3
SLIPS_OF_THE_MONTH = SLIPS + tuple(slip for slip in SLIPS if slip.code not in ("V01", "V02"))
INSTITUTION_SLIP_PLACES = (37, 107, 103, 97, 85, 109)  # in the order of INSTITUTION_SLIPS, where each shows
TAX_NOT_CERTIFIED = 3
RENTS_AFTER_THREE_YEARS = 2
PAID_BEFORE = (("2.1", "2860000.00"), ("2.2", "940000.00"), ("2.3", "465000.00"), ("2.3", "500000.00"))
LISTED_LATER = 18

BANKS, INSURERS, FUNDS = "claims-银行组.csv", "claims-保险证券组.csv", "claims-基金与地方金融组.csv"
FILE_OF_SECTOR = {
    "bank": BANKS,
    "insurance": INSURERS,
    "securities": INSURERS,
    "other_financial": INSURERS,
    "local_financial": FUNDS,
    "fund_company": FUNDS,
    "fund_partnership": FUNDS,
}
FUNDS_TITLE = "驻马店市金融机构奖补资金申报汇总表（2024年6月，示例）"

# Names that try a letter's fonts and layout, by the place of a claimant of that kind.
UNUSUAL_NAMES = {
    3: "示例昇喆银行股份有限公司驻马店分行",
    23: "示例犇鑫堃财产保险股份有限公司驻马店中心支公司",
    26: "示例淏燚&翀（H&C）证券股份有限公司驻马店分公司",
    41: "示例龘靐银行股份有限公司驻马店分行",
    58: "示例中原农业现代化与乡村振兴及县域普惠金融综合服务（河南自由贸易试验区）互助合作财产保险股份有限公司驻马店市驿城区中心支公司",
    75: "河南示例䶮玥融资担保有限公司",
    86: "驻马店示例#1·“新质”产业投资基金有限公司",
}


# ------------------------------------------------------------------------------------------------ the month


class Month:
    """The four tables; claims with the claimant in whose group's file they stand."""

    def __init__(self) -> None:
        self.dice = Dice(SEED)
        self.claimants, self.managers = institutions(INSTITUTIONS, self.dice)
        for place, name in UNUSUAL_NAMES.items():
            self.claimants[place].row["name"] = name
        self.retained_tax = [row for one in self.claimants for row in retained_tax(one, self.dice)]
        self.prior_awards = [row for one in self.claimants for row in prior_awards(one, self.dice)]
        self.claims = list(islice(sound_claims(self.claimants, self.dice), CLAIMS))
        self.spoil_claims()
        self.spoil_institutions()
        self.use_up_ceilings()
        self.rent_too_late()
        self.leave_tax_uncertified()
        self.send_without_number()

    def spoil_claims(self) -> None:
        """Each slip happens to a claim that had none; what is sent again gets the next numbers."""
        sound, spoiled = list(self.claims), []
        numbers = iter(range(CLAIMS + 1, 1000))
        for slip in SLIPS_OF_THE_MONTH:
            chosen = self.dice.pick([one for one in sound if one[1].get(slip.field)])
            sound.remove(chosen)
            claimant, row = chosen
            spoiled += [(claimant, sent) for sent in with_slip(row, slip, lambda: claim_id(next(numbers)), self.dice)]
        self.sound = sound
        self.claims = sorted(sound + spoiled, key=lambda one: one[1]["claim_id"])

    def spoil_institutions(self) -> None:
        """Each slip happens to one institution."""
        for place, slip in zip(INSTITUTION_SLIP_PLACES, INSTITUTION_SLIPS, strict=True):
            row = self.claimants[place].row
            row |= slip(row)

    def use_up_ceilings(self) -> None:
        """What some were paid before leaves little or nothing under the ceiling of all years."""
        paid = {award["uscc"] for award in self.prior_awards}
        for number, (clause, yuan) in enumerate(PAID_BEFORE, 1):
            claimant = next(
                one for one, row in self.sound if row["clause"] == clause and one.opened_on.year < 2023 and one.uscc not in paid
            )
            paid.add(claimant.uscc)
            award = {"uscc": claimant.uscc, "clause": clause, "claim_year": "2022", "awarded_yuan": yuan}
            self.prior_awards.append(award | {"awarded_on": "2023-11-30", "voucher_no": f"示例凭证-年终{number:02d}"})

    def rent_too_late(self) -> None:
        """Rent of the second quarter of 2024 by those whose three years were over."""
        late = [row for one, row in self.sound if row.get("rent_from") and one.opened_on < date(2021, 4, 1)]
        for row in late[:RENTS_AFTER_THREE_YEARS]:
            row |= {"claim_year": "2024", "rent_from": "2024-04-01", "rent_to": "2024-06-30"}

    def leave_tax_uncertified(self) -> None:
        """A year that an office subsidy is claimed for is missing, or the bureau has written 待核定 (to be certified)."""
        offices = [row for _, row in self.sound if row.get("tenure")]
        for number in range(TAX_NOT_CERTIFIED):
            row = offices[number * len(offices) // TAX_NOT_CERTIFIED]
            certified = next(tax for tax in self.retained_tax if (tax["uscc"], tax["year"]) == (row["uscc"], row["claim_year"]))
            if number % 2:
                self.retained_tax.remove(certified)
            else:
                certified["cit_retained_yuan"] = "待核定"

    def send_without_number(self) -> None:
        """A line that the office did not number, and one that stands in the file twice."""
        claimant, row = self.sound[40]
        self.claims.append((claimant, row | {"claim_id": "待编号"}))
        self.claims.append(self.sound[7])

    def claims_of(self, file: str) -> list[Row]:
        return [row for claimant, row in self.claims if FILE_OF_SECTOR[claimant.profile.sector] == file]


def claim_id(number: int) -> str:
    return f"SP-2024-{number:04d}"


def sound_claims(claimants: list[Institution], dice: Dice) -> Iterator[tuple[Institution, Row]]:
    for place in range(CLAIMS):
        number, claimant = place // len(claimants), claimants[place % len(claimants)]
        days = submission_days(number, FIRST_DAY, LAST_DAY, ROUNDS)
        yield claimant, claim(claim_id(place + 1), claimant, number, dice.day(*days), dice)


# ------------------------------------------------------------------------------------------------ files as offices write them


def in_chinese(field: dict, value: str) -> str:
    """Choices by their Chinese word, days as 2024年6月3日; a cell that cannot be read stays as it is."""
    if field["type"] == "choice":
        return field["choices"].get(value, value)
    if field["type"] == "date":
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return value
        return f"{day.year}年{day.month}月{day.day}日"
    return value


def in_wan(value: str) -> str:
    """Yuan as 万元, exactly; a cell that cannot be read stays as it is."""
    try:
        return f"{(Decimal(value) / 10_000).normalize():f}"
    except InvalidOperation:
        return value


def total(cells: list[str]) -> str:
    """Of the cells that hold a number; empty where none does."""
    numbers = [Decimal(cell) for cell in cells if cell.replace(".", "").isdigit()]
    return f"{sum(numbers):f}" if numbers else ""


def write_chinese(path: Path, table: str, rows: list[Row]) -> None:
    """Chinese headers, as a workbook saves “CSV UTF-8”."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(field["header"] for field in TABLES[table])
        writer.writerows([in_chinese(field, row.get(field["name"], "")) for field in TABLES[table]] for row in rows)


def write_office_sheet(path: Path, table: str, rows: list[Row], title: str) -> None:
    """A sheet as an office sends it: GB18030, a title row and a blank one, money in 万元, 合计 in the last row."""
    fields = TABLES[table]
    is_money = [field["type"] == "money" for field in fields]
    headers = [field["header"].replace("（元）", "（万元）") for field in fields]
    lines = [[in_chinese(field, row.get(field["name"], "")) for field in fields] for row in rows]
    lines = [[in_wan(cell) if money else cell for money, cell in zip(is_money, line)] for line in lines]
    totals = [total(column) if money else "" for money, column in zip(is_money, zip(*lines))]
    rest = [""] * (len(fields) - 1)
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file, lineterminator="\r\n").writerows([[title, *rest], ["", *rest], headers, *lines, ["合计", *totals[1:]]])


def write_month(folder: Path) -> None:
    month = Month()
    folder.mkdir(parents=True, exist_ok=True)
    listed = [one.row for one in month.managers + month.claimants]
    write(folder / "institutions.csv", "institutions", listed[:-LISTED_LATER])
    write_chinese(folder / "institutions_补报.csv", "institutions", listed[-LISTED_LATER:])
    write(folder / "retained_tax.csv", "retained_tax", month.retained_tax)
    write(folder / "prior_awards.csv", "prior_awards", month.prior_awards)
    write(folder / BANKS, "claims", month.claims_of(BANKS))
    write(folder / INSURERS, "claims", month.claims_of(INSURERS))
    write_office_sheet(folder / FUNDS, "claims", month.claims_of(FUNDS), FUNDS_TITLE)


if __name__ == "__main__":
    write_month(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE_DATA)
