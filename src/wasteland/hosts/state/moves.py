"""A repository that changes its engine: which commit became which, and the switch itself."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Final

from ...protocol.errors import Stale
from ..base import PullRequest, RepoName
from .file import StateFile

_HEADS: Final = "SELECT number, head FROM pulls WHERE repo = ? ORDER BY number"
_NEW: Final = "SELECT new FROM moved_commits WHERE repo = ? AND old = ?"
_RECEIPTS: Final = "SELECT serial, receipt FROM operations WHERE repo = ? AND receipt IS NOT NULL"


class Moves:
    """The table of commits that were made again on another engine."""

    def __init__(self, file: StateFile) -> None:
        self._file = file

    def switch(
        self,
        repo: RepoName,
        engine: str,
        *,
        seen: list[PullRequest],
        commits: Mapping[str, str],
    ) -> None:
        """
        Let *repo* and its forks live on *engine* from now on.

        Pull requests and receipts name the new commits; the old ones can be looked up.

        Args:
            seen: All pull requests of *repo* as *commits* accounts for them.
            commits: Old hash -> new hash.

        Raises:
            Stale: A pull request was opened or moved since they were read.
        """
        with self._file.transaction() as connection:
            _expect(connection, repo, seen)
            connection.execute(
                "UPDATE repositories SET engine = ? WHERE ? IN (repo, parent)", (engine, str(repo))
            )
            connection.executemany(
                "INSERT OR REPLACE INTO moved_commits (repo, old, new) VALUES (?, ?, ?)",
                [(str(repo), old, new) for old, new in commits.items()],
            )
            _rename_in_pulls(connection, repo, seen, commits)
            _rename_in_receipts(connection, repo, commits)

    def commits(self, repo: RepoName) -> dict[str, str]:
        """Return old hash -> new hash of every commit that was made again."""
        rows = self._file.read("SELECT old, new FROM moved_commits WHERE repo = ?", (str(repo),))
        return {row["old"]: row["new"] for row in rows}

    def newest(self, repo: RepoName, commit: str) -> str:
        """Return what *commit* is called since the last move; itself if it never moved."""
        seen: set[str] = set()
        while commit not in seen:
            seen.add(commit)
            rows = self._file.read(_NEW, (str(repo), commit))
            commit = str(rows[0]["new"]) if rows else commit
        return commit


def _expect(connection: sqlite3.Connection, repo: RepoName, seen: list[PullRequest]) -> None:
    now = {str(row["number"]): row["head"] for row in connection.execute(_HEADS, (str(repo),))}
    if now != {pull.id: pull.head for pull in seen}:
        raise Stale(f"The pull requests of {repo} changed meanwhile.", repo=str(repo))


def _rename_in_pulls(
    connection: sqlite3.Connection,
    repo: RepoName,
    seen: list[PullRequest],
    commits: Mapping[str, str],
) -> None:
    for pull in seen:
        head, merged = (commits.get(name, name) for name in (pull.head, pull.merged_as))
        connection.execute(
            "UPDATE pulls SET head = ?, merged_as = ? WHERE repo = ? AND number = ?",
            (head, merged, str(repo), int(pull.id)),
        )


def _rename_in_receipts(
    connection: sqlite3.Connection, repo: RepoName, commits: Mapping[str, str]
) -> None:
    for row in connection.execute(_RECEIPTS, (str(repo),)).fetchall():
        receipt = json.loads(row["receipt"])
        new = commits.get(str(receipt.get("commit"))) if isinstance(receipt, dict) else None
        if new:
            text = json.dumps({**receipt, "commit": new}, ensure_ascii=False)
            connection.execute(
                "UPDATE operations SET receipt = ? WHERE serial = ?", (text, row["serial"])
            )
