"""The HTTP client: what it repeats, what it tells, what it never shows."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from engines.dolthub.stand_in import Clock
from wasteland.engines.dolthub.http import Call, Http
from wasteland.engines.dolthub.retry import Limits, Timing
from wasteland.engines.dolthub.secret import Secret
from wasteland.protocol.errors import (
    AlreadyClaimed,
    Conflict,
    EngineError,
    Forbidden,
    Invalid,
    MergeConflict,
    NotFound,
    RateLimited,
    Stale,
    Unauthenticated,
    Unavailable,
    Unsupported,
    WastelandError,
)

TOKEN = "dhat.v1.0123456789abcdefghijklmnopqrstuv"
ROOT = "https://hub.test"
READ = Call("GET", ("api", "v1alpha1", "org", "board"))
WRITE = Call("POST", ("api", "v1alpha1", "org", "board", "write", "main", "wl/a/w-1"), body={})
OK = {"status": "Success"}
Answer = httpx2.Response | Exception


class Script(httpx2.BaseTransport):
    """Answers with one thing after the other; the last one stays."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.requests: list[httpx2.Request] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx2.Response(answer.status_code, headers=answer.headers, content=answer.content)


def answer(status: int = 200, body: object = OK, **headers: str) -> httpx2.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.Response(status, json=body, headers=named)


def client(
    script: Script, clock: Clock | None = None, limits: Limits | None = None, **options: Any
) -> Http:
    time = clock or Clock()
    timing = Timing(time, time.sleep, lambda: 0.5)
    return Http(ROOT, Secret(TOKEN), transport=script, timing=timing, limits=limits, **options)


# --- what is sent


def test_each_part_of_a_path_is_escaped_as_a_whole() -> None:
    script = Script(answer())

    client(script).send(Call("GET", ("api", "wl/a/w-1", "a b", "../x"), {"q": "SELECT 'ü&'"}))

    assert b"/api/wl%2Fa%2Fw-1/a%20b/..%2Fx" == script.requests[0].url.raw_path.partition(b"?")[0]
    assert "SELECT 'ü&'" == script.requests[0].url.params["q"]


@pytest.mark.parametrize(("bearer", "scheme"), [(False, "token"), (True, "Bearer")])
def test_the_token_is_in_one_header_only(bearer: bool, scheme: str) -> None:
    script = Script(answer())

    client(script).send(Call("GET", ("x",), bearer=bearer))

    (request,) = script.requests
    assert f"{scheme} {TOKEN}" == request.headers.pop("authorization")
    assert TOKEN not in f"{request.url} {request.headers} {request.content!r}"


def test_without_a_token_nobody_in_particular_asks() -> None:
    script = Script(answer())

    Http(ROOT, transport=script).send(READ)

    assert "authorization" not in script.requests[0].headers


@pytest.mark.parametrize(
    "root", ["ftp://x", "hub.test", "https://", "https://u:p@hub.test", "https://x/?q=1"]
)
def test_what_is_no_root_of_a_host_is_invalid(root: str) -> None:
    with pytest.raises(Invalid):
        Http(root)


def test_a_token_is_not_sent_in_the_clear_to_another_machine() -> None:
    with pytest.raises(Invalid):
        Http("http://hub.test", Secret(TOKEN))

    for root in ("http://127.0.0.1:8999", "http://localhost", "http://[::1]:1"):
        Http(root, Secret(TOKEN))
    Http("http://hub.test")
    Http("http://hub.test", Secret(TOKEN), allow_plain=True)


# --- what is repeated


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408])
def test_a_read_is_repeated_until_it_is_answered(status: int) -> None:
    script = Script(answer(status), answer(status), answer())

    assert OK == client(script).send(READ)
    assert 3 == len(script.requests)


@pytest.mark.parametrize(
    "fault",
    [
        httpx2.ReadError("reset"),
        httpx2.ReadTimeout("slow"),
        httpx2.RemoteProtocolError("gone"),
        httpx2.Response(200, content=b'{"status": "Succ'),
        httpx2.Response(200, content=b"[1]"),
        httpx2.Response(400, content=b'{"mess', headers={"content-type": "application/json"}),
    ],
)
def test_a_read_whose_answer_is_lost_is_repeated_and_a_write_is_not(fault: Answer) -> None:
    script, again = Script(fault, answer()), Script(fault, answer(404), answer())

    assert OK == client(script).send(READ)
    with pytest.raises(Unavailable) as caught:
        client(again).send(WRITE)

    assert caught.value.facts["unsure"] is True
    assert ["POST", "GET"] == [request.method for request in again.requests]


