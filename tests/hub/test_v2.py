"""
DoltHub's second REST API: its envelope, its problem bodies, the keys of its resources.

Source: DoltHub's OpenAPI description of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

import pytest

from hub.desks import API, V1, V2, Desk, claim, open_desk
from wasteland.hub.operations import Kind

D: Final = f"{V2}/databases/acme/board"
OWN: Final = f"{V2}/databases/acme/plain"
PROBLEM: Final = frozenset({"type", "title", "status", "detail", "instance", "code", "request_id"})
RELEASE: Final = frozenset({"tag", "title", "commit_sha", "created_at", "updated_at"})
SUMMARY: Final = frozenset({"pull_number", "title", "state", "created_at", "creator"})
PULL: Final = SUMMARY | {"from_branch", "to_branch"}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A hub with a plain database, and work on offer at the board."""
    with open_desk(tmp_path_factory.mktemp("lived") / "host") as desk:
        desk.account("ada")
        desk.join("ada")
        body = {"owner": "acme", "name": "plain", "visibility": "public"}
        desk.ok("POST", f"{V2}/databases", "acme", json=body)
        for sql in (
            "CREATE TABLE pups (id INT PRIMARY KEY, name VARCHAR(40))",
            "INSERT INTO pups (id, name) VALUES (1, 'Brine'), (2, NULL), (3, 'Kelp')",
        ):
            desk.ok("POST", f"{V1}/acme/plain/write/main/main", "acme", params={"q": sql})
        item = desk.post()
        desk.write("ada", f"wl/ada/{item}", claim("ada", item))
        desk.offer("ada", f"wl/ada/{item}")
        desk.write(
            "ada",
            f"wl/ada/{item}",
            "INSERT INTO completions (id, wanted_id, completed_by, evidence, completed_at) VALUES "
            f"('c-0123456789abcdef', '{item}', 'ada', 'https://example.org/1', NOW())",
        )
        assert "3" == desk.offer("ada", f"wl/ada/{item}", "Work").json()["pull_id"]
        yield desk


def _data(desk: Desk, method: str, path: str, who: str = "acme", **rest: Any) -> Any:
    return desk.ok(method, path, who, **rest)["data"]


def _operation(desk: Desk, begun: Mapping[str, str], who: str = "acme") -> Any:
    """Follow an operation as clients do: by its address."""
    assert begun["href"] == f"{V2}/operations/{quote(begun['id'], safe='')}"
    return _data(desk, "GET", begun["href"], who)


def test_a_user_is_told_who_it_is(lived: Desk) -> None:
    assert {"username": "acme", "email_addresses": []} == _data(lived, "GET", f"{V2}/user")


def test_a_database_is_made_and_described(lived: Desk) -> None:
    body = {"owner": "acme", "name": "pups", "visibility": "private", "description": "Weights"}
    made = lived.send("POST", f"{V2}/databases", "acme", json=body)
    known = _data(lived, "GET", f"{V2}/databases/acme/pups")

    assert 201 == made.status_code
    assert body == {name: made.json()["data"][name] for name in body}
    assert made.json()["data"].keys() == known.keys()
    assert {"fork_network_count", "star_count", "size_bytes"} <= known.keys()


def test_a_fork_is_an_operation_that_ends_with_its_database(lived: Desk) -> None:
    lived.account("zoe")
    begun = lived.send("POST", f"{D}/forks", "zoe", json={"owner": "zoe"})
    done = _operation(lived, begun.json()["data"], "zoe")
    again = lived.send("POST", f"{D}/forks", "zoe", json={"owner": "zoe"})

    assert 202 == begun.status_code
    assert ("fork", "succeeded", False) == (done["type"], done["status"], done["cancelable"])
    assert {"database": {"owner": "zoe", "name": "board"}} == done["result"]
    assert (422, "UNPROCESSABLE") == (again.status_code, again.json()["code"])
    assert {"owner": "zoe", "name": "board"} in _data(lived, "GET", f"{D}/forks")
    parent = {"owner": "acme", "name": "board"}
    fork = _data(lived, "GET", f"{V2}/databases/zoe/board")
    assert (parent, parent) == (fork["parent"], fork["network_root"])


