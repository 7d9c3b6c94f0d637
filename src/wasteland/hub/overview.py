"""The commons of a hub as somebody who looks for one sees them: with counts, one's own first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Final

from ..commons import queries
from ..commons.board import Board
from ..commons.counting import count_by_status
from ..hosts.base import RepoName
from ..protocol.errors import EngineError
from ..protocol.lean import dataclass
from . import repositories
from .callers import Caller
from .catalog import Visibility
from .hub import Hub

_RIGS: Final = "SELECT COUNT(*) AS n FROM `rigs`"


@dataclass(frozen=True, slots=True)
class Listed:
    """
    A commons in a list.

    Attributes:
        is_mine: Whether the caller owns it, was let in, or has a rig there.
    """

    repo: RepoName
    description: str
    is_private: bool
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """
    A commons with what it holds.

    Attributes:
        title: What it calls itself; "" where that says no more than its name.
        counts: Status -> how many items have it.
        rig: The caller's; "" for none.
        moved_at: When main last moved; None for never.
        is_down: Whether it cannot be read just now; nothing but its name is known then.
    """

    listed: Listed
    title: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    rigs: int = 0
    rig: str = ""
    moved_at: datetime | None = None
    is_down: bool = False


def commons(hub: Hub, caller: Caller, text: str = "") -> Sequence[Listed]:
    """Return the commons that *caller* may see and *text* is found in, the caller's own first."""
    found = [
        _listed(hub, caller, repo)
        for repo in repositories.visible_to(hub, caller)
        if _is_commons(hub, repo)
    ]
    sought = text.casefold().split()
    shown = [one for one in found if all(word in _words(one) for word in sought)]
    return sorted(shown, key=lambda one: (not one.is_mine, str(one.repo).casefold()))


def look(hub: Hub, caller: Caller, listed: Listed) -> Overview:
    """Return what a commons holds; one that cannot be read does not hide the others."""
    try:
        return _look(hub, caller, listed)
    except EngineError:
        return Overview(listed, is_down=True)


def _look(hub: Hub, caller: Caller, listed: Listed) -> Overview:
    session = hub.session(caller, listed.repo, Board)
    query = session.main()
    title = queries.meta(query).get("wasteland_name") or ""
    newest = session.engine.log(limit=1)
    return Overview(
        listed=listed,
        title="" if title == listed.repo.name else title,
        counts=count_by_status(session),
        rigs=int(query(_RIGS, {})[0]["n"] or 0),
        rig=session.seat.rig,
        moved_at=newest[0].at if newest else None,
    )


def _listed(hub: Hub, caller: Caller, repo: RepoName) -> Listed:
    entry = hub.catalog.entry(repo)
    return Listed(
        repo=repo,
        description=entry.description,
        is_private=entry.visibility is Visibility.PRIVATE,
        is_mine=_is_mine(hub, caller, repo),
    )


def _is_commons(hub: Hub, repo: RepoName) -> bool:
    try:
        return hub.is_commons(repo)
    except EngineError:
        return True


def _is_mine(hub: Hub, caller: Caller, repo: RepoName) -> bool:
    if not caller.account:
        return False
    if caller.owns(repo.owner) or repo.owner.casefold() in caller.memberships:
        return True
    try:
        return bool(hub.catalog.role(repo, caller.account) or hub.rigs(caller, repo))
    except EngineError:
        return False


def _words(listed: Listed) -> str:
    return f"{listed.repo} {listed.description}".casefold()
