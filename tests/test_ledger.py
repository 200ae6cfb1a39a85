"""The ledger: whatever is granted, owed, listed, paid and returned, no fen is lost, made, or paid twice, and others can add it up, too."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
import subprocess
import sys
from collections import defaultdict

import pytest
from beancount import loader
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from claims.beancount_text import beancount_text
from claims.errors import ClaimsError, InputRefused
from claims.ledger import ledger_defects, require_sound_ledger, trial_balance
from claims.money import plain_yuan
from pipelines.desk import desk
from pipelines.pay import confirm, import_budget, plan, recovered, returned, show_ledger
from pipelines.queries import rebuild_store
from tests.payables import CITY, DAY, PINGYU, XINCAI, XIPING, Owed, adjust, bank_file, budget_file, owe, paying_workspace

NAMES = {CITY: "市级财政", PINGYU: "平舆县", XIPING: "西平县", XINCAI: XINCAI[1]}

PARTS = st.lists(
    st.tuples(st.sampled_from(list(NAMES)), st.integers(1, 120), st.integers(-3, 1)), min_size=1, max_size=3, unique_by=lambda one: one[0]
)
"""What treasuries owe on a claim: fen, and the days until it is due."""


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    return shutil.copytree(paying_workspace(tmp_path_factory), tmp_path_factory.mktemp("ledger") / "workspace")


def bean_check(text: str, folder):
    """What beancount's own checker says of a ledger."""
    path = folder / "ledger.beancount"
    path.write_text(text, encoding="utf-8")
    return subprocess.run([sys.executable, "-m", "beancount.scripts.check", "--no-cache", path], capture_output=True, text=True)


# ---------------------------------------------------------------- whatever is done


