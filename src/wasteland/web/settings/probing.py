"""The test of admin access, and where the commons is connected to."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from ...hub import access, members
from ...protocol.errors import Forbidden, WastelandError
from ..visits import PageRoute, Visit, Visiting
from . import shell
from .shell import BASE, HERE

router = APIRouter(include_in_schema=False, route_class=PageRoute, dependencies=[HERE])


@router.get(f"{BASE}/access")
def admin_access(visit: Visiting) -> Response:
    """Offer the test to owners."""
    members.need_owner(visit.hub, visit.caller, visit.place.session.repo)
    return shell.show(visit, "access", report=None)


@router.post(f"{BASE}/access")
def test(visit: Visiting) -> Response:
    """Write to a scratch branch, remove it, and tell how it went."""
    repo = visit.place.session.repo
    try:
        visit.need_form()
        report = access.test(visit.hub, visit.caller, repo)
    except WastelandError as error:
        return shell.show(visit, "access", error=error, report=None)
    return shell.show(visit, "access", report=report)


@router.get(f"{BASE}/remotes")
def remotes(visit: Visiting) -> Response:
    """Show members what this commons follows, and what follows it."""
    repo = visit.place.session.repo
    _need_member(visit)
    return shell.show(
        visit,
        "remotes",
        is_mirror=visit.hub.host.is_mirror(repo),
        forks=visit.hub.host.forks(repo),
        heads=visit.hub.options.remote_heads,
        clone=f"{str(visit.request.base_url).rstrip('/')}/{repo}",
    )


@router.get(f"{BASE}/tokens")
def tokens(visit: Visiting) -> Response:
    """Lead to one's own tokens and sessions; a commons has none of its own."""
    visit.caller.need_account()
    return shell.show(visit, "tokens")


def _need_member(visit: Visit) -> None:
    visit.caller.need_account()
    place = visit.place
    if members.role_of(visit.hub, visit.caller, place.session.repo) is None:
        raise Forbidden(f"That is for members of {place.name}.", hint=f"wl join {place.name}")
