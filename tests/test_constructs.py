"""The constructs of policies, each by a small policy of its own and the awards that follow."""

from __future__ import annotations

from pathlib import Path

import pytest
from pypdf import PdfReader

from claims.errors import ClaimsError, InputRefused
from claims.policy.model import Policy
from pipelines.explain import explain_claim
from pipelines.progress import Progress
from pipelines.queries import render_letters_of
from tests.policy_kit import CODE, OTHER_CODE, RENT_FIELD, awards, clauses_of, of_each_clause, settled, write_policy

FLAT = """
[[clause]]
id = "1"
article = "第三条"
title = "奖励"
readings = []
funding = "city_only"
needs = [{needs}]
ceilings = ["limit"]
[clause.figure]
each = {{ value = 1000, unit = "yuan", title = "每件" }}
most = {{ value = {most}, unit = "{unit}", title = "上限" }}
[[clause.way]]
id = "flat"
title = "定额"
amount = {{ value = "each", round = "half_up", says = "每件{{value}}元" }}
"""
POOL = """
[[pool]]
id = "counted"
title = "累计"
per = [{per}]
counts = "{counts}"
[[ceiling]]
id = "limit"
title = "上限"
code = "R01"
pool = "counted"
value = "most"
round = "down"
says = "不超过{{limit}}，已有{{used}}，尚余{{left}}"
"""


def over_runs(first: list[int], *more: list[int]) -> list:
    """How many claims come in each run: one way here, the others with the long tests."""
    return [first, *(pytest.param(sizes, marks=pytest.mark.long) for sizes in more)]


PROJECT = '  { name = "project", header = "项目", type = "text" },\n'


def policy_with(tmp_path, counts: str, most: int, unit: str, per: str = '"uscc"', needs: str = "", **parts):
    return write_policy(tmp_path / "policy", POOL.format(per=per, counts=counts) + FLAT.format(needs=needs, most=most, unit=unit), **parts)


def test_a_ceiling_on_claims_lets_so_many_be_awarded_over_runs_and_no_more(tmp_path):
    policy = policy_with(tmp_path, "claims", 3, "count")
    assert awards(settled(tmp_path, policy, {}, {}, {"uscc": OTHER_CODE})) == ["1000.00", "1000.00", "1000.00"]
    assert awards(settled(tmp_path, policy, {}, {}, label="two")) == ["1000.00", "0.00 R01"]
    assert "上限：3件；此前已核定2件；本次之前：1件；本次之后：0件" in explain_claim(tmp_path / "workspace", "two-1")
    assert "上限：3件；此前已核定3件；本次之前：0件；本次之后：0件　※生效" in explain_claim(tmp_path / "workspace", "two-2")


def test_a_ceiling_on_years_counts_a_year_once(tmp_path):
    policy = policy_with(tmp_path, "years", 2, "count")
    years = ["2024", "2025", "2025", "2026"]
    assert awards(settled(tmp_path, policy, *({"claim_year": year} for year in years))) == ["1000.00"] * 3 + ["0.00 R01"]
    assert awards(settled(tmp_path, policy, {"claim_year": "2024"}, {"claim_year": "2027"}, label="two")) == ["1000.00", "0.00 R01"]
    assert "上限：2年；此前已核定1年；本次之前：1年；本次之后：0年" in explain_claim(tmp_path / "workspace", "two-1")


COUNTED = """
[[clause.let]]
name = "dozens"
title = "整打"
unit = "count"
count_word = "打"
value = "whole(max(0, pieces), dozen)"
says = "{pieces}件为{value}打"
[[clause.bands]]
name = "by_place"
title = "名次奖励"
of = "finish"
says = "第{finish}名，奖励{value}元"
step = [{ award = 2 }, { from = 11, award = 1 }]
[[clause.bands]]
name = "by_pieces"
title = "件数奖励"
of = "pieces"
says = "{pieces}件，奖励{value}元"
step = [{ award = 20 }, { from = 1000, award = 30 }]
[[clause.bands]]
name = "by_dozens"
title = "整打奖励"
of = "dozens"
says = "{dozens}打，奖励{value}元"
step = [{ award = 300 }, { from = 100, award = 400 }]
"""
COUNTS = """
  { name = "pieces", header = "产量（件）", type = "count" },
  { name = "finish", header = "名次", type = "count" },
"""


def test_counts_are_told_with_their_words_and_an_ordinal_with_its_title(tmp_path):
    clauses = (POOL.format(per='"uscc"', counts="claims") + FLAT.format(needs='"pieces", "finish"', most=3, unit="count")).replace(
        'counts = "claims"', 'counts = "claims"\ncount_word = "次"').replace(
        'title = "每件" }', 'title = "每件" }\ndozen = { value = 12, unit = "count", title = "一打" }').replace(
        "[[clause.way]]", COUNTED + "[[clause.way]]").replace('value = "each"', 'value = "each + by_place + by_pieces + by_dozens"')
    policy = write_policy(tmp_path / "policy", clauses, COUNTS)
    assert awards(settled(tmp_path, policy, {"pieces": "1200", "finish": "10"})) == ["1432.00"]
    told = explain_claim(tmp_path / "workspace", "one-1")
    for text in ("产量：1200件　", "名次：10　", "整打：1200件为100打（", "→ 名次11（不含）以下：2元", "　 名次11（含）以上：1元",
                 "　 1,000件（不含）以下：20元", "→ 100打（含）以上：400元", "上限：3次；此前已核定0次；本次之前：3次；本次之后：2次"):
        assert text in told, text


@pytest.mark.parametrize(("where", "finding"), [
    ('counts = "awards"', "a count_word stands behind claims or years, this pool counts awards"),
    ('unit = "day"', "a count_word stands behind counts, a value in day has a word of its own"),
])
def test_a_word_for_counts_stands_behind_counts_only(tmp_path, where, finding):
    let = '[[let]]\nname = "span"\ntitle = "天数"\nunit = "day"\nvalue = "days(effective_from, as_of)"\nsays = "{value}天"\n'
    clauses = let + POOL.format(per='"uscc"', counts="awards") + FLAT.format(needs="", most=3, unit="yuan")
    with pytest.raises(ClaimsError, match=finding):
        write_policy(tmp_path / "policy", clauses.replace(where, where + '\ncount_word = "次"', 1))


