"""Setting one's password; the one before is asked for, and other sessions end."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from ...hub.proofs import Means, Proof, need_all
from ...protocol.errors import Invalid, Unauthenticated, WastelandError
from ..signing.beginning import address, begin
from ..signing.invitations import new_password
from ..visits import PageRoute, Visit, Visiting
from .page import YOU, shown

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.post(f"{YOU}/password")
def set_password(visit: Visiting) -> Response:
    """Set the account's password, and begin this session anew."""
    try:
        visit.need_form()
        account = need_all(visit.hub, visit.caller)
        _need_present(visit, account)
        password = visit.hub.passwords.set(account, new_password(visit))
    except WastelandError as error:
        return shown(visit, "password", error)
    begun = begin(visit, Proof(account, Means.PASSWORD, password))
    visit.desk.sessions.end_others(account, begun.id)
    return visit.to(f"{YOU}?done=password#ways")


def _need_present(visit: Visit, account: str) -> None:
    """Return if the present password was typed, where there is one."""
    if not visit.hub.passwords.kept(account):
        return
    try:
        visit.hub.passwords.check(account, visit.sent.get("present", ""), address=address(visit))
    except Unauthenticated as error:
        raise Invalid("That is not your present password.", field="present") from error
