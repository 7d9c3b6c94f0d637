"""What no client should send: every route refuses it in its API's own form, and none breaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest

from hub.crawl import doors, is_broken, is_in_own_form
from hub.desks import API, V1, V2, Desk, open_desk
from wasteland.protocol.errors import EngineError, Unavailable

JSON: Final = {"content-type": "application/json"}
NAMES: Final = {"owner": "acme", "database": "board", "title": "x", "name": "board"}
BODIES: Final = {
    "empty": b"",
    "cut off": b'{"title": ',
    "no object": b'"title"',
    "list": b"[]",
    "number": b"1",
    "null": b"null",
    "two": b"{} {}",
    "not UTF-8": b'{"title": "\xff\xfe"}',
    "UTF-16": '{"title": "x"}'.encode("utf-16"),
    "surrogate": b'{"title": "\\ud800", "q": "\\udfff", "body": "\\ud800"}',
    "NUL": b'{"title": "a\\u0000b", "comment": "\\u0000", "body": "\\u0000"}',
    "deep list": b"[" * 10_000 + b"]" * 10_000,
    "deep object": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "deep member": b'{"title": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "huge number": b'{"title": ' + b"9" * 5000 + b"}",
    "no number": b'{"limit": NaN, "level": Infinity, "hours": -Infinity}',
    "twice": b'{"title": "a", "title": "b"}',
    "binary": bytes(range(256)),
}


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A hub that is only ever asked what it refuses."""
    with open_desk(tmp_path_factory.mktemp("bad") / "host") as desk:
        yield desk


@pytest.mark.parametrize("kind", BODIES)
def test_no_body_breaks_a_route(one: Desk, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    taking = [door for door in doors(one.hub) if door.body]
    wrong = []
    for door in taking:
        answer = one.send(door.method, door.url(NAMES), "acme", content=BODIES[kind], headers=JSON)
        if is_broken(answer) or not is_in_own_form(door.path, answer):
            wrong.append(f"{door}: {answer.status_code} {answer.text[:200]}")

    assert [] == wrong
    assert len(taking) > 30
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "x",
        "application/xml",
    ],
)
def test_a_body_of_another_type_is_not_read_as_json(one: Desk, content_type: str) -> None:
    """So that no form of another page can send one."""
    for door in doors(one.hub):
        if not door.body:
            continue
        headers = {"content-type": content_type}
        content = json.dumps(door.json(NAMES)).encode()
        answer = one.send(door.method, door.url(NAMES), "acme", content=content, headers=headers)
        assert answer.status_code in {400, 422}, (str(door), answer.text)
        assert is_in_own_form(door.path, answer), str(door)


QUERIES: Final = (
    *("", "x", "-1", "0", "1.5", "9" * 30, "9" * 3000, "NaN", "true", "null", "[]", "{}", "%00"),
    *("%ff", "%F0%28%8C%BC", "%ed%a0%80", "a%0d%0ab", "%E2%80%AE", "'; DROP TABLE wanted; --"),
    *("2026-13-45", "2026-02-30T25:61:61Z", "0001-01-01", "9999-12-31T23:59:59Z", "main~99999"),
)


def test_no_query_breaks_a_route(one: Desk) -> None:
    described = one.ok("GET", "/openapi.json")["paths"]
    wrong = []
    for door in doors(one.hub):
        told = described.get(door.path, {}).get(door.method.lower(), {})
        names = [p["name"] for p in told.get("parameters", ()) if p["in"] == "query"]
        if door.method != "GET" or not names:
            continue
        for text in QUERIES:
            base = door.url(NAMES)
            mark = "&" if "?" in base else "?"
            asked = base + mark + "&".join(f"{name}={text}" for name in names)
            answer = one.send("GET", asked.replace("wait_s=", "wait="), "acme")
            if is_broken(answer) or not is_in_own_form(door.path, answer):
                wrong.append(f"{asked[:150]}: {answer.status_code} {answer.text[:150]}")

    assert [] == wrong


