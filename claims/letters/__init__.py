"""Letters: from decided claims, or from those that were returned, to one PDF each, merged print files, a list of what was held, and a manifest.

    folder/CLAIM_ID.pdf      one letter; CLAIM_ID+N.pdf that of an adjustment
    folder/print/001.pdf     up to a hundred letters in claim_id order, each on an odd page, to print on both sides
    folder/word/CLAIM_ID.docx  a copy of each letter that is not the record, where the workspace wants copies for Word
    folder/held.csv          claim_id, reason_zh, reason_en of the letters that could not be written
    folder/manifest.json     sha256 and pages of every file, and the counts

Print files and copies have folders of their own, so that no claim id can take their names.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import itertools
import json
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from claims.casefile import CaseFile, Supplement
from claims.file_names import recorded_name
from claims.files import naming
from claims.letters.glyphs import undrawable
from claims.letters.look import Look
from claims.letters.rendering import Document, compile_letters, font_files
from claims.letters.wording import LetterHeld, letter_of, texts_of
from claims.letters.workers import workers
from claims.quoting import inert
from claims.resources import template_dir

__all__ = ["Drawn", "HeldLetter", "LetterFile", "LettersResult", "is_drawable", "render_letters", "render_named"]

LETTERS_PER_PRINT_FILE = 100
Lettered = CaseFile | Supplement
"""What a letter can be made of."""
PROCESSES_MAX = 8
"""Each process needs up to 300 MB."""

_PLACEHOLDER = "〓"


@dataclass(frozen=True)
class HeldLetter:
    """A letter that could not be written, by its claim or its name, and why."""

    claim_id: str
    reason_zh: str
    reason_en: str


@dataclass(frozen=True)
class LetterFile:
    """One file that was written; `name` is its path within the folder, `sha256` hexadecimal, `pages` None for a copy for Word, which lays itself out."""

    name: str
    sha256: str
    pages: int | None


@dataclass(frozen=True)
class LettersResult:
    """`rendered` letters plus `held` ones are all the cases; `files` are the PDF files and the copies, sorted by name."""

    rendered: int
    held: tuple[HeldLetter, ...]
    files: tuple[LetterFile, ...]


@dataclass(frozen=True)
class Drawn:
    """Files of the very letters that are to be drawn, in a folder where they were drawn before, by name: they are taken over."""

    folder: Path
    files: dict[str, LetterFile]

    def among(self, names: Iterable[str]) -> Drawn:
        """Those of certain names."""
        return Drawn(self.folder, {name: self.files[name] for name in names if name in self.files})

    def taken(self, name: str, into: Path) -> LetterFile | None:
        """A file, copied into a folder under its name; None where there is none."""
        file = self.files.get(name)
        if file is not None:
            with naming(into / name):
                shutil.copyfile(self.folder / name, into / name)
        return file


def render_letters(
    cases: Iterable[Lettered],
    folder: Path,
    *,
    on_progress: Callable[[int], None] | None = None,
    processes: int | None = None,
    look: Look = Look(),
    drawn: Drawn = Drawn(Path(), {}),
) -> LettersResult:
    """Write the letters of all cases into an existing empty folder; those that are `drawn` are copied.

    `cases` come in ascending claim_id order and are consumed as a stream, in the calling thread. `on_progress` is told how many
    cases are done so far. `processes` is the number of cores, eight at most, unless given; it makes no difference to any byte.
    Raises ValueError when the cases are out of order or a claim_id stands twice, RecordBroken for an id that is no name of a file.
    """
    for name in ("print", "word") if look.word_copies else ("print",):
        (folder / name).mkdir()
    parts = enumerate(_batched(_in_order(cases), LETTERS_PER_PRINT_FILE), start=1)
    rendered, held, files = 0, [], []
    for part in _rendered_parts(parts, folder, look, drawn, processes or min(os.cpu_count() or 1, PROCESSES_MAX)):
        rendered += part.rendered
        held += part.held
        files += part.files
        if on_progress:
            on_progress(rendered + len(held))
    result = LettersResult(rendered, tuple(held), tuple(sorted(files, key=lambda file: file.name)))
    _write_held(result.held, folder / "held.csv", "claim_id")
    _write_manifest(result, folder)
    return result


def render_named(letters: Iterable[tuple[str, Callable[[], dict]]], dated: dt.date, folder: Path, look: Look) -> tuple[HeldLetter, ...]:
    """Write letters that belong to no claim, one PDF for each by its name (a copy for Word beside it, where wanted), and held.csv. Returns those held back.

    A letter comes as what makes it (see wording), which may raise LetterHeld. Raises RecordBroken for a name that leads elsewhere.
    """
    held = []
    for name, made in letters:
        file_name = recorded_name(name)
        try:
            letter = _drawable(made(), look)
        except LetterHeld as reason:
            held.append(HeldLetter(name, reason.reason_zh, reason.reason_en))
        else:
            _written([letter], dated, folder, f"{file_name}.pdf", look)
            if look.word_copies:
                _copied(letter, folder, f"{file_name}.docx", look)
    _write_held(held, folder / "held.csv", "letter")
    return tuple(held)


def is_drawable(case: Lettered, look: Look) -> bool:
    """Whether the letter of a case can be written."""
    try:
        _drawable(letter_of(case, template_dir() / "letters"), look)
    except LetterHeld:
        return False
    return True


# ---------------------------------------------------------------- a hundred letters: the unit of work


def _in_order(cases: Iterable[Lettered]) -> Iterator[Lettered]:
    last = ""
    for case in cases:
        if recorded_name(case.letter_id) <= last:
            raise ValueError(f"letters need their cases in claim_id order, each once: {case.letter_id} came after {last}")
        last = case.letter_id
        yield case


def _batched(cases: Iterator[Lettered], size: int) -> Iterator[list[Lettered]]:
    while batch := list(itertools.islice(cases, size)):
        yield batch


def _names_of(number: int, cases: list[Lettered], look: Look) -> list[str]:
    """The files of a part, if none of its letters is held."""
    copies = [_copy_name(case) for case in cases] if look.word_copies else []
    return [*(_letter_name(case) for case in cases), *copies, _print_name(number)]


def _letter_name(case: Lettered) -> str:
    return f"{case.letter_id}.pdf"


def _copy_name(case: Lettered) -> str:
    return f"word/{case.letter_id}.docx"


def _print_name(number: int) -> str:
    return f"print/{number:03d}.pdf"


def _render_part(number: int, cases: list[Lettered], folder: Path, look: Look, drawn: Drawn, threads: int = 1) -> LettersResult:
    """One file for each case that can be written, and one print file of them all."""
    names = _names_of(number, cases, look)
    if drawn.files.keys() >= set(names):
        return LettersResult(len(cases), (), tuple(drawn.taken(name, folder) for name in names))
    letters, files, held = [], [], []

    def compiled(worded: tuple[Lettered, dict]) -> tuple[Lettered, dict, Document | None]:
        case, letter = worded
        return case, letter, None if _letter_name(case) in drawn.files else _compiled([letter], case.dated, look)

    with _mapping_on(threads) as mapped:
        for case, letter, document in mapped(compiled, _worded(cases, look, held)):
            name = _letter_name(case)
            file = _kept(document.content, folder, name, document.pages) if document else drawn.taken(name, folder)
            letters.append(letter | {"pages": file.pages})
            files.append(file)
            if look.word_copies:
                files.append(_copied(letter, folder, _copy_name(case), look))
    if letters:
        # the letters that it was made of are the same where none is new
        is_made = drawn.files.keys() >= {file.name for file in files}
        made = drawn.taken(_print_name(number), folder) if is_made else None
        files.append(made or _written(letters, max(case.dated for case in cases), folder, _print_name(number), look))
    return LettersResult(len(letters), tuple(held), tuple(files))


def _worded(cases: Iterable[Lettered], look: Look, held: list[HeldLetter]) -> Iterator[tuple[Lettered, dict]]:
    """The cases whose letters can be drawn, each with what its letter says; the letters of the others are added to those that are held."""
    for case in cases:
        try:
            letter = _drawable(letter_of(case, template_dir() / "letters"), look)
        except LetterHeld as reason:
            held.append(HeldLetter(case.letter_id, reason.reason_zh, reason.reason_en))
        else:
            yield case, letter


def _drawable(letter: dict, look: Look) -> dict:
    texts = texts_of(letter)
    if unknown := undrawable(texts, font_files(template_dir(), look)):
        raise _not_drawable(unknown, texts)
    return letter


def _not_drawable(unknown: list[str], texts: list[str]) -> LetterHeld:
    """Says which characters, and shows the first text that has one with 〓 in its place (they may not be printable at all)."""
    place = next(text for text in texts if unknown[0] in text)
    shown = "".join(_PLACEHOLDER if char in unknown else char for char in place)
    codes = " ".join(f"U+{ord(char):04X}" for char in unknown)
    return LetterHeld(
        f"没有字体能够显示字符{codes}（“{shown}”中以{_PLACEHOLDER}表示）：请在源数据中改正后重新生成信函",
        f"no font can draw {codes} (shown as {_PLACEHOLDER} in “{shown}”): correct the source data, then render the letters again",
    )


def _written(letters: list[dict], dated: dt.date, folder: Path, name: str, look: Look) -> LetterFile:
    document = _compiled(letters, dated, look)
    return _kept(document.content, folder, name, document.pages)


def _compiled(letters: list[dict], dated: dt.date, look: Look) -> Document:
    return compile_letters(letters, dated, template_dir(), look)


def _copied(letter: dict, folder: Path, name: str, look: Look) -> LetterFile:
    # imported here: python-docx is wanted only where copies are
    from claims.letters.word import word_copy

    return _kept(word_copy(letter, look), folder, name, None)


def _kept(content: bytes, folder: Path, name: str, pages: int | None) -> LetterFile:
    with naming(folder / name):
        (folder / name).write_bytes(content)
    return LetterFile(name, hashlib.sha256(content).hexdigest(), pages)


# ---------------------------------------------------------------- processes and threads


def _rendered_parts(
    parts: Iterator[tuple[int, list[Lettered]]], folder: Path, look: Look, drawn: Drawn, processes: int
) -> Iterator[LettersResult]:
    """The parts in their order. Several share the cores as processes; one alone is drawn by threads, which begin at once."""
    first = list(itertools.islice(parts, 2))
    parts = itertools.chain(first, parts)
    if processes == 1 or len(first) < 2:
        return (_render_part(number, cases, folder, look, drawn, processes) for number, cases in parts)
    return _rendered_in_pool(parts, folder, look, drawn, processes)


@contextmanager
def _mapping_on(threads: int) -> Iterator[Callable]:
    """What maps a function over many on so many threads, in their order. The Typst compiler lets other threads run."""
    if threads == 1:
        yield map
        return
    pool = ThreadPoolExecutor(threads)
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)


def _rendered_in_pool(
    parts: Iterator[tuple[int, list[Lettered]]], folder: Path, look: Look, drawn: Drawn, processes: int
) -> Iterator[LettersResult]:
    """Twice as many parts as processes are under way at most, so that memory does not grow with the number of letters."""
    with workers(processes) as pool:
        under_way = deque()
        for number, cases in parts:
            under_way.append(pool.submit(_render_part, number, cases, folder, look, drawn.among(_names_of(number, cases, look))))
            if len(under_way) == 2 * processes:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


# ---------------------------------------------------------------- lists


def _write_held(held_letters: Iterable[HeldLetter], path: Path, key: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([key, "reason_zh", "reason_en"])
        writer.writerows([inert(cell) for cell in (held.claim_id, held.reason_zh, held.reason_en)] for held in held_letters)


def _entry(file: LetterFile) -> dict:
    return {"sha256": file.sha256} | ({} if file.pages is None else {"pages": file.pages})


def _write_manifest(result: LettersResult, folder: Path) -> None:
    held_csv = hashlib.sha256((folder / "held.csv").read_bytes()).hexdigest()
    manifest = {
        "counts": {"held": len(result.held), "rendered": result.rendered},
        "files": {file.name: _entry(file) for file in result.files}
        | {"held.csv": {"lines": len(result.held) + 1, "sha256": held_csv}},
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8", newline="")
