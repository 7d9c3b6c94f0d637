"""What the gate lets a change do to wanted items and completions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

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
from wasteland.protocol.gate import Usage
from wasteland.protocol.policy import Action, Policy
from wasteland.protocol.records import Completion, Lease, Rig, WantedItem
from wasteland.protocol.schema import Value

from .town import (
    AT,
    BOUNTY,
    CLAIMED,
    COMPLETED,
    EARLIER,
    IN_REVIEW,
    ITEM,
    LEASE,
    NOW,
    OPEN,
    SUSPENSION,
    TEAM,
    UNSTATED,
    WORK,
    Town,
    accept,
    add,
    applied,
    edit,
    leases,
    raw,
    refusal,
    remove,
    submit,
)

TOWN = Town()
REVIEW_TOWN = Town([WORK])
FREE = Town(policy=UNSTATED, owned=False)
CLAIM = edit(ITEM, status="claimed", claimed_by="carl", updated_at=AT)
BOUNTY_IN_REVIEW = replace(BOUNTY, status="in_review", evidence_url="https://x.test/1")
MINE = replace(WORK, id="c-2", completed_by="dora", evidence="https://x.test/2")


def post(**cells: Any) -> RowChange:
    return add(replace(ITEM, **{"id": "w-9", "posted_by": "carl"} | cells))


# --- legal paths


@pytest.mark.requirement("S0-77", "S0-109")
@pytest.mark.parametrize(
    ("actor", "rows", "actions"),
    [
        ("carl", [post()], {Action.POST}),
        ("carl", [CLAIM], {Action.CLAIM}),
        ("carl", [edit(CLAIMED, status="open", claimed_by=None)], {Action.UNCLAIM}),
        ("carl", [edit(CLAIMED, claimed_by="dora")], {Action.HANDOVER}),
        ("carl", submit(CLAIMED, WORK, evidence_url="https://x.test/1"), {Action.SUBMIT}),
        (
            "carl",
            submit(ITEM, WORK, claimed_by="carl", evidence_url="https://x.test/1"),
            {Action.CLAIM, Action.SUBMIT},
        ),
        (
            "carl",
            [
                post(status="in_review", claimed_by="carl", evidence_url="https://y"),
                add(replace(WORK, wanted_id="w-9")),
            ],
            {Action.POST, Action.CLAIM, Action.SUBMIT},
        ),
        ("pete", [edit(ITEM, status="withdrawn")], {Action.WITHDRAW}),
        ("pete", [edit(ITEM, title="Other", sandbox_required=1)], {Action.EDIT}),
        (
            "pete",
            [edit(ITEM, title="Other", status="claimed", claimed_by="pete")],
            {Action.EDIT, Action.CLAIM},
        ),
        (
            "pete",
            [edit(CLAIMED, status="claimed", claimed_by="pete")],
            {Action.UNCLAIM, Action.CLAIM},
        ),
        ("tara", [edit(CLAIMED, status="open", claimed_by=None)], {Action.UNCLAIM}),
    ],
)
def test_a_path_of_legal_steps_is_allowed(
    actor: str, rows: list[RowChange], actions: set[Action]
) -> None:
    verdict = TOWN.judge(actor, *rows)

    assert refusal(verdict) is None
    assert verdict.actions == actions


@pytest.mark.requirement("S1-30", "S1-31")
@pytest.mark.parametrize("actor", ["pete", "tara", "mona"])
def test_a_reviewer_gives_work_back_or_closes_the_item(actor: str) -> None:
    back = edit(IN_REVIEW, status="claimed", evidence_url=None)
    closed = edit(IN_REVIEW, status="completed")

    assert REVIEW_TOWN.judge(actor, back, remove(WORK)).actions == {Action.REJECT}
    assert REVIEW_TOWN.judge(actor, closed).actions == {Action.CLOSE}
    assert REVIEW_TOWN.judge(actor, back, remove(WORK)).allowed
    assert REVIEW_TOWN.judge(actor, closed).allowed


def test_another_client_may_leave_the_address_of_rejected_work() -> None:
    assert REVIEW_TOWN.judge("pete", edit(IN_REVIEW, status="claimed"), remove(WORK)).allowed


def test_a_new_rig_registers_claims_and_submits_in_one_change() -> None:
    rig = Rig("nora", dolthub_org="nora-org")
    work = replace(WORK, completed_by="nora")
    rows = [*submit(ITEM, work, claimed_by="nora", evidence_url="https://x"), add(rig)]

    assert TOWN.judge("nora", *rows).allowed
    assert refusal(TOWN.judge("nora", *rows[:2])) is Forbidden
    # A policy that gives new rigs nothing lets them register and no more.
    strict = Town(policy=Policy({"new_rig_trust": "0"}, "open"))
    assert refusal(strict.judge("nora", *rows)) is TrustTooLow
    assert strict.judge("nora", add(rig)).allowed


def test_a_maintainer_takes_an_item_over_from_review_to_its_end() -> None:
    """Reject, unclaim, edit, claim, submit and close: six steps, one change."""
    work = replace(WORK, id="c-2", completed_by="mona")
    row = edit(
        IN_REVIEW, title="New", status="completed", claimed_by="mona", evidence_url="https://n"
    )

    assert REVIEW_TOWN.judge("mona", row, remove(WORK), add(work)).allowed
    assert not REVIEW_TOWN.judge("pete", row, remove(WORK), add(work)).allowed


# --- only one's own


@pytest.mark.requirement("X-12")
@pytest.mark.parametrize("town", [TOWN, FREE])
@pytest.mark.parametrize(
    ("actor", "rows", "error"),
    [
        ("carl", [add(replace(ITEM, id="w-9", posted_by="pete"))], Forbidden),
        ("carl", [add(replace(ITEM, id="w-9", posted_by=None))], Forbidden),
        ("dora", [CLAIM], Forbidden),
        ("mona", [CLAIM], Forbidden),
        ("dora", [post(posted_by="dora", status="claimed", claimed_by="carl")], Forbidden),
        ("dora", [edit(CLAIMED, claimed_by="dora")], Forbidden),
        ("dora", [edit(CLAIMED, status="open", claimed_by=None)], Forbidden),
        ("dora", submit(CLAIMED, WORK), WastelandError),
        ("dora", submit(CLAIMED, replace(WORK, completed_by="dora")), AlreadyClaimed),
        ("mona", submit(CLAIMED, WORK), WastelandError),
        ("carl", submit(CLAIMED, replace(WORK, completed_by="dora")), WastelandError),
        ("dora", [edit(ITEM, title="Mine")], Forbidden),
        ("dora", [edit(ITEM, status="withdrawn")], Forbidden),
        ("dora", [edit(ITEM, title="Mine", status="claimed", claimed_by="dora")], Forbidden),
        ("pete", [edit(CLAIMED, title="Other")], Conflict),
        ("mona", [edit(CLAIMED, title="Other")], Conflict),
        ("pete", [remove(ITEM)], Forbidden),
        ("mona", [remove(ITEM)], Forbidden),
    ],
)
def test_rows_of_others_stay_as_they_are(
    town: Town, actor: str, rows: list[RowChange], error: type[WastelandError]
) -> None:
    found = refusal(town.judge(actor, *rows))

    assert found is not None
    assert issubclass(found, error)


@pytest.mark.requirement("X-12")
@pytest.mark.parametrize(
    "cells",
    [
        {"created_at": "2020-01-01 00:00:00"},
        {"posted_by": "carl"},
        {"evidence_url": "https://evil.test"},
        {"sandbox_required": 1},
        {"sandbox_scope": '{"net":true}'},
        {"sandbox_min_tier": "none"},
        {"title": "Other"},
        {"tags": '["open-bounty"]'},
        {"priority": 0},
        {"invented_column": "x"},
    ],
)
@pytest.mark.parametrize(
    ("actor", "item", "step"),
    [
        ("carl", ITEM, {"status": "claimed", "claimed_by": "carl"}),
        ("carl", CLAIMED, {"status": "open", "claimed_by": None}),
        ("mona", IN_REVIEW, {"status": "completed"}),
    ],
)
def test_no_other_cell_travels_with_a_legal_step(
    actor: str, item: WantedItem, step: dict[str, Value], cells: dict[str, Value]
) -> None:
    assert REVIEW_TOWN.judge(actor, raw(item, **step)).allowed
    assert not REVIEW_TOWN.judge(actor, raw(item, **step, **cells)).allowed


@pytest.mark.requirement("X-12")
@pytest.mark.parametrize("actor", ["carl", "pete", "mona"])
@pytest.mark.parametrize("item", [ITEM, CLAIMED, IN_REVIEW, COMPLETED])
def test_the_time_of_an_item_does_not_move_alone(actor: str, item: WantedItem) -> None:
    assert refusal(REVIEW_TOWN.judge(actor, edit(item, updated_at=AT))) is Forbidden


@pytest.mark.parametrize(
    ("item", "cells"),
    [
        (ITEM, {"status": "claimed"}),
        (ITEM, {"claimed_by": "carl"}),
        (ITEM, {"status": "in_review", "claimed_by": "carl"}),
        (ITEM, {"status": "completed"}),
        (CLAIMED, {"status": "open"}),
        (CLAIMED, {"status": "completed"}),
        (CLAIMED, {"status": "", "claimed_by": None}),
        (CLAIMED, {"status": None, "claimed_by": None}),
        (CLAIMED, {"status": "open", "claimed_by": ""}),
        (COMPLETED, {"status": "in_review"}),
        (COMPLETED, {"status": "open", "claimed_by": None}),
        (COMPLETED, {"status": "validated"}),
        (replace(ITEM, status="withdrawn"), {"status": "open"}),
        (ITEM, {"status": "paused"}),
    ],
)
def test_no_step_leads_there(item: WantedItem, cells: dict[str, Value]) -> None:
    assert not REVIEW_TOWN.judge("carl", raw(item, **cells)).allowed
    assert not REVIEW_TOWN.judge("mona", raw(item, **cells)).allowed


@pytest.mark.parametrize(
    "cells",
    [
        {"status": "completed"},
        {"status": None},
        {"status": "claimed", "claimed_by": "dora"},
        {"evidence_url": "https://x"},
        {"title": " "},
    ],
)
def test_a_new_item_is_open_and_has_a_title(cells: dict[str, Value]) -> None:
    row = add(replace(ITEM, id="w-9", posted_by="carl"), **cells)

    assert not TOWN.judge("carl", row).allowed


@pytest.mark.parametrize("cells", [{"status": "open"}, {"claimed_by": "carl"}, {"title": "x"}])
def test_an_item_of_unknown_status_cannot_be_moved(cells: dict[str, Value]) -> None:
    paused = replace(ITEM, status="paused")

    assert refusal(TOWN.judge("mona", raw(paused, **cells))) is not None


def test_validated_is_completed() -> None:
    closed = raw(IN_REVIEW, status="validated")

    assert REVIEW_TOWN.judge("mona", closed).allowed
    assert not TOWN.judge(
        "mona", raw(replace(COMPLETED, status="validated"), status="open")
    ).allowed


@pytest.mark.parametrize("tags", ['"open-bounty"', "5", "{}", "null", '{"open-bounty":1}', "[[1]]"])
def test_tags_that_are_no_list_of_words_make_no_bounty(tags: str) -> None:
    row = RowChange(
        "wanted",
        {**ITEM.to_row(), "tags": tags},
        {**ITEM.to_row(), "tags": tags, "status": "in_review"},
    )

    assert not TOWN.judge("carl", row, add(WORK)).allowed


# --- completions


@pytest.mark.requirement("S0-109")
@pytest.mark.parametrize(
    "cells",
    [
        {"evidence": "https://better.test"},
        {"completed_by": "dora"},
        {"wanted_id": "w-2"},
        {"completed_at": "2020-01-01 00:00:00"},
        {"hop_uri": "hop://x"},
        {"validated_by": "mona"},
        {"stamp_id": "s-0"},
    ],
)
@pytest.mark.parametrize("actor", ["carl", "mona"])
def test_evidence_stays_as_it_was_handed_in(actor: str, cells: dict[str, Value]) -> None:
    for item in (IN_REVIEW, BOUNTY_IN_REVIEW, COMPLETED):
        town = Town([item, WORK])
        assert refusal(town.judge(actor, raw(WORK, **cells))) is Forbidden


@pytest.mark.parametrize("actor", ["carl", "pete", "mona"])
@pytest.mark.parametrize("item", [IN_REVIEW, COMPLETED])
def test_a_completion_goes_only_with_a_rejection(actor: str, item: WantedItem) -> None:
    town = Town([item, WORK])

    assert refusal(town.judge(actor, remove(WORK))) is Forbidden


def test_an_accepted_completion_is_never_removed() -> None:
    stamped = replace(WORK, stamp_id="s-0", validated_by="mona")
    back = edit(IN_REVIEW, status="claimed")

    assert not Town([stamped]).judge("mona", back, remove(stamped)).allowed


def test_rejected_work_does_not_stay_behind() -> None:
    assert not REVIEW_TOWN.judge("pete", edit(IN_REVIEW, status="claimed")).allowed
    assert Town().judge("pete", edit(IN_REVIEW, status="claimed")).allowed


@pytest.mark.parametrize("item", [ITEM, CLAIMED, IN_REVIEW, COMPLETED, BOUNTY])
def test_a_completion_does_not_come_without_its_step(item: WantedItem) -> None:
    assert not Town([item]).judge("carl", add(WORK)).allowed
    assert not Town().judge("carl", add(WORK)).allowed


def test_a_submission_is_one_completion_with_evidence() -> None:
    twice = [*submit(CLAIMED, WORK), add(replace(WORK, id="c-2"))]

    assert not TOWN.judge("carl", *twice).allowed
    assert not TOWN.judge("carl", *submit(CLAIMED, replace(WORK, wanted_id="w-2"))).allowed
    assert refusal(TOWN.judge("carl", *submit(CLAIMED, replace(WORK, evidence=" ")))) is Invalid


@pytest.mark.requirement("S0-134")
@pytest.mark.parametrize(
    "cells", [{"validated_by": "mona"}, {"stamp_id": "s-0"}, {"validated_at": NOW}]
)
def test_a_submission_does_not_validate_itself(cells: dict[str, Value]) -> None:
    item, _ = submit(CLAIMED, WORK)

    assert refusal(TOWN.judge("carl", item, add(WORK, **cells))) is OwnWork


# --- open bounties


@pytest.mark.requirement("S2-14")
def test_a_bounty_takes_submissions_of_several_rigs_and_no_claim() -> None:
    first = submit(BOUNTY, WORK, evidence_url="https://x.test/1")
    second = submit(BOUNTY_IN_REVIEW, MINE, evidence_url="https://x.test/2")

    assert TOWN.judge("carl", *first).allowed
    assert Town([WORK]).judge("dora", *second).allowed
    assert Town([BOUNTY_IN_REVIEW, WORK]).judge("dora", add(MINE)).allowed
    assert not TOWN.judge("carl", edit(BOUNTY, status="claimed", claimed_by="carl")).allowed


def test_a_bounty_takes_one_submission_of_a_rig_at_a_time() -> None:
    town = Town([BOUNTY_IN_REVIEW, WORK])

    assert refusal(town.judge("carl", add(replace(WORK, id="c-2")))) is Conflict
    assert not town.judge("dora", add(MINE), add(replace(MINE, id="c-3"))).allowed


def test_a_submission_to_a_bounty_counts_as_one_for_the_policy() -> None:
    town = Town([BOUNTY_IN_REVIEW, WORK])

    assert town.judge("dora", add(MINE)).actions == {Action.SUBMIT}
    assert refusal(town.judge("zero", add(replace(MINE, completed_by="zero")))) is TrustTooLow


@pytest.mark.requirement("S2-14")
def test_an_accepted_bounty_goes_to_the_rig_that_did_the_work() -> None:
    town = Town([WORK, MINE])
    rows = accept(BOUNTY_IN_REVIEW)

    assert town.judge("tara", *rows).allowed
    for holder in (None, "dora"):
        row = edit(BOUNTY_IN_REVIEW, status="completed", claimed_by=holder)
        assert not town.judge("tara", row, *rows[1:]).allowed


def test_a_rejected_submission_leaves_the_others_of_a_bounty() -> None:
    two = Town([BOUNTY_IN_REVIEW, WORK, MINE])
    one = Town([BOUNTY_IN_REVIEW, WORK])
    reopened = edit(BOUNTY_IN_REVIEW, status="open", evidence_url=None)

    assert two.judge("pete", remove(WORK)).actions == {Action.REJECT}
    assert two.judge("pete", remove(WORK)).allowed
    assert not two.judge("carl", remove(MINE)).allowed
    assert not two.judge("pete", reopened, remove(WORK)).allowed
    assert one.judge("pete", reopened, remove(WORK)).allowed
    assert two.judge("pete", reopened, remove(WORK), remove(MINE)).allowed


@pytest.mark.parametrize("item", [CLAIMED, IN_REVIEW])
@pytest.mark.parametrize("actor", ["carl", "pete", "dora", "mona"])
def test_a_held_item_is_not_made_a_bounty(item: WantedItem, actor: str) -> None:
    tagged = edit(item, tags=("open-bounty",))
    grab = edit(item, tags=("open-bounty",), status="in_review")

    assert not REVIEW_TOWN.judge(actor, tagged).allowed
    assert not Town([item]).judge(actor, grab, add(replace(MINE, completed_by=actor))).allowed


def test_an_open_item_is_made_a_bounty_and_submitted_to_by_its_poster() -> None:
    work = replace(WORK, completed_by="pete")
    row = edit(ITEM, tags=("open-bounty",), status="in_review")

    assert TOWN.judge("pete", row, add(work)).allowed
    assert not TOWN.judge("carl", row, add(WORK)).allowed


def test_the_holder_of_an_item_that_became_a_bounty_may_still_submit() -> None:
    item = replace(CLAIMED, tags=("open-bounty",))

    assert TOWN.judge("carl", *submit(item, WORK)).allowed
    assert not TOWN.judge("dora", *submit(item, MINE)).allowed


# --- caps, suspension, policy


def claims(count: int, actor: str) -> list[RowChange]:
    return [
        edit(replace(ITEM, id=f"w-{n}"), status="claimed", claimed_by=actor) for n in range(count)
    ]


@pytest.mark.requirement("X-16")
@pytest.mark.parametrize(
    ("actor", "held", "more", "allowed"),
    [
        ("carl", 2, 1, True),
        ("carl", 3, 1, False),
        ("carl", 0, 3, True),
        ("carl", 0, 4, False),
        ("tara", 9, 1, True),
        ("tara", 9, 2, False),
        ("mona", 500, 9, True),
    ],
)
def test_claims_are_capped_by_trust_with_those_of_the_change(
    actor: str, held: int, more: int, allowed: bool
) -> None:
    town = Town(usage=Usage(open_claims=held))

    assert (refusal(town.judge(actor, *claims(more, actor))) is None) == allowed


def test_a_claim_over_the_cap_says_the_cap() -> None:
    verdict = Town(usage=Usage(open_claims=3)).judge("carl", CLAIM)

    with pytest.raises(LimitReached, match="allows 3 open claims at once at trust 1") as caught:
        verdict.require()
    assert caught.value.facts == {"limit": 3, "count": 4}


def test_only_what_is_held_in_the_end_counts() -> None:
    town = Town(usage=Usage(open_claims=3))
    other = replace(CLAIMED, id="w-0")
    swap = [CLAIM, edit(other, status="open", claimed_by=None)]

    assert town.judge("carl", *swap).allowed
    assert town.judge("carl", *submit(ITEM, WORK, claimed_by="carl")).allowed


def test_a_claim_taken_over_counts() -> None:
    town = Town(usage=Usage(open_claims=10))

    assert refusal(town.judge("tara", edit(CLAIMED, claimed_by="tara"))) is LimitReached


def test_posts_a_day_are_capped_with_those_of_the_change() -> None:
    rows = [add(replace(ITEM, id=f"w-{n}", posted_by="carl")) for n in range(3)]

    assert Town(usage=Usage(posts_today=17)).judge("carl", *rows).allowed
    assert refusal(Town(usage=Usage(posts_today=18)).judge("carl", *rows)) is LimitReached


def test_submissions_that_wait_are_capped_but_for_maintainers() -> None:
    rows = submit(CLAIMED, WORK)

    assert Town(usage=Usage(open_submissions=19)).judge("carl", *rows).allowed
    full = Town(usage=Usage(open_submissions=20))
    assert refusal(full.judge("carl", *rows)) is LimitReached
    of_mona = submit(replace(CLAIMED, claimed_by="mona"), replace(WORK, completed_by="mona"))
    assert full.judge("mona", *of_mona).allowed


def test_without_stated_policy_trust_and_caps_do_not_block() -> None:
    town = Town(policy=UNSTATED, usage=Usage(99, 99, 99, 99))

    assert town.judge("zero", edit(ITEM, status="claimed", claimed_by="zero")).allowed
    assert town.judge("zero", add(replace(ITEM, id="w-9", posted_by="zero"))).allowed
    assert Town([WORK], UNSTATED).judge("mona", edit(IN_REVIEW, status="completed")).allowed
    assert not Town([WORK], UNSTATED).judge("dora", edit(IN_REVIEW, status="completed")).allowed


@pytest.mark.requirement("S1-45")
def test_a_suspended_rig_lets_go_and_nothing_else() -> None:
    town = Town(suspended={"carl": SUSPENSION})
    regrab = edit(ITEM, status="claimed", claimed_by="carl")

    assert town.judge("carl", edit(CLAIMED, status="open", claimed_by=None)).allowed
    for rows in ([regrab], submit(CLAIMED, WORK), [post()], [edit(CLAIMED, claimed_by="dora")]):
        assert refusal(town.judge("carl", *rows)) is Suspended


@pytest.mark.requirement("S1-41", "S1-42")
def test_on_a_team_commons_contributors_do_not_post_or_judge() -> None:
    town = Town([WORK], TEAM)

    assert refusal(town.judge("carl", post())) is TrustTooLow
    assert refusal(town.judge("pete", edit(IN_REVIEW, status="completed"))) is TrustTooLow
    assert town.judge("carl", CLAIM).allowed


def test_a_claim_is_handed_to_a_rig_of_the_commons() -> None:
    for town in (TOWN, FREE):
        assert refusal(town.judge("carl", edit(CLAIMED, claimed_by="ghost"))) is NotFound


def test_the_way_that_policy_allows_is_found_although_a_shorter_one_is_closed() -> None:
    """The poster may not take over a claim, but may free the item and claim it."""
    verdict = TOWN.judge("pete", edit(CLAIMED, claimed_by="pete"))

    assert verdict.actions == {Action.UNCLAIM, Action.CLAIM}


# --- amendments


def test_a_claim_gets_the_hosts_time_and_a_lease() -> None:
    verdict = TOWN.judge("carl", edit(ITEM, status="claimed", claimed_by="carl"))

    assert {(a.table, a.key) for a in verdict.amendments} == {
        ("wanted", "w-1"),
        ("wlx_leases", "w-1"),
    }
    assert leases(verdict) == [Lease("w-1", "carl", "fresh", AT + timedelta(hours=72))]
    assert verdict.amendments[0].row["updated_at"] == NOW


@pytest.mark.parametrize(
    ("actor", "rows", "holder"),
    [
        ("carl", [edit(CLAIMED, claimed_by="dora")], "dora"),
        ("pete", [edit(IN_REVIEW, status="claimed", evidence_url=None), remove(WORK)], "carl"),
        ("carl", submit(CLAIMED, replace(WORK, id="c-2")), None),
        ("carl", [edit(CLAIMED, status="open", claimed_by=None)], None),
    ],
)
def test_the_lease_follows_the_claim(actor: str, rows: list[RowChange], holder: str | None) -> None:
    verdict = Town([WORK, LEASE]).judge(actor, *rows)
    changed = [a for a in verdict.amendments if a.table == "wlx_leases"]

    assert [a.before for a in changed] == [LEASE.to_row()]
    assert [lease.to_row()["holder"] for lease in leases(verdict)] == [holder] * bool(holder)


def test_the_lease_is_not_renewed_by_an_edit_on_the_way() -> None:
    held = replace(CLAIMED, claimed_by="pete")
    lease = replace(LEASE, holder="pete")

    verdict = Town([lease]).judge("pete", edit(held, title="New"))

    assert verdict.actions == {Action.UNCLAIM, Action.EDIT, Action.CLAIM}
    assert [a.table for a in verdict.amendments] == ["wanted"]


def test_a_time_in_the_future_is_corrected() -> None:
    later = AT + timedelta(days=400)
    item, work = submit(CLAIMED, replace(WORK, completed_at=later))
    posted = TOWN.judge("carl", post(updated_at=later), item, work)

    written = {a.table: a.row for a in posted.amendments}
    assert (written["wanted"]["updated_at"], written["completions"]["completed_at"]) == (NOW, NOW)


@pytest.mark.parametrize("when", [None, AT + timedelta(hours=1), EARLIER])
def test_a_post_is_dated_by_the_host_so_that_it_counts_today(when: object) -> None:
    verdict = TOWN.judge("carl", post(created_at=when))

    assert verdict.amendments[0].row["created_at"] == NOW


def test_a_post_of_this_morning_keeps_its_time() -> None:
    verdict = TOWN.judge("carl", post(created_at=AT - timedelta(hours=3), updated_at=AT))

    assert verdict.amendments == ()


@pytest.mark.parametrize(
    ("actor", "rows"),
    [
        ("carl", [edit(ITEM, status="claimed", claimed_by="carl")]),
        ("carl", [post(created_at=None, updated_at=None)]),
        ("tara", accept()),
    ],
)
def test_a_commons_of_others_without_policy_is_not_amended(
    actor: str, rows: list[RowChange]
) -> None:
    verdict = Town([WORK], owned=False, policy=UNSTATED).judge(actor, *rows)

    assert (verdict.allowed, verdict.amendments) == (True, ())


def test_a_commons_of_others_gets_no_row_in_a_table_of_ours() -> None:
    claim = edit(ITEM, status="claimed", claimed_by="carl")
    verdict = Town([WORK], owned=False).judge("carl", claim)

    assert {"wanted"} >= {row.table for row in verdict.amendments}


def test_an_amended_change_needs_no_further_amendment() -> None:
    rows = [edit(ITEM, status="claimed", claimed_by="carl"), post(created_at=None)]
    verdict = TOWN.judge("carl", *rows)

    again = Town(leases(verdict)).judge("carl", *applied(verdict, rows))

    assert len(verdict.amendments) == 3
    assert (again.allowed, again.amendments) == (True, ())


def test_a_refused_change_is_not_amended() -> None:
    verdict = TOWN.judge("carl", CLAIM, edit(replace(ITEM, id="w-2"), posted_by="carl"))

    assert [reason.key for reason in verdict.reasons] == ["w-2"]
    assert verdict.amendments == ()


@pytest.mark.parametrize("policy", [OPEN, TEAM, UNSTATED])
def test_a_completion_without_item_or_rig_does_not_land(policy: Policy) -> None:
    for work in (Completion("c-1"), Completion("c-1", "w-404", "carl", "x")):
        assert not Town(policy=policy).judge("carl", add(work)).allowed
