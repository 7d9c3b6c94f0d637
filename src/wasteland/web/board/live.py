"""
The rows of a board as they change: a stream of server-sent events to each page that is open.

What a move of main changed is read once and drawn once, however many listen. Each listener gets
the rows as it sees them, and which of them its page lacks. A stream ends with the hub, with the
session, and with the right to read; then nothing more is said in it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any, Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...commons import queries
from ...commons.listing import Filters, read_cursor
from ...commons.sdk import Commons
from ...commons.sheets import BoardRow
from ...engines.base import Engine
from ...hosts.base import RepoName
from ...hub import moves
from ...hub.api import answers
from ...hub.api.events import read_commit
from ...hub.callers import NOBODY
from ...hub.http.limits import counted_as
from ...hub.http.streams import EVENT_HEADERS, Shared, Stream
from ...hub.hub import Hub
from ...protocol.errors import NotFound
from ...protocol.lean import dataclass
from ...protocol.records import WantedItem
from ..places import Place
from ..visits import PageRoute, Visit, Visiting
from . import rows
from .page import look_of, tabs_of
from .query import Query
from .rows import Line, Look

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_BEAT_S: Final = 15.0
_STREAM_S: Final = 3600.0
_FRESH_S: Final = 0.2
_TOLD_S: Final = 60.0
_APART_S: Final = 0.0004
_MOST_ROWS: Final = 40
_OVER: Final = b"event: over\ndata: {}\n\n"
_WORDS: Final = {
    "open": "is open",
    "in_review": "is in review",
    "completed": "is completed",
    "validated": "is completed",
    "withdrawn": "is withdrawn",
}


@dataclass(frozen=True, slots=True)
class News:
    """
    What a move of main changed, the same for everybody.

    Attributes:
        items: As main has them now.
        lines: What their rows show.
        counts: Tab -> how many items it has.
        is_much: Whether it is too much to be told row by row.
    """

    head: str
    items: Sequence[WantedItem]
    lines: Sequence[Line]
    counts: dict[str, int]
    is_much: bool


@dataclass(frozen=True, slots=True)
class Listener:
    """
    A page that is open.

    Attributes:
        filters: What it shows, from where on.
        end: Its last item, where another page follows.
    """

    visit: Visit
    repo: RepoName
    engine: Engine
    look: Look
    filters: Filters
    end: WantedItem | None
    known: str

    @property
    def view(self) -> tuple[object, ...]:
        """What tells its page from others."""
        return (self.repo, self.look, self.filters, self.end)

    def lacks(self, item: WantedItem) -> bool:
        """Return whether *item* belongs on the page, were it read now."""
        is_within = self.end is None or self.filters.order(item) <= self.filters.order(self.end)
        return is_within and self.filters.admits(item) and self.filters.follows(item)


class Feed:
    """What the listeners of one hub share."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._news: Shared[tuple[RepoName, str, str], News] = Shared(_TOLD_S)
        self._texts: Shared[tuple[object, ...], bytes] = Shared(_TOLD_S)
        self._turns: dict[RepoName, tuple[str, int]] = {}
        self._rights: Shared[tuple[RepoName, str], bool] = Shared(_FRESH_S)

    async def next_head(self, to: Listener, known: str) -> str | None:
        """Return the head of main once it is not *known*; None if it stays so for a while."""

        async def look() -> str:
            return await run_in_threadpool(to.engine.head)

        head = await self._hub.heads.changed(to.repo, known, look, wait_s=_BEAT_S)
        if head:
            await asyncio.sleep(self._turn(to.repo, head) * _APART_S)
        return head

    def _turn(self, repo: RepoName, head: str) -> int:
        """Return how many were told of this head before: not all at once, or readers would wait."""
        last, turn = self._turns.get(repo, ("", 0))
        turn = turn + 1 if last == head else 0
        self._turns[repo] = (head, turn)
        return turn

    async def may_still(self, to: Listener) -> bool:
        """Return whether a listener may still read; who is not signed in is all one."""
        session = to.visit.session.id if to.visit.session else ""
        ask = partial(run_in_threadpool, to.visit.may_still_read, to.repo)
        return await self._rights.get((to.repo, session), ask)

    async def event(self, to: Listener, known: str, head: str) -> bytes:
        """Return what a listener is told of a move of main; who has no rig sees what others do."""

        async def make() -> bytes:
            news = await self._news.get(
                (to.repo, known, head), partial(self._read, to, known, head)
            )
            return await run_in_threadpool(_event, to, news)

        if to.visit.place.session.seat.rig:
            return await make()
        return await self._texts.get((known, head, *to.view), make)

    async def _read(self, to: Listener, known: str, head: str) -> News:
        ask = partial(run_in_threadpool, moves.change, to.engine, known, head)
        told = await self._hub.changes.get((to.repo, known, head), ask)
        return await run_in_threadpool(_news, self._hub, to.repo, told)


