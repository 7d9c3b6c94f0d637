"""What a decision takes along: the work that its reviewer saw, about this item, and no more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from commons.casts import EVIDENCE, REPO, Cast, refusal
from wasteland.commons.receipts import Receipt
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.hosts.base import PullRequest, PullState
from wasteland.protocol.records import Status


def amend(cast: Cast, sql: str, **params: str) -> PullRequest:
    """Add a commit to the branch of his one submission, and offer it."""
    (pull,) = cast.host.pulls(REPO)
    with cast.host.engine(pull.source).change(branch=pull.branch) as change:
        change.execute(sql, params)
        change.commit(
            "More", author="ben", at=cast.clock.at, tables=["wanted", "completions", "rigs"]
        )
    return cast.host.update_pull(REPO, pull.id)


def with_anothers_edit(cast: Cast) -> tuple[str, str]:
    """Return ben's submission whose branch also edits another item of his, and that item."""
    other = cast.ben.post(title="Something else").id
    item_id = cast.submitted()
    amend(cast, "UPDATE wanted SET title = 'Smuggled' WHERE id = :id", id=other)
    return item_id, other


Decide = Callable[[Commons, str], Receipt]
DECISIONS: list[Decide] = [
    lambda session, item_id: session.close(item_id),
    lambda session, item_id: session.accept(item_id, quality="good"),
]


@pytest.mark.parametrize("decide", DECISIONS, ids=["close", "accept"])
def test_a_decision_does_not_take_along_what_its_rig_may_not_merge(
    cast: Cast, decide: Decide
) -> None:
    cast.max.set_rule("accept", "trust:1")
    item_id, other = with_anothers_edit(cast)
    before = cast.world()

    error = refusal(lambda: decide(cast.ada, item_id))

    assert ("trust_too_low", "wl review 1") == (error.code, error.hint)
    assert [f"wanted {other}"] == error.facts["rows"]
    assert f"wanted {other}" in error.message
    assert before == cast.world()


@pytest.mark.parametrize("decide", DECISIONS, ids=["close", "accept"])
def test_a_rig_that_may_merge_takes_the_rest_along(cast: Cast, decide: Decide) -> None:
    item_id, other = with_anothers_edit(cast)

    decide(cast.max, item_id)

    assert "Smuggled" == cast.ada.show(other).item.title


def test_the_poster_closes_a_submission_that_is_about_this_item_alone(cast: Cast) -> None:
    item_id = cast.submitted()

    receipt = cast.ada.close(item_id)

    assert "merged" == receipt.state
    assert Status.COMPLETED is cast.ada.show(item_id).item.state


def test_the_poster_closes_a_submission_that_registers_its_rig(cast: Cast) -> None:
    cast.max.set_rule("submit", "anyone")
    item_id = cast.ada.post(title="A bounty", bounty=True).id
    Commons(cast.host, REPO, Seat("zoe", "zoe")).done(item_id, evidence=EVIDENCE)
    amend(cast, "INSERT INTO rigs (handle, dolthub_org, trust_level) VALUES ('zoe', 'zoe', 1)")

    assert "merged" == cast.ada.close(item_id).state
    assert "zoe" in {rig.handle for rig in cast.max.rigs()}


# --- the head that was reviewed


@pytest.mark.parametrize("length", [7, 64])
def test_the_head_that_was_reviewed_is_accepted(cast: Cast, length: int) -> None:
    item_id = cast.submitted()
    head = cast.max.review(item_id).pull.head

    receipt = cast.max.accept(item_id, quality="good", head=head[:length])

    assert "merged" == receipt.state


def test_a_submission_swapped_after_its_review_is_not_accepted(cast: Cast) -> None:
    item_id = cast.submitted()
    seen = cast.max.review(item_id).pull.head
    now = amend(
        cast, "UPDATE completions SET evidence = 'Another' WHERE wanted_id = :id", id=item_id
    )
    before = cast.world()

    error = refusal(lambda: cast.max.accept(item_id, quality="good", head=seen))

    assert ("stale", "wl review 1") == (error.code, error.hint)
    assert all(head in error.message for head in (seen, now.head))
    assert before == cast.world()


def test_a_pull_request_swapped_after_its_review_is_not_merged(cast: Cast) -> None:
    item_id = cast.posted()
    seen = cast.host.pull(REPO, cast.ada.update(item_id, title="First").pull).head
    cast.ada.update(item_id, title="Second")

    error = refusal(lambda: cast.max.merge(item_id, head=seen))

    assert "stale" == error.code
    assert [PullState.OPEN] == cast.states()


def test_a_head_of_work_that_is_on_main_already_is_stale(cast: Cast) -> None:
    cast.max.set_rule("mode", "direct")
    item_id = cast.submitted()

    error = refusal(lambda: cast.max.accept(item_id, quality="good", head="abcdefg"))

    assert "stale" == error.code


def test_a_head_of_too_few_characters_is_invalid(cast: Cast) -> None:
    item_id = cast.submitted()
    head = cast.max.review(item_id).pull.head[:6]

    error = refusal(lambda: cast.max.accept(item_id, quality="good", head=head))

    assert ("invalid", "head") == (error.code, error.facts["field"])


def test_an_acceptance_that_is_repeated_with_its_head_gets_its_receipt(cast: Cast) -> None:
    item_id = cast.submitted()
    head = cast.max.review(item_id).pull.head

    first = cast.max.accept(item_id, quality="good", head=head, op_id="op-1")

    assert first.commit == cast.max.accept(item_id, quality="good", head=head, op_id="op-1").commit


# --- remarks


def test_a_dry_run_of_a_comment_returns_the_remark_and_keeps_nothing(cast: Cast) -> None:
    item_id = cast.submitted()

    remark = cast.max.comment(item_id, body="Nice", dry_run=True)

    assert () == tuple(cast.max.review(item_id).comments)
    assert remark == cast.max.comment(item_id, body="Nice")
    assert [remark] == list(cast.max.review(item_id).comments)
