"""A value that lacks, or that no number holds, holds the claim that needs it and no other; the policy check asks for what certainly slips through."""

from __future__ import annotations

import csv
import datetime as dt
import shutil

import pytest

from claims.policy.check import check_policy
from claims.policy.known import gaps
from claims.policy.model import DEFAULT_POLICY, find_policy, load_policy
from pipelines.explain import explain_claim
from tests.commands import ROOT
from tests.policy_kit import CODE, OTHER_CODE, awards, clauses_of, of_each_clause, settled, write_policy
from tests.settle import CASES, settle

CLAUSE = """
[[clause]]
id = "1"
article = "第三条"
title = "奖励"
readings = []
funding = "city_only"
{head}
[clause.figure]
rate = {{ value = 50, unit = "pct", title = "比例" }}
{parts}
[[clause.way]]
id = "only"
title = "按比例"
amount = {{ value = "{amount}", round = "half_up", says = "{value}" }}
"""
FIELDS = """
  { name = "sum_yuan", header = "金额（元）", type = "money", optional = true, range = { at_least = 0 } },
  { name = "of_pieces", header = "总件数", type = "count", optional = true, range = { at_least = 0 } },
  { name = "pieces", header = "件数", type = "count", optional = true, range = { at_least = 0 } },
  { name = "kind", header = "类别", type = "choice", optional = true, choices = { old = "旧", new = "新" } },
  { name = "closed_on", header = "停业日期", type = "date", optional = true },
"""
TAXES = """
[[table]]
name = "taxes"
title = "纳税"
holds = "reference"
key = ["uscc", "year"]
field = [
  { name = "uscc", header = "统一社会信用代码", type = "uscc" },
  { name = "year", header = "年度", type = "year" },
  { name = "paid_yuan", header = "纳税额（元）", type = "money", range = { at_least = 0 } },
]
"""
TAX_JOIN = """
[[join]]
name = "tax"
table = "taxes"
on = { uscc = "uscc", year = "claim_year" }
"""
FIRST_YEAR = """
[[lookup]]
name = "first_year"
title = "首次纳税年度"
table = "taxes"
on = { uscc = "uscc" }
smallest = "year"
when = "paid_yuan > 0"
article = "第六条"
"""


@pytest.fixture(autouse=True)
def unchecked(monkeypatch):
    """Runs take policies in which the check finds what is tried here: something slips through every check."""
    monkeypatch.setattr("claims.policy.check.check_policy", lambda _: [])


def clauses(amount: str, head: str = "", parts: str = "", before: str = "", value: str = "{value}元") -> str:
    return before + CLAUSE.format(head=head, parts=parts, amount=amount, value=value)