@router.get("/{owner}/{database}/live")
async def live(visit: Visiting) -> Response:
    """Tell what changes on a page of the board."""
    to = await run_in_threadpool(_listener, visit)
    places = visit.hub.places
    who = counted_as(visit.caller.account, visit.request.scope)
    places.take(who)
    parts = _stream(visit.request.app.state.feed, to)
    return Stream(parts, headers=EVENT_HEADERS, on_end=partial(places.give_back, who))


def _listener(visit: Visit) -> Listener:
    place = visit.place
    if place.connection:
        raise NotFound("What is elsewhere is not followed here.", hint="reload the page")
    query, params = Query.of(visit, place.path), visit.request.query_params
    filters, after = query.filters(), query.after
    until = answers.decoded(params.get("until", ""))
    known = visit.request.headers.get("last-event-id") or params.get("after", "")
    return Listener(
        visit=visit,
        repo=place.session.repo,
        engine=place.session.engine,
        look=look_of(place, query),
        filters=filters.from_after(read_cursor(after)) if after else filters,
        end=read_cursor(until) if until else None,
        known=read_commit(known),
    )


async def _stream(feed: Feed, to: Listener) -> AsyncIterator[bytes]:
    ends, known = time.monotonic() + _STREAM_S, to.known
    yield b"retry: 2000\n\n"
    while time.monotonic() < ends and not to.visit.hub.stopping.is_set():
        head = await feed.next_head(to, known)
        if not await feed.may_still(to):
            yield _OVER
            return
        if head is None:
            yield b": still here\n\n"
            continue
        text = await feed.event(to, known, head)
        known = head
        yield text


def _news(hub: Hub, repo: RepoName, told: dict[str, Any]) -> News:
    place = Place(hub.session(NOBODY, repo, Commons), NOBODY)
    names = told["rows"].get("wanted", ())
    is_much = not told["is_whole"] or len(names) > _MOST_ROWS
    items = [] if is_much else queries.items(place.session.main(), names)
    return News(
        head=told["head"],
        items=items,
        lines=rows.lines(hub, place, [BoardRow(item) for item in items]),
        counts={word: count for word, _, count in tabs_of(place.counts)},
        is_much=is_much,
    )


def _event(to: Listener, news: News) -> bytes:
    place = to.visit.place
    seen = place.session.seen(news.items) if place.session.seat.rig else ()
    mine = [row for row in seen if row.is_pending]
    own = {line.id: line for line in rows.lines(to.visit.hub, place, mine)} if mine else {}
    shown = [own.get(line.id, line) for line in news.lines]
    told = {
        "head": news.head,
        "counts": news.counts,
        "much": news.is_much,
        "rows": [
            {"id": line.id, "html": html, "fits": to.lacks(item), "said": _said(line)}
            for item, line, html in zip(news.items, shown, rows.drawn(to.look, shown), strict=True)
        ],
    }
    text = json.dumps(told, ensure_ascii=False)
    return f"id: {news.head}\nevent: rows\ndata: {text}\n\n".encode(errors="replace")


def _said(line: Line) -> str:
    if line.status == "claimed" and line.holder:
        return f"{line.holder} claimed {line.title}"
    return f"{line.title} {_WORDS.get(line.status, 'has changed')}"