class Office(RuleBasedStateMachine):
    """An office that pays at random, beside what it must come to, kept one item after the other in plain Python."""

    ready = None

    def __init__(self):
        super().__init__()
        self.folder = self.ready.parent / "office"
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.ready, self.folder / "workspace")
        self.opened = desk(self.folder / "workspace", "test", "出纳", DAY)
        self.at = self.opened.__enter__()
        self.budgets: dict[tuple, int] = {}
        self.owed: list[Owed] = []
        self.off: dict[Owed, int] = defaultdict(int)
        self.awarded: dict[tuple, int] = defaultdict(int)
        self.owed_back: dict[tuple, int] = defaultdict(int)
        self.came_back: dict[tuple, int] = defaultdict(int)
        self.payments: dict[str, dict] = {}
        self.files = self.adjusted = 0

    def teardown(self):
        _, errors, _ = loader.load_string(beancount_text(self.at.database, self.at.policy))
        self.opened.__exit__(None, None, None)
        assert errors == []

    @property
    def day(self) -> dt.date:
        return self.at.day

    def path(self):
        self.files += 1
        return self.folder / f"{self.files}.csv"

    def bound(self, treasury, year) -> int:
        """What is reserved or paid of a treasury's year."""
        return sum(one["fen"] for one in self.payments.values() if (one["treasury"], one["year"]) == (treasury, year) and one["state"] != "returned")

    def left(self, owed: Owed) -> int:
        return owed.amount_fen - self.off[owed]

    def debts(self) -> list[tuple]:
        """The shares of which something is to be paid back."""
        return [share for share, fen in self.owed_back.items() if fen]

    def alive(self, owed: Owed) -> list[str]:
        return [number for number, one in self.payments.items() if one["owed"] is owed and one["state"] != "returned"]

    def take_off(self, share: tuple, fen: int, parts: list[Owed]) -> int:
        """Take fen of a share off some of its parts, the latest first, and tell how much of it is left."""
        for owed in sorted((one for one in parts if (one.claim_id, one.treasury) == share), key=lambda one: one.number, reverse=True):
            taken = min(fen, self.left(owed))
            self.off[owed] += taken
            fen -= taken
        return fen

    def come_back(self, numbers: list[str]) -> None:
        """What the bank returns is due again, but for what is to be paid back of its share."""
        for number in numbers:
            self.payments[number]["state"] = "returned"
        parts = [self.payments[number]["owed"] for number in numbers]
        for share in {(one.claim_id, one.treasury) for one in parts}:
            self.owed_back[share] = self.take_off(share, self.owed_back[share], parts)

    @initialize(fen=st.integers(100, 400), claims=st.lists(PARTS, min_size=3, max_size=5))
    def begin(self, fen, claims):
        for treasury in NAMES:
            self.grant(treasury, fen)
        for parts in claims:
            self.approve(parts)
        self.plan()

    @rule(treasury=st.sampled_from(list(NAMES)), fen=st.integers(0, 500))
    def grant(self, treasury, fen):
        file = budget_file(self.path(), (NAMES[treasury], self.day.year, plain_yuan(fen)))
        if fen < self.bound(treasury, self.day.year):
            with pytest.raises(InputRefused):
                import_budget(self.at, file)
        else:
            import_budget(self.at, file)
            self.budgets[treasury, self.day.year] = fen

    @precondition(lambda self: sum(not self.alive(one) for one in self.owed) < 9)
    @rule(parts=PARTS)
    def approve(self, parts):
        claim_id = f"claim-{len(self.owed):03d}"
        owed = [Owed(claim_id, fen, treasury, self.day + dt.timedelta(days=days)) for treasury, fen, days in parts]
        owe(self.at, *owed)
        self.owed += owed
        self.awarded |= {(claim_id, one.treasury): one.amount_fen for one in owed}

    @precondition(lambda self: self.owed)
    @rule()
    def plan(self):
        plan(self.at)
        year, expected, blocked = self.day.year, [], set()
        for owed in sorted(self.owed, key=lambda one: (one.due_on, self.owed.index(one))):
            if owed.due_on > self.day or owed.treasury in blocked or self.alive(owed) or not self.left(owed):
                continue
            spent = self.bound(owed.treasury, year) + sum(self.left(one) for one in expected if one.treasury == owed.treasury)
            if spent + self.left(owed) > self.budgets.get((owed.treasury, year), 0):
                blocked.add(owed.treasury)
            else:
                expected.append(owed)
        found = self.at.database.rows(
            "select payment_id, claim_id, number, treasury, place, amount_fen, replaces from payment order by sequence, payment_id")
        new = [row for row in found if row[0] not in self.payments]
        assert sorted(row[1:6] for row in new) == sorted((one.claim_id, one.number, *one.treasury, self.left(one)) for one in expected)
        used = sum(one["year"] == year for one in self.payments.values())
        assert [row[0] for row in new] == [f"P{year}-{used + count:06d}" for count in range(1, len(new) + 1)]
        for payment_id, claim_id, number, *treasury, fen, replaces in new:
            owed = next(one for one in expected if (one.claim_id, one.number, one.treasury) == (claim_id, number, tuple(treasury)))
            earlier = [name for name, one in self.payments.items() if one["owed"] is owed]
            assert replaces == (earlier[-1] if earlier else None)
            self.payments[payment_id] = {"owed": owed, "treasury": owed.treasury, "year": year, "fen": fen, "state": "open"}

    @precondition(lambda self: self.payments)
    @rule(data=st.data(), twice=st.booleans(), noise=st.booleans())
    def answer(self, data, twice, noise):
        chosen = data.draw(st.lists(st.sampled_from(sorted(self.payments)), min_size=1, max_size=4, unique=True))
        results = {number: data.draw(st.sampled_from(["paid", "returned"])) for number in chosen}
        rows = [(number, plain_yuan(self.payments[number]["fen"]), {"paid": "成功", "returned": "退回"}[result], "") for number, result in results.items()]
        wrong = [(f"P2024-9{self.files:05d}", "1", "成功", "")]
        wrong += [(chosen[0], plain_yuan(self.payments[chosen[0]]["fen"] + 1), "成功", "")] if noise else []
        file = bank_file(self.path(), *wrong, *rows)
        told = confirm(self.at, file)
        settled = [number for number, result in results.items() if self.payments[number]["state"] not in ("open", result)]
        assert f"异常{len(settled) + len(wrong)}行" in told
        answered = [number for number in results if self.payments[number]["state"] == "open"]
        for number in answered:
            self.payments[number]["state"] = results[number]
        self.come_back([number for number in answered if results[number] == "returned"])
        if twice:
            before = len(self.at.workspace.journal.entries())
            confirm(self.at, file)
            assert len(self.at.workspace.journal.entries()) == before

    @precondition(lambda self: self.payments)
    @rule(data=st.data())
    def give_back(self, data):
        self.give_back_one(data.draw(st.sampled_from(sorted(self.payments))))

    def give_back_one(self, number):
        returned(self.at, number, "退汇")
        if self.payments[number]["state"] != "returned":
            self.come_back([number])

    @precondition(lambda self: any(self.awarded.values()))
    @rule(data=st.data())
    def fall(self, data):
        """An award was too much: what is not paid of it is not owed any more, the rest is to be paid back."""
        share = data.draw(st.sampled_from([share for share, fen in self.awarded.items() if fen]))
        fen = data.draw(st.integers(1, self.awarded[share]))
        self.change(share, -fen)
        self.owed_back[share] += self.take_off(share, fen, [one for one in self.owed if not self.alive(one)])

    @precondition(lambda self: self.awarded)
    @rule(data=st.data(), fen=st.integers(1, 120))
    def rise(self, data, fen):
        """An award was too little."""
        self.supplement(data.draw(st.sampled_from(list(self.awarded))), fen)

    def supplement(self, share, fen):
        """More is owed of a share, less what is to be paid back of it."""
        owed = self.change(share, fen)
        self.owed.append(owed)
        self.owed_back[share] = self.take_off(share, self.owed_back[share], [owed])

    def change(self, share, fen) -> Owed:
        claim_id, treasury = share
        self.adjusted += 1
        adjust(self.at, claim_id, self.adjusted, (treasury, fen))
        self.awarded[share] += fen
        return Owed(claim_id, fen, treasury, self.day, number=self.adjusted)

    @precondition(lambda self: self.debts())
    @rule(data=st.data())
    def return_after_recovery(self, data):
        """The money that is to be paid back never reached anybody."""
        shares = self.debts()
        numbers = [number for number, one in self.payments.items() if one["state"] != "returned" and (one["owed"].claim_id, one["treasury"]) in shares]
        self.give_back_one(data.draw(st.sampled_from(numbers)))

    @precondition(lambda self: self.debts())
    @rule(data=st.data(), fen=st.integers(1, 120))
    def supplement_after_recovery(self, data, fen):
        self.supplement(data.draw(st.sampled_from(self.debts())), fen)

    @precondition(lambda self: self.debts())
    @rule(data=st.data())
    def recover(self, data):
        share = data.draw(st.sampled_from(self.debts()))
        fen = data.draw(st.integers(1, self.owed_back[share]))
        self.files += 1
        recovered(self.at, share[0], plain_yuan(fen), f"缴款书{self.files}", NAMES[share[1]], None)
        self.owed_back[share] -= fen
        self.came_back[share] += fen

    @rule(days=st.sampled_from([1, 1, 3, 150]))
    def wait(self, days):
        self.at = dataclasses.replace(self.at, day=self.day + dt.timedelta(days=days))

    @invariant()
    def no_fen_is_lost_made_or_paid_twice(self):
        assert ledger_defects(self.at.database) == []
        totals: dict[tuple, int] = defaultdict(int)
        for one in trial_balance(self.at.database):
            if one.account in ("awarded", "payable", "paid"):
                totals[one.treasury, one.place, one.account] += one.debit_fen - one.credit_fen
        for treasury in NAMES:
            owed = [one for one in self.owed if one.treasury == treasury]
            paid = [one for one in owed if any(self.payments[number]["state"] == "paid" for number in self.alive(one))]
            assert all(len(self.alive(one)) <= 1 for one in owed)
            came_back = sum(fen for share, fen in self.came_back.items() if share[1] == treasury)
            assert totals[(*treasury, "awarded")] == sum(fen for share, fen in self.awarded.items() if share[1] == treasury)
            assert totals[(*treasury, "paid")] == came_back - sum(map(self.left, paid))
            assert totals[(*treasury, "payable")] == sum(map(self.left, paid)) - sum(map(self.left, owed))

    @invariant()
    def what_a_share_was_awarded_is_paid_or_due_and_never_due_while_it_is_to_be_paid_back(self):
        found = defaultdict(lambda: (0, 0, 0, 0))
        found |= {(claim_id, (treasury, place)): fen for claim_id, treasury, place, *fen in self.at.database.rows(SHARES)}
        for share, awarded in self.awarded.items():
            paid, on_its_way, due, owed_back = found[share]
            assert paid - self.came_back[share] + on_its_way + due - owed_back == awarded
            assert min(due, owed_back) == 0 and owed_back == self.owed_back[share]


