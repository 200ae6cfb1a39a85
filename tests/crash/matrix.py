"""One command of the matrix: failed at its first durable act, its second, and so on until it passes whole, in each way.

    python -m tests.crash.matrix COMMAND FOLDER

A prepared process is forked for each try: it has imported everything and opened nothing. What was tried is kept in FOLDER, a line for each point, so that
a run that was broken off goes on where it was. Ends with 1 where a point failed.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from claims import database, gates, letters, resources
from pipelines.cli import main
from tests.commands import ROOT
from tests.crash import shim
from tests.crash.history import Step, steps_to
from tests.crash.progress import Point, note, progress_file, tried
from tests.crash.shim import Fault
from tests.settle import keeps_its_bounds

CLOCK = 1_725_148_800
"""The day of all tries, 2024-09-01: so that even the journal is the same, byte for byte."""
UNLIKE = {"lock", "claims.duckdb", "claims.duckdb.wal"}
"""What of a workspace tells of the try itself, as its logs do, or is compared by its rows."""
SCRATCH = "workspace/work/"
"""What a command that is done may fail to delete: the next one does."""
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
        self.beside = root / "beside"
        self.beside.mkdir()
        self.place.mkdir()
        for step in before:
            step.before(self.place)
            self._must_pass(step)
        self.step.before(self.place)
        (self.place / "tmp").mkdir(exist_ok=True)
        shutil.copytree(self.place, self.before, symlinks=True)
        self._must_pass(self.step)
        self.undisturbed = self._state()
        self.verdicts: dict[str, str] = {}

    def points(self, fault: Fault, first: int) -> Iterator[Point]:
        """Try every point from the first on, until the command passes whole."""
        number = first
        while (point := self._try(fault, number)) is not None:
            yield point
            number += 1

    def _try(self, fault: Fault, number: int) -> Point | None:
        shutil.rmtree(self.place)
        shutil.copytree(self.before, self.place, symlinks=True)
        failed = self._give(self.step.words, fault, number)
        hit = next((act[1:] for act in failed.acts if act.startswith("!")), None)
        if hit is None:
            return None
        act, path = hit.split("\t")
        return Point(self.command, fault.name, number, act, path, f"{failed.code}: {failed.text}", self._defect(fault, failed))

    def _defect(self, fault: Fault, failed: Ended) -> str:
        """What was wrong with how a command failed, or with what the next one made of it."""
        if fault != Fault.kill and (failed.code not in range(6) or "Traceback" in failed.text or "unexpected failure" in failed.text):
            return f"it ended without a message of its own: {failed.code} {failed.text}"
        if failed.code == 0 and (differs := self._difference(SCRATCH)):
            return f"it said that it was done, but: {differs}"
        left = self._left()
        if left not in self.verdicts:
            self.verdicts[left] = self._completed()
        return self.verdicts[left]

    def _left(self) -> str:
        """A digest of all that a failed command left: from the same bytes the next command does the same, which need not be tried twice."""
        digest = hashlib.sha256()
        for folder, folders, names in os.walk(self.place):
            folders.sort()
            digest.update(folder.encode() + b"\0")
            for path in (Path(folder, name) for name in sorted(names)):
                if path.parent.name != "logs" and path.name != "lock":
                    digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def _completed(self) -> str:
        """What was wrong with how the next command went, or with what it made; ''."""
        again = self._give(self.step.words)
        if again.code != 0 and (self.step.done_says is None or self.step.done_says not in again.text):
            return f"the same command ended with {again.code}: {again.text}"
        return self._difference()

    def _difference(self, without: str = " ") -> str:
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
        files = {}
        for folder, folders, names in os.walk(self.place):
            within = Path(folder).relative_to(self.place)
            if within == Path("."):
                folders[:] = [name for name in folders if name != "tmp"]
            if within == Path("workspace"):
                folders[:] = [name for name in folders if name != "logs"]
            for name in names:
                if within != Path("workspace") or name not in UNLIKE:
                    files[str(within / name)] = Path(folder, name).read_bytes().hex()
            files[f"{within}/"] = ""
        ended = self._forked(lambda report: _told_tables(self.place / "workspace"))
        if ended.code != 0:
            return files | {"the store": f"cannot be read: {ended.text}"}
        return files | {f"table {name}": rows for name, rows in json.loads(ended.text).items()}

    def _forked(self, job) -> Ended:
        text, acts = self.beside / "text", self.beside / "acts"
        process = os.fork()
        if process == 0:
            code = 70
            try:
                for descriptor in (1, 2):
                    os.dup2(os.open(text, os.O_WRONLY | os.O_CREAT | os.O_APPEND | (os.O_TRUNC if descriptor == 1 else 0)), descriptor)
                job(os.open(acts, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND))
                code = 0
            except SystemExit as end:
                code = end.code or 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(process, 0)
        told = acts.read_text(encoding="utf-8").splitlines() if acts.exists() else ()
        acts.unlink(missing_ok=True)
        return Ended(os.waitstatus_to_exitcode(status), text.read_text(encoding="utf-8", errors="replace"), tuple(told))


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
    """What commands import when they need it, so that no try waits for it."""
    import duckdb, polars, jinja2, typst, xlsxwriter, python_calamine, fontTools.ttLib  # noqa: E401, F401
    import claims.letters.glyphs, claims.letters.look, claims.letters.rendering, claims.trace, claims.months.documents, claims.payment_lists, claims.review.workbook  # noqa: E401, F401
    import pipelines.delivery, pipelines.letters, pipelines.months, pipelines.pay, pipelines.queries, pipelines.report, pipelines.reports, pipelines.review, pipelines.run  # noqa: E401, F401

    for path in (ROOT / "sql").rglob("*.sql"):
        database._templates().get_template(str(path.relative_to(ROOT / "sql")))
    templates = resources.template_dir()
    letters.rendering._compiler(templates, "letters/main.typ", ())
    letters.glyphs.undrawable([], letters.rendering.font_files(templates, letters.look.Look()))
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
