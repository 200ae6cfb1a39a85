"""The nightly job: thirty nights in one process, and the ways in which a night can go wrong."""

from __future__ import annotations

import csv
import datetime as dt
import json
import random
import shutil
import sys
from pathlib import Path

import duckdb
import pytest

from claims.errors import InputRefused, StatementFailed, UsageError, WorkspaceBusy
from claims.gates import GateStopped
from claims.policy.model import DEFAULT_POLICY
from claims.workspace import Workspace
from pipelines.nightly import run_nightly
from pipelines.reports import run_summary
from pipelines.run import Finished
from tests.commands import few_claims, give_here, type_in
from tests.intake_support import claim, csv_text, institution
from tests.random_claims import uscc
from tests.settle import settle, without_great_expectations
from tests.test_interrupted import Stop, stopping

FIRST_NIGHT = dt.date(2027, 3, 1)
ACCOUNT = "6222021234567890123"
CODES = [uscc(random.Random(seed)) for seed in range(40)]
YEAR_2027 = '[[year]]\nyear = 2027\nsource = "国务院办公厅通知（示例）"\noff = [2027-01-01]\n'


def day(number: int) -> dt.date:
    return FIRST_NIGHT + dt.timedelta(number - 1)


class Office:
    """A workspace whose inbox the office fills, and the job that cron starts each night."""

    def __init__(self, root: Path, settings: str = "[nightly]\nletters = false\n"):
        self.workspace = Workspace(root)
        self.workspace.inbox.mkdir(parents=True)
        self.workspace.settings.write_text(settings, encoding="utf-8")

    def put(self, name: str, *rows: dict) -> None:
        """A file in the inbox; its table is what its name begins with."""
        path = self.workspace.inbox / name
        path.parent.mkdir(exist_ok=True)
        table = next(table for table in ("claims", "institutions", "retained_tax") if path.name.startswith(table))
        path.write_text(csv_text(table, *rows), encoding="utf-8")

    def night(self, number: int, accepted_gates: dict[str, str] | None = None) -> list[Finished]:
        """The runs of a night; none when there was nothing to do."""
        with without_great_expectations():
            return [run for run in run_nightly(self.workspace, day(number), "夜间", accepted_gates or {}) if isinstance(run, Finished)]

    def labels(self) -> list[str]:
        return [entry.body["label"] for entry in self.workspace.journal.entries()]

    def store(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.workspace.database), read_only=True) as store:
            store.execute(f"set schema = '{DEFAULT_POLICY}'")
            return store.execute(sql).fetchall()

    def held(self) -> set[str]:
        return {claim_id for claim_id, in self.store("select claim_id from held")}

    def decided(self) -> dict[str, tuple]:
        """Outcome, award and payee of every decided claim, from the files of all runs; none may be decided twice."""
        rows = [row for folder in self.workspace.out.iterdir() for row in _decisions(folder) if row["outcome"] != "exception"]
        assert len({row["claim_id"] for row in rows}) == len(rows)
        return {row["claim_id"]: (row["outcome"], row["award_yuan"], row["payee_uscc"], row["reason_codes"]) for row in rows}

    def inbox(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in self.workspace.inbox.rglob("*") if path.is_file()}


