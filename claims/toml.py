"""TOML files with a closed schema: an unknown key is an error, and no number becomes a float."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

SYNTAX_ERRORS = (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError)
"""What reading a file that is not as it should be raises; the message says where."""


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """One table of a TOML file; unknown keys are errors."""


Shape = TypeVar("Shape", bound=Model)


def parse(data: bytes) -> dict[str, Any]:
    """The content of a TOML file, decimals exact; a byte order mark, which some editors write, is no part of it. Raises one of SYNTAX_ERRORS."""
    return tomllib.loads(data.decode("utf-8-sig"), parse_float=Decimal)


def read_as(content: dict[str, Any], shape: type[Shape]) -> Shape:
    """The content in its typed form. Raises one of SYNTAX_ERRORS."""
    return msgspec.convert(content, shape)
