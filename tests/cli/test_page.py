"""The demo's page over HTTP, on a port of its own."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.conftest import Wl
from wasteland.cli.page import bind
from wasteland.commons import story
from wasteland.hosts.local import LocalHost


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Return the port of a served demo."""
    with LocalHost(tmp_path / "demo") as host:
        server = bind(host, list(story.play(host)), 0)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()
        server.server_close()


def ask(port: int, path: str = "/", host: str = "127.0.0.1") -> tuple[int, str]:
    """Return the status and the body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={"Host": host})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/", "127.0.0.1:8999", 200),
        ("/?x", "localhost", 200),
        ("/x", "localhost", 404),
        ("/", "evil.example.org", 421),
        ("/", "127.0.0.1.evil.example.org", 421),
    ],
)
def test_the_page_answers_to_the_names_of_this_machine_only(
    port: int, path: str, host: str, status: int
) -> None:
    found, body = ask(port, path, host)

    assert (status, status == 200) == (found, "Receipts" in body)


def test_an_idle_connection_keeps_nobody_waiting(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)):
        assert 200 == ask(port)[0]


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_that_cannot_be_is_refused_before_the_story(wl: Wl, port: str) -> None:
    ran = wl("demo", "--serve", "--port", port)

    assert (2, "") == (ran.code, ran.out)
    assert "0<=x<=65535" in ran.err
