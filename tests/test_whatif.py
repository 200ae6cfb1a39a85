"""What a change would do to a workspace: its whole history under the change, beside what was recorded."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import html
import random
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from claims.changed_history import assess_under
from claims.errors import UsageError
from claims.impact import AFTER, BEFORE, Impact, broken_down, compare
from claims.money import plain_yuan, yuan_text
from claims.policy.model import STARTER, Policy, ReadingsFile, find_policy, load_policy
from claims.record.store import open_store
from claims.replay import NotReproduced, assess_as_recorded, settle
from claims.text_table import text_table
from claims.workspace import Workspace
from pipelines.readings import list_readings, stake_text, stakes_of
from pipelines.whatif import Asked, history_of, scratch_database, trial_of, try_change
from tests.commands import give_here
from tests.policy_kit import settled, write_policy
from tests.random_claims import write_nights
from tests.settle import CASES
from tests.settle import settle as settle_folder
from tests.test_constructs import ADD_ON

POLICY = load_policy(find_policy(None))
HOSTILE = """<script>alert("1")</script>'&{{ 7 }}"""
CHANGES = {
    "office_cap = { value = 3_000_000,": ("2.1.figure.office_cap.value=1", "office_cap = { value = 1,"),
    "effective_from = 2020-12-16": ("policy.effective_from=2020-01-01", "effective_from = 2020-01-01"),
    "local_share = { value = 50,": ("figure.local_share.value=0.01", "local_share = { value = 0.01,"),
    "benefit_months = { value = 36,": ("figure.benefit_months.value=60", "benefit_months = { value = 60,"),
    "{ from = 50_000_000, award = 3_000_000 }": ("1.1.bands.tier_yuan.step.1.award=0", "{ from = 50_000_000, award = 0 }"),
    'provincial_or_above = ["national_hq",': (
        'set.provincial_or_above=["national_hq", "city_branch", "business_hq", "regional_hq", "provincial", "none"]',
        'provincial_or_above = ["city_branch", "none", "national_hq",'),
}
"""A text of policy.toml, the edit of it as the command takes it, and the text with that edit made by hand. Awards come and go, so that other
claims are held for being like one awarded before."""
ASKED = Asked(edits=tuple(edit for edit, _ in CHANGES.values()))
DAYS = (dt.date(2024, 6, 30), dt.date(2024, 7, 31), dt.date(2024, 7, 31))
DECISION = "claim_id, run, outcome, computed_fen, award_fen, city_fen, county_fen, payee, reason_codes"


@dataclass(frozen=True)
class Worlds:
    """Random nights settled under the shipped policy (`root`), and from the first night on under the changed one (`fresh`)."""

    root: Path
    fresh: Path

    def decided(self, root: Path) -> dict[str, tuple]:
        with open_store(Workspace(root)) as database:
            return {row[0]: row[1:] for row in database.rows(f'select {DECISION} from "{POLICY.id}".decided')}


def settled_worlds(folder: Path, seed: int) -> Worlds:
    nights = write_nights(folder / "nights", random.Random(seed), nights=len(DAYS), institutions=12, claims=70)
    for night in nights:
        text = (night / "institutions.csv").read_text(encoding="utf-8")
        name = HOSTILE.replace('"', '""')
        (night / "institutions.csv").write_text(re.sub("测试(\\w+)", lambda match: f'"{name}{match[1]}"', text), encoding="utf-8")
    policy = str(edited_policy(folder / "policy"))
    for night, day in zip(nights, DAYS):
        settle_folder(folder / "workspace", night, night.name, day)
        settle_folder(folder / "fresh", night, night.name, day, policy)
    return Worlds(folder / "workspace", folder / "fresh")


def edited_policy(folder: Path) -> Path:
    shutil.copytree(POLICY.source, folder)
    text = (folder / "policy.toml").read_text(encoding="utf-8")
    for old, (_, new) in CHANGES.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "policy.toml").write_text(text, encoding="utf-8")
    return folder


