"""What happens on a commons, as it happens: long poll, or server-sent events."""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...engines.base import Engine
from ...hosts.base import RepoName
from ...protocol.errors import Invalid, WastelandError
from ...protocol.names import visible
from .. import moves, rights
from ..http.asked import Asked, AskingRepo
from ..http.limits import counted_as
from ..http.streams import EVENT_HEADERS, Stream
from ..rights import Right
from .place import PREFIX

router = APIRouter(prefix=PREFIX, tags=["commons"])

_GONE_S: Final = 1.0  # until it is noticed that nobody waits any more
_BEAT_S: Final = 15.0
_LONGEST_WAIT_S: Final = 60.0
_STREAM_S: Final = 3600.0
_COMMIT: Final = re.compile(r"[0-9a-v]{32}\Z|[0-9a-f]{40}\Z")


@router.get("/commons/{owner}/{database}/events")
async def events(
    asked: AskingRepo,
    after: Annotated[str, Query(max_length=40)] = "",
    wait_s: Annotated[float, Query(ge=0, le=_LONGEST_WAIT_S)] = 25.0,
) -> Response:
    """
    Say what changed on main since the commit *after*; wait for it if nothing has yet.

    With ``Accept: text/event-stream`` it goes on, one event a change.
    """
    repo, engine, account = await run_in_threadpool(_opened, asked)
    known = read_commit(asked.request.headers.get("last-event-id") or after)
    who = counted_as(account, asked.request.scope)
    places = asked.hub.places
    if "text/event-stream" in asked.request.headers.get("accept", ""):
        places.take(who)
        parts = _stream(asked, repo, engine, known)
        return Stream(parts, headers=EVENT_HEADERS, on_end=partial(places.give_back, who))
    with places.held(who):
        change = await _next(asked, repo, engine, known, wait_s=wait_s)
    if not await run_in_threadpool(_may_still, asked, repo):
        raise rights.unknown(repo)
    body = change or {"head": known, "rows": {}}
    return Response(json.dumps(body), media_type="application/json")


def _opened(asked: Asked) -> tuple[RepoName, Engine, str]:
    """Return the repository, its engine and the caller's account."""
    repo = asked.repo()
    return repo, asked.hub.host.engine(repo), asked.caller.account


def read_commit(text: str) -> str:
    """
    Return *text* if it has the form of a commit, or is "".

    Raises:
        Invalid: It is none: of other refs nobody is told here how they differ from main.
    """
    if text and not _COMMIT.match(text):
        raise Invalid(f"{visible(text)} is no commit.", field="after", value=text)
    return text


async def _stream(asked: Asked, repo: RepoName, engine: Engine, known: str) -> AsyncIterator[bytes]:
    ends = time.monotonic() + _STREAM_S
    yield b"retry: 2000\n\n"
    while time.monotonic() < ends and not await _is_over(asked):
        change = await _next(asked, repo, engine, known, wait_s=_BEAT_S)
        if not await run_in_threadpool(_may_still, asked, repo):
            return
        if change is None:
            yield b": still here\n\n"
            continue
        known = str(change["head"])
        yield f"id: {known}\nevent: main\ndata: {json.dumps(change)}\n\n".encode()


async def _next(
    asked: Asked, repo: RepoName, engine: Engine, known: str, *, wait_s: float
) -> dict[str, Any] | None:
    """Return what changed on main since *known*, None if nothing does in time."""
    ends = time.monotonic() + wait_s

    async def look() -> str:
        return await run_in_threadpool(engine.head)

    # The first look is one's own: what its caller has just written is told at once.
    head: str | None = await look()
    while head in {None, known}:
        left_s = ends - time.monotonic()
        if left_s <= 0 or await _is_over(asked):
            return None
        head = await asked.hub.heads.changed(repo, known, look, wait_s=min(left_s, _GONE_S))
    ask = partial(run_in_threadpool, moves.change, engine, known, head)
    return await asked.hub.changes.get((repo, known, str(head)), ask)


async def _is_over(asked: Asked) -> bool:
    return asked.hub.stopping.is_set() or await asked.request.is_disconnected()


def _may_still(asked: Asked, repo: RepoName) -> bool:
    """Return whether the caller, asked anew, may still read: a revoked token ends its stream."""
    try:
        caller = asked.hub.caller(asked.request.headers.get("authorization"))
    except WastelandError:
        return False
    return asked.hub.right(caller, repo) >= Right.READ
