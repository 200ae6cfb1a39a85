"""Payments: what is covered is listed, a list for each treasury; what is not waits in order; the bank's answers are taken once."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from claims.errors import InputRefused, UsageError
from claims.ledger import ledger_defects
from claims.policy.model import DEFAULT_POLICY, find_policy, load_policy
from claims.record.store import enter_policy
from claims.treasuries import Treasuries
from claims.workbooks import Column, Sheet, read_cells, workbook
from claims.workspace import Workspace
from pipelines.cli import cli
from pipelines.desk import desk
from pipelines.pay import confirm, import_budget, plan, recovered, returned, show_unpaid
from pipelines.queries import rebuild_store
from tests.payables import (
    CITY, DAY, OTHER_PAYEE, PAYEE, PINGYU, WITHOUT_ACCOUNT, XINCAI, XIPING, Owed, adjust, bank_file, budget_file, list_rows, owe, paying_workspace, payments_of,
)

LATER = DAY + dt.timedelta(days=3)


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    return paying_workspace(tmp_path_factory)


@pytest.fixture
def root(ready, tmp_path):
    return shutil.copytree(ready, tmp_path / "workspace")


@contextmanager
def sitting(root, day=DAY):
    """At the desk on a day; the books hold when it is left."""
    with desk(root, "test", "出纳", day) as at:
        yield at
        assert ledger_defects(at.database) == []


def grant(at, tmp_path, *budgets):
    return import_budget(at, budget_file(tmp_path / "预算.csv", *budgets))


def payments(at):
    return at.database.rows("select payment_id, claim_id, treasury, place, amount_fen, replaces from payment order by sequence, payment_id")


def waiting(root):
    return [(row["申报编号"], row["原因"].split("（")[0]) for row in list_rows(payments_of(root) / "waiting.csv")]


def sequences(at):
    return [entry.sequence for entry in at.workspace.journal.entries()]


# ---------------------------------------------------------------- budgets


def test_a_budget_is_read_in_either_language_and_unit_from_csv_and_workbook_and_a_later_one_replaces_it(root, tmp_path):
    book = tmp_path / "预算.xlsx"
    columns = (Column("财政", 20), Column("年度", 8, "count"), Column("金额（万元）", 12))
    book.write_bytes(workbook([Sheet("预算", "2024年奖补预算", columns, [("市级财政", 2024, "1,2.5"), ("平舆县", 2024, "３.0")], sums=False)]))
    with sitting(root) as at:
        with pytest.raises(InputRefused, match="预算.xlsx:3: “1,2.5” under “金额（元）” cannot be read"):
            import_budget(at, book)
        book.write_bytes(workbook([Sheet("预算", "2024年奖补预算", columns, [("市级财政", 2024, "12.5"), ("平舆县", 2024, "３.0")])]))
        import_budget(at, book)
        english = tmp_path / "budget.csv"
        english.write_bytes("treasury,year,amount_yuan\ncity,2024,1000.01\n受益县区财政·西平县,2025,7\n".encode("gb18030"))
        import_budget(at, english)
        assert at.database.rows("select treasury, place, year, amount_fen from budget order by all") == [
            ("city", "", 2024, 1000_01), ("city", "", 2024, 125_000_00), ("county", "平舆县", 2024, 30_000_00), ("county", "西平县", 2025, 7_00),
        ]
        before = sequences(at)
        assert "预算没有变化" in import_budget(at, english) and sequences(at) == before


def test_every_row_of_a_budget_that_cannot_be_taken_is_told_and_nothing_is_recorded(root, tmp_path):
    with sitting(root) as at:
        before = sequences(at)
        with pytest.raises(InputRefused) as refused:
            grant(at, tmp_path, ("市财政", 2024, "1"), ("市级财政", 2024, "1"), ("市级财政", 2024, "2"), ("受益县区财政", 2024, "2"), ("省财政·西平县", 2024, "2"))
        assert [problem.split(": ")[0] for problem in refused.value.problems] == ["预算.csv:2", "预算.csv:4", "预算.csv:5", "预算.csv:6"]
        assert sequences(at) == before
        # with a single treasury that has places, any other name is one of its places, and is told as unheard of
        assert "请核对名称：尚无申报涉及“受益县区财政·平與县”" in grant(at, tmp_path, ("平與县", 2024, "1"))
        assert len(sequences(at)) == len(before) + 1


def test_a_budget_does_not_fall_below_what_is_reserved_or_paid(root, tmp_path):
    with sitting(root) as at:
        owe(at, Owed("A", 60_00), Owed("B", 30_00))
        grant(at, tmp_path, ("市级财政", 2024, "100"))
        plan(at)
        confirm(at, bank_file(tmp_path / "bank.csv", ("P2024-000001", "60", "成功", DAY)))
        with pytest.raises(InputRefused, match="市级财政 2024: 89.99 yuan is less than the 90.00 yuan that are reserved or paid already"):
            grant(at, tmp_path, ("市级财政", 2024, "89.99"))
        grant(at, tmp_path, ("市级财政", 2024, "90"))


def test_a_treasury_is_found_by_what_offices_call_it():
    both, city_only = (Treasuries(load_policy(find_policy(name))) for name in (DEFAULT_POLICY, "zhumadian-2020-53"))
    assert both.find("city") == both.find("市级财政") == city_only.find("市级财政") == CITY
    assert both.find("平舆县") == both.find("受益县区财政·平舆县") == both.find("county·平舆县") == PINGYU
    assert [both.find(name) for name in ("受益县区财政", "county", "市财政", "省财政·平舆县")] == [None] * 4
    assert city_only.find("平舆县") is None
    assert (both.title(*CITY), both.title(*PINGYU), both.title("former", "")) == ("市级财政", "受益县区财政·平舆县", "former")


# ---------------------------------------------------------------- lists


def test_each_treasury_has_a_list_of_its_own_share_with_words_purpose_and_totals(root, tmp_path):
    with sitting(root) as at:
        owe(
            at, Owed("1.1-cap-1", 1234_56), Owed("1.1-cap-1", 66_00, XIPING), Owed("B", 10_00, PINGYU, payee=OTHER_PAYEE), Owed("C", 5, XINCAI),
            Owed("D", 100_07, due_on=DAY + dt.timedelta(days=1)),
        )
        grant(at, tmp_path, ("市级财政", 2024, "5000"), *((place, 2024, "100") for _, place in (PINGYU, XIPING, XINCAI)))
        plan(at)
    folder, = (path for path in payments_of(root).iterdir() if path.is_dir())
    assert sorted(path.name for path in folder.glob("*.csv")) == [
        "01-市级财政.csv", "02-受益县区财政-..-新蔡县.csv", "03-受益县区财政-平舆县.csv", "04-受益县区财政-西平县.csv",
    ]
    assert list_rows(folder / "01-市级财政.csv") == [{
        "付款编号": "P2024-000001", "收款人": "示例01", "开户银行": "示例银行", "收款账号": "6200000000000001", "金额（元）": "1234.56",
        "金额大写": "人民币壹仟贰佰叁拾肆元伍角陆分", "用途": "驻政〔2020〕36号 1.1 省级及以上机构一次性落户奖励 1.1-cap-1", "替代付款编号": "",
    }]
    assert [row["金额（元）"] for row in list_rows(folder / "04-受益县区财政-西平县.csv")] == ["66.00"]
    rows = read_cells(folder / "01-市级财政.xlsx")["支付清单"]
    assert rows[3][0] == "共1笔，合计1,234.56元（人民币壹仟贰佰叁拾肆元伍角陆分）"
    assert rows[5][:5] == ["P2024-000001", "示例01", "示例银行", "6200000000000001", "1234.56"] and rows[6][4] == "1234.56"
    assert rows[-1][0].startswith("制表：")


def test_lists_that_are_missing_or_changed_are_written_again_with_the_same_bytes(root, tmp_path):
    with sitting(root) as at:
        owe(at, Owed("A", 60_00), Owed("B", 30_00, PINGYU))
        grant(at, tmp_path, ("市级财政", 2024, "100"), ("平舆县", 2024, "100"))
        plan(at)
        folder, = (path for path in payments_of(root).iterdir() if path.is_dir())
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        assert len(before) == 5
        (folder / "01-市级财政.xlsx").unlink()
        (folder / "02-受益县区财政-平舆县.csv").write_text("changed", encoding="utf-8")
        acts = sequences(at)
        assert "没有新的款项" in plan(at) and sequences(at) == acts
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_what_the_budget_does_not_cover_waits_in_order_until_it_is_raised(root, tmp_path):
    with sitting(root) as at:
        owe(at, Owed("late", 1, due_on=DAY), Owed("first", 60_00, due_on=DAY - dt.timedelta(days=2)), Owed("second", 50_00, due_on=DAY - dt.timedelta(days=1)))
        owe(at, Owed("county", 1_00, PINGYU))
        grant(at, tmp_path, ("市级财政", 2024, "109.99"))
        plan(at)
        assert [claim for _, claim, *_ in payments(at)] == ["first"]
        assert waiting(root) == [("second", "预算余额不足"), ("late", "排在前面的一笔预算余额不足，依次等待"), ("county", "本年度预算未下达")]
        assert list_rows(payments_of(root) / "waiting.csv")[0]["原因"] == "预算余额不足（尚可安排49.99元）"
        grant(at, tmp_path, ("市级财政", 2024, "110"))
        plan(at)
        assert [claim for _, claim, *_ in payments(at)] == ["first", "second"] and [claim for claim, _ in waiting(root)] == ["late", "county"]
        grant(at, tmp_path, ("市级财政", 2024, "110.01"), ("平舆县", 2024, "1"))
        plan(at)
        assert [claim for _, claim, *_ in payments(at)] == ["first", "second", "late", "county"] and waiting(root) == []


def test_a_planning_that_pays_nothing_is_recorded_where_its_day_or_what_waits_is_another(root, tmp_path):
    listed = payments_of(root) / "waiting.xlsx"
    with sitting(root) as at:
        owe(at, Owed("A", 60_00), Owed("B", 50_00))
        grant(at, tmp_path, ("市级财政", 2024, "100"))
        plan(at)
        seen, known = listed.read_bytes(), sequences(at)
        listed.unlink()
        assert "没有新的款项" in plan(at) and sequences(at) == known and listed.read_bytes() == seen
        grant(at, tmp_path, ("市级财政", 2024, "105"))
        plan(at)
        assert list_rows(payments_of(root) / "waiting.csv")[0]["原因"] == "预算余额不足（尚可安排45.00元）"
        assert sequences(at)[len(known):] == [known[-1] + 1, known[-1] + 2], "the budget, and what is left of it now"
    with sitting(root, LATER) as at:
        plan(at)
        latest = at.acts("plan")[-1]
        assert latest.body["on"] == str(LATER) and {name: result["rows"] for name, result in latest.body["results"].items()} == {
            "payment": 0, "posting": 0, "waiting": 1}
        assert [path.name[:10] for path in payments_of(root).iterdir() if path.is_dir()] == [str(DAY)], "there is a folder where there are lists"
        grant(at, tmp_path, ("市级财政", 2024, "110"))
        plan(at)
        assert [row[:2] for row in payments(at)] == [("P2024-000001", "A"), ("P2024-000002", "B")]


def test_what_lacks_an_account_a_payee_or_a_place_waits_without_holding_up_the_others(root, tmp_path):
    early = DAY - dt.timedelta(days=9)
    with sitting(root) as at:
        owe(at, Owed("bare", 1_00, due_on=early, payee=WITHOUT_ACCOUNT), Owed("nobody", 1_00, due_on=early, payee="X"), Owed("nowhere", 1, ("county", "")))
        owe(at, Owed("sound", 10_00))
        grant(at, tmp_path, ("市级财政", 2024, "10"))
        plan(at)
        assert [claim for _, claim, *_ in payments(at)] == ["sound"]
    assert waiting(root) == [
        ("bare", "收款人的银行账户未登记，请补登后再列"), ("nobody", "收款人未登记，请补登后再列"), ("nowhere", "承担财政的名称未登记，请补登后再列"),
    ]
    assert list_rows(payments_of(root) / "waiting.csv")[0]["收款人"] == "'=无账户"
    assert read_cells(payments_of(root) / "waiting.xlsx")["等待支付"][3][3] == "=无账户"


def test_a_year_is_paid_from_its_own_budget_and_counts_its_own_numbers(root, tmp_path):
    eve, new_year = dt.date(2024, 12, 31), dt.date(2025, 1, 1)
    with sitting(root, eve) as at:
        owe(at, Owed("A", 60_00), Owed("B", 60_00, due_on=new_year), Owed("C", 50_00, due_on=new_year))
        grant(at, tmp_path, ("市级财政", 2024, "200"), ("市级财政", 2025, "60"))
        plan(at)
    with sitting(root, new_year) as at:
        plan(at)
        assert [payment_id for payment_id, *_ in payments(at)] == ["P2024-000001", "P2025-000001"] and waiting(root) == [("C", "预算余额不足")]
        # what the bank returns in the new year goes back to the old year's budget, and is paid again from the new one's
        confirm(at, bank_file(tmp_path / "bank.csv", ("P2024-000001", "60", "退回", new_year), ("P2025-000001", "60", "成功", new_year)))
        plan(at)
        assert waiting(root) == [("A", "预算余额不足"), ("C", "排在前面的一笔预算余额不足，依次等待")]
        grant(at, tmp_path, ("市级财政", 2025, "120"))
        plan(at)
        assert payments(at)[-1] == ("P2025-000002", "A", *CITY, 60_00, "P2024-000001")
    with sitting(root, eve) as at, pytest.raises(UsageError, match="plan on that day or later"):
        plan(at)


def test_numbers_run_through_all_policies_of_a_workspace_so_that_a_bank_cannot_mean_another_s_payment(root, tmp_path):
    with sitting(root) as at:
        owe(at, Owed("A", 60_00))
        grant(at, tmp_path, ("市级财政", 2024, "100"))
        plan(at)
        enter_policy(at.database, at.policy, "another")
        another = dataclasses.replace(at, policy=SimpleNamespace(id="another", sha256=at.policy.sha256, files=at.policy.files))
        another.record("plan", {}, {"payment": f'select * exclude sequence from "{at.policy.id}".payment'})
        enter_policy(at.database, at.policy)
        owe(at, Owed("B", 10_00))
        plan(at)
        assert [row[0] for row in payments(at)] == ["P2024-000001", "P2024-000003"]


# ---------------------------------------------------------------- the bank's answers


def planned(root, tmp_path, day=DAY):
    """One claim of two treasuries, and another, all listed: city 000001 and 000002, county 000003."""
    with sitting(root, day) as at:
        owe(at, Owed("A", 60_00), Owed("A", 40_00, PINGYU), Owed("B", 30_00))
        grant(at, tmp_path, ("市级财政", 2024, "200"), ("平舆县", 2024, "200"))
        plan(at)
        return payments(at)


def test_a_returned_payment_is_made_again_under_a_new_number_and_the_other_treasury_s_share_is_not_touched(root, tmp_path):
    listed = planned(root, tmp_path)
    assert [row[0] for row in listed] == ["P2024-000001", "P2024-000002", "P2024-000003"]
    with sitting(root, LATER) as at:
        confirm(at, bank_file(tmp_path / "bank.csv", ("P2024-000001", "60", "退回", LATER), ("P2024-000003", "40.00", "成功", LATER)))
        told = plan(at)
        assert payments(at)[3:] == [("P2024-000004", "A", *CITY, 60_00, "P2024-000001")]
        assert "注意：P2024-000004 重付到P2024-000001被退回的同一账户，请核对账户" in told
        assert at.database.rows("select result from payment_result where payment_id = 'P2024-000003'") == [("paid",)]
        # returned once more, after it was reported as paid
        confirm(at, bank_file(tmp_path / "bank2.csv", ("P2024-000004", "60", "成功", LATER)))
        returned(at, "P2024-000004", "账户已注销")
        before = sequences(at)
        assert "未作改动" in returned(at, "P2024-000004", "账户已注销") and sequences(at) == before
        plan(at)
        assert payments(at)[4:] == [("P2024-000005", "A", *CITY, 60_00, "P2024-000004")]
        with pytest.raises(UsageError, match="there is no such payment"):
            returned(at, "P2024-000009", "无")
    # the bank's own word of it comes later and with another day
    later_still = LATER + dt.timedelta(days=2)
    with sitting(root, later_still) as at:
        told_again = bank_file(tmp_path / "bank3.csv", ("P2024-000004", "60", "成功", LATER), ("P2024-000004", "60", "退票", later_still))
        assert "此前已登记2行 + 异常0行" in confirm(at, told_again)


def test_the_same_file_twice_and_the_same_row_in_another_file_change_nothing(root, tmp_path):
    planned(root, tmp_path)
    file = bank_file(tmp_path / "bank.csv", ("P2024-000001", "60", "成功", LATER), ("P2024-000001", "60", "成功", LATER))
    with sitting(root, LATER) as at:
        assert "回单2行 = 已支付1行 + 已退回0行 + 此前已登记1行 + 异常0行" in confirm(at, file)
        before = sequences(at)
        assert "未作改动" in confirm(at, file)
        other = bank_file(tmp_path / "other.csv", ("P2024-000001", "60.0", "支付成功", LATER))
        assert "此前已登记1行" in confirm(at, other) and sequences(at) == before
        assert at.database.rows("select count(*) from payment_result") == [(1,)]


def test_rows_that_fit_no_open_payment_are_listed_and_stop_none_of_the_others(root, tmp_path):
    planned(root, tmp_path)
    before = DAY - dt.timedelta(days=1)
    rows = [
        ("P2024-000009", "1", "成功", LATER), ("", "1", "成功", LATER), ("P2024-000002", "30.01", "成功", LATER), ("P2024-000002", "三十", "成功", LATER),
        ("P2024-000002", "30", "处理中", LATER), ("P2024-000002", "30", "成功", before), ("P2024-000002", "30", "成功", "7月"),
        ("P2024-000002", "30", "成功", LATER + dt.timedelta(days=1)), ("P2024-000001", "60", "成功", LATER),
        ("P2024-000003", "40", "成功", LATER), ("P2024-000003", "40", "退回", LATER),
    ]
    with sitting(root, LATER) as at:
        told = confirm(at, bank_file(tmp_path / "bank.csv", *rows))
        assert "回单11行 = 已支付1行 + 已退回0行 + 此前已登记0行 + 异常10行" in told
        assert at.database.rows("select payment_id, result from payment_result") == [("P2024-000001", "paid")]
        confirm(at, bank_file(tmp_path / "bank2.csv", ("P2024-000001", "60", "退回", LATER), ("P2024-000001", "60", "成功", DAY)))
        returned(at, "P2024-000001", "销户")
        confirm(at, bank_file(tmp_path / "bank3.csv", ("P2024-000001", "60", "成功", DAY), ("P2024-000001", "60", "成功", LATER)))
    problems = [(row["文件"], row["行"], row["问题"].split("：")[0]) for row in list_rows(payments_of(root) / "exceptions.csv")]
    assert problems == [
        *(("bank.csv", str(line), problem) for line, problem in (
            (2, "没有这个付款编号"), (3, "付款编号为空"), (4, "金额不符"), (5, "金额读不出"), (6, "状态读不出"), (7, "日期早于列入清单的2024-07-01"), (8, "日期读不出"),
            (9, "日期晚于登记日2024-07-04"), (11, "同一付款编号在文件中有不同的结果"), (12, "同一付款编号在文件中有不同的结果"),
        )),
        ("bank2.csv", "2", "此前已登记为支付；确已退汇的，用 claims pay returned 登记"), ("bank2.csv", "3", "此前已登记为2024-07-04支付，请核实是否重复支付"),
        # the row of the first file once more is known; the same payment on another day is not
        ("bank3.csv", "2", "此前已登记为退回；款项如确已付出，应当追回或者停止重付"),
    ]


def test_what_is_approved_and_not_paid_and_what_is_owed_back_are_told_without_a_plan(root, tmp_path):
    planned(root, tmp_path)
    with sitting(root, LATER) as at:
        confirm(at, bank_file(tmp_path / "bank.csv", ("P2024-000001", "60", "退回", LATER), ("P2024-000003", "40.00", "成功", LATER)))
        owe(at, Owed("C", 7_00, due_on=LATER + dt.timedelta(30)), Owed("D", 8_00))
        adjust(at, "A", 1, (PINGYU, -10_00))
    before = Workspace(root).journal.head()
    told = show_unpaid(root, None, LATER, tmp_path / "open.xlsx")
    unpaid, owed = told.split("\n\n")[:2]
    assert unpaid.startswith("已批准尚未支付的款项：4笔，105.00元") and owed.startswith("应当退回尚未退回的款项：1笔，10.00元")
    states = {row[1]: row[6] for row in read_cells(tmp_path / "open.xlsx")["应付未付"] if len(row) > 6 and row[6]}
    assert states == {
        "申报编号": "办到哪一步", "A": "银行退回（P2024-000001），待重新列清单", "B": "已列支付清单（P2024-000002），等待银行回单", "C": "未到期", "D": "已到期，待列支付清单"}
    assert "平舆县" in owed and PAYEE in owed and Workspace(root).journal.head() == before, "nothing is recorded"


def test_several_files_of_the_bank_are_taken_in_with_one_command(root, tmp_path):
    planned(root, tmp_path)
    one = bank_file(tmp_path / "one.csv", ("P2024-000001", "60", "成功", LATER))
    other = bank_file(tmp_path / "other.csv", ("P2024-000002", "30", "成功", LATER), ("P2024-000003", "40", "退回", LATER))
    done = CliRunner().invoke(cli, ["pay", "confirm", str(one), str(other), "--workspace", str(root), "--on", str(LATER)])
    assert "one.csv：\n回单1行 = 已支付1行" in done.output and "other.csv：\n回单2行 = 已支付1行 + 已退回1行" in done.output


def test_the_list_itself_comes_back_with_the_bank_s_answers_beside_it(root, tmp_path):
    planned(root, tmp_path)
    source, = payments_of(root).glob("*/01-市级财政.xlsx")
    title, *above, header, first, second, _total, _blank, signatures = read_cells(source)["支付清单"]
    columns = [Column(name, 12) for name in [*header, "状态", "日期", "原因"]]
    rows = [[*first, "成功", "2024年7月4日", ""], [*second, "退票", "2024/7/4", "=户名不符"]]
    answered = tmp_path / "回单.xlsx"
    answered.write_bytes(workbook([Sheet("支付清单", title[0], columns, rows, [line[0] for line in above], [signatures[0]])]))
    with sitting(root, LATER) as at:
        assert "= 已支付1行 + 已退回1行 + 此前已登记0行 + 异常0行" in confirm(at, answered)
        assert at.database.rows("select * exclude sequence from payment_result order by all") == [
            ("P2024-000001", "paid", LATER, ""), ("P2024-000002", "returned", LATER, "=户名不符"),
        ]


# ---------------------------------------------------------------- money that comes back


def test_money_that_comes_back_is_counted_once_and_only_as_far_as_it_is_owed(root, tmp_path):
    planned(root, tmp_path)
    with sitting(root, LATER) as at:
        adjust(at, "A", 1, (CITY, -10_00), (PINGYU, -10_00))
        # who owes is another than who is to be paid
        owe(at, Owed("A", 1, due_on=LATER, instalment=2, payee=OTHER_PAYEE))
        assert "注意：P2024-000004 同一申报的另一收款单位尚应向该财政退还10.00元，请核对" in plan(at)
        with pytest.raises(UsageError, match=f"A owes 市级财政 10.00 yuan .{PAYEE}., 受益县区财政·平舆县 10.00 yuan .{PAYEE}.: say with --treasury"):
            recovered(at, "A", "4", "缴款书1", None, None)
        recovered(at, "A", "4", "缴款书1", "平舆县", None)
        before = sequences(at)
        for same in ("缴款书1", "缴款书1 ", "缴款书１"):
            assert "未作改动" in recovered(at, "A", "4.00", same, None, None) and sequences(at) == before
        with pytest.raises(UsageError, match="another sum has another voucher"):
            recovered(at, "A", "4", "缴款书1", None, OTHER_PAYEE)
        with pytest.raises(UsageError, match="money comes back on that day or later"):
            recovered(dataclasses.replace(at, day=LATER - dt.timedelta(1)), "A", "1", "缴款书0", "平舆县", None)
        with pytest.raises(UsageError, match="another sum has another voucher"):
            recovered(at, "A", "5", "缴款书1", None, None)
        with pytest.raises(UsageError, match="A owes 受益县区财政·平舆县 6.00 yuan, less than 6.01"):
            recovered(at, "A", "6.01", "缴款书2", "平舆县", None)
        with pytest.raises(UsageError, match="A owes nothing back"):
            recovered(at, "A", "6", "缴款书2", "平舆县", OTHER_PAYEE)
        assert "尚欠0.00元" in recovered(at, "A", "6", "缴款书2", "平舆县", PAYEE)
        assert "市级财政退还10.00元" in recovered(at, "A", "10", "缴款书2b", None, None)
        for wrong, claim_id in (("1e2", "A"), ("0", "A"), ("-1", "A"), ("1", "B")):
            with pytest.raises(UsageError):
                recovered(at, claim_id, wrong, "缴款书3", None, None)


def owed_of(at, claim_id):
    """What is due of a claim, and what is to be paid back of it, by payee: fen above zero and below."""
    return sorted(at.database.rows(f"""
        select payee, sum(amount_fen)::bigint from ({at.database.render("pay/open_payable.sql")}) where claim_id = '{claim_id}' group by 1
        union all
        select payee, -owed_fen from ({at.database.render("pay/owed_back.sql")}) where claim_id = '{claim_id}'"""))


@pytest.mark.parametrize("paid_first", [pytest.param(False, marks=pytest.mark.long), True], ids=["on its way", "paid"])
def test_what_the_bank_returns_after_a_recovery_is_due_less_what_was_to_be_paid_back_of_it(root, tmp_path, paid_first):
    planned(root, tmp_path)
    with sitting(root, LATER) as at:
        if paid_first:
            confirm(at, bank_file(tmp_path / "paid.csv", ("P2024-000001", "60", "成功", LATER)))
        adjust(at, "A", 1, (CITY, -40_00))
        assert owed_of(at, "A") == [(PAYEE, -40_00)]
        recovered(at, "A", "15", "缴款书1", None, None)
        answered = bank_file(tmp_path / "bank.csv", ("P2024-000001", "60", "退回", LATER), ("P2024-000003", "40", "成功", LATER))
        told = returned(at, "P2024-000001", "户名不符") if paid_first else confirm(at, answered)
        assert "抵扣：P2024-000001 A 市级财政25.00元抵扣应追回款，不再重付；尚应付35.00元" in told
        assert owed_of(at, "A") == [(PAYEE, 35_00)]
        before = sequences(at)
        assert "未作改动" in (returned(at, "P2024-000001", "户名不符") if paid_first else confirm(at, answered)) and sequences(at) == before
        plan(at)
        assert payments(at)[-1] == ("P2024-000004", "A", *CITY, 35_00, "P2024-000001"), "35 with 15 that came back are 20, what is awarded"
        assert [*list_rows(payments_of(root) / "set_off.csv")[0].values()] == [
            str(LATER), "市级财政", "A", "25.00", "银行退回P2024-000001", "0.00"]
        lists = sorted(payments_of(root).glob("*/01-市级财政.csv"))
        assert "（已抵扣应追回款25.00元）" in list_rows(lists[-1])[0]["用途"]
        reductions = at.database.rows("select * from payable_reduction")
    rebuild_store(root)
    with sitting(root, LATER) as at:
        assert at.database.rows("select * from payable_reduction") == reductions and owed_of(at, "A") == []


def test_a_return_of_less_than_what_is_to_be_paid_back_leaves_the_rest_and_nothing_due(root, tmp_path):
    with sitting(root) as at:
        owe(at, Owed("A", 50_00), Owed("A", 50_00, instalment=2))
        grant(at, tmp_path, ("市级财政", 2024, "200"))
        plan(at)
        adjust(at, "A", 1, (CITY, -80_00))
        returned(at, "P2024-000001", "户名不符")
        assert owed_of(at, "A") == [(PAYEE, -30_00)]
        plan(at)
        assert len(payments(at)) == 2
        # the other comes back, too: 20 of it remain due, and that is the award
        returned(at, "P2024-000002", "户名不符")
        assert owed_of(at, "A") == [(PAYEE, 20_00)]


def test_a_share_that_rises_again_pays_first_what_its_own_payee_has_to_pay_back_and_nobody_else(root, tmp_path):
    planned(root, tmp_path)
    with sitting(root, LATER) as at:
        adjust(at, "A", 1, (CITY, -50_00))
        adjust(at, "A", 2, (CITY, 20_00), (PINGYU, 5_00))
        assert owed_of(at, "A") == [(PAYEE, -30_00), (PAYEE, 5_00)], "another treasury's share is not set off"
        adjust(at, "A", 3, (CITY, 10_00), payee=OTHER_PAYEE)
        assert owed_of(at, "A") == [(PAYEE, -30_00), (PAYEE, 5_00), (OTHER_PAYEE, 10_00)], "nor is another payee's"
        adjust(at, "A", 4, (CITY, 40_00))
        assert owed_of(at, "A") == [(PAYEE, 15_00), (OTHER_PAYEE, 10_00)]
        adjust(at, "A", 5, (CITY, -12_00))
        assert owed_of(at, "A") == [(PAYEE, -2_00), (PAYEE, 5_00), (OTHER_PAYEE, 10_00)]


# ---------------------------------------------------------------- the commands


@pytest.mark.long
def test_the_commands_do_the_same_and_end_with_what_is_wrong(root, tmp_path):
    def given(*arguments):
        return CliRunner().invoke(cli, [*map(str, arguments), "--workspace", str(root)])

    with sitting(root) as at:
        owe(at, Owed("A", 60_00))
    budgets = budget_file(tmp_path / "budget.csv", ("市级财政", 2024, "100"))
    on = ("--on", DAY, "--actor", "出纳")
    assert given("budget", "import", budgets, *on).exit_code == 0
    assert "01-市级财政.xlsx" in given("pay", "plan", *on).output
    assert "已支付1行" in given("pay", "confirm", bank_file(tmp_path / "bank.csv", ("P2024-000001", "60", "成功", "")), *on).output
    assert "已登记为退回" in given("pay", "returned", "P2024-000001", "--reason", "销户", *on).output
    assert isinstance(given("pay", "recovered", "A", "--amount", "1", "--voucher", "1", *on).exception, UsageError)
    assert isinstance(given("budget", "import", budget_file(budgets, ("市级财政", 20, "100")), *on).exception, InputRefused)
    assert "应付奖补" in given("ledger").output
    assert {entry.actor for entry in Workspace(root).journal.entries()[2:]} == {"出纳"}
