"""The way of a claim: every recorded event of it, from the line that was received to the last payment, and where it stands.

No state is stored. Each follows from the events that there are; a claim is closed when nothing more is to be expected of it: it is decided, every
letter is issued, and what was paid and did not come back is what stands awarded.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from claims.casefile import OUTCOMES, RULINGS, date_text
from claims.database import Database
from claims.money import yuan_text
from claims.policy.model import Policy
from claims.record.journal import Entry
from claims.record.store import enter_policy, result_source
from claims.remedies import NOT_BEGUN, Remedies
from claims.review.supplement import supplement_folder
from claims.text_table import text_table
from claims.workspace import Workspace

STATES = {
    "received": "收到", "held": "待处理", "returned": "退回补正", "decided": "已核定", "noticed": "公示", "authorised": "已批准", "issued": "已发文",
    "paying": "支付中", "paid": "已支付", "returned by bank": "银行退回", "adjusted": "已更正", "recovering": "追回中", "closed": "办结",
}
"""Where a claim can stand, and what people call it."""
LETTERS = {
    "approved": "核准通知书", "reduced": "部分核准通知书", "rejected": "不予核准通知书", "supplement": "补正通知书", "withdrawn": "视为撤回通知书",
    "supplementary": "补发通知书", "recovery": "追回通知书",
}


@dataclass(frozen=True)
class Event:
    """One event: the office's day, the state that it brings (None: it brings none), who acted, what happened, and its document if there is one."""

    day: dt.date
    state: str | None
    person: str
    text: str
    document: Path | None


@dataclass(frozen=True)
class Way:
    """The events of a claim, oldest first, and the state that follows from them. `undelivered` are the letters of decisions on it whose delivery is
    not recorded, so that no period for objection runs."""

    claim_id: str
    state: str
    events: tuple[Event, ...]
    undelivered: tuple[str, ...]


def way_of(
    database: Database, workspace: Workspace, policy: Policy, entries: Sequence[Entry], remedies: Remedies, claim_id: str,
) -> Way | None:
    """The way of a claim under a policy; None where nothing is recorded of it. `entries` are all of the journal."""
    enter_policy(database, policy)
    of_policy = {entry.sequence: entry for entry in entries if entry.body["policy"]["id"] == policy.id}
    runs = [
        {"sequence": entry.sequence, "label": entry.body["label"], "as_of": entry.body["as_of"],
         **{relation: result_source(workspace, entry, relation) for relation in ("line_fate", "exception")}}
        for entry in of_policy.values() if entry.kind == "run"
    ]
    rows = database.rows(database.render("report/way.sql", runs=runs, treasuries=policy.treasury_ids), {"claim_id": claim_id})
    if not rows:
        return None
    teller = _Teller(workspace, policy, remedies, claim_id)
    events = [event for sequence, kind, day, person, words in rows
              for event in teller.tell(kind, sequence, day, person or of_policy[sequence].actor, words)]
    return Way(claim_id, teller.account.state, tuple(events), tuple(teller.account.undelivered))


@dataclass
class _Account:
    """What is known of a claim after some of its events; amounts in fen."""

    state: str = "received"
    award_fen: int | None = None
    open_payments: dict[str, int] = field(default_factory=dict)
    paid: dict[str, int] = field(default_factory=dict)
    shares: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What each treasury of a place bears of the award."""
    bearer: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The treasury and place that each payment is from."""
    letters_due: set[str] = field(default_factory=set)
    undelivered: list[str] = field(default_factory=list)
    """The numbers of the letters of decisions that are issued and not delivered yet."""
    disputed: set[str] = field(default_factory=set)
    """What is raised and not answered: objections by month, adjustments by number."""
    recovered: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def kept_fen(self) -> int:
        """What the claimant was paid and has not given back."""
        return sum(self.paid.values()) - self.recovered.total()

    @property
    def is_settled(self) -> bool:
        """Whether each treasury has paid what it bears, and nothing more that did not come back. Where a share had no place yet, the places of its
        treasury are taken together."""
        remains = Counter(self.shares)
        for payment, fen in self.paid.items():
            remains[self.bearer[payment]] -= fen
        remains.update(self.recovered)
        unplaced = {treasury for treasury, place in remains if not place}
        of_bearer: Counter[tuple[str, str]] = Counter()
        for (treasury, place), fen in remains.items():
            of_bearer[treasury, "" if treasury in unplaced else place] += fen
        return not any(of_bearer.values())

    @property
    def is_closed(self) -> bool:
        return self.award_fen is not None and self.is_settled and not (self.open_payments or self.letters_due or self.disputed)


