"""A what-if over a history that is loaded already, beside the assessment stage of the run that it is about.

    python -m benchmarks.what_if --claims 1000000 [--rounds 3] [--set 2.4.figure.office_cap.value=2000000]

One run decides all claims. Then, in turns, the what-if of the command: the history is assessed as recorded, which loads it and is the guard against
telling nonsense, then under the change, and the two are compared. Told is each by itself, since the target is about what comes after loading. Last the
same change is tried run after run, on the facts that are loaded, as the command does where more than awards may differ.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measuring import Measured, circumstances, emptied, in_turns, markdown, measured, peak_of, python, spread, write_folder

RUN, WHAT_IF, RUN_BY_RUN = "run", "what-if", "run_by_run"
CHANGE = "2.4.figure.office_cap.value=2000000"
LOADED, CHANGED, COMPARED, ONE_BY_ONE = "as recorded, with loading", "under the change", "compared", "under the change, run after run"


def try_change(workspace: Path, change: str) -> dict:
    """Seconds of the clock and of processors of each part of a what-if, and how many claims come out otherwise."""
    from claims.changed_history import assess_under
    from claims.database import scratch_database
    from claims.impact import AFTER, BEFORE, compare
    from claims.replay import assess_as_recorded, assess_run_by_run
    from pipelines.whatif import Asked, history_of, trial_of

    history = history_of(workspace, None)
    trial = trial_of(history, Asked(edits=(change,)))
    parts: dict[str, tuple[float, float]] = {}
    with scratch_database(history.workspace.vault.root) as database:
        with _timed(parts, LOADED):
            assess_as_recorded(database, history, BEFORE)
        with _timed(parts, CHANGED):
            assess_under(database, history, trial.versions, BEFORE, AFTER)
        with _timed(parts, COMPARED):
            impact = compare(database, trial.policy)
        with _timed(parts, ONE_BY_ONE):
            assess_run_by_run(database, history, trial.versions, RUN_BY_RUN, facts_kept=True)
    return {"parts": parts, "changed": impact.listed}


@contextmanager
def _timed(parts: dict[str, tuple[float, float]], name: str):
    started, of_processors = time.perf_counter(), time.process_time()
    yield
    parts[name] = time.perf_counter() - started, time.process_time() - of_processors


def report(claims: int, change: str, rounds: dict[str, list[Measured]]) -> str:
    stages = [[one.told[kind]["assessment"] for one in rounds[RUN]] for kind in ("stages", "cpu_stages")]
    rows = [["assessment stage of the run", *map(spread, stages), "1.00", "1.00", peak_of(rounds[RUN])]]
    named = {part: [part] for part in (LOADED, CHANGED, COMPARED, ONE_BY_ONE)} | {
        "**change and comparison, over what is loaded** (asked: ≤ 1.5)": [CHANGED, COMPARED],
        "**the same, run after run, over what is loaded** (asked: ≤ 1.5)": [ONE_BY_ONE, COMPARED],
    }
    for words, summed in named.items():
        taken = [[sum(one.told["parts"][part][kind] for part in summed) for one in rounds[WHAT_IF]] for kind in range(2)]
        ratios = [spread([one / base for one, base in zip(*pair)]) for pair in zip(taken, stages)]
        rows.append([words, *map(spread, taken), *ratios, peak_of(rounds[WHAT_IF]) if len(summed) > 1 else ""])
    changed = rounds[WHAT_IF][0].told["changed"]
    head = f"{claims:,} claims in one run, {changed:,} of them otherwise under `{change}`; {len(rounds[RUN])} rounds, in turns; median (least to most). "
    return f"{head}{circumstances()}\n\n{markdown(['', 'seconds', 'processor seconds', '× assessment stage', '× its processor seconds', 'peak MiB'], rows)}"


def main() -> None:
    """Generate, settle and try in turns, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--set", dest="change", default=CHANGE, help="the change that is tried")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(try_change(options.measure, options.change)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder, workspace = write_folder(Path(scratch) / "claims", options.claims, seed=1), Path(scratch) / "workspace"
        rounds = in_turns({
            RUN: lambda: measured(python("job", folder, emptied(workspace))),
            WHAT_IF: lambda: measured(python("what_if", "--measure", workspace, "--set", options.change)),
        }, options.rounds)
    print(report(options.claims, options.change, rounds))


if __name__ == "__main__":
    main()
