"""
Webhooks and their deliveries: one SQLite file that its owner alone may read.

It holds the secrets, since signing needs them; they leave it only as part of an ``Errand``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from ...hosts.base import RepoName
from ...hosts.state.file import Migrations, StateFile, stored_time
from ...protocol.lean import dataclass
from ...protocol.records import write_time
from .events import EventName

_MIGRATIONS: Final[Migrations] = (
    (
        """
        CREATE TABLE hooks (
            id TEXT PRIMARY KEY,
            repo TEXT NOT NULL,
            url TEXT NOT NULL,
            events TEXT NOT NULL,
            secret TEXT NOT NULL,
            account TEXT NOT NULL,
            created_at TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX hooks_repo ON hooks (repo, created_at, id)",
        """
        CREATE TABLE deliveries (
            serial INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            hook TEXT NOT NULL REFERENCES hooks (id) ON DELETE CASCADE,
            event TEXT NOT NULL,
            body BLOB NOT NULL,
            state TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            created_at TEXT NOT NULL,
            due_at TEXT NOT NULL,
            status INTEGER NOT NULL DEFAULT 0,
            error TEXT NOT NULL DEFAULT ''
        ) STRICT
        """,
        "CREATE INDEX deliveries_due ON deliveries (due_at, serial) WHERE state = 'waiting'",
        "CREATE INDEX deliveries_hook ON deliveries (hook, state, serial)",
    ),
    ("CREATE TABLE told (repo TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT",),
)


class DeliveryState(StrEnum):
    """How a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"  # given up; somebody may send it again by hand


@dataclass(frozen=True, slots=True)
class Hook:
    """
    A webhook, without its secret.

    Attributes:
        url: May be a secret itself; ``place`` is what to show.
        place: Scheme and host.
        events: What it is told.
        account: Who set it up.
    """

    id: str
    repo: RepoName
    url: str = field(repr=False)
    events: frozenset[EventName]
    account: str
    created_at: datetime

    @property
    def place(self) -> str:
        """Scheme and host of its address."""
        return "/".join(self.url.split("/")[:3])


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    One event on its way to one webhook.

    Attributes:
        due_at: When it is tried next, while it waits.
        status: What the receiver answered last; 0 for nothing.
        error: Why the last attempt failed; "" if it did not.
    """

    serial: int
    id: str
    hook_id: str
    event: str
    body: bytes
    state: DeliveryState
    attempts: int
    created_at: datetime
    due_at: datetime
    status: int
    error: str


@dataclass(frozen=True, slots=True)
class Errand:
    """A delivery that one thread has taken on, with what it needs."""

    delivery: Delivery
    url: str = field(repr=False)
    secret: str = field(repr=False)


