"""From a case file to the plain letter that the page layout prints: every word is here or in templates/letters/*.j2.

A letter is a dict of strings, booleans and lists, ready for JSON:
form (document or letter), stamp, mark, number, title [str], addressee, paragraphs [{kind, lead, text}], issuer, date, copies_to, print_office
and attachment {title, tables [{kind, title, header, rows}], note}, or None where nothing is attached. Of a paragraph, `lead` is what stands in the font
of its kind: heading (一、…), item （一）… with its catchword, or plain. In a file of several letters each has its number of `pages` besides.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claims.casefile import CaseFile, Fact, Share, Step, Supplement, date_text
from claims.letters.titles import sense_lines
from claims.money import capital_words, yuan_text
from claims.policy.outline import ordinal_text

if TYPE_CHECKING:
    import jinja2

DRAFT = "草稿"
SAMPLE = "样张"
BLANK_TELEPHONE = "＿" * 10
"""What stands in a letter in place of a telephone that nobody has set: a blank to fill in, which whoever stamps or sends it sees."""
ATTACHMENTS = {"supplement": "需要补正的事项"}
"""What the attachment of a letter is called, where it is not called DETAILS."""
DETAILS = "审核明细表"
LETTER_FORM = {"supplement", "thanks"}
"""The kinds that go out in letter form (信函格式), under the issuer's name; the others are documents (文件) under the mark."""

_TELEPHONE = re.compile(r"\d[\d -]{5,}\d")
_ITEM = re.compile(r"- (?:\*\*(?P<lead>[^*]*)\*\*)?(?P<text>.*)")
_MAY_BE_BLANK = frozenset(
    {
        "facts.file",
        "facts.line",
        "bands.code",
        "steps.article",
        "steps.result",
        "steps.next_limit",
        "reasons.article",
        "payee",
        "payee.bank",
        "payee.account",
        "rulings.answer_by",
        "defects.raw",
        "defects.opinion",
        "given_before.claim_year",
        "given_before.claim_id",
        "given_before.document_no",
        "given_before.issued_on",
        "style.copies_to",
        "style.paid_within",
        "adjustment",
        "adjustment.facts",
        "adjustment.facts.before_place",
        "adjustment.facts.after_place",
        "adjustment.shares.place",
        "adjustment.decided_no",
        "adjustment.pay_back_to",
        "adjustment.set_off",
        "issue",
    }
)
_MAY_BE_BLANK_UNCOMPUTED = frozenset({"claimant_id", "clause", "clause_title", "article", "claim_year", "submitted_on"})
"""What the cells of a claim that nothing was computed of may not tell."""
_NAMES = {
    "claimant_name": ("申报单位名称", "the claimant's name"),
    "payee": ("收款单位", "the payee"),
    "payee.name": ("收款单位名称", "the payee's name"),
    "steps": ("计算过程", "the computing steps"),
    "reasons": ("决定的理由", "the reasons"),
    "shares": ("资金承担", "the treasury that bears the award"),
}


class LetterHeld(Exception):
    """This one letter cannot be written; both texts say what is wrong and what to do."""

    def __init__(self, reason_zh: str, reason_en: str) -> None:
        super().__init__(reason_en)
        self.reason_zh = reason_zh
        self.reason_en = reason_en


def letter_of(case: CaseFile | Supplement, templates: Path) -> dict[str, Any]:
    """The letter of one case, worded by the template of its kind. Raises LetterHeld for a missing value."""
    is_computed = isinstance(case, CaseFile) and not case.is_closed
    case = _checked(case, "", _MAY_BE_BLANK if is_computed else _MAY_BE_BLANK | _MAY_BE_BLANK_UNCOMPUTED)
    if isinstance(case, CaseFile):
        _require_parts(case)
    title, paragraphs = worded(templates, f"{case.letter}.j2", case=case, shares=_bearers(case))
    return {
        **form_of(case.letter, case.style),
        "stamp": "" if case.issue else DRAFT,
        "number": case.issue.document_no if case.issue else _draft_number(case),
        "title": title,
        "addressee": case.claimant_name,
        "paragraphs": paragraphs,
        "issuer": case.style.issuer,
        "date": date_text(case.dated),
        "copies_to": case.style.copies_to,
        "print_office": case.style.print_office,
        "attachment": {
            "title": ATTACHMENTS.get(case.letter, DETAILS), "tables": _defect_tables(case) if isinstance(case, Supplement) else _tables(case),
            "note": _readings_note(case) if isinstance(case, CaseFile) else "",
        },
    }


def form_of(kind: str, style: Any) -> dict[str, str]:
    """The form of a kind of letter, and the mark at its head."""
    return {"form": "letter", "mark": style.issuer} if kind in LETTER_FORM else {"form": "document", "mark": style.mark}


