"""
What happened in repositories, as webhooks are told of it.

As what was told is kept together with the deliveries, a hub that dies neither forgets nor repeats
anything.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Final

from ..commons import queries
from ..engines.base import MAIN, Commit, Engine
from ..hosts.base import PullRequest, RepoName
from ..protocol.errors import NotFound, WastelandError
from ..protocol.records import Rig, Stamp, WantedItem
from . import news
from .hub import Hub
from .news import News, Told
from .webhooks import events
from .webhooks.events import Event

_ROWS: Final = ("wanted", "stamps")

_log = logging.getLogger("wasteland.hub")


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
        return hub.webhooks.tell(repo, [], before=None, after=news.present(hub, repo).to_text())
    found = news.since(hub, repo, Told.of(before))
    after = found.after.to_text()
    if after == before:
        return True
    return hub.webhooks.tell(repo, _events(hub, repo, found), before=before, after=after) and (
        found.is_all
    )


def _events(hub: Hub, repo: RepoName, found: News) -> list[Event]:
    return [
        *(events.pull_request(pull, sender=pull.author) for pull in found.opened),
        *_of_main(hub, repo, found),
        *(events.pull_request(pull, sender=_ender(hub, pull)) for pull in found.ended),
        *_of_branches(repo, found.before.branches, found.after.branches),
    ]


def _ender(hub: Hub, pull: PullRequest) -> str:
    """Return the account that merged *pull*, by the operation that its commit names."""
    operation = news.merging(hub, pull)
    if operation is None:
        return ""
    rig = queries.one(queries.at(hub.host.engine(pull.repo)), Rig, operation.actor)
    return (rig.dolthub_org if rig else "") or operation.actor


# --- main


def _of_main(hub: Hub, repo: RepoName, found: News) -> Iterator[Event]:
    """Yield a push for each commit, and what it did to items and stamps."""
    known, head = found.before.main, found.after.main
    if not found.commits and known and head and known != head:
        yield events.push(repo, branch=MAIN, head=head, prev=known)
    engine = hub.host.engine(repo)
    tells_rows = bool(found.commits) and hub.is_commons(repo)
    for prev, commit in found.steps():
        yield events.push(repo, branch=MAIN, head=commit.hash, prev=prev)
        if tells_rows:
            yield from _of_rows(engine, repo, prev, commit)


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
