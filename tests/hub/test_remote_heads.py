"""Pull requests whose branch lives on a remote that the operator allows."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from commons.outgoing.servers import Received, Receiver
from hub.desks import API, BOARD, V1, Desk, claim, open_desk, pull_body
from hub.played import servers
from hub.remotes.raw_dolt import RawDolt, copied
from wasteland.engines.dolt.ports import free_port
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hosts.base import RepoName
from wasteland.hosts.clones import make_clone
from wasteland.hub.remotes import HeadLimits

FORK = RepoName("ada", "board")


@dataclass(frozen=True)
class Elsewhere:
    """
    A place that people push to, and a hub that may fetch from there.

    Attributes:
        push: Writes a branch of a clone with one statement and pushes it; returns the URL.
        outside: The same database at an address that nobody has allowed.
    """

    desk: Desk
    push: Callable[[str, str], str]
    outside: str

    def offer(self, branch: str, url: str) -> Any:
        """Offer a branch of the remote at *url* as ada."""
        body = pull_body("ada", branch) | {"fromRemoteUrl": url}
        return self.desk.send("POST", f"{V1}/acme/board/pulls", "ada", json=body)

    def status(self, item: str) -> dict[str, Any]:
        """Return what the board says of an item."""
        sql = f"SELECT status, claimed_by FROM wanted WHERE id='{item}'"
        rows: list[dict[str, Any]] = self.desk.rows(sql)
        return rows[0]

    def left(self) -> list[Any]:
        """Return the remotes, and branches under names of the hub's, that there are."""
        found: list[Any] = []
        for repo in (BOARD, FORK):
            engine = self.desk.hub.host.engine(repo)
            found += [remote for remote in engine.remotes() if remote.name != "origin"]
            found += engine.branches("remote/")
        return found


