"""The way of a claim: its states follow from recorded events, whoever recorded them."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from claims.errors import UsageError
from claims.way import BESIDE, NEXT, STATES, way_of, way_text
from claims.workdays import read_calendar
from pipelines import pay
from pipelines.desk import Desk, desk
from pipelines.queries import status_of_claim
from tests.commands import few_claims
from tests.settle import settle

DAY = dt.date(2024, 7, 1)
ACCOUNT = "6222021234567890123"
PERSON = "11010519491231002X"
CALENDAR = read_calendar(Path(), None)
CLAIM = "1.1-cap-1"
"""Approved with 3,000,000.00, of which two treasuries bear a part."""
CITY, COUNTY = 99_990_000, 200_010_000


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    root = tmp_path_factory.mktemp("way") / "workspace"
    settle(root, few_claims(root.parent / "in", CLAIM, "v01-empty", "1.1-before"))
    return root


@pytest.fixture
def root(settled, tmp_path):
    return shutil.copytree(settled, tmp_path / "workspace")


@contextmanager
def sitting(root: Path) -> Iterator[Desk]:
    with desk(root, "test", "测试", DAY) as at:
        yield at


@pytest.fixture
def at(root) -> Iterator[Desk]:
    """At the desk of a workspace of its own, for all that is recorded and asked: to open it takes longer than either."""
    with sitting(root) as at:
        yield at


_MONTH = {"month": "2024-06"}
TOLD = {
    "close": _MONTH, "approve": _MONTH | {"minutes": "纪要3号"},
    "object": _MONTH | {"claim_id": CLAIM, "action": "raise", "reason": "材料", "person": "异"},
    "deliver": {"register": "register.xlsx"}, "adjust": {"claim_id": CLAIM, "number": 1, "action": "propose"}, "review": {"label": "night"},
}
"""What a line says besides its relations, by its kind."""


def record(at: Desk, kind: str, **relations: str):
    """An act on DAY by one who has the kind's name; each relation is a query."""
    replace(at, actor=f"{kind}者").record(kind, TOLD.get(kind, {}), relations)


def row(**values: str | int | None) -> str:
    """A query for one row. Texts that look like days are days."""
    def literal(value):
        if value is None or isinstance(value, int):
            return "null" if value is None else f"{value}::bigint"
        return f"date '{value}'" if len(value) == 10 and value[4] == value[7] == "-" else f"'{value}'"
    return "select " + ", ".join(f"{literal(value)} as {name}" for name, value in values.items())


def closed(at, claim: str = CLAIM):
    record(at, "close", month=row(month="2024-06", closed_on="2024-07-01", person="关", notice_from="2024-07-02", notice_to="2024-07-08", notice_days=5),
           month_claim=row(month="2024-06", claim_id=claim, number=0, run=1, outcome="approved", computed_fen=300_000_000,
                           award_fen=300_000_000, reason_codes="") + ", []::varchar[] as breakdowns, map {} as state")


def approved(at, claim: str = CLAIM, kind: str = "approved", number: int = 0, document_no: str = "驻财金〔2024〕1号"):
    record(at, "approve", approval=row(month="2024-06", minutes="纪要3号", person="批", approved_on="2024-07-09"), issued_letter=row(
        claim_id=claim, number=number, kind=kind, document_year=2024, document_number=1, document_no=document_no, issued_on="2024-07-10"))


def planned(at, *payments: tuple[str, str, int]):
    record(at, "plan", payment=" union all ".join(row(
        payment_id=payment, replaces=None, claim_id=CLAIM, number=0, instalment=1, treasury=treasury, place="" if treasury == "city" else "西平县", payee="P", payee_name="示例",
        bank="B", account="A", amount_fen=amount, planned_on="2024-07-11") for payment, treasury, amount in payments))


def answered(at, payment: str, result: str, reason: str = "户名不符"):
    record(at, "confirm", payment_result=row(payment_id=payment, result=result, resulted_on="2024-07-12", reason=reason))


def paid(at):
    """The whole award, under two numbers."""
    planned(at, ("P1", "city", CITY), ("P2", "county", COUNTY))
    answered(at, "P1", "paid")
    answered(at, "P2", "paid")


def adjusted(at, number: int, difference: int, action: str = "agree", county: int = 0):
    """A step of an adjustment; the city bears of it what the county does not."""
    shares = " union all ".join(row(claim_id=CLAIM, number=number, treasury=treasury, place=place, share_fen=fen)
                                for treasury, place, fen in (("city", "", difference - county), ("county", "西平县", county)))
    record(at, "adjust", **{"adjustment_share": shares} if action == "agree" else {}, adjustment=row(
        claim_id=CLAIM, number=number, action=action, basis="award", reason="更正资本", person="调", acted_on="2024-08-01", award_fen=difference, computed_fen=difference,
        outcome="approved", reason_codes=""))


def recovered(at, amount: int, payee: str = "P"):
    record(at, "recover", recovered=row(
        claim_id=CLAIM, treasury="city", place="", payee=payee, amount_fen=amount, recovered_on="2024-08-20", voucher="V1"))


