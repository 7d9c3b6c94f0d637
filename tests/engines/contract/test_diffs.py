"""Row and schema differences between two refs."""

from __future__ import annotations

import pytest

from engines.laboratory import AT, Lab, post, retitle, save, wanted
from wasteland.engines.base import Engine, TableDiff
from wasteland.protocol.diff import DiffKind
from wasteland.protocol.errors import NotFound
from wasteland.protocol.schema import TABLES, canonical_row


def ddl(engine: Engine, *statements: str) -> str:
    """Run schema statements in a commit of their own."""
    return engine.run_ddl(statements, "schema", author="root", at=AT)


def test_added_modified_and_removed_rows_are_told_apart(engine: Engine) -> None:
    base = post(engine, "w-1", "w-2")
    retitle(engine, "w-1", "new")
    save(engine, "DELETE FROM wanted WHERE id = :id", [{"id": "w-2"}])
    post(engine, "w-3")

    changes = engine.diff(base, "main")

    assert [(c.table, c.key, c.kind) for c in changes] == [
        ("wanted", "w-1", DiffKind.MODIFIED),
        ("wanted", "w-2", DiffKind.REMOVED),
        ("wanted", "w-3", DiffKind.ADDED),
    ]
    modified, removed, added = changes
    assert modified.cells == {"title": ("Item w-1", "new")}
    assert (modified.before, modified.after) != (None, None)
    assert canonical_row("wanted", removed.before or {}) == canonical_row("wanted", wanted("w-2"))
    assert canonical_row("wanted", added.after or {}) == canonical_row("wanted", wanted("w-3"))
    assert (removed.after, added.before) == (None, None)


def test_a_diff_backwards_is_the_diff_turned_round(engine: Engine) -> None:
    base = post(engine, "w-1")
    head = post(engine, "w-2")
    retitle(engine, "w-1", "new")

    assert [c.kind for c in engine.diff(head, base)] == [DiffKind.REMOVED]
    forward, back = engine.diff(base, "main"), engine.diff("main", base)
    assert [(c.before, c.after) for c in forward] == [(c.after, c.before) for c in back]


def test_a_diff_is_net(engine: Engine) -> None:
    base = post(engine, "w-1")
    retitle(engine, "w-1", "new")
    retitle(engine, "w-1", "Item w-1")

    assert engine.diff(base, "main") == []


def test_a_diff_of_two_branches_has_both_sides_changes(engine: Engine) -> None:
    post(engine, "w-1")
    engine.create_branch("wl/bob/w-1")
    retitle(engine, "w-1", "branch", branch="wl/bob/w-1")
    retitle(engine, "w-1", "main")

    (change,) = engine.diff("main", "wl/bob/w-1")

    assert change.cells == {"title": ("main", "branch")}


def test_a_diff_can_be_narrowed_to_tables(engine: Engine) -> None:
    base = post(engine, "w-1")
    save(engine, "INSERT INTO _meta (`key`, `value`) VALUES ('a', 'b')", [{}], table="_meta")
    post(engine, "w-2")

    assert [c.table for c in engine.diff(base, "main")] == ["_meta", "wanted"]
    assert [c.table for c in engine.diff(base, "main", tables=["_meta", "rigs"])] == ["_meta"]
    assert engine.diff(base, "main", tables=["nowhere"]) == []


def test_a_diff_is_counted_by_table_and_kind(engine: Engine) -> None:
    base = post(engine, "w-1", "w-2", "w-3")
    save(engine, "INSERT INTO _meta (`key`, `value`) VALUES ('a', 'b')", [{}], table="_meta")
    retitle(engine, "w-1", "new")
    save(engine, "DELETE FROM wanted WHERE id = :id", [{"id": "w-2"}, {"id": "w-3"}])

    found = engine.diff_counts(base, "main")

    assert [TableDiff("_meta", 1, 0, 0), TableDiff("wanted", 0, 1, 2)] == found
    assert [1, 3] == [table.rows for table in found]
    assert [] == engine.diff_counts("main", "main")


