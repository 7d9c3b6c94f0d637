"""A page of the board."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from ...commons.counting import count_by_status
from ...commons.listing import LIVE
from ...commons.sheets import BoardRow
from ...protocol.errors import Invalid
from ...protocol.records import Status
from .. import acting, refusals
from ..past import Past
from ..past import of as past_of
from ..places import Place
from ..visits import PageRoute, Visiting
from . import rows
from .query import CHOICES, SORTS, TABS, TYPED, Query

router = APIRouter(include_in_schema=False, route_class=PageRoute)

PAGE: Final = 50
DENSITIES: Final = ("compact", "default", "roomy")
_UNFINISHED: Final = (Status.OPEN, Status.CLAIMED, Status.IN_REVIEW)


@router.get("/{owner}/{database}")
def board(visit: Visiting) -> Response:
    """Show the board."""
    place = visit.place
    query = Query.of(visit, place.path)
    past = past_of(visit, place)
    # Before the rows are read: what changes meanwhile is told again, and nothing is missed.
    known, refusal = place.head, None
    try:
        found = _found(place, query)
    except Invalid as error:
        found, refusal = [], refusals.told(error)
    shown, has_more = found[:PAGE], len(found) > PAGE
    end = place.session.cursor_after(shown[-1]) if has_more else ""
    look = look_of(place, query, past)
    counts = count_by_status(place.session, past.commit) if past else place.counts
    return visit.page(
        "board.html",
        status=refusal.status if refusal else 200,
        query=query,
        look=look,
        rows=rows.drawn(look, rows.lines(visit.hub, place, shown)),
        more=query.page_after(end) if has_more else "",
        first=query.link() if query.cursor else "",
        live=query.live(known=known, until=end)
        if not (refusal or past or place.connection)
        else "",
        total=sum(counts.values()),
        tabs=tabs_of(counts),
        past=past,
        sorts=SORTS,
        choices=CHOICES,
        typed=TYPED,
        densities=DENSITIES,
        refusal=refusal,
        op=acting.new_op(),
    )


def look_of(place: Place, query: Query, past: Past | None = None) -> rows.Look:
    """Return how the visitor sees rows; those of the past take no part in anything."""
    may_pick = place.may_write and place.me.registered and not past
    return rows.Look(place.path, query.has_cards, may_pick, past.suffix if past else "")


def tabs_of(counts: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """Return the tabs: word, label, how many items."""
    return [(word, label, _count(counts, word)) for word, label in TABS]


def _found(place: Place, query: Query) -> list[BoardRow]:
    place.session.after = query.after
    return place.session.browse(**query.inputs, limit=PAGE + 1)


def _count(counts: Mapping[str, int], word: str) -> int:
    if word == LIVE:
        return sum(counts.get(status.value, 0) for status in _UNFINISHED)
    return sum(counts.values()) if word == "all" else counts.get(word, 0)
