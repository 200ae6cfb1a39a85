"""Statements of DuckDB carried over to Spark: parsed and written by sqlglot, with a rule for each construct of which the two mean different things.

What is not known to mean the same on both is refused, never passed on: a statement may hold the constructs of COMMON, and those that have a rule.
"""

from __future__ import annotations

import functools
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
    exp.Literal, exp.Null, exp.Boolean, exp.Cast, exp.TryCast, exp.DataTypeParam, exp.Interval, exp.Var, exp.Lambda, exp.Array,
    # conditions
    exp.And, exp.Or, exp.Not, exp.Is, exp.In, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Case, exp.If,
    exp.Coalesce, exp.Nullif,
    # numbers and days; least and greatest pass over what is unknown on both
    exp.Add, exp.Sub, exp.Mul, exp.Neg, exp.Mod, exp.Abs, exp.Greatest, exp.Least, exp.Year, exp.Month, exp.DateFromParts,
    # texts
    exp.ConcatWs, exp.DPipe, exp.Chr, exp.StrPosition, exp.Substring, exp.Ascii,
    # many rows
    exp.Count, exp.Max, exp.Min, exp.LogicalOr, exp.GroupConcat, exp.RowNumber,
    # lists
    exp.ArrayFilter, exp.ArrayMin, exp.ArraySort, exp.ArrayToString, exp.Split, exp.Flatten, exp.Explode, exp.Struct, exp.PropertyEQ, exp.ColumnDef, exp.Dot,
}
"""What sqlglot writes for Spark as DuckDB means it."""

TYPES = {
    exp.DataType.Type.BIGINT, exp.DataType.Type.INT, exp.DataType.Type.VARCHAR, exp.DataType.Type.TEXT, exp.DataType.Type.DATE, exp.DataType.Type.BOOLEAN,
    exp.DataType.Type.DECIMAL, exp.DataType.Type.ARRAY, exp.DataType.Type.STRUCT,
}
WIDE = "DECIMAL(38, 0)"
"""Spark's type for what DuckDB reckons in HUGEINT. Above its 38 digits Spark fails, as DuckDB does above its own bound."""


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
    """The rows of a table and those that an insert adds, which names the columns of the table in their order."""
    return exp.union(exp.select("*").from_(insert.this.copy()), insert.expression, distinct=False)


def _written(relation: str | None, query: exp.Expression, params: Mapping[str, str | int]) -> Statement:
    query = _changed(_unfolded(query.copy()), {exp.Placeholder: lambda mark: exp.convert(params[mark.name])} | RULES, COMMON)
    within = {cte.alias for cte in query.find_all(exp.CTE)}
    reads = dict.fromkeys(table.name for table in query.find_all(exp.Table) if table.name and table.name not in within)
    return Statement(relation, query.sql(dialect="spark", comments=False), tuple(reads))


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
            raise NotCarriedOver(f"{type(node).__name__} ({node.sql(dialect='duckdb')[:200]})")
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


# ---------------------------------------------------------------- what the two mean differently

def _call(name: str, *arguments: exp.Expression) -> exp.Expression:
    return exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])


def _wide(value: exp.Expression) -> exp.Expression:
    return exp.cast(value.copy(), WIDE)


def _type(type_: exp.DataType) -> exp.DataType:
    """HUGEINT is unknown to Spark; a number that is not exact is none here."""
    if type_.this == exp.DataType.Type.INT128:
        return exp.DataType.build(WIDE)
    if type_.this not in TYPES:
        raise NotCarriedOver(type_.sql(dialect="duckdb"))
    return type_


def _join(join: exp.Join) -> exp.Join:
    if join.method or join.side not in ("", "LEFT") or join.kind not in ("", "INNER", "SEMI", "ANTI") or not (join.args.get("using") or join.args.get("on")):
        raise NotCarriedOver(join.sql(dialect="duckdb"))
    return join


def _quotient(division: exp.IntDiv) -> exp.Expression:
    """`//`: Spark's DIV of decimals gives a BIGINT and wraps silently, so that what is wide is divided as decimals, without a rest and thus exactly."""
    left, right = division.this, division.expression
    if not any(type_.this == exp.DataType.Type.DECIMAL for type_ in division.find_all(exp.DataType)):
        return exp.IntDiv(this=left.copy(), expression=right.copy())
    left, right = _wide(left), _wide(right)
    whole = exp.Sub(this=left, expression=exp.Mod(this=left.copy(), expression=right))
    return exp.paren(_wide(_call("try_divide", exp.paren(whole), right)))


