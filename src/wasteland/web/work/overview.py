"""What the page of one's own work shows: claims, submissions, offers, what is done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ...commons import leases, queries
from ...commons.review import Submission
from ...commons.session import branch_item
from ...hub.verdicts import Opined
from ...protocol.inbox import CardKind
from ...protocol.lean import dataclass
from ...protocol.records import Completion, Status, WantedItem
from ..places import Place
from ..visits import Visit

MOST: Final = 12
MOST_LISTED: Final = 50


@dataclass(frozen=True, slots=True)
class Claim:
    """An item that the visitor holds; ``ends`` is None where nothing expires."""

    item: WantedItem
    ends: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """
    What the visitor has offered, and waits.

    Attributes:
        said: What reviewers said of it, newest first.
    """

    submission: Submission
    item: WantedItem | None
    said: Sequence[Opined] = ()

    @property
    def is_work(self) -> bool:
        """Whether it hands in work."""
        return self.submission.card.kind is CardKind.WORK_SUBMISSION


@dataclass(frozen=True, slots=True)
class Done:
    """Work that was decided on, or waits on main."""

    completion: Completion
    item: WantedItem | None


@dataclass(frozen=True, slots=True)
class Overview:
    """
    One's own work on a commons.

    Attributes:
        claims: What is still to be handed in; the lease that ends first before the others.
        in_review: Work on main that waits.
        submissions: Work in pull requests that wait.
        offers: Other pull requests that wait: posts, edits, registrations.
        to_review: Work of others on main that waits, where this rig may judge it.
        done: Newest first.
    """

    claims: Sequence[Claim]
    in_review: Sequence[WantedItem]
    submissions: Sequence[Waiting]
    offers: Sequence[Waiting]
    to_review: Sequence[WantedItem]
    done: Sequence[Done]


def of(visit: Visit) -> Overview | None:
    """Return the visitor's own work; None for one without a rig."""
    place = visit.place
    if not place.me.registered:
        return None
    waiting = [_waiting(visit, submission) for submission in place.session.inbox(mine=True)]
    handed_in = {branch_item(each.submission.pull) for each in waiting if each.is_work}
    held = _items(place, status=Status.CLAIMED, claimed_by=place.me.rig)
    return Overview(
        claims=_claims(place, [item for item in held if item.id not in handed_in]),
        in_review=_items(place, status=Status.IN_REVIEW, claimed_by=place.me.rig),
        submissions=[each for each in waiting if each.is_work],
        offers=[each for each in waiting if not each.is_work],
        to_review=_to_review(place) if place.may_review else (),
        done=_done(place),
    )


def _items(place: Place, *, status: Status, claimed_by: str = "") -> list[WantedItem]:
    """Return items as they are on main, most urgent first."""
    rows = place.session.browse(
        status=status.value, claimed_by=claimed_by, view="upstream", limit=MOST_LISTED
    )
    return [row.item for row in rows]


def _to_review(place: Place) -> list[WantedItem]:
    found = _items(place, status=Status.IN_REVIEW)
    return [item for item in found if item.claimed_by != place.me.rig]


def _claims(place: Place, items: Sequence[WantedItem]) -> list[Claim]:
    ends = leases.ends(place.session, place.session.main(), [item.id for item in items])
    found = [Claim(item, ends.get(item.id)) for item in items]
    return sorted(found, key=lambda one: (one.ends is None, one.ends, one.item.id))


def _waiting(visit: Visit, submission: Submission) -> Waiting:
    pull, query = submission.pull, visit.place.session.main()
    item_id = branch_item(pull)
    item = queries.one(query, WantedItem, item_id) if item_id else None
    said = visit.hub.verdicts.opinions(pull.repo, pull.id)
    return Waiting(submission, item, list(reversed(said)))


def _done(place: Place) -> list[Done]:
    query = place.session.main()
    work = place.session.rig(place.me.rig).completions[:MOST]
    decided = [completion for completion in work if completion.validated_by]
    return [Done(each, queries.one(query, WantedItem, each.wanted_id or "")) for each in decided]
