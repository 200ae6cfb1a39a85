"""Statements of DuckDB carried over to Spark: parsed and written by sqlglot, with a rule for each construct of which the two mean different things.

What is not known to mean the same on both is refused, never passed on: a statement may hold the constructs of COMMON and those that have a rule, some of
them only as ONLY says. What type a column has, a statement does not tell: SparkDatabase looks at it where relations go over and are filled.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from claims.database import Database

COMMON = {
    # queries
    exp.Select, exp.From, exp.Where, exp.Group, exp.Union, exp.With, exp.CTE, exp.Subquery, exp.Table, exp.TableAlias, exp.Values, exp.Tuple,
    exp.Distinct, exp.Star, exp.Column, exp.Identifier, exp.Alias, exp.Paren, exp.WindowSpec, exp.Order, exp.Ordered, exp.Filter,
    # values
    exp.Literal, exp.Null, exp.Boolean, exp.Cast, exp.DataTypeParam, exp.Interval, exp.Var, exp.Lambda, exp.Array,
    # conditions
    exp.And, exp.Or, exp.Not, exp.Is, exp.In, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Case, exp.If,
    exp.Coalesce, exp.Nullif,
    # numbers and days; least and greatest pass over what is unknown on both
    exp.Add, exp.Mul, exp.Neg, exp.Mod, exp.Abs, exp.Greatest, exp.Least, exp.Year, exp.Month, exp.DateFromParts,
    # texts
    exp.ConcatWs, exp.DPipe, exp.Chr, exp.StrPosition, exp.Ascii,
    # many rows
    exp.Count, exp.Max, exp.Min, exp.LogicalOr, exp.GroupConcat, exp.RowNumber,
    # lists
    exp.ArrayMin, exp.ArraySort, exp.ArrayToString, exp.Split, exp.Explode, exp.Struct, exp.PropertyEQ, exp.ColumnDef, exp.Dot,
}
"""What sqlglot writes for Spark as DuckDB means it."""

TYPES = {
    exp.DataType.Type.BIGINT, exp.DataType.Type.INT, exp.DataType.Type.VARCHAR, exp.DataType.Type.TEXT, exp.DataType.Type.DATE, exp.DataType.Type.BOOLEAN,
    exp.DataType.Type.DECIMAL, exp.DataType.Type.ARRAY, exp.DataType.Type.STRUCT,
}
WIDE = "DECIMAL(38, 0)"
"""Spark's type for what DuckDB reckons in HUGEINT. Above its 38 digits Spark fails, as DuckDB does above its own bound."""
PLAIN_PATTERN = re.compile(r"(\w|\[[\w-]+\]|\{\d+\})+", re.ASCII)
"""Characters, sets of them and how often: in other patterns the two differ."""


class NotCarriedOver(Exception):
    """A construct of which it is not known that it means the same on Spark."""


@dataclass(frozen=True)
class Statement:
    """A statement for Spark: the relation that it fills, None for a query; the query; the relations that it reads."""

    relation: str | None
    query: str
    reads: tuple[str, ...]


def carried_over(sql: str, params: Mapping[str, str | int] | None = None) -> list[Statement]:
    """One or several statements, their `$name` filled from `params`. Raises NotCarriedOver."""
    return [_statement(tree, params or {}) for tree in sqlglot.parse(sql, read="duckdb") if tree is not None]


def _statement(tree: exp.Expression, params: Mapping[str, str | int]) -> Statement:
    if isinstance(tree, exp.Insert) and tree.args.get("by_name"):
        return _written(tree.this.name, _added_to(tree), params)
    if isinstance(tree, exp.Create) and tree.kind == "TABLE" and isinstance(tree.expression, exp.Query):
        return _written(tree.this.name, tree.expression, params)
    if isinstance(tree, exp.Query):
        return _written(None, tree, params)
    raise NotCarriedOver(f"{tree.key}: only queries, and tables made of them, are carried over")


def _added_to(insert: exp.Insert) -> exp.Expression:
    """The rows of a table and those that an insert adds, by the names of the columns."""
    return exp.union(exp.select(*insert.expression.named_selects).from_(insert.this.copy()), insert.expression, distinct=False)


def _written(relation: str | None, query: exp.Expression, params: Mapping[str, str | int]) -> Statement:
    query = _filled(_unfolded(query.copy()), params)
    _check(query)
    query = _changed(query, RULES, COMMON)
    within = {cte.alias for cte in query.find_all(exp.CTE)}
    reads = dict.fromkeys(table.name for table in query.find_all(exp.Table) if table.name and table.name not in within)
    return Statement(relation, query.sql(dialect="spark", comments=False), tuple(reads))


