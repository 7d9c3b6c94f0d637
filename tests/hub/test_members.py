"""Owners, maintainers and contributors: what they may do with a commons, and their rigs' trust."""

from __future__ import annotations

import pytest

from hub.desks import BOARD, Desk, hide
from wasteland.commons import queries
from wasteland.hub import members
from wasteland.hub.callers import Caller
from wasteland.hub.members import Member, MemberRole
from wasteland.hub.rights import Right
from wasteland.hub.tokens import Scope
from wasteland.protocol.errors import Conflict, Forbidden, NotFound, TrustTooLow, Unauthenticated
from wasteland.protocol.records import Rig

OWNER, MAINTAINER, CONTRIBUTOR = MemberRole


def _caller(desk: Desk, name: str) -> Caller:
    return desk.hub.caller(f"token {desk.tokens[name]}")


def _trust(desk: Desk, handle: str) -> int:
    rig = queries.one(queries.at(desk.hub.host.engine(BOARD)), Rig, handle)
    assert rig is not None
    return rig.trust


@pytest.fixture
def joined(desk: Desk) -> Desk:
    """A hub on which ada has joined with a rig, and zoe has an account only."""
    desk.account("ada")
    desk.account("zoe")
    desk.join("ada")
    return desk


@pytest.mark.parametrize(
    ("role", "right", "trust"),
    [(OWNER, Right.ADMIN, 3), (MAINTAINER, Right.WRITE, 2), (CONTRIBUTOR, Right.READ, 1)],
)
def test_a_role_is_a_right_at_the_hub_and_the_trust_of_the_rig(
    joined: Desk, role: MemberRole, right: Right, trust: int
) -> None:
    acme = _caller(joined, "acme")

    members.set_role(joined.hub, acme, BOARD, "ada", role)

    ada = _caller(joined, "ada")
    assert (right, role) == (joined.hub.right(ada, BOARD), members.role_of(joined.hub, ada, BOARD))
    assert trust == _trust(joined, "ada")


def test_an_account_without_a_rig_gets_its_role_all_the_same(joined: Desk) -> None:
    hide(joined)

    member = members.set_role(joined.hub, _caller(joined, "acme"), BOARD, "zoe", CONTRIBUTOR)

    assert Member("zoe", CONTRIBUTOR, None) == member
    assert Right.READ == joined.hub.right(_caller(joined, "zoe"), BOARD)


def test_members_are_listed_owners_first_and_to_members_alone(joined: Desk) -> None:
    acme = _caller(joined, "acme")
    members.set_role(joined.hub, acme, BOARD, "ada", MAINTAINER)

    found = members.members(joined.hub, _caller(joined, "ada"), BOARD)

    assert [("acme", OWNER, True), ("ada", MAINTAINER, False)] == [
        (member.account, member.role, member.is_lasting) for member in found
    ]
    assert all(member.is_mirrored for member in found)
    with pytest.raises(Forbidden):
        members.members(joined.hub, _caller(joined, "zoe"), BOARD)
    with pytest.raises(Unauthenticated):
        members.members(joined.hub, Caller(), BOARD)


@pytest.mark.parametrize("role", [MAINTAINER, CONTRIBUTOR])
def test_only_owners_change_who_is_a_member(joined: Desk, role: MemberRole) -> None:
    members.set_role(joined.hub, _caller(joined, "acme"), BOARD, "ada", role)
    ada = _caller(joined, "ada")

    with pytest.raises(Forbidden):
        members.set_role(joined.hub, ada, BOARD, "zoe", OWNER)
    with pytest.raises(Forbidden):
        members.remove(joined.hub, ada, BOARD, "zoe")
    assert {"ada"} == set(joined.hub.catalog.collaborators(BOARD))


def test_nobody_changes_their_own_role(joined: Desk) -> None:
    members.set_role(joined.hub, _caller(joined, "acme"), BOARD, "ada", OWNER)
    ada = _caller(joined, "ada")

    with pytest.raises(Forbidden):
        members.set_role(joined.hub, ada, BOARD, "Ada", CONTRIBUTOR)
    with pytest.raises(Forbidden):
        members.remove(joined.hub, ada, BOARD, "ada")
    assert OWNER is members.role_of(joined.hub, ada, BOARD)


def test_the_owner_of_the_namespace_stays_an_owner(joined: Desk) -> None:
    members.set_role(joined.hub, _caller(joined, "acme"), BOARD, "ada", OWNER)

    with pytest.raises(Conflict):
        members.remove(joined.hub, _caller(joined, "ada"), BOARD, "acme")
    with pytest.raises(Conflict):
        members.leave(joined.hub, _caller(joined, "acme"), BOARD)


def test_a_removed_member_keeps_token_fork_rig_and_work_but_no_trust_above_a_new_rigs(
    joined: Desk,
) -> None:
    acme = _caller(joined, "acme")
    item = joined.post()
    joined.ok("POST", f"/api/v1/commons/acme/board/wanted/{item}/claim", "ada", json={})
    members.set_role(joined.hub, acme, BOARD, "ada", MAINTAINER)

    members.remove(joined.hub, acme, BOARD, "ada")

    ada = _caller(joined, "ada")
    assert CONTRIBUTOR is members.role_of(joined.hub, ada, BOARD)
    assert {} == joined.hub.catalog.collaborators(BOARD)
    assert (1, "ada") == (_trust(joined, "ada"), ada.account)
    assert ["ada/board"] == [str(fork) for fork in joined.hub.host.forks(BOARD)]
    assert [{"claimed_by": "ada"}] == joined.rows(
        f"SELECT claimed_by FROM wanted WHERE id = '{item}'"
    )
    with pytest.raises(NotFound):
        members.remove(joined.hub, acme, BOARD, "ada")


def test_a_role_is_not_given_where_the_rigs_trust_may_not_be(joined: Desk) -> None:
    """An owner of the repository alone, whose rig may not give trust, gives no role halfway."""
    joined.account("lea")
    joined.join("lea")
    acme = _caller(joined, "acme")
    members.set_role(joined.hub, acme, BOARD, "lea", OWNER)
    joined.ok("PUT", "/api/v1/commons/acme/board/rigs/lea/trust", "acme", json={"level": 1})

    with pytest.raises(TrustTooLow):
        members.set_role(joined.hub, _caller(joined, "lea"), BOARD, "ada", MAINTAINER)
    assert joined.hub.catalog.role(BOARD, "ada") is None
    assert 1 == _trust(joined, "ada")


def test_a_token_of_one_rig_decides_nothing_for_its_account(joined: Desk) -> None:
    joined.tokens["mia"] = joined.hub.accounts.issue(
        "acme", label="t", scope=Scope.WRITE, rig="mia"
    )[1]

    with pytest.raises(Forbidden):
        members.set_role(joined.hub, _caller(joined, "mia"), BOARD, "ada", OWNER)


def test_an_owner_may_leave_while_another_stays(joined: Desk) -> None:
    members.set_role(joined.hub, _caller(joined, "acme"), BOARD, "ada", OWNER)

    members.leave(joined.hub, _caller(joined, "ada"), BOARD)

    assert {} == joined.hub.catalog.collaborators(BOARD)
