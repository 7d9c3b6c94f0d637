"""
A remote for the engine itself, for as long as one push takes: what the client sent, over what is
there already.

The engine fetches from it as from any remote, and so checks every chunk against its hash and takes
over nothing that no ref needs. It listens on loopback under a random path.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from ...protocol.errors import WastelandError
from .chunks import Chunks
from .refs import Refs, write_refs
from .wire import given, read_hashes

_ADDRESS: Final = "127.0.0.1"
_TIMEOUT_S: Final = 60.0
_BODY_LIMIT: Final = 32 * 1024 * 1024


@contextmanager
def offer(refs: Refs, chunks: Chunks) -> Iterator[str]:
    """Yield the URL of a remote with these refs and chunks, gone after the ``with`` block."""
    place = f"/{secrets.token_hex(16)}/offered.db"
    server = _Server(place, write_refs(refs), chunks)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="wl-offer", daemon=True
    )
    thread.start()
    try:
        yield f"http://{_ADDRESS}:{server.server_port}{place}"
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # the engine keeps its connection open for a while

    def __init__(self, place: str, refs: bytes, chunks: Chunks) -> None:
        super().__init__((_ADDRESS, 0), _Handler)
        self.refs = refs
        self.chunks = chunks
        self.place = place

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: the engine's own error tells that a connection broke."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one piece: two would wait for each other's acknowledgement
    timeout = _TIMEOUT_S
    server: _Server

    def do_GET(self) -> None:
        """Answer with the refs."""
        if self.path == f"{self.server.place}/refs":
            self._answer(200, self.server.refs)
        else:
            self._answer(404, b"")

    def do_POST(self) -> None:
        """Answer with chunks."""
        size = int(self.headers.get("Content-Length") or 0)
        if self.path != f"{self.server.place}/get-chunks" or size > _BODY_LIMIT:
            self.close_connection = True
            self._answer(404, b"")
            return
        try:
            hashes = read_hashes(self.rfile.read(size))
            body = b"".join(given(chunk) for chunk in self.server.chunks.get(hashes))
        except WastelandError as error:
            self._answer(500, error.message.encode())
            return
        self._answer(200, body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing."""

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
