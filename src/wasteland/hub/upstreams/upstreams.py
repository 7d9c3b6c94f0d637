"""Upstreams as accounts of this hub use them: tested, connected, opened as sessions."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from ...commons.outgoing.client import Outgoing
from ...commons.session import Seat, Session
from ...engines.dolthub.http import Http
from ...engines.dolthub.retry import Limits
from ...engines.dolthub.secret import Secret
from ...hosts.base import RepoName
from ...hosts.dolthub.host import DoltHubHost
from ...protocol.lean import dataclass
from ..vault import Vault
from .probe import Probe, Tester
from .rows import Connection
from .store import JOURNALS, Connections
from .transport import ANSWER_BYTES, GuardedTransport, Memory

READ_S: Final = 15.0
"""For all that one page asks of an upstream."""
WRITE_S: Final = 75.0
_TEST_S: Final = 60.0
_TIDY_S: Final = 20.0
_TRY_S: Final = 10.0

S = TypeVar("S", bound=Session)


@dataclass(frozen=True, slots=True)
class Rotation:
    """
    A change of the master key.

    Attributes:
        key_id: The new one's.
        secrets: How many are wrapped with it.
        forgotten: How many keys were dropped.
    """

    key_id: str
    secrets: int
    forgotten: int


class Upstreams:
    """
    The upstreams of a hub's accounts.

    Attributes:
        connections: Which there are.
    """

    def __init__(
        self, root: Path, vault: Vault, outgoing: Outgoing, clock: Callable[[], datetime]
    ) -> None:
        self.connections = Connections(root, vault, clock)
        self._vault = vault
        self._journals = root / JOURNALS
        self._outgoing = outgoing
        self._clock = clock
        self._memories: dict[str, Memory] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the state."""
        self.connections.close()

    @property
    def is_enabled(self) -> bool:
        """Whether the operator lets the hub call addresses that users name."""
        return self._outgoing.enabled

    def test(self, root: str, repo: RepoName, token: Secret, *, is_admin: bool) -> Probe:
        """
        Return what a test of an upstream found; what it made there is removed again.

        Raises:
            Unsupported: The operator allows no outgoing requests.
            Invalid: The address is none, or would get the token unencrypted.
        """
        self._outgoing.require_enabled()
        transport = GuardedTransport(self._outgoing, budget_s=_TEST_S)
        with _http(root, token, transport, budget_s=_TEST_S) as http:
            tester = Tester(http, repo, more_time=lambda: transport.extend(_TIDY_S))
            return tester.run(is_admin=is_admin)

    def connect(
        self, account: str, root: str, repo: RepoName, token: Secret, *, is_admin: bool
    ) -> tuple[Probe, Connection | None]:
        """
        Test an upstream and keep the connection if the test passes.

        An upstream that the account is connected to gets the token instead of its own.

        Raises:
            Conflict: The account is connected to another upstream of that name.
            LimitReached: It has too many.
            Unsupported, Invalid: As for ``test``.
        """
        probe = self.test(root, repo, token, is_admin=is_admin)
        if probe.error:
            return probe, None
        known = self.connections.at(account, repo)
        if known and known.root == root:
            return probe, self._replaced(known, token, probe, is_admin=is_admin)
        made = self.connections.add(
            account, root, repo, token, login=probe.login, rig=probe.rig, is_admin=is_admin
        )
        return probe, made

    def test_again(self, kept: Connection) -> tuple[Probe, Connection]:
        """
        Test a connection with the token that is kept, and note how that went.

        Raises:
            Invalid: The token cannot be read any more.
            Unsupported: The operator allows no outgoing requests.
        """
        token = self.connections.token(kept)
        probe = self.test(kept.root, kept.repo, token, is_admin=kept.is_admin)
        self._forget(kept)
        return probe, self.connections.note_test(kept, probe.error.message if probe.error else "")

    def replace_token(
        self, kept: Connection, token: Secret, *, is_admin: bool
    ) -> tuple[Probe, Connection]:
        """Test another token, and keep it if the test passes; else the one before stays."""
        probe = self.test(kept.root, kept.repo, token, is_admin=is_admin)
        if probe.error:
            return probe, kept
        return probe, self._replaced(kept, token, probe, is_admin=is_admin)

    def _replaced(
        self, kept: Connection, token: Secret, probe: Probe, *, is_admin: bool
    ) -> Connection:
        self._forget(kept)
        # A rig whose registration waits is not found, and yet it is the account's.
        rig = kept.rig if probe.login == kept.login and not probe.rig else probe.rig
        return self.connections.replace_token(
            kept, token, login=probe.login, rig=rig, is_admin=is_admin
        )

    def disconnect(self, account: str, connection_id: str) -> Connection:
        """
        Forget a connection, its token, and what was sent by it; the upstream is not touched.

        Raises:
            NotFound: The account has none of that id.
        """
        gone = self.connections.remove(account, connection_id)
        self._forget(gone)
        shutil.rmtree(self._journals / gone.id, ignore_errors=True)
        return gone

    def rotate(self) -> Rotation:
        """
        Wrap all tokens with a new master key, and forget the ones before.

        A rotation that was cut short, or refused, leaves all tokens open to one of the keys.

        Raises:
            NotFound, Tampered: A token cannot be opened; the keys before are kept then.
        """
        key = self._vault.begin_rotation()
        rewrapped = self.connections.rewrap()
        return Rotation(key.id, rewrapped, self._vault.end_rotation(key))

    @contextmanager
    def session(
        self, kept: Connection, kind: type[S], *, rig: str = "", writes: bool = False
    ) -> Iterator[S]:
        """
        Yield a seat at an upstream, as a session of class *kind*; connections end with the block.

        Args:
            rig: As which rig; "" for the connection's own.
            writes: Whether it may write, and so reads nothing that is remembered.
        Raises:
            Invalid: The token cannot be read any more.
            Unavailable: The upstream does not answer in time.
        """
        token = self.connections.token(kept)
        budget_s = WRITE_S if writes else READ_S
        memory = self._memory(kept)
        if writes:
            memory.clear()
        transport = GuardedTransport(self._outgoing, budget_s=budget_s, memory=memory)
        handle = rig or kept.rig
        http = _http(kept.root, token, transport, budget_s=budget_s, rig=handle)
        with DoltHubHost(http, self._journals / kept.id, clock=self._clock) as host:
            session = kind(host, kept.repo, Seat(handle, kept.login))
            yield session

    def _memory(self, kept: Connection) -> Memory:
        with self._lock:
            return self._memories.setdefault(kept.id, Memory())

    def _forget(self, kept: Connection) -> None:
        with self._lock:
            self._memories.pop(kept.id, None)


def _http(
    root: str, token: Secret, transport: GuardedTransport, *, budget_s: float, rig: str = ""
) -> Http:
    limits = Limits(tries=2, budget_s=budget_s, timeout_s=_TRY_S, answer_bytes=ANSWER_BYTES)
    return Http(root, token, transport=transport, limits=limits, rig=rig)
