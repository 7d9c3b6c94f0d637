"""
What is new in a repository since somebody was last told of it.

It is found by comparing the repository with how far that telling came. So it does not matter by
which door a change came, or by which process. Webhooks and notifications are both made from it,
each with a note of its own of how far it has come.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from ..engines.base import MAIN, Commit
from ..hosts.base import Operation, PullRequest, PullState, RepoName
from ..protocol import trailers
from ..protocol.errors import NotFound, WastelandError
from . import refs
from .hub import Hub

MOST_COMMITS: Final = 100
"""Of main, told in one round; the rest is told in the next."""
_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Told:
    """
    How far a repository was told of.

    Attributes:
        branches: Name -> head.
        last_pull: The highest number of a pull request.
        open_pulls: The numbers of those that were open.
    """

    branches: Mapping[str, str] = field(default_factory=dict)
    last_pull: int = 0
    open_pulls: frozenset[str] = frozenset()

    @property
    def main(self) -> str:
        """The head of main; "" where there is none."""
        return self.branches.get(MAIN, "")

    def to_text(self) -> str:
        """Return it as ``of`` reads it."""
        pulls = sorted(self.open_pulls, key=int)
        return json.dumps([dict(sorted(self.branches.items())), self.last_pull, pulls])

    @classmethod
    def of(cls, text: str) -> Told:
        """Return what ``to_text`` has written."""
        branches, last_pull, pulls = json.loads(text)
        return cls(branches, last_pull, frozenset(pulls))


@dataclass(frozen=True, slots=True)
class News:
    """
    What is new in a repository.

    Attributes:
        before: How far was told.
        after: How far is told with this.
        pulls: Those that were opened or have ended since, as they are now.
        commits: Of main, oldest first; none where its history was replaced.
        is_all: Whether there is no more.
    """

    before: Told
    after: Told
    pulls: Sequence[PullRequest]
    commits: Sequence[Commit]
    is_all: bool

    @property
    def opened(self) -> list[PullRequest]:
        """The pull requests that nobody was told of, as they were opened."""
        new = (pull for pull in self.pulls if int(pull.id) > self.before.last_pull)
        return [replace(pull, state=PullState.OPEN) for pull in new]

    @property
    def ended(self) -> list[PullRequest]:
        """The pull requests that were merged or closed."""
        return [pull for pull in self.pulls if not _is_open(pull)]

    def steps(self) -> Iterator[tuple[str, Commit]]:
        """Yield each commit of main with the one before it."""
        prev = self.before.main
        for commit in self.commits:
            yield prev, commit
            prev = commit.hash


def present(hub: Hub, repo: RepoName) -> Told:
    """Return how *repo* stands, with nothing left to tell."""
    newest = hub.host.pull_page(repo, limit=1)
    waiting = hub.host.state.pulls.open_ids(repo)
    return Told(branches(hub, repo), int(newest[0].id) if newest else 0, waiting)


def since(hub: Hub, repo: RepoName, told: Told) -> News:
    """
    Return what is new in *repo*.

    Raises:
        NotFound: There is no such repository.
    """
    heads = branches(hub, repo)
    if heads != told.branches:
        told = _as_named_now(hub, repo, told)
    ended = told.open_pulls - hub.host.state.pulls.open_ids(repo)
    pulls = [*_found(hub, repo, ended), *reversed(_newer(hub, repo, told.last_pull))]
    commits = _commits(hub, repo, told.main, heads.get(MAIN, ""))
    is_all = len(commits) <= MOST_COMMITS
    if not is_all:
        commits = commits[:MOST_COMMITS]
        heads[MAIN] = commits[-1].hash
    after = Told(
        heads,
        max([told.last_pull, *(int(pull.id) for pull in pulls)]),
        told.open_pulls - ended | {pull.id for pull in pulls if _is_open(pull)},
    )
    return News(told, after, pulls, commits, is_all)


def branches(hub: Hub, repo: RepoName) -> dict[str, str]:
    """Return branch -> head."""
    return {branch.name: branch.head for branch in refs.branches(hub, repo)}


def operation_of(hub: Hub, repo: RepoName, commit: Commit) -> Operation | None:
    """Return the operation that a commit names, None where it names none that is known."""
    op_id = trailers.find(commit.message)
    return hub.host.operation(repo, op_id) if op_id else None


def merging(hub: Hub, pull: PullRequest) -> Operation | None:
    """Return the operation that merged *pull*, None where nobody knows."""
    with suppress(WastelandError):
        engine = hub.host.engine(pull.repo)
        commit = engine.log(pull.merged_as, limit=1)[0] if pull.merged_as else None
        return operation_of(hub, pull.repo, commit) if commit else None
    return None


def _as_named_now(hub: Hub, repo: RepoName, told: Told) -> Told:
    """Return *told* with the names that commits have got if *repo* moved to another engine."""
    try:
        hub.host.engine(repo).head(told.main or MAIN)
    except NotFound:
        moved = hub.host.state.moves.commits(repo)
        heads = {name: moved.get(head, head) for name, head in told.branches.items()}
        return replace(told, branches=heads)
    return told


def _found(hub: Hub, repo: RepoName, numbers: Collection[str]) -> Iterator[PullRequest]:
    """Yield the pull requests of these numbers that are still known, oldest first."""
    for pull_id in sorted(numbers, key=int):
        with suppress(NotFound):
            yield hub.host.pull(repo, pull_id)


def _newer(hub: Hub, repo: RepoName, number: int) -> list[PullRequest]:
    """Return the pull requests after *number*, newest first."""
    found: list[PullRequest] = []
    before = None
    while page := hub.host.pull_page(repo, before=before, limit=_PAGE):
        found += [pull for pull in page if int(pull.id) > number]
        before = int(page[-1].id)
        if before <= number + 1:
            break
    return found


def _is_open(pull: PullRequest) -> bool:
    return pull.state is PullState.OPEN


def _commits(hub: Hub, repo: RepoName, known: str, head: str) -> list[Commit]:
    """Return the commits of main that were not told yet, oldest first."""
    if not known or not head or known == head:
        return []
    with suppress(NotFound):
        return hub.host.engine(repo).log(head, after=known)[::-1]
    return []  # its history was replaced: there is nothing to tell one by one
