"""Pushing to a hub, by the engine's own client."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest

from hub.remotes import dying, hubs
from hub.remotes.hubs import ANN, AT, BOARD, BOB, Hub, title, write
from wasteland.engines.base import MAIN
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hub.remotes import Limits
from wasteland.protocol.errors import Forbidden, Stale, WastelandError


def test_a_branch_is_pushed_to_a_fork_that_was_never_written(hub: Hub, tmp_path: Path) -> None:
    fork = hub.desk.fork("ann")
    clone = hub.clone(fork, ANN)
    mine = write(clone, "work", "mine")

    clone.push("origin", "work")

    engine = hub.desk.host.engine(fork)
    assert mine == engine.head("work")
    assert "mine" == title(engine, "work")
    assert [("ann/board", "work", "", mine)] == hub.desk.moves
    assert [] == engine.check()
    assert ["origin"] == [remote.name for remote in engine.remotes()]
    assert [] == list(tmp_path.rglob("*.chunks"))


def test_a_branch_goes_on_is_replaced_and_deleted_by_its_owner(hub: Hub) -> None:
    fork = hub.desk.fork("ann")
    clone = hub.clone(fork, ANN)
    first = write(clone, "work", "one")
    clone.push("origin", "work")
    second = write(clone, "work", "two")
    clone.push("origin", "work")
    clone.move_branch("work", MAIN)
    third = write(clone, "work", "three")
    with pytest.raises(Stale):
        clone.push("origin", "work")
    clone.push("origin", "work", force=True)
    clone.delete_remote_branch("origin", "work")

    assert [
        ("ann/board", "work", "", first),
        ("ann/board", "work", first, second),
        ("ann/board", "work", second, third),
        ("ann/board", "work", third, ""),
    ] == hub.desk.moves
    assert [MAIN] == [branch.name for branch in hub.desk.host.engine(fork).branches()]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("branch", [MAIN, "bob/work"])
def test_main_and_branches_of_others_are_refused_in_words(
    hub: Hub, branch: str, force: bool
) -> None:
    write(hub.board, "bob/work", "theirs")
    clone = hub.clone(BOARD, ANN)
    clone.fetch("origin")
    if branch != MAIN:
        clone.create_branch(branch, f"origin/{branch}")
    write(clone, branch, "mine")
    before = hub.board.branches()

    with pytest.raises(Forbidden) as caught:
        clone.push("origin", branch, force=force)

    assert branch in caught.value.message
    assert "push" in caught.value.message
    assert before == hub.board.branches()
    assert [] == hub.desk.moves


def test_a_branch_of_others_is_not_deleted(hub: Hub) -> None:
    write(hub.board, "bob/work", "theirs")
    clone = hub.clone(BOARD, ANN)
    clone.fetch("origin")

    with pytest.raises(Forbidden, match="may not write"):
        clone.delete_remote_branch("origin", "bob/work")

    assert "bob/work" in {branch.name for branch in hub.board.branches()}


def test_tags_are_refused(hub: Hub) -> None:
    clone = hub.clone(BOARD, ANN)
    with clone._writing(MAIN) as session:
        session.run("SELECT dolt_tag('v1', 'main')")
        with pytest.raises(Forbidden, match="tags"):
            session.run("SELECT dolt_push('origin', '--tags')")

    assert [] == hub.board.read("SELECT * FROM dolt_tags")


def test_without_a_token_nothing_is_pushed(hub: Hub) -> None:
    clone = hub.clone(BOARD)
    write(clone, "ann/work", "mine")

    with pytest.raises(Forbidden, match="signs in"):
        clone.push("origin", "ann/work")

    assert [MAIN] == [branch.name for branch in hub.board.branches()]


def test_a_push_to_a_busy_repository_is_repeated_until_it_fits(hub: Hub) -> None:
    """Two pushers see the same refs; the slower one is told to look again, and does."""
    clones = {ANN: hub.clone(BOARD, ANN), BOB: hub.clone(BOARD, BOB)}
    names = {ANN: "ann", BOB: "bob"}
    failures: list[Exception] = []

    def push(token: str, clone: DoltLiteEngine) -> None:
        try:
            for number in range(8):
                branch = f"{names[token]}/{number}"
                write(clone, branch, f"{token} {number}")
                clone.push("origin", branch)
        except Exception as error:  # noqa: BLE001  told by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=push, args=pair) for pair in clones.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    expected = {MAIN, *(f"{name}/{n}" for name in names.values() for n in range(8))}
    assert [] == failures
    assert expected == {branch.name for branch in hub.board.branches()}


def test_main_moves_on_while_branches_are_pushed(hub: Hub) -> None:
    clone = hub.clone(BOARD, ANN)
    head = write(hub.board, MAIN, "theirs", item="w-2")
    mine = write(clone, "ann/work", "mine")

    clone.push("origin", "ann/work")

    assert (head, mine) == (hub.board.head(), hub.board.head("ann/work"))


def test_tables_with_numbered_rows_are_pushed(hub: Hub) -> None:
    """The client then sends its sequences too, which every copy keeps for itself."""
    clone = hub.clone(BOARD, ANN)
    table = "CREATE TABLE numbered (n INTEGER PRIMARY KEY, t TEXT)"
    clone.run_ddl([table, "INSERT INTO numbered (t) VALUES ('a'), ('b')"], "n", author="ann", at=AT)
    clone.create_branch("ann/numbered")

    clone.push("origin", "ann/numbered")

    rows = hub.board.read("SELECT n, t FROM numbered", ref="ann/numbered")
    assert [{"n": 1, "t": "a"}, {"n": 2, "t": "b"}] == rows


def test_a_repository_that_is_too_big_takes_no_pushes(tmp_path: Path) -> None:
    with hubs.hub(tmp_path, Limits(repository_bytes=1000)) as hub:
        clone = hub.clone(BOARD, ANN)
        write(clone, "ann/work", "mine")

        with pytest.raises(Forbidden, match="allows"):
            clone.push("origin", "ann/work")


def test_a_push_goes_on_where_a_killed_hub_left_it(tmp_path: Path) -> None:
    """The hub dies three times in the middle of a push, each time further on."""
    for point in ("fetching", "moving", "answering"):
        folder = tmp_path / point
        folder.mkdir()
        with dying.hub(folder, point) as (url, process):
            clone = DoltLiteEngine.clone(url, folder / "clone.db")
            head = write(clone, "ann/work", "mine")
            with pytest.raises(WastelandError):
                clone.push("origin", "ann/work")
            assert -signal.SIGKILL == process.wait(30)
        before = DoltLiteEngine(folder / "host" / "org" / "board.db")
        found = before.branches("ann/")
        before.close()

        with hubs.restarted(folder) as hub:
            clone.add_remote("origin", hub.url(BOARD, ANN))
            clone.push("origin", "ann/work")

            assert (point == "answering") == bool(found)
            assert head == hub.board.head("ann/work")
            assert [] == hub.board.check()
            assert [] == hub.board.remotes()
