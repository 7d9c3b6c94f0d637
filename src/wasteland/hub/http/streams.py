"""
Answers that wait: how many at once, what they ask for together, and who reads too slowly.

All of it is used on the event loop alone, and so needs no lock.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final, Generic, TypeVar

from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from ...protocol.errors import RateLimited, Unavailable

MOST: Final = 1000
MOST_OF_ONE: Final = 20
"""How many answers of one account, or of one address, may wait at once."""
_PATIENCE_S: Final = 30.0
_RETRY_S: Final = 5
_MOST_KNOWN: Final = 256

K = TypeVar("K")
V = TypeVar("V")


class Places:
    """Counts the answers that wait."""

    def __init__(self, *, most: int = MOST, most_of_one: int = MOST_OF_ONE) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._held: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """How many answers wait."""
        return self._held.total()

    def take(self, who: str) -> None:
        """
        Count an answer to *who*; it is to be given back.

        Raises:
            RateLimited: So many of theirs wait already.
            Unavailable: So many wait already.
        """
        if self._held[who] >= self._most_of_one:
            raise RateLimited(
                f"{self._most_of_one} answers to you wait already.",
                hint="end one of them first",
                retry_after_s=_RETRY_S,
            )
        if self.taken >= self._most:
            raise Unavailable("Too many answers wait already.", retry_after_s=_RETRY_S)
        self._held[who] += 1

    def give_back(self, who: str) -> None:
        """Count an answer to *who* no longer."""
        self._held[who] -= 1
        if not self._held[who]:
            del self._held[who]

    @contextmanager
    def held(self, who: str) -> Iterator[None]:
        """Count an answer to *who* for the length of a ``with`` block; see ``take``."""
        self.take(who)
        try:
            yield
        finally:
            self.give_back(who)


class Shared(Generic[K, V]):
    """
    What many wait for and one asks: those who ask within *fresh_s* get the same answer.

    Args:
        fresh_s: Seconds.
    """

    def __init__(self, fresh_s: float) -> None:
        self._fresh_s = fresh_s
        self._known: dict[K, tuple[float, asyncio.Future[V]]] = {}

    async def get(self, key: K, ask: Callable[[], Awaitable[V]]) -> V:
        """Return what *ask* answers, or answered somebody else a moment ago."""
        now = time.monotonic()
        at, found = self._known.get(key, (0.0, None))
        if found is None or self._is_over(found, now - at):
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            found = asyncio.ensure_future(_asked(ask))
            self._known[key] = (now, found)
        # Who leaves does not take the answer from the others.
        return await asyncio.shield(found)

    def _is_over(self, found: asyncio.Future[V], age_s: float) -> bool:
        if not found.done():
            return found.get_loop() is not asyncio.get_running_loop()
        return age_s >= self._fresh_s or found.cancelled() or found.exception() is not None


class Stream(StreamingResponse):
    """
    An answer that goes on: it gives its place back when it ends, and ends when nobody reads it.

    A reader that takes nothing for half a minute is let go; until then what was sent to it is the
    little that its connection holds, as nothing is made before it is asked for.
    """

    def __init__(
        self,
        parts: AsyncIterator[bytes],
        *,
        headers: Mapping[str, str],
        on_end: Callable[[], None],
        patience_s: float = _PATIENCE_S,
    ) -> None:
        super().__init__(parts, headers=headers)
        self._on_end = on_end
        self._patience_s = patience_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer."""

        async def patiently(message: Message) -> None:
            async with asyncio.timeout(self._patience_s):
                await send(message)

        try:
            with suppress(TimeoutError, ClientDisconnect):
                await super().__call__(scope, receive, patiently)
        finally:
            self._on_end()


async def _asked(ask: Callable[[], Awaitable[V]]) -> V:
    return await ask()
