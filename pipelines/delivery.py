"""The delivery of issued letters: recorded from a register, and shown with the last days for objection."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

from claims.delivery import delivered_file, delivery_sql, new_deliveries, read_register
from claims.errors import InputRefused
from claims.files import make_folder, write_atomically
from claims.months.closes import look_at_months, month_text
from claims.months.documents import folder_of
from claims.months.issuing import issued_letters
from claims.record.journal import Entry
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
    """Write the list of deliveries anew of every act that issued one of some letters, beside its register; see `delivered_of`."""
    issuing = at.database.rows("select distinct sequence from issued_letter where document_no in $numbers order by all", {"numbers": numbers})
    for (sequence,) in issuing:
        folder, content = delivered_of(at, sequence)
        make_folder(folder)
        write_atomically(folder / DELIVERED, content)
        yield f"Delivered, with the last days for objection: {(folder / DELIVERED).resolve()}"


def delivered_of(at: Desk, issuing: int) -> tuple[Path, bytes]:
    """The list of deliveries of the letters that an act issued, and the folder that it belongs in.

    People act on its last days: they are those by settings, calendar and policy of the latest act that recorded a delivery of these letters, whenever
    it is written; before there is one, by those of the desk.
    """
    latest = latest_delivery(at, issuing)
    then = at.under(latest) if latest else at
    folder, subject, letters = _issued_by(then, issuing)
    return folder, delivered_file(at.database, then.policy, Remedies(then.calendar, then.settings.remedies), subject, letters)


def latest_delivery(at: Desk, issuing: int) -> Entry | None:
    """The latest act that recorded a delivery of a letter that an act issued, given by its sequence, if there is one."""
    [[latest]] = at.database.rows(
        "select max(delivery.sequence) from delivery join issued_letter using (document_no) where issued_letter.sequence = $issuing", {"issuing": issuing})
    return next((act for act in at.acts("deliver") if act.sequence == latest), None)


def _issued_by(at: Desk, issuing: int) -> tuple[Path, str, Sequence[Registered]]:
    """The folder, the subject and the letters of an act that issued some, given by its sequence."""
    for review in at.acts("review"):
        if review.sequence == issuing:
            return letters_of_review(at, review, returned_by(at, review))
    close = next(close for close in look_at_months(at.database).values() if close.approval and close.approval.sequence == issuing)
    return folder_of(at.workspace, at.policy, close.month), month_text(close.month), issued_letters(at.database, close)
