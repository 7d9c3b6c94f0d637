"""
What changed between two states of a commons, row by row.

Engines produce these, hosts replay them, the gate judges them.
"""

from __future__ import annotations

from enum import StrEnum

from .lean import dataclass
from .schema import TABLES, Row, Value, canonical_row


class DiffKind(StrEnum):
    """The three things that can happen to a row."""

    ADDED = "added"
    MODIFIED = "modified"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class RowChange:
    """
    One row before and after.

    Attributes:
        table: The table's name.
        before: All columns as stored; None for an added row.
        after: All columns as stored; None for a removed row.
    """

    table: str
    before: Row | None
    after: Row | None

    @property
    def kind(self) -> DiffKind:
        """Added, modified or removed."""
        if self.before is None:
            return DiffKind.ADDED
        return DiffKind.REMOVED if self.after is None else DiffKind.MODIFIED

    @property
    def row(self) -> Row:
        """The row after the change, or the one that was removed."""
        row = self.after if self.after is not None else self.before
        if row is None:
            raise ValueError("a change has a row on at least one side")
        return row

    @property
    def key(self) -> str:
        """The primary key's value, as text; that of the first column in a table unknown to us."""
        known = TABLES.get(self.table)
        return str(self.row[known.key if known else next(iter(self.row))])

    @property
    def cells(self) -> dict[str, tuple[Value, Value]]:
        """Column -> (before, after) for each cell that differs in meaning, not in spelling."""
        before = canonical_row(self.table, self.before or {})
        after = canonical_row(self.table, self.after or {})
        return {
            name: (before.get(name), after.get(name))
            for name in dict.fromkeys((*before, *after))
            if before.get(name) != after.get(name)
        }
