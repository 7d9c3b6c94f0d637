"""What the client does with servers that mean no good."""

from __future__ import annotations

import gzip
import hashlib
import logging
import ssl
import threading
from pathlib import Path

import pytest

from commons.outgoing.certificates import write_certificate
from commons.outgoing.servers import (
    LOOPBACK,
    Canary,
    Names,
    Receiver,
    endless,
    redirect,
    reply,
    ticking,
)
from wasteland.commons.outgoing.client import Outgoing
from wasteland.commons.outgoing.remotes import check_url
from wasteland.protocol.errors import (
    Forbidden,
    Invalid,
    LimitReached,
    Unavailable,
    Unsupported,
)

HOST = "good.test"


def _outgoing(**known: list[list[str]]) -> Outgoing:
    """Return a client for which good.test is a public server: loopback, allowed by its name."""
    return Outgoing(enabled=True, allow=[HOST], resolver=Names(good_test=[[LOOPBACK]], **known))


def test_nothing_is_sent_where_the_operator_has_not_switched_it_on(canary: Canary) -> None:
    outgoing = Outgoing(enabled=False, allow=[LOOPBACK])

    with pytest.raises(Unsupported, match="allows no outgoing requests"):
        outgoing.fetch(f"http://{LOOPBACK}:{canary.port}/")
    assert 0 == canary.hits()


def test_answer_says_what_came_and_from_where() -> None:
    with Receiver([reply(200, b"hello", [("Content-Type", "text/plain")])]).running() as server:
        answer = _outgoing().fetch(server.url(HOST, "/x?y=1"), headers={"X-Mine": "1"})

    assert (200, b"hello", "text/plain") == (answer.status, answer.body, answer.content_type)
    assert server.url(HOST, "/x?y=1") == answer.url
    assert hashlib.sha256(b"hello").hexdigest() == answer.digest
    got = server.received[0]
    assert ("GET", "/x?y=1", f"{HOST}:{server.port}", "1") == (
        got.method,
        got.path,
        got.headers["host"],
        got.headers["x-mine"],
    )


def test_body_is_posted_with_its_length() -> None:
    with Receiver([reply(204, b"")]).running() as server:
        _outgoing().fetch(server.url(HOST), method="POST", body=b"payload")

    got = server.received[0]
    assert ("POST", b"payload", "7") == (got.method, got.body, got.headers["content-length"])


def test_name_that_changes_its_answer_is_asked_once(canary: Canary) -> None:
    """The second answer would lead to the canary; the connection goes to the first."""
    names = Names(rebind_test=[["127.0.0.3"], [LOOPBACK]])
    outgoing = Outgoing(enabled=True, allow=["127.0.0.3"], resolver=names)

    with pytest.raises(Unavailable):
        outgoing.fetch(f"http://rebind.test:{canary.port}/")
    assert ["rebind.test"] == names.asked
    assert 0 == canary.hits()


@pytest.mark.parametrize(
    "answers", [["8.8.8.8", LOOPBACK], [LOOPBACK, "8.8.8.8"], ["2606:4700::1", "::1"]]
)
def test_one_closed_address_among_several_refuses_the_name(
    answers: list[str], canary: Canary
) -> None:
    outgoing = Outgoing(enabled=True, resolver=Names(mixed_test=[answers]))

    with pytest.raises(Forbidden):
        outgoing.fetch(f"http://mixed.test:{canary.port}/")
    assert 0 == canary.hits()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "to", ["http://127.0.0.1:{port}/", "//[::1]:{port}/", "http://evil.test:{port}/"]
)
def test_redirect_to_a_closed_address_is_not_followed(to: str, status: int, canary: Canary) -> None:
    with Receiver([redirect(to.format(port=canary.port), status)]).running() as server:
        outgoing = _outgoing(evil_test=[[LOOPBACK]])

        with pytest.raises(Forbidden):
            outgoing.fetch(server.url(HOST))
    assert 0 == canary.hits()


