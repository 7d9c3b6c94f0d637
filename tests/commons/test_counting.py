from __future__ import annotations

from pathlib import Path

from hub.played import play, stage
from wasteland.commons.counting import count_by_status


def test_items_are_counted_by_status_as_main_has_them_now(tmp_path: Path) -> None:
    with stage(tmp_path / "host") as cast:
        assert {} == count_by_status(cast.max)

        play(cast)

        listed = [row.item.status for row in cast.max.browse(status="all", view="upstream")]
        assert {word: listed.count(word) for word in set(listed)} == count_by_status(cast.max)
