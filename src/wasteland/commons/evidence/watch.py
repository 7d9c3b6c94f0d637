"""Looking at evidence when its time has come: what a background thread of the hub calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from ...protocol import evidence
from ...protocol.records import Completion
from ..outgoing.client import Outgoing
from ..queries import Query
from .check import State, check, worst
from .files import Files
from .store import Due, EvidenceStore

_MOST_PIECES: Final = 8


class Watch:
    """
    Keeps the states of evidence up to date.

    Args:
        store: Where they are kept.
        outgoing: How addresses are called; switched off, everything at an address is unchecked.
        files: The uploaded files of this host.
        clock: UTC.
    """

    def __init__(
        self,
        store: EvidenceStore,
        outgoing: Outgoing,
        files: Files | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._outgoing = outgoing
        self._files = files
        self._clock = clock

    def note_all(self, repo: str, query: Query) -> None:
        """Remember every completion of a commons that is not known yet."""
        rows = query("SELECT `id`, `evidence` FROM `completions` WHERE `evidence` IS NOT NULL", {})
        completions = [(str(row["id"]), str(row["evidence"])) for row in rows]
        self._store.note(repo, completions, at=self._clock())

    def note(self, repo: str, completions: Iterable[Completion]) -> None:
        """Remember work that waits for review; where its evidence has changed, to be looked at."""
        found = [(each.id, each.evidence) for each in completions if each.evidence]
        self._store.note(repo, found, at=self._clock())

    def check_due(self, *, limit: int = 20) -> int:
        """Look at what is due, *limit* completions at most; return how many were looked at."""
        waiting = self._store.due(self._clock(), limit=limit)
        for due in waiting:
            self._store.record(due, self._look(due))
        return len(waiting)

    def _look(self, due: Due) -> State:
        pieces = evidence.read_all(due.evidence)[:_MOST_PIECES]
        states = [
            check(piece, self._outgoing, self._files, repo=due.repo, at=self._clock())
            for piece in pieces
        ]
        found = worst(states)
        piece = pieces[states.index(found)]
        if len(pieces) == 1 or not found.detail:
            return found
        return replace(found, detail=f"{piece.canonical}: {found.detail}")
