"""Which file or database a query reads, and at which commit."""

from __future__ import annotations

from pathlib import Path

import pytest

from engines.dolt.fixture import DoltLab, shared_server
from engines.laboratory import retitle
from hub.sandbox.boards import BRANCH, files, fill, honest
from wasteland.engines.base import Engine
from wasteland.engines.dolt.engine import DoltEngine
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hosts.forks import ForkEngine
from wasteland.hub.sandbox import FilePlace, Sandbox, ServerPlace, place_of
from wasteland.protocol.errors import NotFound


@pytest.fixture
def fork(board: DoltLiteEngine, tmp_path: Path) -> ForkEngine:
    """Return a fork of the board that was not written yet."""
    return ForkEngine(tmp_path / "fork.db", board, Path(board.location))


def test_main_is_read_by_name_and_else_by_commit(board: DoltLiteEngine) -> None:
    places = [place_of(board), place_of(board, BRANCH), place_of(board, board.head(BRANCH))]

    commit = FilePlace(board.location, board.head(BRANCH))
    assert [FilePlace(board.location, "main"), commit, commit] == places


def test_a_fork_without_a_file_is_read_upstream(fork: ForkEngine, board: DoltLiteEngine) -> None:
    assert FilePlace(board.location, "main") == place_of(fork)


def test_a_branch_that_only_the_fork_has_is_read_from_its_file(
    fork: ForkEngine, sandbox: Sandbox
) -> None:
    """Which is a lazy clone, and stores nothing of what is read."""
    fork.create_branch("wl/bob")
    retitle(fork, "w-1", "Bob's", branch="wl/bob")
    before = files(fork.path.parent)

    place = place_of(fork, "wl/bob")
    rows = honest(sandbox, fork, "wl/bob")

    assert FilePlace(str(fork.path), fork.head("wl/bob"), lazy=True) == place
    assert [("w-1", "Bob's")] == rows
    assert before == files(fork.path.parent)


def test_a_forks_branch_that_upstream_has_too_is_read_upstream(
    fork: ForkEngine, board: DoltLiteEngine
) -> None:
    fork.create_branch("wl/bob")

    assert FilePlace(board.location, board.head()) == place_of(fork, "wl/bob")


def test_main_of_a_fork_follows_upstream(
    fork: ForkEngine, board: DoltLiteEngine, sandbox: Sandbox
) -> None:
    fork.create_branch("wl/bob")
    retitle(board, "w-1", "Moved on")

    assert FilePlace(board.location, "main") == place_of(fork)
    assert [("w-1", "Moved on")] == honest(sandbox, fork)


def test_main_of_a_fork_that_went_its_own_way_is_its_own(
    fork: ForkEngine, board: DoltLiteEngine, sandbox: Sandbox
) -> None:
    retitle(fork, "w-1", "Own way")
    retitle(board, "w-1", "Moved on")

    assert [("w-1", "Own way")] == honest(sandbox, fork)
    assert [("w-1", "Moved on")] == honest(sandbox, board)


def test_a_ref_that_does_not_exist_has_no_place(engine: Engine) -> None:
    with pytest.raises(NotFound):
        place_of(engine, "wl/nobody")


@pytest.mark.dolt
def test_a_fork_on_dolt_is_read_at_its_own_branches(
    dolt_program: str, tmp_path: Path, sandbox: Sandbox
) -> None:
    """Those under its prefix; and its main is its parent's."""
    lab = DoltLab(tmp_path)
    upstream = lab.create("parent")
    fill(upstream)
    database = Path(upstream.location).name
    fork = DoltEngine(shared_server(), database, branch_prefix="fork/bob/")
    fork.create_branch("wl/alice")

    main, own = place_of(fork), place_of(fork, "wl/alice")
    rows = [honest(sandbox, engine, "wl/alice") for engine in (fork, upstream)]
    lab.close()

    assert isinstance(main, ServerPlace)
    assert isinstance(own, ServerPlace)
    assert (f"{database}/main", f"{database}/") == (main.place, own.place[: len(database) + 1])
    assert [[("w-1", "Item w-1")], [("w-1", "Renamed")]] == rows
