"""
Requests whose answer was lost with the hub that gave it: sent again, they are answered the same.

The hub's memory of answers is emptied in between, as a hub that died has not kept them.
"""

from __future__ import annotations

from typing import Any

import pytest

from hub.desks import V1, Desk, claim, escaped, pull_body

KEY = {"idempotency-key": "once"}


@pytest.fixture
def ada(desk: Desk) -> Desk:
    """The hub with the account ada."""
    desk.account("ada")
    return desk


def _twice(desk: Desk, method: str, path: str, **rest: Any) -> list[Any]:
    """Send a request, let the hub forget its answer, and send it again."""
    first = desk.send(method, path, "ada", headers=KEY, **rest)
    desk.hub.answers.forget("ada", KEY["idempotency-key"])
    return [first, desk.send(method, path, "ada", headers=KEY, **rest)]


def test_a_fork_is_made_once(ada: Desk) -> None:
    body = {"ownerName": "ada", "parentOwnerName": "acme", "parentDatabaseName": "board"}

    found = _twice(ada, "POST", f"{V1}/fork", json=body)

    assert [200, 200] == [answer.status_code for answer in found]
    assert ["ada", "ada"] == [answer.json()["forked_owner"] for answer in found]


def test_a_statement_is_run_once(ada: Desk) -> None:
    ada.join("ada")
    item = ada.post()
    path = f"{V1}/ada/board/write/main/{escaped(f'wl/ada/{item}')}"

    found = _twice(ada, "POST", path, params={"q": claim("ada", item)})

    commits = {answer.json()["to_commit_id"] for answer in found}
    assert [200, 200] == [answer.status_code for answer in found]
    assert 1 == len(commits)


def test_an_offer_that_landed_is_the_same_pull_request(ada: Desk) -> None:
    """Its branch went when it landed."""
    ada.join("ada")
    item = ada.post()
    ada.write("ada", f"wl/ada/{item}", claim("ada", item))

    found = _twice(ada, "POST", f"{V1}/acme/board/pulls", json=pull_body("ada", f"wl/ada/{item}"))

    told = [(answer.json()["pull_id"], answer.json()["state"]) for answer in found]
    assert [told[0]] * 2 == told
    assert "Merged" == told[0][1]


def test_an_offer_that_waits_is_the_same_pull_request(ada: Desk) -> None:
    ada.join("ada")
    item = ada.post(who="acme")
    ada.write("ada", f"wl/ada/{item}", f"UPDATE wanted SET title='Other' WHERE id='{item}'")

    found = _twice(ada, "POST", f"{V1}/acme/board/pulls", json=pull_body("ada", f"wl/ada/{item}"))

    told = [(answer.json()["pull_id"], answer.json()["state"]) for answer in found]
    assert [told[0]] * 2 == told
    assert "Open" == told[0][1]


def test_a_login_is_confirmed_again_by_the_same_account_only(ada: Desk) -> None:
    ada.account("ben")
    code = {"code": ada.ok("POST", "/api/v1/logins", json={"label": "x"})["code"]}
    confirm = "/api/v1/logins/confirm"
    ada.ok("POST", confirm, "ada", json=code)

    assert 200 == ada.send("POST", confirm, "ada", json=code).status_code
    assert 409 == ada.send("POST", confirm, "ben", json=code).status_code
