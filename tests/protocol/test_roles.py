"""Who may do what: the two presets as tables, and the rest of authorization."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wasteland.protocol.errors import Forbidden, Suspended, TrustTooLow
from wasteland.protocol.lifecycle import Step
from wasteland.protocol.policy import Action, Policy
from wasteland.protocol.records import Rig, WantedItem
from wasteland.protocol.roles import Actor, authorize, is_allowed, need_standing, next_steps

from .town import (
    BOUNTY,
    CLAIMED,
    COMPLETED,
    IN_REVIEW,
    ITEM,
    OPEN,
    SUSPENSION,
    TEAM,
    UNSTATED,
)

ROLES = {
    "owner": Actor("owner", Rig("owner", trust_level=3)),
    "maintainer": Actor("maintainer", Rig("maintainer", trust_level=2)),
    "contributor": Actor("contributor", Rig("contributor", trust_level=1)),
    "restricted": Actor("restricted", Rig("restricted", trust_level=0)),
    "stranger": Actor("stranger"),
}
CARL = Actor("carl", Rig("carl", trust_level=1))
PETE = Actor("pete", Rig("pete", trust_level=1))

# The permissions matrix of the administration guide; who may, of the roles above in their order.
# Members view the board, and only owners the inbox. What the guide does not list follows the
# nearest line: edits go with posts, moderation with trust, hand-overs with unclaiming; whoever is
# registered may complain.
MATRIX = {
    Action.CLAIM: "owner maintainer contributor",
    Action.SUBMIT: "owner maintainer contributor",
    Action.POST: "owner maintainer",
    Action.ACCEPT: "owner maintainer",
    Action.REJECT: "owner maintainer",
    Action.CLOSE: "owner maintainer",
    Action.WITHDRAW: "owner maintainer",
    Action.REVIEW: "owner",
    Action.POLICY: "owner",
    Action.TRUST: "owner",
    Action.MERGE: "owner",
    Action.UNCLAIM: "owner",
    Action.HANDOVER: "owner",
    Action.MODERATE: "owner",
    Action.EDIT: "owner maintainer",
    Action.COMMENT: "owner maintainer contributor",
    Action.REPORT: "owner maintainer contributor restricted",
    Action.APPEAL: "owner maintainer contributor restricted",
    Action.REGISTER: "owner maintainer contributor restricted stranger",
}
DEFAULTS = {
    Action.CLAIM: "owner maintainer contributor",
    Action.SUBMIT: "owner maintainer contributor",
    Action.POST: "owner maintainer contributor",
    Action.COMMENT: "owner maintainer contributor",
    Action.ACCEPT: "owner maintainer",
    Action.REJECT: "owner maintainer",
    Action.CLOSE: "owner maintainer",
    Action.WITHDRAW: "owner maintainer",
    Action.EDIT: "owner maintainer",
    Action.UNCLAIM: "owner maintainer",
    Action.HANDOVER: "owner maintainer",
    Action.MERGE: "owner maintainer",
    Action.TRUST: "owner",
    Action.POLICY: "owner",
    Action.MODERATE: "owner",
    Action.REPORT: "owner maintainer contributor restricted",
    Action.APPEAL: "owner maintainer contributor restricted",
    Action.REVIEW: "owner maintainer contributor restricted stranger",
    Action.REGISTER: "owner maintainer contributor restricted stranger",
}


@pytest.mark.requirement("S1-35", "S1-41", "S1-42", "S1-43", "S1-44", "S1-46")
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", Action)
def test_team_is_the_matrix_of_the_administration_guide(action: Action, role: str) -> None:
    allowed = is_allowed(action, ROLES[role], TEAM, item=IN_REVIEW)

    assert allowed == (role in MATRIX[action].split())


@pytest.mark.requirement("X-11")
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", Action)
def test_open_is_the_default_ladder(action: Action, role: str) -> None:
    allowed = is_allowed(action, ROLES[role], OPEN, item=IN_REVIEW)

    assert allowed == (role in DEFAULTS[action].split())


@pytest.mark.parametrize(
    ("policy", "actor", "actions"),
    [
        (OPEN, PETE, {Action.EDIT, Action.UNCLAIM, Action.REJECT, Action.CLOSE, Action.WITHDRAW}),
        (OPEN, CARL, {Action.UNCLAIM, Action.HANDOVER}),
        (TEAM, PETE, set()),
        (TEAM, CARL, {Action.UNCLAIM, Action.HANDOVER}),
    ],
)
def test_poster_and_claimer_may_more_than_their_trust(
    policy: Policy, actor: Actor, actions: set[Action]
) -> None:
    elsewhere = replace(CLAIMED, posted_by="x", claimed_by="y")
    more = {
        action
        for action in Action
        if is_allowed(action, actor, policy, item=CLAIMED)
        and not is_allowed(action, actor, policy, item=elsewhere)
    }

    assert more == actions


GOVERNING = (Action.TRUST, Action.POLICY, Action.MODERATE)
RECORDED = (Action.REPORT, Action.APPEAL)
FREE = [action for action in Action if action not in {*GOVERNING, *RECORDED}]


@pytest.mark.parametrize("action", FREE)
def test_without_stated_policy_trust_never_blocks(action: Action) -> None:
    mine = replace(CLAIMED, posted_by="stranger", claimed_by="stranger")

    assert is_allowed(action, ROLES["stranger"], UNSTATED, item=mine)


@pytest.mark.parametrize("action", GOVERNING)
def test_without_stated_policy_only_maintainers_govern(action: Action) -> None:
    allowed = [role for role, actor in ROLES.items() if is_allowed(action, actor, UNSTATED)]

    assert allowed == ["owner"]


@pytest.mark.parametrize("action", RECORDED)
def test_without_stated_policy_whoever_complains_is_registered(action: Action) -> None:
    allowed = {role for role, actor in ROLES.items() if is_allowed(action, actor, UNSTATED)}

    assert set(ROLES) - {"stranger"} == allowed


@pytest.mark.parametrize("action", [Action.EDIT, Action.UNCLAIM, Action.CLOSE, Action.WITHDRAW])
def test_without_stated_policy_rows_of_others_need_trust_or_a_relation(action: Action) -> None:
    assert not is_allowed(action, ROLES["contributor"], UNSTATED, item=CLAIMED)
    assert is_allowed(action, ROLES["maintainer"], UNSTATED, item=CLAIMED)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("policy", [OPEN, TEAM, UNSTATED])
def test_a_suspended_rig_may_unclaim_comment_and_appeal_only(
    action: Action, policy: Policy
) -> None:
    actor = Actor("carl", Rig("carl", trust_level=3), (SUSPENSION,))

    allowed = is_allowed(action, actor, policy, item=CLAIMED)

    assert allowed == (action in {Action.UNCLAIM, Action.COMMENT, Action.APPEAL})


def test_a_suspended_rig_gives_back_its_own_and_takes_nothing_from_others() -> None:
    held = replace(CLAIMED, claimed_by="tara")

    for policy in (OPEN, TEAM):
        actor = Actor("carl", Rig("carl", trust_level=3), (SUSPENSION,))

        assert is_allowed(Action.UNCLAIM, actor, policy, item=CLAIMED)
        with pytest.raises(Suspended):
            authorize(Action.UNCLAIM, actor, policy, item=held)


WITHIN = {
    "posting": {Action.POST, Action.EDIT, Action.REPORT},
    "claiming": {Action.CLAIM, Action.SUBMIT, Action.HANDOVER},
    "reviewing": {Action.ACCEPT, Action.REJECT, Action.CLOSE, Action.MERGE, *GOVERNING},
}


@pytest.mark.parametrize("scope", WITHIN)
def test_a_suspension_is_from_what_its_scope_says(scope: str) -> None:
    free = Actor("carl", Rig("carl", trust_level=3))
    held = replace(free, suspensions=(replace(SUSPENSION, scope=scope),))

    lost = {
        action
        for action in Action
        if is_allowed(action, free, OPEN, item=CLAIMED)
        and not is_allowed(action, held, OPEN, item=CLAIMED)
    }

    assert WITHIN[scope] == lost


def test_suspensions_of_a_rig_and_its_parent_add_up() -> None:
    both = tuple(replace(SUSPENSION, scope=scope) for scope in ("posting", "claiming"))
    actor = Actor("carl", Rig("carl", trust_level=3), both)

    for action in (Action.POST, Action.CLAIM):
        assert not is_allowed(action, actor, OPEN)
    need_standing(actor, OPEN)


def test_a_scope_that_is_not_known_is_everything() -> None:
    actor = Actor("carl", Rig("carl"), (replace(SUSPENSION, scope="breathing"),))

    assert not is_allowed(Action.POST, actor, UNSTATED)


def test_a_suspension_says_its_reason() -> None:
    actor = Actor("carl", Rig("carl", trust_level=3), (SUSPENSION,))

    with pytest.raises(Suspended, match="carl is suspended: spam"):
        authorize(Action.CLAIM, actor, OPEN)
    with pytest.raises(Suspended):
        need_standing(actor, UNSTATED)


def test_a_stranger_is_told_to_join() -> None:
    with pytest.raises(Forbidden) as caught:
        authorize(Action.CLAIM, ROLES["stranger"], OPEN)

    assert (caught.value.code, caught.value.hint) == ("forbidden", "wl join the commons first")
    with pytest.raises(Forbidden):
        need_standing(ROLES["stranger"], OPEN)
    need_standing(ROLES["stranger"], UNSTATED)


def test_too_little_trust_says_what_is_needed() -> None:
    with pytest.raises(TrustTooLow) as caught:
        authorize(Action.ACCEPT, CARL, OPEN, item=IN_REVIEW)

    assert caught.value.message == "carl has trust 1 (participant); accept needs trust:2."
    assert caught.value.facts["have"] == 1


def test_nobody_is_refused_whatever_the_trust() -> None:
    closed = Policy({"post": "nobody"}, "open")

    with pytest.raises(Forbidden) as caught:
        authorize(Action.POST, ROLES["owner"], closed)

    assert type(caught.value) is Forbidden


@pytest.mark.parametrize(("stored", "trust"), [(None, 0), (-5, 0), (99, 3), (2, 2)])
def test_a_stored_trust_out_of_range_is_read_within(stored: int | None, trust: int) -> None:
    actor = Actor("x", Rig("x", trust_level=stored))

    assert actor.trust == trust
    assert is_allowed(Action.TRUST, actor, OPEN) == (trust == 3)


def test_a_rig_that_registers_has_the_trust_that_the_policy_gives() -> None:
    rig = Rig("nora", trust_level=3)

    assert Actor("nora").registered_as(rig, OPEN).trust == 1


@pytest.mark.requirement("S1-28")
@pytest.mark.parametrize(
    ("item", "actor", "steps"),
    [
        (ITEM, CARL, [Step.CLAIM]),
        (ITEM, PETE, [Step.CLAIM, Step.EDIT, Step.WITHDRAW]),
        (ITEM, ROLES["restricted"], []),
        (CLAIMED, CARL, [Step.SUBMIT, Step.UNCLAIM, Step.HANDOVER]),
        (CLAIMED, ROLES["contributor"], []),
        (BOUNTY, CARL, [Step.SUBMIT]),
        (IN_REVIEW, PETE, [Step.REJECT, Step.CLOSE]),
        (IN_REVIEW, ROLES["maintainer"], [Step.ACCEPT, Step.REJECT, Step.CLOSE]),
        (
            replace(IN_REVIEW, claimed_by="maintainer"),
            ROLES["maintainer"],
            [Step.REJECT, Step.CLOSE],
        ),
        (COMPLETED, ROLES["owner"], []),
        (replace(ITEM, status="paused"), ROLES["owner"], []),
    ],
)
def test_the_next_steps_are_those_that_state_and_policy_allow(
    item: WantedItem, actor: Actor, steps: list[Step]
) -> None:
    assert next_steps(item, actor, OPEN) == steps
