"""Writing: one INSERT, UPDATE or DELETE on one table of the database, or a CALL."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlglot import exp

from ...protocol.errors import Forbidden
from ...protocol.schema import META, TABLES
from . import allow
from .calls import is_call, read_call
from .checked import CheckedWrite, Scope
from .cost import check_cost
from .parse import invalid, tokenize, understood, unsupported
from .printing import print_sql
from .sources import OURS, check_sources, known_tables, plain_table

_VERBS: Final = frozenset({"INSERT", "UPDATE", "DELETE"})


def check_write(
    sql: str,
    *,
    dialect: str,
    now: datetime,
    tables: Collection[str] | None = None,
    owner: bool = False,
) -> CheckedWrite:
    """
    Return the write in *sql* as it may be run.

    Args:
        sql: One statement in MySQL's dialect; a semicolon at its end is allowed.
        dialect: "doltlite" or "dolt".
        now: What NOW() gives.
        tables: Those that exist in the database; None for the protocol's.
        owner: Whether `_meta` may be written.
    Raises:
        Invalid: It is no SQL statement, too long, or names what does not exist.
        Unsupported: It is another statement, or uses what is not on the list.
        Forbidden: It writes a table that is kept by the hub, or `_meta` without being the owner.
    """
    tokens = tokenize(sql)
    if is_call(tokens):
        return CheckedWrite("", "call", "", call=read_call(tokens))
    scope = Scope(dialect, known_tables(tables), now)
    tree = understood(tokens, sql, verbs=_VERBS).tree
    rule = _RULES.get(type(tree))
    if rule is None:
        raise unsupported("anything but INSERT, UPDATE and DELETE in a write")
    allow.check_nodes(tree, allow.WRITE)
    check_cost(tree)
    return rule(tree, scope, owner)


def _insert(tree: exp.Expr, scope: Scope, owner: bool) -> CheckedWrite:
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    table = _target(target, scope, owner)
    if isinstance(tree.this, exp.Schema):
        _check_columns(tree.this.expressions)
    source = tree.expression
    if not isinstance(source, exp.Values | exp.Select):
        raise unsupported("INSERT of anything but VALUES and SELECT")
    _check_inner(tree, scope)
    conflict = tree.args.get("conflict")
    if conflict:
        _check_upsert(conflict)
    kind = "upsert" if conflict else "insert_ignore" if tree.args.get("ignore") else "insert"
    read = _only_table(source, scope) if isinstance(source, exp.Select) else ""
    found = _Found(_conditions(source), read) if read else _Found()
    return _written(tree, scope, kind, table, found)


def _update(tree: exp.Expr, scope: Scope, owner: bool) -> CheckedWrite:
    table = _target(tree.this, scope, owner)
    _check_alone(tree)
    _check_assignments(tree.expressions)
    return _written(tree, scope, "update", table, _Found(_conditions(tree), table))


def _delete(tree: exp.Expr, scope: Scope, owner: bool) -> CheckedWrite:
    table = _target(tree.this, scope, owner)
    _check_alone(tree)
    return _written(tree, scope, "delete", table, _Found(_conditions(tree), table))


@dataclass(frozen=True, slots=True)
class _Found:
    """What a write asks of the rows that it takes, and of which table they are."""

    where: tuple[tuple[str, str], ...] = ()
    table: str = ""


def _written(tree: exp.Expr, scope: Scope, kind: str, table: str, found: _Found) -> CheckedWrite:
    return CheckedWrite(
        print_sql(tree, scope),
        kind,
        table,
        where=found.where,
        where_table=found.table if found.where else "",
        where_keys=_keys(found),
    )


def _target(table: exp.Expr, scope: Scope, owner: bool) -> str:
    """Return the stored name of the table that is written."""
    if table.args.get("alias"):
        raise unsupported("another name for the table that is written")
    name = plain_table(table, scope)
    if name.lower().startswith(OURS):
        raise Forbidden(f"The table {name} is kept by the hub and cannot be written.", field="q")
    if name.lower() == META.name and not owner:
        raise Forbidden("Only an owner of the commons may write _meta.", field="q")
    return name


def _check_alone(tree: exp.Expr) -> None:
    """Refuse a write of every row, and one that looks at other tables."""
    if not tree.args.get("where"):
        raise unsupported("UPDATE and DELETE without WHERE")
    if tree.find(exp.Select) is not None or len(list(tree.find_all(exp.Table))) != 1:
        raise unsupported("UPDATE and DELETE that look at another table")


def _check_inner(tree: exp.Expr, scope: Scope) -> None:
    """Refuse sources that are no tables of the database."""
    for table in tree.find_all(exp.Table):
        plain_table(table, scope)
    if tree.find(exp.With) is not None:
        raise unsupported("WITH in a write")
    if len(list(tree.find_all(exp.Values))) > 1:
        raise unsupported("VALUES in this place")
    check_sources(tree, scope)


def _check_columns(columns: Collection[exp.Expr]) -> None:
    if any(not isinstance(column, exp.Identifier) for column in columns):
        raise invalid("INSERT takes names of columns in parentheses.")


def _check_upsert(conflict: exp.Expr) -> None:
    if not conflict.args.get("duplicate") or conflict.args["action"].name.upper() != "UPDATE":
        raise unsupported("this form of ON DUPLICATE KEY")
    _check_assignments(conflict.expressions)
    if conflict.find(exp.Select) is not None:
        raise unsupported("a query in ON DUPLICATE KEY UPDATE")


def _check_assignments(nodes: Collection[exp.Expr]) -> None:
    """Refuse assignments to anything but columns, and drop the table's name before them."""
    for node in nodes:
        if not isinstance(node, exp.EQ) or not isinstance(node.this, exp.Column):
            raise unsupported("an assignment to anything but a column")
        node.this.set("table", None)


def _only_table(source: exp.Select, scope: Scope) -> str:
    """Return the one table that *source* takes its rows from, "" if there are several or none."""
    origin = source.args.get("from_")
    if origin is None or source.args.get("joins"):
        return ""
    return plain_table(origin.this, scope) if isinstance(origin.this, exp.Table) else ""


def _conditions(tree: exp.Expr) -> tuple[tuple[str, str], ...]:
    where = tree.args.get("where")
    return tuple(_equalities(where.this)) if where else ()


def _equalities(node: exp.Expr) -> Iterator[tuple[str, str]]:
    """Yield column and text of each `column = literal` that all of *node* depends on."""
    if isinstance(node, exp.And | exp.Paren):
        for part in (node.this, node.args.get("expression")):
            if part is not None:
                yield from _equalities(part)
    elif isinstance(node, exp.EQ):
        left, right = node.this, node.expression
        if isinstance(left, exp.Column) and isinstance(right, exp.Literal):
            yield left.name, str(right.this)


def _keys(found: _Found) -> tuple[str, ...]:
    known = TABLES.get(found.table.lower())
    return tuple(text for column, text in found.where if known and column.lower() == known.key)


_Rule = Callable[[exp.Expr, Scope, bool], CheckedWrite]
_RULES: Final[Mapping[type[exp.Expr], _Rule]] = {
    exp.Delete: _delete,
    exp.Insert: _insert,
    exp.Update: _update,
}