SHARES = """
    with latest as (select payment_id, arg_max(result, sequence) as result from payment_result group by 1),
    sent as (select payment.*, coalesce(result, 'open') as state from payment left join latest using (payment_id) where result is distinct from 'returned'),
    moved as (
        select claim_id, treasury, place, 'due' as what, amount_fen from payable
        union all select claim_id, treasury, place, 'due', -amount_fen from payable_reduction
        union all select claim_id, treasury, place, 'due', -amount_fen from sent
        union all select claim_id, treasury, place, state, amount_fen from sent
        union all select claim_id, treasury, place, 'owed', amount_fen from posting where debit = 'receivable'
        union all select claim_id, treasury, place, 'owed', -amount_fen from posting where credit = 'receivable'
    )
    select claim_id, treasury, place, """ + ", ".join(
    f"coalesce(sum(amount_fen) filter (where what = '{what}'), 0)::bigint" for what in ("paid", "open", "due", "owed")) + " from moved group by all"
"""What is paid of each claim, treasury and place, on its way to the bank, due, and to be paid back."""


@pytest.mark.parametrize("examples", [1, pytest.param(3, marks=pytest.mark.long), pytest.param(60, marks=pytest.mark.torture)])
def test_no_fen_is_lost_made_or_paid_twice_whatever_is_granted_listed_answered_and_returned(ready, examples):
    Office.ready = ready
    run_state_machine_as_test(Office, settings=settings(
        max_examples=examples, stateful_step_count=16, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, phases=[Phase.generate],
    ))