def texts_of(letter: Any) -> list[str]:
    """Every string that a letter (or a part of it) prints."""
    if isinstance(letter, str):
        return [letter]
    if isinstance(letter, dict):
        letter = list(letter.values())
    return [text for part in letter for text in texts_of(part)] if isinstance(letter, list) else []


def names_telephone(contact: str) -> bool:
    """Whether a contact says whom to call."""
    return bool(_TELEPHONE.search(contact))


def reachable(contact: str) -> str:
    """The contact without its closing mark; where it names no telephone, with a blank for one, so that no letter or notice goes out without."""
    return bare_text(contact) + ("" if names_telephone(contact) else f"，联系电话：{BLANK_TELEPHONE}")


def bare_text(text: str) -> str:
    """A text without its closing mark, so that the sentence around it sets its own."""
    return text.rstrip("。；;. ")


# ---------------------------------------------------------------- what a letter needs


def _checked(value: Any, path: str, may_be_blank: frozenset[str]) -> Any:
    """The value with every text on one line and free of control and direction characters. Raises LetterHeld where one is missing."""
    if isinstance(value, str):
        value = one_line(value)
    if value in (None, "") and path not in may_be_blank:
        raise _missing(path)
    if isinstance(value, tuple):
        return tuple(_checked(item, path, may_be_blank) for item in value)
    if dataclasses.is_dataclass(value):
        return dataclasses.replace(value, **_checked_fields(value, path, may_be_blank))
    return value


def _checked_fields(record: Any, path: str, may_be_blank: frozenset[str]) -> dict[str, Any]:
    names = [field.name for field in dataclasses.fields(record)]
    return {name: _checked(getattr(record, name), f"{path}.{name}".lstrip("."), may_be_blank) for name in names}


def one_line(text: str) -> str:
    """The text on one line, free of control and direction characters."""
    printable = (" " if char.isspace() else char for char in text)
    return " ".join("".join(char for char in printable if unicodedata.category(char) not in ("Cc", "Cf")).split())


def _require_parts(case: CaseFile) -> None:
    """An award says how it was computed, who bears it and who is paid; what was not granted in full says why. An adjustment says why by itself."""
    if case.adjustment:
        if case.letter in ("supplementary", "corrected") and not case.payee:
            raise _missing("payee")
        return
    needed = []
    if case.outcome != "rejected":
        needed += ["steps", "shares", "payee"]
    if case.outcome != "approved":
        needed += ["reasons"]
    for name in needed:
        if not getattr(case, name):
            raise _missing(name)


def _missing(path: str) -> LetterHeld:
    zh, en = _NAMES.get(path, (path, path))
    return LetterHeld(
        f"信函缺少“{zh}”：请补全该申报或其单位的数据后重新生成信函",
        f"the letter lacks {en}: complete the data of the claim or of its institution, then render the letters again",
    )


# ---------------------------------------------------------------- wording


def worded(templates: Path, template: str, **context: Any) -> tuple[list[str], list[dict[str, Any]]]:
    """(lines of the title, paragraphs): the template writes the parts of the title, a blank line and one paragraph per line.

    A line that begins with "# " is a heading, one with "- " an item, led by its catchword where that stands between double asterisks; both are
    numbered here, items anew under each heading, and not where one has a single item.
    """
    text = _environment(templates).get_template(template).render(context)
    title, _, body = text.strip().partition("\n\n")
    return sense_lines(title.splitlines()), list(_paragraphs(filter(None, body.splitlines())))


def _paragraphs(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    headings = 0
    for is_heading, group in groupby(lines, key=lambda line: line.startswith("# ")):
        if is_heading:
            for line in group:
                headings += 1
                yield {"kind": "heading", "lead": f"{ordinal_text(headings)}、{line.removeprefix('# ')}", "text": ""}
        else:
            yield from _told_under_heading([*group])


def _told_under_heading(lines: list[str]) -> Iterator[dict[str, Any]]:
    items = [_ITEM.fullmatch(line) for line in lines]
    numbers = itertools.count(1) if sum(map(bool, items)) > 1 else None
    for line, item in zip(lines, items):
        if item:
            number = f"（{ordinal_text(next(numbers))}）" if numbers else ""
            yield {"kind": "item", "lead": number + (item["lead"] or ""), "text": item["text"]}
        else:
            yield {"kind": "plain", "lead": "", "text": line}


def _bearers(case: CaseFile | Supplement) -> list[Share]:
    return [share for share in case.shares if share.award_fen] if isinstance(case, CaseFile) else []


def _draft_number(case: CaseFile) -> str:
    pattern = case.style.number_pattern
    return pattern.replace("{year}", str(case.decided_on.year)).replace("{number}", f"（{DRAFT}）")


@functools.cache
def _environment(templates: Path) -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        undefined=jinja2.StrictUndefined,
        finalize=_present,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "yuan": yuan_text,
        "capital": capital_words,
        "date": date_text,
        "bare": bare_text,
        "reachable": reachable,
    }
    return environment


