"""
How often one account, or one address, may ask: a bucket that fills steadily.

Published with every answer (``RateLimit-Limit``, ``RateLimit-Remaining``, ``RateLimit-Reset``).
Addresses are those that connect; what a client says of itself is not believed.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from ipaddress import ip_address, ip_network
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...protocol.errors import RateLimited
from .problems import answer

_MOST_BUCKETS: Final = 20_000
_FREE: Final = ("/healthz", "/readyz")


class RateLimits:
    """
    Refuses who asks too often.

    Args:
        per_minute: Requests a minute; a minute's worth may come at once. 0 for no limit.
        account_of: Request -> the account that it proves, "" for none.
        clock: Seconds, steady.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        per_minute: int,
        account_of: Callable[[Scope], Awaitable[str]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._account_of = account_of
        self._most = float(per_minute)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not self._most or scope["path"] in _FREE:
            await self._app(scope, receive, send)
            return
        left = self._take(await self._who(scope))
        reset_s = int((self._most - max(left, 0)) * 60 / self._most)

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                out = MutableHeaders(scope=message)
                out["RateLimit-Limit"] = str(int(self._most))
                out["RateLimit-Remaining"] = str(max(int(left), 0))
                out["RateLimit-Reset"] = str(reset_s)
            await send(message)

        if left < 0:
            wait_s = max(1, round(60 / self._most))
            error = RateLimited(
                f"More than {int(self._most)} requests a minute.", retry_after_s=wait_s
            )
            await answer(error, scope)(scope, receive, marked)
            return
        await self._app(scope, receive, marked)

    def _take(self, who: str) -> float:
        """Take one request out of a bucket; return what is left, below 0 if it was empty."""
        now = self._clock()
        held, at = self._buckets.pop(who, (self._most, now))
        held = min(self._most, held + (now - at) * self._most / 60)
        left = held - 1
        # A request that is refused takes nothing, or who keeps asking would never get in.
        self._buckets[who] = (held if left < 0 else left, now)
        if len(self._buckets) > _MOST_BUCKETS:
            self._buckets.popitem(last=False)
        return left

    async def _who(self, scope: Scope) -> str:
        return counted_as(await self._account_of(scope), scope)


def counted_as(account: str, scope: Scope) -> str:
    """Return whom a request is counted to: its account, "" for none, else its address."""
    if account:
        return f"account {account}"
    client = scope.get("client")
    return f"address {_network(client[0])}" if client else "nobody"


def _network(address: str) -> str:
    """Return an address, or of version 6 the network that one customer has."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return address if found.version == 4 else str(ip_network((int(found) >> 64 << 64, 64)))
