"""
Which tables a statement may read: those of the database, and a few that Dolt adds.

No table is named with a database before it; names that mean something to an engine are nobody's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from sqlglot import exp

from ...protocol.errors import Forbidden
from ...protocol.names import visible
from ...protocol.schema import TABLES
from .checked import Scope
from .parse import AS_OF, invalid, unsupported
from .refs import check_ref, text_of

SYSTEM_TABLES: Final = frozenset({"dolt_branches", "dolt_log", "dolt_status", "dolt_tags"})
TABLE_FUNCTIONS: Final = frozenset(
    {"dolt_diff", "dolt_diff_stat", "dolt_diff_summary", "dolt_log", "dolt_patch"}
)
REF_FUNCTIONS: Final = frozenset({"dolt_hashof", "dolt_merge_base"})
OURS: Final = "wlx_"
_RESERVED_PREFIXES: Final = ("sqlite_", "dolt_", "doltlite_", "pragma_")
_RESERVED: Final = frozenset(
    {
        *("information_schema", "mysql", "performance_schema", "sys"),
        *("json_each", "json_tree", "jsonb_each", "jsonb_tree", "json_table"),
        *("bytecode", "dbstat", "generate_series", "tables_used"),
    }
)
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z")


def known_tables(names: Collection[str] | None) -> dict[str, str]:
    """Return stored name by lower-case name: of *names*, or of the protocol's tables for None."""
    stored = TABLES if names is None else names
    return {name.lower(): name for name in stored if not is_reserved(name)}


def is_reserved(name: str) -> bool:
    """Return whether *name* belongs to an engine."""
    return name.lower() in _RESERVED or name.lower().startswith(_RESERVED_PREFIXES)


def is_plain(name: str) -> bool:
    """Return whether *name* is letters, digits and `_`, as a table of ours may be called."""
    return bool(_PLAIN.match(name))


def check_sources(tree: exp.Expr, scope: Scope) -> tuple[frozenset[str], tuple[str, ...]]:
    """
    Return the stored names of the tables that *tree* reads, and the refs that it names.

    Raises:
        Forbidden: It names a table of the engine.
        Invalid: It names a table that does not exist, or something that is no ref.
        Unsupported: It uses a function as table that is not listed, or a recursive WITH.
    """
    tables: set[str] = set()
    refs: dict[str, None] = {}
    for table, names in _tables(tree, scope.tables):
        name = table.name.lower()
        if isinstance(table.this, exp.Anonymous):
            tables.add(_function(table.this, scope, refs))
        elif name not in names:
            tables.add(_named(name, scope))
    for call in tree.find_all(exp.Anonymous):
        if str(call.this).lower() in REF_FUNCTIONS:
            _note(call.expressions, refs)
    return frozenset(tables), tuple(refs)


def diff_args(call: exp.Expr) -> tuple[list[exp.Expr], exp.Expr | None]:
    """
    Return the refs of a table function, and the table that it is asked about.

    The two refs may be one range: `('main', 'b', 't')` and `('main...b', 't')`.
    """
    args = list(call.expressions)
    refs = 1 if args and ".." in str(args[0].this) else 2
    return args[:refs], (args[refs] if len(args) > refs else None)


def plain_table(table: exp.Expr, scope: Scope) -> str:
    """
    Return the stored name of a table of the database.

    Raises:
        Forbidden, Invalid, Unsupported: It is something else.
    """
    if not isinstance(table, exp.Table) or not isinstance(table.this, exp.Identifier):
        raise unsupported("anything but the name of a table in this place")
    return database_table(table.name, scope)


def database_table(name: str, scope: Scope) -> str:
    """
    Return the stored name of the table called *name*.

    Raises:
        Forbidden: It is one of the engine.
        Invalid: There is none.
    """
    if is_reserved(name):
        raise Forbidden(f"The table {visible(name)} is none of this database.", field="q")
    if name.lower() not in scope.tables:
        raise invalid(f"table not found: {name if is_plain(name) else visible(name)}")
    return scope.tables[name.lower()]


def _tables(
    tree: exp.Expr, known: Mapping[str, str]
) -> Iterator[tuple[exp.Table, Collection[str]]]:
    """Yield each table with the names of WITH that it may mean: those stated before it."""
    names: list[str] = []
    seen: set[int] = set()
    for cte in _ctes(tree):
        for table in cte.find_all(exp.Table):
            seen.add(id(table))
            yield table, tuple(names)
        names.append(_cte_name(cte, known, names))
    for table in tree.find_all(exp.Table):
        if id(table) not in seen:
            yield table, names


def _ctes(tree: exp.Expr) -> list[exp.Expr]:
    stated = tree.args.get("with_")
    if any(inner is not stated for inner in tree.find_all(exp.With)):
        raise unsupported("WITH anywhere but at the beginning")
    return list(stated.expressions) if stated else []


def _cte_name(cte: exp.Expr, known: Mapping[str, str], taken: Collection[str]) -> str:
    name = cte.alias.lower()
    if name in known or name in taken or name.startswith(OURS) or is_reserved(name):
        raise unsupported(f"a WITH named {visible(name)}, which is taken")
    if not is_plain(name):
        raise invalid(f"{visible(name)} cannot be the name of a WITH.")
    return name


def _named(name: str, scope: Scope) -> str:
    return name if name in SYSTEM_TABLES else database_table(name, scope)


def _function(call: exp.Expr, scope: Scope, refs: dict[str, None]) -> str:
    """Check a function used as table; return the table that it reads."""
    name = str(call.this).lower()
    if name.startswith(AS_OF):
        named, asked = call.expressions, name.removeprefix(AS_OF)
        if len(named) != 1:
            raise invalid("AS OF takes one ref.")
    elif name in TABLE_FUNCTIONS:
        named, table = diff_args(call)
        asked = text_of(table, "a table") if table is not None else ""
        _check_count(name, call, named, asked)
    else:
        raise unsupported(f"the table function {visible(name)}")
    _note(named, refs)
    return _asked(asked, scope) if asked else name


def _check_count(name: str, call: exp.Expr, refs: Sequence[exp.Expr], table: str) -> None:
    given = len(call.expressions)
    if name == "dolt_log" and given > 1:
        raise unsupported("dolt_log with more than one ref")
    if name == "dolt_diff" and not table:
        raise invalid("dolt_diff takes two refs and a table.")
    if name != "dolt_log" and (not refs or given > len(refs) + 1):
        raise invalid(f"{name} takes two refs, and a table if you like.")


def _asked(name: str, scope: Scope) -> str:
    """Return the table that a function is asked about; its name becomes part of a function's."""
    stored = database_table(name, scope)
    if not is_plain(stored):
        raise unsupported("a diff or an old state of a table with this name")
    return stored


def _note(nodes: Collection[exp.Expr], refs: dict[str, None]) -> None:
    for node in nodes:
        refs.update(dict.fromkeys(check_ref(text_of(node, "a ref"))))
