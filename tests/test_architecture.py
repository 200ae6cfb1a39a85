"""The house rules, read from the source: who may import whom, and that each shipped policy stands in its own folder only."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from claims.policy.model import SHIPPED, Policy, load_policy

ROOT = Path(__file__).parents[1]
POLICIES = [load_policy(folder) for folder in sorted(SHIPPED.iterdir())]
FIELDS = [field for policy in POLICIES for table in (*policy.tables.values(), *policy.score_tables.values()) for field in table.field]

ENGINE_WORDS = {
    **dict.fromkeys(["claim_id", "clause", "claim_year", "submitted_on"], "a role, which every policy has"),
    "claims": "what every policy decides on, and the program's name",
    "uscc": "a type: the code that GB 32100-2015 gives an institution",
    "year": "a type, and a unit",
    "score": "a type, and what a commendation ranks by",
    "name": "what anything is called",
    "申报编号": "how explanations and letters call the role claim_id",
    "所属年度": "how explanations and letters call the role claim_year",
    "条款": "how explanations call the role clause",
    "年度": "the year of a budget and of the books",
    "bank": "a payee's bank, which every policy names under [payment]",
    "none": "the plain word",
    **dict.fromkeys(["yes", "no"], "the plain words"),
    "new": "the plain word, and a command",
}
"""Words of the shipped policies that the engine knows by itself, and why."""
ENGINE_NUMBERS = {10_000: "one 万, and what hundredths of a per cent are of", 50_000: "how many records intake reads at a time"}
"""Amounts of the shipped policies that the engine has for other reasons."""


# ---------------------------------------------------------------- reading the source


def sources(*rooms: str) -> list[Path]:
    """The files that carry the program, without fonts and without the policies."""
    files = (path for room in rooms for path in sorted((ROOT / room).rglob("*")) if path.is_file())
    return [path for path in files if not {"fonts", "shipped", "starter", "__pycache__"} & set(path.relative_to(ROOT).parts)]


MODULES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sources("claims", "pipelines", "sample_data") if path.suffix == ".py"}
TEXTS = {path: path.read_text(encoding="utf-8") for path in sources("claims", "pipelines", "sql", "templates")}


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


@functools.cache
def imported(tree: ast.Module) -> frozenset[str]:
    """Everything that a module imports, whole names: claims.files, duckdb.connect."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def importers(package: str) -> set[str]:
    """The modules that import a package or anything in it."""
    return {shown(path) for path, tree in MODULES.items() if any(name.split(".")[0] == package for name in imported(tree))}


def found(pattern: str) -> list[str]:
    """Where a pattern stands in the program."""
    return [
        f"{shown(path)}:{number}: {line.strip()}"
        for path, text in TEXTS.items() for number, line in enumerate(text.splitlines(), 1) if re.search(pattern, line)
    ]


def word(text: str) -> str:
    return rf"(?<![A-Za-z0-9_]){re.escape(text)}(?![A-Za-z0-9_])"


def chinese(text: str) -> str:
    return rf"(?<![\u4e00-\u9fff]){re.escape(text)}(?![\u4e00-\u9fff])"


def quoted(text: str) -> str:
    return rf"""(["'`]){re.escape(text)}\1"""


# ---------------------------------------------------------------- imports


def test_the_library_knows_nothing_of_the_jobs_and_only_the_command_line_knows_click():
    assert importers("pipelines") and all(module.startswith("pipelines/") for module in importers("pipelines"))
    assert "pipelines/cli.py" in importers("click") and all(re.fullmatch(r"pipelines/cli(_\w+)?\.py", module) for module in importers("click"))


def test_the_generator_knows_only_the_policy_of_the_library_and_only_jobs_know_the_generator():
    known = {shown(path): {name for name in imported(tree) if name.split(".")[0] in ("claims", "pipelines")} for path, tree in MODULES.items()}
    assert {name.rpartition(".")[0] for module, names in known.items() if module.startswith("sample_data/") for name in names} == {"claims.policy.model"}
    assert importers("sample_data") and all(module.startswith(("pipelines/", "sample_data/")) for module in importers("sample_data"))


