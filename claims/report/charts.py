"""Pictures of figures as SVG, drawn when a page is written: bars, stacked bars, columns. The only module that knows the charts library.

Texts stay texts, in the fonts and sizes that the page gives them; fills are patterns of the page, so that parts are told apart without colour. What a
part is too narrow to bear is told by the table beside the picture. Lengths are drawn in floats: no amount is read back from a picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, ROW, LABELS, VALUES = 420, 30, 132, 90
"""Sizes in the units of a picture, which is as wide as half a page: the room of a row, of the labels left of it and of the values right of it."""
LETTER = 13
"""The width of a Chinese character in a label."""
HIDDEN = ("defs", "title", "desc", "script", "style")


@dataclass(frozen=True)
class Part:
    """A part of a bar: how long it is, and what is written into it where there is room, or at least the `short` of it."""

    value: int
    text: str
    short: str = ""


@dataclass(frozen=True)
class Picture:
    """A picture as SVG, which tells in words what it shows. `key` names the patterns in it by their number, where a legend is wanted; `values_behind`
    tells that texts stand behind the bars."""

    svg: str
    caption: str = ""
    key: Sequence[str] = ()
    values_behind: bool = False


def bars(name: str, tells: str, rows: Sequence[tuple[str, int, str]], caption: str = "") -> Picture:
    """One bar for each (label, value, text), the text behind it. `name` tells the picture apart within its page."""
    labels = [label for label, _, _ in rows]
    series = [[Part(value, text) for _, value, text in rows]]
    return Picture(_horizontal(name, tells, labels, series, behind=True), caption, values_behind=True)


def stacked_bars(
    name: str, tells: str, labels: Sequence[str], series: Sequence[Sequence[Part | None]], key: Sequence[str] = (), caption: str = "",
    row: int = ROW,
) -> Picture:
    """A bar for each label, its parts one after the other: series by series a part, or none, for each label."""
    return Picture(_horizontal(name, tells, labels, series, behind=False, row=row), caption, key)


def stacked_columns(name: str, tells: str, labels: Sequence[str], series: Sequence[Sequence[int]], key: Sequence[str], caption: str = "") -> Picture:
    """A column for each label, its parts one above the other."""
    import pygal

    chart = pygal.StackedBar(**_common(WIDTH * 3 // 5), x_labels=list(labels), show_y_labels=False, margin_bottom=26, margin_left=4, margin_right=4)
    for values in series:
        chart.add("", list(values))
    return Picture(_drawn(chart, name, tells), caption, key)


def _horizontal(name: str, tells: str, labels: Sequence[str], series: Sequence[Sequence[Part | None]], behind: bool, row: int = ROW) -> str:
    """Horizontal bars from top to bottom; the library has them from bottom to top."""
    import pygal

    chart = pygal.HorizontalStackedBar(
        **_common(row * len(labels) + 8), x_labels=[_short(label) for label in reversed(labels)], margin_left=LABELS, margin_right=VALUES if behind else 4,
        show_x_labels=False, show_y_labels=True, print_values=True, print_values_position="top" if behind else "center",
    )
    longest = max((sum(part.value for part in parts if part) for parts in zip(*series)), default=0)
    for parts in series:
        chart.add("", [_value(part, longest, behind) for part in reversed(parts)])
    return _drawn(chart, name, tells)


def _common(height: int) -> dict[str, Any]:
    """What every picture has: no scripts, styles, legend or scale of the library's own."""
    from pygal.style import Style

    return dict(
        width=WIDTH, height=height, js=[], css=[], show_legend=False, show_x_guides=False, show_y_guides=False, margin_top=2, spacing=0,
        include_x_axis=True, style=Style(value_font_size=LETTER, label_font_size=1),
        no_prefix=True, classes=(),
    )


def _value(part: Part | None, longest: int, behind: bool) -> dict[str, Any]:
    if part is None or not part.value:
        return {"value": 0, "formatter": lambda _: ""}
    room = (WIDTH - LABELS) * part.value / longest
    shown = next((text for text in (part.text, part.short) if behind or _width(text) <= room), "")
    return {"value": part.value, "formatter": lambda _: shown}


def _width(text: str) -> float:
    return sum(LETTER if ord(char) > 0x2E80 else LETTER * 0.6 for char in text)


def _short(label: str) -> str:
    """As much of a label as has room beside its bar."""
    if _width(label) <= LABELS - LETTER:
        return label
    kept = label
    while _width(kept) > LABELS - 2 * LETTER:
        kept = kept[:-1]
    return kept + "…"


def _drawn(chart: Any, name: str, tells: str) -> str:
    """The picture as an element of a page, without what the library adds for itself, among it the day and a random name."""
    chart.uuid = name
    chart.add_xml_filter(lambda root: _bare(root, tells))
    return chart.render(is_unicode=True, disable_xml_declaration=True)


def _bare(root: Any, tells: str) -> Any:
    for parent in list(root.iter()):
        for child in list(parent):
            if not isinstance(child.tag, str) or child.tag.rpartition("}")[2] in HIDDEN or "tooltip-overlay" in child.get("class", ""):
                parent.remove(child)
    root.attrib.pop("id", None)
    root.attrib.update({"role": "img", "aria-label": tells, "focusable": "false"})
    return root
