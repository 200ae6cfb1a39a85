"""What authors of policies met who had the guide alone: slips that the check names, and facts and words that their texts needed."""

from __future__ import annotations

import datetime as dt

import pytest
from pypdf import PdfReader

from claims.errors import InputRefused, UsageError
from claims.policy.check import check_policy
from claims.policy.model import POLICY_FILES, STARTER, find_policy, load_policy, read_policy
from claims.workspace import OpenRun, Workspace
from pipelines.explain import explain_claim
from pipelines.next_steps import next_steps
from pipelines.progress import Progress
from pipelines.queries import render_letters_of
from pipelines.run import abandon_run, open_run_of
from tests.policy_kit import CODE, RENT_FIELD, awards, settled, write_policy
from tests.settle import settle

STARTER_FILES = {name: (STARTER / name).read_text(encoding="utf-8") for name in POLICY_FILES}


def starter_with(file: str, instead_of: str, write: str):
    """The starter with a few words changed."""
    assert instead_of in STARTER_FILES[file]
    texts = STARTER_FILES | {file: STARTER_FILES[file].replace(instead_of, write, 1)}
    return read_policy(STARTER, {name: text.encode() for name, text in texts.items()})


@pytest.mark.parametrize(("file", "instead_of", "write", "told"), [
    ("policy.toml", 'unit = "pct"', 'unit = "percent"', "clause 1 › figure › rent_rate › unit: Invalid enum value 'percent'; allowed are count, date, day"),
    ("facts.toml", 'type = "money"', 'type = "cash"', "table prior_awards › field awarded_yuan › type: Invalid enum value 'cash'; allowed are area,"),
    ("policy.toml", 'per = ["uscc", "claim_year"]', 'per = "uscc"', "pool rent_year › per: Expected `array`, got `str`"),
    ("policy.toml", 'readings = ["A1"]\n', "", "clause 1: Object missing required field `readings`"),
])
def test_what_the_schema_does_not_know_is_named_by_the_names_of_the_file(file, instead_of, write, told):
    with pytest.raises(InputRefused, match=f"{file}: ") as refused:
        starter_with(file, instead_of, write)
    assert told in str(refused.value)


@pytest.mark.parametrize(("file", "instead_of", "write", "told"), [
    ("facts.toml", 'name = "claimants"', 'name = "order"', "table order: order is a word of the languages"),
    ("facts.toml", 'name = "claimants"', 'name = "payment"', "table payment: the program keeps a table of this name"),
    ("facts.toml", 'name = "opened_on"', 'name = "class"', "claimants.class: class is a word of the languages"),
    ("facts.toml", '{ name = "rent_paid_yuan"', '{ name = "content", header = "内容", type = "text" },\n  { name = "rent_paid_yuan"', "claims.content: content means something else"),
    ("policy.toml", 'name = "claimant"\n', 'name = "window"\n', "join window: window is a word"),
    ("policy.toml", 'on = { uscc = "uscc" }', 'on = { opened_on = "claim_year" }', "claimants.opened_on is a date, claim_year of the claims a year"),
    ("policy.toml", "[clause.figure]\n", '[clause.figure]\nrent_paid_yuan = { value = 1, unit = "yuan", title = "租金" }\n', "one would hide the other"),
    ("policy.toml", "[clause.figure]\n", '[[clause.let]]\nname = "rent_paid"\nunit = "yuan"\ntitle = "就低租金"\nvalue = "min(rent_paid_yuan, year_cap)"\nsays = "就低"\n\n[clause.figure]\n',
     "clause 1: rent_paid is stored under the same name as rent_paid_yuan"),
    ("policy.toml", 'value = "year_cap"', 'value = "min（year_cap, year_cap)"', "signs are written in half width, （ is not"),
])
def test_the_check_names_what_would_fail_later(file, instead_of, write, told):
    assert any(told in str(finding) for finding in check_policy(starter_with(file, instead_of, write)))


def test_a_folder_is_not_taken_for_a_shipped_policy(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputRefused, match="not a policy folder, it lacks policy.toml"):
        load_policy(find_policy("."))


# ---------------------------------------------------------------- runs that cannot go on

ONE = """
[[clause]]
id = "1"
article = "第三条"
title = "奖励"
readings = []
funding = "city_only"
needs = ["rent_paid_yuan"]
[clause.figure]
each = { value = 1000, unit = "yuan", title = "每件" }
[[clause.way]]
id = "flat"
title = "定额"
amount = { value = "each", round = "half_up", says = "每件{value}元" }
"""


def test_a_policy_in_which_the_check_finds_something_decides_nothing(tmp_path):
    policy = write_policy(tmp_path / "policy", ONE, RENT_FIELD)
    path = policy.source / "policy.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('value = "each"', 'value = "eech"'), encoding="utf-8")
    with pytest.raises(InputRefused, match="(?s)nothing uses it|eech.*claims policy check"):
        settled(tmp_path, load_policy(policy.source), {"rent_paid_yuan": "1"})
    assert not Workspace(tmp_path / "workspace").open_run.exists()


