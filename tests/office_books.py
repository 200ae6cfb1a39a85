"""Every kind of workbook that offices get, from one workspace in which each act was done once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from pipelines.delivery import record_delivery
from pipelines.desk import desk
from pipelines.months import approve_month, close_month
from pipelines.pay import confirm, import_budget, plan, show_unpaid
from pipelines.progress import Progress
from pipelines.review import Asked, export_exceptions, import_rulings
from tests.commands import few_claims
from tests.filling import delivered, filled
from tests.payables import bank_file, budget_file, payments_of
from tests.settle import settle

CLAIMS = ("1.1-cap-1", "1.1-before", "1.5-manager", "2.1-limit", "1.2-ok", "v06-no-tax", "v08")
PAID = dt.date(2024, 7, 1)


def office_books(place: Path) -> dict[str, Path]:
    """The workbooks by what they are."""
    root = place / "workspace"
    settle(root, few_claims(place / "may", *CLAIMS), "may", dt.date(2024, 5, 31))
    close_month(root, "2024-05", "甲", dt.date(2024, 6, 3), None)
    approve_month(root, "2024-05", "纪要1", "乙", dt.date(2024, 6, 12), None)
    [month] = (root / "months" / "2024-05").iterdir()
    header, first, *_ = (month / "register.csv").read_text(encoding="utf-8").splitlines()
    (place / "送达.csv").write_text(f"{header}\n{delivered(first, '2024-06-20', '邮寄', 'EMS-1')}\n", encoding="utf-8")
    record_delivery(root, place / "送达.csv", "乙", PAID, None)
    with desk(root, "test", "出纳", PAID) as at:
        import_budget(at, budget_file(place / "预算.csv", ("市级财政", 2024, "9000000")))
        plan(at)
        confirm(at, bank_file(place / "回单.csv", ("P2024-999999", "1.00", "成功", "2024-07-01")))
    show_unpaid(root, None, PAID, place / "应付未付.xlsx")
    export_exceptions(Asked(root, "丙", PAID), None, place / "exceptions.xlsx")
    book = filled(place / "exceptions.xlsx", place / "filled.xlsx", {("v08", "V08"): ("退回补正", "请核对投资额")})
    import_rulings(Asked(root, "丙", PAID), book, Progress())
    paid, [review] = payments_of(root), (root / "reviews").iterdir()
    [listed] = paid.glob("*/*.xlsx")
    return {
        "joint signature": month / "joint_signature.xlsx", "awards": month / "awards.xlsx", "register": month / "register.xlsx",
        "delivered": month / "delivered.xlsx", "payment list": listed, "waiting": paid / "waiting.xlsx", "bank exceptions": paid / "exceptions.xlsx",
        "set off": paid / "set_off.xlsx", "unpaid": place / "应付未付.xlsx",
        "review": place / "exceptions.xlsx", "supplements": review / "补正清单.xlsx", "supplement register": review / "register.xlsx",
    }
