"""
The recipes of the raw-Dolt guide as ``curl`` sends them: paths, header names, bodies to the byte.

They go to a fork that holds what was pushed with ``dolt``; here that is a branch of the fork.
"""

from __future__ import annotations

from typing import Any, Final

import pytest

from hub.desks import V1, Desk, claim, open_desk, registration

LONG: Final = (
    b'{\n"title": "Register ada + complete w-x1",\n'
    b'"description": "Registers my rig and submits completion evidence for w-x1.",\n'
    b'"fromBranchOwnerName": "ada",\n"fromBranchRepoName": "board",\n'
    b'"fromBranchName": "%s",\n"toBranchOwnerName": "acme",\n'
    b'"toBranchRepoName": "board",\n"toBranchName": "main"\n}'
)
SHORT: Final = (
    b'{\n"title": "w-x1: completion submission",\n"fromBranchOwnerName": "ada",\n'
    b'"fromBranchRepoName": "board",\n"fromBranchName": "%s",\n"toBranchName": "main"\n}'
)
# What curl sends besides.
CURL: Final = {"user-agent": "curl/8.5.0", "accept": "*/*"}


@pytest.fixture
def ada(desk: Desk) -> Desk:
    """A hub where ada has a fork with a registration, a claim and a submission on one branch."""
    desk.account("ada")
    desk.fork("ada")
    item = desk.post()
    desk.write("ada", "work", registration("ada"))
    desk.write("ada", "work", claim("ada", item))
    desk.write(
        "ada",
        "work",
        "INSERT INTO completions (id, wanted_id, completed_by, evidence, completed_at) VALUES "
        f"('c-0123456789abcdef', '{item}', 'ada', 'https://example.org/1', NOW())",
    )
    desk.write("ada", "work", f"UPDATE wanted SET status='in_review' WHERE id='{item}'")
    return desk


def _curl(desk: Desk, method: str, path: str, body: bytes, token: str, **headers: str) -> Any:
    """Send a request as curl does with -H and -d."""
    sent = {**CURL, "Authorization": f"token {token}", "Content-Type": "application/json"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return desk.client.request(method, path, content=body, headers=sent)


def test_the_long_form_opens_a_pull_request(ada: Desk) -> None:
    answer = _curl(ada, "POST", f"{V1}/acme/board/pulls", LONG % b"work", ada.tokens["ada"])

    assert 200 == answer.status_code, answer.text
    told = answer.json()
    assert ("Success", "1") == (told["status"], told["pull_id"])
    assert "Register ada + complete w-x1" == told["title"]


def test_the_short_form_goes_to_the_database_of_the_path(ada: Desk) -> None:
    answer = _curl(ada, "POST", f"{V1}/acme/board/pulls", SHORT % b"work", ada.tokens["ada"])

    told = answer.json()
    assert ("acme", "board", "main") == (
        told["to_owner_name"],
        told["to_repository_name"],
        told["to_branch_name"],
    )
    assert "1" == told["pull_id"]


def test_a_pull_request_is_closed_by_patch(ada: Desk) -> None:
    _curl(ada, "POST", f"{V1}/acme/board/pulls", SHORT % b"work", ada.tokens["ada"])
    answer = _curl(
        ada, "PATCH", f"{V1}/acme/board/pulls/1", b'{"state": "closed"}', ada.tokens["ada"]
    )

    assert (200, "Closed") == (answer.status_code, answer.json()["state"])


@pytest.mark.parametrize("form", [LONG, SHORT], ids=["long", "short"])
def test_main_of_a_fork_is_not_offered_and_the_answer_says_what_to_do(
    ada: Desk, form: bytes
) -> None:
    """It follows its upstream here, so it never holds anything of its own."""
    answer = _curl(ada, "POST", f"{V1}/acme/board/pulls", form % b"main", ada.tokens["ada"])

    told = answer.json()
    assert (400, "Error") == (answer.status_code, told["status"])
    assert "offers a branch, not main" in told["message"]
    assert "branch" in told["hint"]


@pytest.mark.parametrize(
    "kind",
    [
        "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJkb2x0In0.c2lnbmF0dXJl",
        "1234567890abcdefghijklmnopqrstuv",
        "dhat.v1." + "a" * 50,
        "dhat.v1.your-token-here",
    ],
    ids=["jwt", "key id", "DoltHub's", "placeholder"],
)
def test_another_kind_of_token_is_refused_in_the_words_that_clients_know(
    ada: Desk, kind: str
) -> None:
    answer = _curl(ada, "POST", f"{V1}/acme/board/pulls", SHORT % b"work", kind)

    assert 401 == answer.status_code
    assert "no token found for given API token" in answer.json()["message"]
    assert "dolt creds" in answer.json()["hint"]
    assert kind not in answer.text


def test_an_unset_variable_is_told_as_a_malformed_header(ada: Desk) -> None:
    answer = _curl(ada, "POST", f"{V1}/acme/board/pulls", SHORT % b"work", "")

    assert (400, "invalid authorization header") == (
        answer.status_code,
        answer.json()["message"],
    )


@pytest.mark.parametrize("name", ["authorization", "Authorization", "AUTHORIZATION"])
def test_header_names_have_no_case(ada: Desk, name: str) -> None:
    answer = ada.client.get(f"{V1}/user", headers={name: f"token {ada.tokens['ada']}"})

    assert "ada" == answer.json()["username"]


def test_a_host_that_the_hub_is_not_called_by_is_refused_with_the_way_to_allow_it(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    root = tmp_path_factory.mktemp("named") / "host"
    with open_desk(root, hosts=("www.hub.example",)) as desk:
        full = desk.send("GET", "/api/v1", headers={"host": "www.hub.example"})
        bare = desk.send("GET", "/api/v1", headers={"host": "hub.example"})

    assert 200 == full.status_code
    assert (403, "wl serve --public-host NAME") == (bare.status_code, bare.json()["hint"])


def test_an_offer_to_another_database_than_the_paths_is_refused(ada: Desk) -> None:
    body = (LONG % b"work").replace(b'"acme"', b'"other"')
    answer = _curl(ada, "POST", f"{V1}/acme/board/pulls", body, ada.tokens["ada"])

    assert (400, "toBranchOwnerName") == (answer.status_code, answer.json()["field"])
