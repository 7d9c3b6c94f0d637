"""
The one way in which this program calls an address that somebody else has named.

Evidence, webhooks, remote heads and federation go through here. What a general client does by
itself is absent rather than switched off: no proxy of the environment, no cookies, no stored
passwords, no decompression, no reuse of connections.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

import httpcore2

from ...protocol.errors import Forbidden, Invalid, Unavailable, Unsupported
from ...protocol.text import URL_LIMIT
from . import exchange, urls
from .addresses import Allowed
from .exchange import Answer, Request
from .network import Clock, Deadline, Resolver, resolve, resolve_within
from .urls import Target

LIMIT_BYTES: Final = 1024 * 1024
TIMEOUT_S: Final = 10.0
REDIRECTS: Final = 3

_FOLLOWING: Final = frozenset({"GET", "HEAD"})


class Outgoing:
    """
    Calls the public internet, if the operator lets it.

    Args:
        enabled: False refuses every request.
        allow: Host names and networks that may be called although they are not public.
        resolver: Names to addresses.
        clock: Seconds that only grow.
        ssl_context: Which certificates are trusted; the system's by default.
    """

    def __init__(
        self,
        *,
        enabled: bool,
        allow: Sequence[str] = (),
        resolver: Resolver = resolve,
        clock: Clock = time.monotonic,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.enabled = enabled
        self.allowed = Allowed.parse(allow)
        self._resolver = resolver
        self._clock = clock
        self._given_context = ssl_context

    def fetch(
        self,
        url: str,
        *,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        limit_bytes: int = LIMIT_BYTES,
        timeout_s: float = TIMEOUT_S,
        redirects: int = REDIRECTS,
        url_limit: int = URL_LIMIT,
    ) -> Answer:
        """
        Return the answer of the server that *url* names.

        Args:
            headers: Dropped when a redirect leads to another server.
            limit_bytes: Of the body; 0 reads none of it.
            timeout_s: For everything together: names, redirects, body.
            redirects: Followed at most, and for GET and HEAD only; each is checked anew.
            url_limit: Characters that *url* may have.
        Raises:
            Unsupported: The operator allows no requests.
            Invalid: The address or a header is not plain.
            Forbidden: The address is not public, or a redirect leaves https.
            LimitReached: The body is larger; ``facts["status"]`` says what the server answered.
            Unavailable: No answer, or none in time.
        """
        self.require_enabled()
        target = urls.parse(url, limit=url_limit)
        request = Request(method, target, _checked(headers or {}), body, limit_bytes)
        deadline = Deadline(self._clock, timeout_s)
        answer = self._send(request, deadline)
        for _ in range(redirects if method in _FOLLOWING else 0):
            if not answer.location:
                break
            request = _redirected(request, answer.location)
            answer = self._send(request, deadline)
        return answer

    def require_enabled(self) -> None:
        """
        Refuse where the operator has not switched requests on.

        Raises:
            Unsupported: As it says.
        """
        if not self.enabled:
            raise Unsupported(
                "The operator of this host allows no outgoing requests.",
                hint="ask the operator of this host",
            )

    def _send(self, request: Request, deadline: Deadline) -> Answer:
        addresses = self._addresses(request.target, deadline)
        return exchange.send(request, addresses, deadline, self._ssl_context)

    @cached_property
    def _ssl_context(self) -> ssl.SSLContext:
        return self._given_context or httpcore2.default_ssl_context()

    def _addresses(self, target: Target, deadline: Deadline) -> Sequence[str]:
        """Return the addresses of *target*, every one of them checked."""
        if target.is_address:
            found: Sequence[str] = [target.host]
        else:
            found = resolve_within(self._resolver, target.host, target.port, deadline)
        if not found:
            raise Unavailable(f"{target.host} has no address.", hint="check the name")
        if not all(self.allowed.admits(target.host, one, target.port) for one in found):
            raise Forbidden(
                f"{target.host} is not on the public internet; no request is sent there.",
                hint="the operator of this host can allow it",
                host=target.host,
            )
        return found


def _redirected(request: Request, location: str) -> Request:
    """Return *request* as it goes to *location*; what was meant for one server stays there."""
    target = urls.redirected(request.target, location)
    stays = target.origin == request.target.origin
    return replace(
        request,
        target=target,
        headers=request.headers if stays else {},
        body=request.body if stays else None,
    )


def _checked(headers: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in headers.items():
        is_plain = name.isascii() and value.isascii() and (name + value).isprintable()
        if not is_plain or name.lower() in exchange.OURS:
            raise Invalid(f"The header {name!r} cannot be sent.", field="headers")
    return headers