def tried(root: Path, asked: Asked):
    """A database with both histories, and what their comparison gives."""
    history = history_of(root, asked.policy_name)
    trial = trial_of(history, asked)
    with scratch_database(root / "vault") as database:
        assess_as_recorded(database, history, BEFORE)
        assess_under(database, history, trial.versions, BEFORE, AFTER)
        again, under = ({row[0]: row[1:] for row in database.rows(f"select {DECISION} from {side}.decided")} for side in (BEFORE, AFTER))
        return again, under, compare(database, trial.policy), broken_down(database, trial.policy)


def assert_same_as_settled(worlds: Worlds, again: dict, under: dict) -> None:
    assert again == worlds.decided(worlds.root)
    assert under == worlds.decided(worlds.fresh)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory) -> Worlds:
    return settled_worlds(tmp_path_factory.mktemp("worlds"), 4)


@pytest.fixture(scope="module")
def worlds_tried(worlds):
    return tried(worlds.root, ASKED)


@dataclass(frozen=True)
class Told:
    """What the command tells of the worlds: its text, its page and its file, and the workspace's files before and after it."""

    text: str
    page: Path
    csv: Path
    before: dict[Path, str]
    after: dict[Path, str]


@pytest.fixture(scope="module")
def worlds_told(worlds, tmp_path_factory) -> Told:
    folder = tmp_path_factory.mktemp("told")
    page, changes, before = folder / "page.html", folder / "changes.csv", digests(worlds.root)
    return Told(try_change(worlds.root, ASKED, page, changes), page, changes, before, digests(worlds.root))


def digests(root: Path) -> dict[Path, str]:
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in root.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def edges(known_edges, tmp_path_factory) -> Path:
    return shutil.copytree(known_edges, tmp_path_factory.mktemp("edges") / "workspace")


# ---------------------------------------------------------------- the same as if the change had always been in force


@pytest.mark.long
def test_a_change_over_several_nights_gives_what_a_workspace_settled_under_it_gives(worlds, worlds_tried):
    assert_same_as_settled(worlds, *worlds_tried[:2])
    before, after = worlds.decided(worlds.root), worlds.decided(worlds.fresh)
    assert before.keys() - after.keys() and len({before[claim][0] for claim in before}) == len(DAYS)
    assert sum(before[claim] != after[claim] for claim in before.keys() & after.keys()) > 10


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(100, 112))
def test_whatever_the_nights_a_change_gives_what_a_workspace_settled_under_it_gives(tmp_path, seed):
    worlds = settled_worlds(tmp_path, seed)
    assert_same_as_settled(worlds, *tried(worlds.root, ASKED)[:2])


@pytest.mark.long
def test_every_table_adds_up_to_the_difference_of_the_two_workspaces(worlds, worlds_tried):
    _, _, impact, parts = worlds_tried
    before, after = (sum(row[3] for row in worlds.decided(root).values()) for root in (worlds.root, worlds.fresh))
    assert (impact.before_fen + impact.newly_held_fen, impact.after_fen + impact.released_fen) == (before, after)
    assert impact.more_fen - impact.less_fen == impact.difference_fen != 0
    for sums in (parts.clauses, parts.treasuries, parts.months):
        assert (sum(one.before_fen for one in sums), sum(one.after_fen for one in sums)) == (impact.before_fen, impact.after_fen)
    assert [one.title for one in parts.months] == ["2024-06", "2024-07"]
    assert impact.newly_held == len(worlds.decided(worlds.root).keys() - worlds.decided(worlds.fresh).keys())


@pytest.mark.long
def test_the_file_names_every_claim_that_changes_and_no_other_and_the_workspace_stays_as_it_is(worlds, worlds_told):
    assert worlds_told.after == worlds_told.before
    before, after = worlds.decided(worlds.root), worlds.decided(worlds.fresh)
    with worlds_told.csv.open(encoding="utf-8", newline="") as file:
        rows = {row["claim_id"]: row for row in csv.DictReader(file)}
    told = {claim: (row["outcome_before"], row["award_before_yuan"], row["codes_before"], row["outcome_after"], row["award_after_yuan"],
                    row["codes_after"], row["difference_yuan"], row["city_before_yuan"], row["county_before_yuan"], row["city_after_yuan"],
                    row["county_after_yuan"]) for claim, row in rows.items()}
    expected = {
        claim: (*side_of(before.get(claim)), *side_of(after.get(claim)), difference_of(before.get(claim), after.get(claim)),
                *shares_of(before.get(claim)), *shares_of(after.get(claim)))
        for claim in before.keys() | after.keys() if compared(before.get(claim)) != compared(after.get(claim))
    }
    assert told == expected and all(row["name"].startswith(HOSTILE) for row in rows.values())


