"""What somebody might try at a hub, and what must not come of it."""

from __future__ import annotations

import pytest

from hub.desks import API, V1, Desk, claim, escaped
from wasteland.hosts.base import RepoName
from wasteland.hub.tokens import Scope


def test_nobody_writes_the_main_of_a_fork(desk: Desk) -> None:
    for who in ("alice", "bob"):
        desk.account(who)
        desk.join(who)
    path = "/api/v1/commons/alice/board/wanted"

    answers = [desk.send("POST", path, who, json={"title": "x"}) for who in ("bob", "alice")]

    assert [403, 403] == [answer.status_code for answer in answers]
    item = desk.post("Posted after")
    assert [{"id": item}] == desk.rows("SELECT id FROM wanted", repo="alice/board")


def test_a_token_of_one_rig_does_nothing_for_its_whole_account(desk: Desk) -> None:
    (other,) = [token.id for token in desk.hub.accounts.tokens("acme")]
    bot = desk.hub.accounts.issue("acme", label="bot", scope=Scope.WRITE, rig="bot")[1]
    headers = {"authorization": f"token {bot}"}
    database = {"ownerName": "acme", "repoName": "new", "visibility": "public"}

    answers = [
        desk.send(
            "PATCH", "/api/v1/commons/acme/board", headers=headers, json={"visibility": "private"}
        ),
        desk.send("DELETE", f"/api/v1/tokens/{other}", headers=headers),
        desk.send("POST", f"{V1}/database", headers=headers, json=database),
        desk.send(
            "POST",
            f"{V1}/acme/board/write/main/main",
            headers=headers,
            params={"q": "CREATE TABLE t (a INT PRIMARY KEY)"},
        ),
    ]

    assert [403] * 4 == [answer.status_code for answer in answers]


@pytest.mark.parametrize("rig", ["Mia", "ghost", "acme"])
def test_nobody_reviews_under_a_name_that_is_nobodys(desk: Desk, rig: str) -> None:
    for who in ("alice", "bob"):
        desk.account(who)
        desk.join(who)
    item = desk.post()
    branch = f"wl/bob/{item}"
    desk.write("bob", branch, f"UPDATE wanted SET title='mine' WHERE id='{item}'")
    number = desk.offer("bob", branch).json()["pull_id"]

    answer = desk.send(
        "POST",
        f"{V1}/acme/board/pulls/{number}/reviews",
        "alice",
        json={"verdict": "approved"},
        headers={"x-wasteland-rig": rig},
    )

    assert 403 == answer.status_code


def test_a_submission_cannot_stand_for_the_operation_of_another_rig(desk: Desk) -> None:
    for who in ("alice", "carol"):
        desk.account(who)
        desk.join(who)
    item, wanted = desk.post(), desk.post("Carol's")
    forged = {
        "branch": f"wl/alice/{item}",
        "op_id": "op-of-carol",
        "statements": [{"sql": claim("alice", item), "rows": 1}],
    }
    desk.ok("POST", f"{V1}/alice/board/changes", "alice", json=forged)
    assert "Merged" == desk.offer("alice", f"wl/alice/{item}").json()["state"]

    receipt = desk.ok(
        "POST", f"{API}/wanted/{wanted}/claim", "carol", json={"op_id": "op-of-carol"}
    )

    assert ("claim", wanted, False) == (receipt["operation"], receipt["id"], receipt["replayed"])
    assert [{"claimed_by": "carol"}] == desk.rows(
        f"SELECT claimed_by FROM wanted WHERE id='{wanted}'"
    )


def test_a_change_that_is_repeated_after_another_is_made_once(desk: Desk) -> None:
    desk.account("ada")
    desk.join("ada")
    item = desk.post()
    change = {
        "branch": f"wl/ada/{item}",
        "op_id": "op-1",
        "statements": [{"sql": f"UPDATE wanted SET priority=priority+1 WHERE id='{item}'"}],
    }
    path = f"{V1}/ada/board/changes"

    first = desk.ok("POST", path, "ada", json=change)
    desk.ok("POST", path, "ada", json=change | {"op_id": "op-2"})
    again = desk.ok("POST", path, "ada", json=change)

    assert first["commit"] == again["commit"]
    (row,) = desk.rows(
        f"SELECT priority FROM wanted WHERE id='{item}'", repo="ada/board", ref=f"wl/ada/{item}"
    )
    assert {"priority": "4"} == row


def test_a_release_that_is_refused_leaves_no_tag(desk: Desk) -> None:
    body = {"title": "", "commitSha": "main", "tag": "v1", "createTagIfNotExists": True}

    answer = desk.send("POST", f"{V1}/acme/board/releases", "acme", json=body)

    assert 400 == answer.status_code
    assert [] == desk.hub.host.engine(RepoName("acme", "board")).tags()


def test_a_closed_offer_is_no_answer_to_a_fresh_one(desk: Desk) -> None:
    desk.account("ada")
    desk.join("ada")
    item = desk.post()
    branch = f"wl/ada/{item}"
    statement = f"UPDATE wanted SET title='mine' WHERE id='{item}'"
    desk.write("ada", branch, statement)
    first = desk.offer("ada", branch).json()["pull_id"]
    desk.ok("PATCH", f"{V1}/acme/board/pulls/{first}", "ada", json={"state": "closed"})
    delete = {"q": f"CALL DOLT_BRANCH('-D', '{branch}')"}
    desk.ok("POST", f"{V1}/ada/board/write/main/{escaped('main')}", "ada", params=delete)
    desk.write("ada", branch, statement)

    second = desk.offer("ada", branch)

    assert first != second.json()["pull_id"]
