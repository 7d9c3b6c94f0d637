"""The directory of a commons' rigs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from ...commons import directory
from ...protocol.errors import Invalid
from ...protocol.roles import TRUST_WORDS
from .. import refusals
from ..visits import PageRoute, Visit, Visiting

router = APIRouter(include_in_schema=False, route_class=PageRoute)

PAGE: Final = 50
_LONGEST: Final = 255
_SORTS: Final = {"handle": "By handle", "newest": "Newest first", "trust": "Most trusted first"}


@router.get("/{owner}/{database}/rigs")
def rigs(visit: Visiting) -> Response:
    """List the rigs of a commons."""
    place = visit.place
    session, query = place.session, place.session.main()
    asked = {name: _param(visit, name) for name in ("search", "sort", "after")}
    refusal, found = None, []
    try:
        found = session.rigs(limit=PAGE + 1, **{k: v for k, v in asked.items() if v})
    except Invalid as error:
        refusal = refusals.told(error)
    shown = found[:PAGE]
    place.know([rig.handle for rig in shown])
    return visit.page(
        "rigs/directory.html",
        status=refusal.status if refusal else 200,
        rigs=shown,
        tallies=directory.tallies(
            query,
            [rig.handle for rig in shown],
            at=visit.hub.host.now(),
            owned=session.is_owned,
        ),
        total=directory.count(query, asked["search"]),
        asked=asked,
        sorts=_SORTS,
        trust_words=TRUST_WORDS,
        refusal=refusal,
        first=_link(place.path, asked, after="") if asked["after"] else "",
        more=_link(place.path, asked, after=shown[-1].handle) if len(found) > PAGE else "",
    )


def _param(visit: Visit, name: str) -> str:
    return visit.request.query_params.get(name, "").strip()[:_LONGEST]


def _link(path: str, asked: Mapping[str, str], **changes: str) -> str:
    text = urlencode({name: value for name, value in {**asked, **changes}.items() if value})
    return f"{path}/rigs?{text}" if text else f"{path}/rigs"
