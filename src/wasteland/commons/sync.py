"""
``wl sync``: a plan first, then a good state every time.

Main moves forward to where the commons comes from; one's own pending branches are repeated on top
of it. What cannot be repeated is a conflict, and the rig chooses: its own cells (``ours``), the
commons' (``theirs``), or to start again from the commons (``reset``), with a backup branch of what
was there.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from ..engines.base import MAIN, Change, Engine
from ..hosts import replay
from ..hosts.base import PullRequest, PullState
from ..protocol.diff import RowChange
from ..protocol.errors import Conflict, Invalid, MergeConflict
from ..protocol.schema import TABLES
from . import elsewhere, queries
from .queries import Query
from .session import Session

CHOICES: Final = ("", "ours", "theirs", "reset")
ORIGIN: Final = "origin"


@dataclass(frozen=True, slots=True)
class Step:
    """
    One step of the plan.

    Attributes:
        branch: "main", or a branch of pending work.
        action: "up to date", "fast-forward", "replay", "conflict", "reset", "drop".
        detail: One sentence.
        backup: Branch that keeps what was there; "" where nothing was lost.
    """

    branch: str
    action: str
    detail: str
    backup: str = ""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """
    What was planned, or done.

    Attributes:
        steps: In order, main first.
        clean: Whether everything is in a good state now; False while a conflict waits.
        counts: Rows on main: open, wanted, completions, stamps.
    """

    steps: Sequence[Step]
    clean: bool
    dry_run: bool = False
    counts: dict[str, int] = field(default_factory=dict)


class Sync(Session):
    """The operation that brings a clone and pending work up to date."""

    def sync(self, *, choice: str = "", dry_run: bool = False) -> SyncReport:
        """
        Bring main and your pending work up to date.

        Args:
            choice: What to do where both sides changed a cell: "ours", "theirs" or "reset"; ""
                leaves your branch as it is and reports the conflict.
        Raises:
            Unavailable: The remote cannot be reached.
        """
        if choice not in CHOICES:
            raise Invalid(f"{choice!r} is no choice.", field="choice", value=choice)
        steps = [self._main(choice, dry_run=dry_run)]
        if steps[0].action != "conflict":
            for pull in self.pending(mine=True):
                # A command of this rig on the same item waits until its branch has settled.
                with self.host.turn(pull.source, pull.branch):
                    steps.append(self._branch(pull, choice, dry_run=dry_run))
        clean = all(step.action != "conflict" for step in steps)
        return SyncReport(steps, clean, dry_run, counts(self.main()))

    # --- main

    def _main(self, choice: str, *, dry_run: bool) -> Step:
        engine = self.engine
        before = engine.head()
        try:
            after = self._fetched() if dry_run else self._caught_up()
        except MergeConflict as conflict:
            return self._diverged(choice, conflict, dry_run=dry_run)
        if before == after:
            return Step(MAIN, "up to date", f"main is at {after[:12]}.")
        ahead = len(engine.log(after, after=before))
        return Step(MAIN, "fast-forward", f"{ahead} new commit(s), main is at {after[:12]}.")

    def _caught_up(self) -> str:
        self.host.refresh(self.repo)
        return self.engine.head()

    def _upcoming(self) -> str:
        """Return the ref that main would move to."""
        # What its host merges by itself is read there, and never was fetched.
        return MAIN if self.is_owned or not self.moves_main else f"{ORIGIN}/{MAIN}"

    def _fetched(self) -> str:
        """Return main's head as it would be; only what is known of the remote changes."""
        engine = self.engine
        if self._upcoming() == MAIN:
            return engine.head()
        engine.fetch(ORIGIN, MAIN)
        ours, theirs = engine.head(), engine.head(self._upcoming())
        if engine.merge_base(ours, theirs) != ours:
            raise MergeConflict(f"The clone of {self.repo} has commits that the remote lacks.")
        return theirs

    def _diverged(self, choice: str, conflict: MergeConflict, *, dry_run: bool) -> Step:
        if choice != "reset":
            return Step(MAIN, "conflict", conflict.message)
        backup = self._backup_name(MAIN)
        if not dry_run:
            engine = self.engine
            engine.create_branch(backup, MAIN)
            engine.move_branch(MAIN, f"{ORIGIN}/{MAIN}")
        return Step(MAIN, "reset", "main is the commons' again.", backup)

    # --- pending work

    def _branch(self, pull: PullRequest, choice: str, *, dry_run: bool) -> Step:
        engine = self.host.engine(pull.source)
        if choice == "reset":
            why = "Closed, because you start again from the commons."
            return self._drop(engine, pull, dry_run=dry_run, why=why)
        if not self.moves_main:
            return self._standing(pull)
        main = self._upcoming() if dry_run else MAIN
        if engine.merge_base(main, pull.head) == engine.head(main):
            return Step(pull.branch, "up to date", "It sits on top of main.")
        with _scratch(engine, pull, main) as scratch:
            try:
                kept = self._repeat(engine, scratch, pull, choice)
            except MergeConflict as conflict:
                return Step(pull.branch, "conflict", conflict.message)
            if not kept:
                return self._drop(engine, pull, dry_run=dry_run, why="Main has all of it already.")
            backup = "" if dry_run else self._put(engine, pull, scratch, keep=bool(choice))
            return Step(pull.branch, "replay", f"{kept} row(s) repeated on main.", backup)

    def _standing(self, pull: PullRequest) -> Step:
        """Return how *pull* stands at a host that merges by itself; it needs no repeating there."""
        try:
            elsewhere.need_mergeable(self, self.host.changes(pull))
        except Conflict as conflict:
            return Step(pull.branch, "conflict", conflict.message)
        return Step(pull.branch, "up to date", f"{self.host.location} can merge it as it is.")

    def _repeat(self, engine: Engine, branch: str, pull: PullRequest, choice: str) -> int:
        """Repeat what *pull* offers on *branch* in one commit; return how many rows it changed."""
        newest = engine.log(pull.head, limit=1)[0]
        with engine.change(branch) as change:
            done = [row for one in self.host.changes(pull) for row in _settle(change, one, choice)]
            if done:
                change.commit(
                    newest.message,
                    author=newest.author,
                    email=newest.email,
                    at=newest.at,
                    tables=sorted({row.table for row in done}),
                )
        return len(done)

    def _put(self, engine: Engine, pull: PullRequest, scratch: str, *, keep: bool) -> str:
        backup = self._backup_name(pull.branch) if keep else ""
        if backup:
            engine.create_branch(backup, pull.head)
        if not any(found.name == pull.branch for found in engine.branches(pull.branch)):
            engine.create_branch(pull.branch, pull.head)
        engine.move_branch(pull.branch, scratch)
        self.host.publish(pull.source, pull.branch, force=True)
        self.host.update_pull(self.repo, pull.id)
        return backup

    def _drop(self, engine: Engine, pull: PullRequest, *, dry_run: bool, why: str) -> Step:
        backup = self._backup_name(pull.branch)
        if not dry_run:
            engine.create_branch(backup, pull.head)
            self.host.end_pull(
                self.repo,
                pull.id,
                state=PullState.CLOSED,
                reason="taken back by wl sync",
                head=pull.head,
            )
        return Step(pull.branch, "drop", why, backup)

    def _backup_name(self, branch: str) -> str:
        stamp = self.host.now().strftime("%Y%m%dT%H%M%S")
        return f"backup/{stamp}-{secrets.token_hex(2)}/{branch}"


