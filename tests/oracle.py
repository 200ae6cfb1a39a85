"""An independent, slow and plain reading of docs/contract.md ("the contract"), to cross-check the engine.

Nothing here is shared with the engine: no SQL, no tables, loops over lists and dictionaries. Section numbers in the
docstrings are those of the contract. Amounts are integers of fen; a `Fraction` stands between two roundings; there are
no floats. A readable cell holds its typed value, an unreadable one only its raw text.
"""
from __future__ import annotations

import calendar
import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import chinese_calendar

# ------------------------------------------------------------------------------------------------ tables (section 1)

SECTORS = {"bank": "银行", "insurance": "保险", "securities": "证券", "other_financial": "其他金融机构",
           "local_financial": "地方金融组织", "fund_company": "公司制股权投资基金",
           "fund_partnership": "合伙制股权投资基金", "fund_manager": "基金管理企业"}
LEVELS = {"national_hq": "全国性总部", "business_hq": "单项业务总部", "regional_hq": "地区性总部",
          "provincial": "省级机构", "city_branch": "市级分支机构", "foreign_city_branch": "外资银行市级分支机构",
          "none": "无"}
ORIGINS = {"new": "新设立", "moved_in": "迁入"}
YES_NO = {"yes": "是", "no": "否"}
TENURES = {"purchase": "购买", "rent": "租赁"}
CLAUSES = ("1.1", "1.2", "1.3", "1.4", "1.5", "2.1", "2.2", "2.3", "2.4", "3")
OFFICE = ("2.1", "2.2", "2.3", "2.4")
FUNDS = ("1.4", "1.5")
ONE_OFF = ("1.1", "1.2", "1.3")

# field, Chinese header, kind of cell (a dictionary: a choice), may the column be absent
TABLES = {
    "institutions": [
        ("uscc", "统一社会信用代码", "uscc", False), ("name", "机构名称", "text", False),
        ("sector", "机构类别", SECTORS, False), ("level", "机构层级", LEVELS, False),
        ("origin", "落户方式", ORIGINS, False), ("established_on", "开业(落户)日期", "date", False),
        ("regulator_approved", "监管批准", YES_NO, False), ("city_share_pct", "市级受益比例(%)", "percent", False),
        ("county", "受益县区", "text", False), ("bank_name", "开户行", "text", True),
        ("bank_account", "账号", "text", True)],
    "retained_tax": [
        ("uscc", "统一社会信用代码", "uscc", False), ("year", "年度", "year", False),
        ("vat_retained_yuan", "增值税留成(元)", "money", False),
        ("cit_retained_yuan", "企业所得税留成(元)", "money", False),
        ("total_tax_paid_yuan", "纳税总额(元)", "money", False)],
    "prior_awards": [
        ("uscc", "统一社会信用代码", "uscc", False), ("clause", "条款", "clause", False),
        ("claim_year", "所属年度", "year", False), ("awarded_yuan", "已兑现金额(元)", "money", False),
        ("awarded_on", "兑现日期", "date", False), ("voucher_no", "凭证号", "text", True)],
    "claims": [
        ("claim_id", "申报编号", "text", False), ("uscc", "统一社会信用代码", "uscc", False),
        ("clause", "申报条款", "clause", False), ("claim_year", "所属年度", "year", False),
        ("submitted_on", "申报日期", "date", False), ("paid_in_capital_yuan", "实收资本(元)", "money", False),
        ("capital_verified_on", "验资日期", "date", False), ("tenure", "取得方式", TENURES, False),
        ("premises", "房屋坐落", "text", False), ("floor_area_m2", "建筑面积(平方米)", "money", False),
        ("purchased_on", "购房日期", "date", False), ("rent_paid_yuan", "已付租金(元)", "money", False),
        ("rent_from", "租期起", "date", False), ("rent_to", "租期止", "date", False),
        ("fund_size_yuan", "基金规模(元)", "money", False), ("invested_yuan", "累计投资额(元)", "money", False),
        ("invested_local_yuan", "其中投资本市(元)", "money", False),
        ("manager_uscc", "受托管理企业信用代码", "uscc", False),
        ("amount_claimed_yuan", "申请金额(元)", "money", True)],
}
KEYS = {"institutions": ("uscc",), "retained_tax": ("uscc", "year"),
        "prior_awards": ("uscc", "clause", "claim_year", "awarded_on", "voucher_no")}
CLAIM_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Refused(Exception):
    """Exit 3: the input is refused and nothing changes (section 5)."""


# ---------------------------------------------------------------------------------------------- cells (section 1)

@dataclass(frozen=True)
class Cell:
    """One cell: `raw` without surrounding space; `value` typed, None when the cell is empty or unreadable."""
    raw: str
    value: object = None

    @property
    def empty(self) -> bool:
        return self.raw == ""

    @property
    def unreadable(self) -> bool:
        return self.raw != "" and self.value is None

    @property
    def content(self):
        """What the content comparison sees: the typed value, or an unreadable cell's raw text."""
        return ("raw", self.raw) if self.unreadable else ("typed", self.value)


