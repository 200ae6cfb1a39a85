"""Pictures of figures as SVG, drawn when a page is written: horizontal bars, whole or in parts. The only module that knows the charts library.

A picture is read by itself: what a bar is stands beside it or above it, in full, what it comes to stands behind it or above it, the axis has its unit, and a
key names each part. Texts stay texts, in the fonts and sizes that the page gives them; fills are patterns of the page, so that parts are told apart
without colour. Lengths are drawn in floats: no amount is read back from a picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, BESIDE, BEHIND, EDGE = 420, 130, 106, 6
"""Sizes in the units of a picture, which is as wide as half a page: all of it, the room of titles left of bars, that of texts right of them, and that of an edge."""
ROW, LINE = 26, 21
"""The heights of a bar with its title beside it, and of a line of text or a bar below it."""
LETTER = 13
"""The width of a Chinese character."""
AXIS = 44
"""The height of the scale with its unit."""
HIDDEN = ("defs", "title", "desc", "script", "style")


@dataclass(frozen=True)
class Scale:
    """The unit of an axis: what it is called, how many of the values it has (fen, or pieces), and the least step in them, as a power of ten."""

    unit: str
    size: int
    least: int


AMOUNTS, CLAIMS, LINES = Scale("万元", 10**6, 4), Scale("件", 1, 0), Scale("行", 1, 0)


@dataclass(frozen=True)
class Bar:
    """A bar: its title, what it comes to in words with the unit, and the values of its parts, from the left."""

    title: str
    told: str
    parts: Sequence[int]


@dataclass(frozen=True)
class Picture:
    """A picture as SVG under its title; `key` names the patterns of its parts by their number, where there are several."""

    title: str
    svg: str
    key: Sequence[str] = ()


def bars(name: str, title: str, scale: Scale, drawn: Sequence[Bar], key: Sequence[str] = ()) -> Picture:
    """The bars from top to bottom. `name` tells the picture apart within its page."""
    import pygal
    from pygal.style import Style

    is_behind = all(_width(bar.told) <= BEHIND - EDGE for bar in drawn)
    is_beside = is_behind and all(_width(bar.title) <= BESIDE - LETTER for bar in drawn)
    rows = [*drawn] if is_beside else [row for bar in drawn for row in _rows_below(bar, is_behind)]
    rows.reverse()  # the library has them from bottom to top
    chart = pygal.HorizontalStackedBar(
        width=WIDTH, height=(ROW if is_beside else LINE) * len(rows) + AXIS, margin_left=BESIDE if is_beside else EDGE, margin_right=BEHIND if is_behind else 4 * EDGE, margin_top=2,
        margin_bottom=AXIS // 2, spacing=2, x_labels=[row.title for row in rows], truncate_label=-1, x_title=scale.unit, show_legend=False, print_values=True,
        print_values_position="top", include_x_axis=True, min_scale=2, max_scale=4, order_min=scale.least, show_x_guides=False, show_y_guides=False,
        value_formatter=lambda value: f"{value / scale.size:,.10g}", js=[], css=[], classes=(), no_prefix=True,
        style=Style(value_font_size=LETTER, label_font_size=0.01, title_font_size=LETTER),
    )
    for place in range(len(drawn[0].parts)):
        chart.add("", [_value(row, place) for row in rows])
    told = f"{'、'.join(key)}。" * bool(key) + "；".join(f"{bar.title}：{bar.told}" for bar in drawn)
    titled = f"{title}（{scale.unit}）"
    return Picture(titled, _drawn(chart, name, "beside" if is_beside else "below", titled, told), key)


def _rows_below(bar: Bar, is_behind: bool) -> Iterator[Bar]:
    """Lines of text, then a bar below them; what it comes to stands behind the bar, or with its title."""
    whole = f"{bar.title}　{bar.told}"
    above = [bar.title] if is_behind else [whole] if _width(whole) <= WIDTH - 2 * EDGE else [bar.title, bar.told]
    for line in (line for text in above for line in _lines(text)):
        yield Bar(line, "", [0] * len(bar.parts))
    if is_behind or any(bar.parts):
        yield Bar("", bar.told if is_behind else "", bar.parts)


def _value(row: Bar, place: int) -> dict[str, Any]:
    """A part for the library, which writes a text behind each: that of a row goes behind its last one."""
    last = max((number for number, value in enumerate(row.parts) if value), default=0)
    text = row.told if place == last else ""
    return {"value": row.parts[place], "formatter": lambda _: text}


def _lines(text: str) -> list[str]:
    """A text in lines that are no wider than a picture, broken at a mark, or anywhere where there is none."""
    lines = [""]
    for piece in re.findall(r"（?[^、，：；（]+[、，：；]?|[、，：；（]", text):
        if lines[-1] and _width(lines[-1] + piece) > WIDTH - 2 * EDGE:
            lines.append("")
        for char in piece:
            if _width(lines[-1] + char) > WIDTH - 2 * EDGE:
                lines.append("")
            lines[-1] += char
    return lines


def _width(text: str) -> float:
    return sum(LETTER if ord(char) > 0x2E80 else LETTER * 0.6 for char in text)


def _drawn(chart: Any, name: str, kind: str, title: str, told: str) -> str:
    """The picture as an element of a page, without what the library adds for itself, among it the day and a random name."""
    chart.uuid = name
    chart.add_xml_filter(lambda root: _bare(root, name, kind, title, told))
    return chart.render(is_unicode=True, disable_xml_declaration=True)


def _bare(root: Any, name: str, kind: str, title: str, told: str) -> Any:
    """The root of a picture, named and described for those who do not see it. `kind` says where its titles are."""
    for parent in list(root.iter()):
        for child in list(parent):
            if _is_idle(child):
                parent.remove(child)
    scale = root.find(".//*[@class='axis x']")
    plot = root.find(".//*[@class='axis x']/..")
    plot.remove(scale)
    plot.insert(0, scale)  # its lines go behind texts
    root.attrib.pop("id", None)
    root.attrib.update({"class": kind, "role": "img", "focusable": "false", "aria-labelledby": f"{name}-title", "aria-describedby": f"{name}-desc"})
    for place, (tag, text) in enumerate((("title", title), ("desc", told))):
        element = root.makeelement(tag, {"id": f"{name}-{tag}"})
        element.text = text
        root.insert(place, element)
    return root


def _is_idle(element: Any) -> bool:
    """Whether an element shows nothing: what the library needs for itself, texts without a word, bars without a length."""
    tag = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else "comment"
    is_flat = tag == "rect" and not element.get("width")
    return tag in (*HIDDEN, "comment") or "tooltip-overlay" in element.get("class", "") or is_flat or tag == "text" and not element.text
