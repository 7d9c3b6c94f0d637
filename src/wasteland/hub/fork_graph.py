"""
A commons and its forks over time: commits of main, work beside it, where it was merged.

What is read is bounded: the newest pull requests, so many commits of each, so many forks.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ..commons.session import branch_item
from ..engines.base import MAIN, Commit, Engine
from ..hosts.base import PullRequest, PullState, RepoName
from ..protocol.errors import NotFound
from ..protocol.lean import dataclass
from .hub import Hub

MOST_LANES: Final = 6
MOST_COMMITS: Final = 14
_MOST_OFFERED: Final = 2
_LOOKED_AT: Final = 40
_PER_LANE: Final = 2
_LOG: Final = 400
_REMEMBERED: Final = 64

_Key = tuple[str, RepoName, str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Work:
    """
    A pull request as work beside main.

    Attributes:
        commits: The last ones that it offers, oldest first; none where they are kept no longer.
        left: The commit of main that it began at; "" for one older than what is shown.
        merged: The commit of main that has it; "" where it is not merged.
        item: The wanted item that it is about; "" for none.
    """

    pull: str
    title: str
    item: str
    state: PullState
    commits: Sequence[Commit]
    left: str
    merged: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Lane:
    """A fork, or the repository itself where work is offered on its own branches."""

    repo: RepoName
    work: Sequence[Work]


@dataclass(frozen=True, slots=True)
class Graph:
    """
    A commons and its forks.

    Attributes:
        main: Commits of main, oldest first; ``is_cut`` where older ones are left out.
        lanes: Those with the newest work, in the order in which they left main.
        forks: How many there are in all.
    """

    main: Sequence[Commit]
    is_cut: bool
    lanes: Sequence[Lane]
    forks: int


_known: Final[OrderedDict[_Key, Graph]] = OrderedDict()


def graph(hub: Hub, repo: RepoName) -> Graph:
    """Return a commons and its forks; who may see the commons sees them."""
    engine = hub.host.engine(repo)
    pulls = hub.host.pull_page(repo, limit=_LOOKED_AT)
    states = tuple((pull.id, f"{pull.state} {pull.head}") for pull in pulls)
    key = (hub.host.location, repo, engine.head(), states)
    found = _known.get(key)
    if found is None:
        found = _known[key] = _drawn(hub, repo, engine, pulls)
        while len(_known) > _REMEMBERED:
            _known.popitem(last=False)
    return found


def _drawn(hub: Hub, repo: RepoName, engine: Engine, pulls: Sequence[PullRequest]) -> Graph:
    log = engine.log(limit=_LOG)
    place = {commit.hash: number for number, commit in enumerate(log)}
    chosen = _chosen(pulls, place)
    works = {pull.id: _work(hub, pull, place) for pull in chosen}
    named = {hash_ for work in works.values() for hash_ in (work.left, work.merged)}
    shown = _shown(log, named)
    lanes = OrderedDict[RepoName, list[Work]]()
    for pull in sorted(chosen, key=lambda each: int(each.id)):
        lanes.setdefault(pull.source, []).append(works[pull.id])
    return Graph(
        main=shown,
        is_cut=len(shown) < len(log) or len(log) == _LOG,
        lanes=[Lane(source, found) for source, found in lanes.items()],
        forks=hub.host.state.repositories.count_forks(repo),
    )


def _chosen(pulls: Sequence[PullRequest], place: dict[str, int]) -> list[PullRequest]:
    """Return the newest pull requests that can be drawn, so many of so many sources."""
    by_source: dict[RepoName, int] = {}
    chosen = []
    for pull in pulls:
        is_known = not pull.merged_as or pull.merged_as in place
        count = by_source.get(pull.source, 0)
        if is_known and count < _PER_LANE and (count or len(by_source) < MOST_LANES):
            by_source[pull.source] = count + 1
            chosen.append(pull)
    return chosen


def _work(hub: Hub, pull: PullRequest, place: dict[str, int]) -> Work:
    commits, left = _offered(hub, pull)
    return Work(
        pull=pull.id,
        title=pull.title,
        item=branch_item(pull),
        state=pull.state,
        commits=commits,
        left=left if left in place else "",
        merged=pull.merged_as,
        at=pull.created_at,
    )


def _offered(hub: Hub, pull: PullRequest) -> tuple[list[Commit], str]:
    try:
        engine = hub.host.engine(pull.source)
        base = engine.merge_base(MAIN, pull.head) or ""
        found = engine.log(pull.head, after=base, limit=_MOST_OFFERED)
    except NotFound:
        # Of ended pull requests only the newest heads are kept.
        return [], ""
    return found[::-1], base


def _shown(log: Sequence[Commit], named: set[str]) -> list[Commit]:
    """Return the newest commits and those that work left or reached, oldest first."""
    return [
        commit
        for number, commit in reversed(list(enumerate(log)))
        if number < MOST_COMMITS or commit.hash in named
    ]
