"""
From the checked tree to DoltLite's SQL.

Each rule turns one kind of node into what means the same on SQLite. Names are printed in
backticks: a name in double quotes that is no column would be taken for a text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar, Final

from sqlglot import exp
from sqlglot.dialects.sqlite import SQLite
from sqlglot.expressions import DType

from . import doltlite_json
from .checked import Scope
from .parse import AS_OF, unsupported
from .refs import mapped
from .rewriting import Rules, call, name_of, printed, rewrite, text
from .sources import REF_FUNCTIONS, diff_args

BACKSLASH: Final = "\\"


class _Backticks(SQLite):
    class Tokenizer(SQLite.Tokenizer):
        IDENTIFIERS: ClassVar = ["`"]


_DIALECT: Final = _Backticks()


def print_sql(tree: exp.Expr, scope: Scope) -> str:
    """
    Return *tree*, which is changed on the way, as DoltLite runs it.

    Raises:
        Unsupported: There is no way to say that on DoltLite.
    """
    rewrite(tree, {**_RULES, exp.Anonymous: partial(_anonymous, scope=scope)})
    return printed(tree, _DIALECT)


def _anonymous(node: exp.Expr, scope: Scope) -> exp.Expr | None:
    if isinstance(node.parent, exp.Table):
        return _table_function(node, scope)
    name = name_of(node)
    if name in REF_FUNCTIONS:
        return call(name, *(text(mapped(ref.this, scope)) for ref in node.expressions))
    rule = _NAMED.get(name)
    return rule(node) if rule else None


def _table_function(node: exp.Expr, scope: Scope) -> exp.Expr:
    name = name_of(node)
    if name.startswith(AS_OF):
        stored = scope.tables[name.removeprefix(AS_OF)]
        return call(AS_OF + stored, text(mapped(node.expressions[0].this, scope)))
    pair, table = diff_args(node)
    refs = [text(mapped(ref.this, scope)) for ref in pair]
    if table is None:
        return call(name, *refs)
    stored = scope.tables[str(table.this).lower()]
    return (
        call(f"{name}_{stored}", *refs) if name == "dolt_diff" else call(name, *refs, text(stored))
    )


def _like(node: exp.Expr) -> exp.Expr | None:
    """MySQL takes the backslash for the escape sign where none is named; SQLite takes none."""
    if isinstance(node.parent, exp.Escape):
        return None
    return exp.Escape(this=node.copy(), expression=text(BACKSLASH))


def _concat(node: exp.Expr) -> exp.Expr:
    parts = node.expressions
    if len(parts) == 1:
        return exp.Paren(this=parts[0])
    return exp.Paren(this=exp.Concat(expressions=parts, safe=True, coalesce=False))


def _length(node: exp.Expr) -> exp.Expr | None:
    return call("octet_length", node.this) if node.args.get("binary") else None


def _left(node: exp.Expr) -> exp.Expr:
    return call("substr", node.this, exp.Literal.number(1), node.expression)


def _right(node: exp.Expr) -> exp.Expr:
    return call("substr", node.this, exp.Neg(this=exp.Paren(this=node.expression)))


def _date(node: exp.Expr) -> exp.Expr:
    return call("date", node.this)


def _date_diff(node: exp.Expr) -> exp.Expr:
    later, earlier = (call("julianday", call("date", day)) for day in (node.this, node.expression))
    return exp.cast(exp.Paren(this=exp.Sub(this=later, expression=earlier)), DType.INT)


def _cast(node: exp.Expr) -> exp.Expr | None:
    kind = node.args["to"].this
    if kind not in _CASTS:
        return None
    if kind is DType.CHAR and node.args["to"].expressions:
        raise unsupported("a cast to CHAR of a length")
    return exp.cast(node.this, _CASTS[kind])


def _group_concat(node: exp.Expr) -> exp.Expr | None:
    """SQLite takes DISTINCT with its own separator only, which is MySQL's too."""
    separator = node.args.get("separator")
    if separator is not None and node.find(exp.Distinct) is not None:
        if separator.this != ",":
            raise unsupported("GROUP_CONCAT(DISTINCT ...) with a separator of your own")
        node.set("separator", None)
    return None


def _on_conflict(node: exp.Expr) -> exp.Expr:
    return exp.OnConflict(action=exp.var("DO UPDATE"), expressions=node.expressions)


def _upserted(node: exp.Expr) -> exp.Expr:
    """Return what VALUES(column) means: the value that was to be inserted."""
    return exp.column(node.expressions[0].copy(), exp.to_identifier("excluded", quoted=True))


def _select(node: exp.Expr) -> exp.Expr | None:
    """After a SELECT without WHERE, SQLite would take ON CONFLICT for the ON of a join."""
    if isinstance(node.parent, exp.Insert) and not node.args.get("where"):
        node.set("where", exp.Where(this=exp.true()))
    return None


def _union(node: exp.Expr) -> exp.Expr | None:
    """SQLite takes no parentheses around the sides of a UNION."""
    for part in ("this", "expression"):
        side = node.args[part]
        if isinstance(side, exp.Subquery):
            node.set(part, _bare(side.this))
    return None


def _bare(query: exp.Expr) -> exp.Expr:
    if any(query.args.get(part) for part in ("order", "limit", "offset")):
        return exp.select("*").from_(exp.Subquery(this=query))
    return query


_CASTS: Final = {
    DType.CHAR: DType.TEXT,
    DType.BIGINT: DType.INT,
    DType.UBIGINT: DType.INT,
    DType.DECIMAL: DType.DOUBLE,
}
_NAMED: Final[Mapping[str, Callable[[exp.Expr], exp.Expr]]] = {
    "json_contains": doltlite_json.contains,
    "json_length": doltlite_json.length,
    "json_unquote": doltlite_json.unquote,
    "values": _upserted,
}
_RULES: Final[Rules] = {
    exp.Cast: _cast,
    exp.Concat: _concat,
    exp.DateDiff: _date_diff,
    exp.GroupConcat: _group_concat,
    exp.JSONExtract: doltlite_json.extract,
    exp.JSONExtractScalar: doltlite_json.scalar,
    exp.Left: _left,
    exp.Length: _length,
    exp.Like: _like,
    exp.OnConflict: _on_conflict,
    exp.Right: _right,
    exp.Select: _select,
    exp.TsOrDsToDate: _date,
    exp.Union: _union,
}
