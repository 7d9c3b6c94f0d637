"""
The embedded engine: one DoltLite file as a versioned database.

Reading a ref is a connection opened there, so that indexes serve every ref alike. Writing holds
the file's one write lock for as long as a change lasts; other processes wait for it, up to
``timeout_s``. What is uncommitted on a branch (only other programs leave such rows) is refused by
`change`, reported by `dirty`, and never swept into a commit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from ...protocol.diff import RowChange
from ...protocol.errors import Conflict, Tampered
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
    TableDiff,
    Tag,
    table_diffs,
)
from ..refusals import check_name
from ..sql import DOLTLITE, Dialect
from . import commits, diffs, driver, refs, remotes
from .change import DoltLiteChange, write_transaction
from .errors import translate
from .origins import can_be_read, patiently
from .session import Session
from .sessions import Sessions, Use

_TABLES: Final = (
    "SELECT m.name, p.name FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS p"
    " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY m.name, p.cid"
)
_CLONE: Final = "SELECT dolt_clone(:url)"
_LAZY_CLONE: Final = "SELECT dolt_clone('--lazy', :url)"
_GC: Final = "SELECT dolt_gc()"
_CHECK: Final = "PRAGMA integrity_check"
TIMEOUT_S: Final = 5.0
"""How long others' locks are waited for: on this file, and on an origin or remote that is read."""


