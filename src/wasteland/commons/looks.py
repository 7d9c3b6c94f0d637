"""
What the gate said about pull requests on a state of main, kept while that state lasts.

An inbox judges everything that waits, again and again; most of it has not moved since, nor has
main. A verdict also hangs on the time: days begin, suspensions end. Hence none is kept for long.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from ..engines.base import Params
from ..protocol.schema import Value
from .queries import Query

T = TypeVar("T")

HOLDS: Final = timedelta(minutes=1)
"""How long a verdict is believed on an unmoved main."""
_MOST: Final = 500


class Looks(Generic[T]):
    """
    Values by key, each as long as it holds, the most used of them only.

    One may be shared by the threads of a process. Two that miss the same key both make it.
    """

    def __init__(self, holds: timedelta = HOLDS, *, most: int = _MOST) -> None:
        self._holds = holds
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[datetime, T]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, at: datetime, make: Callable[[], T]) -> T:
        """Return what is kept under *key* at the time *at*, else what *make* makes."""
        with self._lock:
            made_at, value = self._kept.get(key, (at, None))
            if value is not None and timedelta() <= at - made_at < self._holds:
                self._kept.move_to_end(key)
                return value
        made = make()
        with self._lock:
            self._kept[key] = (at, made)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made


def remembering(query: Query) -> Query:
    """Return *query*, which reads one commit, so that equal questions are asked once."""
    known: dict[Hashable, list[dict[str, Value]]] = {}

    def ask(sql: str, params: Params) -> list[dict[str, Value]]:
        key = (sql, tuple(sorted(params.items())))
        if key not in known:
            known[key] = query(sql, params)
        return known[key]

    return ask
