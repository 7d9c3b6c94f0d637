"""
What is settled before any route: size, names in ``Host``, other sites' pages, request ids.

A page of another site, open in a user's browser, must not drive a hub on that user's machine: the
``Host`` that it names gives a rebound name away, and its ``Origin`` gives the page away.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Collection
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...protocol.errors import Forbidden, Invalid, WastelandError
from ..tokens import redacted
from .problems import answer, internal

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
_LENGTH: Final = re.compile(r"[0-9]{1,18}\Z")
_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]]+)(?::[0-9]*)?\Z")
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Wasteland-Hub": "1",
}


class Guards:
    """
    Refuses what no route should see, and marks every answer.

    Args:
        hosts: Names allowed in ``Host`` besides those of loopback.
        origins: Origins allowed besides the hub's own.
        body_limit_bytes: Of bodies, but of those of *is_large*.
        is_large: Whether a request's route checks the size itself.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Collection[str],
        origins: Collection[str],
        body_limit_bytes: int,
        is_large: Callable[[Scope], bool] = lambda _: False,
    ) -> None:
        self._app = app
        self._hosts = _LOOPBACK | {name.lower() for name in hosts}
        self._origins = frozenset(origins)
        self._limit = body_limit_bytes
        self._is_large = is_large

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope).get("x-request-id", ""))
        scope.setdefault("state", {})["request_id"] = request_id
        out = _Marked(send, request_id)
        try:
            self._check(scope)
            await self._bounded(scope, receive, out)
        except Exception as error:  # noqa: BLE001  # mistakes of ours too: told, logged, and the hub goes on
            status = 413 if isinstance(error, _TooLarge) else None
            told = error if isinstance(error, WastelandError) else internal(error)
            if not out.has_begun:
                await answer(told, scope, status=status)(scope, receive, out)

    async def _bounded(self, scope: Scope, receive: Receive, out: _Marked) -> None:
        body = _Bounded(receive, self._limit_of(scope))

        async def send(message: Message) -> None:
            # Whatever was made of a body that was cut off is not sent.
            if out.has_begun or not body.is_exceeded:
                await out(message)

        await self._app(scope, body, send)
        if body.is_exceeded and not out.has_begun:
            raise _TooLarge(self._limit)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _name_of(host) not in self._hosts:
            raise Forbidden(
                "This hub is not called by that name.",
                hint="wl serve --public-host NAME",
                field="host",
            )
        origin = headers.get("origin")
        if origin and not self._is_own(origin, host):
            raise Forbidden("Pages of other sites may not call this hub.", field="origin")
        is_foreign = headers.get("sec-fetch-site") in {"cross-site", "same-site"}
        if not origin and is_foreign and scope["method"] not in _SAFE:
            raise Forbidden("Pages of other sites may not call this hub.", field="origin")
        length = headers.get("content-length", "0")
        limit = self._limit_of(scope)
        if not _LENGTH.match(length) or int(length) > limit:
            raise _TooLarge(limit)

    def _limit_of(self, scope: Scope) -> int:
        return 2**62 if self._is_large(scope) else self._limit

    def _is_own(self, origin: str, host: str) -> bool:
        return origin in self._origins or _netloc(origin) == host


class _TooLarge(Invalid):
    """A body that is longer than routes take."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(
            f"The body is longer than {limit_bytes} bytes.", field="body", limit=limit_bytes
        )


class _Marked:
    """Sends an answer with the headers that every answer has."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.has_begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            out = MutableHeaders(scope=message)
            out["X-Request-Id"] = self._request_id
            for name, value in _HEADERS.items():
                out.setdefault(name, value)
        await self._send(message)


class _Bounded:
    """Counts the bytes of a body that comes without its length."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._left = limit

    @property
    def is_exceeded(self) -> bool:
        """Whether more came than may."""
        return self._left < 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self.is_exceeded:
            raise _TooLarge(self._limit)
        return message


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _name_of(host: str) -> str:
    """Return the name in a ``Host`` header, without its port."""
    name = host.lower()
    found = _HOST.match(name)
    return found[1] if found else ""


def _request_id(wanted: str) -> str:
    is_fit = _REQUEST_ID.match(wanted) and redacted(wanted) == wanted
    return wanted if is_fit else f"req_{uuid.uuid4()}"
