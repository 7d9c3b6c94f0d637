"""
What happened in repositories, as webhooks are told of it.

It is found by comparing a repository with what was told of it last. So it does not matter by which
door a change came, or by which process; and as what was told is kept together with the deliveries,
a hub that dies neither forgets nor repeats anything.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from ..commons import queries
from ..engines.base import MAIN, Commit, Engine
from ..hosts.base import PullRequest, PullState, RepoName
from ..protocol import trailers
from ..protocol.errors import NotFound, WastelandError
from ..protocol.records import Rig, Stamp, WantedItem
from . import refs
from .hub import Hub
from .webhooks import events
from .webhooks.events import Event

MOST_COMMITS: Final = 100
"""Of main, told in one round; the rest is told in the next."""
_PAGE: Final = 100
_ROWS: Final = ("wanted", "stamps")

_log = logging.getLogger("wasteland.hub")


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


def begin(hub: Hub, repo: RepoName) -> None:
    """Let what has happened in *repo* up to now be no news to a webhook that is set up next."""
    while not tell(hub, repo):
        pass


def tell_all(hub: Hub) -> int:
    """Tell the webhooks of all repositories what is new; return how many repositories have any."""
    repositories = hub.webhooks.repositories()
    for repo in repositories:
        try:
            tell(hub, repo)
        except NotFound:
            _log.warning("%s has webhooks and is not here", repo)
        except WastelandError as error:
            _log.warning("what is new in %s is told later: %s", repo, error.message)
    return len(repositories)


def tell(hub: Hub, repo: RepoName) -> bool:
    """
    Queue what is new in *repo* for its webhooks.

    Returns:
        Whether all was told; False where there is more, or somebody else tells it just now.
    Raises:
        NotFound: There is no such repository.
    """
    before = hub.webhooks.told(repo)
    if before is None:
        return hub.webhooks.tell(repo, [], before=None, after=_present(hub, repo).to_text())
    found, after, is_all = _news(hub, repo, Told.of(before))
    if after.to_text() == before:
        return True
    return hub.webhooks.tell(repo, found, before=before, after=after.to_text()) and is_all


def _present(hub: Hub, repo: RepoName) -> Told:
    """Return how *repo* stands, with nothing left to tell."""
    newest = hub.host.pull_page(repo, limit=1)
    waiting = hub.host.state.pulls.open_ids(repo)
    return Told(_branches(hub, repo), int(newest[0].id) if newest else 0, waiting)


def _news(hub: Hub, repo: RepoName, told: Told) -> tuple[list[Event], Told, bool]:
    """Return what is new, how far that tells of *repo*, and whether there is no more."""
    branches = _branches(hub, repo)
    if branches != told.branches:
        told = _as_named_now(hub, repo, told)
    ended = told.open_pulls - hub.host.state.pulls.open_ids(repo)
    pulls = [*_found(hub, repo, ended), *reversed(_newer(hub, repo, told.last_pull))]
    commits = _commits(hub, repo, told.main, branches.get(MAIN, ""))
    is_all = len(commits) <= MOST_COMMITS
    if not is_all:
        commits = commits[:MOST_COMMITS]
        branches[MAIN] = commits[-1].hash
    after = Told(
        branches,
        max([told.last_pull, *(int(pull.id) for pull in pulls)]),
        told.open_pulls - ended | {pull.id for pull in pulls if _is_open(pull)},
    )
    found = [
        *(events.pull_request(_as_opened(p), sender=p.author) for p in pulls if _is_new(p, told)),
        *_of_main(hub, repo, told.main, after.main, commits),
        *(events.pull_request(p, sender=_ender(hub, p)) for p in pulls if not _is_open(p)),
        *_of_branches(repo, told.branches, branches),
    ]
    return found, after, is_all


def _branches(hub: Hub, repo: RepoName) -> dict[str, str]:
    return {branch.name: branch.head for branch in refs.branches(hub, repo)}


def _as_named_now(hub: Hub, repo: RepoName, told: Told) -> Told:
    """Return *told* with the names that commits have got if *repo* moved to another engine."""
    try:
        hub.host.engine(repo).head(told.main or MAIN)
    except NotFound:
        moved = hub.host.state.moves.commits(repo)
        heads = {name: moved.get(head, head) for name, head in told.branches.items()}
        return replace(told, branches=heads)
    return told


# --- pull requests


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


def _is_new(pull: PullRequest, told: Told) -> bool:
    return int(pull.id) > told.last_pull


def _is_open(pull: PullRequest) -> bool:
    return pull.state is PullState.OPEN


def _as_opened(pull: PullRequest) -> PullRequest:
    return replace(pull, state=PullState.OPEN)


def _ender(hub: Hub, pull: PullRequest) -> str:
    """Return the account that merged *pull*, by the operation that its commit names."""
    with suppress(WastelandError):
        engine = hub.host.engine(pull.repo)
        commit = engine.log(pull.merged_as, limit=1)[0] if pull.merged_as else None
        op_id = trailers.find(commit.message) if commit else None
        operation = hub.host.operation(pull.repo, op_id) if op_id else None
        if operation:
            rig = queries.one(queries.at(engine), Rig, operation.actor)
            return (rig.dolthub_org if rig else "") or operation.actor
    return ""


# --- main


def _commits(hub: Hub, repo: RepoName, known: str, head: str) -> list[Commit]:
    """Return the commits of main that were not told yet, oldest first."""
    if not known or not head or known == head:
        return []
    with suppress(NotFound):
        return hub.host.engine(repo).log(head, after=known)[::-1]
    return []  # its history was replaced: there is nothing to tell one by one


def _of_main(
    hub: Hub, repo: RepoName, known: str, head: str, commits: Sequence[Commit]
) -> Iterator[Event]:
    """Yield a push for each commit, and what it did to items and stamps."""
    if not commits and known and head and known != head:
        yield events.push(repo, branch=MAIN, head=head, prev=known)
    engine = hub.host.engine(repo)
    tells_rows = bool(commits) and hub.is_commons(repo)
    prev = known
    for commit in commits:
        yield events.push(repo, branch=MAIN, head=commit.hash, prev=prev)
        if tells_rows:
            yield from _of_rows(engine, repo, prev, commit)
        prev = commit.hash


def _of_rows(engine: Engine, repo: RepoName, prev: str, commit: Commit) -> Iterator[Event]:
    for change in engine.diff(prev, commit.hash, tables=_ROWS):
        if change.after is None:
            continue
        if change.table == "wanted":
            item = WantedItem.from_row(change.after)
            yield events.wanted(repo, item, rig=commit.author, commit=commit.hash)
        elif change.before is None:
            yield events.stamp(repo, Stamp.from_row(change.after), commit=commit.hash)


# --- branches


def _of_branches(
    repo: RepoName, told: Mapping[str, str], now: Mapping[str, str]
) -> Iterator[Event]:
    """Yield what became of the branches; of main only whether it is there."""
    for name in sorted(told.keys() | now.keys()):
        if name not in told or name not in now:
            yield events.branch(repo, name, is_deleted=name not in now)
        elif name != MAIN and told[name] != now[name]:
            yield events.push(repo, branch=name, head=now[name], prev=told[name])
