"""The life of a wanted item, step by step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wasteland.protocol import lifecycle
from wasteland.protocol.errors import AlreadyClaimed, Conflict, Invalid
from wasteland.protocol.lifecycle import Step
from wasteland.protocol.records import Stamp, WantedItem

from .town import AT, BOUNTY, CLAIMED, COMPLETED, EARLIER, IN_REVIEW, ITEM, WORK

WITHDRAWN = replace(ITEM, status="withdrawn")
UNKNOWN = replace(ITEM, status="paused")
STATES = {
    "open": ITEM,
    "claimed": CLAIMED,
    "in_review": IN_REVIEW,
    "completed": COMPLETED,
    "validated": replace(COMPLETED, status="validated"),
    "withdrawn": WITHDRAWN,
    "paused": UNKNOWN,
    "bounty open": BOUNTY,
    "bounty in_review": replace(BOUNTY, status="in_review"),
    "bounty claimed": replace(CLAIMED, tags=("open-bounty",)),
    "bounty completed": replace(COMPLETED, tags=("open-bounty",)),
}
POSSIBLE = {
    "open": {Step.EDIT, Step.CLAIM, Step.WITHDRAW},
    "claimed": {Step.UNCLAIM, Step.HANDOVER, Step.SUBMIT},
    "in_review": {Step.ACCEPT, Step.REJECT, Step.CLOSE},
    "bounty open": {Step.EDIT, Step.SUBMIT, Step.WITHDRAW},
    "bounty in_review": {Step.SUBMIT, Step.ACCEPT, Step.REJECT, Step.CLOSE},
    "bounty claimed": {Step.UNCLAIM, Step.HANDOVER, Step.SUBMIT},
}


@pytest.mark.requirement("S0-77")
@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("state", STATES)
def test_a_step_begins_only_in_its_states(state: str, step: Step) -> None:
    assert lifecycle.can(step, STATES[state]) == (step in POSSIBLE.get(state, set()))


@pytest.mark.requirement("S0-77")
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("step", [step for step in Step if step is not Step.POST])
def test_a_function_raises_conflict_exactly_where_its_step_cannot_begin(
    state: str, step: Step
) -> None:
    item = STATES[state]
    if lifecycle.can(step, item):
        _take(step, item)
    else:
        with pytest.raises(Conflict) as caught:
            _take(step, item)
        assert item.id in caught.value.message
        assert caught.value.hint


def _take(step: Step, item: WantedItem) -> None:
    match step:
        case Step.EDIT:
            lifecycle.edit(item, {"title": "Other"}, at=AT)
        case Step.CLAIM:
            lifecycle.claim(item, by="carl", at=AT)
        case Step.UNCLAIM:
            lifecycle.unclaim(item, at=AT)
        case Step.HANDOVER:
            lifecycle.handover(item, to="dora", at=AT)
        case Step.SUBMIT:
            lifecycle.submit(
                item, by="carl", evidence="done", evidence_url=None, new_id="c-9", at=AT
            )
        case Step.ACCEPT:
            lifecycle.accept(item, WORK, Stamp("s-1", "tara", "carl"), at=AT)
        case Step.REJECT:
            lifecycle.reject(item, at=AT)
        case Step.CLOSE:
            lifecycle.close(item, by=None, at=AT)
        case _:
            lifecycle.withdraw(item, at=AT)


@pytest.mark.requirement("S0-95")
def test_a_claim_sets_holder_status_and_time() -> None:
    claimed = lifecycle.claim(ITEM, by="carl", at=AT)

    assert claimed == replace(ITEM, status="claimed", claimed_by="carl", updated_at=AT)


@pytest.mark.requirement("S0-95")
@pytest.mark.parametrize("held", [CLAIMED, IN_REVIEW])
def test_a_claim_of_a_held_item_names_the_holder(held: WantedItem) -> None:
    with pytest.raises(AlreadyClaimed) as caught:
        lifecycle.claim(held, by="dora", at=AT)

    assert caught.value.facts["holder"] == "carl"


def test_a_claim_of_an_open_bounty_names_the_way_to_submit() -> None:
    with pytest.raises(Conflict) as caught:
        lifecycle.claim(BOUNTY, by="carl", at=AT)

    assert caught.value.hint == "wl done w-1 --evidence URL"


def test_an_unclaimed_item_is_nobodys() -> None:
    assert lifecycle.unclaim(CLAIMED, at=AT) == replace(ITEM, updated_at=AT)


def test_a_handover_to_the_holder_raises_conflict() -> None:
    with pytest.raises(Conflict, match="carl holds w-1 already"):
        lifecycle.handover(CLAIMED, to="carl", at=AT)


def test_a_handover_names_the_new_holder() -> None:
    assert lifecycle.handover(CLAIMED, to="dora", at=AT).claimed_by == "dora"


@pytest.mark.requirement("S0-97")
def test_a_submission_puts_the_item_in_review_with_its_evidence() -> None:
    item, work = lifecycle.submit(
        CLAIMED, by="carl", evidence="see x", evidence_url="https://x", new_id="c-9", at=AT
    )

    assert item == replace(CLAIMED, status="in_review", evidence_url="https://x", updated_at=AT)
    assert (work.id, work.wanted_id, work.completed_by, work.evidence, work.completed_at) == (
        "c-9",
        "w-1",
        "carl",
        "see x",
        AT,
    )


@pytest.mark.requirement("S0-97")
def test_a_submission_for_anothers_claim_raises_already_claimed() -> None:
    with pytest.raises(AlreadyClaimed) as caught:
        lifecycle.submit(CLAIMED, by="dora", evidence="x", evidence_url=None, new_id="c", at=AT)

    assert caught.value.facts["holder"] == "carl"


def test_an_acceptance_completes_item_and_completion_for_the_rig_that_did_the_work() -> None:
    bounty = replace(BOUNTY, status="in_review")

    item, work = lifecycle.accept(bounty, WORK, Stamp("s-1", "tara", "carl"), at=AT)

    assert item == replace(bounty, status="completed", claimed_by="carl", updated_at=AT)
    assert work == replace(WORK, validated_by="tara", stamp_id="s-1", validated_at=AT)


def test_a_validated_completion_is_not_accepted_again() -> None:
    with pytest.raises(Conflict, match="already accepted with stamp s-0"):
        lifecycle.accept(IN_REVIEW, replace(WORK, stamp_id="s-0"), Stamp("s-1"), at=AT)


@pytest.mark.requirement("S1-30")
def test_rejected_work_is_back_with_its_claimer() -> None:
    assert lifecycle.reject(IN_REVIEW, at=AT) == replace(CLAIMED, updated_at=AT)


def test_a_bounty_leaves_review_with_its_last_submission() -> None:
    bounty = replace(BOUNTY, status="in_review", claimed_by="carl")

    assert lifecycle.reject(bounty, others=1, at=AT).status == "in_review"
    assert lifecycle.reject(bounty, at=AT) == replace(BOUNTY, updated_at=AT)


@pytest.mark.requirement("S1-31")
def test_a_closed_item_is_completed_for_whoever_did_it() -> None:
    assert lifecycle.close(IN_REVIEW, by=None, at=AT).claimed_by == "carl"
    assert lifecycle.close(IN_REVIEW, by="dora", at=AT).claimed_by == "dora"
    assert lifecycle.close(IN_REVIEW, by=None, at=AT).status == "completed"


@pytest.mark.requirement("S1-44")
def test_a_withdrawn_item_keeps_its_row() -> None:
    assert lifecycle.withdraw(ITEM, at=AT) == replace(WITHDRAWN, updated_at=AT)


def test_an_edit_changes_the_texts_given() -> None:
    assert lifecycle.edit(ITEM, {"title": "New", "priority": 0}, at=AT) == replace(
        ITEM, title="New", priority=0, updated_at=AT
    )


@pytest.mark.parametrize("changes", [{}, {"status": "claimed"}, {"title": "x", "posted_by": "me"}])
def test_an_edit_of_nothing_or_of_anothers_columns_is_invalid(changes: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        lifecycle.edit(ITEM, changes, at=AT)


def test_a_time_is_the_callers_alone() -> None:
    assert lifecycle.claim(ITEM, by="carl", at=EARLIER).updated_at == EARLIER
