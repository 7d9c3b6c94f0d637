"""
Requests that may be sent twice: with an ``Idempotency-Key`` the second gets the first's answer.

Kept for a day, by account. What failed on our side, or was never finished, may be tried again.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...hosts.state.file import StateFile
from ...protocol.errors import Conflict, Invalid, WastelandError
from ...protocol.lean import dataclass
from ...protocol.records import write_time
from .problems import answer

_KEPT: Final = timedelta(days=1)
_LONGEST_KEY: Final = 256
_CHANGING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# Answers that hold a secret are not kept, asking twice makes two; and a file that is uploaded twice
# is the same file, and too long to be read here.
_NEVER: Final = re.compile(
    r"/(?:t|remotes)/|"
    r"/api/v1/(?:tokens|logins|commons/[^/]+/[^/]+/(?:webhooks|evidence))(?:/|\Z)"
)


@dataclass(frozen=True, slots=True)
class Kept:
    """
    An answer that was given.

    Attributes:
        digest: Of the request.
    """

    digest: str
    status: int
    body: str
    content_type: str


class Answers:
    """
    The table of kept answers, and the requests with keys that are being worked on.

    These are known to this process alone, the only one that serves its directory: a request is
    worked on for as long as its work goes on, and no longer than the process lives.
    """

    def __init__(self, file: StateFile, clock: Callable[[], datetime]) -> None:
        self._file = file
        self._clock = clock
        self._lock = threading.Lock()
        self._working: dict[tuple[str, str], str] = {}  # (account, key) -> the request's digest

    def begin(self, account: str, key: str, digest: str) -> Kept | None:
        """
        Take a key for a request, until it is released; return the answer that it got before.

        With an answer the key is not taken.

        Raises:
            Conflict: The key stands for another request, or this one is being worked on.
        """
        self._take(account, key, digest)
        kept = None
        is_free = False
        try:
            kept = self._find(account, key)
            if kept and kept.digest != digest:
                raise _used_otherwise()
            is_free = kept is None
        finally:
            if not is_free:
                self.release(account, key)
        return kept

    def finish(self, account: str, key: str, answer: Kept) -> None:
        """Keep the answer to a request whose key was taken; it is still to be released."""
        self._file.write(
            "INSERT OR REPLACE INTO answers "
            "(account, key, digest, status, body, content_type, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                account,
                key,
                answer.digest,
                answer.status,
                answer.body,
                answer.content_type,
                write_time(self._clock()),
            ),
        )

    def release(self, account: str, key: str) -> None:
        """Let a key be taken again; what was kept for it stays."""
        with self._lock:
            self._working.pop((account, key), None)

    def prune(self) -> int:
        """Drop what is not kept any more; return how much that was."""
        old = write_time(self._clock() - _KEPT)
        return self._file.write("DELETE FROM answers WHERE created_at < ?", (old,))

    def forget(self, account: str, key: str) -> None:
        """Drop the answer to a request."""
        self._file.write("DELETE FROM answers WHERE account = ? AND key = ?", (account, key))

    def _take(self, account: str, key: str, digest: str) -> None:
        with self._lock:
            other = self._working.get((account, key))
            if other is None:
                self._working[account, key] = digest
                return
        if other != digest:
            raise _used_otherwise()
        raise Conflict(
            "The first request with this Idempotency-Key is still being answered.",
            hint="ask again in a second",
            retry_after_s=1,
        )

    def _find(self, account: str, key: str) -> Kept | None:
        rows = self._file.read(
            "SELECT * FROM answers WHERE account = ? AND key = ? AND created_at >= ?",
            (account, key, write_time(self._clock() - _KEPT)),
        )
        return _kept(rows[0]) if rows else None


class Repeats:
    """
    Answers repeated requests with their first answer.

    Args:
        account_of: Request -> the account that it proves, "" for none.
    """

    def __init__(
        self, app: ASGIApp, *, answers: Answers, account_of: Callable[[Scope], Awaitable[str]]
    ) -> None:
        self._app = app
        self._answers = answers
        self._account_of = account_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        key = _key(scope)
        account = await self._account_of(scope) if key else ""
        if not account:
            await self._app(scope, receive, send)
            return
        try:
            _check(key)
            body = await _whole(receive)
            digest = _digest(scope, body)
            kept = await run_in_threadpool(self._answers.begin, account, key, digest)
        except WastelandError as error:
            await answer(error, scope)(scope, receive, send)
            return
        if kept:
            await _again(kept, send)
            return
        recorder = _Recorder(send)
        try:
            await self._app(scope, _replaying(body), recorder)
            if recorder.is_final:
                told = Kept(digest, recorder.status, recorder.text, recorder.content_type)
                await run_in_threadpool(self._answers.finish, account, key, told)
        finally:
            self._answers.release(account, key)


class _Recorder:
    """Sends an answer on, and remembers it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._parts: list[bytes] = []
        self._is_whole = False
        self._is_secret = False
        self.status = 0
        self.content_type = ""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = Headers(raw=message.get("headers", []))
            self.content_type = headers.get("content-type", "")
            self._is_secret = "no-store" in headers.get("cache-control", "")
        elif message["type"] == "http.response.body":
            self._parts.append(message.get("body", b""))
            self._is_whole = not message.get("more_body", False)
        await self._send(message)

    @property
    def is_final(self) -> bool:
        """Whether it was answered, and asking again would do no better."""
        is_answered = self._is_whole and self.status < 500 and self.status != 429
        return is_answered and not self._is_secret

    @property
    def text(self) -> str:
        """The body."""
        return b"".join(self._parts).decode(errors="replace")


def _key(scope: Scope) -> str:
    if scope["type"] != "http" or scope["method"] not in _CHANGING:
        return ""
    if _NEVER.match(scope["path"]):
        return ""
    return Headers(scope=scope).get("idempotency-key", "")


def _check(key: str) -> None:
    if len(key) > _LONGEST_KEY or not key.isprintable():
        raise Invalid(
            f"An Idempotency-Key has {_LONGEST_KEY} printable characters at most.",
            field="Idempotency-Key",
        )


def _digest(scope: Scope, body: bytes) -> str:
    headers = Headers(scope=scope)
    parts = [
        scope["method"],
        scope["path"],
        scope.get("query_string", b"").decode("latin-1"),
        headers.get("x-wasteland-rig", ""),
        hashlib.sha256(body).hexdigest(),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


async def _whole(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _replaying(body: bytes) -> Receive:
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _again(kept: Kept, send: Send) -> None:
    body = kept.body.encode()
    headers = [
        (b"content-type", kept.content_type.encode("latin-1", "replace")),
        (b"content-length", str(len(body)).encode()),
        (b"idempotency-replayed", b"true"),
    ]
    await send({"type": "http.response.start", "status": kept.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _kept(row: sqlite3.Row) -> Kept:
    return Kept(row["digest"], row["status"], row["body"], row["content_type"])


def _used_otherwise() -> Conflict:
    return Conflict("This Idempotency-Key was used for another request.", hint="send a fresh key")
