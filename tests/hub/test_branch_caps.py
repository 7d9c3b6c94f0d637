"""How many branches one may have at once: as many in a fork, or for each rig at a commons."""

from __future__ import annotations

from typing import Any

import pytest

from hub.desks import V1, Desk, claim, escaped
from wasteland.hub import refs

MOST = 3


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refs, "BRANCHES_OF_ONE", MOST)


@pytest.fixture
def ada(desk: Desk) -> Desk:
    """The hub with ada, whose fork has as many branches as it may have."""
    desk.account("ada")
    desk.join("ada")
    for number in range(MOST):
        assert _branch(desk, "ada", f"draft-{number}").is_success
    return desk


def _branch(desk: Desk, owner: str, name: str, who: str = "ada") -> Any:
    body = {"revision_type": "branch", "revision_name": "main", "new_branch_name": name}
    return desk.send("POST", f"{V1}/{owner}/board/branches", who, json=body)


def test_one_branch_more_is_refused(ada: Desk) -> None:
    found = _branch(ada, "ada", "one-more")

    assert (403, "limit_reached") == (found.status_code, found.json()["code"])


def test_a_write_makes_no_branch_more(ada: Desk) -> None:
    item = ada.post()
    path = f"{V1}/ada/board/write/main/{escaped(f'wl/ada/{item}')}"

    found = ada.send("POST", path, "ada", params={"q": claim("ada", item)})

    assert (403, "limit_reached") == (found.status_code, found.json()["code"])
    assert MOST + 1 == len(ada.ok("GET", f"{V1}/ada/board/branches")["branches"])


def test_a_branch_that_is_there_can_be_written(ada: Desk) -> None:
    found = ada.write("ada", "draft-1", "UPDATE rigs SET display_name='A' WHERE handle='ada'")

    assert "Success" == found["query_execution_status"]


def test_a_branch_that_went_makes_room(ada: Desk) -> None:
    ada.write("ada", "main", "CALL DOLT_BRANCH('-D', 'draft-1')")

    assert _branch(ada, "ada", "one-more").is_success


def test_at_a_commons_each_rig_has_its_own_count(desk: Desk) -> None:
    desk.account("ben")
    desk.join("ben")
    for number in range(MOST):
        assert _branch(desk, "acme", f"wl/mia/{number}", "acme").is_success

    assert 403 == _branch(desk, "acme", "wl/mia/more", "acme").status_code
    assert _branch(desk, "acme", "notes", "acme").is_success
    assert _branch(desk, "ben", "draft", "ben").is_success
