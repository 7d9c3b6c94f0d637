"""The ways to sign in that an account has: its passkeys, and its links to accounts elsewhere."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from ...hub.proofs import need_all
from ...protocol.errors import WastelandError
from ..signing.beginning import ceremonies, site
from ..visits import PageRoute, Visiting
from .page import YOU, shown

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get(f"{YOU}/passkeys")
def question(visit: Visiting) -> Response:
    """Return what the browser needs to make a passkey."""
    account = need_all(visit.hub, visit.caller)
    options = ceremonies(visit).options_to_make(account, site(visit), visit.cookie)
    return visit.finished(JSONResponse(options, headers={"Cache-Control": "no-store"}))


@router.post(f"{YOU}/passkeys")
def add(visit: Visiting) -> Response:
    """Keep a passkey that the browser has made."""
    try:
        visit.need_form()
        account = need_all(visit.hub, visit.caller)
        label, answer = visit.sent.get("label", ""), visit.sent.get("answer", "")
        ceremonies(visit).add(account, label, answer, site(visit), visit.cookie)
    except WastelandError as error:
        return shown(visit, "passkeys", error)
    return visit.to(f"{YOU}?done=passkey#ways")


@router.post(f"{YOU}/passkeys/{{passkey}}/remove")
def remove(visit: Visiting) -> Response:
    """Forget a passkey; sessions that began with it end."""
    visit.need_form()
    visit.hub.passkeys.remove(need_all(visit.hub, visit.caller), visit.part("passkey"))
    return visit.to(f"{YOU}#ways")


@router.post(f"{YOU}/links/{{link}}/remove")
def unlink(visit: Visiting) -> Response:
    """End a link to an account elsewhere; sessions that began with it end."""
    visit.need_form()
    visit.hub.identities.unlink(need_all(visit.hub, visit.caller), visit.part("link"))
    return visit.to(f"{YOU}#ways")