def held(tmp_path, label: str = "one") -> list[dict[str, str]]:
    with (tmp_path / "workspace" / "out" / label / "exceptions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


GOOD = {"sum_yuan": "1000", "of_pieces": "4", "pieces": "2", "kind": "new", "closed_on": "2025-06-30"}
DIVIDED = "rate * sum_yuan * pieces / of_pieces"
DAYS = '''[[clause.let]]
name = "open_days"
title = "营业天数"
unit = "day"
value = "days(claimant.opened_on, closed_on)"
says = "共{value}天"
'''
INSTALMENT = 'needs = ["sum_yuan", "pieces"]\ninstalment = [{ share = "pieces * rate * award", round = "down", due = "submitted_on" }, { remainder = true, due = "closed_on" }]'
LACKS = {
    "a field of the claim that nobody needs": (clauses("rate * sum_yuan"), {"sum_yuan": ""}, "金额（元）「空」"),
    "two fields at once": (clauses(DIVIDED), {"sum_yuan": "", "pieces": ""}, "金额（元）「空」、件数「空」"),
    "a divisor that is zero": (clauses(DIVIDED), {"of_pieces": "0"}, "计算金额（无法确定）"),
    "a sum of more than 18 digits": (clauses(DIVIDED), {"sum_yuan": "9" * 15, "pieces": "9" * 15, "of_pieces": "1"}, "计算金额（无法确定）"),
    "a named value of days": (clauses("rate * sum_yuan * open_days / open_days", parts=DAYS), {"closed_on": "2024-01-01"}, "计算金额（无法确定）"),
    "a fact that a sentence prints": (clauses("rate * sum_yuan", value="{closed_on}停业，{value}元"), {"closed_on": ""}, "停业日期「空」"),
    "a condition that cannot be told": (
        clauses("rate * sum_yuan", 'refuse = [{ code = "E01", when = "kind == \'new\' and closed_on < submitted_on" }]'.replace("<", ">")),
        {"closed_on": ""}, "停业日期「空」"),
    "a row that is not there": (clauses("rate * tax.paid_yuan", before=TAX_JOIN), {"claim_year": "2023"}, "纳税额（元）「空」"),
    "a lookup without a hit": (
        clauses("rate * sum_yuan * whole(sum_yuan, sum_yuan)", 'refuse = [{ code = "E01", when = "claim_year < first_year" }]', before=FIRST_YEAR),
        {"uscc": OTHER_CODE}, "首次纳税年度（无法确定）"),
    "an instalment below zero": (clauses("rate * sum_yuan", INSTALMENT), {"pieces": "3"}, "第2期拨付（无法确定）"),
    "an instalment without a day": (clauses("rate * sum_yuan", INSTALMENT), {"closed_on": ""}, "停业日期「空」"),
}


def test_a_value_that_lacks_holds_its_claim_and_the_others_are_decided(tmp_path):
    text = clauses_of(clause.replace(TAX_JOIN, "").replace(FIRST_YEAR, "") for clause, _, _ in LACKS.values())
    policy = write_policy(tmp_path / "policy", TAX_JOIN + FIRST_YEAR + text, FIELDS, tables=TAXES, checked=False)
    taxes = f"uscc,year,paid_yuan\n{CODE},2025,1000\n"
    rows = of_each_clause(len(LACKS), [GOOD] * 3)
    for row, (_, without, _) in zip(rows[1::3], LACKS.values()):
        row |= without
    decided = awards(settled(tmp_path, policy, *rows, files={"taxes": taxes}))
    found = {row["claim_id"]: row for row in held(tmp_path)}
    for at, (lack, (_, _, told)) in enumerate(LACKS.items()):
        first, second, third = decided[3 * at:3 * at + 3]
        assert (first, second) == (third, "V20") and float(first) > 0, lack
        row = found.pop(claim_id := f"{at + 1:02}-2")
        assert row["code"] == "V20" and f"范围：{told}。依据" in row["message_zh"], lack
        assert told.partition("（")[0] in explain_claim(tmp_path / "workspace", claim_id)
    assert not found


def test_a_choice_that_tells_the_ways_apart_and_is_empty_holds_the_claim(tmp_path):
    two = clauses("rate * sum_yuan", 'needs = ["sum_yuan"]').replace('title = "按比例"', 'title = "旧"\nwhen = "kind == \'old\'"') + '''
[[clause.way]]
id = "new"
title = "新"
when = "kind == 'new'"
amount = { value = "sum_yuan", round = "half_up", says = "{value}元" }
'''
    with pytest.raises(AssertionError, match="clause 1: `kind` may be empty, and nothing is said of that: add it to `needs`"):
        write_policy(tmp_path / "checked", two, FIELDS)
    policy = write_policy(tmp_path / "policy", two, FIELDS, checked=False)
    assert awards(settled(tmp_path, policy, GOOD, GOOD | {"kind": ""})) == ["1000.00", "V20"]


def test_a_condition_that_another_part_of_it_decides_needs_no_more(tmp_path):
    head = 'needs = ["sum_yuan", "kind"]\nrefuse = [{ code = "E01", when = "kind == \'old\' and filled(closed_on) and closed_on < submitted_on" }]'
    policy = write_policy(tmp_path / "policy", clauses("rate * sum_yuan", head), FIELDS)
    rows = [GOOD | {"closed_on": ""}, GOOD | {"kind": "old", "closed_on": ""}, GOOD | {"kind": "old"}]
    assert awards(settled(tmp_path, policy, *rows)) == ["500.00", "500.00", "0.00 E01"]


UNREAD = {
    "a refusal of what is not there": 'refuse = [{ code = "E01", unless = "found(tax) and filled(tax.paid_yuan)" }]',
    "a refusal that asks for less": 'refuse = [{ code = "E01", unless = "tax.paid_yuan > 0" }]',
    "a condition that takes it for an empty one": 'refuse = [{ code = "E01", when = "filled(tax.paid_yuan) and tax.paid_yuan < rate * sum_yuan" }]',
    "a lookup of the first year": 'refuse = [{ code = "E01", unless = "claim_year >= first_year" }]',
}


def test_a_looked_up_cell_that_cannot_be_read_is_no_empty_one_and_holds_its_claim(tmp_path):
    text = clauses_of(clauses("rate * sum_yuan", 'needs = ["sum_yuan"]\n' + head) for head in UNREAD.values())
    policy = write_policy(tmp_path / "policy", TAX_JOIN + FIRST_YEAR + text, FIELDS, tables=TAXES)
    taxes = f"uscc,year,paid_yuan\n{CODE},2024,一千元\n{CODE},2025,1000\n{OTHER_CODE},2024,\n"
    rows = of_each_clause(len(UNREAD), (GOOD | {"claim_year": "2024", "uscc": code} for code in (CODE, OTHER_CODE)))
    decided = awards(settled(tmp_path, policy, *rows, files={"taxes": taxes}))
    assert decided == [award for head in UNREAD.values() for award in ("V20", "500.00" if "filled(tax.paid_yuan) and" in head else "0.00 E01")]
    for unread, row in zip(UNREAD, held(tmp_path), strict=True):
        assert "首次纳税年度（无法确定）" in row["message_zh"] if "lookup" in unread else (row["raw_value"], row["file"]) == ("一千元", "taxes.csv")


def test_shares_of_treasuries_that_are_more_than_the_award_hold_the_claim(tmp_path):
    funding = '''
[[treasury]]
id = "county"
title = "县级财政"
[[treasury]]
id = "town"
title = "镇级财政"
[[funding]]
id = "three"
article = "第九条"
says = "按比例分担"
share = [
  { treasury = "county", share = "rate_of_county * award", round = "down" },
  { treasury = "town", share = "claimant.town_pct * award", round = "down" },
  { treasury = "city", remainder = true },
]
[figure]
rate_of_county = { value = 60, unit = "pct", title = "县级分担", article = "第九条" }
'''
    text = funding + clauses("rate * sum_yuan", 'needs = ["sum_yuan"]').replace('"city_only"', '"three"')
    field = '  { name = "town_pct", header = "镇级分担（%）", type = "percent", range = { at_least = 0, at_most = 100 } },\n'
    policy = write_policy(tmp_path / "policy", text, FIELDS, claimant_fields=field, checked=False)
    claimants = f"uscc,name,opened_on,town_pct\n{CODE},甲,2024-03-01,40\n{OTHER_CODE},乙,2024-03-01,40.01\n"
    assert awards(settled(tmp_path, policy, GOOD, GOOD | {"uscc": OTHER_CODE}, files={"claimants": claimants})) == ["500.00", "V20"]
    assert "市级财政（无法确定）" in held(tmp_path)[0]["message_zh"]
    policy = load_policy(policy.source)
    assert [gap.name for gap in gaps(policy)] == ["claimant.town_pct"]


SHARED = """
[[pool]]
id = "all"
title = "累计"
per = ["uscc"]
[[ceiling]]
id = "cap"
title = "上限"
code = "R01"
pool = "all"
value = "most"
round = "down"
says = "{limit}元"
"""


def test_what_a_held_claim_would_have_got_is_left_for_the_claims_after_it(tmp_path):
    text = clauses("rate * sum_yuan", INSTALMENT + '\nceilings = ["cap"]', before=SHARED).replace(
        "rate = {", 'most = { value = 600, unit = "yuan", title = "上限" }\nrate = {')
    policy = write_policy(tmp_path / "policy", text, FIELDS, checked=False)
    assert awards(settled(tmp_path, policy, GOOD | {"pieces": "3"}, GOOD, GOOD)) == ["V20", "500.00", "100.00 R01"]
    assert awards(settled(tmp_path, policy, GOOD, label="two")) == ["0.00 R01", "0.00 R01"]


def test_a_claim_that_waited_for_a_value_is_decided_when_it_is_there(tmp_path):
    policy = write_policy(tmp_path / "policy", clauses("rate * tax.paid_yuan", before=TAX_JOIN), FIELDS, tables=TAXES, checked=False)
    assert awards(settled(tmp_path, policy, {})) == ["V20"]
    again = settled(tmp_path, policy, {}, label="two", files={"taxes": f"uscc,year,paid_yuan\n{CODE},2025,1000\n"})
    assert awards(again) == ["500.00", "500.00"]


def test_sums_of_awards_beyond_any_number_still_tell_whether_a_limit_is_reached(tmp_path):
    text = clauses("sum_yuan", 'needs = ["sum_yuan"]\nceilings = ["cap"]', before=SHARED).replace(
        "rate = {", 'most = { value = 999_999_999_999_999, unit = "yuan", title = "上限" }\nrate = {').replace('\nrate = { value = 50, unit = "pct", title = "比例" }', "")
    text = text.replace('per = ["uscc"]', 'per = ["uscc", "claim_year"]')
    addon = '''
[[clause]]
id = "2"
article = "第四条"
title = "配套"
readings = []
funding = "city_only"
[clause.figure]
part = { value = 10, unit = "pct", title = "比例" }
[[clause.way]]
id = "only"
title = "配套"
amount = { value = "part * max(0, given.everything)", round = "down", says = "{value}元" }
'''
    text = text.replace('ceilings = ["cap"]', 'ceilings = ["cap", "rest"]') + addon + '''
[[pool]]
id = "everything"
title = "历年累计"
per = []
counts = "awards"
[[ceiling]]
id = "rest"
title = "总额"
code = "R01"
pool = "everything"
value = "unlimited"
round = "down"
says = "{limit}元"
'''
    text = text.replace("[clause.figure]\n", '[clause.figure]\nunlimited = { value = 9_999_999_999_999_999, unit = "yuan", title = "总额" }\n', 1)
    policy = write_policy(tmp_path / "policy", text, FIELDS)
    most = {"sum_yuan": "999999999999999.99"}
    rows = [most | {"claim_year": str(year), "claim_id": f"C-{year}"} for year in range(2000, 2013)]
    decided = awards(settled(tmp_path, policy, *rows, {"clause": "2", "claim_id": "D"}))
    assert decided[:10] == ["999999999999999.00 R01"] * 10
    assert decided[10:] == ["9.00 R01", "0.00 R01", "0.00 R01", "999999999999999.90"]
    paid = "uscc,clause,claim_year,awarded_yuan,awarded_on,voucher_no\n" + "".join(
        f"{OTHER_CODE},1,2020,999999999999999.99,2020-12-01,{number}\n" for number in range(120))
    assert awards(settled(tmp_path, policy, most | {"uscc": OTHER_CODE, "claim_year": "2020"}, {"clause": "2"}, label="two", files={"prior_awards": paid})) == [
        "0.00 R01", "V20"]


# ---------------------------------------------------------------- the largest cells under the shipped policies


LARGEST = {
    "paid_in_capital_yuan": "999999999999999.99", "rent_paid_yuan": "999999999999999.99", "fund_size_yuan": "999999999999999.99",
    "invested_yuan": "999999999999999.99", "invested_local_yuan": "999999999999999.99", "floor_area_m2": "10000000000000",
}


def test_the_largest_cells_are_decided_under_the_shipped_policy(tmp_path):
    folder = shutil.copytree(CASES / "boundaries" / "in", tmp_path / "in")
    for name in ("claims.csv", "retained_tax.csv"):
        _enlarge(folder / name, LARGEST | {"vat_retained_yuan": "999999999999999.99", "cit_retained_yuan": "999999999999999.99"})
    with (settle(tmp_path / "workspace", folder).folder / "decisions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 60 and {row["clause"] for row in rows if row["award_yuan"] not in ("", "0.00")} >= {"1.1", "1.4", "1.5", "2.1", "2.4", "3"}
    assert not any(load_policy(find_policy(DEFAULT_POLICY)).detected("unknown_value").id in row["reason_codes"] for row in rows)
    assert {row["award_yuan"] for row in rows} >= {"999999999999999.99", "3000000.00", "10000000.00"}


PATENT_MONEY = ("实缴年费（元）", "技术交易额（元）", "贷款总额（元）", "融资额（元）", "质押专利评估值（元）", "利息（元）", "评估费（元）", "担保费（元）", "保险费（元）",
                "核定金额（元）", "省财政奖励标准（元）")


@pytest.mark.long
def test_the_largest_cells_are_decided_under_the_shipped_patent_policy(tmp_path):
    folder = shutil.copytree(ROOT / "sample_data" / "2020-53", tmp_path / "in")
    for path in folder.glob("*.csv"):
        data = path.read_bytes()
        text = data.decode("gb18030" if "质押" in path.name else "utf-8-sig")
        lines = list(csv.reader(text.splitlines()))
        header = next(number for number, line in enumerate(lines) if sum(map(bool, line)) > 2)
        large = [number for number, cell in enumerate(lines[header]) if cell in PATENT_MONEY]
        for line in lines[header + 1:]:
            for number in large:
                if number < len(line) and line[number].strip():
                    line[number] = "999999999999999.99"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(lines)
    finished = settle(tmp_path / "workspace", folder, "night", dt.date(2024, 6, 30), "zhumadian-2020-53")
    with (finished.folder / "decisions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 20 and "999999999999999.99" in {row["award_yuan"] for row in rows}
    assert not any("V17" in row["reason_codes"] for row in rows)


def _enlarge(path, largest: dict[str, str]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({name: largest.get(name, cell) if cell.strip() else cell for name, cell in row.items()} for row in rows)


# ---------------------------------------------------------------- what the policy check asks for


COVERED = {
    "needs": clauses("rate * sum_yuan", 'needs = ["sum_yuan"]'),
    "needs of the way": clauses("rate * sum_yuan").replace('title = "按比例"', 'title = "按比例"\nneeds = ["sum_yuan"]'),
    "an unless": clauses("rate * tax.paid_yuan", 'refuse = [{ code = "E01", unless = "tax.paid_yuan > 0" }]', before=TAX_JOIN),
    "a refusal of its absence": clauses("rate * sum_yuan", 'refuse = [{ code = "E01", when = "empty(sum_yuan) or sum_yuan == 0" }]'),
    "an unless that asks whether the row is there": clauses(
        "rate * tax.paid_yuan", 'refuse = [{ code = "E01", unless = "found(tax) and filled(tax.paid_yuan)" }]', before=TAX_JOIN),
    "a lookup that is told": clauses(
        "rate * sum_yuan", 'needs = ["sum_yuan"]\nrefuse = [{ code = "E01", when = "not filled(first_year) or claim_year < first_year" }]', before=FIRST_YEAR),
    "a condition on something else": clauses(
        "rate * sum_yuan", 'refuse = [{ code = "E01", when = "claimant.opened_on < effective_from and empty(sum_yuan)" }]'),
}
SLIPS = {
    "a field of the claims": (clauses("rate * sum_yuan"), "clause 1: `sum_yuan` may be empty, and nothing is said of that: add it to `needs`"),
    "a field that a named value takes": (clauses("rate * sum_yuan * open_days / open_days", 'needs = ["sum_yuan"]', DAYS), "`closed_on` may be empty"),
    "a cell of a joined row": (clauses("rate * tax.paid_yuan", before=TAX_JOIN), "`tax.paid_yuan` may be missing"),
    "a cell of a row that is there": (
        clauses("rate * tax.paid_yuan", 'refuse = [{ code = "E01", unless = "found(tax)" }]', before=TAX_JOIN), "`tax.paid_yuan` may be missing"),
    "a lookup": (clauses("rate * sum_yuan", 'needs = ["sum_yuan"]\nrefuse = [{ code = "E01", when = "claim_year < first_year" }]', before=FIRST_YEAR),
                 "`first_year` may not be found, and nothing is said of that: refuse `unless`"),
    "a refusal that names the fact only where it is there": (
        clauses("rate * sum_yuan", 'refuse = [{ code = "E01", when = "filled(sum_yuan) and sum_yuan == 0" }]'), "`sum_yuan` may be empty"),
    "a payee": (clauses("rate * sum_yuan", 'needs = ["sum_yuan"]\npayee = "manager_uscc"'), "`manager_uscc` may be empty"),
}


@pytest.mark.parametrize("covered", COVERED)
def test_nothing_is_asked_where_somebody_notices_that_a_fact_lacks(tmp_path, covered):
    write_policy(tmp_path / "policy", COVERED[covered], FIELDS, tables=TAXES)


@pytest.mark.parametrize("slip", SLIPS)
def test_the_check_names_a_fact_that_may_lack_unnoticed(tmp_path, slip):
    text, finding = SLIPS[slip]
    manager = '  { name = "manager_uscc", header = "管理企业", type = "uscc" },\n'
    policy = write_policy(tmp_path / "policy", text, FIELDS + manager, tables=TAXES, checked=False)
    found = check_policy(policy)
    assert len(found) == 1 and finding in str(found[0]), found


def test_the_check_wants_every_claim_to_need_what_tells_it_apart(tmp_path):
    edit = {"file": "policy.toml", "instead_of": '"clause", "claim_year", "submitted_on"]  #', "write": '"clause", "submitted_on"]  #'}
    with pytest.raises(AssertionError, match="policy.needs: every claim needs its claim_year: it lacks claim_year"):
        write_policy(tmp_path / "policy", clauses("rate * sum_yuan", 'needs = ["sum_yuan"]'), FIELDS, edits=[edit])


CASES_TAKEN_AWAY = [("V14", "institution."), ("V06", "tax."), ("V13", None), ("V03", None)]


@pytest.mark.parametrize(("code", "prefix"), CASES_TAKEN_AWAY)
def test_a_case_that_is_taken_out_of_the_shipped_policy_is_missed_by_the_facts_that_it_covered(tmp_path, code, prefix):
    folder = shutil.copytree(find_policy(None), tmp_path / "policy")
    text = (folder / "codes.toml").read_text(encoding="utf-8")
    before, _, rest = text.partition(f'[[code]]\nid = "{code}"')
    (folder / "codes.toml").write_text(before + rest.partition("[[code]]")[1] + rest.partition("[[code]]")[2], encoding="utf-8")
    found = gaps(load_policy(folder))
    assert bool(found) == bool(prefix) and all(gap.name.startswith(prefix or "") for gap in found)