class Store:
    """The tables; which steps are taken when is decided above."""

    def __init__(self, path: Path) -> None:
        self._file = StateFile(path, _MIGRATIONS)

    def close(self) -> None:
        """Close the file; using it afterwards opens it again."""
        self._file.close()

    def add_hook(self, hook: Hook, secret: str) -> None:
        """Keep a new webhook."""
        row = (
            hook.id,
            str(hook.repo),
            hook.url,
            ",".join(sorted(hook.events)),
            secret,
            hook.account,
            write_time(hook.created_at),
        )
        self._file.write("INSERT INTO hooks VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def hooks(self, repo: RepoName) -> Sequence[Hook]:
        """Return the webhooks of a repository, oldest first."""
        return [_hook(row) for row in self._file.read(_HOOKS, (str(repo),))]

    def set_secret(self, hook: Hook, secret: str) -> None:
        """Replace a webhook's secret."""
        self._file.write("UPDATE hooks SET secret = ? WHERE id = ?", (secret, hook.id))

    def drop_hook(self, hook: Hook) -> None:
        """Drop a webhook with its deliveries."""
        self._file.write("DELETE FROM hooks WHERE id = ?", (hook.id,))

    def drop_repo(self, repo: RepoName) -> None:
        """Drop the webhooks of a repository, and what they were told."""
        with self._file.transaction() as connection:
            for table in ("hooks", "told"):
                connection.execute(f"DELETE FROM {table} WHERE repo = ?", (str(repo),))

    def repositories(self) -> Sequence[RepoName]:
        """Return the repositories that have webhooks, by name."""
        rows = self._file.read("SELECT DISTINCT repo FROM hooks ORDER BY repo")
        return [RepoName.parse(row["repo"]) for row in rows]

    def told(self, repo: RepoName) -> str | None:
        """Return up to what the webhooks of a repository were told; None for nothing yet."""
        rows = self._file.read("SELECT state FROM told WHERE repo = ?", (str(repo),))
        return rows[0]["state"] if rows else None

    def tell(
        self, repo: RepoName, deliveries: Sequence[Delivery], *, before: str | None, after: str
    ) -> bool:
        """
        Queue deliveries and keep that all was told up to *after*.

        Returns:
            False, and nothing is done, if somebody else has told more than *before*.
        """
        with self._file.transaction() as connection:
            row = connection.execute(_TOLD, (str(repo),)).fetchone()
            if (row["state"] if row else None) != before:
                return False
            connection.execute("INSERT OR REPLACE INTO told VALUES (?, ?)", (str(repo), after))
            _queue(connection, deliveries)
        return True

    def add_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Queue deliveries, all or none."""
        with self._file.transaction() as connection:
            _queue(connection, deliveries)

    def count(self, hook: Hook, state: DeliveryState) -> int:
        """Return how many of a webhook's deliveries stand so."""
        return int(self._file.read(_COUNT, (hook.id, state.value))[0][0])

    def deliveries(self, hook: Hook, state: DeliveryState | None, limit: int) -> Sequence[Delivery]:
        """Return a webhook's deliveries, newest first."""
        bound = {"hook": hook.id, "state": state and state.value, "limit": limit}
        return [_delivery(row) for row in self._file.read(_DELIVERIES, bound)]

    def due(self, now: datetime, *, each: int) -> Sequence[Delivery]:
        """Return what is to be sent by *now*, webhook by webhook, the oldest *each* of them."""
        return [_delivery(row) for row in self._file.read(_DUE, (write_time(now), each))]

    def take(self, delivery: Delivery, until: datetime) -> Errand | None:
        """
        Take a delivery on, so that nobody else tries it before *until*.

        Returns:
            None if somebody else was quicker, or it is gone.
        """
        bound = (write_time(until), delivery.serial, delivery.attempts)
        with self._file.transaction() as connection:
            if not connection.execute(_TAKE, bound).rowcount:
                return None
            row = connection.execute(_ERRAND, (delivery.serial,)).fetchone()
        return Errand(_delivery(row), row["url"], row["secret"])

    def settle(
        self,
        delivery: Delivery,
        state: DeliveryState,
        *,
        due_at: datetime,
        status: int = 0,
        error: str = "",
    ) -> None:
        """Record how a delivery stands now."""
        bound = (state.value, write_time(due_at), status, error, delivery.serial)
        self._file.write(_SETTLE, bound)

    def postpone(self, hook_id: str, until: datetime) -> None:
        """Let nothing be sent to a webhook before *until*."""
        self._file.write(_POSTPONE, {"hook": hook_id, "until": write_time(until)})

    def revive(self, hook: Hook, delivery_id: str, now: datetime) -> bool:
        """Let a delivery begin anew; return whether the webhook has it and it does not wait."""
        return bool(self._file.write(_REVIVE, (write_time(now), hook.id, delivery_id)))

    def prune(self, before: datetime) -> int:
        """Drop what was settled and is older than *before*; return how many."""
        return self._file.write(_PRUNE, (write_time(before),))


def _queue(connection: sqlite3.Connection, deliveries: Sequence[Delivery]) -> None:
    rows = [
        (
            d.id,
            d.hook_id,
            d.event,
            d.body,
            d.state.value,
            write_time(d.created_at),
            write_time(d.due_at),
            d.error,
        )
        for d in deliveries
    ]
    connection.executemany(_ADD_DELIVERY, rows)


def _hook(row: sqlite3.Row) -> Hook:
    return Hook(
        id=row["id"],
        repo=RepoName.parse(row["repo"]),
        url=row["url"],
        events=frozenset(EventName(name) for name in row["events"].split(",")),
        account=row["account"],
        created_at=stored_time(row["created_at"]),
    )


def _delivery(row: sqlite3.Row) -> Delivery:
    return Delivery(
        serial=row["serial"],
        id=row["id"],
        hook_id=row["hook"],
        event=row["event"],
        body=row["body"],
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        created_at=stored_time(row["created_at"]),
        due_at=stored_time(row["due_at"]),
        status=row["status"],
        error=row["error"],
    )


_HOOKS: Final = "SELECT * FROM hooks WHERE repo = ? ORDER BY created_at, id"
_TOLD: Final = "SELECT state FROM told WHERE repo = ?"
_ADD_DELIVERY: Final = """
INSERT INTO deliveries (id, hook, event, body, state, created_at, due_at, error)
SELECT ?1, id, ?3, ?4, ?5, ?6, ?7, ?8 FROM hooks WHERE id = ?2
"""
_COUNT: Final = "SELECT COUNT(*) FROM deliveries WHERE hook = ? AND state = ?"
_DELIVERIES: Final = """
SELECT * FROM deliveries WHERE hook = :hook AND (:state IS NULL OR state = :state)
ORDER BY serial DESC LIMIT :limit
"""
_DUE: Final = """
SELECT * FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY hook ORDER BY serial) AS place
    FROM deliveries WHERE state = 'waiting' AND due_at <= ?
) WHERE place <= ? ORDER BY hook, serial
"""
_TAKE: Final = """
UPDATE deliveries SET attempts = attempts + 1, due_at = ?
WHERE serial = ? AND attempts = ? AND state = 'waiting'
"""
_ERRAND: Final = """
SELECT deliveries.*, hooks.url, hooks.secret FROM deliveries JOIN hooks ON hooks.id = hook
WHERE serial = ?
"""
_SETTLE: Final = (
    "UPDATE deliveries SET state = ?, due_at = ?, status = ?, error = ? WHERE serial = ?"
)
_POSTPONE: Final = """
UPDATE deliveries SET due_at = :until
WHERE hook = :hook AND state = 'waiting' AND due_at < :until
"""
_REVIVE: Final = """
UPDATE deliveries SET state = 'waiting', attempts = 0, due_at = ?, status = 0, error = ''
WHERE hook = ? AND id = ? AND state <> 'waiting'
"""
_PRUNE: Final = "DELETE FROM deliveries WHERE state <> 'waiting' AND created_at < ?"