EMPTY = Cell("")


def half_width(text: str) -> str:
    """Full-width ASCII forms and the ideographic space, as half width; nothing else (NFKC would read ² as 2)."""
    return "".join(" " if c == "\u3000" else chr(ord(c) - 0xFEE0) if "\uff01" <= c <= "\uff5e" else c for c in text)


def number(text: str, scale: int = 1):
    """A number in hundredths, or None: grammar, 15 digits before and two after the point, after the conversion."""
    found = re.fullmatch(r"(-?)([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.([0-9]+))?", half_width(text).strip())
    if not found:
        return None
    whole, decimals = found[2].replace(",", "").lstrip("0") or "0", (found[3] or "").rstrip("0")
    if len(whole) > 15 or len(decimals) > 6:
        return None
    hundredths = Fraction(int(whole + decimals) * scale * 100, 10 ** len(decimals))
    if hundredths.denominator != 1 or hundredths >= 10 ** 17:
        return None
    return -int(hundredths) if found[1] else int(hundredths)


def year(text: str):
    hundredths = number(text)
    return hundredths // 100 if hundredths is not None and hundredths % 100 == 0 else None


def percent(text: str):
    """city_share_pct in hundredths of a per cent; it may carry its %."""
    text = half_width(text).strip()
    return number(text[:-1] if text.endswith("%") else text)


DATE = re.compile(r"(?:([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})|([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})"
                  r"|([0-9]{4})\.([0-9]{1,2})\.([0-9]{1,2})|([0-9]{4})([0-9]{2})([0-9]{2})"
                  r"|([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日)(?:(?:[ ]+|T)0?0:00(?::00(?:\.0+)?)?)?")


def day(text: str):
    found = DATE.fullmatch(half_width(text).strip())
    if not found:
        return None
    try:
        return date(*[int(part) for part in found.groups() if part is not None])
    except ValueError:
        return None


def clause(text: str):
    text = half_width(text).strip()
    text = "3" if text == "3.0" else text
    return text if text in CLAUSES else None


def choice(text: str, words: dict):
    for code, chinese in words.items():
        if text in (code, chinese):
            return code
    return None


def read_cell(text: str, kind, scale: int) -> Cell:
    raw = text.strip()
    if raw == "":
        return EMPTY
    if isinstance(kind, dict):
        return Cell(raw, choice(raw, kind))
    if kind == "money":
        return Cell(raw, number(raw, scale))
    reader = {"text": str, "uscc": lambda t: half_width(t).strip().upper(), "clause": clause, "year": year,
              "date": day, "percent": percent}[kind]
    return Cell(raw, reader(raw))


