"""Work that waits is laid over main, and can be shown, changed and taken back."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from commons.casts import EVIDENCE, NOON, REPO, Cast, refusal
from hosts.boards import until
from wasteland.commons import pending
from wasteland.commons.receipts import Receipt
from wasteland.commons.sdk import Commons
from wasteland.commons.sheets import BoardRow
from wasteland.hosts.base import PullRequest, PullState
from wasteland.hosts.local import LocalHost
from wasteland.hosts.queue import Queue


@pytest.fixture
def slow(cast: Cast) -> Cast:
    """The same cast where nothing lands at once."""
    cast.max.set_rule("merge_at_once", "none")
    return cast


def shown(rows: list[BoardRow]) -> list[tuple[str, str | None, int, bool]]:
    """Return what a board tells of each row."""
    return [(row.item.id, row.item.status, row.pending, row.is_pending) for row in rows]


def test_each_view_lays_its_own_pending_work_over_main(cast: Cast) -> None:
    item_id = cast.submitted()

    views = {
        (rig, view): shown(getattr(cast, rig).browse(status="all", view=view))
        for rig in ("ben", "ada")
        for view in ("mine", "all", "upstream")
    }

    on_main = [(item_id, "claimed", 0, False)]
    assert {
        ("ben", "mine"): [(item_id, "in_review", 1, True)],
        ("ben", "all"): [(item_id, "claimed", 1, False)],
        ("ben", "upstream"): on_main,
        ("ada", "mine"): on_main,
        ("ada", "all"): [(item_id, "claimed", 1, False)],
        ("ada", "upstream"): on_main,
    } == views


def test_own_pending_work_leaves_the_list_that_it_no_longer_belongs_to(slow: Cast) -> None:
    offered = slow.ada.post(title="Waiting")
    slow.max.merge(offered.pull)
    slow.ben.claim(offered.id)

    boards = [shown(rig.browse()) for rig in (slow.ben, slow.ada)]

    assert [[], [(offered.id, "open", 0, False)]] == boards


def test_show_tells_main_from_pending_work(cast: Cast) -> None:
    item_id = cast.submitted()

    own, others = cast.ben.show(item_id), cast.ada.show(item_id)

    assert ("in_review", "claimed") == (own.item.status, own.main_status)
    assert ("claimed", "claimed") == (others.item.status, others.main_status)
    assert [("ben", "in_review", "1", EVIDENCE)] == [
        (o.rig, o.status, o.pull, o.evidence) for o in others.pending
    ]


def test_a_post_that_waits_is_shown_to_all_who_ask(slow: Cast) -> None:
    offered = slow.ada.post(title="Waiting")

    own, others = slow.ada.show(offered.id[:5]), slow.ben.show(offered.id)

    assert "pending" == offered.state
    assert [(None, "Waiting"), (None, "Waiting")] == [
        (sheet.main_status, sheet.item.title) for sheet in (own, others)
    ]
    assert [[(offered.id, "open", 1, True)], []] == [
        shown(slow.ada.browse()),
        shown(slow.ben.browse()),
    ]
    assert [(offered.id, "open", 1, True)] == shown(slow.ben.browse(view="all"))


def test_a_post_that_waits_can_be_changed(slow: Cast) -> None:
    offered = slow.ada.post(title="Waiting")

    updated = slow.ada.update(offered.id, title="Better")

    assert ("pending", offered.pull) == (updated.state, updated.pull)
    assert "Better" == slow.ada.show(offered.id).item.title
    slow.max.merge(offered.pull)
    assert ["Better"] == [row.item.title for row in slow.ben.browse()]


def test_a_post_that_waits_is_withdrawn_without_a_trace(slow: Cast) -> None:
    offered = slow.ada.post(title="Waiting")

    receipt = slow.ada.withdraw(offered.id)

    assert ("unchanged", "") == (receipt.state, receipt.pull)
    assert "gone" in receipt.note
    assert [PullState.CLOSED] == slow.states()
    assert [] == slow.host.engine(slow.host.forks(REPO)[0]).branches("wl/")
    assert "not_found" == refusal(lambda: slow.ada.show(offered.id)).code


def test_a_claim_and_its_work_may_wait_in_one_pull_request(slow: Cast) -> None:
    offered = slow.ada.post(title="Waiting")
    slow.max.merge(offered.pull)
    claimed = slow.ben.claim(offered.id)
    slow.ben.done(offered.id, evidence=EVIDENCE)

    receipt = slow.max.accept(offered.id, quality="good")

    assert ("merged", claimed.pull) == (receipt.state, receipt.pull)
    assert ("completed", "ben") == (
        slow.ada.show(offered.id).item.status,
        slow.ada.show(offered.id).item.claimed_by,
    )


def test_a_registration_that_waits_is_merged_by_a_maintainer(slow: Cast) -> None:
    zoe = slow.ada.__class__(slow.host, REPO, slow.ada.seat.__class__("zoe", "zoe"))

    offered = zoe.register()
    receipt = slow.max.merge(offered.pull)

    assert ("pending", "merged") == (offered.state, receipt.state)
    assert 1 == slow.max.rig("zoe").rig.trust_level


def test_an_earlier_board_is_read_by_date_and_by_commit(cast: Cast) -> None:
    first = cast.ada.post(title="First")
    cast.clock.move(days=2)
    cast.ada.post(title="Second")

    boards = [
        [row.item.title for row in cast.ben.browse(as_of=when)]
        for when in (first.commit, (NOON + timedelta(days=1)).isoformat(), "2026-03-02", None)
    ]

    assert [["First"], ["First"], ["First"], ["Second", "First"]] == boards
    assert "First" == cast.ben.show(first.id, as_of=first.commit).item.title


@pytest.mark.parametrize("when", ["2020-01-01", "no-such-branch", "0" * 40])
def test_a_state_that_never_was_is_not_found(cast: Cast, when: str) -> None:
    error = refusal(lambda: cast.ben.browse(as_of=when))

    assert "not_found" == error.code


def test_an_id_may_be_shortened_while_it_is_unique(cast: Cast) -> None:
    ids = sorted(cast.posted(f"Item {number}") for number in range(3))

    unique, several = cast.ben.show(ids[0][:6]), refusal(lambda: cast.ben.show("w-"))

    assert ids[0] == unique.item.id
    assert ("invalid", ids) == (several.code, several.facts["ids"])
    assert all(item_id in several.message for item_id in ids)


@pytest.mark.parametrize("text", ["", " ", "w 1", "x" * 65, "w-\x00", "w-\n"])
def test_what_cannot_be_an_id_is_invalid(cast: Cast, text: str) -> None:
    assert "invalid" == refusal(lambda: cast.ben.show(text)).code


def test_two_rigs_submit_to_an_open_bounty_and_one_is_accepted(cast: Cast) -> None:
    item_id = cast.ada.post(title="Find a name", bounty=True).id
    for rig in (cast.ben, cast.eve):
        rig.done(item_id, evidence=f"{rig.seat.rig} found one")

    offered = [(o.rig, o.evidence) for o in cast.ada.show(item_id).pending]
    unclear = refusal(lambda: cast.max.accept(item_id, quality="good"))
    receipt = cast.max.accept(item_id, quality="good", rig="eve")

    assert [("ben", "ben found one"), ("eve", "eve found one")] == offered
    assert ("invalid", f"wl accept {item_id} --rig RIG") == (unclear.code, unclear.hint)
    assert ("2", "eve") == (receipt.pull, cast.ada.show(item_id).item.claimed_by)
    assert [(PullState.CLOSED, "another submission was accepted"), (PullState.MERGED, "")] == [
        (pull.state, pull.reason) for pull in cast.host.pulls(REPO, state=None)
    ]
    assert [] == cast.max.inbox()


def test_an_open_bounty_takes_no_claim(cast: Cast) -> None:
    item_id = cast.ada.post(title="Find a name", bounty=True).id

    error = refusal(lambda: cast.ben.claim(item_id))

    assert ("conflict", f"wl done {item_id} --evidence URL") == (error.code, error.hint)


def test_a_bounty_in_direct_mode_holds_several_submissions(cast: Cast) -> None:
    cast.max.set_rule("mode", "direct")
    item_id = cast.ada.post(title="Find a name", bounty=True).id
    cast.ben.done(item_id, evidence="one")
    cast.eve.done(item_id, evidence="two")

    receipt = cast.max.accept(item_id, quality="good", rig="ben")

    assert ("merged", "ben") == (receipt.state, cast.ada.show(item_id).item.claimed_by)


def test_a_branch_under_anothers_name_is_nobodys_pending_work(cast: Cast) -> None:
    item_id = cast.claimed()
    forged(cast, item_id)

    assert "claimed" == cast.ben.show(item_id).item.status
    assert [] == cast.ben.inbox(mine=True)
    (look,) = cast.max.inbox()
    assert not look.allowed
    cast.ben.done(item_id, evidence=EVIDENCE)
    receipt = cast.max.accept(item_id, quality="good")
    assert "2" == receipt.pull
    assert [PullState.CLOSED, PullState.MERGED] == cast.states()


def forged(cast: Cast, item_id: str) -> None:
    """Let the account mallory offer a submission in ben's name."""
    fork = cast.host.fork(REPO, "mallory")
    branch = f"wl/ben/{item_id}"
    cast.host.engine(fork).create_branch(branch)
    with cast.host.engine(fork).change(branch) as change:
        values = {"w": item_id}
        change.execute("UPDATE wanted SET status = 'in_review' WHERE id = :w", values)
        change.execute(
            "INSERT INTO completions (id, wanted_id, completed_by, evidence) "
            "VALUES ('c-forged', :w, 'ben', 'forged')",
            values,
        )
        change.commit("forged", author="ben", at=cast.clock.at, tables=["wanted", "completions"])
    cast.host.open_pull(REPO, source=fork, branch=branch, title="forged", body="", author="mallory")