class DoltLiteEngine(Engine):
    """
    One DoltLite file.

    Safe to use from several threads. After ``os.fork`` the child opens connections of its own; a
    change that was under way belongs to the parent and is refused to the child.
    """

    dialect: Dialect = DOLTLITE
    abilities = frozenset(Ability)

    def __init__(self, path: Path, *, timeout_s: float = TIMEOUT_S, lazy: bool = False) -> None:
        """
        Name the file; it is opened at the first use.

        Args:
            path: Of an existing database.
            timeout_s: How long to wait for another writer's lock, here or at a file:// remote.
            lazy: The file is a lazy clone.
        """
        self.path = path.absolute()
        self.location = str(self.path)
        self._sessions = Sessions(self.path, timeout_s=timeout_s, lazy=lazy)

    @classmethod
    def create(cls, path: Path) -> Self:
        """
        Make an empty database.

        Raises:
            Conflict: There is a file of that name.
        """
        with _translated(path):
            _fill(path, "SELECT dolt_hashof('HEAD')")
        return cls(path)

    @classmethod
    def clone(cls, url: str, path: Path, *, lazy: bool = False) -> Self:
        """
        Make a copy of the database at *url*, which becomes the remote ``origin``.

        Args:
            url: ``file://`` with an absolute path, ``http://`` or ``https://``.
            path: Where the copy goes.
            lazy: Fetch rows when they are read; *url* must then stay reachable.
        Raises:
            Conflict: There is a file of that name.
            Unavailable: There is no database at *url*.
        """
        sql = _LAZY_CLONE if lazy else _CLONE
        with _translated(path):
            patiently(
                lambda: _fill(path, sql, {"url": url}),
                timeout_s=TIMEOUT_S,
                may_repeat=lambda: can_be_read(url),
            )
        return cls(path, lazy=lazy)

    def close(self) -> None:
        """Close all connections; using the engine afterwards opens new ones."""
        self._sessions.close()

    # --- reading

    def read(
        self, sql: str, params: Params | None = None, *, ref: str = MAIN
    ) -> list[dict[str, Value]]:
        """Return the rows of a SELECT at *ref*; anything that would write is refused."""
        with self._at(ref) as session:
            return session.rows(sql, params)

    def stream(
        self, sql: str, params: Params | None = None, *, ref: str = MAIN
    ) -> Iterator[dict[str, Value]]:
        """Yield the rows of a SELECT from a connection of its own, one moment's rows throughout."""
        return self._sessions.open(self._place(ref)).stream(sql, params)

    def tables(self, *, ref: str = MAIN) -> dict[str, tuple[str, ...]]:
        """Return the tables at *ref* with their columns in stored order."""
        found: dict[str, tuple[str, ...]] = {}
        with self._at(ref) as session:
            for table, column in session.table(_TABLES)[1]:
                found[str(table)] = (*found.get(str(table), ()), str(column))
        return found

    # --- writing

    @contextmanager
    def change(self, branch: str = MAIN) -> Iterator[Change]:
        """Hold the file's write lock and change *branch*."""
        with self._writing(branch) as session, write_transaction(session, branch) as head:
            change = DoltLiteChange(session, head)
            try:
                yield change
            finally:
                change.end()

    def run_ddl(self, statements: Sequence[str], message: str, *, author: str, at: datetime) -> str:
        """Run schema statements on main and commit them with all they changed."""
        with self._writing(MAIN) as session, write_transaction(session, MAIN) as head:
            for statement in statements:
                session.run(statement)
            return _commit_changed(session, head, message, author=author, at=at)

    # --- refs

    def head(self, ref: str = MAIN) -> str:
        """Return the commit that *ref* names."""
        with self._sessions.use(MAIN) as session:
            return refs.commit_of(session, ref)

    def commit_at(self, when: datetime, *, ref: str = MAIN) -> str:
        """Return the newest commit of *ref* whose date is not after *when*."""
        with self._sessions.use(MAIN) as session:
            return commits.commit_until(session, refs.commit_of(session, ref), when)

    def branches(self, prefix: str = "") -> list[Branch]:
        """Return local branches by name."""
        with self._sessions.use(MAIN) as session:
            return refs.list_branches(session, prefix)

    def remote_branches(self, remote: str, prefix: str = "") -> list[Branch]:
        """Return the branches of *remote* as last fetched, by name."""
        with self._sessions.use(MAIN) as session:
            return refs.list_remote_branches(session, remote, prefix)

    def create_branch(self, name: str, start: str = MAIN) -> None:
        """Create *name* at *start*."""
        commit = self.head(start)
        with self._writing(MAIN) as session:
            refs.create(session, name, commit)

    def delete_branch(self, name: str) -> None:
        """Delete *name*; a missing branch is no error."""
        self._sessions.forget(name)
        with self._writing(MAIN) as session:
            refs.delete(session, name)

    def tags(self) -> list[Tag]:
        """Return the tags by name."""
        with self._sessions.use(MAIN) as session:
            return refs.list_tags(session)

    def create_tag(self, name: str, start: str, *, message: str, author: str) -> None:
        """Tag the commit that *start* names."""
        commit = self.head(start)
        with self._writing(MAIN) as session:
            refs.create_tag(session, name, commit, message=message, author=author)

    def move_branch(self, name: str, to: str) -> None:
        """Set *name* to the commit that *to* names, dropping what is uncommitted there."""
        commit = self.head(to)
        with self._writing(name) as session:
            refs.reset(session, commit)

    def fast_forward(self, name: str, to: str, *, expected: str, descends: bool = False) -> str:
        """
        Move *name* from commit *expected* forward to *to*; return the new head.

        Args:
            descends: *to* is known to descend from *expected*. In a lazy clone, asking costs
                milliseconds for each commit between.
        """
        commit = self.head(to)
        with self._writing(name) as session:
            return refs.forward(session, name, commit, expected=expected, descends=descends)

    def merge(self, branch: str, *, author: str, at: datetime, message: str) -> str:
        """Merge *branch* into main with a merge commit; return main's head."""
        commit = self.head(branch)
        with self._writing(MAIN) as session:
            return refs.merge_into_main(session, commit, author=author, at=at, message=message)

    def merge_base(self, left: str, right: str) -> str | None:
        """Return the newest common ancestor of two refs, None if they share no history."""
        with self._sessions.use(MAIN) as session:
            return refs.merge_base_of(
                session, refs.commit_of(session, left), refs.commit_of(session, right)
            )

    # --- history

    def diff(self, base: str, head: str, *, tables: Sequence[str] | None = None) -> list[RowChange]:
        """
        Return the net row changes from *base* to *head*, by table and key.

        A column that one side's table lacks is None there. Views and triggers have no rows: see
        `schema_changes`.
        """
        start, end = self.head(base), self.head(head)
        with self._sessions.use(MAIN) as session:
            changed = diffs.tables_with_changed_rows(session, start, end)
            wanted = changed if tables is None else [name for name in changed if name in tables]
            return diffs.changed_rows(session, start, end, wanted)

    def diff_counts(self, base: str, head: str) -> list[TableDiff]:
        """Return how many rows differ from *base* to *head*, by table."""
        start, end = self.head(base), self.head(head)
        with self._sessions.use(MAIN) as session:
            return table_diffs(diffs.counted_rows(session, start, end))

    def diff_page(
        self, base: str, head: str, table: str, *, skip: int = 0, limit: int
    ) -> list[RowChange]:
        """Return net row changes of one table in the order of its keys."""
        start, end = self.head(base), self.head(head)
        with self._sessions.use(MAIN) as session:
            return diffs.page_of_rows(session, start, end, table, skip=skip, limit=limit)

    def schema_changes(self, base: str, head: str) -> list[str]:
        """Return the tables whose definition or indexes differ; ``dolt_schemas`` for views."""
        start, end = self.head(base), self.head(head)
        with self._sessions.use(MAIN) as session:
            return diffs.tables_with_changed_schema(session, start, end)

    def log(self, ref: str = MAIN, *, limit: int | None = None, after: str = "") -> list[Commit]:
        """Return commits of *ref*, newest first, down to but without the ancestors of *after*."""
        with self._sessions.use(MAIN) as session:
            end = refs.commit_of(session, ref)
            start = refs.commit_of(session, after) if after else ""
            return commits.read_log(session, end, after=start, limit=limit)

    def history(self, table: str, key: str, *, ref: str = MAIN) -> list[RowVersion]:
        """Return the row's versions, newest first, one for each commit that changed it."""
        with self._at(ref) as session:
            return commits.row_versions(session, table, key)

    # --- remotes

    def remotes(self) -> list[Remote]:
        """Return the remotes by name."""
        with self._sessions.use(MAIN) as session:
            return remotes.list_remotes(session)

    def add_remote(self, name: str, url: str) -> None:
        """Add a remote, or set its URL if it exists (never that of a lazy clone's origin)."""
        with self._writing(MAIN) as session:
            remotes.add(session, name, url)

    def remove_remote(self, name: str) -> None:
        """Remove a remote; a missing one is no error."""
        with self._writing(MAIN) as session:
            remotes.remove(session, name)

    def fetch(self, remote: str, branch: str | None = None) -> None:
        """Fetch one branch, or all of them and drop what is gone there."""
        with self._sessions.use(MAIN, Use.TRANSFER) as session:
            remotes.fetch(session, remote, branch)

    def push(self, remote: str, branch: str, *, force: bool = False) -> None:
        """Push *branch* to the branch of the same name."""
        with self._sessions.use(MAIN, Use.TRANSFER) as session:
            remotes.push(session, remote, branch, force=force)

    def delete_remote_branch(self, remote: str, branch: str) -> None:
        """Delete *branch* on the remote; a missing one is no error."""
        with self._sessions.use(MAIN, Use.TRANSFER) as session:
            remotes.delete_branch(session, remote, branch)

    # --- care

    def dirty(self) -> list[str]:
        """Return the tables that hold uncommitted rows on main."""
        with self._sessions.use(MAIN) as session:
            return commits.changed_tables(session)

    def discard(self) -> None:
        """Drop uncommitted rows on main."""
        self.move_branch(MAIN, MAIN)

    def commit_all(self, message: str, *, author: str, at: datetime) -> str:
        """Commit whatever is uncommitted on main; return the head."""
        with self._writing(MAIN) as session, session.transaction():
            head = refs.commit_of(session, "HEAD")
            return _commit_changed(session, head, message, author=author, at=at)

    def gc(self) -> None:
        """
        Rewrite the file without what nothing refers to; needs room for a second copy.

        It waits for a writer and keeps others out. What a killed one left behind is overwritten.
        """
        with self._writing(MAIN) as session:
            session.run(_GC)

    def check(self) -> list[str]:
        """Return one line for each problem; a file cut short is not seen (compare its head)."""
        try:
            with self._sessions.use(MAIN) as session:
                lines = [str(line) for line in session.values(_CHECK)]
        except Tampered as damage:
            return [damage.message]
        problems = [line for line in lines if line != "ok"]
        if self._gc_leftover().exists():
            problems.append(f"An interrupted garbage collection left {self._gc_leftover()} .")
        return problems

    def size_bytes(self) -> int:
        """Return the file's size."""
        return self.path.stat().st_size

    def _gc_leftover(self) -> Path:
        return self.path.with_name(f"{self.path.name}-gc-tmp")

    @contextmanager
    def _at(self, ref: str) -> Iterator[Session]:
        with self._sessions.use(self._place(ref)) as session:
            yield session

    def _place(self, ref: str) -> str:
        """Return where to open the file for *ref*; a branch is looked up anew each time."""
        if ref == MAIN or refs.is_commit_hash(ref):
            return ref
        with self._sessions.use(MAIN) as session:
            return refs.place_of(session, ref)

    @contextmanager
    def _writing(self, branch: str) -> Iterator[Session]:
        with self._sessions.use(check_name(branch), Use.WRITE) as session:
            yield session


def _fill(path: Path, sql: str, params: Params | None = None) -> None:
    """Run *sql* in a database file that must not exist yet; remove it if that fails."""
    if path.exists():
        raise Conflict(f"There is already a file {path} .", path=str(path))
    try:
        with driver.connect(path) as connection:
            connection.execute(sql, params or ()).fetchall()
    except driver.Error:
        path.unlink(missing_ok=True)
        raise


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except driver.Error as error:
        raise translate(error, str(path)) from error


def _commit_changed(session: Session, head: str, message: str, *, author: str, at: datetime) -> str:
    if not commits.changed_tables(session):
        return head
    return commits.write_commit(session, message, author=author, email="", at=at)
