"""Following a commons: its main, its pull requests, and the end of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from ...engines.base import MAIN
from ...hosts.base import Host, PullRequest, PullState, RepoName
from ...hosts.heads import retire_branch
from ...hosts.local import LocalHost
from ...hosts.state import Repository
from ...hosts.state.mirrors import MirrorRow
from ...protocol.errors import (
    Conflict,
    Invalid,
    NotFound,
    Unavailable,
    Unsupported,
)
from ...protocol.lean import dataclass
from .. import upkeep
from ..moving.definitions import own_tables
from ..moving.history import copy_branch
from ..upkeep import Progress, silent
from . import lines


@dataclass(frozen=True, slots=True)
class MirrorReport:
    """
    What one pull brought.

    Attributes:
        head: Main here.
        moved: Whether main moved.
        pulls: Pull requests that are new or changed.
        skipped: Those whose branch cannot be had, with the reason; they are listed all the same.
    """

    repo: RepoName
    head: str
    moved: bool
    pulls: int
    skipped: Mapping[str, str]


class Mirror:
    """
    A commons of *target* that follows the one of the same name at *source*.

    Attributes:
        source: Any host; only read.
        target: Where the copy is; the caller closes both.
    """

    def __init__(
        self, source: Host, repo: RepoName, target: LocalHost, *, engine: str = "doltlite"
    ) -> None:
        """
        Name both sides; nothing is made before the first pull.

        Args:
            engine: Of the copy, when it is made.
        """
        self.source = source
        self.repo = repo
        self.target = target
        self._engine = engine

    def pull(self, *, progress: Progress = silent) -> MirrorReport:
        """
        Bring main, the open branches and the pull requests up to date.

        Killed at any point, the next call goes on from the last whole one.

        Raises:
            Conflict: There is a commons of that name here that is no mirror; or main there does
                not follow from what was seen of it, as after a rewrite or a restored backup.
            Unavailable: The source cannot be reached; what is here can still be read.
        """
        with upkeep.turn(self.target.root):
            self.source.refresh(self.repo)
            row = self._row()
            # Before main, so that main has whatever these branches left it at.
            pulls = self.source.pulls(self.repo, state=None)
            head, known = self._follow_main(row, progress)
            changed, skipped = self._follow_pulls(pulls, known, progress)
            self._follow_renewals()
            done = replace(row, source_head=head, pulled_at=self.target.now())
            self.target.state.mirrors.store(self.repo, done)
        here = self.target.engine(self.repo).head()
        return MirrorReport(self.repo, here, head != row.source_head, changed, skipped)

    def age(self) -> timedelta | None:
        """Return how long ago the last pull was, None if there was none."""
        return age(self.target, self.repo)

    # --- main

    def _row(self) -> MirrorRow:
        """Return how far the mirror got; make it if there is nothing of that name."""
        mirrors = self.target.state.mirrors
        found = mirrors.find(self.repo)
        if found:
            return found
        if self.repo not in self.target.repositories():
            self.target.create(self.repo, engine=self._engine)
        if own_tables(self.target.engine(self.repo).tables()):
            raise Conflict(
                f"{self.repo} exists in {self.target.location} and is no mirror.",
                hint="mirror into another directory",
            )
        row = MirrorRow(self.source.location)
        mirrors.store(self.repo, row)
        return row

    def _follow_main(self, row: MirrorRow, progress: Progress) -> tuple[str, dict[str, str]]:
        """Move main; return its head there, and which commit is which."""
        there, here = self.source.engine(self.repo), self.target.engine(self.repo)
        known = self.target.state.mirrors.commits(self.repo)
        head = there.head()
        if row.source_head:
            lines.require_descent(there, row, head)
        if head == row.source_head:
            return head, known
        url = lines.address(there, here)
        # A main that was once made again has other hashes than its source's.
        if url and known.get(row.source_head, row.source_head) == row.source_head:
            lines.fetch(here, url, head)
            return head, known
        lines.repeat(there, here, row, known, progress)
        self.target.state.mirrors.add_commits(self.repo, known)
        return head, known

    # --- pull requests

    def _follow_pulls(
        self, pulls: list[PullRequest], known: dict[str, str], progress: Progress
    ) -> tuple[int, dict[str, str]]:
        present = {pull.id: pull for pull in self.target.pulls(self.repo, state=None)}
        skipped: dict[str, str] = {}
        changed = 0
        for number, pull in enumerate(pulls, 1):
            if not pull.id.isdecimal():
                skipped[pull.id] = "its host has branches and no pull requests"
                continue
            if _differs(present.get(pull.id), pull, known):
                changed += 1
                self._follow_pull(pull, present.get(pull.id), known, skipped)
            self._follow_comments(pull)
            progress("pull requests", number, len(pulls))
        return changed, skipped

    def _follow_pull(
        self,
        pull: PullRequest,
        present: PullRequest | None,
        known: dict[str, str],
        skipped: dict[str, str],
    ) -> None:
        self._add_fork(pull.source)
        head = known.get(pull.head, pull.head)
        if pull.state is PullState.OPEN:
            try:
                head = self._follow_branch(pull, known)
            except (Conflict, Invalid, NotFound, Unavailable, Unsupported) as error:
                # One broken branch must not keep the rest from being safe.
                skipped[pull.id] = error.message
        merged_as = known.get(pull.merged_as, pull.merged_as)
        mirrored = replace(pull, head=head, merged_as=merged_as)
        self.target.state.mirrors.put_pull(mirrored)
        if present and mirrored.state is not PullState.OPEN:
            retire_branch(self.target.engine(pull.source), replace(mirrored, head=present.head))

    def _follow_branch(self, pull: PullRequest, known: dict[str, str]) -> str:
        there, here = self.source.engine(pull.source), self.target.engine(pull.source)
        base = there.merge_base(MAIN, pull.head) or ""
        # Commits that were fetched are the same on both sides.
        main = {base: known.get(base, base)}
        made = copy_branch(there, here, pull.branch, pull.head, main)
        # A branch that has nothing over main yet stands at a commit of main.
        made.setdefault(pull.head, main[base])
        self.target.state.mirrors.add_commits(self.repo, {pull.head: made[pull.head]})
        known[pull.head] = made[pull.head]
        return made[pull.head]

    def _add_fork(self, source: RepoName) -> None:
        if source != self.repo:
            engine = self.target.state.repositories.find(self.repo)
            kind = engine.engine if engine else self._engine
            row = Repository(source, kind, self.repo)
            self.target.state.repositories.add(row, at=self.target.now())

    def _follow_comments(self, pull: PullRequest) -> None:
        theirs = self.source.comments(self.repo, pull.id)
        ours = self.target.comments(self.repo, pull.id)
        for comment in theirs[len(ours) :]:
            self.target.state.pulls.add_comment(self.repo, pull.id, comment)

    def _follow_renewals(self) -> None:
        for item, (token, until) in self.source.renewals(self.repo).items():
            self.target.renew_lease(self.repo, item, token, until)


def age(host: LocalHost, repo: RepoName) -> timedelta | None:
    """
    Return how long ago the mirror *repo* was last pulled, None if never.

    Raises:
        NotFound: It is no mirror.
    """
    at = _found(host, repo).pulled_at
    return host.now() - at if at else None


def promote(host: LocalHost, repo: RepoName) -> MirrorRow:
    """
    Let the mirror *repo* follow no more, so that it can be written; return how far it had got.

    Raises:
        NotFound: It is no mirror.
    """
    with upkeep.turn(host.root):
        row = _found(host, repo)
        host.engine(repo).remove_remote(lines.REMOTE)
        host.state.mirrors.remove(repo)
    return row


def _found(host: LocalHost, repo: RepoName) -> MirrorRow:
    row = host.state.mirrors.find(repo)
    if row is None:
        raise NotFound(f"{repo} in {host.location} is no mirror.", hint="wl list", repo=str(repo))
    return row


def _differs(present: PullRequest | None, pull: PullRequest, known: Mapping[str, str]) -> bool:
    if present is None or (pull.state is PullState.OPEN and pull.head not in known):
        return True
    head = known.get(pull.head, pull.head)
    now = replace(pull, head=head, merged_as=known.get(pull.merged_as, pull.merged_as))
    return present != now
