"""One command of the matrix: failed at its first durable act, its second, and so on until it passes whole, in each way.

    python -m tests.crash.matrix COMMAND FOLDER

A prepared process is forked for each try: it has imported everything and opened nothing. What was tried is kept in FOLDER, a line for each point, so that
a run that was broken off goes on where it was. Ends with 1 where a point failed.

What a kill leaves at each act is looked at while one process stands still before it, act after act: the next command is given in a copy. Every so often
a process is killed, to see that it leaves the same. What is left in scratch the next command deletes unread, which is seen to; so where two failures leave the
same bytes but there, it is given once.
"""

from __future__ import annotations

import gc
import hashlib
import importlib
import json
import os
import pkgutil
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import claims
import pipelines
from claims import database, gates, letters, pages, resources
from pipelines.cli import main
from tests.commands import ROOT
from tests.crash import shim
from tests.crash.history import Step, steps_to
from tests.crash.progress import Point, note, progress_file, tried
from tests.crash.shim import Fault
from tests.settle import keeps_its_bounds

CLOCK = 1_725_148_800
"""The day of all tries, 2024-09-01: so that even the journal is the same, byte for byte."""
SCRATCH = ("workspace/work/", ".workspace.partial/", "tmp/")
"""The folders that the next command deletes unread, and that a command which is done may fail to delete."""
UNLIKE = (*(f"{root}/{name}" for root in ("workspace", ".workspace.partial") for name in ("lock", "claims.duckdb", "logs/")), "tmp/")
"""What of a place, or of one that is being restored, tells of the try itself, or is compared by its rows."""
NEED_ROOM = {"open", "write", "allocate", "rename", "link", "mkdir"}
"""The acts at which a full disk shows. One that fills up at another act shows at the next of these."""
KILLED_EVERY = 20
"""How often a process is killed as well."""
MEMORY = Path("/dev/shm")


@dataclass(frozen=True)
class Ended:
    """How a process ended: exit code, minus the signal where one killed it; what it wrote; the acts that it was told of."""

    code: int
    text: str
    acts: tuple[str, ...]


