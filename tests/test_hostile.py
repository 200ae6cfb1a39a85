"""What stands in files stays text: in CSV files, workbooks, pages, letters, SQL, folders, on the terminal; and who may read what is written."""

from __future__ import annotations

import csv
import functools
import os
import re
import stat
import zipfile
from pathlib import Path

import pytest
from pypdf import PdfReader

from claims.errors import InputRefused
from claims.files import UMASK
from claims.policy.expression import ExpressionError, Term, branch_names, compile_expression, names_in, stored_number
from claims.policy.model import POLICY_FILES, STARTER, read_policy
from claims.privacy import masked_numbers
from claims.quoting import inert, plain_lines, quoted
from pipelines.cli_options import WORKSPACE_VARIABLE
from tests.commands import answer, few_claims, give, give_here
from tests.payables import bank_file, budget_file, list_rows, payments_of
from tests.settle import settle, without_other_readings

CLAIMS = ("1.1-cap-1", "1.2-ok", "1.5-manager", "2.2-rent-1", "v01-empty", "v03-unknown", "1.1-before", "2.1-buy", "1.4-progress-2")
NAMES = [
    "=cmd|'/c calc'!A0", "+1+1公司", "-1公司", "@SUM(A1)公司", "<script>alert(1)</script>公司", "{{ 7*7 }}{% raw %}公司", '#read("/etc/passwd")$x$公司',
    "'; drop table decided; --公司", '"引号",公司', "../../外边公司", "$(touch x)`id`公司",
]
FORMULA = ("=", "+", "-", "@", "\t", "\r")
FOR_MACHINES = ("decisions.csv",)
"""What other programs match by its cells, which therefore stand as they were received (contract, section 4)."""


