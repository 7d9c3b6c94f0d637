"""What Dolt remotes may make a hub do, against remotes that answer as they like."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commons.outgoing.certificates import write_certificate
from commons.outgoing.servers import LOOPBACK, Canary, Received, Receiver, Script, redirect, reply
from hub.remotes.dolt_answers import NAME, frame, listed, raw, table
from hub.remotes.raw_dolt import RawDolt, swap_chunks
from wasteland.hub.remotes.budget import Budget, HeadLimits
from wasteland.hub.remotes.grpc import fields
from wasteland.hub.remotes.staging import staged
from wasteland.hub.remotes.tables import MANIFEST, copy, download
from wasteland.protocol.errors import (
    Forbidden,
    LimitReached,
    NotFound,
    Unavailable,
    WastelandError,
)

_LIMITS = HeadLimits(time_s=5.0, size_bytes=10_000)


@pytest.fixture
def canary() -> Iterator[Canary]:
    """A listener on loopback that nobody may call."""
    with closing(Canary()) as made:
        yield made


def fetch(folder: Path, *scripts: Script, limits: HeadLimits = _LIMITS) -> list[str]:
    """Download from a remote that answers so; return the paths that it was asked for."""
    with Receiver(list(scripts)).running() as server:
        download(Budget(limits), server.url(path="/org/board"), folder)
        return [request.path for request in server.received]


def at_itself(*scripts: Script, folder: Path) -> None:
    """Download from a remote that names itself as the place of its one file."""
    with Receiver([]).running() as server:
        place = server.url(path="/data?key=1")
        server.answers = [listed(table(place)), *scripts]
        download(Budget(_LIMITS), server.url(path="/org/board"), folder)


def test_the_files_of_a_remote_are_brought_with_a_list_of_our_own(tmp_path: Path) -> None:
    at_itself(reply(body=b"chunks"), folder=tmp_path)

    root = "e9p74sjie9p74sjie9p74sjie9p74sji"
    listing = ":".join(["5", "__DOLT__", "1" * 32, root, "0" * 32, f"{NAME}:3"])
    assert listing == (tmp_path / MANIFEST).read_text()
    assert b"chunks" == (tmp_path / NAME).read_bytes()


def test_data_elsewhere_is_not_fetched(tmp_path: Path, canary: Canary) -> None:
    """Dolt's own client goes wherever the remote says that its data is."""
    for host in (LOOPBACK, "localhost", f"user@{LOOPBACK}"):
        with pytest.raises(Forbidden, match="keeps its data at"):
            fetch(tmp_path, listed(table(f"http://{host}:{canary.port}/data")))

    assert 0 == canary.hits()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(tmp_path: Path, canary: Canary, status: int) -> None:
    there = f"http://{LOOPBACK}:{canary.port}/data"
    with pytest.raises(Unavailable, match=f"answers {status}"):
        at_itself(redirect(there, status), folder=tmp_path)
    with pytest.raises(WastelandError):
        fetch(tmp_path, redirect(there, status))

    assert 0 == canary.hits()


@pytest.mark.parametrize("name", ["../../../etc/cron.d/x", "manifest", "a" * 31, "A" * 32, ""])
def test_files_are_called_as_dolt_calls_them(tmp_path: Path, name: str) -> None:
    with pytest.raises(Unavailable):
        fetch(tmp_path, listed(table("http://h/x", name)))

    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "script",
    [
        reply(body=b"no gRPC"),
        raw(b"\xff" * 9),
        raw(frame(7, 0, 0, bytes(8))),
        raw(frame(3, 0, 1, bytes(4))),
        raw(frame(0, 1, 1, b"\0\0\0\0\x09x")),
        raw(frame(0, 0, 1, bytes(16_384)) * 2),
        listed(b"\xff" * 20),
        listed(table("http://[bad/", root=b"short")),
    ],
)
def test_a_remote_that_answers_nonsense_is_told_as_such(tmp_path: Path, script: Script) -> None:
    with pytest.raises((Unavailable, LimitReached)):
        fetch(tmp_path, script, limits=HeadLimits(time_s=0.3, size_bytes=20_000))


def test_a_remote_without_an_answer_has_no_such_database(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        fetch(tmp_path, raw(frame(1, 5, 1, b"\x88")))


def test_a_remote_that_drips_is_cut_off(tmp_path: Path) -> None:
    def drip(connection: socket.socket, _: Received) -> None:
        connection.settimeout(0.01)
        for _step in range(1000):
            connection.sendall(frame(6, 1, 0, bytes(8)))
            with suppress(TimeoutError):
                if not connection.recv(4096):
                    return

    with pytest.raises(Unavailable, match=r"longer than the 0\.2 seconds"):
        fetch(tmp_path, drip, limits=HeadLimits(time_s=0.2))


def test_a_remote_that_sends_too_much_is_cut_off(tmp_path: Path) -> None:
    with pytest.raises(LimitReached):
        at_itself(reply(body=b"x" * 20_000), folder=tmp_path)


def test_links_and_pipes_in_a_directory_are_not_followed(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    for folder in (source, target):
        folder.mkdir()
    (source / MANIFEST).write_text("5:__DOLT__")
    (tmp_path / "secret").write_text("secret")
    (source / NAME).symlink_to(tmp_path / "secret")
    with pytest.raises(NotFound):
        copy(Budget(_LIMITS), source, target)

    assert [MANIFEST] == [file.name for file in target.iterdir()]


def test_tls_is_checked_spoken_and_cut_off_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = write_certificate(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.set_alpn_protocols(["h2"])

    def wrap(plain: socket.socket) -> socket.socket:
        return context.wrap_socket(plain, server_side=True)

    folder = tmp_path / "files"
    folder.mkdir()
    with Receiver([]).running(wrap) as server:
        url = f"https://localhost:{server.port}/board"
        server.answers = [listed(table(url)), reply(body=b"chunks"), raw(b"")]
        with pytest.raises(Unavailable):
            download(Budget(_LIMITS), url, folder)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        download(Budget(_LIMITS), url, folder)
        with pytest.raises(Unavailable, match="longer than"):
            download(Budget(HeadLimits(time_s=0.3)), url, folder)

    assert b"chunks" == (folder / NAME).read_bytes()


@given(st.binary(max_size=60))
def test_any_bytes_are_a_message_or_none(message: bytes) -> None:
    with suppress(ValueError):
        assert all(number >= 0 for number, _ in fields(message))


@pytest.mark.dolt
def test_a_chunk_under_the_hash_of_another_is_not_let_in(tmp_path: Path, dolt_program: str) -> None:
    """Dolt believes a remote, and one database holds the chunks of everybody's branches."""
    raw_dolt = RawDolt(dolt_program, tmp_path)
    raw_dolt.name_somebody()
    database = tmp_path / "board"
    database.mkdir()
    raw_dolt.run("init", "-b", "main", at=database)
    raw_dolt.run("sql", "-q", "CREATE TABLE items (id INT PRIMARY KEY)", at=database)
    raw_dolt.run("sql", "-q", "CALL dolt_commit('-Am', 'items')", at=database)
    url = f"file://{database}/.dolt/noms"
    with staged(url, "main", program=dolt_program, budget=Budget(HeadLimits())) as near:
        assert near.startswith("file://")
    swap_chunks(database / ".dolt" / "noms" / ("v" * 32))
    with (
        pytest.raises(Unavailable, match="not whole"),
        staged(url, "main", program=dolt_program, budget=Budget(HeadLimits())),
    ):
        pass
