"""The edge cases that are kept with a policy: they are right, they are complete, and the check compares with them."""

from __future__ import annotations

import csv
import datetime as dt
import random
import re
import shutil
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from msgspec.structs import replace

from claims.cases.bench import Bench
from claims.cases.file import Case, Cases, RuleCases, cases_toml, read_cases
from claims.cases.making import make_cases
from claims.cases.variables import CREDIT_CODES, IDENTITY_NUMBER
from claims.cases.unshown import listed
from claims.cases.words import OUTCOME_WORDS
from claims.cases.world import CARRIED_AMOUNT, CARRIED_YEARS, Trial, World, claim_name
from claims.database import scratch_database
from claims.policy.model import SHIPPED, STARTER, Policy, load_policy
from pipelines.cases import case_findings, write_cases
from tests.commands import give_here
from tests.oracle import Oracle
from tests.policy_kit import write_policy
from tests.random_claims import uscc
from tests.test_schemes import CAPITAL_FIELD, FUND_FIELDS, HONG_KONG, JINAN_CAPITAL, JINAN_RENT, RENT_FIELD, SHENZHEN, TIER_CODES

FINANCE, PATENTS = SHIPPED / "zhumadian-2020-36", SHIPPED / "zhumadian-2020-53"
WORDS = {word: outcome for outcome, word in OUTCOME_WORDS.items()}


def fresh(policy: Policy) -> Cases:
    with scratch_database() as database:
        return make_cases(database, policy)


@pytest.fixture(scope="module")
def finance() -> Cases:
    return read_cases(FINANCE)


@pytest.fixture(scope="module")
def patents() -> Cases:
    return read_cases(PATENTS)


def rows(cases: Cases, rule: str, fact: str) -> dict[str, Case]:
    """The cases of a rule in which one fact is moved and no other, by its value."""
    [found] = [one for one in cases.rule if one.id == rule]
    return {case.value: case for bound in found.bound if bound.fact == fact and not bound.facts for case in bound.case}


# ---------------------------------------------------------------- the files that are shipped


@pytest.mark.parametrize("folder", [FINANCE, PATENTS, STARTER], ids=lambda folder: folder.name)
def test_the_cases_that_are_shipped_are_what_the_policy_gives_and_wait_for_a_signature(folder):
    policy = load_policy(folder)
    assert case_findings(policy) == []
    cases = read_cases(folder)
    assert (cases.policy, cases.signed_by, cases.signed_on) == (policy.id, "", "")
    assert (folder / "cases.toml").read_text(encoding="utf-8") == cases_toml(cases)


@pytest.mark.parametrize("folder", [
    STARTER, *(pytest.param(folder, marks=pytest.mark.torture) for folder in (FINANCE, PATENTS)),
], ids=lambda folder: folder.name)
def test_a_fresh_generation_gives_the_bytes_that_are_shipped(folder):
    assert cases_toml(fresh(load_policy(folder))) == (folder / "cases.toml").read_text(encoding="utf-8")


def all_cases(cases: Cases) -> list[tuple[Trial, Case]]:
    found = []
    for rule in cases.rule:
        plain = Trial(rule.clause, rule.facts)
        found.append((plain, rule.result))
        for bound in rule.bound:
            changed = {name: value or None for name, value in bound.facts.items()}
            found += [(plain.having({**changed, bound.fact: case.value}), case) for case in bound.case]
    return found


def write_tables(folder: Path, policy: Policy, trials: list[Trial]) -> None:
    """The claims of the cases as files, each with a claimant of its own."""
    lines: dict[str, list[dict[str, str]]] = {name: [] for name in policy.tables}
    chance = random.Random(36)
    for number, trial in enumerate(trials):
        codes = {code: uscc(chance) for code in CREDIT_CODES}
        for table, line in World(policy, trial, claim_name(number)).lines():
            own = {name: codes.get(value, value) for name, value in line.items() if name in policy.tables[table].fields}
            if policy.tables[table].holds == "awards":
                own |= {"awarded_on": "2020-12-31", "voucher_no": str(len(lines[table]))}
            lines[table].append(own)
    folder.mkdir()
    for name, table in policy.tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(table.fields), restval="")
            writer.writeheader()
            writer.writerows(lines[name])


@pytest.mark.torture
def test_every_case_of_the_finance_policy_is_what_a_second_reading_of_the_contract_gives(tmp_path, finance):
    listed = all_cases(finance)
    write_tables(tmp_path / "in", load_policy(FINANCE), [trial for trial, _ in listed])
    decided = {row["claim_id"]: row for row in csv.DictReader(Oracle().run(tmp_path / "in", finance.as_of).decisions.splitlines())}
    assert len(listed) > 500
    found = [decided[claim_name(number)] for number in range(len(listed))]
    assert [(row["outcome"], row["award_yuan"], row["reason_codes"]) for row in found] == [
        (WORDS[case.outcome], case.award_yuan, case.codes) for _, case in listed]
    shared = [(row, case) for row, (_, case) in zip(found, listed) if row["clause"].startswith("1.") and row["outcome"] in ("approved", "reduced")]
    assert len(shared) > 50 and all(case.follows == f"市级财政{Decimal(row['city_yuan']):,}元；受益县区财政{Decimal(row['county_yuan']):,}元" for row, case in shared)


