"""A letter as .docx, for offices that stamp in Word or WPS: a copy that is not the record, which its head says on every page.

It is made from the very letter that the page layout prints (see wording), with the standard's measures as near as Word keeps them: 28 points from line
to line, fonts by the names under which offices have them. The same letter gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import TYPE_CHECKING, Any

from claims.letters.look import Look

if TYPE_CHECKING:
    from docx.document import Document
    from docx.oxml.xmlchemy import BaseOxmlElement
    from docx.text.paragraph import Paragraph

COPY_NOTE = "此件为副本，供排版用印，不是存档文件；与PDF文件不一致的，以PDF文件为准"
FANG, HEAVY, KAI, HEI, SONG = "仿宋_GB2312", "方正小标宋简体", "楷体_GB2312", "黑体", "宋体"
LEAD_FONTS = {"heading": HEI, "item": KAI, "plain": FANG}
PITCH, CHARACTER, TITLE, MARK, SMALL, CELL = 28, 16, 22, 46, 14, 10.5
"""Points: from line to line, and the sizes of body (三号), title (二号), mark, page number and print block (四号), tables (五号)."""
WIDTH_MM = 156
MARGINS_MM = {"top": 37, "bottom": 35, "left": 28, "right": 26}
COLUMNS_MM = {
    "facts": (52, 104), "bands": (104, 52), "steps": (11, 26, 58, 29, 32), "shares": (111, 45), "changes": (46, 55, 55), "adjusted_shares": (54, 34, 34, 34),
    "defects": (11, 34, 34, 41, 36),
}
RIGHT_ALIGNED = {"steps": {4}, "shares": {1}, "adjusted_shares": {1, 2, 3}}
NOTE_MM, NOTE_PITCH, RULE_MM, NUMBER_MM = 12, 12, 20, 22
"""How far from the edge of the page the note stands, and its height in points; how far from the foot the rule of the letter form and the number."""
WORDS_MARK = "（大写："
"""What begins an amount in words: its paragraph stays on one page."""
RED = "D7000F"
MADE = dt.datetime(2000, 1, 1)
"""The day that every copy says it was made on: the clock would make other bytes each time."""


def word_copy(letter: dict[str, Any], look: Look) -> bytes:
    """The .docx of a letter."""
    from docx import Document

    document = Document()
    for element in list(document.element.body)[:-1]:
        document.element.body.remove(element)
    _set_page(document, letter)
    _write_head(document, letter)
    for data in letter["paragraphs"][:-2]:
        _body(document, data)
    for data in letter["paragraphs"][-2:]:
        _body(document, data).paragraph_format.keep_with_next = True
    _sign(document, letter, look)
    if letter["attachment"]:
        _attach(document, letter["attachment"])
    _write_print_block(document, letter)
    return _settled(document)


# ---------------------------------------------------------------- page


def _set_page(document: Document, letter: dict[str, Any]) -> None:
    from docx.shared import Mm

    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    for side, width in MARGINS_MM.items():
        setattr(section, f"{side}_margin", Mm(width))
    section.header_distance, section.footer_distance = Mm(NOTE_MM), Mm(RULE_MM)
    document.settings.odd_and_even_pages_header_footer = True
    note = "　".join(filter(None, [letter["stamp"], COPY_NOTE]))
    for header in (section.header, section.even_page_header):
        _write_note(header.paragraphs[0], note)
    _number_pages(section.footer.paragraphs[0], "right")
    _number_pages(section.even_page_footer.paragraphs[0], "left")
    if letter["form"] == "letter":
        section.different_first_page_header_footer = True
        _write_letter_rules(section, letter["mark"], note)


def _write_note(paragraph: Paragraph, note: str) -> None:
    _run(paragraph, note, SONG, 9)
    _lay(paragraph, pitch=NOTE_PITCH)


def _number_pages(paragraph: Paragraph, side: str) -> None:
    _lay(paragraph, pitch=SMALL + 3, align=side, **{f"{side}_indent": SMALL})
    paragraph.paragraph_format.space_after = _length(_points(NUMBER_MM - RULE_MM))
    _run(paragraph, "— ", SONG, SMALL)
    for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
        run = _run(paragraph, "", SONG, SMALL)._r
        if kind:
            _add(run, "fldChar", fldCharType=kind)
        else:
            _add(run, "instrText").text = text
    _run(paragraph, " —", SONG, SMALL)


def _write_letter_rules(section: Any, mark: str, note: str) -> None:
    """The mark and the double rules of the letter form are the head and the foot of its first page, which has no number."""
    _write_note(section.first_page_header.paragraphs[0], note)
    head, foot = section.first_page_header.add_paragraph(), section.first_page_footer.paragraphs[0]
    _write_mark(head, mark)
    _rule(head, "bottom", "thickThinSmallGap", 24, space=11)
    _rule(foot, "top", "thinThickSmallGap", 24)
    beyond = {f"{side}_indent": -_points(MARGINS_MM[side] - 20) for side in ("left", "right")}  # 170 mm, in the middle of the page
    _lay(head, pitch=None, align="center", before=_points(30 - NOTE_MM) - NOTE_PITCH, **beyond)
    _lay(foot, pitch=1, **beyond)


# ---------------------------------------------------------------- parts of a letter


def _write_head(document: Document, letter: dict[str, Any]) -> None:
    if letter["form"] == "letter":
        _lay(_paragraph(document, letter["number"]), align="right", before=CHARACTER * 7 / 8)
    else:
        _write_mark(mark := document.add_paragraph(), letter["mark"])
        _lay(mark, pitch=None, align="center", before=_points(35))
        number = _paragraph(document, letter["number"])
        _lay(number, align="center", before=2 * PITCH)
        _rule(number, "bottom", "single", 12, space=11)
    for place, line in enumerate(letter["title"]):
        _lay(_paragraph(document, line, HEAVY, TITLE), pitch=TITLE + 11, align="center", before=0 if place else 2 * PITCH)
    _lay(_paragraph(document, letter["addressee"] + "："), before=PITCH)


def _write_mark(paragraph: Paragraph, mark: str) -> None:
    from docx.shared import RGBColor

    size = min(MARK, int(_points(WIDTH_MM) / len(mark)))
    _run(paragraph, mark, HEAVY, size).font.color.rgb = RGBColor.from_string(RED)


def _body(document: Document, data: dict[str, Any]) -> Paragraph:
    paragraph = document.add_paragraph()
    for text, font in ((data["lead"], LEAD_FONTS[data["kind"]]), (data["text"], FANG)):
        if text:
            _run(paragraph, text, font, CHARACTER)
    _lay(paragraph, align="both", first=2 * CHARACTER)
    paragraph.paragraph_format.keep_with_next = data["kind"] == "heading"
    paragraph.paragraph_format.keep_together = WORDS_MARK in data["text"] or None
    return paragraph


def _sign(document: Document, letter: dict[str, Any], look: Look) -> None:
    """Issuer and date as the standard places them, with a seal or without; a character of Chinese is counted as two others."""
    if letter["attachment"]:
        note = _paragraph(document, f"附件：{letter['attachment']['title']}")
        _lay(note, before=PITCH, first=2 * CHARACTER)
        note.paragraph_format.keep_with_next = True
    issuer, date = (_width(letter[part]) for part in ("issuer", "date"))
    if look.sealed:
        date_indent, before = 4.0, 2
        issuer_indent = max(date_indent + (date - issuer) / 2, 0)
    else:
        issuer_indent, before = max(2.0, date + 4 - issuer), 1
        date_indent = issuer_indent + issuer - 2 - date
    for text, indent, lines in ((letter["issuer"], issuer_indent, before), (letter["date"], date_indent, 0)):
        signed = _paragraph(document, text)
        _lay(signed, align="right", before=lines * PITCH, right_indent=indent * CHARACTER)
        signed.paragraph_format.keep_with_next = text is letter["issuer"]


def _attach(document: Document, attachment: dict[str, Any]) -> None:
    head = _paragraph(document, "附件", HEI)
    _lay(head)
    head.paragraph_format.page_break_before = True
    _lay(_paragraph(document, attachment["title"], HEAVY, TITLE), pitch=TITLE + 11, align="center", before=PITCH)
    for table in attachment["tables"]:
        title = _paragraph(document, table["title"], HEI, CELL)
        _lay(title, pitch=18, before=14)
        title.paragraph_format.keep_with_next = True
        _write_table(document, table)
    if attachment["note"]:
        _lay(_paragraph(document, attachment["note"], FANG, CELL), pitch=18, before=14)


def _write_table(document: Document, data: dict[str, Any]) -> None:
    from docx.shared import Mm

    widths, right = COLUMNS_MM[data["kind"]], RIGHT_ALIGNED.get(data["kind"], ())
    table = document.add_table(0, len(widths), style="Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, widths):
        column.width = Mm(width)
    for place, texts in enumerate([data["header"], *data["rows"]]):
        row = table.add_row()
        _add(row._tr.get_or_add_trPr(), "cantSplit")
        if place == 0:
            _add(row._tr.get_or_add_trPr(), "tblHeader")
        for column, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
            cell.width = Mm(widths[column])
            _run(cell.paragraphs[0], text, FANG if place else HEI, CELL)
            _lay(cell.paragraphs[0], pitch=16, align="center" if place == 0 else "right" if column in right else "left")


def _write_print_block(document: Document, letter: dict[str, Any]) -> None:
    """At the foot of the page on which the letter ends; Word cannot tell an even page from an odd one."""
    from docx.shared import Mm

    is_document = letter["form"] == "document"
    rows = [f"抄送：{letter['copies_to']}"] if letter["copies_to"] else []
    rows += [f"{letter['print_office']}\t{letter['date']}印发"] if is_document else []
    if not rows:
        return
    _lay(document.add_paragraph(), pitch=1)  # two tables side by side would be one
    table = document.add_table(0, 1)
    _add(table._tbl.tblPr, "tblpPr", vertAnchor="margin", horzAnchor="margin", tblpXSpec="left", tblpYSpec="bottom")
    if is_document:
        borders = _add(table._tbl.tblPr, "tblBorders")
        for side, eighths in (("top", 8), ("bottom", 8), ("insideH", 6)):
            _add(borders, side, val="single", sz=str(eighths), space="0", color="000000")
    table.columns[0].width = Mm(WIDTH_MM)
    for text in rows:
        cell = table.add_row().cells[0]
        cell.width = Mm(WIDTH_MM)
        _run(cell.paragraphs[0], text, FANG, SMALL)
        _lay(cell.paragraphs[0], pitch=22, left_indent=SMALL / 2)
        cell.paragraphs[0].paragraph_format.tab_stops.add_tab_stop(_length(_points(WIDTH_MM) - 2 * SMALL), _right_tab())
    _lay(document.add_paragraph(), pitch=1)


# ---------------------------------------------------------------- what Word calls it


def _paragraph(document: Document, text: str, font: str = FANG, size: float = CHARACTER) -> Paragraph:
    paragraph = document.add_paragraph()
    _run(paragraph, text, font, size)
    return paragraph


def _run(paragraph: Paragraph, text: str, font: str, size: float) -> Any:
    from docx.shared import Pt

    run = paragraph.add_run(text)
    run.font.size = Pt(size)
    _add(run._r.get_or_add_rPr(), "rFonts", ascii=font, hAnsi=font, eastAsia=font, cs=font)
    return run


def _lay(
    paragraph: Paragraph, *, pitch: float | None = PITCH, align: str = "left", before: float = 0, first: float = 0, left_indent: float = 0, right_indent: float = 0,
) -> None:
    """Set a paragraph; all lengths in points, `pitch` exactly from line to line unless it is None."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN

    layout = paragraph.paragraph_format
    layout.alignment = {"left": ALIGN.LEFT, "right": ALIGN.RIGHT, "center": ALIGN.CENTER, "both": ALIGN.JUSTIFY}[align]
    layout.line_spacing = 1.0 if pitch is None else _length(pitch)
    layout.space_before, layout.space_after = _length(before), _length(0)
    layout.first_line_indent, layout.left_indent, layout.right_indent = _length(first), _length(left_indent), _length(right_indent)