def test_a_ceiling_on_different_values_counts_each_once_over_runs_and_awards_paid_before(tmp_path):
    pool = POOL.format(per='"uscc"', counts="distinct").replace('counts = "distinct"', 'counts = "distinct"\nof = "project"')
    policy = write_policy(tmp_path / "policy", pool + FLAT.format(needs='"project"', most=3, unit="count"), PROJECT, award_fields=PROJECT)
    paid = f"uscc,clause,claim_year,project,awarded_yuan,awarded_on,voucher_no\n{CODE},1,2024,甲,700,2024-12-01,1\n{CODE},1,2024,甲,700,2024-12-02,2\n"
    rows = [{"project": project} for project in ("乙", "甲", "乙", "丙", "丁", "丙")] + [{"project": "丁", "uscc": OTHER_CODE}]
    assert awards(settled(tmp_path, policy, *rows, files={"prior_awards": paid})) == ["1000.00"] * 4 + ["0.00 R01", "1000.00", "1000.00"]
    assert awards(settled(tmp_path, policy, {"project": "丁"}, {"project": "甲"}, {"project": ""}, label="two")) == ["0.00 R01", "1000.00", "V01"]
    assert "不超过3，已有3，尚余0" in explain_claim(tmp_path / "workspace", "two-1")


@pytest.mark.parametrize(("before", "after", "finding"), [
    ('of = "project"', "", "says `of` which field"), ('of = "project"', 'of = "nothing"', "there is no field of the claims nothing"),
    ('needs = ["project"]', "needs = []", "pool counted: it counts project, which clause 1 does not need"),
])
def test_a_pool_of_different_values_names_a_field_that_is_known(tmp_path, before, after, finding):
    pool = POOL.format(per='"uscc"', counts="distinct").replace('counts = "distinct"', 'counts = "distinct"\nof = "project"')
    text = (pool + FLAT.format(needs='"project"', most=3, unit="count")).replace(before, after)
    with pytest.raises((AssertionError, InputRefused), match=finding):
        write_policy(tmp_path / "policy", text, PROJECT, award_fields=PROJECT)


YEAR_CAP = """
[[pool]]
id = "year"
title = "该年度"
per = ["uscc", "claim_year"]
[[ceiling]]
id = "year_limit"
title = "年度上限"
code = "R01"
pool = "year"
value = "most_a_year"
round = "down"
says = "每年不超过{limit}，已有{used}，尚余{left}"
"""


USED_UP = {  # what a pool counts, and the awards of five years over two runs
    "awards": ["400.00 R01", "400.00 R01", "400.00 R01", "300.00 R01", "0.00 R01"],
    "computed": ["400.00 R01", "400.00 R01", "0.00 R01", "0.00 R01", "0.00 R01"],
}


def test_a_ceiling_is_used_up_by_awards_or_by_what_was_computed_for_them(tmp_path):
    clause = FLAT.format(needs="", most=1500, unit="yuan").replace("most = {", 'most_a_year = { value = 400, unit = "yuan", title = "年度上限" }\nmost = {')
    pools = "".join((POOL.format(per='"uscc"', counts=counts) + YEAR_CAP).replace('"limit"', f'"limit_{counts}"').replace('"year_limit"', f'"year_{counts}"').replace(
        '"counted"', f'"counted_{counts}"').replace('"year"', f'"year_of_{counts}"') for counts in USED_UP)
    policy = write_policy(tmp_path / "policy", pools + clauses_of(
        clause.replace('ceilings = ["limit"]', f'ceilings = ["year_{counts}", "limit_{counts}"]') for counts in USED_UP))

    def given(label: str, *years: int) -> list[str]:
        return awards(settled(tmp_path, policy, *(
            {"claim_id": f"{counts}-{year}", "clause": str(clause), "claim_year": str(year)} for clause, counts in enumerate(USED_UP, 1) for year in years), label=label))
    first, second = given("one", 2020, 2021), given("two", 2022, 2023, 2024)
    assert {counts: first[2 * at:2 * at + 2] + second[3 * at:3 * at + 3] for at, counts in enumerate(USED_UP)} == USED_UP


def test_a_pool_is_kept_by_any_field_and_may_be_shared_by_all_claimants(tmp_path):
    clauses = POOL.format(per='"project"', counts="claims") + FLAT.format(needs='"project"', most=1, unit="count")
    with pytest.raises(AssertionError, match="prior_awards: it lacks the field project, which pool counted is kept by"):
        write_policy(tmp_path / "lacking", clauses, claim_fields=PROJECT)
    policy = write_policy(tmp_path / "policy", clauses, claim_fields=PROJECT, award_fields=PROJECT)
    rows = ({"project": "甲"}, {"project": "乙", "uscc": OTHER_CODE}, {"project": "甲", "uscc": OTHER_CODE})
    assert awards(settled(tmp_path, policy, *rows)) == ["1000.00", "1000.00", "0.00 R01"]
    assert awards(settled(tmp_path, policy, {"project": "乙"}, {"project": "丙"}, label="two")) == ["0.00 R01", "1000.00"]


STATUS = """
[[status]]
state = "suspended"
from = 2025-07-01
document = "示政〔2025〕9号"
[[status]]
state = "in_force"
from = 2025-10-01
document = "示政〔2025〕20号"
[[status]]
state = "repealed"
from = 2026-01-01
document = "示政〔2025〕30号"
"""


def test_a_clause_that_is_not_in_force_on_the_day_of_the_claim_refuses_with_the_document(tmp_path):
    policy = write_policy(tmp_path / "policy", STATUS + POOL.format(per='"uscc"', counts="awards") + FLAT.format(needs="", most=9000, unit="yuan"))
    days = ["2025-06-30", "2025-07-01", "2025-09-30", "2025-10-01", "2025-12-31", "2026-01-01"]
    decided = settled(tmp_path, policy, *({"submitted_on": day} for day in days))
    assert awards(decided) == ["1000.00", "0.00 E03", "0.00 E03", "1000.00", "1000.00", "0.00 E03"]
    told = explain_claim(tmp_path / "workspace", "one-2")
    assert "自2025年7月1日起暂停执行（示政〔2025〕9号）；自2025年10月1日起施行（示政〔2025〕20号）" in told


@pytest.mark.parametrize(("before", "after", "finding"), [
    ("2025-10-01", "2025-06-01", "status: 2025-06-01 does not come after 2025-07-01"),
    ("示政〔2025〕9号", "", "status: the document that brought the status of 2025-07-01 is missing"),
])
def test_the_policy_check_names_what_is_wrong_in_a_status(tmp_path, before, after, finding):
    clauses = POOL.format(per='"uscc"', counts="awards") + FLAT.format(needs="", most=9000, unit="yuan")
    with pytest.raises(AssertionError, match=finding):
        write_policy(tmp_path / "policy", STATUS.replace(before, after) + clauses)


