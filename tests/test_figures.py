"""Every figure of the shipped policy, one unit up: what is decided follows, and so does what the letters say.

The figures are found by walking policy.toml. A figure that no claim of this file notices fails here under its own name: add a claim at
its edge.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import random
import re
import shutil
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from claims.casefile import date_text
from claims.letters.wording import letter_of, texts_of
from claims.money import yuan_text
from claims.policy.compiler import PLACEHOLDER
from claims.policy.model import POLICY_FILES, find_policy, load_policy
from claims.record.store import enter_policy, open_store, policy_of
from claims.resources import template_dir
from claims.trace import case_files
from claims.workspace import Workspace
from tests.commands import few_claims
from tests.random_claims import CLAIM_COLUMNS, uscc
from tests.settle import decisions, settle

# ---------------------------------------------------------------- the figures, found in the file

SHIPPED = load_policy(find_policy(None))
POLICY_TOML = SHIPPED.files["policy.toml"].decode()
LITERAL = re.compile(r"(?<=[^=<>!]= )\d[\d_]*(-\d\d-\d\d)?(?=\W)")


def one_up(literal: str) -> str:
    if "-" in literal:
        return (dt.date.fromisoformat(literal) + dt.timedelta(days=1)).isoformat()
    return str(int(literal) + 1)


def leaves(part, path: str = "") -> Iterator[tuple[str, object]]:
    """Every value of a TOML document by its path; the items of a list go by their id, name or place."""
    if isinstance(part, list):
        part = {str(item.get("id", item.get("name", place)) if isinstance(item, dict) else place): item for place, item in enumerate(part, 1)}
    if isinstance(part, dict):
        for name, value in part.items():
            yield from leaves(value, f"{path}/{name}".lstrip("/"))
    else:
        yield path, part


def numbers_and_dates(text: str) -> dict[str, int | dt.date]:
    return {path: value for path, value in leaves(tomllib.loads(text)) if not isinstance(value, (str, bool))}


def each_one_up() -> dict[str, str]:
    """The text of the policy with one number or date raised, for each of them by its path."""
    before = numbers_and_dates(POLICY_TOML)
    texts = {}
    for match in LITERAL.finditer(POLICY_TOML):
        text = POLICY_TOML[: match.start()] + one_up(match[0]) + POLICY_TOML[match.end():]
        [(path, _)] = numbers_and_dates(text).items() - before.items()
        texts[path] = text
    assert texts.keys() == before.keys(), "each number and date of the file can be raised by itself"
    return texts


ONE_UP = each_one_up()
FIGURES = [path for path in ONE_UP if path != "policy/issued_on" and not path.startswith("commendation/")]

# ---------------------------------------------------------------- claims that every figure matters to

OPENED = "2021-03-01"


@dataclass(frozen=True)
class Sample:
    """A claim of a claimant of its own: who claims what for which year, and the total tax of its years."""

    claim_id: str
    clause: str
    sector: str
    level: str
    cells: dict
    year: int = 2022
    opened: str = OPENED
    retained: int = 90_000_000
    total_tax: tuple[int, ...] = ()


def capital(name: str, yuan: int, verified: str = "2021-06-01") -> Sample:
    return Sample(f"capital-{name}", "1.1", "bank", "provincial", {"paid_in_capital_yuan": yuan, "capital_verified_on": verified})


def fund(clause: str, sector: str, size: int) -> Sample:
    cells = {"fund_size_yuan": size, "invested_yuan": size, "invested_local_yuan": size // 2, "manager_uscc": MANAGER}
    return Sample(f"fund-{clause}-{size}", clause, sector, "none", cells)


def purchase(name: str, clause: str, sector: str, level: str, area: int, **more) -> Sample:
    cells = {"tenure": "purchase", "premises": "示例路1号", "floor_area_m2": area, "purchased_on": "2022-05-05"}
    return Sample(f"purchase-{name}-{clause}", clause, sector, level, cells, **more)


def rent(name: str, clause: str, sector: str, level: str, year: int = 2022, **more) -> Sample:
    cells = {"tenure": "rent", "premises": "示例路1号", "rent_paid_yuan": 73_100, "rent_from": f"{year}-01-01", "rent_to": f"{year}-06-20"}
    return Sample(f"rent-{name}-{clause}", clause, sector, level, cells, year=year, **more)


MANAGER = uscc(random.Random("manager"))
OFFICES = [
    ("2.1", "bank", "provincial"), ("2.2", "bank", "city_branch"), ("2.3", "securities", "city_branch"), ("2.4", "local_financial", "provincial"),
]
FROM_2021 = (10_000_000, 20_000_000)
SAMPLES = [
    capital("lowest", 50_000_000), capital("middle", 100_000_000), capital("highest", 300_000_000),
    capital("late", 300_000_000, verified="2021-09-20"),
    Sample("first-day", "1.2", "bank", "city_branch", {}, opened="2020-12-16"),
    Sample("flat", "1.3", "insurance", "city_branch", {}),
    *(fund("1.4", "fund_company", size) for size in (200_000_000, 1_000_000_000, 2_000_000_000)),
    *(fund("1.5", "fund_partnership", size) for size in (500_000_000, 1_000_000_000, 3_000_000_000)),
    *(purchase("small", *office, 100, total_tax=FROM_2021) for office in OFFICES),
    *(purchase("large", *office, 8_000, total_tax=FROM_2021) for office in OFFICES),
    *(rent("whole", *office, total_tax=FROM_2021) for office in OFFICES),
    purchase("little-tax", *OFFICES[0], 100, retained=60_000),
    rent("window", *OFFICES[1], year=2024),
    rent("first-year", *OFFICES[3], year=2021, total_tax=FROM_2021),
    rent("after", *OFFICES[3], year=2024, total_tax=FROM_2021),
    Sample("operating", "3", "bank", "city_branch", {}),
    Sample("operating-window", "3", "bank", "city_branch", {}, year=2024),
]


def written(folder: Path) -> Path:
    """The folder of the samples."""
    folder.mkdir()
    rng = random.Random("claimants")
    people = {sample.claim_id: uscc(rng) for sample in SAMPLES}
    institutions = [institution(people[sample.claim_id], sample.sector, sample.level, sample.opened) for sample in SAMPLES]
    write(folder / "institutions.csv", [*institutions, institution(MANAGER, "fund_manager", "none", OPENED)])
    write(folder / "retained_tax.csv", [tax(people[sample.claim_id], sample, year) for sample in SAMPLES for year in range(2021, 2025)])
    write(folder / "claims.csv", [
        dict.fromkeys(CLAIM_COLUMNS, "") | sample.cells | {"claim_id": sample.claim_id, "uscc": people[sample.claim_id], "clause": sample.clause,
                                                          "claim_year": sample.year, "submitted_on": "2024-06-25"} for sample in SAMPLES
    ])
    return folder


def institution(code: str, sector: str, level: str, opened: str) -> dict:
    return {"uscc": code, "name": f"示例{code[-5:]}", "sector": sector, "level": level, "origin": "new", "established_on": opened,
            "regulator_approved": "yes", "city_share_pct": "60", "county": "西平县"}


def tax(code: str, sample: Sample, year: int) -> dict:
    total = dict(enumerate(sample.total_tax, 2021)).get(year, "")
    return {"uscc": code, "year": year, "vat_retained_yuan": sample.retained, "cit_retained_yuan": 0, "total_tax_paid_yuan": total}


def write(path: Path, rows: list[dict]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


# ---------------------------------------------------------------- what a policy makes of them


@dataclass(frozen=True)
class Settled:
    """What a run decided: the rows of decisions.csv and the texts of the letters by claim, and the policy of its manifest."""

    rows: dict[str, dict[str, str]]
    letters: dict[str, list[str]]
    policy_sha256: str


def settled(workspace: Path, folder: Path, policy: Path | None = None) -> Settled:
    finished = settle(workspace, folder, policy=policy and str(policy))
    rows = {row["claim_id"]: row for row in csv.DictReader(decisions(finished).decode().splitlines())}
    place = Workspace(workspace)
    with open_store(place) as database:
        enter_policy(database, policy_of(place, finished.entry))
        letters = {case.claim_id: texts_of(letter_of(case, template_dir() / "letters")) for case in case_files(database, place, finished.entry)}
    manifest = json.loads((finished.folder / "manifest.json").read_bytes())
    return Settled(rows, letters, manifest["policy"]["sha256"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return written(tmp_path_factory.mktemp("figures") / "in")


@pytest.fixture(scope="module")
def before(tmp_path_factory, folder) -> Settled:
    return settled(tmp_path_factory.mktemp("before"), folder)


def with_text(folder: Path, name: str, text: str) -> Path:
    """A copy of the shipped policy with another text of one of its files."""
    shutil.copytree(SHIPPED.source, folder)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("figure", [  # one in thirty here, the others with the long checks
    pytest.param(figure, marks=[] if place % 60 == 0 else pytest.mark.torture) for place, figure in enumerate(FIGURES)
])
def test_decisions_and_letters_follow_a_figure_that_is_one_unit_higher(tmp_path, folder, before, figure):
    after = settled(tmp_path / "workspace", folder, with_text(tmp_path / "policy", "policy.toml", ONE_UP[figure]))
    changed = [claim for claim in before.rows if before.rows[claim] != after.rows[claim]]
    assert changed, f"no decision follows {figure}"
    assert after.policy_sha256 != before.policy_sha256
    if figure.startswith("clause/"):
        assert_only_its_clause_changes(figure.split("/")[1], changed, before, after)
    if is_sum_of_a_clause(figure):
        assert {award(after, claim) - award(before, claim) for claim in changed} == {100}
    for claim in changed:
        assert after.letters[claim] != before.letters[claim]
        result = f"{yuan_text(award(after, claim))}元" if award(after, claim) else "）不予支持，本次申报的办理终结。"
        assert result in "".join(after.letters[claim])
        assert_its_new_value_is_said(figure, before.letters[claim], after.letters[claim])


def assert_only_its_clause_changes(clause: str, changed: list[str], before: Settled, after: Settled) -> None:
    assert {before.rows[claim]["clause"] for claim in changed} == {clause}
    others = [claim for claim, row in before.rows.items() if row["clause"] != clause]
    assert [claim for claim in others if before.letters[claim] != after.letters[claim]] == []


def is_sum_of_a_clause(figure: str) -> bool:
    """A sum that is granted, or a ceiling: what is granted rises with it, yuan by yuan."""
    match figure.split("/"):
        case ["clause", clause, "figure", name, "value"]:
            return SHIPPED.clauses[clause].figure[name].unit == "yuan"
        case [*_, last]:
            return last == "award"


def award(settled: Settled, claim: str) -> int:
    return int(settled.rows[claim]["award_yuan"].replace(".", ""))


def assert_its_new_value_is_said(figure: str, before: list[str], after: list[str]) -> None:
    """Where a sentence of the policy names a figure, the letter says its new value once more than before."""
    name = figure.split("/")[-1 if figure.startswith("policy/") else -2]
    if f"{{{name}}}" in POLICY_TOML:
        said = printed(numbers_and_dates(ONE_UP[figure])[figure])
        assert numbers(after)[said] > numbers(before)[said]


def printed(value: int | dt.date) -> str:
    return date_text(value) if isinstance(value, dt.date) else f"{value:,}"


def numbers(texts: list[str]) -> Counter[str]:
    return Counter(re.findall(r"\d[\d,.]*(?:年\d+月\d+日)?", "\n".join(texts)))


def test_a_claim_set_of_its_own_stands_behind_each_clause(before):
    assert {row["clause"] for row in before.rows.values()} == set(SHIPPED.clauses)
    assert "exception" not in {row["outcome"] for row in before.rows.values()}


@pytest.mark.parametrize("name", POLICY_FILES)
def test_a_policy_with_another_byte_in_one_of_its_files_has_another_sha256(tmp_path, before, name):
    text = SHIPPED.files[name].decode()
    assert load_policy(with_text(tmp_path / "policy", name, text + "\n")).sha256 != before.policy_sha256


def test_the_manifest_tells_a_policy_apart_by_its_dates(tmp_path, before):
    after = settled(tmp_path / "workspace", few_claims(tmp_path / "in", "1.1-cap-1"), with_text(tmp_path / "policy", "policy.toml", ONE_UP["policy/issued_on"]))
    assert after.policy_sha256 != before.policy_sha256


def test_no_sentence_of_the_policy_writes_a_figure_by_hand():
    sentences = [text for path, text in leaves(tomllib.loads(POLICY_TOML)) if path.endswith("/says")]
    assert sentences and [text for text in sentences if re.search(r"\d", PLACEHOLDER.sub("", text))] == []