class _Teller:
    """Tells events one after the other, and keeps the account that their states follow from."""

    def __init__(self, workspace: Workspace, policy: Policy, remedies: Remedies, claim_id: str):
        self.workspace, self.policy, self.remedies, self.claim_id = workspace, policy, remedies, claim_id
        self.account = _Account()
        self.titles = {treasury.id: treasury.title for treasury in policy.body.treasury}

    def tell(self, kind: str, sequence: int, day: dt.date, person: str, words: list[str]) -> Iterator[Event]:
        """The event in words, and where the claim is closed by it, that too."""
        was_closed = self.account.is_closed
        state, text, document = getattr(self, f"_{kind}")(sequence, words)
        if state:
            self.account.state = state
        yield Event(day, state, person, text, document if document and document.exists() else None)
        if self.account.is_closed:
            self.account.state = "closed"
            if not was_closed:
                yield Event(day, "closed", person, "办理终结：已无应办、应付、应收的事项", None)

    # ------------------------------------------------ until it is decided

    def _received(self, _sequence: int, words: list[str]):
        file, line, label = words
        return "received", f"{file} 第{line}行载入（批次{label}）", None

    def _held(self, _sequence: int, words: list[str]):
        codes, label = words
        named = "、".join(f"{code}{self.policy.codes[code].title}" for code in codes.split("、"))
        return "held", f"待人工处理：{named}（批次{label}）", None

    def _ruled_waive(self, _sequence: int, words: list[str]):
        return None, self._ruling("waive", words) + "（下次批次核定）", None

    def _ruled_determine(self, _sequence: int, words: list[str]):
        return None, self._ruling("determine", words) + f"，核定{words[3]}{self.policy.head.currency.word}（下次批次核定）", None

    def _ruled_return(self, _sequence: int, words: list[str]):
        until = f"，限{date_text(dt.date.fromisoformat(words[2]))}前补正"
        return "returned", self._ruling("return", words) + until, None

    def _ruled_refuse(self, _sequence: int, words: list[str]):
        return None, self._ruling("refuse", words) + "（下次批次核定）", None

    def _ruled_withdraw(self, _sequence: int, words: list[str]):
        return None, self._ruling("withdraw", words), None

    def _ruling(self, action: str, words: list[str]) -> str:
        code, reason, *_ = words
        return f"{code}{self.policy.codes[code].title}：{RULINGS[action]}，{reason}"

    def _decided(self, _sequence: int, words: list[str]):
        outcome, award, codes, label, *shares = words
        self.account.award_fen = int(award)
        self.account.shares.update(_shares(shares))
        self.account.letters_due.add("0")
        named = "、".join(f"{code}{self.policy.codes[code].title}" for code in filter(None, codes.split(";")))
        amount = f"{yuan_text(int(award))}元" if int(award) else ""
        text = OUTCOMES[outcome] + amount + (f"：{named}" if named else "") + f"（批次{label}）"
        return "decided", text, self.workspace.out / label / "letters" / f"{self.claim_id}.pdf"

    # ------------------------------------------------ until it is issued

    def _noticed(self, _sequence: int, words: list[str]):
        month, first, last = words
        return "noticed", f"{month}月度关账，{first}至{last}公示", self._of_month(month)

    def _objection_raise(self, _sequence: int, words: list[str]):
        return self._disputed(words[0], True, f"{words[0]}公示的异议：{words[1]}")

    def _objection_uphold(self, _sequence: int, words: list[str]):
        return self._disputed(words[0], True, f"异议成立，不列入{words[0]}的批准：{words[1]}")

    def _objection_dismiss(self, _sequence: int, words: list[str]):
        return self._disputed(words[0], False, f"异议不成立：{words[1]}")

    def _disputed(self, what: str, is_open: bool, text: str):
        (self.account.disputed.add if is_open else self.account.disputed.discard)(what)
        return None, text, None

    def _authorised(self, _sequence: int, words: list[str]):
        month, minutes = words
        return "authorised", f"{month}月度获批准：{minutes}", self._of_month(month)

    def _issued(self, sequence: int, words: list[str]):
        document_no, kind, number, month = words
        text = f"{LETTERS.get(kind, kind)}：{document_no}"
        folder = self._of_month(month) if month else supplement_folder(self.workspace, sequence)
        letter = folder / "letters" / f"{self._letter_id(number)}.pdf"
        if kind == "supplement":
            return "returned", text, letter
        self.account.undelivered.append(document_no)
        self.account.letters_due = {due for due in self.account.letters_due if int(due) > int(number)}  # it tells what earlier ones would
        return self._unless_recovering("issued"), text, letter

    def _delivered(self, _sequence: int, words: list[str]):
        document_no, way, receipt, day = words
        text = f"{document_no}送达（{'，'.join(filter(None, (way, receipt)))}）"
        if document_no not in self.account.undelivered:  # a letter that decides nothing
            return None, text, None
        self.account.undelivered.remove(document_no)
        return None, f"{text}；{self.remedies.text(dt.date.fromisoformat(day))}", None

    def _letter_id(self, number: str) -> str:
        return self.claim_id if number == "0" else f"{self.claim_id}+{number}"

    def _of_month(self, month: str) -> Path:
        return self.workspace.months / month / self.policy.id

    # ------------------------------------------------ money

    def _planned(self, _sequence: int, words: list[str]):
        payment, amount, treasury, place, payee = words
        self.account.bearer[payment] = (treasury, place)
        self.account.open_payments[payment] = int(amount)
        return "paying", f"{self._treasury(treasury, place)}付{payee}{yuan_text(int(amount))}元（{payment}）", None

    def _bank_paid(self, _sequence: int, words: list[str]):
        payment, amount, _ = words
        self.account.open_payments.pop(payment, None)
        self.account.paid[payment] = int(amount)
        remains = self.account.open_payments or (self.account.award_fen or 0) > self.account.kept_fen
        return self._unless_recovering("paying" if remains else "paid"), f"银行回单：已付{yuan_text(int(amount))}元（{payment}）", None

    def _bank_returned(self, _sequence: int, words: list[str]):
        payment, amount, reason = words
        self.account.open_payments.pop(payment, None)
        self.account.paid.pop(payment, None)
        return self._unless_recovering("returned by bank"), f"银行退回{yuan_text(int(amount))}元（{payment}）：{reason}", None

    def _set_off(self, _sequence: int, words: list[str]):
        amount, treasury, place, payment = words
        source = f"银行退回的{payment}" if payment else "补发的金额"
        return None, f"{self._treasury(treasury, place)}{source}中{yuan_text(int(amount))}元抵扣应追回款，不再拨付", None

    def _adjustment_propose(self, _sequence: int, words: list[str]):
        number, difference, reason, *shares = words
        return self._disputed(f"adjustment {number}", True, f"拟更正，{self._difference(difference, shares)}：{reason}")

    def _adjustment_drop(self, _sequence: int, words: list[str]):
        number, _, reason, *_ = words
        return self._disputed(f"adjustment {number}", False, f"不予更正：{reason}")

    def _adjustment_agree(self, _sequence: int, words: list[str]):
        number, difference, reason, *shares = words
        self.account.disputed.clear()
        self.account.award_fen = (self.account.award_fen or 0) + int(difference)
        self.account.shares.update(_shares(shares))
        if shares:  # also where only other treasuries bear what is awarded as before
            self.account.letters_due.add(number)
        text = f"更正，{self._difference(difference, shares)}，核定金额为{yuan_text(self.account.award_fen)}元：{reason}"
        return self._unless_recovering("adjusted"), text, None

    def _recovered(self, _sequence: int, words: list[str]):
        amount, treasury, place = words
        self.account.recovered[treasury, place] += int(amount)
        return "recovering", f"{self._treasury(treasury, place)}收回{yuan_text(int(amount))}元", None

    def _unless_recovering(self, state: str) -> str:
        """More was paid than stands awarded: it is to come back, whatever else happens."""
        return "recovering" if self.account.kept_fen > (self.account.award_fen or 0) else state

    def _difference(self, fen: str, shares: list[str]) -> str:
        if int(fen):
            return f"{'增加' if int(fen) > 0 else '减少'}{yuan_text(abs(int(fen)))}元"
        return "金额不变，资金分担有变" if shares else "维持原决定"

    def _treasury(self, treasury: str, place: str) -> str:
        return self.titles.get(treasury, treasury) + (f"（{place}）" if place else "")


def _shares(words: list[str]) -> dict[tuple[str, str], int]:
    """What each treasury of a place bears or bears more: treasury, place and fen, one after the other."""
    return {(treasury, place): int(fen) for treasury, place, fen in zip(*[iter(words)] * 3)}


def way_text(way: Way) -> str:
    """The way as text for the terminal."""
    rows = [("日期", "状态", "经办", "事项")]
    for event in way.events:
        rows.append((event.day.isoformat(), _state_text(event.state) if event.state else "", event.person, event.text))
        if event.document:
            rows.append(("", "", "", f"文件：{event.document.resolve()}"))
    notes = [f"{document_no}：{NOT_BEGUN}" for document_no in way.undelivered]
    return "\n".join([f"申报编号：{way.claim_id}　现在：{_state_text(way.state)}", "", text_table(rows), *([""] if notes else []), *notes])


def _state_text(state: str) -> str:
    return f"{STATES[state]}（{state}）"
