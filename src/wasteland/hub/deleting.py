"""
Deleting a commons of this hub: its rows and history, its forks here, who was given what.

What lies elsewhere stays: an upstream on another host, clones, forks on other hubs.
"""

from __future__ import annotations

from ..engines.base import MAIN
from ..hosts.base import PullState, RepoName
from ..protocol.errors import Conflict, Invalid
from ..protocol.names import visible
from . import members, refs, repositories
from .callers import Caller
from .hub import Hub


def delete(hub: Hub, caller: Caller, repo: RepoName, *, typed: str) -> None:
    """
    Delete a commons or database with its forks on this hub.

    Args:
        typed: Its name, as the owner has typed it.
    Raises:
        Conflict: A fork holds branches that are nowhere else.
        Forbidden: The caller does not own it.
        Invalid: Another name was typed.
    """
    members.need_owner(hub, caller, repo)
    if typed.strip() != str(repo):
        raise Invalid(
            f"Type {repo} to delete it, not {visible(typed.strip()) or 'nothing'}.",
            field="typed",
            value=typed,
        )
    with hub.names.held(repo):
        _need_no_work(hub, repo)
        for fork in hub.host.forks(repo):
            hub.host.delete(fork)
            repositories.forget(hub, fork)
        hub.host.delete(repo)
        repositories.forget(hub, repo)


def work_of_others(hub: Hub, repo: RepoName) -> list[str]:
    """Return the branches of forks that deleting *repo* would lose, as ``fork branch``."""
    if hub.host.parent(repo):
        return []
    return [
        f"{fork} {branch.name}"
        for fork in hub.host.forks(repo)
        for branch in refs.branches(hub, fork)
        if branch.name != MAIN
    ]


def _need_no_work(hub: Hub, repo: RepoName) -> None:
    found = work_of_others(hub, repo)
    waiting = len(hub.host.pulls(repo, state=PullState.OPEN))
    if found:
        raise Conflict(
            f"{len(found)} branch(es) of forks would be lost, {found[0]} first; {waiting} pull "
            "request(s) wait.",
            hint="merge or close the pull requests; the owners of forks delete other branches",
            branches=found[:20],
        )
