"""
A directory of repositories, used in-process by as many processes as like.

What lies in it says ``local_repositories``. Whoever may write the files may write anything: rights
are the file system's affair here, and the hub's in front of it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager

from ..engines.base import MAIN
from ..protocol.diff import RowChange
from ..protocol.errors import Forbidden, Invalid, NotFound
from . import merging
from .base import Comment, PullRequest, PullState, RepoName, Settle
from .heads import retire_branch
from .local_repositories import LocalRepositories


class LocalHost(LocalRepositories):
    """Repositories, forks and pull requests in one directory."""

    # --- branches

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

    def count_pulls(self, repo: RepoName) -> int:
        """Return how many pull requests are open."""
        return self._state.pulls.count_open(repo)

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

    # --- private

    def _branch_head(self, repo: RepoName, branch: str) -> str:
        for found in self.engine(repo).branches(branch):
            if found.name == branch:
                return found.head
        raise NotFound(f"{repo} has no branch {branch} .", hint="wl status", branch=branch)
