"""
Merging by replay: row changes of one branch are repeated on another, cell by cell.

Each change must still mean what it meant: a cell is written if it holds the value that the change
began with, left alone if it holds the new one, and a conflict otherwise. The verdicts are those of
a three-way merge, at a cost that does not grow with the tables, on any engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import Final

from ..engines.base import Change
from ..engines.sql import quoted
from ..protocol.diff import DiffKind, RowChange
from ..protocol.errors import Conflict, MergeConflict
from ..protocol.schema import TABLES, Row, Value

# What is removed goes first: it may hold a unique value that an added row takes over.
_ORDER: Final = {DiffKind.REMOVED: 0, DiffKind.MODIFIED: 1, DiffKind.ADDED: 2}
_KEYS_AT_ONCE: Final = 200


def apply(change: Change, changes: Sequence[RowChange]) -> list[RowChange]:
    """
    Repeat *changes* on the tree of *change*.

    Args:
        change: An open write transaction.
        changes: At most one for each row.

    Returns:
        What it really changed there; without what was there already.

    Raises:
        MergeConflict: A change does not apply; ``facts`` name table, key and cells.
    """
    ordered = sorted(changes, key=_place)
    applied: list[RowChange] = []
    for (_, table), group in groupby(ordered, key=_place):
        for wanted, present in _with_present(change, table, group):
            done = _apply_row(change, wanted, present)
            applied += [done] if done else []
    return applied


def net(changes: Iterable[RowChange]) -> list[RowChange]:
    """Return what *changes*, made one after the other, come to: at most one for each row."""
    merged: dict[tuple[str, str], RowChange] = {}
    for item in changes:
        place = (item.table, item.key)
        first = merged.get(place, item)
        merged[place] = RowChange(item.table, first.before, item.after)
    return [item for item in merged.values() if item.cells]


def conflicting(wanted: RowChange, present: Row | None) -> list[str]:
    """
    Return the cells of *wanted* that *present* has neither as they were before nor as after.

    Args:
        present: The row where the change is to be repeated; None if there is none.
    """
    if present is None:
        is_new_or_gone = wanted.before is None or wanted.after is None
        return [] if is_new_or_gone else sorted(wanted.cells)
    old_to_now = RowChange(wanted.table, wanted.before, present).cells
    if wanted.after is None:
        return sorted(old_to_now)
    now_to_new = RowChange(wanted.table, present, wanted.after).cells
    if wanted.before is None:
        return sorted(now_to_new)
    return [name for name in wanted.cells if name in old_to_now and name in now_to_new]


def _place(item: RowChange) -> tuple[int, str]:
    return _ORDER[item.kind], item.table


def _apply_row(change: Change, wanted: RowChange, present: Row | None) -> RowChange | None:
    """Apply one change; return what it did, None if it was done already."""
    if wanted.after is None:
        return _remove(change, wanted, present)
    if wanted.before is None:
        return _add(change, wanted, present)
    return _modify(change, wanted, wanted.after, present)


def _add(change: Change, wanted: RowChange, present: Row | None) -> RowChange | None:
    row = wanted.row
    if present is not None:
        _expect_same(wanted, present)
        return None
    columns = _columns(change, wanted.table)
    homeless = [name for name, value in row.items() if value is not None and name not in columns]
    if homeless:
        raise _conflict(wanted, homeless, f"main has no column {', '.join(homeless)}")
    stored = {name: row.get(name) for name in columns if name in row}
    names = ", ".join(quoted(name) for name in stored)
    values = ", ".join(f":p{number}" for number in range(len(stored)))
    sql = f"INSERT INTO {quoted(wanted.table)} ({names}) VALUES ({values})"
    _write(change, wanted, sql, stored.values())
    return RowChange(wanted.table, None, stored)


def _modify(change: Change, wanted: RowChange, after: Row, present: Row | None) -> RowChange | None:
    if present is None:
        raise _conflict(wanted, sorted(wanted.cells), "the row was deleted on main")
    now_to_new = RowChange(wanted.table, present, after).cells
    stale = [name for name in wanted.cells if name not in present]
    stale += conflicting(wanted, present)
    if stale:
        raise _conflict(wanted, stale, "main holds another value")
    new = {name: after.get(name) for name in wanted.cells if name in now_to_new}
    if not new:
        return None
    assignments = ", ".join(f"{quoted(name)} = :p{number}" for number, name in enumerate(new))
    sql = f"UPDATE {quoted(wanted.table)} SET {assignments} WHERE {_key(wanted)} = :p{len(new)}"
    _write(change, wanted, sql, (*new.values(), _key_value(wanted)))
    return RowChange(wanted.table, present, {**present, **new})


def _remove(change: Change, wanted: RowChange, present: Row | None) -> RowChange | None:
    if present is None:
        return None
    _expect_same(wanted, present)
    sql = f"DELETE FROM {quoted(wanted.table)} WHERE {_key(wanted)} = :p0"
    _write(change, wanted, sql, (_key_value(wanted),))
    return RowChange(wanted.table, present, None)


def _expect_same(wanted: RowChange, present: Row) -> None:
    if cells := conflicting(wanted, present):
        raise _conflict(wanted, cells, "main holds another row")


def _write(change: Change, wanted: RowChange, sql: str, values: Iterable[Value]) -> None:
    try:
        change.execute(sql, {f"p{number}": value for number, value in enumerate(values)})
    except Conflict as error:
        # The row fits by itself and breaks a UNIQUE or CHECK together with main's rows.
        raise _conflict(wanted, sorted(wanted.cells), error.message) from error


def _conflict(wanted: RowChange, cells: Sequence[str], why: str) -> MergeConflict:
    return MergeConflict(
        f"The change of {wanted.table} {wanted.key} does not apply: {why.rstrip('.')}.",
        table=wanted.table,
        key=wanted.key,
        cells=list(cells),
    )


def _columns(change: Change, table: str) -> Sequence[str]:
    """Return the columns of *table* on this tree, in stored order, also if it is empty."""
    name = quoted(table)
    if rows := change.query(f"SELECT * FROM {name} LIMIT 1"):
        return tuple(rows[0])
    sql = f"SELECT {name}.* FROM (SELECT 1 AS `one`) AS `single` LEFT JOIN {name} ON 1 = 0"
    return tuple(change.query(sql)[0])


def _with_present(
    change: Change, table: str, changes: Iterable[RowChange]
) -> Iterator[tuple[RowChange, Row | None]]:
    """Yield each change with its row as it is on this tree, many rows read at once."""
    remaining = iter(changes)
    while chunk := list(islice(remaining, _KEYS_AT_ONCE)):
        present = _present(change, table, chunk)
        yield from ((wanted, present.get(wanted.key)) for wanted in chunk)


def _present(change: Change, table: str, chunk: Sequence[RowChange]) -> Mapping[str, Row]:
    keys = {f"k{number}": _key_value(wanted) for number, wanted in enumerate(chunk)}
    marks = ", ".join(f":{name}" for name in keys)
    key = TABLES[table].key
    rows = change.query(f"SELECT * FROM {quoted(table)} WHERE {quoted(key)} IN ({marks})", keys)
    return {str(row[key]): row for row in rows}


def _key(wanted: RowChange) -> str:
    return quoted(TABLES[wanted.table].key)


def _key_value(wanted: RowChange) -> Value:
    return wanted.row[TABLES[wanted.table].key]