def test_a_diff_is_read_in_pages_that_neither_repeat_nor_leave_out(engine: Engine) -> None:
    base = post(engine, "w-1", "w-2")
    retitle(engine, "w-1", "new")
    post(engine, *(f"w-{number}" for number in range(3, 8)))

    pages = [engine.diff_page(base, "main", "wanted", skip=n, limit=4) for n in (0, 4, 8)]

    assert [4, 2, 0] == [len(page) for page in pages]
    whole = [change for page in pages for change in page]
    assert engine.diff(base, "main") == sorted(whole, key=lambda change: change.key)
    assert [] == engine.diff_page(base, "main", "nowhere", limit=4)


def test_a_fresh_schema_has_new_definitions_and_no_rows(engine: Engine) -> None:
    first = engine.log()[-1].hash

    assert engine.schema_changes(first, "main") == sorted(TABLES)
    assert engine.schema_changes("main", first) == sorted(TABLES)
    assert engine.diff(first, "main") == []


def test_rows_alone_are_no_schema_change(engine: Engine) -> None:
    base = post(engine, "w-1")
    post(engine, "w-2")

    assert engine.schema_changes(base, "main") == []


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE wanted ADD COLUMN extra TEXT",
        "CREATE INDEX wanted_extra ON wanted (effort_level)",
        "DROP TABLE wanted",
    ],
)
def test_a_column_an_index_or_a_table_is_a_schema_change(engine: Engine, statement: str) -> None:
    base = engine.head()
    ddl(engine, statement)

    assert engine.schema_changes(base, "main") == ["wanted"]


def test_rows_of_tables_unknown_to_the_schema_are_in_the_diff(engine: Engine) -> None:
    base = engine.head()
    create = "CREATE TABLE `odd name` (`the id` VARCHAR(8) PRIMARY KEY, `to_x` INT, `from` TEXT)"
    head = ddl(engine, create, "INSERT INTO `odd name` VALUES ('a', 1, 'b')")

    (change,) = engine.diff(base, head)

    expected = ("odd name", "a", None, {"the id": "a", "to_x": 1, "from": "b"})
    assert expected == (change.table, change.key, change.before, change.after)
    assert change.cells == {"the id": (None, "a"), "to_x": (None, 1), "from": (None, "b")}


def test_rows_of_a_dropped_table_are_removed_rows(engine: Engine) -> None:
    base = ddl(
        engine, "CREATE TABLE t (id VARCHAR(8) PRIMARY KEY)", "INSERT INTO t VALUES ('a'), ('b')"
    )
    ddl(engine, "DROP TABLE t")

    changes = engine.diff(base, "main")

    assert [(c.key, c.before, c.after) for c in changes] == [
        ("a", {"id": "a"}, None), ("b", {"id": "b"}, None),
    ]  # fmt: skip
    assert engine.diff("main", "main") == []


def test_rows_of_a_table_that_others_just_made_are_in_the_diff(lab: Lab, engine: Engine) -> None:
    base = post(engine, "w-1")
    retitle(engine, "w-1", "x")
    engine.diff(base, "main")
    with lab.opener(engine)() as other:
        other.create_branch("b")
        ddl(other, "CREATE TABLE t (id VARCHAR(8) PRIMARY KEY)", "INSERT INTO t VALUES ('a')")

    assert [c.table for c in engine.diff(base, "main")] == ["t", "wanted"]
    assert [c.table for c in engine.diff("b", "main")] == ["t"]


def test_a_diff_needs_refs_that_exist(engine: Engine) -> None:
    with pytest.raises(NotFound):
        engine.diff("nope", "main")
    with pytest.raises(NotFound):
        engine.diff("main", "nope")
    with pytest.raises(NotFound):
        engine.schema_changes("main", "nope")
