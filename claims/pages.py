"""Pages for people: HTML that shows without a network, from the templates of templates/report/. Every text in them is escaped."""

from __future__ import annotations

import functools
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from claims.casefile import date_text
from claims.money import yuan_text
from claims.resources import template_dir

if TYPE_CHECKING:
    import jinja2


def page(name: str, **context: Any) -> bytes:
    """A page as a file, e.g. page("gates.html", ...). A name that the context lacks is an error."""
    return _environment().get_template(name).render(context).encode()


@functools.cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template_dir() / "report"), undefined=jinja2.StrictUndefined, autoescape=True,
        trim_blocks=True, lstrip_blocks=True,
    )
    environment.filters |= {"amount": amount_text, "yuan": yuan_text, "day": date_text}
    return environment


def amount_text(value: str | None, unit: str) -> str:
    """A decimal text in its unit, with thousands separators: ("1234.50", "yuan") -> "1,234.50 元"; a dash for None."""
    if value is None:
        return "—"
    return f"{Decimal(value):,}" + {"count": "", "pct": "%", "yuan": " 元"}[unit]
