"""One's own tokens, of which each is shown once, and sessions."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import Response

from ...hub import issuing
from ...hub.tokens import Scope
from ...protocol.errors import Invalid, NotFound, WastelandError
from ..visits import PageRoute, Visit, Visiting
from .page import MAKE_TOKEN, YOU, shown

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_MOST_DAYS = 3650


@router.post(f"{YOU}/tokens")
def make(visit: Visiting) -> Response:
    """Make a token and show it, once."""
    try:
        visit.need_form()
        scope, days = Scope.parse(visit.sent.get("scope", "")), _days(visit)
        label, rig = visit.sent.get("label", "").strip(), visit.sent.get("rig", "").strip()
        # A form that is sent twice makes one token.
        visit.hub.challenges.spend(visit.sent.get("form", ""), MAKE_TOKEN, visit.cookie)
        made = issuing.issue(
            visit.hub.accounts, visit.caller, label=label, scope=scope, rig=rig, lifetime=days
        )
    except WastelandError as error:
        return shown(visit, "tokens", error)
    return shown(visit, made=made)


@router.post(f"{YOU}/tokens/{{token}}/revoke")
def revoke(visit: Visiting) -> Response:
    """End a token now; sessions that began with it end."""
    visit.need_form()
    issuing.revoke(visit.hub.accounts, visit.caller, visit.part("token"))
    return visit.to(f"{YOU}#tokens")


@router.post("/-/sessions/{session}/end")
def end(visit: Visiting) -> Response:
    """End one of one's own sessions."""
    visit.need_form()
    account = visit.caller.need_account()
    if not visit.desk.sessions.end(account, visit.part("session")):
        raise NotFound("That session has ended already.")
    return visit.to(f"{YOU}#sessions")


@router.post("/-/sessions/end")
def end_others(visit: Visiting) -> Response:
    """End all of one's own sessions but this one."""
    visit.need_form()
    account = visit.caller.need_account()
    visit.desk.sessions.end_others(account, visit.session.id if visit.session else "")
    return visit.to(f"{YOU}?done=sessions#sessions")


def _days(visit: Visit) -> timedelta | None:
    """Return how long a token is to live; None for ever."""
    text = visit.sent.get("days", "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= _MOST_DAYS):
        raise Invalid(f"A token lives 1 to {_MOST_DAYS} days.", field="days", value=text)
    return timedelta(days=int(text))
