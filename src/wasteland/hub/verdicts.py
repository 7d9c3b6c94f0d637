"""What the gate and reviewers said about pull requests: the last verdict, approvals, requests."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from ..hosts.base import PullRequest, RepoName
from ..hosts.state.file import StateFile, stored_time
from ..protocol.lean import dataclass
from ..protocol.records import write_time


class Opinion(StrEnum):
    """What a reviewer says."""

    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    What the gate said about a pull request.

    Attributes:
        head: The commit that was judged.
        reasons: Why not: code, message, hint, table and key each.
    """

    head: str
    allowed: bool
    reasons: Sequence[Mapping[str, Any]]
    at: datetime


@dataclass(frozen=True, slots=True)
class Opined:
    """
    One reviewer's opinion.

    Attributes:
        head: The commit that was reviewed.
        rig: Whose opinion; the account where it has no rig.
    """

    head: str
    account: str
    rig: str
    opinion: Opinion
    body: str
    at: datetime


class Verdicts:
    """The tables of verdicts and reviews."""

    def __init__(self, file: StateFile, clock: Callable[[], datetime]) -> None:
        self._file = file
        self._clock = clock

    def keep(
        self, pull: PullRequest, *, allowed: bool, reasons: Sequence[Mapping[str, Any]]
    ) -> None:
        """Keep the newest verdict on a pull request."""
        self._file.write(
            "INSERT OR REPLACE INTO verdicts (repo, pull, head, allowed, reasons, at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (
                str(pull.repo),
                pull.id,
                pull.head,
                allowed,
                json.dumps([dict(reason) for reason in reasons], default=str),
                write_time(self._clock()),
            ),
        )

    def find(self, repo: RepoName, pull_id: str) -> Verdict | None:
        """Return the newest verdict, None if none was given."""
        sql = "SELECT * FROM verdicts WHERE repo = ? AND pull = ?"
        rows = self._file.read(sql, (str(repo), pull_id))
        if not rows:
            return None
        row = rows[0]
        return Verdict(
            head=row["head"],
            allowed=bool(row["allowed"]),
            reasons=json.loads(row["reasons"]),
            at=stored_time(row["at"]),
        )

    def opine(
        self, pull: PullRequest, opinion: Opinion, *, account: str, rig: str, body: str
    ) -> Opined:
        """Keep a reviewer's opinion."""
        now = self._clock()
        self._file.write(
            "INSERT INTO reviews (repo, pull, head, account, rig, verdict, body, at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                str(pull.repo),
                pull.id,
                pull.head,
                account,
                rig,
                opinion.value,
                body,
                write_time(now),
            ),
        )
        return Opined(pull.head, account, rig, opinion, body, now)

    def reviewed(self, repo: RepoName, opinions: Collection[Opinion]) -> set[str]:
        """Return the pull requests that somebody has one of *opinions* of."""
        sql = "SELECT DISTINCT pull FROM reviews WHERE repo = ? AND verdict = ?"
        found = [self._file.read(sql, (str(repo), opinion.value)) for opinion in opinions]
        return {row["pull"] for rows in found for row in rows}

    def opinions(self, repo: RepoName, pull_id: str) -> Sequence[Opined]:
        """Return the reviewers' opinions, oldest first."""
        rows = self._file.read(
            "SELECT * FROM reviews WHERE repo = ? AND pull = ? ORDER BY id", (str(repo), pull_id)
        )
        return [_opined(row) for row in rows]

    def opinions_after(self, repo: RepoName, serial: int) -> list[tuple[int, str, Opined]]:
        """Return serial, pull request and opinion of those after *serial*, oldest first."""
        sql = "SELECT * FROM reviews WHERE id > ? AND repo = ? ORDER BY id LIMIT 500"
        rows = self._file.read(sql, (serial, str(repo)))
        return [(row["id"], row["pull"], _opined(row)) for row in rows]


def _opined(row: sqlite3.Row) -> Opined:
    return Opined(
        head=row["head"],
        account=row["account"],
        rig=row["rig"],
        opinion=Opinion(row["verdict"]),
        body=row["body"],
        at=stored_time(row["at"]),
    )
