"""What `claims policy check` finds in a policy, and that expressions are exact."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from claims.errors import InputRefused
from claims.policy.change import changed_policy, edit
from claims.policy.check import check_policy
from claims.policy.compiler import CompiledPolicy
from claims.policy.dictionary import dictionary
from claims.policy.expression import ExpressionError, Term, compile_expression, constant_number, stored_number, to_stored
from claims.policy.model import SHIPPED, Alternative, Change, Policy, find_policy, load_policy
from claims.policy.outline import left_out, places, written
from claims.policy.show import show_clause, show_coverage
from pipelines.cli import cli
from tests.commands import ROOT, give_here


@pytest.fixture
def edited(tmp_path):
    """Loads a copy of the shipped policy in which one text of a file is replaced, where it first stands."""

    def load(old: str, new: str, name: str = "policy.toml"):
        folder = shutil.copytree(find_policy(None), tmp_path / "policy")
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
        return load_policy(folder)

    return load


@pytest.mark.parametrize("folder", sorted(SHIPPED.iterdir()), ids=lambda folder: folder.name)
def test_nothing_is_found_in_a_shipped_policy(folder):
    assert check_policy(load_policy(folder)) == []


SLIPS = {
    "bands that overlap": (
        "{ from = 100_000_000, award = 5_000_000 }", "{ from = 50_000_000, award = 5_000_000 }",
        "clause 1.1, bands tier_yuan, band 1", "overlap: the next band begins at 50,000,000",
    ),
    "a band that reaches into the next": (
        "{ from = 50_000_000, award = 3_000_000 }", "{ from = 50_000_000, to = 100_000_000, award = 3_000_000 }",
        "clause 1.1, bands tier_yuan, band 1", "overlap: it ends at 100,000,000",
    ),
    "a gap between bands": (
        "{ from = 50_000_000, award = 3_000_000 }", "{ from = 50_000_000, below = 99_999_999, award = 3_000_000 }",
        "clause 1.1, bands tier_yuan, band 1", "gap: it ends at 99,999,999",
    ),
    "bands of a quotient": (
        'of = "paid_in_capital_yuan"', 'of = "paid_in_capital_yuan / paid_in_capital_yuan"',
        "clause 1.1", "bands tier_yuan: `paid_in_capital_yuan / ",
    ),
    "bands of a date": ('of = "paid_in_capital_yuan"', 'of = "capital_verified_on"', "clause 1.1", "the bound 300000000 is no date, as `capital_verified_on` is"),
    "a bound finer than a fen": (
        "{ from = 50_000_000, award = 3_000_000 }", "{ from = 0.005, award = 3_000_000 }", "clause 1.1", "the bound 0.005 has more places"),
    "a gap above the last band": (
        "{ from = 300_000_000, award = 8_000_000 }", "{ from = 300_000_000, to = 900_000_000, award = 8_000_000 }",
        "clause 1.1, bands tier_yuan, band 3", "gap above the last band",
    ),
    "an unknown fact": ("institution.sector in licensed", "institution.sectr in licensed", "clause 1.1", "named `institution.sectr`"),
    "an unknown needed field": ('needs = ["tenure", "premises"]', 'needs = ["tenure", "house"]', "clause 2.1", "there is no field house"),
    "an unknown code": ('code = "E12"', 'code = "E99"', "clause 1.2", "there is no refusal code E99"),
    "a code of another kind": ('code = "R02"', 'code = "E01"', "ceiling half_of_retained_tax", "there is no reduction code E01"),
    "an unknown reading": ('readings = ["A11"', 'readings = ["Z11"', "clause 1.2", "there is no reading Z11"),
    "a choice that the field has not": (
        "institution.sector == 'fund_company'", "institution.sector == 'fund'", "clause 1.4", "fund is none of"),
    "yuan added to days": (
        '"days(rent_from, rent_to)"', '"days(rent_from, rent_to) + rent_paid_yuan"', "clause 2.1", "the units differ: day and yuan"),
    "an amount that is no money": ('"price * floor_area_m2"', '"price * benefit_days"', "clause 2.1", "yuan is wanted"),
    "a missing rounding": (
        '"rent_paid_yuan * benefit_days / period_days"\nround = "half_up"', '"rent_paid_yuan * benefit_days / period_days"',
        "clause 2.1", "declare `round`",
    ),
    "a rounding of what may be negative": (
        '"max(0, tax.vat_retained_yuan + tax.cit_retained_yuan)"', '"tax.vat_retained_yuan + tax.cit_retained_yuan"',
        "clause 2.1", "half_of_retained_tax: the value might be negative",
    ),
    "a missing article of a clause": ('article = "第一部分第（一）条第1项"\ntitle = "省级', 'article = ""\ntitle = "省级', "clause 1.1", "the article is missing"),
    "a missing article of a funding": ('article = "第一部分第（一）条末段"', 'article = " "', "funding shared", "the article is missing"),
    "a share of the rest of two percentages": (
        '"award * (1 - institution.city_share_pct)"', '"award * (1 - (institution.city_share_pct + institution.city_share_pct))"',
        "clause 1.1", "share of county: the value might be negative",
    ),
    "a figure in an expression": ('"price * floor_area_m2"', '"500 * floor_area_m2"', "clause 2.1", "`500` stands in an expression"),
    "ways that overlap": (
        "tenure == 'rent'", "tenure == 'rent' or tenure == 'purchase'", "clause 2.1", "overlap: purchase fits purchase and rent"),
    "ways that leave a gap": ("tenure == 'rent'", "tenure == 'purchase'", "clause 2.1", "gap: rent fits no way"),
    "a value defined by itself": (
        '"day_before(months_after(institution.established_on, benefit_months))"', '"day_before(benefit_to)"',
        "clause 2.1", "`benefit_to` is defined by itself",
    ),
    "a figure that nothing uses": (
        "[[let]]", '[figure.bonus]\nvalue = 1\nunit = "yuan"\ntitle = "奖金"\narticle = "第九条"\n\n[[let]]', "bonus", "nothing uses it"),
    "a figure of a clause that only other clauses use": (
        "[clause.figure]\nflat_award", '[clause.figure]\nprice = { value = 500, unit = "yuan/m2", title = "标准" }\nflat_award',
        "clause 1.2, price", "nothing uses it",
    ),
    "treasuries without a remainder": (
        '{ treasury = "city", remainder = true },', '{ treasury = "city", share = "award", round = "down" },',
        "funding shared", "one treasury must bear the remainder",
    ),
}


TWICE = {
    "codes.toml": ('id = "V04"', 'id = "V03"', "code V03"), "readings.toml": ('id = "A2"', 'id = "A1"', "reading A1"),
    "facts.toml": ('{ name = "bank_account"', '{ name = "bank_name"', "field of institutions bank_name"),
    "policy.toml": ('name = "counted_days"', 'name = "year_days"', "clause 3, value year_days"),
}


@pytest.mark.parametrize("file", TWICE)
def test_the_check_finds_what_stands_twice_in_a_file(edited, file):
    old, new, place = TWICE[file]
    assert (file, place, "it is declared 2 times") in [(one.file, one.place, one.problem) for one in check_policy(edited(old, new, file))]


@pytest.mark.parametrize("slip", SLIPS)
def test_the_check_finds_a_slip_and_says_where(edited, slip):
    old, new, place, problem = SLIPS[slip]
    findings = check_policy(edited(old, new))
    assert [finding for finding in findings if finding.place == place and problem in finding.problem], findings
    assert {finding.file for finding in findings} == {"policy.toml"}


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('funding = "shared"\nneeds', 'colour = "red"\nfunding = "shared"\nneeds', r"policy\.toml: clause 1\.1: .*unknown field `colour`"),
        ('round = "half_up", says = "按实收', 'says = "按实收', r"policy\.toml: clause 1\.1 › way once › amount: .*required field `round`"),
        ('article = "第一部分第（一）条第1项"\ntitle = "省级', 'title = "省级', r"policy\.toml: clause 1\.1: .*required field `article`"),
        ("value = 2_000_000", "value = 2_000_000,,", r"policy\.toml: .*line \d+"),
    ],
    ids=["an unknown key", "an amount without rounding", "a clause without article", "a comma too many"],
)
def test_what_the_schema_does_not_know_is_refused_with_file_and_place(edited, old, new, problem):
    with pytest.raises(InputRefused, match=problem):
        edited(old, new)


# ---------------------------------------------------------------- what else the text could mean


def computed_alternatives() -> list[Alternative]:
    return [alternative for alternative in load_policy(find_policy(None)).alternatives if alternative.changes]


def test_of_joined_rows_what_nothing_asks_for_is_not_looked_up():
    asked = {join["name"]: {column for column, _ in join["columns"]} for join in CompiledPolicy(load_policy(find_policy(None))).joins}
    assert asked["tax"] == {"vat_retained_fen", "cit_retained_fen"}
    assert {"county", "name"} < asked["institution"] and not {"uscc", "bank_name", "bank_account"} & asked["institution"]


@pytest.mark.parametrize("alternative", computed_alternatives(), ids=lambda alternative: alternative.id)
def test_an_alternative_makes_another_policy_in_which_nothing_is_found(alternative):
    policy = load_policy(find_policy(None))
    changed = changed_policy(policy, alternative.changes)
    assert check_policy(changed) == []
    ours, theirs = CompiledPolicy(policy), CompiledPolicy(changed)
    changed_rules = [rule.number for rule in theirs.rules if rule not in ours.rules]
    assert ours.joins != theirs.joins or ours.cases != theirs.cases or changed_rules or policy.body.commendation != changed.body.commendation


A1_LOWER = '{ at = ["clause", "1.1", "bands", "tier_yuan", "step", 2], drop = ["from"], set = { over = 100_000_000 } }'
MISPLACED = {
    "a member that the list lacks": ('at = ["clause", "9.9"]', "`9.9` leads to 0 places"),
    "a code that stands twice": ('at = ["clause", "3", "refuse", "E01"]', "`E01` leads to 2 places"),
    "keys of a list": ('at = ["clause"], set = { title = "" }', "is no table"),
    "members of a table": ('at = ["policy"], add = [1]', "is no list"),
    "a key that the schema does not know": ('at = ["clause", "1.1"], set = { colour = "red" }', "unknown field `colour`"),
    "bands that overlap then": (
        'at = ["clause", "1.1", "bands", "tier_yuan", "step", 2], set = { from = 50_000_000 }', "under it policy.toml: clause 1.1, bands"),
    "a code that is needed": ('at = ["code"], drop = ["E04"]', "under it policy.toml: clause 1.1: there is no refusal code E04"),
    "how a cell is read": ('at = ["table", "claims", "field", "uscc"], set = { type = "text" }', "of the tables only a `title` may be changed"),
    "a part of another file": ('at = ["reading"], drop = ["A1"]', "`reading` leads to 0 places"),
    "a name that leads nowhere then": ('at = ["let"], drop = ["capital_deadline"]', "under it policy.toml: clause 1.1: 1.1.once"),
}


SHOWN_BY_OTHERS = ("a part of another file", "a code that is needed", "a name that leads nowhere then")
"""A member that the list lacks leads to no place either, and bands that overlap are found by the same check of the policy that the edit makes."""


@pytest.mark.parametrize("change, problem", [
    pytest.param(*misplaced, marks=pytest.mark.long if name in SHOWN_BY_OTHERS else [], id=name) for name, misplaced in MISPLACED.items()])
def test_the_check_finds_an_edit_that_makes_no_sound_policy(edited, change, problem):
    findings = check_policy(edited(A1_LOWER, f"{{ {change} }}", "readings.toml"))
    assert {(finding.file, finding.place) for finding in findings} == {("readings.toml", "A1.lower")}
    assert any(problem in finding.problem for finding in findings), findings


def test_an_edit_reaches_codes_and_the_titles_of_tables():
    policy = load_policy(find_policy(None))
    changed = changed_policy(policy, [
        Change(at=["code", "V14"], set={"title": "另一标题"}), Change(at=["code"], drop=["V10"]),
        Change(at=["table", "claims", "field", "premises"], set={"title": "房屋"}),
    ])
    assert (changed.codes["V14"].title, changed.claims.fields["premises"].title, "V10" in changed.codes) == ("另一标题", "房屋", False)
    assert edit(policy, 'code.V14.title="标题"').at == ["code", "V14"]


@pytest.mark.parametrize("also", ["", 'needs = "合同"\nbeyond = "无关"'], ids=["no reason", "two reasons"])
def test_an_alternative_has_edits_or_one_reason_why_not(edited, also):
    with pytest.raises(InputRefused, match=r"readings\.toml: reading A1 › alternative A1\.lower: .*either `changes`, or `needs`, or `beyond`"):
        edited(f"changes = [{A1_LOWER}]", also, "readings.toml")


def test_the_clause_in_print_names_each_alternative_and_why_it_is_not_computed():
    policy = load_policy(find_policy(None))
    text = "".join(show_clause(policy, clause) for clause in policy.clauses.values())
    readings = [policy.readings[name] for clause in policy.clauses.values() for name in clause.readings]
    used = [alternative for reading in readings for alternative in reading.alternative]
    assert used and [alternative.id for alternative in used if not all(
        part in text for part in (alternative.answer, f"[{alternative.id}", alternative.needs or alternative.beyond or "]"))] == []


# ---------------------------------------------------------------- the data dictionary


def test_the_data_dictionary_of_the_documents_is_what_the_command_prints():
    done = CliRunner().invoke(cli, ["policy", "dictionary"])
    assert done.output == (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", sorted(SHIPPED.iterdir()), ids=lambda folder: folder.name)
def test_the_data_dictionary_names_every_table_field_and_choice_and_the_clauses_that_need_it(folder):
    policy = load_policy(folder)
    tables = re.split("^## ", dictionary(policy), flags=re.MULTILINE)[1:]
    declared = [*policy.tables.values(), *policy.score_tables.values()]
    assert len(tables) == len(declared)
    for text, table in zip(tables, declared):
        assert text.startswith(f"{table.title} / `{table.name}`\n") and f"`{table.name}*.csv`" in text
        rows = {row[0]: row for row in (line[2:-2].split(" | ") for line in text.splitlines() if line.startswith("| `"))}
        assert list(rows) == [f"`{field.name}`" for field in table.field]
        for field in table.field:
            row = rows[f"`{field.name}`"]
            assert row[1] == field.header
            assert row[5] == "<br>".join(f"`{code}` {word}" for code, word in field.choices.items())
            assert (row[6] == "是 / yes") == field.optional
            for clause in policy.clauses.values() if table is policy.claims else ():
                needs = {*clause.needs, *(name for way in policy.ways_of(clause) for name in way.needs)}
                assert (clause.id in re.split("、|（", row[7])) == (field.name in needs) or row[7] == "全部 / all"


@pytest.mark.parametrize("table, field, clauses", [
    ("institutions", "regulator_approved", "3"), ("institutions", "origin", "1.2、1.3"), ("retained_tax", "total_tax_paid_yuan", "2.4"),
    ("retained_tax", "year", "2.1、2.2、2.3、2.4、3"), ("institutions", "bank_name", "付款和通知书 / payment and letters"),
    ("prior_awards", "awarded_yuan", "全部 / all"), ("claims", "claim_id", "全部 / all"), ("claims", "amount_claimed_yuan", ""),
    ("claims", "floor_area_m2", "2.1、2.2、2.3、2.4（`purchase` 购买办公用房）"),
])
def test_the_data_dictionary_tells_which_clauses_need_a_field(table, field, clauses):
    text = dictionary(load_policy(find_policy(None))).partition(f" / `{table}`\n")[2]
    assert re.search(rf"^\| `{field}` \| .* \| {re.escape(clauses)} \|$", text, re.MULTILINE), text


# ---------------------------------------------------------------- expressions against fractions


@dataclass(frozen=True)
class Fact:
    """A fact of a random expression: what it is to the compiler, and its stored values; the true value is stored / scale."""

    term: Term
    scale: int
    values: st.SearchStrategy


def stored(name: str, unit: str, least: int, most: int, scale: int) -> Fact:
    """The compiler is told the bounds that the values keep, so that deep expressions stay provably exact."""
    term = replace(stored_number(name, unit, least >= 0), largest=max(-least, most))
    return Fact(term, scale, st.integers(least, most))


FACTS = {
    "rent": stored("rent", "yuan", 0, 10**11, 100), "size": stored("size", "yuan", 10**5, 10**11, 100),
    "refund": stored("refund", "yuan", -(10**11), 10**11, 100), "share": stored("share", "pct", 0, 10**4, 10**4),
    "inside": stored("inside", "day", 0, 366, 1), "whole": stored("whole", "day", 1, 366, 1),
}
FIGURES = {"rate": (Fraction(30), "pct"), "odd_rate": (Fraction("33.33"), "pct"), "cap": (Fraction(500_000), "yuan"), "none": (Fraction(0), "pct")}
ROUNDED = {"half_up": lambda value: floor(value + Fraction(1, 2)), "down": floor}

facts = st.fixed_dictionaries({name: fact.values for name, fact in FACTS.items()})
money = st.recursive(
    st.sampled_from(["rent", "size", "cap", "1 * cap", "max(0, refund)", "max(0, rent - size)", "(1 - share) * rent"]),
    lambda part: st.one_of(
        st.tuples(part, part).map("({0[0]} + {0[1]})".format),
        st.tuples(st.sampled_from(["min", "max"]), part, part).map("{0[0]}({0[1]}, {0[2]})".format),
        st.tuples(part, st.sampled_from(["rate", "odd_rate", "share", "(1 - share)", "(1 - rate)", "none"])).map("{0[0]} * {0[1]}".format),
    ),
    max_leaves=6,
)
quotients = st.tuples(money, st.sampled_from(["inside / whole", "rent / size", "inside * share / whole", "1 / 1"])).map(
    lambda parts: parts[0] if parts[1] == "1 / 1" else "{} * {}".format(*parts))


@settings(max_examples=200, deadline=None)
@given(expression=quotients, rounding=st.sampled_from(sorted(ROUNDED)), values=facts)
def test_an_expression_in_the_database_equals_the_exact_fraction_rounded_once(expression, rounding, values):
    assert in_database(expression, rounding, values) == ROUNDED[rounding](exact(expression, values) * 100)


@settings(max_examples=40, deadline=None)
@given(expression=quotients, values=facts, unknown=st.sampled_from(sorted(FACTS)))
def test_a_value_is_unknown_when_a_fact_of_its_expression_is(expression, values, unknown):
    result = in_database(expression, "down", values | {unknown: None})
    assert (result is None) == (unknown in expression)


def in_database(expression: str, rounding: str, values: dict[str, int | None]) -> int | None:
    """What the database makes of an expression. One that is refused for its size is no example."""
    try:
        term = to_stored(compile_expression(expression, scope), "yuan", rounding)
    except ExpressionError as error:
        assume("too large to be exact" not in str(error))
        raise
    columns = ", ".join(f"cast({'null' if value is None else value} as bigint) as {name}" for name, value in values.items())
    return duckdb.sql(f"select {term.sql} from (select {columns})").fetchall()[0][0]


def scope(name: str) -> Term:
    return FACTS[name].term if name in FACTS else constant_number(*FIGURES[name])


def exact(expression: str, values: dict[str, int]) -> Fraction:
    """Python's reading of the same text; it divides fractions, so nothing is lost."""
    names = {name: Fraction(value, FACTS[name].scale) for name, value in values.items()}
    names |= {name: value / 100 if unit == "pct" else value for name, (value, unit) in FIGURES.items()}
    return Fraction(eval(expression, {"min": min, "max": max}, names))


