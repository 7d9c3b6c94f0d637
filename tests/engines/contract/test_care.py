"""Uncommitted rows, garbage and integrity."""

from __future__ import annotations

from engines.laboratory import AT, Lab, post, retitle, titles
from wasteland.engines.base import Ability, Engine

STRAY = "UPDATE wanted SET title = 'stray' WHERE id = 'w-1'"


def test_a_clean_main_has_no_dirty_tables(engine: Engine) -> None:
    post(engine, "w-1")

    assert engine.dirty() == []


def test_what_another_program_left_is_reported(lab: Lab, engine: Engine) -> None:
    post(engine, "w-1")
    lab.scribble(engine, STRAY)
    lab.scribble(engine, "INSERT INTO _meta (`key`, `value`) VALUES ('a', 'b')")

    assert engine.dirty() == ["_meta", "wanted"]


def test_discard_drops_rows_and_tables_that_were_left(lab: Lab, engine: Engine) -> None:
    head = post(engine, "w-1")
    lab.scribble(engine, STRAY)
    lab.scribble(engine, "CREATE TABLE left_over (id VARCHAR(8) PRIMARY KEY)")

    engine.discard()

    assert engine.dirty() == []
    assert titles(engine) == {"w-1": "Item w-1"}
    assert "left_over" not in engine.tables()
    assert engine.head() == head


def test_commit_all_keeps_what_was_left(lab: Lab, engine: Engine) -> None:
    before = post(engine, "w-1")
    lab.scribble(engine, STRAY)

    head = engine.commit_all("found", author="ann", at=AT)

    assert engine.dirty() == []
    assert titles(engine) == {"w-1": "stray"}
    (commit,) = engine.log(after=before)
    assert (head, "found", "ann", AT) == (commit.hash, commit.message, commit.author, commit.at)


def test_commit_all_on_a_clean_main_returns_the_head(engine: Engine) -> None:
    head = post(engine, "w-1")

    assert engine.commit_all("nothing", author="ann", at=AT) == head


def test_garbage_collection_keeps_every_branch_and_the_history(engine: Engine) -> None:
    assert Ability.GC in engine.abilities
    first = post(engine, "w-1")
    engine.create_branch("b")
    retitle(engine, "w-1", "branch", branch="b")
    retitle(engine, "w-1", "main")
    log = engine.log()

    engine.gc()

    assert titles(engine) == {"w-1": "main"}
    assert titles(engine, "b") == {"w-1": "branch"}
    assert titles(engine, first) == {"w-1": "Item w-1"}
    assert engine.log() == log
    assert retitle(engine, "w-1", "after") == engine.head()


def test_another_engine_goes_on_after_a_garbage_collection(lab: Lab, engine: Engine) -> None:
    post(engine, "w-1")
    with lab.opener(engine)() as other:
        assert titles(other) == {"w-1": "Item w-1"}
        engine.gc()
        assert titles(other) == {"w-1": "Item w-1"}
        retitle(other, "w-1", "after")

    assert titles(engine) == {"w-1": "after"}


def test_a_sound_database_has_no_problems(engine: Engine) -> None:
    post(engine, "w-1")

    assert engine.check() == []


def test_a_database_has_a_size(engine: Engine) -> None:
    assert engine.size_bytes() > 0
