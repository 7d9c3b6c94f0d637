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
from . import assets, board, entry, items, people, writing
from .seals import Seals
from .sessions import Sessions
from .visits import Desk, Visit

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
    app.include_router(entry.home)
    app.router.routes.insert(0, app.router.routes.pop())
    app.include_router(_pages(desk))
    app.add_exception_handler(HTTPException, _unknown)


def _pages(desk: Desk) -> APIRouter:
    whole = APIRouter(include_in_schema=False, lifespan=_closing(desk))
    for router in (
        assets.router,
        entry.router,
        writing.router,
        items.router,
        people.router,
        board.router,
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
