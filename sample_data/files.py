"""Files as offices write them: sheets of cells, and ways of saving them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from claims.policy.model import Field
from sample_data.institutions import Row

Sheet = Iterable[list[str]]


def english(fields: list[Field], rows: Iterable[Row]) -> Iterator[list[str]]:
    """The fields' names, and the cells as they are."""
    names = [field.name for field in fields]
    yield names
    for row in rows:
        yield [row.get(name, "") for name in names]


def chinese(fields: list[Field], rows: Iterable[Row]) -> list[list[str]]:
    """Chinese headers, choices and days."""
    return [[field.header for field in fields], *(_chinese_cells(fields, row) for row in rows)]


def office_sheet(fields: list[Field], rows: Iterable[Row], title: str) -> list[list[str]]:
    """A sheet for people: a title row and a blank one, Chinese headers, money in 万元, 合计 in the last row."""
    is_money = [field.type == "money" for field in fields]
    headers = [field.header.replace("（元）", "（万元）") for field in fields]
    lines = [[_in_wan(cell) if money else cell for money, cell in zip(is_money, _chinese_cells(fields, row))] for row in rows]
    totals = [_total([line[place] for line in lines]) if money else "" for place, money in enumerate(is_money)]
    rest = [""] * (len(fields) - 1)
    return [[title, *rest], ["", *rest], headers, *lines, ["合计", *totals[1:]]]


def save(path: Path, sheet: Sheet, encoding: str = "utf-8", line_end: str = "\n") -> None:
    """As CSV; an empty line where a row has no cells."""
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, lineterminator=line_end).writerows(sheet)


def _chinese_cells(fields: list[Field], row: Row) -> list[str]:
    return [_in_chinese(field, row.get(field.name, "")) for field in fields]


def _in_chinese(field: Field, value: str) -> str:
    """Choices by their Chinese word, days as 2024年6月3日; a cell that cannot be read stays as it is."""
    if field.type == "date":
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return value
        return f"{day.year}年{day.month}月{day.day}日"
    return field.choices.get(value, value)


def _in_wan(value: str) -> str:
    """Yuan as 万元, exactly; a cell that cannot be read stays as it is."""
    try:
        return f"{(Decimal(value) / 10_000).normalize():f}"
    except InvalidOperation:
        return value


def _total(cells: list[str]) -> str:
    """Of the cells that hold a number; empty where none does."""
    numbers = [Decimal(cell) for cell in cells if cell.replace(".", "").isdigit()]
    return f"{sum(numbers):f}" if numbers else ""
