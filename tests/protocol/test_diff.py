"""What changed, row by row."""

from __future__ import annotations

import pytest

from wasteland.protocol.diff import DiffKind, RowChange
from wasteland.protocol.schema import Row

BEFORE: Row = {"id": "w-1", "title": "Old", "tags": '["a", "b"]', "sandbox_required": 0}


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (None, BEFORE, DiffKind.ADDED),
        (BEFORE, BEFORE, DiffKind.MODIFIED),
        (BEFORE, None, DiffKind.REMOVED),
    ],
)
def test_the_sides_decide_the_kind(before: Row | None, after: Row | None, kind: DiffKind) -> None:
    change = RowChange("wanted", before, after)

    assert change.kind is kind
    assert change.row == BEFORE
    assert change.key == "w-1"


def test_a_change_without_sides_has_no_row() -> None:
    with pytest.raises(ValueError, match="at least one side"):
        _ = RowChange("wanted", None, None).row


def test_cells_are_those_that_differ() -> None:
    change = RowChange("wanted", BEFORE, {**BEFORE, "title": "New"})

    assert change.cells == {"title": ("Old", "New")}


def test_another_spelling_of_the_same_value_is_no_difference() -> None:
    after = {**BEFORE, "tags": '["a","b"]', "sandbox_required": False, "created_at": None}

    assert RowChange("wanted", BEFORE, after).cells == {}


def test_the_order_of_tags_is_a_difference() -> None:
    change = RowChange("wanted", BEFORE, {**BEFORE, "tags": '["b","a"]'})

    assert change.cells == {"tags": ('["a","b"]', '["b","a"]')}


def test_an_added_row_differs_in_every_cell_that_it_fills() -> None:
    change = RowChange("wanted", None, {"id": "w-1", "title": "New", "project": None})

    assert change.cells == {"id": (None, "w-1"), "title": (None, "New")}


def test_a_removed_row_differs_in_every_cell_that_it_filled() -> None:
    change = RowChange("wanted", {"id": "w-1", "title": "Old"}, None)

    assert change.cells == {"id": ("w-1", None), "title": ("Old", None)}


def test_a_column_of_another_tool_is_compared_as_it_is() -> None:
    change = RowChange("stamps", {"id": "s-1", "stamp_index": 1}, {"id": "s-1", "stamp_index": 2})

    assert change.cells == {"stamp_index": (1, 2)}
