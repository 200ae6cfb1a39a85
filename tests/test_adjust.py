"""Corrections of decided claims: shown, agreed by two people, counted net, told in letters, and never by changing what was decided."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from claims.adjustments import approve_adjustments, decided_claim, letter_case
from claims.errors import UsageError
from claims.letters.wording import letter_of, texts_of
from claims.replay import assess_as_recorded
from claims.resources import template_dir
from pipelines.adjust import Proposal, Who, agree, drop, list_open, propose, show_difference
from pipelines.desk import desk
from pipelines.explain import explain_claim
from pipelines.queries import rebuild_store, status_of_claim
from pipelines.whatif import history_of, scratch_database
from tests.commands import give
from tests.settle import CASES, decisions, settle, without_other_readings

DAY = dt.date(2024, 8, 15)
SAMPLE_DATA = Path(__file__).parents[1] / "sample_data"
INPUT = CASES / "boundaries" / "in"
TAX_HEADER = (INPUT / "retained_tax.csv").read_text(encoding="utf-8").splitlines()[0]
CLAIM_HEADER, *CLAIM_LINES = (INPUT / "claims.csv").read_text(encoding="utf-8").splitlines()
LINE = {line.split(",")[0]: line for line in CLAIM_LINES}
LOWER_TAX = "91411703MA0000023W,2022,100000,100000,"
HIGHER_TAX = "91411702MA0000022B,2021,1000000,100000,"
CHANGED = {
    "1.1-cap-3": LINE["1.1-cap-3"].replace("100000000", "300000000"), "1.1-cap-5": LINE["1.1-cap-5"].replace("300000000", "50000000"),
    "1.1-cap-1": LINE["1.1-cap-1"].replace("91411702MA00000029", "91411701MA0000001P"),
}


def folder_of(place: Path, claims: list[str] = [], tax: list[str] = []) -> Path:
    """A month's folder with some rows."""
    place.mkdir(parents=True)
    for name, header, lines in (("claims", CLAIM_HEADER, claims), ("retained_tax", TAX_HEADER, tax)):
        if lines:
            (place / f"{name}.csv").write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def corrected(known_edges, tmp_path_factory):
    """Decided claims, then two corrected tax figures, two changed amounts, and a row that names another claimant."""
    root = tmp_path_factory.mktemp("adjust")
    shutil.copytree(known_edges, root / "workspace")
    settle(root / "workspace", folder_of(root / "two", [*CHANGED.values()], [LOWER_TAX, HIGHER_TAX]), "two", dt.date(2024, 7, 31))
    return root / "workspace"


@pytest.fixture
def root(corrected, tmp_path):
    return shutil.copytree(corrected, tmp_path / "workspace")


@pytest.fixture(autouse=True)
def no_drawing(monkeypatch):
    """Letters are drawn only by the command as users give it."""
    monkeypatch.setattr("pipelines.adjust.see_to_draft", lambda *_: iter(()))


def who(root: Path, name: str) -> Who:
    return Who(root, name, DAY, None)


def agreed(root: Path, claim_id: str, reason: str = "更正", **proposal) -> str:
    propose(who(root, "甲"), claim_id, Proposal(reason, **proposal))
    return agree(who(root, "乙"), claim_id)


def query(root: Path, sql: str) -> list[tuple]:
    with desk(root, "test", "甲", DAY) as at:
        return at.database.rows(sql)


def net(root: Path, claim_id: str) -> tuple:
    return query(root, f"select award_fen, city_fen, county_fen from decided_net where claim_id = '{claim_id}'")[0]


def shares(root: Path, claim_id: str) -> list[tuple]:
    return query(root, f"select treasury, place, share_fen from adjustment_share where claim_id = '{claim_id}' order by number, treasury")


# ---------------------------------------------------------------- shown, proposed, agreed


