"""Notifications, who has read which, and how far each repository was told of: one SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from ...hosts.base import RepoName
from ...hosts.state.file import Migrations, StateFile, stored_time
from ...protocol.records import read_time, write_time
from ..callers import Caller
from .records import Kind, Notification

KEPT_FOR: Final = timedelta(days=180)
_FILE: Final = "notifications.db"

_MIGRATIONS: Final[Migrations] = (
    (
        """
        CREATE TABLE notifications (
            serial INTEGER PRIMARY KEY AUTOINCREMENT,
            repo TEXT NOT NULL,
            key TEXT NOT NULL,
            recipient TEXT NOT NULL,
            rig TEXT NOT NULL,
            kind TEXT NOT NULL,
            at TEXT NOT NULL,
            item TEXT NOT NULL,
            title TEXT NOT NULL,
            pull TEXT NOT NULL,
            actor TEXT NOT NULL,
            reason TEXT NOT NULL,
            stamp TEXT NOT NULL,
            until TEXT,
            UNIQUE (repo, key, rig)
        ) STRICT
        """,
        "CREATE INDEX notifications_recipient ON notifications (recipient, repo, serial)",
        "CREATE INDEX notifications_age ON notifications (at)",
        """
        CREATE TABLE seen (
            account TEXT NOT NULL,
            serial INTEGER NOT NULL REFERENCES notifications (serial) ON DELETE CASCADE,
            PRIMARY KEY (account, serial)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX seen_serial ON seen (serial)",
        "CREATE TABLE told (repo TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT",
        """
        CREATE TABLE digests (
            account TEXT PRIMARY KEY,
            token TEXT NOT NULL UNIQUE,
            sent_at TEXT,
            serial INTEGER NOT NULL DEFAULT 0
        ) STRICT
        """,
    ),
)
_INSERT: Final = (
    "INSERT OR IGNORE INTO notifications (repo, key, recipient, rig, kind, at, item, title, pull, "
    "actor, reason, stamp, until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
# Of these the WHERE names what is given alone.
_OF: Final = {
    "spaces": "recipient IN (SELECT value FROM json_each(:spaces))",
    "repo": "repo = :repo",
    "rig": "rig = :rig",
    "before": "n.serial < :before",
    "after": "n.serial > :after",
    "unread": "s.serial IS NULL",
}
_FROM: Final = (
    "FROM notifications AS n LEFT JOIN seen AS s ON s.serial = n.serial AND s.account = :account "
    "WHERE {}"
)


class Notifications:
    """The file of notifications."""

    def __init__(self, root: Path) -> None:
        self.file = StateFile(root / _FILE, _MIGRATIONS)

    def close(self) -> None:
        """Close the file; using it afterwards opens it again."""
        self.file.close()

    # --- what was told

    def told(self, repo: RepoName) -> str | None:
        """Return how far a repository was told of, as ``tell`` kept it; None for not at all."""
        rows = self.file.read("SELECT state FROM told WHERE repo = ?", (str(repo),))
        return rows[0]["state"] if rows else None

    def tell(
        self, repo: RepoName, found: Sequence[Notification], *, before: str | None, after: str
    ) -> bool:
        """
        Keep notifications together with how far they tell of a repository.

        Returns:
            Whether that was done: False where it was told beyond *before* meanwhile.
        """
        with self.file.transaction() as connection:
            row = connection.execute("SELECT state FROM told WHERE repo = ?", (str(repo),))
            known = row.fetchone()
            if (known["state"] if known else None) != before:
                return False
            connection.execute("INSERT OR REPLACE INTO told VALUES (?, ?)", (str(repo), after))
            connection.executemany(_INSERT, [_row(each) for each in found])
        return True

    def add(self, found: Sequence[Notification]) -> None:
        """Keep notifications that no commit tells of; those that are known stay as they are."""
        with self.file.transaction() as connection:
            connection.executemany(_INSERT, [_row(each) for each in found])

    # --- who reads what

    def of(
        self,
        caller: Caller,
        repo: RepoName | None = None,
        *,
        is_unread: bool = False,
        before: int | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> list[Notification]:
        """
        Return what *caller* is told, newest first.

        Args:
            repo: Of one repository; None for all.
            is_unread: Only what its account has not read.
            before: Only those with a smaller serial; ``after`` with a greater one.
        """
        given = _given(caller, repo, is_unread=is_unread, before=before, after=after)
        sql = f"SELECT n.*, s.serial AS seen {_where(given)} ORDER BY n.serial DESC LIMIT :limit"
        return [_notification(row) for row in self.file.read(sql, {**given, "limit": limit})]

    def count_unread(self, caller: Caller, repo: RepoName | None = None) -> int:
        """Return how much *caller* is told that its account has not read."""
        if not caller.account:
            return 0
        given = _given(caller, repo, is_unread=True)
        return int(self.file.read(f"SELECT count(*) {_where(given)}", given)[0][0])

    def read(
        self,
        caller: Caller,
        repo: RepoName | None = None,
        *,
        serials: Collection[int] | None = None,
        is_read: bool = True,
    ) -> int:
        """
        Note that *caller*'s account has read notifications of its own, or has not.

        Args:
            serials: Which; None for all.
        Returns:
            How many were not as they are now.
        """
        caller.need_account()
        given = _given(caller, repo, is_unread=is_read)
        where = _where(given)
        if serials is not None:
            where += " AND n.serial IN (SELECT value FROM json_each(:serials))"
            given["serials"] = json.dumps(sorted(serials))
        own = f"SELECT n.serial {where}"
        if is_read:
            return self.file.write(f"INSERT INTO seen SELECT :account, serial FROM ({own})", given)
        sql = f"DELETE FROM seen WHERE account = :account AND serial IN ({own})"
        return self.file.write(sql, given)

    def prune(self, now: datetime) -> None:
        """Forget what is half a year old."""
        self.file.write("DELETE FROM notifications WHERE at < ?", (write_time(now - KEPT_FOR),))


def _given(
    caller: Caller,
    repo: RepoName | None,
    *,
    is_unread: bool = False,
    before: int | None = None,
    after: int | None = None,
) -> dict[str, object]:
    """Return the values of a question, of those conditions alone that it has."""
    given = {
        "spaces": json.dumps(sorted(caller.namespaces)),
        "repo": str(repo) if repo else None,
        "rig": caller.rig or None,
        "before": before,
        "after": after,
        "unread": is_unread or None,
    }
    found: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    return {"account": caller.account.casefold(), **found}


def _where(given: dict[str, object]) -> str:
    return _FROM.format(" AND ".join(_OF[name] for name in given if name in _OF))


def _row(told: Notification) -> tuple[object, ...]:
    return (
        str(told.repo),
        told.key,
        told.recipient,
        told.rig,
        told.kind.value,
        write_time(told.at),
        told.item,
        told.title,
        told.pull,
        told.by,
        told.reason,
        told.stamp,
        write_time(told.until),
    )


def _notification(row: sqlite3.Row) -> Notification:
    return Notification(
        key=row["key"],
        repo=RepoName.parse(row["repo"]),
        recipient=row["recipient"],
        rig=row["rig"],
        kind=Kind(row["kind"]),
        at=stored_time(row["at"]),
        item=row["item"],
        title=row["title"],
        pull=row["pull"],
        by=row["actor"],
        reason=row["reason"],
        stamp=row["stamp"],
        until=read_time(row["until"]),
        serial=row["serial"],
        is_read=row["seen"] is not None,
    )
