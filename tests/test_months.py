"""The close of a month: what is frozen, published, objected to, approved, numbered, owed and delivered, and what stops each of these acts."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import shutil
from pathlib import Path

import pytest
from hypothesis import given as cases, settings, strategies as st
from pypdf import PdfReader

from claims.database import connect
from claims.delivery import read_register
from claims.errors import InputRefused, UsageError
from claims.policy.model import SHIPPED
from claims.workbooks import read_cells
from claims.workspace import Workspace
from pipelines.explain import explain_claim
from pipelines.queries import opened, rebuild_store, status_of_claim
from sample_data.months import write_months
from tests.commands import answer, few_claims, given
from tests.filling import delivered
from tests.settle import settle

POLICY = "zhumadian-2020-36"
MAY, JUNE = dt.date(2024, 5, 31), dt.date(2024, 6, 30)
CLOSED, LAST_OF_NOTICE, APPROVED = dt.date(2024, 6, 3), dt.date(2024, 6, 11), dt.date(2024, 6, 12)
"""2024-06-10 is a day off (端午节): five working days from 4 June on end on the 11th."""
TABLES = ("month", "month_claim", "month_share", "objection", "approval", "issued_letter", "delivery", "payable", "posting")


@pytest.fixture(scope="module")
def settled(tmp_path_factory) -> Path:
    """A workspace in which May has five decisions, and nobody has acted."""
    place = tmp_path_factory.mktemp("months")
    settle(place / "workspace", few_claims(place / "may", "1.1-cap-1", "1.1-before", "1.5-manager", "2.1-limit", "1.2-ok"), "may", MAY)
    return place / "workspace"


@pytest.fixture
def root(settled, tmp_path) -> Path:
    return shutil.copytree(settled, tmp_path / "workspace")


def close(root: Path, month: str = "2024-05", actor: str = "甲", on: dt.date = CLOSED) -> str:
    return given(root, actor, on, "close", month)


def approve(root: Path, month: str = "2024-05", actor: str = "乙", on: dt.date = APPROVED, minutes: str = "纪要1") -> str:
    return given(root, actor, on, "approve", month, "--minutes", minutes)


@pytest.fixture(scope="module")
def closed_once(settled, tmp_path_factory) -> Path:
    root = shutil.copytree(settled, tmp_path_factory.mktemp("closed") / "workspace")
    close(root)
    return root


@pytest.fixture
def closed(closed_once, tmp_path) -> Path:
    """The workspace with May closed by 甲."""
    return shutil.copytree(closed_once, tmp_path / "workspace")


def objected(root: Path, claim_id: str, reason: str | None = None, ending: str | None = None, on: dt.date = LAST_OF_NOTICE) -> str:
    return given(root, "丙", on, "object", claim_id, *(["--reason", reason] if reason else []), *([f"--{ending}"] if ending else []))


def rows(root: Path, select: str) -> list[tuple]:
    with opened(root, "test") as (_, database, _runs):
        database.execute(f'use "{POLICY}"')
        return database.rows(select)


def acts(root: Path) -> int:
    return len((root / "journal.jsonl").read_bytes().splitlines())


def papers(root: Path, month: str = "2024-05") -> Path:
    return root / "months" / month / POLICY


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def text_of(pdf: Path) -> str:
    return "".join(page.extract_text() for page in PdfReader(pdf).pages).replace("\n", "")


def register(root: Path, month: str = "2024-05") -> list[dict[str, str]]:
    with (papers(root, month) / "register.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def send(root: Path, tmp_path: Path, files: dict[str, list[str]], label: str = "later") -> None:
    """A later run of some files, as of the day of closing."""
    (tmp_path / label).mkdir()
    for name, lines in files.items():
        (tmp_path / label / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    settle(root, tmp_path / label, label, CLOSED)


# ---------------------------------------------------------------- two months of a city


def lesser_month(month: Path, claims: int = 5) -> Path:
    """A sample month with so many claims of banks and as many of insurers, so that its letters are drawn soon."""
    for file in month.glob("claims-*.csv"):
        lines = file.read_bytes().splitlines(keepends=True) if "银行组.csv" in file.name or "保险证券组" in file.name else []
        file.unlink() if not lines else file.write_bytes(b"".join(lines[:claims + 1]))
    return month


@pytest.fixture(scope="module")
def two_months(tmp_path_factory) -> Path:
    """A workspace with two sample months closed and approved."""
    place = tmp_path_factory.mktemp("city")
    root = place / "workspace"
    days = {"2024-01": (dt.date(2024, 2, 1), dt.date(2024, 2, 20)), "2024-02": (dt.date(2024, 3, 1), dt.date(2024, 3, 11))}
    for folder, last_day in write_months(place / "sample", 2, 1).items():
        month = folder.name
        settle(root, lesser_month(folder, 3), month, last_day)
        closed, approved = days[month]
        close(root, month, on=closed)
        approve(root, month, on=approved, minutes=f"纪要{month}")
    return root


def test_numbers_go_on_over_the_months_without_a_gap(two_months):
    first, second = register(two_months, "2024-01"), register(two_months, "2024-02")
    numbers = [row["number"] for row in (*first, *second)]
    assert first and second and numbers == [f"驻财金〔2024〕{number}号" for number in range(1, len(numbers) + 1)]
    for letters in (first, second):
        assert [row["claim_id"] for row in letters] == sorted(row["claim_id"] for row in letters)


def test_a_letter_names_the_county_that_pays_a_share_as_the_payment_list_does(two_months):
    [(claim_id, place)] = rows(two_months, """
        select claim_id, place from month_share
        where month = '2024-01' and number = 0 and treasury = 'county' and share_fen > 0 order by claim_id limit 1""")
    text = "".join(text_of(papers(two_months, "2024-01") / "letters" / f"{claim_id}.pdf").split())
    assert place and text.count(f"受益县区财政（{place}）") == 2, "in the body and in the table of the attachment"


def test_the_register_tells_the_files_that_there_are(two_months):
    letters = register(two_months, "2024-01")
    assert {"核准通知书", "不予支持通知书"} <= {row["kind"] for row in letters}
    for row in letters:
        file = papers(two_months, "2024-01") / row["file"]
        assert hashlib.sha256(file.read_bytes()).hexdigest() == row["sha256"]
        assert len(PdfReader(file).pages) == int(row["pages"])
    text = text_of(papers(two_months, "2024-01") / letters[0]["file"])
    assert letters[0]["number"] in text and "2024年2月20日" in text and "草稿" not in text
    shown = read_cells(papers(two_months, "2024-01") / "register.xlsx")["文件登记簿"]
    numbers = [cells[0] for cells in shown[2:]]
    assert numbers[:-2] == [row["number"] for row in letters] + ["合计"] and "".join(numbers[-1].split()) == "制表：复核：负责人：日期："


@pytest.mark.long
def test_a_claim_is_found_by_the_number_of_its_letter_and_by_the_name_of_its_institution(two_months):
    letters = register(two_months, "2024-01")
    first = letters[0]
    by_id = status_of_claim(two_months, first["claim_id"])
    for written in (first["number"], first["number"].replace("〔", " [").replace("〕", "] ")):
        assert status_of_claim(two_months, written) == by_id
    assert explain_claim(two_months, first["number"]) == explain_claim(two_months, first["claim_id"])
    several = {row["claim_id"] for row in (*letters, *register(two_months, "2024-02")) if row["institution"] == first["institution"]}
    told = status_of_claim(two_months, first["institution"])
    listed = explain_claim(two_months, first["institution"][:2])
    if len(several) > 1:
        assert all(claim_id in told for claim_id in several)
    assert first["claim_id"] in told and "请写明申报编号" in listed and all(row["claim_id"] in listed for row in letters if row["institution"].startswith(first["institution"][:2]))
    with pytest.raises(UsageError, match="no letter has that number, and no institution that name"):
        status_of_claim(two_months, "驻财金〔2023〕1号")


def test_what_is_owed_is_what_was_awarded_and_the_ledger_says_so(two_months):
    awarded = "select claim_id, sum(award_fen)::bigint from month_claim where award_fen > 0 group by claim_id order by claim_id"
    owed = "select claim_id, sum(amount_fen)::bigint from payable group by claim_id order by claim_id"
    assert rows(two_months, awarded) == rows(two_months, owed) != []
    by_place = "select claim_id, treasury, place, {amount} from {table} order by all"
    assert rows(two_months, by_place.format(amount="amount_fen", table="payable")) == rows(two_months, by_place.format(amount="share_fen", table="month_share"))
    posted = rows(two_months, "select distinct debit, credit, year, posted_on from posting order by posted_on")
    assert posted == [("awarded", "payable", 2024, dt.date(2024, 2, 20)), ("awarded", "payable", 2024, dt.date(2024, 3, 11))]
    assert rows(two_months, by_place.format(amount="amount_fen", table="posting")) == rows(two_months, by_place.format(amount="share_fen", table="month_share"))


def test_lists_show_the_month_the_one_before_and_the_year_to_date(two_months):
    total = dict(rows(two_months, "select month, sum(award_fen)::bigint from month_claim group by month"))
    sheets = read_cells(papers(two_months, "2024-02") / "awards.xlsx")
    assert list(sheets) == ["奖补清单", "按条款", "按受益县区", "按机构类别", "与上期比较"]
    for name in ("按条款", "按受益县区", "按机构类别"):
        group, count, amount, count_before, before, more, count_of_year, year = sheets[name][-1]
        assert group == "合计" and [float(cell) * 100 for cell in (amount, before, more, year)] == pytest.approx(
            [total["2024-02"], total["2024-01"], total["2024-02"] - total["2024-01"], total["2024-01"] + total["2024-02"]])
        assert int(count) + int(count_before) == int(count_of_year)
    kinds = {cells[0]: cells for cells in sheets["与上期比较"][3:]}
    assert {"新增", "退出"} <= set(kinds)
    assert kinds["退出"][4] == "0" and "本月：没有封账的申报。上期：SP-2024-" in kinds["退出"][6]
    assert "银行" in {cells[0] for cells in sheets["按机构类别"]}, "choices are told in words"


def test_the_notice_holds_every_award_and_no_account(two_months):
    awarded = rows(two_months, "select claim_id, claimant_name, account, bank, award_fen from month_claim where month = '2024-01'")
    page = (papers(two_months, "2024-01") / "notice.html").read_text(encoding="utf-8")
    pdf = text_of(papers(two_months, "2024-01") / "notice.pdf")
    for claim_id, _name, account, bank, award_fen in awarded:
        assert (claim_id in page) == (claim_id in pdf) == (award_fen > 0)
        assert account is None or (account not in page and account not in pdf and bank not in page and bank not in pdf)
    assert "公示期为5个工作日，自2024年2月2日至2024年2月7日" in page
    assert "联系单位：驻马店市财政局金融科，联系电话：＿＿＿＿＿＿＿＿＿＿。" in page, "who objects is told whom to call, or the office sees the blank"


@pytest.mark.long
def test_documents_and_store_made_anew_are_the_same(two_months, tmp_path):
    root = shutil.copytree(two_months, tmp_path / "workspace")
    documents, tables = bytes_of(papers(root, "2024-01")), {table: rows(root, f"select * from {table} order by all") for table in TABLES if table != "month_claim"}
    shutil.rmtree(root / "months")
    rebuild_store(root)
    before = acts(root)
    approve(root, "2024-01", actor="甲", minutes="纪要2024-01", on=dt.date(2024, 12, 1))
    assert acts(root) == before
    assert bytes_of(papers(root, "2024-01")) == documents
    assert {table: rows(root, f"select * from {table} order by all") for table in tables} == tables


def test_persons_are_shown_by_parts_of_their_identity_numbers_and_accounts_by_their_ends(known_patents, tmp_path):
    root, policy = shutil.copytree(known_patents, tmp_path / "workspace"), "zhumadian-2020-53"
    close(root, "2024-06", on=dt.date(2024, 7, 1))
    with opened(root, "test") as (_, database, _runs):
        persons = database.rows(f'select claimant, claim_id from "{policy}".month_claim where claimant similar to \'[0-9]{{17}}[0-9X]\' and award_fen > 0')
        accounts = database.rows(f'select distinct account from "{policy}".month_claim where account is not null')
    folder = root / "months" / "2024-06" / policy
    shown = [(folder / "notice.html").read_text(encoding="utf-8"), text_of(folder / "notice.pdf"),
             *(str(read_cells(folder / name)) for name in ("joint_signature.xlsx", "awards.xlsx"))]
    assert persons and not [number for number, _ in persons for text in shown if number in text]
    assert all(claim_id in text for _, claim_id in persons for text in shown) and f"{persons[0][0][:6]}********{persons[0][0][-4:]}" in shown[0]
    assert accounts and not [account for (account,) in accounts for text in shown if account in text]


# ---------------------------------------------------------------- the order of months


def test_a_month_is_closed_once_it_has_ended_and_after_those_before_it(root, tmp_path):
    with pytest.raises(UsageError, match="2024-05 has not ended on 2024-05-30: close it on 2024-05-31 or later"):
        close(root, on=dt.date(2024, 5, 30))
    settle(root, few_claims(tmp_path / "june", "2.1-buy"), "june", JUNE)
    with pytest.raises(UsageError, match="2024-05 must be closed first.*claims close 2024-05"):
        close(root, "2024-06", on=dt.date(2024, 7, 1))
    close(root)
    close(root, "2024-06", on=dt.date(2024, 7, 1))
    assert rows(root, "select claim_id from month_claim where month = '2024-06'") == [("2.1-buy",)]
    with pytest.raises(UsageError, match="2024-06 is closed already, 2024-04 cannot be closed behind it"):
        close(root, "2024-04")
    with pytest.raises(UsageError, match="2024-05 is closed and not approved: months are approved in order"):
        approve(root, "2024-06", on=dt.date(2024, 7, 31))
    with pytest.raises(UsageError, match="a month is written like 2021-03"):
        close(root, "2024-13")


@pytest.mark.long
def test_a_month_without_decisions_is_closed_and_approved_empty(closed):
    root = closed
    approve(root)
    close(root, "2024-06", on=dt.date(2024, 7, 1))
    assert "没有拟核定的奖补资金" in (papers(root, "2024-06") / "notice.html").read_text(encoding="utf-8")
    assert "Letters: 0" in approve(root, "2024-06", on=dt.date(2024, 7, 31))


@pytest.mark.long
def test_decisions_under_two_versions_of_a_policy_are_frozen_each_by_its_own(root, tmp_path):
    version = shutil.copytree(SHIPPED / POLICY, tmp_path / "version")
    body = (version / "policy.toml").read_text(encoding="utf-8")
    (version / "policy.toml").write_text(body.replace("benefit_months = { value = 36,", "benefit_months = { value = 48,"), encoding="utf-8")
    settle(root, few_claims(tmp_path / "more", "2.1-buy"), "more", MAY, str(version))
    close(root)
    assert rows(root, "select count(*), count(distinct run) from month_claim") == [(6, 2)]
    assert "nothing has changed since" in close(root)


def test_a_close_given_again_is_a_no_op(closed):
    root = closed
    before, documents = acts(root), bytes_of(papers(root))
    (papers(root) / "notice.pdf").unlink()
    assert "nothing has changed since" in close(root, actor="丁", on=APPROVED)
    assert acts(root) == before and bytes_of(papers(root)) == documents


@pytest.mark.long
def test_a_refusal_tells_by_which_letter_or_claim_or_entry_of_the_history_the_award_was_given_before(closed, tmp_path):
    root = closed
    approve(root)
    folder = few_claims(tmp_path / "later", "1.2-ok", "1.2-prior", "1.3-ok", "1.3-as-1.2")
    lines = (folder / "claims.csv").read_text(encoding="utf-8").replace("1.2-ok,91411704MA0000014D,1.2,2021", "again,91411704MA0000014D,1.2,2022")
    (folder / "claims.csv").write_text(lines, encoding="utf-8")
    settle(root, folder, "later", CLOSED, letters=True)

    def told(folder: Path, claim_id: str) -> str:
        return "".join(text_of(folder / "letters" / f"{claim_id}.pdf").split())

    [(in_may,)] = rows(root, "select document_no from issued_letter where claim_id = '1.2-ok'")
    drafts, insurers = root / "out" / "later", "2021年度市级保险、证券机构一次性落户奖励500,000.00元（第一部分第（一）条第3项）。"
    bank = "2021年度银行市级分行一次性落户奖励2,000,000.00元（第一部分第（一）条第2项）。"
    assert f"我单位已于2024年6月12日以{in_may}通知（申报编号：1.2-ok）给予{bank}" in told(drafts, "again")
    assert f"据兑现记录，此前已给予你单位{bank}" in told(drafts, "1.2-prior")
    assert f"此前已就你单位的申报（申报编号：1.3-ok）核定{insurers}" in told(drafts, "1.3-as-1.2")

    close(root, "2024-06", on=dt.date(2024, 7, 1))
    approve(root, "2024-06", on=dt.date(2024, 7, 15))
    [(together,)] = rows(root, "select document_no from issued_letter where claim_id = '1.3-ok'")
    assert f"我单位已于2024年7月15日以{together}通知（申报编号：1.3-ok）给予{insurers}" in told(papers(root, "2024-06"), "1.3-as-1.2")
    drawn = (drafts / "letters" / "1.3-as-1.2.pdf").read_bytes()
    shutil.rmtree(drafts / "letters")
    answer(root, "letters", "render", "later")
    assert (drafts / "letters" / "1.3-as-1.2.pdf").read_bytes() == drawn, "a draft knows no letter that came after its run"


# ---------------------------------------------------------------- the gates of an approval


USCC = "91411702MA00000029"
INSTITUTIONS = "uscc,name,sector,level,origin,established_on,regulator_approved,city_share_pct,county,bank_name,bank_account"
TAX = "uscc,year,vat_retained_yuan,cit_retained_yuan,total_tax_paid_yuan"
BANK = f"{USCC},示例02,bank,provincial,new,2021-03-01,yes,33.33,西平县,示例银行,6200000000000002"


def test_an_approval_takes_a_closed_month_another_person_and_the_whole_notice_and_rows_that_no_decision_uses_void_nothing(root, tmp_path):
    with pytest.raises(UsageError, match="2024-05 is not closed: claims close 2024-05"):
        approve(root)
    close(root)
    with pytest.raises(UsageError, match="甲 closed 2024-05; another person must do this"):
        approve(root, actor="甲")
    with pytest.raises(UsageError, match="the notice of 2024-05 goes on until 2024-06-11: approve it on 2024-06-12 or later"):
        approve(root, on=LAST_OF_NOTICE)
    send(root, tmp_path, {"retained_tax-无关.csv": [TAX, f"{USCC},2021,5,5,"], "institutions-同前.csv": [INSTITUTIONS, BANK]})
    assert "Letters: 5" in approve(root)
    with pytest.raises(UsageError, match="approved on 2024-06-12 by 乙 under the minutes 纪要1"):
        approve(root, minutes="纪要2")
    assert "was approved on 2024-06-12 by 乙: nothing is frozen any more" in close(root, on=APPROVED)


def test_whatever_has_changed_since_a_close_is_told_and_voids_it_and_a_new_close_begins_a_new_notice(root, tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.adjust.see_to_draft", lambda *_: iter(()))
    close(root)
    [(claimant, year)] = rows(root, "select claimant, claim_year from month_claim where claim_id = '2.1-limit'")
    header, line = (few_claims(tmp_path / "again", "1.1-cap-1") / "claims.csv").read_text(encoding="utf-8").splitlines()
    send(root, tmp_path, {
        "institutions-更正.csv": [INSTITUTIONS, BANK.replace("33.33", "40").replace("0002,", "9999,").replace("00000002", "00009999")],
        "prior_awards-补.csv": ["uscc,clause,claim_year,awarded_yuan,awarded_on", f"{USCC},1.1,2020,1000.00,2020-12-31"],
        "retained_tax-更正.csv": [TAX, f"{claimant},{year},1,1,"],
        "claims-更正.csv": [header, line.replace("50000000", "60000000")],
    })
    given(root, "甲", CLOSED, "adjust", "1.2-ok", "--award", "1.00", "--reason", "认定有误")
    given(root, "乙", CLOSED, "adjust", "1.2-ok", "--agree")
    before = acts(root)
    with pytest.raises(UsageError) as refused:
        approve(root)
    first, *told, last, again = str(refused.value).splitlines()
    assert "the close of 2024-05 is void" in first and sorted(told[:4]) == sorted([
        "  1.1-cap-1: 以前已兑现金额：空 → 1000.00", "  1.1-cap-1: 申报内容有变，待更正：否 → 是", "  1.1-cap-1: 市级受益比例：33.33 → 40",
        "  1.1-cap-1: 银行账号：尾号0002 → 尾号9999"])
    assert told[4].startswith("  1.2-ok: 更正：空 → -")
    assert [one.split("：")[0] for one in (*told[5:], last)] == ["  2.1-limit: 企业所得税留成", "  2.1-limit: 增值税留成"] and last.endswith(" → 1.00")
    assert "claims close 2024-05" in again
    assert acts(root) == before and not rows(root, "select * from issued_letter")

    told = close(root, actor="丁", on=APPROVED)
    assert "what 甲 closed on 2024-06-03 is void" in told and "Facts have changed since the decision" in told
    assert rows(root, "select closed_on, notice_to from month order by sequence") == [(CLOSED, LAST_OF_NOTICE), (APPROVED, dt.date(2024, 6, 19))]
    remarks = {cells[1]: cells[4].partition(" ")[2] for cells in read_cells(papers(root) / "joint_signature.xlsx")["会签表"][4:10]}
    assert remarks["1.1-cap-1"] == "申报内容有变，待更正 作出决定后数据有变：市级受益比例" and remarks["1.2-ok"] == ""
    with pytest.raises(UsageError, match="丁 closed 2024-05"):
        approve(root, actor="丁", on=dt.date(2024, 6, 20))
    assert "Letters: 6" in approve(root, actor="甲", on=dt.date(2024, 6, 20)), "the decision and its correction together"


# ---------------------------------------------------------------- objections


def test_an_objection_takes_one_claim_out_while_the_others_go_on(closed):
    root = closed
    before = acts(root)
    assert "out of the notice" in objected(root, "1.1-cap-1", "注册地不在本市")
    assert "out of the notice" in objected(root, "1.1-cap-1", "注册地不在本市"), "given again it is a no-op"
    assert acts(root) == before + 1
    assert "1.1-cap-1" not in (papers(root) / "notice.html").read_text(encoding="utf-8")
    sheet = read_cells(papers(root) / "joint_signature.xlsx")["会签表"]
    assert next(cells for cells in sheet if cells[1:2] == ["1.1-cap-1"])[4] == "核准 异议处理中，不列入公示"
    told = approve(root)
    assert "Left out, because of an objection: 1.1-cap-1" in told and [row["claim_id"] for row in register(root)] == ["1.1-before", "1.2-ok", "1.5-manager", "2.1-limit"]
    assert not rows(root, "select * from payable where claim_id = '1.1-cap-1'")
    assert "it comes with the close of the next month" in objected(root, "1.1-cap-1", "查无实据", "dismiss", APPROVED)
    close(root, "2024-06", on=dt.date(2024, 7, 1))
    approve(root, "2024-06", on=dt.date(2024, 7, 31))
    assert [(row["number"], row["claim_id"]) for row in register(root, "2024-06")] == [("驻财金〔2024〕5号", "1.1-cap-1")]
    before_june = [row[4:8] for row in read_cells(papers(root, "2024-06") / "awards.xlsx")["按条款"] if row[0] == "合计"]
    assert before_june[0][2:] == [str(len(rows(root, "select * from month_claim where award_fen > 0")) - 1), before_june[0][3]], "counted once in the year"


@pytest.mark.long
def test_an_objection_that_is_dismissed_in_time_leaves_the_month_whole(closed):
    root = closed
    objected(root, "1.1-cap-1", "注册地不在本市")
    assert "it goes on with 2024-05" in objected(root, "1.1-cap-1", None, "dismiss")
    assert "Letters: 5" in approve(root)
    with pytest.raises(UsageError, match="its letter 驻财金〔2024〕2号 is issued"):
        objected(root, "1.1-cap-1", "太晚")


def test_an_upheld_objection_stops_a_decision_for_good(closed):
    root = closed
    objected(root, "1.1-cap-1", "注册地不在本市")
    assert "neither issued nor paid" in objected(root, "1.1-cap-1", "属实", "uphold")
    for reason, ending in (("再次", None), ("改主意", "dismiss")):
        with pytest.raises(UsageError, match="upheld|uphold"):
            objected(root, "1.1-cap-1", reason, ending)
    approve(root)
    close(root, "2024-06", on=dt.date(2024, 7, 1))
    assert not rows(root, "select * from month_claim where month = '2024-06'")
    assert rows(root, "select action, reason, person, acted_on from objection order by sequence") == [
        ("raise", "注册地不在本市", "丙", LAST_OF_NOTICE), ("uphold", "属实", "丙", LAST_OF_NOTICE)]


def test_only_what_is_in_a_notice_can_be_objected_to(root):
    with pytest.raises(UsageError, match="1.1-cap-1: it is in no notice"):
        objected(root, "1.1-cap-1", "不服")
    with pytest.raises(UsageError, match="there is no decided claim"):
        objected(root, "no-such", "不服")
    close(root)
    with pytest.raises(UsageError, match="--reason"):
        objected(root, "1.1-cap-1")
    with pytest.raises(UsageError, match="no objection is open"):
        objected(root, "1.1-cap-1", "完了", "dismiss")
    with pytest.raises(UsageError, match="lies before that"):
        objected(root, "1.1-cap-1", "不服", on=MAY)


# ---------------------------------------------------------------- what is owed

TREASURIES = ["city", "county", "town"]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    with connect(tmp_path_factory.mktemp("owed") / "scratch.duckdb") as database:
        yield database


@cases(shares=st.lists(st.integers(0, 10**12), min_size=3, max_size=3).filter(any), cuts=st.lists(st.fractions(0, 1), max_size=3))
@settings(max_examples=40, deadline=None)
def test_instalments_and_shares_come_out_to_the_fen_and_nothing_is_below_zero(scratch, shares, cuts):
    award = sum(shares)
    ends = sorted(int(award * cut) for cut in cuts) + [award]
    parts = [end - start for start, end in zip([0, *ends], ends)]
    scratch.execute("create or replace temp table covered as select 1 as sequence, '2024-05' as month, 'A' as claim_id, 0 as number, 'P' as payee, "
                    f"{award}::bigint as award_fen, false as left_out")
    scratch.execute("create or replace temp table month_share as " + " union all ".join(
        f"select 1 as sequence, '2024-05' as month, 'A' as claim_id, 0 as number, '{treasury}' as treasury, '' as place, {share}::bigint as share_fen"
        for treasury, share in zip(TREASURIES, shares) if share))
    scratch.execute("create or replace temp table trace as " + " union all ".join(
        f"select 'A' as claim_id, 'instalment' as kind, '{number}' as name, {part}::bigint as value, '2024-0{number}-15' as value_text"
        for number, part in enumerate(parts, 1)))
    scratch.run("month/payable.sql", month="2024-05", steps=["trace"] if cuts else [], treasuries=TREASURIES, approved_on=dt.date(2024, 2, 20))
    assert scratch.rows(scratch.render("check/payable.sql", month="2024-05")) == []
    by_instalment = dict(scratch.rows("select instalment, sum(amount_fen)::bigint from owed group by instalment"))
    assert by_instalment == {number: part for number, part in enumerate(parts, 1) if part}
    due = dict(scratch.rows("select distinct instalment, due_on from owed"))
    assert all(day == max(dt.date(2024, number if cuts else 2, 15), dt.date(2024, 2, 20)) for number, day in due.items())


# ---------------------------------------------------------------- letters


def test_an_approval_that_was_interrupted_before_its_letters_is_completed_by_the_same_command(closed, monkeypatch):
    root = closed
    with monkeypatch.context() as broken:
        broken.setattr("pipelines.letters.draw_letters", lambda *_: (_ for _ in ()).throw(OSError("the disk is full")))
        with pytest.raises(OSError, match="the disk is full"):
            approve(root)
    numbers = rows(root, "select claim_id, document_no from issued_letter order by document_number")
    assert len(numbers) == 5 and not (papers(root) / "register.csv").exists()
    approve(root, on=dt.date(2025, 1, 10))
    assert [(row["claim_id"], row["number"]) for row in register(root)] == numbers
    assert rows(root, "select claim_id, document_no from issued_letter order by document_number") == numbers


@pytest.mark.long
def test_a_letter_that_cannot_be_drawn_keeps_its_number_until_it_is_mended(root, tmp_path):
    send(root, tmp_path, {"institutions-怪字.csv": [INSTITUTIONS, BANK.replace("示例02", "示例\ue000银行")]})
    close(root)
    assert "Not drawn, with their numbers kept: 1.1-cap-1" in approve(root)
    [held] = [row for row in register(root) if row["claim_id"] == "1.1-cap-1"]
    assert held["number"] == "驻财金〔2024〕2号" and held["file"] == held["sha256"] == held["pages"] == ""
    others = {path.name: path.read_bytes() for path in (papers(root) / "letters").glob("*.pdf")}
    send(root, tmp_path, {"institutions-改正.csv": [INSTITUTIONS, BANK]}, label="mended")
    assert "Not drawn" not in approve(root, on=dt.date(2024, 7, 1))
    assert "驻财金〔2024〕2号" in text_of(papers(root) / "letters" / "1.1-cap-1.pdf")
    assert {name: (papers(root) / "letters" / name).read_bytes() for name in others} == others


@pytest.fixture(scope="module")
def approved(closed_once, tmp_path_factory) -> Path:
    root = shutil.copytree(closed_once, tmp_path_factory.mktemp("approved") / "workspace")
    approve(root)
    return root


def filled(root: Path, file: Path, **cells: tuple[str, str, str]) -> Path:
    """The register with its last columns filled in for the letters of some claims."""
    header, *lines = (papers(root) / "register.csv").read_text(encoding="utf-8").splitlines()
    told = {row.split(",")[2]: row for row in lines}
    file.write_text("\n".join([header, *(delivered(told[claim], *three) for claim, three in cells.items())]) + "\n", encoding="utf-8")
    return file


def deliver(root: Path, file: Path, on: dt.date = dt.date(2024, 7, 1)) -> str:
    return given(root, "乙", on, "letters", "delivered", str(file))


def test_deliveries_are_recorded_part_by_part_and_once(approved, tmp_path):
    root = shutil.copytree(approved, tmp_path / "workspace")
    part = filled(root, tmp_path / "送达.csv", **{"1.2-ok": ("2024年6月20日", "邮寄", "EMS-1"), "1.1-before": ("2024/6/21", "直接送达", "签收单2")})
    told = deliver(root, part)
    assert "Deliveries recorded: 2" in told and str(papers(root) / "delivered.xlsx") in told
    _, headings, *listed = read_cells(papers(root) / "delivered.xlsx")["送达登记簿"]
    assert headings[-3:] == ["可申请行政复议至", "可提起行政诉讼至", "说明"] and len(listed) == len(register(root))
    assert {row[0]: row[4:] + [""] * (10 - len(row)) for row in listed if row[4]} == {
        "驻财金〔2024〕1号": ["2024-06-21", "直接送达", "签收单2", "2024-08-20", "2024-12-23", ""],
        "驻财金〔2024〕3号": ["2024-06-20", "邮寄", "EMS-1", "2024-08-19", "2024-12-20", ""]}
    assert {row[9] for row in listed if not row[4]} == {"尚未登记送达，复议和诉讼期限没有开始"}
    before = acts(root)
    assert "Deliveries recorded: 0" in deliver(root, part) and acts(root) == before
    assert "Deliveries recorded: 0" in deliver(root, papers(root) / "register.xlsx"), "an empty register tells of none"
    assert rows(root, "select * exclude (sequence) from delivery order by document_no") == [
        ("驻财金〔2024〕1号", dt.date(2024, 6, 21), "直接送达", "签收单2"), ("驻财金〔2024〕3号", dt.date(2024, 6, 20), "邮寄", "EMS-1")]
    with pytest.raises(InputRefused, match="驻财金〔2024〕3号 was delivered on 2024-06-20"):
        deliver(root, filled(root, tmp_path / "又.csv", **{"1.2-ok": ("2024-06-22", "邮寄", "EMS-1")}))


def last_days(root: Path) -> list[str]:
    """Until when reconsideration of each decision that was delivered can be applied for, in the order of the letters."""
    return [row[7] for row in read_cells(papers(root) / "delivered.xlsx")["送达登记簿"][2:] if row[4]]


def test_last_days_are_those_of_the_act_that_recorded_the_latest_delivery_whatever_settings_and_calendar_are_now(approved, tmp_path):
    root = shutil.copytree(approved, tmp_path / "workspace")
    part = filled(root, tmp_path / "送达.csv", **{"1.2-ok": ("2024-06-20", "邮寄", "EMS-1")})
    deliver(root, part)
    before = (papers(root) / "delivered.xlsx").read_bytes()
    assert last_days(root) == ["2024-08-19"]
    (root / "claims.toml").write_text('[remedies]\nreconsideration_days = 30\n[letters.text]\nissuer = "示例局"\n', encoding="utf-8")
    (root / "calendar.toml").write_text('[[year]]\nyear = 2024\nsource = "示例"\noff = [2024-08-19, 2024-07-22]\n', encoding="utf-8")
    for register in (part, papers(root) / "register.xlsx"):
        assert "Deliveries recorded: 0" in deliver(root, register) and (papers(root) / "delivered.xlsx").read_bytes() == before
    assert "可申请行政复议至2024年8月20日" in status_of_claim(root, "1.2-ok"), "the day before is off, as is known by now; the period is that of then"
    deliver(root, filled(root, tmp_path / "又.csv", **{"1.1-before": ("2024-06-21", "直接送达", "签收单2")}))
    assert "可申请行政复议至2024年7月23日" in status_of_claim(root, "1.2-ok")
    assert last_days(root) == ["2024-07-23", "2024-07-23"], "a delivery was recorded under what they are now: 30 days, and 22 July is off"
    assert read_cells(papers(root) / "delivered.xlsx")["送达登记簿"][0][0].startswith("示例局")


def test_a_register_saved_again_while_it_is_taken_in_is_kept_as_it_was_read(approved, tmp_path, monkeypatch):
    root = shutil.copytree(approved, tmp_path / "workspace")
    told = filled(root, tmp_path / "送达.csv", **{"1.2-ok": ("2024-06-20", "邮寄", "EMS-1")})
    read, other = told.read_bytes(), filled(root, tmp_path / "又.csv", **{"1.2-ok": ("2024-06-22", "邮寄", "EMS-2")})
    monkeypatch.setattr("pipelines.delivery.read_register", lambda path: (read_register(path), shutil.copyfile(other, told))[0])
    deliver(root, told)
    [kept] = Workspace(root).journal.entries()[-1].body["inputs"]
    assert kept["file"] == "送达.csv" and Workspace(root).vault.read(kept["sha256"]) == read != told.read_bytes()
    assert rows(root, "select delivered_on, receipt from delivery") == [(dt.date(2024, 6, 20), "EMS-1")]


def test_every_problem_of_a_register_is_told_at_once(approved, tmp_path):
    root = shutil.copytree(approved, tmp_path / "workspace")
    file = filled(root, tmp_path / "错.csv", **{
        "1.1-before": ("2024-02-30", "邮寄", "1"), "1.2-ok": ("2024-06-20", "", "2"), "1.5-manager": ("2024-05-20", "邮寄", "3"), "2.1-limit": ("2024-08-20", "邮寄", "4")})
    file.write_text(file.read_text(encoding="utf-8") + "驻财金〔2024〕99号,,x,,,,,2024-06-20,邮寄,5,,\n", encoding="utf-8")
    with pytest.raises(InputRefused) as refused:
        deliver(root, file)
    assert len(refused.value.problems) == 5 and [problem.split(": ")[0][-1] for problem in refused.value.problems] == list("23456")
    (tmp_path / "别的.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputRefused, match="no row of headings with 文号"):
        deliver(root, tmp_path / "别的.csv")
