"""The operation journal, and leases that were renewed without a commit."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from ...protocol.errors import Conflict
from ...protocol.records import write_time
from ..base import Operation, RepoName
from .file import StateFile, stored_time
from .mirrors import Mirrors

# By its receipts, of which each names the pull request that it was about.
_ABOUT_PULL: Final = """
    SELECT * FROM (SELECT * FROM operations WHERE repo = ? ORDER BY serial DESC LIMIT 1000)
    WHERE json_extract(receipt, '$.pull') = ?
        AND json_extract(receipt, '$.operation') IN ('reject', 'close', 'accept', 'undo', 'decline')
    ORDER BY serial DESC LIMIT 1
"""


class Journal:
    """The tables of operations and renewals."""

    def __init__(self, file: StateFile) -> None:
        self._file = file

    def find(self, repo: RepoName, op_id: str) -> Operation | None:
        """Return one operation, None if it never began."""
        sql = "SELECT * FROM operations WHERE repo = ? AND id = ?"
        rows = self._file.read(sql, (str(repo), op_id))
        return _operation(rows[0]) if rows else None

    def begin(self, repo: RepoName, op_id: str, *, actor: str, digest: str, at: datetime) -> None:
        """
        Record an operation; beginning the same one again changes nothing.

        Raises:
            Conflict: The id stands for another request, or for somebody else's.
            Unsupported: The repository is a mirror.
        """
        Mirrors(self._file).refuse_writes(repo)
        began = self._file.write(
            "INSERT OR IGNORE INTO operations (repo, id, actor, digest, started_at) "
            "VALUES (?, ?, ?, ?, ?)",
            (str(repo), op_id, actor, digest, write_time(at)),
        )
        if began:
            return
        known = self.find(repo, op_id)
        if known is None or (known.actor, known.digest) != (actor, digest):
            raise Conflict(
                f"Operation id {op_id} is already used for another request.",
                hint="repeat the command without --op-id",
                op_id=op_id,
            )

    def finish(self, repo: RepoName, op_id: str, receipt: Mapping[str, Any]) -> None:
        """Record the receipt; the first one stays."""
        self._file.write(
            "UPDATE operations SET receipt = ? WHERE repo = ? AND id = ? AND receipt IS NULL",
            (json.dumps(receipt, ensure_ascii=False), str(repo), op_id),
        )

    def abandon(self, repo: RepoName, op_id: str) -> None:
        """Forget an operation; one that has its receipt stays."""
        self._file.write(
            "DELETE FROM operations WHERE repo = ? AND id = ? AND receipt IS NULL",
            (str(repo), op_id),
        )

    def of_actor(self, repo: RepoName, actor: str, limit: int) -> list[Operation]:
        """Return *actor*'s operations, newest first."""
        sql = "SELECT * FROM operations WHERE repo = ? AND actor = ? ORDER BY serial DESC LIMIT ?"
        return [_operation(row) for row in self._file.read(sql, (str(repo), actor, limit))]

    def about_pull(self, repo: RepoName, pull_id: str) -> Operation | None:
        """Return the newest operation that ended a pull request, among the last of a repository."""
        rows = self._file.read(_ABOUT_PULL, (str(repo), pull_id))
        return _operation(rows[0]) if rows else None

    def unfinished(self, repo: RepoName) -> list[Operation]:
        """Return the operations without a receipt, oldest first."""
        sql = "SELECT * FROM operations WHERE repo = ? AND receipt IS NULL ORDER BY serial"
        return [_operation(row) for row in self._file.read(sql, (str(repo),))]

    def renew(
        self, repo: RepoName, wanted_id: str, token: str, until: datetime, *, at: datetime
    ) -> None:
        """Record that a lease holds until *until*, never shorter than it did; forget past ones."""
        with self._file.transaction() as connection:
            connection.execute(
                "DELETE FROM renewals WHERE repo = ? AND until < ?", (str(repo), write_time(at))
            )
            connection.execute(
                """
                INSERT INTO renewals (repo, wanted_id, token, until) VALUES (?, ?, ?, ?)
                ON CONFLICT (repo, wanted_id) DO UPDATE SET
                    until = CASE WHEN token = excluded.token
                                 THEN max(until, excluded.until) ELSE excluded.until END,
                    token = excluded.token
                """,
                (str(repo), wanted_id, token, write_time(until)),
            )

    def renewals(self, repo: RepoName) -> dict[str, tuple[str, datetime]]:
        """Return wanted id -> (token, renewed until)."""
        sql = "SELECT * FROM renewals WHERE repo = ? ORDER BY wanted_id"
        rows = self._file.read(sql, (str(repo),))
        return {row["wanted_id"]: (row["token"], stored_time(row["until"])) for row in rows}


def _operation(row: sqlite3.Row) -> Operation:
    receipt = row["receipt"]
    return Operation(
        id=row["id"],
        actor=row["actor"],
        digest=row["digest"],
        receipt=None if receipt is None else json.loads(receipt),
        started_at=stored_time(row["started_at"]),
    )
