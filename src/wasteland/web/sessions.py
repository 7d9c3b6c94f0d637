"""
Who is signed in, in which browser.

A browser holds 256 random bits; kept is their digest alone. A session ends when it is signed out,
after half an hour of silence, after a day, with what it began with, and with the hub.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from ..hosts.state.file import Migrations, StateFile, stored_time
from ..hub.proofs import Means, Proof
from ..hub.tokens import digest
from ..protocol.lean import dataclass
from ..protocol.records import write_time

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=24)
_FILE: Final = "sessions.db"
_NOTED_EVERY: Final = timedelta(minutes=1)
_AGENT_LIMIT: Final = 200

_MIGRATIONS: Final[Migrations] = (
    (
        """
        CREATE TABLE sessions (
            digest TEXT PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            account TEXT NOT NULL COLLATE NOCASE,
            token_id TEXT NOT NULL,
            over_tls INTEGER NOT NULL,
            agent TEXT NOT NULL,
            began_at TEXT NOT NULL,
            seen_at TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX sessions_account ON sessions (account, began_at)",
    ),
    (
        "ALTER TABLE sessions RENAME COLUMN token_id TO proof",
        "ALTER TABLE sessions ADD COLUMN means TEXT NOT NULL DEFAULT 'token'",
    ),
)


@dataclass(frozen=True, slots=True)
class Session:
    """
    One browser that is signed in.

    Attributes:
        id: Names it in lists; opens nothing.
        proof: What it began with, and ends with.
        over_tls: Whether it began over TLS; it is known nowhere else then.
        agent: What the browser said of itself.
        seen_at: The last request, to the minute.
    """

    id: str
    proof: Proof
    over_tls: bool
    agent: str
    began_at: datetime
    seen_at: datetime

    @property
    def account(self) -> str:
        """Who is signed in."""
        return self.proof.account


class Sessions:
    """The table of sessions."""

    def __init__(self, root: Path, clock: Callable[[], datetime]) -> None:
        self._file = StateFile(root / _FILE, _MIGRATIONS)
        self._clock = clock

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def begin(
        self, proof: Proof, *, over_tls: bool = False, agent: str = ""
    ) -> tuple[Session, str]:
        """Return a new session and its secret, which is not kept."""
        secret = secrets.token_urlsafe(32)
        now = self._clock()
        begun = Session(secrets.token_hex(8), proof, over_tls, agent[:_AGENT_LIMIT], now, now)
        self._forget_ended(now)
        self._file.write(
            "INSERT INTO sessions (digest, id, account, means, proof, over_tls, agent, began_at, "
            "seen_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                digest(secret),
                begun.id,
                proof.account,
                proof.means.value,
                proof.id,
                over_tls,
                begun.agent,
                write_time(now),
                write_time(now),
            ),
        )
        return begun, secret

    def find(self, secret: str, *, over_tls: bool = False, is_seen: bool = True) -> Session | None:
        """
        Return the session that a browser's secret opens, or None.

        Args:
            is_seen: Whether its holder does something now, which is noted.
        """
        sql = "SELECT * FROM sessions WHERE digest = ? AND over_tls = ?"
        rows = self._file.read(sql, (digest(secret), over_tls))
        now = self._clock()
        found = _session(rows[0]) if rows else None
        if found is None or now - found.seen_at >= IDLE or now - found.began_at >= LONGEST:
            return None
        if is_seen and now - found.seen_at >= _NOTED_EVERY:
            sql = "UPDATE sessions SET seen_at = ? WHERE digest = ?"
            self._file.write(sql, (write_time(now), digest(secret)))
        return found

    def of_account(self, account: str) -> list[Session]:
        """Return an account's sessions that have not ended, newest first."""
        self._forget_ended(self._clock())
        sql = "SELECT * FROM sessions WHERE account = ? ORDER BY began_at DESC, id"
        return [_session(row) for row in self._file.read(sql, (account,))]

    def end(self, account: str, session_id: str) -> bool:
        """End one session of an account now; return whether there was one."""
        sql = "DELETE FROM sessions WHERE account = ? AND id = ?"
        return self._file.write(sql, (account, session_id)) > 0

    def end_others(self, account: str, session_id: str) -> int:
        """End all sessions of an account but one; return how many."""
        sql = "DELETE FROM sessions WHERE account = ? AND id <> ?"
        return self._file.write(sql, (account, session_id))

    def end_all(self) -> None:
        """End every session: a hub that starts knows nobody."""
        self._file.write("DELETE FROM sessions")

    def _forget_ended(self, now: datetime) -> None:
        self._file.write(
            "DELETE FROM sessions WHERE seen_at <= ? OR began_at <= ?",
            (write_time(now - IDLE), write_time(now - LONGEST)),
        )


def _session(row: sqlite3.Row) -> Session:
    return Session(
        id=row["id"],
        proof=Proof(row["account"], Means(row["means"]), row["proof"]),
        over_tls=bool(row["over_tls"]),
        agent=row["agent"],
        began_at=stored_time(row["began_at"]),
        seen_at=stored_time(row["seen_at"]),
    )
