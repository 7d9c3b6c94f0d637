"""
DoltHub's first REST API: the documented keys of each endpoint's answers and failures.

Source: DoltHub's API reference, and what its clients read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from hub.desks import API, V1, Desk, claim, escaped, open_desk, pull_body
from wasteland.hub.operations import Kind

BOARD_V1: Final = f"{V1}/acme/board"
OWN_V1: Final = f"{V1}/acme/plain"
OF_DATABASE: Final = frozenset({"database_owner", "database_name"})
OF_REPOSITORY: Final = frozenset({"repository_owner", "repository_name"})
ERRORS: Final = frozenset({"code", "hint"})  # ours, beside what is documented


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A hub where something of everything has happened."""
    with open_desk(tmp_path_factory.mktemp("lived") / "host") as desk:
        desk.account("ada")
        desk.join("ada")
        _plain_database(desk)
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


def _plain_database(desk: Desk) -> None:
    body = {"ownerName": "acme", "repoName": "plain", "visibility": "public"}
    desk.ok("POST", f"{V1}/database", "acme", json=body)
    pups = ", ".join(f"({n}, 'pup {n}', {n})" for n in range(1, 4))
    for sql in (
        "CREATE TABLE pups (id INT PRIMARY KEY, name VARCHAR(40), weight INT)",
        f"INSERT INTO pups VALUES {pups}",
        "CREATE TABLE numbers (n INT PRIMARY KEY)",
        f"INSERT INTO numbers VALUES {', '.join(f'({n})' for n in range(40))}",
    ):
        desk.ok("POST", f"{OWN_V1}/write/main/main", "acme", params={"q": sql})


@dataclass(frozen=True)
class Call:
    """
    One call of an endpoint and what its answer must hold.

    Attributes:
        keys: All documented keys of the answer.
        said: Some of them with their values.
        status: Of the answer.
    """

    method: str
    path: str
    keys: frozenset[str] = frozenset()
    said: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    params: Any = None
    who: str = "acme"
    status: int = 200

    def __str__(self) -> str:
        return f"{self.method} {self.path.removeprefix(V1)} {self.json or self.params or ''}"[:80]


def _keys(*names: str) -> frozenset[str]:
    return frozenset(names)