def _sum(sum_: exp.Sum) -> exp.Expression:
    """DuckDB adds up in HUGEINT."""
    return exp.Sum(this=exp.cast(sum_.this.copy(), "DECIMAL(28, 0)"))


def _days_between(difference: exp.DateDiff) -> exp.Expression:
    """As a whole number of days: the DATEDIFF that sqlglot writes goes by the clock of the session's time zone."""
    if difference.text("unit").upper() != "DAY":
        raise NotCarriedOver(difference.sql(dialect="duckdb"))
    return exp.cast(_call("datediff", difference.this, difference.expression), "bigint")


def _list(aggregate: exp.ArrayAgg) -> exp.Expression:
    """list(); what is unknown is no part of Spark's, as of every list that statements look into. Spark's has no order: the place goes along."""
    if not isinstance(aggregate.this, exp.Order):
        return exp.ArrayAgg(this=aggregate.this.copy())
    places = [ordered.this for ordered in aggregate.this.expressions]
    if any(ordered.args.get("desc") for ordered in aggregate.this.expressions):
        raise NotCarriedOver(aggregate.sql(dialect="duckdb"))
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
        raise NotCarriedOver(window.sql(dialect="duckdb"))
    return _call("struct", *group.expressions)


def _part_of_list(bracket: exp.Bracket) -> exp.Expression:
    """list[first:last]."""
    [part] = bracket.expressions
    if not isinstance(part, exp.Slice) or part.this is None or part.expression is None:
        raise NotCarriedOver(bracket.sql(dialect="duckdb"))
    length = exp.Add(this=exp.Sub(this=exp.paren(part.expression.copy()), expression=exp.paren(part.this.copy())), expression=exp.Literal.number(1))
    return _call("slice", bracket.this, part.this, length)


def _matches_whole(match: exp.RegexpFullMatch) -> exp.Expression:
    if not isinstance(match.expression, exp.Literal):
        raise NotCarriedOver(match.sql(dialect="duckdb"))
    return _call("regexp_like", match.this, exp.Literal.string(rf"\A(?:{match.expression.name})\z"))


def _by_name(call: exp.Anonymous) -> exp.Expression:
    """Functions that sqlglot does not know."""
    if call.name == "try_strptime" and call.expressions[1].name == "%Y%m%d":
        return _call("try_to_timestamp", call.expressions[0], exp.Literal.string("yyyyMMdd"))
    if call.name == "list_sum":
        added = exp.Lambda(this=exp.Add(this=exp.column("sum"), expression=_wide(exp.column("one"))), expressions=[exp.to_identifier(name) for name in ("sum", "one")])
        return _call("aggregate", call.expressions[0], _wide(exp.Literal.number(0)), added)
    raise NotCarriedOver(call.sql(dialect="duckdb"))


def _each(change: exp.Transform) -> exp.Expression:
    """list_transform counts its places from 1, Spark's from 0."""
    text = change.expression
    if len(text.expressions) == 2:
        place = text.expressions[1].name
        counted = exp.paren(exp.Add(this=exp.to_identifier(place), expression=exp.Literal.number(1)))
        body = text.this.transform(lambda node: counted.copy() if isinstance(node, exp.Identifier) and node.name == place else node)
        text = exp.Lambda(this=body, expressions=text.expressions)
    return exp.Transform(this=change.this.copy(), expression=text.copy())


RULES: dict[type, Callable] = {
    exp.DataType: _type,
    exp.Join: _join,
    exp.IntDiv: _quotient,
    exp.Sum: _sum,
    exp.DateDiff: _days_between,
    exp.ArrayAgg: _list,
    exp.ArrayConcat: _concatenated,
    exp.ArrayDistinct: lambda distinct: _call("array_compact", _call("array_distinct", distinct.this)),
    exp.Length: lambda length: _call("size", length.this),
    exp.Window: _number_of_group,
    exp.Bracket: _part_of_list,
    exp.Slice: lambda part: part,
    exp.RegexpFullMatch: _matches_whole,
    exp.Transform: _each,
    exp.Anonymous: _by_name,
}
"""What is written otherwise for Spark, and why."""