def test_a_correction_shows_what_changed_and_changes_nothing(root):
    journal = (root / "journal.jsonl").read_bytes()
    text = show_difference(who(root, "甲"), "2.2-rent-2")
    assert "现核定：核减后核准，500,000.00元" in text and "按现有事实：核减后核准，100,000.00元" in text and "差额：追回400,000.00元" in text
    assert "增值税留成：900,000.00元 → 100,000.00元　[retained_tax.csv 第5行 → retained_tax.csv 第2行]" in text
    assert "市级财政：500,000.00元 → 100,000.00元（追回400,000.00元）" in text and (root / "journal.jsonl").read_bytes() == journal
    assert "差额：补发350,000.00元" in show_difference(who(root, "甲"), "2.1-limit")
    assert "差额：无" in show_difference(who(root, "甲"), "1.2-ok")


def test_two_different_people_make_a_correction_count(root):
    before = query(root, "select * from decided order by claim_id")
    propose(who(root, "甲"), "2.2-rent-2", Proposal("税务局更正"))
    assert net(root, "2.2-rent-2") == (50_000_000, 50_000_000, 0)
    with pytest.raises(UsageError, match="甲 proposed adjustment 1 of 2.2-rent-2; another person must do this"):
        agree(who(root, "甲"), "2.2-rent-2")
    with pytest.raises(UsageError, match="it is agreed to on that day or later"):
        agree(replace(who(root, "乙"), day=DAY - dt.timedelta(1)), "2.2-rent-2")
    assert "第1号更正：追回400,000.00元；已同意（乙）；事由：税务局更正" in agree(who(root, "乙"), "2.2-rent-2")
    assert net(root, "2.2-rent-2") == (10_000_000, 10_000_000, 0) and shares(root, "2.2-rent-2") == [("city", "", -40_000_000)]
    assert query(root, "select * from decided order by claim_id") == before
    assert "第1号更正" in agree(who(root, "丙"), "2.2-rent-2") and len(query(root, "select 1 from adjustment")) == 2
    with without_other_readings():
        assert "第1号更正：追回400,000.00元；已同意（乙）" in explain_claim(root, "2.2-rent-2")


@pytest.mark.long
def test_a_dropped_proposal_stays_on_record_and_counts_for_nothing(root):
    propose(who(root, "甲"), "2.2-rent-2", Proposal("税务局更正"))
    assert "第1号更正" in propose(who(root, "甲"), "2.2-rent-2", Proposal("税务局更正"))
    with pytest.raises(UsageError, match="adjustment 1 of 甲 is open"):
        propose(who(root, "乙"), "2.2-rent-2", Proposal("另一事由"))
    drop(who(root, "丙"), "2.2-rent-2")
    with pytest.raises(UsageError, match="no adjustment is open"):
        agree(who(root, "乙"), "2.2-rent-2")
    assert net(root, "2.2-rent-2")[0] == 50_000_000
    assert "第2号更正" in agreed(root, "2.2-rent-2")


def test_a_proposal_is_refused_when_the_facts_changed_since(root, tmp_path):
    propose(who(root, "甲"), "2.2-rent-2", Proposal("税务局更正"))
    settle(root, folder_of(tmp_path / "three", tax=[LOWER_TAX.replace("100000,100000", "100000,100002")]), "three", dt.date(2024, 8, 31))
    with pytest.raises(UsageError, match="the facts have changed since adjustment 1 was proposed on 2024-08-15"):
        agree(who(root, "乙"), "2.2-rent-2")


