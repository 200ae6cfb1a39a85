"""Seconds of every command and the size of the workspace, month by month, over a year of months in one workspace.

    python -m benchmarks.volume --claims 20000 [--months 12] [--seed 1] [--keep DIR]

What a command costs should follow the work of its month, not the history before it: what it takes should not rise, but for those that read the whole
history (`status`, `ledger`, `doctor`, `verify`, `rebuild`, `what-if`, `backup`, `restore`), which may rise with it, in a straight line. What computes a month or the
history again is given in months of the table only: the first, one in the middle, the last two. The last claims of each month come by `nightly`.
Whatever a month holds is ruled on, since what is held is tried and listed again by every run; a few claims are returned, so that every
month has letters to be delivered. All other letters are drawn for the last month alone: the other approvals number their letters and draw none.
Claims are generated first (sample_data/many.py). Processor seconds are told beside those of the clock, since other
work on the machine does not change them much. A line is printed as each month ends, and last the table of docs/reliability.md.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path

from claims.months.closes import last_day_of
from claims.policy.model import DEFAULT_POLICY
from claims.workbooks import read_cells
from sample_data.institutions import COUNTIES
from sample_data.many import write_claims
from tests.filling import filled, rows_of, with_cells

ROOT = Path(__file__).parents[1]
FIRST_MONTH = (2024, 7)
WITH_LETTERS = "from pipelines.cli import main; main()"
WITHOUT_LETTERS = f"import pipelines.months as months; months.publish_issued = lambda *_: []; {WITH_LETTERS}"
BUDGET_YUAN = "900000000000"
WHAT_IF = "2.4.figure.office_cap.value=2000000"
AT_NIGHT = 20
"""One claim in so many comes by the nightly job."""
RETURNED = 5
"""So many claims of each review are returned."""
FOLDERS = ("vault", "out", "months", "payments", "claims.duckdb")


@dataclass(frozen=True)
class Measured:
    """One command in one month."""

    command: str
    seconds: float
    processor_seconds: float


class Year:
    """A workspace and its months, settled one after the other by the commands that people give."""

    def __init__(self, place: Path, months: int, claims: int, seed: int):
        self.place, self.root = place, place / "workspace"
        self.months = [f"{FIRST_MONTH[0] + (FIRST_MONTH[1] + one - 1) // 12}-{(FIRST_MONTH[1] + one - 1) % 12 + 1:02d}" for one in range(months)]
        self.shown = [self.months[place] for place in sorted({0, (months - 1) // 2, months - 2, months - 1})]
        self._write_months(claims, seed)

    def _write_months(self, claims: int, seed: int) -> None:
        """Everything that claims refer to comes with the first month; the claims are shared out in their order."""
        whole = self.place / self.months[0]
        whole.mkdir(parents=True)
        write_claims(whole, institutions=claims * len(self.months) // 10, claims=claims * len(self.months), seed=seed)
        lines = [line for path in sorted(whole.glob("claims-*.csv"), key=lambda one: int(one.stem.split("-")[1])) for line in _lines_of(path)]
        header = lines[0]
        rows = [line for line in lines if line != header]
        at_night = max(claims // AT_NIGHT, 1)
        (self.root / "inbox").mkdir(parents=True)
        (self.root / "claims.toml").write_text("[nightly]\nletters = false\n", encoding="utf-8")
        for number, month in enumerate(self.months):
            of_month = rows[number * claims:(number + 1) * claims]
            (self.place / month).mkdir(exist_ok=True)
            (self.place / month / "claims.csv").write_bytes(header + b"".join(of_month[:-at_night]))
            (self.place / month / "at-night").write_bytes(header + b"".join(of_month[-at_night:]))

    def settle(self, month: str) -> Iterator[Measured]:
        """One month from its files to its payments; in the months that are shown also what computes again."""
        last = last_day_of(month)
        draws = month == self.months[-1]
        closed, approved, paid, corrected = (str(last + dt.timedelta(days)) for days in (1, 25, 26, 27))
        yield self._give("run", self.place / month, "--label", month, "--as-of", last, *([] if draws else ["--no-letters"]))
        shutil.copyfile(self.place / month / "at-night", self.root / "inbox" / f"claims-{month}.csv")
        yield self._give("nightly", "--as-of", last)
        yield self._give("status")
        yield self._give("review export", "-o", self.place / f"{month}.xlsx", "--on", closed)
        yield self._give("review import", self._ruled(month), "--actor", "丙", "--on", closed)
        yield self._give("letters delivered", self._told(month, closed), "--on", closed)
        objected, corrects, returned = self._awarded(month)
        yield self._give("close", month, "--actor", "甲", "--on", closed)
        yield self._give("object", objected, "--reason", "注册地有误", "--on", closed)
        yield self._give("object --dismiss", objected, "--reason", "查无实据", "--on", closed)
        yield self._give("approve", month, "--minutes", "纪要", "--actor", "乙", "--on", approved, program=WITH_LETTERS if draws else WITHOUT_LETTERS)
        yield self._give("budget import", self._budget(), "--on", approved)
        yield self._give("pay plan", "--on", paid)
        yield self._give("pay confirm", self._answers(month, paid), "--on", paid)
        yield self._give("pay returned", self._payment_of(returned, paid), "--reason", "账户已注销", "--on", corrected)
        yield self._give("adjust --award", "1.00", corrects, "--reason", "税务局更正", "--actor", "甲", "--on", corrected)
        yield self._give("adjust --agree", corrects, "--actor", "乙", "--on", corrected)
        yield self._give("explain", corrects)
        yield self._give("ledger")
        if month in self.shown:
            yield from self._look_back(month, corrects, drawn=draws)

    def _look_back(self, month: str, claim_id: str, drawn: bool) -> Iterator[Measured]:
        """What reads the whole history; and the month again, where it does not take drawing all its letters again."""
        scratch = self.place / "scratch"
        scratch.mkdir()
        yield self._give("doctor")
        yield self._give("rebuild")
        yield self._give("what-if --set", WHAT_IF)
        yield self._give("audit export --claim", claim_id, "--into", scratch / "claim.zip")
        if not drawn:
            yield self._give("replay", month, "--into", scratch / "replay", program=WITHOUT_LETTERS)
            yield self._give("audit export --month", month, "--into", scratch / "month.zip", program=WITHOUT_LETTERS)
        if month in (self.months[0], self.months[-1]):
            yield self._give("verify")
            yield self._give("backup", scratch / "backup.zip")
            yield self._give("restore", scratch / "backup.zip", workspace=scratch / "restored")
        shutil.rmtree(scratch)

    def sizes_mib(self) -> list[float]:
        """How much each of FOLDERS holds."""
        return [sum(path.stat().st_size for path in [self.root / name, *(self.root / name).rglob("*")] if path.is_file()) / 2**20 for name in FOLDERS]

    def _give(self, command: str, *arguments: object, program: str = WITH_LETTERS, workspace: Path | None = None) -> Measured:
        words = [*command.split(), *map(str, arguments), "--workspace", str(workspace or self.root)]
        before, started = _processor_seconds(), time.perf_counter()
        done = subprocess.run([sys.executable, "-c", program, *words], cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"claims {' '.join(words)} ended with {done.returncode}: {done.stderr}")
        return Measured(command, time.perf_counter() - started, _processor_seconds() - before)

    def _budget(self) -> Path:
        path = self.place / "budget.csv"
        years = sorted({int(month[:4]) + one for month in self.months for one in (0, 1)})
        rows = [f"{treasury},{year},{BUDGET_YUAN}" for treasury in ("市级财政", *COUNTIES) for year in years]
        path.write_text("\n".join(["财政,年度,金额（元）", *rows]) + "\n", encoding="utf-8")
        return path

    def _ruled(self, month: str) -> Path:
        """Everything that is held is refused but for a few claims, which are returned; no claim is sent again with other content here, which would not be
        ruled on."""
        book, path = self.place / f"{month}.xlsx", self.place / f"{month}-ruled.xlsx"
        rows = rows_of(book)
        returned = [*dict.fromkeys(claim_id for claim_id, _ in rows)][-RETURNED:]
        return filled(book, path, {row: ("退回补正" if row[0] in returned else "不予支持", "未补正") for row in rows})

    def _told(self, month: str, day: str) -> Path:
        """The register of the latest review, with one of its letters delivered."""
        register = max(self.root.glob("reviews/*/register.xlsx"), key=lambda path: int(path.parent.name))
        [sheet] = read_cells(register).values()
        first = next(number for number, cells in enumerate(sheet, 1) if cells[0].startswith("驻财金"))
        return with_cells(register, self.place / f"{month}-register.xlsx", {f"H{first}": day, f"I{first}": "邮寄", f"J{first}": "EMS1"})

    def _awarded(self, month: str) -> list[str]:
        """Three claims that the run of the month awarded something."""
        with (self.root / "out" / month / "decisions.csv").open(encoding="utf-8", newline="") as file:
            return [*islice((row["claim_id"] for row in csv.DictReader(file) if Decimal(row["award_yuan"] or 0) > 1), 3)]

    def _payment_of(self, claim_id: str, day: str) -> str:
        """The number of a payment of a claim that was listed on a day."""
        return next(row["付款编号"] for row in self._listed(day) if claim_id in row["用途"].split())

    def _listed(self, day: str) -> Iterator[dict[str, str]]:
        """The rows of all lists of payments of a day."""
        for path in sorted((self.root / "payments" / DEFAULT_POLICY).glob(f"{day}-*/*.csv")):
            with path.open(encoding="utf-8", newline="") as listed:
                yield from csv.DictReader(listed)

    def _answers(self, month: str, day: str) -> Path:
        """The bank paid everything that the month listed."""
        path = self.place / f"bank-{month}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["付款编号", "金额（元）", "状态", "日期"])
            writer.writerows([row["付款编号"], row["金额（元）"], "成功", day] for row in self._listed(day))
        return path


def _lines_of(path: Path) -> list[bytes]:
    lines = path.read_bytes().splitlines(keepends=True)
    path.unlink()
    return lines


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _table(months: dict[str, tuple[list[Measured], list[float]]], shown: list[str]) -> str:
    """Processor seconds of every command, and the sizes, in the months that are shown, as Markdown."""
    taken = [{one.command: f"{one.processor_seconds:,.1f}" for one in months[month][0]} for month in shown]
    rows = [["command", *(f"month {[*months].index(month) + 1}" for month in shown)], ["---", *["---:"] * len(shown)]]
    rows += [[f"`{command}`", *(seconds.get(command, "") for seconds in taken)] for command in taken[0]]
    sizes = [months[month][1] for month in shown]
    rows += [[f"MiB: {folder}", *(f"{size:,.1f}" for size in of_folder)] for folder, of_folder in zip(FOLDERS, zip(*sizes))]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    """Generate, settle, print month by month."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--claims", type=int, default=20_000, help="claims of each month")
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="make the workspace there, and leave it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        year = Year(options.keep or Path(scratch), options.months, options.claims, options.seed)
        print(f"{options.months} months of {options.claims:,} claims; {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; "
              "seconds of the clock (of processors)\n", flush=True)
        months = {}
        for month in year.months:
            measured = [*year.settle(month)]
            months[month] = measured, year.sizes_mib()
            print(f"{month}: {', '.join(f'{one.command} {one.seconds:.1f} ({one.processor_seconds:.1f})' for one in measured)}", flush=True)
        print(f"\nSeconds of processors:\n\n{_table(months, year.shown)}")


if __name__ == "__main__":
    main()
