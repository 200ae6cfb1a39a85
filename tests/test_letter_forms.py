"""The form of a letter, measured on its pages: GB/T 9704-2012 as docs/letters.md lists it, and what a workspace may set of it."""

from __future__ import annotations

import functools
import io
import math
import re
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from docx import Document
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable
from pypdf import PdfReader

from claims.errors import InputRefused, UsageError
from claims.letters import render_letters, samples
from claims.letters.look import Look, made_look
from claims.letters.samples import INSTITUTION, KINDS, supplement
from claims.letters.titles import TITLE_LINE_LENGTH, sense_lines
from claims.letters.word import COPY_NOTE, word_copy
from claims.letters.wording import letter_of, texts_of
from claims.policy.model import SHIPPED, load_policy
from claims.resources import template_dir
from claims.settings import load_settings
from pipelines.letters import preview_letter
from tests import golden
from tests.casefiles import STYLE, approved, reduced, rejected
from tests.commands import few_claims
from tests.golden import Line, Rule, as_text, kept, lines_of, rules_of
from tests.settle import settle

BODY, SMALL = 15.8, 14.0
CELL, PITCH = 156 / 28, 225 / 22
CASE_LETTERS = ("approved", "reduced", "rejected", "withdrawn", "supplementary", "corrected", "recovery", "revoked")


@functools.cache
def pages(kind: str, sealed: bool = True) -> tuple[list[list[Line]], list[list[Rule]]]:
    reader = PdfReader(io.BytesIO(golden.sample(kind, Look(sealed=sealed))))
    return [lines_of(page) for page in reader.pages], [rules_of(page) for page in reader.pages]


def line_with(lines: list[Line], text: str) -> Line:
    return next(line for line in lines if "".join(line.text.split()).startswith(text))  # a line may be stretched


def top_of(line: Line) -> float:
    """The upper edge of a line's characters, in mm from the top of the page."""
    return line.baseline - 0.88 * line.size * 25.4 / 72


# ---------------------------------------------------------------- golden pages


@pytest.mark.parametrize("kind", KINDS)
def test_the_pages_of_a_kind_are_as_they_were_approved(kind):
    assert as_text(golden.sample(kind)) == kept(kind).read_text(encoding="utf-8"), "`make golden` writes them anew"


def test_there_is_a_golden_page_of_every_kind_and_no_other():
    assert {path.name for path in golden.FOLDER.glob("letter-*")} == {kept(kind).name for kind in KINDS}


# ---------------------------------------------------------------- measures


def test_the_head_of_a_document_keeps_to_the_measures():
    first, rules = (of[0] for of in pages("approved"))
    mark, number, rule = line_with(first, "驻马店市财政局文件"), line_with(first, "驻财金"), rules[0]
    assert top_of(mark) == pytest.approx(37 + 35, abs=0.1)
    assert top_of(number) == pytest.approx(mark.baseline + 0.12 * 46 * 25.4 / 72 + 2 * PITCH, abs=0.1)
    assert (rule.left, rule.length) == (28.0, 156.0)
    assert rule.top == pytest.approx(number.baseline + 0.12 * CELL + 4, abs=0.1)
    assert [line.size for line in first if "关于核准" in line.text or "的通知" in line.text] == [22.0, 22.0]


def test_the_letter_form_has_its_mark_rules_and_number_where_the_standard_puts_them():
    first, rules = (of[0] for of in pages("supplement"))
    mark, number = line_with(first, "驻马店市财政局"), line_with(first, "驻财金")
    assert top_of(mark) == pytest.approx(30, abs=0.1)
    assert [(rule.left, rule.length, rule.weight) for rule in rules] == [(20.0, 170.0, weight) for weight in (1.5, 0.5, 0.5, 1.5)]
    assert rules[0].top == pytest.approx(mark.baseline + 0.12 * 46 * 25.4 / 72 + 4, abs=0.1)
    assert rules[3].top + 1.5 * 25.4 / 72 == pytest.approx(297 - 20, abs=0.1)
    below = rules[1].top + 0.5 * 25.4 / 72
    assert top_of(number) == pytest.approx(below + 7 / 8 * CELL, abs=0.1)
    assert number.left + CELL * 8 == pytest.approx(184, abs=CELL)  # at the right edge of the text area


def test_the_first_page_of_the_letter_form_has_no_number_and_the_last_has_no_print_office():
    texts = [[line.text for line in lines] for lines in pages("supplement")[0]]
    assert not any(text.startswith("—") for text in texts[0]) and texts[1][-1] == "— 2 —"
    assert texts[-1][-2].startswith("抄送：") and not any("印发" in text for text in sum(texts, []))


