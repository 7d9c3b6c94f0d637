"""One's own page; the choices of this browser; how the account is written to."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from ...hub.contacts import parse_digest
from ...hub.tokens import Scope
from ...protocol.errors import WastelandError
from .. import cookies
from ..signing.beginning import local
from ..visits import PageRoute, Visiting
from .page import YOU, shown

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get(YOU)
def you(visit: Visiting) -> Response:
    """Show who is signed in where, and the choices of this browser."""
    return shown(visit)


@router.post("/-/choices")
def choose(visit: Visiting) -> Response:
    """Keep the choices of this browser."""
    visit.need_form()
    visit.set_cookie(lambda answer: cookies.set_choices(answer, visit.sent))
    return visit.to(local(visit.sent.get("next", "")))


@router.post(f"{YOU}/contact")
def write_to(visit: Visiting) -> Response:
    """Keep the account's address, and how often it wants to hear."""
    try:
        visit.need_form()
        visit.caller.need_scope(Scope.WRITE)
        visit.caller.need_whole_account()
        email = visit.sent.get("email", "").strip()
        digest = parse_digest(visit.sent.get("digest", ""))
        visit.hub.accounts.set_contact(visit.caller.account, email=email, digest=digest)
    except WastelandError as error:
        return shown(visit, "contact", error)
    return visit.to(f"{YOU}?done=contact#contact")