def compared(decision: tuple | None) -> tuple | None:
    """What makes a change: the month, and everything decided but what was computed before any limit."""
    return decision and (DAYS[decision[0] - 1].month, decision[1], *decision[3:])


def side_of(decision: tuple | None) -> tuple[str, str, str]:
    return (decision[1], plain_yuan(decision[3]), decision[7]) if decision else ("exception", "", "")


def shares_of(decision: tuple | None) -> tuple[str, str]:
    return (plain_yuan(decision[4]), plain_yuan(decision[5])) if decision else ("", "")


def difference_of(before: tuple | None, after: tuple | None) -> str:
    """Empty where a history leaves the claim to a person: it is not as if it awarded nothing."""
    return plain_yuan(after[3] - before[3]) if before and after else ""


# ---------------------------------------------------------------- nothing changed


@pytest.mark.long
def test_the_policy_as_it_was_changes_nothing_over_several_runs(tmp_path):
    for night in ("night1", "night2"):
        settle_folder(tmp_path, CASES / "two-nights" / night, label=night)
    _, under, impact, parts = tried(tmp_path, Asked(policy_name=POLICY.id))
    assert len(under) > 300 and (impact.claims, impact.difference_fen, impact.newly_held, impact.released) == (0, 0, 0, 0)
    assert parts.limits and not any(limit.newly for limit in parts.limits)


def test_a_program_that_decides_otherwise_today_stops_and_names_the_run(edges, monkeypatch):
    def settle_otherwise(database, compiled):
        settle(database, compiled)
        database.execute("update decision set reason_codes = 'other' where claim_id = '1.1-cap-3'")

    monkeypatch.setattr("claims.replay.settle", settle_otherwise)
    with pytest.raises(NotReproduced, match="run night again as it was recorded: 1 claims differ, 1.1-cap-3 is one of them") as stopped:
        tried(edges, Asked(readings=("A1=lower",)))
    assert stopped.value.exit_code == 1


# ---------------------------------------------------------------- a change by hand


@pytest.mark.long
def test_a_limit_that_binds_now_is_named_with_its_claims(edges):
    _, under, impact, parts = tried(edges, Asked(edits=("2.2.figure.office_cap.value=520_000",)))
    [cap] = [limit for limit in parts.limits if limit.title == POLICY.ceilings["office_cap"].title]
    text = try_change(edges, Asked(edits=("2.2.figure.office_cap.value=520_000",)), None, None)
    # of 200,000 + 500,000 + 300,000 to one bank the second is cut to 320,000, and nothing is left for the third, which was cut before
    assert under["2.2-rent-2"][3] == 32_000_000 and under["2.2-rent-3"][3] == 0 and impact.less_fen == 48_000_000
    assert (cap.before, cap.after, cap.newly) == (3, 4, 1) and "2.2.figure.office_cap.value：1,000,000 → 520,000" in text
    assert re.search(r"2\.2-rent-2 .*核减后核准 R01;R02 +320,000\.00 +-180,000\.00  .*" + cap.title, text)


def test_a_reading_that_takes_a_code_away_decides_the_claims_that_it_held(edges):
    before, under, impact, _ = tried(edges, Asked(readings=("B1=both",)))
    released = under.keys() - before.keys()
    assert released == {"2.2-buy-too"} and impact.released == 1 and under["2.2-buy-too"][3] == impact.difference_fen == 0


