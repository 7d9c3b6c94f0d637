"""Branches: made, deleted, moved, forwarded, merged."""

from __future__ import annotations

import pytest

from engines.laboratory import AT, Lab, post, retitle, titles
from wasteland.engines.base import Branch, Engine
from wasteland.protocol.errors import Conflict, Invalid, MergeConflict, NotFound, Stale

BRANCH = "wl/bob/w-1"


def test_a_branch_starts_where_it_is_told(engine: Engine) -> None:
    first, second = post(engine, "w-1"), post(engine, "w-2")
    engine.create_branch("a", first)
    engine.create_branch("b", "a")
    engine.create_branch("c")

    assert engine.branches() == [
        Branch("a", first), Branch("b", first), Branch("c", second), Branch("main", second),
    ]  # fmt: skip


def test_branches_are_listed_by_prefix(engine: Engine) -> None:
    for name in ("wl/bob/w-2", "wl/ann/w-1", "wl/bob/w-1", "wlx"):
        engine.create_branch(name)

    assert [b.name for b in engine.branches("wl/bob/")] == ["wl/bob/w-1", "wl/bob/w-2"]


def test_a_branch_that_exists_is_not_made_again(engine: Engine) -> None:
    engine.create_branch(BRANCH)

    with pytest.raises(Conflict):
        engine.create_branch(BRANCH)


def test_a_branch_needs_a_start_that_exists(engine: Engine) -> None:
    with pytest.raises(NotFound):
        engine.create_branch(BRANCH, "nope")


@pytest.mark.parametrize("name", ["", "-D", "--force", "a b", "a:b", ":b", "a\nb", "a\0b"])
def test_a_name_that_means_something_else_is_invalid(engine: Engine, name: str) -> None:
    with pytest.raises(Invalid):
        engine.create_branch(name)

    assert [branch.name for branch in engine.branches()] == ["main"]


def test_a_deleted_branch_is_gone(engine: Engine) -> None:
    post(engine, "w-1")
    engine.create_branch(BRANCH)
    titles(engine, BRANCH)

    engine.delete_branch(BRANCH)
    engine.delete_branch(BRANCH)

    assert engine.branches("wl/") == []
    with pytest.raises(NotFound):
        titles(engine, BRANCH)
    with pytest.raises(NotFound), engine.change(BRANCH):
        pass


def test_main_is_not_deleted(engine: Engine) -> None:
    with pytest.raises(Conflict):
        engine.delete_branch("main")


def test_a_branch_made_anew_shows_its_new_rows(engine: Engine) -> None:
    first = post(engine, "w-1")
    engine.create_branch(BRANCH)
    post(engine, "w-2", branch=BRANCH)
    assert list(titles(engine, BRANCH)) == ["w-1", "w-2"]

    engine.delete_branch(BRANCH)
    engine.create_branch(BRANCH, first)

    assert list(titles(engine, BRANCH)) == ["w-1"]
    post(engine, "w-3", branch=BRANCH)
    assert list(titles(engine, BRANCH)) == ["w-1", "w-3"]


def test_a_branch_that_others_delete_move_or_make_anew_is_never_read_stale(
    lab: Lab, engine: Engine
) -> None:
    first = post(engine, "w-1")
    engine.create_branch(BRANCH)
    with lab.opener(engine)() as other:
        post(other, "w-2", branch=BRANCH)
        after_commit = list(titles(engine, BRANCH))
        other.move_branch(BRANCH, first)
        after_move = list(titles(engine, BRANCH))
        other.delete_branch(BRANCH)
        with pytest.raises(NotFound):
            titles(engine, BRANCH)
        with pytest.raises(NotFound), engine.change(BRANCH):
            pass
        other.create_branch(BRANCH)
        post(other, "w-3", branch=BRANCH)

    assert (after_commit, after_move) == (["w-1", "w-2"], ["w-1"])
    assert list(titles(engine, BRANCH)) == ["w-1", "w-3"]
    post(engine, "w-4", branch=BRANCH)
    assert list(titles(engine, BRANCH)) == ["w-1", "w-3", "w-4"]


def test_a_branch_moves_anywhere(engine: Engine) -> None:
    first = post(engine, "w-1")
    engine.create_branch(BRANCH)
    second = post(engine, "w-2", branch=BRANCH)

    engine.move_branch(BRANCH, first)
    assert engine.head(BRANCH) == first
    assert list(titles(engine, BRANCH)) == ["w-1"]
    engine.move_branch("main", second)
    assert engine.head() == second
    assert list(titles(engine)) == ["w-1", "w-2"]
    assert engine.dirty() == []


def test_moving_needs_a_branch_and_a_target(engine: Engine) -> None:
    with pytest.raises(NotFound):
        engine.move_branch("nope", "main")
    with pytest.raises(NotFound):
        engine.move_branch("main", "nope")


