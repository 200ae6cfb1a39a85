"""The way of a claim: every recorded event of it, from the line that was received to the last payment, where it stands, and who has to do what next.

No state is stored. Each follows from the events that there are; a claim is closed when nothing more is to be expected of it: it is decided, every
letter is issued, and what was paid and did not come back is what stands awarded.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from claims.casefile import OUTCOMES, RULINGS, date_text
from claims.database import Database
from claims.money import yuan_text
from claims.policy.model import Policy
from claims.privacy import masked_numbers
from claims.record.circumstances import settings_of
from claims.record.journal import Entry
from claims.record.store import enter_policy, result_source
from claims.register import LETTERS
from claims.remedies import NOT_BEGUN, Remedies
from claims.review.supplement import supplement_folder
from claims.text_table import text_table
from claims.workdays import Calendar
from claims.workspace import Workspace

STATES = {
    "received": "收到", "held": "待处理", "returned": "退回补正", "decided": "已核定", "noticed": "公示", "authorised": "已批准", "issued": "已发文",
    "paying": "支付中", "paid": "已支付", "returned by bank": "银行退回", "adjusted": "已更正", "recovering": "追回中", "closed": "办结",
}
"""Where a claim can stand, and what people call it."""
BESIDE = {
    "raise": "有异议待处理", "uphold": "异议成立，待更正", "propose": "另有更正待另一人同意", "changed": "另有变更待处理",
}
"""What can be open beside any state: an objection that is not answered, or upheld; a proposed adjustment; a changed row of a decided claim."""
NEXT = {
    "received": "经办人运行下一批次（claims run），予以核定",
    "held": "金融工作局复核（claims review export、claims review import）",
    "returned": "申报单位在期限内补正，逾期视为撤回",
    "decided": "经办人月末后封账、公示（claims close）",
    "noticed": "公示期满后，由封账人以外的人批准（claims approve）",
    "authorised": "经办人重新执行 claims approve，补齐通知书",
    "issued": "经办人到期列支付清单（claims pay plan）",
    "paying": "等待银行回单，由经办人登记（claims pay confirm）",
    "paid": "无须再办",
    "returned by bank": "经办人核对收款账户，重新列支付清单（claims pay plan）",
    "adjusted": "更正由经办人月末后封账、公示（claims close）",
    "recovering": "申报单位退还，由经办人登记（claims pay recovered）",
    "closed": "无须再办",
    "raise": "核实异议，登记是否成立（claims object）",
    "uphold": "一人提出更正、另一人同意（claims adjust），再封账",
    "propose": "由提出人以外的人同意更正，或者撤回（claims adjust）",
    "changed": "变更的内容由一人提出更正或者维持、另一人同意（claims adjust）",
    "deliver": "送达通知书，由经办人登记（claims letters delivered）",
}
"""What comes next and who does it, by state, and by what is open beside it."""


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
    """The events of a claim, oldest first, and the state that follows from them. `beside` is what is open whatever the state (keys of BESIDE), `next`
    what has to be done (keys of NEXT). `undelivered` are the letters of decisions on it whose delivery is not recorded, so that no period for objection
    runs."""

    claim_id: str
    state: str
    beside: tuple[str, ...]
    next: tuple[str, ...]
    events: tuple[Event, ...]
    undelivered: tuple[str, ...]


def way_of(
    database: Database, workspace: Workspace, policy: Policy, entries: Sequence[Entry], calendar: Calendar, claim_id: str,
) -> Way | None:
    """The way of a claim under a policy; None where nothing is recorded of it. `entries` are all of the journal.

    Periods for objection are those of the settings under which the latest delivery of the letters of the same act was recorded; `calendar` is the latest
    that is known, so that a last day becomes certain.
    """
    enter_policy(database, policy)
    # the line of an abandoned run, and of a clock, is of no policy
    of_policy = {entry.sequence: entry for entry in entries if entry.body.get("policy", {}).get("id") == policy.id}
    runs = [
        {"sequence": entry.sequence, "label": entry.body["label"], "as_of": entry.body["as_of"],
         **{relation: result_source(workspace, entry, relation) for relation in ("line_fate", "exception")}}
        for entry in of_policy.values() if entry.kind == "run"
    ]
    rows = database.rows(database.render("report/way.sql", runs=runs, treasuries=policy.treasury_ids), {"claim_id": claim_id})
    if not rows:
        return None
    changed = bool(database.rows("select 1 from held where changed and claim_id = $claim_id", {"claim_id": claim_id}))
    teller = _Teller(workspace, policy, of_policy, calendar, claim_id)
    events = [event for sequence, kind, day, person, words in rows
              for event in teller.tell(kind, sequence, day, person or of_policy[sequence].actor, words)]
    account = teller.account
    beside = (*account.disputed.values(), *(["changed"] if changed else []))
    return Way(claim_id, account.state, beside, _next(account, beside), tuple(events), tuple(account.undelivered))


def _next(account: _Account, beside: tuple[str, ...]) -> tuple[str, ...]:
    """What has to be done about a claim: what is open beside its state, letters to deliver, and what its state waits for."""
    steps = [*beside, *(["deliver"] if account.undelivered else [])]
    is_kept_out = account.step in ("decided", "adjusted") and "objection" in account.disputed  # of every close, until that is answered
    if not (is_kept_out or steps and account.step in ("paid", "closed")):
        steps.append(account.step)
    return tuple(steps)


@dataclass
class _Account:
    """What is known of a claim after some of its events; amounts in fen."""

    state: str = "received"
    waiting: set[str] = field(default_factory=set)
    """The codes that hold it and that nobody ruled on so that the next run can go on."""
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
    in_notice: bool = False
    """Whether a month that is not approved yet has frozen it."""
    disputed: dict[str, str] = field(default_factory=dict)
    """What is raised and not answered, objection or adjustment by number, and how far it is (keys of BESIDE)."""
    recovered: Counter[tuple[str, str]] = field(default_factory=Counter)
    receivable_fen: int = 0
    """What letters asked back, less what came back and what was set off."""

    @property
    def remains(self) -> list[int]:
        """What each treasury has still to pay of what it bears, and below zero what is to come back to it; what is at the bank counts as paid. Where a
        share had no place yet, the places of its treasury are taken together."""
        remains = Counter(self.shares)
        for payment, fen in (self.paid | self.open_payments).items():
            remains[self.bearer[payment]] -= fen
        remains.update(self.recovered)
        unplaced = {treasury for treasury, place in remains if not place}
        of_bearer: Counter[tuple[str, str]] = Counter()
        for (treasury, place), fen in remains.items():
            of_bearer[treasury, "" if treasury in unplaced else place] += fen
        return list(of_bearer.values())

    @property
    def is_to_come_back(self) -> bool:
        """Whether some of what was paid, or is at the bank, is more than stands awarded. Of two payees one may owe what the other is due."""
        return self.receivable_fen > 0 or any(fen < 0 for fen in self.remains)

    @property
    def money(self) -> str:
        """Where the money of a claim stands."""
        if self.is_to_come_back:
            return "recovering"
        return "paying" if self.open_payments or any(self.remains) else "paid"

    @property
    def is_closed(self) -> bool:
        return self.award_fen is not None and self.money == "paid" and not (self.letters_due or self.disputed)

    @property
    def step(self) -> str:
        """What the state waits for (a key of NEXT)."""
        if self.state in ("held", "returned") and not self.waiting:
            return "received"
        is_at_bank = self.state == "paying" and self.open_payments
        if self.state in ("paying", "paid", "recovering", "returned by bank") and self.letters_due and not is_at_bank:
            return "noticed" if self.in_notice else "adjusted"  # nothing moves before the correction has its letter
        return "issued" if self.state == "paying" and not is_at_bank else self.state


class _Teller:
    """Tells events one after the other, and keeps the account that their states follow from. What people and the bank gave as a reason is free text,
    in which an account may stand."""

    def __init__(self, workspace: Workspace, policy: Policy, entries: Mapping[int, Entry], calendar: Calendar, claim_id: str):
        self.workspace, self.policy, self.entries, self.calendar, self.claim_id = workspace, policy, entries, calendar, claim_id
        self.account = _Account()
        self.word = policy.head.currency.word
        self.titles = policy.treasury_titles

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
        if self._is_decided:
            return None, f"决定后又报来：{file} 第{line}行载入（批次{label}）", None
        return "received", f"{file} 第{line}行载入（批次{label}）", None

    def _held(self, _sequence: int, words: list[str]):
        codes, label = words
        named = "、".join(f"{code}{self.policy.codes[code].title}" for code in codes.split("、"))
        if self._is_decided:  # the decision stands, and where its money is
            return None, f"变更待处理，原决定不变：{named}（批次{label}）", None
        self.account.waiting = set(codes.split("、"))
        return "held", f"待人工处理：{named}（批次{label}）", None

    @property
    def _is_decided(self) -> bool:
        return self.account.award_fen is not None

    def _ruled_waive(self, _sequence: int, words: list[str]):
        self.account.waiting.discard(words[0])
        return None, self._ruling("waive", words) + "（下次批次核定）", None

    def _ruled_determine(self, _sequence: int, words: list[str]):
        self.account.waiting.discard(words[0])
        return None, self._ruling("determine", words) + f"，核定{words[3]}{self.word}（下次批次核定）", None

    def _ruled_return(self, _sequence: int, words: list[str]):
        until = f"，限{date_text(dt.date.fromisoformat(words[2]))}前补正"
        return "returned", self._ruling("return", words) + until, None

    def _ruled_refuse(self, _sequence: int, words: list[str]):
        self.account.waiting.clear()  # one code that is refused closes the claim
        return None, self._ruling("refuse", words) + "（下次批次核定）", None

    def _ruled_withdraw(self, _sequence: int, words: list[str]):
        return None, self._ruling("withdraw", words), None

    def _ruling(self, action: str, words: list[str]) -> str:
        code, reason, *_ = words
        return f"{code}{self.policy.codes[code].title}：{RULINGS[action]}，{masked_numbers(reason)}"

    def _decided(self, _sequence: int, words: list[str]):
        outcome, award, codes, label, *shares = words
        self.account.award_fen = int(award)
        self.account.shares.update(_shares(shares))
        self.account.letters_due.add("0")
        named = "、".join(f"{code}{self.policy.codes[code].title}" for code in filter(None, codes.split(";")))
        amount = self._amount(award) if int(award) else ""
        text = OUTCOMES[outcome] + amount + (f"：{named}" if named else "") + f"（批次{label}）"
        return "decided", text, self.workspace.out / label / "letters" / f"{self.claim_id}.pdf"

    # ------------------------------------------------ until it is issued

    def _noticed(self, _sequence: int, words: list[str]):
        month, first, last = words
        self.account.in_notice = True
        return "noticed", f"{month}月度封账，{first}至{last}公示", self._of_month(month)

    def _objection_raise(self, _sequence: int, words: list[str]):
        return self._objection("raise"), f"{words[0]}公示的异议：{masked_numbers(words[1])}", None

    def _objection_uphold(self, _sequence: int, words: list[str]):
        return self._objection("uphold"), f"异议成立，不列入{words[0]}的批准：{masked_numbers(words[1])}", None

    def _objection_dismiss(self, _sequence: int, words: list[str]):
        self.account.disputed.pop("objection", None)
        return "noticed" if self.account.in_notice else None, f"异议不成立：{masked_numbers(words[1])}", None

    def _objection(self, action: str) -> str | None:
        """The latest action counts. What is objected to is out of the notice: it stands as before it."""
        self.account.disputed["objection"] = action
        if self.account.state != "noticed":
            return None
        return "decided" if "0" in self.account.letters_due else self._unless_recovering("adjusted")

    def _left_out(self, _sequence: int, words: list[str]):
        month, minutes = words
        self.account.in_notice = False
        return None, f"{month}月度获批准，本件因异议未列入：{minutes}", None

    def _authorised(self, _sequence: int, words: list[str]):
        month, minutes = words
        self.account.in_notice = False
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
        return self._unless_moving("issued"), text, letter

    def _delivered(self, _sequence: int, words: list[str]):
        document_no, way, receipt, day, latest = words
        text = f"{document_no}送达（{'，'.join(filter(None, (way, receipt)))}）"
        if document_no not in self.account.undelivered:  # a letter that decides nothing
            return None, text, None
        self.account.undelivered.remove(document_no)
        remedies = Remedies(self.calendar, settings_of(self.workspace, self.entries[int(latest)]).remedies)
        return None, f"{text}；{remedies.text(dt.date.fromisoformat(day))}", None

    def _letter_id(self, number: str) -> str:
        return self.claim_id if number == "0" else f"{self.claim_id}+{number}"

    def _of_month(self, month: str) -> Path:
        return self.workspace.months / month / self.policy.id

    # ------------------------------------------------ money

    def _planned(self, _sequence: int, words: list[str]):
        payment, amount, treasury, place, payee = words
        self.account.bearer[payment] = (treasury, place)
        self.account.open_payments[payment] = int(amount)
        return self.account.money, f"{self._treasury(treasury, place)}付{payee}{self._amount(amount)}（{payment}）", None

    def _bank_paid(self, _sequence: int, words: list[str]):
        payment, amount, _ = words
        self.account.open_payments.pop(payment, None)
        self.account.paid[payment] = int(amount)
        return self.account.money, f"银行回单：已付{self._amount(amount)}（{payment}）", None

    def _bank_returned(self, _sequence: int, words: list[str]):
        payment, amount, reason = words
        self.account.open_payments.pop(payment, None)
        self.account.paid.pop(payment, None)
        return self._unless_recovering("returned by bank"), f"银行退回{self._amount(amount)}（{payment}）：{masked_numbers(reason)}", None

    def _set_off(self, _sequence: int, words: list[str]):
        amount, treasury, place, payment = words
        self.account.receivable_fen -= int(amount)
        source = f"银行退回的{payment}" if payment else "补发的金额"
        state = self._unless_recovering("returned by bank") if payment else self._unless_moving("issued")
        return state, f"{self._treasury(treasury, place)}{source}中{self._amount(amount)}抵扣应追回款，不再拨付", None

    def _adjustment_propose(self, _sequence: int, words: list[str]):
        number, difference, reason, *shares = words
        self.account.disputed[f"adjustment {number}"] = "propose"
        return None, f"拟更正，{self._difference(difference, shares)}：{masked_numbers(reason)}", None

    def _adjustment_drop(self, _sequence: int, words: list[str]):
        number, _, reason, *_ = words
        self.account.disputed.pop(f"adjustment {number}", None)
        return None, f"不予更正：{masked_numbers(reason)}", None

    def _adjustment_agree(self, _sequence: int, words: list[str]):
        number, difference, reason, *shares = words
        self.account.disputed.pop(f"adjustment {number}", None)
        if shares and self.account.disputed.get("objection") == "uphold":  # so it comes back into a close
            del self.account.disputed["objection"]
        self.account.award_fen = (self.account.award_fen or 0) + int(difference)
        self.account.shares.update(_shares(shares))
        if shares:  # also where only other treasuries bear what is awarded as before
            self.account.letters_due.add(number)
        text = f"更正，{self._difference(difference, shares)}，核定金额为{self._amount(self.account.award_fen)}：{masked_numbers(reason)}"
        return self._unless_recovering("adjusted"), text, None

    def _to_come_back(self, _sequence: int, words: list[str]):
        amount, treasury, place = words
        self.account.receivable_fen += int(amount)
        return self.account.money, f"应退还{self._treasury(treasury, place)}{self._amount(amount)}", None

    def _recovered(self, _sequence: int, words: list[str]):
        amount, treasury, place = words
        self.account.recovered[treasury, place] += int(amount)
        self.account.receivable_fen -= int(amount)
        return self.account.money, f"{self._treasury(treasury, place)}收回{self._amount(amount)}", None

    def _unless_recovering(self, state: str) -> str:
        return "recovering" if self.account.is_to_come_back else state

    def _unless_moving(self, state: str) -> str:
        return self._unless_recovering("paying" if self.account.open_payments else state)

    def _difference(self, fen: str, shares: list[str]) -> str:
        if int(fen):
            return f"{'增加' if int(fen) > 0 else '减少'}{self._amount(abs(int(fen)))}"
        return "金额不变，资金分担有变" if shares else "维持原决定"

    def _amount(self, fen: str | int) -> str:
        return yuan_text(int(fen)) + self.word

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
    now = "，".join([_state_text(way.state), *(BESIDE[one] for one in way.beside)])
    following = "；".join(NEXT[one] for one in way.next)
    return "\n".join([f"申报编号：{way.claim_id}　现在：{now}", f"下一步：{following}", "", text_table(rows), *([""] if notes else []), *notes])


def _state_text(state: str) -> str:
    return f"{STATES[state]}（{state}）"
