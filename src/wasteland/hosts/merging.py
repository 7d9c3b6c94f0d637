"""
How main moves: commits are repeated on it, judged there, and kept only if all of it holds.

A change of one commit is one write transaction on main. Several commits are repeated on a branch
of their own, to which main then moves forward at once. A refusal leaves nothing in either case.
The caller holds the repository's queue.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from ..engines.base import MAIN, Change, Engine
from ..protocol.diff import RowChange
from ..protocol.errors import Stale, Unavailable
from . import replay
from .base import Replayed, Settle

ATTEMPTS: Final = 8

_SCRATCH: Final = "op/"


class Moved(Exception):
    """Main is not where the attempt began, through somebody who does not use the queue."""


def merge(engine: Engine, commits: Sequence[Replayed], settle: Settle) -> str:
    """
    Repeat *commits* on main, let *settle* judge and finish, and return main's new head.

    Raises:
        MergeConflict: A commit does not apply.
        Unavailable: Main moved in each of the attempts.
    """
    return persist(lambda: attempt(engine, commits, settle), engine.location)


def attempt(engine: Engine, commits: Sequence[Replayed], settle: Settle) -> str:
    """
    Try it once.

    Raises:
        Moved: Main moved meanwhile; nothing was kept.
    """
    if len(commits) > 1:
        return _many(engine, commits, settle)
    with engine.change(MAIN) as change:
        done = replay.apply(change, commits[0].changes) if commits else []
        return _finish(change, done, settle)


def persist(try_once: Callable[[], str], location: str) -> str:
    """Return what *try_once* returns, called again for as long as it meets Moved."""
    for _ in range(ATTEMPTS):
        try:
            return try_once()
        except Moved:
            continue
    raise Unavailable(
        f"The main branch at {location} moved {ATTEMPTS} times while a change was being merged.",
        hint="repeat the command",
    )


def _many(engine: Engine, commits: Sequence[Replayed], settle: Settle) -> str:
    with _scratch_branch(engine) as (branch, start):
        *earlier, last = commits
        done: list[RowChange] = []
        for item in earlier:
            done += _repeat(engine, branch, item)
        with engine.change(branch) as change:
            done += replay.apply(change, last.changes)
            head = _finish(change, replay.net(done), settle)
        with _noticing_moves():
            return engine.fast_forward(MAIN, head, expected=start)


def _repeat(engine: Engine, branch: str, item: Replayed) -> list[RowChange]:
    """Repeat one commit as it was; one that is there already makes no commit."""
    with engine.change(branch) as change:
        done = replay.apply(change, item.changes)
        if done:
            commit = item.commit
            change.commit(
                commit.message,
                author=commit.author,
                email=commit.email,
                at=commit.at,
                tables=_tables(done),
            )
        return done


def _finish(change: Change, done: Sequence[RowChange], settle: Settle) -> str:
    settlement = settle(change, done)
    with _noticing_moves():
        return change.commit(
            settlement.message,
            author=settlement.author,
            email=settlement.email,
            at=settlement.at,
            tables=settlement.tables,
        )


@contextmanager
def _scratch_branch(engine: Engine) -> Iterator[tuple[str, str]]:
    """Yield a branch at main's head, and that head; the branch goes in the end."""
    for left_behind in engine.branches(_SCRATCH):
        # We hold the queue, so whoever made it was killed.
        engine.delete_branch(left_behind.name)
    name = _SCRATCH + os.urandom(8).hex()
    start = engine.head(MAIN)
    engine.create_branch(name, start)
    try:
        yield name, start
    finally:
        engine.delete_branch(name)


@contextmanager
def _noticing_moves() -> Iterator[None]:
    """Tell a rival's commit, which asks for another attempt, from a stale write of the judge."""
    try:
        yield
    except Stale as error:
        raise Moved from error


def _tables(changes: Sequence[RowChange]) -> list[str]:
    return sorted({item.table for item in changes})
