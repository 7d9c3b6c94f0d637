"""
A remote on loopback that stands for one elsewhere, for the engine to fetch from.

The embedded engine's library waits as long as a remote goes on sending, and cannot be interrupted
there. So it never calls another machine: it asks here, and what it asks is passed on to the one
address that was checked, within a budget.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import IO, Any, Final

from ...protocol.errors import WastelandError
from .budget import Address, Budget, asked

_LOOPBACK: Final = "127.0.0.1"
_TIMEOUT_S: Final = 60.0
_IN_MEMORY: Final = 4 * 1024 * 1024
_BODY_LIMIT: Final = 32 * 1024 * 1024
_OK: Final = 200


@contextmanager
def forwarded(url: str, budget: Budget) -> Iterator[str]:
    """
    Yield a URL that leads to the remote at *url*, gone after the ``with`` block.

    Raises:
        LimitReached, Unavailable: In place of the engine's own error: the budget is used up, or
            the remote cannot be reached.
    """
    server = _Server(Address.of(url), budget)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="wl-forward", daemon=True
    )
    thread.start()
    try:
        yield f"http://{_LOOPBACK}:{server.server_port}{server.place}"
    except WastelandError as error:
        if server.failure is not None:
            raise server.failure from error
        raise
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # the engine keeps its connection open for a while

    def __init__(self, address: Address, budget: Budget) -> None:
        super().__init__((_LOOPBACK, 0), _Handler)
        self.address = address
        self.budget = budget
        self.place = f"/{secrets.token_hex(16)}/head.db"
        self.failure: WastelandError | None = None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: the engine's own error tells that a connection broke."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one piece: two would wait for each other's acknowledgement
    timeout = _TIMEOUT_S
    server: _Server

    def do_GET(self) -> None:
        """Pass on the question for the refs."""
        self._pass_on("refs", None)

    def do_POST(self) -> None:
        """Pass on the question for chunks."""
        size = int(self.headers.get("Content-Length") or 0)
        if size > _BODY_LIMIT:
            self.close_connection = True
            self._answer(413, 0)
            return
        self._pass_on("get-chunks", self.rfile.read(size))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing: the path is a secret."""

    def _pass_on(self, name: str, body: bytes | None) -> None:
        if self.path != f"{self.server.place}/{name}":
            self._answer(404, 0)
            return
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as answer:
            try:
                status = self._fetch(name, body, answer)
            except WastelandError as error:
                self.server.failure = error
                self._answer(503, 0)
                return
            self._answer(status, answer.tell())
            answer.seek(0)
            shutil.copyfileobj(answer, self.wfile)

    def _fetch(self, name: str, body: bytes | None, into: IO[bytes]) -> int:
        address, budget = self.server.address, self.server.budget
        target = f"{address.path}/{name}"
        method = "GET" if body is None else "POST"
        with asked(budget, address, method, target, body) as answer:
            if answer.status == _OK:  # what else a refusal says is nobody's business
                budget.copy(answer, into)
            return answer.status

    def _answer(self, status: int, size: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(size))
        self.end_headers()
