"""What no client of ours sends: nothing of it reaches a repository."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from hub.remotes import bodies, hubs
from hub.remotes.hubs import ANN, BOARD, BOB, Hub, write
from wasteland.engines.base import MAIN
from wasteland.engines.doltlite.chunks import ChunkServer
from wasteland.hub.remotes import Limits, blake3
from wasteland.hub.remotes.refs import Head, Refs, Tag, read_refs

_ZERO = bytes(20).hex()
_KB = 1024


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    limits = Limits(chunks_bytes=64 * _KB, waiting_bytes=100 * _KB)
    with hubs.hub(tmp_path, limits) as running:
        before = running.board.branches()
        yield running
        assert before == running.board.branches()
        assert [] == running.board.remotes()
        assert [] == running.board.check()


def _seen(hub: Hub) -> bytes:
    return hub.ask("GET", hub.route(BOARD, "refs", ANN))[1]


def _send(hub: Hub, body: bytes, token: str = ANN) -> tuple[int, bytes]:
    return hub.ask("POST", hub.route(BOARD, "chunks", token), body)


def _wish(hub: Hub, body: bytes, token: str = ANN) -> tuple[int, bytes]:
    return hub.ask("PUT", hub.route(BOARD, "refs-if", token), body)


def _with(refs: Refs, *heads: Head) -> Refs:
    return replace(refs, heads=(*refs.heads, *heads))


@pytest.mark.parametrize(
    "body",
    [
        b"x",
        b"x" * 20 + struct.pack("<I", 10) + b"short",
        b"x" * 20 + struct.pack("<I", 0xFFFFFFFF) + b"long",
        b"x" * 20 + struct.pack("<I", 0x80000000),
    ],
)
def test_bodies_that_are_cut_short_are_refused(hub: Hub, body: bytes) -> None:
    assert 422 == _send(hub, body)[0]


def test_a_body_that_is_too_long_is_refused(hub: Hub) -> None:
    assert 403 == _send(hub, bodies.hashed(b"x" * (65 * _KB)))[0]


def test_an_account_cannot_fill_the_disk(hub: Hub) -> None:
    answers = [_send(hub, bodies.hashed(bytes([n]) * (40 * _KB)))[0] for n in range(4)]

    assert [200, 200, 403, 403] == answers
    assert 200 == _send(hub, bodies.hashed(b"x" * (40 * _KB)), BOB)[0]


def test_what_one_account_has_sent_is_not_seen_by_another(hub: Hub) -> None:
    digest = blake3.digest(b"secret")
    _send(hub, bodies.hashed(b"secret"))

    answers = [hub.ask("POST", hub.route(BOARD, "has-chunks", t), digest) for t in (ANN, BOB, "")]
    given = hub.ask("POST", hub.route(BOARD, "get-chunks", ANN), digest)

    assert [(200, b"\1"), (200, b"\0"), (200, b"\0")] == answers
    assert (200, b"\xff\xff\xff\xff") == given


@pytest.mark.parametrize("name", ["refs-if", "chunks", "commit"])
@pytest.mark.parametrize(("token", "status"), [("", 401), ("wrong", 401)])
def test_writing_needs_a_token(hub: Hub, name: str, token: str, status: int) -> None:
    method = "PUT" if name == "refs-if" else "POST"

    assert status == hub.ask(method, hub.route(BOARD, name, token))[0]


def test_a_commit_that_was_not_sent_is_refused(hub: Hub) -> None:
    seen = _seen(hub)
    wished = _with(read_refs(seen), Head("ann/w", "ab" * 20))

    status, body = _wish(hub, bodies.wish(wished, seen))

    assert 422 == status
    assert b"whole commit" in body


@pytest.mark.parametrize("chunk", [b"", b"garbage", bytes(70), b"\2\1" + b"\xff" * 68])
def test_garbage_under_its_true_hash_is_no_commit(hub: Hub, chunk: bytes) -> None:
    seen = _seen(hub)
    _send(hub, bodies.hashed(chunk))
    wished = _with(read_refs(seen), Head("ann/w", blake3.digest(chunk).hex()))

    assert 422 == _wish(hub, bodies.wish(wished, seen))[0]


def test_a_chunk_under_a_wrong_hash_is_refused(hub: Hub) -> None:
    """The engine compares each chunk that it takes over."""
    main = bytes.fromhex(hub.board.head())
    commit = hub.ask("POST", hub.route(BOARD, "get-chunks"), main)[1][4:]
    seen = _seen(hub)
    _send(hub, bodies.chunks({b"h" * 20: commit}))
    wished = _with(read_refs(seen), Head("ann/w", (b"h" * 20).hex()))

    assert 422 == _wish(hub, bodies.wish(wished, seen))[0]


def test_a_commit_that_lacks_its_rows_is_refused(hub: Hub) -> None:
    """A true commit of a clone, sent without what it refers to."""
    clone = hub.clone(BOARD, ANN)
    head = bytes.fromhex(write(clone, "ann/w", "mine"))
    commit = _chunk_of(clone.path, head)
    seen = _seen(hub)
    _send(hub, bodies.chunks({head: commit}))
    wished = _with(read_refs(seen), Head("ann/w", head.hex()))

    assert 422 == _wish(hub, bodies.wish(wished, seen))[0]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("said", ["ann/w", "main", "tag:v1", ":ann/w", ""])
def test_what_a_client_says_that_it_moves_does_not_count(hub: Hub, said: str, force: bool) -> None:
    """It says one thing and sends a list that moves main, drops it, or takes another's branch."""
    seen = _seen(hub)
    refs = read_refs(seen)
    head = hub.board.head()
    lists = [
        replace(refs, heads=(Head(MAIN, hub.board.log()[-1].hash),)),
        replace(refs, heads=()),
        _with(refs, Head("bob/w", head)),
        _with(refs, Head("ann/ok", head), Head("bob/w", head)),
        replace(refs, default="ann/w", heads=(*refs.heads, Head("ann/w", head))),
        replace(refs, tags=(Tag("v1", head, "ann", "", 0, ""),)),
        replace(refs, rest=struct.pack("<I", 1) + b"\1\0\0\0r" + b"\1\0\0\0u" + bytes(8)),
    ]

    answers = [_wish(hub, bodies.wish(each, seen, name=said, force=force)) for each in lists]

    assert [403] * len(lists) == [status for status, _ in answers]


