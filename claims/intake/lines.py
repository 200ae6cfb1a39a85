"""Raw lines: the records of one file with their trimmed cells and the fates that can be told from the line alone, kept as Parquet.

Grain: one row per record. Columns: those of a raw line (see cells.py), claim_id, fate and reason. A line without fate is one whose
content decides; it goes on to be typed and compared.
"""

from __future__ import annotations

import errno
import glob
import shutil
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from claims.database import sql_literal
from claims.intake.cells import ID_PATTERN
from claims.intake.headers import Header, read_header
from claims.intake.reading import WHITE_SPACE, CsvText, FileDefect, cell_columns
from claims.intake.sheets import FilledForm
from claims.policy.model import Table
from claims.quoting import INVISIBLE, quoted
from claims.workbook_reader import NO_TEXT

TOTALS = ["合计", "总计", "小计"]
_WHITE = f"[{WHITE_SPACE}]"
_UNSEEN = "\ufffd"
"""What is shown for a character that nobody sees."""


@dataclass(frozen=True)
class Source:
    """A file of the folder. `twin` says why it is known already: the reason that its lines get; None for a new file."""

    order: int
    name: str
    sha256: str
    table: Table
    twin: str | None


Content = CsvText | FilledForm
"""What a file holds, as records."""


def keep_lines(source: Source, content: Content, scratch: Path) -> int:
    """Write the raw lines of a file to `scratch` and return their number. Raises FileDefect with every problem of the file."""
    frames = _known_lines(source, content) if source.twin else _new_lines(source, content)
    counted = 0
    try:
        for part, frame in enumerate(frames):
            counted += len(frame)
            write_parquet(frame, _folder(scratch, source.table) / f"{source.order:06d}-{part:06d}.parquet")
    except FileDefect as defect:
        raise FileDefect(*((line, content.told(found)) for line, found in defect.problems)) from None
    return counted


def prepare(scratch: Path, table: Table) -> None:
    """Make the place of a table's lines, with a part that holds none, so that there always is something to read."""
    shutil.rmtree(_folder(scratch, table), ignore_errors=True)
    _folder(scratch, table).mkdir(parents=True)
    write_parquet(pl.DataFrame(schema=_schema(table)), _folder(scratch, table) / "none.parquet")


