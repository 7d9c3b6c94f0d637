"""The main story in pr mode: what lands at once, what waits, what a reviewer makes of it."""

from __future__ import annotations

import pytest

from commons.casts import EVIDENCE, REPO, Cast, refusal, status_of
from wasteland.commons import queries, receipts
from wasteland.hosts.base import PullState
from wasteland.protocol.records import Completion, Stamp, Status

pytestmark = pytest.mark.parametrize(
    "host", ["doltlite", pytest.param("dolt", marks=pytest.mark.dolt)], indirect=True
)


def test_a_post_lands_at_once_with_a_complete_receipt(cast: Cast) -> None:
    before = cast.engine.head()

    receipt = cast.ada.post(title="Add retry logic", priority="high", tags="go,sql")

    assert ("post", "merged", "ada", "acme/board") == (
        receipt.operation,
        receipt.state,
        receipt.actor,
        receipt.commons,
    )
    assert receipt.before is None
    assert receipt.after is not None
    assert ("open", 1, ["go", "sql"]) == tuple(
        receipt.after[name] for name in ("status", "priority", "tags")
    )
    assert ({"wanted": 1}, {"wanted": [receipt.id]}) == (receipt.rows, receipt.records)
    assert (cast.engine.head(), "", "") == (receipt.commit, receipt.branch, receipt.pull)
    assert [receipt.commit, before] == [c.hash for c in cast.engine.log(limit=2)]
    assert f"wl update {receipt.id} --title TEXT" in receipt.next


def test_a_claim_lands_at_once_with_its_lease(cast: Cast) -> None:
    item_id = cast.posted()

    receipt = cast.ben.claim(item_id)

    assert {"wanted": 1, "wlx_leases": 1} == receipt.rows
    assert receipt.before is not None
    assert receipt.after is not None
    assert ("open", "claimed") == (receipt.before["status"], receipt.after["status"])
    assert f"wl done {item_id} --evidence URL" == receipt.next[0]
    assert (Status.CLAIMED, "ben") == status_of(cast.max, item_id)


def test_unclaim_and_handover_land_at_once(cast: Cast) -> None:
    item_id = cast.claimed()

    handed = cast.ben.handover(item_id, to="eve")
    given_back = cast.eve.unclaim(item_id)

    assert ["merged", "merged"] == [handed.state, given_back.state]
    assert (Status.OPEN, None) == status_of(cast.max, item_id)
    assert [] == cast.host.pulls(REPO, state=None)


def test_registration_lands_at_once_with_the_trust_that_policy_gives(cast: Cast) -> None:
    rigs = {rig.handle: rig.trust_level for rig in cast.max.rigs()}

    assert {"max": 3, "ada": 1, "ben": 1, "eve": 1} == rigs


def test_submitted_work_waits_for_review_as_a_pull_request(cast: Cast) -> None:
    item_id = cast.claimed()
    main = cast.engine.head()

    receipt = cast.ben.done(item_id, evidence=EVIDENCE)

    assert ("pending", f"ben/board:wl/ben/{item_id}", "1") == (
        receipt.state,
        receipt.branch,
        receipt.pull,
    )
    assert {"completions": 1, "wanted": 1} == receipt.rows
    assert main == cast.engine.head()
    assert receipt.commit == cast.host.engine(cast.host.forks(REPO)[0]).head(f"wl/ben/{item_id}")
    assert [f"wl show {item_id}", "wl review 1", "wl undo"] == list(receipt.next)
    assert "waits for review" in receipt.note


def test_an_update_and_a_withdrawal_wait_for_review(cast: Cast) -> None:
    first, second = cast.posted("One"), cast.posted("Two")

    updated = cast.ada.update(first, title="Uno")
    withdrawn = cast.ada.withdraw(second)

    assert ["pending", "pending"] == [updated.state, withdrawn.state]
    assert (Status.OPEN, None) == status_of(cast.max, second)


def test_the_inbox_shows_what_waits_with_the_verdict(cast: Cast) -> None:
    item_id = cast.submitted()

    (seen,) = cast.max.inbox()

    assert ("ben", True, (), [item_id]) == (
        seen.rig,
        seen.allowed,
        tuple(seen.reasons),
        [row.key for row in seen.rows if row.table == "wanted"],
    )
    assert [seen.pull.id] == [s.pull.id for s in cast.ben.inbox(mine=True)]
    assert [] == cast.ada.inbox(mine=True)
    assert seen.pull == cast.max.review(item_id).pull == cast.max.review("#1").pull


def test_accept_merges_and_stamps_in_one_commit(cast: Cast) -> None:
    item_id = cast.submitted()
    main = cast.engine.head()

    receipt = cast.max.accept(item_id, quality="good", skills="go", message="Clean.")

    assert [receipt.commit, main] == [c.hash for c in cast.engine.log(limit=2)]
    assert {"completions": 1, "stamps": 1, "wanted": 1, "wlx_leases": 1} == receipt.rows
    pull = cast.host.pull(REPO, "1")
    assert (PullState.MERGED, receipt.commit) == (pull.state, pull.merged_as)
    sheet = cast.max.show(item_id)
    (stamp,), (work,) = sheet.stamps, sheet.completions
    assert ("completed", "ben", "merged") == (
        sheet.item.status,
        sheet.item.claimed_by,
        receipt.state,
    )
    assert ("max", "ben", work.id, {"quality": 0.8, "reliability": 0.8}, ("go",)) == (
        stamp.author,
        stamp.subject,
        stamp.context_id,
        stamp.valence,
        stamp.skill_tags,
    )
    assert ("max", stamp.id, EVIDENCE) == (work.validated_by, work.stamp_id, work.evidence)


