"""
The calls of an existing client, as it sends them, and what it reads of the answers.

It knows nothing of the gate: it writes on branches of its own fork and opens pull requests.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hub.desks import API, V1, Desk, claim, escaped, open_desk, pull_body, registration


@pytest.mark.requirement("S0-91", "S0-117")
def test_a_fork_is_there_when_the_call_returns_and_can_be_polled(any_desk: Desk) -> None:
    any_desk.account("ada")
    body = {"ownerName": "ada", "parentOwnerName": "acme", "parentDatabaseName": "board"}

    made = any_desk.ok("POST", f"{V1}/fork", "ada", json=body)
    # It does not escape the operation's name.
    polled = any_desk.ok("GET", f"{V1}/fork?operationName={made['operation_name']}", "ada")

    assert "Success" == made["status"]
    assert ("ada", "board") == (polled["owner_name"], polled["database_name"])
    assert any_desk.send("GET", f"{V1}/ada/board/main").status_code == 200


def test_a_second_fork_is_refused_in_the_words_that_it_looks_for(desk: Desk) -> None:
    desk.account("ada")
    desk.fork("ada")
    body = {"ownerName": "ada", "parentOwnerName": "acme", "parentDatabaseName": "board"}

    again = desk.send("POST", f"{V1}/fork", "ada", json=body)

    assert 400 == again.status_code
    assert "already exists" in again.text


@pytest.mark.requirement("S0-5", "X-23")
def test_a_registration_merges_at_once_with_the_trust_that_policy_gives(any_desk: Desk) -> None:
    any_desk.account("ada")
    any_desk.fork("ada")
    written = any_desk.write("ada", "wl/register/ada", registration("ada"))
    answer = any_desk.offer("ada", "wl/register/ada", "Register rig: ada").json()

    assert "Success" == written["query_execution_status"]
    assert ("1", "Merged") == (answer["_id"], answer["state"])
    assert [{"handle": "ada", "trust_level": "1", "dolthub_org": "ada"}] == any_desk.rows(
        "SELECT handle, trust_level, dolthub_org FROM rigs WHERE handle='ada'"
    )


def test_cells_are_strings_and_null_is_null(any_desk: Desk) -> None:
    item = any_desk.post("Fix it")

    (row,) = any_desk.rows("SELECT id, priority, claimed_by FROM wanted")
    assert {"id": item, "priority": "2", "claimed_by": None} == row


@pytest.mark.requirement("X-23")
def test_a_claim_is_on_main_when_its_pull_request_was_opened(any_desk: Desk) -> None:
    any_desk.account("ada")
    any_desk.join("ada")
    item = any_desk.post()
    branch = f"wl/ada/{item}"
    any_desk.write("ada", branch, claim("ada", item))
    own = any_desk.rows(
        f"SELECT status FROM wanted WHERE id='{item}'", repo="ada/board", ref=branch
    )

    answer = any_desk.offer("ada", branch).json()

    assert [{"status": "claimed"}] == own
    assert "Merged" == answer["state"]
    assert [{"status": "claimed", "claimed_by": "ada"}] == any_desk.rows(
        f"SELECT status, claimed_by FROM wanted WHERE id='{item}'"
    )


def test_a_write_that_hits_no_row_says_who_holds_the_item(any_desk: Desk) -> None:
    for who in ("ada", "ben"):
        any_desk.account(who)
        any_desk.join(who)
    item = any_desk.post()
    any_desk.write("ada", f"wl/ada/{item}", claim("ada", item))
    any_desk.offer("ada", f"wl/ada/{item}")

    lost = any_desk.write("ben", f"wl/ben/{item}", claim("ben", item))

    assert "Error" == lost["query_execution_status"]
    assert f"{item} is claimed by ada" in lost["query_execution_message"]
    assert [] == any_desk.rows(
        "SELECT name FROM dolt_branches WHERE name LIKE 'wl/ben/%'", repo="ben/board"
    )


def test_a_claim_that_was_lost_meanwhile_is_answered_with_409_and_the_holder(
    any_desk: Desk,
) -> None:
    for who in ("ada", "ben"):
        any_desk.account(who)
        any_desk.join(who)
    item = any_desk.post()
    for who in ("ada", "ben"):
        any_desk.write(who, f"wl/{who}/{item}", claim(who, item))

    won = any_desk.offer("ada", f"wl/ada/{item}")
    lost = any_desk.offer("ben", f"wl/ben/{item}")

    assert (200, 409) == (won.status_code, lost.status_code)
    assert "ada" == lost.json()["holder"]
    assert [] == any_desk.ok("GET", f"{V1}/acme/board/pulls?filterByState=open")["pulls"]


@pytest.mark.requirement("S0-98", "X-23")
def test_a_submission_waits_and_its_author_is_the_rig(any_desk: Desk) -> None:
    any_desk.account("ada")
    any_desk.join("ada")
    item = any_desk.post()
    _submit(any_desk, "ada", item)

    (listed,) = any_desk.ok("GET", f"{V1}/acme/board/pulls?filterByState=Open")["pulls"]
    shown = any_desk.ok("GET", f"{V1}/acme/board/pulls/{listed['pull_id']}")

    assert isinstance(listed["pull_id"], str)
    assert ("Open", f"wl/ada/{item}", "ada") == (
        shown["state"],
        shown["from_branch"],
        shown["from_branch_owner"],
    )
    assert "ada" == shown["author"]
    assert shown["verdict"]["allowed"]


@pytest.mark.requirement("X-23")
def test_a_maintainer_accepts_upstream_as_the_existing_client_does(any_desk: Desk) -> None:
    any_desk.account("ada")
    any_desk.join("ada")
    any_desk.account("zoe")
    any_desk.join("zoe")
    any_desk.ok("PUT", f"{API}/rigs/zoe/trust", "acme", json={"level": 3})
    item = any_desk.post()
    _submit(any_desk, "ada", item)
    branch = f"wl/zoe/{item}"
    for number, sql in enumerate(_acceptance("zoe", "ada", item)):
        any_desk.write("zoe", branch, sql, base="main" if number == 0 else branch)

    answer = any_desk.offer("zoe", branch)

    shown = any_desk.ok("GET", f"{V1}/acme/board/pulls/{answer.json()['pull_id']}")
    assert "Merged" == shown["state"], shown["verdict"]
    assert [{"author": "zoe", "subject": "ada"}] == any_desk.rows(
        "SELECT author, subject FROM stamps"
    )
    assert [{"status": "completed"}] == any_desk.rows(
        f"SELECT status FROM wanted WHERE id='{item}'"
    )
    assert [] == any_desk.ok("GET", f"{V1}/acme/board/pulls?filterByState=open")["pulls"]


def _acceptance(reviewer: str, worker: str, item: str) -> tuple[str, ...]:
    completion, stamp = "c-fedcba9876543210", "s-0123456789abcdef"
    insert_completion = (
        "INSERT IGNORE INTO completions (id, wanted_id, completed_by, evidence, completed_at, "
        f"hop_uri) VALUES ('{completion}', '{item}', '{worker}', 'https://example.org/1', NOW(), "
        f"'hop://{reviewer}@example.org/{reviewer}/')"
    )
    complete = (
        f"UPDATE wanted SET claimed_by='{worker}', status='completed', "
        f"evidence_url='https://example.org/1', updated_at=NOW() WHERE id='{item}'"
    )
    insert_stamp = (
        "INSERT INTO stamps (id, author, subject, valence, confidence, severity, context_id, "
        f"context_type, skill_tags, message, hop_uri, created_at) VALUES ('{stamp}', "
        f"'{reviewer}', '{worker}', '{{\"quality\": 4, \"reliability\": 4}}', 1.0, 'leaf', "
        f"'{completion}', 'completion', NULL, NULL, 'hop://x/', NOW())"
    )
    validate = (
        f"UPDATE completions SET validated_by='{reviewer}', validated_at=NOW(), "
        f"stamp_id='{stamp}' WHERE id='{completion}'"
    )
    delete = f"DELETE FROM completions WHERE wanted_id='{item}'"
    return delete, insert_completion, complete, insert_stamp, validate


def _submit(desk: Desk, who: str, item: str) -> None:
    branch = f"wl/{who}/{item}"
    desk.write(who, branch, claim(who, item))
    desk.offer(who, branch)
    desk.write(
        who,
        branch,
        "UPDATE wanted SET status='in_review', evidence_url='https://example.org/1', "
        f"updated_at=NOW() WHERE id='{item}' AND status='claimed' AND claimed_by='{who}'",
    )
    desk.write(
        who,
        branch,
        "INSERT IGNORE INTO completions (id, wanted_id, completed_by, evidence, completed_at) "
        f"SELECT 'c-0123456789abcdef', '{item}', '{who}', 'https://example.org/1', NOW() "
        f"FROM wanted WHERE id='{item}' AND status='in_review' AND claimed_by='{who}' "
        f"AND NOT EXISTS (SELECT 1 FROM completions WHERE wanted_id='{item}')",
        base=branch,
    )
    desk.offer(who, branch)


@pytest.mark.requirement("S0-103")
@pytest.mark.parametrize("header", ["token {}", "Bearer {}", "bearer {}", "{}", "Token {}"])
def test_every_published_spelling_of_the_token_header_is_read(desk: Desk, header: str) -> None:
    text = desk.account("ada")

    answer = desk.ok("GET", f"{V1}/user", headers={"authorization": header.format(text)})
    assert "ada" == answer["username"]


@pytest.mark.parametrize("header", ["token ", "token", "Basic a b c", ""])
def test_a_malformed_header_is_told_so_with_400(desk: Desk, header: str) -> None:
    answer = desk.send("GET", f"{V1}/user", headers={"authorization": header})

    assert 400 == answer.status_code
    assert "invalid authorization" in answer.json()["message"]


def test_an_unknown_token_is_refused_even_where_none_is_needed(desk: Desk) -> None:
    answer = desk.send(
        "GET", f"{V1}/acme/board/main", headers={"authorization": f"token dhat.v1.{'a' * 50}"}
    )

    assert 401 == answer.status_code
    assert "no token found for given API token" in answer.text


def test_the_fork_mutation_of_graphql_reads_its_cookie(desk: Desk) -> None:
    text = desk.account("ada")
    query = (
        "mutation($ownerName: String!) { createFork(ownerName: $ownerName) { forkOperationName } }"
    )
    variables = {"ownerName": "ada", "parentOwnerName": "acme", "parentRepoName": "board"}
    desk.client.cookies.set("dolthubToken", text)

    first = desk.ok("POST", "/graphql", json={"query": query, "variables": variables})
    again = desk.ok("POST", "/graphql", json={"query": query, "variables": variables})

    assert first["data"]["createFork"]["forkOperationName"]
    assert "already exists" in again["errors"][0]["message"]


def test_a_go_client_is_spared_the_poll_and_others_get_their_operation(desk: Desk) -> None:
    desk.account("ada")
    desk.fork("ada")
    path = f"{V1}/ada/board/write/main/{escaped('wl/register/ada')}"
    go = {"user-agent": "Go-http-client/2.0"}

    silent = desk.ok("POST", path, "ada", params={"q": registration("ada")}, headers=go)
    spoken = desk.ok("POST", path, "ada", params={"q": registration("ada")})
    name = spoken["operation_name"]
    polled = desk.ok("GET", f"{V1}/ada/board/write", "ada", params={"operationName": name})

    assert "operation_name" not in silent
    assert polled["done"]
    assert "Success" == polled["res_details"]["query_execution_status"]


@pytest.mark.requirement("S0-102")
def test_closing_and_deleting_takes_an_offer_back(any_desk: Desk) -> None:
    any_desk.account("ada")
    any_desk.join("ada")
    item = any_desk.post()
    _submit(any_desk, "ada", item)
    (open_pull,) = any_desk.ok("GET", f"{V1}/acme/board/pulls?filterByState=open")["pulls"]
    path = f"{V1}/acme/board/pulls/{open_pull['pull_id']}"

    closed = any_desk.ok("PATCH", path, "ada", json={"state": "closed"})
    deleted = any_desk.ok(
        "POST",
        f"{V1}/ada/board/write/main/main",
        "ada",
        params={"q": f"CALL DOLT_BRANCH('-D', 'wl/ada/{item}')"},
    )

    assert ("Closed", "Success") == (closed["state"], deleted["query_execution_status"])


def test_a_fork_follows_its_upstream_before_each_read_and_write(any_desk: Desk) -> None:
    any_desk.account("ada")
    any_desk.join("ada")
    item = any_desk.post("Posted after the fork")

    assert [{"title": "Posted after the fork"}] == any_desk.rows(
        f"SELECT title FROM wanted WHERE id='{item}'", repo="ada/board"
    )
    written = any_desk.write("ada", f"wl/ada/{item}", claim("ada", item))
    assert "Query OK, 1 row affected." == written["query_execution_message"]


def test_the_review_of_a_branch_shows_its_rows(any_desk: Desk) -> None:
    any_desk.account("ada")
    any_desk.join("ada")
    item = any_desk.post()
    branch = f"wl/ada/{item}"
    any_desk.write("ada", branch, claim("ada", item))

    (row,) = any_desk.rows(
        f"SELECT diff_type, from_status, to_status FROM dolt_diff('main', '{branch}', 'wanted')",
        repo="ada/board",
    )
    assert {"diff_type": "modified", "from_status": "open", "to_status": "claimed"} == row


@pytest.mark.requirement("S0-100")
def test_the_long_and_the_short_form_of_a_pull_request_from_ones_own_repository(
    desk: Desk,
) -> None:
    item = desk.post()
    path = f"{V1}/acme/board/write/main/{escaped(f'wl/mia/{item}')}"
    desk.ok("POST", path, "acme", params={"q": claim("mia", item)})
    body = pull_body("acme", f"wl/mia/{item}", "mine")

    answer = desk.send("POST", f"{V1}/acme/board/pulls", "acme", json=body)

    assert "Merged" == answer.json()["state"]


def test_times_are_the_hosts(tmp_path_factory: pytest.TempPathFactory) -> None:
    at = datetime(2031, 4, 5, 10, 11, 12, tzinfo=UTC)
    with open_desk(tmp_path_factory.mktemp("clock") / "host", now=at) as desk:
        desk.account("ada")
        desk.join("ada")

        (row,) = desk.rows("SELECT registered_at FROM rigs WHERE handle='ada'")
        assert "2031-04-05 10:11:12" == row["registered_at"]
