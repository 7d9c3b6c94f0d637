"""
Nobody reaches what is not theirs: every route of the router is tried, with names of somebody else.

``acme/board`` is private here, with a fork of a member, work on offer, releases and operations;
its rows hold a word that no answer to others may hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from hub.crawl import Door, doors
from hub.desks import BOARD, V1, Desk, claim, escaped, hide, open_desk
from wasteland.hub.catalog import Role
from wasteland.hub.tokens import Scope

WORD: Final = "marmot"
ABSENT: Final = "zebra"  # owns nothing
# What is below no repository and says nothing of any.
FREE: Final = frozenset(
    {
        *("GET /api/v1", "POST /api/v1/logins", "POST /api/v1/logins/token", "GET /metrics"),
        *("GET /healthz", "GET /readyz", "GET /openapi.json", "HEAD /openapi.json"),
        *("GET /", "GET /api", "GET /login", "POST /login"),
    }
)
# What an account may ask of itself, whoever else there is.
OWN: Final = frozenset(
    {
        *("GET /api/v1/whoami", "GET /api/v1/tokens", "POST /api/v1/tokens", "GET /api/v1/commons"),
        *("GET /api/v1alpha1/user", "GET /api/v2/user", "POST /api/v1alpha1/database"),
        *("GET /api/v1/notifications", "POST /api/v1/notifications/read"),
    }
)


@pytest.fixture(scope="module")
def names(hidden: Desk) -> Mapping[str, str]:
    """What there is in the private repository, by the names of parameters and members."""
    jobs = hidden.ok("GET", f"{V1}/ben/board/jobs", "ben")["jobs"]
    (pull,) = hidden.ok("GET", f"{V1}/acme/board/pulls?filterByState=open", "acme")["pulls"]
    item = hidden.ok("GET", "/api/v1/commons/acme/board/wanted?status=all", "acme")["items"][0]
    operation = f"operations/{jobs[0]['job_id']}"
    return {
        **_places("acme"),
        "table": "wanted",
        "ref": "main",
        "from_branch": "main",
        "to_branch": "wl/mia/x",
        "pull_id": pull["pull_id"],
        "pull": pull["pull_id"],
        "operation_id": operation,
        "operationName": operation,
        "username": "acme",
        "id": item["id"],
        "title": "Better",
        "handle": "mia",
        "rule": "mode",
        "token_id": hidden.hub.accounts.tokens("acme")[0].id,
        "token": "none",
    }


def _places(owner: str) -> dict[str, str]:
    return {
        "owner": owner,
        "database": "board",
        "name": "board",
        "file": "board.db",
        "ownerName": "eve",
        "parentOwnerName": owner,
        "parentDatabaseName": "board",
        "fromBranchOwnerName": owner,
        "fromBranchRepoName": "board",
        "fromBranchName": "wl/ben/work",
        "toBranchOwnerName": owner,
        "toBranchRepoName": "board",
    }


@pytest.fixture(scope="module")
def hidden(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A hub whose board is private, with a member's fork, and a stranger called eve."""
    with open_desk(tmp_path_factory.mktemp("hidden") / "host") as desk:
        hide(desk)
        for who in ("ben", "eve"):
            desk.account(who)
        desk.hub.catalog.set_role(BOARD, "ben", Role.READ)
        item = desk.post(f"The {WORD} item")
        desk.join("ben")
        desk.write("ben", f"wl/ben/{item}", claim("ben", item))
        desk.offer("ben", f"wl/ben/{item}")
        desk.write("ben", f"wl/ben/{item}", _submission(item))
        desk.offer("ben", f"wl/ben/{item}", f"{WORD} work")
        _release(desk)
        yield desk


def _submission(item: str) -> str:
    return (
        "INSERT INTO completions (id, wanted_id, completed_by, evidence, completed_at) VALUES "
        f"('c-0123456789abcdef', '{item}', 'ben', 'https://{WORD}.example/1', NOW())"
    )


def _release(desk: Desk) -> None:
    body = {"title": WORD, "commitSha": "main", "tag": WORD, "createTagIfNotExists": True}
    desk.ok("POST", f"{V1}/acme/board/releases", "acme", json=body)


@pytest.mark.parametrize("owner", ["acme", "ben"], ids=["commons", "fork"])
@pytest.mark.parametrize("who", ["eve", ""], ids=["stranger", "nobody"])
def test_no_route_shows_or_changes_a_private_repository_for_others(
    hidden: Desk, names: Mapping[str, str], who: str, owner: str
) -> None:
    tried = [door for door in doors(hidden.hub) if str(door) not in FREE | OWN]
    before = hidden.hub.host.engine(BOARD).head()
    found = [_leak(hidden, door, {**names, **_places(owner)}, who) for door in tried]

    assert [] == [leak for leak in found if leak]
    assert len(tried) > 100
    assert before == hidden.hub.host.engine(BOARD).head()


