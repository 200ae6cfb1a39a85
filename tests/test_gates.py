"""Gates: what a batch's counts say, and that a batch which does not keep to its bounds changes nothing."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from claims.errors import InputRefused
from claims.gates import RECONCILED, Gate, GateStopped, _check_names, read_gates
from claims.policy.model import find_policy, load_policy
from claims.settings import load_settings
from claims.workspace import Workspace
from pipelines import run as job
from tests.commands import few_claims
from tests.settle import CASES, keeps_its_bounds
from tests.settle import settle_with_great_expectations as settle

BOUNDARIES = CASES / "boundaries" / "in"
POLICY = load_policy(find_policy(None))
STOP_REJECTED = '[gate.rejected_pct]\nmax = 0\naction = "stop"\n'
BROKEN_LINE = '"a cell","too","few"\n'


def gates_of(folder: Path) -> dict[str, Gate]:
    return {gate.name: gate for gate in read_gates((folder / "gates.json").read_bytes())}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def with_settings(workspace: Path, text: str) -> Path:
    workspace.mkdir(exist_ok=True)
    (workspace / "claims.toml").write_text(text, encoding="utf-8")
    return workspace


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The boundary cases, with a line that is no claim among them; its workspace only warns."""
    root = tmp_path_factory.mktemp("gates")
    folder = few_claims(root / "in", "1.1-cap-1", "2.1-limit", "1.1-before", "v01-empty")
    with (folder / "claims.csv").open("a", encoding="utf-8") as file:
        file.write(BROKEN_LINE)
    return settle(with_settings(root / "workspace", '[gate."code.V01"]\nmax = 0\n'), folder)


# ---------------------------------------------------------------- what is measured


def test_every_measure_is_what_the_files_of_the_run_say(finished):
    gates = {name: gate.value for name, gate in gates_of(finished.folder).items()}
    fates = Counter(row["fate"] for row in rows(finished.folder / "line_fates.csv"))
    manifest = json.loads((finished.folder / "manifest.json").read_text())
    decided = rows(finished.folder / "decisions.csv")
    held = {row["claim_id"] for row in rows(finished.folder / "exceptions.csv")}
    codes = Counter(row["code"] for row in rows(finished.folder / "exceptions.csv"))
    lines = sum(item["lines"] for item in manifest["inputs"])
    assert [gates[name] for name in RECONCILED] == ["0", "0", "0"]
    assert gates["lines"] == str(lines) and lines == sum(manifest["fates"].values())
    assert gates["claims"] == str(len(decided)) == gates["rows.claims"]
    for name, part, whole in (("rejected_pct", fates["rejected"], lines), ("held_pct", len(held), len(decided))):
        assert gates[name] == f"{Decimal(-(-part * 10_000 // whole)) / 100:.2f}" and part > 0
    assert {name[5:]: int(value) for name, value in gates.items() if name.startswith("code.") and value != "0"} == codes
    claims = rows(BOUNDARIES / "claims.csv")
    taken = [row for row in claims if row["claim_id"] in {row["claim_id"] for row in decided}]
    for field in ("rent_paid_yuan", "invested_yuan"):
        assert Decimal(gates[f"total_yuan.{field}"]) == sum(Decimal(row[field] or 0) for row in taken)


def test_the_share_of_empty_cells_counts_only_claims_that_need_the_field(finished):
    empty = {name: gate.value for name, gate in gates_of(finished.folder).items() if name.startswith("empty_pct.") and gate.value != "0.00"}
    cells = {row["field"] for row in rows(finished.folder / "exceptions.csv") if row["code"] == "V01"}
    assert {name.partition(".")[2] for name in empty} == cells


