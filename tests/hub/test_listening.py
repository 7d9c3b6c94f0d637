"""The socket that a hub listens on."""

from __future__ import annotations

import socket

import pytest

from wasteland.hub import serving
from wasteland.protocol.errors import Unavailable


def test_the_next_free_port_is_taken_where_several_may_be_tried() -> None:
    with serving._listening("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with serving._listening("127.0.0.1", port, 20) as listener:
            assert port < listener.getsockname()[1] < port + 20


def test_a_port_that_is_taken_is_unavailable() -> None:
    with serving._listening("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable), serving._listening("127.0.0.1", port):
            pass


def test_a_connection_is_known_as_tcp() -> None:
    """Only then does the event loop send the second part of an answer without waiting."""
    with (
        serving._listening("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()),
    ):
        accepted, _ = listener.accept()

    with accepted:
        assert socket.IPPROTO_TCP == accepted.proto
