"""A year's commendation: the ranking and its two lists, what refuses the scores, what is shown, and what the record keeps."""

from __future__ import annotations

import csv
import json
import random
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from claims.commendation import Evaluation, Ranked, evaluate
from claims.errors import InputRefused, RecordBroken
from claims.intake import Listing, list_folder
from claims.policy.change import changed_policy
from claims.policy.check import check_policy
from claims.policy.model import SHIPPED, Change, Policy, find_policy, load_policy
from claims.policy.show import show_commendation, show_contents, show_coverage
from claims.record.store import check_vault, enter_policy, open_store
from claims.workspace import Workspace
from pipelines.cli import cli
from pipelines.commend import Commended, Request, commend
from pipelines.queries import rebuild_store
from sample_data import SHIPPED_MONTH, SHIPPED_SCORES
from sample_data.scores import SCORED_YEAR
from tests.random_claims import uscc
from tests.settle import settle

POLICY = load_policy(find_policy(None))
D3_OUT = next(alternative for alternative in POLICY.readings["D3"].alternative if alternative.id == "D3.out")
YEAR = 2023
BANKS = sorted(uscc(random.Random(number)) for number in range(9))
INSURER, STRANGER = uscc(random.Random(20)), uscc(random.Random(21))
HEADER = "uscc,year,score,parent_name\n"
INSTITUTIONS = "uscc,name,sector,level,origin,established_on,regulator_approved,city_share_pct,county\n"


def institution(code: str, name: str, sector: str = "bank") -> str:
    return f"{code},{name},{sector},city_branch,new,2021-03-01,yes,60,示例县\n"


def scores(*values: str, parent: str = "示例银行总行") -> str:
    """A file that gives the banks these scores, in their order."""
    return HEADER + "".join(f"{bank},{YEAR},{score},{parent}\n" for bank, score in zip(BANKS, values))


@pytest.fixture(scope="module")
def registered(tmp_path_factory) -> Path:
    """A workspace that knows the banks, and an insurer."""
    root = tmp_path_factory.mktemp("registered")
    rows = [institution(code, f"示例第{number}银行") for number, code in enumerate(BANKS, 1)]
    (root / "in").mkdir()
    (root / "in" / "institutions.csv").write_text(INSTITUTIONS + "".join(rows) + institution(INSURER, "示例保险", "insurance"), encoding="utf-8")
    settle(root / "workspace", root / "in")
    return root / "workspace"


@pytest.fixture
def root(registered, tmp_path) -> Path:
    return shutil.copytree(registered, tmp_path / "workspace")


@pytest.fixture(scope="module")
def evaluated(registered, tmp_path_factory) -> Iterator:
    """Reads a text of scores under a policy; the workspace stays as it is."""
    folder = tmp_path_factory.mktemp("evaluated")
    workspace = Workspace(shutil.copytree(registered, folder / "workspace"))

    def read(text: str, policy: Policy = POLICY) -> Evaluation:
        (folder / "scores.csv").write_text(text, encoding="utf-8")
        listing = Listing(folder, [("scores.csv", policy.score_tables[policy.body.commendation.table])], [])
        return evaluate(database, policy, listing, YEAR, workspace.fresh_scratch("commend"))

    with open_store(workspace) as database:
        enter_policy(database, POLICY)
        yield read


def sent(root: Path, text: str, name: str = "scores.csv", policy: str | None = None) -> Commended:
    """Commend by a file with this text."""
    (root.parent / name).write_text(text, encoding="utf-8")
    return commend(root, Request(root.parent / name, YEAR, "测试", policy))


def with_places(**places: object) -> Policy:
    """The policy with these places for the honour."""
    return changed_policy(POLICY, [Change(at=["commendation", "honour"], set=places)])


def journal_of(root: Path) -> list[str]:
    return [entry.kind for entry in Workspace(root).journal.entries()]


# ---------------------------------------------------------------- the ranking