@pytest.fixture(name="there", params=["doltlite", pytest.param("dolt", marks=pytest.mark.dolt)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Elsewhere]:
    """A hub on each engine, with a remote of the same kind."""
    make = on_doltlite if request.param == "doltlite" else on_dolt
    yield from make(request, tmp_path)


def joined(desk: Desk) -> Desk:
    desk.account("ada")
    desk.join("ada")
    return desk


def on_doltlite(_: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Elsewhere]:
    allowed = tmp_path / "elsewhere"
    allowed.mkdir()
    with open_desk(tmp_path / "host", remote_heads=(f"file://{allowed}",)) as desk:
        joined(desk)

        def push(branch: str, sql: str) -> str:
            return pushed(desk, allowed / "mine.db", branch, sql)

        yield Elsewhere(desk, push, f"file://{tmp_path}/mine.db")


def on_dolt(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Elsewhere]:
    program = request.getfixturevalue("dolt_program")
    root, home = tmp_path / "host", tmp_path / "home"
    home.mkdir()
    raw = RawDolt(program, home)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (
        servers(root, dolt=program),
        open_desk(root, engine="dolt", dolt=program, remote_heads=(f"{url}/board",)) as desk,
        ExitStack() as stack,
    ):
        joined(desk)

        def push(branch: str, sql: str) -> str:
            board = Path(desk.hub.host.engine(BOARD).location)
            stack.enter_context(raw.serving(copied(board, tmp_path / "databases"), port))
            raw.push(raw.clone(f"{url}/board"), branch, sql)
            return f"{url}/board"

        yield Elsewhere(desk, push, f"{url}/other")


def pushed(desk: Desk, file: Path, branch: str, sql: str) -> str:
    """Write a branch in a clone of the board's and return the clone's URL."""
    make_clone(f"file://{desk.hub.host.engine(BOARD).location}", file)
    with DoltLiteEngine(file) as clone:
        clone.create_branch(branch)
        with clone.change(branch) as change:
            change.run(sql.replace("NOW()", "'2026-01-02 03:04:05'"))
            change.commit("claim", author="ada", at=datetime.now(UTC), tables=["wanted"])
    return f"file://{file}"


def test_a_branch_of_an_allowed_remote_is_fetched_and_lands(there: Elsewhere) -> None:
    """As a claim of one's own does that was pushed to the hub; nothing of the fetching stays."""
    item = there.desk.post()
    branch = f"wl/ada/{item}"
    url = there.push(branch, claim("ada", item))

    answer = there.offer(branch, url)

    assert (200, "Merged") == (answer.status_code, answer.json().get("state")), answer.text
    assert {"status": "claimed", "claimed_by": "ada"} == there.status(item)
    assert [] == there.left()


def test_what_the_gate_does_not_let_land_waits(there: Elsewhere) -> None:
    """The remote is trusted for nothing: here somebody claims for another."""
    item = there.desk.post()
    branch = f"wl/ada/{item}"
    url = there.push(branch, claim("mia", item))

    answer = there.offer(branch, url)
    shown = there.desk.hub.verdicts.find(BOARD, answer.json()["pull_id"])

    assert "Open" == answer.json()["state"]
    assert shown is not None
    assert not shown.allowed
    assert "open" == there.status(item)["status"]


def test_another_remote_or_branch_is_refused_and_leaves_nothing(there: Elsewhere) -> None:
    item = there.desk.post()
    branch = f"wl/ada/{item}"
    url = there.push(branch, claim("ada", item))
    before = [there.desk.hub.host.engine(repo).branches() for repo in (BOARD, FORK)]
    asked = [
        (branch, there.outside),
        ("wl/ada/absent", url),
        ("main", url),
        ("remote/x/y", url),
    ]

    codes = [there.offer(name, address).status_code for name, address in asked]

    assert [403, 404, 403, 400] == codes
    assert before == [there.desk.hub.host.engine(repo).branches() for repo in (BOARD, FORK)]
    assert [] == there.left()
    assert "open" == there.status(item)["status"]


def test_a_branch_without_common_history_is_refused_and_leaves_nothing(
    there: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two databases made in one second may share their first commit, so the answer is played."""
    item = there.desk.post()
    branch = f"wl/ada/{item}"
    url = there.push(branch, claim("ada", item))
    kind = type(there.desk.hub.host.engine(FORK))
    monkeypatch.setattr(kind, "merge_base", lambda *_: None)
    answer = there.offer(branch, url)

    assert 400 == answer.status_code
    assert "no history in common" in answer.json()["message"]
    assert [] == there.left() + there.desk.hub.host.engine(FORK).branches(branch)


# --- remotes that take their time


@pytest.mark.parametrize("who", ["ada", "acme"])
def test_while_the_hub_waits_for_a_remote_the_board_goes_on(who: str, tmp_path: Path) -> None:
    """Also where the branch is the board's own; what never comes is told as 503."""
    asked, told = threading.Event(), threading.Event()

    def hold(connection: socket.socket, _: Received) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")
        asked.set()
        told.wait(10)

    answers: list[Any] = []
    with Receiver([hold]).running() as server:
        url = server.url(path="/team/x.db")
        with open_desk(tmp_path / "host", remote_heads=(server.url(path="/team"),)) as desk:
            joined(desk)
            body = pull_body(who, "work") | {"fromRemoteUrl": url}
            path = f"{V1}/acme/board/pulls"
            offering = threading.Thread(
                target=lambda: answers.append(desk.send("POST", path, who, json=body)),
                daemon=True,
            )
            offering.start()
            assert asked.wait(10)
            item = desk.post()
            was_waiting = offering.is_alive()
            told.set()
            offering.join(10)

            assert was_waiting
            assert [503] == [answer.status_code for answer in answers]
            assert [{"id": item}] == desk.rows("SELECT id FROM wanted")
            assert ["origin"] == [found.name for found in desk.hub.host.engine(FORK).remotes()]


def test_a_remote_that_drips_is_told_as_503(tmp_path: Path) -> None:
    def drip(connection: socket.socket, _: Received) -> None:
        connection.settimeout(0.01)
        for _step in range(1000):
            connection.sendall(b"x")
            with suppress(TimeoutError):
                if not connection.recv(1):
                    return

    with Receiver([drip]).running() as server:
        heads, limits = (server.url(path="/team"),), HeadLimits(time_s=0.2)
        with open_desk(tmp_path / "host", remote_heads=heads, remote_limits=limits) as desk:
            joined(desk)
            body = pull_body("ada", "work") | {"fromRemoteUrl": server.url(path="/team/x.db")}
            answer = desk.send("POST", f"{V1}/acme/board/pulls", "ada", json=body)

    assert (503, "unavailable") == (answer.status_code, answer.json()["code"])


def test_a_remote_of_a_blocked_peer_is_not_asked(tmp_path: Path) -> None:
    url = "http://127.0.0.1:1/team"
    with open_desk(tmp_path / "host", remote_heads=(url,)) as desk:
        joined(desk)
        body = {"peer": url, "reason": "A flood of copied work"}
        desk.ok("POST", f"{API}/moderation/blocks", "acme", json=body)

        offer = pull_body("ada", "work") | {"fromRemoteUrl": f"{url}/x.db"}
        answer = desk.send("POST", f"{V1}/acme/board/pulls", "ada", json=offer)

        assert 403 == answer.status_code
        assert "has blocked 127.0.0.1:1/team" in answer.text
