"""Reading rows at every kind of ref."""

from __future__ import annotations

import pytest

from engines.laboratory import AT, Lab, post, retitle, titles
from wasteland.engines.base import Engine
from wasteland.protocol.errors import NotFound, WastelandError
from wasteland.protocol.schema import TABLES


def test_a_branch_a_commit_and_a_tag_are_read_as_they_stand(lab: Lab, engine: Engine) -> None:
    first = post(engine, "w-1")
    lab.tag(engine, "v1")
    engine.create_branch("wl/bob/w-1")
    retitle(engine, "w-1", "on the branch", branch="wl/bob/w-1")
    retitle(engine, "w-1", "on main")

    assert titles(engine) == {"w-1": "on main"}
    assert titles(engine, "wl/bob/w-1") == {"w-1": "on the branch"}
    assert titles(engine, first) == titles(engine, "v1") == {"w-1": "Item w-1"}


def test_a_remote_branch_is_read_under_the_remote_name(lab: Lab, engine: Engine) -> None:
    post(engine, "w-1")
    clone = lab.clone(engine, "clone")
    retitle(clone, "w-1", "changed in the clone")

    assert titles(clone, "origin/main") == {"w-1": "Item w-1"}
    assert clone.head("origin/main") == engine.head()


def test_every_spelling_of_one_ref_names_the_same_commit(lab: Lab, engine: Engine) -> None:
    head = post(engine, "w-1")
    lab.tag(engine, "v1")
    engine.create_branch("wl/bob/w-1")

    assert [head] * 4 == [engine.head(ref) for ref in ("main", "v1", "wl/bob/w-1", head)]


@pytest.mark.parametrize("ref", ["nope", "wl/nobody/w-1", "origin/main", "0" * 40, "-x", "a b", ""])
def test_a_ref_that_does_not_exist_is_not_found(engine: Engine, ref: str) -> None:
    with pytest.raises(NotFound):
        engine.read("SELECT 1 AS one", ref=ref)
    with pytest.raises(NotFound):
        engine.head(ref)


def test_a_table_that_does_not_exist_is_not_found(engine: Engine) -> None:
    with pytest.raises(NotFound):
        engine.read("SELECT * FROM nowhere")


def test_bad_sql_is_a_typed_error(engine: Engine) -> None:
    with pytest.raises(WastelandError):
        engine.read("SELEC 1")


def test_a_read_after_a_failed_read_works(engine: Engine) -> None:
    post(engine, "w-1")

    with pytest.raises(WastelandError):
        engine.read("SELECT nothing FROM wanted")

    assert titles(engine) == {"w-1": "Item w-1"}


def test_tables_lists_every_table_with_its_columns_in_stored_order(engine: Engine) -> None:
    expected = {name: table.column_names for name, table in TABLES.items()}

    assert expected == engine.tables()


def test_tables_are_those_of_the_ref(engine: Engine) -> None:
    before = engine.head()
    engine.run_ddl(["CREATE TABLE extra (id VARCHAR(8) PRIMARY KEY)"], "x", author="root", at=AT)

    assert "extra" not in engine.tables(ref=before)
    assert engine.tables()["extra"] == ("id",)


def test_stream_yields_the_rows_of_read(engine: Engine) -> None:
    post(engine, *(f"w-{n:03}" for n in range(200)))
    sql = "SELECT id, title FROM wanted WHERE id < :last ORDER BY id"

    assert engine.read(sql, {"last": "w-150"}) == list(engine.stream(sql, {"last": "w-150"}))


def test_a_stream_keeps_to_the_moment_it_began(engine: Engine) -> None:
    post(engine, "w-1", "w-2", "w-3")

    rows = engine.stream("SELECT title FROM wanted ORDER BY id")
    seen = [next(rows)["title"]]
    retitle(engine, "w-3", "changed while streaming")
    seen += [row["title"] for row in rows]

    assert seen == ["Item w-1", "Item w-2", "Item w-3"]
    assert titles(engine)["w-3"] == "changed while streaming"


def test_a_stream_of_a_missing_ref_is_not_found(engine: Engine) -> None:
    with pytest.raises(NotFound):
        list(engine.stream("SELECT 1 AS one", ref="nope"))


def test_an_abandoned_stream_leaves_the_engine_usable(engine: Engine) -> None:
    post(engine, "w-1", "w-2")
    next(engine.stream("SELECT id FROM wanted"))

    retitle(engine, "w-1", "later")

    assert titles(engine)["w-1"] == "later"


def test_an_engine_works_again_after_close(engine: Engine) -> None:
    post(engine, "w-1")
    engine.close()

    assert titles(engine) == {"w-1": "Item w-1"}
    engine.close()
    retitle(engine, "w-1", "after close")
    assert titles(engine) == {"w-1": "after close"}


def test_another_engine_on_the_same_database_sees_each_commit(lab: Lab, engine: Engine) -> None:
    post(engine, "w-1")
    with lab.opener(engine)() as other:
        assert titles(other) == {"w-1": "Item w-1"}
        retitle(engine, "w-1", "one")
        assert titles(other) == {"w-1": "one"}
        retitle(other, "w-1", "two")

    assert titles(engine) == {"w-1": "two"}
