"""The months of a city as folders of files, as different offices would send them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from sample_data.city import City, Month
from sample_data.files import Sheet, chinese, english, office_sheet, save
from sample_data.institutions import FIELDS, Row

FIRST_DAY = date(2024, 1, 1)
MONTH_OF_A_COPY = 3
LISTED_LATER = 18

BANKS, INSURERS, FUNDS, MENDED = "claims-银行组.csv", "claims-保险证券组.csv", "claims-基金与地方金融组.csv", "claims-补正.csv"
COPY = "claims-银行组（上月副本）.csv"
FILE_OF_SECTOR = {
    "bank": BANKS,
    "insurance": INSURERS,
    "securities": INSURERS,
    "other_financial": INSURERS,
    "local_financial": FUNDS,
    "fund_company": FUNDS,
    "fund_partnership": FUNDS,
}
FUNDS_TITLE = "驻马店市金融机构奖补资金申报汇总表（{year}年{month}月，示例）"
NOTE = "{year}年{month}月申报资料，全部内容均为虚构示例。本说明不是数据文件，程序不读取。\n"


def write_months(folder: Path, months: int, seed: int, first_day: date = FIRST_DAY) -> dict[Path, date]:
    """Write so many months of one city, each into a folder named like 2024-01; gives these folders with the last days of their months."""
    city = City(first_day, seed)
    written: dict[Path, date] = {}
    for number in range(1, months + 1):
        month = city.month()
        place = folder / f"{month.last_day:%Y-%m}"
        place.mkdir(parents=True, exist_ok=True)
        _write_month(place, month)
        if number == MONTH_OF_A_COPY:
            shutil.copyfile([*written][-1] / BANKS, place / COPY)
        written[place] = month.last_day
    return written


def _write_month(folder: Path, month: Month) -> None:
    """A table of which nothing is sent has no file."""
    when = {"year": month.last_day.year, "month": month.last_day.month}
    later = month.listed[-LISTED_LATER:] + month.late
    _save_english(folder / "institutions.csv", "institutions", month.listed[:-LISTED_LATER])
    save(folder / "institutions_补报.csv", chinese(FIELDS["institutions"], later), "utf-8-sig", "\r\n")
    _save_english(folder / "retained_tax.csv", "retained_tax", month.retained_tax)
    _save_english(folder / "prior_awards.csv", "prior_awards", month.prior_awards)
    save(folder / BANKS, _with_mishaps(english(FIELDS["claims"], _claims_of(month, BANKS))))
    _save_english(folder / INSURERS, "claims", _claims_of(month, INSURERS))
    save(folder / FUNDS, office_sheet(FIELDS["claims"], _claims_of(month, FUNDS), FUNDS_TITLE.format(**when)), "gb18030", "\r\n")
    if month.resent:
        save(folder / MENDED, chinese(FIELDS["claims"], month.resent), "utf-16", "\r\n")
    (folder / "报送说明.txt").write_text(NOTE.format(**when), encoding="utf-8")


def _save_english(path: Path, table: str, rows: list[Row]) -> None:
    if rows:
        save(path, english(FIELDS[table], rows))


def _claims_of(month: Month, file: str) -> list[Row]:
    return [one.row for one in month.claims if FILE_OF_SECTOR[one.claimant.profile.sector] == file]


def _with_mishaps(sheet: Sheet) -> Iterator[list[str]]:
    """Behind the claims: an empty line, the first claim once more, one without a number, and one whose last cells are missing."""
    lines = list(sheet)
    first, last = lines[1], lines[-1]
    yield from lines
    yield from ([], first, ["待编号", *last[1:]], last[:9])
