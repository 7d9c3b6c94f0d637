"""Closing a pull request without merging it: who may, what is kept, what never happens twice."""

from __future__ import annotations

import pytest

from commons.casts import REPO, Cast, essence, refusal
from wasteland.hosts.base import PullState
from wasteland.protocol.errors import Conflict, Stale, TrustTooLow


def edited(cast: Cast) -> str:
    """Let ada offer a change of her own item; return the pull request."""
    return cast.ada.update(cast.posted(), title="Another title").pull


def test_a_declined_pull_request_is_closed_with_its_reason_and_main_never_has_it(
    cast: Cast,
) -> None:
    pull, head = edited(cast), cast.engine.head()

    receipt = cast.max.decline(pull, reason="The old one says it better")

    found = cast.host.pull(REPO, pull)
    assert (PullState.CLOSED, "The old one says it better") == (found.state, found.reason)
    assert ["The old one says it better"] == [c.body for c in cast.host.comments(REPO, pull)]
    assert ("unchanged", pull, head) == (receipt.state, receipt.pull, cast.engine.head())


def test_its_author_may_decline_it_and_a_rig_without_the_trust_to_merge_may_not(
    cast: Cast,
) -> None:
    pull = edited(cast)

    assert isinstance(refusal(lambda: cast.eve.decline(pull)), TrustTooLow)
    assert PullState.OPEN is cast.host.pull(REPO, pull).state
    cast.ada.decline(pull)
    assert PullState.CLOSED is cast.host.pull(REPO, pull).state


def test_submitted_work_may_be_declined_by_whoever_may_reject_it(cast: Cast) -> None:
    cast.max.set_rule("merge", "trust:3")
    cast.max.trust("eve", 2)
    cast.submitted()
    (work,) = cast.host.pulls(REPO)
    pull = edited(cast)

    cast.eve.decline(work.id, reason="Not that")

    assert isinstance(refusal(lambda: cast.eve.decline(pull)), TrustTooLow)
    assert PullState.CLOSED is cast.host.pull(REPO, work.id).state


def test_what_was_not_looked_at_is_not_declined(cast: Cast) -> None:
    pull = edited(cast)
    head = cast.host.pull(REPO, pull).head
    cast.clock.move(minutes=1)
    cast.ada.update(cast.host.pull(REPO, pull).branch.rpartition("/")[2], title="A third title")

    assert isinstance(refusal(lambda: cast.max.decline(pull, head=head)), Stale)
    assert PullState.OPEN is cast.host.pull(REPO, pull).state


def test_declining_twice_under_one_id_answers_the_same_and_again_is_refused(cast: Cast) -> None:
    pull = edited(cast)
    first = cast.max.decline(pull, reason="No", op_id="op-decline-1")

    again = cast.max.decline(pull, reason="No", op_id="op-decline-1")

    assert essence(first) == essence(again)
    assert 1 == len(cast.host.comments(REPO, pull))
    assert isinstance(refusal(lambda: cast.max.decline(pull)), Conflict)


def test_a_dry_run_closes_nothing(cast: Cast) -> None:
    pull = edited(cast)
    before = cast.world()

    receipt = cast.max.decline(pull, reason="No", dry_run=True)

    assert ("dry_run", before) == (receipt.state, cast.world())


@pytest.mark.parametrize("decide", ["reject", "close"])
def test_work_is_neither_rejected_nor_closed_when_it_is_not_what_was_seen(
    cast: Cast, decide: str
) -> None:
    item = cast.submitted()
    before = cast.world()

    error = refusal(lambda: getattr(cast.max, decide)(item, head="0" * 40))

    assert isinstance(error, Stale)
    assert before == cast.world()
    (pull,) = cast.host.pulls(REPO)
    getattr(cast.max, decide)(item, head=pull.head[:7])
    assert PullState.OPEN is not cast.host.pull(REPO, pull.id).state
