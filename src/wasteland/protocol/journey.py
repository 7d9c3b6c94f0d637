"""
How an item got from one row to another: the steps that one actor must have taken.

A pull request shows only the net change of a row. ``find`` looks for a sequence of steps of
``lifecycle`` that gives it; a claim and its submission may come in one change, and a step that the
actor may not take is no way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from . import lifecycle
from .errors import AlreadyClaimed, Conflict, Forbidden, WastelandError
from .lifecycle import EDITABLE, Step, can
from .records import Completion, Stamp, Status, WantedItem

May = Callable[[Step, WantedItem], bool]
"""Whether the actor may take a step on the item as it then is."""

_MOVED: Final = frozenset({"status", "claimed_by", "evidence_url", "updated_at"})
# Steps that rows beside the item's own must confirm.
_WITNESSED: Final = (Step.EDIT, Step.SUBMIT, Step.ACCEPT, Step.REJECT)


@dataclass(frozen=True, slots=True)
class Companions:
    """
    Rows beside the item's own that the change holds for it, and those that stay.

    Attributes:
        submitted_by: Who completes it, one entry for each completion that the change adds.
        accepted: The completions that the change validates, as they were.
        remaining: Who else waits for an answer on the merged tree: completions without a stamp
            that the change neither adds nor removes.
        stamped: Whether it adds a stamp about one of its completions.
        removed: Whether it removes a completion.
    """

    submitted_by: tuple[str, ...] = ()
    accepted: tuple[Completion, ...] = ()
    remaining: tuple[str, ...] = ()
    stamped: bool = False
    removed: bool = False

    @property
    def speak(self) -> bool:
        """Whether the change does something about the item besides its own row."""
        return bool(self.submitted_by or self.accepted or self.stamped or self.removed)


@dataclass(frozen=True, slots=True)
class Journey:
    """
    Steps in order, each with the item as it stood before the step.

    Attributes:
        steps: (step, item before it).
        end: The item as the steps leave it.
    """

    steps: tuple[tuple[Step, WantedItem], ...]
    end: WantedItem

    def takes(self, step: Step) -> bool:
        """Return whether *step* is among them."""
        return any(step is taken for taken, _ in self.steps)


@dataclass(frozen=True, slots=True)
class Trip:
    """
    What a journey is looked for.

    Attributes:
        before: The item on main; None for one that the change adds.
        after: The item on the merged tree.
        cells: Columns that differ.
        actor: Whose steps they are.
        companions: What else the change holds; a submission needs its completion, an acceptance
            its stamp, and neither may come without the step.
    """

    before: WantedItem | None
    after: WantedItem
    cells: frozenset[str]
    actor: str
    companions: Companions


def find(trip: Trip, may: May = lambda *_: True) -> Journey | None:
    """Return the shortest journey by steps that *may* lets pass, None if there is none."""
    start = _start(trip, may)
    queue = deque([start] if start else [])
    seen: set[tuple[object, ...]] = set()
    while queue:
        journey = queue.popleft()
        if _arrives(journey, trip):
            return journey
        for onward in _onward(journey, trip, may):
            place = _place(onward)
            if place not in seen:
                seen.add(place)
                queue.append(onward)
    return None


def explain(trip: Trip) -> WastelandError:
    """Return why no steps of lifecycle make this trip, whoever is asked."""
    before, after, actor = trip.before, trip.after, trip.actor
    if before is None and after.posted_by != actor:
        return Forbidden(f"{after.id} names {after.posted_by} as its poster, not {actor}.")
    others = sorted(set(trip.companions.submitted_by) - {actor})
    if others:
        return Forbidden(
            f"{after.id} comes with work of {', '.join(others)}, which no open pull request of "
            "that rig offers with this evidence.",
            hint=f"wl show {after.id}",
            item_id=after.id,
            rigs=others,
        )
    known = {actor, None, before.claimed_by if before else None}
    if after.claimed_by not in known and not trip.companions.accepted:
        return Forbidden(f"{actor} may not claim {after.id} for {after.claimed_by}.")
    if before is None:
        return Conflict(f"{after.id} is posted as {after.status}; a new item is open.")
    takes_it = before.state is not after.state or after.claimed_by == actor
    if before.claimed_by not in {None, actor} and takes_it:
        return AlreadyClaimed(
            f"{before.id} is {before.status} by {before.claimed_by}.",
            item_id=before.id,
            holder=before.claimed_by,
            status=before.status,
        )
    return _explain_rows(trip, before, after)


def _explain_rows(trip: Trip, before: WantedItem, after: WantedItem) -> WastelandError:
    extra = sorted(trip.cells - _MOVED - EDITABLE)
    if extra:
        return Forbidden(f"{', '.join(extra)} of {after.id} cannot be changed.", cells=extra)
    if trip.cells <= {"updated_at"} and not trip.companions.speak:
        return Forbidden(f"{after.id} changes its time and nothing else.", item_id=after.id)
    if after.state is Status.IN_REVIEW and not trip.companions.submitted_by:
        return Conflict(
            f"{after.id} goes into review without a completion.",
            hint=f"wl done {after.id} --evidence URL",
        )
    return Conflict(
        f"No legal steps of {trip.actor} lead {after.id} from {before.status} to {after.status} "
        "with these rows.",
        hint=f"wl show {after.id}",
        item_id=after.id,
        status=before.status,
    )


def _start(trip: Trip, may: May) -> Journey | None:
    if trip.before is not None:
        return Journey((), trip.before)
    posted = replace(trip.after, status=Status.OPEN.value, claimed_by=None, evidence_url=None)
    if posted.posted_by != trip.actor or not may(Step.POST, posted):
        return None
    return Journey(((Step.POST, posted),), posted)


def _arrives(journey: Journey, trip: Trip) -> bool:
    end, after = journey.end, trip.after
    return (
        _same_status(end, after)
        and (end.claimed_by, end.evidence_url) == (after.claimed_by, after.evidence_url)
        and _accounts_for_cells(journey, trip)
        and _accounts_for_rows(journey, trip.companions)
    )


def _same_status(end: WantedItem, after: WantedItem) -> bool:
    """Compare stored words, so that no step leaves one that a board does not find."""
    return end.status == after.status or (
        end.status == Status.COMPLETED and after.state is Status.COMPLETED
    )


def _accounts_for_cells(journey: Journey, trip: Trip) -> bool:
    if trip.before is None:
        return True
    if trip.cells <= {"updated_at"} and not trip.companions.speak:
        # Steps that cancel out, or none: only the time would move.
        return not trip.cells and not journey.steps
    texts = EDITABLE if journey.takes(Step.EDIT) else frozenset()
    return bool(journey.steps) and trip.cells <= _MOVED | texts


def _accounts_for_rows(journey: Journey, companions: Companions) -> bool:
    submits, accepts = journey.takes(Step.SUBMIT), journey.takes(Step.ACCEPT)
    return (
        len(companions.submitted_by) == submits
        and len(companions.accepted) == accepts
        and companions.stamped == accepts
        and (journey.takes(Step.REJECT) or not companions.removed)
    )


def _place(journey: Journey) -> tuple[object, ...]:
    """Return what tells journeys apart as far as any continuation is concerned."""
    end = journey.end
    taken = tuple(journey.takes(step) for step in (*_WITNESSED, Step.CLAIM))
    return (end.status, end.claimed_by, end.evidence_url, *taken)


def _onward(journey: Journey, trip: Trip, may: May) -> Iterator[Journey]:
    item = journey.end
    for step, move in _MOVES.items():
        if can(step, item) and may(step, item):
            for end in move(journey, trip):
                yield Journey((*journey.steps, (step, item)), end)


def _claim(journey: Journey, trip: Trip) -> Iterator[WantedItem]:
    yield lifecycle.claim(journey.end, by=trip.actor, at=None)


def _unclaim(journey: Journey, _: Trip) -> Iterator[WantedItem]:
    yield lifecycle.unclaim(journey.end, at=None)


def _handover(journey: Journey, trip: Trip) -> Iterator[WantedItem]:
    """Only a claim that main knows can be handed on; else anybody could claim for others."""
    to = trip.after.claimed_by
    if to and to != journey.end.claimed_by and trip.before and not journey.takes(Step.CLAIM):
        yield lifecycle.handover(journey.end, to=to, at=None)


def _submit(journey: Journey, trip: Trip) -> Iterator[WantedItem]:
    item, url = journey.end, trip.after.evidence_url
    if set(trip.companions.submitted_by) != {trip.actor} or journey.takes(Step.SUBMIT):
        return
    if lifecycle.takes_many(item) or item.claimed_by == trip.actor:
        submitted, _ = lifecycle.submit(
            item, by=trip.actor, evidence="", evidence_url=url, new_id="", at=None
        )
        yield submitted


def _accept(journey: Journey, trip: Trip) -> Iterator[WantedItem]:
    for completion in trip.companions.accepted:
        if not completion.stamp_id:
            done, _ = lifecycle.accept(journey.end, completion, Stamp("", trip.actor), at=None)
            yield done


def _reject(journey: Journey, trip: Trip) -> Iterator[WantedItem]:
    item, others = journey.end, len(trip.companions.remaining)
    if journey.takes(Step.SUBMIT):
        # What the change submits stays in it; it cannot have been rejected on the way.
        return
    if item.is_open_bounty or not others:
        back = lifecycle.reject(item, others=others, at=None)
        yield back
        # Other clients leave the address of the rejected work where it is.
        yield replace(back, evidence_url=item.evidence_url)


def _close(journey: Journey, trip: Trip) -> Iterator[WantedItem]:
    for by in (None, *trip.companions.remaining, *trip.companions.submitted_by):
        yield lifecycle.close(journey.end, by=by, at=None)


def _withdraw(journey: Journey, _: Trip) -> Iterator[WantedItem]:
    yield lifecycle.withdraw(journey.end, at=None)


def _edit(journey: Journey, trip: Trip) -> Iterator[WantedItem]:
    if trip.before and trip.cells & EDITABLE and not journey.takes(Step.EDIT):
        texts = {name: getattr(trip.after, name) for name in EDITABLE}
        yield lifecycle.edit(journey.end, texts, at=None)


_MOVES: Final[Mapping[Step, Callable[[Journey, Trip], Iterator[WantedItem]]]] = {
    Step.CLAIM: _claim,
    Step.SUBMIT: _submit,
    Step.UNCLAIM: _unclaim,
    Step.ACCEPT: _accept,
    Step.REJECT: _reject,
    Step.CLOSE: _close,
    Step.WITHDRAW: _withdraw,
    Step.HANDOVER: _handover,
    Step.EDIT: _edit,
}
