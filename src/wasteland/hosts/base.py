"""
The contract of a host: repositories, forks and pull requests.

A host moves refs and keeps its own state (pull requests, comments, the operation journal, lease
renewals); it never decides whether a change is allowed. Its ``merge`` is called from
``commons.merge`` alone, which brings the judge along; a host that merges by itself has work offered
to it instead.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from ..engines.base import MAIN, Change, Engine
from ..protocol.diff import RowChange
from ..protocol.errors import Invalid, Unsupported
from ..protocol.lean import dataclass
from ..protocol.names import NAME_RULE, is_repo_part, read_branch


class HostAbility(StrEnum):
    """What a host may or may not have."""

    PULL_REQUESTS = "pull_requests"
    OWNED = "owned"  # we may create tables of ours, index, expire leases, merge at once
    FORKS = "forks"
    MERGE = "merge"  # main can be moved from here; elsewhere the host merges pull requests itself


@dataclass(frozen=True, slots=True)
class RepoName:
    """
    ``owner/name``.

    Attributes:
        owner: Account or organisation.
        name: Database.
    """

    owner: str
    name: str

    @classmethod
    def parse(cls, text: str) -> RepoName:
        """
        Return the name in *text*.

        Raises:
            Invalid: It is not ``owner/name`` of allowed characters.
        """
        owner, slash, name = text.partition("/")
        if not (slash and is_repo_part(owner) and is_repo_part(name)):
            raise Invalid(
                f"{text!r} is no commons name: it has the form org/db; {NAME_RULE}.",
                hint="wl create my-team/board",
                field="commons",
                value=text,
            )
        return cls(owner, name)

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"


class PullState(StrEnum):
    """Where a pull request stands."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class PullRequest:
    """
    A branch offered to a commons.

    Attributes:
        id: Number as text on a host with pull requests; the branch's name on a plain remote.
        repo: The commons that is asked to take it.
        author: Account that opened it.
        source: The repository that holds the branch (a fork, or ``repo`` itself).
        branch: The branch's name there.
        head: The commit that is offered (pinned; ``update_pull`` moves it).
        merged_as: The commit on main, once merged.
        reason: Why it was closed; "" otherwise.
    """

    id: str
    repo: RepoName
    title: str
    body: str
    author: str
    source: RepoName
    branch: str
    head: str
    state: PullState
    created_at: datetime
    updated_at: datetime
    merged_as: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    """One remark on a pull request."""

    author: str
    body: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Operation:
    """
    An entry of the operation journal.

    Attributes:
        id: Operation id, unique on a repository.
        actor: Handle of the rig that acts.
        digest: SHA-256 of the request, hex.
        receipt: The first receipt as JSON data; None while unfinished.
    """

    id: str
    actor: str
    digest: str
    receipt: Mapping[str, Any] | None
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the last commit of a merge says: ``Change.commit``'s arguments."""

    message: str
    author: str
    at: datetime
    tables: Sequence[str]
    email: str = ""


Settle = Callable[[Change, Sequence[RowChange]], Settlement]
"""
Judges and finishes a merge: (the open change, the net row changes that replay made) -> Settlement.
"""


