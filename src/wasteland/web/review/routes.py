"""The pages of the inbox and of its desk, and what is decided there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from ...commons.choices import item_id
from ...commons.data import to_data
from ...commons.operations import BY_NAME
from ...commons.review import Submission
from ...commons.triage import Order, entries, ordered
from ...hub import pulls
from ...hub.verdicts import Opinion
from ...protocol.errors import NotFound, WastelandError
from ...protocol.names import visible
from .. import acting, cookies, refusals, stamping
from ..looks import Tried
from ..places import Place
from ..refusals import Refusal
from ..visits import PageRoute, Visit, Visiting
from . import batch, cards, desk, drawer
from .cards import Inbox

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_BASE: Final = "/{owner}/{database}/review"
_ON_ITEMS: Final = frozenset({"accept", "reject", "close"})
_ON_PULLS: Final = frozenset({"merge", "decline"})
_OPINIONS: Final = {"approve": Opinion.APPROVED, "changes": Opinion.CHANGES_REQUESTED}


@router.get(_BASE)
def inbox(visit: Visiting) -> Response:
    """Show what waits, with the first of it on the desk."""
    found = inbox_of(visit)
    first = found.shown[0].id if found.shown else ""
    return _page(visit, found, first, is_inbox=True)


@router.get(f"{_BASE}/batch")
def ask_batch(visit: Visiting) -> Response:
    """Show what accepting all that passed the gate would do, and why the rest is left out."""
    found = inbox_of(visit)
    plan = batch.plan_of(visit.place, found)
    return _batch_page(visit, found, plan)


@router.post(f"{_BASE}/batch")
def run_batch(visit: Visiting) -> Response:
    """Decide on all that was ticked, each by itself."""
    visit.need_form()
    found = inbox_of(visit)
    plan = batch.plan_of(visit.place, found)
    try:
        outcomes = batch.carried_out(visit, plan)
    except WastelandError as error:
        return _batch_page(visit, found, plan, error)
    return visit.page("review/done.html", inbox=inbox_of(visit), outcomes=outcomes, cards=cards)


@router.get(f"{_BASE}/{{pull}}")
def one(visit: Visiting) -> Response:
    """Show one pull request on the desk."""
    return _page(visit, inbox_of(visit), visit.part("pull"))


@router.get(f"{_BASE}/{{pull}}/desk")
def only_desk(visit: Visiting) -> Response:
    """Show the desk alone, for a page that has the inbox already."""
    found = inbox_of(visit)
    return visit.page("review/only_desk.html", **_desk_values(visit, found, visit.part("pull")))


@router.post(f"{_BASE}/{{pull}}/{{verb}}")
def decide(visit: Visiting) -> Response:
    """Decide on a pull request, or say something about it."""
    pull, verb = visit.part("pull"), visit.part("verb")
    visit.need_form()
    before = inbox_of(visit)
    try:
        receipt = _carried_out(visit, pull, verb)
    except WastelandError as error:
        return _page(visit, before, pull, error=error, verb=verb)
    if receipt:
        cookies.give_receipt(visit, receipt)
    if verb in _OPINIONS or verb == "comment":
        return visit.to(f"{before.path}/{pull}{before.query}#talk")
    return visit.to(_next(before, pull))


def inbox_of(visit: Visit) -> Inbox:
    """
    Return what waits, as the address asks to see it.

    Raises:
        Forbidden: Looking at it is for others.
    """
    place, asked = visit.place, visit.request.query_params
    word = asked.get("order", "")
    order = Order(word) if word in set(Order) else Order.TRUST
    waiting = ordered(entries(place.session, place.session.inbox()), order)
    return cards.narrowed(
        waiting, path=f"{place.path}/review", kind=asked.get("kind", ""), order=order
    )


def _page(
    visit: Visit,
    found: Inbox,
    pull: str,
    *,
    error: WastelandError | None = None,
    verb: str = "",
    is_inbox: bool = False,
) -> Response:
    refusal = refusals.told(error) if error else None
    values = _desk_values(visit, found, pull, refusal, verb) if pull else {"desk": None}
    return visit.page(
        "review/page.html",
        status=refusal.status if refusal else 200,
        is_inbox=is_inbox,
        drawer=drawer.drawn(visit),
        passed=batch.plan_of(visit.place, found).takes if visit.place.may_write else [],
        **{"inbox": found, "refusal": None, "cards": cards, **values},
    )


def _desk_values(
    visit: Visit, found: Inbox, pull: str, refusal: Refusal | None = None, verb: str = ""
) -> dict[str, Any]:
    tried = Tried(verb, visit.sent, refusal.field, refusal.text) if refusal else None
    whole = "whole" in visit.request.query_params
    laid = desk.laid_out(visit, visit.place, pull, tried=tried, whole=whole)
    before, after = found.beside(laid.entry.id)
    return {
        "desk": laid,
        "inbox": found,
        "cards": cards,
        "number": found.place_of(laid.entry.id),
        "before": before,
        "after": after,
        "refusal": refusal,
        "seen": visit.sent.get("head", ""),
        "op": acting.new_op(),
    }


def _carried_out(visit: Visit, pull: str, verb: str) -> Mapping[str, Any] | None:
    """Do what a form asks; return the receipt, None where nothing is to be shown of it."""
    place = visit.place
    if verb in _OPINIONS:
        return _opined(visit, place, pull, verb)
    if verb in _ON_ITEMS:
        return _decided(visit, place, pull, verb)
    if verb in _ON_PULLS:
        return _data(acting.carry_out(visit, BY_NAME[verb], place, pull))
    if verb == "comment":
        acting.carry_out(visit, BY_NAME[verb], place, pull)
        return None
    raise NotFound(f"{visible(verb)} is nothing that can be done to a pull request.")


def _decided(visit: Visit, place: Place, pull: str, verb: str) -> Mapping[str, Any]:
    """Settle submitted work, as the operations on its item do it."""
    found = place.session.review(pull)
    return _data(acting.carry_out(visit, BY_NAME[verb], place, _item(found), rig=found.rig))


def _opined(visit: Visit, place: Place, pull: str, verb: str) -> Mapping[str, Any]:
    opinion = pulls.review(
        visit.hub,
        visit.caller,
        place.session.repo,
        pull,
        opinion=_OPINIONS[verb],
        text=visit.sent.get("body", ""),
        head=visit.sent.get("head", ""),
        rig=place.me.rig,
    )
    return {"operation": verb, "state": "kept", "pull": pull, "commit": opinion.head}


def _item(found: Submission) -> str:
    name = item_id(found)
    if not name:
        raise NotFound(f"Pull request {found.pull.id} is about no wanted item.")
    return name


def _next(before: Inbox, pull: str) -> str:
    """Return the way to the next card, the one before the last, or the empty inbox."""
    earlier, later = before.beside(pull)
    following = later or earlier
    return before.link(following) if following else f"{before.path}{before.query}"


def _batch_page(
    visit: Visit, found: Inbox, plan: batch.Plan, error: WastelandError | None = None
) -> Response:
    refusal = refusals.told(error) if error else None
    return visit.page(
        "review/batch.html",
        status=refusal.status if refusal else 200,
        inbox=found,
        cards=cards,
        plan=plan,
        refusal=refusal,
        stamp=stamping.shown(
            visit.place.scale,
            visit.sent,
            field=refusal.field if refusal else "",
            error=refusal.text if refusal else "",
        ),
        unticked=_unticked(visit, plan) if refusal else frozenset(),
        op=visit.sent.get(acting.OP) or acting.new_op(),
    )


def _unticked(visit: Visit, plan: batch.Plan) -> frozenset[str]:
    return frozenset(each.id for each in plan.takes if f"pull-{each.id}" not in visit.sent)


_data: Callable[[Any], Mapping[str, Any]] = to_data
