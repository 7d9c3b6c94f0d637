"""Digests of rows: the same for what means the same, whichever engine spelled it."""

from __future__ import annotations

import pytest

from wasteland.protocol.digests import row_digest, table_digest
from wasteland.protocol.schema import Value


def same(table: str, column: str, one: Value, other: Value) -> bool:
    """Return whether two cells mean the same."""
    return row_digest(table, {"id": "x", column: one}) == row_digest(
        table, {"id": "x", column: other}
    )


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [
        ("valence", '{"b": 1.50, "a": 1.0}', '{"a":1,"b":1.5}'),
        ("valence", '{"a":12345678901234567890}', '{"a":12345678901234567000}'),
        ("valence", '{"a":-0.0}', '{"a":0}'),
        ("valence", '{"a":1e300}', '{"a":1e+300}'),
        ("valence", '["\\ud83d\\ude00"]', '["😀"]'),
        ("valence", '["\\ud800"]', '["\ufffd"]'),
        ("valence", "null", None),
        ("confidence", 0.24285714285714285, 0.24285714),
        ("confidence", 0.12345, 0.123450003),
        ("created_at", "2026-01-02T03:04:05Z", "2026-01-02 03:04:05"),
        ("of_others", 5, "5"),
        ("of_others", None, None),
    ],
)
def test_two_spellings_of_one_value_have_one_digest(column: str, one: Value, other: Value) -> None:
    assert same("stamps", column, one, other)


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [
        ("valence", '{"a":1}', '{"a":1.0000001}'),
        ("valence", '{"a":1}', '{"a":"1"}'),
        ("valence", '{"a":true}', '{"a":1}'),
        ("valence", "[1,2]", "[2,1]"),
        ("valence", "{}", None),
        ("confidence", 0.5, 0.50001),
        ("message", "", None),
        ("message", "a ", "a"),
        ("message", "1", "1.0"),
    ],
)
def test_two_values_have_two_digests(column: str, one: Value, other: Value) -> None:
    assert not same("stamps", column, one, other)


def test_a_column_that_is_empty_is_the_same_as_none() -> None:
    assert row_digest("wanted", {"id": "w"}) == row_digest("wanted", {"id": "w", "project": None})


def test_the_order_of_rows_does_not_matter_and_their_number_does() -> None:
    rows = [{"id": "a"}, {"id": "b"}]

    assert table_digest("wanted", rows) == table_digest("wanted", rows[::-1])
    assert table_digest("wanted", rows) != table_digest("wanted", rows[:1])


def test_text_cannot_pass_for_the_border_of_a_cell() -> None:
    one = {"id": "w", "title": 'x","project":"y'}
    other = {"id": "w", "title": "x", "project": "y"}

    assert row_digest("wanted", one) != row_digest("wanted", other)
