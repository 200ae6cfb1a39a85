"""Helpers for tests that read pages: the elements of a page in their order, its tables, links and texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

VOID = {"meta", "link", "br", "img", "input", "hr"}


@dataclass
class Element:
    """One element of a page."""

    tag: str
    attributes: dict[str, str]
    parent: Element | None = None
    parts: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)

    def all(self, *tags: str) -> list[Element]:
        """The elements of some tags within, in their order."""
        found = []
        for part in self.parts:
            if isinstance(part, Element):
                found += [part] if part.tag in tags else []
                found += part.all(*tags)
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = self.open = Element("", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self.open)
        self.open.parts.append(element)
        if tag not in VOID:
            self.open = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.parts.append(Element(tag, {name: value or "" for name, value in attrs}, self.open))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.tag == tag, f"</{tag}> closes <{self.open.tag}>"
        self.open = self.open.parent

    def handle_data(self, data: str) -> None:
        self.open.parts.append(data)


def read_page(path: Path) -> Element:
    """A page; every element of it must be closed in its order."""
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    assert reader.open is reader.root
    return reader.root


def tables_of(page: Element) -> dict[str, list[list[str]]]:
    """The rows of each table, headings first, by the id of its section."""
    found = {}
    for region in page.all("div"):
        if region.attributes.get("role") == "region":
            [table] = region.all("table")
            found[region.attributes["aria-labelledby"].rpartition("-")[0]] = [[cell.text for cell in row.all("th", "td")] for row in table.all("tr")]
    return found


def number(text: str) -> Decimal:
    """A printed count or amount."""
    return Decimal(text.replace(",", "").rstrip("行件元"))
