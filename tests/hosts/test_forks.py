"""Forks of the embedded engine: what of theirs is upstream's, and what they ask of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wasteland.commons.creation import create_commons
from wasteland.engines.base import Engine
from wasteland.hosts.base import RepoName
from wasteland.hosts.forks import ForkEngine
from wasteland.hosts.local import LocalHost

BOARD = RepoName("acme", "board")
AT = datetime(2031, 4, 5, tzinfo=UTC)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[LocalHost]:
    """A host with a commons."""
    with LocalHost(tmp_path / "host") as found:
        create_commons(found, BOARD, handle="mia")
        yield found


@pytest.fixture
def fork(host: LocalHost) -> ForkEngine:
    """A fork with the branch ``work``, one commit ahead of a main that has gone on since."""
    found = host.engine(host.fork(BOARD, "ada"))
    assert isinstance(found, ForkEngine)
    found.create_branch("work")
    _post(found, "w-1", "work")
    for number in range(2, 5):
        _post(host.engine(BOARD), f"w-{number}")
    return found


def _post(engine: Engine, item: str, branch: str = "main") -> str:
    with engine.change(branch) as change:
        change.run("INSERT INTO `wanted` (`id`, `title`) VALUES (:id, 'x')", {"id": item})
        return change.commit(f"Post {item}", author="ada", at=AT, tables=["wanted"])


def test_a_branch_leaves_main_where_it_began(host: LocalHost, fork: ForkEngine) -> None:
    began = host.engine(BOARD).head("main~3")

    assert began == fork.merge_base("main", "work")
    assert began == fork.merge_base("work", "main")
    assert ["w-1"] == [change.key for change in fork.diff(began, "work")]


def test_a_branch_that_took_main_in_leaves_it_there(host: LocalHost, fork: ForkEngine) -> None:
    """A merge has two parents, and the newer of two common ancestors counts."""
    upstream = host.engine(BOARD)
    taken = upstream.head()
    fork.follow()
    merged = fork.merge("work", author="ada", at=AT, message="Take main in")
    fork.create_branch("merged", merged)
    fork.move_branch("main", taken)
    _post(upstream, "w-9")

    assert taken == fork.merge_base("main", "merged")


def test_its_main_is_upstreams_before_its_file_moves(host: LocalHost, fork: ForkEngine) -> None:
    head = host.engine(BOARD).head()
    items = fork.read("SELECT `id` FROM `wanted` ORDER BY `id`")

    assert head == fork.head()
    assert head == {branch.name: branch.head for branch in fork.branches()}["main"]
    assert ["w-2", "w-3", "w-4"] == [row["id"] for row in items]


def test_a_new_branch_begins_at_upstreams_main(host: LocalHost, fork: ForkEngine) -> None:
    fork.create_branch("more")

    assert host.engine(BOARD).head() == fork.head("more")


def test_the_file_alone_tells_main_once_it_has_followed(host: LocalHost, fork: ForkEngine) -> None:
    fork.follow()
    fork.close()

    own = fork._file()
    assert own is not None
    assert host.engine(BOARD).head() == own.head()
