"""Pull requests and the remarks on them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from ...protocol.errors import Conflict, NotFound
from ...protocol.names import read_branch
from ...protocol.records import write_time
from ..base import Comment, PullRequest, PullState, RepoName
from .file import StateFile, stored_time

_FIND: Final = "SELECT * FROM pulls WHERE repo = ? AND number = ?"
_FIND_OPEN: Final = (
    "SELECT * FROM pulls WHERE repo = ? AND source = ? AND branch = ? AND state = 'open'"
)
# Of these the WHERE names what is given alone, or no index would serve it.
_LIST: Final = "SELECT * FROM pulls WHERE {} ORDER BY number"
_COUNT_OPEN: Final = "SELECT count(*) FROM pulls WHERE repo = ? AND state = 'open'"
# The expression is that of an index.
_ABOUT: Final = """
    SELECT * FROM pulls INDEXED BY pulls_open_item
    WHERE repo = ? AND state = 'open'
        AND substr(branch, instr(substr(branch, 4), '/') + 4) = ?
    ORDER BY number
"""
_NEWEST_OF: Final = """
    SELECT * FROM pulls WHERE repo = ? AND source = ? AND branch = ? AND state <> 'closed'
    ORDER BY number DESC LIMIT 1
"""
# The same expression.
_COUNT_ABOUT: Final = """
    SELECT substr(branch, instr(substr(branch, 4), '/') + 4) AS item, count(*) AS n
    FROM pulls INDEXED BY pulls_open_item
    WHERE repo = ? AND state = 'open'
        AND substr(branch, instr(substr(branch, 4), '/') + 4) IN (SELECT value FROM json_each(?))
    GROUP BY item
"""
_OPEN_NUMBERS: Final = "SELECT number FROM pulls WHERE repo = ? AND state = 'open'"
_PAGE: Final = "SELECT * FROM pulls WHERE {} ORDER BY number DESC LIMIT :limit"
_OF_PAGES: Final = {
    "repo": "repo = :repo",
    "state": "state = :state",
    "before": "number < :before",
    "text": "(instr(lower(title), :text) OR instr(lower(author), :text))",
    "among": "number IN (SELECT value FROM json_each(:among))",
}
_INSERT: Final = """
    INSERT INTO pulls (
        repo, number, title, body, author, source, branch, head, state, created_at, updated_at
    ) VALUES (
        :repo, (SELECT coalesce(max(number), 0) + 1 FROM pulls WHERE repo = :repo), :title, :body,
        :author, :source, :branch, :head, 'open', :created_at, :created_at
    ) RETURNING *
"""
_COMMENTS_AFTER: Final = "SELECT * FROM comments WHERE repo = ? AND id > ? ORDER BY id LIMIT 500"
_UPDATE: Final = """
    UPDATE pulls
    SET title = :title, body = :body, head = :head, state = :state, merged_as = :merged_as,
        reason = :reason, updated_at = :updated_at
    WHERE repo = :repo AND number = :number
