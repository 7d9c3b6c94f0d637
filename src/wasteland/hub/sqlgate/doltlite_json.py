"""JSON functions of MySQL, as SQLite says them."""

from __future__ import annotations

import json

from sqlglot import exp
from sqlglot.dialects.sqlite import SQLite

from .parse import unsupported
from .rewriting import call, name_of, text

_SQLITE = SQLite()


def extract(node: exp.Expr) -> exp.Expr | None:
    """Give JSON where it is shown, and the plain value where it is compared or counted."""
    if isinstance(node.parent, exp.Anonymous) and name_of(node.parent) == "json_unquote":
        return None
    if _is_shown(node):
        return exp.JSONExtract(this=_operand(node.this), expression=node.expression)
    path = node.expression.sql(_SQLITE)[1:-1]
    return call("json_extract", node.this, text(path))


def scalar(node: exp.Expr) -> exp.Expr:
    """Return what `->>` gives: the value without the quotes of a JSON text."""
    value = exp.JSONExtractScalar(this=_operand(node.this), expression=node.expression)
    return exp.Paren(this=value)


def unquote(node: exp.Expr) -> exp.Expr:
    """Return JSON_UNQUOTE of JSON_EXTRACT."""
    value = node.expressions[0]
    if not isinstance(value, exp.JSONExtract):
        raise unsupported("JSON_UNQUOTE of anything but JSON_EXTRACT")
    return scalar(value)


def length(node: exp.Expr) -> exp.Expr:
    """Return JSON_LENGTH of an array."""
    return call("json_array_length", node.expressions[0])


def contains(node: exp.Expr) -> exp.Expr:
    """
    Return JSON_CONTAINS: the candidate is one of the array's elements.

    A list of candidates must all be there.
    """
    document, candidate = node.expressions
    value = _parsed(candidate)
    found = [_has(document, one) for one in (value if isinstance(value, list) else [value])]
    return exp.Paren(this=exp.and_(call("json_valid", document.copy()), *found))


def _parsed(candidate: exp.Expr) -> object:
    if not isinstance(candidate, exp.Literal):
        raise unsupported("JSON_CONTAINS of anything but a plain text")
    try:
        return json.loads(candidate.this)
    except (ValueError, RecursionError) as error:
        raise unsupported("JSON_CONTAINS of a text that is no JSON") from error


def _has(document: exp.Expr, value: object) -> exp.Expr:
    wanted = exp.column("value", "_each").eq(_wanted(value))
    alias = exp.TableAlias(this=exp.to_identifier("_each"))
    each = exp.Table(this=call("json_each", document.copy()), alias=alias)
    return exp.Exists(this=exp.select("1").from_(each).where(wanted))


def _wanted(value: object) -> exp.Expr:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, int):
        return exp.Literal.number(int(value))
    raise unsupported("JSON_CONTAINS of an object, a nested list, a fraction or null")


def _is_shown(node: exp.Expr) -> bool:
    parent = node.parent
    while isinstance(parent, exp.Alias | exp.Coalesce | exp.Paren):
        parent = parent.parent
    return isinstance(parent, exp.Select)


def _operand(node: exp.Expr) -> exp.Expr:
    return node if isinstance(node, exp.Column | exp.Literal | exp.Paren) else exp.Paren(this=node)