def check_character_holds(uscc: str) -> bool:
    """GB 32100-2015."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    if len(uscc) != 18 or any(c not in alphabet for c in uscc):
        return False
    total = sum(alphabet.index(c) * pow(3, i, 31) for i, c in enumerate(uscc[:17]))
    return alphabet[(31 - total % 31) % 31] == uscc[17]


# ---------------------------------------------------------------------------------------------- files (section 1)

def decode(name: str, data: bytes) -> str:
    """UTF-8 with or without BOM, UTF-16 with BOM, GB18030; never lossily. A NUL refuses the file."""
    if data.startswith(b"\xef\xbb\xbf"):
        encodings = ["utf-8-sig"]
    elif data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding, errors="strict")
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise Refused(f"{name}: a NUL")
        return text
    raise Refused(f"{name}: encoding")


def records(name: str, text: str) -> list[tuple[int, list[str]]]:
    """CSV records, each numbered by its first physical line; quoted line breaks are allowed (RFC 4180)."""
    out, cells, line, first, i, n = [], [], 1, 1, 0, len(text)
    while i < n or cells:
        if text[i:i + 1] == '"':
            cell, i = quoted_cell(name, first, text, i + 1)
            line += len(re.findall(r"\r\n|\n|\r", cell))
            if i < n and text[i] not in ",\r\n":
                raise Refused(f"{name}:{line}: text behind a closing quote")
        else:
            start = i
            while i < n and text[i] not in ",\r\n":
                i += 1
            cell = text[start:i]
            if '"' in cell:
                raise Refused(f"{name}:{line}: a quote inside an unquoted cell")
        cells.append(cell)
        if text[i:i + 1] == ",":
            i += 1
            continue
        i += 2 if text[i:i + 2] == "\r\n" else 1
        out.append((first, cells))
        cells, line = [], line + 1
        first = line
    return out


def quoted_cell(name: str, first: int, text: str, i: int) -> tuple[str, int]:
    """The cell whose opening quote stands before i, and the place behind its closing quote."""
    parts = []
    while True:
        end = text.find('"', i)
        if end < 0:
            raise Refused(f"{name}:{first}: a quote is never closed")
        parts.append(text[i:end])
        if text[end + 1:end + 2] != '"':
            return '"'.join(parts), end + 1
        i = end + 2


def is_blank(cells: list[str]) -> bool:
    return all(c.strip() == "" for c in cells)


def is_total(cells: list[str]) -> bool:
    filled = [c for c in cells if c.strip()]
    return bool(filled) and "".join(filled[0].split()) in ("合计", "总计", "小计")


def known_header(table: str, text: str):
    """(field, scale) of a header in either language, or None."""
    text = text.strip().replace("（", "(").replace("）", ")")
    for name, chinese, kind, _ in TABLES[table]:
        if text in (name, chinese):
            return name, 1
        if kind == "money" and chinese.endswith("(元)") and text == chinese[:-len("(元)")] + "(万元)":
            return name, 10000
    return None


def header_row(name: str, table: str, rows: list[tuple[int, list[str]]]) -> int:
    """Index of the header row: up to five title lines above it."""
    seen = 0
    for index, (_, cells) in enumerate(rows):
        if is_blank(cells):
            continue
        seen += 1
        if seen > 6:
            break
        if sum(known_header(table, c) is not None for c in cells) >= 2:
            return index
    raise Refused(f"{name}: no header row")


def header_columns(name: str, table: str, cells: list[str]) -> list[tuple[str, int]]:
    """Unknown, missing-required or doubled headers refuse the file."""
    columns = []
    for text in cells:
        column = known_header(table, text)
        if column is None:
            raise Refused(f"{name}: unknown header {text!r}")
        if column[0] in [c[0] for c in columns]:
            raise Refused(f"{name}: {column[0]} stands twice")
        columns.append(column)
    for field_name, _, _, optional in TABLES[table]:
        if not optional and field_name not in [c[0] for c in columns]:
            raise Refused(f"{name}: {field_name} is missing")
    return columns


@dataclass
class Row:
    """A data line: `cells` by field, or None where the number of cells is wrong."""
    file: str
    line: int
    cells: dict[str, Cell] | None

    @property
    def content(self):
        return tuple(sorted((name, cell.content) for name, cell in self.cells.items()))

    def value(self, name: str):
        return self.cells[name].value


def read_table(name: str, table: str, rows: list[tuple[int, list[str]]]) -> tuple[list[int], list[Row]]:
    """The ignored lines, and the data lines, of one file."""
    head = header_row(name, table, rows)
    columns = header_columns(name, table, rows[head][1])
    ignored, data = [line for line, _ in rows[:head + 1]], []
    kinds = {f[0]: f[2] for f in TABLES[table]}
    for line, cells in rows[head + 1:]:
        if is_blank(cells) or is_total(cells):
            ignored.append(line)
        elif len(cells) != len(columns):
            data.append(Row(name, line, None))
        else:
            typed = {f: EMPTY for f in kinds}
            for (f, scale), text in zip(columns, cells):
                typed[f] = read_cell(text, kinds[f], scale)
            data.append(Row(name, line, typed))
    return ignored, data


def select_files(folder: Path) -> list[tuple[str, str]]:
    """(name, table) of the files that are read, in byte order of their names."""
    out = []
    for name in sorted(os.listdir(folder), key=os.fsencode):
        table = next((t for t in TABLES if name.startswith(t)), None)
        if table and name.endswith(".csv") and (folder / name).is_file():
            out.append((name, table))
    return out


# ------------------------------------------------------------------------------------------------ claims (section 3)

NOT_BELOW_ZERO = ("invested_yuan", "invested_local_yuan", "amount_claimed_yuan")
ABOVE_ZERO = ("paid_in_capital_yuan", "fund_size_yuan", "rent_paid_yuan", "floor_area_m2")


class Claim:
    """A claim's typed cells; attribute access gives what may be used: an out-of-range value counts as empty."""

    def __init__(self, row: Row):
        self.row, self.content, self.cells = row, row.content, row.cells
        self.id = row.cells["claim_id"].value

    def out_of_range(self, name: str) -> bool:
        value = self.cells[name].value
        if value is None:
            return False
        return (name in NOT_BELOW_ZERO and value < 0 or name in ABOVE_ZERO and value <= 0
                or name == "floor_area_m2" and value > 10**15 or name == "claim_year" and not 2000 <= value <= 2100)

    def __getattr__(self, name: str):
        if name.startswith("__") or name not in self.cells:
            raise AttributeError(name)
        return None if self.out_of_range(name) else self.cells[name].value

    @property
    def place(self) -> str:
        """Premises as they are compared: NFKC without white space."""
        return "".join(unicodedata.normalize("NFKC", self.premises or "").split())

    @property
    def order(self):
        """Section 3: (submitted_on, claim_id in byte order), an unreadable submitted_on last."""
        return (self.submitted_on is None, self.submitted_on or date.min, self.id.encode())

    @property
    def needed(self) -> list[str]:
        """Section 1: the fields that the clause needs."""
        names = ["uscc", "clause", "claim_year", "submitted_on"]
        if self.clause == "1.1":
            names += ["paid_in_capital_yuan", "capital_verified_on"]
        if self.clause in OFFICE:
            names += ["tenure", "premises"]
            if self.tenure == "purchase":
                names += ["floor_area_m2", "purchased_on"]
            if self.tenure == "rent":
                names += ["rent_paid_yuan", "rent_from", "rent_to"]
        if self.clause in FUNDS:
            names += ["fund_size_yuan", "invested_yuan", "invested_local_yuan"]
        if self.clause == "1.5":
            names += ["manager_uscc"]
        return names