HEADERS: Final = (
    {"authorization": "token " + "a" * 8000},
    {"authorization": "token \xff\xfe"},
    {"authorization": "Bearer a, Bearer b"},
    {"authorization": "\x7f"},
    {"x-wasteland-rig": "\xff"},
    {"x-wasteland-rig": "a" * 8000},
    {"x-wasteland-rig": "mia'; --"},
    {"idempotency-key": "\xff"},
    {"idempotency-key": "a" * 300},
    {"if-none-match": '"' * 500},
    {"last-event-id": "\xff"},
    {"accept": "\xff/*"},
    {"cookie": "dolthubToken=\xff; =; ;;"},
    {"content-type": "application/json; charset=\xff"},
    {"x-request-id": "\xff"},
)


@pytest.mark.parametrize("headers", HEADERS, ids=lambda found: ascii(found)[:60])
def test_no_header_breaks_a_route(one: Desk, headers: dict[str, str]) -> None:
    told = {"authorization": f"token {one.tokens['acme']}"} | headers
    signed = {name.encode(): value.encode("latin-1") for name, value in told.items()}
    wrong = []
    for door in doors(one.hub)[::3]:
        url = door.url(NAMES) + ("&wait_s=0" if "?" in door.url(NAMES) else "?wait_s=0")
        answer = one.client.request(door.method, url, headers=signed, json=door.json(NAMES))
        if is_broken(answer) or not is_in_own_form(door.path, answer):
            wrong.append(f"{door}: {answer.status_code} {answer.text[:200]}")

    assert [] == wrong


METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")


@pytest.mark.parametrize("method", METHODS)
def test_a_method_that_a_route_has_not_is_told_with_those_that_it_has(
    one: Desk, method: str
) -> None:
    paths: dict[str, set[str]] = {}
    for door in doors(one.hub):
        paths.setdefault(door.url(NAMES).partition("?")[0], set()).add(door.method)
    for path, methods in paths.items():
        if method in methods or path.startswith(("/t/", "/remotes/", "/login")):
            continue
        answer = one.send(method, path, "acme")
        assert answer.status_code in {404, 405, 200}, (method, path, answer.text)
        if answer.status_code == 405:
            assert set(answer.headers["allow"].split(", ")) & methods, (method, path)


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        f"{V1}",
        f"{V1}/",
        f"{V1}/user/",
        f"{V2}",
        f"{V2}/user/",
        f"{API}/nowhere",
        "http://127.0.0.1//",
        "/api",
        "/api/v3/user",
        "/../etc/passwd",
        "/docs",
        "/redoc",
    ],
)
def test_an_unknown_route_is_told_in_the_form_of_its_api(one: Desk, path: str) -> None:
    answer = one.send("GET", path)
    if path == "/api":
        assert answer.status_code in {200, 404}
        return
    assert 404 == answer.status_code
    assert is_in_own_form(path, answer)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_answer_shows_where_the_hub_runs(one: Desk, method: str) -> None:
    root = str(one.hub.host.root)
    for door in doors(one.hub):
        if door.method == method:
            answer = door.send(one, {**NAMES, "owner": "acme", "database": "none"}, "acme")
            assert root not in answer.text, str(door)


def test_what_failed_on_our_side_is_told_without_its_place(
    one: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    root = str(one.hub.host.root)
    for error, status in (
        (EngineError(f"{root}/x.db is broken"), 500),
        (Unavailable(f"{root} is busy"), 503),
    ):

        def fail(*_: Any, _error: Exception = error) -> Any:
            raise _error

        monkeypatch.setattr(one.hub.host, "forks", fail)
        for path in (f"{V1}/acme/board/forks", f"{V2}/databases/acme/board/forks"):
            answer = one.send("GET", path)
            assert status == answer.status_code
            assert root not in answer.text
            assert status == 500 or "is busy" in answer.text
    assert f"{root}/x.db is broken" in caplog.text