def test_why_tells_every_commit_that_changed_an_item(cast: Cast) -> None:
    item_id = cast.submitted()
    accepted = cast.max.accept(item_id, quality="good")

    events = cast.ada.why(item_id)

    assert [("ada", "post"), ("ben", "claim"), ("max", "accept")] == [
        (event.author, event.message.split(":")[0].removeprefix("wl ")) for event in events
    ]
    assert ("claimed", "completed") == events[-1].cells["status"]
    assert accepted.op_id == events[-1].op_id


def test_me_shows_claims_pending_work_and_reviews(cast: Cast) -> None:
    held, submitted = cast.claimed(), cast.submitted()

    mine, reviews = cast.ben.me(), cast.max.me()

    assert {held, submitted} == {item.id for item in mine.claimed}
    assert ["1"] == [pull.id for pull in mine.pending]
    assert [submitted] == [item.id for item in reviews.to_review]


def test_a_rejected_submission_goes_back_to_its_rig_who_can_hand_in_again(cast: Cast) -> None:
    item_id = cast.submitted()

    rejected = cast.max.reject(item_id, reason="The test is missing")

    assert ("merged", "1", {}) == (rejected.state, rejected.pull, rejected.rows)
    pull = cast.host.pull(REPO, "1")
    assert (PullState.CLOSED, "The test is missing") == (pull.state, pull.reason)
    assert ["The test is missing"] == [c.body for c in cast.host.comments(REPO, "1")]
    assert (Status.CLAIMED, "ben") == status_of(cast.ada, item_id)
    again = cast.ben.done(item_id, evidence="now with a test")
    assert ("pending", "2") == (again.state, again.pull)
    assert "merged" == cast.max.accept(item_id, quality="good").state


def test_close_completes_without_a_stamp(cast: Cast) -> None:
    item_id = cast.submitted()

    receipt = cast.max.close(item_id)

    assert "merged" == receipt.state
    assert (Status.COMPLETED, "ben") == status_of(cast.ada, item_id)
    assert [] == queries.where(cast.max.main(), Stamp, "subject", "ben")
    assert [PullState.MERGED] == cast.states()


def test_merge_keeps_author_date_and_message_of_an_edit(cast: Cast) -> None:
    item_id = cast.posted()
    edited = cast.ada.update(item_id, title="Add three retries")
    written = cast.clock.at
    cast.clock.move(hours=3)

    receipt = cast.max.merge(edited.pull)

    (commit,) = cast.engine.log(limit=1)
    assert ("ada", written, f"wl update: {item_id}") == (
        commit.author,
        commit.at,
        commit.message.splitlines()[0],
    )
    assert receipt.commit == commit.hash == cast.host.pull(REPO, edited.pull).merged_as
    assert receipt.after is not None
    assert "Add three retries" == receipt.after["title"]


def test_merge_of_a_withdrawal_takes_the_item_off_the_board(cast: Cast) -> None:
    item_id = cast.posted()
    offered = cast.ada.withdraw(item_id)

    cast.max.merge(offered.pull)

    assert (Status.WITHDRAWN, None) == status_of(cast.ada, item_id)


def test_merge_of_an_ended_pull_request_is_refused(cast: Cast) -> None:
    item_id = cast.posted()
    offered = cast.ada.withdraw(item_id)
    cast.max.merge(offered.pull)
    before = cast.world()

    error = refusal(lambda: cast.max.merge(offered.pull))

    assert ("conflict", "merged") == (error.code, error.facts["state"])
    assert before == cast.world()


def test_a_pull_request_of_several_commits_lands_as_one_by_its_rig(cast: Cast) -> None:
    item_id = cast.posted()
    cast.ada.update(item_id, title="First")
    offered = cast.ada.update(item_id, description="Second")
    main = cast.engine.head()

    receipt = cast.max.merge(offered.pull)

    commits = cast.engine.log(after=main)
    assert ["ada"] == [commit.author for commit in commits]
    assert receipt.commit == commits[0].hash
    sheet = cast.ben.show(item_id)
    assert ("First", "Second") == (sheet.item.title, sheet.item.description)


def test_in_direct_mode_everything_goes_straight_to_main(cast: Cast) -> None:
    cast.max.set_rule("mode", "direct")
    item_id = cast.claimed()

    done = cast.ben.done(item_id, evidence=EVIDENCE)
    accepted = cast.max.accept(item_id, quality="good")

    assert [receipts.MERGED, receipts.MERGED] == [done.state, accepted.state]
    assert [] == cast.host.pulls(REPO, state=None)
    (work,) = queries.where(cast.max.main(), Completion, "completed_by", "ben")
    assert "max" == work.validated_by
    assert (Status.COMPLETED, "ben") == status_of(cast.ada, item_id)


def test_in_direct_mode_a_rejection_removes_the_completion(cast: Cast) -> None:
    cast.max.set_rule("mode", "direct")
    item_id = cast.submitted()

    receipt = cast.max.reject(item_id, reason="No")

    assert {"completions": 1, "wanted": 1, "wlx_leases": 1} == receipt.rows
    assert (Status.CLAIMED, "ben") == status_of(cast.ada, item_id)
    assert "merged" == cast.ben.done(item_id, evidence="again").state
