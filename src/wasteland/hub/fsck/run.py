"""Running all checks, one broken thing at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from ...commons.doctor import engine as engine_checks
from ...commons.doctor import refs, rows
from ...commons.doctor.findings import Check, Finding, Level, Site, problem
from ...commons.memberships import HOST, Membership
from ...hosts.base import RepoName
from ...hosts.local import LocalHost
from ...hosts.state import Repository
from ...protocol.errors import WastelandError
from ...settings import Settings
from .. import upkeep
from ..upkeep import Progress, silent
from . import files, history, invariants, pulls, state

MEMORY: Final = ".fsck"
_RESTORE: Final = "wl hub restore BACKUP NEW-DIRECTORY"
# That a lease has ended is no fault: the next read of the board releases it.
_OF_BOARD: Final = tuple(check for check in rows.CHECKS if check.run is not rows.claims)
_DOCTORS: Final = (*engine_checks.CHECKS, *refs.CHECKS, *_OF_BOARD)
_OF_ROWS: Final = (*pulls.CHECKS, *invariants.CHECKS)


def fsck(
    host_root: Path,
    *,
    deep: bool = False,
    dolt: str | None = None,
    dolt_password: str = "",
    progress: Progress = silent,
) -> list[Finding]:
    """
    Return what is wrong with the host in *host_root*; nothing for one that is sound.

    Args:
        host_root: May be in use; what is under way just then may be taken for left behind.
        deep: Read forks' files and the whole history of every commons too.
        dolt: The Dolt program; None for the one on PATH.
        dolt_password: Of the host's user on a Dolt server that somebody else runs.
        progress: Is told of repositories.
    """
    root = host_root.resolve()
    found = list(state.checks(root))
    if any(finding.is_open_problem for finding in found):
        # Without sound state nobody can say what belongs here.
        return found
    with upkeep.opened(root, dolt, dolt_password) as host:
        repositories = host.state.repositories.all()
        found += _guarded("files", lambda: files.checks(root, repositories))
        site = _site(root)
        commons = [row for row in repositories if row.parent is None]
        for number, row in enumerate(commons, 1):
            found += _examine(host, row, site, deep=deep)
            progress("repositories", number, len(commons))
    return [finding for finding in found if finding.level is not Level.OK]


def _site(root: Path) -> Site:
    # The doctor's checks are of one user's set-up; here the directory stands for it.
    memory = root / MEMORY
    return Site(Settings(root, root, memory, memory, root), [])


def _examine(host: LocalHost, row: Repository, site: Site, *, deep: bool) -> Iterator[Finding]:
    about = replace(
        site,
        membership=Membership(row.name, "", "", HOST, str(host.root), row.engine),
        host=host,
    )
    try:
        about.engine = host.engine(row.name)
    except WastelandError as error:
        yield _named(problem("open", error.message, _RESTORE), row.name)
        return
    first = [_named(f, row.name) for check in engine_checks.FIRST for f in _run(check, about)]
    yield from first
    if any(finding.is_open_problem for finding in first):
        return
    for check in (*_DOCTORS, *_OF_ROWS, *(history.CHECKS if deep else ())):
        yield from (_named(finding, row.name) for finding in _run(check, about))


def _run(check: Check, site: Site) -> list[Finding]:
    return _guarded(check.name, lambda: check.run(site))


def _guarded(name: str, run: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """Return what *run* yields, and its failure as one finding more."""
    found: list[Finding] = []
    try:
        for finding in run():
            found.append(finding)  # noqa: PERF402  # kept when a later one fails
    except WastelandError as error:
        found.append(problem(name, error.message, error.hint or _RESTORE))
    return found


def _named(finding: Finding, repo: RepoName) -> Finding:
    return replace(finding, commons=str(repo))
