"""The author's guide to the policy format is held to the program: its examples run, in both languages alike, and nothing is left out."""

from __future__ import annotations

import csv
import inspect
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from claims.policy import model
from claims.policy.expression import FUNCTIONS
from claims.policy.model import Policy
from claims.toml import Model
from pipelines.commend import Request, commend
from tests.commands import BLOCK, ROOT, lines_to_type, type_in
from tests.policy_kit import settled, write_policy

GUIDE = ROOT / "docs" / "policy-guide"
PAGES = sorted(path.name for path in (GUIDE / "en").glob("*.md"))
LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Example:
    """One example of a page: its pieces of TOML and its CSV tables by the name that follows the language."""

    name: str
    toml: dict[str, str]
    tables: dict[str, str]

    def rows(self, table: str) -> list[dict[str, str]]:
        return list(csv.DictReader(self.tables.get(table, "").splitlines()))


def blocks(page: Path) -> list[tuple[str, str]]:
    """The fenced blocks of a page: what stands behind the fence, and the content."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def examples_of(page: str) -> list[Example]:
    """The examples of an English page. What stands before the first `toml policy` belongs to it; each other one begins an example."""
    found = [Example(page, {}, {})]
    for info, content in blocks(GUIDE / "en" / page):
        language, _, name = info.partition(" ")
        if (language, name) == ("toml", "policy") and "policy" in found[-1].toml:
            found.append(Example(f"{page} {len(found) + 1}", {}, {}))
        if name:
            {"toml": found[-1].toml, "csv": found[-1].tables}[language][name] = content
    return [example for example in found if "policy" in example.toml]


SETTLED_HERE = ("01-first-clause.md", "21-commendation.md")
"""Pages whose first example is settled here, the others with the long tests: that each is a sound policy is seen of all here, and what a construct
gives in test_constructs.py, test_lookups.py and their like."""


def settled_here(page: str) -> list:
    """The examples of a page."""
    return [
        pytest.param(example, marks=[] if page in SETTLED_HERE and number == 0 else pytest.mark.long) for number, example in enumerate(examples_of(page))]


def test_every_example_is_a_policy_that_the_check_accepts(tmp_path):
    for number, example in enumerate(example for page in PAGES for example in examples_of(page)):
        written(example, tmp_path / str(number))


@pytest.mark.parametrize("example", [example for page in PAGES for example in settled_here(page)], ids=lambda example: example.name)
def test_the_claims_of_an_example_come_out_as_the_guide_says(tmp_path, example):
    policy = written(example, tmp_path / "policy")
    claims = [{"claim_id": str(number)} | row for number, row in enumerate(example.rows("claims"), 1)]
    fields, results = policy.claims.fields, [name for name in claims[0] if name not in policy.claims.fields]
    files = {name: text for name, text in example.tables.items() if name not in ("claims", "edits", "scores", "ranking")}
    decided = settled(tmp_path, policy, *({name: row[name] for name in row if name in fields} for row in claims), files=files)
    assert {"award_yuan", "reason_codes"} <= set(results)
    assert [[decided[row["claim_id"]][name] for name in results] for row in claims] == [[row[name] for name in results] for row in claims]
    assert ranked(tmp_path, policy, example) == example.rows("ranking")


def written(example: Example, folder: Path) -> Policy:
    """The policy of an example."""
    parts = {part.replace("-", "_"): content for part, content in example.toml.items() if part != "policy"}
    return write_policy(folder, example.toml["policy"], edits=example.rows("edits"), **parts)


def test_every_command_of_the_guide_runs_in_its_order(tmp_path):
    """After its first check the folder becomes what the page makes of it. The page of edge cases goes on with it under another name."""
    [example] = examples_of("01-first-clause.md")
    answers = []
    for line in (line for page in PAGES for line in lines_to_type(GUIDE / "en" / page)):
        if line.startswith("claims policy cases my-policy"):
            (tmp_path / "cold-storage").rename(tmp_path / "my-policy")
        answers.append((line, type_in(line, tmp_path)))
        if len(answers) == 2:
            make_what_the_page_makes(example, tmp_path)
    assert len(answers) > 10 and [(line, done.stdout, done.stderr) for line, done in answers if done.returncode or done.stderr] == []
    assert "R02" in dict(answers)["claims explain T-3 --workspace trial"].stdout


def make_what_the_page_makes(example: Example, folder: Path) -> None:
    """The policy in place of the starter's, and the month to try it on, without the columns that say what must come out."""
    shutil.rmtree(folder / "cold-storage")
    written(example, folder / "cold-storage")
    (folder / "trial-month").mkdir()
    (folder / "trial-month" / "claimants.csv").write_text(example.tables["claimants"], encoding="utf-8")
    claims = "".join(line.rsplit(",", 2)[0] + "\n" for line in example.tables["claims"].splitlines())
    (folder / "trial-month" / "claims.csv").write_text(claims, encoding="utf-8")


def ranked(tmp_path: Path, policy: Policy, example: Example) -> list[dict[str, str]]:
    """The columns that an example shows of the ranking of its scores, in the workspace where its claims were settled."""
    if "scores" not in example.tables:
        return []
    (tmp_path / "scores.csv").write_text(example.tables["scores"], encoding="utf-8")
    done = commend(tmp_path / "workspace", Request(tmp_path / "scores.csv", int(example.rows("scores")[0]["year"]), "测试", str(policy.source)))
    with (done.folder / "ranking.csv").open(encoding="utf-8", newline="") as file:
        return [{name: row[name] for name in example.rows("ranking")[0]} for row in csv.DictReader(file)]


@pytest.mark.parametrize("page", PAGES)
def test_the_chinese_page_holds_the_same_blocks(page):
    assert blocks(GUIDE / "zh" / page) == blocks(GUIDE / "en" / page)


def test_there_is_no_page_in_one_language_alone_and_the_contents_name_them_all():
    contents = (GUIDE / "README.md").read_text(encoding="utf-8")
    assert sorted(path.name for path in (GUIDE / "zh").glob("*.md")) == PAGES
    assert all(f"({language}/{page})" in contents for language in LANGUAGES for page in PAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_and_every_function_is_named(language):
    text = "\n".join((GUIDE / language / page).read_text(encoding="utf-8") for page in PAGES)
    shapes = [shape for _, shape in inspect.getmembers(model, inspect.isclass) if issubclass(shape, Model) and shape is not Model]
    keys = {field.encode_name for shape in shapes for field in msgspec.structs.fields(shape)}
    assert [key for key in sorted(keys) if not re.search(rf"`\[*{key}\]*`", text)] == []
    assert [function for function in (*FUNCTIONS, "found") if f"`{function}(" not in text] == []
