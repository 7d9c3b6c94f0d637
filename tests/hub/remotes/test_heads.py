"""Fetching from remotes that the operator allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.remotes.hubs import ANN, BOARD, Hub, title, write
from wasteland.engines.base import MAIN
from wasteland.hub.remotes import check_address, fetch_head, remote_branch
from wasteland.protocol.errors import Forbidden, Invalid, NotFound

_ALLOW = ["https://hub.example/team", "http://hub.example:8080/"]


@pytest.mark.parametrize(
    "url",
    [
        "https://hub.example/team/a.db",
        "https://HUB.example/team/x/a.db",
        "http://hub.example:8080/any/a.db",
    ],
)
def test_what_lies_under_an_allowed_address_is_allowed(url: str) -> None:
    assert url == check_address(url, _ALLOW)


@pytest.mark.parametrize(
    "url",
    [
        "http://hub.example/team/a.db",
        "https://hub.example:8443/team/a.db",
        "https://hub.example/teamster/a.db",
        "https://hub.example/other/a.db",
        "https://hub.example.evil.example/team/a.db",
        "https://evil.example/https://hub.example/team/a.db",
        "http://127.0.0.1/team/a.db",
        "http://[::1]/team/a.db",
        "http://169.254.169.254/latest/a.db",
        "file:///etc/a.db",
    ],
)
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises((Forbidden, Invalid)):
        check_address(url, _ALLOW)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hub.example/team/a.db",
        "ssh://hub.example/team/a.db",
        "https://hub.example@evil.example/team/a.db",
        "https://user:pw@hub.example/team/a.db",
        "https://hub.example/team/../other/a.db",
        "https://hub.example/team/%2e%2e/other/a.db",
        "https://hub.example/team/./a.db",
        "https://hub.example/team\\..\\a.db",
        "https://hub.example/team/a.db?x=1",
        "https://hub.example/team/a.db#x",
        "https://hub.example/team/a.db\nx",
        "https://hub.example/team//a.db",
        "https://hub.example:port/team/a.db",
        "file://elsewhere/team/a.db",
        "https://" + "h" * 3000 + "/team/a.db",
    ],
)
def test_addresses_that_programs_read_differently_are_refused(url: str) -> None:
    with pytest.raises(Invalid):
        check_address(url, _ALLOW)


def test_a_file_must_lie_in_an_allowed_directory_with_links_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.db").touch()
    (tmp_path / "in" / "link.db").symlink_to(tmp_path / "secret.db")
    allow = [f"file://{tmp_path}/in"]

    assert check_address(f"file://{tmp_path}/in/a.db", allow)
    for name in ("secret.db", "in/link.db", "in"):
        with pytest.raises(Forbidden):
            check_address(f"file://{tmp_path}/{name}", allow)
    with pytest.raises(Forbidden):
        check_address(f"file://{tmp_path}/in/a.db", ["file:///"])


def test_a_branch_of_another_hub_is_brought_here_and_follows(hub: Hub, tmp_path: Path) -> None:
    """Two copies of one board; the branch keeps its commits, and nothing else stays."""
    fork = hub.desk.fork("ann")
    theirs = hub.desk.host.engine(fork)
    url = hub.url(fork, ANN)
    allow = [f"http://127.0.0.1:{hub.port}/"]
    first = write(theirs, "work", "one")
    fetched = fetch_head(hub.board, url, "work", allow)
    theirs.move_branch("work", MAIN)
    second = write(theirs, "work", "two")

    again = fetch_head(hub.board, url, "work", allow)

    here = remote_branch(url, "work")
    assert (first, second) == (fetched, again)
    assert second == hub.board.head(here)
    assert "two" == title(hub.board, here)
    assert here.endswith("/work")
    assert ANN not in here
    assert [] == hub.board.remotes()


def test_what_cannot_be_fetched_leaves_nothing_and_is_told_without_the_token(hub: Hub) -> None:
    allow = [f"http://127.0.0.1:{hub.port}/"]
    cases = [
        (hub.url(BOARD, ANN), "absent", allow, NotFound),
        (hub.url(BOARD, "gone-token"), "work", allow, Forbidden),
        (hub.url(BOARD, ANN), "work", _ALLOW, Forbidden),
        (hub.url(BOARD, ANN), "--force", allow, Invalid),
    ]
    before = hub.board.branches()

    for url, branch, allowed, kind in cases:
        with pytest.raises(kind) as caught:
            fetch_head(hub.board, url, branch, allowed)
        assert "gone-token" not in str(caught.value.facts) + caught.value.message
        assert ANN not in str(caught.value.facts) + caught.value.message

    assert before == hub.board.branches()
    assert [] == hub.board.remotes()
