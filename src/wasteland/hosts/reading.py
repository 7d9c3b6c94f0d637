"""A host of one repository that is only read: a copy of what is elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, NoReturn

from ..engines.base import Engine
from ..protocol.diff import RowChange
from ..protocol.errors import NotFound, Unsupported
from .base import Comment, Host, HostAbility, Operation, PullRequest, PullState, RepoName, Settle
from .journaled import Clock, utc_now


class ReadingHost(Host):
    """
    One repository to read; whatever would change something raises Unsupported.

    Pull requests, remarks and journal stay where the repository comes from: there are none here.

    Attributes:
        repo: What it is a copy of.
        location: Where that is.
    """

    abilities: frozenset[HostAbility] = frozenset({HostAbility.PULL_REQUESTS})

    def __init__(
        self, repo: RepoName, engine: Engine, location: str, *, clock: Clock = utc_now
    ) -> None:
        """Use *engine*, which the caller closes."""
        self.repo = repo
        self.location = location
        self._engine = engine
        self._clock = clock

    def close(self) -> None:
        """Do nothing: the engine is its owner's."""

    def now(self) -> datetime:
        """Return this machine's clock: UTC, whole seconds."""
        return self._clock().replace(microsecond=0)

    def repositories(self) -> list[RepoName]:
        """Return the one."""
        return [self.repo]

    def engine(self, repo: RepoName) -> Engine:
        """Return the copy."""
        if repo != self.repo:
            raise NotFound(f"There is a copy of {self.repo} here, not of {repo}.", repo=str(repo))
        return self._engine

    def forks(self, repo: RepoName) -> list[RepoName]:
        """Return nothing."""
        del repo
        return []

    def refresh(self, repo: RepoName) -> None:
        """Do nothing: whoever keeps the copy brings it up to date."""

    def pulls(
        self, repo: RepoName, *, state: PullState | None = PullState.OPEN, author: str | None = None
    ) -> list[PullRequest]:
        """Return nothing."""
        del repo, state, author
        return []

    def pull(self, repo: RepoName, pull_id: str) -> PullRequest:
        """Refuse: there are none."""
        raise NotFound(f"There is no pull request {pull_id} in a copy of {repo}.", id=pull_id)

    def comments(self, repo: RepoName, pull_id: str) -> list[Comment]:
        """Return nothing."""
        del repo, pull_id
        return []

    def operation(self, repo: RepoName, op_id: str) -> Operation | None:
        """Return None: the journal is elsewhere."""
        del repo, op_id
        return None

    def unfinished(self, repo: RepoName) -> list[Operation]:
        """Return nothing."""
        del repo
        return []

    def operations(self, repo: RepoName, *, actor: str, limit: int = 50) -> list[Operation]:
        """Return nothing."""
        del repo, actor, limit
        return []

    def renewals(self, repo: RepoName) -> dict[str, tuple[str, datetime]]:
        """Return nothing."""
        del repo
        return {}

    # --- what is not done to a copy

    def create(self, repo: RepoName, *, engine: str = "doltlite") -> Engine:
        """Refuse."""
        del repo, engine
        self._refuse()

    def delete(self, repo: RepoName) -> None:
        """Refuse."""
        del repo
        self._refuse()

    def fork(self, repo: RepoName, owner: str) -> RepoName:
        """Refuse."""
        del repo, owner
        self._refuse()

    def publish(self, repo: RepoName, branch: str, *, force: bool = False) -> None:
        """Refuse."""
        del repo, branch, force
        self._refuse()

    def withdraw_branch(self, repo: RepoName, branch: str) -> None:
        """Refuse."""
        del repo, branch
        self._refuse()

    def turn(self, repo: RepoName, branch: str) -> AbstractContextManager[None]:
        """Refuse."""
        del repo, branch
        self._refuse()

    def merge(self, repo: RepoName, changes: Sequence[RowChange], settle: Settle) -> str:
        """Refuse."""
        del repo, changes, settle
        self._refuse()

    def open_pull(
        self,
        repo: RepoName,
        *,
        source: RepoName,
        branch: str,
        title: str,
        body: str,
        author: str,
    ) -> PullRequest:
        """Refuse."""
        del repo, source, branch, title, body, author
        self._refuse()

    def update_pull(self, repo: RepoName, pull_id: str) -> PullRequest:
        """Refuse."""
        del repo, pull_id
        self._refuse()

    def end_pull(
        self,
        repo: RepoName,
        pull_id: str,
        *,
        state: PullState,
        head: str = "",
        merged_as: str = "",
        reason: str = "",
    ) -> PullRequest:
        """Refuse."""
        del repo, pull_id, state, head, merged_as, reason
        self._refuse()

    def comment(self, repo: RepoName, pull_id: str, *, author: str, body: str) -> Comment:
        """Refuse."""
        del repo, pull_id, author, body
        self._refuse()

    def begin_operation(self, repo: RepoName, op_id: str, *, actor: str, digest: str) -> None:
        """Refuse."""
        del repo, op_id, actor, digest
        self._refuse()

    def finish_operation(self, repo: RepoName, op_id: str, receipt: Mapping[str, Any]) -> None:
        """Refuse."""
        del repo, op_id, receipt
        self._refuse()

    def abandon_operation(self, repo: RepoName, op_id: str) -> None:
        """Refuse."""
        del repo, op_id
        self._refuse()

    def renew_lease(self, repo: RepoName, wanted_id: str, token: str, until: datetime) -> None:
        """Refuse."""
        del repo, wanted_id, token, until
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise Unsupported(f"What is here of {self.repo} is a copy; it is only read.")
