"""Cells of the embedded engine, as MySQL spells them."""

from __future__ import annotations

import pytest

from wasteland.hub.sandbox.cells import Cell, as_text, cut, declared_type, value_type


@pytest.mark.parametrize(
    ("cell", "kind", "text"),
    [
        (None, "int", None),
        ("2026-01-02T03:04:05Z", "timestamp", "2026-01-02 03:04:05"),
        ("2026-01-02 03:04:05.678", "datetime", "2026-01-02 03:04:05"),
        ("2026-01-02T03:04:05Z", "text", "2026-01-02T03:04:05Z"),
        ("some day", "timestamp", "some day"),
        (1, "tinyint(1)", "1"),
        (7, "json", "7"),
        (31.5, "decimal(14,4)", "31.5000"),
        (3, "decimal(10, 2)", "3.00"),
        (1e20, "double", "1e20"),
        (0.1, "double", "0.1"),
        (-0.0, "double", "-0"),
        (b"", "longblob", "<binary>"),
    ],
)
def test_a_cell_is_printed_as_mysql_prints_it(cell: Cell, kind: str, text: str | None) -> None:
    assert text == as_text(cell, kind)


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ("VARCHAR(255)", "varchar(255)"),
        ("TINYINT(1)", "tinyint(1)"),
        ("INTEGER", "int"),
        ("BOOLEAN", "tinyint(1)"),
        ("REAL", "double"),
        (None, ""),
    ],
)
def test_a_declared_type_is_spelled_as_mysql_spells_it(declared: str | None, kind: str) -> None:
    assert kind == declared_type(declared)


def test_the_type_of_an_expression_is_that_of_its_value() -> None:
    assert ["longtext", "bigint", "double", "longblob", ""] == [
        value_type(cell) for cell in ("a", 1, 1.5, b"", None)
    ]


def test_long_characters_count_for_what_they_weigh() -> None:
    """The limit is one of bytes."""
    rows = [["🦊" * 10], ["x" * 10]]

    assert [[], [("🦊" * 10,)]] == [cut(rows, row_limit=9, byte_limit=size)[0] for size in (39, 40)]
