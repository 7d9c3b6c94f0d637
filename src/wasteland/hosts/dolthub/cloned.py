"""
A hub of ours with a clone of one commons here: rows are read and written in the clone, branches
are pushed to the rig's own fork, and pull requests are opened, judged and merged on the hub.

The remote protocol has no header for a token, so the clone's remotes carry one that is good for
nothing else; it stays in the clone's file, which nobody else reads.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ...engines.base import MAIN, Engine
from ...engines.dolthub.http import Call, Http
from ...engines.doltlite.engine import DoltLiteEngine
from ...protocol.errors import (
    Forbidden,
    NotFound,
    Unavailable,
    WastelandError,
)
from ...protocol.records import write_time
from ..base import PullRequest, PullState, RepoName
from ..clones import ORIGIN, follow_origin, make_clone
from ..journaled import Clock, utc_now
from ..queue import Queue
from .host import DoltHubHost

FORK: Final = "fork"
_TOKENS: Final = ("api", "v1", "tokens")


class ClonedHost(DoltHubHost):
    """
    A hub, and a clone of one of its commons.

    Attributes:
        repo: The commons.
    """

    def __init__(
        self, http: Http, file: Path, repo: RepoName, account: str, *, clock: Clock = utc_now
    ) -> None:
        """
        Use a clone that is there.

        Args:
            http: The hub, and who asks; closed with this.
            file: The clone.
            account: Who owns the fork that branches are pushed to.
        Raises:
            NotFound: There is no clone.
        """
        if not file.is_file():
            raise NotFound(
                f"The clone of {repo} is gone: {file} .", hint=f"wl join {http.root}/{repo} --clone"
            )
        super().__init__(http, file.parent, clock=clock)
        self.repo = repo
        self._fork = RepoName(account, repo.name)
        self._clone = DoltLiteEngine(file)
        self._file = file
        # Its time is when the hub last said where its main is.
        self._heard = file.with_name(f".{file.name}.heard")
        self._is_alone = False
        self._queue = Queue(file.with_name(f".{file.name}.queue"), str(repo))

    def close(self) -> None:
        """Close the clone, the connections and the journal."""
        self._clone.close()
        super().close()

    def engine(self, repo: RepoName) -> Engine:
        """Return the clone for the commons and the rig's own fork; others are asked over HTTP."""
        return self._clone if repo in {self.repo, self._fork} else super().engine(repo)

    def refresh(self, repo: RepoName) -> None:
        """
        Fetch main and move the clone's forward to it.

        Raises:
            MergeConflict: The clone's main holds commits that the hub's lacks.
            Unavailable: The hub cannot be reached; what is here can be read all the same.
            Forbidden: The hub does not take the clone's token any more.
        """
        self.engine(repo)
        try:
            with self._queue.turn():
                self._catch_up_with_main()
        except Unavailable as error:
            self._is_alone = True
            raise self._unreachable(error) from error
        except Forbidden as error:
            error.hint = f"move {self._file} away, then: wl join {self.location}/{repo} --clone"
            raise
        self._is_alone = False
        self._heard.touch(mode=0o600)

    def publish(self, repo: RepoName, branch: str, *, force: bool = False) -> None:
        """Push a branch to the rig's fork."""
        self.engine(repo)
        self._clone.push(FORK, branch, force=force)

    def withdraw_branch(self, repo: RepoName, branch: str) -> None:
        """Delete a branch in the fork, and here."""
        if repo not in {self.repo, self._fork}:
            super().withdraw_branch(repo, branch)
            return
        self._clone.delete_remote_branch(FORK, branch)
        self._clone.delete_branch(branch)

    def pulls(
        self, repo: RepoName, *, state: PullState | None = PullState.OPEN, author: str | None = None
    ) -> list[PullRequest]:
        """Return pull requests, oldest first; none while only what is here can be read."""
        return [] if self._is_alone else super().pulls(repo, state=state, author=author)

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
        """Push the branch and offer it; what the hub merges at once is fetched."""
        self.publish(source, branch, force=True)
        pull = super().open_pull(
            repo, source=source, branch=branch, title=title, body=body, author=author
        )
        return self._followed(pull)

    def update_pull(self, repo: RepoName, pull_id: str) -> PullRequest:
        """Return an open pull request with what its branch holds here."""
        pull = super().update_pull(repo, pull_id)
        if pull.source == self._fork:
            self.publish(pull.source, pull.branch, force=True)
        return self._followed(super().pull(repo, pull_id))

    def merge_pull(self, repo: RepoName, pull_id: str) -> PullRequest:
        """Have the hub merge a pull request, and fetch what it made."""
        return self._followed(super().merge_pull(repo, pull_id))

    def _followed(self, pull: PullRequest) -> PullRequest:
        if pull.state is PullState.MERGED:
            self.refresh(pull.repo)
            if pull.source == self._fork:
                self._clone.delete_branch(pull.branch)
        return pull

    def _unreachable(self, error: Unavailable) -> Unavailable:
        """Return *error* with the address that was asked and the age of what is here."""
        known = self._heard if self._heard.exists() else self._file
        heard = datetime.fromtimestamp(int(known.stat().st_mtime), UTC)
        return Unavailable(
            f"{self.location} cannot be reached. Main is what it was at {write_time(heard)} UTC; "
            "pending work is not known.",
            hint="wl sync, when it answers",
            reason=error.facts.get("reason", ""),
        )

    def _catch_up_with_main(self) -> None:
        self._clone.fetch(ORIGIN, MAIN)
        follow_origin(self._clone, self.repo, self.location)


def make_hub_clone(http: Http, repo: RepoName, account: str, file: Path, *, label: str) -> None:
    """
    Clone a commons of a hub, with a token of its own that can clone, fetch and push alone.

    Args:
        http: The hub, and who asks.
        account: Who owns the fork that branches will be pushed to.
        label: What the token is called on the hub.
    Raises:
        Unavailable: It cannot be cloned.
    """
    if not file.is_file():
        answer = http.send(Call("POST", _TOKENS, body={"scope": "push", "label": label}))
        token = str(answer.get("token", ""))
        if not token:
            raise Unavailable(f"{http.root} gives no token to clone with.")
        try:
            make_clone(f"{http.root}/t/{token}/{repo}.db", file)
        except WastelandError:
            with suppress(WastelandError):
                http.send(Call("DELETE", (*_TOKENS, str(answer.get("id", "")))))
            raise
    with DoltLiteEngine(file) as clone:
        origin = {remote.name: remote.url for remote in clone.remotes()}[ORIGIN]
        door = origin.removesuffix(f"/{repo}.db")
        clone.add_remote(FORK, f"{door}/{account}/{repo.name}.db")
