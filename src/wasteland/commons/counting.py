"""How many items of a board have each status; remembered until main moves."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from .session import MAIN, Session

_BY_STATUS: Final = "SELECT `status` AS s, COUNT(*) AS n FROM `wanted` GROUP BY `status`"
_REMEMBERED: Final = 256
_known: Final[OrderedDict[tuple[str, str], dict[str, int]]] = OrderedDict()


def count_by_status(session: Session, ref: str = MAIN) -> dict[str, int]:
    """
    Return status -> number of items; words of older clients are read as ours.

    Args:
        ref: Main, or an earlier commit of it.
    """
    head = session.engine.head(ref)
    key = (f"{session.host.location} {session.repo}", head)
    found = _known.get(key)
    if found is None:
        found = {}
        for row in session.at(head)(_BY_STATUS, {}):
            word = "completed" if row["s"] == "validated" else str(row["s"] or "open")
            found[word] = found.get(word, 0) + int(row["n"] or 0)
        _known[key] = found
        while len(_known) > _REMEMBERED:
            _known.popitem(last=False)
    return dict(found)


def count_waiting(session: Session) -> int:
    """Return how many pull requests of the commons are open."""
    return session.host.count_pulls(session.repo)
