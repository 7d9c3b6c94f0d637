"""
Each call of the existing client, as it leaves its machine: request line, headers, body to the byte.

It escapes branches as one segment, writes a space in a query as "+", sends writes without a body,
and a header that says "token " even where it has none.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote, quote_plus

import pytest

from hub.desks import V1, Desk, claim, registration

_GO: Final = {"user-agent": "Go-http-client/1.1", "accept-encoding": "gzip"}
_JSON: Final = {"content-type": "application/json"}
FORK: Final = (
    b'{"ownerName":"ada","parentDatabaseName":"board","parentOwnerName":"acme"}'  # sorted by Go
)
OFFER: Final = (
    b'{"title":"[wl] Fix it","description":"## wanted\\n```\\n~ modified: id=x\\n```\\n",'
    b'"fromBranchOwnerName":"ada","fromBranchRepoName":"board","fromBranchName":"%s",'
    b'"toBranchOwnerName":"acme","toBranchRepoName":"board","toBranchName":"main"}'
)


def _call(desk: Desk, line: str, *, token: str | None = None, body: bytes = b"") -> Any:
    """Send a request as the client does; *line* is its method and target."""
    method, _, target = line.partition(" ")
    headers = dict(_GO)
    if token is not None:
        headers["authorization"] = f"token {token}"
    if body:
        headers |= _JSON
    elif method != "GET":
        headers["content-length"] = "0"
    url = f"http://127.0.0.1{target}"
    return desk.client.request(method, url, headers=headers, content=body)


def _write(desk: Desk, branch: str, sql: str, base: str = "main") -> Any:
    place = f"write/{quote(base, safe='')}/{quote(branch, safe='')}"
    return _call(desk, f"POST {V1}/ada/board/{place}?q={quote_plus(sql)}", token=desk.tokens["ada"])


@pytest.fixture
def ada(any_desk: Desk) -> Desk:
    """A hub on which ada has a fork."""
    any_desk.account("ada")
    answer = _call(any_desk, f"POST {V1}/fork", token=any_desk.tokens["ada"], body=FORK)
    assert 200 == answer.status_code, answer.text
    return any_desk


def _offered(desk: Desk) -> tuple[str, str]:
    """Let ada register, claim and hand in; return item and branch of what waits for review."""
    _write(desk, "wl/register/ada", registration("ada"))
    _offer(desk, "wl/register/ada")
    item = desk.post()
    branch = f"wl/ada/{item}"
    _write(desk, branch, claim("ada", item))
    _offer(desk, branch)
    _write(
        desk,
        branch,
        "INSERT INTO completions (id, wanted_id, completed_by, evidence, completed_at) VALUES "
        f"('c-0123456789abcdef', '{item}', 'ada', 'it''s in C:\\\\x', NOW())",
    )
    _offer(desk, branch)
    return item, branch


def _offer(desk: Desk, branch: str) -> Any:
    body = OFFER % branch.encode()
    return _call(desk, f"POST {V1}/acme/board/pulls", token=desk.tokens["ada"], body=body)


def test_1_a_read_names_its_columns_and_answers_strings(ada: Desk) -> None:
    item = ada.post('It\'s 100% + "more"')
    sql = quote_plus(f"SELECT id, title, priority, claimed_by FROM wanted WHERE id='{item}'")
    for token in (None, ada.tokens["ada"]):
        answer = _call(ada, f"GET {V1}/acme/board/main?q={sql}", token=token)
        told = answer.json()

        assert (200, "Success") == (answer.status_code, told["query_execution_status"])
        names = [column["columnName"] for column in told["schema_fragment"]]
        assert ["id", "title", "priority", "claimed_by"] == names
        row = {"id": item, "title": 'It\'s 100% + "more"', "priority": "2", "claimed_by": None}
        assert [row] == told["rows"]


@pytest.mark.parametrize(
    ("target", "status"), [("acme/board", 200), ("ada/board", 200), ("ada/none", 404)]
)
def test_2_a_read_without_sql_says_whether_a_repository_is_there(
    ada: Desk, target: str, status: int
) -> None:
    signed = _call(ada, f"GET {V1}/{target}/main", token=ada.tokens["ada"])

    assert status == signed.status_code
    assert status == 200 or "no such repository" in signed.text


def test_3_a_write_without_body_is_done_when_it_is_answered(ada: Desk) -> None:
    answer = _write(ada, "wl/register/ada", registration("ada"))
    told = answer.json()
    again = _write(ada, "wl/register/ada", registration("ada"), base="wl/register/ada")

    assert (200, "Success") == (answer.status_code, told["query_execution_status"])
    assert "operation_name" not in told
    assert "Success" == again.json()["query_execution_status"]
    sql = quote_plus("SELECT handle FROM rigs WHERE handle='ada'")
    at = quote("wl/register/ada", safe="")
    read = _call(ada, f"GET {V1}/ada/board/{at}?q={sql}", token=ada.tokens["ada"])
    assert [{"handle": "ada"}] == read.json()["rows"]


def test_3_a_write_that_cannot_be_run_says_why_where_the_client_looks(ada: Desk) -> None:
    told = _write(ada, "wl/ada/w-1", claim("ada", "w-1")).json()

    assert "Error" == told["query_execution_status"]
    assert "no such wanted item" in told["query_execution_message"]


def test_3_the_branch_is_deleted_by_a_call(ada: Desk) -> None:
    _write(ada, "wl/ada/w-1", "INSERT INTO wanted (id, title) VALUES ('w-1', 'x')")
    told = _write(ada, "main", "CALL DOLT_BRANCH('-D', 'wl/ada/w-1')").json()
    sql = quote_plus("SELECT name FROM dolt_branches WHERE name LIKE 'wl/%'")
    left = _call(ada, f"GET {V1}/ada/board/main?q={sql}", token=ada.tokens["ada"]).json()

    assert "Success" == told["query_execution_status"], told
    assert [] == left["rows"]


def test_4_an_operation_is_polled_by_its_escaped_name(ada: Desk) -> None:
    path = f"{V1}/ada/board/write/main/wl%2Fregister%2Fada"
    begun = ada.ok("POST", path, "ada", params={"q": registration("ada")})
    name = quote_plus(begun["operation_name"])
    polled = _call(
        ada, f"GET {V1}/ada/board/write?operationName={name}", token=ada.tokens["ada"]
    ).json()

    assert "%2F" in name
    assert (True, "Success") == (polled["done"], polled["res_details"]["query_execution_status"])


def test_5_and_6_a_fork_is_made_once_and_polled_by_its_unescaped_name(ada: Desk) -> None:
    ada.account("ben")
    body = FORK.replace(b"ada", b"ben")
    made = _call(ada, f"POST {V1}/fork", token=ada.tokens["ben"], body=body).json()
    name = made["operation_name"]
    polled = _call(ada, f"GET {V1}/fork?operationName={name}", token=ada.tokens["ben"]).json()
    again = _call(ada, f"POST {V1}/fork", token=ada.tokens["ben"], body=body)

    assert "/" in name
    assert ("ben", "board") == (polled["owner_name"], polled["database_name"])
    assert "already exists" in again.text.lower()


def test_5_without_a_token_the_header_is_told_to_be_malformed(ada: Desk) -> None:
    answer = _call(ada, f"POST {V1}/fork", token="", body=FORK)

    assert 400 == answer.status_code
    assert "invalid authorization" in answer.text


def test_7_an_offer_is_known_by_its_id_and_a_second_one_already_exists(ada: Desk) -> None:
    _, branch = _offered(ada)
    (waiting,) = ada.ok("GET", f"{V1}/acme/board/pulls?filterByState=open")["pulls"]
    again = _offer(ada, branch)

    assert "3" == waiting["pull_id"]
    assert 400 == again.status_code
    assert "already exists" in again.text


def test_8_and_9_pull_requests_are_listed_and_shown(ada: Desk) -> None:
    _, branch = _offered(ada)
    listed = _call(ada, f"GET {V1}/acme/board/pulls").json()
    shown = _call(ada, f"GET {V1}/acme/board/pulls/3").json()

    assert ["3", "2", "1"] == [pull["pull_id"] for pull in listed["pulls"]]
    assert ["open", "merged", "merged"] == [pull["state"].lower() for pull in listed["pulls"]]
    assert "" == listed["next_page_token"]
    assert (branch, "ada", "ada") == (
        shown["from_branch"],
        shown["from_branch_owner"],
        shown["author"],
    )


@pytest.mark.parametrize(
    ("body", "state"),
    [(b'{"title":"[wl] Better","description":""}', "Open"), (b'{"state":"closed"}', "Closed")],
)
def test_10_an_offer_is_changed_or_closed(ada: Desk, body: bytes, state: str) -> None:
    _offered(ada)
    answer = _call(ada, f"PATCH {V1}/acme/board/pulls/3", token=ada.tokens["ada"], body=body)

    assert (200, state) == (answer.status_code, answer.json()["state"])


def test_11_the_fork_mutation_proves_itself_by_its_cookie(any_desk: Desk) -> None:
    token = any_desk.account("ada")
    body = (
        b'{"query":"mutation CreateFork($ownerName: String!, $parentOwnerName: String!, '
        b"$parentRepoName: String!) { createFork(ownerName: $ownerName, parentOwnerName: "
        b'$parentOwnerName, parentRepoName: $parentRepoName) { forkOperationName } }",'
        b'"variables":{"ownerName":"ada","parentOwnerName":"acme","parentRepoName":"board"}}'
    )
    headers = {**_GO, **_JSON, "cookie": f"dolthubToken={token}"}
    made, again = (
        any_desk.client.post("http://127.0.0.1/graphql", headers=headers, content=body).json()
        for _ in range(2)
    )

    assert "errors" not in made
    assert "already exists" in again["errors"][0]["message"]
