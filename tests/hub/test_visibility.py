"""Who sees and who changes what: settings, others' pull requests, forks, schema, verdicts."""

from __future__ import annotations

from typing import Any, Final

import pytest

from hub.desks import BOARD, V1, V2, Desk, claim, escaped, hide, pull_body
from wasteland.hub.catalog import Role, Visibility

PULLS: Final = f"{V1}/acme/board/pulls"


def _joined(desk: Desk, *names: str) -> None:
    for name in names:
        desk.account(name)
        desk.join(name)


def _offered(desk: Desk, who: str, item: str) -> str:
    """Return the number of a pull request that waits for a review."""
    desk.write(who, f"wl/{who}/{item}", f"UPDATE wanted SET title='by {who}' WHERE id='{item}'")
    return str(desk.offer(who, f"wl/{who}/{item}").json()["pull_id"])


def test_hiding_a_repository_hides_its_forks_at_the_next_request(desk: Desk) -> None:
    _joined(desk, "ada")
    before = desk.send("GET", f"{V1}/ada/board/main").status_code
    desk.ok("PATCH", "/api/v1/commons/acme/board", "acme", json={"visibility": "private"})

    for path in (f"{V1}/acme/board/main", f"{V1}/ada/board/main", f"{V2}/databases/ada/board"):
        assert 404 == desk.send("GET", path, "ada").status_code
    assert 200 == before
    desk.ok("PATCH", "/api/v1/commons/acme/board", "acme", json={"visibility": "public"})
    assert 200 == desk.send("GET", f"{V1}/ada/board/main").status_code


@pytest.mark.parametrize("who", ["", "eve", "reader", "writer"])
def test_only_an_owner_changes_who_sees_a_repository(desk: Desk, who: str) -> None:
    for name in ("eve", "reader", "writer"):
        desk.account(name)
    desk.hub.catalog.set_role(BOARD, "reader", Role.READ)
    desk.hub.catalog.set_role(BOARD, "writer", Role.WRITE)

    body = {"visibility": "private"}
    answer = desk.send("PATCH", "/api/v1/commons/acme/board", who, json=body)
    assert (401 if not who else 403) == answer.status_code
    assert Visibility.PUBLIC is desk.hub.catalog.entry(BOARD).visibility


def test_a_fork_is_not_seen_otherwise_than_what_it_is_a_fork_of(desk: Desk) -> None:
    _joined(desk, "ada")
    body = {"visibility": "private"}

    assert 409 == desk.send("PATCH", "/api/v1/commons/ada/board", "ada", json=body).status_code


