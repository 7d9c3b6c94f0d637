"""
Tables on another engine: the statements that give it the columns which the first one has.

Definitions are made from our own description of the protocol's tables and never copied, as each
engine writes its own. A column that others added is text there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ...engines.sql import quoted
from ...hosts.digests import ENGINES_OWN
from ...protocol.errors import Unsupported
from ...protocol.names import visible
from ...protocol.schema import TABLES, Column, Kind, Table

Tables = Mapping[str, tuple[str, ...]]
"""Names of tables with their columns, as ``Engine.tables`` returns them."""


def own_tables(tables: Tables) -> dict[str, tuple[str, ...]]:
    """Return *tables* without those of the engine itself."""
    return {name: cols for name, cols in tables.items() if not name.startswith(ENGINES_OWN)}


def statements(before: Tables, after: Tables) -> list[str]:
    """
    Return the statements that lead from the tables *before* to those *after*, indexes included.

    Raises:
        Unsupported: A table is none of the protocol's (``facts["tables"]``).
    """
    _refuse_unknown(after)
    made = [
        line for name, cols in after.items() if name not in before for line in _made(name, cols)
    ]
    dropped = [f"DROP TABLE {quoted(name)}" for name in before if name not in after]
    changed = [
        line
        for name, cols in after.items()
        if name in before
        for line in _altered(name, before[name], cols)
    ]
    return [*dropped, *made, *changed]


def _made(name: str, columns: tuple[str, ...]) -> list[str]:
    table = TABLES[name]
    stored = replace(table, columns=tuple(_column(table, column) for column in columns))
    # An index may be of any of the columns, so that all must be there.
    is_whole = set(table.column_names) <= set(columns)
    return [stored.create_sql(), *(table.index_sql() if is_whole else ())]


def _altered(name: str, before: tuple[str, ...], after: tuple[str, ...]) -> list[str]:
    table = quoted(name)
    added = [_column(TABLES[name], column) for column in after if column not in before]
    gone = [column for column in before if column not in after]
    return [
        *(f"ALTER TABLE {table} ADD COLUMN {quoted(col.name)} {col.sql}" for col in added),
        *(f"ALTER TABLE {table} DROP COLUMN {quoted(column)}" for column in gone),
    ]


def _column(table: Table, name: str) -> Column:
    if "`" in name:
        raise Unsupported(f"Table {table.name} has a column that is called {visible(name)}.")
    known = {column.name: column for column in table.columns}
    return known.get(name) or Column(name, Kind.TEXT, "TEXT")


def _refuse_unknown(tables: Tables) -> None:
    unknown = sorted(name for name in tables if name not in TABLES)
    if unknown:
        names = ", ".join(visible(name) for name in unknown)
        raise Unsupported(
            f"The protocol has no table {names}, so that it cannot be made on another engine.",
            hint="drop these tables, or keep the repository where it is",
            tables=unknown,
        )
