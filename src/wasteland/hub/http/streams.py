"""
Answers that wait: how many at once, what they ask for together, and who reads too slowly.

All of it is used on the event loop alone, and so needs no lock.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final, Generic, TypeVar

from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from ...protocol.errors import RateLimited, Unavailable

MOST: Final = 1000
MOST_OF_ONE: Final = 20
"""How many answers of one account, or of one address, may wait at once."""
EVENT_HEADERS: Final = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}
"""Of a stream of server-sent events."""
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


class Lookout(Generic[K, V]):
    """
    What many wait to see change, and one looks at: every *every_s*, while anybody waits.

    Args:
        every_s: Seconds.
        is_over: Whether nobody is to wait any more.
    """

    def __init__(self, every_s: float, is_over: Callable[[], bool]) -> None:
        self._every_s = every_s
        self._is_over = is_over
        self._groups: dict[tuple[object, K], dict[V, _Group[V]]] = {}

    async def changed(
        self, key: K, known: V, look: Callable[[], Awaitable[V]], *, wait_s: float
    ) -> V | None:
        """
        Return what *look* answers as soon as it is not *known*; None if it stays so for *wait_s*.

        Who waits for the same is told by one look; it fails for all of them as it fails for one.
        """
        # Tests have several loops, and a future belongs to one.
        place = (asyncio.get_running_loop(), key)
        groups = self._groups.get(place)
        if groups is None:
            groups = self._groups[place] = {}
            _begin(self._watch(place, groups, look))
        group = groups.setdefault(known, _Group())
        group.size += 1
        try:
            async with asyncio.timeout(wait_s):
                return await asyncio.shield(group.told)
        except TimeoutError:
            return None
        finally:
            group.size -= 1
            if not group.size and groups.get(known) is group:
                del groups[known]

    async def _watch(
        self, place: tuple[object, K], groups: dict[V, _Group[V]], look: Callable[[], Awaitable[V]]
    ) -> None:
        try:
            while groups and not self._is_over():
                # Only who waited when the look began is told what it saw.
                waiting = dict(groups)
                try:
                    seen = await look()
                except Exception as error:  # noqa: BLE001  # told to everybody who waits
                    _tell(groups, waiting, error)
                else:
                    _tell(groups, {k: g for k, g in waiting.items() if k != seen}, seen)
                await asyncio.sleep(self._every_s)
        finally:
            self._groups.pop(place, None)
            _tell(groups, dict(groups), None)


class _Group(Generic[V]):
    """Those who know the same, and what they are told."""

    def __init__(self) -> None:
        self.told: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self.size = 0


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


def _tell(
    groups: dict[V, _Group[V]], waiting: Mapping[V, _Group[V]], told: V | Exception | None
) -> None:
    for known, group in waiting.items():
        if groups.get(known) is group:
            del groups[known]
        if group.told.done():
            continue
        if isinstance(told, Exception):
            group.told.set_exception(told)
            group.told.exception()  # heard, though everybody may have left
        else:
            group.told.set_result(told)


def _begin(work: Coroutine[Any, Any, None]) -> None:
    """Let *work* go on by itself; a loop alone would forget it."""
    task = asyncio.ensure_future(work)
    _running.add(task)
    task.add_done_callback(_running.discard)


_running: Final[set[asyncio.Task[None]]] = set()


async def _asked(ask: Callable[[], Awaitable[V]]) -> V:
    return await ask()
