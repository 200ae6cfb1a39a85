"""The public notice of a month: what is to be awarded, without accounts, for everybody to object to within its working days."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from claims.casefile import date_text
from claims.letters.glyphs import undrawable
from claims.letters.look import Look
from claims.letters.rendering import compile_pages, font_files
from claims.letters.wording import texts_of, worded
from claims.letters.workers import workers
from claims.months.closes import Close, month_text
from claims.money import yuan_text
from claims.pages import page
from claims.privacy import masked_party, masked_text
from claims.resources import template_dir

if TYPE_CHECKING:
    from claims.months.documents import MonthPapers

UNDRAWABLE = "〓"
ROWS_IN_PROCESS = 500
"""Up to how many rows the pages are drawn in this process: a row holds 100 KiB of it, for ten documents to come; another process takes half a second to begin."""
HEADER = ["序号", "申报编号", "申报单位（代码）", "奖补项目", "所属年度", "拟核定金额（元）"]


def notice_files(papers: MonthPapers, look: Look) -> dict[str, bytes]:
    """The notice as a document and, with the same text, as a page for a web site."""
    notice = _notice(papers)
    fonts = font_files(template_dir(), look)
    unknown = undrawable(texts_of(notice), fonts)
    return {
        "notice.pdf": _pages(_with_marks(notice, unknown), papers.close.closed_on, look),
        "notice.html": page("notice.html", notice=notice),
    }


def _notice(papers: MonthPapers) -> dict[str, Any]:
    """The notice as plain texts: title [str], paragraphs, issuer, date, and the table with header, rows and total."""
    policy, close, awards = papers.policy, papers.close, papers.published
    total = sum(row["award_fen"] for row in awards)
    title, paragraphs = worded(
        template_dir() / "notice", "notice.j2", policy=policy.head, style=policy.body.letter, month=month_text(close.month), span=notice_span(close),
        working_days=close.notice_days, count=len(awards), claimants=len({row["claimant"] for row in awards}), total_fen=total,
    )
    rows = [
        [str(number), row["claim_id"], f"{masked_text(row['claimant_name'] or '未登记')}（{masked_party(row['claimant'])}）", papers.clause_title(row["clause"]),
         str(row["claim_year"] or ""), yuan_text(row["award_fen"])]
        for number, row in enumerate(awards, start=1)
    ]
    return {
        "title": title, "paragraphs": paragraphs, "issuer": policy.body.letter.issuer, "date": date_text(close.closed_on), "header": HEADER,
        "rows": rows, "total": ["", "", "合计", "", "", yuan_text(total)],
    }


def _pages(notice: dict[str, Any], dated: dt.date, look: Look) -> bytes:
    """The document, drawn in a process of its own where it is long, so that what was laid out of it goes with that process."""
    drawing = ("notice", notice, dated, template_dir(), look)
    if len(notice["rows"]) <= ROWS_IN_PROCESS:
        return compile_pages(*drawing).content
    with workers(1) as pool:
        return pool.submit(compile_pages, *drawing).result().content


def _with_marks(part: Any, unknown: list[str]) -> Any:
    """The notice with a mark in place of each character that no font can draw; the page for the web site shows them."""
    if isinstance(part, str):
        return "".join(UNDRAWABLE if char in unknown else char for char in part)
    if isinstance(part, dict):
        return {name: _with_marks(value, unknown) for name, value in part.items()}
    return [_with_marks(value, unknown) for value in part] if isinstance(part, list) else part


def notice_span(close: Close) -> str:
    """The days of the public notice."""
    return f"{date_text(close.notice_from)}至{date_text(close.notice_to)}"
