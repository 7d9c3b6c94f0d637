"""What a hub remembers beside its host: accounts, tokens, visibility, releases, operations."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ..hosts.state.file import Migrations, StateFile

FILE: Final = "hub.db"

_MIGRATIONS: Final[Migrations] = (
    (
        """
        CREATE TABLE accounts (
            name TEXT PRIMARY KEY COLLATE NOCASE,
            display_name TEXT NOT NULL DEFAULT '',
            is_admin INTEGER NOT NULL DEFAULT 0,
            is_organisation INTEGER NOT NULL DEFAULT 0,
            is_disabled INTEGER NOT NULL DEFAULT 0,
            created_at TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE members (
            organisation TEXT NOT NULL COLLATE NOCASE REFERENCES accounts (name) ON DELETE CASCADE,
            account TEXT NOT NULL COLLATE NOCASE REFERENCES accounts (name) ON DELETE CASCADE,
            is_owner INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (organisation, account)
        ) STRICT
        """,
        "CREATE INDEX members_account ON members (account)",
        """
        CREATE TABLE tokens (
            id TEXT PRIMARY KEY,
            account TEXT NOT NULL COLLATE NOCASE REFERENCES accounts (name) ON DELETE CASCADE,
            digest TEXT NOT NULL,
            label TEXT NOT NULL,
            scope TEXT NOT NULL,
            rig TEXT NOT NULL DEFAULT '',
            created_at TEXT NOT NULL,
            expires_at TEXT,
            revoked_at TEXT
        ) STRICT
        """,
        "CREATE INDEX tokens_account ON tokens (account, created_at)",
        """
        CREATE TABLE logins (
            digest TEXT PRIMARY KEY,
            code TEXT NOT NULL UNIQUE,
            label TEXT NOT NULL,
            scope TEXT NOT NULL,
            account TEXT NOT NULL DEFAULT '',
            created_at TEXT NOT NULL,
            expires_at TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE repositories (
            repo TEXT PRIMARY KEY,
            visibility TEXT NOT NULL,
            description TEXT NOT NULL DEFAULT ''
        ) STRICT
        """,
        """
        CREATE TABLE collaborators (
            repo TEXT NOT NULL,
            account TEXT NOT NULL COLLATE NOCASE,
            role TEXT NOT NULL,
            PRIMARY KEY (repo, account)
        ) STRICT
        """,
        """
        CREATE TABLE releases (
            repo TEXT NOT NULL,
            tag TEXT NOT NULL,
            title TEXT NOT NULL,
            description TEXT NOT NULL DEFAULT '',
            commit_hash TEXT NOT NULL,
            created_at TEXT NOT NULL,
            PRIMARY KEY (repo, tag)
        ) STRICT
        """,
        """
        CREATE TABLE operations (
            serial INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            account TEXT NOT NULL COLLATE NOCASE,
            repo TEXT NOT NULL,
            kind TEXT NOT NULL,
            description TEXT NOT NULL,
            details TEXT NOT NULL,
            state TEXT NOT NULL,
            result TEXT NOT NULL DEFAULT '{}',
            error TEXT NOT NULL DEFAULT '',
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX operations_account ON operations (account, serial)",
        "CREATE INDEX operations_repo ON operations (repo, serial)",
        """
        CREATE TABLE answers (
            account TEXT NOT NULL COLLATE NOCASE,
            key TEXT NOT NULL,
            digest TEXT NOT NULL,
            status INTEGER,
            body TEXT,
            content_type TEXT NOT NULL DEFAULT '',
            created_at TEXT NOT NULL,
            PRIMARY KEY (account, key)
        ) STRICT
        """,
        """
        CREATE TABLE verdicts (
            repo TEXT NOT NULL,
            pull TEXT NOT NULL,
            head TEXT NOT NULL,
            allowed INTEGER NOT NULL,
            reasons TEXT NOT NULL,
            at TEXT NOT NULL,
            PRIMARY KEY (repo, pull)
        ) STRICT
        """,
        """
        CREATE TABLE reviews (
            id INTEGER PRIMARY KEY,
            repo TEXT NOT NULL,
            pull TEXT NOT NULL,
            head TEXT NOT NULL,
            account TEXT NOT NULL,
            rig TEXT NOT NULL,
            verdict TEXT NOT NULL,
            body TEXT NOT NULL,
            at TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX reviews_pull ON reviews (repo, pull, id)",
    ),
    (
        # What is being worked on is known to the process that does it.
        "DELETE FROM answers WHERE status IS NULL",
        "CREATE INDEX answers_age ON answers (created_at)",
        "CREATE INDEX logins_age ON logins (expires_at)",
        "CREATE INDEX operations_age ON operations (updated_at)",
        "CREATE INDEX reviews_verdict ON reviews (repo, verdict, pull)",
    ),
    (
        "ALTER TABLE tokens ADD COLUMN used_at TEXT",
        """
        CREATE TABLE contacts (
            account TEXT PRIMARY KEY COLLATE NOCASE REFERENCES accounts (name) ON DELETE CASCADE,
            email TEXT NOT NULL,
            digest TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE passwords (
            account TEXT PRIMARY KEY COLLATE NOCASE REFERENCES accounts (name) ON DELETE CASCADE,
            id TEXT NOT NULL,
            hash TEXT NOT NULL,
            set_at TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE tries (
            who TEXT PRIMARY KEY COLLATE NOCASE,
            wrong INTEGER NOT NULL,
            last_at TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX tries_age ON tries (last_at)",
        """
        CREATE TABLE invitations (
            account TEXT PRIMARY KEY COLLATE NOCASE REFERENCES accounts (name) ON DELETE CASCADE,
            digest TEXT NOT NULL UNIQUE,
            expires_at TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE passkeys (
            id TEXT PRIMARY KEY,
            account TEXT NOT NULL COLLATE NOCASE REFERENCES accounts (name) ON DELETE CASCADE,
            public_key BLOB NOT NULL,
            sign_count INTEGER NOT NULL,
            label TEXT NOT NULL,
            created_at TEXT NOT NULL,
            used_at TEXT
        ) STRICT
        """,
        "CREATE INDEX passkeys_account ON passkeys (account, created_at)",
        """
        CREATE TABLE identities (
            issuer TEXT NOT NULL,
            subject TEXT NOT NULL,
            account TEXT NOT NULL COLLATE NOCASE REFERENCES accounts (name) ON DELETE CASCADE,
            linked_at TEXT NOT NULL,
            PRIMARY KEY (issuer, subject)
        ) STRICT
        """,
        "CREATE INDEX identities_account ON identities (account)",
    ),
    (
        """
        CREATE TABLE views (
            account TEXT NOT NULL COLLATE NOCASE REFERENCES accounts (name) ON DELETE CASCADE,
            repo TEXT NOT NULL,
            name TEXT NOT NULL COLLATE NOCASE,
            filters TEXT NOT NULL,
            saved_at TEXT NOT NULL,
            PRIMARY KEY (account, repo, name)
        ) STRICT, WITHOUT ROWID
        """,
    ),
)


def open_store(root: Path) -> StateFile:
    """Return the hub's file in a host's directory; made, for its owner only, when missing."""
    return StateFile(root / FILE, _MIGRATIONS)
