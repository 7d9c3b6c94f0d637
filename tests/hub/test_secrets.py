"""
Forty secrets are sent to every route, at every place where people put them, and must show nowhere.

Not in what a route refuses them with, not in the log, not in a file, not in the list of processes.
"""

from __future__ import annotations

import base64
import logging
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import cycle
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest

from hub.crawl import Door, doors
from hub.desks import BOARD, Desk, open_desk
from wasteland.hub.tokens import redacted

MARK: Final = "canary"
"""What every secret here contains; it is in no answer, log or file but by a leak."""
NAMES: Final = {"owner": "acme", "database": "board", "file": "board.db", "title": "x"}
_LONG: Final = "x" * 24


def _ours(number: int) -> str:
    return f"wlt.v1.{number:012x}.{MARK}{number:02}".ljust(63, "x")


KINDS: Final[tuple[Callable[[int], str], ...]] = (
    _ours,
    lambda n: f"wlt.v1.{MARK}{n}{_LONG}",
    lambda n: f"dhat.v1.{MARK}{n}{_LONG}",
    lambda n: f"eyJhbGciOiJFZERTQSJ9.{MARK}{n}.{MARK}",
    lambda n: f"whsec_{MARK}{n}{_LONG}",
    lambda n: f"https://ada:{MARK}{n}@hub.example/acme/board",
    lambda n: f"mysql://root:{MARK}{n}@127.0.0.1:3306/",
    lambda n: f"https://hub.example/t/{MARK}{n}/acme/board.db",
)
CANARIES: Final = tuple(kind(number) for number in range(5) for kind in KINDS)


def _basic(secret: str) -> str:
    return "Basic " + base64.b64encode(f"ada:{secret}".encode()).decode()


Sender = Callable[[Desk, Door, str], Any]


def _in_header(form: str) -> Sender:
    def send(desk: Desk, door: Door, secret: str) -> Any:
        return door.send(desk, NAMES, headers={"authorization": form.format(secret)})

    return send


def _in_cookie(desk: Desk, door: Door, secret: str) -> Any:
    return door.send(desk, NAMES, headers={"cookie": f"dolthubToken={secret}; wl_session={secret}"})


def _in_path(desk: Desk, door: Door, secret: str) -> Any:
    names = {part.partition("}")[0].partition(":")[0] for part in door.path.split("{")[1:]}
    return door.send(desk, {**NAMES, **dict.fromkeys(names, secret)}, "acme")


def _in_repository(desk: Desk, door: Door, secret: str) -> Any:
    names = {part.partition("}")[0].partition(":")[0] for part in door.path.split("{")[1:]}
    return door.send(desk, {**dict.fromkeys(names, secret), **NAMES}, "acme")


def _in_query(desk: Desk, door: Door, secret: str) -> Any:
    return door.send(desk, {**NAMES, **dict.fromkeys(door.query, secret)}, "acme")


def _in_body(desk: Desk, door: Door, secret: str) -> Any:
    body = _filled(door.json(NAMES), secret)
    return door.send(desk, NAMES, "acme", json=body) if door.body else None


def _in_other_headers(desk: Desk, door: Door, secret: str) -> Any:
    names = ("x-wasteland-rig", "if-none-match", "last-event-id", "referer", "user-agent")
    return door.send(desk, NAMES, "acme", headers=dict.fromkeys(names, secret))


def _filled(value: Any, secret: str) -> Any:
    """Return a body with *secret* for every text in it."""
    if isinstance(value, dict):
        return {name: _filled(member, secret) for name, member in value.items()}
    if isinstance(value, list):
        return [_filled(member, secret) for member in value]
    return secret if isinstance(value, str) else value


