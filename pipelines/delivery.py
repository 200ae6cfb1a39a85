"""The delivery of issued letters: recorded from a register, and shown with the last days for objection."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from claims.delivery import delivered_file, delivery_sql, new_deliveries, read_register
from claims.errors import InputRefused
from claims.files import make_folder, write_atomically
from claims.months.closes import look_at_months, month_text
from claims.months.documents import folder_of
from claims.months.issuing import issued_letters
from claims.register import Registered
from claims.remedies import Remedies
from pipelines.desk import Desk, desk
from pipelines.review import letters_of_review, returned_by

DELIVERED = "delivered.xlsx"


def record_delivery(root: Path, register: Path, actor: str | None, day: dt.date | None, policy_name: str | None) -> str:
    """Record which letters were delivered, when, how, and with which receipt. Given again, it records nothing twice and sees to the lists."""
    if not register.is_file():
        raise InputRefused([f"{register}: there is no such file; a register lies beside the folder of its letters"])
    with desk(root, f"claims letters delivered {register}", actor, day, policy_name) as at:
        return deliver_at(at, at.own_copy(register))


def deliver_at(at: Desk, register: Path) -> str:
    """The same at a desk, of a copy that nobody changes."""
    rows = read_register(register)
    deliveries = new_deliveries(at.database, rows, at.day)
    if deliveries:
        at.record("deliver", {"register": register.name}, {"delivery": delivery_sql(deliveries)}, [register])
    lists = [*publish_delivered(at, [row.cells["number"] for row in rows])]
    open_numbers = at.database.rows("select count(*) from issued_letter anti join delivery using (document_no)")[0][0]
    follows = f"Next: {open_numbers} letters of this policy are not delivered yet" if open_numbers else "Every letter of this policy is delivered"
    return "\n".join([f"Deliveries recorded: {len(deliveries)}; the periods for objection run from these days", *lists, follows])


def publish_delivered(at: Desk, numbers: list[str]) -> Iterator[str]:
    """Write the list of deliveries anew of every act that issued one of some letters, beside its register."""
    issuing = {sequence for (sequence,) in at.database.rows(
        "select distinct sequence from issued_letter where document_no in $numbers", {"numbers": numbers})}
    for folder, subject, letters in _issued_by(at, issuing):
        make_folder(folder)
        write_atomically(folder / DELIVERED, delivered_file(at.database, at.policy, Remedies(at.calendar, at.settings.remedies), subject, letters))
        yield f"Delivered, with the last days for objection: {(folder / DELIVERED).resolve()}"


def _issued_by(at: Desk, issuing: set[int]) -> Iterator[tuple[Path, str, list[Registered]]]:
    """The folder, the subject and the letters of each of some acts, given by their sequences."""
    for review in at.acts("review"):
        if review.sequence in issuing:
            yield letters_of_review(at, review, returned_by(at, review))
    for close in look_at_months(at.database).values():
        if close.approval and close.approval.sequence in issuing:
            yield folder_of(at.workspace, at.policy, close.month), month_text(close.month), issued_letters(at.database, close)