def _rule(paragraph: Paragraph, side: str, style: str, eighths: int, space: int = 1) -> None:
    """A red rule above or below a paragraph, its weight in eighths of a point."""
    _add(_add(paragraph._p.get_or_add_pPr(), "pBdr"), side, val=style, sz=str(eighths), space=str(space), color=RED)


def _made(tag: str, **attributes: str) -> BaseOxmlElement:
    from docx.oxml import OxmlElement

    element = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        element.set(_name(name), value)
    return element


def _add(parent: BaseOxmlElement, tag: str, **attributes: str) -> BaseOxmlElement:
    parent.append(element := _made(tag, **attributes))
    return element


_ORDER = (
    "pStyle keepNext keepLines pageBreakBefore widowControl pBdr tabs spacing ind jc "
    "rStyle rFonts color sz "
    "tblStyle tblpPr tblW tblBorders tblLayout tblLook"
).split()
"""The order in which the schema wants the properties of paragraphs, runs and tables that stand here."""


def _set_in_order(part: BaseOxmlElement) -> None:
    places = {_name(tag): place for place, tag in enumerate(_ORDER)}
    for properties in part.iter(_name("pPr"), _name("rPr"), _name("tblPr")):
        properties[:] = sorted(properties, key=lambda element: places[element.tag])


