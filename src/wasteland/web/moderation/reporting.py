"""The form with which a rig reports an item, a rig or a comment."""

from __future__ import annotations

from collections import defaultdict

from fastapi import APIRouter
from starlette.responses import Response

from ...commons.data import to_data
from ...commons.operations import BY_NAME
from ...protocol.errors import Forbidden, NotFound, WastelandError
from ...protocol.lean import dataclass
from ...protocol.moderation import CATEGORIES, REPORTABLE, Target
from ...protocol.names import visible
from .. import acting, cookies, refusals
from ..signing.beginning import local
from ..visits import PageRoute, Visit, Visiting
from .desk import BASE

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@dataclass(frozen=True, slots=True)
class Reported:
    """
    What is reported.

    Attributes:
        kind: item, rig or comment.
        target: Its id.
        title: In words.
        rig: Whose it is.
        words: Of a comment.
        back: The page that it is on; the board where that is not known.
    """

    kind: str
    target: str
    title: str
    rig: str
    words: str
    back: str


@router.get(f"{BASE}/report")
def form(visit: Visiting) -> Response:
    """Show the form of a report."""
    return _form(visit, None)


@router.post(f"{BASE}/report")
def report(visit: Visiting) -> Response:
    """Report."""
    place = visit.place
    try:
        found = _reported(visit)
        receipt = acting.carry_out(visit, BY_NAME["report"], place, found.target)
    except WastelandError as error:
        return _form(visit, error)
    cookies.give_receipt(visit, to_data(receipt))
    return visit.to(found.back)


def _form(visit: Visit, error: WastelandError | None) -> Response:
    place = visit.place
    visit.caller.need_account()
    if not place.me.registered:
        raise Forbidden("A report is a rig's: join first.", hint="join")
    refusal = refusals.told(error) if error else None
    return visit.page(
        "moderation/report.html",
        status=refusal.status if refusal else 200,
        about=_reported(visit),
        categories=CATEGORIES,
        cap=place.session.policy().daily("reports_per_day"),
        typed=defaultdict(str, visit.sent),
        refusal=refusal,
        op=acting.new_op(),
    )


def _reported(visit: Visit) -> Reported:
    """Return what the address, or the form, is about."""
    given = {**visit.request.query_params, **visit.sent}
    kind, target = given.get("kind", Target.ITEM.value), given.get("target", "")
    place = visit.place
    if kind == Target.ITEM:
        item = place.session.show(target).item
        back = f"{place.path}/wanted/{item.id}"
        return Reported(kind, item.id, item.title, item.posted_by or "", "", back)
    if kind == Target.RIG:
        rig = place.session.rig(target).rig
        back = f"{place.path}/rigs/{rig.handle}"
        return Reported(kind, rig.handle, rig.display_name or "", rig.handle, "", back)
    if kind == Target.COMMENT:
        remark = place.session.remark(target)
        back = local(given.get("next", "")) if given.get("next") else place.path
        return Reported(kind, target, "", remark.author, remark.body, back)
    known = ", ".join(REPORTABLE)
    raise NotFound(f"{visible(kind)} cannot be reported: only {known}.")