_PULL = _keys("pull_id", "title", "description", "state", "created_at")
_FROM_TO = _keys(
    *("from_owner_name", "from_repository_name", "from_branch_name"),
    *("to_owner_name", "to_repository_name", "to_branch_name"),
)
_READ = OF_REPOSITORY | _keys(
    "query_execution_status", "query_execution_message", "commit_ref", "sql_query", "schema", "rows"
)
_RELEASE = _keys(
    *("release_tag", "release_description", "release_commit_sha", "release_title"),
    *("release_created_at", "release_updated_at"),
)
SUCCESSES: Final = (
    Call(
        "GET",
        f"{V1}/user",
        _keys(
            *("status", "username", "display_name", "bio", "location", "url"),
            *("profile_picture_url", "email_addresses"),
        ),
        {"status": "Success", "username": "acme", "email_addresses": []},
    ),
    Call(
        "POST",
        f"{V1}/database",
        OF_REPOSITORY | _keys("status", "description", "visibility"),
        {"repository_name": "pups", "visibility": "private", "description": "Pup weights"},
        {
            "ownerName": "acme",
            "repoName": "pups",
            "visibility": "private",
            "description": "Pup weights",
        },
    ),
    Call(
        "GET",
        f"{BOARD_V1}/forks",
        OF_DATABASE
        | _keys(
            *("status", "forks", "parent_owner", "parent_database_name", "network_root_owner"),
            *("network_root_database_name", "fork_network_count"),
        ),
        {
            "forks": [{"database_owner": "ada", "database_name": "board"}],
            "parent_owner": "",
            "network_root_owner": "acme",
            "fork_network_count": 1,
        },
    ),
    Call(
        "GET",
        f"{V1}/ada/board/forks",
        said={"parent_owner": "acme", "parent_database_name": "board", "forks": []},
    ),
    Call(
        "GET",
        f"{OWN_V1}/branches",
        OF_DATABASE | _keys("status", "branches"),
        {"branches": [{"branch_name": "main"}]},
    ),
    Call(
        "POST",
        f"{OWN_V1}/branches",
        OF_DATABASE | _keys("status", "new_branch_name", "revision_type", "revision_name"),
        {"new_branch_name": "fix/weights", "revision_type": "branch", "revision_name": "main"},
        {"newBranchName": "fix/weights", "revisionType": "branch", "revisionName": "main"},
    ),
    Call(
        "POST",
        f"{OWN_V1}/tags",
        OF_DATABASE
        | _keys("status", "tag_name", "tag_description", "revision_type", "revision_name"),
        {"tag_name": "v3", "tag_description": "spring count"},
        {
            "tagName": "v3",
            "tagMessage": "spring count",
            "revisionType": "branch",
            "revisionName": "main",
        },
    ),
    Call("GET", f"{OWN_V1}/tags", OF_DATABASE | _keys("status", "tags")),
    Call(
        "POST",
        f"{OWN_V1}/releases",
        OF_DATABASE | _RELEASE | _keys("status"),
        {"release_tag": "v3", "release_title": "Spring"},
        {"title": "Spring", "commitSha": "main", "tag": "v3"},
    ),
    Call("GET", f"{OWN_V1}/releases", OF_DATABASE | _keys("status", "next_page_token", "releases")),
    Call("GET", f"{BOARD_V1}/pulls", OF_DATABASE | _keys("status", "next_page_token", "pulls")),
    Call(
        "GET",
        f"{BOARD_V1}/pulls/3",
        OF_DATABASE
        | _PULL
        | _keys(
            *("status", "author", "from_branch_owner", "from_branch_database", "from_branch"),
            *("to_branch_owner", "to_branch_database", "to_branch"),
        ),
        {"state": "Open", "author": "ada", "pull_id": "3", "to_branch": "main"},
    ),
    Call(
        "PATCH",
        f"{BOARD_V1}/pulls/3",
        OF_DATABASE | _keys("status", "pull_id", "title", "description", "state"),
        {"title": "Better", "state": "Open"},
        {"title": "Better"},
    ),
    Call(
        "POST",
        f"{BOARD_V1}/pulls/3/comments",
        OF_REPOSITORY | _keys("status", "pull_id", "comment"),
        {"comment": "Looks right", "pull_id": "3"},
        {"comment": "Looks right"},
    ),
    Call("GET", f"{BOARD_V1}/jobs", OF_DATABASE | _keys("status", "next_page_token", "jobs")),
    Call(
        "GET",
        f"{V1}/users/acme/operations",
        _keys("status", "next_page_token", "operations"),
    ),
    Call(
        "GET",
        OWN_V1,
        _READ,
        {
            "sql_query": "SHOW TABLES;",
            "commit_ref": "main",
            "rows": [{"Tables_in_plain": "numbers"}, {"Tables_in_plain": "pups"}],
        },
        who="",
    ),
    Call(
        "GET",
        f"{OWN_V1}/main",
        _READ,
        {
            "query_execution_status": "Success",
            "query_execution_message": "",
            "rows": [{"id": "2", "name": "pup 2", "weight": "2"}],
        },
        params={"q": "SELECT * FROM pups WHERE id = 2"},
    ),
    Call("GET", f"{OWN_V1}/v3", said={"commit_ref": "v3"}, params={"q": "SELECT 1"}),
    Call(
        "POST",
        f"{OWN_V1}/write/main/fix%2Fweights",
        OF_REPOSITORY
        | _keys(
            *("query_execution_status", "query_execution_message", "from_branch_name"),
            *("to_branch_name", "query", "operation_name"),
        ),
        {"query_execution_message": "Query OK, 1 row affected.", "to_branch_name": "fix/weights"},
        params={"q": "UPDATE pups SET weight = 9 WHERE id = 1"},
    ),
    Call(
        "POST",
        f"{OWN_V1}/write/fix%2Fweights/fix%2Fweights",
        said={"query": "DELETE FROM pups WHERE id = 2"},
        json={"query": "DELETE FROM pups WHERE id = 2"},
    ),
    Call("POST", f"{OWN_V1}/write/fix%2Fweights/main", said={"to_commit_id": "", "query": ""}),
    Call(
        "GET",
        f"{OWN_V1}/main",
        said={"rows": [{"id": "1", "weight": "9"}, {"id": "3", "weight": "3"}]},
        params={"q": "SELECT id, weight FROM pups ORDER BY id"},
    ),
)


