"""
How upstreams are called: through the guard of addresses that users name, within one time.

What was read is remembered for some seconds, so that a page that asks much of an upstream asks it
once. Nothing that was remembered answers a request that follows a write.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

import httpx2

from ...commons.outgoing.client import Outgoing
from ...commons.outgoing.exchange import OURS, Answer
from ...protocol.errors import Unavailable

ANSWER_BYTES: Final = 8 * 1024 * 1024
_ONE_S: Final = 10.0
_LONGEST_URL: Final = 16_384
_KEPT_S: Final = 20.0
_MOST: Final = 400
_MOST_BYTES: Final = 8 * 1024 * 1024
_PASSED_ON: Final = ("content-type", "retry-after", "x-wasteland-hub")

Clock = Callable[[], float]


class Memory:
    """What was read from one upstream of late, by address."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, Answer]] = {}
        self._size = 0
        self._age = 0

    @property
    def age(self) -> int:
        """How often it was cleared."""
        return self._age

    def find(self, url: str) -> Answer | None:
        """Return what *url* answered of late, or None."""
        with self._lock:
            found = self._kept.get(url)
        return found[1] if found and self._clock() - found[0] < _KEPT_S else None

    def keep(self, url: str, answer: Answer, age: int) -> None:
        """Keep what *url* answered, unless it was asked before the memory was last cleared."""
        with self._lock:
            if age != self._age:
                return
            if len(self._kept) >= _MOST or self._size + len(answer.body) > _MOST_BYTES:
                self._kept.clear()
                self._size = 0
            self._kept[url] = (self._clock(), answer)
            self._size += len(answer.body)

    def clear(self) -> None:
        """Forget everything: something was written."""
        with self._lock:
            self._age += 1
            self._kept.clear()
            self._size = 0


class GuardedTransport(httpx2.BaseTransport):
    """
    Sends the requests of one visit.

    Args:
        budget_s: For all of them together.
        memory: None to ask afresh each time.
    """

    def __init__(
        self,
        outgoing: Outgoing,
        *,
        budget_s: float,
        memory: Memory | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        self._outgoing = outgoing
        self._clock = clock
        self._memory = memory
        self._is_fresh = memory is None
        self._end = clock() + budget_s

    def extend(self, budget_s: float) -> None:
        """Give at least so much time from now on, to tidy up in."""
        self._end = max(self._end, self._clock() + budget_s)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """
        Return the answer to one request.

        Raises:
            httpx2.TransportError: There was none, or none in time.
            WastelandError: The operator allows no such request.
        """
        url, is_read = str(request.url), request.method == "GET"
        if not is_read:
            self._is_fresh = True  # whoever waits for what was written must see it
        memory = self._memory if is_read and not self._is_fresh else None
        answer = memory.find(url) if memory else None
        if answer is None:
            age = memory.age if memory else 0
            answer = self._fetched(request, url)
            if memory and answer.status == 200:
                memory.keep(url, answer, age)
        if not is_read and self._memory:
            self._memory.clear()
        return _response(answer)

    def _fetched(self, request: httpx2.Request, url: str) -> Answer:
        left_s = self._end - self._clock()
        if left_s <= 0:
            raise httpx2.ReadTimeout("the time for this page has passed")
        headers = {name: text for name, text in request.headers.items() if name.lower() not in OURS}
        try:
            return self._outgoing.fetch(
                url,
                method=request.method,
                body=request.read() or None,
                headers=headers,
                limit_bytes=ANSWER_BYTES,
                timeout_s=min(left_s, _ONE_S),
                redirects=0,
                url_limit=_LONGEST_URL,
            )
        except Unavailable as error:
            # It may have been sent: what follows from that, the client of the API knows.
            raise httpx2.ReadError(error.message) from error


def _response(answer: Answer) -> httpx2.Response:
    headers = {name: answer.headers[name] for name in _PASSED_ON if name in answer.headers}
    return httpx2.Response(answer.status, headers=headers, content=answer.body)
