"""What holds for every folder of claims, whatever is in it and however it is written."""

from __future__ import annotations

import codecs
import csv
import io
import os
import random
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from claims.database import Database
from claims.money import plain_yuan
from claims.policy.model import Field, find_policy, load_policy
from claims.record.store import step_source
from claims.workspace import Workspace
from pipelines.run import Finished
from tests.random_claims import uscc, write_nights
from tests.settle import AS_OF, CASES, decisions, settle

ROOT = Path(__file__).parents[1]
TABLES = load_policy(find_policy(None)).tables


def runs_of_the_job(max_examples: int):
    """Each example is a run of a second or more: few of them, the same ones each time, and none spent on shrinking."""
    return settings(max_examples=max_examples, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(folder: Path, table: str, rows: list[dict]) -> None:
    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(TABLES[table].fields), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


# ---------------------------------------------------------------- the look of the files

ENCODED = {
    "UTF-8": str.encode, "UTF-8 with BOM": lambda text: text.encode("utf-8-sig"), "GB18030": lambda text: text.encode("gb18030"),
    "UTF-16, little end first": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "UTF-16, big end first": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
}
AMOUNT = re.compile(r"-?[\d,]+(\.\d+)?")


@dataclass(frozen=True)
class Column:
    """A column of a disguised file: its field, and how its header is written."""

    field: Field
    chinese: bool
    half_width: bool
    ten_thousands: bool
    space: str

    @property
    def in_ten_thousands(self) -> bool:
        return self.ten_thousands and self.field.type == "money"

    @property
    def header(self) -> str:
        chinese = self.field.header.replace("（元）", "（万元）") if self.in_ten_thousands else self.field.header
        name = chinese if self.chinese or self.in_ten_thousands else self.field.name
        return self.space + (name.translate(str.maketrans("（）", "()")) if self.half_width else name)

    def cell(self, text: str) -> str:
        """The same amount counted in 10,000 yuan, to the last decimal; anything but an amount as it stands."""
        if self.in_ten_thousands and AMOUNT.fullmatch(text):
            return f"{Decimal(text.replace(',', '')).scaleb(-4):f}"
        return text


@st.composite
def disguised(draw, tables: dict[str, list[dict]]) -> dict[str, bytes]:
    """The files of another folder that says the same: order of lines and columns, files, encoding, headers, units, quoting, line ends."""
    files = {}
    for table, rows in tables.items():
        rows = list(rows)
        draw(st.randoms(use_true_random=False, note_method_calls=False)).shuffle(rows)
        cuts = sorted(draw(st.lists(st.integers(0, len(rows)), max_size=2 if table == "claims" else 1)))
        for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(rows)])):
            files[f"{table}{draw(st.sampled_from(['', '-甲', ' z']))}{number}.csv"] = draw(disguised_file(table, rows[start:end]))
    return files


@st.composite
def disguised_file(draw, table: str, rows: list[dict]) -> bytes:
    fields = [TABLES[table].fields[name] for name in draw(st.permutations(list(rows[0]) if rows else list(TABLES[table].fields)))]
    looks = st.tuples(st.booleans(), st.booleans(), st.booleans(), st.sampled_from(["", " ", "　"]))
    columns = [Column(field, *draw(looks)) for field in fields]
    text = io.StringIO()
    quoting, line_end = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])), draw(st.sampled_from(["\n", "\r\n"]))
    writer = csv.writer(text, quoting=quoting, lineterminator=line_end)
    writer.writerow([column.header for column in columns])
    writer.writerows([column.cell(row[column.field.name]) for column in columns] for row in rows)
    return ENCODED[draw(st.sampled_from(sorted(ENCODED)))](text.getvalue())


@pytest.fixture(scope="module")
def plain_tables(tmp_path_factory) -> dict[str, list[dict]]:
    """Claims at the edges and damaged ones, no key or id twice."""
    [night] = write_nights(tmp_path_factory.mktemp("random"), random.Random(5), nights=1, claims=60)
    tables = {}
    for name, table in TABLES.items():
        rows = {}
        for path in [CASES / "boundaries" / "in" / f"{name}.csv", *sorted(night.glob(f"{name}*.csv"))]:
            for row in rows_of(path):
                row = dict.fromkeys(table.fields, "") | row
                rows.setdefault(tuple(row[key] for key in table.key), row)
        tables[name] = list(rows.values())
    return tables