def test_what_a_change_holds_is_told_beside_the_sums_and_is_no_money_lost(edges, tmp_path):
    asked = Asked(readings=("B7=previous",))
    before, under, impact, _ = tried(edges, asked)
    held, both = before.keys() - under.keys(), before.keys() & under.keys()
    assert (impact.newly_held, impact.newly_held_fen) == (len(held), sum(before[claim][3] for claim in held)) and impact.newly_held_fen > 0
    assert impact.less_fen == sum(max(before[claim][3] - under[claim][3], 0) for claim in both)
    told = f"另有{len(held)}件已决定的申报按此将待人工处理，其原核定金额{yuan_text(impact.newly_held_fen)}元不计入"
    assert stake_text(impact, "元").endswith(f"；{impact.claims}件申报有变化；{told}")
    text, page = try_change(edges, asked, tmp_path / "held.html", None), (tmp_path / "held.html").read_text(encoding="utf-8")
    assert told in text and told in page and impact.listed == impact.claims + len(held)


@pytest.mark.long
def test_what_only_moves_between_treasuries_is_told_by_treasury_and_claim_by_claim(edges, tmp_path):
    asked = Asked(readings=("A24=shared",))
    before, under, impact, _ = tried(edges, asked)
    moved = sum(before[claim][4] - under[claim][4] for claim in before)
    assert (impact.more_fen, impact.less_fen, impact.shifted) == (0, 0, impact.claims) and moved > 0
    told = f"其中{impact.claims}件有金额在财政之间移动：市级财政少{yuan_text(moved)}元，受益县区财政多{yuan_text(moved)}元"
    assert told in stake_text(impact, "元")
    text, page = try_change(edges, asked, tmp_path / "moved.html", None), (tmp_path / "moved.html").read_text(encoding="utf-8")
    claim = max(before, key=lambda claim: before[claim][4] - under[claim][4])
    share = yuan_text(before[claim][4] - under[claim][4])
    assert told in text and told in page
    assert all(f"市级财政少{share}元，受益县区财政多{share}元" in told_claims for told_claims in (text, re.sub("\\s+", "", page)))


def test_the_recorded_policy_named_to_tell_it_from_others_is_no_change(edges):
    text = try_change(edges, Asked(policy_name=POLICY.id, readings=("A1=lower",)), None, None)
    [change] = re.findall("^改动：(.*)", text, flags=re.MULTILINE)
    assert change.startswith("解读A1改为：")


@pytest.mark.long
def test_edits_are_made_in_the_order_given(edges):
    first = Asked(edits=("1.2.figure.flat_award.value=1", "1.2.figure.flat_award.value=2_000_000"))
    assert tried(edges, first)[2].claims == 0


@pytest.mark.parametrize("asked, problem", [
    (Asked(), "say what to change"),
    (Asked(readings=("Z9=any",)), "has no reading Z9; it has A1, A2"),
    (Asked(readings=("A1=higher",)), "has no alternative higher; it has A1.lower"),
    (Asked(readings=("A4=opening-day",)), "A4.opening-day cannot be computed: it needs a fact that is not collected: 开业当日的实收资本"),
    (Asked(readings=("D5=dense",)), "D5.dense cannot be computed"),
    (Asked(edits=('1.1.ceilings=["half_of_retained_tax"]',)), "have no value for 企业所得税留成, 增值税留成"),
    (Asked(edits=("2.1.figure.office_cap.value",)), "a path and a value are wanted"),
    (Asked(edits=("2.1.figure.office_cap.value=four",)), "four is no value of TOML"),
    (Asked(edits=("2.1.figure.nowhere.value=4",)), "2.1.figure.nowhere.value: `nowhere` leads to 0 places"),
    (Asked(edits=("2.1.figure.office_cap.colour=4",)), "unknown field `colour`"),
    (Asked(edits=("1.1.bands.tier_yuan.step.2.from=50_000_000",)), "1 findings\npolicy.toml: clause 1.1, bands tier_yuan, band 1: overlap"),
    (Asked(policy_name=str(STARTER)), "facts.toml: the table institutions is not the one that the recorded runs read"),
], ids=lambda value: "" if isinstance(value, Asked) else value[:40])
def test_what_cannot_be_tried_is_refused_with_its_reason(edges, asked, problem):
    with pytest.raises(UsageError, match=re.escape(problem)):
        tried(edges, asked)