def way(at, claim: str = CLAIM):
    return way_of(at.database, at.workspace, at.policy, at.workspace.journal.entries(), CALENDAR, claim)


def states(at, claim: str = CLAIM) -> list[str]:
    return [event.state for event in way(at, claim).events if event.state]


def test_from_the_line_to_the_last_payment_each_event_has_its_day_its_person_and_its_state(root):
    with sitting(root) as at:
        closed(at)
        approved(at)
        record(at, "deliver", delivery=row(document_no="驻财金〔2024〕1号", delivered_on="2024-07-11", way="直接送达", receipt="签收"))
        planned(at, ("P1", "city", CITY), ("P2", "county", COUNTY))
        answered(at, "P1", "paid")
        assert way(at).state == "paying", "one treasury has not paid"
        answered(at, "P2", "paid")
        told = way(at)
        assert [event.state for event in told.events] == [
            "received", "decided", "noticed", "authorised", "issued", None, "paying", "paying", "paying", "paid", "closed",
        ]
        assert told.state == "closed"
        assert [(str(event.day), event.person) for event in told.events if event.state in ("received", "noticed", "authorised", "issued")] == [
            ("2024-06-30", "测试"), ("2024-07-01", "关"), ("2024-07-09", "批"), ("2024-07-10", "approve者"),
        ]
    text = status_of_claim(root, CLAIM)
    assert "现在：办结（closed）" in text and "核准3,000,000.00元" in text and "市级财政付示例999,900.00元（P1）" in text
    assert "驻财金〔2024〕1号送达（直接送达，签收）；可申请行政复议至2024年9月9日，可提起行政诉讼至2025年1月13日" in text and told.undelivered == ()


def test_a_payment_that_the_bank_returned_is_open_again_and_paid_under_another_number(at):
    approved(at)
    paid(at)
    assert way(at).state == "closed" and way_text(way(at)).endswith("\n驻财金〔2024〕1号：尚未登记送达，复议和诉讼期限没有开始")
    answered(at, "P1", "returned")
    assert way(at).state == "returned by bank"
    planned(at, ("P3", "city", CITY))
    answered(at, "P3", "paid")
    assert way(at).state == "closed" and states(at).count("closed") == 2


def test_an_account_in_a_reason_of_the_bank_or_of_a_person_is_told_by_its_last_four_digits(at):
    approved(at)
    planned(at, ("P1", "city", CITY))
    answered(at, "P1", "returned", f"收款账号{ACCOUNT}已销户")
    record(at, "adjust", adjustment=row(
        claim_id=CLAIM, number=1, action="propose", basis="award", reason=f"应付至{ACCOUNT}", person="调", acted_on="2024-08-01", award_fen=0, computed_fen=0,
        outcome="approved", reason_codes=""))
    told = way_text(way(at))
    assert f"（P1）：收款账号***************{ACCOUNT[-4:]}已销户" in told and f"应付至***************{ACCOUNT[-4:]}" in told and ACCOUNT not in told


def test_a_voucher_that_was_recorded_with_another_sum_is_refused_without_the_number_of_who_paid(at):
    recovered(at, 100, payee=PERSON)
    with pytest.raises(UsageError, match=r"from 110105\*{8}002X; another sum has another voucher"):
        pay.recovered(at, CLAIM, "2.00", "V1", None, None)


def test_what_was_paid_too_much_is_recovering_until_the_last_fen_is_back(at):
    approved(at)
    paid(at)
    adjusted(at, 1, -90_000_000, "propose")
    assert way(at).state == "closed", "what is only proposed changes nothing"
    adjusted(at, 1, -90_000_000)
    assert way(at).state == "recovering"
    approved(at, kind="recovery", number=1, document_no="驻财金〔2024〕2号")
    recovered(at, 89_999_999)
    assert way(at).state == "recovering"
    recovered(at, 1)
    assert way(at).state == "closed"


def test_an_adjustment_upwards_is_open_until_the_rest_is_paid(at):
    approved(at)
    paid(at)
    adjusted(at, 1, 500)
    assert way(at).state == "adjusted"
    approved(at, kind="supplementary", number=1, document_no="驻财金〔2024〕2号")
    planned(at, ("P3", "city", 500))
    answered(at, "P3", "paid")
    assert way(at).state == "closed"


def test_a_shift_between_treasuries_has_a_letter_and_is_open_until_one_has_paid_and_the_other_has_its_money_back(at):
    approved(at)
    paid(at)
    adjusted(at, 1, 0, county=1_000)
    assert way(at).state == "recovering" and way(at).next == ("deliver", "adjusted")
    assert "更正，金额不变，资金分担有变，核定金额为3,000,000.00元" in way_text(way(at))
    approved(at, kind="supplementary", number=1, document_no="驻财金〔2024〕2号")
    assert way(at).state == "recovering"
    planned(at, ("P3", "county", 1_000))
    answered(at, "P3", "paid")
    assert way(at).state == "recovering" and way(at).next == ("deliver", "recovering")
    recovered(at, 1_000)
    assert way(at).state == "closed"


