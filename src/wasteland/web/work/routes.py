"""The page of one's own work, and what is done on it in place."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from ...commons.data import to_data
from ...commons.operations import BY_NAME
from ...hub.http.asked import read_cursor
from ...protocol.errors import NotFound, WastelandError
from .. import acting, cookies, refusals
from ..looks import Field
from ..refusals import Refusal
from ..visits import PageRoute, Visit, Visiting
from . import news, overview

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_VERBS: Final = frozenset({"extend", "done", "unclaim"})


@router.get("/{owner}/{database}/work")
def work(visit: Visiting) -> Response:
    """Show the visitor's own work."""
    return _page(visit)


@router.post("/{owner}/{database}/work/read")
def read(visit: Visiting) -> Response:
    """Note that notifications were read, or were not."""
    visit.need_form()
    place = visit.place
    serial = visit.sent.get("serial", "")
    visit.hub.notifications.read(
        visit.caller,
        place.session.repo,
        serials=[read_cursor(serial) or 0] if serial else None,
        is_read=visit.sent.get("unread") is None,
    )
    return visit.to(f"{place.path}/work{'?unread' if visit.sent.get('only') else ''}#news")


@router.post("/{owner}/{database}/work/{item}/{verb}")
def act(visit: Visiting) -> Response:
    """Do something with a claim, and come back."""
    visit.need_form()
    place, item, verb = visit.place, visit.part("item"), visit.part("verb")
    if verb not in _VERBS:
        raise NotFound("That is not done from here.")
    try:
        receipt = acting.carry_out(visit, BY_NAME[verb], place, item)
    except WastelandError as error:
        return _page(visit, refusals.told(error), item)
    cookies.give_receipt(visit, to_data(receipt))
    return visit.to(f"{place.path}/work")


def _page(visit: Visit, refusal: Refusal | None = None, item: str = "") -> Response:
    """Return the page, with what was refused at the claim that it is about."""
    visit.caller.need_account()
    params = visit.request.query_params
    before = read_cursor(params.get("before"))
    found = news.of(visit, before=before, is_unread="unread" in params)
    own = overview.of(visit)
    return visit.page(
        "work/page.html",
        status=refusal.status if refusal else 200,
        own=own,
        news=found,
        contact=visit.hub.accounts.contact(visit.caller.account),
        sends_mail=bool(visit.hub.options.mail),
        evidence=_evidence(visit, refusal),
        refusal=refusal,
        tried=item,
        op=acting.new_op(),
    )


def _evidence(visit: Visit, refusal: Refusal | None) -> Field:
    is_about = refusal is not None and refusal.field == "evidence"
    return Field(
        name="evidence",
        label="Evidence",
        kind="text",
        help=BY_NAME["done"].params["evidence"].help,
        required=True,
        value=visit.sent.get("evidence", ""),
        error=refusal.text if refusal and is_about else "",
    )
