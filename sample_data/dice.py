"""Chance that is the same for a seed in every version of Python."""

from __future__ import annotations

import random
from datetime import date


class Dice:
    """Random choices from random() alone, whose sequence for a seed never changes."""

    def __init__(self, seed: int):
        self.random = random.Random(seed).random

    def pick(self, options):
        """One of a sequence."""
        return options[int(self.random() * len(options))]

    def between(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self.random() * (high - low + 1))

    def day(self, first: date, last: date) -> date:
        """A day, both ends included."""
        return date.fromordinal(self.between(first.toordinal(), last.toordinal()))

    def chance(self, share: float) -> bool:
        """True in so large a share of all calls."""
        return self.random() < share

    def amount(self, low: int, high: int, step: int) -> int:
        """Whole steps between low and high, the small ones more often."""
        return low + int((high - low) * self.random() ** 2) // step * step
