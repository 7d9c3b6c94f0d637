"""The notifications of a page: what was told, with the stamp that came with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ...commons import queries
from ...hub.notifications.records import Kind, Notification, advice, headline
from ...protocol.lean import dataclass
from ...protocol.records import Stamp
from .. import ink
from ..visits import Visit

PAGE: Final = 30
_MOST_STAMPS: Final = 6
_LOOKS: Final = {
    Kind.ACCEPTED: ("ok", "check"),
    Kind.REJECTED: ("bad", "undo"),
    Kind.CLOSED: ("withdrawn", "x"),
    Kind.MERGED: ("ok", "check"),
    Kind.APPROVED: ("ok", "check"),
    Kind.CHANGES_REQUESTED: ("warn", "edit"),
    Kind.COMMENTED: ("in_review", "msg"),
    Kind.LEASE_ENDING: ("warn", "clock"),
    Kind.LEASE_ENDED: ("bad", "clock"),
    Kind.TAKEN_BACK: ("bad", "hand"),
    Kind.HANDED_OVER: ("claimed", "hand"),
    Kind.WITHDRAWN: ("withdrawn", "x"),
    Kind.SUSPENDED: ("bad", "lock"),
    Kind.RESTORED: ("ok", "check"),
    Kind.ANSWERED: ("in_review", "msg"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """
    A notification as it is shown.

    Attributes:
        state: What colours its mark.
        said: What happened.
        advice: What one may do now; "" for nothing.
        mark: The stamp that came with it, drawn.
    """

    it: Notification
    state: str
    icon: str
    said: str
    advice: str
    mark: ink.Mark | None


@dataclass(frozen=True, slots=True)
class News:
    """A page of notifications; ``more`` is the serial that the next one begins before, or 0."""

    told: Sequence[Told]
    more: int
    is_unread: bool


def of(visit: Visit, *, before: int | None, is_unread: bool) -> News:
    """Return what the visitor is told of a commons, newest first."""
    repo = visit.place.session.repo
    found = visit.hub.notifications.of(
        visit.caller, repo, is_unread=is_unread, before=before, limit=PAGE + 1
    )
    shown = found[:PAGE]
    stamped = [each.serial for each in shown if each.stamp][:_MOST_STAMPS]
    told = [_told(visit, each, is_drawn=each.serial in stamped) for each in shown]
    return News(told, shown[-1].serial if len(found) > PAGE else 0, is_unread)


def _told(visit: Visit, it: Notification, *, is_drawn: bool) -> Told:
    place = visit.place
    stamp = queries.one(place.session.main(), Stamp, it.stamp) if is_drawn else None
    state, icon = _LOOKS[it.kind]
    return Told(
        it=it,
        state=state,
        icon=icon,
        said=headline(it),
        advice=advice(it),
        mark=ink.of(stamp, place.title, place.scale) if stamp else None,
    )