VERSIONS = """
[[clause]]
id = "1"
article = "第三条"
title = "奖励"
readings = []
funding = "city_only"
[clause.figure]
first_sum = { value = 1000, unit = "yuan", title = "修订前标准" }
since = { value = 1500, unit = "yuan", title = "修订后标准" }
revised_on = { value = 2025-07-01, unit = "date", title = "修订之日" }
[[clause.way]]
id = "first"
title = "修订前"
when = "claimant.opened_on < revised_on"
amount = { value = "first_sum", round = "half_up", says = "{value}元" }
[[clause.way]]
id = "revised"
title = "修订后"
when = "claimant.opened_on >= revised_on"
amount = { value = "since", round = "half_up", says = "{value}元" }
"""


def test_the_version_of_a_clause_is_picked_by_a_day_that_it_names(tmp_path):
    policy = write_policy(tmp_path / "policy", VERSIONS)
    claimants = f"uscc,name,opened_on\n{CODE},甲,2025-06-30\n{OTHER_CODE},乙,2025-07-01\n"
    assert awards(settled(tmp_path, policy, {}, {"uscc": OTHER_CODE}, files={"claimants": claimants})) == ["1000.00", "1500.00"]


@pytest.mark.parametrize(("condition", "finding"), [
    ("claimant.opened_on > revised_on", "gap: 2025-07-01 fits no way"),
    ("True", "overlap: 2025-06-30 fits first and revised"),
    ("claimant.opened_on >= 0", "way revised|compares a date with a number"),
    ("day_after(claimant.opened_on) >= revised_on", "told apart by choices"),
    ("claimant.name == uscc", "told apart by choices, and by days and numbers that are compared with figures"),
])
def test_versions_that_overlap_or_leave_a_day_out_are_found(tmp_path, condition, finding):
    with pytest.raises(AssertionError, match=finding):
        write_policy(tmp_path / "policy", VERSIONS.replace("claimant.opened_on >= revised_on", condition))


def test_a_name_that_sentences_of_limits_use_is_taken(tmp_path):
    with pytest.raises(AssertionError, match="join left: sentences use this word for something else, take another name"):
        write_policy(tmp_path / "policy", '[[join]]\nname = "left"\ntable = "claimants"\non = { uscc = "uscc" }\n' + VERSIONS)


YEAR_BEFORE = """
[[join]]
name = "last_year"
table = "prior_awards"
on = { uscc = "uscc", claim_year = "claim_year" }
back = { claim_year = 1 }
[[clause]]
id = "1"
article = "第三条"
title = "上年度"
readings = []
funding = "city_only"
refuse = [{ code = "E01", unless = "found(last_year)", says = "上年度没有" }]
[[clause.way]]
id = "same"
title = "与上年度相同"
amount = { value = "last_year.awarded_yuan", round = "half_up", says = "{last_year.awarded_yuan}元 = {value}元" }
"""


def test_a_fact_may_be_that_of_an_earlier_year(tmp_path):
    never_negative = {"file": "facts.toml", "instead_of": 'role = "award"', "write": 'role = "award", range = { at_least = 0 }'}
    policy = write_policy(tmp_path / "policy", YEAR_BEFORE, edits=[never_negative])
    paid = f"uscc,clause,claim_year,awarded_yuan,awarded_on,voucher_no\n{CODE},1,2024,700,2024-12-01,示例\n"
    decided = settled(tmp_path, policy, {"claim_year": "2025"}, {"claim_year": "2024"}, files={"prior_awards": paid})
    assert awards(decided) == ["700.00", "0.00 E01"]


ADD_ON = """
[[pool]]
id = "base"
title = "基础奖励"
per = ["uscc"]
[[ceiling]]
id = "base_cap"
title = "基础奖励上限"
code = "R01"
pool = "base"
value = "base_most"
round = "down"
says = "不超过{limit}，已有{used}，尚余{left}"

[[clause]]
id = "1"
article = "第三条"
title = "基础奖励"
readings = []
funding = "city_only"
ceilings = ["base_cap"]
[clause.figure]
each = { value = 1000, unit = "yuan", title = "每件" }
base_most = { value = 2500, unit = "yuan", title = "上限" }
[[clause.way]]
id = "flat"
title = "定额"
amount = { value = "each", round = "half_up", says = "{value}元" }

[[clause]]
id = "2"
article = "第四条"
title = "配套奖励"
readings = []
funding = "city_only"
[clause.figure]
extra = { value = 33.33, unit = "pct", title = "配套比例" }
[[clause.way]]
id = "extra"
title = "按基础奖励的比例"
amount = { value = "extra * max(0, given.base)", round = "half_up", says = "基础奖励{given.base}元 × {extra}% = {value}元" }
"""


def test_an_add_on_is_a_share_of_what_another_clause_was_awarded_in_this_run_and_before(tmp_path):
    policy = write_policy(tmp_path / "policy", ADD_ON)
    early = {"submitted_on": "2025-01-01", "clause": "2"}
    decided = settled(tmp_path, policy, early, {}, early | {"uscc": OTHER_CODE})
    assert awards(decided) == ["333.30", "1000.00", "0.00 E02"]
    assert awards(settled(tmp_path, policy, {}, {"clause": "2"}, {}, label="two")) == ["1000.00", "833.25", "500.00 R01"]
    assert "基础奖励2,500.00元 × 33.33% = 833.25元" in explain_claim(tmp_path / "workspace", "two-2")


ASKING = """
[[pool]]
id = "given_in_all"
title = "历次奖励"
per = ["uscc"]
[[pool]]
id = "pieces"
title = "历次件数"
per = ["uscc"]
counts = "claims"
[[clause]]
id = "1"
article = "第三条"
title = "奖励"
readings = []
funding = "city_only"
needs = ["rent_paid_yuan"]
counts_in = ["given_in_all", "pieces"]
refuse = [{ code = "E01", when = "claim_year > first_years and given.given_in_all == 0", says = "{first_years}年之前未曾奖励" }]
[clause.figure]
first_years = { value = 2025, unit = "year", title = "首批年度" }
part = { value = 50, unit = "pct", title = "以后各件的比例" }
most = { value = 1000, unit = "yuan", title = "总额" }
[[clause.let]]
name = "left_yuan"
title = "尚余"
unit = "yuan"
value = "max(0, most - given.given_in_all)"
says = "{most}元 - 已核定{given.given_in_all}元 = {value}元"
[[clause.way]]
id = "flat"
title = "第一件全额，以后各件减半"
amount = { value = "min(left_yuan, rent_paid_yuan if given.pieces == 0 else part * rent_paid_yuan)", round = "down", says = "{value}元，尚余{left_yuan}元" }
"""
ASKED = [  # year, paid, awarded
    ("2026", "300", "0.00 E01"),  # nothing was given yet
    ("2025", "400", "400.00"),  # the first: all of it
    ("2026", "300.01", "150.00"),  # half, as all that follow
    ("2026", "700", "350.00"),
    ("2025", "900", "100.00"),  # what is left of 1,000
    ("2026", "900", "0.00 E02"),
]


