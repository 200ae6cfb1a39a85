"""How a claim is explained: everything recorded of it, its cells as they stood in the files, and what other readings would give."""

from __future__ import annotations

import csv
import datetime as dt
import functools
import html
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from claims.database import Database
from claims.explanation import Explanation, OtherReading, explain_decided
from claims.explanation_text import account_text, decided_text, outcome_text
from claims.money import yuan_text
from claims.pages import page
from claims.policy.model import find_policy, load_policy
from claims.recall import recalled
from claims.record.journal import Entry
from claims.record.store import enter_policy, open_store, policy_of, result_source, step_source
from claims.whatif import reassessed, recorded
from claims.workspace import Workspace
from pipelines.explain import explain_claim, write_explanation
from sample_data import SHIPPED_MONTH
from tests.settle import CASES, settle, without_other_readings

POLICY = load_policy(find_policy(None))
HOSTILE = """<script>alert("1")</script>'&{{ 7 }}"""
MORE = {
    "institutions-more.csv": [
        "uscc,name,sector,level,origin,established_on,regulator_approved,city_share_pct,county",
        "91411701MA0000900P,示例地方金融,local_financial,provincial,new,2021-01-10,yes,60,西平县",
        "91411701MA0000901T,示例购房银行,bank,provincial,new,2021-01-10,yes,60,西平县",
        "91411701MA0000902X,\"" + HOSTILE.replace('"', '""') + "\",银行,市级分支机构,新设立,2021年1月10日,是,60%,西平县",
        "91411701MA00009031,示例增资银行,bank,provincial,new,2021-01-10,yes,60,西平县",
        "91411701MA00009044,示例双项银行,bank,city_branch,new,2021-01-10,yes,60,西平县",
        "91411701MA00009057,示例零头基金,fund_company,none,new,2021-01-10,yes,60,西平县",
    ],
    "retained_tax-more.csv": [
        "统一社会信用代码,年度,增值税留成（万元）,企业所得税留成（元）,纳税总额（元）",
        "91411701MA0000900P,2021,2000,0,1", "91411701MA0000900P,2022,2000,0,10000000",
        "91411701MA0000901T,2024,2000,0,", "91411701MA0000902X,2021,100,0,", "91411701MA0000902X,2022,2,0,", "91411701MA0000902X,2023,100,0,",
        "91411701MA00009031,2021,10,0,", "91411701MA00009031,2022,-20,-100000,", "91411701MA00009031,2023,100,0,",
        "91411701MA00009044,2021,300,0,", "91411701MA00009044,2022,200,1000000,",
    ],
    "claims-more.csv": [
        "申报编号,统一社会信用代码,申报条款,所属年度,申报日期,实收资本（万元）,验资日期,取得方式,房屋坐落,建筑面积（平方米）,购房日期,"
        "已付租金（元）,租期起,租期止,基金规模（元）,累计投资额（元）,其中投资本市（元）,受托管理企业信用代码",
        'local,91411701MA0000900P,1.1,2021,2022/1/5,"6,000",2021.3.1,,,,,,,,,,,',
        "early,91411701MA0000900P,2.4,2021,2023-01-05,,,购买,示例路1号,100,2021-05-05,,,,,,,",
        "late,91411701MA0000901T,2.1,2024,2024-04-01,,,购买,示例路2号,100,2024-03-01,,,,,,,",
        "flat,91411701MA0000902X,1.2,2021,2022-01-05,,,,,,,,,,,,,",
        "previous,91411701MA0000902X,2.2,2022,2023-01-05,,,购买,示例路3号,1000,2022-05-05,,,,,,,",
        "later,91411701MA0000902X,2.2,2023,2024-01-05,,,购买,示例路4号,100,2023-05-05,,,,,,,",
        "founded,91411701MA00009031,1.1,2021,2021-12-01,10000,2021-03-01,,,,,,,,,,,",
        "raised,91411701MA00009031,1.1,2022,2022-12-01,30000,2022-03-01,,,,,,,,,,,",
        "refund,91411701MA00009031,2.1,2023,2024-01-05,,,购买,示例路5号,1000,2023-05-05,,,,,,,",
        "item-1,91411701MA00009044,1.2,2021,2022-01-05,,,,,,,,,,,,,",
        "item-3-2021,91411701MA00009044,3,2021,2022-01-06,,,,,,,,,,,,,",
        "item-3-2022,91411701MA00009044,3,2022,2023-01-06,,,,,,,,,,,,,",
        "odd-fen,91411701MA00009057,1.4,2022,2023-01-05,,,,,,,,,,200000000,100000008,100000000,",
    ],
}
"""Claims beside the boundaries: dates, words and units as offices write them, and a name that means harm."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("explained") / "in"
    shutil.copytree(CASES / "boundaries" / "in", folder)
    for name, lines in MORE.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def root(folder) -> Path:
    settle(folder.parent / "workspace", folder)
    return folder.parent / "workspace"


@pytest.fixture(scope="module")
def two_nights(known_nights, tmp_path_factory) -> Path:
    return shutil.copytree(known_nights, tmp_path_factory.mktemp("two-nights") / "workspace")


def opened(root: Path) -> Iterator[tuple[Database, Workspace, Entry]]:
    """Each run of a workspace, after all of them."""
    workspace = Workspace(root)
    with open_store(workspace) as database:
        for entry in workspace.journal.entries():
            enter_policy(database, policy_of(workspace, entry))
            yield database, workspace, entry


@contextmanager
def only_run(root: Path) -> Iterator[tuple[Database, Workspace, Entry]]:
    for run in opened(root):
        yield run


# ---------------------------------------------------------------- the same policy gives the same decisions


def assert_decided_again(root: Path) -> int:
    claims = 0
    for database, workspace, entry in opened(root):
        with recalled(database, workspace, entry) as past:
            again = reassessed(past, past.policy)
            assert again.decisions == recorded(past) and again.unknown == ()
            claims += len(again.decisions)
    return claims


@pytest.mark.long
def test_the_policy_of_the_run_decides_the_sample_month_again_as_it_was(tmp_path):
    settle(tmp_path, SHIPPED_MONTH)
    assert assert_decided_again(tmp_path) == 242


def test_the_policy_of_the_run_decides_the_cases_at_the_edges_again_as_they_were(root):
    assert assert_decided_again(root) == 47 + 13


def test_a_night_is_decided_again_as_it_was_when_others_came_after_it(two_nights):
    decided = [row for night in ("night1", "night2") for row in rows(CASES / "two-nights" / f"{night}.decisions.csv")]
    assert assert_decided_again(two_nights) == sum(row["outcome"] != "exception" for row in decided) > 300


def test_the_claims_of_one_claimant_are_decided_as_among_all(two_nights):
    for database, workspace, entry in opened(two_nights):
        source = result_source(workspace, entry, "decided")
        claims = database.rows(f"select min(claim_id) from {source} group by claimant order by count(*) desc, claimant limit 3")
        for (claim_id,) in claims:
            with recalled(database, workspace, entry, claim_id) as past:
                again = reassessed(past, past.policy).decisions
                assert again == recorded(past) and len(again) > 1


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# ---------------------------------------------------------------- what another reading gives

BY_HAND = {
    "A1.lower": ("1.1-cap-3", "3,000,000.00元（少2,000,000.00元）"),
    "A2.middle": ("1.1-cap-5", "5,000,000.00元（少3,000,000.00元）"),
    "A4.claiming": ("1.1-cap-3", "不予支持（少5,000,000.00元）"),  # opened in spring, claimed in December
    "A5.no-extension": ("1.1-halfyear-holiday", "不予支持（少5,000,000.00元）"),
    "A9.all": ("local", "3,000,000.00元（多3,000,000.00元）"),  # 60 million
    "A10.difference": ("raised", "3,000,000.00元（多3,000,000.00元）"),  # 5,000,000 for 100 million in time, 8,000,000 for 300 million
    "A11.moved-in": ("1.2-moved", "2,000,000.00元（多2,000,000.00元）"),
    "A16.invested": ("1.4-progress-0", "500,000.00元（多500,000.00元）"),  # nearly all of what is invested is local; half the fund is invested
    "A17.local-half": ("1.4-progress-1", "1,000,000.00元（多500,000.00元）"),  # half of the fund is local: all of the ceiling
    "A19.once": ("1.4-grow-b", "不予支持（少4,000,000.00元）"),
    # 500,000.04 in all, of which 40% are 200,000.016
    "A23.each": ("odd-fen", "金额相同，分担为：市级财政300,000.02元、受益县区财政200,000.02元"),
    "A24.shared": ("2.1-limit", "金额相同，分担为：市级财政120,000.00元、受益县区财政80,000.00元"),
    "A25.limited": ("flat", "500,000.00元（少1,500,000.00元）"),  # half of 1,000,000
    "B6.yearly": ("2.2-rent-4", "100,000.00元（多100,000.00元）"),  # 20% of 500,000
    "B7.previous": ("previous", "500,000.00元（多490,000.00元）"),  # half of the 1,000,000 of 2021 is all of 500 × 1,000 m²
    "B8.carried": ("later", "500,000.00元（多450,000.00元）"),  # 50,000 and 490,000 of 2022; half of 1,000,000
    "B9.computed": ("2.2-rent-3", "280,000.00元（少20,000.00元）"),  # 1,000,000 less 200,000 and 520,000
    "B11.each-year": ("2.4-year-2", "不予支持（少180,000.00元）"),  # 8,000,000 in that year
    "B13.joint": ("3-year-2022", "750,000.00元（少0.01元）"),  # a limit is rounded down
    "B18.within": ("late", "不予支持（少50,000.00元）"),  # the three years ended on 9 January
    "B19.once-reached": ("early", "50,000.00元（多50,000.00元）"),  # reached in 2022; 500 × 100 m²
    "B20.civil-code": ("2.3-window", "13,406.59元（多219.78元）"),  # 61 of 91 days: 20% of 67,032.97
    "C1.calendar": ("3-year-2024", "不予支持（少186,475.41元）"),
    "C1.calendar-next": ("3-year-2024", "750,000.01元（多563,524.60元）"),  # the whole of the third year
    # half of 1,000,000 less the 300,000 of 2022; the 100,000 of 2021 came before it
    "C4.offset": ("refund", "350,000.00元（少150,000.00元）"),
    # twice 1,500,000 of item 3 are 1,000,000 more than the 2,000,000 of item 1
    "C7.highest": ("item-3-2022", "1,000,000.00元（少500,000.00元）"),
    "G1.yuan": ("2.3-window", "13,187.00元（多0.19元）"),  # 20% of 65,934.07 is 13,186.81
    "G1.ten-thousand": ("2.3-window", "10,000.00元（少3,186.81元）"),
}
TOLD = ("1.1-cap-3", "flat")
"""Two readings of a tier, and a refund that is limited."""
ELSEWHERE = {
    "B1.both": "it decides claims that are held, and leaves the decided ones as they are: test_whatif.py works it out",
    "G5.suspended": "it refuses claims of August 2024 and later: worked out below",
}


def explained(root: Path, claim_id: str) -> Explanation:
    with only_run(root) as run:
        return explain_decided(*run, claim_id)


explanation = functools.cache(explained)
"""The same, for tests that look at what other readings give: that is computed once for each claim."""


def other_readings(told: Explanation) -> dict[str, OtherReading]:
    """What an explanation says of each alternative, by its id."""
    return {
        alternative.id: other for used in told.readings for alternative, other in zip(POLICY.readings[used.reading.id].alternative, used.others)
    }


def with_those_told(claims: Iterable[str]) -> list:
    """The claims that are explained anyway here, the others with the long checks: an explanation takes a second."""
    return [pytest.param(claim, marks=[] if claim in TOLD else pytest.mark.long) for claim in dict.fromkeys(claims)]


@pytest.mark.parametrize("claim_id", with_those_told(claim for claim, _ in BY_HAND.values()))
def test_another_reading_gives_what_the_text_gives_by_hand(root, claim_id):
    told = other_readings(explanation(root, claim_id))
    expected = {name: words for name, (claim, words) in BY_HAND.items() if claim == claim_id}
    assert {name: told[name].result for name in expected} == expected
    assert all(told[name].differs for name in expected)


def test_every_alternative_that_is_computed_was_worked_out_by_hand():
    used = {name for clause in POLICY.body.clause for name in clause.readings}
    computed = {alternative.id for name in used for alternative in POLICY.readings[name].alternative if alternative.changes}
    assert BY_HAND.keys() | ELSEWHERE.keys() == computed


@pytest.mark.long
def test_the_reading_by_which_clauses_are_suspended_refuses_from_its_day_on(tmp_path):
    days = {"91411701MA00009031": "2024-07-31", "91411701MA00009044": "2024-08-01"}
    files = {
        "institutions": ["uscc,name,sector,level,origin,established_on,regulator_approved,city_share_pct,county",
                         *(f"{code},示例银行,bank,city_branch,new,2021-01-10,yes,60,西平县" for code in days)],
        "claims": [MORE["claims-more.csv"][0], *(f"{day},{code},1.2,2024,{day}{',' * 13}" for code, day in days.items())],
    }
    (tmp_path / "in").mkdir()
    for name, lines in files.items():
        (tmp_path / "in" / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    settle(tmp_path / "workspace", tmp_path / "in", as_of=dt.date(2024, 12, 31))
    told = [other_readings(explanation(tmp_path / "workspace", day))["G5.suspended"].result for day in days.values()]
    assert told == ["结果相同", "不予支持（少2,000,000.00元）"]


def test_what_cannot_be_computed_says_why(root):
    told = other_readings(explanation(root, "1.2-ok"))
    assert told["A25.limited"].result == "不能测算，缺少事实：企业所得税留成、增值税留成"
    for alternative in POLICY.alternatives:
        if alternative.id in told and not alternative.changes:
            assert told[alternative.id].result.endswith(f"：{alternative.needs or alternative.beyond}")
    assert told["A11.moved-in"] == OtherReading("包括迁入", "结果相同", False)


def test_nothing_is_computed_by_a_program_that_decides_otherwise_today(root, monkeypatch):
    """The record stays; what the program would make of it now is no measure of another reading."""
    monkeypatch.setattr("claims.explanation.recorded", lambda past: {claim: None for claim in recorded(past)})
    with only_run(root) as run:
        told = other_readings(explain_decided(*run, "1.2-ok"))
    assert told["A11.moved-in"].result == "不作测算：本版程序不能重现原决定"


# ---------------------------------------------------------------- everything recorded is told

@pytest.fixture(scope="module", params=["1.1-cap-3", "2.2-rent-4", "flat", *(
    pytest.param(claim, marks=pytest.mark.long) for claim in ("1.4-progress-1", "2.1-limit", "1.2-prior", "local"))])
def told(request, root) -> tuple[str, str, str]:
    """A claim, its explanation as text, and the text of its page with a tab where a cell ends. The first have readings of a tier, limits of several
    runs of rent, and a name that means harm."""
    with without_other_readings():
        told = explained(root, request.param)
    return request.param, decided_text(told), page_text(page_of(told))


def page_of(told: Explanation) -> str:
    words = {"outcome_text": outcome_text, "account_text": account_text}
    return page("explain.html", claim_id=told.case.claim_id, decided=[told], held=[], report=None, **words).decode()


def page_text(page: str) -> str:
    body = page.partition("<body>")[2]
    return html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"</td>\n?<td", "</td>\t<td", body)))


def steps_of(root: Path, claim_id: str) -> list[dict]:
    with only_run(root) as (database, workspace, entry):
        source = step_source(database, workspace, entry)
        return database.frame(f"select * from {source} where claim_id = '{claim_id}' order by ordinal").to_dicts()


def raw_cell(folder: Path, file: str, line: int, name: str) -> str:
    """The cell of a field as it stands in the file: read with Python's csv, under either name of the field."""
    lines = list(csv.reader((folder / file).read_text(encoding="utf-8").splitlines()))
    field = next(field for table in POLICY.tables.values() if file.startswith(table.name) for field in table.field if field.name == name)
    names = {field.name, field.header, field.header.replace("（元）", "（万元）")}
    [column] = [place for place, header in enumerate(lines[0]) if header in names]
    return lines[line - 1][column] + ("（万元）" if lines[0][column].endswith("（万元）") else "")


