"""An office through its months: run, reviewed, closed, objected to, approved, paid as far as budgets go, returned by banks, corrected down and up,
recovered, over a year's turn. After every act the books hold, no fen is lost or paid twice, numbers run without a gap, and nobody approves what they
did themselves; and the record gives the same tables again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from claims.errors import UsageError
from claims.ledger import ledger_defects
from claims.way import way_of
from pipelines.desk import desk
from pipelines.queries import rebuild_store
from sample_data.months import write_months
from tests.commands import given
from tests.filling import filled, rows_of
from tests.payables import bank_file, budget_file, list_rows, payments_of
from tests.settle import settle
from tests.test_adjust import TAX_HEADER
from tests.test_months import lesser_month

FIRST_DAY = dt.date(2024, 11, 1)
TABLES = (
    "decided_net", "held", "ruling", "month", "month_claim", "month_share", "objection", "approval", "issued_letter", "payable", "payable_reduction",
    "budget", "payment", "payment_result", "adjustment", "adjusted", "adjusted_step", "adjustment_share", "recovered", "posting",
)


class Office:
    """A workspace and the people who act in it, each act given as a command, and what must hold afterwards."""

    def __init__(self, place: Path, seed: int):
        self.place, self.root, self.dice = place, place / "workspace", Random(seed)
        self.acts = 0

    def give(self, actor: str, day: dt.date, *words: str) -> str:
        """What a command answers; what must hold of the record does."""
        answer = given(self.root, actor, day, *words)
        self.acts += 1
        self.check()
        return answer

    def refused(self, actor: str, day: dt.date, *words: str) -> None:
        """Nobody approves what they did themselves."""
        with pytest.raises(UsageError, match="another person must do this"):
            self.give(actor, day, *words)

    def rows(self, select: str) -> list[tuple]:
        with desk(self.root, "test", "查", FIRST_DAY) as at:
            return at.database.rows(select)

    def run(self, folder: Path, label: str, day: dt.date) -> None:
        settle(self.root, folder, label, day)
        self.check()

    # ------------------------------------------------ what must hold

    def check(self) -> None:
        with desk(self.root, "test", "查", FIRST_DAY) as at:
            rows = at.database.rows
            assert ledger_defects(at.database) == []
            assert rows(AWARDED_OTHERWISE) == [], "the books hold the awards that were told by letter, fen by fen"
            assert rows(PAID_OTHERWISE) == [], "what was paid, is owed and is to come back make up what was awarded"
            for numbers in (rows("select document_year, document_number from issued_letter"), rows(PAYMENT_NUMBERS)):
                by_year = {year: sorted(number for other, number in numbers if other == year) for year, _ in numbers}
                assert all(found == [*range(1, len(found) + 1)] for found in by_year.values())
            assert rows(BY_THEMSELVES) == []
            assert rows(DONE_MEANWHILE) == [], "nothing of a claim goes out from the proposal of a correction to its letter"

    def check_record(self) -> None:
        """The record gives the same tables again."""
        before = self.tables()
        rebuild_store(self.root)
        assert self.tables() == before

    def tables(self) -> dict[str, list[tuple]]:
        with desk(self.root, "test", "查", FIRST_DAY) as at:
            return {table: at.database.rows(f"select * from {table} order by all") for table in TABLES}

    def check_ways(self) -> None:
        """No claim is called closed of which the books still hold something owed or to come back."""
        with desk(self.root, "test", "查", FIRST_DAY) as at:
            entries = at.workspace.journal.entries()
            decided = [claim for (claim,) in at.database.rows("select claim_id from decided order by 1")]
            closed = {claim for claim in decided if way_of(at.database, at.workspace, at.policy, entries, at.calendar, claim).state == "closed"}
            assert closed and closed.isdisjoint(claim for (claim,) in at.database.rows(OPEN_IN_BOOKS))

    # ------------------------------------------------ a month

    def review(self, day: dt.date, actor: str = "张敏") -> None:
        """Much of what is held is let pass where it may be, a few claims are refused or returned, the rest waits."""
        book, answer = self.place / f"{day}-{self.acts}.xlsx", self.place / f"{day}-{self.acts}-filled.xlsx"
        self.give(actor, day, "review", "export", "-o", str(book))
        rulings, chosen = {}, {}
        for key, (_, row) in rows_of(book).items():
            action = chosen.setdefault(key[0], self.dice.choice(["放行"] * 3 + ["不予支持", "退回补正", None, None]))
            if key[1] != "V12" and action and (action != "放行" or row["可否放行"] == "可以"):
                rulings[key] = (action, "已核实")
        self.give(actor, day, "review", "import", str(filled(book, answer, rulings)))

    def close_and_approve(self, month: str, day: dt.date) -> None:
        self.give("甲", day, "close", month)
        noticed = [claim for (claim,) in self.rows(f"select distinct claim_id from month_claim where month = '{month}' order by 1")]
        for claim_id in self.dice.sample(noticed, min(2, len(noticed))):
            self.give("丙", day, "object", claim_id, "--reason", "金额有误")
            if ending := self.dice.choice(["--dismiss", "--uphold", None]):
                self.give("丙", day, "object", claim_id, ending, "--reason", "已查实")
        approved = day + dt.timedelta(20)
        self.refused("甲", approved, "approve", month, "--minutes", f"纪要{month}")
        self.give("乙", approved, "approve", month, "--minutes", f"纪要{month}")

    def pay(self, day: dt.date) -> None:
        """Pay what budgets cover; the bank returns some, one of them after it reported it as paid."""
        before = {path for path in payments_of(self.root).glob("*/*.csv")} if payments_of(self.root).exists() else set()
        self.give("丁", day, "pay", "plan")
        listed = [row for path in sorted({*payments_of(self.root).glob("*/*.csv")} - before) for row in list_rows(path) if row["付款编号"]]
        answers = [(row["付款编号"], row["金额（元）"], self.dice.choice(["成功", "成功", "退回", None]), day) for row in listed]
        told = [answer for answer in answers if answer[2]]
        if told:
            self.give("丁", day, "pay", "confirm", str(bank_file(self.place / f"{day}-{self.acts}.csv", *told)))
        paid = [number for number, _, result, _ in told if result == "成功"]
        if paid:
            self.give("丁", day, "pay", "returned", self.dice.choice(paid), "--reason", "账户已注销")

    def correct_tax(self, folder: Path) -> None:
        """A file that comes with a month: the tax of some claimants, corrected down and up."""
        known = self.rows("""
            select tax.uscc, tax.year, any_value(tax.vat_retained_fen order by tax.run desc)
            from retained_tax as tax
            join decided_net as decided on decided.claimant = tax.uscc and decided.claim_year = tax.year
            where decided.award_fen > 0 and decided.clause in ('2.1', '2.2', '2.3', '2.4', '3') and tax.vat_retained_fen > 0
            group by all order by all""")
        lines = []
        for claimant, year, fen in self.dice.sample(known, min(3, len(known))):
            vat = fen * self.dice.choice([0, 1, 3]) // 2
            lines.append(f"{claimant},{year},{vat // 100}.{vat % 100:02d},0,")
        (folder / "retained_tax_更正.csv").write_text("\n".join([TAX_HEADER, *lines, ""]), encoding="utf-8")

    def adjust(self, day: dt.date) -> None:
        """Every claim that would come out otherwise is adjusted, from the top."""
        for claim_id in self._out_of_line(day):
            self.give("戊", day, "adjust", claim_id, "--reason", "税务局更正")
            self.refused("戊", day, "adjust", claim_id, "--agree")
            self.give("己", day, "adjust", claim_id, "--agree")

    def withdraw_waiver(self, day: dt.date) -> None:
        """One of the waivers that an award rests on is taken back."""
        waived = self.rows("""
            select distinct claim_id, code from ruling join decided_net using (claim_id, content)
            where action = 'waive' and award_fen > 0 order by all""")
        if waived:
            claim_id, code = self.dice.choice(waived)
            self.give("戊", day, "adjust", claim_id, "--withdraw-waiver", code, "--reason", "放行有误")
            self.refused("戊", day, "adjust", claim_id, "--agree")
            self.give("己", day, "adjust", claim_id, "--agree")

    def _out_of_line(self, day: dt.date) -> Iterator[str]:
        """Each claim that would come out otherwise, the first of those that are left each time, until there is none."""
        while True:
            *_, listed = self.give("查", day, "adjust", "--list").partition("结果会不同的已决定申报：")
            names = [line.split("　")[0].strip() for line in listed.splitlines()[1:]]
            if not names:
                return
            yield names[0]

    def upheld_are_corrected(self, day: dt.date) -> None:
        """What an objection was upheld against is awarded a tenth less."""
        stopped = self.rows("""
            select claim_id, award_fen from decided_net
            join (select claim_id, arg_max(action, sequence) as latest, max(sequence) as objected from objection group by 1) using (claim_id)
            where latest = 'uphold' and award_fen > 100 and claim_id not in (
                select claim_id from adjustment where action = 'agree' and adjustment.sequence > objected)""")
        for claim_id, fen in stopped:
            yuan = f"{fen * 9 // 10 // 100}.00"
            self.give("戊", day, "adjust", claim_id, "--award", yuan, "--reason", "异议成立")
            self.give("己", day, "adjust", claim_id, "--agree")

    def recover(self, day: dt.date) -> None:
        """Half of what is to come back comes back."""
        for claim_id, fen in self.rows("""
            select claim_id, sum(case when debit = 'receivable' then amount_fen else -amount_fen end)::bigint as fen from posting
            where 'receivable' in (debit, credit) and treasury = 'city' group by claim_id having fen > 1 order by 1"""):
            amount = fen // 2
            self.give("丁", day, "pay", "recovered", claim_id, "--amount", f"{amount // 100}.{amount % 100:02d}", "--voucher", f"缴{claim_id}{day}",
                      "--treasury", "市级财政")


AWARDED_OTHERWISE = """
    select claim_id, treasury, place
    from (
        select share.claim_id, share.treasury, share.place, share.share_fen as fen
        from month_share as share
        join approval on approval.month = share.month
        join issued_letter as letter on letter.sequence = approval.sequence and letter.claim_id = share.claim_id and letter.number = share.number
        where share.sequence = (select max(sequence) from month where month.month = share.month and month.sequence < approval.sequence)
        union all
        select claim_id, treasury, place, -amount_fen from posting where debit = 'awarded'
        union all
        select claim_id, treasury, place, amount_fen from posting where credit = 'awarded'
    )
    group by all having sum(fen) <> 0"""
"""Claims of which the postings are not what the letters of their decision and its adjustments told."""
PAID_OTHERWISE = """
    with latest as (select payment_id, arg_max(result, sequence) as result from payment_result group by 1),
    moved as (
        select claim_id, treasury, place, amount_fen as fen from posting where debit = 'awarded'
        union all
        select claim_id, treasury, place, -amount_fen from posting where credit = 'awarded'
        union all
        select claim_id, treasury, place, amount_fen from posting where debit = 'receivable'
        union all
        select claim_id, treasury, place, -amount_fen from posting where debit = 'payable' and credit = 'receivable'
        union all
        select claim_id, treasury, place, -amount_fen from payable_net
    )
    select claim_id, treasury, place from moved group by all having sum(fen) <> 0
    union all
    select claim_id, treasury, place
    from payment join latest using (payment_id)
    where result = 'paid'
    group by claim_id, number, instalment, treasury, place having count(*) > 1"""
"""Claims of which what stands awarded and what is to come back is not what is owed net; and payables that were paid twice."""
OPEN_IN_BOOKS = """
    select claim_id
    from (
        select claim_id, debit as account, treasury, place, amount_fen from posting
        union all
        select claim_id, credit, treasury, place, -amount_fen from posting
    )
    where account in ('payable', 'receivable')
    group by claim_id, account, treasury, place having sum(amount_fen) <> 0"""
PAYMENT_NUMBERS = "select year(planned_on), cast(split_part(payment_id, '-', 2) as integer) from payment"
BY_THEMSELVES = """
    select approval.month
    from approval
    asof join month as closed on closed.month = approval.month and closed.sequence <= approval.sequence
    where closed.person = approval.person
    union all
    select claim_id from adjustment as agreed join adjustment as proposed using (claim_id, number, person)
    where agreed.action = 'agree' and proposed.action = 'propose'"""
"""What somebody approved that they had done themselves: of closes of a month the latest counts."""
DONE_MEANWHILE = """
    with correction as (
        select claim_id, number, min(step.sequence) as proposed, least(min(letter.sequence), min(step.sequence) filter (
            where action = 'drop' or (action = 'agree' and (claim_id, number) not in (select (claim_id, number) from adjustment_share)))) as ended
        from adjustment as step
        left join (from issued_letter where kind <> 'supplement') as letter using (claim_id, number)
        group by all
    )
    select claim_id, act.sequence
    from (
        select claim_id, sequence from payment union all select claim_id, sequence from issued_letter where kind <> 'supplement'
    ) as act
    join correction using (claim_id)
    where act.sequence > proposed and act.sequence < coalesce(ended, act.sequence + 1)"""
"""Payments listed and letters issued of a claim while a correction of it was neither dropped nor told by a letter."""


def months_of_an_office(place: Path, months: int, seed: int, lessen: bool) -> Office:
    """Let an office work through some months, and look at the whole in the end."""
    office = Office(place, seed)
    for number, (folder, last_day) in enumerate(write_months(place / "sample", months, seed, FIRST_DAY).items()):
        month, following = folder.name, last_day + dt.timedelta(1)
        folder = lesser_month(folder, 4) if lessen else folder
        if number:
            office.correct_tax(folder)
        office.run(folder, month, last_day)
        office.review(last_day)
        if number:
            office.withdraw_waiver(last_day)
        office.adjust(last_day)
        office.upheld_are_corrected(last_day)
        office.close_and_approve(month, following)
        granted, paid = "3000000" if number == 0 else "900000000", following + dt.timedelta(21)
        budgets = [(treasury, paid.year, granted) for treasury in ("市级财政", "西平县", "平舆县", "驿城区", "遂平县", "上蔡县", "新蔡县", "正阳县", "确山县", "泌阳县", "汝南县")]
        office.give("丁", paid, "budget", "import", str(budget_file(place / f"budget-{month}.csv", *budgets)))
        office.pay(paid)
        office.recover(paid + dt.timedelta(1))
    office.check_record()
    office.check_ways()
    return office


@pytest.fixture(autouse=True)
def no_drawing(monkeypatch):
    """What letters and papers look like is tested elsewhere."""
    monkeypatch.setattr("pipelines.adjust.see_to_draft", lambda *_: iter(()))
    monkeypatch.setattr("pipelines.months.publish_issued", lambda *_: [])
    monkeypatch.setattr("pipelines.review._publish_supplements", lambda *_: iter(()))
    monkeypatch.setattr("claims.months.documents.notice_files", lambda *_: {})


def test_two_months_of_an_office_over_a_years_turn(tmp_path):
    office = months_of_an_office(tmp_path, 2, 3, lessen=True)
    assert office.rows("select count(*) from adjustment where action = 'agree'")[0][0] > 0
    assert office.rows("select count(distinct document_year) from issued_letter") == [(2,)]
    assert office.rows("select count(*) > 0 from issued_letter where kind = 'supplement'") == [(True,)]


@pytest.mark.torture
@pytest.mark.parametrize("seed", [1, 2])
def test_six_months_of_an_office_over_a_years_turn(tmp_path, seed):
    office = months_of_an_office(tmp_path, 6, seed, lessen=False)
    numbers = {table: office.rows(f"select count(*) from {table}")[0][0] for table in ("adjustment", "payable_reduction", "recovered", "objection")}
    assert min(numbers.values()) > 0 and office.rows("select count(*) from posting where debit = 'receivable'")[0][0] > 0
