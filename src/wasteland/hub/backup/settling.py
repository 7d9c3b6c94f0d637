"""After a restore: the state, which is a little older than the rows, catches up with them."""

from __future__ import annotations

from ...commons import recovery
from ...commons.session import Seat, Session
from ...engines.base import Engine
from ...hosts.base import PullRequest, PullState, RepoName
from ...hosts.local import LocalHost
from ...protocol.errors import NotFound


def settle(host: LocalHost) -> None:
    """
    End the pull requests that main has by now, and give open ones back their branches.

    While a backup is made, work goes on: what was open when the state was copied may have been
    merged or closed, and its branch dropped, before the rows were.
    """
    for repo in host.repositories():
        try:
            _settle(host, repo)
        except NotFound:
            # The host had lost this repository before the backup was made.
            continue


def _settle(host: LocalHost, repo: RepoName) -> None:
    session = Session(host, repo, Seat())
    for pull in host.pulls(repo):
        recovery.settle_offer(session, pull)
        if host.pull(repo, pull.id).state is PullState.OPEN:
            _give_back(host.engine(pull.source), pull)


def _give_back(engine: Engine, pull: PullRequest) -> None:
    names = {branch.name for branch in engine.branches(pull.branch)}
    if pull.branch not in names and engine.log(pull.head, limit=1):
        engine.create_branch(pull.branch, pull.head)
