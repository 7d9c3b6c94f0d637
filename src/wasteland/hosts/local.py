"""
A directory of repositories, used in-process by as many processes as like.

    <root>/host.db             pull requests, journal, leases (``state``)
    <root>/<owner>/<name>.db   repositories and forks (``storage``)
    <root>/.queues/            who moves a main next (``queue``)
    <root>/.dolt-databases/    repositories on a Dolt server of its own (``storage_dolt``)

Whoever may write the files may write anything: rights are the file system's affair here, and the
hub's in front of it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from ..engines.base import MAIN, Engine
from ..protocol.diff import RowChange
from ..protocol.errors import Conflict, Forbidden, Invalid, NotFound, Unsupported
from . import merging
from .base import (
    Comment,
    HostAbility,
    PullRequest,
    PullState,
    RepoName,
    Settle,
)
from .heads import retire_branch
from .journaled import Clock, JournaledHost, utc_now
from .queue import PATIENCE_S, Queue
from .state import Repository, State
from .storage import DoltLiteStorage, RawRemote, Storage

_STATE_FILE = "host.db"
_QUEUES = ".queues"


class LocalHost(JournaledHost):
    """
    Repositories, forks and pull requests in one directory.

    Attributes:
        root: The directory, absolute; made, for its owner only, when it does not exist.
    """

    abilities = frozenset(HostAbility)

    def __init__(
        self,
        root: Path,
        *,
        clock: Clock = utc_now,
        patience_s: float = PATIENCE_S,
        dolt: str | None = None,
        dolt_url: str = "",
        dolt_password: str = "",
        adopts_branches: bool = False,
    ) -> None:
        """
        Open the directory.

        Args:
            root: Made when missing.
            clock: The host's clock.
            patience_s: How long a merge waits for its turn.
            dolt: The Dolt program; None for the one on PATH.
            dolt_url: A Dolt server that somebody else runs, as ``mysql://user@host:port``; "" for
                the one given last, or one of the host's own.
            dolt_password: Of its user.
            adopts_branches: See ``Host``.
        """
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.root = root.resolve()
        (self.root / _QUEUES).mkdir(mode=0o700, exist_ok=True)
        self.location = str(self.root)
        self.adopts_branches = adopts_branches
        self._patience_s = patience_s
        self._dolt = dolt
        self._dolt_url, self._dolt_password = dolt_url, dolt_password
        self._storages: dict[str, Storage] = {"doltlite": DoltLiteStorage(self.root)}
        super().__init__(State(self.root / _STATE_FILE), clock)

    def close(self) -> None:
        """Close engines and state."""
        for storage in self._storages.values():
            storage.close()
        self._state.close()

    # --- repositories

    def repositories(self) -> list[RepoName]:
        """Return the commons here, by name."""
        return self._state.repositories.commons()

    def create(self, repo: RepoName, *, engine: str = "doltlite") -> Engine:
        """Create an empty repository."""
        storage = self._storage(engine)
        _refuse_own_names(repo)
        with self._queue(repo).turn():
            is_new = self._state.repositories.add(Repository(repo, engine), at=self.now())
            if not is_new:
                self._replace_row(repo, engine)
            try:
                storage.create(repo)
            except BaseException:
                if is_new:
                    self._state.repositories.remove(repo)
                raise
        return storage.open(repo)

    def delete(self, repo: RepoName) -> None:
        """Delete a repository without forks, or a fork, with its pull requests and journal."""
        row = self._row(repo)
        self._state.repositories.remove(repo)
        storage = self._storage(row.engine)
        if row.parent:
            storage.remove_fork(repo, row.parent)
        else:
            storage.remove(repo)

    def engine(self, repo: RepoName) -> Engine:
        """Return the open engine of a repository or fork."""
        row = self._row(repo)
        storage = self._storage(row.engine)
        return storage.open_fork(repo, row.parent) if row.parent else storage.open(repo)

    def open_remote(self, repo: RepoName, *, may_push: bool = False) -> RawRemote:
        """
        Let programs other than ours read the database of *repo*, or push to it, and return how.

        What they push is past every gate: the right is as much as to write the host's directory.
        On a Dolt server it holds for all repositories there.

        Raises:
            Unsupported: The server of the database can open no port for them.
        """
        return self._storage(self._row(repo).engine).open_remote(repo, may_push=may_push)

    def close_remotes(self, repo: RepoName) -> bool:
        """End what ``open_remote`` has opened; return whether it had."""
        return self._storage(self._row(repo).engine).close_remotes()

    def fork(self, repo: RepoName, owner: str) -> RepoName:
        """
        Return *owner*'s fork of *repo*; nothing is copied. The owner's fork of its own is itself.

        Raises:
            Conflict: *owner* has something else of that name.
        """
        row = self._row(repo)
        fork = RepoName.parse(f"{owner}/{repo.name}")
        if fork == repo:
            return repo
        _refuse_own_names(fork)
        upstream = row.parent or repo
        self._state.repositories.add(Repository(fork, row.engine, upstream), at=self.now())
        if self._row(fork).parent != upstream:
            raise Conflict(f"{fork} exists and is no fork of {upstream}.", repo=str(fork))
        return fork

    def forks(self, repo: RepoName) -> list[RepoName]:
        """Return the forks of *repo*, by owner."""
        return self._state.repositories.forks(repo)

    def is_mirror(self, repo: RepoName) -> bool:
        """Return whether *repo*, or what it is a fork of, only follows another host."""
        return self._state.mirrors.find(self.parent(repo) or repo) is not None

    def parent(self, repo: RepoName) -> RepoName | None:
        """
        Return what *repo* is a fork of, None for a commons.

        Raises:
            NotFound: No such repository.
        """
        return self._row(repo).parent

    def refresh(self, repo: RepoName) -> None:
        """Do nothing: a fork follows its upstream by itself."""

    def publish(self, repo: RepoName, branch: str, *, force: bool = False) -> None:
        """Do nothing: who opens this directory sees all branches."""

    def withdraw_branch(self, repo: RepoName, branch: str) -> None:
        """Delete a branch; a missing one is no error."""
        self.engine(repo).delete_branch(branch)

    def turn(self, repo: RepoName, branch: str) -> AbstractContextManager[None]:
        """Wait for the turn to offer *branch*."""
        return self._queue(repo).of_branch(branch).turn()

    # --- main

    def merge(self, repo: RepoName, changes: Sequence[RowChange], settle: Settle) -> str:
        """
        Repeat *changes* on main as *settle* judges them, one merge at a time.

        Raises:
            Forbidden: *repo* is a fork, whose main only follows.
        """
        self._state.mirrors.refuse_writes(repo)
        if upstream := self.parent(repo):
            raise Forbidden(
                f"The main of {repo} follows {upstream} and is not written.",
                hint=f"work on {upstream}",
                repo=str(repo),
            )
        with self._queue(repo).turn():
            # Looked up inside, because the repository may have moved while we waited.
            return merging.merge(self.engine(repo), changes, settle)

    # --- pull requests

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
        """
        Open a pull request, or return the open one of the same branch with its head moved.

        Raises:
            Invalid: The source is no fork of *repo*, or the branch is main.
            NotFound: There is no such branch.
        """
        self._state.mirrors.refuse_writes(repo)
        if source != repo and self._row(source).parent != repo:
            raise Invalid(f"{source} is no fork of {repo}.", field="source", value=str(source))
        if branch == MAIN:
            raise Invalid("A pull request offers a branch, not main.", field="branch", value=MAIN)
        at = self.now()
        offered = PullRequest(
            id="",
            repo=repo,
            title=title,
            body=body,
            author=author,
            source=source,
            branch=branch,
            head=self._branch_head(source, branch),
            state=PullState.OPEN,
            created_at=at,
            updated_at=at,
        )
        return self._state.pulls.open(offered)

    def pulls(
        self, repo: RepoName, *, state: PullState | None = PullState.OPEN, author: str | None = None
    ) -> list[PullRequest]:
        """Return pull requests, oldest first."""
        return self._state.pulls.of(repo, state=state, author=author)

    def pull_page(
        self,
        repo: RepoName,
        *,
        state: PullState | None = None,
        text: str = "",
        before: int | None = None,
        among: Collection[int] | None = None,
        limit: int = 50,
    ) -> list[PullRequest]:
        """Return a page of pull requests, newest first; see ``state.Pulls.page``."""
        return self._state.pulls.page(
            repo, state=state, text=text, before=before, among=among, limit=limit
        )

    def pulls_about(self, repo: RepoName, item_id: str) -> list[PullRequest]:
        """Return the open pull requests whose branch names a wanted item, oldest first."""
        return self._state.pulls.open_about(repo, item_id)

    def open_pull_of(self, repo: RepoName, source: RepoName, branch: str) -> PullRequest | None:
        """Return the open pull request of a branch, None if it has none."""
        return self._state.pulls.open_of(repo, source, branch)

    def edit_pull(self, repo: RepoName, pull_id: str, *, title: str, body: str) -> PullRequest:
        """Set what a pull request is called and what it says of itself."""
        return self._state.pulls.edit(repo, pull_id, title=title, body=body, at=self.now())

    def pull(self, repo: RepoName, pull_id: str) -> PullRequest:
        """Return one pull request."""
        return self._state.pulls.find(repo, pull_id)

    def update_pull(self, repo: RepoName, pull_id: str) -> PullRequest:
        """
        Move the pinned head of an open pull request to its branch's present head.

        Raises:
            Conflict: It has ended.
            NotFound: Its branch is gone.
        """
        pull = self.pull(repo, pull_id)
        is_open = pull.state is PullState.OPEN
        head = self._branch_head(pull.source, pull.branch) if is_open else pull.head
        return self._state.pulls.move(repo, pull_id, head, at=self.now())

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
        Record that a pull request was merged or closed, and drop its branch.

        One that offers another commit than *head*, if given, stays open.
        What it offered stays readable in its source as ``pull/<id>/head``, for the newest
        200 of each source. A branch that has moved on since it was offered is kept.

        Raises:
            Conflict: It already ended otherwise.
        """
        self._state.mirrors.refuse_writes(repo)
        pull = self._state.pulls.end(
            repo, pull_id, state=state, head=head, merged_as=merged_as, reason=reason, at=self.now()
        )
        if pull.state is not PullState.OPEN and self._state.repositories.find(pull.source):
            retire_branch(self.engine(pull.source), pull)
        return pull

    def comment(self, repo: RepoName, pull_id: str, *, author: str, body: str) -> Comment:
        """Add a remark."""
        self._state.mirrors.refuse_writes(repo)
        comment = Comment(author, body, self.now())
        self._state.pulls.add_comment(repo, pull_id, comment)
        return comment

    def comments(self, repo: RepoName, pull_id: str) -> list[Comment]:
        """Return the remarks, oldest first."""
        return self._state.pulls.comments(repo, pull_id)

    # --- for what looks after the whole directory

    @property
    def state(self) -> State:
        """What the host remembers beside its repositories."""
        return self._state

    def storage(self, engine: str) -> Storage:
        """
        Return where repositories of *engine* are kept.

        Raises:
            Unsupported: This host has no such engine.
        """
        return self._storage(engine)

    def queue(self, repo: RepoName) -> Queue:
        """Return the queue of those who move *repo*'s main."""
        return self._queue(repo)

    # --- private

    def _row(self, repo: RepoName) -> Repository:
        row = self._state.repositories.find(repo)
        if row is None:
            raise NotFound(
                f"{self.root} has no commons {repo}.", hint="wl create, or wl list", repo=str(repo)
            )
        return row

    def _replace_row(self, repo: RepoName, engine: str) -> None:
        """Take over a row without a database, which is what a killed create leaves behind."""
        row = self._row(repo)
        if row.parent or self._storage(row.engine).exists(repo):
            raise Conflict(f"{repo} exists already.", hint="wl list", repo=str(repo))
        if row.engine != engine:
            self._state.repositories.remove(repo)
            self._state.repositories.add(Repository(repo, engine), at=self.now())

    def _storage(self, engine: str) -> Storage:
        if engine not in self._storages:
            if engine != "dolt":
                raise Unsupported(f"This host has no engine {engine!r}.", engine=engine)
            self._storages[engine] = self._dolt_storage()
        return self._storages[engine]

    def _dolt_storage(self) -> Storage:
        # Its driver takes a tenth of the time of a whole command to load; few commons need it.
        from .storage_dolt import open_storage  # noqa: PLC0415

        return open_storage(
            self.root, program=self._dolt, url=self._dolt_url, password=self._dolt_password
        )

    def _queue(self, repo: RepoName) -> Queue:
        directory = self.root / _QUEUES / repo.owner / repo.name
        return Queue(directory, str(repo), timeout_s=self._patience_s)

    def _branch_head(self, repo: RepoName, branch: str) -> str:
        for found in self.engine(repo).branches(branch):
            if found.name == branch:
                return found.head
        raise NotFound(f"{repo} has no branch {branch} .", hint="wl status", branch=branch)


def _refuse_own_names(repo: RepoName) -> None:
    """Raise Invalid for an owner whose directory would be our own file."""
    if repo.owner.startswith(_STATE_FILE):
        raise Invalid(f"No owner is called {repo.owner!r}.", field="commons", value=str(repo))
