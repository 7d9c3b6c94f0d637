"""The steps that must have led from one row to another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from wasteland.protocol.diff import RowChange
from wasteland.protocol.errors import WastelandError
from wasteland.protocol.journey import Companions, Journey, Trip, explain, find
from wasteland.protocol.lifecycle import Step
from wasteland.protocol.records import WantedItem

from .town import AT, BOUNTY, CLAIMED, COMPLETED, IN_REVIEW, ITEM, WORK

MINE = Companions(submitted_by=("carl",))


def trip(
    before: WantedItem | None,
    after: WantedItem,
    actor: str = "carl",
    companions: Companions | None = None,
) -> Trip:
    row = RowChange("wanted", before.to_row() if before else None, after.to_row())
    return Trip(before, after, frozenset(row.cells), actor, companions or Companions())


def steps(journey: Journey | None) -> list[Step] | None:
    return [step for step, _ in journey.steps] if journey else None


@pytest.mark.requirement("S0-77")
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (trip(None, ITEM, "pete"), [Step.POST]),
        (trip(ITEM, CLAIMED), [Step.CLAIM]),
        (trip(ITEM, IN_REVIEW, companions=MINE), [Step.CLAIM, Step.SUBMIT]),
        (trip(IN_REVIEW, COMPLETED), [Step.CLOSE]),
        (
            trip(IN_REVIEW, COMPLETED, "tara", Companions(accepted=(WORK,), stamped=True)),
            [Step.ACCEPT],
        ),
        (trip(CLAIMED, replace(ITEM, title="New")), [Step.UNCLAIM, Step.EDIT]),
        (trip(CLAIMED, replace(CLAIMED, title="New")), [Step.UNCLAIM, Step.EDIT, Step.CLAIM]),
        (trip(CLAIMED, replace(ITEM, status="withdrawn")), [Step.UNCLAIM, Step.WITHDRAW]),
        (
            trip(None, replace(IN_REVIEW, posted_by="carl"), companions=MINE),
            [Step.POST, Step.CLAIM, Step.SUBMIT],
        ),
        (
            trip(ITEM, replace(BOUNTY, status="in_review"), companions=MINE),
            [Step.EDIT, Step.SUBMIT],
        ),
        (trip(ITEM, ITEM), []),
    ],
)
def test_the_shortest_journey_is_found(asked: Trip, expected: list[Step]) -> None:
    assert steps(find(asked)) == expected


@pytest.mark.parametrize(
    ("before", "cells", "companions"),
    [
        (ITEM, {"status": "claimed", "claimed_by": "dora"}, Companions()),
        (ITEM, {"status": "in_review", "claimed_by": "carl"}, Companions()),
        (ITEM, {"status": "claimed", "claimed_by": "carl"}, MINE),
        (ITEM, {"updated_at": AT}, Companions()),
        (CLAIMED, {"updated_at": AT}, Companions()),
        (IN_REVIEW, {"status": "completed"}, Companions(stamped=True)),
        (IN_REVIEW, {"status": "completed"}, Companions(accepted=(WORK,))),
        (IN_REVIEW, {"status": "completed"}, Companions(removed=True)),
        (IN_REVIEW, {"status": "claimed"}, Companions(remaining=("carl",))),
        (COMPLETED, {"status": "open"}, Companions()),
        (replace(ITEM, status="paused"), {"status": "open"}, Companions()),
    ],
)
def test_where_no_steps_lead_there_is_none_and_a_reason(
    before: WantedItem, cells: dict[str, Any], companions: Companions
) -> None:
    asked = trip(before, replace(before, **cells), companions=companions)

    assert find(asked) is None
    assert isinstance(explain(asked), WastelandError)
    assert explain(asked).message.endswith(".")


def test_a_step_that_may_not_be_taken_is_no_way() -> None:
    asked = trip(CLAIMED, replace(CLAIMED, claimed_by="pete"), "pete")

    direct = find(asked)
    around = find(asked, lambda step, _: step is not Step.HANDOVER)

    assert steps(direct) == [Step.HANDOVER]
    assert steps(around) == [Step.UNCLAIM, Step.CLAIM]
    assert find(asked, lambda step, _: step is Step.CLAIM) is None


def test_each_step_comes_with_the_item_before_it() -> None:
    journey = find(trip(ITEM, IN_REVIEW, companions=MINE))

    assert journey is not None
    assert [item.status for _, item in journey.steps] == ["open", "claimed"]
    assert (journey.end.status, journey.takes(Step.CLAIM), journey.takes(Step.CLOSE)) == (
        "in_review",
        True,
        False,
    )


def test_only_a_claim_that_main_knows_is_handed_on() -> None:
    to_dora = replace(CLAIMED, claimed_by="dora")

    assert find(trip(ITEM, to_dora)) is None
    assert find(trip(None, replace(to_dora, posted_by="carl"))) is None
    assert steps(find(trip(CLAIMED, to_dora))) == [Step.HANDOVER]
