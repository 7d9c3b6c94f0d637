"""
What checks of evidence found, and when to look again: one SQLite file beside the host's state.

A completion is looked at when it is first seen, after an hour, a day, a week, and then every thirty
days: links rot.
"""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from ...hosts.state.file import Migrations, StateFile, stored_time
from ...protocol.lean import dataclass
from ...protocol.records import write_time
from .check import State, Verdict

FILE: Final = "evidence.db"
PAUSES: Final = (
    timedelta(hours=1),
    timedelta(days=1),
    timedelta(days=7),
    timedelta(days=30),
)

_MIGRATIONS: Final[Migrations] = (
    (
        """
        CREATE TABLE checks (
            repo TEXT NOT NULL,
            completion TEXT NOT NULL,
            evidence TEXT NOT NULL,
            state TEXT NOT NULL DEFAULT 'unchecked',
            detail TEXT NOT NULL DEFAULT '',
            checked_at TEXT,
            times INTEGER NOT NULL DEFAULT 0,
            due_at TEXT NOT NULL,
            PRIMARY KEY (repo, completion)
        ) STRICT
        """,
        "CREATE INDEX checks_due ON checks (due_at)",
        """
        CREATE TABLE files (
            repo TEXT NOT NULL,
            digest TEXT NOT NULL,
            size INTEGER NOT NULL,
            account TEXT NOT NULL,
            at TEXT NOT NULL,
            PRIMARY KEY (repo, digest)
        ) STRICT
        """,
    ),
)


@dataclass(frozen=True, slots=True)
class Due:
    """
    A completion whose evidence is to be looked at.

    Attributes:
        times: How often it was looked at already.
    """

    repo: str
    completion_id: str
    evidence: str
    times: int


class EvidenceStore(ABC):
    """Where the states of evidence are kept, by commons and completion."""

    @abstractmethod
    def note(self, repo: str, completions: Iterable[tuple[str, str]], *, at: datetime) -> None:
        """Remember completions, as (id, evidence), to be looked at; a known one is left alone."""

    @abstractmethod
    def due(self, now: datetime, *, limit: int) -> Sequence[Due]:
        """Return what is to be looked at by *now*, the longest due first."""

    @abstractmethod
    def record(self, due: Due, state: State) -> None:
        """Keep what a look found, and when to look again."""

    @abstractmethod
    def state(self, repo: str, completion_id: str) -> State | None:
        """Return what the last look found; None if there was none."""

    @abstractmethod
    def forget(self, repo: str) -> None:
        """Drop what is known of a repository that is gone."""


class SqliteEvidenceStore(EvidenceStore):
    """The store of one host."""

    def __init__(self, file: StateFile) -> None:
        self._file = file

    def note(self, repo: str, completions: Iterable[tuple[str, str]], *, at: datetime) -> None:
        """Remember completions; evidence that has changed is looked at anew."""
        rows = [(repo, key, text, write_time(at)) for key, text in completions]
        with self._file.transaction() as connection:
            connection.executemany(_NOTE, rows)

    def due(self, now: datetime, *, limit: int) -> Sequence[Due]:
        """Return what is to be looked at by *now*."""
        rows = self._file.read(_DUE, (write_time(now), limit))
        return [Due(r["repo"], r["completion"], r["evidence"], r["times"]) for r in rows]

    def record(self, due: Due, state: State) -> None:
        """Keep what a look found; nothing if another look was quicker."""
        again = state.checked_at + PAUSES[min(due.times, len(PAUSES) - 1)]
        self._file.write(
            _RECORD,
            (
                state.state.value,
                state.detail,
                write_time(state.checked_at),
                write_time(again),
                due.repo,
                due.completion_id,
                due.times,
                due.evidence,
            ),
        )

    def state(self, repo: str, completion_id: str) -> State | None:
        """Return what the last look found."""
        rows = self._file.read(_STATE, (repo, completion_id))
        return _state(rows[0]) if rows else None

    def forget(self, repo: str) -> None:
        """Drop the states of a repository, and what files belong to it."""
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM checks WHERE repo = ?", (repo,))
            connection.execute("DELETE FROM files WHERE repo = ?", (repo,))


def open_store(root: Path) -> StateFile:
    """Return the evidence file in a host's directory; made, for its owner only, when missing."""
    return StateFile(root / FILE, _MIGRATIONS)


def _state(row: sqlite3.Row) -> State:
    return State(stored_time(row["checked_at"]), Verdict(row["state"]), row["detail"])


_NOTE: Final = """
INSERT INTO checks (repo, completion, evidence, due_at) VALUES (?, ?, ?, ?)
ON CONFLICT (repo, completion) DO UPDATE
SET evidence = excluded.evidence, due_at = excluded.due_at, times = 0,
    state = 'unchecked', detail = '', checked_at = NULL
WHERE evidence <> excluded.evidence
"""
_DUE: Final = "SELECT * FROM checks WHERE due_at <= ? ORDER BY due_at, repo, completion LIMIT ?"
_RECORD: Final = """
UPDATE checks SET state = ?, detail = ?, checked_at = ?, due_at = ?, times = times + 1
WHERE repo = ? AND completion = ? AND times = ? AND evidence = ?
"""
_STATE: Final = """
SELECT * FROM checks WHERE repo = ? AND completion = ? AND checked_at IS NOT NULL
"""