def test_the_command_ends_with_its_exit_code_and_leaves_no_half_a_file(edges, tmp_path):
    refused = give_here("what-if", "--workspace", edges, "--reading", "A1=higher", "--csv", tmp_path / "a.csv", cwd=tmp_path)
    assert refused.returncode == 2 and refused.stderr == "claims: the reading A1 has no alternative higher; it has A1.lower\n"
    assert give_here("what-if", "--workspace", tmp_path, "--reading", "A1=lower", cwd=tmp_path).returncode == 2 and not [*tmp_path.iterdir()]


# ---------------------------------------------------------------- page, terminal, readings


@pytest.mark.long
def test_the_page_asks_nothing_of_a_network_and_takes_no_name_for_markup(worlds_told):
    text, page = worlds_told.text, worlds_told.page.read_text(encoding="utf-8")
    assert not re.search(r"https?:|//|url\(|@import|<link|src=|href=", page)
    assert HOSTILE not in page and "<script" not in page and HOSTILE in html.unescape(page) and HOSTILE in text
    widths = [int(width) for width in re.findall(r'<rect width="(\d+)"', page)]
    assert max(widths) == 1000 and len(widths) == 2 * page.count('<span class="title">') > 10
    assert f"Page: {worlds_told.page}" in text


def test_the_columns_of_a_text_table_stand_under_each_other_whatever_their_script():
    assert text_table([("条款", "金额"), ("3", "1.00")], right=[1]) == "条款  金额\n3     1.00"


def with_readings(*names: str) -> Policy:
    body, facts, codes, _, coverage = POLICY.parts
    return Policy(POLICY.source, POLICY.files, (body, facts, codes, ReadingsFile([POLICY.readings[name] for name in names]), coverage))


@pytest.mark.long
def test_the_stake_of_a_reading_is_what_trying_it_gives(edges):
    stakes = stakes_of(history_of(edges, None), with_readings("A1", "A4", "A25", "D5"))
    for asked, alternative in (("A1=lower", "A1.lower"), ("A4=claiming", "A4.claiming")):
        impact: Impact = tried(edges, Asked(readings=(asked,)))[2]
        assert impact.less_fen > 0 and stakes[alternative] == stake_text(impact, "元")
        assert f"少{yuan_text(impact.less_fen)}元；{impact.claims}件" in stakes[alternative]
    assert "件已决定的申报按此将待人工处理" in stakes["A25.limited"]
    assert stakes["A4.opening-day"] == "不能测算，缺少事实：开业当日的实收资本"
    assert stakes["D5.dense"].startswith("不作测算：名额")


@pytest.mark.long
def test_which_of_a_workspaces_policies_has_its_readings_listed_is_said(tmp_path):
    other = [{"file": "policy.toml", "instead_of": 'id = "my-policy"', "write": 'id = "other-policy"'}]
    for name, edits in (("my-policy", []), ("other-policy", other)):
        reading = f'[[reading]]\nid = "Z1"\nquestion = "{name}有什么问题"\nanswer = "无"\nwhy = "无"\nalternative = []\n'
        policy = write_policy(tmp_path / name, ADD_ON, readings=reading, edits=edits)
        settled(tmp_path, policy, {}, label=name)
    with pytest.raises(UsageError, match=r"runs of several policies \(my-policy, other-policy\): say with --policy which of them is meant"):
        list_readings(None, tmp_path / "workspace", None)
    for name in ("my-policy", "other-policy"):
        told = give_here("policy", "readings", "--workspace", tmp_path / "workspace", "--policy", name, cwd=tmp_path).stdout
        assert f"{name}有什么问题" in told and told.count("有什么问题") == 1


def test_the_list_of_readings_tells_every_question_answer_and_alternative(tmp_path):
    text = list_readings(None, None, None)
    list_readings(None, None, tmp_path / "readings.html")
    page = html.unescape((tmp_path / "readings.html").read_text(encoding="utf-8"))
    for reading in POLICY.readings.values():
        told = [reading.question, reading.answer, reading.why, *(one.answer for one in reading.alternative),
                *(one.needs or one.beyond or one.id for one in reading.alternative)]
        assert [words for words in told if words not in text or words not in page] == []
    assert "涉及金额" not in text
