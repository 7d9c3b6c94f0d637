"""Fetching from remotes that the operator allows."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from commons.outgoing.servers import Canary, Received, Receiver, Script, reply
from hub.remotes.hubs import ANN, BOARD, Hub, title, write
from wasteland.engines.base import MAIN
from wasteland.engines.dolt.far import FarEngine
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hub.remotes import HeadLimits, check_address, fetched_head, heads
from wasteland.protocol.errors import (
    Forbidden,
    Invalid,
    LimitReached,
    NotFound,
    Unavailable,
    Unsupported,
)

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


def test_a_branch_of_another_hub_is_held_for_the_block_and_then_forgotten(hub: Hub) -> None:
    """Two copies of one board; what the caller made a branch of stays, and nothing else."""
    fork = hub.desk.fork("ann")
    theirs = hub.desk.host.engine(fork)
    url = hub.url(fork, ANN)
    allow = [f"http://127.0.0.1:{hub.port}/"]
    before = hub.board.branches()
    first = write(theirs, "work", "one")
    with fetched_head(hub.board, url, "work", allow) as fetched:
        held = hub.board.branches()
    theirs.move_branch("work", MAIN)
    second = write(theirs, "work", "two")
    with fetched_head(hub.board, url, "work", allow) as again:
        hub.board.create_branch("kept", again)

    assert (first, second) == (fetched, again)
    assert before == held
    assert "two" == title(hub.board, "kept")
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
        with pytest.raises(kind) as caught, fetched_head(hub.board, url, branch, allowed):
            pass
        assert "gone-token" not in str(caught.value.facts) + caught.value.message
        assert ANN not in str(caught.value.facts) + caught.value.message

    assert before == hub.board.branches()
    assert [] == hub.board.remotes()


# --- remotes that are up to something


@pytest.fixture(name="board")
def empty_board(tmp_path: Path) -> Iterator[DoltLiteEngine]:
    with DoltLiteEngine.create(tmp_path / "board.db") as engine:
        yield engine


def fetch_from(board: DoltLiteEngine, script: Script, limits: HeadLimits) -> None:
    """Ask a remote that answers by *script*."""
    with (
        Receiver([script]).running() as server,
        fetched_head(
            board, server.url(path="/a.db"), "work", [server.url(path="/")], limits=limits
        ),
    ):
        pass


def drip(connection: socket.socket, _: Received) -> None:
    """Send a little now and then, for as long as anybody listens."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    connection.settimeout(0.01)
    for _step in range(1000):
        connection.sendall(b"x")
        with suppress(TimeoutError):
            if not connection.recv(1):
                return


def drip_headers(connection: socket.socket, _: Received) -> None:
    """Send headers, one now and then."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    connection.settimeout(0.01)
    for step in range(1000):
        connection.sendall(b"X-%d: x\r\n" % (step % 50))
        with suppress(TimeoutError):
            if not connection.recv(1):
                return


def hang_up(connection: socket.socket, _: Received) -> None:
    """Say nothing."""


@pytest.mark.parametrize("script", [drip, drip_headers])
def test_a_remote_that_drips_is_cut_off(board: DoltLiteEngine, script: Script) -> None:
    with pytest.raises(Unavailable, match=r"longer than the 0\.2 seconds"):
        fetch_from(board, script, HeadLimits(time_s=0.2))

    assert [] == board.remotes()


def test_a_remote_that_sends_too_much_is_cut_off(board: DoltLiteEngine) -> None:
    with pytest.raises(LimitReached, match="more than the 100000 bytes"):
        fetch_from(board, reply(body=b"x" * 200_000), HeadLimits(size_bytes=100_000))

    assert [] == board.remotes()


@pytest.mark.parametrize(
    "script",
    [
        reply(500, b"database http://10.0.0.1/ failed"),
        reply(302, b"", [("Location", "http://127.0.0.1:1/")]),
        reply(200, b"no list of refs"),
        lambda connection, _: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"),
        lambda connection, _: connection.sendall(b"nonsense"),
        hang_up,
    ],
)
def test_a_remote_that_answers_nonsense_is_unavailable(
    board: DoltLiteEngine, script: Script
) -> None:
    with pytest.raises(Unavailable) as caught:
        fetch_from(board, script, HeadLimits(time_s=5.0))

    assert "10.0.0.1" not in f"{caught.value}{caught.value.facts}"
    assert [] == board.remotes()


def test_a_remote_planted_in_what_is_fetched_is_neither_called_nor_kept(
    board: DoltLiteEngine, tmp_path: Path
) -> None:
    """Neither the origin of a lazy clone, whose chunks would come from there, nor another."""
    canary = Canary()
    with closing(canary):
        theirs = tmp_path / "in" / "theirs.db"
        theirs.parent.mkdir()
        with DoltLiteEngine.clone(f"file://{board.location}", theirs) as clone:
            clone.create_branch("work")
            for name in ("origin", "evil"):
                clone.add_remote(name, f"http://127.0.0.1:{canary.port}/x.db")
        with fetched_head(board, f"file://{theirs}", "work", [f"file://{theirs.parent}"]) as head:
            remotes = [remote.url for remote in board.remotes()]

        assert board.head() == head
        assert [f"file://{theirs}"] == remotes
        assert 0 == canary.hits()
    assert [] == board.remotes()


# --- what a hub does not take on


def test_a_database_on_somebody_elses_server_takes_no_branches_of_remotes(tmp_path: Path) -> None:
    """It could not read what the hub has checked, and itself it would call whoever it is told."""
    engine = object.__new__(FarEngine)
    url = f"file://{tmp_path}/in/a"

    with (
        pytest.raises(Unsupported, match="server of this repository is elsewhere"),
        fetched_head(engine, url, "work", [f"file://{tmp_path}/in"]),
    ):
        pass


def test_slow_remotes_do_not_take_all_threads_of_a_hub(
    board: DoltLiteEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "_places", threading.BoundedSemaphore(1))
    url, allow = f"file://{tmp_path}/in/a.db", [f"file://{tmp_path}/in"]
    (tmp_path / "in").mkdir()
    with DoltLiteEngine.clone(f"file://{board.location}", tmp_path / "in" / "a.db"):
        pass
    with (
        fetched_head(board, url, "main", allow) as first,
        pytest.raises(Unavailable, match="already"),
        fetched_head(board, url, "main", allow),
    ):
        pass
    with fetched_head(board, url, "main", allow) as again:
        assert first == again
