"""An item beside the board: looked at and worked on without leaving the list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from ...commons.data import to_data
from ...commons.sheets import BoardRow, ItemSheet
from ...protocol.errors import WastelandError
from .. import acting, cookies, refusals
from ..looks import Act, Tried
from ..past import of as past_of
from ..places import Place
from ..refusals import Refusal
from ..visits import PageRoute, Visit, Visiting
from . import rows
from .page import look_of
from .query import CARDS, Query

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_SHAPE: Final = "shape"


@router.get("/{owner}/{database}/wanted/{item}/peek")
def peek(visit: Visiting) -> Response:
    """Show an item beside the board."""
    return _shown(visit)


@router.post("/{owner}/{database}/wanted/{item}/peek/{verb}")
def act(visit: Visiting) -> Response:
    """Do something to an item, and show it beside the board as it is then."""
    verb = visit.part("verb")
    row = acting.operation(verb)
    try:
        receipt = acting.carry_out(visit, row, visit.place, visit.part("item"))
    except WastelandError as error:
        refusal = refusals.told(error)
        return _shown(visit, refusal, Tried(verb, visit.sent, refusal.field, refusal.text))
    return _shown(visit, receipt=cookies.told(to_data(receipt)))


def _shown(
    visit: Visit,
    refusal: Refusal | None = None,
    tried: Tried | None = None,
    receipt: Mapping[str, str] | None = None,
) -> Response:
    place = visit.place
    past = past_of(visit, place)
    sheet = place.session.show(visit.part("item"), as_of=past.commit if past else None)
    shape = CARDS if visit.request.query_params.get(_SHAPE) == CARDS else ""
    look = look_of(place, Query(place.path, {_SHAPE: shape}))
    moved = [_row(place, sheet)] if receipt or refusal else []
    return visit.page(
        "peek.html",
        sheet=sheet,
        acts=[] if past else _acts(place, sheet, tried, shape),
        past=past,
        op=acting.new_op(),
        refusal=refusal,
        told=receipt,
        rows=rows.drawn(look, rows.lines(visit.hub, place, moved)),
    )


def _acts(place: Place, sheet: ItemSheet, tried: Tried | None, shape: str) -> list[Act]:
    """Return what may be done, by forms that answer with the preview."""
    pulls = place.session.pending_about(sheet.item.id)
    base, end = f"{place.path}/wanted/{sheet.item.id}/peek", f"?{_SHAPE}={shape}" if shape else ""
    return [
        act if act.has_page else replace(act, path=f"{base}/{act.name}{end}")
        for act in acting.acts_of(place, sheet, pulls, tried)
    ]


def _row(place: Place, sheet: ItemSheet) -> BoardRow:
    is_mine = any(offered.rig == place.me.rig for offered in sheet.pending)
    return BoardRow(sheet.item, is_pending=is_mine)