def with_figure_changed(policy: Policy) -> Iterator[tuple[str, list[Policy]]]:
    """Each figure of a policy with the policies in which it is a fen, a unit or a day more, and less."""
    body, *others = policy.parts
    for place, part in enumerate((body, *body.clause)):
        for name, figure in part.figure.items():
            step = dt.timedelta(1) if figure.unit == "date" else Decimal("0.01") if figure.unit in ("yuan", "m2", "yuan/m2") else 1
            changed = []
            for value in (figure.value + step, figure.value - step):
                own = replace(part, figure={**part.figure, name: replace(figure, value=value)})
                clauses = [own if number == place else clause for number, clause in enumerate(body.clause, 1)]
                changed.append(Policy(policy.source, {}, (replace(body, clause=clauses) if place else own, *others)))
            yield f"{part.id} {name}" if place else name, changed


@pytest.mark.torture
def test_every_figure_of_the_finance_policy_that_is_changed_by_the_least_is_told_by_the_check():
    changed = [*with_figure_changed(load_policy(FINANCE))]
    assert len(changed) > 20 and [name for name, policies in changed if not any(map(case_findings, policies))] == []


# ---------------------------------------------------------------- every bound of the contract is there

AWARDS = [
    *(("1.1.once", "paid_in_capital_yuan", value, award, codes) for value, award, codes in (
        ("49999999.99", "0.00", "E05"), ("50000000.00", "3000000.00", ""), ("50000000.01", "3000000.00", ""), ("99999999.99", "3000000.00", ""),
        ("100000000.00", "5000000.00", ""), ("299999999.99", "5000000.00", ""), ("300000000.00", "8000000.00", ""))),
    *((rule, "institution.established_on", day, award, codes) for rule, full in (("1.2.once", "2000000.00"), ("1.3.once", "500000.00"))
      for day, award, codes in (("2020-12-15", "0.00", "E03"), ("2020-12-16", full, ""), ("2020-12-17", full, ""))),
    *((rule, "given.relocation", value, award, codes) for rule, full in (("1.1.once", "3000000.00"), ("1.2.once", "2000000.00"), ("1.3.once", "500000.00"))
      for value, award, codes in (("0.00", full, ""), ("0.01", "0.00", "E06"))),
    *(("2.4.purchase", "first_full_tax_year.total_tax_paid_yuan", value, None, codes) for value, codes in (("9999999.99", "E10"), ("10000000.00", ""))),
    *((f"{clause}.purchase", "given.office", value, award, codes) for clause, cap in (("2.1", 3_000_000), ("2.2", 1_000_000), ("2.3", 500_000), ("2.4", 1_000_000))
      for value, award, codes in ((f"{cap - 1}.99", "0.01", "R01"), (f"{cap}.00", "0.00", "R01"))),
    ("3.retained", "institution.regulator_approved", "no", "0.00", "E11"),
    ("3.retained", "institution.level", "provincial", "0.00", "E02"),
    ("1.2.once", "institution.origin", "moved_in", "0.00", "E12"),
]


@pytest.mark.parametrize("rule, fact, value, award, codes", AWARDS)
def test_a_bound_of_the_contract_stands_in_the_file_with_its_award(finance, rule, fact, value, award, codes):
    case = rows(finance, rule, fact)[value]
    assert (award or case.award_yuan, codes) == (case.award_yuan, case.codes)


def facts_at(rule: RuleCases, fact: str) -> list[tuple[dict[str, str], Case]]:
    """Each case in which a fact is moved, with all its facts."""
    return [({**rule.facts, **bound.facts, fact: case.value}, case) for bound in rule.bound if bound.fact == fact for case in bound.case]


@pytest.mark.parametrize("rule, tiers", [
    ("1.4.progress", {200_000_000: 1_000_000, 1_000_000_000: 5_000_000, 2_000_000_000: 10_000_000}),
    ("1.5.progress", {500_000_000: 3_000_000, 1_000_000_000: 6_000_000, 3_000_000_000: 10_000_000}),
])
def test_each_fund_size_of_the_contract_is_there_and_the_award_is_ceiling_by_progress(finance, rule, tiers):
    found = {case.value: (facts, case) for facts, case in facts_at(next(one for one in finance.rule if one.id == rule), "fund_size_yuan")}
    for size, ceiling in tiers.items():
        facts, case = found[f"{size}.00"]
        below = found[f"{size - 1}.99"][1]
        due = Fraction(facts["invested_yuan"]) * ceiling / size
        assert case.codes == "" and Fraction(case.award_yuan) == Fraction(int(due * 100 + Fraction(1, 2)), 100)
        if ceiling == min(tiers.values()):
            assert (below.award_yuan, below.codes) == ("0.00", "E05")
        else:
            assert Fraction(below.award_yuan) < Fraction(case.award_yuan)


