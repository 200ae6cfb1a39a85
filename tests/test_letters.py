"""Letters read back: what a reader of the PDF sees is the case file, all of it and nothing else."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import gc
import hashlib
import json
import re
import warnings
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypdf import PdfReader

from claims.casefile import Band, CaseFile, date_text
from claims.errors import RecordBroken
from claims.letters import Drawn, LetterFile, render_letters, render_named
from claims.letters.glyphs import _characters, undrawable
from claims.letters.look import Look
from claims.letters.rendering import compile_letters, font_files
from claims.letters.wording import letter_of, ordinal_text
from claims.money import capital_words, yuan_text
from claims.resources import template_dir
from tests.casefiles import CEILING, COMPUTED, FACTS, STYLE, approved, reduced, rejected

POINTS_PER_MM = 72 / 25.4
HOSTILE = '#eval("1+1") *bank* $x$ <b> `y` \\[z] // 昇䶮㛃'
MANY, IN_A_PART = 14, 10
PAGE_FURNITURE = re.compile(r"—\d+—草稿$")


@pytest.fixture
def rendered(tmp_path):
    """render(case, …) -> the reader of the first case's letter."""

    def render(*cases) -> PdfReader:
        result = render_letters(cases, tmp_path, processes=1)
        assert result.held == ()
        return PdfReader(tmp_path / f"{cases[0].claim_id}.pdf")

    return render


def text_of(reader: PdfReader) -> str:
    """All text without white space, page numbers and draft marks: where a line or page breaks is the page's business."""
    return "".join(PAGE_FURNITURE.sub("", squeezed(page.extract_text())) for page in reader.pages)


def squeezed(text: str) -> str:
    return "".join(text.split())


def lines_of(page) -> list[tuple[float, float, str]]:
    """(mm from the left, mm from the foot, text) of each line of size three, from the top down."""
    lines = defaultdict(str)
    left = {}

    def visit(text, cm, tm, font, size):
        if text.strip() and round(size, 1) == 15.8:
            foot = round((tm[5] + cm[5]) / POINTS_PER_MM, 2)
            left.setdefault(foot, (tm[4] + cm[4]) / POINTS_PER_MM)
            lines[foot] += text.strip()

    page.extract_text(visitor_text=visit)
    return [(left[foot], foot, lines[foot]) for foot in sorted(lines, reverse=True)]


def printed_values(case) -> list[str]:
    """Everything of a case file that its letter must show."""
    values = [case.claim_id, case.claimant_name, case.clause_title, case.article, f"{case.claim_year}年", date_text(case.submitted_on)]
    values += [case.policy_title, case.policy_document_no, date_text(case.decided_on)]
    result = f"核定金额为{yuan_text(case.award_fen)}元（大写：{capital_words(case.award_fen)}）。"
    values += [result if case.award_fen else f"{case.style.addressed_as}的申报（申报编号：{case.claim_id}）不予支持，本次申报的办理终结。"]
    values += [text for fact in case.facts for text in (fact.title, fact.text)]
    values += [text for step in case.steps for text in (step.title, step.text, step.article, step.result, step.next_limit) if text]
    values += [text for band in case.bands for text in (band.text, band.result)]
    values += [text.rstrip("。") for reason in case.reasons for text in (reason.text, reason.article)]
    values += [text for share in case.shares if share.award_fen for text in (share.title,)]
    if case.payee:
        values += [text for text in dataclasses.astuple(case.payee) if text]
    style = dataclasses.asdict(case.style)
    return values + [style[name].rstrip("。") for name in ("issuer", "mark", "contact", "objection", "copies_to", "print_office")]


# ---------------------------------------------------------------- what a letter says


@pytest.mark.parametrize("case", [approved(), reduced(), rejected()], ids=lambda case: case.outcome)
def test_every_value_of_the_case_is_found_in_the_text_of_its_letter(rendered, case):
    text = text_of(rendered(case))
    assert [value for value in printed_values(case) if squeezed(value) not in text] == []


def test_each_treasury_of_a_split_is_named_with_its_amount_in_figures_and_words(rendered):
    case = approved()
    text = text_of(rendered(case))
    for share in case.shares:
        assert f"{share.title}{yuan_text(share.award_fen)}元（大写：{capital_words(share.award_fen)}）" in text