def test_a_run_that_fails_again_and_again_is_given_up_and_another_takes_its_files_in(tmp_path, monkeypatch):
    policy = write_policy(tmp_path / "policy", ONE, RENT_FIELD)
    workspace = Workspace(tmp_path / "workspace")
    with monkeypatch.context() as failing, pytest.raises(ZeroDivisionError):
        failing.setattr("pipelines.run.assess", lambda *_: 1 / 0)
        settled(tmp_path, policy, {"rent_paid_yuan": "1"})
    with pytest.raises(InputRefused, match="give it up: claims abandon"):
        settle(workspace.root, tmp_path / "in-one", "other", dt.date(2026, 6, 30), str(policy.source))
    assert "Run one of" in abandon_run(workspace, None, "政策有误")
    with pytest.raises(UsageError, match="no run is open"):
        abandon_run(workspace, None, "政策有误")
    assert awards(settled(tmp_path, policy, {"rent_paid_yuan": "1"}, label="two")) == ["1000.00"]
    assert [entry.kind for entry in workspace.journal.entries()] == ["abandon", "run"]


# ---------------------------------------------------------------- facts and words

MONTHS = """
[[clause]]
id = "1"
article = "第三条"
title = "租房补贴"
readings = []
funding = "city_only"
needs = ["worked_from", "worked_to", "home_m2", "price_yuan_m2", "exchange"]
refuse = [{ code = "E01", when = "submitted_on < as_of and months < least", says = "只有{months}个月，不足{least}个月" }]
[clause.figure]
most_m2 = { value = 90, unit = "m2", title = "面积上限" }
least = { value = 1, unit = "month", title = "最少月数" }
one = { value = 1, unit = "month", title = "一个月" }
[[clause.let]]
name = "months"
title = "整月数"
unit = "month"
value = "whole_months(worked_from, worked_to)"
says = "{worked_from}至{worked_to}，满{value}个月"
[[clause.let]]
name = "counted_m2"
title = "计入面积"
unit = "m2"
value = "min(most_m2, home_m2)"
says = "面积{home_m2}平方米，最多计{most_m2}平方米"
[[clause.way]]
id = "months"
title = "按月"
amount = { value = "price_yuan_m2 * counted_m2 * (months / one) * exchange", round = "half_up", says = "{price_yuan_m2}元/平方米 × {counted_m2}平方米 × {months}个月 × {exchange} = {value}元" }
"""
MONTH_FIELDS = """
  { name = "worked_from", header = "受雇起", type = "date" },
  { name = "worked_to", header = "受雇止", type = "date" },
  { name = "home_m2", header = "面积（平方米）", type = "area", range = { above = 0 } },
  { name = "price_yuan_m2", header = "指导价（元/平方米）", type = "unit_price", range = { above = 0, at_most = 1_000 } },
  { name = "exchange", header = "汇率", type = "number", range = { above = 0, at_most = 1_000 } },
"""


def test_whole_months_areas_prices_and_plain_numbers_are_exact(tmp_path):
    policy = write_policy(tmp_path / "policy", MONTHS, MONTH_FIELDS)
    periods = [("2025-01-31", "2025-02-26"), ("2025-01-31", "2025-02-27"), ("2024-02-29", "2025-02-26"), ("2024-02-29", "2025-02-27"), ("2025-03-15", "2025-04-14")]
    rows = [{"worked_from": first, "worked_to": last, "home_m2": "100", "price_yuan_m2": "10", "exchange": "0.047123"} for first, last in periods]
    decided = settled(tmp_path, policy, *rows, {**rows[-1], "exchange": "1.0000001"}, {**rows[-1], "home_m2": "89.99", "exchange": "1"})
    assert awards(decided) == ["0.00 E01", "42.41", "466.52", "508.93", "42.41", "V02", "899.90"]
    told = explain_claim(tmp_path / "workspace", "one-4")
    assert "满12个月" in told and "面积100平方米，最多计90平方米" in told and "0.047123" in told and "10.00元/平方米" in told


def test_letters_say_the_policys_currency_and_need_no_facts(tmp_path):
    edits = [
        {"file": "policy.toml", "instead_of": 'effective_from = 2024-01-01\n', "write": 'effective_from = 2024-01-01\ncurrency = { word = "港元", name = "港币" }\n'},
        {"file": "facts.toml", "instead_of": "（元）", "write": "（港元）"},
    ]
    policy = write_policy(tmp_path / "policy", ONE.replace('needs = ["rent_paid_yuan"]\n', "").replace("每件{value}元", "每件{value}港元"), edits=edits)
    assert awards(settled(tmp_path, policy, {"uscc": CODE})) == ["1000.00"]
    render_letters_of(tmp_path / "workspace", "one", Progress())
    pages = PdfReader(tmp_path / "workspace" / "out" / "one" / "letters" / "one-1.pdf").pages
    letter = "".join(page.extract_text() for page in pages).replace("\n", "")
    assert "1,000.00港元（大写：港币壹仟元整）" in letter and "人民币" not in letter and "00元" not in letter


