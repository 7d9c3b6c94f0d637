from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hub.played import play, stage
from wasteland.commons.counting import count_by_status


def test_items_are_counted_by_status_as_main_has_them_now(tmp_path: Path) -> None:
    with stage(tmp_path / "host") as cast:
        assert {} == count_by_status(cast.max)

        play(cast)

        listed = [row.item.status for row in cast.max.browse(status="all", view="upstream")]
        assert {word: listed.count(word) for word in set(listed)} == count_by_status(cast.max)


def test_what_was_counted_before_is_counted_on_to_the_same(tmp_path: Path) -> None:
    """After every step of a whole story the count is that of the rows, read anew."""
    with stage(tmp_path / "host") as cast:
        items = [cast.max.post(title=f"Item {number}").id for number in range(4)]
        steps: list[Callable[[], object]] = [
            lambda: cast.max.claim(items[0]),
            lambda: cast.max.withdraw(items[1]),
            lambda: cast.max.unclaim(items[0]),
            lambda: cast.max.post(title="Another"),
        ]
        for step in steps:
            count_by_status(cast.max)
            step()
            counted = count_by_status(cast.max)

            listed = [row.item.status for row in cast.max.browse(status="all", view="upstream")]
            assert {word: listed.count(word) for word in set(listed)} == counted
