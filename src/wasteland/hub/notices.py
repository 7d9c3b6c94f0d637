"""
What happened in repositories, as webhooks are told of it.

It is found by comparing a repository with what was told of it last. So it does not matter by which
door a change came, or by which process; and as what was told is kept together with the deliveries,
a hub that dies neither forgets nor repeats anything.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
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
        return hub.webhooks.tell(repo, [], before=None, after=_now(hub, repo).to_text())
    told = Told.of(before)
    now = _now(hub, repo, since=told)
    pulls = list(_pulls(hub, repo, told))
    commits = _commits(hub, repo, told, now)
    if len(commits) > MOST_COMMITS:
        commits = commits[:MOST_COMMITS]
        now = replace(now, branches={**now.branches, MAIN: commits[-1].hash})
    found = [
        *(events.pull_request(_as_opened(p), sender=p.author) for p in pulls if _is_new(p, told)),
        *_of_main(hub, repo, told.branches.get(MAIN, ""), now.branches.get(MAIN, ""), commits),
        *(events.pull_request(p, sender=_ender(hub, p)) for p in pulls if not _is_open(p)),
        *_of_branches(repo, told.branches, now.branches),
    ]
    after = replace(now, open_pulls=frozenset(p.id for p in pulls if _is_open(p)))
    after = replace(after, last_pull=max([told.last_pull, *(int(p.id) for p in pulls)]))
    if after == told:
        return True
    is_kept = hub.webhooks.tell(repo, found, before=before, after=after.to_text())
    return is_kept and len(commits) < MOST_COMMITS


def _now(hub: Hub, repo: RepoName, *, since: Told | None = None) -> Told:
    """Return how *repo* stands; its pull requests only where nothing was told yet."""
    branches = {b.name: b.head for b in refs.branches(hub, repo)}
    if since is not None:
        return Told(branches)
    newest = hub.host.pull_page(repo, limit=1)
    waiting = frozenset(pull.id for pull in hub.host.pulls(repo, state=PullState.OPEN))
    return Told(branches, int(newest[0].id) if newest else 0, waiting)


# --- pull requests


def _pulls(hub: Hub, repo: RepoName, told: Told) -> Iterator[PullRequest]:
    """Yield the pull requests that are new or were open, as they are now, oldest first."""
    waiting = {pull.id: pull for pull in hub.host.pulls(repo, state=PullState.OPEN)}
    for pull_id in sorted(told.open_pulls, key=int):
        with suppress(NotFound):
            yield waiting.get(pull_id) or hub.host.pull(repo, pull_id)
    yield from reversed(_newer(hub, repo, told.last_pull))


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


def _commits(hub: Hub, repo: RepoName, told: Told, now: Told) -> list[Commit]:
    """Return the commits of main that were not told yet, oldest first."""
    known, head = told.branches.get(MAIN, ""), now.branches.get(MAIN, "")
    if not known or not head or known == head:
        return []
    engine = hub.host.engine(repo)
    with suppress(NotFound):
        return engine.log(head, after=_here(hub, repo, engine, known))[::-1]
    return []  # its history was replaced: there is nothing to tell one by one


def _here(hub: Hub, repo: RepoName, engine: Engine, commit: str) -> str:
    """Return what *commit* is called since the repository moved to another engine."""
    try:
        return engine.head(commit)
    except NotFound:
        return hub.host.state.moves.commits(repo).get(commit, commit)


def _of_main(
    hub: Hub, repo: RepoName, known: str, head: str, commits: Sequence[Commit]
) -> Iterator[Event]:
    """Yield a push for each commit, and what it did to items and stamps."""
    engine = hub.host.engine(repo)
    if known and head and known != head and not commits and _is_elsewhere(hub, repo, known, head):
        yield events.push(repo, branch=MAIN, head=head, prev=known)
    prev = _here(hub, repo, engine, known) if commits else known
    tells_rows = bool(commits) and hub.is_commons(repo)
    for commit in commits:
        yield events.push(repo, branch=MAIN, head=commit.hash, prev=prev)
        if tells_rows:
            yield from _of_rows(engine, repo, prev, commit)
        prev = commit.hash


def _is_elsewhere(hub: Hub, repo: RepoName, known: str, head: str) -> bool:
    """Return whether *head* is another state than *known*, and not its name on a new engine."""
    return _here(hub, repo, hub.host.engine(repo), known) != head


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