def test_a_product_that_no_integer_type_holds_is_refused():
    largest = stored_number("a", "yuan", True)
    with pytest.raises(ExpressionError, match="too large to be exact"):
        compile_expression("a * a * a", lambda name: largest)


# ---------------------------------------------------------------- a policy of one's own, and where its text is placed


def test_a_new_policy_begins_sound_and_settles_a_claim(tmp_path):
    begun = give_here("policy", "new", "mine", cwd=tmp_path)
    assert (begun.returncode, begun.stderr) == (0, "") and "claims policy check mine" in begun.stdout
    assert "no findings" in give_here("policy", "check", "mine", cwd=tmp_path).stdout
    again = give_here("policy", "new", "mine", cwd=tmp_path)
    assert again.returncode == 2 and "there is something already" in again.stderr


COVERAGE_SLIPS = {
    "an item that nobody placed": ('no_money = "监管工作事项"', "", "第二部分第（六）条", "nobody placed it"),
    "an item placed twice": ('no_money = "政务服务事项"', 'no_money = "政务服务事项"\ndecided_by = "某人"', "第二部分第（五）条", "nobody placed it"),
    "a clause that does not exist": ('clauses = ["3"]', 'clauses = ["4"]', "第一部分第（三）条", "there is no clause 4"),
    "a clause that no item names": ('clauses = ["3"]', 'no_money = "无"', "item", "no item is computed by clause 3"),
    "an article that stands twice": ('"第四部分第（十六）条"', '"第四部分第（十五）条"', "第四部分第（十五）条", "it stands there 2 times"),
    "an article that the text does not have": ('"第四部分第（十六）条"', '"第四部分第（十七）条"', "第四部分第（十七）条", "`text` does not have it"),
    "a part placed beside its whole": ('"第四部分第（十六）条"', '"第四部分"', "第四部分第（十五）条", "第四部分, which it is a part of, is placed as a whole"),
    "a range from one unit to another": ('"第四部分第（十六）条"', '"第四部分第（十四）条第一款至第（十六）条"', "第四部分第（十四）条第一款至第（十六）条",
                                         "it names no place"),
    "a text with a gap": ('"第二部分第（五）条至第（九）条"', '"第二部分第（六）条至第（九）条"', "第二部分第（六）条", "第（五）条 is left out before it"),
    "a text that begins late": ('条第1项至第4项"', '条第2项至第4项"', "第一部分第（二）条第2项", "第1项 is left out before it"),
}


