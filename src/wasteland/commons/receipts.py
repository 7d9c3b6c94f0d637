"""
What a write answers with: what was done, what changed, where it is, what may come next.

A receipt is plain data: it is kept in the operation journal as JSON, and the same operation
answers with the same receipt for ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from ..protocol.diff import RowChange
from ..protocol.names import visible
from ..protocol.schema import Value

MERGED: Final = "merged"
PENDING: Final = "pending"
DRY_RUN: Final = "dry_run"
UNCHANGED: Final = "unchanged"


@dataclass(frozen=True, slots=True)
class Receipt:
    """
    The answer to a write.

    Attributes:
        operation: Its name, such as "claim".
        op_id: Operation id; the same id always gets this receipt.
        commons: ``org/db``.
        actor: Handle of the rig that acted.
        at: The host's clock, RFC 3339.
        state: "merged" (on main), "pending" (waits for review), "dry_run", "unchanged".
        id: The row that it is about, usually a wanted id.
        before: That record before, as JSON data; None for a new one.
        after: That record after, as JSON data; None for a removed one.
        rows: Table -> number of rows changed.
        records: Table -> ids of new rows.
        branch: ``owner/db:branch`` of pending work; "" on main.
        commit: Hash; "" for a dry run.
        pull: Pull request; "" where there is none.
        next: Commands that may follow.
        note: One sentence more where it is needed.
        replayed: Whether this is an earlier answer given again.
        sql: The statements, for a dry run.
        diff: The row changes, for a dry run.
        undoes: Operation id of what this one takes back; "" for none.
    """

    operation: str
    op_id: str
    commons: str
    actor: str
    at: str
    state: str
    id: str = ""
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    rows: Mapping[str, int] = field(default_factory=dict)
    records: Mapping[str, Sequence[str]] = field(default_factory=dict)
    branch: str = ""
    commit: str = ""
    pull: str = ""
    next: Sequence[str] = field(default_factory=list)
    note: str = ""
    replayed: bool = False
    sql: Sequence[str] = field(default_factory=list)
    diff: Sequence[Mapping[str, Any]] = field(default_factory=list)
    undoes: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the receipt as JSON data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Receipt:
        """Return the receipt kept as *data*, marked as given again."""
        known = {name: data[name] for name in cls.__slots__ if name in data}
        return replace(cls(**known), replayed=True)


def count_rows(changes: Iterable[RowChange]) -> dict[str, int]:
    """Return table -> number of rows changed, by table name."""
    return dict(sorted(Counter(change.table for change in changes).items()))


def new_records(changes: Iterable[RowChange]) -> dict[str, list[str]]:
    """Return table -> ids of rows that *changes* add, tables of ours left out."""
    found: dict[str, list[str]] = {}
    for change in changes:
        if change.before is None and not change.table.startswith("wlx_"):
            found.setdefault(change.table, []).append(change.key)
    return found


def diff_json(changes: Iterable[RowChange]) -> list[dict[str, Any]]:
    """Return *changes* as JSON data: table, key, kind, cells (column -> before and after)."""
    return [
        {
            "table": change.table,
            "key": change.key,
            "kind": change.kind.value,
            "cells": {name: list(pair) for name, pair in change.cells.items()},
        }
        for change in changes
    ]


def sql_text(sql: str, params: Mapping[str, Value]) -> str:
    """Return a statement with its values beside it, for people."""
    values = ", ".join(
        f"{name}={visible(value, 120) if isinstance(value, str) else value}"
        for name, value in params.items()
    )
    return f"{sql}  -- {values}" if values else sql
