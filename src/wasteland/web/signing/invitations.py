"""An invitation: a link with which a new person sets their password, once, and is signed in."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from ...hub.passwords import PASSWORD_RULE
from ...hub.proofs import Means, Proof
from ...protocol.errors import Invalid, WastelandError
from .. import refusals
from ..visits import PageRoute, Visit, Visiting
from .beginning import begin

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_LONGEST = 100


@router.get("/-/invitations/{secret}")
def show(visit: Visiting) -> Response:
    """Show the form to set a password with."""
    return _form(visit, None)


@router.post("/-/invitations/{secret}")
def accept(visit: Visiting) -> Response:
    """Set the password, and begin a session."""
    try:
        visit.need_form()
        owner, password = visit.hub.passwords.accept(_secret(visit), new_password(visit))
    except WastelandError as error:
        return _form(visit, error)
    begin(visit, Proof(owner.name, Means.PASSWORD, password))
    return visit.to("/-/you")


def new_password(visit: Visit) -> str:
    """
    Return the password that was typed twice.

    Raises:
        Invalid: The second is another.
    """
    password = visit.sent.get("password", "")
    if password != visit.sent.get("again", ""):
        raise Invalid("The two are not the same. Type the password twice.", field="again")
    return password


def _form(visit: Visit, error: WastelandError | None) -> Response:
    found = visit.hub.passwords.invitation(_secret(visit))
    refusal = refusals.told(error) if error else None
    return visit.page(
        "invitation.html",
        status=refusal.status if refusal else 200,
        refusal=refusal,
        account=found.account,
        ends=found.expires_at,
        rule=PASSWORD_RULE,
    )


def _secret(visit: Visit) -> str:
    return visit.part("secret")[:_LONGEST]