def counts(query: Query) -> dict[str, int]:
    """Return how many rows main holds: open items, and items, completions and stamps."""
    counted = {
        name: int(query(f"SELECT COUNT(*) AS n FROM `{name}`", {})[0]["n"] or 0)
        for name in ("wanted", "completions", "stamps")
    }
    still_open = query("SELECT COUNT(*) AS n FROM `wanted` WHERE `status` = 'open'", {})
    return {"open": int(still_open[0]["n"] or 0), **counted}


@contextmanager
def _scratch(engine: Engine, pull: PullRequest, start: str) -> Iterator[str]:
    """Yield a branch at *start*; what a killed sync left under its name goes first."""
    name = f"sync/{pull.branch}"
    engine.delete_branch(name)
    engine.create_branch(name, start)
    try:
        yield name
    finally:
        engine.delete_branch(name)


def _settle(change: Change, row: RowChange, choice: str) -> Sequence[RowChange]:
    """Apply one row change; where main differs, as *choice* says."""
    try:
        return replay.apply(change, [row])
    except MergeConflict as conflict:
        # That somebody else touched the row as well is no disagreement about it.
        is_real = conflict.facts.get("cells") != ["updated_at"]
        if is_real and choice == "theirs":
            return []
        if is_real and choice != "ours":
            raise
    present = queries.row(change.query, row.table, row.key)
    mine = {name: after for name, (_, after) in row.cells.items()}
    if row.after is None or row.table not in TABLES:
        raise MergeConflict(f"{row.table} {row.key} cannot be kept: main has changed it.")
    forced = replace(row, before=present, after={**(present or row.after), **mine})
    return replay.apply(change, [forced])
