"""What a peer is given and what it gives back; the standard library only, since every peer runs in an environment of its own.

    python -m benchmarks.peers.NAME FOLDER TERMS ANSWERS

FOLDER holds the files of claims and institutions, TERMS is JSON as terms.py makes it. ANSWERS becomes a CSV file, `claim_id,award_fen`: one line
for each claim of the clauses asked, empty where a cell that is needed cannot be read. Printed is JSON: the seconds of the rules alone, without
reading and writing, and the versions that the peer ran on.
"""

from __future__ import annotations

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

CLAIM_FIELDS = (
    "claim_id", "uscc", "clause", "paid_in_capital_yuan", "tenure", "floor_area_m2", "rent_paid_yuan", "rent_from", "rent_to",
)
INSTITUTION_FIELDS = ("uscc", "sector", "level", "origin", "established_on")


class Asked(NamedTuple):
    """The files to read, the terms, and the file to write."""

    claims: list[Path]
    institutions: list[Path]
    terms: dict
    answers: Path


def asked() -> Asked:
    """As the command line names it."""
    folder, terms, answers = map(Path, sys.argv[1:])
    return Asked(sorted(folder.glob("claims*.csv")), sorted(folder.glob("institutions*.csv")), json.loads(terms.read_text(encoding="utf-8")), answers)


def tell(rules_seconds: float, *packages: str) -> None:
    versions = {"Python": platform.python_version()} | {name: version(name) for name in packages}
    print(json.dumps({"rules_seconds": rules_seconds, "versions": versions}))
