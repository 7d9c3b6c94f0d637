"""A claim holds for the policy's time by the host's clock, and not for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commons.casts import NOON, REPO, Cast, refusal, status_of, suspend, write_rows
from wasteland.commons import leases, queries
from wasteland.commons.sdk import Commons
from wasteland.protocol.records import Lease, Status


def lease_of(session: Commons, item_id: str) -> Lease | None:
    """Return the lease as main has it."""
    return queries.one(session.main(), Lease, item_id)


def test_a_claim_writes_its_lease(cast: Cast) -> None:
    item_id = cast.claimed()

    lease = lease_of(cast.max, item_id)

    assert lease is not None
    assert ("ben", NOON + timedelta(hours=72)) == (lease.holder, lease.expires_at)
    assert 32 == len(lease.token)
    assert lease.expires_at == cast.ada.show(item_id).expires_at


def test_a_due_claim_is_back_on_the_board_before_it_is_read(cast: Cast) -> None:
    item_id = cast.claimed()
    main = cast.engine.head()
    cast.clock.move(hours=72, seconds=1)

    board = cast.ada.browse()

    assert [item_id] == [row.item.id for row in board]
    (commit,) = cast.engine.log(after=main)
    assert ("wasteland", f"wl release: {item_id}") == (commit.author, commit.message)
    assert lease_of(cast.max, item_id) is None


def test_a_due_claim_is_released_before_another_claim(cast: Cast) -> None:
    item_id = cast.claimed()
    cast.clock.move(hours=73)

    receipt = cast.eve.claim(item_id)

    assert "merged" == receipt.state
    assert (Status.CLAIMED, "eve") == status_of(cast.max, item_id)


def test_a_claim_is_kept_to_its_last_second(cast: Cast) -> None:
    item_id = cast.claimed()
    cast.clock.move(hours=72)

    released = leases.release_due(cast.ada)

    assert [] == released
    assert (Status.CLAIMED, "ben") == status_of(cast.max, item_id)


def test_extending_moves_the_end_without_a_commit(cast: Cast) -> None:
    item_id = cast.claimed()
    cast.clock.move(hours=70)
    main = cast.engine.head()

    receipt = cast.ben.extend(item_id)

    assert main == cast.engine.head()
    assert "2026-03-07 10:00 UTC" in receipt.note
    cast.clock.move(hours=71)
    assert [] == leases.release_due(cast.ada)
    cast.clock.move(hours=2)
    assert [item_id] == leases.release_due(cast.ada)


@pytest.mark.parametrize("hours", [0, -1, 73])
def test_extending_for_longer_than_the_policy_allows_is_invalid(cast: Cast, hours: int) -> None:
    item_id = cast.claimed()

    assert "invalid" == refusal(lambda: cast.ben.extend(item_id, hours=hours)).code


def test_extending_anothers_claim_is_refused(cast: Cast) -> None:
    item_id = cast.claimed()

    assert "conflict" == refusal(lambda: cast.eve.extend(item_id)).code


def test_a_shorter_extension_leaves_the_end_and_says_so(cast: Cast) -> None:
    item_id = cast.claimed()

    receipt = cast.ben.extend(item_id, hours=2)

    assert "unchanged" == receipt.state
    assert f"{NOON + timedelta(hours=72):%Y-%m-%d %H:%M} UTC" in receipt.note
    assert NOON + timedelta(hours=72) == cast.ben.show(item_id).expires_at


def test_a_shorter_extension_does_not_take_back_a_longer_one(cast: Cast) -> None:
    item_id = cast.claimed()
    cast.clock.move(hours=48)
    cast.ben.extend(item_id)

    receipt = cast.ben.extend(item_id, hours=30)

    assert "2026-03-06 12:00 UTC" in receipt.note
    assert NOON + timedelta(hours=120) == cast.ben.show(item_id).expires_at


def test_a_claim_that_is_due_goes_back_to_the_board_and_is_not_extended(cast: Cast) -> None:
    item_id = cast.claimed()
    cast.clock.move(hours=73)

    error = refusal(lambda: cast.ben.extend(item_id))

    assert "conflict" == error.code
    assert (Status.OPEN, None) == status_of(cast.max, item_id)


def test_a_lease_that_ends_meanwhile_is_not_revived(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    item_id = cast.claimed()
    cast.clock.move(hours=73)
    monkeypatch.setattr(leases, "release_due", lambda _: [])

    error = refusal(lambda: cast.ben.extend(item_id))

    assert ("conflict", f"wl claim {item_id}") == (error.code, error.hint)
    assert {} == cast.host.renewals(REPO)


def test_a_suspended_rig_may_not_extend_its_claim(cast: Cast) -> None:
    item_id = cast.claimed()
    suspend(cast, "ben")

    error = refusal(lambda: cast.ben.extend(item_id))

    assert "suspended" == error.code
    assert {} == cast.host.renewals(REPO)


def test_a_dry_run_of_an_extension_renews_nothing(cast: Cast) -> None:
    item_id = cast.claimed()
    cast.clock.move(hours=70)

    receipt = cast.ben.extend(item_id, dry_run=True)

    assert ("dry_run", {}) == (receipt.state, cast.host.renewals(REPO))
    assert "2026-03-07 10:00 UTC" in receipt.note


def test_many_renewed_leases_do_not_hide_a_due_one(cast: Cast) -> None:
    # These ids come before every other.
    renewed = [f"w-!{number:03}" for number in range(200)]
    due = cast.claimed()
    rows = [Lease(name, "eve", "token", NOON).to_row() for name in renewed]
    write_rows(cast.engine, "wlx_leases", rows)
    for name in renewed:
        cast.host.renew_lease(REPO, name, "token", NOON + timedelta(days=9))
    cast.clock.move(hours=73)

    assert [due] == leases.release_due(cast.ada)


def test_a_handover_gives_the_new_holder_a_lease_of_its_own(cast: Cast) -> None:
    item_id = cast.claimed()
    cast.clock.move(hours=48)
    cast.ben.extend(item_id)

    cast.ben.handover(item_id, to="eve")

    lease = lease_of(cast.max, item_id)
    assert lease is not None
    assert ("eve", cast.clock.at + timedelta(hours=72)) == (lease.holder, lease.expires_at)


def test_submitted_work_that_is_merged_ends_the_lease(cast: Cast) -> None:
    item_id = cast.submitted()

    cast.max.accept(item_id, quality="good")

    assert lease_of(cast.max, item_id) is None


def test_several_due_claims_are_released_in_one_commit(cast: Cast) -> None:
    ids = sorted(cast.claimed() for _ in range(3))
    main = cast.engine.head()
    cast.clock.move(hours=100)

    released = leases.release_due(cast.ada)

    assert ids == sorted(released)
    assert 1 == len(cast.engine.log(after=main))
    assert {} == cast.host.renewals(REPO)


def test_the_ends_of_several_leases_are_read_at_once_with_their_renewals(cast: Cast) -> None:
    first, second, free = cast.claimed(), cast.claimed(), cast.posted()
    cast.clock.move(hours=10)
    cast.ben.extend(first)

    found = leases.ends(cast.ada, cast.ada.main(), [first, second, free])

    shown = {item: cast.ada.show(item).expires_at for item in (first, second)}
    assert shown == found
    assert found[first] > found[second]
