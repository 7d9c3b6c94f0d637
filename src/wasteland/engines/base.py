"""
The contract of a versioned SQL database.

An engine keeps the rows of one commons with their history: branches, commits, diffs, remotes.
It moves data and never decides: rules live in ``protocol``, merging is ``hosts``' affair. What an
engine cannot do is missing from its ``abilities`` and raises Unsupported.

SQL is written once, with named parameters (``:name``), backticks around names, and a Dialect for
the few differences (``sql.py``). Values are text, numbers or None; times are UTC text
``YYYY-MM-DD HH:MM:SS``; JSON is text.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from enum import StrEnum
from typing import Self

from ..protocol.diff import DiffKind, RowChange
from ..protocol.errors import Stale
from ..protocol.lean import dataclass
from ..protocol.schema import Row, Value
from .sql import Dialect

Params = Mapping[str, Value]

MAIN = "main"


class Ability(StrEnum):
    """What an engine may or may not be able to do."""

    ATOMIC_CHANGE = "atomic_change"  # several statements and their commit are one transaction
    CLONE = "clone"
    LAZY_CLONE = "lazy_clone"  # a clone that fetches chunks when they are read
    PUSH = "push"
    GC = "gc"
    DATE_REFS = "date_refs"


@dataclass(frozen=True, slots=True)
class Branch:
    """
    A branch.

    Attributes:
        name: Without any prefix of a remote.
        head: Commit hash.
    """

    name: str
    head: str


@dataclass(frozen=True, slots=True)
class Commit:
    """
    A commit.

    Attributes:
        hash: The engine's own form; never compared across engines.
        author: Name of who made the change.
        email: May be empty.
        at: UTC, whole seconds.
        message: Whole text, with trailers.
    """

    hash: str
    author: str
    email: str
    at: datetime
    message: str


@dataclass(frozen=True, slots=True)
class Tag:
    """A name for a commit that stays."""

    name: str
    commit: str
    author: str
    at: datetime
    message: str


@dataclass(frozen=True, slots=True)
class RowVersion:
    """A row as one commit left it."""

    commit: str
    author: str
    at: datetime
    row: Row


@dataclass(frozen=True, slots=True)
class Remote:
    """Another copy of the database."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that a change ran, for receipts and dry runs."""

    sql: str
    params: Params


@dataclass(frozen=True, slots=True)
class TableDiff:
    """How many rows of one table differ between two states."""

    table: str
    added: int
    modified: int
    removed: int

    @property
    def rows(self) -> int:
        """How many rows differ in all."""
        return self.added + self.modified + self.removed


class Change(ABC):
    """
    One write transaction on one branch, from ``Engine.change``.

    Nothing is kept unless ``commit`` is called; leaving the ``with`` block without it rolls back.

    Attributes:
        head: The commit that the branch stood at when the transaction began.
        statements: What ``execute`` has run, in order.
    """

    head: str
    statements: list[Statement]

    @abstractmethod
    def query(self, sql: str, params: Params | None = None) -> list[dict[str, Value]]:
        """Return the rows of a SELECT, as this transaction sees them."""

    @abstractmethod
    def run(self, sql: str, params: Params | None = None) -> int:
        """
        Run one INSERT, UPDATE or DELETE and return the number of rows that it changed.

        A row set to what it held may or may not count: a guard changes what it tests.

        Raises:
            Conflict: A constraint of the table refuses the row (``facts["constraint"]``); what
                was run before stands.
            Invalid: A value cannot be stored.
        """

    def execute(self, sql: str, params: Params | None = None, *, rows: int = 1) -> None:
        """
        Run one write that must touch exactly *rows* rows.

        Raises:
            Stale: It touched another number.
        """
        touched = self.run(sql, params)
        if touched != rows:
            raise Stale(
                f"The write expected {rows} row(s) and found {touched}.",
                expected=rows,
                found=touched,
            )

    @abstractmethod
    def pending(self) -> list[RowChange]:
        """Return what this transaction has changed so far, against ``head``."""

    @abstractmethod
    def commit(
        self, message: str, *, author: str, email: str = "", at: datetime, tables: Sequence[str]
    ) -> str:
        """
        Commit *tables* (and nothing else) and end the transaction.

        Args:
            message: Whole text, with trailers.
            author: Name without ``<`` and ``>``.
            at: The commit's date, UTC.
            tables: Names of the tables that may have changed; those that did not are skipped.
        Returns:
            The new commit's hash; ``head`` when no named table has changed.
        Raises:
            Conflict: A table that is not named has changed (``facts["tables"]``); nothing is
                committed.
            Stale: The branch moved meanwhile, or a rival changed the same cells.
        """


