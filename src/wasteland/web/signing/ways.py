"""The page to sign in on, by a token or by account and password; and signing out."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from ...hub import callers
from ...hub.identities import place_of
from ...hub.proofs import Means, Proof
from ...hub.tokens import Scope, read_token
from ...protocol.errors import Invalid, Unauthenticated, WastelandError
from .. import cookies, refusals
from ..visits import PageRoute, Visit, Visiting
from .beginning import address, begin, local, site

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_UNKNOWN: Final = 401


@router.get("/sign-in")
def ask(visit: Visiting) -> Response:
    """Show the form to sign in with."""
    after = local(visit.request.query_params.get("next", ""))
    if visit.session:
        return visit.to(after)
    return shown(visit, after)


@router.post("/sign-in")
def sign_in(visit: Visiting) -> Response:
    """Begin a session by what was typed; the one before it, if any, ends."""
    after = local(visit.sent.get("next", ""))
    try:
        visit.need_form()
        proof = _proof(visit)
    except WastelandError as error:
        return shown(visit, after, error)
    begin(visit, proof)
    return visit.to(after)


@router.post("/sign-out")
def sign_out(visit: Visiting) -> Response:
    """End the session."""
    visit.need_form()
    if visit.session:
        visit.desk.sessions.end(visit.session.account, visit.session.id)
    visit.set_cookie(cookies.drop_session)
    return visit.to("/")


def shown(visit: Visit, after: str, error: WastelandError | None = None) -> Response:
    """
    Return the page to sign in on.

    Args:
        after: Where the visitor goes on.
        error: Why nobody is signed in yet.
    """
    refusal = _told(error) if error else None
    provider = visit.hub.provider
    # Of what was typed, only the account is shown again: the rest is secret.
    return visit.page(
        "sign_in.html",
        status=refusal.status if refusal else 200,
        refusal=refusal,
        next=after,
        account=visit.sent.get("account", "")[:64],
        site=site(visit),
        issuer=place_of(provider.issuer) if provider else "",
    )


def _told(error: WastelandError) -> refusals.Refusal:
    told = refusals.told(error)
    return replace(told, title="You are not signed in") if told.status == _UNKNOWN else told


def _proof(visit: Visit) -> Proof:
    secret = visit.sent.get("token", "")
    account = visit.sent.get("account", "").strip()
    if read_token(secret.strip()) or not account:
        return _by_token(visit, secret.strip())
    if not secret:
        raise Invalid("Type the password of the account, or a token.", field="token")
    owner, password = visit.hub.passwords.check(account, secret, address=address(visit))
    return Proof(owner.name, Means.PASSWORD, password)


def _by_token(visit: Visit, text: str) -> Proof:
    try:
        caller = callers.of_token(visit.hub.accounts, text)
    except Unauthenticated as error:
        raise Unauthenticated(
            "That is no token of this hub, or it has ended. A password goes with an account.",
            field="token",
        ) from error
    if caller.scope is Scope.PUSH:
        caller.need_scope(Scope.READ)
    return Proof(caller.account, Means.TOKEN, caller.token_id)
