"""The engine against a slow second reading of the contract, on random claims with random damage."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.oracle import Oracle
from tests.random_claims import write_nights
from tests.settle import AS_OF, decisions, settle


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.torture) for seed in range(1, 60))])
def test_engine_and_oracle_agree_on_random_nights_to_the_byte(tmp_path: Path, seed: int):
    nights = write_nights(tmp_path / "in", random.Random(seed))
    oracle = Oracle()
    for number, folder in enumerate(nights):
        finished = settle(tmp_path / "workspace", folder, label=f"night{number}")
        expected = oracle.run(folder, AS_OF)
        assert decisions(finished).decode() == expected.decisions
        assert fates_of(finished.folder / "line_fates.csv") == [tuple(map(str, fate[:3])) for fate in expected.fates]


def fates_of(path: Path) -> list[tuple[str, str, str]]:
    import csv

    with path.open(encoding="utf-8", newline="") as file:
        return [(row["file"], row["line"], row["fate"]) for row in csv.DictReader(file)]
