"""Cells to values: the SQL that types the raw text of a table's lines, made from the policy's fields.

A raw line has the columns file, file_sha256, file_order, line, `wan` (the fields that stood under a header in 万元), `cell` (field ->
trimmed text, NULL where blank) and `place` (field -> text in one form without white space). Its cells are read in three layers, each a
subquery of the next: `text_x` is the cell in half width, `value_x` what it says (NULL where unreadable), and the field's own column the
value where it lies in the field's range. Amounts become integers of a hundredth without ever being a float.
"""

from __future__ import annotations

from collections.abc import Iterable

from claims.database import sql_literal
from claims.policy.model import Field, Policy, Table
from claims.quoting import INVISIBLE
from claims.workbook_reader import NO_TEXT

ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
YUAN_SCALE = 2
TEN_THOUSAND_YUAN_SCALE = 6
"""Decimals that a cell may have when it counts 10,000 yuan: the same two decimals of a yuan."""

_DIGITS = 17
"""15 digits before the point and 2 after it, wherever the header's unit puts the point."""
_FULL_WIDTH = "".join(map(chr, range(0xFF01, 0xFF5F))) + "\u3000"
_HALF_WIDTH = "".join(map(chr, range(0x21, 0x7F))) + " "
_TO_HALF_WIDTH = str.maketrans(_FULL_WIDTH, _HALF_WIDTH)
_MIDNIGHT = r"(( +|T)0?0:00(:00(\.0+)?)?)?"
_DATE = r"[1-9]\d{3}(-\d{1,2}-\d{1,2}|/\d{1,2}/\d{1,2}|\.\d{1,2}\.\d{1,2}|\d{4}|年\d{1,2}月\d{1,2}日)" + _MIDNIGHT
_DATE_PARTS = r"^(\d{4})\D?(\d{1,2})\D?(\d{1,2}).*$"
_TAKEN_AS_IT_STANDS = ("text", "place", "id")
_STORED_PER_UNIT = {"money": 100, "area": 100, "unit_price": 100, "percent": 100, "score": 100, "number": 10**6}


def typed_relation_sql(policy: Policy, table: Table, source: str) -> str:
    """A SELECT that types any relation of raw lines. Grain: one row per line of `source`.

    Its columns: file, file_sha256, file_order, line, wan, place, one per field, and `raw`, the cells as they were received. An unreadable
    or out-of-range cell is NULL in its column and not in `raw`.
    """
    return _typed_select(policy, table, source, [])


def compared_relation_sql(policy: Policy, table: Table, source: str) -> str:
    """The same SELECT with `content` and `key_content`: digests that are equal where all typed cells, or those of the key, are.

    An unreadable cell counts by its raw text, an out-of-range one by its value; a blank one does not count, so that a table may gain
    an optional column without changing the digests of lines that leave it empty.
    """
    digests = [
        f"{_digest(table.field)} as content",
        f"{_digest(table.fields[name] for name in table.key)} as key_content",
    ]
    return _typed_select(policy, table, source, digests)


def _typed_select(policy: Policy, table: Table, source: str, digests: list[str]) -> str:
    texts = [f"{_text(field)} as text_{field.name}" for field in table.field]
    values = [f"{_value(policy, field)} as value_{field.name}" for field in table.field]
    columns = [f"{_within_range(field)} as {field.column}" for field in table.field]
    where_from = "file, file_sha256, file_order, line, wan, place"
    return (
        f"select {_listed([where_from, *columns, 'cell as raw', *digests])}\n"
        f"from (select {_listed(['*', *values])}\n"
        f"from (select {_listed([where_from, 'cell', *texts])}\n"
        f"from {source} as raw_line))"
    )


def _listed(expressions: Iterable[str]) -> str:
    return ",\n    ".join(expressions)


def _text(field: Field) -> str:
    cell = f"cell.{field.name}"
    if field.type == "place":
        return f"place.{field.name}"
    if field.type in _TAKEN_AS_IT_STANDS:
        return cell
    # Few cells hold anything but ASCII; only those pay for the translation.
    translated = f"translate({cell}, {sql_literal(_FULL_WIDTH)}, {sql_literal(_HALF_WIDTH)})"
    return f"case when strlen({cell}) = length({cell}) then {cell} else {translated} end"


