"""Acts of offices: recorded like runs, counted like runs, and by people who may act."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
from pathlib import Path

import msgspec
import pytest

from claims.errors import UsageError
from claims.people import acting_person, person_text, require_other_person
from claims.record.journal import os_account
from claims.register import issued_letter_sql
from claims.settings import Actor, load_settings
from pipelines.desk import desk
from pipelines.queries import opened, rebuild_store

DAY = dt.date(2024, 7, 1)
ONE_ROW = "select '2024-06' as month, date '2024-07-01' as closed_on, '甲' as person, date '2024-07-02' as notice_from, date '2024-07-08' as notice_to, 5 as notice_days"


@pytest.fixture
def root(known_edges, tmp_path):
    return shutil.copytree(known_edges, tmp_path / "workspace")


def months(root):
    with opened(root, "test") as (_, database, _runs):
        database.execute('use "zhumadian-2020-36"')
        return database.rows("select * from month")


def test_an_act_counts_like_a_run_and_is_made_anew_from_the_record(root):
    with desk(root, "test", "甲", DAY) as at:
        entry = at.record("close", {"month": "2024-06"}, {"month": ONE_ROW})
        assert [act.sequence for act in at.acts("close")] == [entry.sequence] == [2]
    assert months(root) == [(2, "2024-06", DAY, "甲", dt.date(2024, 7, 2), dt.date(2024, 7, 8), 5)]
    before = months(root)
    rebuild_store(root)
    assert months(root) == before


def test_an_act_that_was_recorded_but_not_applied_counts_when_the_store_is_opened(root, monkeypatch):
    monkeypatch.setattr("claims.record.acts.apply_entry", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt), desk(root, "test", "甲", DAY) as at:
        at.record("close", {"month": "2024-06"}, {"month": ONE_ROW})
    assert len(months(root)) == 1


def test_no_act_is_recorded_for_a_day_before_the_policy_was_in_force(root):
    with pytest.raises(UsageError, match="2004-06-01: zhumadian-2020-36 is in force from 2020-12-16"), desk(root, "test", "甲", dt.date(2004, 6, 1)):
        pass


def settings_with(*people: Actor):
    return msgspec.structs.replace(load_settings(Path("absent")), actor=list(people))


def test_a_name_works_only_from_its_account_once_people_are_listed():
    mine, theirs = Actor("甲", "财政局", os_account()), Actor("乙", "工作局", "somebody-else")
    assert acting_person(settings_with(), None) == os_account()
    assert acting_person(settings_with(), "任何人") == "任何人"
    assert acting_person(settings_with(mine, theirs), None) == acting_person(settings_with(mine, theirs), "甲") == "甲"
    with pytest.raises(UsageError, match="works from the account somebody-else only"):
        acting_person(settings_with(mine, theirs), "乙")
    with pytest.raises(UsageError, match="nobody is listed as 丙"):
        acting_person(settings_with(mine, theirs), "丙")
    with pytest.raises(UsageError, match="nobody is listed with the account"):
        acting_person(settings_with(theirs), None)


@pytest.mark.parametrize("other", ["甲 ", " 甲", "甲\u200b", "甲\u3000"])
def test_a_name_that_looks_the_same_is_no_other_person(root, other):
    with desk(root, "test", "甲", DAY) as at:
        entry = at.record("close", {"month": "2024-06"}, {"month": ONE_ROW})
    with pytest.raises(UsageError, match="甲 closed the month"):
        require_other_person(settings_with(), acting_person(settings_with(), other), os_account(), entry, "closed the month")


def test_documents_say_that_a_name_is_not_bound_to_an_account_unless_people_are_listed(root):
    with desk(root, "test", "甲", DAY) as at:
        act = at.record("close", {"month": "2024-06"}, {"month": ONE_ROW})
        assert person_text(act) == f"甲（姓名未与系统账户绑定，系统账户：{os_account()}）"
        listed = dataclasses.replace(at, settings=settings_with(Actor("甲", "财政局", os_account())))
        assert person_text(listed.record("close", {"month": "2024-06"}, {"month": ONE_ROW})) == "甲"


def test_policies_with_one_pattern_share_the_numbers_of_their_letters(root):
    with desk(root, "test", "甲", DAY) as at:
        at.database.execute("create schema another; create table another.issued_letter as from issued_letter")
        pattern = at.policy.body.letter.number_pattern
        for number, text in ((7, pattern.replace("{year}", str(DAY.year)).replace("{number}", "7")), (9, "别的〔2024〕9号")):
            at.database.execute("insert into another.issued_letter by name select ? as document_number, ? as document_year, ? as document_no, 1 as sequence, "
                                "'x' as claim_id, 0 as number, 'approved' as kind, date '2024-01-01' as issued_on", [number, DAY.year, text])
        letters = issued_letter_sql(at.database, at.policy, "select 'c' as claim_id, 0 as number, 'c' as letter_id, 'approved' as kind", DAY)
        assert [row[0] for row in at.database.rows(f"select document_number from ({letters})")] == [8]
        at.database.execute("drop schema another cascade")


def test_two_people_are_two_names_and_where_people_are_listed_two_accounts(root):
    with desk(root, "test", "甲", DAY) as at:
        entry = at.record("close", {"month": "2024-06"}, {"month": ONE_ROW})
    require_other_person(settings_with(), "乙", os_account(), entry, "closed the month")
    with pytest.raises(UsageError, match="甲 closed the month"):
        require_other_person(settings_with(), "甲", os_account(), entry, "closed the month")
    with pytest.raises(UsageError, match="another person's account"):
        require_other_person(settings_with(Actor("乙", "工作局", os_account())), "乙", os_account(), entry, "closed the month")