class Matrix:
    """A command in a place of its own, in memory where the machine has room for it."""

    def __init__(self, command: str, root: Path):
        self.command = command
        *before, self.step = steps_to(command)
        self.place = root / "place"
        self.before = root / "before"
        self.aside = root / "aside"
        self.beside = root / "beside"
        self.beside.mkdir()
        self.place.mkdir()
        for step in before:
            step.before(self.place)
            self._must_pass(step)
        self.step.before(self.place)
        (self.place / "tmp").mkdir(exist_ok=True)
        shutil.copytree(self.place, self.before, symlinks=True)
        self._as_before()
        self.acts = [line.split("\t")[0] for line in self._must_pass(self.step).acts if not line.startswith("<")]
        self.undisturbed = self._state()
        self.verdicts: dict[str, str] = {}

    def points(self, fault: Fault, first: int) -> Iterator[Point]:
        """Try every point from the first on, until the command passes whole."""
        return self._kills(first) if fault == Fault.kill else self._errors(fault, first)

    def _kills(self, first: int) -> Iterator[Point]:
        self._as_before()
        process = self._begun(lambda report: _claims(self.place, self.step.words, Fault.stop, first, report))
        number = first
        while os.WIFSTOPPED(os.waitpid(process, os.WUNTRACED)[1]):
            act, path = self._acts()[-1].split("\t")
            os.rename(self.place, self.aside)
            shutil.copytree(self.aside, self.place, symlinks=True)
            defect = self._verdict(self._left())
            if number % KILLED_EVERY == 1 and (differs := self._killed_otherwise(number)):
                defect = defect or f"a process that was killed left something else than one that was stopped: {differs}"
            shutil.rmtree(self.place)
            os.rename(self.aside, self.place)
            os.kill(process, signal.SIGCONT)
            yield Point(self.command, Fault.kill.name, number, act, path, "", defect)
            number += 1

    def _killed_otherwise(self, number: int) -> str:
        """Which files a process leaves otherwise that is killed in place of the one that was stopped, '' for none. DuckDB writes in the order of addresses."""
        self._try(Fault.kill, number)
        places = (self.place, self.aside)
        killed, stopped = ({path: (place / path).read_bytes() for path in self._files(place) if not path.endswith("/")} for place in places)
        differ = [path for path in sorted({*killed, *stopped}) if killed.get(path) != stopped.get(path) and not path.startswith(UNLIKE)]
        return ", ".join(differ)

    def _errors(self, fault: Fault, first: int) -> Iterator[Point]:
        for number, act in enumerate(self.acts[first - 1:], start=first):
            if fault == Fault.io_error or act in NEED_ROOM:
                failed = self._try(fault, number)
                act, path = next((line[1:] for line in failed.acts if line.startswith("!")), "none\t").split("\t")
                yield Point(self.command, fault.name, number, act, path, f"{failed.code}: {failed.text}", self._defect(failed, path))

    def _try(self, fault: Fault, number: int) -> Ended:
        """Give the command from the beginning, to fail at an act."""
        self._as_before()
        return self._give(self.step.words, fault, number)

    def _as_before(self) -> None:
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.before, self.place, symlinks=True)

    def _defect(self, failed: Ended, path: str) -> str:
        """What was wrong with how a command failed at a path, or with what the next one made of it."""
        if not path:
            return "it ended before this act"
        if failed.code not in range(6) or "Traceback" in failed.text or "unexpected failure" in failed.text:
            return f"it ended without a message of its own: {failed.code} {failed.text}"
        if failed.code == 0 and (differs := self._difference(SCRATCH)):
            return f"it said that it was done, but: {differs}"
        return self._verdict(self._left())

    def _verdict(self, left: str) -> str:
        if left not in self.verdicts:
            self.verdicts[left] = self._completed()
        return self.verdicts[left]

    def _left(self) -> str:
        """A digest of all that a failed command left; of scratch but that there is some, and of files that were not whole yet but their names.

        From the same bytes the next command does the same, which need not be tried twice.
        """
        digest = hashlib.sha256()
        for path in self._files():
            if path in SCRATCH or not path.startswith((*SCRATCH, "workspace/logs/", "workspace/lock")):
                content = b"" if path.endswith("/") or _is_scratch(path) else (self.place / path).read_bytes()
                digest.update(path.encode() + b"\0" + hashlib.sha256(content).digest())
        return digest.hexdigest()

    def _files(self, place: Path | None = None) -> Iterator[str]:
        """Every folder and file of the place, or of one aside, in order; folders end with a slash."""
        for folder, folders, names in os.walk(place or self.place):
            folders.sort()
            within = os.path.relpath(folder, place or self.place)
            yield f"{within}/"
            yield from (os.path.normpath(f"{within}/{name}") for name in sorted(names))

    def _completed(self) -> str:
        """What was wrong with how the next command went, or with what it made; ''."""
        # A lock that was left is opened with what it says, by which nobody goes once nobody holds it.
        left_over = {path for path in self._files() if _is_scratch(path) and not path.endswith("/lock")}
        again = self._give(self.step.words)
        if again.code != 0 and (self.step.done_says is None or self.step.done_says not in again.text):
            return f"the same command ended with {again.code}: {again.text}"
        deletes_scratch = again.code == 0  # one that is told that all was done before deletes nothing
        return self._difference(() if deletes_scratch else SCRATCH) or _read_of(left_over, again.acts)

    def _difference(self, without: tuple[str, ...] = ()) -> str:
        """Which parts of the place are not as an undisturbed command leaves them, or ''; those whose names begin so are left out."""
        state = self._state()
        differs = [
            name for name in sorted({*state, *self.undisturbed}) if state.get(name) != self.undisturbed.get(name) and not name.startswith(without)
        ]
        return f"{len(differs)} differ: {', '.join(differs[:5])}" if differs else ""

    def _must_pass(self, step: Step) -> Ended:
        ended = self._give(step.words)
        if ended.code != 0:
            raise AssertionError(f"claims {' '.join(step.words)} ended with {ended.code}: {ended.text}")
        return ended

    def _give(self, words: tuple[str, ...], fault: Fault = Fault.none, number: int = 0) -> Ended:
        """Give a command in the place, in a process of its own."""
        return self._forked(lambda report: _claims(self.place, words, fault, number, report))

    def _state(self) -> dict[str, str]:
        """Everything that must be the same after a failure, by its name: files of the place, tables of the store."""
        files = {
            path: "" if path.endswith("/") else hashlib.sha256((self.place / path).read_bytes()).hexdigest()
            for path in self._files() if not path.startswith(UNLIKE)
        }
        ended = self._forked(lambda report: _told_tables(self.place / "workspace"))
        if ended.code != 0:
            return files | {"the store": f"cannot be read: {ended.text}"}
        return files | {f"table {name}": rows for name, rows in json.loads(ended.text).items()}

    def _forked(self, job: Callable[[int], None]) -> Ended:
        _, status = os.waitpid(self._begun(job), 0)
        return Ended(os.waitstatus_to_exitcode(status), (self.beside / "text").read_text(encoding="utf-8", errors="replace"), self._acts())

    def _acts(self) -> tuple[str, ...]:
        return tuple((self.beside / "acts").read_text(encoding="utf-8").splitlines())

    def _begun(self, job: Callable[[int], None]) -> int:
        """Begin a job in a process of its own, which gets the file to which acts are told; what it says goes into another one."""
        text, acts = (os.open(self.beside / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND) for name in ("text", "acts"))
        process = os.fork()
        if process == 0:
            code = 70
            try:
                for descriptor in (1, 2):
                    os.dup2(text, descriptor)
                job(acts)
                code = 0
            except SystemExit as end:
                code = end.code or 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        os.close(text)
        os.close(acts)
        return process


