"""Checks of what hangs on a commons: branches, pull requests, operations without an end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from ...engines.base import Branch
from ...hosts.base import PullRequest, PullState
from ...hosts.journaled import JournaledHost
from ...protocol.errors import NotFound
from .. import recovery
from .findings import Check, Finding, Site, ok, problem, some, warn

MANY_BRANCHES: Final = 500
TOO_MANY_BRANCHES: Final = 1000
_RUNNING: Final = timedelta(minutes=10)
"""A younger operation may still be under way."""
_KEPT_HEAD: Final = re.compile(r"pull/\d+/head\Z")


def branches(site: Site) -> Iterator[Finding]:
    """Are there so many branches that each change of a ref gets slow?"""
    found = site.database.branches()
    if len(found) <= MANY_BRANCHES:
        yield ok("branches", f"There are {len(found)} branches.")
        return
    ended = _ended(site, found) if site.fix else []
    for branch in ended:
        site.database.delete_branch(branch.name)
    if ended:
        site.database.gc()
    left = len(found) - len(ended)
    make = problem if len(found) > TOO_MANY_BRANCHES else warn
    message = f"There are {len(found)} branches; each one makes every change slower."
    if ended:
        message += f" {len(ended)} that had ended are deleted."
    fix = "wl doctor --fix deletes those that are merged; wl review closes the others"
    yield make("branches", message, fix, fixed=bool(ended) and left <= MANY_BRANCHES)


def _ended(site: Site, found: Sequence[Branch]) -> list[Branch]:
    """Return branches that hold nothing which main or an ended pull request does not keep."""
    engine, main = site.database, site.database.head()
    host, repo = site.host, site.here.repo
    pulls = host.pulls(repo, state=None) if host else []
    offered = {(p.branch, p.head) for p in pulls if p.state is not PullState.OPEN}
    wanted = {p.branch for p in pulls if p.state is PullState.OPEN}
    return [
        branch
        for branch in found
        if branch.name != "main"
        and branch.name not in wanted
        and not branch.name.startswith("backup/")
        and not _KEPT_HEAD.match(branch.name)
        and (
            (branch.name, branch.head) in offered
            or engine.merge_base(branch.head, main) == branch.head
        )
    ]


def pulls(site: Site) -> Iterator[Finding]:
    """Does every open pull request still have its branch?"""
    host, repo = site.host, site.here.repo
    if host is None:
        return
    lost = [pull for pull in host.pulls(repo) if not _has_branch(site, pull)]
    if not lost:
        yield ok("pulls", "Every open pull request has its branch.")
        return
    if site.fix:
        for pull in lost:
            host.end_pull(repo, pull.id, state=PullState.CLOSED, reason="its branch is gone")
    yield problem(
        "pulls",
        f"The branches of pull requests {some([pull.id for pull in lost])} are gone.",
        "wl doctor --fix closes them",
        fixed=site.fix,
    )


def _has_branch(site: Site, pull: PullRequest) -> bool:
    assert site.host is not None  # noqa: S101  # the caller has looked
    try:
        engine = site.host.engine(pull.source)
    except NotFound:
        return False
    return any(branch.name == pull.branch for branch in engine.branches(pull.branch))


def unfinished(site: Site) -> Iterator[Finding]:
    """Did an operation die between its intent and its receipt?"""
    host, session = site.host, site.session()
    if not isinstance(host, JournaledHost) or session is None:
        return
    if site.fix:
        recovery.settle_lost(session)
    old = [
        operation
        for operation in host.unfinished(site.here.repo)
        if site.now - operation.started_at > _RUNNING
    ]
    landed = [o.id for o in old if recovery.find(site.database, o.id, rig=o.actor)]
    if landed:
        yield warn(
            "unfinished",
            f"{len(landed)} operations landed and nobody got their receipt: {some(landed)}.",
            "repeat the command with --op-id ID: it answers and does not act twice",
        )
    else:
        yield ok("unfinished", "No operation landed without its receipt.")


CHECKS: Final[Sequence[Check]] = (
    Check("branches", branches),
    Check("pulls", pulls),
    Check("unfinished", unfinished),
)
