"""The job beside floors and peers, on the same generated claims: one table in Markdown, to be pasted into docs/performance.md.

    python -m benchmarks.bench --claims 1000000 [--rounds 3] [--seed 1] [--peer-claims 1000000] [--no-peers]

The claims (sample_data/many.py) are of all clauses and most kinds of mistakes, with damaged cells, several claims of an institution in a year, and
awards of earlier years. Seconds are those of a whole process, from its start to the last file written, so all imports are in them.

- reading the bytes, and a typed load by DuckDB: what nothing can be faster than, and what everything is told in (floors.py);
- the whole job without letters (job.py);
- peers at the small part of the rules that they can express (peers/terms.py), from the same files to a file of answers. Their answers are compared
  with what the job decided for the same claims; wrong ones are counted in the table. Of more than --peer-claims claims, peers get a folder of so many,
  and are compared claim by claim.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.measuring import (
    Measured, circumstances, cpu_seconds_of, emptied, in_turns, markdown, measured, median, peak_of, python, seconds_of, spread, write_folder,
)
from benchmarks.peers.environments import python_of

READING, LOAD, JOB = "reading the bytes", "typed load by DuckDB", "whole job without letters"
PEERS = {
    "polars by hand": "polars_by_hand", "pandas by hand": "pandas_by_hand", "OpenFisca-core": "openfisca", "zen-engine": "zen_engine",
    "plain Python loop": "loop",
}
Rounds = list[Measured]


class Bench:
    """The folders of one benchmark, and what is measured on them."""

    def __init__(self, place: Path, claims: int, peer_claims: int, seed: int):
        self.place, self.claims, self.peer_claims = place, claims, min(claims, peer_claims)
        self.folder = write_folder(place / "claims", claims, seed)
        self.peer_folder = self.folder if self.peer_claims == claims else write_folder(place / "peer-claims", self.peer_claims, seed)
        self.workspace, self.terms = place / "workspace", place / "terms.json"
        measured(python("peers.terms", self.terms))

    def floors_and_job(self) -> dict:
        return {
            READING: lambda: measured(python("floors", "bytes", self.folder)),
            LOAD: lambda: measured(python("floors", "load", self.folder, self.place / "bare.duckdb")),
            JOB: lambda: measured(python("job", self.folder, emptied(self.workspace))),
        }

    def peers(self) -> dict:
        return {name: self._measure(peer, python_of(peer)) for name, peer in PEERS.items()}

    def _measure(self, peer: str, interpreter: str):
        return lambda: measured([interpreter, "-m", f"benchmarks.peers.{peer}", self.peer_folder, self.terms, self._answers(peer)])

    def _answers(self, peer: str) -> Path:
        return self.place / f"{peer}.csv"

    def checked(self) -> dict[str, dict]:
        """Each peer's answers, compared with what the job decided for the same claims."""
        workspace = self.workspace
        if self.peer_folder != self.folder:
            workspace = self.place / "peer-workspace"
            measured(python("job", self.peer_folder, workspace))
        return {name: measured(python("peers.checking", workspace, self._answers(peer))).told for name, peer in PEERS.items()}


# ---------------------------------------------------------------- the report


def kinds_table(rounds: dict[str, Rounds], claims: int, peer_claims: int, checked: dict[str, dict]) -> str:
    """Grain: one row per kind. Of peers, the typed load that they are told in is that of as many claims; claims per second are those of the clauses that they know."""
    rows = []
    for kind, measures in rounds.items():
        count = peer_claims if kind in PEERS else claims
        done = checked[kind]["answers"] if kind in PEERS else measures[0].told.get("claims", count)
        pairs = [*zip(measures, rounds[LOAD])]
        rows.append([
            kind, f"{count:,}", f"{done:,}", seconds_of(measures), cpu_seconds_of(measures), f"{done / median(one.seconds for one in measures):,.0f}", peak_of(measures),
            spread([one.seconds / load.seconds * claims / count for one, load in pairs]),
            spread([one.cpu_seconds / load.cpu_seconds * claims / count for one, load in pairs]),
            spread([one.told["rules_seconds"] for one in measures]) if kind in PEERS else "",
            _verdict(checked[kind]) if kind in checked else "",
        ])
    head = ["", "claims", "of them done", "seconds", "processor seconds", "done/s", "peak MiB", "× typed load", "× its processor seconds", "rules alone, s", "wrong answers"]
    return markdown(head, rows)


def _verdict(check: dict) -> str:
    count = f"{check['wrong']:,} of {check['compared']:,}"
    return f"**{count}**" if check["wrong"] else count


def stages_table(rounds: dict[str, Rounds]) -> str:
    """Grain: one row per stage of the job; what is left of the process is its start, its imports and its end."""
    measures, load = rounds[JOB], median(one.seconds for one in rounds[LOAD])
    rows = [
        (stage, [one.told["stages"][stage] for one in measures], [one.told["cpu_stages"][stage] for one in measures]) for stage in measures[0].told["stages"]
    ]
    rows.append((
        "start, end and between", [one.seconds - sum(one.told["stages"].values()) for one in measures],
        [one.cpu_seconds - sum(one.told["cpu_stages"].values()) for one in measures],
    ))
    head = ["stage", "seconds", "processor seconds", "× typed load"]
    return markdown(head, [[stage, spread(seconds), spread(cpu_seconds), f"{median(seconds) / load:.2f}"] for stage, seconds, cpu_seconds in rows])


def report(bench: Bench, rounds: dict[str, Rounds], checked: dict[str, dict]) -> str:
    load = rounds[LOAD][0].told
    folder_bytes = rounds[READING][0].told["bytes"]
    parts = [
        f"{bench.claims:,} claims, {folder_bytes / 2**20:,.0f} MiB; {len(rounds[JOB])} rounds, kinds in turn; median (least to most). {circumstances()}",
        kinds_table(rounds, bench.claims, bench.peer_claims, checked),
        stages_table(rounds),
        f"The typed load, on {load['threads']} threads as the job:",
        "```sql\n" + "\n".join(f"{statement.replace(str(bench.folder), 'FOLDER')};" for statement in load["statements"]) + "\n```",
    ]
    if checked:
        parts.append("Peers: " + "; ".join(
            f"{name}: {', '.join(f'{package} {number}' for package, number in rounds[name][0].told['versions'].items())}" for name in checked) + ".")
    return "\n\n".join(parts)


def main() -> None:
    """Generate, measure in turns, check, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peer-claims", type=int, default=1_000_000, help="the most that peers get")
    parser.add_argument("--no-peers", action="store_true", help="floors and the job alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(Path(scratch), options.claims, options.peer_claims, options.seed)
        kinds = bench.floors_and_job() | ({} if options.no_peers else bench.peers())
        rounds = in_turns(kinds, options.rounds)
        print(report(bench, rounds, {} if options.no_peers else bench.checked()))


if __name__ == "__main__":
    main()
