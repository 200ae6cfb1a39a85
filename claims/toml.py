"""TOML files with a closed schema: an unknown key is an error, and no number becomes a float."""

from __future__ import annotations

import functools
import pickle
import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from claims.limits import DEEPEST_TOML, LARGEST_TOML, LONGEST_NUMBER, LONGEST_TOML_LINE
from claims.quoting import plain_lines, quoted

SYNTAX_ERRORS = (ValueError, msgspec.ValidationError)  # of which the decoders' errors are
"""What reading a file that is not as it should be raises; the message says where."""
TOO_DEEP = f"more than {DEEPEST_TOML} tables and lists within each other"
NAMES = ("id", "name", "code", "article")
"""The keys by which a member of a list is called in a message."""


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """One table of a TOML file; unknown keys are errors."""


Shape = TypeVar("Shape", bound=Model)


def parse(data: bytes) -> dict[str, Any]:
    """The content of a TOML file, decimals exact; a byte order mark, which some editors write, is no part of it. Raises one of SYNTAX_ERRORS."""
    return pickle.loads(_pickled(data))


@functools.lru_cache(maxsize=16)
def _pickled(data: bytes) -> bytes:
    """The content, from which everyone who asks is given a copy of their own: reading a policy anew for each change tried costs far more."""
    text = data.decode("utf-8-sig")
    _check_size(text, len(data))
    try:
        content = tomllib.loads(text, parse_float=_decimal)
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    _check_values(content, 0)
    return pickle.dumps(content)


def _check_size(text: str, size: int) -> None:
    if size > LARGEST_TOML:
        raise ValueError(f"the file is larger than {LARGEST_TOML:,} bytes")
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > LONGEST_TOML_LINE:
            raise ValueError(f"line {number} is longer than {LONGEST_TOML_LINE:,} characters")


def _decimal(written: str) -> Decimal:
    """A decimal as it is written; one whose digits could not be written out is none."""
    value = Decimal(written)
    if not value.is_finite() or abs(value.as_tuple().exponent) + len(value.as_tuple().digits) > LONGEST_NUMBER:
        raise ValueError(f"{written[:LONGEST_NUMBER]} is no number of at most {LONGEST_NUMBER} digits")
    return value


def _check_values(value: Any, depth: int) -> None:
    """Numbers of a length that can be reckoned with, texts without NUL, and not too many tables within each other."""
    if depth > DEEPEST_TOML:
        raise ValueError(TOO_DEEP)
    if isinstance(value, dict):
        for key, one in value.items():
            _check_values(key, depth)
            _check_values(one, depth + 1)
    elif isinstance(value, list):
        for one in value:
            _check_values(one, depth + 1)
    elif isinstance(value, int) and abs(value) >= 10**LONGEST_NUMBER:
        raise ValueError(f"a whole number of more than {LONGEST_NUMBER} digits")
    elif isinstance(value, str) and plain_lines(value) != value:
        raise ValueError(f"“{quoted(value)}” holds characters that nobody sees: take them out")


def read_as(content: dict[str, Any], shape: type[Shape]) -> Shape:
    """The content in its typed form. Raises one of SYNTAX_ERRORS, which calls the place by the names that the file gives."""
    try:
        return msgspec.convert(content, shape)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `$")
        if "matching regex" in problem:
            problem = "a name is made of letters, digits, `_`, `.` and `-`, begins with a letter or digit and has 64 of them at most"
        words, allowed = _placed(re.findall(r"\.\w+|\[[^\]]*\]", path), content, inspect.type_info(shape))
        among = f"; allowed are {', '.join(map(str, allowed))}" if allowed else ""
        raise msgspec.ValidationError(f"{' › '.join(words)}: {problem}{among}" if words else problem) from error


def _placed(steps: list[str], node: Any, kind: inspect.Type) -> tuple[list[str], tuple]:
    """The place that a path leads to, in the file's own names, and the values that may stand there, where these are few."""
    words = []
    for step in steps:
        if step == "[...]":  # a table with names of the author's: the one that does not fit
            value_kind = _only(kind, inspect.DictType).value_type
            name = next((name for name, value in node.items() if not _fits(value, value_kind)), None)
            words, node, kind = [*words, *filter(None, [name])], node.get(name), value_kind
        elif step.startswith("["):
            place = int(step[1:-1])
            node, kind = node[place], _only(kind, inspect.ListType).item_type
            named = next((node[name] for name in NAMES if isinstance(node, dict) and name in node), f"number {place + 1}")
            words[-1:] = [f"{words[-1]} {named}"] if words else [str(named)]
        else:
            fields = {field.encode_name: field.type for field in _only(kind, inspect.StructType).fields}
            words, kind = [*words, step[1:]], fields.get(step[1:], inspect.AnyType())
            node = node.get(step[1:]) if isinstance(node, dict) else None
    literal = _only(kind, inspect.LiteralType)
    return words, literal.values if literal else ()


def _only(kind: inspect.Type, wanted: type) -> Any:
    """The part of a type that is of a wanted form; None where there is none."""
    return next((part for part in _parts(kind) if isinstance(part, wanted)), None)


def _parts(kind: inspect.Type) -> Iterator[inspect.Type]:
    yield from kind.types if isinstance(kind, inspect.UnionType) else (kind,)


def _fits(value: Any, kind: inspect.Type) -> bool:
    struct = _only(kind, inspect.StructType)
    try:
        msgspec.convert(value, struct.cls if struct else Any)
    except msgspec.ValidationError:
        return False
    return True