def _present(value: Any) -> Any:
    """The last door: whatever a template prints exists."""
    if value is None:
        raise ValueError("a letter template prints a value that is missing")
    return value


# ---------------------------------------------------------------- tables of the attachment


def _tables(case: CaseFile) -> list[dict[str, Any]]:
    return _numbered([*_adjusted_tables(case)] if case.adjustment else _decided_tables(case))


def _adjusted_tables(case: CaseFile) -> Iterator[dict[str, Any]]:
    """What is changed and who bears how much of it; no computing leads to an award that a person set."""
    adjustment, word = case.adjustment, case.currency_word
    if adjustment.facts:
        rows = [[change.title, change.before, change.after] for change in adjustment.facts]
        yield _table("changes", "更正的事实", ["事项", "原认定", "更正后"], rows)
    if case.facts:
        yield _facts_table("申报的内容" if case.is_closed else "认定的事实", case.facts)
    if case.bands and not adjustment.set_by_person:
        yield _bands_table(case)
    if case.steps and not adjustment.set_by_person:
        yield _table("steps", "更正后的计算过程", ["序号", "步骤", "规则和算式", "依据", "结果"], _step_rows(case))
    sums = [(share.title, share.before_fen, share.after_fen, share.difference_fen) for share in adjustment.shares]
    total = ("合计", adjustment.before_fen, case.award_fen, adjustment.difference_fen)
    rows = [[title, *map(yuan_text, amounts)] for title, *amounts in (*sums, total)]
    yield _table("adjusted_shares", "资金承担", ["承担财政", f"原核定（{word}）", f"更正后（{word}）", f"差额（{word}）"], rows)


def _decided_tables(case: CaseFile) -> list[dict[str, Any]]:
    bearers = _bearers(case)
    tables = [_facts_table("申报的内容" if case.is_closed else "认定的事实", case.facts)] if case.facts else []
    if case.bands:
        tables.append(_bands_table(case))
    if case.steps:
        tables.append(_table("steps", "计算过程", ["序号", "步骤", "规则和算式", "依据", "结果"], _step_rows(case)))
    if bearers:
        tables.append(_table("shares", "资金承担", ["承担财政", f"金额（{case.currency_word}）"], _share_rows(case, bearers)))
    return tables


def _defect_tables(case: Supplement) -> list[dict[str, Any]]:
    rows = [
        [str(place), defect.title, defect.cells, defect.raw or "（空）", defect.place]
        for place, defect in enumerate(case.defects, start=1)
    ]
    header = ["序号", "问题", "单元格", "报送的内容", "文件和行号"]
    return _numbered([_table("defects", "所涉的单元格", header, rows), _facts_table("报送的申报", case.facts)])


def _facts_table(title: str, facts: tuple[Fact, ...]) -> dict[str, Any]:
    return _table("facts", title, ["事项", "内容"], [[fact.title, fact.text] for fact in facts])


def _bands_table(case: CaseFile) -> dict[str, Any]:
    """The bands of the rule and what each gives; the one that an award goes by is marked."""
    rows = [[band.text + ("（本次适用）" if band.applied and case.award_fen else ""), band.result] for band in case.bands]
    return _table("bands", "档次", ["档次", "标准"], rows)


def _numbered(tables: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [table | {"title": f"{ordinal_text(place)}、{table['title']}"} for place, table in enumerate(tables, start=1)]


def _readings_note(case: CaseFile) -> str:
    """That the policy's text left something open, and where to read how it was applied; the readings themselves fill pages (see the explain sheet)."""
    if not case.readings:
        return ""
    return (f"说明：{case.article}未作具体规定的事项，我单位对所有申报按同一口径审核。"
            f"本申报所适用的口径和理由，载于本申报的核定说明，可凭申报编号{case.claim_id}向我单位索取。")


def _table(kind: str, title: str, header: list[str], rows: list[list[str]]) -> dict[str, Any]:
    return {"kind": kind, "title": title, "header": header, "rows": rows}


def _step_rows(case: CaseFile) -> list[list[str]]:
    """The steps in their order and, of an award, what they come to."""
    rows = [
        [str(place), step.title + ("（本项核减）" if step.bound else ""), _rule_text(step), step.article or "—", step.result or "—"]
        for place, step in enumerate(case.steps, start=1)
    ]
    result = ["", "核定金额", "—", "—", yuan_text(case.award_fen) + case.currency_word]
    return [*rows, result] if case.award_fen else rows


def _rule_text(step: Step) -> str:
    return "；".join([bare_text(step.text), step.next_limit]) if step.next_limit else step.text


def _share_rows(case: CaseFile, bearers: list[Share]) -> list[list[str]]:
    return [*([share.title, yuan_text(share.award_fen)] for share in bearers), ["合计", yuan_text(case.award_fen)]]
