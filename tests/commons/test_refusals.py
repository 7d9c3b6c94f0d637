"""What a rule refuses, with its class and code, leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from commons.casts import EVIDENCE, REPO, Cast, refusal, suspend
from wasteland.commons.merge import judged
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.protocol.diff import RowChange
from wasteland.protocol.errors import (
    AlreadyClaimed,
    Conflict,
    Forbidden,
    Invalid,
    LimitReached,
    NotFound,
    OwnWork,
    Suspended,
    TrustTooLow,
    WastelandError,
)

Case = Callable[[Cast], Callable[[], object]]


def second_claim(cast: Cast) -> Callable[[], object]:
    item_id = cast.claimed()
    return lambda: cast.eve.claim(item_id)


def foreign_unclaim(cast: Cast) -> Callable[[], object]:
    item_id = cast.claimed()
    return lambda: cast.eve.unclaim(item_id)


def own_stamp(cast: Cast) -> Callable[[], object]:
    cast.max.trust("ben", 2)
    item_id = cast.submitted()
    return lambda: cast.ben.accept(item_id, quality="good")


def same_account_stamp(cast: Cast) -> Callable[[], object]:
    twin = Commons(cast.host, REPO, Seat("ben-two", "ben"))
    twin.register()
    cast.max.trust("ben-two", 2)
    item_id = cast.submitted()
    return lambda: twin.accept(item_id, quality="good")


def stamp_of_little_trust(cast: Cast) -> Callable[[], object]:
    item_id = cast.submitted()
    return lambda: cast.ada.accept(item_id, quality="good")


def strangers_post(cast: Cast) -> Callable[[], object]:
    stranger = Commons(cast.host, REPO, Seat("zoe", "zoe"))
    return lambda: stranger.post(title="Hello")


def fourth_claim(cast: Cast) -> Callable[[], object]:
    for number in range(3):
        cast.ben.claim(cast.posted(f"Item {number}"))
    item_id = cast.posted()
    return lambda: cast.ben.claim(item_id)


def foreign_update(cast: Cast) -> Callable[[], object]:
    item_id = cast.posted()
    return lambda: cast.eve.update(item_id, title="Mine now")


def foreign_withdrawal(cast: Cast) -> Callable[[], object]:
    item_id = cast.posted()
    return lambda: cast.eve.withdraw(item_id)


def handover_to_a_stranger(cast: Cast) -> Callable[[], object]:
    item_id = cast.claimed()
    return lambda: cast.ben.handover(item_id, to="zoe")


def foreign_handover(cast: Cast) -> Callable[[], object]:
    item_id = cast.claimed()
    return lambda: cast.eve.handover(item_id, to="eve")


def own_trust(cast: Cast) -> Callable[[], object]:
    return lambda: cast.max.trust("max", 2)


def trust_by_a_trusted(cast: Cast) -> Callable[[], object]:
    cast.max.trust("ben", 2)
    return lambda: cast.ben.trust("eve", 2)


def policy_by_a_trusted(cast: Cast) -> Callable[[], object]:
    cast.max.trust("ben", 2)
    return lambda: cast.ben.set_rule("mode", "direct")


def anothers_submission(cast: Cast) -> Callable[[], object]:
    item_id = cast.claimed()
    return lambda: cast.eve.done(item_id, evidence=EVIDENCE)


def submission_of_an_open_item(cast: Cast) -> Callable[[], object]:
    item_id = cast.posted()
    return lambda: cast.ben.done(item_id, evidence=EVIDENCE)


def second_submission(cast: Cast) -> Callable[[], object]:
    item_id = cast.submitted()
    return lambda: cast.ben.done(item_id, evidence="again")


def acceptance_of_nothing(cast: Cast) -> Callable[[], object]:
    item_id = cast.claimed()
    return lambda: cast.max.accept(item_id, quality="good")


def rejection_of_nothing(cast: Cast) -> Callable[[], object]:
    item_id = cast.claimed()
    return lambda: cast.max.reject(item_id)


def update_of_a_claimed_item(cast: Cast) -> Callable[[], object]:
    item_id = cast.claimed()
    return lambda: cast.ada.update(item_id, title="Too late")


def second_registration(cast: Cast) -> Callable[[], object]:
    thief = Commons(cast.host, REPO, Seat("ada", "mallory"))
    return thief.register


def an_impostors_post(cast: Cast) -> Callable[[], object]:
    impostor = Commons(cast.host, REPO, Seat("ada", "mallory"))
    return lambda: impostor.post(title="As ada")


def an_impostors_submission(cast: Cast) -> Callable[[], object]:
    item_id = cast.claimed()
    impostor = Commons(cast.host, REPO, Seat("ben", "mallory"))
    return lambda: impostor.done(item_id, evidence=EVIDENCE)


def missing_item(cast: Cast) -> Callable[[], object]:
    return lambda: cast.ben.claim("w-none")


def unreadable_rating(cast: Cast) -> Callable[[], object]:
    item_id = cast.submitted()
    return lambda: cast.max.accept(item_id, quality="splendid")


CASES: list[tuple[Case, type[WastelandError], str]] = [
    (second_claim, AlreadyClaimed, "already_claimed"),
    (foreign_unclaim, Forbidden, "trust_too_low"),
    (own_stamp, OwnWork, "own_work"),
    (same_account_stamp, OwnWork, "own_work"),
    (stamp_of_little_trust, TrustTooLow, "trust_too_low"),
    (strangers_post, Forbidden, "forbidden"),
    (fourth_claim, LimitReached, "limit_reached"),
    (foreign_update, Forbidden, "trust_too_low"),
    (foreign_withdrawal, Forbidden, "trust_too_low"),
    (handover_to_a_stranger, NotFound, "not_found"),
    (foreign_handover, Forbidden, "trust_too_low"),
    (own_trust, Forbidden, "forbidden"),
    (trust_by_a_trusted, TrustTooLow, "trust_too_low"),
    (policy_by_a_trusted, TrustTooLow, "trust_too_low"),
    (anothers_submission, AlreadyClaimed, "already_claimed"),
    (submission_of_an_open_item, Conflict, "conflict"),
    (second_submission, Conflict, "conflict"),
    (acceptance_of_nothing, Conflict, "conflict"),
    (rejection_of_nothing, Conflict, "conflict"),
    (update_of_a_claimed_item, Conflict, "conflict"),
    (second_registration, Conflict, "conflict"),
    (an_impostors_post, Forbidden, "forbidden"),
    (an_impostors_submission, Forbidden, "forbidden"),
    (missing_item, NotFound, "not_found"),
    (unreadable_rating, Invalid, "invalid"),
]


@pytest.mark.parametrize(("case", "kind", "code"), CASES, ids=[c[0].__name__ for c in CASES])
def test_a_refusal_has_its_class_and_code_and_writes_nothing(
    cast: Cast, case: Case, kind: type[WastelandError], code: str
) -> None:
    act = case(cast)
    before = cast.world()

    error = refusal(act)

    assert (True, code) == (isinstance(error, kind), error.code)
    assert before == cast.world()
    assert error.message.endswith(".")
    assert error.hint


def test_a_lost_claim_names_the_holder(cast: Cast) -> None:
    error = refusal(second_claim(cast))

    assert "ben" == error.facts["holder"]


def test_a_session_that_only_reads_is_told_to_join(cast: Cast) -> None:
    item_id = cast.posted()
    visitor = Commons(cast.host, REPO, Seat())

    error = refusal(lambda: visitor.claim(item_id))

    assert ("invalid", "wl join acme/board") == (error.code, error.hint)


def test_a_suspended_rig_may_still_let_go(cast: Cast) -> None:
    item_id, other = cast.claimed(), cast.posted("Other")
    suspend(cast, "ben")

    error = refusal(lambda: cast.ben.claim(other))
    receipt = cast.ben.unclaim(item_id)

    assert isinstance(error, Suspended)
    assert "merged" == receipt.state


def test_an_account_acts_for_the_rig_that_its_own_rig_answers_for(cast: Cast) -> None:
    with cast.engine.change() as change:
        change.execute(
            "INSERT INTO rigs (handle, dolthub_org, parent_rig, trust_level) "
            "VALUES ('bot', 'bots', 'ada', 1)"
        )
        change.commit("bot", author="max", at=cast.clock.at, tables=["rigs"])

    receipt = Commons(cast.host, REPO, Seat("bot", "ada")).post(title="By ada's bot")
    error = refusal(lambda: Commons(cast.host, REPO, Seat("bot", "eve")).post(title="By eve"))

    assert ("merged", "forbidden") == (receipt.state, error.code)


def test_a_second_stamp_by_one_author_on_one_completion_is_refused(cast: Cast) -> None:
    item_id = cast.submitted()
    stamp_id = cast.max.accept(item_id, quality="good").records["stamps"][0]
    (first,) = cast.max.show(item_id).stamps
    again = RowChange("stamps", None, replace(first, id="s-again").to_row())

    verdict = judged(cast.max, cast.max.main(), [again], cast.max.seat)

    error = refusal(verdict.require)
    assert ("conflict", [stamp_id]) == (error.code, error.facts["stamps"])
    assert "answer with a stamp by another rig" == error.hint


def test_work_that_waits_on_main_is_capped_until_it_is_decided(cast: Cast) -> None:
    cast.max.set_rule("submissions_cap", "1")
    first, second = cast.submitted(), cast.submitted()
    cast.max.merge(first)

    (refused,) = cast.max.review(second).reasons
    assert "The policy allows 1 submissions that wait for a decision" in refused
    assert isinstance(refusal(lambda: cast.max.accept(second, quality="good")), LimitReached)
    cast.max.accept(first, quality="good")
    assert cast.max.review(second).allowed