@pytest.mark.parametrize("runs", over_runs([3, 3], [6], [1] * 6), ids=str)
def test_a_rule_may_ask_what_its_own_pools_gave_before_the_claim_over_any_runs(tmp_path, runs):
    policy = write_policy(tmp_path / "policy", ASKING, RENT_FIELD)
    claims, given = iter(ASKED), []
    for run, size in enumerate(runs):
        rows = [{"claim_year": year, "rent_paid_yuan": yuan, "submitted_on": "2026-02-01"} for year, yuan, _ in (next(claims) for _ in range(size))]
        given += awards(settled(tmp_path, policy, *rows, {"uscc": OTHER_CODE, "rent_paid_yuan": "10"}, label=f"r{run}"))[:-1]
    assert given == [award for _, _, award in ASKED]
    told = "".join(explain_claim(tmp_path / "workspace", claim) for claim in {6: ["r0-5"], 1: ["r4-1"], 3: ["r1-2"]}[runs[0]])
    assert "1,000元 - 已核定900.00元 = 100.00元" in told and "历次件数：历次件数已核定3件" in told


def item(number: int, article: str, own: str, limit: str = "") -> str:
    """A clause whose amount is what was paid, of an item of which only the highest is given."""
    return f"""
[[clause]]
id = "{number}"
article = "{article}"
title = "第{number}项"
readings = []
funding = "city_only"
needs = ["rent_paid_yuan"]
{limit}
highest = {{ own = "{own}", among = "both", code = "R03", says = "可给予{{before}}元，其他项多{{used}}元，给予{{value}}元" }}
[[clause.way]]
id = "flat"
title = "全额"
amount = {{ value = "rent_paid_yuan", round = "half_up", says = "{{value}}元" }}
"""


HIGHEST = """
[figure]
most = { value = 1000, unit = "yuan", title = "第二项上限", article = "第四条" }
""" + "".join(f'[[pool]]\nid = "{pool}"\ntitle = "{title}"\nper = ["uscc"]\n{counts}\n' for pool, title, counts in (
    ("first", "第一项", 'counts = "entitled"'), ("second", "第二项", 'counts = "entitled"'), ("both", "两项合计", ""))) + """
[[ceiling]]
id = "second_most"
title = "第二项上限"
code = "R01"
pool = "second"
value = "most"
round = "down"
says = "不超过{limit}元，已有{used}元，尚余{left}元"
""" + item(1, "第三条", "first") + item(2, "第四条", "second", 'ceilings = ["second_most"]')
R03 = '\n[[code]]\nid = "R03"\nkind = "reduction"\ntitle = "只享受最高一项"\nmessage_zh = "只享受最高一项"\nmessage_en = "The highest only"\n'
OF_ITEMS = [  # clause, paid, awarded
    ("1", "300", "300.00"),
    ("2", "200", "0.00 R03"),  # 200 by itself, below 300
    ("2", "250", "150.00 R03"),  # 450 by itself: 150 more than 300
    ("1", "100", "0.00 R03"),  # 400
    ("2", "700", "550.00 R01"),  # its own ceiling leaves 550 of it: 1,000, and all of that is more
    ("1", "900", "300.00 R03"),  # 1,300: 300 more than 1,000
    ("2", "900", "0.00 R01"),  # nothing is left of its ceiling
]


@pytest.mark.parametrize("runs", over_runs([3, 4], [2, 3, 2], [7], [1] * 7), ids=str)
def test_of_several_items_only_the_highest_is_given_whatever_the_order_and_over_any_runs(tmp_path, runs):
    policy = write_policy(tmp_path / "policy", HIGHEST, RENT_FIELD, R03)
    claims, given = iter(OF_ITEMS), []
    for run, size in enumerate(runs):
        rows = [{"clause": clause, "rent_paid_yuan": yuan} for clause, yuan, _ in (next(claims) for _ in range(size))]
        given += awards(settled(tmp_path, policy, *rows, {"uscc": OTHER_CODE, "rent_paid_yuan": "10"}, label=f"r{run}"))[:-1]
    assert given == [award for _, _, award in OF_ITEMS]
    if runs == [7]:
        told = explain_claim(tmp_path / "workspace", "r0-3")
        assert "可给予250.00元，其他项多100.00元，给予150.00元" in told and "此前已核定200.00元；本次之前：800.00元；本次之后：550.00元" in told


@pytest.mark.parametrize(("before", "after", "finding"), [
    ('title = "第二项"\nper = ["uscc"]\ncounts = "entitled"', 'title = "第二项"\nper = ["uscc"]', "of `highest` the pool `own` counts what was `entitled`"),
    ('title = "两项合计"\nper = ["uscc"]', 'title = "两项合计"\nper = []', "both pools are kept by the same fields, first and both are not"),
    ('pool = "second"\nvalue', 'pool = "third"\nvalue', "clause 2 would give if not only the highest of several items were given draws on this pool"),
])
def test_the_policy_check_names_pools_by_which_the_highest_would_not_be_found(tmp_path, before, after, finding):
    third = '\n[[pool]]\nid = "third"\ntitle = "第二项奖励"\nper = ["uscc"]\n' if "third" in after else ""
    with pytest.raises(AssertionError, match=finding):
        write_policy(tmp_path / "policy", HIGHEST.replace(before, after) + third, RENT_FIELD, R03)


def test_clauses_that_build_on_each_others_awards_are_found(tmp_path):
    circle = ADD_ON.replace('amount = { value = "each"', 'amount = { value = "min(each, max(0, given.addon))"').replace(
        '[[clause]]\nid = "1"', '[[pool]]\nid = "addon"\ntitle = "配套"\nper = ["uscc"]\n[[ceiling]]\nid = "addon_cap"\ntitle = "上限"\ncode = "R01"\n'
        'pool = "addon"\nvalue = "extra * base_most"\nround = "down"\nsays = "{limit}"\n\n[[clause]]\nid = "1"').replace(
        'title = "配套奖励"', 'title = "配套奖励"\nceilings = ["addon_cap"]').replace(
        "[clause.figure]\nextra", '[clause.figure]\nbase_most = { value = 2500, unit = "yuan", title = "上限" }\nextra')
    with pytest.raises(AssertionError, match="clauses 1, 2 build on each other's awards"):
        write_policy(tmp_path / "policy", circle)


