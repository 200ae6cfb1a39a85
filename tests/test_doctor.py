"""`claims doctor`: each thing that is not in order is found, with how to mend it, and nothing is changed."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from pathlib import Path

import pytest

from claims import doctor
from claims.doctor import Area, Finding, examine
from claims.resources import locked_versions
from claims.workspace import OpenRun, Workspace
from tests.commands import few_claims, give_here
from tests.settle import settle

TODAY = dt.date(2024, 6, 30)
FILLED = '[[actor]]\nname = "张敏"\nrole = "财政局"\nos_account = "{account}"\n\n[recovery]\npay_to = "户名 开户行 账号"\n'


@pytest.fixture(scope="module")
def settled(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("settled")
    settle(place / "workspace", few_claims(place / "in", "1.1-cap-1", "v01-empty"))
    return place / "workspace"


@pytest.fixture
def workspace(settled, tmp_path) -> Workspace:
    shutil.copytree(settled, tmp_path / "workspace", copy_function=shutil.copy2)
    return Workspace(tmp_path / "workspace")


def area(workspace: Workspace, name: str, today: dt.date = TODAY) -> Area:
    return next(area for area in examine(workspace, today) if area.name == name)


def hindering(area: Area) -> list[str]:
    return [finding.found for finding in area.findings if finding.hinders]


def picture(root: Path) -> dict[str, tuple]:
    return {str(path.relative_to(root)): (path.stat().st_mtime_ns, path.stat().st_size, path.stat().st_mode) for path in [root, *root.rglob("*")]}


def test_a_workspace_in_order_has_no_finding_and_stays_as_it_is(workspace):
    before = picture(workspace.root)
    areas = examine(workspace, TODAY)
    assert [area.name for area in areas] == ["environment", "fonts", "disk", "permissions", "configuration", "workspace"]
    assert {area.name: hindering(area) for area in areas if area.name != "environment"} == {
        name: [] for name in ("fonts", "disk", "permissions", "configuration", "workspace")}
    assert all(finding.mend for area in areas for finding in area.findings)
    assert picture(workspace.root) == before


def test_a_place_without_a_workspace_is_no_finding_and_none_is_made(tmp_path):
    done = give_here("doctor", "--workspace", "absent", cwd=tmp_path)
    assert "workspace: absent is not there yet" in done.stdout and list(tmp_path.iterdir()) == []


def test_packages_that_are_missing_or_of_another_version_are_named():
    locked = {"duckdb": {"2.0.0"}, "numpy": {"1.0", "2.0"}}
    found = [finding.found for finding in doctor._package_findings(locked, {"duckdb": "1.9", "numpy": "2.0"}, {"duckdb", "typst"})]
    assert found == ["the package typst is not installed", "other versions than tested: duckdb 1.9 instead of 2.0.0"]
    assert [finding.found for finding in doctor._package_findings({}, {}, set())] == ["the list of tested versions (requirements.lock) is not there"]
    assert [finding.found for finding in doctor._python_findings((3, 10))] == ["Python 3.10 is too old"]
    assert locked_versions()["duckdb"] and doctor._wanted() <= locked_versions().keys()


def test_a_font_that_is_missing_and_a_name_that_no_font_has_are_found(workspace, monkeypatch):
    monkeypatch.setattr(doctor, "_registered_names", lambda _: ["示例\U00020BB7银行"])
    assert [found for found in hindering(area(workspace, "fonts")) if "U+20BB7" in found and "示例" in found]
    monkeypatch.setattr(doctor, "tried_out", lambda *_: ["unknown font family: fandolfang r"])
    assert "the letter compiler says: unknown font family: fandolfang r" in hindering(area(workspace, "fonts"))


def test_the_names_of_the_registered_are_looked_at(workspace):
    assert len(doctor._registered_names(doctor._Place(workspace))) > 1


def test_a_full_disk_is_found(workspace, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(100, 99, 1))
    assert len(hindering(area(workspace, "disk"))) == 2


def test_rights_that_let_others_change_the_record_are_found(workspace):
    os.chmod(workspace.journal.path, 0o666)
    kept = next(path for path in workspace.vault.root.rglob("*") if path.is_file())
    os.chmod(kept, 0o644)
    assert hindering(area(workspace, "permissions")) == [
        f"{workspace.journal.path}: others may change it", f"{kept}: a file of the record may be changed"]


def test_what_the_account_may_not_do_is_found(workspace, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, _: path != workspace.journal.path)
    [found] = hindering(area(workspace, "permissions"))
    assert found.startswith(f"{workspace.journal.path}: ") and found.endswith("may not write")


def test_settings_and_calendar_that_cannot_be_read_are_found_all_at_once(workspace):
    workspace.settings.write_text("[notice]\nworking_day = 3\n", encoding="utf-8")
    workspace.calendar.write_text("[[year]]\nyear = 2027\nsource = ''\nwork = [2027-01-04]\n", encoding="utf-8")
    found = hindering(area(workspace, "configuration"))
    assert len(found) == 2 and "working_day" in found[0] and "2027-01-04" in found[1]
    workspace.settings.write_text("[", encoding="utf-8")
    opened_anew = Workspace(workspace.root)
    assert len(hindering(area(opened_anew, "configuration"))) == 2 and hindering(area(opened_anew, "workspace")) == []


def test_days_off_that_are_not_known_hinder_in_this_year_and_are_work_to_do_for_the_next(workspace):
    def told(today: dt.date) -> list[Finding]:
        return [finding for finding in area(workspace, "configuration", today).findings if "days off" in finding.found]

    assert told(dt.date(2024, 6, 30)) == []
    assert [finding.hinders for finding in told(dt.date(2098, 6, 30))] == [True, False]


def test_what_letters_need_is_told_until_it_is_filled_in(workspace):
    todo = area(workspace, "configuration").findings
    assert len(todo) == 3 and not any(finding.hinders for finding in todo)
    workspace.settings.write_text(FILLED.format(account="nobody-here"), encoding="utf-8")
    assert hindering(area(workspace, "configuration")) == ["[[actor]] 张敏: there is no account nobody-here here"]
    workspace.settings.write_text(FILLED.format(account="root"), encoding="utf-8")
    assert ["telephone" in finding.found for finding in area(workspace, "configuration").findings] == [True]


def test_a_run_that_is_open_is_found_with_the_command_that_completes_it(workspace, tmp_path):
    OpenRun("2024-07-31", TODAY, "", "", str(tmp_path / "in"), False, {}).save(workspace.open_run)
    [finding] = area(workspace, "workspace").findings
    assert f"claims run {tmp_path / 'in'} --label 2024-07-31 --workspace {workspace.root}" in finding.mend


def test_who_holds_the_workspace_is_told_and_is_no_finding(workspace):
    with workspace.locked("claims nightly"):
        told = area(workspace, "workspace")
    assert "held by `claims nightly`" in told.there_is and not told.findings
    assert "nobody holds it" in area(workspace, "workspace").there_is


def test_a_store_that_cannot_be_read_is_found(workspace):
    workspace.database.write_bytes(b"no database")
    [finding] = area(workspace, "workspace").findings
    assert "working store" in finding.found and "claims rebuild" in finding.mend


def test_the_exit_code_tells_whether_something_hinders_and_whether_the_record_is_broken(workspace):
    workspace.calendar.write_text("year = 3\n", encoding="utf-8")
    done = give_here("doctor", "--workspace", workspace.root, cwd=workspace.root.parent)
    assert done.returncode == 3 and "Mend: correct calendar.toml" in done.stdout and done.stderr.startswith("claims: 1 finding; ")
    workspace.journal.path.write_text("{}\n")
    done = give_here("doctor", "--workspace", workspace.root, cwd=workspace.root.parent)
    assert done.returncode == 5 and "journal.jsonl, line 1" in done.stdout and "restore" in done.stdout
