"""
The rows of the board as they are shown, each made once.

A row says the same to everybody who may see it; what is one's own lies over it as a row of its
own. So what was made of a row is kept, and made again only when something in it is another.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from markupsafe import Markup

from ...commons import leases
from ...commons.sheets import BoardRow
from ...hub.hub import Hub
from ...protocol.records import Status
from .. import pages, words
from ..places import Place

_MOST_TAGS: Final = 6
_KEPT: Final = 5000
_BETWEEN: Final = "<!-- -->"  # no text of an item can hold it unescaped
_WARN_H: Final = 16
_DANGER_H: Final = 4
_WHOLE_H: Final = 72
_RING: Final = 28.3
_kept: Final[OrderedDict[tuple[Line, Look], Markup]] = OrderedDict()


class Look(NamedTuple):
    """
    How rows are shown.

    Attributes:
        path: Of the commons.
        has_cards: As cards, not as lines.
        may_pick: Whether several can be chosen.
        suffix: What the addresses of items end with: the moment that is shown.
    """

    path: str
    has_cards: bool
    may_pick: bool
    suffix: str = ""


class Clock(NamedTuple):
    """
    How long a lease still holds.

    Attributes:
        left: In words.
        state: "bad" in the last hours, "warn" before, "" else.
        arc: How much of its ring is drawn.
    """

    ends: datetime
    left: str
    state: str
    arc: str


class Line(NamedTuple):
    """
    All that a row shows.

    Attributes:
        waiting: How many pull requests are open on it.
        is_mine: Whether it shows pending work of the visitor.
        age: In words.
    """

    id: str
    title: str
    tags: tuple[str, ...]
    priority: int | None
    status: str
    type: str
    effort: str
    poster: str
    poster_kind: str
    holder: str
    holder_kind: str
    project: str
    is_bounty: bool
    is_mine: bool
    waiting: int
    created_at: datetime | None
    age: str
    clock: Clock | None


def lines(hub: Hub, place: Place, rows: Sequence[BoardRow]) -> list[Line]:
    """Return what the rows of a page show; read with one statement for each kind of thing."""
    items = [row.item for row in rows]
    now = hub.host.now()
    place.know({name for item in items for name in (item.posted_by, item.claimed_by) if name})
    claimed = [item.id for item in items if item.state is Status.CLAIMED]
    ends = leases.ends(place.session, place.session.main(), claimed) if claimed else {}
    waiting = hub.host.state.pulls.count_about(place.session.repo, [item.id for item in items])
    return [
        _line(place, row, waiting.get(row.item.id, 0), ends.get(row.item.id), now) for row in rows
    ]


def drawn(look: Look, shown: Sequence[Line]) -> list[Markup]:
    """Return the markup of rows."""
    found = [_kept.get((line, look)) for line in shown]
    missing = [line for line, markup in zip(shown, found, strict=True) if markup is None]
    made = iter(_made(look, missing) if missing else ())
    return [next(made) if markup is None else markup for markup in found]


def _made(look: Look, missing: Sequence[Line]) -> list[Markup]:
    text = pages.fragment("board/rows.html", lines=missing, look=look, between=_BETWEEN)
    made = [Markup(part.strip()) for part in text.strip().split(_BETWEEN)]  # noqa: S704  # is escaped
    for line, markup in zip(missing, made, strict=True):
        _kept[line, look] = markup
    while len(_kept) > _KEPT:
        _kept.popitem(last=False)
    return made


def _line(place: Place, row: BoardRow, waiting: int, ends: datetime | None, now: datetime) -> Line:
    item = row.item
    return Line(
        id=item.id,
        title=item.title,
        tags=words.labels(item.tags)[:_MOST_TAGS],
        priority=item.priority,
        status=item.status or "open",
        type=item.type or "",
        effort=item.effort_level or "",
        poster=item.posted_by or "",
        poster_kind=place.kind(item.posted_by),
        holder=item.claimed_by or "",
        holder_kind=place.kind(item.claimed_by),
        project=item.project or "",
        is_bounty=item.is_open_bounty,
        is_mine=row.is_pending,
        waiting=waiting,
        created_at=item.created_at,
        age=words.age(item.created_at, now),
        clock=_clock(ends, now) if ends else None,
    )


def _clock(ends: datetime, now: datetime) -> Clock:
    hours = (ends - now).total_seconds() / 3600
    state = "bad" if hours < _DANGER_H else "warn" if hours < _WARN_H else ""
    # To the hour: a row is made again when its words change, not with every second.
    arc = min(max(int(hours), 0), _WHOLE_H) / _WHOLE_H * _RING
    return Clock(ends, words.left(ends, now), state, f"{arc:.1f}")
