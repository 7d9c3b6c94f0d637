"""
Moving a repository of a local host to its other engine, and back.

The new database is built beside the old one, which serves until the end. Then, with the
repository's queue held, what was written meanwhile is caught up, the rows of both are compared,
and one transaction of the host's state makes the switch. Killed before it, the old database is
what it was and the command begins anew; killed after it, the command clears the old one away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Final

from ...engines.base import MAIN, Engine
from ...hosts.base import PullRequest, PullState, RepoName
from ...hosts.digests import digest
from ...hosts.local import LocalHost
from ...hosts.state import Repository
from ...hosts.storage import Storage
from ...protocol.errors import Conflict, Invalid, NotFound, Stale, Tampered, Unavailable
from ...protocol.lean import dataclass
from .. import upkeep
from ..upkeep import Progress, silent
from .branches import Branches, Lost, Place
from .history import copy_main, line
from .leavings import clear, keep
from .renaming import rename_in_hub

ENGINES: Final = ("doltlite", "dolt")
_ATTEMPTS: Final = 5
_FEW: Final = 10


@dataclass(frozen=True, slots=True)
class MoveReport:
    """
    What a move did.

    Attributes:
        engine: Where the repository lives now.
        moved: False if it was there already; what an interrupted move left is cleared all the same.
        commits: Commits of main that were made again.
        left_out: Commits of main that changed nothing there, or were folded together.
        branches: Branches made again, in the repository and its forks.
        pulls: Pull requests that are open.
        lost: Branches without an open pull request that do not fit; then the old one is kept.
        digests: Table -> SHA-256 of its rows, equal before and after.
        head: Main's head now.
        kept: Where the old database is; None if it was deleted.
    """

    repo: RepoName
    engine: str
    moved: bool = True
    commits: int = 0
    left_out: int = 0
    branches: int = 0
    pulls: int = 0
    lost: tuple[Lost, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
    head: str = ""
    kept: Path | None = None


def move(
    host: LocalHost,
    repo: RepoName,
    to: str,
    *,
    squash: bool = False,
    keep_old: bool = False,
    progress: Progress = silent,
) -> MoveReport:
    """
    Move *repo* with its forks to the engine *to*.

    Args:
        host: Others may use it meanwhile.
        repo: A commons, not a fork.
        to: "doltlite" or "dolt".
        squash: Keep of main's history only the head, and where branches left it.
        keep_old: Put a copy of the old database beside the host's repositories.
        progress: Is told of commits and of branches.
    Raises:
        Conflict: An open pull request does not fit (``facts["pulls"]``); nothing was changed.
        Invalid: There is no such engine, *repo* is a fork, or a row cannot be stored there.
        Tampered: The rows differ after the move; nothing was changed.
        Unavailable: Somebody else kept writing, or is moving.
        Unsupported: It has tables that the protocol does not know, or it is a mirror.
    """
    if to not in ENGINES:
        raise Invalid(f"{to!r} is no engine: use {' or '.join(ENGINES)}.", field="to", value=to)
    with upkeep.turn(host.root):
        row = _commons(host, repo)
        host.state.mirrors.refuse_writes(repo)
        other = ENGINES[1 - ENGINES.index(to)]
        if row.engine == to:
            rename_in_hub(host.root, repo, host.state.moves.commits(repo))
            clear(host, repo, other)
            return MoveReport(repo, to, moved=False, head=host.engine(repo).head())
        clear(host, repo, to)
        return _Move(host, repo, row.engine, to, progress).run(squash=squash, keep_old=keep_old)


class _Move:
    """One move under way."""

    def __init__(
        self, host: LocalHost, repo: RepoName, leaving: str, to: str, progress: Progress
    ) -> None:
        self.host = host
        self.repo = repo
        self.leaving = leaving
        self.to = to
        self.progress = progress
        self.main: dict[str, str] = {}
        self.line_length = 0
        self.old = host.storage(leaving).open(repo)
        self.new = _created(host.storage(to), repo)
        self.branches = Branches([Place(repo, self.old, self.new)])

    def run(self, *, squash: bool, keep_old: bool) -> MoveReport:
        self._catch_up(squash=squash)
        for _ in range(_ATTEMPTS):
            # What is left to do while others wait should be short.
            known = len(self.main)
            self._catch_up()
            if len(self.main) - known < _FEW:
                break
        with self.host.queue(self.repo).turn():
            digests = self._settle()
            # Who asked for the old engine before the switch may have written until now.
            self._catch_up()
            kept = self._leave(keep_old=keep_old or bool(self.branches.lost))
        return MoveReport(
            self.repo,
            self.to,
            commits=len(set(self.main.values())),
            left_out=self.line_length - len(set(self.main.values())),
            branches=self.branches.count,
            pulls=len(self.host.pulls(self.repo)),
            lost=tuple(self.branches.lost.values()),
            digests=digests,
            head=self.new.head(),
            kept=kept,
        )

    def _settle(self) -> dict[str, str]:
        """Catch up with everybody and switch; return the digests that were compared."""
        for _ in range(_ATTEMPTS):
            self._catch_up()
            digests = self._compared()
            pulls = self.host.pulls(self.repo, state=None)
            _require_all(pulls, self.branches)
            try:
                commits = {**self.branches.commits, **self.main}
                self.host.state.moves.switch(self.repo, self.to, seen=pulls, commits=commits)
            except Stale:
                continue
            return digests
        raise Unavailable(
            f"Pull requests of {self.repo} kept changing while it was being moved.",
            hint="repeat the command when there is less to do",
        )

    def _catch_up(self, *, squash: bool = False) -> None:
        """Copy what is new on the old engine."""
        self._add_forks()
        # Looked at before main, so that main has whatever they left it at.
        branches = self.branches.changed()
        self._copy_main(squash=squash)
        self.branches.copy(branches, self.main, progress=self.progress)

    def _copy_main(self, *, squash: bool) -> None:
        commits = line(self.old)
        self.line_length = len(commits)
        done = [number for number, commit in enumerate(commits) if commit.hash in self.main]
        rest = commits[done[-1] :] if done else commits
        if squash:
            bases = self._bases()
            rest = [c for c in rest if c in (rest[0], rest[-1]) or c.hash in bases]
        copy_main(self.old, self.new, rest, self.main, progress=self.progress)

    def _add_forks(self) -> None:
        old, new = self.host.storage(self.leaving), self.host.storage(self.to)
        self.branches.add(
            [
                Place(fork, old.open_fork(fork, self.repo), new.open_fork(fork, self.repo))
                for fork in self.host.forks(self.repo)
            ]
        )

    def _bases(self) -> set[str | None]:
        """Return the commits of main that branches have left it at."""
        old = self.host.storage(self.leaving)
        engines = [self.old, *(old.open_fork(f, self.repo) for f in self.host.forks(self.repo))]
        return {
            engine.merge_base(MAIN, branch.head)
            for engine in engines
            for branch in engine.branches()
        }

    def _compared(self) -> dict[str, str]:
        before, after = digest(self.old), digest(self.new)
        differing = sorted(n for n in before.keys() | after.keys() if before.get(n) != after.get(n))
        if differing:
            raise Tampered(
                f"After the move {', '.join(differing)} would hold other rows than before; "
                f"{self.repo} stays where it is.",
                hint=f"wl doctor {self.repo}",
                tables=differing,
            )
        return after

    def _leave(self, *, keep_old: bool) -> Path | None:
        rename_in_hub(self.host.root, self.repo, {**self.branches.commits, **self.main})
        kept = keep(self.host, self.repo, self.leaving) if keep_old else None
        clear(self.host, self.repo, self.leaving)
        return kept


def _commons(host: LocalHost, repo: RepoName) -> Repository:
    row = host.state.repositories.find(repo)
    if row is None:
        raise NotFound(f"{host.root} has no commons {repo}.", hint="wl list", repo=str(repo))
    if row.parent:
        raise Invalid(
            f"{repo} is a fork and moves with {row.parent}.",
            hint=f"wl hub move {row.parent}",
            field="commons",
            value=str(repo),
        )
    return row


def _created(storage: Storage, repo: RepoName) -> Engine:
    storage.create(repo)
    return storage.open(repo)


def _require_all(pulls: list[PullRequest], branches: Branches) -> None:
    """Raise Conflict if an open pull request's branch did not come along."""
    lost = {
        pull.id: branches.lost[pull.source, pull.branch].why
        for pull in pulls
        if pull.state is PullState.OPEN and (pull.source, pull.branch) in branches.lost
    }
    if lost:
        number, why = next(iter(lost.items()))
        raise Conflict(
            f"Pull request {number} does not fit on the other engine: {why}",
            hint=f"wl review {number} and merge or close it, then repeat the command",
            pulls=list(lost),
        )
