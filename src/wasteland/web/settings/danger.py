"""What cannot be taken back: making the commons private, leaving it, deleting it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from ...hub import deleting, members, repositories
from ...hub.catalog import Visibility
from ...protocol.errors import WastelandError
from ..visits import PageRoute, Visit, Visiting
from . import shell
from .shell import BASE, HERE

router = APIRouter(include_in_schema=False, route_class=PageRoute, dependencies=[HERE])


@router.get(f"{BASE}/danger")
def danger(visit: Visiting) -> Response:
    """Show what can be done, and what each does not do."""
    visit.caller.need_account()
    return _page(visit)


@router.post(f"{BASE}/visibility")
def hide(visit: Visiting) -> Response:
    """Make the commons private, or public again."""
    repo = visit.place.session.repo
    try:
        visit.need_form()
        members.need_owner(visit.hub, visit.caller, repo)
        chosen = Visibility.parse(visit.sent.get("visibility", ""))
        repositories.change(visit.hub, visit.caller, repo, visibility=chosen.value)
    except WastelandError as error:
        return _page(visit, error)
    return shell.done(visit, "danger", f"{visit.place.name} is {chosen.value}")


@router.post(f"{BASE}/leave")
def leave(visit: Visiting) -> Response:
    """Give up one's own role."""
    try:
        visit.need_form()
        members.leave(visit.hub, visit.caller, visit.place.session.repo)
    except WastelandError as error:
        return _page(visit, error)
    return visit.to("/?all")


@router.post(f"{BASE}/delete")
def delete(visit: Visiting) -> Response:
    """Delete the commons, once its name was typed."""
    repo = visit.place.session.repo
    try:
        visit.need_form()
        deleting.delete(visit.hub, visit.caller, repo, typed=visit.sent.get("typed", ""))
    except WastelandError as error:
        return _page(visit, error)
    return visit.to("/?all")


def _page(visit: Visit, error: WastelandError | None = None) -> Response:
    hub, repo = visit.hub, visit.place.session.repo
    return shell.show(
        visit,
        "danger",
        error=error,
        visibility=hub.catalog.entry(repo).visibility.value,
        forks=len(hub.host.forks(repo)),
        is_lasting=visit.caller.owns(repo.owner),
        typed=visit.sent.get("typed", "") if error else "",
    )
