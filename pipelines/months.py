"""The acts of a month: closed by one person, objected to, approved by another. Each stops at the next gate and says who must act."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from claims.database import sql_literal
from claims.errors import UsageError
from claims.ledger import require_sound_ledger
from claims.money import yuan_text
from claims.months.documents import MonthPapers, adjustment_title, lacks_place, publish_documents
from claims.months.freezing import changes_since, choose_frozen, choose_open, freeze_chosen, open_proposals
from claims.months.issuing import approval_relations, issued_cases, issued_letters
from claims.months.objecting import frozen_in, is_stopped, latest_objection
from claims.months.closes import Close, last_day_of, look_at_months, month_of, month_text
from claims.people import require_other_person
from claims.record.journal import Entry
from claims.workdays import working_days_after
from pipelines.desk import Desk, desk
from pipelines.letters import blank_to_fill, publish_issued
from pipelines.progress import Progress
from pipelines.report import publish_month_report
from pipelines.running_lists import see_to_list


def close_month(root: Path, name: str, actor: str | None, day: dt.date | None, policy_name: str | None) -> str:
    """Freeze what was decided by the end of a month and is not closed yet, and write what offices sign and publish."""
    month = month_of(name)
    with desk(root, f"claims close {month}", actor, day, policy_name) as at:
        return close_at(at, month)


def close_at(at: Desk, month: str) -> str:
    """The same at a desk."""
    closes = look_at_months(at.database)
    close = closes.get(month)
    if close and close.approval:
        return _closed_text(at, close, f"{month} was approved on {close.approval.approved_on} by {close.approval.person}: nothing is frozen any more")
    choose_open(at.database, month)
    _check_order(at, closes, month)
    freeze_chosen(at.database, at.workspace, at.runs)
    if close and not changes_since(at.database, at.policy, month):
        return _closed_text(at, close, f"{month} was closed on {close.closed_on} by {close.person}, and nothing has changed since")
    _record_close(at, month)
    again = f"; what {close.person} closed on {close.closed_on} is void, and its notice with it" if close else ""
    return _closed_text(at, look_at_months(at.database)[month], f"{month} is closed{again}")


def object_to(root: Path, claim_id: str, reason: str | None, ending: str | None, actor: str | None, day: dt.date | None, policy_name: str | None) -> str:
    """Raise an objection to what a month froze, or end it: `ending` is uphold or dismiss."""
    with desk(root, f"claims object {claim_id}", actor, day, policy_name) as at:
        return object_at(at, claim_id, reason or "", ending)


def object_at(at: Desk, claim_id: str, reason: str, ending: str | None) -> str:
    """The same at a desk."""
    return _end_objection(at, claim_id, ending, reason) if ending else _raise_objection(at, claim_id, reason)


def _raise_objection(at: Desk, claim_id: str, reason: str) -> str:
    if not reason.strip():
        raise UsageError("--reason: say what is objected to; it is recorded")
    closes, latest = look_at_months(at.database), latest_objection(at.database, claim_id)
    if is_stopped(at.database, claim_id, latest):
        raise UsageError(f"{claim_id}: an objection to it was upheld ({latest.month}), it is neither issued nor paid; {_corrected(claim_id)}")
    is_open = latest and latest.action == "raise"
    if not is_open or latest.reason != reason:
        month, number = (latest.month, latest.number) if is_open else _in_notice(at, closes, claim_id)
        _record_objection(at, claim_id, month, number, "raise", reason)
    return (f"{claim_id} is out of the notice; the others go on. {_renewed(at, claim_id)}"
            f"Next: the objection is looked into and ended: claims object {claim_id} --uphold | --dismiss --reason TEXT --actor NAME")


def _corrected(claim_id: str) -> str:
    return (f"`claims adjust {claim_id}` corrects it, by two people; the close of the month in which they agreed then takes in both, the decision and "
            "its correction")


def _in_notice(at: Desk, closes: dict[str, Close], claim_id: str) -> tuple[str, int]:
    close, number = frozen_in(at.database, closes, claim_id)
    if at.day < close.closed_on:
        raise UsageError(f"{claim_id} was put into the notice on {close.closed_on}, an objection of {at.day} lies before that (--on)")
    return close.month, number


def _end_objection(at: Desk, claim_id: str, ending: str, reason: str) -> str:
    latest = latest_objection(at.database, claim_id)
    if latest is None or latest.action not in ("raise", ending):
        ended = f"; the last one was ended: {latest.action}" if latest else ""
        raise UsageError(f"{claim_id}: no objection is open{ended}. `claims object {claim_id} --reason TEXT` raises one")
    if at.day < latest.acted_on:
        raise UsageError(f"--on {at.day}: the objection to {claim_id} is of {latest.acted_on}; it ends on that day or later")
    if latest.action == "raise":
        _record_objection(at, claim_id, latest.month, latest.number, ending, reason)
    renewed = _renewed(at, claim_id)
    if ending == "uphold":
        return (f"{claim_id}: the objection is upheld; the decision is neither issued nor paid. {renewed}"
                f"Next: {_corrected(claim_id)}")
    again = at.database.rows("select month from covered where claim_id = ? and not left_out and not is_approved", [claim_id])
    follows = f"it goes on with {again[0][0]}" if again else "it comes with the close of the next month"
    return f"{claim_id}: the objection is dismissed; {follows}. {renewed}".rstrip()


def _record_objection(at: Desk, claim_id: str, month: str, number: int, action: str, reason: str) -> None:
    row = dict(month=month, claim_id=claim_id, action=action, reason=reason, person=at.actor)
    texts = ", ".join(f"{sql_literal(value)} as {name}" for name, value in row.items())
    at.record("object", row, {"objection": f"select {texts}, {number} as number, date '{at.day}' as acted_on"})


def _renewed(at: Desk, claim_id: str) -> str:
    """Write the documents of the notice again that the claim is in, or was in, if it is still open."""
    closes = look_at_months(at.database)
    months = at.database.rows("select month from covered where claim_id = ? and not is_approved", [claim_id])
    folders = [_published(at, closes[month])[0] for (month,) in months]
    return "".join(f"The documents are written again: {folder.resolve()}. " for folder in folders)


def _check_order(at: Desk, closes: dict[str, Close], month: str) -> None:
    """Months end before they are closed, and are closed one after the other, with nothing left that `choose_open` found in the ones between."""
    if at.day < last_day_of(month):
        raise UsageError(f"{month} has not ended on {at.day}: close it on {last_day_of(month)} or later (--on)")
    later = max(closes, default="")
    if later > month and month not in closes:
        raise UsageError(f"{later} is closed already, {month} cannot be closed behind it: what is open goes into the next month")
    last = max((closed for closed in closes if closed < month), default="")
    before = at.database.rows("select min(month), count(*) from chosen where month > ? and month < ?", [last, month])[0]
    if before[0]:
        raise UsageError(f"{before[0]} must be closed first ({before[1]} decisions of earlier months are not closed): claims close {before[0]}")


def _record_close(at: Desk, month: str) -> None:
    days = at.settings.notice.working_days
    first, last = working_days_after(at.calendar, at.day, days)
    closed = (f"select {sql_literal(month)} as month, date '{at.day}' as closed_on, {sql_literal(at.actor)} as person, "
              f"date '{first}' as notice_from, date '{last}' as notice_to, {days} as notice_days")
    render = at.database.render
    at.record("close", {"month": month}, {
        "month": closed, "month_claim": render("month/month_claim.sql", month=month),
        "month_share": render("month/month_share.sql", month=month, treasuries=at.policy.treasury_ids),
    })


def approve_month(root: Path, name: str, minutes: str, actor: str | None, day: dt.date | None, policy_name: str | None) -> str:
    """Approve a closed month: issue its letters, and post its awards. Given again, it sees to what the approval left."""
    month = month_of(name)
    with desk(root, f"claims approve {month}", actor, day, policy_name) as at:
        return approve_at(at, month, minutes)


def approve_at(at: Desk, month: str, minutes: str) -> str:
    """The same at a desk."""
    closes = look_at_months(at.database)
    close = closes.get(month)
    if close is None:
        raise UsageError(f"{month} is not closed: claims close {month} --actor NAME")
    if close.approval is None:
        _check_approval(at, closes, close, minutes)
        relations = approval_relations(at.database, at.workspace, at.policy, at.runs, close, minutes, at.actor, at.day)
        books = {name: relations[name] for name in ("payable", "payable_reduction", "posting")}
        require_sound_ledger(at.database, at.policy.id, books)
        at.record("approve", {"month": month, "minutes": minutes}, relations)
    elif close.approval.minutes != minutes:
        raise UsageError(f"{month} was approved on {close.approval.approved_on} by {close.approval.person} under the minutes {close.approval.minutes}")
    return _approved_text(at, look_at_months(at.database)[month])


def _check_approval(at: Desk, closes: dict[str, Close], close: Close, minutes: str) -> None:
    """Another person, after the notice, in order, and nothing has changed. Raises UsageError saying what is missing."""
    month = close.month
    if not minutes.strip():
        raise UsageError("--minutes: the number of the minutes that decided it is wanted")
    closing = next(entry for entry in at.acts("close") if entry.sequence == close.sequence)
    require_other_person(at.settings, at.actor, at.account, closing, f"closed {month}")
    waiting = next((other.month for other in closes.values() if other.month < month and not other.approval), None)
    if waiting:
        raise UsageError(f"{waiting} is closed and not approved: months are approved in order, claims approve {waiting} comes first")
    if at.day <= close.notice_to:
        raise UsageError(f"the notice of {month} goes on until {close.notice_to}: approve it on {close.notice_to + dt.timedelta(1)} or later (--on)")
    proposed = open_proposals(at.database, month)
    if proposed:
        raise UsageError(f"a correction (更正) is proposed and not decided of {', '.join(proposed)}: `claims adjust CLAIM_ID --drop` lets {month} go on, "
                         f"`claims adjust CLAIM_ID --agree` by another person than proposed it voids the close, and {month} is closed again with both")
    choose_frozen(at.database, month)
    freeze_chosen(at.database, at.workspace, at.runs)
    changes = changes_since(at.database, at.policy, month)
    if changes:
        told = "\n".join(f"  {change.letter_id}: {change.title}：{change.was} → {change.is_now}" for change in changes)
        raise UsageError(f"the close of {month} is void, because of what it froze this has changed since:\n{told}\n"
                         f"Nothing was issued. Close it again, which begins a new notice: claims close {month} --actor NAME")


def _approved_text(at: Desk, close: Close) -> str:
    """See to the documents, the letters and the register of an approved month; say what there is."""
    folder, papers = papers_of(at, close)
    letters = issued_letters(at.database, close)
    act = latest_act(at, close)
    then = at.under(act)
    cases = partial(issued_cases, at.database, at.workspace, then.settings, at.runs, close)
    held = publish_issued(at.workspace, then.policy, act, at.actor, folder, month_text(close.month), letters, cases, Progress())
    publish_month_report(at.workspace, folder, papers)
    span = f", {letters[0].issue.document_no} to {letters[-1].issue.document_no}" if letters else ""
    lines = [
        f"{close.month} was approved on {close.approval.approved_on} by {close.approval.person} (minutes {close.approval.minutes})",
        f"Letters: {len(letters)}{span}", *(blank_to_fill(then.policy) if letters else ()),
        f"Awarded: {yuan_text(_sum(papers))} yuan, posted as owed", *_corrections(papers),
        f"Register: {(folder / 'register.xlsx').resolve()}",
    ]
    listed = see_to_list(at, "set_off")
    if listed and (set_off_fen := sum(letter.set_off_fen for letter in letters)):
        lines.append(f"Set off against what was to be paid back: {yuan_text(set_off_fen)} yuan, {listed.resolve()}")
    left_out = [row["letter_id"] for row in papers.rows if row["left_out"]]
    if left_out:
        lines.append(f"Left out, because of an objection: {', '.join(left_out)}")
    if held:
        lines.append(f"Not drawn, with their numbers kept: {', '.join(held)}; {folder.resolve()}/letters/held.csv says why. "
                     f"Mend it, then give the same command again")
    return "\n".join([*lines, "Next: deliver the letters, fill in the register's 送达日期, 送达方式 and 回执, then: claims letters delivered REGISTER --actor NAME"])


def see_to_documents(at: Desk, month: str) -> None:
    """Write the documents of a closed month as they stand now, and draw the letters that could not be drawn before."""
    close = look_at_months(at.database)[month]
    if close.approval:
        _approved_text(at, close)
    else:
        _published(at, close)


def _published(at: Desk, close: Close) -> tuple[Path, MonthPapers]:
    """Write the documents of a month and its report."""
    folder, papers = papers_of(at, close)
    publish_month_report(at.workspace, folder, papers)
    return folder, papers


def _closed_text(at: Desk, close: Close, happened: str) -> str:
    """What a close leaves: its documents, its figures, and who must act next."""
    folder, papers = _published(at, close)
    decisions, awards = ([row for row in rows if not row["number"]] for rows in (papers.rows, papers.awards))
    lines = [
        f"{happened}: {len(decisions)} decisions, {len(awards)} awards, {yuan_text(_sum(papers))} yuan", *_corrections(papers),
        f"Documents: {folder.resolve()}",
        *(() if close.approval else blank_to_fill(papers.policy, "the notice has", "it is published")), *_warnings(at, papers), _next_act(close),
    ]
    return "\n".join(lines)


def latest_act(at: Desk, close: Close) -> Entry:
    """The approval of a month, or its close where it is not approved."""
    sequence = (close.approval or close).sequence
    return next(act for act in at.acts("close", "approve") if act.sequence == sequence)


def papers_of(at: Desk, close: Close) -> tuple[Path, MonthPapers]:
    """See to the documents of a closed month, in the words of the policy that its latest act happened under."""
    return publish_documents(at.database, at.workspace, at.under(latest_act(at, close)).policy, at.runs, close)


def _sum(papers: MonthPapers, kind: str | None = None) -> int:
    """What the decisions of a month award, in fen; of adjustments what those of a kind add or take off."""
    return sum(row["award_fen"] for row in papers.awards if (adjustment_title(row) if row["number"] else None) == kind)


def _corrections(papers: MonthPapers) -> Iterator[str]:
    """What the adjustments of a month bring."""
    numbers = Counter(adjustment_title(row) for row in papers.rows if row["number"] and not row["left_out"])
    if numbers:
        yield "Corrections: " + ", ".join(f"{title} {number} ({yuan_text(_sum(papers, title))} yuan)" for title, number in sorted(numbers.items()))


def _warnings(at: Desk, papers: MonthPapers) -> Iterator[str]:
    lacking = [row["letter_id"] for row in papers.awards if any(lacks_place(treasury, row) for treasury in at.policy.body.treasury)]
    if lacking:
        yield f"The treasury of a share is not known, it must be registered before payment: {', '.join(lacking)}"
    if papers.outdated:
        yield f"Facts have changed since the decision, look at them before anybody signs: {', '.join(papers.outdated)}"
    proposed = [] if papers.close.approval else open_proposals(at.database, papers.close.month)
    if proposed:
        yield f"A correction is proposed, it must be agreed to or dropped before the approval: {', '.join(proposed)}"
    waiting = [row["claim_id"] for row in papers.rows if row["has_changed_claim"]]
    if waiting:
        yield f"Changed content waits to be adjusted beside the decision of: {', '.join(waiting)}"
    accountless = [row["claim_id"] for row in papers.published if not (row["bank"] and row["account"])]
    if accountless:
        yield f"No account is registered for the payee of: {', '.join(accountless)}"


def _next_act(close: Close) -> str:
    if close.approval:
        return f"Next: the letters are delivered, which `claims letters delivered REGISTER` records"
    return (f"Next: the notice is published from {close.notice_from} to {close.notice_to}; then another person than {close.person} approves: "
            f"claims approve {close.month} --minutes NO --actor NAME, from {close.notice_to + dt.timedelta(1)} on")