def test_one_treasury_that_bears_all_is_named_alone_and_the_attachment_shows_that_it_bears_all(rendered):
    text = text_of(rendered(reduced()))
    assert "本项资金由市级财政承担" in text
    assert "县级财政" not in text
    assert attached(reduced())["shares"] == [["市级财政", "349,999.99"], ["合计", "349,999.99"]]


@pytest.mark.parametrize("case", [approved(), reduced()], ids=lambda case: case.outcome)
def test_the_computing_steps_of_an_award_end_with_what_is_awarded(case):
    assert attached(case)["steps"][-1] == ["", "核定金额", "—", "—", f"{yuan_text(case.award_fen)}元"]


def test_the_computing_steps_of_a_refusal_end_without_an_award_and_nobody_bears_any():
    tables = attached(rejected(steps=(COMPUTED,)))
    assert tables["steps"][-1][1] == COMPUTED.title and "shares" not in tables


def attached(case: CaseFile) -> dict[str, list[list[str]]]:
    """The rows of each table of the attachment of a letter, by its kind."""
    return {table["kind"]: table["rows"] for table in letter_of(case, template_dir() / "letters")["attachment"]["tables"]}


def test_the_bands_of_the_rule_are_attached_and_the_one_that_an_award_goes_by_is_marked():
    bands = (Band("1,000平方米（含）至2,000平方米（不含）", "100元", True), Band("2,000平方米（含）以上", "200元", False))
    assert attached(approved(bands=bands))["bands"] == [["1,000平方米（含）至2,000平方米（不含）（本次适用）", "100元"], ["2,000平方米（含）以上", "200元"]]
    assert attached(rejected())["bands"] == [[band.text, band.result] for band in rejected().bands] != []


def test_a_payee_without_an_account_is_told_to_register_one(rendered):
    assert "尚未登记银行账户" in text_of(rendered(reduced()))


def test_every_page_is_marked_as_a_draft_and_so_is_the_number(rendered):
    reader = rendered(approved())
    assert all("草稿" in page.extract_text() for page in reader.pages)
    assert "样财金〔2023〕（草稿）号" in reader.pages[0].extract_text()


def paragraphs(case: CaseFile) -> list[str]:
    return [paragraph["lead"] + paragraph["text"] for paragraph in letter_of(case, template_dir() / "letters")["paragraphs"]]


def test_the_steps_of_a_refusal_are_no_reasons_of_it():
    told = paragraphs(rejected(steps=(COMPUTED,)))
    place = told.index("二、计算")
    assert told[place - 1].startswith("（二）开仓日期2020年3月5日早于") and told[place + 1].startswith("仓储补贴：")
    assert told[place + 2] == "认定的事实和逐步的计算见附件。"


def test_a_letter_refers_to_computing_only_where_some_is_attached():
    assert "认定的事实见附件。" in paragraphs(rejected()) and "steps" not in attached(rejected())
    assert not [text for text in paragraphs(rejected()) if "计算" in text]


def test_a_letter_opens_with_the_result_and_its_amount():
    told = paragraphs(reduced())
    assert told[:2] == ["你单位的申报（申报编号：C-002）予以部分核准。", f"核定金额为349,999.99元（大写：{capital_words(34_999_999)}）。"]


def test_a_single_item_under_a_heading_has_no_number():
    told = paragraphs(reduced(waivers=()))
    assert told[told.index("一、核减的理由") + 2] == "当年补贴超过年度留成限额，超过部分不予补贴（依据：第二条末段）。"
    assert [text[:3] for text in told if text.startswith("（")] == ["（一）", "（二）"]  # the steps


@pytest.mark.parametrize(("contact", "told"), [
    ("联系单位：样例科室", "联系单位：样例科室，联系电话：＿＿＿＿＿＿＿＿＿＿。"), ("联系人：样例科室，联系电话：0000-1234567。", "联系人：样例科室，联系电话：0000-1234567。"),
])
def test_a_letter_without_a_telephone_has_a_blank_for_one(contact, told):
    style = dataclasses.replace(STYLE, contact=contact)
    assert f"对本通知的内容有疑问的，请与我单位联系。{told}" in paragraphs(approved(style=style))


