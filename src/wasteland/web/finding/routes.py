"""Finding anything in a commons: suggestions while one types, and a page of results."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from ...protocol.errors import Invalid
from .. import refusals
from ..visits import PageRoute, Visit, Visiting
from . import options
from .options import marked

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_LONGEST: Final = 200
_MOST: Final = 50


@router.get("/{owner}/{database}/palette")
def palette(visit: Visiting) -> Response:
    """Suggest what fits what is being typed."""
    typed = _asked(visit, "q")[:_LONGEST]
    found = options.groups(visit, typed, _asked(visit, "on")[:64])
    return visit.page("finding/palette.html", groups=found, typed=typed)


@router.get("/{owner}/{database}/search")
def search(visit: Visiting) -> Response:
    """Show what holds the words that were asked for."""
    place, typed = visit.place, _asked(visit, "q")
    hits, refusal = [], None
    try:
        hits = place.session.search(typed, limit=_MOST) if typed else []
    except Invalid as error:
        refusal = refusals.told(error)
    others = [
        group
        for group in options.groups(visit, typed[:_LONGEST], "")
        if group.title not in {"Items", "Actions"} and typed
    ]
    return visit.page(
        "finding/search.html",
        status=refusal.status if refusal else 200,
        typed=typed,
        hits=[(hit, marked(hit.item.title or "untitled", typed)) for hit in hits],
        is_cut=len(hits) == _MOST,
        groups=others,
        refusal=refusal,
    )


def _asked(visit: Visit, name: str) -> str:
    return visit.request.query_params.get(name, "").strip()
