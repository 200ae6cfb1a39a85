"""Schemes of other places, which the format was not built for: the awards that their texts give."""

from __future__ import annotations

from tests.policy_kit import CODE, RENT_FIELD, awards, settled, write_policy

ONE_CLAUSE = """
[[clause]]
id = "1"
article = "{article}"
title = "{title}"
readings = []
funding = "city_only"
"""

# ---------------------------------------------------------------- Shenzhen 2018: headquarters, by paid-in capital

CAPITAL_FIELD = '  { name = "capital_yuan", header = "实收资本（元）", type = "money", range = { above = 0 } },\n'
SHENZHEN = ONE_CLAUSE.format(article="第五条", title="总部落户奖励") + """
needs = ["capital_yuan"]

[clause.figure]
top = { value = 1_000_000_000, unit = "yuan", title = "最高档起点" }
each = { value = 100_000_000, unit = "yuan", title = "每增加" }
further = { value = 1_000_000, unit = "yuan", title = "增加奖励" }
most = { value = 50_000_000, unit = "yuan", title = "奖励上限" }

[[clause.bands]]
name = "tier_yuan"
title = "基础奖励"
of = "capital_yuan"
says = "实收资本{capital_yuan}元，基础奖励{value}元"
step = [
  { award = 5_000_000 },
  { from = 200_000_000, award = 8_000_000 },
  { from = 500_000_000, award = 10_000_000 },
  { from = 1_000_000_000, award = 20_000_000 },
]

[[clause.let]]
name = "further_units"
title = "超出部分"
unit = "count"
value = "whole(max(0, capital_yuan - top), each)"
says = "超过{top}元的部分，每满{each}元计一个，共{value}个"

[[clause.way]]
id = "tier"
title = "按实收资本"
amount = { value = "min(most, tier_yuan + further * further_units)", round = "half_up", says = "{tier_yuan}元 + {further}元 × {further_units}，最高{most}元 = {value}元" }
"""


def test_shenzhen_2018_a_sum_for_each_further_whole_100_million_up_to_a_cap(tmp_path):
    policy = write_policy(tmp_path / "policy", SHENZHEN, CAPITAL_FIELD)
    capitals = ("199999999", "200000000", "1570000000", "4500000000")
    decided = settled(tmp_path, policy, *({"capital_yuan": capital} for capital in capitals))
    assert awards(decided) == ["5000000.00", "8000000.00", "25000000.00", "50000000.00"]


# ---------------------------------------------------------------- Jinan 2019: rent, and capital tiers with top-up

JINAN_RENT = """
[[pool]]
id = "rent"
title = "历年租房补贴"
per = ["uscc"]

[[ceiling]]
id = "rent_cap"
title = "租房补贴总额"
code = "R01"
pool = "rent"
value = "rent_most"
round = "down"
says = "累计最高{limit}元；已核定{used}元，尚余{left}元"
""" + ONE_CLAUSE.format(article="第四条", title="租房补贴") + """
needs = ["rent_paid_yuan"]
ceilings = ["rent_cap"]
refuse = [{ code = "E01", unless = "claim_year - year(claimant.opened_on) < rent_years", says = "超过{rent_years}年" }]

[clause.figure]
rent_rate = { value = 30, unit = "pct", title = "补贴比例" }
rent_years = { value = 3, unit = "year", title = "补贴年数" }
rent_most = { value = 5_000_000, unit = "yuan", title = "补贴上限" }

[[clause.way]]
id = "rent"
title = "按租金"
amount = { value = "rent_rate * rent_paid_yuan", round = "half_up", says = "{rent_paid_yuan}元 × {rent_rate}% = {value}元" }
"""
JINAN_CAPITAL = """
[[pool]]
id = "capital"
title = "资本奖励"
per = ["uscc"]
""" + ONE_CLAUSE.format(article="第三条", title="资本奖励") + """
needs = ["capital_yuan"]
cumulative = { pool = "capital", says = "该档奖励{before}元，此前已核定{used}元，补足{value}元" }

[[clause.bands]]
name = "tier_yuan"
title = "奖励档次"
of = "capital_yuan"
code = "E04"
says = "注册资本{capital_yuan}元，对应奖励{value}元"
step = [
  { from = 300_000_000, award = 5_000_000 },
  { from = 500_000_000, code = "E05" },
  { from = 1_000_000_000, award = 30_000_000 },
  { from = 2_000_000_000, code = "E05" },
]

[[clause.way]]
id = "tier"
title = "按档次"
amount = { value = "tier_yuan", round = "half_up", says = "{value}元" }
"""
TIER_CODES = """
[[code]]
id = "E04"
kind = "refusal"
title = "低于最低档"
message_zh = "低于最低档"
message_en = "Below the lowest tier"

[[code]]
id = "E05"
kind = "refusal"
title = "该档另行规定"
message_zh = "该档由其他条款规定"
message_en = "Another clause has this tier"
"""


def test_jinan_2019_rent_of_three_years_together_at_most_5_million(tmp_path):
    policy = write_policy(tmp_path / "policy", JINAN_RENT, RENT_FIELD)
    rows = [{"claim_year": year, "rent_paid_yuan": "6000000"} for year in ("2024", "2025", "2026", "2027")]
    assert awards(settled(tmp_path, policy, *rows)) == ["1800000.00", "1800000.00", "1400000.00 R01", "0.00 E01"]