def same_application(a: Claim, b: Claim) -> bool:
    """V05."""
    def key(c: Claim):
        return c.uscc, c.clause, c.claim_year, c.tenure, c.place, c.rent_from, c.rent_to, c.invested_yuan
    return key(a) == key(b)


def same_premises_again(a: Claim, b: Claim) -> bool:
    """V07: purchased twice, or rent periods that overlap."""
    if not (a.clause in OFFICE and b.clause in OFFICE and a.place and a.place == b.place
            and a.uscc == b.uscc and a.tenure == b.tenure):
        return False
    if a.tenure == "purchase":
        return True
    days = (a.rent_from, a.rent_to, b.rent_from, b.rent_to)
    return a.tenure == "rent" and None not in days and a.rent_from <= b.rent_to and b.rent_from <= a.rent_to


def other_tenure(a: Claim, b: Claim) -> bool:
    """V10."""
    return (a.clause in OFFICE and b.clause in OFFICE and a.uscc == b.uscc
            and {a.tenure, b.tenure} == {"purchase", "rent"})


def months_after(start: date, months: int) -> date:
    """Section 3.3: the same day of the later month, or that month's last day if it has none."""
    later_year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if later_year > date.max.year:
        return date.max
    return date(later_year, month + 1, min(start.day, calendar.monthrange(later_year, month + 1)[1]))


def half_year(established_on: date, verified_on: date) -> str:
    """'in time', 'late' (E04) or 'unknown' (V16): the last day moves to the next working day in China."""
    d = months_after(established_on, 6)
    while d < verified_on:
        try:
            if chinese_calendar.is_workday(d):
                return "late"
        except NotImplementedError:
            return "unknown"
        d += timedelta(days=1)
    return "in time"