@pytest.mark.parametrize("fault", [httpx2.ConnectError("no"), httpx2.ConnectTimeout("no")])
def test_what_was_certainly_not_carried_out_is_always_repeated(fault: Exception) -> None:
    script = Script(fault, answer(429), answer())

    assert OK == client(script).send(WRITE)


def test_a_write_that_does_no_harm_twice_is_repeated() -> None:
    script = Script(answer(502), answer())
    call = Call("POST", ("x",), repeatable=True)

    assert OK == client(script).send(call)


def test_a_write_is_repeated_under_one_key_where_the_host_honours_keys() -> None:
    about = answer(200, {"name": "wasteland", "abilities": ["idempotency_keys"]})
    script = Script(answer(502), about, answer(502), answer())

    assert OK == client(script).send(WRITE)

    keys = [r.headers["idempotency-key"] for r in script.requests if r.method == "POST"]
    assert 3 == len(keys)
    assert 1 == len(set(keys))


def test_two_writes_have_two_keys() -> None:
    script = Script(answer())
    http = client(script)
    http.send(WRITE)
    http.send(WRITE)

    assert 2 == len({request.headers["idempotency-key"] for request in script.requests})


def test_a_request_that_is_still_worked_on_is_asked_for_again() -> None:
    busy = answer(409, {"code": "conflict", "detail": "still being answered", "retry_after_s": 1})
    about = answer(200, {"name": "wasteland", "abilities": ["idempotency_keys"]})
    script = Script(busy, about, answer())

    assert OK == client(script).send(WRITE)


def test_there_are_six_tries_at_most_with_growing_pauses() -> None:
    clock, pauses = Clock(), list[float]()
    script = Script(answer(503))

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        clock.sleep(seconds)

    http = Http(ROOT, transport=script, timing=Timing(clock, sleep, lambda: 1.0))
    with pytest.raises(Unavailable):
        http.send(READ)

    assert 6 == len(script.requests)
    assert [1.0, 2.0, 4.0, 8.0, 16.0] == pauses


def test_pauses_are_jittered_down_to_none() -> None:
    clock = Clock()
    timing = Timing(clock, clock.sleep, lambda: 0.0)

    with pytest.raises(Unavailable):
        Http(ROOT, transport=Script(answer(503)), timing=timing).send(READ)

    assert 0.0 == clock()


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"retry_after": "7"}, 7.0),
        (
            {
                "retry_after": "Fri, 02 Jan 2026 12:00:09 GMT",
                "date": "Fri, 02 Jan 2026 12:00:00 GMT",
            },
            9.0,
        ),
        ({"retry_after": "soon"}, 0.0),
    ],
)
def test_the_pause_that_a_host_asks_for_is_kept(headers: dict[str, str], pause: float) -> None:
    clock = Clock()
    script = Script(answer(429, **headers), answer())

    client(script, clock).send(READ)

    assert pause + 0.5 == clock()


def test_a_pause_longer_than_the_budget_is_told_and_not_waited() -> None:
    clock = Clock()

    with pytest.raises(RateLimited) as caught:
        client(Script(answer(429, retry_after="600")), clock).send(READ)

    assert (600.0, 0.0) == (caught.value.facts["retry_after_s"], clock())


def test_all_tries_share_one_budget() -> None:
    clock = Clock()

    def slow(_: httpx2.Request) -> httpx2.Response:
        clock.sleep(50.0)
        raise httpx2.ReadTimeout("slow")

    http = client(Script(answer()), clock)
    http._client._transport = httpx2.MockTransport(slow)
    with pytest.raises(Unavailable):
        http.send(READ)

    assert 100.0 <= clock() <= 160.0


# --- what comes back


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"message": "Error creating a branch: it already exists"}, Conflict),
        (400, {"message": "no such repository"}, NotFound),
        (400, {"message": "invalid authorization header"}, Unauthenticated),
        (400, {"message": "Invalid request body"}, Invalid),
        (400, {}, Invalid),
        (401, {"message": "Not authenticated"}, Unauthenticated),
        (403, {"message": "no"}, Forbidden),
        (404, {}, NotFound),
        (405, {}, Unsupported),
        (409, {"code": "CONFLICT"}, Conflict),
        (
            409,
            {"code": "already_claimed", "detail": "w-1 is bob's", "holder": "bob"},
            AlreadyClaimed,
        ),
        (409, {"code": "stale"}, Stale),
        (409, {"code": "merge_conflict"}, MergeConflict),
        (400, {"code": "stale", "query_execution_message": "x"}, Stale),
        (403, {"code": "PERMISSION_DENIED", "title": "no"}, Forbidden),
        (500, {"code": "engine", "detail": "broken"}, EngineError),
        (501, {"code": "unsupported"}, Unsupported),
        (302, {}, EngineError),
    ],
)
def test_a_refusal_is_a_typed_error(status: int, body: object, kind: type[WastelandError]) -> None:
    script = Script(answer(status, body))

    with pytest.raises(WastelandError) as caught:
        client(script).send(READ)

    assert kind is type(caught.value)
    assert 1 == len(script.requests)