def test_jinan_2019_a_higher_tier_tops_up_what_was_paid(tmp_path):
    policy = write_policy(tmp_path / "policy", JINAN_CAPITAL, CAPITAL_FIELD, TIER_CODES)
    capitals = ("299999999.99", "300000000", "500000000")
    assert awards(settled(tmp_path, policy, *({"capital_yuan": capital} for capital in capitals))) == ["0.00 E04", "5000000.00", "0.00 E05"]
    assert awards(settled(tmp_path, policy, {"capital_yuan": "1200000000"}, label="later")) == ["25000000.00"]


# ---------------------------------------------------------------- Zhuhai Hi-tech 2019: local tax returned, by the year since opening

TAX_FIELD = '  { name = "local_tax_yuan", header = "地方贡献（元）", type = "money", range = { at_least = 0 } },\n'
ZHUHAI = """
[[pool]]
id = "year"
title = "该年度奖励"
per = ["uscc", "claim_year"]

[[ceiling]]
id = "year_cap"
title = "年度上限"
code = "R01"
pool = "year"
value = "most_a_year"
round = "down"
says = "每年最高{limit}元；该年度已核定{used}元，尚余{left}元"
""" + ONE_CLAUSE.format(article="第六条", title="地方贡献奖励") + """
needs = ["local_tax_yuan"]
ceilings = ["year_cap"]

[clause.figure]
most_a_year = { value = 3_000_000, unit = "yuan", title = "年度上限" }

[[clause.let]]
name = "benefit_year"
title = "第几年"
unit = "year"
value = "claim_year - year(claimant.opened_on) + 1"
says = "开业之年起第{value}年"

[[clause.bands]]
name = "tax_rate"
title = "奖励比例"
of = "benefit_year"
code = "E04"
says = "第{benefit_year}年，奖励比例{value}%"
step = [{ from = 1, rate = 100 }, { from = 3, rate = 60 }, { from = 6, code = "E05" }]

[[clause.way]]
id = "rate"
title = "按比例"
amount = { value = "tax_rate * local_tax_yuan", round = "half_up", says = "{local_tax_yuan}元 × {tax_rate}% = {value}元" }
"""


def test_zhuhai_2019_a_rate_for_each_year_since_opening_and_a_cap_a_year(tmp_path):
    policy = write_policy(tmp_path / "policy", ZHUHAI, TAX_FIELD, TIER_CODES)
    taxes = {"2024": "2000000", "2025": "3500000", "2026": "4000000", "2027": "6000000", "2028": "1000000", "2029": "1000000", "2023": "1"}
    rows = [{"claim_year": year, "local_tax_yuan": tax} for year, tax in taxes.items()]
    assert awards(settled(tmp_path, policy, *rows)) == [
        "2000000.00", "3000000.00 R01", "2400000.00", "3000000.00 R01", "600000.00", "0.00 E05", "0.00 E04"]


# ---------------------------------------------------------------- Hong Kong: a share of expenses, capped by the day of application

FUND_FIELDS = (
    '  { name = "expenses_yuan", header = "费用（元）", type = "money", range = { above = 0 } },\n'
    '  { name = "fund", header = "基金类别", type = "choice", choices = { public = "公募", private = "私募" } },\n'
)
HONG_KONG = ONE_CLAUSE.format(article="第1段", title="基金补贴") + """
needs = ["expenses_yuan", "fund"]

[clause.figure]
rate = { value = 70, unit = "pct", title = "补贴比例" }

[[clause.bands]]
name = "public_cap_yuan"
title = "公募基金补贴上限"
of = "submitted_on"
says = "{submitted_on}申报，公募基金补贴上限{value}元"
step = [{ award = 1_000_000 }, { from = 2025-04-11, award = 300_000 }]

[[clause.bands]]
name = "private_cap_yuan"
title = "私募基金补贴上限"
of = "submitted_on"
says = "{submitted_on}申报，私募基金补贴上限{value}元"
step = [{ award = 1_000_000 }, { from = 2024-05-10, award = 500_000 }, { from = 2025-04-11, award = 150_000 }]

[[clause.way]]
id = "public"
title = "公募基金"
when = "fund == 'public'"
amount = { value = "min(public_cap_yuan, rate * expenses_yuan)", round = "half_up", says = "{expenses_yuan}元 × {rate}%，最高{public_cap_yuan}元 = {value}元" }

[[clause.way]]
id = "private"
title = "私募基金"
when = "fund == 'private'"
amount = { value = "min(private_cap_yuan, rate * expenses_yuan)", round = "half_up", says = "{expenses_yuan}元 × {rate}%，最高{private_cap_yuan}元 = {value}元" }
"""


def test_hong_kong_the_cap_is_that_of_the_day_of_application(tmp_path):
    policy = write_policy(tmp_path / "policy", HONG_KONG, FUND_FIELDS)
    days = [("public", "2025-04-10"), ("public", "2025-04-11"), ("private", "2024-05-09"), ("private", "2024-05-10"), ("private", "2025-04-11")]
    rows = [{"fund": fund, "submitted_on": day, "expenses_yuan": "1200000", "uscc": CODE} for fund, day in days]
    assert awards(settled(tmp_path, policy, *rows)) == ["840000.00", "300000.00", "840000.00", "500000.00", "150000.00"]
