"""
Decisions on a commons that DoltHub keeps: offered there with the work that they are about.

The stand-in takes one statement a request, merges late, and deletes no branches.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commons.dolthub_town import ACCEPT, BOARD, ITEM, Town
from engines.dolthub.hubs import LiveHub
from engines.dolthub.stand_in import ROOT
from wasteland.commons.creation import create_commons
from wasteland.commons.receipts import DRY_RUN, MERGED, PENDING
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.hosts.base import PullState
from wasteland.hosts.dolthub.host import DoltHubHost
from wasteland.protocol.errors import (
    Conflict,
    Forbidden,
    OwnWork,
    Stale,
    Unavailable,
)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(tmp_path)
    yield made
    made.close()


# --- accept and close


def test_an_acceptance_is_offered_with_the_work_it_accepts(town: Town) -> None:
    town.submitted()

    receipt = town.accepted()

    assert (PENDING, "2") == (receipt.state, receipt.pull)
    assert {"completions": 1, "stamps": 1, "wanted": 1} == receipt.rows
    assert "bob/board:wl/bob/w-1" == receipt.branch
    assert "a maintainer of org/board merges it there" in receipt.note
    assert ROOT in receipt.note


def test_nothing_lands_before_the_host_has_merged_it(town: Town) -> None:
    town.submitted()
    town.accepted()

    assert (("claimed", 0, 0), ["Open", "Open"]) == (town.status(), town.pulls())


def test_what_lands_is_the_submission_with_its_stamp(town: Town) -> None:
    done = town.submitted()
    receipt = town.accepted()

    town.stand_in.land(str(BOARD), int(receipt.pull))

    assert ("completed", 1, 1) == town.status()
    (completion,) = town.stand_in.rows(str(BOARD), "main", "completions").values()
    (stamp,) = town.stand_in.rows(str(BOARD), "main", "stamps").values()
    assert [completion["id"]] == done.records["completions"]
    assert ("alice", "bob", stamp["id"]) == (
        completion["completed_by"],
        completion["validated_by"],
        completion["stamp_id"],
    )


def test_the_completion_is_written_first_and_the_status_last(town: Town) -> None:
    """Each statement is a commit there; a branch that ends early must not say it is done."""
    town.submitted()
    town.tap.writes.clear()

    town.accepted()

    sent = [text for text in town.tap.writes if "`bob" not in text and '"query"' in text]
    tables = [next(t for t in ("completions", "stamps", "wanted") if f"`{t}`" in s) for s in sent]
    assert ["completions", "stamps", "wanted"] == tables


@pytest.mark.parametrize("table", ["completions", "stamps", "wanted", "fromBranchName"])
def test_an_acceptance_that_died_on_the_way_is_carried_through(town: Town, table: str) -> None:
    town.submitted()
    verbs = {"completions": "INSERT INTO", "stamps": "INSERT INTO", "wanted": "UPDATE"}
    town.die_at(f"{verbs[table]} `{table}`" if table in verbs else table)
    with pytest.raises(Unavailable):
        town.accepted()
    town.revive()
    town.clock.sleep(60.0)

    receipt = town.seat("bob").accept(ITEM, quality="good", op_id=ACCEPT)

    assert (PENDING, ["Open", "Open"]) == (receipt.state, town.pulls())
    assert {"completions": 1, "stamps": 1, "wanted": 1} == receipt.rows
    town.stand_in.land(str(BOARD), int(receipt.pull))
    assert ("completed", 1, 1) == town.status()


def test_an_acceptance_whose_offer_got_no_answer_is_offered_once(town: Town) -> None:
    town.submitted()
    town.tap.lose = lambda text: "wl accept" in text

    assert ("2", ["Open", "Open"]) == (town.accepted().pull, town.pulls())


def test_a_second_acceptance_waits_for_the_first(town: Town) -> None:
    town.submitted()
    town.accepted()

    with pytest.raises(Conflict):
        town.bob.accept(ITEM, quality="poor")

    assert ["Open", "Open"] == town.pulls()


def test_another_reviewer_is_not_offered_the_acceptance_as_a_submission(town: Town) -> None:
    """A pull request that brings the completion along is a decision about it."""
    town.submitted()
    town.accepted()

    receipt = town.org.reject(ITEM, reason="Not yet.")

    assert ("1", ["Closed", "Open"]) == (receipt.pull, town.pulls())


def test_nobody_accepts_own_work_there_either(town: Town) -> None:
    town.submitted()
    town.arrange("UPDATE rigs SET trust_level = 3 WHERE handle = 'alice'")

    with pytest.raises(OwnWork):
        town.alice.accept(ITEM, quality="good")

    assert ["Open"] == town.pulls()


def test_a_reviewer_without_trust_offers_nothing(town: Town) -> None:
    town.submitted()
    town.distrust("bob")

    with pytest.raises(Forbidden):
        town.accepted()

    assert ["Open"] == town.pulls()


def test_an_item_that_main_has_changed_since_is_a_conflict(town: Town) -> None:
    town.submitted()
    town.arrange(f"UPDATE wanted SET status = 'open', claimed_by = NULL WHERE id = '{ITEM}'")

    with pytest.raises(Conflict):
        town.accepted()

    assert ["Open"] == town.pulls()


def test_another_head_than_the_one_reviewed_is_not_accepted(town: Town) -> None:
    town.submitted()

    with pytest.raises(Stale):
        town.accepted(head="0" * 32)


def test_a_rehearsal_shows_the_rows_and_offers_nothing(town: Town) -> None:
    town.submitted()

    receipt = town.accepted(dry_run=True)

    assert (DRY_RUN, {"completions": 1, "stamps": 1, "wanted": 1}) == (receipt.state, receipt.rows)
    assert ["Open"] == town.pulls()


def test_closing_is_offered_without_a_stamp(town: Town) -> None:
    town.submitted()

    receipt = town.org.close(ITEM)
    town.stand_in.land(str(BOARD), int(receipt.pull))

    assert PENDING == receipt.state
    assert ("completed", 1, 0) == town.status()


def test_work_on_main_is_accepted_by_an_offer_of_the_stamp(town: Town) -> None:
    done = town.submitted()
    town.stand_in.land(str(BOARD), int(done.pull))

    receipt = town.accepted()
    town.stand_in.land(str(BOARD), int(receipt.pull))

    assert ("completed", 1, 1) == town.status()


def test_the_submission_is_closed_when_its_acceptance_has_landed(town: Town) -> None:
    done, receipt = town.submitted(), town.accepted()
    assert 2 == len(town.bob.inbox())
    town.stand_in.land(str(BOARD), int(receipt.pull))

    waiting = town.bob.inbox()

    assert ([], ["Closed", "Merged"]) == (waiting, town.pulls())
    assert [f"accepted as {done.records['completions'][0]}"] == town.why(done.pull)


# --- reject


def test_a_rejection_closes_the_pull_request_and_says_why_once(town: Town) -> None:
    done = town.submitted()

    receipt = town.bob.reject(ITEM, reason="No tests.")

    assert (MERGED, done.pull) == (receipt.state, receipt.pull)
    assert (["Closed"], ["No tests."]) == (town.pulls(), town.why(done.pull))


def test_a_rejection_that_died_after_closing_is_not_made_twice(town: Town) -> None:
    done = town.submitted()
    town.tap.lose = lambda text: '"closed"' in text
    with pytest.raises(Unavailable):
        town.bob.reject(ITEM, reason="No tests.", op_id="op-reject")
    town.revive()

    receipt = town.seat("bob").reject(ITEM, reason="No tests.", op_id="op-reject")

    assert (MERGED, done.pull, ["Closed"]) == (receipt.state, receipt.pull, town.pulls())
    assert ["No tests."] == town.why(done.pull)


# --- merge


def test_a_merge_is_told_when_the_host_has_made_it(town: Town) -> None:
    done = town.submitted()
    town.stand_in.merge_s = 30.0

    receipt = town.org.merge(done.pull)

    assert (MERGED, ["Merged"]) == (receipt.state, town.pulls())
    assert town.stand_in.state.branches[str(BOARD)]["main"] == receipt.commit
    assert {"completions": 1, "wanted": 1} == receipt.rows
    assert ("in_review", 1, 0) == town.status()


def test_merging_an_acceptance_closes_the_submission(town: Town) -> None:
    town.submitted()
    receipt = town.accepted()

    town.org.merge(receipt.pull)

    assert (["Closed", "Merged"], ("completed", 1, 1)) == (town.pulls(), town.status())


def test_a_merge_that_takes_too_long_is_not_called_done(town: Town) -> None:
    done = town.submitted()
    town.stand_in.merge_s = 1000.0

    with pytest.raises(Unavailable) as caught:
        town.org.merge(done.pull, op_id="op-merge")

    assert caught.value.facts["unsure"] is True
    town.clock.sleep(1000.0)
    receipt = town.org.merge(done.pull, op_id="op-merge")
    assert (MERGED, done.pull, ["Merged"]) == (receipt.state, receipt.pull, town.pulls())


def test_what_somebody_else_merged_is_not_claimed_as_merged_here(town: Town) -> None:
    done = town.submitted()
    town.stand_in.land(str(BOARD), int(done.pull))

    with pytest.raises(Conflict):
        town.org.merge(done.pull)


def test_a_pull_request_that_the_gate_refuses_is_not_merged(town: Town) -> None:
    town.submitted()
    receipt = town.accepted()
    town.distrust("bob")

    with pytest.raises(Forbidden):
        town.org.merge(receipt.pull)

    assert ["Open", "Open"] == town.pulls()


def test_one_that_went_on_while_it_was_judged_is_not_merged(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = town.submitted()
    seen = town.org.host.pull(BOARD, done.pull)
    monkeypatch.setattr(town.org, "_pull", lambda _: seen)
    town.stand_in.state.branches["alice/board"][seen.branch] = town.stand_in.state.branches[
        str(BOARD)
    ]["main"]

    with pytest.raises(Stale):
        town.org.merge(done.pull)

    assert ["Open"] == town.pulls()


def test_a_merge_rehearsed_leaves_it_open(town: Town) -> None:
    done = town.submitted()

    assert DRY_RUN == town.org.merge(done.pull, dry_run=True).state
    assert ["Open"] == town.pulls()


# --- a hub of ours behind the same interface


@pytest.fixture(name="live")
def a_hub(tmp_path: Path) -> Iterator[LiveHub]:
    """A hub with org/board, whose policy takes claims at once."""
    made = LiveHub(tmp_path / "hub")
    create_commons(made.hub.host, BOARD, handle="mia")
    yield made
    made.close()


@pytest.fixture(name="ada")
def rig_ada(live: LiveHub, tmp_path: Path) -> Iterator[Commons]:
    """Ada, registered, as one who does not know that it is a hub of ours."""
    with DoltHubHost(live.client("ada"), tmp_path / "ada") as host:
        found = Commons(host, BOARD, Seat("ada", "ada"))
        found.register()
        yield found


def test_what_a_hub_takes_at_once_is_called_merged(live: LiveHub, ada: Commons) -> None:
    receipt = ada.post(title="Seen from afar")

    pull = live.hub.host.pull(BOARD, receipt.pull)
    assert (PullState.MERGED, MERGED) == (pull.state, receipt.state)
    assert (pull.merged_as, "", "") == (receipt.commit, receipt.branch, receipt.note)


def test_a_step_that_lands_with_what_waited_is_called_merged(live: LiveHub, ada: Commons) -> None:
    """The hub looks at a branch on offer when it changes, and drops it once it has landed."""
    mia = Commons(live.hub.host, BOARD, Seat("mia", "org"))
    mia.set_rule("merge_at_once", "none")
    posted = ada.post(title="Seen from afar")
    mia.set_rule("merge_at_once", "post,update,claim")

    receipt = ada.update(posted.id, title="Seen from near")

    assert (PENDING, MERGED, posted.pull) == (posted.state, receipt.state, receipt.pull)
    assert "Seen from near" == ada.show(posted.id).item.title
