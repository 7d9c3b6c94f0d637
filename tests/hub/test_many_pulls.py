"""What is asked all the time costs the same however many pull requests of others are open."""

from __future__ import annotations

from typing import Any

import pytest

from hub.desks import API, BOARD, V1, Desk
from wasteland.hosts.base import PullRequest, PullState, RepoName
from wasteland.hosts.local import LocalHost
from wasteland.hub import news, pulls
from wasteland.hub.verdicts import Opinion

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
    told = news.present(hub, BOARD)
    waiting.ok("PATCH", f"{V1}/acme/board/pulls/2", "acme", json={"state": "Closed"})

    found = news.since(hub, BOARD, told)
    assert (frozenset({"2"}), frozenset()) == (told.open_pulls, found.after.open_pulls)
    assert ([], ["2"]) == (found.opened, [pull.id for pull in found.ended])


def test_the_pull_requests_about_an_item_are_found_by_its_name(desk: Desk) -> None:
    desk.account("ada")
    desk.join("ada")
    for branch in ("wl/ada/w-1", "wl/ada/w-11", "wl/ada/x/w-1", "other/w-1"):
        desk.write("ada", branch, WAITS)
        desk.offer("ada", branch)

    found = desk.hub.host.pulls_about(BOARD, "w-1")
    assert ["wl/ada/w-1"] == [pull.branch for pull in found]
    assert found == super(LocalHost, desk.hub.host).pulls_about(BOARD, "w-1")
    assert [] == desk.hub.host.pulls_about(BOARD, "%")


def test_an_item_is_shown_without_listing_the_pull_requests_of_others(waiting: Desk) -> None:
    item = waiting.post()

    assert item == waiting.ok("GET", f"{API}/wanted/{item}", "ada")["item"]["id"]


def test_pull_requests_of_a_review_status_come_in_one_query(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for who in ("ada", "ben"):
        desk.account(who)
        desk.join(who)
        desk.write(who, f"wl/{who}/theme", WAITS)
        desk.offer(who, f"wl/{who}/theme")
    asked: list[object] = []
    page = desk.hub.host.pull_page

    def counted(*given: Any, **rest: Any) -> list[PullRequest]:
        asked.append(rest)
        return page(*given, **rest)

    monkeypatch.setattr(desk.hub.host, "pull_page", counted)
    pull = desk.hub.host.open_pull_of(BOARD, FORK, "wl/ada/theme")
    assert pull
    desk.hub.verdicts.opine(pull, Opinion.APPROVED, account="acme", rig="mia", body="")

    found, after = pulls.page(
        desk.hub, BOARD, among=desk.hub.verdicts.reviewed(BOARD, [Opinion.APPROVED])
    )
    assert ([pull.id], None, 1) == ([each.id for each in found], after, len(asked))
    assert ([], None) == pulls.page(desk.hub, BOARD, among=())
