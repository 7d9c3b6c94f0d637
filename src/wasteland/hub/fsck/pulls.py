"""Checks of pull requests against what the repositories hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ...commons import recovery
from ...commons.doctor.findings import Check, Finding, Site, problem, some, warn
from ...engines.base import Engine
from ...hosts.base import Host, PullRequest, PullState
from ...protocol import trailers
from ...protocol.errors import NotFound, Unavailable, WastelandError

_FIX: Final = "wl doctor --fix"


def heads(site: Site) -> Iterator[Finding]:
    """Can what every open pull request offers be read?"""
    host = _host(site)
    lost = [pull.id for pull in host.pulls(site.here.repo) if not _offers(host, pull)]
    if lost:
        yield problem(
            "pull heads",
            f"The commits that pull requests {some(lost)} offer are gone.",
            "their rigs push the branch again; or: wl review ID, and close it",
        )


def merged(site: Site) -> Iterator[Finding]:
    """Does main have what is said to be merged?"""
    host = _host(site)
    pulls = host.pulls(site.here.repo, state=PullState.MERGED)
    lost = [pull.id for pull in pulls if pull.merged_as and not _has(site.database, pull.merged_as)]
    if lost:
        yield problem(
            "merged",
            f"Main has not the commits that pull requests {some(lost)} were merged as: the "
            "database is older than the host's state.",
            "wl hub restore BACKUP NEW-DIRECTORY",
        )


def landed(site: Site) -> Iterator[Finding]:
    """Is any pull request still open though main has it?"""
    host = _host(site)
    waiting = {pull.id: pull.head for pull in host.pulls(site.here.repo)}
    found = []
    for commit in site.database.log(limit=recovery.DEPTH) if waiting else ():
        pull = trailers.find(commit.message, recovery.PULL_TRAILER)
        head = trailers.find(commit.message, recovery.HEAD_TRAILER)
        if pull and waiting.get(pull) == head:
            found.append(pull)
    if found:
        yield warn("landed", f"Pull requests {some(found)} are merged and still open.", _FIX)


def forks(site: Site) -> Iterator[Finding]:
    """Is every fork's database sound?"""
    host = _host(site)
    for fork in host.forks(site.here.repo):
        try:
            lines = host.engine(fork).check() if site.here.engine == "doltlite" else []
        except WastelandError as error:
            lines = [error.message]
        for line in lines:
            yield problem("forks", f"{fork}: {line}", "wl hub restore BACKUP NEW-DIRECTORY")


def _host(site: Site) -> Host:
    assert site.host is not None  # noqa: S101  # these checks are of hosts
    return site.host


def _offers(host: Host, pull: PullRequest) -> bool:
    try:
        engine = host.engine(pull.source)
    except WastelandError:
        return False
    return _has(engine, pull.head)


def _has(engine: Engine, commit: str) -> bool:
    try:
        return bool(engine.log(commit, limit=1))
    except (NotFound, Unavailable):
        return False


CHECKS: Final[Sequence[Check]] = (
    Check("pull heads", heads),
    Check("merged", merged),
    Check("landed", landed),
    Check("forks", forks),
)