def test_a_share_too_small_to_print_is_not_none(tmp_path):
    folder = few_claims(tmp_path / "in", "1.1-cap-1")
    tax = (folder / "retained_tax.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    many = [f"{tax[1].partition(',')[0]},{1000 + year},1,1,1\n" for year in range(1, 1000)] * 25
    (folder / "retained_tax.csv").write_text("".join([*tax, *many]), encoding="utf-8")
    with (folder / "claims.csv").open("a", encoding="utf-8") as file:
        file.write(BROKEN_LINE)
    with pytest.raises(GateStopped, match="rejected_pct is 0.01"):
        settle(with_settings(tmp_path / "workspace", STOP_REJECTED), folder)


@pytest.mark.long
def test_the_change_against_the_run_before_is_measured_from_the_second_run_on(tmp_path):
    first = few_claims(tmp_path / "first", "1.1-cap-1", "1.1-before")
    second = few_claims(tmp_path / "second", "2.1-limit")
    before = gates_of(settle(tmp_path / "w", first, "one").folder)
    after = gates_of(settle(tmp_path / "w", second, "two").folder)
    assert not [name for name in before if name.startswith("change_pct")]
    assert after["change_pct.claims"].value == "-50.00"


def test_the_other_tests_hold_the_same_gates_without_great_expectations(finished):
    gates = list(gates_of(finished.folder).values())
    assert keeps_its_bounds({}, gates) == {gate.name: gate.met for gate in gates if gate.action != "none"}
    assert {gate.met for gate in gates} == {True, False}


# ---------------------------------------------------------------- what a breach does


def test_shipped_bounds_only_warn_and_say_so(finished):
    breached = [gate for gate in gates_of(finished.folder).values() if not gate.met]
    assert {gate.action for gate in breached} == {"warn"}
    assert len(finished.breaches) == len(breached) > 1
    assert "code.V01 is 1 (count), allowed: at most 0" in finished.breaches


def everything(root: Path) -> dict[str, bytes]:
    """All files of a workspace but its store, which carries the times of its pages; of that it is enough that no run is in it."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file() and path.name not in ("claims.duckdb", "lock")}


def broken_folder(folder: Path) -> Path:
    few_claims(folder, "1.1-cap-1", "2.1-limit")
    with (folder / "claims.csv").open("a", encoding="utf-8") as file:
        file.write(BROKEN_LINE)
    return folder


def test_a_stopped_run_changes_nothing_and_passes_with_a_reason_that_is_recorded_everywhere(tmp_path):
    workspace = with_settings(tmp_path / "workspace", STOP_REJECTED)
    settle(workspace, few_claims(tmp_path / "clean", "1.1-before"), "clean")
    folder, before = broken_folder(tmp_path / "in"), everything(workspace)
    with pytest.raises(GateStopped, match="before anything was decided.*--accept-gate rejected_pct --reason TEXT") as stopped:
        settle(workspace, folder)
    assert stopped.value.exit_code == 3
    assert everything(workspace) == before

    finished = settle(workspace, folder, accepted_gates={"rejected_pct": "已与报送单位核对 <b>&"})
    gate = gates_of(finished.folder)["rejected_pct"]
    assert (gate.met, gate.accepted) == (False, "已与报送单位核对 <b>&")
    accepted = {"rejected_pct": "已与报送单位核对 <b>&"}
    assert Workspace(workspace).journal.entries()[-1].body["accepted_gates"] == accepted
    assert json.loads((finished.folder / "manifest.json").read_text())["accepted_gates"] == accepted
    assert "经人工同意放行。理由：已与报送单位核对 &lt;b&gt;&amp;" in (finished.folder / "gates.html").read_text()


@pytest.mark.long
def test_a_reason_for_a_gate_that_is_kept_to_is_not_recorded(tmp_path):
    folder = few_claims(tmp_path / "in", "1.1-cap-1")
    finished = settle(with_settings(tmp_path / "workspace", STOP_REJECTED), folder, accepted_gates={"rejected_pct": "无妨"})
    assert finished.entry.body["accepted_gates"] == {}


@pytest.mark.parametrize(("damage", "measure"), [
    ("delete from line_fate where line = (select min(line) from line_fate)", "lines_without_fate"),
    pytest.param("update line_fate set line = 3 where line = 2", "lines_without_fate", marks=pytest.mark.long),
    pytest.param("delete from fact where seq = 1", "claims_missing", marks=pytest.mark.long),
    pytest.param("update input_file set lines = null where table_name = 'claims'", "counts_missing", marks=pytest.mark.long),
])
def test_what_does_not_reconcile_stops_the_run_and_cannot_be_accepted(tmp_path, monkeypatch, damage, measure):
    def damaged(database, *arguments):
        validated(database, *arguments)
        database.execute(damage)

    validated = job.validate
    monkeypatch.setattr(job, "validate", damaged)
    folder = few_claims(tmp_path / "in", "1.1-cap-1", "2.1-limit")
    with pytest.raises(GateStopped, match=rf"gate {measure} is .*\n?.*defect of the program"):
        settle(tmp_path / "workspace", folder)
    with pytest.raises(InputRefused, match=f"{measure} can be neither changed nor accepted"):
        settle(tmp_path / "workspace", folder, accepted_gates={measure: "无妨"})
    assert not Workspace(tmp_path / "workspace").journal.entries()


def test_amounts_at_the_end_of_a_floats_precision_are_held_to_the_fen(tmp_path):
    folder = few_claims(tmp_path / "in", "1.1-cap-1", "1.1-before")
    header, *claims = (folder / "claims.csv").read_text(encoding="utf-8").splitlines()
    place = header.split(",").index("paid_in_capital_yuan")
    cells = [line.split(",") for line in claims]
    for row, capital in zip(cells, ("90071992547409.92", "0.01"), strict=True):
        row[place] = capital
    (folder / "claims.csv").write_text("\n".join([header, *map(",".join, cells)]) + "\n", encoding="utf-8")
    bound = '[gate."total_yuan.paid_in_capital_yuan"]\naction = "stop"\nmax = '
    with pytest.raises(GateStopped, match="90071992547409.93 .yuan., allowed: at most 90071992547409.92"):
        settle(with_settings(tmp_path / "w", bound + "90071992547409.92\n"), folder)
    with pytest.raises(InputRefused, match="90071992547409.93 is too large to be compared exactly; 90071992547409 is the most"):
        settle(with_settings(tmp_path / "w", bound + "90071992547409.93\n"), folder)


def test_a_gate_by_its_own_name_keeps_the_bounds_of_its_family_that_it_does_not_change(tmp_path):
    settings = '[gate."code_pct.*"]\nmax = 20\n[gate."code_pct.V01"]\naction = "stop"\n'
    with pytest.raises(GateStopped, match="code_pct.V01 is 50.00 .pct., allowed: at most 20"):
        settle(with_settings(tmp_path / "w", settings), few_claims(tmp_path / "in", "1.1-cap-1", "v01-empty"))


def test_totals_past_64_bits_are_measured(tmp_path):
    folder = few_claims(tmp_path / "in", "1.1-cap-1")
    header, line = (folder / "claims.csv").read_text(encoding="utf-8").splitlines()
    many = [line.replace("1.1-cap-1", f"c-{number}").rpartition(",")[0] + ",999999999999999" for number in range(100)]
    (folder / "claims.csv").write_text("\n".join([header, *many]) + "\n", encoding="utf-8")
    assert gates_of(settle(tmp_path / "w", folder).folder)["total_yuan.amount_claimed_yuan"].value == "99999999999999900.00"


@pytest.mark.parametrize(("settings", "message"), [
    ('[gate.claims]\naction = "stop"\n', "“claims”: action = \"stop\" without `min` or `max` would never act"),
    ('[gate.claims]\nmin = 9\nmax = 5\n', "“claims”: `min` 9 is above `max` 5"),
    ('[gate.rejected_pct]\nmax = inf\n', "inf is no number of at most 40 digits"),
    ('[gate.code_pct.V05]\nmax = 1\n', 'gate “code_pct”: .*a name with a point stands in quotes'),
    ('[gate.rejected]\nmax = 1\n', "there is no gate “rejected”; do you mean “rejected_pct”"),
    ('[gate."code_pct.V99"]\nmax = 1\n', "there is no gate “code_pct.V99”; do you mean “code_pct.V0"),
    ('[gate.lines_without_fate]\nmax = 1\n', "lines_without_fate can be neither changed nor accepted"),
    ('[gate.rejected_pct]\nmax = 0.001\n', "“rejected_pct”: 0.001 is finer than what is measured; give two decimals at most"),
    ('[gate.claims]\nmin = 1.5\n', "“claims”: 1.5 is finer than what is measured; give a whole number"),
    ('[gate.rejected_pct]\nmost = 1\n', "claims.toml: gate “rejected_pct”: .*most.*a gate has `min`, `max` and `action`"),
    ('[gate.rejected_pct]\naction = "halt"\n', "claims.toml: .*halt"),
    ('[nightly]\nletters = "no"\n', "claims.toml: nightly › letters"),
    ('[gate\n', "claims.toml: .*line 1"),
])
def test_settings_that_say_nothing_sensible_are_refused_by_name(finished, tmp_path, settings, message):
    with pytest.raises(InputRefused, match=message):
        _check_names(POLICY, gates_of(finished.folder), load_settings(with_settings(tmp_path, settings) / "claims.toml").gate, {})


@pytest.mark.parametrize("settings", ['[gate.rejected]\nmax = 1\n', '[gate\n'])
def test_a_run_whose_settings_are_refused_is_not_left_open(tmp_path, settings):
    with pytest.raises(InputRefused, match="claims.toml: "):
        settle(with_settings(tmp_path / "workspace", settings), few_claims(tmp_path / "in", "1.1-cap-1"))
    assert not (tmp_path / "workspace" / "open-run.json").exists()


@pytest.mark.long
def test_only_settings_that_bear_on_results_are_part_of_the_recorded_configuration(tmp_path):
    folder = few_claims(tmp_path / "in", "1.1-cap-1")
    recorded = [
        settle(with_settings(tmp_path / f"w{number}", settings), folder).entry.body["configuration_sha256"]
        for number, settings in enumerate(("", "[nightly]\nletters = false\n", "[gate.rejected_pct]\nmax = 6\n"))
    ]
    assert recorded[0] == recorded[1] != recorded[2]


# ---------------------------------------------------------------- what is kept


def test_the_page_shows_without_a_network_and_holds_no_cell_of_the_files(finished):
    page = (finished.folder / "gates.html").read_text(encoding="utf-8")
    assert not re.findall(r"(?:https?:)?//|<script|<link|<img|@import|url\(", page)
    words = {"purchase"}  # a choice of the policy that stands in the name of a field, too
    cells = {cell for name in ("claims.csv", "institutions.csv") for row in rows(BOUNDARIES / name) for cell in row.values()} - words
    assert not [cell for cell in cells if len(cell) > 5 and cell in page]
    assert all(gate.title in page for gate in gates_of(finished.folder).values())


@pytest.mark.long
def test_the_same_batch_gives_the_same_bytes_without_times_or_random_ids(finished, tmp_path):
    again = settle(with_settings(tmp_path, '[gate."code.V01"]\nmax = 0\n'), finished.folder.parents[2] / "in")
    for name in ("gates.json", "gates.html"):
        assert (again.folder / name).read_bytes() == (finished.folder / name).read_bytes()


def test_great_expectations_is_imported_only_where_gates_are_held():
    modules = "pipelines.cli, pipelines.run, pipelines.nightly, pipelines.queries, pipelines.letters, claims.outputs, claims.gates"
    code = f"import {modules}, sys; sys.exit(bool({{'great_expectations', 'pandas'}} & {{name.partition('.')[0] for name in sys.modules}}))"
    assert subprocess.run([sys.executable, "-c", code], cwd=CASES.parents[1]).returncode == 0
