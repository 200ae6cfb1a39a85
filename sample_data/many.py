"""Claims in any number, in one folder: for measuring. The same bytes for the same seed; the as-of date to run with is AS_OF."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import count, islice
from pathlib import Path

from sample_data.certified import certified_years, prior_awards
from sample_data.dice import Dice
from sample_data.files import english, save
from sample_data.institutions import FIELDS, ROW_SLIPS, Institution, Row, found_city
from sample_data.slips import SLIPS, Occasion, Slip, with_slip
from sample_data.sound_claims import Due, agenda, claim, submission_days

AS_OF = date(2024, 6, 30)
LAST_OPENING = date(2023, 12, 31)
QUARTER_END = date(2024, 3, 31)
FIRST_SUBMISSION, LAST_SUBMISSION, ROUNDS = date(2024, 1, 2), date(2024, 6, 28), 6

ROW_SLIPS_SHARE = 0.03  # of institutions
MISTAKES = 0.06  # share of claims with a mistake other than an unreadable cell, which is `damage`
REFUSALS = 0.06  # share of claims that are made to miss a condition
LINES_PER_FILE = 250_000

DAMAGE = tuple(slip for slip in SLIPS if slip.code == "V02")
MISTAKEN = tuple(slip for slip in SLIPS if slip.code[0] == "V" and slip.code != "V02")
REFUSED = tuple(slip for slip in SLIPS if slip.code[0] == "E")


def write_claims(folder: Path, *, institutions: int, claims: int, seed: int = 1, damage: float = 0.02, sound: bool = False) -> None:
    """Write institutions-1.csv, retained_tax-1.csv, prior_awards-1.csv and claims-1.csv, and so on, since a file may hold only so much.

    `damage` is the share of claims with an unreadable cell. `sound`: nothing else is wrong, nor claimed twice, so that every other claim is decided.
    At least two institutions: one in twenty, and one at least, manages funds and claims nothing.
    """
    dice = Dice(seed)
    claimants, managers = found_city(institutions, LAST_OPENING, dice)
    if not sound:
        _spoil_rows(claimants, dice)
    _save_parts(folder, "institutions", (one.row for one in managers + claimants))
    _save_parts(folder, "retained_tax", (row for one in claimants for row in certified_years(one, QUARTER_END)))
    _save_parts(folder, "prior_awards", (row for one in claimants for row in prior_awards(one, 2023, dice)))
    rows = _claims(claimants, damage, sound, dice)
    _save_parts(folder, "claims", islice(_once_each(rows) if sound else rows, claims))


def _save_parts(folder: Path, table: str, rows: Iterator[Row]) -> None:
    for number in count(1):
        part = [*islice(rows, LINES_PER_FILE)]
        if number > 1 and not part:
            break
        save(folder / f"{table}-{number}.csv", english(FIELDS[table], part))


def _spoil_rows(claimants: list[Institution], dice: Dice) -> None:
    for one in claimants:
        if dice.chance(ROW_SLIPS_SHARE):
            one.row |= dice.pick(ROW_SLIPS).change(one.row)


def _claims(claimants: list[Institution], damage: float, sound: bool, dice: Dice) -> Iterator[Row]:
    """Without end: the first claim of every institution, then the second of every one, and so on."""
    numbers = count(1)

    def next_id() -> str:
        return f"BM-{next(numbers):08d}"

    agendas = [(one, agenda(one, QUARTER_END)) for one in claimants]
    if sound:
        agendas = [(one, dues) for one, dues in agendas if _has_more(one, dues)]
    shares = ((damage, DAMAGE),) if sound else ((damage, DAMAGE), (MISTAKES, MISTAKEN), (REFUSALS, REFUSED))
    for number in count():
        days = submission_days(number, FIRST_SUBMISSION, LAST_SUBMISSION, ROUNDS)
        for claimant, dues in agendas:
            due = dues[number] if number < len(dues) else _further(dues, number)
            row = claim(next_id(), claimant, due, dice.day(*days), dice)
            slip = _slip_for(row, claimant, shares, dice)
            yield from [row] if slip is None else with_slip(row, slip, Occasion(claimant, LAST_SUBMISSION, dice), next_id)


def _has_more(claimant: Institution, dues: list[Due]) -> bool:
    """Whether an institution can claim on, when all that is due has been claimed, without claiming the same thing again."""
    return claimant.profile.is_fund or any(due.first for due in dues)


def _once_each(rows: Iterator[Row]) -> Iterator[Row]:
    """Without those of a fund whose investment happens to be the one that it claimed for before."""
    claimed = set()
    for row in rows:
        investment = row["uscc"], row["claim_year"], row.get("invested_yuan")
        if investment[-1] is None or investment not in claimed:
            claimed.add(investment)
            yield row


def _further(dues: list[Due], number: int) -> Due:
    """When all that is due has been claimed: the same for other offices; a fund goes on; the rest claim the last thing again."""
    offices = [due for due in dues if due.first]
    if not offices:
        return dues[-1]._replace(turn=number)
    round_number, place = divmod(number - len(dues), len(offices))
    return offices[place]._replace(office=offices[place].office + len(offices) * (round_number + 1))


def _slip_for(row: Row, claimant: Institution, shares: tuple[tuple[float, tuple[Slip, ...]], ...], dice: Dice) -> Slip | None:
    """No slip for most claims. A condition is missed only where the clause has one that a slip can miss."""
    fate = dice.random()
    for share, slips in shares:
        if fate < share:
            possible = [slip for slip in slips if slip.fits(row, claimant)]
            return dice.pick(possible) if possible else None
        fate -= share
    return None
