"""Suspending rigs, and taking it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from commons.casts import NOON, Cast, Clone, refusal
from commons.foreign import Foreign
from wasteland.hosts.base import PullState
from wasteland.protocol.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Suspended,
    TrustTooLow,
    Unsupported,
)
from wasteland.protocol.records import Moderation


def records(cast: Cast) -> list[Moderation]:
    """Return the decisions that main holds, oldest first."""
    rows = cast.engine.read("SELECT * FROM wlx_moderation ORDER BY created_at, id")
    return [Moderation.from_row(row) for row in rows]


def unlinked(record: Moderation) -> Moderation:
    """Return *record* without its place in the chain."""
    return replace(record, seq=None, prev_hash=None, block_hash=None)


def test_a_suspended_rig_writes_nothing_but_what_gives_back(cast: Cast) -> None:
    item = cast.claimed()

    receipt = cast.max.suspend("ben", reason="Copied evidence")

    assert (receipt.state, receipt.operation, receipt.actor) == ("merged", "suspend", "max")
    error = refusal(lambda: cast.ben.done(item, evidence="x"))
    assert isinstance(error, Suspended)
    assert "Copied evidence" in error.message
    assert cast.ben.unclaim(item).state == "merged"


def test_a_suspension_is_a_record_with_who_why_and_until(cast: Cast) -> None:
    receipt = cast.max.suspend("ben", reason="spam", until="2026-03-08")

    end = NOON.replace(day=8, hour=0)
    expected = Moderation(receipt.id, "ben", "suspend", "spam", "max", NOON, end)
    assert [unlinked(record) for record in records(cast)] == [expected]
    assert (receipt.before, receipt.after and receipt.after["rig"]) == (None, "ben")


def test_a_suspension_with_an_end_ends(cast: Cast) -> None:
    cast.max.suspend("ben", reason="spam", until="2026-03-01T13:00:00Z")
    item = cast.posted()
    assert isinstance(refusal(lambda: cast.ben.claim(item)), Suspended)

    cast.clock.move(hours=2)

    assert cast.ben.claim(item).state == "merged"


def test_a_restored_rig_works_again_and_the_record_stays(cast: Cast) -> None:
    cast.max.suspend("ben", reason="spam")
    cast.clock.move(hours=1)

    receipt = cast.max.restore("ben")

    assert receipt.state == "merged"
    suspension, lift = records(cast)
    assert (lift.action, lift.about) == ("restore", suspension.id)
    assert lift.created_at == NOON + timedelta(hours=1)
    assert cast.ben.claim(cast.posted()).state == "merged"


def test_a_rig_is_suspended_once_and_restored_once(cast: Cast) -> None:
    assert isinstance(refusal(lambda: cast.max.restore("ben")), Conflict)
    cast.max.suspend("ben", reason="spam")

    assert isinstance(refusal(lambda: cast.max.suspend("ben", reason="more")), Conflict)
    cast.max.restore("ben")
    assert cast.max.suspend("ben", reason="again").state == "merged"


def test_a_repeated_command_suspends_once(cast: Cast) -> None:
    first = cast.max.suspend("ben", reason="spam", op_id="op-1")

    again = cast.max.suspend("ben", reason="spam", op_id="op-1")

    assert (again.commit, again.replayed) == (first.commit, True)
    assert len(records(cast)) == 1


def test_a_dry_run_suspends_nobody(cast: Cast) -> None:
    before = cast.world()

    receipt = cast.max.suspend("ben", reason="spam", dry_run=True)

    assert (receipt.state, cast.world()) == ("dry_run", before)


def test_moderation_is_for_maintainers_and_about_others(cast: Cast) -> None:
    cast.max.trust("ada", 3)

    assert isinstance(refusal(lambda: cast.ben.suspend("eve", reason="x")), TrustTooLow)
    assert isinstance(refusal(lambda: cast.max.suspend("max", reason="x")), Forbidden)
    assert isinstance(refusal(lambda: cast.max.suspend("ghost", reason="x")), NotFound)
    assert cast.max.suspend("ada", reason="x").state == "merged"
    assert isinstance(refusal(lambda: cast.ada.restore("ada")), Suspended)


def test_a_moderator_decides_about_nobody_with_more_trust(cast: Cast) -> None:
    cast.max.trust("ada", 2)
    cast.max.set_rule("moderate", "trust:2")

    assert isinstance(refusal(lambda: cast.ada.suspend("max", reason="coup")), Forbidden)
    assert cast.ada.suspend("ben", reason="spam").state == "merged"


@pytest.mark.parametrize("until", ["2026-02-28", "2026-03-01", "soon", "2026-13-01"])
def test_an_end_is_a_time_to_come(cast: Cast, until: str) -> None:
    assert isinstance(refusal(lambda: cast.max.suspend("ben", reason="x", until=until)), Invalid)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 5000, "bell\a"])
def test_a_suspension_says_why(cast: Cast, reason: str) -> None:
    assert isinstance(refusal(lambda: cast.max.suspend("ben", reason=reason)), Invalid)


def test_a_plain_remote_keeps_no_moderation(ada_clone: Clone) -> None:
    ada = ada_clone.seat("ada")

    assert isinstance(refusal(lambda: ada.suspend("ben", reason="x")), Unsupported)
    assert isinstance(refusal(lambda: ada.restore("ben")), Unsupported)


def test_a_suspension_by_another_client_lands_at_once(cast: Cast) -> None:
    sql = (
        "INSERT INTO wlx_moderation (id, rig, action, reason, decided_by, created_at) "
        "VALUES ('m-1', 'ben', 'suspend', 'spam', :rig, :now)"
    )

    decision = Foreign(cast, "max", "acme").offer("wl/max/ban", {sql: {}})

    assert decision.pull.state is PullState.MERGED
    assert [each.rig for each in records(cast)] == ["ben"]


def test_the_agents_of_a_suspended_rig_are_suspended_with_it(cast: Cast) -> None:
    register = "INSERT INTO rigs (handle, parent_rig, trust_level) VALUES (:rig, 'ben', 0)"
    bot = Foreign(cast, "bot", "ben")
    bot.offer("wl/register/bot", {register: {}})
    item = cast.posted()
    cast.max.suspend("ben", reason="spam")

    assert isinstance(bot.claim(item).verdict.reasons[0].error, Suspended)
    cast.max.restore("ben")
    assert bot.ask(f"wl/bot/{item}").pull.state is PullState.MERGED


def test_an_account_does_not_get_round_a_suspension_by_another_rig(cast: Cast) -> None:
    cast.max.suspend("ben", reason="spam")

    decision = Foreign(cast, "ben-again", "ben").register()

    assert isinstance(decision.verdict.reasons[0].error, Suspended)
    assert Foreign(cast, "finn").register().pull.state is PullState.MERGED
