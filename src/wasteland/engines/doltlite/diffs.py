"""What differs between two commits, or a commit and what is uncommitted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ...protocol.diff import RowChange
from ...protocol.schema import Row, Value
from ..sql import quoted
from .session import Session

WORKING: Final = "WORKING"
"""The name of what is uncommitted on the session's branch."""

_SUMMARY: Final = (
    "SELECT from_table_name, to_table_name, data_change, schema_change"
    " FROM dolt_diff_summary(:base, :head)"
)
# Views and triggers; the engine has no row diff of them, so they count as definitions alone.
_DEFINITIONS: Final = "dolt_schemas"
# Each side's columns are followed by the commit and its date; diff_type ends the row.
_AFTER_EACH_SIDE: Final = 2


def changed_rows(session: Session, base: str, head: str, tables: Sequence[str]) -> list[RowChange]:
    """Return the net row changes of *tables* from *base* to *head*, by table and key."""
    changes = [change for name in sorted(tables) for change in _of_table(session, base, head, name)]
    return sorted(changes, key=lambda change: (change.table, change.key))


def tables_with_changed_rows(session: Session, base: str, head: str) -> list[str]:
    """Return the names of the tables whose rows differ."""
    return [
        name
        for name, has_data_change, _ in _summary(session, base, head)
        if has_data_change and name != _DEFINITIONS
    ]


def tables_with_changed_schema(session: Session, base: str, head: str) -> list[str]:
    """Return the names of the tables whose definition differs, indexes included."""
    return sorted({name for name, _, is_changed in _summary(session, base, head) if is_changed})


def _summary(session: Session, base: str, head: str) -> list[tuple[str, bool, bool]]:
    rows = session.table(_SUMMARY, {"base": base, "head": head})[1]
    return [(str(new or old), bool(data), bool(schema)) for old, new, data, schema in rows]


def _of_table(session: Session, base: str, head: str, table: str) -> list[RowChange]:
    names, rows = session.table(
        f"SELECT * FROM {quoted(f'dolt_diff_{table}')}(:base, :head)", {"base": base, "head": head}
    )
    # By position, as a table may have a column called `commit` or `diff_type` of its own.
    width = (len(names) - 1 - 2 * _AFTER_EACH_SIDE) // 2
    columns = [name.removeprefix("to_") for name in names[:width]]
    start = width + _AFTER_EACH_SIDE
    return [
        RowChange(
            table,
            before=_side(columns, row[start : start + width], is_there=row[-1] != "added"),
            after=_side(columns, row[:width], is_there=row[-1] != "removed"),
        )
        for row in rows
    ]


def _side(columns: list[str], cells: tuple[Value, ...], *, is_there: bool) -> Row | None:
    return dict(zip(columns, cells, strict=True)) if is_there else None
