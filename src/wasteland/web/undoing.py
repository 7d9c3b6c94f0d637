"""Taking back what one did last, from any page."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from ..commons.data import to_data
from ..commons.operations import BY_NAME
from ..protocol.errors import WastelandError
from . import acting, cookies, refusals
from .signing.beginning import local
from .visits import PageRoute, Visiting

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.post("/{owner}/{database}/undo")
def undo(visit: Visiting) -> Response:
    """Take back the visitor's last operation, and tell on the page before what came of it."""
    visit.need_form()
    place = visit.place
    try:
        receipt = to_data(acting.carry_out(visit, BY_NAME["undo"], place))
    except WastelandError as error:
        receipt = {"operation": "undo", "state": "refused", "note": refusals.told(error).text}
    cookies.give_receipt(visit, receipt)
    return visit.to(local(visit.sent.get("next", "")))
