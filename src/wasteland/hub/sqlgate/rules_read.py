"""Reading: one SELECT, UNION of them, or SHOW TABLES."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlglot import exp

from . import allow
from .checked import CheckedRead, RefMap, Scope
from .cost import check_cost
from .labels import name_columns
from .parse import Statement, parse, unsupported
from .printing import list_names, print_sql
from .sources import check_sources, known_tables

_VERBS: Final = frozenset({"SELECT", "WITH", "(", "SHOW"})


def check_read(
    sql: str,
    *,
    dialect: str,
    now: datetime,
    database: str = "",
    tables: Collection[str] | None = None,
    ref_map: RefMap | None = None,
    branch_prefix: str = "",
) -> CheckedRead:
    """
    Return the query in *sql* as it may be run.

    Args:
        sql: One statement in MySQL's dialect; a semicolon at its end is allowed.
        dialect: "doltlite" or "dolt".
        now: What NOW() gives.
        database: What DATABASE() gives.
        tables: Those that exist in the database; None for the protocol's.
        ref_map: From a branch, tag or commit as the client calls it to what it is called in the
            database, such as a commit; HEAD is never asked for. None to leave them.
        branch_prefix: On Dolt, what the branches of this fork begin with, such as `fork/ann/`; ""
            for the upstream itself, which then shows no fork's.
    Raises:
        Invalid: It is no SQL statement, too long, or names what does not exist.
        Unsupported: It is another statement, or uses what is not on the list.
        Forbidden: It reads a table that is none of the database.
    """
    scope = Scope(dialect, known_tables(tables), now, database, ref_map, branch_prefix)
    statement = parse(sql, verbs=_VERBS)
    if isinstance(statement.tree, exp.Show):
        return _show_tables(statement.tree, scope)
    return _query(statement, scope)


def _query(statement: Statement, scope: Scope) -> CheckedRead:
    tree = statement.tree
    while isinstance(tree, exp.Subquery) and not tree.args.get("alias"):
        tree = tree.this
    if not isinstance(tree, exp.Select | exp.Union):
        raise unsupported("anything but SELECT and SHOW TABLES in a read")
    allow.check_nodes(tree, allow.READ)
    check_cost(tree)
    tables, refs = check_sources(tree, scope)
    name_columns(tree, statement)
    return CheckedRead(print_sql(tree, scope), tables, refs)


def _show_tables(tree: exp.Show, scope: Scope) -> CheckedRead:
    if tree.name != "TABLES" or any(value for part, value in tree.args.items() if part != "this"):
        raise unsupported("SHOW of anything but TABLES")
    return CheckedRead(list_names(scope), frozenset(), is_show_tables=True)
