"""Turning records into row changes: an operation reads, applies a rule, and says what differs."""

from __future__ import annotations

from ..protocol.diff import RowChange
from ..protocol.records import Record
from ..protocol.schema import Row


def added(record: Record) -> RowChange:
    """Return the change that adds *record*."""
    return RowChange(record.table, None, record.to_row())


def removed(table: str, stored: Row) -> RowChange:
    """Return the change that removes a stored row."""
    return RowChange(table, stored, None)


def changed(stored: Row, before: Record, after: Record) -> RowChange:
    """
    Return the change from a stored row to *after*.

    Only cells that the records disagree on are changed, so that what another client wrote in its
    own spelling, or in columns that we do not know, stays as it is.
    """
    old, new = before.to_row(), after.to_row()
    cells = {name: value for name, value in new.items() if value != old[name]}
    return RowChange(before.table, stored, {**stored, **cells})