def _filled(query: exp.Expression, params: Mapping[str, str | int]) -> exp.Expression:
    return query.transform(lambda node: exp.convert(params[node.name]) if isinstance(node, exp.Placeholder) else node)


def _check(query: exp.Expression) -> None:
    """What ONLY holds is as it says."""
    for node in query.walk():
        if type(node) in ONLY and not ONLY[type(node)](node):
            raise _refused(node)


def _refused(node: exp.Expression) -> NotCarriedOver:
    return NotCarriedOver(f"{type(node).__name__} ({node.sql(dialect='duckdb')[:200]})")


def _changed(query: exp.Expression, rules: Mapping[type, Callable], common: set[type]) -> exp.Expression:
    """Every node by its rule, the inner ones first."""
    holder = exp.Paren(this=query)
    for node in reversed(list(query.walk())):
        rule = rules.get(type(node))
        if rule:
            changed = rule(node)
            if changed is not node:
                node.replace(changed)
        elif type(node) not in common:
            raise _refused(node)
    return holder.this


# ---------------------------------------------------------------- macros

@functools.cache
def _macros() -> dict[str, tuple[list[str], exp.Expression]]:
    """The macros of sql/schema/functions.sql: the names of their arguments, and their text."""
    trees = sqlglot.parse(Database.render("schema/functions.sql"), read="duckdb")
    return {tree.this.this.name: ([argument.name for argument in tree.this.expressions], tree.expression) for tree in trees if tree is not None}


def _unfolded(query: exp.Expression) -> exp.Expression:
    """The query with every call of a macro replaced by its text: Spark has none."""
    holder = exp.Paren(this=query)
    while calls := [call for call in holder.find_all(exp.Anonymous) if call.name in _macros()]:
        calls[-1].replace(_text_of(calls[-1]))
    return holder.this


def _text_of(call: exp.Anonymous) -> exp.Expression:
    arguments, text = _macros()[call.name]
    given = dict(zip(arguments, call.expressions))
    return text.copy().transform(lambda node: exp.paren(given[node.name].copy()) if isinstance(node, exp.Column) and node.name in given else node)


# ---------------------------------------------------------------- what means the same only as it is used here

def _is_whole(node: exp.Expression | None, least: int = 0, below: int = 2**63) -> bool:
    """A number without point and exponent, which is exact."""
    return isinstance(node, exp.Literal) and not node.is_string and node.name.isdecimal() and least <= int(node.name) < below


def _is_same_cast(cast: exp.Cast) -> bool:
    """What is a DECIMAL for longer than a moment DuckDB divides as a double; of texts the two read different ones as days or numbers."""
    value = cast.this.unnest()
    if not value.is_string or cast.to.is_type(*exp.DataType.TEXT_TYPES):
        return not cast.is_type("decimal")
    return cast.is_type("date") and re.fullmatch(r"\d{4}-\d\d-\d\d", value.name) is not None


def _is_whole_at_once(cast: exp.TryCast) -> bool:
    return not cast.this.unnest().is_string and cast.is_type("decimal") and type(cast.parent) is exp.Cast and cast.parent.is_type("bigint")


def _is_added_to_a_day(interval: exp.Interval) -> bool:
    """In DuckDB that gives a time, on Spark a day: it is made a day at once."""
    around = interval.parent
    while isinstance(around, (exp.Paren, exp.Mul, exp.Add, exp.Sub)):
        around = around.parent
    is_known = interval.text("unit").upper() in ("DAY", "MONTH") and isinstance(interval.this, exp.Literal)
    return is_known and type(around) is exp.Cast and around.is_type("date")


def _is_all_of_a_kind(union: exp.Union) -> bool:
    """Of texts and numbers together DuckDB makes texts, Spark numbers."""
    if union.left.is_star or union.right.is_star:
        return True
    return all({_is_text(one), _is_text(other)} != {True, False} for one, other in zip(union.left.selects, union.right.selects))


def _is_text(value: exp.Expression) -> bool | None:
    """None where the statement does not tell."""
    value = value.unalias().unnest()
    if isinstance(value, exp.Literal):
        return value.is_string
    return value.to.is_type(*exp.DataType.TEXT_TYPES) if isinstance(value, exp.Cast) else None