@pytest.mark.parametrize("kind", [*CASE_LETTERS, "commended"])
def test_a_document_ends_on_an_even_page_whose_last_rule_is_the_foot_of_the_text_area(kind):
    lines, rules = pages(kind)
    assert len(lines) % 2 == 0
    assert "印发" in lines[-1][-2].text and lines[-1][-1].text == f"— {len(lines)} —"
    *_, first, last = rules[-1]
    assert last.top == pytest.approx(262, abs=0.1) and last.weight == pytest.approx(0.35 / 25.4 * 72, abs=0.01)


def test_page_numbers_stand_outside_odd_ones_right_and_even_ones_left():
    for place, lines in enumerate(pages("approved")[0], start=1):
        number = lines[-1]
        assert (number.text, number.size, number.font) == (f"— {place} —", SMALL, "NotoSerifSC-Regular")
        assert number.left == pytest.approx(28 + SMALL * 25.4 / 72, abs=0.1) if place % 2 == 0 else number.left > 150


def test_headings_stand_in_hei_and_items_in_kai():
    lines = sum(pages("rejected")[0], [])
    assert line_with(lines, "一、不予支持的理由").font == "NotoSansSC-Regular"
    assert line_with(lines, "（一）").font == "GBZenKai-Medium"


def signature(kind: str, sealed: bool) -> tuple[float, float, float, float]:
    """Left edges of issuer and date, their gap to the right edge of the text area, and the blank lines above, in characters and lines."""
    lines = sum(pages(kind, sealed)[0], [])
    place = next(place for place, line in enumerate(lines) if line.text == "2023年4月10日")
    note, issuer, date = lines[place - 2 : place + 1]
    assert (note.text, issuer.text) == ("附件：审核明细表", "驻马店市财政局")
    return issuer.left / CELL, date.left / CELL, (184 - issuer.left) / CELL - 7, (issuer.baseline - note.baseline) / PITCH - 1


def test_a_stamped_letter_has_its_date_four_characters_from_the_edge_and_the_issuer_centred_above():
    issuer, date, _, blank = signature("approved", sealed=True)
    width = 7 - 2 * (date - issuer)  # of the date, which is centred below seven characters
    assert (184 / CELL) - date - width == pytest.approx(4, abs=0.05)
    assert blank == pytest.approx(2, abs=0.05)


def test_an_unstamped_letter_has_its_issuer_two_characters_from_the_edge_and_the_date_two_further_right():
    issuer, date, right, blank = signature("approved", sealed=False)
    assert date - issuer == pytest.approx(2, abs=0.05) and right >= 1.95
    assert blank == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("kind", CASE_LETTERS)
def test_a_letter_tells_the_result_and_its_amount_on_the_first_page_before_the_reasons(kind):
    text = "".join(line.text for line in sum(pages(kind)[0], []))
    result = {"rejected": "不予支持，本次申报的办理终结", "withdrawn": "视为撤回，本次申报的办理终结，未核定金额"}.get(kind, "元（大写：人民币")
    found = [text.index(word) for word in (result, "规定", "一、", "由" if kind != "approved" else "依据", "咨询和异议", "联系电话", "行政复议")]
    assert found == sorted(found)
    assert result in "".join(line.text for line in pages(kind)[0][0])


# ---------------------------------------------------------------- samples


def told_number(text: str) -> Fraction:
    """The number that a fact begins with."""
    return Fraction(re.match(r"[\d,.]+", text)[0].replace(",", ""))


def granted(facts: dict[str, str]) -> tuple[int, int, tuple[int, int]]:
    """By the rule that the samples tell: what is computed, what of it is granted, and the two shares, in fen."""
    area, retained, part = (told_number(facts[title]) for title in ("仓储面积", "年度留成", "市级受益比例"))
    computed = math.floor(area * Fraction("321.09") * 100 + Fraction(1, 2)) if area >= 1000 else 0
    award = min(computed, math.floor(retained * 45))
    lower = math.floor(award * (100 - part) / 100)
    return computed, award, (award - lower, lower)


@pytest.mark.parametrize(("made", "sign"), [(samples.supplementary, 1), (samples.corrected, 0), (samples.recovery, -1), (samples.revoked, -1)])
def test_the_sample_of_an_adjustment_tells_what_the_facts_give_before_and_after_it(made, sign):
    case = made(STYLE, load_settings(Path("no settings of its own")))
    after = {fact.title: fact.text for fact in case.facts}
    [change] = case.adjustment.facts
    before = after | {change.title: change.before}
    assert after[change.title] == change.after
    assert granted(after) == (case.computed_fen, case.award_fen, tuple(share.after_fen for share in case.adjustment.shares))
    assert granted(before)[1:] == (case.adjustment.before_fen, tuple(share.before_fen for share in case.adjustment.shares))
    assert (case.adjustment.difference_fen > 0) - (case.adjustment.difference_fen < 0) == sign


