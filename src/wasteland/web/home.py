"""The first page: the commons that a visitor may see, and the ways to more of them."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from ..hub import overview
from ..hub.http.asked import read_cursor
from ..hub.upstreams import Connection
from .visits import PageRoute, Visit, Visiting

router = APIRouter(include_in_schema=False, route_class=PageRoute)

PAGE: Final = 50
_LONGEST: Final = 200


@router.get("/")
def commons(visit: Visiting) -> Response:
    """List the commons that the visitor may see, or lead to the only one."""
    hub, caller, asked = visit.hub, visit.caller, visit.request.query_params
    text = asked.get("search", "").strip()[:_LONGEST]
    found = overview.commons(hub, caller, text)
    connections = [] if text else _connections(visit)
    if len(found) == 1 and not (connections or text or "all" in asked):
        return visit.to(f"/{found[0].repo}")
    start = min(read_cursor(asked.get("cursor")) or 0, len(found))
    return visit.page(
        "commons/home.html",
        shown=[overview.look(hub, caller, one) for one in found[start : start + PAGE]],
        connections=connections,
        text=text,
        total=len(found),
        more=_link(text, start + PAGE) if len(found) > start + PAGE else "",
        first=_link(text, 0) if start else "",
    )


def _connections(visit: Visit) -> list[Connection]:
    if not visit.caller.account:
        return []
    found: list[Connection] = visit.hub.upstreams.connections.of_account(visit.caller.account)
    return found


def _link(text: str, start: int) -> str:
    asked = {"all": "", "search": text, "cursor": str(start) if start else ""}
    return f"/?{urlencode({name: word for name, word in asked.items() if word or name == 'all'})}"
