"""
How an item got from one row to another: the steps that one actor must have taken.

A pull request shows only the net change of a row. ``find`` looks for a sequence of legal steps by
the actor that gives it; a claim and its submission may come in one change, a step that is not the
actor's to take gives no journey.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from .errors import AlreadyClaimed, Conflict, Forbidden, WastelandError
from .lifecycle import EDITABLE, TRANSITIONS, Step, can
from .records import Status, WantedItem

_MAX_STEPS: Final = 4


@dataclass(frozen=True, slots=True)
class Companions:
    """
    Rows beside the item's own that the change holds for it.

    Attributes:
        submitted_by: Who completes it, by completions that the change adds.
        completed_by: Who has completed it, by all completions on the merged tree.
        stamped: Whether it adds a stamp about one of its completions.
        removed: Whether it removes a completion.
    """

    submitted_by: frozenset[str] = frozenset()
    completed_by: frozenset[str] = frozenset()
    stamped: bool = False
    removed: bool = False


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


def find(
    before: WantedItem | None,
    after: WantedItem,
    cells: set[str],
    actor: str,
    companions: Companions,
) -> Journey | None:
    """
    Return the shortest journey by *actor* from *before* to *after*, None if there is none.

    Args:
        before: None for an item that the change adds.
        cells: Columns that differ.
        companions: What else the change holds; a submission needs its completion, an acceptance
            its stamp, and neither may come without the step.
    """
    start = before or _posted(after)
    first: tuple[tuple[Step, WantedItem], ...] = () if before else ((Step.POST, start),)
    if before is None and after.posted_by != actor:
        return None
    goal = (after.state, after.claimed_by)
    queue = deque([Journey(first, start)])
    while queue:
        journey = queue.popleft()
        if (journey.end.state, journey.end.claimed_by) == goal:
            whole = _with_edit(journey, before, cells)
            if whole and _accounts_for(whole, before, cells, companions):
                return whole
        if len(journey.steps) < _MAX_STEPS:
            queue.extend(_onward(journey, after.claimed_by, actor, companions))
    return None


def explain(
    before: WantedItem | None, after: WantedItem, actor: str, companions: Companions
) -> WastelandError:
    """Return why there is no journey from *before* to *after*."""
    if before is None:
        if after.posted_by != actor:
            return Forbidden(f"{after.id} names {after.posted_by} as its poster, not {actor}.")
        return Conflict(f"{after.id} is posted as {after.status}; a new item is open.")
    if after.claimed_by != before.claimed_by and after.claimed_by not in {actor, None}:
        return Forbidden(f"{actor} may not claim {after.id} for {after.claimed_by}.")
    if before.claimed_by not in {None, actor} and before.state is not after.state:
        return AlreadyClaimed(
            f"{before.id} is {before.status} by {before.claimed_by}.",
            item_id=before.id,
            holder=before.claimed_by,
            status=before.status,
        )
    if after.state is Status.IN_REVIEW and not companions.submitted_by:
        return Conflict(
            f"{after.id} goes into review without a completion.",
            hint=f"wl done {after.id} --evidence URL",
        )
    return Conflict(
        f"No legal steps of {actor} lead {after.id} from {before.status} to {after.status} "
        "with these rows.",
        hint=f"wl show {after.id}",
        item_id=after.id,
        status=before.status,
    )


def _posted(after: WantedItem) -> WantedItem:
    return replace(after, status=Status.OPEN.value, claimed_by=None, evidence_url=None)


def _with_edit(journey: Journey, before: WantedItem | None, cells: set[str]) -> Journey | None:
    """Put an edit in front where texts differ; None where the item could not be edited."""
    if before is None or not cells & EDITABLE:
        return journey
    if not can(Step.EDIT, before):
        return None
    return Journey(((Step.EDIT, before), *journey.steps), journey.end)


def _accounts_for(
    journey: Journey, before: WantedItem | None, cells: set[str], companions: Companions
) -> bool:
    taken = {step for step, _ in journey.steps}
    if bool(companions.submitted_by) != (Step.SUBMIT in taken):
        return False
    if companions.stamped != (Step.ACCEPT in taken):
        return False
    if companions.removed and Step.REJECT not in taken:
        return False
    if before is None:
        return True
    written: set[str] = {"updated_at"}
    for step in taken:
        written |= TRANSITIONS[step].columns
    return cells <= written


def _onward(
    journey: Journey, goal: str | None, actor: str, companions: Companions
) -> Iterator[Journey]:
    item = journey.end
    for step in _STEPS:
        if can(step, item):
            for end in _ENDS[step](item, goal, actor, companions):
                yield Journey((*journey.steps, (step, item)), end)


def _claim(item: WantedItem, _: str | None, actor: str, __: Companions) -> Iterator[WantedItem]:
    yield replace(item, status=Status.CLAIMED.value, claimed_by=actor)


def _unclaim(item: WantedItem, *_: object) -> Iterator[WantedItem]:
    yield replace(item, status=Status.OPEN.value, claimed_by=None)


def _handover(item: WantedItem, goal: str | None, *_: object) -> Iterator[WantedItem]:
    if goal and goal != item.claimed_by:
        yield replace(item, claimed_by=goal)


def _submit(
    item: WantedItem, _: str | None, actor: str, companions: Companions
) -> Iterator[WantedItem]:
    holds = item.is_open_bounty or item.claimed_by == actor
    if holds and companions.submitted_by <= {actor}:
        yield replace(item, status=Status.IN_REVIEW.value)


def _reject(item: WantedItem, *_: object) -> Iterator[WantedItem]:
    if item.is_open_bounty:
        yield replace(item, status=Status.OPEN.value)
        yield item
    else:
        yield replace(item, status=Status.CLAIMED.value)


def _complete(
    item: WantedItem, goal: str | None, _: str, companions: Companions
) -> Iterator[WantedItem]:
    done = replace(item, status=Status.COMPLETED.value)
    yield done
    if goal in companions.completed_by:
        # A bounty is held by nobody until the accepted work names its holder.
        yield replace(done, claimed_by=goal)


def _withdraw(item: WantedItem, *_: object) -> Iterator[WantedItem]:
    yield replace(item, status=Status.WITHDRAWN.value)


_ENDS: Final[Mapping[Step, Callable[..., Iterator[WantedItem]]]] = {
    Step.CLAIM: _claim,
    Step.SUBMIT: _submit,
    Step.UNCLAIM: _unclaim,
    Step.ACCEPT: _complete,
    Step.REJECT: _reject,
    Step.CLOSE: _complete,
    Step.WITHDRAW: _withdraw,
    Step.HANDOVER: _handover,
}
_STEPS: Final = tuple(_ENDS)