def test_the_facts_of_a_refusal_are_kept() -> None:
    body = {
        "code": "already_claimed",
        "detail": "w-1 is bob's",
        "holder": "bob",
        "hint": "wl browse",
    }

    with pytest.raises(AlreadyClaimed) as caught:
        client(Script(answer(409, body))).send(READ)

    error = caught.value
    assert ("w-1 is bob's.", "wl browse", "bob") == (
        error.message,
        error.hint,
        error.facts["holder"],
    )


def test_what_a_server_says_is_made_harmless_and_short() -> None:
    with pytest.raises(Invalid) as caught:
        client(Script(answer(400, {"message": "\x1b[31mred\n" + "x" * 5000}))).send(READ)

    assert "\x1b" not in caught.value.message
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 600


def test_an_answer_that_is_too_long_is_refused() -> None:
    script = Script(answer(200, {"x": "y" * 100}))

    with pytest.raises(EngineError) as caught:
        client(script, limits=Limits(answer_bytes=50)).send(READ)

    assert "engine" == caught.value.code


def test_a_body_that_drips_is_given_up() -> None:
    clock = Clock()

    class Drip(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                clock.sleep(1.0)
                yield b" "

    http = client(Script(answer()), clock)
    http._client._transport = httpx2.MockTransport(lambda _: httpx2.Response(200, stream=Drip()))
    with pytest.raises(Unavailable):
        http.send(READ)

    assert clock() <= 130.0


def test_deeply_nested_json_is_no_answer() -> None:
    deep = httpx2.Response(200, content=b'{"a":' * 100_000)

    with pytest.raises(Unavailable):
        client(Script(deep), limits=Limits(tries=1)).send(READ)


# --- what is never shown


def _everything(error: BaseException) -> str:
    told = "".join(traceback.format_exception(error))
    return f"{told} {error!r} {vars(error)} {error.__cause__!r} {error.__context__!r}"


@pytest.mark.parametrize(
    "make",
    [
        lambda: answer(400, {"message": f"token {TOKEN} is bad", "hint": TOKEN, "holder": TOKEN}),
        lambda: answer(500, {"message": TOKEN}),
        lambda: httpx2.ConnectError("refused"),
        lambda: answer(302, {}, location=f"https://evil.test/?t={TOKEN}"),
    ],
)
def test_no_error_or_log_shows_the_token(
    make: Callable[[], Answer], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    http = client(Script(make()), limits=Limits(tries=1))

    with pytest.raises(WastelandError) as caught:
        http.send(READ)

    assert TOKEN not in _everything(caught.value)
    assert TOKEN not in caplog.text
    assert TOKEN not in f"{Secret(TOKEN)!r} {Secret(TOKEN)} {vars(http)}"


def test_a_redirect_is_not_followed() -> None:
    script = Script(answer(307, {}, location="https://evil.test/"))

    with pytest.raises(EngineError):
        client(script).send(READ)

    assert ["hub.test"] == [request.url.host for request in script.requests]


# --- what kind of host it is


def test_a_hub_of_ours_is_known_by_its_header() -> None:
    script = Script(answer(x_wasteland_hub="1"))
    http = client(script)
    http.send(READ)

    assert http.is_hub
    assert 1 == len(script.requests)


def test_any_other_host_is_asked_once() -> None:
    script = Script(answer(404))
    http = client(script)

    assert (False, False, frozenset()) == (http.is_hub, http.is_hub, http.abilities)
    assert 1 == len(script.requests)


def test_waiting_for_a_job_ends_with_the_budget() -> None:
    clock = Clock()

    with pytest.raises(Unavailable) as caught:
        client(Script(answer()), clock).wait_for(lambda: None, "a merge")

    assert caught.value.facts["unsure"] is True
    assert 90.0 <= clock() <= 120.0


def test_a_body_is_json() -> None:
    script = Script(answer())
    client(script).send(Call("POST", ("x",), body={"sql": "ü"}))

    assert {"sql": "ü"} == json.loads(script.requests[0].content)
