"""A commons on a plain remote: what wins, wins there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from hosts.boards import (
    BOARD,
    NOON,
    accepting,
    claim,
    claiming,
    claims,
    fill,
    wanted,
)
from wasteland.engines.base import Change
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hosts.base import PullState, RepoName, Settlement
from wasteland.hosts.plain import PlainHost
from wasteland.protocol.diff import RowChange
from wasteland.protocol.errors import (
    Conflict,
    Invalid,
    MergeConflict,
    NotFound,
    Stale,
    Unavailable,
    Unsupported,
)


class Remote:
    """A file that several clones push to."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.path = directory / "remote.db"
        with DoltLiteEngine.create(self.path) as engine:
            fill(engine)

    def clone(self, rig: str) -> PlainHost:
        clone = self.directory / rig / "board.db"
        return PlainHost.open(BOARD, clone, f"file://{self.path}", clock=lambda: NOON)

    def claims(self) -> dict[str, object]:
        with DoltLiteEngine(self.path) as engine:
            return dict(claims(engine))


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    return Remote(tmp_path)


@pytest.fixture
def alice(remote: Remote) -> Iterator[PlainHost]:
    with remote.clone("alice") as host:
        yield host


@pytest.fixture
def bob(remote: Remote) -> Iterator[PlainHost]:
    with remote.clone("bob") as host:
        yield host


def test_a_merge_moves_the_remotes_main(alice: PlainHost, remote: Remote) -> None:
    head = alice.merge(BOARD, [], claiming("w-1", "alice"))

    assert "alice" == remote.claims()["w-1"]
    assert head == alice.engine(BOARD).head()


def test_a_claim_that_was_won_elsewhere_is_lost_here(
    alice: PlainHost, bob: PlainHost, remote: Remote
) -> None:
    alice.merge(BOARD, [], claiming("w-1", "alice"))

    with pytest.raises(Stale):
        bob.merge(BOARD, [], claiming("w-1", "bob"))

    assert "alice" == remote.claims()["w-1"]
    assert "alice" == claims(bob.engine(BOARD))["w-1"]
    assert alice.engine(BOARD).head() == bob.engine(BOARD).head()


def test_who_pushed_first_wins_and_the_judge_looks_again(
    alice: PlainHost, bob: PlainHost, remote: Remote
) -> None:
    looks: list[object] = []

    def settle(change: Change, changes: Sequence[RowChange]) -> Settlement:
        if not looks:
            bob.merge(BOARD, [], claiming("w-2", "bob"))
        looks.append(change.query("SELECT claimed_by FROM wanted WHERE id = 'w-2'")[0])
        return claiming("w-1", "alice")(change, changes)

    alice.merge(BOARD, [], settle)

    assert [{"claimed_by": None}, {"claimed_by": "bob"}] == looks
    assert {"w-1": "alice", "w-2": "bob", "w-3": None} == remote.claims()
    assert ["claim w-1", "claim w-2"] == [
        commit.message for commit in alice.engine(BOARD).log(limit=2)
    ]


def test_changes_are_repeated_on_what_somebody_else_pushed(
    alice: PlainHost, bob: PlainHost, remote: Remote
) -> None:
    offered = [
        wanted("w-1", {"title": "Item 1"}, {"title": "One"}),
        wanted("w-2", {"title": "Item 2"}, {"title": "Two"}),
    ]
    looks: list[int] = []

    def settle(change: Change, changes: Sequence[RowChange]) -> Settlement:
        if not looks:
            bob.merge(BOARD, [], claiming("w-3", "bob"))
        looks.append(1)
        return accepting("two")(change, changes)

    alice.merge(BOARD, offered, settle)

    messages = [commit.message for commit in alice.engine(BOARD).log(limit=2)]
    assert ["two", "claim w-3"] == messages
    assert [1, 1] == looks


def test_a_remote_that_cannot_be_reached_leaves_main_as_it_was(
    alice: PlainHost, remote: Remote
) -> None:
    before = alice.engine(BOARD).head()

    def settle(change: Change, changes: Sequence[RowChange]) -> Settlement:
        remote.path.rename(remote.path.with_suffix(".away"))
        remote.path.mkdir()
        return claiming("w-1", "alice")(change, changes)

    with pytest.raises(Unavailable):
        alice.merge(BOARD, [], settle)

    assert before == alice.engine(BOARD).head()
    assert [] == alice.engine(BOARD).dirty()
    remote.path.rmdir()
    remote.path.with_suffix(".away").rename(remote.path)
    alice.merge(BOARD, [], claiming("w-1", "alice"))
    assert "alice" == remote.claims()["w-1"]


def test_a_commit_that_a_killed_process_did_not_push_is_taken_back(
    alice: PlainHost, remote: Remote
) -> None:
    engine = alice.engine(BOARD)
    with alice._all_or_nothing():
        claim(engine, "main", "w-1", "alice")
    alice._unpushed.touch()  # as if the process had died before it could push
    assert "alice" == claims(engine)["w-1"]
    alice.close()

    with remote.clone("alice") as again:
        again.refresh(BOARD)
        assert {"w-1": None, "w-2": None, "w-3": None} == claims(again.engine(BOARD))
        again.merge(BOARD, [], claiming("w-1", "alice"))
    assert "alice" == remote.claims()["w-1"]


