"""A connection to an upstream as a record, and as a row of the file that keeps it."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Final

from ...commons.credentials import is_dolthub
from ...hosts.base import RepoName
from ...hosts.state.file import Migrations, stored_time
from ...protocol.lean import dataclass
from ...protocol.records import write_time
from ..vault import Purpose, Sealed

_KIND: Final = "upstream token"

MIGRATIONS: Final[Migrations] = (
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


def insert(connection: sqlite3.Connection, added: Connection, sealed: Sealed) -> bool:
    """Add a row; return whether there was none of that account and name."""
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


def purpose(row: sqlite3.Row) -> Purpose:
    """Return what the token of a row belongs to."""
    # Where the token may be sent is bound too, or who can write the file could have it sent away.
    return Purpose(_KIND, row["account"].casefold(), f"{row['id']} {row['root']} {row['repo']}")


def purpose_of(kept: Connection) -> Purpose:
    """Return what the token of a connection belongs to."""
    return Purpose(_KIND, kept.account.casefold(), f"{kept.id} {kept.root} {kept.repo}")


def sealed_in(row: sqlite3.Row) -> Sealed:
    """Return the token of a row, as it is stored."""
    return Sealed(row["key_id"], row["wrapped"], row["body"])


def connection_in(row: sqlite3.Row) -> Connection:
    """Return the connection of a row, without its token."""
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
