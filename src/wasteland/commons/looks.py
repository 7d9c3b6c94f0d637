"""
What the gate said about pull requests, kept while nothing that it rests on has moved.

An inbox judges everything that waits, again and again; of what waits most has not moved since, and
what main was given meanwhile is mostly about others. A verdict also hangs on the time: days begin,
suspensions end. Hence none is kept for long, and whoever decides has it judged anew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from ..engines.base import Params
from ..protocol.diff import RowChange
from ..protocol.schema import Value
from .queries import Query

T = TypeVar("T")

HOLDS: Final = timedelta(minutes=10)
_MOST: Final = 500
# What main says elsewhere, its rules and rigs, may bear on any change.
_ABOUT_SOMEBODY: Final = frozenset({"wanted", "completions", "stamps", "badges", "wlx_leases"})
_NAMING: Final = (
    "claimed_by",
    "posted_by",
    "completed_by",
    "wanted_id",
    "author",
    "subject",
    "context_id",
    "rig_handle",
)


class Looks(Generic[T]):
    """
    Values by key, none for longer than it holds, the most used of them only.

    One may be shared by the threads of a process.
    """

    def __init__(self, holds: timedelta = HOLDS, *, most: int = _MOST) -> None:
        self._holds = holds
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[datetime, T]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Hashable, at: datetime) -> T | None:
        """Return what is kept under *key* and still holds at the time *at*, None for nothing."""
        with self._lock:
            if key not in self._kept:
                return None
            since, value = self._kept[key]
            self._kept.move_to_end(key)
        return value if timedelta() <= at - since < self._holds else None

    def keep(self, key: Hashable, at: datetime, value: T) -> T:
        """Keep *value*, which was made at the time *at*, and return it."""
        with self._lock:
            self._kept[key] = (at, value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return value


def bears_on(moved: Sequence[RowChange], rows: Sequence[RowChange], rig: str) -> bool:
    """
    Return whether what main was given meanwhile may change the verdict on *rows*.

    Args:
        moved: Net row changes of main since the verdict.
        rows: What was judged, a change by *rig*.
    """
    if any(row.table not in _ABOUT_SOMEBODY for row in moved):
        return True
    # Who posted an item has no say in what another rig may do with it.
    known = {rig, *_names(rows, [name for name in _NAMING if name != "posted_by"])}
    return not known.isdisjoint(_names(moved, _NAMING))


def remembering(query: Query) -> Query:
    """Return *query*, which reads one state, so that equal questions are asked once."""
    known: dict[Hashable, list[dict[str, Value]]] = {}

    def ask(sql: str, params: Params) -> list[dict[str, Value]]:
        key = (sql, tuple(sorted(params.items())))
        if key not in known:
            known[key] = query(sql, params)
        return known[key]

    return ask


def _names(rows: Sequence[RowChange], columns: Sequence[str]) -> Iterator[str]:
    for row in rows:
        yield row.key
        for side in (row.before, row.after):
            if side:
                yield from (str(side[name]) for name in columns if side.get(name))