LISTS = {
    "a score at the threshold, and one hundredth below it": ({"from": 90, "at_most": 5}, ["90.00", "89.99"], ["listed", "below"]),
    "a threshold with decimals": ({"from": Decimal("89.99"), "at_most": 5}, ["89.99", "89.98"], ["listed", "below"]),
    "more who qualify than places": ({"from": 90, "at_most": 2}, ["93", "92", "91", "80"], ["listed", "listed", "beyond", "below"]),
    "a tie at the last place, all of them in": (
        {"from": 90, "at_most": 2, "ties": "in"}, ["95", "92", "92", "91"], ["listed", "tied_in", "tied_in", "beyond"]),
    "a tie at the last place, all of them out": (
        {"from": 90, "at_most": 2, "ties": "out"}, ["95", "92", "92", "91"], ["listed", "tied_out", "tied_out", "beyond"]),
    "a tie that has just as many places": ({"from": 90, "at_most": 3, "ties": "out"}, ["95", "92", "92", "91"], ["listed"] * 3 + ["beyond"]),
    "a tie below the threshold": ({"from": 90, "at_most": 2, "ties": "in"}, ["95", "89.5", "89.50"], ["listed", "below", "below"]),
    "nobody qualifies": ({"from": 90, "at_most": 2}, ["0", "50"], ["below", "below"]),
}


@pytest.mark.parametrize("places, given_scores, standings", LISTS.values(), ids=LISTS)
def test_who_is_on_a_list(evaluated, places, given_scores, standings):
    ranking = evaluated(scores(*given_scores), with_places(**places)).ranking
    standing = {ranked.party: ranked.honour for ranked in ranking}
    assert [standing[bank] for bank, _ in zip(BANKS, given_scores)] == standings


def test_equal_scores_share_a_rank_and_the_ranks_behind_it_stay_empty(evaluated):
    ranking = evaluated(scores("88", "91.5", "91.50", "90")).ranking
    assert [(ranked.rank, ranked.shared, ranked.score) for ranked in ranking] == [(1, True, 9150), (1, True, 9150), (3, False, 9000), (4, False, 8800)]
    assert [ranked.party for ranked in ranking] == [BANKS[1], BANKS[2], BANKS[3], BANKS[0]]
    assert [ranked.line for ranked in ranking] == [3, 4, 5, 2]


def test_the_other_reading_of_ties_is_the_policys_own_alternative(evaluated):
    text = scores("95", "94", "93", "92", "91", "91")
    assert [ranked.honour for ranked in evaluated(text).ranking][-2:] == ["tied_in", "tied_in"]
    assert [ranked.honour for ranked in evaluated(text, changed_policy(POLICY, D3_OUT.changes)).ranking][-2:] == ["tied_out", "tied_out"]


