"""What webhooks are told, key by key."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from wasteland.hosts.base import PullRequest, PullState, RepoName
from wasteland.hub.webhooks import events
from wasteland.protocol.records import Stamp, WantedItem

REPO = RepoName("acme", "board")
NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
REPOSITORY = {"name": "board", "owner": "acme"}


def _told(event: events.Event) -> object:
    return json.loads(event.body)


def test_push_has_the_keys_of_dolthub() -> None:
    assert {
        "event_name": "push",
        "repository": REPOSITORY,
        "ref": "refs/heads/main",
        "head": "h2",
        "prev": "h1",
    } == _told(events.push(REPO, branch="main", head="h2", prev="h1"))


def test_pull_request_has_the_keys_of_dolthub() -> None:
    pull = PullRequest(
        id="12",
        repo=REPO,
        title="t",
        body="",
        author="ben",
        source=RepoName("ben", "board"),
        branch="wl/ben/w-1",
        head="h1",
        state=PullState.MERGED,
        created_at=NOON,
        updated_at=NOON,
    )

    assert {
        "event_name": "pull_request",
        "repository": REPOSITORY,
        "pullID": "12",
        "action": "Merged",
        "state": "Merged",
        "fromBranch": "wl/ben/w-1",
        "toBranch": "main",
        "author": "ben",
        "sender": "max",
        "fromRepository": {"name": "board", "owner": "ben"},
    } == _told(events.pull_request(pull, sender="max"))


def test_branch_has_the_keys_of_dolthub() -> None:
    assert {
        "event_name": "branch",
        "repository": REPOSITORY,
        "branch": "x",
        "action": "Deleted branch",
    } == _told(events.branch(REPO, "x", is_deleted=True))


def test_item_and_stamp_are_told_without_their_long_texts() -> None:
    item = WantedItem(id="w-1", title="\ud800<b>", description="long", updated_at=NOON)
    stamp = Stamp(id="s-1", author="max", subject="ben", message="long", created_at=NOON)

    told = events.wanted(REPO, item, rig="ada", commit="h1").body
    assert b"long" not in told
    assert "w-1" == json.loads(told)["item"]["id"]
    assert b"long" not in events.stamp(REPO, stamp, commit="h1").body