# ---------------------------------------------------------------- known cases


@pytest.fixture(scope="module")
def paid(ready, tmp_path_factory):
    """60 of 100 yuan paid by the city at the turn of the year, 40 listed by a county."""
    place = tmp_path_factory.mktemp("paid")
    root = shutil.copytree(ready, place / "workspace")
    with desk(root, "test", "出纳", dt.date(2024, 12, 31)) as at:
        owe(at, Owed("A", 60_00), Owed('"B"', 40_00, XINCAI))
        import_budget(at, budget_file(place / "budget.csv", ("市级财政", 2024, "100"), (XINCAI[1], 2024, "40")))
        plan(at)
    with desk(root, "test", "出纳", dt.date(2025, 1, 2)) as at:
        confirm(at, bank_file(place / "bank.csv", ("P2024-000001", "60", "成功", "2025-01-02")))
    return root


@pytest.fixture
def root(paid, tmp_path):
    """A copy to act in."""
    return shutil.copytree(paid, tmp_path / "workspace")


def test_the_trial_balance_keeps_budgets_by_their_year_and_carries_what_is_owed_into_the_next(root):
    with desk(root, "test", "出纳", DAY) as at:
        balances = {(one.treasury, one.year, one.account): (one.opening_fen, one.debit_fen, one.credit_fen, one.closing_fen) for one in trial_balance(at.database)}
    assert balances == {
        ("city", 2024, "granted"): (0, 60_00, 100_00, -40_00),
        ("city", 2024, "appropriation"): (0, 100_00, 60_00, 40_00),
        ("city", 2024, "reserved"): (0, 60_00, 60_00, 0),
        ("city", 2024, "awarded"): (0, 60_00, 0, 60_00),
        ("city", 2024, "payable"): (0, 0, 60_00, -60_00),
        ("city", 2025, "awarded"): (60_00, 0, 0, 60_00),
        ("city", 2025, "payable"): (-60_00, 60_00, 0, 0),
        ("city", 2025, "paid"): (0, 0, 60_00, -60_00),
        ("county", 2024, "granted"): (0, 0, 40_00, -40_00),
        ("county", 2024, "appropriation"): (0, 40_00, 40_00, 0),
        ("county", 2024, "reserved"): (0, 40_00, 0, 40_00),
        ("county", 2024, "awarded"): (0, 40_00, 0, 40_00),
        ("county", 2024, "payable"): (0, 0, 40_00, -40_00),
    }


