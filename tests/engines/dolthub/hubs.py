"""A hub of ours inside the test's process, and clients of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import httpx2
from starlette.testclient import TestClient

from wasteland.engines.dolthub.http import Http
from wasteland.engines.dolthub.retry import Limits, Timing
from wasteland.engines.dolthub.secret import Secret
from wasteland.hosts.journaled import utc_now
from wasteland.hosts.local import LocalHost
from wasteland.hub.app import create_app
from wasteland.hub.hub import Hub, Options
from wasteland.hub.tokens import Scope
from wasteland.protocol.errors import NotFound

ROOT: Final = "http://127.0.0.1:8999"
Wrap = Callable[[httpx2.BaseTransport], httpx2.BaseTransport]


def _as_it_is(transport: httpx2.BaseTransport) -> httpx2.BaseTransport:
    return transport


class LiveHub:
    """
    A hub with its repositories in a directory.

    Attributes:
        hub: Behind HTTP, for what tests arrange there.
        transport: What carries requests to it.
    """

    def __init__(self, place: Path, clock: Callable[[], datetime] = utc_now) -> None:
        self.hub = Hub(LocalHost(place, clock=clock), Options(requests_per_minute=0))
        client = TestClient(create_app(self.hub), base_url=ROOT)
        self.transport: httpx2.BaseTransport = client._transport

    def client(self, account: str, *, wrap: Wrap = _as_it_is, timing: Timing | None = None) -> Http:
        """Return a client signed in as *account*, which is added if need be."""
        return Http(
            ROOT,
            self.token(account),
            transport=wrap(self.transport),
            timing=timing,
            limits=None if timing else Limits(tries=1),
        )

    def token(self, account: str) -> Secret:
        """Return a new token of *account*, which is added if need be."""
        accounts = self.hub.accounts
        try:
            accounts.find(account)
        except NotFound:
            accounts.add(account)
        return Secret(accounts.issue(account, label="test", scope=Scope.WRITE)[1])

    def own(self, account: str, *names: str) -> None:
        """Let *account* own organisations of these names."""
        self.token(account)
        for name in names:
            self.hub.accounts.add(name, is_organisation=True)
            self.hub.accounts.set_member(name, account, is_owner=True)

    def close(self) -> None:
        """Close the hub."""
        self.hub.close()
