"""The small language of policy expressions: a whitelisted subset of Python's, compiled to SQL over exact integers.

Python's own parser (`ast`) reads it, every node type is checked, and so nothing can escape into the database. A number is a fraction:
an integer SQL expression over a divisor, in a unit; products that could pass 64 bits go through HUGEINT. Numbers other than 0 and 1 are
not allowed in an expression: figures are declared, with unit and title, and named.

No data makes an expression fail: what cannot be told (a missing fact, a division by zero, a result of more than 18 digits) is NULL.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd

from claims.limits import DEEPEST_EXPRESSION, LONGEST_EXPRESSION, LONGEST_SQL, MOST_PARTS
from claims.quoting import is_plain, quoted

REMEMBERED = 4096
"""How many expressions are kept as they were read: a policy's few hundred are asked for again by each rule, case and trial."""
IN_PARTS = "name parts of it as values of their own (`let`)"
INTEGER_MAX = 2**31 - 1
BIGINT_MAX = 2**63 - 1
HUGEINT_MAX = 2**127 - 1
DIGITS = 18
LARGEST_RESULT = 10**DIGITS - 1
"""A result of more digits is unknown: sums of awards then keep within 64 bits, and an amount can be written in capital words."""
DIGITS_OF_PERCENTAGE = 12
"""The same of a percentage, in basis points: what is multiplied by one then still keeps within 128 bits."""
LARGEST_YEAR = 10**5
"""Years for which the database has days, and room for months after them."""
SCALE_OF_UNIT = {"yuan": 100, "m2": 100, "yuan/m2": 100, "pct": 100, "point": 100, "number": 10**6}
"""How many stored units make one: fen per yuan, 0.01 m2 per m2, basis points per per cent, hundredths per point."""
DIMENSIONS = {
    "yuan": {"yuan": 1}, "m2": {"m2": 1}, "yuan/m2": {"yuan": 1, "m2": -1}, "pct": {}, "number": {}, "count": {}, "factor": {}, "point": {"point": 1},
    "month": {"month": 1}, "day": {"day": 1}, "year": {"year": 1},
}
LARGEST_STORED = {
    "yuan": 10**17, "m2": 10**17, "yuan/m2": 10**17, "pct": 10**17, "point": 10**17, "number": 10**17, "count": 10**17, "year": 10**4, "day": 10**8,
    "month": 10**7,
}
"""What a cell or a count of days or months can hold."""


class ExpressionError(Exception):
    """An expression that cannot be compiled; the message says what is wrong in it."""


@dataclass(frozen=True)
class Term:
    """A compiled (sub)expression.

    kind is number, date, text, bool or set. A number's value is `sql` / (`divisor` * `divisor_sql`) in `dimension`; `largest` bounds
    |sql|, `divisor_largest` bounds `divisor_sql`, `constant` is its value where it is known, `never_negative` is what rounding needs to
    know. `choices` are the codes that a text can take.
    """

    kind: str
    sql: str
    dimension: tuple[tuple[str, int], ...] | None = ()
    divisor: int = 1
    divisor_sql: str | None = None
    largest: int = 1
    divisor_largest: int = 1
    never_negative: bool = False
    constant: Fraction | None = None
    choices: frozenset[str] | None = None


Scope = Callable[[str], Term]
"""Gives the term of a name, or raises ExpressionError."""


def dimension_of(unit: str) -> tuple[tuple[str, int], ...]:
    """The dimension of a unit: its base units with their powers, sorted."""
    return tuple(sorted(DIMENSIONS[unit].items()))


def stored_scale(unit: str) -> int:
    """How many stored units make the number 1: fen a yuan, but basis points a whole, as 100% is the number 1."""
    return SCALE_OF_UNIT.get(unit, 1) * (100 if unit == "pct" else 1)


def stored_number(sql: str, unit: str, never_negative: bool) -> Term:
    """The term of a column that stores a number in the integer form of its unit."""
    return Term("number", sql, dimension_of(unit), stored_scale(unit), largest=LARGEST_STORED[unit], never_negative=never_negative)


def constant_number(value: Fraction, unit: str | None) -> Term:
    """The term of a figure. `unit` None fits any unit (the literals 0 and 1)."""
    return _constant(value / 100 if unit == "pct" else value, None if unit is None else dimension_of(unit))


def compile_expression(text: str, scope: Scope) -> Term:
    """Compile an expression over the names of a scope. Raises ExpressionError."""
    return _compile(_parse(text), scope)


