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

from ...commons.credentials import is_dolthub
from ...engines.dolthub.secret import Secret
from ...hosts.base import RepoName
from ...hosts.state.file import Migrations, StateFile, stored_time
from ...protocol.errors import Conflict, Invalid, LimitReached, NotFound, Tampered
from ...protocol.lean import dataclass
from ...protocol.records import write_time
from ..vault import Purpose, Sealed, Vault

FILE: Final = "upstreams.db"
JOURNALS: Final = ".upstreams"
"""The folder of what was sent to each."""
MOST: Final = 50
"""Connections of an account."""
_KIND: Final = "upstream token"

_MIGRATIONS: Final[Migrations] = (
    (
        """
        CREATE TABLE connections (
            id TEXT PRIMARY KEY,
            account TEXT NOT NULL COLLATE NOCASE,
            root TEXT NOT NULL,
            repo TEXT NOT NULL COLLATE NOCASE,
            login TEXT NOT NULL,
            rig TEXT NOT NULL,
            is_admin INTEGER NOT NULL,
            key_id TEXT NOT NULL,
            wrapped BLOB NOT NULL,
            body BLOB NOT NULL,
            created_at TEXT NOT NULL,
            tested_at TEXT NOT NULL,
            failure TEXT NOT NULL DEFAULT '',
            UNIQUE (account, repo)
        ) STRICT
        """,
    ),
)


@dataclass(frozen=True, slots=True)
class Connection:
    """
    An account's way to one upstream, without the token.

    Attributes:
        account: Whose it is, here.
        root: The upstream's hub.
        repo: Its name there, and the path of its pages here.
        login: Who the token belongs to, there.
        rig: As whom the account acts there; "" for a visitor.
        is_admin: Whether the account says that it owns the upstream, and the test has shown it.
        tested_at: When the token was last tried.
        failure: Why it failed then; "" where it passed.
    """

    id: str
    account: str
    root: str
    repo: RepoName
    login: str
    rig: str
    is_admin: bool
    created_at: datetime
    tested_at: datetime
    failure: str = ""

    @property
    def is_dolthub(self) -> bool:
        """Whether the upstream is on DoltHub itself."""
        return is_dolthub(self.root)


class Connections:
    """The table of connections."""

    def __init__(self, root: Path, vault: Vault, clock: Callable[[], datetime]) -> None:
        self._file = StateFile(root / FILE, _MIGRATIONS)
        self._vault = vault
        self._clock = clock

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def of_account(self, account: str) -> list[Connection]:
        """Return an account's connections, by name."""
        sql = "SELECT * FROM connections WHERE account = ? ORDER BY repo, id"
        return [_connection(row) for row in self._file.read(sql, (account,))]

    def at(self, account: str, repo: RepoName) -> Connection | None:
        """Return an account's connection to the upstream that is called *repo*, or None."""
        sql = "SELECT * FROM connections WHERE account = ? AND repo = ?"
        rows = self._file.read(sql, (account, str(repo)))
        return _connection(rows[0]) if rows else None

    def find(self, account: str, connection_id: str) -> Connection:
        """
        Return one connection of an account.

        Raises:
            NotFound: It has none of that id.
        """
        return _connection(self._row(account, connection_id))

    def token(self, connection: Connection) -> Secret:
        """
        Return the token of a connection.

        Raises:
            Invalid: What is stored cannot be opened any more; the token must be stored anew.
        """
        row = self._row(connection.account, connection.id)
        try:
            return self._vault.open(_sealed(row), _purpose(row))
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
            sealed = self._vault.seal(token, _purpose_of(added))
            if not _insert(connection, added, sealed):
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
            sealed = self._vault.seal(token, _purpose_of(kept))
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
                sealed = self._vault.rewrapped(_sealed(row), _purpose(row))
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


def _insert(connection: sqlite3.Connection, added: Connection, sealed: Sealed) -> bool:
    values = {
        "id": added.id,
        "account": added.account,
        "root": added.root,
        "repo": str(added.repo),
        "login": added.login,
        "rig": added.rig,
        "is_admin": added.is_admin,
        "key_id": sealed.key_id,
        "wrapped": sealed.wrapped,
        "body": sealed.body,
        "created_at": write_time(added.created_at),
        "tested_at": write_time(added.tested_at),
    }
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    sql = f"INSERT INTO connections ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING"
    return connection.execute(sql, tuple(values.values())).rowcount == 1


def _purpose(row: sqlite3.Row) -> Purpose:
    # Where the token may be sent is bound too, or who can write the file could have it sent away.
    return Purpose(_KIND, row["account"].casefold(), f"{row['id']} {row['root']} {row['repo']}")


def _purpose_of(kept: Connection) -> Purpose:
    return Purpose(_KIND, kept.account.casefold(), f"{kept.id} {kept.root} {kept.repo}")


def _sealed(row: sqlite3.Row) -> Sealed:
    return Sealed(row["key_id"], row["wrapped"], row["body"])


def _connection(row: sqlite3.Row) -> Connection:
    return Connection(
        id=row["id"],
        account=row["account"],
        root=row["root"],
        repo=RepoName.parse(row["repo"]),
        login=row["login"],
        rig=row["rig"],
        is_admin=bool(row["is_admin"]),
        created_at=stored_time(row["created_at"]),
        tested_at=stored_time(row["tested_at"]),
        failure=row["failure"],
    )