def test_a_letter_promises_a_period_of_payment_only_where_one_is_set_and_the_instalments_have_no_days():
    period = "自本通知印发之日起20个工作日内"
    instalment = dataclasses.replace(COMPUTED, kind="instalment", name="1", title="第1期拨付", text="不迟于2023年6月30日拨付396,385.61元")
    promising = dataclasses.replace(STYLE, paid_within=period)
    assert [text for text in paragraphs(approved()) if "资金列入拨付计划后，按照国库集中支付" in text]
    assert [text for text in paragraphs(approved(style=promising)) if text.startswith(f"资金{period}按照国库集中支付")]
    told = paragraphs(approved(style=promising, steps=(COMPUTED, instalment)))
    assert [text for text in told if text.startswith("第1期拨付：不迟于2023年6月30日")] and period not in "".join(told)
    assert "拨付的进度，可凭申报编号C-001向我单位查询。" in told


def test_ordinals_count_as_chinese_paragraphs_do():
    assert [ordinal_text(number) for number in (1, 9, 10, 11, 20, 34)] == ["一", "九", "十", "十一", "二十", "三十四"]


# ---------------------------------------------------------------- names


def test_a_name_of_markup_and_rare_characters_prints_literally(rendered):
    facts = (*FACTS, dataclasses.replace(FACTS[0], text=HOSTILE))
    assert text_of(rendered(approved(claimant_name=HOSTILE, facts=facts))).count(squeezed(HOSTILE)) == 2


def test_control_and_direction_characters_do_not_print(rendered):
    assert "样例银行甲：" in text_of(rendered(approved(claimant_name="样例\u202e银行\u200b\x00甲\n")))


def test_a_long_run_of_letters_stays_on_the_page_and_is_copied_whole(rendered):
    name = "W" * 90
    reader = rendered(approved(claimant_name=name))
    assert name in text_of(reader)
    assert max(text.count("W") for _, _, text in lines_of(reader.pages[0])) < 28


# ---------------------------------------------------------------- letters that are held


@pytest.mark.parametrize("name", ["样例\ue000银行", "样例🏦银行", "样例\ufffd", "样例\ue791银行"])
def test_a_name_that_no_font_can_draw_holds_its_letter_and_no_other(tmp_path, name):
    result = render_letters([approved("A"), approved("B", claimant_name=name), rejected("C")], tmp_path, processes=1)
    (held,) = result.held
    assert (held.claim_id, result.rendered) == ("B", 2)
    assert "样例〓" in held.reason_zh and f"U+{ord(name[2]):04X}" in held.reason_en
    assert sorted(path.name for path in tmp_path.glob("*.pdf")) == ["A.pdf", "C.pdf"]


@pytest.mark.parametrize(
    ("case", "lack"),
    [
        (approved(claimant_name=None), "the claimant's name"),
        (approved(claimant_name=" \u200b"), "the claimant's name"),
        (approved(payee=None), "the payee"),
        (approved(payee=dataclasses.replace(approved().payee, name=None)), "the payee's name"),
        (approved(steps=()), "the computing steps"),
        (approved(shares=()), "the treasury"),
        (rejected(reasons=()), "the reasons"),
        (approved(article=""), "article"),
        (approved(style=dataclasses.replace(STYLE, contact="")), "style.contact"),
        (approved(facts=(dataclasses.replace(FACTS[0], text=None),)), "facts.text"),
    ],
)
def test_a_missing_value_holds_the_letter_and_is_never_a_blank(tmp_path, case, lack):
    result = render_letters([case], tmp_path, processes=1)
    assert (result.rendered, result.files) == (0, ())
    assert f"lacks {lack}" in result.held[0].reason_en


def test_held_letters_are_listed_and_counted(tmp_path):
    result = render_letters([approved("A", claimant_name=None), approved("B")], tmp_path, processes=1)
    rows = list(csv.reader((tmp_path / "held.csv").open(encoding="utf-8", newline="")))
    assert rows == [["claim_id", "reason_zh", "reason_en"], ["A", result.held[0].reason_zh, result.held[0].reason_en]]
    assert json.loads((tmp_path / "manifest.json").read_text("utf-8"))["counts"] == {"held": 1, "rendered": 1}


# ---------------------------------------------------------------- the page


