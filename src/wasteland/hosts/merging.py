"""
How main moves: changes are repeated on it, judged there, and kept only if all of it holds.

One merge is one write transaction and one commit: what lies between the ends of a branch was never
judged and never reaches main. The caller holds the repository's queue.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ..engines.base import MAIN, Engine
from ..protocol.diff import RowChange
from ..protocol.errors import Stale, Unavailable
from . import replay
from .base import Settle

ATTEMPTS: Final = 8


class Moved(Exception):
    """Main is not where the attempt began, through somebody who does not use the queue."""


def merge(engine: Engine, changes: Sequence[RowChange], settle: Settle) -> str:
    """
    Repeat *changes* on main, let *settle* judge and finish, and return main's new head.

    Raises:
        MergeConflict: A change does not apply.
        Unavailable: Main moved in each of the attempts.
    """
    return persist(lambda: attempt(engine, changes, settle), engine.location)


def attempt(engine: Engine, changes: Sequence[RowChange], settle: Settle) -> str:
    """
    Try it once.

    Raises:
        Moved: Main moved meanwhile; nothing was kept.
    """
    with engine.change(MAIN) as change:
        settlement = settle(change, replay.apply(change, changes))
        try:
            return change.commit(
                settlement.message,
                author=settlement.author,
                email=settlement.email,
                at=settlement.at,
                tables=settlement.tables,
            )
        except Stale as error:
            # A rival's commit asks for another attempt; a stale write of the judge does not.
            raise Moved from error


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
