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
_EACH: Final = "SELECT * FROM {}(:base, :head) LIMIT :limit OFFSET :skip"
_COUNT: Final = "SELECT diff_type, COUNT(*) FROM {}(:base, :head) GROUP BY diff_type"
_WHOLE: Final = (0, -1)
# Views and triggers; the engine has no row diff of them, so they count as definitions alone.
_DEFINITIONS: Final = "dolt_schemas"
# Each side's columns are followed by the commit and its date; diff_type ends the row.
_AFTER_EACH_SIDE: Final = 2


def changed_rows(session: Session, base: str, head: str, tables: Sequence[str]) -> list[RowChange]:
    """Return the net row changes of *tables* from *base* to *head*, by table and key."""
    changes = [change for name in sorted(tables) for change in _of_table(session, base, head, name)]
    return sorted(changes, key=lambda change: (change.table, change.key))


def counted_rows(session: Session, base: str, head: str) -> dict[tuple[str, str], int]:
    """Return how many rows differ from *base* to *head*, by table and kind."""
    span = {"base": base, "head": head}
    return {
        (table, str(kind)): int(number or 0)
        for table in tables_with_changed_rows(session, base, head)
        for kind, number in session.table(_COUNT.format(_diff_of(table)), span)[1]
    }


def page_of_rows(
    session: Session, base: str, head: str, table: str, *, skip: int, limit: int
) -> list[RowChange]:
    """Return net row changes of one table in the order of its keys, without the first *skip*."""
    if table not in tables_with_changed_rows(session, base, head):
        return []
    return _of_table(session, base, head, table, (skip, limit))


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


def _of_table(
    session: Session, base: str, head: str, table: str, window: tuple[int, int] = _WHOLE
) -> list[RowChange]:
    skip, limit = window
    names, rows = session.table(
        _EACH.format(_diff_of(table)), {"base": base, "head": head, "skip": skip, "limit": limit}
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


def _diff_of(table: str) -> str:
    return quoted(f"dolt_diff_{table}")


def _side(columns: list[str], cells: tuple[Value, ...], *, is_there: bool) -> Row | None:
    return dict(zip(columns, cells, strict=True)) if is_there else None