@pytest.mark.parametrize("slip", COVERAGE_SLIPS)
def test_the_check_finds_an_item_of_the_text_that_is_not_placed(edited, slip):
    old, new, place, problem = COVERAGE_SLIPS[slip]
    findings = check_policy(edited(old, new, "coverage.toml"))
    assert [finding for finding in findings if finding.place == place and problem in finding.problem], findings


@pytest.mark.parametrize("item", load_policy(SHIPPED / "zhumadian-2020-36").coverage, ids=lambda item: item.article)
def test_the_check_finds_any_item_that_the_author_forgot(tmp_path, item):
    findings = [finding for finding in check_policy(without(tmp_path, item.article)) if finding.place != "item"]
    assert [(finding.place, finding.problem.split(",")[0]) for finding in findings] == [(item.article, "nobody placed it")]


def test_without_an_outline_it_is_asked_for_and_a_number_left_out_is_found_all_the_same(tmp_path):
    policy = without(tmp_path, "第一部分第（二）条第3项", outlined=False)
    assert [(finding.place, finding.problem.partition(":")[0]) for finding in check_policy(policy)] == [
        ("text", "it is missing"), ("第一部分第（二）条第4项", "第3项 is left out before it"),
    ]


def without(tmp_path: Path, article: str, *, outlined: bool = True) -> Policy:
    """The shipped policy, whose coverage.toml lacks one item, or its outline as well."""
    folder = shutil.copytree(SHIPPED / "zhumadian-2020-36", tmp_path / "policy")
    head, *items = (folder / "coverage.toml").read_text(encoding="utf-8").split("[[item]]")
    kept = [item for item in items if f'article = "{article}"' not in item]
    assert len(kept) == len(items) - 1
    (folder / "coverage.toml").write_text("[[item]]".join([head if outlined else "", *kept]), encoding="utf-8")
    return load_policy(folder)


