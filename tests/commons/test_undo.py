"""``undo`` takes back one's own last step through the same gate, and says where it cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from commons.casts import EVIDENCE, REPO, Cast, refusal, status_of
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.hosts.base import PullState
from wasteland.protocol.errors import Conflict
from wasteland.protocol.records import Status


def test_a_claim_is_given_back(cast: Cast) -> None:
    item_id = cast.posted()
    claimed = cast.ben.claim(item_id)

    receipt = cast.ben.undo()

    assert ("unclaim", "merged", claimed.op_id) == (
        receipt.operation,
        receipt.state,
        receipt.undoes,
    )
    assert (Status.OPEN, None) == status_of(cast.max, item_id)


def test_a_post_is_withdrawn(cast: Cast) -> None:
    cast.max.set_rule("merge_at_once", "post,withdraw")
    item_id = cast.posted()

    receipt = cast.ada.undo()

    assert ("withdraw", "merged") == (receipt.operation, receipt.state)
    assert (Status.WITHDRAWN, None) == status_of(cast.max, item_id)


@pytest.mark.parametrize(
    "former",
    [
        {"description": "Old\ntext", "tags": "go,sql", "project": "relay", "type": "bug"},
        {"description": "", "tags": "", "project": "", "type": ""},
    ],
)
def test_an_update_gets_its_former_texts_back(cast: Cast, former: dict[str, Any]) -> None:
    cast.max.set_rule("mode", "direct")
    item_id = cast.ada.post(title="Old", priority="low", effort="small", **former).id
    before = cast.ada.show(item_id).item
    cast.ada.update(
        item_id,
        title="New",
        description="New text",
        tags="web",
        project="hub",
        type="docs",
        priority="critical",
        effort="epic",
    )

    receipt = cast.ada.undo()

    assert "merged" == receipt.state
    assert before == cast.ada.show(item_id).item


def test_work_that_waits_is_taken_back(cast: Cast) -> None:
    item_id = cast.submitted()

    receipt = cast.ben.undo()

    assert ("undo", "merged", "1") == (receipt.operation, receipt.state, receipt.pull)
    assert [PullState.CLOSED] == cast.states()
    assert (Status.CLAIMED, "ben") == status_of(cast.max, item_id)


def test_a_second_undo_takes_back_the_operation_before(cast: Cast) -> None:
    item_id = cast.submitted()

    first, second = cast.ben.undo(), cast.ben.undo()

    assert ["undo", "unclaim"] == [first.operation, second.operation]
    assert (Status.OPEN, None) == status_of(cast.max, item_id)
    error = refusal(cast.ben.undo)
    assert ("conflict", "register") == (error.code, error.facts["operation"])


def test_what_was_done_after_an_undo_is_undone_first(cast: Cast) -> None:
    first, second = cast.posted("One"), cast.posted("Two")
    cast.ben.claim(first)
    cast.ben.undo()
    cast.ben.claim(second)

    receipt = cast.ben.undo()

    assert second == receipt.id


def test_an_acceptance_is_not_undone_and_says_why(cast: Cast) -> None:
    item_id = cast.submitted()
    cast.max.accept(item_id, quality="good")
    before = cast.world()

    error = refusal(cast.max.undo)

    assert ("conflict", f"wl why {item_id}") == (error.code, error.hint)
    assert "answer it with another stamp" in error.message
    assert before == cast.world()


def test_work_that_was_merged_meanwhile_is_not_undone(cast: Cast) -> None:
    item_id = cast.submitted()
    cast.max.accept(item_id, quality="good")
    before = cast.world()

    error = refusal(cast.ben.undo)

    assert "conflict" == error.code
    assert before == cast.world()


def accepting(cast: Cast, item_id: str) -> None:
    cast.max.accept(item_id, quality="good")


def rejecting(cast: Cast, item_id: str) -> None:
    cast.max.reject(item_id, reason="No test")


@pytest.mark.parametrize("decide", [accepting, rejecting])
def test_an_offer_that_has_ended_does_not_hide_what_was_done_before(
    cast: Cast, decide: Callable[[Cast, str], None]
) -> None:
    offered, kept = cast.claimed(), cast.claimed()
    cast.ben.done(offered, evidence=EVIDENCE)
    decide(cast, offered)

    receipt = cast.ben.undo()

    assert ("unclaim", kept) == (receipt.operation, receipt.id)


def test_a_registration_that_was_merged_is_not_undone(cast: Cast) -> None:
    cast.max.set_rule("merge_at_once", "none")
    zoe = Commons(cast.host, REPO, Seat("zoe", "zoe"))
    cast.max.merge(zoe.register().pull)

    error = refusal(zoe.undo)

    assert ("conflict", "wl browse") == (error.code, error.hint)


def test_a_claim_that_went_on_to_another_is_not_undone(cast: Cast) -> None:
    item_id = cast.claimed()
    cast.clock.move(hours=100)
    cast.eve.claim(item_id)
    before = cast.world()

    error = refusal(cast.ben.undo)

    assert error.code in {"forbidden", "trust_too_low"}
    assert before == cast.world()


def test_an_update_that_changes_nothing_does_nothing(cast: Cast) -> None:
    cast.max.set_rule("mode", "direct")
    item_id = cast.posted()
    cast.clock.move(seconds=1)
    main = cast.engine.head()

    receipt = cast.ada.update(item_id, title="Add retry logic")

    assert ("unchanged", main) == (receipt.state, cast.engine.head())


def test_a_rig_that_has_done_nothing_has_nothing_to_undo(cast: Cast) -> None:
    error = refusal(cast.max.undo)

    assert ("conflict", "wl browse") == (error.code, error.hint)
    assert [] == cast.begun("zoe")
    assert [] == cast.host.pulls(REPO)


def test_what_was_turned_away_is_final_and_nothing_before_it_is_taken_back(cast: Cast) -> None:
    mine = cast.max.post(title="Mine to keep").id
    cast.max.claim(mine)
    item = cast.submitted()
    cast.max.reject(item, reason="No test")

    assert "a rejection is answered" in refusal(cast.max.undo).message
    cast.max.decline(cast.ada.update(cast.posted(), title="Another").pull)
    assert "may be offered again" in refusal(cast.max.undo).message
    assert (Status.CLAIMED, "max") == status_of(cast.max, mine)


def test_only_the_operation_that_is_meant_is_taken_back(cast: Cast) -> None:
    first = cast.max.claim(cast.max.post(title="First").id)
    second = cast.max.claim(cast.max.post(title="Second").id)

    assert isinstance(refusal(lambda: cast.max.undo(of=first.op_id)), Conflict)
    assert second.op_id == cast.max.undo(of=second.op_id).undoes
