"""Remotes: fetch, push, and two clones of one commons."""

from __future__ import annotations

import pytest

from engines.laboratory import AT, SCHEMA, Lab, post, retitle, titles
from wasteland.engines.base import Branch, Engine, Remote
from wasteland.protocol.errors import MergeConflict, NotFound, Stale, Unavailable

BRANCH = "wl/bob/w-1"


@pytest.fixture
def published(lab: Lab, engine: Engine) -> Engine:
    """Return an engine with one item, pushed to its remote ``origin``."""
    post(engine, "w-1")
    engine.add_remote("origin", lab.remote_url("shared"))
    engine.push("origin", "main")
    return engine


def fresh(lab: Lab, name: str) -> Engine:
    """Return an engine that has the shared remote and has fetched it."""
    made = lab.create(name)
    made.add_remote("origin", lab.remote_url("shared"))
    made.fetch("origin")
    made.move_branch("main", "origin/main")
    return made


def test_remotes_are_added_changed_listed_and_removed(lab: Lab, engine: Engine) -> None:
    first, second = lab.remote_url("first"), lab.remote_url("second")
    engine.add_remote("b", first)
    engine.add_remote("a", first)
    engine.add_remote("a", first)
    engine.add_remote("b", second)

    assert engine.remotes() == [Remote("a", first), Remote("b", second)]
    engine.remove_remote("a")
    engine.remove_remote("a")
    assert engine.remotes() == [Remote("b", second)]


def test_what_one_pushes_another_fetches(lab: Lab, published: Engine) -> None:
    other = fresh(lab, "other")
    assert titles(other) == {"w-1": "Item w-1"}
    head = retitle(published, "w-1", "new")
    published.push("origin", "main")

    other.fetch("origin", "main")

    assert other.remote_branches("origin") == [Branch("main", head)]
    assert titles(other, "origin/main") == {"w-1": "new"}
    assert titles(other) == {"w-1": "Item w-1"}
    assert other.fast_forward("main", "origin/main", expected=other.head()) == head


def test_a_clone_has_the_rows_the_history_and_the_remote(lab: Lab, engine: Engine) -> None:
    post(engine, "w-1")

    clone = lab.clone(engine, "clone")

    assert titles(clone) == titles(engine)
    assert clone.log() == engine.log()
    assert [remote.name for remote in clone.remotes()] == ["origin"]


def test_what_a_clone_writes_stays_there_until_it_is_pushed(lab: Lab, engine: Engine) -> None:
    post(engine, "w-1")
    clone = lab.clone(engine, "clone")
    clone.create_branch(BRANCH)
    retitle(clone, "w-1", "in the clone", branch=BRANCH)

    assert engine.branches("wl/") == []
    clone.push("origin", BRANCH)

    assert titles(engine, BRANCH) == {"w-1": "in the clone"}
    assert titles(engine) == {"w-1": "Item w-1"}


def test_remote_branches_are_named_without_the_remote(lab: Lab, published: Engine) -> None:
    published.create_branch(BRANCH)
    published.create_branch("wl/ann/w-1")
    published.push("origin", BRANCH)
    published.push("origin", "wl/ann/w-1")
    other = fresh(lab, "other")

    names = [branch.name for branch in other.remote_branches("origin")]
    assert names == ["main", "wl/ann/w-1", BRANCH]
    assert [branch.name for branch in other.remote_branches("origin", "wl/bob/")] == [BRANCH]
    assert other.remote_branches("upstream") == []
    assert [branch.name for branch in other.branches()] == ["main"]


def test_fetching_everything_drops_what_is_gone_there(lab: Lab, published: Engine) -> None:
    published.create_branch(BRANCH)
    published.push("origin", BRANCH)
    other = fresh(lab, "other")
    assert [branch.name for branch in other.remote_branches("origin")] == ["main", BRANCH]

    published.delete_remote_branch("origin", BRANCH)
    published.delete_remote_branch("origin", BRANCH)
    other.fetch("origin")

    assert [branch.name for branch in other.remote_branches("origin")] == ["main"]
    with pytest.raises(NotFound):
        other.head(f"origin/{BRANCH}")


def test_pushing_over_what_others_pushed_is_stale_and_changes_nothing(
    lab: Lab, published: Engine
) -> None:
    late = fresh(lab, "late")
    winner = retitle(published, "w-1", "first")
    published.push("origin", "main")
    mine = retitle(late, "w-1", "second")

    with pytest.raises(Stale):
        late.push("origin", "main")

    late.fetch("origin")
    assert late.head("origin/main") == winner
    assert late.head() == mine
    (change,) = late.diff("origin/main", "main")
    assert change.cells == {"title": ("first", "second")}
    with pytest.raises(MergeConflict):
        late.merge("origin/main", author="late", at=AT, message="merge")


def test_the_later_of_two_clones_may_start_again_from_what_won(lab: Lab, published: Engine) -> None:
    late = fresh(lab, "late")
    retitle(published, "w-1", "first")
    published.push("origin", "main")
    post(late, "w-2")

    late.fetch("origin")
    late.move_branch("main", "origin/main")
    post(late, "w-2")
    late.push("origin", "main")

    published.fetch("origin")
    assert titles(published, "origin/main") == {"w-1": "first", "w-2": "Item w-2"}


def test_a_fetch_keeps_what_was_made_here_meanwhile(lab: Lab, published: Engine) -> None:
    other = fresh(lab, "other")
    retitle(published, "w-1", "new")
    published.push("origin", "main")
    other.fetch("origin")
    other.create_branch(BRANCH)
    with lab.opener(other)() as third:
        head = post(third, "w-2", branch=BRANCH)
        moved = post(third, "w-3")
    retitle(published, "w-1", "newer")
    published.push("origin", "main")

    other.fetch("origin")

    assert other.branches() == [Branch("main", moved), Branch(BRANCH, head)]
    assert titles(other, "origin/main") == {"w-1": "newer"}


def test_force_pushes_over_what_is_there(lab: Lab, published: Engine) -> None:
    late = fresh(lab, "late")
    retitle(published, "w-1", "first")
    published.push("origin", "main")
    head = retitle(late, "w-1", "second")

    late.push("origin", "main", force=True)

    published.fetch("origin")
    assert published.head("origin/main") == head


def test_what_is_not_there_is_not_found(published: Engine) -> None:
    with pytest.raises(NotFound):
        published.fetch("origin", "nope")
    with pytest.raises(NotFound):
        published.push("origin", "nope")
    with pytest.raises(NotFound):
        published.fetch("nowhere")
    with pytest.raises(NotFound):
        published.push("nowhere", "main")


def test_a_remote_that_cannot_be_reached_is_unavailable(lab: Lab, engine: Engine) -> None:
    engine.add_remote("origin", lab.missing_url())

    with pytest.raises(Unavailable):
        engine.fetch("origin")
    with pytest.raises(Unavailable):
        engine.push("origin", "main")
    assert engine.remote_branches("origin") == []


def test_databases_made_apart_may_share_no_history(lab: Lab, published: Engine) -> None:
    other = lab.create("other")
    other.run_ddl(SCHEMA, "schema of its own", author="root", at=AT)
    other.add_remote("theirs", lab.remote_url("shared"))
    other.fetch("theirs")

    base = other.merge_base("main", "theirs/main")

    # Both began with the engine's own first commit, if it was made in the same second.
    assert base in {None, other.log()[-1].hash}
