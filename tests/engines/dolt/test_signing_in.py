"""Who answers at a server's address while it is away: never told the password, never waited for."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pymysql
import pytest

from wasteland.engines.dolt.far import FarServer
from wasteland.engines.dolt.server import Server
from wasteland.engines.dolt.session import open_as, open_session
from wasteland.engines.dolt.signing_in import Address
from wasteland.protocol.errors import Unavailable

PASSWORD = "correct-hörse-4711"
OTHER_WAYS = ["mysql_clear_password", "dialog", "sha256_password", "caching_sha2_password"]
NATIVE = b"mysql_native_password"
SALT = b"12345678"
PATIENCE_S = 10.0

Play = Callable[[socket.socket], bytes]


class Impostor:
    """Holds the port of a server that is away, and plays its part to one client."""

    def __init__(self, listener: socket.socket, threads: ThreadPoolExecutor) -> None:
        self._listener, self._threads = listener, threads
        self.port: int = listener.getsockname()[1]
        self.url = f"mysql://root@127.0.0.1:{self.port}"

    def plays(self, part: Play) -> Callable[[], bytes]:
        """Play *part*; what is returned waits for what it heard last."""
        return self._threads.submit(self._play, part).result

    def _play(self, part: Play) -> bytes:
        peer, _ = self._listener.accept()
        with peer:
            peer.settimeout(PATIENCE_S)
            return part(peer)


@pytest.fixture(name="impostor")
def run_impostor() -> Iterator[Impostor]:
    """Listen where a server is expected."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor() as threads:
        listener.settimeout(PATIENCE_S)
        yield Impostor(listener, threads)


def packet(number: int, body: bytes) -> bytes:
    """Return a packet of the MySQL protocol."""
    return len(body).to_bytes(3, "little") + bytes([number]) + body


def greeting(way: bytes = NATIVE) -> bytes:
    """Return what a server says first; *way* is how it wants clients to sign in."""
    start = b"\x0a8.0.0\0" + bytes(4) + SALT + b"\0\xff\xf7\x21\0\0\xff\x01\x15"
    return packet(0, start + bytes(10) + b"abcdefghijkl\0" + way + b"\0")


def all_of(peer: socket.socket) -> bytes:
    """Return what the client sends until it leaves."""
    heard = b""
    while more := peer.recv(4096):
        heard += more
    return heard


@pytest.mark.parametrize("way", OTHER_WAYS)
def test_who_asks_for_the_password_in_a_telling_way_is_sent_nothing_more(
    impostor: Impostor, way: str
) -> None:
    def ask(peer: socket.socket) -> bytes:
        peer.sendall(greeting())
        assert b"root\0" in peer.recv(4096)
        peer.sendall(packet(2, b"\xfe" + way.encode() + b"\0" + SALT + b"abcdefghijkl\0"))
        return all_of(peer)

    heard = impostor.plays(ask)
    with pytest.raises(Unavailable, match="would tell it"):
        FarServer.reach(impostor.url, PASSWORD)

    assert b"" == heard()


@pytest.mark.parametrize("way", OTHER_WAYS)
def test_who_asks_so_at_once_is_sent_nothing_at_all(impostor: Impostor, way: str) -> None:
    def ask(peer: socket.socket) -> bytes:
        peer.sendall(greeting(way.encode()))
        return all_of(peer)

    heard = impostor.plays(ask)
    with pytest.raises(Unavailable, match="would tell it"):
        FarServer.reach(impostor.url, PASSWORD)

    assert b"" == heard()


@pytest.mark.parametrize(
    "noise", [b"SSH-2.0-sshd\r\n", b"", packet(0, b""), packet(0, b"\x0a8"), packet(0, bytes(40))]
)
def test_who_speaks_another_protocol_is_unavailable(impostor: Impostor, noise: bytes) -> None:
    def speak(peer: socket.socket) -> bytes:
        peer.sendall(noise)
        return b""

    impostor.plays(speak)
    with pytest.raises(Unavailable):
        FarServer.reach(impostor.url, PASSWORD)


def says_nothing(peer: socket.socket) -> bytes:
    """Wait for the client to speak first."""
    return all_of(peer)


def goes_silent(peer: socket.socket) -> bytes:
    """Stop answering once the client has signed in."""
    peer.sendall(greeting())
    return all_of(peer)


def drips(peer: socket.socket) -> bytes:
    """Send a greeting that never ends, a byte at a time."""
    peer.sendall(b"\xff\xff\x7f\0")
    try:
        while True:
            peer.sendall(b"\x0a")
    except OSError:
        return b""


@pytest.mark.parametrize("part", [says_nothing, goes_silent, drips])
def test_who_never_ends_the_sign_in_is_left(impostor: Impostor, part: Play) -> None:
    """A limit of each answer alone would not end one that drips."""
    heard = impostor.plays(part)
    with pytest.raises(pymysql.MySQLError):
        open_as(Address(impostor.port), "root", PASSWORD, timeout_s=0.2)

    assert PASSWORD.encode() not in heard()


@pytest.mark.dolt
def test_a_session_outlives_the_time_that_signing_in_may_take(server: Server) -> None:
    with (
        open_session(server.port, server.secret, timeout_s=1.0) as session,
        session.cursor() as cursor,
    ):
        cursor.execute("SELECT SLEEP(1.2)")

        assert ((0,),) == cursor.fetchall()