FOLLOWS = """
[[clause]]
id = "1"
article = "第三条"
title = "奖励"
readings = []
funding = "city_only"
needs = ["rent_paid_yuan"]
instalment = [
  { share = "first_part * award", round = "down", due = "months_after(submitted_on, pay_months)" },
  { remainder = true, due = "year_end(claim_year)" },
]
[clause.figure]
first_part = { value = 33.33, unit = "pct", title = "首期比例" }
pay_months = { value = 6, unit = "month", title = "首期时限" }
stay_months = { value = 60, unit = "month", title = "承诺期" }
back_part = { value = 50, unit = "pct", title = "退回比例" }
[[clause.obligation]]
id = "stay"
title = "承诺不迁出"
article = "第八条"
until = "months_after(claimant.opened_on, stay_months)"
repay = "back_part * award"
round = "half_up"
says = "开业之日{claimant.opened_on}起{stay_months}个月内（至{until}）不迁出本市，违反的退回{back_part}%，即{value}元"
[[clause.way]]
id = "flat"
title = "全额"
amount = { value = "rent_paid_yuan", round = "half_up", says = "{value}元" }
"""


def test_an_award_is_paid_in_instalments_that_add_up_and_may_be_owed_back_as_explanation_and_letter_tell(tmp_path):
    policy = write_policy(tmp_path / "policy", FOLLOWS, RENT_FIELD)
    assert awards(settled(tmp_path, policy, {"rent_paid_yuan": "100.01"})) == ["100.01"]
    told = explain_claim(tmp_path / "workspace", "one-1")
    assert "第1期拨付：不迟于2026年7月10日拨付33.33元" in told and "第2期拨付：不迟于2025年12月31日拨付66.68元" in told
    assert "至2029年3月1日）不迁出本市，违反的退回50%，即50.01元" in told
    render_letters_of(tmp_path / "workspace", "one", Progress())
    letter = "".join(page.extract_text() for page in PdfReader(tmp_path / "workspace/out/one/letters/one-1.pdf").pages).replace("\n", "")
    assert "第1期拨付：不迟于2026年7月10日拨付33.33元" in letter and "违反的退回50.01元" in letter


@pytest.mark.parametrize(("before", "after", "finding"), [
    ("{ remainder = true, due", '{ share = "award", due', "the last instalment, and only that, is the remainder"),
    ('due = "year_end(claim_year)"', 'due = "claim_year"', "instalment 2: a day is wanted, this is a number"),
    ('repay = "back_part * award"', 'repay = "award * award"', "obligation stay: the unit is yuan\\^2, yuan is wanted"),
])
def test_the_policy_check_names_what_is_wrong_in_what_follows_from_an_award(tmp_path, before, after, finding):
    with pytest.raises(AssertionError, match=finding):
        write_policy(tmp_path / "policy", FOLLOWS.replace(before, after), RENT_FIELD)


CARRY = """
[[pool]]
id = "year"
title = "该年度"
per = ["uscc", "claim_year"]
[[ceiling]]
id = "year_limit"
title = "年度上限"
code = "R01"
pool = "year"
value = "most_a_year"
round = "down"
says = "每年不超过{limit}元，已有{used}元，尚余{left}元；超过部分可结转两年"
carry_years = 2
[[clause]]
id = "1"
article = "第三条"
title = "奖励"
readings = []
funding = "city_only"
needs = ["rent_paid_yuan"]
ceilings = ["year_limit"]
[clause.figure]
most_a_year = { value = 1000, unit = "yuan", title = "年度上限" }
[[clause.way]]
id = "flat"
title = "全额"
amount = { value = "rent_paid_yuan", round = "half_up", says = "{value}元" }
"""
CARRIED = [  # year, computed, awarded
    ("2020", "1500", "1000.00 R01"),  # 500 are carried
    ("2020", "30", "0.00 R01"),  # and 30
    ("2021", "800", "1000.00"),  # with 200 of 2020
    ("2022", "900", "1000.00"),  # with 100 of 2020
    ("2022", "50", "0.00 R01"),  # 50 of 2022 are carried
    ("2023", "100", "150.00"),  # what is left of 2020 has lapsed
    ("2025", "1", "1.00"),  # nothing is left of 2022
]


@pytest.mark.parametrize("runs", over_runs([3, 4], [2, 3, 2], [7], [1] * 7), ids=str)
def test_what_is_over_a_years_ceiling_is_carried_so_many_years_the_oldest_first_and_told_over_any_runs(tmp_path, runs):
    policy = write_policy(tmp_path / "policy", CARRY, RENT_FIELD)
    claims, given = iter(CARRIED), []
    for run, size in enumerate(runs):
        rows = [{"claim_year": year, "rent_paid_yuan": yuan, "submitted_on": f"{year}-12-31"} for year, yuan, _ in (next(claims) for _ in range(size))]
        given += awards(settled(tmp_path, policy, *rows, label=f"r{run}"))
    assert given == [award for _, _, award in CARRIED]
    third = {2: "r1-1", 3: "r0-3", 7: "r0-3", 1: "r2-1"}[runs[0]]
    assert "以前年度结转：以前年度超过限额、可结转至本年度的530.00元" in explain_claim(tmp_path / "workspace", third)


CARRY_OF_COMPUTED = [  # year, computed, awarded; no claim gets more than 600
    ("2020", "900", "600.00 R02"),  # 900 of 1,000 are used up; the 300 above 600 lapse
    ("2020", "400", "100.00 R01"),  # 300 are carried
    ("2021", "500", "600.00"),  # with 300 of 2020 it would be 800; 100 of these are used
    ("2021", "600", "400.00 R01"),  # 500 and 100 of 2020 are used up of 1,000: 200 are carried
    ("2022", "50", "450.00"),  # with what is left: 200 of 2020 and 200 of 2021
    ("2022", "700", "550.00 R01"),  # 50 and 400 are used up: 150 are carried
]


def each_run(tmp_path: Path, policy: Policy, claims: list[tuple[str, str, str]], runs: list[int]) -> list[str]:
    """The awards of claims by year and sum paid, in runs of so many each."""
    left, given = iter(claims), []
    for run, size in enumerate(runs):
        rows = [{"claim_year": year, "rent_paid_yuan": yuan, "submitted_on": f"{year}-12-31"} for year, yuan, _ in (next(left) for _ in range(size))]
        given += awards(settled(tmp_path, policy, *rows, label=f"r{run}"))
    return given