@pytest.mark.parametrize("rule", ["1.4.progress", "1.5.progress"])
def test_half_of_the_fund_must_be_invested_here(finance, rule):
    [plain] = [one for one in finance.rule if one.id == rule]
    half = Fraction(plain.facts["fund_size_yuan"]) / 2
    found = rows(finance, rule, "invested_local_yuan")
    assert found[f"{float(half - Fraction(1, 100)):.2f}"].codes == "E07" and found[f"{float(half):.2f}"].codes == ""


@pytest.mark.parametrize("rule", [f"{clause}.{way}" for clause in ("2.1", "2.2", "2.3", "2.4") for way in ("purchase", "rent")])
def test_half_of_the_retained_tax_binds_each_office_subsidy_to_the_fen(finance, rule):
    [found] = [one for one in finance.rule if one.id == rule]
    begins = 0
    for bound in found.bound:
        for before, case in zip(bound.case, bound.case[1:]):
            facts = {**found.facts, **bound.facts, bound.fact: case.value}
            begins += "R02" in case.codes and "R02" not in before.codes or "R02" in before.codes and "R02" not in case.codes
            if case.codes in ("R02", "R02;R03"):
                half = int((Fraction(facts["tax.vat_retained_yuan"]) + Fraction(facts["tax.cit_retained_yuan"])) * 100 / 2)
                left = max(0, half - int(Fraction(facts.get("given.office_year", "0")) * 100))
                assert Fraction(case.award_yuan) * 100 == max(0, left)
    assert begins


def test_the_half_year_for_capital_ends_on_the_next_working_day(finance):
    """From 1 April, six months end on National Day; the holidays put the last day off."""
    [rule] = [one for one in finance.rule if one.id == "1.1.once"]
    late = [facts for facts, case in facts_at(rule, "capital_verified_on") if case.codes == "E04"]
    ends = {facts["institution.established_on"]: min(one["capital_verified_on"] for one in late
                                                     if one["institution.established_on"] == facts["institution.established_on"]) for facts in late}
    half_years = {opened: plus_months(dt.date.fromisoformat(opened), 6) for opened in ends}
    put_off = [opened for opened, first_late in ends.items() if dt.date.fromisoformat(first_late) > half_years[opened] + dt.timedelta(1)]
    kept = [opened for opened, first_late in ends.items() if dt.date.fromisoformat(first_late) == half_years[opened] + dt.timedelta(1)]
    assert put_off and kept


