"""What every host must do, run over each kind."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hosts.boards import (
    BOARD,
    NOON,
    POST,
    accepting,
    claim,
    claiming,
    claims,
    everything,
    wanted,
    write,
)
from wasteland.engines.base import Ability, Change
from wasteland.hosts.base import Host, PullRequest, PullState, RepoName, Settlement
from wasteland.protocol.errors import (
    Conflict,
    Forbidden,
    Invalid,
    MergeConflict,
    NotFound,
    WastelandError,
)


def offer(host: Host, branch: str = "wl/alice/w-1", owner: str = "alice") -> PullRequest:
    source = host.fork(BOARD, owner)
    claim(host.engine(source), branch, branch.rpartition("/")[2], owner)
    return host.open_pull(BOARD, source=source, branch=branch, title="claim", body="", author=owner)


# --- repositories


def test_a_host_lists_its_commons_and_not_its_forks(host: Host) -> None:
    host.fork(BOARD, "alice")

    assert [BOARD] == host.repositories()


def test_an_unknown_repository_is_not_found(host: Host) -> None:
    with pytest.raises(NotFound):
        host.engine(RepoName("org", "other"))


@pytest.mark.parametrize(
    "text", ["board", "org/", "/board", "org/..", "../board", "org/a/b", ".queues/x", "org/a b"]
)
def test_a_name_that_is_none_is_invalid(text: str) -> None:
    with pytest.raises(Invalid):
        RepoName.parse(text)


def test_the_clock_is_utc_in_whole_seconds(host: Host) -> None:
    assert NOON == host.now()


# --- merging


def test_a_merge_without_commits_keeps_what_the_judge_writes(host: Host) -> None:
    head = host.merge(BOARD, [], claiming("w-1", "alice"))

    engine = host.engine(BOARD)
    assert head == engine.head()
    assert {"w-1": "alice", "w-2": None, "w-3": None} == claims(engine)
    newest = engine.log(limit=1)[0]
    assert ("claim w-1", "alice", NOON) == (newest.message, newest.author, newest.at)


def test_a_merge_of_one_commit_says_what_the_settlement_says(host: Host) -> None:
    pull = offer(host)
    later = NOON + timedelta(hours=1)

    host.merge(BOARD, host.changes(pull), accepting("accept", author="bob", at=later))

    engine = host.engine(BOARD)
    newest = engine.log(limit=1)[0]
    assert "alice" == claims(engine)["w-1"]
    assert ("accept", "bob", "org@example.org", later) == (
        newest.message,
        newest.author,
        newest.email,
        newest.at,
    )


def test_a_merge_of_many_commits_lands_their_net_change_as_one_commit(host: Host) -> None:
    """What lies between the ends of a branch was never judged: main does not get it."""
    fork = host.engine(host.fork(BOARD, "alice"))
    branch = "wl/alice/w-9"
    retitle = "UPDATE wanted SET title = :title WHERE id = 'w-1'"
    write(fork, branch, POST, {"id": "w-9", "title": "New"}, author="bob")
    write(fork, branch, retitle, {"title": "Between"}, author="mallory")
    write(fork, branch, retitle, {"title": "Item 1"}, author="alice")
    pull = host.open_pull(
        BOARD,
        source=host.fork(BOARD, "alice"),
        branch=branch,
        title="three",
        body="",
        author="alice",
    )

    host.merge(BOARD, host.changes(pull), accepting("all of it", author="alice"))

    engine = host.engine(BOARD)
    assert ["all of it", "post"] == [commit.message for commit in engine.log(limit=2)]
    assert [{"title": "Item 1"}] == [
        dict.fromkeys(["title"], version.row["title"])
        for version in engine.history("wanted", "w-1")
    ]
    assert [{"id": "w-9"}] == engine.read("SELECT id FROM wanted WHERE id = 'w-9'")


def test_main_merged_into_a_branch_offers_only_what_is_the_branchs_own(host: Host) -> None:
    pull = offer(host)
    host.merge(BOARD, [], claiming("w-2", "bob"))

    offered = host.changes(pull)

    assert ["w-1"] == [change.key for change in offered]


def test_the_judge_sees_the_merged_tree_and_the_net_changes(host: Host) -> None:
    renamed = wanted("w-1", {"title": "Item 1"}, {"title": "First"})
    seen: list[object] = []

    def settle(change: Change, changes: object) -> Settlement:
        seen.append(change.query("SELECT title FROM wanted WHERE id = 'w-1'")[0]["title"])
        seen.extend(item.cells for item in changes)  # type: ignore[attr-defined]
        return Settlement("retitle", "org", NOON, ["wanted"])

    host.merge(BOARD, [renamed], settle)

    assert ["First", {"title": ("Item 1", "First")}] == seen


def test_a_commit_that_is_on_main_already_makes_none(host: Host) -> None:
    host.merge(BOARD, [], claiming("w-1", "alice"))
    before = host.engine(BOARD).head()
    again = wanted("w-1", {"claimed_by": None}, {"claimed_by": "alice"})

    assert before == host.merge(BOARD, [again], accepting())
    assert before == host.engine(BOARD).head()


def test_a_commit_that_does_not_apply_is_a_conflict_that_names_the_cells(host: Host) -> None:
    host.merge(BOARD, [], claiming("w-1", "bob"))
    late = wanted("w-1", {"claimed_by": None}, {"claimed_by": "alice"})

    with pytest.raises(MergeConflict) as caught:
        host.merge(BOARD, [late], accepting())

    assert {"table": "wanted", "key": "w-1", "cells": ["claimed_by"]} == caught.value.facts


@pytest.mark.parametrize("changes", [0, 1, 2])
def test_a_refused_merge_leaves_nothing(host: Host, changes: int) -> None:
    before = everything(host, BOARD)
    offered = [
        wanted("w-1", {"title": "Item 1"}, {"title": "One"}),
        wanted("w-2", {"title": "Item 2"}, {"title": "Two"}),
    ]

    def refuse(change: Change, _: object) -> Settlement:
        change.execute(POST, {"id": "w-9", "title": "Amendment"})
        raise Forbidden("Not allowed.")

    with pytest.raises(Forbidden):
        host.merge(BOARD, offered[:changes], refuse)

    assert before == everything(host, BOARD)


def test_a_merge_after_a_refused_one_works(host: Host) -> None:
    with pytest.raises(WastelandError):
        host.merge(BOARD, [], claiming("w-99", "alice"))

    host.merge(BOARD, [], claiming("w-1", "alice"))

    assert "alice" == claims(host.engine(BOARD))["w-1"]


# --- branches as pull requests


def test_a_pull_request_offers_the_branch_head_and_its_net_changes(host: Host) -> None:
    pull = offer(host)

    assert ("alice", BOARD, "wl/alice/w-1", PullState.OPEN) == (
        pull.author,
        pull.repo,
        pull.branch,
        pull.state,
    )
    assert host.engine(pull.source).head("wl/alice/w-1") == pull.head
    offered = host.changes(pull)
    expected = {"status": ("open", "claimed"), "claimed_by": (None, "alice")}
    assert [expected] == [change.cells for change in offered]


def test_open_pull_requests_are_listed_by_state_and_author(host: Host) -> None:
    first = offer(host)
    second = offer(host, "wl/bob/w-2", "bob")

    assert [first, second] == host.pulls(BOARD)
    assert [second] == host.pulls(BOARD, author="bob")
    assert [] == host.pulls(BOARD, state=PullState.CLOSED)


def test_opening_a_branch_again_moves_the_head_of_its_pull_request(host: Host) -> None:
    first = offer(host)
    head = claim(host.engine(first.source), first.branch, "w-2", "alice")

    again = host.open_pull(
        BOARD, source=first.source, branch=first.branch, title="claim", body="", author="alice"
    )

    assert (first.id, head) == (again.id, again.head)
    assert [again] == host.pulls(BOARD)


def test_update_moves_the_pinned_head(host: Host) -> None:
    pull = offer(host)
    head = claim(host.engine(pull.source), pull.branch, "w-2", "alice")

    assert head == host.update_pull(BOARD, pull.id).head
    assert head == host.pull(BOARD, pull.id).head


@pytest.mark.parametrize("state", [PullState.MERGED, PullState.CLOSED])
def test_ending_a_pull_request_drops_its_branch_and_can_be_repeated(
    host: Host, state: PullState
) -> None:
    pull = offer(host)

    ended = host.end_pull(BOARD, pull.id, state=state, merged_as="abc", reason="why")
    again = host.end_pull(BOARD, pull.id, state=state, merged_as="abc", reason="why")

    assert (state, "abc", "why") == (ended.state, ended.merged_as, ended.reason)
    assert state is again.state
    assert [] == host.pulls(BOARD)
    assert [] == host.engine(pull.source).branches("wl/")


def test_a_missing_pull_request_is_not_found(host: Host) -> None:
    for pull_id in ("7", "wl/nobody/w-1", "x", "9" * 40):
        with pytest.raises(NotFound):
            host.pull(BOARD, pull_id)


def test_offering_a_branch_that_is_not_there_is_not_found(host: Host) -> None:
    with pytest.raises(NotFound):
        host.open_pull(
            BOARD, source=BOARD, branch="wl/alice/none", title="", body="", author="alice"
        )


# --- only with forks and pull requests


def test_a_pull_request_cannot_end_twice_in_different_ways(forge: Host) -> None:
    pull = offer(forge)
    forge.end_pull(BOARD, pull.id, state=PullState.CLOSED, reason="late")

    with pytest.raises(Conflict):
        forge.end_pull(BOARD, pull.id, state=PullState.MERGED, merged_as="abc")
    with pytest.raises(Conflict):
        forge.update_pull(BOARD, pull.id)

    assert [PullState.CLOSED] == [found.state for found in forge.pulls(BOARD, state=None)]


def test_what_an_ended_pull_request_offered_stays_readable(forge: Host) -> None:
    pull = offer(forge)
    offered = forge.changes(pull)

    forge.end_pull(BOARD, pull.id, state=PullState.CLOSED)
    for repo in (pull.source, BOARD):
        if Ability.GC in forge.engine(repo).abilities:
            forge.engine(repo).gc()

    assert pull.head == forge.engine(pull.source).head(f"pull/{pull.id}/head")
    assert offered == forge.changes(pull)


def test_a_branch_that_moved_on_after_its_offer_is_kept(forge: Host) -> None:
    pull = offer(forge)
    head = claim(forge.engine(pull.source), pull.branch, "w-2", "alice")

    forge.end_pull(BOARD, pull.id, state=PullState.CLOSED)

    assert head == forge.engine(pull.source).head(pull.branch)


def test_remarks_are_kept_in_order(forge: Host) -> None:
    pull = offer(forge)
    first = forge.comment(BOARD, pull.id, author="bob", body="Why?")
    second = forge.comment(BOARD, pull.id, author="alice", body="Because.")

    assert [first, second] == forge.comments(BOARD, pull.id)
    with pytest.raises(NotFound):
        forge.comment(BOARD, "99", author="bob", body="Where?")


def test_a_fork_is_made_once_and_listed(forge: Host) -> None:
    assert forge.fork(BOARD, "alice") == forge.fork(BOARD, "alice") == RepoName("alice", "board")
    assert [RepoName("alice", "board")] == forge.forks(BOARD)
    assert BOARD == forge.fork(BOARD, "org")


def test_a_fork_of_a_fork_is_a_fork_of_its_parent(forge: Host) -> None:
    bob = forge.fork(forge.fork(BOARD, "alice"), "bob")

    assert [RepoName("alice", "board"), bob] == forge.forks(BOARD)


def test_a_branch_in_one_fork_is_invisible_in_another(forge: Host) -> None:
    pull = offer(forge)
    bob = forge.engine(forge.fork(BOARD, "bob"))

    for other in (bob, forge.engine(BOARD)):
        assert ["main"] == [branch.name for branch in other.branches()]
        with pytest.raises(NotFound):
            other.head(pull.branch)


@pytest.mark.parametrize("is_written", [False, True])
def test_the_main_of_a_fork_follows_upstream(forge: Host, is_written: bool) -> None:
    fork = forge.engine(forge.fork(BOARD, "alice"))
    if is_written:
        claim(fork, "wl/alice/w-2", "w-2", "alice")

    head = forge.merge(BOARD, [], claiming("w-1", "bob"))

    assert head == fork.head()
    assert "bob" == claims(fork)["w-1"]
    assert [(head, "main")] == [(branch.head, branch.name) for branch in fork.branches("main")]
    claim(fork, "wl/alice/w-3", "w-3", "alice")
    assert {"w-1": "bob", "w-2": None, "w-3": "alice"} == claims(fork, "wl/alice/w-3")


def test_a_fork_that_is_no_fork_of_the_commons_cannot_offer(forge: Host) -> None:
    other = RepoName("other", "thing")
    forge.create(other)

    with pytest.raises(Invalid):
        forge.open_pull(BOARD, source=other, branch="wl/x", title="", body="", author="other")


def test_a_commons_is_not_taken_for_a_fork_of_that_name(forge: Host) -> None:
    forge.create(RepoName("mallory", "board"))

    with pytest.raises(Conflict):
        forge.fork(BOARD, "mallory")


def test_creating_a_repository_twice_is_a_conflict(forge: Host) -> None:
    with pytest.raises(Conflict):
        forge.create(BOARD)

    assert 3 == len(claims(forge.engine(BOARD)))


def test_a_repository_with_forks_is_not_deleted(forge: Host) -> None:
    fork = forge.fork(BOARD, "alice")
    claim(forge.engine(fork), "wl/alice/w-1", "w-1", "alice")
    with pytest.raises(Conflict):
        forge.delete(BOARD)

    forge.delete(fork)
    forge.delete(BOARD)

    assert [] == forge.repositories()
    with pytest.raises(NotFound):
        forge.engine(BOARD)
    assert {} == forge.create(BOARD).tables()


# --- journal and leases


def test_an_operation_begins_once_and_keeps_its_first_receipt(host: Host) -> None:
    assert host.operation(BOARD, "op-1") is None
    host.begin_operation(BOARD, "op-1", actor="alice", digest="d")
    host.begin_operation(BOARD, "op-1", actor="alice", digest="d")
    host.finish_operation(BOARD, "op-1", {"commit": "first"})
    host.finish_operation(BOARD, "op-1", {"commit": "second"})

    found = host.operation(BOARD, "op-1")
    assert found is not None
    assert ("alice", "d", {"commit": "first"}, NOON) == (
        found.actor,
        found.digest,
        found.receipt,
        found.started_at,
    )


@pytest.mark.parametrize(("actor", "digest"), [("bob", "d"), ("alice", "other")])
def test_an_operation_id_stands_for_one_request(host: Host, actor: str, digest: str) -> None:
    host.begin_operation(BOARD, "op-1", actor="alice", digest="d")

    with pytest.raises(Conflict):
        host.begin_operation(BOARD, "op-1", actor=actor, digest=digest)


def test_a_refused_operation_is_forgotten_and_a_finished_one_is_not(host: Host) -> None:
    for op_id in ("op-1", "op-2"):
        host.begin_operation(BOARD, op_id, actor="alice", digest="d")
    host.finish_operation(BOARD, "op-2", {})

    host.abandon_operation(BOARD, "op-1")
    host.abandon_operation(BOARD, "op-2")

    assert ["op-2"] == [operation.id for operation in host.operations(BOARD, actor="alice")]
    assert [] == host.unfinished(BOARD)


def test_operations_of_an_actor_are_listed_newest_first(host: Host) -> None:
    for op_id, actor in (("op-1", "alice"), ("op-2", "bob"), ("op-3", "alice"), ("op-4", "alice")):
        host.begin_operation(BOARD, op_id, actor=actor, digest="d")

    listed = host.operations(BOARD, actor="alice", limit=2)
    assert ["op-4", "op-3"] == [operation.id for operation in listed]


def test_a_renewed_lease_never_becomes_shorter(host: Host) -> None:
    late, later = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
    host.renew_lease(BOARD, "w-1", "token", later)
    host.renew_lease(BOARD, "w-1", "token", late)
    host.renew_lease(BOARD, "w-2", "old", later)
    host.renew_lease(BOARD, "w-2", "new", late)

    assert {"w-1": ("token", later), "w-2": ("new", late)} == host.renewals(BOARD)
