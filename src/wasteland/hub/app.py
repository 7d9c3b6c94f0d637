"""The hub as an ASGI application: its routers, and what stands in front of them."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Scope

from .. import __version__
from ..protocol.errors import WastelandError
from . import api, remotes, v1alpha1, v2
from .http import health, problems, reference
from .http.asked import account_of
from .http.guards import Guards
from .http.limits import RateLimits
from .http.openapi import DescribedApp
from .http.paths import EscapedSlashes
from .http.repeats import Repeats
from .hub import BODY_LIMIT_BYTES, Hub
from .pushing import Pushing

_REMOTES: Final = ("/t/", "/remotes/")


def create_app(hub: Hub) -> ASGIApp:
    """
    Return the application of *hub*, which the caller closes.

    Outermost first: times, size and names, how often, repetitions, escaped slashes, routes.
    """
    return guarded(hub, routes(hub))


def routes(hub: Hub) -> FastAPI:
    """Return the application without what stands in front of it."""
    app = DescribedApp(
        title="Wasteland hub",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.hub = hub
    handlers: dict[Any, Any] = {
        WastelandError: problems.on_error,
        RequestValidationError: problems.on_invalid,
        HTTPException: problems.on_http,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
    # What is asked most comes first: of routes, one is tried after the other.
    app.include_router(api.router)
    app.include_router(health.router)
    app.include_router(reference.router)
    app.include_router(v1alpha1.graphql.router)
    app.include_router(v1alpha1.csv.router)
    app.include_router(v1alpha1.router)
    app.include_router(v2.router)
    app.include_router(remotes.router(Pushing(hub), directory=hub.host.root / ".pushes"))
    return app


def guarded(hub: Hub, app: ASGIApp) -> ASGIApp:
    """Return *app* behind what every request passes first."""
    options = hub.options
    inner: ASGIApp = EscapedSlashes(app)
    account = partial(account_of, hub)
    inner = Repeats(inner, answers=hub.answers, account_of=account)
    limited = RateLimits(inner, per_minute=options.requests_per_minute, account_of=account)
    checked = Guards(
        limited,
        hosts=options.hosts,
        origins=options.origins,
        body_limit_bytes=BODY_LIMIT_BYTES,
        is_large=_is_large,
    )
    return health.Metrics(checked)


def _is_large(scope: Scope) -> bool:
    """Return whether a request's body may be longer than others; its route checks the size."""
    return scope["path"].startswith(_REMOTES) or api.evidence.is_upload(scope)