def test_a_main_with_commits_of_its_own_is_a_conflict_and_kept(
    alice: PlainHost, bob: PlainHost
) -> None:
    own = claim(alice.engine(BOARD), "main", "w-1", "alice")
    bob.merge(BOARD, [], claiming("w-2", "bob"))

    for act in (
        lambda: alice.refresh(BOARD),
        lambda: alice.merge(BOARD, [], claiming("w-3", "alice")),
    ):
        with pytest.raises(MergeConflict) as caught:
            act()
        assert "wl sync" in caught.value.hint
    assert own == alice.engine(BOARD).head()


def test_a_published_branch_is_a_pull_request_for_others(
    alice: PlainHost, bob: PlainHost, remote: Remote
) -> None:
    branch = "wl/alice/w-1"
    claim(alice.engine(BOARD), branch, "w-1", "alice")
    opened = alice.open_pull(
        BOARD, source=BOARD, branch=branch, title="claim", body="", author="alice"
    )

    assert [] == bob.pulls(BOARD)
    bob.refresh(BOARD)
    assert [opened] == bob.pulls(BOARD)
    bob.merge(BOARD, bob.changes(opened), accepting())
    bob.end_pull(BOARD, opened.id, state=PullState.MERGED)

    assert "alice" == remote.claims()["w-1"]
    alice.refresh(BOARD)
    assert [] == alice.pulls(BOARD)


@pytest.mark.parametrize("knows_head", [True, False])
def test_a_branch_that_has_moved_on_is_not_ended(
    alice: PlainHost, bob: PlainHost, *, knows_head: bool
) -> None:
    branch = "wl/alice/w-1"
    claim(alice.engine(BOARD), branch, "w-1", "alice")
    opened = alice.open_pull(
        BOARD, source=BOARD, branch=branch, title="claim", body="", author="alice"
    )
    bob.refresh(BOARD)
    later = claim(alice.engine(BOARD), branch, "w-2", "alice")
    alice.publish(BOARD, branch)

    head = opened.head if knows_head else ""
    left = bob.end_pull(BOARD, branch, state=PullState.MERGED, head=head)

    assert (PullState.OPEN, later) == (left.state, left.head)
    alice.refresh(BOARD)
    assert [left] == alice.pulls(BOARD)


def test_a_registration_is_by_the_rig_that_it_names(alice: PlainHost) -> None:
    claim(alice.engine(BOARD), "wl/register/carol", "w-1", "carol")

    pull = alice.open_pull(
        BOARD, source=BOARD, branch="wl/register/carol", title="", body="", author="carol"
    )

    assert "carol" == pull.author


def test_a_branch_outside_wl_cannot_be_offered(alice: PlainHost) -> None:
    claim(alice.engine(BOARD), "topic", "w-1", "alice")

    with pytest.raises(Invalid):
        alice.open_pull(BOARD, source=BOARD, branch="topic", title="", body="", author="alice")


def test_withdrawing_a_branch_deletes_it_here_and_there(alice: PlainHost, remote: Remote) -> None:
    claim(alice.engine(BOARD), "wl/alice/w-1", "w-1", "alice")
    alice.publish(BOARD, "wl/alice/w-1")

    alice.withdraw_branch(BOARD, "wl/alice/w-1")
    alice.withdraw_branch(BOARD, "wl/alice/w-1")

    with DoltLiteEngine(remote.path) as engine:
        assert ["main"] == [branch.name for branch in engine.branches()]
    assert ["main"] == [branch.name for branch in alice.engine(BOARD).branches()]


def test_a_branch_with_other_commits_on_the_remote_is_overwritten_by_force_only(
    alice: PlainHost, bob: PlainHost
) -> None:
    for host, item in ((alice, "w-1"), (bob, "w-2")):
        claim(host.engine(BOARD), "wl/alice/x", item, "alice")
    alice.publish(BOARD, "wl/alice/x")

    with pytest.raises(Conflict):
        bob.publish(BOARD, "wl/alice/x")

    bob.publish(BOARD, "wl/alice/x", force=True)
    alice.refresh(BOARD)
    assert bob.engine(BOARD).head("wl/alice/x") == alice.pull(BOARD, "wl/alice/x").head


def test_a_plain_remote_creates_nothing_and_keeps_no_remarks(alice: PlainHost) -> None:
    for act in (
        lambda: alice.create(RepoName("org", "other")),
        lambda: alice.delete(BOARD),
        lambda: alice.comments(BOARD, "wl/alice/w-1"),
        lambda: alice.comment(BOARD, "wl/alice/w-1", author="bob", body="?"),
    ):
        with pytest.raises(Unsupported):
            act()


def test_a_remote_that_is_not_there_leaves_no_clone(tmp_path: Path) -> None:
    clone = tmp_path / "clone" / "board.db"

    with pytest.raises((Unavailable, NotFound)):
        PlainHost.open(BOARD, clone, f"file://{tmp_path}/missing.db")

    assert [] == list(clone.parent.iterdir())


def test_one_at_a_time_offers_a_branch(alice: PlainHost, remote: Remote) -> None:
    home = remote.directory / "alice"
    rival = PlainHost(
        BOARD,
        DoltLiteEngine(home / "board.db"),
        f"file://{remote.path}",
        home,
        patience_s=0,
    )

    with rival, alice.turn(BOARD, "wl/alice/w-1"):
        with pytest.raises(Unavailable), rival.turn(BOARD, "wl/alice/w-1"):
            pass
        with rival.turn(BOARD, "wl/alice/w-2"):
            pass