def test_redirect_is_resolved_and_checked_anew(canary: Canary) -> None:
    """A name that was open for the first request is closed for the second."""
    names = Names(good_test=[[LOOPBACK], ["::1"]])
    outgoing = Outgoing(enabled=True, allow=[LOOPBACK], resolver=names)
    there = redirect(f"http://{HOST}:{canary.port}/")
    with Receiver([there]).running() as server, pytest.raises(Forbidden):
        outgoing.fetch(server.url(HOST))

    assert 0 == canary.hits()


def test_redirects_end_after_three() -> None:
    with Receiver([redirect("/again")]).running() as server:
        answer = _outgoing().fetch(server.url(HOST))

    assert 302 == answer.status
    assert 4 == len(server.received)


def test_redirect_of_a_post_is_the_answer() -> None:
    with Receiver([redirect("/else", 307)]).running() as server:
        answer = _outgoing().fetch(server.url(HOST), method="POST", body=b"x")

    assert 307 == answer.status
    assert 1 == len(server.received)


def test_headers_of_the_caller_stay_with_their_server() -> None:
    with Receiver([reply()]).running() as other:
        there = redirect(other.url(HOST))
        with Receiver([redirect("/near"), there]).running() as server:
            _outgoing().fetch(server.url(HOST), headers={"Authorization": "token hunter2"})

    assert ["token hunter2"] * 2 == [r.headers["authorization"] for r in server.received]
    assert "authorization" not in other.received[0].headers


def test_cookies_are_neither_kept_nor_sent() -> None:
    given = reply(302, b"", [("Location", "/next"), ("Set-Cookie", "a=b")])
    with Receiver([given, reply()]).running() as server:
        _outgoing().fetch(server.url(HOST))

    assert "cookie" not in server.received[1].headers


