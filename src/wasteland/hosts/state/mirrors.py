"""Repositories that follow one elsewhere: since when, how far, and which commit is which."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from ...protocol.errors import Unsupported
from ...protocol.lean import dataclass
from ...protocol.records import write_time
from ..base import PullRequest, RepoName
from .file import StateFile, stored_time

_STORE: Final = """
    INSERT INTO mirrors (repo, source, source_head, pulled_at)
    VALUES (?, ?, ?, ?)
    ON CONFLICT (repo) DO UPDATE SET
        source = excluded.source, source_head = excluded.source_head,
        pulled_at = excluded.pulled_at
"""
_PUT: Final = """
    INSERT INTO pulls (
        repo, number, title, body, author, source, branch, head, state, created_at, updated_at,
        merged_as, reason
    ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (repo, number) DO UPDATE SET
        title = excluded.title, body = excluded.body, source = excluded.source,
        branch = excluded.branch, head = excluded.head, state = excluded.state,
        updated_at = excluded.updated_at, merged_as = excluded.merged_as, reason = excluded.reason
"""


_FOLLOWED: Final = """
    SELECT source FROM mirrors
    WHERE repo = :repo OR repo = (SELECT parent FROM repositories WHERE repo = :repo)
"""


@dataclass(frozen=True, slots=True)
class MirrorRow:
    """
    How far a mirror got.

    Attributes:
        source: Where it follows, for people.
        source_head: Main there when it was last pulled; "" before the first time.
        pulled_at: When that was, by the mirror's clock; None before the first time.
    """

    source: str
    source_head: str = ""
    pulled_at: datetime | None = None


class Mirrors:
    """The tables of mirrors and their commits."""

    def __init__(self, file: StateFile) -> None:
        self._file = file

    def find(self, repo: RepoName) -> MirrorRow | None:
        """Return how far *repo* got, None if it is no mirror."""
        rows = self._file.read("SELECT * FROM mirrors WHERE repo = ?", (str(repo),))
        if not rows:
            return None
        at = rows[0]["pulled_at"]
        return MirrorRow(rows[0]["source"], rows[0]["source_head"], stored_time(at) if at else None)

    def refuse_writes(self, repo: RepoName) -> None:
        """
        Let pass what is no mirror, and no fork of one.

        Raises:
            Unsupported: *repo* follows another, and what is written here would be lost.
        """
        if rows := self._file.read(_FOLLOWED, {"repo": str(repo)}):
            raise Unsupported(
                f"{repo} is a mirror of {rows[0]['source']} and only read here.",
                hint=f"write there, or: wl mirror promote {repo}",
                repo=str(repo),
            )

    def store(self, repo: RepoName, row: MirrorRow) -> None:
        """Record how far *repo* got."""
        at = write_time(row.pulled_at) if row.pulled_at else ""
        self._file.write(_STORE, (str(repo), row.source, row.source_head, at))

    def remove(self, repo: RepoName) -> bool:
        """Let *repo* follow no more; return whether it did."""
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM mirrored_commits WHERE repo = ?", (str(repo),))
            gone = connection.execute("DELETE FROM mirrors WHERE repo = ?", (str(repo),))
            return gone.rowcount == 1

    def commits(self, repo: RepoName) -> dict[str, str]:
        """Return hash at the source -> hash here."""
        sql = "SELECT theirs, ours FROM mirrored_commits WHERE repo = ?"
        return {row["theirs"]: row["ours"] for row in self._file.read(sql, (str(repo),))}

    def add_commits(self, repo: RepoName, commits: Mapping[str, str]) -> None:
        """Record which commit here stands for which there."""
        with self._file.transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO mirrored_commits (repo, theirs, ours) VALUES (?, ?, ?)",
                [(str(repo), theirs, ours) for theirs, ours in commits.items()],
            )

    def put_pull(self, pull: PullRequest) -> None:
        """Record a pull request under the number that it has at the source."""
        self._file.write(
            _PUT,
            (
                str(pull.repo),
                int(pull.id),
                pull.title,
                pull.body,
                pull.author,
                str(pull.source),
                pull.branch,
                pull.head,
                pull.state,
                write_time(pull.created_at),
                write_time(pull.updated_at),
                pull.merged_as,
                pull.reason,
            ),
        )
