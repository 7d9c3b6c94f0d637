"""
Columns and constraints of a table, put together anew from checked names, types and literals.

The text is read alike by both engines: it has no function and no backslash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from sqlglot import exp
from sqlglot.expressions import DType

from ...engines.sql import quoted
from . import allow
from .checked import DOLTLITE, Scope
from .parse import invalid, unsupported
from .printing import print_sql
from .sources import is_plain

_TYPES: Final = {
    DType.VARCHAR: "VARCHAR",
    DType.CHAR: "CHAR",
    DType.TEXT: "TEXT",
    DType.MEDIUMTEXT: "MEDIUMTEXT",
    DType.LONGTEXT: "LONGTEXT",
    DType.INT: "INT",
    DType.TINYINT: "TINYINT",
    DType.SMALLINT: "SMALLINT",
    DType.BIGINT: "BIGINT",
    DType.DECIMAL: "DECIMAL",
    DType.FLOAT: "FLOAT",
    DType.DOUBLE: "DOUBLE",
    DType.BOOLEAN: "TINYINT(1)",
    DType.JSON: "JSON",
    DType.DATE: "DATE",
    DType.DATETIME: "DATETIME",
    DType.TIMESTAMP: "TIMESTAMP",
    DType.TIMESTAMPTZ: "TIMESTAMP",  # so the parser reads MySQL's TIMESTAMP
}
_SIZES: Final = {DType.VARCHAR: 1, DType.CHAR: 1, DType.TINYINT: 1, DType.DECIMAL: 2}


def column(node: exp.Expr) -> str:
    """
    Return a column with its type and constraints.

    Raises:
        Unsupported: Its type or a constraint is not on the list.
        Invalid: It has no plain name.
    """
    only(node, "this kind constraints")
    parts = [quoted(checked_name(node.this)), _type(node.args.get("kind"))]
    for constraint in node.args.get("constraints") or []:
        only(constraint, "kind")
        kind = constraint.args["kind"]
        rule = _OF_COLUMN.get(type(kind))
        if rule is None:
            raise unsupported("this constraint on a column")
        parts.append(rule(kind))
    return " ".join(part for part in parts if part)


def constraint(node: exp.Expr) -> str:
    """
    Return a constraint of a table.

    Raises:
        Unsupported: It is not on the list.
    """
    if isinstance(node, exp.Constraint):
        return _named(node)
    rule = _OF_TABLE.get(type(node))
    if rule is None:
        raise unsupported("this part of CREATE TABLE")
    return rule(node)


def checked_name(node: exp.Expr) -> str:
    """
    Return the name of a table, column, index or constraint.

    Raises:
        Invalid: It is not plain.
    """
    bare = _bare(node)
    if not isinstance(bare, exp.Identifier) or not is_plain(bare.this):
        raise invalid("A name has letters, digits and _, begins with no digit, and has 64 at most.")
    return str(bare.this)


def only(node: exp.Expr, parts: str) -> None:
    """
    Refuse *node* if it has other parts than *parts*, names with spaces between them.

    Raises:
        Unsupported: It has.
    """
    for part, value in node.args.items():
        if value and part not in parts.split():
            raise unsupported(f"{part.strip('_')} in this place")


def _bare(node: exp.Expr) -> exp.Expr:
    """Return the identifier in a column, in any of the forms that the parser gives it."""
    while isinstance(node, exp.Ordered | exp.Column):
        only(node, "this desc nulls_first" if isinstance(node, exp.Ordered) else "this")
        node = node.this
    return node


def _type(node: exp.Expr | None) -> str:
    if not isinstance(node, exp.DataType) or node.this not in _TYPES:
        raise unsupported("this type of a column")
    only(node, "this expressions")
    sizes = [size.this for size in node.expressions]
    if len(sizes) > _SIZES.get(node.this, 0) or not all(map(_is_size, sizes)):
        raise unsupported("this size of a type")
    shown = ", ".join(str(size.this) for size in sizes)
    return f"{_TYPES[node.this]}({shown})" if sizes else _TYPES[node.this]


def _is_size(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string and str(node.this).isdigit()


def _nullable(node: exp.Expr) -> str:
    return "NULL" if node.args.get("allow_null") else "NOT NULL"


def _default(node: exp.Expr) -> str:
    value = node.this
    is_number = isinstance(value, exp.Neg) and not value.this.is_string
    if not isinstance(value, exp.Literal | exp.Null | exp.Boolean) and not is_number:
        raise unsupported("a DEFAULT that is no number or plain text")
    return f"DEFAULT {_printed(value)}"


def _key(node: exp.Expr) -> str:
    only(node, "")
    return "PRIMARY KEY"


def _single(node: exp.Expr) -> str:
    only(node, "")
    return "UNIQUE"


def _comment(_: exp.Expr) -> str:
    return ""


def _keys(node: exp.Expr) -> str:
    return f"PRIMARY KEY ({_columns(node.expressions)})"


def _unique(node: exp.Expr) -> str:
    schema = node.this
    if not isinstance(schema, exp.Schema):
        raise unsupported("this form of UNIQUE")
    name = f"CONSTRAINT {quoted(checked_name(schema.this))} " if schema.this else ""
    return f"{name}UNIQUE ({_columns(schema.expressions)})"


def _check(node: exp.Expr) -> str:
    return f"CHECK ({_printed(node.this)})"


def _named(node: exp.Expr) -> str:
    only(node, "this expressions")
    inner = node.expressions
    if len(inner) != 1 or isinstance(inner[0], exp.Constraint):
        raise unsupported("this constraint")
    text = constraint(inner[0])
    if text.startswith("CONSTRAINT"):
        raise unsupported("a constraint with two names")
    return f"CONSTRAINT {quoted(checked_name(node.this))} {text}"


def _columns(nodes: Iterable[exp.Expr]) -> str:
    return ", ".join(quoted(checked_name(node)) for node in nodes)


def _printed(node: exp.Expr) -> str:
    """Return an expression that both engines read alike."""
    allow.check_nodes(node, allow.CHECK)
    if any("\\" in str(literal.this) for literal in node.find_all(exp.Literal)):
        raise unsupported("a backslash in a schema")
    return print_sql(node.copy(), Scope(DOLTLITE, {}))


_OF_COLUMN: Final[Mapping[type[exp.Expr], Callable[[exp.Expr], str]]] = {
    exp.CommentColumnConstraint: _comment,
    exp.DefaultColumnConstraint: _default,
    exp.NotNullColumnConstraint: _nullable,
    exp.PrimaryKeyColumnConstraint: _key,
    exp.UniqueColumnConstraint: _single,
}
_OF_TABLE: Final[Mapping[type[exp.Expr], Callable[[exp.Expr], str]]] = {
    exp.CheckColumnConstraint: _check,
    exp.PrimaryKey: _keys,
    exp.UniqueColumnConstraint: _unique,
}
