"""Places of values: an amount, a number, a count, a year, or a day as one of the integers, so that the next one below and above it can be told."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

from claims.money import plain_yuan
from claims.policy.model import FieldType

PLACES_OF_ONE = {"money": 100, "area": 100, "unit_price": 100, "percent": 100, "number": 10**6, "count": 1, "year": 1}
"""How many values of a type lie from one whole number to the next."""
ORDERED = (*PLACES_OF_ONE, "date")


def ordinal(type_: FieldType, text: str) -> int:
    """The place of a value among those of its type: the integer that is stored, a day by its number."""
    if type_ == "date":
        return dt.date.fromisoformat(text).toordinal()
    return int(Fraction(text) * PLACES_OF_ONE[type_])


def text_of(type_: FieldType, place: int) -> str:
    """The cell of the value at a place: the inverse of `ordinal`."""
    if type_ == "date":
        return dt.date.fromordinal(place).isoformat()
    if type_ == "number":
        return f"{Decimal(place).scaleb(-6):f}"
    return plain_yuan(place) if PLACES_OF_ONE[type_] == 100 else str(place)
