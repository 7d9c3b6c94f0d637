"""
A commons behind a plain remote: a place to push to and fetch from, without pull requests.

Everything is read from a clone on this machine. Main is written there and pushed at once, and what
the remote refuses is taken back, so that a claim wins only where everybody sees it. A branch under
``wl/`` on the remote stands for a pull request.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

from ..engines.base import MAIN, Branch, Engine
from ..engines.urls import scrubbed
from ..protocol.diff import RowChange
from ..protocol.errors import Invalid, NotFound, Stale, Unsupported
from . import merging
from .base import Comment, HostAbility, PullRequest, PullState, RepoName, Settle
from .clones import ORIGIN, UPSTREAM, follow_origin, open_clone
from .journaled import Clock, JournaledHost, utc_now
from .queue import PATIENCE_S, Queue
from .state import Repository, State
from .work_branches import WORK, as_pull, ended_pull


class PlainHost(JournaledHost):
    """
    One commons on a plain remote, over a clone.

    Attributes:
        repo: What the commons is called here.
        location: The remote's URL, without a token.
    """

    abilities: frozenset[HostAbility] = frozenset({HostAbility.MERGE})

    def __init__(
        self,
        repo: RepoName,
        engine: Engine,
        url: str,
        home: Path,
        *,
        clock: Clock = utc_now,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """
        Use a clone that is there already.

        Args:
            repo: What to call the commons.
            engine: The clone; closed with the host.
            url: The remote; set as the clone's ``origin``.
            home: Directory for the journal and the queue.
            clock: The host's clock.
            patience_s: How long a merge waits for its turn.
        """
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        super().__init__(State(home / f"{repo.name}.state.db"), clock)
        self.repo = repo
        self.location = scrubbed(url)
        self._engine = engine
        self._queue = Queue(home / f".{repo.name}.queue", str(repo), timeout_s=patience_s)
        # There while main may be ahead of the remote's; a leftover tells of a process that died.
        self._unpushed = home / f".{repo.name}.unpushed"
        self._state.repositories.add(Repository(repo, engine.dialect.name), at=self.now())
        engine.add_remote(ORIGIN, url)

    @classmethod
    def open(cls, repo: RepoName, clone: Path, url: str, *, clock: Clock = utc_now) -> PlainHost:
        """
        Return the host of the DoltLite remote at *url*, cloned to the file *clone* if need be.

        Raises:
            Conflict: The file is the clone of another remote.
            Unavailable: There is no clone yet, and the remote cannot be reached.
        """
        return cls(repo, open_clone(url, clone), url, clone.parent, clock=clock)

    def close(self) -> None:
        """Close the clone and the journal."""
        self._engine.close()
        self._state.close()

    # --- repositories

    def repositories(self) -> list[RepoName]:
        """Return the one commons."""
        return [self.repo]

    def create(self, repo: RepoName, *, engine: str = "doltlite") -> Engine:
        """Refuse: whoever keeps the remote makes databases there."""
        raise Unsupported(
            f"{self.location} is a plain remote; {repo} ({engine}) cannot be created there.",
            hint="wl create, without a remote",
        )

    def delete(self, repo: RepoName) -> None:
        """Refuse: whoever keeps the remote deletes databases there."""
        raise Unsupported(f"{self.location} is a plain remote; {repo} cannot be deleted there.")

    def engine(self, repo: RepoName) -> Engine:
        """Return the clone's engine."""
        if repo != self.repo:
            raise NotFound(f"{self.location} holds {self.repo}, not {repo}.", repo=str(repo))
        return self._engine

    def fork(self, repo: RepoName, owner: str) -> RepoName:
        """Return *repo*: there are no forks, all branches are side by side. *owner* is unused."""
        del owner
        self.engine(repo)
        return repo

    def forks(self, repo: RepoName) -> list[RepoName]:
        """Return nothing."""
        self.engine(repo)
        return []

    def refresh(self, repo: RepoName) -> None:
        """
        Fetch all branches and move main forward to the remote's.

        Raises:
            MergeConflict: The clone's main holds commits that the remote's lacks.
            Unavailable: The remote cannot be reached.
        """
        self.engine(repo)
        with self._queue.turn():
            self._catch_up()

    def publish(self, repo: RepoName, branch: str, *, force: bool = False) -> None:
        """
        Push a branch.

        Raises:
            Stale: The remote's branch of that name has other commits.
        """
        engine = self.engine(repo)
        engine.push(ORIGIN, branch, force=force)
        engine.fetch(ORIGIN, branch)

    def withdraw_branch(self, repo: RepoName, branch: str) -> None:
        """Delete a branch on the remote, then here."""
        engine = self.engine(repo)
        engine.delete_remote_branch(ORIGIN, branch)
        engine.delete_branch(branch)
        engine.fetch(ORIGIN)

    def turn(self, repo: RepoName, branch: str) -> AbstractContextManager[None]:
        """Wait for the turn to offer *branch*."""
        self.engine(repo)
        return self._queue.of_branch(branch).turn()

    # --- main

    def merge(self, repo: RepoName, changes: Sequence[RowChange], settle: Settle) -> str:
        """Repeat *changes* on the remote's main; if somebody else was quicker, once more."""
        self.engine(repo)
        with self._queue.turn():
            self._catch_up()
            return merging.persist(lambda: self._attempt(changes, settle), self.location)

    def _attempt(self, changes: Sequence[RowChange], settle: Settle) -> str:
        with self._all_or_nothing() as start:
            head = merging.attempt(self._engine, changes, settle)
            if head != start:
                self._push_main()
            return head

    def _push_main(self) -> None:
        try:
            self._engine.push(ORIGIN, MAIN)
        except Stale as error:
            self._engine.fetch(ORIGIN, MAIN)
            raise merging.Moved from error

    @contextmanager
    def _all_or_nothing(self) -> Iterator[str]:
        """Yield main's head; on any error main is the remote's again, as last fetched."""
        start = self._engine.head()
        self._unpushed.touch(mode=0o600)
        try:
            yield start
        except BaseException:
            self._take_back()
            raise
        self._unpushed.unlink(missing_ok=True)

    def _take_back(self) -> None:
        """Set main to the remote's, as last fetched."""
        if self._engine.head() != self._engine.head(UPSTREAM):
            self._engine.move_branch(MAIN, UPSTREAM)
        self._unpushed.unlink(missing_ok=True)

    def _catch_up(self) -> None:
        self._engine.fetch(ORIGIN)
        if self._unpushed.exists():
            self._take_back()
        follow_origin(self._engine, self.repo, self.location)

    # --- branches as pull requests

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
        Push the branch; title and body are those of its newest commit, the author in its name.

        Raises:
            Invalid: The branch is not under ``wl/``.
        """
        del title, body, author
        self.engine(source)
        if not branch.startswith(WORK):
            raise Invalid(f"On a plain remote {branch} must begin with {WORK}.", field="branch")
        self.publish(repo, branch)
        return self.pull(repo, branch)

    def pulls(
        self, repo: RepoName, *, state: PullState | None = PullState.OPEN, author: str | None = None
    ) -> list[PullRequest]:
        """Return the branches under ``wl/`` as last fetched, oldest first; what ended is gone."""
        if state not in {None, PullState.OPEN}:
            return []
        found = [self._as_pull(branch) for branch in self._remote_work(repo)]
        wanted = [pull for pull in found if author in {None, pull.author}]
        return sorted(wanted, key=lambda pull: (pull.created_at, pull.id))

    def pull(self, repo: RepoName, pull_id: str) -> PullRequest:
        """Return one branch as a pull request."""
        for branch in self._remote_work(repo, pull_id):
            if branch.name == pull_id:
                return self._as_pull(branch)
        raise NotFound(f"{self.location} has no branch {pull_id} .", hint="wl review", id=pull_id)

    def update_pull(self, repo: RepoName, pull_id: str) -> PullRequest:
        """Push the branch as it is here."""
        self.publish(repo, pull_id)
        return self.pull(repo, pull_id)

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
        Delete the branch; what it offered is not kept, and nothing tells later how it ended.

        Returns:
            Still open if the branch has moved on; ``head`` is "" if it was gone already.
        """
        seen = self._pull_or_gone(repo, pull_id)
        if head and seen.head not in {head, ""}:
            return seen
        self.engine(repo).fetch(ORIGIN)
        pull = self._pull_or_gone(repo, pull_id)
        if pull.head not in {head or seen.head, ""}:
            return pull
        self.withdraw_branch(repo, pull_id)
        return replace(pull, state=state, merged_as=merged_as, reason=reason, updated_at=self.now())

    def _pull_or_gone(self, repo: RepoName, pull_id: str) -> PullRequest:
        """Return a pull request, or what its name tells where its branch is not there any more."""
        try:
            return self.pull(repo, pull_id)
        except NotFound:
            if not pull_id.startswith(WORK):
                raise
            return ended_pull(repo, pull_id, self.now())

    def comment(self, repo: RepoName, pull_id: str, *, author: str, body: str) -> Comment:
        """Refuse."""
        del author, body
        raise self._no_comments(repo, pull_id)

    def comments(self, repo: RepoName, pull_id: str) -> list[Comment]:
        """Refuse."""
        raise self._no_comments(repo, pull_id)

    def _no_comments(self, repo: RepoName, pull_id: str) -> Unsupported:
        return Unsupported(
            f"{self.location} is a plain remote; it keeps no remarks on {pull_id} of {repo}."
        )

    def _remote_work(self, repo: RepoName, prefix: str = WORK) -> list[Branch]:
        if not prefix.startswith(WORK):
            return []
        return self.engine(repo).remote_branches(ORIGIN, prefix)

    def _as_pull(self, branch: Branch) -> PullRequest:
        return as_pull(self.repo, branch, self._engine.log(branch.head, limit=1)[0])