def test_every_fact_stands_beside_its_cell_with_file_and_line(told, root, folder):
    claim_id, text, page = told
    facts = [step for step in steps_of(root, claim_id) if step["kind"] == "fact" and step["file"]]
    assert len(facts) > 4
    for step in facts:
        if step["value"] is not None or step["value_text"] is not None:
            raw = raw_cell(folder, step["file"], step["line"], step["name"].rpartition(".")[2])
            assert f"　原文「{raw}」　[{step['file']} 第{step['line']}行]" in text
            assert re.search(rf"\t{re.escape(raw)}\t[^\t]+\t{re.escape(step['file'])} 第{step['line']}行", page)


def test_every_recorded_amount_and_limit_is_told_before_and_after(told, root):
    claim_id, text, page = told
    steps = steps_of(root, claim_id)
    award = sum(step["value"] for step in steps if step["kind"] == "share")
    for step in steps:
        if step["kind"] in ("computed", "cumulative", "ceiling", "share"):
            assert f"{yuan_text(step['value'])}元" in text and f"{yuan_text(step['value'])}元" in page
        if step["kind"] == "ceiling":
            limit, used, before, after = (
                f"{yuan_text(fen)}元" for fen in (step["allowed"], step["used"], step["remaining"], step["remaining"] - award))
            bound = "　※生效" if step["bound"] else ""
            assert f"：{limit}；此前已核定{used}；本次之前：{before}；本次之后：{after}{bound}\n" in text
            assert f"\t{limit}\t{used}\t{before}\t{after}\t{'※ 生效' if step['bound'] else '未触及'}" in page


