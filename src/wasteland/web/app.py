"""The hub with its web app: the pages beside every other route, behind the same guards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from fastapi import APIRouter, FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from ..hub.app import guarded, routes
from ..hub.http import problems
from ..hub.hub import Hub
from ..protocol.errors import NotFound
from . import (
    assets,
    connecting,
    creating,
    home,
    items,
    letters,
    people,
    signing,
    undoing,
    views,
    writing,
    you,
)
from .board import batch, live, peek
from .board import page as board
from .explore import pages as explore
from .finding import routes as finding
from .manual import routes as manual
from .manual.rendering import PATH as GUIDE
from .moderation import router as moderation
from .review import routes as review
from .rigs import router as rigs
from .seals import Seals
from .sessions import Sessions
from .settings import router as settings
from .visits import Desk, Visit
from .work import routes as work

_PROGRAMS: Final = ("/api", "/graphql", "/t/", "/remotes/", "/openapi.json")


def create_app(hub: Hub) -> ASGIApp:
    """Return the application of *hub* with its pages; the caller closes the hub."""
    app = routes(hub)
    add_pages(app, hub)
    return guarded(hub, app)


def add_pages(app: FastAPI, hub: Hub) -> None:
    """
    Add the pages to a hub's routes, which are asked first.

    The first page alone comes before them: without a web app it leads elsewhere.
    """
    desk = Desk(hub, Sessions(hub.host.root, hub.host.now), Seals())
    # Forms that were shown before are void with the key they were sealed with; so are sessions.
    desk.sessions.end_all()
    app.state.web = desk
    app.state.guide = GUIDE
    app.state.feed = live.Feed(hub)
    app.include_router(home.router)
    app.router.routes.insert(0, app.router.routes.pop())
    app.include_router(_pages(desk))
    app.add_exception_handler(HTTPException, _unknown)


def _pages(desk: Desk) -> APIRouter:
    whole = APIRouter(include_in_schema=False, lifespan=_closing(desk))
    for router in (
        assets.router,
        creating.router,
        connecting.router,
        manual.router,
        signing.router,
        you.router,
        finding.router,
        work.router,
        letters.router,
        views.router,
        writing.router,
        items.router,
        people.router,
        rigs,
        board.router,
        live.router,
        batch.router,
        peek.router,
        explore.router,
        review.router,
        undoing.router,
        moderation,
        settings,
    ):
        whole.include_router(router)
    return whole


def _closing(desk: Desk) -> Callable[[object], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(desk.sessions.close)

    return lifespan


async def _unknown(request: Request, error: Exception) -> Response:
    """Answer what no route answers: people with a page, programs as before."""
    wants_page = "text/html" in request.headers.get("accept", "")
    is_missing = isinstance(error, HTTPException) and error.status_code == 404
    if not (wants_page and is_missing) or request.url.path.startswith(_PROGRAMS):
        return await problems.on_http(request, error)
    return await run_in_threadpool(_missing, request)


def _missing(request: Request) -> Response:
    return Visit(request, {}).refusal(NotFound("No page has this address."))