@pytest.mark.parametrize("runs", over_runs([6], [1] * 6), ids=str)
def test_a_ceiling_that_carries_may_be_used_up_by_computed_amounts_and_what_is_given_of_carried_ones(tmp_path, runs):
    each = """
[[pool]]
id = "claim"
title = "本次"
per = ["claim_id"]
[[ceiling]]
id = "most_each"
title = "单次上限"
code = "R02"
pool = "claim"
value = "most_a_claim"
round = "down"
says = "每次不超过{limit}元"
"""
    text = CARRY.replace('per = ["uscc", "claim_year"]', 'per = ["uscc", "claim_year"]\ncounts = "computed"').replace('["year_limit"]', '["year_limit", "most_each"]')
    text = text.replace('needs = ["rent_paid_yuan"]', 'needs = ["rent_paid_yuan", "claim_id"]')
    text = text.replace("[clause.figure]", '[clause.figure]\nmost_a_claim = { value = 600, unit = "yuan", title = "单次上限" }').replace("[[clause]]", each + "[[clause]]")
    policy = write_policy(tmp_path / "policy", text, RENT_FIELD, R03.replace("R03", "R02"))
    assert each_run(tmp_path, policy, CARRY_OF_COMPUTED, runs) == [award for _, _, award in CARRY_OF_COMPUTED]
    if runs == [6]:  # 500 and 100 of what was carried
        assert "本次之前：1,000.00元；本次之后：400.00元" in explain_claim(tmp_path / "workspace", "r0-3")


CARRY_OF_ENTITLEMENT = [  # year, due in all, awarded
    ("2020", "1500", "1000.00 R01"),  # 500 are carried
    ("2021", "1700", "700.00"),  # 200 more are due, and the 500
    ("2022", "3200", "1000.00 R01"),  # 1,500 more: 500 are carried
    ("2025", "3300", "100.00"),  # the 500 lapsed after 2024, and are not due again
]


@pytest.mark.parametrize("runs", over_runs([4], [1] * 4), ids=str)
def test_what_is_carried_of_a_cumulative_entitlement_comes_back_once_and_for_so_many_years_only(tmp_path, runs):
    pool = '[[pool]]\nid = "all"\ntitle = "累计"\nper = ["uscc"]\n[[clause]]'
    text = CARRY.replace("[[clause]]", pool).replace('ceilings =', 'cumulative = { pool = "all", says = "应奖励{before}元，已核定或者结转{used}元" }\nceilings =')
    policy = write_policy(tmp_path / "policy", text, RENT_FIELD)
    assert each_run(tmp_path, policy, CARRY_OF_ENTITLEMENT, runs) == [award for _, _, award in CARRY_OF_ENTITLEMENT]


YEARLY = """
[[pool]]
id = "rents"
title = "该年度租金补贴"
per = ["uscc", "claim_year"]
counts = "entitled"
[[pool]]
id = "patents"
title = "该年度专利奖励"
per = ["uscc", "claim_year"]
counts = "entitled"
[[pool]]
id = "both"
title = "该年度两项合计"
per = ["uscc", "claim_year"]
[[ceiling]]
id = "rent_cap"
title = "年度上限"
code = "R01"
pool = "rents"
value = "most_a_year"
round = "down"
says = "每年最高{limit}元；已有{used}元，尚余{left}元；超过部分可以结转一年"
carry_years = 1
[[clause]]
id = "1"
article = "第三条"
title = "租金补贴"
readings = []
funding = "city_only"
needs = ["rent_paid_yuan"]
ceilings = ["rent_cap"]
highest = { own = "rents", among = "both", code = "R03", says = "{before}元，另一项多{used}元，给予{value}元" }
[clause.figure]
rate = { value = 30, unit = "pct", title = "比例" }
most_a_year = { value = 1000, unit = "yuan", title = "年度上限" }
[[clause.way]]
id = "rent"
title = "按比例"
amount = { value = "rate * rent_paid_yuan", round = "half_up", says = "{value}元" }
[[clause]]
id = "2"
article = "第四条"
title = "专利奖励"
readings = []
funding = "city_only"
needs = ["pieces"]
highest = { own = "patents", among = "both", code = "R03", says = "{before}元，另一项多{used}元，给予{value}元" }
[[clause.bands]]
name = "reward_yuan"
title = "按件奖励"
of = "pieces"
marginal = true
says = "{pieces}件，合计{value}元"
step = [{ each = 300 }, { over = 2, each = 200 }]
[[clause.way]]
id = "pieces"
title = "按件"
amount = { value = "reward_yuan", round = "half_up", says = "{value}元" }
"""
OF_YEARS = [  # year, clause, paid or pieces, awarded
    ("2023", "1", "5000", "1000.00 R01"),  # of 1,500 the 500 above the ceiling are carried
    ("2023", "2", "4", "0.00 R03"),  # 600 and 400, no more than the other item
    ("2024", "2", "5", "1200.00"),
    ("2024", "1", "2000", "0.00 R03"),  # 600 and 400 of the 500 carried would be 1,000, below 1,200
    ("2025", "1", "1000", "300.00"),  # the last 100 of 2023 lapsed
    ("2025", "2", "2", "300.00 R03"),  # 600: 300 more
]


@pytest.mark.parametrize("runs", over_runs([6], [1] * 6), ids=str)
def test_the_highest_of_a_year_goes_with_pieces_by_bands_and_a_ceiling_that_carries(tmp_path, runs):
    policy = write_policy(tmp_path / "policy", YEARLY, RENT_FIELD + '  { name = "pieces", header = "专利（件）", type = "count", range = { at_least = 0 } },\n', R03)
    left, given = iter(enumerate(OF_YEARS, 10)), []
    for run, size in enumerate(runs):
        rows = [{"claim_year": year, "clause": clause, ("rent_paid_yuan" if clause == "1" else "pieces"): cell, "submitted_on": f"{year}-12-{day}"}
                for day, (year, clause, cell, _) in (next(left) for _ in range(size))]
        given += awards(settled(tmp_path, policy, *rows, label=f"r{run}"))
    assert given == [award for *_, award in OF_YEARS]


def test_a_ceiling_that_carries_counts_awards_by_the_year(tmp_path):
    with pytest.raises(AssertionError, match="ceiling year_limit: what is over it is carried to later years: its pool counts sums and is kept"):
        write_policy(tmp_path / "policy", CARRY.replace('per = ["uscc", "claim_year"]', 'per = ["uscc"]'), RENT_FIELD)