def test_article_reasons_readings_and_letter_are_told(told, root):
    claim_id, text, page = told
    with only_run(root) as (database, _, _):
        [(clause, codes, payee)] = database.rows(f"select clause, reason_codes, payee from decided where claim_id = '{claim_id}'")
    named = [POLICY.clauses[clause].article, POLICY.clauses[clause].title, payee or "", *filter(None, codes.split(";")), "未生成"]
    readings = [POLICY.readings[name] for name in POLICY.clauses[clause].readings]
    named += [part for reading in readings for part in (reading.question, reading.answer, reading.why)]
    named += [alternative.answer for reading in readings for alternative in reading.alternative]
    for shown in (text, page):
        assert [part for part in named if part not in shown] == []


@pytest.mark.parametrize("claim_id, applied", [
    ("1.1-cap-3", "100,000,000元（含）至300,000,000元（不含）：5,000,000元"),
    pytest.param("1.1-cap-5", "300,000,000元（含）以上：8,000,000元", marks=pytest.mark.long),
    pytest.param("1.1-cap-0", "低于最低一档：不予支持（E05）", marks=pytest.mark.long),
])
def test_the_band_that_applied_and_no_other_is_marked(root, claim_id, applied):
    told = explanation(root, claim_id)
    text = decided_text(told)
    assert re.findall("^  → (.*)$", text, re.MULTILINE) == [applied] and text.count("\n  　 ") == 3
    [marked] = re.findall('<tr class="marked"><td>(.*?)</td><td>(.*?)</td><td>✓ 适用', page_of(told))
    assert "：".join(marked) == applied


