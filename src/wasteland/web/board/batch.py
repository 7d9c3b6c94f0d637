"""What is done to several items at once: one operation of the table for each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from ...commons import queries
from ...commons.receipts import MERGED, PENDING, Receipt
from ...hub.tokens import Scope
from ...protocol.errors import Invalid, WastelandError
from ...protocol.lean import dataclass
from ...protocol.lifecycle import Step
from ...protocol.records import WantedItem
from ...protocol.roles import next_steps
from .. import acting, refusals
from ..places import Place
from ..signing.beginning import local
from ..visits import PageRoute, Visit, Visiting
from . import rows
from .page import PAGE, look_of
from .query import CHOICES, Query

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_PICK: Final = "item:"
_STEPS: Final = {
    "claim": Step.CLAIM,
    "unclaim": Step.UNCLAIM,
    "withdraw": Step.WITHDRAW,
    "tag": Step.EDIT,
    "priority": Step.EDIT,
}
_CLOSED: Final = ("claim", "withdraw")
_DONE: Final = {
    "claim": "claimed",
    "unclaim": "given back",
    "withdraw": "withdrawn",
    "tag": "tagged",
    "priority": "given its priority",
}
_STATES: Final = {MERGED: "ok", PENDING: "warn"}


@dataclass(frozen=True, slots=True)
class Deed:
    """
    What is to be done to each.

    Attributes:
        word: As the button says it.
        method: Of the session.
        given: Its inputs besides the item.
    """

    word: str
    method: str
    given: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What became of one item.

    Attributes:
        state: "ok", "warn" for what waits for review, "bad".
        told: In a few words.
    """

    id: str
    title: str
    state: str
    told: str


@dataclass(frozen=True, slots=True)
class Reach:
    """
    How many of the picked items each deed reaches.

    Attributes:
        why: What of them is left out, in a few words; "" for nothing.
    """

    total: int
    counts: Mapping[str, int]
    why: str


@router.get("/{owner}/{database}/batch")
def reach(visit: Visiting) -> Response:
    """Show what may be done to the items that are picked."""
    place = visit.place
    items = _items(place, picked(visit.request.query_params))
    return visit.page("board/bar.html", reach=reach_of(place, items), choices=CHOICES)


@router.post("/{owner}/{database}/batch")
def batch(visit: Visiting) -> Response:
    """Do one thing to several items, each by itself."""
    place = visit.place
    visit.need_form()
    visit.caller.need_scope(Scope.WRITE)
    names, deed = picked(visit.sent), _deed(visit.sent)
    titles = {item.id: item.title for item in _items(place, names)}
    done = [_outcome(visit, place, deed, name, titles.get(name) or name) for name in names]
    query = Query(place.path, {"shape": visit.sent.get("shape", "")})
    look = look_of(place, query)
    seen = place.session.seen(_items(place, names)) if visit.is_part else []
    lines = rows.lines(visit.hub, place, seen)
    return visit.page(
        "board/outcome.html" if visit.is_part else "board/batch.html",
        outcomes=done,
        told=_told(deed, done),
        rows=[(line.id, html) for line, html in zip(lines, rows.drawn(look, lines), strict=True)],
        back=local(visit.sent.get("back", "")) if visit.sent.get("back") else place.path,
        op=acting.new_op(),
    )


def picked(sent: Mapping[str, str]) -> list[str]:
    """
    Return the ids of the items that a form names.

    Raises:
        Invalid: None, or more than a page has.
    """
    names = [name.removeprefix(_PICK) for name in sent if name.startswith(_PICK)]
    if not names:
        raise Invalid("No item is selected.", field="item", hint="select some first")
    if len(names) > PAGE:
        raise Invalid(f"{PAGE} items at most at once.", field="item", value=len(names))
    return names


def reach_of(place: Place, items: Sequence[WantedItem]) -> Reach:
    """Return how many of *items* each deed reaches, as the rules say now."""
    session = place.session
    actor, policy = session.actor(), session.policy()
    steps = [next_steps(item, actor, policy) for item in items]
    counts = {word: sum(step in found for found in steps) for word, step in _STEPS.items()}
    total = len(items)
    left_out = [(word, total - counts[word]) for word in _CLOSED if 0 < counts[word] < total]
    said = [
        f"{count} of {total} {'is' if count == 1 else 'are'} not yours to {word}"
        for word, count in left_out
    ]
    return Reach(total, counts, said[-1] if said else "")


def _told(deed: Deed, done: Sequence[Outcome]) -> str:
    states = [one.state for one in done]
    waiting = states.count("warn")
    rest = f", {waiting} wait{'s' if waiting == 1 else ''} for review" if waiting else ""
    return f"{states.count('ok')} of {len(done)} {_DONE[deed.word]}{rest}"


def _items(place: Place, names: Sequence[str]) -> list[WantedItem]:
    found = {item.id: item for item in queries.items(place.session.main(), names)}
    return [found[name] for name in names if name in found]


def _deed(sent: Mapping[str, str]) -> Deed:
    word, _, value = sent.get("do", "").partition(":")
    if word == "priority":
        return Deed(word, "update", {"priority": value})
    if word == "tag":
        return Deed(word, "update", {"add_tags": sent.get("add_tags", "")})
    if word not in _DONE:
        raise Invalid("That is nothing that can be done to several items.", field="do")
    return Deed(word, word, {})


def _outcome(visit: Visit, place: Place, deed: Deed, name: str, title: str) -> Outcome:
    step: Any = getattr(place.session, deed.method)
    try:
        receipt: Receipt = step(name, op_id=acting.op_id(visit, name), **deed.given)
    except WastelandError as error:
        return Outcome(name, title, "bad", refusals.told(error).text)
    if receipt.state == PENDING:
        return Outcome(name, title, "warn", f"waits for review, pull request {receipt.pull}")
    told = _DONE[deed.word] if receipt.state == MERGED else "is so already"
    return Outcome(name, title, "ok", told)