def test_a_full_page_has_22_lines_of_28_characters_on_the_standard_grid(rendered):
    long = dataclasses.replace(rejected().reasons[0], text="测" * 2000)
    lines = lines_of(rendered(rejected(reasons=(long,))).pages[2])
    assert len(lines) == 22
    assert {len(text) for _, _, text in lines} == {28}
    assert {round(left, 1) for left, _, _ in lines} == {28.0}
    assert lines[0][1] - lines[-1][1] == pytest.approx(21 * 225 / 22, abs=0.1)


@pytest.mark.parametrize("length", range(0, 28 * 22, 28))
def test_signature_and_date_never_stand_alone_on_a_page(rendered, length):
    reason = dataclasses.replace(rejected().reasons[0], text="测" * (length + 1))
    reader = rendered(rejected(reasons=(reason,)))
    (signed,) = [page.extract_text() for page in reader.pages if "\n样例市财政局\n2023年4月10日" in page.extract_text()]
    assert "特此通知。" in signed and STYLE.objection in signed.replace("\n", "")
    assert all(len(page.extract_text()) > 20 for page in reader.pages)


@pytest.mark.parametrize("lines", range(8, 18))
def test_an_amount_in_words_is_torn_neither_over_lines_nor_over_pages(rendered, lines):
    """Two amounts come down line by line to the foot of the second page, and over it."""
    case = approved(steps=(dataclasses.replace(COMPUTED, text="测" * 28 * lines), CEILING))
    pages = [[text for _, _, text in lines_of(page)] for page in rendered(case).pages]
    for fen in (case.award_fen, *(share.award_fen for share in case.shares)):
        figures, words = f"{yuan_text(fen)}元", f"（大写：{capital_words(fen)}）"
        [page] = [page for page in pages if any(words in line for line in page)]
        place = next(place for place, line in enumerate(page) if words in line)
        assert figures in page[place - 1] + page[place] and place > 0


@pytest.mark.parametrize("count", range(1, 40, 3))
def test_the_print_block_stands_on_the_last_even_page_and_behind_no_blank_one(rendered, count):
    texts = [squeezed(page.extract_text()) for page in rendered(approved(facts=FACTS[:1] * count)).pages]
    before, last = texts[-2:]
    assert STYLE.copies_to in last and "印发" in last and f"—{len(texts)}—" in last
    assert "承担财政" in before + last and len(texts) % 2 == 0
    assert len(before) > 20


def test_a_long_table_goes_on_over_pages_with_its_header_repeated(rendered):
    steps = tuple(dataclasses.replace(COMPUTED, title=f"步骤{place}", text=COMPUTED.text * 3) for place in range(60))
    reader = rendered(reduced(steps=(*steps, CEILING)))
    texts = [page.extract_text() for page in reader.pages]
    assert sum("规则和算式" in text for text in texts) > 3
    assert all(f"步骤{place}" in "".join(texts) for place in range(60))


# ---------------------------------------------------------------- files


