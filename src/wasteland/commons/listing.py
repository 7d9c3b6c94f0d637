"""
The SQL of the board: which rows, in which order, read off an index at any size.

The board's order is priority, then newest first. One engine reads that off a mixed index; the
other spares the sort only when ORDER BY repeats the whole index in one direction, so there each
priority is read on its own.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Final

from ..engines.base import Params
from ..engines.sql import Dialect
from ..protocol import words
from ..protocol.errors import Invalid
from ..protocol.lean import dataclass
from ..protocol.names import visible
from ..protocol.records import WantedItem, read_time
from ..protocol.schema import Value
from .queries import Query

SORTS: Final = ("priority", "newest", "alpha")
MAX_LIMIT: Final = 100_000
_MAX_TEXT: Final = 1000
_LONG_AGO: Final = 0.0
_NO_PRIORITY: Final = 1_000_000

Rows = list[dict[str, Value]]


@dataclass(frozen=True, slots=True)
class Filters:
    """
    What the board is asked for; empty means any.

    Attributes:
        status: A stored word; "" for all of them.
        priority: 0 to 4 or None.
        text: Contained in the title; the case of the letters a to z does not matter.
        limit: Rows at most.
    """

    status: str = "open"
    project: str = ""
    type: str = ""
    priority: int | None = None
    effort: str = ""
    tag: str = ""
    posted_by: str = ""
    claimed_by: str = ""
    text: str = ""
    sort: str = "priority"
    limit: int = 50

    @classmethod
    def checked(
        cls,
        *,
        status: str,
        priority: str | int | None,
        effort: str,
        sort: str,
        limit: int,
        **texts: str,
    ) -> Filters:
        """
        Return the filters that a user gave.

        Raises:
            Invalid: A word that no item could have, or a limit out of range.
        """
        if not 1 <= limit <= MAX_LIMIT:
            raise Invalid(f"--limit is 1 to {MAX_LIMIT}, not {limit}.", field="limit", value=limit)
        if sort not in SORTS:
            raise Invalid(
                f"{visible(sort)} is no order: use {', '.join(SORTS)}.", field="sort", value=sort
            )
        number = words.parse_priority(priority) if priority not in {None, ""} else None
        if len(texts.get("text", "")) > _MAX_TEXT:
            raise Invalid(
                f"--search takes {_MAX_TEXT} characters at most.",
                field="search",
                value=visible(texts["text"]),
            )
        word = "" if status in {"", "all", "any"} else status
        return cls(
            status=word,
            priority=number,
            effort=words.parse_effort(effort) if effort else "",
            sort=sort,
            limit=limit,
            **texts,
        )

    def require_known_words(self) -> None:
        """
        Refuse a misspelled status or type; asked only where nothing was found.

        Other clients store words that we do not know, and those must be found.

        Raises:
            Invalid: No client of ours writes this word.
        """
        if self.type:
            words.parse_type(self.type)
        if self.status:
            words.parse_status(self.status)

    def admits(self, item: WantedItem) -> bool:
        """Return whether *item* would be listed; the same test as the SQL, for pending rows."""
        wanted: Sequence[tuple[object, object]] = (
            (self.status, item.status),
            (self.project, item.project),
            (self.type, item.type),
            (self.effort, item.effort_level),
            (self.posted_by, item.posted_by),
            (self.claimed_by, item.claimed_by),
        )
        return (
            all(asked == has for asked, has in wanted if asked)
            and self.priority in {None, item.priority}
            and (not self.tag or self.tag in (item.tags or ()))
            and _fold(self.text) in _fold(item.title)
        )

    def order(self, item: WantedItem) -> tuple[object, ...]:
        """Return the sort key that puts *item* where the SQL would."""
        age = -(item.created_at.timestamp() if item.created_at else _LONG_AGO)
        if self.sort == "newest":
            return (age, item.id)
        if self.sort == "alpha":
            return (_fold(item.title), item.id)
        return (_NO_PRIORITY if item.priority is None else item.priority, age, item.id)


def list_items(query: Query, dialect: Dialect, filters: Filters) -> list[WantedItem]:
    """Return the items that *filters* ask for, in its order."""
    where, params = _conditions(dialect, filters)
    if filters.sort == "priority":
        rows = _by_priority(query, dialect, filters, where, params)
    else:
        rows = query(_select(where, _ORDERS[filters.sort]), {**params, "n": filters.limit})
    return [WantedItem.from_row(row) for row in rows]


_ORDERS: Final = {
    "priority": "`priority`, `created_at` DESC, `id`",
    "newest": "`created_at` DESC, `id`",
    "alpha": "LOWER(`title`), `id`",
}
# Columns that an index begins with, the most telling first.
_LEADING: Final = ("claimed_by", "project", "type")


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
    if filters.tag:
        where.append(dialect.json_has("`wanted`.`tags`", "tag"))
        params["tag"] = filters.tag
    if filters.text:
        where.append("LOWER(`title`) LIKE LOWER(:text) ESCAPE '!'")
        params["text"] = f"%{_escaped(filters.text)}%"
    return where, params


def _escaped(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _fold(text: str) -> str:
    """Return *text* as the engines' LOWER does, which may know no letters beyond a to z."""
    return text.translate(_LOWER)


