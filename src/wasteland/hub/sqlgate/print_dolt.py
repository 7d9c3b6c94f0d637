"""
From the checked tree to Dolt's SQL.

Dolt keeps the forks of a repository as branches beside its own, so what lists branches is
replaced by a query that shows one repository's only, and refs are named as they are stored.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from sqlglot import exp
from sqlglot.dialects.mysql import MySQL

from . import dolt_tables
from .checked import Scope
from .parse import AS_OF
from .refs import mapped
from .rewriting import Rules, call, name_of, printed, rewrite, text
from .sources import REF_FUNCTIONS, diff_args

_DIALECT: Final = MySQL()
_BACKSLASH: Final = "\\"
_SIGN: Final = "|"


def print_sql(tree: exp.Expr, scope: Scope) -> str:
    """
    Return *tree*, which is changed on the way, as Dolt runs it.

    Raises:
        Invalid: It names a ref of somebody else's fork.
    """
    rules: Rules = {
        exp.Anonymous: partial(_anonymous, scope=scope),
        exp.Escape: _escape,
        exp.Like: _like,
        exp.Table: partial(_table, scope=scope),
    }
    rewrite(tree, rules)
    return printed(tree, _DIALECT)


def _like(node: exp.Expr) -> exp.Expr | None:
    return None if isinstance(node.parent, exp.Escape) else _spelled(node)


def _escape(node: exp.Expr) -> exp.Expr | None:
    return _spelled(node.this) or node.this if node.expression.this == _BACKSLASH else None


def _spelled(node: exp.Expr) -> exp.Expr | None:
    """
    Name another escape sign than the backslash.

    With a doubled backslash, which is right, Dolt finds no row of a table; before a single one it
    drops the backslash, and the sign after it is a wildcard again.
    """
    pattern = node.expression
    if not isinstance(pattern, exp.Literal) or _BACKSLASH not in pattern.this:
        return None
    like = exp.Like(
        this=node.this, expression=text(_respelled(pattern.this)), negate=node.args.get("negate")
    )
    return exp.Escape(this=like, expression=text(_SIGN))


def _respelled(pattern: str) -> str:
    """Return a LIKE pattern with `|` for the escape sign."""
    found: list[str] = []
    signs = iter(pattern)
    for sign in signs:
        plain = next(signs, _BACKSLASH) if sign == _BACKSLASH else sign
        is_escaped = sign == _BACKSLASH and plain in "%_"
        found.append(_SIGN + plain if is_escaped or plain == _SIGN else plain)
    return "".join(found)


def _anonymous(node: exp.Expr, scope: Scope) -> exp.Expr | None:
    name = name_of(node)
    if name not in REF_FUNCTIONS:
        return None
    return call(name, *(text(mapped(ref.this, scope)) for ref in node.expressions))


def _table(node: exp.Expr, scope: Scope) -> exp.Expr | None:
    alias = node.args.get("alias")
    if isinstance(node.this, exp.Anonymous):
        return _function(node.this, alias, scope)
    name = node.name.lower()
    query = dolt_tables.QUERIES.get(name)
    if query is None:
        return None
    return exp.Subquery(this=query(scope, []), alias=alias or _called(name))


def _function(node: exp.Expr, alias: exp.Expr | None, scope: Scope) -> exp.Expr:
    name = name_of(node)
    if name.startswith(AS_OF):
        return _as_of(scope.tables[name.removeprefix(AS_OF)], node, alias, scope)
    pair, table = diff_args(node)
    args: list[exp.Expr] = [text(mapped(ref.this, scope)) for ref in pair]
    if table is not None:
        args.append(text(scope.tables[str(table.this).lower()]))
    query = dolt_tables.QUERIES.get(name)
    if query is not None:
        return exp.Subquery(this=query(scope, args), alias=alias or _called(name))
    return exp.Table(this=call(name, *args), alias=alias)


def _as_of(stored: str, node: exp.Expr, alias: exp.Expr | None, scope: Scope) -> exp.Expr:
    ref = mapped(node.expressions[0].this, scope)
    # The library cannot print this; neither `sources` nor `refs` lets a quote through.
    return exp.Table(this=exp.var(f"`{stored}` AS OF '{ref}'"), alias=alias)


def _called(name: str) -> exp.TableAlias:
    return exp.TableAlias(this=exp.to_identifier(name, quoted=True))
