"""
On DoltHub others act between one request and the next: who was first is told, and nothing lost.

Lists of pull requests lag, merges find conflicts, and an UPDATE that finds no row looks well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from commons.dolthub_town import BOARD, EVIDENCE, ITEM, Killed, Town
from wasteland.commons.receipts import PENDING
from wasteland.commons.sync import Sync
from wasteland.protocol import trailers
from wasteland.protocol.errors import (
    AlreadyClaimed,
    Conflict,
    EngineError,
    MergeConflict,
    NotFound,
    Unavailable,
)

OPEN = "w-open"
LAG_S = 30.0


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(tmp_path)
    made.arrange(f"INSERT INTO wanted (id, title, posted_by) VALUES ('{OPEN}', 'Paint', 'org')")
    yield made
    made.close()


def claimed_by(town: Town, rig: str) -> None:
    """Let main say that *rig* holds the open item."""
    town.arrange(f"UPDATE wanted SET status = 'claimed', claimed_by = '{rig}' WHERE id = '{OPEN}'")


def when_sent(town: Town, text: str, act: Callable[[], Any]) -> None:
    """Let somebody else act, once, just before the first request that holds *text* arrives."""
    done: list[str] = []

    def look(sent: str) -> bool:
        if text in sent and not done:
            done.append(sent)
            act()
        return False

    town.tap.refuse = look


# --- lists that are 30 seconds old


def test_the_next_step_joins_the_offer_that_no_list_shows_yet(town: Town) -> None:
    """Else its branch would be taken for one that was never offered, and emptied."""
    town.stand_in.list_lag_s = LAG_S
    claimed = town.alice.claim(OPEN)

    done = town.seat("alice").done(OPEN, evidence=EVIDENCE)

    assert (claimed.pull, ["Open"]) == (done.pull, town.pulls())
    town.stand_in.land(str(BOARD), int(done.pull))
    assert "alice" == town.stand_in.rows(str(BOARD), "main", "wanted")[OPEN]["claimed_by"]


def test_a_second_acceptance_is_none_although_no_list_shows_the_first(town: Town) -> None:
    town.stand_in.list_lag_s = LAG_S
    town.submitted()
    town.accepted()

    with pytest.raises(Conflict):
        town.seat("bob").accept(ITEM, quality="poor")

    assert ["Open", "Open"] == town.pulls()


def test_a_list_that_never_shows_an_offer_holds_nobody_up_for_ever(town: Town) -> None:
    town.stand_in.list_lag_s = 10_000.0

    receipt = town.alice.claim(OPEN)

    assert (PENDING, "1") == (receipt.state, receipt.pull)


def test_what_was_closed_is_not_waiting_although_a_list_says_so(town: Town) -> None:
    town.submitted()
    town.stand_in.list_lag_s = LAG_S
    town.bob.reject(ITEM, reason="No tests.")

    assert [] == town.seat("org").inbox()
    with pytest.raises(Conflict):
        town.seat("bob").accept(ITEM, quality="good")


# --- somebody else was first


def test_an_item_that_another_holds_is_not_offered(town: Town) -> None:
    claimed_by(town, "bob")

    with pytest.raises(AlreadyClaimed) as caught:
        town.alice.claim(OPEN)

    assert ("bob", []) == (caught.value.facts["holder"], town.pulls())


def test_work_for_an_item_that_another_took_meanwhile_names_the_holder(town: Town) -> None:
    """The rig's own branch still says that it has claimed it."""
    town.alice.claim(OPEN)
    claimed_by(town, "bob")

    with pytest.raises(AlreadyClaimed) as caught:
        town.alice.done(OPEN, evidence=EVIDENCE)

    assert ("bob", OPEN) == (caught.value.facts["holder"], caught.value.facts["item_id"])
    assert {} == town.stand_in.rows("alice/board", f"wl/alice/{OPEN}", "completions")


