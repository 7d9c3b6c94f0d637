"""
Signing in elsewhere, by OpenID Connect.

The way there is a link: a form's answer may lead to no other site. The way back names the question
that this browser was sent off with, and opens nothing without it.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from ...hub.identities import Person, Provider, place_of
from ...hub.proofs import Means, Proof, need_all
from ...protocol.errors import NotFound, Unauthenticated, WastelandError
from ...protocol.names import visible
from .. import cookies
from ..visits import PageRoute, Visit, Visiting
from .beginning import begin, local, site
from .ways import shown

router = APIRouter(include_in_schema=False, route_class=PageRoute)

BACK: Final = "/-/sign-in/elsewhere/back"
_SIGN_IN: Final = "sign in elsewhere"
_LINK: Final = "link an account elsewhere"


@router.get("/-/sign-in/elsewhere")
def leave(visit: Visiting) -> Response:
    """Lead to where people sign in elsewhere."""
    after = local(visit.request.query_params.get("next", ""))
    try:
        answer = visit.to(way(visit, _SIGN_IN))
    except WastelandError as error:
        return shown(visit, after, error)
    cookies.set_after(answer, after)
    return answer


@router.post("/-/you/links")
def link(visit: Visiting) -> Response:
    """Show the way to where one signs in elsewhere, to be known by that here."""
    visit.need_form()
    need_all(visit.hub, visit.caller)
    return visit.page(
        "you/link.html", way=way(visit, _LINK), issuer=place_of(_provider(visit).issuer)
    )


@router.get(BACK)
def back(visit: Visiting) -> Response:
    """Begin a session for who has signed in elsewhere, or link the two."""
    state = visit.request.query_params.get("state", "")
    try:
        purpose = _LINK if visit.session else _SIGN_IN
        visit.hub.challenges.spend(state, purpose, visit.cookie)
        person = _person(visit, state)
        if visit.session:
            visit.hub.identities.link(person, need_all(visit.hub, visit.caller))
            return visit.to("/-/you?done=link#ways")
        makes = _provider(visit).makes_accounts
        owner, identity = visit.hub.identities.enter(person, makes_accounts=makes)
    except WastelandError as error:
        return visit.refusal(error) if visit.session else shown(visit, "/", error)
    begin(visit, Proof(owner.name, Means.OIDC, identity.id))
    return visit.to(local(cookies.after_of(visit.request)))


def way(visit: Visit, purpose: str) -> str:
    """Return the address at which this browser's holder signs in elsewhere."""
    challenges = visit.hub.challenges
    state = challenges.make(purpose, visit.cookie)
    return _provider(visit).begin(
        state,
        nonce=challenges.secret_of(state, "nonce"),
        verifier=challenges.secret_of(state, "verifier"),
        redirect=f"{site(visit).origin}{BACK}",
    )


def _person(visit: Visit, state: str) -> Person:
    query = visit.request.query_params
    if "code" not in query:
        why = visible(query.get("error_description") or query.get("error") or "no reason was given")
        raise Unauthenticated(f"Nobody has signed in there: {why}.", field="elsewhere")
    challenges = visit.hub.challenges
    return _provider(visit).finish(
        query["code"],
        nonce=challenges.secret_of(state, "nonce"),
        verifier=challenges.secret_of(state, "verifier"),
        redirect=f"{site(visit).origin}{BACK}",
        issuer=query.get("iss", ""),
    )


def _provider(visit: Visit) -> Provider:
    found: Provider | None = visit.hub.provider
    if found is None:
        raise NotFound("People sign in at this hub alone.", hint="wl serve --oidc-issuer URL")
    return found
