"""Signing in with a passkey: what the browser is asked, and what it answers."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from ...hub.proofs import Means, Proof
from ...protocol.errors import WastelandError
from ..visits import PageRoute, Visiting
from .beginning import begin, ceremonies, local, site
from .ways import shown

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/-/sign-in/passkey")
def question(visit: Visiting) -> Response:
    """Return what the browser needs to offer its passkeys."""
    options = ceremonies(visit).options_to_sign_in(site(visit), visit.cookie)
    return visit.finished(JSONResponse(options, headers={"Cache-Control": "no-store"}))


@router.post("/-/sign-in/passkey")
def sign_in(visit: Visiting) -> Response:
    """Begin a session for the owner of a passkey."""
    after = local(visit.sent.get("next", ""))
    try:
        visit.need_form()
        answer = visit.sent.get("answer", "")
        passkey = ceremonies(visit).check(answer, site(visit), visit.cookie)
        proof = Proof(passkey.account, Means.PASSKEY, passkey.id)
    except WastelandError as error:
        return shown(visit, after, error)
    begin(visit, proof)
    return visit.to(after)