def _is_scratch(path: str) -> bool:
    """Whether no command reads what an earlier one left there: scratch, and what did not get its name any more."""
    return path.startswith(SCRATCH) or path.endswith(".partial")


def _read_of(left_over: set[str], acts: tuple[str, ...]) -> str:
    """Which of some files a command read before it made them anew, or ''."""
    for line in acts:
        act, path = line.split("\t")
        if act == "<read" and path in left_over:
            return f"it read {path}, which had been left in scratch"
        left_over.discard(path)
    return ""


def _claims(place: Path, words: tuple[str, ...], fault: Fault, number: int, report: int) -> None:
    os.chdir(place)
    os.environ["TMPDIR"] = str(place / "tmp")
    tempfile.tempdir = None
    sys.argv = ["claims", *words]
    shim.arm(place, fault, number, report, CLOCK)
    main()


def _told_tables(root: Path) -> None:
    """Print all rows of all tables of the store, as JSON."""
    import duckdb

    with duckdb.connect(str(root / "claims.duckdb"), config={"threads": 1}) as store:
        names = store.execute("select table_schema, table_name from information_schema.tables order by all").fetchall()
        rows = {f"{schema}.{name}": "\n".join(sorted(map(str, store.execute(f'from "{schema}"."{name}"').fetchall()))) for schema, name in names}
    print(json.dumps(rows, ensure_ascii=False))


def _import_everything() -> None:
    """What commands import and compile when they need it, so that no try waits for it. Nothing here may start a thread, which a fork would lose."""
    import duckdb, polars, typst, xlsxwriter, python_calamine, fontTools.ttLib, pygal, chinese_calendar  # noqa: E401, F401

    for package in (claims, pipelines):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    templates = resources.template_dir()
    for path in (ROOT / "sql").rglob("*.sql"):
        database._templates().get_template(str(path.relative_to(ROOT / "sql")))
    for environment in (pages._environment(), letters.wording._environment(templates / "letters")):
        for name in environment.list_templates(["j2", "html"]):
            environment.get_template(name)
    with letters.rendering._compiler(templates, "letters/main.typ", ()):
        pass
    letters.glyphs.undrawable(["\U0001f600"], letters.rendering.font_files(templates, letters.look.Look()))
    gc.freeze()
    database.THREADS = 1
    gates._validated = keeps_its_bounds


def try_command(command: str, folder: Path) -> list[Point]:
    """Try every point of a command that is not in its file of progress yet. Gives those with a defect."""
    path = progress_file(folder, command)
    points = tried(path)
    with tempfile.TemporaryDirectory(prefix="claims-crash-", dir=MEMORY if MEMORY.is_dir() else None) as root, path.open("w", encoding="utf-8") as file:
        for point in points:
            note(point, file)
        matrix = Matrix(command, Path(root))
        for fault in (Fault.kill, Fault.io_error, Fault.full_disk):
            known = max((point.number for point in points if point.fault == fault.name), default=0)
            for point in matrix.points(fault, known + 1):
                note(point, file)
                points.append(point)
    return [point for point in points if point.defect]


if __name__ == "__main__":
    _import_everything()
    failures = try_command(sys.argv[1], Path(sys.argv[2]))
    for failure in failures:
        print(f"{failure.command}, {failure.fault} at {failure.number} ({failure.act} {failure.path}): {failure.defect}")
    sys.exit(1 if failures else 0)
