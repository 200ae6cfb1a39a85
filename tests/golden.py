"""Golden pages: the text of a letter of each kind as it stands on its pages, with positions. `python -m tests.golden` writes them anew; look at the
difference before it is committed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pypdf import PageObject, PdfReader

from claims.letters.look import Look
from claims.letters.rendering import compile_letters
from claims.letters.samples import DATED, KINDS, sample_letter
from claims.policy.model import find_policy, load_policy
from claims.resources import template_dir
from claims.settings import load_settings

FOLDER = Path(__file__).parent / "golden"
PAGE_MM = (210, 297)
_MM = 25.4 / 72
_TABLE_RULE_POINTS = 0.5


@dataclass(frozen=True)
class Line:
    """A line of text: its left edge and its baseline in mm from the top left corner of the page, its size in points."""

    left: float
    baseline: float
    size: float
    font: str
    text: str


@dataclass(frozen=True)
class Rule:
    """A horizontal rule outside the tables: mm from the top left corner, weight in points; its middle where it is drawn as a line, else its top."""

    left: float
    top: float
    length: float
    weight: float


def sample(kind: str, look: Look = Look()) -> bytes:
    """The PDF of a sample under the shipped policy."""
    settings = load_settings(Path("no settings of its own"))
    letter = sample_letter(kind, load_policy(find_policy(None)), settings, template_dir() / "letters")
    return compile_letters([letter], DATED, template_dir(), look).content


def lines_of(page: PageObject) -> list[Line]:
    """The lines of a page from the top down, each in the font and size that it begins with."""
    found: dict[tuple[float, bool], list[tuple[float, float, str, str]]] = {}

    def visit(text, cm, tm, font, size):
        if text.strip() and font:
            left, baseline = (cm[0] * tm[4] + cm[4]) * _MM, PAGE_MM[1] - (cm[3] * tm[5] + cm[5]) * _MM
            name = font["/BaseFont"].partition("+")[2].split("-Identity")[0]
            found.setdefault(round(baseline, 1), []).append((left, abs(size * cm[3] * tm[3]), name, text.strip("\n")))

    page.extract_text(visitor_text=visit)
    return [
        Line(round(pieces[0][0], 1), baseline, round(pieces[0][1], 1), pieces[0][2], "".join(piece[3] for piece in pieces))
        for baseline, pieces in sorted(found.items())
    ]


def rules_of(page: PageObject) -> list[Rule]:
    """The rules of a page from the top down."""
    found: list[Rule] = []
    path: list[tuple[float, float]] = []
    weight = 1.0

    def visit(operator, operands, cm, tm):
        nonlocal weight
        if operator == b"w":
            weight = float(operands[0])
        elif operator in (b"m", b"l"):
            x, y = map(float, operands)
            path.append(((cm[0] * x + cm[4]) * _MM, PAGE_MM[1] - (cm[3] * y + cm[5]) * _MM))
        elif operator in (b"S", b"f"):
            left, right, top = min(x for x, _ in path), max(x for x, _ in path), min(y for _, y in path)
            thick = (max(y for _, y in path) - top) / _MM if operator == b"f" else weight
            if right - left > 100 and thick < 2 and abs(thick - _TABLE_RULE_POINTS) > 0.01 or operator == b"f":
                found.append(Rule(round(left, 1), round(top, 2), round(right - left, 1), round(thick, 2)))
            path.clear()

    page.extract_text(visitor_operand_before=visit)
    return sorted(found, key=lambda rule: rule.top)


def as_text(content: bytes) -> str:
    """The pages of a letter as text: one line for each of its lines, and of its rules."""
    return "\n".join(_page_text(place, page) for place, page in enumerate(PdfReader(io.BytesIO(content)).pages, start=1))


def _page_text(place: int, page: PageObject) -> str:
    lines = [f"{line.left:6.1f} {line.baseline:6.1f} {line.size:5.1f} {line.font:22} {line.text}" for line in lines_of(page)]
    rules = [f"{rule.left:6.1f} {rule.top:6.2f} rule of {rule.length} mm, {rule.weight} pt" for rule in rules_of(page)]
    return "\n".join([f"page {place}", *lines, *rules, ""])


def kept(kind: str) -> Path:
    """Where the golden pages of a kind stand."""
    return FOLDER / f"letter-{kind}.txt"


def _write() -> Iterator[Path]:
    FOLDER.mkdir(exist_ok=True)
    for kind in KINDS:
        kept(kind).write_text(as_text(sample(kind)), encoding="utf-8")
        yield kept(kind)


if __name__ == "__main__":
    for path in _write():
        print(path)