def _leak(desk: Desk, door: Door, names: Mapping[str, str], who: str) -> str:
    answer = door.send(desk, names, who)
    is_refused = answer.status_code in {401, 403, 404} or _is_refused_mutation(door, answer)
    tells = WORD in answer.text or WORD in str(answer.headers)
    return "" if is_refused and not tells else f"{door}: {answer.status_code} {answer.text[:200]}"


def _is_refused_mutation(door: Door, answer: Any) -> bool:
    """GraphQL tells failures in its answer."""
    return door.path == "/graphql" and "no such" in answer.json()["errors"][0]["message"].lower()


@pytest.mark.parametrize("who", ["eve", ""], ids=["stranger", "nobody"])
def test_routes_that_are_below_no_repository_say_nothing_of_private_ones(
    hidden: Desk, names: Mapping[str, str], who: str
) -> None:
    said = [door.send(hidden, names, who).text for door in doors(hidden.hub) if str(door) in FREE]

    assert len(said) >= 8
    assert not [text for text in said if WORD in text or "acme" in text]
    assert "acme" not in hidden.send("GET", "/api/v1/commons", "eve").text


@pytest.mark.parametrize("who", ["eve", ""], ids=["stranger", "nobody"])
def test_what_is_private_answers_like_what_is_not_there(
    hidden: Desk, names: Mapping[str, str], who: str
) -> None:
    absent = {**names, **_places(ABSENT)}
    below = [door for door in doors(hidden.hub) if door.names_repository]
    differing = [
        str(door)
        for door in below
        if _told(door.send(hidden, names, who), "acme")
        != _told(door.send(hidden, absent, who), ABSENT)
    ]

    assert [] == differing


def _told(answer: Any, owner: str) -> tuple[int, str]:
    text = answer.text.replace(owner, "OWNER").replace(answer.headers["x-request-id"], "ID")
    return answer.status_code, text


def test_a_token_that_reads_is_refused_on_every_route_that_writes(
    hidden: Desk, names: Mapping[str, str]
) -> None:
    hidden.tokens["reader"] = _token(hidden, "acme", Scope.READ)
    writing = [d for d in _of_apis(hidden) if not d.is_reading]
    found = {str(door): door.send(hidden, names, "reader").status_code for door in writing}

    assert {"POST /graphql": 200} == {n: s for n, s in found.items() if s != 403}
    assert len(found) > 50


def test_a_token_for_pushing_is_refused_on_every_route_of_the_apis(
    hidden: Desk, names: Mapping[str, str]
) -> None:
    hidden.tokens["pusher"] = _token(hidden, "acme", Scope.PUSH)
    found = {str(d): d.send(hidden, names, "pusher").status_code for d in _of_apis(hidden)}

    assert {"POST /graphql": 200} == {n: s for n, s in found.items() if s not in {403, 404}}
    assert len(found) > 100


def _of_apis(desk: Desk) -> list[Door]:
    """Return the routes that look at the header; the remote protocol's token is in its path."""
    remotes = ("/t/", "/remotes/")
    return [d for d in doors(desk.hub) if str(d) not in FREE and not d.path.startswith(remotes)]


def _token(desk: Desk, account: str, scope: Scope) -> str:
    return desk.hub.accounts.issue(account, label="", scope=scope)[1]


def test_a_collaborator_who_was_let_go_sees_neither_commons_nor_own_fork(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with open_desk(tmp_path_factory.mktemp("gone") / "host") as desk:
        hide(desk)
        desk.account("ben")
        desk.hub.catalog.set_role(BOARD, "ben", Role.READ)
        desk.fork("ben")
        before = desk.send("GET", f"{V1}/ben/board/main", "ben").status_code
        desk.hub.catalog.set_role(BOARD, "ben", None)

        assert 200 == before
        assert 404 == desk.send("GET", f"{V1}/acme/board/main", "ben").status_code
        assert 404 == desk.send("GET", f"{V1}/ben/board/main", "ben").status_code
        write = f"{V1}/ben/board/write/main/{escaped('wl/ben/x')}"
        assert (
            404 == desk.send("POST", write, "ben", params={"q": "DELETE FROM wanted"}).status_code
        )