class Host(ABC):
    """
    A place of repositories.

    Attributes:
        abilities: What it has.
        location: Directory or URL, for messages.
        adopts_branches: Whether work branches that appear in a repository without having been
            offered are to become pull requests; never where a caller's account is known.
    """

    abilities: frozenset[HostAbility]
    location: str
    adopts_branches: bool = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Close engines and state."""

    @abstractmethod
    def now(self) -> datetime:
        """Return the host's clock: UTC, whole seconds."""

    # --- repositories

    def is_mirror(self, repo: RepoName) -> bool:
        """Return whether *repo* only follows another host, and takes no writes."""
        del repo
        return False

    @abstractmethod
    def repositories(self) -> list[RepoName]:
        """Return the commons here (no forks), by name."""

    @abstractmethod
    def create(self, repo: RepoName, *, engine: str = "doltlite") -> Engine:
        """
        Create an empty repository.

        Raises:
            Conflict: It exists.
            Unsupported: This host has no such engine.
        """

    @abstractmethod
    def delete(self, repo: RepoName) -> None:
        """Delete a repository that was just created and could not be filled, or a fork."""

    @abstractmethod
    def engine(self, repo: RepoName) -> Engine:
        """
        Return the open engine of a repository or fork; the host owns and closes it.

        Raises:
            NotFound: No such repository.
        """

    @abstractmethod
    def fork(self, repo: RepoName, owner: str) -> RepoName:
        """Return *owner*'s fork of *repo*, made if it does not exist, its main kept in step."""

    @abstractmethod
    def forks(self, repo: RepoName) -> list[RepoName]:
        """Return the forks of *repo*, by owner."""

    @abstractmethod
    def refresh(self, repo: RepoName) -> None:
        """Bring what is read here up to date with where it comes from; nothing to do locally."""

    @abstractmethod
    def publish(self, repo: RepoName, branch: str, *, force: bool = False) -> None:
        """
        Make a branch that was written here visible to others; nothing to do locally.

        Args:
            repo: Where the branch is.
            branch: Its name.
            force: Replace what was published under this name.
        """

    @abstractmethod
    def withdraw_branch(self, repo: RepoName, branch: str) -> None:
        """Delete a branch, also where it was published."""

    @abstractmethod
    def turn(self, repo: RepoName, branch: str) -> AbstractContextManager[None]:
        """
        Keep everybody else on this machine from offering *branch*; turns do not nest.

        Raises:
            Unavailable: Somebody kept us waiting too long.
        """

    # --- main

    @abstractmethod
    def merge(self, repo: RepoName, changes: Sequence[RowChange], settle: Settle) -> str:
        """
        Repeat *changes* on a clean main, let *settle* judge and finish, move main by one commit.

        Waits its turn in the repository's queue; what *settle* reads is the merged tree; any error
        that it raises leaves main as it was. With no changes, *settle* does all the writing.
        *settle* may run again when main moved meanwhile.

        Returns:
            Main's new head.
        Raises:
            MergeConflict: A change does not apply.
            Unavailable: The queue or the engine kept us waiting too long.
            Unsupported: The host lacks ``HostAbility.MERGE``.
        """

    def merge_pull(self, repo: RepoName, pull_id: str) -> PullRequest:
        """
        Have a host without ``HostAbility.MERGE`` merge an open pull request by its own rules.

        Returns:
            As it is then: merged.
        Raises:
            Conflict: It has ended otherwise, or the host finds a conflict.
            Forbidden: The host does not let this account merge.
            Unavailable: What became of it is not known yet (``facts["unsure"]``).
        """
        raise Unsupported(
            f"{self.location} does not merge pull request {pull_id} of {repo} by itself.",
            hint="wl merge",
        )

    # --- pull requests

    @abstractmethod
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
        """Open a pull request, or return the open one of the same branch with its head moved."""

    @abstractmethod
    def pulls(
        self, repo: RepoName, *, state: PullState | None = PullState.OPEN, author: str | None = None
    ) -> list[PullRequest]:
        """Return pull requests, oldest first."""

    def pulls_about(self, repo: RepoName, item_id: str) -> list[PullRequest]:
        """Return the open pull requests whose branch names a wanted item, oldest first."""
        return [p for p in self.pulls(repo) if read_branch(p.branch)[1] == item_id]

    def count_pulls(self, repo: RepoName) -> int:
        """Return how many pull requests are open."""
        return len(self.pulls(repo))

    @abstractmethod
    def pull(self, repo: RepoName, pull_id: str) -> PullRequest:
        """
        Return one pull request.

        Raises:
            NotFound: No such pull request.
        """

    @abstractmethod
    def update_pull(self, repo: RepoName, pull_id: str) -> PullRequest:
        """Move the pinned head of an open pull request to its branch's present head."""

    @abstractmethod
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
        """
        Record that a pull request was merged or closed.

        Its branch is dropped; what it offered stays readable as ``pull/<id>/head`` where the host
        can keep it. Ending it again in the same state is no error.

        Args:
            head: End it only if it still offers this commit; "" for what was last seen of it.
        Returns:
            As it is now: still open if it went on meanwhile.
        Raises:
            Conflict: It already ended otherwise.
        """

    @abstractmethod
    def comment(self, repo: RepoName, pull_id: str, *, author: str, body: str) -> Comment:
        """Add a remark."""

    @abstractmethod
    def comments(self, repo: RepoName, pull_id: str) -> list[Comment]:
        """Return the remarks, oldest first."""

    def changes(self, pull: PullRequest) -> list[RowChange]:
        """Return what *pull* offers: its net row changes since it left main."""
        engine = self.engine(pull.source)
        base = engine.merge_base(MAIN, pull.head)
        return engine.diff(base, pull.head) if base else []

    # --- the operation journal

    @abstractmethod
    def operation(self, repo: RepoName, op_id: str) -> Operation | None:
        """Return the journal's entry, None if the operation never began."""

    @abstractmethod
    def begin_operation(self, repo: RepoName, op_id: str, *, actor: str, digest: str) -> None:
        """Record the intent before anything is written."""

    @abstractmethod
    def finish_operation(self, repo: RepoName, op_id: str, receipt: Mapping[str, Any]) -> None:
        """Record the receipt; the first one stays."""

    @abstractmethod
    def abandon_operation(self, repo: RepoName, op_id: str) -> None:
        """Forget an operation that was refused: nothing of it was written."""

    @abstractmethod
    def unfinished(self, repo: RepoName) -> list[Operation]:
        """
        Return the operations without a receipt, oldest first.

        They are under way, or their process died; main tells which (the trailer).
        """

    @abstractmethod
    def operations(self, repo: RepoName, *, actor: str, limit: int = 50) -> list[Operation]:
        """Return *actor*'s operations, newest first."""

    # --- leases

    @abstractmethod
    def renew_lease(self, repo: RepoName, wanted_id: str, token: str, until: datetime) -> None:
        """Extend a lease without a commit."""

    @abstractmethod
    def renewals(self, repo: RepoName) -> dict[str, tuple[str, datetime]]:
        """Return wanted id -> (token, renewed until) of extended leases."""
