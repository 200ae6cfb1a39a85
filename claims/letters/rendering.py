"""Letters to PDF/A: a reused compiler for each thread at work, no system fonts, no clock; the same letters give the same bytes."""

from __future__ import annotations

import datetime as dt
import functools
import importlib.util
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
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
    with _compiler(templates, f"{kind}/main.typ", look.font_files) as compiler:
        content = compiler.compile(
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
    with _compiler(templates, "letters/trial.typ", look.font_files) as compiler:
        _, warnings = compiler.compile_with_warnings(sys_inputs={"look": look.for_page()})
    return [warning.message for warning in warnings]


def _font_folders(templates: Path) -> list[Path]:
    package = importlib.util.find_spec(_FONT_PACKAGE).submodule_search_locations[0]
    return [templates / "fonts", Path(package)]


@contextmanager
def _compiler(templates: Path, page: str, own_fonts: tuple[Path, ...]) -> Iterator[typst.Compiler]:
    """A compiler of a page that no other thread uses meanwhile. Each page has its own: a compiler that is given another one goes on with that."""
    import typst

    idle = _idle_compilers(templates, page, own_fonts)
    try:
        compiler = idle.pop()
    except IndexError:
        compiler = typst.Compiler(str(templates / page), root=str(templates), font_paths=_fonts(templates, own_fonts))
    try:
        yield compiler
    finally:
        idle.append(compiler)


@functools.cache
def _idle_compilers(templates: Path, page: str, own_fonts: tuple[Path, ...]) -> list[typst.Compiler]:
    return []


@functools.cache
def _fonts(templates: Path, own_fonts: tuple[Path, ...]) -> typst.Fonts:
    import typst

    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(folder) for folder in (*_font_folders(templates), *sorted({file.parent for file in own_fonts}))],
    )