_LOWER: Final = {ord(letter): ord(letter.lower()) for letter in string.ascii_uppercase}


def _by_priority(
    query: Query, dialect: Dialect, filters: Filters, where: Sequence[str], params: Params
) -> Rows:
    """Return the page in the board's order; items without a priority come last."""
    if filters.priority is not None or dialect.mixed_order:
        ranked = [*where, "`priority` IS NOT NULL"]
        rows = query(_select(ranked, _ORDERS["priority"]), {**params, "n": filters.limit})
    else:
        rows = _step_by_step(query, filters, where, params)
    left = filters.limit - len(rows)
    if left > 0 and filters.priority is None:
        bare = [*where, "`priority` IS NULL"]
        rows += query(_select(bare, _ORDERS["newest"]), {**params, "n": left})
    return rows


def _step_by_step(query: Query, filters: Filters, where: Sequence[str], params: Params) -> Rows:
    """Read one priority after the other, each off its index."""
    leading = next((c for c in _LEADING if c in params), None)
    prefix = [c for c in (leading, "status" if "status" in params else None) if c]
    order = ", ".join(f"`{c}` DESC" for c in (*prefix, "priority", "created_at"))
    rows: Rows = []
    for priority in _priorities(query, where, params):
        left = filters.limit - len(rows)
        if left <= 0:
            break
        here = [*where, "`priority` = :p"]
        bound = {**params, "p": priority, "n": left}
        found = query(_select(here, order), bound)
        if len(found) == left:
            found = _with_ties(query, here, bound, found)
        rows += sorted(found, key=_newest_first)[:left]
    return rows


def _with_ties(query: Query, where: Sequence[str], params: Params, page: Rows) -> Rows:
    """Return *page* with whatever is as old as its last row, so that ids decide who is cut off."""
    last = page[-1]["created_at"]
    age = "`created_at` IS NULL" if last is None else "`created_at` = :last"
    ties = query(_select([*where, age], "`id`"), {**params, "last": last})
    return [*(row for row in page if row["created_at"] != last), *ties]


def _priorities(query: Query, where: Sequence[str], params: Params) -> list[Value]:
    """Return the priorities in use, step by step down the index: unknown ones are shown too."""
    found: list[Value] = []
    condition = " AND ".join([*where, "`priority` > :p"])
    last: Value = -_NO_PRIORITY
    while True:
        rows = query(
            f"SELECT MIN(`priority`) AS p FROM `wanted` WHERE {condition}", {**params, "p": last}
        )
        if rows[0]["p"] is None:
            return found
        last = rows[0]["p"]
        found.append(last)


def _newest_first(row: dict[str, Value]) -> tuple[float, str]:
    when = read_time(row["created_at"])
    return (-(when.timestamp() if when else _LONG_AGO), str(row["id"]))
