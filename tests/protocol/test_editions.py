"""Editions tell wordings apart, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from wasteland.protocol import words
from wasteland.protocol.editions import edition, need
from wasteland.protocol.errors import Stale
from wasteland.protocol.fields import description
from wasteland.protocol.outlines import OUTLINES
from wasteland.protocol.records import WantedItem

ITEM = WantedItem(id="w-1", title="Fix it", tags=("a", "b"), priority=2)


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Mend it"},
        {"description": "x"},
        {"project": "x"},
        {"type": "bug"},
        {"priority": 1},
        {"effort_level": "small"},
        {"tags": ("a",)},
        {"tags": ("a b",)},
    ],
)
def test_another_wording_is_another_edition(change: dict[str, Any]) -> None:
    assert edition(ITEM) != edition(replace(ITEM, **change))


def test_what_is_no_wording_leaves_the_edition() -> None:
    later = replace(ITEM, status="claimed", claimed_by="ben", updated_at=datetime.now(UTC))

    assert edition(ITEM) == edition(later)


def test_an_editor_who_saw_another_edition_is_told() -> None:
    need(ITEM, "")
    need(ITEM, edition(ITEM))
    with pytest.raises(Stale) as told:
        need(ITEM, edition(replace(ITEM, title="Older")))
    assert edition(ITEM) == told.value.facts["edition"]


def test_every_outline_is_of_a_type_and_may_be_posted() -> None:
    assert set(OUTLINES) <= set(words.TYPES)
    for text in OUTLINES.values():
        assert description(text) == text.strip()