def _decisions(folder: Path) -> list[dict[str, str]]:
    with (folder / "decisions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def outcome(claim_id: str, finished: list[Finished]) -> str | None:
    return next((row["outcome"] for one in finished for row in _decisions(one.folder) if row["claim_id"] == claim_id), None)


@pytest.fixture
def office(tmp_path) -> Office:
    office = Office(tmp_path / "office")
    office.put("institutions.csv", *(institution(uscc=code, level="city_branch") for code in CODES[:30] if code != CODES[3]))
    return office


@pytest.mark.torture
def test_thirty_nights_give_what_one_night_over_all_files_gives(office, tmp_path):
    office.put("2027-03/claims.csv", claim("now", uscc=CODES[0]), claim("stranger", uscc=CODES[31]),
               claim("tomorrow", uscc=CODES[1], submitted_on=str(day(10))),
               claim("office", uscc=CODES[2], clause="2.2", claim_year="2026", tenure="purchase", premises="示例路1号", floor_area_m2="1000",
                     purchased_on="2026-05-01", submitted_on="2027-01-20"),
               claim("capital", uscc=CODES[3], clause="1.1", paid_in_capital_yuan="100000000", capital_verified_on="2027-01-04",
                     submitted_on="2027-02-01"))
    office.put("2027-03/institutions.csv", institution(uscc=CODES[3], level="provincial", established_on="2026-07-01"))
    assert [one.entry.body["label"] for one in office.night(1)] == ["2027-03-01"]
    assert (set(office.decided()), office.held()) == ({"now"}, {"stranger", "tomorrow", "office", "capital"})

    assert office.night(2) == []

    office.put("institutions_补.csv", institution(uscc=CODES[31], level="city_branch", bank_account="6200000000000031"))
    assert outcome("stranger", office.night(3)) == "approved"

    office.put("institutions_更正.csv", institution(uscc=CODES[0], level="city_branch", name="更名后的示例机构"))
    assert len(office.night(4)) == 1
    office.put("旧文件/institutions.csv", *(institution(uscc=code, level="city_branch") for code in CODES[:30] if code != CODES[3]))
    assert office.night(5) == []
    assert office.store(f"select name from institutions where uscc = '{CODES[0]}' order by run desc limit 1") == [("更名后的示例机构",)]

    office.put("税收/retained_tax-2026.csv", {"uscc": CODES[2], "year": "2026", "vat_retained_yuan": "800000", "cit_retained_yuan": "1"})
    assert outcome("office", office.night(6)) == "reduced"

    for quiet in (7, 8, 9):
        assert office.night(quiet) == []
    assert outcome("tomorrow", office.night(10)) == "approved"
    assert office.night(11) == []

    office.workspace.calendar.write_text(YEAR_2027, encoding="utf-8")
    [finished] = office.night(12)
    assert outcome("capital", [finished]) == "approved"
    assert "calendar.toml" in json.loads((finished.folder / "manifest.json").read_text())["calendar_version"]
    assert office.held() == set()

    (office.workspace.inbox / "claims-坏.csv").write_bytes(b"claim_id,uscc\n\xff\xfe\x00")
    with pytest.raises(InputRefused):
        office.night(14)
    office.put("claims-坏.csv", claim("mended", uscc=CODES[4]))
    assert outcome("mended", office.night(15)) == "approved"

    for number in range(3):
        office.put(f"claims-{number}.csv", claim(f"of-the-17th-{number}", uscc=CODES[5 + number]))
        office.night(17)
    assert office.labels()[-3:] == ["2027-03-17", "2027-03-17-2", "2027-03-17-3"]

    office.put("claims-20.csv", claim("interrupted", uscc=CODES[8]))
    with stopping(None, name="commit"), pytest.raises(Stop):
        office.night(20)
    office.put("claims-21.csv", claim("after", uscc=CODES[9]))
    assert [one.entry.body["label"] for one in office.night(21)] == ["2027-03-20", "2027-03-21"]

    for number in range(22, 31):
        office.put(f"晚/claims-{number}.csv", claim(f"night-{number}", uscc=CODES[number - 12]), claim("now", uscc=CODES[0]))
        assert outcome(f"night-{number}", office.night(number)) == "approved"
    assert office.night(30) == []

    logs = {path.stem for path in office.workspace.logs.iterdir()}
    assert logs == {*office.labels(), "2027-03-14"} and len(set(office.labels())) == len(office.labels())
    assert "failed: claims-坏.csv" in (office.workspace.logs / "2027-03-14.log").read_text(encoding="utf-8")

    at_once = Office(tmp_path / "at-once")
    shutil.copytree(office.workspace.inbox, at_once.workspace.inbox, dirs_exist_ok=True)
    at_once.workspace.calendar.write_text(YEAR_2027, encoding="utf-8")
    assert len(at_once.night(30)) == 1
    assert at_once.decided() == office.decided() and len(office.decided()) == 20 and at_once.held() == set()


def test_a_night_draws_the_letters_unless_the_settings_say_not(office, tmp_path):
    office.put("claims.csv", claim("one", uscc=CODES[0]))
    office.workspace.settings.unlink()
    [finished] = office.night(1)
    assert (finished.folder / "letters" / "one.pdf").is_file()


@pytest.fixture
def teller(tmp_path) -> tuple[str, Path]:
    """A command that keeps what it is told, as a line of settings, and the file where."""
    told = tmp_path / "told.txt"
    code = f"import os, sys; open({str(told)!r}, 'wb').write(os.environ['CLAIMS_EXIT_CODE'].encode() + b' ' + sys.stdin.buffer.read())"
    return f"[nightly]\non_failure = {json.dumps([sys.executable, '-c', code])}\n", told


def test_a_night_that_fails_leaves_the_inbox_as_it_was_and_tells_the_configured_command(tmp_path, teller):
    settings, told = teller
    office = Office(tmp_path / "office", settings)
    (office.workspace.inbox / "claims.csv").write_bytes(b"claim_id,uscc\n\xff\xfe\x00")
    before = office.inbox()
    done = give_here("nightly", "--workspace", office.workspace.root, "--as-of", "2027-03-01", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "") and "claims.csv" in done.stderr
    notice = told.read_text(encoding="utf-8")
    assert notice.startswith("3 奖补资金夜间批处理失败（结算日期2027年3月1日）") and "claims.csv" in notice
    assert "2027-03-01.log" in notice and office.inbox() == before and office.labels() == []


def test_an_unexpected_failure_is_told_too_and_the_next_night_completes_the_run(office, teller, monkeypatch):
    settings, told = teller
    office.workspace.settings.write_text(settings + "letters = false\n", encoding="utf-8")
    office.put("claims.csv", claim("one", uscc=CODES[0]))
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.run.assess", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            office.night(1)
    assert told.read_text(encoding="utf-8").startswith("1 ") and office.labels() == []
    assert [one.entry.body["label"] for one in office.night(2)] == ["2027-03-01"]
    assert office.decided()["one"][0] == "approved"


@pytest.mark.parametrize("failure", [
    ValueError(f"could not parse '{ACCOUNT}' as i64"), StatementFailed("sql/assess/award.sql", "select 1", f"Could not convert string '{ACCOUNT}'")], ids=type)
def test_a_number_that_a_library_quotes_is_told_by_its_last_digits_in_notice_log_terminal_and_traceback(tmp_path, teller, failure, monkeypatch):
    settings, told = teller
    office = Office(tmp_path / "office", settings)

    def fail(*_):
        raise failure

    monkeypatch.setattr("pipelines.nightly._runs", fail)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    done = give_here("nightly", "--workspace", office.workspace.root, "--as-of", "2027-03-01", cwd=tmp_path)
    texts = [done.stderr, *(path.read_text(encoding="utf-8") for path in (told, *office.workspace.logs.iterdir(), *tmp_path.glob("claims-failure-*")))]
    assert len(texts) == (4 if isinstance(failure, ValueError) else 3)
    assert all(ACCOUNT not in text and f"*{ACCOUNT[-4:]}" in text for text in texts)


def test_a_command_that_cannot_be_told_is_noted_and_does_not_hide_the_failure(tmp_path):
    office = Office(tmp_path, '[nightly]\non_failure = ["/does/not/exist"]\n')
    (office.workspace.inbox / "claims.csv").write_bytes(b"\xff\xff")
    with pytest.raises(InputRefused, match="claims.csv"):
        office.night(1)
    assert "could not be told" in (office.workspace.logs / "2027-03-01.log").read_text(encoding="utf-8")


def test_a_workspace_that_is_held_is_told_and_left_alone(tmp_path, teller):
    settings, told = teller
    office = Office(tmp_path / "office", settings)
    with office.workspace.locked("claims run"), pytest.raises(WorkspaceBusy):
        office.night(1)
    assert told.read_text(encoding="utf-8").startswith("4 ") and not office.workspace.logs.exists()


@pytest.mark.long
def test_a_gate_that_stops_a_night_is_passed_by_the_same_command_with_a_reason(office):
    office.workspace.settings.write_text('[nightly]\nletters = false\n[gate.claims]\nmin = 2\naction = "stop"\n', encoding="utf-8")
    office.put("claims.csv", claim("one", uscc=CODES[0]))
    with pytest.raises(GateStopped, match="--accept-gate claims"):
        office.night(1)
    [finished] = office.night(1, {"claims": "本月只有一件"})
    assert finished.entry.body["accepted_gates"] == {"claims": "本月只有一件"}


def test_with_nothing_to_do_the_command_says_so_and_what_it_does_not_read_and_ends_with_0(tmp_path):
    inbox = tmp_path / "new" / "inbox"
    inbox.mkdir(parents=True)
    (inbox / "CLAIMS.CSV").write_text("claim_id\n")
    (tmp_path / "elsewhere").mkdir()
    (inbox / "linked").symlink_to(tmp_path / "elsewhere")
    for _ in range(2):
        done = type_in("claims nightly --workspace new", tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[:2] == ["Not read: CLAIMS.CSV", "Not read: linked"] and "\nNothing to do: no new file in " in done.stdout
    assert not list((tmp_path / "new" / "logs").iterdir())


def test_a_workspace_that_there_is_not_is_no_place_for_nights(tmp_path):
    done = give_here("nightly", "--workspace", "typo", cwd=tmp_path)
    assert done.returncode == 2 and "mkdir -p typo/inbox" in done.stderr and not (tmp_path / "typo").exists()


def test_a_folder_or_file_of_the_inbox_that_cannot_be_read_refuses_the_night(office, monkeypatch):
    def denied(path):
        raise PermissionError(13, "Permission denied", str(path))

    office.put("claims.csv", claim("one", uscc=CODES[0]))
    with monkeypatch.context() as patch, pytest.raises(InputRefused, match="claims.csv: the file cannot be opened .Permission denied."):
        patch.setattr("pipelines.run.sha256_of", denied)
        office.night(1)
    with monkeypatch.context() as patch, pytest.raises(InputRefused, match="inbox: the folder cannot be looked into .Permission denied."):
        patch.setattr("os.scandir", denied)
        office.night(1)
    assert not office.workspace.open_run.exists()


@pytest.mark.long
def test_a_night_before_the_latest_runs_day_is_of_that_day(office):
    ahead = dt.date.today() + dt.timedelta(30)
    office.put("claims.csv", claim("one", uscc=CODES[0]))
    run_nightly(office.workspace, ahead, "夜间", {})
    office.put("claims-2.csv", claim("two", uscc=CODES[1]))
    [finished] = run_nightly(office.workspace, None, "夜间", {})
    assert finished.entry.body["label"] == f"{ahead}-2"


@pytest.mark.parametrize("settings", ["", "[gate.rejected_pct]\nmaks = 1\n"])
def test_a_failure_is_told_even_where_no_log_can_be_kept_or_another_setting_is_wrong(office, teller, settings):
    own, told = teller
    office.workspace.settings.write_text(own + settings, encoding="utf-8")
    (office.workspace.inbox / "claims.csv").write_bytes(b"\xff\xff")
    office.workspace.logs.write_text("in the way of the folder")
    with pytest.raises((InputRefused, OSError)):
        office.night(1)
    assert told.read_text(encoding="utf-8")[0] in "13"


@pytest.mark.long
def test_a_run_of_which_nothing_is_kept_and_whose_folder_is_gone_does_not_block_the_workspace(office, tmp_path):
    folder = tmp_path / "gone"
    shutil.copytree(office.workspace.inbox, folder)
    with stopping(None, name="commit"), pytest.raises(Stop):
        settle(office.workspace.root, folder, label="gone")
    opened = json.loads(office.workspace.open_run.read_text(encoding="utf-8"))
    office.workspace.open_run.write_text(json.dumps(opened | {"kept": None}), encoding="utf-8")
    shutil.rmtree(folder)
    with pytest.raises(UsageError, match="gone: there is no such folder"):
        settle(office.workspace.root, folder, label="gone")
    office.put("claims.csv", claim("one", uscc=CODES[0]))
    assert outcome("one", office.night(1)) == "approved"


@pytest.mark.long
def test_a_row_that_empties_what_was_known_is_told_cell_by_cell(tmp_path):
    folder = few_claims(tmp_path / "in", "2.1-limit")
    settle(tmp_path / "workspace", folder)
    header, first, *_ = (folder / "retained_tax.csv").read_text(encoding="utf-8").splitlines()
    code, year, *_ = first.split(",")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "retained_tax-more.csv").write_text(f"{header}\n{code},{year},5,,\n{code},1999,5,,\n", encoding="utf-8")
    [told] = settle(tmp_path / "workspace", tmp_path / "more", label="more").notices
    assert told.startswith("retained_tax-more.csv:2: “企业所得税留成（元）” is empty, and takes the place of a value that was known")


@pytest.mark.long
def test_a_day_before_the_claims_and_a_folder_that_brings_nothing_new_are_warned_of(tmp_path):
    files = few_claims(tmp_path / "in", "1.1-cap-1", "2.2-rent-1")
    early = settle(tmp_path / "workspace", files, label="early", as_of=dt.date(2021, 6, 1))
    days = [row["submitted_on"] for row in csv.DictReader((files / "claims.csv").open(encoding="utf-8")) if row["submitted_on"] > "2021-06-01"]
    assert [(doubt[:8], max(days) in doubt) for doubt in early.doubts] == [(f"{len(days)} claims", True)]
    again = settle(tmp_path / "workspace", files, label="again")
    assert [doubt.partition(" is new")[1] for doubt in again.doubts] == [" is new"] and str(files) in again.doubts[0]
    assert "Warning: no row of " in run_summary(again)
    (files / "claims-more.csv").write_text((files / "claims.csv").read_text(encoding="utf-8").replace("1.1-cap-1", "1.1-cap-9"), encoding="utf-8")
    assert settle(tmp_path / "workspace", files, label="more").doubts == ()
