"""A directory of repositories: several processes at once, kills, costs, paths."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import stat
from collections.abc import Sequence
from multiprocessing.synchronize import Event
from pathlib import Path
from threading import Event as Never

import pytest

from hosts.boards import (
    BOARD,
    NOON,
    accepting,
    claim,
    claiming,
    claims,
    everything,
    fill,
    wanted,
)
from wasteland.engines.base import Change
from wasteland.hosts import heads
from wasteland.hosts import storage as storage_module
from wasteland.hosts.base import PullState, RepoName, Settlement
from wasteland.hosts.local import LocalHost
from wasteland.protocol.diff import RowChange
from wasteland.protocol.errors import Conflict, Invalid, NotFound, Stale, Unavailable, Unsupported

SPAWN = multiprocessing.get_context("spawn")


def merge_from_a_fork(root: Path, rig: str) -> None:
    """Claim one item in a fork of one's own, offer it, and merge it."""
    with LocalHost(root) as host:
        fork = host.fork(BOARD, rig)
        branch = f"wl/{rig}/w"
        claim(host.engine(fork), branch, f"w-{rig}", rig)
        pull = host.open_pull(BOARD, source=fork, branch=branch, title="claim", body="", author=rig)
        head = host.merge(BOARD, host.changes(pull), accepting(f"merge {rig}", rig))
        host.end_pull(BOARD, pull.id, state=PullState.MERGED, merged_as=head)


def race_for_one_item(root: Path, rig: str) -> None:
    """Try to claim w-1; say by the exit code whether we won."""
    with LocalHost(root) as host:
        try:
            host.merge(BOARD, [], claiming("w-1", rig))
        except Stale:
            os._exit(9)


def stop_in_the_middle(root: Path, commits: int, there: Event) -> None:
    """Begin a merge and never end it."""
    offered = [
        wanted("w-1", {"title": "Item 1"}, {"title": "One"}),
        wanted("w-2", {"title": "Item 2"}, {"title": "Two"}),
    ]

    def settle(change: Change, changes: Sequence[RowChange]) -> Settlement:
        there.set()
        Never().wait()
        raise AssertionError

    with LocalHost(root) as host:
        host.merge(BOARD, offered[:commits], settle)


def test_merges_of_several_processes_all_land(local: LocalHost) -> None:
    rigs = ["1", "2", "3"]
    workers = [SPAWN.Process(target=merge_from_a_fork, args=(local.root, rig)) for rig in rigs]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [0, 0, 0] == [worker.exitcode for worker in workers]
    assert {"w-1": "1", "w-2": "2", "w-3": "3"} == claims(local.engine(BOARD))
    messages = {commit.message for commit in local.engine(BOARD).log(limit=3)}
    assert {"merge 1", "merge 2", "merge 3"} == messages
    merged = local.pulls(BOARD, state=PullState.MERGED)
    assert ["1", "2", "3"] == [pull.id for pull in merged]
    assert set(rigs) == {pull.author for pull in merged}