def test_money_at_the_bank_is_paying_after_a_letter_and_recovering_where_it_is_more_than_stands_awarded(at):
    approved(at)
    planned(at, ("P1", "city", CITY), ("P2", "county", COUNTY))
    adjusted(at, 1, 500)
    approved(at, kind="supplementary", number=1, document_no="驻财金〔2024〕2号")
    assert way(at).state == "paying" and way(at).next == ("deliver", "paying")
    adjusted(at, 2, -1_000)
    assert way(at).state == "recovering" and "adjusted" in way(at).next
    approved(at, kind="recovery", number=2, document_no="驻财金〔2024〕3号")
    assert way(at).state == "recovering" and "下一步：送达通知书" in way_text(way(at)) and "申报单位退还" in way_text(way(at))


def test_what_the_books_ask_back_is_recovering_though_another_payee_is_owed_as_much(at):
    approved(at)
    paid(at)
    asked = row(posted_on="2024-08-01", treasury="city", place="", year=2024, debit="receivable", credit="awarded", amount_fen=CITY, claim_id=CLAIM,
                payment_id=None, payee="P", says="更正追回，应予退回")
    record(at, "approve", posting=asked)
    assert way(at).state == "recovering" and "应退还市级财政999,900.00元" in way_text(way(at))


def test_a_refused_claim_is_closed_when_its_letter_is_issued(at):
    assert states(at, "1.1-before") == ["received", "decided"] and way(at, "1.1-before").next == ("decided",)
    approved(at, "1.1-before", "rejected")
    assert way(at, "1.1-before").state == "closed"


def objected(at, action: str, reason: str = "金额有误"):
    record(at, "object", objection=row(month="2024-06", claim_id=CLAIM, number=0, action=action, reason=reason, person="异", acted_on="2024-07-05"))


def approved_without_it(at):
    record(at, "approve", approval=row(month="2024-06", minutes="纪要4号", person="批", approved_on="2024-07-09"))


def test_a_claim_that_is_objected_to_is_out_of_the_notice_until_the_objection_is_dismissed(at):
    closed(at)
    assert way(at).state == "noticed" and way(at).next == ("noticed",)
    objected(at, "raise")
    assert (way(at).state, way(at).next) == ("decided", ("raise",)) and "现在：已核定（decided），有异议待处理\n" in way_text(way(at))
    assert any("异议：金额有误" in event.text and event.person == "异" for event in way(at).events)
    objected(at, "dismiss")
    assert (way(at).state, way(at).beside, way(at).next) == ("noticed", (), ("noticed",))
    approved_without_it(at)
    assert way(at).state == "authorised"


@pytest.mark.long
def test_a_month_that_is_approved_without_a_claim_leaves_it_decided(at):
    closed(at)
    objected(at, "raise")
    objected(at, "uphold")
    approved_without_it(at)
    assert "authorised" not in states(at) and (way(at).state, way(at).next) == ("decided", ("uphold",))
    assert "2024-06月度获批准，本件因异议未列入" in way_text(way(at)) and "异议成立，待更正\n" in way_text(way(at))
    objected(at, "dismiss")
    assert (way(at).state, way(at).next) == ("decided", ("decided",)), "it waits for the next close"
    objected(at, "uphold")
    adjusted(at, 1, -500)
    assert (way(at).beside, way(at).next) == ((), ("adjusted",)), "the correction takes it back into a close"


def test_a_changed_row_of_a_decided_claim_is_told_beside_where_its_money_is(root, tmp_path):
    with sitting(root) as at:
        approved(at)
        planned(at, ("P1", "city", CITY), ("P2", "county", COUNTY))
    text = (few_claims(tmp_path / "in", CLAIM) / "claims.csv").read_text(encoding="utf-8")
    assert text.count(",50000000,") == 1
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "claims.csv").write_text(text.replace(",50000000,", ",60000000,"), encoding="utf-8")
    settle(root, tmp_path / "later", "later", dt.date(2024, 7, 20))
    with sitting(root) as at:
        told, of_the_claim = way(at), states(at)
    assert told.state == "paying" and told.beside == ("changed",) and told.next == ("changed", "deliver", "paying")
    assert "held" not in of_the_claim and of_the_claim.count("received") == 1
    assert "现在：支付中（paying），另有变更待处理\n" in way_text(told) and "变更待处理，原决定不变：V12" in way_text(told)


def test_a_held_claim_tells_its_codes_and_its_rulings(root):
    with sitting(root) as at:
        assert states(at, "v01-empty") == ["received", "held"] and way(at, "v01-empty").next == ("held",) and way(at, "nowhere") is None
        [(content,)] = at.database.rows("select content from held where claim_id = 'v01-empty'")
        record(at, "review", ruling=row(
            claim_id="v01-empty", code="V01", content=content, action="return", reason="补资本", person="张敏", ruled_on="2024-07-01", answer_by="2024-07-16"))
        assert way(at, "v01-empty").state == "returned" and set(states(at, "v01-empty")) <= STATES.keys()
        assert way(at, "v01-empty").next == ("returned",) and STATES.keys() | BESIDE.keys() <= NEXT.keys()
    assert "张敏" in status_of_claim(root, "v01-empty") and "限2024年7月16日前补正" in status_of_claim(root, "v01-empty")