def compile_condition(text: str, scope: Scope) -> str:
    """Compile an expression that must be true or false; returns SQL that may be NULL where a value is unknown."""
    term = compile_expression(text, scope)
    if term.kind != "bool":
        raise ExpressionError(f"`{text}` is no condition")
    return term.sql


def names_in(text: str) -> list[str]:
    """The names that an expression uses, dotted ones whole, in the order of their first use."""
    return list(_names_in(text))


@functools.lru_cache(maxsize=REMEMBERED)
def _names_in(text: str) -> tuple[str, ...]:
    found: dict[str, None] = {}

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.Attribute):
            found[_dotted(node)] = None
        elif isinstance(node, ast.Name):
            found[node.id] = None
        elif isinstance(node, ast.Call):
            for argument in node.args:
                visit(argument)
        else:
            for child in ast.iter_child_nodes(node):
                visit(child)

    visit(_parse(text))
    return tuple(found)


@functools.lru_cache(maxsize=REMEMBERED)
def branch_names(text: str) -> frozenset[str]:
    """The names of an expression whose values it can do without: they stand only in one of two branches."""
    needed: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.IfExp):
            needed.update(names_in(ast.unparse(node.test)))
        elif isinstance(node, (ast.Name, ast.Attribute, ast.Compare, ast.BoolOp)):
            needed.update(names_in(ast.unparse(node)))
        else:
            for child in ast.iter_child_nodes(node):
                visit(child)

    visit(_parse(text))
    return frozenset(names_in(text)) - needed


