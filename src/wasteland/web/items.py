"""An item's page: what is wanted, what happened to it, what one may do next."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from ..commons.choices import Chooser, is_work
from ..commons.data import to_data
from ..commons.evidence.check import State
from ..commons.operations import BY_NAME
from ..commons.review import Submission
from ..commons.sheets import Event, ItemSheet
from ..hub.verdicts import Opined
from ..protocol.errors import NotFound, Unsupported, WastelandError
from ..protocol.lean import dataclass
from ..protocol.records import Completion, Stamp
from ..protocol.text import evidence_url
from . import acting, cookies, ink, refusals
from .looks import Act, Tried
from .past import Past
from .past import of as past_of
from .places import Place
from .refusals import Refusal
from .visits import PageRoute, Visit, Visiting

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_MOST_REVIEWS: Final = 6
_DONE: Final = {
    "post": "posted the item",
    "update": "changed its text",
    "claim": "claimed it",
    "unclaim": "gave it back",
    "handover": "handed it over",
    "done": "handed in work",
    "accept": "accepted the work and stamped it",
    "reject": "gave the work back",
    "close": "closed it without a stamp",
    "withdraw": "withdrew it",
    "extend": "extended the lease",
}
_STATES: Final = {"accept": "ok", "reject": "bad", "withdraw": "withdrawn"}
_QUIET: Final = frozenset({"id", "created_at", "updated_at", "status"})


@dataclass(frozen=True, slots=True)
class Moment:
    """
    One line of the timeline.

    Attributes:
        state: What colours its dot.
        told: What the rig did, or the words of a commit of another client.
        cells: Columns that changed besides the status.
    """

    event: Event
    state: str
    told: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """A completion with what is known about its evidence; ``mark`` is its stamp, drawn."""

    completion: Completion
    link: str | None
    check: State | None
    stamp: Stamp | None
    mark: ink.Mark | None


@dataclass(frozen=True, slots=True)
class ItemView:
    """
    All that an item's page shows.

    Attributes:
        opinions: Pull request -> what reviewers said of it, oldest first.
        acceptable: Those of several pull requests whose work is the visitor's to accept.
        chosen: The rig whose work is about to be accepted; "" for none.
    """

    sheet: ItemSheet
    moments: Sequence[Moment]
    work: Sequence[Work]
    reviews: Sequence[Submission]
    acts: Sequence[Act]
    opinions: Mapping[str, Sequence[Opined]]
    acceptable: Collection[str] = ()
    chosen: str = ""


@router.get("/{owner}/{database}/wanted/{item}")
def item(visit: Visiting) -> Response:
    """Show an item."""
    return _page(visit)


@router.post("/{owner}/{database}/wanted/{item}/{verb}")
def act(visit: Visiting) -> Response:
    """Do something to an item: one operation of the table."""
    place, item_id, verb = visit.place, visit.part("item"), visit.part("verb")
    row = acting.operation(verb)
    try:
        receipt = acting.carry_out(visit, row, place, item_id)
    except WastelandError as error:
        return _page(visit, error, verb)
    cookies.give_receipt(visit, to_data(receipt))
    return visit.to(f"{place.path}/wanted/{item_id}")


@router.post("/{owner}/{database}/wanted/{item}/pulls/{pull}/comment")
def comment(visit: Visiting) -> Response:
    """Add a remark to work that waits."""
    place, pull = visit.place, visit.part("pull")
    try:
        acting.carry_out(visit, BY_NAME["comment"], place, pull)
    except WastelandError as error:
        return _page(visit, error, f"comment {pull}")
    return visit.to(f"{place.path}/wanted/{visit.part('item')}#pull-{pull}")


def _page(visit: Visit, error: WastelandError | None = None, verb: str = "") -> Response:
    """Return an item's page, with what was refused and what had been typed."""
    place = visit.place
    refusal = refusals.told(error) if error else None
    try:
        view = view_of(visit, place, visit.part("item"), refusal, verb)
    except NotFound:
        if error is None:
            raise
        raise error from None
    return visit.page(
        "item.html",
        status=refusal.status if refusal else 200,
        view=view,
        refusal=refusal,
        verb=verb,
        typed=visit.sent,
        changes=_changes(visit.sent, view.sheet) if refusal and refusal.is_change else (),
        op=acting.new_op(),
        past=past_of(visit, place),
    )


