"""
The life of a wanted item: which step leads from which status to which.

Each function returns the records as they are after a step, or raises because the item is not in
the state that the step needs. Who may take a step is the affair of ``roles``; steps of one
change are put together by ``gate``.
Source: MVGT guide, status lifecycle (S0-77), and the administration guide (S1-29 to S1-31, S1-44).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from .errors import AlreadyClaimed, Conflict, Invalid
from .records import Completion, Stamp, Status, WantedItem


class Step(StrEnum):
    """What can happen to an item."""

    POST = "post"
    EDIT = "edit"
    CLAIM = "claim"
    UNCLAIM = "unclaim"
    HANDOVER = "handover"
    SUBMIT = "submit"
    ACCEPT = "accept"
    REJECT = "reject"
    CLOSE = "close"
    WITHDRAW = "withdraw"


EDITABLE: Final = frozenset(
    {
        "title",
        "description",
        "project",
        "type",
        "priority",
        "tags",
        "effort_level",
        "sandbox_required",
        "sandbox_scope",
        "sandbox_min_tier",
    }
)
_OPEN, _CLAIMED, _IN_REVIEW = Status.OPEN, Status.CLAIMED, Status.IN_REVIEW

STARTS: Final[Mapping[Step, frozenset[Status]]] = {
    Step.EDIT: frozenset({_OPEN}),
    Step.CLAIM: frozenset({_OPEN}),
    Step.UNCLAIM: frozenset({_CLAIMED}),
    Step.HANDOVER: frozenset({_CLAIMED}),
    Step.SUBMIT: frozenset({_CLAIMED}),
    Step.ACCEPT: frozenset({_IN_REVIEW}),
    Step.REJECT: frozenset({_IN_REVIEW}),
    Step.CLOSE: frozenset({_IN_REVIEW}),
    Step.WITHDRAW: frozenset({_OPEN}),
}
"""The statuses that a step may begin in; posting begins with no item at all."""
# An open bounty needs no claim and stays open to further submissions (S2-14).
_BOUNTY_STARTS: Final = frozenset({_OPEN, _IN_REVIEW})


def takes_many(item: WantedItem) -> bool:
    """Return whether any rig may submit to *item* now, without a claim."""
    return item.is_open_bounty and item.state in _BOUNTY_STARTS


def can(step: Step, item: WantedItem) -> bool:
    """Return whether *item* is in a state that *step* may begin in."""
    if takes_many(item) and step in {Step.CLAIM, Step.SUBMIT}:
        return step is Step.SUBMIT
    return item.state in STARTS.get(step, ())


def claim(item: WantedItem, *, by: str, at: datetime | None) -> WantedItem:
    """
    Return *item* held by rig *by*.

    Raises:
        AlreadyClaimed: Somebody holds it, possibly *by* under another claim.
        Conflict: It is completed, withdrawn, or an open bounty.
    Source: MVGT guide, step 7 (S0-95).
    """
    if takes_many(item):
        raise Conflict(
            f"{item.id} is an open bounty: it needs no claim.",
            hint=f"wl done {item.id} --evidence URL",
            item_id=item.id,
        )
    if item.claimed_by and item.state in {_CLAIMED, _IN_REVIEW}:
        raise AlreadyClaimed(
            f"{item.id} is {item.status} by {item.claimed_by}.",
            item_id=item.id,
            holder=item.claimed_by,
            status=item.status,
        )
    _need(Step.CLAIM, item)
    return replace(item, status=_CLAIMED.value, claimed_by=by, updated_at=at)


def unclaim(item: WantedItem, *, at: datetime | None) -> WantedItem:
    """
    Return *item* open again.

    Raises:
        Conflict: It is not claimed.
    """
    _need(Step.UNCLAIM, item)
    return replace(item, status=_OPEN.value, claimed_by=None, updated_at=at)


def handover(item: WantedItem, *, to: str, at: datetime | None) -> WantedItem:
    """
    Return *item* held by rig *to* instead of its present holder.

    Raises:
        Conflict: It is not claimed, or *to* holds it already.
    """
    _need(Step.HANDOVER, item)
    if item.claimed_by == to:
        raise Conflict(f"{to} holds {item.id} already.", item_id=item.id, holder=to)
    return replace(item, claimed_by=to, updated_at=at)


def submit(
    item: WantedItem,
    *,
    by: str,
    evidence: str,
    evidence_url: str | None,
    new_id: str,
    at: datetime | None,
) -> tuple[WantedItem, Completion]:
    """
    Return *item* in review and the completion that holds the evidence.

    Args:
        item: Claimed by *by*, or an open bounty.
        by: The rig that did the work.
        evidence: Text that a reviewer can follow.
        evidence_url: The address in it, if any.
        new_id: The completion's id.
        at: UTC, whole seconds.
    Raises:
        Conflict: The item is not claimed by *by*.
    Source: MVGT guide, step 9 (S0-97).
    """
    _need(Step.SUBMIT, item)
    if item.claimed_by != by and not takes_many(item):
        raise AlreadyClaimed(
            f"{item.id} is claimed by {item.claimed_by}, not by {by}.",
            item_id=item.id,
            holder=item.claimed_by,
        )
    completion = Completion(
        id=new_id, wanted_id=item.id, completed_by=by, evidence=evidence, completed_at=at
    )
    url = evidence_url or (None if takes_many(item) else item.evidence_url)
    return replace(item, status=_IN_REVIEW.value, evidence_url=url, updated_at=at), completion


def accept(
    item: WantedItem, completion: Completion, stamp: Stamp, *, at: datetime | None
) -> tuple[WantedItem, Completion]:
    """
    Return *item* completed and *completion* validated by *stamp*.

    Raises:
        Conflict: The item is not in review, or the completion already has its stamp.
    """
    _need(Step.ACCEPT, item)
    if completion.stamp_id:
        raise Conflict(
            f"{completion.id} was already accepted with stamp {completion.stamp_id}.",
            item_id=item.id,
            completion_id=completion.id,
        )
    done = replace(
        item, status=Status.COMPLETED.value, claimed_by=completion.completed_by, updated_at=at
    )
    return done, replace(completion, validated_by=stamp.author, stamp_id=stamp.id, validated_at=at)


def reject(item: WantedItem, *, others: int = 0, at: datetime | None) -> WantedItem:
    """
    Return *item* given back to its claimer for rework; its completion is removed with it.

    An open bounty goes back to the board: it is nobody's, whoever held it before.

    Args:
        item: In review.
        others: How many further submissions an open bounty holds.
        at: UTC, whole seconds.
    Raises:
        Conflict: It is not in review.
    """
    _need(Step.REJECT, item)
    if not item.is_open_bounty:
        return replace(item, status=_CLAIMED.value, evidence_url=None, updated_at=at)
    status = _IN_REVIEW if others else _OPEN
    return replace(item, status=status.value, claimed_by=None, evidence_url=None, updated_at=at)


def close(item: WantedItem, *, by: str | None, at: datetime | None) -> WantedItem:
    """
    Return *item* completed without a stamp; *by* is whose work closed it.

    Raises:
        Conflict: It is not in review.
    """
    _need(Step.CLOSE, item)
    return replace(
        item, status=Status.COMPLETED.value, claimed_by=by or item.claimed_by, updated_at=at
    )


def withdraw(item: WantedItem, *, at: datetime | None) -> WantedItem:
    """
    Return *item* taken off the board; its history stays (S1-44).

    Raises:
        Conflict: It is not open.
    """
    _need(Step.WITHDRAW, item)
    return replace(item, status=Status.WITHDRAWN.value, updated_at=at)


def edit(item: WantedItem, changes: Mapping[str, object], *, at: datetime | None) -> WantedItem:
    """
    Return *item* with other texts; nobody edits under a claimer's hands.

    Args:
        item: Open.
        changes: Column -> new value, checked by ``fields``.
        at: UTC, whole seconds.
    Raises:
        Conflict: It is not open.
        Invalid: Nothing to change, or a column that is not the poster's to edit.
    """
    _need(Step.EDIT, item)
    foreign = sorted(set(changes) - EDITABLE)
    if foreign or not changes:
        named = ", ".join(foreign) or "no field"
        raise Invalid(f"An update cannot set {named}.", field=named, hint="wl update --help")
    return replace(item, **changes, updated_at=at)  # type: ignore[arg-type]


def _need(step: Step, item: WantedItem) -> None:
    if not can(step, item):
        raise _wrong_state(step, item)


def _wrong_state(step: Step, item: WantedItem) -> Conflict:
    starts = " or ".join(sorted(STARTS[step]))
    is_unclaimed = step is Step.SUBMIT and item.state is Status.OPEN
    return Conflict(
        f"{item.id} is {item.status}; {step.value} needs it {starts}.",
        hint=f"wl claim {item.id}" if is_unclaimed else f"wl show {item.id}",
        item_id=item.id,
        status=item.status,
    )
