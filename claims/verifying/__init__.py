"""Whether a workspace is what its record says, told without trusting anything but journal and vault.

`store` compares the working store with one that is made anew from the record, row by row; `shown` compares files with those that the record gives.
Both tell what differs as values: a place and what is wrong there. pipelines/verify.py says in which order, and what it means for the command.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from claims.privacy import masked_numbers


@dataclass
class Findings:
    """What was found: what `differs`, which nobody but a hand or a broken disk can have done, and `notes` of what is only missing or not compared."""

    differs: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def shown_value(value: object) -> str:
    """A value in a message: of accounts and identity numbers no more than their ends; an amount in fen is a number and stays whole."""
    if value is None:
        return "nothing"
    return str(value) if isinstance(value, int) else masked_numbers(str(value))