def test_bean_check_accepts_the_exported_ledger_and_no_other(root, tmp_path):
    path = tmp_path / "exported.beancount"
    told = show_ledger(root, None, path)
    text = path.read_text(encoding="utf-8")
    assert str(path) in told and 'claim: "\\"B\\""' in text and "Assets:County:P1:Reserved:Y2024  40.00 CNY" in text
    accepted = bean_check(text, tmp_path)
    assert (accepted.returncode, accepted.stderr) == (0, "")
    # a fen that lies on one side only, and one that both sides of a posting have too much
    assert bean_check(text.replace("  60.00 CNY", "  60.01 CNY", 1), tmp_path).returncode == 1
    assert bean_check(text.replace("  60.00 CNY", "  60.01 CNY", 1).replace("  -60.00 CNY", "  -60.01 CNY", 1), tmp_path).returncode == 1


def test_the_books_are_the_same_after_they_were_made_anew_from_the_record(root):
    before = show_ledger(root, None, None)
    rebuild_store(root)
    assert show_ledger(root, None, None) == before


BAD_ACTS = {
    "more is planned than was granted": {"posting": "select date '2024-12-31' as posted_on, 'city' as treasury, '' as place, 2024 as year, "
        "'reserved' as debit, 'appropriation' as credit, 4001::bigint as amount_fen, null::varchar as claim_id, null::varchar as payment_id, '' as says"},
    "paid does not hold what was done": {"payment_result": "select 'P2024-000002' as payment_id, 'paid' as result, date '2025-01-02' as resulted_on, '' as reason"},
    "a payable is planned twice at a time": {"payment": "select * exclude sequence replace ('P2024-000003' as payment_id) from kept where payment_id = 'P2024-000002'"},
    "more is taken off a payable than it holds": {"payable_reduction": '''
        select '"B"' as claim_id, 0 as number, 1 as instalment, 'county' as treasury, '../新蔡县' as place, 4001 as amount_fen, 'awarded' as credit'''},
    "what is taken off a payable is not what is posted": {"payable_reduction": '''
        select '"B"' as claim_id, 0 as number, 1 as instalment, 'county' as treasury, '../新蔡县' as place, 1 as amount_fen, 'awarded' as credit'''},
    "a share is due while it is to be paid back": {
        "payable": "select claim_id, number, 2 as instalment, treasury, place, payee, planned_on as due_on, amount_fen from kept where payment_id = 'P2024-000001'",
        "posting": """
            select planned_on as posted_on, treasury, place, 2025 as year, unnest(['awarded', 'receivable']) as debit, unnest(['payable', 'awarded']) as credit,
                amount_fen, claim_id, payee, '' as says
            from kept where payment_id = 'P2024-000001'"""},
    "a number of a payment is used twice": {"payment": "select * exclude sequence from kept where payment_id = 'P2024-000002'"},
    "a payment pays what is not owed": {"payment": "select * exclude sequence replace ('P2024-000003' as payment_id, 3999 as amount_fen) from kept where payment_id = 'P2024-000002'"},
    "a payment takes the place of none that was returned": {
        "payment": "select * exclude sequence replace ('P2024-000003' as payment_id, payment_id as replaces) from kept where payment_id = 'P2024-000002'"},
    "a result of no payment": {"payment_result": "select 'P2024-000009' as payment_id, 'paid' as result, date '2025-01-02' as resulted_on, '' as reason"},
}


@pytest.mark.parametrize("defect", BAD_ACTS)
def test_an_act_with_which_the_books_would_not_hold_is_refused(root, defect):
    with desk(root, "test", "出纳", DAY) as at:
        at.database.execute("create temp table kept as from payment")
        with pytest.raises(ClaimsError, match=defect):
            require_sound_ledger(at.database, at.policy.id, BAD_ACTS[defect])
        assert ledger_defects(at.database) == []