def test_each_endpoint_answers_with_its_documented_keys(lived: Desk) -> None:
    """In one test, as the later calls look at what the earlier ones have done."""
    for call in SUCCESSES:
        answer = lived.send(call.method, call.path, call.who, json=call.json, params=call.params)
        told = answer.json()

        assert 200 == answer.status_code, (str(call), answer.text)
        assert set() == call.keys - told.keys(), str(call)
        assert dict(call.said) == {name: told[name] for name in call.said}, str(call)
        assert "application/json" == answer.headers["content-type"]


FAILURES: Final = (
    Call(
        "GET",
        f"{V1}/user",
        _keys("status", "message"),
        {"message": "Not authenticated"},
        who="",
        status=401,
    ),
    Call(
        "POST",
        f"{V1}/database",
        OF_REPOSITORY | _keys("status", "message", "visibility"),
        {"repository_owner": "acme", "repository_name": "board", "visibility": "public"},
        {"ownerName": "acme", "repoName": "board", "visibility": "public"},
        status=400,
    ),
    Call(
        "POST",
        f"{V1}/fork",
        _keys("status", "message", "parent_owner", "parent_database", "forked_owner"),
        {"forked_owner": "ada", "parent_owner": "acme"},
        {"ownerName": "ada", "parentOwnerName": "acme", "parentDatabaseName": "board"},
        who="ada",
        status=400,
    ),
    Call(
        "GET",
        f"{V1}/fork",
        _keys("status", "message", "operation_name"),
        {"operation_name": "operations/x"},
        params={"operationName": "operations/x"},
        status=404,
    ),
    Call("GET", f"{V1}/acme/none/forks", OF_DATABASE | _keys("status", "message"), status=404),
    Call("GET", f"{V1}/acme/none/branches", OF_DATABASE | _keys("status", "message"), status=404),
    Call(
        "POST",
        f"{OWN_V1}/branches",
        OF_DATABASE
        | _keys("status", "message", "new_branch_name", "revision_type", "revision_name"),
        {"new_branch_name": "main", "revision_name": "main"},
        {"newBranchName": "main", "revisionType": "branch", "revisionName": "main"},
        status=400,
    ),
    Call(
        "POST",
        f"{OWN_V1}/branches",
        said={"field": "revisionType"},
        json={"newBranchName": "b", "revisionType": "moon", "revisionName": "main"},
        status=400,
    ),
    Call(
        "POST",
        f"{OWN_V1}/tags",
        OF_DATABASE
        | _keys(
            *("status", "message", "tag_name", "tag_description", "revision_type"),
            "revision_name",
        ),
        {"tag_name": "x", "revision_name": "none"},
        {"tagName": "x", "tagMessage": "m", "revisionType": "branch", "revisionName": "none"},
        status=404,
    ),
    Call(
        "POST",
        f"{OWN_V1}/releases",
        OF_DATABASE
        | (_RELEASE - _keys("release_created_at", "release_updated_at"))
        | _keys("status", "message"),
        {"release_tag": "none"},
        {"title": "x", "commitSha": "main", "tag": "none", "description": "d"},
        status=404,
    ),
    Call(
        "POST",
        f"{BOARD_V1}/pulls",
        _FROM_TO | _keys("status", "message", "title", "description"),
        {"from_branch_name": "none", "to_owner_name": "acme"},
        pull_body("ada", "none"),
        who="ada",
        status=404,
    ),
    Call(
        "GET",
        f"{BOARD_V1}/pulls/99",
        OF_DATABASE | _keys("status", "message", "pull_id"),
        status=404,
    ),
    Call(
        "GET",
        f"{BOARD_V1}/pulls/x",
        OF_DATABASE | _keys("status", "message", "pull_id"),
        status=404,
    ),
    Call(
        "PATCH",
        f"{BOARD_V1}/pulls/3",
        OF_DATABASE | _keys("status", "message", "pull_id"),
        {"field": "state"},
        {"state": "burnt"},
        status=400,
    ),
    Call(
        "PATCH",
        f"{BOARD_V1}/pulls/3",
        said={"message": "Nothing is to change.", "field": "body"},
        json={},
        status=400,
    ),
    Call(
        "POST",
        f"{BOARD_V1}/pulls/3/comments",
        OF_REPOSITORY | _keys("status", "message", "pull_id", "comment"),
        {"comment": " "},
        {"comment": " "},
        status=400,
    ),
    Call(
        "POST",
        f"{BOARD_V1}/pulls/99/merge",
        OF_DATABASE | _keys("status", "message", "pull_id"),
        status=404,
    ),
    Call(
        "GET",
        f"{BOARD_V1}/pulls/3/merge",
        _keys("status", "message", "operation_name"),
        params={"operationName": "x/y"},
        status=404,
    ),
    Call(
        "POST",
        f"{BOARD_V1}/upload",
        OF_DATABASE | _keys("status", "message"),
        {"message": "This hub imports no files."},
        status=400,
    ),
    Call(
        "GET",
        f"{V1}/users/ada/operations",
        _keys("status", "message", "username", "operation_type"),
        {"username": "ada", "operation_type": "Import"},
        params={"operationType": "Import"},
        status=403,
    ),
    Call(
        "GET",
        f"{V1}/users/acme/operations",
        said={"operation_type": "Nap", "field": "operationType"},
        params={"operationType": "Nap"},
        status=400,
    ),
    Call(
        "GET",
        f"{V1}/acme/none/main",
        (_READ - _keys("schema", "rows")),
        {"query_execution_status": "Error", "query_execution_message": "no such repository"},
        params={"q": "SELECT 1"},
        status=404,
    ),
    Call(
        "POST",
        f"{V1}/acme/none/write/main/b",
        OF_REPOSITORY
        | _keys(
            *("query_execution_status", "query_execution_message", "from_branch_name"),
            *("to_branch_name", "query", "operation_name"),
        ),
        {"operation_name": "", "query": "DELETE FROM t"},
        params={"q": "DELETE FROM t"},
        status=404,
    ),
    Call(
        "GET",
        f"{BOARD_V1}/write",
        _keys("query_execution_status", "query_execution_message", "operation_name"),
        params={"operationName": "operations/x"},
        status=404,
    ),
    Call("GET", f"{V1}/nowhere", _keys("status", "message"), status=404),
    Call("DELETE", f"{BOARD_V1}/branches", _keys("status", "message"), status=405),
    Call("POST", f"{BOARD_V1}/main", _keys("status", "message"), {"field": "method"}, status=405),
)


