"""
Ending the letters of an account by the link in one of them.

Programs that read mail send the form themselves, without a cookie and from nowhere; what proves
the right to it is the token in the address, which opens nothing else.
Source: RFC 8058 (one-click unsubscribe).
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from ..hub.notifications import digests
from ..hub.notifications.digests import UNSUBSCRIBE
from .visits import PageRoute, Visiting

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_FIELD: Final = "List-Unsubscribe"
_ONE_CLICK: Final = "One-Click"


@router.get(UNSUBSCRIBE + "/{token}")
def ask(visit: Visiting) -> Response:
    """Ask whether the letters are to end; programs that look at links end nothing."""
    token = visit.part("token")
    account = digests.account_of(visit.hub, token)
    return visit.page("letters.html", account=account, token=token, is_ended=False)


@router.post(UNSUBSCRIBE + "/{token}")
def end(visit: Visiting) -> Response:
    """End the letters."""
    if visit.sent.get(_FIELD) != _ONE_CLICK:
        visit.need_form()
    account = digests.end(visit.hub, visit.part("token"))
    return visit.page("letters.html", account=account, token="", is_ended=True)