@pytest.fixture(autouse=True, scope="module")
def small_parts() -> Iterator[None]:
    """A part of a few letters shows what one of a hundred does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("claims.letters.LETTERS_PER_PRINT_FILE", IN_A_PART)
        yield


@pytest.fixture(scope="module")
def many(small_parts, tmp_path_factory) -> dict[int, Path]:
    """The same letters, one of them held, in two parts, rendered by one process and by two."""
    folders = {}
    for processes in (1, 2):
        folders[processes] = tmp_path_factory.mktemp(f"letters{processes}")
        render_letters(iter(many_cases()), folders[processes], processes=processes)
    return folders


def many_cases() -> list[CaseFile]:
    makers = (approved, reduced, rejected)
    return [makers[place % 3](f"B-{place:03d}", claimant_name=f"样例{place}号银行" if place != 7 else None) for place in range(MANY)]


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_cases_give_the_same_bytes_whatever_the_number_of_processes(many):
    assert files_of(many[1]) == files_of(many[2])


def test_letters_that_one_process_draws_on_two_threads_have_the_same_bytes(many, tmp_path):
    render_letters(many_cases()[:9], tmp_path, processes=2)
    drawn = {path.name: path.read_bytes() for path in tmp_path.glob("*.pdf")}
    assert len(drawn) == 8 and drawn.items() <= files_of(many[1]).items()


@pytest.mark.parametrize("missing, drawn_again", [
    ((), []), (("B-011.pdf",), [1, 4]), (("print/001.pdf",), [9]), (("print/002.pdf", "B-010.pdf", "B-013.pdf"), [1, 1, 4]),
], ids=["nothing", "a letter", "a print file", "letters and their print file"])
def test_letters_that_were_drawn_before_are_taken_over_and_only_what_is_missing_is_drawn(many, tmp_path, monkeypatch, missing, drawn_again):
    listed = json.loads((many[1] / "manifest.json").read_bytes())["files"]
    files = {name: LetterFile(name, file["sha256"], file["pages"]) for name, file in listed.items() if "pages" in file and name not in missing}
    drawn = []
    monkeypatch.setattr("claims.letters.compile_letters", lambda letters, *rest: drawn.append(len(letters)) or compile_letters(letters, *rest))
    render_letters(iter(many_cases()), tmp_path, processes=1, drawn=Drawn(many[1], files))
    assert files_of(tmp_path) == files_of(many[1])
    assert sorted(drawn) == sorted(drawn_again)


def test_the_manifest_holds_every_file_with_its_hash_and_pages(many):
    files = files_of(many[1])
    manifest = json.loads(files.pop("manifest.json"))
    assert {name: entry["sha256"] for name, entry in manifest["files"].items()} == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }
    for name in ("B-000.pdf", "B-002.pdf", "print/001.pdf"):
        assert manifest["files"][name]["pages"] == len(PdfReader(many[1] / name).pages)
    assert manifest["counts"] == {"held": 1, "rendered": MANY - 1}


def test_print_files_hold_each_letter_once_in_order_and_begin_it_on_an_odd_page(many):
    numbers = []
    for path in sorted((many[1] / "print").iterdir()):
        for place, page in enumerate(PdfReader(path).pages):
            text = squeezed(page.extract_text())
            if "样例市财政局文件" in text:
                assert place % 2 == 0
                numbers.append(text.split("申报编号：")[1][:5])
    assert numbers == [f"B-{place:03d}" for place in range(MANY) if place != 7]
    assert len(list((many[1] / "print").iterdir())) == 2


def test_letters_and_print_files_say_that_they_are_pdf_a(many):
    for name in ("B-000.pdf", "print/001.pdf"):
        metadata = PdfReader(many[1] / name).trailer["/Root"]["/Metadata"].get_data().decode()
        assert "<pdfaid:part>2</pdfaid:part>" in metadata and "<pdfaid:conformance>U</pdfaid:conformance>" in metadata


def test_a_claim_id_takes_no_other_file_s_name(tmp_path):
    result = render_letters([approved(claim_id) for claim_id in ("001", "held.csv", "manifest", "print")], tmp_path, processes=1)
    assert [file.name for file in result.files] == ["001.pdf", "held.csv.pdf", "manifest.pdf", "print.pdf", "print/001.pdf"]


@pytest.mark.parametrize("claim_ids", [("B", "A"), ("A", "A")])
def test_cases_out_of_order_or_doubled_are_refused(tmp_path, claim_ids):
    with pytest.raises(ValueError, match="claim_id order"):
        render_letters([approved(claim_id) for claim_id in claim_ids], tmp_path, processes=1)


@pytest.mark.parametrize("claim_id", ["../A", "/A", "A/B"])
def test_a_letter_whose_id_leads_elsewhere_is_refused(tmp_path, claim_id):
    (tmp_path / "letters").mkdir()
    with pytest.raises(RecordBroken, match="leads outside"):
        render_letters([approved(claim_id)], tmp_path / "letters", processes=1)
    with pytest.raises(RecordBroken, match="leads outside"):
        render_named([(f"commended-{claim_id}", dict)], dt.date(2024, 12, 31), tmp_path / "letters", Look())
    assert [path.name for path in tmp_path.rglob("*.pdf")] == []


def test_progress_counts_letters_and_ends_with_all_of_them(tmp_path):
    told = []
    render_letters([approved("A"), approved("B", claimant_name=None)], tmp_path, on_progress=told.append, processes=1)
    assert told == [2]


def test_the_fonts_that_are_looked_at_are_closed_again():
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        _characters.cache_clear()
        assert undrawable(["核"], font_files(template_dir(), Look())) == []
        gc.collect()
    assert [warning.message for warning in told if warning.category is ResourceWarning] == []
