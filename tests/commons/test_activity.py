"""What happens on a commons, counted from its rows and its history."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commons.casts import NOON, Cast
from wasteland.commons import activity, commit_log, differences
from wasteland.commons.commit_log import entry
from wasteland.engines.base import Commit, TableDiff
from wasteland.protocol.errors import NotFound


@pytest.mark.parametrize(
    "host", ["doltlite", pytest.param("dolt", marks=pytest.mark.dolt)], indirect=True
)
def test_steps_are_timed_from_one_to_the_next(cast: Cast) -> None:
    item = cast.ada.post(title="Timed").id
    cast.clock.move(hours=5)
    cast.ben.claim(item)
    cast.clock.move(hours=20)
    cast.ben.done(item, evidence="https://example.org/1")
    cast.clock.move(hours=30)
    cast.max.accept(item, quality="good")

    found = activity.activity(cast.ada)

    spans = [found.to_claim, found.to_submit, found.to_accept]
    assert [5.0, 20.0, 30.0] == [(span.median_s or 0) / 3600 for span in spans]
    assert (1, 1, 1) == tuple(
        sum(getattr(week, name) for week in found.weeks)
        for name in ("posted", "claimed", "completed")
    )
    newest = commit_log.entries(cast.ada, limit=2)
    assert [("max", "accept", item), ("ben", "claim", item)] == [
        (e.author, e.operation, e.about) for e in newest
    ]


def test_open_items_are_counted_by_their_age(cast: Cast) -> None:
    cast.max.post(title="Old")
    cast.clock.move(hours=24 * 40)
    cast.max.post(title="New")

    ages = dict(activity.activity(cast.ada).ages)

    assert {"under a week": 1, "1 to 4 weeks": 0, "1 to 3 months": 1, "older": 0} == ages


def test_activity_is_counted_again_once_main_has_moved(cast: Cast) -> None:
    before = activity.activity(cast.ada)
    assert before is activity.activity(cast.ben)

    cast.max.post(title="One more")

    assert before.weeks[-1].posted + 1 == activity.activity(cast.ada).weeks[-1].posted


def test_nothing_is_timed_where_nothing_happened(cast: Cast) -> None:
    found = activity.activity(cast.ada)

    assert (None, 0) == (found.to_claim.median_s, found.to_claim.count)
    assert [None] * activity.WEEKS == list(found.to_accept.by_week)


@pytest.mark.parametrize(
    ("message", "operation", "about"),
    [
        ("wl claim: w-4f2a\n\nWasteland-Op: op-1", "claim", "w-4f2a"),
        ("wl release: w-1 w-2", "release", "w-1 w-2"),
        ("merge branch 'x'", "", ""),
        ("wl claim:", "", ""),
        ("", "", ""),
    ],
)
def test_a_commit_says_what_was_done_as_far_as_it_can_be_told(
    message: str, operation: str, about: str
) -> None:
    found = entry(Commit("abc", "ada", "", NOON, message))

    assert (operation, about) == (found.operation, found.about)


def test_two_moments_differ_by_what_happened_between_them(cast: Cast) -> None:
    start = cast.engine.head()
    cast.clock.move(hours=2)
    item = cast.max.post(title="Between").id

    found = differences.between(cast.ada, start, None)
    by_date = differences.between(cast.ada, (NOON + timedelta(hours=1)).isoformat(), None)

    assert [TableDiff("wanted", 1, 0, 0)] == list(found.tables) == list(by_date.tables)
    (row,) = differences.rows(cast.ada, found, "wanted", limit=5)
    assert item == row.key
    assert "post" == found.end.operation
    with pytest.raises(NotFound):
        differences.between(cast.ada, "nowhere", None)