ONLY: dict[type, Callable[..., bool]] = {
    exp.Literal: lambda literal: literal.is_string or _is_whole(literal, below=10**38),
    exp.Cast: _is_same_cast,
    exp.TryCast: _is_whole_at_once,
    exp.Interval: _is_added_to_a_day,
    exp.Union: _is_all_of_a_kind,
    # Spark's begins again at 256
    exp.Chr: lambda chr_: all(_is_whole(code, below=256) for code in chr_.expressions),
    # Spark's is a pattern, in which sqlglot quotes a text
    exp.Split: lambda split: split.expression.is_string and split.expression.name != "" and "\\" not in split.expression.name,
    exp.WindowSpec: lambda spec: not spec.args.get("exclude"),
}
"""What means the same only so."""


# ---------------------------------------------------------------- what the two mean differently

def _call(name: str, *arguments: exp.Expression) -> exp.Expression:
    return exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])


def _wide(value: exp.Expression) -> exp.Expression:
    return exp.cast(value.copy(), WIDE)


def _narrow(value: exp.Expression) -> exp.Expression:
    return value.copy() if _is_whole(value.unnest()) else exp.cast(value.copy(), "bigint")


def _type(type_: exp.DataType) -> exp.DataType:
    """HUGEINT is unknown to Spark; a number that is not exact is none here, nor one with a part of one, which DuckDB rounds and Spark cuts."""
    if type_.this == exp.DataType.Type.INT128:
        return exp.DataType.build(WIDE)
    if type_.this not in TYPES or (type_.is_type("decimal") and [param.name for param in type_.expressions][1:] != ["0"]):
        raise _refused(type_)
    return type_


def _join(join: exp.Join) -> exp.Join:
    if join.method or join.side not in ("", "LEFT") or join.kind not in ("", "INNER", "SEMI", "ANTI") or not (join.args.get("using") or join.args.get("on")):
        raise _refused(join)
    return join


def _quotient(division: exp.IntDiv) -> exp.Expression:
    """`//`: Spark's DIV of decimals gives a BIGINT and wraps silently, so that what is wide is divided as decimals, without a rest and thus exactly.
    What does not show that it is wide must fit."""
    left, right = division.this, division.expression
    if not any(type_.this == exp.DataType.Type.DECIMAL for type_ in division.find_all(exp.DataType)):
        return exp.IntDiv(this=_narrow(left), expression=_narrow(right))
    left, right = _wide(left), _wide(right)
    whole = exp.Sub(this=left, expression=exp.Mod(this=left.copy(), expression=right))
    return exp.paren(_wide(_call("try_divide", exp.paren(whole), right)))


def _sum(sum_: exp.Sum) -> exp.Expression:
    """DuckDB adds up in HUGEINT."""
    return exp.Sum(this=exp.cast(sum_.this.copy(), "DECIMAL(28, 0)"))


def _attempt(cast: exp.TryCast) -> exp.Expression:
    """Whether a number fits. Of a text that is none the two differ: it fails before."""
    attempt = cast.copy()
    attempt.set("this", _wide(cast.this))
    return attempt


def _less(difference: exp.Sub) -> exp.Expression:
    """A day less a day is a number in DuckDB, an interval on Spark, which negates no day and so refuses it."""
    return exp.Add(this=difference.this.copy(), expression=exp.Neg(this=exp.paren(difference.expression.copy())))


def _days_between(difference: exp.DateDiff) -> exp.Expression:
    """As a whole number of days: the DATEDIFF that sqlglot writes goes by the clock of the session's time zone."""
    if difference.text("unit").upper() != "DAY":
        raise _refused(difference)
    return exp.cast(_call("datediff", difference.this, difference.expression), "bigint")


def _list(aggregate: exp.ArrayAgg) -> exp.Expression:
    """list(); what is unknown is no part of Spark's, as of every list that statements look into. Spark's has no order: the place goes along, and before it
    whether it is unknown, which is the last one in DuckDB."""
    if not isinstance(aggregate.this, exp.Order):
        return exp.ArrayAgg(this=aggregate.this.copy())
    places = [part for ordered in aggregate.this.expressions for part in (ordered.this.is_(exp.null()), ordered.this)]
    if any(ordered.args.get("desc") or ordered.args.get("nulls_first") for ordered in aggregate.this.expressions):
        raise _refused(aggregate)
    value = exp.alias_(aggregate.this.this.copy(), "value")
    pairs = _call("collect_list", _call("struct", *places, value))
    return _call("transform", _call("array_sort", pairs), exp.Lambda(this=exp.column("value", "pair"), expressions=[exp.to_identifier("pair")]))


def _concatenated(lists: exp.ArrayConcat) -> exp.Expression:
    """list_concat passes over what is no list; Spark's concat of it is unknown."""
    parts = [lists.this, *lists.expressions]
    return _call("concat", *(_call("coalesce", part, _call("array")) for part in parts))