def view_of(
    visit: Visit, place: Place, item_id: str, refusal: Refusal | None = None, verb: str = ""
) -> ItemView:
    """
    Return what an item's page shows.

    Raises:
        NotFound: There is no such item.
    """
    past = past_of(visit, place)
    sheet = place.session.show(item_id, as_of=past.commit if past else None)
    reviews = _reviews(place, sheet)
    tried = Tried(verb, visit.sent, refusal.field, refusal.text) if refusal else _chosen(visit)
    opinions = {
        review.pull.id: visit.hub.verdicts.opinions(place.session.repo, review.pull.id)
        for review in reviews
    }
    return ItemView(
        sheet=sheet,
        moments=_moments(place, sheet, past),
        work=[_work(visit, place, sheet, completion) for completion in sheet.completions],
        reviews=reviews,
        acts=[] if past else acting.acts_of(place, sheet, [r.pull for r in reviews], tried),
        opinions=opinions,
        acceptable=_acceptable(place, reviews),
        chosen=tried.typed.get("rig", "") if tried else "",
    )


def _chosen(visit: Visit) -> Tried | None:
    """Return the form that the address opens: to accept the work of one rig of several."""
    rig = visit.request.query_params.get("accept", "")
    return Tried("accept", {"rig": rig}, "", "") if rig else None


def _acceptable(place: Place, reviews: Sequence[Submission]) -> frozenset[str]:
    """Return the pull requests whose work is the visitor's to accept, where there are several."""
    if len(reviews) < 2 or not (place.me.rig and place.may_write):
        return frozenset()
    chooser = Chooser(place.session)
    work = [each for each in reviews if is_work(each)]
    return frozenset(each.pull.id for each in work if not chooser.why_not_on(each))


def _reviews(place: Place, sheet: ItemSheet) -> list[Submission]:
    return [place.session.review(offered.pull) for offered in sheet.pending[:_MOST_REVIEWS]]


def _moments(place: Place, sheet: ItemSheet, past: Past | None) -> list[Moment]:
    if sheet.main_status is None:
        return []
    try:
        events = place.session.why(sheet.item.id)
    except Unsupported:
        return []  # the upstream's host does not show how a row came to be
    if past:
        # By their commits: several may be of the same second.
        history = place.session.engine.history("wanted", sheet.item.id, ref=past.commit)
        known = {version.commit for version in history}
        events = [event for event in events if event.commit in known]
    return [_moment(event, sheet.item.id) for event in reversed(events)]


def _moment(event: Event, item_id: str) -> Moment:
    verb = event.message.removeprefix("wl ").partition(":")[0].strip()
    is_ours = event.message == f"wl {verb}: {item_id}" and verb in _DONE
    status = str(event.cells.get("status", ("", ""))[1] or "")
    return Moment(
        event=event,
        state=_STATES.get(verb, status) if is_ours else status,
        told=_DONE[verb] if is_ours else event.message,
        cells=tuple(name for name in event.cells if name not in _QUIET),
    )


def _work(visit: Visit, place: Place, sheet: ItemSheet, completion: Completion) -> Work:
    stamp = next(
        (s for s in sheet.stamps if s.id == completion.stamp_id or s.context_id == completion.id),
        None,
    )
    return Work(
        completion=completion,
        link=evidence_url(completion.evidence or ""),
        check=visit.hub.checks.state(place.name, completion.id),
        stamp=stamp,
        mark=ink.of(stamp, place.title, place.scale) if stamp else None,
    )


def _changes(seen: Mapping[str, str], sheet: ItemSheet) -> list[tuple[str, str, str]]:
    """Return what is another than on the page that sent the form: column, then, now."""
    now: dict[str, Any] = {
        "status": sheet.main_status or sheet.item.status,
        "claimed_by": sheet.item.claimed_by,
    }
    then = {name: seen.get(f"seen_{name}") for name in now}
    return [
        (name, str(then[name] or ""), str(value or ""))
        for name, value in now.items()
        if then[name] is not None and (then[name] or "") != (value or "")
    ]
