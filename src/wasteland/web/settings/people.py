"""Members: who has which role."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from ...hub import members
from ...hub.members import MemberRole
from ...protocol.errors import WastelandError
from .. import acting
from ..visits import PageRoute, Visit, Visiting
from . import shell
from .shell import BASE, HERE

router = APIRouter(include_in_schema=False, route_class=PageRoute, dependencies=[HERE])


@router.get(f"{BASE}/members")
def table(visit: Visiting) -> Response:
    """List the members to members."""
    return _members(visit)


@router.post(f"{BASE}/members")
def add(visit: Visiting) -> Response:
    """Give an account a role, or another one."""
    repo, sent = visit.place.session.repo, visit.sent
    try:
        visit.need_form()
        member = members.set_role(
            visit.hub,
            visit.caller,
            repo,
            sent.get("account", ""),
            MemberRole.parse(sent.get("role", "")),
            op_id=acting.op_id(visit),
        )
    except WastelandError as error:
        return _members(visit, error)
    return shell.done(visit, "members", f"{member.account} is {member.role.value}")


@router.post(f"{BASE}/members/{{account}}/remove")
def remove(visit: Visiting) -> Response:
    """Take a member's role back."""
    account = visit.part("account")
    try:
        visit.need_form()
        op_id = acting.op_id(visit)
        repo = visit.place.session.repo
        members.remove(visit.hub, visit.caller, repo, account, op_id=op_id)
    except WastelandError as error:
        return _members(visit, error)
    return shell.done(visit, "members", "Member removed", account)


def _members(visit: Visit, error: WastelandError | None = None) -> Response:
    found = members.members(visit.hub, visit.caller, visit.place.session.repo)
    return shell.show(
        visit,
        "members",
        error=error,
        members=found,
        roles=list(MemberRole),
        typed=visit.sent if error else {},
    )