BONUS = """
[figure]
bonus = { value = 10, unit = "pct", title = "加成比例", article = "第三条" }
"""
EITHER = """
[[clause]]
id = "1"
article = "第三条"
title = "奖励"
readings = []
funding = "city_only"
needs = ["rent_paid_yuan", "kind"]
{head}
[clause.figure]
rate = {{ value = 20, unit = "pct", title = "比例" }}
[[clause.let]]
name = "base_yuan"
title = "基数"
unit = "yuan"
value = "{base}"
says = "基数{{value}}元"
[[clause.way]]
id = "only"
title = "按比例"
amount = {{ value = "{amount}", round = "half_up", says = "基数{{base_yuan}}元，计{{value}}元" }}
"""
EITHER_FIELDS = RENT_FIELD + """
  { name = "kind", header = "类别", type = "choice", choices = { plain = "一般", green = "绿色", small = "小微" } },
  { name = "green_yuan", header = "绿色部分（元）", type = "money", optional = true, range = { at_least = 0 } },
"""


OF_BRANCHES = {  # base and amount, and what is awarded to a plain claim, a green one, a small one, and a green one without its sum
    ("rent_paid_yuan", "(rate + (bonus if kind == 'green' else 0)) * base_yuan"): ["200.00", "300.00", "200.00", "300.00"],
    ("rent_paid_yuan", "rate * base_yuan * (1 + (bonus if kind != 'plain' else 0))"): ["200.00", "220.00", "220.00", "220.00"],
    ("green_yuan if kind == 'green' else rent_paid_yuan", "(rate + bonus) * base_yuan"): ["300.00", "150.00", "300.00", "V20"],
    ("rent_paid_yuan", "(rate + bonus) * (green_yuan if kind == 'green' else 0 if kind == 'small' else base_yuan)"): ["300.00", "150.00", "0.00 E02", "V20"],
}


def test_an_amount_may_hang_on_a_condition_and_needs_only_the_branch_that_is_taken(tmp_path):
    text = clauses_of(EITHER.format(base=base, amount=amount, head="") for base, amount in OF_BRANCHES)
    policy = write_policy(tmp_path / "policy", BONUS + text, EITHER_FIELDS)
    rows = [{"rent_paid_yuan": "1000"} | row for row in ({"kind": "plain"}, {"kind": "green", "green_yuan": "500"}, {"kind": "small"}, {"kind": "green"})]
    decided = awards(settled(tmp_path, policy, *of_each_clause(len(OF_BRANCHES), rows)))
    assert {branches: decided[4 * at:4 * at + 4] for at, branches in enumerate(OF_BRANCHES)} == OF_BRANCHES
    assert (tmp_path / "workspace/out/one/exceptions.csv").read_text(encoding="utf-8").count("绿色部分（元）「空」。依据") == 2


@pytest.mark.parametrize(("amount", "finding"), [
    ("rate * base_yuan if kind == 'green' else bonus", "the units differ"), ("bonus * (base_yuan if rate else base_yuan)", "is no condition"),
    ("rate * bonus * (base_yuan if kind == 'green' else kind)", "gives one of two numbers, or one of two dates"),
])
def test_two_branches_are_of_one_unit_and_one_condition(tmp_path, amount, finding):
    with pytest.raises(AssertionError, match=finding):
        write_policy(tmp_path / "policy", BONUS + EITHER.format(base="rent_paid_yuan", amount=amount, head=""), EITHER_FIELDS)


COUNTIES = """
[[treasury]]
id = "east"
title = "东区财政"
[[treasury]]
id = "west"
title = "西区财政"
[[funding]]
id = "by_county"
article = "第十二条"
says = "由市与所在区各半分担"
share = [
  { treasury = "east", share = "half * award if kind == 'plain' else 0", round = "down" },
  { treasury = "west", share = "half * award if kind == 'green' else 0", round = "down" },
  { treasury = "city", remainder = true },
]
[figure]
half = { value = 50, unit = "pct", title = "区级分担", article = "第十二条" }
"""


def test_each_county_bears_the_share_of_its_own_claimants(tmp_path):
    clause = EITHER.format(base="rent_paid_yuan", amount="rate * base_yuan", head="").replace('"city_only"', '"by_county"').partition("[[clause]]")
    policy = write_policy(tmp_path / "policy", COUNTIES + clause[1] + clause[2], EITHER_FIELDS)
    decided = settled(tmp_path, policy, *({"rent_paid_yuan": "1000.05", "kind": kind} for kind in ("plain", "green", "small")))
    shares = [[row[f"{treasury}_yuan"] for treasury in ("city", "east", "west")] for row in decided.values()]
    assert shares == [["100.01", "100.00", "0.00"], ["100.01", "0.00", "100.00"], ["200.01", "0.00", "0.00"]]


BAND_OF = """
[[clause]]
id = "1"
article = "第三条"
title = "奖励"
readings = []
funding = "city_only"
needs = ["rent_paid_yuan", "paid_yuan", "grown_pct"]
[[clause.bands]]
name = "{name}"
title = "档次"
of = "{of}"
code = "E01"
{options}
says = "{{value}}"
step = [{{ from = 0, rate = 10{cap} }}, {{ from = 100, rate = 5{cap} }}]
[[clause.way]]
id = "only"
title = "奖励"
amount = {{ value = "{amount}", round = "half_up", says = "{{value}}元" }}
"""
BAND_FIELDS = RENT_FIELD + """
  { name = "paid_yuan", header = "缴纳（元）", type = "money", range = { at_least = 0 } },
  { name = "grown_pct", header = "增长（%）", type = "percent", range = { at_least = 0 } },
"""


OF_BANDS = {  # name, of, options, cap, amount
    ("rate", "max(0, rent_paid_yuan - paid_yuan)", 'cap = "cap_yuan"', ", cap = 9", "min(cap_yuan, rate * rent_paid_yuan)"): ["9.00", "9.00"],
    ("rate", "rent_paid_yuan + paid_yuan", "", "", "rate * rent_paid_yuan"): ["15.00", "7.00"],
    ("sum_yuan", "max(0, rent_paid_yuan - paid_yuan)", 'marginal = true\nround = "half_up"', "", "sum_yuan"): ["10.50", "9.00"],
    ("rate", "grown_pct", "", "", "rate * rent_paid_yuan"): ["15.00", "14.00"],
}


