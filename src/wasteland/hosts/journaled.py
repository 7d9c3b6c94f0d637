"""What every host with a state store of its own does alike: clock, journal, leases."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from .base import Host, Operation, RepoName
from .state import State

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the machine's clock."""
    return datetime.now(UTC)


class JournaledHost(Host, ABC):
    """A host whose journal and lease renewals are in a State."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._state = state
        self._clock = clock

    def now(self) -> datetime:
        """Return the host's clock: UTC, whole seconds."""
        return self._clock().astimezone(UTC).replace(microsecond=0)

    def operation(self, repo: RepoName, op_id: str) -> Operation | None:
        """Return the journal's entry, None if the operation never began."""
        return self._state.journal.find(repo, op_id)

    def begin_operation(self, repo: RepoName, op_id: str, *, actor: str, digest: str) -> None:
        """
        Record the intent; the same one again changes nothing.

        Raises:
            Conflict: The id stands for another request, or for somebody else's.
        """
        self._state.journal.begin(repo, op_id, actor=actor, digest=digest, at=self.now())

    def finish_operation(self, repo: RepoName, op_id: str, receipt: Mapping[str, Any]) -> None:
        """Record the receipt; the first one stays."""
        self._state.journal.finish(repo, op_id, receipt)

    def abandon_operation(self, repo: RepoName, op_id: str) -> None:
        """Forget an operation without a receipt; one with a receipt stays."""
        self._state.journal.abandon(repo, op_id)

    def operations(self, repo: RepoName, *, actor: str, limit: int = 50) -> list[Operation]:
        """Return *actor*'s operations, newest first."""
        return self._state.journal.of_actor(repo, actor, limit)

    def unfinished(self, repo: RepoName) -> list[Operation]:
        """Return the operations without a receipt, oldest first."""
        return self._state.journal.unfinished(repo)

    def renew_lease(self, repo: RepoName, wanted_id: str, token: str, until: datetime) -> None:
        """Extend a lease without a commit; it never becomes shorter."""
        self._state.journal.renew(repo, wanted_id, token, until, at=self.now())

    def renewals(self, repo: RepoName) -> dict[str, tuple[str, datetime]]:
        """Return wanted id -> (token, renewed until); those that are past may be missing."""
        return self._state.journal.renewals(repo)
