"""Corrections that go through the close of a month: with their decision or after it, numbered, published, owed or paid back, and never alone."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from claims.errors import UsageError
from claims.ledger import ledger_defects
from claims.workbooks import read_cells
from pipelines.adjust import Proposal, Who, agree, propose
from pipelines.desk import desk
from pipelines.queries import rebuild_store, status_of_claim
from tests.commands import few_claims, given
from tests.payables import bank_file, budget_file, list_rows, payments_of
from tests.settle import settle
from tests.test_adjust import LOWER_TAX, folder_of
from tests.test_months import CLOSED, MAY, approve, close, objected, papers, register, rows, text_of

RENT, CAPITAL = "2.2-rent-2", "1.1-cap-3"
JUNE = dt.date(2024, 6, 30)
BOOKS = ("month_claim", "month_share", "objection", "issued_letter", "payable", "payable_reduction", "posting", "adjustment", "adjusted", "adjustment_share")


@pytest.fixture(scope="module")
def settled(tmp_path_factory) -> Path:
    """A workspace in which May has two decisions, and a tax figure was corrected since."""
    place = tmp_path_factory.mktemp("corrected")
    settle(place / "workspace", few_claims(place / "may", RENT, CAPITAL), "may", MAY)
    settle(place / "workspace", folder_of(place / "tax", tax=[LOWER_TAX]), "tax", MAY)
    return place / "workspace"


@pytest.fixture
def root(settled, tmp_path) -> Path:
    return shutil.copytree(settled, tmp_path / "workspace")


@pytest.fixture(autouse=True)
def no_drawing(monkeypatch):
    """Drafts of corrections are drawn elsewhere."""
    monkeypatch.setattr("pipelines.adjust.see_to_draft", lambda *_: iter(()))


def corrected(root: Path, claim_id: str, day: dt.date, award_fen: int | None = None) -> None:
    """Two people agree on what the facts give, or on an award."""
    propose(Who(root, "甲", day, None), claim_id, Proposal("税务局更正", award_fen))
    agree(Who(root, "乙", day, None), claim_id)


def later(root: Path, month: str, closed: dt.date, approved: dt.date) -> str:
    close(root, month, on=closed)
    return approve(root, month, on=approved, minutes=f"纪要{month}")


@pytest.fixture(scope="module")
def may_once(settled, tmp_path_factory) -> Path:
    root = shutil.copytree(settled, tmp_path_factory.mktemp("may") / "workspace")
    later(root, "2024-05", CLOSED, dt.date(2024, 6, 12))
    return root


@pytest.fixture
def after_may(may_once, tmp_path) -> Path:
    """The workspace with May closed and approved."""
    return shutil.copytree(may_once, tmp_path / "workspace")


def books_hold(root: Path) -> None:
    """No defect, and the record gives the same tables again."""
    def books() -> dict[str, list[tuple]]:
        with desk(root, "test", "甲", CLOSED) as at:
            assert ledger_defects(at.database) == []
            return {table: at.database.rows(f"select * from {table} order by all") for table in BOOKS}
    before = books()
    rebuild_store(root)
    assert books() == before


def test_a_correction_agreed_in_time_goes_with_its_decision(root):
    corrected(root, RENT, MAY)
    told = close(root)
    assert "Facts have changed" not in told, "two people agreed on what the changed facts give"
    assert "2 decisions, 2 awards" in told and "Corrections: 更正追回 1 (-400,000.00 yuan)" in told
    sheet = {row[1]: row for row in read_cells(papers(root) / "joint_signature.xlsx")["会签表"] if len(row) > 8}
    assert sheet[f"{RENT}+1"][4].startswith("更正追回") and sheet[f"{RENT}+1"][6] == "-400000" and sheet[RENT][6] == "500000"
    notice = (papers(root) / "notice.html").read_text(encoding="utf-8")
    assert "100,000.00" in notice and "500,000.00" not in notice and f"{RENT}+1" not in notice
    approve(root)
    letters = register(root)
    assert [row["file"] for row in letters] == [f"letters/{name}.pdf" for name in (CAPITAL, RENT, f"{RENT}+1")]
    assert [row["number"] for row in letters] == [f"驻财金〔2024〕{number}号" for number in (1, 2, 3)]
    recovery = text_of(papers(root) / "letters" / f"{RENT}+1.pdf")
    assert "草稿" not in recovery and letters[2]["number"] in recovery and f"以{letters[1]['number']}通知" in recovery and "2024年6月12日" in recovery
    assert rows(root, "select kind from issued_letter order by document_number") == [("approved",), ("reduced",), ("recovery",)]
    assert rows(root, f"select number, amount_fen from payable_net where claim_id = '{RENT}'") == [(0, 10_000_000)]
    assert rows(root, f"select sum(amount_fen)::bigint from posting where claim_id = '{RENT}' and credit = 'awarded'") == [(40_000_000,)]
    books_hold(root)


@pytest.mark.long
def test_a_correction_of_an_issued_award_has_a_letter_of_its_own_in_a_later_month(after_may):
    root = after_may
    corrected(root, RENT, JUNE)
    corrected(root, CAPITAL, JUNE, award_fen=600_000_000)
    later(root, "2024-06", dt.date(2024, 7, 1), dt.date(2024, 7, 15))
    letters = register(root, "2024-06")
    assert [(row["claim_id"], row["number"], row["amount_yuan"]) for row in letters] == [
        (CAPITAL, "驻财金〔2024〕3号", "1000000.00"), (RENT, "驻财金〔2024〕4号", "-400000.00"),
    ]
    assert rows(root, f"select number, treasury, amount_fen from payable_net where claim_id = '{CAPITAL}' order by all")[2:] == [
        (1, "city", 33_330_000), (1, "county", 66_670_000),
    ]
    assert "1,000,000.00" in (papers(root, "2024-06") / "notice.html").read_text(encoding="utf-8")
    assert RENT not in (papers(root, "2024-06") / "notice.html").read_text(encoding="utf-8"), "nothing is awarded with a recovery"
    assert "驻财金〔2024〕2号" in text_of(papers(root, "2024-06") / "letters" / f"{RENT}+1.pdf")
    books_hold(root)
    assert "was approved" in approve(root, "2024-06", minutes="纪要2024-06", on=dt.date(2024, 8, 1))
    close(root, "2024-07", on=dt.date(2024, 8, 1))
    assert rows(root, "select count(*) from month_claim where month = '2024-07'") == [(0,)]


@pytest.mark.long
def test_what_is_agreed_while_its_claim_is_in_an_open_notice_voids_the_close_and_goes_with_its_decision_once(root):
    close(root)
    propose(Who(root, "甲", JUNE, None), RENT, Proposal("税务局更正"))
    assert f"must be agreed to or dropped before the approval: {RENT}" in close(root)
    with pytest.raises(UsageError, match=f"更正.* is proposed and not decided of {RENT}: .*--drop. lets 2024-05 go on"):
        approve(root, on=JUNE)
    agree(Who(root, "乙", JUNE, None), RENT)
    close(root, "2024-06", on=dt.date(2024, 7, 1))
    assert rows(root, "select count(*) from month_claim where month = '2024-06'") == [(0,)], "it is in the notice of May"
    with pytest.raises(UsageError, match=rf"the close of 2024-05 is void(?s:.*)\n  {RENT}: 更正：空 → -400000.00元\n(?s:.*)claims close 2024-05"):
        approve(root, on=dt.date(2024, 7, 2))
    assert rows(root, "select * from issued_letter") == []
    assert "更正追回 1 (-400,000.00 yuan)" in close(root, on=dt.date(2024, 7, 2))
    approve(root, on=dt.date(2024, 7, 15))
    assert rows(root, "select claim_id, number from issued_letter order by document_number") == [(CAPITAL, 0), (RENT, 0), (RENT, 1)]
    assert rows(root, f"select number, amount_fen from payable_net where claim_id = '{RENT}'") == [(0, 10_000_000)]
    close(root, "2024-07", on=dt.date(2024, 8, 1))
    assert rows(root, "select count(*) from month_claim where month = '2024-07'") == [(0,)]
    books_hold(root)


@pytest.mark.long
def test_an_upheld_objection_ends_with_a_correction_that_goes_with_its_decision(root):
    close(root)
    objected(root, RENT, "税额有误")
    assert "by two people; the close of the month in which they agreed" in objected(root, RENT, "属实", "uphold")
    approve(root)
    later(root, "2024-06", dt.date(2024, 7, 1), dt.date(2024, 7, 15))
    assert rows(root, f"select count(*) from issued_letter where claim_id = '{RENT}'") == [(0,)], "as it was recorded it never goes out"
    with pytest.raises(UsageError, match="was upheld .2024-05., it is neither issued nor paid"):
        objected(root, RENT, "再提", on=dt.date(2024, 7, 20))
    corrected(root, RENT, dt.date(2024, 7, 20))
    assert "1 decisions, 1 awards" in close(root, "2024-07", on=dt.date(2024, 8, 1))
    objected(root, RENT, "仍有异议", on=dt.date(2024, 8, 2))
    assert rows(root, "select number from month_claim where month = '2024-07' order by 1") == [(0,), (1,)]
    objected(root, RENT, "查无实据", "dismiss", on=dt.date(2024, 8, 3))
    approve(root, "2024-07", on=dt.date(2024, 8, 20), minutes="纪要7")
    assert [row["claim_id"] for row in register(root, "2024-07")] == [RENT, RENT]
    assert rows(root, f"select sum(amount_fen)::bigint from payable_net where claim_id = '{RENT}'") == [(10_000_000,)]
    books_hold(root)


@pytest.mark.long
def test_an_objection_to_a_correction_takes_its_decision_out_too(root):
    corrected(root, RENT, MAY)
    close(root)
    objected(root, RENT, "税额有误")
    assert f"Left out, because of an objection: {RENT}, {RENT}+1" in approve(root)
    assert rows(root, "select claim_id from issued_letter") == [(CAPITAL,)] and rows(root, f"select 1 from payable where claim_id = '{RENT}'") == []
    objected(root, RENT, "查无实据", "dismiss", on=dt.date(2024, 6, 20))
    later(root, "2024-06", dt.date(2024, 7, 1), dt.date(2024, 7, 15))
    assert [row["file"] for row in register(root, "2024-06")] == [f"letters/{RENT}.pdf", f"letters/{RENT}+1.pdf"]
    books_hold(root)


@pytest.mark.long
def test_a_changed_account_voids_the_close_of_a_correction(after_may, tmp_path):
    root = after_may
    corrected(root, CAPITAL, JUNE, award_fen=600_000_000)
    close(root, "2024-06", on=dt.date(2024, 7, 1))
    header, *lines = (few_claims(tmp_path / "in", RENT) / "institutions.csv").read_text(encoding="utf-8").splitlines()
    [line] = [line for line in lines if line.startswith("91411703MA0000004A") or "6200000000000004" in line]
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "institutions.csv").write_text("\n".join([header, line.replace("6200000000000004", "6200000000000099"), ""]), encoding="utf-8")
    settle(root, tmp_path / "later", "later", dt.date(2024, 7, 10))
    with pytest.raises(UsageError, match=r"1.1-cap-3\+1: 银行账号：尾号0004 → 尾号0099"):
        approve(root, "2024-06", on=dt.date(2024, 7, 15))
    assert given(root, "甲", dt.date(2024, 7, 16), "close", "2024-06").startswith("2024-06 is closed; what 甲 closed on 2024-07-01 is void")


@pytest.mark.long
def test_a_correction_of_what_a_close_corrects_voids_it_and_goes_with_it(after_may):
    root = after_may
    corrected(root, CAPITAL, JUNE, award_fen=600_000_000)
    close(root, "2024-06", on=dt.date(2024, 7, 1))
    corrected(root, CAPITAL, dt.date(2024, 7, 2), award_fen=500_000_000)
    with pytest.raises(UsageError, match=r"1.1-cap-3\+1: 更正：1000000.00元 → 1000000.00元、-1000000.00元"):
        approve(root, "2024-06", on=dt.date(2024, 7, 15))
    later(root, "2024-06", dt.date(2024, 7, 15), dt.date(2024, 8, 1))
    assert [row["amount_yuan"] for row in register(root, "2024-06")] == ["1000000.00", "-1000000.00"]
    assert rows(root, f"select sum(amount_fen)::bigint from payable_net where claim_id = '{CAPITAL}'") == [(500_000_000,)]
    books_hold(root)


def test_what_is_owed_of_a_claim_waits_from_the_proposal_of_a_correction_to_its_letter_and_holds_up_nobody(after_may, tmp_path):
    root = after_may
    def planned(day: dt.date) -> str:
        return given(root, "丁", day, "pay", "plan")

    def waiting() -> list[tuple[str, str]]:
        return [(row["申报编号"], row["原因"]) for row in list_rows(payments_of(root) / "waiting.csv")]
    given(root, "丁", JUNE, "budget", "import", str(budget_file(tmp_path / "budget.csv", ("市级财政", 2024, "90000000"))))
    propose(Who(root, "甲", JUNE, None), RENT, Proposal("税务局更正"))
    assert "更正未批准" in planned(JUNE)
    assert rows(root, "select distinct claim_id from payment") == [(CAPITAL,)] and (RENT, "更正未批准，批准后再列") in waiting()
    agree(Who(root, "乙", JUNE, None), RENT)
    planned(JUNE)
    close(root, "2024-06", on=dt.date(2024, 7, 1))
    planned(dt.date(2024, 7, 2))
    assert rows(root, f"select * from payment where claim_id = '{RENT}'") == [] and (RENT, "更正未批准，批准后再列") in waiting()
    approve(root, "2024-06", on=dt.date(2024, 7, 15))
    planned(dt.date(2024, 7, 16))
    assert rows(root, f"select amount_fen from payment where claim_id = '{RENT}'") == [(10_000_000,)] and RENT not in dict(waiting())


def test_a_list_says_where_an_account_is_another_than_was_approved(after_may, tmp_path):
    root = after_may
    header, *lines = (few_claims(tmp_path / "in", CAPITAL) / "institutions.csv").read_text(encoding="utf-8").splitlines()
    [line] = [line for line in lines if "6200000000000004" in line]
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "institutions.csv").write_text("\n".join([header, line.replace("6200000000000004", "6200000000000099"), ""]), encoding="utf-8")
    settle(root, tmp_path / "later", "later", JUNE)
    given(root, "丁", JUNE, "budget", "import", str(budget_file(tmp_path / "budget.csv", ("市级财政", 2024, "90000000"))))
    told = given(root, "丁", JUNE, "pay", "plan")
    [(changed,)] = rows(root, f"select payment_id from payment where claim_id = '{CAPITAL}'")
    [note] = [text for text in told.splitlines() if "注意" in text]
    assert note.startswith(f"注意：{changed} 收款账户与批准时不同：批准时为") and "尾号0004；现为" in note and note.endswith("尾号0099，请核对")


@pytest.mark.long
def test_a_shift_between_treasuries_goes_with_a_letter_of_its_own_and_the_way_says_so(root, tmp_path):
    header, *lines = (few_claims(tmp_path / "in", CAPITAL) / "institutions.csv").read_text(encoding="utf-8").splitlines()
    [line] = [line for line in lines if "6200000000000004" in line]
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "institutions.csv").write_text("\n".join([header, line.replace(",33.33,", ",40,"), ""]), encoding="utf-8")
    settle(root, tmp_path / "later", "later", MAY)
    corrected(root, CAPITAL, MAY)
    close(root)
    approve(root)
    assert rows(root, f"select kind, number from issued_letter where claim_id = '{CAPITAL}' order by number") == [("approved", 0), ("corrected", 1)]
    told = status_of_claim(root, CAPITAL)
    assert "更正，金额不变，资金分担有变" in told and f"{CAPITAL}+1.pdf" in told
    assert "只更正资金的分担" in text_of(papers(root) / "letters" / f"{CAPITAL}+1.pdf")


@pytest.mark.long
def test_the_way_of_a_claim_tells_its_correction_once_and_where_its_letter_is(root, tmp_path):
    corrected(root, RENT, MAY)
    close(root)
    approve(root)
    told = status_of_claim(root, RENT)
    assert told.count("月度封账") == told.count("月度获批准") == 1 and f"{RENT}+1.pdf" in told and "更正，减少400,000.00元" in told


@pytest.mark.long
def test_what_is_to_be_paid_back_is_set_off_once_the_money_comes_back_from_the_bank_or_more_is_awarded(after_may, tmp_path):
    root = after_may
    def paid(day, *words):
        return given(root, "丁", day, *map(str, words))
    paid(dt.date(2024, 6, 13), "budget", "import", budget_file(tmp_path / "budget.csv", ("市级财政", 2024, "90000000")))
    paid(dt.date(2024, 6, 13), "pay", "plan")
    [(payment,)] = rows(root, f"select payment_id from payment where claim_id = '{RENT}'")
    # 500,000 are on their way to the bank when only 100,000 are due; 100,000 of the 400,000 come back before the bank returns the whole
    corrected(root, RENT, JUNE)
    later(root, "2024-06", dt.date(2024, 7, 1), dt.date(2024, 7, 15))
    paid(dt.date(2024, 7, 16), "pay", "recovered", RENT, "--amount", "100000", "--voucher", "缴1")
    answer = bank_file(tmp_path / "bank.csv", (payment, "500000", "退回", "2024-07-17"))
    told = paid(dt.date(2024, 7, 18), "pay", "confirm", answer)
    assert f"抵扣：{payment} {RENT} 市级财政300,000.00元抵扣应追回款，不再重付；尚应付200,000.00元" in told
    assert rows(root, "select posted_on, debit, amount_fen from posting where credit = 'receivable' and debit = 'payable'") == [
        (dt.date(2024, 7, 18), "payable", 30_000_000)]
    assert f"市级财政银行退回的{payment}中300,000.00元抵扣应追回款，不再拨付" in status_of_claim(root, RENT)
    paid(dt.date(2024, 7, 19), "pay", "plan")
    again, fen = rows(root, f"select payment_id, amount_fen from payment where replaces = '{payment}'")[0]
    assert fen == 20_000_000
    paid(dt.date(2024, 7, 20), "pay", "confirm", bank_file(tmp_path / "bank2.csv", (again, "200000", "成功", "2024-07-20")))
    assert "现在：办结" in status_of_claim(root, RENT)
    # 60,000 of it were too much, and then 20,000 more are due than that: the one is set off against the other
    corrected(root, RENT, dt.date(2024, 7, 25), award_fen=4_000_000)
    corrected(root, RENT, dt.date(2024, 7, 26), award_fen=12_000_000)
    assert "Set off against what was to be paid back: 60,000.00 yuan" in later(root, "2024-07", dt.date(2024, 8, 1), dt.date(2024, 8, 15))
    recovery, supplementary = register(root, "2024-07")
    assert (recovery["amount_yuan"], recovery["set_off_yuan"]) == ("-60000.00", "0.00")
    assert (supplementary["amount_yuan"], supplementary["set_off_yuan"]) == ("80000.00", "60000.00")
    letter = "".join(text_of(papers(root, "2024-07") / "letters" / f"{RENT}+3.pdf").split())
    assert f"60,000.00元（大写：人民币陆万元整）用于抵扣{recovery['number']}通知退回而尚未退回的款项，不另行拨付；抵扣后该财政的款项不需再退回。" in letter
    assert "本次实际拨付20,000.00元" in letter
    paid(dt.date(2024, 8, 16), "pay", "plan")
    assert rows(root, "select amount_fen from payment order by sequence desc limit 1") == [(2_000_000,)]
    assert [(row["抵扣的应付款"], row["抵扣金额（元）"]) for row in list_rows(payments_of(root) / "set_off.csv")] == [
        (f"银行退回{payment}", "300000.00"), (f"补发{supplementary['number']}", "60000.00")]
    books_hold(root)