def to_stored(term: Term, unit: str, rounding: str | None, step: int = 1) -> Term:
    """Bring a number into the integer form of a unit, rounded `half_up`, `down` or `up`, or exactly when `rounding` is None.

    `step`: rounded to a multiple of so many of these integers. Raises ExpressionError when the unit does not fit, or rounding is needed and
    not declared, or the value might be negative then.
    """
    if term.kind != "number":
        raise ExpressionError(f"a number is wanted, this is a {term.kind}")
    if term.dimension not in (None, dimension_of(unit)):
        raise ExpressionError(f"the unit is {_unit_text(term.dimension)}, {unit} is wanted")
    scale = stored_scale(unit)
    common = gcd(scale, term.divisor)
    numerator = _times(term, scale // common)
    divisor = term.divisor // common * step
    if divisor == 1 and term.divisor_sql is None:
        sql = numerator.sql
    elif rounding is None:
        raise ExpressionError("the value is not exact in its unit: declare `round`")
    elif not term.never_negative:
        raise ExpressionError("the value might be negative and cannot be rounded: wrap it in max(0, …)")
    else:
        sql = _rounded(numerator, divisor, rounding)
    largest = (numerator.largest // divisor + 1) * step
    if step > 1:
        sql = f"cast({sql} as hugeint) * {step}"
    digits = DIGITS_OF_PERCENTAGE if unit == "pct" else DIGITS
    # a DECIMAL of so many digits holds what a result may be, and nothing above
    sql = f"cast({sql} as bigint)" if largest < 10**digits else f"cast(try_cast({sql} as decimal({digits}, 0)) as bigint)"
    return replace(stored_number(sql, unit, term.never_negative), largest=min(largest, 10**digits - 1))


def _rounded(numerator: Term, divisor: int, rounding: str) -> str:
    whole = _product_sql(str(divisor), numerator.divisor_sql) if numerator.divisor_sql else str(divisor)
    if rounding == "down":
        return f"({numerator.sql}) // ({whole})"
    bound = 2 * (numerator.largest + divisor * numerator.divisor_largest)
    if rounding == "up":
        return f"({_widened(numerator, bound)} + {whole} - 1) // ({whole})"
    return f"(2 * {_widened(numerator, bound)} + {whole}) // (2 * {whole})"


# ---------------------------------------------------------------- the parser's nodes

@functools.lru_cache(maxsize=REMEMBERED)
def _parse(text: str) -> ast.AST:
    if len(text) > LONGEST_EXPRESSION:
        raise ExpressionError(f"`{quoted(text)}` is longer than {LONGEST_EXPRESSION:,} characters: {IN_PARTS}")
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"`{text}` cannot be read: {error.msg}{_hint(text)}") from None
    except (ValueError, MemoryError, RecursionError):
        raise ExpressionError(f"`{quoted(text)}` cannot be read: {IN_PARTS}") from None
    _check_size(text, node)
    return node


def _check_size(text: str, node: ast.AST) -> None:
    """Every step from here on may go into the nodes by recursion."""
    layer, parts, depth = [node], 0, 0
    while layer:
        layer, parts, depth = [child for one in layer for child in ast.iter_child_nodes(one)], parts + len(layer), depth + 1
        if parts > MOST_PARTS or depth > DEEPEST_EXPRESSION:
            raise ExpressionError(f"`{quoted(text)}` has more than {MOST_PARTS} parts, or more than {DEEPEST_EXPRESSION} within each other: {IN_PARTS}")


def _hint(text: str) -> str:
    wide = "".join(sign for sign in "（），＝＜＞＋－×÷‘’“”" if sign in text)
    if wide:
        return f" (signs are written in half width, {wide} is not)"
    return " (equality is written ==)" if re.search(r"(?<![=<>!])=(?!=)", text) else ""


def _compile(node: ast.AST, scope: Scope) -> Term:
    handler = _HANDLERS.get(type(node))
    if handler is None:
        raise ExpressionError(f"`{ast.unparse(node)}` is not allowed in an expression")
    return _held_short(handler(node, scope))


def _held_short(term: Term) -> Term:
    """What stands twice in the SQL of a condition or an extreme doubles with each one around it."""
    if len(term.sql) + len(term.divisor_sql or "") > LONGEST_SQL:
        raise ExpressionError(f"the expression becomes too long: {IN_PARTS}")
    return term


def _dotted(node: ast.Attribute) -> str:
    if not isinstance(node.value, ast.Name):
        raise ExpressionError(f"`{ast.unparse(node)}` is not a name")
    return f"{node.value.id}.{node.attr}"


def _literal(node: ast.Constant, scope: Scope) -> Term:
    if isinstance(node.value, bool):
        return Term("bool", "true" if node.value else "false")
    if isinstance(node.value, int) and node.value in (0, 1):
        return constant_number(Fraction(node.value), None)
    if isinstance(node.value, str) and "'" not in node.value and is_plain(node.value):
        return Term("text", f"'{node.value}'", choices=frozenset([node.value]))
    raise ExpressionError(f"`{quoted(str(node.value))}` stands in an expression: declare it as a figure with its unit, and name it")


def _binary(node: ast.BinOp, scope: Scope) -> Term:
    left, right = _compile(node.left, scope), _compile(node.right, scope)
    operation = _ARITHMETIC.get(type(node.op))
    if operation is None or left.kind != "number" or right.kind != "number":
        raise ExpressionError(f"`{ast.unparse(node)}` is no arithmetic over numbers")
    return operation(left, right)


def _boolean(node: ast.BoolOp, scope: Scope) -> Term:
    word = " and " if isinstance(node.op, ast.And) else " or "
    return Term("bool", "(" + word.join(_condition(value, scope) for value in node.values) + ")")


def _not(node: ast.UnaryOp, scope: Scope) -> Term:
    if not isinstance(node.op, ast.Not):
        raise ExpressionError(f"`{ast.unparse(node)}` is not allowed in an expression")
    return Term("bool", f"(not {_condition(node.operand, scope)})")


def _condition(node: ast.AST, scope: Scope) -> str:
    term = _compile(node, scope)
    if term.kind != "bool":
        raise ExpressionError(f"`{ast.unparse(node)}` is no condition")
    return term.sql


def _either(node: ast.IfExp, scope: Scope) -> Term:
    """One of two numbers or days; unknown when the condition is, or the one that it picks."""
    condition = _condition(node.test, scope)
    yes, no = _compile(node.body, scope), _compile(node.orelse, scope)
    if yes.kind != no.kind or yes.kind not in ("number", "date"):
        raise ExpressionError(f"`{ast.unparse(node)}` gives one of two numbers, or one of two dates")
    if yes.kind == "number":
        yes, no = _same_divisor(yes, no)
    sql = f"(case when ({condition}) is null then null when {condition} then {yes.sql} else {no.sql} end)"
    return replace(yes, sql=sql, largest=max(yes.largest, no.largest), constant=None, never_negative=yes.never_negative and no.never_negative)


def _compare(node: ast.Compare, scope: Scope) -> Term:
    if len(node.ops) != 1:
        raise ExpressionError(f"`{ast.unparse(node)}`: compare two values at a time, joined by `and`")
    left, right = _compile(node.left, scope), _compile(node.comparators[0], scope)
    operator = _COMPARISONS.get(type(node.ops[0]))
    if operator is None:
        raise ExpressionError(f"`{ast.unparse(node)}` is not allowed in an expression")
    if (operator in ("in", "not in")) != (right.kind == "set"):
        raise ExpressionError(f"`{ast.unparse(node)}`: `in` takes a named set")
    if right.kind != "set" and left.kind != right.kind:
        raise ExpressionError(f"`{ast.unparse(node)}` compares a {left.kind} with a {right.kind}")
    if left.kind == "number":
        left, right = _same_divisor(left, right)
    _check_choices(node, left, right)
    return Term("bool", f"({left.sql} {operator} {right.sql})")


def _check_choices(node: ast.AST, left: Term, right: Term) -> None:
    known, used = left.choices, right.choices
    if known is not None and used is not None and not used <= known and not known <= used:
        raise ExpressionError(f"`{ast.unparse(node)}`: {', '.join(sorted(used - known))} is none of {', '.join(sorted(known))}")


def _call(node: ast.Call, scope: Scope) -> Term:
    name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
    if name == "found" and len(node.args) == 1:
        return scope(f"{ast.unparse(node.args[0])}.")
    function = FUNCTIONS.get(name)
    if function is None or node.keywords:
        raise ExpressionError(f"`{ast.unparse(node)}`: there is no function {name}; known are found, {', '.join(sorted(FUNCTIONS))}")
    return function(ast.unparse(node), [_compile(argument, scope) for argument in node.args])


_HANDLERS = {
    ast.Constant: _literal,
    ast.Name: lambda node, scope: scope(node.id),
    ast.Attribute: lambda node, scope: scope(_dotted(node)),
    ast.BinOp: _binary,
    ast.BoolOp: _boolean,
    ast.UnaryOp: _not,
    ast.Compare: _compare,
    ast.IfExp: _either,
    ast.Call: _call,
}
_COMPARISONS = {ast.Eq: "=", ast.NotEq: "<>", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.In: "in", ast.NotIn: "not in"}


# ---------------------------------------------------------------- exact arithmetic

def _widened(term: Term, bound: int) -> str:
    """The term's SQL, cast so that what is reckoned with it, `bound` at most, does not overflow; refuses what no type holds."""
    _hold(bound)
    wider = "hugeint" if bound > BIGINT_MAX else "bigint" if bound > INTEGER_MAX else None
    return f"cast({term.sql} as {wider})" if wider and term.constant is None else term.sql


def _hold(bound: int) -> None:
    if bound > HUGEINT_MAX:
        raise ExpressionError("the product may become too large to be exact: give its facts an `at_most` in their `range`, or round a value on the way")


def _constant(value: Fraction, dimension: tuple[tuple[str, int], ...] | None) -> Term:
    """A number that is known already. The database takes literals for 32 bits, so it is never left to reckon with two of them."""
    return Term("number", str(value.numerator), dimension, value.denominator, largest=abs(value.numerator),
                never_negative=value >= 0, constant=value)


def _times(term: Term, factor: int) -> Term:
    if factor == 1:
        return term
    if term.constant is not None:
        return replace(term, sql=str(int(term.sql) * factor), largest=term.largest * factor)
    return replace(term, sql=f"{_widened(term, term.largest * factor)} * {factor}", largest=term.largest * factor)


def _product_sql(left: str, right: str | None) -> str:
    return left if right is None else right if left == "1" else f"({left} * {right})"


def _multiply(left: Term, right: Term) -> Term:
    if None not in (left.constant, right.constant):
        return _constant(left.constant * right.constant, _combined(left, right, 1))
    if left.constant is not None:
        left, right = right, left
    sql = f"{_widened(left, left.largest * right.largest)} * {right.sql}" if right.sql != "1" else left.sql
    divisor_sql = left.divisor_sql if right.divisor_sql is None else _product_sql(right.divisor_sql, left.divisor_sql)
    common = gcd(int(right.sql), left.divisor * right.divisor) if right.constant is not None else 1
    if common > 1:
        factor = int(right.sql) // common
        sql = f"{_widened(left, left.largest * factor)} * {factor}" if factor != 1 else left.sql
    divisor_largest = left.divisor_largest * right.divisor_largest
    _hold(divisor_largest)
    return Term("number", sql, _combined(left, right, 1), left.divisor * right.divisor // common, divisor_sql,
                max(1, left.largest * right.largest // common), divisor_largest, left.never_negative and right.never_negative)


def _divide(left: Term, right: Term) -> Term:
    if right.divisor_sql is not None or right.constant == 0:
        raise ExpressionError("divide by a figure, a fact or a named value that is not zero")
    if right.constant is not None:
        return _multiply(left, _constant(1 / right.constant, tuple((name, -power) for name, power in right.dimension or ())))
    if not right.never_negative:
        raise ExpressionError("the divisor might be negative")
    numerator = _times(left, right.divisor)
    common = gcd(right.divisor, left.divisor)
    if common > 1:
        numerator = _times(left, right.divisor // common)
    divisor_sql = _product_sql(f"nullif(cast({right.sql} as hugeint), 0)", left.divisor_sql)
    divisor_largest = right.largest * left.divisor_largest
    _hold(divisor_largest)
    return Term("number", numerator.sql, _combined(left, right, -1), left.divisor // common, divisor_sql, numerator.largest, divisor_largest,
                left.never_negative)


def _combined(left: Term, right: Term, sign: int) -> tuple[tuple[str, int], ...]:
    powers = dict(left.dimension or ())
    for name, power in right.dimension or ():
        powers[name] = powers.get(name, 0) + sign * power
    return tuple(sorted((name, power) for name, power in powers.items() if power))


def _add(left: Term, right: Term, sign: str = "+") -> Term:
    left, right = _same_divisor(left, right)
    if None not in (left.constant, right.constant):
        return _constant(left.constant + right.constant if sign == "+" else left.constant - right.constant, left.dimension)
    largest = left.largest + right.largest
    return replace(left, sql=f"({_widened(left, largest)} {sign} {right.sql})", largest=largest, constant=None,
                   never_negative=sign == "+" and left.never_negative and right.never_negative)


def _subtract(left: Term, right: Term) -> Term:
    # 1 less a percentage that is held to 100 when it is read is the other share
    share_left = left.constant == 1 and left.dimension is None and right.dimension == () and right.largest <= right.divisor
    difference = _add(left, right, "-")
    return replace(difference, never_negative=True) if share_left else difference


def _same_divisor(left: Term, right: Term) -> tuple[Term, Term]:
    """Bring two numbers of one unit over one divisor."""
    if None not in (left.dimension, right.dimension) and left.dimension != right.dimension:
        raise ExpressionError(f"the units differ: {_unit_text(left.dimension)} and {_unit_text(right.dimension)}")
    if left.divisor_sql or right.divisor_sql:
        raise ExpressionError("a quotient cannot be compared or added: name it as a value of its own, rounded")
    common = left.divisor * right.divisor // gcd(left.divisor, right.divisor)
    dimension = left.dimension if left.dimension is not None else right.dimension
    return tuple(replace(_times(term, common // term.divisor), divisor=common, dimension=dimension) for term in (left, right))


_ARITHMETIC = {ast.Mult: _multiply, ast.Div: _divide, ast.Add: _add, ast.Sub: _subtract}


def _unit_text(dimension: tuple[tuple[str, int], ...] | None) -> str:
    return "·".join(name if power == 1 else f"{name}^{power}" for name, power in dimension or ()) or "a plain number"


# ---------------------------------------------------------------- functions

def _extreme(function: str, known: Callable[[Fraction, Fraction], Fraction]) -> Callable[[str, list[Term]], Term]:
    """min and max: unknown when any argument is unknown (SQL's least and greatest would skip it)."""

    def compiled(text: str, terms: list[Term]) -> Term:
        if len(terms) < 2 or len({term.kind for term in terms}) != 1 or terms[0].kind not in ("number", "date"):
            raise ExpressionError(f"`{text}` takes two or more numbers, or two or more dates")
        return functools.reduce(two, terms)

    def two(left: Term, right: Term) -> Term:
        return _held_short(of_two(left, right))

    def of_two(left: Term, right: Term) -> Term:
        if left.kind == "number":
            left, right = _same_divisor(left, right)
        if None not in (left.constant, right.constant):
            return _constant(known(left.constant, right.constant), left.dimension)
        unknown = " or ".join(f"{term.sql} is null" for term in (left, right) if term.constant is None)
        value = f"{function}({left.sql}, {right.sql})"
        surely = any if function == "greatest" else all
        return replace(left, sql=f"(case when {unknown} then null else {value} end)", largest=max(left.largest, right.largest),
                       constant=None, never_negative=surely((left.never_negative, right.never_negative)))

    return compiled


def _typed(kinds: tuple[str, ...], result: Callable[..., Term]) -> Callable[[str, list[Term]], Term]:
    """A function of fixed arguments: `kinds` names each one's kind, or its unit for a number, or any."""

    def compiled(text: str, terms: list[Term]) -> Term:
        if len(terms) != len(kinds) or not all(_fits(term, kind) for term, kind in zip(terms, kinds)):
            raise ExpressionError(f"`{text}` takes ({', '.join(kinds)})")
        return result(*(term.sql for term in terms))

    return compiled


def _whole(text: str, terms: list[Term]) -> Term:
    """How many whole ones of the second are in the first."""
    if len(terms) != 2 or {term.kind for term in terms} != {"number"}:
        raise ExpressionError(f"`{text}` takes two numbers")
    part, one = _same_divisor(*terms)
    if not part.never_negative or not one.never_negative or one.constant == 0:
        raise ExpressionError(f"`{text}` takes a number that cannot be negative, and one above zero: wrap the first in max(0, …)")
    largest = part.largest if one.constant is None else max(1, part.largest // int(one.sql))
    return replace(stored_number(f"(({part.sql}) // nullif({one.sql}, 0))", "count", True), largest=largest)


def _whole_months(first: str, last: str) -> Term:
    """How many whole months lie in a period with both its days: n months from its first day on are over on its last day."""
    end = f"({last} + 1)"
    months = f"((year({end}) - year({first})) * 12 + month({end}) - month({first}))"
    over = f"cast({first} + cast({months} as integer) * interval '1' month as date) > {end}"
    sql = f"(case when {first} is null or {last} is null then null else greatest(0, {months} - (case when {over} then 1 else 0 end)) end)"
    return replace(stored_number(sql, "month", True), largest=12 * LARGEST_YEAR)


def _dated(kinds: tuple[str, ...], most: int, sql: str) -> Callable[[str, list[Term]], Term]:
    """A day that a number leads to, which must be whole and not above `most`, or there is no such day. The number is the last argument."""

    def compiled(text: str, terms: list[Term]) -> Term:
        if len(terms) != len(kinds) or not all(_fits(term, kind) for term, kind in zip(terms, kinds)):
            raise ExpressionError(f"`{text}` takes ({', '.join(kinds)})")
        day = sql.format(*(term.sql for term in terms))
        number = terms[-1]
        return _date(day if number.largest <= most else f"(case when abs({number.sql}) <= {most} then {day} end)")

    return compiled


def _fits(term: Term, kind: str) -> bool:
    if kind in DIMENSIONS:
        return term.kind == "number" and term.dimension == dimension_of(kind) and term.divisor == 1 and term.divisor_sql is None
    return kind == "any" or term.kind == kind


def _date(sql: str) -> Term:
    return Term("date", sql)


def _bool(sql: str) -> Term:
    return Term("bool", sql)


def _calendar(column: str, day: str, unknown: str) -> str:
    return f"coalesce((select max(calendar.{column}) from calendar_day as calendar where calendar.day = {day}), {unknown})"


FUNCTIONS: dict[str, Callable[[str, list[Term]], Term]] = {
    "min": _extreme("least", min),
    "max": _extreme("greatest", max),
    "whole": _whole,
    "days": _typed(("date", "date"), lambda a, b: stored_number(
        f"(case when {a} is null or {b} is null then null else greatest(0, date_diff('day', {a}, {b}) + 1) end)", "day", True)),
    "months_after": _dated(("date", "month"), 12 * LARGEST_YEAR, "cast({0} + cast({1} as integer) * interval '1' month as date)"),
    "whole_months": _typed(("date", "date"), _whole_months),
    "day_after": _typed(("date",), lambda day: _date(f"cast({day} + interval '1' day as date)")),
    "day_before": _typed(("date",), lambda day: _date(f"cast({day} - interval '1' day as date)")),
    "year": _typed(("date",), lambda day: replace(stored_number(f"cast(year({day}) as bigint)", "year", True), largest=2 * LARGEST_YEAR)),
    "year_start": _dated(("year",), LARGEST_YEAR, "make_date(cast({0} as integer), 1, 1)"),
    "year_end": _dated(("year",), LARGEST_YEAR, "make_date(cast({0} as integer), 12, 31)"),
    "working_day": _typed(("date",), lambda day: _date(_calendar("in_time_through", day, day))),
    "working_day_known": _typed(("date",), lambda day: _bool(_calendar("is_certain", day, "false"))),
    "filled": _typed(("any",), lambda value: _bool(f"({value} is not null)")),
    "empty": _typed(("any",), lambda value: _bool(f"({value} is null)")),
    "valid_uscc": _typed(("text",), lambda value: _bool(f"valid_uscc({value})")),
    "valid_party": _typed(("text",), lambda value: _bool(f"valid_party({value})")),
}
