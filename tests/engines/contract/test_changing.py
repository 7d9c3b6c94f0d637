"""Write transactions: all of a change, or nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engines.laboratory import AT, INSERT_WANTED, Lab, post, titles, wanted
from wasteland.engines.base import Change, Engine, Statement
from wasteland.engines.sql import insert_sql
from wasteland.protocol.diff import DiffKind
from wasteland.protocol.errors import Conflict, Invalid, NotFound, Stale, WastelandError
from wasteland.protocol.schema import LEASES, RIG_LINKS, STAMPS

RETITLE = "UPDATE wanted SET title = :title WHERE id = :id"
INSERT_LEASE = insert_sql(LEASES, LEASES.column_names)
LEASE = {"wanted_id": "w-1", "holder": "bob", "token": "t", "expires_at": "2026-01-05 00:00:00"}


def attempt(engine: Engine, step: Callable[[Change], object]) -> None:
    """Run *step* in a change, without committing it."""
    with engine.change() as change:
        step(change)


def test_a_change_commits_all_its_rows_at_once(lab: Lab, engine: Engine) -> None:
    post(engine, "w-1")
    before = engine.head()

    with lab.opener(engine)() as other, engine.change() as change:
        change.execute(RETITLE, {"title": "new", "id": "w-1"})
        change.execute(INSERT_LEASE, LEASE)
        assert titles(other) == {"w-1": "Item w-1"}
        head = change.commit("claim", author="bob", at=AT, tables=["wanted", "wlx_leases"])

    assert change.head == before
    assert engine.head() == head != before
    assert titles(engine) == {"w-1": "new"}
    assert engine.read("SELECT * FROM wlx_leases") == [LEASE]
    assert engine.dirty() == []


def test_a_change_sees_its_own_rows_and_reads_do_not(engine: Engine) -> None:
    post(engine, "w-1")

    with engine.change() as change:
        change.execute(RETITLE, {"title": "new", "id": "w-1"})
        inside = change.query("SELECT title FROM wanted WHERE id = :id", {"id": "w-1"})
        outside = titles(engine)

    assert inside == [{"title": "new"}]
    assert outside == {"w-1": "Item w-1"}


def test_leaving_a_change_without_commit_leaves_nothing(engine: Engine) -> None:
    head = post(engine, "w-1")

    with engine.change() as change:
        change.execute(RETITLE, {"title": "new", "id": "w-1"})
        change.execute(INSERT_WANTED, wanted("w-2"))

    assert titles(engine) == {"w-1": "Item w-1"}
    assert engine.dirty() == []
    assert engine.head() == head


def test_an_error_inside_a_change_leaves_nothing(engine: Engine) -> None:
    head = post(engine, "w-1")

    with pytest.raises(ZeroDivisionError):
        attempt(engine, lambda change: change.run("DELETE FROM wanted") / 0)

    assert titles(engine) == {"w-1": "Item w-1"}
    assert engine.dirty() == []
    assert engine.head() == head


def test_a_write_that_finds_other_rows_than_expected_is_stale(engine: Engine) -> None:
    post(engine, "w-1")

    def lease_then_miss(change: Change) -> None:
        change.execute(INSERT_LEASE, LEASE)
        change.execute(RETITLE, {"title": "new", "id": "w-404"})

    with pytest.raises(Stale) as caught:
        attempt(engine, lease_then_miss)

    assert caught.value.facts == {"expected": 1, "found": 0}
    assert engine.read("SELECT * FROM wlx_leases") == []


def test_run_counts_the_rows_that_it_changed(engine: Engine) -> None:
    post(engine, "w-1", "w-2", "w-3")

    with engine.change() as change:
        updated = change.run("UPDATE wanted SET title = 'x' WHERE id <> :id", {"id": "w-1"})
        missed = change.run("UPDATE wanted SET title = 'x' WHERE id = 'w-9'")
        deleted = change.run("DELETE FROM wanted")

    assert (updated, missed, deleted) == (2, 0, 3)


def test_a_change_records_its_statements_in_order(engine: Engine) -> None:
    row = wanted("w-1")
    with engine.change() as change:
        change.execute(INSERT_WANTED, row)
        change.query("SELECT * FROM wanted")
        change.run("DELETE FROM wanted")

    expected = [Statement(INSERT_WANTED, row), Statement("DELETE FROM wanted", {})]
    assert expected == change.statements


def test_pending_shows_what_the_change_did_so_far(engine: Engine) -> None:
    post(engine, "w-1", "w-2")

    with engine.change() as change:
        at_first = change.pending()
        change.execute(RETITLE, {"title": "new", "id": "w-1"})
        change.execute("DELETE FROM wanted WHERE id = 'w-2'")
        change.execute(INSERT_LEASE, LEASE)
        pending = change.pending()

    assert at_first == []
    assert [(c.table, c.key, c.kind) for c in pending] == [
        ("wanted", "w-1", DiffKind.MODIFIED),
        ("wanted", "w-2", DiffKind.REMOVED),
        ("wlx_leases", "w-1", DiffKind.ADDED),
    ]
    assert pending[0].cells == {"title": ("Item w-1", "new")}
    assert pending[2].after == LEASE


def test_pending_after_undoing_everything_is_empty(engine: Engine) -> None:
    post(engine, "w-1")

    with engine.change() as change:
        change.execute(RETITLE, {"title": "new", "id": "w-1"})
        change.execute(RETITLE, {"title": "Item w-1", "id": "w-1"})
        assert change.pending() == []


def test_a_commit_without_changes_returns_the_head(engine: Engine) -> None:
    head = post(engine, "w-1")

    with engine.change() as change:
        change.run("UPDATE wanted SET title = title")
        returned = change.commit("nothing", author="bob", at=AT, tables=["wanted"])

    assert returned == engine.head() == head


def test_a_commit_that_does_not_name_a_changed_table_is_refused(engine: Engine) -> None:
    head = post(engine, "w-1")

    def forget_the_lease(change: Change) -> None:
        change.execute(RETITLE, {"title": "new", "id": "w-1"})
        change.execute(INSERT_LEASE, LEASE)
        change.commit("claim", author="bob", at=AT, tables=["wanted", "rigs"])

    with pytest.raises(Conflict) as caught:
        attempt(engine, forget_the_lease)

    assert caught.value.facts["tables"] == ["wlx_leases"]
    assert engine.head() == head
    assert engine.dirty() == []
    assert titles(engine) == {"w-1": "Item w-1"}


def test_a_change_that_has_ended_is_refused(engine: Engine) -> None:
    post(engine, "w-1")
    with engine.change() as committed:
        committed.execute(RETITLE, {"title": "new", "id": "w-1"})
        committed.commit("retitle", author="bob", at=AT, tables=["wanted"])
        with pytest.raises(WastelandError):
            committed.run("DELETE FROM wanted")
    with engine.change() as left:
        pass

    for change in (committed, left):
        with pytest.raises(WastelandError):
            change.run("DELETE FROM wanted")
    assert titles(engine) == {"w-1": "new"}


def test_changes_follow_each_other(engine: Engine) -> None:
    heads = [post(engine, f"w-{n}") for n in range(5)]

    assert heads == [commit.hash for commit in reversed(engine.log(limit=5))]


def test_a_change_on_a_branch_leaves_main_alone(engine: Engine) -> None:
    head = post(engine, "w-1")
    engine.create_branch("wl/bob/w-1")

    post(engine, "w-2", branch="wl/bob/w-1")

    assert engine.head() == head
    assert list(titles(engine)) == ["w-1"]
    assert list(titles(engine, "wl/bob/w-1")) == ["w-1", "w-2"]


@pytest.mark.parametrize("branch", ["nope", "wl/nobody/w-1", "v1"])
def test_a_change_needs_a_branch(lab: Lab, engine: Engine, branch: str) -> None:
    lab.tag(engine, "v1")

    with pytest.raises(NotFound), engine.change(branch):
        pass


def test_a_change_of_a_commit_is_refused(engine: Engine) -> None:
    with pytest.raises((NotFound, Invalid)), engine.change(engine.head()):
        pass


def test_a_dirty_main_is_refused_and_left_as_it_is(lab: Lab, engine: Engine) -> None:
    post(engine, "w-1")
    lab.scribble(engine, "UPDATE wanted SET title = 'stray' WHERE id = 'w-1'")

    with pytest.raises(Conflict) as caught, engine.change():
        pass

    assert caught.value.code == "conflict"
    assert caught.value.facts["tables"] == ["wanted"]
    assert caught.value.hint == "wl doctor --fix"
    assert engine.dirty() == ["wanted"]


def test_a_dirty_main_does_not_keep_a_branch_from_changing(lab: Lab, engine: Engine) -> None:
    post(engine, "w-1")
    engine.create_branch("wl/bob/w-1")
    lab.scribble(engine, "UPDATE wanted SET title = 'stray' WHERE id = 'w-1'")

    post(engine, "w-2", branch="wl/bob/w-1")

    assert list(titles(engine, "wl/bob/w-1")) == ["w-1", "w-2"]
    assert engine.dirty() == ["wanted"]


def test_a_second_row_of_one_key_is_a_conflict(engine: Engine) -> None:
    post(engine, "w-1")

    with pytest.raises(Conflict) as caught, engine.change() as change:
        change.execute(INSERT_WANTED, wanted("w-1"))

    assert caught.value.facts["constraint"]
    assert caught.value.__cause__ is not None


def test_a_second_pair_of_linked_rigs_is_a_conflict(engine: Engine) -> None:
    sql = insert_sql(RIG_LINKS, ("id", "rig_a", "rig_b"))

    with engine.change() as change:
        change.execute(sql, {"id": "l-1", "rig_a": "ann", "rig_b": "bob"})
        with pytest.raises(Conflict):
            change.execute(sql, {"id": "l-2", "rig_a": "ann", "rig_b": "bob"})


def test_a_stamp_on_oneself_is_refused_by_the_table_itself(engine: Engine) -> None:
    sql = insert_sql(STAMPS, ("id", "author", "subject", "valence"))

    with pytest.raises(Conflict), engine.change() as change:
        change.execute(sql, {"id": "s-1", "author": "ann", "subject": "ann", "valence": "{}"})


def test_a_refused_statement_leaves_the_rest_of_the_change(engine: Engine) -> None:
    post(engine, "w-1")

    with engine.change() as change:
        change.execute(INSERT_WANTED, wanted("w-2"))
        with pytest.raises(Conflict):
            change.execute(INSERT_WANTED, wanted("w-1"))
        change.commit("post w-2", author="ann", at=AT, tables=["wanted"])

    assert list(titles(engine)) == ["w-1", "w-2"]


def test_run_ddl_makes_one_commit(engine: Engine) -> None:
    before = engine.head()
    statements = ["CREATE TABLE a (id VARCHAR(8) PRIMARY KEY)", "INSERT INTO a VALUES ('x')"]

    head = engine.run_ddl(statements, "tables", author="root", at=AT)

    (commit,) = engine.log(after=before)
    assert (head, "root", "tables", AT) == (commit.hash, commit.author, commit.message, commit.at)
    assert engine.dirty() == []
