"""What is asked all the time costs the same however many pull requests of others are open."""

from __future__ import annotations

from typing import Any

import pytest

from hub.desks import API, BOARD, V1, Desk
from wasteland.hosts.base import PullRequest, PullState, RepoName
from wasteland.hub import notices

FORK = RepoName("ada", "board")
WAITS = "INSERT INTO _meta (`key`, `value`) VALUES ('theme', 'dark')"


@pytest.fixture
def waiting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A hub with one open pull request, of ada, that fails who lists those of everybody."""
    desk.account("ada")
    desk.join("ada")
    desk.write("ada", "wl/ada/theme", WAITS)
    assert "Open" == desk.offer("ada", "wl/ada/theme").json()["state"]
    pulls = desk.hub.host.state.pulls
    of = pulls.of

    def of_one(repo: RepoName, *, author: str | None, **rest: Any) -> list[PullRequest]:
        assert author is not None, "the pull requests of everybody were listed"
        return of(repo, author=author, **rest)

    monkeypatch.setattr(pulls, "of", of_one)
    return desk


def test_what_changed_counts_the_open_pull_requests(waiting: Desk) -> None:
    assert 1 == waiting.ok("GET", f"{API}/changes", "ada")["pending"]


@pytest.mark.parametrize("who", ["", "acme", "ada"])
def test_the_board_asks_for_the_callers_own_pending_work_alone(waiting: Desk, who: str) -> None:
    assert [] == waiting.ok("GET", f"{API}/wanted", who)["items"]


def test_writing_a_branch_finds_its_own_pull_request(waiting: Desk) -> None:
    host = waiting.hub.host
    before = host.open_pull_of(BOARD, FORK, "wl/ada/theme")
    waiting.write("ada", "wl/ada/theme", "UPDATE _meta SET `value` = 'light' WHERE `key` = 'theme'")
    after = host.open_pull_of(BOARD, FORK, "wl/ada/theme")

    assert before
    assert after
    assert (before.id, PullState.OPEN) == (after.id, after.state)
    assert before.head != after.head
    assert host.open_pull_of(BOARD, FORK, "wl/ada/other") is None


def test_a_round_of_webhooks_reads_only_what_is_new_or_ended(waiting: Desk) -> None:
    hub = waiting.hub
    told = notices._present(hub, BOARD)
    waiting.ok("PATCH", f"{V1}/acme/board/pulls/2", "acme", json={"state": "Closed"})

    found, after, _ = notices._news(hub, BOARD, told)
    assert (frozenset({"2"}), frozenset()) == (told.open_pulls, after.open_pulls)
    assert ["pull_request"] == [event.name for event in found if "pull" in event.name]