"""


class Pulls:
    """The tables of pull requests and remarks. Numbers begin with 1 in each repository."""

    def __init__(self, file: StateFile) -> None:
        self._file = file

    def open(self, offered: PullRequest) -> PullRequest:
        """Record *offered* under the next number, or move the head of its branch's open one."""
        with self._file.transaction() as connection:
            place = (str(offered.repo), str(offered.source), offered.branch)
            row = connection.execute(_FIND_OPEN, place).fetchone()
            if row is not None:
                return _move(connection, _pull(row), offered.head, offered.updated_at)
            values = {
                "repo": str(offered.repo),
                "title": offered.title,
                "body": offered.body,
                "author": offered.author,
                "source": str(offered.source),
                "branch": offered.branch,
                "head": offered.head,
                "created_at": write_time(offered.created_at),
            }
            return _pull(connection.execute(_INSERT, values).fetchone())

    def find(self, repo: RepoName, pull_id: str) -> PullRequest:
        """
        Return one pull request.

        Raises:
            NotFound: There is none of that number.
        """
        with self._file.using() as connection:
            return _find(connection, repo, pull_id)

    def of(
        self, repo: RepoName, *, state: PullState | None, author: str | None
    ) -> list[PullRequest]:
        """Return pull requests, oldest first; None stands for all."""
        given = {"repo": str(repo), "state": state, "author": author}
        wanted = {name: value for name, value in given.items() if value is not None}
        sql = _LIST.format(" AND ".join(f"{name} = :{name}" for name in wanted))
        return [_pull(row) for row in self._file.read(sql, wanted)]

    def open_about(self, repo: RepoName, item_id: str) -> list[PullRequest]:
        """Return the open pull requests whose branch names a wanted item, oldest first."""
        rows = self._file.read(_ABOUT, (str(repo), item_id))
        found = [_pull(row) for row in rows]
        return [pull for pull in found if read_branch(pull.branch)[1] == item_id]

    def newest_of(self, repo: RepoName, source: RepoName, branch: str) -> PullRequest | None:
        """Return a branch's newest pull request that is open or merged, None if it has none."""
        rows = self._file.read(_NEWEST_OF, (str(repo), str(source), branch))
        return _pull(rows[0]) if rows else None

    def open_of(self, repo: RepoName, source: RepoName, branch: str) -> PullRequest | None:
        """Return the open pull request of a branch, None if it has none."""
        rows = self._file.read(_FIND_OPEN, (str(repo), str(source), branch))
        return _pull(rows[0]) if rows else None

    def count_open(self, repo: RepoName) -> int:
        """Return how many pull requests are open."""
        return int(self._file.read(_COUNT_OPEN, (str(repo),))[0][0])

    def count_about(self, repo: RepoName, item_ids: Iterable[str]) -> dict[str, int]:
        """Return item -> how many open pull requests name it, of those that any names."""
        rows = self._file.read(_COUNT_ABOUT, (str(repo), json.dumps(list(item_ids))))
        return {str(row["item"]): int(row["n"]) for row in rows}

    def open_ids(self, repo: RepoName) -> frozenset[str]:
        """Return the numbers of the open pull requests, as text."""
        rows = self._file.read(_OPEN_NUMBERS, (str(repo),))
        return frozenset(str(row["number"]) for row in rows)

    def page(
        self,
        repo: RepoName,
        *,
        state: PullState | None = None,
        text: str = "",
        before: int | None = None,
        among: Collection[int] | None = None,
        limit: int,
    ) -> list[PullRequest]:
        """
        Return *limit* pull requests at most, newest first.

        Args:
            state: None for all.
            text: Contained in the title or the author, whatever the case.
            before: Only those with a smaller number.
            among: Numbers of those that are meant; None for all.
        """
        given = {
            "repo": str(repo),
            "state": state,
            "text": text.lower() or None,
            "before": before,
            "among": None if among is None else json.dumps(sorted(among)),
        }
        wanted = {name: value for name, value in given.items() if value is not None}
        sql = _PAGE.format(" AND ".join(_OF_PAGES[name] for name in wanted))
        return [_pull(row) for row in self._file.read(sql, wanted | {"limit": limit})]

    def edit(
        self, repo: RepoName, pull_id: str, *, title: str, body: str, at: datetime
    ) -> PullRequest:
        """
        Set what a pull request is called and what it says of itself.

        Raises:
            NotFound: There is none of that number.
        """
        with self._file.transaction() as connection:
            pull = _find(connection, repo, pull_id)
            return _store(connection, replace(pull, title=title, body=body, updated_at=at))

    def move(self, repo: RepoName, pull_id: str, head: str, *, at: datetime) -> PullRequest:
        """
        Set the head that an open pull request offers.

        Raises:
            Conflict: It has ended.
            NotFound: There is none of that number.
        """
        with self._file.transaction() as connection:
            pull = _find(connection, repo, pull_id)
            if pull.state is not PullState.OPEN:
                raise _ended(pull)
            return _move(connection, pull, head, at)

    def end(
        self,
        repo: RepoName,
        pull_id: str,
        *,
        state: PullState,
        head: str = "",
        merged_as: str,
        reason: str,
        at: datetime,
    ) -> PullRequest:
        """
        Record the end of a pull request; the first end stays.

        One that offers another commit than *head*, if given, stays open.

        Raises:
            Conflict: It has ended otherwise.
            NotFound: There is none of that number.
        """
        with self._file.transaction() as connection:
            pull = _find(connection, repo, pull_id)
            if pull.state is state:
                return pull
            if pull.state is not PullState.OPEN:
                raise _ended(pull)
            if head and head != pull.head:
                return pull
            ended = replace(pull, state=state, merged_as=merged_as, reason=reason, updated_at=at)
            return _store(connection, ended)

    def add_comment(self, repo: RepoName, pull_id: str, comment: Comment) -> None:
        """
        Record a remark.

        Raises:
            NotFound: There is no such pull request.
        """
        with self._file.transaction() as connection:
            pull = _find(connection, repo, pull_id)
            at = write_time(comment.created_at)
            connection.execute(
                "INSERT INTO comments (repo, number, author, body, created_at) "
                "VALUES (?, ?, ?, ?, ?)",
                (str(repo), int(pull.id), comment.author, comment.body, at),
            )

    def comments(self, repo: RepoName, pull_id: str) -> list[Comment]:
        """
        Return the remarks, oldest first.

        Raises:
            NotFound: There is no such pull request.
        """
        with self._file.using() as connection:
            pull = _find(connection, repo, pull_id)
            rows = connection.execute(
                "SELECT * FROM comments WHERE repo = ? AND number = ? ORDER BY id",
                (str(repo), int(pull.id)),
            ).fetchall()
        return [Comment(row["author"], row["body"], stored_time(row["created_at"])) for row in rows]

    def comments_after(self, repo: RepoName, serial: int) -> list[tuple[int, str, Comment]]:
        """Return serial, pull request and remark of those after *serial*, oldest first."""
        rows = self._file.read(_COMMENTS_AFTER, (str(repo), serial))
        return [
            (
                row["id"],
                str(row["number"]),
                Comment(row["author"], row["body"], stored_time(row["created_at"])),
            )
            for row in rows
        ]


