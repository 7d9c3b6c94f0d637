"""The socket that a hub listens on."""

from __future__ import annotations

import socket

from wasteland.hub import serving


def test_a_connection_is_known_as_tcp() -> None:
    """Only then does the event loop send the second part of an answer without waiting."""
    with serving._listening("127.0.0.1", 0) as listener:
        listener.listen()
        with socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()

    with accepted:
        assert socket.IPPROTO_TCP == accepted.proto
