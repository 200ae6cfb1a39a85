"""Random histories of an office: whoever gives whichever command, in whatever order, no fen is lost, made or paid twice, no number is used twice, no
person approves their own work; what is refused changes nothing, and the record gives the same tables again."""

from __future__ import annotations

import datetime as dt
import shutil
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from beancount import loader
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from claims.beancount_text import beancount_text
from claims.errors import InputRefused, UsageError
from claims.workspace import Workspace
from pipelines.desk import desk
from sample_data.months import write_months
from tests.payables import bank_file, budget_file
from tests.test_months import lesser_month
from tests.test_office import FIRST_DAY, Office, no_drawing

__all__ = ["no_drawing"]
SEEDS = st.integers(0, 9_999)
"""What chooses among the things that there are when a command is given."""
LAST_DAY = dt.date(2026, 1, 31)
PEOPLE = st.sampled_from(["甲", "乙", "丙"])
ACTS = {"close", "object", "approve", "import", "plan", "confirm", "returned", "recovered", "--award", "--withdraw-waiver", "--agree", "--drop"}
"""The words by which acts are counted."""
TREASURIES = ("市级财政", "西平县", "平舆县", "驿城区", "遂平县", "上蔡县", "新蔡县", "正阳县", "确山县", "泌阳县", "汝南县")


