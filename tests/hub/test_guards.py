"""What is settled before any route: other sites' pages, names in Host, sizes, escaped slashes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import pytest
from starlette.types import Message

from hub.crawl import doors
from hub.desks import API, V1, Desk, open_desk
from wasteland.hub.app import create_app
from wasteland.hub.http.guards import Guards
from wasteland.hub.http.paths import EscapedSlashes, segment
from wasteland.hub.hub import BODY_LIMIT_BYTES

EVIL: Final = "https://evil.example"


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A hub that no test here changes."""
    root = tmp_path_factory.mktemp("one") / "host"
    hosts, origins = ("hub.example",), ("https://app.example",)
    with open_desk(root, hosts=hosts, origins=origins) as desk:
        yield desk


# --- pages of other sites


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": EVIL},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9"},
        {"origin": "http://127.0.0.1.evil.example"},
        {"origin": "http://evil.example@127.0.0.1.evil.example"},
        {"origin": "http://[::1"},
        {"origin": "127.0.0.1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example"},
        {"host": "localhost.evil.example:80"},
        {"host": "evil.example", "origin": "http://evil.example"},
        {"host": ""},
        {"host": "[::1]evil.example"},
    ],
    ids=lambda found: " ".join(f"{name}={value}" for name, value in found.items()),
)
def test_a_page_of_another_site_drives_no_route_that_changes_anything(
    one: Desk, headers: Mapping[str, str]
) -> None:
    """On the user's own machine nothing else stands between such a page and the hub."""
    changing = [door for door in doors(one.hub) if door.method not in {"GET", "HEAD"}]
    names = {"owner": "acme", "database": "board"}
    found = {
        str(door): door.send(one, names, "acme", headers=headers).status_code for door in changing
    }

    assert {403} == set(found.values()), {n: s for n, s in found.items() if s != 403}
    assert len(found) > 50


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://127.0.0.1"},
        {"origin": "https://app.example"},
        {"host": "localhost:8080", "origin": "http://localhost:8080"},
        {"host": "[::1]:8080"},
        {"host": "HUB.example"},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
    ],
    ids=lambda found: " ".join(f"{name}={value}" for name, value in found.items()) or "nothing",
)
def test_own_pages_and_programs_are_let_in(one: Desk, headers: Mapping[str, str]) -> None:
    answer = one.send("POST", "/api/v1/logins", json={}, headers=headers)

    assert 201 == answer.status_code


def test_a_foreign_origin_may_not_even_read(one: Desk) -> None:
    answer = one.send("GET", f"{V1}/acme/board/main", headers={"origin": EVIL})

    assert 403 == answer.status_code
    assert "access-control-allow-origin" not in answer.headers


def test_every_answer_keeps_browsers_from_guessing_and_framing(one: Desk) -> None:
    for path in ("/api/v1", "/nowhere", f"{V1}/acme/board/main"):
        headers = one.send("GET", path).headers

        assert "nosniff" == headers["x-content-type-options"]
        assert "DENY" == headers["x-frame-options"]
        assert "same-origin" == headers["cross-origin-resource-policy"]


@pytest.mark.parametrize(
    ("sent", "is_kept"), [("abc-1", True), ("a" * 65, False), ("a b", False), ('a"><b>', False)]
)
def test_a_request_id_is_repeated_if_it_can_be(one: Desk, sent: str, *, is_kept: bool) -> None:
    found = one.send("GET", "/api/v1", headers={"x-request-id": sent}).headers["x-request-id"]

    assert is_kept == (found == sent)
    assert is_kept or found.startswith("req_")


# --- sizes