@pytest.mark.parametrize(("article", "named"), {
    "第一条至第三条": ["第一条", "第二条", "第三条"],
    "第二十三条第（九）至（十一）项": ["第二十三条第（九）项", "第二十三条第（十）项", "第二十三条第（十一）项"],
    "第2条第1款至第2款": ["第2条第1款", "第2条第2款"],
    "第九十九条至第一百零一条": ["第九十九条", "第100条", "第101条"],
    "第一百二十条之一第二款": ["第一百二十条之一第二款"],
    "第一百二十条": ["第一百二十条"],
    "第三部分第（一）条末段": ["第三部分第（一）条末段"],
    "前言": ["前言"],
    "第三条至第一条": [],
    "第一条第二款至第三条": [],
}.items())
def test_the_words_of_an_article_name_places(article, named):
    assert [written(place) for place in places(article)] == named


def test_a_number_is_the_same_however_it_is_written():
    assert places("第1条第（二）项") == places("第一条第2项") != places("第一条第2款")


def test_articles_may_go_on_from_part_to_part_and_whatever_else_begins_again():
    def gaps(*text: str) -> list[tuple[str, str]]:
        return [(str(missing), written(before)) for missing, before in left_out(place for article in text for place in places(article))]

    assert gaps("第一章第一条至第二条", "第二章第三条第一款至第二款", "第二章第四条第一款") == []
    assert gaps("第一章第一条至第二条", "第二章第一条至第二条") == []
    assert gaps("第一章第一条至第二条", "第二章第四条") == [("第三条", "第二章第四条")]
    assert gaps("第一章第一条至第二条", "第二章第二条") == [("第一条", "第二章第二条")]
    assert gaps("第一条第（一）项至第（二）项", "第二条第（三）项") == [("第（一）项", "第二条第（三）项"), ("第（二）项", "第二条第（三）项")]
    assert gaps("第一部分", "第三部分") == [("第二部分", "第三部分")]


def test_the_coverage_shows_every_item_with_its_place():
    policy = load_policy(find_policy(None))
    shown = show_coverage(policy)
    assert all(f"{item.article}　{item.title}" in shown for item in policy.coverage)
    assert shown.endswith("共25项：计算12项，由人决定1项，不涉及金额12项")
