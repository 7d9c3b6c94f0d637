"""
A remote for the engine itself, for as long as one push takes: what the client sent, over what is
there already.

The engine fetches from it as from any remote, and so checks every chunk against its hash and takes
over nothing that no ref needs. It listens on loopback under a random path.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ...protocol.errors import WastelandError
from .chunks import Chunks
from .loopback import BODY_LIMIT, LoopbackHandler, LoopbackServer
from .refs import Refs, write_refs
from .wire import given, read_hashes


@contextmanager
def offer(refs: Refs, chunks: Chunks) -> Iterator[str]:
    """Yield the URL of a remote with these refs and chunks, gone after the ``with`` block."""
    with _Server(write_refs(refs), chunks).running() as url:
        yield url


class _Server(LoopbackServer):
    def __init__(self, refs: bytes, chunks: Chunks) -> None:
        super().__init__("offered", _Handler)
        self.refs = refs
        self.chunks = chunks


class _Handler(LoopbackHandler):
    server: _Server

    def do_GET(self) -> None:  # noqa: N802  # the name that the library calls
        """Answer with the refs."""
        if self.path == f"{self.server.place}/refs":
            self._answer(200, self.server.refs)
        else:
            self._answer(404, b"")

    def do_POST(self) -> None:  # noqa: N802  # the name that the library calls
        """Answer with chunks."""
        size = int(self.headers.get("Content-Length") or 0)
        if self.path != f"{self.server.place}/get-chunks" or size > BODY_LIMIT:
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

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