def _name(tag: str) -> str:
    from docx.oxml.ns import qn

    return qn(f"w:{tag}")


def _length(points: float) -> Any:
    from docx.shared import Pt

    return Pt(points)


def _right_tab() -> Any:
    from docx.enum.text import WD_TAB_ALIGNMENT

    return WD_TAB_ALIGNMENT.RIGHT


def _points(mm: float) -> float:
    return mm / 25.4 * 72


def _width(text: str) -> float:
    """Of a text, in characters of Chinese."""
    return sum(0.5 if char.isascii() else 1 for char in text)


def _settled(document: Document) -> bytes:
    """The file, with the same day on all that is in it."""
    section = document.sections[0]
    heads = (section.header, section.even_page_header, section.first_page_header, section.footer, section.even_page_footer, section.first_page_footer)
    for part in (document, *(head for head in heads if not head.is_linked_to_previous)):
        _set_in_order(part._element)
    properties = document.core_properties
    properties.created = properties.modified = MADE
    properties.author, properties.title, properties.comments, properties.last_modified_by = "", "", COPY_NOTE, ""
    written, settled = io.BytesIO(), io.BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as parts, zipfile.ZipFile(settled, "w", zipfile.ZIP_DEFLATED) as fixed:
        for name in parts.namelist():
            fixed.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), parts.read(name), zipfile.ZIP_DEFLATED)
    return settled.getvalue()