def test_a_policy_that_has_expired_says_so(tmp_path):
    status = '\n[[status]]\nstate = "expired"\nfrom = 2026-01-01\ndocument = "示政〔2024〕1号第十条"\n'
    policy = write_policy(tmp_path / "policy", ONE + status, RENT_FIELD)
    assert awards(settled(tmp_path, policy, {"submitted_on": "2025-12-31", "rent_paid_yuan": "1"}, {"submitted_on": "2026-01-01", "rent_paid_yuan": "1"})) == ["1000.00", "0.00 E03"]
    assert "自2026年1月1日起有效期届满（示政〔2024〕1号第十条）" in explain_claim(tmp_path / "workspace", "one-2")


TWO_WAYS = """
[[clause]]
id = "1"
article = "第三条"
title = "落户奖励"
readings = []
funding = "city_only"
needs = ["kind", "size_yuan"]
[[clause.bands]]
name = "company_tier"
title = "公司制档次"
of = "size_yuan"
code = "E02"
says = "规模{size_yuan}元，奖励{value}元"
step = [{ from = 100, award = 10 }, { from = 200, award = 20 }]
[[clause.bands]]
name = "partnership_tier"
title = "合伙制档次"
of = "size_yuan"
code = "E02"
says = "规模{size_yuan}元，奖励{value}元"
step = [{ from = 50, award = 5 }]
[[clause.way]]
id = "company"
title = "公司制"
when = "kind == 'company'"
amount = { value = "company_tier", round = "half_up", says = "{value}元" }
[[clause.way]]
id = "partnership"
title = "合伙制"
when = "kind == 'partnership'"
amount = { value = "partnership_tier", round = "half_up", says = "{value}元" }
"""
KINDS = ('  { name = "kind", header = "形式", type = "choice", choices = { company = "公司制", partnership = "合伙制" } },\n'
         '  { name = "size_yuan", header = "规模（元）", type = "money", range = { above = 0 } },\n')


def test_the_bands_of_one_way_refuse_no_claim_of_another_and_are_not_told_there(tmp_path):
    policy = write_policy(tmp_path / "policy", TWO_WAYS, KINDS)
    rows = [{"kind": kind, "size_yuan": size} for kind, size in (("company", "99.99"), ("company", "200"), ("partnership", "49.99"), ("partnership", "50"))]
    assert awards(settled(tmp_path, policy, *rows)) == ["0.00 E02", "20.00", "0.00 E02", "5.00"]
    told = explain_claim(tmp_path / "workspace", "one-4")
    assert "50元（含）以上：5元" in told and "200元（含）以上" not in told and "形式" in told and "合伙制" in told


def test_the_day_of_the_run_may_stand_in_any_expression(tmp_path):
    clauses = ONE.replace('[clause.figure]', 'refuse = [{ code = "E01", when = "months_after(claimant.opened_on, year) > as_of", says = "结算日{as_of}，开业未满{year}个月" }]\n[clause.figure]\nyear = { value = 12, unit = "month", title = "年限" }')
    policy = write_policy(tmp_path / "policy", clauses, RENT_FIELD)
    assert awards(settled(tmp_path, policy, {"rent_paid_yuan": "1"})) == ["1000.00"]
    assert awards(settled(tmp_path, policy, {"rent_paid_yuan": "1"}, label="two", claimant={"opened_on": "2026-01-01"})) == ["0.00 E01"]
    assert "结算日2026年6月30日" in explain_claim(tmp_path / "workspace", "two-1")


def test_a_run_that_a_line_gives_up_is_none_though_the_command_ended_before_it_was_cleared_and_the_next_of_its_name_is_another(tmp_path, monkeypatch):
    policy = write_policy(tmp_path / "policy", ONE, RENT_FIELD)
    workspace, kinds = Workspace(tmp_path / "workspace"), lambda: [entry.kind for entry in workspace.journal.entries()]

    def begin_and_fail() -> None:
        with monkeypatch.context() as failing, pytest.raises(ZeroDivisionError):
            failing.setattr("pipelines.run._body", lambda *_: 1 / 0)
            settled(tmp_path, policy, {"rent_paid_yuan": "1"})

    def stop_before_clearing() -> None:
        with monkeypatch.context() as failing, pytest.raises(ZeroDivisionError):
            failing.setattr(OpenRun, "clear", lambda path: 1 / 0)
            abandon_run(workspace, None, "政策有误")

    begin_and_fail()
    stop_before_clearing()
    assert workspace.open_run.exists() and kinds() == ["abandon"]
    assert "Run one of" in abandon_run(workspace, None, "政策有误") and kinds() == ["abandon"], "the same command completes it"
    begin_and_fail()
    with workspace.locked("claims run"):
        assert open_run_of(workspace).began == 2, "what begins anew under the same name is not given up"
    stop_before_clearing()
    assert "claims run" in next_steps(workspace.root, "", dt.date.today())
    assert awards(settled(tmp_path, policy, {"rent_paid_yuan": "2"}, label="two")) == ["1000.00"]
    assert kinds() == ["abandon", "abandon", "run"] and not workspace.open_run.exists()