def test_a_repository_is_private_from_its_first_moment(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    create = desk.hub.host.create

    def look(*given: Any, **named: Any) -> Any:
        made = create(*given, **named)
        seen.append(desk.send("GET", f"{V2}/databases/acme/vault").status_code)
        return made

    monkeypatch.setattr(desk.hub.host, "create", look)
    body = {"owner": "acme", "name": "vault", "visibility": "private"}
    assert 201 == desk.send("POST", "/api/v1/commons", "acme", json=body).status_code
    assert [404] == seen


def test_a_creation_that_fails_leaves_no_settings_behind(desk: Desk) -> None:
    body = {"owner": "acme", "name": "vault", "visibility": "private", "handle": "NOT A HANDLE"}
    refused = desk.send("POST", "/api/v1/commons", "acme", json=body)

    assert 422 == refused.status_code
    assert Visibility.PUBLIC is desk.hub.catalog.entry(type(BOARD)("acme", "vault")).visibility


# --- others' pull requests


@pytest.mark.parametrize("who", ["eve", "ben", ""])
def test_nobody_closes_retitles_merges_or_moves_the_offer_of_another(desk: Desk, who: str) -> None:
    _joined(desk, "ada", "ben")
    desk.account("eve")
    number = _offered(desk, "ada", desk.post())
    before = desk.ok("GET", f"{PULLS}/{number}")
    tries = [
        ("PATCH", f"{PULLS}/{number}", {"state": "closed"}),
        ("PATCH", f"{PULLS}/{number}", {"title": "mine"}),
        ("PATCH", f"{V2}/databases/acme/board/pulls/{number}", {"state": "closed"}),
        ("POST", f"{PULLS}/{number}/merge", None),
        ("POST", f"{V2}/databases/acme/board/pulls/{number}/merge", {}),
        ("POST", f"{PULLS}/{number}/head", None),
    ]

    for method, path, body in tries:
        answer = desk.send(method, path, who, json=body)
        assert (401 if not who else 403) == answer.status_code, (method, path, answer.text)
    assert before == desk.ok("GET", f"{PULLS}/{number}")


def test_nobody_deletes_or_writes_a_branch_of_the_fork_of_another(desk: Desk) -> None:
    _joined(desk, "ada", "eve")
    item = desk.post()
    number = _offered(desk, "ada", item)
    branch = f"wl/ada/{item}"
    path = f"{V1}/ada/board/write"
    calls = [
        (f"{path}/main/main", f"CALL DOLT_BRANCH('-D', '{branch}')"),
        (f"{path}/{escaped(branch)}/{escaped(branch)}", "DELETE FROM wanted"),
        (f"{V1}/acme/board/write/main/main", f"CALL DOLT_BRANCH('-D', '{branch}')"),
        (f"{V1}/acme/board/write/main/main", f"CALL DOLT_MERGE('{branch}')"),
        (f"{V1}/acme/board/write/main/{escaped(branch)}", "DELETE FROM wanted"),
    ]

    for address, sql in calls:
        assert 403 == desk.send("POST", address, "eve", params={"q": sql}).status_code, sql
    assert "Open" == desk.ok("GET", f"{PULLS}/{number}")["state"]


def test_nobody_offers_from_a_fork_that_is_not_theirs(desk: Desk) -> None:
    _joined(desk, "ada", "eve")
    item = desk.post()
    branch = f"wl/ada/{item}"
    desk.write("ada", branch, claim("ada", item))

    answer = desk.send("POST", PULLS, "eve", json=pull_body("ada", branch))
    assert 403 == answer.status_code
    assert [{"status": "open"}] == desk.rows(f"SELECT status FROM wanted WHERE id='{item}'")


def test_nobody_offers_work_under_the_name_of_the_rig_of_another(desk: Desk) -> None:
    """Lists show the rig that the branch names as the author."""
    _joined(desk, "ada", "eve")
    item = desk.post()
    branch = f"wl/ada/{item}"
    desk.write("eve", branch, f"UPDATE wanted SET title='x' WHERE id='{item}'")

    answer = desk.offer("eve", branch)
    assert 403 == answer.status_code
    assert "ada is no rig of eve" in answer.json()["message"].replace("'", "")
    assert [] == desk.ok("GET", f"{PULLS}?filterByState=open")["pulls"]


def test_nobody_reviews_their_own_offer(desk: Desk) -> None:
    _joined(desk, "ada")
    number = _offered(desk, "ada", desk.post())

    review = {"verdict": "approved"}
    answer = desk.send("POST", f"{PULLS}/{number}/reviews", "ada", json=review)
    assert 403 == answer.status_code


def test_an_approval_stays_with_the_commit_that_was_reviewed(desk: Desk) -> None:
    _joined(desk, "ada", "ben")
    item = desk.post()
    number = _offered(desk, "ada", item)
    desk.ok("POST", f"{PULLS}/{number}/reviews", "ben", json={"verdict": "approved"})
    desk.write("ada", f"wl/ada/{item}", f"UPDATE wanted SET title='z' WHERE id='{item}'")

    (review,) = desk.ok("GET", f"{PULLS}/{number}/reviews")["reviews"]
    assert review["head_commit_id"] != desk.ok("GET", f"{PULLS}/{number}")["head_commit_id"]


# --- what a public parent tells of a private fork, and the other way round


def test_a_pull_request_number_of_one_repository_opens_nothing_of_another(desk: Desk) -> None:
    hide(desk)
    number = _offered_by_member(desk)
    desk.account("eve")
    body = {"owner": "eve", "name": "board", "handle": "eve", "visibility": "public"}
    desk.ok("POST", "/api/v1/commons", "eve", json=body)

    for path in (f"{V1}/eve/board/pulls/{number}", f"{V2}/databases/eve/board/pulls/{number}"):
        assert 404 == desk.send("GET", path, "eve").status_code


def _offered_by_member(desk: Desk) -> str:
    desk.account("ben")
    desk.hub.catalog.set_role(BOARD, "ben", Role.READ)
    desk.join("ben")
    return _offered(desk, "ben", desk.post())


def test_an_operation_is_shown_to_the_account_that_began_it_only(desk: Desk) -> None:
    _joined(desk, "ada")
    desk.account("eve")
    (job, *_) = desk.ok("GET", f"{V1}/ada/board/jobs")["jobs"]
    name = {"operationName": f"operations/{job['job_id']}"}

    assert 200 == desk.send("GET", f"{V1}/ada/board/write", "ada", params=name).status_code
    assert 404 == desk.send("GET", f"{V1}/ada/board/write", "eve", params=name).status_code
    path = f"{V2}/operations/operations%2F{job['job_id']}"
    assert (200, 404) == (
        desk.send("GET", path, "ada").status_code,
        desk.send("GET", path, "eve").status_code,
    )


# --- the schema


@pytest.mark.parametrize("table", ["wanted", "WANTED", "`Wanted`", "_meta", "rigs", "wlx_leases"])
@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE {}",
        "ALTER TABLE {} ADD COLUMN extra INT",
        "CREATE INDEX extra ON {} (id)",
        "CREATE TABLE {} (id INT PRIMARY KEY)",
    ],
)
def test_not_even_the_owner_changes_the_tables_of_the_protocol(
    any_desk: Desk, sql: str, table: str
) -> None:
    before = any_desk.hub.host.engine(BOARD).tables()
    path = f"{V1}/acme/board/write/main/main"
    answer = any_desk.send("POST", path, "acme", params={"q": sql.format(table)})

    assert answer.status_code in {400, 403}, answer.text
    assert "Error" == answer.json()["query_execution_status"]
    assert before == any_desk.hub.host.engine(BOARD).tables()


@pytest.mark.parametrize("who", ["eve", "writer"])
def test_nobody_but_the_owner_changes_the_schema(desk: Desk, who: str) -> None:
    for name in ("eve", "writer"):
        desk.account(name)
    desk.hub.catalog.set_role(BOARD, "writer", Role.WRITE)
    params = {"q": "CREATE TABLE mine (id INT PRIMARY KEY)"}

    answer = desk.send("POST", f"{V1}/acme/board/write/main/main", who, params=params)
    assert 403 == answer.status_code


def test_not_even_the_owner_writes_main_of_a_commons_past_the_gate(any_desk: Desk) -> None:
    item = any_desk.post()
    path = f"{V1}/acme/board"
    sql = f"UPDATE wanted SET status='completed' WHERE id='{item}'"
    changes = {"branch": "main", "statements": [{"sql": sql}]}

    direct = any_desk.send("POST", f"{path}/write/main/main", "acme", params={"q": sql})
    bundled = any_desk.send("POST", f"{path}/changes", "acme", json=changes)
    assert (403, 403) == (direct.status_code, bundled.status_code)
    assert [{"status": "open"}] == any_desk.rows(f"SELECT status FROM wanted WHERE id='{item}'")
