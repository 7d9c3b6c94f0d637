"""What the allow-list says of single nodes: names, numbers, functions by name, and places."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from sqlglot import exp
from sqlglot.expressions import DType

from .parse import invalid, unsupported

# Functions that the parser knows by name only, with the number of their arguments.
_NAMED: Final = {
    "now": range(2),
    "json_contains": range(2, 3),
    "json_length": range(1, 2),
    "json_unquote": range(1, 2),
    "json_valid": range(1, 2),
    "dolt_hashof": range(1, 2),
    "dolt_merge_base": range(2, 3),
}
_CASTS: Final = frozenset(
    {DType.CHAR, DType.BIGINT, DType.UBIGINT, DType.DECIMAL, DType.DATE, DType.DATETIME}
)
_NUMBER: Final = re.compile(r"\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,3})?\Z")
_JSON_KEY: Final = re.compile(r"[\w .:@/+-]{1,64}\Z")
_LONGEST_NAME: Final = 64


def title(node: exp.Expr) -> str:
    """Return how messages call *node*."""
    if isinstance(node, exp.Func):
        return f"the function {node.sql_name()}"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).upper()


def is_name(text: str, longest: int = _LONGEST_NAME) -> bool:
    """Return whether *text* may be quoted as a name: printable, without backtick or backslash."""
    return 0 < len(text) <= longest and text.isprintable() and not set(text) & set("`\\")


def _literal(node: exp.Expr) -> None:
    if node.args.get("is_string"):
        if "\0" in node.this:
            raise invalid("A text holds a NUL character.")
    elif not _NUMBER.match(str(node.this)):
        raise invalid("A number has no form that both engines know.")


def _identifier(node: exp.Expr) -> None:
    if not isinstance(node.this, str) or not is_name(node.this):
        raise invalid(
            f"A name has 1 to {_LONGEST_NAME} printable characters, no backtick or backslash."
        )


def _anonymous(node: exp.Expr) -> None:
    if isinstance(node.parent, exp.Table) or _is_upsert_value(node):
        return
    name = str(node.this).lower()
    counts = _NAMED.get(name)
    if counts is None:
        raise unsupported(f"the function {name[:40]!r}")
    if len(node.expressions) not in counts:
        raise invalid(f"{name.upper()} takes another number of arguments.")


def _is_upsert_value(node: exp.Expr) -> bool:
    """Return whether *node* is VALUES(column), as ON DUPLICATE KEY UPDATE has it."""
    return (
        str(node.this).upper() == "VALUES"
        and len(node.expressions) == 1
        and isinstance(node.expressions[0], exp.Identifier)
        and node.find_ancestor(exp.OnConflict) is not None
    )


def _table_alias(node: exp.Expr) -> None:
    if node.args.get("columns") and not isinstance(node.parent, exp.CTE):
        raise unsupported("names for the columns of a table")


def _data_type(node: exp.Expr) -> None:
    if node.this not in _CASTS or not isinstance(node.parent, exp.Cast):
        raise unsupported("a cast to this type")


def _number_only(node: exp.Expr) -> None:
    if not isinstance(node.this, exp.Literal) or node.this.is_string:
        raise unsupported("a size that is no number")


def _word(node: exp.Expr) -> None:
    """Refuse words that are printed as they are, but for the one that the parser makes itself."""
    if not isinstance(node.parent, exp.OnConflict) or str(node.this).upper() != "UPDATE":
        raise unsupported("a bare word in this place")


def _group_concat(node: exp.Expr) -> None:
    separator = node.args.get("separator")
    if separator is not None and not isinstance(separator, exp.Literal):
        raise unsupported("a SEPARATOR that is no plain text")


def _star(node: exp.Expr) -> None:
    place = node.parent.parent if isinstance(node.parent, exp.Column) else node.parent
    if not isinstance(place, exp.Select | exp.Count):
        raise unsupported("* in this place")


def _alias(node: exp.Expr) -> None:
    if not isinstance(node.parent, exp.Select):
        raise unsupported("a name for anything but a column of the result")


def _filled(node: exp.Expr) -> None:
    if not node.expressions:
        raise invalid(f"{title(node)} has nothing in it.")


def _query(node: exp.Expr) -> None:
    if not isinstance(node.this, exp.Select | exp.Union | exp.Subquery):
        raise unsupported("anything but a SELECT in this place")


def _json_extract(node: exp.Expr) -> None:
    if not isinstance(node.expression, exp.JSONPath):
        raise unsupported("a JSON path that is no plain text")


def _json_key(node: exp.Expr) -> None:
    if not isinstance(node.this, str) or not _JSON_KEY.match(node.this):
        raise unsupported("this key in a JSON path")


def _json_subscript(node: exp.Expr) -> None:
    if type(node.this) is not int or not 0 <= node.this < 1_000_000:
        raise unsupported("this subscript in a JSON path")


def _whole_number(node: exp.Expr) -> None:
    number = node.expression
    if not isinstance(number, exp.Literal) or number.is_string or not number.this.isdigit():
        raise unsupported("LIMIT and OFFSET by anything but a whole number")


def _window(node: exp.Expr) -> None:
    if not isinstance(node.this, exp.AggFunc | exp.RowNumber | exp.Rank | exp.DenseRank):
        raise unsupported("OVER after this function")


def _escape(node: exp.Expr) -> None:
    sign = node.expression
    if not isinstance(node.this, exp.Like) or not isinstance(sign, exp.Literal):
        raise unsupported("ESCAPE in this place")
    if not sign.is_string or len(sign.this) != 1:
        raise invalid("ESCAPE takes one character.")


LEAVES: Final[Mapping[type[exp.Expr], Callable[[exp.Expr], None]]] = {
    exp.Alias: _alias,
    exp.CTE: _query,
    exp.Exists: _query,
    exp.Select: _filled,
    exp.Subquery: _query,
    exp.Tuple: _filled,
    exp.Literal: _literal,
    exp.Identifier: _identifier,
    exp.Anonymous: _anonymous,
    exp.DataType: _data_type,
    exp.TableAlias: _table_alias,
    exp.Star: _star,
    exp.JSONExtract: _json_extract,
    exp.JSONExtractScalar: _json_extract,
    exp.JSONPathKey: _json_key,
    exp.JSONPathSubscript: _json_subscript,
    exp.Limit: _whole_number,
    exp.Offset: _whole_number,
    exp.Window: _window,
    exp.Var: _word,
    exp.DataTypeParam: _number_only,
    exp.GroupConcat: _group_concat,
    exp.Escape: _escape,
}
