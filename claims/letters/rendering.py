"""Letters to PDF/A: one reused compiler per process, no system fonts, no clock; the same letters give the same bytes."""

from __future__ import annotations

import datetime as dt
import functools
import importlib.util
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claims.letters.look import Look

if TYPE_CHECKING:
    import typst

_STANDARD = "a-2u"
_FONT_PACKAGE = "pylopdf_fonts_zh_cn"
# Typst writes the root of the page tree as the first object of the file, uncompressed.
_PAGE_COUNT = re.compile(rb"/Type/Pages/Count (\d+)")


@dataclass(frozen=True)
class Document:
    """One PDF file, in memory."""

    content: bytes
    pages: int


def compile_letters(letters: list[dict[str, Any]], dated: dt.date, templates: Path, look: Look) -> Document:
    """One PDF/A-2u document of the letters (see wording), each beginning on an odd page, dated as the file's creation day."""
    return compile_pages("letters", letters, dated, templates, look)


def compile_pages(kind: str, data: Any, dated: dt.date, templates: Path, look: Look) -> Document:
    """One PDF/A-2u document from templates/KIND/main.typ, which gets the data as JSON under the same name, and the look under `look`."""
    content = _compiler(templates, f"{kind}/main.typ", look.font_files).compile(
        sys_inputs={kind: json.dumps(data, ensure_ascii=False), "look": look.for_page()},
        timestamp=dt.datetime.combine(dated, dt.time(), dt.timezone.utc),
        pdf_standards=[_STANDARD],
    )
    return Document(content, int(_PAGE_COUNT.search(content).group(1)))


@functools.cache
def font_files(templates: Path, look: Look) -> tuple[Path, ...]:
    """Every font that a letter may use: those of the project, the complete Song and Hei of the font package, and those of the workspace."""
    return (*sorted(file for folder in _font_folders(templates) for file in folder.glob("*.[ot]tf")), *look.font_files)


def tried_out(templates: Path, look: Look) -> list[str]:
    """What the compiler warns of when it draws a word in every stack of fonts, such as a font that is not there. Raises what it fails with."""
    _, warnings = _compiler(templates, "letters/trial.typ", look.font_files).compile_with_warnings(sys_inputs={"look": look.for_page()})
    return [warning.message for warning in warnings]


def _font_folders(templates: Path) -> list[Path]:
    package = importlib.util.find_spec(_FONT_PACKAGE).submodule_search_locations[0]
    return [templates / "fonts", Path(package)]


@functools.cache
def _compiler(templates: Path, page: str, own_fonts: tuple[Path, ...]) -> typst.Compiler:
    """One for each page: a compiler that is given another one goes on with that."""
    import typst

    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(folder) for folder in (*_font_folders(templates), *sorted({file.parent for file in own_fonts}))],
    )
    return typst.Compiler(str(templates / page), root=str(templates), font_paths=fonts)
