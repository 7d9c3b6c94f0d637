"""Cloning and fetching from a hub, by the engine's own client."""

from __future__ import annotations

import pytest

from hub.remotes.hubs import ANN, AT, BOARD, BOB, ROWS, Hub, title, write
from wasteland.engines.base import MAIN
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hosts.base import RepoName
from wasteland.protocol.errors import WastelandError

_COUNT = "SELECT count(*) AS n FROM items"


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("token", ["", ANN])
def test_a_repository_is_cloned_with_its_rows(hub: Hub, token: str, lazy: bool) -> None:
    clone = hub.clone(BOARD, token, lazy=lazy)

    assert hub.board.head() == clone.head()
    assert [{"n": ROWS}] == clone.read(_COUNT)
    assert [] == clone.dirty()


def test_tables_with_equal_rows_are_cloned(hub: Hub) -> None:
    """Their chunks have equal hashes, and are asked for once."""
    copies = [f"CREATE TABLE copy_{n} AS SELECT * FROM items" for n in range(3)]
    empty = [f"CREATE TABLE empty_{n} (id TEXT PRIMARY KEY)" for n in range(3)]
    hub.board.run_ddl([*copies, *empty], "Copy", author="org", at=AT)

    clone = hub.clone(BOARD)

    assert [{"n": ROWS}] == clone.read("SELECT count(*) AS n FROM copy_2")
    assert [] == clone.check()


def test_a_fetch_brings_what_is_new_and_then_nothing(hub: Hub) -> None:
    clone = hub.clone(BOARD, ANN)
    head = write(hub.board, MAIN, "new")

    clone.fetch("origin")
    first = clone.head("origin/main")
    size = clone.size_bytes()
    clone.fetch("origin")

    assert head == first
    assert size == clone.size_bytes()


def test_a_fork_that_was_never_written_is_its_upstream(hub: Hub) -> None:
    fork = hub.desk.fork("ann")

    clone = hub.clone(fork, ANN)

    assert hub.board.head() == clone.head()
    assert not (hub.desk.host.root / "ann" / "board.db").exists()


@pytest.mark.parametrize("lazy", [False, True])
def test_a_written_fork_is_cloned_with_its_branches_and_upstreams_main(
    hub: Hub, lazy: bool
) -> None:
    """Its file has gaps, which upstream's file fills; its main follows upstream's."""
    fork = hub.desk.fork("ann")
    mine = write(hub.desk.host.engine(fork), "work", "mine")
    head = write(hub.board, MAIN, "theirs", item="w-2")

    clone = hub.clone(fork, ANN, lazy=lazy)
    clone.fetch("origin", "work")

    assert head == clone.head()
    assert mine == clone.head("origin/work")
    assert "mine" == title(clone, "origin/work")
    assert [{"n": ROWS}] == clone.read(_COUNT)


def test_tags_are_cloned(hub: Hub) -> None:
    engine = hub.board
    assert isinstance(engine, DoltLiteEngine)
    with engine._writing(MAIN) as session:
        session.run("SELECT dolt_tag('v1', 'main', '-m', 'first')")

    clone = hub.clone(BOARD)

    assert engine.read("SELECT * FROM dolt_tags") == clone.read("SELECT * FROM dolt_tags")


def test_paths_and_remotes_of_the_hub_stay_there(hub: Hub) -> None:
    hub.board.add_remote("mirror", "http://elsewhere/t/hidden/a/b.db")
    fork = hub.desk.fork("ann")
    write(hub.desk.host.engine(fork), "work", "mine")

    lists = [hub.ask("GET", hub.route(repo, "refs"))[1] for repo in (BOARD, fork)]

    for refs in lists:
        assert refs.endswith(bytes(12))
        assert b"hidden" not in refs
        assert b"file:" not in refs


@pytest.mark.parametrize("token", ["", BOB, "wrong"])
def test_a_private_repository_does_not_exist_for_others(hub: Hub, token: str) -> None:
    hub.desk.private.add(BOARD)
    for name in ("refs", "root"):
        status, body = hub.ask("GET", hub.route(BOARD, name, token))
        absent = hub.ask("GET", hub.route(RepoName("org", "absent"), name, token))[0]

        assert (401 if token == "wrong" else 404) == status == absent
        assert not token or token.encode() not in body
    with pytest.raises(WastelandError):
        hub.clone(BOARD, token)


@pytest.mark.parametrize(
    "path",
    [
        "/remotes/org/board/refs",
        "/remotes/org/..%2Forg%2Fboard.db/refs",
        "/remotes/../org/board.db/refs",
        "/remotes/org/board.db/chunk/00",
        "/remotes/org/board.db",
        "/remotes/.pushes/board.db/refs",
        "/t//org/board.db/refs",
        "/remotes/org/host.db/refs",
    ],
)
def test_other_paths_lead_nowhere(hub: Hub, path: str) -> None:
    assert 404 == hub.ask("GET", path)[0]


@pytest.mark.parametrize(
    ("route", "body", "status"),
    [
        ("has-chunks", b"x" * 19, 422),
        ("get-chunks", b"x" * 21, 422),
        ("get-chunks", b"x" * 40, 422),
        ("has-chunks", b"x" * 40, 200),
        ("has-chunks", bytes(20 * 1_000_001), 403),
        ("get-chunks", b"x" * 20, 200),
        ("has-chunks", b"", 200),
    ],
)
def test_lists_of_hashes_are_bounded(hub: Hub, route: str, body: bytes, status: int) -> None:
    assert status == hub.ask("POST", hub.route(BOARD, route), body)[0]
