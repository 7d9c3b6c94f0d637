"""
Requests that may be sent twice: with an ``Idempotency-Key`` the second gets the first's answer.

Kept for a day, by account. What failed on our side, or was never finished, may be tried again.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...hosts.state.file import StateFile, stored_time
from ...protocol.errors import Conflict, Invalid, WastelandError
from ...protocol.lean import dataclass
from ...protocol.records import write_time
from .problems import answer

_KEPT: Final = timedelta(days=1)
_PRUNED_EVERY: Final = timedelta(minutes=10)
_ABANDONED: Final = timedelta(seconds=60)
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
    """An answer given before; status 0 while the first is being worked on."""

    digest: str
    status: int
    body: str
    content_type: str
    at: datetime


class Answers:
    """The table of kept answers."""

    def __init__(self, file: StateFile, clock: Callable[[], datetime]) -> None:
        self._file = file
        self._clock = clock
        self._next_prune = datetime.min.replace(tzinfo=UTC)

    def begin(self, account: str, key: str, digest: str) -> Kept | None:
        """
        Take a key for a request; return the answer that it got before, if it did.

        Raises:
            Conflict: The key stands for another request, or this one is being worked on.
        """
        now = self._clock()
        with self._file.transaction() as connection:
            place = (account, key)
            self._forget_old(connection, now)
            row = connection.execute(
                "SELECT * FROM answers WHERE account = ? AND key = ?", place
            ).fetchone()
            if row is not None and now - (kept := _kept(row)).at <= _KEPT:
                if kept.digest != digest:
                    raise Conflict(
                        "This Idempotency-Key was used for another request.",
                        hint="send a fresh key",
                    )
                if kept.status:
                    return kept
                if now - kept.at < _ABANDONED:
                    raise Conflict(
                        "The first request with this Idempotency-Key is still being answered.",
                        hint="ask again in a second",
                        retry_after_s=1,
                    )
            connection.execute(
                "INSERT OR REPLACE INTO answers (account, key, digest, created_at) "
                "VALUES (?, ?, ?, ?)",
                (*place, digest, write_time(now)),
            )
        return None

    def finish(self, account: str, key: str, status: int, body: str, content_type: str) -> None:
        """Keep the answer to a request whose key was taken."""
        self._file.write(
            "UPDATE answers SET status = ?, body = ?, content_type = ? "
            "WHERE account = ? AND key = ?",
            (status, body, content_type, account, key),
        )

    def _forget_old(self, connection: sqlite3.Connection, now: datetime) -> None:
        """Drop what is not kept any more, now and then: it reads the whole table."""
        if now < self._next_prune:
            return
        self._next_prune = now + _PRUNED_EVERY
        old = write_time(now - _KEPT)
        connection.execute("DELETE FROM answers WHERE created_at < ?", (old,))

    def abandon_pending(self) -> None:
        """Let be tried again what a hub before this one died over."""
        self._file.write("DELETE FROM answers WHERE status IS NULL")

    def forget(self, account: str, key: str) -> None:
        """Let a request be tried again."""
        self._file.write("DELETE FROM answers WHERE account = ? AND key = ?", (account, key))


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
            kept = await run_in_threadpool(self._answers.begin, account, key, _digest(scope, body))
        except WastelandError as error:
            await answer(error, scope)(scope, receive, send)
            return
        if kept:
            await _again(kept, send)
            return
        recorder = _Recorder(send)
        try:
            await self._app(scope, _replaying(body), recorder)
        finally:
            await run_in_threadpool(self._settle, account, key, recorder)

    def _settle(self, account: str, key: str, recorder: _Recorder) -> None:
        if recorder.is_final:
            self._answers.finish(
                account, key, recorder.status, recorder.text, recorder.content_type
            )
        else:
            self._answers.forget(account, key)


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


def _kept(row: Any) -> Kept:
    return Kept(
        digest=row["digest"],
        status=row["status"] or 0,
        body=row["body"] or "",
        content_type=row["content_type"],
        at=stored_time(row["created_at"]),
    )