@pytest.mark.parametrize("call", FAILURES, ids=str)
def test_each_endpoint_fails_with_its_documented_keys(lived: Desk, call: Call) -> None:
    answer = lived.send(call.method, call.path, call.who, json=call.json, params=call.params)
    told = answer.json()

    assert call.status == answer.status_code, answer.text
    assert set() == (call.keys | ERRORS) - told.keys()
    assert dict(call.said) == {name: told[name] for name in call.said}
    assert "Error" == told.get("status", told.get("query_execution_status"))
    assert answer.status_code != 405 or "allow" in answer.headers


# --- what a statement fails by is told with 200


@pytest.mark.parametrize(
    ("ref", "sql", "message"),
    [
        ("none", "SELECT 1", "query error: branch not found"),
        ("main", "SELECT * FROM pupz", "query error: table not found: pupz"),
        ("main", "SELEC 1", "Unsupported SQL statement: SELEC"),
        ("main", "SELECT 1; SELECT 2", "query error"),
        ("main", "DELETE FROM pups", "Unsupported SQL statement: DELETE"),
        ("main", "CALL DOLT_BRANCH('x')", "CALL"),
        ("main", "SELECT nocolumn FROM pups", "query error"),
    ],
)
def test_a_read_that_cannot_be_run_is_told_in_the_body(
    lived: Desk, ref: str, sql: str, message: str
) -> None:
    told = lived.ok("GET", f"{OWN_V1}/{ref}", params={"q": sql})

    assert "Error" == told["query_execution_status"]
    assert message in told["query_execution_message"]
    assert ([], []) == (told["rows"], told["schema"])