def write_parquet(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame to `scratch`. Raises OSError where the disk fails, of which polars makes an error of its own."""
    try:
        frame.write_parquet(path, compression="lz4")
    except pl.exceptions.ComputeError as error:
        raise OSError(errno.EIO, str(error), str(path)) from error


def parquet(folder: Path, names: str) -> str:
    """The SQL source that reads Parquet files of a folder; `names` may be a pattern, the folder's own name is none."""
    return f"read_parquet({sql_literal(glob.escape(str(folder)) + '/' + names)})"


def all_lines(scratch: Path, table: Table) -> str:
    """The SQL source of a table's lines, in the order of files and lines."""
    return parquet(_folder(scratch, table), "*.parquet")


def open_lines(scratch: Path, table: Table) -> str:
    """The SQL source of the lines whose content decides."""
    return f"(select * from {all_lines(scratch, table)} where fate is null)"


def _folder(scratch: Path, table: Table) -> Path:
    return scratch / f"lines_{table.name}"


def _schema(table: Table) -> dict[str, pl.DataType]:
    return {
        "file_order": pl.Int32(), "file": pl.String(), "file_sha256": pl.String(), "line": pl.Int64(), "wan": pl.List(pl.String),
        "cell": pl.Struct(dict.fromkeys(table.fields, pl.String)), "place": pl.Struct(dict.fromkeys(_places(table), pl.String)),
        "claim_id": pl.String(), "fate": pl.String(), "reason": pl.String(),
    }


def _places(table: Table) -> list[str]:
    """A struct has at least one entry, and stands in every table, so that all lines have the same columns."""
    return [field.name for field in table.field if field.type == "place"] or ["none"]


def _known_lines(source: Source, content: Content) -> Iterator[pl.DataFrame]:
    for block in content.blocks(1):
        yield _finished(source, block.select("line", fate=pl.lit("duplicate"), reason=pl.lit(source.twin)), [])


def _new_lines(source: Source, content: Content) -> Iterator[pl.DataFrame]:
    header = _header(source, content)
    problems: list[tuple[int, str]] = []
    try:
        for block in content.blocks(header.width):
            fated = _fated(source.table, _trimmed(block, header), header)
            problems += _under_no_header(fated, header)
            if source.table.unreadable == "refuse":
                problems += _wrong_widths(fated, header)
            yield _finished(source, fated, header.wan)
    except FileDefect as defect:
        problems += defect.problems
    if problems:
        raise FileDefect(*problems)


def _header(source: Source, content: Content) -> Header:
    """The header row; when it is wrong, the rest of the file is still read for problems of its own."""
    try:
        return read_header(source.table, content.records())
    except FileDefect as defect:
        raise FileDefect(*dict.fromkeys([*defect.problems, *_quoting_problems(content)])) from None


def _quoting_problems(content: Content) -> Iterable[tuple[int, str]]:
    try:
        deque(content.records(), maxlen=0)
    except FileDefect as defect:
        return defect.problems
    return ()


def _trimmed(block: pl.DataFrame, header: Header) -> pl.DataFrame:
    """Cells without white space around them, NULL where blank; a column with a header is named by its field."""
    cells = pl.col(cell_columns(header.width)).str.strip_chars(WHITE_SPACE)
    names = {column: f"cell_{field}" for column, field in zip(cell_columns(header.width), header.fields) if field}
    return block.with_columns(pl.when(cells != "").then(cells)).rename(names)


def _under_no_header(block: pl.DataFrame, header: Header) -> list[tuple[int, str]]:
    """Office exports have empty columns at the end; a cell that stands in one would be lost."""
    problems = []
    for number, field in enumerate(header.fields):
        if field is None:
            filled = block.filter(pl.col(f"c{number}").is_not_null() & (pl.col("line") > header.line))
            problems += [
                (line, f"“{quoted(text)}” stands in column {number + 1}, which has no header: name the column in line {header.line} or empty it")
                for line, text in filled.select("line", f"c{number}").rows()
            ]
    return problems


def _wrong_widths(block: pl.DataFrame, header: Header) -> list[tuple[int, str]]:
    rejected = block.filter(pl.col("fate") == "rejected").select("line", "width").rows()
    return [(line, f"{width} cells instead of {header.width}: correct the row, none of this table may be left out") for line, width in rejected]


def _fated(table: Table, block: pl.DataFrame, header: Header) -> pl.DataFrame:
    cells = [name for name in block.columns if name not in ("line", "width", "more")]
    first = pl.coalesce(cells)
    tests = [
        (pl.col("line") == header.line, "ignored", pl.lit("表头")),
        (first.is_null() & ~pl.col("more"), "ignored", pl.lit("空行")),
        (pl.col("line") < header.line, "ignored", pl.lit("标题行")),
        (first.str.replace_all(_WHITE, "").is_in(TOTALS), "ignored", pl.lit("合计行")),
        (pl.col("width") != header.width, "rejected", pl.format("列数不符：应为{}列，实为{}列", pl.lit(header.width), "width")),
        *_key_tests(table),
    ]
    fate, reason = pl.lit(None, pl.String), pl.lit(None, pl.String)
    for test, its_fate, its_reason in reversed(tests):
        fate = pl.when(test).then(pl.lit(its_fate)).otherwise(fate)
        reason = pl.when(test).then(its_reason).otherwise(reason)
    return block.with_columns(fate=fate, reason=reason)


def _key_tests(table: Table) -> Iterator[tuple[pl.Expr, str, pl.Expr]]:
    """Rows that are left out for their key; where no row may be left out, such a cell refuses the run later."""
    if table.unreadable == "refuse":
        return
    for field in (table.fields[name] for name in table.key):
        cell = pl.col(f"cell_{field.name}")
        if not field.optional:
            yield cell.is_null(), "rejected", pl.lit(f"{field.header}为空")
        if field.type == "id":
            yield ~cell.str.contains(f"^{ID_PATTERN}$"), "rejected", pl.format(f"{field.header}不合规：{{}}", cell.str.replace_all(INVISIBLE, _UNSEEN).str.head(40))


def _finished(source: Source, block: pl.DataFrame, wan: list[str]) -> pl.DataFrame:
    """All columns of a raw line; fields without a column are NULL."""
    table, schema = source.table, _schema(source.table)
    cells = {name: _cell(block, name) for name in table.fields}
    places = {name: _folded(cells[name]) if name in cells else pl.lit(None, pl.String) for name in _places(table)}
    key = cells[table.key[0]] if table.holds == "claims" else pl.lit(None, pl.String)
    return block.select(
        file_order=pl.lit(source.order), file=pl.lit(source.name), file_sha256=pl.lit(source.sha256), line="line",
        wan=pl.lit(wan, pl.List(pl.String)), cell=pl.struct(**cells), place=pl.struct(**places),
        claim_id=pl.when(pl.col("fate").is_null()).then(key), fate="fate", reason="reason",
    ).cast(schema)


def _cell(block: pl.DataFrame, name: str) -> pl.Expr:
    return pl.col(f"cell_{name}") if f"cell_{name}" in block.columns else pl.lit(None, pl.String)


def _folded(cell: pl.Expr) -> pl.Expr:
    """One form for one place: NFKC without white space; NULL where the cell cannot be read."""
    return pl.when(~cell.str.starts_with(NO_TEXT)).then(cell.str.normalize("NFKC").str.replace_all(_WHITE, ""))