@pytest.mark.parametrize("case", [approved(), reduced(), rejected()], ids=lambda case: case.outcome)
def test_the_sample_of_a_decision_tells_what_its_facts_give(case):
    facts = {fact.title: fact.text for fact in case.facts}
    assert granted(facts) == (case.computed_fen, case.award_fen, tuple(share.award_fen for share in case.shares) or (0, 0))
    assert all(fact.text in "".join(step.text for step in case.steps) for fact in case.facts if case.steps and fact.title in ("仓储面积", "年度留成"))
    assert case.submitted_on.year == case.claim_year and case.submitted_on < case.decided_on and case.decided_on.weekday() < 5


# ---------------------------------------------------------------- titles


def clause_titles() -> Iterator[str]:
    for folder in sorted(SHIPPED.iterdir()):
        yield from (clause.title for clause in load_policy(folder).body.clause)


def test_no_title_of_a_shipped_policy_is_broken_within_a_word():
    whole = ("奖励", "补助", "资助", "机构", "金融", "专利", "证券", "一次性", "申报", "材料", "核准", "通知", "营业场所", "驻马店市财政局")
    for title in clause_titles():
        for parts in (("驻马店市财政局", "关于部分核准", title, "的通知"), ("驻马店市财政局", "关于补正", f"{title}申报材料", "的通知"),
                      ("驻马店市财政局", "关于追回多核定的", f"{title}资金", "的通知")):
            lines = sense_lines(parts)
            assert "".join(lines) == "".join(parts) and max(map(len, lines)) <= TITLE_LINE_LENGTH
            assert not any(line.startswith(("的", "、", "）")) for line in lines)
            assert not [word for word in whole if sum(line.count(word) for line in lines) != "".join(parts).count(word)]


def test_the_lines_of_a_title_have_no_waist():
    lines = sense_lines(["某某市财政局", "关于", "保险、证券机构市级分支机构营业场所补助", "和运营补助以及落户奖励", "的通知"])
    lengths = [len(line) for line in lines]
    assert len(lines) == 3 and not (lengths[0] > lengths[1] < lengths[2])


# ---------------------------------------------------------------- what a workspace sets


@pytest.fixture
def own(tmp_path):
    """A workspace that says who sends its letters, in which fonts, and that it has copies for Word."""
    fonts = tmp_path / "fonts"
    fonts.mkdir()
    (fonts / "kai.ttf").write_bytes((template_dir() / "fonts" / "gkai00mp.ttf").read_bytes())
    (tmp_path / "claims.toml").write_text(
        '[letters]\nsealed = false\nword_copies = true\n[letters.fonts]\nfolder = "fonts"\nfangsong = "AR PL KaitiM GB"\n'
        '[letters.text]\nissuer = "某某市财政局"\nmark = "某某市财政局文件"\nnumber_pattern = "某财〔{year}〕第{number}号"\n'
        'contact = "联系人：某某，电话：0000-0000000"\nobjection = "不服的，可以依法申请行政复议"\ncopies_to = "某某市审计局。"\n'
        'print_office = "某某市财政局办公室"\naddressed_as = "贵单位"\n', encoding="utf-8")
    return tmp_path


def test_a_preview_shows_what_the_workspace_sets_marked_as_a_sample_and_leaves_no_trace(own):
    before = sorted(own.iterdir())
    assert preview_letter(own, "reduced", None, own / "look.pdf").count("Sample: ") == 2
    assert sorted(own.iterdir()) == sorted([*before, own / "look.pdf", own / "look.docx"])
    lines = sum((lines_of(page) for page in PdfReader(own / "look.pdf").pages), [])
    text = "".join(line.text for line in lines)
    for words in ("样张", "某某市财政局文件", "某财〔2023〕第2号", "贵单位", "联系人：某某", "不服的，可以依法申请行政复议。", "抄送：某某市审计局。", "某某市财政局办公室"):
        assert words in text
    assert "驻马店" not in text
    assert line_with(lines, "贵单位的申报").font == "GBZenKai-Medium"


