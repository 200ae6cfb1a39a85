"""Names that a policy cannot give, because the languages that it is read by and compiled to, or the statements of sql/, have them already."""

from __future__ import annotations

import functools
import keyword
import re

from claims.resources import sql_texts

SQL_WORDS = frozenset("""
all analyse analyze and anti any array as asc asof asymmetric at authorization binary both by case cast check collate collation column columns
concurrently constraint create cross default deferrable desc describe distinct do else end except false fetch for foreign freeze from full
generated glob group having ilike in initially inner intersect into is isnull join lambda lateral leading left like limit map natural not notnull
null offset on only or order outer overlaps pivot pivot_longer pivot_wider placing positional primary qualify references returning right select
semi show similar some struct summarize symmetric table tablesample then to trailing true try_cast tuple union unique unpack unpivot using
variadic verbose when where window with
""".split())
"""The reserved words of DuckDB 2."""
ENGINE_COLUMNS = frozenset("""
account allowed as_of award_before_fen award_fen breakdowns carried_fen carry_before_fen carry_fen carry_key cell changed computed_anew computed_before_fen computed_fen content
doubled due_fen entitled_before_fen entitled_fen file file_order file_sha256 key key_content limits line others_fen outcome payable_fen payee place pool raw reason_codes reductions refusals
refused rule run seq sticky treasury_places unsorted_codes used wan
""".split())
"""Columns that stand beside the policy's own in some statement."""
WORDS_OF_EXPRESSIONS = frozenset(("award", "given", "other", "found", "as_of"))


def why_taken(name: str, column: str | None = None) -> str | None:
    """Why a name cannot be given, in words; None when it can. `column` is what stores its value, where something does."""
    if not (name.isascii() and name.isidentifier()):
        return "a name is made of letters a to z, digits and _, and begins with a letter"
    if keyword.iskeyword(name) or name.lower() in SQL_WORDS:
        return f"{name} is a word of the languages that policies are compiled to, take another name"
    if name in WORDS_OF_EXPRESSIONS or column in ENGINE_COLUMNS:
        return f"{name} means something else already, take another name"
    return None


@functools.cache
def relation_names() -> frozenset[str]:
    """The relations that the statements of sql/ fill: no table of a policy can be called so."""
    created = re.compile(r"create (?:or replace )?(?:temp )?(?:table|view) (?:if not exists )?(?!if\b)([a-z_]+)\b(?![.{])")
    return frozenset(name for text in sql_texts() for name in created.findall(text))
