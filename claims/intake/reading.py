"""Bytes to text to records with line numbers.

A record is numbered by its first physical line; LF, CRLF and CR end a line. `csv.reader(strict=True)` is the measure of what a record
is; lines without any quote character are split set-wise instead, which gives the same records far faster.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator

import polars as pl

from claims.limits import HOW_TO_MEND, LONGEST_CELL, LONGEST_LINE, MOST_LINES

WHITE_SPACE = "".join(chr(code) for code in range(0x3001) if chr(code).isspace()) + "\ufeff"
"""What is trimmed around a cell: all white space of Unicode, and the byte order mark that editors leave within files."""

BLOCK_BYTES = 32 << 20
BLOCK_RECORDS = 50_000
BLOCK_CELLS = 16 << 20
"""Cells that a frame may have, filled or not: a line end alone makes a row of them."""
_HANZI_IN_UTF8 = re.compile(rb"[\xe0-\xef][\x80-\xbf]{2}")


class FileDefect(Exception):
    """A file cannot be read as a whole. `problems` are pairs of a line and what was found there, with how to mend it."""

    def __init__(self, *problems: tuple[int, str]):
        super().__init__(problems)
        self.problems = problems


def decode(data: bytes) -> bytes:
    """The text of a file as UTF-8 without byte order mark.

    Reads UTF-8, UTF-16 with a byte order mark, and GB18030. Raises FileDefect where none fits, and for a U+0000.
    """
    text = _as_utf8(data)
    nul = text.find(b"\0")
    if nul >= 0:
        raise FileDefect((_line_at(text, nul), "a NUL character (U+0000): export the file again as CSV text"))
    _check_lines(text)
    return text


def _check_lines(text: bytes) -> None:
    """Raises FileDefect for a text of too many lines, or with one that is too long."""
    lines = _line_at(text)
    if lines > MOST_LINES:
        raise FileDefect((MOST_LINES, f"more than {MOST_LINES:,} lines; {HOW_TO_MEND}"))
    start = 0
    while len(text) - start > LONGEST_LINE:
        end = max(text.rfind(sign, start, start + LONGEST_LINE + 1) for sign in (b"\n", b"\r"))
        if end < 0:
            raise FileDefect((_line_at(text, start), f"a line of more than {LONGEST_LINE:,} bytes; {HOW_TO_MEND}"))
        start = end + 1


class CsvText:
    """The content of a CSV file as records. Raises FileDefect where it is no text."""

    def __init__(self, data: bytes):
        self._text = decode(data)

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """See `records`."""
        return records(self._text)

    def blocks(self, width: int) -> Iterator[pl.DataFrame]:
        """See `blocks`."""
        return blocks(self._text, width)

    def told(self, found: str) -> str:
        """A problem as it stands."""
        return found


def records(text: bytes, first_line: int = 1) -> Iterator[tuple[int, list[str]]]:
    """The records of a text that begins with a certain line, each with its line. Raises FileDefect at a quoting error."""
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(text), "utf-8", newline=""), strict=True)
    line = first_line
    try:
        for cells in reader:
            yield line, cells
            line = first_line + reader.line_num
    except csv.Error as error:
        raise FileDefect((line, _quoting_problem(str(error), first_line + reader.line_num - 1))) from error


def blocks(text: bytes, width: int) -> Iterator[pl.DataFrame]:
    """The records of a text in frames, one row per record, in order.

    Columns: line; width, the number of cells; c0, c1, … up to `width`, as they stand, NULL where the record has fewer; more, whether
    anything but white space stands beyond. Raises FileDefect at a quoting error.
    """
    return _split_blocks(text, width) if _has_plain_lines(text) else frames_of(records(text), width)


def cell_columns(width: int) -> list[str]:
    """The names of the columns that hold the cells of a record."""
    return [f"c{number}" for number in range(width)]


def _as_utf8(data: bytes) -> bytes:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _recoded(data, "utf-16")
    if data.startswith(codecs.BOM_UTF8):
        return _checked_utf8(data[len(codecs.BOM_UTF8):])
    try:
        return _checked_utf8(data)
    except FileDefect as not_utf8:
        return _from_gb18030(data, not_utf8)


def _checked_utf8(data: bytes) -> bytes:
    """The same bytes. They are decoded only to check them, in pieces, to save memory."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    start = 0
    try:
        for start in range(0, len(data), BLOCK_BYTES):
            decoder.decode(data[start : start + BLOCK_BYTES])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise _encoding_defect(data, "utf-8") from None
    return data


def _from_gb18030(data: bytes, not_utf8: FileDefect) -> bytes:
    """GB18030 takes nearly any bytes, so that a damaged UTF-8 file would turn into other characters without a sound: refuse it."""
    damage = data.decode("utf-8", "replace").count("\ufffd")
    if len(_HANZI_IN_UTF8.findall(data)) > damage:
        raise not_utf8
    try:
        return _recoded(data, "gb18030")
    except FileDefect as not_gb18030:
        # The encoding that reads further is the one that was meant.
        raise max(not_utf8, not_gb18030, key=lambda defect: defect.problems[0][0]) from None


def _recoded(data: bytes, encoding: str) -> bytes:
    try:
        return data.decode(encoding).encode("utf-8")
    except UnicodeDecodeError:
        raise _encoding_defect(data, encoding) from None


