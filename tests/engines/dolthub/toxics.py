"""
What goes wrong between a client and a host: a transport that poisons some of what passes.

Twelve kinds. Time is virtual: what takes long moves the clock, and nobody waits.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Final

import httpx2

from engines.dolthub.stand_in import Clock

TIMEOUT_S: Final = 15.0
RATE: Final = 0.3
"""How many of the requests are poisoned."""


class Toxic(httpx2.BaseTransport):
    """
    Passes requests on, and spoils some.

    Attributes:
        requests: How many came.
        spoiled: How many of them met the poison.
        is_on: Whether it still does anything.
    """

    def __init__(self, inner: httpx2.BaseTransport, kind: str, clock: Clock, seed: int) -> None:
        self._inner = inner
        self._clock = clock
        self._chance = random.Random(f"{kind} {seed}")  # noqa: S311  # faults, no secrets
        self._poison = POISONS[kind]
        self.requests = 0
        self.spoiled = 0
        self.is_on = True

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request, or spoil it."""
        request.read()
        self.requests += 1
        self._clock.sleep(0.01)
        if not self.is_on or self._chance.random() > RATE:
            return self.pass_on(request)
        self.spoiled += 1
        return self._poison(self, request)

    def pass_on(self, request: httpx2.Request) -> httpx2.Response:
        """Return the answer as it should be."""
        response = self._inner.handle_request(request)
        response.read()
        return response

    def wait(self, most_s: float) -> None:
        """Let up to *most_s* pass."""
        self._clock.sleep(self._chance.uniform(0.0, most_s))

    def time_out(self) -> None:
        """Let the time of one try pass."""
        self._clock.sleep(TIMEOUT_S)

    def chance(self) -> float:
        """Return a number from 0 up to 1."""
        return self._chance.random()

    def flip(self) -> bool:
        """Return one of two."""
        return self._chance.random() < 0.5

    def cut(self, body: bytes) -> int:
        """Return where to cut *body*."""
        return self._chance.randrange(max(len(body), 1))


class _Broken(httpx2.SyncByteStream):
    """A body whose connection dies."""

    def __init__(self, begun: bytes) -> None:
        self._begun = begun

    def __iter__(self) -> Iterator[bytes]:
        yield self._begun
        raise httpx2.ReadError("connection reset")


def _latency(toxic: Toxic, request: httpx2.Request) -> httpx2.Response:
    toxic.wait(5.0)
    return toxic.pass_on(request)


def _reset(toxic: Toxic, request: httpx2.Request) -> httpx2.Response:
    response = toxic.pass_on(request)
    body = response.content
    return httpx2.Response(response.status_code, stream=_Broken(body[: toxic.cut(body)]))


def _half_json(toxic: Toxic, request: httpx2.Request) -> httpx2.Response:
    response = toxic.pass_on(request)
    body = response.content
    headers = {"content-type": response.headers.get("content-type", "")}
    return httpx2.Response(response.status_code, content=body[: toxic.cut(body)], headers=headers)


def _failing(status: int) -> Callable[[Toxic, httpx2.Request], httpx2.Response]:
    """Return the poison that answers with *status*, after the work was done or without."""

    def poison(toxic: Toxic, request: httpx2.Request) -> httpx2.Response:
        if toxic.flip():
            toxic.pass_on(request)
        return httpx2.Response(status, content=b"<h1>sorry</h1>")

    return poison


def _limited(toxic: Toxic, request: httpx2.Request) -> httpx2.Response:
    del toxic, request
    return httpx2.Response(429, json={"message": "slow down"})


def _limited_with_pause(toxic: Toxic, request: httpx2.Request) -> httpx2.Response:
    del request
    return httpx2.Response(
        429, json={"message": "slow down"}, headers={"retry-after": str(1 + toxic.flip())}
    )


def _timeout(toxic: Toxic, request: httpx2.Request) -> httpx2.Response:
    toxic.pass_on(request)
    toxic.time_out()
    raise httpx2.ReadTimeout("no answer in time")


def _twice(toxic: Toxic, request: httpx2.Request) -> httpx2.Response:
    toxic.pass_on(request)
    return toxic.pass_on(request)


def _nothing(toxic: Toxic, request: httpx2.Request) -> httpx2.Response:
    return toxic.pass_on(request)


STALE: Final = "stale"
SLOW_MERGE: Final = "slow_merge"
POISONS: Final[dict[str, Callable[[Toxic, httpx2.Request], httpx2.Response]]] = {
    "latency": _latency,
    "reset": _reset,
    "half_json": _half_json,
    "500": _failing(500),
    "502": _failing(502),
    "503": _failing(503),
    "429": _limited,
    "429_retry_after": _limited_with_pause,
    "timeout_after": _timeout,
    "twice": _twice,
    # These two are the host's: it lags, and it takes its time.
    STALE: _nothing,
    SLOW_MERGE: _nothing,
}