def _value(policy: Policy, field: Field) -> str:
    text = f"text_{field.name}"
    match field.type:
        case "text":
            return f"case when not starts_with({text}, {sql_literal(NO_TEXT)}) and not regexp_matches({text}, '{INVISIBLE}') then {text} end"
        case "place":
            return f"case when not regexp_matches({text}, '{INVISIBLE}') then {text} end"
        case "id":
            return f"case when regexp_full_match({text}, '{ID_PATTERN}') then {text} end"
        case "uscc" | "party":
            return f"upper({_read(text)})"
        case "clause":
            return _clause(policy, text)
        case "choice":
            return _choice(field, text)
        case "date":
            return _date(text)
        case "year":
            return f"cast(try_cast({_number(text, 0)} as decimal(4, 0)) as integer)"
        case "count":
            return f"cast({_number(text, 0)} as bigint)"
        case "money":
            ten_thousands = f"list_contains(wan, '{field.name}')"
            return f"case when {ten_thousands} then {_scaled(text, TEN_THOUSAND_YUAN_SCALE)} else {_scaled(text, YUAN_SCALE)} end"
        case "area" | "unit_price" | "score":
            return _scaled(text, 2)
        case "number":
            return _scaled(text, 6)
        case "percent":
            return _scaled(text, 2, mark="%")


def _read(text: str) -> str:
    """A text as it stands; NULL where the cell of a workbook held something else."""
    return f"case when not starts_with({text}, {sql_literal(NO_TEXT)}) then {text} end"


def _number(text: str, scale: int, mark: str = "") -> str:
    """A DECIMAL of `scale` digits after the point; NULL for more of them, zeros at the end aside, or for too many before it."""
    decimals = rf"(\.\d{{1,{scale}}}0*)?" if scale else r"(\.0+)?"
    grammar = rf"-?(\d+|\d{{1,3}}(,\d{{3}})+){decimals}{mark and mark + '?'}"
    digits = f"replace({text}, ',', '')"
    bare = f"rtrim({digits}, '{mark}')" if mark else digits
    return f"case when regexp_full_match({text}, '{grammar}') then try_cast({bare} as decimal({_DIGITS}, {scale})) end"


def _scaled(text: str, scale: int, mark: str = "") -> str:
    """The number times 10^scale as BIGINT: a DECIMAL of that scale is written with all its places, so that leaving out the point is exact.

    (A cast from DECIMAL to BIGINT by way of a product takes twice the time.)
    """
    return f"cast(replace(cast({_number(text, scale, mark)} as varchar), '.', '') as bigint)"


def _date(text: str) -> str:
    return (
        f"case when regexp_full_match({text}, '[1-9]\\d{{3}}-\\d\\d-\\d\\d') then try_cast({text} as date) "
        f"when regexp_full_match({text}, '{_DATE}') then try_cast(regexp_replace({text}, '{_DATE_PARTS}', '\\1-\\2-\\3') as date) end"
    )


def _clause(policy: Policy, text: str) -> str:
    """Workbooks make 3.0 of clause 3; an id that ends so itself is still taken as it stands."""
    known = ", ".join(sql_literal(clause) for clause in policy.clauses)
    whole = f"regexp_replace({text}, '\\.0+$', '')"
    return f"case when {text} in ({known}) then {text} when {whole} in ({known}) then {whole} end"


def _choice(field: Field, text: str) -> str:
    """The code of a choice, told by the code itself or by its Chinese word."""
    words = {_folded(word): code for code, chinese in field.choices.items() for word in (chinese, code)}
    cases = (f"when {sql_literal(word)} then {sql_literal(code)}" for word, code in words.items())
    return f"case lower({text}) {' '.join(cases)} end"


def _folded(word: str) -> str:
    return word.translate(_TO_HALF_WIDTH).lower()


def _within_range(field: Field) -> str:
    value, scale = f"value_{field.name}", _STORED_PER_UNIT.get(field.type, 1)
    bounds = {">=": field.range.at_least, ">": field.range.above, "<=": field.range.at_most}
    tests = [f"{value} {sign} {bound * scale}" for sign, bound in bounds.items() if bound is not None]
    return f"case when {' and '.join(tests)} then {value} end" if tests else value


def _digest(fields: Iterable[Field]) -> str:
    """No cell holds U+0000, so that it parts the cells beyond doubt."""
    parts = [_content(field) for field in sorted(fields, key=lambda field: field.name)]
    return f"sha256(concat_ws(chr(0), {_listed(parts)}))"


def _content(field: Field) -> str:
    read, unread = sql_literal(field.name + "="), sql_literal(field.name + "?")
    if field.type in ("text", "place"):
        return f"coalesce({read} || {_read(f'cell.{field.name}')}, {unread} || {_unplaced(field)})"
    return f"coalesce({read} || cast(value_{field.name} as varchar), {unread} || {_unplaced(field)})"


def _unplaced(field: Field) -> str:
    """An unreadable cell without its name: a row that moved down is still the same row."""
    return f"regexp_replace(cell.{field.name}, {sql_literal(f'^{NO_TEXT}[A-Z]+[0-9]+')}, {sql_literal(NO_TEXT)})"
