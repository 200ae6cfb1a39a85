"""What a process costs, in seconds of the clock, seconds of processors and memory, and how benchmarks tell it: as Markdown, to be kept in docs/performance.md.

Each measurement is a process of its own. Kinds of measurement take turns, so that other work on the machine bears on all of them.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
CLAIMS = [str(Path(sys.executable).with_name("claims"))]
SAMPLING_SECONDS = 0.1
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {"PYTHONPATH": str(ROOT), "RUST_BACKTRACE": "0"}
"""Of every process that is measured. Modules are compiled once, as where a package is installed, and not again by each process. A backtrace of every cell
that cannot be read would make zen-engine several times slower."""
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
MIB = 2**20


@dataclass(frozen=True)
class Measured:
    """One process from its start to its end. `peak_mib` is of all its processes together, pages that they share counted in each; `told` is the JSON
    that it printed last, if any: Java may have written there, too."""

    seconds: float
    cpu_seconds: float
    peak_mib: float
    told: dict


def measured(command: Sequence[str | Path]) -> Measured:
    """Run a command in the project's folder and measure it. A command that fails ends the benchmark with what it said.

    Whoever measures stays small: what the system tells of a process's memory begins with that of the process that started it.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen([*map(str, command)], cwd=ROOT, stdout=out, stderr=errors, env=ENVIRONMENT)
        with _sampled(process.pid) as samples:
            _, status, used = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), errors.seek(0)
        if process.returncode:
            raise SystemExit(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{errors.read().decode()}{out.read().decode()}")
        printed = out.read().decode().strip().rpartition("\n")[2]
    peak = max([used.ru_maxrss * 1024, *samples])
    return Measured(seconds, used.ru_utime + used.ru_stime, peak / MIB, json.loads(printed) if printed.startswith("{") else {})


def python(module: str, *arguments: object) -> list[str]:
    """The command that runs a module of the benchmarks in this environment."""
    return [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]


def in_turns(kinds: dict[str, Callable[[], Measured]], rounds: int) -> dict[str, list[Measured]]:
    """Every kind once, and again, as often as there are rounds; progress goes to standard error."""
    all_of = {kind: [] for kind in kinds}
    for number in range(1, rounds + 1):
        for kind, measure in kinds.items():
            all_of[kind].append(measure())
            print(f"round {number} of {rounds}, {kind}: {all_of[kind][-1].seconds:.2f} s", file=sys.stderr, flush=True)
    return all_of


def emptied(folder: Path) -> Path:
    """The folder's place, free of what an earlier round left there."""
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def write_folder(folder: Path, claims: int, seed: int, **shares: float) -> Path:
    """A folder of generated claims, one institution for ten of them (sample_data/many.py), written by a process of its own."""
    folder.mkdir(parents=True)
    write = (
        "from sample_data.many import *; "
        f"write_claims(Path({str(folder)!r}), institutions={max(100, claims // 10)}, claims={claims}, seed={seed}, **{shares!r})"
    )
    measured([sys.executable, "-c", write])
    return folder


# ---------------------------------------------------------------- memory of a process and those that it started


@contextmanager
def _sampled(pid: int) -> Iterator[list[int]]:
    """The bytes that a process and its descendants hold, looked at while the block runs."""
    samples, ended = [], threading.Event()

    def sample() -> None:
        while not ended.wait(SAMPLING_SECONDS):
            samples.append(sum(map(_resident_bytes, _family(pid))))

    watcher = threading.Thread(target=sample)
    watcher.start()
    try:
        yield samples
    finally:
        ended.set()
        watcher.join()


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = [*map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    except OSError:  # it has ended, or this is no Linux
        children = []
    for child in children:
        yield from _family(child)


def _resident_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
    except OSError:
        return 0


def used_so_far(pid: int) -> tuple[dict, dict]:
    """What a process has used, and what its descendants that still run have: seconds of processors, and MiB that each held at most, added up."""
    own, *others = _family(pid)
    return _used_by([own]), _used_by(others)


def _used_by(pids: list[int]) -> dict:
    return {"cpu_seconds": sum(map(_computed_ticks, pids)) / os.sysconf("SC_CLK_TCK"), "peak_mib": sum(map(_peak_bytes, pids)) / MIB}


def _computed_ticks(pid: int) -> int:
    """Of the process, and of those of its children that ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15]))


def _peak_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


# ---------------------------------------------------------------- telling


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def spread(values: Sequence[float]) -> str:
    """The median, and from which to which value they go."""
    middle, low, high = (f"{value:.2f}" for value in (median(values), min(values), max(values)))
    return middle if len(values) == 1 else f"{middle} ({low} to {high})"


def seconds_of(rounds: Sequence[Measured]) -> str:
    return spread([one.seconds for one in rounds])


def cpu_seconds_of(rounds: Sequence[Measured]) -> str:
    return spread([one.cpu_seconds for one in rounds])


def peak_of(rounds: Sequence[Measured]) -> str:
    return f"{max(one.peak_mib for one in rounds):,.0f}"


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the first column is words, the others are figures."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def circumstances() -> str:
    """The day, the machine with what else it does, and the versions that a measurement depends on, on one line.

    A load average well above the cores says that seconds of the clock tell little, and processor seconds more.
    """
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "polars", "great-expectations", "typst"))
    return f"{dt.date.today()}; {machine()}, load average {os.getloadavg()[1]:.1f}; Python {platform.python_version()}, {packages}."


def machine() -> str:
    """Processor, cores that may be used, memory, system."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PHYS_PAGES") * PAGE_BYTES / 2**30
    return f"{_processor()}, {cores} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