def _parts(size: int) -> Iterator[bytes]:
    """Yield a body in pieces, so that its length is not stated."""
    yield b'{"title": "'
    for _ in range(size // 1024):
        yield b"x" * 1024
    yield b'"}'


BODIES: Final[dict[str, Callable[[], bytes | Iterable[bytes]]]] = {
    "stated": lambda: b"x" * (BODY_LIMIT_BYTES + 1),
    "unstated": lambda: _parts(BODY_LIMIT_BYTES + 4096),
}


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"{API}/wanted", "invalid"),
        (f"{V1}/acme/board/pulls", "invalid"),
        ("/api/v2/databases/acme/board/pulls", "VALIDATION_FAILED"),
        ("/graphql", "invalid"),
        ("/nowhere", None),
    ],
)
@pytest.mark.parametrize("key", [{}, {"idempotency-key": "k"}], ids=["plain", "keyed"])
def test_a_body_that_is_too_long_is_refused_with_413(
    one: Desk, kind: str, path: str, code: str | None, key: dict[str, str]
) -> None:
    content = BODIES[kind]()
    headers = {"content-type": "application/json", **key}
    answer = one.send("POST", path, "acme", content=content, headers=headers)

    if code is None and kind == "unstated" and not key:
        assert 404 == answer.status_code  # nobody reads it
        return
    assert 413 == answer.status_code
    assert code is None or code == answer.json()["code"]


def test_a_body_of_just_the_limit_is_read(one: Desk) -> None:
    content = b'{"title": ""' + b" " * (BODY_LIMIT_BYTES - 13) + b"}"
    headers = {"content-type": "application/json"}
    answer = one.send("POST", f"{API}/wanted", "acme", content=content, headers=headers)

    assert (422, "title") == (answer.status_code, answer.json()["field"])


@pytest.mark.parametrize("length", ["-1", "1e9", "0x10", "9" * 30, "9" * 5000, "1,1", ""])
def test_a_length_that_is_no_number_is_refused(one: Desk, length: str) -> None:
    answer = asyncio.run(_called(create_app(one.hub), b"/api/v1", {"content-length": length}))

    assert 413 == answer


# --- escaped slashes


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/a/wl%2Fada%2Fw-1/b", "/a/wl\ue000ada\ue000w-1/b"),
        (b"/a%2fb", "/a\ue000b"),
        (b"/a%252Fb", "/a%2Fb"),
        (b"/%C3%BC?q=%2F", "/ü"),
    ],
)
def test_an_escaped_slash_does_not_separate(raw: bytes, path: str) -> None:
    seen: list[str] = []

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        seen.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})

    asyncio.run(_called(EscapedSlashes(app), raw, {}))
    assert [path] == seen
    assert "wl/ada/w-1" == segment("wl\ue000ada\ue000w-1")


@pytest.mark.parametrize(
    "raw", [b"/%ff", b"/a%00b", b"/%EE%80%80", b"/%ed%a0%80", b"/" + b"a" * 16_384]
)
def test_a_path_that_no_route_can_be_meant_by_is_refused(one: Desk, raw: bytes) -> None:
    assert 400 == asyncio.run(_called(create_app(one.hub), raw, {}))


async def _called(app: Any, raw: bytes, headers: Mapping[str, str]) -> int:
    """Return the status that an application answers to a path as it comes over the wire."""
    status = 0

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)

    scope = {
        "type": "http",
        "method": "GET",
        "raw_path": raw,
        "path": raw.decode("latin-1"),
        "query_string": b"",
        "client": ("127.0.0.1", 1),
        "headers": [
            (b"host", b"localhost"),
            *((n.encode(), v.encode()) for n, v in headers.items()),
        ],
    }
    await app(scope, receive, send)
    return status


def test_a_mistake_of_ours_is_told_without_what_it_met(caplog: pytest.LogCaptureFixture) -> None:
    met = "wlt.v1.0123456789ab." + "s" * 43

    async def broken(*_: Any) -> None:
        raise KeyError(met)

    app = Guards(broken, hosts=(), origins=(), body_limit_bytes=10)
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", b"localhost")]}
    asyncio.run(app(scope, _nothing, send))

    assert 500 == sent[0]["status"]
    assert b"wlt" not in sent[1]["body"]
    assert "sssss" not in caplog.text
    assert "KeyError" in caplog.text


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