def test_bands_are_of_an_expression_whole_and_marginal(tmp_path):
    text = clauses_of(BAND_OF.format(name=name, of=of, options=options, cap=cap, amount=amount) for name, of, options, cap, amount in OF_BANDS)
    policy = write_policy(tmp_path / "policy", text, BAND_FIELDS)
    rows = [{"rent_paid_yuan": "300", "paid_yuan": "190", "grown_pct": "100"}, {"rent_paid_yuan": "140", "paid_yuan": "50", "grown_pct": "99.99"}]
    decided = awards(settled(tmp_path, policy, *of_each_clause(len(OF_BANDS), rows)))
    assert {bands: decided[2 * at:2 * at + 2] for at, bands in enumerate(OF_BANDS)} == OF_BANDS


def test_bands_of_a_percentage_that_is_reckoned_are_refused_as_their_bounds_would_be_of_another_size(tmp_path):
    text = BAND_OF.format(name="rate", of="grown_pct + grown_pct", options="", cap="", amount="rate * rent_paid_yuan")
    with pytest.raises(AssertionError, match="bands of a percentage or a quotient are of a fact or a named value"):
        write_policy(tmp_path / "policy", text, BAND_FIELDS)


def test_an_instalment_is_due_on_a_fixed_day_and_an_obligation_goes_by_the_time_left(tmp_path):
    text = FOLLOWS.replace('due = "year_end(claim_year)"', 'due = "fixed_day"').replace('repay = "back_part * award"', 'repay = "award / stay_years"').replace(
        "back_part = {", 'fixed_day = { value = 2027-06-30, unit = "date", title = "末期拨付日" }\nstay_years = { value = 3, unit = "count", title = "承诺年数" }\nback_part = {').replace(
        "违反的退回{back_part}%，即{value}元", "每差一年退回{value}元（{stay_years}年）").replace('back_part = { value = 50, unit = "pct", title = "退回比例" }\n', "")
    policy = write_policy(tmp_path / "policy", text, RENT_FIELD)
    settled(tmp_path, policy, {"rent_paid_yuan": "100.00"})
    told = explain_claim(tmp_path / "workspace", "one-1")
    assert "第2期拨付：不迟于2027年6月30日拨付66.67元" in told and "每差一年退回33.33元（3年）" in told


# ---------------------------------------------------------------- what authors found

SHARE = """
[[clause]]
id = "1"
article = "第三条"
title = "奖励"
readings = []
funding = "city_only"
needs = ["loan_yuan", "last_yuan"]
[clause.figure]
rate = { value = 30, unit = "pct", title = "比例" }
[[clause.let]]
name = "other_rate"
title = "其余比例"
unit = "pct"
value = "1 - rate"
says = "其余比例{value}%"
[[clause.let]]
name = "growth"
title = "增长率"
unit = "pct"
round = "down"
value = "max(0, loan_yuan - last_yuan) / last_yuan"
says = "增长率{value}%"
[[clause.bands]]
name = "tier"
title = "档次"
of = "growth"
code = "E02"
says = "增长{growth}%，奖励{value}元"
step = [{ from = 10, award = 100 }, { from = 30, award = 300 }]
[[clause.way]]
id = "flat"
title = "定额"
amount = { value = "tier + other_rate * last_yuan", round = "half_up", says = "{tier}元 + {last_yuan}元 × {other_rate}% = {value}元" }
"""
LOANS = ('  { name = "loan_yuan", header = "贷款（元）", type = "money", range = { above = 0 } },\n'
         '  { name = "last_yuan", header = "上年贷款（元）", type = "money", range = { above = 0 } },\n')


def test_a_named_percentage_is_as_many_per_cent_as_its_value_says(tmp_path):
    policy = write_policy(tmp_path / "policy", SHARE, LOANS)
    loans = ("109.99", "110", "129.99", "130", "1200")
    decided = settled(tmp_path, policy, *({"loan_yuan": loan, "last_yuan": "100"} for loan in loans))
    assert awards(decided) == ["0.00 E02", "170.00", "170.00", "370.00", "370.00"]
    told = explain_claim(tmp_path / "workspace", "one-4")
    assert "增长率30%" in told and "其余比例70%" in told


FLAT_ONLY = """
[[clause]]
id = "1"
article = "第三条"
title = "奖励"
readings = []
funding = "city_only"
needs = ["flat_no"]
[clause.figure]
each = { value = 1000, unit = "yuan", title = "每件" }
[[clause.way]]
id = "flat"
title = "定额"
amount = { value = "each", round = "half_up", says = "每件{value}元" }
"""
FLAT_NO = '  { name = "flat_no", header = "房屋编号", type = "text" },\n'
SAME_FLAT = """
[[code]]
id = "V10"
kind = "exception"
title = "同一房屋"
message_zh = "同一房屋另有申报：{cells}。依据{article}，请核对。"
message_en = "Another claim for the same flat: {cells}. See {article}."
case = [{ peer = { same = ["flat_no"] }, cells = ["flat_no"] }]
"""


@pytest.mark.parametrize("runs", [1, 2])
def test_claims_of_others_are_compared_whether_they_come_in_one_run_or_in_two(tmp_path, runs):
    policy = write_policy(tmp_path / "policy", FLAT_ONLY, FLAT_NO, SAME_FLAT)
    rows = [{"claim_id": "A", "flat_no": "1"}, {"claim_id": "B", "flat_no": "1", "uscc": OTHER_CODE}]
    batches = [rows] if runs == 1 else [rows[:1], rows[1:]]
    decided = [row for number, batch in enumerate(batches) for row in awards(settled(tmp_path, policy, *batch, label=str(number)))]
    assert decided == ["1000.00", "V10"]


def test_an_award_paid_before_names_what_the_limits_of_its_clause_count_by(tmp_path):
    optional = PROJECT.replace('type = "text"', 'type = "text", optional = true')
    clauses = POOL.format(per='"project"', counts="claims") + FLAT.format(needs='"project"', most=1, unit="count")
    policy = write_policy(tmp_path / "policy", clauses, claim_fields=PROJECT, award_fields=optional)
    header = "uscc,clause,claim_year,project,awarded_yuan,awarded_on\n"
    with pytest.raises(InputRefused, match="prior_awards.csv:2: “项目” is empty"):
        settled(tmp_path, policy, {"project": "甲"}, files={"prior_awards": f"{header}{CODE},1,2024,,100,2024-12-01\n"})
    assert awards(settled(tmp_path, policy, {"project": "甲"}, label="two", files={"prior_awards": f"{header}{CODE},1,2024,甲,100,2024-12-01\n"})) == ["0.00 R01"]


def test_a_sum_of_money_has_a_header_in_yuan(tmp_path):
    with pytest.raises(AssertionError, match="ends in （元）, 运费（万美元） does not"):
        write_policy(tmp_path / "policy", FLAT_ONLY, FLAT_NO + '  { name = "freight_yuan", header = "运费（万美元）", type = "money" },\n')
