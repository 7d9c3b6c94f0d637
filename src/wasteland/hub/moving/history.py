"""
The history of one database made again in another, commit by commit, by row changes.

Author, date and message of each commit are kept. History becomes a line: of a merge the first
parent is followed, and the merge brings at once what the other side did. A commit that changed
tables and rows becomes two; one that changed neither is left out. Hashes are the engine's own, so
that each function returns which commit became which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Final

from ...engines.base import MAIN, Change, Commit, Engine
from ...engines.sql import quoted
from ...hosts import replay
from ...protocol.diff import DiffKind, RowChange
from ...protocol.errors import Conflict, Invalid, WastelandError
from ...protocol.schema import Row, Value
from ..upkeep import Progress, silent
from .definitions import own_tables, statements

_ROWS_AT_ONCE: Final = 100
_PARENTS: Final = "SELECT commit_hash, parent_hash, parent_index FROM dolt_commit_ancestors"


def line(engine: Engine, ref: str = MAIN) -> list[Commit]:
    """Return the first parents of *ref* down to the first commit, oldest first."""
    commits = {commit.hash: commit for commit in engine.log(ref)}
    parents = _first_parents(engine, ref)
    if parents is None:
        return [*reversed(commits.values())]
    found: list[Commit] = []
    at: str | None = engine.head(ref)
    while at in commits:
        found.append(commits[at])
        at = parents.get(at)
    return found[::-1]


def copy_main(
    source: Engine,
    target: Engine,
    commits: Sequence[Commit],
    known: dict[str, str],
    *,
    progress: Progress = silent,
) -> None:
    """
    Repeat *commits* on main of *target*, each as the change since the one before it.

    Args:
        source: Where they are read.
        target: Whose main stands at what the first of *commits* became; or new, and then the
            first commit becomes its first.
        commits: Oldest first.
        known: Commit there -> commit here; filled.
    """
    if not commits:
        return
    if commits[0].hash not in known:
        known[commits[0].hash] = _copy_first(source, target, commits[0])
    for number, (before, commit) in enumerate(pairwise(commits), 1):
        known[commit.hash] = _copy_commit(source, target, before.hash, commit)
        progress("commits", number, len(commits) - 1)


def copy_branch(
    source: Engine, target: Engine, branch: str, head: str, known: Mapping[str, str]
) -> dict[str, str]:
    """
    Make *branch* in *target* with what *head* has over main in *source*.

    Args:
        head: A commit of *source*.
        known: Which commit of main became which.
    Returns:
        Which commits of the branch became which; without those of main.
    Raises:
        MergeConflict: It left main beside the line of first parents, and does not fit on it.
    """
    # Looked up first, so that a fork's main is in step before a commit of it is named.
    newest = target.head(MAIN)
    base = source.merge_base(MAIN, head)
    _begin(target, branch, known.get(base or "", newest))
    if base is None or base not in known:
        return _copy_net(source, target, branch, base, source.log(head, limit=1)[0])
    made: dict[str, str] = {}
    for commit in reversed(source.log(head, after=base)):
        changes = source.diff(base, commit.hash)
        made[commit.hash] = _copy_rows(target, changes, commit, branch)
        base = commit.hash
    return made


def _begin(target: Engine, branch: str, start: str) -> None:
    target.delete_branch(branch)
    target.create_branch(branch, start)


def _copy_net(
    source: Engine, target: Engine, branch: str, base: str | None, newest: Commit
) -> dict[str, str]:
    """Repeat what a branch comes to as one commit, guarded like a merge."""
    changes = source.diff(base, newest.hash) if base else []
    with target.change(branch) as change:
        replay.apply(change, changes)
        return {newest.hash: _commit(change, newest, changes)}


def _first_parents(engine: Engine, ref: str) -> dict[str, str] | None:
    """Return commit -> first parent, None where the engine does not tell."""
    try:
        rows = engine.read(_PARENTS, ref=ref)
    except WastelandError:
        return None
    return {
        str(row["commit_hash"]): str(row["parent_hash"])
        for row in rows
        if row["parent_hash"] is not None and not row["parent_index"]
    }


def _copy_first(source: Engine, target: Engine, first: Commit) -> str:
    """Give a new database what the first commit holds: nothing, if an engine made it."""
    head = target.head()
    tables = own_tables(source.tables(ref=first.hash))
    if not tables:
        return head
    head = target.run_ddl(statements({}, tables), first.message, author=first.author, at=first.at)
    changes = (
        RowChange(name, None, row)
        for name in sorted(tables)
        for row in source.stream(f"SELECT * FROM {quoted(name)}", ref=first.hash)
    )
    with target.change() as change:
        _insert(change, changes)
        return change.commit(
            first.message,
            author=first.author,
            email=first.email,
            at=first.at,
            tables=sorted(tables),
        )


def _copy_commit(source: Engine, target: Engine, before: str, commit: Commit) -> str:
    changes = source.diff(before, commit.hash)
    if source.schema_changes(before, commit.hash):
        tables = own_tables(source.tables(ref=commit.hash))
        if ddl := statements(own_tables(target.tables()), tables):
            target.run_ddl(ddl, commit.message, author=commit.author, at=commit.at)
        # The rows of a table that was dropped went with it.
        changes = [item for item in changes if item.table in tables]
    return _copy_rows(target, changes, commit, MAIN)


def _copy_rows(target: Engine, changes: Sequence[RowChange], commit: Commit, branch: str) -> str:
    with target.change(branch) as change:
        try:
            write_rows(change, changes)
        except (Conflict, Invalid) as error:
            raise _does_not_fit(commit, error) from error
        return _commit(change, commit, changes)


def _commit(change: Change, like: Commit, changes: Sequence[RowChange]) -> str:
    tables = sorted({item.table for item in changes})
    return change.commit(
        like.message, author=like.author, email=like.email, at=like.at, tables=tables
    )


def write_rows(change: Change, changes: Sequence[RowChange]) -> None:
    """Write *changes* where the rows are as they were before them, many new rows at once."""
    present = [item for item in changes if item.kind is not DiffKind.ADDED]
    replay.apply(change, present)
    _insert(change, (item for item in changes if item.kind is DiffKind.ADDED))


def _insert(change: Change, added: Iterator[RowChange]) -> None:
    for (table, columns), group in groupby(added, key=lambda item: (item.table, (*item.row,))):
        rows = [item.row for item in group]
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            _insert_chunk(change, table, columns, rows[first : first + _ROWS_AT_ONCE])


def _insert_chunk(
    change: Change, table: str, columns: tuple[str, ...], rows: Sequence[Row]
) -> None:
    names = ", ".join(quoted(column) for column in columns)
    values = ", ".join(
        f"({', '.join(f':r{n}c{c}' for c in range(len(columns)))})" for n in range(len(rows))
    )
    params: dict[str, Value] = {
        f"r{n}c{c}": row[column] for n, row in enumerate(rows) for c, column in enumerate(columns)
    }
    change.execute(f"INSERT INTO {quoted(table)} ({names}) VALUES {values}", params, rows=len(rows))


def _does_not_fit(commit: Commit, error: WastelandError) -> Invalid:
    return Invalid(
        f"A row of commit {commit.hash} cannot be stored on the other engine: {error.message}",
        hint="mend the row on main, or keep the repository where it is",
        commit=commit.hash,
        **{name: value for name, value in error.facts.items() if name != "commit"},
    )
