"""Merging by replay, with the engine's own merge as the oracle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hosts.boards import NOON, POST, fill, wanted
from wasteland.engines.base import Engine
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hosts import merging, replay
from wasteland.hosts.base import Settlement
from wasteland.protocol.diff import RowChange
from wasteland.protocol.errors import Conflict, MergeConflict
from wasteland.protocol.schema import Row, Value, canonical_row

Edit = tuple[str, str, str, Value]

ROWS = "SELECT * FROM wanted ORDER BY id"


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    made = DoltLiteEngine.create(tmp_path / "board.db")
    fill(made)
    return made


def apply(engine: Engine, *changes: RowChange) -> list[RowChange]:
    """Replay *changes* on main and commit."""
    with engine.change() as change:
        done = replay.apply(change, changes)
        change.commit("replay", author="a", at=NOON, tables=["wanted", "rig_links"])
    return done


def row(engine: Engine, item: str) -> Row | None:
    found = engine.read("SELECT * FROM wanted WHERE id = :id", {"id": item})
    return found[0] if found else None


def test_an_added_row_is_inserted_with_the_columns_it_has(engine: Engine) -> None:
    done = apply(engine, wanted("w-9", None, {"title": "New", "tags": '["b", "a"]'}))

    found = row(engine, "w-9")
    assert found is not None
    assert ("New", '["b", "a"]', "open") == (found["title"], found["tags"], found["status"])
    assert [("wanted", "w-9", None)] == [(item.table, item.key, item.before) for item in done]


def test_a_row_is_added_to_an_empty_table(engine: Engine) -> None:
    link = {"id": "l-1", "rig_a": "a", "rig_b": "b", "status": "pending"}

    apply(engine, RowChange("rig_links", None, link))

    assert [link] == engine.read("SELECT id, rig_a, rig_b, status FROM rig_links")


def test_an_equal_row_spelled_differently_is_there_already(engine: Engine) -> None:
    apply(engine, wanted("w-9", None, {"title": "New", "tags": '["a","b"]', "status": "open"}))
    present = dict(row(engine, "w-9") or {})

    assert [] == apply(engine, RowChange("wanted", None, {**present, "tags": '[ "a", "b" ]'}))


def test_only_the_changed_cells_are_written(engine: Engine) -> None:
    apply(engine, wanted("w-1", {"title": "Item 1"}, {"title": "Renamed"}))

    done = apply(
        engine,
        wanted("w-1", {"title": "Item 1", "priority": 2}, {"title": "Item 1", "priority": 0}),
    )

    found = row(engine, "w-1")
    assert found is not None
    assert ("Renamed", 0) == (found["title"], found["priority"])
    assert {"priority": (2, 0)} == done[0].cells


@pytest.mark.parametrize(
    ("change", "cells"),
    [
        (wanted("w-1", {"title": "Other"}, {"title": "New"}), ["title"]),
        (wanted("w-9", {"title": "Other"}, {"title": "New"}), ["title"]),
        (wanted("w-1", None, {"title": "Another item"}), ["priority"]),
        (wanted("w-1", {"unknown": None}, {"unknown": "x"}), ["unknown"]),
        (wanted("w-9", None, {"title": "New", "unknown": "x"}), ["unknown"]),
    ],
    ids=["another value", "deleted", "another row", "no such column", "no column for it"],
)
def test_a_change_that_does_not_fit_names_table_key_and_cells(
    engine: Engine, change: RowChange, cells: list[str]
) -> None:
    with pytest.raises(MergeConflict) as caught:
        apply(engine, change)

    assert ("wanted", change.key) == (caught.value.facts["table"], caught.value.facts["key"])
    assert set(cells) <= set(caught.value.facts["cells"])  # type: ignore[call-overload]


def test_a_removed_row_goes_if_it_is_as_it_was(engine: Engine) -> None:
    present = row(engine, "w-1")
    gone = RowChange("wanted", present, None)

    assert [gone] == apply(engine, gone)
    assert [] == apply(engine, gone)
    with pytest.raises(MergeConflict):
        apply(engine, RowChange("wanted", {**(row(engine, "w-2") or {}), "title": "?"}, None))


def test_a_unique_value_passes_from_a_removed_row_to_an_added_one(engine: Engine) -> None:
    old = {"id": "l-1", "rig_a": "a", "rig_b": "b", "status": "pending"}
    apply(engine, RowChange("rig_links", None, old))
    stored = engine.read("SELECT * FROM rig_links")[0]

    apply(
        engine,
        RowChange("rig_links", None, {**stored, "id": "l-0"}),
        RowChange("rig_links", stored, None),
    )

    assert [{"id": "l-0"}] == engine.read("SELECT id FROM rig_links")


def test_a_row_that_breaks_a_unique_rule_is_a_merge_conflict(engine: Engine) -> None:
    link = {"id": "l-1", "rig_a": "a", "rig_b": "b"}
    apply(engine, RowChange("rig_links", None, link))

    with pytest.raises(MergeConflict) as caught:
        apply(engine, RowChange("rig_links", None, {**link, "id": "l-2"}))

    assert "l-2" == caught.value.facts["key"]


def test_columns_that_the_schema_does_not_know_are_carried_along(engine: Engine) -> None:
    engine.run_ddl(["ALTER TABLE wanted ADD COLUMN `Season` TEXT"], "more", author="a", at=NOON)

    apply(engine, wanted("w-9", None, {"title": "New", "Season": "spring"}))
    apply(engine, wanted("w-9", {"Season": "spring"}, {"Season": "summer"}))

    assert [{"Season": "summer"}] == engine.read("SELECT Season FROM wanted WHERE id = 'w-9'")


def test_hundreds_of_rows_are_replayed(engine: Engine) -> None:
    added = [wanted(f"x-{number}", None, {"title": "New"}) for number in range(450)]

    assert 450 == len(apply(engine, *added))
    assert [{"n": 453}] == engine.read("SELECT count(*) AS n FROM wanted")


def test_net_folds_the_changes_of_a_row_into_one() -> None:
    up = wanted("w-1", {"priority": 2}, {"priority": 1})
    down = wanted("w-1", {"priority": 1}, {"priority": 2})
    other = wanted("w-2", None, {"priority": 1})
    gone = wanted("w-2", {"priority": 1}, None)

    assert [wanted("w-1", {"priority": 2}, {"priority": 2 + 1})] == replay.net(
        [up, wanted("w-1", {"priority": 1}, {"priority": 3})]
    )
    assert [] == replay.net([up, down, other, gone])


# --- the oracle

EDITS = st.lists(
    st.one_of(
        st.tuples(
            st.just("set"),
            st.sampled_from(["w-1", "w-2", "w-3"]),
            st.sampled_from(["title", "claimed_by", "priority", "status"]),
            st.sampled_from([None, 0, 1]),
        ),
        st.tuples(st.just("delete"), st.sampled_from(["w-1", "w-2"]), st.just(""), st.none()),
        st.tuples(
            st.just("add"),
            st.sampled_from(["w-7", "w-8"]),
            st.just("title"),
            st.sampled_from([1, 2]),
        ),
        st.tuples(
            st.just("link"),
            st.sampled_from(["l-1", "l-2"]),
            st.just("rig_b"),
            st.sampled_from([1, 2]),
        ),
    ),
    min_size=1,
    max_size=3,
)


def edit(engine: Engine, branch: str, edits: Sequence[Edit]) -> None:
    """Commit *edits*, those that fit, on *branch*."""
    with engine.change(branch) as change:
        for kind, key, column, value in edits:
            text = value if column == "priority" else None if value is None else str(value)
            if kind == "delete":
                change.run("DELETE FROM wanted WHERE id = :id", {"id": key})
            elif kind == "set" and not (column == "title" and text is None):
                sql = f"UPDATE wanted SET {column} = :value WHERE id = :id"
                change.run(sql, {"value": text, "id": key})
            elif kind == "add" and not change.query(
                "SELECT 1 FROM wanted WHERE id = :id", {"id": key}
            ):
                change.run(POST, {"id": key, "title": str(text)})
            elif kind == "link" and not change.query(
                "SELECT 1 FROM rig_links WHERE id = :id OR rig_b = :b", {"id": key, "b": text}
            ):
                change.run(
                    "INSERT INTO rig_links (id, rig_a, rig_b) VALUES (:id, 'a', :b)",
                    {"id": key, "b": text},
                )
        change.commit("edit", author="a", at=NOON, tables=["wanted", "rig_links"])


def tables(engine: Engine) -> list[dict[str, Value]]:
    found = engine.read(ROWS) + engine.read("SELECT * FROM rig_links ORDER BY id")
    return [canonical_row("wanted", each) for each in found]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ours=EDITS, theirs=EDITS)
def test_replay_agrees_with_the_engines_own_merge(
    engine: Engine, ours: list[Edit], theirs: list[Edit]
) -> None:
    start = engine.head()
    engine.create_branch("theirs", start)
    try:
        edit(engine, "main", ours)
        edit(engine, "theirs", theirs)
        fork_point = engine.head()
        changes = engine.diff(start, "theirs")
        replayed = _outcome(engine, lambda: _replay(engine, changes))
        engine.move_branch("main", fork_point)
        merged = _outcome(
            engine, lambda: engine.merge("theirs", author="a", at=NOON, message="merge")
        )

        assert merged == replayed
    finally:
        engine.move_branch("main", start)
        engine.delete_branch("theirs")


def _replay(engine: Engine, changes: list[RowChange]) -> str:
    return merging.merge(
        engine,
        changes,
        lambda _change, _done: Settlement("replay", "a", NOON, ["wanted", "rig_links"]),
    )


def _outcome(engine: Engine, act: object) -> object:
    """Return the rows after *act*, or the word for a conflict."""
    try:
        act()  # type: ignore[operator]
    except Conflict:
        return "conflict"
    return tables(engine)
