"""Views of boards that accounts have saved: a name, and the filters that it stands for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from ..hosts.base import RepoName
from ..hosts.state.file import StateFile
from ..protocol import fields
from ..protocol.errors import LimitReached, NotFound
from ..protocol.lean import dataclass
from ..protocol.names import visible
from ..protocol.records import write_time

MOST: Final = 20
"""Views of one account at one commons."""
NAME_LIMIT: Final = 40
_FILTERS_LIMIT: Final = 2000


@dataclass(frozen=True, slots=True)
class View:
    """
    A saved view.

    Attributes:
        name: Unique for its account and commons, whatever the case.
        filters: The query of the board's address, such as ``status=open&type=bug``.
    """

    name: str
    filters: str


class Views:
    """The table of saved views."""

    def __init__(self, file: StateFile, clock: Callable[[], datetime]) -> None:
        self._file = file
        self._clock = clock

    def of(self, account: str, repo: RepoName) -> list[View]:
        """Return an account's views of a commons, by name."""
        if not account:
            return []
        sql = "SELECT name, filters FROM views WHERE account = ? AND repo = ? ORDER BY name"
        return [
            View(row["name"], row["filters"]) for row in self._file.read(sql, (account, str(repo)))
        ]

    def save(self, account: str, repo: RepoName, name: str, filters: str) -> View:
        """
        Keep a view; one of that name is replaced.

        Raises:
            Invalid: The name is empty or too long, or the filters are.
            LimitReached: There are twenty others.
        """
        view = View(
            fields.one_line("name", name, limit=NAME_LIMIT, required=True),
            fields.one_line("filters", filters, limit=_FILTERS_LIMIT),
        )
        with self._file.transaction() as connection:
            others = connection.execute(
                "SELECT count(*) FROM views WHERE account = ? AND repo = ? AND name <> ?",
                (account, str(repo), view.name),
            ).fetchone()[0]
            if others >= MOST:
                raise LimitReached(
                    f"You have {MOST} views of {repo} already; remove one first.", field="name"
                )
            connection.execute(
                "INSERT OR REPLACE INTO views VALUES (?, ?, ?, ?, ?)",
                (account, str(repo), view.name, view.filters, write_time(self._clock())),
            )
        return view

    def remove(self, account: str, repo: RepoName, name: str) -> None:
        """
        Forget a view.

        Raises:
            NotFound: There is none of that name.
        """
        sql = "DELETE FROM views WHERE account = ? AND repo = ? AND name = ?"
        if not self._file.write(sql, (account, str(repo), name)):
            raise NotFound(f"You have no view called {visible(name)}.", name=name)
