"""Views of a board under names: what one saves is an address."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter
from starlette.responses import Response

from ..protocol.errors import WastelandError
from . import refusals
from .board.query import NAMES
from .visits import PageRoute, Visiting

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_LONGEST: Final = 4000


@router.post("/{owner}/{database}/views")
def save(visit: Visiting) -> Response:
    """Keep a view of the board."""
    visit.need_form()
    account, place = visit.caller.need_account(), visit.place
    filters = _known(visit.sent.get("filters", ""))
    repo, name = place.session.repo, visit.sent.get("name", "")
    try:
        visit.hub.views.save(account, repo, name, filters)
    except WastelandError as error:
        refusal = refusals.told(error)
        return visit.page(
            "views.html", status=refusal.status, refusal=refusal, name=name, filters=filters
        )
    return visit.to(f"{place.path}?{filters}" if filters else place.path)


@router.post("/{owner}/{database}/views/remove")
def remove(visit: Visiting) -> Response:
    """Forget a view."""
    visit.need_form()
    account, place = visit.caller.need_account(), visit.place
    visit.hub.views.remove(account, place.session.repo, visit.sent.get("name", ""))
    filters = _known(visit.sent.get("filters", ""))
    return visit.to(f"{place.path}?{filters}" if filters else place.path)


def _known(filters: str) -> str:
    """Return what of a query is a filter of the board."""
    given = parse_qsl(filters[:_LONGEST], errors="replace")
    return urlencode([(name, value) for name, value in given if name in NAMES and value])
