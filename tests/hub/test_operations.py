"""Operations that clients poll for: how they end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hub.desks import BOARD, V1, V2, Desk
from wasteland.hosts.journaled import utc_now
from wasteland.hub import writes
from wasteland.hub.operations import KEPT, Jobs, Kind, State
from wasteland.protocol.errors import Conflict

DELETES = "DELETE FROM wanted"


def _run(desk: Desk, error: Exception | None) -> None:
    of = {"account": "acme", "repo": BOARD, "description": "x", "details": {}}
    with desk.hub.jobs.run(Kind.FORK, **of) as job:  # type: ignore[arg-type]
        job.result = {"n": 1}
        if error:
            raise error


def test_an_operation_succeeds_with_what_its_work_answers(desk: Desk) -> None:
    _run(desk, None)

    (job,) = desk.hub.jobs.of_account("acme")
    assert (State.SUCCEEDED, {"n": 1}, "") == (job.state, job.result, job.error)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Conflict("It is taken."), "It is taken."),
        (KeyError("x"), "The hub failed at this request."),
    ],
)
def test_whatever_ends_an_operation_early_fails_it(desk: Desk, error: Exception, told: str) -> None:
    with pytest.raises(type(error)):
        _run(desk, error)

    (job,) = desk.hub.jobs.of_account("acme")
    assert (State.FAILED, {}, told) == (job.state, job.result, job.error)


@pytest.mark.parametrize(
    ("path", "rest"),
    [
        (f"{V1}/acme/board/write/main/work", {"params": {"q": DELETES}}),
        (
            f"{V2}/databases/acme/board/sql-writes",
            {"json": {"from_branch": "main", "to_branch": "work", "q": DELETES}},
        ),
    ],
)
def test_a_mistake_of_ours_leaves_no_operation_running(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, path: str, rest: dict[str, Any]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(writes, "write", fail)

    assert 500 == desk.send("POST", path, "acme", **rest).status_code
    (job,) = desk.hub.jobs.of_account("acme")
    assert State.FAILED is job.state


def test_what_ended_long_ago_is_forgotten(desk: Desk) -> None:
    _run(desk, None)
    assert 0 == desk.hub.jobs.prune()

    long_after = Jobs(desk.hub._store, lambda: utc_now() + KEPT + timedelta(days=1))
    assert (1, []) == (long_after.prune(), desk.hub.jobs.of_account("acme"))
