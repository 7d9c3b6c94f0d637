"""
How many items of a board have each status.

What was counted at one head of main is counted on at the next from the rows that differ, so that a
large board is read whole only once.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from typing import Final

from ..protocol.errors import NotFound
from ..protocol.schema import Value
from .session import MAIN, Session

_BY_STATUS: Final = "SELECT `status` AS s, COUNT(*) AS n FROM `wanted` GROUP BY `status`"
_REMEMBERED: Final = 256
_MOST_ROWS: Final = 1000
_known: Final[OrderedDict[tuple[str, str], dict[str, int]]] = OrderedDict()
_last: Final[dict[str, str]] = {}


def count_by_status(session: Session, ref: str = MAIN) -> dict[str, int]:
    """
    Return status -> number of items; words of older clients are read as ours.

    Args:
        ref: Main, or an earlier commit of it.
    """
    head = session.engine.head(ref)
    place = f"{session.host.location} {session.repo}"
    found = _known.get((place, head))
    if found is None:
        found = _counted_on(session, place, head) or _counted(session, head)
        _known[place, head] = found
        while len(_known) > _REMEMBERED:
            _known.popitem(last=False)
    if ref == MAIN:
        _last[place] = head
    return dict(found)


def _counted(session: Session, head: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in session.at(head)(_BY_STATUS, {}):
        word = _word(row["s"])
        found[word] = found.get(word, 0) + int(row["n"] or 0)
    return found


def _counted_on(session: Session, place: str, head: str) -> dict[str, int] | None:
    """Return what was counted last with what differs since; None where that is not to be told."""
    last = _last.get(place, "")
    found = dict(_known.get((place, last), {}))
    # Elsewhere a difference is asked for, and may be more than all.
    if not found or not session.is_owned:
        return None
    with suppress(NotFound):
        changes = session.engine.diff(last, head, tables=["wanted"])
        if len(changes) > _MOST_ROWS:
            return None
        for change in changes:
            for row, step in ((change.before, -1), (change.after, 1)):
                if row is not None:
                    word = _word(row["status"])
                    found[word] = found.get(word, 0) + step
        return {word: count for word, count in found.items() if count}
    return None


def _word(stored: Value) -> str:
    return "completed" if stored == "validated" else str(stored or "open")


def count_waiting(session: Session) -> int:
    """Return how many pull requests of the commons are open."""
    return session.host.count_pulls(session.repo)