def test_a_claim_whose_update_found_no_row_names_the_holder(town: Town) -> None:
    """DoltHub says "success" all the same."""
    branch = f"wl/alice/{OPEN}"

    def steal() -> None:
        claimed_by(town, "bob")
        branches = town.stand_in.state.branches
        branches["alice/board"][branch] = branches[str(BOARD)]["main"]

    when_sent(town, "UPDATE", steal)

    with pytest.raises(AlreadyClaimed) as caught:
        town.alice.claim(OPEN, op_id="op-claim")

    assert ("bob", []) == (caught.value.facts["holder"], town.pulls())
    with pytest.raises(AlreadyClaimed):
        town.seat("alice").claim(OPEN, op_id="op-claim")
    assert [] == town.pulls()


def test_a_submission_whose_item_main_gave_to_another_is_not_accepted(town: Town) -> None:
    town.submitted()
    town.arrange(f"UPDATE wanted SET claimed_by = 'org' WHERE id = '{ITEM}'")

    with pytest.raises(Conflict):
        town.accepted()

    assert ["Open"] == town.pulls()


# --- merging


def test_a_conflict_with_main_is_told_before_the_host_is_asked(town: Town) -> None:
    done = town.submitted()
    town.arrange(f"UPDATE wanted SET status = 'withdrawn' WHERE id = '{ITEM}'")
    written = town.tap.written

    with pytest.raises(MergeConflict) as caught:
        town.org.merge(done.pull)

    assert (ITEM, ["status"]) == (caught.value.facts["key"], caught.value.facts["cells"])
    assert (written, ["Open"]) == (town.tap.written, town.pulls())