def test_branches_tags_and_releases_are_made_and_listed(lived: Desk) -> None:
    start = {"branch": "main"}
    branch = lived.send("POST", f"{OWN}/branches", "acme", json={"name": "b1", "from": start})
    head = branch.json()["data"]["head_commit_sha"]
    at = {"commit": head}
    tag = lived.send(
        "POST", f"{OWN}/tags", "acme", json={"name": "v1", "from": at, "message": "first"}
    )
    body = {"tag": "v1", "title": "First", "commit_sha": head, "description": "All"}
    release = lived.send("POST", f"{OWN}/releases", "acme", json=body)

    assert (201, 201, 201) == (branch.status_code, tag.status_code, release.status_code)
    assert {"name": "b1", "head_commit_sha": head} == branch.json()["data"]
    assert {"name": "v1", "commit_sha": head, "message": "first"} == tag.json()["data"]
    assert RELEASE | {"description"} == release.json()["data"].keys()
    assert "b1" in {found["name"] for found in _data(lived, "GET", f"{OWN}/branches", "")}
    listed = {found["name"]: found for found in _data(lived, "GET", f"{OWN}/tags", "")}
    assert (head, "first") == (listed["v1"]["commit_sha"], listed["v1"]["message"])
    assert ["First"] == [found["title"] for found in _data(lived, "GET", f"{OWN}/releases", "")]


def test_a_query_answers_rows_as_lists_with_their_columns(lived: Desk) -> None:
    params = {"ref": "main", "q": "SELECT id, name, 1 + 1 AS two FROM pups ORDER BY id"}
    found = _data(lived, "GET", f"{OWN}/sql", "", params=params)
    posted = _data(lived, "POST", f"{OWN}/sql", "", json=params)

    assert found == posted
    assert ("success", [["1", "Brine", "2"], ["2", None, "2"], ["3", "Kelp", "2"]]) == (
        found["status"],
        found["rows"],
    )
    assert ["id", "name", "two"] == [column["name"] for column in found["columns"]]
    assert {"name", "type"} <= found["columns"][0].keys()


@pytest.mark.parametrize(
    ("sql", "status"),
    [
        ("SELECT * FROM pupz", "error"),
        ("DELETE FROM pups", "error"),
        ("SELEC", "error"),
        ("SELECT a.id FROM pups AS a, pups AS b", "row_limit"),
    ],
)
def test_what_a_statement_fails_by_is_told_with_200(lived: Desk, sql: str, status: str) -> None:
    told = _data(lived, "GET", f"{OWN}/sql", "", params={"ref": "main", "q": sql, "limit": 5})

    assert status == told["status"]
    assert status != "error" or told["message"]
    assert len(told["rows"]) == (5 if status == "row_limit" else 0)


def test_a_write_is_an_operation_that_ends_with_its_commit(lived: Desk) -> None:
    body = {"from_branch": "main", "to_branch": "b2", "q": "DELETE FROM pups WHERE id = 3"}
    begun = lived.send("POST", f"{OWN}/sql-writes", "acme", json=body)
    done = _operation(lived, begun.json()["data"])

    assert 202 == begun.status_code
    assert ("sql_write", "succeeded") == (done["type"], done["status"])
    params = {"ref": done["result"]["commit_sha"], "q": "SELECT count(*) AS n FROM pups"}
    assert [["2"]] == _data(lived, "GET", f"{OWN}/sql", "", params=params)["rows"]


def test_a_write_that_fails_is_an_operation_that_says_why(lived: Desk) -> None:
    body = {"from_branch": "none", "to_branch": "b3", "q": "DELETE FROM pups"}
    done = _operation(lived, _data(lived, "POST", f"{OWN}/sql-writes", json=body))

    assert "failed" == done["status"]
    assert {"status", "code", "title", "detail"} <= done["error"].keys()
    assert "OPERATION_FAILED" == done["error"]["code"]


def test_pull_requests_are_listed_shown_changed_and_remarked_on(lived: Desk) -> None:
    listed = _data(lived, "GET", f"{D}/pulls", "")
    shown = _data(lived, "GET", f"{D}/pulls/3", "")
    edited = _data(lived, "PATCH", f"{D}/pulls/3", json={"title": "Better"})
    remark = lived.send("POST", f"{D}/pulls/3/comments", "acme", json={"body": "Good"})
    remarks = _data(lived, "GET", f"{D}/pulls/3/comments", "")

    assert [3, 2, 1] == [pull["pull_number"] for pull in listed]
    assert set() == SUMMARY - listed[0].keys()
    assert set() == PULL - shown.keys()
    assert {"owner": "ada", "name": "board"} == shown["from_branch"]["database"]
    assert "Better" == edited["title"]
    assert 201 == remark.status_code
    assert [remark.json()["data"]] == remarks
    assert {"comment_id", "author", "body", "created_at", "updated_at"} == remarks[0].keys()