def test_two_commands_of_one_rig_at_once_lose_no_edit(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    item_id = cast.posted()
    real = pending._propose
    threads: list[threading.Thread] = []
    receipts: list[Receipt] = []

    def rival() -> None:
        with LocalHost(cast.host.root, clock=cast.clock) as host:
            receipts.append(Commons(host, REPO, cast.ada.seat).update(item_id, description="Why"))

    def propose(*args: Any) -> PullRequest | None:
        # Its work is written and not offered yet: now the other command comes.
        if not threads:
            threads.append(threading.Thread(target=rival))
            threads[0].start()
            until(lambda: waits_for_a_turn(cast.host.root) or bool(receipts))
        return real(*args)

    monkeypatch.setattr(pending, "_propose", propose)
    receipts.append(cast.ada.update(item_id, title="Better"))
    threads[0].join()

    assert ["pending", "pending"] == [receipt.state for receipt in receipts]
    item = cast.ada.show(item_id).item
    assert ("Better", "Why") == (item.title, item.description)


def waits_for_a_turn(root: Path) -> bool:
    """Return whether somebody waits behind the one who offers a branch."""
    queues = (root / ".queues").glob("*/*/branches/*")
    return any(len(Queue(queue, "").waiting()) > 1 for queue in queues)


def test_an_offer_stands_until_it_is_taken_back(cast: Cast) -> None:
    item_id = cast.claimed()
    receipt = cast.ben.done(item_id, evidence=EVIDENCE)

    offered = cast.ben.still_stands(receipt)
    cast.ben.undo()

    assert (True, False) == (offered, cast.ben.still_stands(receipt))


def test_an_offer_stands_once_it_is_merged(cast: Cast) -> None:
    receipt = cast.ben.done(cast.claimed(), evidence=EVIDENCE)

    cast.max.merge(receipt.pull)

    assert cast.ben.still_stands(receipt)
