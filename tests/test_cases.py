"""The cases with known answers, worked out from the policy's text alone."""

import csv
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from claims.casefile import CaseFile
from claims.record.journal import Entry
from claims.record.store import open_store
from claims.trace import case_files
from claims.workspace import Workspace
from tests.settle import CASES, settle

COMPARING = ("V05", "V07", "V10", "V15")
NIGHTS = ("night1", "night2")


@dataclass(frozen=True)
class Night:
    """A night that was settled: its line in the journal and its outputs."""

    entry: Entry
    folder: Path


@pytest.fixture(scope="module")
def nights(known_nights, tmp_path_factory) -> list[Night]:
    return nights_of(shutil.copytree(known_nights, tmp_path_factory.mktemp("nights") / "workspace"))


def nights_of(root: Path) -> list[Night]:
    """The nights of a workspace in which both were settled one after the other."""
    workspace = Workspace(root)
    return [Night(entry, workspace.root / "out" / entry.body["label"]) for entry in workspace.journal.entries()]


def test_every_claim_at_an_edge_gets_the_known_decision_to_the_byte(known_edges):
    assert (known_edges / "out" / "night" / "decisions.csv").read_bytes() == (CASES / "boundaries" / "decisions.csv").read_bytes()


def test_two_nights_with_held_repeated_and_changed_claims_get_the_known_decisions_to_the_byte(nights):
    for night, settled in zip(NIGHTS, nights, strict=True):
        assert (settled.folder / "decisions.csv").read_bytes() == (CASES / "two-nights" / f"{night}.decisions.csv").read_bytes()


def test_what_is_about_another_claim_or_line_names_it_and_a_code_that_is_kept_still_does(nights):
    first, second = ({key: named(row) for key, row in told(night).items()} for night in nights)
    for night, found in zip(NIGHTS, (first, second)):
        lines = rows(CASES / "two-nights" / night / "claims.csv")
        assert {code for _, code in found} == {*COMPARING} and all(found.values())
        assert all(claim_id not in {other for other, _ in others} for (claim_id, _), others in found.items())
        new = [(key, others) for key, others in found.items() if key[1] == "V15" and (found is first or key not in first)]
        assert all({lines[line - 2]["claim_id"] for other, line in others if not other} <= {claim_id} for (claim_id, _), others in new)
    kept = [key for key in first.keys() & second.keys()]
    forgotten = [key for key in kept if len(second[key]) < 5 and not {other for other, _ in first[key]} <= {other for other, _ in second[key]}]
    assert len(kept) > 50 and forgotten == []
    [told_then] = [others for (_, code), others in first.items() if code == "V15"]
    [told_now] = [second[key] for key in first if key[1] == "V15"]
    assert told_then == told_now and all(not other for other, _ in told_now)


def test_held_claims_are_told_the_same_in_whatever_parts(nights, tmp_path, monkeypatch):
    monkeypatch.setattr("claims.validation.TOLD_AT_ONCE", 97)
    finished = settle(tmp_path, CASES / "two-nights" / "night1", label="night1")
    assert finished.entry.body["counts"]["outcomes"]["exception"] > 97
    assert finished.entry.body["results"] == nights[0].entry.body["results"]


def test_case_files_are_the_same_in_whatever_parts_their_steps_are_read(nights, monkeypatch):
    workspace = Workspace(nights[0].folder.parents[1])

    def read() -> list[CaseFile]:
        with open_store(workspace) as database:
            return list(case_files(database, workspace, nights[0].entry))

    whole = read()
    monkeypatch.setattr("claims.trace.CASES_AT_ONCE", 7)
    assert len(whole) > 50 and read() == whole


def told(night: Night) -> dict[tuple[str, str], dict[str, str]]:
    """The rows of exceptions.csv with a code that compares, by claim and code."""
    return {(row["claim_id"], row["code"]): row for row in rows(night.folder / "exceptions.csv") if row["code"] in COMPARING}


def named(row: dict[str, str]) -> set[tuple[str, int]]:
    """The claims (with their lines) or lines (without a claim) that a message names; both languages name the same."""
    _, found, text = row["message_zh"].partition("。")[0].rpartition("；另一")
    zh = {(claim_id, int(line)) for claim_id, line in re.findall(r"([\w.-]*?)（?claims\.csv第(\d+)行", text)}
    en = {(claim_id, int(line)) for claim_id, line in re.findall(r"(?:([\w.-]+) \()?claims\.csv line (\d+)", row["message_en"].rpartition("; see ")[2])}
    assert found and zh == en
    return zh


def rows(path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
