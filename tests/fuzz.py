"""Damaged files given to everything that reads files: `python -m tests.fuzz --seconds 60`.

Each input is given in a forked process with bounded memory and time. The readers get many inputs each; whole commands get one, in a workspace in
which a month was settled, approved and partly paid. What must hold: an exit code of the contract, a message that names the file and no traceback, and
where the command refuses, not a byte of the record or of the documents is another one.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import hashlib
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from claims.errors import InputRefused
from claims.intake.lines import Source, keep_lines, prepare
from claims.intake.reading import CsvText, FileDefect
from claims.payments import BANK_TABLE
from claims.policy.check import check_policy
from claims.policy.model import DEFAULT_POLICY, POLICY_FILES, SHIPPED, STARTER, find_policy, load_policy, read_policy
from claims.settings import load_settings
from claims.workbooks import cells_of, sheets_as_typed
from claims.workdays import read_calendar
from tests.mutations import mutated

DAY = dt.date(2024, 6, 30)
MEMORY = 6 << 30
"""Bytes of address space of one input; DuckDB takes two of these for itself."""
SECONDS = 60
"""Of computing, for one input; where the machine is busy, it may take four times as long."""
AT_ONCE = 25
"""Inputs that a reader gets in one process."""
UNTOLD = ("lock", "work", "logs", "claims.duckdb", "claims.duckdb.wal", "claims.toml", "calendar.toml")
"""What a refused command may touch: no record, no document."""
EXPECTED = {0, 2, 3}
CLAIM_IDS = ("1.1-cap-1", "1.2-ok", "2.2-rent-1", "v01-empty", "v08", "v11")


@dataclass(frozen=True)
class Kind:
    """One kind of file. `seeds` are sound files of it; `words` give it to a command, and `read` to what reads it. Either may be missing."""

    name: str
    seeds: tuple[Path, ...]
    words: Callable[[Path, Path], list[str]] | None = None
    read: Callable[[Path, bytes, Path], object] | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of one input: its exit code, or what went wrong; seconds of computing and bytes of memory."""

    code: int
    wrong: str
    seconds: float
    memory: int


