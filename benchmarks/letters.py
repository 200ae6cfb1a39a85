"""Letters of a run, beside the bare Typst compiler that draws the same pages on all cores; and letters drawn again.

    python -m benchmarks.letters --claims 10000 [--rounds 3]

A run of so many claims is settled without letters, and one of a tenth of them, which shows whether memory stays flat. `claims letters render` then
draws its letters, and after that when none and when ten of them are missing. The bare compiler gets what the letters say ready as data and draws the
same documents, each letter and each print file of a hundred, in a process for each core; it reads no store, checks no glyph and writes no file.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.job import LABEL
from benchmarks.measuring import (
    CLAIMS, Measured, circumstances, cpu_seconds_of, in_turns, markdown, measured, median, peak_of, python, seconds_of, spread, write_folder,
)
from sample_data.many import AS_OF

PROGRAM, BARE, NONE_MISSING, TEN_MISSING = "claims letters render", "bare Typst compiler", "again, none missing", "again, ten missing"
MISSING = 10
PREPARED = "prepared"


# ---------------------------------------------------------------- the bare compiler, in processes of its own


def prepare(workspace_root: Path, into: Path) -> dict:
    """Write what the letters of the run say, a file for each print file."""
    from claims.letters import LETTERS_PER_PRINT_FILE
    from claims.letters.wording import letter_of
    from claims.record.store import open_store
    from claims.resources import template_dir
    from claims.trace import case_files
    from claims.workspace import Workspace
    from pipelines.queries import runs_of

    workspace = Workspace(workspace_root)
    into.mkdir()
    letters = [letter_of(case, template_dir() / "letters") for case in case_files(open_store(workspace), workspace, runs_of(workspace)[0])]
    for first in range(0, len(letters), LETTERS_PER_PRINT_FILE):
        (into / f"{first:08d}.json").write_text(json.dumps(letters[first:first + LETTERS_PER_PRINT_FILE]), encoding="utf-8")
    return {"letters": len(letters)}


def draw_bare(prepared: Path) -> dict:
    """Draw all that is prepared, on all cores. How many pages there are."""
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
        return {"pages": sum(pool.imap(_draw_part, sorted(prepared.iterdir())))}


def _draw_part(path: Path) -> int:
    from claims.letters.look import Look
    from claims.letters.rendering import compile_letters
    from claims.resources import template_dir

    def pages(letters: list[dict]) -> int:
        return compile_letters(letters, AS_OF, template_dir(), Look()).pages

    letters = [letter | {"pages": pages([letter])} for letter in json.loads(path.read_text(encoding="utf-8"))]
    return sum(letter["pages"] for letter in letters) + pages(letters)


# ---------------------------------------------------------------- the program


class Letters:
    """A settled run of so many claims, and what is measured on it."""

    def __init__(self, place: Path, claims: int):
        self.workspace, self.prepared = place / "workspace", place / PREPARED
        self.folder = self.workspace / "out" / LABEL / "letters"
        measured(python("job", write_folder(place / "claims", claims, seed=1), self.workspace))
        self.letters = measured(python("letters", "--prepare", self.workspace, "--into", self.prepared)).told["letters"]

    def kinds(self) -> dict[str, Callable[[], Measured]]:
        return {
            PROGRAM: lambda: self._render(self._remove_all), BARE: lambda: measured(python("letters", "--bare", self.prepared)),
            NONE_MISSING: lambda: self._render(lambda: None), TEN_MISSING: lambda: self._render(self._remove_some),
        }

    def _render(self, before: Callable[[], None]) -> Measured:
        before()
        one = measured([*CLAIMS, "letters", "render", LABEL, "--workspace", self.workspace])
        files = json.loads((self.folder / "manifest.json").read_bytes())["files"]
        return replace(one, told={"pages": sum(file.get("pages", 0) for file in files.values())})

    def _remove_all(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _remove_some(self) -> None:
        for path in sorted(self.folder.glob("*.pdf"))[:MISSING]:
            path.unlink()


def _on_the_same_pages(rounds: dict[str, list[Measured]]) -> dict[str, list[Measured]]:
    if len({one.told["pages"] for measures in rounds.values() for one in measures}) != 1:
        raise SystemExit("the program and the bare compiler drew other pages: they cannot be compared")
    return rounds


def table(of: dict[int, tuple[Letters, dict[str, list[Measured]]]]) -> str:
    """Grain: one row per size and kind."""
    rows = []
    for run, rounds in of.values():
        for kind, measures in rounds.items():
            ratios = [bare.seconds / one.seconds for one, bare in zip(measures, rounds[BARE])]
            pages = measures[0].told["pages"]
            rows.append([
                kind, f"{run.letters:,}", f"{pages:,}", seconds_of(measures), cpu_seconds_of(measures), peak_of(measures),
                f"{pages / median(one.seconds for one in measures):,.0f}" if kind in (PROGRAM, BARE) else "", spread(ratios) if kind == PROGRAM else "",
            ])
    return markdown(["", "letters", "pages", "seconds", "processor seconds", "peak MiB, all processes", "pages/s", "of the bare compiler's speed (asked: ≥ 0.90)"], rows)


def main() -> None:
    """Generate, settle, draw in turns, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--claims", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    for hidden in ("--prepare", "--into", "--bare"):
        parser.add_argument(hidden, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.prepare:
        print(json.dumps(prepare(options.prepare, options.into)))
    elif options.bare:
        print(json.dumps(draw_bare(options.bare)))
    else:
        with tempfile.TemporaryDirectory() as scratch:
            runs = [Letters(Path(scratch) / str(claims), claims) for claims in (options.claims // 10, options.claims)]
            of = {run.letters: (run, _on_the_same_pages(in_turns(run.kinds(), options.rounds))) for run in runs}
        print(f"{options.rounds} rounds, kinds in turn; median (least to most). {circumstances()}\n\n{table(of)}")


if __name__ == "__main__":
    main()
