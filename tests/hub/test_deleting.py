"""Deleting a commons: only by its owner, who typed its name, and never somebody's unmerged work."""

from __future__ import annotations

import pytest

from hub.desks import API, BOARD, V1, Desk
from wasteland.hub import deleting, members
from wasteland.hub.callers import Caller
from wasteland.hub.members import MemberRole
from wasteland.protocol.errors import Conflict, Forbidden, Invalid, NotFound


def _caller(desk: Desk, name: str = "acme") -> Caller:
    return desk.hub.caller(f"token {desk.tokens[name]}")


def test_a_deleted_commons_is_gone_with_its_idle_forks_and_roles(any_desk: Desk) -> None:
    any_desk.account("ada")
    any_desk.join("ada")
    members.set_role(any_desk.hub, _caller(any_desk), BOARD, "ada", MemberRole.MAINTAINER)

    deleting.delete(any_desk.hub, _caller(any_desk), BOARD, typed="acme/board")

    assert [] == any_desk.hub.host.repositories()
    assert 404 == any_desk.send("GET", f"{API}/wanted", "acme").status_code
    assert {} == any_desk.hub.catalog.collaborators(BOARD)
    with pytest.raises(NotFound):
        any_desk.hub.host.engine(BOARD)


@pytest.mark.parametrize("typed", ["", "acme", "acme/boar", "Acme/Board"])
def test_another_name_deletes_nothing(desk: Desk, typed: str) -> None:
    with pytest.raises(Invalid):
        deleting.delete(desk.hub, _caller(desk), BOARD, typed=typed)
    assert [BOARD] == desk.hub.host.repositories()


def test_a_fork_with_work_of_its_own_keeps_it_from_being_deleted(desk: Desk) -> None:
    desk.account("ada")
    desk.join("ada")
    desk.write("ada", "wl/ada/w-1", "INSERT INTO wanted (id, title) VALUES ('w-1', 'Mine')")

    with pytest.raises(Conflict) as refused:
        deleting.delete(desk.hub, _caller(desk), BOARD, typed="acme/board")
    assert ["ada/board wl/ada/w-1"] == refused.value.facts["branches"]
    assert desk.ok("GET", f"{V1}/ada/board/main", "ada", params={"q": "SELECT 1"})


@pytest.mark.parametrize("role", [None, MemberRole.CONTRIBUTOR, MemberRole.MAINTAINER])
def test_nobody_but_owners_deletes(desk: Desk, role: MemberRole | None) -> None:
    desk.account("ada")
    if role:
        members.set_role(desk.hub, _caller(desk), BOARD, "ada", role)

    with pytest.raises(Forbidden):
        deleting.delete(desk.hub, _caller(desk, "ada"), BOARD, typed="acme/board")
    assert [BOARD] == desk.hub.host.repositories()