def test_a_pull_request_is_made_and_merged(desk: Desk) -> None:
    item = desk.post()
    path = f"{V1}/acme/board/write/main/wl%2Fmia%2F{item}"
    desk.ok("POST", path, "acme", params={"q": f"UPDATE wanted SET title='y' WHERE id='{item}'"})
    database = {"owner": "acme", "name": "board"}
    body = {
        "title": "Better",
        "from_branch": {"database": database, "branch_name": f"wl/mia/{item}"},
        "to_branch": {"database": database, "branch_name": "main"},
    }
    made = desk.send("POST", f"{D}/pulls", "acme", json=body)
    number = made.json()["data"]["pull_number"]
    begun = desk.send("POST", f"{D}/pulls/{number}/merge", "acme", json={})
    done = _operation(desk, begun.json()["data"])

    assert (201, 202) == (made.status_code, begun.status_code)
    assert ("merge", {"pull_id": str(number)}) == (done["type"], done["result"])
    assert "merged" == _data(desk, "GET", f"{D}/pulls/{number}")["state"]
    assert "y" == desk.ok("GET", f"{API}/wanted/{item}")["item"]["title"]


# --- failures

_REF: Final = {"database": {"owner": "acme", "name": "board"}, "branch_name": "main"}
FAILURES: Final = [
    ("GET", f"{V2}/user", "", None, 401, "UNAUTHENTICATED"),
    ("POST", f"{V2}/databases", "", {"owner": "a", "name": "b", "visibility": "public"}, 401, ""),
    ("POST", f"{V2}/databases", "acme", {"owner": "acme", "name": "x"}, 400, "VALIDATION_FAILED"),
    (
        "POST",
        f"{V2}/databases",
        "acme",
        {"owner": "acme", "name": "x", "visibility": "secret"},
        400,
        "VALIDATION_FAILED",
    ),
    (
        "POST",
        f"{V2}/databases",
        "acme",
        {"owner": "ada", "name": "x", "visibility": "public"},
        403,
        "PERMISSION_DENIED",
    ),
    (
        "POST",
        f"{V2}/databases",
        "acme",
        {"owner": "acme", "name": "board", "visibility": "public"},
        409,
        "CONFLICT",
    ),
    (
        "POST",
        f"{V2}/databases",
        "acme",
        {"owner": "acme", "name": "x", "visibility": "public", "color": "red"},
        400,
        "VALIDATION_FAILED",
    ),
    ("GET", f"{V2}/databases/acme/none", "acme", None, 404, "NOT_FOUND"),
    ("POST", f"{OWN}/branches", "ada", {"name": "b", "from": {"branch": "main"}}, 403, ""),
    ("POST", f"{OWN}/branches", "", {"name": "b", "from": {"branch": "main"}}, 401, ""),
    ("POST", f"{OWN}/branches", "acme", {"name": "b", "from": {}}, 400, "VALIDATION_FAILED"),
    ("POST", f"{OWN}/branches", "acme", {"name": "b", "from": {"branch": "no"}}, 404, ""),
    ("POST", f"{OWN}/branches", "acme", {"name": "main", "from": {"branch": "main"}}, 409, ""),
    ("POST", f"{OWN}/tags", "acme", {"name": "v", "from": {"commit": "0" * 40}}, 404, ""),
    ("POST", f"{OWN}/releases", "acme", {"tag": "no", "title": "x", "commit_sha": "main"}, 404, ""),
    ("GET", f"{OWN}/sql?q=SELECT+1", "", None, 400, "VALIDATION_FAILED"),
    ("POST", f"{OWN}/sql", "", {"ref": "main", "q": "SELECT 1", "limit": "many"}, 400, ""),
    ("POST", f"{OWN}/sql-writes", "acme", {"from_branch": "a", "to_branch": "b", "q": ""}, 400, ""),
    ("GET", f"{D}/pulls/99", "", None, 404, "NOT_FOUND"),
    ("GET", f"{D}/pulls/x", "", None, 400, "VALIDATION_FAILED"),
    ("GET", f"{D}/pulls/{'9' * 30}", "", None, 400, "VALIDATION_FAILED"),
    ("PATCH", f"{D}/pulls/3", "acme", {}, 400, "VALIDATION_FAILED"),
    ("PATCH", f"{D}/pulls/3", "acme", {"state": "merged"}, 400, "VALIDATION_FAILED"),
    ("POST", f"{D}/pulls/1/merge", "ada", {}, 202, ""),
    ("POST", f"{D}/pulls/99/merge", "acme", {}, 404, "NOT_FOUND"),
    (
        "POST",
        f"{D}/pulls",
        "acme",
        {
            "title": "x",
            "from_branch": _REF,
            "to_branch": {**_REF, "database": {"owner": "x", "name": "y"}},
        },
        400,
        "VALIDATION_FAILED",
    ),
    ("POST", f"{D}/imports", "acme", {}, 422, "UNPROCESSABLE"),
    ("GET", f"{V2}/operations/operations%2Fx", "acme", None, 404, "NOT_FOUND"),
    ("GET", f"{V2}/operations/operations%2Fx", "", None, 401, "UNAUTHENTICATED"),
    ("GET", f"{D}/operations?page_token=x", "", None, 400, "VALIDATION_FAILED"),
    ("DELETE", D, "acme", None, 405, "METHOD_NOT_ALLOWED"),
    ("GET", f"{V2}/nowhere", "acme", None, 404, "NOT_FOUND"),
]