def _encoding_defect(data: bytes, encoding: str) -> FileDefect:
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        line = _line_at(data[: error.start].decode(encoding, "ignore").encode("utf-8"))
        found = f"byte 0x{data[error.start]:02X} is no {encoding.upper()} text"
        return FileDefect((line, f"{found}: save the file as UTF-8, UTF-16 with byte order mark, or GB18030"))
    raise AssertionError("called for data that decodes")


def _line_at(text: bytes, offset: int | None = None) -> int:
    """The physical line in which an offset of a text lies; its end by default."""
    before = text[:offset]
    return 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")


def _quoting_problem(error: str, line_now: int) -> str:
    if error.startswith("field larger"):
        return f"a cell of more than {LONGEST_CELL:,} characters: shorten it; if none is that long, a quote that is never closed makes it so"
    if error == "unexpected end of data":
        return 'a quoted cell that begins in this record is never closed: add the missing " or double each " within a cell'
    return f'wrong quoting up to line {line_now} ({error}): put a comma or a line end behind a closing ", and double each " within a cell'


def _has_plain_lines(text: bytes) -> bool:
    """Whether nothing but LF ends a line. (Polars drops a byte order mark that begins a block.)"""
    return text.count(b"\r") == text.count(b"\r\n") and codecs.BOM_UTF8 not in text


def _split_blocks(text: bytes, width: int) -> Iterator[pl.DataFrame]:
    """Piece by piece: lines without a quote are split, the others, and those that may hold a cell that is too long, read as records of their own. From the
    first piece on in which one of these is no record by itself, because a quoted cell goes on in the next line or the quoting is wrong, or in which a cell
    is too long, all that follows is read record by record."""
    line, start = 1, 0
    for end in _piece_ends(text, BLOCK_CELLS // (width + 1)):
        # NUL cannot stand in the text, so that each line becomes the one cell of its row.
        lines = pl.read_csv(text[start:end], has_header=False, separator="\0", quote_char=None, schema={"text": pl.String})
        lines = lines.select(line=pl.int_range(line, line + len(lines), dtype=pl.Int64), text=pl.col("text").fill_null(""))
        is_for_csv = lines["text"].str.contains('"', literal=True) | (lines["text"].str.len_bytes() > LONGEST_CELL)
        try:
            by_csv = [*_lone_records(lines.filter(is_for_csv))]
        except csv.Error:
            yield from frames_of(records(text[start:], line), width)
            return
        split = _split(lines.filter(~is_for_csv), width)
        yield pl.concat([split, _frame_of(by_csv, width)]).sort("line") if by_csv else split
        line, start = line + len(lines), end


def _lone_records(lines: pl.DataFrame) -> Iterator[tuple[int, list[str]]]:
    """Lines as records, each by itself. Raises csv.Error where one is none: where it is, a record that begins with a line ends with it."""
    csv.field_size_limit(LONGEST_CELL)
    for line, text in lines.iter_rows():
        [cells] = csv.reader([text], strict=True)
        yield line, cells


def _split(lines: pl.DataFrame, width: int) -> pl.DataFrame:
    """Numbered lines without a quote as records (see `blocks`)."""
    text = pl.col("text")
    split = text.str.splitn(",", width + 1).struct.rename_fields([*cell_columns(width), "rest"])
    counted = (text.str.count_matches(",", literal=True) + 1).cast(pl.Int64)
    frame = lines.select("line", counted.alias("width"), split.alias("cells")).unnest("cells")
    more = (pl.col("rest").str.strip_chars(WHITE_SPACE + ",") != "").fill_null(False)
    return frame.select("line", "width", more.alias("more"), *cell_columns(width))


def _piece_ends(text: bytes, most_lines: int) -> Iterator[int]:
    """Where to cut the text behind line ends, into pieces of BLOCK_BYTES, and of fewer where these have more lines."""
    end = 0
    while end < len(text):
        size = BLOCK_BYTES
        while text.count(b"\n", end, end + size) > most_lines:
            size //= 2
        cut = text.find(b"\n", end + size)
        end = cut + 1 if cut >= 0 else len(text)
        yield end


def frames_of(numbered: Iterator[tuple[int, list[str]]], width: int) -> Iterator[pl.DataFrame]:
    """Numbered records in frames (see `blocks`)."""
    while (frame := _frame_of(itertools.islice(numbered, BLOCK_RECORDS), width)).height:
        yield frame


def _frame_of(numbered: Iterable[tuple[int, list[str]]], width: int) -> pl.DataFrame:
    """A frame of some records (see `blocks`); it has no row where there are none."""
    # Records are let go one by one, into one long column of cells: keeping many small lists costs more than all the rest.
    lines, widths, more, cells, blank = [], [], [], [], [""] * width
    for line, record in numbered:
        lines.append(line)
        widths.append(len(record))
        more.append(_any_filled(record[width:]))
        cells += (record + blank)[:width]
    column = pl.Series(cells, dtype=pl.String)
    parted = {name: column.gather_every(width, number) for number, name in enumerate(cell_columns(width))}
    return pl.DataFrame({"line": lines, "width": widths, "more": more, **parted})


def _any_filled(cells: list[str]) -> bool:
    return any(cell.strip(WHITE_SPACE) for cell in cells)
