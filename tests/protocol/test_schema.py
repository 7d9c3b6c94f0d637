"""The tables, and one spelling for each value."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasteland.protocol import schema
from wasteland.protocol.schema import COMMONS_TABLES, OWN_TABLES, TABLES, Kind, Table, Value

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def test_a_commons_has_nine_tables() -> None:
    assert [table.name for table in COMMONS_TABLES] == [
        "_meta",
        "rigs",
        "wanted",
        "completions",
        "stamps",
        "badges",
        "boot_blocks",
        "chain_meta",
        "rig_links",
    ]


@pytest.mark.parametrize("table", OWN_TABLES, ids=lambda table: table.name)
def test_a_table_of_ours_bears_the_prefix(table: Table) -> None:
    assert table.name.startswith("wlx_")


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_the_ddl_gives_the_columns_in_stored_order_with_the_key(table: Table) -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        # SQLite reads all but MySQL's named UNIQUE constraint over backticked columns alike.
        db.execute(table.create_sql())
        found = db.execute(f"PRAGMA table_info(`{table.name}`)").fetchall()
        for statement in table.index_sql():
            db.execute(statement)

    assert tuple(row[1] for row in found) == table.column_names
    assert [row[1] for row in found if row[5]] == [table.key]


@pytest.mark.requirement("S0-134")
def test_the_database_itself_refuses_a_stamp_on_oneself() -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(TABLES["stamps"].create_sql())
        insert = "INSERT INTO stamps (id, author, subject, valence) VALUES (?, ?, ?, '{}')"
        db.execute(insert, ("s-1", "mona", "alice"))

        with pytest.raises(sqlite3.IntegrityError):
            db.execute(insert, ("s-2", "mona", "mona"))


def test_a_column_that_others_added_is_text() -> None:
    assert TABLES["stamps"].kind("pilot_cohort") is Kind.TEXT
    assert TABLES["stamps"].kind("confidence") is Kind.REAL


@pytest.mark.parametrize(
    ("table", "column", "left", "right"),
    [
        ("wanted", "tags", '["a", "b"]', '["a","b"]'),
        ("stamps", "valence", '{"b": 1, "a": 2}', '{"a":2,"b":1}'),
        ("wanted", "tags", "null", None),
        ("wanted", "sandbox_required", True, 1),
        ("wanted", "created_at", "2026-01-02T03:04:05Z", "2026-01-02 03:04:05"),
        ("stamps", "confidence", 0.9, 0.8999999761581421),
        ("stamps", "confidence", 1, 1.0),
    ],
)
def test_two_spellings_of_one_value_have_one_form(
    table: str, column: str, left: Value, right: Value
) -> None:
    assert schema.canonical_row(table, {column: left}) == schema.canonical_row(
        table, {column: right}
    )


@pytest.mark.parametrize(
    ("table", "column", "left", "right"),
    [
        ("wanted", "title", "null", None),
        ("wanted", "tags", '["a","b"]', '["b","a"]'),
        ("stamps", "confidence", 0.9, 0.9001),
        ("wanted", "priority", 0, None),
        ("wanted", "unknown", "1", 1),
    ],
)
def test_two_values_keep_two_forms(table: str, column: str, left: Value, right: Value) -> None:
    assert schema.canonical_row(table, {column: left}) != schema.canonical_row(
        table, {column: right}
    )


@given(json_values)
def test_json_has_one_form_however_it_is_laid_out(value: object) -> None:
    loose = schema.canonical_json(json.dumps(value, indent=1))
    tight = schema.canonical_json(json.dumps(value, ensure_ascii=False, separators=(",", ":")))

    assert loose == tight
    assert value == (None if loose is None else json.loads(loose))


@pytest.mark.parametrize("text", ["", "{", "not json", "[" * 200_000, "1" * 5000])
def test_what_is_no_readable_json_is_kept(text: str) -> None:
    assert schema.canonical_json(text) == text


@given(st.text())
def test_the_one_form_is_its_own_form(text: str) -> None:
    once = schema.canonical_json(text)

    assert once is None or schema.canonical_json(once) == once


@pytest.mark.parametrize(
    ("table", "column", "one", "other"),
    [
        ("wanted", "sandbox_required", "0", 0),
        ("wanted", "sandbox_required", "1", 1),
        ("wanted", "sandbox_required", 2, 1),
        ("stamps", "confidence", "0.5", 0.5),
        ("stamps", "confidence", "1", 1.0),
        ("wanted", "priority", "2", 2),
        ("wanted", "priority", "2.0", 2),
        ("wanted", "priority", 2.0, 2),
    ],
)
def test_a_number_in_text_is_that_number(table: str, column: str, one: Value, other: Value) -> None:
    spelled = schema.canonical_row(table, {column: one})

    assert spelled == schema.canonical_row(table, {column: other})


@pytest.mark.parametrize("value", ["many", "", "nan", "inf", "9" * 5000, 10**400])
@pytest.mark.parametrize("column", ["priority", "sandbox_required"])
def test_text_that_is_no_number_is_kept(column: str, value: Value) -> None:
    assert schema.canonical_row("wanted", {column: value}) == {column: value}
