"""A small workspace in which everything happened once that a workspace can hold, by the commands that people give; and the archive of it that tests keep.

    python -m tests.all_acts tests/workspaces

writes the archive of this version: journal and vault, with the digests of all tables of the store that was made of them. The archive of a version that
was released is never written again: later programs must open it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import json
import tarfile
import tempfile
from pathlib import Path

from claims import __version__
from claims.database import Database
from claims.policy.model import DEFAULT_POLICY
from claims.record.store import open_store, table_digests
from claims.workbooks import read_cells
from claims.workspace import OpenRun, Workspace
from tests.commands import answer, few_claims, given
from tests.filling import filled, with_cells
from tests.payables import bank_file, budget_file
from tests.settle import settle

MAY, JUNE = dt.date(2024, 5, 31), dt.date(2024, 6, 30)
CLAIMS = ("1.1-cap-1", "1.1-before", "1.5-manager", "1.2-ok", "2.2-rent-1", "v01-empty", "v08", "v04-check")
BANKS = ("91411704MA0000014D",)
"""The bank of one of the claims, which is evaluated."""


def rows(root: Path, select: str) -> list[tuple]:
    """What the store tells."""
    with open_store(Workspace(root)) as database:
        return entered(database).rows(select)


def entered(database: Database) -> Database:
    """With the tables of the policy."""
    database.execute(f'use "{DEFAULT_POLICY}"')
    return database


def everything_once(place: Path) -> Path:
    """The workspace, at PLACE/workspace, with its letters drawn."""
    root = place / "workspace"
    settle(root, few_claims(place / "may", *CLAIMS), "may", MAY, letters=True, report=True)
    _review(place, root)
    _give_up(place, root)
    settle(root, few_claims(place / "june", "2.4-year-1", "2.4-year-2"), "june", dt.date(2024, 6, 3), report=True)
    _pay_may(place, root)
    _correct(root)
    _commend(place, root)
    return root


def _review(place: Path, root: Path) -> None:
    given(root, "张敏", "2024-06-01", "review", "export", "-o", str(place / "out.xlsx"))
    rulings = {("v08", "V08"): ("放行", "验资报告已核对"), ("v01-empty", "V01"): ("不予支持", "长期未补"), ("v04-check", "V03"): ("退回补正", "先登记机构")}
    given(root, "张敏", "2024-06-01", "review", "import", str(filled(place / "out.xlsx", place / "in.xlsx", rulings)))


def _give_up(place: Path, root: Path) -> None:
    OpenRun("gone", JUNE, "ab" * 32, DEFAULT_POLICY, str(place / "may"), False, {}).save(root / "open-run.json")
    answer(root, "abandon", "--reason", "文件有误")


def _pay_may(place: Path, root: Path) -> None:
    """May is closed, objected to, approved, told, budgeted and paid as far as the bank goes."""
    given(root, "甲", "2024-06-03", "close", "2024-05")
    given(root, "丙", "2024-06-04", "object", "1.2-ok", "--reason", "注册地有误")
    given(root, "丙", "2024-06-05", "object", "1.2-ok", "--dismiss", "--reason", "查无实据")
    given(root, "乙", "2024-06-12", "approve", "2024-05", "--minutes", "纪要5")
    register = root / "months" / "2024-05" / DEFAULT_POLICY / "register.xlsx"
    [sheet] = read_cells(register).values()
    first = next(number for number, cells in enumerate(sheet, 1) if cells[0].startswith("驻财金"))
    told = with_cells(register, place / "register.xlsx", {f"H{first}": "2024-06-14", f"I{first}": "邮寄", f"J{first}": "EMS1"})
    given(root, "丁", "2024-06-15", "letters", "delivered", str(told))
    budget = budget_file(place / "budget.csv", ("市级财政", 2024, "90000000.00"), *(
        (county, 2024, "90000000.00") for (county,) in rows(root, "select distinct place from payable where place <> '' order by 1")))
    given(root, "丁", "2024-06-16", "budget", "import", str(budget))
    given(root, "丁", "2024-06-17", "pay", "plan")
    listed = rows(root, "select payment_id, amount_fen, claim_id from payment order by 1")
    answers = [(number, f"{fen // 100}.{fen % 100:02d}", "退回" if claim_id == "1.2-ok" else "成功", "2024-06-18") for number, fen, claim_id in listed]
    given(root, "丁", "2024-06-18", "pay", "confirm", str(bank_file(place / "bank.csv", *answers, ("P2024-999999", "1.00", "成功", "2024-06-18"))))
    given(root, "丁", "2024-06-19", "pay", "returned", next(one[0] for one in listed if one[2] == "1.5-manager"), "--reason", "账户已注销")


def _correct(root: Path) -> None:
    """An award falls after it was paid; the difference is told with June, and part of it comes back."""
    claim_id = "1.1-cap-1"
    given(root, "甲", "2024-06-20", "adjust", claim_id, "--award", "2000000.00", "--reason", "税务局更正")
    given(root, "甲", "2024-06-20", "adjust", claim_id, "--drop")
    given(root, "甲", "2024-06-20", "adjust", claim_id, "--award", "1000000.00", "--reason", "税务局更正")
    given(root, "乙", "2024-06-21", "adjust", claim_id, "--agree")
    given(root, "丁", "2024-06-22", "pay", "plan")
    given(root, "甲", "2024-07-01", "close", "2024-06")
    given(root, "乙", "2024-07-09", "approve", "2024-06", "--minutes", "纪要6")
    given(root, "丁", "2024-07-10", "pay", "recovered", claim_id, "--amount", "1000.00", "--voucher", "缴款书1", "--treasury", "市级财政")


def _commend(place: Path, root: Path) -> None:
    scores = [{"uscc": bank, "year": "2023", "score": "96", "parent_name": "示例银行总行"} for bank in BANKS]
    (place / "scores.csv").write_text(
        "\n".join([",".join(scores[0]), *(",".join(row.values()) for row in scores)]) + "\n", encoding="utf-8")
    answer(root, "commend", place / "scores.csv", "--year", "2023")


# ---------------------------------------------------------------- the archive of a release


def archive(folder: Path) -> Path:
    """Write the archive of this version. Everything but the clock's times is the same each time."""
    path = folder / f"{__version__}.tar.xz"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, tarfile.open(path, "w:xz") as file:
        root = everything_once(Path(scratch))
        with open_store(Workspace(root)) as database:
            digests = json.dumps(table_digests(database), indent=1, sort_keys=True).encode()
        told = tarfile.TarInfo("digests.json")
        told.size = len(digests)
        file.addfile(told, io.BytesIO(digests))
        for name in ("journal.jsonl", "vault"):
            file.add(root / name, f"workspace/{name}", filter=_of_nobody)
    return path


def unpacked(path: Path, place: Path) -> tuple[Path, dict[str, list]]:
    """The workspace of an archive, and the digests that its tables had when it was written."""
    with tarfile.open(path) as file:
        file.extractall(place, filter="data")
    return place / "workspace", json.loads((place / "digests.json").read_bytes())


def _of_nobody(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    return member


def main() -> None:
    """Write the archive of this version into a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    print(archive(parser.parse_args().folder))


if __name__ == "__main__":
    main()