def _find(connection: sqlite3.Connection, repo: RepoName, pull_id: str) -> PullRequest:
    # SQLite's integers have 64 bits; a longer number names nothing.
    known_form = pull_id.isascii() and pull_id.isdecimal() and len(pull_id) < 19
    number = int(pull_id) if known_form else 0
    row = connection.execute(_FIND, (str(repo), number)).fetchone()
    if row is None:
        raise NotFound(
            f"{repo} has no pull request {pull_id!r}.", hint="wl review", repo=str(repo), id=pull_id
        )
    return _pull(row)


def _move(
    connection: sqlite3.Connection, pull: PullRequest, head: str, at: datetime
) -> PullRequest:
    if pull.head == head:
        return pull
    return _store(connection, replace(pull, head=head, updated_at=at))


def _store(connection: sqlite3.Connection, pull: PullRequest) -> PullRequest:
    values = {
        "repo": str(pull.repo),
        "number": int(pull.id),
        "title": pull.title,
        "body": pull.body,
        "head": pull.head,
        "state": pull.state,
        "merged_as": pull.merged_as,
        "reason": pull.reason,
        "updated_at": write_time(pull.updated_at),
    }
    connection.execute(_UPDATE, values)
    return pull


def _ended(pull: PullRequest) -> Conflict:
    return Conflict(
        f"Pull request {pull.id} of {pull.repo} is {pull.state} already.",
        hint=f"wl review {pull.id}",
        id=pull.id,
        state=str(pull.state),
    )


def _pull(row: sqlite3.Row) -> PullRequest:
    return PullRequest(
        id=str(row["number"]),
        repo=RepoName.parse(row["repo"]),
        title=row["title"],
        body=row["body"],
        author=row["author"],
        source=RepoName.parse(row["source"]),
        branch=row["branch"],
        head=row["head"],
        state=PullState(row["state"]),
        created_at=stored_time(row["created_at"]),
        updated_at=stored_time(row["updated_at"]),
        merged_as=row["merged_as"],
        reason=row["reason"],
    )