def test_a_conflict_that_arose_while_the_host_merged_is_told_as_one(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = town.submitted()
    begin = town.stand_in._merge

    def late(method: str, *rest: Any) -> dict[str, Any]:
        if method == "POST":
            town.arrange(f"UPDATE wanted SET status = 'withdrawn' WHERE id = '{ITEM}'")
        return begin(method, *rest)

    monkeypatch.setattr(town.stand_in, "_merge", late)

    with pytest.raises(MergeConflict):
        town.org.merge(done.pull)

    assert (["Open"], "withdrawn") == (town.pulls(), town.status()[0])


def test_a_merge_that_fails_for_no_reason_of_ours_is_the_hosts_error(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = town.submitted()
    monkeypatch.setattr(town.stand_in, "_conflicts", lambda *_: True)

    with pytest.raises(EngineError) as caught:
        town.org.merge(done.pull)

    assert "failed on the host" in caught.value.message


def test_a_pull_request_that_was_closed_while_it_was_judged_is_not_merged(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = town.submitted()
    merge = town.org.host.merge_pull

    def late(*where: Any) -> Any:
        town.bob.reject(ITEM, reason="No tests.")
        return merge(*where)

    monkeypatch.setattr(town.org.host, "merge_pull", late)

    with pytest.raises(Conflict):
        town.org.merge(done.pull)

    assert (["Closed"], "claimed") == (town.pulls(), town.status()[0])


def test_work_that_was_given_back_is_handed_in_again_by_a_new_offer(town: Town) -> None:
    town.submitted()
    town.bob.reject(ITEM, reason="No tests.")

    receipt = town.alice.done(ITEM, evidence="https://example.org/better")

    assert ((PENDING, "2"), ["Closed", "Open"]) == ((receipt.state, receipt.pull), town.pulls())
    town.stand_in.land(str(BOARD), 2)
    (completion,) = town.stand_in.rows(str(BOARD), "main", "completions").values()
    assert "https://example.org/better" == completion["evidence"]


# --- rejections and remarks, which DoltHub shows to no program


def test_a_reason_is_read_as_no_trailer(town: Town) -> None:
    done = town.submitted()

    town.bob.reject(ITEM, reason="No tests.\nWasteland-Op: op-forged")

    body = town.stand_in.state.pulls[str(BOARD)][int(done.pull) - 1].body
    assert ["No tests.", "Wasteland-Op: op-forged"] == town.why(done.pull)
    assert done.op_id == trailers.find(body)


def test_a_rejection_of_work_on_main_is_offered_with_its_whole_reason(town: Town) -> None:
    done = town.submitted()
    town.stand_in.land(str(BOARD), int(done.pull))
    reason = "No tests.\nWasteland-Op: op-forged\n" + "And no docs. " * 100

    receipt = town.bob.reject(ITEM, reason=reason)

    offered = town.stand_in.state.pulls[str(BOARD)][int(receipt.pull) - 1]
    assert (PENDING, 1) == (receipt.state, len(offered.title.splitlines()))
    assert len(offered.title) <= 256
    assert offered.body.startswith(reason.strip())


def test_a_remark_is_sent_once_and_a_lost_answer_is_not_called_kept(town: Town) -> None:
    done = town.submitted()
    town.kill_after(1)
    with pytest.raises(Killed):
        town.org.comment(done.pull, body="Why?", op_id="op-remark")
    town.revive()

    with pytest.raises(Unavailable) as caught:
        town.seat("org").comment(done.pull, body="Why?", op_id="op-remark")

    assert (True, ["Why?"]) == (caught.value.facts["unsure"], town.remarks(done.pull))


def test_a_remark_that_never_left_is_sent_when_it_is_repeated(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = town.submitted()

    def cut(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("no route", request=request)

    with monkeypatch.context() as broken:
        broken.setattr(town.tap, "handle_request", cut)
        with pytest.raises(Unavailable):
            town.org.host.comment(BOARD, done.pull, author="org", body="Why?")

    town.org.comment(done.pull, body="Why?", op_id="op-remark")

    assert ["Why?"] == town.remarks(done.pull)


def test_a_review_on_dolthub_goes_without_the_remarks(town: Town) -> None:
    done = town.submitted()
    town.org.comment(done.pull, body="Why?", op_id="op-remark")

    found = town.org.review(done.pull)

    assert (done.pull, ()) == (found.pull.id, found.comments)


# --- wl sync


def syncing(town: Town) -> Sync:
    """Return alice as ``wl sync`` opens her session."""
    return Sync(town.alice.host, BOARD, town.alice.seat)


def test_sync_finds_pending_work_that_the_host_can_merge(town: Town) -> None:
    town.submitted()
    town.arrange("INSERT INTO wanted (id, title) VALUES ('w-new', 'Later')")

    report = syncing(town).sync()

    assert [("main", "up to date"), ("wl/alice/w-1", "up to date")] == [
        (step.branch, step.action) for step in report.steps
    ]
    assert (True, 2) == (report.clean, report.counts["open"])


def test_sync_tells_of_a_conflict_and_changes_nothing(town: Town) -> None:
    town.submitted()
    town.arrange(f"UPDATE wanted SET status = 'withdrawn' WHERE id = '{ITEM}'")
    written = town.tap.written

    report = syncing(town).sync(dry_run=True)

    assert (False, written) == (report.clean, town.tap.written)
    assert "conflict" == report.steps[1].action


def test_sync_that_starts_again_closes_the_offer_and_keeps_a_copy(town: Town) -> None:
    town.submitted()

    report = syncing(town).sync(choice="reset")

    (step,) = report.steps[1:]
    assert (["Closed"], "drop") == (town.pulls(), step.action)
    copy = town.stand_in.rows("alice/board", step.backup, "wanted")
    assert "in_review" == copy[ITEM]["status"]


def test_a_post_that_nobody_merged_is_found_by_nobody_else(town: Town) -> None:
    posted = town.alice.post(title="Mend the roof")

    assert "Mend the roof" == town.alice.show(posted.id).item.title
    with pytest.raises(NotFound):
        town.bob.claim(posted.id)
