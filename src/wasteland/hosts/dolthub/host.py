"""
A host that somebody else runs: DoltHub, or a hub of ours, over the REST API.

It merges by itself and by its own rules, so nothing is merged from here: work is offered as pull
requests. The journal of operations is kept on this machine; branch names and record ids derive
from the operation, so that what a lost answer left undecided is found again on the host.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from ...engines.base import MAIN, Engine
from ...engines.dolthub.engine import DoltHubEngine
from ...engines.dolthub.http import Http
from ...protocol import trailers
from ...protocol.diff import RowChange
from ...protocol.errors import Invalid, NotFound, Unsupported
from ..base import Comment, HostAbility, PullRequest, PullState, RepoName, Settle
from ..journaled import Clock, JournaledHost, utc_now
from ..queue import PATIENCE_S, Queue
from ..state import Repository, State
from .forks import Forks
from .offers import Offer, Offers, ended_otherwise
from .pulls import Pulls


class DoltHubHost(JournaledHost):
    """
    A host behind the REST API.

    Attributes:
        location: Its root, such as ``https://www.dolthub.com``.
    """

    abilities = frozenset({HostAbility.PULL_REQUESTS, HostAbility.FORKS})

    def __init__(
        self,
        http: Http,
        home: Path,
        *,
        clock: Clock = utc_now,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """
        Use a host.

        Args:
            http: The host, and who asks; closed with this.
            home: Directory for the journal and the queues; made when missing.
            clock: This machine's, for what is sent; the host has its own.
            patience_s: How long to wait for another process of this machine.
        """
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        super().__init__(State(home / "dolthub.state.db"), clock)
        self.location = http.root
        self._http = http
        self._home = home
        self._patience_s = patience_s
        self._engines: dict[RepoName, DoltHubEngine] = {}
        self._forks = Forks(http, self.engine)
        self._pulls = Pulls(http, self._head_of)
        self._offers = Offers(http, self._pulls)

    def close(self) -> None:
        """Close the connections and the journal."""
        self._http.close()
        self._state.close()

    # --- repositories

    def repositories(self) -> list[RepoName]:
        """Return the commons that were used from here; the host lists none."""
        return self._state.repositories.commons()

    def create(self, repo: RepoName, *, engine: str = "doltlite") -> Engine:
        """Refuse."""
        del engine
        self._refuse(f"{repo} cannot be created from here", "create it on its web page")

    def delete(self, repo: RepoName) -> None:
        """Refuse."""
        self._refuse(f"{repo} cannot be deleted from here", "delete it on its web page")

    def engine(self, repo: RepoName) -> Engine:
        """Return the engine of a repository or fork."""
        if repo not in self._engines:
            engine = DoltHubEngine(self._http, repo.owner, repo.name)
            engine.head()
            self._engines[repo] = engine
        return self._engines[repo]

    def fork(self, repo: RepoName, owner: str) -> RepoName:
        """
        Return *owner*'s fork of *repo*, its main brought up to upstream's.

        Raises:
            Conflict: *owner* has something else of that name.
            Forbidden: The token may not fork for *owner*.
        """
        fork = self._forks.make(repo, owner)
        upstream = self._forks.parent(fork)
        if upstream:
            self._remember(fork, upstream)
            if not self._http.is_hub:
                self._catch_up(fork, upstream)
        return fork

    def forks(self, repo: RepoName) -> list[RepoName]:
        """Return the forks of *repo*, by owner."""
        return self._forks.of(repo)

    def refresh(self, repo: RepoName) -> None:
        """Do nothing: every read asks the host."""

    def publish(self, repo: RepoName, branch: str, *, force: bool = False) -> None:
        """Do nothing: branches are written where everybody sees them."""

    def withdraw_branch(self, repo: RepoName, branch: str) -> None:
        """Delete a branch; where the host refuses to, it stays, and offers nothing any more."""
        self.engine(repo).delete_branch(branch)

    def turn(self, repo: RepoName, branch: str) -> AbstractContextManager[None]:
        """Wait for the turn to offer *branch*, among the processes of this machine."""
        place = self._home / ".queues" / repo.owner / repo.name
        return Queue(place, str(repo), timeout_s=self._patience_s).of_branch(branch).turn()

    # --- main

    def merge(self, repo: RepoName, changes: Sequence[RowChange], settle: Settle) -> str:
        """Refuse: what is on main there is decided there."""
        del changes, settle
        self._refuse(f"main of {repo} is not written from here", "offer it as a pull request")

    def merge_pull(self, repo: RepoName, pull_id: str) -> PullRequest:
        """
        Have the host merge a pull request, and wait until it has.

        Raises:
            Conflict: It has ended otherwise, or the host finds a conflict.
            Forbidden: The token may not.
            Unavailable: It took longer than two minutes (``facts["unsure"]``).
        """
        pull = self.pull(repo, pull_id)
        if pull.state is PullState.MERGED:
            return pull
        if pull.state is not PullState.OPEN:
            raise ended_otherwise(pull)
        return self._offers.merge(pull)

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
        Offer a branch; one that is offered already is found again.

        The author is whose token it is. The operation that wrote the branch is named in the body.

        Raises:
            Invalid: The source is no fork of *repo*, or the branch is main.
            NotFound: There is no such branch.
        """
        del author
        if branch == MAIN:
            raise Invalid("A pull request offers a branch, not main.", field="branch", value=branch)
        if source != repo and self._forks.parent(source) != repo:
            raise Invalid(f"{source} is no fork of {repo}.", field="source", value=str(source))
        newest = self.engine(source).log(branch, limit=1)[0]
        op_id = trailers.find(newest.message)
        text = trailers.with_operation(body, op_id) if op_id else body
        number = self._offers.open(Offer(repo, source, branch, title, text))
        return self._offers.shown(repo, number)

    def pulls(
        self, repo: RepoName, *, state: PullState | None = PullState.OPEN, author: str | None = None
    ) -> list[PullRequest]:
        """Return pull requests, oldest first; a request for each."""
        found = [self.pull(repo, listed.id) for listed in self._pulls.newest(repo, state)]
        wanted = [
            pull for pull in found if author in {None, pull.author} and state in {None, pull.state}
        ]
        return sorted(wanted, key=lambda pull: int(pull.id))

    def pull(self, repo: RepoName, pull_id: str) -> PullRequest:
        """Return one pull request."""
        return self._pulls.get(repo, pull_id)

    def update_pull(self, repo: RepoName, pull_id: str) -> PullRequest:
        """
        Return an open pull request: on the host it offers its branch as it stands.

        Raises:
            Conflict: It has ended.
        """
        pull = self.pull(repo, pull_id)
        if pull.state is not PullState.OPEN:
            raise ended_otherwise(pull)
        return pull

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
        Close a pull request, its reason in its description; a branch of ours is withdrawn.

        One that offers another commit than *head*, if given, stays open.

        Raises:
            Conflict: It already ended otherwise.
            Unsupported: It is open and was to be recorded as merged: the host records that itself.
        """
        pull = self.pull(repo, pull_id)
        if pull.state is state:
            return replace(pull, merged_as=pull.merged_as or merged_as)
        if pull.state is not PullState.OPEN:
            raise ended_otherwise(pull)
        if state is PullState.MERGED:
            self._refuse(f"pull request {pull_id} is merged by the host itself", "wl merge")
        if head and head != pull.head:
            return pull
        self._pulls.close(pull, reason)
        if self._is_ours(pull):
            self.withdraw_branch(pull.source, pull.branch)
        ended = self._offers.ended(pull, state)
        return replace(ended, merged_as=merged_as, reason=reason or ended.reason)

    def comment(self, repo: RepoName, pull_id: str, *, author: str, body: str) -> Comment:
        """
        Add a remark; its author is whose token it is.

        Raises:
            NotFound: There is no such pull request.
            Unavailable: It may have been added (``facts["unsure"]``): look before repeating it.
        """
        self.pull(repo, pull_id)
        self._pulls.comment(repo, pull_id, body)
        return Comment(author, body, self.now())

    def comments(self, repo: RepoName, pull_id: str) -> list[Comment]:
        """
        Return the remarks, oldest first.

        Raises:
            Unsupported: DoltHub's first API does not show them.
        """
        self.pull(repo, pull_id)
        if not self._http.is_hub:
            self._refuse("remarks are not shown to programs", "read them on its web page")
        return self._pulls.comments(repo, pull_id)

    # --- the journal, kept here

    def begin_operation(self, repo: RepoName, op_id: str, *, actor: str, digest: str) -> None:
        """Record the intent on this machine; the same one again changes nothing."""
        self._remember(repo)
        super().begin_operation(repo, op_id, actor=actor, digest=digest)

    def renew_lease(self, repo: RepoName, wanted_id: str, token: str, until: datetime) -> None:
        """Note a renewal; nobody but this machine knows of it."""
        self._remember(repo)
        super().renew_lease(repo, wanted_id, token, until)

    # --- private

    def _catch_up(self, fork: RepoName, upstream: RepoName) -> None:
        """Bring a fork's main up to upstream's, by a pull request to the fork."""
        if not self._forks.is_behind(fork, upstream):
            return
        number = self._offers.open(Offer(fork, upstream, MAIN, f"Follow {upstream}", ""))
        pull = self._offers.shown(fork, number)
        if pull.state is PullState.OPEN:
            self._offers.merge(pull)
        what = f"the main of {fork}"
        self._http.wait_for(lambda: not self._forks.is_behind(fork, upstream) or None, what)

    def _head_of(self, repo: RepoName, branch: str) -> str:
        with suppress(NotFound):
            found = self.engine(repo).branches(branch)
            return next((each.head for each in found if each.name == branch), "")
        return ""

    def _is_ours(self, pull: PullRequest) -> bool:
        """Return whether the branch of *pull* is in a fork that was made from here."""
        return self._state.repositories.find(pull.source) is not None

    def _remember(self, repo: RepoName, parent: RepoName | None = None) -> None:
        if parent:
            self._remember(parent)
        self._state.repositories.add(Repository(repo, "dolthub", parent), at=self.now())

    def _refuse(self, why: str, hint: str) -> NoReturn:
        raise Unsupported(f"{self.location} is somebody else's: {why}.", hint=hint)
