"""What the hub knows about repositories beside what the host does: who may see them, releases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from ..hosts.base import RepoName
from ..hosts.state.file import StateFile, stored_time
from ..protocol.errors import Conflict, Invalid
from ..protocol.lean import dataclass
from ..protocol.names import visible
from ..protocol.records import write_time


class Visibility(StrEnum):
    """Who may see a repository that they have no right to."""

    PUBLIC = "public"
    PRIVATE = "private"

    @classmethod
    def parse(cls, text: str) -> Visibility:
        """
        Return the visibility that *text* names.

        Raises:
            Invalid: It names none.
        """
        if text.lower() not in cls._value2member_map_:
            raise Invalid(
                f"{visible(text)} is no visibility: public or private.",
                field="visibility",
                value=text,
            )
        return cls(text.lower())


class Role(StrEnum):
    """What a collaborator may do with a repository; each holds those before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Entry:
    """A repository's line in the catalog."""

    visibility: Visibility
    description: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """A named commit."""

    tag: str
    title: str
    description: str
    commit: str
    created_at: datetime


class Catalog:
    """The tables of visibility, collaborators and releases."""

    def __init__(self, file: StateFile, clock: Callable[[], datetime], default: Visibility) -> None:
        self._file = file
        self._clock = clock
        self._default = default

    def entry(self, repo: RepoName) -> Entry:
        """Return a repository's line; the hub's default for one that nobody has set."""
        rows = self._file.read("SELECT * FROM repositories WHERE repo = ?", (str(repo),))
        if not rows:
            return Entry(self._default)
        return Entry(Visibility(rows[0]["visibility"]), rows[0]["description"])

    def set_entry(self, repo: RepoName, entry: Entry) -> None:
        """Keep a repository's line."""
        self._file.write(
            "INSERT INTO repositories (repo, visibility, description) VALUES (?, ?, ?) "
            "ON CONFLICT DO UPDATE SET visibility = excluded.visibility, "
            "description = excluded.description",
            (str(repo), entry.visibility.value, entry.description),
        )

    def role(self, repo: RepoName, account: str) -> Role | None:
        """Return what *account* was given on *repo*, None for nothing."""
        sql = "SELECT role FROM collaborators WHERE repo = ? AND account = ?"
        rows = self._file.read(sql, (str(repo), account))
        return Role(rows[0]["role"]) if rows else None

    def set_role(self, repo: RepoName, account: str, role: Role | None) -> None:
        """Give *account* a role on *repo*, or take it back."""
        sql = "DELETE FROM collaborators WHERE repo = ? AND account = ?"
        if role:
            sql = (
                "INSERT INTO collaborators (repo, account, role) VALUES (?, ?, ?) "
                "ON CONFLICT DO UPDATE SET role = excluded.role"
            )
        self._file.write(sql, (str(repo), account, role.value) if role else (str(repo), account))

    def collaborators(self, repo: RepoName) -> dict[str, Role]:
        """Return account -> role."""
        sql = "SELECT account, role FROM collaborators WHERE repo = ? ORDER BY account"
        return {row["account"]: Role(row["role"]) for row in self._file.read(sql, (str(repo),))}

    def releases(self, repo: RepoName) -> Sequence[Release]:
        """Return the releases, newest first."""
        sql = "SELECT * FROM releases WHERE repo = ? ORDER BY created_at DESC, tag"
        return [
            Release(
                tag=row["tag"],
                title=row["title"],
                description=row["description"],
                commit=row["commit_hash"],
                created_at=stored_time(row["created_at"]),
            )
            for row in self._file.read(sql, (str(repo),))
        ]

    def add_release(
        self, repo: RepoName, *, tag: str, title: str, description: str, commit: str
    ) -> Release:
        """
        Keep a release.

        Raises:
            Conflict: There is one of that tag.
        """
        now = self._clock()
        added = self._file.write(
            "INSERT OR IGNORE INTO releases (repo, tag, title, description, commit_hash, "
            "created_at) VALUES (?, ?, ?, ?, ?, ?)",
            (str(repo), tag, title, description, commit, write_time(now)),
        )
        if not added:
            raise Conflict(f"A release of {visible(tag)} already exists.", tag=tag)
        return Release(tag, title, description, commit, now)

    def forget(self, repo: RepoName) -> None:
        """Drop all that the hub's file holds about a repository that is gone."""
        with self._file.transaction() as connection:
            for table in _TABLES:
                connection.execute(f"DELETE FROM {table} WHERE repo = ?", (str(repo),))


_TABLES: Final = (
    *("repositories", "collaborators", "releases"),
    *("operations", "verdicts", "reviews"),
)
"""Those of the hub's file that have a column ``repo``."""