@pytest.mark.parametrize(
    ("method", "path", "who", "body", "status", "code"),
    FAILURES,
    ids=[f"{f[0]} {f[1].removeprefix(V2)} {f[2]} {f[4]}" for f in FAILURES],
)
def test_failures_are_problem_bodies_with_documented_codes(  # a row of the table
    lived: Desk, method: str, path: str, who: str, body: Any, status: int, code: str
) -> None:
    answer = lived.send(method, path, who, json=body)

    assert status == answer.status_code, answer.text
    if status == 202:
        return
    told = answer.json()
    assert "application/problem+json" == answer.headers["content-type"]
    assert set() == PROBLEM - told.keys()
    assert (status, answer.headers["x-request-id"]) == (told["status"], told["request_id"])
    assert code in {"", told["code"]}
    assert status != 405 or "allow" in answer.headers


def test_a_merge_of_what_was_closed_cannot_be_done(desk: Desk) -> None:
    desk.account("ada")
    desk.join("ada")
    item = desk.post()
    desk.write("ada", f"wl/ada/{item}", f"UPDATE wanted SET title='y' WHERE id='{item}'")
    number = desk.offer("ada", f"wl/ada/{item}").json()["pull_id"]
    desk.ok("PATCH", f"{D}/pulls/{number}", "ada", json={"state": "closed"})
    answer = desk.send("POST", f"{D}/pulls/{number}/merge", "acme", json={})

    told = answer.json()
    assert (422, "UNPROCESSABLE", "conflict") == (
        answer.status_code,
        told["code"],
        told["reason"],
    )


@pytest.mark.parametrize("api", [V1, V2], ids=["first", "second"])
def test_a_long_title_is_cut_when_it_is_given_and_when_it_is_changed(desk: Desk, api: str) -> None:
    """Clients put an item's title into it, with words of their own before it."""
    desk.account("ada")
    desk.fork("ada")
    desk.write("ada", "work", "INSERT INTO wanted (id, title) VALUES ('w-1', 'x')")
    long = "t" * 300
    number = desk.offer("ada", "work", long).json()["pull_id"]
    place = "acme/board" if api == V1 else "databases/acme/board"
    path = f"{api}/{place}/pulls/{number}"
    given = desk.ok("GET", path)
    changed = desk.ok("PATCH", path, "ada", json={"title": "T" * 300})

    assert long[:256] == given.get("data", given)["title"]
    assert "T" * 256 == changed.get("data", changed)["title"]


def test_a_tag_that_is_made_without_a_message_has_none(lived: Desk) -> None:
    body = {"name": "plain", "from": {"branch": "main"}}

    assert {"name", "commit_sha"} == _data(lived, "POST", f"{OWN}/tags", json=body).keys()


def test_operations_of_a_database_come_in_pages(desk: Desk) -> None:
    repo = desk.hub.host.repositories()[0]
    for number in range(31):
        with desk.hub.jobs.run(
            Kind.MERGE, account="acme", repo=repo, description=str(number), details={}
        ) as job:
            job.result = {"pull_id": str(number)}

    seen, token, sizes = [], "", []
    while True:
        page = desk.ok("GET", f"{D}/operations", params={"page_token": token})
        sizes.append(len(page["data"]))
        seen += [found["result"]["pull_id"] for found in page["data"]]
        token = page["meta"]["next_page_token"]
        if not token:
            break
    assert [15, 15, 1] == sizes
    assert [str(number) for number in range(30, -1, -1)] == seen