# ---------------------------------------------------------------- an office month of hostile names


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Path:
    """A workspace in which a month was settled with letters, reviewed, approved, paid and returned, among parties of such names."""
    place = tmp_path_factory.mktemp("hostile")
    files, root = few_claims(place / "in", *CLAIMS), place / "workspace"
    rows = list(csv.DictReader((files / "institutions.csv").open(encoding="utf-8", newline="")))
    claimants = {row["uscc"]: number for number, row in enumerate(csv.DictReader((files / "claims.csv").open(encoding="utf-8", newline="")))}
    for number, row in enumerate(rows):
        row["name"], row["bank_account"] = NAMES[claimants.get(row["uscc"], number) % len(NAMES)], account(number)
    with (files / "institutions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    before = os.umask(UMASK)  # as the command sets it
    try:
        settle(root, files, "2024-06-30", letters=True)
        with without_other_readings():
            said = [answer(root, *words) for words in office_year(place, root)]
    finally:
        os.umask(before)
    (place / "said.txt").write_text("\n".join(said), encoding="utf-8")
    return root


def office_year(place: Path, root: Path):
    yield "review", "export", "-o", str(root / "exceptions.xlsx"), "--actor", "乙", "--on", "2024-07-01"
    yield "close", "2024-06", "--actor", "甲", "--on", "2024-07-01"
    yield "approve", "2024-06", "--minutes", "=1+1", "--actor", "乙", "--on", "2024-08-01"
    budgets = budget_file(place / "budget.csv", ("市级财政", 2024, "90000000"), ("西平县", 2024, "900000"))
    yield "budget", "import", str(budgets), "--actor", "丁", "--on", "2024-08-02"
    yield "pay", "plan", "--actor", "丁", "--on", "2024-08-03"
    paid = [row["付款编号"] for path in sorted(payments_of(root).glob("*/*.csv")) for row in list_rows(path)]
    answers = bank_file(place / "bank.csv", (paid[0], account(3), "成功", "2024-08-05"), (account(4), "1", "成功", ""), (paid[1], "1", account(5), ""))
    yield "pay", "confirm", str(answers), "--actor", "丁", "--on", "2024-08-06"
    yield "status", "1.1-cap-1"
    yield "explain", "1.1-cap-1"
    yield "explain", "2.2-rent-1", "--html", str(root / "explained.html")
    yield "ledger", "--beancount", str(root / "ledger.beancount")


@functools.cache
def text_of(pdf: Path) -> str:
    """What stands on its pages, without white space."""
    return "".join("".join(page.extract_text().split()) for page in PdfReader(pdf).pages)


def account(number: int) -> str:
    return f"62{7_000_000_000_000_000 + number}9"


def test_no_cell_of_a_csv_file_begins_a_formula(office):
    files = [path for path in office.rglob("*.csv") if path.name not in FOR_MACHINES and path.parent.name != "in"]
    assert {"register.csv", "exceptions.csv", "waiting.csv", "held.csv"} <= {path.name for path in files}
    cells = [(path.name, cell) for path in files for row in csv.reader(path.open(encoding="utf-8", newline="")) for cell in row]
    assert [cell for cell in cells if cell[1].startswith(FORMULA)] == []
    assert any(cell.startswith("'=cmd") for _, cell in cells) and any("<script>" in cell for _, cell in cells)


def test_a_workbook_holds_no_formula_but_its_sums_and_no_link(office):
    books = [*office.rglob("*.xlsx")]
    assert len(books) >= 6
    for book in books:
        with zipfile.ZipFile(book) as packed:
            names, texts = packed.namelist(), {name: packed.read(name).decode() for name in packed.namelist() if name.endswith(".xml")}
        assert not [name for name in names if "externalLink" in name or "vba" in name.lower() or "_rels/sheet" in name]
        formulas = [formula for text in texts.values() for formula in re.findall(r"<f>(.*?)</f>", text)]
        assert [formula for formula in formulas if not re.fullmatch(r"SUM\([A-Z]+\d+:[A-Z]+\d+\)", formula)] == []
        assert "hyperlink" not in "".join(text for name, text in texts.items() if "worksheets" in name)


def test_pages_and_letters_show_names_as_they_are(office):
    pages = [path.read_text(encoding="utf-8") for path in office.rglob("*.html")]
    assert len(pages) >= 3 and not any("<script>alert" in page for page in pages) and any("&lt;script&gt;alert" in page for page in pages)
    told = "".join(map(text_of, office.rglob("*.pdf")))
    assert all("".join(NAMES[number].split()) in told for number in (0, 4, 5, 6)) and "root:x:0" not in told


def test_nothing_is_written_outside_the_folders_that_are_meant(office):
    assert sorted(path.name for path in office.parent.iterdir()) == ["bank.csv", "budget.csv", "in", "said.txt", "workspace"]
    names = [path.name for path in office.rglob("*")]
    assert all(re.fullmatch(r"[\w.@+-]+", name) for name in names)


def who_may_hold_an_account(path: str) -> bool:
    """Letters to payees, and the lists that banks pay by."""
    return bool(re.fullmatch(r"(out/[^/]+|months/[^/]+/[^/]+)/letters/(print/)?[^/]+\.pdf|payments/[^/]+/[^/]+/\d\d-[^/]+\.(csv|xlsx)", path))


def test_an_account_stands_in_letters_and_payment_lists_only(office):
    found = {str(path.relative_to(office)): account_in(path) for path in office.rglob("*") if path.is_file() and not is_record(path.relative_to(office))}
    assert [path for path, has in found.items() if has and not who_may_hold_an_account(path)] == []
    assert {Path(path).suffix for path, has in found.items() if has} == {".pdf", ".csv", ".xlsx"}
    assert not re.search(r"627\d{12}", (office.parent / "said.txt").read_text(encoding="utf-8")), "nor in anything that the commands said"


def is_record(path: Path) -> bool:
    """The record keeps files as they were received, and the store is a picture of it."""
    return path.parts[0] in ("vault", "claims.duckdb")


def account_in(path: Path) -> bool:
    if path.suffix == ".pdf":
        text = text_of(path)
    elif path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as packed:
            text = "".join(packed.read(name).decode() for name in packed.namelist())
    else:
        text = path.read_text(encoding="utf-8")
    return bool(re.search(r"627[\d ]{12}", text))


def test_what_is_written_is_for_owner_and_group(office, tmp_path):
    modes = {str(path.relative_to(office)): stat.S_IMODE(path.stat().st_mode) for path in [office, *office.rglob("*")]}
    kept = {path: mode for path, mode in modes.items() if path.startswith("vault/") and len(Path(path).name) == 64}
    assert set(kept.values()) == {0o440}
    assert {mode for path, mode in modes.items() if path not in kept} == {0o640, 0o750}
    before = os.umask(0)
    try:
        give("sample", "--months", "1", "practice", cwd=tmp_path)
        give("policy", "new", "of/mine", cwd=tmp_path)
    finally:
        os.umask(before)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")} == {0o640, 0o750}, "whatever the umask of who gives a command"


TAKEN_IN = [("review", "import"), ("letters", "delivered"), ("budget", "import"), ("pay", "confirm"), ("commend", "--year", "2023")]


@pytest.mark.parametrize("name", [b"\xff.xlsx", "\u202exslx.csv".encode()], ids=["no UTF-8", "unseen"])
def test_a_file_of_an_unseemly_name_is_refused_by_name_whichever_command_takes_it_in(office, tmp_path, name):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    path.write_bytes(b"a,b\n1,2\n")
    before = (office / "journal.jsonl").read_bytes()
    for words in TAKEN_IN:
        done = give_here(*words, path, "--workspace", office, cwd=tmp_path)
        assert (done.returncode, done.stderr.rstrip()[-9:]) == (3, "rename it"), (words, done.stderr)
    assert (office / "journal.jsonl").read_bytes() == before


def test_a_folder_whose_name_is_no_text_is_refused_by_name(office, tmp_path):
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    folder.mkdir()
    for words, cwd in ((("run", folder), tmp_path), (("run", "."), folder), (("commend", folder / "scores.csv", "--year", "2023"), tmp_path)):
        done = give_here(*words, "--workspace", office, cwd=cwd)
        assert (done.returncode, done.stderr.rstrip()[-9:]) == (3, "rename it"), (words, done.stderr)


def test_a_workspace_whose_name_is_no_text_is_refused_by_name_also_where_the_environment_names_it(office, tmp_path, monkeypatch):
    monkeypatch.setenv(WORKSPACE_VARIABLE, str(tmp_path / "\udcff"))
    for words in (("run", office.parent), ("status",), ()):
        done = give_here(*words, cwd=tmp_path)
        assert (done.returncode, done.stderr.rstrip()[-9:]) == (3, "rename it"), (words, done.stderr)
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- messages


@pytest.mark.parametrize("cell, shown", [
    ("西平县", "西平县"), ("a\nclaims: done", "a<U+000A>claims: done"), ("\x1b[2J", "<U+001B>[2J"), ("中\u202e文", "中<U+202E>文"),
    ("6222 0212 3456 7890 123", "***************0123"), ("账号6222021234567890123。", "账号***************0123。"), ("６２２２０２１２３４５６７８９", "***********６７８９"),
    ("411702198001011234", "**************1234"), ("91411701MA0000001P", "91411701MA0000001P"), ("12345678901", "12345678901"),
    ("x" * 70, "x" * 60 + "… (70 characters)"),
])
def test_a_message_quotes_a_cell_so_that_it_neither_commands_nor_tells_too_much(cell, shown):
    assert quoted(cell) == shown


def test_lines_for_the_terminal_keep_nothing_but_their_ends():
    assert plain_lines("一\n二\x1b]0;x\x07\r\u2028三\tx") == "一\n二<U+001B>]0;x<U+0007><U+000D><U+2028>三\tx"


def test_an_organisation_s_code_stays_whole_and_other_long_numbers_do_not():
    assert masked_numbers("收款人12100000400000624B，账号6200000000000001") == "收款人12100000400000624B，账号************0001"
    assert masked_numbers("FTN11001234567890123、NRA6222 0000 1234 5678，6222.0000.1234.5678、6222  0000　1234 5678") == "、".join([
        "****************0123", "***************5678，************5678", "************5678"])  # of a free trade zone, of a non-resident, with points and blanks
    assert masked_numbers("申报SP202400000007") == "申报SP202400000007"
    assert masked_numbers("11010519491231003X") == "**************003X"  # its check character is wrong


def test_a_cell_that_begins_like_a_formula_gets_an_apostrophe():
    assert [inert(cell) for cell in ("=1", "+1", "-1", "@a", "a=1", "")] == ["'=1", "'+1", "'-1", "'@a", "a=1", ""]


# ---------------------------------------------------------------- expressions of a policy


def scope(name: str) -> Term:
    if name in ("a", "b"):
        return stored_number(name, "yuan", True)
    if name == "t":
        return Term("text", "t")
    raise ExpressionError(f"there is no name {name}")


TRIED = [
    "a.__class__", "a.__class__.__mro__[1]", "().__class__", "(lambda: 1)()", "[x for x in (a,)]", "{x for x in t}", "(x for x in t)", "{a: b}", "f'{a}'", "a[0]", "a[0:1]",
    "(c := a)", "a, b", "[a]", "{a}", "await a", "yield a", "*a", "a ** 9**9**9", "9**9**9", "'x' * 10**9", "a ** b", "a // b", "a % b", "a @ b", "a << b", "~a", "a is b", "a & b",
    "open('/etc/passwd')", "__import__('os')", "eval('1')", "getattr(a, 'b')", "read_csv('/etc/passwd')", "read_text('x')", "query('select 1')", "getvariable('x')",
    "max.__call__(a, b)", "max(a, b)(a)", "max(a, *b)", "max(a, **b)", "max(a, b, key=a)", "a.b.c", "found(a.b.c)", "found('x')", "found(a or b)", "select 1",
    't == "x\'; drop table t; --"', "t == 'x\\' or 1=1 --'", "t == '\\0'", "t == '\\u202e'", "t == '\\ud800'", "t == b'x'", "t in ('x', 'y')", "t == '''x\n--y'''", "t == f'x'",
    "a -- b", "a; b", "a\nb", "a /* x */", "a\0", "", " ", "(", "'", "\\", "if", "0x" + "f" * 1000, "1" * 1999, "1" * 5000, "1e400", "1j", "...", "None", "9999999999",
    "(" * 150 + "a" + ")" * 150 + " + c", "(" * 999 + "a" + ")" * 999, "-" * 1900 + "a", "not " * 450 + "True", "not " * 9999 + "True", "+".join(["a"] * 600),
    "max(" * 300 + "a" + ")" * 300, "x" * 1999, "x" * 100_000, "max(" + ", ".join(["a"] * 30) + ")", "a if (" * 12 + "t == 'x'" + ") else b" * 12,
    "a if a > 0 else " * 60 + "b", "a if (" * 16 + "a" + ") > 0 else b" * 16,
]


@pytest.mark.parametrize("text", TRIED, ids=range(len(TRIED)))
def test_an_expression_reaches_its_names_and_functions_and_nothing_else(text):
    with pytest.raises(ExpressionError):
        compiled = compile_expression(text, scope)
        pytest.fail(f"compiled to {compiled.sql[:200]}")
    for names in (names_in, branch_names):
        try:
            assert all(isinstance(name, str) for name in names(text))
        except ExpressionError:
            pass


def test_letters_that_look_like_a_name_are_read_as_that_name_or_not_at_all():
    assert compile_expression("ａ", scope).sql == "a", "the parser folds full width"
    with pytest.raises(ExpressionError, match="no name"):
        compile_expression("а", scope)  # Cyrillic


# ---------------------------------------------------------------- names and texts of a policy


@pytest.mark.parametrize("file, instead_of, write", [
    ("policy.toml", 'id = "', 'id = "../'), ("policy.toml", 'id = "', 'id = "a\\"; drop schema main; --'), ("policy.toml", 'id = "', 'id = "a/b'),
    ("facts.toml", 'name = "claims"', "name = \"claims as x(a); --\""), ("facts.toml", 'name = "claim_id"', "name = \"a', 'b\""), ("codes.toml", 'id = "', "id = \"'"),
    ("policy.toml", 'title = "', 'title = "\\u202e'), ("codes.toml", 'message_zh = "', 'message_zh = "\\u001b[2J'),
])
def test_a_policy_whose_names_or_texts_could_be_more_than_that_is_not_read(file, instead_of, write):
    files = {name: (STARTER / name).read_bytes() for name in POLICY_FILES}
    assert instead_of.encode() in files[file]
    files[file] = files[file].replace(instead_of.encode(), write.encode(), 1)
    with pytest.raises(InputRefused, match=file):
        read_policy(Path("hostile"), files)