def test_a_refusal_below_the_lowest_band_names_what_the_claim_has_and_where_that_band_begins(root):
    reason = "规模低于该条款的最低一档：实收资本49,999,999.99元，最低一档为50,000,000元（含）以上"
    with without_other_readings(), only_run(root) as run:
        assert [reason.text for reason in explain_decided(*run, "1.1-cap-0").case.reasons] == [reason]


def test_a_cell_is_that_of_its_own_night_though_a_later_file_has_the_same_name(two_nights):
    first, second = (CASES / "two-nights" / night for night in ("night1", "night2"))
    listed = {night: {row["uscc"]: line for line, row in enumerate(rows(night / "institutions.csv"), 2)} for night in (first, second)}
    decided = {row["claim_id"]: row for row in rows(CASES / "two-nights" / "night2.decisions.csv") if row["outcome"] != "exception"}
    cells = {night: [row["established_on"] for row in rows(night / "institutions.csv")] for night in (first, second)}
    claim_id, line, raw = next(
        (row["claim_id"], line, raw) for row in decided.values() if row["uscc"] not in listed[second]
        for line, raw, other in zip(range(2, 999), cells[first], cells[second]) if listed[first].get(row["uscc"]) == line and raw != other)
    with without_other_readings():
        assert f"原文「{raw}」　[institutions.csv 第{line}行]" in explain_claim(two_nights, claim_id)


