"""
The engine past one machine: one database of a Dolt sql-server.

Reading a ref is a connection set to ``database/ref``, so that indexes serve every ref alike; in
autocommit mode each statement sees the newest head. Writers of ours take turns on each branch
(see ``change``); what other programs left uncommitted is refused, reported by ``dirty``, and never
swept into a commit.

With a ``branch_prefix`` the engine shows the branches of one fork as a database of its own. Such a
view has its parent's ``main`` to read, writes branches of its own only, sees no other fork's, and
has no remotes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

import pymysql

from ...protocol.diff import RowChange
from ...protocol.errors import Invalid, NotFound, Unsupported
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
    TableDiff,
    Tag,
    table_diffs,
)
from ..refusals import check_name, refuse_uncommitted
from ..sql import DOLT, Dialect, quoted
from . import commits, history, refs, remotes
from .change import DoltChange, transaction
from .connections import Connections, fetch, run
from .errors import translated
from .names import BranchNames, is_hash
from .server import Server
from .signing_in import Session

_READS: Final = ("SELECT", "WITH", "SHOW", "(")
_TABLES: Final = "SHOW FULL TABLES WHERE table_type = 'BASE TABLE'"
_CREATE: Final = "CREATE DATABASE {}"
_DROP: Final = "DROP DATABASE {}"
_CLONE: Final = "CALL dolt_clone(%s, %s)"
_GC: Final = "CALL dolt_gc()"
_VERIFY: Final = "CALL dolt_verify_constraints('--all', '--output-only')"
_VIOLATIONS: Final = "SELECT `table`, num_violations FROM dolt_constraint_violations"
_VIEW_LACKS: Final = frozenset({Ability.CLONE, Ability.LAZY_CLONE, Ability.PUSH, Ability.GC})


class DoltEngine(Engine):
    """
    One database of a Dolt server, or one fork's view of it.

    Safe to use from several threads. After ``os.fork`` the child opens connections of its own; a
    change that was under way belongs to the parent and is refused to the child.

    Attributes:
        database: Its name on the server.
    """

    dialect: Dialect = DOLT

    def __init__(
        self,
        server: Server,
        database: str,
        *,
        branch_prefix: str = "",
        hidden_prefix: str = "",
        timeout_s: float = 10.0,
    ) -> None:
        """
        Name the database; connections are made at the first use.

        Args:
            server: That has it.
            database: See ``names.database_name``.
            branch_prefix: Show the branches that begin so, without it; ends in ``/``.
            hidden_prefix: Do not list the branches that begin so, those of forks; "" for none.
            timeout_s: How long to wait for another writer.
        """
        self.database = database
        self.location = str(server.data_dir / database)
        self.abilities = frozenset(Ability) - {Ability.LAZY_CLONE}
        if branch_prefix:
            self.abilities -= _VIEW_LACKS
        self._names = BranchNames(branch_prefix, hidden_prefix)
        self._timeout_s = timeout_s
        self._connections = Connections(server, database)

    @classmethod
    def create(cls, server: Server, database: str) -> Self:
        """
        Make an empty database.

        Raises:
            Conflict: There is one of that name.
        """
        _on_server(server, _CREATE.format(quoted(database)), ())
        return cls(server, database)

    @classmethod
    def clone(cls, url: str, server: Server, database: str) -> Self:
        """
        Make a copy of the database at *url*, which becomes the remote ``origin``.

        Args:
            url: ``file://`` with an absolute path, ``http://`` or ``https://``.
            server: Where the copy goes.
            database: Its name there.

        Raises:
            Conflict: There is a database of that name.
            Unavailable: There is no database at *url*.
        """
        _on_server(server, _CLONE, (url, database))
        return cls(server, database)

    def drop(self) -> None:
        """
        Delete the database with all that its forks have in it, and close.

        Raises:
            NotFound: There is none.
        """
        self._refuse_view("delete it")
        self.close()
        _on_server(self._connections.server, _DROP.format(quoted(self.database)), ())

    def close(self) -> None:
        """Close all idle connections; using the engine afterwards opens new ones."""
        self._connections.close()

    # --- reading

    def read(
        self, sql: str, params: Params | None = None, *, ref: str = MAIN
    ) -> list[dict[str, Value]]:
        """Return the rows of a SELECT at *ref*; anything that would write is refused."""
        _refuse_writing(sql)
        with self._at(ref) as session:
            return fetch(session, DOLT.statement(sql), params or {})

    def stream(
        self, sql: str, params: Params | None = None, *, ref: str = MAIN
    ) -> Iterator[dict[str, Value]]:
        """Yield the rows of a SELECT from a connection of its own, one moment's rows throughout."""
        _refuse_writing(sql)
        place = self._place(ref)
        with self._connections.apart(place, otherwise=lambda: self.head(ref)) as session:
            cursor = session.cursor(pymysql.cursors.SSDictCursor)
            cursor.execute(DOLT.statement(sql), params or {})
            yield from cursor

    def place(self, ref: str = MAIN) -> tuple[Server, str]:
        """
        Return the server, and what a connection of the caller's own is set to for reading *ref*.

        Raises:
            NotFound: It names no commit that this engine shows.
        """
        where = ref if ref == MAIN else self.head(ref)
        return self._connections.server, f"{self.database}/{where}"

    def tables(self, *, ref: str = MAIN) -> dict[str, tuple[str, ...]]:
        """Return the tables at *ref* with their columns in stored order."""
        with self._at(ref) as session:
            names = [str(next(iter(row.values()))) for row in fetch(session, _TABLES)]
            return {name: _columns(session, name) for name in sorted(names)}

    # --- writing

    @contextmanager
    def change(self, branch: str = MAIN) -> Iterator[Change]:
        """Take the writers' lock of *branch* and change it."""
        stored = self._names.writable(branch)
        with self._writing(stored) as session, transaction(session, stored) as head:
            change = DoltChange(session, stored, head)
            try:
                yield change
            finally:
                change.end()

    def run_ddl(self, statements: Sequence[str], message: str, *, author: str, at: datetime) -> str:
        """Run schema statements on main and commit them with all they changed; or undo them."""
        with self._writing(self._names.writable(MAIN)) as session:
            head = refs.commit_of(session, "HEAD")
            refuse_uncommitted(MAIN, commits.changed_tables(session))
            try:
                for statement in statements:
                    run(session, statement)
            except pymysql.MySQLError:
                refs.reset(session, head)
                raise
            return _commit_changed(session, head, message, author=author, at=at)

    # --- refs

    def head(self, ref: str = MAIN) -> str:
        """Return the commit that *ref* names."""
        with self._connections.at() as session:
            return self._commit_of(session, ref)

    def commit_at(self, when: datetime, *, ref: str = MAIN) -> str:
        """Return the newest commit of *ref* whose date is not after *when*."""
        with self._connections.at() as session:
            return history.commit_until(session, self._commit_of(session, ref), when)

    def branches(self, prefix: str = "") -> list[Branch]:
        """Return local branches by name."""
        with self._connections.at() as session:
            stored = refs.stored_branches(session, "")
        shown = [(self._names.shown(branch.name), branch.head) for branch in stored]
        found = [Branch(name, head) for name, head in shown if name and name.startswith(prefix)]
        return sorted(found, key=lambda branch: branch.name)

    def remote_branches(self, remote: str, prefix: str = "") -> list[Branch]:
        """Return the branches of *remote* as last fetched, by name."""
        with self._connections.at() as session:
            return refs.remote_branches(session, remote, prefix)

    def create_branch(self, name: str, start: str = MAIN) -> None:
        """Create *name* at *start*."""
        stored = self._names.stored(check_name(name))
        with self._connections.at() as session:
            refs.create(session, stored, self._commit_of(session, start))

    def delete_branch(self, name: str) -> None:
        """Delete *name*; a missing branch is no error."""
        with self._connections.at() as session:
            refs.delete(session, self._names.stored(check_name(name)))

    def tags(self) -> list[Tag]:
        """Return the tags by name; those of a fork begin like its branches in the database."""
        with self._connections.at() as session:
            stored = refs.list_tags(session)
        shown = [(self._names.shown(tag.name), tag) for tag in stored]
        return [replace(tag, name=name) for name, tag in shown if name]

    def create_tag(self, name: str, start: str, *, message: str, author: str) -> None:
        """Tag the commit that *start* names."""
        stored = self._names.stored(check_name(name))
        with self._connections.at() as session:
            commit = self._commit_of(session, start)
            refs.create_tag(session, stored, commit, message=message, author=author)

    def move_branch(self, name: str, to: str) -> None:
        """Set *name* to the commit that *to* names, dropping what is uncommitted there."""
        commit = self.head(to)
        with self._writing(self._names.writable(name)) as session:
            refs.reset(session, commit)

    def fast_forward(self, name: str, to: str, *, expected: str) -> str:
        """Move *name* from commit *expected* forward to *to*; return the new head."""
        commit, stored = self.head(to), self._names.writable(name)
        with self._writing(stored) as session:
            return refs.forward(session, stored, commit, expected=expected)

    def merge(self, branch: str, *, author: str, at: datetime, message: str) -> str:
        """Merge *branch* into main with a merge commit; return main's head."""
        commit = self.head(branch)
        with self._writing(self._names.writable(MAIN)) as session:
            return refs.merge_into_main(session, commit, author=author, at=at, message=message)

    def merge_base(self, left: str, right: str) -> str | None:
        """Return the newest common ancestor of two refs, None if they share no history."""
        with self._connections.at() as session:
            return refs.merge_base_of(
                session, self._commit_of(session, left), self._commit_of(session, right)
            )

    # --- history

    def diff(self, base: str, head: str, *, tables: Sequence[str] | None = None) -> list[RowChange]:
        """
        Return the net row changes from *base* to *head*, by table and key.

        A column that one side's table lacks is None there. Views and triggers have no rows: see
        ``schema_changes``.
        """
        with self._connections.at() as session:
            start, end = self._commit_of(session, base), self._commit_of(session, head)
            return history.changed_rows(session, start, end, tables)

    def diff_counts(self, base: str, head: str) -> list[TableDiff]:
        """Return how many rows differ from *base* to *head*, by table."""
        with self._connections.at() as session:
            start, end = self._commit_of(session, base), self._commit_of(session, head)
            return table_diffs(history.counted_rows(session, start, end))

    def diff_page(
        self, base: str, head: str, table: str, *, skip: int = 0, limit: int
    ) -> list[RowChange]:
        """Return net row changes of one table, in the engine's own order."""
        with self._connections.at() as session:
            start, end = self._commit_of(session, base), self._commit_of(session, head)
            return history.page_of_rows(session, start, end, table, skip=skip, limit=limit)

    def schema_changes(self, base: str, head: str) -> list[str]:
        """Return the tables whose definition or indexes differ; ``dolt_schemas`` for views."""
        with self._connections.at() as session:
            start, end = self._commit_of(session, base), self._commit_of(session, head)
            return history.changed_schemas(session, start, end)

    def log(self, ref: str = MAIN, *, limit: int | None = None, after: str = "") -> list[Commit]:
        """Return commits of *ref*, newest first, down to but without the ancestors of *after*."""
        with self._connections.at() as session:
            end = self._commit_of(session, ref)
            start = self._commit_of(session, after) if after else ""
            return history.read_log(session, end, after=start, limit=limit)

    def history(self, table: str, key: str, *, ref: str = MAIN) -> list[RowVersion]:
        """Return the row's versions, newest first, one for each commit that changed it."""
        with self._at(ref) as session:
            return history.row_versions(session, table, key)

    # --- remotes

    def remotes(self) -> list[Remote]:
        """Return the remotes by name; a fork's view has none."""
        if self._names.prefix:
            return []
        with self._connections.at() as session:
            return remotes.list_remotes(session)

    def add_remote(self, name: str, url: str) -> None:
        """Add a remote, or set its URL if it exists."""
        with self._remote_work() as session:
            remotes.add(session, name, url)

    def remove_remote(self, name: str) -> None:
        """Remove a remote; a missing one is no error."""
        with self._remote_work() as session:
            remotes.remove(session, name)

    def fetch(self, remote: str, branch: str | None = None) -> None:
        """Fetch one branch, or all of them and drop what is gone there."""
        with self._remote_work() as session:
            remotes.fetch(session, remote, branch)

    def push(self, remote: str, branch: str, *, force: bool = False) -> None:
        """Push *branch* to the branch of the same name."""
        with self._remote_work() as session:
            remotes.push(session, remote, branch, force=force)

    def delete_remote_branch(self, remote: str, branch: str) -> None:
        """Delete *branch* on the remote; a missing one is no error."""
        with self._remote_work() as session:
            remotes.delete_branch(session, remote, branch)

    # --- care

    def dirty(self) -> list[str]:
        """Return the tables that hold uncommitted rows on main."""
        with self._connections.at(MAIN) as session:
            return commits.changed_tables(session)

    def discard(self) -> None:
        """Drop uncommitted rows on main."""
        self.move_branch(MAIN, MAIN)

    def commit_all(self, message: str, *, author: str, at: datetime) -> str:
        """Commit whatever is uncommitted on main; return the head."""
        with self._writing(self._names.writable(MAIN)) as session:
            head = refs.commit_of(session, "HEAD")
            return _commit_changed(session, head, message, author=author, at=at)

    def gc(self) -> None:
        """Drop what nothing refers to; other connections wait or are made anew."""
        self._refuse_view("collect garbage")
        with self._connections.at() as session:
            fetch(session, _GC)
        self.close()

    def check(self) -> list[str]:
        """Return one line for each table with rows that break its constraints."""
        with self._connections.at(MAIN) as session:
            session.begin()
            fetch(session, _VERIFY)
            broken = fetch(session, _VIOLATIONS)
            session.rollback()
        return [
            f"{row['num_violations']} rows of {row['table']} break its rules." for row in broken
        ]

    def size_bytes(self) -> int:
        """Return the size of the database's folder."""
        return sum(_size(path) for path in Path(self.location).rglob("*"))

    def _commit_of(self, session: Session[Any], ref: str) -> str:
        """
        Return the commit that *ref* names; in a fork's view its own branches come first.

        Raises:
            NotFound: It names none that this view shows.
        """
        if is_hash(ref):
            return refs.commit_of(session, ref)
        with suppress(NotFound):
            return refs.commit_of(session, self._names.stored_ref(ref))
        raise NotFound(f"Nothing here is called {visible(ref)}.", hint="wl status", ref=ref)

    def _place(self, ref: str) -> str:
        """Return where to set a connection for *ref*, unless it is a tag or a remote's branch."""
        if not ref:
            raise NotFound("A ref needs a name.", hint="wl status", ref=ref)
        return self._names.stored_ref(ref)

    @contextmanager
    def _at(self, ref: str) -> Iterator[Session[Any]]:
        place = self._place(ref)
        with self._connections.at(place, otherwise=lambda: self.head(ref)) as session:
            yield session

    @contextmanager
    def _writing(self, stored: str) -> Iterator[Session[Any]]:
        check_name(stored)
        with self._connections.writing(stored, timeout_s=self._timeout_s) as session:
            yield session

    @contextmanager
    def _remote_work(self) -> Iterator[Session[Any]]:
        self._refuse_view("use remotes")
        with self._connections.at() as session:
            yield session

    def _refuse_view(self, what: str) -> None:
        if self._names.prefix:
            raise Unsupported(f"A fork that lives in its parent's database cannot {what}.")


def _on_server(server: Server, sql: str, params: tuple[Value, ...]) -> None:
    with translated(), server.connect() as session:
        fetch(session, sql, params)


def _refuse_writing(sql: str) -> None:
    if not sql.lstrip().upper().startswith(_READS):
        raise Invalid(f"{visible(sql)} does not only read.", field="sql", value=sql)


def _columns(session: Session[Any], table: str) -> tuple[str, ...]:
    with session.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {quoted(table)} LIMIT 0")
        return tuple(str(column[0]) for column in cursor.description)


def _commit_changed(
    session: Session[Any], head: str, message: str, *, author: str, at: datetime
) -> str:
    if not commits.changed_tables(session):
        return head
    commits.stage(session, ())
    return commits.write_commit(session, message, author=author, at=at)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:  # a temporary file that is gone by now
        return 0