class AnyOrder(RuleBasedStateMachine):
    """Three people who do everything."""

    sample: Path
    done: Counter[str]

    def __init__(self):
        super().__init__()
        place = self.sample.parent / "history"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self.sample, place / "sample")
        self.office, self.day = Office(place, 1), FIRST_DAY
        self.months = sorted((place / "sample").iterdir())
        self.labels: list[str] = []
        self.files = 0

    def teardown(self):
        if self.labels:
            self.office.check_record()
            with desk(self.office.root, "test", "查", FIRST_DAY) as at:
                _, errors, _ = loader.load_string(beancount_text(at.database, at.policy))
            assert errors == []

    def give(self, actor: str, *words: str) -> None:
        """A command is followed, or refused and nothing has changed."""
        journal = Workspace(self.office.root).journal
        before = journal.head()
        try:
            self.office.give(actor, self.day, *words)
        except (UsageError, InputRefused):
            assert journal.head() == before
        else:
            self.done[next(word for word in words if word in ACTS)] += journal.head() != before

    def one_of(self, seed: int, select: str):
        """One row of some, or None where there are none."""
        rows = self.office.rows(f"{select} order by all")
        return rows[seed % len(rows)] if rows else None

    def path(self, name: str) -> Path:
        self.files += 1
        return self.office.place / f"{self.files}-{name}"

    @property
    def unapproved(self) -> list[str]:
        approved = {month for (month,) in self.office.rows("select month from approval")}
        return [label for label in self.labels if label not in approved]

    # ------------------------------------------------ claims

    @initialize()
    def begin(self):
        self.month()
        self.grant("甲", 1, 900_000_000)
        self.go_through("甲", "乙", "丙", 3)

    @precondition(lambda self: self.months)
    @rule()
    def month(self):
        folder = self.months.pop(0)
        if self.labels:
            self.office.correct_tax(folder)
        year, number = map(int, folder.name.split("-"))
        last_day = dt.date(year + number // 12, number % 12 + 1, 1) - dt.timedelta(1)
        self.office.run(folder, folder.name, max(last_day, self.day))
        self.labels.append(folder.name)
        self.day = max(self.day, last_day + dt.timedelta(1))

    @rule(actor=PEOPLE)
    def review(self, actor):
        self.office.review(self.day, actor)

    # ------------------------------------------------ months

    @rule(actor=PEOPLE, seed=SEEDS)
    def close(self, actor, seed):
        self.give(actor, "close", self.labels[seed % len(self.labels)])

    @precondition(lambda self: self.unapproved)
    @rule(closing=PEOPLE, approving=PEOPLE, paying=PEOPLE, seed=SEEDS)
    def go_through(self, closing, approving, paying, seed):
        """The usual way, which chance alone seldom finds."""
        month = self.unapproved[0]
        self.give(closing, "close", month)
        if seed % 2:
            self.object(paying, seed, ())
            self.object(paying, seed, ("--dismiss",))
        self.wait(20)
        self.give(approving, "approve", month, "--minutes", f"纪要{month}")
        self.give(paying, "pay", "plan")
        self.answer(paying, seed)
        self.bank_returns(paying, seed)
        self.recover(paying, seed, 2)

    @rule(actor=PEOPLE, seed=SEEDS, ending=st.sampled_from([(), ("--uphold",), ("--dismiss",), ("--dismiss",)]))
    def object(self, actor, seed, ending):
        if noticed := self.one_of(seed, "select distinct claim_id from month_claim"):
            self.give(actor, "object", *noticed, *ending, "--reason", "查实")

    @rule(actor=PEOPLE, seed=SEEDS)
    def approve(self, actor, seed):
        month = self.labels[seed % len(self.labels)]
        self.give(actor, "approve", month, "--minutes", f"纪要{month}")

    # ------------------------------------------------ corrections

    @rule(actor=PEOPLE, seed=SEEDS, tenths=st.integers(0, 15))
    def propose(self, actor, seed, tenths):
        if decided := self.one_of(seed, "select claim_id, award_fen from decided_net where computed_fen > 0"):
            claim_id, fen = decided
            yuan = fen * tenths // 10 // 100
            self.give(actor, "adjust", claim_id, "--award", f"{yuan}.00", "--reason", "更正")

    @rule(proposing=PEOPLE, agreeing=PEOPLE, seed=SEEDS, tenths=st.integers(0, 15))
    def correct(self, proposing, agreeing, seed, tenths):
        self.propose(proposing, seed, tenths)
        self.end_proposal(agreeing, seed, "--agree")

    @rule(actor=PEOPLE, seed=SEEDS)
    def withdraw(self, actor, seed):
        if waived := self.one_of(seed, "select claim_id, code from ruling semi join decided_net using (claim_id) where action = 'waive'"):
            claim_id, code = waived
            self.give(actor, "adjust", claim_id, "--withdraw-waiver", code, "--reason", "不应放行")

    @rule(actor=PEOPLE, seed=SEEDS, ending=st.sampled_from(["--agree", "--agree", "--agree", "--drop"]))
    def end_proposal(self, actor, seed, ending):
        if proposed := self.one_of(seed, "select claim_id from adjustment group by claim_id, number having count(*) = 1"):
            self.give(actor, "adjust", *proposed, ending)

    # ------------------------------------------------ money

    @rule(actor=PEOPLE, seed=SEEDS, yuan=st.sampled_from([0, 100_000, 3_000_000, 900_000_000]))
    def grant(self, actor, seed, yuan):
        chosen = TREASURIES if seed % 2 else TREASURIES[:1]
        self.give(actor, "budget", "import", str(budget_file(self.path("budget.csv"), *((treasury, self.day.year, str(yuan)) for treasury in chosen))))

    @rule(actor=PEOPLE)
    def plan(self, actor):
        self.give(actor, "pay", "plan")

    @rule(actor=PEOPLE, seed=SEEDS)
    def answer(self, actor, seed):
        dice, listed = Random(seed), self.office.rows("select payment_id, amount_fen from payment order by all")
        answers = [(number, f"{fen // 100}.{fen % 100:02d}", dice.choice(["成功", "成功", "退回", None]), self.day) for number, fen in listed]
        told = [answer for answer in answers if answer[2]]
        if told:
            self.give(actor, "pay", "confirm", str(bank_file(self.path("bank.csv"), *told)))

    @rule(actor=PEOPLE, seed=SEEDS)
    def bank_returns(self, actor, seed):
        if paid := self.one_of(seed, "select payment_id from payment"):
            self.give(actor, "pay", "returned", *paid, "--reason", "退汇")

    @rule(actor=PEOPLE, seed=SEEDS, parts=st.integers(1, 3))
    def recover(self, actor, seed, parts):
        owing = self.one_of(seed, """
            select claim_id, sum(case when debit = 'receivable' then amount_fen else -amount_fen end)::bigint as fen from posting
            where 'receivable' in (debit, credit) and treasury = 'city' group by claim_id having fen >= 3""")
        if owing:
            claim_id, fen = owing
            part = fen // parts
            self.give(actor, "pay", "recovered", claim_id, "--amount", f"{part // 100}.{part % 100:02d}", "--voucher", f"缴{self.path('')}",
                      "--treasury", "市级财政")

    # ------------------------------------------------ time

    @rule(days=st.sampled_from([1, 20, 20, 150]))
    def wait(self, days):
        self.day = min(self.day + dt.timedelta(days), LAST_DAY)


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    """Three small months over the turn of a year."""
    place = tmp_path_factory.mktemp("histories") / "sample"
    for folder in write_months(place, 3, 5, FIRST_DAY):
        lesser_month(folder)
    return place


def histories(sample: Path, examples: int, steps: int) -> Counter[str]:
    """Try some; what was done how often."""
    AnyOrder.sample, AnyOrder.done = sample, Counter()
    run_state_machine_as_test(AnyOrder, settings=settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, phases=[Phase.generate],
    ))
    return AnyOrder.done


@pytest.mark.long
def test_whatever_is_done_in_whatever_order_no_fen_is_lost_and_nobody_approves_their_own_work(sample):
    """In the usual order test_office.py sees the same after every act, and test_ledger.py sees it of payments in any order."""
    done = histories(sample, 3, 12)
    assert {"close", "approve", "plan", "confirm"} <= {act for act, times in done.items() if times}


@pytest.mark.torture
def test_many_histories_in_which_everything_is_done(sample):
    done = histories(sample, 10, 50)
    assert ACTS - {"recovered", "--withdraw-waiver", "--drop"} <= {act for act, times in done.items() if times}
