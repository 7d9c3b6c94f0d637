"""
What webhooks are told: DoltHub's three events with its keys, and two of ours.

Texts in them come from anybody; a receiver must treat them so.
Source: DoltHub's documentation of webhooks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from ...hosts.base import PullRequest, PullState, RepoName
from ...protocol.lean import dataclass
from ...protocol.records import Stamp, WantedItem, write_time


class EventName(StrEnum):
    """What a webhook may ask to be told."""

    PUSH = "push"
    PULL_REQUEST = "pull_request"
    BRANCH = "branch"
    WANTED = "wanted"
    STAMP = "stamp"


@dataclass(frozen=True, slots=True)
class Event:
    """
    One thing that happened in a repository.

    Attributes:
        payload: What is sent, as JSON.
    """

    name: EventName
    payload: Mapping[str, Any]

    @property
    def body(self) -> bytes:
        """The payload as it is signed and sent."""
        whole = {"event_name": self.name.value, **self.payload}
        return json.dumps(whole, ensure_ascii=True, separators=(",", ":")).encode()


def push(repo: RepoName, *, branch: str, head: str, prev: str) -> Event:
    """Return the event that *branch* moved from commit *prev* to *head*."""
    payload = {
        "repository": _repository(repo),
        "ref": f"refs/heads/{branch}",
        "head": head,
        "prev": prev,
    }
    return Event(EventName.PUSH, payload)


def pull_request(pull: PullRequest, *, into: str = "main", sender: str) -> Event:
    """
    Return the event that *pull* was opened, merged or closed, as its state says.

    Args:
        sender: The account that did it.
    """
    payload = {
        "repository": _repository(pull.repo),
        "pullID": pull.id,
        "action": _ACTIONS[pull.state],
        "state": pull.state.value.capitalize(),
        "fromBranch": pull.branch,
        "toBranch": into,
        "author": pull.author,
        "sender": sender,
        "fromRepository": _repository(pull.source),
    }
    return Event(EventName.PULL_REQUEST, payload)


def branch(repo: RepoName, name: str, *, is_deleted: bool) -> Event:
    """Return the event that a branch was made or deleted."""
    action = "Deleted branch" if is_deleted else "Created branch"
    payload = {"repository": _repository(repo), "branch": name, "action": action}
    return Event(EventName.BRANCH, payload)


def wanted(repo: RepoName, item: WantedItem, *, rig: str, commit: str) -> Event:
    """Return the event that *rig* changed *item* on main, or put it there."""
    payload = {
        "repository": _repository(repo),
        "rig": rig,
        "commit": commit,
        "item": {
            "id": item.id,
            "title": item.title,
            "status": item.status,
            "posted_by": item.posted_by,
            "claimed_by": item.claimed_by,
            "updated_at": write_time(item.updated_at),
        },
    }
    return Event(EventName.WANTED, payload)


def stamp(repo: RepoName, given: Stamp, *, commit: str) -> Event:
    """Return the event that a stamp was given."""
    payload = {
        "repository": _repository(repo),
        "commit": commit,
        "stamp": {
            "id": given.id,
            "author": given.author,
            "subject": given.subject,
            "context_id": given.context_id,
            "context_type": given.context_type,
            "created_at": write_time(given.created_at),
        },
    }
    return Event(EventName.STAMP, payload)


def _repository(repo: RepoName) -> dict[str, str]:
    return {"name": repo.name, "owner": repo.owner}


_ACTIONS: Mapping[PullState, str] = {
    PullState.OPEN: "Opened",
    PullState.MERGED: "Merged",
    PullState.CLOSED: "Closed",
}
