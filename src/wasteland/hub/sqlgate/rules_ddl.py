"""The owner's schema: CREATE TABLE, ALTER TABLE ADD COLUMN, CREATE INDEX, DROP TABLE."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final

from sqlglot import exp

from ...engines.sql import quoted
from ...protocol.errors import Forbidden
from ...protocol.names import visible
from .checked import CheckedDdl, Scope
from .columns import checked_name, column, constraint, only
from .parse import invalid, parse, unsupported
from .sources import OURS, database_table, is_reserved, known_tables

_VERBS: Final = frozenset({"CREATE", "ALTER", "DROP"})
_MOST_COLUMNS: Final = 200
_IGNORED: Final = (exp.EngineProperty, exp.CharacterSetProperty, exp.SchemaCommentProperty)
"""Options of CREATE TABLE that mean nothing here and are left out."""


def check_ddl(sql: str, *, dialect: str, tables: Collection[str] | None = None) -> CheckedDdl:
    """
    Return the schema change in *sql* as it may be run.

    Args:
        sql: One statement in MySQL's dialect; a semicolon at its end is allowed.
        dialect: "doltlite" or "dolt".
        tables: Those that exist in the database; None for the protocol's.
    Raises:
        Invalid: It is no SQL statement, or names what does not exist.
        Unsupported: It is another statement, or uses what is not on the list.
        Forbidden: It concerns a table that is kept by the hub or by the engine.
    """
    tree = parse(sql, verbs=_VERBS).tree
    rule = _RULES.get((type(tree), str(tree.args.get("kind")).upper()))
    if rule is None:
        raise unsupported("anything but CREATE TABLE, ALTER TABLE, CREATE INDEX and DROP TABLE")
    return rule(tree, Scope(dialect, known_tables(tables)))


def _create_table(tree: exp.Expr, _: Scope) -> CheckedDdl:
    only(tree, "this kind exists properties")
    if not isinstance(tree.this, exp.Schema):
        raise unsupported("CREATE TABLE without a list of columns")
    _check_options(tree.args.get("properties"))
    table = _new_name(tree.this.this)
    parts = [
        column(part) if isinstance(part, exp.ColumnDef) else constraint(part)
        for part in tree.this.expressions
    ]
    if len(parts) > _MOST_COLUMNS:
        raise unsupported(f"more than {_MOST_COLUMNS} columns")
    if tree.this.find(exp.PrimaryKey, exp.PrimaryKeyColumnConstraint) is None:
        raise invalid("A table needs a PRIMARY KEY, by which its rows are compared and merged.")
    exists = "IF NOT EXISTS " if tree.args.get("exists") else ""
    lines = ",\n".join(f"  {part}" for part in parts)
    sql = f"CREATE TABLE {exists}{quoted(table)} (\n{lines}\n)"
    return CheckedDdl(sql, "create_table", table)


def _alter_table(tree: exp.Expr, scope: Scope) -> CheckedDdl:
    only(tree, "this kind actions")
    table = _present(tree.this, scope)
    actions = tree.args["actions"]
    if len(actions) != 1 or not isinstance(actions[0], exp.ColumnDef):
        raise unsupported("ALTER TABLE but to add one column")
    if actions[0].find(exp.PrimaryKeyColumnConstraint, exp.UniqueColumnConstraint) is not None:
        raise unsupported("a new column that is a key")
    sql = f"ALTER TABLE {quoted(table)} ADD COLUMN {column(actions[0])}"
    return CheckedDdl(sql, "add_column", table)


def _create_index(tree: exp.Expr, scope: Scope) -> CheckedDdl:
    only(tree, "this kind unique")
    index, unique = tree.this, "UNIQUE " if tree.args.get("unique") else ""
    only(index, "this table params")
    only(index.args["params"], "columns")
    table = _present(index.args["table"], scope)
    name = quoted(checked_name(index.this))
    columns = ", ".join(map(_index_column, index.args["params"].args["columns"]))
    sql = f"CREATE {unique}INDEX {name} ON {quoted(table)} ({columns})"
    return CheckedDdl(sql, "create_index", table)


def _drop_table(tree: exp.Expr, scope: Scope) -> CheckedDdl:
    only(tree, "kind exists tables")
    if len(tree.args["tables"]) != 1:
        raise unsupported("DROP of more than one table")
    table = _present(tree.args["tables"][0], scope)
    return CheckedDdl(f"DROP TABLE {quoted(table)}", "drop_table", table)


def _check_options(options: exp.Expr | None) -> None:
    if options and not all(isinstance(option, _IGNORED) for option in options.expressions):
        raise unsupported("this option of CREATE TABLE")


def _index_column(node: exp.Expr) -> str:
    return quoted(checked_name(node)) + (" DESC" if node.args.get("desc") else "")


def _new_name(table: exp.Expr) -> str:
    only(table, "this")
    name = checked_name(table.this)
    _refuse_ours(name)
    if is_reserved(name):
        raise Forbidden(f"The name {visible(name)} belongs to the engine.", field="q")
    return name


def _present(table: exp.Expr, scope: Scope) -> str:
    only(table, "this")
    _refuse_ours(table.name)
    return database_table(table.name, scope)


def _refuse_ours(name: str) -> None:
    if name.lower().startswith(OURS):
        raise Forbidden(f"The table {visible(name)} is kept by the hub.", field="q")


_RULES: Final[Mapping[tuple[type[exp.Expr], str], Callable[[exp.Expr, Scope], CheckedDdl]]] = {
    (exp.Alter, "TABLE"): _alter_table,
    (exp.Create, "INDEX"): _create_index,
    (exp.Create, "TABLE"): _create_table,
    (exp.Drop, "TABLE"): _drop_table,
}