def test_proxy_of_the_environment_is_not_used(
    canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://{LOOPBACK}:{canary.port}")
    with Receiver([reply()]).running() as server:
        assert 200 == _outgoing().fetch(server.url(HOST)).status

    assert 0 == canary.hits()


HEAD = "HTTP/1.1 200 OK\n"


@pytest.mark.parametrize(
    ("head", "again"),
    [
        (HEAD + "Content-Length: 900000000\n\n", b"x"),
        (HEAD + "Transfer-Encoding: chunked\n\n", b"1\r\nx\r\n"),
        ("HTTP/1.1 100 Continue\n\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_server_that_drips_is_left_at_the_deadline(head: str, again: bytes) -> None:
    """Each look at the clock is a second; the server would go on for ever."""
    names = Names(good_test=[[LOOPBACK]])
    with Receiver([endless(head, again)]).running() as server:
        outgoing = Outgoing(enabled=True, allow=[HOST], resolver=names, clock=ticking(1.0))

        with pytest.raises(Unavailable, match="in time"):
            outgoing.fetch(server.url(HOST), limit_bytes=10**9)


def test_silent_server_is_left_at_the_deadline(canary: Canary) -> None:
    names = Names(good_test=[[LOOPBACK]])
    outgoing = Outgoing(enabled=True, allow=[HOST], resolver=names, clock=ticking(3.0))

    with pytest.raises(Unavailable, match="in time"):
        outgoing.fetch(f"http://{HOST}:{canary.port}/")


def test_resolver_that_hangs_is_left_at_the_deadline() -> None:
    end = threading.Event()

    def resolver(_host: str, _port: int) -> list[str]:
        end.wait(10)
        return []

    outgoing = Outgoing(enabled=True, resolver=resolver)

    with pytest.raises(Unavailable, match="in time"):
        outgoing.fetch("http://slow.test/", timeout_s=0.05)
    end.set()


def test_body_beyond_the_limit_is_not_read() -> None:
    server = Receiver([endless(HEAD + "\n", b"x" * 1000)])
    with server.running(), pytest.raises(LimitReached) as refused:
        _outgoing().fetch(server.url(HOST), limit_bytes=10_000)

    assert {"limit": 10_000, "status": 200} == refused.value.facts


def test_body_of_exactly_the_limit_is_read_and_no_more() -> None:
    with Receiver([reply(200, b"x" * 100)]).running() as server:
        assert 100 == len(_outgoing().fetch(server.url(HOST), limit_bytes=100).body)
        with pytest.raises(LimitReached):
            _outgoing().fetch(server.url(HOST), limit_bytes=99)


def test_limit_of_nothing_reads_the_head_alone() -> None:
    with Receiver([endless(HEAD + "\n", b"x" * 1000)]).running() as server:
        answer = _outgoing().fetch(server.url(HOST), limit_bytes=0)

    assert (200, b"") == (answer.status, answer.body)


@pytest.mark.parametrize(
    ("head", "again"),
    [
        ("HTTP/1.1 100 Continue\n\n", b"HTTP/1.1 103 Hints\r\nX: " + b"y" * 900 + b"\r\n\r\n"),
        (HEAD + "Transfer-Encoding: chunked\n\n", b"1;x=" + b"y" * 900 + b"\r\nx\r\n"),
        (HEAD, b"X: " + b"y" * 900 + b"\r\n"),
        ("SSH-2.0-OpenSSH_9.6\n", b"noise\r\n"),
    ],
)
def test_answer_out_of_proportion_is_dropped(head: str, again: bytes) -> None:
    with Receiver([endless(head, again)]).running() as server, pytest.raises(Unavailable):
        _outgoing().fetch(server.url(HOST), limit_bytes=1000)


def test_compressed_answer_stays_as_it_was_sent() -> None:
    """A kilobyte that would unfold to a million bytes is a kilobyte."""
    bomb = gzip.compress(bytes(1_000_000))
    with Receiver([reply(200, bomb, [("Content-Encoding", "gzip")])]).running() as server:
        answer = _outgoing().fetch(server.url(HOST), limit_bytes=2000)

    assert bomb == answer.body
    assert "identity" == server.received[0].headers["accept-encoding"]


@pytest.mark.parametrize(
    "headers", [{"X": "a\r\nY: b"}, {"X\n": "a"}, {"Host": "x"}, {"X": "ä"}, {"Connection": "x"}]
)
def test_header_that_would_change_the_request_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        _outgoing().fetch("http://good.test/", headers=headers)
    assert "Y: b" not in str(refused.value)


def test_secrets_are_in_no_error_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server = Receiver([endless("SSH-2.0-x\n", b"noise")])
    with server.running(), pytest.raises(Unavailable) as failed:
        _outgoing().fetch(server.url(HOST, "/hook/hunter2"), headers={"Authorization": "hunter2"})

    assert failed.value.__cause__ is None
    assert "hunter2" not in f"{failed.value!r} {failed.value.facts} {caplog.text}"


def test_certificate_must_name_the_host_and_not_the_pinned_address(tmp_path: Path) -> None:
    certificate = write_certificate(tmp_path, HOST)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate)
    asked: list[str | None] = []
    server_side.sni_callback = lambda _socket, name, _context: asked.append(name)
    outgoing = Outgoing(
        enabled=True,
        allow=[HOST, "wrong.test"],
        resolver=Names(good_test=[[LOOPBACK]], wrong_test=[[LOOPBACK]]),
        ssl_context=ssl.create_default_context(cafile=certificate),
    )

    def wrap(plain: object) -> ssl.SSLSocket:
        return server_side.wrap_socket(plain, server_side=True)  # type: ignore[arg-type]

    with Receiver([reply()]).running(wrap) as server:
        assert 200 == outgoing.fetch(f"https://{HOST}:{server.port}/").status
        with pytest.raises(Unavailable):
            outgoing.fetch(f"https://wrong.test:{server.port}/")
    assert [HOST, "wrong.test"] == asked
    assert 1 == len(server.received)


def test_database_programs_get_hosts_that_the_operator_has_named_and_no_others() -> None:
    outgoing = Outgoing(enabled=True, allow=["db.example.org", "8.8.8.0/24"])

    assert "https://db.example.org/a/b" == check_url(outgoing, "https://DB.example.org/a/b")
    for url in ("https://example.org/a", "https://8.8.8.8/a", "https://x.db.example.org/"):
        with pytest.raises(Forbidden):
            check_url(outgoing, url)
    for url in ("file:///srv/db", "ssh://db.example.org/x", "https://u@db.example.org/x"):
        with pytest.raises(Invalid):
            check_url(outgoing, url)
    with pytest.raises(Unsupported):
        check_url(Outgoing(enabled=False, allow=["db.example.org"]), "https://db.example.org/")
