"""What the board is asked for: which items, in which order, and after which one a page begins."""

from __future__ import annotations

import json
import string
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ..protocol import words
from ..protocol.errors import Invalid
from ..protocol.lean import dataclass
from ..protocol.names import visible
from ..protocol.records import Status, WantedItem, read_time, write_time

SORTS: Final = ("priority", "newest", "alpha")
LIVE: Final = "live"
"""What stands for every status of an item that is not finished."""
_UNFINISHED: Final = (Status.OPEN.value, Status.CLAIMED.value, Status.IN_REVIEW.value)
MAX_LIMIT: Final = 100_000
_MAX_TEXT: Final = 1000
_LONG_AGO: Final = 0.0
_NO_PRIORITY: Final = 1_000_000
SORTED_CHARS: Final = 200
"""How much of a title decides where it comes in the order of titles."""


@dataclass(frozen=True, slots=True)
class Filters:
    """
    What the board is asked for; empty means any.

    Attributes:
        status: A stored word, or ``LIVE``; "" for all of them.
        tag: Those that the item carries, joined by commas.
        priority: 0 to 4 or None.
        text: Contained in the title; the case of the letters a to z does not matter.
        limit: Rows at most.
        after: The item after which the rows begin; of it only what the order compares matters.
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
    after: WantedItem | None = None

    @classmethod
    def checked(
        cls,
        *,
        status: str,
        priority: str | int | None,
        effort: str,
        sort: str,
        limit: int,
        after: WantedItem | None = None,
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
            after=after,
            **texts,
        )

    def from_after(self, item: WantedItem) -> Filters:
        """Return the same filters for a page that begins after *item*."""
        return replace(self, after=item)

    def require_known_words(self) -> None:
        """
        Refuse a misspelled status or type; asked only where nothing was found.

        Other clients store words that we do not know, and those must be found.

        Raises:
            Invalid: No client of ours writes this word.
        """
        if self.type:
            words.parse_type(self.type)
        if self.status not in {"", LIVE}:
            words.parse_status(self.status)

    @property
    def statuses(self) -> tuple[str, ...]:
        """The stored words that are asked for, one by one; "" alone for all of them."""
        return _UNFINISHED if self.status == LIVE else (self.status,)

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags that are asked for; an item carries all of them."""
        return tuple(filter(None, (word.strip() for word in self.tag.split(","))))

    def admits(self, item: WantedItem) -> bool:
        """Return whether *item* would be listed; the same test as the SQL, for pending rows."""
        wanted: Sequence[tuple[object, object]] = (
            (self.project, item.project),
            (self.type, item.type),
            (self.effort, item.effort_level),
            (self.posted_by, item.posted_by),
            (self.claimed_by, item.claimed_by),
        )
        # Tags that are no list are kept for display and mean nothing.
        labels = item.tags if isinstance(item.tags, tuple) else ()
        return (
            all(asked == has for asked, has in wanted if asked)
            and self.priority in {None, item.priority}
            and (not self.status or item.status in self.statuses)
            and all(tag in labels for tag in self.tags)
            and fold(self.text) in fold(item.title)
        )

    def order(self, item: WantedItem) -> tuple[object, ...]:
        """Return the sort key that puts *item* where the SQL would."""
        age = -(item.created_at.timestamp() if item.created_at else _LONG_AGO)
        if self.sort == "newest":
            return (age, item.id)
        if self.sort == "alpha":
            return (fold(item.title[:SORTED_CHARS]), item.id)
        return (_NO_PRIORITY if item.priority is None else item.priority, age, item.id)

    def follows(self, item: WantedItem) -> bool:
        """Return whether *item* comes after the one that the rows begin after."""
        return self.after is None or self.order(item) > self.order(self.after)


def cursor_after(item: WantedItem) -> str:
    """Return what ``read_cursor`` makes the end of a page of again."""
    place = (item.id, item.priority, write_time(item.created_at), item.title[:SORTED_CHARS])
    return json.dumps(place)


def read_cursor(text: str) -> WantedItem:
    """
    Return the item that a page ended with, as far as orders compare it.

    Raises:
        Invalid: *text* is no cursor.
    """
    try:
        item_id, priority, created_at, title = json.loads(text)
        plain = [type(each) for each in (item_id, priority or 0, created_at or "", title)]
        when = read_time(created_at)
        is_known = abs(priority or 0) < _NO_PRIORITY and (when or not created_at)
    except (ValueError, TypeError, RecursionError):
        plain, is_known = [], False
    if not is_known or plain != [str, int, str, str]:
        raise Invalid(f"{visible(text)} is no cursor.", field="cursor", value=text)
    return WantedItem(id=item_id, title=title, priority=priority, created_at=when)


def fold(text: str) -> str:
    """Return *text* as the engines' LOWER does, which may know no letters beyond a to z."""
    return text.translate(_LOWER)


_LOWER: Final = {ord(letter): ord(letter.lower()) for letter in string.ascii_uppercase}