def half_up(amount: Fraction) -> int:
    return int((2 * amount + 1) // 2)


def rounded_down(amount: Fraction) -> int:
    return int(amount // 1)


# ------------------------------------------------------------------------------------------- amounts (section 3.3)

YUAN = 100
TIERS = {"1.1": [(300_000_000, 8_000_000), (100_000_000, 5_000_000), (50_000_000, 3_000_000)],
         "1.4": [(2_000_000_000, 10_000_000), (1_000_000_000, 5_000_000), (200_000_000, 1_000_000)],
         "1.5": [(3_000_000_000, 10_000_000), (1_000_000_000, 6_000_000), (500_000_000, 3_000_000)]}
FLAT = {"1.2": 2_000_000 * YUAN, "1.3": 500_000 * YUAN}
RENT_RATE = {"2.1": Fraction(30, 100), "2.2": Fraction(20, 100), "2.3": Fraction(20, 100), "2.4": Fraction(30, 100)}
OFFICE_CAP = {"2.1": 3_000_000 * YUAN, "2.2": 1_000_000 * YUAN, "2.3": 500_000 * YUAN, "2.4": 1_000_000 * YUAN}
POLICY_DAY = date(2020, 12, 16)
TEN_MILLION = 10_000_000 * YUAN

FINANCIAL = ("bank", "insurance", "securities", "other_financial")
COVERED_SECTORS = {"1.1": FINANCIAL, "1.2": ("bank",), "1.3": ("insurance", "securities"), "1.4": ("fund_company",),
                   "1.5": ("fund_partnership",), "2.1": ("bank", "insurance", "securities"), "2.2": ("bank",),
                   "2.3": ("insurance", "securities"), "2.4": ("local_financial",), "3": FINANCIAL}
PROVINCIAL_UP = ("national_hq", "business_hq", "regional_hq", "provincial")
COVERED_LEVELS = {"1.1": PROVINCIAL_UP, "2.1": PROVINCIAL_UP, "2.4": PROVINCIAL_UP,
                  "1.2": ("city_branch", "foreign_city_branch"), "2.2": ("city_branch", "foreign_city_branch"),
                  "1.3": ("city_branch",), "2.3": ("city_branch",), "1.4": tuple(LEVELS), "1.5": tuple(LEVELS),
                  "3": ("national_hq", "business_hq", "regional_hq", "city_branch", "foreign_city_branch")}


def tier(clause_: str, amount: int):
    """The award or ceiling in fen of the highest tier that the amount reaches, or None (E05)."""
    for floor, award in TIERS[clause_]:
        if amount >= floor * YUAN:
            return award * YUAN
    return None


def days_inside(first: date, last: date, window: tuple[date, date]) -> int:
    """Days of first..last (both in) inside window (its end out)."""
    return max(0, (min(last + timedelta(days=1), window[1]) - max(first, window[0])).days)


def is_foreign_bank_misfit(sector: str, level: str) -> bool:
    """E01, clause 3: a foreign_city_branch (外资银行市级分支机构) of another sector than bank."""
    return level == "foreign_city_branch" and sector != "bank"


@dataclass
class Decision:
    claim: Claim
    outcome: str
    codes: set[str]
    award: int = 0
    city: int = 0
    county: int = 0
    payee: str = ""


@dataclass
class Night:
    decisions: str = ""
    fates: list[tuple[str, int, str, str]] = field(default_factory=list)
    exceptions: list[tuple[str, str]] = field(default_factory=list)


STICKY = {"V05", "V07", "V10", "V15"}


class Oracle:
    """One workspace."""

    def __init__(self):
        self.bytes_taken_in: set[str] = set()
        self.reference: dict[str, dict[tuple, list[Row]]] = {t: {} for t in KEYS}     # the last row counts
        self.held: dict[str, tuple[Claim, set[str]]] = {}                             # with the codes it had
        self.decided: dict[str, Decision] = {}
        self.differing: dict[str, Claim] = {}                                         # V12, waiting for review
        self.latest_as_of = date.min

    # ------------------------------------------------------------------------------------------------- a night

    def run(self, folder: Path, as_of: date) -> Night:
        """`claims run FOLDER --as-of AS_OF` (section 5)."""
        if as_of < self.latest_as_of:
            raise Refused(f"as-of date before that of the latest run, {self.latest_as_of}")
        night = Night()
        tables, hashes = self.read_folder(Path(folder), night)
        for row in tables["prior_awards"]:
            self.must_be_readable(row)
        # from here nothing refuses any more
        self.latest_as_of, self.bytes_taken_in = as_of, self.bytes_taken_in | hashes
        for table in KEYS:
            self.load_reference(table, tables[table], night)
        new, v15, v12 = self.take_claims(tables["claims"], night)
        batch, earlier_codes = self.make_batch(new, v15)
        decisions = self.assess(batch, earlier_codes, v15, v12, as_of)
        self.keep(decisions, v12)
        night.fates.sort(key=lambda f: (os.fsencode(f[0]), f[1]))
        night.exceptions = sorted((d.claim.id, code) for d in decisions if d.outcome == "exception" for code in d.codes)
        night.decisions = decisions_csv(decisions)
        return night

    def read_folder(self, folder: Path, night: Night):
        """Section 1: every file once; a file whose very bytes were taken in before is a no-op."""
        files = select_files(folder)
        if not files:
            raise Refused("no readable file")
        tables, hashes = {t: [] for t in TABLES}, set()
        for name, table in files:
            data = (folder / name).read_bytes()
            digest = hashlib.sha256(data).hexdigest()
            rows = records(name, decode(name, data))
            if digest in self.bytes_taken_in | hashes:
                ids = {}
                try:
                    ids = {row.line: well_formed_id(row) for row in read_table(name, table, rows)[1]}
                except Refused:
                    pass                                    # the same bytes under another table's name
                night.fates += [(name, line, "duplicate", ids.get(line, "")) for line, _ in rows]
                continue
            ignored, data_rows = read_table(name, table, rows)
            hashes.add(digest)
            night.fates += [(name, line, "ignored", "") for line in ignored]
            tables[table] += data_rows
        return tables, hashes

    def must_be_readable(self, row: Row):
        """Section 1, prior_awards: an unreadable cell, an empty key, a wrong number of cells refuse the run."""
        if row.cells is None:
            raise Refused(f"{row.file}:{row.line}: wrong number of cells")
        for name, cell in row.cells.items():
            if cell.unreadable or cell.empty and name != "voucher_no":
                raise Refused(f"{row.file}:{row.line}: {name}: {cell.raw!r}")

    def load_reference(self, table: str, rows: list[Row], night: Night):
        """A later row of the same key replaces the earlier one, which is kept as history."""
        this_run: dict[tuple, Row] = {}
        for row in rows:
            if row.cells is None or any(row.cells[k].empty for k in KEYS[table] if k != "voucher_no"):
                night.fates.append((row.file, row.line, "rejected", ""))
                continue
            key = tuple(row.cells[k].content for k in KEYS[table])
            if key in this_run and this_run[key].content == row.content:
                night.fates.append((row.file, row.line, "duplicate", ""))
                continue
            this_run[key] = row
            self.reference[table].setdefault(key, []).append(row)
            night.fates.append((row.file, row.line, "loaded", ""))

    def take_claims(self, rows: list[Row], night: Night):
        """Fates of the claim lines; the new claims by id; the ids with V15 and with V12."""
        new: dict[str, Claim] = {}
        seen, v15, v12 = set(), set(), set()
        for row in rows:
            claim_id = well_formed_id(row)
            if not claim_id:
                night.fates.append((row.file, row.line, "rejected", ""))
                continue
            claim = Claim(row)
            known = [self.decided[claim_id].claim] if claim_id in self.decided else []
            known += [self.held[claim_id][0]] if claim_id in self.held else []
            known += [self.differing[claim_id]] if claim_id in self.differing else []
            if claim.content in seen or any(claim.content == k.content for k in known):
                night.fates.append((row.file, row.line, "duplicate", claim_id))
                continue
            seen.add(claim.content)
            night.fates.append((row.file, row.line, "loaded", claim_id))
            if claim_id in new:
                v15.add(claim_id)                                   # the last that is no duplicate is shown
            if claim_id in self.decided:
                v12.add(claim_id)
            new[claim_id] = claim
        return new, v15, v12

    def make_batch(self, new: dict[str, Claim], v15: set[str]):
        """Section 3: the new claims and the retried ones, in order; with the codes that a retried claim keeps."""
        batch, earlier_codes = list(new.values()), {}
        for claim_id, (claim, codes) in self.held.items():
            if claim_id not in new:
                batch.append(claim)
                earlier_codes[claim_id] = codes & STICKY
        batch.sort(key=lambda c: c.order)
        return batch, earlier_codes

    def assess(self, batch, earlier_codes, v15, v12, as_of) -> list[Decision]:
        awarded_before = [d.claim for d in self.decided.values() if d.award > 0]
        decisions: list[Decision] = []
        for i, claim in enumerate(batch):
            others = [c for c in batch[:i] + awarded_before if c.id != claim.id]
            codes = self.exceptions_of(claim, others, as_of, earlier_codes.get(claim.id, set()))
            if claim.id in v12:
                codes.add("V12")
            if claim.id in v15:
                codes.add("V15")
            decisions.append(Decision(claim, "exception", codes) if codes else self.decide(claim, decisions))
        return decisions

    def keep(self, decisions: list[Decision], v12: set[str]):
        for d in decisions:
            if d.claim.id in v12:
                self.differing[d.claim.id] = d.claim
            elif d.outcome == "exception":
                self.held[d.claim.id] = (d.claim, d.codes)
            else:
                self.held.pop(d.claim.id, None)
                self.decided[d.claim.id] = d

    # ------------------------------------------------------------------------------------------ reference rows

    def institution(self, uscc):
        rows = self.reference["institutions"].get((("typed", uscc),))
        return rows[-1] if rows and uscc else None

    def retained(self, uscc, year_):
        """VAT + CIT of a year in fen, below zero counted as zero; None without a readable row (V06)."""
        rows = self.reference["retained_tax"].get((("typed", uscc), ("typed", year_)))
        if not rows or not uscc:
            return None
        vat, cit = rows[-1].value("vat_retained_yuan"), rows[-1].value("cit_retained_yuan")
        return None if vat is None or cit is None else max(0, vat + cit)

    def first_year_at_ten_million(self, uscc):
        """E10, 2.4."""
        years = []
        for history in self.reference["retained_tax"].values():
            row = history[-1]
            total = row.value("total_tax_paid_yuan")
            if row.value("uscc") == uscc and row.value("year") is not None and total is not None \
                    and total >= TEN_MILLION:
                years.append(row.value("year"))
        return min(years, default=None)

    def awarded(self, uscc, clauses, claim_year, tonight) -> int:
        """Net fen under these clauses (claim_year None: all years): prior awards, earlier runs, earlier in the batch."""
        total = 0
        for history in self.reference["prior_awards"].values():
            row = history[-1]
            if row.value("uscc") == uscc and row.value("clause") in clauses \
                    and claim_year in (None, row.value("claim_year")):
                total += row.value("awarded_yuan")
        for d in list(self.decided.values()) + tonight:
            if d.claim.uscc == uscc and d.claim.clause in clauses and claim_year in (None, d.claim.claim_year):
                total += d.award
        return total

    # ------------------------------------------------------------------------------------ exceptions (section 3.1)

    def exceptions_of(self, claim: Claim, others: list[Claim], as_of: date, kept: set[str]) -> set[str]:
        codes = set(kept)
        office = claim.clause in OFFICE
        if any(claim.cells[n].empty for n in claim.needed):
            codes.add("V01")
        if any(c.unreadable or claim.out_of_range(n) for n, c in claim.cells.items()):
            codes.add("V02")
        institution = self.institution(claim.uscc)
        if claim.uscc and institution is None:
            codes.add("V03")
        if claim.uscc and not check_character_holds(claim.uscc):
            codes.add("V04")
        if any(same_application(claim, o) for o in others):
            codes.add("V05")
        if (office or claim.clause == "3") and claim.claim_year is not None \
                and self.retained(claim.uscc, claim.claim_year) is None:
            codes.add("V06")
        if "V05" not in codes and any(same_premises_again(claim, o) for o in others):
            codes.add("V07")
        if any(other_tenure(claim, o) for o in others):
            codes.add("V10")
        size, invested, local = claim.fund_size_yuan, claim.invested_yuan, claim.invested_local_yuan
        if claim.clause in FUNDS and (later(local, invested) or later(invested, size)):
            codes.add("V08")
        established = institution.value("established_on") if institution else None
        submitted = claim.submitted_on
        if later(submitted, as_of) or later(established, submitted) \
                or claim.clause == "1.1" and later(claim.capital_verified_on, submitted) \
                or office and (later(claim.purchased_on, submitted) or later(claim.rent_from, claim.rent_to)):
            codes.add("V09")
        if office and claim.claim_year is not None:
            days = {"rent": (claim.rent_from, claim.rent_to), "purchase": (claim.purchased_on,)}.get(claim.tenure, ())
            if None not in days and any(d.year != claim.claim_year for d in days):
                codes.add("V11")
        if claim.clause == "1.5" and claim.manager_uscc:
            manager = self.institution(claim.manager_uscc)
            if manager is None or manager.value("sector") != "fund_manager":
                codes.add("V13")
        if institution and any(institution.value(n) is None for n in (
                "sector", "level", "origin", "established_on", "regulator_approved")) \
                or institution and city_share(institution) is None:
            codes.add("V14")
        if claim.clause == "1.1" and established and claim.capital_verified_on \
                and half_year(established, claim.capital_verified_on) == "unknown":
            codes.add("V16")
        return codes

    # --------------------------------------------------------------------- refusals and amounts (sections 3.2, 3.3)

    def decide(self, claim: Claim, tonight: list[Decision]) -> Decision:
        """A claim without a V code: refusals, the computed amount, the limits, the funding."""
        refusals = self.refusals(claim, tonight)
        if refusals:
            return Decision(claim, "rejected", refusals)
        computed, reductions = self.computed(claim, tonight)
        if computed == 0:
            return Decision(claim, "rejected", {"E13"})
        award = computed
        if claim.clause in OFFICE:
            award = self.limits(claim, computed, reductions, tonight)
        if award == 0:
            return Decision(claim, "rejected", reductions)
        county = 0
        if claim.clause.startswith("1."):
            share = city_share(self.institution(claim.uscc))
            county = rounded_down(Fraction(award * (10000 - share), 10000))
        payee = claim.manager_uscc if claim.clause == "1.5" else claim.uscc
        return Decision(claim, "reduced" if reductions else "approved", reductions, award, award - county, county, payee)

    def window(self, claim: Claim) -> tuple[date, date] | None:
        """The three years, their end out; 2.4: from the first year at ten million (None: E10)."""
        if claim.clause == "2.4":
            first = self.first_year_at_ten_million(claim.uscc)
            if first is None or claim.claim_year < first:
                return None
            return date(max(1, first), 1, 1), date(max(1, first + 3), 1, 1)
        established = self.institution(claim.uscc).value("established_on")
        return established, months_after(established, 36)

    def refusals(self, claim: Claim, tonight: list[Decision]) -> set[str]:
        institution, c, codes = self.institution(claim.uscc), claim.clause, set()
        sector, level = institution.value("sector"), institution.value("level")
        established = institution.value("established_on")
        if sector not in COVERED_SECTORS[c] or c == "3" and is_foreign_bank_misfit(sector, level):
            codes.add("E01")
        if level not in COVERED_LEVELS[c]:
            codes.add("E02")
        if established < POLICY_DAY:
            codes.add("E03")
        if c == "1.1" and half_year(established, claim.capital_verified_on) == "late":
            codes.add("E04")
        if c in TIERS and tier(c, claim.paid_in_capital_yuan if c == "1.1" else claim.fund_size_yuan) is None:
            codes.add("E05")
        if c in ONE_OFF and self.awarded(claim.uscc, ONE_OFF, None, tonight) > 0 \
                or c == "3" and self.awarded(claim.uscc, ("3",), claim.claim_year, tonight) > 0:
            codes.add("E06")
        if c in FUNDS and 2 * claim.invested_local_yuan < claim.fund_size_yuan:
            codes.add("E07")
        window = self.window(claim)
        if window is None:
            codes.add("E10")
        elif c in OFFICE and claim.tenure == "rent" and days_inside(claim.rent_from, claim.rent_to, window) == 0:
            codes.add("E09")
        elif c == "3" and (claim.claim_year < established.year or date(claim.claim_year, 1, 1) >= window[1]):
            codes.add("E09")
        if c == "3" and institution.value("regulator_approved") == "no":
            codes.add("E11")
        if c in ("1.2", "1.3") and institution.value("origin") != "new":
            codes.add("E12")
        return codes

    def computed(self, claim: Claim, tonight: list[Decision]) -> tuple[int, set[str]]:
        """The computed amount in fen, each step rounded once (section 2), and R03 where it applies."""
        c = claim.clause
        if c == "1.1":
            return tier(c, claim.paid_in_capital_yuan), set()
        if c in FLAT:
            return FLAT[c], set()
        if c in FUNDS:
            cumulative = half_up(Fraction(tier(c, claim.fund_size_yuan) * min(claim.invested_yuan, claim.fund_size_yuan), claim.fund_size_yuan))
            return max(0, cumulative - self.awarded(claim.uscc, FUNDS, None, tonight)), set()
        if claim.tenure == "purchase" and c in OFFICE:
            return half_up(Fraction(500 * claim.floor_area_m2)), set()
        if c in OFFICE:
            first, last = claim.rent_from, claim.rent_to
            inside, days = days_inside(first, last, self.window(claim)), (last - first).days + 1
            eligible = half_up(Fraction(claim.rent_paid_yuan * inside, days))
            return half_up(RENT_RATE[c] * eligible), {"R03"} if inside < days else set()
        new_year, window = date(claim.claim_year, 1, 1), self.window(claim)
        last = date(claim.claim_year, 12, 31)
        days = (last - new_year).days + 1
        inside = min((window[1] - new_year).days, days)                 # the first year counts whole
        share = Fraction(inside, days)
        return (half_up(Fraction(1, 2) * self.retained(claim.uscc, claim.claim_year) * share),
                {"R03"} if inside < days else set())

    def limits(self, claim: Claim, amount: int, reductions: set[str], tonight: list[Decision]) -> int:
        """2.x limits, in this order: R02 (half of the year's retained tax), then R01 (all years)."""
        ceiling = rounded_down(Fraction(self.retained(claim.uscc, claim.claim_year), 2))
        left = max(0, ceiling - self.awarded(claim.uscc, OFFICE, claim.claim_year, tonight))
        if amount > left:
            amount = left
            reductions.add("R02")
        left = max(0, OFFICE_CAP[claim.clause] - self.awarded(claim.uscc, OFFICE, None, tonight))
        if amount > left:
            amount = left
            reductions.add("R01")
        return amount


def later(a, b) -> bool:
    """a > b, both known."""
    return a is not None and b is not None and a > b


def well_formed_id(row: Row) -> str:
    """The claim_id, or '' where there is none, it is malformed, or the number of cells is wrong."""
    if row.cells is None or "claim_id" not in row.cells:
        return ""
    raw = row.cells["claim_id"].raw
    return raw if CLAIM_ID.fullmatch(raw) else ""


def city_share(institution: Row):
    """city_share_pct in hundredths, None where empty, unreadable or not 0 to 100 (V14)."""
    share = institution.value("city_share_pct")
    return share if share is not None and 0 <= share <= 10000 else None


# ------------------------------------------------------------------------------------------------ output (section 4)

def money(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def shown_uscc(cell: Cell) -> str:
    """Typed, or the trimmed raw text where it is no uscc: here one that fails its check counts as unreadable."""
    return cell.value if cell.value and check_character_holds(cell.value) else cell.raw


def shown_clause(cell: Cell) -> str:
    return cell.raw if cell.unreadable else cell.value or ""


def csv_line(cells: list[str]) -> str:
    """Quotes only where RFC 4180 needs them."""
    return ",".join('"' + c.replace('"', '""') + '"' if re.search(r'[",\r\n]', c) else c for c in cells) + "\n"


def decisions_csv(decisions: list[Decision]) -> str:
    """One row per claim that the run decided or held, sorted by claim_id in byte order."""
    lines = ["claim_id,uscc,clause,claim_year,outcome,award_yuan,city_yuan,county_yuan,payee_uscc,reason_codes\n"]
    for d in sorted(decisions, key=lambda d: d.claim.id.encode()):
        amounts = ["", "", ""] if d.outcome == "exception" else [money(d.award), money(d.city), money(d.county)]
        year_ = d.claim.claim_year
        lines.append(csv_line([
            d.claim.id, shown_uscc(d.claim.cells["uscc"]), shown_clause(d.claim.cells["clause"]),
            "" if year_ is None else str(year_), d.outcome, *amounts, d.payee, ";".join(sorted(d.codes))]))
    return "".join(lines)