def test_one_of_several_processes_wins_an_item(local: LocalHost) -> None:
    workers = [
        SPAWN.Process(target=race_for_one_item, args=(local.root, rig)) for rig in ("a", "b", "c")
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [0, 9, 9] == sorted(worker.exitcode or 0 for worker in workers)
    winner = next(rig for rig, worker in zip("abc", workers, strict=True) if not worker.exitcode)
    assert winner == claims(local.engine(BOARD))["w-1"]


@pytest.mark.parametrize("commits", [0, 1, 2])
def test_a_merge_that_is_killed_leaves_main_clean_and_the_next_one_works(
    local: LocalHost, commits: int
) -> None:
    before = everything(local, BOARD)[1:]
    there = SPAWN.Event()
    worker = SPAWN.Process(target=stop_in_the_middle, args=(local.root, commits, there))
    worker.start()
    assert there.wait(60)
    assert worker.pid
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()

    assert before == everything(local, BOARD)[1:]
    offered = [wanted("w-3", {"title": "Item 3"}, {"title": "Third"})]
    head = local.merge(BOARD, offered, accepting())
    engine = local.engine(BOARD)
    assert [("main", head)] == [(branch.name, branch.head) for branch in engine.branches()]
    assert [{"title": "Third"}] == engine.read("SELECT title FROM wanted WHERE id = 'w-3'")


# --- forks


def test_a_fork_takes_no_space_until_it_is_written_and_little_then(local: LocalHost) -> None:
    fork = local.fork(BOARD, "alice")
    engine = local.engine(fork)
    assert claims(local.engine(BOARD)) == claims(engine)
    assert not (local.root / "alice").exists()
    assert 0 == engine.size_bytes()

    engine.create_branch("wl/alice/w-1")

    assert 0 < engine.size_bytes() <= 20_000
    assert ["board.db"] == [
        path.name for path in (local.root / "alice").iterdir() if path.name[0] != "."
    ]


def test_a_thousand_forks_are_rows(local: LocalHost) -> None:
    for number in range(1000):
        local.fork(BOARD, f"rig-{number}")

    assert 1000 == len(local.forks(BOARD))
    assert not list(local.root.glob("rig-*"))
    assert claims(local.engine(BOARD)) == claims(local.engine(RepoName("rig-999", "board")))


def test_an_unwritten_fork_shows_nothing_of_upstream_but_main(local: LocalHost) -> None:
    upstream = local.engine(BOARD)
    head = claim(upstream, "wl/org/w-1", "w-1", "org")
    fork = local.engine(local.fork(BOARD, "alice"))

    assert ["main"] == [branch.name for branch in fork.branches()]
    assert [] == fork.branches("wl/")
    with pytest.raises(NotFound):
        fork.head("wl/org/w-1")
    assert head == upstream.head("wl/org/w-1")


def test_a_fork_whose_main_was_written_keeps_it(local: LocalHost) -> None:
    fork = local.engine(local.fork(BOARD, "alice"))
    own = claim(fork, "main", "w-1", "alice")

    local.merge(BOARD, [], claiming("w-2", "bob"))

    assert own == fork.head()
    assert {"w-1": "alice", "w-2": None, "w-3": None} == claims(fork)
    assert {"w-1": None, "w-2": "bob", "w-3": None} == claims(local.engine(BOARD))


def test_a_fork_reads_and_writes_after_upstream_collected_its_garbage(local: LocalHost) -> None:
    fork = local.engine(local.fork(BOARD, "alice"))
    claim(fork, "wl/alice/w-1", "w-1", "alice")
    local.merge(BOARD, [], claiming("w-2", "bob"))
    local.engine(BOARD).gc()

    claim(fork, "wl/alice/w-3", "w-3", "alice")

    assert {"w-1": "alice", "w-2": None, "w-3": None} == claims(fork, "wl/alice/w-1")
    assert {"w-1": None, "w-2": "bob", "w-3": "alice"} == claims(fork, "wl/alice/w-3")
    assert [] == fork.check()


def test_only_the_newest_ended_pull_requests_of_a_source_stay_readable(
    local: LocalHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "KEPT", 2)
    fork = local.fork(BOARD, "alice")
    for number in range(1, 5):
        claim(local.engine(fork), "wl/alice/w-1", "w-1", "alice")
        pull = local.open_pull(
            BOARD, source=fork, branch="wl/alice/w-1", title="", body="", author="alice"
        )
        assert str(number) == pull.id
        local.end_pull(BOARD, pull.id, state=PullState.CLOSED)

    kept = [branch.name for branch in local.engine(fork).branches("pull/")]
    assert ["pull/3/head", "pull/4/head"] == kept


# --- the directory


def test_a_directory_is_opened_again_as_it_was(local: LocalHost) -> None:
    fork = local.fork(BOARD, "alice")
    claim(local.engine(fork), "wl/alice/w-1", "w-1", "alice")
    local.close()

    with LocalHost(local.root) as again:
        assert [BOARD] == again.repositories()
        assert "alice" == claims(again.engine(fork), "wl/alice/w-1")["w-1"]


@pytest.mark.parametrize("is_copy", [False, True])
def test_forks_survive_when_their_directory_is_moved_or_copied(
    local: LocalHost, tmp_path: Path, is_copy: bool
) -> None:
    fork = local.fork(BOARD, "alice")
    claim(local.engine(fork), "wl/alice/w-1", "w-1", "alice")
    claim(local.engine(fork), "wl/alice/w-2", "w-2", "alice")
    local.close()
    elsewhere = tmp_path / "elsewhere"
    if is_copy:
        shutil.copytree(local.root, elsewhere)
        local.merge(BOARD, [], claiming("w-3", "somebody at the old place"))
    else:
        local.root.rename(elsewhere)

    with LocalHost(elsewhere) as host:
        engine = host.engine(fork)
        assert {"w-1": "alice", "w-2": None, "w-3": None} == claims(engine, "wl/alice/w-1")
        host.merge(BOARD, [], claiming("w-3", "bob"))
        assert "bob" == claims(engine)["w-3"]
        claim(engine, "wl/alice/w-2", "w-1", "alice")
        assert {"w-1": "alice", "w-2": "alice", "w-3": None} == claims(engine, "wl/alice/w-2")
        assert ["main", "wl/alice/w-1", "wl/alice/w-2"] == [each.name for each in engine.branches()]


def test_more_forks_than_are_kept_open_can_be_used(
    local: LocalHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_module, "OPEN_FORKS", 2)
    engines = [local.engine(local.fork(BOARD, rig)) for rig in ("a", "b", "c", "d")]
    for engine, rig in zip(engines, "abcd", strict=True):
        claim(engine, "wl/x", "w-1", rig)

    for _ in range(2):
        for rig in "abcd":
            fork = local.engine(RepoName(rig, "board"))
            assert rig == claims(fork, "wl/x")["w-1"]


def test_a_host_in_a_directory_with_odd_characters_works(tmp_path: Path) -> None:
    with LocalHost(tmp_path / "a b%20c?#é") as host:
        fill(host.create(BOARD))
        fork = host.engine(host.fork(BOARD, "alice"))
        claim(fork, "wl/alice/w-1", "w-1", "alice")
        host.merge(BOARD, [], claiming("w-2", "bob"))

        assert "bob" == claims(fork)["w-2"]


def test_directories_are_closed_to_other_users(local: LocalHost) -> None:
    for path in (local.root, local.root / "org", local.root / ".queues"):
        assert 0o700 == stat.S_IMODE(path.stat().st_mode), path


def test_a_symbolic_link_does_not_lead_out_of_the_directory(
    local: LocalHost, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (local.root / "evil").symlink_to(outside)

    with pytest.raises(Invalid):
        local.create(RepoName("evil", "board"))
    with pytest.raises(Invalid):
        local.engine(local.fork(BOARD, "evil")).create_branch("wl/x")

    assert [] == list(outside.iterdir())
    assert [BOARD] == local.repositories()


@pytest.mark.parametrize("owner", ["host.db", "host.db-wal"])
def test_an_owner_cannot_have_the_name_of_the_hosts_own_file(local: LocalHost, owner: str) -> None:
    with pytest.raises(Invalid):
        local.create(RepoName(owner, "board"))
    with pytest.raises(Invalid):
        local.fork(BOARD, owner)


def test_an_unknown_engine_is_unsupported(local: LocalHost) -> None:
    with pytest.raises(Unsupported):
        local.create(RepoName("org", "other"), engine="paper")


def test_a_repository_that_a_killed_create_left_behind_is_created_again(local: LocalHost) -> None:
    (local.root / "org" / "board.db").unlink()
    with pytest.raises(NotFound):
        LocalHost(local.root).engine(BOARD)

    assert {} == local.create(BOARD).tables()


def test_a_file_that_the_host_does_not_know_is_not_overwritten(local: LocalHost) -> None:
    stray = local.root / "org" / "stray.db"
    stray.write_bytes(b"precious")

    with pytest.raises(Conflict):
        local.create(RepoName("org", "stray"))

    assert b"precious" == stray.read_bytes()
    assert [BOARD] == local.repositories()


def test_a_merge_gives_up_when_another_one_takes_too_long(local: LocalHost) -> None:
    impatient = LocalHost(local.root, patience_s=0.05)

    def settle(change: Change, changes: Sequence[RowChange]) -> Settlement:
        with pytest.raises(Unavailable, match=f"process {os.getpid()}"):
            impatient.merge(BOARD, [], claiming("w-1", "bob"))
        return Settlement("done", "org", NOON, [])

    local.merge(BOARD, [], settle)
    impatient.close()


def test_one_at_a_time_offers_a_branch(local: LocalHost) -> None:
    with LocalHost(local.root, patience_s=0) as rival, local.turn(BOARD, "wl/alice/w-1"):
        with pytest.raises(Unavailable), rival.turn(BOARD, "wl/alice/w-1"):
            pass
        with rival.turn(BOARD, "wl/alice/w-2"):
            pass


def test_a_pull_request_that_went_on_is_not_ended(local: LocalHost) -> None:
    branch = "wl/alice/w-1"
    first = claim(local.engine(BOARD), branch, "w-1", "alice")
    pull = local.open_pull(
        BOARD, source=BOARD, branch=branch, title="claim", body="", author="alice"
    )
    later = claim(local.engine(BOARD), branch, "w-2", "alice")
    local.update_pull(BOARD, pull.id)

    left = local.end_pull(BOARD, pull.id, state=PullState.MERGED, head=first)

    assert (PullState.OPEN, later) == (left.state, left.head)
    assert later == local.engine(BOARD).head(branch)
    ended = local.end_pull(BOARD, pull.id, state=PullState.MERGED, head=later)
    assert PullState.MERGED == ended.state