# ---------------------------------------------------------------- the page


@without_other_readings()
def test_a_page_asks_nothing_of_a_network_and_takes_no_name_for_markup(root, tmp_path):
    assert write_explanation(root, "flat", tmp_path / "flat.html") == f"Page: {tmp_path / 'flat.html'}"
    page = (tmp_path / "flat.html").read_text(encoding="utf-8")
    assert not re.search(r"https?:|//|url\(|@import|<link|src=|href=", page)
    assert HOSTILE not in page and "<script" not in page
    assert page_text(page).count(HOSTILE) == 2
    told = explained(root, "flat")
    assert page == page_of(told) and f"　{HOSTILE}（" in decided_text(told)


def test_a_held_claim_is_told_with_each_code_its_cells_and_what_to_do(root, folder, tmp_path):
    [line] = [number for number, row in enumerate(rows(folder / "claims.csv"), 2) if row["claim_id"] == "v04-check"]
    text = explain_claim(root, "v04-check")
    write_explanation(root, "v04-check", tmp_path / "held.html")
    page = page_text((tmp_path / "held.html").read_text(encoding="utf-8"))
    [held] = [row for row in rows(folder / "claims.csv") if row["claim_id"] == "v04-check"]
    for code in ("V03", "V04"):
        message = re.search(rf"^  {code} (.*)　\[claims.csv 第{line}行\]$", text, re.MULTILINE).group(1)
        assert held["uscc"] in message and f"{code} {POLICY.codes[code].title}\t" in page
        assert f"\t统一社会信用代码\t{held['uscc']}\tclaims.csv 第{line}行\t{message}" in page


@without_other_readings()
def test_the_command_prints_what_the_explanation_tells(root):
    assert explain_claim(root, "1.2-ok") == decided_text(explained(root, "1.2-ok"))
