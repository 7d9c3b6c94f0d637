"""Which repositories a host has, and what is whose fork."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from ...protocol.errors import Conflict
from ...protocol.lean import dataclass
from ...protocol.records import write_time
from ..base import RepoName
from .file import StateFile


@dataclass(frozen=True, slots=True)
class Repository:
    """
    A repository as the host knows it.

    Attributes:
        name: Its name.
        engine: "doltlite" or "dolt".
        parent: What it is a fork of; None for a commons.
    """

    name: RepoName
    engine: str
    parent: RepoName | None = None


class Repositories:
    """The table of repositories."""

    def __init__(self, file: StateFile) -> None:
        self._file = file

    def add(self, row: Repository, *, at: datetime) -> bool:
        """Record a repository; False if there is one of that name, which stays as it is."""
        parent = None if row.parent is None else str(row.parent)
        added = self._file.write(
            "INSERT OR IGNORE INTO repositories (repo, engine, parent, created_at) "
            "VALUES (?, ?, ?, ?)",
            (str(row.name), row.engine, parent, write_time(at)),
        )
        return added == 1

    def find(self, name: RepoName) -> Repository | None:
        """Return one repository, None if there is none of that name."""
        rows = self._file.read(
            "SELECT engine, parent FROM repositories WHERE repo = ?", (str(name),)
        )
        if not rows:
            return None
        parent = rows[0]["parent"]
        return Repository(name, rows[0]["engine"], parent and RepoName.parse(parent))

    def alike(self, name: RepoName) -> list[RepoName]:
        """Return what is called like *name* but for upper and lower case, by name."""
        sql = "SELECT repo FROM repositories WHERE repo = ? COLLATE NOCASE"
        return _names(self._file.read(sql, (str(name),)))

    def owners_alike(self, owner: str) -> set[str]:
        """Return the owners called like *owner* but for upper and lower case."""
        # What follows "/" among characters is "0".
        sql = (
            "SELECT repo FROM repositories "
            "WHERE repo >= ? COLLATE NOCASE AND repo < ? COLLATE NOCASE"
        )
        return {name.owner for name in _names(self._file.read(sql, (f"{owner}/", f"{owner}0")))}

    def commons(self) -> list[RepoName]:
        """Return what is no fork, by name."""
        return _names(self._file.read("SELECT repo FROM repositories WHERE parent IS NULL"))

    def all(self) -> list[Repository]:
        """Return every repository and fork, by name."""
        rows = self._file.read("SELECT repo, engine, parent FROM repositories ORDER BY repo")
        return [
            Repository(
                RepoName.parse(row["repo"]),
                row["engine"],
                row["parent"] and RepoName.parse(row["parent"]),
            )
            for row in rows
        ]

    def forks(self, parent: RepoName) -> list[RepoName]:
        """Return the forks of *parent*, by owner."""
        sql = "SELECT repo FROM repositories WHERE parent = ?"
        return _names(self._file.read(sql, (str(parent),)))

    def count_forks(self, parent: RepoName) -> int:
        """Return how many forks *parent* has."""
        sql = "SELECT count(*) FROM repositories WHERE parent = ?"
        return int(self._file.read(sql, (str(parent),))[0][0])

    def remove(self, name: RepoName) -> None:
        """
        Forget a repository with all that belongs to it.

        Raises:
            Conflict: It has forks.
        """
        if forks := self.count_forks(name):
            raise Conflict(
                f"{name} has {forks} fork(s), which live on it; it is not deleted.",
                hint="delete the forks first",
                repo=str(name),
            )
        self._file.write("DELETE FROM repositories WHERE repo = ?", (str(name),))


def _names(rows: Sequence[sqlite3.Row]) -> list[RepoName]:
    return sorted((RepoName.parse(row["repo"]) for row in rows), key=str)