def _number_of_group(window: exp.Window) -> exp.Expression:
    """row_number() over () numbers groups, so that each is told by one value. Spark would bring all into one place for it: there their key tells them.
    Any other window is one of rows in an order, or named."""
    if window.args.get("order") or window.args.get("alias"):
        return window
    group = window.find_ancestor(exp.Select).args.get("group")
    if group is None or not isinstance(window.this, exp.RowNumber) or window.args.get("partition_by"):
        raise _refused(window)
    return _call("struct", *group.expressions)


def _part_of_list(bracket: exp.Bracket) -> exp.Expression:
    """list[first:last]; places from the end would be other ones."""
    [part] = bracket.expressions
    if not isinstance(part, exp.Slice) or not _is_whole(part.this, least=1) or part.expression is None or part.args.get("step"):
        raise _refused(bracket)
    length = exp.Add(this=exp.Sub(this=exp.paren(part.expression.copy()), expression=exp.paren(part.this.copy())), expression=exp.Literal.number(1))
    return _call("slice", bracket.this, part.this, length)


def _part_of_text(part: exp.Substring) -> exp.Expression:
    """From place 0, before the first, DuckDB's is shorter by one."""
    start, length = part.args["start"], part.args.get("length")
    if not _is_whole(length):
        raise _refused(part)
    if _is_whole(start, least=1):
        return part
    is_before = exp.EQ(this=exp.paren(start.copy()), expression=exp.Literal.number(0))
    shorter = exp.Sub(this=length.copy(), expression=exp.cast(is_before, "int"))
    return exp.Substring(this=part.this.copy(), start=start.copy(), length=shorter)


def _matches_whole(match: exp.RegexpFullMatch) -> exp.Expression:
    if not match.expression.is_string or match.args.get("options") or not PLAIN_PATTERN.fullmatch(match.expression.name):
        raise _refused(match)
    return _call("regexp_like", match.this, exp.Literal.string(rf"\A(?:{match.expression.name})\z"))


def _by_name(call: exp.Anonymous) -> exp.Expression:
    """Functions that sqlglot does not know. Of less than eight places DuckDB makes a day, too."""
    if call.name == "try_strptime" and call.expressions[1].name == "%Y%m%d" and _is_whole(call.expressions[0].args.get("length"), least=8, below=9):
        return _call("try_to_timestamp", call.expressions[0], exp.Literal.string("yyyyMMdd"))
    if call.name == "list_sum":
        # what is unknown is passed over; the sum of nothing is unknown
        one = _wide(exp.column("one"))
        added = _call("coalesce", exp.Add(this=exp.column("sum"), expression=one), exp.column("sum"), one)
        return _call("aggregate", call.expressions[0], _wide(exp.null()), exp.Lambda(this=added, expressions=[exp.to_identifier(name) for name in ("sum", "one")]))
    raise _refused(call)


def _each(change: exp.Transform | exp.ArrayFilter) -> exp.Expression:
    """list_transform and list_filter count their places from 1, Spark's from 0."""
    text = change.expression
    if len(text.expressions) == 2:
        place = text.expressions[1].name
        counted = exp.paren(exp.Add(this=exp.to_identifier(place), expression=exp.Literal.number(1)))
        body = text.this.transform(lambda node: counted.copy() if isinstance(node, exp.Identifier) and node.name == place else node)
        text = exp.Lambda(this=body, expressions=text.expressions)
    return type(change)(this=change.this.copy(), expression=text.copy())


RULES: dict[type, Callable] = {
    exp.DataType: _type,
    exp.Join: _join,
    exp.IntDiv: _quotient,
    exp.TryCast: _attempt,
    exp.Sub: _less,
    exp.Sum: _sum,
    exp.DateDiff: _days_between,
    exp.ArrayAgg: _list,
    exp.ArrayConcat: _concatenated,
    exp.ArrayDistinct: lambda distinct: _call("array_compact", _call("array_distinct", distinct.this)),
    exp.Length: lambda length: _call("size", length.this),
    exp.Window: _number_of_group,
    exp.Bracket: _part_of_list,
    exp.Slice: lambda part: part,
    exp.Substring: _part_of_text,
    exp.RegexpFullMatch: _matches_whole,
    exp.Transform: _each,
    exp.ArrayFilter: _each,
    exp.Flatten: lambda lists: _call("flatten", _call("array_compact", lists.this)),
    exp.Anonymous: _by_name,
}
"""What is written otherwise for Spark, and why."""
