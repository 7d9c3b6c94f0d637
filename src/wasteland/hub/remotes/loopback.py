"""
A server for our own engine alone: on loopback, for the length of a ``with`` block, under a path
that nobody can guess.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

BODY_LIMIT: Final = 32 * 1024 * 1024
_ADDRESS: Final = "127.0.0.1"
_TIMEOUT_S: Final = 60.0


class LoopbackServer(ThreadingHTTPServer):
    """
    Serves one database.

    Attributes:
        place: Its path.
    """

    daemon_threads = True
    block_on_close = False  # the engine keeps its connection open for a while

    def __init__(self, name: str, handler: type[LoopbackHandler]) -> None:
        super().__init__((_ADDRESS, 0), handler)
        self.place = f"/{secrets.token_hex(16)}/{name}.db"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: the engine's own error tells that a connection broke."""

    @contextmanager
    def running(self) -> Iterator[str]:
        """Yield the database's URL, gone after the ``with`` block."""
        thread = threading.Thread(
            target=self.serve_forever,
            kwargs={"poll_interval": 0.02},
            name="wl-loopback",
            daemon=True,
        )
        thread.start()
        try:
            yield f"http://{_ADDRESS}:{self.server_port}{self.place}"
        finally:
            self.shutdown()
            self.server_close()


class LoopbackHandler(BaseHTTPRequestHandler):
    """Answers the engine."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one piece: two would wait for each other's acknowledgement
    timeout = _TIMEOUT_S

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing: the path is a secret."""
