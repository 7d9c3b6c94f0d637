"""
Rows on a branch of a host that commits every statement, one after the other.

What a row names is there before it, the item's status comes last, and only the last statement bears
the operation's name. An UPDATE that finds no row is a commit like any other there, so what was
written is read back. An engine whose changes are atomic needs none of this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..engines.base import Ability, Change, Commit, Engine
from ..engines.sql import quoted
from ..hosts import replay
from ..protocol import trailers
from ..protocol.diff import RowChange
from ..protocol.errors import MergeConflict, Stale
from ..protocol.records import WantedItem
from ..protocol.schema import Row, Value
from . import queries
from .intents import Intent
from .queries import Query

TIMES: Final = frozenset(
    {"created_at", "updated_at", "completed_at", "validated_at", "registered_at", "last_seen"}
)
"""Columns that tell when, which two attempts of one operation write differently."""
# What is written last, in this order; all else before.
_ORDER: Final = {"completions": 1, "stamps": 2, "wanted": 3}
_GUARDS: Final = ("status", "claimed_by")


def in_order(engine: Engine, query: Query, rows: Sequence[RowChange]) -> list[RowChange]:
    """
    Return *rows* in the order in which they are written.

    Where each statement is a commit, any prefix must do no harm and be gone on from: what a row
    names is there before it, and the item's status comes last.
    """
    if Ability.ATOMIC_CHANGE in engine.abilities:
        return list(rows)
    ordered = sorted(rows, key=lambda row: _ORDER.get(row.table, 0))
    return [_as_begun(query, row) for row in ordered]


def apply(engine: Engine, change: Change, rows: Sequence[RowChange]) -> None:
    """
    Write *rows*, those of items only while nobody else has taken them.

    Raises:
        MergeConflict: A change does not apply.
        Stale: An item is not as it was.
    """
    if Ability.ATOMIC_CHANGE in engine.abilities:
        replay.apply(change, rows)
        return
    for row in rows:
        if row.table == WantedItem.table and row.before and row.after:
            _update_item(change, row, row.after)
        else:
            replay.apply(change, [row])


def read_back(engine: Engine, commit: str, rows: Sequence[RowChange]) -> None:
    """Raise Stale unless *commit* holds each of *rows* as it was to be."""
    if Ability.ATOMIC_CHANGE in engine.abilities:
        return
    query = queries.at(engine, commit)
    for row in rows:
        if not _is_done(row, queries.row(query, row.table, row.key)):
            raise Stale(
                f"The host took the write, and {row.table} {row.key} is not as it was to be.",
                table=row.table,
                key=row.key,
            )


def began_at(engine: Engine, branch: str, done: Commit) -> str:
    """Return the commit that an operation began at, whose newest commit on *branch* is *done*."""
    if Ability.ATOMIC_CHANGE in engine.abilities:
        return f"{done.hash}~1"
    base = engine.merge_base("main", branch) or ""
    commits = engine.log(branch, after=base)
    older = commits[commits.index(done) + 1 :]
    # Its other statements bear no name; what does is the end of the operation before it.
    return next((c.hash for c in older if trailers.find(c.message)), base)


def holds_its_row(engine: Engine, intent: Intent, rows: Sequence[RowChange]) -> bool:
    """
    Return whether *rows*, an operation's on a branch, have the row that it was about.

    A host that commits each statement also commits the one that found no row to change.
    """
    if Ability.ATOMIC_CHANGE in engine.abilities:
        return True
    if intent.table != WantedItem.table:
        return bool(rows)
    return any((row.table, row.key) == (intent.table, intent.id) for row in rows)


def _update_item(change: Change, row: RowChange, after: Row) -> None:
    present = queries.row(change.query, row.table, row.key)
    cells = replay.conflicting(row, present)
    if present is None or cells:
        raise MergeConflict(
            f"The change of {row.table} {row.key} does not apply.",
            table=row.table,
            key=row.key,
            cells=cells,
        )
    left = RowChange(row.table, present, after).cells
    new = {name: after.get(name) for name in row.cells if name in left}
    if new:
        change.execute(*_guarded(row.key, new, {name: present.get(name) for name in _GUARDS}))


def _guarded(item_id: str, new: Row, held: Row) -> tuple[str, dict[str, Value]]:
    """Return the UPDATE of an item's cells to *new* while it holds *held*, and its values."""
    sets = [f"{quoted(name)} = :n{number}" for number, name in enumerate(new)]
    guards = [
        f"{quoted(name)} IS NULL" if value is None else f"{quoted(name)} = :h{number}"
        for number, (name, value) in enumerate(held.items())
    ]
    values: dict[str, Value] = {"id": item_id}
    values |= {f"n{number}": value for number, value in enumerate(new.values())}
    values |= {f"h{n}": value for n, value in enumerate(held.values()) if value is not None}
    where = " AND ".join(["`id` = :id", *guards])
    return f"UPDATE `wanted` SET {', '.join(sets)} WHERE {where}", values


def _is_done(row: RowChange, present: Row | None) -> bool:
    if row.after is None or present is None:
        return row.after is None and present is None
    return not set(row.cells) & set(RowChange(row.table, present, row.after).cells)


def _as_begun(query: Query, row: RowChange) -> RowChange:
    """Return *row*, or what an attempt that was broken off has added in its place."""
    present = queries.row(query, row.table, row.key) if row.before is None else None
    if present is None or not set(RowChange(row.table, present, row.after).cells) <= TIMES:
        return row
    return RowChange(row.table, None, present)
