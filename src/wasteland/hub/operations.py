"""
Operations as DoltHub's clients know them: started, polled, listed.

The work itself is done before we answer; the record is what a client polls for.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from ..hosts.base import RepoName
from ..hosts.state.file import StateFile, stored_time
from ..protocol.errors import NotFound, WastelandError
from ..protocol.lean import dataclass
from ..protocol.records import write_time
from .errors import told
from .tokens import redacted

PAGE: Final = 15
KEPT: Final = timedelta(days=90)
"""How long an operation can be looked up after it ended."""
_UNFORESEEN: Final = "The hub failed at this request."


class Kind(StrEnum):
    """What an operation does."""

    SQL_WRITE = "sql_write"
    MERGE = "merge"
    FORK = "fork"
    IMPORT = "import"


class State(StrEnum):
    """How an operation stands."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Job:
    """
    One operation.

    Attributes:
        id: Opaque; letters, digits and hyphens.
        details: Names of repositories and branches, the SQL.
        result: What its kind answers, once it succeeded.
        error: One sentence, once it failed.
    """

    serial: int
    id: str
    account: str
    repo: RepoName
    kind: Kind
    description: str
    details: Mapping[str, str]
    state: State
    result: Mapping[str, Any]
    error: str
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class Running:
    """
    An operation that runs.

    Attributes:
        result: What it answers; set before it ends.
    """

    id: str
    result: Mapping[str, Any] = field(default_factory=dict)


class Jobs:
    """The table of operations."""

    def __init__(self, file: StateFile, clock: Callable[[], datetime]) -> None:
        self._file = file
        self._clock = clock

    @contextmanager
    def run(
        self,
        kind: Kind,
        *,
        account: str,
        repo: RepoName,
        description: str,
        details: Mapping[str, str],
    ) -> Iterator[Running]:
        """Record that a ``with`` block is an operation, and how it ends: any error fails it."""
        job = Running(self._begin(kind, account, repo, description, details))
        try:
            yield job
        except BaseException as error:
            message = told(error) if isinstance(error, WastelandError) else _UNFORESEEN
            self._end(job.id, State.FAILED, {}, message)
            raise
        self._end(job.id, State.SUCCEEDED, job.result, "")

    def _begin(
        self,
        kind: Kind,
        account: str,
        repo: RepoName,
        description: str,
        details: Mapping[str, str],
    ) -> str:
        job_id = secrets.token_hex(16)
        now = write_time(self._clock())
        self._file.write(
            "INSERT INTO operations (id, account, repo, kind, description, details, state, "
            "created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                job_id,
                account,
                str(repo),
                kind.value,
                redacted(description),
                json.dumps({name: redacted(value) for name, value in details.items()}),
                State.RUNNING.value,
                now,
                now,
            ),
        )
        return job_id

    def find(self, job_id: str, *, account: str) -> Job:
        """
        Return one of an account's operations.

        Raises:
            NotFound: It has none of that id.
        """
        rows = self._file.read(
            "SELECT * FROM operations WHERE id = ? AND account = ?", (job_id, account)
        )
        if not rows:
            raise NotFound("no such operation", hint="list your operations")
        return _job(rows[0])

    def of_account(
        self, account: str, *, kind: Kind | None = None, before: int | None = None
    ) -> Sequence[Job]:
        """Return an account's operations, newest first, a page and one more."""
        return self._page("account = :whose", account, kind, before)

    def of_repo(self, repo: RepoName, *, before: int | None = None) -> Sequence[Job]:
        """Return a repository's operations, newest first, a page and one more."""
        return self._page("repo = :whose", str(repo), None, before)

    def abandon_running(self) -> int:
        """Record as failed what ran when a hub before this one died; return how many."""
        sql = "UPDATE operations SET state = ?, error = ?, updated_at = ? WHERE state = ?"
        died = "The hub was stopped; whether the work was done shows its branch."
        now = write_time(self._clock())
        return self._file.write(sql, (State.FAILED.value, died, now, State.RUNNING.value))

    def prune(self) -> int:
        """Forget what ended long ago; return how many operations that were."""
        sql = "DELETE FROM operations WHERE updated_at < ? AND state <> ?"
        old = write_time(self._clock() - KEPT)
        return self._file.write(sql, (old, State.RUNNING.value))

    def _end(self, job_id: str, state: State, result: Mapping[str, Any], error: str) -> None:
        self._file.write(
            "UPDATE operations SET state = ?, result = ?, error = ?, updated_at = ? WHERE id = ?",
            (state.value, json.dumps(dict(result)), error, write_time(self._clock()), job_id),
        )

    def _page(
        self, condition: str, whose: str, kind: Kind | None, before: int | None
    ) -> Sequence[Job]:
        rows = self._file.read(
            f"SELECT * FROM operations WHERE {condition} AND (:kind IS NULL OR kind = :kind) "
            "AND (:before IS NULL OR serial < :before) ORDER BY serial DESC LIMIT :limit",
            {
                "whose": whose,
                "kind": kind.value if kind else None,
                "before": before,
                "limit": PAGE + 1,
            },
        )
        return [_job(row) for row in rows]


def _job(row: sqlite3.Row) -> Job:
    return Job(
        serial=row["serial"],
        id=row["id"],
        account=row["account"],
        repo=RepoName.parse(row["repo"]),
        kind=Kind(row["kind"]),
        description=row["description"],
        details=json.loads(row["details"]),
        state=State(row["state"]),
        result=json.loads(row["result"]),
        error=row["error"],
        created_at=stored_time(row["created_at"]),
        updated_at=stored_time(row["updated_at"]),
    )