def main() -> int:
    """Fuzz for a while, or for so many rounds, and print what was tried. Returns 1 where something went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rounds", type=int, help="end after so many, whatever the time")
    parser.add_argument("--seed", type=int, default=None, help="the same seed tries the same inputs")
    parser.add_argument("--first", type=int, default=0, help="the round to begin with")
    parser.add_argument("--only", help="kinds whose names begin so")
    parser.add_argument("--readers", action="store_true", help="no whole commands")
    parser.add_argument("--keep", type=Path, default=Path("build") / "fuzz", help="where inputs that went wrong are kept")
    asked = parser.parse_args()
    seed = int(time.time()) if asked.seed is None else asked.seed
    with tempfile.TemporaryDirectory(prefix="claims-fuzz-") as folder:
        return Fuzzer(Path(folder), seed, asked).run()


class Fuzzer:
    """Tries inputs round by round, every kind once in a round."""

    def __init__(self, place: Path, seed: int, asked: argparse.Namespace):
        self.place, self.seed, self.asked = place, seed, asked
        self.base, self.now = place / "base", place / "now"
        self.tried: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.failures: list[str] = []
        self.slowest: dict[str, float] = {}
        self.largest: dict[str, int] = {}

    def run(self) -> int:
        began = time.monotonic()
        if not self.asked.readers and (built := forked(lambda: build(self.base), self.place / "built", seconds=600)).code:
            print(f"no workspace to try in: {built.wrong}\n{(self.place / 'built').read_text(errors='replace')}")
            return 1
        kinds = [kind for kind in kinds_of(self.base, self.place, not self.asked.readers) if kind.name.startswith(self.asked.only or "")]
        print(f"seed {self.seed}, ready after {time.monotonic() - began:.0f} s", flush=True)
        began, number = time.monotonic(), self.asked.first
        while number - self.asked.first < self.asked.rounds if self.asked.rounds else time.monotonic() - began < self.asked.seconds:
            for kind in kinds:
                if kind.read:
                    self.give_to_reader(kind, number)
                if kind.words and not self.asked.readers:
                    self.give_to_command(kind, number)
                if not self.asked.rounds and time.monotonic() - began >= self.asked.seconds:
                    break
            number += 1
        self.report()
        return 1 if self.failures else 0

    def report(self) -> None:
        for name in self.tried:
            answers = ", ".join(f"exit {code.rpartition(' ')[2]}: {count}" for code, count in sorted(self.codes.items()) if code.startswith(f"{name} "))
            print(f"{name:24} {self.tried[name]:7,} inputs  slowest {self.slowest[name]:5.1f} s  largest {self.largest[name] >> 20:5,} MiB  {answers}")
        print(f"{self.tried.total():,} inputs, {len(self.failures)} failures")
        for failure in self.failures:
            print(failure)

    # ------------------------------------------------ one kind, one round

    def give_to_reader(self, kind: Kind, number: int) -> None:
        """Many inputs in one process; the one that it was at tells which went wrong."""
        at, scratch = self.place / "at", self.place / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()

        def read() -> int:
            for one in range(number * AT_ONCE, (number + 1) * AT_ONCE):
                path, data = self.input(kind, one)
                at.write_text(str(one))
                with contextlib.suppress(InputRefused, FileDefect):
                    kind.read(path, data, scratch)
            return 0

        outcome = forked(read, self.place / "said")
        self.count(f"{kind.name} (read)", outcome, AT_ONCE)
        if outcome.code or outcome.wrong:
            self.failed(kind, int(at.read_text() if at.exists() else 0), outcome.wrong or f"exit code {outcome.code}")

    def give_to_command(self, kind: Kind, number: int) -> None:
        if not self.now.exists():
            shutil.copytree(self.base, self.now, symlinks=True)
        before = digest(self.now / "workspace")
        one = number * AT_ONCE
        path = self.place / "input"

        def give() -> int:
            given, data = self.input(kind, one)
            target = placed(path, given, data)
            return command(kind.words(target, self.now))

        shutil.rmtree(path, ignore_errors=True)
        outcome = forked(give, self.place / "said")
        self.count(f"{kind.name} (command)", outcome, 1)
        self.codes[f"{kind.name} (command) {outcome.code}"] += 1
        changed = digest(self.now / "workspace") != before
        if wrong := outcome.wrong or self.judged(kind, outcome.code, changed):
            self.failed(kind, one, wrong)
        if changed or wrong or kind.name.startswith("settings"):
            shutil.rmtree(self.now)

    def judged(self, kind: Kind, code: int, changed: bool) -> str:
        said = (self.place / "said").read_text(encoding="utf-8", errors="replace")
        name = next(path for path in (self.place / "input").rglob("*") if path.is_file()).name
        if code not in EXPECTED:
            return f"exit code {code}: {said[-600:]}"
        if "Traceback" in said or "unexpected failure" in said or any(ord(char) < 32 and char not in "\n\t" for char in said):
            return f"said: {said[-600:]}"
        if code == 3 and not (name in said or any(file in said for file in POLICY_FILES) or ".toml" in said or ".csv" in said):
            return f"names no file: {said[-600:]}"
        return "refused, but something was changed" if code and changed else ""

    def input(self, kind: Kind, number: int) -> tuple[Path, bytes]:
        """The n-th input of a kind."""
        dice = Random(f"{self.seed}/{kind.name}/{number}")
        seed = dice.choice(kind.seeds)
        return seed, mutated(seed.read_bytes(), seed.suffix, dice)

    def count(self, name: str, outcome: Outcome, inputs: int) -> None:
        self.tried[name] += inputs
        self.slowest[name] = max(self.slowest.get(name, 0.0), outcome.seconds / inputs)
        self.largest[name] = max(self.largest.get(name, 0), outcome.memory)

    def failed(self, kind: Kind, number: int, wrong: str) -> None:
        path, data = self.input(kind, number)
        self.asked.keep.mkdir(parents=True, exist_ok=True)
        kept = self.asked.keep / f"{kind.name}-{self.seed}-{number}{path.suffix}"
        kept.write_bytes(data)
        again = f"python -m tests.fuzz --seed {self.seed} --only {kind.name} --first {number // AT_ONCE} --rounds 1"
        self.failures.append(f"--- {kept} ({path.name}): {wrong}\n    {again}")
        print(self.failures[-1], flush=True)


# ---------------------------------------------------------------- processes


def forked(work: Callable[[], int], said: Path, seconds: int = SECONDS) -> Outcome:
    """Do something in a process of its own, whose outputs go to a file."""
    child = os.fork()
    if child == 0:
        _in_child(work, said, seconds)
    deadline = time.monotonic() + 4 * seconds
    while True:
        ended, status, usage = os.wait4(child, os.WNOHANG)
        if ended:
            break
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.002)
    code = os.waitstatus_to_exitcode(status)
    wrong = "" if code >= 0 else f"ended by {signal.Signals(-code).name}"
    if code == 99:
        wrong = said.read_text(encoding="utf-8", errors="replace")[-1500:]
    return Outcome(code, wrong, usage.ru_utime + usage.ru_stime, usage.ru_maxrss << 10)


def _in_child(work: Callable[[], int], said: Path, seconds: int) -> None:
    """What is no expected end is told by the code 99."""
    code = 99
    try:
        with open(said, "wb") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        sys.stdout, sys.stderr = open(1, "w", encoding="utf-8", closefd=False), open(2, "w", encoding="utf-8", closefd=False)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        code = work()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 99
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def command(words: Iterable[str]) -> int:
    """A command as the user gives it; the gates are compared in Python, since importing what compares them takes seconds."""
    from pipelines.cli import main
    from tests.settle import keeps_its_bounds

    import claims.gates

    claims.gates._validated = keeps_its_bounds
    sys.argv = ["claims", *words]
    main()
    return 0


def placed(folder: Path, given: Path, data: bytes) -> Path:
    """The input in a folder of its own, beside the files that belong to it."""
    folder.mkdir()
    if given.name in ("policy.toml", "facts.toml", "codes.toml", "readings.toml", "coverage.toml", "cases.toml") or given.parent.name == "month":
        shutil.copytree(given.parent, folder, dirs_exist_ok=True)
    (folder / given.name).write_bytes(data)
    return folder / given.name


def digest(folder: Path) -> str:
    """Of the names and bytes of everything but what any command may touch."""
    told = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.relative_to(folder).parts[0] not in UNTOLD and path.is_file():
            told.update(str(path).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return told.hexdigest()


# ---------------------------------------------------------------- what is tried


def kinds_of(base: Path, place: Path, with_commands: bool) -> list[Kind]:
    """Every kind of file that the program reads, with sound files of it."""
    policy = load_policy(find_policy(None))
    tables = {**policy.tables, **policy.score_tables}
    month, office = place / "month", base / "office"
    write_month(month)

    def lines(path: Path, data: bytes, scratch: Path) -> None:
        table = max((table for table in tables.values() if path.name.startswith(table.name)), key=lambda table: len(table.name), default=BANK_TABLE)
        prepare(scratch, table)
        keep_lines(Source(0, path.name, "0" * 64, table, None), CsvText(data), scratch)

    def toml(path: Path, data: bytes, scratch: Path) -> None:
        folder = path.parent
        check_policy(read_policy(folder, {name: data if name == path.name else (folder / name).read_bytes() for name in POLICY_FILES}))

    def settings(path: Path, data: bytes, scratch: Path) -> None:
        if path.name == "calendar.toml":
            read_calendar(path, data)
        else:
            (scratch / path.name).write_bytes(data)
            load_settings(scratch / path.name)

    def given(*words: str) -> Callable[[Path, Path], list[str]]:
        return lambda file, now: [*words[:-1], str(file), *words[-1].split(), "--workspace", str(now / "workspace"), "--actor", "乙", "--on", "2024-12-30"]

    def run(file: Path, now: Path) -> list[str]:
        return ["run", str(file.parent), "--workspace", str(now / "workspace"), "--label", "fuzz", "--as-of", "2024-12-31", "--no-letters"]

    def configured(file: Path, now: Path) -> list[str]:
        shutil.copyfile(file, now / "workspace" / file.name)
        return ["nightly", "--workspace", str(now / "workspace"), "--as-of", "2024-12-31"]

    configuration = place / "configuration"
    configuration.mkdir()
    (configuration / "claims.toml").write_bytes((SHIPPED.parents[1] / "settings.toml").read_bytes() + b'\n[[actor]]\nname = "a"\nrole = "b"\nos_account = "c"\n')
    (configuration / "calendar.toml").write_text('[[year]]\nyear = 2031\nsource = "x"\noff = [2031-01-01, 2031-05-01]\nwork = [2031-01-04]\n', encoding="utf-8")
    scores = place / "evaluations.csv"
    scores.write_text("uscc,year,score,parent_name\n91411701MA0000001P,2023,95.5,示例银行总行\n91411702MA00000029,2023,80,\n", encoding="utf-8")
    starter = place / "starter"
    shutil.copytree(STARTER, starter)
    kinds = [
        Kind("month", tuple(sorted(month.glob("*.csv"))), run, lines),
        Kind("scores", (scores,), lambda file, now: ["commend", str(file), "--year", "2023", "--workspace", str(now / "workspace")], lines),
        Kind("policy", tuple(starter / name for name in (*POLICY_FILES, "cases.toml")), lambda file, now: ["policy", "check", str(file.parent)], toml),
        Kind("shipped", tuple(SHIPPED / DEFAULT_POLICY / name for name in POLICY_FILES), None, toml),
        Kind("settings", tuple(sorted(configuration.glob("*.toml"))), configured, settings),
    ]
    if with_commands:
        def cells(path: Path, data: bytes, scratch: Path) -> object:
            return cells_of(path, data), sheets_as_typed(data)

        books = {name: tuple(sorted(office.glob(f"{name}*"))) for name in ("review", "budget", "bank", "register")}
        kinds += [
            Kind("review", books["review"], given("review", "import", "")),
            Kind("budget", books["budget"], given("budget", "import", "")),
            Kind("bank", books["bank"], given("pay", "confirm", "")),
            Kind("register", books["register"], given("letters", "delivered", "")),
            Kind("workbook", tuple(path for paths in books.values() for path in paths if path.suffix == ".xlsx"), None, cells),
        ]
    return kinds


def write_month(folder: Path) -> None:
    """A small month, of which no claim stands in the workspace."""
    from tests.commands import few_claims

    few_claims(folder, "1.1-cap-2", "1.4-progress-2", "1.5-manager", "2.1-buy", "2.3-window", "3-year-2021", "v07-a", "v07-b")


def build(base: Path) -> int:
    """A workspace with a month settled and approved, a budget, a payment list, and the files that go with it."""
    from tests.commands import few_claims, given
    from tests.filling import delivered, filled, rows_of
    from tests.payables import budget_file, payments_of
    from tests.settle import settle
    from claims.workbooks import Column, Sheet, workbook

    root, office = base / "workspace", base / "office"
    office.mkdir(parents=True)

    settle(root, few_claims(base / "in", *CLAIM_IDS), "2024-06-30", DAY)
    given(root, "甲", "2024-07-01", "close", "2024-06")
    given(root, "乙", "2024-08-01", "approve", "2024-06", "--minutes", "纪要1号")
    given(root, "丁", "2024-08-02", "budget", "import", str(budget_file(office / "budget.csv", ("市级财政", 2024, "90000000"), ("西平县", 2024, "100.5"))))
    given(root, "丁", "2024-08-03", "pay", "plan")
    given(root, "乙", "2024-08-03", "review", "export", "-o", str(base / "exported.xlsx"))
    rulings = {key: ("退回补正", "材料不全") if row["可否放行"] != "可以" else ("放行", "已核实") for key, (_, row) in rows_of(base / "exported.xlsx").items()}
    filled(base / "exported.xlsx", office / "review.xlsx", rulings)
    columns = [Column(title, 20) for title in ("财政", "年度", "金额（元）")]
    (office / "budget.xlsx").write_bytes(workbook([Sheet("预算", "预算", columns, [("市级财政", "2025", "1000")])]))
    [listed] = payments_of(root).glob("*/01-*.csv")
    shutil.copyfile(listed, office / "bank.csv")
    text = (office / "bank.csv").read_text(encoding="utf-8").splitlines()
    (office / "bank.csv").write_text("\n".join([text[0] + ",状态,日期", *(line + ",成功,2024-08-05" for line in text[1:])]) + "\n", encoding="utf-8")
    rows = [(line.split(",")[0], line.split(",")[4], "成功", "2024-08-05", "") for line in text[1:]]
    (office / "bank.xlsx").write_bytes(workbook([Sheet("回单", "回单", [Column(title, 20) for title in ("付款编号", "金额（元）", "状态", "日期", "原因")], rows)]))
    register = next((root / "months").glob("*/*/register.csv"))
    header, *letters = register.read_text(encoding="utf-8").splitlines()
    (office / "register.csv").write_text("\n".join([header, *(delivered(line, "2024-08-09", "直接送达", "签收") for line in letters)]) + "\n", encoding="utf-8")
    shutil.copyfile(register.with_suffix(".xlsx"), office / "register.xlsx")
    return 0


if __name__ == "__main__":
    sys.exit(main())
