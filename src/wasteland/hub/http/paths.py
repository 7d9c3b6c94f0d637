"""
Paths as clients escape them: ``wl%2Fada%2Fw-1`` is one segment, though it holds slashes.

Servers hand applications decoded paths, in which such a segment cannot be told from three. Here a
slash inside a segment becomes a character that no name may hold, until ``segment`` turns it back.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

_STAND_IN: Final = "\ue000"  # of the private use area
_LONGEST: Final = 16_384


class EscapedSlashes:
    """Hands on paths in which an escaped slash does not separate."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and (raw := scope.get("raw_path")):
            path = _read(raw.partition(b"?")[0])
            if path is None:
                await _refuse(send)
                return
            scope = {**scope, "path": path}
        await self._app(scope, receive, send)


def segment(text: str) -> str:
    """Return a path's segment as the client meant it."""
    return text.replace(_STAND_IN, "/")


def _read(raw: bytes) -> str | None:
    """Return the decoded path, None for one that no route can be meant by."""
    if len(raw) > _LONGEST:
        return None
    try:
        parts = [unquote_to_bytes(part).decode() for part in raw.split(b"/")]
    except UnicodeDecodeError:
        return None
    if any(_STAND_IN in part or "\0" in part for part in parts):
        return None
    return "/".join(part.replace("/", _STAND_IN) for part in parts)


async def _refuse(send: Send) -> None:
    body = (
        b'{"type":"about:blank","title":"Bad Request","status":400,"code":"invalid",'
        b'"detail":"The path is not UTF-8, too long, or holds a character that no name has."}'
    )
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": body})