def test_main_is_forwarded_from_the_expected_head(engine: Engine) -> None:
    base = post(engine, "w-1")
    engine.create_branch(BRANCH)
    post(engine, "w-2", branch=BRANCH)
    head = post(engine, "w-3", branch=BRANCH)

    returned = engine.fast_forward("main", BRANCH, expected=base)

    assert returned == engine.head() == head
    assert list(titles(engine)) == ["w-1", "w-2", "w-3"]
    assert engine.dirty() == []


def test_a_branch_is_forwarded_to_main(engine: Engine) -> None:
    base = post(engine, "w-1")
    engine.create_branch(BRANCH)
    head = post(engine, "w-2")

    assert engine.fast_forward(BRANCH, "main", expected=base) == head
    assert list(titles(engine, BRANCH)) == ["w-1", "w-2"]


def test_forwarding_from_another_head_is_stale(engine: Engine) -> None:
    base = post(engine, "w-1")
    engine.create_branch(BRANCH)
    post(engine, "w-2", branch=BRANCH)
    moved = post(engine, "w-3")

    with pytest.raises(Stale):
        engine.fast_forward("main", BRANCH, expected=base)

    assert engine.head() == moved


def test_forwarding_is_stale_even_if_the_unexpected_head_leads_there(engine: Engine) -> None:
    base = post(engine, "w-1")
    engine.create_branch(BRANCH)
    between = post(engine, "w-2", branch=BRANCH)
    post(engine, "w-3", branch=BRANCH)
    engine.fast_forward("main", between, expected=base)

    with pytest.raises(Stale):
        engine.fast_forward("main", BRANCH, expected=base)

    assert engine.head() == between


def test_forwarding_to_a_commit_that_does_not_descend_is_stale(engine: Engine) -> None:
    post(engine, "w-1")
    engine.create_branch(BRANCH)
    post(engine, "w-2", branch=BRANCH)
    head = post(engine, "w-3")

    with pytest.raises(Stale):
        engine.fast_forward("main", BRANCH, expected=head)

    assert engine.head() == head
    assert list(titles(engine)) == ["w-1", "w-3"]


def test_forwarding_to_the_same_commit_changes_nothing(engine: Engine) -> None:
    head = post(engine, "w-1")

    assert engine.fast_forward("main", "main", expected=head) == head


def test_forwarding_needs_refs_that_exist(engine: Engine) -> None:
    with pytest.raises(NotFound):
        engine.fast_forward("main", "nope", expected=engine.head())
    with pytest.raises(NotFound):
        engine.fast_forward("nope", "main", expected=engine.head())


def test_a_dirty_main_is_not_forwarded(lab: Lab, engine: Engine) -> None:
    base = post(engine, "w-1")
    engine.create_branch(BRANCH)
    post(engine, "w-2", branch=BRANCH)
    lab.scribble(engine, "UPDATE wanted SET title = 'stray' WHERE id = 'w-1'")

    with pytest.raises(Conflict):
        engine.fast_forward("main", BRANCH, expected=base)

    assert engine.head() == base


def test_a_merge_joins_different_cells_of_one_row(engine: Engine) -> None:
    post(engine, "w-1")
    engine.create_branch(BRANCH)
    retitle(engine, "w-1", "from the branch", branch=BRANCH)
    with engine.change() as change:
        change.execute("UPDATE wanted SET project = 'p' WHERE id = 'w-1'")
        change.commit("project", author="ann", at=AT, tables=["wanted"])

    head = engine.merge(BRANCH, author="ann", at=AT, message="Merge it")

    rows = engine.read("SELECT title, project FROM wanted")
    assert rows == [{"title": "from the branch", "project": "p"}]
    (commit,) = engine.log(limit=1)
    assert (head, "ann", AT, "Merge it") == (commit.hash, commit.author, commit.at, commit.message)
    assert engine.merge_base("main", BRANCH) == engine.head(BRANCH)


def test_a_merge_of_one_cell_changed_twice_is_a_conflict_and_leaves_main(engine: Engine) -> None:
    post(engine, "w-1")
    engine.create_branch(BRANCH)
    retitle(engine, "w-1", "theirs", branch=BRANCH)
    head = retitle(engine, "w-1", "ours")

    with pytest.raises(MergeConflict) as caught:
        engine.merge(BRANCH, author="ann", at=AT, message="Merge it")

    assert caught.value.facts["tables"] == ["wanted"]
    assert engine.head() == head
    assert titles(engine) == {"w-1": "ours"}
    assert engine.dirty() == []
    post(engine, "w-2")


def test_a_merge_of_what_is_there_already_returns_the_head(engine: Engine) -> None:
    engine.create_branch(BRANCH)
    head = post(engine, "w-1")

    assert engine.merge(BRANCH, author="ann", at=AT, message="Merge it") == head


def test_the_merge_base_is_the_commit_where_two_branches_parted(engine: Engine) -> None:
    base = post(engine, "w-1")
    engine.create_branch(BRANCH)
    post(engine, "w-2", branch=BRANCH)
    post(engine, "w-3")

    assert base == engine.merge_base("main", BRANCH) == engine.merge_base(BRANCH, "main")
    with pytest.raises(NotFound):
        engine.merge_base("main", "nope")
