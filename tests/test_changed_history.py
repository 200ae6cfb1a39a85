"""A change tried at once over all runs, or run after run on facts that are kept, gives claim by claim what taking in and assessing run after run gives."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from claims import changed_history
from claims.changed_history import assess_under, reached
from claims.database import Database, scratch_database
from claims.errors import UsageError
from claims.impact import AFTER, BEFORE, compare
from claims.policy.change import changed_policy
from claims.policy.compiler import CompiledPolicy
from claims.policy.model import SHIPPED, Change, Policy, find_policy, load_policy
from claims.replay import FactUnknown, History, Replay, assess_as_recorded, assess_run_by_run
from pipelines.whatif import changed_versions, history_of
from sample_data.months import write_months
from tests.commands import few_claims, given
from tests.filling import filled
from tests.settle import CASES, settle
from tests.test_patent_policy import settled_nights

POLICY, PATENTS = load_policy(find_policy(None)), load_policy(SHIPPED / "zhumadian-2020-53")
FEW = {"C1.calendar": [], "B7.previous": ["night2"], "C1.calendar-next": []}
"""Alternatives that are tried night after night, with the nights whose claims are taken in again from the record: claims are decided that were held; the row of
another year is looked up, and claims of the first night are held for it, so that the second night has others; claims of the first night are refused
that ones of the second night are held for being like, which shows only when the change was tried at once."""

ACROSS_ACTS = ("B6.yearly", "G1.ten-thousand")
"""Alternatives: one by which claims of several nights are bound together, and one that rounds everything."""


def written_anew(folder: Path, texts: dict[str, str]) -> Path:
    """A copy of the policy with other texts in place of some."""
    shutil.copytree(POLICY.source, folder)
    for path in folder.glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        for old, new in texts.items():
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
    return folder


def two_nights(root: Path) -> None:
    for night in ("night1", "night2"):
        settle(root, CASES / "two-nights" / night, label=night)


def six_months(root: Path) -> None:
    for folder, last_day in write_months(root / "in", months=6, seed=1).items():
        settle(root, folder, folder.name, last_day)


def with_acts_of_people(root: Path) -> None:
    """Rulings, an adjustment, a calendar and a version of the policy come between the nights."""
    settle(root, few_claims(root / "may", "1.1-cap-1", "1.1-before", "1.2-ok", "2.4-year-1", "v01-empty", "v08"), "may", dt.date(2024, 5, 31))
    given(root, "张敏", "2024-06-01", "review", "export", "-o", str(root / "out.xlsx"))
    rulings = {("v08", "V08"): ("放行", "验资报告已核对"), ("v01-empty", "V01"): ("不予支持", "长期未补")}
    given(root, "张敏", "2024-06-01", "review", "import", str(filled(root / "out.xlsx", root / "in.xlsx", rulings)))
    (root / "calendar.toml").write_text('[[year]]\nyear = 2030\nsource = "示例"\noff = [2030-01-01]\n', encoding="utf-8")
    settle(root, few_claims(root / "june", "1.5-manager", "2.2-rent-1"), "june", dt.date(2024, 6, 30))
    given(root, "甲", "2024-07-01", "adjust", "2.4-year-1", "--award", "1000.00", "--reason", "税务局更正")
    given(root, "乙", "2024-07-01", "adjust", "2.4-year-1", "--agree")
    version = written_anew(root / "version", {"office_cap = { value = 3_000_000,": "office_cap = { value = 2_000_000,"})
    settle(root, few_claims(root / "july", "2.4-year-2", "2.2-rent-2"), "july", dt.date(2024, 7, 31), policy=str(version))


@contextmanager
def tried_on(root: Path) -> Iterator[tuple[Database, History]]:
    history = history_of(root, None)
    with scratch_database(root / "vault") as database:
        assess_as_recorded(database, history, BEFORE)
        yield database, history


def assert_same_run_by_run(database: Database, history: History, changes=(), other: Policy | None = None) -> list[str] | None:
    """See that both ways agree. Returns the runs that were taken in again, or none where the change was tried at once."""
    slow, taken_in = [], []
    taking_in = Replay._take_in_claims
    ways = {AFTER: lambda: assess_under(database, history, versions, BEFORE, AFTER),
            "slow": lambda: assess_run_by_run(database, history, versions, "slow")}
    try:
        versions = changed_versions(history, changes, other)
    except UsageError:
        return []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Replay, "_take_in_claims", lambda replay, entry, *policies: taken_in.append((replay.schema, entry.body["label"])) or taking_in(replay, entry, *policies))
        patch.setattr(changed_history, "assess_run_by_run", lambda *given, **named: slow.append(given) or assess_run_by_run(*given, **named))
        told = {schema: outcome_of(way) for schema, way in ways.items()}
    assert told[AFTER] == told["slow"]
    if told["slow"] is None:
        for table in ("run", "decided", "held", "bound_limit"):
            one, other = (f"select * from {schema}.{table}" for schema in ways)
            differing = database.rows(f"({one} except all {other}) union all ({other} except all {one})")
            assert differing == [] and (table != "decided" or database.rows(f"select count(*) > 0 from slow.{table}") == [(True,)])
    return [label for schema, label in taken_in if schema == AFTER] if slow else None


def outcome_of(way) -> tuple[str, ...] | None:
    try:
        way()
    except FactUnknown as unknown:
        return (str(unknown), *unknown.names)


def test_a_change_is_tried_on_kept_facts_as_long_as_claims_are_held_alike_and_gives_what_taking_them_in_again_gives(tmp_path):
    two_nights(tmp_path)
    with tried_on(tmp_path) as (database, history):
        few = [one for one in POLICY.alternatives if one.id in FEW]
        assert {one.id: assert_same_run_by_run(database, history, one.changes) for one in few} == FEW


def test_what_people_ruled_and_corrected_between_the_nights_stands_when_a_change_is_tried_at_once(tmp_path):
    with_acts_of_people(tmp_path)
    with tried_on(tmp_path) as (database, history):
        assert len(history.versions) == 2 and history.adjustments and len({entry.body["calendar_sha256"] for entry in history.entries}) == 2
        assert all(assert_same_run_by_run(database, history, one.changes) is None for one in POLICY.alternatives if one.id in ACROSS_ACTS)
        assert database.rows(f"select reason_codes from {AFTER}.decided where claim_id in ('v08', 'v01-empty') order by all") == [("E90",), ("W01",)]


def test_claimants_of_every_night_are_named(tmp_path):
    for label, claim, last_day in (("may", "1.1-cap-1", dt.date(2024, 5, 31)), ("june", "2.4-year-1", dt.date(2024, 6, 30))):
        settle(tmp_path, few_claims(tmp_path / label, claim), label, last_day)
    with tried_on(tmp_path) as (database, history):
        assess_under(database, history, history.versions, BEFORE, AFTER)
        compare(database, history.latest)
        assert database.rows("select claim_id, name <> '' from compared order by all") == [("1.1-cap-1", True), ("2.4-year-1", True)]


def test_names_that_are_like_others_and_codes_that_are_called_otherwise_change_no_facts(tmp_path):
    folder = few_claims(tmp_path / "in", "1.1-cap-1", "2.2-rent-1", "2.4-year-1", "2.4-year-2")
    lines = (folder / "claims.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    doubled = next(line for line in lines if line.startswith("1.1-cap-1")).replace("50000000", "60000000")
    (folder / "claims.csv").write_text("".join([*lines, doubled]), encoding="utf-8")
    recorded = written_anew(tmp_path / "recorded", {"first_full_tax_year": "tax__first"})
    settle(tmp_path, folder, "may", dt.date(2024, 5, 31), policy=str(recorded), accepted_gates={})
    capital = written_anew(tmp_path / "capital", {"first_full_tax_year": "TAX__first", "V15": "V95"})
    with tried_on(tmp_path) as (database, history):
        assert assert_same_run_by_run(database, history, [Change(at=["join", "tax"], set={"back": {"year": 1}})]) == []
        assert assert_same_run_by_run(database, history, [], load_policy(capital)) == []


@pytest.mark.torture
@pytest.mark.parametrize(("settled", "policy", "least"), [(two_nights, POLICY, 12), (six_months, POLICY, 12), (settled_nights, PATENTS, 12), (with_acts_of_people, POLICY, 12)])
def test_every_alternative_gives_at_once_what_it_gives_run_by_run(tmp_path, settled, policy, least):
    settled(tmp_path)
    root = tmp_path if (tmp_path / "journal.jsonl").exists() else tmp_path / "workspace"
    with tried_on(root) as (database, history):
        at_once = [assert_same_run_by_run(database, history, one.changes) for one in policy.alternatives if one.changes]
    assert at_once.count(None) >= least


def test_a_change_reaches_the_clauses_that_share_pools_with_those_that_it_computes_otherwise():
    recorded = CompiledPolicy(POLICY)
    by_id = {one.id: one for one in POLICY.alternatives}

    def clauses(name: str) -> list[str]:
        return reached([(recorded, CompiledPolicy(changed_policy(POLICY, by_id[name].changes)))])

    assert clauses("A11.moved-in") == ["1.1", "1.2", "1.3"] and clauses("C1.calendar") == ["3"]
    assert clauses("B13.joint") == ["2.1", "2.2", "2.3", "2.4", "3"]  # a pool that only the change lets both draw on