class Engine(ABC):
    """
    One versioned SQL database.

    An engine may be used from several threads. After a fork the child gets connections of its own
    or is refused; it never shares its parent's.

    Attributes:
        dialect: How this engine's SQL differs.
        abilities: What it can do.
        location: Path or URL, for messages; holds no secret.
    """

    dialect: Dialect
    abilities: frozenset[Ability]
    location: str

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Release everything; using the engine afterwards opens it again."""

    # --- reading

    @abstractmethod
    def read(
        self, sql: str, params: Params | None = None, *, ref: str = MAIN
    ) -> list[dict[str, Value]]:
        """
        Return the rows of a SELECT as committed at *ref* (branch, commit, tag).

        On a branch this reads the branch's head plus what is uncommitted there, which on a
        database of ours is nothing.

        Raises:
            NotFound: No such ref, or no such table there.
            Unavailable: The database stayed locked or could not be reached.
        """

    @abstractmethod
    def stream(
        self, sql: str, params: Params | None = None, *, ref: str = MAIN
    ) -> Iterator[dict[str, Value]]:
        """Yield the rows of a SELECT one at a time, in flat memory."""

    @abstractmethod
    def tables(self, *, ref: str = MAIN) -> dict[str, tuple[str, ...]]:
        """Return the names of the user's tables, each with its columns in stored order."""

    # --- writing

    @abstractmethod
    def change(self, branch: str = MAIN) -> AbstractContextManager[Change]:
        """
        Open a write transaction on *branch*.

        Raises:
            Conflict: The branch holds uncommitted rows of somebody else (``code`` "conflict",
                ``facts["tables"]``); they are neither swept in nor dropped.
            NotFound: No such branch.
            Unavailable: Another writer held the lock for too long.
        """

    @abstractmethod
    def run_ddl(self, statements: Sequence[str], message: str, *, author: str, at: datetime) -> str:
        """Run schema statements on main and commit them with all they changed."""

    # --- refs

    @abstractmethod
    def head(self, ref: str = MAIN) -> str:
        """
        Return the commit that *ref* (branch, tag, commit, ``origin/main``) names.

        Raises:
            NotFound: No such ref.
        """

    @abstractmethod
    def commit_at(self, when: datetime, *, ref: str = MAIN) -> str:
        """
        Return the newest commit of *ref* that is not younger than *when*.

        Raises:
            NotFound: The history begins later.
        """

    @abstractmethod
    def branches(self, prefix: str = "") -> list[Branch]:
        """Return local branches whose name begins with *prefix*, by name."""

    @abstractmethod
    def remote_branches(self, remote: str, prefix: str = "") -> list[Branch]:
        """Return the branches of *remote* as last fetched, named without the remote's name."""

    @abstractmethod
    def create_branch(self, name: str, start: str = MAIN) -> None:
        """
        Create *name* at *start*.

        Raises:
            Conflict: It exists.
            NotFound: No such start.
        """

    @abstractmethod
    def delete_branch(self, name: str) -> None:
        """Delete *name*; a missing branch is no error."""

    @abstractmethod
    def move_branch(self, name: str, to: str) -> None:
        """Set *name* to the commit that *to* names, whatever it held (a hard reset)."""

    @abstractmethod
    def tags(self) -> list[Tag]:
        """Return the tags by name."""

    @abstractmethod
    def create_tag(self, name: str, start: str, *, message: str, author: str) -> None:
        """
        Tag the commit that *start* names.

        Raises:
            Conflict: There is a tag of that name.
            NotFound: No such start.
        """

    @abstractmethod
    def fast_forward(self, name: str, to: str, *, expected: str) -> str:
        """
        Move branch *name* from commit *expected* forward to *to*; return the new head.

        Raises:
            Conflict: The branch holds uncommitted rows.
            NotFound: No such branch, or no such *to*.
            Stale: *name* is not at *expected*, or *to* does not descend from it.
        """

    @abstractmethod
    def merge(self, branch: str, *, author: str, at: datetime, message: str) -> str:
        """
        Merge *branch* into main with the engine's own merge; return the new head.

        Raises:
            MergeConflict: Both sides changed the same cells (``facts["tables"]``); main is as it
                was.
        """

    @abstractmethod
    def merge_base(self, left: str, right: str) -> str | None:
        """Return the newest common ancestor of two refs, None if they share no history."""

    # --- history

    @abstractmethod
    def diff(self, base: str, head: str, *, tables: Sequence[str] | None = None) -> list[RowChange]:
        """Return the net row changes from *base* to *head*, by table and key."""

    def diff_counts(self, base: str, head: str) -> list[TableDiff]:
        """Return how many rows differ from *base* to *head*, by table."""
        return table_diffs(Counter((row.table, row.kind.value) for row in self.diff(base, head)))

    def diff_page(
        self, base: str, head: str, table: str, *, skip: int = 0, limit: int
    ) -> list[RowChange]:
        """
        Return net row changes of one table, in an order that stays.

        Args:
            skip: How many of them to leave out first.
            limit: How many at most.
        """
        return self.diff(base, head, tables=[table])[skip : skip + limit]

    @abstractmethod
    def schema_changes(self, base: str, head: str) -> list[str]:
        """Return the names of tables whose definition differs between two refs."""

    @abstractmethod
    def log(self, ref: str = MAIN, *, limit: int | None = None, after: str = "") -> list[Commit]:
        """Return commits of *ref*, newest first, down to but without the ancestors of *after*."""

    @abstractmethod
    def history(self, table: str, key: str, *, ref: str = MAIN) -> list[RowVersion]:
        """
        Return the row's versions, newest first, one for each commit that changed it.

        A merge counts if its row is that of none of its parents.
        """

    # --- remotes

    @abstractmethod
    def remotes(self) -> list[Remote]:
        """Return the remotes by name."""

    @abstractmethod
    def add_remote(self, name: str, url: str) -> None:
        """Add a remote, or set its URL if it exists."""

    @abstractmethod
    def remove_remote(self, name: str) -> None:
        """Remove a remote; a missing one is no error."""

    @abstractmethod
    def fetch(self, remote: str, branch: str | None = None) -> None:
        """
        Fetch one branch, or all of them and drop what is gone there.

        Raises:
            Unavailable: The remote cannot be reached.
            NotFound: It has no such branch.
        """

    @abstractmethod
    def push(self, remote: str, branch: str, *, force: bool = False) -> None:
        """
        Push *branch* to the branch of the same name.

        Raises:
            Stale: The remote has moved on (not a fast-forward).
            Unavailable: The remote cannot be reached.
        """

    @abstractmethod
    def delete_remote_branch(self, remote: str, branch: str) -> None:
        """Delete *branch* on the remote; a missing one is no error."""

    # --- care

    @abstractmethod
    def dirty(self) -> list[str]:
        """Return the tables that hold uncommitted rows on main."""

    @abstractmethod
    def discard(self) -> None:
        """Drop uncommitted rows on main."""

    @abstractmethod
    def commit_all(self, message: str, *, author: str, at: datetime) -> str:
        """Commit whatever is uncommitted on main; return the head."""

    @abstractmethod
    def gc(self) -> None:
        """Collect garbage."""

    @abstractmethod
    def check(self) -> list[str]:
        """Return one line for each integrity problem found; empty when sound."""

    @abstractmethod
    def size_bytes(self) -> int:
        """Return the bytes that the database takes on disk; 0 where that cannot be known."""


def table_diffs(counts: Mapping[tuple[str, str], int]) -> list[TableDiff]:
    """Return the differences of each table, by name; *counts* has rows by table and kind."""
    return [
        TableDiff(table, *(counts.get((table, kind.value), 0) for kind in DiffKind))
        for table in sorted({table for table, _ in counts})
    ]