PLACES: Final[Mapping[str, Sender]] = {
    "token": _in_header("token {}"),
    "bearer": _in_header("Bearer {}"),
    "bare": _in_header("{}"),
    "basic": lambda desk, door, s: door.send(desk, NAMES, headers={"authorization": _basic(s)}),
    "twice": _in_header("token {0}, token {0}"),
    "cookie": _in_cookie,
    "path": _in_path,
    "below a repository": _in_repository,
    "query": _in_query,
    "body": _in_body,
    "other headers": _in_other_headers,
}


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A hub that is told secrets all day."""
    with open_desk(tmp_path_factory.mktemp("secrets") / "host") as desk:
        desk.hub.stopping.set()  # so that nothing waits for changes
        yield desk


def test_there_are_forty_canaries() -> None:
    assert 40 == len(set(CANARIES))
    assert not [text for text in CANARIES if MARK in redacted(f"a {text} b")]


@pytest.mark.parametrize("place", PLACES)
def test_no_route_shows_or_logs_a_secret_that_it_refuses(
    one: Desk, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="wasteland")
    caplog.set_level(logging.DEBUG, logger="uvicorn")
    tried = list(zip(doors(one.hub), cycle(CANARIES), strict=False))
    answers = [(door, PLACES[place](one, door, secret)) for door, secret in tried]
    refused = [(door, a) for door, a in answers if a is not None and _is_refusal(a)]
    shown = [f"{door}: {a.text[:300]}" for door, a in refused if MARK in f"{a.text}{a.headers}"]

    assert [] == shown
    assert len(refused) > 20
    assert MARK not in caplog.text


def _is_refusal(answer: Any) -> bool:
    return answer.status_code >= 400 or '"Error"' in answer.text


@pytest.mark.parametrize("secret", CANARIES)
def test_a_mistake_of_ours_shows_no_secret_that_it_met(
    one: Desk, secret: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise KeyError(f"{secret} in {one.hub.host.root}")

    for name in ("parent", "engine", "forks"):
        monkeypatch.setattr(one.hub.host, name, fail)
    failed = [
        one.send("GET", path, headers={"authorization": f"token {one.tokens['acme']}"})
        for path in ("/api/v1alpha1/acme/board/main", "/api/v2/databases/acme/board", "/csv/a/b/c")
    ]

    assert {500} == {answer.status_code for answer in failed}
    assert not [answer.text for answer in failed if MARK in answer.text]
    assert "KeyError" in caplog.text
    assert MARK not in caplog.text


def test_no_file_holds_a_secret_that_proved_nothing(desk: Desk) -> None:
    for (door, secret), place in zip(
        zip(doors(desk.hub), cycle(CANARIES), strict=False),
        cycle(("token", "bearer", "basic", "cookie", "twice")),
        strict=False,
    ):
        PLACES[place](desk, door, secret)
    text = _issued(desk)

    held = [path for path in desk.hub.host.root.rglob("*") if path.is_file()]
    assert not [path for path in held if MARK.encode() in path.read_bytes()]
    assert not [path for path in held if text.encode() in path.read_bytes()]
    assert held


def _issued(desk: Desk) -> str:
    """Return the secret part of a token that was used to write, to fail, and to ask again."""
    text = desk.tokens["acme"]
    for key in ("k", "k"):
        headers = {"idempotency-key": key}
        desk.ok("POST", "/api/v1/tokens", "acme", json={}, headers=headers)
        desk.ok("POST", "/api/v1/commons/acme/board/wanted", "acme", json={"title": "x"})
    secret = text.rpartition(".")[2]
    desk.send("GET", f"/t/{text}/{BOARD}.db/refs")
    desk.send("POST", f"/t/{text}/{BOARD}.db/commit", content=b"")
    sql = {"q": f"SELECT '{text}'"}
    desk.send("GET", "/api/v1alpha1/acme/board/main", "acme", params=sql)
    desk.send("POST", "/api/v1alpha1/acme/board/write/main/wl%2Fmia%2Fx", "acme", params=sql)
    return secret


# --- a hub as a process of its own


def test_a_running_hub_prints_logs_and_lists_no_secret(tmp_path: Path) -> None:
    requests = [
        request
        for number, secret in enumerate(CANARIES)
        for request in _requests(secret)[number % 2 :: 2]
    ]
    with _served(tmp_path) as (process, port):
        answers = [_sent(port, request) for request in requests]
        listed = [_arguments(pid) for pid in (process.pid, *_children(process.pid))]
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)

    held = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert 0 == process.returncode
    assert MARK.encode() not in out + err
    assert b"Traceback" not in err
    assert 100 < len([answer for answer in answers if answer.startswith(b"HTTP/1.1 4")])
    assert not [answer for answer in answers if MARK.encode() in answer]
    assert listed[0]
    assert not [line for line in listed if MARK.encode() in line]
    assert not [path for path in held if MARK.encode() in path.read_bytes()]


def _requests(secret: str) -> list[bytes]:
    """Return requests that fail, with *secret* in them, as bytes."""
    head = b"HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    proof = b"Authorization: token " + secret.encode() + b"\r\n\r\n"
    plain = quote(secret, safe="").encode()
    return [
        b"GET /api/v1/whoami " + head + proof,
        b"GET /t/" + plain + b"/acme/board.db/refs " + head + b"\r\n",
        b"POST /t/" + plain + b"/acme/board.db/chunks " + head + b"Content-Length: 1\r\n\r\nx",
        b"GET /api/v1alpha1/acme/board/main?q=" + plain + b" " + head + proof,
        b"BREW /" + plain + b" HTTP/9.9\r\n" + proof,
        b"GET / HTTP/1.1\r\nAuthorization token " + secret.encode() + b"\r\n\r\n",
        secret.encode() * 9000 + b"\r\n\r\n",
    ]


def _sent(port: int, request: bytes) -> bytes:
    """Send *request* over a connection of its own; return the answer's beginning."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        try:
            line.sendall(request)
            return line.recv(65_536)
        except OSError:
            return b""  # the hub hung up while we spoke


class _served:  # noqa: N801  # a context manager, named like the function that it stands for
    """A hub of an empty directory, ended with the block."""

    def __init__(self, root: Path) -> None:
        environment = {**os.environ, "HOME": str(root), "WL_HOST": str(root / "host")}
        command = [sys.executable, "-m", "wasteland.cli", "serve", "--port", "0", "--json"]
        self._process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def __enter__(self) -> tuple[subprocess.Popen[bytes], int]:
        assert self._process.stdout
        for line in self._process.stdout:
            if found := re.search(rb"http://127\.0\.0\.1:(\d+)", line):
                return self._process, int(found[1])
        raise AssertionError("it did not start")

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(30)


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


def _arguments(pid: int) -> bytes:
    """Return what a list of processes shows of one."""
    return Path(f"/proc/{pid}/cmdline").read_bytes()
