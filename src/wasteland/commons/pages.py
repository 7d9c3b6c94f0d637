"""
The SQL of the board: a page of it, read off an index at any size and any depth.

The board's order is priority, then newest first. One engine reads that off a mixed index; the
other spares the sort only when ORDER BY repeats the whole index in one direction, so there each
priority is read on its own. A page that begins after an item names what follows it in conditions
that an index serves: those as old as it, older ones, those without a date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from ..engines.base import Params
from ..engines.sql import Dialect, containing
from ..protocol.lean import dataclass
from ..protocol.records import WantedItem, read_time, write_time
from ..protocol.schema import Value
from .listing import SORTED_CHARS, Filters, fold
from .queries import Query

Rows = list[dict[str, Value]]

_TITLE: Final = f"LOWER(SUBSTR(`title`, 1, {SORTED_CHARS}))"
_ORDERS: Final = {
    "priority": "`priority`, `created_at` DESC, `id`",
    "newest": "`created_at` DESC, `id`",
    "alpha": f"{_TITLE}, `id`",
}
# Columns that an index begins with, the most telling first.
_LEADING: Final = ("claimed_by", "project", "type")
_LOWEST: Final = -1_000_000
_LONG_AGO: Final = 0.0


@dataclass(frozen=True, slots=True)
class _Part:
    """
    A part of the board, of which rows are read in an order of its own.

    Attributes:
        where: Conditions.
        params: Their values.
        read: (part, n) -> its first n rows.
    """

    query: Query
    where: Sequence[str]
    params: Params
    read: Callable[[_Part, int], Rows]

    def of(self, *conditions: str, **params: Value) -> _Part:
        """Return the rows for which *conditions* hold too."""
        return _Part(self.query, [*self.where, *conditions], {**self.params, **params}, self.read)

    def select(self, order: str, n: int) -> Rows:
        """Return the first *n* rows in this order."""
        return self.query(_select(self.where, order), {**self.params, "n": n})


def list_items(query: Query, dialect: Dialect, filters: Filters) -> list[WantedItem]:
    """Return the items that *filters* ask for, in its order."""
    found = [
        item
        for status in filters.statuses
        for item in _of_status(query, dialect, replace(filters, status=status))
    ]
    several = len(filters.statuses) > 1
    return sorted(found, key=filters.order)[: filters.limit] if several else found


def _of_status(query: Query, dialect: Dialect, filters: Filters) -> list[WantedItem]:
    where, params = _conditions(dialect, filters)
    is_plain = filters.priority is not None or dialect.mixed_order or filters.sort != "priority"
    board = _Part(query, where, params, _plainly(filters.sort) if is_plain else _off_the_index)
    rows: Rows = []
    for part in _parts(board, filters, is_plain=is_plain):
        if len(rows) >= filters.limit:
            break
        rows += part.read(part, filters.limit - len(rows))
    return [WantedItem.from_row(row) for row in rows]


def _parts(board: _Part, filters: Filters, *, is_plain: bool) -> Iterator[_Part]:
    """Yield what the board is read in, one after the other, from where the page begins."""
    after = filters.after
    if filters.sort == "alpha":
        yield _later_titles(board, after) if after else board
    elif filters.sort == "newest":
        yield from _later(board, after) if after else [board]
    else:
        yield from _by_priority(board, filters.priority, after, is_plain=is_plain)


def _by_priority(
    board: _Part, only: int | None, after: WantedItem | None, *, is_plain: bool
) -> Iterator[_Part]:
    """Yield the parts in the board's order; items without a priority come last."""
    last = _LOWEST
    bare = _newest(board.of("`priority` IS NULL"))
    if after and after.priority is None:
        yield from _later(bare, after)
        return
    if after and after.priority is not None:
        last = after.priority
        yield from _later(board.of("`priority` = :p", p=last), after)
    if is_plain:
        yield board.of("`priority` > :p", p=last)
    else:
        yield from (board.of("`priority` = :p", p=p) for p in _priorities(board, last))
    if only is None:
        yield bare