def test_a_font_that_the_folder_does_not_hold_and_a_pattern_without_a_number_are_refused(own):
    path = own / "claims.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("AR PL KaitiM GB", "仿宋"), encoding="utf-8")
    with pytest.raises(InputRefused, match="no font file holds the family “仿宋”.*it holds AR PL KaitiM GB"):
        preview_letter(own, "reduced", None, own / "look.pdf")
    path.write_text(text.replace("第{number}号", "号").replace('"fonts"', '""'), encoding="utf-8")
    with pytest.raises(InputRefused, match=r"(?s)`number_pattern` lacks \{number\}.*`folder` is empty"):
        load_settings(path)


def test_a_run_under_a_font_that_is_not_there_is_refused_before_anything_counts(tmp_path):
    folder = few_claims(tmp_path / "in", "1.1-cap-1")
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "claims.toml").write_text('[letters.fonts]\nfolder = "fonts"\nhei = "黑体"\n', encoding="utf-8")
    with pytest.raises(InputRefused, match="no font file holds the family “黑体”"):
        settle(workspace, folder, letters=True)
    assert not (workspace / "journal.jsonl").exists()


def test_a_character_that_only_an_own_font_has_is_drawn(tmp_path):
    """The glyph check asks the fonts of the workspace, too."""
    (tmp_path / "fonts").mkdir()
    font = TTFont(template_dir() / "fonts" / "gkai00mp.ttf")
    bank = CmapSubtable.newSubtable(12)
    bank.platformID, bank.platEncID, bank.language, bank.cmap = 3, 10, 0, {**font.getBestCmap(), ord("🏦"): font.getBestCmap()[ord("行")]}
    font["cmap"].tables.append(bank)
    for record in font["name"].names:
        if record.nameID == 1:
            font["name"].setName("Own Song", 1, record.platformID, record.platEncID, record.langID)
    font.save(tmp_path / "fonts" / "own.ttf")
    (tmp_path / "claims.toml").write_text('[letters.fonts]\nfolder = "fonts"\nsong = "Own Song"\n', encoding="utf-8")
    look = made_look(load_settings(tmp_path / "claims.toml").letters, tmp_path)
    case = approved(claimant_name="样例🏦银行")
    for name, with_look, rendered in (("without", Look(), 0), ("with", look, 1)):
        (tmp_path / name).mkdir()
        assert render_letters([case], tmp_path / name, processes=1, look=with_look).rendered == rendered
    assert "样例🏦银行：" in PdfReader(tmp_path / "with" / "C-001.pdf").pages[0].extract_text()


def test_there_is_no_preview_of_an_unknown_kind_or_of_a_commendation_that_the_policy_does_not_know(tmp_path):
    with pytest.raises(UsageError, match="there is no letter nope; the kinds are approved"):
        preview_letter(tmp_path, "nope", None, None)
    with pytest.raises(UsageError, match="zhumadian-2020-53 commends nobody"):
        preview_letter(tmp_path, "thanks", "zhumadian-2020-53", None)


# ---------------------------------------------------------------- copies for Word


def words_of(content: bytes) -> list[str]:
    """The texts of a copy: its paragraphs, its cells, its heads and feet."""
    document = Document(io.BytesIO(content))
    section = document.sections[0]
    parts = [document.paragraphs, *(part.paragraphs for part in (section.header, section.even_page_header, section.first_page_header, section.footer))]
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return [paragraph.text for part in parts for paragraph in part] + cells


@pytest.mark.parametrize("case", [approved(), rejected(), supplement(STYLE, 15)], ids=lambda case: case.letter)
def test_a_copy_says_all_that_the_letter_says_and_that_it_is_not_the_record(case):
    letter = letter_of(case, template_dir() / "letters")
    content = word_copy(letter, Look())
    assert content == word_copy(letter, Look())
    text = "".join(words_of(content))
    kinds = {"letter", "document", "plain", "heading", "item", "facts", "bands", "steps", "shares", "defects"}  # what the layout goes by, and is not printed
    unused = {letter["print_office"]} if letter["form"] == "letter" else set()
    assert [words for words in texts_of(letter) if words not in text and words not in kinds | unused] == []
    assert text.count(COPY_NOTE) >= 2


def test_copies_lie_beside_the_letters_and_stand_in_the_manifest(tmp_path):
    result = render_letters([approved("A"), approved("B", claimant_name="样例\ue000银行")], tmp_path, processes=1, look=Look(word_copies=True))
    assert [(file.name, file.pages) for file in result.files] == [("A.pdf", 6), ("print/001.pdf", 6), ("word/A.docx", None)]
    with zipfile.ZipFile(tmp_path / "word" / "A.docx") as copy:
        assert {entry.date_time for entry in copy.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert INSTITUTION in copy.read("word/document.xml").decode()
