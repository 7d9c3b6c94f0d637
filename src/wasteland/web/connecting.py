"""Upstreams: connecting to one, and what is connected already."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from ..hosts.base import RepoName
from ..hub.tokens import Scope
from ..hub.upstreams import Connection, Connections, Probe
from ..hub.upstreams.naming import read_token, read_upstream
from ..protocol.errors import Conflict, NotFound, WastelandError
from . import refusals
from .visits import PageRoute, Visit, Visiting

router = APIRouter(include_in_schema=False, route_class=PageRoute)

LIST: Final = "/-/connections"


@router.get("/-/connect")
def ask(visit: Visiting) -> Response:
    """Show the form that connects an upstream."""
    _need_account(visit)
    return _form(visit, None, None)


@router.post("/-/connect")
def connect(visit: Visiting) -> Response:
    """Test an upstream, and keep the connection if it passes; or test alone."""
    probe: Probe | None = None
    try:
        visit.need_form()
        account = _need_account(visit)
        root, repo = read_upstream(visit.sent.get("upstream", ""))
        token = read_token(visit.sent.get("token", ""))
        _refuse_own(visit, repo)
        is_admin = bool(visit.sent.get("is_admin"))
        probe, made = visit.hub.upstreams.connect(account, root, repo, token, is_admin=is_admin)
        if probe.error:
            raise probe.error
    except WastelandError as error:
        return _form(visit, error, probe)
    return _listed(visit, made, probe)


@router.get(LIST)
def connections(visit: Visiting) -> Response:
    """List the visitor's connections."""
    visit.caller.need_account()
    return _listed(visit, None, None)


@router.post(LIST + "/{connection}/test")
def test_again(visit: Visiting) -> Response:
    """Test a connection with the token that is kept."""
    visit.need_form()
    probe, kept = visit.hub.upstreams.test_again(_named(visit))
    return _listed(visit, kept, probe)


@router.post(LIST + "/{connection}/token")
def replace_token(visit: Visiting) -> Response:
    """Keep another token for a connection, if it passes the test."""
    visit.need_form()
    kept = _named(visit)
    probe: Probe | None = None
    try:
        token = read_token(visit.sent.get("token", ""))
        is_admin = bool(visit.sent.get("is_admin"))
        probe, kept = visit.hub.upstreams.replace_token(kept, token, is_admin=is_admin)
    except WastelandError as error:
        return _listed(visit, kept, probe, error)
    return _listed(visit, kept, probe, probe.error)


@router.post(LIST + "/{connection}/remove")
def remove(visit: Visiting) -> Response:
    """Forget a connection and its token."""
    visit.need_form()
    visit.hub.upstreams.disconnect(_need_account(visit), visit.part("connection"))
    return visit.to(LIST)


def _need_account(visit: Visit) -> str:
    """Return the visitor's account, if its session stands for all of it and may write."""
    visit.caller.need_scope(Scope.WRITE)
    visit.caller.need_whole_account()
    return visit.caller.account


def _named(visit: Visit) -> Connection:
    account = _need_account(visit)
    connections: Connections = visit.hub.upstreams.connections
    return connections.find(account, visit.part("connection"))


def _refuse_own(visit: Visit, repo: RepoName) -> None:
    """Raise for a name that leads to a commons of this hub, whose pages would be shown instead."""
    try:
        visit.hub.repo(visit.caller, repo.owner, repo.name)
    except NotFound:
        return
    raise Conflict(
        f"This hub has a commons called {repo} itself; its pages are at /{repo} .",
        field="upstream",
    )


def _form(visit: Visit, error: WastelandError | None, probe: Probe | None) -> Response:
    visit.caller.need_account()
    refusal = refusals.told(error) if error else None
    upstream = visit.sent.get("upstream", visit.request.query_params.get("upstream", ""))
    return visit.page(
        "upstreams/connect.html",
        status=refusal.status if refusal else 200,
        # The token is not shown again, nor a password in an address.
        upstream="" if "@" in upstream else upstream,
        is_admin=bool(visit.sent.get("is_admin")),
        is_enabled=visit.hub.upstreams.is_enabled,
        probe=probe,
        refusal=refusal,
    )


def _listed(
    visit: Visit,
    about: Connection | None,
    probe: Probe | None,
    error: WastelandError | None = None,
) -> Response:
    """Return the list, with what was found out just now about one of it."""
    refusal = refusals.told(error) if error else None
    return visit.page(
        "upstreams/list.html",
        status=refusal.status if refusal else 200,
        connections=visit.hub.upstreams.connections.of_account(visit.caller.account),
        about=about,
        probe=probe,
        refusal=refusal,
    )
