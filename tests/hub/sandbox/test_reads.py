"""Honest queries: rows as DoltHub prints them, at the commit that was asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engines.laboratory import AT, Lab, post, retitle, save
from wasteland.engines.base import Engine
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.engines.sql import insert_sql
from wasteland.hub.sandbox import Column, FilePlace, QueryResult, Sandbox, place_of
from wasteland.protocol.records import Stamp
from wasteland.protocol.schema import STAMPS

ROWS = "SELECT id, title FROM wanted ORDER BY id"


def read(sandbox: Sandbox, engine: Engine, sql: str, ref: str = "main") -> QueryResult:
    return sandbox.read(place_of(engine, ref), sql)


def types(result: QueryResult) -> dict[str, str]:
    return {column.name: column.type for column in result.columns}


# --- cells and columns


def test_stored_values_come_as_text(sandbox: Sandbox, engine: Engine) -> None:
    """Numbers, flags, times and NULL as MySQL prints them; text as it is."""
    post(engine, "w-1", title="naïve 🦊 'quoted' \\ \n", tags='["go"]',
         sandbox_required=1, created_at="2026-01-02 03:04:05")  # fmt: skip
    sql = "SELECT title, tags, priority, sandbox_required, created_at, claimed_by FROM wanted"

    result = read(sandbox, engine, sql)

    row = ("naïve 🦊 'quoted' \\ \n", '["go"]', "2", "1", "2026-01-02 03:04:05", None)
    assert ([row], "success", "") == (result.rows, result.status, result.message)


def test_columns_of_tables_have_the_types_that_dolt_names(sandbox: Sandbox, engine: Engine) -> None:
    """The same on both engines, whether or not there are rows."""
    sql = "SELECT id, title, tags, priority, sandbox_required, status, created_at FROM wanted"

    result = read(sandbox, engine, sql)

    assert types(result) == {
        "id": "varchar(64)",
        "title": "text",
        "tags": "json",
        "priority": "int",
        "sandbox_required": "tinyint(1)",
        "status": "varchar(32)",
        "created_at": "timestamp",
    }


def test_expressions_have_the_type_of_their_values(sandbox: Sandbox, engine: Engine) -> None:
    post(engine, "w-1")
    sql = "SELECT count(*) AS n, max(concat(title, '!')) AS t, NULL AS missing FROM wanted"

    result = read(sandbox, engine, sql)

    assert {"n": "bigint", "t": "longtext", "missing": "null"} == types(result)
    assert [("1", "Item w-1!", None)] == result.rows


@pytest.mark.parametrize(("stored", "shown"), [(1.0, "1"), (0.5, "0.5"), (0.0, "0")])
def test_a_float_has_no_empty_decimals(
    sandbox: Sandbox, engine: Engine, stored: float, shown: str
) -> None:
    row = {**Stamp("s-1", author="a", subject="b", confidence=stored).to_row(), "valence": "{}"}
    save(engine, insert_sql(STAMPS, STAMPS.column_names), [row], table="stamps")

    result = read(sandbox, engine, "SELECT confidence FROM stamps")

    assert ([(shown,)], {"confidence": "float"}) == (result.rows, types(result))


def test_bytes_are_not_shown(sandbox: Sandbox, engine: Engine) -> None:
    result = read(sandbox, engine, "SELECT x'00ff' AS b")

    assert ([("<binary>",)], {"b": "longblob"}) == (result.rows, types(result))


def test_columns_may_have_one_name(sandbox: Sandbox, engine: Engine) -> None:
    """Rows are sequences, so that none is lost."""
    result = read(sandbox, engine, "SELECT 1 AS a, 2 AS a")

    assert (["a", "a"], [("1", "2")]) == ([c.name for c in result.columns], result.rows)


def test_like_tells_capitals_apart(sandbox: Sandbox, engine: Engine) -> None:
    """As on DoltHub, on both engines."""
    post(engine, "w-1")

    found = [read(sandbox, engine, f"SELECT id FROM wanted WHERE title LIKE '{pattern}'").rows
             for pattern in ("Item%", "item%")]  # fmt: skip

    assert [[("w-1",)], []] == found


@pytest.mark.dolt
def test_dolt_says_which_column_is_a_key(lab: Lab, engine: Engine, sandbox: Sandbox) -> None:
    """The embedded engine does not know; there both are left empty."""
    result = read(sandbox, engine, "SELECT id, title FROM wanted")
    by_table = [replace(column, type="") for column in result.columns]

    silent = [Column("id", ""), Column("title", "")]
    known = [Column("id", "", "wanted", is_primary_key=True), Column("title", "", "wanted")]
    assert by_table == (known if engine.dialect.name == "dolt" else silent)


# --- limits


@pytest.mark.parametrize(("limit", "status", "count"), [(2, "row_limit", 2), (3, "success", 3)])
def test_rows_stop_at_the_limit(
    sandbox: Sandbox, engine: Engine, limit: int, status: str, count: int
) -> None:
    """As many rows as the limit are all; one more is not shown, and said."""
    post(engine, "w-1", "w-2", "w-3")

    result = sandbox.read(place_of(engine), ROWS, row_limit=limit)

    assert (status, count, status == "success") == (
        result.status,
        len(result.rows),
        result.message == "",
    )


def test_rows_stop_when_they_are_too_much_text(engine: Engine) -> None:
    """A few long rows are cut off as many short ones are."""
    post(engine, "w-1", "w-2", "w-3", description="x" * 400)
    sandbox = Sandbox(byte_limit=1000)
    try:
        result = read(sandbox, engine, "SELECT description FROM wanted")
    finally:
        sandbox.close()

    assert ("row_limit", 2) == (result.status, len(result.rows))
    assert "2 rows" in result.message


def test_an_error_says_what_is_wrong(sandbox: Sandbox, engine: Engine) -> None:
    result = read(sandbox, engine, "SELECT nonsense FROM wanted")

    assert ("error", ()) == (result.status, result.columns)
    assert "nonsense" in result.message


# --- which commit


def test_new_commits_are_seen_at_once(sandbox: Sandbox, engine: Engine) -> None:
    """Also those that another process made, and after garbage was collected."""
    post(engine, "w-1")
    seen = [read(sandbox, engine, ROWS).rows]
    retitle(engine, "w-1", "New")
    seen.append(read(sandbox, engine, ROWS).rows)
    engine.gc()
    retitle(engine, "w-1", "Newer")
    seen.append(read(sandbox, engine, ROWS).rows)

    assert [[("w-1", "Item w-1")], [("w-1", "New")], [("w-1", "Newer")]] == seen


def test_a_new_table_can_be_read_at_once(sandbox: Sandbox, engine: Engine) -> None:
    """What may be read was listed when the connection was opened."""
    read(sandbox, engine, ROWS)
    ddl = ["CREATE TABLE extra (id VARCHAR(9) PRIMARY KEY)"]
    engine.run_ddl(ddl, "extra", author="root", at=AT)

    assert "success" == read(sandbox, engine, "SELECT * FROM extra").status


@pytest.mark.parametrize("name", ["branch", "commit", "tag"])
def test_each_kind_of_ref_is_read_at_its_commit(
    lab: Lab, sandbox: Sandbox, engine: Engine, name: str
) -> None:
    post(engine, "w-1")
    refs = {"branch": "wl/alice", "commit": engine.head(), "tag": "v1"}
    engine.create_branch("wl/alice")
    lab.tag(engine, "v1")
    retitle(engine, "w-1", "New")

    assert [("w-1", "Item w-1")] == read(sandbox, engine, ROWS, refs[name]).rows


def test_history_can_be_read(sandbox: Sandbox, engine: Engine) -> None:
    """The engine's own tables of commits and branches, which clients of DoltHub ask."""
    post(engine, "w-1")

    log = read(sandbox, engine, "SELECT message FROM dolt_log LIMIT 1")
    branches = read(sandbox, engine, "SELECT name FROM dolt_branches")

    assert ([("post w-1",)], [("main",)]) == (log.rows, branches.rows)


def test_a_file_that_was_replaced_is_not_read_from_memory(sandbox: Sandbox, tmp_path: Path) -> None:
    """A repository that is deleted and made again under its old name is another one."""
    fresh: list[list[tuple[str | None, ...]]] = []
    for title in ("first", "second"):
        path = tmp_path / "board.db"
        path.unlink(missing_ok=True)
        with DoltLiteEngine.create(path) as made:
            made.run_ddl([f"CREATE TABLE t AS SELECT '{title}' AS title"], "t", author="r", at=AT)
        fresh.append(sandbox.read(FilePlace(str(path), "main"), "SELECT title FROM t").rows)

    assert [[("first",)], [("second",)]] == fresh