@pytest.mark.parametrize("claim_id, proposal, problem", [
    ("1.2-ok", Proposal("更正"), "nothing to adjust, every share stays as it is"),
    ("1.2-ok", Proposal("更正", award_fen=200_000_000), "nothing to adjust"),
    ("1.2-ok", Proposal("更正", set_aside=True), "no changed row waits"),
    ("v08", Proposal("更正"), "v08 is not decided: it waits for a person"),
    ("no-such", Proposal("更正"), "there is no such claim"),
    ("1.1-cap-1", Proposal("更正"), "what was awarded is another's by the facts as they are now"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_what_cannot_be_adjusted_is_refused(root, claim_id, proposal, problem):
    with pytest.raises(UsageError, match=problem):
        propose(who(root, "甲"), claim_id, proposal)
    assert query(root, "select 1 from adjustment") == []


@pytest.mark.long
def test_a_claim_that_would_be_held_now_says_why_and_a_person_sets_the_award(root, tmp_path):
    folder = folder_of(tmp_path / "three", tax=["91411703MA0000023W,2021,九十万,100000,"])
    settle(root, folder, "three", dt.date(2024, 8, 31))
    assert "  V06 " in show_difference(who(root, "甲"), "2.2-rent-1")
    with pytest.raises(UsageError, match="2.2-rent-1 would be held by the facts as they are now .V06.: mend them, or set the award"):
        propose(who(root, "甲"), "2.2-rent-1", Proposal("更正"))
    assert "追回150,000.00元，金额由人认定；已同意" in agreed(root, "2.2-rent-1", award_fen=5_000_000)
    assert net(root, "2.2-rent-1") == (5_000_000, 5_000_000, 0)


# ---------------------------------------------------------------- treasuries


def test_the_shares_of_a_correction_are_exact_and_the_countys_is_rounded_down(root):
    agreed(root, "1.1-cap-3", award_fen=100_001)
    assert net(root, "1.1-cap-3") == (100_001, 33_331, 66_670)  # 66.67% of 1,000.01 is 666.7066…
    assert shares(root, "1.1-cap-3") == [("city", "", 33_331 - 166_650_000), ("county", "西平县", 66_670 - 333_350_000)]


@pytest.mark.long
def test_a_share_that_moves_between_treasuries_is_an_adjustment_without_a_difference_in_the_award(root, tmp_path):
    header, *rows = (INPUT / "institutions.csv").read_text(encoding="utf-8").splitlines()
    [row] = [row for row in rows if row.startswith("91411703MA0000013U")]
    folder = tmp_path / "three"
    folder.mkdir()
    (folder / "institutions.csv").write_text("\n".join([header, row.replace(",60,西平县,", ",70,平舆县,"), ""]), encoding="utf-8")
    settle(root, folder, "three", dt.date(2024, 8, 31))
    assert "差额：无" in show_difference(who(root, "甲"), "1.1-once-a")
    agreed(root, "1.1-once-a")
    assert shares(root, "1.1-once-a") == [("city", "", 30_000_000), ("county", "平舆县", 90_000_000), ("county", "西平县", -120_000_000)]
    assert net(root, "1.1-once-a") == (300_000_000, 210_000_000, 90_000_000) and "核定金额不变，只更正资金的分担" in letter_text(root, "1.1-once-a")


# ---------------------------------------------------------------- a changed row


def test_a_changed_row_is_settled_by_an_adjustment_both_ways(root, tmp_path):
    assert "另有一条内容不同的申报待处理（批次：two），以下按其内容核算" in show_difference(who(root, "甲"), "1.1-cap-3")
    assert "补发3,000,000.00元" in agreed(root, "1.1-cap-3") and "追回5,000,000.00元" in agreed(root, "1.1-cap-5")
    assert (net(root, "1.1-cap-3")[0], net(root, "1.1-cap-5")[0]) == (800_000_000, 300_000_000)
    again = [CHANGED["1.1-cap-3"], LINE["1.1-cap-5"]]
    finished = settle(root, folder_of(tmp_path / "three", again), "three", dt.date(2024, 8, 31))
    fates = (finished.folder / "line_fates.csv").read_text(encoding="utf-8")
    assert "claims.csv,2,duplicate,1.1-cap-3,与已决定的申报内容相同" in fates
    # what was decided at first is other content now, and waits like any
    assert b"1.1-cap-5" in decisions(finished) and b",V12" in decisions(finished)
    assert query(root, "select claim_id from held where changed order by claim_id") == [("1.1-cap-1",), ("1.1-cap-5",)]


@pytest.mark.long
def test_a_changed_row_can_be_set_aside_and_waits_again_when_it_comes_again(root, tmp_path):
    agreed(root, "1.1-cap-3", set_aside=True)
    assert query(root, "select 1 from held where claim_id = '1.1-cap-3'") == [] and net(root, "1.1-cap-3")[0] == 500_000_000
    settle(root, folder_of(tmp_path / "three", [CHANGED["1.1-cap-3"]]), "three", dt.date(2024, 8, 31))
    agreed(root, "2.2-rent-2")
    assert query(root, "select changed from held where claim_id = '1.1-cap-3'") == [(True,)]


@pytest.mark.long
def test_a_row_of_another_claimant_is_followed_once_everything_was_recovered(root):
    agreed(root, "1.1-cap-1", award_fen=0)
    assert net(root, "1.1-cap-1") == (0, 0, 0)
    assert "补发3,000,000.00元" in agreed(root, "1.1-cap-1")
    assert query(root, "select claimant, payee from decided_net where claim_id = '1.1-cap-1'") == [("91411701MA0000001P",) * 2]


# ---------------------------------------------------------------- what reviewers ruled


def ruled(root: Path, claim_id: str, code: str, content: str, action: str) -> None:
    """Record a ruling on what a claim said."""
    with desk(root, "test", "张敏", DAY) as at:
        at.record("review", {"label": ""}, {"ruling": f"""
            select '{claim_id}' as claim_id, '{code}' as code, '{content}' as content, '{action}' as action, '凭证不全' as reason, '张敏' as person,
                date '{DAY}' as ruled_on, null::date as answer_by"""})


@pytest.fixture
def waived(root, tmp_path) -> str:
    """What a claim says of which a code was waived, so that it was awarded 1,000,000.00."""
    [(content,)] = query(root, "select content from held where claim_id = 'v08'")
    ruled(root, "v08", "V08", content, "waive")
    settle(root, folder_of(tmp_path / "three", tax=[LOWER_TAX]), "three", dt.date(2024, 8, 31))
    return content


@pytest.mark.long
def test_what_would_be_held_is_listed_as_such_with_the_codes_that_the_claim_alone_shows(root, tmp_path):
    settle(root, folder_of(tmp_path / "three", tax=["91411703MA0000023W,2022,,,", "91411702MA0000022B,2021,,,"]), "three", dt.date(2024, 8, 31))
    listed = {line.split("　")[0].strip(): line for line in list_open(who(root, "甲")).splitlines() if "→" in line}
    for claim_id in ("2.2-rent-2", "2.1-limit"):
        assert listed[claim_id].endswith("→ 须由人处理（V06缺少当年留成数据）") and "0.00元 →" in listed[claim_id]
        assert "该申报须由人处理" in show_difference(who(root, "甲"), claim_id) and "V06 缺少当年留成数据" in show_difference(who(root, "甲"), claim_id)


@pytest.mark.long
def test_a_waiver_that_stands_is_told_and_what_a_later_ruling_refuses_comes_out_refused(root, waived):
    [(award_fen, codes)] = query(root, "select award_fen, reason_codes from decided_net where claim_id = 'v08'")
    assert award_fen > 0 and "W01" in codes and "v08" not in list_open(who(root, "甲"))
    with pytest.raises(UsageError, match="nothing to adjust"):
        propose(who(root, "甲"), "v08", Proposal("更正"))
    agreed(root, "v08", award_fen=100)
    assert query(root, "select reason_codes from adjustment where claim_id = 'v08' limit 1") == [("W01",)]
    ruled(root, "v08", "V08", waived, "refuse")
    assert "按现有事实：不予支持，0.00元" in show_difference(who(root, "甲"), "v08")
    agreed(root, "v08")
    assert query(root, "select rule, award_fen, payee, reason_codes from decided_net where claim_id = 'v08'") == [(None, 0, None, "E90")]
    text = letter_text(root, "v08")
    assert "凭证不全" in text and "撤销后的核定金额为0.00元" in text and "原核定的金额1.00元" in text
    assert "第2号更正" in explain_claim(root, "v08")


@pytest.mark.long
def test_two_people_withdraw_a_waiver_and_code_reason_and_person_are_told_wherever_the_claim_is(root, waived):
    shown = propose(who(root, "甲"), "v08", Proposal("验资报告系伪造", withdrawn="V08"))
    assert "撤销放行后：不予支持，0.00元" in shown and "差额：追回1,000,000.00元" in shown and "变化的事实" not in shown
    assert query(root, "select action from ruling") == [("waive",)] and net(root, "v08")[0] == 100_000_000, "what is only proposed counts for nothing"
    with pytest.raises(UsageError, match="another person must do this"):
        agree(who(root, "甲"), "v08")
    drop(who(root, "乙"), "v08")
    assert "现核定：核准，1,000,000.00元" in show_difference(who(root, "甲"), "v08") and "差额：无" in show_difference(who(root, "甲"), "v08")
    told = agreed(root, "v08", "验资报告系伪造", withdrawn="V08")
    assert "第2号更正：追回1,000,000.00元，V08撤销放行（甲）；已同意（乙）；事由：验资报告系伪造" in told
    assert query(root, "select rule, award_fen, reason_codes, content from decided_net where claim_id = 'v08'") == [(None, 0, "E90", waived)]
    assert query(root, "select action, person, reason from ruling order by sequence")[1:] == [("withdraw", "甲", "验资报告系伪造")]
    letter = letter_text(root, "v08")
    assert "投资额前后矛盾——撤销放行（2024年8月15日；理由：验资报告系伪造）" in letter and "甲" not in letter and "V08" not in letter
    assert "验资报告系伪造。" in letter and "原核定的金额1,000,000.00元" in letter and "原认定为" not in letter
    assert "V08投资额前后矛盾：撤销放行，验资报告系伪造" in status_of_claim(root, "v08") and "V08撤销放行（甲）" in explain_claim(root, "v08")
    assert "差额：无" in show_difference(who(root, "甲"), "v08") and "v08" not in list_open(who(root, "甲"))
    with pytest.raises(UsageError, match="v08: no waiver of V08 stands that could be withdrawn; waived are: none"):
        propose(who(root, "甲"), "v08", Proposal("再次", withdrawn="V08"))
    assert "补发5.00元，金额由人认定" in agreed(root, "v08", "撤销有误", award_fen=500)
    before = query(root, "select * from ruling order by all")
    rebuild_store(root)
    assert query(root, "select * from ruling order by all") == before
    with scratch_database(root / "vault") as database:
        assess_as_recorded(database, history_of(root, None), "before")


def test_a_proposal_given_again_with_another_award_is_not_taken_for_the_same(root):
    propose(who(root, "甲"), "1.2-ok", Proposal("重新认定", award_fen=100))
    assert "第1号更正" in propose(who(root, "甲"), "1.2-ok", Proposal("重新认定", award_fen=100))
    with pytest.raises(UsageError, match="adjustment 1 of 甲 is open"):
        propose(who(root, "甲"), "1.2-ok", Proposal("重新认定", award_fen=200))


def test_a_refusal_found_wrong_is_mended_by_an_award_that_two_people_set(root):
    """Neither a file nor a fact says so: people do."""
    assert "由人认定：核准，" in propose(who(root, "甲"), "1.1-before", Proposal("批复日期认定有误", award_fen=300_000_000))
    agree(who(root, "乙"), "1.1-before")
    assert "补充核准的金额为3,000,000.00元" in letter_text(root, "1.1-before") and "核定金额由我单位审核认定" in letter_text(root, "1.1-before")


@pytest.mark.long
def test_a_refused_claim_is_named_among_those_that_would_come_out_otherwise(root, waived):
    ruled(root, "v08", "V08", waived, "refuse")
    assert "0.00元（追回" in next(line for line in list_open(who(root, "甲")).splitlines() if "v08" in line)


# ---------------------------------------------------------------- limits count the net


@pytest.mark.long
def test_room_that_a_recovery_frees_goes_to_the_next_claim_and_the_claims_between_are_named(root, tmp_path):
    told = agreed(root, "2.2-rent-2")
    assert "2.2-rent-3　91411703MA0000023W　条款2.2：300,000.00元 → 400,000.00元（补发100,000.00元）" in told
    assert "2.2-rent-4　91411703MA0000023W　条款2.2：0.00元 → 100,000.00元（补发100,000.00元）" in told and "2.2-rent-1" not in told
    claim = LINE["2.2-rent-4"].replace("2.2-rent-4", "next").replace("500000,2024-01-01,2024-06-15", "3000000,2024-06-16,2024-06-30")
    finished = settle(root, folder_of(tmp_path / "three", [claim]), "three", dt.date(2024, 8, 31))
    # 1,000,000 in all, of which 200,000 + 100,000 + 300,000 are given; half the tax of 2024 is 500,000
    assert b"next,91411703MA0000023W,2.2,2024,reduced,400000.00,400000.00,0.00,91411703MA0000023W,R01;R02" in decisions(finished)


@pytest.mark.long
def test_what_is_given_once_can_be_given_again_when_it_was_recovered(root, tmp_path):
    agreed(root, "1.1-once-a", award_fen=0)
    claim = LINE["1.1-once-b"].replace("1.1-once-b", "again")
    finished = settle(root, folder_of(tmp_path / "three", [claim]), "three", dt.date(2024, 8, 31))
    assert b"again,91411703MA0000013U,1.1,2022,approved,8000000.00" in decisions(finished)


@pytest.mark.long
def test_an_adjustment_is_adjusted_again_by_what_stands(root, tmp_path):
    agreed(root, "2.2-rent-2")
    settle(root, folder_of(tmp_path / "three", tax=[LOWER_TAX.replace("100000,100000", "300000,100000")]), "three", dt.date(2024, 8, 31))
    assert "第2号更正：补发100,000.00元；已同意" in agreed(root, "2.2-rent-2")
    assert net(root, "2.2-rent-2")[0] == 20_000_000
    assert query(root, "select number, sum(share_fen) from adjustment_share group by number order by number") == [(1, -40_000_000), (2, 10_000_000)]


@pytest.mark.torture
def test_adjusting_all_that_is_named_gives_what_right_facts_would_have_given_at_first(root, tmp_path):
    right = shutil.copytree(INPUT, tmp_path / "right")
    lines = (right / "retained_tax.csv").read_text(encoding="utf-8").splitlines()
    corrected = {tuple(line.split(",")[:2]): line for line in (LOWER_TAX, HIGHER_TAX)}
    lines = [corrected.get(tuple(line.split(",")[:2]), line) for line in lines]
    (right / "retained_tax.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    settle(tmp_path / "fresh", right)
    assert "结果会不同的已决定申报：2件\n  2.1-limit　" in list_open(who(root, "甲"))
    for claim_id in ("2.1-limit", "2.2-rent-2", "2.2-rent-3", "2.2-rent-4"):
        agreed(root, claim_id)
    assert "结果会不同的已决定申报：0件" in list_open(who(root, "甲"))
    columns = "claim_id, outcome, computed_fen, award_fen, carry_fen, city_fen, county_fen, payee, reason_codes"
    assert query(root, f"select {columns} from decided_net where run = 1 order by 1") == query(tmp_path / "fresh", f"select {columns} from decided order by 1")


@pytest.mark.long
def test_under_a_policy_with_carried_amounts_and_turns_nothing_is_out_of_line_while_no_fact_changes(tmp_path):
    settle(tmp_path / "workspace", SAMPLE_DATA / "2020-53", policy="zhumadian-2020-53")
    assert "结果会不同的已决定申报：0件" in list_open(who(tmp_path / "workspace", "甲"))


# ---------------------------------------------------------------- the record


@pytest.mark.torture
def test_the_record_gives_the_same_tables_again_and_a_trial_the_same_decisions(root, tmp_path):
    for claim_id in ("2.2-rent-2", "1.1-cap-3", "1.1-once-a"):
        agreed(root, claim_id, **({"award_fen": 0} if claim_id == "1.1-once-a" else {}))
    claims = [
        LINE["2.2-rent-4"].replace("2.2-rent-4", "next").replace("500000,2024-01-01,2024-06-15", "3000000,2024-06-16,2024-06-30"),
        LINE["1.1-once-b"].replace("1.1-once-b", "again"), LINE["1.1-cap-3"],
    ]
    settle(root, folder_of(tmp_path / "three", claims), "three", dt.date(2024, 8, 31))
    tables = ("adjustment", "adjustment_share", "adjusted", "adjusted_step", "held", "decided_net")
    before = {table: query(root, f"select * from {table} order by all") for table in tables}
    rebuild_store(root)
    assert {table: query(root, f"select * from {table} order by all") for table in tables} == before
    with scratch_database(root / "vault") as database:
        assess_as_recorded(database, history_of(root, None), "before")
    assert "若：" in explain_claim(root, "next") and "不能重现" not in explain_claim(root, "next")


# ---------------------------------------------------------------- approved with a month: owed, taken off, paid back


OWED = """select '2.2-rent-2' as claim_id, 0 as number, {instalment} as instalment, 'city' as treasury, '' as place,
    '91411703MA0000023W' as payee, date '2024-07-10' as due_on, {fen}::bigint as amount_fen"""
PAID = OWED.replace("date '2024-07-10' as due_on, ", "").replace("payee,", "payee, '示例23' as payee_name, '示例银行' as bank, '1' as account,") + """,
    'P2024-000001' as payment_id, null::varchar as replaces, date '2024-07-11' as planned_on"""


def approved(root: Path, claim_id: str) -> dict[str, list[tuple]]:
    with desk(root, "test", "丙", DAY) as at:
        relations = approve_adjustments(at.database, f"select claim_id, number from adjustment where action = 'agree' and claim_id = '{claim_id}'", DAY, DAY)
        rows = {name: at.database.rows(sql) for name, sql in relations.items()}
        at.record("approve", {"month": "2024-08", "minutes": ""}, relations)
        return rows


@pytest.mark.parametrize("result, taken_off, paid_back", [
    pytest.param(None, 10_000_000, 30_000_000, marks=pytest.mark.long, id="on its way"),
    pytest.param("paid", 10_000_000, 30_000_000, id="paid"), pytest.param("returned", 40_000_000, 0, id="returned"),
])
def test_a_recovery_takes_off_what_is_owed_and_asks_back_what_is_paid(root, result, taken_off, paid_back):
    with desk(root, "test", "甲", DAY) as at:
        owed = " union all ".join(OWED.format(instalment=number, fen=fen) for number, fen in ((1, 40_000_000), (2, 10_000_000)))
        at.record("approve", {"month": "2024-07", "minutes": ""}, {"payable": owed, "posting": f"""
            select due_on as posted_on, treasury, place, 2024 as year, 'awarded' as debit, 'payable' as credit, amount_fen, claim_id, '' as says from ({owed})"""})
        at.record("plan", {}, {"payment": PAID.format(instalment=1, fen=40_000_000)})
        if result:
            at.record("confirm", {}, {"payment_result": f"select 'P2024-000001' as payment_id, '{result}' as result, date '2024-07-12' as resulted_on, '' as reason"})
    agreed(root, "2.2-rent-2")
    rows = approved(root, "2.2-rent-2")
    assert rows["payable"] == [] and sum(row[-2] for row in rows["payable_reduction"]) == taken_off
    moved = {(debit, credit): fen for _, _, _, _, debit, credit, fen, *_ in rows["posting"]}
    assert moved == {key: fen for key, fen in ((("payable", "awarded"), taken_off), (("receivable", "awarded"), paid_back)) if fen}
    assert query(root, "select sum(amount_fen)::bigint from payable_net") == [(50_000_000 - taken_off,)]


def test_a_supplementary_award_is_owed_by_its_treasury(root):
    agreed(root, "2.1-limit")
    rows = approved(root, "2.1-limit")
    assert rows["payable"] == [("2.1-limit", 1, 1, "city", "", "91411702MA0000022B", DAY, 35_000_000)] and rows["payable_reduction"] == []
    assert [row[4:7] for row in rows["posting"]] == [("awarded", "payable", 35_000_000)]


# ---------------------------------------------------------------- letters


def letter_text(root: Path, claim_id: str) -> str:
    with desk(root, "test", "甲", DAY) as at:
        claim = decided_claim(at.database, at.workspace, at.runs, claim_id)
        case = letter_case(at.database, at.workspace, at.settings, claim, claim.agreed[-1].number)
        letter = letter_of(case, template_dir() / "letters")
        letter["paragraphs"] = [paragraph["lead"] + paragraph["text"] for paragraph in letter["paragraphs"]]
        return "\n".join(texts_of(letter))


def test_letters_tell_why_how_much_by_whom_and_where_to(root):
    (root / "claims.toml").write_text('[recovery]\ndays = 45\npay_to = "某财政专户，某银行，账号123"\n', encoding="utf-8")
    agreed(root, "2.2-rent-2", reason="税务局更正了留成数")
    recovery = letter_text(root, "2.2-rent-2")
    for words in (
        "税务局更正了留成数。", "增值税留成：原认定为900,000.00元，更正为100,000.00元。", "核定金额为500,000.00元，",
        "更正后的核定金额为100,000.00元", "多核定的金额为400,000.00元（大写：人民币肆拾万元整）", "市级财政承担的部分，应退回400,000.00元",
        "请自收到本通知之日起45日内退回", "退回的资金缴入：某财政专户，某银行，账号123。", "行政复议",
    ):
        assert words in recovery
    agreed(root, "1.1-cap-3")
    supplementary = letter_text(root, "1.1-cap-3")
    for words in ("补充核准的金额为3,000,000.00元", "市级财政增加承担999,900.00元", "受益县区财政（西平县）增加承担2,000,100.00元", "银行账号：6200000000000004"):
        assert words in supplementary


@pytest.mark.long
def test_the_command_shows_proposes_agrees_and_drafts_the_letter(root, tmp_path):
    def adjust(*arguments):
        return give("adjust", *arguments, "--workspace", root, "--on", DAY, cwd=tmp_path)
    assert adjust("2.2-rent-2", "--award", "1e3", "--reason", "x").returncode == adjust("--agree").returncode == 2
    assert "第1号更正：追回400,000.00元；待另一人同意（甲）" in adjust("2.2-rent-2", "--reason", "税务局更正", "--actor", "甲").stdout
    refused = adjust("2.2-rent-2", "--agree", "--actor", "甲")
    assert refused.returncode == 2 and "another person must do this" in refused.stderr
    done = adjust("2.2-rent-2", "--agree", "--actor", "乙")
    letter = root / "adjustments" / "zhumadian-2020-36" / "2.2-rent-2-1" / "2.2-rent-2+1.pdf"
    assert done.returncode == 0 and str(letter) in done.stdout and letter.read_bytes().startswith(b"%PDF")
    drawn = letter.read_bytes()
    letter.unlink()
    assert adjust("2.2-rent-2", "--agree", "--actor", "乙").returncode == 0 and letter.read_bytes() == drawn
