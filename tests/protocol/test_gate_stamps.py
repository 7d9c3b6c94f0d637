"""What the gate lets a change do to stamps: the yearbook rule and its neighbours."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from wasteland.protocol.diff import RowChange
from wasteland.protocol.errors import Conflict, Forbidden, Invalid, OwnWork, TrustTooLow
from wasteland.protocol.policy import Action, Policy
from wasteland.protocol.records import Completion, Rig, RigLink
from wasteland.protocol.schema import Value

from .town import (
    AT,
    CARL,
    COMPLETED,
    EARLIER,
    IN_REVIEW,
    ITEM,
    NOW,
    RIGS,
    STAMP,
    UNSTATED,
    WORK,
    Town,
    accept,
    add,
    applied,
    edit,
    raw,
    refusal,
    remove,
    submit,
)

TOWN = Town([WORK])
ACCEPTED = replace(WORK, validated_by="mona", stamp_id="s-0", validated_at=EARLIER)
DONE = Town([COMPLETED, ACCEPTED])


def rows(**cells: Any) -> list[RowChange]:
    return accept(stamp=replace(STAMP, **cells))


@pytest.mark.requirement("S1-29")
@pytest.mark.parametrize("actor", ["tara", "mona"])
def test_an_acceptance_completes_validates_and_stamps(actor: str) -> None:
    verdict = TOWN.judge(actor, *rows(author=actor))

    assert refusal(verdict) is None
    assert verdict.actions == {Action.ACCEPT}


@pytest.mark.requirement("S0-131")
def test_an_acceptance_needs_trust_where_policy_is_stated() -> None:
    for actor in ("pete", "dora"):
        assert refusal(TOWN.judge(actor, *rows(author=actor))) is TrustTooLow
    assert Town([WORK], UNSTATED).judge("dora", *rows(author="dora")).allowed


@pytest.mark.parametrize("left_out", [0, 1, 2])
def test_an_acceptance_is_all_of_its_three_rows(left_out: int) -> None:
    some = rows()
    del some[left_out]

    assert not Town([IN_REVIEW, WORK]).judge("tara", *some).allowed


def test_a_poster_may_accept_where_the_policy_says_so() -> None:
    town = Town([WORK], Policy({"accept": "trust:2|poster"}, "open"))

    assert town.judge("pete", *rows(author="pete")).allowed
    assert refusal(town.judge("dora", *rows(author="dora"))) is TrustTooLow


# --- the yearbook rule


@pytest.mark.requirement("S0-134", "S1-27")
@pytest.mark.parametrize("policy", [Policy(preset="open"), UNSTATED])
def test_nobody_stamps_its_own_work(policy: Policy) -> None:
    town = Town([replace(WORK, completed_by="tara")], policy)
    item = replace(IN_REVIEW, claimed_by="tara")
    work = replace(WORK, completed_by="tara")

    verdict = town.judge("tara", *accept(item, work, replace(STAMP, subject="tara")))

    assert any(isinstance(reason.error, OwnWork) for reason in verdict.reasons)


def link(a: str, b: str, status: str = "active") -> RigLink:
    return RigLink(f"l-{a}-{b}", a, b, status=status)


def rig(handle: str, **cells: Any) -> Rig:
    return replace(next(r for r in RIGS if r.handle == handle), **cells)


def town_with(*rigs: Rig, links: tuple[RigLink, ...] = (), policy: Policy | None = None) -> Town:
    others = [r for r in RIGS if r.handle not in {new.handle for new in rigs}]
    return Town([WORK, *links], policy or Policy(preset="open"), rigs=(*others, *rigs))


OWNED = {
    "account": town_with(rig("carl", dolthub_org="Tara-Org")),
    "parent": town_with(rig("carl", parent_rig="tara")),
    "child": town_with(rig("tara", parent_rig="carl")),
    "sibling": town_with(rig("tara", parent_rig="mona"), rig("carl", parent_rig="mona")),
    "link": town_with(links=(link("carl", "tara"),)),
    "chain": town_with(links=(link("tara", "dora"), link("pete", "dora"), link("carl", "pete"))),
    "unstated": town_with(links=(link("carl", "tara"),), policy=UNSTATED),
}


@pytest.mark.requirement("S0-134")
@pytest.mark.parametrize("tie", OWNED)
def test_nobody_stamps_the_work_of_its_owners_rigs(tie: str) -> None:
    assert refusal(OWNED[tie].judge("tara", *rows())) is OwnWork


@pytest.mark.parametrize("status", ["pending", "revoked"])
def test_a_link_that_is_not_in_force_ties_nobody(status: str) -> None:
    assert town_with(links=(link("carl", "tara", status),)).judge("tara", *rows()).allowed


@pytest.mark.requirement("S0-134")
def test_a_link_revoked_in_the_same_change_still_ties() -> None:
    tie = replace(link("carl", "tara"), assertion_a="a", assertion_b="b")
    town = Town([WORK, tie])
    revoke = edit(tie, status="revoked", revoked_at=AT, revoked_by="tara")

    assert refusal(town.judge("tara", revoke, *rows())) is OwnWork


@pytest.mark.requirement("S0-134")
def test_an_account_changed_in_the_same_change_still_ties() -> None:
    tara = rig("tara", dolthub_org="carl-org")
    town = town_with(tara)

    verdict = town.judge("tara", raw(tara, dolthub_org="tara-org"), *rows(), account="carl-org")

    assert [type(reason.error) for reason in verdict.reasons] == [Forbidden, OwnWork]


@pytest.mark.requirement("S0-134")
@pytest.mark.parametrize("policy", [Policy({"new_rig_trust": "2"}, "open"), UNSTATED])
def test_a_rig_that_registers_in_the_same_change_is_tied_to_its_owner(policy: Policy) -> None:
    sock = Rig("sock", dolthub_org="carl-org")
    town = Town([WORK], policy)

    own = town.judge("sock", add(sock), *rows(author="sock"), account="carl-org")
    other = town.judge(
        "sock",
        add(replace(sock, dolthub_org="sock-org")),
        *rows(author="sock"),
        account="sock-org",
    )

    assert refusal(own) is OwnWork
    assert other.allowed


@pytest.mark.requirement("S0-134")
def test_a_rig_that_the_same_merge_registers_is_tied_to_its_owner() -> None:
    sock = Rig("sock", dolthub_org="tara-org")
    work = replace(WORK, completed_by="sock")
    item = replace(IN_REVIEW, claimed_by="sock")
    judged = accept(item, work, replace(STAMP, subject="sock"))

    assert refusal(Town([work], merged_rigs={"sock": sock}).judge("tara", *judged)) is OwnWork


# --- what a stamp is about


@pytest.mark.requirement("S0-132")
def test_a_stamp_is_never_rewritten_or_removed() -> None:
    for actor in ("tara", "mona", "carl"):
        assert refusal(DONE.judge(actor, edit(STAMP, message="worse"))) is Forbidden
        assert refusal(DONE.judge(actor, remove(STAMP))) is Forbidden


@pytest.mark.requirement("S0-132")
def test_a_finished_work_takes_a_counter_stamp_of_a_trusted_rig() -> None:
    counter = replace(STAMP, id="s-2", valence={"quality": 0.2})

    assert DONE.judge("tara", add(counter)).allowed
    assert refusal(DONE.judge("dora", add(replace(counter, author="dora")))) is TrustTooLow
    assert refusal(DONE.judge("carl", add(replace(counter, author="carl")))) is OwnWork


@pytest.mark.parametrize("item", [ITEM, IN_REVIEW, replace(COMPLETED, status="withdrawn")])
def test_unfinished_work_takes_no_stamp_by_itself(item: Any) -> None:
    assert refusal(Town([item, WORK]).judge("tara", add(STAMP))) is Conflict
    assert refusal(Town([WORK]).judge("tara", add(STAMP))) is Conflict


@pytest.mark.parametrize(
    "cells",
    [
        {"author": "mona"},
        {"author": ""},
        {"subject": "dora"},
        {"subject": "ghost"},
        {"context_id": "c-404"},
        {"context_id": None},
        {"context_type": "wanted"},
        {"context_type": None},
    ],
)
def test_a_stamp_is_its_authors_word_about_a_completion_of_its_subject(
    cells: dict[str, Any],
) -> None:
    counter = replace(STAMP, **cells)

    assert refusal(DONE.judge("tara", add(counter))) is Forbidden
    assert not TOWN.judge("tara", *rows(**cells)).allowed


def test_a_completed_item_is_not_accepted_again() -> None:
    again = edit(ACCEPTED, validated_by="tara", stamp_id="s-1", validated_at=AT)

    assert refusal(DONE.judge("tara", again, add(STAMP))) is Forbidden


@pytest.mark.parametrize(
    "cells",
    [
        {"stamp_id": "s-0"},
        {"stamp_id": None, "validated_by": "tara"},
        {"validated_by": "mona"},
        {"evidence": "better"},
        {"completed_by": "tara"},
        {"wanted_id": "w-2"},
    ],
)
def test_a_completion_is_validated_by_the_stamp_of_this_change(cells: dict[str, Any]) -> None:
    item, work, stamp = rows()
    other = RowChange("completions", work.before, {**work.row, **cells})

    assert not TOWN.judge("tara", item, other, stamp).allowed


def test_one_completion_is_not_validated_by_the_stamp_of_another() -> None:
    second = replace(WORK, id="c-2", completed_by="dora")
    item = replace(IN_REVIEW, tags=("open-bounty",), claimed_by=None)
    town = Town([WORK, second])
    row, wrong, stamp = accept(item, second)
    right = add(replace(STAMP, subject="dora", context_id="c-2"))

    assert refusal(town.judge("tara", row, wrong, stamp)) is Forbidden
    assert town.judge("tara", row, wrong, right).allowed


def test_one_acceptance_has_one_stamp() -> None:
    second = replace(STAMP, id="s-2")

    assert not TOWN.judge("tara", *rows(), add(second)).allowed
    assert refusal(DONE.judge("tara", add(STAMP), add(second))) is Conflict


def test_a_rig_does_not_submit_and_accept_in_one_change() -> None:
    claimed = replace(IN_REVIEW, status="claimed", claimed_by="tara", evidence_url=None)
    work = replace(WORK, completed_by="tara", validated_by="tara", stamp_id="s-1")
    item, _ = submit(claimed, work)
    done = RowChange("wanted", item.before, {**item.row, "status": "completed"})

    assert not TOWN.judge("tara", done, add(work), add(replace(STAMP, subject="tara"))).allowed


def test_a_closed_item_gets_no_stamp_on_the_way() -> None:
    item, _, stamp = rows()

    assert not TOWN.judge("tara", item, stamp).allowed


# --- what a stamp says


@pytest.mark.requirement("S0-76")
@pytest.mark.parametrize(
    "valence",
    [{"quality": 1}, {"speed": 0.5, "care": 0.9, "wit": 0}, {"quality": "good"}],
)
def test_a_valence_has_any_dimensions_in_the_scale_of_the_commons(valence: object) -> None:
    town = Town([WORK], Policy(preset="open", scale="1"))

    assert town.judge("tara", *rows(valence=valence)).allowed


@pytest.mark.parametrize(
    "valence", [None, {}, [], "good", 3, {"quality": 6}, {"quality": -1}, {"quality": {"a": 1}}]
)
def test_a_valence_that_says_nothing_here_is_invalid(valence: object) -> None:
    town = Town([WORK], Policy(preset="open", scale="1"))

    assert refusal(town.judge("tara", *rows(valence=valence))) is Invalid


def test_without_a_stated_scale_any_number_is_taken() -> None:
    assert TOWN.judge("tara", *rows(valence={"quality": 4})).allowed


@pytest.mark.requirement("S1-25")
@pytest.mark.parametrize(("confidence", "allowed"), [(0, True), ("0.5", True), (None, True)])
def test_a_confidence_is_a_number_or_its_text(confidence: Value, allowed: bool) -> None:
    item, work, _ = rows()

    verdict = TOWN.judge("tara", item, work, add(STAMP, confidence=confidence))

    assert verdict.allowed == allowed


@pytest.mark.parametrize("confidence", [1.01, -0.1, "high", "nan", 5])
def test_a_confidence_is_0_to_1(confidence: Value) -> None:
    item, work, _ = rows()

    verdict = TOWN.judge("tara", item, work, add(STAMP, confidence=confidence))

    assert refusal(verdict) is Invalid


def test_a_stamp_of_the_future_gets_the_hosts_time_and_then_no_more() -> None:
    changed = rows(created_at=AT + timedelta(days=1))
    verdict = TOWN.judge("tara", *changed)

    again = TOWN.judge("tara", *applied(verdict, changed))

    assert [(a.table, a.row["created_at"]) for a in verdict.amendments] == [("stamps", NOW)]
    assert (again.allowed, again.amendments) == (True, ())


def test_a_completion_of_nobody_is_not_stamped() -> None:
    work = Completion("c-1", "w-1", None)
    town = Town([COMPLETED, work])

    assert not town.judge("tara", add(replace(STAMP, subject=""))).allowed
    assert not town.judge("tara", add(STAMP)).allowed


def test_the_reason_of_a_refusal_names_the_tie() -> None:
    town = town_with(replace(CARL, parent_rig="tara"))

    verdict = town.judge("tara", *rows())

    with pytest.raises(OwnWork, match="tara may not stamp the work of carl: tara answers for carl"):
        verdict.require()
    assert verdict.reasons[0].error.hint == "ask another rig with trust 2 or more to review"


def test_a_completion_gets_one_stamp_of_an_author() -> None:
    first = replace(STAMP, id="s-0", author="mona")
    town = Town([COMPLETED, ACCEPTED, first])

    assert refusal(town.judge("mona", add(replace(STAMP, author="mona")))) is Conflict
    assert town.judge("tara", add(STAMP)).allowed


def test_an_author_stamps_each_completion_of_a_rig() -> None:
    town = Town([COMPLETED, ACCEPTED, replace(STAMP, id="s-0", context_id="c-0")])

    assert town.judge("tara", add(STAMP)).allowed


@pytest.mark.parametrize(
    ("scale", "written", "kept"),
    [
        ("1", {"quality": 4, "reliability": 1}, {"quality": 0.8, "reliability": 0.2}),
        ("5", {"quality": 0.8, "reliability": 0.6}, {"quality": 4, "reliability": 3}),
    ],
)
def test_a_valence_of_the_other_scale_is_kept_in_that_of_the_commons(
    scale: str, written: dict[str, float], kept: dict[str, float]
) -> None:
    town = Town([WORK], Policy(preset="open", scale=scale))

    verdict = town.judge("tara", *rows(valence=written))

    (amended,) = [row for row in verdict.amendments if row.table == "stamps"]
    assert kept == json.loads(str(amended.row["valence"]))
