"""One notification: what became of a piece of somebody's work, by whom, and why."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Final

from ...hosts.base import RepoName
from ...protocol.lean import dataclass


class Kind(StrEnum):
    """What happened."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CLOSED = "closed"
    MERGED = "merged"
    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"
    COMMENTED = "commented"
    LEASE_ENDING = "lease_ending"
    LEASE_ENDED = "lease_ended"
    TAKEN_BACK = "taken_back"
    HANDED_OVER = "handed_over"
    WITHDRAWN = "withdrawn"
    SUSPENDED = "suspended"
    RESTORED = "restored"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Notification:
    """
    What one rig is told.

    Attributes:
        key: Tells it from every other of its repository: what is found again is not told again.
        recipient: The namespace that the rig belongs to, folded; its owners read it.
        rig: Whose work it is.
        item: Wanted id; "" where it is about none.
        title: Of the item, or of the pull request.
        pull: Number; "" for none.
        by: Handle of the rig that did it; "" for nobody, or for who is not known.
        reason: Why, in the words of who did it; "" for none.
        stamp: Id of the stamp that it brought; "" for none.
        until: When a lease ends, or a suspension.
        serial: Its place among all of the hub; 0 before it is kept.
        is_read: Whether the account that asked has read it.
    """

    key: str
    repo: RepoName
    recipient: str
    rig: str
    kind: Kind
    at: datetime
    item: str = ""
    title: str = ""
    pull: str = ""
    by: str = ""
    reason: str = ""
    stamp: str = ""
    until: datetime | None = None
    serial: int = field(default=0, compare=False)
    is_read: bool = field(default=False, compare=False)


_SAYINGS: Final = {
    Kind.ACCEPTED: "{by} accepted your work",
    Kind.REJECTED: "{by} gave your work back",
    Kind.CLOSED: "{what} was closed",
    Kind.MERGED: "{what} was merged",
    Kind.APPROVED: "{by} approved your pull request",
    Kind.CHANGES_REQUESTED: "{by} asks for changes",
    Kind.COMMENTED: "{by} commented on your pull request",
    Kind.LEASE_ENDING: "Your lease ends soon",
    Kind.LEASE_ENDED: "Your lease has ended",
    Kind.TAKEN_BACK: "{by} took your claim back",
    Kind.HANDED_OVER: "{by} handed this over to you",
    Kind.WITHDRAWN: "{by} withdrew this item",
    Kind.SUSPENDED: "{by} suspended your rig",
    Kind.RESTORED: "{by} lifted the suspension of your rig",
    Kind.ANSWERED: "{by} answered you",
}
_NEXT: Final = {
    Kind.REJECTED: "The item is still yours to rework.",
    Kind.LEASE_ENDING: "Extend it, or hand in what you have.",
    Kind.LEASE_ENDED: "The item is back on the board; you may claim it again.",
    Kind.TAKEN_BACK: "The item is back on the board.",
    Kind.HANDED_OVER: "You hold it now.",
    Kind.SUSPENDED: "You may appeal, once for each suspension.",
    Kind.CHANGES_REQUESTED: "Write to the same branch; the pull request follows.",
}


def headline(told: Notification) -> str:
    """Return what happened, in a few words, such as "mia accepted your work"."""
    what = f"Pull request {told.pull}" if told.pull else "Your work"
    text = _SAYINGS[told.kind].format(by=told.by or "A reviewer", what=what)
    passive = told.kind in {Kind.CLOSED, Kind.MERGED}
    return f"{text} by {told.by}" if passive and told.by else text


def advice(told: Notification) -> str:
    """Return what one may do now, in a sentence; "" where nothing is to be done."""
    return _NEXT.get(told.kind, "")
