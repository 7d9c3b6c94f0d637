"""Upstreams behind real sockets: a hub of ours, and a stand-in of DoltHub; both on loopback."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx2
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engines.dolthub.stand_in import Clock, StandIn
from wasteland.hosts.base import RepoName

TOWN: Final = RepoName("org", "town")
"""The commons on the stand-in."""
TOKENS: Final = {"dhat.v1.alice": "alice", "dhat.v1.org": "org"}


@contextmanager
def silent() -> Iterator[str]:
    """Yield the root of a server that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


class _Now(Clock):
    """Real seconds: who asks over a socket waits for real."""

    def __call__(self) -> float:
        return time.monotonic()

    def date(self) -> Any:
        return super().date()


class Town:
    """
    DoltHub with the commons ``org/town``: owned by org, with the rigs org and alice.

    Attributes:
        stand_in: What answers.
        log: Method and path of each request, as sent.
    """

    def __init__(self) -> None:
        self.stand_in = StandIn(_Now())
        self.stand_in.write_s = self.stand_in.merge_s = 0.0
        self.stand_in.add(str(TOWN))
        self.log: list[str] = []
        self._lock = threading.Lock()
        for rig, trust in {"org": 3, "alice": 1}.items():
            self.arrange(
                "INSERT INTO rigs (handle, dolthub_org, trust_level) "
                f"VALUES ('{rig}', '{rig}', {trust})"
            )
        self.arrange(
            "INSERT INTO wanted (id, title, status, posted_by, priority) "
            "VALUES ('w-1', 'Mend the fence', 'open', 'org', 1)"
        )

    def arrange(self, sql: str) -> None:
        """Write main as somebody else might."""
        self.stand_in.arrange(str(TOWN), sql)

    def app(self) -> Starlette:
        """Return it as an application."""

        async def answer(request: Request) -> Response:
            body = await request.body()
            return await run_in_threadpool(self._answer, request, body)

        methods = ["GET", "POST", "PATCH", "DELETE"]
        return Starlette(routes=[Route("/{rest:path}", answer, methods=methods)])

    def _answer(self, request: Request, body: bytes) -> Response:
        raw = request.scope["raw_path"].decode()
        self.log.append(f"{request.method} {raw}")
        token = request.headers.get("authorization", "").partition(" ")[2]
        if token not in TOKENS:
            return Response('{"status": "Error", "message": "no token found"}', 401)
        if raw == "/api/v1alpha1/user":
            return Response(f'{{"status": "Success", "username": "{TOKENS[token]}"}}')
        if self._is_foreign(request.method, raw, TOKENS[token]):
            return Response('{"status": "Error", "message": "permission denied"}', 403)
        query = request.scope["query_string"].decode()
        if "dolt_history_" in query:
            refused = '{"query_execution_status": "Error", "query_execution_message": '
            return Response(refused + '"table not found: dolt_history_wanted"}')
        url = f"http://dolthub.test{raw}" + (f"?{query}" if query else "")
        with self._lock:
            found = self.stand_in.handle_request(httpx2.Request(request.method, url, content=body))
        return Response(found.content, found.status_code, media_type="application/json")

    @staticmethod
    def _is_foreign(method: str, path: str, account: str) -> bool:
        """Return whether somebody writes a database of another account."""
        parts = path.split("/")[3:]
        writes = method == "POST" and parts[2:3] in (["branches"], ["write"])
        return writes and parts[0] != account