def test_more_than_a_thousand_rows_are_cut_and_said_so(lived: Desk) -> None:
    sql = "SELECT a.n FROM numbers AS a CROSS JOIN numbers AS b LIMIT"

    full = lived.ok("GET", f"{OWN_V1}/main", params={"q": f"{sql} 1000"})
    more = lived.ok("GET", f"{OWN_V1}/main", params={"q": f"{sql} 1001"})

    assert ("Success", 1000) == (full["query_execution_status"], len(full["rows"]))
    assert ("RowLimit", 1000) == (more["query_execution_status"], len(more["rows"]))


def test_a_read_that_takes_too_long_is_told_in_the_words_that_clients_know(
    lived: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = lived.hub.sandbox
    whole = sandbox.read
    monkeypatch.setattr(sandbox, "read", lambda *a, **k: whole(*a, **(k | {"deadline_s": 0.05})))
    sql = f"SELECT count(*) AS c FROM {', '.join(f'numbers AS {name}' for name in 'abcdef')}"

    told = lived.ok("GET", f"{OWN_V1}/main", params={"q": sql})
    assert ("Error", "query error: context deadline exceeded") == (
        told["query_execution_status"],
        told["query_execution_message"],
    )


def test_a_database_without_commits_says_that_it_has_no_branch(lived: Desk) -> None:
    body = {"ownerName": "acme", "repoName": "empty", "visibility": "public"}
    lived.ok("POST", f"{V1}/database", "acme", json=body)

    told = lived.ok("GET", f"{V1}/acme/empty/none")
    assert "query error: branch not found" == told["query_execution_message"]


def test_a_failed_write_is_listed_as_failed(lived: Desk) -> None:
    path = f"{BOARD_V1}/write/none/{escaped('wl/mia/x')}"
    told = lived.ok("POST", path, "acme", params={"q": "DELETE FROM wanted"})
    (newest, *_) = lived.ok("GET", f"{V1}/users/acme/operations", "acme")["operations"]

    assert ("Error", "") == (told["query_execution_status"], told["operation_name"])
    assert ("Failure", "SqlWrite") == (newest["operation_status"], newest["operation_type"])
    assert "branch not found" in newest["error"]


# --- paging


def test_pull_requests_come_in_pages_newest_first(desk: Desk) -> None:
    state = desk.hub.host.state
    desk.account("ada")
    desk.fork("ada")
    desk.write("ada", "work", "INSERT INTO wanted (id, title) VALUES ('w-1', 'x')")
    first = desk.offer("ada", "work").json()["pull_id"]
    pull = desk.hub.host.pull(desk.hub.host.repositories()[0], first)
    for number in range(129):
        state.pulls.open(_another(pull, number))

    pages, token = [], ""
    while True:
        page = desk.ok("GET", f"{BOARD_V1}/pulls", params={"pageToken": token})
        pages.append([int(found["pull_id"]) for found in page["pulls"]])
        token = page["next_page_token"]
        if not token:
            break

    assert list(range(130, 0, -1)) == [number for page in pages for number in page]
    assert [50, 50, 30] == [len(page) for page in pages]


def _another(pull: Any, number: int) -> Any:
    values = {name: getattr(pull, name) for name in pull.__slots__}
    return type(pull)(**{**values, "branch": f"b{number}", "title": f"offer {number}"})


def test_pull_requests_are_found_by_state_words_and_review(lived: Desk) -> None:
    lived.account("rev")
    lived.join("rev")
    lived.ok("PATCH", f"{BOARD_V1}/pulls/3", "acme", json={"title": "Better"})
    lived.ok("POST", f"{BOARD_V1}/pulls/3/reviews", "rev", json={"verdict": "approved"})

    def numbers(**params: str) -> list[str]:
        found = lived.ok("GET", f"{BOARD_V1}/pulls", params=params)["pulls"]
        return [pull["pull_id"] for pull in found]

    assert ["3"] == numbers(filterByState="Open") == numbers(filterByState="open")
    assert "3" not in numbers(filterByState="Merged")
    assert ["3"] == numbers(query="BETTER")
    assert ["3"] == numbers(filterByReviewStatus="Approved")
    assert ["3"] == numbers(filterByReviewStatus="Reviewed")
    assert [] == numbers(filterByReviewStatus="Rejected")
    assert [] == numbers(filterByReviewStatus="AssignedReviewer")


def test_operations_and_jobs_come_in_pages_of_fifteen(desk: Desk) -> None:
    repo = desk.hub.host.repositories()[0]
    for number in range(40):
        with desk.hub.jobs.run(
            Kind.SQL_WRITE, account="acme", repo=repo, description=f"no {number}", details={}
        ):
            pass

    for path, name in ((f"{BOARD_V1}/jobs", "jobs"), (f"{V1}/users/acme/operations", "operations")):
        sizes, seen, token = [], [], ""
        while True:
            page = desk.ok("GET", path, "acme", params={"pageToken": token})
            sizes.append(len(page[name]))
            seen += [found["description"] for found in page[name]]
            token = page["next_page_token"]
            if not token:
                break
        assert [15, 15, 10] == sizes
        assert [f"no {number}" for number in range(39, -1, -1)] == seen


@pytest.mark.parametrize(
    "path", [f"{BOARD_V1}/pulls", f"{BOARD_V1}/jobs", f"{V1}/users/acme/operations"]
)
@pytest.mark.parametrize(
    "token", ["x", "-1", "1.5", "9" * 19, "9" * 400, "\uff11", "1 OR 1=1", "\0"]
)
def test_a_paging_token_that_is_none_of_ours_is_refused(lived: Desk, path: str, token: str) -> None:
    answer = lived.send("GET", path, "acme", params={"pageToken": token})

    assert (400, "pageToken") == (answer.status_code, answer.json()["field"])


# --- merging


def test_a_merge_can_be_polled_in_both_places(desk: Desk) -> None:
    desk.account("ada")
    desk.join("ada")
    item = desk.post()
    desk.ok("PATCH", f"{API}/wanted/{item}", "acme", json={"title": "Better"})
    (pull,) = desk.ok("GET", f"{BOARD_V1}/pulls?filterByState=open")["pulls"]
    path = f"{BOARD_V1}/pulls/{pull['pull_id']}/merge"

    merged = desk.ok("POST", path, "acme")
    name = {"operationName": merged["operation_name"]}
    polled = desk.ok("GET", path, "acme", params=name)
    elsewhere = desk.ok("GET", f"{BOARD_V1}/upload", "acme", params=name)
    listed = desk.ok("GET", f"{V1}/users/acme/operations?operationType=Merge", "acme")

    assert merged["operation_name"].startswith("repositoryOwners/acme/repositories/board/jobs/")
    assert merged["user_operation_name"].startswith("users/acme/userOperations/")
    assert ("Completed", True) == (polled["job_status"], polled["job_created"])
    assert ("Completed", pull["pull_id"]) == (elsewhere["job_status"], elsewhere["pull_id"])
    assert 1 == len(listed["operations"])


def test_a_review_and_a_merge_name_the_commit_that_was_seen(desk: Desk) -> None:
    """What was pushed meanwhile is neither approved nor merged by it."""
    desk.account("ada")
    desk.join("ada")
    desk.account("rev")
    desk.join("rev")
    item = desk.post()
    branch = f"wl/ada/{item}"
    desk.write("ada", branch, f"UPDATE wanted SET description='a' WHERE id='{item}'")
    number = desk.offer("ada", branch).json()["pull_id"]
    path = f"{BOARD_V1}/pulls/{number}"
    seen = desk.ok("GET", path)["head_commit_id"]
    desk.write("ada", branch, f"UPDATE wanted SET description='b' WHERE id='{item}'")
    now = desk.ok("GET", path)["head_commit_id"]

    review = {"verdict": "approved", "headCommitId": seen}
    stale = desk.send("POST", f"{path}/reviews", "rev", json=review)
    fresh = desk.ok("POST", f"{path}/reviews", "rev", json={**review, "headCommitId": now[:8]})
    merge = desk.send("POST", f"{path}/merge", "acme", json={"headCommitId": seen})

    assert seen != now
    assert (409, "stale") == (stale.status_code, stale.json()["code"])
    assert now == fresh["head_commit_id"]
    assert (409, "stale") == (merge.status_code, merge.json()["code"])
    assert "Open" == desk.ok("GET", path)["state"]