def _later(part: _Part, after: WantedItem) -> Iterator[_Part]:
    """Yield the rows of *part*, newest first, that come after an item."""
    at = write_time(after.created_at)
    undated = _by_id(part.of("`created_at` IS NULL"))
    if at is None:
        yield undated.of("`id` > :after", after=after.id)
        return
    yield _by_id(part.of("`created_at` = :at", "`id` > :after", at=at, after=after.id))
    yield part.of("`created_at` < :at", at=at)
    yield undated


def _later_titles(board: _Part, after: WantedItem) -> _Part:
    condition = f"({_TITLE} > :title OR ({_TITLE} = :title AND `id` > :after))"
    return board.of(condition, title=fold(after.title[:SORTED_CHARS]), after=after.id)


def _by_id(part: _Part) -> _Part:
    return _Part(part.query, part.where, part.params, lambda it, n: it.select("`id`", n))


def _newest(part: _Part) -> _Part:
    return _Part(part.query, part.where, part.params, _plainly("newest"))


def _plainly(sort: str) -> Callable[[_Part, int], Rows]:
    return lambda part, n: part.select(_ORDERS[sort], n)


def _off_the_index(part: _Part, n: int) -> Rows:
    """Return the first *n* rows of one priority, newest first."""
    leading = next((c for c in _LEADING if c in part.params), None)
    prefix = [c for c in (leading, "status" if "status" in part.params else None) if c]
    rows = part.select(", ".join(f"`{c}` DESC" for c in (*prefix, "priority", "created_at")), n)
    if len(rows) == n:
        rows = _with_ties(part, rows, n)
    return sorted(rows, key=_newest_first)[:n]


def _with_ties(part: _Part, page: Rows, n: int) -> Rows:
    """Return *page* with whatever is as old as its last row, so that ids decide who is cut off."""
    last = page[-1]["created_at"]
    age = "`created_at` IS NULL" if last is None else "`created_at` = :last"
    ties = part.of(age, last=last).select("`id`", n)
    return [*(row for row in page if row["created_at"] != last), *ties]


def _priorities(board: _Part, last: Value) -> Iterator[Value]:
    """Yield the priorities in use after *last*, step by step down the index: unknown ones too."""
    condition = " AND ".join([*board.where, "`priority` > :p"])
    sql = f"SELECT MIN(`priority`) AS p FROM `wanted` WHERE {condition}"
    while True:
        last = board.query(sql, {**board.params, "p": last})[0]["p"]
        if last is None:
            return
        yield last


def _newest_first(row: dict[str, Value]) -> tuple[float, str]:
    when = read_time(row["created_at"])
    return (-(when.timestamp() if when else _LONG_AGO), str(row["id"]))


def _select(where: Sequence[str], order: str) -> str:
    condition = " AND ".join(where) or "1 = 1"
    return f"SELECT * FROM `wanted` WHERE {condition} ORDER BY {order} LIMIT :n"


def _conditions(dialect: Dialect, filters: Filters) -> tuple[list[str], dict[str, Value]]:
    equal = {
        "status": filters.status,
        "project": filters.project,
        "type": filters.type,
        "effort_level": filters.effort,
        "posted_by": filters.posted_by,
        "claimed_by": filters.claimed_by,
    }
    params: dict[str, Value] = {name: text for name, text in equal.items() if text}
    where = [f"`{name}` = :{name}" for name in params]
    if filters.priority is not None:
        where.append("`priority` = :priority")
        params["priority"] = filters.priority
    for number, tag in enumerate(filters.tags):
        where.append(dialect.json_has("`wanted`.`tags`", f"tag{number}"))
        params[f"tag{number}"] = tag
    if filters.text:
        where.append("LOWER(`title`) LIKE LOWER(:text) ESCAPE '!'")
        params["text"] = containing(filters.text)
    return where, params