@settings(max_examples=15, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(st.lists(st.integers(8997, 9003), min_size=1, max_size=9), st.integers(1, 6), st.sampled_from(["in", "out"]))
def test_the_list_is_what_taking_places_by_hand_gives(evaluated, hundredths, at_most, ties):
    """By hand: whole groups of one score take places from the highest on; the first group that does not fit ends it."""
    ranking = evaluated(scores(*(f"{score // 100}.{score % 100:02d}" for score in hundredths)), with_places(at_most=at_most, ties=ties)).ranking
    expected, places = set(), at_most
    for score in sorted({score for score in hundredths if score >= 9000}, reverse=True):
        group = {bank for bank, its in zip(BANKS, hundredths) if its == score}
        if places > 0 and (len(group) <= places or ties == "in"):
            expected |= group
        places -= len(group)
    assert {ranked.party for ranked in ranking if ranked.commended} == expected
    assert [ranked.rank for ranked in ranking] == [1 + sum(other > score for other in hundredths) for score in sorted(hundredths, reverse=True)]


# ---------------------------------------------------------------- what refuses the scores


def test_every_problem_is_told_at_once_and_nothing_is_changed(root):
    wrong = BANKS[0][:-1] + next(char for char in "0123456789" if char != BANKS[0][-1])
    rows = [f"{BANKS[0]},2022,80,总行", f"{BANKS[1]},{YEAR},90.005,总行", f"{BANKS[1]},{YEAR},90,总行", f"{BANKS[2]},{YEAR},100.01,总行",
            f"{BANKS[3]},{YEAR},,总行", f"{BANKS[4]},{YEAR},70,总行", f"{STRANGER},{YEAR},70,总行", f"{INSURER},{YEAR},70,总行", f"{wrong},{YEAR},70,总行"]
    before = Workspace(root).journal.path.read_bytes()
    with pytest.raises(InputRefused) as refused:
        sent(root, HEADER + "\n".join(rows))
    told = [
        (2, "“2022” under “年度” is not 2023"), (3, "“90.005” under “考核得分” cannot be read"), (4, f"“{BANKS[1]}” under “统一社会信用代码” stands at scores.csv:3"),
        (5, "“100.01” under “考核得分” cannot be read"), (6, "“考核得分” is empty"),
        (8, f"“{STRANGER}” under “统一社会信用代码” is not registered"), (9, f"“{INSURER}” under “统一社会信用代码” (示例保险) may not be ranked, only 银行 may"),
        (10, f"“{wrong}” under “统一社会信用代码” fails its check character"),
    ]
    assert sorted(problem.split(": ")[0] for problem in refused.value.problems) == sorted(f"scores.csv:{line}" for line, _ in told)
    for line, words in told:
        [problem] = [problem for problem in refused.value.problems if problem.startswith(f"scores.csv:{line}: ")]
        assert words in problem and ": " in problem.split(words)[1]
    assert Workspace(root).journal.path.read_bytes() == before and not Workspace(root).commendations.exists()


@pytest.mark.parametrize("text, problem", [
    (HEADER, "no file holds a score"), ("uscc,year\n", "“考核得分” (score) is missing"), (scores("90").replace("score", "points"), "unknown header “points”"),
    (HEADER + f"{BANKS[0]},{YEAR},90\n", "3 cells instead of 4"),
], ids=["no line", "a column that is missing", "an unknown column", "a cell too few"])
def test_a_file_that_is_not_whole_is_refused(evaluated, text, problem):
    evaluation = evaluated(text)
    assert problem in "\n".join(evaluation.problems) and evaluation.ranking == []


def test_a_policy_without_a_commendation_says_so(root):
    (root.parent / "scores.csv").write_text(scores("90"), encoding="utf-8")
    done = CliRunner().invoke(cli, ["commend", str(root.parent / "scores.csv"), "--year", "2023", "--workspace", str(root), "--policy", "zhumadian-2020-53"])
    assert done.exception.exit_code == 2
    assert str(done.exception) == "zhumadian-2020-53 commends nobody: its policy.toml has no [commendation]"


def test_a_run_does_not_read_scores(tmp_path):
    for name in ("evaluations-2023.csv", "claims.csv"):
        (tmp_path / name).write_text("")
    listing = list_folder(POLICY, tmp_path)
    assert ([name for name, _ in listing.readable], listing.not_read) == (["claims.csv"], ["evaluations-2023.csv"])


# ---------------------------------------------------------------- what is shown, and the record

TIED = ("96.5", "93.25", "92", "91", "90", "90.0", "89.99", "79.99")


def table_of(done: Commended) -> list[dict[str, str]]:
    with (done.folder / "ranking.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def letter_text(done: Commended, name: str) -> str:
    return "".join(page.extract_text() for page in PdfReader(done.folder / "letters" / f"{name}.pdf").pages).replace("\n", "")


def test_an_office_file_gives_table_page_and_letters(root):
    office = root.parent / "scores"
    office.mkdir()
    rows = "".join(f"{bank},{YEAR}, {score} ,示例银行总行\n" for bank, score in zip(BANKS, TIED))
    text = f"{YEAR}年考核结果,,,\n统一社会信用代码,年度,考核得分,上级行名称\n{rows}合计,,,\n"
    (office / "evaluations-考核.csv").write_bytes(text.encode("gb18030"))
    (office / "notes.txt").write_text("no table")
    given_command = ["commend", str(office), "--year", str(YEAR), "--workspace", str(root), "--actor", "李四"]
    done = CliRunner().invoke(cli, given_command)
    assert "Ranked: 8, commended: 6, on the priority list: 7\nLetters: 12 = 12 drafted + 0 held back\n" in done.output
    assert done.output.endswith("Not read: notes.txt\n")
    shown = commend(root, Request(office, YEAR, "测试"))
    rows = table_of(shown)
    assert list(rows[0]) == ["rank", "uscc", "name", "score", "commended", "priority", "why"]
    assert [row["rank"] for row in rows] == ["1", "2", "3", "4", "5", "5", "7", "8"]
    assert [(row["score"], row["commended"], row["priority"]) for row in rows[5:]] == [
        ("90.00", "yes", "yes"), ("89.99", "no", "yes"), ("79.99", "no", "no")]
    assert rows[5]["why"].startswith("金融工作先进单位：达到90.00分，末位得分相同，一并列入（名额5个）；")
    page = (shown.folder / "ranking.html").read_text(encoding="utf-8")
    for words in ("2023年支持地方经济发展年度考核", "第一部分第（四）条", "“金融工作先进单位”（6家）", "名单比名额多1家", "重点倾斜名单（7家）", "经办：", "暂定值"):
        assert words in page
    assert sorted(path.stem for path in (shown.folder / "letters").glob("*.pdf")) == sorted(
        f"{kind}-{bank}" for kind in ("commended", "thanks") for bank in BANKS[:6])
    entry = shown.entry
    assert (entry.kind, entry.actor, entry.body["counts"]) == ("commendation", "李四", {"ranked": 8, "commended": 6, "priority": 7})


def test_the_shipped_scores_are_ranked_with_a_tie_at_the_last_place(tmp_path):
    (tmp_path / "in").mkdir()
    shutil.copy(SHIPPED_MONTH / "institutions.csv", tmp_path / "in")
    settle(tmp_path / "workspace", tmp_path / "in")
    done = commend(tmp_path / "workspace", Request(SHIPPED_SCORES, SCORED_YEAR, "测试"))
    assert done.entry.body["counts"] == {"ranked": 27, "commended": 6, "priority": 10}
    assert [row["rank"] for row in table_of(done)][3:7] == ["4", "5", "5", "7"] and done.letters_held == 1


def test_the_letters_say_what_the_article_allows_and_no_amount(root):
    done = sent(root, scores("95"))
    name = done.ranking[0].party_name
    notice, thanks = letter_text(done, f"commended-{BANKS[0]}"), letter_text(done, f"thanks-{BANKS[0]}")
    for words in ("草稿", "关于表彰金融工作先进单位的通知", f"{name}：", "得分95.00分，位列第1名", "学习培训考察", "重点倾斜名单", "驻马店市金融工作局"):
        assert words in notice
    for words in ("草稿", "感谢信", "示例银行总行：", f"贵行所属{name}", "第一部分第（四）条", "“金融工作先进单位”", "衷心的感谢"):
        assert words in thanks
    assert "元" not in notice + thanks


def test_a_letter_that_cannot_be_drawn_is_held_and_told(root):
    done = sent(root, scores("95", parent="示例\U000f0000银行"))
    held = (done.folder / "letters" / "held.csv").read_text(encoding="utf-8").splitlines()
    assert held[0] == "letter,reason_zh,reason_en" and held[1].startswith(f"thanks-{BANKS[0]},") and "U+F0000" in held[1] and len(held) == 2
    assert done.letters_held == 1 and not (done.folder / "letters" / f"thanks-{BANKS[0]}.pdf").exists()


def test_one_without_a_parent_is_commended_and_the_letter_of_thanks_is_told_as_held(root):
    done = sent(root, HEADER + f"{BANKS[0]},{YEAR},95,\n")
    [held] = list(csv.DictReader((done.folder / "letters" / "held.csv").read_text(encoding="utf-8").splitlines()))
    assert held["letter"] == f"thanks-{BANKS[0]}" and "没有上级机构的，不需要感谢信" in held["reason_zh"]
    assert [path.stem for path in (done.folder / "letters").glob("*.pdf")] == [f"commended-{BANKS[0]}"]


def test_the_same_file_again_is_a_no_op_that_mends_what_was_removed(root):
    first = sent(root, scores(*TIED))
    shown, lines = bytes_of(first.folder), journal_of(root)
    (first.folder / "ranking.csv").unlink()
    (first.folder / "letters" / f"thanks-{BANKS[0]}.pdf").write_bytes(b"changed")
    again = sent(root, scores(*TIED), name="renamed.csv")
    assert again.repeated and again.entry == first.entry
    assert bytes_of(again.folder) == shown and journal_of(root) == lines == ["run", "commendation"]


def test_a_corrected_file_replaces_the_list_and_the_old_one_stays_in_the_record(root):
    first = sent(root, scores("95", "80"))
    second = sent(root, scores("80", "95"))
    assert not second.repeated and second.replaced == first.entry and second.entry.body["replaces"] == first.entry.sequence
    assert [row["uscc"] for row in table_of(second)] == [BANKS[1], BANKS[0]]
    assert [path.stem for path in sorted((second.folder / "letters").glob("*.pdf"))] == [f"commended-{BANKS[1]}", f"thanks-{BANKS[1]}"]
    assert Workspace(root).vault.read(first.entry.body["inputs"][0]["sha256"]) == scores("95", "80").encode()
    assert journal_of(root) == ["run", "commendation", "commendation"]


def test_the_same_scores_under_a_changed_policy_make_a_new_list(root):
    sent(root, scores("95", "89"))
    folder = shutil.copytree(find_policy(None), root.parent / "policy")
    text = (folder / "policy.toml").read_text(encoding="utf-8")
    (folder / "policy.toml").write_text(text.replace("from = 90\n", "from = 89\n"), encoding="utf-8")
    again = sent(root, scores("95", "89"), policy=str(folder))
    assert [row["commended"] for row in table_of(again)] == ["yes", "yes"] and again.replaced and again.entry.body["counts"]["commended"] == 2


def test_a_name_that_a_later_run_corrects_makes_a_new_list(root):
    first = sent(root, scores("95"))
    (root.parent / "in").mkdir()
    (root.parent / "in" / "institutions.csv").write_text(INSTITUTIONS + institution(BANKS[0], "更名银行"), encoding="utf-8")
    settle(root, root.parent / "in", "later")
    second = sent(root, scores("95"))
    assert second.replaced == first.entry and [row["name"] for row in table_of(second)] == ["更名银行"]


def test_the_same_scores_give_the_same_bytes_in_another_workspace(registered, tmp_path):
    shown = []
    for name in ("one", "two"):
        root = shutil.copytree(registered, tmp_path / name / "workspace")
        shown.append(bytes_of(sent(root, scores(*TIED)).folder))
    assert shown[0] == shown[1] and len(shown[0]) == 3 + 1 + 12


def test_what_stopped_behind_the_journal_line_is_finished_by_the_same_command(root, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("pipelines.commend.publish_commendation", stopped)
        sent(root, scores(*TIED))
    assert journal_of(root) == ["run", "commendation"] and not Workspace(root).commendations.exists()
    done = sent(root, scores(*TIED))
    assert done.repeated and (done.folder / "ranking.html").exists() and journal_of(root) == ["run", "commendation"]


def test_the_record_of_a_commendation_is_verified_with_the_rest(root):
    workspace = Workspace(root)
    before = check_vault(workspace)
    done = sent(root, scores("95"))
    assert check_vault(workspace) == before + 2  # the scores and the ranking; the policy's files are the run's
    assert "from 1 events; all" in rebuild_store(root)
    kept = workspace.vault.path(done.entry.body["results"]["ranking"]["sha256"])
    kept.chmod(0o644)
    kept.write_bytes(kept.read_bytes().replace(b"9500", b"9600"))
    with pytest.raises(RecordBroken, match="was changed"):
        rebuild_store(root)


def test_a_ranking_from_the_record_is_the_ranking(root):
    done = sent(root, scores("95", "90"))
    kept = json.loads(Workspace(root).vault.read(done.entry.body["results"]["ranking"]["sha256"]))
    assert [Ranked(**row) for row in kept] == done.ranking and not [cell for row in kept for cell in row.values() if isinstance(cell, float)]


# ---------------------------------------------------------------- the policy

SLIPS = {
    "an unknown reading": ("policy.toml", '"D4", "D5"]', '"D4", "Z5"]', "commendation 4", "there is no reading Z5"),
    "a missing article": ("policy.toml", 'article = "第一部分第（四）条"', 'article = ""', "commendation 4", "the article is missing"),
    "a table that holds no scores": ("policy.toml", 'table = "evaluations"', 'table = "retained_tax"', "commendation 4", "there is no table that holds scores"),
    "a field that the table lacks": ("policy.toml", 'parent = "parent_name"', 'parent = "head"', "commendation 4", "there is no field of evaluations head"),
    "a field of another type": ("policy.toml", 'score = "score"', 'score = "year"', "commendation 4", "`score` names no optional field of the type score"),
    "a fact of claims": ("policy.toml", "\"sector == 'bank'\"", "\"tenure == 'rent'\"", "commendation 4, eligible", "there is no field of institutions, set or figure tenure"),
    "a choice that the field has not": ("policy.toml", "\"sector == 'bank'\"", "\"sector == 'banks'\"", "commendation 4, eligible", "banks is none of"),
    "no condition": ("policy.toml", "\"sector == 'bank'\"", '"sector"', "commendation 4, eligible", "`sector` is no condition"),
    "a threshold out of range": ("policy.toml", "from = 90\n", "from = 100.5\n", "commendation 4, honour", "100.5 is none"),
    "a threshold too fine": ("policy.toml", "from = 80\n", "from = 80.005\n", "commendation 4, priority", "80.005 is none"),
    "no place": ("policy.toml", "at_most = 5\n", "at_most = 0\n", "commendation 4, honour", "one place or more"),
    "an id of a clause": ("policy.toml", 'id = "4"\narticle', 'id = "3"\narticle', "commendation 3", "a clause has the same id"),
    "scores without a range": (
        "facts.toml", 'type = "score", range = { at_least = 0, at_most = 100 }', 'type = "score"', "evaluations.score", "a score has a `range`"),
    "scores that may be left out": ("facts.toml", 'key = ["uscc", "year"]\nunreadable = "refuse"\n', 'key = ["uscc", "year"]\n',
                                    "table evaluations", "a rank depends on every score"),
    "no item proposed": ("coverage.toml", 'proposed_by = "4"\n', "", "item", "no item is `proposed_by` the commendation 4"),
    "a proposal to nobody": ("coverage.toml", 'decided_by = "市政府', 'no_money = "市政府', "第一部分第（四）条", "`decided_by` says who decides"),
}


@pytest.mark.parametrize("name, old, new, place, problem", SLIPS.values(), ids=SLIPS)
def test_the_check_finds_a_slip_of_a_commendation(tmp_path, name, old, new, place, problem):
    folder = shutil.copytree(find_policy(None), tmp_path / "policy")
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    findings = check_policy(load_policy(folder))
    assert [finding for finding in findings if (finding.file, finding.place) == (name, place) and problem in finding.problem], findings


def test_scores_that_nothing_ranks_are_found(tmp_path):
    folder = shutil.copytree(find_policy(None), tmp_path / "policy")
    text = (folder / "policy.toml").read_text(encoding="utf-8")
    (folder / "policy.toml").write_text(text.partition("[commendation]")[0], encoding="utf-8")
    assert {finding.place for finding in check_policy(load_policy(folder))} == {"table evaluations", "第一部分第（四）条"}


def test_the_policy_in_print_and_the_coverage_name_the_commendation():
    told = show_commendation(POLICY, POLICY.body.commendation)
    for words in ("金融工作先进单位", "90分（含）以上，名额5家，末位得分相同的一并列入", "[sector == 'bank']", "[D3.out]"):
        assert words in told
    assert "   4  金融工作先进单位（第一部分第（四）条）" in show_contents(POLICY)
    assert "【由人决定】市政府表彰，以市政府名义致谢；资金存放由财政等部门按名单办理，不发放奖金；名单由“4”按得分提出" in show_coverage(POLICY)
    assert [folder.name for folder in SHIPPED.iterdir() if load_policy(folder).body.commendation] == [POLICY.id]
