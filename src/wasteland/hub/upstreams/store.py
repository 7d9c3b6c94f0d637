"""
Connections to upstreams: one SQLite file that its owner alone may read, tokens sealed.

A token leaves it only through ``Connections.token``, as a ``Secret`` for the header that carries
it; records, lists and errors never hold it.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from ...engines.dolthub.secret import Secret
from ...hosts.base import RepoName
from ...hosts.state.file import StateFile
from ...protocol.errors import Conflict, Invalid, LimitReached, NotFound, Tampered
from ...protocol.records import write_time
from ..vault import Vault
from .rows import MIGRATIONS, Connection, connection_in, insert, purpose, purpose_of, sealed_in

FILE: Final = "upstreams.db"
JOURNALS: Final = ".upstreams"
"""The folder of what was sent to each."""
MOST: Final = 50
"""Connections of an account."""


class Connections:
    """The table of connections."""

    def __init__(self, root: Path, vault: Vault, clock: Callable[[], datetime]) -> None:
        self._file = StateFile(root / FILE, MIGRATIONS)
        self._vault = vault
        self._clock = clock

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def of_account(self, account: str) -> list[Connection]:
        """Return an account's connections, by name."""
        sql = "SELECT * FROM connections WHERE account = ? ORDER BY repo, id"
        return [connection_in(row) for row in self._file.read(sql, (account,))]

    def at(self, account: str, repo: RepoName) -> Connection | None:
        """Return an account's connection to the upstream that is called *repo*, or None."""
        sql = "SELECT * FROM connections WHERE account = ? AND repo = ?"
        rows = self._file.read(sql, (account, str(repo)))
        return connection_in(rows[0]) if rows else None

    def find(self, account: str, connection_id: str) -> Connection:
        """
        Return one connection of an account.

        Raises:
            NotFound: It has none of that id.
        """
        return connection_in(self._row(account, connection_id))

    def token(self, connection: Connection) -> Secret:
        """
        Return the token of a connection.

        Raises:
            Invalid: What is stored cannot be opened any more; the token must be stored anew.
        """
        row = self._row(connection.account, connection.id)
        try:
            return self._vault.open(sealed_in(row), purpose(row))
        except (Tampered, NotFound) as error:
            raise Invalid(
                "The token of this connection cannot be read any more.",
                hint="replace the token",
                field="token",
            ) from error

    def add(
        self,
        account: str,
        root: str,
        repo: RepoName,
        token: Secret,
        *,
        login: str,
        rig: str,
        is_admin: bool,
    ) -> Connection:
        """
        Keep a connection that was tested, its token sealed.

        Raises:
            Conflict: The account is connected to an upstream of that name.
            LimitReached: It has fifty.
        """
        now = self._now()
        added = Connection(
            id=secrets.token_hex(8),
            account=account,
            root=root,
            repo=repo,
            login=login,
            rig=rig,
            is_admin=is_admin,
            created_at=now,
            tested_at=now,
        )
        with self._file.transaction() as connection:
            # Sealed inside, so that a rotation of the master key sees this row or comes first.
            _refuse_more(connection, account)
            sealed = self._vault.seal(token, purpose_of(added))
            if not insert(connection, added, sealed):
                raise Conflict(
                    f"You are connected to an upstream called {repo} already.", field="upstream"
                )
        return added

    def replace_token(
        self, kept: Connection, token: Secret, *, login: str, rig: str, is_admin: bool
    ) -> Connection:
        """Keep another token, which was tested, for a connection."""
        now = self._now()
        with self._file.transaction() as connection:
            sealed = self._vault.seal(token, purpose_of(kept))
            connection.execute(
                "UPDATE connections SET login = ?, rig = ?, is_admin = ?, key_id = ?, wrapped = ?, "
                "body = ?, tested_at = ?, failure = '' WHERE id = ?",
                (
                    *(login, rig, is_admin),
                    *(sealed.key_id, sealed.wrapped, sealed.body),
                    *(write_time(now), kept.id),
                ),
            )
        return replace(kept, login=login, rig=rig, is_admin=is_admin, tested_at=now, failure="")

    def note_test(self, kept: Connection, failure: str) -> Connection:
        """Keep how a test of a connection went: "" for well."""
        now = self._now()
        sql = "UPDATE connections SET tested_at = ?, failure = ? WHERE id = ?"
        self._file.write(sql, (write_time(now), failure, kept.id))
        return replace(kept, tested_at=now, failure=failure)

    def note_rig(self, kept: Connection, rig: str) -> Connection:
        """Keep as whom the account acts at an upstream that it has joined."""
        self._file.write("UPDATE connections SET rig = ? WHERE id = ?", (rig, kept.id))
        return replace(kept, rig=rig)

    def remove(self, account: str, connection_id: str) -> Connection:
        """
        Forget a connection and its token.

        Raises:
            NotFound: The account has none of that id.
        """
        gone = self.find(account, connection_id)
        self._file.write("DELETE FROM connections WHERE id = ?", (gone.id,))
        return gone

    def rewrap(self) -> int:
        """
        Wrap the keys of all tokens with the master key in use; return how many there are.

        Raises:
            NotFound, Tampered: One cannot be opened; nothing has changed then.
        """
        with self._file.transaction() as connection:
            rows = connection.execute("SELECT * FROM connections").fetchall()
            for row in rows:
                sealed = self._vault.rewrapped(sealed_in(row), purpose(row))
                connection.execute(
                    "UPDATE connections SET key_id = ?, wrapped = ? WHERE id = ?",
                    (sealed.key_id, sealed.wrapped, row["id"]),
                )
        return len(rows)

    def _now(self) -> datetime:
        """Return the time as it is stored."""
        return self._clock().replace(microsecond=0)

    def _row(self, account: str, connection_id: str) -> sqlite3.Row:
        sql = "SELECT * FROM connections WHERE account = ? AND id = ?"
        rows = self._file.read(sql, (account, connection_id))
        if not rows:
            raise NotFound("That connection is gone.", hint="/-/connections lists yours")
        return rows[0]


def _refuse_more(connection: sqlite3.Connection, account: str) -> None:
    sql = "SELECT COUNT(*) FROM connections WHERE account = ?"
    if connection.execute(sql, (account,)).fetchone()[0] >= MOST:
        raise LimitReached(f"An account has {MOST} connections at most.", limit=MOST)
