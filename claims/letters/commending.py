"""The letters of a commendation: to each who is commended, and to its parent institution.

They are drafts of a body that has not decided yet: number and day are left blank, for its office to fill in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from claims.commendation import Ranked, score_text
from claims.letters.wording import DRAFT, LetterHeld, form_of, one_line, worded
from claims.policy.model import Policy

BLANK_DATE = "　　　　年　　月　　日"
_BLANK_YEAR = "　　　　"


def commendation_letters(policy: Policy, year: int, ranking: Iterable[Ranked], templates: Path) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    """Two letters for each who is commended, by their names: commended-PARTY and thanks-PARTY. Each is made (see wording) when it is called
    for, and may raise LetterHeld then."""
    for ranked in ranking:
        if ranked.commended:
            yield f"commended-{ranked.party}", partial(_notice, policy, year, ranked, templates)
            yield f"thanks-{ranked.party}", partial(_thanks, policy, year, ranked, templates)


def _notice(policy: Policy, year: int, ranked: Ranked, templates: Path) -> dict[str, Any]:
    letter = _letter(policy, year, ranked, templates, "commended", ranked.party_name)
    return letter | {"copies_to": policy.body.commendation.letter.copies_to}


def _thanks(policy: Policy, year: int, ranked: Ranked, templates: Path) -> dict[str, Any]:
    if ranked.parent is None:
        raise LetterHeld(
            "得分表没有填写其上级机构：没有上级机构的，不需要感谢信；有的，请补填后重新执行",
            "the scores name no parent institution: where there is none, no letter is wanted; else complete the row and give the command again",
        )
    return _letter(policy, year, ranked, templates, "thanks", ranked.parent)


def _letter(policy: Policy, year: int, ranked: Ranked, templates: Path, kind: str, addressee: str) -> dict[str, Any]:
    commendation = policy.body.commendation
    style = commendation.letter
    title, paragraphs = worded(
        templates, f"{kind}.j2", policy=policy.head, commendation=commendation, letter=style, honour=commendation.honour,
        priority=commendation.priority, year=year, ranked=ranked, score=score_text(ranked.score),
        name=one_line(ranked.party_name),
    )
    return {
        **form_of(kind, style),
        "stamp": DRAFT,
        "number": style.number_pattern.replace("{year}", _BLANK_YEAR).replace("{number}", f"（{DRAFT}）"),
        "title": title,
        "addressee": one_line(addressee),
        "paragraphs": paragraphs,
        "issuer": style.issuer,
        "date": BLANK_DATE,
        "copies_to": "",
        "print_office": style.print_office,
        "attachment": None,
    }
