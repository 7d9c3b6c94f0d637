"""Who may clone, fetch and push what: the hub's rights, as the remote protocol asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..hosts.base import RepoName
from ..protocol.errors import WastelandError
from . import callers, pulls, refs, rights
from .callers import NOBODY, Caller
from .catalog import Visibility
from .hub import Hub, repo_name
from .remotes import Access
from .rights import Right


@dataclass(frozen=True, slots=True)
class Pushing:
    """The remote protocol's view of a hub."""

    hub: Hub

    def open(self, token: str, owner: str, db: str) -> Access:
        """
        Return what the holder of *token* may do with ``owner/db``.

        Args:
            token: "" for nobody.
        Raises:
            NotFound: There is no such repository, or the caller may not know of it.
            Unauthenticated: It is no token of this hub.
        """
        hub = self.hub
        caller = callers.of_token(hub.accounts, token) if token else NOBODY
        repo = repo_name(owner, db)
        held = hub.right(caller, repo, is_push=True)
        if held is Right.NONE:
            raise rights.unknown(repo)
        parent = hub.host.parent(repo)
        return Access(
            repo=repo,
            engine=partial(hub.host.engine, repo),
            engine_path=self._file(repo),
            upstream_path=self._file(parent) if parent else None,
            may_read=True,
            may_push=held >= Right.WRITE,
            may_write_branch=partial(self._may_write, caller, repo, held),
            is_private=hub.catalog.entry(parent or repo).visibility is Visibility.PRIVATE,
            account=caller.account,
            on_push=partial(self._pushed, repo),
        )

    def _file(self, repo: RepoName) -> Path | None:
        location = Path(self.hub.host.engine(repo).location)
        return location if location.is_file() else None

    def _may_write(self, caller: Caller, repo: RepoName, held: Right, branch: str) -> bool:
        if held < Right.WRITE:
            return False
        try:
            refs.need_writable(self.hub, caller, repo, branch)
        except WastelandError:
            return False
        return True

    def _pushed(self, repo: RepoName, branch: str, _: str, new: str) -> None:
        """Let the branch's open pull request follow it, or end with it."""
        if new:
            pulls.follow(self.hub, repo, branch)
        else:
            pulls.close_of_branch(self.hub, repo, branch, reason="its branch was deleted")
