"""Requests that are sent twice: the same answer, no second effect, and no stranger's answer."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Event
from typing import Any, Final

import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Scope

from hub.desks import API, V1, Desk
from wasteland.hosts.state.file import StateFile
from wasteland.hub.http.repeats import Answers, Repeats
from wasteland.hub.store import open_store
from wasteland.protocol.errors import Conflict

START: Final = datetime(2031, 4, 5, tzinfo=UTC)
Answering = Callable[[Request], Awaitable[Response]]


async def _sent(scope: Scope) -> str:
    return Headers(scope=scope).get("authorization", "")


class Worker:
    """
    An application that counts how often it is asked, and answers what it is told to.

    Attributes:
        statuses: Of the answers to come; 200 when there are none.
        now: Of the clock.
        breaks: Whether it fails instead.
    """

    def __init__(self, file: StateFile) -> None:
        self.times = 0
        self.statuses: list[int] = []
        self.now = START
        self.breaks = False
        self.headers: dict[str, str] = {}
        self.answers = Answers(file, lambda: self.now)
        app = Starlette(routes=[Route("/{rest:path}", self._answer, methods=["GET", "POST"])])
        self.client = TestClient(Repeats(app, answers=self.answers, account_of=_sent))

    async def _answer(self, request: Request) -> Response:
        self.times += 1
        if self.breaks:
            raise RuntimeError
        body = (await request.body()).decode()
        status = self.statuses.pop(0) if self.statuses else 200
        return JSONResponse({"times": self.times, "body": body}, status, self.headers)

    def send(self, body: str = "x", *, key: str = "k", who: str = "ada", path: str = "/p") -> Any:
        headers = {"authorization": who, "idempotency-key": key}
        return self.client.post(path, content=body, headers=headers)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    file = open_store(tmp_path)
    yield Worker(file)
    file.close()


def test_the_second_request_gets_the_first_answer_and_does_nothing(worker: Worker) -> None:
    first, second = worker.send(), worker.send()

    assert 1 == worker.times
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert "application/json" == second.headers["content-type"]
    assert "true" == second.headers["idempotency-replayed"]


def test_an_answer_that_refuses_is_kept_too(worker: Worker) -> None:
    worker.statuses = [403]

    assert [403, 403] == [worker.send().status_code, worker.send().status_code]
    assert 1 == worker.times


@pytest.mark.parametrize(
    "other", [{"body": "y"}, {"path": "/q"}, {"path": "/p?x=1"}], ids=["body", "path", "query"]
)
def test_another_request_with_the_same_key_is_refused(
    worker: Worker, other: dict[str, str]
) -> None:
    worker.send()

    refused = worker.send(**other)
    assert (409, "conflict") == (refused.status_code, refused.json()["code"])
    assert 1 == worker.times


def test_keys_are_each_accounts_own(worker: Worker) -> None:
    worker.send(who="ada")

    assert {"times": 2, "body": "x"} == worker.send(who="ben").json()


def test_the_key_of_nobody_means_nothing(worker: Worker) -> None:
    worker.send(who="")
    worker.send(who="")

    assert 2 == worker.times


@pytest.mark.parametrize("status", [500, 503, 429])
def test_what_failed_on_our_side_may_be_tried_again(worker: Worker, status: int) -> None:
    worker.statuses = [status]

    assert [status, 200] == [worker.send().status_code, worker.send().status_code]
    assert 2 == worker.times


def test_an_answer_that_holds_a_secret_is_not_kept(worker: Worker, tmp_path: Path) -> None:
    worker.headers = {"Cache-Control": "no-store"}
    worker.send("hunter2")
    worker.send("hunter2")

    assert 2 == worker.times
    kept = b"".join(f.read_bytes() for f in tmp_path.iterdir() if f.is_file())
    assert b"hunter2" not in kept


def test_a_day_later_the_key_is_new(worker: Worker) -> None:
    worker.send()
    worker.now += timedelta(days=1, seconds=1)

    assert 2 == worker.send().json()["times"]


def test_a_request_whose_hub_died_may_be_tried_again(tmp_path: Path) -> None:
    file = open_store(tmp_path)
    assert Answers(file, lambda: START).begin("ada", "k", "digest") is None

    assert Answers(file, lambda: START).begin("ada", "k", "digest") is None
    file.close()


def test_a_request_is_worked_on_for_as_long_as_it_takes(worker: Worker) -> None:
    """However slow it is, asking again does not do it a second time beside it."""
    assert worker.answers.begin("ada", "k", "digest") is None
    worker.now += timedelta(hours=1)

    with pytest.raises(Conflict, match="still being answered"):
        worker.answers.begin("ada", "k", "digest")


def test_a_request_that_breaks_off_lets_its_key_go(worker: Worker) -> None:
    worker.breaks = True
    with pytest.raises(RuntimeError):
        worker.send()
    worker.breaks = False

    assert 2 == worker.send().json()["times"]


def test_what_is_older_than_a_day_is_pruned(worker: Worker) -> None:
    worker.send(key="old")
    worker.now += timedelta(days=1, seconds=1)
    worker.send(key="new")

    assert [1, 0] == [worker.answers.prune(), worker.answers.prune()]
    worker.send(key="new")
    assert 2 == worker.times


@pytest.mark.parametrize("key", ["k" * 257, "a\tb"])
def test_a_key_that_is_too_long_or_cannot_be_shown_is_refused(worker: Worker, key: str) -> None:
    refused = worker.send(key=key)

    assert (422, "Idempotency-Key") == (refused.status_code, refused.json()["field"])
    assert 0 == worker.times


def test_reading_needs_no_key_and_takes_none(worker: Worker) -> None:
    headers = {"authorization": "ada", "idempotency-key": "k"}
    for _ in range(2):
        worker.client.get("/p", headers=headers)

    assert 2 == worker.times


def test_of_two_at_once_one_works_and_the_other_is_told_to_wait(tmp_path: Path) -> None:
    file = open_store(tmp_path)
    begun, go_on = Event(), Event()

    def answer(_: Request) -> Response:
        begun.set()
        go_on.wait()
        return JSONResponse({})

    app = Starlette(routes=[Route("/p", answer, methods=["POST"])])
    answers = Answers(file, lambda: START)
    repeats = Repeats(app, answers=answers, account_of=_sent)
    headers = {"authorization": "ada", "idempotency-key": "k"}
    with TestClient(repeats) as client, ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.post, "/p", headers=headers)
        begun.wait()
        second = client.post("/p", headers=headers)
        go_on.set()

        assert (409, 200) == (second.status_code, first.result().status_code)
        assert 200 == client.post("/p", headers=headers).status_code
    file.close()


# --- through the whole hub


def test_a_post_that_is_sent_twice_posts_once(desk: Desk) -> None:
    headers = {"idempotency-key": "once"}
    found = [
        desk.ok("POST", f"{API}/wanted", "acme", json={"title": "x"}, headers=headers)
        for _ in range(2)
    ]

    assert found[0] == found[1]
    assert [{"n": "1"}] == desk.rows("SELECT count(*) AS n FROM wanted")


def test_a_post_sent_by_eight_at_once_posts_once(desk: Desk) -> None:
    headers = {"idempotency-key": "once"}
    together = Barrier(8)

    def send(_: int) -> int:
        together.wait()
        body = {"title": "x"}
        answer = desk.send("POST", f"{API}/wanted", "acme", json=body, headers=headers)
        return int(answer.status_code)

    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(send, range(8)))

    assert {200} <= statuses <= {200, 409}
    assert [{"n": "1"}] == desk.rows("SELECT count(*) AS n FROM wanted")


def test_a_token_that_was_revoked_gets_no_answer_again(desk: Desk) -> None:
    headers = {"idempotency-key": "once"}
    desk.ok("POST", f"{API}/wanted", "acme", json={"title": "x"}, headers=headers)
    for token in desk.hub.accounts.tokens("acme"):
        desk.hub.accounts.revoke("acme", token.id)

    again = desk.send("POST", f"{API}/wanted", "acme", json={"title": "x"}, headers=headers)
    assert 401 == again.status_code


def test_tokens_that_are_made_twice_with_one_key_are_two_and_not_kept(desk: Desk) -> None:
    headers = {"idempotency-key": "once"}
    made = [desk.ok("POST", "/api/v1/tokens", "acme", json={}, headers=headers) for _ in range(2)]

    assert made[0]["token"] != made[1]["token"]
    kept = (desk.hub.host.root / "hub.db").read_bytes()
    assert not [m for m in made if m["token"].rpartition(".")[2].encode() in kept]


def test_a_push_is_not_read_into_memory_for_its_key(desk: Desk) -> None:
    """The body of a push may be as long as a repository."""
    path = f"/t/{desk.tokens['acme']}/acme/board.db/chunks"
    headers = {"idempotency-key": "once"}
    for _ in range(2):
        desk.send("POST", path, "acme", content=b"x", headers=headers)

    answers = desk.hub.answers
    assert answers.begin("acme", "once", json.dumps("another")) is None


def test_a_repeated_write_of_the_first_api_is_answered_again(desk: Desk) -> None:
    desk.account("ada")
    desk.fork("ada")
    path = f"{V1}/ada/board/write/main/wl%2Fada%2Fx"
    sql = "INSERT INTO wanted (id, title, posted_by, status) VALUES ('w-x1', 'x', 'ada', 'open')"
    found = [
        desk.ok("POST", path, "ada", params={"q": sql}, headers={"idempotency-key": "once"})
        for _ in range(2)
    ]

    assert found[0] == found[1]
