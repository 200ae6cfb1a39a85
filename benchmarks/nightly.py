"""A night that brings 1,000 claims to a workspace with many decided ones, beside the same night in a workspace without history.

    python -m benchmarks.nightly --decided 5000000 [--rounds 3] [--new 1000] [--held 1000]

In both workspaces so many claims are held, for a year that cannot be read, and are tried again by every run. The one with history got it in runs of a
million claims at most; the other has the institutions of the claims concerned and nothing else. Each round brings other claims to both, in turns,
by `claims nightly`, without letters. Told is each stage, too, so that one sees what follows the history, and what `claims status` counts in both
workspaces before the first round; where that is not what was asked for, nothing is measured.
"""

from __future__ import annotations

import argparse
import csv
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

from benchmarks.measuring import (
    CLAIMS, ENVIRONMENT, Measured, circumstances, cpu_seconds_of, in_turns, markdown, measured, peak_of, seconds_of, spread, write_folder,
)
from sample_data.many import AS_OF

CLAIMS_OF_A_RUN = 1_000_000
CLAIMS_OF_A_FILE = 100_000
"""Of the history: a file of more than 64 MiB is refused."""
HISTORY, EMPTY = "with history", "without history"
UNREADABLE_YEAR = "年度"  # behind the year
Row = dict[str, str]


class Night:
    """The two workspaces, and what each round brings to both."""

    def __init__(self, place: Path, decided: int, held: int, new: int, rounds: int):
        self.place = place
        everything = write_folder(place / "everything", decided + held + new * rounds, seed=1, sound=True, damage=0.0)
        self.header = _header_of(everything / "claims-1.csv")
        rows = _rows_of(sorted(everything.glob("claims-*.csv"), key=lambda path: int(path.stem.split("-")[1])))
        history = [self._written_claims(place / f"history-{number}", islice(rows, min(CLAIMS_OF_A_RUN, decided - first)))
                   for number, first in enumerate(range(0, decided, CLAIMS_OF_A_RUN), 1)]
        waiting = [row | {"claim_year": row["claim_year"] + UNREADABLE_YEAR} for row in islice(rows, held)]
        self.brought = [[*islice(rows, new)] for _ in range(rounds)]
        waits = self._written_claims(place / "held", iter(waiting))
        self._settle(HISTORY, everything, None, [*history, waits])
        concerned = {row[name] for row in [*waiting, *(row for rows in self.brought for row in rows)] for name in ("uscc", "manager_uscc")}
        self._settle(EMPTY, everything, concerned, [waits])
        self.before = {HISTORY: self._counted(HISTORY, decided, held), EMPTY: self._counted(EMPTY, 0, held)}
        """How many claims each workspace has decided, and how many it holds."""

    def workspace(self, kind: str) -> Path:
        return self.place / kind.replace(" ", "-")

    def _written_claims(self, folder: Path, rows: Iterator[Row]) -> Path:
        for number in count(1):
            some = [*islice(rows, CLAIMS_OF_A_FILE)]
            if not some:
                return folder
            _written(folder / f"claims-{number}.csv", self.header, some)

    def _settle(self, kind: str, everything: Path, claimants: set[str] | None, folders: list[Path]) -> None:
        """One run of each folder of claims; the first one has the rows of these claimants, or of all, in all other tables."""
        workspace = self.workspace(kind)
        (workspace / "inbox").mkdir(parents=True)
        (workspace / "claims.toml").write_text("[nightly]\nletters = false\n", encoding="utf-8")
        first = self.place / f"reference of {kind}"
        for path in everything.glob("*.csv"):
            if not path.name.startswith("claims"):
                _written(first / path.name, _header_of(path), (row for row in _rows_of([path]) if claimants is None or row["uscc"] in claimants))
        for path in folders[0].iterdir():
            shutil.copyfile(path, first / path.name)
        for number, folder in enumerate([first, *folders[1:]], 1):
            measured([*CLAIMS, "run", folder, "--workspace", workspace, "--as-of", AS_OF.isoformat(), "--label", f"before-{number}", "--no-letters"])

    def _counted(self, kind: str, *asked: int) -> tuple[int, int]:
        """Ends the benchmark where the workspace does not hold what was asked for."""
        status = subprocess.run([*CLAIMS, "status", "--workspace", self.workspace(kind)], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True, check=True).stdout
        approved, reduced, rejected, held = map(int, re.search(r"^all +(\d+) +(\d+) +(\d+) +(\d+) ", status, re.MULTILINE).groups())
        counted = (approved + reduced + rejected, held)
        if counted != asked:
            raise SystemExit(f"the workspace {kind} has {counted[0]:,} claims decided and {held:,} held, not {asked[0]:,} and {asked[1]:,}:\n{status}")
        return counted

    def bring(self, kind: str) -> Measured:
        """A night with the claims of the next round; `told` has its seconds by stage."""
        workspace = self.workspace(kind)
        number = len([*workspace.glob("inbox/*.csv")])
        _written(workspace / "inbox" / f"claims-{number}.csv", self.header, self.brought[number])
        one = measured([*CLAIMS, "nightly", "--workspace", workspace, "--as-of", AS_OF.isoformat()])
        log = workspace / "logs" / (f"{AS_OF}.log" if number == 0 else f"{AS_OF}-{number + 1}.log")
        return replace(one, told={stage: float(seconds) for stage, seconds in re.findall(r" (\w+): ([\d.]+) s$", log.read_text(encoding="utf-8"), re.MULTILINE)})


def _rows_of(paths: Iterable[Path]) -> Iterator[Row]:
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


def _header_of(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


def _written(path: Path, header: list[str], rows: Iterable[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def tables(rounds: dict[str, list[Measured]], before: dict[str, tuple[int, int]]) -> str:
    """Grain: one row per workspace; then one row per stage."""
    ratios = [one.seconds / bare.seconds for one, bare in zip(rounds[HISTORY], rounds[EMPTY])]
    kinds = [[kind, *(f"{number:,}" for number in before[kind]), seconds_of(measures), cpu_seconds_of(measures), peak_of(measures), spread(ratios) if kind == HISTORY else ""] for kind, measures in rounds.items()]
    stages = [[stage, *(spread([one.told[stage] for one in measures]) for measures in rounds.values())] for stage in rounds[HISTORY][0].told]
    return "\n\n".join([
        markdown(["", "decided before", "held before", "seconds", "processor seconds", "peak MiB", "× without history (asked: ≤ 3)"], kinds),
        markdown(["stage, seconds", *rounds], stages),
    ])


def main() -> None:
    """Generate, settle what was before, bring the nights in turns, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("decided", 200_000), ("held", 1_000), ("new", 1_000), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        night = Night(Path(scratch), options.decided, options.held, options.new, options.rounds)
        rounds = in_turns({kind: lambda kind=kind: night.bring(kind) for kind in (HISTORY, EMPTY)}, options.rounds)
    print(f"{options.new:,} claims brought; {options.rounds} rounds, in turns; median (least to most). {circumstances()}\n\n{tables(rounds, night.before)}")


if __name__ == "__main__":
    main()
