"""The test of admin access: what it tells, and that its scratch branch never stays."""

from __future__ import annotations

import pytest

from hub.desks import BOARD, Desk
from wasteland.engines.base import Change
from wasteland.hub import access, members
from wasteland.hub.callers import Caller
from wasteland.hub.members import MemberRole
from wasteland.protocol.errors import EngineError, Forbidden


def _caller(desk: Desk, name: str = "acme") -> Caller:
    return desk.hub.caller(f"token {desk.tokens[name]}")


def _branches(desk: Desk) -> list[str]:
    return [branch.name for branch in desk.hub.host.engine(BOARD).branches()]


def test_an_owners_access_is_verified_and_leaves_nothing(any_desk: Desk) -> None:
    before, head = _branches(any_desk), any_desk.hub.host.engine(BOARD).head()

    report = access.test(any_desk.hub, _caller(any_desk), BOARD)

    assert report.verified, report.steps
    assert 5 == len(report.steps)
    assert (before, head) == (_branches(any_desk), any_desk.hub.host.engine(BOARD).head())


def test_the_scratch_branch_goes_when_the_write_fails(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> str:
        raise EngineError("The disk is full.")

    kind = type(_open_change(desk))
    monkeypatch.setattr(kind, "commit", fail)
    before = _branches(desk)

    report = access.test(desk.hub, _caller(desk), BOARD)

    assert not report.verified
    failed = [step for step in report.steps if not step.passed]
    assert ["The disk is full."] == [step.detail for step in failed]
    assert failed[0].hint
    assert before == _branches(desk)


def test_an_owner_whose_rig_may_not_govern_is_told_so(desk: Desk) -> None:
    desk.account("ada")
    members.set_role(desk.hub, _caller(desk), BOARD, "ada", MemberRole.OWNER)

    report = access.test(desk.hub, _caller(desk, "ada"), BOARD)

    assert ["Your rig may govern"] == [step.name for step in report.steps if not step.passed]


def test_nobody_but_owners_tests(desk: Desk) -> None:
    desk.account("ada")
    before = _branches(desk)

    with pytest.raises(Forbidden):
        access.test(desk.hub, _caller(desk, "ada"), BOARD)
    assert before == _branches(desk)


def _open_change(desk: Desk) -> Change:
    with desk.hub.host.engine(BOARD).change() as change:
        return change