def test_there_is_one_door_to_the_database():
    connecting = {
        shown(path) for path, tree in MODULES.items()
        if "duckdb.connect" in imported(tree) or any(ast.unparse(node) == "duckdb.connect" for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    }
    assert connecting == importers("duckdb") == {"claims/database.py"}


def test_only_the_room_of_spark_knows_what_an_installation_may_lack():
    assert importers("pyspark") == {"claims/spark/database.py", "claims/spark/session.py"}
    assert importers("sqlglot") == {"claims/spark/carrying.py"}


def strings(tree: ast.Module) -> Iterator[str]:
    return (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def test_only_one_module_knows_where_statements_and_templates_lie():
    folders = re.compile(r"_?(sql|templates)(/.*)?", re.DOTALL)
    knowing = {shown(path) for path, tree in MODULES.items() if any(folders.fullmatch(text) for text in strings(tree))}
    # database.py calls statements by such names in errors, and a filter of its own `sql`; it asks resources.py for their texts.
    assert knowing - {"claims/database.py"} == {"claims/resources.py"}


# ---------------------------------------------------------------- the policy stands in its folder only


def words(pattern: Callable[[str], str], texts: Iterable[str]) -> dict[str, list[str]]:
    """Which of the texts stand in the program, and where."""
    program = "\n".join(TEXTS.values())  # most texts stand nowhere, which is seen at once
    places = {text: found(pattern(text)) if text in program and re.search(pattern(text), program) else [] for text in texts if text not in ENGINE_WORDS}
    assert places
    return {text: where for text, where in places.items() if where}


def of_all(part: Callable[[Policy], Iterable]) -> set:
    return {item for policy in POLICIES for item in part(policy)}


def test_no_clause_or_code_of_a_shipped_policy_stands_in_the_program():
    assert words(quoted, of_all(lambda policy: policy.clauses)) | words(word, of_all(lambda policy: policy.codes)) == {}


def test_no_table_or_field_of_a_shipped_policy_stands_in_the_program():
    tables = of_all(lambda policy: (*policy.tables, *policy.score_tables))
    assert words(word, {*tables, *(field.name for field in FIELDS)}) == {}


def test_no_chinese_header_of_a_shipped_policy_stands_in_the_program():
    assert words(chinese, {field.header for field in FIELDS}) == {}


def test_no_choice_or_set_of_a_shipped_policy_stands_in_the_program():
    choices = {choice for field in FIELDS for choice in field.choices}
    assert words(quoted, choices) | words(word, of_all(lambda policy: policy.body.set)) == {}


def policy_amounts(policy: Policy) -> set[int]:
    """Every amount of a policy, in yuan and in fen; what is below a thousand could be anything."""
    figures = [figure.value for part in (policy.body, *policy.clauses.values()) for figure in part.figure.values() if figure.unit != "date"]
    steps = [amount for clause in policy.clauses.values() for bands in clause.bands for step in bands.step for amount in (step.lower, step.award)]
    yuan = {int(figure) for figure in (*figures, *steps) if figure is not None and figure >= 1000}
    return yuan | {amount * 100 for amount in yuan}


def test_no_amount_of_a_shipped_policy_stands_in_the_program():
    amounts = of_all(policy_amounts)
    assert len(amounts) > 20
    written = r"(?<![\w.])\d[\d_,]*\d(?![\w.])"
    numbers = ((place, int(re.sub("[_,]", "", number))) for place in found(written) for number in re.findall(written, place.split(": ", 1)[1]))
    assert [place for place, number in numbers if number in amounts and number not in ENGINE_NUMBERS] == []


def test_every_exception_from_these_rules_is_needed():
    program = "\n".join(TEXTS.values())
    assert [text for text in ENGINE_WORDS if not re.search(word(text), program)] == []


# ---------------------------------------------------------------- files


def test_no_file_of_the_project_mentions_a_folder_of_the_machine_it_was_written_on():
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]
    machine = re.compile(rb"(?<![\w.}])/(tmp|work|home|root)/")
    assert len(files) > 100
    assert [shown(path) for path in files if path.suffix not in (".png", ".otf", ".ttf", ".pdf") and machine.search(path.read_bytes())] == []


def states_its_grain(text: str) -> bool:
    """A statement fills one relation and begins with its grain; a file of tables says it before each, one of functions begins with words."""
    tables = re.findall(r"^create table .*", text, re.MULTILINE)
    if tables or "create or replace temp macro" in text:
        return text.startswith("-- ") and len(re.findall(r"^-- grain: .*\ncreate table ", text, re.MULTILINE)) == len(tables)
    return text.startswith("-- grain: ")


def test_every_statement_begins_with_a_comment_and_states_its_grain():
    statements = [path for path in TEXTS if path.suffix == ".sql"]
    assert len(statements) > 30
    assert [shown(path) for path in statements if not states_its_grain(TEXTS[path])] == []


def test_every_public_function_and_class_says_what_it_is():
    silent = [
        f"{shown(path)}:{node.lineno}: {node.name}"
        for path, tree in MODULES.items() for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert silent == []