def plus_months(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (dt.date(year + (month == 11), (month + 1) % 12 + 1, 1) - dt.timedelta(1)).day
    return dt.date(year, month + 1, min(day.day, last))


@pytest.mark.parametrize("rule", ["2.1.rent", "2.2.rent", "2.3.rent"])
def test_the_three_years_of_a_rent_end_on_their_last_day(finance, rule):
    """R03 begins with the first day of rent after the window, E09 where the whole rent lies after it."""
    [found] = [one for one in finance.rule if one.id == rule]
    seen = set()
    for fact in ("rent_from", "rent_to", "institution.established_on"):
        for facts, case in facts_at(found, fact):
            opened = dt.date.fromisoformat(facts["institution.established_on"])
            last, first_rented, last_rented = plus_months(opened, 36) - dt.timedelta(1), *(dt.date.fromisoformat(facts[name]) for name in ("rent_from", "rent_to"))
            if last_rented == last or last_rented == last + dt.timedelta(1):
                seen.add(("R03" in case.codes or "E" in case.codes and last_rented > last, last_rented > last))
            if case.codes.startswith("E") and "E09" in case.codes:
                assert first_rented > last or last_rented < opened
                seen.add("E09")
    assert {(False, False), "E09"} <= seen


def test_the_years_of_the_operating_subsidy_are_there(finance):
    [rule] = [one for one in finance.rule if one.id == "3.retained"]
    opened = int(rule.facts["institution.established_on"][:4])
    codes = {int(value): case.codes for value, case in rows(finance, "3.retained", "claim_year").items()}
    assert (codes[opened - 1], codes[opened], codes[opened + 2], codes[opened + 3], codes[opened + 4]) == ("E09", "", "", "R03", "E09")


def test_what_no_case_of_the_shipped_policies_shows_is_known(finance, patents):
    """No rent ends before it begins, for such a claim waits for a person, as do purchases without a day and funds that have invested more than they
    hold; no year ends before it begins, and no patent of a year that has not come can be claimed."""
    assert {listed(line).split("：")[1] for line in finance.unturned} == {
        "rent_from <= rent_to", "year_start(claim_year) <= year_end(claim_year)", "V11 tenure == 'rent'", "invested_yuan <= fund_size_yuan"}
    assert {listed(line) for line in patents.unturned} == {"8.flat：claim_year <= 2100"}


def test_the_end_of_a_range_a_short_month_and_a_choice_that_matters_beside_another_are_shown(finance):
    sizes = {case.value: case.codes for rule in finance.rule if rule.id == "1.4.progress"
             for bound in rule.bound if bound.fact == "fund_size_yuan" for case in bound.case}
    assert (sizes["0.00"], sizes["0.01"]) == ("V02", "E05;E07")
    levels = [(bound.facts, {case.value: case.codes for case in bound.case}) for rule in finance.rule if rule.id == "3.retained"
              for bound in rule.bound if bound.fact == "institution.level"]
    assert any(facts.get("institution.sector") == "insurance" and codes["foreign_city_branch"] == "E01" for facts, codes in levels)
    leap = [rule.id for rule in finance.rule for bound in rule.bound if bound.facts.get("institution.established_on") == "2024-02-29"]
    assert {"2.1.rent", "2.2.rent", "2.3.rent"} <= {*leap}


PATENT_AWARDS = [
    ("16.flat", "granted_count", "30", "0.00", "E11"), ("16.flat", "granted_count", "31", "20000.00", ""),
    ("26.tier", "financing_yuan", "1999999.99", "0.00", "E12"), ("26.tier", "financing_yuan", "2000000.00", "10000.00", ""),
    ("26.tier", "financing_yuan", "10000000.00", "20000.00", ""), ("26.tier", "financing_yuan", "50000000.00", "30000.00", ""),
    ("11.elsewhere", "given.project_countries", "4", "15000.00", ""), ("11.elsewhere", "given.project_countries", "5", "0.00", "R02"),
    ("24.2.determined", "given.pledge_years", "3", "0.00", "R03"),
    ("24.1.determined", "financing_yuan", "2000000.01", "0.00", "E12"), ("24.2.determined", "financing_yuan", "2000000.00", "0.00", "E12"),
    ("20.determined", "determination.determined_yuan", "50000.00", "50000.00", ""), ("20.determined", "determination.determined_yuan", "50000.01", "", "V12"),
]


@pytest.mark.parametrize("rule, fact, value, award, codes", PATENT_AWARDS)
def test_a_bound_of_the_patent_policy_stands_in_the_file_with_its_award(patents, rule, fact, value, award, codes):
    case = rows(patents, rule, fact)[value]
    assert (case.award_yuan, case.codes) == (award, codes)


# ---------------------------------------------------------------- policies of every construct

KINDS = {
    "steps over a bound, up to a cap": (SHENZHEN, CAPITAL_FIELD, "", {
        ("1.tier", "capital_yuan", "1099999999.99"): "20000000.00", ("1.tier", "capital_yuan", "1100000000.00"): "21000000.00",
        ("1.tier", "capital_yuan", "199999999.99"): "5000000.00", ("1.tier", "capital_yuan", "200000000.00"): "8000000.00",
        ("1.tier", "capital_yuan", "4000000000.00"): "50000000.00"}),
    "a pool of all years and a window of years": (JINAN_RENT, RENT_FIELD, "", {("1.rent", "given.rent", "5000000.00"): "0.00"}),
    "bands that refuse and a top-up": (JINAN_CAPITAL, CAPITAL_FIELD, TIER_CODES, {
        ("1.tier", "capital_yuan", "299999999.99"): "0.00", ("1.tier", "capital_yuan", "300000000.00"): "5000000.00",
        ("1.tier", "capital_yuan", "500000000.00"): "0.00", ("1.tier", "capital_yuan", "1000000000.00"): "30000000.00"}),
    "caps by the day of the claim": (HONG_KONG, FUND_FIELDS, "", {}),
}


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_a_policy_of_any_kind_gets_its_bounds(tmp_path, kind):
    clauses, fields, codes, expected = KINDS[kind]
    policy = write_policy(tmp_path / "policy", clauses, fields, codes)
    cases = fresh(policy)
    for (rule, fact, value), award in expected.items():
        assert rows(cases, rule, fact)[value].award_yuan == award
    (policy.source / "cases.toml").write_text(cases_toml(cases), encoding="utf-8")
    assert case_findings(policy) == [] and cases.unturned == []
    if kind == "caps by the day of the claim":
        days = {case.value for rule in cases.rule for bound in rule.bound if bound.fact == "submitted_on" for case in bound.case}
        assert {"2025-04-10", "2025-04-11", "2024-05-09", "2024-05-10"} <= days


BUDGET = """
[[pool]]
id = "budget"
title = "全部预算"
per = []

[[ceiling]]
id = "budget_cap"
title = "预算上限"
code = "R01"
pool = "budget"
value = "most"
round = "down"
says = "最高{limit}元；已核定{used}元，尚余{left}元"

[[clause]]
id = "1"
article = "第三条"
title = "人均补贴"
readings = []
funding = "city_only"
needs = ["tax_yuan", "staff"]
ceilings = ["budget_cap"]

[clause.figure]
most = { value = 100_000, unit = "yuan", title = "预算" }

[[clause.way]]
id = "each"
title = "人均"
amount = { value = "tax_yuan / staff", round = "half_up", says = "{tax_yuan}元 ÷ {staff} = {value}元" }
"""
BUDGET_FIELDS = (
    '  { name = "tax_yuan", header = "税（元）", type = "money", range = { at_least = 0 } },\n'
    '  { name = "staff", header = "人数", type = "count", range = { at_least = 0 } },\n'
)


def test_claims_share_no_budget_with_each_other_and_one_that_cannot_be_computed_is_held(tmp_path):
    cases = fresh(write_policy(tmp_path / "policy", BUDGET, BUDGET_FIELDS))
    found = rows(cases, "1.each", "given.budget")
    assert (found["99999.99"].award_yuan, found["100000.00"].award_yuan) == ("0.01", "0.00")
    assert rows(cases, "1.each", "staff")["0"].codes == "V20"


BUILT_ON = BUDGET + """
[[clause]]
id = "2"
article = "第四条"
title = "附加补贴"
readings = []
funding = "city_only"
needs = ["tax_yuan"]

[[clause.way]]
id = "extra"
title = "附加"
amount = { value = "min(given.budget, tax_yuan)", round = "half_up", says = "{value}元" }
"""


def test_a_clause_that_builds_on_awards_of_another_is_tried_when_no_claim_of_that_one_is(tmp_path):
    policy = write_policy(tmp_path / "policy", BUILT_ON, BUDGET_FIELDS)
    facts = {"uscc": CREDIT_CODES[0], "claim_year": "2024", "submitted_on": "2024-06-30", "tax_yuan": "5.00", "claimant.opened_on": "2024-03-01",
             "given.budget": "3.00"}
    with scratch_database() as database:
        [result] = Bench(database, policy, dt.date(2026, 12, 31)).results([Trial("2", facts)])
    assert (result.outcome, result.award_fen) == ("approved", 300)


@pytest.mark.long
def test_a_policy_under_which_nobody_gets_anything_has_no_cases_and_says_so(tmp_path):
    policy = write_policy(tmp_path / "policy", BUDGET.replace('amount = { value = "tax_yuan / staff"', 'amount = { value = "0 * tax_yuan / staff"'), BUDGET_FIELDS)
    cases = fresh(policy)
    assert cases.rule == [] and cases.unturned[0] == "1.each：本项没有算例（没有找到可以核准的申报，试过的申报都因E02没有金额）"
    (policy.source / "cases.toml").write_text(cases_toml(cases), encoding="utf-8")
    assert case_findings(policy) == []


# ---------------------------------------------------------------- what is looked up, and what no case shows

WORKS = """
[[lookup]]
name = "total_yuan"
title = "当年合同金额合计"
table = "contracts"
on = { person = "person" }
sum = "sum_yuan"
when = "year == claim.claim_year"
article = "第四条"

[[lookup]]
name = "pieces"
title = "当年合同份数"
table = "contracts"
on = { person = "person" }
count = true
when = "year == claim.claim_year"
article = "第四条"

[[lookup]]
name = "listed"
title = "申报日在失信名单的记录数"
table = "blacklist"
on = { person = "person" }
count = true
when = "listed_on <= claim.submitted_on and not (filled(removed_on) and removed_on < claim.submitted_on)"
article = "第五条"

[[clause]]
id = "1"
article = "第四条"
title = "个人奖励"
readings = []
funding = "city_only"
needs = ["person", "district"]
refuse = [
  { code = "E04", when = "listed > 0 or district != '示例区'", says = "失信记录{listed}条，所在地{district}" },
  { code = "E05", unless = "pieces == least_pieces and total_yuan >= least_yuan", says = "合同{pieces}份，合计{total_yuan}元" },
]
instalment = [
  { share = "half * award", round = "down", due = "year_end(claim_year)" },
  { remainder = true, due = "year_end(claim_year + 1)" },
]

[clause.figure]
least_pieces = { value = 4, unit = "count", title = "最少份数" }
least_yuan = { value = 1_000_000, unit = "yuan", title = "最低金额" }
rate = { value = 1, unit = "pct", title = "比例" }
old_rate = { value = 2, unit = "pct", title = "原比例" }
most = { value = 30_000, unit = "yuan", title = "上限" }
change = { value = 2024-07-01, unit = "date", title = "新比例施行日" }
half = { value = 50, unit = "pct", title = "首期比例" }

[[clause.way]]
id = "share"
title = "按合计"
amount = { value = "min(most, (rate if submitted_on >= change else old_rate) * total_yuan)", round = "half_up", says = "{value}元" }
"""
WORKS_FIELDS = (
    '  { name = "person", header = "身份号码", type = "party" },\n'
    '  { name = "district", header = "所在地", type = "place" },\n'
)
WORKS_TABLES = """
[[table]]
name = "contracts"
title = "合同"
holds = "reference"
key = ["person", "year", "no"]
field = [
  { name = "person", header = "身份号码", type = "party" },
  { name = "year", header = "年度", type = "year" },
  { name = "no", header = "序号", type = "count" },
  { name = "sum_yuan", header = "金额（元）", type = "money", range = { at_least = 0 } },
]

[[table]]
name = "blacklist"
title = "失信名单"
holds = "reference"
key = ["person", "listed_on"]
field = [
  { name = "person", header = "身份号码", type = "party" },
  { name = "listed_on", header = "列入日期", type = "date" },
  { name = "removed_on", header = "移出日期", type = "date", optional = true },
]
"""
WORKS_CODES = """
[[code]]
id = "V09"
kind = "exception"
title = "身份号码有误"
message_zh = "身份号码有误：{cells}。依据{article}请更正。"
message_en = "Not the number of a person: {cells}. See {article}."
case = [{ when = "valid_uscc(person) or not valid_party(person)", cells = ["person"] }]

[[code]]
id = "V10"
kind = "exception"
title = "年度与申报日不符"
message_zh = "年度与申报日不符：{cells}。依据{article}请更正。"
message_en = "The year comes after the day: {cells}. See {article}."
case = [{ when = "year(submitted_on) < claim_year", cells = ["claim_year"] }]

[[code]]
id = "E04"
kind = "refusal"
title = "失信或不在所在地"
message_zh = "失信或不在所在地"
message_en = "Listed, or elsewhere"

[[code]]
id = "E05"
kind = "refusal"
title = "合同不足"
message_zh = "合同不足"
message_en = "Too few contracts"
"""


@pytest.fixture(scope="module")
def works(tmp_path_factory) -> tuple[Policy, Cases]:
    policy = write_policy(tmp_path_factory.mktemp("works") / "policy", WORKS, WORKS_FIELDS, WORKS_CODES, tables=WORKS_TABLES)
    return policy, fresh(policy)


def around(cases: Cases, fact: str) -> dict[str, str]:
    """The codes of each value of a fact that is moved in the only rule, whatever else is otherwise."""
    return {case.value: case.codes for bound in cases.rule[0].bound if bound.fact == fact for case in bound.case}


@pytest.mark.long
def test_a_clause_for_persons_over_the_sum_and_the_number_of_rows_gets_its_bounds(works):
    _, cases = works
    facts = cases.rule[0].facts
    assert (facts["person"], facts["district"], facts["total_yuan.#"]) == (IDENTITY_NUMBER, "示例区", "4")
    assert around(cases, "person")[CREDIT_CODES[1]] == "V09" and around(cases, "district")["A1"] == "E04"
    assert around(cases, "total_yuan.#").items() >= {"3": "E05", "4": "", "5": "E05"}.items()
    assert around(cases, "total_yuan.sum_yuan").items() >= {"999999.99": "E05", "1000000.00": ""}.items()


@pytest.mark.long
def test_a_day_that_only_the_condition_of_a_lookup_names_gets_its_bound(works):
    _, cases = works
    submitted = dt.date.fromisoformat(cases.rule[0].facts["submitted_on"])
    found = around(cases, "listed.removed_on")
    assert (found[str(submitted - dt.timedelta(1))], found[str(submitted)]) == ("", "E04")


@pytest.mark.long
def test_a_day_that_changes_a_rate_is_shown_where_it_changes_the_award(works):
    _, cases = works
    awards = [{case.value: Fraction(case.award_yuan or 0) for case in bound.case} for bound in cases.rule[0].bound if bound.fact == "submitted_on"]
    assert any(0 < found["2024-07-01"] * 2 == found["2024-06-30"] for found in awards if "2024-06-30" in found)


@pytest.mark.long
def test_a_situation_and_a_figure_of_instalments_that_cases_show_are_not_listed(works):
    policy, cases = works
    assert any("V10" in case.codes for bound in cases.rule[0].bound for case in bound.case)
    assert {listed(line) for line in cases.unturned} == {"1.share：claim_year <= 2100"}
    (policy.source / "cases.toml").write_text(cases_toml(cases), encoding="utf-8")
    assert case_findings(policy) == []


# ---------------------------------------------------------------- the command, the signature, the check


@pytest.fixture
def mine(tmp_path) -> Path:
    return Path(shutil.copytree(STARTER, tmp_path / "mine"))


def edit(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")


def sign(folder: Path) -> None:
    edit(folder, "cases.toml", 'signed_by = ""\nsigned_on = ""', 'signed_by = "张三"\nsigned_on = 2024-05-06')


BANDS = """[[clause.bands]]
name = "base_yuan"
title = "租金档次"
of = "rent_paid_yuan"
code = "E01"
says = "{value}元"
step = [{ from = 1_000, award = 10_000 }]

[[clause.way]]"""


@pytest.mark.long
def test_a_cap_above_bands_that_refuse_has_a_case(mine):
    edit(mine, "policy.toml", "[[clause.way]]", BANDS)
    edit(mine, "policy.toml", "[clause.figure]", '[clause.figure]\nmost = { value = 50_000, unit = "yuan", title = "上限" }')
    edit(mine, "policy.toml", '"rent_rate * rent_paid_yuan"', '"min(most, base_yuan + rent_rate * rent_paid_yuan)"')
    found = rows(fresh(load_policy(mine)), "1.rent", "rent_paid_yuan")
    assert {value: found[value].award_yuan for value in ("999.99", "1000.00", "133333.34")} == {"999.99": "0.00", "1000.00": "10300.00", "133333.34": "50000.00"}


@pytest.mark.long
def test_the_last_of_several_branches_has_a_case(mine):
    stage = '{ name = "stage", header = "阶段", type = "choice", choices = { first = "一", second = "二", third = "三" } },'
    edit(mine, "facts.toml", '{ name = "rent_paid_yuan"', stage + '\n  { name = "rent_paid_yuan"')
    edit(mine, "policy.toml", '"rent_rate * rent_paid_yuan"', "\"(0 if stage == 'first' else (rent_rate if stage == 'second' else half)) * rent_paid_yuan\"")
    edit(mine, "policy.toml", "[clause.figure]", '[clause.figure]\nhalf = { value = 50, unit = "pct", title = "一半" }')
    shown = {(trial.facts["stage"], case.award_yuan) for trial, case in all_cases(fresh(load_policy(mine)))}
    assert shown >= {("first", "0.00"), ("second", "30000.00"), ("third", "50000.00")}


SPLIT = """
[[treasury]]
id = "district"
title = "区级财政"

[[funding]]
id = "two"
article = "第三条"
says = "市、区分担"
share = [{ treasury = "district", share = "min(district_part * award, district_most)", round = "half_up" }, { treasury = "city", remainder = true }]

[[clause]]"""
INSTALMENTS = """instalment = [{ share = "min(first_part * award, first_most)", round = "down", due = "day_after(submitted_on)" }, { remainder = true, due = "year_end(claim_year)" }]

[clause.figure]
district_part = { value = 40, unit = "pct", title = "区级比例" }
district_most = { value = 5_000, unit = "yuan", title = "区级最高" }
first_part = { value = 50, unit = "pct", title = "首期比例" }
first_most = { value = 7_000, unit = "yuan", title = "首期最高" }"""


@pytest.mark.long
def test_the_caps_of_a_treasurys_share_and_of_an_instalment_have_cases_that_show_both(mine):
    edit(mine, "policy.toml", "[[clause]]", SPLIT)
    edit(mine, "policy.toml", 'funding = "city_only"', 'funding = "two"')
    edit(mine, "policy.toml", "[clause.figure]", INSTALMENTS)
    cases = fresh(load_policy(mine))
    found = rows(cases, "1.rent", "rent_paid_yuan")
    text = "市级财政{}元；区级财政{}元；第1期拨付：不迟于2026年1月1日拨付{}元；第2期拨付：不迟于2025年12月31日拨付{}元"
    # 30% are 12,500.00 and a fen more, then 14,000.00 and a fen more
    by_hand = {"41666.68": ("7,500.00", "5,000.00", "6,250.00", "6,250.00"), "41666.69": ("7,500.01", "5,000.00", "6,250.00", "6,250.01"),
               "46666.68": ("9,000.00", "5,000.00", "7,000.00", "7,000.00"), "46666.69": ("9,000.01", "5,000.00", "7,000.00", "7,000.01")}
    assert {value: found[value].follows for value in by_hand} == {value: text.format(*amounts) for value, amounts in by_hand.items()}
    assert cases.unturned == []
    (mine / "cases.toml").write_text(cases_toml(cases), encoding="utf-8")
    assert case_findings(load_policy(mine)) == []
    edit(mine, "policy.toml", "district_most = { value = 5_000", "district_most = { value = 4_000")
    assert any("41666.68" in str(finding) for finding in case_findings(load_policy(mine)))


@pytest.mark.long
def test_what_an_earlier_year_carries_is_tried_too(mine):
    edit(mine, "policy.toml", 'code = "R01"\npool = "rent_year"', 'code = "R01"\npool = "rent_year"\ncarry_years = 2')
    cases = fresh(load_policy(mine))
    carried = {trial.facts[CARRIED_AMOUNT]: case.award_yuan for trial, case in all_cases(cases) if CARRIED_AMOUNT in trial.facts}
    assert carried.items() >= {"0.00": "30000.00", "0.01": "30000.01", "0.02": "30000.02"}.items()
    years = {trial.facts[CARRIED_YEARS]: case.award_yuan for trial, case in all_cases(cases) if trial.facts.get(CARRIED_AMOUNT) == "1000000.00"}
    assert (years["2"], years["3"]) == ("100000.00", "30000.00")


@pytest.fixture(scope="module")
def stopped(tmp_path_factory) -> tuple[Policy, Cases]:
    """The starter with a code that holds every claim."""
    folder = Path(shutil.copytree(STARTER, tmp_path_factory.mktemp("stopped") / "policy"))
    edit(folder, "codes.toml", 'when = "filled(uscc) and not valid_uscc(uscc)"', 'when = "filled(uscc)"')
    policy = load_policy(folder)
    return policy, fresh(policy)


def test_a_clause_without_cases_says_what_stopped_every_claim_and_lists_what_it_has(stopped):
    whole, *lines = stopped[1].unturned
    assert whole == "1.rent：本项没有算例（没有找到可以核准的申报，试过的申报都因V04先转人工处理）"
    assert {listed(line).partition("：")[2] for line in lines} >= {
        "claimant.opened_on < effective_from", "年度补贴上限", "V05 submitted_on > as_of", "rent_paid_yuan > 0", "年度补贴上限 year_cap", "补贴比例 rent_rate"}


@pytest.mark.parametrize("drop, add, problem", [
    ("rent_paid_yuan > 0", [], "no case shows this, and the file does not say so: 1.rent：rent_paid_yuan > 0"),
    ("nothing", ["1.rent：claim_year >= first_year（…）"], "which the policy does not have, or a case shows: 1.rent：claim_year >= first_year"),
])
def test_the_check_compares_what_no_case_shows_with_what_the_file_lists(stopped, drop, add, problem):
    policy, cases = stopped
    listing = [line for line in cases.unturned if drop not in line] + add
    (policy.source / "cases.toml").write_text(cases_toml(replace(cases, unturned=listing)), encoding="utf-8")
    assert [str(finding).partition(": make ")[0].endswith(problem) for finding in case_findings(policy)] == [True]


@pytest.mark.long
def test_a_signature_stays_while_the_cases_are_the_same_and_goes_when_a_result_changes(mine):
    sign(mine)
    signed = (mine / "cases.toml").read_bytes()
    assert "the signature of 张三 stays" in write_cases(str(mine), None) and (mine / "cases.toml").read_bytes() == signed
    edit(mine, "policy.toml", "rent_rate = { value = 30", "rent_rate = { value = 40")
    assert "the signature is dropped" in write_cases(str(mine), None)
    assert not read_cases(mine).signed and case_findings(load_policy(mine)) == []


def test_signing_makes_no_other_policy_and_a_folder_without_cases_is_complete(mine):
    before = load_policy(mine).sha256
    sign(mine)
    assert load_policy(mine).sha256 == before
    (mine / "cases.toml").unlink()
    assert load_policy(mine).sha256 == before and case_findings(load_policy(mine)) == []


def test_the_check_names_each_case_that_a_changed_figure_decides_otherwise(mine):
    edit(mine, "policy.toml", "year_cap = { value = 100_000", "year_cap = { value = 90_000")
    done = give_here("policy", "check", mine, cwd=mine)
    assert done.returncode == 3 and "Traceback" not in done.stderr
    [line] = [line for line in done.stdout.splitlines() if "given.rent_year 70000.00" in line]
    assert re.search(r"the file says 核准 30000.00 .*the policy gives 核减后核准 20000.00 R01 .*claims policy cases PATH", line)


@pytest.mark.parametrize("old, new, problem", [
    ('"claimant.opened_on" = ', '"claimant.founded_on" = ', "there is no fact claimant.founded_on"),
    ('clause = "1"', 'clause = "9"', "there is no clause 9"),
    ('policy = "my-policy"', 'policy = "another"', "the cases are those of another, the policy is my-policy"),
    ("unturned = []", "unturned = 7", "Expected `array`, got `int`"),
    ("signed_on = \"\"", "signed_on = 7", "signed_on is a day"),
])
def test_cases_that_do_not_fit_the_policy_are_a_finding(mine, old, new, problem):
    edit(mine, "cases.toml", old, new)
    findings = case_findings(load_policy(mine))
    assert findings and all(finding.file == "cases.toml" for finding in findings) and problem in str(findings[0])


def test_the_page_of_a_shipped_policy_shows_every_case_and_lines_to_sign(tmp_path, finance):
    done = give_here("policy", "cases", "zhumadian-2020-36", "--html", "page.html", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count("<tr><td>") > sum(len(bound.case) for rule in finance.rule for bound in rule.bound)
    assert all(bound.title in page for rule in finance.rule for bound in rule.bound)
    assert "审核人（签字）" in page and "/" not in done.stdout.partition("Page: ")[0]
