"""
The engine of a commons that somebody else keeps: one database of DoltHub, or of a hub of ours.

Reads are requests; a change is gathered and sent when it is committed (``change``). Moving
branches, merging and remotes are the host's own affair and are refused here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final, NoReturn

from ...protocol.diff import RowChange
from ...protocol.errors import NotFound, Unsupported
from ...protocol.names import visible
from ...protocol.schema import Value
from ..base import (
    MAIN,
    Ability,
    Branch,
    Change,
    Commit,
    Engine,
    Params,
    Remote,
    RowVersion,
    Tag,
)
from ..refusals import check_name, refuse_main
from ..sql import DOLT, Dialect, quoted
from . import branches, history, leftovers
from .change import DoltHubChange
from .database import Database
from .http import Http
from .literals import render
from .paging import pages

DIALECT: Final = Dialect("dolthub", lambda sql: sql, DOLT.json_has, mixed_order=False)

_REF: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/+@=-]*(?:[~^]\d*)*\Z")
_HASH: Final = re.compile(r"[0-9a-v]{32}\Z|[0-9a-f]{40}\Z")
_COMMIT_OF: Final = "SELECT dolt_hashof(:ref) AS hash"
_MERGE_BASE: Final = "SELECT dolt_merge_base(:left, :right) AS hash"


class DoltHubEngine(Engine):
    """
    One database behind the REST API.

    Attributes:
        owner: Account or organisation.
        name: Database.
    """

    dialect: Dialect = DIALECT

    def __init__(self, http: Http, owner: str, name: str) -> None:
        """
        Name the database; nothing is asked yet.

        Args:
            http: Its host; whoever made it closes it.
            owner: Account or organisation.
            name: Database.
        """
        self.owner = owner
        self.name = name
        self._database = Database(http, owner, name)
        self.location = self._database.location
        self._emptied: set[str] = set()

    @property
    def abilities(self) -> frozenset[Ability]:  # type: ignore[override]
        """What the host can do; asked for once."""
        return frozenset({Ability.ATOMIC_CHANGE} if self._database.http.is_hub else ())

    @property
    def database(self) -> Database:
        """The part of the API that belongs to this database."""
        return self._database

    def close(self) -> None:
        """Do nothing: connections belong to the host."""

    # --- reading

    def read(
        self, sql: str, params: Params | None = None, *, ref: str = MAIN
    ) -> list[dict[str, Value]]:
        """Return the rows of a SELECT at *ref*; a long result is read by the page."""
        text = render(sql, params)
        page = self._database.read(text, _checked(ref))
        if not page.is_cut:
            return page.rows
        return [row for found in pages(self._database, text, self.head(ref)) for row in found]

    def stream(
        self, sql: str, params: Params | None = None, *, ref: str = MAIN
    ) -> Iterator[dict[str, Value]]:
        """Yield the rows of a SELECT, a page of them in memory at a time."""
        text = render(sql, params)
        commit = self.head(ref)
        page = self._database.read(text, commit)
        if not page.is_cut:
            yield from page.rows
            return
        for found in pages(self._database, text, commit):
            yield from found

    def tables(self, *, ref: str = MAIN) -> dict[str, tuple[str, ...]]:
        """Return the tables at *ref* with their columns in stored order; a request for each."""
        rows = self._database.read("SHOW TABLES", _checked(ref)).rows
        names = sorted(str(next(iter(row.values()))) for row in rows)
        return {
            name: self._database.read(f"SELECT * FROM {quoted(name)} LIMIT 1", ref).columns
            for name in names
        }

    # --- writing

    @contextmanager
    def change(self, branch: str = MAIN) -> Iterator[Change]:
        """Gather a change of *branch*; it is sent when it is committed, and else forgotten."""
        head = branches.head_of(self._database, _checked(branch))
        change = DoltHubChange(self._database, branch, head)
        try:
            yield change
        finally:
            change.end()

    def run_ddl(self, statements: Sequence[str], message: str, *, author: str, at: datetime) -> str:
        """Refuse: a schema is changed by whoever keeps the database."""
        del statements, message, author, at
        self._refuse("have its schema changed from here")

    # --- refs

    def head(self, ref: str = MAIN) -> str:
        """Return the commit that *ref* names."""
        rows = self._database.read(render(_COMMIT_OF, {"ref": _checked(ref)}), MAIN).rows
        if not rows or not rows[0]["hash"]:
            raise _unknown(ref)
        return str(rows[0]["hash"])

    def commit_at(self, when: datetime, *, ref: str = MAIN) -> str:
        """Return the newest commit of *ref* whose date is not after *when*."""
        return history.commit_until(self._database, self._commit(ref), when)

    def branches(self, prefix: str = "") -> list[Branch]:
        """Return the branches by name."""
        return branches.beginning(self._database, prefix)

    def remote_branches(self, remote: str, prefix: str = "") -> list[Branch]:
        """Return nothing: no remotes are known here."""
        del remote, prefix
        return []

    def create_branch(self, name: str, start: str = MAIN) -> None:
        """
        Create *name* at *start*.

        A branch that could only be emptied (see ``delete_branch``) is brought up to *start*.
        """
        commit = self.head(start)
        if check_name(name) in self._emptied:
            leftovers.restart(self._database, name, start)
            self._emptied.discard(name)
        else:
            branches.create(self._database, name, commit)

    def delete_branch(self, name: str) -> None:
        """
        Delete *name*; a missing branch is no error.

        Where the host refuses to delete branches, it stays and is emptied: it offers nothing any
        more, and ``create_branch`` takes it for new.
        """
        refuse_main(name)
        try:
            branches.delete(self._database, check_name(name))
        except Unsupported:
            leftovers.empty(self._database, name)
            self._emptied.add(name)

    def tags(self) -> list[Tag]:
        """Return the tags by name."""
        return history.read_tags(self._database)

    def create_tag(self, name: str, start: str, *, message: str, author: str) -> None:
        """Tag the commit that *start* names; the host knows by its token who does."""
        del author
        self._database.create_tag(check_name(name), self.head(start), message)

    def move_branch(self, name: str, to: str) -> None:
        """Refuse."""
        self._refuse(f"have {visible(name)} moved to {visible(to)}")

    def fast_forward(self, name: str, to: str, *, expected: str) -> str:
        """Refuse."""
        del expected
        self._refuse(f"have {visible(name)} moved to {visible(to)}")

    def merge(self, branch: str, *, author: str, at: datetime, message: str) -> str:
        """Refuse: it merges pull requests itself."""
        del author, at, message
        self._refuse(f"have {visible(branch)} merged without a pull request")

    def merge_base(self, left: str, right: str) -> str | None:
        """Return the newest common ancestor of two refs, None if they share no history."""
        values = {"left": self._commit(left), "right": self._commit(right)}
        rows = self._database.read(render(_MERGE_BASE, values), MAIN).rows
        return str(rows[0]["hash"]) if rows and rows[0]["hash"] else None

    # --- history

    def diff(self, base: str, head: str, *, tables: Sequence[str] | None = None) -> list[RowChange]:
        """Return the net row changes from *base* to *head*, by table and key."""
        return history.changed_rows(self._database, self._commit(base), self._commit(head), tables)

    def schema_changes(self, base: str, head: str) -> list[str]:
        """Return the tables whose definition differs."""
        return history.changed_schemas(self._database, self._commit(base), self._commit(head))

    def log(self, ref: str = MAIN, *, limit: int | None = None, after: str = "") -> list[Commit]:
        """Return commits of *ref*, newest first, down to but without the ancestors of *after*."""
        older = self._commit(after) if after else ""
        found = history.read_log(self._database, self._commit(ref), after=older, limit=limit)
        is_branch = ref != MAIN and not _HASH.match(ref)
        return list(leftovers.since_emptied(found)) if is_branch else found

    def history(self, table: str, key: str, *, ref: str = MAIN) -> list[RowVersion]:
        """Return the row's versions, newest first; Unsupported where the host hides them."""
        return history.row_versions(self._database, table, key, self._commit(ref))

    # --- remotes and care: the host's affair

    def remotes(self) -> list[Remote]:
        """Return nothing: no remotes are known here."""
        return []

    def add_remote(self, name: str, url: str) -> None:
        """Refuse."""
        del name, url
        self._refuse("use remotes")

    def remove_remote(self, name: str) -> None:
        """Do nothing: there are none."""

    def fetch(self, remote: str, branch: str | None = None) -> None:
        """Refuse."""
        del remote, branch
        self._refuse("use remotes")

    def push(self, remote: str, branch: str, *, force: bool = False) -> None:
        """Refuse."""
        del remote, branch, force
        self._refuse("use remotes")

    def delete_remote_branch(self, remote: str, branch: str) -> None:
        """Refuse."""
        del remote, branch
        self._refuse("use remotes")

    def dirty(self) -> list[str]:
        """Return nothing: the host commits every write at once."""
        return []

    def discard(self) -> None:
        """Do nothing: there is nothing uncommitted."""

    def commit_all(self, message: str, *, author: str, at: datetime) -> str:
        """Return main's head: there is nothing uncommitted."""
        del message, author, at
        return self.head()

    def gc(self) -> None:
        """Refuse."""
        self._refuse("have its garbage collected")

    def check(self) -> list[str]:
        """Refuse."""
        self._refuse("be checked")

    def size_bytes(self) -> int:
        """Return 0: what the host takes for it is not known."""
        return 0

    # --- private

    def _commit(self, ref: str) -> str:
        """Return the commit of *ref*; one that is spelled like a commit is taken at its word."""
        return ref if _HASH.match(ref) else self.head(ref)

    def _refuse(self, what: str) -> NoReturn:
        raise Unsupported(
            f"{self.location} is kept by its host; it cannot {what}.", hint="use its web page"
        )


def _checked(ref: str) -> str:
    """
    Return *ref* if a host may be asked for it.

    Raises:
        NotFound: Nothing is called so.
    """
    if not _REF.match(ref):
        raise _unknown(ref)
    return ref


def _unknown(ref: str) -> NotFound:
    return NotFound(f"Nothing here is called {visible(ref)}.", hint="wl status", ref=ref)
