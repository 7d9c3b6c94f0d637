"""
A remote on loopback that stands for one elsewhere, for the engine to fetch from.

The embedded engine's library waits as long as a remote goes on sending, and cannot be interrupted
there. So it never calls another machine: it asks here, and what it asks is passed on to the one
address that was checked, within a budget.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final

from ...protocol.errors import WastelandError
from .budget import Address, Budget, asked
from .loopback import BODY_LIMIT, LoopbackHandler, LoopbackServer

_IN_MEMORY: Final = 4 * 1024 * 1024
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
    with server.running() as place:
        try:
            yield place
        except WastelandError as error:
            if server.failure is not None:
                raise server.failure from error
            raise


class _Server(LoopbackServer):
    def __init__(self, address: Address, budget: Budget) -> None:
        super().__init__("head", _Handler)
        self.address = address
        self.budget = budget
        self.failure: WastelandError | None = None


class _Handler(LoopbackHandler):
    server: _Server

    def do_GET(self) -> None:  # noqa: N802  # the name that the library calls
        """Pass on the question for the refs."""
        self._pass_on("refs", None)

    def do_POST(self) -> None:  # noqa: N802  # the name that the library calls
        """Pass on the question for chunks."""
        size = int(self.headers.get("Content-Length") or 0)
        if size > BODY_LIMIT:
            self.close_connection = True
            self._answer(413, 0)
            return
        self._pass_on("get-chunks", self.rfile.read(size))

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