@pytest.fixture(scope="module")
def plain_decisions(tmp_path_factory, plain_tables) -> bytes:
    folder = tmp_path_factory.mktemp("plain")
    for name, rows in plain_tables.items():
        write(folder, name, rows)
    return decisions(settle(tmp_path_factory.mktemp("workspace"), folder))


@runs_of_the_job(max_examples=1)
@given(data=st.data())
def test_the_look_of_the_files_makes_no_difference_to_the_decisions(tmp_path_factory, plain_tables, plain_decisions, data):
    assert_decided_alike(tmp_path_factory, plain_tables, plain_decisions, data)


@pytest.mark.torture
@runs_of_the_job(max_examples=40)
@given(data=st.data())
def test_no_look_of_the_files_makes_a_difference_to_the_decisions(tmp_path_factory, plain_tables, plain_decisions, data):
    assert_decided_alike(tmp_path_factory, plain_tables, plain_decisions, data)


def assert_decided_alike(tmp_path_factory, plain_tables: dict[str, list[dict]], plain_decisions: bytes, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("disguised")
    for name, content in data.draw(disguised(plain_tables)).items():
        (folder / name).write_bytes(content)
    assert decisions(settle(tmp_path_factory.mktemp("workspace"), folder)) == plain_decisions


# ---------------------------------------------------------------- ceilings, shares, steps

OFFICE_CAP = {"2.1": 300_000_000, "2.2": 100_000_000, "2.3": 50_000_000, "2.4": 100_000_000}
WHO = {"1.1": ("bank", "provincial"), "1.2": ("bank", "city_branch"), "1.3": ("securities", "city_branch"), "1.4": ("fund_company", "none"),
       "1.5": ("fund_partnership", "none"), "2.1": ("insurance", "provincial"), "2.2": ("bank", "city_branch"),
       "2.3": ("securities", "city_branch"), "2.4": ("local_financial", "provincial"), "3": ("bank", "city_branch")}
YEARS = (2021, 2022, 2023)
FUND_SIZES = (20_000_000_000, 50_000_000_000, 99_999_999_999, 100_000_000_000, 300_000_000_000)
"""In fen, as all amounts here."""


@dataclass(frozen=True)
class Claimant:
    """One claimant's history: what was paid before by year, the VAT retained by year, and claims of one clause by night."""

    clause: str
    city_share: int
    paid_before: list[tuple[int, int]]
    retained: dict[int, int]
    claims: list[tuple[int, dict]]

    def before(self, year: int | None = None) -> int:
        return sum(fen for of_year, fen in self.paid_before if year in (None, of_year))


@st.composite
def claimants(draw) -> Claimant:
    clause = draw(st.sampled_from([*WHO, *OFFICE_CAP]))
    tenure, size = draw(st.sampled_from(["purchase", "rent"])), draw(st.sampled_from(FUND_SIZES))
    made = draw(st.lists(st.tuples(st.integers(0, 1), claim_cells(clause, tenure, size)), min_size=1, max_size=6))
    paid = st.tuples(st.sampled_from(YEARS), st.sampled_from([-20_000_001, 1, 3_333_333, 60_000_000, 310_000_000]))
    retained = st.fixed_dictionaries({year: st.sampled_from([-1, 1, 99_999, 50_000_001, 400_000_001, 2_000_000_001]) for year in YEARS})
    return Claimant(clause, draw(st.integers(0, 10_000)), draw(st.lists(paid, max_size=1)), draw(retained), made)


@st.composite
def claim_cells(draw, clause: str, tenure: str, size: int) -> dict:
    year, amount = draw(st.sampled_from(YEARS)), draw(st.integers(1, 600).map(lambda number: number * 1_000_003))
    cells = {"claim_year": year, "submitted_on": f"2024-0{draw(st.integers(1, 6))}-15"}
    if clause == "1.1":
        return cells | {"paid_in_capital_yuan": plain_yuan(100 * amount), "capital_verified_on": "2021-05-05"}
    if clause in ("1.4", "1.5"):
        invested = plain_yuan(max((size + 1) // 2, min(size, 50 * amount)))
        return cells | {"fund_size_yuan": plain_yuan(size), "invested_yuan": invested, "invested_local_yuan": invested}
    if clause in OFFICE_CAP and tenure == "purchase":
        return cells | {"tenure": tenure, "floor_area_m2": plain_yuan(amount // 500), "purchased_on": f"{year}-07-07"}
    if clause in OFFICE_CAP:
        return cells | {"tenure": tenure, "rent_paid_yuan": plain_yuan(amount), "rent_from": f"{year}-03-01", "rent_to": f"{year}-11-30"}
    return cells


PEOPLE = st.lists(claimants(), min_size=30, max_size=40)


@runs_of_the_job(max_examples=1)
@given(people=PEOPLE)
def test_awards_keep_every_ceiling_and_their_steps_and_shares_add_up(tmp_path_factory, people):
    assert_awards_hold(tmp_path_factory, people)


@pytest.mark.torture
@runs_of_the_job(max_examples=40)
@given(people=PEOPLE)
def test_awards_of_many_more_claimants_keep_every_ceiling_and_their_steps_and_shares_add_up(tmp_path_factory, people):
    assert_awards_hold(tmp_path_factory, people)


def assert_awards_hold(tmp_path_factory, people: list[Claimant]) -> None:
    by_code = dict(zip(distinct_codes(len(people)), people))
    nights = written_nights(tmp_path_factory.mktemp("nights"), by_code)
    workspace = tmp_path_factory.mktemp("workspace")
    settled = [settle(workspace, folder, label=folder.name) for folder in nights]
    rows = [row for finished in settled for row in decided_rows(finished)]
    for finished in settled:
        steps = steps_of(Workspace(workspace), finished)
        for row in decided_rows(finished):
            assert_shares_add_up(row)
            assert_steps_lead_to_the_award(row, steps[row["claim_id"]])
    for code, claimant in by_code.items():
        assert_pools_hold(claimant, [row for row in rows if row["uscc"] == code])


def assert_shares_add_up(row: dict[str, str]) -> None:
    award, city, county = (fen(row[column]) for column in ("award_yuan", "city_yuan", "county_yuan"))
    assert award == city + county
    assert min(city, county) >= 0
    assert (award > 0) == (row["outcome"] in ("approved", "reduced"))


def assert_steps_lead_to_the_award(row: dict[str, str], steps: list[dict]) -> None:
    award, amount = fen(row["award_yuan"]), 0
    for step in steps:
        if step["kind"] == "ceiling":
            assert step["before_fen"] == amount
            assert step["remaining"] == max(0, step["allowed"] - step["used"])
            assert step["value"] == min(amount, step["remaining"])
            assert step["bound"] == (step["value"] < amount)
        if step["kind"] == "cumulative":
            assert step["value"] == max(0, amount - step["used"])
        if step["kind"] in ("computed", "cumulative", "ceiling"):
            amount = step["value"] or 0
    given_before = any(step["kind"] == "once" and step["used"] > 0 for step in steps)
    assert award == (0 if given_before else amount)
    assert award == sum(step["value"] for step in steps if step["kind"] == "share")


def assert_pools_hold(claimant: Claimant, rows: list[dict[str, str]]) -> None:
    """All awards of all nights, and what was paid before, stay within the ceilings; no award adds to what was over them already."""
    given = sum(fen(row["award_yuan"]) for row in rows)
    if claimant.clause in OFFICE_CAP:
        assert claimant.before() + given <= max(OFFICE_CAP[claimant.clause], claimant.before())
        for year in YEARS:
            of_year = sum(fen(row["award_yuan"]) for row in rows if row["claim_year"] == str(year))
            assert claimant.before(year) + of_year <= max(claimant.retained[year] // 2, claimant.before(year), 0)
    if claimant.clause in ("1.4", "1.5"):
        assert claimant.before() + given <= max(1_000_000_000, claimant.before())
    if claimant.clause in ("1.1", "1.2", "1.3"):
        assert sum(fen(row["award_yuan"]) > 0 for row in rows) <= (claimant.before() <= 0)


def steps_of(workspace: Workspace, finished: Finished) -> dict[str, list[dict]]:
    """The steps of a night as the record keeps them, by claim and in order."""
    columns = ("claim_id", "kind", "value", "before_fen", "allowed", "used", "remaining", "bound")
    with duckdb.connect() as connection:
        database = Database(connection)
        found = database.rows(f"select {', '.join(columns)} from {step_source(database, workspace, finished.entry)} order by claim_id, ordinal")
    steps = defaultdict(list)
    for row in found:
        steps[row[0]].append(dict(zip(columns, row)))
    return steps


def decided_rows(finished: Finished) -> list[dict[str, str]]:
    return [row for row in rows_of(finished.folder / "decisions.csv") if row["outcome"] != "exception"]


def fen(yuan: str) -> int:
    return int(Decimal(yuan) * 100)


def distinct_codes(count: int) -> list[str]:
    rng = random.Random(count)
    return list(dict.fromkeys(uscc(rng) for _ in range(2 * count)))[:count]


def written_nights(root: Path, by_code: dict[str, Claimant]) -> list[Path]:
    nights = [root / "night0", root / "night1"]
    for folder in nights:
        folder.mkdir()
    institutions = [institution_row(code, *WHO[one.clause], one.city_share) for code, one in by_code.items()]
    write(nights[0], "institutions", [*institutions, institution_row(MANAGER, "fund_manager", "none", 0)])
    write(nights[0], "retained_tax", [
        {"uscc": code, "year": year, "vat_retained_yuan": plain_yuan(amount), "cit_retained_yuan": "0", "total_tax_paid_yuan": "10000000"}
        for code, one in by_code.items() for year, amount in one.retained.items()
    ])
    write(nights[0], "prior_awards", [
        {"uscc": code, "clause": one.clause, "claim_year": year, "awarded_yuan": plain_yuan(amount), "awarded_on": "2023-12-01"}
        for code, one in by_code.items() for year, amount in one.paid_before
    ])
    for night, folder in enumerate(nights):
        write(folder, "claims", [row for code, one in by_code.items() for row in claim_rows(code, one, night)])
    return nights


MANAGER = uscc(random.Random("manager"))


def institution_row(code: str, sector: str, level: str, city_share: int) -> dict:
    return {"uscc": code, "name": f"示例{code[-5:]}", "sector": sector, "level": level, "origin": "new", "established_on": "2021-02-01",
            "regulator_approved": "yes", "city_share_pct": plain_yuan(city_share), "county": "西平县"}


def claim_rows(code: str, claimant: Claimant, night: int) -> list[dict]:
    shared = {"uscc": code, "clause": claimant.clause, "manager_uscc": MANAGER}
    return [
        shared | {"claim_id": f"{code}-{number}", "premises": f"示例路{number}号"} | cells
        for number, (of_night, cells) in enumerate(claimant.claims) if of_night == night
    ]


# ---------------------------------------------------------------- runs again, and files again


def test_a_repeated_run_changes_nothing_and_the_same_files_again_are_a_no_op(known_edges, tmp_path):
    folder, workspace = CASES / "boundaries" / "in", shutil.copytree(known_edges, tmp_path / "workspace")
    before = contents(workspace)
    first = settle(workspace, folder)
    assert first.repeated and contents(workspace) == before

    again = settle(workspace, shutil.copytree(folder, tmp_path / "copy"), label="again")
    assert {row["fate"] for row in rows_of(again.folder / "line_fates.csv")} == {"duplicate"}
    assert rows_of(again.folder / "decisions.csv") == [row for row in rows_of(first.folder / "decisions.csv") if row["outcome"] == "exception"]
    after = contents(workspace)
    assert after["journal.jsonl"].startswith(before.pop("journal.jsonl"))
    assert before.items() <= after.items()


def contents(workspace: Path) -> dict[str, bytes]:
    """The outputs and the journal of a workspace."""
    paths = [workspace / "journal.jsonl", *(path for path in (workspace / "out").rglob("*") if path.is_file())]
    return {path.relative_to(workspace).as_posix(): path.read_bytes() for path in paths}


# ---------------------------------------------------------------- nothing is lost

LINE_END = re.compile(r"\r\n|\n|\r")
HOSTILE_TEXT = st.text(st.sampled_from("A1-=,\"' \t\n\r\u3000\ufeff\u2028\x0b\x1c\x85\u202e合计总中𠮷"), max_size=6)
USUAL_CELLS = ["A-1", "A-2", "2.1", "2022", "2024-01-15", "1,000", "-1", "合计", "=1+1", ""]


def record_text(cells: list[str], quoted: bool) -> str:
    return ",".join('"' + cell.replace('"', '""') + '"' if quoted or re.search('[",\n\r]', cell) else cell for cell in cells)


@st.composite
def hostile_files(draw, table: str) -> tuple[str, list[int]]:
    """The text of a file of nasty records behind a good header, and the physical line that each record begins in."""
    fields = list(TABLES[table].fields)
    cells = st.one_of(st.sampled_from(USUAL_CELLS), HOSTILE_TEXT)
    width = st.one_of(st.just(len(fields)), st.integers(0, len(fields) + 2))
    title = st.lists(HOSTILE_TEXT, min_size=1, max_size=3)
    rows = [draw(st.lists(cells, min_size=size, max_size=size)) for size in draw(st.lists(width, max_size=12))]
    records = [*draw(st.lists(title, max_size=3)), fields, *rows]
    text, lines = "", []
    for record in records:
        lines.append(1 + len(LINE_END.findall(text)))
        text += record_text(record, draw(st.booleans()))
        # behind a lone \r, the \n of an empty record would only make it one \r\n
        text += draw(st.sampled_from(["\r\n", "\r"] if text.endswith("\r") else ["\n", "\r\n", "\r"]))
    return text, lines


FILES = st.fixed_dictionaries({f"{name}.csv": hostile_files(name.rstrip("2")) for name in ("institutions", "claims", "claims2")})


@runs_of_the_job(max_examples=1)
@given(files=FILES)
def test_every_line_that_goes_in_has_one_fate(tmp_path_factory, files):
    assert_one_fate_each(tmp_path_factory, files)


@pytest.mark.torture
@runs_of_the_job(max_examples=60)
@given(files=FILES)
def test_every_line_of_many_more_folders_has_one_fate(tmp_path_factory, files):
    assert_one_fate_each(tmp_path_factory, files)


def assert_one_fate_each(tmp_path_factory, files: dict[str, tuple[str, list[int]]]) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    for name, (text, _) in files.items():
        (folder / name).write_bytes(text.encode())
    finished = settle(tmp_path_factory.mktemp("workspace"), folder)
    fates = [(row["file"], int(row["line"])) for row in rows_of(finished.folder / "line_fates.csv")]
    assert sorted(fates) == sorted((name, line) for name, (_, lines) in files.items() for line in lines)


# ---------------------------------------------------------------- the same bytes elsewhere

RUN = """
import os, sys
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv.pop(1))])
from pipelines.cli import main
main()
"""


def test_the_same_inputs_give_the_same_bytes_elsewhere(tmp_path, monkeypatch):
    """In another folder, time zone, umask and locale, with other hash seeds, with one thread and with several, with Great Expectations and without."""
    monkeypatch.setattr("claims.database.THREADS", 4)
    settle(tmp_path / "here" / "ws", some_cases(tmp_path / "here"), AS_OF.isoformat(), letters=True, report=True)
    here = outputs(tmp_path / "here" / "ws")
    assert here == run_in(tmp_path / "别 处's", cores=1, umask=0o077, TZ="Pacific/Kiritimati", LC_ALL="C", PYTHONHASHSEED="2")
    assert len(here) > 20


def some_cases(root: Path) -> Path:
    """A folder of some of the known cases."""
    folder = shutil.copytree(CASES / "boundaries" / "in", root / "in")
    write(folder, "claims", [row for row in rows_of(folder / "claims.csv") if row["clause"] in ("1.5", "2.1", "2.2")])
    return folder


def outputs(workspace: Path) -> dict[str, bytes]:
    return {name: content for name, content in contents(workspace).items() if name.startswith("out/")}


def run_in(root: Path, cores: int, umask: int, **environment: str) -> dict[str, bytes]:
    """The outputs of a process of its own that settles some of the known cases, letters included."""
    folder = some_cases(root)
    command = [sys.executable, "-c", RUN, str(cores), "run", str(folder), "--workspace", str(root / "ws"), "--as-of", AS_OF.isoformat()]
    done = subprocess.run(command, cwd=root, env=os.environ | {"PYTHONPATH": str(ROOT)} | environment, umask=umask, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b""), done.stderr.decode()
    return outputs(root / "ws")
