"""Lookups over several rows of the claimant, and rounding to whole yuan and coarser, by small policies and by exact fractions."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.policy.expression import compile_expression, constant_number, stored_number, to_stored
from pipelines.explain import explain_claim
from tests.policy_kit import CODE, OTHER_CODE, awards, clauses_of, of_each_clause, settled, write_policy

YEARS = """
[[table]]
name = "books"
title = "年度账"
holds = "reference"
key = ["uscc", "year", "item"]
field = [
  { name = "uscc", header = "统一社会信用代码", type = "uscc" },
  { name = "year", header = "年度", type = "year" },
  { name = "item", header = "项目", type = "text" },
  { name = "paid_yuan", header = "缴纳（元）", type = "money", range = { at_least = 0 } },
  { name = "profit_yuan", header = "利润（元）", type = "money" },
  { name = "closed_on", header = "结账日", type = "date" },
]
"""
LOOKUP = """
[[lookup]]
name = "{name}"
title = "{title}"
table = "books"
on = {{ uscc = "uscc" }}
article = "第六条"
{takes}
"""
BACK = """
[figure]
back = { value = 3, unit = "year", title = "年数", article = "第六条" }
"""
CLAUSE = """
[[clause]]
id = "1"
article = "第三条"
title = "奖励"
readings = []
funding = "city_only"
{head}
[clause.figure]
rate = {{ value = {rate}, unit = "pct", title = "比例" }}
each = {{ value = 1000, unit = "yuan", title = "每年" }}
{parts}
[[clause.way]]
id = "only"
title = "奖励"
amount = {{ value = "{amount}", round = "half_up", says = "{says}" }}
"""
LAST_YEARS = "when = \"year >= claim.claim_year - back and year < claim.claim_year\""


def clause_of(amount: str, head: str = "", parts: str = "", says: str = "{value}元", rate: str = "10") -> str:
    """The clause, with those of its figures that the amount uses."""
    text = CLAUSE.format(head=head, parts=parts, amount=amount, says=says, rate=rate)
    if "each" not in amount:
        text = text.replace('each = { value = 1000, unit = "yuan", title = "每年" }\n', "")
    if "rate" not in amount:
        text = text.replace(f'rate = {{ value = {rate}, unit = "pct", title = "比例" }}\n', "")
    return text


def policy_with(tmp_path, lookups: dict[str, tuple[str, str]], clauses: str, **options):
    text = "".join(LOOKUP.format(name=name, title=title, takes=takes) for name, (title, takes) in lookups.items())
    return write_policy(tmp_path / "policy", text + (BACK if "back" in text else "") + clauses, tables=YEARS, **options)


def policy_of(tmp_path, lookups: dict[str, tuple[str, str]], amount: str, **parts: str):
    return policy_with(tmp_path, lookups, clause_of(amount, **parts))


BOOKS = "uscc,year,item,paid_yuan,profit_yuan,closed_on"


def books(*rows: tuple) -> dict[str, str]:
    """Rows of the table: year, paid, profit; each with an item of its own."""
    lines = [f"{CODE},{year},{number},{paid},{profit},{year}-12-31" for number, (year, paid, profit) in enumerate(rows)]
    return {"books": "\n".join([BOOKS, *lines, f"{OTHER_CODE},2024,0,77777,-1,2024-12-31", ""])}


ROWS = [(2021, "900", "-5"), (2022, "100.01", "-1"), (2023, "200", "0"), (2024, "300", "7"), (2024, "50", "9"), (2025, "4000", "8")]


def test_the_sum_over_the_years_before_the_claims_takes_the_claimants_rows_and_no_others(tmp_path):
    policy = policy_of(tmp_path, {"total": ("前三年缴纳合计", f'sum = "paid_yuan"\n{LAST_YEARS}')}, "rate * total",
                       head='refuse = [{ code = "E01", unless = "total > 0" }]', says="{total}元 × {rate}% = {value}元")
    years = [{"claim_year": year} for year in ("2025", "2026", "2024", "2021")]
    assert awards(settled(tmp_path, policy, *years, files=books(*ROWS))) == ["65.00", "455.00", "120.00", "0.00 E01"]
    told = explain_claim(tmp_path / "workspace", "one-1")
    assert "前三年缴纳合计" in told and "650.01元 × 10% = 65.00元" in told


def test_a_sum_is_not_known_where_a_row_of_it_is_not_and_no_row_beside_it_matters(tmp_path):
    policy = policy_of(tmp_path, {"total": ("合计", f'sum = "paid_yuan"\n{LAST_YEARS}')}, "rate * total",
                       head='refuse = [{ code = "E01", when = "empty(total) and claim_year < 2000" }]'.replace("2000", "year(effective_from)"))
    rows = [(2021, "一百", "1"), (2022, "100", "1"), (2023, "100", "1"), (2024, "100", "1")]
    years = [{"claim_year": year} for year in ("2025", "2024", "2019")]
    assert awards(settled(tmp_path, policy, *years, files=books(*rows))) == ["30.00", "V20", "0.00 E01"]


BENEFIT_YEAR = """
[[clause.let]]
name = "benefit_year"
title = "第几年"
unit = "year"
value = "claim_year - found + 1"
says = "第{value}年"
[[clause.bands]]
name = "sum_yuan"
title = "奖励"
of = "benefit_year"
code = "E01"
says = "{value}元"
step = [{ from = 1, award = 1000 }, { from = 2, award = 2000 }]
"""
TAKEN = {  # what a lookup takes, the amount, and what is awarded
    'count = true\nwhen = "profit_yuan > 0"': ("each * found", "3000.00"), f"count = true\n{LAST_YEARS}": ("each * found", "4000.00"),
    "count = true": ("each * found", "6000.00"), 'largest = "paid_yuan"': ("found", "4000.00"),
    'largest = "paid_yuan"\nwhen = "profit_yuan <= 0"': ("found", "900.00"), 'smallest = "paid_yuan"\nwhen = "profit_yuan > 0"': ("found", "50.00"),
    'sum = "paid_yuan"\nwhen = "closed_on <= claim.submitted_on and year >= claim.claim_year"': ("found", "4000.00"),
    # the first profitable year is 2024: the claim's year is its second
    'smallest = "year"\nwhen = "profit_yuan > 0"': ("sum_yuan", "2000.00"),
}


def test_a_lookup_takes_the_smallest_the_largest_the_sum_or_the_number_of_rows(tmp_path):
    clauses = clauses_of(
        clause_of(amount, "" if "count" in takes else 'refuse = [{ code = "E01", unless = "filled(found)" }]', BENEFIT_YEAR if amount == "sum_yuan" else "").replace(
            "found", f"found_{number}") for number, (takes, (amount, _)) in enumerate(TAKEN.items(), 1))
    policy = policy_with(tmp_path, {f"found_{number}": (f"所查之值{number}", takes) for number, takes in enumerate(TAKEN, 1)}, clauses)
    decided = awards(settled(tmp_path, policy, *of_each_clause(len(TAKEN), [{}]), files=books(*ROWS)))
    assert dict(zip(TAKEN, decided, strict=True)) == {takes: expected for takes, (_, expected) in TAKEN.items()}


def test_a_count_of_no_rows_is_none_and_one_of_rows_that_do_not_tell_is_not_known(tmp_path):
    policy = policy_of(tmp_path, {"years": ("盈利年数", 'count = true\nwhen = "profit_yuan > 0"')}, "each * years", says="盈利{years}年，{value}元")
    assert awards(settled(tmp_path, policy, {}, {"uscc": OTHER_CODE}, files=books((2024, "1", "1"), (2025, "1", "1")))) == ["2000.00", "0.00 E02"]
    assert "盈利年数：2" in explain_claim(tmp_path / "workspace", "one-1").replace(" ", "")
    assert awards(settled(tmp_path, policy, {}, label="two", files=books((2023, "1", "亏损")))) == ["V20"]


BEFORE, AFTER = [(2022, "1", "不详"), (2023, "1", "1"), (2024, "1", "1")], [(2023, "1", "1"), (2024, "1", "不详"), (2025, "1", "")]


FOUND_YEARS = """
[[clause.let]]
name = "years"
title = "年数"
unit = "count"
value = "whole(max(0, claim_year - found + 1), 1)"
says = "{value}年"
"""
UNREADABLE = {"smallest": ["V20", "2000.00"], "largest": ["1000.00", "V20"]}


def test_a_row_that_cannot_be_read_matters_where_it_would_come_before_what_was_found(tmp_path):
    found = {takes: ("盈利年度", f'{takes} = "year"\nwhen = "profit_yuan > 0 and year <= claim.claim_year"') for takes in UNREADABLE}
    clauses = clauses_of(clause_of("each * years", 'refuse = [{ code = "E01", unless = "claim_year >= found" }]', FOUND_YEARS).replace("found", takes) for takes in found)
    policy = policy_with(tmp_path, found, clauses)
    lines = [f"{code},{year},1,{paid},{profit},{year}-12-31" for code, rows in ((CODE, BEFORE), (OTHER_CODE, AFTER)) for year, paid, profit in rows]
    claims = of_each_clause(len(UNREADABLE), [{"claim_year": "2024", "uscc": code} for code in (CODE, OTHER_CODE)])
    decided = awards(settled(tmp_path, policy, *claims, files={"books": "\n".join([BOOKS, *lines, ""])}))
    assert {takes: decided[2 * at:2 * at + 2] for at, takes in enumerate(UNREADABLE)} == UNREADABLE


def test_an_average_is_a_sum_by_a_count(tmp_path):
    looked = {"total": ("合计", f'sum = "paid_yuan"\n{LAST_YEARS}'), "pieces": ("笔数", f"count = true\n{LAST_YEARS}")}
    policy = policy_of(tmp_path, looked, "rate * total / pieces", head='refuse = [{ code = "E01", unless = "total > 0" }]')
    assert awards(settled(tmp_path, policy, {}, {"uscc": OTHER_CODE, "claim_year": "2020"}, files=books(*ROWS))) == ["16.25", "0.00 E01"]


def test_a_sum_beyond_18_digits_is_not_known(tmp_path):
    policy = policy_of(tmp_path, {"total": ("合计", 'sum = "paid_yuan"')}, "rate * total", head='refuse = [{ code = "E01", unless = "filled(total)" }]')
    most = [(year, "999999999999999.99", "1") for year in range(2000, 2011)]
    assert awards(settled(tmp_path, policy, {}, {"uscc": OTHER_CODE}, files=books(*most[:9]))) == ["899999999999999.99", "7777.70"]
    assert awards(settled(tmp_path, policy, {}, label="two", files=books(*most))) == ["0.00 E01"]


@pytest.mark.parametrize(("takes", "finding"), [
    ('sum = "year"', "total: year cannot be summed up"),
    ('sum = "gone_yuan"', "total: there is no field of books gone_yuan"),
    ('sum = "paid_yuan"\nwhen = "claim_year > year"', "`claim_year` is no field of books, no claim.FIELD of the claims"),
    ('sum = "paid_yuan"\nwhen = "claim.nothing > year"', "`claim.nothing` is no field of books"),
])
def test_the_check_names_what_is_wrong_in_a_lookup(tmp_path, takes, finding):
    with pytest.raises(AssertionError, match=finding):
        policy_of(tmp_path, {"total": ("合计", takes)}, "rate * total", head='refuse = [{ code = "E01", unless = "filled(total)" }]')


# ---------------------------------------------------------------- percentages and rounding


COST = '  { name = "cost_yuan", header = "支出（元）", type = "money", range = { above = 0 } },\n'
SHARE = """
[[clause]]
id = "1"
article = "第三条"
title = "奖励"
readings = []
funding = "city_only"
needs = ["cost_yuan", "of_yuan"]
refuse = [{ code = "E01", when = "part_pct < least", says = "占比{part_pct}%，不足{least}%" }]
[clause.figure]
rate = { value = 20, unit = "pct", title = "比例" }
more = { value = 2.5, unit = "pct", title = "加成" }
least = { value = 33.33, unit = "pct", title = "最低占比" }
[[clause.let]]
name = "part_pct"
title = "占比"
unit = "pct"
value = "cost_yuan / of_yuan"
round = "down"
says = "{cost_yuan}元 ÷ {of_yuan}元 = {value}%"
[[clause.let]]
name = "whole_rate"
title = "合计比例"
unit = "pct"
value = "rate + more"
says = "{rate}% + {more}% = {value}%"
[[clause.way]]
id = "only"
title = "奖励"
amount = { value = "whole_rate * cost_yuan * part_pct", round = "half_up", says = "{value}元" }
"""


def test_a_named_percentage_is_the_one_that_its_sentence_tells(tmp_path):
    base = '  { name = "of_yuan", header = "总额（元）", type = "money", range = { above = 0 } },\n'
    policy = write_policy(tmp_path / "policy", SHARE, COST + base)
    costs = [{"cost_yuan": "400", "of_yuan": "1000"}, {"cost_yuan": "3333", "of_yuan": "10000"}, {"cost_yuan": "3332.99", "of_yuan": "10000"}]
    assert awards(settled(tmp_path, policy, *costs)) == ["36.00", "249.95", "0.00 E01"]
    assert "400.00元 ÷ 1,000.00元 = 40%" in explain_claim(tmp_path / "workspace", "one-1")
    assert "20% + 2.5% = 22.5%" in explain_claim(tmp_path / "workspace", "one-1")
    assert "占比33.32%，不足33.33%" in explain_claim(tmp_path / "workspace", "one-3")




ROUNDED = """
[[clause]]
id = "1"
article = "第三条"
title = "奖励"
readings = []
funding = "city_only"
needs = ["cost_yuan"]
[clause.figure]
rate = {{ value = 33.33, unit = "pct", title = "比例" }}
unit = {{ value = {unit}, unit = "yuan", title = "取整单位", article = "第十四条" }}
[[clause.way]]
id = "only"
title = "奖励"
amount = {{ value = "rate * cost_yuan", round = "{rounding}", round_to = "unit", says = "{{cost_yuan}}元 × {{rate}}%，取整到{{unit}}元 = {{value}}元" }}
"""


ROUNDINGS = {
    ("1", "down"): ["350.00", "0.00 E02", "333333.00"], ("1", "half_up"): ["350.00", "1.00", "333333.00"], ("1", "up"): ["351.00", "1.00", "333334.00"],
    ("100", "half_up"): ["400.00", "0.00 E02", "333300.00"], ("10_000", "down"): ["0.00 E02", "0.00 E02", "330000.00"],
    ("10_000", "up"): ["10000.00", "10000.00", "340000.00"], ("0.1", "half_up"): ["350.00", "0.70", "333333.30"],
}


def test_an_amount_is_rounded_to_a_unit_that_a_figure_names(tmp_path):
    policy = write_policy(tmp_path / "policy", clauses_of(ROUNDED.format(unit=unit, rounding=rounding) for unit, rounding in ROUNDINGS), COST)
    costs = [{"cost_yuan": cost} for cost in ("1050.12", "2.10", "1000100")]
    decided = awards(settled(tmp_path, policy, *of_each_clause(len(ROUNDINGS), costs)))
    assert {rounding: decided[3 * at:3 * at + 3] for at, rounding in enumerate(ROUNDINGS)} == ROUNDINGS


@pytest.mark.parametrize(("before", "after", "finding"), [
    ('round_to = "unit"', 'round_to = "rate"', "`round_to` names a figure in yuan"),
    ('round_to = "unit"', 'round_to = "cost_yuan"', "`round_to` names a figure in yuan"),
    ("value = 100", "value = 0", "`round_to` names a figure in yuan"),
    ("value = 100", "value = 0.001", "has more than two decimals"),
])
def test_the_check_names_a_unit_that_nothing_can_be_rounded_to(tmp_path, before, after, finding):
    with pytest.raises(AssertionError, match=finding):
        write_policy(tmp_path / "policy", ROUNDED.format(unit="100", rounding="down").replace(before, after), COST)


EXACT = {"down": floor, "up": ceil, "half_up": lambda value: floor(value + Fraction(1, 2))}


@given(fen=st.integers(0, 10**15), of=st.integers(1, 10**15), step=st.integers(1, 10**8), rounding=st.sampled_from(sorted(EXACT)))
def test_every_rounding_is_that_of_fractions(fen, of, step, rounding):
    cost, base = (replace(stored_number(name, "yuan", True), largest=10**15) for name in ("cost", "of"))
    names = {"cost": cost, "of": base, "rate": constant_number(Fraction("33.33"), "pct")}
    term = to_stored(compile_expression("rate * cost * cost / of", names.__getitem__), "yuan", rounding, step)
    [(found,)] = duckdb.sql(f"select {term.sql} from (select {fen}::bigint as cost, {of}::bigint as of)").fetchall()
    exact = EXACT[rounding](Fraction(3333, 10000) * fen * fen / of / step) * step
    assert found == (exact if exact < 10**18 else None)
