"""What operators look at: is it alive, is it ready, how much has it done."""

from __future__ import annotations

import time
from collections import Counter
from typing import Final

from fastapi import APIRouter
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...protocol.errors import WastelandError
from .asked import Asking

router = APIRouter(include_in_schema=False)

_BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """
    Counts answers and how long they took, without names of repositories or accounts.

    Attributes:
        started_at: Steady seconds.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.started_at = time.monotonic()
        self._answers: Counter[tuple[str, int]] = Counter()
        self._within: Counter[float] = Counter()
        self._seconds = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["metrics"] = self
        began = time.monotonic()
        status = 500

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, seen)
        finally:
            self._count(scope["method"], status, time.monotonic() - began)

    def text(self) -> str:
        """Return the counts in the text format that Prometheus reads."""
        lines = [
            "# TYPE wasteland_requests_total counter",
            *(
                f'wasteland_requests_total{{method="{method}",status="{status}"}} {count}'
                for (method, status), count in sorted(self._answers.items())
            ),
            "# TYPE wasteland_request_seconds histogram",
            *(
                f'wasteland_request_seconds_bucket{{le="{bound}"}} {self._within[bound]}'
                for bound in _BUCKETS_S
            ),
            f'wasteland_request_seconds_bucket{{le="+Inf"}} {sum(self._answers.values())}',
            f"wasteland_request_seconds_sum {self._seconds:.6f}",
            f"wasteland_request_seconds_count {sum(self._answers.values())}",
            "# TYPE wasteland_up_seconds gauge",
            f"wasteland_up_seconds {time.monotonic() - self.started_at:.0f}",
        ]
        return "\n".join(lines) + "\n"

    def _count(self, method: str, status: int, seconds: float) -> None:
        known = method if method in _METHODS else "other"
        self._answers[known, status] += 1
        self._seconds += seconds
        for bound in _BUCKETS_S:
            if seconds <= bound:
                self._within[bound] += 1


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "ok"}


@router.get("/readyz")
def readyz(asked: Asking) -> Response:
    """Say whether repositories and state can be read."""
    try:
        asked.hub.host.repositories()
    except WastelandError as error:
        return JSONResponse({"status": "unavailable", "code": error.code}, status_code=503)
    return JSONResponse({"status": "ready"})


@router.get("/metrics")
async def metrics(asked: Asking) -> Response:
    """Return counts of answers and their times."""
    counts: Metrics = asked.request.scope["state"]["metrics"]
    return PlainTextResponse(counts.text(), media_type="text/plain; version=0.0.4")
