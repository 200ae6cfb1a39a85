"""The commands of the matrix, each with what lies before it: the months of an office from the first file to the bank's answer, with ten claims."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.commands import few_claims
from tests.filling import filled

CLAIMS = ("1.1-cap-1", "1.1-before", "1.5-manager", "2.1-limit", "1.2-ok", "v01-empty", "v08", "v04-check", "v02-sci", "v11")
RULINGS = {("v08", "V08"): ("放行", "验资报告已核对"), ("v11", "V11"): ("不予支持", "租期跨年度"), ("v04-check", "V03"): ("退回补正", "先登记机构")}
POLICY = "zhumadian-2020-36"
CLERK, HEAD = "甲", "乙"
Place = Path
"""The folder in which commands are given: the workspace lies in it, and the files that come from outside."""


@dataclass(frozen=True)
class Step:
    """A command of the history; `before` lays out the files that it reads. `done_says` is how it refuses what is done already, where it does."""

    words: tuple[str, ...]
    before: Callable[[Place], None] = lambda place: None
    done_says: str | None = None


def _files(place: Place) -> None:
    few_claims(place / "in", *CLAIMS)


def _filled_book(place: Place) -> None:
    filled(place / "exceptions.xlsx", place / "filled.xlsx", RULINGS)


def _budget(place: Place) -> None:
    (place / "budget.csv").write_text("财政,年度,金额（元）\n市级财政,2024,20000000\n", encoding="utf-8")


def _answers(place: Place) -> None:
    """What the bank says of the first list: one payment returned, the others paid."""
    path = min((place / "workspace" / "payments" / POLICY).glob("*/*.csv"))
    with path.open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file))
    answers = [f"{row['付款编号']},{row['金额（元）']},{'成功' if number else '退回'},2024-07-03\n" for number, row in enumerate(listed)]
    (place / "bank.csv").write_text("付款编号,金额（元）,状态,日期\n" + "".join(answers), encoding="utf-8")


def _no_letters(place: Place) -> None:
    shutil.rmtree(place / "workspace" / "out" / "may" / "letters")


def _lost_workspace(place: Place) -> None:
    shutil.rmtree(place / "workspace")


HISTORY = {
    "run": Step(("run", "in", "--label", "may", "--as-of", "2024-05-31", "--actor", CLERK), _files),
    "review export": Step(("review", "export", "--on", "2024-06-01", "--actor", CLERK)),
    "review import": Step(("review", "import", "filled.xlsx", "--on", "2024-06-01", "--actor", CLERK), _filled_book),
    "second run": Step(("run", "in", "--label", "may-2", "--as-of", "2024-05-31", "--actor", CLERK)),
    "close": Step(("close", "2024-05", "--on", "2024-06-03", "--actor", CLERK)),
    "approve": Step(("approve", "2024-05", "--minutes", "纪要1", "--on", "2024-06-12", "--actor", HEAD)),
    "budget import": Step(("budget", "import", "budget.csv", "--on", "2024-06-13", "--actor", CLERK), _budget),
    "pay plan": Step(("pay", "plan", "--on", "2024-07-01", "--actor", CLERK)),
    "pay confirm": Step(("pay", "confirm", "bank.csv", "--on", "2024-07-05", "--actor", CLERK), _answers),
}
"""What is done one after the other."""
BESIDE = {
    "letters render": (Step(("letters", "render", "may"), _no_letters),),
    "rebuild": (Step(("rebuild",)),),
    "restore": (
        Step(("backup", "backup.zip")), Step(("restore", "backup.zip", "--workspace", "workspace"), _lost_workspace, "there is something already"),
    ),
}
"""What is done at its end: the last step of each, after those before it."""
TRIED = ("run", "review import", "second run", "close", "approve", "pay plan", "pay confirm", "letters render", "rebuild", "restore")
"""The commands that are failed at each of their durable acts."""


def steps_to(name: str) -> list[Step]:
    """What is done before a command, and last the command."""
    names = list(HISTORY)
    steps = names[:names.index(name) + 1] if name in HISTORY else names
    return [*(HISTORY[step] for step in steps), *BESIDE.get(name, ())]
