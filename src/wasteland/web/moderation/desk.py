"""The moderators' desk: reports and appeals with their forms, what is in force, one's own case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from ...commons.data import to_data
from ...commons.operations import BY_NAME
from ...protocol.errors import WastelandError
from ...protocol.moderation import Scope
from .. import acting, cookies, refusals
from ..refusals import Refusal
from ..visits import PageRoute, Visit, Visiting
from . import cases

router = APIRouter(include_in_schema=False, route_class=PageRoute)

BASE: Final = "/{owner}/{database}/moderation"
SCOPES: Final[Mapping[str, str]] = {
    Scope.EVERYTHING: "everything but giving back, comments and an appeal",
    Scope.POSTING: "posting, editing, reporting",
    Scope.CLAIMING: "claiming, submitting, handing over",
    Scope.REVIEWING: "accepting, rejecting, closing, merging, and decisions about rigs",
}


@router.get(BASE)
def queue(visit: Visiting) -> Response:
    """Show what waits and what is in force."""
    return _page(visit)


@router.post(f"{BASE}/{{record}}/answer")
def answer(visit: Visiting) -> Response:
    """Answer a report or an appeal."""
    record = visit.part("record")
    return _do(visit, f"{visit.sent.get('outcome', '')} {record}", "answer", record)


@router.post(f"{BASE}/appeal")
def appeal(visit: Visiting) -> Response:
    """Appeal against one's own suspension."""
    return _do(visit, "appeal", "appeal")


@router.post(f"{BASE}/suspend")
def suspend(visit: Visiting) -> Response:
    """Suspend a rig."""
    form = f"suspend {visit.sent.get('report', '')}".strip()
    return _do(visit, form, "rig suspend", visit.sent.get("handle", "").strip())


@router.post(f"{BASE}/restore")
def restore(visit: Visiting) -> Response:
    """Lift a suspension."""
    handle = visit.sent.get("handle", "")
    return _do(visit, f"restore {handle}", "rig restore", handle)


@router.post(f"{BASE}/block")
def block(visit: Visiting) -> Response:
    """Block a peer."""
    return _do(visit, "block", "peer block", visit.sent.get("peer", ""))


@router.post(f"{BASE}/unblock")
def unblock(visit: Visiting) -> Response:
    """Let a peer in again."""
    peer = visit.sent.get("peer", "")
    return _do(visit, f"unblock {peer}", "peer unblock", peer)


def _do(visit: Visit, form: str, operation: str, *keys: str) -> Response:
    """Carry out what *form* asks; show it again, with what was typed, where that is refused."""
    place = visit.place
    try:
        receipt = acting.carry_out(visit, BY_NAME[operation], place, *keys)
    except WastelandError as error:
        return _page(visit, form, refusals.told(error))
    cookies.give_receipt(visit, to_data(receipt))
    return visit.to(f"{place.path}/moderation")


def _page(visit: Visit, form: str = "", refusal: Refusal | None = None) -> Response:
    place = visit.place
    found = place.session.reports()
    values: dict[str, Any] = {
        "queue": found,
        "waiting": cases.waiting(place, found),
        "mine": cases.own(place, found),
        "scopes": SCOPES,
        "op": acting.new_op(),
        # Of the forms of the page, the one that was refused is open and holds what was typed.
        "tried": form if refusal else "",
        "typed": defaultdict(str, visit.sent),
        "nothing": defaultdict(str),
        "refusal": refusal,
    }
    status = refusal.status if refusal else 200
    return visit.page("moderation/desk.html", status=status, **values)
