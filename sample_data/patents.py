"""The sample of the patent policy: one folder of claims as offices send them, with every clause, every outcome and most codes.

Everything is invented: names hold 示例, credit codes and identity numbers stand under the district 411799, which does not exist, all
persons were born on 1900-01-01, accounts begin with zeros.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from pathlib import Path

from claims.policy.model import SHIPPED, Field, load_policy
from sample_data.files import chinese, office_sheet, save
from sample_data.institutions import Row, uscc

TABLES = load_policy(SHIPPED / "zhumadian-2020-53").tables
PLEDGES_TITLE = "驻马店市专利权质押融资奖补申报汇总表（2024年上半年，示例）"
NOTE = "2024年上半年专利资助奖励申报资料，全部内容均为虚构示例。本说明不是数据文件，程序不读取。\n"


def identity_number(number: int) -> str:
    """An identity number with its check character (GB 11643) that nobody has."""
    body = f"41179919000101{number:03d}"
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


# ---------------------------------------------------------------- who there is

NAMES = {
    "恒通": ("驻马店示例恒通机械有限公司", "company"),
    "瑞丰": ("驻马店示例瑞丰化工有限公司", "company"),
    "天中": ("驻马店示例天中药业股份有限公司", "company"),
    "汝河": ("汝南示例汝河食品有限公司", "company"),
    "铜山": ("泌阳示例铜山新材料有限公司", "company"),
    "蔡都": ("上蔡示例蔡都农机有限公司", "company"),
    "确山": ("确山示例确山建材有限公司", "company"),
    "郑州": ("郑州示例中原电子有限公司", "company"),
    "学院": ("驻马店示例职业技术学院", "institution"),
    "协会": ("驻马店示例行业协会", "public_body"),
    "专代一": ("驻马店示例专利代理事务所（普通合伙）", "agency"),
    "专代二": ("驻马店示例知识产权代理有限公司", "agency"),
    "担保": ("驻马店示例融资担保有限公司", "guarantor"),
    "评估": ("驻马店示例资产评估有限公司", "appraiser"),
    "保险": ("示例财产保险股份有限公司驻马店中心支公司", "insurer"),
    "服务": ("驻马店示例知识产权运营服务有限公司", "other_service"),
    "外地担保": ("信阳示例融资担保有限公司", "guarantor"),
}
PERSONS = {"张": "张示例", "李": "李示例"}
CODES = {key: uscc(8_000_000 + number) for number, key in enumerate([*NAMES, "未登记"])} | {
    key: identity_number(number) for number, key in enumerate([*PERSONS, "未登记的人"], 1)}
UNSOUND = {
    "蔡都": {"standing": "irregular"}, "确山": {"standing": "cancelled"}, "郑州": {"in_city": "no"}, "外地担保": {"in_city": "no"},
    "协会": {"bank_name": "", "bank_account": ""}, "专代二": {"standing": "尚待核实"},
}


def applicants() -> list[Row]:
    """One row per unit and person that is listed."""
    listed = NAMES | {key: (name, "person") for key, name in PERSONS.items()}
    return [
        {"applicant": CODES[key], "name": name, "applicant_kind": category, "in_city": "yes", "standing": "clean",
         "bank_name": "示例银行驻马店示例支行", "bank_account": f"00000000{number:011d}"} | UNSOUND.get(key, {})
        for number, (key, (name, category)) in enumerate(listed.items(), 1)
    ]


# ---------------------------------------------------------------- what is claimed

INVENTION = {"patent_kind": "invention"}
BOUGHT = INVENTION | {"from_elsewhere": "yes", "related_parties": "no", "recognised": "yes"}


def a_claim(who: str, clause: str, event_on: str, **cells: str) -> Row:
    """A claim for the year of its matter, sent on 2024-05-20 if nothing else is said; `set_to` is what an official determined."""
    row = {"applicant": CODES[who], "clause": clause, "claim_year": event_on[:4], "submitted_on": "2024-05-20", "event_on": event_on}
    return row | cells


def abroad(who: str, number: str, project: str, country: str, event_on: str = "2023-06-15") -> Row:
    """A claim for a patent granted in another country."""
    return a_claim(who, "11", event_on, **INVENTION, patent_no=number, project_no=project, country=country)


def pledge(who: str, clause: str, event_on: str, contract: str, financing: str, interest: str, set_to: str, **cells: str) -> Row:
    """A claim for the costs of a loan on pledged patents: interest, and 20,000 yuan of fees."""
    loan = {"contract_no": contract, "loan_yuan": financing, "financing_yuan": financing, "appraised_yuan": financing}
    costs = {"interest_yuan": interest, "appraisal_fee_yuan": "8000", "guarantee_fee_yuan": "12000", "insurance_fee_yuan": "0"}
    conditions = {"performed": "yes", "pledge_registered": "yes", "owned_by_borrower": "yes"}
    return a_claim(who, clause, event_on, **loan | costs | conditions | {"set_to": set_to} | cells)


def service(who: str, contract: str, financing: str, borrower: str = "天中") -> Row:
    """A claim of a service provider for a financing that it served."""
    row = {"contract_no": contract, "borrower": CODES[borrower], "financing_yuan": financing}
    return a_claim(who, "26", "2024-03-08", **row, performed="yes", pledge_registered="yes")


PATENTS = [
    a_claim("天中", "8", "2023-03-14", **INVENTION, patent_no="ZL202010990001.1"),
    a_claim("张", "8", "2023-05-09", **INVENTION, patent_no="ZL202010990002.6"),
    a_claim("学院", "8", "2024-01-16", **INVENTION, patent_no="ZL202110990003.X"),
    a_claim("瑞丰", "8", "2023-03-14", **INVENTION, patent_no="ZL202010990001.1"),
    a_claim("天中", "8", "2023-04-18", patent_kind="utility", patent_no="ZL202220990004.3"),
    a_claim("天中", "8", "2020-11-29", **INVENTION, patent_no="ZL201810990005.8"),
    a_claim("蔡都", "8", "2023-07-04", **INVENTION, patent_no="ZL202010990006.2"),
    a_claim("确山", "8", "2023-07-11", **INVENTION, patent_no="ZL202010990007.7"),
    a_claim("郑州", "8", "2023-08-01", **INVENTION, patent_no="ZL202010990008.1"),
    a_claim("恒通", "8", "2023-02-30", **INVENTION, patent_no="ZL202010990009.6"),
    a_claim("恒通", "8", "2023-09-05", **INVENTION, patent_no=""),
    a_claim("恒通", "8", "2023-09-12", **INVENTION, patent_no="ZL202010990010.9", claim_year="2024"),
    a_claim("未登记", "8", "2023-10-10", **INVENTION, patent_no="ZL202010990011.3"),
    a_claim("未登记的人", "8", "2023-10-17", **INVENTION, patent_no="ZL202010990012.8", applicant=CODES["未登记的人"][:-1] + "X"),
    a_claim("恒通", "8", "2024-06-18", **INVENTION, patent_no="ZL202210990013.2"),
    a_claim("恒通", "9", "2023-11-07", **INVENTION, patent_no="ZL201910990014.7", from_elsewhere="yes"),
    a_claim("李", "9", "2023-11-14", **INVENTION, patent_no="ZL201910990015.1", from_elsewhere="no"),
    a_claim("恒通", "10.1", "2023-06-20", **BOUGHT, contract_no="示例技2023-001", deal_yuan="600000"),
    a_claim("恒通", "10.1", "2024-02-27", **BOUGHT, contract_no="示例技2024-002", deal_yuan="800000", submitted_on="2024-05-21"),
    a_claim("瑞丰", "10.1", "2023-10-24", **BOUGHT, contract_no="示例技2023-003", deal_yuan="123456.78"),
    a_claim("天中", "10.1", "2023-10-31", **BOUGHT | {"related_parties": "yes"}, contract_no="示例技2023-004", deal_yuan="500000"),
    a_claim("汝河", "10.1", "2023-12-05", **BOUGHT | {"recognised": "no"}, contract_no="示例技2023-005", deal_yuan="300000"),
    a_claim("张", "10.1", "2023-12-12", **BOUGHT, contract_no="示例技2023-006", deal_yuan="80000"),
    abroad("天中", "US 11,990,101 B2", "示例项目01", "usa"),
    abroad("天中", "JP 7990102", "示例项目01", "jpn"),
    abroad("天中", "EP 3990103", "示例项目01", "epo"),
    abroad("天中", "GB 2990104", "示例项目01", "gbr", "2023-08-22"),
    abroad("天中", "KR 10-2990105", "示例项目01", "kor", "2023-09-19"),
    abroad("天中", "AU 2020990106", "示例项目01", "aus", "2024-01-09") | {"submitted_on": "2024-05-22"},
    abroad("学院", "US 11,990,107 B2", "示例项目02", "usa"),
    abroad("学院", "US 11,990,108 B2", "示例项目02", "usa", "2023-11-21"),
    abroad("学院", "US 11,990,107 B2", "示例项目03", "usa"),
    a_claim("天中", "12", "2023-04-25", patent_no="PCT/CN2023/990201"),
    a_claim("李", "12", "2023-05-30", patent_no="PCT/CN2023/990202"),
    a_claim("天中", "13", "2023-01-10", **INVENTION, patent_no="ZL201410990016.6", annuity_year="10", fee_paid_yuan="4000"),
    a_claim("天中", "13", "2024-01-11", **INVENTION, patent_no="ZL201410990016.6", annuity_year="11", fee_paid_yuan="4000"),
    a_claim("瑞丰", "13", "2024-01-25", **INVENTION, patent_no="ZL201410990016.6", annuity_year="11", fee_paid_yuan="4000"),
    a_claim("张", "13", "2023-02-14", **INVENTION, patent_no="ZL202010990002.6", annuity_year="4", fee_paid_yuan="180.45"),
    a_claim("瑞丰", "13", "2023-02-21", **INVENTION, patent_no="ZL200310990017.0", annuity_year="21", fee_paid_yuan="8000"),
    a_claim("汝河", "8", "2023-12-26", **INVENTION, patent_no="ZL202110990022.5"),
]
PRIZES = [
    a_claim("天中", "14", "2023-07-20", patent_no="ZL201710990018.5", prize="cn_gold"),
    a_claim("学院", "14", "2023-07-20", patent_no="ZL201710990019.X", prize="cn_excellence"),
    a_claim("李", "14", "2023-09-28", patent_no="ZL201810990020.2", prize="henan_second"),
    a_claim("瑞丰", "14", "2023-09-28", patent_no="ZL201810990021.7", prize="henan_third"),
    a_claim("专代一", "16", "2024-02-05", granted_count="31", recognised="yes", claim_year="2023"),
    a_claim("服务", "16", "2024-02-05", granted_count="45", recognised="yes", claim_year="2023"),
    a_claim("专代一", "16", "2023-02-06", granted_count="30", recognised="no", claim_year="2022"),
    a_claim("专代二", "16", "2024-02-05", granted_count="52", recognised="yes", claim_year="2023"),
    a_claim("恒通", "18", "2023-06-12", level="city_demonstration"),
    a_claim("恒通", "18", "2023-11-30", level="provincial", set_to="130000", submitted_on="2024-05-21"),
    a_claim("瑞丰", "18", "2023-06-12", level="city_leading"),
    a_claim("瑞丰", "18", "2023-06-12", level="city_advantage", submitted_on="2024-05-21"),
    a_claim("天中", "18", "2023-12-20", level="national_demonstration", set_to="500000"),
    a_claim("汝河", "18", "2023-12-20", level="national_advantage"),
    a_claim("天中", "20", "2023-08-15", set_to="45000"),
    a_claim("学院", "20", "2023-08-29", set_to="50000"),
    a_claim("协会", "20", "2023-09-05", set_to="30000"),
    a_claim("恒通", "20", "2023-09-12", set_to="50000.01"),
    a_claim("瑞丰", "20", "2023-09-19", set_to="约四万"),
    a_claim("天中", "10.2", "2023-04-28", project_no="示例产业化项目A", recognised="yes", set_to="200000"),
    a_claim("天中", "10.2", "2024-04-26", project_no="示例产业化项目A", recognised="yes", set_to="200000", submitted_on="2024-05-21"),
    a_claim("天中", "10.2", "2024-04-26", project_no="示例产业化项目A", recognised="yes", set_to="50000", submitted_on="2024-05-22"),
]
PLEDGES = [
    pledge("铜山", "24.1", "2024-01-15", "示例贷2023-01", "2000000", "150000", "80000"),
    pledge("铜山", "24.1", "2024-02-20", "示例贷2023-02", "1500000", "100000", "50000", submitted_on="2024-05-21"),
    pledge("铜山", "24.2", "2024-03-11", "示例贷2023-03", "9000000", "640000", "260000", submitted_on="2024-05-22"),
    pledge("瑞丰", "24.2", "2023-12-18", "示例贷2022-04", "6000000", "301234.56", "128493.82"),
    pledge("汝河", "24.2", "2024-03-25", "示例贷2023-05", "5000000", "280000", "100000"),
    pledge("恒通", "24.1", "2023-11-27", "示例贷2022-06", "2000000.01", "120000", "60000"),
    pledge("恒通", "24.2", "2023-11-27", "示例贷2022-07", "3000000", "170000", "70000", performed="no"),
    pledge("恒通", "24.2", "2023-11-27", "示例贷2022-08", "3000000", "170000", "70000", pledge_registered="no", owned_by_borrower="no"),
    pledge("恒通", "24.2", "2023-11-27", "示例贷2022-09", "3000000", "170000", "70000", appraised_yuan="599999.99"),
    pledge("瑞丰", "24.2", "2024-01-30", "示例贷2022-04", "6000000", "301234.56", "100000", submitted_on="2024-05-21"),
    pledge("天中", "24.2", "2023-10-16", "示例贷2022-10", "4000000", "220000", "90000", loan_yuan="3000000"),
    service("担保", "示例贷2024-11", "2000000"),
    service("评估", "示例贷2024-12", "10000000", "恒通"),
    service("保险", "示例贷2024-12", "50000000", "恒通"),
    service("服务", "示例贷2024-13", "1999999.99"),
    service("外地担保", "示例贷2024-14", "8000000"),
    service("担保", "示例贷2024-15", "8000000", "郑州"),
    service("担保", "示例贷2024-16", "8000000", "未登记"),
    service("评估", "示例贷2024-17", "8000000") | {"event_on": "2024-05-28"},
]
PAID_BEFORE = [("汝河", "24.2", str(year), f"{year + 1}-01-20", f"示例贷{year - 1}-00", "120000") for year in (2021, 2022, 2023)] + [
    ("恒通", "20", "2021", "2022-03-15", "", "40000")]
STANDARDS = [
    {"prize": "henan_first", "year": "2023", "standard_yuan": "100000"},
    {"prize": "henan_second", "year": "2023", "standard_yuan": "50000"},
]


def _numbered(prefix: str, rows: Iterable[Row]) -> list[Row]:
    return [row | {"claim_id": f"{prefix}-2024-{number:03d}"} for number, row in zip(count(1), rows)]


def _determinations(rows: Iterable[Row]) -> list[Row]:
    return [
        {"claim_id": row["claim_id"], "determined_yuan": row["set_to"], "determined_by": "示例审核组", "determined_on": "2024-06-05"}
        for row in rows if "set_to" in row
    ]


def _prior_awards() -> list[Row]:
    return [
        {"applicant": CODES[who], "clause": clause, "claim_year": year, "awarded_yuan": yuan, "awarded_on": paid_on,
         "voucher_no": f"示例凭证{number:05d}", "contract_no": contract}
        for number, (who, clause, year, paid_on, contract, yuan) in enumerate(PAID_BEFORE, 1)
    ]


def _columns(table: str, rows: list[Row]) -> list[Field]:
    """The columns that an office's file has: those that must be there, and those that some row fills."""
    return [field for field in TABLES[table].field if not field.optional or any(row.get(field.name) for row in rows)]


def write_patents(folder: Path) -> None:
    """Write the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    patents, prizes, pledges = _numbered("ZL", PATENTS), _numbered("JL", PRIZES), _numbered("RZ", PLEDGES)
    corrected = patents[-1] | {"patent_no": "ZL202110990023.X"}
    for name, table, rows, encoding in (
        ("applicants", "applicants", applicants(), "utf-8-sig"),
        ("prior_awards", "prior_awards", _prior_awards(), "utf-8"),
        ("provincial_standards", "provincial_standards", STANDARDS, "utf-8"),
        ("determinations", "determinations", _determinations([*patents, *prizes, *pledges]), "utf-8"),
        ("claims-专利资助", "claims", [*patents, corrected], "utf-8-sig"),
        ("claims-奖励", "claims", prizes, "utf-8"),
    ):
        save(folder / f"{name}.csv", chinese(_columns(table, rows), rows), encoding, "\r\n")
    save(folder / "claims-质押融资.csv", office_sheet(_columns("claims", pledges), pledges, PLEDGES_TITLE), "gb18030", "\r\n")
    (folder / "报送说明.txt").write_text(NOTE, encoding="utf-8")