@pytest.mark.parametrize("name", ["ann/ w", "ann/\0", "ann/\n", "ann/é", "-ann/w", "ann/:w"])
def test_branches_with_odd_names_are_refused(hub: Hub, name: str) -> None:
    seen = _seen(hub)
    wished = _with(read_refs(seen), Head(name, hub.board.head()))

    assert 422 == _wish(hub, bodies.wish(wished, seen))[0]


@pytest.mark.parametrize(
    "refs",
    [
        b"",
        b"\7",
        b"\6" + b"\4\0\0\0main" + bytes(20),
        b"\7" + b"\4\0\0\0main" + b"\xff\xff\xff\xff",
        b"\7" + b"\xff\xff\xff\xff",
        b"\7" + b"\4\0\0\0main" + bytes(4) + b"\xff\xff\xff\x7f",
        b"\7" + b"\2\0\0\0\xff\xfe" + bytes(20),
    ],
)
def test_lists_of_refs_that_cannot_be_read_are_refused(hub: Hub, refs: bytes) -> None:
    head = b"\5\0ann/w\0" + blake3.digest(_seen(hub))

    for body in (head + refs, head[:10], b"\xff\xff" + refs, b""):
        assert 422 == _wish(hub, body)[0]


def test_a_list_of_a_million_refs_is_refused(hub: Hub) -> None:
    entry = b"\5\0\0\0ann/w" + bytes(40)
    body = b"\0\0\0" + bytes(20) + b"\7\4\0\0\0main" + struct.pack("<I", 10**6) + entry * 10**6

    assert 403 == _wish(hub, body)[0]


def test_rows_that_are_not_committed_do_not_come_along(hub: Hub) -> None:
    """The list names a working set for each branch; nobody takes it over."""
    seen = _seen(hub)
    refs = read_refs(seen)
    wished = replace(refs, heads=(Head(MAIN, refs.heads[0].commit, "ab" * 20),))

    assert 200 == _wish(hub, bodies.wish(wished, seen))[0]
    assert [] == hub.board.dirty()


def test_who_saw_older_refs_is_told_to_look_again(hub: Hub) -> None:
    """That they are older shows before any right is asked: else a stale list looks like theft."""
    seen = _seen(hub)
    refs = read_refs(seen)

    status, body = _wish(hub, bodies.wish(_with(refs, Head("ann/w", _ZERO)), b"another list"))

    assert 409 == status
    assert b'"code":"refs_changed"' in body


def test_refusals_do_not_repeat_the_token(hub: Hub) -> None:
    for method, name in (("GET", "nothing"), ("POST", "chunks"), ("PUT", "refs-if")):
        _, body = hub.ask(method, hub.route(BOARD, name, "very-secret-token"), b"x")

        assert b"very-secret-token" not in body


def test_a_client_that_breaks_off_leaves_nothing(hub: Hub, tmp_path: Path) -> None:
    path = hub.route(BOARD, "chunks", ANN)
    with socket.create_connection(("127.0.0.1", hub.port), 20) as wire:
        wire.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n".encode())
        wire.sendall(b"x" * 500)
        wire.shutdown(socket.SHUT_WR)
        wire.recv(1)

    assert [] == list((tmp_path / "pushes").rglob("*.chunks"))


def _chunk_of(path: Path, digest: bytes) -> bytes:
    with closing(ChunkServer()) as server:
        (chunk,) = server.store(path).get([digest])
    assert chunk is not None
    return chunk
