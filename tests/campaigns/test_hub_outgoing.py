"""
Every door of a hub through which a client can name an address, against a listener on loopback.

What the checks of one address are made of is tested beside them; here nobody may forget to ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from commons.outgoing.servers import LOOPBACK, Canary, Receiver, redirect
from hub.desks import API, BOARD, V1, Desk, escaped, open_desk, pull_body
from hub.played import servers
from hub.remotes.dolt_answers import listed, table
from wasteland.commons import queries
from wasteland.hosts.base import RepoName
from wasteland.hub import notices

Door = Callable[[Desk, str], None]

_HOSTS: Final = (LOOPBACK, "localhost", "2130706433", "[::ffff:127.0.0.1]")
_BRANCH: Final = "wl/ada/w-1"
_CALLS: Final = (
    "CALL dolt_remote('add', 'x', '{url}')",
    "CALL dolt_fetch('{url}')",
    "CALL dolt_pull('{url}', 'main')",
    "CALL dolt_push('{url}', 'main')",
    "CALL dolt_clone('{url}')",
    "CALL dolt_backup('sync-url', '{url}')",
    "INSERT INTO dolt_remotes (name, url) VALUES ('x', '{url}')",
    "UPDATE dolt_remotes SET url = '{url}'",
)
_SELECTS: Final = (
    "SELECT dolt_remote('add', 'x', '{url}')",
    "SELECT dolt_fetch('{url}')",
    "SELECT dolt_clone('--lazy', '{url}')",
    "SELECT dolt_push('{url}', 'main')",
    "SELECT load_file('{url}')",
)


@pytest.fixture
def canary() -> Iterator[Canary]:
    """A listener on loopback; a test that lets anybody connect to it has found a hole."""
    made = Canary()
    yield made
    made.close()


@pytest.fixture(params=["doltlite", pytest.param("dolt", marks=pytest.mark.dolt)])
def calling(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A hub on each engine that may call the world, and fetch from one hub of it."""
    dolt = request.getfixturevalue("dolt_program") if request.param == "dolt" else ""
    root = tmp_path / "host"
    allowed: dict[str, Any] = {
        "allow_outgoing": True,
        "remote_heads": ("https://hub.example/team",),
    }
    with (
        servers(root, dolt=dolt or None),
        open_desk(root, engine=request.param, dolt=dolt, **allowed) as desk,
    ):
        desk.account("ada")
        desk.join("ada")
        yield desk


def by_webhook(desk: Desk, url: str) -> None:
    """Ask to be told, and let something happen."""
    desk.send("POST", f"{API}/webhooks", "acme", json={"url": url, "events": ["wanted"]})
    desk.post()
    notices.tell_all(desk.hub)
    desk.hub.webhooks.deliver_due(desk.hub.host.now())


def by_evidence(desk: Desk, url: str) -> None:
    """Have work accepted that is to be looked at there."""
    item = desk.post()
    desk.ok("POST", f"{API}/wanted/{item}/claim", "ada")
    desk.ok("POST", f"{API}/wanted/{item}/done", "ada", json={"evidence": url})
    desk.ok("POST", f"{API}/wanted/{item}/accept", "acme", json={"quality": "good"})
    desk.hub.watch.note_all(str(BOARD), queries.at(desk.hub.host.engine(BOARD)))
    desk.hub.watch.check_due()


def by_pull_request(desk: Desk, url: str) -> None:
    """Offer a branch that lives there."""
    body = pull_body("ada", _BRANCH) | {"fromRemoteUrl": url}
    assert not desk.send("POST", f"{V1}/acme/board/pulls", "ada", json=body).is_success


def by_statement(desk: Desk, url: str) -> None:
    """Write SQL on one's own fork that has the database call."""
    path = f"{V1}/ada/board/write/main/{escaped(_BRANCH)}"
    for statement in _CALLS:
        answer = desk.send("POST", path, "ada", params={"q": statement.format(url=url)})
        assert "Success" != answer.json().get("query_execution_status")


def by_query(desk: Desk, url: str) -> None:
    """Read what the database has to call for."""
    for query in _SELECTS:
        for repo in ("acme/board", "ada/board"):
            params = {"q": query.format(url=url)}
            answer = desk.send("GET", f"{V1}/{repo}/main", "ada", params=params)
            assert "Success" != answer.json().get("query_execution_status")


@pytest.mark.parametrize("door", [by_webhook, by_evidence, by_pull_request, by_statement, by_query])
def test_no_address_of_this_machine_is_called(calling: Desk, canary: Canary, door: Door) -> None:
    """Neither by the hub nor by what it started; nothing stays that would call later."""
    for host in _HOSTS:
        door(calling, f"http://{host}:{canary.port}/x.db")

    assert 0 == canary.hits()
    for repo in (BOARD, RepoName("ada", BOARD.name)):
        urls = [remote.url for remote in calling.hub.host.engine(repo).remotes()]
        assert not any(str(canary.port) in url for url in urls)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_an_allowed_remote_sends_the_database_nowhere_else(
    status: int, canary: Canary, tmp_path: Path
) -> None:
    there = redirect(f"http://{LOOPBACK}:{canary.port}/x.db/refs", status)
    with Receiver([there]).running() as server:
        allowed = (server.url(path="/team"),)
        with open_desk(tmp_path / "host", remote_heads=allowed) as desk:
            desk.account("ada")
            desk.join("ada")
            by_pull_request(desk, server.url(path="/team/x.db"))

    assert ["/team/x.db/refs"] == [request.path for request in server.received]
    assert 0 == canary.hits()


@pytest.mark.dolt
@pytest.mark.parametrize("how", ["redirect", "named"])
def test_an_allowed_dolt_remote_sends_nobody_elsewhere(
    how: str, canary: Canary, tmp_path: Path, dolt_program: str
) -> None:
    """Neither the hub nor Dolt, which goes wherever a remote says that its data is."""
    there = f"http://{LOOPBACK}:{canary.port}/x"
    root = tmp_path / "host"
    script = redirect(there) if how == "redirect" else listed(table(there))
    with Receiver([script]).running() as server, servers(root, dolt=dolt_program):
        allowed = (server.url(path="/team"),)
        with open_desk(root, engine="dolt", dolt=dolt_program, remote_heads=allowed) as desk:
            desk.account("ada")
            desk.join("ada")
            by_pull_request(desk, server.url(path="/team/x"))

    assert ["PRI"] == [request.method for request in server.received]
    assert 0 == canary.hits()
