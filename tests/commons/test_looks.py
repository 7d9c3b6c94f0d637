"""Verdicts that are kept: as long as they stand, and no longer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from commons.casts import NOON, Cast
from wasteland.commons.looks import HOLDS, Looks


class Counted:
    """Counts how often the inbox asks for the rows of a pull request."""

    def __init__(self, cast: Cast) -> None:
        self.asked: list[str] = []
        changes = cast.host.changes

        def counted(pull: object) -> object:
            self.asked.append(pull.id)  # type: ignore[attr-defined]
            return changes(pull)  # type: ignore[arg-type]

        cast.host.changes = counted  # type: ignore[method-assign,assignment]


def test_nothing_is_judged_twice_on_one_main(cast: Cast) -> None:
    cast.submitted()
    first = cast.max.inbox()
    counted = Counted(cast)

    assert first == cast.max.inbox()
    assert [] == counted.asked


def test_what_main_was_given_about_others_leaves_a_verdict_standing(cast: Cast) -> None:
    cast.submitted()
    (before,) = cast.max.inbox()
    counted = Counted(cast)
    cast.eve.claim(cast.max.post(title="Of no concern").id)

    (after,) = cast.max.inbox()

    assert [] == counted.asked
    assert before.main == after.main != cast.engine.head()


def test_a_verdict_is_given_anew_when_its_item_its_rig_or_the_rules_have_moved(
    cast: Cast,
) -> None:
    item = cast.submitted()
    moves: list[Callable[[], object]] = [
        lambda: cast.ben.claim(cast.max.post(title="Taken by the same rig").id),
        lambda: cast.max.set_rule("submissions_cap", "7"),
        lambda: cast.max.trust("eve", 2),
    ]
    for move in moves:
        cast.max.inbox()
        move()
        counted = Counted(cast)
        (found,) = cast.max.inbox()
        assert (1, cast.engine.head()) == (len(counted.asked), found.main)
    assert [item] == list(found.card.wanted_ids)


def test_a_verdict_that_does_not_stand_any_more_is_told(cast: Cast) -> None:
    cast.submitted()
    assert [True] == [found.allowed for found in cast.max.inbox()]

    cast.max.trust("ben", 0)

    (found,) = cast.max.inbox()
    assert not found.allowed
    assert "ben has trust 0" in found.reasons[0]


def test_evidence_that_comes_to_main_meanwhile_is_found(cast: Cast) -> None:
    item = cast.submitted()
    other = cast.max.post(title="Another item").id
    cast.eve.claim(other)
    cast.eve.done(other, evidence="https://example.org/pr/7 adds the retry, too")
    assert [(), ()] == [tuple(found.findings) for found in cast.max.inbox()]

    cast.max.accept(other, quality="good")

    (found,) = cast.max.inbox()
    assert [item] == list(found.card.wanted_ids)
    assert "The same evidence was handed in by eve" in found.findings[0]


def test_one_pull_request_is_always_judged_anew(cast: Cast) -> None:
    cast.submitted()
    (found,) = cast.max.inbox()
    counted = Counted(cast)

    cast.max.review(found.pull.id)

    assert [found.pull.id] == counted.asked


def test_nothing_is_kept_for_longer_than_it_holds_and_the_least_used_is_dropped() -> None:
    looks: Looks[str] = Looks(most=2)
    for name in ("a", "b"):
        looks.keep(name, NOON, name)
    assert "a" == looks.find("a", NOON)
    looks.keep("c", NOON, "c")

    assert [None, "a", "c"] == [looks.find(name, NOON) for name in ("b", "a", "c")]
    assert looks.find("a", NOON + HOLDS) is None
    assert looks.find("a", NOON - timedelta(seconds=1)) is None
